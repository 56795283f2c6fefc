//! Operators on numbers, dates and intervals, under the operators' own names.

use chrono::Datelike;
use sluice_base::{Interval, SqlType};

use super::Entry;
use super::Strictness::Strict;
use crate::cast::datetime::{DAY, civil, days_of, midnight, to_local};
use crate::cast::fit_int;
use crate::decimal::Decimal;
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::value::Value;

fn mismatch() -> SystemError {
    SystemError::Internal("operands of another type")
}

fn ints(args: &[Value]) -> Result<(i64, i64)> {
    match args {
        [Value::Int(a), Value::Int(b)] => Ok((*a, *b)),
        _ => Err(mismatch()),
    }
}

fn floats(args: &[Value]) -> Result<(f64, f64)> {
    match args {
        [a, b] => a.as_float().zip(b.as_float()).ok_or_else(mismatch),
        _ => Err(mismatch()),
    }
}

fn decimals(args: &[Value]) -> Result<(Decimal, Decimal)> {
    match args {
        [a, b] => a.as_decimal().zip(b.as_decimal()).ok_or_else(mismatch),
        _ => Err(mismatch()),
    }
}

fn checked(value: Option<i64>, sql_type: &SqlType) -> Result<Value> {
    fit_int(value.ok_or_else(|| SystemError::OutOfRange(sql_type.sql_name()))?, sql_type)
}

fn float(value: f64, inputs: (f64, f64)) -> Result<Value> {
    if value.is_infinite() && inputs.0.is_finite() && inputs.1.is_finite() {
        return Err(SystemError::Overflow);
    }
    Ok(Value::Float(value))
}

macro_rules! int_operator {
    ($name:ident, $type:expr, $op:ident) => {
        fn $name(_: &Run, args: &[Value]) -> Result<Value> {
            let (a, b) = ints(args)?;
            checked(a.$op(b), &$type)
        }
    };
}

int_operator!(add2, SqlType::Int2, checked_add);
int_operator!(add4, SqlType::Int4, checked_add);
int_operator!(add8, SqlType::Int8, checked_add);
int_operator!(subtract2, SqlType::Int2, checked_sub);
int_operator!(subtract4, SqlType::Int4, checked_sub);
int_operator!(subtract8, SqlType::Int8, checked_sub);
int_operator!(multiply2, SqlType::Int2, checked_mul);
int_operator!(multiply4, SqlType::Int4, checked_mul);
int_operator!(multiply8, SqlType::Int8, checked_mul);

fn divide(args: &[Value], sql_type: &SqlType) -> Result<Value> {
    let (a, b) = ints(args)?;
    if b == 0 {
        return Err(SystemError::DivisionByZero);
    }
    checked(a.checked_div(b), sql_type)
}

fn remainder(_: &Run, args: &[Value]) -> Result<Value> {
    let (a, b) = ints(args)?;
    if b == 0 {
        return Err(SystemError::DivisionByZero);
    }
    Ok(Value::Int(a.checked_rem(b).unwrap_or(0)))
}

fn float_divide(_: &Run, args: &[Value]) -> Result<Value> {
    let (a, b) = floats(args)?;
    if b == 0.0 {
        return Err(SystemError::DivisionByZero);
    }
    float(a / b, (a, b))
}

fn shift(args: &[Value], left: bool) -> Result<Value> {
    let (a, b) = ints(args)?;
    let by = u32::try_from(b.rem_euclid(64)).unwrap_or(0);
    Ok(Value::Int(if left { a.wrapping_shl(by) } else { a.wrapping_shr(by) }))
}

/// Shifts within 32 bits, as PostgreSQL does without a check.
fn shift4(args: &[Value]) -> Result<Value> {
    let (a, b) = ints(args)?;
    let by = u32::try_from(b.rem_euclid(32)).unwrap_or(0);
    Ok(Value::Int(i64::from((a as i32).wrapping_shl(by))))
}

fn negate(args: &[Value], sql_type: &SqlType) -> Result<Value> {
    match args {
        [Value::Int(a)] => checked(a.checked_neg(), sql_type),
        [Value::Float(a)] => Ok(Value::Float(-a)),
        [Value::Numeric(a)] => Ok(Value::decimal(a.negate())),
        [Value::Interval(a)] => Ok(Value::Interval(opposite(a)?)),
        _ => Err(mismatch()),
    }
}

