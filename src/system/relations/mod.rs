//! The system relations: their shapes as PostgreSQL 15 declares them, and their rows over what is visible.
//!
//! Invariant: a relation that is declared here answers, if only with no rows; one that is not does not exist. Rows
//! hold nothing beyond [`VisibleCatalog`], the session's own facts, and what every PostgreSQL has.
//!
//! Left out on purpose: relations that tell about the machine or about passwords ([`withheld`]).

mod attributes;
mod builder;
mod classes;
pub(crate) mod comments;
mod fixed;
mod keys;
mod procs;
mod roles;
mod session;
mod settings;
mod shape;
mod standard;
mod standard_columns;
mod standard_keys;
mod statistics;
mod types;
pub(crate) mod withheld;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(crate) use procs::{operators, procs};
pub(crate) use settings::preset;
pub(crate) use shape::{Shape, all, announced, find, find_by_oid};
pub(crate) use types::{by_name as type_info_by_name, by_oid as type_info, format_type};

use crate::Context;
use crate::value::{Key, Row, Value};
use crate::visible::VisibleCatalog;

/// Indexes over several columns that one relation keeps; a query that wants another makes its own.
const WIDE_INDEXES_MAX: usize = 8;

/// Numbers of rows by the values of several columns.
pub(crate) type WideIndex = HashMap<Vec<Key>, Vec<u32>>;

/// Rows with hash indexes made on first use.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) rows: Vec<Row>,
    indexes: Vec<OnceLock<HashMap<Key, Vec<u32>>>>,
    wide: Mutex<HashMap<Vec<usize>, Arc<WideIndex>>>,
}

impl Source {
    pub(crate) fn new(rows: Vec<Row>, width: usize) -> Source {
        Source { rows, indexes: (0..width).map(|_| OnceLock::new()).collect(), wide: Mutex::default() }
    }

    /// As [`Source::index`], over several columns.
    pub(crate) fn wide_index(&self, columns: &[usize]) -> Arc<WideIndex> {
        let mut held = self.wide.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = held.get(columns) {
            return index.clone();
        }
        let mut index = WideIndex::new();
        for (row, number) in self.rows.iter().zip(0_u32..) {
            let values = columns.iter().map(|column| row.get(*column).filter(|value| !value.is_null()));
            if let Some(key) = values.map(|value| value.cloned().map(Key)).collect() {
                index.entry(key).or_default().push(number);
            }
        }
        let index = Arc::new(index);
        if held.len() < WIDE_INDEXES_MAX {
            held.insert(columns.to_vec(), index.clone());
        }
        index
    }

    /// Numbers of the rows whose column equals the key; rows with NULL there are in no index.
    pub(crate) fn index(&self, column: usize) -> Option<&HashMap<Key, Vec<u32>>> {
        let slot = self.indexes.get(column)?;
        Some(slot.get_or_init(|| {
            let mut index: HashMap<Key, Vec<u32>> = HashMap::new();
            for (number, row) in self.rows.iter().enumerate() {
                let (Some(value), Ok(number)) = (row.get(column), u32::try_from(number)) else { continue };
                if !value.is_null() {
                    index.entry(Key(value.clone())).or_default().push(number);
                }
            }
            index
        }))
    }

    /// The first row whose column equals the number.
    pub(crate) fn find(&self, column: usize, key: u32) -> Option<&Row> {
        let number = self.index(column)?.get(&Key(Value::from(key)))?.first()?;
        self.rows.get(*number as usize)
    }
}

/// The rows of a system relation for this session.
pub(crate) fn open(position: usize, context: &Context) -> Arc<Source> {
    let Some(shape) = all().get(position) else { return Arc::default() };
    if let Some(rows) = session::rows(shape, context) {
        return Arc::new(Source::new(rows, shape.columns.len()));
    }
    match context.visible.tables.get(position) {
        Some(cached) => cached.get_or_init(|| Arc::new(build(shape, context.visible))).clone(),
        None => Arc::new(build(shape, context.visible)),
    }
}

fn build(shape: &'static Shape, visible: &VisibleCatalog) -> Source {
    let rows = match (shape.schema, shape.name) {
        ("pg_catalog", name) => catalog_rows(shape, name, visible),
        (_, name) => standard::rows(name, visible)
            .or_else(|| standard_columns::rows(name, visible))
            .or_else(|| standard_keys::rows(name, visible))
            .unwrap_or_default(),
    };
    Source::new(rows, shape.columns.len())
}

fn catalog_rows(shape: &'static Shape, name: &str, visible: &VisibleCatalog) -> Vec<Row> {
    match name {
        "pg_namespace" => classes::namespaces(visible),
        "pg_class" => classes::classes(visible),
        "pg_tables" => classes::tables(visible),
        "pg_views" => classes::views(),
        "pg_attribute" => attributes::attributes(visible),
        "pg_index" => keys::indexes(visible),
        "pg_indexes" => keys::index_definitions(visible),
        "pg_constraint" => keys::constraints(visible),
        "pg_depend" => keys::dependencies(visible),
        "pg_description" => comments::descriptions(visible),
        "pg_type" => {
            let mut rows = fixed::rows(shape);
            rows.extend(types::row_types(visible));
            rows
        }
        "pg_database" => roles::databases(visible),
        "pg_roles" => roles::roles(visible),
        "pg_user" => roles::users(visible),
        _ => statistics::rows(name, visible).unwrap_or_else(|| fixed::rows(shape)),
    }
}
