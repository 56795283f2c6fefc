//! Dates, times and intervals as text, in the session's styles, and their shift to PostgreSQL's epoch.

use super::number::{put_integer, put_pair, put_unsigned};
use super::settings::{DateForm, DateStyle, IntervalStyle};
use bytes::{BufMut, BytesMut};
use sluice_base::{Civil, Interval, TimeZone};

pub(super) const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
/// Microseconds from 1970-01-01 to 2000-01-01.
const EPOCH_MICROS: i64 = 946_684_800 * SECOND;

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Days since 2000-01-01, which binary format counts.
pub(super) fn binary_date(days: i32) -> Option<i32> {
    days.checked_sub(EPOCH_DAYS)
}

/// Microseconds since 2000-01-01, which binary format counts.
pub(super) fn binary_timestamp(micros: i64) -> Option<i64> {
    micros.checked_sub(EPOCH_MICROS)
}

/// `date`
pub(super) fn put_date(out: &mut BytesMut, days: i32, style: DateStyle) {
    let date = Civil::of(days.into());
    match style.form {
        DateForm::Postgres => put_parts(out, &date, b'-', style.day_first),
        _ => put_day(out, &date, style),
    }
    put_era(out, &date);
}

/// `time`
pub(super) fn put_time(out: &mut BytesMut, micros: i64) {
    put_pair(out, (micros / (3600 * SECOND)) as u64);
    out.put_u8(b':');
    put_pair(out, (micros / (60 * SECOND) % 60) as u64);
    out.put_u8(b':');
    put_pair(out, (micros / SECOND % 60) as u64);
    put_fraction(out, micros % SECOND);
}

/// `timestamp`
pub(super) fn put_timestamp(out: &mut BytesMut, micros: i64, style: DateStyle) {
    let date = Civil::of(micros.div_euclid(DAY));
    put_moment(out, &date, micros, style);
    put_era(out, &date);
}

/// `timestamptz` on the clock of a zone. False: the clock shows a time that cannot be counted.
pub(super) fn put_timestamptz(out: &mut BytesMut, micros: i64, zone: &TimeZone, style: DateStyle) -> bool {
    let seconds = micros.div_euclid(SECOND);
    let east = zone.offset_at(seconds);
    let Some(local) = micros.checked_add(i64::from(east) * SECOND) else { return false };
    let date = Civil::of(local.div_euclid(DAY));
    put_moment(out, &date, local, style);
    if style.form == DateForm::Iso {
        put_offset(out, east);
    } else {
        out.put_u8(b' ');
        out.put_slice(zone.abbreviation_at(seconds).as_bytes());
    }
    put_era(out, &date);
    true
}

/// Date and time, in the form's order.
fn put_moment(out: &mut BytesMut, date: &Civil, micros: i64, style: DateStyle) {
    let clock = micros.rem_euclid(DAY);
    if style.form != DateForm::Postgres {
        put_day(out, date, style);
        out.put_u8(b' ');
        return put_time(out, clock);
    }
    let weekday = (micros.div_euclid(DAY) + 4).rem_euclid(7) as usize;
    out.put_slice(WEEKDAYS[weekday].as_bytes());
    out.put_u8(b' ');
    let month = MONTHS[(date.month as usize - 1) % 12].as_bytes();
    if style.day_first {
        put_pair(out, date.day as u64);
        out.put_u8(b' ');
        out.put_slice(month);
    } else {
        out.put_slice(month);
        out.put_u8(b' ');
        put_pair(out, date.day as u64);
    }
    out.put_u8(b' ');
    put_time(out, clock);
    out.put_u8(b' ');
    put_year(out, date);
}

fn put_day(out: &mut BytesMut, date: &Civil, style: DateStyle) {
    match style.form {
        DateForm::Iso => {
            put_year(out, date);
            out.put_u8(b'-');
            put_pair(out, date.month as u64);
            out.put_u8(b'-');
            put_pair(out, date.day as u64);
        }
        DateForm::Sql => put_parts(out, date, b'/', style.day_first),
        DateForm::Postgres => put_parts(out, date, b'-', style.day_first),
        DateForm::German => put_parts(out, date, b'.', true),
    }
}

