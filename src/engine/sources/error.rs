//! What can go wrong at a source, and what a client may learn of it.
//!
//! Invariant: `Display` is for logs and may name a reason of the driver; [`ToClient`] tells the connection's id and a
//! column's position, never a value, a host, a path or a source's own text.

use sluice_base::{Bilingual, ClientError, SqlState, ToClient};

/// Why a value could not be given in its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueProblem {
    /// Too large, or with more digits after the point than declared.
    OutOfRange,
    /// `NaN` or an infinity where the declared type has none.
    NotFinite,
    /// A date that no calendar has, an infinite one, or one beyond the range of the declared type.
    NoSuchDate,
    /// A time of day outside 00:00 to 24:00.
    NoSuchTime,
    /// Text that is not UTF-8.
    NotUtf8,
    /// A value of another type than the declared one, in a source that types each value by itself.
    OtherType,
    /// Bytes that are not in the form the declared type has.
    Malformed,
    /// NULL in a column that is declared without.
    UnexpectedNull,
    /// A NUL character, which the source cannot keep in a text.
    Nul,
}

/// An error of a source.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// Settings that cannot be used; found when opening, before any client.
    #[error("connection {connection}: {problem}")]
    Config {
        /// Connection id.
        connection: String,
        /// Which setting, and why.
        problem: String,
    },
    /// All connections of the pool are in use and none came back in time.
    #[error("connection {connection}: no free connection within {waited_ms} ms (pool_max {pool_max})")]
    Busy {
        /// Connection id.
        connection: String,
        /// Time waited, milliseconds.
        waited_ms: u64,
        /// Size of the pool.
        pool_max: usize,
    },
    /// The source cannot be reached, or refused us.
    #[error("connection {connection} is not available: {reason}")]
    Unavailable {
        /// Connection id.
        connection: String,
        /// The driver's words, for the log.
        reason: String,
    },
    /// The source stopped the statement because its time was over.
    #[error("connection {connection}: statement timeout at the source")]
    Timeout {
        /// Connection id.
        connection: String,
    },
    /// The source refused or broke off the statement.
    #[error("connection {connection}: {} {text}", sqlstate.as_deref().unwrap_or("-----"))]
    Failed {
        /// Connection id.
        connection: String,
        /// The source's SQLSTATE, where it gave one.
        sqlstate: Option<String>,
        /// The source's own words, for the log and the audit trail only.
        text: String,
    },
    /// The column at the source has a type that cannot be read as the declared one.
    #[error("connection {connection}: column {column} is {found} at the source, declared {declared}")]
    TypeMismatch {
        /// Connection id.
        connection: String,
        /// Position in the request's schema, counted from 1.
        column: usize,
        /// Declared type.
        declared: String,
        /// The source's word for its type.
        found: String,
    },
    /// One value cannot be given in the declared type.
    #[error("connection {connection}: column {column}: {problem:?}")]
    Value {
        /// Connection id.
        connection: String,
        /// Position in the request's schema, counted from 1.
        column: usize,
        /// Why.
        problem: ValueProblem,
    },
    /// A parameter that the source cannot take.
    #[error("connection {connection}: parameter {position}: {problem:?}")]
    Parameter {
        /// Connection id.
        connection: String,
        /// Position, counted from 1.
        position: usize,
        /// Why.
        problem: ValueProblem,
    },
    /// A table (or a file of it) that is not there.
    #[error("connection {connection}: no table {table:?}: {reason}")]
    NoTable {
        /// Connection id.
        connection: String,
        /// Table as the catalog names it.
        table: String,
        /// Why, for the log.
        reason: String,
    },
    /// A name that the source's dialect cannot quote, or that leaves the connection's folder.
    #[error("connection {connection}: unusable name {name:?}")]
    Name {
        /// Connection id.
        connection: String,
        /// The name.
        name: String,
    },
    /// A request whose parts do not belong together: a bug of ours.
    #[error("connection {connection}: {problem}")]
    Request {
        /// Connection id.
        connection: String,
        /// What does not fit.
        problem: String,
    },
}

