//! The kinds of rule but `limit`, read from their YAML objects; a grant is about reading or about EXPLAIN.
//!
//! Invariant: a rule holds positions of the catalog only; every name in it was resolved when it was loaded.

use std::collections::{BTreeMap, BTreeSet};

use super::audience::{self, Applies, Audience, Known};
use super::compile::Scope;
use super::limit::number;
use super::select::{self, FieldRef, Named};
use super::template::{Facts, Template};
use crate::catalog::Catalog;
use crate::decision::MaskUse;
use crate::diagnostic::{Report, Spot};
use crate::mask::{self, Mask};
use crate::names;
use crate::yaml::{self, Map, Node};

/// What every rule has.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub id: String,
    pub audience: Audience,
    pub when: Option<Template>,
    /// `mode: shadow`: only what it would have done is told.
    pub shadow: bool,
    /// Where it is written.
    pub file: String,
    pub at: Spot,
}

impl Head {
    pub(super) fn applies(&self, facts: &Facts) -> Applies {
        let audience = self.audience.holds(facts);
        match &self.when {
            Some(when) => audience.and(Applies::of(when, facts)),
            None => audience,
        }
    }

    /// Whether it applies at some moments and not at others.
    pub(super) fn reads_clock(&self) -> bool {
        self.audience.reads_clock() || self.when.as_ref().is_some_and(Template::reads_clock)
    }
}

/// What a grant gives of one entity.
#[derive(Debug, Clone)]
pub(super) struct Granted {
    pub fields: BTreeSet<usize>,
    pub rows: Template,
}

#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub head: Head,
    pub entities: BTreeMap<usize, Granted>,
    /// The fields exist inside aggregates alone, over groups of at least so many rows.
    pub aggregate_only: Option<u64>,
}

/// What a grant is about: reading, or seeing in full how a statement was governed.
pub(super) enum GrantKind {
    Read(Grant),
    Explain(Head),
}

#[derive(Debug, Clone)]
pub(super) struct Restriction {
    pub head: Head,
    pub rows: BTreeMap<usize, Template>,
}

#[derive(Debug, Clone)]
pub(super) struct MaskRule {
    pub head: Head,
    pub fields: BTreeMap<FieldRef, Mask>,
    pub usage: MaskUse,
}

#[derive(Debug, Clone)]
pub(super) struct Denial {
    pub head: Head,
    pub fields: BTreeSet<FieldRef>,
}

const GRANT_KEYS: [&str; 12] = [
    "grant",
    "to",
    "when",
    "read",
    "except",
    "rows",
    "fields",
    "explain",
    "aggregate_only",
    "min_group",
    "mode",
    "comment",
];

/// What reading a rule needs.
pub(super) struct Reader<'a> {
    pub catalog: &'a Catalog,
    pub known: Known<'a>,
}

