//! Prepared statements, portals and cursors of one session: names, bounds, and who outlives which transaction.
//!
//! Invariant: protocol portals and SQL cursors share one namespace, as in PostgreSQL. A portal belongs to the
//! savepoint depth it was made at and falls with it; a cursor WITH HOLD that its transaction committed belongs to none.

use std::collections::HashMap;
use std::sync::Arc;

use sluice_base::{Column, Datum, SqlType};
use sluice_model::audit::{Outcome, Trail};
use sluice_plan::Statement;
use sluice_wire::Formats;

use super::error::SessionError;
use super::held::{Charge, ENTRY, Ledger, of_text, of_values};
use super::listed::{self, Listed};
use super::rows::Rows;

/// A statement made by Parse or PREPARE.
pub struct Prepared {
    /// The statement; `None` for an empty text.
    pub statement: Option<Arc<Statement>>,
    /// Parameter types as declared by the client.
    pub declared: Vec<Option<SqlType>>,
    /// Parameter and column types, once they were asked for.
    pub described: Option<Described>,
    /// Opened before parsing; the first execution goes on with it.
    pub trail: Option<Trail>,
    /// The bytes it holds; `None` until it is kept.
    pub charge: Option<Charge>,
    /// By PREPARE, and not by Parse.
    pub from_sql: bool,
    /// When, microseconds since 1970-01-01 UTC.
    pub made_micros: i64,
}

/// What Describe found, and under which circumstances it holds.
#[derive(Clone)]
pub struct Described {
    /// Parameter types.
    pub params: Arc<[SqlType]>,
    /// Columns; `None` for a statement without rows.
    pub columns: Option<Arc<[Column]>>,
    /// Snapshot it was found with.
    pub epoch: u64,
}

impl Described {
    /// Neither parameters nor rows.
    pub fn nothing() -> Described {
        Described { params: Arc::from([]), columns: None, epoch: 0 }
    }
}

/// What a cursor was declared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// BINARY
    pub binary: bool,
    /// WITH HOLD
    pub hold: bool,
    /// It steps back: all but NO SCROLL do, as far as they keep rows.
    pub scroll: bool,
    /// When, microseconds since 1970-01-01 UTC.
    pub made_micros: i64,
}

/// How far a portal has run.
#[expect(clippy::large_enum_variant, reason = "one value per portal, and most have rows open")]
pub enum Run {
    /// Not yet.
    Bound,
    /// Rows are open.
    Rows {
        /// The rows.
        rows: Rows,
        /// First word of the tag.
        word: &'static str,
    },
    /// It passes on rows of a cursor: FETCH of `left` more.
    Fetch {
        /// The cursor.
        cursor: String,
        /// Rows still to fetch.
        left: u64,
        /// Trail of the FETCH statement.
        trail: Trail,
    },
    /// It has run; a statement with rows may be executed again and gives none.
    Done {
        /// Tag of another execution, where that is allowed.
        again: Option<&'static str>,
    },
}

/// A statement with its parameters, running or about to.
pub struct Portal {
    /// The statement; `None` for an empty text.
    pub statement: Option<Arc<Statement>>,
    /// Parameters.
    pub params: Arc<[(SqlType, Datum)]>,
    /// Formats of result columns, as Bind gave them.
    pub formats: Formats,
    /// Columns as the client was told.
    pub told: Option<Arc<[Column]>>,
    /// How far it has run.
    pub run: Run,
    /// Opened before parsing, where this is the first execution.
    pub trail: Option<Trail>,
    /// Set for SQL cursors.
    pub cursor: Option<Cursor>,
    /// Savepoint depth at which it was made; `None`: held over from a committed transaction.
    pub born: Option<usize>,
    /// The bytes that its parameters hold; `None` until it is kept. Its rows have a charge of their own.
    pub charge: Option<Charge>,
}

impl Portal {
    /// Ends it in good order: its client wanted no more rows.
    pub fn finish(self) {
        match self.run {
            Run::Rows { rows, .. } => rows.finish(Outcome::Done),
            Run::Fetch { trail, .. } => trail.finish(Outcome::Done),
            Run::Bound | Run::Done { .. } => {}
        }
    }
}

/// Prepared statements and portals by name.
pub struct Names {
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
    max: usize,
    ledger: Ledger,
}

