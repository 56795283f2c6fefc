//! Texts to dates and times, in PostgreSQL's ISO forms: `2024-1-5`, `2024/01/05`, `20240105`, `7:30`, `07:30:15.25 PM`,
//! a blank or `T` between date and time, an offset or `Z` behind it, `BC` at the end; and with the name of the month:
//! `5 Jan 2024`, `January 5, 2024`.
//!
//! Invariant: a text is read in the way PostgreSQL reads it, or refused. A text that is no date is told apart (22007)
//! from one whose day or hour does not exist (22008).
//!
//! Left out: forms that depend on DateStyle, names of zones, and words that depend on the time of the statement (`today`, see
//! [`super::words`]): they are refused.

use sluice_base::TimeZone;

use super::calendar::{Civil, DATE_END_DAY, DAY, FIRST_DAY, HOUR, MINUTE, SECOND, TIMESTAMP_END_DAY};
use super::fault::DatetimeFault;
use super::zone;

/// Why a part cannot be read; the type is known further up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Form,
    Range,
    Special,
}

pub(super) type Part<T> = Result<T, Fault>;

impl Fault {
    pub(super) fn of(self, type_name: &'static str) -> DatetimeFault {
        match self {
            Fault::Form => DatetimeFault::Form(type_name),
            Fault::Range => DatetimeFault::Field,
            Fault::Special => DatetimeFault::Special(type_name),
        }
    }
}

/// Days since 1970-01-01; a time of day behind the date is read and dropped.
///
/// # Errors
/// [`DatetimeFault`] where the text is no date.
pub fn read_date(text: &str) -> Result<i32, DatetimeFault> {
    let moment = read(text).map_err(|fault| fault.of("date"))?;
    if !(FIRST_DAY..DATE_END_DAY).contains(&moment.days) {
        return Err(DatetimeFault::Field);
    }
    i32::try_from(moment.days).map_err(|_| DatetimeFault::Field)
}

/// Microseconds since midnight; a date before it and an offset behind it are not.
///
/// # Errors
/// [`DatetimeFault`] where the text is no time.
pub fn read_time(text: &str) -> Result<i64, DatetimeFault> {
    let text = trimmed(text);
    let (clock, offset) = without_offset(text);
    let read = match offset {
        Some(offset) => offset_micros(offset).and_then(|_| clock_micros(clock)),
        None => clock_micros(clock),
    };
    read.map_err(|fault| fault.of("time"))
}

/// Microseconds since 1970-01-01 on the clock that the text tells; an offset is dropped.
///
/// # Errors
/// [`DatetimeFault`] where the text is no timestamp.
pub fn read_timestamp(text: &str) -> Result<i64, DatetimeFault> {
    let moment = read(text).map_err(|fault| fault.of("timestamp"))?;
    in_range(moment.days)?;
    Ok(moment.days * DAY + moment.micros)
}

/// Microseconds since 1970-01-01 UTC; without an offset the text tells the clock of the zone.
///
/// # Errors
/// [`DatetimeFault`] where the text is no timestamp.
pub fn read_timestamptz(text: &str, of: &TimeZone) -> Result<i64, DatetimeFault> {
    let moment = read(text).map_err(|fault| fault.of("timestamp with time zone"))?;
    in_range(moment.days)?;
    let local = moment.days * DAY + moment.micros;
    match moment.offset {
        Some(offset) => Ok(local - offset),
        None => zone::moment(local, of),
    }
}

fn in_range(days: i64) -> Result<(), DatetimeFault> {
    if (FIRST_DAY..TIMESTAMP_END_DAY).contains(&days) { Ok(()) } else { Err(DatetimeFault::Field) }
}

struct Moment {
    days: i64,
    micros: i64,
    /// Microseconds east of UTC.
    offset: Option<i64>,
}

