//! SET, SHOW, RESET and DISCARD.

use sqlparser::tokenizer::Token;

use super::transactions::modes;
use crate::PlanError;
use crate::statement::StatementKind;
use crate::statement::tokens::Cursor;

pub(super) fn set(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let local = cursor.take("LOCAL");
    if !local && cursor.take("SESSION") {
        if cursor.take("CHARACTERISTICS") {
            cursor.expect("AS")?;
            cursor.expect("TRANSACTION")?;
            return Ok(StatementKind::SetTransaction(modes(cursor)?));
        }
        if cursor.take("AUTHORIZATION") {
            let who = text_value(cursor)?;
            return Ok(StatementKind::SetSessionAuthorization(who.filter(|w| !w.eq_ignore_ascii_case("default"))));
        }
    }
    if cursor.take("TRANSACTION") {
        if cursor.take("SNAPSHOT") {
            return Err(PlanError::Unsupported("SET TRANSACTION SNAPSHOT".into()));
        }
        return Ok(StatementKind::SetTransaction(modes(cursor)?));
    }
    if cursor.take("ROLE") {
        // It is a setting, too.
        let _ = cursor.take_token(&Token::Eq) || cursor.take("TO");
        let role = text_value(cursor)?.filter(|role| !role.eq_ignore_ascii_case("none"));
        return Ok(StatementKind::SetRole { role, local });
    }
    if cursor.take("TIME") {
        cursor.expect("ZONE")?;
        let value = if cursor.take("INTERVAL") { Some(zone_interval(cursor)?) } else { text_value(cursor)? };
        let value = value.filter(|v| !v.eq_ignore_ascii_case("local"));
        return Ok(StatementKind::Set { name: "timezone".into(), value, local });
    }
    if cursor.take("NAMES") {
        let value = if cursor.at_end() { None } else { text_value(cursor)? };
        return Ok(StatementKind::Set { name: "client_encoding".into(), value, local });
    }
    if cursor.take("CONSTRAINTS") {
        return constraints(cursor);
    }
    if cursor.take("XML") {
        cursor.expect("OPTION")?;
        return Ok(StatementKind::Set { name: "xmloption".into(), value: text_value(cursor)?, local });
    }
    let quoted = |token: &Token| matches!(token, Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_));
    if cursor.word().as_deref() == Some("SCHEMA") && cursor.rest().get(1).is_some_and(|next| quoted(&next.token)) {
        cursor.advance();
        let value = text_value(cursor)?.map(|name| identifier(&name));
        return Ok(StatementKind::Set { name: "search_path".into(), value, local });
    }
    let name = cursor.dotted_name()?.to_lowercase();
    if !cursor.take_token(&Token::Eq) {
        cursor.expect("TO")?;
    }
    let mut parts = Vec::new();
    loop {
        match text_value(cursor)? {
            // Each is one name, with whatever commas and blanks.
            Some(part) if name == "search_path" => parts.push(identifier(&part)),
            Some(part) => parts.push(part),
            None if parts.is_empty() && cursor.at_end() => {
                return Ok(StatementKind::Set { name, value: None, local });
            }
            None => return Err(cursor.error()),
        }
        if !cursor.take_token(&Token::Comma) {
            break;
        }
    }
    Ok(StatementKind::Set { name, value: Some(parts.join(", ")), local })
}

/// A name in a list of names.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `SET TIME ZONE INTERVAL '+08:00' HOUR TO MINUTE`, as Sequelize says it: hours to the east, as a number.
fn zone_interval(cursor: &mut Cursor) -> Result<String, PlanError> {
    let error = PlanError::InvalidParameter("invalid interval value for time zone");
    let text = text_value(cursor)?.unwrap_or_default();
    let hours = cursor.take("HOUR");
    if hours && cursor.take("TO") {
        cursor.expect("MINUTE")?;
    }
    // A bare number is seconds without the qualifier; no client says that.
    if !hours && !text.contains(':') {
        return Err(error);
    }
    let (sign, clock) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<u8>().ok());
    match (parts.next().flatten(), parts.next().unwrap_or(Some(0)), parts.next()) {
        (Some(hours), Some(minutes), None) if hours < 24 && minutes < 60 => {
            Ok((sign * (f64::from(hours) + f64::from(minutes) / 60.0)).to_string())
        }
        _ => Err(error),
    }
}

/// SET CONSTRAINTS: no constraint is checked here, at whatever time.
fn constraints(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    if !cursor.take("ALL") {
        cursor.dotted_name()?;
        while cursor.take_token(&Token::Comma) {
            cursor.dotted_name()?;
        }
    }
    if !cursor.take("IMMEDIATE") {
        cursor.expect("DEFERRED")?;
    }
    Ok(StatementKind::NoOperation("SET CONSTRAINTS"))
}

/// One value of SET as text; `None` is DEFAULT.
pub(super) fn text_value(cursor: &mut Cursor) -> Result<Option<String>, PlanError> {
    if cursor.take("DEFAULT") {
        return Ok(None);
    }
    let negative = cursor.take_token(&Token::Minus);
    let error = cursor.error();
    match cursor.advance() {
        Some(Token::Number(number, _)) => Ok(Some(format!("{}{number}", if negative { "-" } else { "" }))),
        _ if negative => Err(error),
        Some(Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text)) => Ok(Some(text.clone())),
        Some(Token::Word(word)) => Ok(Some(match word.quote_style {
            Some(_) => word.value.clone(),
            None => word.value.to_lowercase(),
        })),
        _ => Err(error),
    }
}

pub(super) fn show(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let name = if cursor.take("TRANSACTION") {
        cursor.expect("ISOLATION")?;
        cursor.expect("LEVEL")?;
        "transaction_isolation".to_string()
    } else if cursor.take("TIME") {
        cursor.expect("ZONE")?;
        "timezone".into()
    } else if cursor.take("SESSION") {
        cursor.expect("AUTHORIZATION")?;
        "session_authorization".into()
    } else {
        cursor.dotted_name()?.to_lowercase()
    };
    Ok(StatementKind::Show(name))
}

pub(super) fn reset(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    if cursor.take("ALL") {
        return Ok(StatementKind::Reset(None));
    }
    if cursor.take("ROLE") {
        return Ok(StatementKind::SetRole { role: None, local: false });
    }
    if cursor.take("SESSION") {
        cursor.expect("AUTHORIZATION")?;
        return Ok(StatementKind::SetSessionAuthorization(None));
    }
    if cursor.take("TIME") {
        cursor.expect("ZONE")?;
        return Ok(StatementKind::Reset(Some("timezone".into())));
    }
    Ok(StatementKind::Reset(Some(cursor.dotted_name()?.to_lowercase())))
}

pub(super) fn discard(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let what = cursor.name()?.to_uppercase();
    match what.as_str() {
        "TEMPORARY" => Ok(StatementKind::Discard("TEMP".into())),
        "ALL" | "PLANS" | "SEQUENCES" | "TEMP" => Ok(StatementKind::Discard(what)),
        _ => Err(cursor.error()),
    }
}
