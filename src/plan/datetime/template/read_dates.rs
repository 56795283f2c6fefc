//! Dates and times read by a template (`DCH_from_char`, `do_to_timestamp`).

use sluice_base::TimeZone;

use super::super::calendar::{Civil, DAY, HOUR, MINUTE, SECOND, UNIX_JULIAN, iso_week_start};
use super::super::fault::DatetimeFault as Fault;
use super::super::read::MONTHS;
use super::super::{span, zone};
use super::dates::ROMAN;
use super::{Node, nodes};

/// What the text says; 0 stands for nothing, as in PostgreSQL.
#[derive(Debug, Default)]
struct Fields {
    hour: i64,
    pm: Option<bool>,
    twelve: bool,
    minute: i64,
    second: i64,
    of_day: i64,
    micros: i64,
    /// 1 is Sunday.
    weekday: i64,
    day: i64,
    day_of_year: i64,
    month: i64,
    year: i64,
    year_digits: usize,
    before_christ: Option<bool>,
    week: i64,
    week_of_month: i64,
    century: i64,
    julian: i64,
    iso: Option<bool>,
    zone_sign: i64,
    zone_hours: i64,
    zone_minutes: i64,
    zoned: bool,
}

/// Days since 1970.
pub(in super::super) fn read_date(text: &str, template: &str) -> Result<i64, Fault> {
    parsed(text, template)?.days()
}

/// Microseconds since 1970 UTC; the text tells the clock of the zone, or an offset.
pub(in super::super) fn read_moment(text: &str, template: &str, of: &TimeZone) -> Result<i64, Fault> {
    let fields = parsed(text, template)?;
    let local = span::in_range(fields.days()?.checked_mul(DAY).ok_or(Fault::Field)? + fields.time()?)?;
    if !fields.zoned {
        return zone::moment(local, of);
    }
    let east = fields.zone_sign * (fields.zone_hours * HOUR + fields.zone_minutes * MINUTE);
    span::in_range(local - east)
}

/// The text that is left, and how its blanks are treated.
struct Reader<'t> {
    rest: &'t str,
    fixed: bool,
    /// Blanks skipped beyond those that the template has.
    extra: i64,
}

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        let trimmed = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        self.extra += (self.rest.len() - trimmed.len()) as i64;
        self.rest = trimmed;
    }

    fn skip_one(&mut self) {
        let mut letters = self.rest.chars();
        letters.next();
        self.rest = letters.as_str();
    }

    /// A number of `length` digits; of as many as there are where nothing but a number's end can follow.
    fn number(&mut self, length: usize, open: bool) -> Result<(i64, usize), Fault> {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let start = self.rest;
        let field = if open {
            start
        } else {
            match start.char_indices().nth(length) {
                Some((end, _)) => &start[..end],
                None if start.chars().count() < length => return Err(Fault::Template),
                None => start,
            }
        };
        let sign = usize::from(field.starts_with(['-', '+']));
        let digits = field[sign..].bytes().take_while(u8::is_ascii_digit).count();
        let used = sign + digits;
        if digits == 0 || !open && used < length {
            return Err(Fault::Template);
        }
        let value: i64 = field[..used].parse().map_err(|_| Fault::Field)?;
        i32::try_from(value).map_err(|_| Fault::Field)?;
        self.rest = &start[used..];
        Ok((value, before - self.rest.len()))
    }

    /// The place of the first of some words that stands here, in any case.
    fn word(&mut self, words: &[&str]) -> Result<usize, Fault> {
        let here = |word: &&str| self.rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let at = words.iter().position(here).ok_or(Fault::Template)?;
        self.rest = &self.rest[words[at].len()..];
        Ok(at)
    }
}

fn parsed(text: &str, template: &str) -> Result<Fields, Fault> {
    let nodes = nodes(template)?;
    let mut reader = Reader { rest: text, fixed: false, extra: 0 };
    let mut fields = Fields::default();
    for (at, node) in nodes.iter().enumerate() {
        if reader.rest.is_empty() {
            break;
        }
        if !reader.fixed && (!matches!(node, Node::Char(_)) || at == 0) {
            reader.skip_blanks();
        }
        match node {
            Node::Space(_) | Node::Separator(_) if reader.fixed => reader.skip_one(),
            Node::Space(_) | Node::Separator(_) => {
                reader.extra -= 1;
                if reader.rest.starts_with(|c: char| c.is_ascii_whitespace() || c.is_ascii_punctuation()) {
                    reader.skip_one();
                    reader.extra += 1;
                }
            }
            Node::Char(_) if !reader.fixed && reader.extra > 0 => reader.extra -= 1,
            Node::Char(_) => reader.skip_one(),
            Node::Pattern { name, fill, ordinal, .. } => {
                let open = *fill || ordinal.is_some() || ends_number(nodes.get(at + 1));
                fields.read(&mut reader, name, open)?;
                if ordinal.is_some() && !is_word(name) {
                    reader.skip_one();
                    reader.skip_one();
                }
                if !reader.fixed {
                    reader.extra = 0;
                    reader.skip_blanks();
                }
            }
        }
    }
    Ok(fields)
}

