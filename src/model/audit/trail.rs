//! The trail of one statement: opened, decided, closed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use sluice_base::{ClientError, SqlState, ToClient};
use uuid::{NoContext, Timestamp, Uuid};

use super::{Asked, Auditable, Closed, Event, Opened, Pending, SessionInfo, Sink, SourceCall};

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All rows were sent.
    Done,
    /// It failed on the way.
    Error(SqlState),
    /// Somebody cancelled it, or it ran out of time.
    Cancelled,
    /// The client went away, or nobody said how it ended.
    Abandoned,
    /// It was turned away before any row.
    Refused(SqlState),
}

impl Outcome {
    /// The word in the record and its SQLSTATE.
    fn words(self) -> (&'static str, Option<SqlState>) {
        match self {
            Outcome::Done => ("done", None),
            Outcome::Error(state) => ("error", Some(state)),
            Outcome::Cancelled => ("cancelled", Some(SqlState::QueryCanceled)),
            Outcome::Abandoned => ("abandoned", None),
            Outcome::Refused(state) => ("refused", Some(state)),
        }
    }
}

/// The trail of one statement. Dropped without a closing word, it records `abandoned`.
#[must_use = "a dropped trail is recorded as abandoned"]
pub struct Trail {
    sink: Arc<dyn Sink>,
    id: String,
    session: Arc<SessionInfo>,
    started: Instant,
    /// Acknowledgement of `opened`, awaited together with that of `decided`. The mutex is never contended: it makes a
    /// trail shareable between threads, which a running statement must be.
    opened: Mutex<Option<Pending>>,
    rows: u64,
    bytes: u64,
    sources: Vec<SourceCall>,
    cause: Option<String>,
    asked: Option<Box<Asked>>,
    closed: bool,
}

impl Trail {
    /// Queues `opened` for a statement that has just arrived, before it is parsed.
    pub fn open(sink: &Arc<dyn Sink>, session: &Arc<SessionInfo>, statement: &str) -> Trail {
        let id = new_id(sink.now_micros());
        let kept = cut(statement, Opened::STATEMENT_BYTES_MAX);
        let opened = sink.note(Event::Opened(Opened {
            query_id: id.clone(),
            session: session.as_ref().clone(),
            statement: kept.to_string(),
            statement_bytes: (kept.len() < statement.len()).then_some(statement.len() as u64),
        }));
        Trail {
            sink: sink.clone(),
            id,
            session: session.clone(),
            started: Instant::now(),
            opened: Mutex::new(Some(opened)),
            rows: 0,
            bytes: 0,
            sources: Vec::new(),
            cause: None,
            asked: None,
            closed: false,
        }
    }

    /// UUIDv7 of the statement; also the id in logs and in internal errors.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who asks.
    pub fn session(&self) -> &SessionInfo {
        &self.session
    }

    /// Writes the decision, and only then lets the subject through. Where it cannot be written, the client gets the
    /// error and no rows (governance G19). Dropping the future while it waits records the statement as abandoned.
    pub async fn admit<T: Auditable>(mut self, what: T) -> Result<Admitted<T>, ClientError> {
        let asked = self.asked.take();
        let decided = Event::Decided { query_id: self.id.clone(), decided: what.decided(), asked };
        let decided = self.sink.note(decided);
        let opened = self.opened.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let written = match opened {
            Some(opened) => match opened.await {
                Ok(()) => decided.await,
                Err(error) => Err(error),
            },
            None => decided.await,
        };
        match written {
            Ok(()) => Ok(Admitted { what, trail: self }),
            Err(error) => {
                let told = error.to_client();
                self.note_cause(error.to_string());
                self.close(Outcome::Error(told.code));
                Err(told)
            }
        }
    }

    /// Closes the trail of a statement that was turned away, with what the client is told.
    pub fn refuse(mut self, error: &ClientError) {
        if self.cause.is_none() {
            self.cause = Some(error.message.en.clone());
        }
        self.close(Outcome::Refused(error.code));
    }

    /// Closes the trail.
    pub fn finish(mut self, outcome: Outcome) {
        self.close(outcome);
    }

