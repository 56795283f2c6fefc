//! SIMILAR TO as a regular expression over the whole text.
//!
//! Source of the rules: PostgreSQL documentation, "Pattern Matching", section 9.7.2. `%` and `_` stand for any letters
//! and any letter; `|`, `*`, `+`, `?`, `{m,n}`, parentheses and brackets are those of regular expressions; all else is
//! itself.

use sqlparser::ast::{BinaryOperator, Expr, Value};

use super::expressions::literal_text;
use super::names::null;
use crate::PlanError;

/// Replaces SIMILAR TO, whose pattern must be a constant.
pub(super) fn as_regular_expression(expr: &mut Expr) -> Result<(), PlanError> {
    let Expr::SimilarTo { negated, expr: value, pattern, escape_char } = expr else {
        return Err(PlanError::Internal("no SIMILAR TO".into()));
    };
    let escape = match escape_char.as_ref().map(|escape| &escape.value) {
        None => Some('\\'),
        Some(Value::SingleQuotedString(text)) => {
            let mut letters = text.chars();
            match (letters.next(), letters.next()) {
                (found, None) => found,
                _ => return Err(PlanError::InvalidEscape),
            }
        }
        Some(_) => return Err(PlanError::Unsupported("an ESCAPE that is not a constant".into())),
    };
    let right = match (&**pattern, literal_text(pattern)) {
        (_, Some(text)) => Expr::value(Value::SingleQuotedString(regular(text, escape)?)),
        (Expr::Value(value), None) if value.value == Value::Null => null(),
        _ => return Err(PlanError::Unsupported("SIMILAR TO with a pattern that is not a constant".into())),
    };
    let op = if *negated { BinaryOperator::PGRegexNotMatch } else { BinaryOperator::PGRegexMatch };
    let left = Box::new(std::mem::replace(&mut **value, null()));
    *expr = Expr::BinaryOp { left, op, right: Box::new(right) };
    Ok(())
}

fn regular(pattern: &str, escape: Option<char>) -> Result<String, PlanError> {
    let mut out = String::from("(?s)^(?:");
    let mut letters = pattern.chars();
    // `[[:alpha:]]` has brackets within brackets.
    let mut brackets = 0usize;
    while let Some(letter) = letters.next() {
        if Some(letter) == escape {
            let Some(next) = letters.next() else {
                return Err(PlanError::InvalidEscape);
            };
            if next == '"' {
                return Err(PlanError::Unsupported("SIMILAR TO with a part that is marked".into()));
            }
            literal(next, &mut out);
            continue;
        }
        match letter {
            ']' if brackets > 0 => {
                brackets -= 1;
                out.push(']');
            }
            '[' => {
                brackets += 1;
                out.push('[');
            }
            '\\' | '&' | '~' if brackets > 0 => {
                out.push('\\');
                out.push(letter);
            }
            _ if brackets > 0 => out.push(letter),
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '(' => out.push_str("(?:"),
            ')' | '|' | '*' | '+' | '?' | '{' | '}' => out.push(letter),
            other => literal(other, &mut out),
        }
    }
    out.push_str(")$");
    Ok(out)
}

/// A letter that means itself.
fn literal(letter: char, out: &mut String) {
    if r"\.+*?()|[]{}^$#&-~".contains(letter) {
        out.push('\\');
    }
    out.push(letter);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let of = |pattern: &str, escape| regular(pattern, escape).ok();
        for (pattern, expected) in [
            ("a%", "a.*"),
            ("(b|c)_", "(?:b|c)."),
            ("a.c", r"a\.c"),
            (r"a\_c", "a_c"),
            ("[a-c]+", "[a-c]+"),
            ("[[:alpha:]]", "[[:alpha:]]"),
            ("x{2,3}^$", r"x{2,3}\^\$"),
        ] {
            assert_eq!(of(pattern, Some('\\')), Some(format!("(?s)^(?:{expected})$")), "{pattern}");
        }
        assert_eq!(of("a#%b", Some('#')).as_deref(), Some("(?s)^(?:a%b)$"));
        assert_eq!(of("a\\", Some('\\')), None);
    }
}