fn out_of_range() -> SystemError {
    SystemError::OutOfRange("interval".into())
}

fn opposite(interval: &Interval) -> Result<Interval> {
    Ok(Interval {
        months: interval.months.checked_neg().ok_or_else(out_of_range)?,
        days: interval.days.checked_neg().ok_or_else(out_of_range)?,
        micros: interval.micros.checked_neg().ok_or_else(out_of_range)?,
    })
}

/// Adds part by part.
pub(crate) fn add_intervals(a: &Interval, b: &Interval) -> Result<Interval> {
    Ok(Interval {
        months: a.months.checked_add(b.months).ok_or_else(out_of_range)?,
        days: a.days.checked_add(b.days).ok_or_else(out_of_range)?,
        micros: a.micros.checked_add(b.micros).ok_or_else(out_of_range)?,
    })
}

/// Adds months, then days, then time, as PostgreSQL does: the day is cut to the month's length.
fn move_by(micros: i64, interval: &Interval) -> Result<i64> {
    let out = || SystemError::OutOfRange("timestamp".into());
    let day = i32::try_from(micros.div_euclid(DAY)).map_err(|_| out())?;
    let date = civil(day).ok_or_else(out)?;
    let months = chrono::Months::new(interval.months.unsigned_abs());
    let moved = if interval.months < 0 { date.checked_sub_months(months) } else { date.checked_add_months(months) };
    let days = i64::from(moved.and_then(days_of).ok_or_else(out)?) + i64::from(interval.days);
    days.checked_mul(DAY)
        .and_then(|m| m.checked_add(micros.rem_euclid(DAY)))
        .and_then(|m| m.checked_add(interval.micros))
        .ok_or_else(out)
}

fn date_plus(args: &[Value], sign: i64) -> Result<Value> {
    match args {
        [Value::Date(day), Value::Int(count)] => {
            i32::try_from(i64::from(*day).saturating_add(sign.saturating_mul(*count)))
                .map(Value::Date)
                .map_err(|_| SystemError::OutOfRange("date".into()))
        }
        _ => Err(mismatch()),
    }
}

fn time_plus(args: &[Value], forward: bool) -> Result<Value> {
    let [moment, Value::Interval(interval)] = args else { return Err(mismatch()) };
    let interval = if forward { *interval } else { opposite(interval)? };
    match moment {
        Value::Date(day) => move_by(midnight(*day)?, &interval).map(Value::Timestamp),
        Value::Timestamp(micros) => move_by(*micros, &interval).map(Value::Timestamp),
        Value::Timestamptz(micros) => move_by(*micros, &interval).map(Value::Timestamptz),
        Value::Time(micros) => Ok(Value::Time(micros.saturating_add(interval.micros % DAY).rem_euclid(DAY))),
        _ => Err(mismatch()),
    }
}

fn time_between(_: &Run, args: &[Value]) -> Result<Value> {
    match args {
        [Value::Timestamp(a), Value::Timestamp(b)] | [Value::Timestamptz(a), Value::Timestamptz(b)] => {
            let micros = a.checked_sub(*b).ok_or_else(out_of_range)?;
            let days = i32::try_from(micros / DAY).map_err(|_| out_of_range())?;
            Ok(Value::Interval(Interval { months: 0, days, micros: micros % DAY }))
        }
        [Value::Date(a), Value::Date(b)] => Ok(Value::Int(i64::from(*a) - i64::from(*b))),
        [Value::Time(a), Value::Time(b)] => Ok(Value::Interval(Interval { months: 0, days: 0, micros: a - b })),
        _ => Err(mismatch()),
    }
}

/// Where the outcome is no real number the other engine says what is wrong.
fn power(base: f64, exponent: f64) -> Result<Value> {
    if (base == 0.0 && exponent < 0.0) || (base < 0.0 && exponent.fract() != 0.0) {
        return Err(SystemError::Unsupported("power of such a number".into()));
    }
    let value = base.powf(exponent);
    if value == 0.0 && base != 0.0 && base.is_finite() && exponent.is_finite() {
        return Err(SystemError::Underflow);
    }
    float(value, (base, exponent))
}

