//! The functions a query may call. A closed list: what is not named here cannot be called. Of what PostgreSQL has beside
//! them the names are known, for a refusal that says so.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use sqlparser::ast::{self, DuplicateTreatment, Expr, Function, FunctionArgumentClause, FunctionArguments, Visit};

use crate::PlanError;
use crate::query::{Step, fold_name, own_expressions};

/// PostgreSQL's name and the engine's, where they differ.
const RENAMED: &[(&str, &str)] = &[
    ("ceiling", "ceil"),
    ("log10", "log"),
    ("sign", "signum"),
    ("pow", "power"),
    ("char_length", "character_length"),
    ("length", "character_length"),
    ("every", "bool_and"),
    ("variance", "var_samp"),
    ("stddev_samp", "stddev"),
    ("substring", "substr"),
];

const SCALAR: &[&str] = &[
    "abs",
    "ceil",
    "floor",
    "round",
    "trunc",
    "signum",
    "sqrt",
    "power",
    "exp",
    "ln",
    "log",
    "greatest",
    "least",
    "coalesce",
    "nullif",
    "lower",
    "upper",
    "character_length",
    "octet_length",
    "bit_length",
    "substr",
    "left",
    "right",
    "lpad",
    "rpad",
    "btrim",
    "ltrim",
    "rtrim",
    "replace",
    "reverse",
    "repeat",
    "split_part",
    "strpos",
    "concat",
    "concat_ws",
    "initcap",
    "ascii",
    "translate",
    "starts_with",
    "regexp_replace",
    "regexp_like",
    "regexp_count",
    "pi",
    "degrees",
    "radians",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "cot",
    "cbrt",
    "gcd",
    "lcm",
    "to_hex",
    "random",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
];

const AGGREGATE: &[&str] = &[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "bool_and",
    "bool_or",
    "string_agg",
    "array_agg",
    "stddev",
    "stddev_pop",
    "var_samp",
    "var_pop",
    "corr",
    "covar_pop",
    "covar_samp",
    "regr_slope",
    "regr_intercept",
    "regr_r2",
    "regr_count",
    "regr_avgx",
    "regr_avgy",
    "regr_sxx",
    "regr_syy",
    "regr_sxy",
    "bit_and",
    "bit_or",
    "bit_xor",
    "grouping",
    "percentile_cont",
    "percentile_disc",
    "mode",
];

const WINDOW: &[&str] = &[
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
];

/// The engine's names of the allowed functions of single values.
#[cfg(test)]
pub(super) fn scalar_names() -> &'static [&'static str] {
    SCALAR
}

/// Names of PostgreSQL 15's functions, one a line.
static POSTGRES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("postgres_functions.txt").lines().collect());

/// Whether PostgreSQL has a function of this name.
pub(super) fn is_postgres(name: &str) -> bool {
    // The last two are words of the grammar there.
    POSTGRES.contains(name) || matches!(name, "current_time" | "rollup" | "cube")
}

/// The engine's name of an allowed function.
pub(super) fn engine_name(name: &str) -> Option<&'static str> {
    #[cfg(all(feature = "leak-probe", debug_assertions))]
    if name == crate::probe::NAME {
        return Some(crate::probe::NAME);
    }
    let renamed = RENAMED.iter().find(|(from, _)| *from == name).map(|(_, to)| *to).unwrap_or(name);
    [SCALAR, AGGREGATE, WINDOW, crate::datetime::names(), crate::nested::NAMES]
        .iter()
        .flat_map(|list| list.iter())
        .find(|known| **known == renamed)
        .copied()
}

/// Aggregates that build json; they are written as others.
pub(super) fn is_json_aggregate(name: &str) -> bool {
    matches!(name, "json_agg" | "jsonb_agg" | "json_object_agg" | "jsonb_object_agg")
}

/// True for a function over a group of rows, by either name.
pub(super) fn is_aggregate(name: &str) -> bool {
    is_json_aggregate(name) || engine_name(name).is_some_and(|name| AGGREGATE.contains(&name))
}

