//! Frontend and backend messages, checked against independent encoders and decoders: pgwire's, and rust-postgres's.

use crate::*;
use bytes::{Bytes, BytesMut};
use fallible_iterator::FallibleIterator;
use pgwire::messages::copy::{CopyData, CopyDone, CopyFail};
use pgwire::messages::extendedquery as ext;
use pgwire::messages::response::TransactionStatus as Status;
use pgwire::messages::simplequery::Query;
use pgwire::messages::startup::Authentication;
use pgwire::messages::terminate::Terminate;
use pgwire::messages::{DecodeContext, Message, PgWireBackendMessage as Theirs, ProtocolVersion};
use postgres_protocol::message::backend::{ErrorFields, Message as Driver};
use proptest::prelude::*;
use sluice_base::{ClientError, Column, Encoding, Language, SqlState, SqlType, ToClient};

/// Our reading of what pgwire writes.
fn ours(message: &impl Message) -> Frontend {
    let mut out = BytesMut::new();
    message.encode(&mut out).unwrap();
    let kind = out[0];
    Frontend::decode(kind, out.freeze().slice(5..), Encoding::UTF8).unwrap()
}

#[test]
fn frontend_messages_are_read_as_pgwire_writes_them() {
    assert_eq!(ours(&Query::new("SELECT 机构".into())), Frontend::Query("SELECT 机构".into()));
    let parse = ext::Parse::new(Some("s".into()), "SELECT $1".into(), vec![23, 0]);
    let expected = Frontend::Parse { name: "s".into(), query: "SELECT $1".into(), types: vec![23, 0] };
    assert_eq!(ours(&parse), expected);
    let parameters = vec![None, Some(Bytes::from_static(b"7")), Some(Bytes::new())];
    let bind = ext::Bind::new(Some("p".into()), None, vec![0, 1, 0], parameters.clone(), vec![1]);
    let expected = Bind {
        portal: "p".into(),
        statement: String::new(),
        parameter_formats: Formats::of_codes([0, 1, 0]).unwrap(),
        parameters,
        result_formats: Formats::of_codes([1]).unwrap(),
    };
    assert_eq!(ours(&bind), Frontend::Bind(expected));
    let describe = ext::Describe::new(b'S', Some("s".into()));
    assert_eq!(ours(&describe), Frontend::Describe(Target::Statement("s".into())));
    assert_eq!(ours(&ext::Close::new(b'P', None)), Frontend::Close(Target::Portal(String::new())));
    for (given, rows_max) in [(0, 0), (7, 7), (i32::MAX, i32::MAX as u32), (-1, 0), (i32::MIN, 0)] {
        let execute = ext::Execute::new(None, given);
        assert_eq!(ours(&execute), Frontend::Execute { portal: String::new(), rows_max });
    }
    assert_eq!(ours(&ext::Sync::new()), Frontend::Sync);
    assert_eq!(ours(&ext::Flush::new()), Frontend::Flush);
    assert_eq!(ours(&Terminate::new()), Frontend::Terminate);
    assert_eq!(ours(&CopyData::new(Bytes::from_static(b"x"))), Frontend::CopyData(Bytes::from_static(b"x")));
    assert_eq!(ours(&CopyDone::new()), Frontend::CopyDone);
    assert_eq!(ours(&CopyFail::new("no".into())), Frontend::CopyFail("no".into()));
}

