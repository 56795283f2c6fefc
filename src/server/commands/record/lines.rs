//! Messages as lines of a wire case.
//!
//! Invariant: a client's line holds every byte that the server is to get, so that it can be played again; a server's
//! line shows what a comparison needs.

use bytes::Bytes;
use sluice_base::{Encoding, Format, SqlType};
use sluice_wire::{Bind, Formats, Frontend, Target};

/// A message of the client.
pub(super) fn sent(kind: u8, body: &[u8]) -> String {
    // In another encoding, or out of its layout: as bytes.
    let Ok(message) = Frontend::decode(kind, Bytes::copy_from_slice(body), Encoding::UTF8) else {
        let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
        let hex = [&[kind][..], &length, body].concat().iter().map(|byte| format!(" {byte:02x}")).collect::<String>();
        return format!("bytes{hex}");
    };
    let target = |target: &Target| match target {
        Target::Statement(name) => format!("S {}", self::name(name)),
        Target::Portal(name) => format!("P {}", self::name(name)),
    };
    match &message {
        Frontend::Query(text) => format!("Query {}", quoted(text.as_bytes())),
        Frontend::Parse { name, query, types } => {
            let types: Vec<String> = types.iter().map(|oid| type_name(*oid)).collect();
            let types = if types.is_empty() { String::new() } else { format!(" types={}", types.join(",")) };
            format!("Parse {} {}{types}", self::name(name), quoted(query.as_bytes()))
        }
        Frontend::Bind(bind) => bound(bind),
        Frontend::Describe(what) => format!("Describe {}", target(what)),
        Frontend::Close(what) => format!("Close {}", target(what)),
        Frontend::Execute { portal, rows_max: 0 } => format!("Execute {}", name(portal)),
        Frontend::Execute { portal, rows_max } => format!("Execute {} max={rows_max}", name(portal)),
        Frontend::Sync => "Sync".into(),
        Frontend::Flush => "Flush".into(),
        Frontend::Terminate => "Terminate".into(),
        Frontend::CopyData(data) => format!("CopyData {}", quoted(data)),
        Frontend::CopyDone => "CopyDone".into(),
        Frontend::CopyFail(text) => format!("CopyFail {}", quoted(text.as_bytes())),
        Frontend::FunctionCall => "FunctionCall".into(),
    }
}

fn bound(bind: &Bind) -> String {
    let mut words = vec!["Bind".to_string(), name(&bind.portal), name(&bind.statement)];
    for value in &bind.parameters {
        words.push(match value {
            None => "NULL".into(),
            // What the reader of cases would take for something else.
            Some(bytes) if bytes.starts_with(b"\\x") || &bytes[..] == b"NULL" || !is_text(bytes) => hex(bytes),
            Some(bytes) if bytes.starts_with(b"params=") || bytes.starts_with(b"results=") => hex(bytes),
            Some(bytes) => quoted(bytes),
        });
    }
    let formats = |name: &str, formats: &Formats| {
        let word = |format: &Format| if *format == Format::Binary { "binary" } else { "text" };
        let list: Vec<&str> = formats.given().iter().map(word).collect();
        (!list.is_empty()).then(|| format!("{name}={}", list.join(",")))
    };
    words.extend(formats("params", &bind.parameter_formats));
    words.extend(formats("results", &bind.result_formats));
    words.join(" ")
}

/// Messages of the server. How many rows share one CopyData is the server's own business: neighbours become one.
pub fn answers(messages: Vec<(u8, Vec<u8>)>) -> Vec<String> {
    let mut joined: Vec<(u8, Vec<u8>)> = Vec::new();
    for (kind, body) in messages {
        match joined.last_mut() {
            Some((b'd', last)) if kind == b'd' => last.extend(body),
            _ => joined.push((kind, body)),
        }
    }
    joined.iter().map(|(kind, body)| answer(*kind, body)).collect()
}

fn answer(kind: u8, body: &[u8]) -> String {
    let strings = body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    let words: Vec<String> = strings.collect();
    let word = |at: usize| words.get(at).cloned().unwrap_or_default();
    match kind {
        b'1' => "ParseComplete".into(),
        b'2' => "BindComplete".into(),
        b'3' => "CloseComplete".into(),
        b'C' => format!("CommandComplete {}", word(0)),
        b'D' => format!("DataRow [{}]", cells(body).join(", ")),
        b'E' => format!("ErrorResponse {}", fault(&words)),
        b'N' => format!("NoticeResponse {}", fault(&words)),
        b'I' => "EmptyQueryResponse".into(),
        b'n' => "NoData".into(),
        b's' => "PortalSuspended".into(),
        b't' => format!("ParameterDescription [{}]", oids(body.get(2..).unwrap_or_default()).join(", ")),
        b'T' => format!("RowDescription [{}]", columns(body.get(2..).unwrap_or_default()).join(", ")),
        b'S' => format!("ParameterStatus {}={}", word(0), word(1)),
        b'Z' => format!("ReadyForQuery {}", word(0)),
        b'G' | b'H' => {
            let name = if kind == b'G' { "CopyInResponse" } else { "CopyOutResponse" };
            let number = |at: usize| body.get(at).copied().unwrap_or_default();
            format!("{name} {} [{}]", number(0), u16::from_be_bytes([number(1), number(2)]))
        }
        b'd' => format!("CopyData {}", quoted(body)),
        b'c' => "CopyDone".into(),
        other => format!("{} ({} bytes)", char::from(other), body.len()),
    }
}

