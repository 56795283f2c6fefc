//! The text of `with:` in a mask rule: one call of a known function, its arguments by position or by name.

use std::collections::BTreeMap;

use sluice_base::Datum;
use sqlparser::ast::Expr;

use super::{Alphabet, Mask};
use crate::decimal::Decimal;
use crate::names;
use crate::sql::{self, Literal, Problem};

/// What is wrong with the text, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MaskError {
    /// Line in the text, counted from 1.
    pub line: u64,
    /// Column in the text, counted from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// Each function with its parameters in order.
const FUNCTIONS: [(&str, &[&str]); 17] = [
    ("keep", &["first", "last", "pad"]),
    ("hide", &[]),
    ("constant", &["value"]),
    ("hash", &["key"]),
    ("token", &["domain", "key"]),
    ("fpe", &["domain", "key", "alphabet"]),
    ("shift_days", &["key", "days"]),
    ("cn_id_card", &[]),
    ("cn_mobile", &[]),
    ("cn_name", &[]),
    ("bank_card", &[]),
    ("email", &[]),
    ("address", &["level"]),
    ("uscc", &[]),
    ("round", &["digits"]),
    ("bucket", &["width"]),
    ("date_trunc", &["unit"]),
];

/// Reads a mask such as `keep(first => 3, last => 4)`. The constant of `constant(..)` is still as written;
/// [`super::check`] gives it the type of its field.
///
/// # Errors
/// The first problem, with its place in `text`.
pub fn parse(text: &str) -> Result<Mask, MaskError> {
    read(text).map_err(|Problem { line, column, message, hint }| MaskError { line, column, message, hint })
}

fn read(text: &str) -> Result<Mask, Problem> {
    let expression = sql::parse(text)?;
    let Expr::Function(function) = &expression else {
        return Err(Problem::at(&expression, "a mask is a function call").hint("for example `keep(3, 4)` or `hide()`"));
    };
    let (name, arguments) = sql::call(function)?;
    let Some((_, parameters)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
        let problem = Problem::at(function, format!("unknown mask `{name}`"));
        return Err(match names::nearest(&name, FUNCTIONS.iter().map(|(known, _)| *known)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        });
    };
    let mut given: BTreeMap<&str, (Literal, &Expr)> = BTreeMap::new();
    for (position, (label, value)) in arguments.into_iter().enumerate() {
        let parameter = match &label {
            Some(label) => parameters.iter().find(|known| *known == label),
            None => parameters.get(position),
        };
        let Some(parameter) = parameter else {
            let takes = if parameters.is_empty() { "no arguments".to_string() } else { parameters.join(", ") };
            return Err(Problem::at(value, format!("`{name}` takes {takes}")));
        };
        let Some(literal) = sql::literal(value) else {
            return Err(Problem::at(value, format!("`{parameter}` of `{name}` must be a literal")));
        };
        if given.insert(parameter, (literal, value)).is_some() {
            return Err(Problem::at(value, format!("`{parameter}` of `{name}` is given twice")));
        }
    }
    build(&name, &Arguments { name: &name, given, call: &expression })
}

/// What a key's name must be.
const KEY: &str = "the name of a key under `keys:` in sluice.yaml";
/// What a domain's name must be.
const DOMAIN: &str = "a name of lower-case letters, digits, `-`, `_`";
/// Days by which dates move at most, where the rule does not say.
const SHIFT_DAYS: i32 = 30;

struct Arguments<'a> {
    name: &'a str,
    given: BTreeMap<&'a str, (Literal, &'a Expr)>,
    call: &'a Expr,
}

impl Arguments<'_> {
    fn need(&self, parameter: &str) -> Result<&(Literal, &Expr), Problem> {
        self.given.get(parameter).ok_or_else(|| Problem::at(self.call, format!("`{}` needs `{parameter}`", self.name)))
    }

    fn wrong(&self, parameter: &str, what: &str) -> Problem {
        let place = self.given.get(parameter).map_or(self.call, |(_, place)| *place);
        Problem::at(place, format!("`{parameter}` of `{}` must be {what}", self.name))
    }

    fn text(&self, parameter: &str) -> Result<String, Problem> {
        match &self.need(parameter)?.0 {
            Literal::Text(text) => Ok(text.clone()),
            _ => Err(self.wrong(parameter, "a text")),
        }
    }

    fn number(&self, parameter: &str) -> Result<i32, Problem> {
        match &self.need(parameter)?.0 {
            Literal::Number(digits) => digits.parse().map_err(|_| self.wrong(parameter, "a whole number")),
            _ => Err(self.wrong(parameter, "a whole number")),
        }
    }

    /// The name of a key or domain.
    fn name(&self, parameter: &str, what: &str) -> Result<String, Problem> {
        let name = self.text(parameter)?;
        if names::is_rule_id(&name) { Ok(name) } else { Err(self.wrong(parameter, what)) }
    }

    /// The key of a mask with a domain: the one of the domain's name, unless another is named.
    fn key_of(&self, domain: &str) -> Result<String, Problem> {
        if self.given.contains_key("key") { self.name("key", KEY) } else { Ok(domain.to_string()) }
    }

    /// A count of graphemes; 0 where it is left out.
    fn count(&self, parameter: &str) -> Result<usize, Problem> {
        if !self.given.contains_key(parameter) {
            return Ok(0);
        }
        usize::try_from(self.number(parameter)?).map_err(|_| self.wrong(parameter, "0 or more"))
    }
}

