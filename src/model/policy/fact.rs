//! What a condition may ask of a request besides the row: `session.*`.
//!
//! Invariant: every fact is fixed for one decision; `session.now` and its parts are those of the request, in the bank's
//! own time zone, not of a clock that runs on.

use sluice_base::{Datum, SqlType, TimeZone};

/// Something known of who asks, and when.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fact {
    User,
    Zone,
    Purpose,
    Attribute(String),
    /// A list; only in IN and ANY.
    OrgUnits,
    /// The moment of the request.
    Now,
    /// Its date.
    Date,
    /// Its time of day.
    Time,
    /// Its day of the week: 1 is Monday, 7 Sunday.
    Weekday,
    /// Its hour, 0 to 23.
    Hour,
}

/// The words behind `session.`; attributes are `session.attributes.NAME`.
pub(super) const SESSION: [&str; 9] =
    ["user", "zone", "purpose", "org_units", "now", "date", "time", "weekday", "hour"];

impl Fact {
    /// The fact of a word behind `session.`.
    pub(super) fn of_session(word: &str) -> Option<Fact> {
        Some(match word {
            "user" => Fact::User,
            "zone" => Fact::Zone,
            "purpose" => Fact::Purpose,
            "org_units" => Fact::OrgUnits,
            "now" => Fact::Now,
            "date" => Fact::Date,
            "time" => Fact::Time,
            "weekday" => Fact::Weekday,
            "hour" => Fact::Hour,
            _ => return None,
        })
    }

    /// Whether it changes while nothing but time passes.
    pub(super) fn is_clock(&self) -> bool {
        match self {
            Fact::Now | Fact::Date | Fact::Time | Fact::Weekday | Fact::Hour => true,
            Fact::User | Fact::Zone | Fact::Purpose | Fact::Attribute(_) | Fact::OrgUnits => false,
        }
    }

    /// The fact's own type; `None` for an attribute, which is read as what it meets, and for the list of units.
    pub(super) fn sql_type(&self) -> Option<SqlType> {
        match self {
            Fact::User | Fact::Zone | Fact::Purpose => Some(SqlType::Text),
            Fact::Now => Some(SqlType::Timestamptz),
            Fact::Date => Some(SqlType::Date),
            Fact::Time => Some(SqlType::Time),
            Fact::Weekday | Fact::Hour => Some(SqlType::Int8),
            Fact::Attribute(_) | Fact::OrgUnits => None,
        }
    }
}

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_HOUR: i64 = 3_600 * MICROS_PER_SECOND;
const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

/// The moment of a request in the bank's zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    now_micros: i64,
    local_micros: i64,
}

impl Moment {
    pub(super) fn new(now_micros: i64, zone: &TimeZone) -> Moment {
        let offset = i64::from(zone.offset_at(now_micros.div_euclid(MICROS_PER_SECOND)));
        Moment { now_micros, local_micros: now_micros.saturating_add(offset * MICROS_PER_SECOND) }
    }

    /// Days since 1970-01-01.
    pub(super) fn day(self) -> i32 {
        i32::try_from(self.local_micros.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)
    }

    /// The value of a fact about the moment; `None` for all others.
    pub(super) fn value(self, fact: &Fact) -> Option<Datum> {
        let of_day = self.local_micros.rem_euclid(MICROS_PER_DAY);
        Some(match fact {
            Fact::Now => Datum::Timestamptz(self.now_micros),
            Fact::Date => Datum::Date(self.day()),
            Fact::Time => Datum::Time(of_day),
            // 1970-01-01 was a Thursday.
            Fact::Weekday => Datum::Int(i64::from((self.day().rem_euclid(7) + 3) % 7 + 1)),
            Fact::Hour => Datum::Int(of_day / MICROS_PER_HOUR),
            Fact::User | Fact::Zone | Fact::Purpose | Fact::Attribute(_) | Fact::OrgUnits => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_of_the_banks_day() {
        let shanghai = TimeZone::parse("Asia/Shanghai").unwrap();
        // 2026-01-04 (a Sunday) 23:30 UTC is Monday 07:30 in Shanghai.
        let micros = (20_457 * 86_400 + 23 * 3_600 + 1_800) * MICROS_PER_SECOND;
        let (here, utc) = (Moment::new(micros, &shanghai), Moment::new(micros, &TimeZone::utc()));
        assert_eq!(utc.value(&Fact::Weekday), Some(Datum::Int(7)));
        assert_eq!(here.value(&Fact::Weekday), Some(Datum::Int(1)));
        assert_eq!((utc.day(), here.day()), (20_457, 20_458));
        assert_eq!(here.value(&Fact::Hour), Some(Datum::Int(7)));
        assert_eq!(here.value(&Fact::Time), Some(Datum::Time(7 * MICROS_PER_HOUR + MICROS_PER_HOUR / 2)));
        assert_eq!(here.value(&Fact::Now), utc.value(&Fact::Now));
        assert_eq!(Moment::new(i64::MAX, &shanghai).value(&Fact::User), None);
    }
}
