//! `sluice preview --as USER ENTITY --by STEWARD`: what is there and what a person sees of it, side by side.
//!
//! Invariants: the rows are read by one statement of the steward's own, governed by her decision and on record under her
//! name, so nothing is shown that she could not read herself. She needs `explain: full`, and clear sight of every field
//! that a rule of the person reads. A field that is masked for her is masked on both sides.

mod print;
mod sql;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use sluice_base::{ClientError, Datum, Language, SqlState, TimeZone, ToClient};
use sluice_model::catalog::{Catalog, Entity};
use sluice_model::mask::MaskKeys;
use sluice_model::policy::{decide, explains_in_full};
use sluice_model::{Decision, Principal};
use sluice_plan::{Query, StatementKind};

use super::opened::{Opened, refusal};
use super::runner::{Answer, Runner, Task, text_of};
use super::{Format, failure, put};

/// What is to be shown.
#[derive(Debug, Clone, Default)]
pub struct PreviewOptions {
    /// The configuration.
    pub config: PathBuf,
    /// Login name of the person whose view is shown.
    pub user: String,
    /// Login name of the steward who looks.
    pub by: String,
    /// Entity, by id or label.
    pub entity: String,
    /// Rows at most.
    pub rows: u32,
    /// How it is printed.
    pub format: Format,
    /// Language of the words.
    pub language: Language,
}

/// The command's name in the audit.
const COMMAND: &str = "sluice preview";

/// How one field shows to the person.
pub(super) enum Shown {
    /// She sees what the steward sees.
    Same,
    /// It is not there for her.
    Hidden,
    /// It is masked for her.
    Masked,
    /// She sees totals alone.
    Totals,
    /// The steward sees no raw value, so neither side has one.
    NotRaw,
}

/// One field on both sides.
pub(super) struct Pair {
    pub original: Option<String>,
    pub seen: Option<String>,
}

/// Everything that is printed.
pub(super) struct Preview<'a> {
    pub entity: &'a Entity,
    pub person: &'a Decision,
    /// Positions of the fields, and how each shows.
    pub fields: Vec<(usize, Shown)>,
    pub rows: Vec<Vec<Pair>>,
}

/// Prints to `out`; refusals go to `err`.
pub async fn preview(options: &PreviewOptions, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let opened = match Opened::open(&options.config).await {
        Ok(opened) => opened,
        Err(problem) => return problem.tell(err),
    };
    let people = opened.person(&options.user).and_then(|person| Ok((person, opened.person(&options.by)?)));
    let (person, steward) = match people {
        Ok(people) => people,
        Err(problem) => return failure(err, &problem),
    };
    let runner = match Runner::open(&opened) {
        Ok(runner) => runner,
        Err(problem) => return failure(err, &problem),
    };
    let outcome = looked_at(&opened, &runner, &person, &steward, options).await;
    if let Err(Refused::Told(error)) = &outcome {
        runner.refuse(COMMAND, &steward, &format!("preview {} as {}", options.entity, options.user), error);
    }
    runner.close();
    match outcome {
        Ok(text) => {
            put(out, &text);
            ExitCode::SUCCESS
        }
        Err(Refused::Told(error)) => {
            put(err, &refusal(&error, options.language));
            ExitCode::FAILURE
        }
        Err(Refused::Other(problem)) => failure(err, &problem),
    }
}

enum Refused {
    /// By the policies: on record, like a statement that is refused.
    Told(Box<ClientError>),
    Other(String),
}

fn refused(code: SqlState, en: impl Into<String>, zh: impl Into<String>) -> Refused {
    Refused::Told(Box::new(ClientError::new(code, en, zh)))
}

async fn looked_at(
    opened: &Opened,
    runner: &Runner<'_>,
    person: &Principal,
    steward: &Principal,
    options: &PreviewOptions,
) -> Result<String, Refused> {
    let snapshot = opened.snapshot();
    if !explains_in_full(steward, snapshot) {
        let (en, zh) = (
            format!("{} needs a grant of `explain: full` to see what others see", steward.user),
            format!("{} 需要 `explain: full` 授权才能查看他人所见", steward.user),
        );
        return Err(refused(SqlState::InsufficientPrivilege, en, zh));
    }
    let absent = || {
        let name = &options.entity;
        let (en, zh) = (format!("relation \"{name}\" does not exist"), format!("关系 \"{name}\" 不存在"));
        refused(SqlState::UndefinedTable, en, zh)
    };
    let index = find(&snapshot.catalog, &options.entity).ok_or_else(absent)?;
    let own = decide(steward, snapshot, index).ok_or_else(absent)?;
    let entity = &snapshot.catalog.entities[index];
    let Some(hers) = decide(person, snapshot, index) else {
        return Ok(print::nothing(entity, person, options));
    };
    if !hers.inherited.is_empty() {
        return Err(refused(
            SqlState::InsufficientPrivilege,
            "this person's rows follow those of another relation; look at that one",
            "该用户在此关系的行取决于另一个关系,请预览那个关系",
        ));
    }
    let fields = shown(entity, &own, &hers);
    let unseen =
        rule_fields(&hers).into_iter().find(|field| entity.fields[*field].hidden || !own.fields[*field].is_clear());
    if unseen.is_some() {
        return Err(refused(
            SqlState::InsufficientPrivilege,
            "a row rule of this person reads a field that the steward does not see clear",
            "该用户的行规则用到了管家看不到原值的字段",
        ));
    }
    let answer = read(opened, runner, steward, (index, &hers), &fields, options).await?;
    let keys = opened.config.mask_keys().map_err(|found| Refused::Other(super::report::errors(&found)))?;
    let rows = pairs(entity, &hers, &fields, &answer, &keys).map_err(Refused::Told)?;
    Ok(print::all(&Preview { entity, person: &hers, fields, rows }, options))
}

