//! Dates and times as text: PostgreSQL's ISO forms.
//!
//! Syntax that is not read is 22007; a field out of range is 22008, as in PostgreSQL.

use super::{Decoded, is_space};
use crate::ParameterFault;
use sluice_base::{Civil, TimeZone};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 4713-11-24 BC, where PostgreSQL's Julian days begin, in days since 1970-01-01.
const FIRST_DAY: i64 = -2_440_588;
/// 5874898-01-01, the first day after PostgreSQL's dates.
const END_DAY: i64 = 2_145_042_906;

const SYNTAX: ParameterFault = ParameterFault::Datetime;
const RANGE: ParameterFault = ParameterFault::DatetimeRange;

/// True for a date that PostgreSQL has.
pub(super) fn is_date(days: i32) -> bool {
    (FIRST_DAY..END_DAY).contains(&i64::from(days))
}

/// True for a timestamp that PostgreSQL has; the upper end is that of microseconds since 1970 in 64 bits.
pub(super) fn is_timestamp(micros: i64) -> bool {
    micros >= FIRST_DAY * DAY
}

pub(super) fn date(text: &str) -> Decoded<i32> {
    let days = moment(text)?.days;
    i32::try_from(days).ok().filter(|days| is_date(*days)).ok_or(RANGE)
}

/// A time alone, or the time of a timestamp. A zone is read and dropped, as PostgreSQL does.
pub(super) fn time(text: &str) -> Decoded<i64> {
    special(text)?;
    let mut cursor = Cursor(text.trim_matches(is_space));
    match clock(&mut cursor, false).and_then(|micros| zone(&mut cursor).map(|_| micros)) {
        Ok(micros) if cursor.0.is_empty() => Ok(micros),
        Err(RANGE) => Err(RANGE),
        _ => moment(text)?.micros.ok_or(SYNTAX),
    }
}

pub(super) fn timestamp(text: &str) -> Decoded<i64> {
    let moment = moment(text)?;
    in_range(i128::from(moment.days) * i128::from(DAY) + i128::from(moment.micros.unwrap_or(0)))
}

pub(super) fn timestamptz(text: &str, session: &TimeZone) -> Decoded<i64> {
    let moment = moment(text)?;
    let local = i128::from(moment.days) * i128::from(DAY) + i128::from(moment.micros.unwrap_or(0));
    let local_seconds = i64::try_from(local.div_euclid(i128::from(SECOND))).map_err(|_| RANGE)?;
    let east = match moment.zone {
        None => session.offset_of_local(local_seconds),
        Some(Zone::Offset(east)) => east,
        Some(Zone::Named(zone)) => zone.offset_of_local(local_seconds),
    };
    in_range(local - i128::from(east) * i128::from(SECOND))
}

fn in_range(micros: i128) -> Decoded<i64> {
    i64::try_from(micros).ok().filter(|micros| is_timestamp(*micros)).ok_or(RANGE)
}

/// Refuses, by name, the words that PostgreSQL reads as a time and that need a clock or are not finite.
fn special(text: &str) -> Decoded<()> {
    match text.trim_matches(is_space).trim_start_matches(['+', '-']).to_ascii_lowercase().as_str() {
        "infinity" => Err(ParameterFault::Unsupported("infinity")),
        "now" | "today" | "tomorrow" | "yesterday" | "epoch" | "allballs" => {
            Err(ParameterFault::Unsupported("a special date word"))
        }
        _ => Ok(()),
    }
}

struct Moment {
    /// Days since 1970-01-01.
    days: i64,
    /// Microseconds since midnight, where a time was given.
    micros: Option<i64>,
    zone: Option<Zone>,
}

enum Zone {
    /// Seconds east of UTC.
    Offset(i32),
    Named(TimeZone),
}

/// `YYYY-MM-DD[( |T)HH:MM[:SS[.ffffff]]][zone][ BC]`
fn moment(text: &str) -> Decoded<Moment> {
    special(text)?;
    let mut text = text.trim_matches(is_space);
    let era = text.len().checked_sub(2).and_then(|at| text.get(at..)).unwrap_or_default();
    let before_christ = era.eq_ignore_ascii_case("bc");
    if before_christ || era.eq_ignore_ascii_case("ad") {
        text = text[..text.len() - 2].trim_end_matches(is_space);
    }
    let mut cursor = Cursor(text);
    let (year, month, day) = calendar(&mut cursor)?;
    let year = match (before_christ, year) {
        (_, 0) => return Err(RANGE),
        (true, year) => 1 - year,
        (false, year) => year,
    };
    let date = Civil { year, month, day };
    if !date.exists() {
        return Err(RANGE);
    }
    let mut moment = Moment { days: date.days(), micros: None, zone: None };
    let compact = cursor.eat('T') || cursor.eat('t');
    cursor.spaces();
    if compact || cursor.0.starts_with(|c: char| c.is_ascii_digit()) {
        moment.micros = Some(clock(&mut cursor, compact)?);
    }
    moment.zone = zone(&mut cursor)?;
    if cursor.0.is_empty() { Ok(moment) } else { Err(SYNTAX) }
}

