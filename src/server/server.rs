//! A server from its configuration to its end.
//!
//! Invariant: everything that can be wrong with the configuration is found before the first connection is taken, and
//! the audit log is the first thing opened and the last thing closed.

use std::net::SocketAddr;
use std::sync::Arc;

use sluice_model::audit::Event;
use sluice_model::catalog::AUDIT_CONNECTION;
use sluice_model::diagnostic::Diagnostic;
use sluice_wire::AcceptOptions;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::audit::{FileSink, StoreError};
use crate::config::Config;
use crate::listener::{self, Listening};
use crate::reload::{LoadError, Loader, Reloader};
use crate::state::State;
use crate::tls::{self, TlsError};

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The audit log cannot be opened.
    #[error("audit log: {0}")]
    Audit(#[from] StoreError),
    /// Catalog, policies, users or sources cannot be used.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// Certificate or key cannot be used.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// Passwords and rows would travel in the clear beyond this machine.
    #[error("listen: {0} can be reached from other machines; configure tls, or listen on a loopback address")]
    Plaintext(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// Signals cannot be received.
    #[error("signals: {0}")]
    Signals(std::io::Error),
}

impl ServerError {
    /// The findings in the files, where it is those.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            ServerError::Load(error) => error.diagnostics(),
            ServerError::Audit(_)
            | ServerError::Tls(_)
            | ServerError::Plaintext(_)
            | ServerError::Listen { .. }
            | ServerError::Signals(_) => &[],
        }
    }
}

/// Starts servers.
pub struct Server;

/// A server at work.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it serves.
    pub state: Arc<State>,
    listening: Listening,
    reloading: JoinHandle<()>,
    sink: Arc<FileSink>,
}

impl Server {
    /// Opens the audit log, loads everything, and begins to listen.
    ///
    /// # Errors
    /// [`ServerError`]: nothing is listened on then.
    pub async fn start(config: Config) -> Result<Running, ServerError> {
        let config = Arc::new(config);
        let tls = match &config.tls {
            Some(files) => Some(tls::load(files)?),
            None if config.listen.ip().is_loopback() => None,
            None => return Err(ServerError::Plaintext(config.listen)),
        };
        let accept = AcceptOptions {
            tls,
            require_tls: config.tls.as_ref().is_some_and(|files| files.required),
            limits: config.limits.clone(),
        };
        let sink = Arc::new(FileSink::open(&config.audit)?);
        let started = Server::serve(config, accept, sink.clone()).await;
        if started.is_err() {
            close(sink).await;
        }
        started
    }

    async fn serve(config: Arc<Config>, accept: AcceptOptions, sink: Arc<FileSink>) -> Result<Running, ServerError> {
        let (loader, current) = Loader::open(config.clone(), Some(sink.store(AUDIT_CONNECTION))).await?;
        let address = config.listen;
        let socket = TcpListener::bind(address).await.map_err(|error| ServerError::Listen { address, error })?;
        let state = State::new(current, sink.clone(), config.limits.clone(), config.database.clone(), accept);
        state.quotas.restore(sink.taken_lately());
        let reloading = Reloader::new(loader, state.clone()).spawn();
        let listening =
            listener::serve(state.clone(), socket).map_err(|error| ServerError::Listen { address, error })?;
        Ok(Running { addr: listening.addr, state, listening, reloading, sink })
    }
}

impl Running {
    /// Stops in order: no new connection, statements may finish for a while, the audit log is closed last.
    pub async fn stop(self) {
        let Running { state, listening, reloading, sink, .. } = self;
        listening.stop().await;
        reloading.abort();
        // The log says itself why where it cannot take this.
        drop(state.sink.note(Event::Stopped));
        close(sink).await;
    }
}

/// Closes the audit log beside the tasks of the server: it waits for the disk.
async fn close(sink: Arc<FileSink>) {
    if let Err(error) = tokio::task::spawn_blocking(move || sink.close()).await {
        tracing::error!(alert = true, %error, "the audit log was not closed in order");
    }
}

/// Serves until SIGTERM or SIGINT. SIGHUP loads files anew.
///
/// # Errors
/// As [`Server::start`].
pub async fn run(config: Config) -> Result<(), ServerError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServerError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServerError::Signals)?;
    let running = Server::start(config).await?;
    tracing::info!(addr = %running.addr, "listening");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: running statements may finish");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}