impl Reader<'_> {
    /// `restrict`, `mask` and `deny` without `to:` are about everyone; a grant must say whom it is for.
    pub(super) fn head(&self, map: &Map, kind: &str, report: &mut Report) -> Option<Head> {
        let shadow = mode(map, report);
        let id = yaml::scalar(map.require(kind, "a rule", report)?, "a rule's id", report)?;
        if !names::is_rule_id(&id.text) || id.text.len() > names::NAME_BYTES_MAX {
            report.hinted(
                id.at,
                "bad-id",
                format!("`{}` is not a rule's id", id.text),
                "lower-case letters, digits, `-`, `_`",
            );
        }
        let audience = match map.get("to") {
            Some(node) => audience::read(node, &self.known, report)?,
            None if map.has("to") || kind == "grant" => {
                report.hinted(map.at, "missing-key", "a grant needs `to`", "whom it is for; `to: everyone` for all");
                return None;
            }
            None => Audience::Everyone,
        };
        let when = match map.get("when") {
            Some(node) => {
                let text = yaml::scalar(node, "when", report)?;
                Some(audience::expression(text, Scope::Session, &self.known, report)?)
            }
            None if map.has("when") => {
                report.error(map.at, "empty-value", "`when` must not be empty");
                return None;
            }
            None => None,
        };
        Some(Head { id: id.text.clone(), audience, when, shadow: shadow?, file: report.file().to_string(), at: id.at })
    }

    /// The `rows:` of a rule for one entity.
    fn rows(&self, node: &Node, entity: usize, report: &mut Report) -> Option<Template> {
        let text = yaml::scalar(node, "rows", report)?;
        audience::expression(text, Scope::Rows(&self.catalog.entities[entity]), &self.known, report)
    }

    pub(super) fn grant(&self, node: &Node, report: &mut Report) -> Option<GrantKind> {
        let map = yaml::map(node, "a grant", &GRANT_KEYS, report)?;
        let head = self.head(&map, "grant", report);
        if map.has("explain") {
            let whole = explain(&map, report);
            return whole.and(head).map(GrantKind::Explain);
        }
        self.refuse_empty(&map, &["rows", "fields", "except"], report);
        let aggregate_only = aggregate_only(&map, report);
        let mut granted = self.read_list(map.require("read", "a grant", report)?, report);
        let within: BTreeSet<usize> = granted.keys().copied().collect();
        if let Some(node) = map.get("fields") {
            let selected = select::fields(node, Some(&within), self.catalog, report);
            for (entity, fields) in &mut granted {
                fields.retain(|field| selected.contains(&(*entity, *field)));
            }
        }
        if let Some(node) = map.get("except") {
            for (entity, field) in select::fields(node, Some(&within), self.catalog, report) {
                granted.entry(entity).or_default().remove(&field);
            }
        }
        let mut entities = BTreeMap::new();
        for (entity, fields) in granted {
            let rows = match map.get("rows") {
                Some(node) => self.rows(node, entity, report),
                None => Some(Template::Const(Some(true))),
            };
            if let Some(rows) = rows {
                entities.insert(entity, Granted { fields, rows });
            }
        }
        Some(GrantKind::Read(Grant { head: head?, entities, aggregate_only: aggregate_only? }))
    }

    /// A key that is written without a value would quietly mean "no limit".
    fn refuse_empty(&self, map: &Map, keys: &[&str], report: &mut Report) {
        for key in keys {
            if map.has(key) && map.get(key).is_none() {
                report.error(map.at, "empty-value", format!("`{key}` must not be empty"));
            }
        }
    }

    /// `read:` entities with all their fields, or single fields.
    fn read_list(&self, node: &Node, report: &mut Report) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut granted: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for scalar in yaml::scalars(node, "read", report) {
            match select::name(scalar, self.catalog, report) {
                Some(Named::Entity(entity)) => {
                    granted.entry(entity).or_default().extend(0..self.catalog.entities[entity].fields.len());
                }
                Some(Named::Field((entity, field))) => {
                    granted.entry(entity).or_default().insert(field);
                }
                None => {}
            }
        }
        granted
    }

    pub(super) fn restriction(&self, node: &Node, report: &mut Report) -> Option<Restriction> {
        let keys = ["restrict", "to", "when", "entity", "rows", "mode", "comment"];
        let map = yaml::map(node, "a restriction", &keys, report)?;
        let head = self.head(&map, "restrict", report);
        let entities = map.require("entity", "a restriction", report)?;
        let rows = map.require("rows", "a restriction", report)?;
        let mut compiled = BTreeMap::new();
        for entity in select::entities(entities, "entity", self.catalog, report) {
            if let Some(template) = self.rows(rows, entity, report) {
                compiled.insert(entity, template);
            }
        }
        Some(Restriction { head: head?, rows: compiled })
    }

    pub(super) fn mask(&self, node: &Node, report: &mut Report) -> Option<MaskRule> {
        let keys = ["mask", "to", "when", "entity", "fields", "with", "use", "mode", "comment"];
        let map = yaml::map(node, "a mask", &keys, report)?;
        let head = self.head(&map, "mask", report);
        let usage = usage(&map, report);
        let within = self.within(&map, report);
        let selector = map.require("fields", "a mask", report);
        let selected = selector.map(|node| select::fields(node, within.as_ref(), self.catalog, report));
        let with = yaml::scalar(map.require("with", "a mask", report)?, "with", report)?;
        let parsed = match mask::parse(&with.text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let at = with.locate(error.line, error.column);
                match error.hint {
                    Some(hint) => report.hinted(at, "bad-mask", error.message, hint),
                    None => report.error(at, "bad-mask", error.message),
                }
                return None;
            }
        };
        let mut fields = BTreeMap::new();
        for (entity, field) in selected? {
            let of = &self.catalog.entities[entity];
            match mask::check(&parsed, &of.fields[field].sql_type, &self.catalog.timezone) {
                Ok(typed) => {
                    fields.insert((entity, field), typed);
                }
                Err(problem) => {
                    let message = format!("field `{}.{}`: {problem}", of.id, of.fields[field].id);
                    report.error(with.at, "mask-type", message);
                }
            }
        }
        let usage = usage?;
        if usage == MaskUse::TokenJoin && !matches!(parsed, Mask::Token { .. }) {
            let hint = "write `with: token(domain => '..')`";
            report.hinted(with.at, "token-join", "`use: token_join` shows a token, so the mask must be one", hint);
        }
        Some(MaskRule { head: head?, fields, usage })
    }

    pub(super) fn denial(&self, node: &Node, report: &mut Report) -> Option<Denial> {
        let keys = ["deny", "to", "when", "entity", "fields", "mode", "comment"];
        let map = yaml::map(node, "a denial", &keys, report)?;
        let head = self.head(&map, "deny", report);
        self.refuse_empty(&map, &["fields", "entity"], report);
        let within = self.within(&map, report);
        let fields = match (map.get("fields"), within) {
            (Some(node), within) => select::fields(node, within.as_ref(), self.catalog, report),
            (None, Some(entities)) => {
                let whole = |entity: usize| (0..self.catalog.entities[entity].fields.len()).map(move |f| (entity, f));
                entities.into_iter().flat_map(whole).collect()
            }
            (None, None) => {
                report.error(map.at, "missing-key", "a denial needs `fields` or `entity`");
                BTreeSet::new()
            }
        };
        Some(Denial { head: head?, fields })
    }

    fn within(&self, map: &Map, report: &mut Report) -> Option<BTreeSet<usize>> {
        map.get("entity").map(|node| select::entities(node, "entity", self.catalog, report))
    }
}

