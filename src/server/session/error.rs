//! What a session refuses on its own account, and how a statement or the session itself comes to an end.

use sluice_base::{ClientError, SqlState, ToClient};
use sluice_model::audit::{Outcome, Trail};

/// Refusals of the session. Texts hold only what the client itself sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Several statements in one Parse.
    #[error("several statements in one Parse message")]
    SeveralInParse,
    /// No prepared statement of that name.
    #[error("no prepared statement {0:?}")]
    NoStatement(String),
    /// A prepared statement of that name exists.
    #[error("prepared statement {0:?} exists")]
    StatementExists(String),
    /// No portal of that name.
    #[error("no portal {0:?}")]
    NoPortal(String),
    /// No cursor of that name.
    #[error("no cursor {0:?}")]
    NoCursor(String),
    /// A cursor or portal of that name exists.
    #[error("cursor {0:?} exists")]
    CursorExists(String),
    /// A portal that has run and cannot run again.
    #[error("portal {0:?} cannot be run again")]
    PortalDone(String),
    /// COPY in an encoding that is unknown or not spoken.
    #[error("no encoding of the name that COPY gives")]
    CopyEncoding,
    /// The number of arguments of EXECUTE.
    #[error("{given} arguments for statement {name:?} with {needed} parameters")]
    ArgumentCount {
        /// Statement.
        name: String,
        /// Given.
        given: usize,
        /// Needed.
        needed: usize,
    },
    /// The number of parameters in Bind.
    #[error("{given} parameters for statement {name:?} with {needed}")]
    ParameterCount {
        /// Statement.
        name: String,
        /// Given.
        given: usize,
        /// Needed.
        needed: usize,
    },
    /// A value that does not fit the parameter's type.
    #[error("parameter ${number} is not a value of type {type_name}")]
    ParameterValue {
        /// Number, from 1.
        number: usize,
        /// The type, as SQL spells it.
        type_name: String,
    },
    /// An OID in Parse that names no type that Sluice knows.
    #[error("unknown type oid {0}")]
    UnknownType(u32),
    /// Catalog or rights changed between Describe and Execute.
    #[error("result columns changed since they were described")]
    ResultChanged,
    /// Too many prepared statements or portals.
    #[error("more than {max} {what}")]
    TooMany {
        /// What.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// More bytes than sessions may hold.
    #[error("more than {limit} ({max} bytes) held")]
    HeldBytes {
        /// The setting that says so.
        limit: &'static str,
        /// Its value.
        max: usize,
    },
    /// More rows than one statement may return.
    #[error("more than {0} rows")]
    TooManyRows(u64),
    /// The client asked for it.
    #[error("cancelled on request")]
    Cancelled,
    /// The statement took too long.
    #[error("statement timeout")]
    StatementTimeout,
    /// The server stops.
    #[error("server shutdown")]
    Shutdown,
    /// The session did nothing for too long.
    #[error("idle timeout")]
    IdleTimeout,
    /// The session did nothing for too long, in a transaction.
    #[error("idle in transaction timeout")]
    IdleInTransactionTimeout,
    /// A step backward on a cursor that keeps no rows.
    #[error("cursor {0:?} scans forward only")]
    ForwardOnly(String),
    /// A step backward beyond the rows that a scrollable cursor keeps.
    #[error("cursor {0:?} no longer keeps these rows")]
    ScrolledOut(String),
    /// EXPLAIN ANALYZE without the grant that it needs.
    #[error("EXPLAIN ANALYZE")]
    ExplainAnalyze,
    /// EXPLAIN ANALYZE with that grant.
    #[error("EXPLAIN ANALYZE is not supported")]
    ExplainAnalyzeUnsupported,
    /// SET ROLE to a role that is not held.
    #[error("role {0:?} is not held")]
    RoleNotHeld(String),
    /// SET ROLE that would show more than before.
    #[error("role {0:?} does not narrow")]
    RoleWidens(String),
    /// A decision that rows leave under would no longer be made; the text, for the audit, says why.
    #[error("no longer decided as before: {0}")]
    Outdated(String),
    /// SET SESSION AUTHORIZATION to somebody else.
    #[error("session authorization of another user")]
    NotSelf,
    /// No such database.
    #[error("no database {0:?}")]
    UnknownDatabase(String),
    /// The user was removed while the session lived.
    #[error("user {0:?} is no longer known")]
    UserGone(String),
    /// The server is full.
    #[error("too many connections")]
    TooManyConnections,
    /// An option in the startup packet that cannot be read.
    #[error("invalid startup options")]
    StartupOptions,
    /// The function call message.
    #[error("function call message")]
    FunctionCall,
    /// Our own bug; the text is for the audit.
    #[error("internal: {0}")]
    Internal(String),
}

