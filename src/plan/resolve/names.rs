//! Scope by scope through the syntax tree: relations to placeholder scans, names of fields (id or label) to the one
//! name their scan lists, wildcards to columns, unnamed items to PostgreSQL's names.
//!
//! Invariant: a form of query that is not matched here by name is refused; nothing is passed on unseen.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sluice_base::{Datum, SqlType};
use sluice_model::Decision;
use sluice_model::catalog::{Catalog, Found};
use sqlparser::ast::{
    self, Distinct, GroupByExpr, Ident, JoinConstraint, JoinOperator, LimitClause, ObjectName, OrderByKind, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins,
};

use super::Asker;
use super::context::scan_name;
use super::expressions::literal_of;
use super::output::column_name;
use crate::PlanError;
use crate::query::{fold, fold_name, reads};

/// One relation of a FROM clause.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Alias, or the name it was reached by.
    pub(super) name: String,
    /// Column names in order.
    pub(super) columns: Vec<String>,
    /// The entity behind it, where its columns may also be called by id or label.
    pub(super) entity: Option<Found>,
}

/// The relations one SELECT can name, and the columns merged by USING.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) relations: Vec<Relation>,
    merged: Vec<String>,
    /// Output names that ORDER BY (and GROUP BY, behind columns) may use.
    pub(super) outputs: BTreeSet<String>,
}

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
        Resolver { asker, decisions, ctes, scopes, params, arrays: BTreeSet::new() }
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
        self.query(query).map(|(_, shown)| shown)
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
        let scope = body
            .scope
            .take()
            .unwrap_or_else(|| Scope { outputs: body.unique.iter().cloned().collect(), ..Scope::default() });
        self.scopes.push(scope);
        let outcome = self.tail(query);
        self.scopes.pop();
        outcome?;
        Ok((body.unique, body.shown))
    }

    /// ORDER BY, LIMIT, OFFSET, FETCH.
    fn tail(&mut self, query: &mut ast::Query) -> Result<(), PlanError> {
        if let Some(order_by) = &mut query.order_by {
            if order_by.interpolate.is_some() {
                return Err(PlanError::Unsupported("INTERPOLATE".into()));
            }
            match &mut order_by.kind {
                OrderByKind::All(_) => return Err(PlanError::Unsupported("ORDER BY ALL".into())),
                OrderByKind::Expressions(items) => {
                    for item in items {
                        if item.with_fill.is_some() {
                            return Err(PlanError::Unsupported("WITH FILL".into()));
                        }
                        self.output_or_column(&mut item.expr)?;
                    }
                }
            }
        }
        if let Some(fetch) = query.fetch.take() {
            if fetch.percent || fetch.with_ties || query.limit_clause.as_ref().is_some_and(has_limit) {
                return Err(PlanError::Unsupported("FETCH with PERCENT or TIES".into()));
            }
            let one = || ast::Expr::value(ast::Value::Number("1".into(), false));
            let limit = Some(fetch.quantity.unwrap_or_else(one));
            let offset = match query.limit_clause.take() {
                Some(LimitClause::LimitOffset { offset, .. }) => offset,
                _ => None,
            };
            query.limit_clause = Some(LimitClause::LimitOffset { limit, offset, limit_by: Vec::new() });
        }
        match &mut query.limit_clause {
            None => Ok(()),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                if let Some(limit) = limit {
                    self.expr(limit)?;
                }
                offset.as_mut().map_or(Ok(()), |offset| self.expr(&mut offset.value))
            }
            Some(_) => Err(PlanError::Unsupported("this form of LIMIT".into())),
        }
    }

    /// An ORDER BY item: a bare name means an output column first, then an input column.
    fn output_or_column(&mut self, expr: &mut ast::Expr) -> Result<(), PlanError> {
        if let ast::Expr::Identifier(ident) = expr {
            let name = fold(ident);
            if self.scopes.last().is_some_and(|scope| scope.outputs.contains(&name)) {
                *ident = quoted(&name);
                return Ok(());
            }
        }
        self.expr(expr)
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
                    }
                }
                let names: Vec<String> = (1..=width).map(|n| format!("column{n}")).collect();
                Ok(Body { unique: names.clone(), shown: names, scope: None })
            }
            _ => Err(PlanError::Unsupported("this form of query".into())),
        }
    }

    fn select(&mut self, select: &mut Select) -> Result<Body, PlanError> {
        refuse_dialect_clauses(select)?;
        self.scopes.push(Scope::default());
        let outcome = self.select_in_scope(select);
        let scope = self.scopes.pop();
        outcome.map(|(unique, shown)| {
            let scope = scope.map(|mut scope| {
                scope.outputs = unique.iter().cloned().collect();
                scope
            });
            Body { unique, shown, scope }
        })
    }

    fn select_in_scope(&mut self, select: &mut Select) -> Result<(Vec<String>, Vec<String>), PlanError> {
        for table in &mut select.from {
            self.table_with_joins(table)?;
        }
        if let Some(selection) = &mut select.selection {
            self.expr(selection)?;
        }
        let (unique, shown) = self.projection(&mut select.projection)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.outputs = unique.iter().cloned().collect();
        }
        match &mut select.group_by {
            GroupByExpr::All(_) => return Err(PlanError::Unsupported("GROUP BY ALL".into())),
            GroupByExpr::Expressions(items, modifiers) => {
                if !modifiers.is_empty() {
                    return Err(PlanError::Unsupported("this GROUP BY modifier".into()));
                }
                for item in items {
                    self.column_or_output(item)?;
                }
            }
        }
        if let Some(having) = &mut select.having {
            self.expr(having)?;
        }
        for window in &mut select.named_window {
            self.named_window(window)?;
        }
        if let Some(Distinct::On(items)) = &mut select.distinct {
            for item in items {
                self.expr(item)?;
            }
        }
        Ok((unique, shown))
    }

    /// A GROUP BY item: a bare name means an input column first, then an output column.
    fn column_or_output(&mut self, expr: &mut ast::Expr) -> Result<(), PlanError> {
        if let ast::Expr::Identifier(ident) = expr {
            let name = fold(ident);
            let scope = self.scopes.last();
            let is_output = scope.is_some_and(|scope| scope.outputs.contains(&name));
            if is_output && self.find_unqualified(&name)?.is_none() {
                *ident = quoted(&name);
                return Ok(());
            }
        }
        self.expr(expr)
    }

    /// Resolves the select list; returns unique names and the client's names.
    fn projection(&mut self, items: &mut Vec<SelectItem>) -> Result<(Vec<String>, Vec<String>), PlanError> {
        let mut expanded: Vec<(ast::Expr, String, bool)> = Vec::with_capacity(items.len());
        for item in std::mem::take(items) {
            match item {
                SelectItem::UnnamedExpr(mut expr) => {
                    let name = column_name(&expr);
                    self.expr(&mut expr)?;
                    narrow_integer(&mut expr);
                    let plain = column_name(&expr) == name && is_column(&expr);
                    expanded.push((expr, name, !plain));
                }
                SelectItem::ExprWithAlias { mut expr, alias } => {
                    self.expr(&mut expr)?;
                    narrow_integer(&mut expr);
                    expanded.push((expr, fold(&alias), true));
                }
                SelectItem::Wildcard(options) => {
                    no_wildcard_options(&options)?;
                    expanded.extend(self.expand_all()?.into_iter().map(|(expr, name)| (expr, name, false)));
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    no_wildcard_options(&options)?;
                    let columns = self.expand_one(&fold_name(&name)?)?;
                    expanded.extend(columns.into_iter().map(|(expr, name)| (expr, name, false)));
                }
                _ => return Err(PlanError::Unsupported("this form of select item".into())),
            }
        }
        let mut taken = BTreeSet::new();
        let mut unique = Vec::with_capacity(expanded.len());
        let shown = expanded.iter().map(|(_, name, _)| name.clone()).collect();
        for (number, (expr, name, needs_alias)) in expanded.into_iter().enumerate() {
            let fresh = taken.insert(name.clone());
            let name = if fresh { name } else { format!("{name}\u{1}{number}") };
            items.push(if fresh && !needs_alias {
                SelectItem::UnnamedExpr(expr)
            } else {
                SelectItem::ExprWithAlias { expr, alias: quoted(&name) }
            });
            unique.push(name);
        }
        Ok((unique, shown))
    }

    fn expand_all(&self) -> Result<Vec<(ast::Expr, String)>, PlanError> {
        let scope = self.scopes.last().ok_or_else(|| PlanError::Internal("no scope".into()))?;
        if scope.relations.is_empty() {
            return Err(PlanError::Invalid("SELECT * with no tables specified is not valid".into()));
        }
        let merged = scope.merged.iter().map(|name| (ast::Expr::Identifier(quoted(name)), name.clone()));
        let rest = scope.relations.iter().flat_map(|relation| {
            let left = relation.columns.iter().filter(|name| !scope.merged.contains(name));
            left.map(|name| (qualified(&relation.name, name), name.clone())).collect::<Vec<_>>()
        });
        Ok(merged.chain(rest).collect())
    }

    fn expand_one(&self, name: &[String]) -> Result<Vec<(ast::Expr, String)>, PlanError> {
        let wanted = name.last().ok_or_else(|| PlanError::Internal("empty name".into()))?;
        let relation = self.scopes.iter().rev().flat_map(|scope| &scope.relations).find(|r| r.name == *wanted);
        let relation = relation.ok_or_else(|| PlanError::UndefinedTable(wanted.clone()))?;
        Ok(relation.columns.iter().map(|column| (qualified(&relation.name, column), column.clone())).collect())
    }

    fn table_with_joins(&mut self, table: &mut TableWithJoins) -> Result<(), PlanError> {
        self.factor(&mut table.relation)?;
        for join in &mut table.joins {
            let before = self.scopes.last().map_or(0, |scope| scope.relations.len());
            self.factor(&mut join.relation)?;
            match &mut join.join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::Right(constraint)
                | JoinOperator::RightOuter(constraint)
                | JoinOperator::FullOuter(constraint)
                | JoinOperator::CrossJoin(constraint) => self.constraint(constraint, before)?,
                _ => return Err(PlanError::Unsupported("this kind of join".into())),
            }
        }
        Ok(())
    }

    fn constraint(&mut self, constraint: &mut JoinConstraint, before: usize) -> Result<(), PlanError> {
        match constraint {
            JoinConstraint::On(expr) => self.expr(expr),
            JoinConstraint::None => Ok(()),
            JoinConstraint::Using(columns) => {
                for column in columns {
                    let typed = fold_name(column)?.pop().unwrap_or_default();
                    let name = self.using_column(&typed, before)?;
                    *column = ObjectName(vec![ast::ObjectNamePart::Identifier(quoted(&name))]);
                    if let Some(scope) = self.scopes.last_mut()
                        && !scope.merged.contains(&name)
                    {
                        scope.merged.push(name);
                    }
                }
                Ok(())
            }
            JoinConstraint::Natural => Err(PlanError::Unsupported("NATURAL JOIN".into())),
        }
    }

    /// The listed name of a USING column, which both sides must list alike.
    fn using_column(&self, typed: &str, before: usize) -> Result<String, PlanError> {
        let scope = self.scopes.last().ok_or_else(|| PlanError::Internal("no scope".into()))?;
        let (left, right) = scope.relations.split_at(before.min(scope.relations.len()));
        let find = |side: &[Relation]| side.iter().find_map(|relation| self.listed(relation, typed));
        match (find(left), find(right)) {
            (Some(left), Some(right)) if left == right => Ok(left),
            (Some(_), Some(_)) => Err(PlanError::Unsupported("USING over columns listed under different names".into())),
            _ => Err(PlanError::UndefinedColumn(typed.to_string())),
        }
    }

    fn factor(&mut self, factor: &mut TableFactor) -> Result<(), PlanError> {
        match factor {
            TableFactor::Table {
                name, alias, args: None, with_hints, version: None, with_ordinality: false, ..
            } if with_hints.is_empty() => {
                let relation = self.table(name, alias)?;
                self.add(relation)
            }
            TableFactor::Derived { subquery, alias, sample: None, lateral } => {
                let outer = if *lateral { None } else { self.scopes.pop() };
                let resolved = self.query(subquery);
                self.scopes.extend(outer);
                let (mut columns, _) = resolved?;
                let name = match alias {
                    Some(alias) => {
                        rename(&mut columns, alias)?;
                        alias.name = quoted(&fold(&alias.name));
                        quote_columns(alias);
                        alias.name.value.clone()
                    }
                    None => {
                        // PostgreSQL 15 asks for an alias; newer ones do not. A name nobody can type serves both.
                        let name = format!("\u{1}derived{}", self.scopes.last().map_or(0, |s| s.relations.len()));
                        *alias = Some(table_alias(&name));
                        name
                    }
                };
                self.add(Relation { name, columns, entity: None })
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.table_with_joins(table_with_joins),
            TableFactor::Table { args: Some(_), .. } | TableFactor::Function { .. } | TableFactor::UNNEST { .. } => {
                Err(PlanError::Unsupported("a function in FROM".into()))
            }
            _ => Err(PlanError::Unsupported("this form of table".into())),
        }
    }

    fn add(&mut self, relation: Relation) -> Result<(), PlanError> {
        let scope = self.scopes.last_mut().ok_or_else(|| PlanError::Internal("no scope".into()))?;
        if scope.relations.iter().any(|other| other.name == relation.name) {
            return Err(PlanError::DuplicateAlias(relation.name));
        }
        scope.relations.push(relation);
        Ok(())
    }

    /// A relation by name: a CTE in sight, else an entity that exists for the principal.
    fn table(&mut self, name: &mut ObjectName, alias: &mut Option<TableAlias>) -> Result<Relation, PlanError> {
        let parts = fold_name(name)?;
        let (schema, table) = match parts.as_slice() {
            [table] => (None, table),
            [schema, table] => (Some(schema.as_str()), table),
            [database, schema, table] if *database == self.catalog().name => (Some(schema.as_str()), table),
            _ => return Err(PlanError::UndefinedTable(parts.join("."))),
        };
        let cte = if schema.is_none() { self.ctes.iter().rev().find_map(|frame| frame.get(table)) } else { None };
        let (mut columns, entity) = match cte {
            Some(columns) => {
                *name = object_name(table);
                (columns.clone(), None)
            }
            None => {
                let found = self.entity(schema, table).ok_or_else(|| PlanError::UndefinedTable(parts.join(".")))?;
                *name = object_name(&scan_name(found.entity, found.naming));
                (self.listed_columns(found), Some(found))
            }
        };
        let shown = alias.as_ref().map_or_else(|| table.clone(), |alias| fold(&alias.name));
        let mut entity = entity;
        if let Some(given) = alias {
            if !given.columns.is_empty() {
                rename(&mut columns, given)?;
                entity = None;
            }
            given.name = quoted(&shown);
            quote_columns(given);
        } else {
            *alias = Some(table_alias(&shown));
        }
        Ok(Relation { name: shown, columns, entity })
    }

    fn entity(&mut self, schema: Option<&str>, table: &str) -> Option<Found> {
        let found = self.catalog().resolve(schema, table, self.asker.search_path)?;
        self.decision(found.entity).map(|_| found)
    }

    fn decision(&mut self, entity: usize) -> Option<Arc<Decision>> {
        let asker = self.asker;
        let decide = || sluice_model::policy::decide(asker.principal, asker.snapshot, entity).map(Arc::new);
        self.decisions.entry(entity).or_insert_with(decide).clone()
    }

    /// Names of the fields that exist for the principal, as this schema lists them.
    fn listed_columns(&self, found: Found) -> Vec<String> {
        let entity = &self.catalog().entities[found.entity];
        let Some(Some(decision)) = self.decisions.get(&found.entity) else { return Vec::new() };
        crate::govern::listed_fields(entity, decision)
            .map(|index| entity.fields[index].listed_name(found.naming).to_string())
            .collect()
    }

    /// The listed name under which a relation knows what the client typed.
    pub(super) fn listed(&self, relation: &Relation, typed: &str) -> Option<String> {
        if relation.columns.iter().any(|column| column == typed) {
            return Some(typed.to_string());
        }
        let found = relation.entity?;
        let entity = &self.catalog().entities[found.entity];
        let name = entity.fields[entity.find_field(typed)?].listed_name(found.naming);
        relation.columns.iter().any(|column| column == name).then(|| name.to_string())
    }

    /// Finds an unqualified column from the innermost scope outwards: (relation, listed name), or None.
    pub(super) fn find_unqualified(&self, typed: &str) -> Result<Option<(Option<String>, String)>, PlanError> {
        for scope in self.scopes.iter().rev() {
            let mut hits = scope
                .relations
                .iter()
                .filter_map(|relation| self.listed(relation, typed).map(|listed| (relation.name.clone(), listed)));
            let Some((relation, listed)) = hits.next() else { continue };
            if scope.merged.contains(&listed) {
                return Ok(Some((None, listed)));
            }
            if hits.next().is_some() {
                return Err(PlanError::AmbiguousColumn(typed.to_string()));
            }
            return Ok(Some((Some(relation), listed)));
        }
        Ok(None)
    }
}

