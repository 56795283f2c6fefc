//! The simple protocol: one message, any number of statements, one implicit transaction.
//!
//! Invariant: all statements of a message are parsed before the first one runs, so that a write anywhere in it refuses
//! the whole message before any row leaves.

use std::sync::Arc;

use sluice_base::Format;
use sluice_model::audit::{Outcome, Trail};
use sluice_plan::{Statement, StatementKind};
use sluice_wire::{Backend, Formats};

use super::Session;
use super::cursor::Shown;
use super::error::Fault;
use super::rows::{Out, Rows};
use super::statement::{Opened, Ready};
use super::work;

impl Session {
    /// Runs a Query message up to its first error.
    pub(super) async fn simple(&mut self, text: &str) -> Result<(), Fault> {
        let trail = self.open_trail(text).await?;
        let statements = match work::parse(&mut self.io, &self.state, &self.identity.user, text).await {
            Ok(statements) => statements,
            Err(fault) => return Err(fault.refuse(trail)),
        };
        if statements.is_empty() {
            self.io.conn().queue(Backend::EmptyQueryResponse);
            trail.finish(Outcome::Done);
            return Ok(());
        }
        // The first statement's record has the whole text as sent.
        let mut first = Some(trail);
        let several = statements.len() > 1;
        for statement in statements {
            self.open_implicit(several);
            self.renew_timeout();
            let trail = match first.take() {
                Some(trail) => trail,
                None => self.open_trail(&statement.text).await?,
            };
            self.run_simple(statement, trail).await?;
            self.follow_encoding();
            self.io.relieve().await?;
        }
        self.close_implicit();
        Ok(())
    }

    async fn run_simple(&mut self, statement: Statement, trail: Trail) -> Result<(), Fault> {
        if let Err(fault) = self.check_runnable(&statement.kind) {
            return Err(fault.refuse(trail));
        }
        let ready = Ready { statement: Arc::new(statement), params: Arc::from([]), formats: Formats::default(), trail };
        let tag = match self.open(ready).await? {
            Opened::Done(tag) => tag,
            Opened::Rows(rows, word) => self.send_all(rows, word).await?,
            Opened::Copy(rows, options) => self.copy_out(rows, &options).await?,
            Opened::Fetch { cursor, motion, move_only, trail } => {
                let shown = if move_only { Shown::Nothing } else { Shown::Described };
                self.fetch(&cursor, motion, shown, trail).await?
            }
        };
        self.io.conn().queue(Backend::CommandComplete(&tag));
        Ok(())
    }

    /// Sends a whole result in text. Returns the tag.
    async fn send_all(&mut self, mut rows: Rows, word: &'static str) -> Result<String, Fault> {
        match self.describe_and_send(&mut rows).await {
            Ok(sent) => {
                rows.finish(Outcome::Done);
                Ok(tag(word, sent))
            }
            Err(fault) => Err(rows.fail(fault)),
        }
    }

    async fn describe_and_send(&mut self, rows: &mut Rows) -> Result<u64, Fault> {
        let formats = vec![Format::Text; rows.columns().len()];
        let described = Backend::RowDescription { columns: rows.columns(), formats: &formats };
        self.io.conn().try_queue(described).map_err(Fault::of)?;
        // A `set_config` of the statement holds for its rows.
        self.follow_encoding();
        let encoding = self.io.conn().encoding();
        let mut out = Out::rows(rows.columns(), &formats, &self.encode_settings(), encoding)?;
        Ok(rows.send(&mut self.io, &mut out, u64::MAX).await?.rows)
    }

    /// Refuses what a failed transaction refuses.
    pub(super) fn check_runnable(&self, kind: &StatementKind) -> Result<(), Fault> {
        match kind {
            StatementKind::Commit { .. } | StatementKind::Rollback { .. } | StatementKind::RollbackTo(_) => Ok(()),
            _ => self.transaction.check_not_failed().map_err(Fault::of),
        }
    }
}

/// The tag of a statement with rows. SHOW and EXPLAIN do not count theirs.
pub fn tag(word: &str, rows: u64) -> String {
    match word {
        "SHOW" | "EXPLAIN" => word.to_string(),
        _ => format!("{word} {rows}"),
    }
}
