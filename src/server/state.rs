//! What all sessions share: the loaded set of catalog, policies, users and sources, the audit sink, limits, caches,
//! and the registry of running sessions.
//!
//! Invariant: a statement works on one [`Current`] from its first look at a name to its last row; a reload swaps the
//! whole set at once. Sessions refer to the state; the state refers to no session but by its key and signals.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use sluice_base::Limits;
use sluice_engine::Engine;
use sluice_model::audit::{SessionInfo, Sink};
use sluice_model::{Principal, Snapshot};
use sluice_plan::Plans;
use sluice_system::VisibleCatalog;
use sluice_wire::{AcceptOptions, CancelKey, Protocol};
use tokio::sync::watch;

use crate::quota::Quotas;
use crate::session::held::Account;
use crate::turns::Turns;
use crate::users::Users;

/// What is loaded together and swapped together.
pub struct Current {
    /// Catalog, policies and organisation tree.
    pub snapshot: Arc<Snapshot>,
    /// Engine over the sources of that catalog.
    pub engine: Arc<Engine>,
    /// Who may log in.
    pub users: Arc<Users>,
}

/// How far the server is on its way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It takes connections and statements.
    Serving,
    /// It takes no new connection; statements may finish, idle sessions end.
    Draining,
    /// Everything ends.
    Stopped,
}

/// The state of one server.
pub struct State {
    current: ArcSwap<Current>,
    /// Where records go.
    pub sink: Arc<dyn Sink>,
    /// Bounds.
    pub limits: Limits,
    /// Name of the one database.
    pub database: String,
    /// How connections are received: TLS and its duty; swapped when certificates are loaded anew.
    pub accept: ArcSwap<AcceptOptions>,
    /// When the server started, microseconds since 1970-01-01 UTC.
    pub started_micros: i64,
    /// Running sessions.
    pub sessions: Registry,
    /// Failed logins.
    pub failures: Failures,
    /// Turns for planning, which is work for a processor.
    pub planners: Turns,
    /// Plans that serve more than one execution.
    pub plans: Plans,
    /// What sessions hold, all together.
    pub held: Arc<Account>,
    /// What each person has taken of her limits.
    pub quotas: Arc<Quotas>,
    visible: moka::sync::Cache<(u64, [u8; 32]), Arc<VisibleCatalog>>,
    phase: watch::Sender<Phase>,
}

/// What sessions may hold together however little memory the engine has: clients could not begin otherwise.
const HELD_BYTES_MIN: usize = 16 << 20;
/// Principals whose view of the catalog is kept.
const VISIBLE_MAX: u64 = 256;
/// How long such a view is kept: rules may depend on the time of day.
const VISIBLE_SECONDS: u64 = 10;

impl State {
    /// A server that serves `current`.
    pub fn new(
        current: Current,
        sink: Arc<dyn Sink>,
        limits: Limits,
        database: String,
        accept: AcceptOptions,
    ) -> Arc<State> {
        let processors = std::thread::available_parallelism().map_or(2, |count| count.get());
        let visible = moka::sync::Cache::builder()
            .max_capacity(VISIBLE_MAX)
            .time_to_live(Duration::from_secs(VISIBLE_SECONDS))
            .build();
        Arc::new(State {
            current: ArcSwap::from_pointee(current),
            started_micros: sink.now_micros(),
            held: Account::new("memory_bytes", limits.memory_bytes.max(HELD_BYTES_MIN)),
            sink,
            limits,
            database,
            accept: ArcSwap::from_pointee(accept),
            sessions: Registry::default(),
            failures: Failures::default(),
            planners: Turns::new(processors),
            plans: Plans::default(),
            quotas: Arc::new(Quotas::default()),
            visible,
            phase: watch::Sender::new(Phase::Serving),
        })
    }

    /// The set in force.
    pub fn current(&self) -> Arc<Current> {
        self.current.load_full()
    }

    /// Puts a new set in force for the statements that begin from now on.
    pub fn install(&self, current: Current) {
        self.current.store(Arc::new(current));
        self.visible.invalidate_all();
    }

    /// What a principal may see of the catalog, built once for equal principals on one snapshot.
    pub fn visible(&self, principal: &Principal, snapshot: &Snapshot) -> Arc<VisibleCatalog> {
        let key = (snapshot.epoch, *principal.digest().as_bytes());
        self.visible.get_with(key, || Arc::new(VisibleCatalog::build(principal, snapshot, &self.database)))
    }

    /// Follows the server on its way down.
    pub fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Moves the server on its way down.
    pub fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }
}

/// Running sessions by number, for cancel requests.
#[derive(Default)]
pub struct Registry {
    next: AtomicI32,
    entries: Mutex<HashMap<i32, Entry>>,
}

struct Entry {
    key: CancelKey,
    cancel: watch::Sender<u64>,
    end: watch::Sender<bool>,
    session: Arc<SessionInfo>,
}

/// A session's place in the registry; leaving it frees the place.
pub struct Registered {
    state: Arc<State>,
    /// The key that a cancel request must show.
    pub key: CancelKey,
    /// Counts cancel requests.
    pub cancel: watch::Receiver<u64>,
    /// True once the session is to end.
    pub end: watch::Receiver<bool>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        lock(&self.state.sessions.entries).remove(&self.key.pid());
    }
}

