//! The session time zone: what `SET timezone` accepts, and the offset from UTC at an instant.
//!
//! Invariant: a zone that this module does not know exactly is refused at SET, never approximated.
//! Fixed offsets and China Standard Time are answered here, since most sessions are in one of them; all other zones by
//! the IANA database. Drivers send the zone of the machine they run on when they connect (pgJDBC, postgres.js), so a zone
//! that is not known would keep its whole office out.

mod database;

use std::borrow::Cow;

use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time zone of a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TimeZone {
    name: String,
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rule {
    /// Seconds east of UTC.
    Fixed(i32),
    China,
    Database(Tz),
}

/// Seconds east of UTC of China Standard Time.
const CHINA: i32 = 8 * 3600;
/// Local mean time of Shanghai, until the first entry of [`CHINA_CHANGES`].
const SHANGHAI_MEAN_TIME: i32 = 8 * 3600 + 5 * 60 + 43;

/// Instants (seconds since 1970 UTC) at which the offset of Asia/Shanghai changed, in order. The first is the
/// change from local mean time to standard time; after it summer time and standard time take turns.
/// Source: IANA tz database, zone `Asia/Shanghai`, rules `Shang` and `PRC`.
const CHINA_CHANGES: [i64; 29] = [
    -2_177_481_943,
    -1_600_675_200,
    -1_585_904_400,
    -933_667_200,
    -922_093_200,
    -908_870_400,
    -888_829_200,
    -881_049_600,
    -767_869_200,
    -745_833_600,
    -733_827_600,
    -716_889_600,
    -699_613_200,
    -683_884_800,
    -670_669_200,
    -652_348_800,
    -650_019_600,
    515_527_200,
    527_014_800,
    545_162_400,
    558_464_400,
    577_216_800,
    589_914_000,
    608_666_400,
    621_968_400,
    640_116_000,
    653_418_000,
    671_565_600,
    684_867_600,
];

/// Names with a fixed or known rule; compared without case, shown as spelled here (as PostgreSQL does).
const NAMES: [(&str, Rule); 20] = [
    ("UTC", Rule::Fixed(0)),
    ("GMT", Rule::Fixed(0)),
    ("Etc/UTC", Rule::Fixed(0)),
    ("Etc/GMT", Rule::Fixed(0)),
    ("Etc/UCT", Rule::Fixed(0)),
    ("Etc/Universal", Rule::Fixed(0)),
    ("Etc/Zulu", Rule::Fixed(0)),
    ("Etc/Greenwich", Rule::Fixed(0)),
    ("Etc/GMT0", Rule::Fixed(0)),
    ("GMT0", Rule::Fixed(0)),
    ("Greenwich", Rule::Fixed(0)),
    ("UCT", Rule::Fixed(0)),
    ("Universal", Rule::Fixed(0)),
    ("Zulu", Rule::Fixed(0)),
    ("Etc/GMT-8", Rule::Fixed(CHINA)),
    ("Asia/Shanghai", Rule::China),
    ("PRC", Rule::China),
    ("Asia/Chongqing", Rule::China),
    ("Asia/Chungking", Rule::China),
    ("Asia/Harbin", Rule::China),
];

/// By its name, which reads back as the same zone.
impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
        let name = String::deserialize(deserializer)?;
        TimeZone::parse(&name).ok_or_else(|| serde::de::Error::custom("a time zone that is not known"))
    }
}

impl Default for TimeZone {
    fn default() -> TimeZone {
        TimeZone::utc()
    }
}

impl TimeZone {
    /// Coordinated Universal Time.
    pub fn utc() -> TimeZone {
        TimeZone { name: "UTC".to_string(), rule: Rule::Fixed(0) }
    }

