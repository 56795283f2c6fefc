//! Calls: functions to the allow-list under the engine's names, session values to constants, and the forms of a call that
//! stand for something else.

use sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Value, WindowType,
};

use sluice_base::SqlType;

use super::expressions::literal_text;
use super::names::{Resolver, quoted};
use super::narrowed::{narrow_literals, narrow_results};
use super::rewritten::{
    as_literal, average_span, cast_of, counted_nulls, expressions, in_order, json_path, normal_form, part_by_pattern,
    quoted_or_null, read_bytes, since_today, unsigned_places, whole_quotient,
};
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
        if let Some(constant) = self.session_call(function)? {
            *expr = constant;
            return Ok(());
        }
        super::whole::named_by_star(function)?;
        if let Some(other) = self.framed(function, &name)? {
            *expr = other;
            return self.expr(expr);
        }
        if let Some(digits) = precision_of_moment(&name, function)
            && let Some(constant) = super::moment::constant(&name, self.asker)
        {
            *expr = super::casts::rounded(constant, digits);
            return Ok(());
        }
        if no_arguments(function)
            && let Some(constant) = self.session_value(&name).or_else(|| super::moment::constant(&name, self.asker))
        {
            *expr = constant;
            return Ok(());
        }
        if let Some((_, hidden)) = crate::datetime::OF_BYTES.iter().find(|(of, _)| *of == name)
            && self.declared_arguments(function).first() == Some(&Some(SqlType::Bytea))
        {
            let mut args = expressions(plain_arguments(function)?)?;
            self.each(&mut args)?;
            args.iter_mut().for_each(super::names::narrow_integer);
            *expr = super::names::call(hidden, args);
            return Ok(());
        }
        if matches!(
            name.as_str(),
            "encode"
                | "sha224"
                | "sha256"
                | "sha384"
                | "sha512"
                | "convert_from"
                | "get_byte"
                | "get_bit"
                | "bit_count"
        ) {
            read_bytes(function);
        }
        if matches!(name.as_str(), "sum" | "avg") && self.declared_arguments(function) == [Some(SqlType::Time)] {
            super::rewritten::as_span(function);
        }
        if name == "count" {
            self.count_rows(function)?;
            super::whole::tuples(function)?;
        }
        match name.as_str() {
            "mod" => return self.modulo(expr),
            "substring" if self.is_pattern(function) => {
                let mut args = expressions(plain_arguments(function)?)?;
                self.each(&mut args)?;
                *expr = part_by_pattern(args);
                return Ok(());
            }
            "quote_literal"
                if matches!(self.declared_arguments(function).as_slice(),
                    [Some(found)] if !found.is_text() && *found != SqlType::Unknown) =>
            {
                *expr = as_literal(expressions(plain_arguments(function)?)?);
                return self.expr(expr);
            }
            "quote_nullable" => {
                *expr = quoted_or_null(expressions(plain_arguments(function)?)?);
                return self.expr(expr);
            }
            "jsonb_set" => {
                let shown = self.signature(&name, function);
                *expr = self.jsonb_set(expressions(plain_arguments(function)?)?, shown)?;
                return Ok(());
            }
            "avg" if self.declared_arguments(function).as_slice() == [Some(SqlType::Interval)] => {
                *expr = average_span(function)?;
                return self.expr(expr);
            }
            "array" => return self.array_query(expr).map(|_| ()),
            "string_agg" if self.declared_arguments(function).first() == Some(&Some(SqlType::Bytea)) => {
                return Err(PlanError::Unsupported("string_agg of bytea".into()));
            }
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
            "nullif" if compares_otherwise(&self.declared_arguments(function)) => {
                let types = self.declared_arguments(function);
                *expr = super::rewritten::unless_equal(expressions(plain_arguments(function)?)?, &types)?;
                return self.expr(expr);
            }
            "num_nulls" | "num_nonnulls" => {
                *expr = counted_nulls(function, &name)?;
                return self.expr(expr);
            }
            "format" => {
                *expr = super::format::written_out(function)?;
                return self.expr(expr);
            }
            "normalize" => normal_form(function)?,
            "concat" if no_arguments(function) => return Err(PlanError::UndefinedFunction("concat()".into())),
            "width_bucket" if self.declared_arguments(function).len() == 2 => {
                let mut args = expressions(plain_arguments(function)?)?;
                self.each(&mut args)?;
                args.iter_mut().for_each(super::names::narrow_integer);
                *expr = super::names::call(crate::nested::BUCKET, args);
                return Ok(());
            }
            datetime::PADDED | datetime::NO_NAME => {
                let mut args = expressions(plain_arguments(function)?)?;
                self.each(&mut args)?;
                args.iter_mut().for_each(super::names::narrow_integer);
                let hidden = if name == datetime::PADDED { datetime::PADDED } else { datetime::NO_NAME };
                *expr = super::names::call(hidden, args);
                return Ok(());
            }
            "to_hex" => unsigned_places(self, function),
            "round" | "trunc" => self.constant_places(function),
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
                    "coalesce" | "greatest" | "least" => {
                        let name = engine_name.to_ascii_uppercase();
                        if engine_name != "coalesce" {
                            for found in declared_arguments {
                                super::json::refuse_equality(found.as_ref(), &name)?;
                            }
                        }
                        self.matched(plain, &name)?;
                    }
                    "nullif" => {
                        if let [Some(left), Some(right)] = declared_arguments {
                            super::operands::check(&ast::BinaryOperator::Eq, Some(left), Some(right))?;
                        }
                    }
                    _ => {}
                }
                if matches!(engine_name, "concat" | "concat_ws") {
                    for (arg, declared) in list.args.iter_mut().zip(declared_arguments) {
                        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
                            written_out(expr, declared.as_ref());
                        }
                    }
                }
                for arg in &mut list.args {
                    match arg {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => self.expr(inner)?,
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if engine_name == "count" => {}
                        _ => return Err(PlanError::Unsupported("this form of an argument".into())),
                    }
                }
                if function.over.is_none() && functions::is_aggregate(engine_name) && self.is_of_outer(&list.args) {
                    return Err(PlanError::Unsupported("an aggregate of the outer query in a subquery".into()));
                }
                if engine_name == "count"
                    && list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct)
                    && let ([FunctionArg::Unnamed(FunctionArgExpr::Expr(only))], [Some(SqlType::Jsonb)]) =
                        (list.args.as_mut_slice(), declared_arguments)
                {
                    super::json::within(super::json::KEY, only);
                }
                for clause in &mut list.clauses {
                    match clause {
                        FunctionArgumentClause::OrderBy(items) => {
                            for item in items.iter_mut() {
                                let keyed = super::json::in_order(self.declared(&item.expr).as_ref())?;
                                self.expr(&mut item.expr)?;
                                if keyed {
                                    super::json::within(super::json::KEY, &mut item.expr);
                                }
                            }
                        }
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
                let typed = matches!(
                    engine_name,
                    "coalesce" | "nullif" | "greatest" | "least" | "abs" | "lag" | "lead" | "min" | "max"
                );
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
        let of_key = match spec.order_by.as_slice() {
            [only] => self.declared(&only.expr),
            _ => None,
        };
        super::frames::check(spec, of_key.as_ref())?;
        for expr in &mut spec.partition_by {
            let keyed = super::json::by_key(self.declared(expr).as_ref())?;
            self.expr(expr)?;
            if keyed {
                super::json::within(super::json::KEY, expr);
            }
        }
        for item in &mut spec.order_by {
            let keyed = super::json::in_order(self.declared(&item.expr).as_ref())?;
            self.expr(&mut item.expr)?;
            if keyed {
                super::json::within(super::json::KEY, &mut item.expr);
            }
        }
        Ok(())
    }

    /// Whether the second of two arguments is a text.
    fn is_pattern(&self, function: &Function) -> bool {
        match self.declared_arguments(function).as_slice() {
            [_, Some(second)] => second.is_text() || *second == SqlType::Unknown,
            _ => false,
        }
    }

    /// What the text tells of the types of a call's arguments.
    pub(super) fn declared_arguments(&self, function: &Function) -> Vec<Option<SqlType>> {
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

    /// `repeat('x', 1000000000)` must not be tried: where the length of such a result is a constant, it is a small one.
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
            // Measured row by row where it is computed.
            None => Ok(()),
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
        // What is counted is told apart below.
        ("count", Some(SqlType::Jsonb)) => {}
        _ if distinct => super::json::refuse_equality(first, "DISTINCT")?,
        _ => {}
    }
    if matches!(name, "min" | "max") {
        // The order of the rows is nothing to them.
        list.clauses.retain(|clause| !matches!(clause, FunctionArgumentClause::OrderBy(_)));
    }
    let keys = list.clauses.iter().find_map(|clause| match clause {
        FunctionArgumentClause::OrderBy(keys) => Some(keys),
        _ => None,
    });
    let is_argument = |key: &Expr| {
        list.args.iter().any(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) if arg == key))
    };
    if distinct && keys.is_some_and(|keys| !keys.iter().all(|key| is_argument(&key.expr))) {
        let told = "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list";
        return Err(PlanError::InvalidReference(told.into()));
    }
    let ordered = keys.is_some();
    if let ("array_agg" | "string_agg", true, false, [FunctionArg::Unnamed(FunctionArgExpr::Expr(item)), ..]) =
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
    let is_null = |expr: &Expr| matches!(expr, Expr::Value(value) if value.value == Value::Null);
    if let ("ntile", [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))]) = (engine_name, args)
        && is_null(expr)
    {
        return Err(PlanError::Unsupported("ntile of NULL".into()));
    }
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

