//! COPY (query) TO STDOUT and COPY table TO STDOUT.

use sqlparser::tokenizer::Token;

use super::inner_query;
use super::settings::text_value;
use crate::statement::tokens::Cursor;
use crate::statement::{CopyFormat, CopyOptions, StatementKind};
use crate::{PlanError, Query};

pub(super) fn copy(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    if cursor.peek() != Some(&Token::LParen) {
        return copy_table(cursor);
    }
    cursor.advance();
    let inside = cursor.inside_parens()?;
    let query = inner_query(&Cursor::new("", inside))?;
    cursor.expect("TO")?;
    to_client(cursor)?;
    Ok(StatementKind::CopyOut { query, options: copy_options(cursor)? })
}

/// `COPY table [(columns)] TO STDOUT` is the query over these columns; FROM is a write.
fn copy_table(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    use sqlparser::tokenizer::{TokenWithSpan, Word};
    let mut table = Vec::new();
    while let Some(Token::Word(_) | Token::Period) = cursor.peek() {
        if matches!(cursor.word().as_deref(), Some("TO" | "FROM")) {
            break;
        }
        table.push(cursor.rest()[0].clone());
        cursor.advance();
    }
    if table.is_empty() {
        return Err(cursor.error());
    }
    let columns = if cursor.take_token(&Token::LParen) { Some(cursor.inside_parens()?.to_vec()) } else { None };
    if cursor.take("FROM") {
        return Err(PlanError::ReadOnly("COPY FROM".into()));
    }
    cursor.expect("TO")?;
    to_client(cursor)?;
    let word = |text: &str| {
        let keyword = match Token::make_keyword(text) {
            Token::Word(Word { keyword, .. }) => keyword,
            _ => sqlparser::keywords::Keyword::NoKeyword,
        };
        TokenWithSpan::wrap(Token::Word(Word { value: text.into(), quote_style: None, keyword }))
    };
    let mut tokens = vec![word("SELECT")];
    tokens.extend(columns.unwrap_or_else(|| vec![TokenWithSpan::wrap(Token::Mul)]));
    tokens.push(word("FROM"));
    tokens.extend(table);
    let query = Query::new(cursor.parse(&tokens, |parser| parser.parse_query())?, tokens.len())?;
    Ok(StatementKind::CopyOut { query, options: copy_options(cursor)? })
}

/// The client's end of the connection. PostgreSQL takes either word for it, and PHP says `TO STDIN`.
fn to_client(cursor: &mut Cursor) -> Result<(), PlanError> {
    if cursor.take("STDOUT") || cursor.take("STDIN") {
        return Ok(());
    }
    Err(PlanError::Unsupported("COPY to a file or program of the server".into()))
}

fn copy_options(cursor: &mut Cursor) -> Result<CopyOptions, PlanError> {
    let mut options = CopyOptions {
        format: CopyFormat::Text,
        delimiter: None,
        null: None,
        header: false,
        quote: None,
        escape: None,
        force_quote: None,
        encoding: None,
    };
    let _ = cursor.take("WITH");
    if cursor.take_token(&Token::LParen) {
        let mut given: Vec<String> = Vec::new();
        for part in Cursor::pieces(cursor.inside_parens()?) {
            let mut part = Cursor::new("", part);
            let name = part.name()?;
            if given.contains(&name) {
                return Err(conflicting());
            }
            given.push(name.clone());
            copy_option(&name, &mut part, &mut options)?;
            part.end()?;
        }
    } else {
        while !cursor.at_end() {
            let name = cursor.name()?;
            let _ = cursor.take("AS");
            match name.as_str() {
                "binary" => options.format = CopyFormat::Binary,
                "csv" => options.format = CopyFormat::Csv,
                "header" => options.header = true,
                "delimiter" | "delimiters" | "null" | "quote" | "escape" | "encoding" => {
                    copy_option(name.trim_end_matches('s'), cursor, &mut options)?;
                }
                "force" => {
                    cursor.expect("QUOTE")?;
                    options.force_quote =
                        Some(if cursor.take_token(&Token::Mul) { Vec::new() } else { names(cursor)? });
                }
                other => return Err(PlanError::Unsupported(format!("COPY option {other}"))),
            }
        }
    }
    check(&options)?;
    Ok(options)
}

