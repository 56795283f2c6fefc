//! Loading catalog, policies and users, at start and again while the server runs.
//!
//! Invariant: what is served is always one checked whole. A change on disk or a SIGHUP loads everything anew; only where
//! all of it is right is it swapped in, at once; else the set in force stays, an alert is logged, and the audit has it.
//! Connections, keys and limits belong to the process: changing them takes a restart.

mod load;
mod org;
#[cfg(test)]
mod tests;
mod watcher;

use std::sync::Arc;
use std::time::Duration;

use sluice_model::Snapshot;
use sluice_model::audit::Event;
use sluice_wire::AcceptOptions;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use load::{Files, LoadError, Loader, open_sources};
pub use org::Org;

use crate::state::{Current, Phase, State};
use org::Change;
use watcher::Watching;

/// Quiet after the last change before files are read: writers write in several steps.
const QUIET: Duration = Duration::from_millis(250);
/// Longest wait for that quiet.
const QUIET_MAX: Duration = Duration::from_secs(3);

/// Keeps a running server's set up to date.
pub struct Reloader {
    loader: Loader,
    state: Arc<State>,
}

/// Why files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Something in a watched folder changed; it may be nothing that matters.
    Change,
    /// Somebody asked.
    Request,
}

impl Reloader {
    /// A reloader for a server whose first set came from this loader.
    pub fn new(loader: Loader, state: Arc<State>) -> Reloader {
        Reloader { loader, state }
    }

    /// Runs beside the server until it drains.
    pub fn spawn(self) -> JoinHandle<()> {
        tokio::spawn(self.run())
    }

    async fn run(mut self) {
        let mut phase = self.state.phase();
        let mut watching = self.watch(None).await;
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(signal) => Some(signal),
            Err(error) => {
                tracing::warn!(%error, "SIGHUP cannot be received");
                None
            }
        };
        let refresh = Duration::from_millis(self.loader.config.reload.org_refresh_ms);
        let mut refreshes = tokio::time::interval_at(tokio::time::Instant::now() + refresh, refresh);
        refreshes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = draining(&mut phase) => return,
                () = next(&mut watching) => {
                    settle(&mut watching).await;
                    // Before the files are read: what changes from now on is noticed.
                    watching = self.watch(watching).await;
                    self.reload(Trigger::Change).await;
                }
                () = hangup(&mut hangups) => {
                    tracing::info!("SIGHUP: loading files anew");
                    watching = self.watch(watching).await;
                    self.reload(Trigger::Request).await;
                    self.reload_certificate();
                }
                _ = refreshes.tick() => self.refresh_org().await,
            }
        }
    }

    /// Watches what stands in the place of the files by now; where that fails, what was watched before stays watched.
    async fn watch(&self, before: Option<Watching>) -> Option<Watching> {
        if !self.loader.config.reload.watch {
            return None;
        }
        let config = self.loader.config.clone();
        let failed = match tokio::task::spawn_blocking(move || watcher::watch(&config)).await {
            Ok(Ok(watching)) => return Some(watching),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(alert = true, error = failed, "folders cannot be watched; send SIGHUP after a change");
        before
    }

    /// Loads all files and swaps them in where they are right and other than those in force. True where the set in
    /// force is now what the files say.
    pub async fn reload(&mut self, trigger: Trigger) -> bool {
        let before = self.state.current();
        let files = match load::load_apart(&self.loader.config).await {
            Ok(files) => files,
            Err(error) => {
                self.keep(&before.snapshot, &error);
                return false;
            }
        };
        if trigger == Trigger::Change && !files.differ_from(&before) {
            return true;
        }
        load::warn(&files.warnings);
        self.loader.org.read(&files.catalog, &self.loader.sources).await;
        let current = self.loader.current(files, before.snapshot.epoch + 1);
        self.install(current, "all");
        true
    }

    /// Reads the organisation tree anew and swaps it in where it changed.
    pub async fn refresh_org(&mut self) {
        let before = self.state.current();
        let read = self.loader.org.read(&before.snapshot.catalog, &self.loader.sources).await;
        let stale = self.loader.org.expire(Duration::from_millis(self.loader.config.reload.org_stale_ms));
        if read == Change::Same && stale == Change::Same {
            return;
        }
        let snapshot = Snapshot {
            epoch: before.snapshot.epoch + 1,
            org: self.loader.org.tree(),
            ..before.snapshot.as_ref().clone()
        };
        let users = before.users.clone();
        self.install(Current { snapshot: Arc::new(snapshot), engine: before.engine.clone(), users }, "org");
    }

    /// Reads certificate and key anew, for the connections that come from now on.
    fn reload_certificate(&self) {
        let config = &self.loader.config;
        let Some(files) = &config.tls else { return };
        match crate::tls::load(files) {
            Ok(tls) => {
                let limits = config.limits.clone();
                self.state.accept.store(Arc::new(AcceptOptions {
                    tls: Some(tls),
                    require_tls: files.required,
                    limits,
                }));
            }
            Err(error) => tracing::error!(alert = true, %error, "the certificate loaded before stays in use"),
        }
    }

    fn install(&self, current: Current, what: &str) {
        let snapshot = current.snapshot.clone();
        let (catalog, policies) = (&snapshot.catalog.id, &snapshot.policies.id);
        self.state.install(current);
        tracing::info!(what, epoch = snapshot.epoch, catalog, policies, "loaded anew");
        self.note(&snapshot, what, "done", 0);
    }

    /// Leaves the set in force, and says so.
    fn keep(&self, in_force: &Snapshot, error: &LoadError) {
        let diagnostics = error.diagnostics();
        for diagnostic in diagnostics {
            tracing::error!(alert = true, "{diagnostic}");
        }
        let count = diagnostics.len().max(1) as u64;
        if diagnostics.is_empty() {
            tracing::error!(alert = true, %error, "files were not loaded");
        }
        tracing::error!(alert = true, diagnostics = count, "reload refused; the set loaded before stays in force");
        self.note(in_force, "all", "error", count);
    }

    fn note(&self, in_force: &Snapshot, what: &str, outcome: &str, diagnostics: u64) {
        // A sink that cannot take the record has raised its own alarm.
        drop(self.state.sink.note(Event::Reload {
            what: what.to_string(),
            outcome: outcome.to_string(),
            catalog_id: in_force.catalog.id.clone(),
            policy_id: in_force.policies.id.clone(),
            diagnostics,
        }));
    }
}

async fn draining(phase: &mut watch::Receiver<Phase>) {
    // An error means that the server is gone, which is an end too.
    phase.wait_for(|phase| *phase != Phase::Serving).await.map(drop).unwrap_or_default();
}

/// The next change; never where nothing is watched.
async fn next(watching: &mut Option<Watching>) {
    let received = match watching {
        Some(watching) => watching.changed().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending().await
    }
}

async fn hangup(hangups: &mut Option<Signal>) {
    let received = match hangups {
        Some(hangups) => hangups.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending().await
    }
}

/// Waits until nothing changes any more, within bounds.
async fn settle(watching: &mut Option<Watching>) {
    let deadline = tokio::time::Instant::now() + QUIET_MAX;
    while tokio::time::Instant::now() < deadline && tokio::time::timeout(QUIET, next(watching)).await.is_ok() {}
}
