//! Spellings of PostgreSQL that the parser does not know, as others of the same meaning; and those that have none, refused
//! by their name.
//!
//! Invariant: a token that is replaced stands where PostgreSQL's grammar has no other reading of it; a new one has the
//! place of the old.

use std::collections::HashSet;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::escaped;
use super::tokens::typed;
use crate::PlanError;

/// Name of the call around the first bound of BETWEEN SYMMETRIC; no client can type it.
pub(crate) const SYMMETRIC: &str = "\u{1}symmetric";

/// What the key of a window begins with that stands for EXCLUDE behind its frame; no client can type it.
pub(crate) const EXCLUDED: &str = "\u{1}exclude ";

/// Name of the call that `ROWS FROM (...)` becomes; no client can type it.
pub(crate) const ROWS_FROM: &str = "\u{1}rows from";

/// The tokens in spellings that the parser reads.
pub(super) fn respelled(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, PlanError> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // Where the first bounds of BETWEEN SYMMETRIC end.
    let mut ends: HashSet<usize> = HashSet::new();
    // Tokens that are done already.
    let mut done: HashSet<usize> = HashSet::new();
    for (at, token) in tokens.iter().enumerate() {
        if ends.contains(&at) {
            out.push(TokenWithSpan { token: Token::RParen, span: token.span });
        }
        if done.contains(&at) {
            continue;
        }
        if let Some((literal, taken)) = escaped::unicode(&tokens[at..])? {
            typed(&literal)?;
            done.extend(at + 1..at + taken);
            out.push(TokenWithSpan { token: literal, span: token.span });
            continue;
        }
        let next = |ahead: usize| tokens.get(at + ahead).and_then(|token| word(&token.token));
        let mut put = |words: &[&str]| {
            let make = |word: &&str| TokenWithSpan { token: Token::make_keyword(word), span: token.span };
            out.extend(words.iter().map(make));
        };
        let before = at.checked_sub(1).and_then(|at| tokens.get(at)).map(|token| &token.token);
        match (word(&token.token).as_deref(), next(1).as_deref(), next(2).as_deref()) {
            (Some("ISNULL"), _, _) if ends_operand(before) && !opens(&tokens, at + 1) => put(&["IS", "NULL"]),
            (Some("NOTNULL"), _, _) if ends_operand(before) && !opens(&tokens, at + 1) => put(&["IS", "NOT", "NULL"]),
            (Some("SYMMETRIC"), _, _) if is_word(before, "BETWEEN") => {
                let Some(and) = bound_end(&tokens, at + 1) else { return unsupported("BETWEEN SYMMETRIC") };
                ends.insert(and);
                let mark = Word { value: SYMMETRIC.into(), quote_style: Some('"'), keyword: Keyword::NoKeyword };
                out.push(TokenWithSpan { token: Token::Word(mark), span: token.span });
                out.push(TokenWithSpan { token: Token::LParen, span: token.span });
            }
            (Some("ASYMMETRIC"), _, _) if is_word(before, "BETWEEN") => {}
            // That is how frames are.
            (Some("EXCLUDE"), Some("NO"), Some("OTHERS")) => {}
            (Some("NO"), Some("OTHERS"), _) if is_word(before, "EXCLUDE") => {}
            (Some("OTHERS"), _, _) if excludes_no(&tokens, at) => {}
            (Some("EXCLUDE"), Some("CURRENT"), Some("ROW")) => {
                exclude(&mut out, "row")?;
                done.extend([at + 1, at + 2]);
            }
            (Some("EXCLUDE"), Some("TIES"), _) => {
                exclude(&mut out, "ties")?;
                done.insert(at + 1);
            }
            (Some("EXCLUDE"), Some("GROUP"), after) if after != Some("BY") => {
                exclude(&mut out, "group")?;
                done.insert(at + 1);
            }
            // Nothing here has tables below it.
            (Some("ONLY"), Some(_), _) if names_relation(before) => {}
            (Some("ONLY"), None, Some(_)) if names_relation(before) && opens(&tokens, at + 1) => {
                if !closes(&tokens, at + 3) {
                    return Err(syntax(&tokens, at + 3));
                }
                done.extend([at + 1, at + 3]);
            }
            (Some("ROWS"), Some("FROM"), _) if is_in_from(&tokens, at) && opens(&tokens, at + 2) => {
                let call = Word { value: ROWS_FROM.into(), quote_style: Some('"'), keyword: Keyword::NoKeyword };
                out.push(TokenWithSpan { token: Token::Word(call), span: token.span });
                done.insert(at + 1);
            }
            (Some("FETCH"), Some("FIRST" | "NEXT"), _) if limits(&tokens, at, &mut done) => put(&["LIMIT"]),
            (Some("SIMILAR"), next, _) if next != Some("TO") && ends_operand(before) => {
                return unsupported("SUBSTRING with SIMILAR");
            }
            (Some("USING"), None, _) if direction(&tokens, at + 1).is_some() => {
                put(direction(&tokens, at + 1).as_slice());
            }
            (None, _, _) if token.token == Token::DoubleEq => return Err(PlanError::UndefinedOperator("==".into())),
            (None, _, _) if is_word(before, "USING") && matches!(token.token, Token::Lt | Token::Gt) => {}
            (Some("TABLE"), Some(_), _) if begins_query(before) => {
                put(&["SELECT"]);
                out.push(TokenWithSpan { token: Token::Mul, span: token.span });
                out.push(TokenWithSpan { token: Token::make_keyword("FROM"), span: token.span });
            }
            // What is trimmed off is a blank where nothing stands before FROM.
            (Some("FROM"), _, _) if trims(&tokens, at) => {}
            _ => out.push(token.clone()),
        }
    }
    Ok(out)
}

