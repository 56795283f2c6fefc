//! Messages to the client, all but rows. Encoding cannot fail: what would break the framing (a zero byte inside
//! a string, more columns than a count can hold) is cut, and the engine refuses it long before.

use crate::{CancelKey, Protocol};
use bytes::{BufMut, Bytes, BytesMut};
use sluice_base::{ClientError, Column, Format, Language, ToClient};

/// One message to the client. Borrowed, as each is encoded at once.
#[derive(Debug, Clone)]
pub enum Backend<'a> {
    /// The client is who she says.
    AuthenticationOk,
    /// Mechanisms to choose from, the preferred one first.
    AuthenticationSasl(&'a [&'a str]),
    /// The server's challenge.
    AuthenticationSaslContinue(&'a str),
    /// The server's proof.
    AuthenticationSaslFinal(&'a str),
    /// The newest version spoken, and the protocol options that are not known.
    NegotiateProtocolVersion {
        /// Version that the connection goes on with.
        protocol: Protocol,
        /// Unknown options (`_pq_.*`).
        unsupported: &'a [String],
    },
    /// The value of a setting that clients follow.
    ParameterStatus {
        /// Name.
        name: &'a str,
        /// Value.
        value: &'a str,
    },
    /// What a cancel request must show.
    BackendKeyData(&'a CancelKey),
    /// The session waits for the next statement.
    ReadyForQuery(TransactionStatus),
    /// Parse is done.
    ParseComplete,
    /// Bind is done.
    BindComplete,
    /// Close is done.
    CloseComplete,
    /// OIDs of a statement's parameters.
    ParameterDescription(&'a [u32]),
    /// Columns of the rows to come. `formats` is as long as `columns`, or empty before Bind (all text).
    RowDescription {
        /// Columns.
        columns: &'a [Column],
        /// Their formats.
        formats: &'a [Format],
    },
    /// There will be no rows.
    NoData,
    /// Execute stopped at its row limit.
    PortalSuspended,
    /// A statement is done, with its tag such as `SELECT 5`.
    CommandComplete(&'a str),
    /// The statement was empty.
    EmptyQueryResponse,
    /// COPY TO STDOUT begins.
    CopyOutResponse {
        /// Format of the whole.
        format: Format,
        /// Number of columns.
        columns: usize,
    },
    /// A piece of COPY output.
    CopyData(&'a Bytes),
    /// The end of COPY output.
    CopyDone,
    /// An error.
    ErrorResponse {
        /// Error, or fatal.
        severity: Severity,
        /// What the client may be told.
        error: &'a ClientError,
        /// Language of the texts.
        language: Language,
    },
    /// A notice or warning.
    NoticeResponse {
        /// Notice or warning.
        severity: Severity,
        /// What the client may be told.
        notice: &'a ClientError,
        /// Language of the texts.
        language: Language,
    },
    /// A refused log-in: [`Backend::fatal`] makes it.
    Fatal {
        /// What the client may be told.
        error: Box<ClientError>,
        /// Language of the texts.
        language: Language,
    },
}

/// State of the transaction block, as ReadyForQuery tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransactionStatus {
    /// Outside a block.
    #[default]
    Idle,
    /// Inside a block.
    Block,
    /// Inside a block that an error has broken.
    Failed,
}

/// How grave an error or notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The statement failed.
    Error,
    /// The connection ends.
    Fatal,
    /// The statement worked, but not as the client may think.
    Warning,
    /// Worth knowing.
    Notice,
}

impl Severity {
    /// The field `V`, and `S` in English.
    fn name(self) -> &'static str {
        match self {
            Severity::Error => "ERROR",
            Severity::Fatal => "FATAL",
            Severity::Warning => "WARNING",
            Severity::Notice => "NOTICE",
        }
    }

    fn localised(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::En, _) => self.name(),
            (Language::Zh, Severity::Error) => "错误",
            (Language::Zh, Severity::Fatal) => "致命错误",
            (Language::Zh, Severity::Warning) => "警告",
            (Language::Zh, Severity::Notice) => "注意",
        }
    }
}

