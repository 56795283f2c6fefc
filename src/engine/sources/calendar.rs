//! Dates and times in text and in parts, to the numbers Arrow keeps, and back to text for parameters.
//!
//! Invariant: only what has exactly one reading is read: `YYYY-MM-DD`, `HH:MM[:SS[.ffffff]]`, a blank or `T` between
//! them, and for times with a zone `Z` or `+HH:MM`. Digits beyond microseconds must be zeros.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};

use super::ValueProblem;

/// Days from 0001-01-01 (day 1 of `num_days_from_ce`) to 1970-01-01.
const UNIX_DAY: i32 = 719_163;
const DAY_MICROS: i64 = 86_400_000_000;

const BAD: ValueProblem = ValueProblem::Malformed;
const NO_DATE: ValueProblem = ValueProblem::NoSuchDate;
const NO_TIME: ValueProblem = ValueProblem::NoSuchTime;

/// Days since 1970-01-01 of a date of the calendar.
pub(super) fn days(year: i32, month: u32, day: u32) -> Result<i32, ValueProblem> {
    NaiveDate::from_ymd_opt(year, month, day).map(|date| date.num_days_from_ce() - UNIX_DAY).ok_or(NO_DATE)
}

/// Microseconds since midnight.
pub(super) fn micros(hour: u32, minute: u32, second: u32, micro: u32) -> Result<i64, ValueProblem> {
    let whole_day = (hour, minute, second, micro) == (24, 0, 0, 0);
    if !whole_day && (hour > 23 || minute > 59 || second > 59 || micro > 999_999) {
        return Err(NO_TIME);
    }
    Ok((i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second)) * 1_000_000 + i64::from(micro))
}

/// Microseconds since 1970-01-01 00:00:00.
pub(super) fn moment(days: i32, micros: i64) -> Result<i64, ValueProblem> {
    i64::from(days).checked_mul(DAY_MICROS).and_then(|day| day.checked_add(micros)).ok_or(NO_DATE)
}

/// `YYYY-MM-DD`
pub(super) fn date_of_text(text: &str) -> Result<i32, ValueProblem> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return Err(BAD);
    }
    let year = number(&bytes[0..4])?;
    if year == 0 {
        return Err(NO_DATE);
    }
    days(year as i32, number(&bytes[5..7])?, number(&bytes[8..10])?)
}

/// `HH:MM[:SS[.ffffff]]`
pub(super) fn time_of_text(text: &str) -> Result<i64, ValueProblem> {
    let bytes = text.as_bytes();
    if bytes.len() < 5 || bytes[2] != b':' {
        return Err(BAD);
    }
    let (hour, minute) = (number(&bytes[0..2])?, number(&bytes[3..5])?);
    let (second, micro) = match &bytes[5..] {
        [] => (0, 0),
        [b':', rest @ ..] if rest.len() == 2 => (number(rest)?, 0),
        [b':', rest @ ..] if rest.len() > 3 && rest[2] == b'.' => (number(&rest[..2])?, fraction(&rest[3..])?),
        _ => return Err(BAD),
    };
    micros(hour, minute, second, micro)
}

/// A date, then optionally a time of day.
pub(super) fn timestamp_of_text(text: &str) -> Result<i64, ValueProblem> {
    if text.len() == 10 {
        return moment(date_of_text(text)?, 0);
    }
    let (date, time) = split(text)?;
    moment(date_of_text(date)?, time_of_text(time)?)
}

/// As [`timestamp_of_text`], with `Z` or `+HH:MM` at the end; without one it is UTC.
pub(super) fn timestamptz_of_text(text: &str) -> Result<i64, ValueProblem> {
    if text.len() == 10 {
        return moment(date_of_text(text)?, 0);
    }
    let (date, time) = split(text)?;
    let (time, offset) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => match time.rfind(['+', '-']) {
            None => (time, 0),
            Some(at) => {
                let offset = time_of_text(&time[at + 1..])?;
                (&time[..at], if time[at..].starts_with('-') { -offset } else { offset })
            }
        },
    };
    let local = moment(date_of_text(date)?, time_of_text(time)?)?;
    local.checked_sub(offset).ok_or(NO_DATE)
}

/// The 36 characters of a UUID, in either case.
pub(super) fn uuid_of_text(text: &str) -> Result<[u8; 16], ValueProblem> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 || [8, 13, 18, 23].iter().any(|at| bytes[*at] != b'-') {
        return Err(BAD);
    }
    let digits: Vec<u32> = bytes
        .iter()
        .enumerate()
        .filter(|(at, _)| ![8, 13, 18, 23].contains(at))
        .map(|(_, byte)| char::from(*byte).to_digit(16).ok_or(BAD))
        .collect::<Result<_, _>>()?;
    let mut uuid = [0u8; 16];
    for (byte, pair) in uuid.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (pair[0] * 16 + pair[1]) as u8;
    }
    Ok(uuid)
}

