//! One client's session: from login to goodbye.
//!
//! Invariants: one message at a time; every statement has a trail before it is parsed; whatever happens in a message,
//! the client gets an answer and the session either goes on in a known state or ends. A panic ends one session.
//! Left out: what SQL means (`plan`, `system`), how values look on the wire (`engine::encode`, `wire`).

mod arguments;
mod copy;
mod cursor;
pub mod error;
mod explain;
mod extended;
pub(crate) mod held;
mod io;
mod listed;
mod login;
mod narrow;
mod own;
pub(crate) mod parameter;
mod portal;
mod role;
mod rows;
pub mod settings;
mod simple;
mod standing;
mod statement;
#[cfg(test)]
mod tests;
pub mod transaction;
mod work;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use sluice_base::{ClientError, SqlState, TimeZone, ToClient};
use sluice_engine::encode::{ByteaOutput, DateStyle, EncodeSettings, IntervalStyle};
use sluice_model::audit::{Event, SessionInfo, Trail};
use sluice_wire::{Backend, Frontend, Severity, TransactionStatus, WireError};

use crate::state::{Registered, State};
use error::{Fault, SessionError};
use held::Ledger;
use io::{Io, Woken};
use portal::Names;
use role::Identity;
pub(crate) use role::{roles_within, visible_path};
use settings::Settings;
use transaction::{Transaction, Undone};
pub(crate) use work::query_of;

pub use login::login;

/// A session after its login.
pub struct Session {
    io: Io,
    state: Arc<State>,
    info: Arc<SessionInfo>,
    identity: Identity,
    settings: Settings,
    transaction: Transaction,
    names: Names,
    /// What it holds, in bytes.
    ledger: Ledger,
    pid: i32,
    /// How the last statement over business relations was decided.
    last: Option<Arc<own::Last>>,
    /// Who asks, as derived last.
    derived: Option<role::Derived>,
    /// The generation of the settings whose encoding the connection has.
    encoding_of: u64,
    /// After an error in the extended protocol: everything up to Sync is passed over.
    skipping: bool,
    _registered: Registered,
}

/// Whether the session goes on after a message.
enum Next {
    /// It goes on.
    On,
    /// The client said goodbye.
    Over,
}

impl Session {
    /// Serves the client until she leaves or the session has to end.
    pub async fn run(mut self) {
        let end = match self.io.flush().await {
            Ok(()) => self.serve().await,
            Err(fault) => fault,
        };
        if let Fault::Error(refusal) | Fault::Fatal(refusal) = end {
            if refusal.told.code == SqlState::ProtocolViolation {
                self.note_protocol(&refusal.told, refusal.cause.clone().unwrap_or_default());
            }
            self.io.conn().close_with(&refusal.told).await;
        }
        drop(self.state.sink.note(Event::Logout { session: self.info.as_ref().clone() }));
    }

    /// Message after message. Returns how the session ends; [`Fault::Gone`] where there is nobody to tell.
    async fn serve(&mut self) -> Fault {
        loop {
            let woken = match self.io.wait(self.idle_limit()).await {
                Ok(woken) => woken,
                Err(fault) => return fault,
            };
            let handled = match woken {
                Woken::Left => return Fault::Gone,
                Woken::Unreadable(error) => self.unreadable(error).await,
                Woken::Message(message) => match AssertUnwindSafe(self.message(message)).catch_unwind().await {
                    Ok(handled) => handled,
                    Err(_) => return self.panicked(),
                },
            };
            match handled {
                Ok(Next::On) => {}
                Ok(Next::Over) => return Fault::Gone,
                Err(fault) => return fault,
            }
        }
    }

    /// The panic itself is in the log, by the hook; client and log meet at the id.
    fn panicked(&self) -> Fault {
        let id = uuid::Uuid::now_v7().to_string();
        tracing::error!(id, session = self.info.session_id, "panic in a session");
        self.note_protocol(&ClientError::internal(&id), format!("panic, id {id}"));
        Fault::fatal(ClientError::internal(&id))
    }