/// Whether a relation may be named behind this token.
fn names_relation(before: Option<&Token>) -> bool {
    matches!(before, Some(Token::Comma)) || ["FROM", "JOIN", "TABLE"].iter().any(|wanted| is_word(before, wanted))
}

/// Whether the token stands where a FROM list names a relation: a comma is of such a list where FROM comes before any
/// other clause.
fn is_in_from(tokens: &[TokenWithSpan], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| tokens.get(at)).map(|token| &token.token);
    if !matches!(before, Some(Token::Comma)) {
        return names_relation(before);
    }
    let mut closed = 0usize;
    for place in (0..at).rev() {
        match &tokens[place].token {
            Token::RParen => closed += 1,
            Token::LParen if closed == 0 => return false,
            Token::LParen => closed -= 1,
            other if closed == 0 => match word(other).as_deref() {
                // `a IS DISTINCT FROM b`
                Some("FROM") if place > 0 && is_word(Some(&tokens[place - 1].token), "DISTINCT") => {}
                Some("FROM") => return true,
                Some("SELECT" | "BY" | "WHERE" | "HAVING" | "VALUES" | "WINDOW") => return false,
                _ => {}
            },
            _ => {}
        }
    }
    false
}

/// Puts the mark of an EXCLUDE among the keys of the window whose frame ends the tokens.
fn exclude(out: &mut Vec<TokenWithSpan>, what: &str) -> Result<(), PlanError> {
    let mut open = 0usize;
    let mut frame = None;
    let mut keys = false;
    for (at, token) in out.iter().enumerate().rev() {
        match &token.token {
            Token::RParen => open += 1,
            Token::LParen if open > 0 => open -= 1,
            Token::LParen => break,
            other if open == 0 => match word(other).as_deref() {
                Some("ROWS" | "RANGE" | "GROUPS") if frame.is_none() => frame = Some(at),
                Some("BY") if frame.is_some() => keys = true,
                _ => {}
            },
            _ => {}
        }
    }
    let Some(frame) = frame else { return unsupported("EXCLUDE behind a frame of this form") };
    let marked = |token: &TokenWithSpan| matches!(&token.token, Token::Word(word) if word.value.starts_with(EXCLUDED));
    if out[..frame].last().is_some_and(marked) {
        return Err(PlanError::Syntax { message: "syntax error at or near \"EXCLUDE\"".into(), position: None });
    }
    let span = out[frame].span;
    let named = !keys && !matches!(out[..frame].last().map(|token| &token.token), Some(Token::LParen));
    if named {
        return unsupported("EXCLUDE in the frame of a window built on a named one");
    }
    let mark = Word { value: format!("{EXCLUDED}{what}"), quote_style: Some('"'), keyword: Keyword::NoKeyword };
    let words: Vec<Token> = match keys {
        true => vec![Token::Comma],
        false => vec![Token::make_keyword("PARTITION"), Token::make_keyword("BY")],
    };
    let marked = words.into_iter().chain([Token::Word(mark)]);
    out.splice(frame..frame, marked.map(|token| TokenWithSpan { token, span }));
    Ok(())
}

