//! Parts of a date, a time or an interval, and what is left when the smaller ones are cut off
//! (`timestamp_part_common`, `timestamp_trunc` and their relatives in PostgreSQL's `timestamp.c`, `date.c`).

use sluice_base::{Interval, TimeZone};

use super::calendar::{
    Civil, Clock, DAY, HOUR, MINUTE, SECOND, UNIX_JULIAN, day_of_year, iso_week, iso_week_start, weekday,
};
use super::fault::DatetimeFault as Fault;
use super::zone;

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
    Julian,
    Epoch,
    Zone,
    ZoneHour,
    ZoneMinute,
}

/// The spellings of a unit (PostgreSQL's `deltatktbl` and `datetktbl`).
const UNITS: &[(Unit, &[&str])] = &[
    (Unit::Microsecond, &["us", "usec", "usecs", "usecond", "useconds", "microsecond", "microseconds"]),
    (Unit::Millisecond, &["ms", "msec", "msecs", "millisecond", "milliseconds"]),
    (Unit::Second, &["s", "sec", "secs", "second", "seconds"]),
    (Unit::Minute, &["m", "min", "mins", "minute", "minutes"]),
    (Unit::Hour, &["h", "hr", "hrs", "hour", "hours"]),
    (Unit::Day, &["d", "day", "days"]),
    (Unit::Week, &["w", "week", "weeks"]),
    (Unit::Month, &["mon", "mons", "month", "months"]),
    (Unit::Quarter, &["qtr", "quarter"]),
    (Unit::Year, &["y", "yr", "yrs", "year", "years"]),
    (Unit::Decade, &["dec", "decs", "decade", "decades"]),
    (Unit::Century, &["c", "cent", "century", "centuries"]),
    (Unit::Millennium, &["mil", "mils", "millennium", "millennia"]),
    (Unit::DayOfWeek, &["dow"]),
    (Unit::IsoDayOfWeek, &["isodow"]),
    (Unit::DayOfYear, &["doy"]),
    (Unit::IsoYear, &["isoyear"]),
    (Unit::Julian, &["julian", "jd", "j"]),
    (Unit::Epoch, &["epoch"]),
    (Unit::Zone, &["timezone"]),
    (Unit::ZoneHour, &["timezone_hour", "timezone_h"]),
    (Unit::ZoneMinute, &["timezone_minute", "timezone_m"]),
];

impl Unit {
    pub(super) fn of(text: &str) -> Option<Unit> {
        let text = text.trim().to_ascii_lowercase();
        UNITS.iter().find(|(_, names)| names.contains(&text.as_str())).map(|(unit, _)| *unit)
    }

    /// Digits behind the point that `extract` gives; of a date, an epoch has none.
    pub(super) fn digits(self, of_date: bool) -> u32 {
        match self {
            Unit::Second => 6,
            Unit::Epoch if !of_date => 6,
            Unit::Millisecond => 3,
            _ => 0,
        }
    }
}

/// A part as an integer, and the digits of it that stand behind the point.
pub(super) type Part = (i128, u32);

fn whole(value: i64) -> Result<Part, Fault> {
    Ok((i128::from(value), 0))
}

/// The year as PostgreSQL counts: none is 0.
fn counted(year: i64) -> i64 {
    if year > 0 { year } else { year - 1 }
}

fn of_clock(unit: Unit, time: i64) -> Option<Part> {
    Some(match unit {
        Unit::Microsecond => (i128::from(time % MINUTE), 0),
        Unit::Millisecond => (i128::from(time % MINUTE), 3),
        Unit::Second => (i128::from(time % MINUTE), 6),
        Unit::Minute => (i128::from(time % HOUR / MINUTE), 0),
        Unit::Hour => (i128::from(time / HOUR), 0),
        _ => return None,
    })
}

