//! A resolved plan becomes a governed one: every scan carries its decision, look-ups meet raw values, everything else
//! meets masked ones, and what was touched is known.
//!
//! Invariant: [`Governed`] has no public constructor, no `Clone` and no `Default`; [`crate::prepare`] is the only way.
//!
//! ```
//! fn execute(governed: sluice_plan::Governed) { drop(governed) }
//! ```
//! A plan that was only parsed is not one:
//! ```compile_fail
//! fn execute(governed: sluice_plan::Governed) { drop(governed) }
//! fn skip(statement: sluice_plan::Query) { execute(statement) }
//! ```
//! Nor can one be made up or copied:
//! ```compile_fail
//! fn copy(governed: &sluice_plan::Governed) -> sluice_plan::Governed { governed.clone() }
//! ```

mod aggregates;
mod explain;
mod lineage;
mod lookup;
mod nominal;
mod silent;
mod source;
mod subqueries;
mod unique;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::DataType;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_expr::LogicalPlan;
use sluice_base::{Column, Datum, SqlType};
use sluice_model::Decision;
use sluice_model::audit::{Auditable, Decided, DecidedRelation, Lookup, ShadowOf};
use sluice_model::catalog::{Catalog, Entity, Found};
use sluice_model::decision::{AppliedMask, MaskUse};
use sluice_model::mask::Mask;

use crate::PlanError;
use crate::planner::from_planner;
use crate::resolve::{Asker, Resolved, coerced};
use crate::types::{arrow_type, sql_type};

pub use explain::{
    ExplainedColumn, Explanation, Telling, entity_name, explain_limits, field_name, of_outcome, of_relation, usage_word,
};
pub use lineage::{FieldRef, Lineage, Origin, Use};
pub(crate) use silent::is_comparison;
pub use silent::{is_silent, is_silent_pattern};
pub use source::{GovernedSource, LookupPredicate};
pub use work::WorkTable;

/// A plan under decisions: the only thing that can be admitted.
#[derive(Debug)]
pub struct Governed {
    parts: Arc<Parts>,
    /// Of a generic plan: its number, and the values of this execution.
    filled: Option<(u64, Values)>,
}

/// Values of one execution, with their types.
type Values = Arc<[(SqlType, Datum)]>;

/// What executions of one generic plan share.
#[derive(Debug)]
struct Parts {
    plan: LogicalPlan,
    columns: Vec<Column>,
    lineage: Lineage,
    decisions: BTreeMap<usize, Arc<Decision>>,
    decided: Decided,
    least_group: Option<u64>,
    short: bool,
    masked_totals: Vec<String>,
    weight: u32,
}

/// A governed plan with parameters, and the values for this execution.
#[derive(Debug, Clone, Copy)]
pub struct GenericPlan<'a> {
    /// Number of the plan: no other has it while the server runs.
    pub id: u64,
    /// The plan, its parameters in place.
    pub plan: &'a LogicalPlan,
    /// Values of `$1`, `$2`, ...; none is NULL.
    pub values: &'a [(SqlType, Datum)],
    /// Bytes that keeping it takes, about.
    pub weight: u32,
}

impl Governed {
    /// Rows below which a group shows NULL for some aggregate of the statement; `None` where it has no such aggregate.
    pub fn least_group(&self) -> Option<u64> {
        self.parts.least_group
    }

    /// Whether it was written in few words: its plan is not deep.
    pub fn is_short(&self) -> bool {
        self.parts.short
    }

    /// Names of the fields whose totals are of masked values, and so are none of the field.
    pub fn masked_totals(&self) -> &[String] {
        &self.parts.masked_totals
    }

    /// Columns of the result, as the client sees them.
    pub fn columns(&self) -> &[Column] {
        &self.parts.columns
    }

    /// How many rows EXPLAIN tells. The data have no part in it.
    pub fn nominal_rows(&self) -> u64 {
        nominal::rows(&self.parts.plan)
    }

    /// Where the columns come from and how fields are used.
    pub fn lineage(&self) -> &Lineage {
        &self.parts.lineage
    }

    /// The decision on each entity that was named.
    pub fn decisions(&self) -> &BTreeMap<usize, Arc<Decision>> {
        &self.parts.decisions
    }

