//! One governed scan over its source: what the source is asked, what is checked here, which columns are masked.
//!
//! Invariant: the row rule is part of the source's statement or part of the residual here, always as a whole in one of
//! the two (a part may be sent besides, as a pre-filter); masks are computed here, from rows that passed it. What a source
//! was asked is checked here again where it costs no column more.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::{Expr, TableSource};
use sluice_base::SqlType;
use sluice_model::catalog::{self, Catalog, Entity};
use sluice_model::decision::{AppliedMask, FieldDecision, Inherited};
use sluice_model::mask::Mask;
use sluice_model::predicate::Predicate;
use sluice_plan::GovernedSource;
use sluice_plan::types::arrow_type;

use super::conditions;
use super::fragment::{self, Hole, Params};
use super::gate::Gate;
use super::parents::{self, FACT, Parent};
use crate::EngineError;
use crate::dialect::{self, Dialect};
use crate::sources::{FileSource, ReadAhead, ScanRequest, Source, Sources};

/// Where raw rows come from.
#[derive(Debug, Clone)]
pub(crate) enum RawRows {
    /// A statement for an SQL source.
    Sql { connection: String, request: ScanRequest, holes: Vec<Hole> },
    /// Files that the engine reads; the conditions only prune. The padded columns are of `character`.
    Files { source: Arc<FileSource>, table: String, prune: Vec<Expr>, padded: Vec<String> },
    /// The server's own store.
    Batches { connection: String, table: String },
}

/// One output column of a governed scan.
#[derive(Debug, Clone)]
pub(crate) struct LeafColumn {
    /// Position among the raw columns; `None` where the mask needs no raw value.
    pub(crate) raw: Option<usize>,
    pub(crate) sql_type: SqlType,
    pub(crate) mask: Option<AppliedMask>,
    pub(crate) lighter: Option<LighterColumn>,
    /// Rows on which some grant covers the field; elsewhere it reads NULL.
    pub(crate) covered: Option<Expr>,
}

/// The rows on which a column shows more than elsewhere, and what masks it there.
#[derive(Debug, Clone)]
pub(crate) struct LighterColumn {
    pub(crate) rows: Expr,
    pub(crate) mask: Option<AppliedMask>,
}

/// A governed scan, planned.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) rows: RawRows,
    /// Raw columns under their physical names.
    pub(crate) raw_schema: SchemaRef,
    /// Conditions to be checked here, the rule first: those that the source was not asked, or the rule alone once more.
    pub(crate) residual: Vec<Expr>,
    /// Row rules of parents that are still to be checked here.
    pub(crate) parents: Vec<Parent>,
    pub(crate) columns: Vec<LeafColumn>,
    pub(crate) schema: SchemaRef,
    pub(crate) fingerprint: String,
    /// Rows wanted at most, where nothing else filters above.
    pub(crate) fetch: Option<usize>,
}

/// Builds a leaf.
pub(super) struct LeafBuilder<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) sources: &'a Sources,
    pub(super) source: &'a GovernedSource,
    pub(super) timeout_ms: u64,
    pub(super) read_ahead: ReadAhead,
}

