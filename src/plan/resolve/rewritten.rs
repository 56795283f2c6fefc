//! Calls that are written as others: what PostgreSQL has as a function and the engine as an operator, a cast or a call of
//! another form.

use sluice_base::SqlType;
use sqlparser::ast::{self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use super::calls::plain_arguments;
use super::expressions::literal_text;
use super::names::{Resolver, quoted};
use crate::PlanError;
use crate::query::fold;

/// `age(x)` is the age at the midnight that today begins with.
pub(super) fn since_today(function: &mut Function, asker: &super::Asker) -> Result<(), PlanError> {
    let args = plain_arguments(function)?;
    if args.len() == 1 {
        let today = super::moment::constant("current_date", asker);
        let today = today.ok_or_else(|| PlanError::Internal("no current_date".into()))?;
        args.insert(0, FunctionArg::Unnamed(FunctionArgExpr::Expr(today)));
    }
    Ok(())
}

/// `num_nulls(a, b)`: how many of the arguments are NULL.
pub(super) fn counted_nulls(function: &mut Function, name: &str) -> Result<Expr, PlanError> {
    let mut count = Expr::value(Value::Number("0".into(), false));
    for arg in std::mem::take(plain_arguments(function)?) {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = arg else {
            return Err(PlanError::Unsupported("this form of an argument".into()));
        };
        let value = Box::new(Expr::Nested(Box::new(value)));
        let test = if name == "num_nulls" { Expr::IsNull(value) } else { Expr::IsNotNull(value) };
        let kind = ast::CastKind::Cast;
        let data_type = ast::DataType::Integer(None);
        let expr = Box::new(Expr::Nested(Box::new(test)));
        let one = Expr::Cast { kind, expr, data_type, array: false, format: None };
        count = super::names::binary(count, ast::BinaryOperator::Plus, one);
    }
    Ok(count)
}

/// The arguments of `make_interval` by position, those that are left out being 0.
pub(super) fn in_order(function: &mut Function) -> Result<(), PlanError> {
    const NAMES: [&str; 7] = ["years", "months", "weeks", "days", "hours", "mins", "secs"];
    let args = plain_arguments(function)?;
    let wrong = || PlanError::UndefinedFunction("make_interval() of these arguments".into());
    let mut found: [Option<Expr>; 7] = Default::default();
    for (position, arg) in std::mem::take(args).into_iter().enumerate() {
        let (at, value) = match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => (position, value),
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. }
            | FunctionArg::ExprNamed { name: Expr::Identifier(name), arg: FunctionArgExpr::Expr(value), .. } => {
                let name = fold(&name);
                (NAMES.iter().position(|known| *known == name).ok_or_else(wrong)?, value)
            }
            _ => return Err(wrong()),
        };
        match found.get_mut(at) {
            Some(place @ None) => *place = Some(value),
            _ => return Err(wrong()),
        }
    }
    let zero = || Expr::value(Value::Number("0".into(), false));
    let all = found.into_iter().map(|value| {
        let mut value = value.unwrap_or_else(zero);
        super::names::narrow_integer(&mut value);
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value))
    });
    *args = all.collect();
    Ok(())
}

/// `div(a, b)`: what is left of `a` without its remainder is divided without one.
pub(super) fn whole_quotient(function: &mut Function, resolver: &Resolver) -> Result<Expr, PlanError> {
    let told = resolver.signature("div", function);
    let numeric = |value: &Expr| {
        let expr = Box::new(Expr::Nested(Box::new(value.clone())));
        let data_type = ast::DataType::Numeric(ast::ExactNumberInfo::None);
        Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None }
    };
    match plain_arguments(function)?.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(a)), FunctionArg::Unnamed(FunctionArgExpr::Expr(b))] => {
            use ast::BinaryOperator as B;
            let rest = super::names::binary(numeric(a), B::Modulo, numeric(b));
            let whole = super::names::binary(numeric(a), B::Minus, rest);
            Ok(super::names::call("trunc", vec![super::names::binary(whole, B::Divide, numeric(b))]))
        }
        _ => Err(PlanError::UndefinedFunction(told)),
    }
}

/// An average of intervals is their sum by their number.
pub(super) fn average_span(function: &Function) -> Result<Expr, PlanError> {
    let FunctionArguments::List(list) = &function.args else {
        return Err(PlanError::Unsupported("this form of a function call".into()));
    };
    if list.duplicate_treatment.is_some() {
        return Err(PlanError::Unsupported("avg of DISTINCT intervals".into()));
    }
    let of = |name: &str| {
        let name = ast::ObjectName(vec![ast::ObjectNamePart::Identifier(quoted(name))]);
        Expr::Function(Function { name, ..function.clone() })
    };
    Ok(super::names::binary(of("sum"), ast::BinaryOperator::Divide, of("count")))
}

/// A sum of times is one of intervals.
pub(super) fn as_span(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    if let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_mut_slice() {
        let data_type = ast::DataType::Interval { fields: None, precision: None };
        *value = super::nested::cast_to(std::mem::replace(value, Expr::value(Value::Null)), &data_type);
    }
}

