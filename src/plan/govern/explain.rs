//! What a decision did to a query, in words: for `sluice explain`, EXPLAIN and `sluice.why`.
//!
//! Invariant: what is told without `full` holds no id or literal of a rule, and names only what the statement named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluice_base::Language;
use sluice_model::access::is_filtered;
use sluice_model::allowance::{Allowance, Bound, Limited};
use sluice_model::audit::{Auditable, Lookup};
use sluice_model::catalog::{Catalog, Entity};
use sluice_model::decision::{Inherited, MaskUse};
use sluice_model::{Decision, FieldDecision};

use super::{FieldRef, Governed};

/// One output column and the fields its value depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedColumn {
    /// Name, as the client sees it.
    pub name: String,
    /// The fields.
    pub fields: BTreeSet<FieldRef>,
    /// True where it is one field, unchanged.
    pub direct: bool,
}

/// How a statement was decided, apart from its plan. Made from a [`Governed`], so it says what will be done.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Output columns in order.
    pub columns: Vec<ExplainedColumn>,
    /// The decision on each entity that was named.
    pub decisions: BTreeMap<usize, Arc<Decision>>,
    /// Fields that the statement names in any place.
    pub touched: BTreeSet<FieldRef>,
    /// Comparisons with raw values of masked fields.
    pub lookups: Vec<Lookup>,
}

/// To whom it is told.
#[derive(Debug, Clone, Copy)]
pub struct Telling {
    /// With rules, their values and masking functions (governance G14: a grant of its own).
    pub full: bool,
    /// Language of the words.
    pub language: Language,
}

impl Explanation {
    /// Explains a governed statement.
    pub fn of(governed: &Governed) -> Explanation {
        let columns = governed.columns().iter().zip(&governed.lineage().columns).map(|(column, origin)| {
            let fields = origin.fields.union(&origin.aggregated).copied().collect();
            let direct = origin.direct.is_some();
            ExplainedColumn { name: column.name.clone(), fields, direct }
        });
        Explanation {
            columns: columns.collect(),
            decisions: governed.decisions().clone(),
            touched: governed.lineage().touched.clone(),
            lookups: governed.decided().lookups,
        }
    }

    /// The outcome of a field; `None` where its entity was not decided.
    pub fn outcome(&self, (entity, field): FieldRef) -> Option<&FieldDecision> {
        self.decisions.get(&entity)?.fields.get(field)
    }

    /// One line per output column, governed relation and look-up.
    pub fn lines(&self, catalog: &Catalog, telling: Telling) -> Vec<String> {
        let words = Words::of(telling.language);
        let mut lines = Vec::new();
        for column in &self.columns {
            let from: Vec<String> = column.fields.iter().map(|field| self.of_field(catalog, *field, telling)).collect();
            let from = if from.is_empty() { words.no_field.to_string() } else { from.join(words.comma) };
            lines.push(format!("{} {}{}{from}", words.column, column.name, words.colon));
        }
        for (index, decision) in &self.decisions {
            let entity = &catalog.entities[*index];
            let start = format!("{} {}{}", words.relation, entity_name(entity, telling.language), words.colon);
            lines.extend(of_relation(catalog, decision, telling).into_iter().map(|line| format!("{start}{line}")));
        }
        for ((entity, field), values) in self.looked_up(catalog) {
            let name = field_name(&catalog.entities[entity], field, telling.language);
            lines.push(format!("{} {name}{}{values}", words.lookup, words.colon));
        }
        lines
    }

    /// Each field that was compared with raw values, and how many.
    pub fn looked_up(&self, catalog: &Catalog) -> Vec<(FieldRef, u64)> {
        let found = self.lookups.iter().filter_map(|lookup| {
            let entity = catalog.entities.iter().position(|entity| entity.id == lookup.entity)?;
            let field = catalog.entities[entity].fields.iter().position(|field| field.id == lookup.field)?;
            Some(((entity, field), lookup.values))
        });
        found.collect()
    }