impl LeafBuilder<'_> {
    fn entity(&self) -> &Entity {
        &self.catalog.entities[self.source.decision().entity]
    }

    /// Plans the scan of these columns (positions in the governed schema) under the user's accepted filters.
    pub(super) fn build(
        &self,
        projection: &[usize],
        filters: &[Expr],
        fetch: Option<usize>,
    ) -> Result<Leaf, EngineError> {
        let entity = self.entity();
        let mut raw = RawFields::new(entity);
        let columns = projection.iter().map(|column| self.column(*column, &mut raw)).collect::<Result<Vec<_>, _>>()?;
        let filters = filters.iter().map(|filter| self.over_raw(filter)).collect::<Result<Vec<_>, _>>()?;
        let decision = self.source.decision();
        let schema = self.source.schema().project(projection).map_err(|e| EngineError::Internal(e.to_string()))?;
        let source = self.sources.get(&entity.connection);
        let source = source.ok_or_else(|| EngineError::NoSource(entity.connection.clone()))?;
        let rule = conditions::rule(&decision.rows, entity)?;
        let lookups = self.source.lookups().iter();
        let lookups = lookups.map(|lookup| conditions::rule(&conditions::lookup(lookup, decision), entity));
        let here: Vec<Expr> = std::iter::once(rule)
            .filter(|_| decision.rows != Predicate::TRUE)
            .chain(lookups.collect::<Result<Vec<_>, _>>()?)
            .chain(filters.iter().cloned())
            .collect();
        let all: Vec<&Inherited> = decision.inherited.iter().collect();
        let (rows, residual, parents) = match source {
            Source::Sql(sql) => {
                let dialect = dialect::dialect(sql.kind());
                let dialect = dialect.ok_or_else(|| EngineError::NoSource(entity.connection.clone()))?;
                self.sql_rows(dialect, here, &filters, &mut raw, fetch)?
            }
            Source::Files(files) => {
                raw.add_all(&here);
                let parents = self.parents(&all, &mut raw)?;
                let (source, table, padded) = (Arc::clone(files), entity.table.clone(), raw.padded());
                (RawRows::Files { source, table, prune: here.clone(), padded }, here, parents)
            }
            Source::Batches(_) => {
                raw.add_all(&here);
                let parents = self.parents(&all, &mut raw)?;
                (RawRows::Batches { connection: entity.connection.clone(), table: entity.table.clone() }, here, parents)
            }
        };
        Ok(Leaf {
            rows,
            raw_schema: raw.schema(),
            residual,
            parents,
            columns,
            schema: Arc::new(schema),
            fingerprint: decision.fingerprint.clone(),
            fetch,
        })
    }

    fn column(&self, position: usize, raw: &mut RawFields) -> Result<LeafColumn, EngineError> {
        let field = self.source.fields()[position];
        let outcome = &self.source.decision().fields[field];
        if !outcome.visible {
            return Err(EngineError::Barrier(format!("field {field} of {} is not visible", self.entity().id)));
        }
        let covered = match &outcome.covered_where {
            Some(predicate) => {
                let covered = conditions::rule(predicate, self.entity())?;
                raw.add_all(std::slice::from_ref(&covered));
                Some(covered)
            }
            None => None,
        };
        let lighter = match &outcome.lighter {
            Some(lighter) => {
                let rows = conditions::rule(&lighter.rows, self.entity())?;
                raw.add_all(std::slice::from_ref(&rows));
                Some(LighterColumn { rows, mask: lighter.mask.clone() })
            }
            None => None,
        };
        let reads =
            |mask: Option<&AppliedMask>| !matches!(mask.map(|mask| &mask.mask), Some(Mask::Hide | Mask::Constant(_)));
        let needs_raw = reads(outcome.mask.as_ref())
            || outcome.lighter.as_ref().is_some_and(|lighter| reads(lighter.mask.as_ref()));
        Ok(LeafColumn {
            raw: needs_raw.then(|| raw.add(field)),
            sql_type: self.source.types()[position].clone(),
            mask: outcome.mask.clone(),
            lighter,
            covered,
        })
    }

    /// A user's filter over listed names, over raw columns. Only clear fields can be in it: checked again here.
    fn over_raw(&self, filter: &Expr) -> Result<Expr, EngineError> {
        let schema = self.source.schema();
        let decision = self.source.decision();
        let clear: Vec<String> = (self.source.fields().iter().zip(schema.fields()))
            .filter(|(field, _)| decision.fields[**field].is_clear())
            .map(|(_, column)| column.name().clone())
            .collect();
        let bare = filter.clone().transform(|expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(Column::new_unqualified(column.name)))),
            other => Ok(Transformed::no(other)),
        })?;
        if !sluice_plan::govern::is_silent(&bare.data, &schema, &clear) {
            return Err(EngineError::Barrier("a filter that is not silent reached a scan".into()));
        }
        let entity = self.entity();
        let physical = bare.data.transform(|expr| match expr {
            Expr::Column(column) => {
                let position = schema.index_of(&column.name)?;
                Ok(Transformed::yes(conditions::column(entity, self.source.fields()[position])))
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(physical.data)
    }

    /// The statement for an SQL source and the conditions that it cannot take over.
    fn sql_rows(
        &self,
        dialect: &dyn Dialect,
        here: Vec<Expr>,
        filters: &[Expr],
        raw: &mut RawFields,
        fetch: Option<usize>,
    ) -> Result<(RawRows, Vec<Expr>, Vec<Parent>), EngineError> {
        let entity = self.entity();
        let mut params = Params::default();
        let inner = inner_conditions(self, dialect, &mut params);
        let mut gate = Gate { dialect, params: &mut params, resolve: &|column| physical(entity, dialect, column) };
        let outer: Option<Vec<String>> = filters.iter().map(|filter| gate.condition(filter)).collect();
        let all_sent = inner.complete && outer.is_some();
        let residual = if all_sent { Vec::new() } else { here };
        raw.add_all(&residual);
        let parents = self.parents(&inner.rest, raw)?;
        if raw.fields.is_empty() {
            // A statement needs a column even where only the number of rows matters.
            raw.fields.push(cheapest_field(entity));
        }
        let (names, table) = raw.named(dialect)?;
        let conditions: Vec<String> = inner.sql.into_iter().chain(outer.unwrap_or_default()).collect();
        let alias = if inner.looks_for_parents { format!(" AS {FACT}") } else { String::new() };
        let mut sql = format!("SELECT {names} FROM {table}{alias}");
        if !conditions.is_empty() {
            sql = format!("{sql} WHERE {}", conditions.join(" AND "));
        }
        if let Some(fetch) = fetch.filter(|_| residual.is_empty() && parents.is_empty()) {
            sql.push_str(&dialect.limit(Some(fetch as u64), 0));
        }
        let checked = if residual.is_empty() { self.rule_again(raw)? } else { residual };
        Ok((self.asked(raw, &sql, &params, dialect)?, checked, parents))
    }

    /// The row rule once more over what the source sends, where that has all the rule reads: a source that does not do as
    /// it was asked shows nothing.
    fn rule_again(&self, raw: &RawFields) -> Result<Vec<Expr>, EngineError> {
        let rows = &self.source.decision().rows;
        let has = |field: &usize| {
            raw.fields.iter().any(|sent| raw.entity.fields[*sent].column == raw.entity.fields[*field].column)
        };
        if *rows == Predicate::TRUE || !rows.fields().iter().all(has) {
            return Ok(Vec::new());
        }
        Ok(vec![conditions::rule(rows, raw.entity)?])
    }

    /// Whether anybody sees a value of this field's column as it is, on any row.
    fn shows_raw(&self, entity: &Entity, field: usize) -> bool {
        let decision = self.source.decision();
        // What is read of parents decides on rows alone.
        let same = |(_, other): &(usize, &catalog::Field)| other.column == entity.fields[field].column;
        entity.id == decision.entity_id
            && entity
                .fields
                .iter()
                .enumerate()
                .filter(same)
                .any(|(place, _)| decision.fields.get(place).is_some_and(FieldDecision::shows_raw))
    }

    /// A finished statement whose columns are these raw fields.
    pub(super) fn asked(
        &self,
        raw: &RawFields,
        sql: &str,
        params: &Params,
        dialect: &dyn Dialect,
    ) -> Result<RawRows, EngineError> {
        let finished = params.finish(sql, dialect);
        let finished = finished.ok_or_else(|| EngineError::Internal("parameter marks do not match".into()))?;
        let request = ScanRequest {
            sql: finished.sql,
            params: finished.params,
            schema: raw.schema(),
            types: raw.fields.iter().map(|f| raw.entity.fields[*f].sql_type.clone()).collect(),
            unreadable_as_null: raw.fields.iter().map(|f| !self.shows_raw(raw.entity, *f)).collect(),
            batch_rows: 0,
            read_ahead: self.read_ahead.clone(),
            timeout_ms: self.timeout_ms,
            reusable: true,
        };
        Ok(RawRows::Sql { connection: raw.entity.connection.clone(), request, holes: finished.holes })
    }
}

/// Row rule, look-ups and what is inherited, for the source's statement.
pub(super) struct InnerConditions<'d> {
    pub(super) sql: Vec<String>,
    /// Nothing of rule and look-ups is left to check here.
    pub(super) complete: bool,
    /// Rules of parents that are left to check here.
    pub(super) rest: Vec<&'d Inherited>,
    /// The table has to be named [`FACT`].
    pub(super) looks_for_parents: bool,
}

