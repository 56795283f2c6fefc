//! Json that is built of values and rows: each builder becomes calls of the functions of [`crate::nested`], each aggregate a
//! `string_agg` of texts that are json already.
//!
//! A whole row is written as json where json is made of it, and nowhere else: as a value it is refused, so that it cannot
//! be taken for the text by which it is kept.

use sluice_base::SqlType;
use sqlparser::ast::{self, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use super::comparisons::is_row;
use super::names::{Resolver, binary, call, null, qualified, when};
use super::{functions, json, untyped};
use crate::PlanError;
use crate::nested;
use crate::numeric;

/// Words that tell the type of what [`untyped::KEPT`] keeps; no client can type them.
const WORDS: [(&str, SqlType); 3] =
    [("\u{1}json", SqlType::Json), ("\u{1}jsonb", SqlType::Jsonb), ("\u{1}record", SqlType::Record)];

/// An expression with its type beside it.
pub(super) fn told(expr: Expr, sql_type: &SqlType) -> Expr {
    match WORDS.iter().find(|(_, known)| known == sql_type) {
        Some((word, _)) => call(untyped::KEPT, vec![expr, text(word)]),
        None => expr,
    }
}

/// The type that [`told`] has put beside an expression.
pub(super) fn told_type(word: &Expr) -> Option<SqlType> {
    let word = super::expressions::literal_text(word)?;
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, sql_type)| sql_type.clone())
}

fn text(text: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(text.to_string()))
}

/// Whether a function builds json, and is not an aggregate.
pub(super) fn is_builder(name: &str) -> bool {
    matches!(
        name,
        "json_build_object"
            | "jsonb_build_object"
            | "json_build_array"
            | "jsonb_build_array"
            | "to_json"
            | "to_jsonb"
            | "row_to_json"
            | "array_to_json"
    )
}

/// The type that a builder, or an aggregate of json, gives.
pub(super) fn result(name: &str) -> Option<SqlType> {
    let known = is_builder(name) || functions::is_json_aggregate(name);
    known.then(|| if name.starts_with("jsonb_") || name == "to_jsonb" { SqlType::Jsonb } else { SqlType::Json })
}

