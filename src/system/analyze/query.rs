//! Whole queries: WITH, set operations, VALUES, ORDER BY and LIMIT around them.

use std::sync::Arc;

use sluice_base::SqlType;
use sqlparser::ast::{
    self, Cte, Expr as Ast, LimitClause, OrderByExpr, Query, SetExpr, SetOperator, SetQuantifier, Value as Literal,
};

use super::scope::CteScope;
use super::select::{Selected, count_type, order_items, sort_key};
use super::{Analyzer, Tracker, Typed};
use crate::error::{Result, SystemError};
use crate::plan::{Body, CteBody, CtePlan, Expr, OutputColumn, QueryPlan, SetOperation, SortKey};
use crate::typing::{Ty, common_type, fold};

/// `TABLE name` as the SELECT that it stands for.
fn whole_table(table: &ast::Table) -> Result<ast::Select> {
    let ident = |name: &String| ast::Ident::with_quote('"', name);
    let parts: Vec<ast::Ident> = table.schema_name.iter().chain(&table.table_name).map(ident).collect();
    let text = format!("SELECT * FROM {}", ast::ObjectName::from(parts));
    let dialect = sqlparser::dialect::PostgreSqlDialect {};
    let parsed = sqlparser::parser::Parser::new(&dialect).try_with_sql(&text).and_then(|mut p| p.parse_query());
    match parsed.map(|query| *query.body) {
        Ok(SetExpr::Select(select)) => Ok(*select),
        _ => Err(SystemError::Unsupported("this form of query".into())),
    }
}