/// `explain: full`, which stands alone: how much somebody may read and what she is told about it are two grants.
fn explain(map: &Map, report: &mut Report) -> Option<()> {
    let mut sound = true;
    for key in ["read", "except", "rows", "fields", "aggregate_only", "min_group"] {
        if let Some((found, _)) = map.entry(key) {
            let message = format!("a grant of `explain` has no `{key}`");
            report.hinted(found.at, "explain-alone", message, "write a second grant");
            sound = false;
        }
    }
    let Some(node) = map.get("explain") else {
        report.error(map.at, "empty-value", "`explain` must not be empty");
        return None;
    };
    let scalar = yaml::scalar(node, "explain", report)?;
    if scalar.text != "full" {
        report.unknown(scalar.at, "unknown-explain", "explain", &scalar.text, ["full"].into_iter());
        return None;
    }
    sound.then_some(())
}

/// `mode:`; `Some(true)` is shadow. A rule whose mode cannot be read is refused, never taken for one or the other.
fn mode(map: &Map, report: &mut Report) -> Option<bool> {
    let Some(node) = map.get("mode") else {
        if map.has("mode") {
            report.error(map.at, "empty-value", "`mode` must not be empty");
            return None;
        }
        return Some(false);
    };
    let scalar = yaml::scalar(node, "mode", report)?;
    if scalar.text != "shadow" {
        let hint = "`shadow`, or leave it out: the rule is in force";
        report.hinted(scalar.at, "unknown-mode", format!("`mode` cannot be `{}`", scalar.text), hint);
        return None;
    }
    Some(true)
}

/// `aggregate_only: true` with its `min_group`; `Some(None)` for a grant of values.
fn aggregate_only(map: &Map, report: &mut Report) -> Option<Option<u64>> {
    let only = match map.get("aggregate_only") {
        Some(node) => yaml::boolean(node, "aggregate_only", report)?,
        None if map.has("aggregate_only") => {
            report.error(map.at, "empty-value", "`aggregate_only` must not be empty");
            return None;
        }
        None => false,
    };
    match (only, map.has("min_group")) {
        (true, true) => number(map, "min_group", 2, report).map(Some),
        (true, false) => {
            let hint = "how many rows a group must have before its total is shown";
            report.hinted(map.at, "missing-key", "a grant of aggregates needs `min_group`", hint);
            None
        }
        (false, true) => {
            let hint = "write `aggregate_only: true`, or put it into a limit";
            report.hinted(map.at, "min-group", "`min_group` is for grants of aggregates", hint);
            None
        }
        (false, false) => Some(None),
    }
}

fn usage(map: &Map, report: &mut Report) -> Option<MaskUse> {
    let Some(node) = map.get("use") else {
        if map.has("use") {
            report.error(map.at, "empty-value", "`use` must not be empty");
            return None;
        }
        return Some(MaskUse::Masked);
    };
    let scalar = yaml::scalar(node, "use", report)?;
    match scalar.text.as_str() {
        "masked" => Some(MaskUse::Masked),
        "lookup" => Some(MaskUse::Lookup),
        "none" => Some(MaskUse::None),
        "token_join" => Some(MaskUse::TokenJoin),
        other => {
            let known = ["masked", "lookup", "token_join", "none"];
            report.unknown(scalar.at, "unknown-use", "use", other, known.into_iter());
            None
        }
    }
}
