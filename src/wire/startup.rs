//! The packets before authentication, which have no type byte: parsing alone, no IO.
//!
//! Invariant: parsing is total over any bytes; the length was checked by the caller before a byte was allocated.

use crate::{CancelKey, WireError};
use sluice_base::Encoding;
use std::collections::BTreeMap;
use std::net::SocketAddr;

const CANCEL_CODE: u32 = 80_877_102;
const SSL_CODE: u32 = 80_877_103;
const GSS_CODE: u32 = 80_877_104;

/// Newest minor version of protocol 3 that is spoken here.
const MINOR_MAX: u16 = 2;

/// Bytes of the largest key that a cancel request may show.
const CANCEL_KEY_BYTES_MAX: usize = 256;

/// The version of the protocol that both sides speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Protocol {
    minor: u16,
}

impl Protocol {
    /// Protocol 3.0, which every client speaks.
    pub const V3_0: Protocol = Protocol { minor: 0 };
    /// Protocol 3.2: cancel keys of up to 256 bytes.
    pub const V3_2: Protocol = Protocol { minor: 2 };

    /// The minor version.
    pub fn minor(self) -> u16 {
        self.minor
    }

    /// The version as one number: major in the upper 16 bits.
    pub fn number(self) -> i32 {
        (3 << 16) | i32::from(self.minor)
    }

    pub(crate) fn has_long_keys(self) -> bool {
        self >= Protocol::V3_2
    }
}

/// Who asks for a session, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Startup {
    /// User, as claimed until [`crate::Connection::authenticate`] has passed.
    pub user: String,
    /// Database; the user's name where the client gave none.
    pub database: String,
    /// The other parameters: settings such as `application_name`, and `options`.
    pub parameters: BTreeMap<String, String>,
    /// The version agreed on.
    pub protocol: Protocol,
    /// True under TLS.
    pub tls: bool,
    /// The client's address.
    pub peer: SocketAddr,
}

/// A first packet.
#[derive(Debug)]
pub(crate) enum First {
    Ssl,
    Gss,
    Cancel(CancelKey),
    Startup(Request),
}

/// A startup packet as read, before negotiation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) protocol: Protocol,
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) parameters: BTreeMap<String, String>,
    /// What NegotiateProtocolVersion has to say, if anything.
    pub(crate) unsupported: Option<Vec<String>>,
}

/// Checks a declared length, which counts its own four bytes; gives the bytes that follow them.
pub(crate) fn body_length(declared: i32, bytes_max: usize) -> Result<usize, WireError> {
    match usize::try_from(declared) {
        Ok(length) if (8..=bytes_max).contains(&length) => Ok(length - 4),
        _ => Err(WireError::StartupLength { declared }),
    }
}

/// Reads a first packet, its length already taken off.
pub(crate) fn parse(body: &[u8]) -> Result<First, WireError> {
    let (code, rest) = body.split_first_chunk::<4>().ok_or(WireError::StartupLayout)?;
    match u32::from_be_bytes(*code) {
        SSL_CODE if rest.is_empty() => Ok(First::Ssl),
        GSS_CODE if rest.is_empty() => Ok(First::Gss),
        SSL_CODE | GSS_CODE => Err(WireError::StartupLayout),
        CANCEL_CODE => cancel(rest),
        version => request(version, rest).map(First::Startup),
    }
}

fn cancel(rest: &[u8]) -> Result<First, WireError> {
    let (pid, secret) = rest.split_first_chunk::<4>().ok_or(WireError::CancelLength)?;
    if !(4..=CANCEL_KEY_BYTES_MAX).contains(&secret.len()) {
        return Err(WireError::CancelLength);
    }
    Ok(First::Cancel(CancelKey::shown(i32::from_be_bytes(*pid), secret)))
}

fn request(version: u32, rest: &[u8]) -> Result<Request, WireError> {
    let (major, minor) = ((version >> 16) as u16, version as u16);
    if major != 3 {
        return Err(WireError::UnsupportedProtocol { major, minor });
    }
    let mut parameters = strings_in_pairs(rest)?;
    let unknown: Vec<String> = parameters.keys().filter(|name| name.starts_with("_pq_.")).cloned().collect();
    parameters.retain(|name, _| !name.starts_with("_pq_."));
    let protocol = Protocol { minor: minor.min(MINOR_MAX) };
    let unsupported = (minor > MINOR_MAX || !unknown.is_empty()).then_some(unknown);

    let user = parameters.remove("user").filter(|user| !user.is_empty()).ok_or(WireError::NoUser)?;
    let database = parameters.remove("database").filter(|name| !name.is_empty()).unwrap_or_else(|| user.clone());
    match parameters.remove("replication").as_deref() {
        None | Some("" | "false" | "off" | "no" | "0") => {}
        Some(_) => return Err(WireError::Replication),
    }
    Ok(Request { protocol, user, database, parameters, unsupported })
}

/// Names and values, each ended by a zero byte; one more zero byte ends the list and the packet.
///
/// They are UTF-8 whatever `client_encoding` says, as in PostgreSQL, which takes them as they come. What is not UTF-8
/// could only fail there; here it is read in the encoding that the packet asks for.
fn strings_in_pairs(mut rest: &[u8]) -> Result<BTreeMap<String, String>, WireError> {
    let mut pairs = BTreeMap::new();
    loop {
        let name = string(&mut rest)?;
        if name.is_empty() {
            break;
        }
        pairs.insert(name, string(&mut rest)?);
    }
    if !rest.is_empty() {
        return Err(WireError::StartupLayout);
    }
    let asked = pairs.get(&b"client_encoding"[..]).and_then(|name| std::str::from_utf8(name).ok());
    let encoding = asked.and_then(Encoding::named).unwrap_or(Encoding::UTF8);
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_string()),
        Err(_) => encoding.decode(bytes).map(String::from).map_err(|_| WireError::StartupLayout),
    };
    pairs.iter().map(|(name, value)| Ok((text(name)?, text(value)?))).collect()
}

fn string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], WireError> {
    let end = rest.iter().position(|b| *b == 0).ok_or(WireError::StartupLayout)?;
    let bytes = &rest[..end];
    *rest = &rest[end + 1..];
    Ok(bytes)
}