/// Renders rule and look-ups; what cannot be rendered is missing from the SQL, and `complete` is false then.
pub(super) fn inner_conditions<'d>(
    builder: &LeafBuilder<'d>,
    dialect: &dyn Dialect,
    params: &mut Params,
) -> InnerConditions<'d> {
    let entity = builder.entity();
    let mut gate = Gate { dialect, params, resolve: &|column| physical(entity, dialect, column) };
    let rows = &builder.source.decision().rows;
    let parts: Vec<&Predicate> = match rows {
        Predicate::Const(Some(true)) => Vec::new(),
        Predicate::And(parts) => parts.iter().collect(),
        single => vec![single],
    };
    let mut inner = InnerConditions { sql: Vec::new(), complete: true, rest: Vec::new(), looks_for_parents: false };
    for part in parts {
        match gate.rule(part, entity) {
            Some(sql) => inner.sql.push(sql),
            None => inner.complete = false,
        }
    }
    for lookup in builder.source.lookups() {
        match gate.rule(&conditions::lookup(lookup, builder.source.decision()), entity) {
            Some(sql) => inner.sql.push(sql),
            None => inner.complete = false,
        }
    }
    let inherited = &builder.source.decision().inherited;
    let asked = parents::ask(inherited, (entity, FACT), builder.catalog, dialect, params);
    inner.looks_for_parents = !asked.sql.is_empty();
    inner.sql.extend(asked.sql);
    inner.rest = asked.rest;
    inner
}

