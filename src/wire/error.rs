//! What can go wrong on the wire, and what of it a client may be told.
//!
//! Invariant: no variant carries bytes that a client sent, except the user name she claimed.

use sluice_base::{ClientError, Encoding, EncodingFault, SqlState, ToClient};

/// A failure of the connection, of one message, or of one parameter.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The client is gone: end of stream, at a frame boundary or inside a frame.
    #[error("the client closed the connection")]
    Closed,
    /// The socket failed.
    #[error("socket: {0}")]
    Io(#[from] std::io::Error),
    /// Authentication was not finished in time.
    #[error("login timed out")]
    LoginTimeout,
    /// A declared length outside 8..=bound at startup: nobody is told, as the peer does not speak the protocol.
    #[error("startup packet declares {declared} bytes")]
    StartupLength {
        /// The length as declared.
        declared: i32,
    },
    /// A startup packet that is not a list of strings in pairs.
    #[error("malformed startup packet")]
    StartupLayout,
    /// A protocol version that is not 3.x.
    #[error("unsupported protocol {major}.{minor}")]
    UnsupportedProtocol {
        /// Major version asked for.
        major: u16,
        /// Minor version asked for.
        minor: u16,
    },
    /// A startup packet without a user.
    #[error("no user in the startup packet")]
    NoUser,
    /// A walsender connection was asked for.
    #[error("replication connection")]
    Replication,
    /// A cancel request whose key is not 4 to 256 bytes.
    #[error("malformed cancel request")]
    CancelLength,
    /// Bytes arrived behind an encryption request, before its answer (CVE-2021-23214 class).
    #[error("unencrypted data after an encryption request")]
    PlaintextBeforeTls,
    /// The TLS handshake failed.
    #[error("TLS handshake: {0}")]
    Tls(std::io::Error),
    /// Direct TLS without the ALPN protocol `postgresql`.
    #[error("direct TLS without ALPN")]
    NoAlpn,
    /// The configuration demands TLS and this connection has none.
    #[error("TLS required")]
    TlsRequired,
    /// A frame that declares a length below 4.
    #[error("message {kind:#04x} declares a length below 4")]
    FrameLength {
        /// Type byte.
        kind: u8,
    },
    /// A frame that declares more than the bound.
    #[error("message {kind:#04x} exceeds {bytes_max} bytes")]
    FrameTooLarge {
        /// Type byte.
        kind: u8,
        /// The bound.
        bytes_max: usize,
    },
    /// A type byte that no message has.
    #[error("unknown message type {0:#04x}")]
    UnknownMessage(u8),
    /// A message that this phase does not expect.
    #[error("unexpected message type {0:#04x}")]
    UnexpectedMessage(u8),
    /// A body that does not follow its message's layout.
    #[error("malformed message {kind:#04x}")]
    Malformed {
        /// Type byte.
        kind: u8,
    },
    /// Text that is none in the client's encoding, or holds a zero byte.
    #[error("invalid text in message {kind:#04x}, which is to be in {encoding:?}")]
    InvalidText {
        /// Type byte.
        kind: u8,
        /// The client's encoding.
        encoding: Encoding,
    },
    /// Text with a character that Unicode lacks.
    #[error("message {kind:#04x} has a character of {encoding:?} that UTF-8 lacks")]
    Untranslatable {
        /// Type byte.
        kind: u8,
        /// The client's encoding.
        encoding: Encoding,
    },
    /// Text for the client has a character that her encoding lacks.
    #[error("a character of the answer is lacking in {encoding:?}")]
    Lacking {
        /// The client's encoding.
        encoding: Encoding,
    },
    /// A list of format codes that is neither empty nor one nor one for each value.
    #[error("{given} format codes for {values} values")]
    FormatCount {
        /// Codes given.
        given: usize,
        /// Values they are for.
        values: usize,
    },
    /// A format code other than 0 and 1.
    #[error("unknown format code {0}")]
    FormatCode(i16),
    /// A SASL message out of its grammar.
    #[error("malformed SASL message")]
    Sasl,
    /// A SASL mechanism that was not offered.
    #[error("SASL mechanism not offered")]
    SaslMechanism,
    /// The client bound the channel where it must not, or did not where it must (a downgrade).
    #[error("SCRAM channel binding does not match the connection")]
    ChannelBinding,
    /// Wrong password or unknown user: one error for both.
    #[error("password authentication failed")]
    PasswordFailed {
        /// The user as claimed.
        user: String,
    },
    /// A parameter that is not a value of its type.
    #[error("parameter of type {type_name}: {fault:?}")]
    Parameter {
        /// What is wrong with it.
        fault: ParameterFault,
        /// Type as SQL names it.
        type_name: String,
    },
}