    fn of_field(&self, catalog: &Catalog, field: FieldRef, telling: Telling) -> String {
        let name = field_name(&catalog.entities[field.0], field.1, telling.language);
        match self.outcome(field) {
            Some(outcome) => format!("{name} {}", of_outcome(outcome, telling)),
            None => name,
        }
    }
}

/// What became of a field, in a few words.
pub fn of_outcome(outcome: &FieldDecision, telling: Telling) -> String {
    let words = Words::of(telling.language);
    if let Some(least) = outcome.aggregate_only {
        return format!("{} {least}", words.totals);
    }
    match (&outcome.mask, telling.full) {
        (Some(mask), true) => {
            let usage = match mask.usage {
                MaskUse::Masked => String::new(),
                other => format!("{}{} {}", words.comma, words.usage, usage_word(other)),
            };
            let by = format!("{} {} {}{}{usage}", words.masked, words.by, mask.rule, partly(outcome, telling.language));
            let lighter = outcome.lighter.as_ref().map(|lighter| match &lighter.mask {
                Some(mask) => format!("{}{} {} {}", words.comma, words.masked, words.by, mask.rule),
                None => format!("{}{}", words.comma, words.clear),
            });
            let lighter = lighter.map(|told| format!("{told}{}", words.on_rows_of_grants));
            format!("{by} [{}]{}", mask.mask, lighter.unwrap_or_default())
        }
        (None, true) => format!("{}{}", words.clear, partly(outcome, telling.language)),
        (Some(_), false) if outcome.lighter.is_some() => words.masked_on_some.to_string(),
        (Some(_), false) => words.masked.to_string(),
        (None, false) if outcome.covered_where.is_some() => words.masked_on_some.to_string(),
        (None, false) => words.clear.to_string(),
    }
}

/// What became of the rows of a relation: one line, or with `full` one per kind of rule.
pub fn of_relation(catalog: &Catalog, decision: &Decision, telling: Telling) -> Vec<String> {
    let words = Words::of(telling.language);
    let entity = &catalog.entities[decision.entity];
    if !telling.full {
        let told = if is_filtered(decision) { words.filtered } else { words.all_rows };
        return vec![told.to_string()];
    }
    let mut lines = vec![format!("{} {}", words.grants, listed(&decision.grants, words))];
    if !decision.restrictions.is_empty() {
        lines.push(format!("{} {}", words.restrictions, listed(&decision.restrictions, words)));
    }
    lines.push(format!("{} {}", words.rows_where, decision.rows.describe(entity)));
    inherited(&decision.inherited, catalog, telling, &mut lines);
    let shadows = decision.shadows.iter();
    lines.extend(
        shadows.map(|shadow| format!("{} {}{}{}", words.shadow, shadow.rule, words.colon, shadow.changes.join(", "))),
    );
    lines.extend(decision.warnings.iter().map(|warning| format!("{}{}{warning}", words.warning, words.colon)));
    lines
}

/// A line for each row rule that a relationship carries here, with what it carries on.
fn inherited(edges: &[Inherited], catalog: &Catalog, telling: Telling, lines: &mut Vec<String>) {
    let words = Words::of(telling.language);
    for edge in edges {
        let parent = &catalog.entities[edge.entity];
        let rules: Vec<String> = edge.grants.iter().chain(&edge.restrictions).cloned().collect();
        let (name, rows) = (entity_name(parent, telling.language), edge.rows.describe(parent));
        let rules = listed(&rules, words);
        lines.push(format!(
            "{} {} ({name}){}{rows} {} {rules}",
            words.follows, edge.relationship, words.colon, words.by
        ));
        inherited(&edge.inherited, catalog, telling, lines);
    }
}

