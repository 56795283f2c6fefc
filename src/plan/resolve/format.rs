//! `format` with a constant template, written out as `concat`.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use super::expressions::literal_text;
use super::names::call;
use crate::PlanError;

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
        while let Some(digit) = letters.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let at = match (digits.as_str(), letters.peek()) {
            ("", _) => next,
            (digits, Some('$')) => {
                letters.next();
                digits.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).ok_or(TOO_FEW)?
            }
            _ => return Err(unsupported("a width")),
        };
        let value = args.get(at).map(|arg| (*arg).clone());
        next = at + 1;
        match letters.next() {
            Some('s') => {
                parts.push(Expr::value(Value::SingleQuotedString(std::mem::take(&mut text))));
                parts.push(value.ok_or(TOO_FEW)?);
            }
            Some('L') => {
                parts.push(Expr::value(Value::SingleQuotedString(std::mem::take(&mut text))));
                let quoted = call("quote_literal", vec![call("concat", vec![value.clone().ok_or(TOO_FEW)?])]);
                let nothing = Expr::IsNull(Box::new(Expr::Nested(Box::new(value.ok_or(TOO_FEW)?))));
                parts.push(when(nothing, Expr::value(Value::SingleQuotedString("NULL".into())), quoted));
            }
            Some('I') => return Err(unsupported("%I")),
            Some('-' | '*') => return Err(unsupported("a width")),
            _ => return Err(PlanError::InvalidParameter("unrecognized format() type specifier")),
        }
    }
    parts.push(Expr::value(Value::SingleQuotedString(text)));
    Ok(call("concat", parts))
}

const TOO_FEW: PlanError = PlanError::InvalidParameter("too few arguments for format()");

fn when(condition: Expr, result: Expr, otherwise: Expr) -> Expr {
    use sqlparser::ast::helpers::attached_token::AttachedToken;
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![sqlparser::ast::CaseWhen { condition, result }],
        else_result: Some(Box::new(otherwise)),
    }
}
