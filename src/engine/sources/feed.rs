//! The channel between the task that reads a source and the stream that the engine polls.
//!
//! Invariant: when the stream is dropped, [`Watch::closed`] resolves, so that the task can stop the source; at most one
//! batch waits in between, so a slow reader slows the source; a stream ends only after [`Feed::end`] or an error, so
//! a task that breaks off can never look like the end of the rows.

use arrow::record_batch::RecordBatch;
use futures::stream;
use tokio::sync::{mpsc, oneshot};

use super::{BatchStream, SourceError};

/// Batches that may wait between the reading task and the stream.
const WAITING_MAX: usize = 1;

/// The reading task's end.
pub(super) struct Feed {
    ready: Option<oneshot::Sender<Result<(), SourceError>>>,
    batches: mpsc::Sender<Item>,
}

/// What goes over the channel; `None` is the end of the rows.
type Item = Result<Option<RecordBatch>, SourceError>;

/// The stream's end, before it is known whether the statement was accepted.
pub(super) struct Outlet {
    connection: String,
    ready: oneshot::Receiver<Result<(), SourceError>>,
    batches: mpsc::Receiver<Item>,
}

/// Both ends of one scan.
pub(super) fn channel(connection: &str) -> (Feed, Outlet) {
    let (ready_sender, ready) = oneshot::channel();
    let (sender, batches) = mpsc::channel(WAITING_MAX);
    let feed = Feed { ready: Some(ready_sender), batches: sender };
    (feed, Outlet { connection: connection.into(), ready, batches })
}

impl Feed {
    /// The statement is accepted: the stream may be given out.
    pub(super) fn ready(&mut self) {
        if let Some(ready) = self.ready.take() {
            // Nobody waiting means that the scan was dropped: `closed` tells it.
            let _ = ready.send(Ok(()));
        }
    }

    /// Ends the scan with an error, to whoever is waiting.
    pub(super) async fn fail(mut self, error: SourceError) {
        match self.ready.take() {
            Some(ready) => drop(ready.send(Err(error))),
            None => drop(self.batches.send(Err(error)).await),
        }
    }

    /// As [`Feed::fail`], from a thread of its own.
    pub(super) fn fail_blocking(mut self, error: SourceError) {
        match self.ready.take() {
            Some(ready) => drop(ready.send(Err(error))),
            None => drop(self.batches.blocking_send(Err(error))),
        }
    }

    /// All rows were sent.
    pub(super) async fn end(self) {
        drop(self.batches.send(Ok(None)).await);
    }

    /// As [`Feed::end`], from a thread of its own.
    pub(super) fn end_blocking(self) {
        drop(self.batches.blocking_send(Ok(None)));
    }

    /// Hands a batch over, waiting for room; false when nobody reads any more.
    pub(super) async fn send(&self, batch: RecordBatch) -> bool {
        self.batches.send(Ok(Some(batch))).await.is_ok()
    }

    /// As [`Feed::send`], from a thread of its own.
    pub(super) fn send_blocking(&self, batch: RecordBatch) -> bool {
        self.batches.blocking_send(Ok(Some(batch))).is_ok()
    }

    /// A watch that resolves once nobody reads any more.
    pub(super) fn watch(&self) -> Watch {
        Watch(self.batches.clone())
    }
}

/// See [`Feed::watch`]. It keeps the channel open, so it must not outlive the reading task.
pub(super) struct Watch(mpsc::Sender<Item>);

impl Watch {
    /// Resolves once nobody reads any more.
    pub(super) async fn closed(&self) {
        self.0.closed().await;
    }
}

impl Outlet {
    /// Waits until the source accepted the statement, then gives the stream.
    pub(super) async fn stream(self) -> Result<BatchStream, SourceError> {
        let connection = self.connection;
        self.ready.await.map_err(|_| broken_off(&connection))??;
        let batches = stream::unfold(Some(self.batches), move |batches| {
            let connection = connection.clone();
            async move {
                let mut batches = batches?;
                match batches.recv().await {
                    Some(Ok(Some(batch))) => Some((Ok(batch), Some(batches))),
                    Some(Ok(None)) => None,
                    Some(Err(error)) => Some((Err(error), None)),
                    None => Some((Err(broken_off(&connection)), None)),
                }
            }
        });
        Ok(Box::pin(batches))
    }
}

fn broken_off(connection: &str) -> SourceError {
    SourceError::Request { connection: connection.into(), problem: "the reading task broke off".into() }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    #[tokio::test]
    async fn a_task_that_breaks_off_is_not_the_end() {
        let (mut feed, outlet) = channel("c");
        feed.ready();
        let mut stream = outlet.stream().await.unwrap();
        drop(feed);
        assert!(matches!(stream.next().await, Some(Err(SourceError::Request { .. }))));
        assert!(stream.next().await.is_none());
        let (feed, outlet) = channel("c");
        drop(feed);
        assert!(outlet.stream().await.is_err());
    }

    #[tokio::test]
    async fn dropping_the_stream_is_seen() {
        let (mut feed, outlet) = channel("c");
        let watch = feed.watch();
        feed.ready();
        drop(outlet.stream().await.unwrap());
        watch.closed().await;
        let (feed, outlet) = channel("c");
        let watch = feed.watch();
        drop(outlet);
        watch.closed().await;
    }
}
