//! Functions on dates and times.

use chrono::Datelike;

use super::Entry;
use super::Strictness::Strict;
use super::text_at;
use crate::cast::datetime::{
    DAY, civil, days_of, from_local, midnight, offset_at, offset_of_local, session_zone, to_local, zone_named,
};
use crate::decimal::Decimal;
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::value::Value;

fn now(run: &Run, _: &[Value]) -> Result<Value> {
    Ok(Value::Timestamptz(run.context.now_micros))
}

fn local_now(run: &Run) -> Result<i64> {
    Ok(to_local(run.context, run.context.now_micros))
}

fn unit_error() -> SystemError {
    SystemError::Unsupported("this date or time unit".into())
}

/// Microseconds of the local clock, whatever the argument's type.
fn local(run: &Run, value: &Value) -> Result<i64> {
    match value {
        Value::Date(days) => midnight(*days),
        Value::Timestamp(micros) => Ok(*micros),
        Value::Timestamptz(micros) => Ok(to_local(run.context, *micros)),
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
            let cut = truncate(to_local(run.context, *micros), unit)?;
            Ok(Value::Timestamptz(from_local(run.context, cut)))
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
        "epoch" if matches!(value, Value::Date(_)) => Ok((local, 0)),
        "hour" | "minute" | "second" if matches!(value, Value::Date(_)) => {
            Err(SystemError::Unsupported(format!("unit \"{unit}\" for type date")))
        }
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

/// A field of an interval, in millionths and digits: years have 365.25 days in an epoch, months 30.
fn part_of_interval(args: &[Value]) -> Result<(i64, u32)> {
    let Some(Value::Interval(span)) = args.get(1) else {
        return Err(SystemError::Internal("an argument that is no interval"));
    };
    let whole = |number: i64| Ok((number * 1_000_000, 0));
    let (years, months) = (i64::from(span.months / 12), i64::from(span.months % 12));
    match text_at(args, 0).unwrap_or_default().to_ascii_lowercase().as_str() {
        "epoch" => {
            let days = months * 30 + i64::from(span.days);
            let of_years = years.checked_mul(DAY / 4 * 1_461);
            let total = days.checked_mul(DAY).and_then(|days| days.checked_add(of_years?)?.checked_add(span.micros));
            total.map(|total| (total, 6)).ok_or_else(|| SystemError::OutOfRange("interval".into()))
        }
        "year" => whole(years),
        "month" => whole(months),
        "day" => whole(span.days.into()),
        "hour" => whole(span.micros / 3_600_000_000),
        "minute" => whole(span.micros / 60_000_000 % 60),
        "second" => Ok((span.micros % 60_000_000, 6)),
        _ => Err(unit_error()),
    }
}

fn extract_of_interval(_: &Run, args: &[Value]) -> Result<Value> {
    let (millionths, digits) = part_of_interval(args)?;
    let number = Decimal::from_int(millionths).divide(Decimal::from_int(1_000_000))?;
    number.round(digits).map(Value::decimal)
}

fn extract(run: &Run, args: &[Value]) -> Result<Value> {
    let (millionths, digits) = part(run, args)?;
    let number = Decimal::from_int(millionths).divide(Decimal::from_int(1_000_000))?;
    number.round(digits).map(Value::decimal)
}

fn date_part(run: &Run, args: &[Value]) -> Result<Value> {
    part(run, args).map(|(millionths, _)| Value::Float(millionths as f64 / 1e6))
}

/// What `to_char` puts for a letter or more: the patterns that monitoring tools write, longest first.
const PATTERNS: [&str; 12] = ["HH24", "HH12", "YYYY", "MI", "SS", "MS", "US", "MM", "DD", "HH", "TZ", "AM"];

fn to_char(run: &Run, args: &[Value]) -> Result<Value> {
    let micros = local(run, &args[0])?;
    let zone = match args[0] {
        Value::Timestamptz(utc) => session_zone(run.context).abbreviation_at(utc.div_euclid(1_000_000)).into_owned(),
        _ => String::new(),
    };
    let date = i32::try_from(micros.div_euclid(DAY)).ok().and_then(civil);
    let date = date.filter(|date| date.year() > 0).ok_or_else(|| SystemError::OutOfRange("timestamp".into()))?;
    let clock = micros.rem_euclid(DAY);
    let hour = clock / 3_600_000_000;
    let mut rest = text_at(args, 1).unwrap_or_default();
    let mut out = String::with_capacity(rest.len());
    while let Some(first) = rest.chars().next() {
        if let Some((inside, behind)) = rest.strip_prefix('"').and_then(|text| text.split_once('"')) {
            out.push_str(inside);
            rest = behind;
            continue;
        }
        let Some(pattern) = PATTERNS.iter().find(|pattern| rest.starts_with(**pattern)) else {
            if first.is_alphabetic() || matches!(first, '"' | '\\') {
                return Err(SystemError::Unsupported("this template of to_char".into()));
            }
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        rest = &rest[pattern.len()..];
        out.push_str(&match *pattern {
            "YYYY" => format!("{:04}", date.year()),
            "MM" => format!("{:02}", date.month()),
            "DD" => format!("{:02}", date.day()),
            "HH24" => format!("{hour:02}"),
            "HH12" | "HH" => format!("{:02}", (hour + 11) % 12 + 1),
            "MI" => format!("{:02}", clock / 60_000_000 % 60),
            "SS" => format!("{:02}", clock / 1_000_000 % 60),
            "MS" => format!("{:03}", clock / 1_000 % 1_000),
            "US" => format!("{:06}", clock % 1_000_000),
            "AM" => if hour < 12 { "AM" } else { "PM" }.to_string(),
            _ => zone.clone(),
        });
    }
    Ok(out.into())
}

/// `AT TIME ZONE`: a local time becomes a moment, a moment becomes a local time.
fn timezone(_: &Run, args: &[Value]) -> Result<Value> {
    let zone = zone_named(text_at(args, 0).unwrap_or_default())?;
    match args.get(1) {
        Some(Value::Timestamp(micros)) => {
            Ok(Value::Timestamptz(micros.saturating_sub(offset_of_local(&zone, *micros))))
        }
        Some(Value::Timestamptz(micros)) => Ok(Value::Timestamp(micros.saturating_add(offset_at(&zone, *micros)))),
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
    ("extract(text,date) numeric", Strict, extract),
    ("extract(text,timestamp) numeric", Strict, extract),
    ("extract(text,timestamptz) numeric", Strict, extract),
    ("extract(text,interval) numeric", Strict, extract_of_interval),
    ("date_part(text,interval) float8", Strict, |_, args| {
        part_of_interval(args).map(|(millionths, _)| Value::Float(millionths as f64 / 1e6))
    }),
    ("date_part(text,timestamp) float8", Strict, date_part),
    ("date_part(text,timestamptz) float8", Strict, date_part),
    ("to_char(timestamp,text) text", Strict, to_char),
    ("to_char(timestamptz,text) text", Strict, to_char),
    ("timezone(text,timestamp) timestamptz", Strict, timezone),
    ("timezone(text,timestamptz) timestamp", Strict, timezone),
];
