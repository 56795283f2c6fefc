//! One value in its format: which of its bytes are text, and the same value with that text converted.
//!
//! Invariant: bytes that do not have their type's layout pass as they are, for the reader of the type to refuse.

use sluice_base::{Format, SqlType};

/// Converts one text, appending.
pub(super) type Convert<'a, E> = dyn FnMut(&[u8], &mut Vec<u8>) -> Result<(), E> + 'a;

/// Appends a value with its texts converted. In text format all of it is text, as PostgreSQL has it.
pub(super) fn convert<E>(
    format: Format,
    sql_type: &SqlType,
    bytes: &[u8],
    out: &mut Vec<u8>,
    convert: &mut Convert<'_, E>,
) -> Result<(), E> {
    match format {
        Format::Text => convert(bytes, out),
        Format::Binary => binary(sql_type, bytes, out, convert),
    }
}

/// True for a type whose binary form may hold text.
pub(super) fn holds_text(sql_type: &SqlType) -> bool {
    match sql_type {
        SqlType::Array(item) => holds_text(item),
        SqlType::Jsonb | SqlType::Record | SqlType::Anyarray => true,
        other => is_all_text(other),
    }
}

fn is_all_text(sql_type: &SqlType) -> bool {
    sql_type.is_text() || matches!(sql_type, SqlType::Json | SqlType::Aclitem | SqlType::NodeTree)
}

fn binary<E>(sql_type: &SqlType, bytes: &[u8], out: &mut Vec<u8>, convert: &mut Convert<'_, E>) -> Result<(), E> {
    match sql_type {
        _ if !holds_text(sql_type) => {}
        SqlType::Array(_) | SqlType::Anyarray => return array(bytes, out, convert),
        SqlType::Record => return record(bytes, out, convert),
        // A version, then text.
        SqlType::Jsonb => {
            if let Some((version, text)) = bytes.split_first() {
                out.push(*version);
                return convert(text, out);
            }
        }
        _ => return convert(bytes, out),
    }
    out.extend_from_slice(bytes);
    Ok(())
}

/// Dimensions, a flag, the items' type, two words for each dimension, the items. PostgreSQL has no type of arrays of
/// arrays, and a record in an array or a record is left to its reader: so no value nests deeper than its bytes were
/// looked at.
fn array<E>(bytes: &[u8], out: &mut Vec<u8>, convert: &mut Convert<'_, E>) -> Result<(), E> {
    let dimensions = word(bytes, 0).and_then(|count| usize::try_from(count).ok()).filter(|count| *count <= 6);
    let item = word(bytes, 8).and_then(|oid| SqlType::from_oid(oid.cast_unsigned())).filter(|item| !nests(item));
    let (Some(dimensions), Some(item)) = (dimensions, item) else {
        out.extend_from_slice(bytes);
        return Ok(());
    };
    let head = (12 + 8 * dimensions).min(bytes.len());
    out.extend_from_slice(&bytes[..head]);
    let mut rest = &bytes[head..];
    while let Some(after) = sized(rest, &item, out, convert)? {
        rest = after;
    }
    out.extend_from_slice(rest);
    Ok(())
}

fn nests(item: &SqlType) -> bool {
    matches!(item, SqlType::Array(_) | SqlType::Anyarray | SqlType::Record)
}

/// A count, then a type and a sized value for each field.
fn record<E>(bytes: &[u8], out: &mut Vec<u8>, convert: &mut Convert<'_, E>) -> Result<(), E> {
    let head = 4.min(bytes.len());
    out.extend_from_slice(&bytes[..head]);
    let mut rest = &bytes[head..];
    while let Some(item) = word(rest, 0).and_then(|oid| SqlType::from_oid(oid.cast_unsigned())) {
        out.extend_from_slice(&rest[..4]);
        rest = &rest[4..];
        let item = if nests(&item) { SqlType::Bytea } else { item };
        match sized(rest, &item, out, convert)? {
            Some(after) => rest = after,
            None => break,
        }
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// A value in binary behind its length; gives what follows, or nothing where the length lies.
fn sized<'b, E>(
    bytes: &'b [u8],
    sql_type: &SqlType,
    out: &mut Vec<u8>,
    convert: &mut Convert<'_, E>,
) -> Result<Option<&'b [u8]>, E> {
    let Some(length) = word(bytes, 0) else { return Ok(None) };
    let Ok(length) = usize::try_from(length) else {
        out.extend_from_slice(&bytes[..4]);
        return Ok(Some(&bytes[4..]));
    };
    let Some((value, after)) = bytes[4..].split_at_checked(length) else { return Ok(None) };
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    binary(sql_type, value, out, convert)?;
    close(out, start);
    Ok(Some(after))
}

/// Writes the length of what was appended behind the four bytes at `start`.
pub(super) fn close(out: &mut [u8], start: usize) {
    // No message reaches 2 GB: values and rows are bounded long before.
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn word(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map(i32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An array of one array of one array and so on; `head` gives what stands before each length.
    fn nested(levels: i32, head: &[i32]) -> Vec<u8> {
        let width = i32::try_from(4 * head.len() + 4).unwrap();
        let mut bytes = Vec::new();
        for level in (0..levels).rev() {
            head.iter().for_each(|word| bytes.extend(word.to_be_bytes()));
            bytes.extend((level * width).to_be_bytes());
        }
        bytes
    }

    #[test]
    fn nesting_that_no_type_has_is_not_followed() {
        let mut untouched = |bytes: &[u8], out: &mut Vec<u8>| {
            out.extend_from_slice(bytes);
            Ok::<(), ()>(())
        };
        let texts = SqlType::Array(Box::new(SqlType::Text)).oid().cast_signed();
        let record = SqlType::Record.oid().cast_signed();
        for (sql_type, bytes) in [
            (SqlType::Array(Box::new(SqlType::Text)), nested(200_000, &[0, 0, texts])),
            (SqlType::Record, nested(200_000, &[1, record])),
        ] {
            let mut out = Vec::new();
            convert(Format::Binary, &sql_type, &bytes, &mut out, &mut untouched).unwrap();
            assert!(out == bytes, "what is not looked at passes as it is");
        }
    }

    #[test]
    fn texts_in_arrays_and_records_are_converted() {
        let mut doubled = |bytes: &[u8], out: &mut Vec<u8>| {
            out.extend([bytes, bytes].concat());
            Ok::<(), ()>(())
        };
        let head = [&[0, 0, 0, 1, 0, 0, 0, 0][..], &25u32.to_be_bytes(), &[0, 0, 0, 1, 0, 0, 0, 1]].concat();
        let array = [&head[..], &[0, 0, 0, 1, b'a']].concat();
        let mut out = Vec::new();
        convert(Format::Binary, &SqlType::Array(Box::new(SqlType::Text)), &array, &mut out, &mut doubled).unwrap();
        assert_eq!(out, [&head[..], &[0, 0, 0, 2, b'a', b'a']].concat());
    }
}
