//! Calls: functions to the allow-list under the engine's names, session values to constants, and the forms of a call that
//! stand for something else.

use sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Value, WindowType,
};

use sluice_base::SqlType;

use super::expressions::literal_text;
use super::names::{Resolver, quoted};
use super::{functions, untyped};
use crate::PlanError;
use crate::datetime;
use crate::numeric;
use crate::query::{fold, fold_name};

impl Resolver<'_> {
    pub(super) fn function_expr(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let Expr::Function(function) = expr else { return Ok(()) };
        let parts = fold_name(&function.name)?;
        let name = match parts.as_slice() {
            [name] => name.clone(),
            [schema, name] if schema == "pg_catalog" => name.clone(),
            _ => return Err(PlanError::UndefinedFunction(parts.join("."))),
        };
        if no_arguments(function)
            && let Some(constant) = self.session_value(&name).or_else(|| super::moment::constant(&name, self.asker))
        {
            *expr = constant;
            return Ok(());
        }
        match name.as_str() {
            "mod" => return self.modulo(expr),
            "avg" if self.declared_arguments(function).as_slice() == [Some(SqlType::Interval)] => {
                *expr = average_span(function)?;
                return self.expr(expr);
            }
            "array" => return Err(PlanError::Unsupported("ARRAY of a subquery".into())),
            "percentile_cont" | "percentile_disc" | "mode" => return self.ordered_set(expr, &name),
            "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop"
                if self.has_exact_spread(function) =>
            {
                return self.exact_spread(expr, &name);
            }
            "div" => {
                *expr = whole_quotient(function, self)?;
                return self.expr(expr);
            }
            "json_extract_path" | "jsonb_extract_path" | "json_extract_path_text" | "jsonb_extract_path_text" => {
                if let FunctionArguments::List(list) = &mut function.args {
                    for arg in &mut list.args {
                        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) = arg {
                            self.expr(inner)?;
                        }
                    }
                }
                let last = if name.ends_with("_text") { super::json::STEP_TEXT } else { super::json::STEP };
                *expr = json_path(function, last)?;
                return Ok(());
            }
            _ if super::documents::is_builder(&name) => return self.json_builder(expr, &name),
            _ if functions::is_json_aggregate(&name) => return self.json_aggregate(expr, &name),
            _ if super::names::is_set_function(&name) => return self.set_function_expr(expr, &name),
            "num_nulls" | "num_nonnulls" => {
                *expr = counted_nulls(function, &name)?;
                return self.expr(expr);
            }
            "format" => {
                *expr = super::format::written_out(function)?;
                return self.expr(expr);
            }
            "to_hex" => unsigned_places(self, function),
            "age" => since_today(function, self.asker)?,
            "make_interval" => in_order(function)?,
            "date" => {
                *expr = cast_of(function, ast::DataType::Date)?;
                return self.expr(expr);
            }
            _ => {}
        }
        let shown = self.signature(&name, function);
        let Some(engine_name) = functions::engine_name(&name) else {
            return Err(match functions::is_postgres(&name) {
                true => PlanError::Unsupported(format!("the function {name}")),
                false => PlanError::UndefinedFunction(shown),
            });
        };
        functions::check_kind(&name, engine_name, function)?;
        let declared_arguments = self.declared_arguments(function);
        check_items(&name, function, &declared_arguments, &shown)?;
        self.calls.push((engine_name, shown));
        function.name = ast::ObjectName(vec![ast::ObjectNamePart::Identifier(quoted(engine_name))]);
        self.function(function, engine_name, &declared_arguments)?;
        if let Some(data_type) = result_type(engine_name, &declared_arguments, function.over.is_some()) {
            let inner = Box::new(std::mem::replace(expr, Expr::value(Value::Null)));
            *expr = Expr::Cast { kind: ast::CastKind::Cast, expr: inner, data_type, array: false, format: None };
            return Ok(());
        }
        if numeric::gives_scaled(engine_name) && function.over.is_none() {
            let scaled = std::mem::replace(expr, Expr::value(Value::Null));
            *expr = super::names::call(numeric::VALUE, vec![scaled]);
        }
        Ok(())
    }

    /// `mod(a, b)` is `a % b`.
    fn modulo(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = expr else {
            return Err(PlanError::UndefinedFunction("mod()".into()));
        };
        let mut operands = Vec::new();
        for arg in std::mem::take(&mut list.args) {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(mut operand)) => {
                    self.expr(&mut operand)?;
                    operands.push(Expr::Nested(Box::new(operand)));
                }
                _ => return Err(PlanError::UndefinedFunction("mod()".into())),
            }
        }
        let [left, right]: [Expr; 2] = operands.try_into().map_err(|_| PlanError::UndefinedFunction("mod()".into()))?;
        let (left, right) = (Box::new(left), Box::new(right));
        *expr = Expr::Nested(Box::new(Expr::BinaryOp { left, op: ast::BinaryOperator::Modulo, right }));
        Ok(())
    }

    pub(super) fn function(
        &mut self,
        function: &mut Function,
        engine_name: &str,
        declared_arguments: &[Option<SqlType>],
    ) -> Result<(), PlanError> {
        if function.uses_odbc_syntax || !matches!(function.parameters, FunctionArguments::None) {
            return Err(PlanError::Unsupported("this form of a function call".into()));
        }
        match &mut function.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(_) => return Err(PlanError::Unsupported("a bare subquery argument".into())),
            FunctionArguments::List(list) => {
                let plain = list.args.iter().filter_map(|arg| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => Some(inner),
                    _ => None,
                });
                match engine_name {
                    "coalesce" | "greatest" | "least" => self.matched(plain, &engine_name.to_ascii_uppercase())?,
                    "nullif" => {
                        let jsonb = declared_arguments.iter().flatten().find(|found| **found == SqlType::Jsonb);
                        super::json::refuse_equality(jsonb, "nullif")?;
                        if let [Some(left), Some(right)] = declared_arguments {
                            super::operands::check(&ast::BinaryOperator::Eq, Some(left), Some(right))?;
                        }
                    }
                    _ => {}
                }
                for arg in &mut list.args {
                    match arg {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => self.expr(inner)?,
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if engine_name == "count" => {}
                        _ => return Err(PlanError::Unsupported("this form of an argument".into())),
                    }
                }
                for clause in &mut list.clauses {
                    match clause {
                        FunctionArgumentClause::OrderBy(items) => self.each(items.iter_mut().map(|i| &mut i.expr))?,
                        FunctionArgumentClause::IgnoreOrRespectNulls(_) => {}
                        _ => return Err(PlanError::Unsupported("this clause in a function call".into())),
                    }
                }
                if matches!(engine_name, "concat" | "concat_ws" | "octet_length") {
                    for (arg, declared) in list.args.iter_mut().zip(declared_arguments) {
                        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
                            filled_up(expr, declared.as_ref());
                        }
                    }
                }
                let typed =
                    matches!(engine_name, "coalesce" | "nullif" | "greatest" | "least" | "abs" | "lag" | "lead");
                if typed || datetime::names().contains(&engine_name) || crate::nested::NAMES.contains(&engine_name) {
                    narrow_literals(&mut list.args);
                }
                if matches!(engine_name, "coalesce" | "nullif" | "greatest" | "least" | "array_cat") {
                    let arguments = list.args.iter_mut().filter_map(|argument| match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => Some(inner),
                        _ => None,
                    });
                    untyped::adopt(&mut arguments.collect::<Vec<_>>());
                }
                self.check_length(engine_name, &list.args)?;
                check_place(engine_name, &list.args)?;
                if engine_name == "sum" {
                    narrow_results(&mut list.args);
                }
            }
        }
        if let Some(filter) = function.filter.as_deref_mut() {
            self.boolean(filter, "FILTER")?;
            self.expr(filter)?;
        }
        self.each(function.within_group.iter_mut().map(|item| &mut item.expr))?;
        match &mut function.over {
            None => Ok(()),
            Some(WindowType::NamedWindow(name)) => {
                *name = quoted(&fold(name));
                Ok(())
            }
            Some(WindowType::WindowSpec(spec)) => self.window(spec),
        }
    }

    fn window(&mut self, spec: &mut ast::WindowSpec) -> Result<(), PlanError> {
        // In the select list and in WINDOW it is written out by now.
        if spec.window_name.is_some() {
            return Err(PlanError::Unsupported("a window built on a named one at this place".into()));
        }
        if let Some(frame) = &spec.window_frame {
            check_frame(frame)?;
        }
        for expr in &mut spec.partition_by {
            super::json::refuse_equality(self.declared(expr).as_ref(), "PARTITION BY")?;
            self.expr(expr)?;
        }
        for item in &mut spec.order_by {
            super::json::refuse_order(self.declared(&item.expr).as_ref())?;
            self.expr(&mut item.expr)?;
        }
        Ok(())
    }

    /// What the text tells of the types of a call's arguments.
    fn declared_arguments(&self, function: &Function) -> Vec<Option<SqlType>> {
        let FunctionArguments::List(list) = &function.args else { return Vec::new() };
        let arguments = list.args.iter().map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.declared(expr),
            _ => None,
        });
        arguments.collect()
    }

    pub(super) fn named_window(&mut self, window: &mut ast::NamedWindowDefinition) -> Result<(), PlanError> {
        window.0 = quoted(&fold(&window.0));
        match &mut window.1 {
            ast::NamedWindowExpr::NamedWindow(name) => {
                *name = quoted(&fold(name));
                Ok(())
            }
            ast::NamedWindowExpr::WindowSpec(spec) => self.window(spec),
        }
    }

    /// `repeat('x', 1000000000)` must not be tried: the length of such a result has to be a small constant.
    fn check_length(&self, engine_name: &str, args: &[FunctionArg]) -> Result<(), PlanError> {
        let Some(position) = functions::length_argument(engine_name) else { return Ok(()) };
        let length = match args.get(position) {
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))) => literal_integer(expr),
            _ => None,
        };
        let text_bytes = match (engine_name, args.first()) {
            ("repeat", Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)))) => {
                literal_text(expr).map_or(256, |text| text.len().max(1))
            }
            _ => 4,
        };
        match length {
            Some(length) if length.saturating_mul(text_bytes as u64) <= self.asker.limits.value_bytes_max as u64 => {
                Ok(())
            }
            Some(_) => Err(PlanError::TooLarge("a text function")),
            None => Err(PlanError::Unsupported("a text length that is not a constant".into())),
        }
    }
}

