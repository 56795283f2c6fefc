//! Which entities and fields a rule is about: names, tags and levels, resolved against the catalog at load.
//!
//! Invariant: a name that matches nothing is a finding; a rule never silently protects nothing.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, Entity};
use crate::diagnostic::Report;
use crate::yaml::{self, Node, Scalar};

/// A field of the catalog: positions of its entity and in it.
pub(super) type FieldRef = (usize, usize);

/// What a name in a rule means.
pub(super) enum Named {
    Entity(usize),
    Field(FieldRef),
}

/// Resolves `entity`, `domain.entity`, `entity.field` or `domain.entity.field`.
pub(super) fn name(found: &Scalar, catalog: &Catalog, report: &mut Report) -> Option<Named> {
    let parts: Vec<&str> = found.text.split('.').collect();
    let entity_in = |domain: Option<&str>, id: &str| {
        catalog.entities.iter().position(|entity| {
            entity.id == id && domain.is_none_or(|domain| catalog.domains[entity.domain].id == domain)
        })
    };
    match parts[..] {
        [id] => match entity_in(None, id) {
            Some(entity) => return Some(Named::Entity(entity)),
            None => unknown_entity(found, id, catalog, report),
        },
        [first, second] => {
            if let Some(entity) = entity_in(Some(first), second) {
                return Some(Named::Entity(entity));
            }
            match entity_in(None, first) {
                Some(entity) => return field(found, entity, second, catalog, report).map(Named::Field),
                None => unknown_entity(found, first, catalog, report),
            }
        }
        [domain, id, name] => match entity_in(Some(domain), id) {
            Some(entity) => return field(found, entity, name, catalog, report).map(Named::Field),
            None => unknown_entity(found, id, catalog, report),
        },
        _ => report.error(found.at, "bad-name", format!("`{}` names no entity or field", found.text)),
    }
    None
}

fn unknown_entity(found: &Scalar, id: &str, catalog: &Catalog, report: &mut Report) {
    report.unknown(found.at, "unknown-entity", "entity", id, catalog.entities.iter().map(|entity| entity.id.as_str()));
}

/// The field of this id in the entity.
pub(super) fn field(
    found: &Scalar,
    entity: usize,
    name: &str,
    catalog: &Catalog,
    report: &mut Report,
) -> Option<FieldRef> {
    let of: &Entity = &catalog.entities[entity];
    let position = of.fields.iter().position(|field| field.id == name);
    if position.is_none() {
        let known = of.fields.iter().map(|field| field.id.as_str());
        report.unknown_in(found.at, "unknown-field", ("field", name), &format!("of `{}`", of.id), known);
    }
    position.map(|position| (entity, position))
}

/// The entities of a list of names.
pub(super) fn entities(node: &Node, what: &str, catalog: &Catalog, report: &mut Report) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for scalar in yaml::scalars(node, what, report) {
        match name(scalar, catalog, report) {
            Some(Named::Entity(entity)) => {
                found.insert(entity);
            }
            Some(Named::Field(_)) => {
                report.error(scalar.at, "wrong-kind", format!("{what} takes entities, `{}` is a field", scalar.text));
            }
            None => {}
        }
    }
    found
}

/// Reads a `fields:` selector; `within` limits it to some entities.
pub(super) fn fields(
    node: &Node,
    within: Option<&BTreeSet<usize>>,
    catalog: &Catalog,
    report: &mut Report,
) -> BTreeSet<FieldRef> {
    if !matches!(node, Node::Map(..)) {
        return by_names(node, within, catalog, report);
    }
    let Some((key, value)) = yaml::one_key(node, "`fields`", &["tag", "level", "names"], report) else {
        return BTreeSet::new();
    };
    match key.text.as_str() {
        "tag" => by_tag(value, within, catalog, report),
        "level" => by_level(value, within, catalog, report),
        _ => by_names(value, within, catalog, report),
    }
}

