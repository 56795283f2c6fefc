//! Type strings of the catalog: SQL's spellings, with their modifiers checked; `[]` behind one makes an array of it.

use sluice_base::SqlType;

use crate::names;

/// Spellings without arguments, and `decimal`, `varchar`, `char`, which take them.
const SPELLINGS: [&str; 30] = [
    "text",
    "smallint",
    "int2",
    "int",
    "integer",
    "int4",
    "bigint",
    "int8",
    "bool",
    "boolean",
    "real",
    "float4",
    "double",
    "double precision",
    "float8",
    "decimal",
    "numeric",
    "varchar",
    "char",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "bytea",
    "json",
    "jsonb",
    "string",
    "datetime",
];

/// The type of a spelling such as `decimal(18,2)`; `Err` says what is wrong and what to write.
pub fn parse_type(spelling: &str) -> Result<SqlType, (String, Option<String>)> {
    let lower = spelling.trim().to_ascii_lowercase();
    if let Some(item) = lower.strip_suffix("[]") {
        return match parse_type(item)? {
            SqlType::Array(_) => {
                Err((format!("type `{spelling}` has more than one dimension"), Some("arrays have one here".into())))
            }
            item => Ok(SqlType::Array(Box::new(item))),
        };
    }
    let (name, arguments) = match lower.split_once('(') {
        None => (lower.as_str(), None),
        Some((name, rest)) => match rest.strip_suffix(')') {
            Some(inside) => (name.trim(), Some(inside)),
            None => return Err((format!("type `{spelling}` lacks its closing parenthesis"), None)),
        },
    };
    match arguments {
        None => bare(name, spelling),
        Some(inside) => {
            let mut numbers = Vec::new();
            for part in inside.split(',') {
                match part.trim().parse::<u32>() {
                    Ok(number) => numbers.push(number),
                    Err(_) => return Err((format!("`{}` in type `{spelling}` is not a number", part.trim()), None)),
                }
            }
            with_arguments(name, &numbers, spelling)
        }
    }
}

fn bare(name: &str, spelling: &str) -> Result<SqlType, (String, Option<String>)> {
    Ok(match name {
        "text" => SqlType::Text,
        "smallint" | "int2" => SqlType::Int2,
        "int" | "integer" | "int4" => SqlType::Int4,
        "bigint" | "int8" => SqlType::Int8,
        "bool" | "boolean" => SqlType::Bool,
        "real" | "float4" => SqlType::Float4,
        "double" | "double precision" | "float8" => SqlType::Float8,
        "decimal" | "numeric" => SqlType::Numeric(None),
        "varchar" => SqlType::Varchar(None),
        "char" => SqlType::Bpchar(Some(1)),
        "date" => SqlType::Date,
        "time" => SqlType::Time,
        "timestamp" => SqlType::Timestamp,
        "timestamptz" => SqlType::Timestamptz,
        "interval" => SqlType::Interval,
        "uuid" => SqlType::Uuid,
        "bytea" => SqlType::Bytea,
        "json" => SqlType::Json,
        "jsonb" => SqlType::Jsonb,
        "string" => return Err((unknown(spelling), Some("did you mean `text`?".into()))),
        "datetime" => return Err((unknown(spelling), Some("did you mean `timestamp`?".into()))),
        other => {
            let near = names::nearest(other, SPELLINGS.iter().copied());
            return Err((unknown(spelling), near.map(|near| format!("did you mean `{near}`?"))));
        }
    })
}

fn unknown(spelling: &str) -> String {
    format!("unknown type `{spelling}`")
}

fn with_arguments(name: &str, numbers: &[u32], spelling: &str) -> Result<SqlType, (String, Option<String>)> {
    match (name, numbers) {
        ("decimal" | "numeric", [precision]) => decimal(*precision, 0, spelling),
        ("decimal" | "numeric", [precision, scale]) => decimal(*precision, *scale, spelling),
        ("varchar", [length]) if length_fits(*length) => Ok(SqlType::Varchar(Some(*length))),
        ("char", [length]) if length_fits(*length) => Ok(SqlType::Bpchar(Some(*length))),
        ("varchar" | "char", [_]) => Err((format!("length of `{spelling}` is not between 1 and 10485760"), None)),
        ("decimal" | "numeric" | "varchar" | "char", _) => {
            Err((format!("wrong number of arguments in type `{spelling}`"), None))
        }
        (other, _) => match bare(other, spelling) {
            Ok(_) => Err((format!("type `{other}` takes no arguments"), Some(format!("write `{other}`")))),
            Err(unknown) => Err(unknown),
        },
    }
}

fn length_fits(length: u32) -> bool {
    (1..=10_485_760).contains(&length)
}

fn decimal(precision: u32, scale: u32, spelling: &str) -> Result<SqlType, (String, Option<String>)> {
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(p), Ok(s)) if (1..=76).contains(&p) && scale <= precision => Ok(SqlType::Numeric(Some((p, s)))),
        _ => Err((
            format!("precision and scale of `{spelling}` are out of range"),
            Some("precision 1 to 76, scale not above it".into()),
        )),
    }
}
