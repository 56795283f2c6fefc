//! Intervals as text: PostgreSQL's own form (`1 year -2 days 03:04:05.6`), verbose with `ago`, `Y-M`, and ISO 8601.
//! Fractions spill into smaller units as in PostgreSQL: months of 30 days, days of 24 hours.

use super::datetime::micros_of_fraction;
use super::{Decoded, is_space};
use crate::ParameterFault;
use sluice_base::Interval;

const SECOND: f64 = 1_000_000.0;
const DAY: f64 = 86_400.0 * SECOND;
const SYNTAX: ParameterFault = ParameterFault::Datetime;
const RANGE: ParameterFault = ParameterFault::DatetimeRange;

pub(super) fn parse(text: &str) -> Decoded<Interval> {
    let text = text.trim_matches(is_space);
    if text.trim_start_matches(['+', '-']).eq_ignore_ascii_case("infinity") {
        return Err(ParameterFault::Unsupported("infinity"));
    }
    let mut sum = Sum::default();
    match text.strip_prefix('P') {
        Some(iso) => iso8601(iso, &mut sum)?,
        None => words(text, &mut sum)?,
    }
    sum.finish()
}

/// The three parts while they are summed: wide enough that adding never overflows.
#[derive(Default)]
struct Sum {
    months: i128,
    days: i128,
    micros: i128,
}

#[derive(Clone, Copy)]
enum Unit {
    Micros(f64),
    Days(f64),
    Months(f64),
}

impl Sum {
    fn add(&mut self, number: Number, unit: Unit) {
        match unit {
            Unit::Micros(size) => {
                self.micros += number.whole * size as i128 + (number.fraction * size).round_ties_even() as i128;
            }
            Unit::Days(size) => {
                self.days += number.whole * size as i128;
                self.add_days(number.fraction * size);
            }
            // A fraction of one month goes on in days; of a year and more it is rounded to months.
            Unit::Months(1.0) => {
                self.months += number.whole;
                self.add_days(number.fraction * 30.0);
            }
            Unit::Months(size) => {
                self.months += number.whole * size as i128 + (number.fraction * size).round_ties_even() as i128;
            }
        }
    }

    fn add_days(&mut self, days: f64) {
        self.days += days.trunc() as i128;
        self.micros += (days.fract() * DAY).round_ties_even() as i128;
    }

    fn finish(self) -> Decoded<Interval> {
        match (i32::try_from(self.months), i32::try_from(self.days), i64::try_from(self.micros)) {
            (Ok(months), Ok(days), Ok(micros)) => Ok(Interval { months, days, micros }),
            _ => Err(RANGE),
        }
    }
}

/// A number with its sign in both parts.
#[derive(Clone, Copy)]
struct Number {
    whole: i128,
    fraction: f64,
}

/// `[±]digits[.digits]` in front, and the rest.
fn number(text: &str) -> Decoded<(Number, &str)> {
    let (sign, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let (whole, mut rest) = digits(unsigned);
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        (fraction, rest) = digits(after);
    }
    if whole.is_empty() && fraction.is_empty() {
        return Err(SYNTAX);
    }
    let whole: i128 = match whole.len() {
        0 => 0,
        1..=19 => whole.parse().map_err(|_| SYNTAX)?,
        _ => return Err(RANGE),
    };
    let fraction: f64 = if fraction.is_empty() { 0.0 } else { format!("0.{fraction}").parse().map_err(|_| SYNTAX)? };
    Ok((Number { whole: whole * sign, fraction: fraction * sign as f64 }, rest))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// `1 year 2 mons 3 days 04:05:06`, `@ 1 day ago`, `1-2`, `90`
fn words(text: &str, sum: &mut Sum) -> Decoded<()> {
    let mut rest = text.strip_prefix('@').unwrap_or(text).trim_start_matches(is_space);
    let mut given = Given(0);
    while !rest.is_empty() {
        if rest.eq_ignore_ascii_case("ago") && given.0 != 0 {
            *sum = Sum { months: -sum.months, days: -sum.days, micros: -sum.micros };
            return Ok(());
        }
        rest = term(rest, sum, &mut given)?.trim_start_matches(is_space);
    }
    // Nothing at all is no interval.
    if given.0 == 0 { Err(SYNTAX) } else { Ok(()) }
}

/// Units that were given: PostgreSQL takes each once.
struct Given(u16);

impl Given {
    fn add(&mut self, bits: u16) -> Decoded<()> {
        let again = self.0 & bits != 0;
        self.0 |= bits;
        if again { Err(SYNTAX) } else { Ok(()) }
    }
}

/// Reads one term: a clock, years and months with a hyphen, or a number with its unit. Gives what follows.
fn term<'a>(rest: &'a str, sum: &mut Sum, given: &mut Given) -> Decoded<&'a str> {
    let token = rest.split(is_space).next().unwrap_or_default();
    if token.contains(':') {
        given.add(SECONDS | MINUTES | HOURS)?;
        sum.micros += clock(token)?;
        return Ok(&rest[token.len()..]);
    }
    let negative = rest.starts_with('-');
    let (amount, after) = number(rest)?;
    if let Some(months) = after.strip_prefix('-') {
        given.add(YEARS | MONTHS)?;
        let (months, after) = digits(months);
        let months: i128 = months.parse().ok().filter(|m| *m < 12).ok_or(SYNTAX)?;
        sum.months += amount.whole * 12 + if negative { -months } else { months };
        return Ok(after);
    }
    let after = after.trim_start_matches(is_space);
    let (name, behind) = after.split_at(after.bytes().take_while(u8::is_ascii_alphabetic).count());
    if name.is_empty() || name.eq_ignore_ascii_case("ago") {
        // A number alone is days before a clock, and seconds at the end.
        let before_clock = after.split(is_space).next().is_some_and(|next| next.contains(':'));
        if !before_clock && !after.is_empty() && name.is_empty() {
            return Err(SYNTAX);
        }
        given.add(if before_clock { DAYS } else { SECONDS })?;
        sum.add(amount, if before_clock { Unit::Days(1.0) } else { Unit::Micros(SECOND) });
        return Ok(after);
    }
    if !behind.is_empty() && !behind.starts_with(is_space) {
        return Err(SYNTAX);
    }
    let (unit, bit) = unit(name).ok_or(SYNTAX)?;
    given.add(bit)?;
    sum.add(amount, unit);
    Ok(behind)
}

