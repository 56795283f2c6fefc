//! An admitted plan to a physical one: optimized, split by source, every barrier found again.
//!
//! Invariant: [`Federated`] is made by [`crate::Engine::federate`] only, which consumes the admission. After splitting, a
//! governed scan is either a [`provider::GovernedTable`] (its barrier is a physical node) or inside a pushed statement
//! as a derived table of clear columns; the fingerprints of both kinds together must be those of the governed plan.

mod conditions;
mod fragment;
mod gate;
mod generic;
mod govern_exec;
mod leaf;
mod padding;
mod parents;
mod provider;
mod push;
mod source_exec;
mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{Column as ColumnName, TableReference};
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, SubqueryAlias, TableScan, TableScanBuilder};
use datafusion::physical_plan::ExecutionPlan;
use sluice_base::Column;
use sluice_model::Snapshot;
use sluice_model::audit::Trail;
use sluice_model::mask::MaskKeys;
use sluice_plan::types::arrow_type;
use sluice_plan::{GovernedSource, WorkTable};

use crate::EngineError;
use crate::execute::{Batches, Stop};
use crate::sources::{ReadAhead, ScanRequest, Sources};
use fragment::Finished;
use leaf::{LeafBuilder, RawRows};
use parents::Parent;
use provider::{GovernedTable, PushedTable};
use push::{Pusher, only_connection};

pub(crate) use generic::{Generic, needs_values};
pub(crate) use verify::verify_physical;

/// A statement ready to run: sources attached, barriers checked. Neither cloned nor made outside this room.
#[derive(Debug)]
pub struct Federated {
    pub(crate) plan: Arc<dyn ExecutionPlan>,
    pub(crate) columns: Vec<Column>,
    /// Ends joins that would not pause.
    pub(crate) stop: Stop,
    /// How large its batches are, and the memory that it holds for them.
    pub(crate) batches: Batches,
    pub(crate) trail: Trail,
}

/// What a source is asked on behalf of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) connection: String,
    pub(crate) what: String,
}

/// A plan split by source.
pub(crate) struct Split {
    pub(crate) plan: LogicalPlan,
    pub(crate) sent: Vec<Sent>,
    /// Fingerprints of the governed scans, as often as they occur.
    pub(crate) fingerprints: BTreeMap<String, usize>,
}

/// Everything the splitting reads.
pub(crate) struct Splitter<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) sources: &'a Sources,
    pub(crate) keys: &'a MaskKeys,
    pub(crate) timeout_ms: u64,
    pub(crate) read_ahead: &'a ReadAhead,
    /// Sub-plans are pushed; false keeps everything above single scans here, for comparing answers.
    pub(crate) pushdown: bool,
}

