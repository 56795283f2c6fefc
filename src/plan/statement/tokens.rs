//! Tokens of a text, their bounds, and a cursor over them.

use sluice_base::Limits;
use sluice_model::dialect::PostgreSql;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};

use super::respelled::respelled;
use crate::PlanError;

/// Tokenizes within the limits; white space and comments are dropped.
pub(super) fn tokenize(text: &str, limits: &Limits) -> Result<Vec<TokenWithSpan>, PlanError> {
    if text.len() > limits.statement_bytes_max {
        return Err(PlanError::TooComplex("the text is too long"));
    }
    let mut tokens = Tokenizer::new(&PostgreSql, text).tokenize_with_location().map_err(|error| PlanError::Syntax {
        message: error.message.clone(),
        position: position(text, error.location.line, error.location.column),
    })?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    let tokens = signs_apart(tokens);
    check(&tokens, limits)?;
    tokens.iter().try_for_each(|token| typed(&token.token))?;
    respelled(plain_operators(continued(text, tokens)?))
}

/// Refuses names with the character that marks the planner's own: no client can type those.
pub(super) fn typed(token: &Token) -> Result<(), PlanError> {
    match token {
        Token::Word(word) if word.value.contains('\u{1}') => {
            Err(PlanError::Unsupported("a control character in a name".into()))
        }
        _ => Ok(()),
    }
}

/// `>=-1` is `>= -1`: an operator of several characters does not end in a sign, unless it has one of those that SQL's own
/// operators do without (PostgreSQL documentation, "Lexical Structure", Operators).
fn signs_apart(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    const OTHERS: [char; 10] = ['~', '!', '@', '#', '%', '^', '&', '|', '`', '?'];
    let parts = |token: TokenWithSpan| -> Vec<TokenWithSpan> {
        let Token::CustomBinaryOperator(text) = &token.token else { return vec![token] };
        let first = text.chars().next().map_or(0, char::len_utf8);
        let kept = text[first..].trim_end_matches(['+', '-']).len() + first;
        if kept == text.len() || text.contains(OTHERS) {
            return vec![token];
        }
        // What is left is read again: most of these are operators with tokens of their own.
        let Ok(operator) = Tokenizer::new(&PostgreSql, &text[..kept]).tokenize() else { return vec![token] };
        let signs = text[kept..].chars().map(|sign| if sign == '+' { Token::Plus } else { Token::Minus });
        operator.into_iter().chain(signs).map(|part| TokenWithSpan::new(part, token.span)).collect()
    };
    tokens.into_iter().flat_map(parts).collect()
}

/// `OPERATOR(pg_catalog.=) ANY` becomes `= ANY`: the parser reads the long form alone, `pg_dump` writes both together.
fn plain_operators(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let keyword = |token: &TokenWithSpan| match &token.token {
        Token::Word(word) if word.quote_style.is_none() => word.keyword,
        _ => Keyword::NoKeyword,
    };
    let mut place = 0;
    while let Some(part) = tokens.get(place..place + 7) {
        let [operator, open, schema, period, _, close, quantifier] = part else { break };
        let long = keyword(operator) == Keyword::OPERATOR
            && matches!((&open.token, &period.token, &close.token), (Token::LParen, Token::Period, Token::RParen))
            && matches!(&schema.token, Token::Word(word) if word.value.eq_ignore_ascii_case("pg_catalog"))
            && matches!(keyword(quantifier), Keyword::ANY | Keyword::SOME | Keyword::ALL);
        if long {
            tokens.drain(place + 5..place + 6);
            tokens.drain(place..place + 4);
        }
        place += 1;
    }
    tokens
}

/// Joins string literals that only a line break stands between; without one the second literal is out of place, where the
/// parser would take it for the alias of the first.
fn continued(text: &str, tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, PlanError> {
    let mut joined: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let last = joined.last_mut().map(|last| (last.span.end.line, &mut last.token, &mut last.span.end));
        match (&token.token, last) {
            (Token::SingleQuotedString(more), Some((line, Token::SingleQuotedString(first), end))) => {
                if token.span.start.line == line {
                    return Err(PlanError::Syntax {
                        message: format!("syntax error at or near \"'{more}'\""),
                        position: position(text, token.span.start.line, token.span.start.column),
                    });
                }
                first.push_str(more);
                *end = token.span.end;
            }
            _ => joined.push(token),
        }
    }
    Ok(joined)
}

