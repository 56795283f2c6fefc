//! Records on their way to the writer thread.
//!
//! Invariant: bounded. Above the soft mark new statements wait in [`Queue::ready`] before they open a trail; above the
//! hard mark records are refused and counted. Neither side ever waits while holding the lock, and the writer waits for
//! nobody but this queue, so the two cannot deadlock.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sluice_model::audit::{AuditError, Pending};
use tokio::sync::oneshot;

use super::format::BODY_BYTES_MAX;

/// What a record costs beside its body, roughly, in the queue and in the file.
const RECORD_OVERHEAD_BYTES: usize = 128;

/// One encoded record.
pub(super) struct Entry {
    /// JSON.
    pub body: Vec<u8>,
    /// Whom to tell; none where the caller was already told of a failure and the record is only being retried.
    pub ack: Option<oneshot::Sender<Result<(), AuditError>>>,
}

impl Entry {
    fn cost(&self) -> usize {
        self.body.len() + RECORD_OVERHEAD_BYTES
    }
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    bytes: usize,
    /// Bytes that the writer has taken and not yet written.
    taken_bytes: usize,
    /// The last attempt's failure, until an attempt succeeds.
    failing: Option<AuditError>,
    lost: u64,
    closed: bool,
    /// The writer waits in [`Queue::take`]; only then is it worth waking.
    writer_waits: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

/// What the writer got.
pub(super) enum Taken {
    /// Records to write.
    Batch {
        /// The records, in order.
        entries: Vec<Entry>,
        /// Records that were refused since the last batch.
        lost: u64,
    },
    /// Nothing more will come.
    Closed,
}

/// The queue between sessions and the writer thread.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    bytes_max: usize,
}

impl Queue {
    /// An empty queue of at most this many bytes.
    pub fn new(bytes_max: usize) -> Queue {
        Queue { state: Mutex::default(), changed: Condvar::new(), bytes_max }
    }

    /// A panic under this lock cannot leave the state half-changed: every change is made after the last thing that
    /// can fail. So a poisoned lock is taken all the same.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a record; never waits.
    pub fn push(&self, body: Vec<u8>) -> Pending {
        if body.len() > BODY_BYTES_MAX {
            self.lock().lost += 1;
            return failed(AuditError::Io(format!("a record of {} bytes is too long", body.len())));
        }
        let (ack, acked) = oneshot::channel();
        let entry = Entry { body, ack: Some(ack) };
        let mut state = self.lock();
        if state.closed {
            return failed(AuditError::Closed);
        }
        let waiting_bytes = state.bytes + state.taken_bytes + entry.cost();
        if waiting_bytes > self.bytes_max {
            state.lost += 1;
            let overloaded = AuditError::Overloaded { waiting_bytes, bound_bytes: self.bytes_max };
            return failed(state.failing.clone().unwrap_or(overloaded));
        }
        state.bytes += entry.cost();
        state.entries.push(entry);
        if state.writer_waits {
            self.changed.notify_one();
        }
        drop(state);
        Box::pin(async { acked.await.unwrap_or(Err(AuditError::Closed)) })
    }

    /// Becomes ready when a new statement may start. While the store fails it is ready at once: the statement is to be
    /// told of the failure, not to hang.
    pub fn ready(&self) -> Pending {
        let mut state = self.lock();
        if state.closed || state.failing.is_some() || state.bytes + state.taken_bytes <= self.bytes_max / 4 {
            return Box::pin(std::future::ready(Ok(())));
        }
        let (wake, woken) = oneshot::channel();
        state.waiting.push(wake);
        Box::pin(async {
            // A sender that went away is the end of the queue; `push` will say so.
            woken.await.unwrap_or_default();
            Ok(())
        })
    }

    /// Waits for records and takes all of them.
    pub fn take(&self) -> Taken {
        let mut state = self.lock();
        while state.entries.is_empty() && !state.closed {
            state.writer_waits = true;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.writer_waits = false;
        if state.entries.is_empty() {
            return Taken::Closed;
        }
        state.taken_bytes = std::mem::take(&mut state.bytes);
        Taken::Batch { entries: std::mem::take(&mut state.entries), lost: std::mem::take(&mut state.lost) }
    }

    /// The batch taken last is written.
    pub fn written(&self) {
        let mut state = self.lock();
        state.taken_bytes = 0;
        state.failing = None;
        if state.bytes <= self.bytes_max / 4 {
            wake(&mut state);
        }
    }

    /// What is left of the batch taken last could not be written; it goes back to the front, to be tried again.
    pub fn failed(&self, error: AuditError, mut entries: Vec<Entry>) {
        let mut state = self.lock();
        state.taken_bytes = 0;
        state.bytes += entries.iter().map(Entry::cost).sum::<usize>();
        state.failing = Some(error);
        entries.append(&mut state.entries);
        state.entries = entries;
        wake(&mut state);
    }

    /// Waits before the next attempt, less long when the queue is closed. True where it is closed.
    pub fn pause(&self, time: Duration) -> bool {
        let state = self.lock();
        let waited = self.changed.wait_timeout_while(state, time, |state| !state.closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Refuses records from now on; what is queued is still written.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        wake(&mut state);
        self.changed.notify_all();
    }

    /// Closes the queue and gives up what is in it; whoever waits is told.
    pub fn abandon(&self) {
        self.close();
        let mut state = self.lock();
        state.entries.clear();
        state.bytes = 0;
    }

    /// Whether the last attempt to write failed, and how.
    pub fn failing(&self) -> Option<AuditError> {
        self.lock().failing.clone()
    }
}

fn wake(state: &mut State) {
    for waiting in state.waiting.drain(..) {
        // A session that has gone needs no waking.
        waiting.send(()).unwrap_or_default();
    }
}

fn failed(error: AuditError) -> Pending {
    Box::pin(std::future::ready(Err(error)))
}
