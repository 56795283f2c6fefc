//! Texts to intervals: `1 year 2 months 3 days 04:05:06.7`, `90 minutes`, `1:30`, `1-2`, `3 days ago`, `P1Y2DT3H`.
//!
//! Source of the forms: PostgreSQL documentation, "Interval Input", and `DecodeInterval` in `datetime.c`.
//! Left out: restrictions to some fields (`INTERVAL '1' YEAR TO MONTH`).

use sluice_base::Interval;

use super::calendar::{DAY, HOUR, MINUTE, SECOND};
use super::fault::DatetimeFault;
use super::part::Unit;
use super::read::{Fault, Part, trimmed};

/// Reads an interval.
///
/// # Errors
/// [`DatetimeFault`] where the text is none, or past the range.
pub fn read_interval(text: &str) -> Result<Interval, DatetimeFault> {
    parsed(text, None).map_err(told)
}

/// Reads an interval whose last number, if it has no unit of its own, counts this one.
pub(crate) fn read_interval_of(text: &str, unit: &str) -> Result<Interval, DatetimeFault> {
    parsed(text, Unit::of(unit)).map_err(told)
}

fn told(fault: Fault) -> DatetimeFault {
    match fault {
        Fault::Range => DatetimeFault::Range("interval"),
        other => other.of("interval"),
    }
}

/// What has been read so far; wide enough for sums that are checked at the end.
#[derive(Default)]
struct Sum {
    months: i128,
    days: i128,
    micros: i128,
}

impl Sum {
    /// Adds `number` units; a fraction goes on to the smaller ones.
    fn add(&mut self, number: &Number, unit: Unit) -> Part<()> {
        let micros = |length: i64| number.times(length);
        match unit {
            Unit::Microsecond => self.micros += micros(1),
            Unit::Millisecond => self.micros += micros(1_000),
            Unit::Second => self.micros += micros(SECOND),
            Unit::Minute => self.micros += micros(MINUTE),
            Unit::Hour => self.micros += micros(HOUR),
            Unit::Day => self.days(number, 1),
            Unit::Week => self.days(number, 7),
            Unit::Month => {
                self.months += number.whole;
                self.days(&number.rest(), 30);
            }
            Unit::Year => self.months(number, 12),
            Unit::Decade => self.months(number, 120),
            Unit::Century => self.months(number, 1_200),
            Unit::Millennium => self.months(number, 12_000),
            _ => return Err(Fault::Form),
        }
        Ok(())
    }

    fn days(&mut self, number: &Number, length: i64) {
        self.days += number.whole * i128::from(length);
        let rest = number.fraction * length as f64;
        self.days += rest.trunc() as i128;
        self.micros += (rest.fract() * DAY as f64).round_ties_even() as i128;
    }

    /// Fractions of years are rounded to months.
    fn months(&mut self, number: &Number, length: i64) {
        self.months += number.whole * i128::from(length) + (number.fraction * length as f64).round_ties_even() as i128;
    }

    fn interval(&self, ago: bool) -> Part<Interval> {
        let sign = if ago { -1 } else { 1 };
        Ok(Interval {
            months: i32::try_from(self.months * sign).map_err(|_| Fault::Range)?,
            days: i32::try_from(self.days * sign).map_err(|_| Fault::Range)?,
            micros: i64::try_from(self.micros * sign).map_err(|_| Fault::Range)?,
        })
    }
}

/// A number with a fraction of the same sign.
struct Number {
    whole: i128,
    fraction: f64,
}

impl Number {
    fn read(text: &str) -> Part<Number> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let only_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if digits.is_empty() || digits == "." || !only_digits(whole) || !only_digits(fraction) || whole.len() > 18 {
            return Err(if only_digits(whole) && whole.len() > 18 { Fault::Range } else { Fault::Form });
        }
        let value: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| Fault::Range)? };
        let part: f64 =
            if fraction.is_empty() { 0.0 } else { format!("0.{fraction}").parse().map_err(|_| Fault::Form)? };
        Ok(if negative { Number { whole: -value, fraction: -part } } else { Number { whole: value, fraction: part } })
    }

    fn rest(&self) -> Number {
        Number { whole: 0, fraction: self.fraction }
    }

    fn times(&self, length: i64) -> i128 {
        self.whole * i128::from(length) + (self.fraction * length as f64).round_ties_even() as i128
    }
}

fn parsed(text: &str, last: Option<Unit>) -> Part<Interval> {
    let text = trimmed(text);
    if text.eq_ignore_ascii_case("infinity") || text.eq_ignore_ascii_case("-infinity") {
        return Err(Fault::Special);
    }
    if let Some(iso) = text.strip_prefix('P') {
        return iso_form(iso);
    }
    let text = signed(text);
    let words = words(&text)?;
    let (mut words, ago) = match words.split_last() {
        Some((last, rest)) if last.eq_ignore_ascii_case("ago") => (rest.to_vec(), true),
        _ => (words, false),
    };
    if words.first() == Some(&"@") {
        words.remove(0);
    }
    if words.is_empty() {
        return Err(Fault::Form);
    }
    let mut sum = Sum::default();
    let mut at = 0;
    while let Some(word) = words.get(at).copied() {
        at += 1;
        if word.contains(':') {
            sum.micros += clock(word)?;
        } else if let Some((years, months)) = years_and_months(word) {
            let (years, months) = (Number::read(years)?, Number::read(months)?);
            let total = years.whole.abs() * 12 + months.whole;
            sum.months += if word.starts_with('-') { -total } else { total };
        } else {
            let number = Number::read(word)?;
            let unit = match words.get(at).filter(|next| next.starts_with(|c: char| c.is_ascii_alphabetic())) {
                Some(name) => {
                    at += 1;
                    Unit::of(name).ok_or(Fault::Form)?
                }
                // Before a time of day a bare number counts days; at the end, what the type says, or seconds.
                None if words.get(at).is_some_and(|next| next.contains(':')) => Unit::Day,
                None if at == words.len() => last.unwrap_or(Unit::Second),
                None => return Err(Fault::Form),
            };
            sum.add(&number, unit)?;
        }
    }
    sum.interval(ago)
}

