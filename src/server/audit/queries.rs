//! `audit.queries`: the records of one statement folded into one row, every other event a row of its own.
//!
//! Invariant: memory is bounded by the statements that were open at the same time. A statement that is open when the
//! server starts again ended with the process before, as `abandoned`; one that is open where the log ends is `running`.

use std::collections::HashMap;
use std::fmt::Write;

use sluice_model::audit::{Closed, Decided, Event, Opened, Record, SessionInfo};

/// One row of `audit.queries`. Absent is NULL.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Row {
    /// `query`, `login`, `login_failed`, `logout`, `cancel`, `reload`, `protocol`, `start`, `stop`, `recovery`, `lost`
    /// or `damaged`.
    pub event: &'static str,
    /// Microseconds since 1970-01-01 UTC.
    pub opened_at: i64,
    /// Microseconds since 1970-01-01 UTC; none while running.
    pub closed_at: Option<i64>,
    /// Id of the statement; for other events the record's hash.
    pub query_id: String,
    /// Who, where there is a session.
    pub session: Option<SessionInfo>,
    /// The text as sent.
    pub statement: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// SQLSTATE of an error or refusal.
    pub sqlstate: Option<String>,
    /// Rows sent.
    pub rows: Option<u64>,
    /// Bytes sent.
    pub bytes: Option<u64>,
    /// Time from arrival to end, microseconds.
    pub duration_micros: Option<u64>,
    /// Entities read.
    pub relations: Option<String>,
    /// Fields touched, and how.
    pub fields: Option<String>,
    /// Grants and restrictions.
    pub rules: Option<String>,
    /// Masked fields and the rules that chose the masks.
    pub masks: Option<String>,
    /// Raw values compared.
    pub lookups: Option<u64>,
    /// SQL sent to sources.
    pub source_sql: Option<String>,
    /// Version of the catalog.
    pub catalog_id: Option<String>,
    /// Version of the policies.
    pub policy_id: Option<String>,
    /// Rules in shadow mode and what they would have changed.
    pub shadows: Option<String>,
}

/// Folds records, in the order of the log, into rows.
#[derive(Debug, Default)]
pub(super) struct Fold {
    open: HashMap<String, Row>,
}

impl Fold {
    /// Takes a record (with its hash in hex) and adds the rows that are complete now.
    pub fn push(&mut self, record: Record, hash: impl FnOnce() -> String, rows: &mut Vec<Row>) {
        let at = record.at_micros;
        match record.event {
            Event::Opened(opened) => {
                self.open.insert(opened.query_id.clone(), opened_row(at, opened));
            }
            Event::Decided { query_id, decided, .. } => {
                if let Some(row) = self.open.get_mut(&query_id) {
                    decide(row, decided);
                }
            }
            Event::Closed(closed) => {
                // Where `opened` was lost, what is known is still shown.
                let row = self.open.remove(&closed.query_id).unwrap_or_else(|| unopened_row(at, &closed));
                rows.push(close(row, at, closed));
            }
            Event::Started { .. } => {
                self.end(rows, "abandoned");
                rows.push(event_row("start", at, hash()));
            }
            event => rows.extend(other_row(event, at, hash())),
        }
    }

    /// Ends every open statement with this outcome, oldest first.
    pub fn end(&mut self, rows: &mut Vec<Row>, outcome: &str) {
        rows.extend(ended(self.open.drain().map(|(_, row)| row).collect(), outcome));
    }

    /// The statements that are open, oldest first.
    pub fn running(&self) -> Vec<Row> {
        ended(self.open.values().cloned().collect(), "running")
    }
}

fn ended(mut open: Vec<Row>, outcome: &str) -> Vec<Row> {
    open.sort_by(|a, b| (a.opened_at, &a.query_id).cmp(&(b.opened_at, &b.query_id)));
    open.into_iter().map(|row| Row { outcome: Some(outcome.to_string()), ..row }).collect()
}

/// The row that stands for records that cannot be read: the auditor must see that there is a hole.
pub(super) fn damaged_row(at: i64, id: String) -> Row {
    Row { outcome: Some("error".to_string()), ..event_row("damaged", at, id) }
}

fn opened_row(at: i64, opened: Opened) -> Row {
    Row {
        event: "query",
        opened_at: at,
        query_id: opened.query_id,
        session: Some(opened.session),
        statement: Some(opened.statement),
        ..Row::default()
    }
}

fn unopened_row(at: i64, closed: &Closed) -> Row {
    let duration = i64::try_from(closed.duration_micros).unwrap_or(i64::MAX);
    let query_id = closed.query_id.clone();
    Row { event: "query", opened_at: at.saturating_sub(duration), query_id, ..Row::default() }
}

fn event_row(event: &'static str, at: i64, id: String) -> Row {
    Row { event, opened_at: at, closed_at: Some(at), query_id: id, ..Row::default() }
}

