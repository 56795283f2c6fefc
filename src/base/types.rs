//! SQL types as PostgreSQL names and numbers them
//! (`src/include/catalog/pg_type.dat` of PostgreSQL 15; OIDs below 10000 are fixed for ever).

use serde::{Deserialize, Serialize};

/// A type of a column, parameter or value. Equality is by kind and modifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SqlType {
    /// `boolean`
    Bool,
    /// `smallint`
    Int2,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `real`
    Float4,
    /// `double precision`
    Float8,
    /// `numeric`, with `(precision, scale)` where declared
    Numeric(Option<(u8, i8)>),
    /// `text`
    Text,
    /// `varchar`, with its length in characters where declared
    Varchar(Option<u32>),
    /// `char(n)`, length in characters
    Bpchar(Option<u32>),
    /// `name`, 63 bytes
    Name,
    /// `"char"`, one byte
    Char,
    /// `date`
    Date,
    /// `time without time zone`
    Time,
    /// `timestamp without time zone`
    Timestamp,
    /// `timestamp with time zone`
    Timestamptz,
    /// `interval`
    Interval,
    /// `uuid`
    Uuid,
    /// `bytea`
    Bytea,
    /// `json`
    Json,
    /// `jsonb`
    Jsonb,
    /// `oid`
    Oid,
    /// `regclass`
    Regclass,
    /// `regtype`
    Regtype,
    /// `regproc`
    Regproc,
    /// `regnamespace`
    Regnamespace,
    /// `regprocedure`
    Regprocedure,
    /// `regoper`
    Regoper,
    /// `regoperator`
    Regoperator,
    /// `regrole`
    Regrole,
    /// `int2vector`
    Int2vector,
    /// `oidvector`
    Oidvector,
    /// `unknown`: a literal or parameter whose type nothing fixed
    Unknown,
    /// `void`
    Void,
    /// `record`
    Record,
    /// `xid`: a transaction's number
    Xid,
    /// `aclitem`: who was granted what by whom, as text
    Aclitem,
    /// `pg_node_tree`: a stored expression, as text
    NodeTree,
    /// `anyarray`, which columns of statistics have
    Anyarray,
    /// An array of one of the above
    Array(Box<SqlType>),
}

impl SqlType {
    /// The OID of this type in `pg_type`.
    pub fn oid(&self) -> u32 {
        match self {
            SqlType::Bool => 16,
            SqlType::Int2 => 21,
            SqlType::Int4 => 23,
            SqlType::Int8 => 20,
            SqlType::Float4 => 700,
            SqlType::Float8 => 701,
            SqlType::Numeric(_) => 1700,
            SqlType::Text => 25,
            SqlType::Varchar(_) => 1043,
            SqlType::Bpchar(_) => 1042,
            SqlType::Name => 19,
            SqlType::Char => 18,
            SqlType::Date => 1082,
            SqlType::Time => 1083,
            SqlType::Timestamp => 1114,
            SqlType::Timestamptz => 1184,
            SqlType::Interval => 1186,
            SqlType::Uuid => 2950,
            SqlType::Bytea => 17,
            SqlType::Json => 114,
            SqlType::Jsonb => 3802,
            SqlType::Oid => 26,
            SqlType::Regclass => 2205,
            SqlType::Regtype => 2206,
            SqlType::Regproc => 24,
            SqlType::Regnamespace => 4089,
            SqlType::Regprocedure => 2202,
            SqlType::Regoper => 2203,
            SqlType::Regoperator => 2204,
            SqlType::Regrole => 4096,
            SqlType::Int2vector => 22,
            SqlType::Oidvector => 30,
            SqlType::Unknown => 705,
            SqlType::Void => 2278,
            SqlType::Record => 2249,
            SqlType::Xid => 28,
            SqlType::Aclitem => 1033,
            SqlType::NodeTree => 194,
            SqlType::Anyarray => 2277,
            SqlType::Array(item) => item.array_oid(),
        }
    }

