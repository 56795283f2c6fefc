//! From files to a checked [`Catalog`]: read every object, link them, check what only the whole can show.
//!
//! Invariant: a catalog is returned only where nothing is wrong; else every finding of every file. File order and
//! object order never matter.

use std::collections::{BTreeMap, HashMap};

use sluice_base::TimeZone;

use super::entity::{self, Draft};
use super::inherit;
use super::lookup::NameIndex;
use super::{
    Catalog, Connection, Domain, Entity, Label, Naming, Placement, Relationship, SourceFile, SourceKind, builtin,
};
use crate::diagnostic::{Diagnostic, Report, Spot};
use crate::names;
use crate::yaml::{self, Node, Scalar};

/// Objects of the design that come with metrics and views.
const LATER_OBJECTS: [&str; 8] =
    ["calendar", "metric", "view", "report", "aggregate", "hierarchy", "tests", "watermarks"];
/// Schema names that are PostgreSQL's or the product's own.
const RESERVED_SCHEMAS: [&str; 4] = ["information_schema", "audit", "审计", "sluice"];

/// Loads the catalog. `placement` moves entities of one deployment to other sources.
///
/// # Errors
/// Every finding, sorted by file and place.
pub fn load(
    files: &[SourceFile],
    connections: BTreeMap<String, Connection>,
    placement: &BTreeMap<String, Placement>,
) -> Result<Catalog, Vec<Diagnostic>> {
    let mut ordered: Vec<&SourceFile> = files.iter().collect();
    ordered.sort_by(|a, b| a.path.cmp(&b.path));
    let mut loader = Loader::default();
    for file in &ordered {
        loader.read(file);
    }
    let id = content_id(&ordered, placement);
    let catalog = loader.link(id, connections, placement);
    let Loader { mut found, .. } = loader;
    found.sort();
    match catalog {
        Some(catalog) if found.is_empty() => Ok(catalog),
        _ => Err(found),
    }
}

fn content_id(files: &[&SourceFile], placement: &BTreeMap<String, Placement>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    for file in files {
        add(&file.text);
    }
    for (entity, place) in placement {
        add(entity);
        add(&place.connection);
        add(&place.table);
    }
    hasher.finalize().to_hex().to_string()
}

/// What the `catalog:` object says.
struct Header {
    name: String,
    search_path: Vec<Scalar>,
    timezone: TimeZone,
    file: String,
}