impl State {
    /// Enters a session under a fresh number and key.
    pub fn register(self: &Arc<State>, session: Arc<SessionInfo>, protocol: Protocol) -> Registered {
        let (sender, cancel) = watch::channel(0);
        let (ender, end) = watch::channel(false);
        let mut entries = lock(&self.sessions.entries);
        let pid = loop {
            // Numbers go round; one that is still in use is passed over.
            let pid = self.sessions.next.fetch_add(1, Ordering::Relaxed) & i32::MAX;
            if pid != 0 && !entries.contains_key(&pid) {
                break pid;
            }
        };
        let key = CancelKey::random(pid, protocol);
        entries.insert(pid, Entry { key: key.clone(), cancel: sender, end: ender, session });
        Registered { state: self.clone(), key, cancel, end }
    }

    /// Signals the session that a key belongs to; `None` where it belongs to none.
    pub fn cancel(&self, shown: &CancelKey) -> Option<Arc<SessionInfo>> {
        let entries = lock(&self.sessions.entries);
        let entry = entries.get(&shown.pid()).filter(|entry| entry.key.matches(shown))?;
        entry.cancel.send_modify(|count| *count = count.wrapping_add(1));
        Some(entry.session.clone())
    }

    /// Whether a running session is this user's own.
    pub fn is_own(&self, user: &str, pid: i32) -> bool {
        lock(&self.sessions.entries).get(&pid).is_some_and(|entry| entry.session.user == user)
    }

    /// Cancels the statement of one of a user's own sessions, or ends the session.
    pub fn signal(&self, user: &str, pid: i32, end: bool) {
        let entries = lock(&self.sessions.entries);
        let Some(entry) = entries.get(&pid).filter(|entry| entry.session.user == user) else { return };
        if end {
            entry.end.send_replace(true);
        } else {
            entry.cancel.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Sessions running now.
    pub fn session_count(&self) -> usize {
        lock(&self.sessions.entries).len()
    }
}

/// A panic elsewhere leaves the map itself whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Failed logins of the last minutes, by address and by user; they slow the next attempts down.
pub struct Failures {
    by_address: moka::sync::Cache<IpAddr, u32>,
    by_user: moka::sync::Cache<String, u32>,
}

/// Failures that cost nothing: typing errors.
const FREE_FAILURES: u32 = 3;
/// Delay after the first failure that costs.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// Longest delay for an address.
const ADDRESS_DELAY_MAX: Duration = Duration::from_secs(8);
/// Longest delay for a user: strangers must not lock her out.
const USER_DELAY_MAX: Duration = Duration::from_secs(2);

impl Default for Failures {
    fn default() -> Failures {
        const REMEMBERED: Duration = Duration::from_secs(300);
        Failures {
            by_address: moka::sync::Cache::builder().max_capacity(10_000).time_to_idle(REMEMBERED).build(),
            by_user: moka::sync::Cache::builder().max_capacity(10_000).time_to_idle(REMEMBERED).build(),
        }
    }
}

impl Failures {
    /// How long the next attempt has to wait.
    pub fn delay(&self, address: IpAddr, user: &str) -> Duration {
        let by_address = delay_after(self.by_address.get(&address).unwrap_or(0), ADDRESS_DELAY_MAX);
        by_address.max(delay_after(self.by_user.get(user).unwrap_or(0), USER_DELAY_MAX))
    }

    /// Notes a failure.
    pub fn failed(&self, address: IpAddr, user: &str) {
        let more = |entry: Option<moka::Entry<_, u32>>| entry.map_or(1, |entry| entry.into_value().saturating_add(1));
        self.by_address.entry(address).and_upsert_with(more);
        let more = |entry: Option<moka::Entry<_, u32>>| entry.map_or(1, |entry| entry.into_value().saturating_add(1));
        self.by_user.entry(user.to_string()).and_upsert_with(more);
    }

    /// Forgets the failures of a user who has come in, and those of her address.
    pub fn succeeded(&self, address: IpAddr, user: &str) {
        self.by_address.invalidate(&address);
        self.by_user.invalidate(user);
    }
}

fn delay_after(failures: u32, longest: Duration) -> Duration {
    match failures.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(more) => FIRST_DELAY.saturating_mul(1 << more.min(10)).min(longest),
    }
}

/// Roles as a session's record shows them.
pub(crate) fn role_names(roles: &BTreeSet<String>) -> Vec<String> {
    roles.iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_slow_down_and_are_bounded() {
        let failures = Failures::default();
        let (here, there): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        for _ in 0..2 {
            failures.failed(here, "ana");
        }
        assert_eq!(failures.delay(here, "ana"), Duration::ZERO);
        for _ in 0..3 {
            failures.failed(here, "ana");
        }
        assert_eq!(failures.delay(here, "bea"), FIRST_DELAY * 4);
        assert_eq!(failures.delay(there, "ana"), FIRST_DELAY * 4);
        assert_eq!(failures.delay(there, "bea"), Duration::ZERO);
        for _ in 0..40 {
            failures.failed(here, "ana");
        }
        assert_eq!(failures.delay(here, "bea"), ADDRESS_DELAY_MAX);
        assert_eq!(failures.delay(there, "ana"), USER_DELAY_MAX);
        failures.succeeded(here, "ana");
        assert_eq!(failures.delay(here, "ana"), Duration::ZERO);
    }
}
