//! Dates, times and intervals with PostgreSQL's results: operators, functions, and casts from and to them.
//!
//! The engine's own arithmetic has other types and other answers (a difference of timestamps is a duration without days,
//! a date plus an interval stays a date, a cast between the two kinds of timestamp takes the clock for UTC). So none of it
//! is used: operators become calls of the functions of [`table`] while they are planned, and the casts that remain after
//! coercion are replaced ([`casts`]). Each function is one line of the table, as are those of texts, numbers and json that the
//! engine lacks ([`letters`], [`numbers`], [`binary`], [`json`]): its name, the types it takes, the type it
//! gives, and what it does with a row.
//!
//! Invariants: a function has PostgreSQL's result and type or an error of PostgreSQL's kind; it depends on its arguments,
//! the zone of the session and the time of the statement alone. None of them runs at a source or below a barrier.
//!
//! Where this differs from PostgreSQL:
//! * values cannot be `infinity`; zones are those of [`sluice_base::TimeZone`];
//! * text made of a value is in the ISO style whatever DateStyle and IntervalStyle say;
//! * GROUP BY, DISTINCT, min and max take `1 month` and `30 days` for two values, and the longer month for the larger one.

mod binary;
mod calendar;
pub(crate) mod casts;
mod degrees;
mod edits;
mod fault;
mod function;
mod identifiers;
pub(crate) mod json;
mod jsonb;
mod jsonb_key;
mod letters;
mod numbers;
mod part;
mod planner;
mod read;
mod read_span;
mod span;
mod table;
mod template;
mod value;
mod words;
mod write;
mod zone;

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion_common::ScalarValue;
use datafusion_expr::ScalarUDF;
use sluice_base::TimeZone;

pub(crate) use binary::OF_BYTES;
pub use fault::DatetimeFault;
pub(crate) use function::is_operator;
pub(crate) use identifiers::{IS_NORMALIZED, NO_NAME, PADDED};
pub(crate) use jsonb::put_text;
pub(crate) use planner::DatetimePlanner;
pub use read::{read_date, read_time, read_timestamp, read_timestamptz};
pub use read_span::read_interval;
pub(crate) use table::names;

/// What the functions depend on beside their arguments.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Zone in which clocks are read.
    pub(crate) zone: TimeZone,
    /// The time of the statement, microseconds since 1970-01-01 UTC: for the words of literals alone.
    pub(crate) now: i64,
}

// The time of the statement is no part of what a function is.
impl PartialEq for Session {
    fn eq(&self, other: &Session) -> bool {
        self.zone == other.zone
    }
}

impl Eq for Session {}

impl std::hash::Hash for Session {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.zone.hash(state);
    }
}

impl Session {
    /// The local time of a moment.
    pub(crate) fn local(&self, moment: i64) -> i64 {
        zone::local(moment, &self.zone)
    }

    /// The moment of a local time.
    pub(crate) fn moment(&self, local: i64) -> Result<i64, DatetimeFault> {
        zone::moment(local, &self.zone)
    }
}

/// Name of `EXTRACT`; no client can type it.
pub(crate) const EXTRACT: &str = "\u{1}extract";
/// Name of the function that rounds a time to a declared precision.
pub(crate) const ROUNDED: &str = "\u{1}rounded";

/// Name of the function that reads an interval whose number counts the unit beside it.
pub(crate) const INTERVAL_OF: &str = table::TO_SPAN_OF;

/// The function of a name.
pub(crate) fn function(name: &str, session: &Arc<Session>) -> Option<Arc<ScalarUDF>> {
    function::named(name, session)
}

/// The function that writes dates, times, booleans and floating numbers as text.
pub(crate) fn text(session: &Arc<Session>) -> Option<Arc<ScalarUDF>> {
    function::named(table::TO_TEXT, session)
}

/// A literal's text as a value of a date or time type; `None` for other types.
pub(crate) fn read(text: &str, target: &DataType, session: &Session) -> Result<Option<ScalarValue>, DatetimeFault> {
    if let Some(value) = words::word(text, target, session)? {
        return Ok(Some(value));
    }
    Ok(Some(match target {
        DataType::Date32 => ScalarValue::Date32(Some(read_date(text)?)),
        DataType::Time64(TimeUnit::Microsecond) => ScalarValue::Time64Microsecond(Some(read_time(text)?)),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            ScalarValue::TimestampMicrosecond(Some(read_timestamp(text)?), None)
        }
        DataType::Timestamp(TimeUnit::Microsecond, Some(utc)) => {
            ScalarValue::TimestampMicrosecond(Some(read_timestamptz(text, &session.zone)?), Some(Arc::clone(utc)))
        }
        DataType::Interval(_) => ScalarValue::IntervalMonthDayNano(Some(value::arrow_span(read_interval(text)?)?)),
        _ => return Ok(None),
    }))
}
