//! Sub-plans that one SQL source answers alone, rendered as one statement.
//!
//! Invariant: each governed scan in the text is a derived table `(SELECT columns FROM table WHERE rule)` of clear columns
//! only; nothing is sent that the gate does not know to mean the same there. `None` anywhere means "not this node":
//! a part below may still go.

use datafusion::common::{Column, DFSchema, JoinType, NullEquality};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{self as logical, Expr, LogicalPlan, SortExpr, TableScan};
use sluice_base::SqlType;
use sluice_plan::GovernedSource;

use super::fragment::{self, Params};
use super::gate::{Gate, exact_type};
use super::leaf::{LeafBuilder, inner_conditions};
use super::parents::FACT;
use crate::dialect::{Aggregate, Dialect};
use crate::sources::{ReadAhead, Source, Sources};

/// A SELECT whose columns are named `c0`, `c1`, ...
pub(super) struct Rendered {
    pub(super) sql: String,
    pub(super) types: Vec<SqlType>,
    /// Sorted or limited: only as the outermost statement does that still hold.
    outermost: bool,
}

/// Renders a sub-plan for one connection.
pub(super) struct Pusher<'a> {
    pub(super) catalog: &'a sluice_model::catalog::Catalog,
    pub(super) sources: &'a Sources,
    pub(super) dialect: &'static dyn Dialect,
    pub(super) params: Params,
    pub(super) fingerprints: Vec<String>,
    /// See [`crate::sources::ScanRequest::reusable`].
    pub(super) reusable: bool,
    aliases: usize,
}

/// The one connection that all scans of a plan belong to, if it is an SQL source and there is more than a scan.
pub(super) fn only_connection<'a>(
    plan: &LogicalPlan,
    catalog: &'a sluice_model::catalog::Catalog,
    sources: &Sources,
) -> Option<(&'a str, &'static dyn Dialect)> {
    let mut found: Option<&str> = None;
    let mut one = true;
    collect(plan, &mut |scan| match scan.source.downcast_ref::<GovernedSource>() {
        Some(source) => {
            let connection = catalog.entities[source.decision().entity].connection.as_str();
            one &= found.is_none_or(|known| known == connection);
            found = Some(connection);
        }
        None => one = false,
    });
    let connection = found.filter(|_| one)?;
    match sources.get(connection)? {
        Source::Sql(source) => Some((connection, crate::dialect::dialect(source.kind())?)),
        _ => None,
    }
}

fn collect(plan: &LogicalPlan, each: &mut dyn FnMut(&TableScan)) {
    if let LogicalPlan::TableScan(scan) = plan {
        each(scan);
    }
    for input in plan.inputs() {
        collect(input, each);
    }
}