/// Depth and length on the flat list: what recursion later costs is bounded by these counts. Operators are counted in each
/// pair of parentheses for themselves, and anew behind a comma and in each branch of a CASE, those that give the conditions
/// of AND and OR anew behind each of these: those of one place and of all around it are as many as the tree can be deep.
fn check(tokens: &[TokenWithSpan], limits: &Limits) -> Result<(), PlanError> {
    if tokens.len() > limits.tokens_max {
        return Err(PlanError::TooComplex("too many tokens"));
    }
    let mut open = Open::new();
    // Queries and relations that are joined stand below all that follow, commas or not.
    let mut joined = 0;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => open.places.push(Place::default()),
            Token::RParen | Token::RBracket | Token::RBrace => open.close(),
            Token::SemiColon => (open, joined) = (Open::new(), 0),
            Token::Comma => open.begin_again(),
            Token::Word(word) => match word.keyword {
                Keyword::CASE if word.quote_style.is_none() => open.places.push(Place::default()),
                Keyword::END if word.quote_style.is_none() => open.close(),
                Keyword::WHEN | Keyword::THEN | Keyword::ELSE if word.quote_style.is_none() => open.begin_again(),
                Keyword::AND | Keyword::OR if word.quote_style.is_none() => open.join(),
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::JOIN if word.quote_style.is_none() => {
                    joined += 1;
                }
                Keyword::NOT
                | Keyword::IS
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::BETWEEN
                | Keyword::COLLATE
                | Keyword::AT
                    if word.quote_style.is_none() =>
                {
                    open.count();
                }
                _ => {}
            },
            Token::Period | Token::Number(..) | Token::Placeholder(_) => {}
            Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) => {}
            _ => open.count(),
        }
        if open.places.len() > limits.nesting_max + 1 {
            return Err(PlanError::TooComplex("nested too deeply"));
        }
        if open.operators.max(joined) > limits.operators_max {
            return Err(PlanError::TooComplex("too many operators"));
        }
    }
    Ok(())
}

/// Operators of a place in a statement. What stands in parentheses may be the left side of all that follows, and what stood
/// before an AND its left side.
#[derive(Clone, Copy, Default)]
struct Place {
    /// AND and OR since the last comma.
    junctions: usize,
    /// The others since the last of them.
    others: usize,
    /// The most of what may stand below these.
    below: usize,
    /// The most of what a comma has ended.
    peak: usize,
}

impl Place {
    fn depth(&self) -> usize {
        self.junctions + self.others + self.below
    }
}

/// The places that are open, from the outermost inwards, and the depths of all of them together.
struct Open {
    places: Vec<Place>,
    operators: usize,
}

impl Open {
    fn new() -> Open {
        Open { places: vec![Place::default()], operators: 0 }
    }

    /// Changes the innermost place.
    fn here(&mut self, change: impl FnOnce(&mut Place)) {
        if let Some(place) = self.places.last_mut() {
            self.operators -= place.depth();
            change(place);
            self.operators += place.depth();
        }
    }

    fn count(&mut self) {
        self.here(|place| place.others += 1);
    }

    fn join(&mut self) {
        self.here(|place| {
            let below = place.below.max(place.others);
            *place = Place { junctions: place.junctions + 1, others: 0, below, ..*place };
        });
    }

    fn begin_again(&mut self) {
        self.here(|place| *place = Place { peak: place.peak.max(place.depth()), ..Place::default() });
    }

    /// Closes the innermost place; the outermost stays.
    fn close(&mut self) {
        self.begin_again();
        if self.places.len() > 1
            && let Some(closed) = self.places.pop()
        {
            self.here(|place| place.below = place.below.max(closed.peak));
        }
    }
}

/// Character position (from 1) of a line and column.
fn position(text: &str, line: u64, column: u64) -> Option<u32> {
    if line == 0 {
        return None;
    }
    let before: usize = text.split_inclusive('\n').take(line as usize - 1).map(|l| l.chars().count()).sum();
    u32::try_from(before + column as usize).ok()
}

/// The text from the first to the last of the tokens.
pub(super) fn slice(text: &str, part: &[TokenWithSpan]) -> String {
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return String::new() };
    let start = position(text, first.span.start.line, first.span.start.column).unwrap_or(1) as usize - 1;
    let end = position(text, last.span.end.line, last.span.end.column).unwrap_or(1) as usize - 1;
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}

