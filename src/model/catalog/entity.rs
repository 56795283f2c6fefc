//! Reading one `entity:` object, as far as it can be understood alone; `load` links it to the others.

use super::{Entity, Field, Hierarchy, Label, parse_type};
use crate::diagnostic::{Report, Spot};
use crate::names;
use crate::yaml::{self, Map, Node, Scalar};

const ENTITY_KEYS: [&str; 18] = [
    "entity",
    "domain",
    "label",
    "aliases",
    "synonyms",
    "comment",
    "owner",
    "status",
    "source",
    "key",
    "fields",
    "relationships",
    "hierarchy",
    "measures",
    "snapshot",
    "time",
    "feed",
    "bridge",
];
/// Known to the design, refused until metrics come: silently ignoring them would promise numbers that nobody computes.
const LATER_ENTITY_KEYS: [&str; 5] = ["measures", "snapshot", "time", "feed", "bridge"];
const FIELD_KEYS: [&str; 9] = ["column", "type", "label", "aliases", "level", "tags", "hidden", "comment", "values"];
const LATER_FIELD_KEYS: [&str; 2] = ["unit", "search_values"];
/// PostgreSQL's own columns of every table: no field may take their names.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];
/// Longest name in bytes that Tableau's wrappers (`sum:…:ok`) leave intact.
const NAME_BYTES_ADVISED: usize = 48;

/// An entity whose references to others are still words.
pub(super) struct Draft {
    pub entity: Entity,
    pub file: String,
    /// Place of the entity's id.
    pub at: Spot,
    pub domain: Option<Scalar>,
    pub connection: Scalar,
    pub relationships: Vec<Edge>,
    pub table_at: Spot,
}

/// A relationship whose target is still a word.
pub(super) struct Edge {
    pub id: Scalar,
    pub to: Scalar,
    pub keys: Vec<(usize, Scalar)>,
    pub keys_at: Spot,
    pub role: Label,
    pub inherits_policy: bool,
    pub restrictions_only: bool,
}

/// Reads an `entity:` object. `None` where too little of it can be understood to check the rest.
pub(super) fn read(node: &Node, report: &mut Report, warnings: &mut Report) -> Option<Draft> {
    let map = yaml::map(node, "an entity", &ENTITY_KEYS, report)?;
    for later in LATER_ENTITY_KEYS {
        not_yet(&map, later, report);
    }
    let id = id(map.require("entity", "an entity", report)?, "an entity's id", report);
    let mut label = Label::default();
    if let Some(node) = map.get("label") {
        label = read_label(node, "an entity's label", report, warnings);
    }
    let source = map.require("source", "an entity", report).and_then(|node| source(node, report));
    let fields = fields(map.require("fields", "an entity", report)?, report, warnings);
    let (id, (connection, table)) = (id?, source?);
    let mut entity = Entity {
        id: id.text.clone(),
        domain: 0,
        label,
        comment: text_of(&map, "comment", report),
        connection: connection.text.clone(),
        table: table.text.clone(),
        key: Vec::new(),
        fields,
        relationships: Vec::new(),
        hierarchy: None,
        aliases: names_of(&map, "aliases", report),
        synonyms: names_of(&map, "synonyms", report),
        owner: text_of(&map, "owner", report),
    };
    text_of(&map, "status", report).into_iter().for_each(|status| check_status(&status, &map, report));
    check_field_names(&entity, map.at, report);
    entity.key = key(&map, &entity, report);
    for &position in &entity.key {
        entity.fields[position].nullable = false;
    }
    entity.hierarchy = map.get("hierarchy").and_then(|node| hierarchy(node, &entity, report));
    let relationships = relationships(&map, &entity, report, warnings);
    let domain = map.get("domain").and_then(|node| yaml::scalar(node, "domain", report)).cloned();
    let file = report.file().to_string();
    Some(Draft { entity, file, at: id.at, domain, connection, relationships, table_at: table.at })
}

fn not_yet(map: &Map, key: &str, report: &mut Report) {
    if let Some((key, _)) = map.entry(key) {
        let message = format!("`{}` is not supported yet", key.text);
        report.hinted(key.at, "not-supported", message, "leave it out: metrics and views come in a later version");
    }
}

fn check_status(status: &str, map: &Map, report: &mut Report) {
    let known = ["draft", "certified", "deprecated"];
    if !known.contains(&status) {
        let at = map.entry("status").map_or(map.at, |(_, value)| value.at());
        report.unknown(at, "unknown-status", "status", status, known.into_iter());
    }
}