impl Resolver<'_> {
    /// `json_build_object` and its relatives.
    pub(super) fn json_builder(&mut self, expr: &mut Expr, name: &str) -> Result<(), PlanError> {
        let Expr::Function(function) = expr else { return Err(PlanError::Internal("no call".into())) };
        let shown = self.signature(name, function);
        let args = plain(function, name)?;
        let built = match (name, args.len()) {
            ("json_build_object" | "jsonb_build_object", 0) => text("{}"),
            ("json_build_array" | "jsonb_build_array", 0) => text("[]"),
            ("json_build_object" | "jsonb_build_object", count) => {
                if count % 2 == 1 {
                    return Err(PlanError::InvalidParameter("argument list must have even number of elements"));
                }
                let mut parts = Vec::with_capacity(count);
                for (at, arg) in args.into_iter().enumerate() {
                    parts.push(if at % 2 == 0 { self.key(arg)? } else { self.json_value(arg)?.0 });
                }
                call(nested::JSON_OBJECT, parts)
            }
            ("json_build_array" | "jsonb_build_array", _) => {
                let parts = args.into_iter().map(|arg| Ok(self.json_value(arg)?.0));
                call(nested::JSON_ARRAY, parts.collect::<Result<_, PlanError>>()?)
            }
            (_, 1) => {
                let arg = args.into_iter().next().unwrap_or_else(null);
                let (value, kind) = self.json_value(arg)?;
                match (name, &kind) {
                    ("row_to_json", Some(SqlType::Record)) => nothing_of_nothing(value),
                    ("array_to_json", Some(SqlType::Array(_)) | None) => nothing_of_nothing(value),
                    ("to_json" | "to_jsonb", Some(SqlType::Unknown)) => {
                        return Err(PlanError::Invalid("the type of a literal that becomes json is not known".into()));
                    }
                    // A value of json stays what it is, and the word null is one.
                    ("to_json" | "to_jsonb", Some(SqlType::Json | SqlType::Jsonb)) => unwrapped(value),
                    ("to_json" | "to_jsonb", _) => nothing_of_nothing(value),
                    _ => return Err(PlanError::UndefinedFunction(shown)),
                }
            }
            // A whole row has no type in the text.
            ("row_to_json" | "array_to_json", 2) if shown.ends_with("(...)") => {
                return Err(PlanError::Unsupported(format!("this form of {name}")));
            }
            _ => return Err(PlanError::UndefinedFunction(shown)),
        };
        *expr = finished(built, name);
        Ok(())
    }

    /// `json_agg`, `json_object_agg` and those of jsonb.
    pub(super) fn json_aggregate(&mut self, expr: &mut Expr, name: &str) -> Result<(), PlanError> {
        let Expr::Function(function) = expr else { return Err(PlanError::Internal("no call".into())) };
        let shown = self.signature(name, function);
        let mut gathered = function.clone();
        let FunctionArguments::List(list) = &mut gathered.args else {
            return Err(PlanError::Unsupported("this form of a function call".into()));
        };
        if list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct) {
            let kind = match list.args.as_slice() {
                [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] => self.declared(value),
                _ => None,
            };
            // What has an order and an equality of its own is gathered as an array first.
            let plain =
                !matches!(kind, None | Some(SqlType::Unknown | SqlType::Jsonb | SqlType::Record | SqlType::Array(_)));
            if !plain || !name.ends_with("_agg") || name.contains("object") {
                return Err(PlanError::Unsupported(format!("DISTINCT in {name}")));
            }
            gathered.name = super::names::object_name("array_agg");
            let mut array = Expr::Function(gathered);
            self.expr(&mut array)?;
            *expr = finished(call(nested::JSON_LIST, vec![array]), name);
            return Ok(());
        }
        let args = std::mem::take(&mut list.args).into_iter().map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
            _ => Err(PlanError::Unsupported("this form of an argument".into())),
        });
        let mut args = args.collect::<Result<Vec<_>, _>>()?.into_iter();
        let (value, separator, ends) = match (name, args.next(), args.next(), args.next()) {
            ("json_agg" | "jsonb_agg", Some(value), None, None) => {
                functions::refuse_calls_inside(&value)?;
                let (value, kind) = self.json_value(value)?;
                if kind == Some(SqlType::Unknown) {
                    let told = "could not determine polymorphic type because input has type unknown";
                    return Err(PlanError::Mismatch(told.into()));
                }
                // Rows and arrays stand on lines of their own.
                let wide = matches!(kind, Some(SqlType::Record | SqlType::Array(_)));
                (value, if wide { ", \n " } else { ", " }, ("[", "]"))
            }
            ("json_object_agg" | "jsonb_object_agg", Some(key), Some(value), None) => {
                functions::refuse_calls_inside(&key)?;
                functions::refuse_calls_inside(&value)?;
                let (key, value) = (self.key(key)?, self.json_value(value)?.0);
                (call(nested::JSON_MEMBER, vec![key, value]), ", ", ("{ ", " }"))
            }
            _ => return Err(PlanError::UndefinedFunction(shown)),
        };
        // What stands around the arguments is resolved without them: they are resolved already.
        self.function(&mut gathered, "string_agg", &[])?;
        let Expr::Function(whole) = call("string_agg", vec![value, text(separator)]) else {
            return Err(PlanError::Internal("no call".into()));
        };
        gathered.name = whole.name;
        if let (FunctionArguments::List(list), FunctionArguments::List(made)) = (&mut gathered.args, whole.args) {
            list.args = made.args;
        }
        let inside = binary(text(ends.0), BinaryOperator::StringConcat, Expr::Function(gathered));
        *expr = finished(binary(inside, BinaryOperator::StringConcat, text(ends.1)), name);
        Ok(())
    }

    /// A key as text.
    fn key(&mut self, key: Expr) -> Result<Expr, PlanError> {
        let data_type = ast::DataType::Text;
        let mut key =
            Expr::Cast { kind: ast::CastKind::Cast, expr: Box::new(key), data_type, array: false, format: None };
        self.expr(&mut key)?;
        Ok(key)
    }

    /// A value as json, and its type as far as it is told.
    fn json_value(&mut self, mut value: Expr) -> Result<(Expr, Option<SqlType>), PlanError> {
        if is_row(&value) {
            let mut parts = Vec::new();
            for (at, item) in super::comparisons::row_items(value)?.into_iter().enumerate() {
                parts.push(text(&format!("f{}", at + 1)));
                parts.push(self.json_value(item)?.0);
            }
            return Ok((call(nested::JSON_ROW, parts), Some(SqlType::Record)));
        }
        if let Some(row) = self.whole_row(&value)? {
            return Ok((call(nested::JSON_OR_NULL, vec![row]), Some(SqlType::Record)));
        }
        let before = self.declared(&value);
        match &value {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => self.column(&mut value)?,
            _ => self.expr(&mut value)?,
        }
        let kind = self.declared(&value).or(before);
        super::names::narrow_integer(&mut value);
        Ok((written(value, kind.as_ref()), kind))
    }

    /// A relation that is named as a value: its row as json.
    pub(super) fn whole_row(&self, expr: &Expr) -> Result<Option<Expr>, PlanError> {
        let Some((relation, outer)) = self.row_relation(expr)? else { return Ok(None) };
        let mut parts = Vec::with_capacity(relation.columns.len() * 2);
        for (column, sql_type) in relation.columns.iter().zip(&relation.types) {
            parts.push(text(column.split('\u{1}').next().unwrap_or(column)));
            parts.push(written(qualified(&relation.name, column), sql_type.as_ref()));
        }
        let row = call(nested::JSON_ROW, parts);
        if !outer {
            return Ok(Some(row));
        }
        // A row that the join left out is NULL, not an object of NULLs.
        match self.present(relation) {
            Some(key) => Ok(Some(when(Expr::IsNull(Box::new(key)), null(), row))),
            None => Err(PlanError::Unsupported("a whole row beside an outer join, where its key is not seen".into())),
        }
    }
}