/// Refuses what only a function of another kind takes.
pub(super) fn check_kind(name: &str, engine_name: &str, function: &Function) -> Result<(), PlanError> {
    let (aggregate, window) = (AGGREGATE.contains(&engine_name), WINDOW.contains(&engine_name));
    let wrong = |what: String| Err(PlanError::WrongKind(what));
    if window && !function.within_group.is_empty() {
        return Err(PlanError::Unsupported(format!("the hypothetical-set aggregate {name}")));
    }
    if window && function.over.is_none() {
        return wrong(format!("window function {name} requires an OVER clause"));
    }
    if !aggregate && !window && function.over.is_some() {
        return wrong(format!("OVER specified, but {name} is not a window function nor an aggregate function"));
    }
    if !aggregate && function.filter.is_some() {
        return wrong(format!("FILTER specified, but {name} is not an aggregate function"));
    }
    let FunctionArguments::List(list) = &function.args else { return Ok(()) };
    if !aggregate && list.duplicate_treatment == Some(DuplicateTreatment::Distinct) {
        return wrong(format!("DISTINCT specified, but {name} is not an aggregate function"));
    }
    if !aggregate && list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_))) {
        return wrong(format!("ORDER BY specified, but {name} is not an aggregate function"));
    }
    if function.over.is_some() && list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_)))
    {
        return Err(PlanError::NotAllowed("aggregate ORDER BY is not implemented for window functions".into()));
    }
    if engine_name == "count" && list.args.is_empty() {
        return wrong(format!("{name}(*) must be used to call a parameterless aggregate function"));
    }
    if aggregate && function.over.is_none() {
        return refuse_nested(list, &function.within_group);
    }
    Ok(())
}

/// Aggregates of aggregates, or of windows, are none.
fn refuse_nested(list: &ast::FunctionArgumentList, within: &[ast::OrderByExpr]) -> Result<(), PlanError> {
    within.iter().fold(Calls::of(list), Calls::with).refused_inside()
}

/// Refuses aggregates and windows inside of an aggregate's argument.
pub(super) fn refuse_calls_inside(argument: &Expr) -> Result<(), PlanError> {
    Calls::of(argument).refused_inside()
}

/// Refuses aggregates and windows in a clause that is done before there are any.
pub(super) fn refuse_calls(expr: &Expr, clause: &str) -> Result<(), PlanError> {
    match Calls::of(expr) {
        Calls { aggregate: true, .. } => {
            Err(PlanError::GroupingRule(format!("aggregate functions are not allowed in {clause}")))
        }
        Calls { window: true, .. } => Err(PlanError::Window(format!("window functions are not allowed in {clause}"))),
        _ => Ok(()),
    }
}

/// Refuses windows in a clause that is done before there are any.
pub(super) fn refuse_windows(expr: &Expr, clause: &str) -> Result<(), PlanError> {
    match Calls::of(expr).window {
        true => Err(PlanError::Window(format!("window functions are not allowed in {clause}"))),
        false => Ok(()),
    }
}

/// Whether an expression calls a function over a window, its subqueries left out.
pub(super) fn has_window(expr: &Expr) -> bool {
    Calls::of(expr).window
}

/// Refuses `grouping()` where nothing is grouped.
pub(super) fn refuse_grouping(items: &[ast::SelectItem]) -> Result<(), PlanError> {
    let found = items.iter().any(|item| {
        ast::visit_expressions(item, |expr| match expr {
            Expr::Function(function) if fold_name(&function.name).is_ok_and(|name| name == ["grouping"]) => {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        })
        .is_break()
    });
    let told = "arguments to GROUPING must be grouping expressions of the associated query level";
    if found { Err(PlanError::GroupingRule(told.into())) } else { Ok(()) }
}

/// Whether an expression is the call of an aggregate, not over a window.
pub(super) fn is_aggregate_call(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    let name = fold_name(&function.name).unwrap_or_default().pop().unwrap_or_default();
    function.over.is_none() && is_aggregate(&name)
}

/// The kinds of calls that an expression makes itself, its subqueries left out.
#[derive(Debug, Default)]
struct Calls {
    aggregate: bool,
    window: bool,
}

impl Calls {
    fn of<T: Visit>(part: &T) -> Calls {
        Calls::default().with(part)
    }

    fn with<T: Visit>(mut self, part: &T) -> Calls {
        own_expressions(part, |expr, step| {
            if step == Step::In {
                self.window |= matches!(expr, Expr::Function(function) if function.over.is_some());
                self.aggregate |= is_aggregate_call(expr);
            }
        });
        self
    }

    fn refused_inside(&self) -> Result<(), PlanError> {
        let rule = |told: &str| Err(PlanError::GroupingRule(told.into()));
        match self {
            Calls { aggregate: true, .. } => rule("aggregate function calls cannot be nested"),
            Calls { window: true, .. } => rule("aggregate function calls cannot contain window function calls"),
            _ => Ok(()),
        }
    }
}

/// Functions whose result can be far longer than their arguments, with the position of the length argument.
pub(super) fn length_argument(engine_name: &str) -> Option<usize> {
    matches!(engine_name, "lpad" | "rpad" | "repeat").then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(engine_name("ceiling"), Some("ceil"));
        assert_eq!(engine_name("length"), Some("character_length"));
        assert_eq!(engine_name("pg_sleep"), None);
        assert_eq!(engine_name("arrow_cast"), None);
        assert_eq!(engine_name("read_csv"), None);
    }
}
