//! Table providers that stand for governed scans and pushed statements in the plan that is given to the physical planner.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use sluice_model::mask::MaskKeys;

use super::fragment::Hole;
use super::govern_exec::{GovernColumn, GovernExec};
use super::leaf::{Leaf, RawRows};
use super::padding;
use super::parents::{self, Parent};
use super::source_exec::{SourceExec, SourceRows};
use crate::EngineError;
use crate::sources::{ScanRequest, Source, Sources, file_scan};

/// A governed scan, planned; its projection and filters are inside already.
#[derive(Debug)]
pub(crate) struct GovernedTable {
    pub(crate) leaf: Leaf,
    pub(crate) sources: Sources,
    pub(crate) keys: MaskKeys,
}

/// A statement pushed whole, with the fingerprints of the scans inside it.
#[derive(Debug)]
pub(crate) struct PushedTable {
    pub(crate) connection: String,
    pub(crate) request: ScanRequest,
    pub(crate) holes: Vec<Hole>,
    pub(crate) schema: SchemaRef,
    pub(crate) fingerprints: Vec<String>,
    pub(crate) sources: Sources,
}

#[async_trait]
impl TableProvider for PushedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if projection.is_some() || !filters.is_empty() {
            return Err(internal("a pushed statement was given more to do"));
        }
        let (connection, holes) = (self.connection.clone(), self.holes.clone());
        let rows = SourceRows::Sql { connection, request: Box::new(self.request.clone()), holes };
        SourceExec::new(rows, Arc::clone(&self.schema), self.sources.clone(), self.fingerprints.clone())
            .map(|exec| Arc::new(exec) as Arc<dyn ExecutionPlan>)
    }
}

#[async_trait]
impl TableProvider for GovernedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.leaf.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if projection.is_some() || !filters.is_empty() {
            return Err(internal("a governed scan was given more to do"));
        }
        let leaf = &self.leaf;
        let limit = leaf.fetch.filter(|_| leaf.parents.is_empty());
        let input = self.raw(session, &leaf.rows, &leaf.raw_schema, limit).await?;
        let input = self.with_parents(session, input, &leaf.parents).await?;
        self.govern(session, input)
    }
}

impl GovernedTable {
    /// Raw rows of a source.
    async fn raw(
        &self,
        session: &dyn Session,
        rows: &RawRows,
        schema: &SchemaRef,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = match rows {
            RawRows::Sql { connection, request, holes } => {
                let (connection, holes) = (connection.clone(), holes.clone());
                SourceRows::Sql { connection, request: Box::new(request.clone()), holes }
            }
            RawRows::Batches { connection, table } => {
                SourceRows::Batches { connection: connection.clone(), table: table.clone() }
            }
            RawRows::Files { source, table, prune, padded } => {
                let limit = limit.filter(|_| prune.is_empty());
                // A file's statistics are of its texts with their blanks.
                let reads_padded = |condition: &Expr| condition.column_refs().iter().any(|c| padded.contains(&c.name));
                let prune: Vec<Expr> = prune.iter().filter(|condition| !reads_padded(condition)).cloned().collect();
                let scan = file_scan::scan(session, source, table, schema, &prune, limit).await?;
                return padding::without_in(session, scan, padded);
            }
        };
        Ok(Arc::new(SourceExec::new(rows, Arc::clone(schema), self.sources.clone(), Vec::new())?))
    }

    /// Raw rows without those whose parent row does not show.
    async fn with_parents(
        &self,
        session: &dyn Session,
        fact: Arc<dyn ExecutionPlan>,
        parents: &[Parent],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut joined = fact;
        for parent in parents {
            let rows = self.raw(session, &parent.rows, &parent.raw_schema, None).await?;
            // Parents of parents: as deep as the catalog's edges, which form no cycle.
            let rows = Box::pin(self.with_parents(session, rows, &parent.parents)).await?;
            joined = parents::join(joined, parent, rows, session)?;
        }
        Ok(joined)
    }

    /// Puts the barrier over raw rows.
    fn govern(&self, session: &dyn Session, input: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let leaf = &self.leaf;
        let raw = DFSchema::try_from(input.schema().as_ref().clone())?;
        // The session's own conversion also brings constants to the type of their column.
        let physical = |expr: &Expr| session.create_physical_expr(expr.clone(), &raw);
        let residual = match conjunction(leaf.residual.iter().cloned()) {
            Some(condition) => Some(physical(&condition)?),
            None => None,
        };
        let mut columns = Vec::with_capacity(leaf.columns.len());
        for column in &leaf.columns {
            let raw_index = match column.raw {
                Some(raw) => Some(input.schema().index_of(leaf.raw_schema.field(raw).name())?),
                None => None,
            };
            let lighter = column.lighter.as_ref();
            for mask in column.mask.iter().chain(lighter.and_then(|lighter| lighter.mask.as_ref())) {
                if let Some(key) = mask.mask.key_name()
                    && !self.keys.contains(key)
                {
                    return Err(DataFusionError::External(Box::new(EngineError::NoKey(key.to_string()))));
                }
            }
            let lighter = match lighter {
                Some(lighter) => Some((physical(&lighter.rows)?, lighter.mask.as_ref().map(|mask| mask.mask.clone()))),
                None => None,
            };
            columns.push(GovernColumn {
                raw: raw_index,
                sql_type: column.sql_type.clone(),
                mask: column.mask.as_ref().map(|mask| mask.mask.clone()),
                lighter,
                covered: column.covered.as_ref().map(&physical).transpose()?,
            });
        }
        let exec = GovernExec::new(
            input,
            residual,
            columns,
            Arc::clone(&leaf.schema),
            leaf.fingerprint.clone(),
            self.keys.clone(),
            leaf.fetch,
        );
        Ok(Arc::new(exec))
    }
}

fn internal(what: &str) -> DataFusionError {
    DataFusionError::External(Box::new(EngineError::Barrier(what.to_string())))
}

/// The source behind a connection id.
pub(crate) fn source<'s>(sources: &'s Sources, connection: &str) -> Result<&'s Source> {
    let missing = || DataFusionError::External(Box::new(EngineError::NoSource(connection.to_string())));
    sources.get(connection).ok_or_else(missing)
}
