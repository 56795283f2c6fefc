//! Expressions of the syntax tree: columns to the names their scans list, functions to the allow-list, session values
//! to constants. Every kind of expression that is passed on is named here.

use sqlparser::ast::{
    self, CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Value,
    WindowType,
};

use sluice_base::SqlType;

use super::comparisons::is_row;
use super::functions;
use super::names::{Resolver, quoted};
use super::untyped;
use crate::PlanError;
use crate::datetime;
use crate::numeric;
use crate::query::{fold, fold_name};

/// Longest `varchar(n)`, as in PostgreSQL.
const TEXT_LENGTH_MAX: u32 = 10_485_760;

impl Resolver<'_> {
    /// Rewrites one expression in the current scopes.
    pub(super) fn expr(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        match expr {
            Expr::Identifier(ident) => {
                let rewritten = self.identifier(ident)?;
                *expr = rewritten;
                Ok(())
            }
            Expr::CompoundIdentifier(parts) => {
                let rewritten = self.compound(parts)?;
                *expr = rewritten;
                Ok(())
            }
            Expr::Value(value) => {
                self.value(&value.value)?;
                if let Some(plain) = without_exponent(&value.value) {
                    *expr = plain;
                }
                Ok(())
            }
            Expr::TypedString(typed) => {
                if let Some(digits) = precision(&mut typed.data_type)? {
                    *expr = rounded(std::mem::replace(expr, Expr::value(Value::Null)), digits);
                    return Ok(());
                }
                if super::sql_type_of(&typed.data_type)? == SqlType::Numeric(None) {
                    *expr = undeclared_numeric(Expr::Value(typed.value.clone()));
                }
                Ok(())
            }
            Expr::Interval(interval) => {
                let literal = interval_literal(interval)?;
                *expr = literal;
                Ok(())
            }
            Expr::Nested(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner)
            | Expr::UnaryOp { expr: inner, .. } => self.expr(inner),
            Expr::Extract { expr: inner, field, .. } => {
                self.expr(inner)?;
                let unit = field.to_string().trim_matches(['\'', '"']).to_lowercase();
                let value = std::mem::replace(&mut **inner, Expr::value(Value::Null));
                let unit = Expr::value(Value::SingleQuotedString(unit));
                *expr = super::names::call(datetime::EXTRACT, vec![unit, value]);
                Ok(())
            }
            Expr::Cast { expr: inner, data_type, format: None, .. } => {
                if let Some(length) = text_length(data_type)? {
                    return self.text_cast(expr, length);
                }
                let sql_type = super::sql_type_of(data_type)?;
                castable(&sql_type, data_type)?;
                let digits = precision(data_type)?;
                if matches!(sql_type, SqlType::Float8 | SqlType::Float4) {
                    float_text(inner);
                }
                self.expr(inner)?;
                if let Some(digits) = digits {
                    *expr = rounded(std::mem::replace(expr, Expr::value(Value::Null)), digits);
                    return Ok(());
                }
                // A bare literal or parameter takes the type of the cast itself.
                let bare = matches!(&**inner, Expr::Value(value) if !has_fraction(&value.value));
                let taken = std::mem::replace(&mut **inner, Expr::value(Value::Null));
                **inner = match sql_type {
                    SqlType::Numeric(None) => {
                        *expr = undeclared_numeric(taken);
                        return Ok(());
                    }
                    SqlType::Text | SqlType::Varchar(_) | SqlType::Name if !bare => {
                        super::names::call(numeric::TEXT, vec![taken])
                    }
                    SqlType::Int2 | SqlType::Int4 | SqlType::Int8 if !bare => {
                        super::names::call(numeric::WHOLE, vec![taken])
                    }
                    _ => taken,
                };
                Ok(())
            }
            Expr::Ceil { expr: inner, .. } | Expr::Floor { expr: inner, .. } => self.expr(inner),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.each([&mut **left, &mut **right])
            }
            Expr::BinaryOp { left, right, op } => {
                if is_row(left) || is_row(right) {
                    return self.row_comparison(expr);
                }
                self.each([&mut **left, &mut **right])?;
                if is_bitwise(op) {
                    super::names::narrow_integer(left);
                    super::names::narrow_integer(right);
                }
                Ok(())
            }
            Expr::Like { expr: inner, pattern, any: false, escape_char, .. }
            | Expr::ILike { expr: inner, pattern, any: false, escape_char, .. } => {
                self.each([&mut **inner, &mut **pattern])?;
                self.like(pattern, escape_char)
            }
            // The engine takes its pattern for a plain regular expression.
            Expr::SimilarTo { .. } => Err(PlanError::Unsupported("SIMILAR TO".into())),
            Expr::AtTimeZone { timestamp, time_zone } => {
                self.each([&mut **timestamp, &mut **time_zone])?;
                let take = |part: &mut Expr| std::mem::replace(part, Expr::value(Value::Null));
                *expr = super::names::call("timezone", vec![take(time_zone), take(timestamp)]);
                Ok(())
            }
            Expr::Position { expr: inner, r#in } => self.each([&mut **inner, &mut **r#in]),
            Expr::Between { expr: inner, low, high, .. } => self.each([&mut **inner, &mut **low, &mut **high]),
            Expr::InList { expr: inner, .. } if is_row(inner) => self.row_in_list(expr),
            Expr::InList { expr: inner, list, .. } => {
                self.expr(inner)?;
                self.each(list)
            }
            Expr::Tuple(items) => self.each(items),
            Expr::InSubquery { expr: inner, .. } if is_row(inner) => self.row_in_subquery(expr, false),
            Expr::InSubquery { expr: inner, subquery, .. } => {
                self.expr(inner)?;
                self.query(subquery).map(|_| ())
            }
            Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => self.query(subquery).map(|_| ()),
            Expr::AnyOp { .. } | Expr::AllOp { .. } => self.quantified(expr),
            Expr::Substring { expr: inner, substring_from, substring_for, .. } => {
                self.expr(inner)?;
                self.each(substring_from.as_deref_mut().into_iter().chain(substring_for.as_deref_mut()))
            }
            Expr::Trim { expr: inner, trim_what, trim_characters: None, .. } => {
                self.expr(inner)?;
                self.each(trim_what.as_deref_mut())
            }
            Expr::Overlay { expr: inner, overlay_what, overlay_from, overlay_for } => {
                self.each([&mut **inner, &mut **overlay_what, &mut **overlay_from])?;
                self.each(overlay_for.as_deref_mut())
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.each(operand.as_deref_mut())?;
                for CaseWhen { condition, result } in &mut *conditions {
                    self.each([condition, result])?;
                }
                self.each(else_result.as_deref_mut())?;
                let mut branches: Vec<&mut Expr> = conditions.iter_mut().map(|when| &mut when.result).collect();
                branches.extend(else_result.as_deref_mut());
                branches.iter_mut().for_each(|branch| super::names::narrow_integer(branch));
                untyped::adopt(&mut branches);
                untyped::unite(&mut branches);
                Ok(())
            }
            Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => self.each(sets.iter_mut().flatten()),
            Expr::Collate { expr: inner, collation } => {
                let name = fold_name(collation)?.pop().unwrap_or_default();
                if !matches!(name.as_str(), "default" | "C" | "POSIX" | "ucs_basic") {
                    return Err(PlanError::Unsupported("COLLATE other than \"C\"".into()));
                }
                let mut inner = std::mem::replace(&mut **inner, Expr::value(Value::Null));
                self.expr(&mut inner)?;
                *expr = Expr::Nested(Box::new(inner));
                Ok(())
            }
            Expr::Function(_) => self.function_expr(expr),
            other => Err(PlanError::Unsupported(format!("the expression {}", variant(other)))),
        }
    }

    pub(super) fn each<'e>(&mut self, all: impl IntoIterator<Item = &'e mut Expr>) -> Result<(), PlanError> {
        all.into_iter().try_for_each(|expr| self.expr(expr))
    }

    fn value(&self, value: &Value) -> Result<(), PlanError> {
        match value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::DollarQuotedString(_)
            | Value::UnicodeStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null
            | Value::Placeholder(_) => Ok(()),
            _ => Err(PlanError::Unsupported("this kind of literal".into())),
        }
    }

    fn identifier(&self, ident: &ast::Ident) -> Result<Expr, PlanError> {
        let name = fold(ident);
        if let Some(found) = self.find_unqualified(&name)? {
            return Ok(found);
        }
        if ident.quote_style.is_none()
            && let Some(constant) = self.session_value(&name)
        {
            return Ok(constant);
        }
        Err(PlanError::UndefinedColumn(name))
    }

    fn compound(&self, parts: &[ast::Ident]) -> Result<Expr, PlanError> {
        let parts: Vec<String> = parts.iter().map(fold).collect();
        let shown = parts.join(".");
        let [.., relation, column] = parts.as_slice() else { return Err(PlanError::UndefinedColumn(shown)) };
        let found = self.scopes.iter().rev().flat_map(|scope| &scope.relations).find(|r| r.name == *relation);
        let listed = found.and_then(|relation| self.listed(relation, column));
        match (found, listed) {
            (Some(_), Some(listed)) => Ok(super::names::qualified(relation, &listed)),
            (Some(_), None) => Err(PlanError::UndefinedColumn(shown)),
            (None, _) => Err(PlanError::UndefinedTable(relation.clone())),
        }
    }

    /// A cast to text of a limited length cuts, without an error. The blanks that fill up `char(n)` count for nothing in
    /// an expression: there they are off, and only a column of the result has them (see [`padded_length`]).
    fn text_cast(&mut self, expr: &mut Expr, length: u32) -> Result<(), PlanError> {
        let fixed = padded_length(expr).is_some();
        let Expr::Cast { expr: inner, data_type, kind, .. } = expr else {
            return Err(PlanError::Internal("no cast".into()));
        };
        if length == 0 || length > TEXT_LENGTH_MAX {
            return Err(PlanError::Unsupported("a text type of this length".into()));
        }
        if *kind == ast::CastKind::TryCast || *kind == ast::CastKind::SafeCast {
            return Err(PlanError::Unsupported("this form of a cast".into()));
        }
        self.expr(inner)?;
        *data_type = ast::DataType::Text;
        let text = std::mem::replace(expr, Expr::value(Value::Null));
        let length = Expr::value(Value::Number(length.to_string(), false));
        let cut = super::names::call("left", vec![text, length]);
        *expr = if fixed {
            super::names::call("rtrim", vec![cut, Expr::value(Value::SingleQuotedString(" ".into()))])
        } else {
            cut
        };
        Ok(())
    }

    /// Values of the session that stand as bare words or calls without arguments.
    fn session_value(&self, name: &str) -> Option<Expr> {
        let text = match name {
            "current_user" | "session_user" | "user" | "current_role" => self.asker.principal.user.clone(),
            "current_catalog" | "current_database" => self.asker.snapshot.catalog.name.clone(),
            "current_schema" => self.asker.search_path.first()?.clone(),
            _ => return None,
        };
        Some(Expr::value(Value::SingleQuotedString(text)))
    }

    fn function_expr(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
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
            "age" => since_today(function, self.asker)?,
            "make_interval" => in_order(function)?,
            "date" => {
                *expr = cast_of(function, ast::DataType::Date)?;
                return self.expr(expr);
            }
            _ => {}
        }
        let Some(engine_name) = functions::engine_name(&name) else {
            return Err(PlanError::UndefinedFunction(format!("{name}()")));
        };
        function.name = ast::ObjectName(vec![ast::ObjectNamePart::Identifier(quoted(engine_name))]);
        self.function(function, engine_name)?;
        if function.over.is_some()
            && let Some(data_type) = counted_type(engine_name)
        {
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

    fn function(&mut self, function: &mut Function, engine_name: &str) -> Result<(), PlanError> {
        if function.uses_odbc_syntax || !matches!(function.parameters, FunctionArguments::None) {
            return Err(PlanError::Unsupported("this form of a function call".into()));
        }
        match &mut function.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(_) => return Err(PlanError::Unsupported("a bare subquery argument".into())),
            FunctionArguments::List(list) => {
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
                if matches!(engine_name, "coalesce" | "nullif" | "greatest" | "least" | "abs" | "lag" | "lead") {
                    narrow_literals(&mut list.args);
                }
                if matches!(engine_name, "coalesce" | "nullif" | "greatest" | "least") {
                    let arguments = list.args.iter_mut().filter_map(|argument| match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => Some(inner),
                        _ => None,
                    });
                    untyped::adopt(&mut arguments.collect::<Vec<_>>());
                }
                self.check_length(engine_name, &list.args)?;
                if engine_name == "sum" {
                    narrow_results(&mut list.args);
                }
            }
        }
        self.each(function.filter.as_deref_mut())?;
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
        if let Some(name) = &mut spec.window_name {
            *name = quoted(&fold(name));
        }
        self.each(&mut spec.partition_by)?;
        self.each(spec.order_by.iter_mut().map(|item| &mut item.expr))
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

