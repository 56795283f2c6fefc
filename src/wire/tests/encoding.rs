//! Encodings: characters both ways, parameters, and messages to the client, as bytes.

use crate::encoding::{queue, try_queue};
use crate::*;
use bytes::{BufMut, BytesMut};
use proptest::prelude::*;
use sluice_base::{
    ClientError, Column, Datum, Encoding, EncodingFault, Format, Language, SqlState, SqlType, TimeZone, ToClient,
};

fn named(name: &str) -> Encoding {
    Encoding::named(name).unwrap_or_else(|| panic!("{name} is spoken"))
}

fn encoded(name: &str, text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    named(name).encode(text.as_bytes(), &mut out).ok().map(|()| out)
}

#[test]
fn names_are_postgresqls() {
    let check = |spelled: &str, name: &str| assert_eq!(named(spelled).name(), name, "{spelled}");
    check("utf-8", "UTF8");
    check("Unicode", "UTF8");
    check("gbk", "GBK");
    check("Windows-936", "GBK");
    check("gb18030", "GB18030");
    check("ISO 8859-1", "LATIN1");
    check("\"latin-9\"", "LATIN9");
    check("euc_cn", "EUC_CN");
    check("MSKANJI", "SJIS");
    for unknown in ["", "cp936", "gb2312", "default", "EUC_TW", "MULE_INTERNAL", "JOHAB", "编码", &"gbk".repeat(30)] {
        assert_eq!(Encoding::named(unknown), None, "{unknown}");
    }
    for encoding in Encoding::all() {
        assert_eq!(Encoding::named(encoding.name()), Some(encoding), "its own name");
    }
}

#[test]
fn characters_have_the_codes_of_their_encoding() {
    let check = |name: &str, text: &str, bytes: &[u8]| {
        assert_eq!(encoded(name, text).as_deref(), Some(bytes), "{text} in {name}");
        assert_eq!(named(name).decode(bytes).as_deref(), Ok(text), "{bytes:02x?} of {name}");
    };
    check("GBK", "中a文", &[0xd6, 0xd0, b'a', 0xce, 0xc4]);
    // The second byte of these is a backslash, a quote's neighbour, a bracket.
    check("GBK", "乗俓媆", &[0x81, 0x5c, 0x82, 0x5c, 0x8b, 0x5c]);
    check("GB18030", "中𠀀é€ǹ", b"\xd6\xd0\x95\x32\x82\x36\xa8\xa6\xa2\xe3\xa8\xbf");
    check("GB18030", "\u{10ffff}\u{80}ḿ", b"\xe3\x32\x9a\x35\x81\x30\x81\x30\x81\x35\xf4\x37");
    check("BIG5", "中文", &[0xa4, 0xa4, 0xa4, 0xe5]);
    check("EUC_CN", "中文", &[0xd6, 0xd0, 0xce, 0xc4]);
    check("SJIS", "表ｱ", &[0x95, 0x5c, 0xb1]);
    check("EUC_JP", "表ｱ丂", &[0xc9, 0xbd, 0x8e, 0xb1, 0x8f, 0xb0, 0xa1]);
    check("EUC_KR", "한", &[0xc7, 0xd1]);
    check("UHC", "갂", &[0x81, 0x41]);
    check("LATIN1", "é\u{85}", &[0xe9, 0x85]);
    check("WIN1252", "€", &[0x80]);
    check("KOI8R", "Ж", &[0xf6]);
    check("SQL_ASCII", "中", "中".as_bytes());
}

#[test]
fn what_an_encoding_lacks_is_told_from_what_is_none_of_it() {
    for (name, text) in [("LATIN1", "中"), ("GBK", "𠀀"), ("GBK", "é\u{e000}"), ("EUC_CN", "乗"), ("BIG5", "é")] {
        assert_eq!(encoded(name, text), None, "{text} in {name}");
    }
    // Written as one byte, and read as the first of two: so has PostgreSQL 15.
    assert_eq!(encoded("GBK", "€"), Some(vec![0x80]));
    use EncodingFault::{Invalid, Untranslatable};
    let cases: [(&str, &[u8], EncodingFault); 15] = [
        ("GBK", &[b'a', 0x80], Invalid),
        ("GBK", &[0xd6], Invalid),
        ("GBK", &[0xd6, 0], Invalid),
        ("GBK", &[0xd6, b' '], Untranslatable),
        ("GBK", &[0x8d, b' '], Invalid),
        ("GBK", &[0xff, 0xff], Untranslatable),
        ("GBK", &[0xff, 0xff, 0xff], Untranslatable),
        ("GBK", &[b'a', 0], Invalid),
        ("GB18030", &[0xd6, b' '], Invalid),
        ("GB18030", &[0x81, b'0', 0x81], Invalid),
        ("GB18030", &[0xe3, b'2', 0x9a, b'6'], Untranslatable),
        ("EUC_CN", &[0x81, 0x40], Invalid),
        ("SJIS", &[0x81, b'0'], Invalid),
        ("WIN1252", &[0x81], Untranslatable),
        ("UTF8", &[0xd6, 0xd0], Invalid),
    ];
    for (name, bytes, fault) in cases {
        assert_eq!(named(name).decode(bytes), Err(fault), "{bytes:02x?} of {name}");
    }
}

