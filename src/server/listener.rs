//! The listener: takes connections up to a limit, hands each to a task of its own, and goes down in order.
//!
//! Invariant: neither a connection nor a session can take the server down: each runs in its own task, and a panic there
//! is logged and recorded. Tasks are bounded: beyond the limit a connection is only taken to say so, and beyond a
//! second limit not at all.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sluice_base::{SqlState, ToClient};
use sluice_model::audit::{Event, SessionInfo};
use sluice_wire::{Accepted, WireError, accept};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::session;
use crate::session::error::SessionError;
use crate::state::{Phase, State};

/// Connections beyond the limit that are told so; cancel requests come this way too.
const OVERFLOW_MAX: usize = 64;
/// Time that running statements get when the server goes down.
const DRAIN: Duration = Duration::from_secs(10);
/// Time that sessions get after that to say goodbye.
const GOODBYE: Duration = Duration::from_secs(3);
/// Pause after the system refused to hand over a connection (no file descriptors left, for one).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A listener at work.
pub struct Listening {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it serves.
    pub state: Arc<State>,
    accepting: JoinHandle<()>,
    drain: Duration,
}

/// Starts to take connections.
pub fn serve(state: Arc<State>, listener: TcpListener) -> std::io::Result<Listening> {
    let addr = listener.local_addr()?;
    let accepting = tokio::spawn(accept_all(state.clone(), listener));
    Ok(Listening { addr, state, accepting, drain: DRAIN })
}

impl Listening {
    /// Gives running statements another time than the usual one when the server goes down.
    pub fn drain_within(mut self, drain: Duration) -> Listening {
        self.drain = drain;
        self
    }

    /// Stops: no new connection, idle sessions end, statements may finish for a while, then everything ends.
    pub async fn stop(self) {
        self.state.enter(Phase::Draining);
        self.accepting.abort();
        if !self.sessions_end(self.drain).await {
            tracing::info!(sessions = self.state.session_count(), "statements still run and are stopped");
            self.state.enter(Phase::Stopped);
            self.sessions_end(GOODBYE).await;
        }
        self.state.enter(Phase::Stopped);
    }

    /// Waits for all sessions to end. False: some have not in time.
    async fn sessions_end(&self, within: Duration) -> bool {
        let ended = async {
            while self.state.session_count() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(within, ended).await.is_ok()
    }
}

async fn accept_all(state: Arc<State>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(state.limits.connections_max));
    let overflow = Arc::new(Semaphore::new(OVERFLOW_MAX));
    loop {
        let (socket, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let place = match places.clone().try_acquire_owned() {
            Ok(permit) => Place::Session(permit),
            Err(_) => match overflow.clone().try_acquire_owned() {
                Ok(permit) => Place::Overflow(permit),
                // Dropping the socket closes it; whoever floods us learns no more than that.
                Err(_) => continue,
            },
        };
        let state = state.clone();
        tokio::spawn(async move {
            let task = tokio::spawn(connection(state.clone(), socket, place));
            if let Err(error) = task.await
                && error.is_panic()
            {
                let id = uuid::Uuid::now_v7().to_string();
                tracing::error!(id, "panic in a connection");
                note_protocol(&state, None, SqlState::InternalError.code().to_string(), format!("panic, id {id}"));
            }
        });
    }
}

/// What a connection may become; holding it holds the place.
enum Place {
    Session(OwnedSemaphorePermit),
    Overflow(OwnedSemaphorePermit),
}

async fn connection(state: Arc<State>, socket: TcpStream, place: Place) {
    let peer = socket.peer_addr().ok();
    let options = state.accept.load_full();
    match accept(socket, &options).await {
        Ok(Accepted::Cancel(request)) => {
            let session = state.cancel(&request.key).map(|session| SessionInfo::clone(&session));
            let client_addr = peer.map(|peer| peer.ip().to_string());
            drop(state.sink.note(Event::Cancel { client_addr, session }));
            request.done().await;
        }
        Ok(Accepted::Session(mut connection, startup)) => match place {
            Place::Overflow(_permit) => connection.close_with(&SessionError::TooManyConnections).await,
            Place::Session(_permit) => {
                if let Some(session) = session::login(&state, connection, startup).await {
                    session.run().await;
                }
            }
        },
        // Port scanners and health checks: nothing was asked.
        Err(WireError::Closed | WireError::Io(_)) => {}
        Err(error) => {
            tracing::info!(%error, "connection refused");
            let sqlstate = error.to_client().code.code().to_string();
            note_protocol(&state, peer, sqlstate, error.to_string());
        }
    }
}

fn note_protocol(state: &State, peer: Option<SocketAddr>, sqlstate: String, cause: String) {
    let client_addr = peer.map(|peer| peer.ip().to_string());
    drop(state.sink.note(Event::Protocol { client_addr, session: None, sqlstate, cause }));
}
