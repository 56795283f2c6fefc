//! Whether one row rule shows no row that another does not show.
//!
//! Invariant: sound, not complete. `true` means that every row for which the first rule is TRUE makes the second TRUE;
//! `false` means that this was not proven, and whoever asks must take it for a possible gain.

use std::cmp::Ordering;

use sluice_base::Datum;
use sluice_model::predicate::{CompareOp, Predicate, Term};

/// Every row of `p` is a row of `q`.
pub(super) fn implies(p: &Predicate, q: &Predicate) -> bool {
    if p == q || *q == Predicate::TRUE || matches!(p, Predicate::Const(Some(false) | None)) {
        return true;
    }
    match (p, q) {
        (Predicate::Or(parts), q) => parts.iter().all(|part| implies(part, q)),
        (p, Predicate::And(parts)) => parts.iter().all(|part| implies(p, part)),
        (Predicate::And(parts), q) if parts.iter().any(|part| implies(part, q)) => true,
        (p, Predicate::Or(parts)) => parts.iter().any(|part| implies(p, part)),
        (Predicate::Not(p), Predicate::Not(q)) => never_false(q, p),
        (p, q) => simple(p, q),
    }
}

/// Of negations only the plain case is proven: the inner rules are the same.
fn never_false(q: &Predicate, p: &Predicate) -> bool {
    p == q
}

/// A field and the values it may have, or may not have.
struct Set<'p> {
    field: usize,
    values: Vec<&'p Datum>,
    negated: bool,
}

fn set(rule: &Predicate) -> Option<Set<'_>> {
    match rule {
        Predicate::In { field, values, negated, .. } => {
            Some(Set { field: *field, values: values.iter().collect(), negated: *negated })
        }
        Predicate::Compare { left: Term::Field(field), op, right: Term::Value(value, _) }
        | Predicate::Compare { left: Term::Value(value, _), op, right: Term::Field(field) }
            if matches!(op, CompareOp::Eq | CompareOp::NotEq) =>
        {
            Some(Set { field: *field, values: vec![value], negated: *op == CompareOp::NotEq })
        }
        _ => None,
    }
}

/// `field op value`, the field on the left.
fn bound(rule: &Predicate) -> Option<(usize, CompareOp, &Datum)> {
    match rule {
        Predicate::Compare { left: Term::Field(field), op, right: Term::Value(value, _) } => Some((*field, *op, value)),
        _ => None,
    }
}

fn simple(p: &Predicate, q: &Predicate) -> bool {
    if let (Some(p), Some(q)) = (set(p), set(q))
        && p.field == q.field
    {
        let has = |set: &Set, value: &Datum| set.values.contains(&value);
        return match (p.negated, q.negated) {
            (false, false) => p.values.iter().all(|value| has(&q, value)),
            (false, true) => p.values.iter().all(|value| !value.is_null() && !has(&q, value)),
            (true, true) => q.values.iter().all(|value| has(&p, value)),
            (true, false) => false,
        };
    }
    if let (Some((p_field, p_op, p_value)), Some((q_field, q_op, q_value))) = (bound(p), bound(q))
        && p_field == q_field
        && let Some(order) = order(p_value, q_value)
    {
        use CompareOp::{Eq, Gt, GtEq, Lt, LtEq};
        return match (p_op, q_op) {
            (Gt, Gt | GtEq) | (GtEq | Eq, GtEq) => order != Ordering::Less,
            (GtEq | Eq, Gt) => order == Ordering::Greater,
            (Lt, Lt | LtEq) | (LtEq | Eq, LtEq) => order != Ordering::Greater,
            (LtEq | Eq, Lt) => order == Ordering::Less,
            _ => false,
        };
    }
    // A row with a value there is a row for which the field is not NULL.
    let has_value = |field: usize| match (set(p), bound(p)) {
        (Some(set), _) => set.field == field,
        (None, Some((bounded, op, _))) => {
            bounded == field && !matches!(op, CompareOp::IsDistinctFrom | CompareOp::IsNotDistinctFrom)
        }
        (None, None) => matches!(p, Predicate::Like { field: liked, .. } if *liked == field),
    };
    matches!(q, Predicate::IsNull { field, negated: true } if has_value(*field))
}

/// Order of two values; only where all sources agree on it.
fn order(a: &Datum, b: &Datum) -> Option<Ordering> {
    match (a, b) {
        (Datum::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
        (Datum::Date(a), Datum::Date(b)) => Some(a.cmp(b)),
        (Datum::Timestamp(a), Datum::Timestamp(b)) | (Datum::Timestamptz(a), Datum::Timestamptz(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_base::SqlType;

    fn text(value: &str) -> Datum {
        Datum::Text(value.into())
    }

    fn within(values: &[&str], negated: bool) -> Predicate {
        let values = values.iter().map(|value| text(value)).collect();
        Predicate::In { field: 0, values, value_type: SqlType::Text, negated }
    }

    fn compare(op: CompareOp, value: Datum) -> Predicate {
        Predicate::Compare { left: Term::Field(0), op, right: Term::Value(value, SqlType::Int4) }
    }

    #[test]
    fn what_is_proven_holds_and_what_is_not_is_not_said() {
        use CompareOp::{Eq, Gt, GtEq, Lt, NotEq};
        let number = |op, value| compare(op, Datum::Int(value));
        let cases = [
            (within(&["a"], false), within(&["a", "b"], false), true),
            (within(&["a", "c"], false), within(&["a", "b"], false), false),
            (compare(Eq, text("a")), within(&["a", "b"], false), true),
            (within(&["a", "b"], true), compare(NotEq, text("a")), true),
            (compare(NotEq, text("a")), within(&["a", "b"], true), false),
            (within(&["c"], false), within(&["a", "b"], true), true),
            (number(Gt, 5), number(GtEq, 5), true),
            (number(GtEq, 5), number(Gt, 5), false),
            (number(Eq, 6), number(Gt, 5), true),
            (number(Lt, 3), number(Lt, 4), true),
            (number(Lt, 4), number(Lt, 3), false),
            (Predicate::FALSE, number(Lt, 3), true),
            (number(Lt, 3), Predicate::TRUE, true),
            (Predicate::TRUE, number(Lt, 3), false),
            (number(Gt, 3), Predicate::IsNull { field: 0, negated: true }, true),
            (number(Gt, 3), Predicate::IsNull { field: 1, negated: true }, false),
        ];
        for (p, q, expected) in cases {
            assert_eq!(implies(&p, &q), expected, "{p:?} => {q:?}");
        }
        let both = Predicate::and([within(&["a"], false), number(Gt, 3)]);
        assert!(implies(&both, &within(&["a", "b"], false)) && !implies(&within(&["a"], false), &both));
        let either = Predicate::or([within(&["a"], false), within(&["b"], false)]);
        assert!(implies(&either, &within(&["a", "b"], false)) && implies(&within(&["a"], false), &either));
    }
}
