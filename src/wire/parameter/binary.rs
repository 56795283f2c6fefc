//! Parameters in binary: what PostgreSQL's receive functions take.
//!
//! Each reads what it needs, in PostgreSQL's order: the code tells bytes that are missing from bytes that are left over.

use super::{Decoded, array, datetime, json, utf8};
use crate::ParameterFault;
use sluice_base::{Datum, Interval, SqlType};

/// Days and microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL begins to count.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const DAY_MICROS: i64 = 86_400_000_000;
/// Bytes of a `name` that PostgreSQL refuses; it cuts longer text, but not longer binary.
const NAME_BYTES: usize = 64;

const FAULT: ParameterFault = ParameterFault::Binary;

/// The bytes of a value that are not read yet.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next bytes of a known number.
    fn take<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(ParameterFault::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// The next bytes of a number that the value itself gives; `None` where there are fewer.
    pub(super) fn take_slice(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn word(&mut self) -> Decoded<i32> {
        self.take().map(i32::from_be_bytes)
    }

    fn half(&mut self) -> Decoded<u16> {
        self.take().map(u16::from_be_bytes)
    }

    fn all(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Number of bytes.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }
}

/// Decodes a whole value.
pub(super) fn decode(bytes: &[u8], sql_type: &SqlType) -> Decoded {
    let mut reader = Reader(bytes);
    let value = read(&mut reader, sql_type)?;
    if reader.left() == 0 { Ok(value) } else { Err(FAULT) }
}

fn read(reader: &mut Reader<'_>, sql_type: &SqlType) -> Decoded {
    Ok(match sql_type {
        SqlType::Bool => {
            let [byte] = reader.take()?;
            Datum::Bool(byte != 0)
        }
        SqlType::Int2 => Datum::Int(reader.take().map(i16::from_be_bytes)?.into()),
        SqlType::Int4 => Datum::Int(reader.word()?.into()),
        SqlType::Int8 => Datum::Int(reader.take().map(i64::from_be_bytes)?),
        SqlType::Oid
        | SqlType::Xid
        | SqlType::Regclass
        | SqlType::Regtype
        | SqlType::Regproc
        | SqlType::Regnamespace
        | SqlType::Regprocedure
        | SqlType::Regoper
        | SqlType::Regoperator
        | SqlType::Regrole => Datum::Int(reader.take().map(u32::from_be_bytes)?.into()),
        SqlType::Float4 => Datum::Float(reader.take().map(f32::from_be_bytes)?.into()),
        SqlType::Float8 => Datum::Float(reader.take().map(f64::from_be_bytes)?),
        SqlType::Numeric(_) => Datum::Numeric(numeric(reader)?),
        SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Unknown => {
            Datum::Text(utf8(reader.all())?.into())
        }
        SqlType::Name => Datum::Text(name(reader.all())?.into()),
        SqlType::Char => Datum::Text(char(reader)?),
        SqlType::Date => Datum::Date(date(reader.take()?)?),
        SqlType::Time => Datum::Time(time(reader.take()?)?),
        SqlType::Timestamp => Datum::Timestamp(timestamp(reader.take()?)?),
        SqlType::Timestamptz => Datum::Timestamptz(timestamp(reader.take()?)?),
        SqlType::Interval => Datum::Interval(interval(reader.take()?)),
        SqlType::Uuid => Datum::Uuid(reader.take()?),
        SqlType::Bytea => Datum::Bytes(reader.all().to_vec()),
        SqlType::Json => json_text(reader.all())?,
        SqlType::Jsonb => match reader.take()? {
            [1] => json_text(reader.all())?,
            // PostgreSQL calls that an error of its own, XX000.
            _ => return Err(FAULT),
        },
        SqlType::Int2vector => array::vector_of_binary(reader, &SqlType::Int2)?,
        SqlType::Oidvector => array::vector_of_binary(reader, &SqlType::Oid)?,
        SqlType::Array(item) => array::of_binary(reader, item)?,
        SqlType::Void | SqlType::Record | SqlType::Aclitem | SqlType::NodeTree | SqlType::Anyarray => {
            return Err(ParameterFault::Unsupported("a parameter"));
        }
    })
}

fn name(bytes: &[u8]) -> Decoded<&str> {
    let text = utf8(bytes)?;
    if text.len() < NAME_BYTES { Ok(text) } else { Err(ParameterFault::NameTooLong) }
}

/// One byte, and zero is the empty text. PostgreSQL takes any byte; one that is no character is refused here.
fn char(reader: &mut Reader<'_>) -> Decoded<String> {
    match reader.take()? {
        [0] => Ok(String::new()),
        [0x80..=0xff] if reader.left() == 0 => Err(ParameterFault::Encoding),
        [byte] => Ok(char::from(byte).into()),
    }
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
fn numeric(reader: &mut Reader<'_>) -> Decoded<String> {
    let (count, weight) = (reader.half()?, reader.half()?);
    let (negative, special) = match reader.half()? {
        0x0000 => (false, None),
        0x4000 => (true, None),
        0xC000 => (false, Some("NaN")),
        0xD000 => (false, Some("Infinity")),
        0xF000 => (false, Some("-Infinity")),
        _ => return Err(FAULT),
    };
    let scale = reader.half()?;
    if scale > 16_383 {
        return Err(FAULT);
    }
    let mut groups = Vec::new();
    for _ in 0..count {
        groups.push(reader.half().and_then(|group| if group > 9_999 { Err(FAULT) } else { Ok(group) })?);
    }
    if let Some(special) = special {
        return Ok(special.into());
    }
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
    fraction.truncate(usize::from(scale));
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