impl Backend<'_> {
    /// The error that ends a connection.
    pub fn fatal(error: &impl ToClient, language: Language) -> Backend<'static> {
        Backend::Fatal { error: Box::new(error.to_client()), language }
    }

    /// Appends the whole message.
    pub fn encode(&self, out: &mut BytesMut) {
        match self {
            Backend::AuthenticationOk => frame(out, b'R', |out| out.put_i32(0)),
            Backend::AuthenticationSasl(mechanisms) => frame(out, b'R', |out| {
                out.put_i32(10);
                mechanisms.iter().for_each(|name| string(out, name));
                out.put_u8(0);
            }),
            Backend::AuthenticationSaslContinue(text) => sasl(out, 11, text),
            Backend::AuthenticationSaslFinal(text) => sasl(out, 12, text),
            Backend::NegotiateProtocolVersion { protocol, unsupported } => frame(out, b'v', |out| {
                out.put_i32(protocol.number());
                out.put_u32(unsupported.len() as u32);
                unsupported.iter().for_each(|name| string(out, name));
            }),
            Backend::ParameterStatus { name, value } => frame(out, b'S', |out| {
                string(out, name);
                string(out, value);
            }),
            Backend::BackendKeyData(key) => frame(out, b'K', |out| {
                out.put_i32(key.pid());
                out.put_slice(key.secret());
            }),
            Backend::ReadyForQuery(status) => frame(out, b'Z', |out| {
                out.put_u8(match status {
                    TransactionStatus::Idle => b'I',
                    TransactionStatus::Block => b'T',
                    TransactionStatus::Failed => b'E',
                });
            }),
            Backend::ParseComplete => frame(out, b'1', |_| {}),
            Backend::BindComplete => frame(out, b'2', |_| {}),
            Backend::CloseComplete => frame(out, b'3', |_| {}),
            Backend::ParameterDescription(oids) => frame(out, b't', |out| {
                let count = put_count(out, oids.len());
                oids.iter().take(count).for_each(|oid| out.put_u32(*oid));
            }),
            Backend::RowDescription { columns, formats } => frame(out, b'T', |out| describe(out, columns, formats)),
            Backend::NoData => frame(out, b'n', |_| {}),
            Backend::PortalSuspended => frame(out, b's', |_| {}),
            Backend::CommandComplete(tag) => frame(out, b'C', |out| string(out, tag)),
            Backend::EmptyQueryResponse => frame(out, b'I', |_| {}),
            Backend::CopyOutResponse { format, columns } => frame(out, b'H', |out| {
                out.put_u8(if *format == Format::Binary { 1 } else { 0 });
                let count = put_count(out, *columns);
                (0..count).for_each(|_| out.put_i16(format.code()));
            }),
            Backend::CopyData(data) => frame(out, b'd', |out| out.put_slice(data)),
            Backend::CopyDone => frame(out, b'c', |_| {}),
            Backend::ErrorResponse { severity, error, language } => {
                frame(out, b'E', |out| fields(out, *severity, error, *language));
            }
            Backend::NoticeResponse { severity, notice, language } => {
                frame(out, b'N', |out| fields(out, *severity, notice, *language));
            }
            Backend::Fatal { error, language } => {
                frame(out, b'E', |out| fields(out, Severity::Fatal, error, *language));
            }
        }
    }
}

/// Writes type byte and length around a body.
fn frame(out: &mut BytesMut, kind: u8, body: impl FnOnce(&mut BytesMut)) {
    out.put_u8(kind);
    let at = out.len();
    out.put_u32(0);
    body(out);
    let length = (out.len() - at) as u32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
}

/// A string and its zero byte; a zero byte inside ends it early.
fn string(out: &mut BytesMut, text: &str) {
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    out.put_slice(&bytes[..end]);
    out.put_u8(0);
}

/// Writes a count and gives it back, at most what two bytes hold.
fn put_count(out: &mut BytesMut, count: usize) -> usize {
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    out.put_u16(count);
    usize::from(count)
}

fn sasl(out: &mut BytesMut, step: i32, text: &str) {
    frame(out, b'R', |out| {
        out.put_i32(step);
        out.put_slice(text.as_bytes());
    });
}

fn describe(out: &mut BytesMut, columns: &[Column], formats: &[Format]) {
    let count = put_count(out, columns.len());
    for (at, column) in columns.iter().take(count).enumerate() {
        string(out, &column.name);
        out.put_u32(column.table_oid);
        out.put_i16(column.attribute);
        out.put_u32(column.sql_type.oid());
        out.put_i16(column.sql_type.length());
        out.put_i32(column.sql_type.modifier());
        out.put_i16(formats.get(at).copied().unwrap_or_default().code());
    }
}

fn fields(out: &mut BytesMut, severity: Severity, error: &ClientError, language: Language) {
    let mut field = |kind: u8, text: &str| {
        out.put_u8(kind);
        string(out, text);
    };
    field(b'S', severity.localised(language));
    field(b'V', severity.name());
    field(b'C', error.code.code());
    field(b'M', error.message.text(language));
    if let Some(detail) = &error.detail {
        field(b'D', detail.text(language));
    }
    if let Some(hint) = &error.hint {
        field(b'H', hint.text(language));
    }
    if let Some(position) = error.position {
        field(b'P', &position.to_string());
    }
    out.put_u8(0);
}
