//! Bytes that sessions hold between two messages: prepared statements, parameters of portals, rows of cursors, finished
//! answers; and what a query over the system relations holds while it runs.
//!
//! Invariant: what is held has a [`Charge`], taken before it is kept and given back when it is dropped. One session is
//! within `session_bytes_max`, all together are within `memory_bytes`. Left out: a statement that is being read, planned
//! or run, which has other bounds, and the frame that a client is sending.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluice_base::{Datum, SqlType};

use super::error::SessionError;

/// A number of bytes, and the most it may be.
#[derive(Debug)]
pub struct Account {
    held: AtomicUsize,
    max: usize,
    /// The setting that says so.
    limit: &'static str,
}

impl Account {
    /// Nothing is held yet.
    pub fn new(limit: &'static str, max: usize) -> Arc<Account> {
        Arc::new(Account { held: AtomicUsize::new(0), max, limit })
    }

    fn take(&self, bytes: usize) -> Result<(), SessionError> {
        let within = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.max);
        match self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within) {
            Ok(_) => Ok(()),
            Err(_) => Err(SessionError::HeldBytes { limit: self.limit, max: self.max }),
        }
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Where one session counts.
#[derive(Debug, Clone)]
pub struct Ledger {
    session: Arc<Account>,
    all: Arc<Account>,
}

impl Ledger {
    /// That of a new session.
    pub fn new(session_bytes_max: usize, all: Arc<Account>) -> Ledger {
        Ledger { session: Account::new("session_bytes_max", session_bytes_max), all }
    }

    /// Takes bytes for something that is about to be kept.
    pub fn take(&self, bytes: usize) -> Result<Charge, SessionError> {
        let mut charge = Charge { ledger: self.clone(), bytes: 0 };
        charge.resize(bytes)?;
        Ok(charge)
    }

    /// That of a query while it runs: it counts with all sessions, and not with what its own holds.
    pub fn running(&self) -> Ledger {
        Ledger { session: Account::new("memory_bytes", usize::MAX), all: Arc::clone(&self.all) }
    }
}

/// Bytes that something holds.
#[derive(Debug)]
pub struct Charge {
    ledger: Ledger,
    bytes: usize,
}

impl Charge {
    /// It holds more, or less, than it did. An error leaves it as it was.
    pub fn resize(&mut self, bytes: usize) -> Result<(), SessionError> {
        let (more, less) = (bytes.saturating_sub(self.bytes), self.bytes.saturating_sub(bytes));
        self.ledger.session.take(more)?;
        if let Err(error) = self.ledger.all.take(more) {
            self.ledger.session.give_back(more);
            return Err(error);
        }
        self.ledger.session.give_back(less);
        self.ledger.all.give_back(less);
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.ledger.session.give_back(self.bytes);
        self.ledger.all.give_back(self.bytes);
    }
}

/// What a named thing of a session takes beside its values.
pub const ENTRY: usize = 512;
/// What a word of a statement takes once it is parsed, about.
const WORD: usize = 64;

/// Bytes of a statement with its text and its tree, about.
pub fn of_text(text: &str) -> usize {
    let (mut words, mut inside, mut quoted) = (0usize, false, false);
    for byte in text.bytes() {
        quoted ^= byte == b'\'';
        let letter = quoted || byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
        words += usize::from(!(byte.is_ascii_whitespace() || letter && inside));
        inside = letter;
    }
    ENTRY.saturating_add(text.len().saturating_mul(3)).saturating_add(words.saturating_mul(WORD))
}

/// Bytes of parameters.
pub fn of_values(values: &[(SqlType, Datum)]) -> usize {
    values.iter().map(|(_, value)| size_of::<(SqlType, Datum)>() + beside(value)).fold(0, usize::saturating_add)
}

/// Bytes of rows of values.
pub fn of_rows(rows: &[Vec<Datum>]) -> usize {
    let row = |row: &Vec<Datum>| row.iter().map(|cell| size_of::<Datum>() + beside(cell)).sum::<usize>() + 32;
    rows.iter().map(row).fold(0, usize::saturating_add)
}

/// Bytes of a value outside of its place.
fn beside(value: &Datum) -> usize {
    match value {
        Datum::Numeric(text) | Datum::Text(text) => text.capacity(),
        Datum::Bytes(bytes) => bytes.capacity(),
        Datum::Array(items) | Datum::Record(items) => {
            items.iter().map(|item| size_of::<Datum>() + beside(item)).fold(0, usize::saturating_add)
        }
        Datum::Null
        | Datum::Bool(_)
        | Datum::Int(_)
        | Datum::Float(_)
        | Datum::Date(_)
        | Datum::Time(_)
        | Datum::Timestamp(_)
        | Datum::Timestamptz(_)
        | Datum::Interval(_)
        | Datum::Uuid(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(error: &SessionError) -> &'static str {
        match error {
            SessionError::HeldBytes { limit, .. } => limit,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_session_and_all_sessions_have_a_bound() {
        let all = Account::new("memory_bytes", 150);
        let (first, second) = (Ledger::new(100, all.clone()), Ledger::new(100, all.clone()));
        let held = first.take(90).unwrap();
        assert_eq!(limit(&first.take(20).unwrap_err()), "session_bytes_max");
        assert_eq!(limit(&second.take(70).unwrap_err()), "memory_bytes");
        let other = second.take(60).unwrap();
        assert_eq!(limit(&first.running().take(1).unwrap_err()), "memory_bytes");
        drop(held);
        let running = first.running().take(90).unwrap();
        drop((other, running));
        assert_eq!(all.held.load(Ordering::Relaxed), 0);
        drop(second.take(100).unwrap());
    }

    #[test]
    fn what_is_held_grows_and_shrinks() {
        let ledger = Ledger::new(100, Account::new("memory_bytes", 1_000));
        let mut charge = ledger.take(10).unwrap();
        charge.resize(100).unwrap();
        assert!(charge.resize(101).is_err());
        assert_eq!(charge.bytes, 100);
        charge.resize(5).unwrap();
        assert!(ledger.take(95).is_ok());
        assert!(charge.resize(usize::MAX).is_err());
    }

    #[test]
    fn statements_weigh_by_their_words() {
        assert_eq!(of_text(""), ENTRY);
        assert_eq!(of_text("SELECT a, b"), ENTRY + 33 + 4 * WORD);
        let list = format!("SELECT {}1", "1,".repeat(1_000));
        assert!(of_text(&list) > 2_000 * WORD);
        let text = format!("SELECT '{}'", ",".repeat(1_000));
        assert!(of_text(&text) < 5_000);
    }

    #[test]
    fn values_weigh_what_they_hold() {
        let text = (SqlType::Text, Datum::Text("x".repeat(10_000)));
        let list = (SqlType::Text, Datum::Array(vec![Datum::Text("x".repeat(1_000)); 10]));
        assert!((20_000..21_500).contains(&of_values(&[text, list])));
        assert!(of_rows(&[vec![Datum::Bytes(vec![0; 100])], vec![Datum::Null]]) >= 100 + 2 * size_of::<Datum>());
    }
}