impl Analyzer<'_> {
    /// Analyses a query at the level around it.
    pub(super) fn query(&mut self, query: &Query) -> Result<QueryPlan> {
        self.nested(|this| {
            this.trackers.push(Tracker { depth: this.scopes.len(), correlated: false });
            let known = this.ctes.len();
            let outcome = this.query_parts(query);
            this.ctes.truncate(known);
            let tracker = this.trackers.pop();
            let mut plan = outcome?;
            plan.correlated = tracker.is_some_and(|tracker| tracker.correlated);
            Ok(plan)
        })
    }

    fn query_parts(&mut self, query: &Query) -> Result<QueryPlan> {
        let odd = !query.locks.is_empty()
            || query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty();
        if odd {
            return Err(SystemError::Unsupported("this clause of a query".into()));
        }
        let mut ctes = Vec::new();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                ctes.push(self.cte_plan(cte, with.recursive)?);
            }
        }
        let order_by = order_items(query.order_by.as_ref())?;
        let selected = self.body(&query.body, order_by)?;
        let (limit, offset) = self.limits(query)?;
        let id = self.next_plan();
        Ok(QueryPlan {
            id,
            ctes,
            body: selected.body,
            columns: selected.columns,
            order: selected.order,
            limit,
            offset,
            correlated: false,
        })
    }

    fn next_plan(&mut self) -> usize {
        self.plans += 1;
        self.plans
    }

    fn limits(&mut self, query: &Query) -> Result<(Option<Expr>, Option<Expr>)> {
        let (limit, offset) = match &query.limit_clause {
            None => (None, None),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
            }
            Some(_) => return Err(SystemError::Unsupported("this form of LIMIT".into())),
        };
        let fetch = match &query.fetch {
            Some(fetch) if fetch.with_ties || fetch.percent => {
                return Err(SystemError::Unsupported("this form of FETCH".into()));
            }
            Some(fetch) => Some(fetch.quantity.as_ref()),
            None => None,
        };
        let limit = match (limit, fetch) {
            (Some(limit), _) => Some(self.count(limit)?),
            (None, Some(Some(quantity))) => Some(self.count(quantity)?),
            (None, Some(None)) => Some(Expr::Const(crate::value::Value::Int(1))),
            (None, None) => None,
        };
        Ok((limit, offset.map(|offset| self.count(offset)).transpose()?))
    }

    fn count(&mut self, expr: &Ast) -> Result<Expr> {
        // LIMIT sees no columns of the query, only parameters and constants.
        let (typed, _) = self.at_new_level(|this| this.expr(expr))?;
        let to = count_type(&typed);
        self.coerce_implicitly(typed, &to, "argument of LIMIT")
    }

    fn body(&mut self, body: &SetExpr, order_by: &[OrderByExpr]) -> Result<Selected> {
        match body {
            SetExpr::Select(select) => self.select(select, order_by),
            SetExpr::Query(query) => {
                let plan = self.query(query)?;
                let columns = plan.columns.clone();
                let order = order_by_output(order_by, &columns)?;
                Ok(Selected { body: Body::Query(plan.into()), columns, order })
            }
            SetExpr::Values(values) => {
                let (body, columns) = self.values(values)?;
                let order = order_by_output(order_by, &columns)?;
                Ok(Selected { body, columns, order })
            }
            SetExpr::SetOperation { .. } => {
                let (body, columns) = self.set_operation(body)?;
                let order = order_by_output(order_by, &columns)?;
                Ok(Selected { body, columns, order })
            }
            SetExpr::Table(table) => {
                let select = whole_table(table)?;
                self.select(&select, order_by)
            }
            _ => Err(SystemError::Unsupported("this form of query".into())),
        }
    }

    fn values(&mut self, values: &ast::Values) -> Result<(Body, Vec<OutputColumn>)> {
        let width = values.rows.first().map_or(0, |row| row.content.len());
        let (lists, _) = self.at_new_level(|this| {
            let mut columns: Vec<Vec<Typed>> = (0..width).map(|_| Vec::new()).collect();
            for row in &values.rows {
                if row.content.len() != width {
                    return Err(SystemError::Syntax("VALUES lists must all be the same length".into()));
                }
                for (column, expr) in columns.iter_mut().zip(&row.content) {
                    column.push(this.expr(expr)?);
                }
            }
            columns.into_iter().map(|column| this.unify(column, "VALUES")).collect::<Result<Vec<_>>>()
        })?;
        let mut rows: Vec<Vec<Expr>> = values.rows.iter().map(|_| Vec::with_capacity(width)).collect();
        let mut columns = Vec::with_capacity(width);
        for (place, (exprs, ty)) in lists.into_iter().enumerate() {
            columns.push(OutputColumn { name: format!("column{}", place + 1), ty, origin: None });
            for (row, expr) in rows.iter_mut().zip(exprs) {
                row.push(expr);
            }
        }
        Ok((Body::Values(rows), columns))
    }

    /// A branch of a set operation, as a query of its own.
    fn branch(&mut self, body: &SetExpr) -> Result<QueryPlan> {
        self.nested(|this| {
            if let SetExpr::Query(query) = body {
                return this.query(query);
            }
            this.trackers.push(Tracker { depth: this.scopes.len(), correlated: false });
            let outcome = this.body(body, &[]);
            let tracker = this.trackers.pop();
            let selected = outcome?;
            Ok(QueryPlan {
                id: this.next_plan(),
                ctes: Vec::new(),
                body: selected.body,
                columns: selected.columns,
                order: Vec::new(),
                limit: None,
                offset: None,
                correlated: tracker.is_some_and(|tracker| tracker.correlated),
            })
        })
    }

    fn set_operation(&mut self, body: &SetExpr) -> Result<(Body, Vec<OutputColumn>)> {
        let SetExpr::SetOperation { op, set_quantifier, .. } = body else {
            return Err(SystemError::Internal("no set operation"));
        };
        let operation = match op {
            SetOperator::Union => SetOperation::Union,
            SetOperator::Except | SetOperator::Minus => SetOperation::Except,
            SetOperator::Intersect => SetOperation::Intersect,
        };
        let all = quantifier_all(*set_quantifier)?;
        // A left-deep chain of one operation is one list.
        let mut branches = Vec::new();
        let mut rest = body;
        while let SetExpr::SetOperation { op: inner, set_quantifier: quantifier, left, right } = rest {
            if inner != op || quantifier != set_quantifier {
                break;
            }
            branches.push(&**right);
            rest = left;
        }
        branches.push(rest);
        let branches = branches.into_iter().rev().map(|branch| self.branch(branch)).collect::<Result<Vec<_>>>()?;
        self.combined(operation, all, branches)
    }

    fn combined(
        &mut self,
        operation: SetOperation,
        all: bool,
        mut branches: Vec<QueryPlan>,
    ) -> Result<(Body, Vec<OutputColumn>)> {
        let what = match operation {
            SetOperation::Union => "UNION",
            SetOperation::Except => "EXCEPT",
            SetOperation::Intersect => "INTERSECT",
        };
        let mut columns = branches.first().map(|branch| branch.columns.clone()).unwrap_or_default();
        if branches.iter().any(|branch| branch.columns.len() != columns.len()) {
            return Err(SystemError::Syntax(format!("each {what} query must have the same number of columns")));
        }
        let types = (0..columns.len())
            .map(|place| {
                let types: Vec<SqlType> = branches.iter().map(|branch| branch.columns[place].ty.sql.clone()).collect();
                match common_type(&types, what) {
                    Ok(SqlType::Jsonb) if !all && operation != SetOperation::Union => {
                        Err(SystemError::Unsupported(format!("{what} over jsonb")))
                    }
                    found => found,
                }
            })
            .collect::<Result<Vec<_>>>()?;
        for branch in &mut branches {
            self.retype(branch, &types)?;
        }
        let jsonb = types.iter().enumerate().filter(|(_, found)| **found == SqlType::Jsonb);
        let jsonb = jsonb.map(|(place, _)| place).collect();
        for (column, sql_type) in columns.iter_mut().zip(types) {
            column.origin = None;
            if column.ty.sql != sql_type {
                column.ty = Ty::from(sql_type);
            }
        }
        let branches = branches.into_iter().map(Arc::new).collect();
        Ok((Body::Set { operation, all, branches, jsonb }, columns))
    }

    fn cte_plan(&mut self, cte: &Cte, recursive: bool) -> Result<CtePlan> {
        let name = fold(&cte.alias.name);
        self.cte_count += 1;
        let id = self.cte_count;
        if let (true, SetExpr::SetOperation { op: SetOperator::Union, set_quantifier, left, right }, None) =
            (recursive, &*cte.query.body, &cte.query.with)
        {
            let all = quantifier_all(*set_quantifier)?;
            return self.recursive_cte(cte, name, id, all, left, right);
        }
        let mut plan = self.query(&cte.query)?;
        self.settle(&mut plan)?;
        let columns = self.show_cte(cte, name, id, &plan)?;
        Ok(CtePlan { id, width: columns, plan: CteBody::Plain(plan.into()) })
    }

    /// Brings a WITH query into sight; tells how many columns it has.
    fn show_cte(&mut self, cte: &Cte, name: String, id: usize, plan: &QueryPlan) -> Result<usize> {
        let mut columns = plan.columns.clone();
        if cte.alias.columns.len() > columns.len() {
            return Err(SystemError::InvalidColumnReference(format!("WITH query \"{name}\" has too few columns")));
        }
        for (column, named) in columns.iter_mut().zip(&cte.alias.columns) {
            column.name = fold(&named.name);
        }
        let width = columns.len();
        let owner = self.trackers.len().saturating_sub(1);
        self.ctes.push(CteScope { name, id, columns, owner, referenced: false });
        Ok(width)
    }

    fn recursive_cte(
        &mut self,
        cte: &Cte,
        name: String,
        id: usize,
        all: bool,
        left: &SetExpr,
        right: &SetExpr,
    ) -> Result<CtePlan> {
        let mut first = self.branch(left)?;
        self.settle(&mut first)?;
        let width = self.show_cte(cte, name, id, &first)?;
        let place = self.ctes.len() - 1;
        if let Some(cte) = self.ctes.get_mut(place) {
            cte.columns.iter_mut().for_each(|column| column.origin = None);
        }
        let mut next = self.branch(right)?;
        let referenced = self.ctes.get(place).is_some_and(|cte| cte.referenced);
        if !referenced {
            // Not recursive after all.
            let (body, columns) = self.combined(SetOperation::Union, all, vec![first, next])?;
            let correlated = true;
            let id_of_plan = self.next_plan();
            let plan = QueryPlan {
                id: id_of_plan,
                ctes: Vec::new(),
                body,
                order: Vec::new(),
                limit: None,
                offset: None,
                correlated,
                columns,
            };
            if let Some(cte) = self.ctes.get_mut(place) {
                for (column, output) in cte.columns.iter_mut().zip(&plan.columns) {
                    column.ty = output.ty.clone();
                    column.origin = None;
                }
            }
            return Ok(CtePlan { id, width, plan: CteBody::Plain(plan.into()) });
        }
        let types: Vec<SqlType> = first.columns.iter().map(|column| column.ty.sql.clone()).collect();
        if next.columns.len() != types.len() {
            return Err(SystemError::Syntax("each UNION query must have the same number of columns".into()));
        }
        for (column, to) in next.columns.iter().zip(&types) {
            if common_type(&[to.clone(), column.ty.sql.clone()], "UNION")? != *to {
                return Err(SystemError::DatatypeMismatch(format!(
                    "recursive query column \"{}\" has type {} in non-recursive term but type {} overall",
                    column.name,
                    to.sql_name(),
                    column.ty.sql.sql_name()
                )));
            }
        }
        self.retype(&mut next, &types)?;
        Ok(CtePlan { id, width, plan: CteBody::Recursive { first: first.into(), next: next.into(), all } })
    }
}