/// Refuses aggregates of what cannot be compared or gathered, and puts what is gathered once into an order.
fn check_items(
    name: &str,
    function: &mut Function,
    declared: &[Option<SqlType>],
    shown: &str,
) -> Result<(), PlanError> {
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    let first = declared.first().and_then(Option::as_ref);
    let distinct = list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct);
    match (name, first) {
        ("min" | "max", Some(SqlType::Json | SqlType::Jsonb)) => {
            return Err(PlanError::UndefinedFunction(shown.to_string()));
        }
        ("array_agg", Some(SqlType::Array(_))) => {
            return Err(PlanError::Unsupported("an array of arrays".into()));
        }
        _ if distinct => super::json::refuse_equality(first, "DISTINCT")?,
        _ => {}
    }
    let ordered = list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_)));
    if let ("array_agg", true, false, [FunctionArg::Unnamed(FunctionArgExpr::Expr(item))]) =
        (name, distinct, ordered, list.args.as_slice())
    {
        let options = ast::OrderByOptions { asc: Some(true), nulls_first: Some(false) };
        let by = ast::OrderByExpr { expr: item.clone(), options, with_fill: None };
        list.clauses.push(FunctionArgumentClause::OrderBy(vec![by]));
    }
    Ok(())
}

/// The engine takes a count or a place below one for a fault of its own.
fn check_place(engine_name: &str, args: &[FunctionArg]) -> Result<(), PlanError> {
    let (name, at) = match engine_name {
        "ntile" => ("ntile", 0),
        "nth_value" => ("nth_value", 1),
        _ => return Ok(()),
    };
    match args.get(at) {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))) if literal_integer(expr) == Some(0) => {
            Err(PlanError::Place(name))
        }
        _ => Ok(()),
    }
}

