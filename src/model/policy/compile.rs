//! SQL text of rules -> [`Template`]: names resolved in a scope of their own, types checked, everything refused that
//! could fail, reveal or change between two evaluations.
//!
//! Invariant: a template compares a field with constants, facts or fields of the same type family and nothing else.
//! Left out: casts of fields, arithmetic, text functions, ILIKE, regular expressions, fields across relationships.

use std::collections::BTreeSet;

use sluice_base::{Datum, SqlType};
use sqlparser::ast::{BinaryOperator, Expr, Function, FunctionArguments, Ident, UnaryOperator};

use super::fact::{self, Fact};
use super::org::OrgScope;
use super::template::{Item, OrgUse, Side, Template};
use super::words::{AGGREGATES, IDENTITY, VOLATILE};
use crate::catalog::{Entity, parse_type};
use crate::literal;
use crate::names;
use crate::predicate::{CompareOp, FieldIndex};
use crate::sql::{self, Literal, Problem};

/// Where the names of an expression are looked up.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// Row rules: the raw fields of the entity, and `session.*`.
    Rows(&'a Entity),
    /// Conditions of `when:`: `session.*` only.
    Session,
    /// Conditions of `attribute:`: bare names are attributes.
    Attributes,
}

/// Compiles the text of a condition. `zones` are the declared zones, for the names that `session.zone` is compared to.
pub(super) fn compile(text: &str, scope: Scope, zones: &BTreeSet<&str>) -> Result<Template, Problem> {
    let expression = sql::parse(text)?;
    Compiler { scope, zones }.condition(&expression)
}

struct Compiler<'a> {
    scope: Scope<'a>,
    zones: &'a BTreeSet<&'a str>,
}

/// One side before its type is settled by the other.
enum Operand<'e> {
    Field(FieldIndex, SqlType),
    Fact(Fact),
    Literal(Literal),
    /// A literal with its type written out (`date '2024-01-01'`).
    Typed(Datum, SqlType),
    /// Carries the expression for the message.
    Other(&'e Expr),
}

