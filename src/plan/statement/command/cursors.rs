//! DECLARE, FETCH and MOVE.

use sqlparser::tokenizer::Token;

use super::inner_query;
use crate::PlanError;
use crate::statement::tokens::Cursor;
use crate::statement::{FetchCount, StatementKind};

pub(super) fn declare(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    let name = cursor.name()?;
    let (mut binary, mut scroll) = (false, None);
    loop {
        if cursor.take("BINARY") {
            binary = true;
        } else if cursor.take("NO") {
            cursor.expect("SCROLL")?;
            scroll = Some(false);
        } else if cursor.take("SCROLL") {
            scroll = Some(true);
        } else if !(cursor.take("INSENSITIVE") || cursor.take("ASENSITIVE")) {
            break;
        }
    }
    cursor.expect("CURSOR")?;
    let mut hold = false;
    if cursor.take("WITH") {
        cursor.expect("HOLD")?;
        hold = true;
    } else if cursor.take("WITHOUT") {
        cursor.expect("HOLD")?;
    }
    cursor.expect("FOR")?;
    Ok(StatementKind::Declare { name, query: inner_query(&cursor)?, binary, scroll, hold })
}

pub(super) fn fetch(cursor: &mut Cursor, move_only: bool) -> Result<StatementKind, PlanError> {
    let count = fetch_count(cursor)?;
    let _ = cursor.take("FROM") || cursor.take("IN");
    Ok(StatementKind::Fetch { name: cursor.name()?, count, move_only })
}

fn fetch_count(cursor: &mut Cursor) -> Result<FetchCount, PlanError> {
    // A cursor may be called like one of the direction words; then nothing follows it.
    let alone = cursor.rest().len() == 1;
    let word = if alone { None } else { cursor.word() };
    let Some(word) = word else {
        return Ok(match integer(cursor)? {
            Some(n) if n < 0 => FetchCount::Backward(n.unsigned_abs()),
            Some(n) => FetchCount::Forward(n.unsigned_abs()),
            None => FetchCount::Forward(1),
        });
    };
    let direction = match word.as_str() {
        "NEXT" => FetchCount::Forward(1),
        "PRIOR" => FetchCount::Backward(1),
        "FIRST" => FetchCount::Absolute(1),
        "LAST" => FetchCount::Last,
        "ALL" => FetchCount::ForwardAll,
        "ABSOLUTE" | "RELATIVE" | "FORWARD" | "BACKWARD" => {
            cursor.advance();
            return counted(cursor, &word);
        }
        _ => return Ok(FetchCount::Forward(1)),
    };
    cursor.advance();
    Ok(direction)
}

fn counted(cursor: &mut Cursor, word: &str) -> Result<FetchCount, PlanError> {
    let all = matches!(word, "FORWARD" | "BACKWARD") && cursor.take("ALL");
    let count = if all { None } else { integer(cursor)? };
    Ok(match (word, all, count) {
        ("FORWARD", true, _) => FetchCount::ForwardAll,
        ("BACKWARD", true, _) => FetchCount::BackwardAll,
        ("ABSOLUTE", _, Some(n)) => FetchCount::Absolute(n),
        ("RELATIVE", _, Some(n)) => FetchCount::Relative(n),
        ("ABSOLUTE" | "RELATIVE", _, None) => return Err(cursor.error()),
        ("FORWARD", _, n) => signed(n.unwrap_or(1)),
        (_, _, n) => signed(n.unwrap_or(1).saturating_neg()),
    })
}

fn signed(count: i64) -> FetchCount {
    if count < 0 { FetchCount::Backward(count.unsigned_abs()) } else { FetchCount::Forward(count.unsigned_abs()) }
}

fn integer(cursor: &mut Cursor) -> Result<Option<i64>, PlanError> {
    let negative = cursor.take_token(&Token::Minus);
    match cursor.peek() {
        Some(Token::Number(text, _)) => {
            let value: i64 = text.parse().map_err(|_| cursor.error())?;
            cursor.advance();
            Ok(Some(if negative { -value } else { value }))
        }
        _ if negative => Err(cursor.error()),
        _ => Ok(None),
    }
}
