//! Why a function of dates and times, or one that formats, has no result.

use datafusion_common::DataFusionError;
use sluice_base::{ClientError, SqlState, ToClient};

use crate::PlanError;
use crate::chinese::chinese;

/// A fault of a value; it holds none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatetimeFault {
    /// Text that is no value of the named type.
    #[error("invalid input for type {0}")]
    Form(&'static str),
    /// A value past the range of the named type, or parts that make no value of it.
    #[error("{0} out of range")]
    Range(&'static str),
    /// A day or an hour that does not exist.
    #[error("date or time field out of range")]
    Field,
    /// `infinity` and words for a moment, where values of the named type cannot be that.
    #[error("a special value of type {0}")]
    Special(&'static str),
    /// A unit that no type has.
    #[error("unit not recognized for type {0}")]
    UnknownUnit(&'static str),
    /// A unit that the named type does not have.
    #[error("unit not supported for type {0}")]
    Unit(&'static str),
    /// A time zone that is not known here.
    #[error("time zone")]
    Zone,
    /// Text that does not fit a template.
    #[error("text does not fit its template")]
    Template,
    /// Patterns of a template that exclude each other.
    #[error("conflicting template patterns")]
    TemplateConflict,
    /// A template that PostgreSQL does not accept.
    #[error("malformed template: {0}")]
    TemplateSyntax(&'static str),
    /// A template pattern that is not done.
    #[error("template pattern {0}")]
    TemplatePattern(&'static str),
    /// A template of more than so many bytes.
    #[error("a template of more than {0} bytes")]
    TemplateLength(usize),
    /// A pattern that an interval has no value for.
    #[error("template of an interval")]
    TemplateInterval,
    /// Text that is no number by its template.
    #[error("invalid input for type numeric")]
    Number,
    /// A number with more digits than its template.
    #[error("numeric out of range")]
    NumberRange,
    /// A number that a function does not take.
    #[error("{0}")]
    NumberOut(&'static str),
    /// Buckets that cannot be.
    #[error("{0}")]
    Bucket(&'static str),
    /// Text that is no json.
    #[error("invalid input for type json")]
    Json,
    /// A number that no character has.
    #[error("{0}")]
    Letter(&'static str),
    /// A key of an object that is NULL, by its place among the arguments.
    #[error("argument {0} is null")]
    NullKey(usize),
    /// Text that is no value of a type, or of an encoding, in words of its own.
    #[error("{0}")]
    Input(&'static str),
    /// Bytes that are no text of an encoding.
    #[error("invalid byte sequence for encoding \"{0}\"")]
    NoText(&'static str),
    /// A character of the first encoding that the second lacks.
    #[error("a character of encoding \"{0}\" has no equivalent in encoding \"{1}\"")]
    Lacking(&'static str, &'static str),
    /// A part that has fewer bytes than none.
    #[error("negative substring length")]
    Substring,
    /// NULL where a name is wanted.
    #[error("null values cannot be formatted as an SQL identifier")]
    NullName,
    /// A stride that has no length of its own.
    #[error("timestamps cannot be binned into intervals containing months or years")]
    Months,
    /// What is not done.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Work on a value that would take too long.
    #[error("{0} of such values")]
    TooMuch(&'static str),
    /// Division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// Any other argument that the function does not take.
    #[error("{0}")]
    Argument(&'static str),
}

impl ToClient for DatetimeFault {
    fn to_client(&self) -> ClientError {
        use SqlState as S;
        match self {
            DatetimeFault::Form(name) => ClientError::new(
                S::InvalidDatetimeFormat,
                format!("invalid input syntax for type {name}"),
                format!("类型 {name} 的输入语法无效"),
            ),
            DatetimeFault::Range(name) => {
                ClientError::new(S::DatetimeFieldOverflow, format!("{name} out of range"), format!("{name} 超出范围"))
            }
            DatetimeFault::Field => {
                ClientError::new(S::DatetimeFieldOverflow, "date/time field value out of range", "日期/时间值超出范围")
            }
            DatetimeFault::Special(name) => ClientError::new(
                S::FeatureNotSupported,
                format!("NaN, infinity and words such as today are not supported for type {name}"),
                format!("类型 {name} 不支持 NaN、infinity 以及 today 之类的取值"),
            )
            .hint("Write the value out.", "请写出具体的值。"),
            DatetimeFault::NullKey(place) => ClientError::new(
                S::InvalidParameterValue,
                format!("argument {place} cannot be null"),
                format!("第 {place} 个参数不能为空"),
            ),
            DatetimeFault::UnknownUnit(name) => ClientError::new(
                S::InvalidParameterValue,
                format!("unit not recognized for type {name}"),
                format!("类型 {name} 没有这个单位"),
            ),
            DatetimeFault::Unit(name) => ClientError::new(
                S::FeatureNotSupported,
                format!("unit not supported for type {name}"),
                format!("类型 {name} 不支持这个单位"),
            ),
            DatetimeFault::Zone => {
                ClientError::new(S::FeatureNotSupported, "this time zone is not supported", "不支持该时区")
                    .hint("Use UTC, Asia/Shanghai or an offset.", "请使用 UTC、Asia/Shanghai 或固定偏移。")
            }
            DatetimeFault::Template => {
                ClientError::new(S::InvalidDatetimeFormat, "the text does not match its template", "文本与模板不符")
            }
            DatetimeFault::TemplateConflict => ClientError::new(
                S::InvalidDatetimeFormat,
                "conflicting values or patterns in the template",
                "模板中的模式或取值相互冲突",
            ),
            DatetimeFault::TemplateSyntax(what) => ClientError::new(S::SyntaxError, *what, chinese(what)),
            DatetimeFault::TemplatePattern(what) => ClientError::new(
                S::FeatureNotSupported,
                format!("the template pattern {what} is not supported"),
                format!("不支持模板模式 {}", chinese(what)),
            ),
            DatetimeFault::TemplateLength(bytes) => ClientError::new(
                S::ProgramLimitExceeded,
                format!("a template may have {bytes} bytes"),
                format!("模板最长为 {bytes} 字节"),
            ),
            DatetimeFault::TemplateInterval => ClientError::new(
                S::InvalidDatetimeFormat,
                "invalid format specification for an interval value",
                "间隔值的模板无效",
            ),
            DatetimeFault::Number => ClientError::new(
                S::InvalidTextRepresentation,
                "invalid input syntax for type numeric",
                "类型 numeric 的输入语法无效",
            ),
            DatetimeFault::NumberRange => {
                ClientError::new(S::NumericValueOutOfRange, "numeric field overflow", "numeric 字段溢出")
            }
            DatetimeFault::NumberOut(what) => ClientError::new(S::NumericValueOutOfRange, *what, chinese(what)),
            DatetimeFault::Bucket(what) => ClientError::new(S::InvalidArgumentForWidthBucket, *what, chinese(what)),
            DatetimeFault::Json => ClientError::new(
                S::InvalidTextRepresentation,
                "invalid input syntax for type json",
                "类型 json 的输入语法无效",
            ),
            DatetimeFault::Letter(what) => ClientError::new(S::ProgramLimitExceeded, *what, chinese(what)),
            DatetimeFault::Input(what) => ClientError::new(S::InvalidTextRepresentation, *what, chinese(what)),
            DatetimeFault::NoText(encoding) => ClientError::new(
                S::CharacterNotInRepertoire,
                format!("invalid byte sequence for encoding \"{encoding}\""),
                format!("编码 \"{encoding}\" 的字节序列无效"),
            ),
            DatetimeFault::Lacking(from, to) => ClientError::new(
                S::UntranslatableCharacter,
                format!("a character of encoding \"{from}\" has no equivalent in encoding \"{to}\""),
                format!("{from} 编码的字符在 {to} 中没有对应的字符"),
            ),
            DatetimeFault::Substring => {
                ClientError::new(S::SubstringError, "negative substring length not allowed", "子串长度不能为负")
            }
            DatetimeFault::NullName => ClientError::new(
                S::NullValueNotAllowed,
                "null values cannot be formatted as an SQL identifier",
                "空值不能作为 SQL 标识符",
            ),
            DatetimeFault::Months => ClientError::new(
                S::FeatureNotSupported,
                "timestamps cannot be binned into intervals containing months or years",
                "时间戳不能按含月或年的间隔分组",
            ),
            DatetimeFault::Unsupported(what) => ClientError::new(
                S::FeatureNotSupported,
                format!("{what} is not supported"),
                format!("不支持{}", chinese(what)),
            ),
            DatetimeFault::TooMuch(what) => ClientError::new(
                S::StatementTooComplex,
                format!("{what} takes too much work for such values"),
                format!("对这样的值，{}的工作量过大", chinese(what)),
            ),
            DatetimeFault::DivisionByZero => ClientError::new(S::DivisionByZero, "division by zero", "除数为零"),
            DatetimeFault::Argument(what) => ClientError::new(S::InvalidParameterValue, *what, chinese(what)),
        }
    }
}

impl From<DatetimeFault> for DataFusionError {
    fn from(fault: DatetimeFault) -> DataFusionError {
        DataFusionError::External(Box::new(PlanError::Datetime(fault)))
    }
}
