//! The engine's rules for physical plans, and two more, two held back, and one left out.
//!
//! Filters move down through plans by the names of their columns: where two columns have one name, as after a join of a
//! relation with itself, a condition over both would become one over the first alone, below the join.
//! Where a branch of UNION ALL has one value under two names, or a constant, the engine sorts the branch by less than all
//! keys, which is right, and forgets why once the branches stand together, so that its own check refuses the plan.
//! A projection that becomes part of a filter takes what the filter makes constant with it, so that the check misses the
//! sort of a window that needs none.
//! An aggregate with FILTER over another is taken for the second half of that one where statistics give its value
//! (`aggregate_statistics`), and what the sources give has no statistics.
//! Where a grouping may stop after so many groups and its input turns out to be sorted, it looks for an order that nobody
//! gave and ends the statement.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_optimizer::sanity_checker::SanityCheckPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, replace_children_if_necessary};

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// All rules, in the engine's order: ours before the last, which checks.
pub(super) fn rules() -> Vec<Rule> {
    let held_back = |rule: Rule| {
        let guard: Guard = match rule.name() {
            name if name.starts_with("FilterPushdown") => where_names_are_unique,
            "ProjectionPushdown" => where_windows_stay_sorted,
            _ => return rule,
        };
        Arc::new(HeldBack { rule, guard }) as Rule
    };
    let all = PhysicalOptimizer::new().rules.into_iter();
    let mut rules: Vec<Rule> = all.filter(|rule| rule.name() != "aggregate_statistics").map(held_back).collect();
    let check = rules.pop();
    rules.push(Arc::new(SortedBelow));
    rules.push(Arc::new(WholeGroups));
    rules.extend(check);
    rules
}

/// Runs a rule, or leaves the plan as it is.
type Guard = fn(&Rule, Arc<dyn ExecutionPlan>, &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>>;

/// A rule that is not taken for every plan.
#[derive(Debug)]
struct HeldBack {
    rule: Rule,
    guard: Guard,
}

impl PhysicalOptimizerRule for HeldBack {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn schema_check(&self) -> bool {
        self.rule.schema_check()
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, options: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        (self.guard)(&self.rule, plan, options)
    }
}

/// Not where the check would not find the order of a window behind it.
fn where_windows_stay_sorted(
    rule: &Rule,
    plan: Arc<dyn ExecutionPlan>,
    options: &ConfigOptions,
) -> Result<Arc<dyn ExecutionPlan>> {
    let is_window = |node: &Arc<dyn ExecutionPlan>| {
        Ok(node.downcast_ref::<BoundedWindowAggExec>().is_some() || node.downcast_ref::<WindowAggExec>().is_some())
    };
    if !plan.exists(is_window)? {
        return rule.optimize(plan, options);
    }
    let changed = rule.optimize(Arc::clone(&plan), options)?;
    match SanityCheckPlan::new().optimize(Arc::clone(&changed), options) {
        Ok(_) => Ok(changed),
        Err(_) => Ok(plan),
    }
}

/// Not where an operator gives two columns of one name.
fn where_names_are_unique(
    rule: &Rule,
    plan: Arc<dyn ExecutionPlan>,
    options: &ConfigOptions,
) -> Result<Arc<dyn ExecutionPlan>> {
    let repeats = plan.exists(|node| {
        let schema = node.schema();
        let mut names = HashSet::new();
        Ok(!schema.fields().iter().all(|field| names.insert(field.name().as_str())))
    })?;
    if repeats { Ok(plan) } else { rule.optimize(plan, options) }
}

/// Sorts what a merge takes for sorted without being told so.
#[derive(Debug)]
struct SortedBelow;

impl PhysicalOptimizerRule for SortedBelow {
    fn name(&self) -> &str {
        "SortedBelow"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(merge) = node.downcast_ref::<SortPreservingMergeExec>() else { return Ok(Transformed::no(node)) };
            let (input, order) = (merge.input(), merge.expr());
            if input.equivalence_properties().ordering_satisfy(order.iter().cloned())? {
                return Ok(Transformed::no(node));
            }
            let sorted = SortExec::new(order.clone(), Arc::clone(input)).with_preserve_partitioning(true);
            replace_children_if_necessary(node, vec![Arc::new(sorted)]).map(Transformed::yes)
        })
        .map(|done| done.data)
    }
}

/// Takes a limit from groupings that cannot keep it: the limit itself stands above.
#[derive(Debug)]
struct WholeGroups;

impl PhysicalOptimizerRule for WholeGroups {
    fn name(&self) -> &str {
        "WholeGroups"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(groups) = node.downcast_ref::<AggregateExec>() else { return Ok(Transformed::no(node)) };
            let is_kept = groups.is_unordered_unfiltered_group_by_distinct();
            match groups.limit_options() {
                Some(limit) if limit.descending.is_none() && !is_kept => {
                    Ok(Transformed::yes(Arc::new(groups.with_new_limit_options(None)) as Arc<dyn ExecutionPlan>))
                }
                _ => Ok(Transformed::no(node)),
            }
        })
        .map(|done| done.data)
    }
}
