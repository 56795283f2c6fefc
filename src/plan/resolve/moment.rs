//! The time of the statement as a constant: `now()` and its relatives have one value for all of it.
//!
//! Source: PostgreSQL documentation, "Current Date/Time". Here a transaction reads only, and its time is that at which the
//! statement was decided on. Dates and times of day are those of the session's zone.

use chrono::{DateTime, TimeDelta};
use sqlparser::ast::{self, Expr, TimezoneInfo, Value};

use super::Asker;

/// The constant that a call without arguments stands for; `None` for other names.
pub(super) fn constant(name: &str, asker: &Asker) -> Option<Expr> {
    let now = DateTime::from_timestamp_micros(asker.principal.context.now_micros)?.naive_utc();
    let offset = asker.timezone.offset_at(now.and_utc().timestamp());
    let local = now.checked_add_signed(TimeDelta::seconds(i64::from(offset)))?;
    let (text, data_type) = match name {
        "now" | "current_timestamp" | "transaction_timestamp" | "statement_timestamp" | "clock_timestamp" => (
            now.format("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string(),
            ast::DataType::Timestamp(Some(6), TimezoneInfo::WithTimeZone),
        ),
        "localtimestamp" => {
            (local.format("%Y-%m-%d %H:%M:%S%.6f").to_string(), ast::DataType::Timestamp(Some(6), TimezoneInfo::None))
        }
        "current_date" => (local.format("%Y-%m-%d").to_string(), ast::DataType::Date),
        "localtime" => (local.format("%H:%M:%S%.6f").to_string(), ast::DataType::Time(None, TimezoneInfo::None)),
        _ => return None,
    };
    Some(Expr::Cast {
        kind: ast::CastKind::DoubleColon,
        expr: Box::new(Expr::value(Value::SingleQuotedString(text))),
        data_type,
        array: false,
        format: None,
    })
}