impl Names {
    /// None yet, at most `max` of each kind, and all within the bytes of a session.
    pub fn new(max: usize, ledger: Ledger) -> Names {
        Names { statements: HashMap::new(), portals: HashMap::new(), max, ledger }
    }

    /// What is under names, for the relations that list it.
    pub fn listed(&self) -> Listed {
        let named = |name: &&String| !name.is_empty();
        let statements = self.statements.iter().filter(|(name, _)| named(name));
        let cursors = self.portals.iter().filter_map(|(name, portal)| Some((name, portal, portal.cursor?)));
        Listed {
            prepared: statements.map(|(name, prepared)| listed::prepared(name, prepared)).collect(),
            cursors: cursors.map(|(name, portal, cursor)| listed::cursor(name, portal, cursor)).collect(),
        }
    }

    /// Keeps a prepared statement. The unnamed one is replaced, a named one is not.
    pub fn prepare(&mut self, name: &str, mut prepared: Prepared) -> Result<(), SessionError> {
        self.check_statement_name(name)?;
        let text = prepared.statement.as_ref().map_or(0, |statement| of_text(&statement.text));
        prepared.charge = Some(self.ledger.take(ENTRY + name.len() + text)?);
        self.statements.insert(name.to_string(), prepared);
        Ok(())
    }

    /// Refuses the name of a prepared statement that is taken, and one statement too many.
    pub fn check_statement_name(&self, name: &str) -> Result<(), SessionError> {
        let exists = self.statements.contains_key(name);
        if !name.is_empty() && exists {
            return Err(SessionError::StatementExists(name.to_string()));
        }
        if !exists && self.statements.len() >= self.max {
            return Err(SessionError::TooMany { what: "prepared statements", max: self.max });
        }
        Ok(())
    }

    /// A prepared statement.
    pub fn prepared(&mut self, name: &str) -> Result<&mut Prepared, SessionError> {
        self.statements.get_mut(name).ok_or_else(|| SessionError::NoStatement(name.to_string()))
    }

    /// Forgets a prepared statement. True: there was one.
    pub fn unprepare(&mut self, name: &str) -> bool {
        self.statements.remove(name).is_some()
    }

    /// Forgets all prepared statements.
    pub fn unprepare_all(&mut self) {
        self.statements.clear();
    }

    /// Keeps a portal. The unnamed one is replaced, a named one is not.
    pub fn open(&mut self, name: &str, mut portal: Portal) -> Result<(), SessionError> {
        self.check_portal_name(name)?;
        // Its statement may be closed while it stays.
        let text = portal.statement.as_ref().map_or(0, |statement| statement.text.len());
        portal.charge = Some(self.ledger.take(ENTRY + name.len() + text + of_values(&portal.params))?);
        if let Some(old) = self.portals.insert(name.to_string(), portal) {
            old.finish();
        }
        Ok(())
    }

    /// Refuses the name of a portal that is taken, and one portal too many.
    pub fn check_portal_name(&self, name: &str) -> Result<(), SessionError> {
        let exists = self.portals.contains_key(name);
        if !name.is_empty() && exists {
            return Err(SessionError::CursorExists(name.to_string()));
        }
        if !exists && self.portals.len() >= self.max {
            return Err(SessionError::TooMany { what: "portals and cursors", max: self.max });
        }
        Ok(())
    }

    /// A portal.
    pub fn portal(&mut self, name: &str) -> Result<&mut Portal, SessionError> {
        self.portals.get_mut(name).ok_or_else(|| SessionError::NoPortal(name.to_string()))
    }

    /// Takes a portal out to run it; [`Names::put_back`] returns it.
    pub fn take(&mut self, name: &str) -> Result<Portal, SessionError> {
        self.portals.remove(name).ok_or_else(|| SessionError::NoPortal(name.to_string()))
    }

    /// Returns a portal that ran.
    pub fn put_back(&mut self, name: &str, portal: Portal) {
        self.portals.insert(name.to_string(), portal);
    }

    /// Ends a portal in good order. True: there was one.
    pub fn close(&mut self, name: &str) -> bool {
        let closed = self.portals.remove(name);
        let found = closed.is_some();
        if let Some(portal) = closed {
            portal.finish();
        }
        found
    }

