//! The extended protocol: Parse, Bind, Describe, Execute, Close, Flush, Sync.
//!
//! Invariants: after an error everything up to Sync is passed over; replies leave on Flush, on Sync or when the buffer
//! is full. Faults in a statement are told at Parse, as in PostgreSQL; the decision is made anew at Execute, and where
//! its columns are no longer those that the client was told, the statement fails.

use std::sync::Arc;

use sluice_base::{Column, Datum, Format, SqlType};
use sluice_model::audit::{Outcome, Trail};
use sluice_plan::{Statement, StatementKind};
use sluice_wire::{Backend, Bind, Target, decode_parameter_from};

use super::Session;
use super::cursor::{Motion, Shown};
use super::error::{Fault, SessionError};
use super::explain;
use super::portal::{Described, Portal, Prepared, Run};
use super::rows::Out;
use super::simple::tag;
use super::statement::{Opened, Ready, show_columns};
use super::work::{self, query_of};

impl Session {
    /// Parse
    pub(super) async fn parse(&mut self, name: &str, text: &str, oids: &[u32]) -> Result<(), Fault> {
        let trail = self.open_trail(text).await?;
        match self.prepared(name, text, oids).await {
            Ok(prepared) => {
                if name.is_empty() {
                    self.names.unprepare(name);
                }
                self.names.prepare(name, Prepared { trail: Some(trail), ..prepared })?;
                self.io.conn().queue(Backend::ParseComplete);
                Ok(())
            }
            Err(fault) => Err(fault.refuse(trail)),
        }
    }

    async fn prepared(&mut self, name: &str, text: &str, oids: &[u32]) -> Result<Prepared, Fault> {
        self.names.check_statement_name(name)?;
        let mut statements = work::parse(&mut self.io, &self.state, &self.identity.user, text).await?;
        if statements.len() > 1 {
            return Err(SessionError::SeveralInParse.into());
        }
        let statement = statements.pop().map(Arc::new);
        if let Some(statement) = &statement {
            self.check_runnable(&statement.kind)?;
        }
        let declared = oids.iter().map(|oid| declared_type(*oid)).collect::<Result<Vec<_>, _>>()?;
        let described = Some(self.describe(statement.as_ref(), &declared).await?);
        let made_micros = self.state.sink.now_micros();
        Ok(Prepared { statement, declared, described, trail: None, charge: None, from_sql: false, made_micros })
    }

    /// Parameter and column types of a prepared statement, as of now.
    pub(super) async fn describe(
        &mut self,
        statement: Option<&Arc<Statement>>,
        declared: &[Option<SqlType>],
    ) -> Result<Described, Fault> {
        let Some(statement) = statement else { return Ok(Described::nothing()) };
        let none = |columns: Option<Vec<Column>>, epoch| {
            Ok(Described { params: Arc::from([]), columns: columns.map(Into::into), epoch })
        };
        match &statement.kind {
            StatementKind::Show(name) => none(Some(show_columns(&self.shown_name(name))), 0),
            StatementKind::Fetch { move_only: true, .. } => none(None, 0),
            StatementKind::Fetch { name, .. } => {
                // Whether the cursor exists is for the execution to say.
                let columns = self.names.portal(name).ok().and_then(|cursor| cursor.told.as_ref());
                none(columns.map(|told| told.to_vec()), 0)
            }
            StatementKind::Execute { name, .. } => {
                let inner = Box::pin(self.describe_named(name)).await?;
                Ok(Described { params: Arc::from([]), ..inner })
            }
            kind if query_of(kind).is_some() => {
                let asking = self.asking().await?;
                let (params, columns) = match work::describe(&mut self.io, &asking, statement, declared).await {
                    Ok(described) => described,
                    Err(fault) => {
                        self.remember_refusal(statement, &fault);
                        return Err(fault);
                    }
                };
                let columns = match kind {
                    StatementKind::Query(_) => Some(columns.into()),
                    StatementKind::Explain { options, .. } => Some(explain::columns(*options).into()),
                    _ => None,
                };
                Ok(Described { params: params.into(), columns, epoch: asking.current.snapshot.epoch })
            }
            _ => none(None, 0),
        }
    }

