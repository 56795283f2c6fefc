//! What a decision did to a query, in words: for `sluice explain` and EXPLAIN.
//!
//! Invariant: what is told without `full` holds no id or literal of a rule, and names only what the statement named.

use sluice_model::allowance::{Allowance, Bound, Limited};
use sluice_model::catalog::{Catalog, Entity};
use sluice_model::decision::Inherited;

use super::Governed;

/// One line per output column and per governed relation. With `full`, the rules by their ids, and row rules with the
/// principal's own values; without it, that there is a mask or a filter (governance G14).
pub fn explain_policy(governed: &Governed, catalog: &Catalog, full: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (column, origin) in governed.columns().iter().zip(&governed.lineage().columns) {
        let from: Vec<String> =
            origin.fields.union(&origin.aggregated).map(|field| of_field(governed, catalog, *field, full)).collect();
        let from = if from.is_empty() { "no field".to_string() } else { from.join(", ") };
        lines.push(format!("column {}: {from}", column.name));
    }
    for (index, decision) in governed.decisions() {
        let entity = &catalog.entities[*index];
        if !full {
            let filtered = if decision.shows_every_row() { "all rows" } else { "filtered by policy" };
            lines.push(format!("relation {}: {filtered}", entity.id));
            continue;
        }
        lines.push(format!("relation {}: grants {}", entity.id, listed(&decision.grants)));
        if !decision.restrictions.is_empty() {
            lines.push(format!("relation {}: restrictions {}", entity.id, listed(&decision.restrictions)));
        }
        lines.push(format!("relation {}: rows where {}", entity.id, decision.rows.describe(entity)));
        lines.extend(inherited(&decision.inherited, entity, catalog));
        let shadows = decision.shadows.iter().map(|shadow| {
            format!("relation {}: shadow {} would change {}", entity.id, shadow.rule, listed(&shadow.changes))
        });
        lines.extend(shadows);
        lines.extend(decision.warnings.iter().map(|warning| format!("relation {}: warning: {warning}", entity.id)));
    }
    lines
}

/// A line for each row rule that a relationship carries here, with what it carries on.
fn inherited(edges: &[Inherited], entity: &Entity, catalog: &Catalog) -> Vec<String> {
    let mut lines = Vec::new();
    for edge in edges {
        let parent = &catalog.entities[edge.entity];
        let rules: Vec<String> = edge.grants.iter().chain(&edge.restrictions).cloned().collect();
        let (rows, rules) = (edge.rows.describe(parent), listed(&rules));
        let (id, relationship) = (&entity.id, &edge.relationship);
        lines.push(format!("relation {id}: rows whose {relationship} in {} where {rows}, by {rules}", parent.id));
        lines.extend(inherited(&edge.inherited, parent, catalog));
    }
    lines
}

/// One line per limit of the person. Her own limits are told to her; with `full` also the rules they come from.
pub fn explain_limits(allowance: &Allowance, full: bool) -> Vec<String> {
    let line = |(limited, bound): (&Limited, &Bound)| {
        let by = if full { format!(" by {}", bound.rule) } else { String::new() };
        format!("limit {}: {}{by}", limited.word(), bound.value)
    };
    let mut lines: Vec<String> = allowance.bounds.iter().map(line).collect();
    if full {
        lines.extend(allowance.shadows.iter().map(|rule| format!("limit: shadow {rule} would apply")));
        lines.extend(allowance.warnings.iter().map(|warning| format!("limit: warning: {warning}")));
    }
    lines
}

fn of_field(governed: &Governed, catalog: &Catalog, (entity, field): (usize, usize), full: bool) -> String {
    let owner = &catalog.entities[entity];
    let name = format!("{}.{}", owner.id, owner.fields[field].id);
    let Some(decision) = governed.decisions().get(&entity) else { return name };
    let outcome = &decision.fields[field];
    if let Some(least) = outcome.aggregate_only {
        return format!("{name} in aggregates over at least {least} rows");
    }
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