impl Compiler<'_> {
    fn condition(&self, expression: &Expr) -> Result<Template, Problem> {
        match expression {
            Expr::Nested(inner) => self.condition(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                Ok(Template::And(vec![self.condition(left)?, self.condition(right)?]))
            }
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
                Ok(Template::Or(vec![self.condition(left)?, self.condition(right)?]))
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => Ok(Template::Not(Box::new(self.condition(expr)?))),
            Expr::BinaryOp { left, op, right } => match comparison(op) {
                Some(op) => self.compare(left, op, right),
                None => Err(Problem::at(expression, format!("operator `{op}` is not allowed in a rule"))),
            },
            Expr::IsDistinctFrom(left, right) => self.compare(left, CompareOp::IsDistinctFrom, right),
            Expr::IsNotDistinctFrom(left, right) => self.compare(left, CompareOp::IsNotDistinctFrom, right),
            Expr::IsNull(inner) => self.is_null(inner, false),
            Expr::IsNotNull(inner) => self.is_null(inner, true),
            Expr::IsTrue(inner) => self.is_boolean(inner, CompareOp::IsNotDistinctFrom, true),
            Expr::IsNotTrue(inner) => self.is_boolean(inner, CompareOp::IsDistinctFrom, true),
            Expr::IsFalse(inner) => self.is_boolean(inner, CompareOp::IsNotDistinctFrom, false),
            Expr::IsNotFalse(inner) => self.is_boolean(inner, CompareOp::IsDistinctFrom, false),
            Expr::InList { expr, list, negated } => self.in_list(expr, list.iter().collect(), *negated),
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => self.in_list(left, vec![right], false),
            Expr::Between { expr, negated, low, high } => {
                let low = self.compare(expr, CompareOp::GtEq, low)?;
                let high = self.compare(expr, CompareOp::LtEq, high)?;
                let both = Template::And(vec![low, high]);
                Ok(if *negated { Template::Not(Box::new(both)) } else { both })
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char: None } => self.like(expr, pattern, *negated),
            Expr::Function(function) => self.function(function),
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                Err(Problem::at(expression, "subqueries are not allowed in a rule")
                    .hint("a rule reads its own row; rules of a parent travel with `inherits_policy`"))
            }
            other => self.boolean(other),
        }
    }

    /// A boolean field, attribute or literal standing as a condition.
    fn boolean(&self, expression: &Expr) -> Result<Template, Problem> {
        match self.operand(expression)? {
            Operand::Field(field, SqlType::Bool) => Ok(Template::IsTrue(field)),
            Operand::Fact(fact @ Fact::Attribute(_)) => Ok(Template::Compare {
                left: Side::Fact(fact, SqlType::Bool),
                op: CompareOp::Eq,
                right: Side::Value(Datum::Bool(true), SqlType::Bool),
            }),
            Operand::Literal(Literal::Bool(value)) => Ok(Template::Const(Some(value))),
            Operand::Literal(Literal::Null) => Ok(Template::Const(None)),
            Operand::Other(other) => Err(not_allowed(other)),
            _ => Err(Problem::at(expression, "a condition is expected here, this is a value")
                .hint("compare it: a rule is TRUE, FALSE or NULL for each row")),
        }
    }

    fn operand<'e>(&self, expression: &'e Expr) -> Result<Operand<'e>, Problem> {
        if let Some(literal) = sql::literal(expression) {
            return Ok(Operand::Literal(literal));
        }
        match expression {
            Expr::Nested(inner) => self.operand(inner),
            Expr::Identifier(name) => self.name(name),
            Expr::CompoundIdentifier(names) => self.compound(names, expression),
            Expr::TypedString(typed) => {
                let Some(text) = typed.value.clone().into_string() else { return Ok(Operand::Other(expression)) };
                typed_literal(&Literal::Text(text), &typed.data_type.to_string(), expression)
            }
            Expr::Cast { expr, data_type, .. } => match sql::literal(expr) {
                Some(literal) => typed_literal(&literal, &data_type.to_string(), expression),
                None => Err(Problem::at(expression, "a cast can fail on a row, so only literals may be cast")),
            },
            // The parser takes the keyword `user` for a call, even behind `session.`.
            Expr::Function(function)
                if matches!(function.args, FunctionArguments::None)
                    && function.name.to_string().eq_ignore_ascii_case("session.user") =>
            {
                Ok(Operand::Fact(Fact::User))
            }
            Expr::Function(function) => Err(match self.function(function) {
                Err(problem) => problem,
                Ok(_) => Problem::at(function, "a condition cannot be compared"),
            }),
            other => Ok(Operand::Other(other)),
        }
    }

    fn name<'e>(&self, name: &Ident) -> Result<Operand<'e>, Problem> {
        match self.scope {
            Scope::Attributes => Ok(Operand::Fact(Fact::Attribute(name.value.clone()))),
            Scope::Session => Err(problem(name, format!("unknown name `{}`", name.value)).hint(
                "a `when` reads session.zone, .user, .purpose, .now, .date, .time, .weekday, .hour, .attributes.NAME",
            )),
            Scope::Rows(entity) => match entity.find_field(&name.value) {
                Some(field) => Ok(Operand::Field(field, entity.fields[field].sql_type.clone())),
                None if IDENTITY.contains(&name.value.to_ascii_lowercase().as_str()) => {
                    Err(problem(name, format!("`{}` is not known here", name.value)).hint("write session.user"))
                }
                None => Err(unknown_field(name, entity)),
            },
        }
    }

    fn compound<'e>(&self, names: &[Ident], whole: &Expr) -> Result<Operand<'e>, Problem> {
        let words: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
        if let ["session", word] = words[..]
            && let Some(fact) = Fact::of_session(word)
        {
            return Ok(Operand::Fact(fact));
        }
        match (&words[..], self.scope) {
            (["session", "attributes", name], _) => Ok(Operand::Fact(Fact::Attribute((*name).to_string()))),
            (["session", "application_name" | "client_addr"], _) => {
                let message = format!("`{}` is no ground for a right: a client can type it freely", words.join("."));
                Err(Problem::at(whole, message).hint("use session.zone"))
            }
            (["session", ..], _) => {
                let known = fact::SESSION.into_iter().chain(["attributes"]);
                let message = format!("unknown session value `{}`", words.join("."));
                let near = names::nearest(words.get(1).unwrap_or(&""), known);
                let hint = near.map_or(format!("{}, attributes.NAME", fact::SESSION.join(", ")), |near| {
                    format!("did you mean `session.{near}`?")
                });
                Err(Problem::at(whole, message).hint(hint))
            }
            ([entity_id, field], Scope::Rows(entity)) if *entity_id == entity.id => match entity.find_field(field) {
                Some(field) => Ok(Operand::Field(field, entity.fields[field].sql_type.clone())),
                None => Err(unknown_field(&names[1], entity)),
            },
            ([edge, _], Scope::Rows(entity)) if entity.relationships.iter().any(|known| known.id == *edge) => {
                Err(Problem::at(whole, "fields across a relationship are not supported in rules yet")
                    .hint("write the rule over the entity's own fields"))
            }
            _ => Err(Problem::at(whole, format!("unknown name `{}`", words.join(".")))),
        }
    }

    fn compare(&self, left: &Expr, op: CompareOp, right: &Expr) -> Result<Template, Problem> {
        let (a, b) = (self.operand(left)?, self.operand(right)?);
        match (&a, &b) {
            (Operand::Fact(Fact::Zone), other) => self.check_zone(other, right)?,
            (other, Operand::Fact(Fact::Zone)) => self.check_zone(other, left)?,
            _ => {}
        }
        // NULL has any type, so the other side settles nothing beyond its own.
        if matches!(op, CompareOp::IsNotDistinctFrom | CompareOp::IsDistinctFrom) {
            let negated = op == CompareOp::IsDistinctFrom;
            match (&a, &b) {
                (Operand::Literal(Literal::Null), Operand::Literal(Literal::Null)) => {
                    return Ok(Template::Const(Some(!negated)));
                }
                (_, Operand::Literal(Literal::Null)) => return self.is_null(left, negated),
                (Operand::Literal(Literal::Null), _) => return self.is_null(right, negated),
                _ => {}
            }
        }
        if matches!(a, Operand::Literal(Literal::Null)) || matches!(b, Operand::Literal(Literal::Null)) {
            for (operand, expression) in [(&a, left), (&b, right)] {
                if let Operand::Other(_) = operand {
                    return Err(not_allowed(expression));
                }
            }
            return Ok(Template::Const(None));
        }
        let sql_type = self.common_type(&a, left, &b, right)?;
        Ok(Template::Compare { left: self.side(a, left, &sql_type)?, op, right: self.side(b, right, &sql_type)? })
    }

    /// The type in which two sides are compared.
    fn common_type(&self, a: &Operand, left: &Expr, b: &Operand, right: &Expr) -> Result<SqlType, Problem> {
        let mut settled: Option<SqlType> = None;
        for (operand, expression) in [(a, left), (b, right)] {
            let own = match operand {
                Operand::Field(field, sql_type) => match family(sql_type) {
                    Some(own) => own,
                    None => {
                        let message = format!(
                            "field {} of type {} cannot be compared",
                            field_name(self.scope, *field),
                            sql_type.sql_name()
                        );
                        return Err(Problem::at(expression, message));
                    }
                },
                Operand::Typed(_, sql_type) => sql_type.clone(),
                Operand::Fact(Fact::OrgUnits) => {
                    return Err(Problem::at(expression, "`session.org_units` is a list")
                        .hint("write `field in (session.org_units)`"));
                }
                Operand::Fact(fact) => match fact.sql_type() {
                    Some(own) => own,
                    None => continue,
                },
                Operand::Literal(_) => continue,
                Operand::Other(other) => return Err(not_allowed(other)),
            };
            match &settled {
                None => settled = Some(own),
                Some(known) if same_family(known, &own) => {}
                Some(known) => {
                    let message = format!("{} cannot be compared with {}", known.sql_name(), own.sql_name());
                    return Err(Problem::at(expression, message));
                }
            }
        }
        match (settled, a, b) {
            (Some(settled), ..) => Ok(settled),
            (None, Operand::Literal(literal), _) | (None, _, Operand::Literal(literal)) => Ok(default_type(literal)),
            _ => Err(Problem::at(left, "the type of two attributes cannot be told")
                .hint("compare each with a literal or a field")),
        }
    }

    fn side(&self, operand: Operand, expression: &Expr, sql_type: &SqlType) -> Result<Side, Problem> {
        match operand {
            Operand::Field(field, _) => Ok(Side::Field(field)),
            Operand::Fact(fact) => Ok(Side::Fact(fact, sql_type.clone())),
            Operand::Typed(value, own) => Ok(Side::Value(value, own)),
            Operand::Literal(literal) => match literal::typed(&literal, sql_type) {
                Ok(value) => Ok(Side::Value(value, sql_type.clone())),
                Err(message) => Err(Problem::at(expression, message).hint(type_hint(&literal, sql_type))),
            },
            Operand::Other(other) => Err(not_allowed(other)),
        }
    }

    fn is_null(&self, expression: &Expr, negated: bool) -> Result<Template, Problem> {
        let side = match self.operand(expression)? {
            Operand::Field(field, _) => Side::Field(field),
            Operand::Fact(Fact::Attribute(name)) => {
                let message =
                    format!("a rule cannot ask whether attribute `{name}` is there: a missing one gives no rows");
                return Err(Problem::at(expression, message));
            }
            Operand::Fact(fact) => Side::Fact(fact, SqlType::Text),
            Operand::Literal(literal) => return Ok(Template::Const(Some((literal == Literal::Null) != negated))),
            Operand::Typed(..) => return Ok(Template::Const(Some(negated))),
            Operand::Other(other) => return Err(not_allowed(other)),
        };
        Ok(Template::IsNull { side, negated })
    }

    fn is_boolean(&self, expression: &Expr, op: CompareOp, value: bool) -> Result<Template, Problem> {
        match self.operand(expression)? {
            Operand::Field(field, SqlType::Bool) => Ok(Template::Compare {
                left: Side::Field(field),
                op,
                right: Side::Value(Datum::Bool(value), SqlType::Bool),
            }),
            _ => Err(Problem::at(expression, "IS TRUE and IS FALSE take a boolean field")),
        }
    }

    fn in_list(&self, expression: &Expr, list: Vec<&Expr>, negated: bool) -> Result<Template, Problem> {
        let tested = self.operand(expression)?;
        let mut operands = Vec::new();
        for item in list {
            operands.push((self.operand(item)?, item));
        }
        let sql_type = match &tested {
            Operand::Field(field, sql_type) => family(sql_type).ok_or_else(|| {
                let name = field_name(self.scope, *field);
                Problem::at(expression, format!("field {name} of type {} cannot be compared", sql_type.sql_name()))
            })?,
            Operand::Fact(Fact::Attribute(_)) => operands
                .iter()
                .find_map(|(operand, _)| match operand {
                    Operand::Literal(Literal::Null) => None,
                    Operand::Literal(literal) => Some(default_type(literal)),
                    Operand::Typed(_, sql_type) => Some(sql_type.clone()),
                    _ => None,
                })
                .ok_or_else(|| Problem::at(expression, "the type of the attribute cannot be told"))?,
            Operand::Fact(Fact::OrgUnits) => return Err(Problem::at(expression, "`session.org_units` is a list")),
            Operand::Fact(fact) => fact.sql_type().unwrap_or(SqlType::Text),
            Operand::Typed(_, sql_type) => sql_type.clone(),
            Operand::Literal(literal) => default_type(literal),
            Operand::Other(other) => return Err(not_allowed(other)),
        };
        let zone = matches!(tested, Operand::Fact(Fact::Zone));
        let mut items = Vec::new();
        for (operand, item) in operands {
            items.push(match operand {
                Operand::Fact(fact) => Item::Fact(fact),
                Operand::Field(..) => {
                    return Err(Problem::at(item, "an IN list holds constants").hint("write `a = b or a = c`"));
                }
                other => {
                    if zone {
                        self.check_zone(&other, item)?;
                    }
                    match self.side(other, item, &sql_type)? {
                        Side::Value(value, own) if same_family(&own, &sql_type) || value.is_null() => {
                            Item::Value(value)
                        }
                        _ => return Err(Problem::at(item, format!("this is not a {}", sql_type.sql_name()))),
                    }
                }
            });
        }
        let side = self.side(tested, expression, &sql_type)?;
        Ok(Template::In { side, value_type: sql_type, items, negated })
    }

    fn check_zone(&self, operand: &Operand, expression: &Expr) -> Result<(), Problem> {
        match operand {
            Operand::Literal(Literal::Text(zone)) if !self.zones.contains(zone.as_str()) => {
                let problem = Problem::at(expression, format!("unknown zone `{zone}`"));
                Err(match names::nearest(zone, self.zones.iter().copied()) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint("declare it under `zones:`"),
                })
            }
            _ => Ok(()),
        }
    }

    fn like(&self, expression: &Expr, pattern: &Expr, negated: bool) -> Result<Template, Problem> {
        let field = match self.operand(expression)? {
            Operand::Field(field, sql_type) if sql_type.is_text() => field,
            Operand::Other(other) => return Err(not_allowed(other)),
            _ => return Err(Problem::at(expression, "LIKE takes a text field")),
        };
        match sql::literal(pattern) {
            Some(Literal::Null) => Ok(Template::Const(None)),
            Some(Literal::Text(pattern_text)) => {
                let trailing = pattern_text.chars().rev().take_while(|c| *c == '\\').count();
                if trailing % 2 == 1 {
                    return Err(Problem::at(pattern, "the pattern ends with its escape character"));
                }
                Ok(Template::Like { field, pattern: pattern_text, negated })
            }
            _ => Err(Problem::at(pattern, "the pattern of LIKE must be a literal text")),
        }
    }

    fn function(&self, function: &Function) -> Result<Template, Problem> {
        let name = function.name.to_string().to_ascii_lowercase();
        if AGGREGATES.contains(&name.as_str()) {
            let message = format!("aggregates such as `{name}` are not allowed in a rule");
            return Err(
                Problem::at(function, message).hint("a rule looks at one row; totals are for `limit` and grants")
            );
        }
        if VOLATILE.contains(&name.as_str()) {
            let message = format!("`{name}` changes from call to call and is not allowed in a rule");
            return Err(Problem::at(function, message).hint("session.now, .date, .time, .weekday and .hour are fixed"));
        }
        if IDENTITY.contains(&name.as_str()) {
            return Err(Problem::at(function, format!("`{name}` is not known here")).hint("write session.user"));
        }
        let (name, arguments) = sql::call(function)?;
        if name != "in_org" {
            let problem = Problem::at(function, format!("unknown function `{name}`"));
            return Err(problem.hint("rules know in_org(field, scope) and SQL's comparisons"));
        }
        if let Some((_, labelled)) = arguments.iter().find(|(label, _)| label.is_some()) {
            return Err(Problem::at(*labelled, "`in_org` takes its arguments by position"));
        }
        let arguments: Vec<&Expr> = arguments.into_iter().map(|(_, argument)| argument).collect();
        self.in_org(&arguments, function)
    }

    /// `in_org(field, scope)`, `in_org(field, scope, unit ..)`, `in_org(field, unit ..)`.
    fn in_org(&self, arguments: &[&Expr], call: &Function) -> Result<Template, Problem> {
        let [tested, rest @ ..] = arguments else {
            return Err(Problem::at(call, "`in_org` needs a field and a scope"));
        };
        let (field, value_type) = match self.operand(tested)? {
            Operand::Field(field, sql_type) => match family(&sql_type) {
                Some(own @ (SqlType::Text | SqlType::Int2 | SqlType::Int4 | SqlType::Int8)) => (field, own),
                _ => return Err(Problem::at(*tested, "`in_org` takes a text or integer field")),
            },
            _ => return Err(Problem::at(*tested, "`in_org` takes a field first")),
        };
        let mut words = Vec::new();
        for argument in rest {
            match sql::literal(argument) {
                Some(Literal::Text(word)) => words.push(word),
                _ => return Err(Problem::at(*argument, "scope and units of `in_org` are texts in quotes")),
            }
        }
        let known = OrgScope::WORDS.map(|(word, _)| word);
        let Some((first, others)) = words.split_first() else {
            return Err(Problem::at(call, "`in_org` needs a scope").hint(known.join(", ")));
        };
        let units = match (OrgScope::of_word(first), others.is_empty()) {
            (Some(scope), true) => OrgUse::Own(scope),
            (Some(scope), false) => OrgUse::Named(scope, others.to_vec()),
            (None, _) => {
                if let Some(near) = names::nearest(first, known.into_iter()) {
                    let problem = Problem::at(rest[0], format!("unknown scope `{first}`"));
                    return Err(problem.hint(format!("did you mean `{near}`?")));
                }
                OrgUse::Named(OrgScope::Own, words)
            }
        };
        Ok(Template::InOrg { field, value_type, units })
    }
}

