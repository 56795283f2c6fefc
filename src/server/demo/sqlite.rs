//! The `core` tables as one SQLite file.
//!
//! Invariant: decimals and dates are TEXT, never REAL or NUMERIC, because SQLite's own numbers would round them; the
//! declared type of such a column is TEXT too, so that no affinity converts them behind our back.

use std::path::Path;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, Transaction, params_from_iter};

use super::bank::Bank;
use super::error::DemoError;
use super::table::{Cell, Kind, Row, TableSpec, write_text};

/// Writes the file, which must not be there yet. A half-written file is the caller's to remove.
pub fn write(bank: &Bank, path: &Path) -> Result<(), DemoError> {
    let mut connection = Connection::open(path)?;
    // Nobody reads the file before it is whole, and it can be made again: no journal, no waiting for the disk.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction()?;
    insert(&transaction, bank.branches())?;
    insert(&transaction, bank.customers())?;
    insert(&transaction, bank.accounts())?;
    insert(&transaction, bank.employees())?;
    transaction.commit()?;
    connection.execute_batch("ANALYZE; PRAGMA journal_mode = DELETE;")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn insert<R: Row>(transaction: &Transaction<'_>, rows: &[R]) -> Result<(), DemoError> {
    let table = R::TABLE;
    transaction.execute_batch(&ddl(&table))?;
    let places = vec!["?"; table.columns.len()].join(", ");
    let mut statement = transaction.prepare(&format!("INSERT INTO {} VALUES ({places})", table.name))?;
    for row in rows {
        let values = row.cells().into_iter().enumerate().map(|(n, cell)| SqlCell(cell, table.scale(n)));
        statement.execute(params_from_iter(values))?;
    }
    Ok(())
}

fn ddl(table: &TableSpec) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let affinity = match column.kind {
                Kind::Int4 | Kind::Int8 | Kind::Bool => "INTEGER",
                Kind::Text(_) | Kind::Decimal(..) | Kind::Date | Kind::Timestamp => "TEXT",
            };
            format!("{} {affinity}{}", column.name, if column.nullable { "" } else { " NOT NULL" })
        })
        .collect();
    let mut sql =
        format!("CREATE TABLE {} ({}, PRIMARY KEY ({}));", table.name, columns.join(", "), table.key.join(", "));
    for column in table.indexes {
        sql.push_str(&format!("CREATE INDEX {0}_{column} ON {0} ({column});", table.name));
    }
    sql
}

/// A cell with the scale of its column.
struct SqlCell<'a>(Cell<'a>, u8);

impl ToSql for SqlCell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Int(value) => ToSqlOutput::Owned(Value::Integer(value)),
            Cell::Bool(value) => ToSqlOutput::Owned(Value::Integer(i64::from(value))),
            Cell::Decimal(_) | Cell::Date(_) | Cell::Timestamp(_) => {
                let mut text = String::new();
                write_text(self.0, self.1, &mut text);
                ToSqlOutput::Owned(Value::Text(text))
            }
        })
    }
}
