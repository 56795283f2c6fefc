//! Dates and times as text, in ISO form, and the session's zone.
//!
//! Left out: a named zone behind a literal; it is unsupported here and left to the engine.

use chrono::{Datelike, NaiveDate};
use sluice_base::{Interval, TimeZone};

use crate::Context;
use crate::error::{Result, SystemError};

pub(crate) const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

fn epoch() -> NaiveDate {
    NaiveDate::default()
}

/// What stands behind a literal, in microseconds east of UTC.
fn literal_offset(zone: &str) -> Result<i64> {
    let lower = zone.trim().to_ascii_lowercase();
    if matches!(lower.as_str(), "utc" | "gmt" | "z" | "etc/utc" | "zulu" | "etc/gmt" | "uct" | "universal") {
        return Ok(0);
    }
    parse_offset(&lower).ok_or_else(|| SystemError::Unsupported("a named time zone".into()))
}

/// A zone as `AT TIME ZONE` reads it: a bare offset counts to the west there, as POSIX has it.
pub(crate) fn zone_named(text: &str) -> Result<TimeZone> {
    let text = text.trim();
    let offset = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-'));
    let posix = if offset { format!("UTC{text}") } else { text.to_string() };
    TimeZone::parse(&posix).ok_or_else(|| SystemError::InvalidParameter(format!("time zone \"{text}\" not recognized")))
}

/// The session's zone.
pub(crate) fn session_zone(context: &Context) -> TimeZone {
    let name = (context.setting)("timezone").or_else(|| (context.setting)("TimeZone"));
    name.and_then(|name| TimeZone::parse(&name)).unwrap_or_default()
}

/// Microseconds east of UTC at an instant.
pub(crate) fn offset_at(zone: &TimeZone, utc: i64) -> i64 {
    i64::from(zone.offset_at(utc.div_euclid(SECOND))) * SECOND
}

/// Microseconds east of UTC for a wall clock.
pub(crate) fn offset_of_local(zone: &TimeZone, local: i64) -> i64 {
    i64::from(zone.offset_of_local(local.div_euclid(SECOND))) * SECOND
}

/// What the session's clock shows at an instant.
pub(crate) fn to_local(context: &Context, utc: i64) -> i64 {
    utc.saturating_add(offset_at(&session_zone(context), utc))
}

/// The instant at which the session's clock shows this.
pub(crate) fn from_local(context: &Context, local: i64) -> i64 {
    local.saturating_sub(offset_of_local(&session_zone(context), local))
}

/// `+08`, `-05:30`, `+0800`.
fn parse_offset(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let (hours, minutes) = (i64::from(hours), i64::from(minutes));
    (hours <= 15 && minutes < 60).then_some(sign * (hours * HOUR + minutes * MINUTE))
}

/// Midnight of a day; dates reach further than timestamps.
pub(crate) fn midnight(days: i32) -> Result<i64> {
    i64::from(days).checked_mul(DAY).ok_or_else(|| SystemError::OutOfRange("timestamp".into()))
}

pub(crate) fn day_of(micros: i64) -> Result<i32> {
    i32::try_from(micros.div_euclid(DAY)).map_err(|_| SystemError::OutOfRange("date".into()))
}

pub(crate) fn civil(days: i32) -> Option<NaiveDate> {
    epoch().checked_add_signed(chrono::Duration::days(days.into()))
}

pub(crate) fn days_of(date: NaiveDate) -> Option<i32> {
    i32::try_from(date.signed_duration_since(epoch()).num_days()).ok()
}

pub(crate) fn date_text(days: i32) -> String {
    match civil(days) {
        Some(date) if date.year() >= 1 => format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
        Some(date) => format!("{:04}-{:02}-{:02} BC", 1 - date.year(), date.month(), date.day()),
        None => if days > 0 { "infinity" } else { "-infinity" }.into(),
    }
}

pub(crate) fn time_text(micros: i64) -> String {
    let (hours, minutes, seconds) = (micros / HOUR, micros % HOUR / MINUTE, micros % MINUTE / SECOND);
    let mut text = format!("{hours:02}:{minutes:02}:{seconds:02}");
    let fraction = micros % SECOND;
    if fraction != 0 {
        text.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    }
    text
}