/// Patterns of words; those of numbers may have an ordinal behind them.
fn is_word(name: &str) -> bool {
    const WORDS: [&str; 17] = [
        "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "DAY", "DY", "MONTH", "MON", "P.M.", "PM", "RM", "TZ", "OF", "FX",
        "TZH",
    ];
    WORDS.contains(&name.to_ascii_uppercase().as_str())
}

/// Whether what follows a number in the template cannot be another digit.
fn ends_number(next: Option<&Node>) -> bool {
    match next {
        None => true,
        Some(Node::Pattern { name, .. }) => is_word(name),
        Some(Node::Char(letter) | Node::Space(letter) | Node::Separator(letter)) => !letter.is_ascii_digit(),
    }
}

/// Puts a value where none stands yet; another one contradicts.
fn put(field: &mut i64, value: i64) -> Result<(), Fault> {
    if *field != 0 && *field != value {
        return Err(Fault::TemplateConflict);
    }
    *field = value;
    Ok(())
}

fn say(field: &mut Option<bool>, value: bool) -> Result<(), Fault> {
    if field.is_some_and(|said| said != value) {
        return Err(Fault::TemplateConflict);
    }
    *field = Some(value);
    Ok(())
}

/// Years of fewer than four digits are those next to 2020.
fn near(year: i64) -> i64 {
    match year {
        ..70 => year + 2_000,
        70..100 => year + 1_900,
        100..520 => year + 2_000,
        520..1_000 => year + 1_000,
        _ => year,
    }
}

impl Fields {
    fn read(&mut self, reader: &mut Reader, name: &str, open: bool) -> Result<(), Fault> {
        let upper = name.to_ascii_uppercase();
        match upper.as_str() {
            "IDDD" | "ID" | "IW" | "IYYY" | "IYY" | "IY" | "I" => say(&mut self.iso, true)?,
            "DDD" | "D" | "WW" | "YYYY" | "YYY" | "YY" | "Y" | "Y,YYY" | "MM" | "MON" | "MONTH" | "DD" | "CC" | "W"
            | "RM" => say(&mut self.iso, false)?,
            // Names of days and eras go with both.
            _ => {}
        }
        match upper.as_str() {
            "FX" => reader.fixed = true,
            "AM" | "PM" => self.half(reader, &["am", "pm"])?,
            "A.M." | "P.M." => self.half(reader, &["a.m.", "p.m."])?,
            "AD" | "BC" => self.era(reader, &["ad", "bc"])?,
            "A.D." | "B.C." => self.era(reader, &["a.d.", "b.c."])?,
            "MONTH" => put(&mut self.month, reader.word(&MONTHS)? as i64 + 1)?,
            "MON" => put(&mut self.month, reader.word(&MONTHS.map(|name| &name[..3]))? as i64 + 1)?,
            "RM" => {
                let mut by_length: Vec<usize> = (0..12).collect();
                by_length.sort_by_key(|at| std::cmp::Reverse(ROMAN[*at].len()));
                let words: Vec<&str> = by_length.iter().map(|at| ROMAN[*at]).collect();
                put(&mut self.month, by_length[reader.word(&words)?] as i64 + 1)?;
            }
            "DAY" => {
                let at =
                    reader.word(&["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"])?;
                put(&mut self.weekday, at as i64 + 1)?;
            }
            "DY" => {
                let at = reader.word(&["sun", "mon", "tue", "wed", "thu", "fri", "sat"])?;
                put(&mut self.weekday, at as i64 + 1)?;
            }
            "TZ" | "OF" => return Err(Fault::TemplatePattern("TZ or OF while reading")),
            "TZH" => {
                self.zoned = true;
                self.zone_sign = match reader.rest.as_bytes().first() {
                    Some(b'-') => -1,
                    _ => 1,
                };
                if reader.rest.starts_with(['-', '+']) {
                    reader.skip_one();
                }
                put(&mut self.zone_hours, reader.number(2, open)?.0)?;
            }
            "TZM" => {
                (self.zoned, self.zone_sign) = (true, if self.zone_sign == 0 { 1 } else { self.zone_sign });
                put(&mut self.zone_minutes, reader.number(2, open)?.0)?;
            }
            "Y,YYY" => {
                let (thousands, _) = reader.number(1, true)?;
                if !reader.rest.starts_with(',') {
                    return Err(Fault::Template);
                }
                reader.skip_one();
                put(&mut self.year, thousands * 1_000 + reader.number(3, false)?.0)?;
                self.year_digits = 4;
            }
            _ => self.read_number(reader, &upper, open)?,
        }
        Ok(())
    }

    fn half(&mut self, reader: &mut Reader, words: &[&str]) -> Result<(), Fault> {
        self.twelve = true;
        say(&mut self.pm, reader.word(words)? == 1)
    }

    fn era(&mut self, reader: &mut Reader, words: &[&str]) -> Result<(), Fault> {
        say(&mut self.before_christ, reader.word(words)? == 1)
    }

