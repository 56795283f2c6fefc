//! The records of the log: one serde value each, stable enough to be read years later.
//!
//! Invariant: a field may be added with a default, none may change its meaning. Absent means unknown, never zero.

use serde::{Deserialize, Serialize};

use super::{Decided, Lookup};
use crate::allowance::Allowance;
use crate::principal::Principal;

/// One record of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it happened, microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// What happened.
    pub event: Event,
}

/// Who is at the other end of a session, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionInfo {
    /// UUIDv7 of the session; ties its records together.
    pub session_id: String,
    /// Login name, as claimed until the login has succeeded.
    pub user: String,
    /// How the person is known: `login` or `unknown`; `command` where an operator ran a command in her name.
    pub known_how: String,
    /// Roles held.
    pub roles: Vec<String>,
    /// Address of the client; none for commands run on the server itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_addr: Option<String>,
    /// Named network zone of the client, where the policies name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// As the client says.
    pub application_name: String,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Database asked for.
    pub database: String,
}

/// A statement has arrived. Written before it is parsed: bad SQL is an event too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// UUIDv7 that ties `opened`, `decided` and `closed` together.
    pub query_id: String,
    /// Who asks. Repeated in every statement, so that each can be read on its own.
    pub session: SessionInfo,
    /// The text as sent; its first [`Opened::STATEMENT_BYTES_MAX`] bytes where it is longer.
    pub statement: String,
    /// Length of the whole text in bytes, where it was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_bytes: Option<u64>,
}

impl Opened {
    /// Bytes of statement text kept in a record.
    pub const STATEMENT_BYTES_MAX: usize = 1 << 20;
}

/// What a source was asked on behalf of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCall {
    /// Connection id.
    pub source: String,
    /// The SQL, or for files the path pattern that was read.
    pub sql: String,
}

/// A statement is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// The statement.
    pub query_id: String,
    /// `done`, `error`, `cancelled`, `abandoned` or `refused`.
    pub outcome: String,
    /// SQLSTATE of an error or refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    /// The whole cause, for operators and auditors; the client was told less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Rows sent to the client.
    pub rows: u64,
    /// Bytes of these rows on the wire.
    pub bytes: u64,
    /// Time since `opened`, microseconds.
    pub duration_micros: u64,
    /// SQL sent to sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceCall>,
}

/// Who asked for what was decided, and within which limits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The person, with everything that rules may look at.
    pub principal: Principal,
    /// Her limits.
    pub allowance: Allowance,
}

/// How much of a day's allowance is used up, or set aside for rows that are about to leave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Taken {
    /// Login name.
    pub user: String,
    /// The bank's day, days since 1970-01-01.
    pub day: i32,
    /// Rows, in total for the day.
    pub rows: u64,
    /// Bytes of rows, in total for the day.
    pub bytes: u64,
    /// Raw values compared, in total for the day; only the fields of the look-up that is recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<Lookup>,
}

/// What a record tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A statement has arrived.
    Opened(Opened),
    /// A statement was admitted; rows may follow.
    Decided {
        /// The statement.
        query_id: String,
        /// The decisions.
        decided: Decided,
        /// Who asked, with everything that rules may look at: with the snapshot of the ids in `decided`, the decisions
        /// can be made again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<Box<Asked>>,
    },
    /// What a person has taken of her day's allowance, written before the rows leave or the look-up is made.
    Taken(Taken),
    /// A statement is over.
    Closed(Closed),
    /// A session has begun.
    Login {
        /// Who.
        session: SessionInfo,
    },
    /// A login was turned away.
    LoginFailed {
        /// Who it claimed to be.
        session: SessionInfo,
        /// SQLSTATE that the client was told.
        sqlstate: String,
        /// The whole cause.
        cause: String,
    },
    /// A session has ended.
    Logout {
        /// Who.
        session: SessionInfo,
    },
    /// A cancel request arrived.
    Cancel {
        /// Address it came from.
        client_addr: Option<String>,
        /// The session it named, where its key was right.
        session: Option<SessionInfo>,
    },
    /// Catalog, policies, users or organisation tree were loaded anew.
    Reload {
        /// What was loaded anew: `all` or `org`.
        what: String,
        /// `done` or `error`; on an error the old set stays in force.
        outcome: String,
        /// Version of the catalog in force afterwards.
        catalog_id: String,
        /// Version of the policy set in force afterwards.
        policy_id: String,
        /// Problems found.
        diagnostics: u64,
    },
    /// A client broke the protocol.
    Protocol {
        /// Address of the client.
        client_addr: Option<String>,
        /// The session, where one had begun.
        session: Option<SessionInfo>,
        /// SQLSTATE that the client was told, or would have been.
        sqlstate: String,
        /// What was wrong.
        cause: String,
    },
    /// The server has started: whatever was open before ended with the process before.
    Started {
        /// Version of the server.
        version: String,
    },
    /// The server stops in good order.
    Stopped,
    /// The log was found damaged at start and was cut.
    Recovered {
        /// File name of the segment.
        segment: String,
        /// Bytes kept.
        kept_bytes: u64,
        /// Bytes cut off.
        cut_bytes: u64,
        /// Why the first cut record was not valid.
        reason: String,
    },
    /// Records that could not be written while the store was failing or overloaded. No rows left on their account.
    Lost {
        /// How many.
        records: u64,
    },
}
