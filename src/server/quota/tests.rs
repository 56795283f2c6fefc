//! Counters on their own: days, portions, restarts, look-ups, what runs at once.

use std::sync::{Arc, Mutex};

use sluice_base::{SqlState, TimeZone, ToClient};
use sluice_model::allowance::{Allowance, Bound, Limited};
use sluice_model::audit::{Event, Lookup, Pending, Record, Sink, Taken};

use super::*;

/// A log in memory with a clock of its own.
struct Log {
    now: Mutex<i64>,
    records: Mutex<Vec<Event>>,
}

impl Sink for Log {
    fn append(&self, record: Record) -> Pending {
        self.records.lock().unwrap().push(record.event);
        Box::pin(std::future::ready(Ok(())))
    }

    fn now_micros(&self) -> i64 {
        *self.now.lock().unwrap()
    }
}

const HOUR: i64 = 3_600_000_000;

struct World {
    quotas: Arc<Quotas>,
    log: Arc<Log>,
    sink: Arc<dyn Sink>,
}

impl World {
    fn new() -> World {
        let log = Arc::new(Log { now: Mutex::new(20_000 * 24 * HOUR), records: Mutex::new(Vec::new()) });
        World { quotas: Arc::new(Quotas::default()), sink: log.clone(), log }
    }

    /// Another process on the same log.
    fn restarted(&self) -> World {
        let next = World { quotas: Arc::new(Quotas::default()), log: self.log.clone(), sink: self.sink.clone() };
        next.quotas.restore(self.taken());
        next
    }

    fn taken(&self) -> Vec<Taken> {
        let records = self.log.records.lock().unwrap();
        let taken = |event: &Event| if let Event::Taken(taken) = event { Some(taken.clone()) } else { None };
        records.iter().filter_map(taken).collect()
    }

    fn begin(&self, settings: &[(Limited, u64)], lookups: &[Lookup]) -> Result<Meter, QuotaError> {
        let bound = |(limited, value): &(Limited, u64)| (*limited, Bound { value: *value, rule: "r".into() });
        let allowance = Allowance { bounds: settings.iter().map(bound).collect(), ..Allowance::default() };
        let zone = TimeZone::parse("Asia/Shanghai").unwrap();
        Meter::begin(&self.quotas, &self.sink, ("ana", &zone), allowance, lookups)
    }
}

fn lookup(values: u64) -> Vec<Lookup> {
    vec![Lookup { entity: "customer".into(), field: "mobile".into(), values }]
}

#[test]
fn rows_of_a_day_end_and_begin_anew() {
    let world = World::new();
    let limits = [(Limited::RowsPerDay, 1_000)];
    let mut meter = world.begin(&limits, &[]).unwrap();
    assert_eq!(meter.rows_left(0).unwrap(), 1_000);
    let written = meter.take(600, 1).unwrap().unwrap();
    let other = meter.take(2, 1).unwrap().expect("the portion is not written yet");
    drop(other);
    assert!(meter.take(1, 1).unwrap().is_some(), "who has stopped waiting was not told that it is");
    futures::executor::block_on(written).unwrap();
    assert!(meter.take(1, 1).unwrap().is_none());
    assert_eq!(meter.rows_left(604).unwrap(), 396);
    assert_eq!(meter.take(397, 1).err().unwrap().limited, Limited::RowsPerDay);
    assert!(meter.take(396, 1).is_ok());
    let told = meter.rows_left(1_000).unwrap_err().to_client();
    assert_eq!(told.code, SqlState::ProgramLimitExceeded);
    assert_eq!(told.message.en, "you have taken your 1000 rows of today");
    let detail = told.detail.unwrap();
    assert_eq!(detail.en, "Limit rows_per_day is 1000; it begins anew at 2024-10-05 00:00:00+08.");
    assert!(detail.zh.contains("2024-10-05 00:00:00+08"), "{}", detail.zh);
    assert!(world.begin(&limits, &[]).is_err(), "no other statement either");
    *world.log.now.lock().unwrap() += 16 * HOUR;
    assert_eq!(meter.rows_left(1_000).unwrap(), 1_000);
    assert!(world.begin(&limits, &[]).is_ok());
    assert!(meter.take(1_000, 1).is_ok());
    *world.log.now.lock().unwrap() -= 24 * HOUR;
    assert!(world.begin(&limits, &[]).is_err(), "a clock that is set back gives nothing back");
}

#[test]
fn a_restart_forgets_nothing_and_costs_one_portion_at_most() {
    let world = World::new();
    let limits = [(Limited::RowsPerDay, 2_000), (Limited::BytesPerDay, 1 << 20)];
    let mut meter = world.begin(&limits, &[]).unwrap();
    for _ in 0..50 {
        assert!(meter.take(7, 100).is_ok());
    }
    let again = world.restarted();
    let left = again.begin(&limits, &[]).unwrap().rows_left(0).unwrap();
    assert!((2_000 - 350 - 10..=2_000 - 350).contains(&left), "{left}");
    let last = world.taken().pop().unwrap();
    assert!(last.rows >= 350 && last.bytes >= 5_000 && last.rows <= 2_000, "{last:?}");
    // What was taken on another day is no longer of interest.
    *world.log.now.lock().unwrap() += 24 * HOUR;
    assert_eq!(world.restarted().begin(&limits, &[]).unwrap().rows_left(0).unwrap(), 2_000);
}

#[test]
fn the_look_up_after_the_last_is_refused_also_after_a_restart() {
    let world = World::new();
    let limits = [(Limited::LookupsPerDay, 20)];
    for _ in 0..17 {
        world.begin(&limits, &lookup(1)).unwrap();
    }
    assert!(world.begin(&limits, &lookup(4)).is_err(), "four more would be twenty-one");
    world.begin(&limits, &lookup(3)).unwrap();
    for world in [&world, &world.restarted()] {
        let refused = world.begin(&limits, &lookup(1)).err().unwrap();
        assert_eq!(refused.to_client().message.en, "you may look up 20 values of customer.mobile a day");
        assert!(world.begin(&limits, &[]).is_ok(), "other statements go on");
        let other = vec![Lookup { entity: "customer".into(), field: "cert_no".into(), values: 1 }];
        assert!(world.begin(&limits, &other).is_ok(), "other fields too");
    }
    *world.log.now.lock().unwrap() += 16 * HOUR;
    assert!(world.begin(&limits, &lookup(1)).is_ok());
}

#[test]
fn statements_at_the_same_time_are_counted_until_they_end() {
    let world = World::new();
    let limits = [(Limited::StatementsInParallel, 2)];
    let first = world.begin(&limits, &[]).unwrap();
    let _second = world.begin(&limits, &[]).unwrap();
    assert_eq!(world.begin(&limits, &[]).err().unwrap().limited, Limited::StatementsInParallel);
    drop(first);
    assert!(world.begin(&limits, &[]).is_ok());
    assert!(world.taken().is_empty(), "nothing of that is for the log");
}

#[test]
fn rows_and_bytes_of_one_statement() {
    let world = World::new();
    let mut meter = world.begin(&[(Limited::RowsPerQuery, 10), (Limited::BytesPerQuery, 100)], &[]).unwrap();
    assert_eq!((meter.rows_left(0).unwrap(), meter.rows_left(9).unwrap()), (10, 1));
    assert_eq!(meter.rows_left(10).unwrap_err().limited, Limited::RowsPerQuery);
    assert!(meter.take(3, 100).is_ok());
    assert_eq!(meter.take(1, 1).err().unwrap().limited, Limited::BytesPerQuery);
    assert!(world.taken().is_empty());
}
