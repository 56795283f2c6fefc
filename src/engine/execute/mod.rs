//! Running a federated plan: one engine for the server, on threads of its own, within one memory pool.
//!
//! Invariant: a [`RowStream`] owns the statement's [`Trail`] and closes it at the end, on an error, or when dropped;
//! dropping it stops the work here and at the sources.

mod constants;
mod late;
mod merged;
mod once;
mod rules;
mod small;
mod stop;
mod stream;
mod written;

use std::sync::Arc;
use std::time::Duration;

use datafusion::execution::memory_pool::{FairSpillPool, GreedyMemoryPool, MemoryPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{Analyzer, AnalyzerRule};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion::prelude::SessionConfig;
use sluice_base::{Column, Limits};
use sluice_model::Snapshot;
use sluice_model::audit::Admitted;
use sluice_model::mask::MaskKeys;
use sluice_plan::{Governed, guarded};

use crate::EngineError;
use crate::federate::{Federated, Generic, Sent, Splitter, needs_values, verify_physical};
use crate::functions::{Account, Bounds, Checked};
use crate::share::Shared;
use crate::sources::{ReadAhead, Sources};
use constants::Shares;
use small::small_batches;
use stop::cooperative;

pub(crate) use constants::Batches;
pub(crate) use stop::Stop;
pub use stream::RowStream;

/// Rows of one batch inside the engine.
const BATCH_ROWS: usize = 8_192;
/// The part of the memory that rows may take which were read and not yet sent: one in so many.
const READ_AHEAD_SHARE: usize = 16;

/// Sorts that may run at once: each holds its share of the memory for merging what it spilled, whether it spills or not.
const SORTS: usize = 128;

/// Threads for each core: work between two pauses (a sort, a long batch) must not hold up the statements behind it.
const THREADS_PER_CORE: usize = 2;

/// How long a generic plan is kept that nobody uses.
const GENERIC_IDLE: Duration = Duration::from_secs(600);

/// A statement's physical plan, and what it took to make it.
struct Planned {
    plan: Arc<dyn ExecutionPlan>,
    columns: Vec<Column>,
    sent: Vec<Sent>,
    stop: Stop,
    batches: Batches,
}

/// The engine: sources, mask keys, memory, threads.
#[derive(Debug)]
pub struct Engine {
    state: SessionState,
    sources: Sources,
    keys: MaskKeys,
    statement_timeout_ms: u64,
    read_ahead: ReadAhead,
    shares: Shares,
    /// What operators hold.
    memory: Shared,
    bounds: Bounds,
    runtime: Option<tokio::runtime::Runtime>,
    /// By number of the governed plan; `None` for those that have to be planned with their values.
    /// Each with its weight.
    generic: moka::sync::Cache<u64, (u32, Option<Arc<Generic>>)>,
    /// Sub-plans go to the sources; switched off to compare answers.
    pushdown: bool,
}

impl Engine {
    /// An engine over opened sources.
    ///
    /// # Errors
    /// [`EngineError::Internal`] where threads or spill space cannot be had.
    pub fn new(sources: Sources, keys: MaskKeys, limits: &Limits) -> Result<Engine, EngineError> {
        let pool: Arc<dyn MemoryPool> = Arc::new(FairSpillPool::new(limits.memory_bytes));
        // What expressions make is not spilled, so it has a pool of its own: operators that spill fill theirs.
        // A statement has half of it at most, and one value of the largest size has to be possible.
        let made: Arc<dyn MemoryPool> =
            Arc::new(GreedyMemoryPool::new(limits.memory_bytes.max(2 * limits.value_bytes_max)));
        let environment = RuntimeEnvBuilder::new().with_memory_pool(Arc::clone(&pool)).build_arc()?;
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let mut config = SessionConfig::new()
            .with_target_partitions(threads)
            .with_batch_size(BATCH_ROWS)
            .with_information_schema(false)
            .with_create_default_catalog_and_schema(false);
        let options = config.options_mut();
        options.sql_parser.parse_float_as_decimal = true;
        options.sql_parser.map_string_types_to_utf8view = false;
        options.execution.parquet.schema_force_view_types = false;
        let merge_bytes = options.execution.sort_spill_reservation_bytes;
        options.execution.sort_spill_reservation_bytes = merge_bytes.min(limits.memory_bytes / SORTS);
        // What is nullable in the one may not be in the other after simplification; types are compared all the same.
        options.execution.skip_physical_aggregate_schema_check = true;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(environment)
            .with_default_features()
            .with_analyzer_rules(analyzer_rules(limits, Account::new(Arc::clone(&made))))
            .with_optimizer_rules(rules::rules(limits))
            .with_physical_optimizer_rules(merged::rules())
            .build();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads * THREADS_PER_CORE)
            .thread_name("sluice-engine")
            .thread_stack_size(32 << 20)
            .enable_all()
            .build()
            .map_err(|error| EngineError::Internal(format!("engine threads: {error}")))?;
        let statement_timeout_ms = limits.statement_timeout_ms;
        let generic = moka::sync::Cache::builder()
            .max_capacity(sluice_plan::PLANS_BYTES)
            .weigher(|_: &u64, kept: &(u32, Option<Arc<Generic>>)| kept.0)
            .time_to_idle(GENERIC_IDLE)
            .build();
        let read_ahead = ReadAhead::new(limits.memory_bytes / READ_AHEAD_SHARE);
        Ok(Engine {
            state,
            sources,
            keys,
            statement_timeout_ms,
            read_ahead,
            shares: Shares::new(limits, made),
            memory: Shared::new(pool),
            bounds: Bounds::of(limits),
            runtime: Some(runtime),
            generic,
            pushdown: true,
        })
    }

    /// The same engine with sub-plans kept here: answers must not change.
    pub fn without_pushdown(mut self) -> Engine {
        self.pushdown = false;
        self
    }

    /// The opened sources.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    fn splitter<'a>(&'a self, snapshot: &'a Snapshot) -> Splitter<'a> {
        Splitter {
            snapshot,
            sources: &self.sources,
            keys: &self.keys,
            timeout_ms: self.statement_timeout_ms,
            read_ahead: &self.read_ahead,
            pushdown: self.pushdown,
        }
    }

    /// Attaches sources to an admitted plan and notes in its trail what each will be asked. Nothing is asked yet.
    ///
    /// # Errors
    /// [`EngineError::Barrier`] where a governed scan is not found again; else what planning found. The trail closes
    /// as an error then.
    pub fn federate(&self, admitted: Admitted<Governed>, snapshot: &Snapshot) -> Result<Federated, EngineError> {
        let (governed, mut trail) = admitted.into_parts();
        let planned = match self.kept(&governed) {
            Some(generic) => run_of(&generic, &governed),
            None => guarded(governed.is_short(), || self.planned(governed, snapshot)),
        };
        match planned {
            Ok(planned) => {
                for sent in planned.sent {
                    trail.note_source(&sent.connection, &sent.what);
                }
                let Planned { plan, columns, stop, batches, .. } = planned;
                Ok(Federated { plan, columns, stop, batches, trail })
            }
            Err(error) => {
                stream::close_with_error(trail, &error);
                Err(error)
            }
        }
    }

    /// Whether a plan is at hand already, so that federating is a matter of microseconds.
    pub fn is_planned(&self, governed: &Governed) -> bool {
        self.kept(governed).is_some()
    }

    fn kept(&self, governed: &Governed) -> Option<Arc<Generic>> {
        self.generic.get(&governed.generic()?.id)?.1
    }

    fn planned(&self, governed: Governed, snapshot: &Snapshot) -> Result<Planned, EngineError> {
        let Some(sluice_plan::GenericPlan { id, plan, weight, .. }) = governed.generic() else {
            return self.physical(governed, snapshot);
        };
        if self.generic.get(&id).is_some() {
            return self.physical(governed, snapshot);
        }
        // What cannot be planned without its values may be with them.
        let made = self.generic_plan(plan, snapshot).unwrap_or_else(|error| {
            tracing::debug!(%error, "no generic plan");
            None
        });
        let made = made.map(Arc::new);
        self.generic.insert(id, (weight, made.clone()));
        match made {
            Some(generic) => run_of(&generic, &governed),
            None => self.physical(governed, snapshot),
        }
    }

    fn generic_plan(&self, plan: &LogicalPlan, snapshot: &Snapshot) -> Result<Option<Generic>, EngineError> {
        let split = self.splitter(snapshot).split(plan, &self.state)?;
        if needs_values(&split.plan)? || Batches::of(&split.plan, &self.shares)?.are_small() {
            return Ok(None);
        }
        let planner = DefaultPhysicalPlanner::default();
        let plan = futures::executor::block_on(planner.create_physical_plan(&split.plan, &self.state))?;
        Ok(Generic::new(plan, split))
    }

    fn physical(&self, governed: Governed, snapshot: &Snapshot) -> Result<Planned, EngineError> {
        let (plan, columns) = governed.into_plan()?;
        let split = self.splitter(snapshot).split(&plan, &self.state)?;
        let batches = Batches::of(&split.plan, &self.shares)?;
        let stop = Stop::default();
        let guarded = stop.guard(split.plan, self.bounds.batch_bytes_max())?;
        let planner = DefaultPhysicalPlanner::default();
        let plan = if batches.are_small() {
            let mut state = self.state.clone();
            *state.config_mut() = state.config().clone().with_batch_size(batches.rows);
            let plan = futures::executor::block_on(planner.create_physical_plan(&guarded, &state))?;
            small_batches(plan, batches.rows)?
        } else {
            futures::executor::block_on(planner.create_physical_plan(&guarded, &self.state))?
        };
        let plan = once::read_once(cooperative(plan)?)?;
        verify_physical(&plan, &split.fingerprints)?;
        Ok(Planned { plan, columns, sent: split.sent, stop, batches })
    }

    /// Starts a federated statement.
    ///
    /// # Errors
    /// What starting it found; the trail closes as an error then.
    pub fn execute(&self, federated: Federated) -> Result<RowStream, EngineError> {
        let mut context = TaskContext::from(&self.state);
        let share = self.memory.of(&federated.trail.session().user);
        let environment = RuntimeEnv { memory_pool: Arc::new(share), ..context.runtime_env().as_ref().clone() };
        context = context.with_runtime(Arc::new(environment));
        if federated.batches.are_small() {
            let config = context.session_config().clone().with_batch_size(federated.batches.rows);
            context = context.with_session_config(config);
        }
        let runtime = self.runtime.as_ref().ok_or_else(|| EngineError::Internal("the engine has stopped".into()))?;
        stream::start(federated, Arc::new(context), runtime.handle())
    }

    /// What a governed statement would ask each source, and what would run here. Nothing is run; the plan is consumed.
    ///
    /// # Errors
    /// As [`Engine::federate`].
    pub fn explain(&self, governed: Governed, snapshot: &Snapshot) -> Result<Vec<String>, EngineError> {
        let planned = guarded(governed.is_short(), || self.physical(governed, snapshot))?;
        let mut lines: Vec<String> =
            planned.sent.iter().map(|sent| format!("sent to {}: {}", sent.connection, sent.what)).collect();
        nodes(planned.plan.as_ref(), 0, &mut lines);
        Ok(lines)
    }
}

/// The nodes of a plan, an inner one further in. Names alone: an expression of theirs holds values.
fn nodes(plan: &dyn ExecutionPlan, depth: usize, lines: &mut Vec<String>) {
    lines.push(format!("here: {:indent$}{}", "", plan.name(), indent = 2 * depth));
    plan.children().into_iter().for_each(|inner| nodes(inner.as_ref(), depth + 1, lines));
}

/// One run of a generic plan.
fn run_of(generic: &Generic, governed: &Governed) -> Result<Planned, EngineError> {
    let values = governed.generic().map_or(&[][..], |plan| plan.values);
    let plan = generic.filled(values)?;
    let (columns, sent) = (governed.columns().to_vec(), generic.sent.clone());
    Ok(Planned { plan, columns, sent, stop: Stop::default(), batches: Batches::default() })
}

/// DataFusion's own rules, then ours: what is checked has its types.
fn analyzer_rules(limits: &Limits, account: Account) -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    let mut rules = Analyzer::new().rules;
    rules.push(Arc::new(Checked::new(Bounds::of(limits), account)));
    rules
}

impl Drop for Engine {
    /// A runtime may be dropped inside another one only in the background.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
