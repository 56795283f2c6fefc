//! Finding things in a loaded catalog by name, and the numbers under which clients know them.
//!
//! Invariant: ids and labels resolve in both schemas of a pair; which schema a relation was reached by decides only
//! the column names that are listed. OIDs depend on ids alone, so they survive restarts and label changes.

use std::collections::HashMap;

use super::{Catalog, Entity, Field, Found, Label, Naming};
use crate::names::name_key;

/// Name keys to positions, built once at load.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct NameIndex {
    schemas: HashMap<String, (usize, Naming)>,
    relations: HashMap<(usize, String), usize>,
}

impl NameIndex {
    pub(super) fn build(catalog: &Catalog) -> NameIndex {
        let schemas =
            catalog.schemas().into_iter().map(|(name, domain, naming)| (name_key(&name), (domain, naming))).collect();
        let mut relations = HashMap::new();
        for (position, entity) in catalog.entities.iter().enumerate() {
            for name in entity.names() {
                relations.insert((entity.domain, name_key(name)), position);
            }
        }
        NameIndex { schemas, relations }
    }
}

impl Label {
    /// The label to list: Chinese where there is one.
    pub fn listed(&self) -> Option<&str> {
        self.zh.as_deref().or(self.en.as_deref())
    }

    /// Every label given.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.zh.as_deref().into_iter().chain(self.en.as_deref())
    }
}

impl Field {
    /// The column name listed by relations of this naming.
    pub fn listed_name(&self, naming: Naming) -> &str {
        match naming {
            Naming::Ids => &self.id,
            Naming::Labels => self.label.listed().unwrap_or(&self.id),
        }
    }

    /// Every name by which the field resolves.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.label.all()).chain(self.aliases.iter().map(String::as_str))
    }

    /// The column's comment: the definition, then the codes.
    pub fn comment_text(&self) -> Option<String> {
        let codes: Vec<String> = self
            .values
            .iter()
            .map(|(code, label)| format!("{code} {}", label.all().collect::<Vec<_>>().join(" ")))
            .collect();
        let codes = (!codes.is_empty()).then(|| format!("取值: {}", codes.join(", ")));
        match (&self.comment, codes) {
            (Some(comment), Some(codes)) => Some(format!("{comment}\n{codes}")),
            (Some(comment), None) => Some(comment.clone()),
            (None, codes) => codes,
        }
    }
}

impl Entity {
    /// The relation name listed by schemas of this naming.
    pub fn listed_name(&self, naming: Naming) -> &str {
        match naming {
            Naming::Ids => &self.id,
            Naming::Labels => self.label.listed().unwrap_or(&self.id),
        }
    }

    /// Every name by which the entity resolves.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.label.all()).chain(self.aliases.iter().map(String::as_str))
    }

    /// The position of the field of this name: id, label or former label, width and case apart.
    pub fn find_field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.names().any(|known| known == name)).or_else(|| {
            let wanted = name_key(name);
            self.fields.iter().position(|field| field.names().any(|known| name_key(known) == wanted))
        })
    }
}

impl Catalog {
    /// Every schema: name, position of its domain, and the names it lists.
    pub fn schemas(&self) -> Vec<(String, usize, Naming)> {
        let mut found = Vec::new();
        for (position, domain) in self.domains.iter().enumerate() {
            found.push((domain.id.clone(), position, Naming::Ids));
            if let Some(label) = domain.label.listed().filter(|label| name_key(label) != domain.id) {
                found.push((label.to_string(), position, Naming::Labels));
            }
        }
        found
    }

    /// The relation of this name, in the given schema or else in the first schema of `search_path` that has it.
    pub fn resolve(&self, schema: Option<&str>, name: &str, search_path: &[String]) -> Option<Found> {
        match schema {
            Some(schema) => self.resolve_in(schema, name),
            None => search_path.iter().find_map(|schema| self.resolve_in(schema, name)),
        }
    }

    fn resolve_in(&self, schema: &str, name: &str) -> Option<Found> {
        let (domain, naming) = *self.names.schemas.get(&name_key(schema))?;
        let entity = *self.names.relations.get(&(domain, name_key(name)))?;
        Some(Found { entity, naming })
    }

    /// The domain and naming of a schema, by name.
    pub fn find_schema(&self, name: &str) -> Option<(usize, Naming)> {
        self.names.schemas.get(&name_key(name)).copied()
    }

    /// The position of the entity with this id.
    pub fn find_entity(&self, id: &str) -> Option<usize> {
        self.entities.iter().position(|entity| entity.id == id)
    }

    /// The entity whose rows form the organisation tree.
    pub fn org_entity(&self) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.hierarchy.is_some())
    }

    /// The OID of a relation under one naming: stable, in 16384..2^31.
    pub fn relation_oid(&self, found: Found) -> u32 {
        let (domain, entity) = match self.entities.get(found.entity) {
            Some(entity) => (self.domains.get(entity.domain).map_or("", |d| d.id.as_str()), entity.id.as_str()),
            None => ("", ""),
        };
        oid(&["relation", domain, entity, naming_word(found.naming)])
    }

    /// The OID of a schema: stable, in 16384..2^31.
    pub fn schema_oid(&self, domain: usize, naming: Naming) -> u32 {
        oid(&["schema", self.domains.get(domain).map_or("", |d| d.id.as_str()), naming_word(naming)])
    }
}

fn naming_word(naming: Naming) -> &'static str {
    match naming {
        Naming::Ids => "ids",
        Naming::Labels => "labels",
    }
}

/// First OID that PostgreSQL gives to objects that users make.
const FIRST_OID: u32 = 16_384;

fn oid(words: &[&str]) -> u32 {
    let mut hasher = blake3::Hasher::new();
    for word in words {
        hasher.update(&(word.len() as u64).to_le_bytes());
        hasher.update(word.as_bytes());
    }
    let bytes = hasher.finalize();
    let mut number = [0u8; 4];
    number.copy_from_slice(&bytes.as_bytes()[..4]);
    FIRST_OID + u32::from_le_bytes(number) % ((1 << 31) - FIRST_OID)
}
