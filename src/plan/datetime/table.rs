//! The functions: name, arguments, result, and what is done with the values of a row, none of which is NULL.
//!
//! Names that begin with a control character are operators and casts; no client can type them.

use sluice_base::{Interval, TimeZone};

use super::calendar::{Civil, DAY, HOUR, MINUTE, SECOND};
use super::fault::DatetimeFault as Fault;
use super::part::{self, Part, Unit};
use super::value::{Kind, Value};
use super::{EXTRACT, ROUNDED, Session, read, read_span, span, template, write, zone};

pub(super) type Outcome<'a> = Result<Value<'a>, Fault>;

/// One line.
#[derive(Debug)]
pub(super) struct Overload {
    pub(super) name: &'static str,
    pub(super) args: &'static [Kind],
    pub(super) result: Kind,
    pub(super) run: for<'a> fn(&Session, &[Value<'a>]) -> Outcome<'a>,
}

pub(super) const MINUS: &str = "\u{1}minus";
pub(super) const PLUS: &str = "\u{1}plus";
pub(super) const TIMES: &str = "\u{1}times";
pub(super) const OVER: &str = "\u{1}over";
pub(super) const LENGTH: &str = "\u{1}length";
pub(super) const TO_TEXT: &str = "\u{1}to_text";
pub(super) const TO_DATE: &str = "\u{1}to_date";
pub(super) const TO_TIME: &str = "\u{1}to_time";
pub(super) const TO_STAMP: &str = "\u{1}to_timestamp";
pub(super) const TO_MOMENT: &str = "\u{1}to_timestamptz";
pub(super) const TO_SPAN: &str = "\u{1}to_interval";
/// The unit that a number at the end of the text counts stands beside it.
pub(super) const TO_SPAN_OF: &str = "\u{1}to_interval_of";

macro_rules! table {
    ($($name:expr, [$($arg:ident),*] -> $result:ident, $run:expr;)*) => {
        &[$(Overload { name: $name, args: &[$(Kind::$arg),*], result: Kind::$result, run: $run },)*]
    };
}

