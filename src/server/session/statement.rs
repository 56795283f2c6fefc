//! One statement: session commands are carried out, queries are opened; how rows then travel is the protocol's matter.
//!
//! Invariant: every path out of [`Session::open`] closes the statement's trail or hands it to the open rows.

use std::sync::Arc;
use std::time::Duration;

use sluice_base::{ClientError, Column, Datum, Format, SqlState, SqlType, Table, ToClient};
use sluice_model::audit::{Outcome, Trail};
use sluice_plan::{
    Argument, CopyFormat, CopyOptions, ExplainOptions, Governed, Query, Statement, StatementKind, TransactionModes,
};
use sluice_system::Answer;
use sluice_wire::Formats;

use super::Session;
use super::arguments;
use super::cursor::{Motion, motion};
use super::error::{Fault, SessionError};
use super::explain;
use super::held::of_rows;
use super::listed;
use super::portal::{Cursor, Portal, Prepared, Run};
use super::rows::{Back, Rows};
use super::standing::Standing;
use super::transaction::{Ended, Warning};
use super::work::{self, Asking, Planned, query_of};

/// What a statement came to.
pub enum Opened {
    /// It is done, with this tag.
    Done(String),
    /// Its rows are open; the first word of the tag.
    Rows(Rows, &'static str),
    /// Its rows are open, to be copied out.
    Copy(Rows, CopyOptions),
    /// It moves a cursor.
    Fetch {
        /// The cursor.
        cursor: String,
        /// The movement.
        motion: Motion,
        /// MOVE: nothing is shown.
        move_only: bool,
        /// Trail of this statement.
        trail: Trail,
    },
}

/// A statement ready to be opened.
pub struct Ready {
    /// The statement.
    pub statement: Arc<Statement>,
    /// Its parameters.
    pub params: Arc<[(SqlType, Datum)]>,
    /// Formats its rows will have.
    pub formats: Formats,
    /// Its trail.
    pub trail: Trail,
}

impl Session {
    /// Carries a command out, or opens a query.
    pub(super) async fn open(&mut self, ready: Ready) -> Result<Opened, Fault> {
        let statement = ready.statement.clone();
        match &statement.kind {
            StatementKind::Query(_) => return Ok(Opened::Rows(self.run_query(ready).await?, "SELECT")),
            StatementKind::CopyOut { options, .. } => {
                let format = match options.format {
                    CopyFormat::Binary => Format::Binary,
                    CopyFormat::Text | CopyFormat::Csv => Format::Text,
                };
                let rows = self.run_query(Ready { formats: all(format), ..ready }).await?;
                return Ok(Opened::Copy(rows, options.clone()));
            }
            StatementKind::Explain { options: ExplainOptions { analyze: true, .. }, .. } => {
                let fault = match self.asking().await {
                    Ok(asking) if asking.explains_in_full() => SessionError::ExplainAnalyzeUnsupported.into(),
                    Ok(_) => SessionError::ExplainAnalyze.into(),
                    Err(fault) => fault,
                };
                return Err(fault.refuse(ready.trail));
            }
            StatementKind::Explain { options, .. } => return self.explain(ready, *options).await,
            StatementKind::Declare { name, binary, scroll, hold, .. } => {
                let made_micros = self.state.sink.now_micros();
                let cursor = Cursor { binary: *binary, hold: *hold, scroll: *scroll != Some(false), made_micros };
                return self.declare(ready, name, cursor, *scroll).await;
            }
            _ => {}
        }
        let trail = ready.trail;
        match &statement.kind {
            StatementKind::Fetch { name, count, move_only } => match self.names.portal(name) {
                Ok(_) => {
                    Ok(Opened::Fetch { cursor: name.clone(), motion: motion(*count), move_only: *move_only, trail })
                }
                Err(_) => Err(Fault::from(SessionError::NoCursor(name.clone())).refuse(trail)),
            },
            StatementKind::Prepare { name, types, query } => {
                self.prepare(&statement.text, name, types, query, trail).await
            }
            StatementKind::Execute { name, args } => self.execute_prepared(name, args, ready.formats, trail).await,
            // Who asks comes first: the default of `search_path` is hers.
            StatementKind::Show(name) => match self.asking().await.and_then(|_| self.show(name)) {
                Ok(table) => self.open_table(table, "SHOW", trail).await,
                Err(fault) => Err(fault.refuse(trail)),
            },
            _ => match self.command(&statement).await {
                Ok(tag) => {
                    trail.finish(Outcome::Done);
                    Ok(Opened::Done(tag))
                }
                Err(fault) => Err(fault.refuse(trail)),
            },
        }
    }