/// The arguments of a call, where all of them are plain expressions.
fn plain_arguments(function: &mut Function) -> Result<&mut Vec<FunctionArg>, PlanError> {
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

/// The arguments of `make_interval` by position, those that are left out being 0.
fn in_order(function: &mut Function) -> Result<(), PlanError> {
    const NAMES: [&str; 7] = ["years", "months", "weeks", "days", "hours", "mins", "secs"];
    let args = plain_arguments(function)?;
    let wrong = || PlanError::UndefinedFunction("make_interval() of these arguments".into());
    let mut found: [Option<Expr>; 7] = Default::default();
    for (position, arg) in std::mem::take(args).into_iter().enumerate() {
        let (at, value) = match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => (position, value),
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => {
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

fn has_fraction(value: &Value) -> bool {
    matches!(value, Value::Number(text, _) if text.contains(['.', 'e', 'E']))
}

/// `1e3` is the numeric 1000, `1.5e-3` is 0.0015: the planner would take the exponent for a scale.
fn without_exponent(value: &Value) -> Option<Expr> {
    let Value::Number(text, _) = value else { return None };
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() <= 60)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let scale = i32::try_from(fraction.len()).ok()? - exponent;
    let mut digits = format!("{whole}{fraction}{}", "0".repeat(scale.min(0).unsigned_abs() as usize));
    let Ok(scale @ 1..) = usize::try_from(scale) else {
        return Some(super::names::call(numeric::NUMERIC, vec![Expr::value(Value::Number(digits, false))]));
    };
    digits = format!("{digits:0>width$}", width = scale + 1);
    digits.insert(digits.len() - scale, '.');
    Some(Expr::value(Value::Number(digits, false)))
}

/// The type of a place in a window: what is computed from it would be a numeric otherwise.
fn counted_type(engine_name: &str) -> Option<ast::DataType> {
    match engine_name {
        "row_number" | "rank" | "dense_rank" => Some(ast::DataType::BigInt(None)),
        "ntile" => Some(ast::DataType::Integer(None)),
        _ => None,
    }
}

/// A number with an exponent that is cast to a floating type is read as one: as a numeric it could be out of range, or
/// have been rounded before.
fn float_text(expr: &mut Expr) {
    let (sign, number) = match &*expr {
        Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr: inner } => ("-", &**inner),
        Expr::Nested(inner) => {
            let mut inner = (**inner).clone();
            float_text(&mut inner);
            *expr = inner;
            return;
        }
        other => ("", other),
    };
    let Expr::Value(value) = number else { return };
    if let Value::Number(text, _) = &value.value
        && text.contains(['e', 'E'])
    {
        *expr = Expr::value(Value::SingleQuotedString(format!("{sign}{text}")));
    }
}

fn is_bitwise(op: &ast::BinaryOperator) -> bool {
    use ast::BinaryOperator as B;
    matches!(
        op,
        B::BitwiseAnd | B::BitwiseOr | B::BitwiseXor | B::PGBitwiseXor | B::PGBitwiseShiftLeft | B::PGBitwiseShiftRight
    )
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

/// A cast to `numeric` without precision keeps the digits that are there; a constant text is read as the number it is.
fn undeclared_numeric(inner: Expr) -> Expr {
    let digits = |text: &str| text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    match literal_text(&inner).map(str::trim) {
        Some(text) if digits(text) && text.matches('.').count() <= 1 => {
            // A cast keeps an integer constant a numeric.
            super::names::call(numeric::NUMERIC, vec![Expr::value(Value::Number(text.to_string(), false))])
        }
        _ => super::names::call(numeric::NUMERIC, vec![inner]),
    }
}

fn no_arguments(function: &Function) -> bool {
    match &function.args {
        FunctionArguments::None => true,
        FunctionArguments::List(list) => list.args.is_empty(),
        FunctionArguments::Subquery(_) => false,
    }
}

fn literal_integer(expr: &Expr) -> Option<u64> {
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

pub(super) fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The length of `varchar(n)` and `char(n)`.
fn text_length(data_type: &ast::DataType) -> Result<Option<u32>, PlanError> {
    use sluice_base::SqlType;
    Ok(match super::sql_type_of(data_type)? {
        SqlType::Varchar(Some(length)) => Some(length),
        SqlType::Bpchar(length) => Some(length.unwrap_or(1)),
        _ => None,
    })
}

/// The length of `char(n)` where an expression is a cast to it.
pub(super) fn padded_length(expr: &Expr) -> Option<u32> {
    match expr {
        Expr::Nested(inner) => padded_length(inner),
        Expr::Cast { data_type, .. } => match super::sql_type_of(data_type) {
            Ok(sluice_base::SqlType::Bpchar(length)) => Some(length.unwrap_or(1)),
            _ => None,
        },
        _ => None,
    }
}

/// Spells a type in the way the planner reads it.
pub(super) fn castable(sql_type: &SqlType, data_type: &mut ast::DataType) -> Result<(), PlanError> {
    let spelled = match sql_type {
        SqlType::Name | SqlType::Unknown | SqlType::Varchar(None) | SqlType::Json | SqlType::Jsonb => {
            ast::DataType::Text
        }
        // A limited length is cut before, by `text_cast`.
        SqlType::Varchar(_) | SqlType::Bpchar(_) => ast::DataType::Text,
        SqlType::Timestamptz => ast::DataType::Timestamp(None, ast::TimezoneInfo::WithTimeZone),
        SqlType::Float8 => ast::DataType::DoublePrecision,
        SqlType::Float4 => ast::DataType::Real,
        SqlType::Int2 => ast::DataType::SmallInt(None),
        SqlType::Int4 => ast::DataType::Integer(None),
        SqlType::Int8 => ast::DataType::BigInt(None),
        SqlType::Bool => ast::DataType::Boolean,
        SqlType::Numeric(_) | SqlType::Text | SqlType::Date | SqlType::Time | SqlType::Timestamp => return Ok(()),
        SqlType::Interval => return Ok(()),
        other => return Err(PlanError::Unsupported(format!("a cast to {}", other.sql_name()))),
    };
    *data_type = spelled;
    Ok(())
}

/// Gives a timestamp the unit of the catalog's, and takes away the precision to which the value is to be rounded. The
/// planner's own unit would reach from 1677 to 2262 alone.
fn precision(data_type: &mut ast::DataType) -> Result<Option<u64>, PlanError> {
    let digits = match data_type {
        ast::DataType::Timestamp(precision, _) | ast::DataType::Datetime(precision) => {
            std::mem::replace(precision, Some(6))
        }
        ast::DataType::Time(precision, _) => precision.take(),
        ast::DataType::Interval { fields: Some(_), .. } => {
            return Err(PlanError::Unsupported("an interval of some fields".into()));
        }
        ast::DataType::Interval { precision, .. } => precision.take(),
        _ => None,
    };
    Ok(digits.filter(|digits| *digits < 6))
}

fn rounded(time: Expr, digits: u64) -> Expr {
    let digits = Expr::value(Value::Number(digits.to_string(), false));
    let mut digits = digits;
    super::names::narrow_integer(&mut digits);
    super::names::call(datetime::ROUNDED, vec![time, digits])
}

/// `INTERVAL '3 days'`, `INTERVAL '3' DAY`; the planner reads other forms than PostgreSQL.
fn interval_literal(interval: &ast::Interval) -> Result<Expr, PlanError> {
    let unsupported = || PlanError::Unsupported("this form of an interval".into());
    if interval.last_field.is_some() || interval.leading_precision.is_some() {
        return Err(unsupported());
    }
    let text = literal_text(&interval.value).ok_or_else(unsupported)?;
    let literal = Expr::value(Value::SingleQuotedString(text.to_string()));
    let Some(unit) = &interval.leading_field else {
        return Ok(Expr::Cast {
            kind: ast::CastKind::DoubleColon,
            expr: Box::new(literal),
            data_type: ast::DataType::Interval { fields: None, precision: None },
            array: false,
            format: None,
        });
    };
    // With units of its own the text would be cut to the field.
    let plain = !text.trim().is_empty() && text.trim().bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+'));
    if !plain {
        return Err(unsupported());
    }
    let unit = Expr::value(Value::SingleQuotedString(unit.to_string()));
    Ok(super::names::call(datetime::INTERVAL_OF, vec![literal, unit]))
}

/// One item of an array parameter as a literal.
pub(super) fn literal_of(item: &sluice_base::Datum) -> Result<Expr, PlanError> {
    use sluice_base::Datum;
    let value = match item {
        Datum::Null => Value::Null,
        Datum::Bool(v) => Value::Boolean(*v),
        Datum::Int(v) => Value::Number(v.to_string(), false),
        Datum::Numeric(v) => Value::Number(v.clone(), false),
        Datum::Text(v) => Value::SingleQuotedString(v.clone()),
        _ => return Err(PlanError::Unsupported("an array parameter of this type".into())),
    };
    Ok(Expr::value(value))
}

/// The name of an expression kind, without anything of its content.
fn variant(expr: &Expr) -> String {
    let debug = format!("{expr:?}");
    debug.split(['(', ' ', '{']).next().unwrap_or_default().to_string()
}