    /// The OID of the array type over this type; 0 where PostgreSQL has none.
    pub fn array_oid(&self) -> u32 {
        match self {
            SqlType::Bool => 1000,
            SqlType::Int2 => 1005,
            SqlType::Int4 => 1007,
            SqlType::Int8 => 1016,
            SqlType::Float4 => 1021,
            SqlType::Float8 => 1022,
            SqlType::Numeric(_) => 1231,
            SqlType::Text => 1009,
            SqlType::Varchar(_) => 1015,
            SqlType::Bpchar(_) => 1014,
            SqlType::Name => 1003,
            SqlType::Char => 1002,
            SqlType::Date => 1182,
            SqlType::Time => 1183,
            SqlType::Timestamp => 1115,
            SqlType::Timestamptz => 1185,
            SqlType::Interval => 1187,
            SqlType::Uuid => 2951,
            SqlType::Bytea => 1001,
            SqlType::Json => 199,
            SqlType::Jsonb => 3807,
            SqlType::Oid => 1028,
            SqlType::Regclass => 2210,
            SqlType::Regtype => 2211,
            SqlType::Regproc => 1008,
            SqlType::Regnamespace => 4090,
            SqlType::Regprocedure => 2207,
            SqlType::Regoper => 2208,
            SqlType::Regoperator => 2209,
            SqlType::Regrole => 4097,
            SqlType::Int2vector => 1006,
            SqlType::Oidvector => 1013,
            SqlType::Record => 2287,
            SqlType::Xid => 1011,
            SqlType::Aclitem => 1034,
            SqlType::NodeTree | SqlType::Anyarray => 0,
            SqlType::Unknown | SqlType::Void | SqlType::Array(_) => 0,
        }
    }

    /// The type with this OID, without a modifier; `None` for an OID that Sluice does not know.
    pub fn from_oid(oid: u32) -> Option<SqlType> {
        let scalars = SqlType::scalars();
        scalars.iter().find(|t| t.oid() == oid).cloned().or_else(|| {
            scalars.iter().find(|t| oid != 0 && t.array_oid() == oid).map(|t| SqlType::Array(Box::new(t.clone())))
        })
    }