fn physical(entity: &Entity, dialect: &dyn Dialect, column: &Column) -> Option<(String, SqlType)> {
    let field = entity.fields.iter().find(|field| field.column == column.name)?;
    Some((fragment::quote(dialect, &field.column)?, field.sql_type.clone()))
}

fn cheapest_field(entity: &Entity) -> usize {
    entity.key.first().copied().unwrap_or(0)
}

/// The raw columns a leaf reads, in order of first need, one per physical column.
pub(super) struct RawFields<'a> {
    pub(super) entity: &'a Entity,
    pub(super) fields: Vec<usize>,
}

impl<'a> RawFields<'a> {
    pub(super) fn new(entity: &'a Entity) -> RawFields<'a> {
        RawFields { entity, fields: Vec::new() }
    }

    pub(super) fn add(&mut self, field: usize) -> usize {
        let column = &self.entity.fields[field].column;
        let known = self.fields.iter().position(|f| self.entity.fields[*f].column == *column);
        known.unwrap_or_else(|| {
            self.fields.push(field);
            self.fields.len() - 1
        })
    }

    pub(super) fn add_all(&mut self, conditions: &[Expr]) {
        for condition in conditions {
            let mut columns: Vec<&Column> = condition.column_refs().into_iter().collect();
            columns.sort_by(|left, right| left.name.cmp(&right.name));
            for column in columns {
                if let Some(field) = self.entity.fields.iter().position(|f| f.column == column.name) {
                    self.add(field);
                }
            }
        }
    }

    /// The columns, quoted, with commas between them, and the table.
    pub(super) fn named(&self, dialect: &dyn Dialect) -> Result<(String, String), EngineError> {
        let quoted = self.fields.iter().map(|f| fragment::quote(dialect, &self.entity.fields[*f].column));
        let names = quoted.collect::<Option<Vec<String>>>();
        let table = fragment::table(dialect, &self.entity.table);
        let unnameable = || EngineError::Internal(format!("entity {} has a name that cannot be sent", self.entity.id));
        Ok((names.ok_or_else(unnameable)?.join(", "), table.ok_or_else(unnameable)?))
    }

    /// Columns of `character`, which a file may hold with the blanks that fill them up.
    pub(super) fn padded(&self) -> Vec<String> {
        let fields = self.fields.iter().map(|field| &self.entity.fields[*field]);
        let padded = fields.filter(|field| matches!(field.sql_type, SqlType::Bpchar(_)));
        padded.map(|field| field.column.clone()).collect()
    }

    pub(super) fn schema(&self) -> SchemaRef {
        let fields = self.fields.iter().map(|f| {
            let field = &self.entity.fields[*f];
            Field::new(&field.column, arrow_type(&field.sql_type), true)
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}
