//! Text of values that are neither numbers nor times, and the quoting of arrays and records.

use super::settings::ByteaOutput;
use bytes::{BufMut, BytesMut};

const HEX: &[u8; 16] = b"0123456789abcdef";

pub(super) fn put_bytea(out: &mut BytesMut, bytes: &[u8], output: ByteaOutput) {
    match output {
        ByteaOutput::Hex => {
            out.put_slice(b"\\x");
            put_hex(out, bytes);
        }
        ByteaOutput::Escape => {
            for byte in bytes {
                match byte {
                    b'\\' => out.put_slice(b"\\\\"),
                    0x20..0x7f => out.put_u8(*byte),
                    _ => out.put_slice(&[b'\\', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]),
                }
            }
        }
    }
}

fn put_hex(out: &mut BytesMut, bytes: &[u8]) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.put_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

/// `8-4-4-4-12` hex digits
pub(super) fn put_uuid(out: &mut BytesMut, uuid: &[u8]) {
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.put_u8(b'-');
        }
        put_hex(out, &[*byte]);
    }
}

/// Reads a UUID, hyphens anywhere or nowhere.
pub(super) fn read_uuid(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let mut digits = text.bytes().filter(|b| *b != b'-').map(|b| char::from(b).to_digit(16));
    for byte in &mut bytes {
        *byte = (digits.next()?? << 4 | digits.next()??) as u8;
    }
    digits.next().is_none().then_some(bytes)
}

/// White space as records see it.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// An item of an array: quoted where it could be taken for something else.
pub(super) fn put_array_item(out: &mut BytesMut, item: &[u8]) {
    sluice_base::put_array_item(item, |part| out.put_slice(part));
}

/// A field of a record. Quotes and backslashes are doubled.
pub(super) fn put_record_field(out: &mut BytesMut, field: &[u8]) {
    let special = |b: &u8| matches!(b, b'(' | b')' | b',' | b'"' | b'\\') || is_space(*b);
    if !field.is_empty() && !field.iter().any(special) {
        return out.put_slice(field);
    }
    out.put_u8(b'"');
    for byte in field {
        if matches!(byte, b'"' | b'\\') {
            out.put_u8(*byte);
        }
        out.put_u8(*byte);
    }
    out.put_u8(b'"');
}