    fn note_protocol(&self, told: &ClientError, cause: String) {
        drop(self.state.sink.note(Event::Protocol {
            client_addr: self.info.client_addr.clone(),
            session: Some(self.info.as_ref().clone()),
            sqlstate: told.code.code().to_string(),
            cause,
        }));
    }

    async fn message(&mut self, message: Frontend) -> Result<Next, Fault> {
        match message {
            Frontend::Terminate => return Ok(Next::Over),
            Frontend::Sync => {
                self.skipping = false;
                self.close_implicit();
                self.ready().await?;
            }
            _ if self.skipping => {}
            Frontend::Query(text) => {
                self.arm();
                let outcome = self.simple(&text).await;
                self.answered(outcome)?;
                self.ready().await?;
            }
            Frontend::Flush => self.io.flush().await?,
            Frontend::FunctionCall => {
                self.answered(Err(SessionError::FunctionCall.into()))?;
                self.ready().await?;
            }
            // What a client still sends of a COPY that has failed is passed over, as in PostgreSQL.
            Frontend::CopyData(_) | Frontend::CopyDone | Frontend::CopyFail(_) => {}
            extended => {
                self.arm();
                self.open_implicit(false);
                let outcome = self.extended(extended).await;
                self.follow_encoding();
                self.skipping = outcome.is_err();
                self.answered(outcome)?;
                self.io.disarm();
                if self.skipping {
                    // A client that waits for it before its Sync may have sent Flush, which is passed over now.
                    self.io.flush().await?;
                } else {
                    self.io.relieve().await?;
                }
            }
        }
        Ok(Next::On)
    }

    async fn extended(&mut self, message: Frontend) -> Result<(), Fault> {
        match message {
            Frontend::Parse { name, query, types } => self.parse(&name, &query, &types).await,
            Frontend::Bind(bind) => self.bind(bind).await,
            Frontend::Describe(target) => self.describe_target(&target).await,
            Frontend::Execute { portal, rows_max } => self.execute(&portal, rows_max).await,
            Frontend::Close(target) => {
                self.close_target(&target);
                Ok(())
            }
            Frontend::Query(_)
            | Frontend::Sync
            | Frontend::Flush
            | Frontend::FunctionCall
            | Frontend::CopyData(_)
            | Frontend::CopyDone
            | Frontend::CopyFail(_)
            | Frontend::Terminate => Err(SessionError::Internal("not of the extended protocol".into()).into()),
        }
    }

    /// A frame that is whole but not a message: the statement fails, the session goes on.
    async fn unreadable(&mut self, error: WireError) -> Result<Next, Fault> {
        if self.skipping {
            return Ok(Next::On);
        }
        let simple = error.message_kind() == Some(b'Q');
        self.note_protocol(&error.to_client(), error.to_string());
        self.answered(Err(Fault::of(error)))?;
        self.skipping = !simple;
        if simple {
            self.ready().await?;
        } else {
            self.io.flush().await?;
        }
        Ok(Next::On)
    }

    /// Tells the client of an error and undoes what it undoes. Faults that end the session pass through.
    fn answered(&mut self, outcome: Result<(), Fault>) -> Result<(), Fault> {
        let mut fault = match outcome {
            Ok(()) => return Ok(()),
            Err(fault @ (Fault::Fatal(_) | Fault::Gone)) => return Err(fault),
            Err(fault) => fault,
        };
        let id = uuid::Uuid::now_v7().to_string();
        let outside_statement = fault.identify(&id);
        let Fault::Error(refusal) = fault else { return Ok(()) };
        if outside_statement {
            self.note_protocol(&refusal.told, refusal.cause.clone().unwrap_or_default());
        }
        // Told before anything is undone: in the language and the encoding that the statement ran under.
        let language = self.settings.language();
        let error = &refusal.told;
        self.io.conn().queue(Backend::ErrorResponse { severity: Severity::Error, error, language });
        match self.transaction.fail() {
            Undone::Everything => {
                self.settings.end(false);
                self.names.fall(0);
            }
            Undone::Since(depth) => {
                self.settings.rollback_to(depth);
                self.names.fall(depth);
            }
        }
        self.follow_encoding();
        Ok(())
    }

