//! What a decision did to a query, in words: for `sluice explain` and `EXPLAIN (POLICY)`.

use sluice_base::Datum;
use sluice_model::catalog::{Catalog, Entity};
use sluice_model::predicate::{CompareOp, Predicate, Term};

use super::Governed;

/// One line per output column and per governed relation. With `full`, row rules are shown with the principal's own
/// values; without it only the ids of rules (governance G14).
pub fn explain_policy(governed: &Governed, catalog: &Catalog, full: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (column, origin) in governed.columns().iter().zip(&governed.lineage().columns) {
        let from: Vec<String> = origin.fields.iter().map(|field| of_field(governed, catalog, *field)).collect();
        let from = if from.is_empty() { "no field".to_string() } else { from.join(", ") };
        lines.push(format!("column {}: {from}", column.name));
    }
    for (index, decision) in governed.decisions() {
        let entity = &catalog.entities[*index];
        lines.push(format!("relation {}: grants {}", entity.id, listed(&decision.grants)));
        if !decision.restrictions.is_empty() {
            lines.push(format!("relation {}: restrictions {}", entity.id, listed(&decision.restrictions)));
        }
        if full {
            lines.push(format!("relation {}: rows where {}", entity.id, predicate_text(&decision.rows, entity)));
        }
        lines.extend(decision.warnings.iter().map(|warning| format!("relation {}: warning: {warning}", entity.id)));
    }
    lines
}

fn of_field(governed: &Governed, catalog: &Catalog, (entity, field): (usize, usize)) -> String {
    let owner = &catalog.entities[entity];
    let name = format!("{}.{}", owner.id, owner.fields[field].id);
    let Some(decision) = governed.decisions().get(&entity) else { return name };
    let outcome = &decision.fields[field];
    let partly = if outcome.covered_where.is_some() { " on the rows of its grants" } else { "" };
    match &outcome.mask {
        Some(mask) => format!("{name} masked by {}{partly}", mask.rule),
        None => format!("{name} clear{partly}"),
    }
}

fn listed(ids: &[String]) -> String {
    if ids.is_empty() { "none".into() } else { ids.join(", ") }
}

/// A row rule over field ids, for people who may see it.
pub fn predicate_text(predicate: &Predicate, entity: &Entity) -> String {
    let name = |field: &usize| entity.fields[*field].id.clone();
    let not = |negated: &bool| if *negated { "NOT " } else { "" };
    match predicate {
        Predicate::Const(Some(true)) => "TRUE".into(),
        Predicate::Const(Some(false)) => "FALSE".into(),
        Predicate::Const(None) => "NULL".into(),
        Predicate::Compare { left, op, right } => {
            format!("{} {} {}", term_text(left, entity), op_text(*op), term_text(right, entity))
        }
        Predicate::In { field, values, negated, .. } => {
            let values: Vec<String> = values.iter().map(datum_text).collect();
            format!("{} {}IN ({})", name(field), not(negated), values.join(", "))
        }
        Predicate::IsNull { field, negated } => format!("{} IS {}NULL", name(field), not(negated)),
        Predicate::Like { field, pattern, negated } => {
            format!("{} {}LIKE {}", name(field), not(negated), datum_text(&Datum::Text(pattern.clone())))
        }
        Predicate::IsTrue(field) => name(field),
        Predicate::And(parts) => joined(parts, " AND ", entity),
        Predicate::Or(parts) => joined(parts, " OR ", entity),
        Predicate::Not(inner) => format!("NOT ({})", predicate_text(inner, entity)),
    }
}

fn joined(parts: &[Predicate], with: &str, entity: &Entity) -> String {
    let parts: Vec<String> = parts.iter().map(|part| format!("({})", predicate_text(part, entity))).collect();
    parts.join(with)
}

fn term_text(term: &Term, entity: &Entity) -> String {
    match term {
        Term::Field(field) => entity.fields[*field].id.clone(),
        Term::Value(value, _) => datum_text(value),
    }
}

fn op_text(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "=",
        CompareOp::NotEq => "<>",
        CompareOp::Lt => "<",
        CompareOp::LtEq => "<=",
        CompareOp::Gt => ">",
        CompareOp::GtEq => ">=",
        CompareOp::IsNotDistinctFrom => "IS NOT DISTINCT FROM",
        CompareOp::IsDistinctFrom => "IS DISTINCT FROM",
    }
}

fn datum_text(value: &Datum) -> String {
    match value {
        Datum::Null => "NULL".into(),
        Datum::Bool(v) => v.to_string(),
        Datum::Int(v) => v.to_string(),
        Datum::Float(v) => v.to_string(),
        Datum::Numeric(v) => v.clone(),
        Datum::Text(v) => format!("'{}'", v.replace('\'', "''")),
        other => format!("{other:?}"),
    }
}
