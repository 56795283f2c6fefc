//! Schema `sluice` and `pg_settings`: what a session tells a person of her own rights, limits and last statement.
//!
//! Invariant: nothing here is more than she may see anyway. Rules, their values and masking functions are told with
//! `explain: full` alone (governance G14); a refusal is told in the words she has read already, and names nobody who
//! could be asked, because that would tell that something is there.

use std::sync::Arc;

use sluice_base::{ClientError, Datum, Language};
use sluice_model::access::{FieldAccess, access, is_filtered};
use sluice_model::allowance::Limited;
use sluice_model::catalog::{AUDIT_CONNECTION, Catalog, Entity};
use sluice_model::decision::MaskUse;
use sluice_model::policy::decide;
use sluice_plan::govern::{entity_name, field_name, of_outcome, of_relation};
use sluice_plan::{Explanation, Statement, Telling};

use super::Session;
use super::error::Fault;
use super::settings::Listed;
use super::work::{Asking, Planned, query_of};

/// Characters kept of a statement's text.
const STATEMENT_CHARS: usize = 1_000;

/// How a session's last statement over business relations was decided.
pub struct Last {
    statement: String,
    outcome: Outcome,
}

enum Outcome {
    Decided(Explanation, Arc<Catalog>),
    Refused(ClientError),
}

impl Session {
    /// Keeps how a statement was decided. Statements over system relations, which clients send by the dozen, leave what
    /// is kept.
    pub(super) fn remember(&mut self, statement: &Statement, planned: &Result<(Asking, Planned), Fault>) {
        match planned {
            Ok((asking, Planned::Governed(governed))) => {
                let catalog = asking.current.snapshot.catalog.clone();
                self.keep(statement, Outcome::Decided(Explanation::of(governed), catalog));
            }
            Ok(_) => {}
            Err(fault) => self.remember_refusal(statement, fault),
        }
    }

    /// Keeps why a statement was refused.
    pub(super) fn remember_refusal(&mut self, statement: &Statement, fault: &Fault) {
        let business = query_of(&statement.kind).is_some_and(|query| query.has_relations() && !query.system_only());
        if let (true, Fault::Error(refusal)) = (business, fault) {
            self.keep(statement, Outcome::Refused(refusal.told.clone()));
        }
    }

    fn keep(&mut self, statement: &Statement, outcome: Outcome) {
        let statement = statement.text.chars().take(STATEMENT_CHARS).collect();
        self.last = Some(Arc::new(Last { statement, outcome }));
    }
}

/// Rows of a relation of the schema.
pub fn rows(asking: &Asking, relation: &str) -> Vec<Vec<Datum>> {
    match relation {
        "why" => asking.last.as_ref().map(|last| why(asking, last)).unwrap_or_default(),
        "my_access" => my_access(asking),
        "my_limits" => my_limits(asking),
        "pg_prepared_statements" => asking.listed.as_ref().map(|listed| listed.prepared.clone()).unwrap_or_default(),
        "pg_cursors" => asking.listed.as_ref().map(|listed| listed.cursors.clone()).unwrap_or_default(),
        "pg_settings" => asking.settings.list().into_iter().map(setting).collect(),
        _ => Vec::new(),
    }
}

/// A row of `pg_settings`.
fn setting(listed: Listed) -> Vec<Datum> {
    let (vartype, unit, bounds, words) = listed.kind.described();
    let (least, most) = bounds.unzip();
    let words = words.map(|words| Datum::Array(words.iter().map(|word| text(*word)).collect()));
    let source = if listed.raw == listed.boot { "default" } else { "session" };
    vec![
        text(listed.name),
        text(listed.raw),
        maybe(unit.map(String::from)),
        text("Sluice"),
        text(listed.description),
        Datum::Null,
        text(listed.context),
        text(vartype),
        text(source),
        maybe(least),
        maybe(most),
        words.unwrap_or(Datum::Null),
        text(listed.boot),
        text(listed.reset),
        Datum::Null,
        Datum::Null,
        Datum::Bool(false),
    ]
}

