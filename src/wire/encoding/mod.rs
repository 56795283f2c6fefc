//! `client_encoding`: texts between a client's encoding and UTF-8, in which everything here is kept.
//!
//! Invariant: what is no text of the client's encoding is refused, and so is what that encoding lacks. Statements,
//! numbers and keywords are ASCII and never change. A session in UTF-8 or `SQL_ASCII` takes none of these ways.

mod message;
mod value;

pub use message::RowLayout;
pub(crate) use message::{queue, try_queue};

use sluice_base::{Datum, Encoding, Format, SqlType, TimeZone};

use crate::{WireError, decode_parameter_in};

/// Decodes a parameter that a client sent in an encoding: see [`decode_parameter_in`].
///
/// # Errors
/// As there, and those of [`Encoding::decode`].
pub fn decode_parameter_from(
    encoding: Encoding,
    format: Format,
    bytes: &[u8],
    sql_type: &SqlType,
    zone: &TimeZone,
) -> Result<Datum, WireError> {
    if encoding.is_identity() {
        return decode_parameter_in(format, bytes, sql_type, zone);
    }
    let mut converted = Vec::with_capacity(bytes.len() + bytes.len() / 2);
    value::convert(format, sql_type, bytes, &mut converted, &mut |text, out| {
        out.extend_from_slice(encoding.decode(text)?.as_bytes());
        Ok(())
    })
    .map_err(|fault| WireError::of_encoding(fault, b'B', encoding))?;
    decode_parameter_in(format, &converted, sql_type, zone)
}

fn lacking(encoding: Encoding) -> WireError {
    WireError::Lacking { encoding }
}
