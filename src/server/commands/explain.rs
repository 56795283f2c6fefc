//! `sluice explain --as USER SQL`: what a person would get, without running anything.
//!
//! Invariant: the statement goes the way of every other, so what is shown is what would be done; but nothing is
//! admitted, so nothing can be executed. Parameters get stand-ins of their types.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use sluice_base::{ClientError, Language, ToClient};
use sluice_model::allowance::Allowance;
use sluice_model::audit::Auditable;
use sluice_model::catalog::Catalog;
use sluice_model::policy::allowance;
use sluice_model::{FieldDecision, Principal};
use sluice_plan::govern::{field_name, usage_word};
use sluice_plan::{Explanation, Query, Statement, Telling};

use super::opened::{Opened, query_of, refusal};
use super::{Format, failure, put};

/// What is to be explained.
#[derive(Debug, Clone, Default)]
pub struct ExplainOptions {
    /// The configuration.
    pub config: PathBuf,
    /// Login name of the person.
    pub user: String,
    /// The statement.
    pub sql: String,
    /// How it is printed.
    pub format: Format,
    /// Language of the words.
    pub language: Language,
}

/// Explains to `out`; what is refused, and everything that is wrong, goes to `err` (in JSON a refusal goes to `out`).
pub async fn explain(options: &ExplainOptions, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let opened = match Opened::open(&options.config).await {
        Ok(opened) => opened,
        Err(problem) => return problem.tell(err),
    };
    let person = match opened.person(&options.user) {
        Ok(person) => person,
        Err(problem) => return failure(err, &problem),
    };
    let explained = explained(&opened, &person, options);
    match (explained, options.format) {
        (Ok(statements), format) => {
            let catalog = &opened.snapshot().catalog;
            put(out, &told(&statements, &person, catalog, format, options.language));
            // What was decided is told also where the statement would fail; the exit code says that it would.
            let runs = statements.iter().all(|(_, statement)| statement.runs());
            if runs { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        (Err(refused), Format::Text) => {
            put(err, &refusal(&refused, options.language));
            ExitCode::FAILURE
        }
        (Err(refused), Format::Json) => {
            let error = json!({"sqlstate": refused.code.code(), "message": refused.message.text(options.language)});
            put(out, &format!("{}\n", json!({"person": person_json(&person), "error": error})));
            ExitCode::FAILURE
        }
    }
}

fn told(
    statements: &[(String, Explained)],
    person: &Principal,
    catalog: &Catalog,
    format: Format,
    language: Language,
) -> String {
    match format {
        Format::Text => {
            let mut lines = vec![who(person, language)];
            for (text, statement) in statements {
                if statements.len() > 1 {
                    lines.push(format!("statement: {text}"));
                }
                lines.extend(statement.lines(catalog, language));
            }
            format!("{}\n", lines.join("\n"))
        }
        Format::Json => {
            let all: Vec<Value> = statements.iter().map(|(text, explained)| explained.json(text, catalog)).collect();
            format!("{}\n", json!({"person": person_json(person), "statements": all}))
        }
    }
}

/// What is said of one statement.
enum Explained {
    /// It reads relations of the catalog.
    Governed(Box<Governing>),
    /// It is answered from the system relations.
    System,
    /// It reads nothing.
    Command,
}

struct Governing {
    explanation: Explanation,
    decided: sluice_model::audit::Decided,
    allowance: Allowance,
    /// What the sources would be asked, and what would run here; or why it would be refused all the same.
    plan: Result<Vec<String>, Box<ClientError>>,
}

fn explained(
    opened: &Opened,
    person: &Principal,
    options: &ExplainOptions,
) -> Result<Vec<(String, Explained)>, Box<ClientError>> {
    let statements = sluice_plan::parse(&options.sql, &opened.config.limits);
    let statements = statements.map_err(|error| Box::new(error.to_client()))?;
    let one = |statement: &Statement| {
        let explained = match query_of(&statement.kind) {
            Some(query) if query.system_only() => Explained::System,
            Some(query) => Explained::Governed(Box::new(governing(opened, person, query)?)),
            None => Explained::Command,
        };
        Ok((statement.text.clone(), explained))
    };
    statements.iter().map(one).collect()
}

fn governing(opened: &Opened, person: &Principal, query: &Query) -> Result<Governing, Box<ClientError>> {
    let snapshot = opened.snapshot();
    let governed = opened.govern(query, person, snapshot)?;
    let (explanation, decided) = (Explanation::of(&governed), governed.decided());
    let plan = opened.current.engine.explain(governed, snapshot).map_err(|error| Box::new(error.to_client()));
    Ok(Governing { explanation, decided, allowance: allowance(person, snapshot), plan })
}

impl Explained {
    /// False where it would be refused after its decision.
    fn runs(&self) -> bool {
        match self {
            Explained::Governed(governing) => governing.plan.is_ok(),
            Explained::System | Explained::Command => true,
        }
    }

    fn lines(&self, catalog: &Catalog, language: Language) -> Vec<String> {
        match self {
            Explained::Governed(governing) => {
                let telling = Telling { full: true, language };
                let mut lines = governing.explanation.lines(catalog, telling);
                lines.extend(sluice_plan::explain_limits(&governing.allowance, telling));
                match &governing.plan {
                    Ok(plan) => lines.extend(plan.iter().cloned()),
                    Err(error) => lines.push(refusal(error, language).trim_end().to_string()),
                }
                lines
            }
            Explained::System => vec![match language {
                Language::En => "answered from the system relations; no source is asked".to_string(),
                Language::Zh => "由系统关系回答,不访问任何数据源".to_string(),
            }],
            Explained::Command => vec![match language {
                Language::En => "a session command; no relation is read".to_string(),
                Language::Zh => "会话命令,不读取任何关系".to_string(),
            }],
        }
    }

    fn json(&self, text: &str, catalog: &Catalog) -> Value {
        let governing = match self {
            Explained::Governed(governing) => governing,
            Explained::System => return json!({"statement": text, "kind": "system"}),
            Explained::Command => return json!({"statement": text, "kind": "command"}),
        };
        let explanation = &governing.explanation;
        let columns: Vec<Value> = explanation
            .columns
            .iter()
            .map(|column| {
                let fields = column.fields.iter().map(|field| field_json(explanation, catalog, *field));
                json!({"name": column.name, "direct": column.direct, "fields": fields.collect::<Vec<Value>>()})
            })
            .collect();
        json!({
            "statement": text, "kind": "query", "columns": columns, "relations": relations_json(explanation, catalog),
            "lookups": explanation.lookups, "limits": governing.allowance, "plan": governing.plan.as_ref().ok(), "decided": governing.decided,
            "error": governing.plan.as_ref().err().map(|error| error.code.code()),
        })
    }
}

fn field_json(explanation: &Explanation, catalog: &Catalog, field: (usize, usize)) -> Value {
    let entity = &catalog.entities[field.0];
    let outcome = explanation.outcome(field);
    let mask = outcome.and_then(|outcome| outcome.mask.as_ref());
    let covered = outcome.and_then(|outcome| outcome.covered_where.as_ref());
    json!({
        "field": field_name(entity, field.1, Language::En),
        "mask": mask.map(|mask| mask.mask.to_string()),
        "rule": mask.map(|mask| &mask.rule),
        "use": mask.map(|mask| usage_word(mask.usage)),
        "lighter": outcome.and_then(|outcome| outcome.lighter.as_ref()).map(|lighter| lighter.describe(entity)),
        "covered_where": covered.map(|covered| covered.describe(entity)),
        "aggregate_only": outcome.and_then(|outcome| outcome.aggregate_only),
    })
}

/// Per relation its rules and the masks of the fields that the statement names.
fn relations_json(explanation: &Explanation, catalog: &Catalog) -> Vec<Value> {
    let relations = explanation.decisions.iter().map(|(index, decision)| {
        let entity = &catalog.entities[*index];
        let touched = explanation.touched.iter().filter(|(owner, _)| owner == index);
        let masks = touched.flat_map(|field| {
            let masks = explanation.outcome(*field).into_iter().flat_map(FieldDecision::masks);
            masks.map(|mask| json!({"field": entity.fields[field.1].id, "rule": mask.rule, "mask": mask.mask.to_string()}))
        });
        json!({
            "relation": entity.id, "rules": decision.rules(), "shadows": decision.shadows, "grants": decision.grants, "restrictions": decision.restrictions,
            "rows_where": decision.rows.describe(entity), "masks": masks.collect::<Vec<Value>>(),
            "warnings": decision.warnings, "owner": entity.owner,
        })
    });
    relations.collect()
}

fn who(person: &Principal, language: Language) -> String {
    let (who, roles, units, none, colon) = match language {
        Language::En => ("as", "roles", "units", "none", ": "),
        Language::Zh => ("身份", "角色", "机构", "无", ":"),
    };
    let listed = |items: Vec<&str>| if items.is_empty() { none.to_string() } else { items.join(", ") };
    let held = listed(person.roles.iter().map(String::as_str).collect());
    let posts = listed(person.org_units.iter().map(String::as_str).collect());
    format!("{who} {}{colon}{roles} {held}; {units} {posts}", person.user)
}

fn person_json(person: &Principal) -> Value {
    json!({
        "user": person.user, "roles": person.roles, "groups": person.groups, "org_units": person.org_units,
        "attributes": person.attributes,
    })
}
