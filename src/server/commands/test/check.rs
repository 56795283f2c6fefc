//! One case against the policies: what was decided, and on demand the rows.

use std::sync::Arc;

use sluice_base::{Bilingual, ClientError, Language, Limits, TimeZone, ToClient};
use sluice_model::allowance::{Bound, Limited};
use sluice_model::policy::{allowance, explains_in_full};
use sluice_model::{Principal, Snapshot};
use sluice_plan::govern::{field_name, usage_word};
use sluice_plan::{Explanation, Query, StatementKind};

use super::super::opened::{asker, govern, query_of};
use super::super::runner::{Runner, Task};
use super::case::{Case, Text};
use super::facts;
use crate::users::Users;

/// What cases run on.
pub struct Bench<'a> {
    /// Catalog and policies.
    pub snapshot: &'a Snapshot,
    /// The users file, where there is one.
    pub users: Option<&'a Users>,
    /// Bounds of statements.
    pub limits: &'a Limits,
}

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// File of the case.
    pub file: String,
    /// Line of what did not hold.
    pub line: u32,
    /// Name of the case.
    pub name: String,
    /// What did not hold, or could not be done.
    pub problem: Bilingual,
    /// What was expected.
    pub expected: Vec<String>,
    /// What there is.
    pub got: Vec<String>,
}

/// A case that has been decided.
pub(super) struct Decided {
    pub person: Principal,
    pub snapshot: Arc<Snapshot>,
    pub query: Query,
}

impl Bench<'_> {
    /// Checks the decision or the refusal of a case; reads no data.
    pub fn check(&self, case: &Case) -> Result<(), Box<Failure>> {
        self.decide(case).map(|_| ())
    }

    /// As [`Bench::check`]; gives what running the case takes, unless it was to be refused.
    pub(super) fn decide(&self, case: &Case) -> Result<Option<Decided>, Box<Failure>> {
        let impossible = |at: &Text, problem: String| Box::new(failure(case, at.line, &problem, &problem));
        let mut snapshot = self.snapshot.clone();
        if let Some(org) = &case.org {
            snapshot.org = Arc::new(facts::tree(&org.text).map_err(|problem| impossible(org, problem))?);
        }
        let person = facts::person(&case.person.text, self.users, &snapshot.policies)
            .map_err(|problem| impossible(&case.person, problem))?;
        if let Some(expected) = &case.limits {
            let bounds = allowance(&person, &snapshot).bounds;
            let line =
                |(limited, bound): (&Limited, &Bound)| format!("{} {} by {}", limited.word(), bound.value, bound.rule);
            same_lines(case, expected, bounds.iter().map(line).collect())?;
        }
        let (outcome, explains) = self.outcome(case, &person, &snapshot);
        match (outcome, &case.error) {
            (Err(error), Some(expected)) => same_error(case, expected, &error).map(|()| None),
            (Err(error), None) => Err(Box::new(Failure {
                expected: vec!["no error".to_string()],
                got: vec![told(&error)],
                ..failure(case, case.ask.line, "it is refused", "语句被拒绝")
            })),
            (Ok(_), Some(expected)) => Err(Box::new(Failure {
                expected: vec![expected.text.clone()],
                got: vec!["no error".to_string()],
                ..failure(case, expected.line, "it is not refused", "语句没有被拒绝")
            })),
            (Ok((query, lines)), None) => {
                if let Some(expected) = &case.decision {
                    same_lines(case, expected, explained(lines, explains))?;
                }
                Ok(Some(Decided { person, snapshot: Arc::new(snapshot), query }))
            }
        }
    }

    /// Query and decision lines, and for EXPLAIN whether rules are told.
    #[expect(clippy::type_complexity, reason = "an outcome and a flag")]
    fn outcome(
        &self,
        case: &Case,
        person: &Principal,
        snapshot: &Snapshot,
    ) -> (Result<(Query, Vec<String>), Box<ClientError>>, Option<bool>) {
        let refused = |error: sluice_plan::PlanError| Box::new(error.to_client());
        let statement = match sluice_plan::parse(&case.ask.text, self.limits) {
            Ok(statements) if statements.len() == 1 => statements.into_iter().next(),
            Ok(_) => None,
            Err(error) => return (Err(refused(error)), None),
        };
        let explains = statement
            .as_ref()
            .filter(|statement| matches!(statement.kind, StatementKind::Explain { .. }))
            .map(|_| explains_in_full(person, snapshot));
        let query = statement.as_ref().and_then(|statement| query_of(&statement.kind));
        let Some(query) = query else {
            let error = sluice_plan::PlanError::Unsupported("a case about anything but one query".to_string());
            return (Err(refused(error)), None);
        };
        let (path, timezone) = (crate::session::visible_path(person, snapshot), TimeZone::default());
        let governed = govern(query, &asker(person, snapshot, &path, self.limits, &timezone));
        let lines = governed.map(|governed| decision_lines(&Explanation::of(&governed), snapshot));
        (lines.map(|lines| (query.clone(), lines)).map_err(refused), explains)
    }
}

