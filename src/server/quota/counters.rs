//! The counters of all persons, by the bank's day.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sluice_base::TimeZone;
use sluice_model::allowance::{Allowance, Limited};
use sluice_model::audit::{Lookup, Taken};

use super::QuotaError;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Portions of a day's rows or bytes that are set aside at once: a crash costs one of them at most.
const PORTIONS: u64 = 200;
/// Largest portions.
const PORTION_ROWS_MAX: u64 = 10_000;
const PORTION_BYTES_MAX: u64 = 8 << 20;

/// The bank's day at a moment, and when the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    pub number: i32,
    pub ends: String,
}

impl Day {
    pub(super) fn of(now_micros: i64, zone: &TimeZone) -> Day {
        let seconds = now_micros.div_euclid(MICROS_PER_SECOND);
        let offset = i64::from(zone.offset_at(seconds));
        let number = i32::try_from((seconds + offset).div_euclid(SECONDS_PER_DAY)).unwrap_or(i32::MAX);
        let next = chrono::DateTime::from_timestamp((i64::from(number) + 1).saturating_mul(SECONDS_PER_DAY), 0);
        let local = next.map(|next| next.naive_utc().to_string()).unwrap_or_default();
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        let parts = if minutes % 60 == 0 { String::new() } else { format!(":{:02}", minutes % 60) };
        Day { number, ends: format!("{local}{sign}{:02}{parts}", minutes / 60) }
    }
}

/// What one person has taken of a day.
#[derive(Debug, Clone, Default)]
struct Person {
    day: i32,
    rows: u64,
    bytes: u64,
    /// Rows and bytes that the log was last told are taken.
    rows_set_aside: u64,
    bytes_set_aside: u64,
    /// Of these, what it has acknowledged: never less than `rows` and `bytes` while a row is on its way.
    rows_recorded: u64,
    bytes_recorded: u64,
    lookups: BTreeMap<(String, String), u64>,
    running: u64,
}

impl Person {
    /// On a later day everything begins anew, but what runs goes on running. A clock that is set back gives nothing back.
    fn on(&mut self, day: i32) -> &mut Person {
        if self.day < day {
            *self = Person { day, running: self.running, ..Person::default() };
        }
        self
    }
}

/// The counters.
#[derive(Debug, Default)]
pub struct Quotas {
    people: Mutex<HashMap<String, Person>>,
}

impl Quotas {
    /// Takes over what the log says was taken; later records of a day say more than earlier ones.
    pub fn restore(&self, records: impl IntoIterator<Item = Taken>) {
        let mut people = self.people();
        for taken in records {
            let person = people.entry(taken.user).or_default();
            if taken.day < person.day {
                continue;
            }
            let person = person.on(taken.day);
            person.rows_set_aside = person.rows_set_aside.max(taken.rows);
            person.bytes_set_aside = person.bytes_set_aside.max(taken.bytes);
            (person.rows, person.bytes) = (person.rows_set_aside, person.bytes_set_aside);
            (person.rows_recorded, person.bytes_recorded) = (person.rows, person.bytes);
            for lookup in taken.lookups {
                let counted = person.lookups.entry((lookup.entity, lookup.field)).or_default();
                *counted = lookup.values.max(*counted);
            }
        }
    }

    /// What a person has taken of the day of this moment.
    pub fn taken(&self, user: &str, now_micros: i64, zone: &TimeZone) -> Taken {
        let day = Day::of(now_micros, zone).number;
        let people = self.people();
        let person = people.get(user).filter(|person| person.day == day).cloned().unwrap_or_default();
        let lookups = person.lookups.into_iter();
        let lookups = lookups.map(|((entity, field), values)| Lookup { entity, field, values }).collect();
        Taken { user: user.to_string(), day, rows: person.rows, bytes: person.bytes, lookups }
    }

    /// Begins a statement: refused where a limit is reached already, its look-ups counted. What is returned is to be
    /// recorded before the statement runs.
    pub(super) fn begin(
        &self,
        user: &str,
        allowance: &Allowance,
        day: &Day,
        lookups: &[Lookup],
    ) -> Result<Option<Taken>, QuotaError> {
        let reached = |limited, setting| QuotaError { limited, setting, resets: None, field: None };
        let today = |limited, setting| QuotaError { resets: Some(day.ends.clone()), ..reached(limited, setting) };
        let mut people = self.people();
        let person = people.entry(user.to_string()).or_default().on(day.number);
        if let Some(max) = allowance.get(Limited::StatementsInParallel)
            && person.running >= max
        {
            return Err(reached(Limited::StatementsInParallel, max));
        }
        for (limited, taken) in [(Limited::RowsPerDay, person.rows), (Limited::BytesPerDay, person.bytes)] {
            if let Some(max) = allowance.get(limited).filter(|max| taken >= *max) {
                return Err(today(limited, max));
            }
        }
        let recorded = match allowance.get(Limited::LookupsPerDay) {
            Some(max) if !lookups.is_empty() => {
                person
                    .look_up(lookups, max)
                    .map_err(|field| QuotaError { field: Some(field), ..today(Limited::LookupsPerDay, max) })?;
                Some(person.taken(user))
            }
            _ => None,
        };
        person.running += 1;
        Ok(recorded)
    }