fn read(text: &str) -> Part<Moment> {
    let text = trimmed(text);
    special(text)?;
    if text.eq_ignore_ascii_case("epoch") {
        return Ok(Moment { days: 0, micros: 0, offset: Some(0) });
    }
    let (text, before_christ) = match text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)) {
        Some((rest, era)) if era.eq_ignore_ascii_case(" bc") => (trimmed(rest), true),
        Some((rest, era)) if era.eq_ignore_ascii_case(" ad") => (trimmed(rest), false),
        _ => (text, false),
    };
    let (date, rest) = match with_month_name(text)? {
        Some((date, rest)) => (date, rest),
        None => {
            let (date, rest) = match text.find([' ', 'T', 't']) {
                Some(at) => (&text[..at], trimmed(&text[at + 1..])),
                None => (text, ""),
            };
            let after_t = text[date.len()..].starts_with(['T', 't']) && rest.starts_with(['+', '-']);
            if after_t || (rest.is_empty() && text.len() != date.len()) {
                // A `T` is followed by a time.
                return Err(Fault::Form);
            }
            (civil(date)?, rest)
        }
    };
    let year = if before_christ { 1 - date.year } else { date.year };
    let date = Civil { year, ..date };
    if !date.exists() {
        return Err(Fault::Range);
    }
    let days = date.days();
    if rest.is_empty() {
        return Ok(Moment { days, micros: 0, offset: None });
    }
    let (clock, offset) = without_offset(rest);
    // pgJDBC writes a date with the zone of its clock and no time: `2024-01-04 +01`.
    let micros = if clock.is_empty() { 0 } else { clock_micros(clock)? };
    let offset = offset.map(offset_micros).transpose()?;
    Ok(Moment { days, micros, offset })
}

/// Words that PostgreSQL reads and no value here can be, or that no function without a clock can read.
fn special(text: &str) -> Part<()> {
    const WORDS: [&str; 8] =
        ["infinity", "-infinity", "+infinity", "now", "today", "tomorrow", "yesterday", "allballs"];
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) { Err(Fault::Special) } else { Ok(()) }
}

/// Blanks as C's `isspace` knows them.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}'])
}

pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The number of a month, by its whole name or its first three letters.
pub(super) fn month_number(word: &str) -> Option<i64> {
    let word = word.to_ascii_lowercase();
    let found =
        MONTHS.iter().position(|name| word == *name || word == name[..3] || (word == "sept" && *name == "september"));
    found.map(|at| at as i64 + 1)
}

/// `5 Jan 2024`, `Jan 5, 2024`, `5-Jan-2024`, and what follows; `None` where no month is named.
fn with_month_name(text: &str) -> Part<Option<(Civil, &str)>> {
    let word = |from: usize| text[from..].find(|c: char| !c.is_ascii_alphabetic()).map_or(text.len(), |n| from + n);
    let Some(start) = text.find(|c: char| c.is_ascii_alphabetic()) else { return Ok(None) };
    let end = word(start);
    let Some(month) = month_number(&text[start..end]) else { return Ok(None) };
    let before: Vec<&str> = text[..start].split([' ', '-', ',']).filter(|part| !part.is_empty()).collect();
    let mut rest = &text[end..];
    let mut next = || {
        rest = rest.trim_start_matches([' ', '-', ',']);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = &rest[..end];
        rest = &rest[end..];
        number
    };
    let (day, year) = match before[..] {
        [] => (next(), next()),
        // The day stands in front of the month, or the year does.
        [first] if first.len() <= 2 => (first, next()),
        [first] => (next(), first),
        _ => return Err(Fault::Form),
    };
    if year.len() < 3 || rest.starts_with(|c: char| !c.is_whitespace()) {
        return Err(Fault::Form);
    }
    let (year, day) = (number(year, 7)?, number(day, 2)?);
    Ok(Some((year_of(year, month, day)?, trimmed(rest))))
}

fn year_of(year: u32, month: i64, day: u32) -> Part<Civil> {
    if year == 0 { Err(Fault::Range) } else { Ok(Civil { year: i64::from(year), month, day: i64::from(day) }) }
}

fn civil(text: &str) -> Part<Civil> {
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
    year_of(year, i64::from(month), day)
}

