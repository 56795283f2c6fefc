//! Why a governed query could not be run, and the one place where that becomes a client's error.

use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use sluice_base::{ClientError, SqlState, ToClient};
use sluice_plan::numeric::NegativeRoot;

use crate::sources::SourceError;

/// Failures of the engine. `Display` is for logs and the audit; clients get [`ToClient`].
#[derive(Debug, thiserror::Error)]
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
            EngineError::Unsupported(_) => {
                ClientError::new(S::FeatureNotSupported, "this query form is not supported", "不支持这种查询形式")
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

/// Sorts DataFusion's errors. Its texts may quote data: they stay in `Display`.
impl From<DataFusionError> for EngineError {
    fn from(error: DataFusionError) -> EngineError {
        match error {
            DataFusionError::ArrowError(arrow, _) => of_arrow(*arrow),
            DataFusionError::External(inner) => match inner.downcast::<SourceError>() {
                Ok(source) => EngineError::Source(*source),
                Err(inner) => match inner.downcast::<EngineError>() {
                    Ok(engine) => *engine,
                    Err(other) if other.is::<NegativeRoot>() => EngineError::NegativeRoot,
                    Err(other) => EngineError::Internal(other.to_string()),
                },
            },
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => (*inner).into(),
            DataFusionError::Shared(inner) => of_shared(&inner),
            DataFusionError::Collection(mut all) if !all.is_empty() => all.swap_remove(0).into(),
            DataFusionError::ResourcesExhausted(what) => EngineError::Memory(what),
            DataFusionError::NotImplemented(what) => EngineError::Unsupported(what),
            DataFusionError::Execution(what) => of_text(what),
            other => of_text(other.to_string()),
        }
    }
}

fn of_shared(error: &DataFusionError) -> EngineError {
    match error {
        DataFusionError::ArrowError(arrow, _) => match &**arrow {
            ArrowError::DivideByZero => EngineError::DivisionByZero,
            ArrowError::ArithmeticOverflow(what) => EngineError::OutOfRange(what.clone()),
            other => of_text(other.to_string()),
        },
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => of_shared(inner),
        DataFusionError::Shared(inner) => of_shared(inner),
        DataFusionError::ResourcesExhausted(what) => EngineError::Memory(what.clone()),
        DataFusionError::External(inner) => match inner.downcast_ref::<SourceError>() {
            Some(source) => EngineError::Source(source.clone()),
            None if inner.is::<NegativeRoot>() => EngineError::NegativeRoot,
            None => of_text(inner.to_string()),
        },
        other => of_text(other.to_string()),
    }
}

fn of_arrow(error: ArrowError) -> EngineError {
    match error {
        ArrowError::DivideByZero => EngineError::DivisionByZero,
        ArrowError::ArithmeticOverflow(what) => EngineError::OutOfRange(what),
        // A number that is one, and too large for the type.
        ArrowError::CastError(what) if what.contains("out of range") || what.contains("Can't cast value") => {
            EngineError::OutOfRange(what)
        }
        ArrowError::CastError(what) | ArrowError::ParseError(what) => EngineError::InvalidText(what),
        ArrowError::ExternalError(inner) => match inner.downcast::<DataFusionError>() {
            Ok(inner) => (*inner).into(),
            Err(inner) => match inner.downcast::<SourceError>() {
                Ok(source) => EngineError::Source(*source),
                Err(other) => of_text(other.to_string()),
            },
        },
        other => of_text(other.to_string()),
    }
}

fn of_text(what: String) -> EngineError {
    let lower = what.to_ascii_lowercase();
    if lower.contains("divide by zero") || lower.contains("division by zero") {
        EngineError::DivisionByZero
    } else if lower.contains("overflow") || lower.contains("out of range") || lower.contains("too large to store") {
        EngineError::OutOfRange(what)
    } else if lower.contains("cannot cast") || lower.contains("cast error") || lower.contains("parse") {
        EngineError::InvalidText(what)
    } else if lower.contains("regular expression") || lower.contains("regex") {
        EngineError::InvalidRegex(what)
    } else if lower.contains("scalar subquery") || lower.contains("more than one row") {
        EngineError::SubqueryRows
    } else {
        EngineError::Internal(what)
    }
}