/// A resolved value as json, NULL as `null`.
fn written(mut value: Expr, kind: Option<&SqlType>) -> Expr {
    match kind {
        Some(SqlType::Json | SqlType::Jsonb | SqlType::Record) => call(nested::JSON_OR_NULL, vec![value]),
        // Its items are json already.
        Some(SqlType::Array(item)) if matches!(**item, SqlType::Json | SqlType::Jsonb) => {
            let items = call("array_to_string", vec![value, text(","), text("null")]);
            let open = binary(text("["), BinaryOperator::StringConcat, items);
            call(nested::JSON_OR_NULL, vec![binary(open, BinaryOperator::StringConcat, text("]"))])
        }
        // With the digits that a client is shown.
        Some(SqlType::Numeric(_)) => call(nested::JSON_OR_NULL, vec![call(numeric::TEXT, vec![value])]),
        kind => {
            super::calls::filled_up(&mut value, kind);
            call(nested::TO_JSON, vec![value])
        }
    }
}

/// What [`nested::JSON_OR_NULL`] is called with.
fn unwrapped(json: Expr) -> Expr {
    match json {
        Expr::Function(Function { args: FunctionArguments::List(mut list), .. }) if list.args.len() == 1 => {
            match list.args.pop() {
                Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(value))) => value,
                _ => null(),
            }
        }
        other => other,
    }
}

/// NULL stays NULL: no json of a value is the bare word but that of NULL.
fn nothing_of_nothing(json: Expr) -> Expr {
    call("nullif", vec![json, text("null")])
}

fn finished(built: Expr, name: &str) -> Expr {
    match result(name) {
        Some(SqlType::Jsonb) => told(call(json::JSONB, vec![built]), &SqlType::Jsonb),
        _ => told(built, &SqlType::Json),
    }
}

/// The arguments of a call without clauses.
fn plain(function: &mut Function, name: &str) -> Result<Vec<Expr>, PlanError> {
    if function.over.is_some() || function.filter.is_some() {
        return Err(PlanError::WrongKind(format!(
            "OVER specified, but {name} is not a window function nor an aggregate function"
        )));
    }
    let args = super::calls::plain_arguments(function)?;
    let one = |arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
        _ => Err(PlanError::Unsupported("this form of an argument".into())),
    };
    std::mem::take(args).into_iter().map(one).collect()
}