/// An id: lower-case ASCII, 63 bytes.
pub(super) fn id(node: &Node, what: &str, report: &mut Report) -> Option<Scalar> {
    let found = yaml::scalar(node, what, report)?;
    check_id(found, what, report).then(|| found.clone())
}

fn check_id(found: &Scalar, what: &str, report: &mut Report) -> bool {
    if !names::is_id(&found.text) {
        let message = format!("{what} `{}` is not an id", found.text);
        report.hinted(found.at, "bad-id", message, "lower-case letters, digits and `_`, a letter first");
        return false;
    }
    if found.text.len() > names::NAME_BYTES_MAX {
        report.error(found.at, "name-length", format!("{what} `{}` is longer than 63 bytes", found.text));
        return false;
    }
    true
}

/// `{zh: .., en: ..}`.
pub(super) fn read_label(node: &Node, what: &str, report: &mut Report, warnings: &mut Report) -> Label {
    let Some(map) = yaml::map(node, what, &["zh", "en"], report) else { return Label::default() };
    let mut one = |key: &str| map.get(key).and_then(|node| name(node, what, report, warnings));
    Label { zh: one("zh"), en: one("en") }
}

/// A business name: 63 bytes, nothing invisible.
fn name(node: &Node, what: &str, report: &mut Report, warnings: &mut Report) -> Option<String> {
    let found = yaml::scalar(node, what, report)?;
    let text = &found.text;
    if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
        report.error(found.at, "bad-name", format!("{what} is empty or holds blanks around it or control characters"));
        return None;
    }
    if text.len() > names::NAME_BYTES_MAX {
        let message = format!("{what} `{text}` is {} bytes long, more than 63", text.len());
        report.hinted(found.at, "name-length", message, "21 Chinese characters fit");
        return None;
    }
    if text.len() > NAME_BYTES_ADVISED {
        let message = format!("{what} `{text}` is {} bytes long; above 48 some tools cut it", text.len());
        warnings.error(found.at, "name-length", message);
    }
    Some(text.clone())
}

fn text_of(map: &Map, key: &str, report: &mut Report) -> Option<String> {
    map.get(key).and_then(|node| yaml::text(node, key, report))
}

fn names_of(map: &Map, key: &str, report: &mut Report) -> Vec<String> {
    let Some(node) = map.get(key) else { return Vec::new() };
    yaml::scalars(node, key, report).into_iter().map(|scalar| scalar.text.trim().to_string()).collect()
}

fn source(node: &Node, report: &mut Report) -> Option<(Scalar, Scalar)> {
    let map = yaml::map(node, "source", &["connection", "table"], report)?;
    let connection = map.require("connection", "source", report).and_then(|n| yaml::scalar(n, "connection", report));
    let table = map.require("table", "source", report).and_then(|n| yaml::scalar(n, "table", report));
    Some((connection?.clone(), table?.clone()))
}

fn fields(node: &Node, report: &mut Report, warnings: &mut Report) -> Vec<Field> {
    let Some(map) = yaml::any_map(node, "fields", report) else { return Vec::new() };
    if map.entries().is_empty() {
        report.error(map.at, "empty-value", "an entity needs at least one field");
    }
    if map.entries().len() > 1_600 {
        report.error(map.at, "too-many-fields", "an entity has at most 1600 fields, as a PostgreSQL table");
    }
    let mut found: Vec<Field> = Vec::new();
    for (key, value) in map.entries() {
        if let Some(field) = field(key, value, report, warnings) {
            let column = field.column.to_lowercase();
            if let Some(other) = found.iter().find(|other| other.column.to_lowercase() == column) {
                let message = format!("column `{}` is already field `{}`", field.column, other.id);
                report.hinted(
                    key.at,
                    "column-twice",
                    message,
                    "one column, one field: else a mask on one misses the other",
                );
            }
            found.push(field);
        }
    }
    found
}