fn has_limit(clause: &LimitClause) -> bool {
    matches!(clause, LimitClause::LimitOffset { limit: Some(_), .. } | LimitClause::OffsetCommaLimit { .. })
}

fn refuse_dialect_clauses(select: &Select) -> Result<(), PlanError> {
    let foreign = select.top.is_some()
        || select.exclude.is_some()
        || !select.lateral_views.is_empty()
        || select.prewhere.is_some()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || select.qualify.is_some()
        || select.value_table_mode.is_some()
        || select.select_modifiers.is_some();
    if foreign { Err(PlanError::Unsupported("this SELECT clause".into())) } else { Ok(()) }
}

fn no_wildcard_options(options: &ast::WildcardAdditionalOptions) -> Result<(), PlanError> {
    let plain = options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
        && options.opt_alias.is_none();
    if plain { Ok(()) } else { Err(PlanError::Unsupported("options behind *".into())) }
}

/// Applies `alias (a, b)` to column names.
fn rename(columns: &mut [String], alias: &TableAlias) -> Result<(), PlanError> {
    if alias.columns.len() > columns.len() {
        return Err(PlanError::Invalid("more column aliases than columns".into()));
    }
    for (column, given) in columns.iter_mut().zip(&alias.columns) {
        *column = fold(&given.name);
    }
    Ok(())
}

fn quote_columns(alias: &mut TableAlias) {
    for column in &mut alias.columns {
        column.name = quoted(&fold(&column.name));
    }
}

fn table_alias(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: quoted(name), columns: Vec::new(), at: None }
}

fn object_name(name: &str) -> ObjectName {
    ObjectName(vec![ast::ObjectNamePart::Identifier(quoted(name))])
}

/// An identifier that the planner takes as it stands.
pub(super) fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

pub(super) fn qualified(relation: &str, column: &str) -> ast::Expr {
    ast::Expr::CompoundIdentifier(vec![quoted(relation), quoted(column)])
}

/// An integer constant of the select list that fits is an `integer`, as in PostgreSQL; the planner would say `bigint`.
pub(super) fn narrow_integer(expr: &mut ast::Expr) {
    let fits = match expr {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::Number(text, _) => text.parse::<i32>().is_ok(),
            _ => false,
        },
        _ => false,
    };
    if fits {
        let inner = Box::new(expr.clone());
        let data_type = ast::DataType::Integer(None);
        *expr = ast::Expr::Cast { kind: ast::CastKind::Cast, expr: inner, data_type, array: false, format: None };
    }
}

fn is_column(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_))
}