fn put_parts(out: &mut BytesMut, date: &Civil, separator: u8, day_first: bool) {
    let (first, second) = if day_first { (date.day, date.month) } else { (date.month, date.day) };
    put_pair(out, first as u64);
    out.put_u8(separator);
    put_pair(out, second as u64);
    out.put_u8(separator);
    put_year(out, date);
}

/// The year as people count: there is no year zero.
fn put_year(out: &mut BytesMut, date: &Civil) {
    let year = if date.year > 0 { date.year } else { 1 - date.year } as u64;
    if year < 10_000 {
        put_pair(out, year / 100);
        put_pair(out, year);
    } else {
        put_unsigned(out, year);
    }
}

fn put_era(out: &mut BytesMut, date: &Civil) {
    if date.year <= 0 {
        out.put_slice(b" BC");
    }
}

/// Up to six digits behind a point, zeros at the end dropped.
fn put_fraction(out: &mut BytesMut, micros: i64) {
    if micros == 0 {
        return;
    }
    out.put_u8(b'.');
    let mut rest = micros.unsigned_abs();
    let mut unit = 100_000;
    while rest > 0 && unit > 0 {
        out.put_u8(b'0' + (rest / unit % 10) as u8);
        rest %= unit;
        unit /= 10;
    }
}

/// `+08`, `-03:30`, `+08:05:43`
fn put_offset(out: &mut BytesMut, east: i32) {
    out.put_u8(if east < 0 { b'-' } else { b'+' });
    let seconds = u64::from(east.unsigned_abs());
    put_pair(out, seconds / 3600);
    if seconds % 3600 != 0 {
        out.put_u8(b':');
        put_pair(out, seconds / 60 % 60);
    }
    if seconds % 60 != 0 {
        out.put_u8(b':');
        put_pair(out, seconds % 60);
    }
}

/// An interval taken apart. All parts of the time have one sign.
struct Parts {
    years: i64,
    months: i64,
    days: i64,
    hours: i64,
    minutes: i64,
    seconds: i64,
    micros: i64,
}

impl Parts {
    fn of(interval: &Interval) -> Parts {
        Parts {
            years: i64::from(interval.months / 12),
            months: i64::from(interval.months % 12),
            days: interval.days.into(),
            hours: interval.micros / (3600 * SECOND),
            minutes: interval.micros / (60 * SECOND) % 60,
            seconds: interval.micros / SECOND % 60,
            micros: interval.micros % SECOND,
        }
    }

    fn has_time(&self) -> bool {
        self.hours != 0 || self.minutes != 0 || self.seconds != 0 || self.micros != 0
    }

    /// `H:MM:SS.f` without a sign.
    fn put_clock(&self, out: &mut BytesMut, two_digit_hours: bool) {
        let hours = self.hours.unsigned_abs();
        if two_digit_hours && hours < 100 {
            put_pair(out, hours)
        } else {
            put_unsigned(out, hours)
        }
        out.put_u8(b':');
        put_pair(out, self.minutes.unsigned_abs());
        out.put_u8(b':');
        put_pair(out, self.seconds.unsigned_abs());
        put_fraction(out, self.micros);
    }

    fn put_seconds(&self, out: &mut BytesMut) {
        put_unsigned(out, self.seconds.unsigned_abs());
        put_fraction(out, self.micros);
    }
}

/// `interval`
pub(super) fn put_interval(out: &mut BytesMut, interval: &Interval, style: IntervalStyle) {
    let parts = Parts::of(interval);
    match style {
        IntervalStyle::Postgres => put_postgres(out, &parts, interval.micros < 0),
        IntervalStyle::PostgresVerbose => put_verbose(out, &parts, interval.micros < 0),
        IntervalStyle::SqlStandard => put_sql_standard(out, &parts, interval),
        IntervalStyle::Iso8601 => put_iso8601(out, &parts, interval.micros < 0),
    }
}

