//! Compiled conditions with places for what is known only when someone asks; bound to a principal they become a
//! [`Predicate`].
//!
//! Invariant: binding is total. A fact that is missing (an attribute, an organisation unit) makes the whole rule
//! unevaluable, whatever stands around it, so that a NOT or an OR cannot turn "unknown" into "allowed" (governance
//! G9). A fact that is merely NULL (no zone, no purpose) follows SQL's three-valued logic.

use std::cmp::Ordering;
use std::collections::HashSet;

use sluice_base::{Datum, SqlType};

use super::fact::{Fact, Moment};
use super::org::{OrgDay, OrgScope};
use super::role::Memberships;
use crate::decimal::Decimal;
use crate::literal;
use crate::predicate::{CompareOp, FieldIndex, Predicate, Term, Values};
use crate::principal::{AttributeValue, Principal};

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Side {
    Field(FieldIndex),
    Value(Datum, SqlType),
    /// A fact, read as the type.
    Fact(Fact, SqlType),
}

/// One item of an IN list; a fact may stand for several values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Value(Datum),
    Fact(Fact),
}

/// Which units an `in_org` means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum OrgUse {
    /// Around the principal's own units.
    Own(OrgScope),
    /// Around named units.
    Named(OrgScope, Vec<String>),
}

/// A condition before it is bound.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Template {
    Const(Option<bool>),
    Compare { left: Side, op: CompareOp, right: Side },
    In { side: Side, value_type: SqlType, items: Vec<Item>, negated: bool },
    IsNull { side: Side, negated: bool },
    Like { field: FieldIndex, pattern: String, negated: bool },
    IsTrue(FieldIndex),
    InOrg { field: FieldIndex, value_type: SqlType, units: OrgUse },
    And(Vec<Template>),
    Or(Vec<Template>),
    Not(Box<Template>),
}

/// What could not be found out about the principal, in words for the audit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Missing(pub String);

/// Everything a condition may ask.
pub(super) struct Facts<'a> {
    pub principal: &'a Principal,
    /// The principal's roles with those that they belong to, and groups.
    pub held: Memberships,
    pub zone: Option<&'a str>,
    pub moment: Moment,
    /// The organisation on the day of the request.
    pub org: &'a OrgDay,
}

impl<'a> Facts<'a> {
    /// The same person at the same moment, as a member of these alone.
    pub(super) fn with(&self, held: Memberships) -> Facts<'a> {
        Facts { principal: self.principal, held, zone: self.zone, moment: self.moment, org: self.org }
    }
}

impl Facts<'_> {
    fn attribute(&self, name: &str) -> Result<&AttributeValue, Missing> {
        self.principal.attributes.get(name).ok_or_else(|| Missing(format!("attribute `{name}` is missing")))
    }

    fn scalar(&self, fact: &Fact, sql_type: &SqlType) -> Result<Datum, Missing> {
        let text = |text: &str| if text.is_empty() { Datum::Null } else { Datum::Text(text.to_string()) };
        match fact {
            Fact::User => Ok(text(&self.principal.user)),
            Fact::Zone => Ok(self.zone.map_or(Datum::Null, text)),
            Fact::Purpose => Ok(text(&self.principal.context.purpose)),
            Fact::Attribute(name) => attribute_value(self.attribute(name)?, sql_type)
                .ok_or_else(|| Missing(format!("attribute `{name}` is not a {}", sql_type.sql_name()))),
            Fact::OrgUnits => Err(Missing("organisation units are a list".into())),
            Fact::Now | Fact::Date | Fact::Time | Fact::Weekday | Fact::Hour => {
                Ok(self.moment.value(fact).unwrap_or(Datum::Null))
            }
        }
    }

    fn list(&self, fact: &Fact, sql_type: &SqlType) -> Result<Vec<Datum>, Missing> {
        match fact {
            Fact::OrgUnits => unit_values(self.own_units()?, sql_type),
            Fact::Attribute(name) => match self.attribute(name)? {
                AttributeValue::Texts(texts) => texts
                    .iter()
                    .map(|text| {
                        attribute_value(&AttributeValue::Text(text.clone()), sql_type).ok_or_else(|| {
                            Missing(format!("attribute `{name}` is not a list of {}", sql_type.sql_name()))
                        })
                    })
                    .collect(),
                _ => Ok(vec![self.scalar(fact, sql_type)?]),
            },
            _ => Ok(vec![self.scalar(fact, sql_type)?]),
        }
    }

    /// The principal's posts that are in the tree; none at all is a missing fact, not an empty list.
    fn own_units(&self) -> Result<Vec<String>, Missing> {
        let units = &self.principal.org_units;
        if units.is_empty() {
            return Err(Missing("organisation unit is missing".into()));
        }
        let known: Vec<String> = units.iter().filter(|unit| self.org.contains(unit)).cloned().collect();
        if known.is_empty() {
            return Err(Missing("organisation unit is not in the tree".into()));
        }
        Ok(known)
    }
}