/// `CURRENT_TIMESTAMP(3)`: digits behind the second.
fn precision_of_moment(name: &str, function: &Function) -> Option<u64> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match (name, list.args.as_slice()) {
        (
            "current_timestamp" | "localtimestamp" | "localtime",
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(digits))],
        ) => literal_integer(digits).filter(|digits| *digits <= 6),
        _ => None,
    }
}

/// Whether `nullif` compares its arguments in a type that its result does not have.
fn compares_otherwise(types: &[Option<SqlType>]) -> bool {
    let rank = |found: &SqlType| match found {
        SqlType::Numeric(_) => 1,
        SqlType::Float4 | SqlType::Float8 => 2,
        _ => 0,
    };
    match types {
        [Some(left), Some(right)] if left.is_number() && right.is_number() => {
            rank(left) < rank(right) || (rank(left), rank(right)) == (2, 1)
        }
        other => other.contains(&Some(SqlType::Jsonb)),
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

/// A `char(n)` with its blanks, where PostgreSQL takes it as it is written out.
pub(super) fn filled_up(expr: &mut Expr, declared: Option<&SqlType>) {
    if let Some(SqlType::Bpchar(Some(length))) = declared {
        let length = Expr::value(Value::Number(length.to_string(), false));
        let text = std::mem::replace(expr, Expr::value(Value::Null));
        *expr = super::names::call("rpad", vec![text, length]);
    }
}

/// A value that the engine does not put together with texts, as text.
fn written_out(expr: &mut Expr, declared: Option<&SqlType>) {
    if let Some(SqlType::Uuid | SqlType::Bytea | SqlType::Interval | SqlType::Time) = declared {
        *expr = super::nested::cast_to(std::mem::replace(expr, Expr::value(Value::Null)), &ast::DataType::Text);
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
