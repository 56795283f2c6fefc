//! Values of parameters in a plan. Each place of a parameter gets a copy of its value, so that a short statement with a
//! long value could ask for any amount of memory: how much the copies come to is known before they are made.

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_common::{DataFusionError, ParamValues, Result, ScalarValue};
use datafusion_expr::{Expr, LogicalPlan};

use crate::PlanError;

/// Values that are shorter are as cheap as the place itself.
const LONG: usize = 256;
/// Bytes of all copies.
const BYTES_MAX: usize = 64 << 20;

/// A plan with its values in place.
pub(crate) fn filled(plan: LogicalPlan, values: Vec<ScalarValue>) -> Result<LogicalPlan> {
    let lengths: Vec<usize> = values.iter().map(|value| value.size() - size_of::<ScalarValue>()).collect();
    if lengths.iter().any(|length| *length > LONG) && copied(&plan, &lengths)? > BYTES_MAX {
        let told = PlanError::TooComplex("long parameters in many places");
        return Err(DataFusionError::External(Box::new(told)));
    }
    plan.with_param_values(ParamValues::from(values))
}

/// Bytes of all copies.
fn copied(plan: &LogicalPlan, lengths: &[usize]) -> Result<usize> {
    let mut bytes = 0usize;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Expr::Placeholder(placeholder) = part {
                    let number = placeholder.id.trim_start_matches('$').parse::<usize>().ok();
                    let length = number.and_then(|number| lengths.get(number.checked_sub(1)?));
                    bytes = bytes.saturating_add(length.copied().unwrap_or(0));
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use datafusion_expr::{LogicalPlanBuilder, placeholder};

    use super::*;

    #[test]
    fn copies_of_long_values_are_counted_before_they_are_made() {
        let places = |count: usize| {
            let items = (0..count).map(|n| placeholder("$1").alias(format!("c{n}")));
            LogicalPlanBuilder::empty(true).project(items).unwrap().build().unwrap()
        };
        let value = |bytes: usize| vec![ScalarValue::from("x".repeat(bytes))];
        assert!(filled(places(10), value(1 << 20)).is_ok());
        assert!(filled(places(1_000), value(100)).is_ok());
        let error = filled(places(100), value(1 << 20)).unwrap_err();
        assert!(matches!(error, DataFusionError::External(_)), "{error}");
    }
}
