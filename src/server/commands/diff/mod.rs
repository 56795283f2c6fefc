//! `sluice diff OLD NEW`: what two policy sets allow otherwise, for whom, and which statements of the audit log that
//! would have changed.
//!
//! Invariant: a gain that nobody named in `--expect` ends with exit code 1; where it cannot be told whether something
//! is gained, it is taken for a gain. Only `--sample` touches data, on record.

mod change;
mod expect;
mod implies;
mod log;
mod people;
mod print;
mod replay;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use sluice_base::Language;
use sluice_model::diagnostic::Diagnostic;
use sluice_model::policy::{Reworded, Worded};
use sluice_model::{Principal, Snapshot};
use sluice_plan::StatementKind;

use super::opened::Opened;
use super::report::errors;
use super::runner::{Runner, Task};
use super::{Format, failure, put};
use crate::config::read_folder;

pub use change::{Change, Effect};
pub use expect::Expectations;
pub use people::Group;
pub use replay::{Differs, Replayed};

/// What is to be compared.
#[derive(Debug, Clone, Default)]
pub struct DiffOptions {
    /// The configuration: catalog, users, sources.
    pub config: PathBuf,
    /// Folder of the policies as they were.
    pub old: PathBuf,
    /// Folder of the policies as they are to be.
    pub new: PathBuf,
    /// Directory of an audit log whose statements are decided again.
    pub replay: Option<PathBuf>,
    /// File of the gains that are meant.
    pub expect: Option<PathBuf>,
    /// Changed statements of which rows are counted on the sources.
    pub sample: usize,
    /// How it is printed.
    pub format: Format,
    /// Language of the words.
    pub language: Language,
}

/// Two policy sets over one catalog.
pub struct Pair {
    /// As it was.
    pub old: Snapshot,
    /// As it is to be.
    pub new: Snapshot,
}

/// Rows of a statement under both sets; an SQLSTATE where it is refused.
pub(super) struct Sampled {
    pub user: String,
    pub statement: String,
    pub before: String,
    pub after: String,
}

/// Everything that is printed.
#[derive(Default)]
pub(super) struct Difference {
    pub old_id: String,
    pub new_id: String,
    pub people: Vec<Group>,
    /// What may give something that nobody here would notice.
    pub unfelt: Vec<Reworded>,
    pub replayed: Option<Replayed>,
    pub sampled: Vec<Sampled>,
    /// Gains that nobody expects: who and what.
    pub unexpected: Vec<(String, String)>,
    /// Expectations that named nothing.
    pub unmet: Vec<Diagnostic>,
}

/// Compares and prints to `out`.
pub async fn diff(options: &DiffOptions, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let opened = match Opened::open(&options.config).await {
        Ok(opened) => opened,
        Err(problem) => return problem.tell(err),
    };
    let read = pair(&opened, options).and_then(|pair| Ok((pair, expectations(options.expect.as_deref())?)));
    let (pair, expected) = match read {
        Ok(read) => read,
        Err(found) => {
            put(err, &errors(&found));
            return ExitCode::FAILURE;
        }
    };
    match compared(&opened, pair, expected, options).await {
        Ok(difference) => {
            put(out, &print::all(&difference, options));
            if difference.unexpected.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) => failure(err, &problem),
    }
}

/// Loads both sets over the configuration's catalog and organisation tree.
fn pair(opened: &Opened, options: &DiffOptions) -> Result<Pair, Vec<Diagnostic>> {
    let current = opened.snapshot();
    let load = |folder: &Path, epoch: u64| {
        let policies = sluice_model::policy::load(&read_folder(folder)?, &current.catalog)?;
        Ok::<_, Vec<Diagnostic>>(Snapshot { epoch, policies: Arc::new(policies), ..Snapshot::clone(current) })
    };
    Ok(Pair { old: load(&options.old, 1)?, new: load(&options.new, 2)? })
}

