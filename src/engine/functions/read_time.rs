//! Texts to dates and times, in PostgreSQL's ISO forms: `2024-1-5`, `2024/01/05`, `20240105`, `7:30`, `07:30:15.25 PM`,
//! a blank or `T` between date and time, an offset or `Z` behind it.
//!
//! Invariant: a text is read in the way PostgreSQL reads it, or refused. A text that is no date is told apart (22007)
//! from one whose day or hour does not exist (22008).
//!
//! Left out: forms that depend on DateStyle or name months and zones, and words that depend on the time of the statement
//! (`today`): they are refused. A moment without an offset is UTC.

use chrono::{Datelike, NaiveDate};

use super::read::trimmed;
use crate::EngineError;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Days from 0001-01-01 (day 1) to 1970-01-01.
const UNIX_DAY: i32 = 719_163;
/// PostgreSQL's first and last day of `timestamp`.
const FIRST_DAY: i64 = -2_440_588 - 31;
const LAST_DAY: i64 = 106_751_982;

/// Why a part cannot be read; the type is known further up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Form,
    Range,
    Special,
}

type Part<T> = Result<T, Fault>;

impl Fault {
    fn of(self, type_name: &'static str) -> EngineError {
        match self {
            Fault::Form => EngineError::InvalidDatetime(type_name),
            Fault::Range => EngineError::DatetimeRange,
            Fault::Special => EngineError::SpecialValue(type_name),
        }
    }
}

/// Days since 1970-01-01; a time of day behind the date is read and dropped.
pub(super) fn date(text: &str) -> Result<i32, EngineError> {
    let moment = moment(text).map_err(|fault| fault.of("date"))?;
    Ok(moment.days)
}

/// Microseconds since midnight; a date before it and an offset behind it are not.
pub(super) fn time(text: &str) -> Result<i64, EngineError> {
    let text = trimmed(text);
    let (clock, offset) = without_offset(text);
    let read = match offset {
        Some(offset) => offset_micros(offset).and_then(|_| clock_micros(clock)),
        None => clock_micros(clock),
    };
    read.map_err(|fault| fault.of("time"))
}

/// Microseconds since 1970-01-01; an offset counts where the type has a zone, and is dropped where it has none.
pub(super) fn timestamp(text: &str, zoned: bool) -> Result<i64, EngineError> {
    let type_name = if zoned { "timestamp with time zone" } else { "timestamp" };
    let moment = moment(text).map_err(|fault| fault.of(type_name))?;
    let days = i64::from(moment.days);
    if !(FIRST_DAY..=LAST_DAY).contains(&days) {
        return Err(EngineError::DatetimeRange);
    }
    let offset = if zoned { moment.offset.unwrap_or(0) } else { 0 };
    Ok(days * DAY + moment.micros - offset)
}

struct Moment {
    days: i32,
    micros: i64,
    /// Microseconds east of UTC.
    offset: Option<i64>,
}

fn moment(text: &str) -> Part<Moment> {
    let text = trimmed(text);
    special(text)?;
    if text.eq_ignore_ascii_case("epoch") {
        return Ok(Moment { days: 0, micros: 0, offset: Some(0) });
    }
    let (date, rest) = match text.find([' ', 'T', 't']) {
        Some(at) => (&text[..at], trimmed(&text[at + 1..])),
        None => (text, ""),
    };
    let days = date_days(date)?;
    if rest.is_empty() {
        // A `T` is followed by a time.
        return if text.len() == date.len() { Ok(Moment { days, micros: 0, offset: None }) } else { Err(Fault::Form) };
    }
    let (clock, offset) = without_offset(rest);
    let micros = clock_micros(clock)?;
    let offset = offset.map(offset_micros).transpose()?;
    Ok(Moment { days, micros, offset })
}

/// Words that PostgreSQL reads and no value here can be, or that no function without a clock can read.
fn special(text: &str) -> Part<()> {
    const WORDS: [&str; 8] =
        ["infinity", "-infinity", "+infinity", "now", "today", "tomorrow", "yesterday", "allballs"];
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) { Err(Fault::Special) } else { Ok(()) }
}

fn date_days(text: &str) -> Part<i32> {
    let compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month, day) = if compact {
        (&text[..4], &text[4..6], &text[6..])
    } else {
        let separator = if text.contains('/') { '/' } else { '-' };
        let mut parts = text.split(separator);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            // Two digits in front could be a month or a day.
            (Some(year), Some(month), Some(day), None) if year.len() >= 3 => (year, month, day),
            _ => return Err(Fault::Form),
        }
    };
    let (year, month, day) = (number(year, 7)?, number(month, 2)?, number(day, 2)?);
    let year = i32::try_from(year).map_err(|_| Fault::Range)?;
    if year == 0 {
        return Err(Fault::Range);
    }
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or(Fault::Range)?;
    Ok(date.num_days_from_ce() - UNIX_DAY)
}

/// `H:MM[:SS[.f]]`, then perhaps AM or PM.
fn clock_micros(text: &str) -> Part<i64> {
    special(text)?;
    let lower = trimmed(text).to_ascii_lowercase();
    let (clock, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(clock), _) => (trimmed(clock), Some(0)),
        (_, Some(clock)) => (trimmed(clock), Some(12)),
        _ => (lower.as_str(), None),
    };
    let mut parts = clock.split(':');
    let (Some(hour), Some(minute), second, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::Form);
    };
    let (mut hour, minute) = (i64::from(number(hour, 2)?), i64::from(number(minute, 2)?));
    let (second, fraction) = match second {
        Some(second) => second.split_once('.').map_or((second, ""), |(second, fraction)| (second, fraction)),
        None => ("0", ""),
    };
    let second = i64::from(number(second, 2)?);
    let micros = fraction_micros(fraction)?;
    if let Some(half) = half {
        if !(1..=12).contains(&hour) {
            return Err(Fault::Range);
        }
        hour = hour % 12 + half;
    }
    if hour > 24 || minute > 59 || second > 60 {
        return Err(Fault::Range);
    }
    let total = hour * HOUR + minute * MINUTE + second * SECOND + micros;
    if total > DAY { Err(Fault::Range) } else { Ok(total) }
}

