//! The organisation: the branches of the fixture as they are, or units whose places are dated.
//!
//! What is not certain widens nobody's view: a unit of two places on one day, on a cycle or below one, is below nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{raw, some};

/// Days that no run of the tests is near to.
const PAST: [&str; 2] = ["1999-12-31", "2020-02-29"];
const FUTURE: [&str; 2] = ["2095-01-01", "2099-12-31"];

struct Row {
    unit: i64,
    above: Option<i64>,
    since: Option<&'static str>,
    until: Option<&'static str>,
}

impl Row {
    fn is_of_today(&self) -> bool {
        self.since.is_none_or(|day| PAST.contains(&day)) && self.until.is_none_or(|day| FUTURE.contains(&day))
    }
}

pub struct Organisation {
    rows: Vec<Row>,
    /// Whether the rows stand in a table of their own.
    pub is_dated: bool,
    /// Today's units, each with the one above where that is certain.
    above: BTreeMap<i64, Option<i64>>,
}

impl Organisation {
    pub fn new(random: &mut ChaCha8Rng) -> Organisation {
        let branches: Vec<(i64, Option<i64>)> =
            raw()["branches"].rows.iter().filter_map(|row| Some((row[0].as_i64()?, row[1].as_i64()))).collect();
        let is_dated = random.random_range(0..2) == 0;
        let always = |(unit, above): &(i64, Option<i64>)| Row { unit: *unit, above: *above, since: None, until: None };
        let mut rows: Vec<Row> = Vec::new();
        for branch in &branches {
            let units: Vec<i64> = branches.iter().map(|(unit, _)| *unit).collect();
            if !is_dated || random.random_range(0..3) != 0 {
                rows.push(always(branch));
                continue;
            }
            let (unit, above) = *branch;
            let other = Some(some(&units, random));
            let (past, future) = (Some(some(&PAST, random)), Some(some(&FUTURE, random)));
            rows.extend(match random.random_range(0..6) {
                // It moved, or is going to.
                0 => vec![
                    Row { unit, above, since: None, until: past },
                    Row { unit, above: other, since: past, until: None },
                ],
                1 => vec![
                    Row { unit, above, since: past, until: future },
                    Row { unit, above: other, since: future, until: None },
                ],
                // It is closed, or not yet open.
                2 => vec![Row { unit, above, since: None, until: past }],
                3 => vec![Row { unit, above, since: future, until: None }],
                // Two places at once, which are one where they happen to be the same.
                4 => vec![always(branch), Row { unit, above: other, since: past, until: future }],
                _ => vec![Row { unit, above: other, since: None, until: None }],
            });
        }
        let above = places(&rows);
        Organisation { rows, is_dated, above }
    }

    pub fn has(&self, unit: i64) -> bool {
        self.above.contains_key(&unit)
    }

    /// The units around some.
    pub fn reached(&self, scope: &str, from: &[i64]) -> BTreeSet<i64> {
        let above = |unit: i64| self.above.get(&unit).copied().flatten();
        let path = |unit: i64| std::iter::successors(Some(unit), |unit| above(*unit)).collect::<Vec<i64>>();
        let known: Vec<i64> = from.iter().copied().filter(|unit| self.has(*unit)).collect();
        let all = self.above.keys().copied();
        match scope {
            "self" => known.into_iter().collect(),
            "self_and_below" => all.filter(|unit| known.iter().any(|own| path(*unit).contains(own))).collect(),
            "below" => all.filter(|unit| known.iter().any(|own| path(*unit)[1..].contains(own))).collect(),
            "siblings" => all
                .filter(|unit| {
                    known.iter().any(|own| own != unit && above(*own).is_some() && above(*own) == above(*unit))
                })
                .collect(),
            "path_to_root" => known.iter().flat_map(|own| path(*own)).collect(),
            other => panic!("no scope {other}"),
        }
    }

    /// The table of the units.
    pub fn load(&self, path: &Path) {
        let connection = rusqlite::Connection::open(path).expect("a SQLite file");
        let create = "CREATE TABLE units (unit_id integer, above integer, since text, until text)";
        connection.execute_batch(create).expect("the table");
        for Row { unit, above, since, until } in &self.rows {
            let row = rusqlite::params![unit, above, since, until];
            connection.execute("INSERT INTO units VALUES (?1, ?2, ?3, ?4)", row).expect("a row");
        }
    }

    /// The entity of the units.
    pub fn entity() -> &'static str {
        "\n---\nentity: units\nlabel: {zh: 单位}\nsource: {connection: org, table: units}\nfields:\n  \
         unit:  {column: unit_id, type: int, level: 1}\n  above: {column: above, type: int, level: 1}\n  \
         since: {column: since, type: date, level: 1}\n  until: {column: until, type: date, level: 1}\n\
         hierarchy: {id: org, unit: unit, parent: above, valid_from: since, valid_to: until}\n"
    }
}

/// Where each unit is today: below the one place that its rows name, where that leads to a root.
fn places(rows: &[Row]) -> BTreeMap<i64, Option<i64>> {
    let today: Vec<&Row> = rows.iter().filter(|row| row.is_of_today()).collect();
    let units: BTreeSet<i64> = today.iter().map(|row| row.unit).collect();
    let named = |unit: i64| -> Option<i64> {
        let of: BTreeSet<Option<i64>> = today.iter().filter(|row| row.unit == unit).map(|row| row.above).collect();
        match of.into_iter().collect::<Vec<_>>()[..] {
            [Some(above)] if units.contains(&above) => Some(above),
            _ => None,
        }
    };
    let leads_to_a_root = |unit: i64| {
        let mut at = unit;
        for _ in 0..=units.len() {
            match named(at) {
                Some(above) => at = above,
                None => return true,
            }
        }
        false
    };
    units.iter().map(|unit| (*unit, named(*unit).filter(|_| leads_to_a_root(*unit)))).collect()
}
