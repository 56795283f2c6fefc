//! Generic plans: made once, filled with values at each execution (PostgreSQL documentation, PREPARE, "Notes").
//!
//! Invariants: a generic plan serves nobody but whom it was made for. Its key holds all that a rule can look at in a
//! person, the snapshot, and the settings that names depend on; each use decides anew on every entity and compares
//! fingerprints, as rules may look at the clock. What depends on its values or on the moment (look-ups, patterns,
//! arrays, NULL, the time) gets a custom plan each time.

mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::DataType;
use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_common::{DFSchema, ExprSchema};
use datafusion_expr::expr::{Between, BinaryExpr, InList};
use datafusion_expr::{Expr, LogicalPlan};
use sluice_base::{Datum, SqlType};
use sluice_model::Decision;
use sqlparser::ast;

use crate::govern::{self, Governed, Template};
use crate::query::WEIGHT_MIN;
use crate::resolve::{self, Asker, Described};
use crate::{PlanError, Query, guarded};
use shape::Shape;

/// PostgreSQL's setting of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanCacheMode {
    /// A generic plan from the second execution on, where one can be made.
    #[default]
    Auto,
    /// From the first execution on.
    ForceGeneric,
    /// Never.
    ForceCustom,
}

impl PlanCacheMode {
    /// The mode of a setting's value; unknown words count as `auto`.
    pub fn parse(word: &str) -> PlanCacheMode {
        match word {
            "force_generic_plan" => PlanCacheMode::ForceGeneric,
            "force_custom_plan" => PlanCacheMode::ForceCustom,
            _ => PlanCacheMode::Auto,
        }
    }
}

/// Plans that are kept.
#[derive(Debug)]
pub struct Plans {
    /// Each with its weight.
    generic: moka::sync::Cache<Key, (u32, Entry)>,
    described: moka::sync::Cache<Key, (u32, Arc<Described>, Decisions)>,
}

/// What a description rests on.
type Decisions = Arc<BTreeMap<usize, Arc<Decision>>>;

/// Everything that a plan depends on but its values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    query: Arc<ast::Query>,
    types: Vec<Option<SqlType>>,
    asker: [u8; 32],
}

#[derive(Debug, Clone)]
enum Entry {
    /// Executed once.
    Seen,
    /// No generic plan can be made.
    Custom,
    /// A generic plan, and the types of its parameters.
    Generic(Arc<Template>, Arc<[SqlType]>),
}

/// Bytes of all plans that are kept, about: 512 of common statements.
pub const PLANS_BYTES: u64 = 512 * WEIGHT_MIN as u64;
/// How long a plan is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(600);

impl Default for Plans {
    fn default() -> Plans {
        Plans {
            generic: moka::sync::Cache::builder()
                .max_capacity(PLANS_BYTES)
                .weigher(|_: &Key, entry: &(u32, Entry)| entry.0)
                .time_to_idle(IDLE)
                .build(),
            described: moka::sync::Cache::builder()
                .max_capacity(PLANS_BYTES)
                .weigher(|_: &Key, described: &(u32, Arc<Described>, Decisions)| described.0)
                .time_to_idle(IDLE)
                .build(),
        }
    }
}

impl Plans {
    /// The generic plan for this execution, if it is made already: a matter of microseconds.
    pub fn ready(
        &self,
        query: &Query,
        asker: &Asker,
        params: &[(SqlType, Datum)],
        mode: PlanCacheMode,
    ) -> Option<Governed> {
        if mode == PlanCacheMode::ForceCustom {
            return None;
        }
        let shape = Shape::of(query, params)?;
        match self.generic.get(&key(&shape, asker))?.1 {
            Entry::Generic(template, types) => template.filled(shape.values(&types)?, asker),
            Entry::Seen | Entry::Custom => None,
        }
    }

    /// As [`crate::prepare`], by a generic plan where one serves.
    ///
    /// # Errors
    /// As [`crate::prepare`].
    pub fn prepare(
        &self,
        query: &Query,
        asker: &Asker,
        params: &[(SqlType, Datum)],
        mode: PlanCacheMode,
    ) -> Result<Governed, PlanError> {
        let shape = if mode == PlanCacheMode::ForceCustom { None } else { Shape::of(query, params) };
        let Some(shape) = shape else { return crate::prepare(query, asker, params) };
        let key = key(&shape, asker);
        let kept = self.generic.get(&key).map(|(_, entry)| entry);
        if kept.is_none() && mode == PlanCacheMode::Auto {
            // Only what a custom plan has once been made for: that one tells what is wrong with a statement.
            let governed = crate::prepare(query, asker, params)?;
            self.generic.insert(key, (query.weight(), Entry::Seen));
            return Ok(governed);
        }
        let entry = match kept {
            Some(made @ (Entry::Custom | Entry::Generic(..))) => made,
            None | Some(Entry::Seen) => {
                let made = guarded(query.is_short(), || {
                    template(&query.with_ast(Arc::clone(&shape.query)), asker, &shape.types)
                });
                let entry = made.map_or(Entry::Custom, |(template, types)| Entry::Generic(Arc::new(template), types));
                self.generic.insert(key, (query.weight(), entry.clone()));
                entry
            }
        };
        let filled = match entry {
            Entry::Generic(template, types) => shape.values(&types).and_then(|values| template.filled(values, asker)),
            Entry::Seen | Entry::Custom => None,
        };
        filled.map_or_else(|| crate::prepare(query, asker, params), Ok)
    }

