//! Statements that a command runs on the sources: governed and on record like those of a session.
//!
//! Invariant: rows come out of a statement that was admitted in the log that commands keep beside the server's, and out
//! of nothing else.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use sluice_base::{ClientError, Column, Datum, ToClient};
use sluice_engine::RowBlock;
use sluice_engine::encode::{EncodeSettings, RowEncoder};
use sluice_model::audit::{Asked, Outcome, SessionInfo, Sink, Trail};
use sluice_model::policy::allowance;
use sluice_model::{Principal, Snapshot};
use sluice_plan::Query;

use super::opened::Opened;
use crate::audit::FileSink;

/// A row, as clients get it in text.
pub(super) type TextRow = Vec<Option<String>>;

/// Rows of a statement.
pub(super) struct Answer {
    pub columns: Vec<Column>,
    pub rows: Vec<TextRow>,
    /// Rows of the whole answer, of which `rows` may be the first.
    pub count: u64,
}

/// What is to be run, and what is written down of it.
pub(super) struct Task<'a> {
    /// The command, such as `sluice preview`.
    pub command: &'a str,
    /// In whose name.
    pub person: &'a Principal,
    /// Under which policies.
    pub snapshot: &'a Snapshot,
    /// The text in the record.
    pub text: &'a str,
    pub query: &'a Query,
    /// Rows kept; the others are counted.
    pub keep: usize,
}

/// Runs statements one after the other.
pub(super) struct Runner<'a> {
    opened: &'a Opened,
    file: Arc<FileSink>,
    sink: Arc<dyn Sink>,
}

impl Runner<'_> {
    /// Opens the log.
    pub fn open(opened: &Opened) -> Result<Runner<'_>, String> {
        let file = FileSink::open_for_commands(&opened.config.audit);
        let file = Arc::new(file.map_err(|error| format!("audit log: {error}"))?);
        Ok(Runner { opened, sink: file.clone(), file })
    }

    /// Runs one statement.
    pub async fn run(&self, task: Task<'_>) -> Result<Answer, Box<ClientError>> {
        let mut trail = self.trail(task.command, task.person, task.text);
        let governed = match self.opened.govern(task.query, task.person, task.snapshot) {
            Ok(governed) => governed,
            Err(refused) => {
                trail.refuse(&refused);
                return Err(refused);
            }
        };
        let (principal, allowance) = (task.person.clone(), allowance(task.person, task.snapshot));
        trail.note_asked(Asked { principal, allowance });
        let admitted = trail.admit(governed).await.map_err(Box::new)?;
        let engine = &self.opened.current.engine;
        let told = |error: sluice_engine::EngineError| Box::new(error.to_client());
        let mut stream = engine.execute(engine.federate(admitted, task.snapshot).map_err(told)?).map_err(told)?;
        let columns = stream.columns().to_vec();
        let mut answer = Answer { columns, rows: Vec::new(), count: 0 };
        loop {
            let taken = match stream.next().await {
                Ok(Some(block)) => take(&mut answer, &block, task.keep),
                Ok(None) => break,
                Err(error) => Err(told(error)),
            };
            match taken {
                Ok(rows) => stream.count(rows, 0),
                Err(error) => {
                    stream.finish(Outcome::Error(error.code));
                    return Err(error);
                }
            }
        }
        stream.finish(Outcome::Done);
        Ok(answer)
    }

    /// Puts a refusal of the command itself on record.
    pub fn refuse(&self, command: &str, person: &Principal, text: &str, error: &ClientError) {
        self.trail(command, person, text).refuse(error);
    }

    fn trail(&self, command: &str, person: &Principal, text: &str) -> Trail {
        let info = Arc::new(SessionInfo {
            session_id: uuid::Uuid::now_v7().to_string(),
            user: person.user.clone(),
            known_how: "command".to_string(),
            roles: person.roles.iter().cloned().collect(),
            application_name: command.to_string(),
            database: self.opened.config.database.clone(),
            ..SessionInfo::default()
        });
        Trail::open(&self.sink, &info, text)
    }

    /// Writes and syncs what was noted.
    pub fn close(self) {
        self.file.close();
    }
}

fn take(answer: &mut Answer, block: &RowBlock, keep: usize) -> Result<u64, Box<ClientError>> {
    let rows = block.rows() as u64;
    answer.count += rows;
    let wanted = keep.saturating_sub(answer.rows.len()).min(block.rows());
    if wanted > 0 {
        answer.rows.extend(texts(&answer.columns, block, wanted)?);
    }
    Ok(rows)
}

/// The first rows of a block in text.
fn texts(columns: &[Column], block: &RowBlock, count: usize) -> Result<Vec<TextRow>, Box<ClientError>> {
    let told = |error: sluice_engine::encode::EncodeError| Box::new(error.to_client());
    let mut encoder = RowEncoder::new(columns, &[], &EncodeSettings::default()).map_err(told)?;
    let mut bytes = BytesMut::new();
    encoder.data_rows(block, 0, count, &mut bytes).map_err(told)?;
    Ok((0..count).map(|_| message(&mut bytes)).collect())
}

/// The cells of one DataRow message. It was encoded a moment ago, so lengths are what they say.
fn message(bytes: &mut BytesMut) -> TextRow {
    // Tag and length of the whole.
    bytes.advance(5);
    let width = bytes.get_u16();
    let cell = |_| {
        let length = usize::try_from(bytes.get_i32()).ok()?;
        Some(String::from_utf8_lossy(&bytes.split_to(length)).into_owned())
    };
    (0..width).map(cell).collect()
}

/// One value in text, as clients get it.
pub(super) fn text_of(value: Datum, column: &Column) -> Result<Option<String>, Box<ClientError>> {
    let rows = texts(std::slice::from_ref(column), &RowBlock::Values(vec![vec![value]]), 1)?;
    Ok(rows.into_iter().flatten().next().flatten())
}
