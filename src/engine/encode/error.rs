//! Why rows could not be encoded. No variant carries a value.

use sluice_base::{ClientError, SqlState, SqlType, ToClient};

/// A failure to encode.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A column whose values have no representation in the format asked for.
    #[error("type {sql_type:?} cannot be sent from {found} in this format")]
    Unsupported {
        /// Type announced to the client.
        sql_type: SqlType,
        /// What the engine or the system relations hold.
        found: String,
    },
    /// A value that its announced type cannot hold.
    #[error("a value does not fit type {sql_type:?}")]
    OutOfRange {
        /// Type announced to the client.
        sql_type: SqlType,
    },
    /// A value whose text is not of its announced type.
    #[error("a value is not of type {sql_type:?}")]
    NotOfType {
        /// Type announced to the client.
        sql_type: SqlType,
    },
    /// A row of more than a gigabyte.
    #[error("row too large")]
    RowTooLarge,
    /// More columns than a row may have.
    #[error("{0} columns")]
    TooManyColumns(usize),
    /// Columns and formats, or a row and its columns, that do not match in number: our bug.
    #[error("{expected} columns expected, {found} found")]
    Mismatch {
        /// Columns announced.
        expected: usize,
        /// Columns or formats found.
        found: usize,
    },
    /// `FORCE_QUOTE` names a column that the result does not have.
    #[error("FORCE_QUOTE names a column that is not there")]
    UnknownColumn(String),
    /// Encoded rows whose framing is broken, or that this encoder cannot take: our bug, or a source's.
    #[error("encoded rows cannot be used: {0}")]
    Encoded(&'static str),
}

impl ToClient for EncodeError {
    fn to_client(&self) -> ClientError {
        use SqlState as S;
        match self {
            EncodeError::Unsupported { sql_type, .. } => ClientError::new(
                S::FeatureNotSupported,
                format!("values of type {} cannot be sent in this format", sql_type.sql_name()),
                format!("类型 {} 的值无法以此格式发送", sql_type.sql_name()),
            )
            .hint("Ask for the text format, or cast to text.", "请使用文本格式，或转换为 text。"),
            EncodeError::OutOfRange { sql_type: SqlType::Date | SqlType::Timestamp | SqlType::Timestamptz } => {
                ClientError::new(S::DatetimeFieldOverflow, "date or time out of range", "日期或时间超出范围")
            }
            EncodeError::OutOfRange { sql_type } => ClientError::new(
                S::NumericValueOutOfRange,
                format!("value out of range for type {}", sql_type.sql_name()),
                format!("值超出类型 {} 的范围", sql_type.sql_name()),
            ),
            EncodeError::NotOfType { sql_type } => ClientError::new(
                S::InvalidTextRepresentation,
                format!("a value is not of type {}", sql_type.sql_name()),
                format!("存在不属于类型 {} 的值", sql_type.sql_name()),
            ),
            EncodeError::RowTooLarge => {
                ClientError::new(S::ProgramLimitExceeded, "row exceeds the limit of 1 gigabyte", "行超过 1 GB 的上限")
            }
            EncodeError::TooManyColumns(columns) => ClientError::new(
                S::TooManyColumns,
                format!("{columns} columns exceed the limit of 1664"),
                format!("{columns} 列超过 1664 列的上限"),
            ),
            EncodeError::UnknownColumn(name) => ClientError::new(
                S::UndefinedColumn,
                format!("column \"{name}\" of FORCE_QUOTE does not exist"),
                format!("FORCE_QUOTE 中的列 \"{name}\" 不存在"),
            ),
            EncodeError::Mismatch { .. } => ClientError::internal("encode-columns"),
            EncodeError::Encoded(_) => ClientError::internal("encode-relay"),
        }
    }
}