    /// Plans where that is still to be done, admits, and starts.
    async fn run_query(&mut self, ready: Ready) -> Result<Rows, Fault> {
        let Ready { statement, params, formats, trail } = ready;
        let planned = self.planned(&statement, &params, formats).await;
        self.remember(&statement, &planned);
        match planned {
            Ok((asking, planned)) => {
                let (trail, meter) = work::meter(&asking, &planned, trail)?;
                if let Planned::Governed(governed) = &planned {
                    self.warn_of_totals(governed);
                }
                let standing = Standing::of(&asking, &self.identity.user, &planned);
                let answer = match &planned {
                    Planned::Answer(Answer { table, .. }) | Planned::Table(table) => {
                        self.ledger.running().take(of_rows(&table.rows))
                    }
                    Planned::Governed(_) => self.ledger.running().take(0),
                };
                let answer = match answer {
                    Ok(answer) => answer,
                    Err(error) => return Err(Fault::from(error).refuse(trail)),
                };
                let stream = work::start(&mut self.io, &asking, planned, trail).await?;
                Ok(Rows::new(stream, self.state.limits.rows_max, standing).metered(meter).answered(Some(answer)))
            }
            Err(fault) => Err(fault.refuse(trail)),
        }
    }

    /// What aggregates of the statement do not say.
    fn warn_of_totals(&mut self, governed: &Governed) {
        if let Some(least) = governed.least_group() {
            self.warn(Warning::SmallGroups(least));
        }
        for field in governed.masked_totals() {
            self.warn(MaskedTotal(field));
        }
    }

    async fn planned(
        &mut self,
        statement: &Arc<Statement>,
        params: &Arc<[(SqlType, Datum)]>,
        formats: Formats,
    ) -> Result<(Asking, Planned), Fault> {
        let mut asking = self.asking().await?;
        if query_of(&statement.kind).is_some_and(|query| listed::RELATIONS.iter().any(|name| query.names(name))) {
            asking.listed = Some(Arc::new(self.names.listed()));
        }
        let planned = work::plan(&mut self.io, &asking, statement, params).await?;
        let Planned::Answer(answer) = planned else { return Ok((asking, planned)) };
        for (name, value, local) in answer.settings {
            if name.eq_ignore_ascii_case("role") {
                let role = value.as_deref().filter(|role| !role.eq_ignore_ascii_case("none"));
                self.set_role(role, local).await?;
                continue;
            }
            self.settings.set(&name, value.as_deref(), local).map_err(Fault::of)?;
        }
        for (pid, end) in answer.signals {
            self.state.signal(&self.identity.user, pid, end);
        }
        if answer.pause_micros > 0 {
            self.io.guard(tokio::time::sleep(Duration::from_micros(answer.pause_micros))).await?;
        }
        let formats = formats.expand(answer.table.columns.len()).map_err(Fault::of)?;
        let table = work::oids_in_binary(&mut self.io, &asking, answer.table, formats).await?;
        Ok((asking, Planned::Table(table)))
    }