/// `H:MM[:SS[.f]]`, then perhaps AM or PM.
pub(super) fn clock_micros(text: &str) -> Part<i64> {
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
pub(super) fn fraction_micros(text: &str) -> Part<i64> {
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

pub(super) fn number(text: &str, digits_max: usize) -> Part<u32> {
    let digits = !text.is_empty() && text.len() <= digits_max && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(Fault::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for text in [
            "1970-01-02",
            " 1970-1-2 ",
            "1970/1/02",
            "19700102",
            "1970-01-02 23:59",
            "1970-01-02T10:00Z",
            "2 Jan 1970",
            "January 2, 1970",
            "jan 2 1970 10:00",
            "1970-Jan-02",
            "1970-01-02 +01",
            "1970-01-02 -08:00",
            "1970-01-02 UTC",
            "2-jan-1970",
        ] {
            assert_eq!(read_date(text), Ok(1), "{text}");
        }
        assert_eq!(read_date("epoch"), Ok(0));
        assert_eq!(read_date("0001-12-31 BC"), Ok(-719_163));
        assert_eq!(read_date("12024-01-01").map(|days| days > 3_000_000), Ok(true));
        for text in [
            "",
            "abc",
            "1970",
            "1970-01",
            "01-02-1970",
            "1970-01-02T",
            "1970-01-02T+01",
            "1970-01-02 x",
            "张三",
            "1970-1-2-3",
            "jan",
            "2 jan 70x",
        ] {
            assert_eq!(read_date(text), Err(DatetimeFault::Form("date")), "{text}");
        }
        for text in ["1970-13-01", "1970-02-30", "0000-01-01", "1970-01-01 25:00", "9999999-01-01", "30 feb 1970"] {
            assert_eq!(read_date(text), Err(DatetimeFault::Field), "{text}");
        }
        for text in ["infinity", "-Infinity", "today", "NOW"] {
            assert_eq!(read_date(text), Err(DatetimeFault::Special("date")), "{text}");
        }
    }

    #[test]
    fn times() {
        let at = |hour: i64, minute: i64, second: i64| Ok(hour * HOUR + minute * MINUTE + second * SECOND);
        assert_eq!(read_time("7:30"), at(7, 30, 0));
        assert_eq!(read_time(" 07:30:15 pm "), at(19, 30, 15));
        assert_eq!(read_time("12:00 AM"), at(0, 0, 0));
        assert_eq!(read_time("24:00"), at(24, 0, 0));
        assert_eq!(read_time("10:00+08"), at(10, 0, 0));
        assert_eq!(read_time("00:00:00.1234567"), Ok(123_457));
        assert_eq!(read_time("24:00:01"), Err(DatetimeFault::Field));
        assert_eq!(read_time("10:60"), Err(DatetimeFault::Field));
        assert_eq!(read_time("ten"), Err(DatetimeFault::Form("time")));
    }

    #[test]
    fn timestamps() {
        let utc = TimeZone::utc();
        assert_eq!(read_timestamp("1970-01-02 00:00:01.5"), Ok(DAY + 1_500_000));
        assert_eq!(read_timestamp("1970-01-02T08:00+08"), Ok(DAY + 8 * HOUR));
        for text in ["1970-01-02 08:00+08", "1970-01-02 08:00:00 +0800", "1970-01-01T18:30:00-05:30"] {
            assert_eq!(read_timestamptz(text, &utc), Ok(DAY), "{text}");
        }
        assert_eq!(read_timestamptz("1970-01-02 00:00 utc", &utc), Ok(DAY));
        assert_eq!(read_timestamptz("1970-01-02 +01", &utc), Ok(DAY - HOUR));
        let shanghai = TimeZone::parse("Asia/Shanghai").expect("known");
        assert_eq!(read_timestamptz("1970-01-02 08:00", &shanghai), Ok(DAY));
        assert_eq!(read_timestamp("294277-01-01"), Err(DatetimeFault::Field));
        assert_eq!(read_timestamptz("x", &utc), Err(DatetimeFault::Form("timestamp with time zone")));
    }
}
