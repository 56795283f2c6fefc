//! Weeks and clocks in the calendar of [`Civil`], and its bounds.

pub(super) use sluice_base::Civil;

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Julian day of 1970-01-01, as PostgreSQL counts them.
pub(super) const UNIX_JULIAN: i64 = 2_440_588;

/// First day of `date` and `timestamp` (4714-11-24 BC), in days since 1970.
pub(super) const FIRST_DAY: i64 = -UNIX_JULIAN;
/// First day past `timestamp` (294247-01-02): what lies behind has no microseconds since 1970. PostgreSQL counts from 2000
/// and goes on for thirty years.
pub(super) const TIMESTAMP_END_DAY: i64 = 106_751_983;
/// First day past `date` (5874898-01-01).
pub(super) const DATE_END_DAY: i64 = 2_147_483_494 - UNIX_JULIAN;

/// 0 is Sunday.
pub(super) fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// Day of the year, from 1.
pub(super) fn day_of_year(days: i64) -> i64 {
    let first = Civil { month: 1, day: 1, ..Civil::of(days) };
    days - first.days() + 1
}

/// Year and number of the ISO week.
pub(super) fn iso_week(days: i64) -> (i64, i64) {
    // The week belongs to the year that its Thursday is in.
    let monday = days - (weekday(days) + 6).rem_euclid(7);
    let thursday = monday + 3;
    (Civil::of(thursday).year, (day_of_year(thursday) - 1) / 7 + 1)
}

/// The Monday of an ISO week.
pub(super) fn iso_week_start(year: i64, week: i64) -> i64 {
    let fourth = Civil { year, month: 1, day: 4 }.days();
    fourth - (weekday(fourth) + 6).rem_euclid(7) + (week - 1) * 7
}

/// A point of a local clock, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) days: i64,
    pub(super) date: Civil,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// Millionths of the second.
    pub(super) micros: i64,
}

impl Clock {
    /// Of microseconds since 1970.
    pub(super) fn of(stamp: i64) -> Clock {
        let (days, rest) = (stamp.div_euclid(DAY), stamp.rem_euclid(DAY));
        Clock {
            days,
            date: Civil::of(days),
            hour: rest / HOUR,
            minute: rest % HOUR / MINUTE,
            second: rest % MINUTE / SECOND,
            micros: rest % SECOND,
        }
    }

    /// Microseconds since midnight.
    pub(super) fn time(self) -> i64 {
        self.hour * HOUR + self.minute * MINUTE + self.second * SECOND + self.micros
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates() {
        for (year, month, day, days) in [
            (1970, 1, 1, 0),
            (2000, 2, 29, 11_016),
            (1, 1, 1, -719_162),
            (0, 12, 31, -719_163),
            (-4713, 11, 24, FIRST_DAY),
        ] {
            let civil = Civil { year, month, day };
            assert_eq!(civil.days(), days);
            assert_eq!(Civil::of(days), civil);
        }
        assert_eq!(Civil { year: 294_247, month: 1, day: 2 }.days(), TIMESTAMP_END_DAY);
        assert!(TIMESTAMP_END_DAY.checked_mul(DAY).is_some());
        assert_eq!(Civil { year: 5_874_898, month: 1, day: 1 }.days(), DATE_END_DAY);
        for days in (-800_000..800_000).step_by(37) {
            assert_eq!(Civil::of(days).days(), days);
        }
    }

    #[test]
    fn weeks() {
        let days = |year, month, day| Civil { year, month, day }.days();
        assert_eq!(weekday(days(2026, 5, 17)), 0);
        assert_eq!(iso_week(days(2026, 1, 1)), (2026, 1));
        assert_eq!(iso_week(days(2027, 1, 1)), (2026, 53));
        assert_eq!(iso_week(days(2024, 12, 30)), (2025, 1));
        assert_eq!(iso_week_start(2025, 1), days(2024, 12, 30));
        assert_eq!(day_of_year(days(2024, 12, 31)), 366);
    }
}
