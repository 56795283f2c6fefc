//! The governed scan: a leaf of the plan that carries its decision.
//!
//! Invariant: rule and masks live inside the leaf, so no pass can move anything below them. The leaf accepts only
//! predicates that are total and silent over fields that are clear (governance section 4).

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion_common::Result;
use datafusion_expr::{Expr, TableProviderFilterPushDown, TableSource};
use sluice_base::SqlType;
use sluice_model::Decision;
use sluice_model::catalog::{Catalog, Naming};

use super::silent::is_silent;
use crate::types::arrow_type;

/// A comparison with the raw value of a masked field (governance G8), taken out of the query's WHERE.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupPredicate {
    /// Position in the entity's fields.
    pub field: usize,
    /// The values; the row matches where the raw value equals one of them, and a grant covers the field on it.
    pub values: Vec<String>,
}

/// Scan of one entity as one principal may see it.
#[derive(Debug, Clone)]
pub struct GovernedSource {
    decision: Arc<Decision>,
    naming: Naming,
    /// Entity field behind each column.
    fields: Vec<usize>,
    types: Vec<SqlType>,
    /// Entity fields of the key that the catalog declares.
    key: Vec<usize>,
    schema: SchemaRef,
    clear: Vec<String>,
    lookups: Vec<LookupPredicate>,
}

impl GovernedSource {
    /// `used` are the names of columns that the statement has; one column is there in any case, for rows to be counted.
    pub(crate) fn new(
        catalog: &Catalog,
        naming: Naming,
        decision: Arc<Decision>,
        used: Option<&BTreeSet<String>>,
    ) -> GovernedSource {
        let entity = &catalog.entities[decision.entity];
        let is_used = |field: &usize| used.is_none_or(|used| used.contains(entity.fields[*field].listed_name(naming)));
        let mut fields: Vec<usize> = super::listed_fields(entity, &decision).filter(is_used).collect();
        if fields.is_empty() {
            fields.extend(super::listed_fields(entity, &decision).next());
        }
        let types: Vec<SqlType> = fields.iter().map(|f| entity.fields[*f].sql_type.clone()).collect();
        let columns: Vec<Field> = fields
            .iter()
            .map(|f| {
                let field = &entity.fields[*f];
                // A source that breaks its promise of NOT NULL must not turn into a wrong result: all is nullable.
                Field::new(field.listed_name(naming), arrow_type(&field.sql_type), true)
            })
            .collect();
        let clear = fields
            .iter()
            .filter(|f| decision.fields[**f].is_clear())
            .map(|f| entity.fields[*f].listed_name(naming).to_string())
            .collect();
        let schema = Arc::new(Schema::new(columns));
        let key = entity.key.clone();
        GovernedSource { decision, naming, fields, types, key, schema, clear, lookups: Vec::new() }
    }

    pub(super) fn with_lookup(&self, lookup: LookupPredicate) -> GovernedSource {
        let mut with = self.clone();
        with.lookups.push(lookup);
        with
    }

    /// The decision this scan was made under.
    pub fn decision(&self) -> &Arc<Decision> {
        &self.decision
    }

    /// Names its columns are listed by.
    pub fn naming(&self) -> Naming {
        self.naming
    }

    /// Entity field behind each column of the schema.
    pub fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// Entity fields of the declared key; empty where none is declared.
    pub(super) fn key(&self) -> &[usize] {
        &self.key
    }

    /// Declared type of each column of the schema.
    pub fn types(&self) -> &[SqlType] {
        &self.types
    }

    /// Raw comparisons that the scan applies besides its row rule.
    pub fn lookups(&self) -> &[LookupPredicate] {
        &self.lookups
    }
}

impl TableSource for GovernedSource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let verdict = |filter: &&Expr| {
            if is_silent(filter, &self.schema, &self.clear) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(verdict).collect())
    }
}
