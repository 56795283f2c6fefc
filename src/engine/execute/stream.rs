//! Rows on their way from the engine to an encoder.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use sluice_base::{Column, Table, ToClient};
use sluice_model::audit::{Admitted, Outcome, Trail};
use sluice_plan::numeric::scaled_type;
use sluice_plan::types::arrow_type;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Stop;
use crate::EngineError;
use crate::encode::RowBlock;
use crate::federate::Federated;

/// Batches that may wait for a slow reader.
const WAITING_MAX: usize = 1;
/// Rows of one block, so that a slow reader holds little.
const BLOCK_ROWS: usize = 8_192;

/// A running statement: its rows, and the trail that ends with it.
#[derive(Debug)]
pub struct RowStream {
    columns: Vec<Column>,
    body: Body,
    trail: Option<Trail>,
}

#[derive(Debug)]
enum Body {
    Engine(Running),
    Values(Option<Vec<Vec<sluice_base::Datum>>>),
}

/// A statement at work on the engine's threads; aborted when dropped.
#[derive(Debug)]
struct Running {
    batches: mpsc::Receiver<Result<RecordBatch, EngineError>>,
    task: JoinHandle<()>,
    /// The end was told. A closed channel alone could be a task that broke off.
    ended: bool,
    stop: Stop,
}

impl Running {
    async fn next(&mut self) -> Result<Option<RowBlock>, EngineError> {
        if self.ended {
            return Ok(None);
        }
        match self.batches.recv().await {
            Some(Ok(batch)) => Ok(Some(RowBlock::Batch(batch))),
            Some(Err(error)) => {
                self.batches.close();
                self.ended = true;
                Err(error)
            }
            None => {
                let task = (&mut self.task).await;
                self.ended = true;
                task.map(|()| None).map_err(broken_off)
            }
        }
    }
}

/// What a task that did not end by itself means: it panicked, or its threads were stopped.
fn broken_off(error: tokio::task::JoinError) -> EngineError {
    match error.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
            EngineError::panicked(&text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default())
        }
        Err(stopped) => EngineError::Internal(format!("the statement's task was stopped: {stopped}")),
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.set();
        self.task.abort();
    }
}

impl RowStream {
    /// The rows of a small finished answer, once it is admitted.
    pub fn of_table(admitted: Admitted<Table>) -> RowStream {
        let (table, trail) = admitted.into_parts();
        RowStream { columns: table.columns, body: Body::Values(Some(table.rows)), trail: Some(trail) }
    }

    /// Columns of every block.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The next rows; `None` at the end. Safe to drop and call again (`select!`): no row is lost.
    ///
    /// # Errors
    /// What stopped the statement. Nothing follows an error.
    pub async fn next(&mut self) -> Result<Option<RowBlock>, EngineError> {
        match &mut self.body {
            Body::Values(rows) => Ok(rows.take().filter(|rows| !rows.is_empty()).map(RowBlock::Values)),
            Body::Engine(running) => running.next().await,
        }
    }

    /// Counts rows and bytes that were sent to the client.
    pub fn count(&mut self, rows: u64, bytes: u64) {
        if let Some(trail) = &mut self.trail {
            trail.count(rows, bytes);
        }
    }

    /// Id of the statement in the audit.
    pub fn id(&self) -> Option<&str> {
        self.trail.as_ref().map(Trail::id)
    }

    /// The trail, to say more about the statement before it ends.
    pub fn trail(&mut self) -> Option<&mut Trail> {
        self.trail.as_mut()
    }

    /// Ends the statement with this outcome; without it the end is `abandoned`.
    pub fn finish(mut self, outcome: Outcome) {
        if let Some(trail) = self.trail.take() {
            trail.finish(outcome);
        }
    }
}

/// Closes a trail whose statement failed before it gave rows.
pub(super) fn close_with_error(mut trail: Trail, error: &EngineError) {
    trail.note_cause(error.to_string());
    trail.finish(Outcome::Error(error.to_client().code));
}

/// Starts a plan on the engine's threads.
pub(super) fn start(
    federated: Federated,
    context: Arc<TaskContext>,
    threads: &Handle,
) -> Result<RowStream, EngineError> {
    let Federated { plan, columns, stop, batches: small, trail } = federated;
    let target = schema_of(&columns);
    let (sender, batches) = mpsc::channel(WAITING_MAX);
    let task = threads.spawn(async move {
        let _held = small.reservation;
        let outcome = drive(plan, context, target, &sender).await;
        if let Err(error) = outcome {
            // A reader that has gone needs no error.
            let _ = sender.send(Err(error)).await;
        }
    });
    Ok(RowStream { columns, body: Body::Engine(Running { batches, task, ended: false, stop }), trail: Some(trail) })
}

