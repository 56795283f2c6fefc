//! Intervals: months, days and microseconds side by side, with PostgreSQL's arithmetic (`timestamp.c`).

use sluice_base::Interval;

use super::calendar::{Civil, DAY, FIRST_DAY, TIMESTAMP_END_DAY};
use super::fault::DatetimeFault as Fault;

const MONTH_DAYS: i32 = 30;

/// Microseconds of an interval, a month having 30 days and a day 24 hours: what PostgreSQL compares intervals by.
pub(super) fn length(span: Interval) -> i128 {
    let days = i128::from(span.months) * 30 + i128::from(span.days);
    days * i128::from(DAY) + i128::from(span.micros)
}

const RANGE: Fault = Fault::Range("interval");

pub(super) fn add(left: Interval, right: Interval) -> Result<Interval, Fault> {
    Ok(Interval {
        months: left.months.checked_add(right.months).ok_or(RANGE)?,
        days: left.days.checked_add(right.days).ok_or(RANGE)?,
        micros: left.micros.checked_add(right.micros).ok_or(RANGE)?,
    })
}

pub(super) fn negated(span: Interval) -> Result<Interval, Fault> {
    Ok(Interval {
        months: span.months.checked_neg().ok_or(RANGE)?,
        days: span.days.checked_neg().ok_or(RANGE)?,
        micros: span.micros.checked_neg().ok_or(RANGE)?,
    })
}

/// An interval times a number; what is left of a month becomes days, what is left of a day time.
pub(super) fn times(span: Interval, factor: f64) -> Result<Interval, Fault> {
    scaled(span, |part| part * factor)
}

pub(super) fn over(span: Interval, divisor: f64) -> Result<Interval, Fault> {
    if divisor == 0.0 {
        return Err(Fault::DivisionByZero);
    }
    scaled(span, |part| part / divisor)
}

fn scaled(span: Interval, by: impl Fn(f64) -> f64) -> Result<Interval, Fault> {
    let whole = |value: f64| {
        let value = value.trunc();
        if value.is_nan() || value > f64::from(i32::MAX) || value < f64::from(i32::MIN) {
            return Err(RANGE);
        }
        Ok(value as i32)
    };
    // Rounded as `TSROUND` does: to millionths.
    let rounded = |value: f64| (value * 1e6).round_ties_even() / 1e6;
    let months = whole(by(f64::from(span.months)))?;
    let days = whole(by(f64::from(span.days)))?;
    let month_rest = rounded((by(f64::from(span.months)) - f64::from(months)) * f64::from(MONTH_DAYS));
    let mut seconds = rounded(
        (by(f64::from(span.days)) - f64::from(days) + month_rest - f64::from(month_rest.trunc() as i32)) * 86_400.0,
    );
    let mut days = days.checked_add(month_rest.trunc() as i32).ok_or(RANGE)?;
    // Rounding may have made a whole day of the rest.
    if seconds.abs() >= 86_400.0 {
        let more = (seconds / 86_400.0).trunc();
        days = days.checked_add(more as i32).ok_or(RANGE)?;
        seconds -= more * 86_400.0;
    }
    let micros = (by(span.micros as f64) + seconds * 1e6).round_ties_even();
    if micros.is_nan() || micros.abs() >= i64::MAX as f64 {
        return Err(RANGE);
    }
    Ok(Interval { months, days, micros: micros as i64 })
}

/// Hours past a day become days.
pub(super) fn justify_hours(span: Interval) -> Result<Interval, Fault> {
    let more = i32::try_from(span.micros / DAY).map_err(|_| RANGE)?;
    let (mut days, mut micros) = (span.days.checked_add(more).ok_or(RANGE)?, span.micros % DAY);
    if days > 0 && micros < 0 {
        micros += DAY;
        days -= 1;
    } else if days < 0 && micros > 0 {
        micros -= DAY;
        days += 1;
    }
    Ok(Interval { days, micros, ..span })
}

/// Days past a month become months.
pub(super) fn justify_days(span: Interval) -> Result<Interval, Fault> {
    let mut months = span.months.checked_add(span.days / MONTH_DAYS).ok_or(RANGE)?;
    let mut days = span.days % MONTH_DAYS;
    if months > 0 && days < 0 {
        days += MONTH_DAYS;
        months -= 1;
    } else if months < 0 && days > 0 {
        days -= MONTH_DAYS;
        months += 1;
    }
    Ok(Interval { months, days, ..span })
}

