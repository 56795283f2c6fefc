//! One value at a time: every type, in text and in binary.

use super::*;
use sluice_plan::numeric::{OPEN, scaled_type};
use sluice_plan::types::NUMERIC_DEFAULT;

#[test]
fn values_are_postgresqls_in_text_and_binary() {
    use SqlType::*;
    let text = |t: &str| Datum::Text(t.into());
    let numeric = |t: &str| Datum::Numeric(t.into());
    let array = |item: SqlType| Array(Box::new(item));
    let uuid = *b"\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11";
    let mixed = Span { months: 10, days: 3, micros: -14_706_700_000 };
    let words = ["a", "b c", "q\"\\", "", "null", "{}", "x,y", "单引号'", "tab\there"];
    let cases = [
        (Bool, Datum::Bool(true), "t", "01"),
        (Bool, Datum::Bool(false), "f", "00"),
        (Int2, Datum::Int(-32_768), "-32768", "8000"),
        (Int4, Datum::Int(2_147_483_647), "2147483647", "7fffffff"),
        (Int8, Datum::Int(i64::MIN), "-9223372036854775808", "8000000000000000"),
        (Int8, Datum::Int(0), "0", "0000000000000000"),
        (Oid, Datum::Int(4_294_967_295), "4294967295", "ffffffff"),
        (Regtype, Datum::Int(23), "23", "00000017"),
        (Regclass, text("pg_class"), "pg_class", ""),
        (Float4, Datum::Float(1.1f32.into()), "1.1", "3f8ccccd"),
        (Float8, Datum::Float(-1e-7), "-1e-07", "be7ad7f29abcaf48"),
        (Numeric(None), numeric("0.00"), "0.00", "0000000000000002"),
        (Numeric(None), numeric("-1234567.8900"), "-1234567.8900", "0003000140000004007b11d722c4"),
        (Numeric(None), numeric("0.0005"), "0.0005", "0001ffff000000040005"),
        (Numeric(None), numeric("10000"), "10000", "00010001000000000001"),
        (
            Numeric(None),
            numeric("99999999999999999999999999999999999999"),
            "99999999999999999999999999999999999999",
            "000a0009000000000063270f270f270f270f270f270f270f270f270f",
        ),
        (Numeric(None), numeric("100000000.000100"), "100000000.000100", "00040002000000060001000000000001"),
        (Numeric(None), numeric("NaN"), "NaN", "00000000c0000000"),
        (Text, text("汉字"), "汉字", "e6b189e5ad97"),
        (Varchar(Some(9)), text(""), "", ""),
        (Bpchar(Some(3)), text("a  "), "a  ", "612020"),
        (Name, text("n"), "n", "6e"),
        (Char, text("r"), "r", "72"),
        (Json, text("{\"a\":1}"), "{\"a\":1}", "7b2261223a317d"),
        (Jsonb, text("{\"a\": 1}"), "{\"a\": 1}", "017b2261223a20317d"),
        (Unknown, text("x"), "x", "78"),
        (Date, Datum::Date(0), "1970-01-01", "ffffd533"),
        (Date, Datum::Date(-735_160), "0044-03-15 BC", ""),
        (Date, Datum::Date(19_782), "2024-02-29", "00002279"),
        (Date, Datum::Date(3_672_207), "12024-02-29", ""),
        (Time, Datum::Time(86_399_999_999), "23:59:59.999999", "000000141dd75fff"),
        (Time, Datum::Time(86_400_000_000), "24:00:00", "000000141dd76000"),
        (Timestamp, Datum::Timestamp(1_704_164_645_670_000), "2024-01-02 03:04:05.67", "0002b0ec85202c70"),
        (Timestamp, Datum::Timestamp(-500_000), "1969-12-31 23:59:59.5", "fffca2fec4c07ee0"),
        (Timestamptz, Datum::Timestamptz(1_704_164_645_000_000), "2024-01-02 11:04:05+08", "0002b0ec8515f340"),
        (Timestamptz, Datum::Timestamptz(583_718_400_000_000), "1988-07-01 09:00:00+09", "fffeb5e24ca9a000"),
        (Interval, Datum::Interval(mixed), "10 mons 3 days -04:05:06.7", "fffffffc93699120000000030000000a"),
        (Uuid, Datum::Uuid(uuid), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"),
        (Bytea, Datum::Bytes(b"\x00\xff\\a".to_vec()), "\\x00ff5c61", "00ff5c61"),
        (
            array(Int4),
            Datum::Array(vec![Datum::Int(1), Datum::Null, Datum::Int(-3)]),
            "{1,NULL,-3}",
            "00000001000000010000001700000003000000010000000400000001ffffffff00000004fffffffd",
        ),
        (array(Int4), Datum::Array(vec![]), "{}", "000000000000000000000017"),
        (Int2vector, text("1 2"), "1 2", "0000000100000000000000150000000200000000000000020001000000020002"),
        (
            Oidvector,
            Datum::Array(vec![Datum::Int(23), Datum::Int(25)]),
            "23 25",
            "00000001000000000000001a000000020000000000000004000000170000000400000019",
        ),
        (Void, text(""), "", ""),
    ];
    for (sql_type, value, text, binary) in cases {
        // An empty expectation stands for a date that the next test measures, an empty text, or no binary at all.
        let binary = match (&value, binary) {
            (Datum::Date(days), "") => hex(&(days - 10_957).to_be_bytes()),
            (_, binary) => binary.to_string(),
        };
        check(&RowBlock::Values(vec![vec![value.clone()]]), &sql_type, text, &binary, "value");
        if let Some(column) = as_array(&value, &sql_type) {
            check(&batch(column), &sql_type, text, &binary, "column");
        }
    }
    let items = words.iter().map(|w| text(w)).collect();
    let expected = "{a,\"b c\",\"q\\\"\\\\\",\"\",\"null\",\"{}\",\"x,y\",单引号',\"tab\there\"}";
    let found = encode(&RowBlock::Values(vec![vec![Datum::Array(items)]]), &array(Text), Format::Text, &china());
    assert_eq!(String::from_utf8(found.unwrap().unwrap()).unwrap(), expected);
    let record = vec![Datum::Int(1), text("a b"), Datum::Null, text(""), Datum::Bool(true), text("q\"\\"), text("(")];
    let found = encode(&RowBlock::Values(vec![vec![Datum::Record(record)]]), &Record, Format::Text, &china());
    assert_eq!(String::from_utf8(found.unwrap().unwrap()).unwrap(), "(1,\"a b\",,\"\",t,\"q\"\"\\\\\",\"(\")");
}

#[test]
fn null_is_null_in_every_column() {
    let arrays: Vec<(ArrayRef, SqlType)> = vec![
        (Arc::new(Int32Array::from(vec![None::<i32>])), SqlType::Int4),
        (Arc::new(IntervalMonthDayNanoArray::from(vec![None])), SqlType::Interval),
        (Arc::new(StringArray::from(vec![None::<&str>])), SqlType::Text),
        (Arc::new(NullArray::new(1)), SqlType::Date),
        (Arc::new(Decimal128Array::from(vec![None::<i128>])), SqlType::Numeric(None)),
        (Arc::new(DictionaryArray::<Int32Type>::from_iter([None::<&str>])), SqlType::Text),
    ];
    for (array, sql_type) in arrays {
        for format in [Format::Text, Format::Binary] {
            assert_eq!(encode(&batch(array.clone()), &sql_type, format, &china()).unwrap(), None, "{sql_type:?}");
        }
    }
}

/// Arrow columns whose type is not the one their announced type is usually written from.
#[test]
fn columns_of_other_arrow_types_are_cast() {
    let text_of = |array: ArrayRef, sql_type: SqlType| {
        encode(&batch(array), &sql_type, Format::Text, &china()).map(|v| String::from_utf8(v.unwrap()).unwrap())
    };
    let decimal = |v: i128, p, s| Arc::new(Decimal128Array::from(vec![v]).with_precision_and_scale(p, s).unwrap());
    let wide = |text: &str, (precision, scale): (u8, i8)| -> ArrayRef {
        let text: ArrayRef = Arc::new(StringArray::from(vec![text]));
        arrow::compute::cast(&text, &DataType::Decimal256(precision, scale)).unwrap()
    };
    let scaled = |text: &str, scale: i16| -> ArrayRef {
        let DataType::Struct(fields) = scaled_type() else { panic!("a struct") };
        Arc::new(StructArray::new(fields, vec![wide(text, OPEN), Arc::new(Int16Array::from(vec![scale]))], None))
    };
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(7), None])]);
    let cases: Vec<(ArrayRef, SqlType, &str)> = vec![
        (Arc::new(Int64Array::from(vec![5])), SqlType::Int4, "5"),
        (Arc::new(UInt64Array::from(vec![u64::MAX])), SqlType::Numeric(None), "18446744073709551615"),
        (Arc::new(Int32Array::from(vec![5])), SqlType::Int8, "5"),
        (Arc::new(UInt32Array::from(vec![5])), SqlType::Oid, "5"),
        (Arc::new(Float64Array::from(vec![0.1])), SqlType::Numeric(None), "0.1"),
        (Arc::new(StringViewArray::from(vec!["v"])), SqlType::Text, "v"),
        (Arc::new(LargeStringArray::from(vec!["v"])), SqlType::Varchar(None), "v"),
        (Arc::new(DictionaryArray::<Int32Type>::from_iter(["v"])), SqlType::Text, "v"),
        (Arc::new(Int64Array::from(vec![5])), SqlType::Text, "5"),
        (Arc::new(Date64Array::from(vec![86_400_000])), SqlType::Date, "1970-01-02"),
        (Arc::new(Time32SecondArray::from(vec![61])), SqlType::Time, "00:01:01"),
        (Arc::new(TimestampNanosecondArray::from(vec![1_500])), SqlType::Timestamp, "1970-01-01 00:00:00.000001"),
        (
            Arc::new(TimestampSecondArray::from(vec![0]).with_timezone("+01:00")),
            SqlType::Timestamptz,
            "1970-01-01 08:00:00+08",
        ),
        (Arc::new(DurationSecondArray::from(vec![90])), SqlType::Interval, "00:01:30"),
        (Arc::new(StringArray::from(vec!["A0EEBC999C0B4EF8BB6D6BB9BD380A11"])), SqlType::Uuid, UUID),
        (decimal(15_000_000_000, 38, 10), SqlType::Numeric(None), "1.5000000000"),
        (wide("1.5", NUMERIC_DEFAULT), SqlType::Numeric(None), "1.5"),
        (wide("0", NUMERIC_DEFAULT), SqlType::Numeric(None), "0"),
        (wide("-10", NUMERIC_DEFAULT), SqlType::Numeric(None), "-10"),
        (wide("3.5", OPEN), SqlType::Numeric(None), "3.5000000000000000"),
        (wide("0.33333333333333333333", OPEN), SqlType::Numeric(None), "0.33333333333333333333"),
        (wide("-14285.714285714286", OPEN), SqlType::Numeric(None), "-14285.714285714286"),
        (wide("0", OPEN), SqlType::Numeric(None), "0.00000000000000000000"),
        (scaled("1", 20), SqlType::Numeric(None), "1.00000000000000000000"),
        (scaled("-12.5", 1), SqlType::Numeric(None), "-12.5"),
        (scaled("0", 3), SqlType::Numeric(None), "0.000"),
        (decimal(1_500, 20, 2), SqlType::Numeric(None), "15.00"),
        (decimal(15, 20, -2), SqlType::Numeric(None), "1500"),
        (decimal(0, 20, -2), SqlType::Numeric(None), "0"),
        (decimal(-5, 18, 2), SqlType::Numeric(Some((18, 2))), "-0.05"),
        (Arc::new(list), SqlType::Array(Box::new(SqlType::Int4)), "{7,NULL}"),
        (Arc::new(BinaryViewArray::from(vec![b"\x01".as_slice()])), SqlType::Bytea, "\\x01"),
    ];
    for (array, sql_type, expected) in cases {
        assert_eq!(text_of(array.clone(), sql_type.clone()).unwrap(), expected, "{:?} as {sql_type:?}", array);
    }
    let code = |array: ArrayRef, sql_type| text_of(array, sql_type).unwrap_err().to_client().code;
    let wide = Arc::new(Int64Array::from(vec![1 << 40]));
    assert_eq!(code(wide, SqlType::Int4), SqlState::NumericValueOutOfRange);
    assert_eq!(code(Arc::new(Int64Array::from(vec![-1])), SqlType::Oid), SqlState::NumericValueOutOfRange);
    assert_eq!(code(Arc::new(StringArray::from(vec!["x"])), SqlType::Uuid), SqlState::InvalidTextRepresentation);
    assert_eq!(code(Arc::new(StringArray::from(vec!["x"])), SqlType::Int4), SqlState::InvalidTextRepresentation);
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(7)])]));
    assert_eq!(code(list, SqlType::Date), SqlState::FeatureNotSupported);
}

