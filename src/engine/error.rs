//! Why a governed query could not be run, and the one place where that becomes a client's error.

use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use sluice_base::{ClientError, SqlState, ToClient};
use sluice_plan::PlanError;
use sluice_plan::datetime::DatetimeFault;
use sluice_plan::numeric::NegativeRoot;

use crate::sources::SourceError;

/// Failures of the engine. `Display` is for logs and the audit; clients get [`ToClient`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// A source failed.
    #[error("source: {0}")]
    Source(#[from] SourceError),
    /// A connection id without a source behind it.
    #[error("connection {0:?} is not open")]
    NoSource(String),
    /// Division by zero in the user's own expression.
    #[error("division by zero")]
    DivisionByZero,
    /// A number that does not fit its type.
    #[error("number out of range: {0}")]
    OutOfRange(String),
    /// A square root of a negative number.
    #[error("square root of a negative number")]
    NegativeRoot,
    /// A number past the range of the named type.
    #[error("{0} out of range")]
    TypeRange(&'static str),
    /// Text that is no value of the named type.
    #[error("invalid input for type {0}")]
    InvalidInput(&'static str),
    /// Text that is no value of the named date or time type.
    #[error("invalid input for type {0}")]
    InvalidDatetime(&'static str),
    /// A day, an hour or an offset that does not exist, or is past the range.
    #[error("date or time out of range")]
    DatetimeRange,
    /// `NaN`, an infinity or a word for a moment, where values of the named type cannot be that.
    #[error("a special value of type {0}")]
    SpecialValue(&'static str),
    /// A value longer than `limits.value_bytes_max`, which it holds.
    #[error("a value of more than {0} bytes")]
    TooLarge(usize),
    /// A fault of the statement that only shows while it runs.
    #[error("{0}")]
    Statement(#[from] PlanError),
    /// Text that cannot be read as the type it is cast to.
    #[error("invalid input for a cast: {0}")]
    InvalidText(String),
    /// A regular expression that cannot be read.
    #[error("invalid regular expression: {0}")]
    InvalidRegex(String),
    /// A scalar subquery that gave more than one row.
    #[error("more than one row from a scalar subquery")]
    SubqueryRows,
    /// Past the engine's memory.
    #[error("out of memory: {0}")]
    Memory(String),
    /// A step the engine does not do.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// A mask whose key is not configured.
    #[error("mask key {0:?} is not configured")]
    NoKey(String),
    /// A barrier was not found again.
    #[error("barrier lost: {0}")]
    Barrier(String),
    /// Anything else: our bug.
    #[error("internal: {0}")]
    Internal(String),
}

impl ToClient for EngineError {
    fn to_client(&self) -> ClientError {
        use SqlState as S;
        match self {
            EngineError::Source(source) => source.to_client(),
            EngineError::NoSource(_) => {
                ClientError::new(S::SqlClientUnableToEstablishConnection, "a source is not open", "数据源未连接")
                    .hint("Ask the operator to check the configuration.", "请联系管理员检查配置。")
            }
            EngineError::DivisionByZero => ClientError::new(S::DivisionByZero, "division by zero", "除数为零"),
            EngineError::OutOfRange(_) => {
                ClientError::new(S::NumericValueOutOfRange, "numeric value out of range", "数值超出范围")
            }
            EngineError::NegativeRoot => ClientError::new(
                S::InvalidArgumentForPowerFunction,
                "cannot take square root of a negative number",
                "不能对负数开平方",
            ),
            EngineError::TypeRange("numeric") => {
                ClientError::new(S::NumericValueOutOfRange, "numeric field overflow", "numeric 字段溢出")
            }
            EngineError::TypeRange(type_name) => ClientError::new(
                S::NumericValueOutOfRange,
                format!("{type_name} out of range"),
                format!("{type_name} 超出范围"),
            ),
            EngineError::InvalidInput(type_name) => ClientError::new(
                S::InvalidTextRepresentation,
                format!("invalid input syntax for type {type_name}"),
                format!("类型 {type_name} 的输入语法无效"),
            ),
            EngineError::InvalidDatetime(type_name) => ClientError::new(
                S::InvalidDatetimeFormat,
                format!("invalid input syntax for type {type_name}"),
                format!("类型 {type_name} 的输入语法无效"),
            ),
            EngineError::DatetimeRange => {
                ClientError::new(S::DatetimeFieldOverflow, "date/time field value out of range", "日期/时间值超出范围")
            }
            EngineError::SpecialValue(type_name) => ClientError::new(
                S::FeatureNotSupported,
                format!("NaN, infinity and words such as today are not supported for type {type_name}"),
                format!("类型 {type_name} 不支持 NaN、infinity 以及 today 之类的取值"),
            )
            .hint("Write the value out.", "请写出具体的值。"),
            EngineError::TooLarge(bytes_max) => ClientError::new(
                S::ProgramLimitExceeded,
                format!("a value would exceed limits.value_bytes_max ({bytes_max} bytes)"),
                format!("值的长度将超过 limits.value_bytes_max({bytes_max} 字节)"),
            )
            .hint("Shorten the values, or ask the operator to raise the limit.", "请缩短取值,或联系管理员调整上限。"),
            EngineError::Statement(fault) => fault.to_client(),
            EngineError::InvalidText(_) => ClientError::new(
                S::InvalidTextRepresentation,
                "invalid input syntax for the target type",
                "输入格式与目标类型不符",
            )
            .hint("Check the values before the cast.", "请先检查要转换的值。"),
            EngineError::InvalidRegex(_) => {
                ClientError::new(S::InvalidRegularExpression, "invalid regular expression", "正则表达式无效")
            }
            EngineError::SubqueryRows => ClientError::new(
                S::CardinalityViolation,
                "more than one row returned by a subquery used as an expression",
                "用作表达式的子查询返回了多行",
            ),
            EngineError::Memory(_) => ClientError::new(S::OutOfMemory, "out of memory for this query", "查询内存不足")
                .hint(
                    "Select fewer rows or columns, aggregate earlier, or ask the operator to raise limits.memory_bytes.",
                    "请减少行或列、提前聚合,或联系管理员提高 limits.memory_bytes。",
                ),
            EngineError::Unsupported(what) => {
                let (en, zh) = construct(what);
                ClientError::new(S::FeatureNotSupported, format!("{en} is not supported"), format!("不支持{zh}"))
                    .hint("Write the query in simpler steps.", "请将查询拆成更简单的步骤。")
            }
            EngineError::NoKey(_) => ClientError::new(
                S::InsufficientPrivilege,
                "permission denied: a policy cannot be evaluated",
                "权限不足:策略无法执行",
            )
            .hint("Tell the operator.", "请联系管理员。"),
            EngineError::Barrier(_) => ClientError::internal("barrier"),
            EngineError::Internal(_) => ClientError::internal("engine"),
        }
    }
}

impl EngineError {
    /// A panic of the engine: a buffer past its largest size is too little memory, all else our bug.
    pub(crate) fn panicked(text: &str) -> EngineError {
        match text.contains("offset overflow") || text.contains("capacity overflow") {
            true => EngineError::Memory(format!("panic: {text}")),
            false => EngineError::Internal(format!("panic: {text}")),
        }
    }
}

impl From<DatetimeFault> for EngineError {
    fn from(fault: DatetimeFault) -> EngineError {
        EngineError::Statement(PlanError::Datetime(fault))
    }
}

/// Sorts DataFusion's errors. Its texts may quote data: they stay in `Display`.
impl From<DataFusionError> for EngineError {
    fn from(error: DataFusionError) -> EngineError {
        of(&error)
    }
}

/// What the engine does not do, in words without its own.
fn construct(what: &str) -> (&'static str, &'static str) {
    let has = |words: &str| what.contains(words);
    if has("OuterReferenceColumn") || has("correlated") || has("Correlated") {
        ("a subquery that is correlated in this way", "这种形式的关联子查询")
    } else if has("retract_batch") || has("sliding") || has("bounded window") {
        ("this aggregate over a window frame that moves", "在移动窗口范围上使用该聚合函数")
    } else if has("CAST") || has("cast") {
        ("a cast between these types", "这两种类型之间的转换")
    } else {
        ("this query form", "这种查询形式")
    }
}

/// By reference: an error that several readers share cannot be taken apart.
fn of(error: &DataFusionError) -> EngineError {
    match error {
        DataFusionError::ArrowError(arrow, _) => of_arrow(arrow),
        DataFusionError::External(inner) => of_external(inner.as_ref()),
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => of(inner),
        DataFusionError::Shared(inner) => of(inner),
        DataFusionError::Collection(all) if !all.is_empty() => of(&all[0]),
        DataFusionError::ResourcesExhausted(what) => EngineError::Memory(what.clone()),
        DataFusionError::NotImplemented(what) => EngineError::Unsupported(what.clone()),
        DataFusionError::Execution(what) => of_text(what.clone()),
        other => of_text(other.to_string()),
    }
}

fn of_external(error: &(dyn std::error::Error + Send + Sync + 'static)) -> EngineError {
    if let Some(engine) = error.downcast_ref::<EngineError>() {
        engine.clone()
    } else if let Some(source) = error.downcast_ref::<SourceError>() {
        EngineError::Source(source.clone())
    } else if let Some(fault) = error.downcast_ref::<PlanError>() {
        EngineError::Statement(fault.clone())
    } else if error.is::<NegativeRoot>() {
        EngineError::NegativeRoot
    } else if let Some(inner) = error.downcast_ref::<DataFusionError>() {
        of(inner)
    } else if let Some(inner) = error.downcast_ref::<ArrowError>() {
        of_arrow(inner)
    } else if error.downcast_ref::<tokio::task::JoinError>().is_some_and(tokio::task::JoinError::is_panic) {
        EngineError::panicked(&error.to_string())
    } else {
        of_text(error.to_string())
    }
}

fn of_arrow(error: &ArrowError) -> EngineError {
    match error {
        ArrowError::DivideByZero => EngineError::DivisionByZero,
        ArrowError::ArithmeticOverflow(what) => EngineError::OutOfRange(what.clone()),
        // A number that is one, and too large for the type.
        ArrowError::CastError(what) if what.contains("out of range") || what.contains("Can't cast value") => {
            EngineError::OutOfRange(what.clone())
        }
        ArrowError::CastError(what) | ArrowError::ParseError(what) => match of_text(what.clone()) {
            EngineError::OutOfRange(what) => EngineError::OutOfRange(what),
            _ => EngineError::InvalidText(what.clone()),
        },
        ArrowError::MemoryError(what) => EngineError::Memory(what.clone()),
        ArrowError::OffsetOverflowError(_) => EngineError::Memory(error.to_string()),
        ArrowError::ExternalError(inner) => of_external(inner.as_ref()),
        other => of_text(other.to_string()),
    }
}

/// The kind of an error that is told in words alone. What is cast, added or grown has errors of a type of its own
/// ([`crate::functions`]); this is for the functions that are DataFusion's.
fn of_text(what: String) -> EngineError {
    let lower = what.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if any(&["divide by zero", "division by zero"]) {
        EngineError::DivisionByZero
    } else if any(&["offset overflow", "capacity overflow"]) {
        EngineError::Memory(what)
    } else if any(&["regular expression", "regex"]) {
        EngineError::InvalidRegex(what)
    } else if any(&["overflow", "out of range", "too large to store", "can't cast value"]) {
        EngineError::OutOfRange(what)
    } else if any(&["cannot cast", "cast error", "parse"]) {
        EngineError::InvalidText(what)
    } else if any(&["scalar subquery", "more than one row"]) {
        EngineError::SubqueryRows
    } else {
        EngineError::Internal(what)
    }
}
