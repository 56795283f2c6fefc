//! The small bank for attacks in each kind of source.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use serde_json::Value;

use super::attack_world::{Table, USERS, World, reference, worlds};
use super::sluice::Settings;
use super::{keep, mariadb, postgres, repository, users};

/// Where a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A SQLite file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mysql,
    /// CSV files.
    Csv,
    /// Parquet files.
    Parquet,
    /// Every table in another one of these.
    Mixed,
}

/// Every layout.
pub const SOURCES: [Source; 6] =
    [Source::Sqlite, Source::Postgres, Source::Mysql, Source::Csv, Source::Parquet, Source::Mixed];

/// Where the tables of [`Source::Mixed`] are.
const MIXED: [(&str, Source); 5] = [
    ("branches", Source::Sqlite),
    ("customers", Source::Postgres),
    ("accounts", Source::Mysql),
    ("transactions", Source::Parquet),
    ("employees", Source::Csv),
];

impl Source {
    /// Whether a table is in CSV files, where an empty text is NULL.
    pub fn is_csv(self, table: &str) -> bool {
        self == Source::Csv || (self == Source::Mixed && MIXED.contains(&(table, Source::Csv)))
    }

    /// As a name of a connection.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Loads the world into the source and returns settings for a server over it.
pub fn settings(directory: &Path, source: Source, world: &str) -> Settings {
    std::fs::write(directory.join("source.password"), postgres::PASSWORD).expect("the password file");
    let tables = &worlds()[world];
    let yaml = match source {
        Source::Mixed => {
            let mut yaml = format!("connections:\n  bank: {}\n", load(directory, Source::Sqlite, tables, "mixed"));
            let mut placement = "placement:\n".to_string();
            for (table, source) in MIXED.into_iter().filter(|(_, source)| *source != Source::Sqlite) {
                let database = format!("{world}_mixed");
                yaml.push_str(&format!("  {}: {}\n", source.name(), load(directory, source, tables, &database)));
                placement.push_str(&format!("  {table}: {{connection: {}, table: {table}}}\n", source.name()));
            }
            yaml + &placement
        }
        source => format!("connections:\n  bank: {}\n", load(directory, source, tables, world)),
    };
    write_users(directory);
    // Many checks ask one server at once: none may find the memory taken by what the others ask.
    let yaml = yaml + "limits: {memory_bytes: 1073741824}\n";
    Settings {
        directory: directory.to_path_buf(),
        port: keep::free_port(),
        catalog: repository().join("tests/attack/catalog"),
        policies: repository().join("tests/attack/policies"),
        yaml,
        database: "bank".into(),
    }
}

/// Settings for another server over the data of this one, under one more file of policies.
pub fn under(settings: &Settings, directory: &Path, policy: &str) -> Settings {
    write_users(directory);
    let policies = directory.join("policies");
    std::fs::create_dir_all(&policies).expect("a folder");
    std::fs::copy(settings.policies.join("bank.yaml"), policies.join("bank.yaml")).expect("the policies");
    std::fs::write(policies.join("more.yaml"), policy).expect("a file");
    Settings { directory: directory.to_path_buf(), port: keep::free_port(), policies, ..settings.clone() }
}

fn write_users(directory: &Path) {
    let mut people: Vec<users::User> =
        USERS.iter().map(|(name, post)| users::User { name, roles: vec![name], posts: vec![post] }).collect();
    people.push(users::User { name: "auditor", roles: vec!["auditor"], posts: vec![] });
    users::write(&directory.join("users.yaml"), &people);
}

/// Loads the tables and returns the connection to them, in YAML; a server has them in a database of this name.
fn load(directory: &Path, source: Source, tables: &World, database: &str) -> String {
    let path = directory.to_str().expect("a plain path");
    let secret = format!("tls: disable, password: \"file:{path}/source.password\"");
    match source {
        Source::Sqlite => {
            load_sqlite(&directory.join("bank.db"), tables);
            format!("{{kind: sqlite, path: {path}/bank.db}}")
        }
        Source::Csv => {
            load_csv(&directory.join("files"), tables);
            format!("{{kind: csv, path: {path}/files}}")
        }
        Source::Parquet => {
            load_parquet(&directory.join("parquet"), tables);
            format!("{{kind: parquet, path: {path}/parquet}}")
        }
        Source::Postgres => {
            let server = reference();
            server.run("postgres", &format!("CREATE DATABASE {database}"));
            server.run(database, &tables_sql(tables, Source::Postgres).join(";\n"));
            let port = server.port;
            format!("{{kind: postgres, host: 127.0.0.1, port: {port}, database: {database}, user: postgres, {secret}}}")
        }
        Source::Mysql => {
            let server = mariadb::shared();
            server.run("", &[format!("CREATE DATABASE {database}")]);
            let mut statements = vec!["SET sql_mode = 'NO_BACKSLASH_ESCAPES'".to_string()];
            statements.extend(tables_sql(tables, Source::Mysql));
            server.run(database, &statements);
            let (port, user) = (server.port, mariadb::USER);
            format!("{{kind: mysql, host: 127.0.0.1, port: {port}, database: {database}, user: {user}, {secret}}}")
        }
        Source::Mixed => panic!("a mixed world is in several sources"),
    }
}

/// DDL and rows, a statement each.
pub fn tables_sql(tables: &World, source: Source) -> Vec<String> {
    let mut statements = Vec::new();
    for (name, table) in tables {
        let column = |(name, kind): &(String, String)| format!("{name} {}", type_name(kind, source));
        let columns: Vec<String> = table.columns.iter().map(column).collect();
        statements.push(format!("CREATE TABLE {name} ({})", columns.join(", ")));
        let row = |row: &Vec<Value>| format!("({})", row.iter().map(literal).collect::<Vec<_>>().join(", "));
        let rows: Vec<String> = table.rows.iter().map(row).collect();
        if !rows.is_empty() {
            statements.push(format!("INSERT INTO {name} VALUES {}", rows.join(", ")));
        }
    }
    statements
}

/// A short type name of the fixture in the source's SQL.
pub fn type_name(kind: &str, source: Source) -> &'static str {
    match (kind, source) {
        ("int", _) => "integer",
        ("text", Source::Mysql) => "varchar(200)",
        ("text", _) => "text",
        ("date", Source::Sqlite) | ("num", Source::Sqlite) | ("ts", Source::Sqlite) => "text",
        ("bool", Source::Sqlite) => "integer",
        ("date", _) => "date",
        ("bool", _) => "boolean",
        ("num", _) => "decimal(16,2)",
        ("ts", Source::Mysql) => "datetime",
        ("ts", _) => "timestamp",
        (other, _) => panic!("no type {other} in the fixture"),
    }
}