    /// The plan without its values, where it is a generic one.
    pub fn generic(&self) -> Option<GenericPlan<'_>> {
        let (id, values) = self.filled.as_ref()?;
        Some(GenericPlan { id: *id, plan: &self.parts.plan, values, weight: self.parts.weight })
    }

    /// Comparisons with raw values, as they are counted.
    pub fn lookups(&self) -> &[Lookup] {
        &self.parts.decided.lookups
    }

    /// The plan, for the engine: scans in it are placeholders that nothing can run.
    ///
    /// # Errors
    /// The planner's, where the values of a generic plan do not fit it.
    pub fn into_plan(self) -> datafusion_common::Result<(LogicalPlan, Vec<Column>)> {
        let Parts { plan, columns, .. } = &*self.parts;
        let Some((_, values)) = &self.filled else { return Ok((plan.clone(), columns.clone())) };
        let scalars = values.iter().map(|(sql_type, value)| crate::types::scalar(sql_type, value));
        let scalars = scalars
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| datafusion_common::DataFusionError::External(Box::new(error)))?;
        Ok((crate::resolve::copies::filled(plan.clone(), scalars)?, columns.clone()))
    }
}

impl Auditable for Governed {
    fn decided(&self) -> Decided {
        self.parts.decided.clone()
    }
}

/// A governed plan that is filled with values at each execution.
#[derive(Debug)]
pub(crate) struct Template {
    id: u64,
    parts: Arc<Parts>,
}

impl Template {
    /// Keeps what was governed with its parameters in place; `None` where an execution could be decided otherwise than
    /// the next: a look-up is counted by its values, and a field for output only is told by its place.
    pub(crate) fn new(governed: Governed) -> Option<Template> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let parts = governed.parts;
        let mut masks = parts.decisions.values().flat_map(|decision| decision.fields.iter().flat_map(|f| &f.mask));
        let plain = masks.all(|mask| mask.usage == MaskUse::Masked) && parts.decided.lookups.is_empty();
        plain.then(|| Template { id: NEXT.fetch_add(1, Ordering::Relaxed), parts })
    }

    /// The plan for one execution; `None` where the person is decided on otherwise by now.
    pub(crate) fn filled(&self, values: Values, asker: &Asker) -> Option<Governed> {
        let filled = || Governed { parts: Arc::clone(&self.parts), filled: Some((self.id, values)) };
        still_decided(&self.parts.decisions, asker).then(filled)
    }
}

/// Whether the person would be decided on now as she was then.
pub(crate) fn still_decided(decisions: &BTreeMap<usize, Arc<Decision>>, asker: &Asker) -> bool {
    decisions.iter().all(|(entity, before)| {
        let now = sluice_model::policy::decide(asker.principal, asker.snapshot, *entity);
        now.is_some_and(|now| now.fingerprint == before.fingerprint)
    })
}

/// Fields of an entity that exist for the principal and are listed to clients.
pub fn listed_fields<'a>(entity: &'a Entity, decision: &'a Decision) -> impl Iterator<Item = usize> + 'a {
    decision.visible_fields().filter(|index| entity.fields.get(*index).is_some_and(|field| !field.hidden))
}

/// Governs a resolved plan.
pub(crate) fn govern(resolved: Resolved, asker: &Asker) -> Result<Governed, PlanError> {
    // Look-ups first, on the conditions as they were written: coercion may turn one form into another.
    let mut plan = lookup::extract(resolved.plan)?;
    let least_group = least_group(&resolved.decisions);
    if least_group.is_some() {
        let lineage = lineage::trace(&plan)?;
        refuse_beyond_aggregates(&lineage, &resolved.decisions, asker)?;
        plan = aggregates::guard(plan)?;
    }
    let resolved = Resolved { plan: coerced(plan, asker)?, ..resolved };
    let lineage = lineage::trace(&resolved.plan)?;
    let columns = columns_of(&resolved, &lineage, asker)?;
    let plan = resolved.plan;
    refuse_output_only(&lineage, &resolved.decisions, asker)?;
    let aggregated = lineage.uses.values().any(|uses| uses.contains(&Use::Aggregate));
    let decided = decided(&plan, &lineage, &resolved.decisions, asker)?;
    let plan = subqueries::rewrite(plan)?;
    every_scan_decided(&plan)?;
    let least_group = least_group.filter(|_| aggregated);
    let masked_totals = masked_totals(&lineage, &resolved.decisions, asker);
    let Resolved { decisions, short, weight, .. } = resolved;
    let parts = Parts { plan, columns, lineage, decisions, decided, least_group, short, masked_totals, weight };
    Ok(Governed { parts: Arc::new(parts), filled: None })
}

