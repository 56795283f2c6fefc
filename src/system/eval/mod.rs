//! Runs analysed queries over the system relations.
//!
//! Invariant: every row made and every expression entered is counted against [`STEPS_MAX`], nesting against the stack, and
//! rows and large values against the memory that the statement may take, so that no query runs for long or grows without
//! bound.

mod aggregate;
mod expr;
mod from;
pub(crate) mod pattern;
mod query;
mod select;
mod sort;
mod window;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub(crate) use expr::{evaluate, is_true};
pub(crate) use query::run_query;

use crate::Context;
use crate::error::{Result, SystemError};
use crate::relations::Source;
use crate::value::{Key, Row, Value, effort};

/// Work one statement may do: rows made, rows looked at and values computed.
pub(crate) const STEPS_MAX: u64 = if cfg!(test) { 5_000_000 } else { 40_000_000 };
/// Rows of up to eight cells that one statement may hold in one place; wider rows count as several.
pub(crate) const ROWS_MAX: usize = 1_000_000;
/// Bytes of one value.
pub(crate) const VALUE_BYTES_MAX: usize = 16 << 20;

/// Bytes of a row, and of each of its cells.
const ROW_BYTES: usize = 32;
const CELL_BYTES: usize = size_of::<Value>();
/// Bytes that are read, compared or hashed for one step.
const STEP_BYTES: usize = 64;
/// Memory is asked for in pieces of this size.
const PIECE_BYTES: usize = 1 << 20;

/// The rows joined so far at one level; `None` is a row that an outer join did not find.
pub(crate) type Tuple = Box<[Option<Row>]>;

/// What was computed for a row beside its columns.
#[derive(Clone, Copy, Default)]
pub(crate) struct Extras<'a> {
    pub(crate) aggregates: &'a [Value],
    pub(crate) windows: &'a [Value],
    pub(crate) sets: &'a [Value],
}

/// One query level while it runs.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) tuple: &'a [Option<Row>],
    pub(crate) extras: Extras<'a>,
    pub(crate) up: Option<&'a Frame<'a>>,
}

/// A set of values for IN, with whether NULL is among them.
pub(crate) struct ValueSet {
    pub(crate) keys: HashSet<Key>,
    pub(crate) holds_null: bool,
}

/// A setting that `set_config` was asked to set.
pub(crate) struct Set {
    pub(crate) name: String,
    /// `None`: its default.
    pub(crate) value: Option<String>,
    /// For this transaction only.
    pub(crate) local: bool,
    /// As it shows from then on.
    pub(crate) shown: String,
}

