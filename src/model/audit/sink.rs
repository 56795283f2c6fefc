//! Where records go: a trait, because this room does no IO.

use std::future::Future;
use std::pin::Pin;
use std::time::{SystemTime, UNIX_EPOCH};

use sluice_base::{ClientError, SqlState, ToClient};

use super::{Event, Record};

/// Becomes ready when a record is as durable as the configuration asks for, or cannot be made so.
/// Dropping it does not take the record back.
pub type Pending = Pin<Box<dyn Future<Output = Result<(), AuditError>> + Send>>;

/// The system's clock, microseconds since 1970-01-01 UTC.
pub fn system_micros() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
    }
}

/// Takes records.
pub trait Sink: Send + Sync {
    /// Queues a record. Must not block and must keep the order of calls.
    fn append(&self, record: Record) -> Pending;

    /// Becomes ready when there is room for another statement. A session waits for it before it opens a trail, so
    /// that a client which sends faster than the disk writes is slowed down instead of filling memory.
    fn ready(&self) -> Pending {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The clock of the records, microseconds since 1970-01-01 UTC.
    fn now_micros(&self) -> i64 {
        system_micros()
    }

    /// Stamps an event with the time and queues it.
    fn note(&self, event: Event) -> Pending {
        self.append(Record { at_micros: self.now_micros(), event })
    }
}

/// Why a record could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// No space left where the log is kept.
    #[error("audit log: no space left on device")]
    DiskFull,
    /// Any other failure of the disk.
    #[error("audit log: {0}")]
    Io(String),
    /// More records wait to be written than memory is set aside for.
    #[error("audit log: {waiting_bytes} bytes wait to be written, the bound is {bound_bytes}")]
    Overloaded {
        /// Bytes waiting.
        waiting_bytes: usize,
        /// The bound.
        bound_bytes: usize,
    },
    /// The log was closed: the server is shutting down.
    #[error("audit log: closed")]
    Closed,
}

impl ToClient for AuditError {
    fn to_client(&self) -> ClientError {
        let hint = |error: ClientError| {
            error.hint(
                "No rows are sent while the audit log cannot be written. Tell the operator.",
                "审计日志无法写入时不返回任何数据，请联系管理员。",
            )
        };
        match self {
            AuditError::DiskFull => {
                hint(ClientError::new(SqlState::DiskFull, "the audit log has no space left", "审计日志空间已满"))
            }
            AuditError::Io(_) => {
                hint(ClientError::new(SqlState::IoError, "the audit log cannot be written", "审计日志无法写入"))
            }
            AuditError::Overloaded { .. } => hint(ClientError::new(
                SqlState::ConfigurationLimitExceeded,
                "the audit log cannot keep up",
                "审计日志写入积压过多",
            )),
            AuditError::Closed => {
                hint(ClientError::new(SqlState::AdminShutdown, "the audit log is closed", "审计日志已关闭"))
            }
        }
    }
}
