//! The bank in real servers: PostgreSQL (schemas `core` and `dw`) and MariaDB (`customers`).
//!
//! Invariant: a table that this loader did not make is never touched. Each copy carries the bank's stamp as its
//! comment: the same stamp means nothing to do, another stamp of ours is replaced, anything else is refused.

use std::future::Future;
use std::pin::pin;

use bytes::Bytes;
use futures::SinkExt as _;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, Params, Value};
use tokio_postgres::{Client, NoTls};

use super::bank::{Bank, Customer, SEED, Scale};
use super::error::DemoError;
use super::table::{Cell, Kind, Row, TableSpec, write_text};

/// Bytes of COPY data sent at a time.
const COPY_CHUNK: usize = 64 * 1024;
/// Rows of one INSERT into MariaDB.
const INSERT_ROWS: usize = 500;
/// How every stamp of ours begins.
const OURS: &str = "sluice demo bank ";

/// Loads the demo bank into the servers that are given: all of it into PostgreSQL, customers into MariaDB.
pub async fn load_servers(postgres_url: Option<&str>, mysql_url: Option<&str>, scale: Scale) -> Result<(), DemoError> {
    let bank = Bank::generate(SEED, scale);
    if let Some(url) = postgres_url {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let driver = tokio::spawn(connection);
        let loaded = load_postgres(&client, &bank).await;
        drop(client);
        loaded?;
        driver.await.map_err(|error| DemoError::Worker(error.to_string()))??;
    }
    if let Some(url) = mysql_url {
        let opts = Opts::from_url(url).map_err(|e| DemoError::Url { what: "MariaDB", why: e.to_string() })?;
        let mut connection = Conn::new(opts).await?;
        let loaded = load_mysql(&mut connection, &bank).await;
        connection.disconnect().await?;
        loaded?;
    }
    Ok(())
}

/// What stands where a table is to go.
enum Standing {
    /// Nothing, or an older copy of ours that was taken away.
    Free,
    /// This very bank.
    Loaded,
}

/// Loads every table into PostgreSQL, in schemas `core` and `dw`, in one transaction.
pub async fn load_postgres(client: &Client, bank: &Bank) -> Result<(), DemoError> {
    client.batch_execute("BEGIN").await?;
    let loaded = load_postgres_tables(client, bank).await;
    client.batch_execute(if loaded.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    loaded?;
    client.batch_execute("ANALYZE").await?;
    Ok(())
}

async fn load_postgres_tables(client: &Client, bank: &Bank) -> Result<(), DemoError> {
    client.batch_execute("CREATE SCHEMA IF NOT EXISTS core; CREATE SCHEMA IF NOT EXISTS dw").await?;
    copy(client, bank, bank.branches().iter().cloned()).await?;
    copy(client, bank, bank.customers().iter().cloned()).await?;
    copy(client, bank, bank.accounts().iter().cloned()).await?;
    copy(client, bank, bank.employees().iter().cloned()).await?;
    copy(client, bank, bank.balances(0..bank.days())).await?;
    copy(client, bank, bank.transactions(0..bank.days())).await?;
    copy(client, bank, bank.calendar()).await
}

/// Makes one table and fills it. Returns a boxed future by its signature so that the row types stay out of it.
fn copy<'a, R: Row + 'a>(
    client: &'a Client,
    bank: &'a Bank,
    rows: impl Iterator<Item = R> + Send + 'a,
) -> impl Future<Output = Result<(), DemoError>> + Send + 'a {
    let table = R::TABLE;
    // Cells are turned to text before anything is awaited, a chunk at a time: rows need not be Send across an await.
    let mut chunks = Chunks { rows, buffer: String::new(), done: false };
    async move {
        let name = format!("{}.{}", table.schema, table.name);
        if let Standing::Loaded = standing_postgres(client, &name, &bank.stamp()).await? {
            return Ok(());
        }
        client.batch_execute(&postgres_ddl(&table)).await?;
        let mut sink = pin!(client.copy_in::<_, Bytes>(&format!("COPY {name} FROM STDIN")).await?);
        while let Some(chunk) = chunks.next() {
            sink.send(chunk).await?;
        }
        sink.finish().await?;
        for column in table.indexes {
            client.batch_execute(&format!("CREATE INDEX {}_{column} ON {name} ({column})", table.name)).await?;
        }
        // The stamp is made of this program's own words and numbers: nothing in it needs escaping.
        client.batch_execute(&format!("COMMENT ON TABLE {name} IS '{}'", bank.stamp())).await?;
        Ok(())
    }
}