fn comparison(op: &BinaryOperator) -> Option<CompareOp> {
    Some(match op {
        BinaryOperator::Eq => CompareOp::Eq,
        BinaryOperator::NotEq => CompareOp::NotEq,
        BinaryOperator::Lt => CompareOp::Lt,
        BinaryOperator::LtEq => CompareOp::LtEq,
        BinaryOperator::Gt => CompareOp::Gt,
        BinaryOperator::GtEq => CompareOp::GtEq,
        _ => return None,
    })
}

/// The type in which fields of a type are compared; `None` for types that rules do not compare.
fn family(sql_type: &SqlType) -> Option<SqlType> {
    Some(match sql_type {
        text if text.is_text() => SqlType::Text,
        SqlType::Numeric(_) => SqlType::Numeric(None),
        SqlType::Float4 | SqlType::Float8 => SqlType::Float8,
        same @ (SqlType::Bool
        | SqlType::Int2
        | SqlType::Int4
        | SqlType::Int8
        | SqlType::Date
        | SqlType::Time
        | SqlType::Timestamp
        | SqlType::Timestamptz
        | SqlType::Uuid) => same.clone(),
        _ => return None,
    })
}

fn same_family(a: &SqlType, b: &SqlType) -> bool {
    let integer = |t: &SqlType| matches!(t, SqlType::Int2 | SqlType::Int4 | SqlType::Int8);
    match (a, b) {
        (SqlType::Numeric(_), SqlType::Numeric(_)) => true,
        _ => a == b || integer(a) && integer(b),
    }
}

