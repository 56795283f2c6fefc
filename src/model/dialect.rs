//! PostgreSQL's SQL as sqlparser reads it, with one precedence put right, and no argument read twice.
//!
//! sqlparser 0.62 takes everything up to the end of the expression for the right side of IS [NOT] DISTINCT FROM, so
//! that `a IS DISTINCT FROM b AND c` would compare `a` with `b AND c`. In PostgreSQL the operator binds like IS, closer
//! than NOT, AND and OR ("Lexical Structure", table of operator precedence). All else is left to sqlparser's dialect.

use std::any::TypeId;

use sqlparser::ast::{CastKind, Expr, Value};
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// The dialect of statements and of row rules.
#[derive(Debug)]
pub struct PostgreSql;

const STOCK: PostgreSqlDialect = PostgreSqlDialect {};

/// Hands methods over to the stock dialect.
macro_rules! as_stock {
    ($(fn $name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {
        $(fn $name(&self, $($argument: $kind),*) -> $result {
            STOCK.$name($($argument),*)
        })*
    };
}

impl Dialect for PostgreSql {
    // What the parser does for PostgreSQL alone, it does for this dialect too.
    fn dialect(&self) -> TypeId {
        STOCK.dialect()
    }

    /// Names of arguments are identifiers, as in PostgreSQL. The stock dialect lets them be expressions, to which end each
    /// argument is read twice, and one inside `n` calls 2^n times.
    fn supports_named_fn_args_with_expr_name(&self) -> bool {
        false
    }

    /// `RANGE BETWEEN '7 days'::interval PRECEDING`: the parser takes a text at this place for the whole of an interval.
    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let Token::SingleQuotedString(text) = &parser.peek_token_ref().token else { return None };
        if parser.peek_nth_token_ref(1).token != Token::DoubleColon {
            return None;
        }
        let before = match &parser.get_current_token().token {
            Token::Word(word) if word.quote_style.is_none() => word.keyword,
            _ => return None,
        };
        if !matches!(before, Keyword::RANGE | Keyword::BETWEEN | Keyword::AND) {
            return None;
        }
        let literal = Expr::value(Value::SingleQuotedString(text.clone()));
        parser.next_token();
        parser.next_token();
        Some(parser.parse_data_type().map(|data_type| Expr::Cast {
            kind: CastKind::DoubleColon,
            expr: Box::new(literal),
            data_type,
            array: false,
            format: None,
        }))
    }

    fn parse_infix(&self, parser: &mut Parser, left: &Expr, _: u8) -> Option<Result<Expr, ParserError>> {
        let word = |at: usize, keyword: Keyword| match &parser.peek_nth_token_ref(at).token {
            Token::Word(word) => word.quote_style.is_none() && word.keyword == keyword,
            _ => false,
        };
        let negated = word(1, Keyword::NOT);
        let at = if negated { 2 } else { 1 };
        if !(word(0, Keyword::IS) && word(at, Keyword::DISTINCT) && word(at + 1, Keyword::FROM)) {
            return None;
        }
        for _ in 0..at + 2 {
            parser.next_token();
        }
        let right = parser.parse_subexpr(self.prec_value(Precedence::Is));
        Some(right.map(|right| {
            let (left, right) = (Box::new(left.clone()), Box::new(right));
            if negated { Expr::IsNotDistinctFrom(left, right) } else { Expr::IsDistinctFrom(left, right) }
        }))
    }

    as_stock! {
        fn identifier_quote_style(identifier: &str) -> Option<char>;
        fn is_delimited_identifier_start(c: char) -> bool;
        fn is_identifier_start(c: char) -> bool;
        fn is_identifier_part(c: char) -> bool;
        fn is_custom_operator_part(c: char) -> bool;
        fn is_reserved_for_identifier(keyword: Keyword) -> bool;
        fn get_next_precedence(parser: &Parser) -> Option<Result<u8, ParserError>>;
        fn prec_value(precedence: Precedence) -> u8;
        fn supports_unicode_string_literal() -> bool;
        fn supports_filter_during_aggregation() -> bool;
        fn supports_group_by_expr() -> bool;
        fn allow_extract_custom() -> bool;
        fn allow_extract_single_quotes() -> bool;
        fn supports_create_index_with_clause() -> bool;
        fn supports_explain_with_utility_options() -> bool;
        fn supports_listen_notify() -> bool;
        fn supports_factorial_operator() -> bool;
        fn supports_bitwise_shift_operators() -> bool;
        fn supports_comment_on() -> bool;
        fn supports_load_extension() -> bool;
        fn supports_named_fn_args_with_colon_operator() -> bool;
        fn supports_empty_projections() -> bool;
        fn supports_nested_comments() -> bool;
        fn supports_string_escape_constant() -> bool;
        fn supports_numeric_literal_underscores() -> bool;
        fn supports_array_typedef_with_brackets() -> bool;
        fn supports_geometric_types() -> bool;
        fn supports_set_names() -> bool;
        fn supports_alter_column_type_using() -> bool;
        fn supports_notnull_operator() -> bool;
        fn supports_interval_options() -> bool;
        fn supports_insert_table_alias() -> bool;
        fn supports_create_table_like_parenthesized() -> bool;
        fn supports_select_wildcard_with_alias() -> bool;
        fn supports_comma_separated_trim() -> bool;
        fn supports_xml_expressions() -> bool;
        fn supports_comment_optimizer_hint() -> bool;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in parentheses.
    fn shape(expr: &Expr) -> String {
        match expr {
            Expr::BinaryOp { left, op, right } => format!("({} {op} {})", shape(left), shape(right)),
            Expr::UnaryOp { op, expr } => format!("({op} {})", shape(expr)),
            Expr::IsDistinctFrom(left, right) => format!("({} <> {})", shape(left), shape(right)),
            Expr::IsNotDistinctFrom(left, right) => format!("({} == {})", shape(left), shape(right)),
            Expr::IsNotNull(inner) => format!("({} set)", shape(inner)),
            other => format!("{other}"),
        }
    }

    #[test]
    fn a_text_in_a_frame_may_have_a_cast() {
        let expr = |text: &str| {
            let mut parser = Parser::new(&PostgreSql).try_with_sql(text).unwrap();
            let expr = parser.parse_expr().unwrap();
            assert_eq!(parser.peek_token_ref().token, Token::EOF, "{text}");
            expr.to_string()
        };
        for text in [
            "count(*) OVER (ORDER BY d RANGE BETWEEN '7 days'::INTERVAL PRECEDING AND '1'::INTERVAL FOLLOWING)",
            "a BETWEEN '1'::INT + 1 AND '2'::INT::TEXT AND '3'::INT = b",
        ] {
            let spaced = expr(text).replace("INTERVAL '7 days'::INTERVAL", "'7 days'::INTERVAL");
            assert_eq!(spaced.replace("INTERVAL '1'::INTERVAL", "'1'::INTERVAL"), text);
        }
    }

    #[test]
    fn distinct_from_binds_closer_than_and() {
        let cases = [
            ("a IS DISTINCT FROM b AND c", "((a <> b) AND c)"),
            ("a IS NOT DISTINCT FROM b OR c AND d", "((a == b) OR (c AND d))"),
            ("p AND a IS DISTINCT FROM b + 1 OR c", "((p AND (a <> (b + 1))) OR c)"),
            ("NOT a IS DISTINCT FROM b AND c", "((NOT (a <> b)) AND c)"),
            ("a IS DISTINCT FROM b = c", "(a <> (b = c))"),
            ("a IS NOT NULL AND b IS DISTINCT FROM NULL", "((a set) AND (b <> NULL))"),
        ];
        for (text, expected) in cases {
            let mut parser = Parser::new(&PostgreSql).try_with_sql(text).unwrap();
            assert_eq!(shape(&parser.parse_expr().unwrap()), expected, "{text}");
        }
    }
}
