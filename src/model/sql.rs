//! SQL expressions inside policy files: parsed once, with every problem's place in the text.
//!
//! Invariant: bounded in length and nesting before anything looks at the expression.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, Spanned, UnaryOperator, Value,
};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use crate::dialect::PostgreSql;

/// Longest expression, bytes.
const EXPRESSION_BYTES_MAX: usize = 16 << 10;
/// Deepest nesting that the parser may descend.
const NESTING_MAX: usize = 40;

/// What is wrong with a text, where in it (counted from 1), and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub line: u64,
    pub column: u64,
    pub message: String,
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at the start of the text.
    pub(crate) fn new(message: impl Into<String>) -> Problem {
        Problem { line: 1, column: 1, message: message.into(), hint: None }
    }

    /// A problem at an expression.
    pub(crate) fn at(node: &impl Spanned, message: impl Into<String>) -> Problem {
        let start = node.span().start;
        Problem { line: start.line.max(1), column: start.column.max(1), message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }
}

/// Parses one expression and nothing after it.
pub(crate) fn parse(text: &str) -> Result<Expr, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new("the expression is empty"));
    }
    if text.len() > EXPRESSION_BYTES_MAX {
        return Err(Problem::new(format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes")));
    }
    let mut parser =
        Parser::new(&PostgreSql).with_recursion_limit(NESTING_MAX).try_with_sql(text).map_err(|e| syntax(&e))?;
    let expression = parser.parse_expr().map_err(|e| syntax(&e))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        let place = rest.span.start;
        let message = format!("nothing is expected after the expression, found `{}`", rest.token);
        return Err(Problem { line: place.line.max(1), column: place.column.max(1), message, hint: None });
    }
    Ok(expression)
}

/// The parser tells the place at the end of its message only.
fn syntax(error: &ParserError) -> Problem {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => return Problem::new("the expression is nested too deeply"),
    };
    let Some((message, place)) = text.rsplit_once(" at Line: ") else { return Problem::new(text) };
    let (line, column) = place.split_once(", Column: ").unwrap_or((place, "1"));
    Problem {
        line: line.trim().parse().unwrap_or(1),
        column: column.trim().parse().unwrap_or(1),
        message: message.to_string(),
        hint: None,
    }
}

/// A literal, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    /// Digits with sign and point.
    Number(String),
    Text(String),
}

/// The literal that an expression is; `None` where it is something else.
pub(crate) fn literal(expression: &Expr) -> Option<Literal> {
    match expression {
        Expr::Nested(inner) => literal(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal(expr)? {
            Literal::Number(digits) if !digits.starts_with('-') => Some(Literal::Number(format!("-{digits}"))),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => {
            literal(expr).filter(|inner| matches!(inner, Literal::Number(_)))
        }
        Expr::Value(value) => match &value.value {
            Value::Null => Some(Literal::Null),
            Value::Boolean(value) => Some(Literal::Bool(*value)),
            Value::Number(digits, false) => Some(Literal::Number(digits.to_string())),
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(Literal::Text(text.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// An argument of a call, with its name where one is given.
pub(crate) type Argument<'e> = (Option<String>, &'e Expr);

/// A plain call `name(arguments)`: name in lower case, arguments with their names where given. Anything more than
/// that (aggregates' clauses, windows) is a problem.
pub(crate) fn call(function: &Function) -> Result<(String, Vec<Argument<'_>>), Problem> {
    let name = match &function.name.0[..] {
        [ObjectNamePart::Identifier(name)] => name.value.to_ascii_lowercase(),
        _ => return Err(Problem::at(function, format!("unknown function `{}`", function.name))),
    };
    if function.over.is_some() {
        return Err(Problem::at(function, format!("window functions such as `{name}` are not allowed")));
    }
    let plain = function.filter.is_none()
        && function.null_treatment.is_none()
        && function.within_group.is_empty()
        && !function.uses_odbc_syntax
        && matches!(function.parameters, FunctionArguments::None);
    let arguments = match &function.args {
        FunctionArguments::List(list) if plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() => {
            &list.args
        }
        _ => return Err(Problem::at(function, format!("`{name}` must be called as `{name}(..)`"))),
    };
    let mut found = Vec::new();
    for argument in arguments {
        let (label, value) = match argument {
            FunctionArg::Named { name, arg, .. } => (Some(name.value.to_ascii_lowercase()), arg),
            FunctionArg::ExprNamed { name: Expr::Identifier(name), arg, .. } => {
                (Some(name.value.to_ascii_lowercase()), arg)
            }
            FunctionArg::ExprNamed { name, .. } => return Err(Problem::at(name, "an argument's name must be a word")),
            FunctionArg::Unnamed(arg) => (None, arg),
        };
        match value {
            FunctionArgExpr::Expr(value) => found.push((label, value)),
            _ => return Err(Problem::at(function, format!("`*` is no argument of `{name}`"))),
        }
    }
    Ok((name, found))
}
