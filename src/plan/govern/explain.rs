//! What a decision did to a query, in words: for `sluice explain` and EXPLAIN.
//!
//! Invariant: what is told without `full` holds no id or literal of a rule, and names only what the statement named.

use sluice_model::catalog::Catalog;
use sluice_model::predicate::Predicate;

use super::Governed;

/// One line per output column and per governed relation. With `full`, the rules by their ids, and row rules with the
/// principal's own values; without it, that there is a mask or a filter (governance G14).
pub fn explain_policy(governed: &Governed, catalog: &Catalog, full: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (column, origin) in governed.columns().iter().zip(&governed.lineage().columns) {
        let from: Vec<String> = origin.fields.iter().map(|field| of_field(governed, catalog, *field, full)).collect();
        let from = if from.is_empty() { "no field".to_string() } else { from.join(", ") };
        lines.push(format!("column {}: {from}", column.name));
    }
    for (index, decision) in governed.decisions() {
        let entity = &catalog.entities[*index];
        if !full {
            let filtered = if decision.rows == Predicate::TRUE { "all rows" } else { "filtered by policy" };
            lines.push(format!("relation {}: {filtered}", entity.id));
            continue;
        }
        lines.push(format!("relation {}: grants {}", entity.id, listed(&decision.grants)));
        if !decision.restrictions.is_empty() {
            lines.push(format!("relation {}: restrictions {}", entity.id, listed(&decision.restrictions)));
        }
        lines.push(format!("relation {}: rows where {}", entity.id, decision.rows.describe(entity)));
        lines.extend(decision.warnings.iter().map(|warning| format!("relation {}: warning: {warning}", entity.id)));
    }
    lines
}

fn of_field(governed: &Governed, catalog: &Catalog, (entity, field): (usize, usize), full: bool) -> String {
    let owner = &catalog.entities[entity];
    let name = format!("{}.{}", owner.id, owner.fields[field].id);
    let Some(decision) = governed.decisions().get(&entity) else { return name };
    let outcome = &decision.fields[field];
    match (&outcome.mask, full) {
        (mask, true) => {
            let partly = if outcome.covered_where.is_some() { " on the rows of its grants" } else { "" };
            match mask {
                Some(mask) => format!("{name} masked by {}{partly}", mask.rule),
                None => format!("{name} clear{partly}"),
            }
        }
        (Some(_), false) => format!("{name} masked"),
        (None, false) if outcome.covered_where.is_some() => format!("{name} masked on some rows"),
        (None, false) => format!("{name} clear"),
    }
}

fn listed(ids: &[String]) -> String {
    if ids.is_empty() { "none".into() } else { ids.join(", ") }
}