/// One statement while it runs.
pub(crate) struct Run<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) params: Vec<Value>,
    steps: Cell<u64>,
    /// Bytes of what the queries that are running hold; those of finished ones hold their rows alone.
    live: Cell<usize>,
    /// Bytes of rows that are kept to the statement's end.
    kept: Cell<usize>,
    /// Bytes that were asked for.
    granted: Cell<usize>,
    /// What `set_config` was asked, in order.
    pub(crate) settings: RefCell<Vec<Set>>,
    /// Microseconds that `pg_sleep` was asked to wait.
    pub(crate) pause_micros: Cell<u64>,
    /// Sessions to signal: number, and whether to end them.
    pub(crate) signals: RefCell<Vec<(i32, bool)>>,
    pub(crate) patterns: RefCell<HashMap<(String, bool), Arc<pattern::Compiled>>>,
    /// Rows of queries that do not vary, by plan.
    pub(crate) results: RefCell<HashMap<usize, Arc<Source>>>,
    pub(crate) sets: RefCell<HashMap<usize, Arc<ValueSet>>>,
    pub(crate) relations: RefCell<HashMap<usize, Arc<Source>>>,
    /// Rows of WITH queries, by their number.
    pub(crate) ctes: RefCell<HashMap<usize, Arc<Source>>>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(context: &'a Context<'a>, params: Vec<Value>) -> Run<'a> {
        Run {
            context,
            params,
            steps: Cell::new(0),
            live: Cell::new(0),
            kept: Cell::new(0),
            granted: Cell::new(0),
            settings: RefCell::default(),
            pause_micros: Cell::new(0),
            signals: RefCell::default(),
            patterns: RefCell::default(),
            results: RefCell::default(),
            sets: RefCell::default(),
            relations: RefCell::default(),
            ctes: RefCell::default(),
        }
    }

    /// Counts work.
    pub(crate) fn step(&self, count: usize) -> Result<()> {
        let steps = self.steps.get().saturating_add(count as u64);
        self.steps.set(steps);
        if steps > STEPS_MAX { Err(SystemError::TooMuchWork) } else { Ok(()) }
    }

    /// Counts a look at values, by their size, before it is taken: what is done with them is linear in it.
    pub(crate) fn read(&self, values: &[Value]) -> Result<()> {
        const MOST: usize = 2 * VALUE_BYTES_MAX;
        let mut given = 0_usize;
        for value in values {
            given = given.saturating_add(value.size_within(MOST));
            // No function makes much more than it is given, but for those that look before.
            if given > MOST {
                return Err(SystemError::TooLarge);
            }
        }
        self.step(given / STEP_BYTES)
    }

    /// Counts a comparison of two values, or a search for one by its key, before it is made.
    pub(crate) fn compared(&self, left: &Value, right: &Value) -> Result<()> {
        self.step(effort(left, right) / STEP_BYTES)
    }

    /// A value as a key; that it is hashed is counted.
    pub(crate) fn key(&self, value: Value) -> Result<Key> {
        self.step(value.size() / STEP_BYTES)?;
        Ok(Key(value))
    }

    /// Refuses a value that is too large with all that it shares, and counts it by that size.
    pub(crate) fn bounded(&self, value: Value) -> Result<Value> {
        let size = value.size_within(VALUE_BYTES_MAX);
        if size > VALUE_BYTES_MAX {
            return Err(SystemError::TooLarge);
        }
        self.step(size / STEP_BYTES)?;
        Ok(value)
    }

    /// Counts a value just made, by its size.
    pub(crate) fn made(&self, value: Value) -> Result<Value> {
        let size = value.size_within(VALUE_BYTES_MAX);
        if size > VALUE_BYTES_MAX {
            return Err(SystemError::TooLarge);
        }
        self.step(size / 4)?;
        self.hold(value.beside())?;
        Ok(value)
    }

    /// Counts bytes that are about to be held.
    pub(crate) fn hold(&self, bytes: usize) -> Result<()> {
        self.live.set(self.live.get().saturating_add(bytes));
        self.ask()
    }

    /// Counts rows that are about to be made.
    pub(crate) fn hold_rows(&self, rows: usize, width: usize) -> Result<()> {
        self.hold(rows.saturating_mul(ROW_BYTES + CELL_BYTES * width))
    }

    /// Counts rows that are kept to the statement's end.
    fn keep(&self, rows: &[Row]) -> Result<()> {
        self.kept.set(self.kept.get().saturating_add(bytes_of(rows)));
        self.ask()
    }

    /// Rows that were kept are gone.
    fn give_back(&self, rows: &[Row]) {
        self.kept.set(self.kept.get().saturating_sub(bytes_of(rows)));
    }

    fn ask(&self) -> Result<()> {
        let all = self.live.get().saturating_add(self.kept.get());
        if all <= self.granted.get() {
            return Ok(());
        }
        let more = all.saturating_add(PIECE_BYTES);
        if !(self.context.memory)(more) {
            return Err(SystemError::Memory);
        }
        self.granted.set(more);
        Ok(())
    }

    /// Does work of which nothing is left but what `left` finds in its outcome.
    fn within<T>(&self, work: impl FnOnce() -> Result<T>, left: impl FnOnce(&T) -> usize) -> Result<T> {
        let before = self.live.get();
        let outcome = work()?;
        self.live.set(before.saturating_add(left(&outcome)));
        Ok(outcome)
    }

    /// Refuses a list of rows of this many cells that has grown too long.
    pub(crate) fn holds(&self, rows: usize, width: usize) -> Result<()> {
        if rows.saturating_mul(width / 8 + 1) > ROWS_MAX { Err(SystemError::TooLarge) } else { Ok(()) }
    }

    /// The rows of a system relation, the same for the whole statement.
    pub(crate) fn relation(&self, position: usize) -> Arc<Source> {
        if let Some(source) = self.relations.borrow().get(&position) {
            return source.clone();
        }
        let source = crate::relations::open(position, self.context);
        self.relations.borrow_mut().insert(position, source.clone());
        source
    }

    /// The rows of a system relation by name; empty where it is not declared.
    pub(crate) fn catalog(&self, name: &str) -> Arc<Source> {
        crate::relations::find("pg_catalog", name).map_or_else(Arc::default, |position| self.relation(position))
    }
}

/// Bytes of rows.
fn bytes_of(rows: &[Row]) -> usize {
    rows.iter().map(row_bytes).fold(0, usize::saturating_add)
}

fn row_bytes(row: &Row) -> usize {
    ROW_BYTES + row.iter().map(|cell| CELL_BYTES + cell.beside()).sum::<usize>()
}