fn conflicting() -> PlanError {
    PlanError::Syntax { message: "conflicting or redundant options".into(), position: None }
}

/// Names between commas.
fn names(cursor: &mut Cursor) -> Result<Vec<String>, PlanError> {
    let mut names = vec![cursor.name()?];
    while cursor.take_token(&Token::Comma) {
        names.push(cursor.name()?);
    }
    Ok(names)
}

/// Refuses options that do not go together: rows would not be read back as they were.
fn check(options: &CopyOptions) -> Result<(), PlanError> {
    let invalid = |what| Err(PlanError::InvalidParameter(what));
    if options.format == CopyFormat::Binary && (options.delimiter.is_some() || options.null.is_some() || options.header)
    {
        return Err(PlanError::Unsupported("DELIMITER, NULL or HEADER in COPY BINARY".into()));
    }
    let csv = options.format == CopyFormat::Csv;
    if !csv && (options.quote.is_some() || options.escape.is_some() || options.force_quote.is_some()) {
        return Err(PlanError::Unsupported("QUOTE, ESCAPE or FORCE QUOTE of COPY outside CSV mode".into()));
    }
    let delimiter = options.delimiter.unwrap_or(if csv { ',' } else { '\t' });
    let quote = options.quote.unwrap_or('"');
    if matches!(delimiter, '\n' | '\r') {
        return invalid("COPY delimiter cannot be newline or carriage return");
    }
    if !csv && "\\.abcdefghijklmnopqrstuvwxyz0123456789".contains(delimiter) {
        return invalid("COPY delimiter cannot be such a character");
    }
    if csv && delimiter == quote {
        return invalid("COPY delimiter and quote must be different");
    }
    let null = options.null.as_deref().unwrap_or_default();
    if null.contains(['\n', '\r']) {
        return invalid("COPY null representation cannot use newline or carriage return");
    }
    if null.contains(delimiter) {
        return Err(PlanError::Unsupported("a delimiter of COPY inside its NULL text".into()));
    }
    if csv && null.contains(quote) {
        return Err(PlanError::Unsupported("a quote of COPY inside its NULL text".into()));
    }
    Ok(())
}

fn copy_option(name: &str, cursor: &mut Cursor, options: &mut CopyOptions) -> Result<(), PlanError> {
    match name {
        "format" => {
            options.format = match text_value(cursor)?.as_deref() {
                Some("text") => CopyFormat::Text,
                Some("csv") => CopyFormat::Csv,
                Some("binary") => CopyFormat::Binary,
                _ => return Err(PlanError::Unsupported("this COPY format".into())),
            }
        }
        "delimiter" => options.delimiter = Some(one_char(cursor)?),
        "null" => options.null = text_value(cursor)?,
        "quote" => options.quote = Some(one_char(cursor)?),
        "escape" => options.escape = Some(one_char(cursor)?),
        "header" => {
            let value = if cursor.at_end() { None } else { text_value(cursor)? };
            options.header = match value.as_deref() {
                None | Some("true" | "on" | "1") => true,
                Some("false" | "off" | "0") => false,
                Some(_) => return Err(PlanError::Unsupported("this value of HEADER".into())),
            };
        }
        "force_quote" => {
            let mut columns = Vec::new();
            if !cursor.take_token(&Token::Mul) {
                cursor.expect_token(&Token::LParen)?;
                columns = names(cursor)?;
                cursor.expect_token(&Token::RParen)?;
            }
            options.force_quote = Some(columns);
        }
        "encoding" => options.encoding = text_value(cursor)?,
        other => return Err(PlanError::Unsupported(format!("COPY option {other}"))),
    }
    Ok(())
}

fn one_char(cursor: &mut Cursor) -> Result<char, PlanError> {
    let text = text_value(cursor)?.unwrap_or_default();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() => Ok(c),
        _ => Err(PlanError::Unsupported(
            "a COPY delimiter, quote or escape that is not one single-byte character".into(),
        )),
    }
}
