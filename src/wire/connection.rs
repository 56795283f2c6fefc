//! A client's connection after negotiation: framed reads within bounds, and one write buffer with backpressure.
//!
//! Invariants: a frame's declared length is checked before anything is allocated for it, and memory grows only as its
//! bytes arrive; reading and writing may be dropped at any await (in `select!`) and taken up again without losing a
//! byte; the message decoder sees nothing before authentication.

use crate::frontend::Frontend;
use crate::socket::Socket;
use crate::{Backend, WireError, encoding};
use bytes::{Buf, Bytes, BytesMut};
use sluice_base::{Encoding, Language, ToClient};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout};

/// Bytes read ahead while a statement runs: enough for pipelined messages, and a bound for a client that floods.
const READ_AHEAD_BYTES: usize = 64 << 10;
/// Bytes of output after which [`Connection::flush_if_full`] sends them off.
const FLUSH_BYTES: usize = 64 << 10;
/// A buffer that has grown beyond this is given back once it is empty.
const KEEP_BYTES: usize = 1 << 20;
/// Least room offered to one read.
const READ_BYTES: usize = 8 << 10;
/// A frame's type byte and length.
const HEADER_BYTES: usize = 5;
/// Time to get a last error to the client.
const FAREWELL: Duration = Duration::from_secs(2);
/// Silence after which a client that is being refused is taken to have got our last words.
const FAREWELL_SILENCE: Duration = Duration::from_millis(100);
/// Bytes thrown away while a client that is being refused goes on sending.
const FAREWELL_BYTES: usize = 256 << 10;

/// What authentication needs, until it has passed.
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) deadline: Instant,
    /// `tls-server-end-point` data of this TLS connection.
    pub(crate) binding: Option<Vec<u8>>,
    pub(crate) frame_bytes_max: usize,
}

/// One client's connection.
pub struct Connection {
    socket: Socket,
    inbound: BytesMut,
    outbound: BytesMut,
    end_of_stream: bool,
    frame_bytes_max: usize,
    pub(crate) login: Option<Login>,
    language: Language,
    encoding: Encoding,
}

impl Connection {
    pub(crate) fn new(socket: Socket, login: Login, frame_bytes_max: usize) -> Connection {
        Connection {
            socket,
            inbound: BytesMut::new(),
            outbound: BytesMut::new(),
            end_of_stream: false,
            frame_bytes_max,
            login: Some(login),
            language: Language::En,
            encoding: Encoding::UTF8,
        }
    }

    /// Language of the errors that this connection tells by itself.
    pub fn set_language(&mut self, language: Language) {
        self.language = language;
    }

    /// The client's encoding, from the next message on, in both directions.
    pub fn set_encoding(&mut self, encoding: Encoding) {
        self.encoding = encoding;
    }

    /// The client's encoding.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The next message; `None` when the client has closed the connection between two messages.
    ///
    /// Cancel-safe: dropped before it is ready, it has taken no message. After an error that
    /// [`is_fatal`](WireError::is_fatal), end with [`close_with`](Connection::close_with).
    pub async fn receive(&mut self) -> Result<Option<Frontend>, WireError> {
        match self.receive_frame().await? {
            None => Ok(None),
            Some((kind, _)) if self.login.is_some() => Err(WireError::UnexpectedMessage(kind)),
            Some((kind, body)) => Frontend::decode(kind, body, self.encoding).map(Some),
        }
    }

    pub(crate) async fn receive_frame(&mut self) -> Result<Option<(u8, Bytes)>, WireError> {
        loop {
            if let Some(frame) = self.take_frame()? {
                return Ok(Some(frame));
            }
            if self.end_of_stream {
                return if self.inbound.is_empty() { Ok(None) } else { Err(WireError::Closed) };
            }
            poll_fn(|cx| self.poll_fill(cx)).await?;
        }
    }

    /// Resolves when the client is gone; never resolves while she is there. For `select!` beside work that is done for
    /// her. What she sends meanwhile is kept for [`receive`](Connection::receive), up to a bound, after which her
    /// further messages wait in the network and her departure shows when something is written. Cancel-safe.
    pub async fn closed(&mut self) -> WireError {
        loop {
            if self.end_of_stream {
                return WireError::Closed;
            }
            if self.inbound.len() >= READ_AHEAD_BYTES {
                return std::future::pending().await;
            }
            if let Err(error) = poll_fn(|cx| self.poll_fill(cx)).await {
                return error;
            }
        }
    }

