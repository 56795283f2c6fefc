//! Texts and names with escapes of code points: `U&'...'`, `U&"..."`, and another escape character behind UESCAPE.
//!
//! Source of the rules: PostgreSQL documentation, "String Constants with Unicode Escapes".

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use crate::PlanError;

/// The text or name that the first tokens are, and how many they are; `None` where they are neither.
pub(super) fn unicode(tokens: &[TokenWithSpan]) -> Result<Option<(Token, usize)>, PlanError> {
    match tokens {
        // Escapes by a backslash are read with the token.
        [TokenWithSpan { token: Token::UnicodeStringLiteral(text), .. }, rest @ ..] => {
            let Some(escape) = escape(rest)? else { return Ok(Some((Token::SingleQuotedString(text.clone()), 1))) };
            Ok(Some((Token::SingleQuotedString(decoded(text, escape)?), 3)))
        }
        [first, and, name, rest @ ..] if is_u(first) && adjoining(first, and) && adjoining(and, name) => {
            let (Token::Ampersand, Token::Word(Word { value, quote_style: Some('"'), .. })) = (&and.token, &name.token)
            else {
                return Ok(None);
            };
            let found = escape(rest)?;
            let value = decoded(value, found.unwrap_or('\\'))?;
            let word = Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword };
            Ok(Some((Token::Word(word), if found.is_some() { 5 } else { 3 })))
        }
        _ => Ok(None),
    }
}

fn is_u(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case("u"))
}

/// No blank is between them.
fn adjoining(left: &TokenWithSpan, right: &TokenWithSpan) -> bool {
    left.span.end == right.span.start
}

/// The character behind UESCAPE.
fn escape(tokens: &[TokenWithSpan]) -> Result<Option<char>, PlanError> {
    let [word, literal, ..] = tokens else { return Ok(None) };
    let given = match (&word.token, &literal.token) {
        (Token::Word(Word { value, quote_style: None, .. }), Token::SingleQuotedString(text))
            if value.eq_ignore_ascii_case("uescape") =>
        {
            text
        }
        _ => return Ok(None),
    };
    let mut letters = given.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !letter.is_ascii_hexdigit() && !"+'\" \t\n\r".contains(letter) => Ok(Some(letter)),
        _ => Err(fault("invalid Unicode escape character")),
    }
}

fn fault(message: &str) -> PlanError {
    PlanError::Syntax { message: message.into(), position: None }
}

fn decoded(text: &str, escape: char) -> Result<String, PlanError> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut high: Option<u32> = None;
    while let Some(letter) = letters.next() {
        if letter != escape || letters.peek() == Some(&escape) {
            if letter == escape {
                letters.next();
            }
            if high.is_some() {
                return Err(fault("invalid Unicode surrogate pair"));
            }
            out.push(letter);
            continue;
        }
        let digits = if letters.next_if_eq(&'+').is_some() { 6 } else { 4 };
        let digits: String = std::iter::from_fn(|| letters.next_if(char::is_ascii_hexdigit)).take(digits).collect();
        let whole = matches!(digits.len(), 4 | 6);
        let code =
            u32::from_str_radix(&digits, 16).ok().filter(|_| whole).ok_or_else(|| fault("invalid Unicode escape"))?;
        let code = match (high.take(), code) {
            (None, 0xD800..=0xDBFF) => {
                high = Some(code);
                continue;
            }
            (Some(high), 0xDC00..=0xDFFF) => 0x1_0000 + ((high - 0xD800) << 10) + (code - 0xDC00),
            (None, code) => code,
            (Some(_), _) => return Err(fault("invalid Unicode surrogate pair")),
        };
        match char::from_u32(code).filter(|letter| *letter != '\0') {
            Some(letter) => out.push(letter),
            None => return Err(fault("invalid Unicode escape value")),
        }
    }
    if high.is_some() { Err(fault("invalid Unicode surrogate pair")) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(decoded("d!0061t!+000061", '!').ok().as_deref(), Some("data"));
        assert_eq!(decoded("!D83D!DE00!!", '!').ok().as_deref(), Some("😀!"));
        for fault in ["!D83D", "!006", "!0000", "!DE00", "!+00006"] {
            assert!(decoded(fault, '!').is_err(), "{fault}");
        }
    }
}
