//! Parameters: what PostgreSQL 15 reads, read the same; what it refuses, refused with its code; never a panic.

use crate::*;
use proptest::prelude::*;
use sluice_base::{Datum, Interval, SqlType, TimeZone, ToClient};

fn china() -> TimeZone {
    TimeZone::parse("PRC").expect("a known zone")
}

fn read(format: Format, bytes: &[u8], sql_type: &SqlType) -> Result<Datum, String> {
    decode_parameter_in(format, bytes, sql_type, &china()).map_err(|error| error.to_client().code.code().to_string())
}

/// Text cases of one type.
fn check(sql_type: SqlType, accepted: &[(&str, Datum)], refused: &[(&str, &str)]) {
    for (text, value) in accepted {
        assert_eq!(read(Format::Text, text.as_bytes(), &sql_type).as_ref(), Ok(value), "{sql_type:?} {text:?}");
    }
    for (text, code) in refused {
        assert_eq!(read(Format::Text, text.as_bytes(), &sql_type), Err(code.to_string()), "{sql_type:?} {text:?}");
    }
}

fn text(value: &str) -> Datum {
    Datum::Text(value.into())
}

fn numeric(value: &str) -> Datum {
    Datum::Numeric(value.into())
}

#[test]
fn booleans_and_integers() {
    let (yes, no) = (Datum::Bool(true), Datum::Bool(false));
    let accepted: Vec<_> = ["t", "TRUE", "tr", "yes", "ye", "on", "1", " true "].map(|t| (t, yes.clone())).into();
    check(SqlType::Bool, &accepted, &[("o", "22P02"), ("2", "22P02"), ("", "22P02"), ("tx", "22P02")]);
    let accepted: Vec<_> = ["f", "FALSE", "no", "n", "of", "off", "0"].map(|t| (t, no.clone())).into();
    check(SqlType::Bool, &accepted, &[]);
    let int = Datum::Int;
    check(
        SqlType::Int4,
        &[("1", int(1)), (" -1 ", int(-1)), ("+5", int(5)), ("2147483647", int(i32::MAX.into())), ("007", int(7))],
        &[("2147483648", "22003"), ("99999999999999999999", "22003"), ("1.0", "22P02"), ("1e3", "22P02")],
    );
    check(
        SqlType::Int4,
        &[],
        &[("", "22P02"), ("--", "22P02"), ("1_000", "22P02"), ("0x10", "22P02"), ("１", "22P02")],
    );
    check(SqlType::Int2, &[("-32768", int(-32_768))], &[("32768", "22003")]);
    check(SqlType::Int8, &[("-9223372036854775808", int(i64::MIN))], &[("9223372036854775808", "22003")]);
    check(
        SqlType::Oid,
        &[("4294967295", int(4_294_967_295)), ("-1", int(4_294_967_295)), ("-2147483648", int(1 << 31))],
        &[("4294967296", "22003"), ("x", "22P02")],
    );
    check(SqlType::Regclass, &[("pg_class", text("pg_class")), ("1259", int(1_259))], &[]);
    check(SqlType::Int2vector, &[("1 2", Datum::Array(vec![int(1), int(2)])), ("", Datum::Array(vec![]))], &[]);
    check(SqlType::Oidvector, &[("23  25", Datum::Array(vec![int(23), int(25)]))], &[("1 x", "22P02")]);
}

#[test]
fn floats() {
    let float = Datum::Float;
    let accepted = [
        ("1.", float(1.0)),
        (".5", float(0.5)),
        (" 1E-5 ", float(1e-5)),
        ("-inf", float(f64::NEG_INFINITY)),
        ("+Infinity", float(f64::INFINITY)),
        ("0e999", float(0.0)),
        ("5e-324", float(5e-324)),
    ];
    let refused = [("1e400", "22003"), ("1e-400", "22003"), ("2e-324", "22003"), ("1e", "22P02"), (".", "22P02")];
    check(SqlType::Float8, &accepted, &refused);
    check(SqlType::Float8, &[], &[("", "22P02"), ("infinit", "22P02"), ("1_0", "22P02")]);
    assert!(matches!(read(Format::Text, b"nan", &SqlType::Float8), Ok(Datum::Float(nan)) if nan.is_nan()));
    check(SqlType::Float4, &[("1.1", float(1.1f32.into()))], &[("1e39", "22003"), ("1e-50", "22003")]);
}

