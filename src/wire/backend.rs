//! Messages to the client, all but rows, written by pgwire. Encoding cannot fail: what would break the framing (a zero
//! byte inside a string, more columns than a count can hold) is cut, and the engine refuses it long before.

use crate::{CancelKey, Protocol};
use bytes::{Bytes, BytesMut};
use pgwire::messages::PgWireBackendMessage as Message;
use pgwire::messages::copy::{CopyData, CopyDone, CopyOutResponse};
use pgwire::messages::data::{FieldDescription, NoData, ParameterDescription, RowDescription};
use pgwire::messages::extendedquery::{BindComplete, CloseComplete, ParseComplete, PortalSuspended};
use pgwire::messages::response::{
    CommandComplete, EmptyQueryResponse, ErrorResponse, NoticeResponse, ReadyForQuery, TransactionStatus as Status,
};
use pgwire::messages::startup::{Authentication, BackendKeyData, NegotiateProtocolVersion, ParameterStatus, SecretKey};
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
        let start = out.len();
        if let Err(error) = self.message().encode(out) {
            // pgwire refuses short messages beyond 30,000 bytes; `short` has cut all that could make one so long.
            debug_assert!(false, "a message was refused: {error}");
            out.truncate(start);
        }
    }

    fn message(&self) -> Message {
        match self {
            Backend::AuthenticationOk => Message::Authentication(Authentication::Ok),
            Backend::AuthenticationSasl(mechanisms) => {
                let names = mechanisms.iter().map(|name| short(name)).collect();
                Message::Authentication(Authentication::SASL(names))
            }
            Backend::AuthenticationSaslContinue(text) => {
                Message::Authentication(Authentication::SASLContinue(short(text).into()))
            }
            Backend::AuthenticationSaslFinal(text) => {
                Message::Authentication(Authentication::SASLFinal(short(text).into()))
            }
            Backend::NegotiateProtocolVersion { protocol, unsupported } => {
                let mut left = SHORT_BYTES;
                let fits = |name: &&String| {
                    left = left.saturating_sub(name.len() + 1);
                    left > 0
                };
                let names = unsupported.iter().take_while(fits).map(|name| short(name)).collect();
                Message::NegotiateProtocolVersion(NegotiateProtocolVersion::new(protocol.number(), names))
            }
            Backend::ParameterStatus { name, value } => {
                Message::ParameterStatus(ParameterStatus::new(short(name), short(value)))
            }
            Backend::BackendKeyData(key) => {
                let secret = SecretKey::Bytes(Bytes::copy_from_slice(key.secret()));
                Message::BackendKeyData(BackendKeyData::new(key.pid(), secret))
            }
            Backend::ReadyForQuery(status) => Message::ReadyForQuery(ReadyForQuery::new(match status {
                TransactionStatus::Idle => Status::Idle,
                TransactionStatus::Block => Status::Transaction,
                TransactionStatus::Failed => Status::Error,
            })),
            Backend::ParseComplete => Message::ParseComplete(ParseComplete::new()),
            Backend::BindComplete => Message::BindComplete(BindComplete::new()),
            Backend::CloseComplete => Message::CloseComplete(CloseComplete::new()),
            Backend::ParameterDescription(oids) => {
                let oids = oids.iter().take(usize::from(u16::MAX)).copied().collect();
                Message::ParameterDescription(ParameterDescription::new(oids))
            }
            Backend::RowDescription { columns, formats } => {
                Message::RowDescription(RowDescription::new(fields(columns, formats)))
            }
            Backend::NoData => Message::NoData(NoData::new()),
            Backend::PortalSuspended => Message::PortalSuspended(PortalSuspended::new()),
            Backend::CommandComplete(tag) => Message::CommandComplete(CommandComplete::new(short(tag))),
            Backend::EmptyQueryResponse => Message::EmptyQueryResponse(EmptyQueryResponse::new()),
            Backend::CopyOutResponse { format, columns } => {
                let columns = i16::try_from(*columns).unwrap_or(COLUMNS_MAX).min(COLUMNS_MAX);
                let formats = vec![format.code(); columns.unsigned_abs().into()];
                let overall = if *format == Format::Binary { 1 } else { 0 };
                Message::CopyOutResponse(CopyOutResponse::new(overall, columns, formats))
            }
            Backend::CopyData(data) => Message::CopyData(CopyData::new(Bytes::clone(data))),
            Backend::CopyDone => Message::CopyDone(CopyDone::new()),
            Backend::ErrorResponse { severity, error, language } => {
                Message::ErrorResponse(ErrorResponse::new(texts(*severity, error, *language)))
            }
            Backend::NoticeResponse { severity, notice, language } => {
                Message::NoticeResponse(NoticeResponse::new(texts(*severity, notice, *language)))
            }
            Backend::Fatal { error, language } => {
                Message::ErrorResponse(ErrorResponse::new(texts(Severity::Fatal, error, *language)))
            }
        }
    }
}

/// Bytes that the texts of a short message may have together.
const SHORT_BYTES: usize = 8_192;
/// Columns of a COPY, as many as PostgreSQL's target list can hold ("PostgreSQL Limits").
const COLUMNS_MAX: i16 = 1_664;

/// A text without what would end it early: it is cut at a zero byte.
fn plain(text: &str) -> String {
    text.split('\0').next().unwrap_or_default().to_string()
}

/// A text of a short message, cut where it is too long for one.
fn short(text: &str) -> String {
    let text = plain(text);
    let end = (0..=SHORT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_string()
}

fn fields(columns: &[Column], formats: &[Format]) -> Vec<FieldDescription> {
    let field = |(at, column): (usize, &Column)| {
        FieldDescription::new(
            plain(&column.name),
            // The field carries an OID: the same 32 bits, whatever their sign.
            column.table_oid.cast_signed(),
            column.attribute,
            column.sql_type.oid(),
            column.sql_type.length(),
            column.sql_type.modifier(),
            formats.get(at).copied().unwrap_or_default().code(),
        )
    };
    columns.iter().take(usize::from(i16::MAX.unsigned_abs())).enumerate().map(field).collect()
}

/// Fields of an error or notice (PostgreSQL documentation, "Error and Notice Message Fields").
fn texts(severity: Severity, error: &ClientError, language: Language) -> Vec<(u8, String)> {
    let mut texts = vec![
        (b'S', severity.localised(language).to_string()),
        (b'V', severity.name().to_string()),
        (b'C', error.code.code().to_string()),
        (b'M', plain(error.message.text(language))),
    ];
    texts.extend(error.detail.as_ref().map(|detail| (b'D', plain(detail.text(language)))));
    texts.extend(error.hint.as_ref().map(|hint| (b'H', plain(hint.text(language)))));
    texts.extend(error.position.map(|position| (b'P', position.to_string())));
    texts
}
