//! Patterns of LIKE in the one form that the engine and the sources share: a backslash before `%`, `_` and itself, and
//! nowhere else.
//!
//! Invariant: no pattern in this form ends inside an escape. ESCAPE is gone from what is planned; a pattern that is no
//! constant is brought into the form by a function that no client can name.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::DataType;
use datafusion_common::{DataFusionError, Result, ScalarValue};
use datafusion_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, expr::ScalarFunction,
};
use sqlparser::ast::{self, Value};

use super::names::{Resolver, quoted};
use crate::PlanError;

/// Name of the function in the rewritten tree.
pub(super) const LIKE_PATTERN: &str = "\u{1}like_pattern";

static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    let signature = Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable);
    Arc::new(ScalarUDF::from(LikePattern { signature }))
});

/// The function for the planner's registry.
pub(super) fn function() -> Arc<ScalarUDF> {
    Arc::clone(&FUNCTION)
}

/// A pattern that escapes with a backslash, checked: a constant here, anything else while it runs.
///
/// # Errors
/// [`PlanError::EscapeAtEnd`] for a constant that ends inside an escape.
pub fn checked_pattern(pattern: Expr) -> Result<Expr, PlanError> {
    match &pattern {
        Expr::Literal(value, _) => match value.try_as_str() {
            Some(Some(text)) => canonical(text, Some('\\')).map(|_| pattern),
            _ => Ok(pattern),
        },
        Expr::ScalarFunction(call) if call.func.name() == LIKE_PATTERN => Ok(pattern),
        _ => {
            let escape = Expr::Literal(ScalarValue::Utf8(Some("\\".into())), None);
            Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function(), vec![pattern, escape])))
        }
    }
}

/// `x LIKE ANY (...)` as one LIKE for each pattern of an array that is written out.
pub(super) fn any(expr: &ast::Expr) -> Result<ast::Expr, PlanError> {
    let (ast::Expr::Like { pattern, .. } | ast::Expr::ILike { pattern, .. }) = expr else {
        return Err(PlanError::Internal("no LIKE".into()));
    };
    of_each(expr, pattern, ast::BinaryOperator::Or)
}

/// The array of `x LIKE ALL (...)`, which the parser takes for a call.
pub(super) fn array_of_all(pattern: &ast::Expr) -> Option<&ast::Expr> {
    let ast::Expr::Function(ast::Function { name, args: ast::FunctionArguments::List(list), over: None, .. }) = pattern
    else {
        return None;
    };
    let [ast::ObjectNamePart::Identifier(word)] = name.0.as_slice() else { return None };
    match list.args.as_slice() {
        [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(array))]
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("all") =>
        {
            Some(array)
        }
        _ => None,
    }
}

/// One LIKE for each pattern, under one operator.
pub(super) fn of_each(expr: &ast::Expr, array: &ast::Expr, op: ast::BinaryOperator) -> Result<ast::Expr, PlanError> {
    let (ast::Expr::Like { escape_char, .. } | ast::Expr::ILike { escape_char, .. }) = expr else {
        return Err(PlanError::Internal("no LIKE".into()));
    };
    let mut written = array;
    while let ast::Expr::Nested(inner) = written {
        written = inner;
    }
    let patterns = match (written, super::expressions::literal_text(written)) {
        (ast::Expr::Array(array), _) => array.elem.clone(),
        (_, Some(text)) => super::comparisons::array_text(text)?,
        _ => return Err(PlanError::Unsupported("LIKE ANY".into())),
    };
    if escape_char.is_some() || patterns.len() > PATTERNS_MAX {
        return Err(PlanError::Unsupported("LIKE ANY".into()));
    }
    let one = |pattern: ast::Expr| {
        let mut one = expr.clone();
        if let ast::Expr::Like { any, pattern: place, .. } | ast::Expr::ILike { any, pattern: place, .. } = &mut one {
            *any = false;
            **place = ast::Expr::Nested(Box::new(pattern));
        }
        one
    };
    let parts = patterns.into_iter().map(one).collect();
    let none = op == ast::BinaryOperator::And;
    Ok(ast::Expr::Nested(Box::new(super::names::balanced(parts, op, none))))
}

/// Patterns of one LIKE ANY.
const PATTERNS_MAX: usize = 1_000;