fn default_type(literal: &Literal) -> SqlType {
    match literal {
        Literal::Bool(_) => SqlType::Bool,
        Literal::Number(digits) if digits.contains('.') => SqlType::Numeric(None),
        Literal::Number(_) => SqlType::Int8,
        Literal::Text(_) | Literal::Null => SqlType::Text,
    }
}

fn typed_literal<'e>(literal: &Literal, type_name: &str, expression: &Expr) -> Result<Operand<'e>, Problem> {
    let spelled = type_name.to_ascii_lowercase();
    let spelled = match spelled.as_str() {
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        other => other,
    };
    let sql_type = parse_type(spelled).map_err(|(message, _)| Problem::at(expression, message))?;
    let Some(own) = family(&sql_type) else {
        return Err(Problem::at(expression, format!("a rule cannot compare values of type {}", sql_type.sql_name())));
    };
    match literal::typed(literal, &own) {
        Ok(Datum::Null) => Ok(Operand::Literal(Literal::Null)),
        Ok(value) => Ok(Operand::Typed(value, own)),
        Err(message) => Err(Problem::at(expression, message)),
    }
}

fn type_hint(literal: &Literal, sql_type: &SqlType) -> String {
    match (literal, sql_type) {
        (Literal::Number(digits), SqlType::Text) => format!("write '{digits}'"),
        (Literal::Text(text), SqlType::Int2 | SqlType::Int4 | SqlType::Int8 | SqlType::Numeric(_)) => {
            format!("write {text} without quotes")
        }
        (_, SqlType::Date) => "write it as '2024-12-31'".to_string(),
        (_, SqlType::Timestamptz) => "write it as '2024-12-31 23:59:59+08'".to_string(),
        (_, other) => format!("a literal of type {} is expected", other.sql_name()),
    }
}

