//! Row rules after compilation: a small boolean language that can neither fail nor reveal.
//!
//! Invariant: evaluating a [`Predicate`] is total for every row of its entity; both sides of a comparison have the
//! same type family. Three-valued logic as in SQL; a row is kept only where the outcome is TRUE (governance G11).

use std::fmt::Write as _;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use sluice_base::{Datum, SqlType};

use crate::catalog::Entity;

/// A position in [`crate::catalog::Entity::fields`].
pub type FieldIndex = usize;

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Term {
    /// The raw value of a field of the same row.
    Field(FieldIndex),
    /// A constant of a declared type.
    Value(Datum, SqlType),
}

/// Comparison operators, SQL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `<>`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
    /// `IS NOT DISTINCT FROM`
    IsNotDistinctFrom,
    /// `IS DISTINCT FROM`
    IsDistinctFrom,
}

/// A compiled row rule over the raw fields of one entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Predicate {
    /// TRUE, FALSE or (None) NULL.
    Const(Option<bool>),
    /// `left op right`
    Compare {
        /// Left side.
        left: Term,
        /// Operator.
        op: CompareOp,
        /// Right side.
        right: Term,
    },
    /// `field [NOT] IN (values)`; the values are of the field's type. An empty list is FALSE (TRUE when negated).
    In {
        /// The tested field.
        field: FieldIndex,
        /// The list.
        values: Values,
        /// The type of each value.
        value_type: SqlType,
        /// `NOT IN`
        negated: bool,
    },
    /// `field IS [NOT] NULL`
    IsNull {
        /// The tested field.
        field: FieldIndex,
        /// `IS NOT NULL`
        negated: bool,
    },
    /// `field [NOT] LIKE pattern`, with `\` as escape, valid by construction.
    Like {
        /// The tested text field.
        field: FieldIndex,
        /// The pattern.
        pattern: String,
        /// `NOT LIKE`
        negated: bool,
    },
    /// A boolean field taken as a condition.
    IsTrue(FieldIndex),
    /// Conjunction; empty is TRUE.
    And(Vec<Predicate>),
    /// Disjunction; empty is FALSE.
    Or(Vec<Predicate>),
    /// Negation.
    Not(Box<Predicate>),
}

/// The constants of an IN list. A list of units is long and stands in the rules of many fields and entities: they share
/// it.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Vec<Datum>")]
pub struct Values(Arc<[Datum]>);

impl Deref for Values {
    type Target = [Datum];

    fn deref(&self) -> &[Datum] {
        &self.0
    }
}

impl From<Vec<Datum>> for Values {
    fn from(values: Vec<Datum>) -> Values {
        Values(values.into())
    }
}

