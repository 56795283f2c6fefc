//! From a statement to an open result: who asks, planning on a thread of its own, the decision written down, execution.
//!
//! Invariant: every query goes one of two ways, through `system` or through `plan`, and both end in [`Trail::admit`];
//! there is no third. Planning never runs on the threads that serve connections.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use sluice_base::{ClientError, Column, Datum, Format, SqlType, Table, TimeZone};
use sluice_engine::RowStream;
use sluice_model::Principal;
use sluice_model::allowance::Allowance;
use sluice_model::audit::{Asked, Taken, Trail};
use sluice_plan::{
    Asker, Explanation, Governed, PlanCacheMode, Query, SessionValue, Statement, StatementKind, Telling,
};
use sluice_system::{Answer, Context};

use super::error::{Fault, SessionError};
use super::explain::{Shape, Told};
use super::held::Ledger;
use super::io::Io;
use super::listed::Listed;
use super::own::Last;
use super::settings::Settings;
use crate::quota::Meter;
use crate::state::{Current, State};

/// Who asks, with what in force: fixed for one statement.
#[derive(Clone)]
pub struct Asking {
    /// The server.
    pub state: Arc<State>,
    /// Catalog, policies, users, engine.
    pub current: Arc<Current>,
    /// The person, with the role in force.
    pub principal: Arc<Principal>,
    /// The session's settings.
    pub settings: Arc<Settings>,
    /// Number of the session.
    pub pid: i32,
    /// What sessions hold.
    pub ledger: Ledger,
    /// How the session's last statement was decided.
    pub last: Option<Arc<Last>>,
    /// What the session has under names, where the statement asks for it.
    pub listed: Option<Arc<Listed>>,
}

/// A planned query.
pub enum Planned {
    /// The finished answer of the system relations, and what its `set_config` calls ask of the session.
    Answer(Answer),
    /// A finished answer of the session itself.
    Table(Table),
    /// A plan under decisions, for the engine.
    Governed(Box<Governed>),
}

/// The query inside a statement, where it has one.
pub fn query_of(kind: &StatementKind) -> Option<&Query> {
    match kind {
        StatementKind::Query(query)
        | StatementKind::Explain { query, .. }
        | StatementKind::CopyOut { query, .. }
        | StatementKind::Declare { query, .. } => Some(query),
        // The query of PREPARE runs under a statement of its own.
        StatementKind::Prepare { .. }
        | StatementKind::Begin(_)
        | StatementKind::Commit { .. }
        | StatementKind::Rollback { .. }
        | StatementKind::Savepoint(_)
        | StatementKind::Release(_)
        | StatementKind::RollbackTo(_)
        | StatementKind::Set { .. }
        | StatementKind::SetTransaction(_)
        | StatementKind::Show(_)
        | StatementKind::Reset(_)
        | StatementKind::Discard(_)
        | StatementKind::Fetch { .. }
        | StatementKind::Close(_)
        | StatementKind::Execute { .. }
        | StatementKind::Deallocate(_)
        | StatementKind::Listen(_)
        | StatementKind::Unlisten(_)
        | StatementKind::SetRole { .. }
        | StatementKind::SetSessionAuthorization(_)
        | StatementKind::NoOperation(_) => None,
    }
}

/// Texts up to this size are parsed faster than handed over.
const SHORT_BYTES: usize = 2 << 10;

/// Parses a text, away from the connection's thread where it is long.
pub async fn parse(io: &mut Io, state: &Arc<State>, user: &str, text: &str) -> Result<Vec<Statement>, Fault> {
    if text.len() <= SHORT_BYTES {
        let parsed = std::panic::catch_unwind(AssertUnwindSafe(|| sluice_plan::parse(text, &state.limits)));
        return match parsed {
            Ok(parsed) => parsed.map_err(Fault::of),
            Err(_) => Err(SessionError::Internal("the parser panicked".into()).into()),
        };
    }
    let (text, state_too) = (text.to_string(), state.clone());
    on_planner(io, state, user, move || sluice_plan::parse(&text, &state_too.limits).map_err(Fault::of)).await
}