    /// Notes who asks, for the record of the decision.
    pub fn note_asked(&mut self, asked: Asked) {
        self.asked = Some(Box::new(asked));
    }

    /// Adds rows sent to the client and their bytes on the wire.
    pub fn count(&mut self, rows: u64, bytes: u64) {
        self.rows += rows;
        self.bytes += bytes;
    }

    /// Notes what a source is asked. Values travel as parameters and are not part of the SQL.
    pub fn note_source(&mut self, connection_id: &str, sql: &str) {
        self.sources.push(SourceCall { source: connection_id.to_string(), sql: sql.to_string() });
    }

    /// Notes the whole cause of an error, a source's own words included: for auditors, never for the client.
    pub fn note_cause(&mut self, cause: impl Into<String>) {
        self.cause = Some(cause.into());
    }

    fn close(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        let (word, state) = outcome.words();
        // Nobody waits for `closed`: the rows it counts have left, and the sink keeps the order of its records.
        drop(self.sink.note(Event::Closed(Closed {
            query_id: std::mem::take(&mut self.id),
            outcome: word.to_string(),
            sqlstate: state.map(|state| state.code().to_string()),
            cause: self.cause.take(),
            rows: self.rows,
            bytes: self.bytes,
            duration_micros: u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX),
            sources: std::mem::take(&mut self.sources),
        })));
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        self.close(Outcome::Abandoned);
    }
}

impl std::fmt::Debug for Trail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trail").field("id", &self.id).field("closed", &self.closed).finish_non_exhaustive()
    }
}

/// Something whose decision is in the audit log. Made by [`Trail::admit`] alone.
#[derive(Debug)]
#[must_use = "an admitted statement that is dropped is recorded as abandoned"]
pub struct Admitted<T> {
    what: T,
    trail: Trail,
}

impl<T> Admitted<T> {
    /// What was admitted.
    pub fn get(&self) -> &T {
        &self.what
    }

    /// Takes it apart. Whoever runs the subject owns the trail and closes it.
    pub fn into_parts(self) -> (T, Trail) {
        (self.what, self.trail)
    }
}

/// A UUIDv7 at a given time.
fn new_id(now_micros: i64) -> String {
    let micros = u64::try_from(now_micros).unwrap_or(0);
    let time = Timestamp::from_unix(NoContext, micros / 1_000_000, (micros % 1_000_000) as u32 * 1_000);
    Uuid::new_v7(time).to_string()
}

