//! Messages to the client, written in UTF-8 and put into her encoding where they stand in the write buffer.
//!
//! Invariant: a message is converted whole or taken back, so that the buffer always ends with whole messages.

use super::{lacking, value};
use crate::{Backend, Severity, WireError};
use bytes::{Buf, BytesMut};
use sluice_base::{Column, Encoding, Format, Lacking, Language, SqlType, ToClient};

/// A message's type byte and length.
const HEADER_BYTES: usize = 5;
/// Begins the first message of a binary COPY.
const COPY_SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// The signature with flags and the length of an extension that is never there.
const COPY_HEADER_BYTES: usize = 19;

/// What the values of rows are, and the encoding they are to be put into.
#[derive(Debug, Clone)]
pub struct RowLayout {
    encoding: Encoding,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    /// DataRow, or CopyData of a binary COPY: a count, and values behind their lengths.
    Values(Vec<(SqlType, Format)>),
    /// CopyData whose whole body is text.
    Text,
}

impl RowLayout {
    /// DataRow messages of these columns; `None` where nothing is to be converted.
    pub fn of_rows(encoding: Encoding, columns: &[Column], formats: &[Format]) -> Option<RowLayout> {
        let format = |at: usize| formats.get(at).copied().unwrap_or_default();
        let values = columns.iter().enumerate().map(|(at, column)| (column.sql_type.clone(), format(at)));
        (!encoding.is_identity()).then(|| RowLayout { encoding, body: Body::Values(values.collect()) })
    }

    /// CopyData messages of these columns; `None` where nothing is to be converted.
    pub fn of_copy(encoding: Encoding, columns: &[Column], format: Format) -> Option<RowLayout> {
        match format {
            Format::Text => (!encoding.is_identity()).then_some(RowLayout { encoding, body: Body::Text }),
            Format::Binary => RowLayout::of_rows(encoding, columns, &vec![format; columns.len()]),
        }
    }

    /// Converts the messages that `out` ends with, from `from` on. Gives how many there are; where a value of one
    /// cannot be converted, it and what follows is taken back.
    ///
    /// # Errors
    /// [`WireError::Lacking`] where that is the first one.
    pub fn convert(&self, out: &mut BytesMut, from: usize) -> Result<usize, WireError> {
        let written = out.split_off(from);
        let mut rest = &written[..];
        let mut converted = Vec::with_capacity(rest.len() + rest.len() / 2);
        let mut count = 0;
        while let Some((message, after)) = split_message(rest) {
            let start = converted.len();
            if self.message(message, &mut converted).is_err() {
                converted.truncate(start);
                break;
            }
            count += 1;
            rest = after;
        }
        out.extend_from_slice(&converted);
        if count == 0 && !rest.is_empty() { Err(lacking(self.encoding)) } else { Ok(count) }
    }

    fn message(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), Lacking> {
        let start = out.len() + 1;
        let (header, body) = message.split_at(HEADER_BYTES);
        out.extend_from_slice(header);
        match &self.body {
            Body::Text => self.encoding.encode(body, out)?,
            Body::Values(values) => self.values(values, body, out)?,
        }
        end_message(out, start);
        Ok(())
    }

    fn values(&self, values: &[(SqlType, Format)], mut body: &[u8], out: &mut Vec<u8>) -> Result<(), Lacking> {
        if body.starts_with(COPY_SIGNATURE) {
            out.extend_from_slice(&body[..COPY_HEADER_BYTES]);
            body.advance(COPY_HEADER_BYTES);
        }
        // The count; -1 ends a binary COPY.
        out.extend_from_slice(&body[..2]);
        body.advance(2);
        for (sql_type, format) in values {
            let Some((length, after)) = body.split_first_chunk::<4>() else { break };
            let start = out.len();
            out.extend_from_slice(length);
            body = after;
            let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else { continue };
            let (bytes, after) = body.split_at(length);
            value::convert(*format, sql_type, bytes, out, &mut |text, out| self.encoding.encode(text, out))?;
            value::close(out, start);
            body = after;
        }
        Ok(())
    }
}