/// Whether a FETCH is a LIMIT of what stands in parentheses, or stands before OFFSET; its other words are done then.
fn limits(tokens: &[TokenWithSpan], at: usize, done: &mut HashSet<usize>) -> bool {
    let is = |at: usize, wanted: &str| is_word(tokens.get(at).map(|token| &token.token), wanted);
    let behind = if opens(tokens, at + 2) { group_end(tokens, at + 2) } else { Some(at + 3) };
    let Some(behind) = behind.filter(|behind| is(*behind, "ROW") || is(*behind, "ROWS")) else { return false };
    let number = matches!(tokens.get(at + 2).map(|token| &token.token), Some(Token::Number(..)));
    if !is(behind + 1, "ONLY") || number && !is(behind + 2, "OFFSET") {
        return false;
    }
    done.extend([at + 1, behind, behind + 1]);
    true
}

/// Tokens of the number of rows in a FETCH.
const COUNT_TOKENS_MAX: usize = 1_000;

/// The place behind the parenthesis that closes the one at a place, where that is near.
fn group_end(tokens: &[TokenWithSpan], from: usize) -> Option<usize> {
    let mut open = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(from).take(COUNT_TOKENS_MAX) {
        match &token.token {
            Token::LParen => open += 1,
            Token::RParen => {
                open = open.checked_sub(1)?;
                if open == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn closes(tokens: &[TokenWithSpan], at: usize) -> bool {
    matches!(tokens.get(at).map(|token| &token.token), Some(Token::RParen))
}

fn syntax(tokens: &[TokenWithSpan], at: usize) -> PlanError {
    let message = match tokens.get(at) {
        Some(token) => format!("syntax error at or near \"{}\"", token.token),
        None => "syntax error at end of input".into(),
    };
    PlanError::Syntax { message, position: None }
}

/// Whether `EXCLUDE NO` stands before a token.
fn excludes_no(tokens: &[TokenWithSpan], at: usize) -> bool {
    let before = |behind: usize| at.checked_sub(behind).and_then(|at| tokens.get(at)).map(|token| &token.token);
    is_word(before(1), "NO") && is_word(before(2), "EXCLUDE")
}

/// The AND that ends the first bound of a BETWEEN.
fn bound_end(tokens: &[TokenWithSpan], from: usize) -> Option<usize> {
    let mut open = 0usize;
    let mut inner = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match &token.token {
            Token::LParen | Token::LBracket => open += 1,
            Token::RParen | Token::RBracket => open = open.checked_sub(1)?,
            other => match word(other).as_deref() {
                Some("CASE") => open += 1,
                Some("END") => open = open.checked_sub(1)?,
                Some("BETWEEN") if open == 0 => inner += 1,
                Some("AND") if open == 0 && inner > 0 => inner -= 1,
                Some("AND") if open == 0 => return Some(at),
                _ => {}
            },
        }
    }
    None
}

fn unsupported<T>(what: &str) -> Result<T, PlanError> {
    Err(PlanError::Unsupported(what.into()))
}

fn word(token: &Token) -> Option<String> {
    match token {
        Token::Word(Word { value, quote_style: None, .. }) => Some(value.to_ascii_uppercase()),
        _ => None,
    }
}

fn is_word(token: Option<&Token>, wanted: &str) -> bool {
    token.and_then(word).is_some_and(|found| found == wanted)
}

fn opens(tokens: &[TokenWithSpan], at: usize) -> bool {
    matches!(tokens.get(at).map(|token| &token.token), Some(Token::LParen))
}

/// Whether a value may end with this token.
fn ends_operand(token: Option<&Token>) -> bool {
    match token {
        Some(Token::Word(word)) => {
            word.quote_style.is_some()
                || matches!(
                    word.keyword,
                    Keyword::NoKeyword | Keyword::NULL | Keyword::TRUE | Keyword::FALSE | Keyword::END
                )
                || !RESERVED.contains(&word.value.to_ascii_uppercase().as_str())
        }
        Some(Token::RParen | Token::RBracket | Token::Number(..) | Token::Placeholder(_)) => true,
        Some(Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_)) => true,
        _ => false,
    }
}

/// Words behind which a value begins (PostgreSQL documentation, appendix C).
const RESERVED: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "DISTINCT",
    "ELSE",
    "EXCEPT",
    "FROM",
    "GROUP",
    "HAVING",
    "IN",
    "INTERSECT",
    "IS",
    "JOIN",
    "LIKE",
    "ILIKE",
    "LIMIT",
    "NOT",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "SELECT",
    "SIMILAR",
    "SOME",
    "THEN",
    "UNION",
    "USING",
    "WHEN",
    "WHERE",
    "WITH",
];

/// Whether a query may begin behind this token.
fn begins_query(token: Option<&Token>) -> bool {
    match token {
        None | Some(Token::LParen | Token::RParen | Token::SemiColon) => true,
        Some(token) => ["UNION", "INTERSECT", "EXCEPT", "ALL"].iter().any(|wanted| is_word(Some(token), wanted)),
    }
}

/// `USING <` is ascending, `USING >` descending.
fn direction(tokens: &[TokenWithSpan], at: usize) -> Option<&'static str> {
    match tokens.get(at).map(|token| &token.token) {
        Some(Token::Lt) => Some("ASC"),
        Some(Token::Gt) => Some("DESC"),
        _ => None,
    }
}