static TABLE: &[Overload] = table! {
    MINUS, [Stamp, Stamp] -> Span, |_, v| span::between(micros(&v[0])?, micros(&v[1])?).map(Value::Span);
    MINUS, [Moment, Moment] -> Span, |_, v| span::between(micros(&v[0])?, micros(&v[1])?).map(Value::Span);
    MINUS, [Date, Date] -> Int, |_, v| Ok(Value::Int(day(&v[0])? - day(&v[1])?));
    MINUS, [Date, Int] -> Date, |_, v| date_of(day(&v[0])? - int(&v[1])?);
    MINUS, [Stamp, Span] -> Stamp, |_, v| span::later(micros(&v[0])?, span::negated(interval(&v[1])?)?).map(Value::Stamp);
    MINUS, [Moment, Span] -> Moment, |s, v| later(s, micros(&v[0])?, span::negated(interval(&v[1])?)?);
    MINUS, [Date, Span] -> Stamp, |_, v| span::later(midnight(&v[0])?, span::negated(interval(&v[1])?)?).map(Value::Stamp);
    MINUS, [Time, Time] -> Span, |_, v| Ok(Value::Span(of_micros(micros(&v[0])? - micros(&v[1])?)));
    MINUS, [Time, Span] -> Time, |_, v| Ok(Value::Time((micros(&v[0])? - interval(&v[1])?.micros).rem_euclid(DAY)));
    MINUS, [Span, Span] -> Span, |_, v| span::add(interval(&v[0])?, span::negated(interval(&v[1])?)?).map(Value::Span);
    PLUS, [Date, Int] -> Date, |_, v| date_of(day(&v[0])? + int(&v[1])?);
    PLUS, [Date, Time] -> Stamp, |_, v| Ok(Value::Stamp(midnight(&v[0])? + micros(&v[1])?));
    PLUS, [Date, Span] -> Stamp, |_, v| span::later(midnight(&v[0])?, interval(&v[1])?).map(Value::Stamp);
    PLUS, [Stamp, Span] -> Stamp, |_, v| span::later(micros(&v[0])?, interval(&v[1])?).map(Value::Stamp);
    PLUS, [Moment, Span] -> Moment, |s, v| later(s, micros(&v[0])?, interval(&v[1])?);
    PLUS, [Time, Span] -> Time, |_, v| Ok(Value::Time((micros(&v[0])? + interval(&v[1])?.micros).rem_euclid(DAY)));
    PLUS, [Span, Span] -> Span, |_, v| span::add(interval(&v[0])?, interval(&v[1])?).map(Value::Span);
    TIMES, [Span, Float] -> Span, |_, v| span::times(interval(&v[0])?, float(&v[1])?).map(Value::Span);
    OVER, [Span, Float] -> Span, |_, v| span::over(interval(&v[0])?, float(&v[1])?).map(Value::Span);
    LENGTH, [Span] -> Numeric, |_, v| Ok(Value::Decimal(span::length(interval(&v[0])?)));
    TO_TEXT, [Bool] -> Text, |_, v| Ok(Value::Owned(if matches!(v[0], Value::Bool(true)) { "true" } else { "false" }.into()));
    TO_TEXT, [Date] -> Text, |_, v| Ok(Value::Owned(text_of(&v[0], None)?));
    TO_TEXT, [Time] -> Text, |_, v| Ok(Value::Owned(text_of(&v[0], None)?));
    TO_TEXT, [Stamp] -> Text, |_, v| Ok(Value::Owned(text_of(&v[0], None)?));
    TO_TEXT, [Moment] -> Text, |s, v| Ok(Value::Owned(text_of(&v[0], Some(&s.zone))?));
    TO_TEXT, [Span] -> Text, |_, v| Ok(Value::Owned(text_of(&v[0], None)?));
    TO_TEXT, [Float] -> Text, |_, v| Ok(Value::Owned(text_of(&v[0], None)?));
    TO_TEXT, [Real] -> Text, |_, v| Ok(Value::Owned(text_of(&v[0], None)?));
    TO_DATE, [Text] -> Date, |_, v| read::read_date(text(&v[0])?).map(Value::Date);
    TO_DATE, [Stamp] -> Date, |_, v| date_of(micros(&v[0])?.div_euclid(DAY));
    TO_DATE, [Moment] -> Date, |s, v| date_of(zone::local(micros(&v[0])?, &s.zone).div_euclid(DAY));
    TO_TIME, [Text] -> Time, |_, v| read::read_time(text(&v[0])?).map(Value::Time);
    TO_TIME, [Stamp] -> Time, |_, v| Ok(Value::Time(micros(&v[0])?.rem_euclid(DAY)));
    TO_TIME, [Moment] -> Time, |s, v| Ok(Value::Time(zone::local(micros(&v[0])?, &s.zone).rem_euclid(DAY)));
    TO_TIME, [Span] -> Time, |_, v| Ok(Value::Time(interval(&v[0])?.micros.rem_euclid(DAY)));
    TO_STAMP, [Text] -> Stamp, |_, v| read::read_timestamp(text(&v[0])?).map(Value::Stamp);
    TO_STAMP, [Date] -> Stamp, |_, v| midnight(&v[0]).map(Value::Stamp);
    TO_STAMP, [Moment] -> Stamp, |s, v| Ok(Value::Stamp(zone::local(micros(&v[0])?, &s.zone)));
    TO_MOMENT, [Text] -> Moment, |s, v| read::read_timestamptz(text(&v[0])?, &s.zone).map(Value::Moment);
    TO_MOMENT, [Date] -> Moment, |s, v| zone::moment(midnight(&v[0])?, &s.zone).map(Value::Moment);
    TO_MOMENT, [Stamp] -> Moment, |s, v| zone::moment(micros(&v[0])?, &s.zone).map(Value::Moment);
    TO_SPAN, [Text] -> Span, |_, v| read_span::read_interval(text(&v[0])?).map(Value::Span);
    TO_SPAN, [Time] -> Span, |_, v| Ok(Value::Span(of_micros(micros(&v[0])?)));
    TO_SPAN_OF, [Text, Text] -> Span, |_, v| read_span::read_interval_of(text(&v[0])?, text(&v[1])?).map(Value::Span);
    ROUNDED, [Stamp, Int] -> Stamp, |_, v| rounded_stamp(v).map(Value::Stamp);
    ROUNDED, [Moment, Int] -> Moment, |_, v| rounded_stamp(v).map(Value::Moment);
    ROUNDED, [Time, Int] -> Time, |_, v| rounded(micros(&v[0])?, int(&v[1])?).map(Value::Time);
    ROUNDED, [Span, Int] -> Span, |_, v| {
        let whole = interval(&v[0])?;
        Ok(Value::Span(Interval { micros: rounded(whole.micros, int(&v[1])?)?, ..whole }))
    };
    EXTRACT, [Text, Date] -> Numeric, |s, v| part_of(s, v).map(|(part, _)| Value::Decimal(part));
    EXTRACT, [Text, Time] -> Numeric, |s, v| part_of(s, v).map(|(part, _)| Value::Decimal(part));
    EXTRACT, [Text, Stamp] -> Numeric, |s, v| part_of(s, v).map(|(part, _)| Value::Decimal(part));
    EXTRACT, [Text, Moment] -> Numeric, |s, v| part_of(s, v).map(|(part, _)| Value::Decimal(part));
    EXTRACT, [Text, Span] -> Numeric, |s, v| part_of(s, v).map(|(part, _)| Value::Decimal(part));
    "date_part", [Text, Date] -> Float, |s, v| {
        let stamp = [v[0].clone(), Value::Stamp(midnight(&v[1])?)];
        part_of(s, &stamp).map(as_float)
    };
    "date_part", [Text, Time] -> Float, |s, v| part_of(s, v).map(as_float);
    "date_part", [Text, Stamp] -> Float, |s, v| part_of(s, v).map(as_float);
    "date_part", [Text, Moment] -> Float, |s, v| part_of(s, v).map(as_float);
    "date_part", [Text, Span] -> Float, |s, v| part_of(s, v).map(as_float);
    "date_trunc", [Text, Stamp] -> Stamp, |_, v| {
        part::truncated(unit(&v[0], Kind::Stamp)?, micros(&v[1])?, Kind::Stamp.sql()).map(Value::Stamp)
    };
    "date_trunc", [Text, Moment] -> Moment, |s, v| {
        part::truncated_moment(unit(&v[0], Kind::Moment)?, micros(&v[1])?, &s.zone).map(Value::Moment)
    };
    "date_trunc", [Text, Span] -> Span, |_, v| {
        part::truncated_span(unit(&v[0], Kind::Span)?, interval(&v[1])?).map(Value::Span)
    };
    "date_trunc", [Text, Moment, Text] -> Moment, |_, v| {
        let of = zone::named(text(&v[2])?)?;
        part::truncated_moment(unit(&v[0], Kind::Moment)?, micros(&v[1])?, &of).map(Value::Moment)
    };
    "timezone", [Text, Stamp] -> Moment, |_, v| zone::moment(micros(&v[1])?, &zone::named(text(&v[0])?)?).map(Value::Moment);
    "timezone", [Text, Moment] -> Stamp, |_, v| Ok(Value::Stamp(zone::local(micros(&v[1])?, &zone::named(text(&v[0])?)?)));
    "age", [Stamp, Stamp] -> Span, |_, v| span::age(micros(&v[0])?, micros(&v[1])?).map(Value::Span);
    "age", [Moment, Moment] -> Span, |s, v| {
        span::age(zone::local(micros(&v[0])?, &s.zone), zone::local(micros(&v[1])?, &s.zone)).map(Value::Span)
    };
    "justify_days", [Span] -> Span, |_, v| span::justify_days(interval(&v[0])?).map(Value::Span);
    "justify_hours", [Span] -> Span, |_, v| span::justify_hours(interval(&v[0])?).map(Value::Span);
    "justify_interval", [Span] -> Span, |_, v| span::justify(interval(&v[0])?).map(Value::Span);
    "make_date", [Int, Int, Int] -> Date, |_, v| made_date(v);
    "make_time", [Int, Int, Float] -> Time, |_, v| made_time(v).map(Value::Time);
    "make_timestamp", [Int, Int, Int, Int, Int, Float] -> Stamp, |_, v| made_stamp(v).map(Value::Stamp);
    "make_timestamptz", [Int, Int, Int, Int, Int, Float] -> Moment, |s, v| {
        zone::moment(made_stamp(v)?, &s.zone).map(Value::Moment)
    };
    "make_timestamptz", [Int, Int, Int, Int, Int, Float, Text] -> Moment, |_, v| {
        zone::moment(made_stamp(v)?, &zone::named(text(&v[6])?)?).map(Value::Moment)
    };
    "make_interval", [Int, Int, Int, Int, Int, Int, Float] -> Span, |_, v| made_interval(v);
    "to_char", [Stamp, Text] -> Text, |_, v| {
        written(template::Moment::Local { stamp: micros(&v[0])?, zone: None }, text(&v[1])?)
    };
    "to_char", [Moment, Text] -> Text, |s, v| {
        let second = micros(&v[0])?.div_euclid(SECOND);
        let name = s.zone.abbreviation_at(second);
        let stamp = zone::local(micros(&v[0])?, &s.zone);
        written(template::Moment::Local { stamp, zone: Some((s.zone.offset_at(second), &name)) }, text(&v[1])?)
    };
    "to_char", [Span, Text] -> Text, |_, v| written(template::Moment::Span(interval(&v[0])?), text(&v[1])?);
    "to_char", [Time, Text] -> Text, |_, v| {
        written(template::Moment::Span(of_micros(micros(&v[0])?)), text(&v[1])?)
    };
    "to_char", [Int, Text] -> Text, |_, v| number(template::Source::Integer(int(&v[0])?), text(&v[1])?);
    "to_char", [Long, Text] -> Text, |_, v| number(template::Source::Integer(int(&v[0])?), text(&v[1])?);
    "to_char", [Float, Text] -> Text, |_, v| number(template::Source::Float(float(&v[0])?), text(&v[1])?);
    "to_char", [Numeric, Text] -> Text, |_, v| match &v[0] {
        Value::Numeric(figure) => number(template::Source::Numeric(*figure), text(&v[1])?),
        _ => Err(OTHER),
    };
    "to_date", [Text, Text] -> Date, |_, v| date_of(template::read_date(text(&v[0])?, text(&v[1])?)?);
    "to_timestamp", [Text, Text] -> Moment, |s, v| {
        template::read_moment(text(&v[0])?, text(&v[1])?, &s.zone).map(Value::Moment)
    };
    "to_number", [Text, Text] -> Numeric, |_, v| template::read_number(text(&v[0])?, text(&v[1])?).map(Value::Owned);
    "to_timestamp", [Float] -> Moment, |_, v| of_epoch(float(&v[0])?);
    "date_bin", [Span, Stamp, Stamp] -> Stamp, |_, v| binned(v).map(Value::Stamp);
    "date_bin", [Span, Moment, Moment] -> Moment, |_, v| binned(v).map(Value::Moment);
    "chr", [Int] -> Text, |_, v| letter(int(&v[0])?);
    "isfinite", [Date] -> Bool, |_, _| Ok(Value::Bool(true));
    "isfinite", [Stamp] -> Bool, |_, _| Ok(Value::Bool(true));
    "isfinite", [Moment] -> Bool, |_, _| Ok(Value::Bool(true));
    "isfinite", [Span] -> Bool, |_, _| Ok(Value::Bool(true));
};