#[derive(Default)]
struct Loader {
    header: Option<Header>,
    /// Domains with the file and place of their ids.
    domains: Vec<(Domain, String, Spot)>,
    drafts: Vec<Draft>,
    found: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Loader {
    fn read(&mut self, file: &SourceFile) {
        let documents = yaml::documents(&file.text, &mut Report::new(&file.path, &mut self.found));
        for document in &documents {
            for object in yaml::list_or_one(document) {
                self.read_object(object, &file.path);
            }
        }
    }

    fn read_object(&mut self, node: &Node, file: &str) {
        let mut report = Report::new(file, &mut self.found);
        let mut warnings = Report::new(file, &mut self.warnings);
        let Some(map) = yaml::any_map(node, "an object of the catalog", &mut report) else { return };
        if map.has("entity") {
            self.drafts.extend(entity::read(node, &mut report, &mut warnings));
        } else if map.has("catalog") || map.has("domains") {
            let Some(map) = yaml::map(node, "the catalog", &["catalog", "domains"], &mut report) else { return };
            if let Some(node) = map.get("catalog") {
                match (&self.header, header(node, &mut report)) {
                    (Some(first), _) => {
                        let message = format!("`catalog` is given twice, first in {}", first.file);
                        report.error(node.at(), "duplicate-id", message);
                    }
                    (None, header) => self.header = header,
                }
            }
            if let Some(node) = map.get("domains") {
                let domains = domains(node, &mut report, &mut warnings);
                self.domains.extend(domains.into_iter().map(|(domain, at)| (domain, file.to_string(), at)));
            }
        } else {
            unknown_object(map, &mut report);
        }
    }

    fn link(
        &mut self,
        id: String,
        mut connections: BTreeMap<String, Connection>,
        placement: &BTreeMap<String, Placement>,
    ) -> Option<Catalog> {
        let found = &mut self.found;
        check_domains(&self.domains, found);
        let taken = connections.insert(builtin::AUDIT_CONNECTION.into(), builtin::connection());
        if taken.is_some_and(|taken| taken.kind != SourceKind::Audit) {
            whole(found, "reserved-name", "connection `audit` is built in", Some("give the connection another id"));
        }
        let mut domains: Vec<Domain> = self.domains.iter().map(|(domain, ..)| domain.clone()).collect();
        for draft in &mut self.drafts {
            assign_domain(draft, &domains, found);
            place(draft, placement, &connections, found);
        }
        for entity in placement.keys() {
            let known = || self.drafts.iter().map(|draft| draft.entity.id.as_str());
            if !known().any(|id| id == entity) {
                Report::new("placement", found).unknown(Spot::default(), "unknown-entity", "entity", entity, known());
            }
        }
        domains.push(builtin::domain());
        check_relations(&self.drafts, &domains, found);
        self.drafts.sort_by(|a, b| (a.entity.domain, &a.entity.id).cmp(&(b.entity.domain, &b.entity.id)));
        link_relationships(&mut self.drafts, found);
        inherit::check(&self.drafts, found);
        check_hierarchies(&self.drafts, found);
        let mut entities: Vec<Entity> = self.drafts.iter().map(|draft| draft.entity.clone()).collect();
        entities.push(builtin::queries(domains.len() - 1));
        if self.drafts.is_empty() {
            whole(found, "empty-catalog", "the catalog has no entity", None);
        }
        let Some(header) = &self.header else {
            let hint = Some("one file starts with `catalog: {format: 1, name: ..}`");
            whole(found, "missing-key", "no file has the `catalog` object", hint);
            return None;
        };
        let mut catalog = Catalog {
            id,
            name: header.name.clone(),
            domains,
            connections,
            entities,
            timezone: header.timezone.clone(),
            search_path: Vec::new(),
            warnings: self.warnings.clone(),
            names: NameIndex::default(),
        };
        catalog.search_path = search_path(header, &catalog, found);
        check_oids(&catalog, found);
        catalog.names = NameIndex::build(&catalog);
        Some(catalog)
    }
}

/// A finding about the set as a whole.
fn whole(found: &mut Vec<Diagnostic>, code: &'static str, message: &str, hint: Option<&str>) {
    let mut report = Report::new("catalog", found);
    match hint {
        Some(hint) => report.hinted(Spot::default(), code, message, hint),
        None => report.error(Spot::default(), code, message),
    }
}

fn unknown_object(map: yaml::Map, report: &mut Report) {
    let Some((key, _)) = map.entries().first() else {
        report.error(map.at, "unknown-object", "an empty object");
        return;
    };
    if LATER_OBJECTS.contains(&key.text.as_str()) {
        let message = format!("`{}` objects are not supported yet", key.text);
        report.hinted(key.at, "not-supported", message, "leave it out: metrics and views come in a later version");
    } else if matches!(key.text.as_str(), "connection" | "connections") {
        let hint = "they differ by deployment: write them under `connections:` in sluice.yaml";
        report.hinted(key.at, "wrong-file", "connections do not belong into the catalog", hint);
    } else {
        report.unknown(
            key.at,
            "unknown-object",
            "kind of object",
            &key.text,
            ["catalog", "domains", "entity"].into_iter(),
        );
    }
}

fn header(node: &Node, report: &mut Report) -> Option<Header> {
    let known = ["format", "name", "locales", "timezone", "currency", "week_start", "search_path"];
    let map = yaml::map(node, "catalog", &known, report)?;
    let format = yaml::scalar(map.require("format", "catalog", report)?, "format", report)?;
    if format.text != "1" {
        report.hinted(
            format.at,
            "unknown-format",
            format!("format `{}` is not known", format.text),
            "write `format: 1`",
        );
    }
    for key in ["currency", "week_start"] {
        map.get(key).and_then(|node| yaml::text(node, key, report));
    }
    let timezone = map.get("timezone").and_then(|node| timezone(node, report)).unwrap_or_default();
    if let Some(node) = map.get("locales") {
        for locale in yaml::scalars(node, "locales", report) {
            if !["zh", "en"].contains(&locale.text.as_str()) {
                report.unknown(locale.at, "unknown-locale", "locale", &locale.text, ["zh", "en"].into_iter());
            }
        }
    }
    let search_path = map.get("search_path").map(|node| yaml::scalars(node, "search_path", report)).unwrap_or_default();
    let search_path = search_path.into_iter().cloned().collect();
    let name = entity::id(map.require("name", "catalog", report)?, "the catalog's name", report)?.text;
    Some(Header { name, search_path, timezone, file: report.file().to_string() })
}

fn timezone(node: &Node, report: &mut Report) -> Option<TimeZone> {
    let found = yaml::scalar(node, "timezone", report)?;
    let zone = TimeZone::parse(&found.text);
    if zone.is_none() {
        let message = format!("timezone `{}` is not known", found.text);
        report.hinted(found.at, "unknown-timezone", message, "`Asia/Shanghai`, `UTC`, or hours east such as `+08`");
    }
    zone
}

fn domains(node: &Node, report: &mut Report, warnings: &mut Report) -> Vec<(Domain, Spot)> {
    let Some(items) = yaml::sequence(node, "domains", report) else { return Vec::new() };
    let mut found = Vec::new();
    for item in items {
        let Some(map) = yaml::map(item, "a domain", &["id", "label", "owner", "comment"], report) else { continue };
        let Some(node) = map.require("id", "a domain", report) else { continue };
        let Some(id) = entity::id(node, "a domain's id", report) else { continue };
        let label = map.get("label").map(|node| entity::read_label(node, "a domain's label", report, warnings));
        let comment = map.get("comment").and_then(|node| yaml::text(node, "comment", report));
        map.get("owner").and_then(|node| yaml::text(node, "owner", report));
        found.push((Domain { id: id.text, label: label.unwrap_or_default(), comment }, id.at));
    }
    found
}

/// Schema names are unique and not taken by PostgreSQL or the product.
fn check_domains(domains: &[(Domain, String, Spot)], found: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for (domain, file, at) in domains {
        let mut report = Report::new(file, found);
        let Domain { id, label, .. } = domain;
        for name in std::iter::once(id.as_str()).chain(label.listed().filter(|label| names::name_key(label) != *id)) {
            let key = names::name_key(name);
            if RESERVED_SCHEMAS.contains(&key.as_str()) || key.starts_with("pg_") {
                report.error(*at, "reserved-name", format!("schema name `{name}` is reserved"));
            } else if let Some((_, other)) = seen.iter().find(|(known, _)| *known == key) {
                report.error(*at, "name-collision", format!("schema `{name}` is also a schema of domain `{other}`"));
            } else {
                seen.push((key, id));
            }
        }
    }
}

/// The domain of an entity: the one it names, the one its folder is named after, or the only one there is.
fn assign_domain(draft: &mut Draft, domains: &[Domain], found: &mut Vec<Diagnostic>) {
    let mut report = Report::new(&draft.file, found);
    let position = |name: &str| domains.iter().position(|domain| domain.id == name);
    let assigned = match &draft.domain {
        Some(named) => {
            let assigned = position(&named.text);
            if assigned.is_none() {
                let known = domains.iter().map(|domain| domain.id.as_str());
                report.unknown(named.at, "unknown-domain", "domain", &named.text, known);
            }
            assigned
        }
        None => {
            let folder = draft.file.rsplit(['/', '\\']).skip(1).find_map(position);
            let assigned = folder.or(if domains.len() == 1 { Some(0) } else { None });
            if assigned.is_none() {
                let message = format!("entity `{}` belongs to no domain", draft.entity.id);
                report.hinted(
                    draft.at,
                    "unknown-domain",
                    message,
                    "add `domain:`, or put the file into the domain's folder",
                );
            }
            assigned
        }
    };
    draft.entity.domain = assigned.unwrap_or(0);
}

/// Applies the deployment's placement and checks the source.
fn place(
    draft: &mut Draft,
    placement: &BTreeMap<String, Placement>,
    connections: &BTreeMap<String, Connection>,
    found: &mut Vec<Diagnostic>,
) {
    let moved = placement.get(&draft.entity.id);
    let (file, connection_at, table_at) = match moved {
        Some(_) => ("placement", Spot::default(), Spot::default()),
        None => (draft.file.as_str(), draft.connection.at, draft.table_at),
    };
    let mut report = Report::new(file, found);
    if let Some(moved) = moved {
        draft.entity.connection = moved.connection.clone();
        draft.entity.table = moved.table.clone();
    }
    let Some(connection) = connections.get(&draft.entity.connection) else {
        let known = connections.keys().map(String::as_str);
        report.unknown(connection_at, "unknown-connection", "connection", &draft.entity.connection, known);
        return;
    };
    let table = &draft.entity.table;
    let problem = match connection.kind {
        SourceKind::Parquet | SourceKind::Csv => {
            let outside =
                table.starts_with(['/', '\\']) || table.contains(':') || table.split(['/', '\\']).any(|p| p == "..");
            outside.then_some("a path must stay below the connection's folder")
        }
        SourceKind::Postgres | SourceKind::Mysql | SourceKind::Sqlite => {
            let parts: Vec<&str> = table.split('.').collect();
            (parts.len() > 2 || parts.contains(&"")).then_some("write TABLE or SCHEMA.TABLE")
        }
        SourceKind::Audit => Some("the audit store holds the built-in entities only"),
    };
    let control = table.chars().any(char::is_control).then_some("control characters");
    if let Some(problem) = problem.or(control) {
        report.hinted(table_at, "bad-table", format!("table `{table}` cannot be used"), problem);
    }
}

/// Ids are unique in the catalog, names in their domain.
fn check_relations(drafts: &[Draft], domains: &[Domain], found: &mut Vec<Diagnostic>) {
    let mut ids: HashMap<&str, &Draft> = HashMap::new();
    let mut seen: HashMap<(usize, String), &str> = HashMap::new();
    for draft in drafts {
        let mut report = Report::new(&draft.file, found);
        let id = draft.entity.id.as_str();
        if id == "queries" {
            report.error(draft.at, "duplicate-id", "entity `queries` is built in, as `audit.queries`");
        }
        if let Some(first) = ids.insert(id, draft) {
            let message = format!("entity `{id}` is given twice, also at {}:{}", first.file, first.at.line);
            report.error(draft.at, "duplicate-id", message);
            continue;
        }
        for name in draft.entity.names() {
            let key = (draft.entity.domain, names::name_key(name));
            match seen.get(&key) {
                Some(owner) if *owner != id => {
                    let domain = domains.get(draft.entity.domain).map_or("", |domain| domain.id.as_str());
                    let message =
                        format!("name `{name}` of entity `{id}` is also a name of `{owner}` in domain `{domain}`");
                    report.hinted(
                        draft.at,
                        "name-collision",
                        message,
                        "case and full-width forms do not make another name",
                    );
                }
                _ => {
                    seen.insert(key, id);
                }
            }
        }
    }
}

fn link_relationships(drafts: &mut [Draft], found: &mut Vec<Diagnostic>) {
    let linked: Vec<Vec<Relationship>> = drafts
        .iter()
        .map(|draft| draft.relationships.iter().filter_map(|e| link_edge(draft, e, drafts, found)).collect())
        .collect();
    for (draft, relationships) in drafts.iter_mut().zip(linked) {
        draft.entity.relationships = relationships;
    }
}

fn link_edge(
    draft: &Draft,
    edge: &entity::Edge,
    drafts: &[Draft],
    found: &mut Vec<Diagnostic>,
) -> Option<Relationship> {
    let mut report = Report::new(&draft.file, found);
    let Some(to) = drafts.iter().position(|other| other.entity.id == edge.to.text) else {
        let known = drafts.iter().map(|other| other.entity.id.as_str());
        report.unknown(edge.to.at, "unknown-entity", "entity", &edge.to.text, known);
        return None;
    };
    let target = &drafts[to].entity;
    let mut keys = Vec::new();
    for (own, name) in &edge.keys {
        let Some(position) = target.fields.iter().position(|field| field.id == name.text) else {
            let known = target.fields.iter().map(|field| field.id.as_str());
            report.unknown_in(name.at, "unknown-field", ("field", &name.text), &format!("of `{}`", target.id), known);
            continue;
        };
        let (left, right) = (&draft.entity.fields[*own], &target.fields[position]);
        if left.sql_type != right.sql_type && !(left.sql_type.is_text() && right.sql_type.is_text()) {
            let message = format!(
                "`{}` is {} but `{}.{}` is {}",
                left.id,
                left.sql_type.sql_name(),
                target.id,
                right.id,
                right.sql_type.sql_name()
            );
            report.error(name.at, "type-mismatch", message);
        }
        keys.push((*own, position));
    }
    let mut reached: Vec<usize> = keys.iter().map(|(_, position)| *position).collect();
    let mut key = target.key.clone();
    reached.sort_unstable();
    key.sort_unstable();
    if reached != key && keys.len() == edge.keys.len() {
        let message = format!("relationship `{}` does not reach the key of `{}`", edge.id.text, target.id);
        report.hinted(edge.keys_at, "not-a-key", message, "an N:1 edge ends at all fields of the target's `key`");
    }
    Some(Relationship {
        id: edge.id.text.clone(),
        to,
        keys,
        role: edge.role.clone(),
        inherits_policy: edge.inherits_policy,
        restrictions_only: edge.restrictions_only,
    })
}

/// One organisation tree per catalog: rules by organisation would else not say which they mean.
fn check_hierarchies(drafts: &[Draft], found: &mut Vec<Diagnostic>) {
    let mut trees = drafts.iter().filter(|draft| draft.entity.hierarchy.is_some());
    if let Some(first) = trees.next() {
        for other in trees {
            let message = format!("entity `{}` already has the hierarchy", first.entity.id);
            Report::new(&other.file, found).error(other.at, "second-hierarchy", message);
        }
    }
}

fn search_path(header: &Header, catalog: &Catalog, found: &mut Vec<Diagnostic>) -> Vec<String> {
    let schemas = catalog.schemas();
    if header.search_path.is_empty() {
        let own = schemas.iter().filter(|(_, domain, _)| catalog.domains[*domain].id != builtin::AUDIT_DOMAIN);
        return own.map(|(name, ..)| name.clone()).collect();
    }
    let mut report = Report::new(&header.file, found);
    let mut path = Vec::new();
    for entry in &header.search_path {
        let key = names::name_key(&entry.text);
        match schemas.iter().find(|(name, ..)| names::name_key(name) == key) {
            Some((name, ..)) => path.push(name.clone()),
            None => report.unknown(
                entry.at,
                "unknown-schema",
                "schema",
                &entry.text,
                schemas.iter().map(|(n, ..)| n.as_str()),
            ),
        }
    }
    path
}

/// Two relations under one OID would confuse every client; the chance is one in thousands of millions per pair.
fn check_oids(catalog: &Catalog, found: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<u32, String> = HashMap::new();
    for (position, entity) in catalog.entities.iter().enumerate() {
        for naming in [Naming::Ids, Naming::Labels] {
            let oid = catalog.relation_oid(super::Found { entity: position, naming });
            if let Some(other) = seen.insert(oid, entity.id.clone()) {
                let message = format!("entities `{}` and `{other}` get the same OID", entity.id);
                whole(found, "oid-collision", &message, Some("give one of them another id"));
            }
        }
    }
}

impl Label {
    /// True where no label is given.
    pub fn is_empty(&self) -> bool {
        self.zh.is_none() && self.en.is_none()
    }
}