fn field(key: &Scalar, node: &Node, report: &mut Report, warnings: &mut Report) -> Option<Field> {
    let known: Vec<&str> = FIELD_KEYS.into_iter().chain(LATER_FIELD_KEYS).chain(["nullable"]).collect();
    let what = format!("field `{}`", key.text);
    let named = check_id(key, "a field's id", report);
    if SYSTEM_COLUMNS.contains(&key.text.as_str()) {
        report.error(key.at, "reserved-name", format!("`{}` is a system column of PostgreSQL", key.text));
    }
    let map = yaml::map(node, &what, &known, report)?;
    for later in LATER_FIELD_KEYS {
        not_yet(&map, later, report);
    }
    let column = map.require("column", &what, report).and_then(|node| column(node, report));
    let sql_type = map.require("type", &what, report).and_then(|node| sql_type(node, report));
    let hidden = map.get("hidden").and_then(|node| yaml::boolean(node, "hidden", report)).unwrap_or(false);
    let level = level(&map, hidden, &what, report);
    let label = map.get("label").map(|node| read_label(node, "a field's label", report, warnings)).unwrap_or_default();
    let nullable = map.get("nullable").and_then(|node| yaml::boolean(node, "nullable", report)).unwrap_or(true);
    let field = Field {
        id: key.text.clone(),
        label,
        column: column?,
        sql_type: sql_type?,
        nullable,
        level: level?,
        tags: tags(&map, report),
        hidden,
        comment: text_of(&map, "comment", report),
        values: values(&map, report, warnings),
        aliases: names_of(&map, "aliases", report),
    };
    named.then_some(field)
}

fn column(node: &Node, report: &mut Report) -> Option<String> {
    let found = yaml::text(node, "column", report)?;
    if found.chars().any(char::is_control) {
        report.error(node.at(), "bad-name", "a column's name holds control characters");
        return None;
    }
    Some(found)
}

fn sql_type(node: &Node, report: &mut Report) -> Option<sluice_base::SqlType> {
    let found = yaml::scalar(node, "type", report)?;
    match parse_type(&found.text) {
        Ok(sql_type) => Some(sql_type),
        Err((message, Some(hint))) => {
            report.hinted(found.at, "unknown-type", message, hint);
            None
        }
        Err((message, None)) => {
            report.error(found.at, "unknown-type", message);
            None
        }
    }
}

/// The level; one that is left out would slip under every rule written by level, so only hidden fields may.
fn level(map: &Map, hidden: bool, what: &str, report: &mut Report) -> Option<u8> {
    let Some(node) = map.get("level") else {
        if hidden {
            return Some(5);
        }
        report.hinted(map.at, "missing-key", format!("{what} needs `level`"), "1 (public) to 5, as in JR/T 0197");
        return None;
    };
    let found = yaml::scalar(node, "level", report)?;
    match found.text.parse::<u8>() {
        Ok(level) if (1..=5).contains(&level) => Some(level),
        _ => {
            report.error(found.at, "bad-level", format!("level `{}` is not between 1 and 5", found.text));
            None
        }
    }
}

fn tags(map: &Map, report: &mut Report) -> Vec<String> {
    let Some(node) = map.get("tags") else { return Vec::new() };
    let mut found = Vec::new();
    for tag in yaml::scalars(node, "tags", report) {
        if tag.text.split('.').all(names::is_id) {
            found.push(tag.text.clone());
        } else {
            report.hinted(
                tag.at,
                "bad-id",
                format!("tag `{}` is not a tag", tag.text),
                "ids joined by `.`, as in `pii.phone`",
            );
        }
    }
    found
}

fn values(map: &Map, report: &mut Report, warnings: &mut Report) -> Vec<(String, Label)> {
    let Some(node) = map.get("values") else { return Vec::new() };
    let Some(codes) = yaml::any_map(node, "values", report) else { return Vec::new() };
    let mut found = Vec::new();
    for (code, meaning) in codes.entries() {
        let label = match meaning {
            Node::Map(..) => read_label(meaning, "a code's label", report, warnings),
            other => Label { zh: yaml::text(other, "a code's label", report), en: None },
        };
        found.push((code.text.clone(), label));
    }
    found
}

/// Every name of a field belongs to that field alone, whatever its case and width.
fn check_field_names(entity: &Entity, at: Spot, report: &mut Report) {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for field in &entity.fields {
        for name in field.names() {
            let key = names::name_key(name);
            match seen.iter().find(|(known, _)| *known == key) {
                Some((_, owner)) if *owner != field.id => {
                    let message = format!("name `{name}` of field `{}` is also a name of field `{owner}`", field.id);
                    report.hinted(at, "name-collision", message, "case and full-width forms do not make another name");
                }
                Some(_) => {}
                None => seen.push((key, &field.id)),
            }
        }
    }
}

fn field_of(found: &Scalar, entity: &Entity, report: &mut Report) -> Option<usize> {
    let position = entity.fields.iter().position(|field| field.id == found.text);
    if position.is_none() {
        let known = entity.fields.iter().map(|field| field.id.as_str());
        report.unknown_in(found.at, "unknown-field", ("field", &found.text), &format!("of `{}`", entity.id), known);
    }
    position
}