/// Every line there is: of dates and times, and of what else the engine lacks.
pub(super) fn lines() -> impl Iterator<Item = &'static Overload> {
    [
        TABLE,
        super::letters::TABLE,
        super::identifiers::TABLE,
        super::numbers::TABLE,
        super::degrees::TABLE,
        super::binary::TABLE,
        super::json::TABLE,
        super::jsonb::TABLE,
        super::edits::TABLE,
    ]
    .into_iter()
    .flatten()
}

/// Names that a client can type.
pub(crate) fn names() -> &'static [&'static str] {
    &super::function::TYPED
}

/// 2000-01-01, where PostgreSQL's timestamps begin.
const MILLENNIUM: i64 = 10_957 * DAY;

const OTHER: Fault = Fault::Argument("an argument of another type");

pub(super) fn text<'a>(value: &Value<'a>) -> Result<&'a str, Fault> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(OTHER),
    }
}

pub(super) fn bytes<'a>(value: &Value<'a>) -> Result<&'a [u8], Fault> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        _ => Err(OTHER),
    }
}

pub(super) fn int(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Int(v) => Ok(*v),
        _ => Err(OTHER),
    }
}

pub(super) fn float(value: &Value) -> Result<f64, Fault> {
    match value {
        Value::Float(v) => Ok(*v),
        _ => Err(OTHER),
    }
}