/// An attribute read as a type; `None` where it does not fit.
fn attribute_value(value: &AttributeValue, sql_type: &SqlType) -> Option<Datum> {
    match (value, sql_type) {
        (AttributeValue::Bool(value), SqlType::Bool) => Some(Datum::Bool(*value)),
        (AttributeValue::Int(value), SqlType::Int2 | SqlType::Int4 | SqlType::Int8) => Some(Datum::Int(*value)),
        (AttributeValue::Int(value), SqlType::Numeric(_)) => Some(Datum::Numeric(value.to_string())),
        (AttributeValue::Int(value), sql_type) if sql_type.is_text() => Some(Datum::Text(value.to_string())),
        (AttributeValue::Text(value), sql_type) if sql_type.is_text() => Some(Datum::Text(value.clone())),
        (AttributeValue::Text(value), sql_type) => literal::from_text(value, sql_type).ok(),
        _ => None,
    }
}

/// Unit keys as values of the field's type; keys that are no such values (letters beside a number field) cannot match.
fn unit_values(units: Vec<String>, sql_type: &SqlType) -> Result<Vec<Datum>, Missing> {
    if sql_type.is_text() {
        return Ok(units.into_iter().map(Datum::Text).collect());
    }
    let numbers: Vec<Datum> = units.iter().filter_map(|unit| unit.parse().ok()).map(Datum::Int).collect();
    if numbers.is_empty() && !units.is_empty() {
        return Err(Missing("organisation unit is not a number, as the field is".into()));
    }
    Ok(numbers)
}

impl Side {
    fn reads_clock(&self) -> bool {
        matches!(self, Side::Fact(fact, _) if fact.is_clock())
    }
}

impl Template {
    /// Whether it may hold at one moment and not at another. Days of the organisation tree are the tree's to tell.
    pub(super) fn reads_clock(&self) -> bool {
        match self {
            Template::Const(_) | Template::Like { .. } | Template::IsTrue(_) | Template::InOrg { .. } => false,
            Template::Compare { left, right, .. } => left.reads_clock() || right.reads_clock(),
            Template::In { side, items, .. } => {
                side.reads_clock() || items.iter().any(|item| matches!(item, Item::Fact(fact) if fact.is_clock()))
            }
            Template::IsNull { side, .. } => side.reads_clock(),
            Template::And(parts) | Template::Or(parts) => parts.iter().any(Template::reads_clock),
            Template::Not(inner) => inner.reads_clock(),
        }
    }

    /// The predicate for the principal that the facts are about.
    pub(super) fn bind(&self, facts: &Facts) -> Result<Predicate, Missing> {
        Ok(match self {
            Template::Const(value) => Predicate::Const(*value),
            Template::Compare { left, op, right } => compare(bound(left, facts)?, *op, bound(right, facts)?),
            Template::In { side, value_type, items, negated } => {
                let mut values = Vec::new();
                for item in items {
                    match item {
                        Item::Value(value) => values.push(value.clone()),
                        Item::Fact(fact) => values.extend(facts.list(fact, value_type)?),
                    }
                }
                in_list(bound(side, facts)?, values, value_type, *negated)
            }
            Template::IsNull { side, negated } => match bound(side, facts)? {
                Term::Field(field) => Predicate::IsNull { field, negated: *negated },
                Term::Value(value, _) => Predicate::Const(Some(value.is_null() != *negated)),
            },
            Template::Like { field, pattern, negated } => {
                Predicate::Like { field: *field, pattern: pattern.clone(), negated: *negated }
            }
            Template::IsTrue(field) => Predicate::IsTrue(*field),
            Template::InOrg { field, value_type, units } => {
                let own;
                let (scope, of) = match units {
                    OrgUse::Own(scope) => {
                        own = facts.own_units()?;
                        (*scope, &own)
                    }
                    OrgUse::Named(scope, named) => (*scope, named),
                };
                if value_type.is_text() {
                    return Ok(in_values(*field, facts.org.texts(scope, of), value_type, false));
                }
                in_list(Term::Field(*field), unit_values(facts.org.units(scope, of), value_type)?, value_type, false)
            }
            Template::And(parts) => Predicate::and(parts.iter().map(|p| p.bind(facts)).collect::<Result<Vec<_>, _>>()?),
            Template::Or(parts) => Predicate::or(parts.iter().map(|p| p.bind(facts)).collect::<Result<Vec<_>, _>>()?),
            Template::Not(inner) => match inner.bind(facts)? {
                Predicate::Const(value) => Predicate::Const(value.map(|value| !value)),
                other => Predicate::Not(Box::new(other)),
            },
        })
    }

