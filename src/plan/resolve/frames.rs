//! Frames of windows: what PostgreSQL refuses is refused, and what the engine lacks is put together from what it has.
//!
//! A frame with EXCLUDE is cut into pieces without it, and the results over the pieces are joined; the words of EXCLUDE
//! arrive as a mark among the keys of the window ([`crate::statement::EXCLUDED`]). Aggregates that the engine cannot take
//! rows out of again are computed by ones that it can.
//!
//! Source of the rules: PostgreSQL documentation, "Window Function Calls".

use std::ops::ControlFlow;

use sluice_base::SqlType;
use sqlparser::ast::{
    self, BinaryOperator as B, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value, WindowFrame,
    WindowFrameBound as Bound, WindowFrameUnits as Units, WindowSpec, WindowType,
};

use super::constants::{constant, spelled_out};
use super::expressions::literal_text;
use super::names::{Resolver, binary, call, null, object_name, when};
use super::{declared, functions};
use crate::PlanError;
use crate::statement::EXCLUDED;

/// What a frame leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Row,
    Group,
    Ties,
}

impl Resolver<'_> {
    /// A call over a window in forms that the engine has; `None` where it has this one.
    pub(super) fn framed(&self, function: &mut Function, name: &str) -> Result<Option<Expr>, PlanError> {
        if function.over.is_none() {
            return Ok(None);
        }
        if let FunctionArguments::List(list) = &function.args
            && list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct)
            && functions::is_aggregate(name)
        {
            return Err(PlanError::NotAllowed("DISTINCT is not implemented for window functions".into()));
        }
        if function.null_treatment.is_some() {
            return Err(PlanError::Form("syntax error at or near \"NULLS\"".into()));
        }
        if matches!(name, "lag" | "lead")
            && let Some(other) = with_default(function)?
        {
            return Ok(Some(other));
        }
        let Some(over) = &mut function.over else { return Ok(None) };
        if let WindowType::WindowSpec(spec) = over
            && let Some(left) = take_mark(spec)
        {
            let pieces = pieces(spec, left)?;
            return self.joined(function, name, pieces).map(Some);
        }
        let moves = match over {
            WindowType::NamedWindow(_) => true,
            WindowType::WindowSpec(spec) => {
                spec.window_frame.as_ref().is_some_and(|frame| !matches!(frame.start_bound, Bound::Preceding(None)))
            }
        };
        Ok(if moves { moving(function, name) } else { None })
    }

    /// The results over the pieces of a frame, joined.
    fn joined(&self, function: &Function, name: &str, pieces: Vec<WindowSpec>) -> Result<Expr, PlanError> {
        let mut plain = function.clone();
        plain.over = None;
        let over = |name: &str, spec: &WindowSpec| {
            let over = Some(WindowType::WindowSpec(spec.clone()));
            Expr::Function(Function { name: object_name(name), over, ..plain.clone() })
        };
        let all = |name: &str| pieces.iter().map(|spec| over(name, spec)).collect::<Vec<_>>();
        let zero = || Expr::value(Value::Number("0".into(), false));
        let counted = || all("count").into_iter().reduce(|sum, next| binary(sum, B::Plus, next)).unwrap_or_else(zero);
        // A piece without rows adds nothing.
        let folded = |name: &str, op: B| {
            let joined = |sum: Expr, next: Expr| {
                call("coalesce", vec![binary(sum.clone(), op.clone(), next.clone()), sum, next])
            };
            all(name).into_iter().reduce(joined).unwrap_or_else(null)
        };
        let argument = match &function.args {
            FunctionArguments::List(list) => match list.args.as_slice() {
                [FunctionArg::Unnamed(FunctionArgExpr::Expr(only))] => self.declared(only),
                _ => None,
            },
            _ => None,
        };
        Ok(match name {
            "count" => counted(),
            "sum" => folded("sum", B::Plus),
            "bool_and" | "every" => folded("bool_and", B::And),
            "bool_or" => folded("bool_or", B::Or),
            "min" | "max" if !pieces.is_empty() => call(if name == "min" { "least" } else { "greatest" }, all(name)),
            "avg" if argument.as_ref().is_some_and(SqlType::is_number) => {
                let data_type = match argument {
                    Some(SqlType::Float4 | SqlType::Float8) => ast::DataType::DoublePrecision,
                    _ => ast::DataType::Numeric(ast::ExactNumberInfo::None),
                };
                let sum = Box::new(Expr::Nested(Box::new(folded("sum", B::Plus))));
                let sum = Expr::Cast { kind: ast::CastKind::Cast, expr: sum, data_type, array: false, format: None };
                binary(sum, B::Divide, call("nullif", vec![counted(), zero()]))
            }
            _ => return Err(PlanError::Unsupported(format!("EXCLUDE in the frame of {name}"))),
        })
    }
}

