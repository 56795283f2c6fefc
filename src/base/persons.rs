//! Something of each person's own, known as long as anybody holds it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Persons who are known without a look at who of them has gone.
const KEPT: usize = 256;

/// What each person has of a kind. All that she does at a time meets the same one.
#[derive(Debug)]
pub struct Persons<T>(Mutex<HashMap<String, Weak<T>>>);

impl<T> Default for Persons<T> {
    fn default() -> Persons<T> {
        Persons(Mutex::default())
    }
}

impl<T> Persons<T> {
    /// That of a person; made anew where nobody holds hers.
    pub fn of(&self, person: &str, made: impl FnOnce() -> T) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = known.get(person).and_then(Weak::upgrade) {
            return held;
        }
        if known.len() >= KEPT {
            known.retain(|_, held| held.strong_count() > 0);
        }
        let fresh = Arc::new(made());
        known.insert(person.to_string(), Arc::downgrade(&fresh));
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_gone_is_forgotten() {
        let persons = Persons::default();
        let held = persons.of("ana", || 0);
        for number in 1..3 * KEPT {
            assert_eq!(*persons.of(&number.to_string(), || number), number);
        }
        assert!(Arc::ptr_eq(&held, &persons.of("ana", || 1)));
        assert!(persons.0.lock().expect("no panic").len() <= KEPT);
    }
}