    /// Opens a finished answer of the session itself.
    async fn open_table(&mut self, table: Table, word: &'static str, trail: Trail) -> Result<Opened, Fault> {
        let asking = match self.asking().await {
            Ok(asking) => asking,
            Err(fault) => return Err(fault.refuse(trail)),
        };
        let planned = Planned::Table(table);
        let standing = Standing::of(&asking, &self.identity.user, &planned);
        let stream = work::start(&mut self.io, &asking, planned, trail).await?;
        Ok(Opened::Rows(Rows::new(stream, 0, standing), word))
    }

    /// EXPLAIN: rules and source SQL for those with a grant of their own, else only that there are rules (governance
    /// G14).
    async fn explain(&mut self, ready: Ready, options: ExplainOptions) -> Result<Opened, Fault> {
        let Ready { statement, params, trail, .. } = ready;
        let asking = match self.asking().await {
            Ok(asking) => asking,
            Err(fault) => return Err(fault.refuse(trail)),
        };
        // Planned and no more: what a call of the statement would do to the session is not done.
        let planned = match work::plan(&mut self.io, &asking, &statement, &params).await {
            Ok(planned) => planned,
            Err(fault) => return Err(fault.refuse(trail)),
        };
        let told = match planned {
            Planned::Governed(governed) => work::explain(&mut self.io, &asking, *governed, options.policy).await,
            Planned::Answer(Answer { table, .. }) | Planned::Table(table) => Ok(explain::of_catalog(&table.columns)),
        };
        match told {
            Ok(told) => self.open_table(told.table(options), "EXPLAIN", trail).await,
            Err(fault) => Err(fault.refuse(trail)),
        }
    }

    async fn declare(
        &mut self,
        ready: Ready,
        name: &str,
        cursor: Cursor,
        scroll: Option<bool>,
    ) -> Result<Opened, Fault> {
        let allowed = match self.names.check_portal_name(name) {
            Ok(()) if cursor.hold => Ok(()),
            Ok(()) => self.transaction.check_block("DECLARE CURSOR").map_err(Fault::of),
            // A fault in the query is told before one in the cursor's name.
            Err(error) => Err(match self.describe(Some(&ready.statement), &[]).await {
                Ok(_) => error.into(),
                Err(fault) => fault,
            }),
        };
        if let Err(fault) = allowed {
            return Err(fault.refuse(ready.trail));
        }
        let (statement, params) = (ready.statement.clone(), ready.params.clone());
        let format = if cursor.binary { Format::Binary } else { Format::Text };
        let rows = self.run_query(Ready { formats: all(format), ..ready }).await?;
        let rows = rows.with_way_back(match scroll {
            None => Back::Near,
            Some(false) => Back::Never,
            Some(true) => Back::Far,
        });
        let rows = rows.held(&self.ledger)?;
        let portal = Portal {
            statement: Some(statement),
            params,
            formats: Formats::default(),
            told: Some(rows.columns().into()),
            run: Run::Rows { rows, word: "SELECT" },
            trail: None,
            cursor: Some(cursor),
            born: Some(self.transaction.depth()),
            charge: None,
        };
        self.names.open(name, portal)?;
        Ok(Opened::Done("DECLARE CURSOR".to_string()))
    }

    async fn prepare(
        &mut self,
        text: &str,
        name: &str,
        types: &[SqlType],
        query: &Query,
        trail: Trail,
    ) -> Result<Opened, Fault> {
        // From here on it is a statement like one of the protocol.
        let statement = Statement { text: text.to_string(), kind: StatementKind::Query(query.clone()) };
        let statement = Arc::new(statement);
        let declared: Vec<Option<SqlType>> = types.iter().cloned().map(Some).collect();
        // Faults in the statement are told now, not at its first execution.
        let outcome = match self.names.check_statement_name(name) {
            Ok(()) => self.describe(Some(&statement), &declared).await,
            Err(error) => Err(error.into()),
        };
        let kept = outcome.and_then(|described| {
            let (statement, described) = (Some(statement), Some(described));
            let made_micros = self.state.sink.now_micros();
            let prepared =
                Prepared { statement, declared, described, trail: None, charge: None, from_sql: true, made_micros };
            Ok(self.names.prepare(name, prepared)?)
        });
        match kept {
            Ok(()) => {
                trail.finish(Outcome::Done);
                Ok(Opened::Done("PREPARE".to_string()))
            }
            Err(fault) => Err(fault.refuse(trail)),
        }
    }