/// The text with each sign at its number: `1 month - 1 day` is one less a day.
fn signed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(letter);
        let alone = matches!(letter, '-' | '+') && !out[..out.len() - 1].ends_with(|c: char| c.is_ascii_alphanumeric());
        while alone && letters.next_if(char::is_ascii_whitespace).is_some() {}
    }
    out
}

/// Numbers and names, also where nothing stands between them.
fn words(text: &str) -> Part<Vec<&str>> {
    let mut found = Vec::new();
    for word in text.split([' ', '\t', '\n', '\r', ',']).filter(|word| !word.is_empty()) {
        let name = word.find(|c: char| c.is_ascii_alphabetic());
        match name {
            Some(at) if at > 0 => {
                let (number, rest) = word.split_at(at);
                let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                found.extend([number, &rest[..end]]);
                if end < rest.len() {
                    found.extend(words(&rest[end..])?);
                }
            }
            _ => found.push(word),
        }
        if found.len() > 50 {
            return Err(Fault::Form);
        }
    }
    Ok(found)
}

fn years_and_months(word: &str) -> Option<(&str, &str)> {
    let from = usize::from(word.starts_with(['-', '+']));
    let at = word.get(from..)?.find('-')? + from;
    Some((&word[..at], &word[at + 1..]))
}

/// `[-]H:MM[:SS[.f]]`; hours have no end.
fn clock(word: &str) -> Part<i128> {
    let (negative, word) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let mut parts = word.split(':');
    let (Some(first), Some(second), third, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::Form);
    };
    // `MM:SS.f` where the second part has a fraction.
    let (hours, minutes, seconds) = match third {
        Some(third) => (first, second, third),
        None if second.contains('.') => ("0", first, second),
        None => (first, second, "0"),
    };
    let (hours, minutes, seconds) = (Number::read(hours)?, Number::read(minutes)?, Number::read(seconds)?);
    if minutes.whole >= 60 || seconds.whole > 60 || minutes.whole < 0 || seconds.whole < 0 || hours.whole < 0 {
        return Err(Fault::Range);
    }
    if hours.fraction != 0.0 || minutes.fraction != 0.0 {
        return Err(Fault::Form);
    }
    let total = hours.times(HOUR) + minutes.times(MINUTE) + seconds.times(SECOND);
    Ok(if negative { -total } else { total })
}

/// `P1Y2M3W4DT5H6M7S`, without the P.
fn iso_form(text: &str) -> Part<Interval> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    if date.is_empty() && time.is_none_or(str::is_empty) {
        return Err(Fault::Form);
    }
    let mut sum = Sum::default();
    for (mut rest, of_time) in [(date, false), (time.unwrap_or(""), true)] {
        while !rest.is_empty() {
            let at = rest.find(|c: char| c.is_ascii_alphabetic()).ok_or(Fault::Form)?;
            let unit = match (&rest[at..=at], of_time) {
                ("Y", false) => Unit::Year,
                ("M", false) => Unit::Month,
                ("W", false) => Unit::Week,
                ("D", false) => Unit::Day,
                ("H", true) => Unit::Hour,
                ("M", true) => Unit::Minute,
                ("S", true) => Unit::Second,
                _ => return Err(Fault::Form),
            };
            sum.add(&Number::read(&rest[..at])?, unit)?;
            rest = &rest[at + 1..];
        }
    }
    sum.interval(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let hour = HOUR;
        for (text, months, days, micros) in [
            ("1 year 2 months 3 days 04:05:06.7", 14, 3, 14_706_700_000),
            ("90 minutes", 0, 0, 90 * MINUTE),
            ("-1 day", 0, -1, 0),
            ("1:30", 0, 0, hour + 30 * MINUTE),
            ("1 day 02:00", 0, 1, 2 * hour),
            ("1 02:00", 0, 1, 2 * hour),
            ("3 days ago", 0, -3, 0),
            ("1.5 days", 0, 1, 12 * hour),
            ("1.5 months", 1, 15, 0),
            ("1.5 years", 18, 0, 0),
            ("2 weeks", 0, 14, 0),
            ("1-2", 14, 0, 0),
            ("-1-2", -14, 0, 0),
            ("P1Y2M", 14, 0, 0),
            ("P1DT2H30M", 0, 1, 2 * hour + 30 * MINUTE),
            ("5", 0, 0, 5 * SECOND),
            ("1h 30m", 0, 0, hour + 30 * MINUTE),
            ("@ 1 hour", 0, 0, hour),
            ("0.5 second", 0, 0, 500_000),
            ("1 mon -1 days +00:00:01", 1, -1, SECOND),
            ("1 month - 1 day", 1, -1, 0),
            ("- 2 hours", 0, 0, -2 * hour),
        ] {
            assert_eq!(read_interval(text), Ok(Interval { months, days, micros }), "{text}");
        }
        assert_eq!(read_interval_of("3", "day"), Ok(Interval { months: 0, days: 3, micros: 0 }));
        for text in ["", "abc", "1 fortnight", "1 day day", "P", "1:2:3:4", "1 2 3", "--1 day"] {
            assert_eq!(read_interval(text), Err(DatetimeFault::Form("interval")), "{text}");
        }
        for text in ["99999999999 years", "1:99"] {
            assert_eq!(read_interval(text), Err(DatetimeFault::Range("interval")), "{text}");
        }
    }
}
