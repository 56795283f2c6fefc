//! `format` with a constant template, written out as `concat`.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use super::expressions::literal_text;
use super::names::{call, when};
use crate::PlanError;
use crate::datetime;

/// The concatenation that a call stands for. Its arguments are not resolved yet.
pub(super) fn written_out(function: &Function) -> Result<Expr, PlanError> {
    let unsupported = |what: &str| PlanError::Unsupported(format!("format with {what}"));
    let FunctionArguments::List(list) = &function.args else { return Err(unsupported("such arguments")) };
    let mut args = Vec::with_capacity(list.args.len());
    for arg in &list.args {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => args.push(expr),
            _ => return Err(unsupported("such arguments")),
        }
    }
    let Some((template, args)) = args.split_first() else {
        return Err(PlanError::UndefinedFunction("format()".into()));
    };
    let template = literal_text(template).ok_or_else(|| unsupported("a template that is not a constant"))?;
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut next = 0;
    let mut letters = template.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        if letters.peek() == Some(&'%') {
            letters.next();
            text.push('%');
            continue;
        }
        let mut digits = String::new();
        let mut width = None;
        while let Some(digit) = letters.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let at = match (digits.as_str(), letters.peek()) {
            ("", _) => next,
            (digits, Some('$')) => {
                letters.next();
                digits.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).ok_or(TOO_FEW)?
            }
            (digits, _) => {
                width = Some(digits.to_string());
                next
            }
        };
        let left = letters.next_if_eq(&'-').is_some();
        let mut width = width.unwrap_or_default();
        while let Some(digit) = letters.next_if(char::is_ascii_digit) {
            width.push(digit);
        }
        if letters.peek() == Some(&'*') {
            return Err(unsupported("a width that is an argument"));
        }
        let value = args.get(at).map(|arg| (*arg).clone());
        next = at + 1;
        let specifier = letters.next();
        if !matches!(specifier, Some('s' | 'L' | 'I')) {
            return Err(PlanError::InvalidParameter("unrecognized format() type specifier"));
        }
        parts.push(Expr::value(Value::SingleQuotedString(std::mem::take(&mut text))));
        let value = value.ok_or(TOO_FEW)?;
        let nothing = || Expr::IsNull(Box::new(Expr::Nested(Box::new(value.clone()))));
        let written = || call("concat", vec![value.clone()]);
        let part = match specifier {
            Some('L') => {
                let word = Expr::value(Value::SingleQuotedString("NULL".into()));
                when(nothing(), word, call("quote_literal", vec![written()]))
            }
            Some('I') => {
                when(nothing(), call(datetime::NO_NAME, vec![written()]), call("quote_ident", vec![written()]))
            }
            _ if width.is_empty() => value,
            _ => written(),
        };
        parts.push(match width.parse::<i32>() {
            _ if width.is_empty() => part,
            Ok(columns) => {
                let columns = if left { -columns } else { columns };
                call(datetime::PADDED, vec![part, Expr::value(Value::Number(columns.to_string(), false))])
            }
            Err(_) => return Err(PlanError::OutOfRange("number is out of range")),
        });
    }
    parts.push(Expr::value(Value::SingleQuotedString(text)));
    Ok(call("concat", parts))
}

const TOO_FEW: PlanError = PlanError::InvalidParameter("too few arguments for format()");