fn absolute(_: &Run, args: &[Value]) -> Result<Value> {
    match args {
        [Value::Int(a)] => a.checked_abs().map(Value::Int).ok_or_else(|| SystemError::OutOfRange("bigint".into())),
        [Value::Float(a)] => Ok(Value::Float(a.abs())),
        [Value::Numeric(a)] => Ok(Value::decimal(if **a < Decimal::from_int(0) { a.negate() } else { **a })),
        _ => Err(mismatch()),
    }
}

fn round(_: &Run, args: &[Value]) -> Result<Value> {
    match args {
        [Value::Numeric(a)] => a.round(0).map(Value::decimal),
        [Value::Numeric(a), Value::Int(scale)] => match u32::try_from(*scale) {
            Ok(scale) => a.round(scale).map(Value::decimal),
            Err(_) => Err(SystemError::Unsupported("rounding to tens".into())),
        },
        [Value::Float(a)] => Ok(Value::Float(a.round_ties_even())),
        _ => Err(mismatch()),
    }
}

fn whole(args: &[Value], by: fn(f64) -> f64, up: bool) -> Result<Value> {
    match args {
        [Value::Float(a)] => Ok(Value::Float(by(*a))),
        [Value::Numeric(a)] => {
            let rounded = a.round(0)?;
            let one = Decimal::from_int(1);
            Ok(Value::decimal(match (up, rounded.cmp(a)) {
                (true, std::cmp::Ordering::Less) => rounded.add(one)?,
                (false, std::cmp::Ordering::Greater) => rounded.subtract(one)?,
                _ => rounded,
            }))
        }
        _ => Err(mismatch()),
    }
}

/// What lies between two local times as a calendar counts it: years and months, days, time.
fn age_between(left: i64, right: i64) -> Result<Value> {
    let out = || SystemError::OutOfRange("interval".into());
    let (late, early) = if left < right { (right, left) } else { (left, right) };
    let date = |micros: i64| i32::try_from(micros.div_euclid(DAY)).ok().and_then(civil).ok_or_else(out);
    let (last, first) = (date(late)?, date(early)?);
    let mut months = (last.year() - first.year()) * 12 + last.month() as i32 - first.month() as i32;
    let mut days = last.day() as i32 - first.day() as i32;
    let mut micros = late.rem_euclid(DAY) - early.rem_euclid(DAY);
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    while days < 0 {
        // The month of the earlier day is the one that was not full.
        days += i32::from(first.num_days_in_month());
        months -= 1;
    }
    let span = Interval { months, days, micros };
    Ok(Value::Interval(if left < right { opposite(&span)? } else { span }))
}

/// `age`: of moments by the session's clock; of one argument, since the midnight of today.
fn age(run: &Run, args: &[Value]) -> Result<Value> {
    let local = |value: &Value| match value {
        Value::Timestamp(micros) => Ok(*micros),
        Value::Timestamptz(micros) => Ok(to_local(run.context, *micros)),
        _ => Err(mismatch()),
    };
    match args {
        [one] => {
            let today = to_local(run.context, run.context.now_micros);
            age_between(today - today.rem_euclid(DAY), local(one)?)
        }
        [left, right] => age_between(local(left)?, local(right)?),
        _ => Err(mismatch()),
    }
}

/// `to_char` of a whole number, by a template of digits and commas.
fn to_char(args: &[Value]) -> Result<Value> {
    let [Value::Int(number), Value::Text(template)] = args else { return Err(mismatch()) };
    let (filled, template) = match template.strip_prefix("FM") {
        Some(rest) => (false, rest),
        None => (true, &**template),
    };
    if template.is_empty() || !template.chars().all(|c| matches!(c, '0' | '9' | ',')) {
        return Err(SystemError::Unsupported("this template of to_char".into()));
    }
    let digits = number.unsigned_abs().to_string();
    let places = template.chars().filter(|c| *c != ',').count();
    let overflow = digits.len() > places;
    let zeros_from = template.chars().filter(|c| *c != ',').position(|c| c == '0').unwrap_or(places);
    let mut digits = digits.chars();
    let blank = places.saturating_sub(digits.as_str().len());
    let (mut blanks, mut out, mut place) = (String::new(), String::new(), 0);
    for c in template.chars() {
        let begun = overflow || place >= blank.min(zeros_from);
        match c {
            ',' if begun && !out.is_empty() => out.push(','),
            ',' => blanks.push(' '),
            _ => {
                match (begun, place >= blank) {
                    _ if overflow => out.push('#'),
                    (_, true) => out.extend(digits.next()),
                    (true, false) => out.push('0'),
                    (false, false) => blanks.push(' '),
                }
                place += 1;
            }
        }
    }
    let sign = if *number < 0 { "-" } else { " " };
    Ok(if filled { format!("{blanks}{sign}{out}") } else { format!("{}{out}", sign.trim_start()) }.into())
}

