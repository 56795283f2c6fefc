//! `pg_catalog` and `information_schema` as real relations over what one principal may see, and the small relational
//! evaluator with PostgreSQL's semantics that answers queries over them.
//!
//! Invariants: an answer is made of [`VisibleCatalog`], of the session's own facts and of what every PostgreSQL has;
//! what a principal may not see cannot be told from what does not exist. Work, nesting and sizes are bounded. An
//! unknown relation, function or form is an error with PostgreSQL's SQLSTATE.
//!
//! Left out: data of sources (the engine's), statements other than queries (the session's).

mod analyze;
mod cast;
mod chinese;
mod decimal;
mod error;
mod eval;
mod functions;
mod plan;
mod relations;
#[cfg(test)]
mod tests;
mod typing;
mod value;
mod visible;

use sluice_base::{Column, Datum, SqlType, Table};
use sqlparser::ast::Query;

pub use error::SystemError;
pub use visible::VisibleCatalog;

use eval::Run;
use value::Value;

/// Settings that PostgreSQL shows to superusers only, and that nobody sees here: most of them tell where files are.
pub const WITHHELD_SETTINGS: [&str; 21] = [
    "config_file",
    "data_directory",
    "dynamic_library_path",
    "extension_destdir",
    "external_pid_file",
    "hba_file",
    "ident_file",
    "jit_provider",
    "krb_server_keyfile",
    "log_directory",
    "log_filename",
    "primary_conninfo",
    "session_preload_libraries",
    "shared_preload_libraries",
    "ssl_ciphers",
    "ssl_dh_params_file",
    "ssl_ecdh_curve",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "ssl_passphrase_command",
    "unix_socket_directories",
];

/// What a query may learn of the session that asks.
pub struct Context<'a> {
    /// What the principal may see.
    pub visible: &'a VisibleCatalog,
    /// Login name.
    pub user: &'a str,
    /// Database the client connected to.
    pub database: &'a str,
    /// Schemas searched for an unqualified name, in order.
    pub search_path: &'a [String],
    /// The session's value of a setting, by name in any case; `None` where the session has no such setting.
    pub setting: &'a dyn Fn(&str) -> Option<String>,
    /// What a setting would show once it were set to a text, or to its default; `None` where that is not to be had.
    pub once_set: &'a dyn Fn(&str, Option<&str>) -> Option<String>,
    /// Whether the number is that of a running session of the same user, which alone may be signalled.
    pub own_session: &'a dyn Fn(i32) -> bool,
    /// Number of the session, as the client learnt it for cancelling.
    pub backend_pid: i32,
    /// Start of the transaction or statement, microseconds since 1970-01-01 UTC.
    pub now_micros: i64,
    /// Start of the server, microseconds since 1970-01-01 UTC.
    pub started_micros: i64,
    /// Rows of a relation of schema `sluice`, by its name: what the session tells of itself.
    pub own: &'a dyn Fn(&str) -> Vec<Vec<Datum>>,
    /// Whether the statement may take this many bytes of memory, all together.
    pub memory: &'a dyn Fn(usize) -> bool,
}

/// A finished answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Columns and rows.
    pub table: Table,
    /// What `set_config` was asked: name, value or `None` for its default, for this transaction only; in order.
    pub settings: Vec<(String, Option<String>, bool)>,
    /// How long `pg_sleep` was asked to wait, microseconds; the session does the waiting.
    pub pause_micros: u64,
    /// Sessions that were to be signalled: to end where the flag says so, else to have their statement cancelled.
    pub signals: Vec<(i32, bool)>,
}

/// Types of the parameters and columns of a query, without running it.
///
/// # Errors
/// [`SystemError`]; see [`SystemError::is_unknown_here`] for a query without relations.
pub fn describe(
    query: &Query,
    context: &Context,
    param_types: &[Option<SqlType>],
) -> Result<(Vec<SqlType>, Vec<Column>), SystemError> {
    let analyzed = analyze::analyze(query, context, param_types)?;
    Ok((analyzed.params, columns(&analyzed.plan)))
}

/// Runs a query.
///
/// # Errors
/// As [`describe`], and what goes wrong while it runs.
pub fn answer(query: &Query, context: &Context, params: &[(SqlType, Datum)]) -> Result<Table, SystemError> {
    answer_in_full(query, context, params).map(|answer| answer.table)
}