    /// Reads a value of the `TimeZone` setting: a known name; hours east of UTC as a number (`8`, `+08`, `-3.5`);
    /// or a POSIX offset, whose sign counts hours *west* (`UTC-8`, `<+08>-08`, and, as in PostgreSQL, `+08:00`).
    /// `None`: not known here, to be refused.
    pub fn parse(text: &str) -> Option<TimeZone> {
        let text = text.trim();
        if let Some((name, rule)) = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Some(TimeZone { name: name.to_string(), rule: *rule });
        }
        if let Some(seconds) = hours_east(text) {
            return Some(TimeZone { name: posix_name(seconds), rule: Rule::Fixed(seconds) });
        }
        if let Some(zone) = database::named(text) {
            return Some(TimeZone { name: zone.name().to_string(), rule: Rule::Database(zone) });
        }
        let seconds = -posix_seconds_west(text)?;
        Some(TimeZone { name: text.to_string(), rule: Rule::Fixed(seconds) })
    }

    /// What `SHOW timezone` prints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds east of UTC at an instant, given in seconds since 1970 UTC.
    pub fn offset_at(&self, utc_seconds: i64) -> i32 {
        match self.rule {
            Rule::Fixed(seconds) => seconds,
            Rule::China => china_offset(utc_seconds),
            Rule::Database(zone) => database::offset_at(zone, utc_seconds),
        }
    }

    /// What the `DateStyle`s other than ISO print behind a time: `CST`, `UTC`, `+08`, or nothing.
    pub fn abbreviation_at(&self, utc_seconds: i64) -> Cow<'_, str> {
        match self.rule {
            Rule::Database(zone) => database::abbreviation_at(zone, utc_seconds).into(),
            Rule::China => match self.offset_at(utc_seconds) {
                CHINA => "CST".into(),
                SHANGHAI_MEAN_TIME => "LMT".into(),
                _ => "CDT".into(),
            },
            Rule::Fixed(_) => self.fixed_abbreviation().into(),
        }
    }

    fn fixed_abbreviation(&self) -> &str {
        let known = NAMES.iter().any(|(name, _)| *name == self.name);
        match self.name.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((inside, _)) => inside,
            None if self.name == "Etc/GMT-8" => "+08",
            None if known && (self.name.contains("GMT") || self.name.contains("Greenwich")) => "GMT",
            None if known => "UTC",
            None => {
                let letters = self.name.bytes().take_while(u8::is_ascii_alphabetic).count();
                &self.name[..letters]
            }
        }
    }

    /// Seconds east of UTC for a wall clock, given in seconds since 1970 as if it were UTC. A time that happens twice
    /// is taken as standard time and one that never happens as before the change, as PostgreSQL takes them.
    pub fn offset_of_local(&self, local_seconds: i64) -> i32 {
        match self.rule {
            Rule::Fixed(seconds) => seconds,
            Rule::China => {
                let standard = china_offset(local_seconds - i64::from(CHINA));
                let summer = china_offset(local_seconds - i64::from(CHINA) - 3600);
                if standard == summer { standard } else { CHINA }
            }
            Rule::Database(zone) => database::offset_of_local(zone, local_seconds),
        }
    }
}

fn china_offset(utc_seconds: i64) -> i32 {
    if utc_seconds >= CHINA_CHANGES[CHINA_CHANGES.len() - 1] {
        return CHINA;
    }
    match CHINA_CHANGES.partition_point(|change| *change <= utc_seconds) {
        0 => SHANGHAI_MEAN_TIME,
        past if past % 2 == 1 => CHINA,
        _ => CHINA + 3600,
    }
}

/// A plain number of hours, positive to the east.
fn hours_east(text: &str) -> Option<i32> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.')) {
        return None;
    }
    let hours: f64 = text.parse().ok()?;
    (hours.abs() < 24.0).then(|| (hours * 3600.0).round() as i32)
}

/// How PostgreSQL names a zone that was given as a number.
fn posix_name(east: i32) -> String {
    let absolute = east.abs();
    let (h, m, s) = (absolute / 3600, absolute / 60 % 60, absolute % 60);
    let clock = match (m, s) {
        (0, 0) => format!("{h:02}"),
        (_, 0) => format!("{h:02}:{m:02}"),
        _ => format!("{h:02}:{m:02}:{s:02}"),
    };
    let (sign, opposite) = if east < 0 { ('-', '+') } else { ('+', '-') };
    format!("<{sign}{clock}>{opposite}{clock}")
}

/// `ABC+8`, `<+08>-08`, `-08:00`: seconds west of UTC.
fn posix_seconds_west(text: &str) -> Option<i32> {
    let offset = match text.strip_prefix('<') {
        Some(rest) => rest.split_once('>')?.1,
        None => {
            let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
            if letters != 0 && letters < 3 {
                return None;
            }
            &text[letters..]
        }
    };
    let (sign, clock) = match offset.as_bytes().first()? {
        b'-' => (-1, &offset[1..]),
        b'+' => (1, &offset[1..]),
        _ => (1, offset),
    };
    let mut parts = clock.split(':');
    let hours = two_digits(parts.next()?, 23)?;
    let minutes = parts.next().map_or(Some(0), |p| two_digits(p, 59))?;
    parts.next().is_none().then_some(sign * (hours * 3600 + minutes * 60))
}