fn expectations(path: Option<&Path>) -> Result<Expectations, Vec<Diagnostic>> {
    let Some(path) = path else { return Ok(Expectations::default()) };
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Expectations::read(&file, &text),
        Err(error) => {
            let message = format!("cannot be read: {error}");
            Err(vec![Diagnostic { file, line: 0, column: 0, code: "unreadable-file", message, hint: None }])
        }
    }
}

async fn compared(
    opened: &Opened,
    pair: Pair,
    mut expected: Expectations,
    options: &DiffOptions,
) -> Result<Difference, String> {
    let users = opened.current.users.clone();
    let mut difference = Difference {
        old_id: pair.old.policies.id.clone(),
        new_id: pair.new.policies.id.clone(),
        people: people::differences(&pair, &users),
        unfelt: people::unfelt(&pair, &users),
        ..Difference::default()
    };
    if let Some(directory) = &options.replay {
        let log = log::read(directory, &opened.config.limits).map_err(|error| error.to_string())?;
        difference.replayed = Some(replay::replay(&pair, &users, log, &opened.config));
    }
    if let Some(replayed) = difference.replayed.as_ref().filter(|_| options.sample > 0) {
        difference.sampled = sampled(opened, &pair, replayed, options.sample).await?;
    }
    let mut gained: Vec<(String, String)> = Vec::new();
    for group in &difference.people {
        for change in group.changes.iter().filter(|change| change.effect.gains()) {
            gained.extend(group.who.iter().map(|who| (who.clone(), change.what.clone())));
        }
    }
    for differs in difference.replayed.iter().flat_map(|replayed| &replayed.differs) {
        let gains = differs.changes.iter().filter(|change| change.effect.gains());
        gained.extend(gains.map(|change| (differs.user.clone(), change.what.clone())));
    }
    gained.extend(difference.unfelt.iter().map(|reworded| ("*".to_string(), named(reworded))));
    gained.sort();
    gained.dedup();
    gained.retain(|(who, what)| !expected.names(who, what));
    (difference.unexpected, difference.unmet) = (gained, expected.unmet());
    Ok(difference)
}

/// A rule, role or zone as `--expect` names it.
fn named(reworded: &Reworded) -> String {
    let kind = match reworded.kind {
        Worded::Grant | Worded::Narrowing => "rule",
        Worded::Role => "role",
        Worded::Zone => "zone",
    };
    format!("{kind} {}", reworded.id)
}

/// Counts the rows of the first statements that differ, under both sets.
async fn sampled(opened: &Opened, pair: &Pair, replayed: &Replayed, most: usize) -> Result<Vec<Sampled>, String> {
    let runner = Runner::open(opened)?;
    let mut found = Vec::new();
    for differs in replayed.differs.iter().take(most) {
        let before = rows_of(opened, &runner, &differs.sides.0, &pair.old, &differs.statement).await;
        let after = rows_of(opened, &runner, &differs.sides.1, &pair.new, &differs.statement).await;
        let (user, statement) = (differs.user.clone(), differs.statement.clone());
        found.push(Sampled { user, statement, before, after });
    }
    runner.close();
    Ok(found)
}

async fn rows_of(opened: &Opened, runner: &Runner<'_>, person: &Principal, snapshot: &Snapshot, text: &str) -> String {
    let statement = sluice_plan::parse(text, &opened.config.limits).ok().and_then(|all| all.into_iter().next());
    let kind = statement.map(|statement| statement.kind);
    let query = match &kind {
        Some(StatementKind::Query(query) | StatementKind::CopyOut { query, .. }) => query,
        // The others show no rows, or rows for which the record has no parameters.
        _ => return "-".to_string(),
    };
    if opened.has_parameters(query, person, snapshot) {
        return "-".to_string();
    }
    let task = Task { command: "sluice diff", person, snapshot, text, query, keep: 0 };
    match runner.run(task).await {
        Ok(answer) => answer.count.to_string(),
        Err(error) => error.code.code().to_string(),
    }
}