/// A frame ends where it begins, or later.
fn check_frame(frame: &ast::WindowFrame) -> Result<(), PlanError> {
    use ast::WindowFrameBound as B;
    let rank = |bound: &B| match bound {
        B::Preceding(None) => 0,
        B::Preceding(Some(_)) => 1,
        B::CurrentRow => 2,
        B::Following(Some(_)) => 3,
        B::Following(None) => 4,
    };
    let (start, end) = (rank(&frame.start_bound), frame.end_bound.as_ref().map_or(2, rank));
    match (start, end) {
        (4, _) => Err(PlanError::Frame("frame start cannot be UNBOUNDED FOLLOWING")),
        (_, 0) => Err(PlanError::Frame("frame end cannot be UNBOUNDED PRECEDING")),
        (2, 1) => Err(PlanError::Frame("frame starting from current row cannot have preceding rows")),
        (3, 1) => Err(PlanError::Frame("frame starting from following row cannot have preceding rows")),
        (3, 2) => Err(PlanError::Frame("frame starting from following row cannot end with current row")),
        _ => Ok(()),
    }
}

/// The arguments of a call, where all of them are plain expressions.
pub(super) fn plain_arguments(function: &mut Function) -> Result<&mut Vec<FunctionArg>, PlanError> {
    match &mut function.args {
        FunctionArguments::List(list) if list.clauses.is_empty() && list.duplicate_treatment.is_none() => {
            Ok(&mut list.args)
        }
        _ => Err(PlanError::Unsupported("this form of a function call".into())),
    }
}