fn decide(row: &mut Row, decided: Decided) {
    let relations = &decided.relations;
    row.relations = list(relations.iter().map(|relation| relation.entity.clone()));
    row.fields =
        list(relations.iter().flat_map(|relation| {
            relation.fields.iter().map(|(field, how)| format!("{}.{field}:{how}", relation.entity))
        }));
    row.rules = list(relations.iter().flat_map(|relation| relation.rules.iter().cloned()));
    row.masks =
        list(relations.iter().flat_map(|relation| {
            relation.masks.iter().map(|(field, rule)| format!("{}.{field}:{rule}", relation.entity))
        }));
    row.shadows =
        list(decided.shadows.iter().flat_map(|shadow| {
            shadow.changes.iter().map(|change| format!("{}:{}:{change}", shadow.entity, shadow.rule))
        }));
    row.lookups = Some(decided.lookups.iter().map(|lookup| lookup.values).sum());
    row.catalog_id = Some(decided.catalog_id).filter(|id| !id.is_empty());
    row.policy_id = Some(decided.policy_id).filter(|id| !id.is_empty());
}

fn close(row: Row, at: i64, closed: Closed) -> Row {
    let mut source_sql = String::new();
    for call in &closed.sources {
        let separator = if source_sql.is_empty() { "" } else { "\n" };
        // Writing to a String cannot fail.
        write!(source_sql, "{separator}{}: {}", call.source, call.sql).unwrap_or_default();
    }
    Row {
        closed_at: Some(at),
        outcome: Some(closed.outcome),
        sqlstate: closed.sqlstate,
        rows: Some(closed.rows),
        bytes: Some(closed.bytes),
        duration_micros: Some(closed.duration_micros),
        source_sql: Some(source_sql).filter(|sql| !sql.is_empty()),
        ..row
    }
}

/// The row of an event that is not part of a statement's trail.
fn other_row(event: Event, at: i64, id: String) -> Option<Row> {
    let outcome = |row: Row, word: &str| Row { outcome: Some(word.to_string()), ..row };
    let row = match event {
        // These four are folded by the caller; what was taken is told by the statements that took it.
        Event::Opened(_) | Event::Decided { .. } | Event::Closed(_) | Event::Started { .. } | Event::Taken(_) => {
            return None;
        }
        Event::Login { session } => outcome(Row { session: Some(session), ..event_row("login", at, id) }, "done"),
        Event::LoginFailed { session, sqlstate, .. } => outcome(
            Row { session: Some(session), sqlstate: Some(sqlstate), ..event_row("login_failed", at, id) },
            "refused",
        ),
        Event::Logout { session } => outcome(Row { session: Some(session), ..event_row("logout", at, id) }, "done"),
        Event::Cancel { client_addr, session } => {
            let word = if session.is_some() { "done" } else { "refused" };
            outcome(Row { session: known(session, client_addr), ..event_row("cancel", at, id) }, word)
        }
        Event::Reload { outcome: word, catalog_id, policy_id, .. } => outcome(
            Row { catalog_id: Some(catalog_id), policy_id: Some(policy_id), ..event_row("reload", at, id) },
            &word,
        ),
        Event::Protocol { client_addr, session, sqlstate, .. } => outcome(
            Row { session: known(session, client_addr), sqlstate: Some(sqlstate), ..event_row("protocol", at, id) },
            "error",
        ),
        Event::Stopped => outcome(event_row("stop", at, id), "done"),
        Event::Recovered { .. } => outcome(event_row("recovery", at, id), "error"),
        Event::Lost { records } => outcome(Row { rows: Some(records), ..event_row("lost", at, id) }, "error"),
    };
    Some(row)
}

/// The session, or what is known of the client without one.
fn known(session: Option<SessionInfo>, client_addr: Option<String>) -> Option<SessionInfo> {
    session.or_else(|| client_addr.map(|addr| SessionInfo { client_addr: Some(addr), ..SessionInfo::default() }))
}

/// Sorted, once each, with commas between; none where there is nothing.
fn list(items: impl Iterator<Item = String>) -> Option<String> {
    let mut items: Vec<String> = items.collect();
    items.sort_unstable();
    items.dedup();
    (!items.is_empty()).then(|| items.join(", "))
}

#[cfg(test)]
mod tests {
    use sluice_model::audit::{DecidedRelation, Lookup, SourceCall};

    use super::*;

    fn opened(id: &str, at: i64) -> Record {
        let session = SessionInfo { user: "ana".into(), ..SessionInfo::default() };
        let statement = format!("SELECT {id}");
        Record {
            at_micros: at,
            event: Event::Opened(Opened { query_id: id.into(), session, statement, statement_bytes: None }),
        }
    }

    fn closed(id: &str, at: i64, outcome: &str, sqlstate: Option<&str>) -> Record {
        Record {
            at_micros: at,
            event: Event::Closed(Closed {
                query_id: id.into(),
                outcome: outcome.into(),
                sqlstate: sqlstate.map(str::to_string),
                cause: None,
                rows: 3,
                bytes: 40,
                duration_micros: 5,
                sources: vec![
                    SourceCall { source: "core".into(), sql: "SELECT 1".into() },
                    SourceCall { source: "dw".into(), sql: "SELECT 2".into() },
                ],
            }),
        }
    }