impl ToClient for SessionError {
    fn to_client(&self) -> ClientError {
        use SqlState as S;
        let new = |code, en: String, zh: String| ClientError::new(code, en, zh);
        match self {
            SessionError::SeveralInParse => new(
                S::SyntaxError,
                "cannot insert multiple commands into a prepared statement".into(),
                "一条预备语句中不能有多条命令".into(),
            ),
            SessionError::NoStatement(name) => new(
                S::InvalidSqlStatementName,
                format!("prepared statement \"{name}\" does not exist"),
                format!("预备语句 \"{name}\" 不存在"),
            ),
            SessionError::StatementExists(name) => new(
                S::DuplicatePreparedStatement,
                format!("prepared statement \"{name}\" already exists"),
                format!("预备语句 \"{name}\" 已存在"),
            ),
            SessionError::NoPortal(name) => new(
                S::InvalidCursorName,
                format!("portal \"{name}\" does not exist"),
                format!("入口 \"{name}\" 不存在"),
            ),
            SessionError::NoCursor(name) => new(
                S::InvalidCursorName,
                format!("cursor \"{name}\" does not exist"),
                format!("游标 \"{name}\" 不存在"),
            ),
            SessionError::CursorExists(name) => {
                new(S::DuplicateCursor, format!("cursor \"{name}\" already exists"), format!("游标 \"{name}\" 已存在"))
            }
            SessionError::CopyEncoding => new(
                S::InvalidParameterValue,
                "argument to option \"encoding\" must be a valid encoding name".into(),
                "选项 \"encoding\" 的参数必须是有效的编码名称".into(),
            ),
            SessionError::PortalDone(name) => new(
                S::ObjectNotInPrerequisiteState,
                format!("portal \"{name}\" cannot be run"),
                format!("入口 \"{name}\" 不能再次执行"),
            ),
            SessionError::ArgumentCount { name, given, needed } => new(
                S::SyntaxError,
                format!("wrong number of parameters for prepared statement \"{name}\""),
                format!("预备语句 \"{name}\" 的参数个数不对"),
            )
            .detail(
                format!("Expected {needed} parameters but got {given}."),
                format!("需要 {needed} 个参数,给出了 {given} 个。"),
            ),
            SessionError::ParameterCount { name, given, needed } => new(
                S::ProtocolViolation,
                format!(
                    "bind message supplies {given} parameters, but prepared statement \"{name}\" requires {needed}"
                ),
                format!("提供了 {given} 个参数,而预备语句 \"{name}\" 需要 {needed} 个"),
            ),
            SessionError::ParameterValue { number, type_name } => new(
                S::InvalidTextRepresentation,
                format!("invalid input for parameter ${number} of type {type_name}"),
                format!("参数 ${number} 不是 {type_name} 类型的有效值"),
            ),
            SessionError::UnknownType(oid) => {
                new(S::UndefinedObject, format!("type with OID {oid} does not exist"), format!("类型 {oid} 不存在"))
                    .hint("Cast the parameter to a built-in type.", "请将参数转换为内置类型。")
            }
            SessionError::ResultChanged => new(
                S::FeatureNotSupported,
                "cached plan must not change result type".into(),
                "结果的字段已变化,缓存的计划不能再用".into(),
            )
            .hint("Prepare the statement again.", "请重新预备该语句。"),
            SessionError::TooMany { what, max } => new(
                S::ConfigurationLimitExceeded,
                format!("a session may hold at most {max} {what}"),
                format!("一个会话最多可有 {max} 个 {what}"),
            )
            .hint("Close those that are no longer needed.", "请关闭不再使用的。"),
            SessionError::HeldBytes { limit, max } => new(
                S::OutOfMemory,
                format!("out of memory: what sessions hold would exceed limits.{limit} ({max} bytes)"),
                format!("内存不足:会话占用的内存将超过 limits.{limit}({max} 字节)"),
            )
            .hint(
                "Close prepared statements, portals and cursors that are no longer needed.",
                "请关闭不再使用的预备语句、入口和游标。",
            ),
            SessionError::TooManyRows(max) => new(
                S::ProgramLimitExceeded,
                format!("the statement returns more than {max} rows"),
                format!("该语句返回的行数超过 {max}"),
            )
            .hint(
                "Add a filter or a LIMIT, or ask the operator to raise rows_max.",
                "请增加过滤条件或 LIMIT,或联系管理员调整 rows_max。",
            ),
            SessionError::Cancelled => {
                new(S::QueryCanceled, "canceling statement due to user request".into(), "按用户请求取消语句".into())
            }
            SessionError::StatementTimeout => {
                new(S::QueryCanceled, "canceling statement due to statement timeout".into(), "语句超时,已取消".into())
            }
            SessionError::Shutdown => new(
                S::AdminShutdown,
                "terminating connection due to administrator command".into(),
                "管理员命令终止了连接".into(),
            ),
            SessionError::IdleTimeout => new(
                S::IdleSessionTimeout,
                "terminating connection due to idle-session timeout".into(),
                "会话空闲超时,连接终止".into(),
            ),
            SessionError::IdleInTransactionTimeout => new(
                S::IdleInTransactionSessionTimeout,
                "terminating connection due to idle-in-transaction timeout".into(),
                "事务空闲超时,连接终止".into(),
            ),
            SessionError::ForwardOnly(name) => {
                new(S::ObjectNotInPrerequisiteState, "cursor can only scan forward".into(), "游标只能向前移动".into())
                    .detail(
                        format!("Cursor \"{name}\" was declared without SCROLL."),
                        format!("游标 \"{name}\" 声明时没有 SCROLL。"),
                    )
                    .hint("Declare it with SCROLL option to enable backward scan.", "声明时加上 SCROLL 才能向后移动。")
            }
            SessionError::ScrolledOut(name) => new(
                S::ObjectNotInPrerequisiteState,
                format!("cursor \"{name}\" no longer keeps the rows asked for"),
                format!("游标 \"{name}\" 已不再保留所要的行"),
            )
            .hint(
                "Run the query again; a scrollable cursor keeps a bounded number of rows.",
                "请重新查询;可滚动游标只保留有限的行。",
            ),
            SessionError::ExplainAnalyze => new(
                S::InsufficientPrivilege,
                "permission denied for EXPLAIN ANALYZE".into(),
                "没有 EXPLAIN ANALYZE 的权限".into(),
            )
            .hint("EXPLAIN without ANALYZE is allowed.", "可以使用不带 ANALYZE 的 EXPLAIN。"),
            SessionError::ExplainAnalyzeUnsupported => {
                new(S::FeatureNotSupported, "EXPLAIN ANALYZE is not supported".into(), "不支持 EXPLAIN ANALYZE".into())
                    .hint(
                        "EXPLAIN without ANALYZE shows the rules and what each source is asked.",
                        "不带 ANALYZE 的 EXPLAIN 会显示规则以及发往各数据源的语句。",
                    )
            }
            SessionError::RoleNotHeld(role) => new(
                S::InsufficientPrivilege,
                format!("permission denied to set role \"{role}\""),
                format!("没有设置角色 \"{role}\" 的权限"),
            ),
            SessionError::RoleWidens(role) => new(
                S::InsufficientPrivilege,
                format!("permission denied to set role \"{role}\""),
                format!("没有设置角色 \"{role}\" 的权限"),
            )
            .detail(
                "In force alone, the role would show what all your roles together do not.",
                "单独使用该角色会显示您全部角色合起来也看不到的内容。",
            )
            .hint("RESET ROLE puts all your roles in force.", "RESET ROLE 可恢复使用全部角色。"),
            SessionError::Outdated(_) => new(
                S::ObjectNotInPrerequisiteState,
                "what you may see has changed since this query began".into(),
                "自该查询开始以来,您可见的内容已有变化".into(),
            )
            .hint("Run the query again.", "请重新执行该查询。"),
            SessionError::NotSelf => new(
                S::InsufficientPrivilege,
                "permission denied to set session authorization".into(),
                "没有切换会话用户的权限".into(),
            ),
            SessionError::UnknownDatabase(name) => new(
                S::InvalidCatalogName,
                format!("database \"{name}\" does not exist"),
                format!("数据库 \"{name}\" 不存在"),
            ),
            SessionError::UserGone(user) => new(
                S::InvalidAuthorizationSpecification,
                format!("role \"{user}\" does not exist"),
                format!("用户 \"{user}\" 不存在"),
            ),
            SessionError::TooManyConnections => {
                new(S::TooManyConnections, "sorry, too many clients already".into(), "连接数已达上限".into()).hint(
                    "Close connections that are not used, or ask the operator to raise connections_max.",
                    "请关闭不用的连接,或联系管理员调整 connections_max。",
                )
            }
            SessionError::StartupOptions => new(
                S::InvalidParameterValue,
                "invalid command-line options in the startup packet".into(),
                "启动报文中的 options 无效".into(),
            )
            .hint("Write options as -c name=value.", "请写成 -c 名称=值。"),
            SessionError::FunctionCall => new(
                S::FeatureNotSupported,
                "the function call message is not supported".into(),
                "不支持函数调用报文".into(),
            )
            .hint("Call the function in a SELECT.", "请在 SELECT 中调用函数。"),
            SessionError::Internal(_) => ClientError::internal("session"),
        }
    }
}

