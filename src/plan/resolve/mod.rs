//! Names to catalog objects: the syntax tree is rewritten scope by scope ([`names`]), then DataFusion types it over
//! scans that are placeholders ([`context`]).
//!
//! Invariant: only relations and fields that exist for the asking principal can be found, and an absent one and a
//! hidden one end in the same error. Policy expressions never pass here: they have a scope of their own in the model.

mod bounds;
mod calls;
mod carried;
mod casts;
mod comparisons;
mod constants;
mod context;
pub(crate) mod copies;
mod declared;
mod distinct;
mod documents;
mod expressions;
mod format;
mod frames;
mod functions;
mod gathered;
mod hints;
pub(crate) mod json;
mod lift;
mod like;
mod literals;
mod moment;
mod names;
mod narrowed;
mod nested;
mod operands;
mod ordered;
mod output;
mod overlaps;
mod parameters;
mod recursion;
mod rewritten;
mod rows;
mod series;
mod session;
mod sides;
mod similar;
mod spread;
mod types;
mod untyped;
mod used;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::ScalarValue;
use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_expr::{Expr, LogicalPlan};
use sluice_base::{Column, Datum, Limits, SqlType, TimeZone};
use sluice_model::{Decision, Principal, Snapshot};

use crate::planner::from_planner;
use crate::types::{arrow_type, scalar, sql_type};
use crate::{PlanError, Query};
pub(crate) use comparisons::array_items;
pub(crate) use context::coerced;
pub(crate) use lift::has_subquery;
pub use like::checked_pattern;
pub(crate) use names::one as one_row;
pub(crate) use nested::spelled;
pub(crate) use series::series as series_of;
pub(crate) use session::calls as session_calls;
pub use session::{SessionCall, SessionValue};
pub(crate) use sides::is_set_operation;
pub(crate) use types::sql_type_of;
pub(crate) use untyped::{COMMON, LIKE_TYPE, aligned, beside, read as read_literal, settled};

/// Who asks, and against what.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The person.
    pub principal: &'a Principal,
    /// Catalog and policies of this moment.
    pub snapshot: &'a Snapshot,
    /// Database that the client connected to.
    pub database: &'a str,
    /// Schemas for unqualified names.
    pub search_path: &'a [String],
    /// Bounds of values and statements.
    pub limits: &'a Limits,
    /// Zone in which the session tells dates and times of day.
    pub timezone: &'a TimeZone,
    /// What the functions of the session give that the statement calls.
    pub session: &'a [SessionValue],
}

/// The most parameters that a message can bring: their number has two bytes.
const PARAMETERS_MAX: usize = 65_535;

/// What Describe tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Parameter types, `$1` first.
    pub params: Vec<SqlType>,
    /// Result columns.
    pub columns: Vec<Column>,
}

/// A plan in which every name is a catalog object and every scan a placeholder.
pub(crate) struct Resolved {
    pub(crate) plan: LogicalPlan,
    /// Names that the client sees, one per output column; they may repeat.
    pub(crate) names: Vec<String>,
    /// Their types as the text tells them, where it does.
    pub(crate) declared: Vec<Option<SqlType>>,
    /// Decisions of all relations that were named.
    pub(crate) decisions: BTreeMap<usize, Arc<Decision>>,
    /// Numbers of the parameters that stand for arrays.
    pub(crate) arrays: BTreeSet<usize>,
    /// Types of parameters that nobody declared, of an array that of its items.
    pub(crate) told: BTreeMap<usize, SqlType>,
    /// It was written in few words.
    pub(crate) short: bool,
    /// What is kept of it weighs so much.
    pub(crate) weight: u32,
}

/// Resolves a query with its parameter values in place.
pub(crate) fn resolve(query: &Query, asker: &Asker, params: &[(SqlType, Datum)]) -> Result<Resolved, PlanError> {
    // Array parameters have become lists of literals; a NULL keeps their place.
    let value = |(sql_type, value): &(SqlType, Datum)| match sql_type {
        SqlType::Array(_) => Ok(ScalarValue::Null),
        _ => scalar(sql_type, value),
    };
    let values = params.iter().map(value).collect::<Result<Vec<_>, _>>()?;
    let types: Vec<Option<SqlType>> =
        params.iter().zip(&values).map(|((sql_type, _), value)| Some(type_of(sql_type, value))).collect();
    let resolved = plan(query, asker, &types, Some(params))?;
    let used = parameter_count(&resolved.plan)?;
    if used > params.len() {
        return Err(PlanError::UndefinedParameter(params.len() + 1));
    }
    let mut plan = resolved.plan;
    if used > 0 {
        plan = copies::filled(plan, values).map_err(from_planner)?;
    }
    counts(&plan)?;
    Ok(Resolved { plan: context::finish(plan)?, ..resolved })
}

