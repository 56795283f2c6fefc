//! DataFusion's planner over placeholder scans.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef, TimeUnit};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{DataFusionError, Result, TableReference};
use datafusion_expr::planner::{ContextProvider, ExprPlanner, RelationPlanner, TypePlanner};
use datafusion_expr::{AggregateUDF, HigherOrderUDF, LogicalPlan, ScalarUDF, TableSource, WindowUDF};
use datafusion_optimizer::AnalyzerRule;
use datafusion_optimizer::analyzer::type_coercion::TypeCoercion;
use datafusion_sql::planner::{ParserOptions, PlannerContext, SqlToRel};
use sluice_base::SqlType;
use sluice_model::Decision;
use sluice_model::catalog::Naming;
use sqlparser::ast;

use super::series::Series;
use super::{Asker, untyped, used};
use crate::PlanError;
use crate::datetime::{self, DatetimePlanner, Session, casts};
use crate::govern::{GovernedSource, WorkTable};
use crate::nested;
use crate::numeric;
use crate::planner::from_planner;

/// Name under which a resolved relation stands in the rewritten tree; no client can type it.
pub(super) fn scan_name(entity: usize, naming: Naming) -> String {
    match naming {
        Naming::Ids => format!("\u{1}ids:{entity}"),
        Naming::Labels => format!("\u{1}labels:{entity}"),
    }
}

fn of_scan_name(name: &str) -> Option<(usize, Naming)> {
    let (naming, entity) = name.strip_prefix('\u{1}')?.split_once(':')?;
    let naming = match naming {
        "ids" => Naming::Ids,
        "labels" => Naming::Labels,
        _ => return None,
    };
    Some((entity.parse().ok()?, naming))
}

/// Types the rewritten tree.
pub(super) fn plan(
    query: ast::Query,
    asker: &Asker,
    decisions: &BTreeMap<usize, Arc<Decision>>,
    series: Series,
    declared: &[Option<SqlType>],
) -> Result<LogicalPlan, PlanError> {
    let options = ParserOptions {
        parse_float_as_decimal: true,
        enable_ident_normalization: true,
        support_varchar_with_length: true,
        map_string_types_to_utf8view: false,
        ..ParserOptions::new()
    };
    let session = session(asker);
    let mut planners: Vec<Arc<dyn ExprPlanner>> = vec![
        Arc::new(untyped::UntypedPlanner { session: Arc::clone(&session) }),
        Arc::new(DatetimePlanner { session: Arc::clone(&session) }),
    ];
    planners.extend(FUNCTIONS.planners.iter().cloned());
    let relations: Vec<Arc<dyn RelationPlanner>> = vec![Arc::new(series.within(&session))];
    let used = used::names(&query);
    let scope = Scope { asker, decisions, used, session, planners, relations };
    let planner = SqlToRel::new_with_options(&scope, options);
    let mut context = PlannerContext::new().with_prepare_param_data_types(super::parameter_fields(declared));
    let statement = ast::Statement::Query(Box::new(query));
    planner.sql_statement_to_plan_with_context(statement, &mut context).map_err(from_planner)
}

/// A plan with its operands in common types and PostgreSQL's casts between them. Here and not in the engine alone: what
/// Describe announces is the type after coercion (CASE WHEN x THEN 1 ELSE 2.5 END is a numeric), and what cannot be
/// coerced is a fault of the statement.
pub(crate) fn coerced(plan: LogicalPlan, asker: &Asker) -> Result<LogicalPlan, PlanError> {
    let session = session(asker);
    super::sides::in_one_type(plan)
        .and_then(|plan| casts::before(plan, &session))
        .and_then(|plan| TypeCoercion::new().analyze(plan, &FUNCTIONS.options))
        .and_then(|plan| casts::after(plan, &session))
        .map_err(from_planner)
}

/// A plan in which the functions that give rows have become rows.
pub(super) fn with_rows(plan: LogicalPlan, asker: &Asker) -> Result<LogicalPlan, PlanError> {
    super::rows::spread(plan, &session(asker)).map_err(from_planner)
}

/// A plan in which rows of jsonb are told apart by their values.
pub(super) fn told_apart(plan: LogicalPlan, asker: &Asker) -> Result<LogicalPlan, PlanError> {
    super::distinct::by_value(plan, &session(asker)).map_err(from_planner)
}

/// What dates and times depend on.
fn session(asker: &Asker) -> Arc<Session> {
    Arc::new(Session { zone: asker.timezone.clone(), now: asker.principal.context.now_micros })
}