fn build(name: &str, arguments: &Arguments) -> Result<Mask, Problem> {
    Ok(match name {
        "keep" => {
            let pad = if arguments.given.contains_key("pad") { arguments.text("pad")? } else { "*".to_string() };
            // One character: a longer one could outgrow the field's declared length.
            if pad.chars().count() != 1 || pad.chars().any(|c| c.is_control() || c.is_whitespace()) {
                return Err(arguments.wrong("pad", "one visible character"));
            }
            Mask::Keep { first: arguments.count("first")?, last: arguments.count("last")?, pad }
        }
        "hide" => Mask::Hide,
        "constant" => Mask::Constant(match &arguments.need("value")?.0 {
            Literal::Null => return Err(arguments.wrong("value", "a value; for NULL write `hide()`")),
            Literal::Bool(value) => Datum::Bool(*value),
            Literal::Number(digits) => Datum::Numeric(digits.clone()),
            Literal::Text(text) => Datum::Text(text.clone()),
        }),
        "hash" => Mask::Hash { key: arguments.name("key", KEY)?, padded: false },
        "token" => {
            let domain = arguments.name("domain", DOMAIN)?;
            Mask::Token { key: arguments.key_of(&domain)?, domain, padded: false }
        }
        "fpe" => {
            let domain = arguments.name("domain", DOMAIN)?;
            let alphabet = match arguments.given.get("alphabet").map(|(literal, _)| literal) {
                None => Alphabet::Digits,
                Some(Literal::Text(word)) if word == "digits" => Alphabet::Digits,
                Some(Literal::Text(word)) if word == "alnum" => Alphabet::Alnum,
                Some(_) => return Err(arguments.wrong("alphabet", "'digits' or 'alnum'")),
            };
            Mask::Fpe { key: arguments.key_of(&domain)?, domain, alphabet }
        }
        "shift_days" => {
            let days = if arguments.given.contains_key("days") { arguments.number("days")? } else { SHIFT_DAYS };
            match u32::try_from(days) {
                Ok(days @ 1..=3_650) => Mask::ShiftDays { key: arguments.name("key", KEY)?, days, zone: None },
                _ => return Err(arguments.wrong("days", "between 1 and 3650")),
            }
        }
        "cn_id_card" => Mask::CnIdCard,
        "cn_mobile" => Mask::CnMobile,
        "cn_name" => Mask::CnName,
        "bank_card" => Mask::BankCard,
        "email" => Mask::Email,
        "uscc" => Mask::Uscc,
        "address" => match arguments.number("level")? {
            level @ 1..=3 => Mask::Address(level as u8),
            _ => return Err(arguments.wrong("level", "1 (province), 2 (city) or 3 (district)")),
        },
        "round" => match arguments.number("digits")? {
            digits @ -38..=38 => Mask::Round(digits),
            _ => return Err(arguments.wrong("digits", "between -38 and 38")),
        },
        "bucket" => match &arguments.need("width")?.0 {
            Literal::Number(digits) if Decimal::parse(digits).is_some_and(|width| width.unscaled > 0) => {
                Mask::Bucket(digits.clone())
            }
            _ => return Err(arguments.wrong("width", "a number above 0")),
        },
        "date_trunc" => {
            let unit = arguments.text("unit")?;
            if !["year", "quarter", "month", "day"].contains(&unit.as_str()) {
                return Err(arguments.wrong("unit", "'year', 'quarter', 'month' or 'day'"));
            }
            Mask::DateTrunc { unit, zone: None }
        }
        other => return Err(Problem::at(arguments.call, format!("unknown mask `{other}`"))),
    })
}