    /// The connection speaks what `client_encoding` says now.
    fn follow_encoding(&mut self) {
        let generation = self.settings.generation();
        if std::mem::replace(&mut self.encoding_of, generation) != generation {
            let encoding = self.settings.encoding();
            self.io.conn().set_encoding(encoding);
        }
    }

    /// Tells changed settings and the state of the transaction, and sends everything off.
    async fn ready(&mut self) -> Result<(), Fault> {
        self.io.disarm();
        self.follow_encoding();
        let untold = self.settings.untold();
        if !untold.is_empty() {
            let language = self.settings.language();
            self.io.conn().set_language(language);
        }
        for (name, value) in untold {
            self.io.conn().queue(Backend::ParameterStatus { name, value: &value });
        }
        let status = match self.transaction.letter() {
            b'T' => TransactionStatus::Block,
            b'E' => TransactionStatus::Failed,
            _ => TransactionStatus::Idle,
        };
        self.io.conn().queue(Backend::ReadyForQuery(status));
        self.io.flush().await
    }

    /// How long the session may now be idle.
    fn idle_limit(&self) -> Option<(Duration, SessionError)> {
        let least = |a: u64, b: u64| if a == 0 || b == 0 { a.max(b) } else { a.min(b) };
        let in_block = self.transaction.in_block();
        let (wished, told) = if in_block {
            (self.settings.number("idle_in_transaction_session_timeout"), SessionError::IdleInTransactionTimeout)
        } else {
            (self.settings.number("idle_session_timeout"), SessionError::IdleTimeout)
        };
        match least(wished, self.state.limits.idle_timeout_ms) {
            0 => None,
            ms => Some((Duration::from_millis(ms), told)),
        }
    }

    /// A message begins that may run a statement.
    fn arm(&mut self) {
        self.io.arm(self.settings.statement_timeout_ms());
    }

    /// The next statement of the same message begins.
    fn renew_timeout(&mut self) {
        self.io.renew(self.settings.statement_timeout_ms());
    }

    /// Opens a statement's record, once there is room for it.
    async fn open_trail(&mut self, text: &str) -> Result<Trail, Fault> {
        let room = self.io.guard(self.state.sink.ready()).await?;
        room.map_err(Fault::of)?;
        Ok(Trail::open(&self.state.sink, &self.info, text))
    }

    fn open_implicit(&mut self, several: bool) {
        if self.transaction.open_implicit(several) {
            self.settings.begin();
        }
    }

    fn close_implicit(&mut self) {
        if self.transaction.close_implicit() {
            self.settle(true);
        }
    }

    /// The transaction is over: settings and portals follow.
    fn settle(&mut self, committed: bool) {
        self.settings.end(committed);
        if committed {
            self.names.commit();
        } else {
            self.names.fall(0);
        }
    }

    fn warn(&mut self, warning: impl ToClient) {
        if self.settings.get("client_min_messages").is_some_and(|least| least == "error") {
            return;
        }
        let notice = warning.to_client();
        let language = self.settings.language();
        self.io.conn().queue(Backend::NoticeResponse { severity: Severity::Warning, notice: &notice, language });
    }

    fn time_zone(&self) -> TimeZone {
        self.settings.get("timezone").and_then(|name| TimeZone::parse(&name)).unwrap_or_default()
    }

    fn encode_settings(&self) -> EncodeSettings {
        encode_settings(&self.settings)
    }
}

/// How values are to look, from the session's settings.
fn encode_settings(settings: &Settings) -> EncodeSettings {
    let text = |name: &str| settings.get(name).unwrap_or_default();
    // The settings' own checks admit only what these readers know.
    EncodeSettings {
        timezone: TimeZone::parse(&text("timezone")).unwrap_or_default(),
        datestyle: DateStyle::parse(&text("datestyle")).unwrap_or_default(),
        intervalstyle: IntervalStyle::parse(&text("intervalstyle")).unwrap_or_default(),
        extra_float_digits: text("extra_float_digits").parse().unwrap_or(1),
        bytea_output: ByteaOutput::parse(&text("bytea_output")).unwrap_or_default(),
    }
}
