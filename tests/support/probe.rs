//! What `sluice_probe` was given: builds for tests have a function that notes its values.
//!
//! A label is the person, a space, and `table.column`; statements put the column's own value beside it. Whatever was noted
//! must be a value that the person may know of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::attack_world::{Table, World};
use super::sluice::{Settings, Sluice};

fn file(settings: &Settings) -> PathBuf {
    settings.directory.join("probe")
}

/// Starts a server that notes what its probes are given.
pub fn start(settings: &Settings) -> Sluice {
    let place = format!("SLUICE_LEAK_PROBE={}", file(settings).to_str().expect("a plain path"));
    Sluice::start_under(settings, &["env", &place])
}

/// Whether the program has the function: one that was built for use has not.
pub fn is_there(sluice: &Sluice, user: &str) -> bool {
    sluice.login(user).simple("SELECT sluice_probe('', 1)").error.is_none()
}

/// How many different values the probes of a server saw, or those that somebody may not know.
pub fn seen(sluice: &Sluice, known: &BTreeMap<String, World>) -> Result<usize, String> {
    let text = std::fs::read_to_string(file(&sluice.settings)).unwrap_or_default();
    let lines: BTreeSet<&str> = text.lines().filter(|line| !line.starts_with('\t')).collect();
    let mut allowed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut leaks = Vec::new();
    for line in &lines {
        let (label, value) = line.split_once('\t').ok_or_else(|| format!("no note: {line:?}"))?;
        let values = allowed.entry(label).or_insert_with(|| values(label, known));
        if !values.contains(value) {
            leaks.push(*line);
        }
    }
    if leaks.is_empty() { Ok(lines.len()) } else { Err(format!("probes saw {} hidden values: {leaks:?}", leaks.len())) }
}

/// The values that a probe of the column may see, as they are noted: what the person may know of columns of that name.
/// (Where two columns are joined, the engine may ask of one what a statement asks of the other.)
fn values(label: &str, known: &BTreeMap<String, World>) -> BTreeSet<String> {
    let found = label.split_once(' ').and_then(|(user, column)| Some((known.get(user)?, column.split_once('.')?)));
    let Some((world, (table, column))) = found else { return BTreeSet::new() };
    let has = |table: &Table| table.columns.iter().position(|(name, _)| name == column);
    if world.get(table).is_none_or(|table| has(table).is_none()) {
        return BTreeSet::new();
    }
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")),
        other => Some(other.to_string()),
    };
    let columns = world.values().filter_map(|table| Some((table, has(table)?)));
    columns.flat_map(|(table, at)| table.rows.iter().filter_map(move |row| text(&row[at]))).collect()
}