    /// True when a whole message, or the error of one, can be received without waiting.
    pub fn has_message(&self) -> bool {
        match frame_bytes(&self.inbound, self.bytes_max()) {
            Ok(Some(bytes)) => self.inbound.len() >= bytes,
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Appends a message to the write buffer. Nothing leaves before [`flush`](Connection::flush). A character that the
    /// client's encoding lacks becomes `?`, or makes an error another one, as in PostgreSQL.
    pub fn queue(&mut self, message: Backend<'_>) {
        if self.encoding.is_identity() {
            message.encode(&mut self.outbound);
        } else {
            encoding::queue(self.encoding, &message, &mut self.outbound);
        }
    }

    /// [`queue`](Connection::queue) of a message that is wrong with a `?` in it: names of columns.
    ///
    /// # Errors
    /// [`WireError::Lacking`]: nothing is appended.
    pub fn try_queue(&mut self, message: Backend<'_>) -> Result<(), WireError> {
        if self.encoding.is_identity() {
            message.encode(&mut self.outbound);
            return Ok(());
        }
        encoding::try_queue(self.encoding, &message, &mut self.outbound)
    }

    /// The write buffer, to append whole messages to: rows, and COPY data, in UTF-8 until a
    /// [`RowLayout`](crate::RowLayout) has converted them.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.outbound
    }

    /// Sends all that is buffered and waits until the network has taken it: this is where a slow reader slows us down.
    ///
    /// Cancel-safe: what has not left stays buffered. While it waits it also reads ahead like
    /// [`closed`](Connection::closed), so that a client that goes away does not hold it.
    pub async fn flush(&mut self) -> Result<(), WireError> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// [`flush`](Connection::flush), if more than 64 KiB wait.
    pub async fn flush_if_full(&mut self) -> Result<(), WireError> {
        if self.outbound.len() >= FLUSH_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Tells the client the error that ends the connection, then closes it. Bounded in time: a client that does not
    /// read is left. Errors of a client that is gone are not sent.
    pub async fn close_with(&mut self, error: &impl ToClient) {
        self.queue(Backend::fatal(error, self.language));
        self.close().await;
    }

    /// Sends what is buffered and closes the connection; bounded in time.
    pub async fn close(&mut self) {
        let farewell = async {
            self.flush().await?;
            self.socket.shutdown().await?;
            // Closing a socket with unread input resets it, and the reset may overtake our last message.
            let mut left = FAREWELL_BYTES;
            let mut waste = [0; 4096];
            while left > 0 {
                match timeout(FAREWELL_SILENCE, self.socket.read(&mut waste)).await {
                    Err(_) | Ok(Ok(0)) => break,
                    Ok(read) => left = left.saturating_sub(read?),
                }
            }
            Ok::<(), WireError>(())
        };
        // The connection is given up in any case; how exactly the other side let go of it changes nothing.
        let _ = timeout(FAREWELL, farewell).await;
        self.end_of_stream = true;
    }

    fn bytes_max(&self) -> usize {
        self.login.as_ref().map_or(self.frame_bytes_max, |login| login.frame_bytes_max)
    }

    /// Splits a whole frame off the read buffer.
    fn take_frame(&mut self) -> Result<Option<(u8, Bytes)>, WireError> {
        let Some(bytes) = frame_bytes(&self.inbound, self.bytes_max())? else { return Ok(None) };
        if self.inbound.len() < bytes {
            return Ok(None);
        }
        let mut frame = self.inbound.split_to(bytes);
        let kind = frame[0];
        frame.advance(HEADER_BYTES);
        if self.inbound.is_empty() && bytes > KEEP_BYTES {
            self.inbound = BytesMut::new();
        }
        Ok(Some((kind, frame.freeze())))
    }

    /// Reads what there is into the read buffer; at the end of the stream it notes that.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        let mut piece = [std::mem::MaybeUninit::uninit(); READ_BYTES];
        let mut piece = ReadBuf::uninit(&mut piece);
        match ready!(Pin::new(&mut self.socket).poll_read(cx, &mut piece)) {
            Ok(()) if piece.filled().is_empty() => self.end_of_stream = true,
            Ok(()) => self.inbound.extend_from_slice(piece.filled()),
            // A TLS client that leaves without close_notify, or a reset: she is gone, however she went.
            Err(error) if is_departure(&error) => self.end_of_stream = true,
            Err(error) => return Poll::Ready(Err(error.into())),
        }
        Poll::Ready(Ok(()))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        while !self.outbound.is_empty() {
            match Pin::new(&mut self.socket).poll_write(cx, &self.outbound) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(WireError::Closed)),
                Poll::Ready(Ok(written)) => self.outbound.advance(written),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(write_error(error))),
                Poll::Pending => return self.poll_ahead(cx),
            }
        }
        match Pin::new(&mut self.socket).poll_flush(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Err(write_error(error))),
            Poll::Pending => return self.poll_ahead(cx),
        }
        if self.outbound.capacity() > KEEP_BYTES {
            self.outbound = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Reads ahead while a write waits. Ready only when the client is gone.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        while !self.end_of_stream && self.inbound.len() < READ_AHEAD_BYTES {
            ready!(self.poll_fill(cx))?;
        }
        if self.end_of_stream { Poll::Ready(Err(WireError::Closed)) } else { Poll::Pending }
    }
}

fn is_departure(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::*;
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

fn write_error(error: std::io::Error) -> WireError {
    if is_departure(&error) { WireError::Closed } else { WireError::Io(error) }
}

/// Bytes of the frame at the front, its header included; `None` while the header is incomplete.
pub(crate) fn frame_bytes(inbound: &[u8], bytes_max: usize) -> Result<Option<usize>, WireError> {
    let Some((header, _)) = inbound.split_first_chunk::<HEADER_BYTES>() else {
        return match inbound.first() {
            Some(kind) if !Frontend::knows(*kind) => Err(WireError::UnknownMessage(*kind)),
            _ => Ok(None),
        };
    };
    let [kind, a, b, c, d] = *header;
    if !Frontend::knows(kind) {
        return Err(WireError::UnknownMessage(kind));
    }
    match usize::try_from(i32::from_be_bytes([a, b, c, d])) {
        Ok(length) if length < 4 => Err(WireError::FrameLength { kind }),
        Ok(length) if length - 4 > bytes_max => Err(WireError::FrameTooLarge { kind, bytes_max }),
        Ok(length) => Ok(Some(1 + length)),
        Err(_) => Err(WireError::FrameLength { kind }),
    }
}