fn find(catalog: &Catalog, name: &str) -> Option<usize> {
    let bare = name.rsplit('.').next().unwrap_or(name);
    catalog.entities.iter().position(|entity| entity.names().any(|known| known == bare))
}

/// The fields that exist for the steward.
fn shown(entity: &Entity, own: &Decision, hers: &Decision) -> Vec<(usize, Shown)> {
    let of = |field: usize| {
        let (own, hers) = (&own.fields[field], &hers.fields[field]);
        let shown = match (own.is_clear(), hers.visible, &hers.mask) {
            (false, ..) => Shown::NotRaw,
            (true, true, _) if hers.aggregate_only.is_some() => Shown::Totals,
            (true, false, _) => Shown::Hidden,
            (true, true, Some(_)) => Shown::Masked,
            (true, true, None) => Shown::Same,
        };
        (field, shown)
    };
    sluice_plan::govern::listed_fields(entity, own).map(of).collect()
}

/// Every field that the person's row rule and the reach of her grants read.
fn rule_fields(decision: &Decision) -> BTreeSet<usize> {
    let covered = decision.fields.iter().filter_map(|field| field.covered_where.as_deref());
    let lighter = decision.fields.iter().filter_map(|field| field.lighter.as_ref()).map(|lighter| &lighter.rows);
    covered.chain(lighter).chain([&decision.rows]).flat_map(|rule| rule.fields()).collect()
}

/// The steward's rows that the person sees too: her fields, then a flag per field that a grant covers
/// in part, and one per field that is masked in part.
async fn read(
    opened: &Opened,
    runner: &Runner<'_>,
    steward: &Principal,
    (index, hers): (usize, &Decision),
    fields: &[(usize, Shown)],
    options: &PreviewOptions,
) -> Result<Answer, Refused> {
    let snapshot = opened.snapshot();
    let sql = sql::select(&snapshot.catalog, index, hers, fields, options.rows);
    let query = parsed(&sql, opened).map_err(Refused::Told)?;
    let text = format!("/* sluice preview as {} */ {sql}", options.user.replace("*/", ""));
    let task =
        Task { command: COMMAND, person: steward, snapshot, text: &text, query: &query, keep: options.rows as usize };
    // What the statement itself meets is on its own record.
    runner.run(task).await.map_err(|error| Refused::Other(refusal(&error, options.language)))
}

fn parsed(sql: &str, opened: &Opened) -> Result<Query, Box<ClientError>> {
    let statements = sluice_plan::parse(sql, &opened.config.limits).map_err(|error| Box::new(error.to_client()))?;
    match statements.into_iter().next().map(|statement| statement.kind) {
        Some(StatementKind::Query(query)) => Ok(query),
        _ => Err(Box::new(ClientError::internal("preview"))),
    }
}

fn pairs(
    entity: &Entity,
    hers: &Decision,
    fields: &[(usize, Shown)],
    answer: &Answer,
    keys: &MaskKeys,
) -> Result<Vec<Vec<Pair>>, Box<ClientError>> {
    let mut rows = Vec::new();
    for row in &answer.rows {
        let (own, flags) = row.split_at(fields.len().min(row.len()));
        let mut flags = flags.iter();
        let mut pairs = Vec::new();
        for ((field, shown), (original, column)) in fields.iter().zip(own.iter().zip(&answer.columns)) {
            let outcome = &hers.fields[*field];
            let mut flag = || flags.next().and_then(|flag| flag.as_deref()) == Some("t");
            let covered = outcome.covered_where.is_none() || flag();
            let mask = match &outcome.lighter {
                Some(lighter) if flag() => &lighter.mask,
                _ => &outcome.mask,
            };
            let seen = match (shown, covered, mask) {
                (Shown::Hidden | Shown::Totals, ..) => None,
                (Shown::NotRaw, ..) | (Shown::Same, true, _) => original.clone(),
                (_, false, _) => None,
                (Shown::Masked, true, Some(applied)) => {
                    let sql_type = &entity.fields[*field].sql_type;
                    let masked = applied.mask.apply(&value(original, sql_type), sql_type, keys);
                    text_of(masked, column)?
                }
                (Shown::Masked, true, None) => original.clone(),
            };
            pairs.push(Pair { original: original.clone(), seen });
        }
        rows.push(pairs);
    }
    Ok(rows)
}

/// A cell as a value of its type; what cannot be read is NULL, which a mask shows as nothing.
fn value(text: &Option<String>, sql_type: &sluice_base::SqlType) -> Datum {
    let Some(text) = text else { return Datum::Null };
    crate::session::parameter::coerce(&Datum::Text(text.clone()), sql_type, &TimeZone::default()).unwrap_or(Datum::Null)
}