fn text(text: impl Into<String>) -> Datum {
    Datum::Text(text.into())
}

fn maybe(text: Option<String>) -> Datum {
    text.map_or(Datum::Null, Datum::Text)
}

fn why(asking: &Asking, last: &Last) -> Vec<Vec<Datum>> {
    let telling = Telling { full: asking.explains_in_full(), language: asking.settings.language() };
    let (explanation, catalog) = match &last.outcome {
        Outcome::Decided(explanation, catalog) => (explanation, catalog),
        Outcome::Refused(error) => return vec![refused(last, error, telling.language)],
    };
    let words = Words::of(telling.language);
    let row = |part: &str, ordinal: usize, [name, origin, outcome, explained]: [String; 4], rules, ask| {
        let ordinal = Datum::Int(i64::try_from(ordinal).unwrap_or(i64::MAX));
        let (origin, part) = (maybe(Some(origin).filter(|origin| !origin.is_empty())), text(part));
        vec![text(&last.statement), part, ordinal, text(name), origin, text(outcome), text(explained), rules, ask]
    };
    let mut rows = Vec::new();
    for (place, column) in explanation.columns.iter().enumerate() {
        let (mut from, mut outcomes, mut rules, mut owners) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut masked, mut partly, mut totals, mut usage) = (false, false, false, MaskUse::Masked);
        for field in &column.fields {
            let entity = &catalog.entities[field.0];
            from.push(field_name(entity, field.1, telling.language));
            owners.extend(entity.owner.clone());
            let Some(outcome) = explanation.outcome(*field) else { continue };
            if let Some(mask) = &outcome.mask {
                (masked, usage) = (true, mask.usage);
            }
            partly |= outcome.covered_where.is_some() || outcome.lighter.is_some();
            totals |= outcome.aggregate_only.is_some();
            outcomes.push(of_outcome(outcome, telling));
            rules.extend(outcome.masks().map(|mask| mask.rule.clone()));
        }
        let outcome = if outcomes.is_empty() { words.no_field.to_string() } else { unique(outcomes).join(", ") };
        let explained = match (masked, partly, column.direct) {
            (true, _, true) => words.of_mask(usage),
            (true, _, false) => words.computed_from_masked,
            (false, ..) if totals => words.totals,
            (false, true, _) => words.partly,
            (false, false, _) => words.clear,
        };
        let rules = told_rules(rules, telling);
        let about = [column.name.clone(), from.join(", "), outcome, explained.to_string()];
        // Where nothing is kept back there is nobody to ask.
        let ask = if masked || partly || totals { list(owners) } else { Datum::Null };
        rows.push(row("column", place + 1, about, rules, ask));
    }
    for (place, (index, decision)) in explanation.decisions.iter().enumerate() {
        let entity = &catalog.entities[*index];
        let filtered = is_filtered(decision);
        let outcome = of_relation(catalog, decision, telling).join("; ");
        let explained = if filtered { words.filtered } else { words.all_rows };
        let rules = told_rules(decision.rules(), telling);
        let name = entity_name(entity, telling.language);
        let ask = if filtered { maybe(entity.owner.clone()) } else { Datum::Null };
        rows.push(row("relation", place + 1, [name, String::new(), outcome, explained.to_string()], rules, ask));
    }
    for (place, (field, values)) in explanation.looked_up(catalog).into_iter().enumerate() {
        let entity = &catalog.entities[field.0];
        let name = entity.fields[field.1].id.clone();
        let about =
            [name, field_name(entity, field.1, telling.language), words.of_values(values), words.looked_up.into()];
        rows.push(row("lookup", place + 1, about, Datum::Null, maybe(entity.owner.clone())));
    }
    rows
}