fn day(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Date(days) => Ok(i64::from(*days)),
        _ => Err(OTHER),
    }
}

fn micros(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Time(v) | Value::Stamp(v) | Value::Moment(v) => Ok(*v),
        _ => Err(OTHER),
    }
}

fn interval(value: &Value) -> Result<Interval, Fault> {
    match value {
        Value::Span(span) => Ok(*span),
        _ => Err(OTHER),
    }
}

fn of_micros(micros: i64) -> Interval {
    Interval { months: 0, days: 0, micros }
}

fn date_of(days: i64) -> Outcome<'static> {
    if !(super::calendar::FIRST_DAY..super::calendar::DATE_END_DAY).contains(&days) {
        return Err(Fault::Range("date"));
    }
    i32::try_from(days).map(Value::Date).map_err(|_| Fault::Range("date"))
}

/// The timestamp at which a date begins.
fn midnight(value: &Value) -> Result<i64, Fault> {
    let days = day(value)?;
    if days >= super::calendar::TIMESTAMP_END_DAY { Err(Fault::Range("date")) } else { Ok(days * DAY) }
}

/// Months and days are those of the session's clock; time is time.
fn later(session: &Session, utc: i64, by: Interval) -> Outcome<'static> {
    let mut utc = utc;
    if by.months != 0 || by.days != 0 {
        utc = zone::moment(span::later_by_days(zone::local(utc, &session.zone), by)?, &session.zone)?;
    }
    let utc = utc.checked_add(by.micros).ok_or(Fault::Range("timestamp"))?;
    span::in_range(utc).map(Value::Moment)
}

