//! Functions of the session beside tables: `version()`, `current_setting('x')`. What they give is known before the
//! statement is planned, to those who hold the session; here they are constants.
//!
//! Invariant: a call has constants for arguments, so that it has one value for the statement, and reads nothing of a row.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sluice_base::{Datum, SqlType};
use sqlparser::ast::{self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, SelectItem, SetExpr};

use super::names::{Resolver, call, null};
use super::series::argument;
use crate::PlanError;
use crate::nested;
use crate::query::fold_name;

/// The functions, beside those that stand as bare words.
const NAMES: &[&str] = &[
    "version",
    "pg_backend_pid",
    "current_setting",
    "current_schemas",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
    "pg_is_in_recovery",
    "pg_postmaster_start_time",
    "pg_conf_load_time",
    "pg_client_encoding",
    "has_table_privilege",
    "has_column_privilege",
    "has_any_column_privilege",
    "has_schema_privilege",
    "has_database_privilege",
    "pg_encoding_to_char",
];

/// A call that a statement makes.
#[derive(Debug, Clone)]
pub struct SessionCall {
    /// Its text, by which its value is found.
    pub text: String,
    /// A query that gives the value.
    pub query: ast::Query,
}

/// The value of a call.
#[derive(Debug, Clone)]
pub struct SessionValue {
    /// [`SessionCall::text`]
    pub call: String,
    /// Its type.
    pub sql_type: SqlType,
    /// Its value.
    pub value: Datum,
}

/// The calls of a query, each once.
pub(crate) fn calls(query: &ast::Query) -> Vec<SessionCall> {
    let mut found: BTreeMap<String, Expr> = BTreeMap::new();
    let _ = ast::visit_expressions(query, |expr| {
        if let Expr::Function(function) = expr
            && is_session_call(function)
        {
            found.insert(function.to_string(), expr.clone());
        }
        ControlFlow::<()>::Continue(())
    });
    let asked = |(text, expr): (String, Expr)| {
        let mut query = super::names::one().ok()?;
        let SetExpr::Select(select) = query.body.as_mut() else { return None };
        select.projection = vec![SelectItem::UnnamedExpr(expr)];
        Some(SessionCall { text, query })
    };
    found.into_iter().filter_map(asked).collect()
}

fn is_session_call(function: &Function) -> bool {
    let named = match fold_name(&function.name).unwrap_or_default().as_slice() {
        [name] => NAMES.contains(&name.as_str()),
        [schema, name] => schema == "pg_catalog" && NAMES.contains(&name.as_str()),
        _ => false,
    };
    let FunctionArguments::List(list) = &function.args else { return false };
    let constant =
        |arg: &FunctionArg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) if is_constant(arg));
    let plain = list.clauses.is_empty() && list.duplicate_treatment.is_none();
    named && plain && function.over.is_none() && function.filter.is_none() && list.args.iter().all(constant)
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => is_constant(inner),
        Expr::Value(value) => !matches!(value.value, ast::Value::Placeholder(_)),
        _ => false,
    }
}

impl Resolver<'_> {
    fn known(&self, function: &Function) -> Option<&SessionValue> {
        let text = is_session_call(function).then(|| function.to_string())?;
        self.asker.session.iter().find(|value| value.call == text)
    }

    /// The type of a call whose value is known.
    pub(super) fn session_type(&self, function: &Function) -> Option<SqlType> {
        self.known(function).map(|value| value.sql_type.clone())
    }

    /// The constant that a call stands for.
    pub(super) fn session_call(&self, function: &Function) -> Result<Option<Expr>, PlanError> {
        let Some(SessionValue { sql_type, value, .. }) = self.known(function) else { return Ok(None) };
        Ok(Some(match value {
            Datum::Null => super::nested::cast_to(null(), &super::nested::spelled(sql_type)?),
            Datum::Array(items) => {
                let items = items.iter().map(|item| argument(&SqlType::Text, item));
                call(nested::ARRAY, items.collect::<Result<Vec<_>, _>>()?)
            }
            value => argument(sql_type, value)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    fn found(sql: &str) -> Vec<String> {
        let statements = crate::parse(sql, &sluice_base::Limits::default()).expect("a statement");
        let crate::StatementKind::Query(query) = &statements[0].kind else { panic!("a query") };
        query.session_calls().into_iter().map(|call| call.text).collect()
    }

    #[test]
    fn calls_of_constants_are_the_sessions() {
        assert_eq!(found("SELECT version(), a FROM t WHERE b = version()"), ["version()"]);
        assert_eq!(found("SELECT current_setting('x', true) FROM t"), ["current_setting('x', true)"]);
        // What reads a row, or is no function of the session, is not asked before.
        assert!(found("SELECT current_setting(a), upper('x'), current_setting($1) FROM t").is_empty());
    }
}
