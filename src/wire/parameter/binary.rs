//! Parameters in binary: what PostgreSQL's receive functions take.

use super::{Decoded, array_item, datetime, json, utf8};
use crate::ParameterFault;
use sluice_base::{Datum, Interval, SqlType};

/// Days and microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL begins to count.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const DAY_MICROS: i64 = 86_400_000_000;

const FAULT: ParameterFault = ParameterFault::Binary;

pub(super) fn decode(bytes: &[u8], sql_type: &SqlType) -> Decoded {
    match sql_type {
        SqlType::Bool => fixed(bytes).map(|[b]: [u8; 1]| Datum::Bool(b != 0)),
        SqlType::Int2 => fixed(bytes).map(|b| Datum::Int(i16::from_be_bytes(b).into())),
        SqlType::Int4 => fixed(bytes).map(|b| Datum::Int(i32::from_be_bytes(b).into())),
        SqlType::Int8 => fixed(bytes).map(|b| Datum::Int(i64::from_be_bytes(b))),
        SqlType::Oid | SqlType::Regclass | SqlType::Regtype | SqlType::Regproc | SqlType::Regnamespace => {
            fixed(bytes).map(|b| Datum::Int(u32::from_be_bytes(b).into()))
        }
        SqlType::Float4 => fixed(bytes).map(|b| Datum::Float(f32::from_be_bytes(b).into())),
        SqlType::Float8 => fixed(bytes).map(|b| Datum::Float(f64::from_be_bytes(b))),
        SqlType::Numeric(_) => numeric(bytes).map(Datum::Numeric),
        SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Name | SqlType::Char | SqlType::Unknown => {
            utf8(bytes).map(|text| Datum::Text(text.into()))
        }
        SqlType::Date => fixed(bytes).and_then(date).map(Datum::Date),
        SqlType::Time => fixed(bytes).and_then(time).map(Datum::Time),
        SqlType::Timestamp => fixed(bytes).and_then(timestamp).map(Datum::Timestamp),
        SqlType::Timestamptz => fixed(bytes).and_then(timestamp).map(Datum::Timestamptz),
        SqlType::Interval => fixed(bytes).map(|b| Datum::Interval(interval(b))),
        SqlType::Uuid => fixed(bytes).map(Datum::Uuid),
        SqlType::Bytea => Ok(Datum::Bytes(bytes.to_vec())),
        SqlType::Json => json_text(bytes),
        SqlType::Jsonb => json_text(bytes.strip_prefix(&[1]).ok_or(FAULT)?),
        SqlType::Int2vector => array(bytes, &SqlType::Int2),
        SqlType::Oidvector => array(bytes, &SqlType::Oid),
        SqlType::Array(item) => array(bytes, item),
        SqlType::Void | SqlType::Record => Err(ParameterFault::Unsupported("a parameter")),
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Decoded<[u8; N]> {
    bytes.try_into().map_err(|_| FAULT)
}

fn json_text(bytes: &[u8]) -> Decoded {
    let text = utf8(bytes)?;
    json::check(text).map(|()| Datum::Text(text.into()))
}

fn date(bytes: [u8; 4]) -> Decoded<i32> {
    match i32::from_be_bytes(bytes) {
        i32::MIN | i32::MAX => Err(ParameterFault::Unsupported("infinity")),
        days => {
            days.checked_add(EPOCH_DAYS).filter(|days| datetime::is_date(*days)).ok_or(ParameterFault::DatetimeRange)
        }
    }
}

fn time(bytes: [u8; 8]) -> Decoded<i64> {
    let micros = i64::from_be_bytes(bytes);
    if (0..=DAY_MICROS).contains(&micros) { Ok(micros) } else { Err(ParameterFault::DatetimeRange) }
}

fn timestamp(bytes: [u8; 8]) -> Decoded<i64> {
    match i64::from_be_bytes(bytes) {
        i64::MIN | i64::MAX => Err(ParameterFault::Unsupported("infinity")),
        micros => micros
            .checked_add(EPOCH_MICROS)
            .filter(|micros| datetime::is_timestamp(*micros))
            .ok_or(ParameterFault::DatetimeRange),
    }
}

fn interval(bytes: [u8; 16]) -> Interval {
    let whole = i128::from_be_bytes(bytes);
    Interval { micros: (whole >> 64) as i64, days: (whole >> 32) as i32, months: whole as i32 }
}

/// Groups of four decimal digits: count, weight of the first group, sign, digits behind the point, groups.
fn numeric(bytes: &[u8]) -> Decoded<String> {
    let words: Vec<u16> = bytes.chunks(2).map(|two| fixed(two).map(u16::from_be_bytes)).collect::<Decoded<_>>()?;
    let [count, weight, sign, scale, groups @ ..] = words.as_slice() else { return Err(FAULT) };
    if groups.len() != usize::from(*count) || groups.iter().any(|group| *group > 9_999) || *scale > 16_383 {
        return Err(FAULT);
    }
    let negative = match sign {
        0x0000 => false,
        0x4000 => true,
        0xC000 => return Ok("NaN".into()),
        0xD000 => return Ok("Infinity".into()),
        0xF000 => return Ok("-Infinity".into()),
        _ => return Err(FAULT),
    };
    let weight = i32::from(weight.cast_signed());
    let group = |position: i32| {
        let at = usize::try_from(weight - position).ok();
        at.and_then(|at| groups.get(at)).copied().unwrap_or(0)
    };
    let mut whole = String::new();
    for position in (0..=weight).rev() {
        push_group(&mut whole, group(position));
    }
    let mut fraction = String::new();
    for position in 1..=i32::from(scale.div_ceil(4)) {
        push_group(&mut fraction, group(-position));
    }
    fraction.truncate(usize::from(*scale));
    let whole = whole.trim_start_matches('0');
    let zero = whole.is_empty() && fraction.bytes().all(|b| b == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(format!("{sign}{}{point}{fraction}", if whole.is_empty() { "0" } else { whole }))
}

fn push_group(text: &mut String, group: u16) {
    for unit in [1000, 100, 10, 1] {
        text.push(char::from(b'0' + (group / unit % 10) as u8));
    }
}

/// Dimensions, a flag for NULLs, the items' type, then length and lower bound of the one dimension, and the items.
fn array(bytes: &[u8], item: &SqlType) -> Decoded {
    let mut rest = bytes;
    let (dimensions, _flags, oid) = (word(&mut rest)?, word(&mut rest)?, word(&mut rest)?.cast_unsigned());
    if !array_item(item) || oid != item.oid() {
        return Err(FAULT);
    }
    match dimensions {
        0 if rest.is_empty() => return Ok(Datum::Array(Vec::new())),
        1 => {}
        2..=6 => return Err(ParameterFault::Unsupported("an array of more than one dimension")),
        _ => return Err(FAULT),
    }
    let (length, _lower_bound) = (word(&mut rest)?, word(&mut rest)?);
    let length = usize::try_from(length).map_err(|_| FAULT)?;
    if length > rest.len() / 4 {
        return Err(FAULT);
    }
    let mut items = Vec::with_capacity(length);
    for _ in 0..length {
        let bytes = match word(&mut rest)? {
            -1 => {
                items.push(Datum::Null);
                continue;
            }
            bytes => usize::try_from(bytes).ok().filter(|bytes| *bytes <= rest.len()).ok_or(FAULT)?,
        };
        let (value, after) = rest.split_at(bytes);
        rest = after;
        items.push(decode(value, item)?);
    }
    if rest.is_empty() { Ok(Datum::Array(items)) } else { Err(FAULT) }
}

fn word(rest: &mut &[u8]) -> Decoded<i32> {
    let (word, after) = rest.split_first_chunk::<4>().ok_or(FAULT)?;
    *rest = after;
    Ok(i32::from_be_bytes(*word))
}