#[test]
fn a_startup_packet_is_utf8_unless_it_cannot_be() {
    use crate::startup::{First, parse};
    let check = |packet: &[u8], expected: Option<(&str, &str)>| {
        let body = [&(3_u32 << 16).to_be_bytes(), packet].concat();
        let read = match parse(&body) {
            Ok(First::Startup(request)) => Some((request.user, request.database)),
            _ => None,
        };
        assert_eq!(read, expected.map(|(user, database)| (user.to_string(), database.to_string())), "{packet:02x?}");
    };
    check(b"user\0\xd6\xd0\0database\0d\0client_encoding\0gbk\0\0", Some(("中", "d")));
    check("user\0中\0database\0d\0client_encoding\0gbk\0\0".as_bytes(), Some(("中", "d")));
    check(b"user\0\xd6\xd0\0database\0d\0\0", None);
    check(b"user\0\xd6\xd0\0client_encoding\0nonsense\0\0", None);
    check(b"user\0\xd6\0client_encoding\0gbk\0\0", None);
}

#[test]
fn parameters_come_in_the_clients_encoding() {
    let check = |format: Format, sql_type: SqlType, bytes: &[u8], expected: Result<Datum, &str>| {
        let decoded = decode_parameter_from(named("GBK"), format, bytes, &sql_type, &TimeZone::utc());
        let decoded = decoded.map_err(|error| error.to_client().code.code());
        assert_eq!(decoded, expected, "{bytes:02x?} as {sql_type:?}");
    };
    let text = |text: &str| Datum::Text(text.into());
    const ZHONG: &[u8] = &[0xd6, 0xd0];
    check(Format::Text, SqlType::Text, ZHONG, Ok(text("中")));
    check(Format::Binary, SqlType::Varchar(None), ZHONG, Ok(text("中")));
    check(Format::Text, SqlType::Int4, b"12", Ok(Datum::Int(12)));
    check(Format::Text, SqlType::Int4, ZHONG, Err("22P02"));
    check(Format::Binary, SqlType::Bytea, ZHONG, Ok(Datum::Bytes(ZHONG.to_vec())));
    check(Format::Binary, SqlType::Int2, ZHONG, Ok(Datum::Int(-10_544)));
    check(Format::Text, SqlType::Jsonb, b"{\"\xd6\xd0\": 1}", Ok(text("{\"中\": 1}")));
    check(Format::Binary, SqlType::Jsonb, b"\x01[\"\xd6\xd0\"]", Ok(text("[\"中\"]")));
    check(Format::Text, SqlType::Text, &[0xd6], Err("22021"));
    check(Format::Binary, SqlType::Text, &[0xff, 0xff], Err("22P05"));
    let array = SqlType::Array(Box::new(SqlType::Text));
    check(Format::Text, array.clone(), b"{\xd6\xd0,NULL}", Ok(Datum::Array(vec![text("中"), Datum::Null])));
    let mut binary = vec![0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0xd6, 0xd0];
    binary.extend([0xff; 4]);
    check(Format::Binary, array.clone(), &binary, Ok(Datum::Array(vec![text("中"), Datum::Null])));
    // A length that lies is the reader's to refuse.
    binary[23] = 200;
    check(Format::Binary, array, &binary, Err("22P03"));
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_be_bytes();
    [&[kind], &length[..], body].concat()
}

/// A DataRow or, without its type byte, a row of binary COPY.
fn row(values: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = (values.len() as u16).to_be_bytes().to_vec();
    for value in values {
        match value {
            None => body.put_i32(-1),
            Some(value) => {
                body.put_i32(value.len() as i32);
                body.put_slice(value);
            }
        }
    }
    body
}

#[test]
fn rows_are_converted_where_they_hold_text() {
    let columns = [SqlType::Text, SqlType::Int4, SqlType::Text, SqlType::Jsonb];
    let columns: Vec<Column> = columns.map(|sql_type| Column::computed("c", sql_type)).into();
    let formats = [Format::Text, Format::Binary, Format::Binary, Format::Binary];
    let number = 0x00e4_b8ad_u32.to_be_bytes();
    let before = row(&[Some("中".as_bytes()), Some(&number), None, Some("\u{1}\"文\"".as_bytes())]);
    let after = row(&[Some(&[0xd6, 0xd0]), Some(&number), None, Some(b"\x01\"\xce\xc4\"")]);
    let layout = RowLayout::of_rows(named("GBK"), &columns, &formats).expect("something to convert");
    let mut out = BytesMut::from("before");
    out.extend(message(b'D', &before).repeat(2));
    assert_eq!(layout.convert(&mut out, 6).ok(), Some(2));
    assert_eq!(out, [b"before", &message(b'D', &after).repeat(2)[..]].concat());

    // The row that cannot be told is taken back with what follows; alone it is an error.
    let hidden = message(b'D', &row(&[Some("𠀀".as_bytes()), None, None, None]));
    let mut out = BytesMut::from(&[message(b'D', &before), hidden.clone(), message(b'D', &before)].concat()[..]);
    assert_eq!(layout.convert(&mut out, 0).ok(), Some(1));
    assert_eq!(out, message(b'D', &after));
    let mut out = BytesMut::from(&hidden[..]);
    let error = layout.convert(&mut out, 0).expect_err("it is lacking");
    assert_eq!((error.to_client().code, out.len()), (SqlState::UntranslatableCharacter, 0));
    assert!(RowLayout::of_rows(Encoding::UTF8, &columns, &formats).is_none());
    assert!(RowLayout::of_rows(Encoding::SQL_ASCII, &columns, &formats).is_none());
}