#[test]
fn numerics() {
    let accepted = [
        ("-0", "0"),
        ("00", "0"),
        ("1.50", "1.50"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1.5e-3", "0.0015"),
        ("1.5e3", "1500"),
        ("12.345e1", "123.45"),
        ("-0.00", "0.00"),
        ("000.100", "0.100"),
        ("NaN", "NaN"),
        ("-inf", "-Infinity"),
        ("123456789012345678901234567890.123", "123456789012345678901234567890.123"),
    ];
    let accepted: Vec<_> = accepted.iter().map(|(t, v)| (*t, numeric(v))).collect();
    let refused = ["", "a", "1e", "1..2", ".", "-", "e5", "-nan", "1_000", "0x1F", "1 2"].map(|t| (t, "22P02"));
    check(SqlType::Numeric(None), &accepted, &refused);
    let refused = ["1e131072", "1e-16384", "1e99999999999", "1e-99999999999"].map(|t| (t, "22003"));
    check(SqlType::Numeric(None), &[], &refused);
    match read(Format::Text, b"1e131071", &SqlType::Numeric(None)) {
        Ok(Datum::Numeric(digits)) => assert_eq!(digits.len(), 131_072),
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_uuids_bytes_json() {
    check(SqlType::Text, &[("", text("")), (" 汉字 ", text(" 汉字 "))], &[("a\0b", "22021")]);
    assert_eq!(read(Format::Text, b"\xff", &SqlType::Text), Err("22021".into()));
    assert_eq!(read(Format::Binary, b"\xff", &SqlType::Varchar(None)), Err("22021".into()));
    let long = "汉".repeat(30);
    check(SqlType::Name, &[(&long, text(&"汉".repeat(21)))], &[]);
    check(SqlType::Char, &[("abc", text("a")), ("", text(""))], &[]);

    let id = Datum::Uuid(*b"\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11");
    check(
        SqlType::Uuid,
        &[
            ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", id.clone()),
            ("{A0EEBC99-9C0B4EF8-BB6D6BB9-BD380A11}", id.clone()),
            ("a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", id),
        ],
        &[
            ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "22P02"),
            ("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "22P02"),
            ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-", "22P02"),
            ("a-0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "22P02"),
        ],
    );
    let bytes = |b: &[u8]| Datum::Bytes(b.to_vec());
    check(
        SqlType::Bytea,
        &[
            ("\\x", bytes(b"")),
            ("\\xFF 00", bytes(b"\xff\0")),
            ("a\\\\b", bytes(b"a\\b")),
            ("\\000\\377", bytes(b"\0\xff")),
        ],
        &[("\\xf", "22P02"), ("\\xf f", "22P02"), ("\\xgg", "22P02"), ("\\400", "22P02"), ("a\\b", "22P02")],
    );
    for good in ["{\"a\":[1,{\"b\":null}]}", "[]", " {} ", "1e5", "-0.5", "\"\\u1234\"", "true", "[[[]]]"] {
        check(SqlType::Json, &[(good, text(good))], &[]);
        check(SqlType::Jsonb, &[(good, text(good))], &[]);
    }
    for bad in ["", "[1,]", "{\"a\"}", "{1:2}", "nul", "01", "1.", "[1 2]", "\"\t\"", "{}x", "[}", "[1]]", "\"a", "1e"]
    {
        check(SqlType::Json, &[], &[(bad, "22P02")]);
    }
    let deep = "[".repeat(1_000_000);
    check(SqlType::Json, &[], &[(&deep, "22P02")]);
}

#[test]
fn dates_and_times() {
    let date = Datum::Date;
    let accepted = [
        ("1970-01-01", date(0)),
        ("2024-02-29", date(19_782)),
        (" 20240229 ", date(19_782)),
        ("2024/2/29", date(19_782)),
        ("2024-02-29 10:00:00", date(19_782)),
        ("0044-03-15 BC", date(-735_160)),
        ("4714-11-24 BC", date(-2_440_588)),
        ("5874897-12-31", date(2_145_042_905)),
    ];
    let refused = [
        ("2023-02-29", "22008"),
        ("2024-13-01", "22008"),
        ("0000-01-01", "22008"),
        ("5874898-01-01", "22008"),
        ("4714-11-23 BC", "22008"),
        ("2024-01", "22007"),
        ("24-01-02", "22007"),
        ("2024-001-02", "22007"),
        ("2024-01-02x", "22007"),
        ("x", "22007"),
        ("", "22007"),
        ("infinity", "0A000"),
        ("-Infinity", "0A000"),
        ("today", "0A000"),
    ];
    check(SqlType::Date, &accepted, &refused);
    let time = |h: i64, m: i64, micros: i64| Datum::Time((h * 3600 + m * 60) * 1_000_000 + micros);
    let accepted = [
        ("00:00", time(0, 0, 0)),
        ("24:00", time(24, 0, 0)),
        ("23:59:60", time(24, 0, 0)),
        ("1:2:3", time(1, 2, 3_000_000)),
        ("123456", time(12, 34, 56_000_000)),
        ("12:34 am", time(0, 34, 0)),
        ("04:05:06.789 PM", time(16, 5, 6_789_000)),
        ("12:34:56.1234565", time(12, 34, 56_123_456)),
        ("12:34:56+08", time(12, 34, 56_000_000)),
        ("2024-01-02 03:04:05", time(3, 4, 5_000_000)),
    ];
    let refused =
        [("24:00:01", "22008"), ("25:00", "22008"), ("12:60", "22008"), ("13:00 pm", "22008"), ("x", "22007")];
    check(SqlType::Time, &accepted, &refused);
}

#[test]
fn timestamps() {
    let second = 1_000_000;
    let local = |seconds: i64| Datum::Timestamp(seconds * second);
    let accepted = [
        ("2024-01-02", local(1_704_153_600)),
        ("2024-01-02 03:04", local(1_704_164_640)),
        ("20240102T030405", local(1_704_164_645)),
        ("2024-01-02 03:04:05+05:30", local(1_704_164_645)),
        ("2024-01-02 24:00:00", local(1_704_240_000)),
        ("1969-12-31 23:59:59.5", Datum::Timestamp(-500_000)),
    ];
    let refused = [
        ("2024-01-02 25:00", "22008"),
        ("294277-01-01", "22008"),
        ("4714-11-23 23:59:59 BC", "22008"),
        ("2024-01-02 03:04:05 x", "22007"),
        ("infinity", "0A000"),
        ("now", "0A000"),
    ];
    check(SqlType::Timestamp, &accepted, &refused);
    let utc = |seconds: i64| Datum::Timestamptz(seconds * second);
    let accepted = [
        ("2024-01-02 03:04:05", utc(1_704_135_845)),
        ("2024-01-02 03:04:05Z", utc(1_704_164_645)),
        ("2024-01-02 03:04:05+0530", utc(1_704_144_845)),
        ("2024-01-02 03:04:05 -03", utc(1_704_175_445)),
        ("2024-01-02 03:04:05 UTC", utc(1_704_164_645)),
        ("2024-01-02T03:04:05Asia/Shanghai", utc(1_704_135_845)),
        ("1988-07-01 00:00", utc(583_686_000)),
        ("1991-09-15 01:30", utc(684_869_400)),
    ];
    let refused = [("2024-01-02 03:04:05+16", "22008"), ("2024-01-02 03:04:05 Mars", "22007")];
    check(SqlType::Timestamptz, &accepted, &refused);
    let in_utc = decode_parameter(Format::Text, b"2024-01-02 03:04:05", &SqlType::Timestamptz).unwrap();
    assert_eq!(in_utc, utc(1_704_164_645));
}

#[test]
fn intervals() {
    const SECOND: i64 = 1_000_000;
    const HOUR: i64 = 3_600 * SECOND;
    let of = |months, days, micros| Datum::Interval(Interval { months, days, micros });
    let accepted = [
        ("1 year 2 mons 3 days 04:05:06.789", of(14, 3, 4 * HOUR + 306_789_000)),
        ("-1 day +02:03", of(0, -1, 2 * HOUR + 180 * SECOND)),
        ("@ 1 day 2 hours ago", of(0, -1, -2 * HOUR)),
        ("1-2", of(14, 0, 0)),
        ("-1-2", of(-14, 0, 0)),
        ("1.5 days", of(0, 1, 12 * HOUR)),
        ("1.5 months", of(1, 15, 0)),
        ("1.25 years", of(15, 0, 0)),
        ("1.5 weeks", of(0, 10, 12 * HOUR)),
        ("1 decade", of(120, 0, 0)),
        ("90", of(0, 0, 90 * SECOND)),
        ("1500 us", of(0, 0, 1_500)),
        ("3 4:05:06", of(0, 3, 4 * HOUR + 306 * SECOND)),
        ("100:00:00", of(0, 0, 100 * HOUR)),
        ("P1Y2M3DT4H5M6S", of(14, 3, 4 * HOUR + 306 * SECOND)),
        ("PT-0.5S", of(0, 0, -SECOND / 2)),
        ("P1W", of(0, 7, 0)),
    ];
    let refused = [
        ("", "22007"),
        ("@", "22007"),
        ("ago", "22007"),
        ("1 x", "22007"),
        ("1 day 1 day", "22007"),
        ("1 day12:00", "22007"),
        ("P", "22007"),
        ("1e3 days", "22007"),
        ("1:60", "22008"),
        ("2147483648 days", "22008"),
        ("179000000 years", "22008"),
        ("99999999999999999999 s", "22008"),
        ("infinity", "0A000"),
    ];
    check(SqlType::Interval, &accepted, &refused);
}

#[test]
fn arrays() {
    let int = Datum::Int;
    let accepted =
        [("{}", Datum::Array(vec![])), (" { 1 , NULL,\"3\" } ", Datum::Array(vec![int(1), Datum::Null, int(3)]))];
    let refused = [
        ("{1,}", "22P02"),
        ("{,1}", "22P02"),
        ("{1,x}", "22P02"),
        ("{\"\"}", "22P02"),
        ("1,2", "22P02"),
        ("{1", "22P02"),
        ("{{1},{2}}", "0A000"),
        ("[1:2]={1,2}", "0A000"),
    ];
    check(SqlType::Array(Box::new(SqlType::Int4)), &accepted, &refused);
    let words = |items: &[Option<&str>]| Datum::Array(items.iter().map(|i| i.map_or(Datum::Null, text)).collect());
    let accepted = [
        ("{\"a b\",\"c\\\"d\",e\\,f}", words(&[Some("a b"), Some("c\"d"), Some("e,f")])),
        ("{\"\",NULL,\"NULL\",nUlL,\\NULL}", words(&[Some(""), None, Some("NULL"), None, Some("NULL")])),
        ("{ a b , c }", words(&[Some("a b"), Some("c")])),
        ("{a\\ }", words(&[Some("a ")])),
    ];
    check(SqlType::Array(Box::new(SqlType::Text)), &accepted, &[("{a\"b\"}", "22P02"), ("{\"a\"b}", "22P02")]);
    let nested = SqlType::Array(Box::new(SqlType::Array(Box::new(SqlType::Int4))));
    check(nested, &[], &[("{1}", "0A000")]);
}

fn bytes_of(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

/// The bytes are those of PostgreSQL's send functions.
#[test]
fn binary_values() {
    use SqlType::*;
    let array = |item: SqlType| Array(Box::new(item));
    let int = Datum::Int;
    let interval = Datum::Interval(sluice_base::Interval { months: 10, days: 3, micros: -14_706_700_000 });
    for (sql_type, hex, value) in [
        (Bool, "01", Datum::Bool(true)),
        (Int2, "8000", int(-32_768)),
        (Int4, "7fffffff", int(2_147_483_647)),
        (Int8, "8000000000000000", int(i64::MIN)),
        (Oid, "ffffffff", int(4_294_967_295)),
        (Float4, "3f8ccccd", Datum::Float(1.1f32.into())),
        (Float8, "be7ad7f29abcaf48", Datum::Float(-1e-7)),
        (Numeric(None), "0000000000000002", numeric("0.00")),
        (Numeric(None), "0003000140000004007b11d722c4", numeric("-1234567.8900")),
        (Numeric(None), "0001ffff000000040005", numeric("0.0005")),
        (Numeric(None), "00010001000000000001", numeric("10000")),
        (Numeric(None), "00040002000000060001000000000001", numeric("100000000.000100")),
        (Numeric(None), "00000000c0000000", numeric("NaN")),
        (Numeric(None), "00000000f0000020", numeric("-Infinity")),
        (Text, "e6b189", text("汉")),
        (Date, "ffffd533", Datum::Date(0)),
        (Time, "000000141dd76000", Datum::Time(86_400_000_000)),
        (Timestamp, "fffca2fec4c07ee0", Datum::Timestamp(-500_000)),
        (Timestamptz, "0002b0ec8515f340", Datum::Timestamptz(1_704_164_645_000_000)),
        (Interval, "fffffffc93699120000000030000000a", interval),
        (Bytea, "00ff", Datum::Bytes(vec![0, 255])),
        (Json, "7b7d", text("{}")),
        (Jsonb, "017b7d", text("{}")),
        (
            array(Int4),
            "00000001000000010000001700000003000000010000000400000001ffffffff00000004fffffffd",
            Datum::Array(vec![int(1), Datum::Null, int(-3)]),
        ),
        (array(Text), "000000000000000000000019", Datum::Array(vec![])),
        (
            Int2vector,
            "0000000100000000000000150000000200000000000000020001000000020002",
            Datum::Array(vec![int(1), int(2)]),
        ),
    ] {
        assert_eq!(read(Format::Binary, &bytes_of(hex), &sql_type), Ok(value), "{sql_type:?} {hex}");
    }
    for (sql_type, hex, code) in [
        (Int4, "0001", "08P01"),
        (Int4, "0000000000", "22P03"),
        (Numeric(None), "00010000000000002710", "22P03"),
        (Numeric(None), "0000000012340000", "22P03"),
        (Numeric(None), "0001000012340000", "22P03"),
        (Numeric(None), "000000000000ffff", "22P03"),
        (Numeric(None), "0001000000000000", "08P01"),
        (Numeric(None), "000100000000000027", "08P01"),
        (Numeric(None), "0000000000000000ff", "22P03"),
        (Numeric(None), "00000000c0000000ff", "22P03"),
        (Name, &"61".repeat(64), "42622"),
        (Char, "", "08P01"),
        (Char, "6162", "22P03"),
        (Char, "e6b189", "22P03"),
        (Char, "ff", "22021"),
        (Jsonb, "027b7d", "22P03"),
        (Jsonb, "", "08P01"),
        (Jsonb, "01", "22P02"),
        (Json, "7b", "22P02"),
        (Date, "7fffffff", "0A000"),
        (Date, "80000001", "22008"),
        (Time, "ffffffffffffffff", "22008"),
        (Timestamp, "8000000000000000", "0A000"),
        (Timestamp, "7ffffffffffffffe", "22008"),
        (array(Int4), "", "08P01"),
        (array(Int4), "0000", "08P01"),
        (array(Int4), "00000000000000000000001700", "22P03"),
        (array(Int4), "00000001000000000000001700000001", "08P01"),
        (array(Int4), "000000010000000000000017000000020000000100000004", "22P03"),
        (array(Int4), "00000001000000000000001700000002000000010000000400000001", "08P01"),
        (array(Int4), "000000010000000000000017000000010000000100000003000000", "08P01"),
        (array(Int4), "00000001000000000000001700000001000000010000000500000000ff", "22P03"),
        (array(Int4), "0000000100000000000000170000000100000001000000040000000100", "22P03"),
        (array(Int4), "00000001000000000000001700000001000000017fffffff", "22P03"),
        (array(Int4), "0000000100000000000000170000000100000001fffffffe", "22P03"),
        (array(Int4), "0000000100000000000000170fffffff00000001", "54000"),
        (array(Int4), "000000010000000000000017ffffffff00000001", "54000"),
        (array(Int4), "000000010000000000000017000000017fffffff0000000400000001", "54000"),
        (array(Int4), "00000007000000000000001700000001", "54000"),
        (array(Int4), "ffffffff0000000000000017", "22P03"),
        (array(Int4), "000000000000000200000017", "22P03"),
        (array(Int4), "000000000000000000000019", "42804"),
        (array(Int4), "00000002000000000000001700000001000000010000000100000001", "0A000"),
        (Int2vector, "000000000000000000000015", "22P03"),
        (Int2vector, "0000000100000000000000150000000100000001000000020101", "22P03"),
        (Int2vector, "0000000100000001000000150000000100000000ffffffff", "22P03"),
        (Oidvector, "00000001000000000000001700000001000000000000000400000001", "42804"),
        (Void, "", "0A000"),
        (Record, "00", "0A000"),
    ] {
        assert_eq!(read(Format::Binary, &bytes_of(hex), &sql_type), Err(code.into()), "{sql_type:?} {hex}");
    }
}

/// Too few bytes are a broken message, too many a value that the type cannot read.
#[test]
fn binary_values_of_the_wrong_length() {
    for sql_type in SqlType::scalars() {
        let width = match sql_type {
            SqlType::Bool => 1,
            SqlType::Int2 => 2,
            SqlType::Int4 | SqlType::Oid | SqlType::Xid | SqlType::Float4 | SqlType::Date => 4,
            named if named.is_oid_with_name() => 4,
            SqlType::Int8 | SqlType::Float8 | SqlType::Time | SqlType::Timestamp | SqlType::Timestamptz => 8,
            SqlType::Interval | SqlType::Uuid => 16,
            _ => continue,
        };
        for (length, code) in [(0, "08P01"), (width - 1, "08P01"), (width + 1, "22P03")] {
            let told = read(Format::Binary, &vec![0; length], sql_type);
            assert_eq!(told, Err(code.to_string()), "{sql_type:?} of {length} bytes");
        }
        assert!(read(Format::Binary, &vec![0; width], sql_type).is_ok(), "{sql_type:?}");
    }
}

#[test]
fn errors_do_not_repeat_the_value() {
    for sql_type in SqlType::scalars().iter().cloned().chain([SqlType::Array(Box::new(SqlType::Int4))]) {
        for format in [Format::Text, Format::Binary] {
            if let Err(error) = decode_parameter(format, b"geheim", &sql_type) {
                assert!(!format!("{error} {error:?} {:?}", error.to_client()).contains("geheim"));
            }
        }
    }
}

/// Every scalar, and an array of every scalar.
fn any_type() -> impl Strategy<Value = SqlType> {
    (0..SqlType::scalars().len(), any::<bool>()).prop_map(|(at, array)| {
        let scalar = SqlType::scalars()[at].clone();
        if array { SqlType::Array(Box::new(scalar)) } else { scalar }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn decoding_is_total(sql_type in any_type(), binary: bool, bytes: Vec<u8>) {
        let format = if binary { Format::Binary } else { Format::Text };
        let _ = decode_parameter(format, &bytes, &sql_type);
    }

    #[test]
    fn decoding_nearly_right_text_is_total(
        sql_type in any_type(),
        text in "[+-]?[0-9]{0,9}([-:./ T]?[0-9a-zP.汉]{0,9}){0,6}( BC|Z|[+-][0-9:]{1,6}| ago)?",
    ) {
        let _ = decode_parameter_in(Format::Text, text.as_bytes(), &sql_type, &china());
        let _ = decode_parameter(Format::Text, format!("{{{text},\"{text}\"}}").as_bytes(), &sql_type);
    }

    #[test]
    fn decoding_nearly_right_json_is_total(text in "[]\\[{}\",:0-9eE.+tfn\\\\u -]{0,20}") {
        let _ = decode_parameter(Format::Text, text.as_bytes(), &SqlType::Json);
    }

    #[test]
    fn decoding_nearly_right_numerics_is_total(
        words in prop::collection::vec(prop::sample::select(vec![0u16, 1, 2, 9_999, 0x4000, 0x7fff, 0xffff]), 0..9),
    ) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let _ = decode_parameter(Format::Binary, &bytes, &SqlType::Numeric(None));
        let _ = decode_parameter(Format::Binary, &bytes, &SqlType::Array(Box::new(SqlType::Int2)));
    }

    #[test]
    fn integers_and_floats_read_back(number: i64, bits: u64) {
        let float = f64::from_bits(bits);
        let read_int = decode_parameter(Format::Text, number.to_string().as_bytes(), &SqlType::Int8);
        prop_assert_eq!(read_int.unwrap(), Datum::Int(number));
        if float.is_finite() {
            let read_float = decode_parameter(Format::Text, format!("{float:e}").as_bytes(), &SqlType::Float8);
            prop_assert_eq!(read_float.unwrap(), Datum::Float(float));
        }
    }
}