/// Result columns with the types and origins that RowDescription tells.
pub(crate) fn columns(resolved: &Resolved, asker: &Asker) -> Result<Vec<Column>, PlanError> {
    columns_of(resolved, &lineage::trace(&resolved.plan)?, asker)
}

fn columns_of(resolved: &Resolved, lineage: &Lineage, asker: &Asker) -> Result<Vec<Column>, PlanError> {
    let catalog = &asker.snapshot.catalog;
    let mut columns = Vec::with_capacity(resolved.names.len());
    let fields = resolved.plan.schema().fields().iter().zip(&resolved.declared);
    for ((name, (field, declared)), origin) in resolved.names.iter().zip(fields).zip(&lineage.columns) {
        let computed = sql_type(field.data_type());
        let direct = origin.direct.filter(|((entity, index), _)| {
            arrow_type(&catalog.entities[*entity].fields[*index].sql_type) == *field.data_type()
        });
        columns.push(match direct {
            Some(((entity, index), naming)) => Column {
                name: name.clone(),
                sql_type: catalog.entities[entity].fields[index].sql_type.clone(),
                table_oid: catalog.relation_oid(Found { entity, naming }),
                attribute: attribute_number(resolved, catalog, entity, index),
            },
            None => {
                let sql_type = computed
                    .ok_or_else(|| PlanError::Unsupported(format!("a result of type {}", field.data_type())))?;
                Column::computed(name.clone(), told(sql_type, field.data_type(), declared.as_ref()))
            }
        });
    }
    Ok(columns)
}

/// The type of a computed column as its text tells it, where the values are kept as such a type's are.
fn told(computed: SqlType, kept_as: &DataType, declared: Option<&SqlType>) -> SqlType {
    match (declared, &computed) {
        (Some(SqlType::Array(declared)), SqlType::Array(item)) => match kept_as {
            DataType::List(field) => {
                SqlType::Array(Box::new(told((**item).clone(), field.data_type(), Some(declared.as_ref()))))
            }
            _ => computed,
        },
        (
            Some(
                declared @ (SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Name | SqlType::Json | SqlType::Jsonb),
            ),
            SqlType::Text,
        ) => declared.clone(),
        (Some(declared @ SqlType::Numeric(Some((_, scale)))), SqlType::Numeric(None)) => match kept_as {
            DataType::Decimal128(_, kept) | DataType::Decimal256(_, kept) if kept == scale => declared.clone(),
            _ => computed,
        },
        _ => computed,
    }
}

/// `attnum`: the place among the columns that exist for the principal, so that a hidden field leaves no gap; 0 where
/// it cannot be told.
fn attribute_number(resolved: &Resolved, catalog: &Catalog, entity: usize, field: usize) -> i16 {
    let place = resolved
        .decisions
        .get(&entity)
        .and_then(|decision| listed_fields(&catalog.entities[entity], decision).position(|listed| listed == field));
    place.and_then(|place| i16::try_from(place + 1).ok()).unwrap_or(0)
}

/// A field with `use: none` may be listed, and nothing else.
fn refuse_output_only(
    lineage: &Lineage,
    decisions: &BTreeMap<usize, Arc<Decision>>,
    asker: &Asker,
) -> Result<(), PlanError> {
    for ((entity, field), uses) in &lineage.uses {
        let mask = decisions.get(entity).and_then(|decision| decision.fields[*field].mask.as_ref());
        let output_only = mask.is_some_and(|mask| mask.usage == MaskUse::None);
        if output_only && uses.iter().any(|how| *how != Use::Output) {
            let name = &asker.snapshot.catalog.entities[*entity].fields[*field].id;
            return Err(PlanError::OutputOnly(name.clone()));
        }
    }
    Ok(())
}

/// Aggregates that add values up: over masked ones they say something else.
const ADDING: [&str; 7] = ["sum", "avg", "stddev", "stddev_pop", "var", "var_pop", "median"];
/// Aggregates that say of a hidden field what they say of any NULL.
const OF_ANY: [&str; 3] = ["count", "array_agg", "first_value"];