/// SQLSTATE and message.
fn fault(fields: &[String]) -> String {
    let field = |letter: char| fields.iter().find_map(|field| field.strip_prefix(letter)).unwrap_or_default();
    format!("{} {}", field('C'), field('M').replace('\n', " "))
}

fn cells(body: &[u8]) -> Vec<String> {
    let mut rest = body.get(2..).unwrap_or_default();
    let mut cells = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        rest = after;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            cells.push("NULL".into());
            continue;
        };
        let (value, after) = rest.split_at(length.min(rest.len()));
        let bare = |byte: &u8| !matches!(byte, b',' | b'[' | b']' | b'"' | b'\\' | b' ');
        cells.push(match value {
            _ if !is_text(value) => hex(value),
            b"" | b"NULL" => quoted(value),
            _ if value.iter().all(bare) => String::from_utf8_lossy(value).into_owned(),
            _ => quoted(value),
        });
        rest = after;
    }
    cells
}

fn oids(bytes: &[u8]) -> Vec<String> {
    let (oids, _) = bytes.as_chunks::<4>();
    oids.iter().map(|oid| type_name(u32::from_be_bytes(*oid))).collect()
}

/// Names and types; format `binary` where it is told.
fn columns(mut rest: &[u8]) -> Vec<String> {
    let mut columns = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        let (name, after) = (&rest[..end], &rest[end + 1..]);
        let (Some(oid), Some(format)) = (after.get(6..10), after.get(17)) else { break };
        let oid = oids(oid).concat();
        let format = if *format == 1 { " binary" } else { "" };
        columns.push(format!("{} {oid}{format}", String::from_utf8_lossy(name)));
        rest = after.get(18..).unwrap_or_default();
    }
    columns
}

fn type_name(oid: u32) -> String {
    match SqlType::from_oid(oid) {
        Some(known) => known.typname(),
        None => oid.to_string(),
    }
}

/// A name of a statement or portal; `-` is the empty one.
fn name(text: &str) -> String {
    match text {
        "" => "-".into(),
        _ if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => text.into(),
        _ => quoted(text.as_bytes()),
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')))
}

fn hex(bytes: &[u8]) -> String {
    format!("\\x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// A word in quotes, with an escape for each byte that a line cannot hold.
fn quoted(bytes: &[u8]) -> String {
    let mut word = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => word.extend(['\\', c]),
                '\n' => word.push_str("\\n"),
                c if c.is_ascii_control() => word.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => word.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| word.push_str(&format!("\\x{byte:02x}")));
    }
    word.push('"');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_back_by_eye() {
        let check = |kind: u8, body: &[u8], line: &str| assert_eq!(sent(kind, body), line);
        check(b'P', b"s1\0SELECT $1\0\0\x02\0\0\0\x17\0\0\0\0", "Parse s1 \"SELECT $1\" types=int4,0");
        check(b'P', b"\0\0\0\0", "Parse - \"\"");
        let bind = b"\0s1\0\0\x01\0\x01\0\x03\0\0\0\x02\0\x07\xff\xff\xff\xff\0\0\0\x02\"a\0\x01\0\x01";
        check(b'B', bind, "Bind - s1 \\x0007 NULL \"\\\"a\" params=binary results=binary");
        check(b'E', b"my portal\0\0\0\0\x05", "Execute \"my portal\" max=5");
        check(b'D', b"S\0", "Describe S -");
        check(b'Q', b"SELECT '\xd6\xd0'\0", "bytes 51 00 00 00 10 53 45 4c 45 43 54 20 27 d6 d0 27 00");
        check(b'd', b"a\tb\\\r\n", "CopyData \"a\\x09b\\\\\\x0d\\n\"");
    }

    #[test]
    fn answers_show_values() {
        let row = b"\0\x04\0\0\0\x04a, b\0\0\0\x04\0\0\0\x07\xff\xff\xff\xff\0\0\0\0".to_vec();
        assert_eq!(answers(vec![(b'D', row)]), ["DataRow [\"a, b\", \\x00000007, NULL, \"\"]"]);
        let description = b"\0\x01\xe4\xb8\xad\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\x01".to_vec();
        assert_eq!(answers(vec![(b'T', description)]), ["RowDescription [中 text binary]"]);
        let copied = vec![(b'd', b"a\n".to_vec()), (b'd', b"b\n".to_vec()), (b'c', Vec::new())];
        assert_eq!(answers(copied), ["CopyData \"a\\nb\\n\"", "CopyDone"]);
        assert_eq!(answers(vec![(b't', b"\0\x01\0\0\x03\x09".to_vec())]), ["ParameterDescription [777]"]);
    }
}
