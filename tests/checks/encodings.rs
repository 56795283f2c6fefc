//! Encodings of clients against PostgreSQL: every character of the basic plane, and every code of one and two bytes.

use std::fmt::Write;

use crate::support::block_on;
use crate::support::postgres::{self, printed};
use sluice_base::{Encoding, EncodingFault};

/// What PostgreSQL writes for characters, and reads codes as: hexadecimal digits, `-` where the other side lacks the
/// character, `!` where the bytes are none.
const FUNCTIONS: &str = "
    CREATE FUNCTION pg_temp.written(c int, e name) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN RETURN encode(convert_to(chr(c), e), 'hex'); EXCEPTION WHEN untranslatable_character THEN RETURN '-'; END $$;
    CREATE FUNCTION pg_temp.read(code text, e name) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN RETURN encode(convert_to(convert_from(decode(code, 'hex'), e), 'UTF8'), 'hex');
    EXCEPTION WHEN untranslatable_character THEN RETURN '-'; WHEN character_not_in_repertoire THEN RETURN '!'; END $$;";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn written(encoding: Encoding, c: u32) -> String {
    let mut bytes = Vec::new();
    let text = char::from_u32(c).expect("no surrogate").to_string();
    encoding.encode(text.as_bytes(), &mut bytes).map_or_else(|_| "-".into(), |()| hex(&bytes))
}

fn read(encoding: Encoding, code: &str) -> String {
    let bytes: Vec<u8> = (0..code.len() / 2)
        .map(|at| u8::from_str_radix(&code[at * 2..at * 2 + 2], 16).expect("hexadecimal digits"))
        .collect();
    match encoding.decode(&bytes) {
        Ok(text) => hex(text.as_bytes()),
        Err(EncodingFault::Untranslatable) => "-".into(),
        Err(EncodingFault::Invalid) => "!".into(),
    }
}

/// Codes to read: all of one byte, and of two where there are such; of three and four a selection.
fn codes(encoding: Encoding, single: bool) -> Vec<String> {
    let mut codes: Vec<String> = (0x80..=0xff).map(|code| format!("{code:02x}")).collect();
    if !single {
        codes.extend((0x8000..=0xffff).map(|code| format!("{code:04x}")).filter(|code| !code.ends_with("00")));
    }
    match encoding.name() {
        "EUC_JP" => codes.extend((0xa1a1..=0xffff).map(|code| format!("8f{code:04x}")).filter(|c| !c.ends_with("00"))),
        "GB18030" => {
            // A step that is prime to the ranges of all four bytes.
            let four = (0..1_587_600u32).step_by(97).map(|number| {
                let (a, b, c, d) = (number / 12_600 + 0x81, number / 1_260 % 10, number / 10 % 126 + 0x81, number % 10);
                format!("{a:02x}3{b}{c:02x}3{d}")
            });
            codes.extend(four);
        }
        _ => {}
    }
    codes
}

#[test]
fn encodings() {
    let mut wrong = String::new();
    let server = postgres::shared();
    block_on(async {
        let client = server.connect("postgres").await.expect("the superuser connects");
        client.batch_execute(FUNCTIONS).await.expect("the functions");
        for encoding in Encoding::all().filter(|encoding| !encoding.is_identity()) {
            let name = encoding.name();
            let single = ["LATIN", "ISO", "WIN", "KOI"].iter().any(|start| name.starts_with(start));
            // Those of one byte have no character above the signs.
            let last = if single { 0x2fff } else { 0xffff };
            let mut ask = format!(
                "SELECT c::text, pg_temp.written(c, '{name}') FROM generate_series(1, {last}) c \
                 WHERE c NOT BETWEEN 55296 AND 57343"
            );
            if name == "GB18030" {
                ask.push_str(&format!(
                    " UNION ALL SELECT c::text, pg_temp.written(c, '{name}') FROM generate_series(65536, 1114111, 251) c"
                ));
            }
            let mut compare = |what: &str, theirs: &str, ours: String| {
                if theirs != ours && wrong.lines().count() < 40 {
                    let _ = writeln!(wrong, "{name} {what}: PostgreSQL {theirs}, Sluice {ours}");
                }
            };
            for row in printed(&client, &ask).await.expect("an answer") {
                let [Some(c), Some(theirs)] = &row[..] else { panic!("two values") };
                let c: u32 = c.parse().expect("a number");
                compare(&format!("writes U+{c:04X}"), theirs, written(encoding, c));
            }
            let codes = codes(encoding, single);
            let ask = format!(
                "SELECT code, pg_temp.read(code, '{name}') FROM unnest('{{{}}}'::text[]) code",
                codes.join(",")
            );
            let rows = printed(&client, &ask).await.expect("an answer");
            assert_eq!(rows.len(), codes.len());
            for row in rows {
                let [Some(code), Some(theirs)] = &row[..] else { panic!("two values") };
                compare(&format!("reads {code}"), theirs, read(encoding, code));
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong}");
}
