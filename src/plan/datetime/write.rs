//! Values as text, in the way the output functions of PostgreSQL write them: dates and times in the ISO style, intervals
//! in the style `postgres`, floating numbers with as few digits as tell them apart.

use std::fmt::Write;

use sluice_base::{Interval, TimeZone};

use super::calendar::{Civil, Clock, HOUR, MINUTE, SECOND};

pub(super) fn date(days: i32) -> String {
    let mut out = String::new();
    let era = put_date(&mut out, Civil::of(i64::from(days)));
    out + era
}

pub(super) fn time(micros: i64) -> String {
    let mut out = String::new();
    put_time(&mut out, micros);
    out
}

pub(super) fn stamp(stamp: i64) -> String {
    let mut out = String::new();
    let era = put_stamp(&mut out, stamp);
    out + era
}

pub(super) fn moment(utc: i64, zone: &TimeZone) -> String {
    let offset = zone.offset_at(utc.div_euclid(SECOND));
    let mut out = String::new();
    let era = put_stamp(&mut out, utc.saturating_add(i64::from(offset) * SECOND));
    put_offset(&mut out, offset);
    out + era
}

/// `+08`, `-05:30`: seconds east of UTC.
pub(super) fn put_offset(out: &mut String, offset: i32) {
    let (hour, minute, second) = (offset.abs() / 3_600, offset.abs() / 60 % 60, offset.abs() % 60);
    out.push(if offset < 0 { '-' } else { '+' });
    let _ = write!(out, "{hour:02}");
    if minute != 0 || second != 0 {
        let _ = write!(out, ":{minute:02}");
    }
    if second != 0 {
        let _ = write!(out, ":{second:02}");
    }
}

/// Writes a date; what follows it where the year is before Christ is given back.
fn put_date(out: &mut String, date: Civil) -> &'static str {
    let year = if date.year > 0 { date.year } else { 1 - date.year };
    let _ = write!(out, "{year:04}-{:02}-{:02}", date.month, date.day);
    if date.year > 0 { "" } else { " BC" }
}

fn put_stamp(out: &mut String, stamp: i64) -> &'static str {
    let clock = Clock::of(stamp);
    let era = put_date(out, clock.date);
    out.push(' ');
    put_time(out, clock.time());
    era
}

/// Hours may pass 24, as they do in an interval.
fn put_time(out: &mut String, micros: i64) {
    let _ = write!(out, "{:02}:{:02}:{:02}", micros / HOUR, micros % HOUR / MINUTE, micros % MINUTE / SECOND);
    put_fraction(out, micros % SECOND);
}

fn put_fraction(out: &mut String, micros: i64) {
    if micros != 0 {
        let digits = format!("{micros:06}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
}

pub(super) fn span(span: Interval) -> String {
    let mut out = String::new();
    let mut negative = false;
    for (value, unit) in [(span.months / 12, "year"), (span.months % 12, "mon"), (span.days, "day")] {
        if value == 0 {
            continue;
        }
        let blank = if out.is_empty() { "" } else { " " };
        // A part behind a negative one says that it is not.
        let plus = if negative && value > 0 { "+" } else { "" };
        let many = if value == 1 { "" } else { "s" };
        let _ = write!(out, "{blank}{plus}{value} {unit}{many}");
        negative = value < 0;
    }
    if out.is_empty() || span.micros != 0 {
        let blank = if out.is_empty() { "" } else { " " };
        let sign = match (span.micros < 0, negative) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        let _ = write!(out, "{blank}{sign}");
        let micros = i64::try_from(span.micros.unsigned_abs()).unwrap_or(i64::MAX);
        put_time(&mut out, micros);
    }
    out
}

/// `double precision`: an exponent from 15 digits before the point on.
pub(super) fn double(value: f64) -> String {
    match value.is_finite() {
        true => shortest(&format!("{value:e}"), 15, || format!("{value}")),
        false => special(value),
    }
}

/// `real`: an exponent from 6 digits before the point on.
pub(super) fn real(value: f32) -> String {
    match value.is_finite() {
        true => shortest(&format!("{value:e}"), 6, || format!("{value}")),
        false => special(f64::from(value)),
    }
}

fn special(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN",
        value if value > 0.0 => "Infinity",
        _ => "-Infinity",
    }
    .into()
}

fn shortest(scientific: &str, digits_max: i32, plain: impl Fn() -> String) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..digits_max).contains(&exponent) {
        return plain();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (months, days, micros, text) in [
            (0, 0, 0, "00:00:00"),
            (14, 3, 14_706_700_000, "1 year 2 mons 3 days 04:05:06.7"),
            (-1, 1, 0, "-1 mons +1 day"),
            (0, -1, 3_600_000_000, "-1 days +01:00:00"),
            (0, 1, -3_600_000_000, "1 day -01:00:00"),
            (0, 119, 61_180_000_000, "119 days 16:59:40"),
            (0, 0, 360_000_000_000, "100:00:00"),
        ] {
            assert_eq!(span(Interval { months, days, micros }), text);
        }
    }

    #[test]
    fn floats() {
        for (value, text) in [
            (1e20, "1e+20"),
            (1e15, "1e+15"),
            (1e14, "100000000000000"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (-0.0, "-0"),
            (2.5, "2.5"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(double(value), text);
        }
        assert_eq!(real(1e6), "1e+06");
        assert_eq!(real(0.1), "0.1");
    }

    #[test]
    fn times() {
        assert_eq!(date(-719_163), "0001-12-31 BC");
        assert_eq!(stamp(1_500_000), "1970-01-01 00:00:01.5");
        let shanghai = TimeZone::parse("Asia/Shanghai").expect("known");
        assert_eq!(moment(0, &shanghai), "1970-01-01 08:00:00+08");
    }
}
