//! Messages from the client, decoded from frames that are already whole.
//!
//! Invariant: [`Frontend::decode`] accepts exactly the layout of PostgreSQL's documentation ("Message Formats"),
//! reads nothing outside its frame, and takes no count on faith: nothing is allocated for values that the frame
//! is too short to hold.
//!
//! pgwire's own message decoders are not used here: they read past a frame whose inner lengths lie, and panic where
//! the buffer ends. The tests check this decoder against pgwire's encoders instead.

use crate::{Formats, WireError};
use bytes::{Buf, Bytes};
use sluice_base::Encoding;

/// One message from a client after authentication.
#[derive(Debug, Clone, PartialEq)]
pub enum Frontend {
    /// Simple query: one or more statements, parameters never.
    Query(String),
    /// Makes a prepared statement.
    Parse {
        /// Name; empty for the unnamed statement.
        name: String,
        /// Text of one statement.
        query: String,
        /// OIDs of the parameters' types, as far as the client knows them; 0 is "unspecified".
        types: Vec<u32>,
    },
    /// Makes a portal of a prepared statement.
    Bind(Bind),
    /// Asks for the columns (and, of a statement, the parameters).
    Describe(Target),
    /// Runs a portal.
    Execute {
        /// Name; empty for the unnamed portal.
        portal: String,
        /// Rows to send before suspending; 0 is all of them. A negative count is 0, as in PostgreSQL.
        rows_max: u32,
    },
    /// Drops a statement or portal.
    Close(Target),
    /// Ends an extended-protocol exchange; errors are skipped up to here.
    Sync,
    /// Asks for what is buffered.
    Flush,
    /// The obsolete function call.
    FunctionCall,
    /// A piece of COPY input.
    CopyData(Bytes),
    /// The end of COPY input.
    CopyDone,
    /// The client's COPY input failed, with its message.
    CopyFail(String),
    /// The client leaves.
    Terminate,
}

/// The message that makes a portal. Its counts are the client's: the session compares them with the statement's.
#[derive(Debug, Clone, PartialEq)]
pub struct Bind {
    /// Portal to make; empty for the unnamed one.
    pub portal: String,
    /// Statement to make it of; empty for the unnamed one.
    pub statement: String,
    /// Formats of the parameters.
    pub parameter_formats: Formats,
    /// Parameters; `None` is NULL.
    pub parameters: Vec<Option<Bytes>>,
    /// Formats of the result columns.
    pub result_formats: Formats,
}

/// What Describe and Close name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A prepared statement.
    Statement(String),
    /// A portal.
    Portal(String),
}

impl Frontend {
    /// Reads the body of one frame. `kind` is its type byte; its texts are in `encoding`, parameters stay as they are.
    pub fn decode(kind: u8, body: Bytes, encoding: Encoding) -> Result<Frontend, WireError> {
        let mut body = Body { kind, bytes: body, encoding };
        let message = match kind {
            b'Q' => Frontend::Query(body.string()?),
            b'P' => {
                let (name, query) = (body.string()?, body.string()?);
                let count = body.count(4)?;
                let types = (0..count).map(|_| body.u32()).collect::<Result<_, _>>()?;
                Frontend::Parse { name, query, types }
            }
            b'B' => Frontend::Bind(body.bind()?),
            b'D' => Frontend::Describe(body.target()?),
            b'E' => {
                let portal = body.string()?;
                let rows_max = body.u32()?.cast_signed().max(0).unsigned_abs();
                Frontend::Execute { portal, rows_max }
            }
            b'C' => Frontend::Close(body.target()?),
            b'S' => Frontend::Sync,
            b'H' => Frontend::Flush,
            b'F' => {
                body.rest();
                Frontend::FunctionCall
            }
            b'd' => Frontend::CopyData(body.rest()),
            b'c' => Frontend::CopyDone,
            b'f' => Frontend::CopyFail(body.string()?),
            b'X' => Frontend::Terminate,
            b'p' => return Err(WireError::UnexpectedMessage(kind)),
            _ => return Err(WireError::UnknownMessage(kind)),
        };
        body.end()?;
        Ok(message)
    }

    /// True for a type byte that some frontend message has, `p` of the log-in included.
    pub(crate) fn knows(kind: u8) -> bool {
        matches!(kind, b'Q' | b'P' | b'B' | b'D' | b'E' | b'C' | b'S' | b'H' | b'F' | b'd' | b'c' | b'f' | b'X' | b'p')
    }
}

/// What is left of a frame's body.
pub(crate) struct Body {
    pub(crate) kind: u8,
    pub(crate) bytes: Bytes,
    pub(crate) encoding: Encoding,
}

impl Body {
    fn malformed(&self) -> WireError {
        WireError::Malformed { kind: self.kind }
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        self.bytes.try_get_u32().map_err(|_| self.malformed())
    }

    fn u16(&mut self) -> Result<u16, WireError> {
        self.bytes.try_get_u16().map_err(|_| self.malformed())
    }

    /// A count of items of at least `item_bytes` bytes each, which the body must be able to hold.
    fn count(&mut self, item_bytes: usize) -> Result<usize, WireError> {
        let count = usize::from(self.u16()?);
        if count * item_bytes > self.bytes.len() { Err(self.malformed()) } else { Ok(count) }
    }

    /// A string up to its zero byte.
    pub(crate) fn string(&mut self) -> Result<String, WireError> {
        let end = self.bytes.iter().position(|b| *b == 0).ok_or_else(|| self.malformed())?;
        let text = self.bytes.split_to(end);
        self.bytes.advance(1);
        let text = self.encoding.decode(&text);
        text.map(String::from).map_err(|fault| WireError::of_encoding(fault, self.kind, self.encoding))
    }

    /// A value behind its length; -1 is `None`.
    pub(crate) fn value(&mut self) -> Result<Option<Bytes>, WireError> {
        let length = self.u32()?.cast_signed();
        if length == -1 {
            return Ok(None);
        }
        match usize::try_from(length) {
            Ok(length) if length <= self.bytes.len() => Ok(Some(self.bytes.split_to(length))),
            _ => Err(self.malformed()),
        }
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.bytes)
    }

    fn formats(&mut self) -> Result<Formats, WireError> {
        let count = self.count(2)?;
        let codes = (0..count).map(|_| self.u16().map(u16::cast_signed)).collect::<Result<Vec<_>, _>>()?;
        Formats::of_codes(codes)
    }

    fn bind(&mut self) -> Result<Bind, WireError> {
        let (portal, statement) = (self.string()?, self.string()?);
        let parameter_formats = self.formats()?;
        let count = self.count(4)?;
        let parameters = (0..count).map(|_| self.value()).collect::<Result<_, _>>()?;
        let result_formats = self.formats()?;
        Ok(Bind { portal, statement, parameter_formats, parameters, result_formats })
    }

    fn target(&mut self) -> Result<Target, WireError> {
        let which = self.bytes.try_get_u8().map_err(|_| self.malformed())?;
        let name = self.string()?;
        match which {
            b'S' => Ok(Target::Statement(name)),
            b'P' => Ok(Target::Portal(name)),
            _ => Err(self.malformed()),
        }
    }

    pub(crate) fn end(&self) -> Result<(), WireError> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }
}
