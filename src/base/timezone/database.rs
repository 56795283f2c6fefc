//! Zones of the IANA database, as `chrono-tz` has them.
//!
//! Invariant: an offset is the database's own at every second. Its tables end with the year 2099; what comes after is
//! answered by a year of the same calendar before that, as PostgreSQL does by its cycle of 400 years.

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone as _};
use chrono_tz::{OffsetName, Tz};

use crate::civil::Civil;

const DAY: i64 = 86_400;
/// 2100-01-01, the first moment beyond the tables.
const TABLES_END: i64 = 4_102_444_800;
/// 4714 BC begins after this: PostgreSQL has no time before it.
const EARLIEST: i64 = -220_000_000_000;

/// A zone by its name, compared without case; the name comes back in its own spelling.
pub(super) fn named(name: &str) -> Option<Tz> {
    name.parse()
        .ok()
        .or_else(|| chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied())
}

/// Seconds east of UTC at an instant.
pub(super) fn offset_at(zone: Tz, utc_seconds: i64) -> i32 {
    zone.offset_from_utc_datetime(&naive(utc_seconds)).fix().local_minus_utc()
}

/// Seconds east of UTC for a wall clock.
pub(super) fn offset_of_local(zone: Tz, local_seconds: i64) -> i32 {
    // Whatever the change, the offset of a day before is the one before it, and of a day after the one after it.
    let (before, after) = (offset_at(zone, local_seconds - DAY), offset_at(zone, local_seconds + DAY));
    let holds = |offset: i32| offset_at(zone, local_seconds - i64::from(offset)) == offset;
    // Of a time that happens twice both hold, of one that never happens none.
    match (holds(before), holds(after)) {
        (_, true) => after,
        _ => before,
    }
}

/// What the zone is called at an instant: `CET`, `EDT`; or, as many have no name any more, `+07`, `+0545`.
pub(super) fn abbreviation_at(zone: Tz, utc_seconds: i64) -> String {
    let offset = zone.offset_from_utc_datetime(&naive(utc_seconds));
    if let Some(name) = offset.abbreviation() {
        return name.to_string();
    }
    let east = offset.fix().local_minus_utc();
    let (sign, minutes) = (if east < 0 { '-' } else { '+' }, east.abs() / 60);
    match minutes % 60 {
        0 => format!("{sign}{:02}", minutes / 60),
        rest => format!("{sign}{:02}{rest:02}", minutes / 60),
    }
}

/// An instant that the tables answer for.
fn naive(utc_seconds: i64) -> NaiveDateTime {
    let seconds = within_tables(utc_seconds).max(EARLIEST);
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc()
}

/// The same day and time in a year of the tables that has the same calendar: any 28 years in a row have all fourteen.
fn within_tables(utc_seconds: i64) -> i64 {
    if utc_seconds < TABLES_END {
        return utc_seconds;
    }
    let new_year = |year: i64| Civil { year, month: 1, day: 1 }.days();
    let calendar = |year: i64| (new_year(year).rem_euclid(7), new_year(year + 1) - new_year(year));
    let year = Civil::of(utc_seconds.div_euclid(DAY)).year;
    let alike = (2060..2088).find(|candidate| calendar(*candidate) == calendar(year)).unwrap_or(2060);
    utc_seconds - (new_year(year) - new_year(alike)) * DAY
}
