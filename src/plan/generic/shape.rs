//! The shape of a query: what stays the same when its constants change.
//!
//! Invariant: two queries of one shape, executed with their values, mean what each meant as it was written. So a constant
//! becomes a parameter only as the operand of a comparison in a condition, where PostgreSQL gives a parameter and a
//! literal the same type; and a query that looks at the moment, or has its parameters anywhere else, has no shape.

use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use sluice_base::{Datum, SqlType};
use sqlparser::ast::{self, BinaryOperator, Expr, Value, ValueWithSpan, Visit, VisitMut, Visitor, VisitorMut};

use crate::Query;

/// A query with its constants taken out.
pub(super) struct Shape {
    pub(super) query: Arc<ast::Query>,
    /// Types the parameters are declared with; `None` for quoted literals, which take the type of what they meet.
    pub(super) types: Vec<Option<SqlType>>,
    values: Vec<Datum>,
}

impl Shape {
    /// `None` where the query needs a custom plan.
    pub(super) fn of(query: &Query, params: &[(SqlType, Datum)]) -> Option<Shape> {
        let plain = |(sql_type, value): &(SqlType, Datum)| is_plain(sql_type) && !value.is_null();
        if !query.has_relations() || query.mixes_system() || !params.iter().all(plain) {
            return None;
        }
        let mut lifter = Lifter { values: Vec::new() };
        let ast = if params.is_empty() {
            let mut ast = ast::Query::clone(query.ast());
            let _: ControlFlow<()> = VisitMut::visit(&mut ast, &mut lifter);
            Arc::new(ast)
        } else {
            Arc::clone(query.shared_ast())
        };
        let mut survey = Survey::default();
        if ast.visit(&mut survey).is_break() || survey.parameters != survey.compared {
            return None;
        }
        let (types, values) = if params.is_empty() {
            lifter.values.into_iter().unzip()
        } else {
            params.iter().map(|(sql_type, value)| (Some(sql_type.clone()), value.clone())).unzip()
        };
        Some(Shape { query: ast, types, values })
    }

    /// The values in the types that the plan gave the parameters; `None` where one does not plainly fit.
    pub(super) fn values(self, types: &[SqlType]) -> Option<Arc<[(SqlType, Datum)]>> {
        if types.len() != self.values.len() {
            return None;
        }
        let typed = types.iter().zip(self.values).zip(self.types).map(|((sql_type, value), declared)| {
            let value = match (declared, value) {
                (Some(declared), value) => Some(value).filter(|_| declared == *sql_type),
                (None, Datum::Text(text)) => typed(text, sql_type),
                (None, _) => None,
            };
            Some((sql_type.clone(), value?))
        });
        typed.collect()
    }
}

/// Types whose values a plan does not depend on: a numeric brings its scale along.
pub(super) fn is_plain(sql_type: &SqlType) -> bool {
    use SqlType::*;
    matches!(sql_type, Bool | Int2 | Int4 | Int8 | Text | Varchar(_) | Date | Timestamp | Timestamptz | Uuid)
}

/// A quoted literal as a value, in the one spelling of its type that no setting changes.
fn typed(text: String, sql_type: &SqlType) -> Option<Datum> {
    match sql_type {
        SqlType::Text | SqlType::Varchar(_) => Some(Datum::Text(text)),
        SqlType::Date if is_spelled(&text, "dddd-dd-dd") => {
            let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?;
            let days = date.signed_duration_since(NaiveDate::default()).num_days();
            i32::try_from(days).ok().map(Datum::Date)
        }
        SqlType::Timestamp if is_spelled(&text, "dddd-dd-dd dd:dd:dd") => {
            let moment = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()?;
            Some(Datum::Timestamp(moment.and_utc().timestamp_micros()))
        }
        _ => None,
    }
}

/// Whether a text has this form, `d` being a digit, in a year that there was.
fn is_spelled(text: &str, form: &str) -> bool {
    let fits = |(found, wanted): (u8, u8)| if wanted == b'd' { found.is_ascii_digit() } else { found == wanted };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits) && !text.starts_with("0000")
}

/// Takes the constants out of the comparisons of WHERE and of join conditions.
struct Lifter {
    values: Vec<(Option<SqlType>, Datum)>,
}

