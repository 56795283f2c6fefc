//! What can go wrong while a catalog query is analysed or run, and what a client is told of it.
//!
//! Invariant: no variant carries a cell of a relation; the texts name identifiers that the client itself wrote,
//! types and limits only.

use sluice_base::{ClientError, SqlState, ToClient};

use crate::chinese::chinese;

/// Result of this room.
pub type Result<T> = std::result::Result<T, SystemError>;

/// Why a catalog query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SystemError {
    /// No such relation for this principal.
    #[error("relation \"{0}\" does not exist")]
    UndefinedTable(String),
    /// A relation of the system that nobody reads here.
    #[error("permission denied for table {0}")]
    Withheld(String),
    /// No such column, or no such field of a record.
    #[error("column \"{0}\" does not exist")]
    UndefinedColumn(String),
    /// A table name in a column reference that FROM does not have.
    #[error("missing FROM-clause entry for table \"{0}\"")]
    MissingFrom(String),
    /// A name that fits several columns.
    #[error("column reference \"{0}\" is ambiguous")]
    AmbiguousColumn(String),
    /// One alias used twice in one FROM.
    #[error("table name \"{0}\" specified more than once")]
    DuplicateAlias(String),
    /// No function of that name and those arguments.
    #[error("function {0} does not exist")]
    UndefinedFunction(String),
    /// A function that only superusers may call.
    #[error("permission denied for function {0}")]
    WithheldFunction(String),
    /// No operator for those types.
    #[error("operator does not exist: {0}")]
    UndefinedOperator(String),
    /// No type, role, setting or collation of that name: (kind, name).
    #[error("{0} \"{1}\" does not exist")]
    UndefinedObject(&'static str, String),
    /// A setting that is not known.
    #[error("unrecognized configuration parameter \"{0}\"")]
    UndefinedSetting(String),
    /// A setting that only superusers see.
    #[error("must be superuser or have privileges of pg_read_all_settings to examine \"{0}\"")]
    WithheldSetting(String),
    /// A parameter number outside what was bound.
    #[error("there is no parameter ${0}")]
    UndefinedParameter(usize),
    /// Valid PostgreSQL that this evaluator does not know.
    #[error("{0} is not supported in catalog queries")]
    Unsupported(String),
    /// A clause used wrongly.
    #[error("{0}")]
    Syntax(String),
    /// Types that do not fit each other.
    #[error("{0}")]
    DatatypeMismatch(String),
    /// A cast that PostgreSQL does not have: (from, to).
    #[error("cannot cast type {0} to {1}")]
    CannotCoerce(String, String),
    /// A column outside GROUP BY and aggregates.
    #[error("column \"{0}\" must appear in the GROUP BY clause or be used in an aggregate function")]
    Grouping(String),
    /// An aggregate, window or set-returning function where none may stand.
    #[error("{0}")]
    Misplaced(String),
    /// ORDER BY, GROUP BY or DISTINCT ON that points nowhere.
    #[error("{0}")]
    InvalidColumnReference(String),
    /// A scalar subquery with more than one row.
    #[error("more than one row returned by a subquery used as an expression")]
    Cardinality,
    /// Text that is no value of the type.
    #[error("invalid input syntax for type {0}")]
    InvalidText(String),
    /// Text that is no date or time.
    #[error("invalid input syntax for type {0}")]
    InvalidDatetime(String),
    /// A number outside the type.
    #[error("{0} out of range")]
    OutOfRange(String),
    /// A floating number that is too large.
    #[error("value out of range: overflow")]
    Overflow,
    /// One that is too small to be told from nought.
    #[error("value out of range: underflow")]
    Underflow,
    /// Division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A regular expression that does not compile.
    #[error("invalid regular expression")]
    InvalidRegex,
    /// LIKE with a broken escape.
    #[error("LIKE pattern must not end with escape character")]
    InvalidEscape,
    /// An argument outside what a function takes.
    #[error("{0}")]
    InvalidParameter(String),
    /// A part of a text that would begin before it.
    #[error("negative substring length not allowed")]
    Substring,
    /// Nesting deeper than the bound.
    #[error("statement nests deeper than {0} levels")]
    TooDeep(usize),
    /// More work than one catalog query may do.
    #[error("catalog query exceeds its work limit")]
    TooMuchWork,
    /// A value or a result larger than the bound.
    #[error("result of a catalog query is too large")]
    TooLarge,
    /// No more memory for it.
    #[error("out of memory for this query")]
    Memory,
    /// Our own bug; the text is for the log.
    #[error("internal error in the catalog evaluator: {0}")]
    Internal(&'static str),
}

impl SystemError {
    /// True where another engine may know what this one does not: asked for queries without relations.
    pub fn is_unknown_here(&self) -> bool {
        matches!(
            self,
            SystemError::Unsupported(_)
                | SystemError::UndefinedFunction(_)
                | SystemError::UndefinedOperator(_)
                | SystemError::UndefinedObject("type", _)
        )
    }

    fn chinese(&self) -> String {
        match self {
            SystemError::UndefinedTable(name) => format!("关系 \"{name}\" 不存在"),
            SystemError::Withheld(name) => format!("没有读取关系 {name} 的权限"),
            SystemError::UndefinedColumn(name) => format!("列 \"{name}\" 不存在"),
            SystemError::MissingFrom(name) => format!("FROM 子句中没有表 \"{name}\""),
            SystemError::AmbiguousColumn(name) => format!("列引用 \"{name}\" 有歧义"),
            SystemError::DuplicateAlias(name) => format!("表名 \"{name}\" 被多次指定"),
            SystemError::UndefinedFunction(call) => format!("函数 {call} 不存在"),
            SystemError::WithheldFunction(name) => format!("没有调用函数 {name} 的权限"),
            SystemError::UndefinedOperator(form) => format!("操作符不存在：{form}"),
            SystemError::UndefinedObject(kind, name) => {
                let kind = match *kind {
                    "type" => "类型",
                    "function" => "函数",
                    "role" => "角色",
                    "schema" => "模式",
                    "collation" => "排序规则",
                    other => other,
                };
                format!("{kind} \"{name}\" 不存在")
            }
            SystemError::UndefinedSetting(name) => format!("未知的配置参数 \"{name}\""),
            SystemError::WithheldSetting(name) => {
                format!("只有超级用户或具有 pg_read_all_settings 权限者可以查看 \"{name}\"")
            }
            SystemError::UndefinedParameter(number) => format!("没有参数 ${number}"),
            SystemError::Unsupported(what) => format!("系统目录查询不支持：{}", chinese(what)),
            SystemError::Syntax(text) => format!("语句有误：{}", chinese(text)),
            SystemError::DatatypeMismatch(text) => format!("数据类型不匹配：{}", chinese(text)),
            SystemError::CannotCoerce(from, to) => format!("无法将类型 {from} 转换为 {to}"),
            SystemError::Grouping(name) => format!("列 \"{name}\" 必须出现在 GROUP BY 子句中或用于聚合函数"),
            SystemError::Misplaced(text) => format!("函数位置有误：{}", chinese(text)),
            SystemError::InvalidColumnReference(text) => format!("列引用无效：{}", chinese(text)),
            SystemError::Cardinality => "作为表达式的子查询返回了多于一行".into(),
            SystemError::InvalidText(name) | SystemError::InvalidDatetime(name) => {
                format!("类型 {name} 的输入语法无效")
            }
            SystemError::OutOfRange(name) => format!("{name} 超出范围"),
            SystemError::Overflow => "值超出范围:上溢".into(),
            SystemError::Underflow => "值超出范围:下溢".into(),
            SystemError::DivisionByZero => "除数为零".into(),
            SystemError::InvalidRegex => "正则表达式无效".into(),
            SystemError::InvalidEscape => "LIKE 模式不能以转义字符结尾".into(),
            SystemError::InvalidParameter(text) => format!("参数无效：{}", chinese(text)),
            SystemError::Substring => "子串的长度不能为负数".into(),
            SystemError::TooDeep(levels) => format!("语句嵌套超过 {levels} 层"),
            SystemError::TooMuchWork => "系统目录查询的工作量超出限制".into(),
            SystemError::TooLarge => "系统目录查询的结果过大".into(),
            SystemError::Memory => "查询内存不足".into(),
            SystemError::Internal(_) => "系统目录内部错误".into(),
        }
    }
}

impl ToClient for SystemError {
    fn to_client(&self) -> ClientError {
        let code = match self {
            SystemError::UndefinedTable(_) | SystemError::MissingFrom(_) => SqlState::UndefinedTable,
            SystemError::Withheld(_) | SystemError::WithheldSetting(_) | SystemError::WithheldFunction(_) => {
                SqlState::InsufficientPrivilege
            }
            SystemError::UndefinedColumn(_) => SqlState::UndefinedColumn,
            SystemError::AmbiguousColumn(_) => SqlState::AmbiguousColumn,
            SystemError::DuplicateAlias(_) => SqlState::DuplicateAlias,
            SystemError::UndefinedFunction(_) | SystemError::UndefinedOperator(_) => SqlState::UndefinedFunction,
            SystemError::UndefinedObject("schema", _) => SqlState::InvalidSchemaName,
            SystemError::UndefinedObject("function", _) => SqlState::UndefinedFunction,
            SystemError::UndefinedObject(_, _) | SystemError::UndefinedSetting(_) => SqlState::UndefinedObject,
            SystemError::UndefinedParameter(_) => SqlState::UndefinedParameter,
            SystemError::Unsupported(_) => SqlState::FeatureNotSupported,
            SystemError::Syntax(_) => SqlState::SyntaxError,
            SystemError::DatatypeMismatch(_) => SqlState::DatatypeMismatch,
            SystemError::CannotCoerce(_, _) => SqlState::CannotCoerce,
            SystemError::Grouping(_) | SystemError::Misplaced(_) => SqlState::GroupingError,
            SystemError::InvalidColumnReference(_) => SqlState::InvalidColumnReference,
            SystemError::Cardinality => SqlState::CardinalityViolation,
            SystemError::InvalidText(_) => SqlState::InvalidTextRepresentation,
            SystemError::InvalidDatetime(_) => SqlState::InvalidDatetimeFormat,
            SystemError::OutOfRange(_) | SystemError::Overflow | SystemError::Underflow => {
                SqlState::NumericValueOutOfRange
            }
            SystemError::DivisionByZero => SqlState::DivisionByZero,
            SystemError::InvalidRegex => SqlState::InvalidRegularExpression,
            SystemError::InvalidEscape => SqlState::InvalidEscapeSequence,
            SystemError::InvalidParameter(_) => SqlState::InvalidParameterValue,
            SystemError::Substring => SqlState::SubstringError,
            SystemError::TooDeep(_) | SystemError::TooMuchWork => SqlState::StatementTooComplex,
            SystemError::TooLarge => SqlState::ProgramLimitExceeded,
            SystemError::Memory => SqlState::OutOfMemory,
            SystemError::Internal(_) => SqlState::InternalError,
        };
        let english = match self {
            SystemError::Internal(_) => "internal error in the system catalog".to_string(),
            other => other.to_string(),
        };
        let error = ClientError::new(code, english, self.chinese());
        match self {
            SystemError::Unsupported(_) => error.hint(
                "pg_catalog and information_schema answer a subset of PostgreSQL's SQL.",
                "pg_catalog 与 information_schema 支持 PostgreSQL SQL 的一个子集。",
            ),
            SystemError::Memory => error.hint(
                "Select fewer rows or columns, aggregate earlier, or ask the operator to raise limits.memory_bytes.",
                "请减少行或列、提前聚合,或联系管理员提高 limits.memory_bytes。",
            ),
            _ => error,
        }
    }
}