fn all<'c>(within: Option<&'c BTreeSet<usize>>, catalog: &'c Catalog) -> impl Iterator<Item = FieldRef> + 'c {
    let entities =
        (0..catalog.entities.len()).filter(move |entity| within.is_none_or(|within| within.contains(entity)));
    entities.flat_map(|entity| (0..catalog.entities[entity].fields.len()).map(move |field| (entity, field)))
}

fn by_names(
    node: &Node,
    within: Option<&BTreeSet<usize>>,
    catalog: &Catalog,
    report: &mut Report,
) -> BTreeSet<FieldRef> {
    let mut found = BTreeSet::new();
    for scalar in yaml::scalars(node, "fields", report) {
        // With one entity given, its fields need no prefix.
        let single = within.filter(|within| within.len() == 1).and_then(|within| within.first().copied());
        let reference = match single {
            Some(entity) if !scalar.text.contains('.') => field(scalar, entity, &scalar.text, catalog, report),
            _ => match name(scalar, catalog, report) {
                Some(Named::Field(reference)) => Some(reference),
                Some(Named::Entity(_)) => {
                    let message = format!("`{}` is an entity, a field is expected", scalar.text);
                    report.hinted(scalar.at, "wrong-kind", message, "write ENTITY.FIELD");
                    None
                }
                None => None,
            },
        };
        let Some(reference) = reference else { continue };
        if within.is_some_and(|within| !within.contains(&reference.0)) {
            report.error(
                scalar.at,
                "unknown-field",
                format!("`{}` is not a field of the rule's entities", scalar.text),
            );
            continue;
        }
        found.insert(reference);
    }
    found
}

/// Tags match exactly; `pii.*` matches every tag below `pii`.
fn by_tag(node: &Node, within: Option<&BTreeSet<usize>>, catalog: &Catalog, report: &mut Report) -> BTreeSet<FieldRef> {
    let mut found = BTreeSet::new();
    for tag in yaml::scalars(node, "tag", report) {
        let matches = |known: &String| match tag.text.strip_suffix('*') {
            Some(prefix) if prefix.ends_with('.') => known.starts_with(prefix),
            _ => *known == tag.text,
        };
        let before = found.len();
        let tagged = all(within, catalog)
            .filter(|(entity, field)| catalog.entities[*entity].fields[*field].tags.iter().any(matches));
        found.extend(tagged);
        let used = || catalog.entities.iter().flat_map(|entity| &entity.fields).flat_map(|field| &field.tags);
        if found.len() == before && !used().any(matches) {
            report.unknown(tag.at, "unknown-tag", "tag", &tag.text, used().map(String::as_str));
        }
    }
    found
}

/// A comparison of a field's level with the one in the rule.
type Test = fn(u8, u8) -> bool;

fn by_level(
    node: &Node,
    within: Option<&BTreeSet<usize>>,
    catalog: &Catalog,
    report: &mut Report,
) -> BTreeSet<FieldRef> {
    let Some(scalar) = yaml::scalar(node, "level", report) else { return BTreeSet::new() };
    let text: String = scalar.text.split_whitespace().collect();
    let operators: [(&str, Test); 5] =
        [(">=", |a, b| a >= b), ("<=", |a, b| a <= b), (">", |a, b| a > b), ("<", |a, b| a < b), ("=", |a, b| a == b)];
    let (test, number) = operators
        .iter()
        .find_map(|(sign, test)| text.strip_prefix(sign).map(|number| (*test, number)))
        .unwrap_or((|a, b| a == b, text.as_str()));
    match number.parse::<u8>() {
        Ok(level) if (1..=5).contains(&level) => all(within, catalog)
            .filter(|(entity, field)| test(catalog.entities[*entity].fields[*field].level, level))
            .collect(),
        _ => {
            let message = format!("`{}` is not a test of a level", scalar.text);
            report.hinted(scalar.at, "bad-level", message, "write \">=4\", \"<=2\" or 3");
            BTreeSet::new()
        }
    }
}
