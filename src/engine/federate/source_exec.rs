//! The physical leaf that asks a source.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::{StreamExt, TryStreamExt};
use sluice_base::{Datum, SqlType};

use super::fragment::Hole;
use super::padding;
use super::provider::source;
use crate::sources::{ScanRequest, Source, Sources};

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) enum SourceRows {
    /// A statement.
    Sql {
        connection: String,
        request: Box<ScanRequest>,
        /// Places for the values of a generic plan; with any left the statement is not run.
        holes: Vec<Hole>,
    },
    /// A table of a store of batches.
    Batches { connection: String, table: String },
}

/// Streams one source's answer; one partition.
#[derive(Debug)]
pub(crate) struct SourceExec {
    rows: SourceRows,
    schema: SchemaRef,
    sources: Sources,
    /// Decisions inside a pushed statement; empty below a barrier of its own.
    pub(crate) fingerprints: Vec<String>,
    properties: Arc<PlanProperties>,
}

impl SourceExec {
    pub(crate) fn new(
        rows: SourceRows,
        schema: SchemaRef,
        sources: Sources,
        fingerprints: Vec<String>,
    ) -> Result<SourceExec> {
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        Ok(SourceExec { rows, schema, sources, fingerprints, properties })
    }

    /// The same leaf for one execution, its values in place.
    pub(crate) fn filled(&self, values: &[(SqlType, Datum)]) -> Result<SourceExec> {
        let mut rows = self.rows.clone();
        if let SourceRows::Sql { request, holes, .. } = &mut rows {
            for hole in std::mem::take(holes) {
                let missing = || DataFusionError::Internal("a generic plan was given too few values".into());
                let place = request.params.get_mut(hole.at).ok_or_else(missing)?;
                place.1 = values.get(hole.parameter).ok_or_else(missing)?.1.clone();
            }
        }
        let (schema, sources) = (Arc::clone(&self.schema), self.sources.clone());
        let (fingerprints, properties) = (self.fingerprints.clone(), Arc::clone(&self.properties));
        Ok(SourceExec { rows, schema, sources, fingerprints, properties })
    }
}

impl DisplayAs for SourceExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.rows {
            SourceRows::Sql { connection, .. } => write!(f, "SourceExec: {connection}"),
            SourceRows::Batches { connection, table } => write!(f, "SourceExec: {connection} {table}"),
        }
    }
}

impl ExecutionPlan for SourceExec {
    fn name(&self) -> &str {
        "SourceExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (rows, sources, schema) = (self.rows.clone(), self.sources.clone(), Arc::clone(&self.schema));
        let wanted = Arc::clone(&schema);
        let opened = async move {
            let external = |error| DataFusionError::External(Box::new(error));
            let stream = match &rows {
                SourceRows::Sql { holes, .. } if !holes.is_empty() => {
                    return Err(DataFusionError::Internal("a generic plan was run without its values".into()));
                }
                SourceRows::Sql { connection, request, .. } => match source(&sources, connection)? {
                    Source::Sql(sql) => sql.scan((**request).clone()).await.map_err(external)?,
                    _ => return Err(DataFusionError::Internal("connection is of another kind".into())),
                },
                SourceRows::Batches { connection, table } => match source(&sources, connection)? {
                    Source::Batches(batches) => {
                        let all: Vec<usize> = (0..wanted.fields().len()).collect();
                        batches.scan(table, wanted, &all).await.map_err(external)?
                    }
                    _ => return Err(DataFusionError::Internal("connection is of another kind".into())),
                },
            };
            let padded = match &rows {
                SourceRows::Sql { request, .. } => padding::columns(&request.types),
                SourceRows::Batches { .. } => Vec::new(),
            };
            Ok(stream.map_err(external).and_then(move |batch| {
                futures::future::ready(padding::without(batch, &padded).map_err(DataFusionError::from))
            }))
        };
        let stream = futures::stream::once(opened).try_flatten().boxed();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }
}
