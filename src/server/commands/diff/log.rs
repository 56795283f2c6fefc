//! The statements of an audit log, each once with how often it was sent and by whom.
//!
//! Invariant: a statement is decided as its session would have decided it: with the search path, prepared statements
//! and role that the session's own statements had set by then, as far as they succeeded.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use sluice_base::Limits;
use sluice_model::Principal;
use sluice_model::audit::{Closed, Event, Opened, Record};
use sluice_plan::StatementKind;

use crate::audit::{StoreError, read_all};
use crate::session::settings::Settings;

/// Who sent a statement, as far as the record tells.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Sender {
    pub user: String,
    /// Roles held at login.
    pub roles: Vec<String>,
    pub address: Option<IpAddr>,
    /// SET ROLE.
    pub role: Option<String>,
    /// With everything that rules may look at, as JSON, where the decision was recorded. The time is kept to the
    /// minute: statements of one minute count as sent at once.
    pub recorded: Option<Arc<str>>,
}

/// One statement of one sender.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Sent {
    pub sender: Sender,
    pub text: Arc<str>,
    /// The session's search path, where it is not the catalog's.
    pub path: Option<Vec<String>>,
}

/// The statements of a log.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// How often each was sent.
    pub sent: BTreeMap<Sent, u64>,
    /// Statements in all.
    pub statements: u64,
    /// Statements whose text was cut when it was recorded.
    pub cut: u64,
}

impl Log {
    fn count(&mut self, sent: Sent) {
        *self.sent.entry(sent).or_insert(0) += 1;
    }
}

/// What a session has set.
#[derive(Debug, Clone, Default)]
struct State {
    path: Option<Vec<String>>,
    role: Option<String>,
    prepared: HashMap<String, Arc<str>>,
}

struct Reader<'a> {
    log: Log,
    limits: &'a Limits,
    sessions: HashMap<String, State>,
    /// Statements that may change a session, until it is known whether they did.
    open: HashMap<String, (String, StatementKind, Arc<str>)>,
    texts: HashMap<String, Arc<str>>,
    /// Statements of which it is not known yet whether a decision follows.
    pending: HashMap<String, Sent>,
}

/// Reads the log of a directory.
pub(super) fn read(directory: &Path, limits: &Limits) -> Result<Log, StoreError> {
    let log = Log::default();
    let (sessions, open, texts, pending) = (HashMap::new(), HashMap::new(), HashMap::new(), HashMap::new());
    let mut reader = Reader { log, limits, sessions, open, texts, pending };
    read_all(directory, |record| reader.take(record))?;
    let running: Vec<Sent> = reader.pending.drain().map(|(_, sent)| sent).collect();
    running.into_iter().for_each(|sent| reader.log.count(sent));
    Ok(reader.log)
}

impl Reader<'_> {
    fn take(&mut self, record: Record) {
        match record.event {
            Event::Opened(opened) => self.opened(opened),
            Event::Decided { query_id, asked: Some(asked), .. } => self.decided(&query_id, asked.principal),
            Event::Closed(closed) => self.closed(&closed),
            Event::Logout { session } => {
                self.sessions.remove(&session.session_id);
            }
            _ => {}
        }
    }

    fn opened(&mut self, opened: Opened) {
        self.log.statements += 1;
        if opened.statement_bytes.is_some() {
            self.log.cut += 1;
            return;
        }
        let mut text = self.text(&opened.statement);
        let session = opened.session;
        if sets_something(&text)
            && let Some(kind) = first(&text, self.limits)
        {
            if let StatementKind::Execute { name, .. } = &kind {
                let prepared = self.sessions.get(&session.session_id).and_then(|state| state.prepared.get(name));
                if let Some(prepared) = prepared {
                    text = prepared.clone();
                }
            } else {
                self.open.insert(opened.query_id.clone(), (session.session_id.clone(), kind, text.clone()));
            }
        }
        let state = self.sessions.get(&session.session_id);
        let sender = Sender {
            user: session.user,
            roles: session.roles,
            address: session.client_addr.and_then(|address| address.parse().ok()),
            role: state.and_then(|state| state.role.clone()),
            recorded: None,
        };
        let path = state.and_then(|state| state.path.clone());
        self.pending.insert(opened.query_id, Sent { sender, text, path });
    }

    /// Who really asked is known where the statement was decided.
    fn decided(&mut self, query_id: &str, mut principal: Principal) {
        const MINUTE: i64 = 60_000_000;
        principal.context.now_micros -= principal.context.now_micros.rem_euclid(MINUTE);
        // No ground for a right, and different for every tool.
        principal.context.application_name.clear();
        let Ok(recorded) = serde_json::to_string(&principal) else { return };
        let recorded = self.text(&recorded);
        if let Some(sent) = self.pending.get_mut(query_id) {
            sent.sender.recorded = Some(recorded);
        }
    }

    fn closed(&mut self, closed: &Closed) {
        if let Some(sent) = self.pending.remove(&closed.query_id) {
            self.log.count(sent);
        }
        let Some((session, kind, text)) = self.open.remove(&closed.query_id) else { return };
        if closed.outcome != "done" {
            return;
        }
        let state = self.sessions.entry(session).or_default();
        match kind {
            StatementKind::Set { name, value, .. } if name == "search_path" => {
                state.path = value.map(|value| path_of(&value));
            }
            StatementKind::Reset(name) if name.as_deref().is_none_or(|name| name == "search_path") => state.path = None,
            StatementKind::SetRole { role, local: false } => state.role = role,
            StatementKind::Prepare { name, .. } => {
                state.prepared.insert(name, text);
            }
            StatementKind::Deallocate(Some(name)) => {
                state.prepared.remove(&name);
            }
            StatementKind::Deallocate(None) => state.prepared.clear(),
            StatementKind::Discard(what) if what == "ALL" => *state = State::default(),
            _ => {}
        }
    }

    /// Equal texts are kept once: a report is sent every morning.
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let kept: Arc<str> = text.into();
        self.texts.insert(text.to_string(), kept.clone());
        kept
    }
}

fn path_of(value: &str) -> Vec<String> {
    let mut settings = Settings::new(0);
    match settings.set("search_path", Some(value), false) {
        Ok(()) => settings.search_path(),
        Err(_) => Vec::new(),
    }
}

/// Only these can change what later statements of a session mean; others need not be parsed twice.
fn sets_something(text: &str) -> bool {
    let word: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    ["set", "reset", "prepare", "execute", "deallocate", "discard"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The first statement of a text: those behind it have records of their own.
fn first(text: &str, limits: &Limits) -> Option<StatementKind> {
    Some(sluice_plan::parse(text, limits).ok()?.into_iter().next()?.kind)
}