/// An error with what only the audit may know of its cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// For the client.
    pub told: ClientError,
    /// For the audit, where it is more than the client is told.
    pub cause: Option<String>,
    /// An error of our own has got its id.
    pub identified: bool,
}

impl Refusal {
    /// An error of some room, for the client and for the audit.
    pub fn of<E: ToClient + std::fmt::Display>(error: E) -> Refusal {
        Refusal { told: error.to_client(), cause: Some(error.to_string()), identified: false }
    }
}

/// How work on a message ends when it does not end well.
#[derive(Debug)]
pub enum Fault {
    /// The statement fails; the session goes on.
    Error(Box<Refusal>),
    /// The client is told and the session ends.
    Fatal(Box<Refusal>),
    /// The client is gone: nobody to tell.
    Gone,
}

impl Fault {
    /// The statement fails with this error of some room.
    pub fn of<E: ToClient + std::fmt::Display>(error: E) -> Fault {
        Fault::Error(Box::new(Refusal::of(error)))
    }

    /// The session ends with this error.
    pub fn fatal<E: ToClient + std::fmt::Display>(error: E) -> Fault {
        Fault::Fatal(Box::new(Refusal::of(error)))
    }

    fn refusal(&mut self) -> Option<&mut Refusal> {
        match self {
            Fault::Error(refusal) | Fault::Fatal(refusal) => Some(refusal),
            Fault::Gone => None,
        }
    }