impl<'a> Pusher<'a> {
    pub(super) fn new(
        catalog: &'a sluice_model::catalog::Catalog,
        sources: &'a Sources,
        dialect: &'static dyn Dialect,
    ) -> Pusher<'a> {
        Pusher {
            catalog,
            sources,
            dialect,
            params: Params::default(),
            fingerprints: Vec::new(),
            reusable: true,
            aliases: 0,
        }
    }

    /// Renders a node with everything below it.
    pub(super) fn node(&mut self, plan: &LogicalPlan) -> Option<Rendered> {
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::SubqueryAlias(alias) => self.node(&alias.input),
            LogicalPlan::Projection(projection) => self.projection(projection),
            LogicalPlan::Filter(filter) => self.filter(filter),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Sort(sort) => self.sort(sort),
            LogicalPlan::Limit(limit) => self.limit(limit),
            _ => None,
        }
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// A node's input, which must not depend on its own order.
    fn input(&mut self, plan: &LogicalPlan) -> Option<Rendered> {
        self.node(plan).filter(|rendered| !rendered.outermost)
    }

    fn scan(&mut self, scan: &TableScan) -> Option<Rendered> {
        let source = scan.source.downcast_ref::<GovernedSource>()?;
        let decision = source.decision();
        let entity = &self.catalog.entities[decision.entity];
        let all: Vec<usize> = (0..source.fields().len()).collect();
        let columns = scan.projection.as_ref().unwrap_or(&all);
        let wanted: Vec<usize> = columns.iter().map(|position| source.fields()[*position]).collect();
        if scan.fetch.is_some() || wanted.iter().any(|field| !decision.fields[*field].is_clear()) {
            return None;
        }
        let builder = LeafBuilder {
            catalog: self.catalog,
            sources: self.sources,
            source,
            timeout_ms: 0,
            read_ahead: ReadAhead::default(),
        };
        let inner = inner_conditions(&builder, self.dialect, &mut self.params);
        if !inner.complete || !inner.rest.is_empty() {
            return None;
        }
        let table = fragment::table(self.dialect, &entity.table)?;
        let inner_where = where_clause(&inner.sql);
        let mut names = Vec::new();
        for (n, field) in wanted.iter().enumerate() {
            names.push(format!("{} AS c{n}", fragment::quote(self.dialect, &entity.fields[*field].column)?));
        }
        let types: Vec<SqlType> = wanted.iter().map(|field| entity.fields[*field].sql_type.clone()).collect();
        // Fields that only the user's filters read come behind the wanted ones, inside the derived table alone.
        let schema = datafusion::logical_expr::TableSource::schema(source);
        let mut extra: Vec<(String, String, SqlType)> = Vec::new();
        // In order of name: equal plans must give equal text.
        let mut used: Vec<&Column> = scan.filters.iter().flat_map(|filter| filter.column_refs()).collect();
        used.sort_by(|left, right| left.name.cmp(&right.name));
        for column in used {
            let position = schema.index_of(&column.name).ok()?;
            let field = source.fields()[position];
            if !decision.fields[field].is_clear() {
                return None;
            }
            let known = extra.iter().any(|(name, _, _)| *name == column.name);
            if !known {
                let at = format!("f{}", extra.len());
                names.push(format!("{} AS {at}", fragment::quote(self.dialect, &entity.fields[field].column)?));
                extra.push((column.name.clone(), at, entity.fields[field].sql_type.clone()));
            }
        }
        if names.is_empty() {
            names.push("1 AS c0".into());
        }
        let fact = if inner.looks_for_parents { format!(" AS {FACT}") } else { String::new() };
        let derived = format!("(SELECT {} FROM {table}{fact}{inner_where})", names.join(", "));
        let alias = self.alias();
        let resolve = |column: &Column| {
            let (_, at, sql_type) = extra.iter().find(|(name, _, _)| *name == column.name)?;
            Some((format!("{alias}.{at}"), sql_type.clone()))
        };
        let mut gate = Gate { dialect: self.dialect, params: &mut self.params, resolve: &resolve };
        let filters: Option<Vec<String>> = scan.filters.iter().map(|filter| gate.condition(filter)).collect();
        let select = select_list(&alias, types.len());
        let sql = format!("SELECT {select} FROM {derived} AS {alias}{}", where_clause(&filters?));
        self.fingerprints.push(decision.fingerprint.clone());
        Some(Rendered { sql, types, outermost: false })
    }

    fn projection(&mut self, projection: &logical::Projection) -> Option<Rendered> {
        let input = self.input(&projection.input)?;
        let alias = self.alias();
        let resolve = columns_of(projection.input.schema(), &alias, &input.types);
        let gate = Gate { dialect: self.dialect, params: &mut self.params, resolve: &resolve };
        let mut items = Vec::new();
        let mut types = Vec::new();
        for (n, expr) in projection.expr.iter().enumerate() {
            let value = gate.column(expr)?;
            items.push(format!("{} AS c{n}", value.sql));
            types.push(value.sql_type);
        }
        let items = if items.is_empty() { "1 AS c0".to_string() } else { items.join(", ") };
        let sql = format!("SELECT {items} FROM ({}) AS {alias}", input.sql);
        Some(Rendered { sql, types, outermost: false })
    }

    fn filter(&mut self, filter: &logical::Filter) -> Option<Rendered> {
        let input = self.input(&filter.input)?;
        let alias = self.alias();
        let resolve = columns_of(filter.input.schema(), &alias, &input.types);
        let mut gate = Gate { dialect: self.dialect, params: &mut self.params, resolve: &resolve };
        let condition = gate.condition(&filter.predicate)?;
        let select = select_list(&alias, input.types.len());
        let sql = format!("SELECT {select} FROM ({}) AS {alias} WHERE {condition}", input.sql);
        Some(Rendered { sql, types: input.types.clone(), outermost: false })
    }

    fn aggregate(&mut self, aggregate: &logical::Aggregate) -> Option<Rendered> {
        self.reusable = false;
        let input = self.input(&aggregate.input)?;
        let alias = self.alias();
        let resolve = columns_of(aggregate.input.schema(), &alias, &input.types);
        let gate = Gate { dialect: self.dialect, params: &mut self.params, resolve: &resolve };
        let (mut items, mut keys, mut types) = (Vec::new(), Vec::new(), Vec::new());
        for expr in &aggregate.group_expr {
            let value = gate.column(expr)?;
            if !self.dialect.compares(&value.sql_type) {
                return None;
            }
            let text = value.sql_type.is_text();
            let sql = if text { self.dialect.text_order(&value.sql) } else { value.sql };
            items.push(format!("{sql} AS c{}", types.len()));
            keys.push(sql);
            types.push(value.sql_type);
        }
        if too_many_texts(self.dialect, &types) {
            return None;
        }
        for (n, expr) in aggregate.aggr_expr.iter().enumerate() {
            let result = exact_type(aggregate.schema.field(aggregate.group_expr.len() + n).data_type())?;
            let sql = call(self.dialect, &gate, expr, &result)?;
            items.push(format!("{sql} AS c{}", types.len()));
            types.push(result);
        }
        if items.is_empty() {
            return None;
        }
        let grouping = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        let sql = format!("SELECT {} FROM ({}) AS {alias}{grouping}", items.join(", "), input.sql);
        Some(Rendered { sql, types, outermost: false })
    }

    fn join(&mut self, join: &logical::Join) -> Option<Rendered> {
        // INTERSECT and EXCEPT match NULL with NULL, NOT IN is aware of NULL: plain SQL joins are neither.
        if join.null_equality != NullEquality::NullEqualsNothing || join.null_aware {
            return None;
        }
        let (word, semi) = match join.join_type {
            JoinType::Inner => ("INNER JOIN", None),
            JoinType::Left => ("LEFT JOIN", None),
            JoinType::Right => ("RIGHT JOIN", None),
            JoinType::LeftSemi => ("", Some("EXISTS")),
            JoinType::LeftAnti => ("", Some("NOT EXISTS")),
            _ => return None,
        };
        self.reusable = false;
        let left = self.input(&join.left)?;
        let right = self.input(&join.right)?;
        let (l, r) = (self.alias(), self.alias());
        let left_columns = columns_of(join.left.schema(), &l, &left.types);
        let right_columns = columns_of(join.right.schema(), &r, &right.types);
        let resolve = |column: &Column| left_columns(column).or_else(|| right_columns(column));
        let mut gate = Gate { dialect: self.dialect, params: &mut self.params, resolve: &resolve };
        let mut conditions = Vec::new();
        for (left_key, right_key) in &join.on {
            conditions.push(gate.condition(&left_key.clone().eq(right_key.clone()))?);
        }
        if let Some(filter) = &join.filter {
            conditions.push(gate.condition(filter)?);
        }
        if conditions.is_empty() {
            return None;
        }
        let on = conditions.join(" AND ");
        if let Some(exists) = semi {
            let select = select_list(&l, left.types.len());
            let sql = format!(
                "SELECT {select} FROM ({}) AS {l} WHERE {exists} (SELECT 1 FROM ({}) AS {r} WHERE {on})",
                left.sql, right.sql
            );
            return Some(Rendered { sql, types: left.types.clone(), outermost: false });
        }
        let items = (0..left.types.len()).map(|n| format!("{l}.c{n}"));
        let items = items.chain((0..right.types.len()).map(|n| format!("{r}.c{n}")));
        let items: Vec<String> = items.enumerate().map(|(n, sql)| format!("{sql} AS c{n}")).collect();
        let sql =
            format!("SELECT {} FROM ({}) AS {l} {word} ({}) AS {r} ON {on}", items.join(", "), left.sql, right.sql);
        let types = left.types.iter().chain(&right.types).cloned().collect();
        Some(Rendered { sql, types, outermost: false })
    }

    fn sort(&mut self, sort: &logical::Sort) -> Option<Rendered> {
        let input = self.input(&sort.input)?;
        let alias = self.alias();
        let resolve = columns_of(sort.input.schema(), &alias, &input.types);
        let gate = Gate { dialect: self.dialect, params: &mut self.params, resolve: &resolve };
        let (mut keys, mut types) = (Vec::new(), Vec::new());
        for SortExpr { expr, asc, nulls_first } in &sort.expr {
            let value = gate.column(expr)?;
            if !self.dialect.compares(&value.sql_type) {
                return None;
            }
            let sql = if value.sql_type.is_text() { self.dialect.text_order(&value.sql) } else { value.sql };
            keys.push(self.dialect.order_by_nulls(&sql, *asc, *nulls_first));
            types.push(value.sql_type);
        }
        if too_many_texts(self.dialect, &types) {
            return None;
        }
        let limit = self.dialect.limit(sort.fetch.map(|fetch| fetch as u64), 0);
        let select = select_list(&alias, input.types.len());
        let sql = format!("SELECT {select} FROM ({}) AS {alias} ORDER BY {}{limit}", input.sql, keys.join(", "));
        Some(Rendered { sql, types: input.types.clone(), outermost: true })
    }

    fn limit(&mut self, limit: &logical::Limit) -> Option<Rendered> {
        let number = |expr: &Option<Box<Expr>>| match expr.as_deref() {
            None => Some(None),
            Some(Expr::Literal(value, _)) => match value {
                datafusion::scalar::ScalarValue::Int64(Some(n)) => u64::try_from(*n).ok().map(Some),
                _ => None,
            },
            Some(_) => None,
        };
        let (skip, fetch) = (number(&limit.skip)?.unwrap_or(0), number(&limit.fetch)?);
        // A limit above a top-k keeps the order of the statement below; its own input is rendered without a wrapper.
        let input = self.node(&limit.input)?;
        if input.outermost {
            return None;
        }
        let alias = self.alias();
        let select = select_list(&alias, input.types.len());
        let sql = format!("SELECT {select} FROM ({}) AS {alias}{}", input.sql, self.dialect.limit(fetch, skip));
        Some(Rendered { sql, types: input.types, outermost: true })
    }
}

