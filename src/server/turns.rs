//! Turns for planning, which is work for a processor: so many at once, and of one person no more than half of them.
//!
//! Invariant: a turn is held until its work ends, even where nobody waits for it any more, since nothing stops it. So what
//! one person has running keeps herself waiting, and never everybody.

use std::sync::Arc;

use sluice_base::Persons;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns there are at least: two persons can hold half of them each.
const TURNS_MIN: usize = 4;

/// The turns of a server.
pub struct Turns {
    all: Arc<Semaphore>,
    /// Turns of one person.
    each: usize,
    /// Turns of those who wait or hold one.
    persons: Persons<Semaphore>,
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
        Turns { all: Arc::new(Semaphore::new(all)), each: all / 2, persons: Persons::default() }
    }

    /// Waits for a turn of a person; `None` would mean that there are no turns any more.
    pub async fn turn(&self, person: &str) -> Option<Turn> {
        // Who waits for her own turns must not hold one of everybody's.
        let own = self.persons.of(person, || Semaphore::new(self.each)).acquire_owned().await.ok()?;
        let one = self.all.clone().acquire_owned().await.ok()?;
        Some(Turn { _own: own, _one: one })
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
}
