//! Functions on dates and times.

use chrono::Datelike;

use super::Entry;
use super::Strictness::Strict;
use super::text_at;
use crate::cast::datetime::{DAY, civil, days_of, midnight, session_offset, zone_offset};
use crate::decimal::Decimal;
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::value::Value;

fn now(run: &Run, _: &[Value]) -> Result<Value> {
    Ok(Value::Timestamptz(run.context.now_micros))
}

fn local_now(run: &Run) -> Result<i64> {
    Ok(run.context.now_micros + session_offset(run.context)?)
}

fn unit_error() -> SystemError {
    SystemError::Unsupported("this date or time unit".into())
}

/// Microseconds of the local clock, whatever the argument's type.
fn local(run: &Run, value: &Value) -> Result<i64> {
    match value {
        Value::Date(days) => midnight(*days),
        Value::Timestamp(micros) => Ok(*micros),
        Value::Timestamptz(micros) => Ok(micros.saturating_add(session_offset(run.context)?)),
        _ => Err(SystemError::Internal("an argument that is no time")),
    }
}

fn truncate(micros: i64, unit: &str) -> Result<i64> {
    let out = || SystemError::OutOfRange("timestamp".into());
    let fixed = |length: i64| Ok(micros.saturating_sub(micros.rem_euclid(length)));
    let unit = unit.to_ascii_lowercase();
    match unit.trim_end_matches('s') {
        "microsecond" => return Ok(micros),
        "millisecond" => return fixed(1_000),
        "second" => return fixed(1_000_000),
        "minute" => return fixed(60_000_000),
        "hour" => return fixed(3_600_000_000),
        "day" => return fixed(DAY),
        _ => {}
    }
    let date = i32::try_from(micros.div_euclid(DAY)).ok().and_then(civil).ok_or_else(out)?;
    let first = match unit.trim_end_matches('s') {
        "week" => date.checked_sub_days(chrono::Days::new(date.weekday().num_days_from_monday().into())),
        "month" => date.with_day(1),
        "quarter" => date.with_day(1).and_then(|d| d.with_month((date.month0() / 3) * 3 + 1)),
        "year" => date.with_day(1).and_then(|d| d.with_month(1)),
        _ => return Err(unit_error()),
    };
    Ok(i64::from(first.and_then(days_of).ok_or_else(out)?) * DAY)
}

fn date_trunc(run: &Run, args: &[Value]) -> Result<Value> {
    let unit = text_at(args, 0).unwrap_or_default();
    match args.get(1) {
        Some(Value::Timestamp(micros)) => truncate(*micros, unit).map(Value::Timestamp),
        Some(Value::Timestamptz(micros)) => {
            let offset = session_offset(run.context)?;
            truncate(micros.saturating_add(offset), unit).map(|cut| Value::Timestamptz(cut.saturating_sub(offset)))
        }
        _ => Err(SystemError::Internal("an argument that is no time")),
    }
}

/// A part of a time in millionths, with the number of decimal digits PostgreSQL shows.
fn part(run: &Run, args: &[Value]) -> Result<(i64, u32)> {
    let unit = text_at(args, 0).unwrap_or_default().to_ascii_lowercase();
    let value = args.get(1).ok_or_else(unit_error)?;
    let local = local(run, value)?;
    let clock = local.rem_euclid(DAY);
    let date = i32::try_from(local.div_euclid(DAY)).ok().and_then(civil).ok_or_else(unit_error)?;
    let whole = |number: i64| Ok((number * 1_000_000, 0));
    match unit.as_str() {
        "epoch" => Ok((if let Value::Timestamptz(micros) = value { *micros } else { local }, 6)),
        "year" => whole(date.year().into()),
        "quarter" => whole(i64::from(date.month0() / 3 + 1)),
        "month" => whole(date.month().into()),
        "week" => whole(date.iso_week().week().into()),
        "isoyear" => whole(date.iso_week().year().into()),
        "day" => whole(date.day().into()),
        "dow" => whole(date.weekday().num_days_from_sunday().into()),
        "isodow" => whole(date.weekday().number_from_monday().into()),
        "doy" => whole(date.ordinal().into()),
        "hour" => whole(clock / 3_600_000_000),
        "minute" => whole(clock % 3_600_000_000 / 60_000_000),
        "second" => Ok((clock % 60_000_000, 6)),
        _ => Err(unit_error()),
    }
}

fn extract(run: &Run, args: &[Value]) -> Result<Value> {
    let (millionths, digits) = part(run, args)?;
    let number = Decimal::from_int(millionths).divide(Decimal::from_int(1_000_000))?;
    number.round(digits).map(Value::decimal)
}

fn date_part(run: &Run, args: &[Value]) -> Result<Value> {
    part(run, args).map(|(millionths, _)| Value::Float(millionths as f64 / 1e6))
}

/// `AT TIME ZONE`: a local time becomes a moment, a moment becomes a local time.
fn timezone(_: &Run, args: &[Value]) -> Result<Value> {
    let offset = zone_offset(text_at(args, 0).unwrap_or_default())?;
    match args.get(1) {
        Some(Value::Timestamp(micros)) => Ok(Value::Timestamptz(micros.saturating_sub(offset))),
        Some(Value::Timestamptz(micros)) => Ok(Value::Timestamp(micros.saturating_add(offset))),
        _ => Err(SystemError::Internal("an argument that is no time")),
    }
}

pub(super) static TABLE: &[Entry] = &[
    ("now() timestamptz", Strict, now),
    ("current_timestamp() timestamptz", Strict, now),
    ("transaction_timestamp() timestamptz", Strict, now),
    ("statement_timestamp() timestamptz", Strict, now),
    ("clock_timestamp() timestamptz", Strict, now),
    ("localtimestamp() timestamp", Strict, |run, _| local_now(run).map(Value::Timestamp)),
    ("localtime() time", Strict, |run, _| local_now(run).map(|micros| Value::Time(micros.rem_euclid(DAY)))),
    ("current_date() date", Strict, |run, _| crate::cast::datetime::day_of(local_now(run)?).map(Value::Date)),
    ("date_trunc(text,timestamp) timestamp", Strict, date_trunc),
    ("date_trunc(text,timestamptz) timestamptz", Strict, date_trunc),
    ("extract(text,timestamp) numeric", Strict, extract),
    ("extract(text,timestamptz) numeric", Strict, extract),
    ("date_part(text,timestamp) float8", Strict, date_part),
    ("date_part(text,timestamptz) float8", Strict, date_part),
    ("timezone(text,timestamp) timestamptz", Strict, timezone),
    ("timezone(text,timestamptz) timestamp", Strict, timezone),
];