/// Names and types of a query's parameters and columns.
pub async fn describe(
    io: &mut Io,
    asking: &Asking,
    statement: &Arc<Statement>,
    declared: &[Option<SqlType>],
) -> Result<(Vec<SqlType>, Vec<Column>), Fault> {
    let (asking_too, statement, declared) = (asking.clone(), statement.clone(), declared.to_vec());
    on_planner(io, &asking.state, &asking.principal.user, move || {
        let Some(query) = query_of(&statement.kind) else { return Ok((Vec::new(), Vec::new())) };
        asking_too.describe(query, &declared)
    })
    .await
}

/// Plans the query of a statement with its parameters.
pub async fn plan(
    io: &mut Io,
    asking: &Asking,
    statement: &Arc<Statement>,
    params: &Arc<[(SqlType, Datum)]>,
) -> Result<Planned, Fault> {
    if let Some(governed) = asking.kept(statement, params) {
        return Ok(Planned::Governed(Box::new(governed)));
    }
    let (asking_too, statement, params) = (asking.clone(), statement.clone(), params.clone());
    on_planner(io, &asking.state, &asking.principal.user, move || {
        let Some(query) = query_of(&statement.kind) else {
            return Err(SessionError::Internal("a statement without a query was planned".into()).into());
        };
        asking_too.plan(query, &params)
    })
    .await
}

/// Begins to count a statement over rows of the bank against the person's limits; a limit that is reached already
/// refuses it. Who asks, within which limits, is noted for the record of the decision.
pub fn meter(asking: &Asking, planned: &Planned, mut trail: Trail) -> Result<(Trail, Option<Meter>), Fault> {
    let Planned::Governed(governed) = planned else { return Ok((trail, None)) };
    let allowance = asking.allowance();
    let who = (asking.principal.user.as_str(), &asking.current.snapshot.catalog.timezone);
    let state = &asking.state;
    match Meter::begin(&state.quotas, &state.sink, who, allowance.clone(), governed.lookups()) {
        Ok(meter) => {
            trail.note_asked(Asked { principal: asking.principal.as_ref().clone(), allowance });
            Ok((trail, Some(meter)))
        }
        Err(reached) => Err(Fault::of(reached).refuse(trail)),
    }
}

/// Writes the decision down and starts the execution. The trail goes into the stream.
pub async fn start(io: &mut Io, asking: &Asking, planned: Planned, trail: Trail) -> Result<RowStream, Fault> {
    let told = |error: ClientError| Fault::of(error);
    match planned {
        Planned::Answer(Answer { table, .. }) | Planned::Table(table) => {
            let admitted = io.guard(trail.admit(table)).await?.map_err(told)?;
            Ok(RowStream::of_table(admitted))
        }
        Planned::Governed(governed) => {
            let id = trail.id().to_string();
            let identified = |mut fault: Fault| {
                fault.identify(&id);
                fault
            };
            let admitted = io.guard(trail.admit(*governed)).await?.map_err(told)?;
            let current = asking.current.clone();
            let federated = if current.engine.is_planned(admitted.get()) {
                current.engine.federate(admitted, &current.snapshot).map_err(Fault::of)
            } else {
                // Attaching sources plans for the engine: work for a processor as well.
                let federate = move || current.engine.federate(admitted, &current.snapshot).map_err(Fault::of);
                on_planner(io, &asking.state, &asking.principal.user, federate).await
            };
            let federated = federated.map_err(identified)?;
            asking.current.engine.execute(federated).map_err(|error| identified(Fault::of(error)))
        }
    }
}

/// What a governed statement comes to; nothing is run. `policy`: what was decided alone, without what the sources would
/// be asked.
pub async fn explain(io: &mut Io, asking: &Asking, governed: Governed, policy: bool) -> Result<Told, Fault> {
    let asking_too = asking.clone();
    on_planner(io, &asking.state, &asking.principal.user, move || {
        let snapshot = &asking_too.current.snapshot;
        let full = asking_too.explains_in_full();
        let telling = Telling { full, language: asking_too.settings.language() };
        let shape = Shape::of_scan(governed.nominal_rows(), governed.columns());
        let mut lines = Explanation::of(&governed).lines(&snapshot.catalog, telling);
        lines.extend(sluice_plan::explain_limits(&asking_too.allowance(), telling));
        if full && !policy {
            lines.extend(asking_too.current.engine.explain(governed, snapshot).map_err(Fault::of)?);
        }
        Ok(Told { shape, lines })
    })
    .await
}

