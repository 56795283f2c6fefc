//! Scope by scope through the syntax tree: relations to placeholder scans, names of fields (id or label) to the one
//! name their scan lists, wildcards to columns, unnamed items to PostgreSQL's names.
//!
//! Invariant: a form of query that is not matched here by name is refused; nothing is passed on unseen.

mod from;
mod hidden;
mod order;
mod scope;
mod select;
mod sets;
mod tree;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sluice_base::{Datum, SqlType};
use sluice_model::Decision;
use sluice_model::catalog::Catalog;
use sqlparser::ast::{self, SetExpr};

use super::Asker;
use super::expressions::literal_of;
use super::output::shown_name;
use super::series::Series;
use crate::PlanError;
use crate::query::{fold, reads};
use scope::Scope;
pub(super) use select::narrow_integer;
pub(super) use tree::{balanced, binary, boolean, call, null, qualified, quoted};
use tree::{quote_columns, rename};

/// Columns of the common table expressions in sight.
type Ctes = HashMap<String, Vec<String>>;

/// State of one statement's resolution.
pub(super) struct Resolver<'a> {
    pub(super) asker: &'a Asker<'a>,
    decisions: BTreeMap<usize, Option<Arc<Decision>>>,
    ctes: Vec<Ctes>,
    /// Scopes from the outermost query inwards.
    pub(super) scopes: Vec<Scope>,
    /// Parameter values, where the query is to run.
    params: Option<&'a [(SqlType, Datum)]>,
    /// Numbers of the parameters that stand for arrays.
    pub(super) arrays: BTreeSet<usize>,
    /// Calls of `generate_series`.
    pub(super) series: Series,
}

/// What a query body leaves behind.
struct Body {
    /// Names for the engine, unique.
    unique: Vec<String>,
    /// Names for the client.
    shown: Vec<String>,
    /// Scope of a plain SELECT, in which its ORDER BY may look.
    scope: Option<Scope>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(asker: &'a Asker<'a>, params: Option<&'a [(SqlType, Datum)]>) -> Resolver<'a> {
        let (decisions, ctes, scopes) = (BTreeMap::new(), Vec::new(), Vec::new());
        Resolver { asker, decisions, ctes, scopes, params, arrays: BTreeSet::new(), series: Series::default() }
    }

    /// The items of an array parameter; `None` while the query is only described.
    pub(super) fn array_parameter(&mut self, name: &str) -> Result<Option<Vec<ast::Expr>>, PlanError> {
        let number: usize =
            name.trim_start_matches('$').parse().map_err(|_| PlanError::Unsupported("a named parameter".into()))?;
        self.arrays.insert(number);
        let Some(params) = self.params else { return Ok(None) };
        match params.get(number.wrapping_sub(1)) {
            Some((_, Datum::Array(items))) => items.iter().map(literal_of).collect::<Result<_, _>>().map(Some),
            // ANY (NULL) is NULL for every row.
            Some((_, Datum::Null)) => Ok(Some(vec![ast::Expr::value(ast::Value::Null)])),
            Some(_) => Err(PlanError::InvalidValue("of an array")),
            None => Err(PlanError::UndefinedParameter(number)),
        }
    }

    /// Rewrites a whole statement; returns the client's column names.
    pub(super) fn statement(&mut self, query: &mut ast::Query) -> Result<Vec<String>, PlanError> {
        self.query(query).map(|(_, shown)| shown.into_iter().map(shown_name).collect())
    }

    /// Decisions on every relation that was found.
    pub(super) fn into_decisions(self) -> BTreeMap<usize, Arc<Decision>> {
        self.decisions.into_iter().filter_map(|(entity, decision)| Some((entity, decision?))).collect()
    }

    fn catalog(&self) -> &'a Catalog {
        &self.asker.snapshot.catalog
    }

    /// Rewrites a query; returns its column names, unique ones and the client's.
    pub(super) fn query(&mut self, query: &mut ast::Query) -> Result<(Vec<String>, Vec<String>), PlanError> {
        if query.for_clause.is_some() || query.settings.is_some() || query.format_clause.is_some() {
            return Err(PlanError::Unsupported("this query clause".into()));
        }
        if !query.pipe_operators.is_empty() {
            return Err(PlanError::Unsupported("the pipe operator".into()));
        }
        let depth = self.ctes.len();
        if let Some(with) = &mut query.with {
            self.with(with)?;
        }
        let outcome = self.query_body(query);
        self.ctes.truncate(depth);
        outcome
    }

    fn query_body(&mut self, query: &mut ast::Query) -> Result<(Vec<String>, Vec<String>), PlanError> {
        let mut body = self.body(&mut query.body)?;
        let mut scope = body
            .scope
            .take()
            .unwrap_or_else(|| Scope { outputs: body.unique.iter().cloned().collect(), ..Scope::default() });
        scope.only_outputs = matches!(*query.body, SetExpr::SetOperation { .. });
        self.scopes.push(scope);
        let outcome = self.tail(query);
        self.scopes.pop();
        outcome?;
        hidden::sort_keys(query, &body.unique)?;
        Ok((body.unique, body.shown))
    }

    fn with(&mut self, with: &mut ast::With) -> Result<(), PlanError> {
        for cte in &mut with.cte_tables {
            let name = fold(&cte.alias.name);
            if with.recursive && reads(&cte.query, &name) {
                return Err(PlanError::Unsupported("WITH RECURSIVE over business data".into()));
            }
            // The name is not in sight inside its own definition.
            let (mut columns, _) = self.query(&mut cte.query)?;
            rename(&mut columns, &cte.alias)?;
            cte.alias.name = quoted(&name);
            quote_columns(&mut cte.alias);
            self.ctes.push(HashMap::from([(name, columns)]));
        }
        with.recursive = false;
        Ok(())
    }

    fn body(&mut self, body: &mut SetExpr) -> Result<Body, PlanError> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => {
                let (unique, shown) = self.query(query)?;
                Ok(Body { unique, shown, scope: None })
            }
            // The engine's joins tell whether a row is on the other side, not how often.
            SetExpr::SetOperation { op, set_quantifier: ast::SetQuantifier::All, .. }
                if *op != ast::SetOperator::Union =>
            {
                Err(PlanError::Unsupported("INTERSECT ALL or EXCEPT ALL".into()))
            }
            SetExpr::SetOperation { left, right, .. } => {
                let first = self.body(left)?;
                self.body(right)?;
                Ok(Body { scope: None, ..first })
            }
            SetExpr::Values(values) => {
                let width = values.rows.first().map_or(0, |row| row.content.len());
                for row in &mut values.rows {
                    for expr in &mut row.content {
                        self.expr(expr)?;
                        narrow_integer(expr);
                    }
                }
                let names: Vec<String> = (1..=width).map(|n| format!("column{n}")).collect();
                Ok(Body { unique: names.clone(), shown: names, scope: None })
            }
            _ => Err(PlanError::Unsupported("this form of query".into())),
        }
    }
}