pub(crate) fn timestamp_text(micros: i64) -> String {
    let Ok(days) = day_of(micros) else { return if micros > 0 { "infinity" } else { "-infinity" }.into() };
    format!("{} {}", date_text(days), time_text(micros.rem_euclid(DAY)))
}

pub(crate) fn timestamptz_text(micros: i64, offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / HOUR, offset.abs() % HOUR / MINUTE);
    let zone = if minutes == 0 { format!("{sign}{hours:02}") } else { format!("{sign}{hours:02}:{minutes:02}") };
    format!("{}{zone}", timestamp_text(micros.saturating_add(offset)))
}

pub(crate) fn interval_text(interval: &Interval) -> String {
    let mut parts = Vec::new();
    let (years, months) = (interval.months / 12, interval.months % 12);
    for (count, unit) in [(years, "year"), (months, "mon"), (interval.days, "day")] {
        if count != 0 {
            parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        }
    }
    if interval.micros != 0 || parts.is_empty() {
        let sign = if interval.micros < 0 { "-" } else { "" };
        parts.push(format!("{sign}{}", time_text(interval.micros.saturating_abs())));
    }
    parts.join(" ")
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return NaiveDate::from_ymd_opt(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?);
    }
    let mut parts = text.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() < 4 {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// `date` from text.
pub(crate) fn date_in(text: &str, context: &Context) -> Result<i32> {
    let invalid = || SystemError::InvalidDatetime("date".into());
    let lower = text.trim().to_ascii_lowercase();
    let today = || -> Result<i32> { day_of(to_local(context, context.now_micros)) };
    match lower.as_str() {
        "epoch" => return Ok(0),
        "today" | "now" => return today(),
        "tomorrow" => return Ok(today()? + 1),
        "yesterday" => return Ok(today()? - 1),
        _ => {}
    }
    // A time behind the date is read and dropped.
    let date = lower.split([' ', 't']).next().unwrap_or_default();
    parse_date(date).and_then(days_of).ok_or_else(invalid)
}

fn parse_time(text: &str) -> Option<i64> {
    let mut parts = text.trim().split(':');
    let hours = i64::from(parts.next()?.parse::<u8>().ok()?);
    let minutes = i64::from(parts.next()?.parse::<u8>().ok()?);
    let (seconds, fraction) = match parts.next() {
        Some(seconds) => seconds.split_once('.').unwrap_or((seconds, "")),
        None => ("0", ""),
    };
    let seconds = i64::from(seconds.parse::<u8>().ok()?);
    if parts.next().is_some() || hours > 24 || minutes > 59 || seconds > 60 || fraction.len() > 9 {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let total = hours * HOUR + minutes * MINUTE + seconds * SECOND + micros;
    (0..=DAY).contains(&total).then_some(total)
}

/// `time` from text.
pub(crate) fn time_in(text: &str) -> Result<i64> {
    parse_time(text).ok_or_else(|| SystemError::InvalidDatetime("time".into()))
}

/// Date and time from text, with the zone's offset where one is told.
fn parse_timestamp(text: &str) -> Option<(i64, Option<Result<i64>>)> {
    let text = text.trim();
    let (date, rest) = match text.find([' ', 'T', 't']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let days = i64::from(parse_date(date).and_then(days_of)?);
    if rest.is_empty() {
        return Some((days * DAY, None));
    }
    let clock_end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(clock_end);
    let zone = zone.trim();
    let offset = (!zone.is_empty()).then(|| literal_offset(zone));
    Some((days * DAY + parse_time(clock)?, offset))
}

/// `timestamp` from text; a zone in it is ignored, as PostgreSQL does.
pub(crate) fn timestamp_in(text: &str, context: &Context) -> Result<i64> {
    if text.trim().eq_ignore_ascii_case("now") {
        return Ok(to_local(context, context.now_micros));
    }
    if text.trim().eq_ignore_ascii_case("epoch") {
        return Ok(0);
    }
    match parse_timestamp(text) {
        Some((micros, _)) => Ok(micros),
        None => Err(SystemError::InvalidDatetime("timestamp".into())),
    }
}

/// `timestamptz` from text.
pub(crate) fn timestamptz_in(text: &str, context: &Context) -> Result<i64> {
    if text.trim().eq_ignore_ascii_case("now") {
        return Ok(context.now_micros);
    }
    if text.trim().eq_ignore_ascii_case("epoch") {
        return Ok(0);
    }
    match parse_timestamp(text) {
        Some((micros, Some(offset))) => Ok(micros - offset?),
        Some((micros, None)) => Ok(from_local(context, micros)),
        None => Err(SystemError::InvalidDatetime("timestamp with time zone".into())),
    }
}

fn add_unit(interval: &mut Interval, count: &str, unit: &str) -> Option<()> {
    let unit = unit.trim_end_matches(',');
    let whole: i64 = match count.split_once('.') {
        None => count.parse().ok()?,
        Some(_) => 0,
    };
    let fraction: f64 = count.parse().ok()?;
    let micros = |scale: i64| -> Option<i64> {
        if count.contains('.') { Some((fraction * scale as f64).round() as i64) } else { whole.checked_mul(scale) }
    };
    match unit {
        "microsecond" | "microseconds" | "us" => interval.micros = interval.micros.checked_add(micros(1)?)?,
        "millisecond" | "milliseconds" | "ms" => interval.micros = interval.micros.checked_add(micros(1_000)?)?,
        "second" | "seconds" | "sec" | "secs" | "s" => {
            interval.micros = interval.micros.checked_add(micros(SECOND)?)?
        }
        "minute" | "minutes" | "min" | "mins" | "m" => {
            interval.micros = interval.micros.checked_add(micros(MINUTE)?)?
        }
        "hour" | "hours" | "hr" | "hrs" | "h" => interval.micros = interval.micros.checked_add(micros(HOUR)?)?,
        _ => {
            if count.contains('.') {
                return None;
            }
            let whole = i32::try_from(whole).ok()?;
            match unit {
                "day" | "days" | "d" => interval.days = interval.days.checked_add(whole)?,
                "week" | "weeks" | "w" => interval.days = interval.days.checked_add(whole.checked_mul(7)?)?,
                "month" | "months" | "mon" | "mons" => interval.months = interval.months.checked_add(whole)?,
                "year" | "years" | "y" | "yr" | "yrs" => {
                    interval.months = interval.months.checked_add(whole.checked_mul(12)?)?;
                }
                _ => return None,
            }
        }
    }
    Some(())
}

fn parse_interval(text: &str) -> Option<Interval> {
    let lower = text.trim().to_ascii_lowercase();
    let mut interval = Interval::default();
    let mut words = lower.split_whitespace().peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        if word == "ago" {
            interval = Interval {
                months: interval.months.checked_neg()?,
                days: interval.days.checked_neg()?,
                micros: interval.micros.checked_neg()?,
            };
        } else if word.contains(':') {
            let (sign, clock) = match word.strip_prefix('-') {
                Some(rest) => (-1, rest),
                None => (1, word.trim_start_matches('+')),
            };
            interval.micros = interval.micros.checked_add(sign * parse_time(clock)?)?;
        } else {
            let split = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
            let (count, unit) = word.split_at(split);
            let unit = if unit.is_empty() { words.next().unwrap_or("seconds") } else { unit };
            add_unit(&mut interval, count, unit)?;
        }
    }
    Some(interval)
}

/// `interval` from text.
pub(crate) fn interval_in(text: &str) -> Result<Interval> {
    parse_interval(text).ok_or_else(|| SystemError::InvalidDatetime("interval".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_round_trip() {
        for (text, expected) in [
            ("1 day", "1 day"),
            ("2 years 3 mons -4 days", "2 years 3 mons -4 days"),
            ("01:02:03.5", "01:02:03.5"),
            ("90 minutes", "01:30:00"),
            ("1 week ago", "-7 days"),
            ("0 seconds", "00:00:00"),
        ] {
            assert_eq!(interval_in(text).map(|i| interval_text(&i)), Ok(expected.to_string()), "{text}");
        }
        assert!(interval_in("some time").is_err());
    }

    #[test]
    fn timestamps() {
        assert_eq!(
            parse_timestamp("2024-02-29 12:00:01.25").map(|(m, _)| timestamp_text(m)).as_deref(),
            Some("2024-02-29 12:00:01.25")
        );
        assert!(parse_timestamp("2023-02-29").is_none());
        let (micros, offset) = parse_timestamp("2024-01-01T08:00:00+08").expect("a timestamp");
        assert_eq!(timestamptz_text(micros - offset.expect("told").expect("known"), 0), "2024-01-01 00:00:00+00");
    }
}