    /// `CLOSE ALL`, `DISCARD ALL`
    pub fn close_all(&mut self) {
        self.portals.drain().for_each(|(_, portal)| portal.finish());
    }

    /// The transaction was committed: cursors WITH HOLD stay, everything else ends.
    pub fn commit(&mut self) {
        let names: Vec<String> = self.portals.keys().cloned().collect();
        for name in names {
            let Some(portal) = self.portals.get_mut(&name) else { continue };
            let held = portal.born.is_none() || portal.cursor.is_some_and(|cursor| cursor.hold);
            if held {
                portal.born = None;
            } else {
                self.close(&name);
            }
        }
    }

    /// Everything made at this savepoint depth or deeper falls.
    pub fn fall(&mut self, depth: usize) {
        self.portals.retain(|_, portal| portal.born.is_none_or(|born| born < depth));
    }

    /// Savepoints above a depth were released: what was made there now belongs to the depth.
    pub fn lift(&mut self, depth: usize) {
        for portal in self.portals.values_mut() {
            portal.born = portal.born.map(|born| born.min(depth));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::held::Account;

    fn prepared() -> Prepared {
        Prepared {
            statement: None,
            declared: Vec::new(),
            described: None,
            trail: None,
            charge: None,
            from_sql: false,
            made_micros: 0,
        }
    }

    fn portal(born: usize, hold: Option<bool>) -> Portal {
        Portal {
            statement: None,
            params: Arc::from([]),
            formats: Formats::default(),
            told: None,
            run: Run::Bound,
            trail: None,
            cursor: hold.map(|hold| Cursor { binary: false, hold, scroll: true, made_micros: 0 }),
            born: Some(born),
            charge: None,
        }
    }

    fn ledger() -> Ledger {
        Ledger::new(100_000, Account::new("memory_bytes", 1_000_000))
    }

    #[test]
    fn parameters_are_within_the_bytes_of_a_session() {
        let mut held = Names::new(1_000, ledger());
        let with = |bytes: usize| Portal {
            params: Arc::from([(SqlType::Text, Datum::Text("x".repeat(bytes)))]),
            ..portal(0, None)
        };
        held.open("a", with(60_000)).unwrap();
        assert!(matches!(held.open("b", with(60_000)), Err(SessionError::HeldBytes { .. })));
        held.open("c", with(20_000)).unwrap();
        held.close("a");
        held.open("b", with(60_000)).unwrap();
        held.close_all();
        held.open("", with(90_000)).unwrap();
    }

    fn names(names: &Names) -> String {
        let mut all: Vec<&str> = names.portals.keys().map(String::as_str).collect();
        all.sort_unstable();
        all.join(",")
    }

    #[test]
    fn the_unnamed_ones_are_replaced_and_named_ones_are_not() {
        let mut held = Names::new(2, ledger());
        held.prepare("", prepared()).unwrap();
        held.prepare("", prepared()).unwrap();
        held.prepare("a", prepared()).unwrap();
        assert_eq!(held.prepare("a", prepared()), Err(SessionError::StatementExists("a".into())));
        assert!(matches!(held.prepare("b", prepared()), Err(SessionError::TooMany { max: 2, .. })));
        assert!(held.unprepare("a") && !held.unprepare("a"));
        held.open("", portal(0, None)).unwrap();
        held.open("", portal(0, None)).unwrap();
        held.open("c", portal(0, Some(false))).unwrap();
        assert_eq!(held.open("c", portal(0, None)), Err(SessionError::CursorExists("c".into())));
        assert!(matches!(held.open("d", portal(0, None)), Err(SessionError::TooMany { .. })));
    }

    #[test]
    fn portals_fall_with_their_savepoint_and_held_cursors_stay() {
        let mut held = Names::new(10, ledger());
        held.open("p", portal(0, None)).unwrap();
        held.open("hold", portal(0, Some(true))).unwrap();
        held.open("deep", portal(2, Some(true))).unwrap();
        held.open("mid", portal(1, Some(false))).unwrap();
        held.fall(2);
        assert_eq!(names(&held), "hold,mid,p");
        held.lift(0);
        held.fall(1);
        assert_eq!(names(&held), "hold,mid,p");
        held.commit();
        assert_eq!(names(&held), "hold");
        held.fall(0);
        assert_eq!(names(&held), "hold");
        held.close_all();
        assert_eq!(names(&held), "");
    }
}
