//! What planning a statement takes, told from its tree before anything is planned.
//!
//! The planner asks for the type of a CASE and whether it may be NULL in two walks over its branches, writes COALESCE as a
//! CASE with its arguments twice, and BETWEEN and IN as comparisons with their left side repeated. One in another doubles
//! the work and the tree, so a statement of a few hundred bytes could ask for more memory than there is, and a timeout
//! does not stop a walk. Each expression takes as much as what stands around it multiplies it by.
//!
//! Invariant: what is let through is planned in seconds at the most. ELSE multiplies nothing: a ladder of conditions that
//! goes on there takes as much as its text is long.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sqlparser::ast::{self, Expr, Visit, Visitor};

use crate::PlanError;
use crate::query::fold_name;

/// The most that all expressions of a statement may take together.
const EFFORT_MAX: u64 = 65_536;
/// The most that their depths may come to, squared and added up: that of one chain of 290. The planner tells the name of a
/// call with all that is in it whenever it asks for its type, and it asks at each step of the way down.
const STEEPNESS_MAX: u64 = 8 << 20;

/// Refuses a statement whose expressions take too much.
pub(crate) fn check(query: &ast::Query) -> Result<(), PlanError> {
    match query.visit(&mut Effort { total: 0, around: vec![1], depth: 0, steepness: 0, of_else: HashMap::new() }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Effort {
    total: u64,
    /// What an expression takes inside each one that is open.
    around: Vec<u64>,
    /// Calls and operators that are open.
    depth: u64,
    steepness: u64,
    /// What an ELSE takes, by its place in the tree.
    of_else: HashMap<*const Expr, u64>,
}

impl Visitor for Effort {
    type Break = PlanError;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<PlanError> {
        let around = self.around.last().copied().unwrap_or(1);
        let effort = self.of_else.remove(&std::ptr::from_ref(expr)).unwrap_or(around);
        // A long list of constants is as long as its text.
        if !is_leaf(expr) {
            self.total = self.total.saturating_add(effort);
        }
        if is_step(expr) {
            self.depth += 1;
            self.steepness = self.steepness.saturating_add(self.depth * self.depth);
        }
        if self.total > EFFORT_MAX || self.steepness > STEEPNESS_MAX {
            return ControlFlow::Break(PlanError::TooComplex("nested too deeply"));
        }
        if let Expr::Case { conditions, else_result: Some(otherwise), .. } = expr
            && conditions.first().is_some_and(|when| !is_null(&when.result))
        {
            self.of_else.insert(std::ptr::from_ref(&**otherwise), effort);
        }
        self.around.push(effort.saturating_mul(factor(expr)));
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<PlanError> {
        self.depth -= u64::from(is_step(expr));
        self.around.pop();
        ControlFlow::Continue(())
    }
}

/// Whether an expression takes the way down one step further. Conditions joined by AND and OR are boolean without being
/// asked.
fn is_step(expr: &Expr) -> bool {
    !matches!(
        expr,
        Expr::Value(_)
            | Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::Nested(_)
            | Expr::BinaryOp { op: ast::BinaryOperator::And | ast::BinaryOperator::Or, .. }
    )
}

fn is_leaf(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) | Expr::TypedString(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } | Expr::Cast { expr: inner, .. } => is_leaf(inner),
        _ => false,
    }
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if value.value == ast::Value::Null)
}

/// By how much the work inside grows; measured, and rounded up.
fn factor(expr: &Expr) -> u64 {
    match expr {
        Expr::Case { .. } | Expr::Between { .. } | Expr::InList { .. } | Expr::InSubquery { .. } => 3,
        Expr::Function(call) => match fold_name(&call.name).as_deref() {
            Ok([.., name]) if name == "coalesce" => 4,
            // What takes their number out of a scaled value stands under an alias, which is asked for its type twice.
            Ok([.., name]) if matches!(name.as_str(), "round" | "trunc" | "sqrt" | "to_number") => 2,
            _ => 1,
        },
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use sluice_base::Limits;

    fn parsed(sql: &str) -> sqlparser::ast::Query {
        let dialect = sluice_model::dialect::PostgreSql;
        let parser = sqlparser::parser::Parser::new(&dialect).try_with_sql(sql);
        *parser.and_then(|mut parser| parser.parse_query()).expect("a query")
    }

    fn is_refused(sql: &str) -> bool {
        crate::parse(sql, &Limits::default()).is_err()
    }

    #[test]
    fn what_doubles_may_not_be_nested_far() {
        let nested =
            |open: &str, close: &str, times: usize| format!("SELECT {}a{}", open.repeat(times), close.repeat(times));
        for (open, close, most) in [
            ("coalesce(", ", 1)", 7),
            ("CASE WHEN b THEN ", " ELSE 1 END", 8),
            ("(1 IN (", ", 2))", 8),
            ("(", " BETWEEN 1 AND 2)", 8),
        ] {
            assert!(!is_refused(&nested(open, close, most)), "{open} {most}");
            assert!(is_refused(&nested(open, close, most + 4)), "{open} {}", most + 4);
        }
        for (open, close) in [("lower(", ")"), ("(1 + ", ")"), ("CASE WHEN b THEN 1 ELSE ", " END")] {
            assert!(!is_refused(&nested(open, close, 40)), "{open}");
        }
        assert!(is_refused(&nested("CASE WHEN b THEN NULL ELSE ", " END", 40)));
        let list = vec!["-1::bigint"; 90_000].join(", ");
        assert!(super::check(&parsed(&format!("SELECT a IN ({list})"))).is_ok(), "a long list");
        let items = vec!["coalesce(a, 1) + CASE WHEN b IN (1, 2) THEN coalesce(c, 0) ELSE 2 END"; 60].join(", ");
        assert!(!is_refused(&format!("SELECT {items} FROM t")), "many side by side");
    }
}