/// `age(x)` is the age at the midnight that today begins with.
fn since_today(function: &mut Function, asker: &super::Asker) -> Result<(), PlanError> {
    let args = plain_arguments(function)?;
    if args.len() == 1 {
        let today = super::moment::constant("current_date", asker);
        let today = today.ok_or_else(|| PlanError::Internal("no current_date".into()))?;
        args.insert(0, FunctionArg::Unnamed(FunctionArgExpr::Expr(today)));
    }
    Ok(())
}

/// `num_nulls(a, b)`: how many of the arguments are NULL.
fn counted_nulls(function: &mut Function, name: &str) -> Result<Expr, PlanError> {
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
fn in_order(function: &mut Function) -> Result<(), PlanError> {
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
fn whole_quotient(function: &mut Function, resolver: &Resolver) -> Result<Expr, PlanError> {
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
fn average_span(function: &Function) -> Result<Expr, PlanError> {
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

/// A `char(n)` with its blanks, where PostgreSQL takes it as it is written out.
pub(super) fn filled_up(expr: &mut Expr, declared: Option<&SqlType>) {
    if let Some(SqlType::Bpchar(Some(length))) = declared {
        let length = Expr::value(Value::Number(length.to_string(), false));
        let text = std::mem::replace(expr, Expr::value(Value::Null));
        *expr = super::names::call("rpad", vec![text, length]);
    }
}

/// `json_extract_path(json, 'a', 'b')` as steps.
fn json_path(function: &mut Function, last: &'static str) -> Result<Expr, PlanError> {
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
fn cast_of(function: &mut Function, data_type: ast::DataType) -> Result<Expr, PlanError> {
    match plain_arguments(function)?.as_mut_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] => {
            let expr = Box::new(std::mem::replace(value, Expr::value(Value::Null)));
            Ok(Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None })
        }
        _ => Err(PlanError::UndefinedFunction(format!("{}()", function.name))),
    }
}

/// The type of a result that the engine has in another one: a place in a window, a sum of `real`, the greatest common
/// divisor of integers, texts put together. What is computed from it would have another type otherwise.
fn result_type(engine_name: &str, arguments: &[Option<SqlType>], over: bool) -> Option<ast::DataType> {
    let all = |wanted: &[SqlType]| {
        !arguments.is_empty()
            && arguments.iter().all(|found| found.as_ref().is_some_and(|found| wanted.contains(found)))
    };
    match engine_name {
        "row_number" | "rank" | "dense_rank" if over => Some(ast::DataType::BigInt(None)),
        "ntile" if over => Some(ast::DataType::Integer(None)),
        "sum" if all(&[SqlType::Float4]) => Some(ast::DataType::Real),
        "gcd" | "lcm" if all(&[SqlType::Int2, SqlType::Int4]) => Some(ast::DataType::Integer(None)),
        "string_agg" => Some(ast::DataType::Text),
        _ => None,
    }
}

/// The digits of a negative `integer` are those of its 32 bits.
fn unsigned_places(resolver: &Resolver, function: &mut Function) {
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

/// Integer constants that fit are of type `integer`, and so is what is made of them.
fn narrow_literals(args: &mut [FunctionArg]) {
    for arg in args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
            super::names::narrow_integer(expr);
        }
    }
}

/// The integer constants that a sum adds up are of type `integer`, so that the sum is a `bigint`.
fn narrow_results(args: &mut [FunctionArg]) {
    for arg in args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
            narrow_result(expr);
        }
    }
}

fn narrow_result(expr: &mut Expr) {
    match expr {
        Expr::Nested(inner) => narrow_result(inner),
        Expr::Case { conditions, else_result, .. } => {
            conditions.iter_mut().for_each(|branch| narrow_result(&mut branch.result));
            if let Some(otherwise) = else_result {
                narrow_result(otherwise);
            }
        }
        // The first branch of a CASE beside the others.
        Expr::Function(function) if is_common(function) => {
            if let FunctionArguments::List(list) = &mut function.args {
                narrow_results(&mut list.args);
            }
        }
        _ => super::names::narrow_integer(expr),
    }
}

fn is_common(function: &Function) -> bool {
    matches!(function.name.0.as_slice(), [ast::ObjectNamePart::Identifier(name)] if name.value == untyped::COMMON)
}

fn no_arguments(function: &Function) -> bool {
    match &function.args {
        FunctionArguments::None => true,
        FunctionArguments::List(list) => list.args.is_empty(),
        FunctionArguments::Subquery(_) => false,
    }
}

pub(super) fn literal_integer(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        Expr::UnaryOp { op: ast::UnaryOperator::Minus, .. } => Some(0),
        Expr::Nested(inner) => literal_integer(inner),
        _ => None,
    }
}
