//! The semantic catalog: entities with business names over physical tables of several sources.
//!
//! Invariant: within a loaded catalog every name resolves to one thing, whatever its case or width; every connection,
//! key and relationship target exists; types fit. Left out until their own issues: calendars, measures, metrics,
//! views, reports and aggregates, each refused by name.

mod builtin;
mod entity;
mod inherit;
mod load;
mod lookup;
#[cfg(test)]
pub(crate) mod tests;
mod types;

use std::collections::BTreeMap;

use sluice_base::{SqlType, TimeZone};

use crate::diagnostic::Diagnostic;
pub use builtin::{AUDIT_CONNECTION, AUDIT_DOMAIN};
pub use load::load;
pub use types::parse_type;

/// A file as read from disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path, for diagnostics and for ordering.
    pub path: String,
    /// Content.
    pub text: String,
}

/// Where one deployment keeps an entity, instead of where its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Connection id.
    pub connection: String,
    /// Table at that source.
    pub table: String,
}

/// A kind of source: decides connector, dialect and capability gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// PostgreSQL and relatives
    Postgres,
    /// MariaDB, MySQL and relatives
    Mysql,
    /// A SQLite file
    Sqlite,
    /// A folder of Parquet files
    Parquet,
    /// A folder of CSV files with a header line
    Csv,
    /// The server's own audit store
    Audit,
}

/// Where a source is and how it is reached. Secrets are references (`env:NAME`, `file:PATH`), never values.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// Id, used by entities.
    pub id: String,
    /// Kind.
    pub kind: SourceKind,
    /// Settings of the kind: host, port, database, user, password, tls, path, pool_max ...
    pub settings: BTreeMap<String, String>,
}

/// A business name in Chinese and English.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Label {
    /// Chinese.
    pub zh: Option<String>,
    /// English.
    pub en: Option<String>,
}

/// A domain makes a pair of schemas: one named by id, one by label, over the same entities.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// Schema of ids.
    pub id: String,
    /// Schema of labels; absent where the domain has no label.
    pub label: Label,
    /// Shown as the schema's comment.
    pub comment: Option<String>,
}

/// One field of an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Id, lower-case ASCII.
    pub id: String,
    /// Business name.
    pub label: Label,
    /// Column at the source.
    pub column: String,
    /// Type, as clients see it.
    pub sql_type: SqlType,
    /// False where the source declares NOT NULL and the key demands it.
    pub nullable: bool,
    /// Sensitivity, 1 to 5 (JR/T 0197).
    pub level: u8,
    /// Tags such as `pii.phone`.
    pub tags: Vec<String>,
    /// Not listed for any client, usable by rules and relationships.
    pub hidden: bool,
    /// Definition, shown as the column's comment; see [`Field::comment_text`].
    pub comment: Option<String>,
    /// Codes and what they stand for, in declared order.
    pub values: Vec<(String, Label)>,
    /// Former labels that still resolve.
    pub aliases: Vec<String>,
}

/// An N:1 edge to another entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Relationship {
    /// Name, unique in the entity.
    pub id: String,
    /// Position of the target entity.
    pub to: usize,
    /// Pairs of (own field, target field).
    pub keys: Vec<(usize, usize)>,
    /// Role label.
    pub role: Label,
    /// Row rules on the target also apply here (governance G12).
    pub inherits_policy: bool,
    /// Of these only the restrictions: what a grant shows of the target says nothing about this entity.
    pub restrictions_only: bool,
}

/// A parent-child tree over an entity's own rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Hierarchy {
    /// Id.
    pub id: String,
    /// Field that holds the unit's key.
    pub unit: usize,
    /// Field that holds the parent's key.
    pub parent: usize,
    /// Field with the first day on which a row holds, where rows are dated.
    pub valid_from: Option<usize>,
    /// Field with the first day on which it no longer does.
    pub valid_to: Option<usize>,
}

/// A business entity over one physical table.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Id, lower-case ASCII, unique in the catalog.
    pub id: String,
    /// Domain it belongs to, position in [`Catalog::domains`].
    pub domain: usize,
    /// Business name.
    pub label: Label,
    /// Definition, shown as the table's comment.
    pub comment: Option<String>,
    /// Connection id.
    pub connection: String,
    /// Table at the source, `SCHEMA.TABLE` or `TABLE` (for files: the file or folder under the connection's path).
    pub table: String,
    /// Key fields, positions.
    pub key: Vec<usize>,
    /// Fields in declared order.
    pub fields: Vec<Field>,
    /// Edges to other entities.
    pub relationships: Vec<Relationship>,
    /// The tree over its rows, where it has one.
    pub hierarchy: Option<Hierarchy>,
    /// Former labels that still resolve.
    pub aliases: Vec<String>,
    /// Words for search; they do not resolve in SQL.
    pub synonyms: Vec<String>,
    /// Department that answers for it.
    pub owner: Option<String>,
}

/// Which of its two names a relation was reached by: decides the listed column names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Naming {
    /// By id: columns are listed by id.
    Ids,
    /// By label: columns are listed by label (id where a field has no label).
    Labels,
}

/// A relation found by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Found {
    /// Position in [`Catalog::entities`].
    pub entity: usize,
    /// Names its schema uses.
    pub naming: Naming,
}

/// The loaded catalog, immutable.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    /// BLAKE3 (hex) of the files' content: the version.
    pub id: String,
    /// Name of the database that clients connect to.
    pub name: String,
    /// Domains in declared order; each is one or two schemas.
    pub domains: Vec<Domain>,
    /// Sources.
    pub connections: BTreeMap<String, Connection>,
    /// Entities, sorted by domain and id.
    pub entities: Vec<Entity>,
    /// Zone of the bank's day: when day limits begin anew, and what hour and weekday rules mean.
    pub timezone: TimeZone,
    /// Schemas searched for an unqualified name when the session sets no search_path of its own.
    pub search_path: Vec<String>,
    /// What is allowed but should be looked at.
    pub warnings: Vec<Diagnostic>,
    names: lookup::NameIndex,
}
