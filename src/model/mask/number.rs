//! Masks of numbers and dates, exact: decimals stay decimals, integers integers.

use chrono::Datelike;
use sluice_base::{Datum, SqlType};

use super::{Mask, MaskKeys};
use crate::decimal::{self, Decimal};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Rounding and buckets; NULL where the outcome does not fit the type or the mask is not one for numbers.
pub(super) fn apply(mask: &Mask, value: &Datum, sql_type: &SqlType) -> Datum {
    match (mask, value) {
        (Mask::Round(digits), Datum::Int(raw)) => integer(decimal::round(i128::from(*raw), 0, *digits), sql_type),
        (Mask::Bucket(width), Datum::Int(raw)) => {
            let width = Decimal::parse(width).and_then(|width| width.at_scale(0));
            integer(width.and_then(|width| decimal::bucket(i128::from(*raw), width)), sql_type)
        }
        (Mask::Round(digits), Datum::Numeric(raw)) => match Decimal::parse(raw) {
            Some(raw) => numeric(decimal::round(raw.unscaled, raw.scale, *digits), raw.scale, sql_type),
            None => Datum::Null,
        },
        (Mask::Bucket(width), Datum::Numeric(raw)) => match (Decimal::parse(raw), Decimal::parse(width)) {
            (Some(raw), Some(width)) => {
                let scale = raw.scale.max(width.scale);
                let masked =
                    raw.at_scale(scale).zip(width.at_scale(scale)).and_then(|(raw, width)| decimal::bucket(raw, width));
                numeric(masked, scale, sql_type)
            }
            _ => Datum::Null,
        },
        (Mask::Round(digits), Datum::Float(raw)) => {
            let unit = 10f64.powi(digits.abs());
            finite(if *digits < 0 { (raw / unit).round() * unit } else { (raw * unit).round() / unit })
        }
        (Mask::Bucket(width), Datum::Float(raw)) => match width.parse::<f64>() {
            Ok(width) if width > 0.0 => finite((raw / width).floor() * width),
            _ => Datum::Null,
        },
        _ => Datum::Null,
    }
}

fn integer(masked: Option<i128>, sql_type: &SqlType) -> Datum {
    let (low, high) = match sql_type {
        SqlType::Int2 => (i128::from(i16::MIN), i128::from(i16::MAX)),
        SqlType::Int4 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    match masked {
        Some(masked) if (low..=high).contains(&masked) => i64::try_from(masked).map_or(Datum::Null, Datum::Int),
        _ => Datum::Null,
    }
}

fn numeric(masked: Option<i128>, scale: u32, sql_type: &SqlType) -> Datum {
    let Some(masked) = masked.map(|unscaled| Decimal { unscaled, scale }) else { return Datum::Null };
    if let SqlType::Numeric(Some((precision, places))) = sql_type {
        let whole = masked.precision().saturating_sub(scale);
        let room = i32::from(*precision) - i32::from(*places);
        if masked.unscaled != 0 && i64::from(whole) > i64::from(room) {
            return Datum::Null;
        }
    }
    Datum::Numeric(masked.to_string())
}

fn finite(masked: f64) -> Datum {
    if masked.is_finite() { Datum::Float(masked) } else { Datum::Null }
}

/// `date_trunc` and `shift_days`; a timestamptz is of its day in the bank's zone. A moved time keeps its time of day.
pub(super) fn of_date(mask: &Mask, value: &Datum, keys: &MaskKeys) -> Datum {
    let day = |days: i32| match mask {
        Mask::DateTrunc { unit, .. } => cut_days(days, unit),
        Mask::ShiftDays { key, days: most, .. } => days.checked_add(keys.days(key, days, *most)?),
        _ => None,
    };
    let moment = |micros: i64| {
        let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?;
        let kept = if let Mask::ShiftDays { .. } = mask { micros.rem_euclid(MICROS_PER_DAY) } else { 0 };
        i64::from(day(days)?).checked_mul(MICROS_PER_DAY)?.checked_add(kept)
    };
    let in_zone = |micros: i64| {
        let (Mask::DateTrunc { zone, .. } | Mask::ShiftDays { zone, .. }) = mask else { return None };
        let zone = zone.as_ref()?;
        let seconds = |micros: i64| micros.div_euclid(MICROS_PER_SECOND);
        let offset = |seconds: i32| i64::from(seconds) * MICROS_PER_SECOND;
        let local = moment(micros.checked_add(offset(zone.offset_at(seconds(micros))))?)?;
        local.checked_sub(offset(zone.offset_of_local(seconds(local))))
    };
    match value {
        Datum::Date(days) => day(*days).map_or(Datum::Null, Datum::Date),
        Datum::Timestamp(micros) => moment(*micros).map_or(Datum::Null, Datum::Timestamp),
        Datum::Timestamptz(micros) => in_zone(*micros).map_or(Datum::Null, Datum::Timestamptz),
        _ => Datum::Null,
    }
}

/// Days since 1970-01-01 of the first day of the unit; `None` beyond the calendar.
fn cut_days(days: i32, unit: &str) -> Option<i32> {
    let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let date = epoch.checked_add_signed(chrono::TimeDelta::try_days(i64::from(days))?)?;
    let first = match unit {
        "year" => date.with_ordinal(1)?,
        "quarter" => chrono::NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1)?,
        "month" => date.with_day(1)?,
        "day" => date,
        _ => return None,
    };
    i32::try_from(first.signed_duration_since(epoch).num_days()).ok()
}