/// One line per limit of the person. Her own limits are told to her; with `full` also the rules they come from.
pub fn explain_limits(allowance: &Allowance, telling: Telling) -> Vec<String> {
    let words = Words::of(telling.language);
    let line = |(limited, bound): (&Limited, &Bound)| {
        let by = if telling.full { format!(" {} {}", words.by, bound.rule) } else { String::new() };
        format!("{} {}{}{}{by}", words.limit, limited.word(), words.colon, bound.value)
    };
    let mut lines: Vec<String> = allowance.bounds.iter().map(line).collect();
    if telling.full {
        lines.extend(
            allowance.shadows.iter().map(|rule| format!("{} {}{}{rule}", words.limit, words.shadow, words.colon)),
        );
        let warnings = allowance.warnings.iter();
        lines.extend(warnings.map(|warning| format!("{} {}{}{warning}", words.limit, words.warning, words.colon)));
    }
    lines
}

fn partly(outcome: &FieldDecision, language: Language) -> String {
    let partly = outcome.covered_where.is_some();
    if partly { Words::of(language).on_rows_of_grants.to_string() } else { String::new() }
}

fn listed(ids: &[String], words: &Words) -> String {
    if ids.is_empty() { words.none.to_string() } else { ids.join(", ") }
}

/// The word of a policy file.
pub fn usage_word(usage: MaskUse) -> &'static str {
    match usage {
        MaskUse::Masked => "masked",
        MaskUse::Lookup => "lookup",
        MaskUse::TokenJoin => "token_join",
        MaskUse::None => "none",
    }
}

/// The name of an entity for a reader: its id, in Chinese its label.
pub fn entity_name(entity: &Entity, language: Language) -> String {
    match language {
        Language::En => entity.id.clone(),
        Language::Zh => entity.label.zh.as_deref().unwrap_or(&entity.id).to_string(),
    }
}

/// The name of a field with its entity for a reader.
pub fn field_name(entity: &Entity, field: usize, language: Language) -> String {
    let described = &entity.fields[field];
    let name = match language {
        Language::En => described.id.as_str(),
        Language::Zh => described.label.zh.as_deref().unwrap_or(&described.id),
    };
    format!("{}.{name}", entity_name(entity, language))
}

/// The words of the explanations.
struct Words {
    column: &'static str,
    relation: &'static str,
    lookup: &'static str,
    colon: &'static str,
    comma: &'static str,
    no_field: &'static str,
    clear: &'static str,
    masked: &'static str,
    masked_on_some: &'static str,
    by: &'static str,
    usage: &'static str,
    on_rows_of_grants: &'static str,
    /// Before the least number of rows of a group.
    totals: &'static str,
    follows: &'static str,
    shadow: &'static str,
    limit: &'static str,
    all_rows: &'static str,
    filtered: &'static str,
    grants: &'static str,
    restrictions: &'static str,
    rows_where: &'static str,
    warning: &'static str,
    none: &'static str,
}

impl Words {
    fn of(language: Language) -> &'static Words {
        match language {
            Language::En => &EN,
            Language::Zh => &ZH,
        }
    }
}

const EN: Words = Words {
    column: "column",
    relation: "relation",
    lookup: "look-up of",
    colon: ": ",
    comma: ", ",
    no_field: "no field",
    clear: "clear",
    masked: "masked",
    masked_on_some: "masked on some rows",
    by: "by",
    usage: "use",
    on_rows_of_grants: " on the rows of its grants",
    totals: "in aggregates alone, rows of a group at least",
    follows: "rows follow",
    shadow: "shadow",
    limit: "limit",
    all_rows: "all rows",
    filtered: "filtered by policy",
    grants: "grants",
    restrictions: "restrictions",
    rows_where: "rows where",
    warning: "warning",
    none: "none",
};

const ZH: Words = Words {
    column: "列",
    relation: "关系",
    lookup: "按原值查找",
    colon: ":",
    comma: "、",
    no_field: "不取自任何字段",
    clear: "原值",
    masked: "已脱敏",
    masked_on_some: "部分行已脱敏",
    by: "依据",
    usage: "用法",
    on_rows_of_grants: "(仅其授权的行)",
    totals: "仅可汇总,每组至少行数",
    follows: "行随",
    shadow: "影子规则",
    limit: "限额",
    all_rows: "全部行",
    filtered: "按策略过滤",
    grants: "授权",
    restrictions: "限制",
    rows_where: "行条件",
    warning: "警告",
    none: "无",
};