fn key(map: &Map, entity: &Entity, report: &mut Report) -> Vec<usize> {
    let Some(node) = map.get("key") else { return Vec::new() };
    let mut found = Vec::new();
    for name in yaml::scalars(node, "key", report) {
        if let Some(position) = field_of(name, entity, report) {
            if found.contains(&position) {
                report.error(name.at, "duplicate-key", format!("`{}` is twice in the key", name.text));
            } else {
                found.push(position);
            }
        }
    }
    found
}

fn hierarchy(node: &Node, entity: &Entity, report: &mut Report) -> Option<Hierarchy> {
    let known = ["id", "label", "unit", "parent", "valid_from", "valid_to", "levels", "ragged", "self_label"];
    let map = yaml::map(node, "hierarchy", &known, report)?;
    for later in ["levels", "ragged", "self_label"] {
        not_yet(&map, later, report);
    }
    let id = id(map.require("id", "hierarchy", report)?, "a hierarchy's id", report);
    let parent = yaml::scalar(map.require("parent", "hierarchy", report)?, "parent", report)?;
    let position = field_of(parent, entity, report)?;
    let unit = match (map.get("unit"), &entity.key[..]) {
        (Some(node), _) => field_of(yaml::scalar(node, "unit", report)?, entity, report)?,
        (None, [key]) => *key,
        (None, _) => {
            let message = "a hierarchy needs an entity with a key of one field, or `unit`, the field of the unit's key";
            report.error(map.at, "hierarchy-key", message);
            return None;
        }
    };
    if entity.fields[unit].sql_type != entity.fields[position].sql_type {
        let message = format!("`{}` and the key `{}` differ in type", parent.text, entity.fields[unit].id);
        report.error(parent.at, "type-mismatch", message);
        return None;
    }
    let before = report.count();
    let valid_from = day_field(&map, "valid_from", entity, report);
    let valid_to = day_field(&map, "valid_to", entity, report);
    (report.count() == before).then_some(())?;
    Some(Hierarchy { id: id?.text, unit, parent: position, valid_from, valid_to })
}

/// A field of dates that the hierarchy names.
fn day_field(map: &Map, key: &str, entity: &Entity, report: &mut Report) -> Option<usize> {
    let found = yaml::scalar(map.get(key)?, key, report)?;
    let position = field_of(found, entity, report)?;
    if entity.fields[position].sql_type != sluice_base::SqlType::Date {
        report.error(found.at, "type-mismatch", format!("`{}` is not a date", found.text));
    }
    Some(position)
}

fn relationships(map: &Map, entity: &Entity, report: &mut Report, warnings: &mut Report) -> Vec<Edge> {
    let Some(node) = map.get("relationships") else { return Vec::new() };
    let Some(edges) = yaml::any_map(node, "relationships", report) else { return Vec::new() };
    let known = ["to", "keys", "role", "inherits_policy", "required", "allocate"];
    let mut found = Vec::new();
    for (id, node) in edges.entries() {
        check_id(id, "a relationship's id", report);
        let Some(edge) = yaml::map(node, "a relationship", &known, report) else { continue };
        for later in ["required", "allocate"] {
            not_yet(&edge, later, report);
        }
        let to = edge.require("to", "a relationship", report).and_then(|node| yaml::scalar(node, "to", report));
        let Some(keys_node) = edge.require("keys", "a relationship", report) else { continue };
        let Some(pairs) = yaml::any_map(keys_node, "keys", report) else { continue };
        if pairs.entries().is_empty() {
            report.error(pairs.at, "empty-value", "keys must not be empty");
        }
        let mut keys = Vec::new();
        for (own, target) in pairs.entries() {
            let target = yaml::scalar(target, "the target of a key", report);
            if let (Some(own), Some(target)) = (field_of(own, entity, report), target) {
                keys.push((own, target.clone()));
            }
        }
        let (inherits_policy, restrictions_only) = inherits(&edge, report);
        let role = edge.get("role").map(|node| read_label(node, "a role", report, warnings)).unwrap_or_default();
        if let Some(to) = to {
            found.push(Edge {
                id: id.clone(),
                to: to.clone(),
                keys,
                keys_at: keys_node.at(),
                role,
                inherits_policy,
                restrictions_only,
            });
        }
    }
    found
}

/// `inherits_policy:` `true` (the default), `false`, or `restrictions`.
fn inherits(edge: &Map, report: &mut Report) -> (bool, bool) {
    let Some(node) = edge.get("inherits_policy") else { return (true, false) };
    if let Node::Scalar(word) = node
        && word.text == "restrictions"
    {
        return (true, true);
    }
    (yaml::boolean(node, "inherits_policy", report).unwrap_or(true), false)
}
