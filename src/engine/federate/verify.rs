//! The second check, far from the first: in the physical plan every leaf that reads data is under a barrier with a
//! fingerprint of this statement, or is a pushed statement that carries such fingerprints.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::work_table::WorkTableExec;

use super::govern_exec::GovernExec;
use super::source_exec::SourceExec;
use crate::EngineError;

/// Walks the plan; `allowed` holds the fingerprints of the governed plan after optimization.
pub(crate) fn verify_physical(
    plan: &Arc<dyn ExecutionPlan>,
    allowed: &BTreeMap<String, usize>,
) -> Result<(), EngineError> {
    walk(plan, allowed, false)
}

fn walk(node: &Arc<dyn ExecutionPlan>, allowed: &BTreeMap<String, usize>, governed: bool) -> Result<(), EngineError> {
    let mut governed = governed;
    if let Some(barrier) = node.downcast_ref::<GovernExec>() {
        if governed {
            return Err(EngineError::Barrier("a barrier below a barrier".into()));
        }
        known(&barrier.fingerprint, allowed)?;
        governed = true;
    }
    let children = node.children();
    if children.is_empty() && !governed {
        return leaf(node, allowed);
    }
    children.into_iter().try_for_each(|child| walk(child, allowed, governed))
}

fn leaf(node: &Arc<dyn ExecutionPlan>, allowed: &BTreeMap<String, usize>) -> Result<(), EngineError> {
    if let Some(source) = node.downcast_ref::<SourceExec>() {
        if source.fingerprints.is_empty() {
            return Err(EngineError::Barrier("a source is read without a decision".into()));
        }
        return source.fingerprints.iter().try_for_each(|fingerprint| known(fingerprint, allowed));
    }
    if let Some(data) = node.downcast_ref::<DataSourceExec>() {
        // Constants of the statement itself (VALUES) are the only data without a decision.
        return match data.data_source().downcast_ref::<MemorySourceConfig>() {
            Some(_) => Ok(()),
            None => Err(EngineError::Barrier("files are read without a decision".into())),
        };
    }
    if node.downcast_ref::<EmptyExec>().is_some() || node.downcast_ref::<PlaceholderRowExec>().is_some() {
        return Ok(());
    }
    // What a recursive query has found so far came through the barriers of its own scans.
    if node.downcast_ref::<WorkTableExec>().is_some() {
        return Ok(());
    }
    Err(EngineError::Barrier(format!("unknown leaf {}", node.name())))
}

fn known(fingerprint: &str, allowed: &BTreeMap<String, usize>) -> Result<(), EngineError> {
    if allowed.contains_key(fingerprint) {
        Ok(())
    } else {
        Err(EngineError::Barrier("a decision that is not this statement's".into()))
    }
}