/// The decision in the form of a case: relations first, then the fields that the statement names.
fn decision_lines(explanation: &Explanation, snapshot: &Snapshot) -> Vec<String> {
    let entities = &snapshot.catalog.entities;
    let mut lines = Vec::new();
    for (index, decision) in &explanation.decisions {
        let entity = &entities[*index];
        let own: Vec<&str> = decision.grants.iter().chain(&decision.restrictions).map(String::as_str).collect();
        lines.push(format!("{} rows {} by {}", entity.id, decision.rows.describe(entity), own.join(", ")));
        for parent in &decision.inherited {
            let (of, rows) = (&entities[parent.entity], &parent.rows);
            let rules: Vec<&str> = parent.grants.iter().chain(&parent.restrictions).map(String::as_str).collect();
            let (id, edge, rules) = (&entity.id, &parent.relationship, rules.join(", "));
            lines.push(format!("{id} rows follow {edge}: {} by {rules}", rows.describe(of)));
        }
        for shadow in &decision.shadows {
            lines.push(format!("{} shadow {}: {}", entity.id, shadow.rule, shadow.changes.join(", ")));
        }
    }
    for field in &explanation.touched {
        let Some(outcome) = explanation.outcome(*field) else { continue };
        let entity = &entities[field.0];
        let name = field_name(entity, field.1, Language::En);
        let mut line = match &outcome.mask {
            _ if outcome.aggregate_only.is_some() => {
                format!("{name} totals {}", outcome.aggregate_only.unwrap_or_default())
            }
            Some(mask) => format!("{name} mask {} by {}", mask.mask, mask.rule),
            None => format!("{name} clear"),
        };
        if let Some(mask) = outcome.mask.as_ref().filter(|mask| usage_word(mask.usage) != "masked") {
            line.push_str(&format!(" use {}", usage_word(mask.usage)));
        }
        if let Some(lighter) = &outcome.lighter {
            line.push_str(&format!(" but {}", lighter.describe(entity)));
        }
        if let Some(covered) = &outcome.covered_where {
            line.push_str(&format!(" where {}", covered.describe(entity)));
        }
        lines.push(line);
    }
    for lookup in &explanation.lookups {
        lines.push(format!("{}.{} lookup", lookup.entity, lookup.field));
    }
    lines
}

fn explained(mut lines: Vec<String>, explains: Option<bool>) -> Vec<String> {
    match explains {
        Some(true) => lines.push("explain full".to_string()),
        Some(false) => lines.push("explain words".to_string()),
        None => {}
    }
    lines
}

/// Runs a decided case and compares its rows.
pub(super) async fn rows(case: &Case, decided: &Decided, runner: &Runner<'_>) -> Result<(), Box<Failure>> {
    /// Rows of a case that are compared.
    const ROWS_MAX: usize = 10_000;
    let Some(expected) = &case.rows else { return Ok(()) };
    let task = Task {
        command: "sluice test",
        person: &decided.person,
        snapshot: &decided.snapshot,
        text: &case.ask.text,
        query: &decided.query,
        keep: ROWS_MAX,
    };
    let answer = runner.run(task).await.map_err(|error| {
        Box::new(Failure {
            got: vec![told(&error)], ..failure(case, expected.line, "running it failed", "执行失败")
        })
    })?;
    let line = |row: &Vec<Option<String>>| {
        let cells: Vec<&str> = row.iter().map(|cell| cell.as_deref().unwrap_or("NULL")).collect();
        cells.join(" | ")
    };
    let got: Vec<String> = answer.rows.iter().map(line).collect();
    let wanted = if expected.text == "(none)" { Vec::new() } else { lines_of(expected) };
    if sorted(&wanted) == sorted(&got) {
        return Ok(());
    }
    Err(Box::new(Failure { expected: wanted, got, ..failure(case, expected.line, "the rows are others", "行不同") }))
}

fn failure(case: &Case, line: u32, en: &str, zh: &str) -> Failure {
    let (file, name, problem) = (case.file.clone(), case.name.clone(), Bilingual::new(en, zh));
    Failure { file, line, name, problem, expected: Vec::new(), got: Vec::new() }
}

fn told(error: &ClientError) -> String {
    format!("{} {}", error.code.code(), error.message.text(Language::En))
}

/// The SQLSTATE, and the text where the case gives one.
fn same_error(case: &Case, expected: &Text, error: &ClientError) -> Result<(), Box<Failure>> {
    let got = told(error);
    if expected.text == error.code.code() || expected.text == got {
        return Ok(());
    }
    let (expected_text, line) = (expected.text.clone(), expected.line);
    Err(Box::new(Failure {
        expected: vec![expected_text],
        got: vec![got],
        ..failure(case, line, "it is refused otherwise", "拒绝的原因不同")
    }))
}

/// Lines in any order, blanks apart.
fn same_lines(case: &Case, expected: &Text, got: Vec<String>) -> Result<(), Box<Failure>> {
    let wanted = if expected.text == "(none)" { Vec::new() } else { lines_of(expected) };
    if sorted(&wanted) == sorted(&got) {
        return Ok(());
    }
    Err(Box::new(Failure {
        expected: wanted,
        got,
        ..failure(case, expected.line, "the decision is another", "判定不同")
    }))
}

fn lines_of(text: &Text) -> Vec<String> {
    text.text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn sorted(lines: &[String]) -> Vec<String> {
    let mut lines: Vec<String> =
        lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.sort_unstable();
    lines
}