/// `lag(x, n, y)` with a default that is no constant, which the engine does not have: where there is no row so far off, a
/// number asked for in its place is NULL. `None` where the default is a constant or there is none.
fn with_default(function: &Function) -> Result<Option<Expr>, PlanError> {
    let FunctionArguments::List(list) = &function.args else { return Ok(None) };
    let expressions = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    });
    let Some(args) = expressions.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let [value, distance, rest @ ..] = args.as_slice() else { return Ok(None) };
    if !is_constant(distance) {
        let name = &function.name;
        return Err(PlanError::Unsupported(format!("{name} over a distance that is no constant")));
    }
    let ([instead], None, [], None) = (rest, &function.filter, list.clauses.as_slice(), &list.duplicate_treatment)
    else {
        return Ok(None);
    };
    if is_constant(instead) || matches!(distance, Expr::Value(value) if value.value == Value::Null) {
        return Ok(None);
    }
    for argument in &args {
        if functions::has_window(argument) {
            return Err(PlanError::Window("window function calls cannot be nested".into()));
        }
    }
    let over = |value: Expr| {
        let Expr::Function(made) = call("", vec![value, (*distance).clone()]) else { return null() };
        Expr::Function(Function { args: made.args, ..function.clone() })
    };
    let one = Expr::value(Value::Number("1".into(), false));
    let none = Expr::IsNull(Box::new(over(one)));
    Ok(Some(when(none, (*instead).clone(), over((*value).clone()))))
}

/// Whether nothing in an expression depends on a row.
fn is_constant(expr: &Expr) -> bool {
    ast::visit_expressions(expr, |part| match part {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => ControlFlow::Break(()),
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_continue()
}

/// Whether the words of EXCLUDE stand among the keys of a window.
pub(super) fn is_marked(spec: &WindowSpec) -> bool {
    take_mark(&mut spec.clone()).is_some()
}

/// The words of EXCLUDE behind a frame, which stand among the keys of the window until here.
fn take_mark(spec: &mut WindowSpec) -> Option<Left> {
    let of = |expr: &Expr| match expr {
        Expr::Identifier(ident) => match ident.value.strip_prefix(EXCLUDED)? {
            "row" => Some(Left::Row),
            "group" => Some(Left::Group),
            _ => Some(Left::Ties),
        },
        _ => None,
    };
    if let Some(left) = spec.order_by.last().and_then(|item| of(&item.expr)) {
        spec.order_by.pop();
        return Some(left);
    }
    let left = spec.partition_by.last().and_then(of)?;
    spec.partition_by.pop();
    Some(left)
}

fn number(value: u64) -> Option<Box<Expr>> {
    Some(Box::new(Expr::value(Value::Number(value.to_string(), false))))
}

/// The windows without EXCLUDE whose frames are together the frame of a window with it.
fn pieces(spec: &WindowSpec, left: Left) -> Result<Vec<WindowSpec>, PlanError> {
    let unsupported = || PlanError::Unsupported("EXCLUDE behind a frame of this form".into());
    let frame = spec.window_frame.clone().ok_or_else(unsupported)?;
    let (start, end) = (frame.start_bound.clone(), frame.end_bound.clone().unwrap_or(Bound::CurrentRow));
    let whole = matches!((&start, &end), (Bound::Preceding(None), Bound::Following(None)));
    let with = |units: Units, start: Bound, end: Bound| WindowSpec {
        window_frame: Some(WindowFrame { units, start_bound: start, end_bound: Some(end) }),
        ..spec.clone()
    };
    let units = match (left, frame.units, whole) {
        (Left::Row, Units::Rows, _) | (Left::Row, _, true) => Units::Rows,
        (Left::Group | Left::Ties, Units::Groups, _) | (Left::Group | Left::Ties, _, true) => Units::Groups,
        (Left::Group | Left::Ties, Units::Range, false)
            if matches!((&start, &end), (Bound::Preceding(None), Bound::CurrentRow)) =>
        {
            Units::Groups
        }
        _ => return Err(unsupported()),
    };
    if units == Units::Groups && spec.order_by.is_empty() {
        return Err(unsupported());
    }
    let zero = |bound: &Bound| match bound {
        Bound::Preceding(Some(offset)) | Bound::Following(Some(offset)) => constant(offset) == Some(0),
        _ => false,
    };
    // A frame that the current row is not in.
    if matches!(start, Bound::Following(_)) && !zero(&start) || matches!(end, Bound::Preceding(_)) && !zero(&end) {
        return Ok(vec![with(units, start, end)]);
    }
    let mut pieces = Vec::new();
    if matches!(start, Bound::Preceding(_)) && !zero(&start) {
        pieces.push(with(units, start, Bound::Preceding(number(1))));
    }
    if left == Left::Ties {
        pieces.push(with(Units::Rows, Bound::CurrentRow, Bound::CurrentRow));
    }
    if matches!(end, Bound::Following(_)) && !zero(&end) {
        pieces.push(with(units, Bound::Following(number(1)), end));
    }
    Ok(pieces)
}

/// An aggregate over a frame that rows leave, by others.
fn moving(function: &Function, name: &str) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let renamed = |name: &str, args: Vec<Expr>| {
        let Expr::Function(made) = call(name, args) else { return null() };
        Expr::Function(Function { name: made.name, args: made.args, ..function.clone() })
    };
    let cast = |expr: &Expr, data_type: ast::DataType| {
        let expr = Box::new(Expr::Nested(Box::new(expr.clone())));
        Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None }
    };
    let number = |text: &str| Expr::value(Value::Number(text.into(), false));
    match (name, list.args.as_slice()) {
        ("bool_and" | "every" | "bool_or", [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))]) => {
            let by = if name == "bool_or" { "max" } else { "min" };
            let least = renamed(by, vec![cast(value, ast::DataType::Integer(None))]);
            Some(binary(least, B::Eq, number("1")))
        }
        (
            "string_agg",
            [
                FunctionArg::Unnamed(FunctionArgExpr::Expr(value)),
                FunctionArg::Unnamed(FunctionArgExpr::Expr(separator)),
            ],
        ) if literal_text(separator).is_some() => {
            let items = renamed("array_agg", vec![cast(value, ast::DataType::Text)]);
            let joined = call("array_to_string", vec![items, separator.clone()]);
            let present = binary(renamed("count", vec![value.clone()]), B::Gt, number("0"));
            Some(when(present, joined, null()))
        }
        _ => None,
    }
}