    async fn execute_prepared(
        &mut self,
        name: &str,
        args: &[Argument],
        formats: Formats,
        trail: Trail,
    ) -> Result<Opened, Fault> {
        let bound = self.bind_arguments(name, args).await;
        let (statement, params) = match bound {
            Ok(bound) => bound,
            Err(fault) => return Err(fault.refuse(trail)),
        };
        match &statement.kind {
            // A statement of the protocol may be anything but EXECUTE itself, which would not end.
            StatementKind::Execute { .. } => {
                Err(Fault::from(SessionError::NoStatement(name.to_string())).refuse(trail))
            }
            _ => Box::pin(self.open(Ready { statement, params, formats, trail })).await,
        }
    }

    /// The statement that EXECUTE names, with its arguments in the parameters' types.
    async fn bind_arguments(
        &mut self,
        name: &str,
        args: &[Argument],
    ) -> Result<(Arc<Statement>, Arc<[(SqlType, Datum)]>), Fault> {
        let described = self.describe_named(name).await?;
        let prepared = self.names.prepared(name)?;
        let Some(statement) = prepared.statement.clone() else {
            return Err(SessionError::NoStatement(name.to_string()).into());
        };
        let types = &described.params;
        if types.len() != args.len() {
            let (given, needed) = (args.len(), types.len());
            return Err(SessionError::ArgumentCount { name: name.to_string(), given, needed }.into());
        }
        let (types, args, zone) = (types.clone(), args.to_vec(), self.time_zone());
        let bound = match args.iter().all(|arg| matches!(arg, Argument::Literal(_))) {
            true => arguments::bound(&types, &args, None, &zone)?,
            false => {
                let asking = self.asking().await?;
                let compute = move || arguments::bound(&types, &args, Some(&asking), &zone);
                work::on_planner(&mut self.io, &self.state, &self.identity.user, compute).await?
            }
        };
        Ok((statement, bound))
    }

    fn show(&self, name: &str) -> Result<Table, Fault> {
        let text = |value: &str| Datum::Text(value.to_string());
        if name.eq_ignore_ascii_case("all") {
            let row = |listed: &super::settings::Listed| {
                vec![text(listed.name), text(&listed.shown), text(listed.description)]
            };
            let rows = self.settings.list().iter().map(row).collect();
            return Ok(Table { columns: show_columns(name), rows });
        }
        let (name, shown) = self.settings.show(name).map_err(Fault::of)?;
        Ok(Table { columns: vec![Column::computed(name, SqlType::Text)], rows: vec![vec![text(&shown)]] })
    }