/// Looks at the table that stands under this name, and takes an older copy of ours away.
async fn standing_postgres(client: &Client, name: &str, stamp: &str) -> Result<Standing, DemoError> {
    let sql = "SELECT obj_description(c) FROM (SELECT to_regclass($1::text) AS c) AS t WHERE c IS NOT NULL";
    let Some(row) = client.query_opt(sql, &[&name]).await? else { return Ok(Standing::Free) };
    match row.try_get::<_, Option<String>>(0)? {
        Some(comment) if comment == stamp => Ok(Standing::Loaded),
        Some(comment) if comment.starts_with(OURS) => {
            client.batch_execute(&format!("DROP TABLE {name}")).await?;
            Ok(Standing::Free)
        }
        _ => Err(DemoError::Occupied(name.to_string())),
    }
}

fn postgres_ddl(table: &TableSpec) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let kind = match column.kind {
                Kind::Text(_) => "text".to_string(),
                Kind::Int4 => "integer".to_string(),
                Kind::Int8 => "bigint".to_string(),
                Kind::Decimal(precision, scale) => format!("numeric({precision},{scale})"),
                Kind::Date => "date".to_string(),
                Kind::Timestamp => "timestamp".to_string(),
                Kind::Bool => "boolean".to_string(),
            };
            format!("{} {kind}{}", column.name, if column.nullable { "" } else { " NOT NULL" })
        })
        .collect();
    let (schema, name, key) = (table.schema, table.name, table.key.join(", "));
    format!("CREATE TABLE {schema}.{name} ({}, PRIMARY KEY ({key}))", columns.join(", "))
}

/// Rows as COPY text, chunk by chunk.
struct Chunks<I> {
    rows: I,
    buffer: String,
    done: bool,
}

impl<R: Row, I: Iterator<Item = R>> Chunks<I> {
    fn next(&mut self) -> Option<Bytes> {
        let mut text = String::new();
        while !self.done && self.buffer.len() < COPY_CHUNK {
            let Some(row) = self.rows.next() else {
                self.done = true;
                break;
            };
            for (n, cell) in row.cells().into_iter().enumerate() {
                if n > 0 {
                    self.buffer.push('\t');
                }
                text.clear();
                write_text(cell, R::TABLE.scale(n), &mut text);
                match cell {
                    Cell::Null => self.buffer.push_str("\\N"),
                    _ => push_escaped(&text, &mut self.buffer),
                }
            }
            self.buffer.push('\n');
        }
        if self.buffer.is_empty() { None } else { Some(Bytes::from(std::mem::take(&mut self.buffer))) }
    }
}

/// Escapes what COPY text reads as structure.
fn push_escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
}

/// Loads the customers into MariaDB (or MySQL), into the database the connection has chosen. The stamp is written
/// last, so a load that was cut off is done again.
pub async fn load_mysql(connection: &mut Conn, bank: &Bank) -> Result<(), DemoError> {
    let table = Customer::TABLE;
    if let Standing::Loaded = standing_mysql(connection, &table, &bank.stamp()).await? {
        return Ok(());
    }
    connection.query_drop(mysql_ddl(&table)).await?;
    let place = format!("({})", vec!["?"; table.columns.len()].join(", "));
    for rows in bank.customers().chunks(INSERT_ROWS) {
        let places = vec![place.as_str(); rows.len()].join(", ");
        let sql = format!("INSERT INTO {} ({}) VALUES {places}", table.name, table.column_list());
        let values = rows.iter().flat_map(|row| row.cells().into_iter().enumerate().map(mysql_value)).collect();
        connection.exec_drop(sql, Params::Positional(values)).await?;
    }
    connection.query_drop(format!("ALTER TABLE {} COMMENT = '{}'", table.name, bank.stamp())).await?;
    connection.query_drop(format!("ANALYZE TABLE {}", table.name)).await?;
    Ok(())
}