fn refused(last: &Last, error: &ClientError, language: Language) -> Vec<Datum> {
    let explained = [Some(&error.message), error.detail.as_ref(), error.hint.as_ref()];
    let explained: Vec<&str> = explained.into_iter().flatten().map(|told| told.text(language)).collect();
    vec![
        text(&last.statement),
        text("statement"),
        Datum::Int(1),
        Datum::Null,
        Datum::Null,
        text(format!("{} {}", Words::of(language).refused, error.code.code())),
        text(explained.join("\n")),
        Datum::Null,
        Datum::Null,
    ]
}

fn told_rules(rules: Vec<String>, telling: Telling) -> Datum {
    if telling.full { list(rules) } else { Datum::Null }
}

fn list(items: Vec<String>) -> Datum {
    let items = unique(items);
    maybe((!items.is_empty()).then(|| items.join(", ")))
}

/// Each once, in order of its first occurrence.
fn unique(items: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

/// One row per field that exists for the person and is listed.
fn my_access(asking: &Asking) -> Vec<Vec<Datum>> {
    let snapshot = &asking.current.snapshot;
    let words = Words::of(asking.settings.language());
    let mut rows = Vec::new();
    for (index, entity) in snapshot.catalog.entities.iter().enumerate() {
        let Some(decision) = decide(&asking.principal, snapshot, index) else { continue };
        let filtered = is_filtered(&decision);
        for field in sluice_plan::govern::listed_fields(entity, &decision) {
            let mask = match access(Some(&decision), field).field {
                FieldAccess::Masked(mask) => Some(mask.usage),
                FieldAccess::Clear | FieldAccess::Hidden | FieldAccess::Totals(_) => None,
            };
            let (masked, totals) = (mask.is_some(), decision.fields[field].aggregate_only.is_some());
            let partly = decision.fields[field].covered_where.is_some();
            let notes = [
                (totals, words.totals),
                (masked, mask.map_or("", |usage| words.of_mask(usage))),
                (partly, words.partly),
                (filtered, words.filtered),
            ];
            let notes: Vec<&str> = notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note).collect();
            let described = &entity.fields[field];
            rows.push(vec![
                text(schema_of(&snapshot.catalog, entity)),
                text(&entity.id),
                text(&described.id),
                maybe(entity.label.listed().map(str::to_string)),
                maybe(described.label.listed().map(str::to_string)),
                text(described.sql_type.sql_name()),
                Datum::Bool(masked),
                Datum::Bool(filtered),
                Datum::Bool(partly),
                maybe((!notes.is_empty()).then(|| notes.join("\n"))),
                if notes.is_empty() { Datum::Null } else { maybe(entity.owner.clone()) },
            ]);
        }
    }
    rows
}

fn schema_of<'c>(catalog: &'c Catalog, entity: &Entity) -> &'c str {
    let domain = catalog.domains.get(entity.domain).map(|domain| domain.id.as_str());
    // Every entity has its domain; the audit's is built in.
    domain.unwrap_or(AUDIT_CONNECTION)
}

/// The bounds that a statement of hers meets.
fn my_limits(asking: &Asking) -> Vec<Vec<Datum>> {
    let limits = &asking.state.limits;
    let words = Words::of(asking.settings.language());
    let bytes = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let bounds = [
        ("statement_timeout", "statement", asking.settings.statement_timeout_ms(), "ms"),
        ("rows", "statement", limits.rows_max, "rows"),
        ("statement_bytes", "statement", bytes(limits.statement_bytes_max), "bytes"),
        ("value_bytes", "statement", bytes(limits.value_bytes_max), "bytes"),
        ("prepared_statements", "session", bytes(limits.prepared_max), "statements"),
        ("held_bytes", "session", bytes(limits.session_bytes_max), "bytes"),
        ("idle_timeout", "session", limits.idle_timeout_ms, "ms"),
        ("decision_age", "decision", limits.decision_age_ms, "ms"),
    ];
    let row = |(name, scope, maximum, unit): (&str, &str, u64, &str)| {
        let bounded = maximum > 0;
        let maximum = if bounded { number(maximum) } else { Datum::Null };
        let note = if bounded { Datum::Null } else { text(words.no_limit) };
        vec![text(name), text(scope), maximum, text(unit), Datum::Null, note]
    };
    let mut rows: Vec<Vec<Datum>> = bounds.into_iter().map(row).collect();
    let taken = asking.taken();
    for (limited, bound) in &asking.allowance().bounds {
        let (scope, unit, used) = match limited {
            Limited::RowsPerQuery => ("statement", "rows", None),
            Limited::BytesPerQuery => ("statement", "bytes", None),
            Limited::RowsPerDay => ("day", "rows", Some(taken.rows)),
            Limited::BytesPerDay => ("day", "bytes", Some(taken.bytes)),
            Limited::StatementsInParallel => ("person", "statements", None),
            Limited::LookupsPerDay => {
                ("day", "values per field", taken.lookups.iter().map(|lookup| lookup.values).max().or(Some(0)))
            }
            Limited::MinGroup => ("group", "rows at least", None),
        };
        let note = if matches!(scope, "day" | "person") { text(words.shared) } else { Datum::Null };
        let used = used.map_or(Datum::Null, number);
        rows.push(vec![text(limited.word()), text(scope), number(bound.value), text(unit), used, note]);
    }
    rows
}

