//! Words of a literal that stand for a moment: `now`, `today`, `tomorrow`, `yesterday`, with a time of day behind the last
//! three or without one.
//!
//! Invariant: a word is read while the statement is planned, by its own time. A text of a row that says `today` is refused:
//! what a function makes of a row does not depend on the time.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::ScalarValue;

use super::Session;
use super::calendar::DAY;
use super::fault::DatetimeFault;
use super::read::{read_time, trimmed};

/// The value of a date or time type that a literal's word stands for; `None` for every other text.
pub(super) fn word(text: &str, target: &DataType, session: &Session) -> Result<Option<ScalarValue>, DatetimeFault> {
    let text = trimmed(text);
    let (word, clock) = text.split_once([' ', '\t']).map_or((text, ""), |(word, clock)| (word, trimmed(clock)));
    let word = word.to_ascii_lowercase();
    let now = session.local(session.now);
    if matches!(target, DataType::Time64(_)) {
        let clock = match word.as_str() {
            _ if !clock.is_empty() => return Ok(None),
            "now" => now.rem_euclid(DAY),
            "allballs" => 0,
            _ => return Ok(None),
        };
        return Ok(Some(ScalarValue::Time64Microsecond(Some(clock))));
    }
    let days = match word.as_str() {
        "now" if clock.is_empty() => now.div_euclid(DAY),
        "today" => now.div_euclid(DAY),
        "tomorrow" => now.div_euclid(DAY) + 1,
        "yesterday" => now.div_euclid(DAY) - 1,
        _ => return Ok(None),
    };
    // A zone behind the time of day is left to those who read whole texts.
    if clock.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.')) {
        return Ok(None);
    }
    let clock = match (word.as_str(), clock) {
        ("now", _) => now.rem_euclid(DAY),
        (_, "") => 0,
        (_, clock) => read_time(clock)?,
    };
    let local = days * DAY + clock;
    Ok(match target {
        DataType::Date32 => {
            let days = i32::try_from(days).map_err(|_| DatetimeFault::Field)?;
            Some(ScalarValue::Date32(Some(days)))
        }
        DataType::Timestamp(_, None) => Some(ScalarValue::TimestampMicrosecond(Some(local), None)),
        DataType::Timestamp(_, Some(utc)) => {
            let moment = if word == "now" { session.now } else { session.moment(local)? };
            Some(ScalarValue::TimestampMicrosecond(Some(moment), Some(Arc::clone(utc))))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    #[test]
    fn words_are_days_of_the_sessions_clock() {
        let session = Session { zone: sluice_base::TimeZone::utc(), now: 10 * DAY + 5_000_000 };
        let days = |text: &str| word(text, &DataType::Date32, &session).expect("a word");
        assert_eq!(days("today"), Some(ScalarValue::Date32(Some(10))));
        assert_eq!(days(" Tomorrow 10:30 "), Some(ScalarValue::Date32(Some(11))));
        assert_eq!(days("yesterday"), Some(ScalarValue::Date32(Some(9))));
        assert_eq!(days("now"), Some(ScalarValue::Date32(Some(10))));
        assert_eq!(days("now 10:30"), None);
        assert_eq!(days("2024-01-05"), None);
        let stamp = DataType::Timestamp(TimeUnit::Microsecond, None);
        let of = |text: &str| word(text, &stamp, &session).expect("a word");
        assert_eq!(of("now"), Some(ScalarValue::TimestampMicrosecond(Some(10 * DAY + 5_000_000), None)));
        assert_eq!(of("today 00:00:01"), Some(ScalarValue::TimestampMicrosecond(Some(10 * DAY + 1_000_000), None)));
    }
}