/// After a negative part, a positive one says so with a plus.
fn put_postgres(out: &mut BytesMut, parts: &Parts, negative_time: bool) {
    let (mut first, mut after_negative) = (true, false);
    for (value, unit) in [(parts.years, "year"), (parts.months, "mon"), (parts.days, "day")] {
        if value == 0 {
            continue;
        }
        if !first {
            out.put_u8(b' ');
        }
        if after_negative && value > 0 {
            out.put_u8(b'+');
        }
        put_integer(out, value);
        out.put_u8(b' ');
        out.put_slice(unit.as_bytes());
        if value != 1 {
            out.put_u8(b's');
        }
        (first, after_negative) = (false, value < 0);
    }
    if first || parts.has_time() {
        if !first {
            out.put_u8(b' ');
        }
        if negative_time {
            out.put_u8(b'-');
        } else if after_negative {
            out.put_u8(b'+');
        }
        parts.put_clock(out, true);
    }
}

/// The first part decides whether the whole is `ago`; the others have a sign against it.
fn put_verbose(out: &mut BytesMut, parts: &Parts, negative_time: bool) {
    let (mut first, mut ago) = (true, false);
    out.put_u8(b'@');
    let units = [
        (parts.years, "year"),
        (parts.months, "mon"),
        (parts.days, "day"),
        (parts.hours, "hour"),
        (parts.minutes, "min"),
    ];
    for (value, unit) in units {
        if value == 0 {
            continue;
        }
        if first {
            ago = value < 0;
        }
        let value = if ago { -value } else { value };
        out.put_u8(b' ');
        put_integer(out, value);
        out.put_u8(b' ');
        out.put_slice(unit.as_bytes());
        if value != 1 {
            out.put_u8(b's');
        }
        first = false;
    }
    if parts.seconds != 0 || parts.micros != 0 {
        out.put_u8(b' ');
        if first {
            ago = negative_time;
        } else if negative_time != ago {
            out.put_u8(b'-');
        }
        parts.put_seconds(out);
        let one = parts.seconds.abs() == 1 && parts.micros == 0;
        out.put_slice(if one { b" sec" } else { b" secs" });
        first = false;
    }
    if first {
        out.put_slice(b" 0");
    }
    if ago {
        out.put_slice(b" ago");
    }
}

/// The standard knows one sign and no mixture of months and days; other values get a sign at each part.
fn put_sql_standard(out: &mut BytesMut, parts: &Parts, interval: &Interval) {
    let signs = [i64::from(interval.months), i64::from(interval.days), interval.micros];
    let (negative, positive) = (signs.iter().any(|n| *n < 0), signs.iter().any(|n| *n > 0));
    let months = interval.months != 0;
    let rest = interval.days != 0 || interval.micros != 0;
    let put_year_month = |out: &mut BytesMut| {
        put_unsigned(out, parts.years.unsigned_abs());
        out.put_u8(b'-');
        put_unsigned(out, parts.months.unsigned_abs());
    };
    let sign = |n: i64| if n < 0 { b'-' } else { b'+' };
    if !negative && !positive {
        return out.put_u8(b'0');
    }
    if (negative && positive) || (months && rest) {
        out.put_u8(sign(signs[0]));
        put_year_month(out);
        out.put_slice(&[b' ', sign(signs[1])]);
        put_unsigned(out, parts.days.unsigned_abs());
        out.put_slice(&[b' ', sign(signs[2])]);
        return parts.put_clock(out, false);
    }
    if negative {
        out.put_u8(b'-');
    }
    if months {
        return put_year_month(out);
    }
    if interval.days != 0 {
        put_unsigned(out, parts.days.unsigned_abs());
        out.put_u8(b' ');
    }
    parts.put_clock(out, false);
}

fn put_iso8601(out: &mut BytesMut, parts: &Parts, negative_time: bool) {
    out.put_u8(b'P');
    let mut any = false;
    for (value, letter) in [(parts.years, b'Y'), (parts.months, b'M'), (parts.days, b'D')] {
        any |= put_designated(out, value, letter);
    }
    if parts.has_time() {
        out.put_u8(b'T');
        put_designated(out, parts.hours, b'H');
        put_designated(out, parts.minutes, b'M');
        if parts.seconds != 0 || parts.micros != 0 {
            if negative_time {
                out.put_u8(b'-');
            }
            parts.put_seconds(out);
            out.put_u8(b'S');
        }
    } else if !any {
        out.put_slice(b"T0S");
    }
}

/// A number and its letter, unless it is zero.
fn put_designated(out: &mut BytesMut, value: i64, letter: u8) -> bool {
    if value != 0 {
        put_integer(out, value);
        out.put_u8(letter);
    }
    value != 0
}
