//! From a TCP connection to a session or a cancel request: encryption, protocol version, startup packet.
//!
//! Invariants: a packet is read to its declared length and not one byte further, so that nothing received in the
//! clear can be taken for something received under TLS; no length is allocated before it is checked; the whole
//! negotiation, and the authentication after it, share one deadline.

use crate::connection::{Connection, Login};
use crate::socket::Socket;
use crate::startup::{self, First, Request};
use crate::{Backend, CancelKey, Startup, WireError, tls};
use rustls::ServerConfig;
use rustls::server::Acceptor;
use sluice_base::{Encoding, Language, Limits};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::LazyConfigAcceptor;

/// First byte of a TLS handshake record: direct TLS. No startup packet within bounds begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// How connections are received.
#[derive(Debug, Clone)]
pub struct AcceptOptions {
    /// Certificate and key; without them TLS is declined.
    pub tls: Option<Arc<ServerConfig>>,
    /// Refuse sessions without TLS. Cancel requests are taken in any case: libpq before 17 sends them in the clear.
    pub require_tls: bool,
    /// Bounds of frames and of the time to log in.
    pub limits: Limits,
}

/// What a connection turned out to be.
#[expect(clippy::large_enum_variant, reason = "one value per connection, moved once")]
pub enum Accepted {
    /// A session, to be authenticated next.
    Session(Connection, Startup),
    /// A request to cancel what another session runs.
    Cancel(CancelRequest),
}

/// A request to cancel, whose connection stays until it is carried out: its end is all that the client is answered, and
/// one who sees it sends the next statement.
pub struct CancelRequest {
    /// The session that is meant, and the proof that one may.
    pub key: CancelKey,
    socket: Socket,
}

impl CancelRequest {
    /// Ends the connection without an answer, under TLS with the alert that tells the end from a broken connection.
    pub async fn done(mut self) {
        // A client that does not wait is as gone as one that does.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.socket.shutdown()).await;
    }
}

/// Negotiates a new connection. On an error the client has been told what she may know, and the socket is closed.
pub async fn accept(socket: TcpStream, options: &AcceptOptions) -> Result<Accepted, WireError> {
    let deadline = Instant::now() + Duration::from_millis(options.limits.login_timeout_ms);
    match timeout_at(deadline, negotiate(socket, options, deadline)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(WireError::LoginTimeout),
    }
}

async fn negotiate(socket: TcpStream, options: &AcceptOptions, deadline: Instant) -> Result<Accepted, WireError> {
    let peer = socket.peer_addr()?;
    socket.set_nodelay(true)?;
    let bytes_max = options.limits.startup_frame_bytes_max;

    let (mut socket, binding, first) = match encrypt(socket, options).await? {
        Encrypted::Tls(mut socket, binding) => {
            let first = read_first(&mut socket, bytes_max).await;
            (socket, binding, first)
        }
        Encrypted::Plain(socket, first) => (socket, None, first),
    };
    let request = match first {
        Ok(First::Cancel(key)) => return Ok(Accepted::Cancel(CancelRequest { key, socket })),
        Ok(First::Startup(request)) => {
            let encrypted = matches!(socket, Socket::Tls(_));
            if options.require_tls && !encrypted { Err(WireError::TlsRequired) } else { Ok(request) }
        }
        Ok(First::Ssl | First::Gss) => Err(WireError::StartupLayout),
        Err(error) => Err(error),
    };
    match request {
        Ok(request) => Ok(session(socket, request, binding, peer, options, deadline)),
        Err(error) => {
            refuse(&mut socket, &error).await;
            Err(error)
        }
    }
}

enum Encrypted {
    /// Under TLS, with what SCRAM can bind to.
    Tls(Socket, Option<Vec<u8>>),
    /// In the clear, with the packet that was neither an SSL nor a GSS request.
    Plain(Socket, Result<First, WireError>),
}