fn two_digits(text: &str, most: i32) -> Option<i32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|n| *n <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and offsets as PostgreSQL 15 shows them for `SET timezone`.
    #[test]
    fn settings_read_as_postgresql_reads_them() {
        let cases = [
            ("+08", Some(("<+08>-08", 28_800))),
            ("8", Some(("<+08>-08", 28_800))),
            ("+08:00", Some(("+08:00", -28_800))),
            ("-08:00", Some(("-08:00", 28_800))),
            ("UTC+8", Some(("UTC+8", -28_800))),
            ("GMT-08:00", Some(("GMT-08:00", 28_800))),
            ("<+08>-08", Some(("<+08>-08", 28_800))),
            ("5.5", Some(("<+05:30>-05:30", 19_800))),
            ("-3", Some(("<-03>+03", -10_800))),
            ("prc", Some(("PRC", 28_800))),
            ("asia/shanghai", Some(("Asia/Shanghai", 28_800))),
            ("zulu", Some(("Zulu", 0))),
            ("Z", None),
            ("", None),
            ("+0800", None),
            ("99", None),
            ("Europe/Paris", Some(("Europe/Paris", 3_600))),
            ("asia/hong_kong", Some(("Asia/Hong_Kong", 28_800))),
            ("America/New_York", Some(("America/New_York", -18_000))),
            ("Asia/Kathmandu", Some(("Asia/Kathmandu", 20_700))),
            ("Etc/GMT+5", Some(("Etc/GMT+5", -18_000))),
            ("EST5EDT", Some(("EST5EDT", -18_000))),
            ("Nowhere/City", None),
            ("UTC+", None),
            ("<+08", None),
            ("北京", None),
        ];
        for (text, expected) in cases {
            let zone = TimeZone::parse(text);
            let shown = zone.as_ref().map(|z| (z.name(), z.offset_at(1_700_000_000)));
            assert_eq!(shown, expected, "{text:?}");
        }
    }

    #[test]
    fn abbreviations_are_postgresqls() {
        let cases = [
            ("PRC", 1_700_000_000, "CST"),
            ("PRC", 583_718_400, "CDT"),
            ("PRC", -3_000_000_000, "LMT"),
            ("UTC", 0, "UTC"),
            ("zulu", 0, "UTC"),
            ("gmt", 0, "GMT"),
            ("+08", 0, "+08"),
            ("UTC-8", 0, "UTC"),
            ("-08:00", 0, ""),
            ("Europe/Paris", 1_700_000_000, "CET"),
            ("America/New_York", 1_690_000_000, "EDT"),
            ("Asia/Singapore", 1_700_000_000, "+08"),
            ("Asia/Kathmandu", 1_700_000_000, "+0545"),
            ("America/Sao_Paulo", 1_700_000_000, "-03"),
        ];
        for (name, at, expected) in cases {
            assert_eq!(
                TimeZone::parse(name).map(|z| z.abbreviation_at(at).to_string()).as_deref(),
                Some(expected),
                "{name}"
            );
        }
    }

    #[test]
    fn china_keeps_its_summer_time_of_1986_to_1991() {
        let zone = TimeZone { name: "PRC".into(), rule: Rule::China };
        for (utc, offset) in [
            (583_718_400, 32_400),    // 1988-07-01
            (684_867_599, 32_400),    // the last second of the last summer time
            (684_867_600, 28_800),    // and the first after it
            (0, 28_800),              // 1970
            (-3_000_000_000, 29_143), // before 1901
        ] {
            assert_eq!(zone.offset_at(utc), offset, "{utc}");
            assert_eq!(zone.offset_of_local(utc + i64::from(offset) + 7_200), zone.offset_at(utc + 7_200), "{utc}");
        }
    }

    /// As PostgreSQL 15 reads `timestamptz 'TEXT Europe/Paris'` and writes it back.
    #[test]
    fn zones_of_the_database_change_when_postgresqls_do() {
        let zone = TimeZone::parse("Europe/Paris").expect("known");
        for (utc, offset) in [
            (1_679_792_399, 3_600),     // 2023-03-26 01:59:59
            (1_679_792_400, 7_200),     // 2023-03-26 03:00:00
            (1_698_541_199, 7_200),     // 2023-10-29 02:59:59, the first time
            (1_698_541_200, 3_600),     // 2023-10-29 02:00:00, the second time
            (-3_000_000_000, 561),      // local mean time
            (4_118_000_000, 7_200),     // 2100-06-30
            (95_617_584_000, 3_600),    // 5000-01-01
            (95_630_000_000, 7_200),    // 5000-05-24
            (9_223_000_000_000, 3_600), // beyond PostgreSQL's last day
            (-9_223_000_000_000, 561),  // and before its first
        ] {
            assert_eq!(zone.offset_at(utc), offset, "{utc}");
        }
        for (local, offset) in [
            (1_679_796_000 - 1, 3_600), // 01:59:59
            (1_679_797_800, 3_600),     // 02:30:00, which never was
            (1_679_799_600, 7_200),     // 03:00:00
            (1_698_546_600, 3_600),     // 02:30:00, which was twice
            (1_698_544_799, 7_200),     // 01:59:59
            (1_698_548_400, 3_600),     // 03:00:00
        ] {
            assert_eq!(zone.offset_of_local(local), offset, "{local}");
        }
    }
}