    /// Commands that have no rows. Returns the tag.
    async fn command(&mut self, statement: &Statement) -> Result<String, Fault> {
        let tag = match &statement.kind {
            StatementKind::Begin(modes) => {
                self.begin(modes)?;
                if begins_with(&statement.text, "start") { "START TRANSACTION" } else { "BEGIN" }
            }
            StatementKind::Commit { chain: false } => {
                let ended = self.transaction.commit();
                self.end_transaction(ended)
            }
            StatementKind::Rollback { chain: false } => {
                let ended = self.transaction.rollback();
                self.end_transaction(ended)
            }
            StatementKind::Commit { chain: true } => self.chain("COMMIT AND CHAIN", true)?,
            StatementKind::Rollback { chain: true } => self.chain("ROLLBACK AND CHAIN", false)?,
            StatementKind::Savepoint(name) => {
                self.transaction.savepoint(name).map_err(Fault::of)?;
                self.settings.savepoint();
                "SAVEPOINT"
            }
            StatementKind::Release(name) => {
                let depth = self.transaction.release(name).map_err(Fault::of)?;
                self.settings.release(depth);
                self.names.lift(depth);
                "RELEASE"
            }
            StatementKind::RollbackTo(name) => {
                let below = self.transaction.rollback_to(name).map_err(Fault::of)?;
                self.settings.rollback_to(below + 1);
                self.names.fall(below + 1);
                "ROLLBACK"
            }
            StatementKind::Set { name, value, local } => {
                if *local {
                    self.warn_outside_block("SET LOCAL");
                }
                self.settings.set(name, value.as_deref(), *local).map_err(Fault::of)?;
                "SET"
            }
            StatementKind::SetTransaction(modes) => {
                // SET SESSION CHARACTERISTICS is for all transactions to come.
                if !begins_with(&statement.text, "set session") {
                    self.warn_outside_block("SET TRANSACTION");
                    self.set_modes(modes)?;
                    return Ok("SET".to_string());
                }
                if let Some(level) = modes.isolation {
                    let level = Some(level.name());
                    self.settings.set("default_transaction_isolation", level, false).map_err(Fault::of)?;
                }
                if let Some(deferrable) = modes.deferrable {
                    let value = Some(if deferrable { "on" } else { "off" });
                    self.settings.set("default_transaction_deferrable", value, false).map_err(Fault::of)?;
                }
                if let Some(read_only) = modes.read_only {
                    let value = Some(if read_only { "on" } else { "off" });
                    self.settings.set("default_transaction_read_only", value, false).map_err(Fault::of)?;
                }
                "SET"
            }
            StatementKind::Reset(Some(name)) => {
                self.settings.reset(name, false).map_err(Fault::of)?;
                "RESET"
            }
            StatementKind::Reset(None) => {
                self.settings.reset_all();
                "RESET"
            }
            StatementKind::Discard(what) => return self.discard(what),
            StatementKind::Close(Some(name)) => {
                if !self.names.close(name) {
                    return Err(SessionError::NoCursor(name.clone()).into());
                }
                "CLOSE CURSOR"
            }
            StatementKind::Close(None) => {
                self.names.close_all();
                "CLOSE CURSOR ALL"
            }
            StatementKind::Deallocate(Some(name)) => {
                if !self.names.unprepare(name) {
                    return Err(SessionError::NoStatement(name.clone()).into());
                }
                "DEALLOCATE"
            }
            StatementKind::Deallocate(None) => {
                self.names.unprepare_all();
                "DEALLOCATE ALL"
            }
            StatementKind::Listen(_) => "LISTEN",
            StatementKind::Unlisten(_) => "UNLISTEN",
            StatementKind::SetRole { role, local } => {
                if *local {
                    self.warn_outside_block("SET LOCAL");
                }
                self.set_role(role.as_deref(), *local).await?;
                if begins_with(&statement.text, "reset") { "RESET" } else { "SET" }
            }
            StatementKind::SetSessionAuthorization(who) => {
                if who.as_ref().is_some_and(|who| *who != self.identity.user) {
                    return Err(SessionError::NotSelf.into());
                }
                // As in PostgreSQL, the role in force ends with it.
                self.settings.set_special("role", None, false);
                if begins_with(&statement.text, "reset") { "RESET" } else { "SET" }
            }
            StatementKind::NoOperation(tag) => {
                if *tag == "LOCK TABLE" {
                    self.transaction.check_block(tag).map_err(Fault::of)?;
                }
                if *tag == "SET CONSTRAINTS" {
                    self.warn_outside_block(tag);
                }
                tag
            }
            StatementKind::Query(_)
            | StatementKind::Explain { .. }
            | StatementKind::CopyOut { .. }
            | StatementKind::Declare { .. }
            | StatementKind::Fetch { .. }
            | StatementKind::Prepare { .. }
            | StatementKind::Execute { .. }
            | StatementKind::Show(_) => {
                return Err(SessionError::Internal("a statement with rows came as a command".into()).into());
            }
        };
        Ok(tag.to_string())
    }