/// Registry of the allowed functions, shared by all statements.
struct Functions {
    scalar: HashMap<String, Arc<ScalarUDF>>,
    aggregate: HashMap<String, Arc<AggregateUDF>>,
    window: HashMap<String, Arc<WindowUDF>>,
    planners: Vec<Arc<dyn ExprPlanner>>,
    options: ConfigOptions,
}

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| {
    let mut scalar = HashMap::new();
    for function in datafusion_functions::all_default_functions() {
        let function = numeric::scalar(&function).unwrap_or(function);
        for alias in function.aliases() {
            scalar.insert(alias.clone(), Arc::clone(&function));
        }
        scalar.insert(function.name().to_string(), function);
    }
    scalar.insert(untyped::LIKE_TYPE.to_string(), untyped::like_type());
    scalar.insert(untyped::COMMON.to_string(), untyped::common());
    scalar.insert(untyped::KEPT.to_string(), untyped::kept());
    scalar.insert(super::recursion::ROOM.to_string(), super::recursion::room());
    scalar.insert(super::rows::ROWS.to_string(), super::rows::function());
    scalar.extend(crate::bytes::functions().map(|(name, function)| (name.to_string(), function)));
    scalar.extend(numeric::hidden().map(|(name, function)| (name.to_string(), function)));
    scalar.insert(super::like::LIKE_PATTERN.to_string(), super::like::function());
    #[cfg(all(feature = "leak-probe", debug_assertions))]
    scalar.insert(crate::probe::NAME.to_string(), crate::probe::function());
    let mut aggregate = HashMap::new();
    for function in datafusion_functions_aggregate::all_default_aggregate_functions() {
        let function = numeric::aggregate(&function).unwrap_or(function);
        for alias in function.aliases() {
            aggregate.insert(alias.clone(), Arc::clone(&function));
        }
        aggregate.insert(function.name().to_string(), function);
    }
    let mut window = HashMap::new();
    for function in datafusion_functions_window::all_default_window_functions() {
        for alias in function.aliases() {
            window.insert(alias.clone(), Arc::clone(&function));
        }
        window.insert(function.name().to_string(), function);
    }
    let planners: Vec<Arc<dyn ExprPlanner>> = vec![
        Arc::new(numeric::NumericPlanner),
        Arc::new(datafusion_functions::core::planner::CoreFunctionPlanner::default()),
        Arc::new(datafusion_functions::datetime::planner::DatetimeFunctionPlanner),
        Arc::new(datafusion_functions::unicode::planner::UnicodeFunctionPlanner),
        Arc::new(datafusion_functions_aggregate::planner::AggregateFunctionPlanner),
        Arc::new(datafusion_functions_window::planner::WindowFunctionPlanner),
    ];
    let mut options = ConfigOptions::default();
    // The type of a timestamptz, not the zone of anybody.
    options.execution.time_zone = Some("UTC".into());
    Functions { scalar, aggregate, window, planners, options }
});

/// A plan ready to be governed: averages split, and the digits that PostgreSQL shows carried up to the result.
pub(super) fn finish(plan: LogicalPlan) -> Result<LogicalPlan, PlanError> {
    let sum = FUNCTIONS.aggregate.get("sum").ok_or_else(|| PlanError::Internal("no sum".into()))?;
    numeric::averages(plan, sum).and_then(numeric::with_display_scale).map_err(from_planner)
}

/// Types that a statement names and the planner would have in another unit than the catalog.
#[derive(Debug)]
struct Units;

impl TypePlanner for Units {
    fn plan_type_field(&self, sql_type: &ast::DataType) -> Result<Option<FieldRef>> {
        Ok(match sql_type {
            ast::DataType::Time(None, ast::TimezoneInfo::None | ast::TimezoneInfo::WithoutTimeZone) => {
                Some(Arc::new(Field::new("", DataType::Time64(TimeUnit::Microsecond), true)))
            }
            _ => None,
        })
    }
}

struct Scope<'a> {
    asker: &'a Asker<'a>,
    decisions: &'a BTreeMap<usize, Arc<Decision>>,
    /// Names of the columns that the statement has; all where it is not known.
    used: Option<BTreeSet<String>>,
    session: Arc<Session>,
    planners: Vec<Arc<dyn ExprPlanner>>,
    /// Relations that read nothing.
    relations: Vec<Arc<dyn RelationPlanner>>,
}

impl ContextProvider for Scope<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let found = of_scan_name(name.table()).and_then(|(entity, naming)| {
            let decision = self.decisions.get(&entity)?;
            Some(GovernedSource::new(&self.asker.snapshot.catalog, naming, Arc::clone(decision), self.used.as_ref()))
        });
        match found {
            Some(source) => Ok(Arc::new(source)),
            // The resolver replaces every relation that exists; what arrives here under its own name does not.
            None => Err(DataFusionError::External(Box::new(PlanError::UndefinedTable(name.table().to_string())))),
        }
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(Arc::new(WorkTable::new(name, schema)))
    }

    fn get_type_planner(&self) -> Option<Arc<dyn TypePlanner>> {
        Some(Arc::new(Units))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.planners
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        &self.relations
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        datetime::function(name, &self.session)
            .or_else(|| nested::function(name, &self.session))
            .or_else(|| FUNCTIONS.scalar.get(name).cloned())
    }

    fn get_higher_order_meta(&self, _: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        FUNCTIONS.aggregate.get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        FUNCTIONS.window.get(name).cloned()
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &FUNCTIONS.options
    }

    // The planner prints these lists in its own "did you mean" texts; an empty list keeps it silent.
    fn udf_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udwf_names(&self) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The planner puts an alias around a function that it was told of by another name, with all of the call as its text,
    /// and asks an alias for its type twice: calls in calls would take twice the time and room for each step.
    #[test]
    fn functions_in_calls_have_the_names_that_they_are_called_by() {
        let hidden = numeric::hidden().map(|(name, _)| name).filter(|name| {
            // These stand around aggregates alone, or around calls that weigh for it (see `effort`).
            ![
                numeric::VALUE,
                numeric::CONTINUOUS,
                numeric::DISCRETE,
                numeric::MODE,
                numeric::VARIANCE,
                numeric::DEVIATION,
            ]
            .contains(name)
        });
        let bytes = crate::bytes::functions().into_iter().map(|(name, _)| name);
        let names: Vec<&str> =
            super::super::functions::scalar_names().iter().copied().chain(hidden).chain(bytes).collect();
        let other = |name: &&&str| FUNCTIONS.scalar.get(**name).is_none_or(|function| function.name() != **name);
        assert_eq!(names.iter().filter(other).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