    fn decided(id: &str) -> Record {
        let relation = DecidedRelation {
            entity: "customer".into(),
            fingerprint: "f".into(),
            rules: vec!["branch-detail".into(), "all".into()],
            masks: vec![("mobile".into(), "phone".into())],
            fields: vec![("mobile".into(), "predicate".into()), ("cust_id".into(), "output".into())],
        };
        let lookup = |values| Lookup { entity: "customer".into(), field: "mobile".into(), values };
        let decided = Decided {
            catalog_id: "c1".into(),
            policy_id: "p1".into(),
            relations: vec![relation.clone(), relation],
            lookups: vec![lookup(1), lookup(2)],
            warnings: Vec::new(),
            ..Decided::default()
        };
        Record { at_micros: 2, event: Event::Decided { query_id: id.into(), decided, asked: None } }
    }

    /// One word per row: event, id, outcome.
    fn fold(records: Vec<Record>) -> Vec<String> {
        rows(records)
            .iter()
            .map(|row| format!("{} {} {}", row.event, row.query_id, row.outcome.as_deref().unwrap_or("-")))
            .collect()
    }

    fn rows(records: Vec<Record>) -> Vec<Row> {
        let (mut fold, mut rows) = (Fold::default(), Vec::new());
        for (number, record) in records.into_iter().enumerate() {
            fold.push(record, || format!("#{number}"), &mut rows);
        }
        fold.end(&mut rows, "running");
        rows
    }

    #[test]
    fn interleaved_statements_come_out_in_the_order_they_end() {
        let log = vec![
            opened("a", 1),
            opened("b", 2),
            decided("a"),
            closed("b", 3, "refused", Some("42601")),
            closed("a", 4, "done", None),
        ];
        assert_eq!(fold(log), ["query b refused", "query a done"]);
    }

    #[test]
    fn a_row_tells_what_was_decided_and_sent() {
        let row = rows(vec![opened("a", 1), decided("a"), closed("a", 9, "done", None)]).remove(0);
        assert_eq!(row.relations.as_deref(), Some("customer"));
        assert_eq!(row.fields.as_deref(), Some("customer.cust_id:output, customer.mobile:predicate"));
        assert_eq!(row.rules.as_deref(), Some("all, branch-detail"));
        assert_eq!(row.masks.as_deref(), Some("customer.mobile:phone"));
        assert_eq!(row.lookups, Some(3));
        assert_eq!(row.source_sql.as_deref(), Some("core: SELECT 1\ndw: SELECT 2"));
        assert_eq!((row.opened_at, row.closed_at, row.rows, row.bytes), (1, Some(9), Some(3), Some(40)));
        assert_eq!((row.catalog_id.as_deref(), row.policy_id.as_deref()), (Some("c1"), Some("p1")));
    }

    #[test]
    fn what_was_open_at_a_start_is_abandoned_and_at_the_end_running() {
        let started = Record { at_micros: 5, event: Event::Started { version: "1".into() } };
        let log = vec![opened("a", 2), opened("b", 1), decided("a"), started, opened("c", 6)];
        assert_eq!(fold(log), ["query b abandoned", "query a abandoned", "start #3 -", "query c running"]);
    }

    #[test]
    fn a_close_without_its_opening_is_shown() {
        let row = rows(vec![closed("a", 9, "error", Some("53100"))]).remove(0);
        assert_eq!((row.opened_at, row.statement, row.sqlstate.as_deref()), (4, None, Some("53100")));
    }

    #[test]
    fn every_event_has_a_row() {
        let session = SessionInfo { user: "ana".into(), ..SessionInfo::default() };
        let addr = || Some("10.0.0.1".to_string());
        let events = vec![
            Event::Login { session: session.clone() },
            Event::LoginFailed { session: session.clone(), sqlstate: "28P01".into(), cause: "password".into() },
            Event::Logout { session: session.clone() },
            Event::Cancel { client_addr: addr(), session: None },
            Event::Cancel { client_addr: addr(), session: Some(session) },
            Event::Reload {
                what: "all".into(),
                outcome: "error".into(),
                catalog_id: "c".into(),
                policy_id: "p".into(),
                diagnostics: 2,
            },
            Event::Protocol { client_addr: addr(), session: None, sqlstate: "08P01".into(), cause: "x".into() },
            Event::Recovered { segment: "s".into(), kept_bytes: 1, cut_bytes: 2, reason: "torn".into() },
            Event::Lost { records: 4 },
            Event::Stopped,
        ];
        let expected = [
            "login #0 done",
            "login_failed #1 refused",
            "logout #2 done",
            "cancel #3 refused",
            "cancel #4 done",
            "reload #5 error",
            "protocol #6 error",
            "recovery #7 error",
            "lost #8 error",
            "stop #9 done",
        ];
        assert_eq!(fold(events.into_iter().map(|event| Record { at_micros: 1, event }).collect()), expected);
    }
}