/// Year, month and day: with `-`, `/` or `.` between them, or eight digits together.
fn calendar(cursor: &mut Cursor<'_>) -> Decoded<(i64, i64, i64)> {
    let year = cursor.digits();
    if year.len() == 8 && !cursor.0.starts_with(['-', '/', '.']) {
        return Ok((small(&year[..4])?, small(&year[4..6])?, small(&year[6..])?));
    }
    // Two digits could be a day or a year of any century: PostgreSQL guesses, we ask for more.
    if year.len() < 3 {
        return Err(SYNTAX);
    }
    let separator = cursor.0.chars().next().filter(|c| matches!(c, '-' | '/' | '.')).ok_or(SYNTAX)?;
    cursor.eat(separator);
    let month = cursor.digits();
    if !cursor.eat(separator) {
        return Err(SYNTAX);
    }
    let day = cursor.digits();
    if month.len() > 2 || day.len() > 2 {
        return Err(SYNTAX);
    }
    Ok((small(year)?, small(month)?, small(day)?))
}

/// `HH:MM[:SS[.ffffff]]` or `HHMMSS`, with AM or PM if wanted; `HHMM` only behind a `T`. Microseconds since midnight.
fn clock(cursor: &mut Cursor<'_>, compact: bool) -> Decoded<i64> {
    let first = cursor.digits();
    let (hour, minute, second) = if cursor.eat(':') {
        let (hour, minute) = (first, cursor.digits());
        (small(hour)?, small(minute)?, if cursor.eat(':') { Some(small(cursor.digits())?) } else { None })
    } else {
        match first.len() {
            6 => (small(&first[..2])?, small(&first[2..4])?, Some(small(&first[4..])?)),
            4 if compact => (small(&first[..2])?, small(&first[2..])?, None),
            2 if compact => (small(first)?, 0, None),
            _ => return Err(SYNTAX),
        }
    };
    let fraction = if second.is_some() && cursor.eat('.') { micros_of_fraction(cursor.digits()) } else { 0 };
    let second = second.unwrap_or(0);
    cursor.spaces();
    let hour = match (cursor.word("am"), cursor.word("pm")) {
        (false, false) => hour,
        (_, _) if hour > 12 => return Err(RANGE),
        (true, _) => hour % 12,
        (false, true) => hour % 12 + 12,
    };
    let midnight = hour == 24 && minute == 0 && second == 0 && fraction == 0;
    if (hour > 23 && !midnight) || minute > 59 || second > 60 {
        return Err(RANGE);
    }
    let micros = (hour * 3600 + minute * 60 + second) * SECOND + fraction;
    if micros > DAY { Err(RANGE) } else { Ok(micros) }
}

/// The fraction of a second in microseconds, rounded as PostgreSQL rounds it: by way of a float, ties to even.
pub(super) fn micros_of_fraction(digits: &str) -> i64 {
    let fraction: f64 = format!("0.{digits}0").parse().unwrap_or_default();
    (fraction * SECOND as f64).round_ties_even() as i64
}

/// `Z`, `UTC`, `±HH[:MM[:SS]]`, `±HHMM`, or the name of a zone; nothing is no zone.
fn zone(cursor: &mut Cursor<'_>) -> Decoded<Option<Zone>> {
    cursor.spaces();
    if cursor.0.is_empty() {
        return Ok(None);
    }
    let sign = match (cursor.eat('+'), cursor.0.starts_with('-')) {
        (true, _) => 1,
        (false, true) => {
            cursor.eat('-');
            -1
        }
        (false, false) => {
            let name = std::mem::take(&mut cursor.0);
            if name.eq_ignore_ascii_case("z") {
                return Ok(Some(Zone::Offset(0)));
            }
            // A number or an offset without a sign is not a zone here, though it is one in `SET timezone`.
            let named = name.starts_with(|c: char| c.is_ascii_alphabetic());
            return named.then(|| TimeZone::parse(name)).flatten().map(Zone::Named).map(Some).ok_or(SYNTAX);
        }
    };
    let first = cursor.digits();
    let (hours, minutes, seconds) = if cursor.eat(':') {
        let minutes = small(cursor.digits())?;
        (small(first)?, minutes, if cursor.eat(':') { small(cursor.digits())? } else { 0 })
    } else {
        match first.len() {
            1 | 2 => (small(first)?, 0, 0),
            4 => (small(&first[..2])?, small(&first[2..])?, 0),
            6 => (small(&first[..2])?, small(&first[2..4])?, small(&first[4..])?),
            _ => return Err(SYNTAX),
        }
    };
    if hours > 15 || minutes > 59 || seconds > 59 {
        return Err(RANGE);
    }
    let east = i32::try_from(hours * 3600 + minutes * 60 + seconds).map_err(|_| RANGE)?;
    Ok(Some(Zone::Offset(sign * east)))
}

/// What is left of the text.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn digits(&mut self) -> &'a str {
        let end = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits
    }

    fn eat(&mut self, c: char) -> bool {
        self.0.strip_prefix(c).is_some_and(|rest| {
            self.0 = rest;
            true
        })
    }

    /// Eats a word in either case.
    fn word(&mut self, word: &str) -> bool {
        let found = self.0.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if found {
            self.0 = &self.0[word.len()..];
        }
        found
    }

    fn spaces(&mut self) {
        self.0 = self.0.trim_start_matches(is_space);
    }
}

/// A field of at most seven digits.
fn small(digits: &str) -> Decoded<i64> {
    match digits.len() {
        0 => Err(SYNTAX),
        1..=7 => digits.parse().map_err(|_| SYNTAX),
        _ => Err(RANGE),
    }
}