const MICROSECONDS: u16 = 1;
const MILLISECONDS: u16 = 1 << 1;
const SECONDS: u16 = 1 << 2;
const MINUTES: u16 = 1 << 3;
const HOURS: u16 = 1 << 4;
const DAYS: u16 = 1 << 5;
const WEEKS: u16 = 1 << 6;
const MONTHS: u16 = 1 << 7;
const YEARS: u16 = 1 << 8;
const DECADES: u16 = 1 << 9;
const CENTURIES: u16 = 1 << 10;
const MILLENNIA: u16 = 1 << 11;

fn unit(name: &str) -> Option<(Unit, u16)> {
    Some(match name.to_ascii_lowercase().as_str() {
        "us" | "usec" | "usecs" | "useconds" | "usecond" | "microsecond" | "microseconds" | "microsecon" => {
            (Unit::Micros(1.0), MICROSECONDS)
        }
        "ms" | "msec" | "msecs" | "mseconds" | "msecond" | "millisecond" | "milliseconds" | "millisecon" => {
            (Unit::Micros(1_000.0), MILLISECONDS)
        }
        "s" | "sec" | "secs" | "second" | "seconds" => (Unit::Micros(SECOND), SECONDS),
        "m" | "min" | "mins" | "minute" | "minutes" => (Unit::Micros(60.0 * SECOND), MINUTES),
        "h" | "hr" | "hrs" | "hour" | "hours" => (Unit::Micros(3600.0 * SECOND), HOURS),
        "d" | "day" | "days" => (Unit::Days(1.0), DAYS),
        "w" | "week" | "weeks" => (Unit::Days(7.0), WEEKS),
        "mon" | "mons" | "month" | "months" => (Unit::Months(1.0), MONTHS),
        "y" | "yr" | "yrs" | "year" | "years" => (Unit::Months(12.0), YEARS),
        "dec" | "decs" | "decade" | "decades" => (Unit::Months(120.0), DECADES),
        "c" | "cent" | "century" | "centuries" => (Unit::Months(1_200.0), CENTURIES),
        "mil" | "mils" | "millennium" | "millennia" => (Unit::Months(12_000.0), MILLENNIA),
        _ => return None,
    })
}

/// `[±]H:MM[:SS[.ffffff]]` in microseconds.
fn clock(token: &str) -> Decoded<i128> {
    let (sign, unsigned) = match token.as_bytes().first() {
        Some(b'-') => (-1, &token[1..]),
        Some(b'+') => (1, &token[1..]),
        _ => (1, token),
    };
    let mut parts = unsigned.split(':');
    let mut part = |most: i128| -> Decoded<Option<i128>> {
        let Some(text) = parts.next() else { return Ok(None) };
        if text.is_empty() || text.len() > 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SYNTAX);
        }
        let value: i128 = text.parse().map_err(|_| SYNTAX)?;
        if value > most { Err(RANGE) } else { Ok(Some(value)) }
    };
    let (hours, minutes) = (part(i128::MAX)?.ok_or(SYNTAX)?, part(59)?.ok_or(SYNTAX)?);
    let Some(seconds) = parts.next() else { return Ok(sign * (hours * 60 + minutes) * 60_000_000) };
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 2 || !digits(whole) || !digits(fraction) || parts.next().is_some() {
        return Err(SYNTAX);
    }
    let whole: i128 = whole.parse().map_err(|_| SYNTAX)?;
    if whole > 60 {
        return Err(RANGE);
    }
    let seconds = (hours * 3600 + minutes * 60 + whole) * 1_000_000 + i128::from(micros_of_fraction(fraction));
    Ok(sign * seconds)
}

/// `[nY][nM][nW][nD][T[nH][nM][nS]]` behind the `P`.
fn iso8601(text: &str, sum: &mut Sum) -> Decoded<()> {
    let mut rest = text;
    let mut in_time = false;
    if rest.is_empty() {
        return Err(SYNTAX);
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            if in_time || after.is_empty() {
                return Err(SYNTAX);
            }
            in_time = true;
            rest = after;
        }
        let (amount, after) = number(rest)?;
        let unit = match (after.as_bytes().first(), in_time) {
            (Some(b'Y'), false) => Unit::Months(12.0),
            (Some(b'M'), false) => Unit::Months(1.0),
            (Some(b'W'), false) => Unit::Days(7.0),
            (Some(b'D'), false) => Unit::Days(1.0),
            (Some(b'H'), true) => Unit::Micros(3600.0 * SECOND),
            (Some(b'M'), true) => Unit::Micros(60.0 * SECOND),
            (Some(b'S'), true) => Unit::Micros(SECOND),
            _ => return Err(SYNTAX),
        };
        sum.add(amount, unit);
        rest = &after[1..];
    }
    Ok(())
}