async fn drive(
    plan: Arc<dyn datafusion::physical_plan::ExecutionPlan>,
    context: Arc<TaskContext>,
    target: SchemaRef,
    sender: &mpsc::Sender<Result<RecordBatch, EngineError>>,
) -> Result<(), EngineError> {
    let mut stream = execute_stream(plan, context)?;
    while let Some(batch) = stream.next().await {
        let batch = announced(&batch?, &target)?;
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = BLOCK_ROWS.min(batch.num_rows() - from);
            if sender.send(Ok(batch.slice(from, rows))).await.is_err() {
                return Ok(());
            }
            from += rows;
        }
    }
    Ok(())
}

fn schema_of(columns: &[Column]) -> SchemaRef {
    let fields = columns.iter().map(|column| Field::new(&column.name, target_type(column), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn target_type(column: &Column) -> datafusion::arrow::datatypes::DataType {
    arrow_type(&column.sql_type)
}

/// Columns in the types that were announced; a computed numeric keeps its own precision and scale.
fn announced(batch: &RecordBatch, target: &SchemaRef) -> Result<RecordBatch, EngineError> {
    use datafusion::arrow::datatypes::DataType;
    if batch.num_columns() != target.fields().len() {
        return Err(EngineError::Internal("columns announced and columns sent differ in number".into()));
    }
    let mut fields = Vec::with_capacity(target.fields().len());
    let mut columns = Vec::with_capacity(target.fields().len());
    for (column, field) in batch.columns().iter().zip(target.fields()) {
        let is_decimal =
            |t: &DataType| matches!(t, DataType::Decimal128(..) | DataType::Decimal256(..)) || *t == scaled_type();
        let keeps = |from: &DataType, to: &DataType| from == to || is_decimal(from) && is_decimal(to);
        let keep = match (column.data_type(), field.data_type()) {
            (DataType::List(from), DataType::List(to)) => keeps(from.data_type(), to.data_type()),
            (from, to) => keeps(from, to),
        };
        let column = if keep {
            Arc::clone(column)
        } else {
            cast(column, field.data_type()).map_err(|error| EngineError::Internal(error.to_string()))?
        };
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|error| EngineError::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use sluice_base::SqlState;

    use super::*;

    fn running(task: JoinHandle<()>, batches: mpsc::Receiver<Result<RecordBatch, EngineError>>) -> RowStream {
        let body = Body::Engine(Running { batches, task, ended: false, stop: Stop::default() });
        RowStream { columns: Vec::new(), body, trail: None }
    }

    async fn after_a_panic(text: &'static str) -> EngineError {
        let (sender, batches) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(async move {
            let empty = RecordBatch::new_empty(Arc::new(Schema::empty()));
            sender.send(Ok(empty)).await.unwrap();
            panic!("{text}");
        });
        let mut rows = running(task, batches);
        assert!(matches!(rows.next().await, Ok(Some(_))));
        let error = rows.next().await.unwrap_err();
        assert!(matches!(rows.next().await, Ok(None)), "nothing follows an error");
        error
    }

    #[tokio::test]
    async fn a_task_that_panics_is_no_end_of_the_rows() {
        let error = after_a_panic("index out of bounds").await;
        assert_eq!(error.to_client().code, SqlState::InternalError, "{error}");
        let error = after_a_panic("byte array offset overflow").await;
        assert_eq!(error.to_client().code, SqlState::OutOfMemory, "{error}");
    }

    #[tokio::test]
    async fn a_task_that_is_stopped_is_no_end_of_the_rows() {
        let (sender, batches) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(async move {
            sender.closed().await;
        });
        task.abort();
        let error = running(task, batches).next().await.unwrap_err();
        assert_eq!(error.to_client().code, SqlState::InternalError, "{error}");
    }

    #[tokio::test]
    async fn a_task_that_ends_is_the_end_of_the_rows() {
        let (sender, batches) = mpsc::channel(WAITING_MAX);
        let task = tokio::spawn(async move { drop(sender) });
        let mut rows = running(task, batches);
        assert!(matches!(rows.next().await, Ok(None)));
        assert!(matches!(rows.next().await, Ok(None)));
    }
}