impl Splitter<'_> {
    /// Optimizes a governed plan and attaches sources to it.
    pub(crate) fn split(&self, plan: &LogicalPlan, state: &SessionState) -> Result<Split, EngineError> {
        let before = fingerprints(plan)?;
        let optimized = state.optimize(plan)?;
        let kept = fingerprints(&optimized)?;
        // The optimizer may drop a scan (WHERE false) or copy one; it may not bring in another decision.
        if let Some(foreign) = kept.keys().find(|fingerprint| !before.contains_key(*fingerprint)) {
            return Err(EngineError::Barrier(format!("decision {foreign} appeared in optimization")));
        }
        let mut sent = Vec::new();
        let attached = optimized.transform_down_with_subqueries(|node| self.attach(node, &mut sent))?;
        Ok(Split { plan: attached.data, sent, fingerprints: kept })
    }

    fn attach(&self, node: LogicalPlan, sent: &mut Vec<Sent>) -> datafusion::common::Result<Transformed<LogicalPlan>> {
        if self.pushdown
            && !matches!(node, LogicalPlan::TableScan(_))
            && let Some(pushed) = self.push(&node, sent)?
        {
            return Ok(Transformed::new(pushed, true, TreeNodeRecursion::Jump));
        }
        match node {
            LogicalPlan::TableScan(scan) if scan.source.downcast_ref::<GovernedSource>().is_some() => {
                let leaf = self.leaf(scan, sent).map_err(external)?;
                Ok(Transformed::new(leaf, true, TreeNodeRecursion::Jump))
            }
            LogicalPlan::TableScan(mut scan) => match scan.source.downcast_ref::<WorkTable>() {
                Some(work) => {
                    let table = CteWorkTable::new(work.name(), work.columns());
                    scan.source = provider_as_source(Arc::new(table));
                    Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
                }
                None => Ok(Transformed::no(LogicalPlan::TableScan(scan))),
            },
            other => Ok(Transformed::no(other)),
        }
    }

    /// The whole node as one statement of one source, if the gate lets it.
    fn push(&self, node: &LogicalPlan, sent: &mut Vec<Sent>) -> datafusion::common::Result<Option<LogicalPlan>> {
        let catalog = &self.snapshot.catalog;
        let Some((connection, dialect)) = only_connection(node, catalog, self.sources) else { return Ok(None) };
        let mut pusher = Pusher::new(catalog, self.sources, dialect);
        let Some(rendered) = pusher.node(node) else { return Ok(None) };
        let Some(Finished { sql, params, holes }) = pusher.params.finish(&rendered.sql, dialect) else {
            return Ok(None);
        };
        let width = node.schema().fields().len();
        if width == 0 || rendered.types.len() != width {
            return Ok(None);
        }
        let fields: Vec<Field> = node
            .schema()
            .fields()
            .iter()
            .enumerate()
            .map(|(n, field)| Field::new(format!("c{n}"), field.data_type().clone(), field.is_nullable()))
            .collect();
        // The connector decodes by SQL type: both must name the same Arrow type.
        if fields.iter().zip(&rendered.types).any(|(field, sql_type)| arrow_type(sql_type) != *field.data_type()) {
            return Ok(None);
        }
        let schema = Arc::new(Schema::new(fields));
        sent.push(Sent { connection: connection.to_string(), what: sql.clone() });
        let table = PushedTable {
            connection: connection.to_string(),
            request: ScanRequest {
                sql,
                params,
                schema: Arc::clone(&schema),
                types: rendered.types,
                unreadable_as_null: Vec::new(),
                batch_rows: 0,
                read_ahead: self.read_ahead.clone(),
                timeout_ms: self.timeout_ms,
                reusable: pusher.reusable,
            },
            holes,
            schema,
            fingerprints: pusher.fingerprints,
            sources: self.sources.clone(),
        };
        let name = TableReference::bare(format!("\u{1}pushed{}", sent.len()));
        let scan = TableScanBuilder::new(name.clone(), provider_as_source(Arc::new(table))).build()?;
        // The nodes above keep calling the columns by their own names.
        let items = node.schema().iter().enumerate().map(|(n, (qualifier, field))| {
            let column = Expr::Column(ColumnName::new(Some(name.clone()), format!("c{n}")));
            match qualifier {
                Some(qualifier) => column.alias_qualified(Some(qualifier.clone()), field.name()),
                None => column.alias(field.name()),
            }
        });
        let projection = Projection::try_new(items.collect(), Arc::new(LogicalPlan::TableScan(scan)))?;
        Ok(Some(LogicalPlan::Projection(projection)))
    }

    /// A governed scan with its source attached and its barrier on top.
    fn leaf(&self, scan: TableScan, sent: &mut Vec<Sent>) -> Result<LogicalPlan, EngineError> {
        let Some(source) = scan.source.downcast_ref::<GovernedSource>() else {
            return Err(EngineError::Barrier("a scan without a decision".into()));
        };
        let all: Vec<usize> = (0..source.fields().len()).collect();
        let projection = scan.projection.as_deref().unwrap_or(&all);
        let builder = LeafBuilder {
            catalog: &self.snapshot.catalog,
            sources: self.sources,
            source,
            timeout_ms: self.timeout_ms,
            read_ahead: self.read_ahead.clone(),
        };
        let leaf = builder.build(projection, &scan.filters, scan.fetch)?;
        if leaf.residual.iter().any(generic::has_parameter) {
            return Err(EngineError::Internal("a parameter outside a source's statement".into()));
        }
        sent.push(self.sent(&leaf.rows));
        self.sent_to_parents(&leaf.parents, sent);
        let table = GovernedTable { leaf, sources: self.sources.clone(), keys: self.keys.clone() };
        // The leaf holds its filters inside, and scans are compared by name alone: under one name two scans of a relation
        // would be taken for the same where they stand in two subqueries.
        let name = TableReference::bare(format!("\u{1}scan{}", sent.len()));
        let built = TableScanBuilder::new(name, provider_as_source(Arc::new(table))).build()?;
        if built.projected_schema.fields().len() != scan.projected_schema.fields().len() {
            return Err(EngineError::Internal("a governed scan lost a column".into()));
        }
        let named = SubqueryAlias::try_new(Arc::new(LogicalPlan::TableScan(built)), scan.table_name.clone())?;
        Ok(LogicalPlan::SubqueryAlias(named))
    }

    fn sent_to_parents(&self, parents: &[Parent], sent: &mut Vec<Sent>) {
        for parent in parents {
            sent.push(self.sent(&parent.rows));
            self.sent_to_parents(&parent.parents, sent);
        }
    }

    fn sent(&self, rows: &RawRows) -> Sent {
        match rows {
            RawRows::Sql { connection, request, .. } => {
                Sent { connection: connection.clone(), what: request.sql.clone() }
            }
            RawRows::Files { source, table, .. } => {
                Sent { connection: source.id().to_string(), what: format!("files of {table}") }
            }
            RawRows::Batches { connection, table } => {
                Sent { connection: connection.clone(), what: format!("table {table}") }
            }
        }
    }
}

fn external(error: EngineError) -> datafusion::error::DataFusionError {
    datafusion::error::DataFusionError::External(Box::new(error))
}

/// Fingerprints of all governed scans of a plan, nested plans included; any other scan is refused.
fn fingerprints(plan: &LogicalPlan) -> Result<BTreeMap<String, usize>, EngineError> {
    let mut found = BTreeMap::new();
    let mut bare = false;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            match scan.source.downcast_ref::<GovernedSource>() {
                Some(source) => *found.entry(source.decision().fingerprint.clone()).or_insert(0) += 1,
                None => bare |= scan.source.downcast_ref::<WorkTable>().is_none(),
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if bare { Err(EngineError::Barrier("a scan without a decision".into())) } else { Ok(found) }
}