pub(super) static TABLE: &[Entry] = &[
    ("age(timestamptz) interval", Strict, age),
    ("age(timestamptz,timestamptz) interval", Strict, age),
    ("age(timestamp) interval", Strict, age),
    ("age(timestamp,timestamp) interval", Strict, age),
    ("to_char(int4,text) text", Strict, |_, args| to_char(args)),
    ("to_char(int8,text) text", Strict, |_, args| to_char(args)),
    ("power(float8,float8) float8", Strict, |_, args| floats(args).and_then(|(a, b)| power(a, b))),
    ("pow(float8,float8) float8", Strict, |_, args| floats(args).and_then(|(a, b)| power(a, b))),
    ("+(int2,int2) int2", Strict, add2),
    ("+(int4,int4) int4", Strict, add4),
    ("+(int8,int8) int8", Strict, add8),
    ("+(float8,float8) float8", Strict, |_, args| floats(args).and_then(|(a, b)| float(a + b, (a, b)))),
    ("+(numeric,numeric) numeric", Strict, |_, args| decimals(args).and_then(|(a, b)| a.add(b)).map(Value::decimal)),
    ("+(date,int4) date", Strict, |_, args| date_plus(args, 1)),
    ("+(int4,date) date", Strict, |_, args| match args {
        [count, day] => date_plus(&[day.clone(), count.clone()], 1),
        _ => Err(mismatch()),
    }),
    ("+(date,interval) timestamp", Strict, |_, args| time_plus(args, true)),
    ("+(timestamp,interval) timestamp", Strict, |_, args| time_plus(args, true)),
    ("+(timestamptz,interval) timestamptz", Strict, |_, args| time_plus(args, true)),
    ("+(time,interval) time", Strict, |_, args| time_plus(args, true)),
    ("+(interval,interval) interval", Strict, |_, args| match args {
        [Value::Interval(a), Value::Interval(b)] => add_intervals(a, b).map(Value::Interval),
        _ => Err(mismatch()),
    }),
    ("-(int2,int2) int2", Strict, subtract2),
    ("-(int4,int4) int4", Strict, subtract4),
    ("-(int8,int8) int8", Strict, subtract8),
    ("-(float8,float8) float8", Strict, |_, args| floats(args).and_then(|(a, b)| float(a - b, (a, b)))),
    ("-(numeric,numeric) numeric", Strict, |_, args| {
        decimals(args).and_then(|(a, b)| a.subtract(b)).map(Value::decimal)
    }),
    ("-(date,int4) date", Strict, |_, args| date_plus(args, -1)),
    ("-(date,date) int4", Strict, time_between),
    ("-(timestamp,timestamp) interval", Strict, time_between),
    ("-(timestamptz,timestamptz) interval", Strict, time_between),
    ("-(time,time) interval", Strict, time_between),
    ("-(date,interval) timestamp", Strict, |_, args| time_plus(args, false)),
    ("-(timestamp,interval) timestamp", Strict, |_, args| time_plus(args, false)),
    ("-(timestamptz,interval) timestamptz", Strict, |_, args| time_plus(args, false)),
    ("-(interval,interval) interval", Strict, |_, args| match args {
        [Value::Interval(a), Value::Interval(b)] => add_intervals(a, &opposite(b)?).map(Value::Interval),
        _ => Err(mismatch()),
    }),
    ("*(int2,int2) int2", Strict, multiply2),
    ("*(int4,int4) int4", Strict, multiply4),
    ("*(int8,int8) int8", Strict, multiply8),
    ("*(float8,float8) float8", Strict, |_, args| floats(args).and_then(|(a, b)| float(a * b, (a, b)))),
    ("*(numeric,numeric) numeric", Strict, |_, args| {
        decimals(args).and_then(|(a, b)| a.multiply(b)).map(Value::decimal)
    }),
    ("/(int2,int2) int2", Strict, |_, args| divide(args, &SqlType::Int2)),
    ("/(int4,int4) int4", Strict, |_, args| divide(args, &SqlType::Int4)),
    ("/(int8,int8) int8", Strict, |_, args| divide(args, &SqlType::Int8)),
    ("/(float8,float8) float8", Strict, float_divide),
    ("/(numeric,numeric) numeric", Strict, |_, args| decimals(args).and_then(|(a, b)| a.divide(b)).map(Value::decimal)),
    ("%(int2,int2) int2", Strict, remainder),
    ("%(int4,int4) int4", Strict, remainder),
    ("%(int8,int8) int8", Strict, remainder),
    ("%(numeric,numeric) numeric", Strict, |_, args| {
        decimals(args).and_then(|(a, b)| a.remainder(b)).map(Value::decimal)
    }),
    ("mod(int2,int2) int2", Strict, remainder),
    ("mod(int4,int4) int4", Strict, remainder),
    ("mod(int8,int8) int8", Strict, remainder),
    ("&(int2,int2) int2", Strict, |_, args| ints(args).map(|(a, b)| Value::Int(a & b))),
    ("&(int4,int4) int4", Strict, |_, args| ints(args).map(|(a, b)| Value::Int(a & b))),
    ("&(int8,int8) int8", Strict, |_, args| ints(args).map(|(a, b)| Value::Int(a & b))),
    ("|(int2,int2) int2", Strict, |_, args| ints(args).map(|(a, b)| Value::Int(a | b))),
    ("|(int4,int4) int4", Strict, |_, args| ints(args).map(|(a, b)| Value::Int(a | b))),
    ("|(int8,int8) int8", Strict, |_, args| ints(args).map(|(a, b)| Value::Int(a | b))),
    ("#(int4,int4) int4", Strict, |_, args| ints(args).map(|(a, b)| Value::Int(a ^ b))),
    ("#(int8,int8) int8", Strict, |_, args| ints(args).map(|(a, b)| Value::Int(a ^ b))),
    ("<<(int4,int4) int4", Strict, |_, args| shift4(args)),
    ("<<(int8,int4) int8", Strict, |_, args| shift(args, true)),
    (">>(int4,int4) int4", Strict, |_, args| shift(args, false)),
    (">>(int8,int4) int8", Strict, |_, args| shift(args, false)),
    ("neg(int2) int2", Strict, |_, args| negate(args, &SqlType::Int2)),
    ("neg(int4) int4", Strict, |_, args| negate(args, &SqlType::Int4)),
    ("neg(int8) int8", Strict, |_, args| negate(args, &SqlType::Int8)),
    ("neg(float8) float8", Strict, |_, args| negate(args, &SqlType::Float8)),
    ("neg(numeric) numeric", Strict, |_, args| negate(args, &SqlType::Numeric(None))),
    ("neg(interval) interval", Strict, |_, args| negate(args, &SqlType::Interval)),
    ("abs(int2) int2", Strict, absolute),
    ("abs(int4) int4", Strict, absolute),
    ("abs(int8) int8", Strict, absolute),
    ("abs(float8) float8", Strict, absolute),
    ("abs(numeric) numeric", Strict, absolute),
    ("round(numeric) numeric", Strict, round),
    ("round(numeric,int4) numeric", Strict, round),
    ("round(float8) float8", Strict, round),
    ("ceil(float8) float8", Strict, |_, args| whole(args, f64::ceil, true)),
    ("ceil(numeric) numeric", Strict, |_, args| whole(args, f64::ceil, true)),
    ("ceiling(float8) float8", Strict, |_, args| whole(args, f64::ceil, true)),
    ("ceiling(numeric) numeric", Strict, |_, args| whole(args, f64::ceil, true)),
    ("floor(float8) float8", Strict, |_, args| whole(args, f64::floor, false)),
    ("floor(numeric) numeric", Strict, |_, args| whole(args, f64::floor, false)),
];
