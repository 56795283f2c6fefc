//! The statement of a preview, out of a decision: fields, and the person's row rule as its WHERE.
//!
//! Invariant: it is a statement like any other that the steward could type, and is governed as such. Every name is
//! quoted, every literal printed in the form of its type. Left out: rules over fields that she does not see clear,
//! which the caller has refused.

use sluice_base::{Datum, SqlType};
use sluice_model::Decision;
use sluice_model::catalog::{Catalog, Entity};
use sluice_model::predicate::{Predicate, Term};

use super::Shown;

pub(super) fn select(catalog: &Catalog, index: usize, hers: &Decision, fields: &[(usize, Shown)], rows: u32) -> String {
    let entity = &catalog.entities[index];
    let domain = catalog.domains.get(entity.domain).map_or("", |domain| domain.id.as_str());
    let mut items: Vec<String> = fields.iter().map(|(field, _)| name(entity, *field)).collect();
    for (field, _) in fields {
        if let Some(covered) = &hers.fields[*field].covered_where {
            items.push(format!("({}) IS TRUE AS covered_{field}", condition(covered, entity)));
        }
        if let Some(lighter) = &hers.fields[*field].lighter {
            items.push(format!("({}) IS TRUE AS lighter_{field}", condition(&lighter.rows, entity)));
        }
    }
    let mut sql = format!("SELECT {} FROM {}.{}", items.join(", "), ident(domain), ident(&entity.id));
    if hers.rows != Predicate::TRUE {
        sql.push_str(&format!(" WHERE {}", condition(&hers.rows, entity)));
    }
    let listed = |field: &usize| fields.iter().any(|(shown, how)| shown == field && !matches!(how, Shown::NotRaw));
    if !entity.key.is_empty() && entity.key.iter().all(listed) {
        let keys: Vec<String> = entity.key.iter().map(|field| name(entity, *field)).collect();
        sql.push_str(&format!(" ORDER BY {}", keys.join(", ")));
    }
    format!("{sql} LIMIT {rows}")
}

fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn name(entity: &Entity, field: usize) -> String {
    ident(&entity.fields[field].id)
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn literal(value: &Datum, sql_type: &SqlType) -> String {
    let moment = |micros: i64| {
        let moment = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
        moment.naive_utc().format("%Y-%m-%d %H:%M:%S%.6f").to_string()
    };
    match value {
        Datum::Bool(value) => value.to_string(),
        Datum::Int(value) => value.to_string(),
        Datum::Numeric(digits) => digits.clone(),
        Datum::Float(value) => format!("CAST('{value}' AS double precision)"),
        Datum::Text(value) => text(value),
        Datum::Date(days) => {
            let day = chrono::DateTime::from_timestamp(i64::from(*days) * 86_400, 0).unwrap_or_default();
            format!("DATE '{}'", day.date_naive())
        }
        Datum::Timestamp(micros) => format!("TIMESTAMP '{}'", moment(*micros)),
        Datum::Timestamptz(micros) => format!("TIMESTAMP WITH TIME ZONE '{}+00'", moment(*micros)),
        // No rule compares with anything else; NULL matches no row.
        _ => format!("CAST(NULL AS {})", sql_type.sql_name()),
    }
}

fn term(term: &Term, entity: &Entity) -> String {
    match term {
        Term::Field(field) => name(entity, *field),
        Term::Value(value, sql_type) => literal(value, sql_type),
    }
}

fn condition(rule: &Predicate, entity: &Entity) -> String {
    let not = |negated: bool| if negated { "NOT " } else { "" };
    let joined = |parts: &[Predicate], word: &str, empty: &str| {
        let parts: Vec<String> = parts.iter().map(|part| format!("({})", condition(part, entity))).collect();
        if parts.is_empty() { empty.to_string() } else { parts.join(word) }
    };
    match rule {
        Predicate::Const(Some(value)) => value.to_string(),
        Predicate::Const(None) => "CAST(NULL AS boolean)".to_string(),
        Predicate::Compare { left, op, right } => {
            format!("{} {} {}", term(left, entity), op.sql(), term(right, entity))
        }
        Predicate::In { values, negated, .. } if values.is_empty() => negated.to_string(),
        Predicate::In { field, values, value_type, negated } => {
            let values: Vec<String> = values.iter().map(|value| literal(value, value_type)).collect();
            format!("{} {}IN ({})", name(entity, *field), not(*negated), values.join(", "))
        }
        Predicate::IsNull { field, negated } => format!("{} IS {}NULL", name(entity, *field), not(*negated)),
        Predicate::Like { field, pattern, negated } => {
            format!("{} {}LIKE {}", name(entity, *field), not(*negated), text(pattern))
        }
        Predicate::IsTrue(field) => name(entity, *field),
        Predicate::And(parts) => joined(parts, " AND ", "true"),
        Predicate::Or(parts) => joined(parts, " OR ", "false"),
        Predicate::Not(inner) => format!("NOT ({})", condition(inner, entity)),
    }
}