    /// Our own bugs get an id, the statement's, which log, audit and client then share. True: this one got it now.
    pub fn identify(&mut self, id: &str) -> bool {
        let Some(refusal) = self.refusal() else { return false };
        if refusal.told.code != SqlState::InternalError || refusal.identified {
            return false;
        }
        tracing::error!(id, "internal error; its cause is in the audit record of this id");
        refusal.told = ClientError::internal(id);
        refusal.identified = true;
        true
    }

    /// The whole cause, for the audit.
    pub fn cause(&self) -> Option<String> {
        match self {
            Fault::Error(refusal) | Fault::Fatal(refusal) => refusal.cause.clone(),
            Fault::Gone => None,
        }
    }

    /// How a statement that was already admitted ended, for its record.
    pub fn outcome(&self) -> Outcome {
        match self {
            Fault::Error(refusal) | Fault::Fatal(refusal) => match refusal.told.code {
                SqlState::QueryCanceled => Outcome::Cancelled,
                code => Outcome::Error(code),
            },
            Fault::Gone => Outcome::Abandoned,
        }
    }

    /// Closes the trail of a statement that was turned away before it was admitted.
    pub fn refuse(mut self, mut trail: Trail) -> Fault {
        self.identify(trail.id());
        if let Some(cause) = self.cause() {
            trail.note_cause(cause);
        }
        match &self {
            Fault::Error(refusal) | Fault::Fatal(refusal) if refusal.told.code != SqlState::QueryCanceled => {
                trail.refuse(&refusal.told);
            }
            other => trail.finish(other.outcome()),
        }
        self
    }
}

impl From<SessionError> for Fault {
    fn from(error: SessionError) -> Fault {
        Fault::of(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_error_is_told_by_its_id_alone() {
        let mut fault = Fault::of(SessionError::Internal("column secret".into()));
        fault.identify("0190");
        let Fault::Error(refusal) = fault else { panic!("an error of the statement") };
        assert_eq!(refusal.told.message.en, "internal error 0190");
        assert_eq!(refusal.cause.as_deref(), Some("internal: column secret"));
    }

    #[test]
    fn a_cancelled_statement_is_recorded_as_cancelled() {
        assert_eq!(Fault::of(SessionError::Cancelled).outcome(), Outcome::Cancelled);
        assert_eq!(Fault::of(SessionError::StatementTimeout).outcome(), Outcome::Cancelled);
        assert_eq!(Fault::fatal(SessionError::Shutdown).outcome(), Outcome::Error(SqlState::AdminShutdown));
        assert_eq!(Fault::Gone.outcome(), Outcome::Abandoned);
    }
}