fn number(number: u64) -> Datum {
    Datum::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Sentences of the schema.
struct Words {
    no_field: &'static str,
    clear: &'static str,
    masked: &'static str,
    found_whole: &'static str,
    listed_only: &'static str,
    token: &'static str,
    totals: &'static str,
    shared: &'static str,
    computed_from_masked: &'static str,
    partly: &'static str,
    all_rows: &'static str,
    filtered: &'static str,
    refused: &'static str,
    no_limit: &'static str,
    values: &'static str,
    looked_up: &'static str,
}

impl Words {
    fn of_values(&self, values: u64) -> String {
        format!("{} {values}", self.values)
    }

    fn of_mask(&self, usage: MaskUse) -> &'static str {
        match usage {
            MaskUse::Masked => self.masked,
            MaskUse::Lookup => self.found_whole,
            MaskUse::TokenJoin => self.token,
            MaskUse::None => self.listed_only,
        }
    }

    fn of(language: Language) -> &'static Words {
        match language {
            Language::En => &Words {
                no_field: "no field",
                clear: "shown as it is",
                masked: "a policy masks this field for you: filters, joins and sums see the masked value too",
                found_whole: "a policy masks this field for you; rows are found by the whole value, all else sees the masked one",
                listed_only: "a policy masks this field for you; it may be listed, and used in nothing else",
                token: "a token stands for the value: equal values have equal tokens, so joins and counts are right",
                totals: "shown in totals over large groups alone",
                shared: "of all that the person asks, wherever",
                computed_from_masked: "computed from masked values",
                partly: "empty on rows where nothing lets you see this field",
                all_rows: "no row is kept back",
                filtered: "a policy keeps rows back: you see those that are yours to see",
                refused: "refused",
                no_limit: "no limit",
                values: "values looked up:",
                looked_up: "rows were found by the whole value behind the mask; each value is counted and recorded",
            },
            Language::Zh => &Words {
                no_field: "不取自任何字段",
                clear: "原样显示",
                masked: "策略对您脱敏此字段:筛选、关联和汇总用到的也是脱敏值",
                found_whole: "策略对您脱敏此字段:可按完整值查找,其余用到的都是脱敏值",
                listed_only: "策略对您脱敏此字段:只能列出,不能用于其他运算",
                token: "以令牌代替原值:相同的值令牌相同,关联和去重计数准确",
                totals: "只能汇总,且每组行数须足够多",
                shared: "该用户的全部查询合计",
                computed_from_masked: "由脱敏值计算得出",
                partly: "未授权您查看此字段的行为空",
                all_rows: "未过滤任何行",
                filtered: "策略过滤了部分行:只显示您有权查看的行",
                refused: "拒绝",
                no_limit: "不限",
                values: "按原值查找的值:",
                looked_up: "按脱敏前的完整值查找;每个值都计数并记录",
            },
        }
    }
}