    /// A statement is over.
    pub(super) fn end(&self, user: &str) {
        if let Some(person) = self.people().get_mut(user) {
            person.running = person.running.saturating_sub(1);
        }
    }

    /// Counts rows that are about to leave. What is returned is to be recorded before they do.
    pub(super) fn take(
        &self,
        user: &str,
        allowance: &Allowance,
        day: &Day,
        (rows, bytes): (u64, u64),
    ) -> Result<Option<Taken>, QuotaError> {
        let (rows_max, bytes_max) = (allowance.get(Limited::RowsPerDay), allowance.get(Limited::BytesPerDay));
        if rows_max.is_none() && bytes_max.is_none() {
            return Ok(None);
        }
        let mut people = self.people();
        let person = people.entry(user.to_string()).or_default().on(day.number);
        let (rows, bytes) = (person.rows.saturating_add(rows), person.bytes.saturating_add(bytes));
        for (limited, max, taken) in [(Limited::RowsPerDay, rows_max, rows), (Limited::BytesPerDay, bytes_max, bytes)] {
            if let Some(setting) = max.filter(|max| taken > *max) {
                return Err(QuotaError { limited, setting, resets: Some(day.ends.clone()), field: None });
            }
        }
        (person.rows, person.bytes) = (rows, bytes);
        if rows <= person.rows_recorded && bytes <= person.bytes_recorded {
            return Ok(None);
        }
        // A portion that another statement has asked for and that is not acknowledged yet is told once more: whoever sends
        // rows of it waits for the log herself.
        if rows > person.rows_set_aside || bytes > person.bytes_set_aside {
            person.rows_set_aside = set_aside(rows, rows_max, PORTION_ROWS_MAX).max(person.rows_set_aside);
            person.bytes_set_aside = set_aside(bytes, bytes_max, PORTION_BYTES_MAX).max(person.bytes_set_aside);
        }
        Ok(Some(person.taken(user)))
    }

    /// The log has acknowledged what was taken.
    pub(super) fn recorded(&self, taken: &Taken) {
        if let Some(person) = self.people().get_mut(&taken.user).filter(|person| person.day == taken.day) {
            person.rows_recorded = person.rows_recorded.max(taken.rows);
            person.bytes_recorded = person.bytes_recorded.max(taken.bytes);
        }
    }

    /// Rows left of the day.
    pub(super) fn rows_left(&self, user: &str, max: u64, day: &Day) -> u64 {
        let mut people = self.people();
        max.saturating_sub(people.entry(user.to_string()).or_default().on(day.number).rows)
    }

    /// A panic elsewhere leaves the counters themselves whole.
    fn people(&self) -> MutexGuard<'_, HashMap<String, Person>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set_aside(taken: u64, max: Option<u64>, portion_max: u64) -> u64 {
    // Without a limit of its own a counter is set aside in full portions: it is recorded beside the other one.
    let portion = max.map_or(portion_max, |max| (max / PORTIONS).clamp(1, portion_max));
    taken.saturating_add(portion).min(max.unwrap_or(u64::MAX)).max(taken)
}

impl Person {
    /// Counts look-ups, all or none of them; the field whose limit stands in the way.
    fn look_up(&mut self, lookups: &[Lookup], max: u64) -> Result<(), String> {
        let mut counted = self.lookups.clone();
        for lookup in lookups {
            let field = (lookup.entity.clone(), lookup.field.clone());
            let values = counted.entry(field).or_default();
            *values = values.saturating_add(lookup.values);
            if *values > max {
                return Err(format!("{}.{}", lookup.entity, lookup.field));
            }
        }
        self.lookups = counted;
        Ok(())
    }

    fn taken(&self, user: &str) -> Taken {
        let lookup = |((entity, field), values): (&(String, String), &u64)| Lookup {
            entity: entity.clone(),
            field: field.clone(),
            values: *values,
        };
        Taken {
            user: user.to_string(),
            day: self.day,
            rows: self.rows_set_aside,
            bytes: self.bytes_set_aside,
            lookups: self.lookups.iter().map(lookup).collect(),
        }
    }
}