/// The 36 characters of a UUID, in lower case.
pub(super) fn uuid_text(uuid: &[u8; 16]) -> String {
    let hex: String = uuid.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[0..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}

/// Year, month and day of a day since 1970-01-01; years 1 to 9999 only, as every source agrees on those.
pub(super) fn date_parts(days: i32) -> Result<(i32, u32, u32), ValueProblem> {
    let date = days.checked_add(UNIX_DAY).and_then(NaiveDate::from_num_days_from_ce_opt).ok_or(NO_DATE)?;
    if !(1..=9999).contains(&date.year()) {
        return Err(NO_DATE);
    }
    Ok((date.year(), date.month(), date.day()))
}

/// `YYYY-MM-DD` of a day since 1970-01-01.
pub(crate) fn date_text(days: i32) -> Result<String, ValueProblem> {
    let (year, month, day) = date_parts(days)?;
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

/// `HH:MM:SS[.ffffff]` of microseconds since midnight.
pub(crate) fn time_text(micros: i64) -> Result<String, ValueProblem> {
    if !(0..=DAY_MICROS).contains(&micros) {
        return Err(NO_TIME);
    }
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    Ok(if fraction == 0 { clock } else { format!("{clock}.{fraction:06}") })
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]` of microseconds since 1970-01-01 00:00:00.
pub(crate) fn timestamp_text(micros: i64) -> Result<String, ValueProblem> {
    let (days, time) = (micros.div_euclid(DAY_MICROS), micros.rem_euclid(DAY_MICROS));
    let days = i32::try_from(days).map_err(|_| NO_DATE)?;
    Ok(format!("{} {}", date_text(days)?, time_text(time)?))
}

/// Date and time of day, split for a binary protocol: year, month, day, hour, minute, second, microsecond.
pub(super) type Parts = (u16, u8, u8, u8, u8, u8, u32);

/// The parts of microseconds since 1970-01-01 00:00:00.
pub(super) fn timestamp_parts(micros: i64) -> Result<Parts, ValueProblem> {
    let moment = DateTime::from_timestamp_micros(micros).ok_or(NO_DATE)?.naive_utc();
    let year = u16::try_from(moment.year()).ok().filter(|year| (1..=9999).contains(year)).ok_or(NO_DATE)?;
    let part = |value: u32| u8::try_from(value).map_err(|_| NO_DATE);
    Ok((
        year,
        part(moment.month())?,
        part(moment.day())?,
        part(moment.hour())?,
        part(moment.minute())?,
        part(moment.second())?,
        moment.nanosecond() / 1_000,
    ))
}

fn split(text: &str) -> Result<(&str, &str), ValueProblem> {
    match (text.get(..10), text.get(10..11), text.get(11..)) {
        (Some(date), Some(" " | "T"), Some(time)) => Ok((date, time)),
        _ => Err(BAD),
    }
}

fn number(digits: &[u8]) -> Result<u32, ValueProblem> {
    digits.iter().try_fold(
        0u32,
        |sum, byte| {
            if byte.is_ascii_digit() { Ok(sum * 10 + u32::from(byte - b'0')) } else { Err(BAD) }
        },
    )
}

fn fraction(digits: &[u8]) -> Result<u32, ValueProblem> {
    let (kept, beyond) = digits.split_at(digits.len().min(6));
    if number(beyond.get(..9.min(beyond.len())).unwrap_or_default())? != 0 || beyond.iter().any(|b| *b != b'0') {
        return Err(ValueProblem::OutOfRange);
    }
    Ok(number(kept)? * 10u32.pow(6 - kept.len() as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_go_to_text_and_back() {
        assert_eq!(date_of_text("1970-01-02"), Ok(1));
        assert_eq!(date_of_text("2024-02-30"), Err(NO_DATE));
        assert_eq!(date_of_text("0000-01-01"), Err(NO_DATE));
        for bad in ["2024-2-3", "20240203", "2024/02/03", "2024-02-03 ", "", "二〇二四-1"] {
            assert_eq!(date_of_text(bad), Err(BAD), "{bad:?}");
        }
        assert_eq!(time_of_text("23:59:59.5"), Ok(86_399_500_000));
        assert_eq!(time_of_text("24:00"), Ok(DAY_MICROS));
        assert_eq!(time_of_text("24:00:01"), Err(NO_TIME));
        assert_eq!(time_of_text("12:34:56.7890120"), Ok(45_296_789_012));
        assert_eq!(time_of_text("12:34:56.7890121"), Err(ValueProblem::OutOfRange));
        assert_eq!(timestamp_of_text("1969-12-31T23:59:59.999999"), Ok(-1));
        assert_eq!(timestamp_text(-1).unwrap(), "1969-12-31 23:59:59.999999");
        assert_eq!(timestamp_parts(-1), Ok((1969, 12, 31, 23, 59, 59, 999_999)));
        assert_eq!(timestamptz_of_text("1970-01-01 08:00:00+08:00"), Ok(0));
        assert_eq!(timestamptz_of_text("1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(timestamptz_of_text("1969-12-31 19:00-05:00"), Ok(0));
        assert_eq!(timestamp_of_text("1970-01-01 00:00:00Z"), Err(BAD));
        for days in [-719_162, -1, 0, 1, 20_000, 2_932_896] {
            assert_eq!(date_of_text(&date_text(days).unwrap()), Ok(days));
        }
        assert_eq!(date_text(-719_163), Err(NO_DATE));
        assert_eq!(date_text(2_932_897), Err(NO_DATE));
        assert_eq!(date_text(i32::MAX), Err(NO_DATE));
        assert_eq!(timestamp_text(i64::MIN), Err(NO_DATE));
    }

    #[test]
    fn uuids() {
        let text = "0192f0c1-7e5a-7abc-8def-0123456789ab";
        let uuid = uuid_of_text(&text.to_uppercase()).unwrap();
        assert_eq!(uuid_text(&uuid), text);
        assert_eq!(uuid_of_text("0192f0c17e5a7abc8def0123456789ab"), Err(BAD));
        assert_eq!(uuid_of_text("0192f0c1-7e5a-7abc-8def-0123456789ag"), Err(BAD));
    }
}