#[test]
fn copies_are_converted() {
    let columns = [Column::computed("c", SqlType::Text)];
    let gbk = named("GBK");
    let text = RowLayout::of_copy(gbk, &columns, Format::Text).expect("something to convert");
    let mut out = BytesMut::from(&message(b'd', "a\\t乗\n".as_bytes())[..]);
    assert_eq!(text.convert(&mut out, 0).ok(), Some(1));
    assert_eq!(out, message(b'd', b"a\\t\x81\x5c\n"));

    let header = [b"PGCOPY\n\xff\r\n\0", &[0; 8][..]].concat();
    let binary = RowLayout::of_copy(gbk, &columns, Format::Binary).expect("something to convert");
    let first = |value: &[u8]| message(b'd', &[header.clone(), row(&[Some(value)])].concat());
    let trailer = message(b'd', &[0xff, 0xff]);
    let mut out = BytesMut::from(&[first("中".as_bytes()), message(b'd', &row(&[None])), trailer.clone()].concat()[..]);
    assert_eq!(binary.convert(&mut out, 0).ok(), Some(3));
    assert_eq!(out, [first(&[0xd6, 0xd0]), message(b'd', &row(&[None])), trailer].concat());
}

#[test]
fn messages_are_converted() {
    let queued = |name: &str, message: Backend<'_>| {
        let mut out = BytesMut::new();
        queue(named(name), &message, &mut out);
        out.to_vec()
    };
    let status = Backend::ParameterStatus { name: "application_name", value: "中𠀀" };
    assert_eq!(queued("GBK", status), message(b'S', b"application_name\0\xd6\xd0?\0"));

    let columns = [Column::computed("中", SqlType::Int4), Column::computed("b", SqlType::Text)];
    let described = |name: &[u8]| {
        let column = |name: &[u8], rest: &[u8]| [name, &[0; 7], rest].concat();
        let first = column(name, &[0, 0, 0, 23, 0, 4, 0xff, 0xff, 0xff, 0xff, 0, 0]);
        let second = column(b"b", &[0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]);
        message(b'T', &[&[0, 2], &first[..], &second].concat())
    };
    let description = Backend::RowDescription { columns: &columns, formats: &[] };
    assert_eq!(queued("GBK", description.clone()), described(&[0xd6, 0xd0]));
    let mut out = BytesMut::new();
    let error = try_queue(named("LATIN1"), &description, &mut out).expect_err("it is lacking");
    assert_eq!((error.to_client().code, out.len()), (SqlState::UntranslatableCharacter, 0));
}

#[test]
fn an_error_that_cannot_be_told_is_told_in_english_or_is_another() {
    let told = |name: &str, text: &str, chinese: &str| {
        let error = ClientError::new(SqlState::SyntaxError, text, chinese);
        let mut out = BytesMut::new();
        let message = Backend::ErrorResponse { severity: Severity::Error, error: &error, language: Language::Zh };
        queue(named(name), &message, &mut out);
        named(name)
            .decode(&out[5..].iter().map(|b| if *b == 0 { b'|' } else { *b }).collect::<Vec<_>>())
            .expect("in its encoding")
            .into_owned()
    };
    assert_eq!(told("GBK", "bad", "坏"), "S错误|VERROR|C42601|M坏||");
    assert_eq!(told("LATIN1", "bad", "坏"), "SERROR|VERROR|C42601|Mbad||");
    assert!(told("LATIN1", "bad \"表\"", "坏").starts_with("SERROR|VERROR|C22P05|M"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        for encoding in Encoding::all() {
            if let Ok(text) = encoding.decode(&bytes) {
                let mut back = Vec::new();
                encoding.encode(text.as_bytes(), &mut back).unwrap();
                prop_assert_eq!(encoding.decode(&back), Ok(text), "{}", encoding.name());
            }
        }
    }

    #[test]
    fn any_text_comes_back_from_gb18030(text in "[^\0]{0,40}") {
        let gb18030 = named("GB18030");
        let mut bytes = Vec::new();
        gb18030.encode(text.as_bytes(), &mut bytes).unwrap();
        prop_assert_eq!(gb18030.decode(&bytes).unwrap(), text);
    }
}