/// Runs a query, and tells what it asked of the session's settings.
///
/// # Errors
/// As [`answer`].
pub fn answer_in_full(query: &Query, context: &Context, params: &[(SqlType, Datum)]) -> Result<Answer, SystemError> {
    let types: Vec<Option<SqlType>> = params.iter().map(|(sql_type, _)| Some(sql_type.clone())).collect();
    let analyzed = analyze::analyze(query, context, &types)?;
    let values = params
        .iter()
        .zip(&analyzed.params)
        .map(|((sql_type, datum), wanted)| {
            let value = Value::of_datum(datum, sql_type)?;
            parameter(value, sql_type, wanted, context)
        })
        .collect::<Result<Vec<_>, SystemError>>()?;
    let run = Run::new(context, values);
    let rows = eval::run_query(&analyzed.plan, None, &run)?;
    let columns = columns(&analyzed.plan);
    let rows = rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&columns).zip(&analyzed.plan.columns);
            cells
                .map(|((cell, column), known)| out(cell, &column.sql_type, known.ty.fields.as_deref(), context))
                .collect()
        })
        .collect();
    Ok(Answer {
        table: Table { columns, rows },
        settings: run.settings.into_inner().into_iter().map(|set| (set.name, set.value, set.local)).collect(),
        pause_micros: run.pause_micros.get(),
        signals: run.signals.into_inner(),
    })
}

/// Turns the names that [`answer`] gives for `regclass` and its kin into OIDs, as the binary format has them.
///
/// # Errors
/// [`SystemError`] where a name has ceased to exist.
pub fn names_to_oids(table: &mut Table, context: &Context) -> Result<(), SystemError> {
    for (place, column) in table.columns.iter().enumerate() {
        if !typing::is_oid_like(&column.sql_type) {
            continue;
        }
        for row in &mut table.rows {
            let Some(cell) = row.get_mut(place) else { continue };
            if let Datum::Text(name) = cell {
                *cell = cast::text_in(name, &column.sql_type, context)?.into_datum();
            }
        }
    }
    Ok(())
}

/// A name given for a `regclass` parameter is looked up here.
fn parameter(value: Value, given: &SqlType, wanted: &SqlType, context: &Context) -> Result<Value, SystemError> {
    match &value {
        Value::Text(text) if typing::is_oid_like(given) => cast::text_in(text, given, context),
        Value::Text(text) if *given == SqlType::Unknown => cast::text_in(text, wanted, context),
        _ => Ok(value),
    }
}

fn columns(plan: &plan::QueryPlan) -> Vec<Column> {
    plan.columns
        .iter()
        .map(|column| {
            let (table_oid, attribute) = column.origin.unwrap_or((0, 0));
            let sql_type = relations::announced(table_oid, attribute, &column.ty.sql);
            let sql_type = sql_type.unwrap_or_else(|| column.ty.sql.clone());
            Column { name: column.name.clone(), sql_type, table_oid, attribute }
        })
        .collect()
}

/// A cell as it leaves: OIDs with a name leave as the name, because the encoder knows no names.
fn out(cell: &Value, sql_type: &SqlType, fields: Option<&[(String, SqlType)]>, context: &Context) -> Datum {
    let name = |cell: &Value, sql_type: &SqlType| match cell {
        Value::Int(number) if typing::is_oid_like(sql_type) => cast::names::oid_text(*number, sql_type, context),
        _ => None,
    };
    match (cell, sql_type) {
        (Value::Array(array), SqlType::Array(item)) if typing::is_oid_like(item) => Datum::Array(
            array
                .items
                .iter()
                .map(|inner| name(inner, item).map_or_else(|| inner.clone().into_datum(), Datum::Text))
                .collect(),
        ),
        (Value::Record(row), SqlType::Record) if fields.is_some_and(|fields| fields.len() == row.len()) => {
            let fields = row.iter().zip(fields.unwrap_or_default());
            Datum::Record(fields.map(|(inner, (_, sql_type))| out(inner, sql_type, None, context)).collect())
        }
        _ => name(cell, sql_type).map_or_else(|| cell.clone().into_datum(), Datum::Text),
    }
}