    /// The outcome of a condition that reads no field: TRUE, FALSE or NULL.
    pub(super) fn outcome(&self, facts: &Facts) -> Result<Option<bool>, Missing> {
        Ok(match self.bind(facts)? {
            Predicate::Const(value) => value,
            other => constant_outcome(&other),
        })
    }
}

/// Folds what AND, OR and NOT leave over constants (`TRUE AND NULL` stays a conjunction of one).
fn constant_outcome(predicate: &Predicate) -> Option<bool> {
    match predicate {
        Predicate::Const(value) => *value,
        Predicate::And(parts) => decided(parts, false),
        Predicate::Or(parts) => decided(parts, true),
        Predicate::Not(inner) => constant_outcome(inner).map(|value| !value),
        Predicate::Compare { .. }
        | Predicate::In { .. }
        | Predicate::IsNull { .. }
        | Predicate::Like { .. }
        | Predicate::IsTrue(_) => None,
    }
}

/// AND is decided by one FALSE, OR by one TRUE; else one NULL leaves it open.
fn decided(parts: &[Predicate], by: bool) -> Option<bool> {
    let outcomes: Vec<Option<bool>> = parts.iter().map(constant_outcome).collect();
    if outcomes.contains(&Some(by)) {
        Some(by)
    } else if outcomes.contains(&None) {
        None
    } else {
        Some(!by)
    }
}

fn bound(side: &Side, facts: &Facts) -> Result<Term, Missing> {
    Ok(match side {
        Side::Field(field) => Term::Field(*field),
        Side::Value(value, sql_type) => Term::Value(value.clone(), sql_type.clone()),
        Side::Fact(fact, sql_type) => Term::Value(facts.scalar(fact, sql_type)?, sql_type.clone()),
    })
}

/// A comparison with the field on the left, NULLs and constants folded.
fn compare(left: Term, op: CompareOp, right: Term) -> Predicate {
    match (left, right) {
        (Term::Value(a, _), Term::Value(b, _)) => Predicate::Const(compare_values(&a, op, &b)),
        (left @ Term::Value(..), right @ Term::Field(_)) => compare(right, flipped(op), left),
        (Term::Field(field), Term::Value(Datum::Null, _)) => match op {
            CompareOp::IsNotDistinctFrom => Predicate::IsNull { field, negated: false },
            CompareOp::IsDistinctFrom => Predicate::IsNull { field, negated: true },
            _ => Predicate::Const(None),
        },
        (left @ Term::Field(_), Term::Value(value, sql_type)) => {
            let sql_type = widest(std::slice::from_ref(&value), &sql_type);
            Predicate::Compare { left, op, right: Term::Value(value, sql_type) }
        }
        (left, right) => Predicate::Compare { left, op, right },
    }
}

fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        same @ (CompareOp::Eq | CompareOp::NotEq | CompareOp::IsNotDistinctFrom | CompareOp::IsDistinctFrom) => same,
    }
}

/// `x [NOT] IN (values)`; a NULL in the list is SQL's NULL.
fn in_list(side: Term, values: Vec<Datum>, value_type: &SqlType, negated: bool) -> Predicate {
    let has_null = values.iter().any(Datum::is_null);
    let distinct = distinct(values);
    let null = has_null.then_some(Predicate::Const(None));
    let found = match side {
        Term::Field(field) => in_values(field, distinct.into(), value_type, negated),
        Term::Value(value, _) => {
            let outcomes = distinct.iter().map(|other| Predicate::Const(compare_values(&value, CompareOp::Eq, other)));
            let any = constant_outcome(&Predicate::Or(outcomes.chain(null.clone()).collect()));
            return Predicate::Const(if negated { any.map(|any| !any) } else { any });
        }
    };
    match (null, negated) {
        (None, _) => found,
        (Some(null), false) => Predicate::or([found, null]),
        (Some(null), true) => Predicate::and([found, null]),
    }
}