fn text_of(value: &Value, of: Option<&TimeZone>) -> Result<String, Fault> {
    Ok(match value {
        Value::Date(days) => write::date(*days),
        Value::Time(micros) => write::time(*micros),
        Value::Stamp(stamp) => write::stamp(*stamp),
        Value::Moment(utc) => write::moment(*utc, of.ok_or(OTHER)?),
        Value::Span(span) => write::span(*span),
        Value::Float(value) => write::double(*value),
        Value::Real(value) => write::real(*value),
        _ => return Err(OTHER),
    })
}

/// A time by a template; nothing by an empty one.
fn written(moment: template::Moment, by: &str) -> Outcome<'static> {
    if by.is_empty() { Ok(Value::Null) } else { template::write_date(moment, by).map(Value::Owned) }
}

fn number(source: template::Source, by: &str) -> Outcome<'static> {
    template::write_number(source, by).map(Value::Owned)
}

/// Half away from zero, to so many digits behind the second.
fn rounded(micros: i64, digits: i64) -> Result<i64, Fault> {
    let step = 10i64.pow(6 - u32::try_from(digits.clamp(0, 6)).unwrap_or(6));
    let half = if micros < 0 { -(step / 2) } else { step / 2 };
    Ok(micros.checked_add(half).ok_or(Fault::Range("timestamp"))? / step * step)
}

/// PostgreSQL counts from 2000 on: a half goes away from there.
fn rounded_stamp(v: &[Value]) -> Result<i64, Fault> {
    let stamp = micros(&v[0])?.checked_sub(MILLENNIUM).ok_or(Fault::Range("timestamp"))?;
    span::in_range(rounded(stamp, int(&v[1])?)? + MILLENNIUM)
}

fn unit(value: &Value, of: Kind) -> Result<Unit, Fault> {
    Unit::of(text(value)?).ok_or(Fault::UnknownUnit(of.sql()))
}

fn part_of(session: &Session, v: &[Value]) -> Result<Part, Fault> {
    match &v[1] {
        Value::Date(days) => part::of_date(unit(&v[0], Kind::Date)?, i64::from(*days)),
        Value::Time(time) => part::of_time(unit(&v[0], Kind::Time)?, *time),
        Value::Stamp(stamp) => part::of_stamp(unit(&v[0], Kind::Stamp)?, *stamp, None),
        Value::Moment(utc) => {
            let offset = session.zone.offset_at(utc.div_euclid(SECOND));
            let local = zone::local(*utc, &session.zone);
            part::of_stamp(unit(&v[0], Kind::Moment)?, local, Some((*utc, offset)))
        }
        Value::Span(span) => part::of_span(unit(&v[0], Kind::Span)?, *span),
        _ => Err(OTHER),
    }
}

