//! All settings by name: those of [`definitions`](super::definitions), and the others that PostgreSQL 15 has, which
//! monitoring tools read, with its defaults.
//!
//! Invariant: a value in `postgres.tsv` is PostgreSQL's own and tells nothing of this server. Settings that PostgreSQL
//! shows to no ordinary user are listed by `sluice_system`, and not shown either.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::definitions::{Change, DEFINITIONS, Definition, Kind, Unit};

/// Name, who may change it, kind, unit, value, bounds, words.
const LINES: &str = include_str!("postgres.tsv");

const DESCRIPTION: &str = "PostgreSQL's default; nothing depends on it here.";

static ALL: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    let mut all: Vec<Definition> = DEFINITIONS.iter().copied().chain(LINES.lines().filter_map(read)).collect();
    all.sort_by_cached_key(|definition| definition.name.to_ascii_lowercase());
    all
});

static BY_NAME: LazyLock<HashMap<String, &'static Definition>> =
    LazyLock::new(|| ALL.iter().map(|definition| (definition.name.to_ascii_lowercase(), definition)).collect());

fn read(line: &'static str) -> Option<Definition> {
    let cells: Vec<&'static str> = line.split('\t').collect();
    let [name, change, kind, unit, default, min, max, words] = cells.as_slice() else { return None };
    let kind = match *kind {
        "bool" => Kind::Bool,
        "integer" => Kind::Int(min.parse().ok()?, max.parse().ok()?, Unit::named(unit)),
        "real" if *unit == "ms" => Kind::Span(min.parse().ok()?, max.parse().ok()?),
        "real" => Kind::Real(min.parse().ok()?, max.parse().ok()?),
        // Read once, kept for good.
        "enum" => Kind::Words(words.split(',').collect::<Vec<_>>().leak()),
        "string" => Kind::Text,
        _ => return None,
    };
    let change = match *change {
        "user" => Change::Session,
        "internal" => Change::Never,
        "restart" => Change::Restart,
        "reload" => Change::Reload,
        "start" => Change::Start,
        "superuser" => Change::Superuser,
        _ => return None,
    };
    Some(Definition { name, kind, default, change, reported: false, description: DESCRIPTION })
}

/// All settings, sorted by name without regard to case.
pub fn all() -> &'static [Definition] {
    &ALL
}

/// The setting of a name, which may be spelled in any case; `TIME ZONE` and other SQL spellings too.
pub fn find(name: &str) -> Option<&'static Definition> {
    let lower = name.to_ascii_lowercase();
    let plain = match lower.as_str() {
        "time zone" => "timezone",
        "names" => "client_encoding",
        "transaction isolation level" | "transaction_isolation_level" => "transaction_isolation",
        "session authorization" => "session_authorization",
        other => other,
    };
    BY_NAME.get(plain).copied()
}

/// True for a setting that PostgreSQL shows to superusers only.
pub fn is_withheld(definition: &Definition) -> bool {
    sluice_system::WITHHELD_SETTINGS.contains(&definition.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_no_name_stands_twice() {
        assert_eq!(LINES.lines().filter_map(read).count(), LINES.lines().count());
        assert_eq!(BY_NAME.len(), ALL.len());
        assert!(ALL.len() > 350, "{}", ALL.len());
        for name in sluice_system::WITHHELD_SETTINGS {
            assert!(find(name).is_some_and(is_withheld), "{name}");
        }
    }

    #[test]
    fn what_a_session_may_set_has_a_valid_default() {
        for definition in LINES.lines().filter_map(read).filter(|definition| definition.change == Change::Session) {
            let kept = super::super::values::read(&definition, definition.default, definition.default);
            assert_eq!(kept.as_deref(), Ok(definition.default), "{}", definition.name);
        }
    }
}