/// A place in one statement's tokens.
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: &'a [TokenWithSpan],
    next: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [TokenWithSpan]) -> Cursor<'a> {
        Cursor { text, tokens, next: 0 }
    }

    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next).map(|t| &t.token)
    }

    pub(super) fn advance(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.next += usize::from(token.is_some());
        token
    }

    /// The next token's word in upper case, if it is an unquoted word.
    pub(super) fn word(&self) -> Option<String> {
        self.word_at(0)
    }

    pub(super) fn word_at(&self, ahead: usize) -> Option<String> {
        match self.tokens.get(self.next + ahead).map(|t| &t.token) {
            Some(Token::Word(Word { value, quote_style: None, .. })) => Some(value.to_ascii_uppercase()),
            _ => None,
        }
    }

    /// Takes the word if it is next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.word().as_deref() == Some(word);
        self.next += usize::from(found);
        found
    }

    /// Takes the token if it is next.
    pub(super) fn take_token(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, word: &str) -> Result<(), PlanError> {
        if self.take(word) { Ok(()) } else { Err(self.error()) }
    }

    pub(super) fn expect_token(&mut self, token: &Token) -> Result<(), PlanError> {
        if self.take_token(token) { Ok(()) } else { Err(self.error()) }
    }

    /// A name: unquoted ones fold to lower case (ASCII letters only), quoted ones stay.
    pub(super) fn name(&mut self) -> Result<String, PlanError> {
        match self.peek() {
            Some(Token::Word(word)) => {
                self.next += 1;
                Ok(if word.quote_style.is_some() { word.value.clone() } else { word.value.to_ascii_lowercase() })
            }
            _ => Err(self.error()),
        }
    }

    /// `a.b.c`
    pub(super) fn dotted_name(&mut self) -> Result<String, PlanError> {
        let mut name = self.name()?;
        while self.take_token(&Token::Period) {
            name = format!("{name}.{}", self.name()?);
        }
        Ok(name)
    }

    pub(super) fn at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    pub(super) fn end(&self) -> Result<(), PlanError> {
        if self.at_end() { Ok(()) } else { Err(self.error()) }
    }

    /// The tokens from here to the end.
    pub(super) fn rest(&self) -> &'a [TokenWithSpan] {
        &self.tokens[self.next..]
    }

    /// With the cursor behind an opening parenthesis: the tokens up to its partner, which is passed over.
    pub(super) fn inside_parens(&mut self) -> Result<&'a [TokenWithSpan], PlanError> {
        let start = self.next;
        let mut depth = 1usize;
        while let Some(token) = self.advance() {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(&self.tokens[start..self.next - 1]);
            }
        }
        Err(self.error())
    }

    /// The pieces between the commas of a list; commas inside parentheses belong to a piece.
    pub(super) fn pieces(tokens: &'a [TokenWithSpan]) -> Vec<&'a [TokenWithSpan]> {
        let mut depth = 0usize;
        tokens
            .split(|token| {
                match token.token {
                    Token::LParen => depth += 1,
                    Token::RParen => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && token.token == Token::Comma
            })
            .collect()
    }

    /// `syntax error at or near` the next token.
    pub(super) fn error(&self) -> PlanError {
        match self.tokens.get(self.next) {
            Some(token) => PlanError::Syntax {
                message: format!("syntax error at or near \"{}\"", shown(&token.token)),
                position: position(self.text, token.span.start.line, token.span.start.column),
            },
            None => PlanError::Syntax { message: "syntax error at end of input".into(), position: None },
        }
    }

    /// Parses the given tokens, all of them, by one of sqlparser's entry points.
    pub(super) fn parse<T>(
        &self,
        tokens: &[TokenWithSpan],
        entry: impl FnOnce(&mut Parser) -> Result<T, ParserError>,
    ) -> Result<T, PlanError> {
        let mut parser = Parser::new(&PostgreSql).with_recursion_limit(400).with_tokens_with_locations(tokens.to_vec());
        let parsed = entry(&mut parser).map_err(|error| self.of_parser(error, parser.peek_token_ref()))?;
        let left = parser.peek_token();
        if left.token == Token::EOF { Ok(parsed) } else { Err(self.at(&left)) }
    }

    fn of_parser(&self, error: ParserError, place: &TokenWithSpan) -> PlanError {
        match error {
            ParserError::RecursionLimitExceeded => PlanError::TooComplex("nested too deeply"),
            ParserError::TokenizerError(message) => PlanError::Syntax { message, position: None },
            ParserError::ParserError(message) => match self.named_place(&message) {
                Some(token) => self.at(token),
                None => self.at(place),
            },
        }
    }

    /// The parser names a place as `... at Line: 1, Column: 8`.
    fn named_place(&self, message: &str) -> Option<&TokenWithSpan> {
        let (_, place) = message.rsplit_once("Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        let (line, column): (u64, u64) = (line.trim().parse().ok()?, column.trim().parse().ok()?);
        self.tokens.iter().find(|t| t.span.start.line == line && t.span.start.column == column)
    }

    fn at(&self, token: &TokenWithSpan) -> PlanError {
        if token.token == Token::EOF {
            return PlanError::Syntax { message: "syntax error at end of input".into(), position: None };
        }
        PlanError::Syntax {
            message: format!("syntax error at or near \"{}\"", shown(&token.token)),
            position: position(self.text, token.span.start.line, token.span.start.column),
        }
    }
}

/// A token as the client typed it, clipped; a literal is not repeated.
fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) => word.value.chars().take(63).collect(),
        Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_) => "'...'".into(),
        other => other.to_string().chars().take(63).collect(),
    }
}