/// What is wrong with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterFault {
    /// Text that the type cannot read.
    Text,
    /// Text of a date or time that follows no known form.
    Datetime,
    /// A date, time or interval out of range.
    DatetimeRange,
    /// A number out of range.
    Range,
    /// Bytes that the type cannot read, or bytes that are left over.
    Binary,
    /// Fewer bytes than the type needs.
    Short,
    /// An array in binary whose items are of another type.
    ItemType,
    /// More dimensions or items than an array may have.
    TooManyItems,
    /// A `name` in binary of 64 bytes or more.
    NameTooLong,
    /// Text that is not UTF-8, or holds a zero byte.
    Encoding,
    /// A value that PostgreSQL takes and Sluice does not, such as an infinite date; says which.
    Unsupported(&'static str),
}

impl WireError {
    /// The error of a message of this type whose text cannot be read.
    pub(crate) fn of_encoding(fault: EncodingFault, kind: u8, encoding: Encoding) -> WireError {
        match fault {
            EncodingFault::Invalid => WireError::InvalidText { kind, encoding },
            EncodingFault::Untranslatable => WireError::Untranslatable { kind, encoding },
        }
    }

    /// True when the connection cannot go on: the framing is lost, or the client is not who or what it should be.
    /// False for an error of one message or parameter, after which the next frame is read as usual.
    pub fn is_fatal(&self) -> bool {
        match self {
            WireError::Closed
            | WireError::Io(_)
            | WireError::LoginTimeout
            | WireError::StartupLength { .. }
            | WireError::StartupLayout
            | WireError::UnsupportedProtocol { .. }
            | WireError::NoUser
            | WireError::Replication
            | WireError::CancelLength
            | WireError::PlaintextBeforeTls
            | WireError::Tls(_)
            | WireError::NoAlpn
            | WireError::TlsRequired
            | WireError::FrameLength { .. }
            | WireError::FrameTooLarge { .. }
            | WireError::UnknownMessage(_)
            | WireError::UnexpectedMessage(_)
            | WireError::Sasl
            | WireError::SaslMechanism
            | WireError::ChannelBinding
            | WireError::PasswordFailed { .. } => true,
            WireError::Malformed { .. }
            | WireError::InvalidText { .. }
            | WireError::Untranslatable { .. }
            | WireError::Lacking { .. }
            | WireError::FormatCount { .. }
            | WireError::FormatCode(_)
            | WireError::Parameter { .. } => false,
        }
    }

    /// The type byte of the message at fault, where one message is at fault: tells an extended-protocol message
    /// (after which the session skips to Sync) from a simple query.
    pub fn message_kind(&self) -> Option<u8> {
        match self {
            WireError::Malformed { kind }
            | WireError::InvalidText { kind, .. }
            | WireError::Untranslatable { kind, .. } => Some(*kind),
            WireError::FormatCount { .. } | WireError::FormatCode(_) => Some(b'B'),
            _ => None,
        }
    }
}

/// A type byte as it may be shown: the letter where it is one, else its number.
fn shown(kind: u8) -> String {
    if kind.is_ascii_graphic() { format!("\"{}\"", char::from(kind)) } else { kind.to_string() }
}

