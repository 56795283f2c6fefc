//! Row rules that relationships carry (governance G12): rows show only where their parent row would.
//!
//! Invariant: part of the barrier. Where parent and fact are in one source, the source is asked for rows whose parent
//! EXISTS under the parent's rule; else the parents' keys are read and the raw rows joined to them, below the node that
//! masks. A row without a parent, or with a NULL in its key, shows in neither case.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, JoinType, NullEquality, Result};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_expr::expressions::Column as PhysicalColumn;
use datafusion::physical_expr::{PhysicalExpr, PhysicalExprRef};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use sluice_model::catalog::{Catalog, Entity};
use sluice_model::decision::Inherited;
use sluice_model::predicate::{CompareOp, Predicate};

use super::conditions;
use super::fragment::{self, Params};
use super::gate::{Gate, Value};
use super::leaf::{LeafBuilder, RawFields, RawRows};
use crate::EngineError;
use crate::dialect::{self, Dialect};
use crate::sources::Source;

/// Parents whose rows are read here.
#[derive(Debug, Clone)]
pub(crate) struct Parent {
    /// Names of the fact's raw columns and of the parent's, pair by pair.
    keys: Vec<(String, String)>,
    pub(crate) rows: RawRows,
    pub(crate) raw_schema: SchemaRef,
    /// The parent's rule, where its source was not sent all of it.
    residual: Vec<Expr>,
    pub(crate) parents: Vec<Parent>,
}

/// What a source can be asked of the rules inherited by rows of `alias`; `rest` is what is left to do here.
pub(super) struct Asked<'d> {
    pub(super) sql: Vec<String>,
    pub(super) rest: Vec<&'d Inherited>,
}

/// Name of a fact's table in a statement that looks for parents of its rows.
pub(super) const FACT: &str = "p0";

/// `EXISTS (parent under its rule)` for each inherited rule that the fact's own source can answer.
pub(super) fn ask<'d>(
    inherited: &'d [Inherited],
    (entity, alias): (&Entity, &str),
    catalog: &Catalog,
    dialect: &dyn Dialect,
    params: &mut Params,
) -> Asked<'d> {
    let mut asked = Asked { sql: Vec::new(), rest: Vec::new() };
    for parent in inherited {
        match exists(parent, (entity, alias), catalog, dialect, params) {
            Some(sql) => asked.sql.push(sql),
            None => asked.rest.push(parent),
        }
    }
    asked
}

fn exists(
    parent: &Inherited,
    (entity, alias): (&Entity, &str),
    catalog: &Catalog,
    dialect: &dyn Dialect,
    params: &mut Params,
) -> Option<String> {
    let of = &catalog.entities[parent.entity];
    if of.connection != entity.connection {
        return None;
    }
    let own = format!("{alias}p");
    let column = |entity: &Entity, alias: &str, field: usize| {
        let field = &entity.fields[field];
        let sql = format!("{alias}.{}", fragment::quote(dialect, &field.column)?);
        Some(Value { sql, sql_type: field.sql_type.clone() })
    };
    let mut gate = Gate { dialect, params, resolve: &|_| None };
    let mut conditions = Vec::new();
    for (fact, key) in &parent.keys {
        conditions.push(gate.columns(&column(entity, alias, *fact)?, CompareOp::Eq, &column(of, &own, *key)?)?);
    }
    if parent.rows != Predicate::TRUE {
        // Columns without an alias are the innermost table's: the parent's.
        conditions.push(gate.rule(&parent.rows, of)?);
    }
    for above in &parent.inherited {
        conditions.push(exists(above, (of, &own), catalog, dialect, params)?);
    }
    let table = fragment::table(dialect, &of.table)?;
    Some(format!("EXISTS (SELECT 1 FROM {table} AS {own} WHERE {})", conditions.join(" AND ")))
}