/// Refuses frames that PostgreSQL refuses, and those that end before they begin; offsets become constants.
pub(super) fn check(spec: &mut WindowSpec, of_key: Option<&SqlType>) -> Result<(), PlanError> {
    let keys = spec.order_by.len();
    let Some(frame) = &mut spec.window_frame else { return Ok(()) };
    let rank = |bound: &Bound| match bound {
        Bound::Preceding(None) => 0,
        Bound::Preceding(Some(_)) => 1,
        Bound::CurrentRow => 2,
        Bound::Following(Some(_)) => 3,
        Bound::Following(None) => 4,
    };
    let (start, end) = (rank(&frame.start_bound), frame.end_bound.as_ref().map_or(2, rank));
    match (start, end) {
        (4, _) => return Err(PlanError::Frame("frame start cannot be UNBOUNDED FOLLOWING")),
        (_, 0) => return Err(PlanError::Frame("frame end cannot be UNBOUNDED PRECEDING")),
        (2, 1) => return Err(PlanError::Frame("frame starting from current row cannot have preceding rows")),
        (3, 1) => return Err(PlanError::Frame("frame starting from following row cannot have preceding rows")),
        (3, 2) => return Err(PlanError::Frame("frame starting from following row cannot end with current row")),
        _ => {}
    }
    let offset = |bound: &Bound| matches!(bound, Bound::Preceding(Some(_)) | Bound::Following(Some(_)));
    let offsets = offset(&frame.start_bound) || frame.end_bound.as_ref().is_some_and(offset);
    if frame.units == Units::Range && offsets && keys != 1 {
        return Err(PlanError::Frame("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column"));
    }
    if frame.units == Units::Groups && keys == 0 {
        return Err(PlanError::Frame("GROUPS mode requires an ORDER BY clause"));
    }
    let units = frame.units;
    let ends = [(Some(&mut frame.start_bound), "starting"), (frame.end_bound.as_mut(), "ending")];
    let mut counts = [None, None];
    for ((bound, which), count) in ends.into_iter().zip(&mut counts) {
        let Some(Bound::Preceding(Some(offset)) | Bound::Following(Some(offset))) = bound else { continue };
        if units == Units::Range {
            spelled_out(offset)?;
            in_range(offset, of_key)?;
            if of_key.is_some_and(SqlType::is_number) {
                uncast(offset);
            }
        }
        let Some(constant) = constant(offset) else {
            if units == Units::Range {
                continue;
            }
            return Err(PlanError::Unsupported("a frame of so many rows as an expression tells".into()));
        };
        if constant < 0 {
            return Err(PlanError::FrameOffset(match (units, which) {
                (Units::Range, _) => "invalid preceding or following size in window function",
                (_, "starting") => "frame starting offset must not be negative",
                _ => "frame ending offset must not be negative",
            }));
        }
        **offset = Expr::value(Value::Number(constant.to_string(), false));
        *count = Some(constant);
    }
    match (start, end, counts) {
        (1, 1, [Some(from), Some(to)]) if from < to => Err(empty()),
        (3, 3, [Some(from), Some(to)]) if from > to => Err(empty()),
        _ => Ok(()),
    }
}