impl ToClient for WireError {
    fn to_client(&self) -> ClientError {
        use SqlState::*;
        let error = |code, en: &str, zh: &str| ClientError::new(code, en, zh);
        let made = |code, en: String, zh: String| ClientError::new(code, en, zh);
        match self {
            WireError::Closed => error(ConnectionFailure, "connection closed by the client", "客户端已关闭连接"),
            WireError::Io(_) => error(ConnectionFailure, "connection to the client failed", "与客户端的连接失败"),
            WireError::LoginTimeout => {
                error(QueryCanceled, "canceling authentication due to timeout", "身份认证超时，已取消")
            }
            WireError::StartupLength { .. } => {
                error(ProtocolViolation, "invalid length of startup packet", "启动报文长度无效")
            }
            WireError::StartupLayout => error(ProtocolViolation, "invalid startup packet layout", "启动报文格式无效"),
            WireError::UnsupportedProtocol { major, minor } => made(
                FeatureNotSupported,
                format!("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2"),
                format!("不支持前端协议 {major}.{minor}：服务器支持 3.0 至 3.2"),
            ),
            WireError::NoUser => error(
                InvalidAuthorizationSpecification,
                "no PostgreSQL user name specified in startup packet",
                "启动报文中未指定用户名",
            ),
            WireError::Replication => {
                error(FeatureNotSupported, "replication connections are not supported", "不支持复制连接")
            }
            WireError::CancelLength => {
                error(ProtocolViolation, "invalid length of query cancel packet", "取消请求报文长度无效")
            }
            WireError::PlaintextBeforeTls => error(
                ProtocolViolation,
                "received unencrypted data after SSL request",
                "在 SSL 请求之后收到未加密的数据",
            )
            .detail(
                "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
                "可能是客户端软件的缺陷，也可能是中间人攻击的迹象。",
            ),
            WireError::Tls(_) => error(ConnectionFailure, "TLS handshake failed", "TLS 握手失败"),
            WireError::NoAlpn => error(
                ProtocolViolation,
                "direct SSL connection without the ALPN protocol \"postgresql\"",
                "直接 SSL 连接未协商 ALPN 协议 \"postgresql\"",
            ),
            WireError::TlsRequired => {
                error(InvalidAuthorizationSpecification, "connection requires TLS", "连接必须使用 TLS")
                    .hint("Connect with sslmode=require or stronger.", "请使用 sslmode=require 或更强的方式连接。")
            }
            WireError::FrameLength { kind } => made(
                ProtocolViolation,
                format!("invalid message length in message type {}", shown(*kind)),
                format!("消息类型 {} 的长度无效", shown(*kind)),
            ),
            WireError::FrameTooLarge { kind, bytes_max } => made(
                ProgramLimitExceeded,
                format!("message of type {} exceeds the limit of {bytes_max} bytes", shown(*kind)),
                format!("消息类型 {} 超过 {bytes_max} 字节的上限", shown(*kind)),
            )
            .hint("The limit is limits.frame_bytes_max.", "上限由 limits.frame_bytes_max 设定。"),
            WireError::UnknownMessage(kind) => made(
                ProtocolViolation,
                format!("invalid frontend message type {}", shown(*kind)),
                format!("无效的前端消息类型 {}", shown(*kind)),
            ),
            WireError::UnexpectedMessage(kind) => made(
                ProtocolViolation,
                format!("unexpected message type {}", shown(*kind)),
                format!("意外的消息类型 {}", shown(*kind)),
            ),
            WireError::Malformed { kind } => made(
                ProtocolViolation,
                format!("invalid message format in message type {}", shown(*kind)),
                format!("消息类型 {} 的格式无效", shown(*kind)),
            ),
            WireError::InvalidText { kind, encoding } => made(
                CharacterNotInRepertoire,
                format!(
                    "invalid byte sequence for encoding \"{}\" in message type {}",
                    encoding.checked_as(),
                    shown(*kind)
                ),
                format!("消息类型 {} 中含有无效的 {} 字节序列", shown(*kind), encoding.checked_as()),
            ),
            WireError::Untranslatable { kind, encoding } => made(
                UntranslatableCharacter,
                format!(
                    "message type {} has a character of encoding \"{}\" that has no equivalent in encoding \"UTF8\"",
                    shown(*kind),
                    encoding.name()
                ),
                format!("消息类型 {} 中有 {} 编码的字符在 UTF8 中没有对应的字符", shown(*kind), encoding.name()),
            ),
            WireError::Lacking { encoding } => made(
                UntranslatableCharacter,
                format!("a character of encoding \"UTF8\" has no equivalent in encoding \"{}\"", encoding.name()),
                format!("UTF8 编码的字符在 {} 中没有对应的字符", encoding.name()),
            )
            .hint(
                "Set client_encoding to an encoding that has all characters, such as UTF8 or GB18030.",
                "请将 client_encoding 设为能表示全部字符的编码，例如 UTF8 或 GB18030。",
            ),
            WireError::FormatCount { given, values } => made(
                ProtocolViolation,
                format!("bind message has {given} formats but there are {values} values"),
                format!("bind 消息给出 {given} 个格式，而值有 {values} 个"),
            ),
            WireError::FormatCode(code) => {
                made(ProtocolViolation, format!("unsupported format code: {code}"), format!("不支持的格式代码：{code}"))
            }
            WireError::Sasl => error(ProtocolViolation, "malformed SCRAM message", "SCRAM 消息格式错误"),
            WireError::SaslMechanism => error(
                ProtocolViolation,
                "client selected an invalid SASL authentication mechanism",
                "客户端选择了无效的 SASL 认证机制",
            ),
            WireError::ChannelBinding => error(
                ProtocolViolation,
                "SCRAM channel binding does not match the connection",
                "SCRAM 信道绑定与连接不符",
            ),
            WireError::PasswordFailed { user } => made(
                InvalidPassword,
                format!("password authentication failed for user \"{user}\""),
                format!("用户 \"{user}\" 的密码认证失败"),
            ),
            WireError::Parameter { fault, type_name } => parameter_to_client(*fault, type_name),
        }
    }
}