fn of_calendar(unit: Unit, days: i64) -> Option<i64> {
    let date = Civil::of(days);
    let year = date.year;
    Some(match unit {
        Unit::Day => date.day,
        Unit::Month => date.month,
        Unit::Quarter => (date.month - 1) / 3 + 1,
        Unit::Week => iso_week(days).1,
        Unit::Year => counted(year),
        Unit::Decade if year >= 0 => year / 10,
        Unit::Decade => -((8 - (year - 1)) / 10),
        Unit::Century if year > 0 => (year + 99) / 100,
        Unit::Century => -((99 - (year - 1)) / 100),
        Unit::Millennium if year > 0 => (year + 999) / 1_000,
        Unit::Millennium => -((999 - (year - 1)) / 1_000),
        Unit::DayOfWeek => weekday(days),
        Unit::IsoDayOfWeek if weekday(days) == 0 => 7,
        Unit::IsoDayOfWeek => weekday(days),
        Unit::DayOfYear => day_of_year(days),
        Unit::IsoYear => counted(iso_week(days).0),
        _ => return None,
    })
}

/// Of a local time; where it is one of a zone, `utc` is the moment and `offset` the seconds that it lies east.
pub(super) fn of_stamp(unit: Unit, local: i64, utc: Option<(i64, i32)>) -> Result<Part, Fault> {
    let clock = Clock::of(local);
    if let Some(part) = of_clock(unit, clock.time()) {
        return Ok(part);
    }
    if let Some(part) = of_calendar(unit, clock.days) {
        return whole(part);
    }
    match (unit, utc) {
        (Unit::Epoch, moment) => Ok((i128::from(moment.map_or(local, |(utc, _)| utc)), 6)),
        (Unit::Zone, Some((_, offset))) => whole(i64::from(offset)),
        (Unit::ZoneHour, Some((_, offset))) => whole(i64::from(offset / 3_600)),
        (Unit::ZoneMinute, Some((_, offset))) => whole(i64::from(offset % 3_600 / 60)),
        (_, Some(_)) => Err(Fault::Unit("timestamp with time zone")),
        (_, None) => Err(Fault::Unit("timestamp without time zone")),
    }
}

pub(super) fn of_date(unit: Unit, days: i64) -> Result<Part, Fault> {
    match unit {
        Unit::Epoch => whole(days * (DAY / SECOND)),
        Unit::Julian => whole(days + UNIX_JULIAN),
        _ => of_calendar(unit, days).map_or(Err(Fault::Unit("date")), whole),
    }
}

pub(super) fn of_time(unit: Unit, time: i64) -> Result<Part, Fault> {
    match unit {
        Unit::Epoch => Ok((i128::from(time), 6)),
        _ => of_clock(unit, time).ok_or(Fault::Unit("time without time zone")),
    }
}

pub(super) fn of_span(unit: Unit, span: Interval) -> Result<Part, Fault> {
    if let Some(part) = of_clock(unit, span.micros) {
        return Ok(part);
    }
    let (years, months) = (i64::from(span.months / 12), i64::from(span.months % 12));
    match unit {
        Unit::Day => whole(i64::from(span.days)),
        Unit::Month => whole(months),
        Unit::Quarter => whole(months / 3 + 1),
        Unit::Year => whole(years),
        Unit::Decade => whole(years / 10),
        Unit::Century => whole(years / 100),
        Unit::Millennium => whole(years / 1_000),
        Unit::Epoch => {
            // A year has 365.25 days and a month 30.
            let days = i128::from(years) * 36_525 + (i128::from(months) * 30 + i128::from(span.days)) * 100;
            Ok((days * i128::from(DAY) / 100 + i128::from(span.micros), 6))
        }
        _ => Err(Fault::Unit("interval")),
    }
}