fn quantifier_all(quantifier: SetQuantifier) -> Result<bool> {
    match quantifier {
        SetQuantifier::All => Ok(true),
        SetQuantifier::Distinct | SetQuantifier::None => Ok(false),
        _ => Err(SystemError::Unsupported("UNION BY NAME".into())),
    }
}

/// ORDER BY over a result whose columns are all there is: ordinals and output names.
fn order_by_output(order_by: &[OrderByExpr], columns: &[OutputColumn]) -> Result<Vec<SortKey<usize>>> {
    order_by
        .iter()
        .map(|key| {
            let place = match &key.expr {
                Ast::Identifier(ident) => {
                    let name = fold(ident);
                    let found = columns.iter().position(|column| column.name == name);
                    found.ok_or(SystemError::UndefinedColumn(name))?
                }
                Ast::Value(value) => match &value.value {
                    Literal::Number(number, _) => number
                        .parse::<usize>()
                        .ok()
                        .and_then(|number| number.checked_sub(1))
                        .filter(|place| *place < columns.len())
                        .ok_or_else(|| {
                            let text = format!("ORDER BY position {number} is not in select list");
                            SystemError::InvalidColumnReference(text)
                        })?,
                    _ => return Err(SystemError::Unsupported("ORDER BY of a constant".into())),
                },
                _ => {
                    return Err(SystemError::Unsupported("an expression in ORDER BY of a UNION".into()));
                }
            };
            sort_key(place, key)
        })
        .collect()
}