fn field_name(scope: Scope, field: FieldIndex) -> String {
    match scope {
        Scope::Rows(entity) => entity.fields.get(field).map_or(String::new(), |field| format!("`{}`", field.id)),
        Scope::Session | Scope::Attributes => String::new(),
    }
}

fn unknown_field(name: &Ident, entity: &Entity) -> Problem {
    let known = entity.fields.iter().map(|field| field.id.as_str());
    let unknown = problem(name, format!("unknown field `{}` of `{}`", name.value, entity.id));
    match names::nearest(&name.value, known) {
        Some(near) => unknown.hint(format!("did you mean `{near}`?")),
        None => unknown,
    }
}

fn problem(name: &Ident, message: String) -> Problem {
    let start = name.span.start;
    Problem { line: start.line.max(1), column: start.column.max(1), message, hint: None }
}

/// What no rule may hold, said by its kind.
fn not_allowed(expression: &Expr) -> Problem {
    let what = match expression {
        Expr::BinaryOp { op, .. } => format!("operator `{op}`"),
        Expr::UnaryOp { op, .. } => format!("operator `{op}`"),
        Expr::Case { .. } => "CASE".to_string(),
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => "a subquery".to_string(),
        Expr::ILike { .. } | Expr::SimilarTo { .. } | Expr::RLike { .. } => "this kind of pattern".to_string(),
        Expr::Like { .. } => "LIKE with ESCAPE or ANY".to_string(),
        Expr::AnyOp { .. } | Expr::AllOp { .. } => "ANY or ALL with this operator".to_string(),
        Expr::Tuple(_) => "a row of several values".to_string(),
        Expr::Value(value) => format!("the literal {value}"),
        _ => "this expression".to_string(),
    };
    Problem::at(expression, format!("{what} is not allowed in a rule"))
        .hint("allowed: comparisons, IN, BETWEEN, LIKE, IS NULL, AND, OR, NOT, in_org(..)")
}
