//! What one statement and one person may take of the memory that all share.
//!
//! Invariant: a share never holds more than half of what others leave, and the shares of a person's statements in the pool
//! of operators never more than three quarters, so that one greedy statement meets its own bound and small ones beside it
//! find room. The pools are first come, first served otherwise. A statement has one share for its operators, one for its
//! constants and one for what its calls make. Left out: which statement came first; nobody gives back what she holds.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use sluice_base::Persons;

/// A pool whose shares are bounded.
#[derive(Debug)]
pub(crate) struct Shared {
    pool: Arc<dyn MemoryPool>,
    persons: Persons<AtomicUsize>,
}

impl Shared {
    pub(crate) fn new(pool: Arc<dyn MemoryPool>) -> Shared {
        Shared { pool, persons: Persons::default() }
    }

    /// The share of a person's statement.
    pub(crate) fn of(&self, person: &str) -> Share {
        let persons = self.persons.of(person, AtomicUsize::default);
        Share { pool: Arc::clone(&self.pool), own: AtomicUsize::new(0), persons }
    }
}

/// The pool as a statement sees it.
#[derive(Debug)]
pub(crate) struct Share {
    pool: Arc<dyn MemoryPool>,
    /// Bytes of the statement.
    own: AtomicUsize,
    /// Bytes of all statements of its person.
    persons: Arc<AtomicUsize>,
}

impl Share {
    /// That of a statement whose person is not told apart.
    pub(crate) fn of(pool: &Arc<dyn MemoryPool>) -> Arc<dyn MemoryPool> {
        Arc::new(Share { pool: Arc::clone(pool), own: AtomicUsize::new(0), persons: Arc::default() })
    }

    /// Two that ask at the same moment can pass together; each has its bytes counted, so the next does not.
    fn has_room(&self, additional: usize) -> bool {
        let MemoryLimit::Finite(all) = self.pool.memory_limit() else { return true };
        let reserved = self.pool.reserved();
        let within = |held: &AtomicUsize, quarters: usize| {
            let held = held.load(Ordering::Relaxed);
            let left = all.saturating_sub(reserved.saturating_sub(held));
            held.saturating_add(additional) <= left / 4 * quarters
        };
        within(&self.own, 2) && within(&self.persons, 3)
    }

    fn count(&self, more: usize) {
        self.own.fetch_add(more, Ordering::Relaxed);
        self.persons.fetch_add(more, Ordering::Relaxed);
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "share of {} bytes in {}", self.own.load(Ordering::Relaxed), self.pool)
    }
}

impl MemoryPool for Share {
    fn name(&self) -> &str {
        "share"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.pool.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.pool.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.pool.grow(reservation, additional);
        self.count(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.pool.shrink(reservation, shrink);
        self.own.fetch_sub(shrink, Ordering::Relaxed);
        self.persons.fetch_sub(shrink, Ordering::Relaxed);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if !self.has_room(additional) {
            let name = reservation.consumer().name();
            return Err(DataFusionError::ResourcesExhausted(format!(
                "{name}: {additional} bytes more are past the {self}"
            )));
        }
        self.pool.try_grow(reservation, additional)?;
        self.count(additional);
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.pool.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.pool.memory_limit()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::GreedyMemoryPool;

    use super::*;

    /// All that a consumer gets of a share, byte by byte.
    fn filled(share: Share) -> MemoryReservation {
        let share: Arc<dyn MemoryPool> = Arc::new(share);
        let reservation = MemoryConsumer::new("greedy").register(&share);
        while reservation.try_grow(1).is_ok() {}
        reservation
    }

    #[test]
    fn a_statement_takes_half_and_a_person_three_quarters_of_what_others_leave() {
        let shared = Shared::new(Arc::new(GreedyMemoryPool::new(1_024)));
        let first = filled(shared.of("ana"));
        assert_eq!(first.size(), 512);
        let second = filled(shared.of("ana"));
        assert_eq!(first.size() + second.size(), 768);
        let third = filled(shared.of("ana"));
        assert_eq!(third.size(), 0);
        let other = filled(shared.of("bea"));
        assert_eq!(other.size(), 128, "half of the quarter that is left");
        drop((first, second));
        assert_eq!(filled(shared.of("ana")).size(), 448);
        drop((third, other));
        assert_eq!(filled(shared.of("ana")).size(), 512, "what is dropped is given back");
    }
}