fn empty() -> PlanError {
    PlanError::Unsupported("a frame that ends before it begins".into())
}

/// Refuses offsets that the key of a window does not have.
fn in_range(offset: &Expr, of_key: Option<&SqlType>) -> Result<(), PlanError> {
    const NEGATIVE: PlanError = PlanError::FrameOffset("invalid preceding or following size in window function");
    let Some(key) = of_key else { return Ok(()) };
    let given = match offset {
        Expr::Interval(_) => Some("interval"),
        Expr::Cast { data_type, .. } => match super::sql_type_of(data_type)? {
            SqlType::Interval => Some("interval"),
            found if found.is_number() => None,
            _ => return Ok(()),
        },
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) if text.contains(['.', 'e', 'E']) => Some("numeric"),
            Value::Number(..) => Some("integer"),
            _ => None,
        },
        _ => None,
    };
    let not_over = |of: String| {
        let told = format!("RANGE with offset PRECEDING/FOLLOWING is not supported for column type {of}");
        Err(PlanError::NotAllowed(told))
    };
    // There is no order of varchar of its own.
    let shown = if matches!(key, SqlType::Varchar(_)) { "text".into() } else { declared::shown(key) };
    match (key, given) {
        (SqlType::Time | SqlType::Interval, Some("interval") | None) => {
            return Err(PlanError::Unsupported(format!("a frame RANGE with an offset over {shown}")));
        }
        (SqlType::Date | SqlType::Timestamp | SqlType::Timestamptz, Some(given @ ("integer" | "numeric")))
        | (SqlType::Time | SqlType::Interval, Some(given))
        | (SqlType::Int2 | SqlType::Int4 | SqlType::Int8, Some(given @ ("numeric" | "interval")))
        | (SqlType::Numeric(_) | SqlType::Float4 | SqlType::Float8, Some(given @ "interval")) => {
            return not_over(format!("{shown} and offset type {given}"));
        }
        (key, _) if key.is_number() => {}
        (SqlType::Date | SqlType::Timestamp | SqlType::Timestamptz, _) => {}
        _ => return not_over(shown),
    }
    let literal = match offset {
        Expr::Interval(interval) if interval.leading_field.is_none() => literal_text(&interval.value),
        Expr::Cast { expr, .. } => literal_text(expr),
        other => literal_text(other),
    };
    if let Some(text) = literal.filter(|_| !key.is_number()) {
        let span = crate::datetime::read_interval(text)?;
        let days = i128::from(span.months) * 30 + i128::from(span.days);
        if days * 86_400_000_000 + i128::from(span.micros) < 0 {
            return Err(NEGATIVE);
        }
    }
    match offset {
        Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } if matches!(**expr, Expr::Value(_)) => Err(NEGATIVE),
        _ => Ok(()),
    }
}

/// A number without the cast around it, which does not change what it is.
fn uncast(offset: &mut Expr) {
    if let Expr::Cast { expr, data_type, .. } = offset
        && let Expr::Value(value) = &**expr
        && matches!(value.value, Value::Number(..))
        && super::sql_type_of(data_type).is_ok_and(|found| {
            matches!(found, SqlType::Numeric(None) | SqlType::Int4 | SqlType::Int8 | SqlType::Float8)
        })
    {
        *offset = Expr::Value(value.clone());
    }
}