/// Whether the FROM at this place stands right behind `TRIM (BOTH`.
fn trims(tokens: &[TokenWithSpan], at: usize) -> bool {
    let back = |steps: usize| at.checked_sub(steps).and_then(|at| tokens.get(at)).map(|token| &token.token);
    let side = ["BOTH", "LEADING", "TRAILING"].iter().any(|wanted| is_word(back(1), wanted));
    side && matches!(back(2), Some(Token::LParen)) && is_word(back(3), "TRIM")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_model::dialect::PostgreSql;
    use sqlparser::tokenizer::Tokenizer;

    fn of(text: &str) -> Result<String, String> {
        let tokens = Tokenizer::new(&PostgreSql, text).tokenize_with_location().expect("tokens");
        let tokens = tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
        let tokens = respelled(tokens).map_err(|error| error.to_string())?;
        Ok(tokens.iter().map(|token| token.token.to_string()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn spellings() {
        for (text, expected) in [
            ("a ISNULL AND f ( b ) NOTNULL", "a IS NULL AND f ( b ) IS NOT NULL"),
            ("SELECT isnull , t . notnull , isnull ( a )", "SELECT isnull , t . notnull , isnull ( a )"),
            ("ORDER BY a USING < , b USING >", "ORDER BY a ASC , b DESC"),
            ("JOIN b USING ( c )", "JOIN b USING ( c )"),
            ("TABLE x ORDER BY 1", "SELECT * FROM x ORDER BY 1"),
            ("LOCK TABLE x", "LOCK TABLE x"),
            ("trim ( both FROM x )", "trim ( both x )"),
            ("trim ( both y FROM x )", "trim ( both y FROM x )"),
            ("FROM t exclude GROUP BY a", "FROM t exclude GROUP BY a"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(expected), "{text}");
        }
        let symmetric = of("a BETWEEN SYMMETRIC ( 2 AND b ) AND 1");
        assert_eq!(symmetric, Ok(format!("a BETWEEN \"{SYMMETRIC}\" ( ( 2 AND b ) ) AND 1")));
        let excluded = |text: &str| of(text).map(|text| text.replace(EXCLUDED, "EXCLUDE "));
        for (text, expected) in [
            ("( ORDER BY a ROWS 1 PRECEDING EXCLUDE TIES )", "( ORDER BY a , \"EXCLUDE ties\" ROWS 1 PRECEDING )"),
            ("( ROWS 1 PRECEDING EXCLUDE CURRENT ROW )", "( PARTITION BY \"EXCLUDE row\" ROWS 1 PRECEDING )"),
        ] {
            assert_eq!(excluded(text).as_deref(), Ok(expected));
        }
        assert!(of("( w ROWS 1 PRECEDING EXCLUDE GROUP )").is_err());
        for (text, expected) in [
            ("FROM ONLY t , ONLY ( u )", "FROM t , u"),
            ("SELECT one , rows FROM ( SELECT 1 )", "SELECT one , rows FROM ( SELECT 1 )"),
            ("SELECT a IS DISTINCT FROM b , rows FROM ( t )", "SELECT a IS DISTINCT FROM b , rows FROM ( t )"),
            ("FROM a , ROWS FROM ( f ( ) )", "FROM a , \"\u{1}rows from\" ( f ( ) )"),
            ("FETCH FIRST ( a + 1 ) ROWS ONLY", "LIMIT ( a + 1 )"),
            ("FETCH FIRST 3 ROWS ONLY OFFSET 1", "LIMIT 3 OFFSET 1"),
            ("OFFSET 1 FETCH NEXT 3 ROWS ONLY", "OFFSET 1 FETCH NEXT 3 ROWS ONLY"),
            ("FETCH FIRST ROW ONLY", "FETCH FIRST ROW ONLY"),
            ("WITH x AS ( TABLE a ) TABLE x", "WITH x AS ( SELECT * FROM a ) SELECT * FROM x"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(expected), "{text}");
        }
    }
}