fn as_float((part, digits): Part) -> Value<'static> {
    Value::Float(part as f64 / 10f64.powi(digits as i32))
}

const FIELD: Fault = Fault::Field;

fn made_date(v: &[Value]) -> Outcome<'static> {
    let year = int(&v[0])?;
    let year = if year < 0 { year + 1 } else { year };
    let date = Civil { year, month: int(&v[1])?, day: int(&v[2])? };
    if int(&v[0])? == 0 || !date.exists() {
        return Err(FIELD);
    }
    date_of(date.days())
}

fn made_time(v: &[Value]) -> Result<i64, Fault> {
    let (hour, minute, second) = (int(&v[0])?, int(&v[1])?, float(&v[2])?);
    let whole = |value: i64, most: i64| if (0..=most).contains(&value) { Ok(value) } else { Err(FIELD) };
    if !(0.0..=60.0).contains(&second) {
        return Err(FIELD);
    }
    let micros = (second * 1e6).round_ties_even() as i64;
    let total = whole(hour, 24)? * HOUR + whole(minute, 59)? * MINUTE + micros;
    if total > DAY { Err(FIELD) } else { Ok(total) }
}

fn made_stamp(v: &[Value]) -> Result<i64, Fault> {
    match made_date(&v[..3])? {
        Value::Date(days) => span::in_range(i64::from(days) * DAY + made_time(&v[3..6])?),
        _ => Err(OTHER),
    }
}

fn made_interval(v: &[Value]) -> Outcome<'static> {
    const RANGE: Fault = Fault::Range("interval");
    let narrow = |value: i64| i32::try_from(value).map_err(|_| RANGE);
    let months = narrow(int(&v[0])? * 12 + int(&v[1])?)?;
    let days = narrow(int(&v[2])? * 7 + int(&v[3])?)?;
    let seconds = (float(&v[6])? * 1e6).round_ties_even();
    if !seconds.is_finite() || seconds.abs() >= i64::MAX as f64 {
        return Err(RANGE);
    }
    let clock = int(&v[4])? * HOUR + int(&v[5])? * MINUTE;
    Ok(Value::Span(Interval { months, days, micros: clock.checked_add(seconds as i64).ok_or(RANGE)? }))
}

fn of_epoch(seconds: f64) -> Outcome<'static> {
    if !seconds.is_finite() {
        return Err(Fault::Special("timestamp with time zone"));
    }
    // From 2000 on, where the fraction has the digits that PostgreSQL's has.
    let micros = ((seconds - (MILLENNIUM / SECOND) as f64) * 1e6).round_ties_even();
    if micros.abs() >= i64::MAX as f64 / 2.0 {
        return Err(Fault::Range("timestamp"));
    }
    span::in_range(micros as i64 + MILLENNIUM).map(Value::Moment)
}

/// The character of a number.
fn letter(number: i64) -> Outcome<'static> {
    match number {
        ..0 => Err(Fault::Argument("character number must be positive")),
        0 => Err(Fault::Letter("null character not permitted")),
        _ => match u32::try_from(number).ok().and_then(char::from_u32) {
            Some(letter) => Ok(Value::Owned(letter.to_string())),
            None => Err(Fault::Letter("requested character not valid for encoding")),
        },
    }
}

/// The start of the stride that a time is in, counted from an origin.
fn binned(v: &[Value]) -> Result<i64, Fault> {
    let stride = interval(&v[0])?;
    if stride.months != 0 {
        return Err(Fault::Months);
    }
    let length = i64::try_from(span::length(stride)).map_err(|_| Fault::Range("interval"))?;
    if length <= 0 {
        return Err(Fault::Argument("stride must be greater than zero"));
    }
    let (stamp, origin) = (micros(&v[1])?, micros(&v[2])?);
    let past = stamp.checked_sub(origin).ok_or(Fault::Range("timestamp"))?.rem_euclid(length);
    span::in_range(stamp - past)
}
