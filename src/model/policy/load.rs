//! From files to a checked [`PolicySet`].
//!
//! Invariant: a set is returned only where nothing is wrong in any file (governance G10). An empty file is wrong: it
//! is what a truncated write leaves, and "no policy" must never look like "no restriction".

use std::collections::BTreeMap;

use super::audience::Known;
use super::index::Index;
use super::limit::LimitRule;
use super::rule::{GrantKind, Head, Reader};
use super::{PolicySet, conflict};
use crate::allowance::Limited;
use crate::catalog::{Catalog, SourceFile};
use crate::decision::MaskUse;
use crate::diagnostic::{Diagnostic, Report, Spot};
use crate::yaml::{self, Node};

const RULES: [&str; 5] = ["grant", "restrict", "mask", "deny", "limit"];
const OBJECTS: [&str; 7] = ["zones", "roles", "grant", "restrict", "mask", "deny", "limit"];

/// Loads the policies over a catalog.
///
/// # Errors
/// Every finding, sorted by file and place.
pub fn load(files: &[SourceFile], catalog: &Catalog) -> Result<PolicySet, Vec<Diagnostic>> {
    let mut ordered: Vec<&SourceFile> = files.iter().collect();
    ordered.sort_by(|a, b| a.path.cmp(&b.path));
    let mut found = Vec::new();
    let mut set = PolicySet {
        id: content_id(&ordered),
        warnings: Vec::new(),
        catalog_id: catalog.id.clone(),
        zones: Default::default(),
        roles: Default::default(),
        grants: Vec::new(),
        explain_grants: Vec::new(),
        restrictions: Vec::new(),
        masks: Vec::new(),
        denials: Vec::new(),
        limits: Vec::new(),
        index: Index::default(),
    };
    if files.is_empty() {
        Report::new("policies", &mut found).error(Spot::default(), "empty-set", "there is no policy file");
    }
    let documents: Vec<(&str, Node)> = ordered.iter().flat_map(|file| objects(file, &mut found)).collect();
    // Roles and zones first: rules of any file may name those of any other.
    for (file, object) in &documents {
        let mut report = Report::new(file, &mut found);
        if let Node::Map(_, entries) = object {
            for (key, value) in entries {
                match key.text.as_str() {
                    "zones" => set.zones.read(value, &mut report),
                    "roles" => set.roles.read(value, &mut report),
                    _ => {}
                }
            }
        }
    }
    set.roles.check(&mut found);
    read_rules(&mut set, &documents, catalog, &mut found);
    check_ids(&set, &mut found);
    conflict::check(&mut set, catalog, &mut found);
    warn_of_unbounded_lookups(&mut set);
    found.sort();
    set.index = Index::build(&set, catalog.entities.len());
    if found.is_empty() { Ok(set) } else { Err(found) }
}

fn content_id(files: &[&SourceFile]) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(&(file.text.len() as u64).to_le_bytes());
        hasher.update(file.text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The objects of a file; a file without any is refused.
fn objects<'f>(file: &'f SourceFile, found: &mut Vec<Diagnostic>) -> Vec<(&'f str, Node)> {
    let before = found.len();
    let documents = yaml::documents(&file.text, &mut Report::new(&file.path, found));
    if documents.is_empty() && found.len() == before {
        let hint = "an empty file does not mean that everything is allowed; remove it if it is not needed";
        Report::new(&file.path, found).hinted(
            Spot { line: 1, column: 1 },
            "empty-file",
            "the policy file is empty",
            hint,
        );
    }
    let mut objects = Vec::new();
    for document in documents {
        match document {
            Node::Sequence(_, items) => objects.extend(items.into_iter().map(|item| (file.path.as_str(), item))),
            other => objects.push((file.path.as_str(), other)),
        }
    }
    objects
}

fn read_rules(set: &mut PolicySet, documents: &[(&str, Node)], catalog: &Catalog, found: &mut Vec<Diagnostic>) {
    let reader = Reader { catalog, known: Known { roles: &set.roles, zones: set.zones.names().collect() } };
    let (mut grants, mut restrictions, mut masks, mut denials) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut explain_grants, mut limits) = (Vec::new(), Vec::new());
    let mut rules = 0;
    for (file, object) in documents {
        let mut report = Report::new(file, found);
        let kind = kind(object, &mut report);
        rules += usize::from(RULES.contains(&kind));
        match kind {
            "grant" => match reader.grant(object, &mut report) {
                Some(GrantKind::Read(grant)) => grants.push(grant),
                Some(GrantKind::Explain(head)) => explain_grants.push(head),
                None => {}
            },
            "restrict" => restrictions.extend(reader.restriction(object, &mut report)),
            "mask" => masks.extend(reader.mask(object, &mut report)),
            "deny" => denials.extend(reader.denial(object, &mut report)),
            "limit" => limits.extend(reader.limit(object, &mut report)),
            _ => {}
        }
    }
    if rules == 0 && found.is_empty() {
        Report::new("policies", found).error(Spot::default(), "empty-set", "the policy files hold no rule");
    }
    (set.grants, set.restrictions, set.masks, set.denials) = (grants, restrictions, masks, denials);
    (set.explain_grants, set.limits) = (explain_grants, limits);
}

/// What kind of object this is; `""` where that has been dealt with.
fn kind(object: &Node, report: &mut Report) -> &'static str {
    let Some(map) = yaml::any_map(object, "an object of the policies", report) else { return "" };
    if let Some(rule) = RULES.into_iter().find(|rule| map.has(rule)) {
        return rule;
    }
    if map.has("zones") || map.has("roles") {
        let _ = yaml::map(object, "zones and roles", &["zones", "roles"], report);
        return "";
    }
    match map.entries().first() {
        Some((key, _)) => report.unknown(key.at, "unknown-object", "kind of object", &key.text, OBJECTS.into_iter()),
        None => report.error(map.at, "unknown-object", "an empty object"),
    }
    ""
}

/// Look-ups are guesses that anybody may try: some limit should bound how many a day (governance G8).
fn warn_of_unbounded_lookups(set: &mut PolicySet) {
    let bounds = |rule: &LimitRule| !rule.head.shadow && rule.settings.contains_key(&Limited::LookupsPerDay);
    if set.limits.iter().any(bounds) {
        return;
    }
    let open = set.masks.iter().filter(|rule| !rule.head.shadow && rule.usage == MaskUse::Lookup);
    for head in open.map(|rule| &rule.head) {
        let message = format!("mask `{}` allows look-ups, and no limit says how many a day", head.id);
        let hint = "write a `limit` with `lookups_per_day`";
        Report::new(&head.file, &mut set.warnings).hinted(head.at, "unbounded-lookups", message, hint);
    }
}

/// Ids are unique over all kinds: an audit record names a rule by its id alone.
fn check_ids(set: &PolicySet, found: &mut Vec<Diagnostic>) {
    let mut heads: Vec<&Head> = set.heads().collect();
    heads.sort_by(|a, b| (&a.file, a.at).cmp(&(&b.file, b.at)));
    let mut seen: BTreeMap<&str, &Head> = BTreeMap::new();
    for head in heads {
        match seen.get(head.id.as_str()) {
            Some(first) => {
                let message = format!("rule `{}` is given twice, first at {}:{}", head.id, first.file, first.at.line);
                let hint = "an audit record names a rule by its id alone: give one of them another";
                Report::new(&head.file, found).hinted(head.at, "duplicate-id", message, hint);
            }
            None => {
                seen.insert(&head.id, head);
            }
        }
    }
}
