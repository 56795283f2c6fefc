//! Between moments and the clocks of a zone.

use sluice_base::TimeZone;

use super::calendar::SECOND;
use super::fault::DatetimeFault as Fault;
use super::span::in_range;

/// The local time of a moment.
pub(super) fn local(utc: i64, zone: &TimeZone) -> i64 {
    utc.saturating_add(i64::from(zone.offset_at(utc.div_euclid(SECOND))) * SECOND)
}

/// The moment of a local time.
pub(super) fn moment(local: i64, zone: &TimeZone) -> Result<i64, Fault> {
    in_range(local.saturating_sub(i64::from(zone.offset_of_local(local.div_euclid(SECOND))) * SECOND))
}

/// A zone as `AT TIME ZONE` reads it: an offset counts to the west here, as POSIX has it.
pub(super) fn named(text: &str) -> Result<TimeZone, Fault> {
    let text = text.trim();
    let offset = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-'));
    let posix = if offset { format!("UTC{text}") } else { text.to_string() };
    TimeZone::parse(&posix).ok_or(Fault::Zone)
}