impl VisitorMut for Lifter {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut ast::Select) -> ControlFlow<()> {
        if let Some(condition) = &mut select.selection {
            self.condition(condition);
        }
        ControlFlow::Continue(())
    }
}

impl Lifter {
    fn condition(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Nested(inner) => self.condition(inner),
            Expr::UnaryOp { op: ast::UnaryOperator::Not, expr } => self.condition(expr),
            Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
                self.condition(left);
                self.condition(right);
            }
            Expr::BinaryOp { left, op, right } if is_comparison(op) && is_name(left) => self.constant(right),
            Expr::Between { expr, low, high, .. } if is_name(expr) => {
                self.constant(low);
                self.constant(high);
            }
            // A long list is worth its own plan, and each length would have one.
            Expr::InList { expr, list, .. } if is_name(expr) && list.len() <= 8 => {
                list.iter_mut().for_each(|item| self.constant(item));
            }
            _ => {}
        }
    }

    fn constant(&mut self, expr: &mut Expr) {
        let Expr::Value(ValueWithSpan { value, .. }) = expr else { return };
        let lifted = match value {
            Value::SingleQuotedString(text) => (None, Datum::Text(text.clone())),
            Value::Number(digits, false) => match digits.parse::<i64>() {
                // As PostgreSQL types integer constants.
                Ok(number) if i32::try_from(number).is_ok() => (Some(SqlType::Int4), Datum::Int(number)),
                Ok(number) => (Some(SqlType::Int8), Datum::Int(number)),
                Err(_) => return,
            },
            _ => return,
        };
        self.values.push(lifted);
        *value = Value::Placeholder(format!("${}", self.values.len()));
    }
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::*;
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn is_name(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

fn is_parameter(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(ValueWithSpan { value: Value::Placeholder(_), .. }))
}

/// Functions that depend on their arguments alone.
const IMMUTABLE: &[&str] = &[
    "abs",
    "avg",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "concat",
    "count",
    "dense_rank",
    "floor",
    "greatest",
    "least",
    "left",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "nullif",
    "rank",
    "replace",
    "right",
    "round",
    "row_number",
    "rtrim",
    "substr",
    "sum",
    "upper",
];

/// Words that stand for the moment in a literal of a date or time (PostgreSQL documentation, "Special Values").
const MOMENTS: &[&str] = &["now", "today", "tomorrow", "yesterday", "allballs"];

/// Counts parameters, and those that are operands of comparisons; breaks off where the query looks at the moment.
#[derive(Default)]
struct Survey {
    parameters: usize,
    compared: usize,
}