/// `field [NOT] IN (values)`, of values that are neither NULL nor there twice.
fn in_values(field: FieldIndex, values: Values, value_type: &SqlType, negated: bool) -> Predicate {
    if values.is_empty() {
        return Predicate::Const(Some(negated));
    }
    let value_type = widest(&values, value_type);
    Predicate::In { field, values, value_type, negated }
}

/// The values without NULL, each once, in their order. Lists of units are long: texts and integers are looked up.
fn distinct(values: Vec<Datum>) -> Vec<Datum> {
    let (mut texts, mut integers) = (HashSet::new(), HashSet::new());
    let mut kept = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        kept.push(match value {
            Datum::Null => false,
            Datum::Text(text) => texts.insert(text.as_str()),
            Datum::Int(integer) => integers.insert(*integer),
            other => !values[..at].contains(other),
        });
    }
    values.into_iter().zip(kept).filter_map(|(value, kept)| kept.then_some(value)).collect()
}

/// The narrowest type of the family that holds every value exactly.
fn widest(values: &[Datum], sql_type: &SqlType) -> SqlType {
    match sql_type {
        SqlType::Int2 | SqlType::Int4 => {
            let fits = values.iter().all(|value| match (value, sql_type) {
                (Datum::Int(value), SqlType::Int2) => i16::try_from(*value).is_ok(),
                (Datum::Int(value), _) => i32::try_from(*value).is_ok(),
                _ => true,
            });
            if fits { sql_type.clone() } else { SqlType::Int8 }
        }
        SqlType::Numeric(_) => {
            let (mut whole, mut scale) = (1u32, 0u32);
            for value in values {
                if let Datum::Numeric(digits) = value
                    && let Some(value) = Decimal::parse(digits)
                {
                    whole = whole.max(value.precision() - value.scale);
                    scale = scale.max(value.scale);
                }
            }
            match (u8::try_from(whole + scale), i8::try_from(scale)) {
                (Ok(precision), Ok(scale)) if precision <= 76 => SqlType::Numeric(Some((precision, scale))),
                _ => SqlType::Numeric(None),
            }
        }
        other => other.clone(),
    }
}

/// SQL's comparison of two constants of one type family.
pub(super) fn compare_values(a: &Datum, op: CompareOp, b: &Datum) -> Option<bool> {
    if a.is_null() || b.is_null() {
        return match op {
            CompareOp::IsNotDistinctFrom => Some(a.is_null() && b.is_null()),
            CompareOp::IsDistinctFrom => Some(a.is_null() != b.is_null()),
            _ => None,
        };
    }
    let order = order(a, b)?;
    Some(match op {
        CompareOp::Eq | CompareOp::IsNotDistinctFrom => order == Ordering::Equal,
        CompareOp::NotEq | CompareOp::IsDistinctFrom => order != Ordering::Equal,
        CompareOp::Lt => order == Ordering::Less,
        CompareOp::LtEq => order != Ordering::Greater,
        CompareOp::Gt => order == Ordering::Greater,
        CompareOp::GtEq => order != Ordering::Less,
    })
}

fn order(a: &Datum, b: &Datum) -> Option<Ordering> {
    match (a, b) {
        (Datum::Bool(a), Datum::Bool(b)) => Some(a.cmp(b)),
        (Datum::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
        (Datum::Float(a), Datum::Float(b)) => a.partial_cmp(b),
        (Datum::Numeric(a), Datum::Numeric(b)) => Some(Decimal::parse(a)?.compare(Decimal::parse(b)?)),
        (Datum::Text(a), Datum::Text(b)) => Some(a.cmp(b)),
        (Datum::Date(a), Datum::Date(b)) => Some(a.cmp(b)),
        (Datum::Time(a), Datum::Time(b))
        | (Datum::Timestamp(a), Datum::Timestamp(b))
        | (Datum::Timestamptz(a), Datum::Timestamptz(b)) => Some(a.cmp(b)),
        (Datum::Uuid(a), Datum::Uuid(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