impl FromIterator<Datum> for Values {
    fn from_iter<I: IntoIterator<Item = Datum>>(values: I) -> Values {
        Values(values.into_iter().collect())
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl PartialEq for Values {
    /// A list is equal to itself, whatever stands in it.
    fn eq(&self, other: &Values) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Predicate {
    /// TRUE.
    pub const TRUE: Predicate = Predicate::Const(Some(true));
    /// FALSE.
    pub const FALSE: Predicate = Predicate::Const(Some(false));

    /// Conjunction with constants folded away.
    pub fn and(parts: impl IntoIterator<Item = Predicate>) -> Predicate {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Predicate::Const(Some(true)) => {}
                Predicate::Const(Some(false)) => return Predicate::FALSE,
                Predicate::And(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Predicate::TRUE,
            1 => kept.remove(0),
            _ => Predicate::And(kept),
        }
    }

    /// Disjunction with constants folded away.
    pub fn or(parts: impl IntoIterator<Item = Predicate>) -> Predicate {
        let mut kept: Vec<Predicate> = Vec::new();
        for part in parts {
            match part {
                Predicate::Const(Some(false)) => {}
                Predicate::Const(Some(true)) => return Predicate::TRUE,
                Predicate::Or(inner) => kept.extend(inner),
                other if kept.contains(&other) => {}
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Predicate::FALSE,
            1 => kept.remove(0),
            _ => Predicate::Or(kept),
        }
    }

    /// Every field that the rule reads, sorted, once each.
    pub fn fields(&self) -> Vec<FieldIndex> {
        let mut found = Vec::new();
        self.collect_fields(&mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn collect_fields(&self, found: &mut Vec<FieldIndex>) {
        match self {
            Predicate::Const(_) => {}
            Predicate::Compare { left, right, .. } => {
                for term in [left, right] {
                    if let Term::Field(field) = term {
                        found.push(*field);
                    }
                }
            }
            Predicate::In { field, .. }
            | Predicate::IsNull { field, .. }
            | Predicate::Like { field, .. }
            | Predicate::IsTrue(field) => found.push(*field),
            Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|p| p.collect_fields(found)),
            Predicate::Not(inner) => inner.collect_fields(found),
        }
    }

    /// The rule as SQL-like text, for explanations and tests; never sent anywhere. Holds the principal's values, so
    /// clients see it only with a grant of its own (governance G14).
    pub fn describe(&self, entity: &Entity) -> String {
        let name = |field: &FieldIndex| entity.fields.get(*field).map_or("?", |field| field.id.as_str());
        let not = |negated: bool| if negated { "NOT " } else { "" };
        match self {
            Predicate::Const(Some(true)) => "TRUE".to_string(),
            Predicate::Const(Some(false)) => "FALSE".to_string(),
            Predicate::Const(None) => "NULL".to_string(),
            Predicate::Compare { left, op, right } => {
                let term = |term: &Term| match term {
                    Term::Field(field) => name(field).to_string(),
                    Term::Value(value, _) => describe_value(value),
                };
                format!("{} {} {}", term(left), op.sql(), term(right))
            }
            Predicate::In { field, values, negated, .. } => {
                let values: Vec<String> = values.iter().map(describe_value).collect();
                format!("{} {}IN ({})", name(field), not(*negated), values.join(", "))
            }
            Predicate::IsNull { field, negated } => format!("{} IS {}NULL", name(field), not(*negated)),
            Predicate::Like { field, pattern, negated } => {
                format!("{} {}LIKE {}", name(field), not(*negated), quoted(pattern))
            }
            Predicate::IsTrue(field) => name(field).to_string(),
            Predicate::And(parts) => joined(parts, " AND ", entity),
            Predicate::Or(parts) => joined(parts, " OR ", entity),
            Predicate::Not(inner) => format!("NOT ({})", inner.describe(entity)),
        }
    }
}

fn joined(parts: &[Predicate], word: &str, entity: &Entity) -> String {
    let mut text = String::new();
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            text.push_str(word);
        }
        match part {
            Predicate::And(_) | Predicate::Or(_) => {
                // Writing into a String cannot fail.
                let _ = write!(text, "({})", part.describe(entity));
            }
            other => text.push_str(&other.describe(entity)),
        }
    }
    text
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn describe_value(value: &Datum) -> String {
    match value {
        Datum::Null => "NULL".to_string(),
        Datum::Bool(value) => value.to_string(),
        Datum::Int(value) => value.to_string(),
        Datum::Float(value) => value.to_string(),
        Datum::Numeric(digits) => digits.clone(),
        Datum::Text(text) => quoted(text),
        Datum::Date(days) => {
            let date = chrono::DateTime::from_timestamp(i64::from(*days) * 86_400, 0).map(|moment| moment.date_naive());
            date.map_or_else(|| format!("date {days}"), |date| quoted(&date.to_string()))
        }
        Datum::Time(micros) => format!("time {micros}"),
        Datum::Timestamp(micros) | Datum::Timestamptz(micros) => chrono::DateTime::from_timestamp_micros(*micros)
            .map_or_else(|| format!("timestamp {micros}"), |moment| quoted(&moment.naive_utc().to_string())),
        other => format!("{other:?}"),
    }
}

impl CompareOp {
    /// The operator in SQL.
    pub fn sql(self) -> &'static str {
        match self {
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
}