/// Both of the above, and one sign for all.
pub(super) fn justify(span: Interval) -> Result<Interval, Fault> {
    let more = i32::try_from(span.micros / DAY).map_err(|_| RANGE)?;
    let mut days = span.days.checked_add(more).ok_or(RANGE)?;
    let mut micros = span.micros % DAY;
    let mut months = span.months.checked_add(days / MONTH_DAYS).ok_or(RANGE)?;
    days %= MONTH_DAYS;
    if months > 0 && (days < 0 || (days == 0 && micros < 0)) {
        days += MONTH_DAYS;
        months -= 1;
    } else if months < 0 && (days > 0 || (days == 0 && micros > 0)) {
        days -= MONTH_DAYS;
        months += 1;
    }
    if days > 0 && micros < 0 {
        micros += DAY;
        days -= 1;
    } else if days < 0 && micros > 0 {
        micros -= DAY;
        days += 1;
    }
    Ok(Interval { months, days, micros })
}

/// A time of the same zone, later by an interval: months first, then days, then time.
pub(super) fn later(stamp: i64, span: Interval) -> Result<i64, Fault> {
    let moved = later_by_days(stamp, span)?;
    in_range(moved.checked_add(span.micros).ok_or(Fault::Range("timestamp"))?)
}

/// Later by the months and the days of an interval alone.
pub(super) fn later_by_days(stamp: i64, span: Interval) -> Result<i64, Fault> {
    let (mut days, time) = (stamp.div_euclid(DAY), stamp.rem_euclid(DAY));
    if span.months != 0 {
        days = Civil::of(days).plus_months(i64::from(span.months)).days();
    }
    days += i64::from(span.days);
    if !(FIRST_DAY..TIMESTAMP_END_DAY).contains(&days) {
        return Err(Fault::Range("timestamp"));
    }
    Ok(days * DAY + time)
}

/// A timestamp that PostgreSQL has.
pub(super) fn in_range(stamp: i64) -> Result<i64, Fault> {
    if (FIRST_DAY..TIMESTAMP_END_DAY).contains(&stamp.div_euclid(DAY)) {
        Ok(stamp)
    } else {
        Err(Fault::Range("timestamp"))
    }
}

/// What lies between two times: days, and the rest.
pub(super) fn between(later: i64, earlier: i64) -> Result<Interval, Fault> {
    let micros = later.checked_sub(earlier).ok_or(RANGE)?;
    justify_hours(Interval { months: 0, days: 0, micros })
}

/// What lies between two times in years, months, days and time, as a calendar counts them (`timestamp_age`).
pub(super) fn age(left: i64, right: i64) -> Result<Interval, Fault> {
    let negative = left < right;
    let (late, early) = if negative { (right, left) } else { (left, right) };
    let (late_day, early_day) = (Civil::of(late.div_euclid(DAY)), Civil::of(early.div_euclid(DAY)));
    let mut months = (late_day.year - early_day.year) * 12 + late_day.month - early_day.month;
    let mut days = late_day.day - early_day.day;
    let mut micros = late.rem_euclid(DAY) - early.rem_euclid(DAY);
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    while days < 0 {
        days += Civil::month_length(early_day.year, early_day.month);
        months -= 1;
    }
    let span = Interval { months: i32::try_from(months).map_err(|_| RANGE)?, days: days as i32, micros };
    if negative { negated(span) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(months: i32, days: i32, micros: i64) -> Interval {
        Interval { months, days, micros }
    }

    #[test]
    fn products() {
        let hour = 3_600_000_000;
        assert_eq!(times(span(1, 0, 0), 2.5), Ok(span(2, 15, 0)));
        assert_eq!(over(span(0, 1, 0), 3.0), Ok(span(0, 0, 8 * hour)));
        assert_eq!(times(span(0, -1, hour), 1.5), Ok(span(0, -1, -12 * hour + hour + hour / 2)));
        assert_eq!(over(span(0, 1, 0), 0.0), Err(Fault::DivisionByZero));
        assert_eq!(times(span(i32::MAX, 0, 0), 2.0), Err(RANGE));
    }

    #[test]
    fn lengths_and_justice() {
        assert_eq!(length(span(1, 0, 0)), length(span(0, 30, 0)));
        assert_eq!(justify_hours(span(0, 1, -DAY / 2)), Ok(span(0, 0, DAY / 2)));
        assert_eq!(justify_days(span(0, 35, 0)), Ok(span(1, 5, 0)));
        assert_eq!(justify(span(1, 0, -1)), Ok(span(0, 29, DAY - 1)));
    }

    #[test]
    fn ages() {
        let at = |year, month, day| Civil { year, month, day }.days() * DAY;
        assert_eq!(age(at(2026, 3, 1), at(2026, 1, 31)), Ok(span(1, 1, 0)));
        assert_eq!(age(at(2026, 1, 31), at(2026, 3, 1)), Ok(span(-1, -1, 0)));
        assert_eq!(age(at(2026, 5, 17), at(2019, 6, 16)), Ok(span(83, 1, 0)));
    }
}