/// `json_extract_path(json, 'a', 'b')` as steps.
pub(super) fn json_path(function: &mut Function, last: &'static str) -> Result<Expr, PlanError> {
    let mut args = std::mem::take(plain_arguments(function)?).into_iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
        _ => Err(PlanError::Unsupported("this form of an argument".into())),
    });
    let nothing = || PlanError::Unsupported("an empty path into json".into());
    let mut value = args.next().ok_or_else(nothing)??;
    let steps = args.collect::<Result<Vec<_>, _>>()?;
    let count = steps.len();
    if count == 0 {
        return Err(nothing());
    }
    for (at, step) in steps.into_iter().enumerate() {
        let name = if at + 1 == count { last } else { super::json::STEP };
        value = super::names::call(name, vec![value, step]);
    }
    Ok(value)
}

/// `date(x)` is a cast.
pub(super) fn cast_of(function: &mut Function, data_type: ast::DataType) -> Result<Expr, PlanError> {
    match plain_arguments(function)?.as_mut_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] => {
            let expr = Box::new(std::mem::replace(value, Expr::value(Value::Null)));
            Ok(Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None })
        }
        _ => Err(PlanError::UndefinedFunction(format!("{}()", function.name))),
    }
}

/// The digits of a negative `integer` are those of its 32 bits.
pub(super) fn unsigned_places(resolver: &Resolver, function: &mut Function) {
    let narrow = matches!(resolver.declared_arguments(function).as_slice(), [Some(SqlType::Int2 | SqlType::Int4)]);
    let Ok([FunctionArg::Unnamed(FunctionArgExpr::Expr(value))]) = plain_arguments(function).map(Vec::as_mut_slice)
    else {
        return;
    };
    if narrow {
        let number = |text: &str| Box::new(Expr::value(Value::Number(text.into(), false)));
        let inner = Box::new(Expr::Nested(Box::new(std::mem::replace(value, Expr::value(Value::Null)))));
        let wide = Expr::Cast {
            kind: ast::CastKind::Cast,
            expr: inner,
            data_type: ast::DataType::BigInt(None),
            array: false,
            format: None,
        };
        *value =
            Expr::BinaryOp { left: Box::new(wide), op: ast::BinaryOperator::BitwiseAnd, right: number("4294967295") };
    }
}

/// The arguments of a call as expressions.
pub(super) fn expressions(args: &mut Vec<FunctionArg>) -> Result<Vec<Expr>, PlanError> {
    let one = |arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
        _ => Err(PlanError::Unsupported("this form of an argument".into())),
    };
    std::mem::take(args).into_iter().map(one).collect()
}

/// `substring(text, pattern)`: what the first group of the pattern matches, or the whole of it.
pub(super) fn part_by_pattern(args: Vec<Expr>) -> Expr {
    super::names::call("\u{1}substring", args)
}

/// `quote_nullable(x)`
pub(super) fn quoted_or_null(args: Vec<Expr>) -> Expr {
    let word = Expr::value(Value::SingleQuotedString("NULL".into()));
    super::names::call("coalesce", vec![as_literal(args), word])
}

/// `quote_literal(x)` of any type.
pub(super) fn as_literal(mut args: Vec<Expr>) -> Expr {
    if let [value] = args.as_mut_slice() {
        let inner = Box::new(Expr::Nested(Box::new(std::mem::replace(value, Expr::value(Value::Null)))));
        let data_type = ast::DataType::Text;
        *value = Expr::Cast { kind: ast::CastKind::Cast, expr: inner, data_type, array: false, format: None };
    }
    super::names::call("quote_literal", args)
}

/// The form of `normalize(text, NFC)` is a word.
pub(super) fn normal_form(function: &mut Function) -> Result<(), PlanError> {
    let args = plain_arguments(function)?;
    let form = match args.get(1) {
        None => "NFC".to_string(),
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(form)))) => fold(form).to_uppercase(),
        Some(_) => return Err(PlanError::Form("syntax error in the form of normalize".into())),
    };
    if !matches!(form.as_str(), "NFC" | "NFD" | "NFKC" | "NFKD") || args.len() > 2 {
        return Err(PlanError::Form(format!("syntax error at or near \"{form}\"")));
    }
    args.truncate(1);
    args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::value(Value::SingleQuotedString(form)))));
    Ok(())
}

/// `nullif(a, b)` by the operator `=`, in the type in which that takes `a`.
pub(super) fn unless_equal(args: Vec<Expr>, types: &[Option<SqlType>]) -> Result<Expr, PlanError> {
    let [left, right]: [Expr; 2] = args.try_into().map_err(|_| PlanError::UndefinedFunction("nullif()".into()))?;
    let condition = super::names::binary(left.clone(), ast::BinaryOperator::Eq, right);
    let data_type = match types {
        [Some(SqlType::Float4 | SqlType::Float8), _] => None,
        [_, Some(SqlType::Float4 | SqlType::Float8)] => Some(ast::DataType::DoublePrecision),
        [_, Some(SqlType::Numeric(_))] => Some(ast::DataType::Numeric(ast::ExactNumberInfo::None)),
        _ => None,
    };
    let value = match data_type {
        Some(data_type) => {
            let expr = Box::new(Expr::Nested(Box::new(left)));
            Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None }
        }
        None => left,
    };
    Ok(super::names::when(condition, Expr::value(Value::Null), value))
}

/// A literal where bytes are wanted is read as bytes.
pub(super) fn read_bytes(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.args.first_mut()
        && literal_text(first).is_some()
    {
        let expr = Box::new(std::mem::replace(first, Expr::value(Value::Null)));
        let data_type = ast::DataType::Bytea;
        *first = Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None };
    }
}
