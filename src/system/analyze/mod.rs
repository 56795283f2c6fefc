//! From syntax tree to [`crate::plan`]: names to places, types settled, functions chosen, parameters typed.
//!
//! Invariant: everything that can be refused without looking at rows is refused here, so `describe` and `answer`
//! agree. Nesting is counted, and deep trees are walked on a stack that grows.

mod access;
mod aggregates;
mod bits;
mod calls;
mod expr;
mod from;
mod joins;
mod json;
mod names;
mod operators;
mod query;
mod scope;
mod select;
mod types;

use sluice_base::SqlType;
use sqlparser::ast;

use crate::Context;
use crate::error::{Result, SystemError};
use crate::plan::{Expr, QueryPlan};
use crate::typing::Ty;
use scope::{CteScope, Scope};

/// Nesting of expressions and queries.
pub(crate) const DEPTH_MAX: usize = 200;
/// Parameters of one statement, as the protocol bounds them.
const PARAMS_MAX: usize = 65_535;

/// An analysed query with the types of its parameters.
pub(crate) struct Analyzed {
    pub(crate) plan: QueryPlan,
    pub(crate) params: Vec<SqlType>,
}

/// An expression with its type and, for a plain column, where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) expr: Expr,
    pub(crate) ty: Ty,
    pub(crate) origin: Option<(u32, i16)>,
}

impl Typed {
    fn new(expr: Expr, ty: impl Into<Ty>) -> Typed {
        Typed { expr, ty: ty.into(), origin: None }
    }
}

/// A query being analysed, as seen from the columns it reads outside itself.
struct Tracker {
    /// Levels around it.
    depth: usize,
    correlated: bool,
}

struct Analyzer<'a> {
    context: &'a Context<'a>,
    params: Vec<Option<SqlType>>,
    scopes: Vec<Scope>,
    trackers: Vec<Tracker>,
    ctes: Vec<CteScope>,
    plans: usize,
    cte_count: usize,
    depth: usize,
}

/// Analyses a query.
pub(crate) fn analyze(query: &ast::Query, context: &Context, param_types: &[Option<SqlType>]) -> Result<Analyzed> {
    let params = param_types.iter().map(|t| t.clone().filter(|t| *t != SqlType::Unknown)).collect();
    let mut analyzer = Analyzer {
        context,
        params,
        scopes: Vec::new(),
        trackers: Vec::new(),
        ctes: Vec::new(),
        plans: 0,
        cte_count: 0,
        depth: 0,
    };
    let mut plan = analyzer.query(query)?;
    analyzer.settle(&mut plan)?;
    let params = analyzer.params.into_iter().map(|found| found.unwrap_or(SqlType::Text)).collect();
    Ok(Analyzed { plan, params })
}

impl Analyzer<'_> {
    /// Runs one step of the descent within the bound on nesting.
    fn nested<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEPTH_MAX {
            return Err(SystemError::TooDeep(DEPTH_MAX));
        }
        self.depth += 1;
        let outcome = stacker::maybe_grow(256 << 10, 2 << 20, || step(self));
        self.depth -= 1;
        outcome
    }

    /// Gives a parameter its type, where nothing has given it one yet.
    fn type_param(&mut self, place: usize, sql_type: &SqlType) {
        if let Some(slot @ None) = self.params.get_mut(place) {
            *slot = Some(crate::typing::plain(sql_type));
        }
    }

    fn param(&mut self, text: &str) -> Result<Typed> {
        let number: usize = text.strip_prefix('$').and_then(|n| n.parse().ok()).unwrap_or(0);
        if number == 0 || number > PARAMS_MAX {
            return Err(SystemError::UndefinedParameter(number));
        }
        if self.params.len() < number {
            self.params.resize(number, None);
        }
        let place = number - 1;
        let known = self.params.get(place).cloned().flatten();
        Ok(Typed::new(Expr::Param(place), known.unwrap_or(SqlType::Unknown)))
    }
}