/// Fields of which an aggregate has lost its sense by a mask (governance G13): it is computed on what the mask shows, which
/// is NULL where that is nothing.
fn masked_totals(lineage: &Lineage, decisions: &BTreeMap<usize, Arc<Decision>>, asker: &Asker) -> Vec<String> {
    let lost = |((entity, field), function): &&(FieldRef, String)| {
        let outcome = decisions.get(entity).map(|decision| &decision.fields[*field]);
        let hidden = |mask: &AppliedMask| mask.mask == Mask::Hide && !OF_ANY.contains(&function.as_str());
        outcome.is_some_and(|of| of.masks().any(|mask| hidden(mask) || ADDING.contains(&function.as_str())))
    };
    let fields: BTreeSet<FieldRef> = lineage.totals.iter().filter(lost).map(|(field, _)| *field).collect();
    let name = |(entity, field): FieldRef| asker.snapshot.catalog.entities[entity].fields[field].id.clone();
    fields.into_iter().map(name).collect()
}

/// The least group of any field that exists in aggregates alone, where the statement's relations have one.
fn least_group(decisions: &BTreeMap<usize, Arc<Decision>>) -> Option<u64> {
    decisions.values().flat_map(|decision| &decision.fields).filter_map(|field| field.aggregate_only).max()
}

/// A field that exists in aggregates alone may be used nowhere else.
fn refuse_beyond_aggregates(
    lineage: &Lineage,
    decisions: &BTreeMap<usize, Arc<Decision>>,
    asker: &Asker,
) -> Result<(), PlanError> {
    for ((entity, field), uses) in &lineage.uses {
        let only = decisions.get(entity).is_some_and(|decision| decision.fields[*field].aggregate_only.is_some());
        if only && uses.iter().any(|how| *how != Use::Aggregate) {
            let name = &asker.snapshot.catalog.entities[*entity].fields[*field].id;
            return Err(PlanError::AggregateOnly(name.clone()));
        }
    }
    Ok(())
}

/// The last pass over the finished plan and its nested plans: a scan that carries no decision is refused.
fn every_scan_decided(plan: &LogicalPlan) -> Result<(), PlanError> {
    let mut bare = false;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let decided = scan.source.downcast_ref::<GovernedSource>().is_some();
            bare |= !decided && scan.source.downcast_ref::<WorkTable>().is_none();
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map_err(from_planner)?;
    if bare { Err(PlanError::Internal("a scan without a decision".into())) } else { Ok(()) }
}

fn shadows(decision: &Decision) -> impl Iterator<Item = ShadowOf> + '_ {
    decision.shadows.iter().map(|shadow| ShadowOf {
        rule: shadow.rule.clone(),
        entity: decision.entity_id.clone(),
        changes: shadow.changes.clone(),
    })
}

fn decided(
    plan: &LogicalPlan,
    lineage: &Lineage,
    decisions: &BTreeMap<usize, Arc<Decision>>,
    asker: &Asker,
) -> Result<Decided, PlanError> {
    let catalog = &asker.snapshot.catalog;
    let mut lookups = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(source) = scan.source.downcast_ref::<GovernedSource>()
        {
            let entity = &catalog.entities[source.decision().entity];
            lookups.extend(source.lookups().iter().map(|lookup| Lookup {
                entity: entity.id.clone(),
                field: entity.fields[lookup.field].id.clone(),
                values: lookup.values.len() as u64,
            }));
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map_err(from_planner)?;
    let relations = decisions.iter().map(|(index, decision)| {
        let entity = &catalog.entities[*index];
        let touched = lineage.uses.iter().filter(|((owner, _), _)| owner == index);
        let fields = touched
            .flat_map(|((_, field), uses)| uses.iter().map(|how| (entity.fields[*field].id.clone(), how.word().into())))
            .collect();
        let named = lineage.touched.iter().filter(|(owner, _)| owner == index);
        let masks = named.flat_map(|(_, field)| {
            let masks = decision.fields[*field].masks();
            masks.map(|mask| (entity.fields[*field].id.clone(), mask.rule.clone()))
        });
        DecidedRelation {
            entity: entity.id.clone(),
            fingerprint: decision.fingerprint.clone(),
            rules: decision.rules(),
            masks: masks.collect(),
            fields,
        }
    });
    Ok(Decided {
        catalog_id: catalog.id.clone(),
        policy_id: asker.snapshot.policies.id.clone(),
        relations: relations.collect(),
        lookups,
        shadows: decisions.values().flat_map(|decision| shadows(decision)).collect(),
        warnings: decisions.values().flat_map(|decision| decision.warnings.clone()).collect(),
    })
}
