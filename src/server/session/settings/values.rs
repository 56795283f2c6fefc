//! Reading and showing values of settings.
//!
//! Invariant: what is kept is normal: `on`/`off`, numbers in the base unit, names in their own spelling. Two spellings
//! of one value are kept as one text.

use sluice_base::{Encoding, TimeZone};

use super::SettingError;
use super::definitions::{Definition, Kind, Unit, bound};

/// Longest value of a setting, bytes.
const VALUE_BYTES_MAX: usize = 8 << 10;

/// The normal form of a value given by the client. `current` is what stands now (`DateStyle` changes in part).
pub(super) fn read(definition: &Definition, value: &str, current: &str) -> Result<String, SettingError> {
    if definition.kind == Kind::Bool && boolean(value).is_none() {
        return Err(SettingError::NotBoolean(definition.name.to_string()));
    }
    let invalid = || SettingError::Invalid {
        name: definition.name.to_string(),
        value: value.chars().take(100).collect(),
        allowed: allowed(definition.kind),
    };
    if value.len() > VALUE_BYTES_MAX || value.contains('\0') {
        return Err(invalid());
    }
    match definition.kind {
        Kind::Bool => boolean(value).map(|on| if on { "on" } else { "off" }.to_string()),
        Kind::Int(min, max, unit) => match number(value, unit) {
            Some(number) if !(min..=max).contains(&number) => {
                let unit = unit.name().map_or_else(String::new, |unit| format!(" {unit}"));
                return Err(outside(definition, format!("{number}{unit}"), format!("{min} .. {max}")));
            }
            number => number.map(|number| number.to_string()),
        },
        Kind::Real(min, max) | Kind::Span(min, max) => {
            match value.trim().parse::<f64>().ok().filter(|number| !number.is_nan()) {
                Some(number) if !(min..=max).contains(&number) => {
                    return Err(outside(definition, number.to_string(), format!("{} .. {}", bound(min), bound(max))));
                }
                number => number.map(|number| number.to_string()),
            }
        }
        Kind::Words(words) => word(words, value),
        Kind::Text => Some(text(definition.name, value)),
        Kind::Locale => Some(value.trim()).filter(|name| is_locale(name)).map(str::to_string),
        Kind::DateStyle => date_style(value, current),
        Kind::TimeZone => time_zone(value),
        Kind::Encoding => encoding(value),
        Kind::Identifiers => identifiers(value).map(|names| join(&names)),
    }
    .ok_or_else(invalid)
}

/// The words a setting takes, for the hint.
fn allowed(kind: Kind) -> Option<String> {
    match kind {
        Kind::Words(words) => Some(words.join(", ")),
        Kind::Encoding => Some(Encoding::all().map(Encoding::name).collect::<Vec<_>>().join(", ")),
        Kind::Locale => Some("zh_CN, en_US".to_string()),
        Kind::Bool
        | Kind::Int(..)
        | Kind::Real(..)
        | Kind::Span(..)
        | Kind::Text
        | Kind::DateStyle
        | Kind::TimeZone
        | Kind::Identifiers => None,
    }
}

fn outside(definition: &Definition, value: String, range: String) -> SettingError {
    SettingError::OutOfRange { name: definition.name.to_string(), value, range }
}

