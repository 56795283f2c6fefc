//! PREPARE, EXECUTE and EXPLAIN: statements about a statement.

use std::ops::ControlFlow;

use sluice_base::{Datum, SqlType};
use sqlparser::ast;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::inner_query;
use super::settings::text_value;
use crate::statement::tokens::Cursor;
use crate::statement::{Argument, ExplainOptions, StatementKind};
use crate::{PlanError, Query};

pub(super) fn prepare(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    let name = cursor.name()?;
    let mut types = Vec::new();
    if cursor.take_token(&Token::LParen) {
        let inside = cursor.inside_parens()?;
        for part in Cursor::pieces(inside) {
            let parsed = cursor.parse(part, |parser| parser.parse_data_type())?;
            types.push(plain(crate::resolve::sql_type_of(&parsed)?));
        }
    }
    cursor.expect("AS")?;
    Ok(StatementKind::Prepare { name, types, query: inner_query(&cursor)? })
}

/// A parameter's type has no modifier: a value is not cut or rounded to it.
fn plain(sql_type: SqlType) -> SqlType {
    match sql_type {
        SqlType::Numeric(_) => SqlType::Numeric(None),
        SqlType::Varchar(_) => SqlType::Varchar(None),
        SqlType::Bpchar(_) => SqlType::Bpchar(None),
        SqlType::Array(item) => SqlType::Array(Box::new(plain(*item))),
        other => other,
    }
}

pub(super) fn execute(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let name = cursor.name()?;
    let mut args = Vec::new();
    if cursor.take_token(&Token::LParen) && !cursor.take_token(&Token::RParen) {
        for piece in Cursor::pieces(cursor.inside_parens()?) {
            args.push(match literal(piece) {
                Some(value) => Argument::Literal(value),
                None => Argument::Computed(computed(cursor, piece)?),
            });
        }
    }
    Ok(StatementKind::Execute { name, args })
}

fn literal(tokens: &[TokenWithSpan]) -> Option<Datum> {
    let number = |text: &str| text.parse().map_or(Datum::Numeric(text.to_string()), Datum::Int);
    match tokens {
        [sign, value] if sign.token == Token::Minus => match &value.token {
            Token::Number(text, _) => Some(number(&format!("-{text}"))),
            _ => None,
        },
        [only] => match &only.token {
            Token::Number(text, _) => Some(number(text)),
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => Some(Datum::Text(text.clone())),
            Token::Word(word) if word.quote_style.is_none() => match word.value.to_ascii_uppercase().as_str() {
                "NULL" => Some(Datum::Null),
                "TRUE" => Some(Datum::Bool(true)),
                "FALSE" => Some(Datum::Bool(false)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// An expression as a query of its own; it reads no relation.
fn computed(cursor: &Cursor, tokens: &[TokenWithSpan]) -> Result<Query, PlanError> {
    let expr = cursor.parse(tokens, |parser| parser.parse_expr())?;
    let nested = ast::visit_expressions(&expr, |part| match part {
        ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. } => ControlFlow::Break(()),
        // `ARRAY(SELECT ...)`
        ast::Expr::Function(call) if matches!(call.args, ast::FunctionArguments::Subquery(_)) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    if nested.is_break() {
        return Err(PlanError::NotAllowed("cannot use subquery in EXECUTE parameter".into()));
    }
    let mut query = crate::resolve::one_row()?;
    if let ast::SetExpr::Select(select) = query.body.as_mut() {
        select.projection = vec![ast::SelectItem::UnnamedExpr(expr)];
    }
    Query::new(Box::new(query), tokens.len())
}

pub(super) fn explain(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    let mut options = ExplainOptions { policy: false, analyze: false, costs: true, json: false };
    if cursor.peek() == Some(&Token::LParen)
        && !matches!(cursor.word_at(1).as_deref(), Some("SELECT" | "WITH" | "VALUES" | "TABLE"))
    {
        cursor.advance();
        for option in Cursor::pieces(cursor.inside_parens()?) {
            let mut option = Cursor::new("", option);
            explain_option(&mut option, &mut options)?;
            option.end()?;
        }
    }
    loop {
        if cursor.take("ANALYZE") || cursor.take("ANALYSE") {
            options.analyze = true;
        } else if !cursor.take("VERBOSE") {
            break;
        }
    }
    Ok(StatementKind::Explain { query: inner_query(&cursor)?, options })
}

fn explain_option(option: &mut Cursor, options: &mut ExplainOptions) -> Result<(), PlanError> {
    let name = option.name()?;
    let value = if option.at_end() { None } else { text_value(option)? };
    if name == "format" {
        options.json = match value.as_deref() {
            Some("text") => false,
            Some("json") => true,
            other => return Err(PlanError::Unsupported(format!("EXPLAIN FORMAT {}", other.unwrap_or_default()))),
        };
        return Ok(());
    }
    let on = match value.as_deref() {
        None | Some("true" | "on" | "1") => true,
        Some("false" | "off" | "0") => false,
        Some(_) => return Err(PlanError::InvalidParameter("an option of EXPLAIN requires a Boolean value")),
    };
    match name.as_str() {
        "policy" => options.policy = on,
        "analyze" => options.analyze = on,
        "costs" => options.costs = on,
        // Nothing of what these add is ever shown: the answer is the same with and without.
        "verbose" | "summary" | "settings" | "buffers" => {}
        "timing" | "wal" if !on => {}
        other => return Err(PlanError::Unsupported(format!("EXPLAIN option {other}"))),
    }
    Ok(())
}