impl LeafBuilder<'_> {
    /// Plans the reading of parents for what no source was asked; the fact's keys join its raw columns.
    pub(super) fn parents(&self, rest: &[&Inherited], raw: &mut RawFields) -> Result<Vec<Parent>, EngineError> {
        rest.iter().map(|inherited| self.parent(inherited, raw)).collect()
    }

    fn parent(&self, inherited: &Inherited, fact: &mut RawFields) -> Result<Parent, EngineError> {
        let entity = &self.catalog.entities[inherited.entity];
        let mut raw = RawFields::new(entity);
        let mut keys = Vec::new();
        for (own, key) in &inherited.keys {
            fact.add(*own);
            raw.add(*key);
            keys.push((fact.entity.fields[*own].column.clone(), entity.fields[*key].column.clone()));
        }
        let rule = conditions::rule(&inherited.rows, entity)?;
        let residual: Vec<Expr> = Some(rule).filter(|_| inherited.rows != Predicate::TRUE).into_iter().collect();
        let source = self.sources.get(&entity.connection);
        let source = source.ok_or_else(|| EngineError::NoSource(entity.connection.clone()))?;
        let all: Vec<&Inherited> = inherited.inherited.iter().collect();
        let (rows, residual, parents) = match source {
            Source::Sql(sql) => {
                let dialect = dialect::dialect(sql.kind());
                let dialect = dialect.ok_or_else(|| EngineError::NoSource(entity.connection.clone()))?;
                self.parent_sql(inherited, dialect, residual, &mut raw)?
            }
            Source::Files(files) => {
                raw.add_all(&residual);
                let parents = self.parents(&all, &mut raw)?;
                let (source, table, padded) = (Arc::clone(files), entity.table.clone(), raw.padded());
                (RawRows::Files { source, table, prune: residual.clone(), padded }, residual, parents)
            }
            Source::Batches(_) => {
                raw.add_all(&residual);
                let parents = self.parents(&all, &mut raw)?;
                let (connection, table) = (entity.connection.clone(), entity.table.clone());
                (RawRows::Batches { connection, table }, residual, parents)
            }
        };
        Ok(Parent { keys, rows, raw_schema: raw.schema(), residual, parents })
    }

    /// The statement for the keys of parents in an SQL source.
    fn parent_sql(
        &self,
        inherited: &Inherited,
        dialect: &dyn Dialect,
        residual: Vec<Expr>,
        raw: &mut RawFields,
    ) -> Result<(RawRows, Vec<Expr>, Vec<Parent>), EngineError> {
        let entity = &self.catalog.entities[inherited.entity];
        let mut params = Params::default();
        let mut conditions = Vec::new();
        let mut residual = residual;
        let rule = Gate { dialect, params: &mut params, resolve: &|_| None }.rule(&inherited.rows, entity);
        match rule {
            Some(_) if residual.is_empty() => {}
            Some(sql) => {
                conditions.push(sql);
                residual.clear();
            }
            None => raw.add_all(&residual),
        }
        let asked = ask(&inherited.inherited, (entity, FACT), self.catalog, dialect, &mut params);
        conditions.extend(asked.sql);
        let parents = self.parents(&asked.rest, raw)?;
        let (names, table) = raw.named(dialect)?;
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let sql = format!("SELECT {names} FROM {table} AS {FACT}{filter}");
        let rows = self.asked(raw, &sql, &params, dialect)?;
        Ok((rows, residual, parents))
    }
}

/// The raw rows of a fact, without those that have no parent row under the rule.
pub(super) fn join(
    fact: Arc<dyn ExecutionPlan>,
    parent: &Parent,
    rows: Arc<dyn ExecutionPlan>,
    session: &dyn Session,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = DFSchema::try_from(rows.schema().as_ref().clone())?;
    let rows: Arc<dyn ExecutionPlan> = match conjunction(parent.residual.iter().cloned()) {
        Some(condition) => Arc::new(FilterExec::try_new(session.create_physical_expr(condition, &schema)?, rows)?),
        None => rows,
    };
    let column = |plan: &Arc<dyn ExecutionPlan>, name: &str| -> Result<PhysicalExprRef> {
        let index = plan.schema().index_of(name)?;
        Ok(Arc::new(PhysicalColumn::new(name, index)) as Arc<dyn PhysicalExpr>)
    };
    let keys = parent.keys.iter().map(|(own, key)| Ok((column(&rows, key)?, column(&fact, own)?)));
    let on = keys.collect::<Result<Vec<_>>>()?;
    let joined = HashJoinExec::try_new(
        rows,
        fact,
        on,
        None,
        &JoinType::RightSemi,
        None,
        PartitionMode::CollectLeft,
        NullEquality::NullEqualsNothing,
        false,
    )?;
    Ok(Arc::new(joined))
}