    fn begin(&mut self, modes: &TransactionModes) -> Result<(), Fault> {
        let implicit = self.transaction.is_implicit();
        match self.transaction.begin() {
            Some(warning) => self.warn(warning),
            None if !implicit => self.settings.begin(),
            None => {}
        }
        self.set_modes(modes)
    }

    /// The modes are kept for SHOW; reads are reads in all of them, and nothing is written in any.
    fn set_modes(&mut self, modes: &TransactionModes) -> Result<(), Fault> {
        if let Some(level) = modes.isolation {
            self.settings.set("transaction_isolation", Some(level.name()), true).map_err(Fault::of)?;
        }
        if let Some(deferrable) = modes.deferrable {
            let value = if deferrable { "on" } else { "off" };
            self.settings.set("transaction_deferrable", Some(value), true).map_err(Fault::of)?;
        }
        if let Some(read_only) = modes.read_only {
            let value = if read_only { "on" } else { "off" };
            self.settings.set("transaction_read_only", Some(value), true).map_err(Fault::of)?;
        }
        Ok(())
    }

    fn end_transaction(&mut self, ended: Ended) -> &'static str {
        if let Some(warning) = ended.warning {
            self.warn(warning);
        }
        self.settle(ended.committed);
        ended.tag
    }

    /// Warns of a command whose effect ends with its own statement.
    fn warn_outside_block(&mut self, what: &'static str) {
        if self.transaction.check_block(what).is_err() {
            self.warn(Warning::OutsideBlock(what));
        }
    }

    /// Ends a transaction and begins the next in the same modes.
    fn chain(&mut self, what: &'static str, commit: bool) -> Result<&'static str, Fault> {
        self.transaction.check_block(what).map_err(Fault::of)?;
        let modes = ["transaction_isolation", "transaction_deferrable", "transaction_read_only"]
            .map(|name| (name, self.settings.get(name)));
        let ended = if commit { self.transaction.commit() } else { self.transaction.rollback() };
        let tag = self.end_transaction(ended);
        self.transaction.begin();
        self.settings.begin();
        for (name, value) in modes {
            self.settings.set(name, value.as_deref(), true).map_err(Fault::of)?;
        }
        Ok(tag)
    }

    fn discard(&mut self, what: &str) -> Result<String, Fault> {
        if what == "ALL" {
            self.transaction.check_no_block("DISCARD ALL").map_err(Fault::of)?;
            self.names.close_all();
            self.names.unprepare_all();
            self.settings.reset_all();
            self.settings.set_special("role", None, false);
        }
        // Plans are made anew for each execution, and there are neither sequences nor temporary tables.
        Ok(format!("DISCARD {what}"))
    }
}

/// Aggregates over this field are of masked values: NULL where the mask shows nothing (governance G13).
struct MaskedTotal<'a>(&'a str);

impl ToClient for MaskedTotal<'_> {
    fn to_client(&self) -> ClientError {
        ClientError::new(
            SqlState::Warning,
            format!("aggregates of column \"{}\" are of masked values", self.0),
            format!("字段 \"{}\" 的汇总按脱敏后的值计算", self.0),
        )
    }
}

/// The columns of SHOW.
pub fn show_columns(name: &str) -> Vec<Column> {
    let names: &[&str] = if name.eq_ignore_ascii_case("all") { &["name", "setting", "description"] } else { &[name] };
    names.iter().map(|name| Column::computed(*name, SqlType::Text)).collect()
}

/// Tags tell synonyms apart that are one statement otherwise.
fn begins_with(text: &str, word: &str) -> bool {
    text.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// One format for all columns.
fn all(format: Format) -> Formats {
    // The two codes are known to the list; text is what it falls back to.
    Formats::of_codes([format.code()]).unwrap_or_default()
}