/// Answers requests for encryption: at most one of each kind, in either order.
async fn encrypt(mut socket: TcpStream, options: &AcceptOptions) -> Result<Encrypted, WireError> {
    let mut head = [0];
    if socket.peek(&mut head).await? == 0 {
        return Err(WireError::Closed);
    }
    if head[0] == TLS_HANDSHAKE {
        let config = options.tls.as_ref().ok_or(WireError::NoAlpn)?;
        return handshake(socket, config, true).await;
    }
    let (mut ssl_done, mut gss_done) = (false, false);
    loop {
        match read_first(&mut socket, options.limits.startup_frame_bytes_max).await {
            Ok(First::Ssl) if !ssl_done => {
                ssl_done = true;
                refuse_buffered(&mut socket).await?;
                if let Some(config) = &options.tls {
                    socket.write_all(b"S").await?;
                    return handshake(socket, config, false).await;
                }
                socket.write_all(b"N").await?;
            }
            Ok(First::Gss) if !gss_done => {
                gss_done = true;
                refuse_buffered(&mut socket).await?;
                socket.write_all(b"N").await?;
            }
            other => return Ok(Encrypted::Plain(Socket::Plain(socket), other)),
        }
    }
}

/// Refuses a connection on which bytes wait behind a request for encryption: a client waits for the answer, so they
/// are a client's bug or put there by someone in the middle. What arrives later meets the TLS handshake and fails.
async fn refuse_buffered(socket: &mut TcpStream) -> Result<(), WireError> {
    let mut byte = [0];
    match socket.try_read(&mut byte) {
        Ok(0) => Err(WireError::Closed),
        Ok(_) => {
            refuse(socket, &WireError::PlaintextBeforeTls).await;
            Err(WireError::PlaintextBeforeTls)
        }
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn handshake(socket: TcpStream, config: &Arc<ServerConfig>, direct: bool) -> Result<Encrypted, WireError> {
    let config = tls::with_alpn(config);
    let start = LazyConfigAcceptor::new(Acceptor::default(), socket).await.map_err(WireError::Tls)?;
    let binding = tls::end_point(&config, start.client_hello());
    let stream = start.into_stream(config).await.map_err(WireError::Tls)?;
    if direct && stream.get_ref().1.alpn_protocol() != Some(tls::ALPN) {
        return Err(WireError::NoAlpn);
    }
    Ok(Encrypted::Tls(Socket::Tls(Box::new(stream)), binding))
}

/// Reads one packet without a type byte. An error of the outer result's kind `Io` or `Closed` means that nobody listens.
async fn read_first(socket: &mut (impl AsyncRead + Unpin), bytes_max: usize) -> Result<First, WireError> {
    let mut length = [0; 4];
    socket.read_exact(&mut length).await.map_err(end_of_stream)?;
    let mut body = vec![0; startup::body_length(i32::from_be_bytes(length), bytes_max)?];
    socket.read_exact(&mut body).await.map_err(end_of_stream)?;
    startup::parse(&body)
}

fn end_of_stream(error: std::io::Error) -> WireError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => WireError::Closed,
        _ => WireError::Io(error),
    }
}

/// Tells the client why she is not let in, as far as she speaks the protocol.
async fn refuse(socket: &mut (impl tokio::io::AsyncWrite + Unpin), error: &WireError) {
    let silent = matches!(error, WireError::StartupLength { .. } | WireError::CancelLength);
    if silent || matches!(error, WireError::Closed | WireError::Io(_)) {
        return;
    }
    let mut answer = bytes::BytesMut::new();
    Backend::fatal(error, Language::En).encode(&mut answer);
    // A peer that does not take the answer is as gone as one that does: the connection ends here either way.
    if socket.write_all(&answer).await.is_ok() {
        let _ = socket.shutdown().await;
    }
}

fn session(
    socket: Socket,
    request: Request,
    binding: Option<Vec<u8>>,
    peer: SocketAddr,
    options: &AcceptOptions,
    deadline: Instant,
) -> Accepted {
    let tls = matches!(socket, Socket::Tls(_));
    let login = Login { user: request.user.clone(), deadline, binding, frame_bytes_max: SASL_BYTES_MAX };
    let mut connection = Connection::new(socket, login, options.limits.frame_bytes_max);
    if let Some(locale) = request.parameters.get("lc_messages") {
        connection.set_language(Language::of_locale(locale));
    }
    if let Some(encoding) = request.parameters.get("client_encoding").and_then(|name| Encoding::named(name)) {
        connection.set_encoding(encoding);
    }
    if let Some(unsupported) = &request.unsupported {
        connection.queue(Backend::NegotiateProtocolVersion { protocol: request.protocol, unsupported });
    }
    let Request { protocol, user, database, parameters, .. } = request;
    Accepted::Session(connection, Startup { user, database, parameters, protocol, tls, peer })
}

/// Largest message of a SASL exchange, bytes; PostgreSQL's bound too.
const SASL_BYTES_MAX: usize = 1024;