/// Appends a message in a client's encoding. An error that cannot be told in it is told in English, or else replaced by
/// the error that this is, as in PostgreSQL; in other messages `?` stands for what is lacking.
pub(crate) fn queue(encoding: Encoding, message: &Backend<'_>, out: &mut BytesMut) {
    if try_queue(encoding, message, out).is_ok() {
        return;
    }
    let english = match message {
        Backend::ErrorResponse { severity, error, .. } => {
            Some(Backend::ErrorResponse { severity: *severity, error, language: Language::En })
        }
        Backend::NoticeResponse { severity, notice, .. } => {
            Some(Backend::NoticeResponse { severity: *severity, notice, language: Language::En })
        }
        Backend::Fatal { error, .. } => Some(Backend::Fatal { error: error.clone(), language: Language::En }),
        _ => None,
    };
    if english.is_some_and(|english| try_queue(encoding, &english, out).is_ok()) {
        return;
    }
    if let Backend::ErrorResponse { .. } = message {
        let error = &lacking(encoding).to_client();
        Backend::ErrorResponse { severity: Severity::Error, error, language: Language::En }.encode(out);
        return;
    }
    let written = written(message);
    let mut converted = Vec::with_capacity(written.len());
    let outcome = texts(&written, &mut converted, &mut |text, out| {
        encoding.encode_lossy(text, out);
        Ok::<(), Lacking>(())
    });
    debug_assert!(outcome.is_ok(), "nothing is lacking where `?` stands for it");
    out.extend_from_slice(&converted);
}

/// Appends a message in a client's encoding, or nothing where that lacks a character.
pub(crate) fn try_queue(encoding: Encoding, message: &Backend<'_>, out: &mut BytesMut) -> Result<(), WireError> {
    let written = written(message);
    let mut converted = Vec::with_capacity(written.len());
    texts(&written, &mut converted, &mut |text, out| encoding.encode(text, out)).map_err(|_| lacking(encoding))?;
    out.extend_from_slice(&converted);
    Ok(())
}

fn written(message: &Backend<'_>) -> BytesMut {
    let mut written = BytesMut::new();
    message.encode(&mut written);
    written
}

/// Copies a message with its texts converted.
fn texts(message: &[u8], out: &mut Vec<u8>, convert: &mut value::Convert<'_, Lacking>) -> Result<(), Lacking> {
    let start = out.len() + 1;
    let (header, mut rest) = message.split_at(HEADER_BYTES.min(message.len()));
    out.extend_from_slice(header);
    match header.first() {
        // A count, then a name and 18 bytes for each column.
        Some(b'T') => {
            out.extend_from_slice(&rest[..2]);
            rest.advance(2);
            while let Some((name, after)) = c_string(rest) {
                convert(name, out)?;
                out.push(0);
                let (column, after) = after.split_at(18.min(after.len()));
                out.extend_from_slice(column);
                rest = after;
            }
        }
        // A letter and a text for each field; a zero byte.
        Some(b'E' | b'N') => {
            while let [field, after @ ..] = rest
                && *field != 0
                && let Some((text, after)) = c_string(after)
            {
                out.push(*field);
                convert(text, out)?;
                out.push(0);
                rest = after;
            }
        }
        // A name and a value; a tag.
        Some(b'S' | b'C') => {
            while let Some((text, after)) = c_string(rest) {
                convert(text, out)?;
                out.push(0);
                rest = after;
            }
        }
        _ => {}
    }
    out.extend_from_slice(rest);
    end_message(out, start);
    Ok(())
}

/// A text and what follows its zero byte.
fn c_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// Writes a message's length, which counts its own four bytes, at `start`.
fn end_message(out: &mut [u8], start: usize) {
    let length = u32::try_from(out.len().saturating_sub(start)).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

fn split_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = bytes.get(1..HEADER_BYTES)?.try_into().ok().map(u32::from_be_bytes)?;
    bytes.split_at_checked(usize::try_from(length).ok()?.checked_add(1)?)
}