/// Puts OIDs for the names of relations, types and functions in the columns that travel in binary.
pub async fn oids_in_binary(
    io: &mut Io,
    asking: &Asking,
    mut table: Table,
    formats: Vec<Format>,
) -> Result<Table, Fault> {
    if formats.iter().all(|format| *format == Format::Text) {
        return Ok(table);
    }
    let asking_too = asking.clone();
    on_planner(io, &asking.state, &asking.principal.user, move || {
        let mut numbered = table.clone();
        asking_too.with_context(|context| sluice_system::names_to_oids(&mut numbered, context)).map_err(Fault::of)?;
        for (row, numbers) in table.rows.iter_mut().zip(numbered.rows) {
            for ((cell, number), format) in row.iter_mut().zip(numbers).zip(&formats) {
                if *format == Format::Binary {
                    *cell = number;
                }
            }
        }
        Ok(table)
    })
    .await
}

/// Runs planning on a thread for such work, when it is a turn of the user's. A panic there ends the statement, not the server.
pub async fn on_planner<T: Send + 'static>(
    io: &mut Io,
    state: &Arc<State>,
    user: &str,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let planning = async move {
        let turn = state.planners.turn(user).await;
        tokio::task::spawn_blocking(move || {
            let outcome = work();
            // The turn ends with the work, even where nobody waits for it any more.
            drop(turn);
            outcome
        })
        .await
    };
    match io.guard(planning).await? {
        Ok(outcome) => outcome,
        Err(panicked) => Err(SessionError::Internal(format!("planning: {panicked}")).into()),
    }
}

impl Asking {
    fn describe(&self, query: &Query, declared: &[Option<SqlType>]) -> Result<(Vec<SqlType>, Vec<Column>), Fault> {
        if query.matches_alone() {
            let (path, zone) = (self.search_path(), self.time_zone());
            match self.state.plans.describe(query, &self.asker(&path, &zone, &[]), declared) {
                Err(error) if !error.is_of_pattern() => {}
                described => {
                    let described = described.map_err(Fault::of)?;
                    return Ok((described.params.clone(), described.columns.clone()));
                }
            }
        }
        if query.system_only() {
            match self.with_context(|context| sluice_system::describe(query.ast(), context, declared)) {
                Err(error) if error.is_unknown_here() && !query.has_relations() => {}
                answer => return answer.map_err(Fault::of),
            }
        }
        let (path, zone) = (self.search_path(), self.time_zone());
        let session = self.session_values(query)?;
        let described =
            self.state.plans.describe(query, &self.asker(&path, &zone, &session), declared).map_err(Fault::of)?;
        Ok((described.params.clone(), described.columns.clone()))
    }

    /// The value of a query without relations, in a type; what would be done to the session is refused.
    pub fn value(&self, query: &Query, sql_type: &SqlType) -> Result<Datum, Fault> {
        let unsupported = || Fault::of(sluice_plan::PlanError::Unsupported("an EXECUTE argument of this form".into()));
        let query = query.in_type(sql_type).map_err(Fault::of)?;
        let answer = match self.with_context(|context| sluice_system::answer_in_full(query.ast(), context, &[])) {
            Err(error) if error.is_unknown_here() => return Err(unsupported()),
            answer => answer.map_err(Fault::of)?,
        };
        if !answer.settings.is_empty() || !answer.signals.is_empty() || answer.pause_micros > 0 {
            return Err(unsupported());
        }
        let value = answer.table.rows.into_iter().next().and_then(|row| row.into_iter().next());
        value.ok_or_else(unsupported)
    }

    fn plan(&self, query: &Query, params: &[(SqlType, Datum)]) -> Result<Planned, Fault> {
        if query.matches_alone() {
            let (path, zone) = (self.search_path(), self.time_zone());
            match self.state.plans.prepare(query, &self.asker(&path, &zone, &[]), params, self.plan_cache_mode()) {
                Err(error) if !error.is_of_pattern() => {}
                governed => return Ok(Planned::Governed(Box::new(governed.map_err(Fault::of)?))),
            }
        }
        if query.system_only() {
            match self.with_context(|context| sluice_system::answer_in_full(query.ast(), context, params)) {
                Err(error) if error.is_unknown_here() && !query.has_relations() => {}
                answer => return answer.map(Planned::Answer).map_err(Fault::of),
            }
        }
        let (path, zone) = (self.search_path(), self.time_zone());
        let session = self.session_values(query)?;
        let asker = self.asker(&path, &zone, &session);
        let governed = self.state.plans.prepare(query, &asker, params, self.plan_cache_mode()).map_err(Fault::of)?;
        Ok(Planned::Governed(Box::new(governed)))
    }