#[test]
fn malformed_messages_are_refused() {
    let cases: [(u8, &[u8], &str); 19] = [
        (b'Q', b"", "08P01"),
        (b'Q', b"SELECT 1", "08P01"),
        (b'Q', b"SELECT 1\0x", "08P01"),
        (b'Q', b"\xff\0", "22021"),
        (b'P', b"s\0q\0", "08P01"),
        (b'P', b"s\0q\0\xff\xff\0\0\0\x17", "08P01"),
        (b'B', b"\0\0\0\0\xff\xff", "08P01"),
        (b'B', b"\0\0\0\x01\0\x02\0\0\0\0", "08P01"),
        (b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff", "08P01"),
        (b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xfe", "08P01"),
        (b'B', b"\0\0\0\0\0\0\0\x01\0", "08P01"),
        (b'D', b"Xs\0", "08P01"),
        (b'D', b"S", "08P01"),
        (b'E', b"\0\0\0\0", "08P01"),
        (b'C', b"", "08P01"),
        (b'S', b"x", "08P01"),
        (b'X', b"x", "08P01"),
        (b'p', b"secret\0", "08P01"),
        (b'W', b"", "08P01"),
    ];
    for (kind, body, code) in cases {
        let error = Frontend::decode(kind, Bytes::from_static(body), Encoding::UTF8).unwrap_err();
        assert_eq!(error.to_client().code.code(), code, "{} {body:?}", char::from(kind));
        assert_eq!(error.is_fatal(), matches!(kind, b'p' | b'W'));
    }
}

#[test]
fn format_lists_are_none_one_or_all() {
    use Format::{Binary, Text};
    let formats = |codes: &[i16]| Formats::of_codes(codes.iter().copied()).unwrap();
    assert_eq!(formats(&[]).expand(2).unwrap(), [Text, Text]);
    assert_eq!(formats(&[1]).expand(3).unwrap(), [Binary; 3]);
    assert_eq!(formats(&[1]).expand(0).unwrap(), []);
    assert_eq!(formats(&[1, 0]).expand(2).unwrap(), [Binary, Text]);
    for values in [0, 1, 3] {
        let error = formats(&[1, 0]).expand(values).unwrap_err();
        assert_eq!(error.to_client().code, SqlState::ProtocolViolation);
    }
    assert_eq!(Formats::of_codes([2]).unwrap_err().to_client().code, SqlState::ProtocolViolation);
}

/// What rust-postgres reads of what we write, and nothing left over.
fn drivers(message: Backend<'_>) -> Driver {
    let mut out = BytesMut::new();
    message.encode(&mut out);
    let message = Driver::parse(&mut out).unwrap().expect("a whole message");
    assert!(out.is_empty());
    message
}

/// pgwire's reading of what we write, and nothing left over.
fn theirs(message: Backend<'_>) -> Theirs {
    let mut out = BytesMut::new();
    message.encode(&mut out);
    let mut context = DecodeContext::default();
    context.awaiting_frontend_ssl = false;
    context.awaiting_frontend_startup = false;
    context.protocol_version = ProtocolVersion::PROTOCOL3_2;
    let message = Theirs::decode(&mut out, &context).unwrap().expect("a whole message");
    assert!(out.is_empty(), "{message:?}");
    message
}

#[test]
fn backend_messages_are_read_by_pgwire() {
    assert!(matches!(theirs(Backend::AuthenticationOk), Theirs::Authentication(Authentication::Ok)));
    match theirs(Backend::AuthenticationSasl(&["A", "B"])) {
        Theirs::Authentication(Authentication::SASL(names)) => assert_eq!(names, ["A", "B"]),
        other => panic!("{other:?}"),
    }
    match theirs(Backend::ParameterStatus { name: "TimeZone", value: "PRC" }) {
        Theirs::ParameterStatus(status) => assert_eq!((&*status.name, &*status.value), ("TimeZone", "PRC")),
        other => panic!("{other:?}"),
    }
    let key = CancelKey::random(7, Protocol::V3_2);
    match theirs(Backend::BackendKeyData(&key)) {
        Theirs::BackendKeyData(data) => {
            assert_eq!((data.pid, &data.secret_key.to_bytes()[..]), (7, key.secret()));
        }
        other => panic!("{other:?}"),
    }
    for (given, read) in [
        (TransactionStatus::Idle, Status::Idle),
        (TransactionStatus::Block, Status::Transaction),
        (TransactionStatus::Failed, Status::Error),
    ] {
        assert!(matches!(theirs(Backend::ReadyForQuery(given)), Theirs::ReadyForQuery(r) if r.status == read));
    }
    assert!(matches!(theirs(Backend::ParseComplete), Theirs::ParseComplete(_)));
    assert!(matches!(theirs(Backend::BindComplete), Theirs::BindComplete(_)));
    assert!(matches!(theirs(Backend::CloseComplete), Theirs::CloseComplete(_)));
    assert!(matches!(theirs(Backend::NoData), Theirs::NoData(_)));
    assert!(matches!(theirs(Backend::PortalSuspended), Theirs::PortalSuspended(_)));
    assert!(matches!(theirs(Backend::EmptyQueryResponse), Theirs::EmptyQueryResponse(_)));
    assert!(matches!(theirs(Backend::CopyDone), Theirs::CopyDone(_)));
    assert!(matches!(theirs(Backend::CommandComplete("SELECT 5")), Theirs::CommandComplete(c) if c.tag == "SELECT 5"));
    match theirs(Backend::ParameterDescription(&[23, 25])) {
        Theirs::ParameterDescription(description) => assert_eq!(description.types, [23, 25]),
        other => panic!("{other:?}"),
    }
    match theirs(Backend::CopyOutResponse { format: Format::Binary, columns: 2 }) {
        Theirs::CopyOutResponse(copy) => assert_eq!((copy.format, copy.column_formats), (1, vec![1, 1])),
        other => panic!("{other:?}"),
    }
    match theirs(Backend::CopyData(&Bytes::from_static(b"1\t2\n"))) {
        Theirs::CopyData(copy) => assert_eq!(&copy.data[..], b"1\t2\n"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn row_descriptions_carry_names_types_and_formats() {
    let columns = [
        Column { name: "余额".into(), sql_type: SqlType::Numeric(Some((18, 2))), table_oid: 20_000, attribute: 4 },
        Column::computed("n\0x", SqlType::Int4),
        Column { table_oid: u32::MAX, ..Column::computed("far", SqlType::Text) },
    ];
    let read = |formats: &[Format]| match drivers(Backend::RowDescription { columns: &columns, formats }) {
        Driver::RowDescription(description) => {
            let fields = description.fields().map(|field| {
                let place = (field.table_oid(), field.column_id());
                let kind = (field.type_oid(), field.type_size(), field.type_modifier());
                Ok((field.name().to_string(), place, kind, field.format()))
            });
            fields.collect::<Vec<_>>().unwrap()
        }
        _ => panic!("another message"),
    };
    let fields = read(&[Format::Binary, Format::Text, Format::Text]);
    assert_eq!(fields[0], ("余额".to_string(), (20_000, 4), (1700, -1, (18 << 16 | 2) + 4), 1));
    assert_eq!((fields[1].0.as_str(), fields[1].2.0, fields[1].2.1, fields[1].3), ("n", 23, 4, 0));
    assert_eq!(fields[2].1.0, u32::MAX);
    assert!(read(&[]).iter().all(|field| field.3 == 0));
}

fn pairs(mut fields: ErrorFields<'_>) -> Vec<(u8, String)> {
    let mut pairs = Vec::new();
    while let Some(field) = fields.next().unwrap() {
        pairs.push((field.type_(), String::from_utf8(field.value_bytes().to_vec()).unwrap()));
    }
    pairs
}

#[test]
fn errors_carry_their_fields_in_the_readers_language() {
    let error = ClientError::new(SqlState::UndefinedTable, "no such relation", "关系不存在")
        .detail("d", "细节")
        .hint("h", "提示")
        .at(Some(15));
    let fields = |severity, language| match drivers(Backend::ErrorResponse { severity, error: &error, language }) {
        Driver::ErrorResponse(response) => pairs(response.fields()),
        _ => panic!("another message"),
    };
    let expect = |pairs: [(u8, &str); 7]| pairs.map(|(kind, text)| (kind, text.to_string())).to_vec();
    let en = [
        (b'S', "ERROR"),
        (b'V', "ERROR"),
        (b'C', "42P01"),
        (b'M', "no such relation"),
        (b'D', "d"),
        (b'H', "h"),
        (b'P', "15"),
    ];
    assert_eq!(fields(Severity::Error, Language::En), expect(en));
    let zh = [
        (b'S', "错误"),
        (b'V', "ERROR"),
        (b'C', "42P01"),
        (b'M', "关系不存在"),
        (b'D', "细节"),
        (b'H', "提示"),
        (b'P', "15"),
    ];
    assert_eq!(fields(Severity::Error, Language::Zh), expect(zh));
    let notice = Backend::NoticeResponse { severity: Severity::Warning, notice: &error, language: Language::Zh };
    match drivers(notice) {
        Driver::NoticeResponse(notice) => assert_eq!(pairs(notice.fields())[1], (b'V', "WARNING".to_string())),
        _ => panic!("another message"),
    }
}

#[test]
fn what_would_break_a_frame_is_cut() {
    let long = "长".repeat(100_000);
    match drivers(Backend::ParameterStatus { name: "application_name", value: &long }) {
        Driver::ParameterStatus(status) => assert!(status.value().unwrap().len() <= 8_192),
        _ => panic!("another message"),
    }
    match drivers(Backend::CommandComplete("SELECT\0 5")) {
        Driver::CommandComplete(complete) => assert_eq!(complete.tag().unwrap(), "SELECT"),
        _ => panic!("another message"),
    }
    match drivers(Backend::CopyOutResponse { format: Format::Text, columns: 100_000 }) {
        Driver::CopyOutResponse(_) => {}
        _ => panic!("another message"),
    }
    let unsupported: Vec<String> = (0..10_000).map(|n| format!("_pq_.option_{n}")).collect();
    let mut out = BytesMut::new();
    Backend::NegotiateProtocolVersion { protocol: Protocol::V3_2, unsupported: &unsupported }.encode(&mut out);
    assert_eq!((out[0], u32::from_be_bytes([out[1], out[2], out[3], out[4]]) as usize), (b'v', out.len() - 1));
    let listed = u32::from_be_bytes([out[9], out[10], out[11], out[12]]) as usize;
    assert_eq!(out[13..].iter().filter(|byte| **byte == 0).count(), listed);
    assert!(listed > 100);
}

proptest! {
    #[test]
    fn decoding_is_total(kind: u8, body: Vec<u8>) {
        let _ = Frontend::decode(kind, Bytes::from(body), Encoding::UTF8);
    }

    #[test]
    fn decoding_nearly_right_binds_is_total(
        counts in prop::collection::vec(0u16..4, 3),
        values in prop::collection::vec((-2i32..6, prop::collection::vec(any::<u8>(), 0..6)), 0..4),
    ) {
        let mut body = b"p\0s\0".to_vec();
        body.extend(counts[0].to_be_bytes());
        body.extend((0..counts[0]).flat_map(|code| code.to_be_bytes()));
        body.extend(counts[1].to_be_bytes());
        for (length, value) in values {
            body.extend(length.to_be_bytes());
            body.extend(value);
        }
        body.extend(counts[2].to_be_bytes());
        let _ = Frontend::decode(b'B', Bytes::from(body), Encoding::UTF8);
    }
}