impl Visitor for Survey {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let mut count = |operand: &Expr| self.compared += usize::from(is_parameter(operand));
        match expr {
            // Two parameters tell each other nothing about their types.
            Expr::BinaryOp { left, op, right } if is_comparison(op) && !(is_parameter(left) && is_parameter(right)) => {
                count(left);
                count(right);
            }
            Expr::Between { expr, low, high, .. } if is_name(expr) => {
                count(low);
                count(high);
            }
            Expr::InList { expr, list, .. } if is_name(expr) => list.iter().for_each(count),
            Expr::Function(function) if !is_immutable(function) => return ControlFlow::Break(()),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        match &value.value {
            Value::Placeholder(_) => self.parameters += 1,
            Value::SingleQuotedString(text) if is_moment(text) => return ControlFlow::Break(()),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn is_moment(text: &str) -> bool {
    // Anywhere in it: an array's text may have it as an item. A text that only looks so costs a plan of its own.
    let text = text.to_ascii_lowercase();
    MOMENTS.iter().any(|moment| text.contains(moment))
}

fn is_immutable(function: &ast::Function) -> bool {
    match function.name.0.as_slice() {
        [ast::ObjectNamePart::Identifier(name)] => IMMUTABLE.iter().any(|known| name.value.eq_ignore_ascii_case(known)),
        _ => false,
    }
}

/// Whether the query may look at the moment, or at anything else that is not in a plan's key.
pub(super) fn looks_at_moment(query: &ast::Query) -> bool {
    query.visit(&mut Survey::default()).is_break()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StatementKind, parse};

    /// The query with its constants taken out, and these; `None` where it has no shape.
    fn shape(sql: &str) -> Option<String> {
        let statements = parse(sql, &sluice_base::Limits::default()).expect("a statement");
        let StatementKind::Query(query) = &statements[0].kind else { panic!("a query") };
        let shape = Shape::of(query, &[])?;
        Some(format!("{} {:?}", shape.query, shape.values))
    }

    #[test]
    fn constants_of_conditions_are_taken_out() {
        let cases = [
            ("SELECT a FROM t WHERE b = 'x'", Some("SELECT a FROM t WHERE b = $1 [Text(\"x\")]")),
            (
                "SELECT a FROM t WHERE b > 5 AND c BETWEEN 1 AND 2",
                Some("SELECT a FROM t WHERE b > $1 AND c BETWEEN $2 AND $3 [Int(5), Int(1), Int(2)]"),
            ),
            (
                "SELECT 5, a FROM t WHERE b IN ('x', 'y')",
                Some("SELECT 5, a FROM t WHERE b IN ($1, $2) [Text(\"x\"), Text(\"y\")]"),
            ),
            // What is not a plain comparison stays as it was written.
            ("SELECT a FROM t WHERE b + 1 = 5", Some("SELECT a FROM t WHERE b + 1 = 5 []")),
            ("SELECT a FROM t WHERE b LIKE 'x%'", Some("SELECT a FROM t WHERE b LIKE 'x%' []")),
            ("SELECT a FROM t WHERE b = 1.5", Some("SELECT a FROM t WHERE b = 1.5 []")),
            ("SELECT a = 5 FROM t GROUP BY a = 5", Some("SELECT a = 5 FROM t GROUP BY a = 5 []")),
            (
                "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c = 7)",
                Some("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE c = $1) [Int(7)]"),
            ),
            // These look at the moment, or may.
            ("SELECT a FROM t WHERE b < now()", None),
            ("SELECT a FROM t WHERE b < CURRENT_DATE", None),
            ("SELECT a FROM t WHERE b < 'yesterday'::date", None),
            ("SELECT random() FROM t", None),
            ("SELECT current_user, a FROM t", None),
            ("SELECT 1", None),
        ];
        for (sql, expected) in cases {
            assert_eq!(shape(sql).as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn dates_and_times_have_one_spelling() {
        let typed = |text: &str, sql_type: &SqlType| typed(text.to_string(), sql_type).is_some();
        for (text, expected) in [
            ("2026-01-02", true),
            ("2026-02-30", false),
            ("-200-01-01", false),
            ("+026-01-01", false),
            ("0000-01-01", false),
            ("2026-1-002", false),
            ("yesterday.", false),
        ] {
            assert_eq!(typed(text, &SqlType::Date), expected, "{text}");
            assert_eq!(typed(&format!("{text} 01:02:03"), &SqlType::Timestamp), expected, "{text}");
        }
        assert!(!typed("2026-01-02\n01:02:03", &SqlType::Timestamp));
        assert!(!typed("2026-01-02 24:00:00", &SqlType::Timestamp));
    }

    #[test]
    fn parameters_outside_comparisons_need_a_custom_plan() {
        let cases = [
            ("SELECT a FROM t WHERE b = $1", true),
            ("SELECT a FROM t WHERE $1 = b AND c IN ($1, $1)", true),
            ("SELECT a + $1 FROM t WHERE b = $1", false),
            ("SELECT a FROM t WHERE b = ANY ($1)", false),
            ("SELECT a FROM t WHERE b LIKE $1", false),
            ("SELECT a FROM t LIMIT $1", false),
            ("SELECT a FROM t WHERE $1 = $1", false),
        ];
        for (sql, expected) in cases {
            let statements = parse(sql, &sluice_base::Limits::default()).expect("a statement");
            let StatementKind::Query(query) = &statements[0].kind else { panic!("a query") };
            let found = Shape::of(query, &[(SqlType::Int4, Datum::Int(1))]).is_some();
            assert_eq!(found, expected, "{sql}");
            assert!(Shape::of(query, &[(SqlType::Int4, Datum::Null)]).is_none(), "NULL: {sql}");
        }
    }
}