/// As [`standing_postgres`].
async fn standing_mysql(connection: &mut Conn, table: &TableSpec, stamp: &str) -> Result<Standing, DemoError> {
    let sql = "SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?";
    let comment: Option<String> = connection.exec_first(sql, (table.name,)).await?;
    match comment {
        None => Ok(Standing::Free),
        Some(comment) if comment == stamp => Ok(Standing::Loaded),
        Some(comment) if comment.starts_with(OURS) => {
            connection.query_drop(format!("DROP TABLE {}", table.name)).await?;
            Ok(Standing::Free)
        }
        Some(_) => Err(DemoError::Occupied(table.name.to_string())),
    }
}

/// The stock case-insensitive collation is chosen on purpose: it is what most tables of this kind have.
fn mysql_ddl(table: &TableSpec) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let kind = match column.kind {
                Kind::Text(length) => format!("varchar({length})"),
                Kind::Int4 => "int".to_string(),
                Kind::Int8 => "bigint".to_string(),
                Kind::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
                Kind::Date => "date".to_string(),
                Kind::Timestamp => "datetime".to_string(),
                Kind::Bool => "boolean".to_string(),
            };
            format!("{} {kind}{}", column.name, if column.nullable { "" } else { " NOT NULL" })
        })
        .collect();
    let indexes: String = table.indexes.iter().map(|column| format!(", KEY ({column})")).collect();
    format!(
        "CREATE TABLE {} ({}, PRIMARY KEY ({}){indexes}) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci COMMENT = '{OURS}loading'",
        table.name,
        columns.join(", "),
        table.key.join(", "),
    )
}

fn mysql_value((n, cell): (usize, Cell<'_>)) -> Value {
    match cell {
        Cell::Null => Value::NULL,
        Cell::Int(value) => Value::Int(value),
        Cell::Bool(value) => Value::Int(i64::from(value)),
        Cell::Text(_) | Cell::Decimal(_) | Cell::Date(_) | Cell::Timestamp(_) => {
            let mut text = String::new();
            write_text(cell, Customer::TABLE.scale(n), &mut text);
            Value::Bytes(text.into_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bank::{Balance, Branch};
    use super::*;

    #[test]
    fn copy_text_escapes_structure_and_tells_null_from_text() {
        let bank = Bank::generate(1, Scale::small());
        let mut chunks = Chunks { rows: bank.branches().iter().cloned(), buffer: String::new(), done: false };
        let text = chunks.next().expect("one chunk");
        assert!(text.starts_with("H00\t\\N\t总行\t1\t全国\n".as_bytes()));
        assert!(chunks.next().is_none());
        let mut out = String::new();
        push_escaped("a\\b\tc\nd\re", &mut out);
        assert_eq!(out, "a\\\\b\\tc\\nd\\re");
    }

    #[test]
    fn ddl_names_types_keys_and_nulls() {
        let sql = postgres_ddl(&Branch::TABLE);
        assert_eq!(
            sql,
            "CREATE TABLE core.branches (br_no text NOT NULL, up_br_no text, br_nm text NOT NULL, lvl integer NOT NULL, \
             region text NOT NULL, PRIMARY KEY (br_no))"
        );
        assert!(postgres_ddl(&Balance::TABLE).contains("bal numeric(18,2) NOT NULL, PRIMARY KEY (biz_dt, acct_no)"));
        assert!(mysql_ddl(&Customer::TABLE).contains("cust_nm varchar(120) NOT NULL"));
    }
}
