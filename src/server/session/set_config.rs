//! `set_config(name, value, is_local)` in a SELECT: the one function that changes the session.
//!
//! Invariant: the answer of the query is computed elsewhere; here only the change is found and carried out, for calls
//! whose arguments are literals or parameters. Any other call changes nothing, and its value is what the query says.

use std::ops::ControlFlow;

use sluice_base::{Datum, SqlType};
use sluice_plan::Query;
use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, Value, Visit, Visitor,
};

/// A setting that a query asks to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Setting.
    pub name: String,
    /// New value.
    pub value: String,
    /// For this transaction only.
    pub local: bool,
}

/// The changes that a query asks for, in order.
pub fn wishes(query: &Query, params: &[(SqlType, Datum)]) -> Vec<Wish> {
    let mut finder = Finder { params, found: Vec::new() };
    if query.system_only() {
        // The visitor never breaks off.
        let _ = query.ast().visit(&mut finder);
    }
    finder.found
}

struct Finder<'a> {
    params: &'a [(SqlType, Datum)],
    found: Vec<Wish>,
}

impl Visitor for Finder<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && let Some(ObjectNamePart::Identifier(last)) = function.name.0.last()
            && last.value.eq_ignore_ascii_case("set_config")
            && let FunctionArguments::List(list) = &function.args
            && let [name, value, local] = list.args.as_slice()
            && let (Some(name), Some(value), Some(local)) = (self.text(name), self.text(value), self.text(local))
        {
            self.found.push(Wish { name, value, local: matches!(local.as_str(), "true" | "t" | "on") });
        }
        ControlFlow::Continue(())
    }
}

impl Finder<'_> {
    fn text(&self, arg: &FunctionArg) -> Option<String> {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { return None };
        self.expr(expr)
    }

    fn expr(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text.clone()),
                Value::Boolean(value) => Some(value.to_string()),
                Value::Number(number, _) => Some(number.to_string()),
                Value::Placeholder(name) => {
                    let number: usize = name.strip_prefix('$')?.parse().ok()?;
                    match &self.params.get(number.checked_sub(1)?)?.1 {
                        Datum::Text(text) => Some(text.clone()),
                        Datum::Bool(value) => Some(value.to_string()),
                        Datum::Int(value) => Some(value.to_string()),
                        _ => None,
                    }
                }
                _ => None,
            },
            Expr::Cast { expr, .. } | Expr::Nested(expr) => self.expr(expr),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_base::Limits;
    use sluice_plan::StatementKind;

    fn check(text: &str, expected: &str) {
        let mut statements = sluice_plan::parse(text, &Limits::default()).unwrap();
        let StatementKind::Query(query) = statements.remove(0).kind else { panic!("{text} is a query") };
        let params = [(SqlType::Text, Datum::Text("p".into()))];
        let told: Vec<String> = wishes(&query, &params)
            .iter()
            .map(|wish| format!("{}={}{}", wish.name, wish.value, if wish.local { " local" } else { "" }))
            .collect();
        assert_eq!(told.join("; "), expected, "{text}");
    }

    #[test]
    fn calls_with_literals_and_parameters_are_found() {
        check("SELECT set_config('search_path', '', false)", "search_path=");
        check("SELECT pg_catalog.set_config('jit', 'off', false), set_config('a.b', $1, true)", "jit=off; a.b=p local");
        check("SELECT set_config('bytea_output','hex',false) FROM pg_settings WHERE name = 'bytea_output'", "bytea_output=hex");
        check("SELECT set_config('x' || 'y', '1', false)", "");
        check("SELECT 'set_config'", "");
    }
}