    /// The generic plan of a short statement, where there is one: too little work to hand over.
    fn kept(&self, statement: &Statement, params: &[(SqlType, Datum)]) -> Option<Governed> {
        let query = query_of(&statement.kind)?;
        if statement.text.len() > SHORT_BYTES || query.system_only() {
            return None;
        }
        let (path, zone) = (self.search_path(), self.time_zone());
        let asker = self.asker(&path, &zone, &[]);
        let ready = || self.state.plans.ready(query, &asker, params, self.plan_cache_mode());
        // Planning anew tells what was wrong.
        std::panic::catch_unwind(AssertUnwindSafe(ready)).unwrap_or_default()
    }

    fn plan_cache_mode(&self) -> PlanCacheMode {
        PlanCacheMode::parse(&self.settings.get("plan_cache_mode").unwrap_or_default())
    }

    /// Hands the system relations what they are asked about.
    fn with_context<T>(&self, work: impl FnOnce(&Context) -> T) -> T {
        let visible = self.state.visible(&self.principal, &self.current.snapshot);
        let search_path = self.search_path();
        let charge = RefCell::new(self.ledger.running().take(0).ok());
        work(&Context {
            visible: &visible,
            user: &self.principal.user,
            database: &self.state.database,
            search_path: &search_path,
            setting: &|name| self.settings.show(name).ok().map(|(_, shown)| shown),
            once_set: &|name, value| {
                let mut tried = Settings::clone(&self.settings);
                tried.set(name, value, false).ok()?;
                tried.show(name).ok().map(|(_, shown)| shown)
            },
            own_session: &|pid| self.state.is_own(&self.principal.user, pid),
            backend_pid: self.pid,
            now_micros: self.principal.context.now_micros,
            started_micros: self.state.started_micros,
            own: &|relation| super::own::rows(self, relation),
            memory: &|bytes| charge.borrow_mut().as_mut().is_some_and(|charge| charge.resize(bytes).is_ok()),
        })
    }

    /// What the person has taken of today's limits.
    pub fn taken(&self) -> Taken {
        let zone = &self.current.snapshot.catalog.timezone;
        self.state.quotas.taken(&self.principal.user, self.state.sink.now_micros(), zone)
    }

    /// The person's limits.
    pub fn allowance(&self) -> Allowance {
        sluice_model::policy::allowance(&self.principal, &self.current.snapshot)
    }

    /// Whether EXPLAIN may tell rules and the sources' SQL.
    pub fn explains_in_full(&self) -> bool {
        sluice_model::policy::explains_in_full(&self.principal, &self.current.snapshot)
    }

    /// Schemas for unqualified names: the session's, or else the catalog's.
    pub fn search_path(&self) -> Vec<String> {
        self.settings.search_path()
    }

    /// The session's zone.
    fn time_zone(&self) -> TimeZone {
        super::encode_settings(&self.settings).timezone
    }

    /// What the functions of the session give that a query calls; one that nobody here knows is left to planning.
    fn session_values(&self, query: &Query) -> Result<Vec<SessionValue>, Fault> {
        let mut values = Vec::new();
        for call in query.session_calls() {
            let table = match self.with_context(|context| sluice_system::answer(&call.query, context, &[])) {
                Ok(table) => table,
                Err(error) if error.is_unknown_here() => continue,
                Err(error) => return Err(Fault::of(error)),
            };
            let value = table.rows.into_iter().next().and_then(|row| row.into_iter().next());
            if let (Some(column), Some(value)) = (table.columns.into_iter().next(), value) {
                values.push(SessionValue { call: call.text, sql_type: column.sql_type, value });
            }
        }
        Ok(values)
    }

    fn asker<'a>(
        &'a self,
        search_path: &'a [String],
        timezone: &'a TimeZone,
        session: &'a [SessionValue],
    ) -> Asker<'a> {
        Asker {
            principal: &self.principal,
            snapshot: &self.current.snapshot,
            database: &self.state.database,
            search_path,
            limits: &self.state.limits,
            timezone,
            session,
        }
    }
}