    /// [`Session::describe`] of a statement held by name, remembered while the snapshot stays.
    pub(super) async fn describe_named(&mut self, name: &str) -> Result<Described, Fault> {
        let epoch = self.state.current().snapshot.epoch;
        let prepared = self.names.prepared(name)?;
        if let Some(described) = &prepared.described
            && described.epoch == epoch
        {
            return Ok(described.clone());
        }
        let statement = prepared.statement.clone();
        // Types once told stay: the client sends its values in them.
        let declared: Vec<Option<SqlType>> = match &prepared.described {
            Some(before) => before.params.iter().cloned().map(Some).collect(),
            None => prepared.declared.clone(),
        };
        let described = self.describe(statement.as_ref(), &declared).await?;
        let prepared = self.names.prepared(name)?;
        let same = |before: &Described| {
            let columns = match (&before.columns, &described.columns) {
                (Some(before), Some(now)) => same_columns(before, now),
                (before, now) => before.is_none() && now.is_none(),
            };
            before.params == described.params && columns
        };
        // Other statements with rows are about things of the session, which come and go.
        let query = statement.as_ref().is_some_and(|statement| matches!(statement.kind, StatementKind::Query(_)));
        if query && prepared.described.as_ref().is_some_and(|before| !same(before)) {
            return Err(SessionError::ResultChanged.into());
        }
        prepared.described = Some(described.clone());
        Ok(described)
    }

    fn shown_name(&self, name: &str) -> String {
        self.settings.show(name).map_or_else(|_| name.to_string(), |(spelled, _)| spelled)
    }

    /// Bind
    pub(super) async fn bind(&mut self, bind: Bind) -> Result<(), Fault> {
        let prepared = self.names.prepared(&bind.statement)?;
        let statement = prepared.statement.clone();
        // What the client knows of a query's columns holds for its portals.
        let query = statement.as_ref().is_some_and(|statement| matches!(statement.kind, StatementKind::Query(_)));
        let told = prepared.described.as_ref().filter(|_| query).and_then(|described| described.columns.clone());
        if let Some(statement) = &statement {
            self.check_runnable(&statement.kind)?;
        }
        self.names.check_portal_name(&bind.portal)?;
        let formats_fit = match (&told, bind.result_formats.given()) {
            (Some(columns), [_, _, ..]) => bind.result_formats.expand(columns.len()).map(|_| ()).map_err(Fault::of),
            (None, _) | (Some(_), [] | [_]) => Ok(()),
        };
        let bound = match formats_fit {
            Ok(()) => self.bind_parameters(&bind).await,
            Err(fault) => Err(fault),
        };
        let params = match bound {
            Ok(params) => params,
            Err(fault) => return Err(self.blame(&bind.statement, fault)),
        };
        let trail = self.names.prepared(&bind.statement)?.trail.take();
        let portal = Portal {
            statement,
            params,
            formats: bind.result_formats,
            told,
            run: Run::Bound,
            trail,
            cursor: None,
            born: Some(self.transaction.depth()),
            charge: None,
        };
        self.names.open(&bind.portal, portal)?;
        self.io.conn().queue(Backend::BindComplete);
        Ok(())
    }

    async fn bind_parameters(&mut self, bind: &Bind) -> Result<Arc<[(SqlType, Datum)]>, Fault> {
        let given = bind.parameters.len();
        let prepared = self.names.prepared(&bind.statement)?;
        let takes = prepared.statement.as_ref().is_some_and(|statement| statement.text.contains('$'));
        if given == 0 && !takes {
            return Ok(Arc::from([]));
        }
        let types = self.describe_named(&bind.statement).await?.params;
        if types.len() != given {
            let name = bind.statement.clone();
            return Err(SessionError::ParameterCount { name, given, needed: types.len() }.into());
        }
        let formats = bind.parameter_formats.expand(given).map_err(Fault::of)?;
        let (zone, encoding) = (self.time_zone(), self.io.conn().encoding());
        let values = types.iter().zip(&bind.parameters).zip(formats).map(|((sql_type, bytes), format)| {
            let value = match bytes {
                Some(bytes) => decode_parameter_from(encoding, format, bytes, sql_type, &zone)?,
                None => Datum::Null,
            };
            Ok((sql_type.clone(), value))
        });
        values.collect::<Result<_, sluice_wire::WireError>>().map_err(Fault::of)
    }

    /// Describe
    pub(super) async fn describe_target(&mut self, target: &Target) -> Result<(), Fault> {
        match target {
            Target::Statement(name) => self.describe_statement(name).await,
            Target::Portal(name) => self.describe_portal(name).await,
        }
    }