/// More texts among the keys than the source sorts at once.
fn too_many_texts(dialect: &dyn Dialect, keys: &[SqlType]) -> bool {
    let texts = keys.iter().filter(|key| key.is_text() || matches!(key, SqlType::Bytea)).count();
    texts > dialect.text_keys_max()
}

/// An aggregate call the source computes exactly as the engine does.
fn call(dialect: &dyn Dialect, gate: &Gate, expr: &Expr, result: &SqlType) -> Option<String> {
    let Expr::AggregateFunction(AggregateFunction { func, params }) = expr.clone().unalias() else { return None };
    if params.filter.is_some() || !params.order_by.is_empty() || params.null_treatment.is_some() {
        return None;
    }
    let (argument, constant) = match params.args.as_slice() {
        [Expr::Literal(value, _)] if !value.is_null() => (None, true),
        [expr] => (Some(gate.column(expr)?), false),
        _ => return None,
    };
    let function = match (func.name(), params.distinct, constant) {
        ("count", false, true) => Aggregate::CountAll,
        ("count", false, false) => Aggregate::Count,
        ("count", true, false) => Aggregate::CountDistinct,
        ("sum", false, false) => Aggregate::Sum,
        ("min", _, false) => Aggregate::Min,
        ("max", _, false) => Aggregate::Max,
        _ => return None,
    };
    let (column, sql_type) = argument.map_or(("1".to_string(), SqlType::Int4), |value| (value.sql, value.sql_type));
    if function != Aggregate::CountAll && !dialect.compares(&sql_type) {
        return None;
    }
    dialect.aggregate(function, &column, &sql_type, result)
}

fn columns_of<'s>(
    schema: &'s DFSchema,
    alias: &'s str,
    types: &'s [SqlType],
) -> impl Fn(&Column) -> Option<(String, SqlType)> + 's {
    move |column| {
        let position = schema.maybe_index_of_column(column)?;
        Some((format!("{alias}.c{position}"), types.get(position)?.clone()))
    }
}

fn select_list(alias: &str, width: usize) -> String {
    if width == 0 {
        return "1 AS c0".into();
    }
    let items: Vec<String> = (0..width).map(|n| format!("{alias}.c{n} AS c{n}")).collect();
    items.join(", ")
}

fn where_clause(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}
