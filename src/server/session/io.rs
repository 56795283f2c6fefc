//! One connection while the session works: what may interrupt the work.
//!
//! Invariant: whatever a statement waits for, it waits through [`Io::guard`] or [`Io::flush`], so that a cancel
//! request, the session's end, the statement timeout, the server's shutdown and a vanished client end every phase. Messages that the
//! client sends ahead stay in the connection, in order and bounded.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use sluice_wire::{Connection, Frontend, WireError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::error::{Fault, SessionError};
use crate::state::{Phase, Registered};

/// A connection with everything that can interrupt work on it.
pub struct Io {
    conn: Connection,
    cancel: watch::Receiver<u64>,
    end: watch::Receiver<bool>,
    phase: watch::Receiver<Phase>,
    /// A statement runs: a cancel request means it.
    running: bool,
    deadline: Option<Instant>,
}

/// What an idle session woke up for.
pub enum Woken {
    /// A message.
    Message(Frontend),
    /// A message that cannot be read, though the one after it can.
    Unreadable(WireError),
    /// The client left without a goodbye.
    Left,
}

impl Io {
    /// Takes over a connection that has logged in.
    pub fn new(conn: Connection, registered: &Registered, phase: watch::Receiver<Phase>) -> Io {
        let (cancel, end) = (registered.cancel.clone(), registered.end.clone());
        Io { conn, cancel, end, phase, running: false, deadline: None }
    }

    /// The connection, to queue replies on.
    pub fn conn(&mut self) -> &mut Connection {
        &mut self.conn
    }

    /// A statement begins: cancel requests from before are void, its time starts now.
    pub fn arm(&mut self, timeout_ms: u64) {
        self.cancel.borrow_and_update();
        self.running = true;
        self.renew(timeout_ms);
    }

    /// The next statement of the same message begins: its time starts now.
    pub fn renew(&mut self, timeout_ms: u64) {
        self.deadline = (timeout_ms > 0).then(|| Instant::now() + Duration::from_millis(timeout_ms));
    }

    /// The statement is over.
    pub fn disarm(&mut self) {
        self.running = false;
        self.deadline = None;
    }

    /// The next message of an idle session, which may be idle so long and no longer.
    pub async fn wait(&mut self, idle: Option<(Duration, SessionError)>) -> Result<Woken, Fault> {
        let (limit, told) = match idle {
            Some((limit, told)) => (Instant::now().checked_add(limit), told),
            None => (None, SessionError::IdleTimeout),
        };
        tokio::select! {
            biased;
            message = self.conn.receive() => match message {
                Ok(Some(message)) => Ok(Woken::Message(message)),
                Ok(None) | Err(WireError::Closed) => Ok(Woken::Left),
                Err(error) if error.is_fatal() => Err(gone_or_fatal(error)),
                Err(error) => Ok(Woken::Unreadable(error)),
            },
            _ = self.phase.wait_for(|phase| *phase != Phase::Serving) => Err(Fault::fatal(SessionError::Shutdown)),
            _ = self.end.wait_for(|end| *end) => Err(Fault::fatal(SessionError::Shutdown)),
            () = wait_until(limit) => Err(Fault::fatal(told)),
        }
    }

    /// Works until done or interrupted. The work is dropped when it is interrupted, which cancels it.
    pub async fn guard<F: Future>(&mut self, work: F) -> Result<F::Output, Fault> {
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => Ok(done),
            changed = self.cancel.changed(), if self.running => Err(cancelled(changed)),
            _ = self.phase.wait_for(|phase| *phase == Phase::Stopped) => Err(Fault::fatal(SessionError::Shutdown)),
            _ = self.end.wait_for(|end| *end) => Err(Fault::fatal(SessionError::Shutdown)),
            () = wait_until(self.deadline) => Err(SessionError::StatementTimeout.into()),
            error = self.conn.closed() => Err(gone_or_fatal(error)),
        }
    }

    /// Sends what is queued; a client that does not read holds it up, but not beyond an interruption.
    pub async fn flush(&mut self) -> Result<(), Fault> {
        tokio::select! {
            biased;
            sent = self.conn.flush() => sent.map_err(gone_or_fatal),
            changed = self.cancel.changed(), if self.running => Err(cancelled(changed)),
            _ = self.phase.wait_for(|phase| *phase == Phase::Stopped) => Err(Fault::fatal(SessionError::Shutdown)),
            _ = self.end.wait_for(|end| *end) => Err(Fault::fatal(SessionError::Shutdown)),
            () = wait_until(self.deadline) => Err(SessionError::StatementTimeout.into()),
        }
    }

    /// Sends what is queued where enough has gathered.
    pub async fn relieve(&mut self) -> Result<(), Fault> {
        if self.conn.buffer().len() >= BUFFER_BYTES { self.flush().await } else { Ok(()) }
    }
}

/// Bytes of replies that wait before they are sent without being asked for.
pub const BUFFER_BYTES: usize = 64 << 10;

async fn wait_until(limit: Option<Instant>) {
    match limit {
        Some(limit) => sleep_until(limit).await,
        None => std::future::pending().await,
    }
}

/// The sender lives in the registry as long as the session does.
fn cancelled(changed: Result<(), watch::error::RecvError>) -> Fault {
    match changed {
        Ok(()) => SessionError::Cancelled.into(),
        Err(_) => Fault::fatal(SessionError::Shutdown),
    }
}

/// A broken socket has nobody to tell; a broken frame has.
pub fn gone_or_fatal(error: WireError) -> Fault {
    match error {
        WireError::Closed | WireError::Io(_) => Fault::Gone,
        told => Fault::fatal(told),
    }
}