/// A value as SQL writes it.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => panic!("no value {other} in the fixture"),
    }
}

fn load_sqlite(path: &Path, tables: &World) {
    let connection = rusqlite::Connection::open(path).expect("a SQLite file");
    connection.execute_batch(&tables_sql(tables, Source::Sqlite).join(";\n")).expect("the rows");
}

fn load_csv(root: &Path, tables: &World) {
    for (name, table) in tables {
        let header: Vec<&str> = table.columns.iter().map(|column| column.0.as_str()).collect();
        let mut text = header.join(",") + "\n";
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(csv_cell).collect();
            text.push_str(&(cells.join(",") + "\n"));
        }
        std::fs::write(part(root, name, "csv"), text).expect("a CSV file");
    }
}

/// NULL is nothing, empty text is `""`.
fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        other => other.to_string(),
    }
}

/// Path of a table's one file, in a folder that is there.
fn part(root: &Path, table: &str, extension: &str) -> PathBuf {
    let folder = root.join(table);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder.join(format!("part-0.{extension}"))
}

fn load_parquet(root: &Path, tables: &World) {
    for (name, table) in tables {
        let columns: Vec<ArrayRef> = (0..table.columns.len()).map(|at| column(table, at)).collect();
        let field =
            |((name, _), column): (&(String, String), &ArrayRef)| Field::new(name, column.data_type().clone(), true);
        let schema = Arc::new(Schema::new(table.columns.iter().zip(&columns).map(field).collect::<Vec<_>>()));
        let rows = RecordBatch::try_new(schema.clone(), columns).expect("columns of one length");
        let file = std::fs::File::create(part(root, name, "parquet")).expect("a Parquet file");
        let mut writer = ArrowWriter::try_new(file, schema, None).expect("a writer");
        writer.write(&rows).expect("the rows");
        writer.close().expect("a footer");
    }
}

/// A column's values in its type.
fn column(table: &Table, at: usize) -> ArrayRef {
    let text = |row: &Vec<Value>| match &row[at] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let texts = StringArray::from(table.rows.iter().map(text).collect::<Vec<_>>());
    let target = match table.columns[at].1.as_str() {
        "int" => DataType::Int32,
        "text" => DataType::Utf8,
        "date" => DataType::Date32,
        "bool" => DataType::Boolean,
        "num" => DataType::Decimal128(16, 2),
        "ts" => DataType::Timestamp(TimeUnit::Microsecond, None),
        other => panic!("no type {other} in the fixture"),
    };
    let column = arrow::compute::cast(&texts, &target).expect("values of the column's type");
    assert_eq!(column.null_count(), arrow::array::Array::null_count(&texts), "a value of another type");
    column
}