/// A local time cut to a unit.
pub(super) fn truncated(unit: Unit, local: i64, type_name: &'static str) -> Result<i64, Fault> {
    let fixed = |length: i64| Ok(local - local.rem_euclid(length));
    let date = Clock::of(local).date;
    let year = date.year;
    let first_of = |year: i64| Civil { year, month: 1, day: 1 };
    let first = match unit {
        Unit::Microsecond => return Ok(local),
        Unit::Millisecond => return fixed(1_000),
        Unit::Second => return fixed(SECOND),
        Unit::Minute => return fixed(MINUTE),
        Unit::Hour => return fixed(HOUR),
        Unit::Day => return fixed(DAY),
        Unit::Week => {
            let (year, week) = iso_week(local.div_euclid(DAY));
            return super::span::in_range(iso_week_start(year, week) * DAY);
        }
        Unit::Month => Civil { day: 1, ..date },
        Unit::Quarter => Civil { month: (date.month - 1) / 3 * 3 + 1, day: 1, year },
        Unit::Year => first_of(year),
        Unit::Decade if year > 0 => first_of(year / 10 * 10),
        Unit::Decade => first_of(-((8 - (year - 1)) / 10) * 10),
        Unit::Century if year > 0 => first_of((year + 99) / 100 * 100 - 99),
        Unit::Century => first_of(-((99 - (year - 1)) / 100) * 100 + 1),
        Unit::Millennium if year > 0 => first_of((year + 999) / 1_000 * 1_000 - 999),
        Unit::Millennium => first_of(-((999 - (year - 1)) / 1_000) * 1_000 + 1),
        _ => return Err(Fault::Unit(type_name)),
    };
    super::span::in_range(first.days() * DAY)
}

/// A moment cut to a unit of the clock of a zone.
pub(super) fn truncated_moment(unit: Unit, utc: i64, of: &TimeZone) -> Result<i64, Fault> {
    let local = zone::local(utc, of);
    let cut = truncated(unit, local, "timestamp with time zone")?;
    match unit {
        // Within a day the offset stays what it is.
        Unit::Microsecond | Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour => Ok(utc - (local - cut)),
        _ => zone::moment(cut, of),
    }
}

pub(super) fn truncated_span(unit: Unit, span: Interval) -> Result<Interval, Fault> {
    let of_time = |length: i64| Ok(Interval { micros: span.micros - span.micros % length, ..span });
    let of_months = |length: i32| Ok(Interval { months: span.months - span.months % length, days: 0, micros: 0 });
    match unit {
        Unit::Microsecond => Ok(span),
        Unit::Millisecond => of_time(1_000),
        Unit::Second => of_time(SECOND),
        Unit::Minute => of_time(MINUTE),
        Unit::Hour => of_time(HOUR),
        Unit::Day => Ok(Interval { micros: 0, ..span }),
        Unit::Month => of_months(1),
        Unit::Quarter => of_months(3),
        Unit::Year => of_months(12),
        Unit::Decade => of_months(120),
        Unit::Century => of_months(1_200),
        Unit::Millennium => of_months(12_000),
        _ => Err(Fault::Unit("interval")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i64, month: i64, day: i64) -> i64 {
        Civil { year, month, day }.days() * DAY
    }

    #[test]
    fn years_before_christ() {
        let part = |unit, stamp| of_stamp(unit, stamp, None).map(|(value, _)| value);
        assert_eq!(part(Unit::Year, at(0, 1, 1)), Ok(-1));
        assert_eq!(part(Unit::Decade, at(0, 1, 1)), Ok(0));
        assert_eq!(part(Unit::Century, at(0, 1, 1)), Ok(-1));
        assert_eq!(part(Unit::Century, at(2000, 1, 1)), Ok(20));
        assert_eq!(part(Unit::Century, at(2001, 1, 1)), Ok(21));
        assert_eq!(part(Unit::Millennium, at(2001, 1, 1)), Ok(3));
        assert_eq!(part(Unit::Zone, 0), Err(Fault::Unit("timestamp without time zone")));
    }

    #[test]
    fn cuts() {
        let cut = |unit, stamp| truncated(unit, stamp, "x");
        assert_eq!(cut(Unit::Week, at(2027, 1, 1) + HOUR), Ok(at(2026, 12, 28)));
        assert_eq!(cut(Unit::Decade, at(2026, 5, 17)), Ok(at(2020, 1, 1)));
        assert_eq!(cut(Unit::Century, at(2026, 5, 17)), Ok(at(2001, 1, 1)));
        assert_eq!(cut(Unit::Century, at(2000, 5, 17)), Ok(at(1901, 1, 1)));
        assert_eq!(cut(Unit::DayOfYear, 0), Err(Fault::Unit("x")));
    }
}