impl SourceError {
    /// Id of the connection that failed.
    pub fn connection(&self) -> &str {
        match self {
            SourceError::Config { connection, .. }
            | SourceError::Busy { connection, .. }
            | SourceError::Unavailable { connection, .. }
            | SourceError::Timeout { connection }
            | SourceError::Failed { connection, .. }
            | SourceError::TypeMismatch { connection, .. }
            | SourceError::Value { connection, .. }
            | SourceError::Parameter { connection, .. }
            | SourceError::NoTable { connection, .. }
            | SourceError::Name { connection, .. }
            | SourceError::Request { connection, .. } => connection,
        }
    }
}

impl ValueProblem {
    /// SQLSTATE of this problem.
    pub fn code(self) -> SqlState {
        match self {
            ValueProblem::OutOfRange | ValueProblem::NotFinite => SqlState::NumericValueOutOfRange,
            ValueProblem::NoSuchDate | ValueProblem::NoSuchTime => SqlState::DatetimeFieldOverflow,
            ValueProblem::NotUtf8 | ValueProblem::Nul => SqlState::CharacterNotInRepertoire,
            ValueProblem::OtherType | ValueProblem::UnexpectedNull => SqlState::DatatypeMismatch,
            ValueProblem::Malformed => SqlState::InvalidTextRepresentation,
        }
    }

    /// What is wrong, in words without the value.
    pub fn words(self) -> Bilingual {
        let (en, zh) = match self {
            ValueProblem::OutOfRange => ("a value does not fit the declared type", "某个值超出声明类型的范围"),
            ValueProblem::NotFinite => ("a value is NaN or infinite", "某个值为 NaN 或无穷大"),
            ValueProblem::NoSuchDate => ("a value is not a date of the calendar", "某个值不是有效日期"),
            ValueProblem::NoSuchTime => ("a value is not a time of day", "某个值不是一天之内的时间"),
            ValueProblem::NotUtf8 => ("a text is not valid in UTF-8", "某个文本不是有效的 UTF-8"),
            ValueProblem::OtherType => ("a value has another type than declared", "某个值的类型与声明不符"),
            ValueProblem::Malformed => {
                ("a value is not in the form of the declared type", "某个值不符合声明类型的格式")
            }
            ValueProblem::UnexpectedNull => ("a column declared without NULL holds one", "声明为非空的列出现空值"),
            ValueProblem::Nul => ("a text holds a NUL character", "某个文本含有 NUL 字符"),
        };
        Bilingual::new(en, zh)
    }
}

impl ToClient for SourceError {
    fn to_client(&self) -> ClientError {
        match self {
            SourceError::Config { connection, .. } => unusable(connection),
            SourceError::Busy { connection, .. } => ClientError::new(
                SqlState::TooManyConnections,
                format!("source \"{connection}\" is busy: all its connections are in use"),
                format!("数据源 \"{connection}\" 繁忙：连接已全部占用"),
            )
            .hint("Try again later, or ask the operator to raise pool_max.", "请稍后重试，或请管理员调大 pool_max。"),
            SourceError::Unavailable { connection, .. } => ClientError::new(
                SqlState::SqlClientUnableToEstablishConnection,
                format!("source \"{connection}\" is not available"),
                format!("数据源 \"{connection}\" 不可用"),
            )
            .hint(
                "Try again later; the operator finds the reason in the audit trail.",
                "请稍后重试；管理员可在审计记录中查到原因。",
            ),
            SourceError::Timeout { connection } => ClientError::new(
                SqlState::QueryCanceled,
                format!("canceling statement: source \"{connection}\" took too long"),
                format!("语句已取消：数据源 \"{connection}\" 执行超时"),
            ),
            SourceError::Failed { connection, sqlstate, .. } => failed(connection, sqlstate.as_deref()),
            SourceError::TypeMismatch { connection, column, .. } => ClientError::new(
                SqlState::DatatypeMismatch,
                format!("column {column} of what source \"{connection}\" answered is not of its declared type"),
                format!("数据源 \"{connection}\" 返回的第 {column} 列与声明的类型不符"),
            )
            .hint(
                "The operator can compare them with: sluice check --sources",
                "管理员可用 sluice check --sources 比对。",
            ),
            SourceError::Value { connection, column, problem } => {
                let words = problem.words();
                ClientError::new(
                    problem.code(),
                    format!("source \"{connection}\", column {column} of its answer: {}", words.en),
                    format!("数据源 \"{connection}\" 返回的第 {column} 列：{}", words.zh),
                )
            }
            SourceError::Parameter { connection, position, problem } => {
                let words = problem.words();
                ClientError::new(
                    problem.code(),
                    format!("a value of the statement cannot be sent to source \"{connection}\": {}", words.en),
                    format!("语句中的值无法发送到数据源 \"{connection}\"：{}", words.zh),
                )
                .detail(format!("Value {position} of the request."), format!("请求中的第 {position} 个值。"))
            }
            SourceError::NoTable { connection, .. } => ClientError::new(
                SqlState::SystemError,
                format!("a table of source \"{connection}\" is missing"),
                format!("数据源 \"{connection}\" 缺少数据表"),
            )
            .hint("The operator can find it with: sluice check --sources", "管理员可用 sluice check --sources 查找。"),
            SourceError::Name { connection, .. } => unusable(connection),
            SourceError::Request { connection, .. } => ClientError::new(
                SqlState::InternalError,
                format!("a request to source \"{connection}\" was not well formed"),
                format!("发往数据源 \"{connection}\" 的请求不正确"),
            ),
        }
    }
}