/// Digits behind the point, rounded to microseconds.
fn fraction_micros(text: &str) -> Part<i64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Form);
    }
    let mut micros = 0;
    for at in 0..6 {
        micros = micros * 10 + text.as_bytes().get(at).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Ok(micros + i64::from(text.as_bytes().get(6).is_some_and(|digit| *digit >= b'5')))
}

/// A time and what is said of its zone.
fn without_offset(text: &str) -> (&str, Option<&str>) {
    let lower = text.to_ascii_lowercase();
    for name in ["utc", "gmt", "z"] {
        if lower.ends_with(name) {
            let at = text.len() - name.len();
            return (trimmed(&text[..at]), Some(&text[at..]));
        }
    }
    match text.rfind(['+', '-']) {
        Some(at) => (trimmed(&text[..at]), Some(&text[at..])),
        None => (text, None),
    }
}

/// `Z`, `UTC`, `+8`, `+08`, `+0800`, `+08:00`, `+08:00:00`; microseconds east of UTC.
fn offset_micros(text: &str) -> Part<i64> {
    let Some(digits) = text.strip_prefix(['+', '-']) else { return Ok(0) };
    let (hours, minutes, seconds) = match digits.split(':').collect::<Vec<_>>()[..] {
        [hours] if hours.len() == 4 && hours.is_ascii() => (&hours[..2], &hours[2..], "0"),
        [hours] => (hours, "0", "0"),
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return Err(Fault::Form),
    };
    let (hours, minutes, seconds) = (number(hours, 2)?, number(minutes, 2)?, number(seconds, 2)?);
    if hours > 15 || minutes > 59 || seconds > 59 {
        return Err(Fault::Range);
    }
    let east = i64::from(hours) * HOUR + i64::from(minutes) * MINUTE + i64::from(seconds) * SECOND;
    Ok(if text.starts_with('-') { -east } else { east })
}

fn number(text: &str, digits_max: usize) -> Part<u32> {
    let digits = !text.is_empty() && text.len() <= digits_max && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(Fault::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T>(read: Result<T, EngineError>) -> Result<T, String> {
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn dates() {
        for text in ["1970-01-02", " 1970-1-2 ", "1970/1/02", "19700102", "1970-01-02 23:59", "1970-01-02T10:00Z"] {
            assert_eq!(told(date(text)), Ok(1), "{text}");
        }
        assert_eq!(told(date("epoch")), Ok(0));
        assert_eq!(told(date("12024-01-01")).map(|days| days > 3_000_000), Ok(true));
        let form = EngineError::InvalidDatetime("date").to_string();
        for text in ["", "abc", "1970", "1970-01", "01-02-1970", "1970-01-02T", "1970-01-02 x", "张三", "1970-1-2-3"]
        {
            assert_eq!(told(date(text)), Err(form.clone()), "{text}");
        }
        for text in ["1970-13-01", "1970-02-30", "0000-01-01", "1970-01-01 25:00", "9999999-01-01"] {
            assert_eq!(told(date(text)), Err(EngineError::DatetimeRange.to_string()), "{text}");
        }
        for text in ["infinity", "-Infinity", "today", "NOW"] {
            assert_eq!(told(date(text)), Err(EngineError::SpecialValue("date").to_string()), "{text}");
        }
    }

    #[test]
    fn times() {
        let at = |hour: i64, minute: i64, second: i64| Ok(hour * HOUR + minute * MINUTE + second * SECOND);
        assert_eq!(told(time("7:30")), at(7, 30, 0));
        assert_eq!(told(time(" 07:30:15 pm ")), at(19, 30, 15));
        assert_eq!(told(time("12:00 AM")), at(0, 0, 0));
        assert_eq!(told(time("24:00")), at(24, 0, 0));
        assert_eq!(told(time("10:00+08")), at(10, 0, 0));
        assert_eq!(told(time("00:00:00.1234567")), Ok(123_457));
        assert_eq!(told(time("24:00:01")), Err(EngineError::DatetimeRange.to_string()));
        assert_eq!(told(time("10:60")), Err(EngineError::DatetimeRange.to_string()));
        assert_eq!(told(time("ten")), Err(EngineError::InvalidDatetime("time").to_string()));
    }

    #[test]
    fn timestamps() {
        assert_eq!(told(timestamp("1970-01-02 00:00:01.5", false)), Ok(DAY + 1_500_000));
        assert_eq!(told(timestamp("1970-01-02T08:00+08", false)), Ok(DAY + 8 * HOUR));
        for text in ["1970-01-02 08:00+08", "1970-01-02 08:00:00 +0800", "1970-01-01T18:30:00-05:30", "1970-01-02 UTC"]
        {
            let expected = if text.ends_with("UTC") { None } else { Some(DAY) };
            assert_eq!(timestamp(text, true).ok(), expected, "{text}");
        }
        assert_eq!(told(timestamp("1970-01-02 00:00 utc", true)), Ok(DAY));
        assert_eq!(told(timestamp("294277-01-01", false)), Err(EngineError::DatetimeRange.to_string()));
        assert_eq!(told(timestamp("x", true)), Err("invalid input for type timestamp with time zone".into()));
    }
}
