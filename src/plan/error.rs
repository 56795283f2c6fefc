//! Why a statement is refused before it runs, and the one place where that becomes a client's error.

use sluice_base::{ClientError, SqlState, ToClient};

use crate::chinese::chinese;
use crate::datetime::DatetimeFault;

/// Refusals of the plan room. Texts hold nothing but what the client itself typed or may see.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlanError {
    /// The text is not SQL.
    #[error("syntax error: {message}")]
    Syntax {
        /// The parser's words.
        message: String,
        /// Character position, from 1.
        position: Option<u32>,
    },
    /// A write or DDL on a read-only server.
    #[error("cannot execute {0} in a read-only transaction")]
    ReadOnly(String),
    /// A statement or construct that Sluice does not do.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// Deeper, longer or wider than the limits.
    #[error("statement too complex: {0}")]
    TooComplex(&'static str),
    /// A value larger than the limits would be built.
    #[error("{0} would exceed the size limit")]
    TooLarge(&'static str),
    /// Relation absent or not visible: the same words for both.
    #[error("relation {0:?} does not exist")]
    UndefinedTable(String),
    /// Column absent or not visible: the same words for both.
    #[error("column {0:?} does not exist")]
    UndefinedColumn(String),
    /// A name that fits several columns.
    #[error("column reference {0:?} is ambiguous")]
    AmbiguousColumn(String),
    /// Function not on the allow-list.
    #[error("function {0} does not exist")]
    UndefinedFunction(String),
    /// Schema absent or not visible.
    #[error("schema {0:?} does not exist")]
    UndefinedSchema(String),
    /// The same alias twice in one FROM.
    #[error("table name {0:?} specified more than once")]
    DuplicateAlias(String),
    /// A parameter without a value.
    #[error("there is no parameter ${0}")]
    UndefinedParameter(usize),
    /// Types that do not fit.
    #[error("types do not match: {0}")]
    Datatype(String),
    /// A result or an argument past its range.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// A condition of the statement's form, in PostgreSQL's words.
    #[error("{0}")]
    Form(String),
    /// A column of a relation, absent or not visible.
    #[error("column {0}.{1} does not exist")]
    UndefinedQualified(String, String),
    /// A column in USING that a side of the join does not have.
    #[error("column {0:?} specified in USING clause does not exist in {1} table")]
    UsingColumn(String, &'static str),
    /// A relation that FROM does not name.
    #[error("missing FROM-clause entry for table {0:?}")]
    MissingFrom(String),
    /// A relation that goes by its alias: its name, the alias.
    #[error("invalid reference to FROM-clause entry for table {0:?}")]
    HiddenByAlias(String, String),
    /// The same name twice in one WITH.
    #[error("WITH query name {0:?} specified more than once")]
    DuplicateQuery(String),
    /// A window that cannot be.
    #[error("{0}")]
    Window(String),
    /// A window of no name in sight.
    #[error("window {0:?} does not exist")]
    UndefinedWindow(String),
    /// A type of this name is not there.
    #[error("type {0:?} does not exist")]
    UndefinedType(String),
    /// A function called as one of another kind.
    #[error("{0}")]
    WrongKind(String),
    /// A cast that there is not: from, to.
    #[error("cannot cast type {0} to {1}")]
    CannotCast(String, String),
    /// A rule of grouping, in PostgreSQL's words.
    #[error("{0}")]
    GroupingRule(String),
    /// Columns outside GROUP BY and the like.
    #[error("grouping error: {0}")]
    Grouping(String),
    /// An argument outside what a function takes.
    #[error("{0}")]
    InvalidParameter(&'static str),
    /// A place or expression that DISTINCT, DISTINCT ON or ORDER BY may not name.
    #[error("{0}")]
    InvalidReference(String),
    /// Any other fault in the statement that the planner found.
    #[error("invalid statement: {0}")]
    Invalid(String),
    /// A field with `use: none` mentioned outside plain output.
    #[error("column {0:?} may only be listed, not used")]
    OutputOnly(String),
    /// A field that exists in aggregates alone, used otherwise.
    #[error("column {0:?} may only be aggregated")]
    AggregateOnly(String),
    /// A value that is too short for a look-up.
    #[error("look-up value too short")]
    LookupTooShort,
    /// A date or number in the statement that cannot be read.
    #[error("invalid value for type {0}")]
    InvalidValue(&'static str),
    /// An ESCAPE of more than one character.
    #[error("invalid escape string")]
    InvalidEscape,
    /// A LIKE pattern that ends with its escape character.
    #[error("LIKE pattern ends with its escape character")]
    EscapeAtEnd,
    /// An operator that these types do not have.
    #[error("operator does not exist: {0}")]
    UndefinedOperator(String),
    /// Branches or columns of different types, in PostgreSQL's words.
    #[error("{0}")]
    Mismatch(String),
    /// A LIMIT or OFFSET below nought.
    #[error("{0} must not be negative")]
    RowCount(&'static str),
    /// A count of groups, or a place in a frame, below one.
    #[error("argument of {0} must be greater than zero")]
    Place(&'static str),
    /// A frame of a window that cannot be.
    #[error("{0}")]
    Frame(&'static str),
    /// An offset of a frame that cannot be.
    #[error("{0}")]
    FrameOffset(&'static str),
    /// A part of a text that would begin before it.
    #[error("negative substring length not allowed")]
    Substring,
    /// A construct at a place where PostgreSQL has it neither.
    #[error("{0}")]
    NotAllowed(String),
    /// A type that has no operator for what is asked of its values.
    #[error("{0}")]
    NoOperator(String),
    /// A recursive query that is none.
    #[error("{0}")]
    Recursion(String),
    /// A column of a recursive query has another type in the first term than in both.
    #[error("{0}")]
    RecursiveType(String),
    /// `ARRAY[]` without a cast.
    #[error("an empty array without a type")]
    EmptyArray,
    /// Text that is no array.
    #[error("malformed array literal")]
    ArrayLiteral,
    /// Text that is no regular expression.
    #[error("invalid regular expression: {0}")]
    Pattern(&'static str),
    /// A logarithm of nought or less.
    #[error("{0}")]
    Logarithm(&'static str),
    /// A power that is no real number.
    #[error("{0}")]
    Power(&'static str),
    /// A date, a time or a template that cannot be computed.
    #[error("{0}")]
    Datetime(#[from] DatetimeFault),
    /// An invariant of ours broke.
    #[error("internal: {0}")]
    Internal(String),
}

impl PlanError {
    /// True where a regular expression is at fault, which another evaluator would match otherwise.
    pub fn is_of_pattern(&self) -> bool {
        match self {
            PlanError::Pattern(_) => true,
            PlanError::Unsupported(what) => what.contains("regular expression") || what.contains("non-greedy"),
            _ => false,
        }
    }
}

impl ToClient for PlanError {
    fn to_client(&self) -> ClientError {
        use SqlState as S;
        match self {
            PlanError::Syntax { message, position } => {
                ClientError::new(S::SyntaxError, message.clone(), chinese(message)).at(*position)
            }
            PlanError::ReadOnly(what) => ClientError::new(
                S::ReadOnlySqlTransaction,
                format!("cannot execute {what} in a read-only transaction"),
                format!("只读服务不能执行 {what}"),
            )
            .hint("Sluice only reads. Change data at its source.", "闸只提供查询,请在源系统中修改数据。"),
            PlanError::Unsupported(what) => ClientError::new(
                S::FeatureNotSupported,
                format!("{what} is not supported"),
                format!("不支持{}", spaced(&chinese(what))),
            )
            .hint("Write the query without this construct.", "请改写查询,避免使用该语法。"),
            PlanError::TooComplex(what) => ClientError::new(
                S::StatementTooComplex,
                format!("statement too complex: {what}"),
                format!("语句过于复杂：{}", chinese(what)),
            )
            .hint("Split the statement, or ask the operator to raise the limit.", "请拆分语句,或联系管理员调整上限。"),
            PlanError::TooLarge(what) => ClientError::new(
                S::ProgramLimitExceeded,
                format!("the result of {what} would exceed the size limit"),
                format!("{} 的结果超过大小上限", chinese(what)),
            ),
            PlanError::UndefinedTable(name) => ClientError::new(
                S::UndefinedTable,
                format!("relation \"{name}\" does not exist"),
                format!("关系 \"{name}\" 不存在"),
            ),
            PlanError::UndefinedColumn(name) => ClientError::new(
                S::UndefinedColumn,
                format!("column \"{name}\" does not exist"),
                format!("字段 \"{name}\" 不存在"),
            ),
            PlanError::AmbiguousColumn(name) => ClientError::new(
                S::AmbiguousColumn,
                format!("column reference \"{name}\" is ambiguous"),
                format!("字段引用 \"{name}\" 有歧义"),
            )
            .hint("Qualify the column with its table.", "请在字段前加上表名。"),
            PlanError::UndefinedFunction(name) => ClientError::new(
                S::UndefinedFunction,
                format!("function {name} does not exist"),
                format!("函数 {name} 不存在"),
            )
            .hint(
                "No function matches the given name and argument types. You might need to add explicit type casts.",
                "没有名称和参数类型相符的函数,可能需要显式转换类型。",
            ),
            PlanError::UndefinedSchema(name) => ClientError::new(
                S::InvalidSchemaName,
                format!("schema \"{name}\" does not exist"),
                format!("模式 \"{name}\" 不存在"),
            ),
            PlanError::DuplicateAlias(name) => ClientError::new(
                S::DuplicateAlias,
                format!("table name \"{name}\" specified more than once"),
                format!("表名 \"{name}\" 重复出现"),
            )
            .hint("Give each occurrence its own alias.", "请为每处引用取不同的别名。"),
            PlanError::UndefinedParameter(number) => ClientError::new(
                S::UndefinedParameter,
                format!("there is no parameter ${number}"),
                format!("没有参数 ${number}"),
            ),
            PlanError::Datatype(what) => {
                ClientError::new(S::DatatypeMismatch, "data types do not match", "数据类型不匹配")
                    .detail(what.clone(), chinese(what))
                    .hint("Add an explicit cast.", "请添加显式类型转换。")
            }
            PlanError::OutOfRange(what) => ClientError::new(S::NumericValueOutOfRange, *what, chinese(what)),
            PlanError::Form(what) => ClientError::new(S::SyntaxError, what.clone(), chinese(what)),
            PlanError::UndefinedQualified(relation, name) => ClientError::new(
                S::UndefinedColumn,
                format!("column {relation}.{name} does not exist"),
                format!("字段 {relation}.{name} 不存在"),
            ),
            PlanError::UsingColumn(name, side) => {
                let of_side = if *side == "left" { "左侧" } else { "右侧" };
                ClientError::new(
                    S::UndefinedColumn,
                    format!("column \"{name}\" specified in USING clause does not exist in {side} table"),
                    format!("USING 中的字段 \"{name}\" 在{of_side}的表中不存在"),
                )
            }
            PlanError::MissingFrom(name) => ClientError::new(
                S::UndefinedTable,
                format!("missing FROM-clause entry for table \"{name}\""),
                format!("FROM 中没有表 \"{name}\""),
            ),
            PlanError::HiddenByAlias(name, alias) => ClientError::new(
                S::UndefinedTable,
                format!("invalid reference to FROM-clause entry for table \"{name}\""),
                format!("对 FROM 中的表 \"{name}\" 的引用无效"),
            )
            .hint(
                format!("Perhaps you meant to reference the table alias \"{alias}\"."),
                format!("也许应当使用别名 \"{alias}\"。"),
            ),
            PlanError::DuplicateQuery(name) => ClientError::new(
                S::DuplicateAlias,
                format!("WITH query name \"{name}\" specified more than once"),
                format!("WITH 中的名称 \"{name}\" 重复出现"),
            ),
            PlanError::Window(what) => ClientError::new(S::WindowingError, what.clone(), chinese(what)),
            PlanError::UndefinedWindow(name) => ClientError::new(
                S::UndefinedObject,
                format!("window \"{name}\" does not exist"),
                format!("窗口 \"{name}\" 不存在"),
            ),
            PlanError::UndefinedType(name) => ClientError::new(
                S::UndefinedObject,
                format!("type \"{name}\" does not exist"),
                format!("类型 \"{name}\" 不存在"),
            ),
            PlanError::WrongKind(what) => ClientError::new(S::WrongObjectType, what.clone(), chinese(what)),
            PlanError::CannotCast(from, to) => ClientError::new(
                S::CannotCoerce,
                format!("cannot cast type {from} to {to}"),
                format!("不能把类型 {from} 转换为 {to}"),
            ),
            PlanError::GroupingRule(what) => ClientError::new(S::GroupingError, what.clone(), chinese(what)),
            PlanError::Grouping(what) => ClientError::new(
                S::GroupingError,
                "a column must appear in the GROUP BY clause or be used in an aggregate function",
                "字段必须出现在 GROUP BY 中或用于聚合函数",
            )
            .detail(what.clone(), chinese(what)),
            PlanError::Invalid(what) => {
                ClientError::new(S::SyntaxError, "invalid statement", "语句无效").detail(what.clone(), chinese(what))
            }
            PlanError::InvalidParameter(what) => ClientError::new(S::InvalidParameterValue, *what, chinese(what)),
            PlanError::InvalidReference(what) => {
                ClientError::new(S::InvalidColumnReference, what.clone(), chinese(what))
            }
            PlanError::OutputOnly(name) => ClientError::new(
                S::InsufficientPrivilege,
                format!("column \"{name}\" may be listed, but not used in an expression or condition"),
                format!("字段 \"{name}\" 只能直接查询,不能用于表达式或条件"),
            ),
            PlanError::AggregateOnly(name) => ClientError::new(
                S::InsufficientPrivilege,
                format!("column \"{name}\" may only be aggregated"),
                format!("字段 \"{name}\" 只能用于汇总"),
            )
            .hint(
                "Use sum, avg or count on the column itself, over its own table or joined to others by their keys.",
                "请对该字段本身使用 sum、avg 或 count,只用本表,或按主键关联其他表。",
            ),
            PlanError::LookupTooShort => {
                ClientError::new(S::InsufficientPrivilege, "the value is too short for a look-up", "查找用的值太短")
                    .hint("Give the whole value.", "请输入完整的值。")
            }
            PlanError::InvalidValue(type_name) => ClientError::new(
                S::InvalidTextRepresentation,
                format!("invalid input syntax for type {type_name}"),
                format!("类型 {type_name} 的输入格式无效"),
            ),
            PlanError::InvalidEscape => {
                ClientError::new(S::InvalidEscapeSequence, "invalid escape string", "转义字符串无效")
                    .hint("Escape string must be empty or one character.", "转义字符串必须为空或一个字符。")
            }
            PlanError::EscapeAtEnd => ClientError::new(
                S::InvalidEscapeSequence,
                "LIKE pattern must not end with escape character",
                "LIKE 模式不能以转义字符结尾",
            ),
            PlanError::UndefinedOperator(form) => ClientError::new(
                S::UndefinedFunction,
                format!("operator does not exist: {form}"),
                format!("操作符不存在:{form}"),
            )
            .hint(
                "No operator matches the given name and argument types. You might need to add explicit type casts.",
                "没有与参数类型相符的操作符,可能需要显式转换类型。",
            ),
            PlanError::Mismatch(what) => ClientError::new(S::DatatypeMismatch, what.clone(), chinese(what))
                .hint("Add an explicit cast.", "请添加显式类型转换。"),
            PlanError::RowCount(clause) => {
                let code =
                    if *clause == "LIMIT" { S::InvalidRowCountInLimit } else { S::InvalidRowCountInResultOffset };
                ClientError::new(code, format!("{clause} must not be negative"), format!("{clause} 不能为负数"))
            }
            PlanError::Place(name) => {
                let code = if *name == "ntile" { S::InvalidArgumentForNtile } else { S::InvalidArgumentForNthValue };
                let told = format!("argument of {name} must be greater than zero");
                ClientError::new(code, told, format!("{name} 的参数必须大于零"))
            }
            PlanError::Frame(what) => ClientError::new(S::WindowingError, *what, chinese(what)),
            PlanError::FrameOffset(what) => ClientError::new(S::InvalidPrecedingOrFollowingSize, *what, chinese(what)),
            PlanError::Substring => {
                ClientError::new(S::SubstringError, "negative substring length not allowed", "子串的长度不能为负数")
            }
            PlanError::NotAllowed(what) => ClientError::new(S::FeatureNotSupported, what.clone(), chinese(what)),
            PlanError::Recursion(what) => ClientError::new(S::InvalidRecursion, what.clone(), chinese(what)),
            PlanError::NoOperator(what) => ClientError::new(S::UndefinedFunction, what.clone(), chinese(what)),
            PlanError::RecursiveType(what) => ClientError::new(S::DatatypeMismatch, what.clone(), chinese(what)).hint(
                "Cast the output of the non-recursive term to the correct type.",
                "请将非递归部分的输出转换为正确的类型。",
            ),
            PlanError::EmptyArray => ClientError::new(
                S::IndeterminateDatatype,
                "cannot determine type of empty array",
                "无法确定空数组的类型",
            )
            .hint(
                "Explicitly cast to the desired type, for example ARRAY[]::integer[].",
                "请显式转换为所需类型,例如 ARRAY[]::integer[]。",
            ),
            PlanError::ArrayLiteral => {
                ClientError::new(S::InvalidTextRepresentation, "malformed array literal", "数组的写法无效")
            }
            PlanError::Pattern(what) => ClientError::new(
                S::InvalidRegularExpression,
                format!("invalid regular expression: {what}"),
                format!("正则表达式无效：{}", chinese(what)),
            ),
            PlanError::Logarithm(what) => ClientError::new(S::InvalidArgumentForLogarithm, *what, chinese(what)),
            PlanError::Power(what) => ClientError::new(S::InvalidArgumentForPowerFunction, *what, chinese(what)),
            PlanError::Datetime(fault) => fault.to_client(),
            PlanError::Internal(_) => ClientError::internal("plan"),
        }
    }
}

/// A space before Latin letters, none before Chinese ones.
fn spaced(text: &str) -> String {
    let latin = text.starts_with(|first: char| first.is_ascii());
    if latin { format!(" {text}") } else { text.to_string() }
}