    /// One of each kind of scalar, without modifiers.
    pub fn scalars() -> &'static [SqlType] {
        use SqlType::*;
        static SCALARS: [SqlType; 39] = [
            Bool,
            Int2,
            Int4,
            Int8,
            Float4,
            Float8,
            Numeric(None),
            Text,
            Varchar(None),
            Bpchar(None),
            Name,
            Char,
            Date,
            Time,
            Timestamp,
            Timestamptz,
            Interval,
            Uuid,
            Bytea,
            Json,
            Jsonb,
            Oid,
            Regclass,
            Regtype,
            Regproc,
            Regnamespace,
            Regprocedure,
            Regoper,
            Regoperator,
            Regrole,
            Int2vector,
            Oidvector,
            Unknown,
            Void,
            Record,
            Xid,
            Aclitem,
            NodeTree,
            Anyarray,
        ];
        &SCALARS
    }

    /// True for the types that are an OID which reads and prints as a name: `regclass` and its kin.
    pub fn is_oid_with_name(&self) -> bool {
        matches!(
            self,
            SqlType::Regclass
                | SqlType::Regtype
                | SqlType::Regproc
                | SqlType::Regnamespace
                | SqlType::Regprocedure
                | SqlType::Regoper
                | SqlType::Regoperator
                | SqlType::Regrole
        )
    }

    /// `typlen` of `pg_type`: bytes, or -1 for variable length, or -2 for a C string.
    pub fn length(&self) -> i16 {
        match self {
            SqlType::Bool | SqlType::Char => 1,
            SqlType::Int2 => 2,
            SqlType::Int4 | SqlType::Float4 | SqlType::Date | SqlType::Oid | SqlType::Xid => 4,
            SqlType::Aclitem => 12,
            SqlType::Void => 4,
            named if named.is_oid_with_name() => 4,
            SqlType::Int8 | SqlType::Float8 | SqlType::Time | SqlType::Timestamp | SqlType::Timestamptz => 8,
            SqlType::Interval | SqlType::Uuid => 16,
            SqlType::Name => 64,
            SqlType::Unknown => -2,
            _ => -1,
        }
    }

    /// `atttypmod`: the modifier as PostgreSQL packs it (length + 4; `((p << 16) | s) + 4`), or -1.
    pub fn modifier(&self) -> i32 {
        match self {
            SqlType::Varchar(Some(n)) | SqlType::Bpchar(Some(n)) => *n as i32 + 4,
            SqlType::Numeric(Some((p, s))) => ((i32::from(*p) << 16) | (i32::from(*s) & 0x7ff)) + 4,
            SqlType::Array(item) => item.modifier(),
            _ => -1,
        }
    }

    /// `typname` of `pg_type`.
    pub fn typname(&self) -> String {
        let name = match self {
            SqlType::Bool => "bool",
            SqlType::Int2 => "int2",
            SqlType::Int4 => "int4",
            SqlType::Int8 => "int8",
            SqlType::Float4 => "float4",
            SqlType::Float8 => "float8",
            SqlType::Numeric(_) => "numeric",
            SqlType::Text => "text",
            SqlType::Varchar(_) => "varchar",
            SqlType::Bpchar(_) => "bpchar",
            SqlType::Name => "name",
            SqlType::Char => "char",
            SqlType::Date => "date",
            SqlType::Time => "time",
            SqlType::Timestamp => "timestamp",
            SqlType::Timestamptz => "timestamptz",
            SqlType::Interval => "interval",
            SqlType::Uuid => "uuid",
            SqlType::Bytea => "bytea",
            SqlType::Json => "json",
            SqlType::Jsonb => "jsonb",
            SqlType::Oid => "oid",
            SqlType::Regclass => "regclass",
            SqlType::Regtype => "regtype",
            SqlType::Regproc => "regproc",
            SqlType::Regnamespace => "regnamespace",
            SqlType::Regprocedure => "regprocedure",
            SqlType::Regoper => "regoper",
            SqlType::Regoperator => "regoperator",
            SqlType::Regrole => "regrole",
            SqlType::Int2vector => "int2vector",
            SqlType::Oidvector => "oidvector",
            SqlType::Unknown => "unknown",
            SqlType::Void => "void",
            SqlType::Record => "record",
            SqlType::Xid => "xid",
            SqlType::Aclitem => "aclitem",
            SqlType::NodeTree => "pg_node_tree",
            SqlType::Anyarray => "anyarray",
            SqlType::Array(item) => return format!("_{}", item.typname()),
        };
        name.to_string()
    }

    /// What `format_type` prints: the SQL spelling with its modifier.
    pub fn sql_name(&self) -> String {
        match self {
            SqlType::Bool => "boolean".into(),
            SqlType::Int2 => "smallint".into(),
            SqlType::Int4 => "integer".into(),
            SqlType::Int8 => "bigint".into(),
            SqlType::Float4 => "real".into(),
            SqlType::Float8 => "double precision".into(),
            SqlType::Numeric(Some((p, s))) => format!("numeric({p},{s})"),
            SqlType::Varchar(None) => "character varying".into(),
            SqlType::Varchar(Some(n)) => format!("character varying({n})"),
            SqlType::Bpchar(None) => "character".into(),
            SqlType::Bpchar(Some(n)) => format!("character({n})"),
            SqlType::Char => "\"char\"".into(),
            SqlType::Time => "time without time zone".into(),
            SqlType::Timestamp => "timestamp without time zone".into(),
            SqlType::Timestamptz => "timestamp with time zone".into(),
            SqlType::Array(item) => format!("{}[]", item.sql_name()),
            other => other.typname(),
        }
    }

    /// True for the types that hold text.
    pub fn is_text(&self) -> bool {
        matches!(self, SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Name | SqlType::Unknown)
    }

    /// True for the types that hold numbers.
    pub fn is_number(&self) -> bool {
        matches!(
            self,
            SqlType::Int2 | SqlType::Int4 | SqlType::Int8 | SqlType::Float4 | SqlType::Float8 | SqlType::Numeric(_)
        )
    }
}

/// One column of a result, as RowDescription tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name, as the client sees it.
    pub name: String,
    /// Type.
    pub sql_type: SqlType,
    /// OID of the relation it comes from unchanged, else 0.
    pub table_oid: u32,
    /// Number of the column in that relation, counted from 1, else 0.
    pub attribute: i16,
}

impl Column {
    /// A computed column: no relation behind it.
    pub fn computed(name: impl Into<String>, sql_type: SqlType) -> Column {
        Column { name: name.into(), sql_type, table_oid: 0, attribute: 0 }
    }
}
