//! Items of arrays in text, as PostgreSQL's `array_out` writes them.

/// Whether an item could be taken for something else without quotes.
fn is_quoted(item: &[u8]) -> bool {
    let space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let special = |byte: &u8| matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\') || space(*byte);
    item.is_empty() || item.iter().any(special) || item.eq_ignore_ascii_case(b"null")
}

/// Writes an item of an array, in quotes where it needs them.
pub fn put_array_item(item: &[u8], mut put: impl FnMut(&[u8])) {
    if !is_quoted(item) {
        return put(item);
    }
    put(b"\"");
    let mut from = 0;
    for (at, byte) in item.iter().enumerate() {
        if matches!(byte, b'"' | b'\\') {
            put(&item[from..at]);
            put(b"\\");
            from = at;
        }
    }
    put(&item[from..]);
    put(b"\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_in_quotes() {
        let cases =
            [("a", "a"), ("", "\"\""), ("nUll", "\"nUll\""), ("a b", "\"a b\""), ("\"\\", r#""\"\\""#), ("中", "中")];
        for (item, expected) in cases {
            let mut out = Vec::new();
            put_array_item(item.as_bytes(), |part| out.extend_from_slice(part));
            assert_eq!(String::from_utf8(out).as_deref(), Ok(expected));
        }
    }
}
