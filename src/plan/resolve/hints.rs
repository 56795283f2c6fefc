//! Types of parameters that the form of the statement tells and the planner does not: in LIMIT, OFFSET and FETCH,
//! and under a cast.
//!
//! Invariant: what is told here is what PostgreSQL tells for the same place; a parameter in no such place is left to the
//! planner.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sluice_base::SqlType;
use sqlparser::ast::{Expr, LimitClause, Query, Visit, Visitor};

use super::parameters::number_of;
use super::types::sql_type_of;

/// Types by the parameters' numbers.
pub(super) fn hints(query: &Query) -> BTreeMap<usize, SqlType> {
    let mut hints = Hints::default();
    // Nothing breaks the walk off.
    let _: ControlFlow<()> = query.visit(&mut hints);
    hints.0
}

#[derive(Default)]
struct Hints(BTreeMap<usize, SqlType>);

impl Hints {
    fn note(&mut self, expr: &Expr, sql_type: SqlType) {
        if let Some(number) = number_of(expr) {
            self.0.entry(number).or_insert(sql_type);
        }
    }
}

impl Visitor for Hints {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let quantity = query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref());
        let (limit, offset) = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => (limit.as_ref(), offset.as_ref().map(|o| &o.value)),
            _ => (None, None),
        };
        for expr in [quantity, limit, offset].into_iter().flatten() {
            self.note(expr, SqlType::Int8);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Cast { expr, data_type, .. } = expr
            && let Ok(sql_type) = sql_type_of(data_type)
        {
            self.note(expr, sql_type);
        }
        ControlFlow::Continue(())
    }
}