/// The longest prefix of whole characters within a number of bytes.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::sync::Mutex;
    use std::task::{Context, Poll, Waker};

    use super::super::{AuditError, Record};
    use super::*;
    use sluice_base::{Datum, Table};

    /// Keeps records in memory and answers as told.
    struct Memory {
        records: Mutex<Vec<Record>>,
        answer: Mutex<Result<(), AuditError>>,
    }

    impl Sink for Memory {
        fn append(&self, record: Record) -> Pending {
            self.records.lock().unwrap().push(record);
            Box::pin(std::future::ready(self.answer.lock().unwrap().clone()))
        }
        fn now_micros(&self) -> i64 {
            1_700_000_000_123_456
        }
    }

    fn memory(answer: Result<(), AuditError>) -> (Arc<Memory>, Arc<dyn Sink>, Arc<SessionInfo>) {
        let memory = Arc::new(Memory { records: Mutex::default(), answer: Mutex::new(answer) });
        let session = SessionInfo { user: "ana".into(), ..SessionInfo::default() };
        (memory.clone(), memory, Arc::new(session))
    }

    fn words(memory: &Memory) -> Vec<String> {
        let records = memory.records.lock().unwrap();
        records
            .iter()
            .map(|record| match &record.event {
                Event::Opened(opened) => format!("opened {}", opened.statement),
                Event::Decided { .. } => "decided".to_string(),
                Event::Closed(c) => {
                    format!("closed {} {} rows={}", c.outcome, c.sqlstate.as_deref().unwrap_or("-"), c.rows)
                }
                other => format!("{other:?}"),
            })
            .collect()
    }

    fn now<F: Future>(future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("the memory sink never waits"),
        }
    }

    fn answer() -> Table {
        Table { columns: Vec::new(), rows: vec![vec![Datum::Null]] }
    }

    #[test]
    fn an_admitted_statement_is_opened_decided_and_closed() {
        let (memory, sink, session) = memory(Ok(()));
        let admitted = now(Trail::open(&sink, &session, "SELECT 1").admit(answer())).unwrap();
        assert_eq!(words(&memory), ["opened SELECT 1", "decided"]);
        let (table, mut trail) = admitted.into_parts();
        trail.count(table.rows.len() as u64, 12);
        trail.finish(Outcome::Done);
        assert_eq!(words(&memory), ["opened SELECT 1", "decided", "closed done - rows=1"]);
    }

    #[test]
    fn a_refusal_keeps_its_code() {
        let (memory, sink, session) = memory(Ok(()));
        Trail::open(&sink, &session, "SELEC").refuse(&ClientError::new(SqlState::SyntaxError, "no", "否"));
        assert_eq!(words(&memory), ["opened SELEC", "closed refused 42601 rows=0"]);
    }

    #[test]
    fn a_dropped_trail_is_abandoned_and_closed_once() {
        let (memory, sink, session) = memory(Ok(()));
        drop(Trail::open(&sink, &session, "a"));
        drop(now(Trail::open(&sink, &session, "b").admit(answer())));
        drop(Trail::open(&sink, &session, "c").admit(answer()));
        let expected = [
            "opened a",
            "closed abandoned - rows=0",
            "opened b",
            "decided",
            "closed abandoned - rows=0",
            "opened c",
            "closed abandoned - rows=0",
        ];
        assert_eq!(words(&memory), expected);
    }

    #[test]
    fn nothing_is_admitted_when_the_record_cannot_be_written() {
        for (error, code) in [(AuditError::DiskFull, "53100"), (AuditError::Io("gone".into()), "58030")] {
            let (memory, sink, session) = memory(Err(error));
            let told = now(Trail::open(&sink, &session, "SELECT 1").admit(answer())).unwrap_err();
            assert_eq!(told.code.code(), code);
            assert_eq!(words(&memory)[2], format!("closed error {code} rows=0"));
        }
    }

    #[test]
    fn nothing_is_admitted_when_only_opened_was_lost() {
        let (memory, sink, session) = memory(Err(AuditError::DiskFull));
        let trail = Trail::open(&sink, &session, "SELECT 1");
        *memory.answer.lock().unwrap() = Ok(());
        assert_eq!(now(trail.admit(answer())).unwrap_err().code, SqlState::DiskFull);
    }

    #[test]
    fn long_text_is_cut_between_characters_and_says_so() {
        let (memory, sink, session) = memory(Ok(()));
        let text = "行".repeat(Opened::STATEMENT_BYTES_MAX / 3 + 1);
        drop(Trail::open(&sink, &session, &text));
        let records = memory.records.lock().unwrap();
        let Event::Opened(opened) = &records[0].event else { panic!("first record is opened") };
        assert_eq!(opened.statement.len(), Opened::STATEMENT_BYTES_MAX / 3 * 3);
        assert_eq!(opened.statement_bytes, Some(text.len() as u64));
    }

    #[test]
    fn ids_are_uuid_v7_of_the_sink_clock() {
        let id = Uuid::parse_str(&new_id(1_700_000_000_123_456)).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_timestamp().map(|t| t.to_unix().0), Some(1_700_000_000));
        assert_eq!(Uuid::parse_str(&new_id(i64::MIN)).unwrap().get_version_num(), 7);
    }

    #[test]
    fn a_record_survives_its_json_and_a_newline_stays_inside() {
        let event = Event::Closed(Closed {
            query_id: "q".into(),
            outcome: "error".into(),
            sqlstate: None,
            cause: Some("a\n{\"event\":\"login\"}\u{1b}[31m".into()),
            rows: 1,
            bytes: 2,
            duration_micros: 3,
            sources: vec![SourceCall { source: "core".into(), sql: "SELECT 1".into() }],
        });
        let record = Record { at_micros: 7, event };
        let text = serde_json::to_string(&record).unwrap();
        assert!(!text.contains('\n') && !text.contains('\u{1b}'), "{text}");
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    }
}
