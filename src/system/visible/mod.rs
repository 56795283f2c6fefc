//! What one principal may see of the catalog, as schemas, relations, columns, keys and references with their OIDs.
//!
//! Invariant: what a decision denies is absent here, and everything in this room reads the catalog from here only;
//! so no query over the system relations can tell a denied object from one that never was.

mod build;
mod keys;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use sluice_base::{Language, SqlType};
use sluice_model::{Principal, Snapshot};

use crate::relations::Source;

/// OID of the role that owns everything.
pub(crate) const OWNER_OID: u32 = 10;
/// Name of the role that owns everything.
pub(crate) const OWNER_NAME: &str = "sluice";
/// OID of the one database: the first that is not PostgreSQL's own, because tools hide databases below it (pgAdmin).
pub(crate) const DATABASE_OID: u32 = 16_384;

/// One schema with at least one visible relation.
#[derive(Debug)]
pub(crate) struct VisibleSchema {
    pub(crate) oid: u32,
    pub(crate) name: Arc<str>,
    pub(crate) comment: Option<Arc<str>>,
}

/// One visible column. Its number is its place in [`VisibleRelation::fields`], counted from 1.
#[derive(Debug)]
pub(crate) struct VisibleField {
    pub(crate) name: Arc<str>,
    pub(crate) sql_type: SqlType,
    pub(crate) not_null: bool,
    pub(crate) comment: Option<Arc<str>>,
}

/// A primary key: shown as an index and as a constraint.
#[derive(Debug)]
pub(crate) struct VisibleKey {
    pub(crate) index_oid: u32,
    pub(crate) constraint_oid: u32,
    pub(crate) name: Arc<str>,
    pub(crate) columns: Vec<i16>,
}

/// A reference to another visible relation: shown as a foreign key.
#[derive(Debug)]
pub(crate) struct VisibleReference {
    pub(crate) oid: u32,
    pub(crate) name: Arc<str>,
    pub(crate) columns: Vec<i16>,
    /// Position of the target in [`VisibleCatalog::relations`].
    pub(crate) target: usize,
    pub(crate) target_columns: Vec<i16>,
    pub(crate) comment: Option<Arc<str>>,
}

/// One visible relation.
#[derive(Debug)]
pub(crate) struct VisibleRelation {
    pub(crate) oid: u32,
    /// The type of its rows, and that of arrays of them.
    pub(crate) type_oid: u32,
    pub(crate) array_type_oid: u32,
    /// Position in [`VisibleCatalog::schemas`].
    pub(crate) schema: usize,
    pub(crate) name: Arc<str>,
    /// Names that resolve as well: the id of a label, the labels of an id.
    pub(crate) other_names: Vec<Arc<str>>,
    pub(crate) comment: Option<Arc<str>>,
    pub(crate) fields: Vec<VisibleField>,
    pub(crate) key: Option<VisibleKey>,
    pub(crate) references: Vec<VisibleReference>,
}

/// An object of the visible catalog, by its OID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectRef {
    Schema(usize),
    Relation(usize),
    /// The type of this relation's rows.
    RowType(usize),
    /// The type of arrays of this relation's rows.
    RowArray(usize),
    /// The index under the key of this relation.
    Index(usize),
    /// The key of this relation, as a constraint.
    Key(usize),
    /// A reference of a relation, as a constraint.
    Reference(usize, usize),
}

/// What one principal may see. Built once per principal and snapshot; the system relations over it are made on first
/// use and kept.
pub struct VisibleCatalog {
    pub(crate) user: String,
    pub(crate) user_oid: u32,
    pub(crate) database: String,
    pub(crate) schemas: Vec<VisibleSchema>,
    pub(crate) relations: Vec<VisibleRelation>,
    objects: HashMap<u32, ObjectRef>,
    by_name: HashMap<(Arc<str>, Arc<str>), usize>,
    by_other_name: HashMap<(Arc<str>, Arc<str>), usize>,
    pub(crate) tables: Vec<OnceLock<Arc<Source>>>,
}

impl std::fmt::Debug for VisibleCatalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VisibleCatalog({} schemas, {} relations)", self.schemas.len(), self.relations.len())
    }
}

impl VisibleCatalog {
    /// What `principal` may see of `snapshot` in the database that clients connect to; notes on masks in both languages.
    pub fn build(principal: &Principal, snapshot: &Snapshot, database: &str) -> VisibleCatalog {
        VisibleCatalog::build_in(principal, snapshot, database, None)
    }

    /// As [`VisibleCatalog::build`], with the notes on masks in one language.
    pub fn build_in(
        principal: &Principal,
        snapshot: &Snapshot,
        database: &str,
        language: Option<Language>,
    ) -> VisibleCatalog {
        build::build(principal, snapshot, database, language)
    }

    pub(crate) fn assemble(
        user: String,
        database: String,
        schemas: Vec<VisibleSchema>,
        mut relations: Vec<VisibleRelation>,
    ) -> VisibleCatalog {
        let mut objects = HashMap::new();
        for (position, schema) in schemas.iter().enumerate() {
            objects.insert(schema.oid, ObjectRef::Schema(position));
        }
        let (mut by_name, mut by_other_name) = (HashMap::new(), HashMap::new());
        for (position, relation) in relations.iter().enumerate() {
            objects.insert(relation.oid, ObjectRef::Relation(position));
            if let Some(schema) = schemas.get(relation.schema) {
                by_name.insert((schema.name.clone(), relation.name.clone()), position);
            }
        }
        for (position, relation) in relations.iter().enumerate() {
            let Some(schema) = schemas.get(relation.schema) else { continue };
            for name in &relation.other_names {
                by_other_name.entry((schema.name.clone(), name.clone())).or_insert(position);
            }
        }
        for (position, relation) in relations.iter_mut().enumerate() {
            keys::number(position, relation, &mut objects);
        }
        let user_oid = keys::free_oid(&["role", &user], &objects);
        let tables = crate::relations::all().iter().map(|_| OnceLock::new()).collect();
        VisibleCatalog { user, user_oid, database, schemas, relations, objects, by_name, by_other_name, tables }
    }

    pub(crate) fn object(&self, oid: u32) -> Option<ObjectRef> {
        self.objects.get(&oid).copied()
    }

    pub(crate) fn schema_by_name(&self, name: &str) -> Option<&VisibleSchema> {
        self.schemas.iter().find(|schema| &*schema.name == name)
    }

    pub(crate) fn relation_by_name(&self, schema: &str, name: &str) -> Option<&VisibleRelation> {
        let position = self.by_name.get(&(Arc::from(schema), Arc::from(name)))?;
        self.relations.get(*position)
    }

    /// The relation of a name that is not the listed one.
    pub(crate) fn relation_by_other_name(&self, schema: &str, name: &str) -> Option<&VisibleRelation> {
        let position = self.by_other_name.get(&(Arc::from(schema), Arc::from(name)))?;
        self.relations.get(*position)
    }

    pub(crate) fn relation(&self, oid: u32) -> Option<&VisibleRelation> {
        match self.object(oid)? {
            ObjectRef::Relation(position) => self.relations.get(position),
            _ => None,
        }
    }

    pub(crate) fn schema_of(&self, relation: &VisibleRelation) -> &str {
        self.schemas.get(relation.schema).map_or("", |schema| &schema.name)
    }

    pub(crate) fn schema_oid_of(&self, relation: &VisibleRelation) -> u32 {
        self.schemas.get(relation.schema).map_or(0, |schema| schema.oid)
    }
}