const UUID: &str = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";

#[test]
fn decimals_of_256_bits_are_exact() {
    for text in [
        "1",
        "-1",
        "170141183460469231731687303715884105728",
        "-340282366920938463463374607431768211456",
        "18446744073709551616",
        "9999999999999999999999999999999999999999999999999999999999999999999999999999",
        "-1000000000000000000000000000000000000000000000000000000000000000000000000000",
        "0",
    ] {
        let value = i256::from_string(text).unwrap();
        let array = |scale| Decimal256Array::from(vec![value]).with_precision_and_scale(76, scale).unwrap();
        let sql_type = SqlType::Numeric(Some((76, 0)));
        let from_text = RowBlock::Values(vec![vec![Datum::Numeric(text.into())]]);
        for format in [Format::Text, Format::Binary] {
            let column = encode(&batch(Arc::new(array(0))), &sql_type, format, &china()).unwrap();
            assert_eq!(column, encode(&from_text, &sql_type, format, &china()).unwrap(), "{text}");
        }
    }
}

#[test]
#[expect(clippy::excessive_precision, reason = "these exact numbers are the cases")]
fn floats_print_as_in_postgresql() {
    let float8 = |v: f64, digits| {
        let mut out = BytesMut::new();
        number::put_float8(&mut out, v, digits);
        String::from_utf8(out.to_vec()).unwrap()
    };
    let float4 = |v: f32, digits| {
        let mut out = BytesMut::new();
        number::put_float4(&mut out, v, digits);
        String::from_utf8(out.to_vec()).unwrap()
    };
    // The first three lie next to a number of fewer digits that is half-way between two floats.
    for (value, text) in [
        (1e23, "9.999999999999999e+22"),
        (18_014_398_509_481_992.0, "1.8014398509481992e+16"),
        (123_456_789_012_345_678.0, "1.2345678901234568e+17"),
        (9_007_199_254_740_993.0, "9.007199254740992e+15"),
        // Half-way between two numbers of 17 digits: the even one.
        (1_145_182_936_086_154.25, "1.1451829360861542e+15"),
        (1_145_182_936_086_154.75, "1.1451829360861548e+15"),
        (658_751_389_171_133.25, "658751389171133.2"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (1e15, "1e+15"),
        (1e14, "100000000000000"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-0.0, "-0"),
        (0.0, "0"),
        (123.456, "123.456"),
        (f64::NAN, "NaN"),
        (f64::NEG_INFINITY, "-Infinity"),
    ] {
        assert_eq!(float8(value, 1), text);
    }
    for (value, text) in [
        (1e6, "1e+06"),
        (100_000.0, "100000"),
        (16_777_216.0, "1.6777216e+07"),
        (33_554_436.0, "3.3554436e+07"),
        (2_097_152.25, "2.0971522e+06"),
        (2_097_152.75, "2.0971528e+06"),
        (1.1, "1.1"),
        (3.4e38, "3.4e+38"),
        (f32::INFINITY, "Infinity"),
    ] {
        assert_eq!(float4(value, 1), text);
    }
    for (digits, text) in [(0, "0.3"), (-3, "0.3"), (1, "0.30000000000000004"), (3, "0.30000000000000004")] {
        assert_eq!(float8(0.1 + 0.2, digits), text, "{digits}");
    }
    assert_eq!(float8(12_345_678_901_234_567_890.0, 0), "1.23456789012346e+19");
    assert_eq!(float8(12_345_678_901_234_567_890.0, -3), "1.23456789012e+19");
    assert_eq!(float8(100.0, 0), "100");
    assert_eq!(float4(1_234_567.9, 0), "1.23457e+06");
    assert_eq!(float4(1_234_567.9, -15), "1e+06");
}

proptest! {
    #[test]
    fn floats_read_back(bits: u64) {
        let value = f64::from_bits(bits);
        let mut out = BytesMut::new();
        number::put_float8(&mut out, value, 1);
        let back: f64 = std::str::from_utf8(&out).unwrap().parse().unwrap();
        prop_assert!(back == value || (back.is_nan() && value.is_nan()));
        let value = f32::from_bits(bits as u32);
        out.clear();
        number::put_float4(&mut out, value, 1);
        let back: f32 = std::str::from_utf8(&out).unwrap().parse().unwrap();
        prop_assert!(back == value || (back.is_nan() && value.is_nan()));
    }

    #[test]
    fn decimals_agree_with_arithmetic(value: i128, scale in 0i8..=38) {
        let value = value % 10i128.pow(38);
        let array = Decimal128Array::from(vec![value]).with_precision_and_scale(38, scale).unwrap();
        let expected = array.value_as_string(0);
        let sql_type = SqlType::Numeric(Some((38, scale)));
        let block = batch(Arc::new(array));
        let text = encode(&block, &sql_type, Format::Text, &china()).unwrap().unwrap();
        prop_assert_eq!(String::from_utf8(text).unwrap(), expected.clone());
        let from_text = RowBlock::Values(vec![vec![Datum::Numeric(expected)]]);
        prop_assert_eq!(
            encode(&block, &sql_type, Format::Binary, &china()).unwrap(),
            encode(&from_text, &sql_type, Format::Binary, &china()).unwrap()
        );
    }

    #[test]
    fn dates_agree_with_chrono(days in -700_000i32..3_000_000) {
        use chrono::Datelike;
        let date = chrono::NaiveDate::from_epoch_days(days).unwrap();
        let mut out = BytesMut::new();
        datetime::put_date(&mut out, days, DateStyle::default());
        prop_assert!(date.year() > 0);
        let expected = format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
        prop_assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }

    /// Nothing that a system relation or a parameter could hold makes the encoder panic.
    #[test]
    fn any_value_in_any_column_is_sent_or_refused(
        number: i64, text in ".{0,12}", which in 0usize..11, column in 0usize..31, binary: bool,
    ) {
        let value = match which {
            0 => Datum::Int(number),
            1 => Datum::Text(text),
            2 => Datum::Numeric(text),
            3 => Datum::Date(number as i32),
            4 => Datum::Time(number),
            5 => Datum::Timestamp(number),
            6 => Datum::Timestamptz(number),
            7 => Datum::Interval(Interval { months: number as i32, days: (number >> 32) as i32, micros: number }),
            8 => Datum::Float(f64::from_bits(number as u64)),
            9 => Datum::Array(vec![Datum::Int(number), Datum::Null]),
            _ => Datum::Record(vec![Datum::Text(text), Datum::Int(number)]),
        };
        let format = if binary { Format::Binary } else { Format::Text };
        let sql_type = &SqlType::scalars()[column];
        let _ = encode(&RowBlock::Values(vec![vec![value]]), sql_type, format, &china());
    }
}