    async fn describe_statement(&mut self, name: &str) -> Result<(), Fault> {
        let described = match self.describe_named(name).await {
            Ok(described) => described,
            Err(fault) => return Err(self.blame(name, fault)),
        };
        let oids: Vec<u32> = described.params.iter().map(SqlType::oid).collect();
        self.io.conn().queue(Backend::ParameterDescription(&oids));
        match &described.columns {
            Some(columns) => {
                let described = Backend::RowDescription { columns, formats: &[] };
                self.io.conn().try_queue(described).map_err(Fault::of)
            }
            None => {
                self.io.conn().queue(Backend::NoData);
                Ok(())
            }
        }
    }

    /// The record of a statement that was parsed and not yet run says why it will not.
    fn blame(&mut self, name: &str, fault: Fault) -> Fault {
        match self.names.prepared(name).ok().and_then(|prepared| prepared.trail.take()) {
            Some(trail) => fault.refuse(trail),
            None => fault,
        }
    }

    async fn describe_portal(&mut self, name: &str) -> Result<(), Fault> {
        let portal = self.names.portal(name)?;
        let (statement, params, told) = (portal.statement.clone(), portal.params.clone(), portal.told.clone());
        let found = match told {
            Some(told) => Ok(Some(told)),
            None => {
                let declared: Vec<_> = params.iter().map(|(sql_type, _)| Some(sql_type.clone())).collect();
                self.describe(statement.as_ref(), &declared).await.map(|described| described.columns)
            }
        };
        let portal = self.names.portal(name)?;
        match found {
            Ok(Some(columns)) => {
                let formats = portal_formats(portal, columns.len())?;
                portal.told = Some(columns.clone());
                let described = Backend::RowDescription { columns: &columns, formats: &formats };
                self.io.conn().try_queue(described).map_err(Fault::of)
            }
            Ok(None) => {
                self.io.conn().queue(Backend::NoData);
                Ok(())
            }
            Err(fault) => Err(match portal.trail.take() {
                Some(trail) => fault.refuse(trail),
                None => fault,
            }),
        }
    }

    /// Execute
    pub(super) async fn execute(&mut self, name: &str, rows_max: u32) -> Result<(), Fault> {
        let mut portal = self.names.take(name)?;
        let max = if rows_max == 0 { u64::MAX } else { u64::from(rows_max) };
        // A portal that fails is gone: what it had sent when it failed is not known.
        self.run_portal(name, &mut portal, max).await?;
        self.names.put_back(name, portal);
        Ok(())
    }

    async fn run_portal(&mut self, name: &str, portal: &mut Portal, max: u64) -> Result<(), Fault> {
        if let Run::Bound = portal.run {
            let Some(statement) = portal.statement.clone() else {
                self.io.conn().queue(Backend::EmptyQueryResponse);
                if let Some(trail) = portal.trail.take() {
                    trail.finish(Outcome::Done);
                }
                return Ok(());
            };
            let trail = match portal.trail.take() {
                Some(trail) => trail,
                None => self.open_trail(&statement.text).await?,
            };
            if let Err(fault) = self.check_runnable(&statement.kind) {
                return Err(fault.refuse(trail));
            }
            let (params, formats) = (portal.params.clone(), portal.formats.clone());
            let ready = Ready { statement, params, formats, trail };
            if let Some(done) = self.start_portal(portal, ready).await? {
                portal.run = Run::Done { again: None };
                self.io.conn().queue(Backend::CommandComplete(&done));
                return Ok(());
            }
        }
        match std::mem::replace(&mut portal.run, Run::Done { again: None }) {
            Run::Rows { rows, word } => {
                // With all rows asked for, nothing stays.
                let rows = if max < u64::MAX { rows.held(&self.ledger)? } else { rows };
                self.send_some(portal, rows, word, max).await
            }
            Run::Fetch { cursor, left, trail } => self.fetch_some(portal, cursor, left, trail, max).await,
            Run::Done { again: Some(word) } => {
                portal.run = Run::Done { again: Some(word) };
                self.io.conn().queue(Backend::CommandComplete(&tag(word, 0)));
                Ok(())
            }
            Run::Done { again: None } | Run::Bound => Err(SessionError::PortalDone(name.to_string()).into()),
        }
    }