    /// As [`crate::describe`], remembered while the person is decided on alike.
    ///
    /// # Errors
    /// As [`crate::describe`].
    pub fn describe(
        &self,
        query: &Query,
        asker: &Asker,
        param_types: &[Option<SqlType>],
    ) -> Result<Arc<Described>, PlanError> {
        let key = Key { query: Arc::clone(query.shared_ast()), types: param_types.to_vec(), asker: identity(asker) };
        if let Some((_, described, decisions)) = self.described.get(&key)
            && govern::still_decided(&decisions, asker)
        {
            return Ok(described);
        }
        let (described, decisions) = guarded(query.is_short(), || resolve::describe(query, asker, param_types))?;
        let described = Arc::new(described);
        if !shape::looks_at_moment(query.ast()) {
            self.described.insert(key, (query.weight(), Arc::clone(&described), Arc::new(decisions)));
        }
        Ok(described)
    }
}

fn key(shape: &Shape, asker: &Asker) -> Key {
    Key { query: Arc::clone(&shape.query), types: shape.types.clone(), asker: identity(asker) }
}

/// A digest of who asks, under what.
fn identity(asker: &Asker) -> [u8; 32] {
    // Of a statement that calls functions of the session nothing is kept.
    let Asker { principal, snapshot, database, search_path, limits: _, timezone, session: _ } = asker;
    let (epoch, catalog, policies) = (snapshot.epoch, &snapshot.catalog.id, &snapshot.policies.id);
    let person = principal.digest();
    // Debug quotes every text, so that parts cannot run into each other.
    let text = format!("{epoch} {catalog:?} {policies:?} {person} {database:?} {search_path:?} {timezone:?}");
    *blake3::hash(text.as_bytes()).as_bytes()
}

fn template(query: &Query, asker: &Asker, types: &[Option<SqlType>]) -> Option<(Template, Arc<[SqlType]>)> {
    let (resolved, types) = resolve::resolve_generic(query, asker, types).ok()?;
    if !types.iter().all(shape::is_plain) {
        return None;
    }
    if !compared_alike(&resolved.plan).ok()? {
        return None;
    }
    let governed = govern::govern(resolved, asker).ok()?;
    Some((Template::new(governed)?, types.into()))
}

/// Whether every parameter meets a column of its own kind: between kinds a constant is converted by its value, once, and
/// a parameter would have to be by rules of its own.
fn compared_alike(plan: &LogicalPlan) -> datafusion_common::Result<bool> {
    let (mut all, mut alike) = (0, 0);
    plan.apply_with_subqueries(|node| {
        let schemas: Vec<&DFSchema> = node.inputs().into_iter().map(|input| &**input.schema()).collect();
        let kind = |expr: &Expr| kind(expr, &schemas);
        let pair = |left: &Expr, right: &Expr| usize::from(kind(left).is_some() && kind(left) == kind(right));
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                match expr {
                    Expr::Placeholder(_) => all += 1,
                    Expr::BinaryExpr(BinaryExpr { left, op, right })
                        if govern::is_comparison(op) && (is_parameter(left) != is_parameter(right)) =>
                    {
                        alike += pair(left, right);
                    }
                    Expr::Between(Between { expr, low, high, .. }) => {
                        let ends = [low, high].into_iter().filter(|end| is_parameter(end));
                        alike += ends.map(|end| pair(expr, end)).sum::<usize>();
                    }
                    Expr::InList(InList { expr, list, .. }) => {
                        let items = list.iter().filter(|item| is_parameter(item));
                        alike += items.map(|item| pair(expr, item)).sum::<usize>();
                    }
                    _ => {}
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(all == alike)
}

fn is_parameter(expr: &Expr) -> bool {
    match expr {
        Expr::Placeholder(_) => true,
        Expr::Cast(cast) => matches!(*cast.expr, Expr::Placeholder(_)),
        _ => false,
    }
}

/// The type of a column or parameter, all integers being of one kind; `None` for anything computed.
fn kind(expr: &Expr, schemas: &[&DFSchema]) -> Option<DataType> {
    let of = match expr {
        Expr::Placeholder(parameter) => parameter.field.as_ref()?.data_type().clone(),
        Expr::Column(column) => {
            schemas.iter().find_map(|schema| schema.field_from_column(column).ok())?.data_type().clone()
        }
        Expr::Cast(cast) => match kind(&cast.expr, schemas)? {
            DataType::Int64 if cast.field.data_type().is_signed_integer() => DataType::Int64,
            _ => return None,
        },
        _ => return None,
    };
    Some(if of.is_signed_integer() { DataType::Int64 } else { of })
}