/// Units of time, in milliseconds.
const TIMES: &[(i64, &str)] = &[(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
/// Units of memory, in bytes.
const SIZES: &[(i64, &str)] = &[(1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"), (1, "B")];

/// How much a unit is, and the units in which a client may speak of it; nothing for plain numbers.
fn measures(unit: Unit) -> Option<(i64, &'static [(i64, &'static str)])> {
    Some(match unit {
        Unit::None => return None,
        Unit::Ms => (1, TIMES),
        Unit::S => (1_000, TIMES),
        Unit::Min => (60_000, TIMES),
        Unit::B => (1, SIZES),
        Unit::Kb => (1 << 10, SIZES),
        Unit::Block => (8 << 10, SIZES),
        Unit::Mb => (1 << 20, SIZES),
    })
}

fn boolean(value: &str) -> Option<bool> {
    let lower = value.trim().to_ascii_lowercase();
    // PostgreSQL takes any unambiguous beginning of these words.
    let begins = |word: &str, least: usize| lower.len() >= least && word.starts_with(&lower);
    match lower.as_str() {
        "1" | "on" => Some(true),
        "0" => Some(false),
        _ if begins("true", 1) || begins("yes", 1) => Some(true),
        _ if begins("false", 1) || begins("no", 1) || begins("off", 2) => Some(false),
        _ => None,
    }
}

/// A whole number with an optional unit; a fraction is rounded to the base unit.
fn number(value: &str, unit: Unit) -> Option<i64> {
    let value = value.trim();
    let end = value.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(value.len());
    let (digits, suffix) = value.split_at(end);
    let factor = match suffix.trim() {
        "" => 1.0,
        suffix => {
            let (base, units) = measures(unit)?;
            let micros = (suffix == "us" && units == TIMES).then_some(0.001);
            let size = micros.or_else(|| units.iter().find(|(_, name)| *name == suffix).map(|(size, _)| *size as f64));
            size? / base as f64
        }
    };
    let number: f64 = digits.parse().ok()?;
    let scaled = (number * factor).round();
    (scaled.abs() <= 9e15).then_some(scaled as i64)
}

/// A number as `SHOW` prints it: in the largest unit that divides it.
pub(super) fn show(definition: &Definition, value: &str) -> String {
    let plain = || value.to_string();
    let unit = match definition.kind {
        Kind::Int(_, _, unit) => unit,
        Kind::Span(..) if value != "0" => return format!("{value}ms"),
        _ => return plain(),
    };
    let (Some((base, units)), Ok(number)) = (measures(unit), value.parse::<i64>()) else { return plain() };
    let Some(total) = number.checked_mul(base).filter(|total| *total > 0) else { return plain() };
    let unit = units.iter().find(|(size, _)| total % size == 0);
    unit.map_or_else(plain, |(size, name)| format!("{}{name}", total / size))
}

fn word(words: &[&'static str], value: &str) -> Option<String> {
    let value = value.trim();
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(value));
    let switch = || boolean(value).map(|on| if on { "on" } else { "off" });
    found.copied().or_else(|| switch().filter(|word| words.contains(word))).map(str::to_string)
}

/// A name such as `zh_CN.UTF-8`: a language alone where there are texts in it, or with a territory; `C`, `POSIX`.
fn is_locale(name: &str) -> bool {
    let base = name.split(['.', '@']).next().unwrap_or_default();
    let letters = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    match base.split_once(['_', '-']) {
        Some((language, territory)) => letters(language, 2) && (letters(territory, 2) || letters(territory, 4)),
        None => matches!(base.to_ascii_lowercase().as_str(), "c" | "posix" | "en" | "zh" | ""),
    }
}

fn text(name: &str, value: &str) -> String {
    if name == "application_name" {
        // As long as a name may be; control characters would let a client forge lines of a log.
        let printable = value.chars().map(|c| if c.is_control() { '?' } else { c });
        let mut kept = String::new();
        for c in printable {
            if kept.len() + c.len_utf8() > 63 {
                break;
            }
            kept.push(c);
        }
        return kept;
    }
    value.to_string()
}

fn date_style(value: &str, current: &str) -> Option<String> {
    let (mut style, mut order) = match current.split_once(", ") {
        Some((style, order)) => (style.to_string(), order.to_string()),
        None => ("ISO".to_string(), "MDY".to_string()),
    };
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.to_ascii_lowercase().as_str() {
            "iso" => style = "ISO".into(),
            "sql" => style = "SQL".into(),
            "postgres" | "postgresql" => style = "Postgres".into(),
            "german" => {
                style = "German".into();
                order = "DMY".into();
            }
            "ymd" => order = "YMD".into(),
            "dmy" | "euro" | "european" => order = "DMY".into(),
            "mdy" | "us" | "noneuro" | "noneuropean" => order = "MDY".into(),
            "default" => {
                style = "ISO".into();
                order = "MDY".into();
            }
            _ => return None,
        }
    }
    Some(format!("{style}, {order}"))
}

/// A zone in its own spelling; `DEFAULT` and `LOCAL` are the server's, UTC.
fn time_zone(value: &str) -> Option<String> {
    let value = value.trim();
    if value.eq_ignore_ascii_case("default") || value.eq_ignore_ascii_case("local") {
        return Some(TimeZone::utc().name().to_string());
    }
    TimeZone::parse(value).map(|zone| zone.name().to_string())
}

/// The encoding's own name. `UNICODE` stays, as in PostgreSQL, for old clients that ask whether they got it.
fn encoding(value: &str) -> Option<String> {
    let name = Encoding::named(value)?.name();
    Some(if value == "UNICODE" { value } else { name }.to_string())
}

/// Reads a list such as `retail, "零售", "$user"`.
pub(super) fn identifiers(list: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = list.trim();
    while !rest.is_empty() {
        let name;
        if let Some(quoted) = rest.strip_prefix(['"', '\'']) {
            let quote = rest.chars().next()?;
            (name, rest) = quoted_name(quoted, quote)?;
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            name = rest[..end].trim().to_lowercase();
            rest = &rest[end..];
            // `SET` hands over names without their quotes, blanks included.
            if name.is_empty() || name.contains('"') {
                return None;
            }
        }
        names.push(name);
        rest = rest.trim_start();
        match rest.strip_prefix(',') {
            Some(after) if !after.trim().is_empty() => rest = after.trim_start(),
            Some(_) => return None,
            None if rest.is_empty() => {}
            None => return None,
        }
    }
    Some(names)
}

fn quoted_name(text: &str, quote: char) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let end = rest.find(quote)?;
        name.push_str(&rest[..end]);
        rest = &rest[end + quote.len_utf8()..];
        match rest.strip_prefix(quote) {
            Some(after) => {
                name.push(quote);
                rest = after;
            }
            None => return Some((name, rest)),
        }
    }
}

/// Writes a list of identifiers, each quoted where it must be.
pub(super) fn join(names: &[String]) -> String {
    let spell = |name: &String| {
        let plain =
            |c: char| c.is_lowercase() || c.is_ascii_digit() || c == '_' || (!c.is_ascii() && c.is_alphabetic());
        let bare = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
        if bare && !name.is_empty() { name.clone() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
    };
    names.iter().map(spell).collect::<Vec<_>>().join(", ")
}
