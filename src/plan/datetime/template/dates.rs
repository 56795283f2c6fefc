//! Dates, times and intervals written by a template.

use std::fmt::Write;

use super::super::calendar::{
    Clock, HOUR, MINUTE, SECOND, UNIX_JULIAN, day_of_year, iso_week, iso_week_start, weekday,
};
use super::super::fault::DatetimeFault as Fault;
use super::super::read::MONTHS;
use super::{Node, Ordinal, nodes};
use sluice_base::Interval;

const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
pub(super) const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// What is written: a local time, with the seconds that its zone lies east and the zone's short name; or an interval.
pub(in super::super) enum Moment<'a> {
    Local { stamp: i64, zone: Option<(i32, &'a str)> },
    Span(Interval),
}

/// The fields that patterns write.
struct Fields<'a> {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    /// Days since 1970; `None` for an interval.
    days: Option<i64>,
    day_of_year: i64,
    offset: i32,
    zone: &'a str,
}

impl<'a> Fields<'a> {
    fn of(moment: Moment<'a>) -> Fields<'a> {
        match moment {
            Moment::Local { stamp, zone } => {
                let clock = Clock::of(stamp);
                let (offset, zone) = zone.unwrap_or((0, ""));
                Fields {
                    year: clock.date.year,
                    month: clock.date.month,
                    day: clock.date.day,
                    hour: clock.hour,
                    minute: clock.minute,
                    second: clock.second,
                    micros: clock.micros,
                    days: Some(clock.days),
                    day_of_year: day_of_year(clock.days),
                    offset,
                    zone,
                }
            }
            Moment::Span(span) => Fields {
                year: i64::from(span.months / 12),
                month: i64::from(span.months % 12),
                day: i64::from(span.days),
                hour: span.micros / HOUR,
                minute: span.micros % HOUR / MINUTE,
                second: span.micros % MINUTE / SECOND,
                micros: span.micros % SECOND,
                days: None,
                day_of_year: i64::from(span.months) * 30 + i64::from(span.days),
                offset: 0,
                zone: "",
            },
        }
    }

    /// Days since 1970, which an interval has none of.
    fn calendar(&self) -> Result<i64, Fault> {
        self.days.ok_or(Fault::TemplateInterval)
    }

    /// The year as it is written: before Christ it is counted from 1.
    fn shown_year(&self, year: i64) -> i64 {
        if self.days.is_some() && year <= 0 { 1 - year } else { year }
    }

    fn iso(&self) -> Result<(i64, i64), Fault> {
        self.calendar().map(iso_week)
    }
}

/// Writes a moment.
pub(in super::super) fn write_date(moment: Moment, template: &str) -> Result<String, Fault> {
    let fields = Fields::of(moment);
    let mut out = String::new();
    for node in nodes(template)? {
        match node {
            Node::Char(letter) | Node::Space(letter) | Node::Separator(letter) => out.push(letter),
            Node::Pattern { name, fill, localized, ordinal } => {
                put(&mut out, &fields, name, Style { fill, localized, ordinal })?;
            }
        }
    }
    Ok(out)
}

#[derive(Clone, Copy)]
struct Style {
    fill: bool,
    localized: bool,
    ordinal: Option<Ordinal>,
}

/// Writes a number of at least so many digits, one more where it is negative.
fn number(out: &mut String, value: i64, width: usize, style: Style) {
    let width = if style.fill { 0 } else { width + usize::from(value < 0) };
    let text = format!("{value:0width$}");
    out.push_str(&text);
    if let Some(ordinal) = style.ordinal {
        out.push_str(ordinal.of(&text));
    }
}

/// A name in the case of the pattern, with blanks up to a width.
fn name(out: &mut String, lower: &str, pattern: &str, width: usize, style: Style) {
    let mut letters = pattern.chars();
    let (first, second) = (letters.next().unwrap_or('a'), letters.next().unwrap_or('a'));
    let text = match (first.is_ascii_uppercase(), second.is_ascii_uppercase()) {
        (true, true) => lower.to_ascii_uppercase(),
        (true, false) => lower[..1].to_ascii_uppercase() + &lower[1..],
        (false, _) => lower.to_string(),
    };
    let width = if style.fill || style.localized { 0 } else { width };
    let _ = write!(out, "{text:width$}");
}

fn put(out: &mut String, f: &Fields, pattern: &str, style: Style) -> Result<(), Fault> {
    match pattern.to_ascii_uppercase().as_str() {
        "HH24" => number(out, f.hour, 2, style),
        "HH" | "HH12" => number(out, if f.hour % 12 == 0 { 12 } else { f.hour % 12 }, 2, style),
        "MI" => number(out, f.minute, 2, style),
        "SS" => number(out, f.second, 2, style),
        "MS" => number(out, f.micros / 1_000, 3, Style { fill: false, ..style }),
        "US" => number(out, f.micros, 6, Style { fill: false, ..style }),
        fraction if fraction.starts_with("FF") => {
            let digits = fraction[2..].parse::<u32>().unwrap_or(6);
            number(out, f.micros / 10i64.pow(6 - digits), digits as usize, Style { fill: false, ..style });
        }
        "SSSS" | "SSSSS" => number(out, f.hour * 3_600 + f.minute * 60 + f.second, 0, style),
        "TZ" | "TZH" | "TZM" | "OF" => zone(out, f, pattern, style)?,
        "AM" | "PM" | "A.M." | "P.M." => {
            let late = f.hour % 24 >= 12;
            half(out, pattern, if late { "p" } else { "a" }, "m");
        }
        "AD" | "BC" | "A.D." | "B.C." => {
            f.calendar()?;
            match f.year <= 0 {
                true => half(out, pattern, "b", "c"),
                false => half(out, pattern, "a", "d"),
            }
        }
        "RM" => {
            let month = usize::try_from(f.month - 1).ok().and_then(|at| ROMAN.get(at));
            let month = month.ok_or(Fault::TemplatePattern("RM"))?;
            let text = if pattern == "rm" { month.to_ascii_lowercase() } else { month.to_string() };
            let width = if style.fill { 0 } else { 4 };
            let _ = write!(out, "{text:width$}");
        }
        "MM" => number(out, f.month, 2, style),
        "Q" if f.month == 0 => {}
        "Q" => number(out, (f.month - 1) / 3 + 1, 0, style),
        "DDD" => number(out, f.day_of_year, 3, style),
        "DD" => number(out, f.day, 2, style),
        "WW" => number(out, (f.day_of_year - 1) / 7 + 1, 2, style),
        "W" => number(out, (f.day - 1) / 7 + 1, 0, style),
        "CC" => century(out, f, style),
        year if year.starts_with(['Y', 'I']) && !matches!(year, "ID" | "IDDD" | "IW") => put_year(out, f, year, style)?,
        day => put_day(out, f, day, pattern, style)?,
    }
    Ok(())
}

/// `AM`, `p.m.`, `BC`, ...
fn half(out: &mut String, pattern: &str, first: &str, second: &str) {
    let text = if pattern.contains('.') { format!("{first}.{second}.") } else { format!("{first}{second}") };
    let upper = pattern.starts_with(|c: char| c.is_ascii_uppercase());
    out.push_str(&if upper { text.to_ascii_uppercase() } else { text });
}

fn zone(out: &mut String, f: &Fields, pattern: &str, style: Style) -> Result<(), Fault> {
    f.calendar()?;
    let sign = if f.offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (f.offset.abs() / 3_600, f.offset.abs() % 3_600 / 60);
    match pattern {
        "TZ" => out.push_str(f.zone),
        "tz" => out.push_str(&f.zone.to_ascii_lowercase()),
        "TZH" | "tzh" => {
            let _ = write!(out, "{sign}{hours:02}");
        }
        "TZM" | "tzm" => {
            let _ = write!(out, "{minutes:02}");
        }
        _ => {
            let width = if style.fill { 0 } else { 2 };
            let _ = write!(out, "{sign}{hours:0width$}");
            if minutes != 0 {
                let _ = write!(out, ":{minutes:02}");
            }
        }
    }
    Ok(())
}

fn century(out: &mut String, f: &Fields, style: Style) {
    let century = match (f.days, f.year) {
        (None, year) => year / 100,
        (Some(_), year @ 1..) => (year - 1) / 100 + 1,
        (Some(_), year) => year / 100 - 1,
    };
    number(out, century, if century.abs() <= 99 { 2 } else { 0 }, style);
}

fn put_year(out: &mut String, f: &Fields, pattern: &str, style: Style) -> Result<(), Fault> {
    let year = if pattern.starts_with('I') { f.iso()?.0 } else { f.year };
    let year = f.shown_year(year);
    match pattern {
        "Y,YYY" => {
            let text = format!("{},{:03}", year / 1_000, year % 1_000);
            out.push_str(&text);
            if let Some(ordinal) = style.ordinal {
                out.push_str(ordinal.of(&text));
            }
        }
        "YYYY" | "IYYY" => number(out, year, 4, style),
        "YYY" | "IYY" => number(out, year % 1_000, 3, style),
        "YY" | "IY" => number(out, year % 100, 2, style),
        _ => number(out, year % 10, 1, style),
    }
    Ok(())
}

fn put_day(out: &mut String, f: &Fields, upper: &str, pattern: &str, style: Style) -> Result<(), Fault> {
    if upper == "FX" {
        return Ok(());
    }
    let days = f.calendar()?;
    let month = usize::try_from(f.month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("");
    let day = DAYS[weekday(days) as usize];
    match upper {
        "MONTH" => name(out, month, pattern, 9, style),
        "MON" => name(out, &month[..3], pattern, 0, style),
        "DAY" => name(out, day, pattern, 9, style),
        "DY" => name(out, &day[..3], pattern, 0, style),
        "D" => number(out, weekday(days) + 1, 0, style),
        "ID" => number(out, (weekday(days) + 6) % 7 + 1, 0, style),
        "IW" => number(out, iso_week(days).1, 2, style),
        "IDDD" => {
            let first = iso_week_start(iso_week(days).0, 1);
            number(out, days - first + 1, 3, style);
        }
        "J" => number(out, days + UNIX_JULIAN, 0, style),
        _ => return Err(Fault::TemplatePattern("of this name")),
    }
    Ok(())
}