fn unusable(connection: &str) -> ClientError {
    ClientError::new(
        SqlState::SystemError,
        format!("source \"{connection}\" is not set up correctly"),
        format!("数据源 \"{connection}\" 配置有误"),
    )
    .hint("The operator finds the reason in the audit trail.", "管理员可在审计记录中查到原因。")
}

/// A data exception keeps its code, so that an overflow reads the same wherever it happened; all else is one code.
fn failed(connection: &str, sqlstate: Option<&str>) -> ClientError {
    let data = sqlstate
        .filter(|state| state.starts_with("22"))
        .and_then(|state| SqlState::ALL.iter().copied().find(|known| known.code() == state));
    match data {
        Some(code) => ClientError::new(
            code,
            format!("source \"{connection}\" reported a data error"),
            format!("数据源 \"{connection}\" 报告数据错误"),
        ),
        None => ClientError::new(
            SqlState::SystemError,
            format!("source \"{connection}\" could not run its part of the statement"),
            format!("数据源 \"{connection}\" 无法执行其负责的部分"),
        )
        .hint("The operator finds the source's answer in the audit trail.", "管理员可在审计记录中查到数据源的答复。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_never_sees_the_sources_words() {
        let secret = "relation \"sal\" on 10.1.2.3 value 4711";
        let c = || "core".to_string();
        let all = [
            SourceError::Config { connection: c(), problem: secret.into() },
            SourceError::Unavailable { connection: c(), reason: secret.into() },
            SourceError::Failed { connection: c(), sqlstate: Some("42P01".into()), text: secret.into() },
            SourceError::Failed { connection: c(), sqlstate: Some("22012".into()), text: secret.into() },
            SourceError::TypeMismatch { connection: c(), column: 2, declared: secret.into(), found: secret.into() },
            SourceError::NoTable { connection: c(), table: secret.into(), reason: secret.into() },
            SourceError::Name { connection: c(), name: secret.into() },
            SourceError::Request { connection: c(), problem: secret.into() },
        ];
        for error in all {
            let told = format!("{:?}", error.to_client());
            assert!(!told.contains("4711") && !told.contains("10.1.2.3"), "{told}");
            assert!(told.contains("core"), "{told}");
        }
    }

    #[test]
    fn data_errors_keep_their_code() {
        let code = |state: Option<&str>| {
            let sqlstate = state.map(str::to_string);
            SourceError::Failed { connection: "c".into(), sqlstate, text: String::new() }.to_client().code
        };
        assert_eq!(code(Some("22012")), SqlState::DivisionByZero);
        assert_eq!(code(Some("22999")), SqlState::SystemError);
        assert_eq!(code(Some("42P01")), SqlState::SystemError);
        assert_eq!(code(None), SqlState::SystemError);
    }
}