    /// Starts a portal. Returns the tag of a statement that is done already.
    async fn start_portal(&mut self, portal: &mut Portal, ready: Ready) -> Result<Option<String>, Fault> {
        match self.open(ready).await? {
            Opened::Done(tag) => Ok(Some(tag)),
            Opened::Copy(rows, options) => self.copy_out(rows, &options).await.map(Some),
            Opened::Rows(rows, word) => {
                if portal.told.as_ref().is_some_and(|told| !same_columns(told, rows.columns())) {
                    return Err(rows.fail(SessionError::ResultChanged.into()));
                }
                portal.run = Run::Rows { rows, word };
                Ok(None)
            }
            Opened::Fetch { cursor, motion: Motion::Forward(left), move_only: false, trail } => {
                portal.run = Run::Fetch { cursor, left, trail };
                Ok(None)
            }
            Opened::Fetch { cursor, motion, move_only, trail } => {
                let shown = if move_only { Shown::Nothing } else { Shown::In(portal.formats.clone()) };
                self.fetch(&cursor, motion, shown, trail).await.map(Some)
            }
        }
    }

    async fn send_some(
        &mut self,
        portal: &mut Portal,
        mut rows: super::rows::Rows,
        word: &'static str,
        max: u64,
    ) -> Result<(), Fault> {
        let sent = async {
            rows.resume(&mut self.io).await?;
            let formats = portal_formats(portal, rows.columns().len())?;
            self.follow_encoding();
            let encoding = self.io.conn().encoding();
            let mut out = Out::rows(rows.columns(), &formats, &self.encode_settings(), encoding)?;
            rows.send(&mut self.io, &mut out, max).await
        }
        .await;
        match sent {
            Ok(sent) if sent.ended => {
                rows.finish(Outcome::Done);
                portal.run = Run::Done { again: Some(word) };
                self.io.conn().queue(Backend::CommandComplete(&tag(word, sent.rows)));
                Ok(())
            }
            Ok(_) => {
                portal.run = Run::Rows { rows, word };
                self.io.conn().queue(Backend::PortalSuspended);
                Ok(())
            }
            Err(fault) => Err(rows.fail(fault)),
        }
    }

    /// FETCH under a row limit: the portal passes on what the cursor gives, in its own formats.
    async fn fetch_some(
        &mut self,
        portal: &mut Portal,
        cursor: String,
        left: u64,
        trail: Trail,
        max: u64,
    ) -> Result<(), Fault> {
        let count = left.min(max);
        let shown = Shown::In(portal.formats.clone());
        match self.move_cursor(&cursor, Motion::Forward(count), shown).await {
            Ok(sent) if sent.ended || count == left => {
                trail.finish(Outcome::Done);
                portal.run = Run::Done { again: Some("FETCH") };
                self.io.conn().queue(Backend::CommandComplete(&tag("FETCH", sent.rows)));
                Ok(())
            }
            Ok(_) => {
                portal.run = Run::Fetch { cursor, left: left - count, trail };
                self.io.conn().queue(Backend::PortalSuspended);
                Ok(())
            }
            Err(fault) => {
                trail.finish(fault.outcome());
                Err(fault)
            }
        }
    }

    /// Close
    pub(super) fn close_target(&mut self, target: &Target) {
        // Closing what does not exist is no error.
        match target {
            Target::Statement(name) => self.names.unprepare(name),
            Target::Portal(name) => self.names.close(name),
        };
        self.io.conn().queue(Backend::CloseComplete);
    }
}

/// The type a client declared for a parameter; `None` where it left that open.
fn declared_type(oid: u32) -> Result<Option<SqlType>, SessionError> {
    match oid {
        0 => Ok(None),
        oid => match SqlType::from_oid(oid) {
            Some(SqlType::Unknown) => Ok(None),
            Some(known) => Ok(Some(known)),
            None => Err(SessionError::UnknownType(oid)),
        },
    }
}

fn portal_formats(portal: &Portal, columns: usize) -> Result<Vec<Format>, Fault> {
    portal.formats.expand(columns).map_err(Fault::of)
}

/// True where rows of the one may be read as rows of the other.
fn same_columns(told: &[Column], now: &[Column]) -> bool {
    told.len() == now.len() && told.iter().zip(now).all(|(told, now)| told.sql_type.oid() == now.sql_type.oid())
}