/// Resolves a query with its parameters in place, and tells their types.
pub(crate) fn resolve_generic(
    query: &Query,
    asker: &Asker,
    declared: &[Option<SqlType>],
) -> Result<(Resolved, Vec<SqlType>), PlanError> {
    let resolved = plan(query, asker, declared, None)?;
    if !resolved.arrays.is_empty() {
        return Err(PlanError::Unsupported("a generic plan with arrays".into()));
    }
    if resolved.plan.exists(|node| Ok(matches!(node, LogicalPlan::RecursiveQuery(_)))).map_err(from_planner)? {
        return Err(PlanError::Unsupported("a generic plan with a recursive query".into()));
    }
    let params = parameter_types(query, &resolved, declared)?;
    Ok((Resolved { plan: context::finish(resolved.plan)?, ..resolved }, params))
}

/// Refuses a LIMIT or OFFSET below nought, and gives the parameters that stand for one.
fn counts(plan: &LogicalPlan) -> Result<BTreeSet<String>, PlanError> {
    let mut found = BTreeSet::new();
    let mut negative = None;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Limit(limit) = node {
            for (count, clause) in [(&limit.fetch, "LIMIT"), (&limit.skip, "OFFSET")] {
                match count.as_deref() {
                    Some(Expr::Placeholder(placeholder)) => {
                        found.insert(placeholder.id.clone());
                    }
                    Some(Expr::Negative(_)) => negative = Some(clause),
                    Some(Expr::Literal(value, _)) => {
                        if matches!(value.cast_to(&DataType::Int64), Ok(ScalarValue::Int64(Some(..=-1)))) {
                            negative = Some(clause);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map_err(from_planner)?;
    match negative {
        Some(clause) => Err(PlanError::RowCount(clause)),
        None => Ok(found),
    }
}

/// A numeric parameter has the scale of its value, as a literal would.
fn type_of(declared: &SqlType, value: &ScalarValue) -> SqlType {
    match (declared, value.data_type()) {
        (SqlType::Numeric(None), DataType::Decimal128(p, s) | DataType::Decimal256(p, s)) if !value.is_null() => {
            SqlType::Numeric(Some((p, s)))
        }
        _ => declared.clone(),
    }
}

/// Types of a query's parameters and columns, and the decisions that they rest on.
pub(crate) fn describe(
    query: &Query,
    asker: &Asker,
    declared: &[Option<SqlType>],
) -> Result<(Described, BTreeMap<usize, Arc<Decision>>), PlanError> {
    let resolved = plan(query, asker, declared, None)?;
    let params = parameter_types(query, &resolved, declared)?;
    let resolved = Resolved { plan: context::coerced(resolved.plan, asker)?, ..resolved };
    let columns = crate::govern::columns(&resolved, asker)?;
    Ok((Described { params, columns }, resolved.decisions))
}

fn parameter_types(
    query: &Query,
    resolved: &Resolved,
    declared: &[Option<SqlType>],
) -> Result<Vec<SqlType>, PlanError> {
    let inferred = resolved.plan.get_parameter_types().map_err(from_planner)?;
    let count = parameter_count(&resolved.plan)?.max(declared.len());
    let rows = counts(&resolved.plan)?;
    let hints = hints::hints(query.ast());
    let of = |number: usize| {
        let given = declared.get(number - 1).cloned().flatten();
        let name = format!("${number}");
        let found = inferred.get(&name).cloned().flatten().and_then(|t| sql_type(&t));
        let found = found.or_else(|| rows.contains(&name).then_some(SqlType::Int8));
        let given = given.filter(|given| *given != SqlType::Unknown);
        let given = given.or_else(|| hints.get(&number).filter(|_| !resolved.told.contains_key(&number)).cloned());
        let told = resolved.told.get(&number).cloned();
        let is_item = resolved.arrays.contains(&number) && !matches!(told, Some(SqlType::Array(_)));
        let (given, found) = if is_item { (given, told.or(found)) } else { (given.or(told), found) };
        match (given, resolved.arrays.contains(&number)) {
            (Some(given), _) => given,
            (None, false) => found.unwrap_or(SqlType::Text),
            (None, true) => SqlType::Array(Box::new(found.unwrap_or(SqlType::Text))),
        }
    };
    Ok((1..=count).map(of).collect())
}

fn plan(
    query: &Query,
    asker: &Asker,
    declared: &[Option<SqlType>],
    params: Option<&[(SqlType, Datum)]>,
) -> Result<Resolved, PlanError> {
    if query.has_relations() && query.mixes_system() {
        return Err(PlanError::Unsupported("a query over system relations together with others".into()));
    }
    let mut ast = query.ast().clone();
    let listed = |relation: &[String], column: &str| match relation {
        [name] if names::of_with(query.ast()).contains(name) => None,
        [.., name] => {
            let schema = relation.len().checked_sub(2).and_then(|at| relation.get(at));
            let found = asker.snapshot.catalog.resolve(schema.map(String::as_str), name, asker.search_path)?;
            let entity = &asker.snapshot.catalog.entities[found.entity];
            Some(entity.fields[entity.find_field(column)?].listed_name(found.naming).to_string())
        }
        [] => None,
    };
    carried::carried(&mut ast, &listed);
    let mut resolver = names::Resolver::new(asker, declared, params);
    let output = resolver.statement(&mut ast)?;
    let calls = std::mem::take(&mut resolver.calls);
    let arrays = std::mem::take(&mut resolver.arrays);
    let told = parameters::kept(std::mem::take(&mut resolver.told), query.ast());
    // An array parameter stands for one of its items.
    let item = |index: usize| {
        let given = declared.get(index).cloned().flatten().filter(|given| *given != SqlType::Unknown);
        match given.or_else(|| told.get(&(index + 1)).cloned()) {
            Some(SqlType::Array(item)) if arrays.contains(&(index + 1)) => Some(*item),
            other => other,
        }
    };
    let count = told.keys().copied().max().unwrap_or(0).max(declared.len());
    let declared: Vec<Option<SqlType>> = (0..count).map(item).collect();
    let series = std::mem::take(&mut resolver.series);
    let by_key = resolver.by_key;
    let decisions = resolver.into_decisions();
    let plan = context::plan(ast, asker, &decisions, series, &declared).map_err(|error| retold(error, &calls))?;
    recursion::check(&plan).map_err(from_planner)?;
    let plan = context::with_rows(plan, asker)?;
    let plan = if by_key { context::told_apart(plan, asker)? } else { plan };
    let plan = gathered::gathered(plan).and_then(bounds::bounded).and_then(lift::lift).map_err(from_planner)?;
    if plan.schema().fields().len() != output.shown.len() {
        return Err(PlanError::Internal("column names and columns differ in number".into()));
    }
    let (short, weight) = (query.is_short(), query.weight());
    Ok(Resolved { plan, names: output.shown, declared: output.types, decisions, arrays, told, short, weight })
}

/// The planner names a function that does not fit by the engine's name; the client is told its call.
fn retold(error: PlanError, calls: &[(&'static str, String)]) -> PlanError {
    let PlanError::UndefinedFunction(name) = error else { return error };
    let engine_name = name.split('(').next().unwrap_or(&name).trim_start_matches('\u{1}');
    let mut told: Vec<&String> = calls.iter().filter(|(of, _)| *of == engine_name).map(|(_, shown)| shown).collect();
    told.dedup();
    // Of several calls it is not known which one is meant.
    match told.as_slice() {
        [only] if !only.ends_with("(...)") => PlanError::UndefinedFunction((*only).clone()),
        _ => PlanError::UndefinedFunction(name),
    }
}

fn parameter_count(plan: &LogicalPlan) -> Result<usize, PlanError> {
    let names = plan.get_parameter_names().map_err(from_planner)?;
    let mut most = 0;
    for name in names {
        let number = name.trim_start_matches('$').parse::<usize>();
        most = most.max(number.map_err(|_| PlanError::Unsupported("a named parameter".into()))?);
    }
    // More than a Bind message can bring.
    if most > PARAMETERS_MAX { Err(PlanError::UndefinedParameter(most)) } else { Ok(most) }
}

/// Arrow field list of parameters for the planner.
fn parameter_fields(declared: &[Option<SqlType>]) -> Vec<Option<arrow::datatypes::FieldRef>> {
    declared
        .iter()
        .enumerate()
        .map(|(index, declared)| {
            let declared = declared.as_ref().filter(|t| **t != SqlType::Unknown)?;
            let name = format!("${}", index + 1);
            Some(Arc::new(arrow::datatypes::Field::new(name, arrow_type(declared), true)))
        })
        .collect()
}