impl Resolver<'_> {
    /// Takes the ESCAPE away from a LIKE whose parts are resolved.
    pub(super) fn like(
        &self,
        pattern: &mut ast::Expr,
        escape: &mut Option<ast::ValueWithSpan>,
    ) -> Result<(), PlanError> {
        let Some(escape) = escape.take() else { return Ok(()) };
        let escape = match escape.value {
            Value::SingleQuotedString(text)
            | Value::EscapedStringLiteral(text)
            | Value::UnicodeStringLiteral(text)
            | Value::DollarQuotedString(ast::DollarQuotedString { value: text, .. }) => text,
            _ => return Err(PlanError::Unsupported("an ESCAPE that is not a constant".into())),
        };
        let character = character(&escape)?;
        if let Some(text) = super::expressions::literal_text(pattern) {
            *pattern = ast::Expr::value(Value::SingleQuotedString(canonical(text, character)?));
            return Ok(());
        }
        let given = std::mem::replace(pattern, ast::Expr::value(Value::Null));
        *pattern = call(given, ast::Expr::value(Value::SingleQuotedString(escape)));
        Ok(())
    }
}

/// The escape character; none for an empty ESCAPE.
fn character(escape: &str) -> Result<Option<char>, PlanError> {
    let mut all = escape.chars();
    match (all.next(), all.next()) {
        (first, None) => Ok(first),
        _ => Err(PlanError::InvalidEscape),
    }
}

/// A pattern in the common form.
fn canonical(pattern: &str, escape: Option<char>) -> Result<String, PlanError> {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(first) = rest.next() {
        let escaped = escape == Some(first);
        let meant = if escaped { rest.next().ok_or(PlanError::EscapeAtEnd)? } else { first };
        if (escaped && matches!(meant, '%' | '_')) || meant == '\\' {
            out.push('\\');
        }
        out.push(meant);
    }
    Ok(out)
}

fn call(pattern: ast::Expr, escape: ast::Expr) -> ast::Expr {
    let argument = |expr| ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr));
    ast::Expr::Function(ast::Function {
        name: ast::ObjectName(vec![ast::ObjectNamePart::Identifier(quoted(LIKE_PATTERN))]),
        uses_odbc_syntax: false,
        parameters: ast::FunctionArguments::None,
        args: ast::FunctionArguments::List(ast::FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![argument(pattern), argument(escape)],
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// A pattern and its escape to the common form.
#[derive(Debug, PartialEq, Eq, Hash)]
struct LikePattern {
    signature: Signature,
}

impl ScalarUDFImpl for LikePattern {
    fn name(&self) -> &str {
        LIKE_PATTERN
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [pattern, ColumnarValue::Scalar(escape)] = arguments.args.as_slice() else {
            return Err(DataFusionError::Internal("a LIKE pattern without its escape".into()));
        };
        let refused = |error: PlanError| DataFusionError::External(Box::new(error));
        let escape = character(escape.try_as_str().flatten().unwrap_or_default()).map_err(refused)?;
        let array = pattern.to_array(arguments.number_rows)?;
        let array = arrow::compute::cast(&array, &DataType::Utf8)?;
        let patterns = array.as_string::<i32>().iter();
        let read: Result<StringArray, PlanError> =
            patterns.map(|pattern| pattern.map(|text| canonical(text, escape)).transpose()).collect();
        let read = read.map_err(refused)?;
        match pattern {
            ColumnarValue::Scalar(_) if !read.is_empty() => {
                ScalarValue::try_from_array(&read, 0).map(ColumnarValue::Scalar)
            }
            _ => Ok(ColumnarValue::Array(Arc::new(read))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_the_same_in_the_common_form() {
        let cases = [
            ("100!%!_%", Some('!'), Some(r"100\%\_%")),
            (r"a\b", Some('!'), Some(r"a\\b")),
            (r"a\b", None, Some(r"a\\b")),
            (r"a\b\%\\", Some('\\'), Some(r"ab\%\\")),
            ("!!x!y", Some('!'), Some("!xy")),
            ("%%x%_", Some('%'), Some(r"\%x\_")),
            ("闸闸_", Some('闸'), Some("闸_")),
            ("x!", Some('!'), None),
            (r"x\", Some('\\'), None),
            (r"x\", None, Some(r"x\\")),
        ];
        for (pattern, escape, expected) in cases {
            assert_eq!(canonical(pattern, escape).ok().as_deref(), expected, "{pattern} {escape:?}");
        }
        assert_eq!(character("").ok(), Some(None));
        assert_eq!(character("闸").ok(), Some(Some('闸')));
        assert!(matches!(character("ab"), Err(PlanError::InvalidEscape)));
    }
}