/// The translation of a parameter's fault. The value itself is never repeated.
fn parameter_to_client(fault: ParameterFault, type_name: &str) -> ClientError {
    use SqlState::*;
    let error = |code, en: String, zh: String| ClientError::new(code, en, zh);
    match fault {
        ParameterFault::Text => error(
            InvalidTextRepresentation,
            format!("invalid input syntax for type {type_name}"),
            format!("类型 {type_name} 的输入语法无效"),
        ),
        ParameterFault::Datetime => error(
            InvalidDatetimeFormat,
            format!("invalid input syntax for type {type_name}"),
            format!("类型 {type_name} 的输入语法无效"),
        )
        .hint(
            "Use the ISO form, such as 2026-01-31 or 2026-01-31 13:05:00+08.",
            "请使用 ISO 格式，例如 2026-01-31 或 2026-01-31 13:05:00+08。",
        ),
        ParameterFault::DatetimeRange => error(
            DatetimeFieldOverflow,
            format!("value out of range for type {type_name}"),
            format!("值超出类型 {type_name} 的范围"),
        ),
        ParameterFault::Range => error(
            NumericValueOutOfRange,
            format!("value is out of range for type {type_name}"),
            format!("值超出类型 {type_name} 的范围"),
        ),
        ParameterFault::Binary => error(
            InvalidBinaryRepresentation,
            format!("incorrect binary data format for type {type_name}"),
            format!("类型 {type_name} 的二进制格式不正确"),
        ),
        ParameterFault::Short => error(
            ProtocolViolation,
            format!("insufficient data left in message for type {type_name}"),
            format!("消息中剩余的数据不足以构成类型 {type_name} 的值"),
        ),
        ParameterFault::ItemType => error(
            DatatypeMismatch,
            format!("binary data has another element type than {type_name}"),
            format!("二进制数据的元素类型与 {type_name} 不符"),
        ),
        ParameterFault::TooManyItems => error(
            ProgramLimitExceeded,
            format!("value has more elements or dimensions than type {type_name} allows"),
            format!("值的元素或维数超过类型 {type_name} 的上限"),
        ),
        ParameterFault::NameTooLong => error(
            NameTooLong,
            format!("value too long for type {type_name}: 63 bytes are allowed"),
            format!("值超过类型 {type_name} 的上限（63 字节）"),
        ),
        ParameterFault::Encoding => error(
            CharacterNotInRepertoire,
            "invalid byte sequence for encoding \"UTF8\"".into(),
            "无效的 UTF8 字节序列".into(),
        ),
        ParameterFault::Unsupported(what) => error(
            FeatureNotSupported,
            format!("{what} is not supported for type {type_name}"),
            format!("类型 {type_name} 不支持该值（{what}）"),
        ),
    }
}
