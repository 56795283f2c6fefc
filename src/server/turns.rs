//! Turns for planning, which is work for a processor: so many at once, and of one person no more than half of them.
//!
//! Invariant: a turn is held until its work ends, even where nobody waits for it any more, since nothing stops it. So what
//! one person has running keeps herself waiting, and never everybody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns there are at least: two persons can hold half of them each.
const TURNS_MIN: usize = 4;
/// Persons who are known without a look at who of them has gone.
const PERSONS_KEPT: usize = 256;

/// The turns of a server.
pub struct Turns {
    all: Arc<Semaphore>,
    /// Turns of one person.
    each: usize,
    /// Those who wait or hold a turn, and some who did.
    persons: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// A turn; it ends when it is dropped.
pub struct Turn {
    _own: OwnedSemaphorePermit,
    _one: OwnedSemaphorePermit,
}

impl Turns {
    /// As many turns as processors, or somewhat more.
    pub fn new(processors: usize) -> Turns {
        let all = processors.max(TURNS_MIN);
        Turns { all: Arc::new(Semaphore::new(all)), each: all / 2, persons: Mutex::default() }
    }

    /// Waits for a turn of a person; `None` would mean that there are no turns any more.
    pub async fn turn(&self, person: &str) -> Option<Turn> {
        // Who waits for her own turns must not hold one of everybody's.
        let own = self.of(person).acquire_owned().await.ok()?;
        let one = self.all.clone().acquire_owned().await.ok()?;
        Some(Turn { _own: own, _one: one })
    }

    fn of(&self, person: &str) -> Arc<Semaphore> {
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = persons.get(person).and_then(Weak::upgrade) {
            return known;
        }
        if persons.len() >= PERSONS_KEPT {
            persons.retain(|_, turns| turns.strong_count() > 0);
        }
        let turns = Arc::new(Semaphore::new(self.each));
        persons.insert(person.to_string(), Arc::downgrade(&turns));
        turns
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn waits(turns: &Turns, person: &str) -> bool {
        tokio::time::timeout(Duration::from_millis(20), turns.turn(person)).await.is_err()
    }

    #[tokio::test]
    async fn one_person_holds_half_of_the_turns() {
        let turns = Turns::new(1);
        let held = [turns.turn("ana").await, turns.turn("ana").await];
        assert!(waits(&turns, "ana").await);
        let other = turns.turn("bea").await;
        assert!(other.is_some() && waits(&turns, "ana").await, "who waits takes nothing from others");
        assert!(!waits(&turns, "cora").await);
        drop(held);
        assert!(!waits(&turns, "ana").await);
    }

    #[tokio::test]
    async fn who_has_gone_is_forgotten() {
        let turns = Turns::new(8);
        let held = turns.turn("ana").await;
        for number in 0..3 * PERSONS_KEPT {
            assert!(turns.turn(&number.to_string()).await.is_some());
        }
        let persons = turns.persons.lock().expect("no panic");
        assert!(persons.len() <= PERSONS_KEPT && persons.contains_key("ana"));
        drop((persons, held));
    }
}