    fn read_number(&mut self, reader: &mut Reader, name: &str, open: bool) -> Result<(), Fault> {
        let length = match name {
            "HH12" | "HH24" | "HH" => 2,
            "MS" => 3,
            "US" => 6,
            "ID" => 1,
            fraction if fraction.starts_with("FF") => fraction[2..].parse().unwrap_or(6),
            other => other.len(),
        };
        let (value, used) = reader.number(length, open)?;
        // A fraction has as many places as were read.
        let places = |value: i64, most: u32| {
            let digits = u32::try_from(used).unwrap_or(6).min(most);
            value * 10i64.pow(6 - digits)
        };
        let field = match name {
            "HH" | "HH12" => {
                self.twelve = true;
                &mut self.hour
            }
            "HH24" => &mut self.hour,
            "MI" => &mut self.minute,
            "SS" => &mut self.second,
            "SSSS" | "SSSSS" => &mut self.of_day,
            "MS" => {
                self.micros += places(value, 3);
                return Ok(());
            }
            "US" => {
                self.micros += places(value, 6);
                return Ok(());
            }
            fraction if fraction.starts_with("FF") => {
                self.micros += places(value, 6);
                return Ok(());
            }
            "MM" => &mut self.month,
            "DD" => &mut self.day,
            "DDD" | "IDDD" => &mut self.day_of_year,
            "D" => &mut self.weekday,
            "ID" => return put(&mut self.weekday, if value + 1 > 7 { 1 } else { value + 1 }),
            "WW" | "IW" => &mut self.week,
            "W" => &mut self.week_of_month,
            "CC" => &mut self.century,
            "J" => &mut self.julian,
            "Q" => return Ok(()),
            "YYYY" | "IYYY" => {
                self.year_digits = 4;
                &mut self.year
            }
            "YYY" | "IYY" | "YY" | "IY" | "Y" | "I" => {
                self.year_digits = length;
                let year = if used < 4 { near(value) } else { value };
                return put(&mut self.year, year);
            }
            _ => return Err(Fault::TemplatePattern("of this name")),
        };
        put(field, value)
    }

    /// Microseconds since midnight.
    fn time(&self) -> Result<i64, Fault> {
        let (mut hour, mut minute, mut second) = (self.hour, self.minute, self.second);
        if self.of_day != 0 {
            (hour, minute, second) = (self.of_day / 3_600, self.of_day / 60 % 60, self.of_day % 60);
        }
        if self.twelve {
            if !(1..=12).contains(&hour) {
                return Err(Fault::Template);
            }
            hour = hour % 12 + if self.pm == Some(true) { 12 } else { 0 };
        }
        let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
        if !fits || !(0..SECOND).contains(&self.micros) {
            return Err(Fault::Field);
        }
        Ok(hour * HOUR + minute * MINUTE + second * SECOND + self.micros)
    }

    fn full_year(&self) -> i64 {
        if self.year == 0 {
            // The first year of the century.
            return match (self.century, self.before_christ == Some(true)) {
                (0, _) => 0,
                (century, true) => -century * 100 + 1,
                (century @ 1.., false) => (century - 1) * 100 + 1,
                (century, false) => century * 100 + 1,
            };
        }
        if self.century != 0 && self.year_digits <= 2 {
            let of_century = self.year % 100;
            let sign = if self.before_christ == Some(true) { -self.century } else { self.century };
            return match of_century {
                0 if sign >= 0 => sign * 100,
                _ if sign >= 0 => (sign - 1) * 100 + of_century,
                _ => sign * 100 + of_century + 1,
            };
        }
        let year = if self.before_christ == Some(true) { -self.year } else { self.year };
        if year < 0 { year + 1 } else { year }
    }

    /// Days since 1970.
    fn days(&self) -> Result<i64, Fault> {
        self.time()?;
        if self.julian != 0 {
            return Ok(self.julian - UNIX_JULIAN);
        }
        let year = self.full_year();
        let iso = self.iso == Some(true);
        let (mut month, mut day, mut of_year) = (self.month, self.day, self.day_of_year);
        if self.week != 0 && iso {
            let weekday = if self.weekday == 0 { 1 } else { self.weekday };
            let from_monday = if weekday == 1 && self.weekday != 0 { 6 } else { (weekday - 2).max(0) };
            return Ok(iso_week_start(year, self.week) + from_monday);
        }
        if self.week != 0 {
            of_year = (self.week - 1) * 7 + 1;
        }
        if self.week_of_month != 0 {
            day = (self.week_of_month - 1) * 7 + 1;
        }
        if of_year != 0 && (month <= 1 || day <= 1) {
            if year == 0 && self.before_christ != Some(true) {
                return Err(Fault::Template);
            }
            if iso {
                return Ok(iso_week_start(year, 1) + of_year - 1);
            }
            let length = if Civil::month_length(year, 2) == 29 { 366 } else { 365 };
            if !(1..=length).contains(&of_year) {
                return Err(Fault::Field);
            }
            return Ok(Civil { year, month: 1, day: 1 }.days() + of_year - 1);
        }
        (month, day) = (if month == 0 { 1 } else { month }, if day == 0 { 1 } else { day });
        let date = Civil { year, month, day };
        if date.exists() { Ok(date.days()) } else { Err(Fault::Field) }
    }
}
