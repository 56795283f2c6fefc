//! Each mask on values as they come, and on those that must not slip through.

use sluice_base::{Datum, SqlType, TimeZone};

use super::*;

fn keys() -> MaskKeys {
    let mut keys = MaskKeys::new();
    assert!(keys.insert("pii", b"0123456789abcdef"));
    keys
}

/// Masks a text the way both entry points do; they must agree.
fn mask(with: &str, raw: &str) -> String {
    let mask = parse(with).unwrap_or_else(|e| panic!("{with}: {e}"));
    let mut text = String::new();
    let written = mask.apply_text(raw, &keys(), &mut text);
    let datum = mask.apply(&Datum::Text(raw.into()), &SqlType::Text, &keys());
    match datum {
        Datum::Text(masked) => {
            assert!(written && masked == text);
            masked
        }
        Datum::Null => {
            assert!(!written && text.is_empty());
            "NULL".into()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts() {
    for (with, raw, masked) in [
        ("keep(first => 3, last => 4)", "13812345678", "138****5678"),
        ("keep(3, 4)", "1381234", "*******"),
        ("keep(3, 4)", "13812345", "138*2345"),
        ("keep(3,4)", "138123", "******"),
        ("keep(3,4)", "   138123   ", "******"),
        ("keep(1, 0, '某')", "欧阳娜娜", "欧某某某"),
        ("keep(0)", "ab", "**"),
        ("keep(1, 1)", "👨‍👩‍👧é𬱖", "👨‍👩‍👧*𬱖"),
        ("keep(1, 1)", "a\r\nb", "a*b"),
        ("keep(2, 2)", "", ""),
        ("hide()", "x", "NULL"),
        ("constant('***')", "x", "***"),
        ("cn_id_card()", "510104199003071234", "510104********1234"),
        ("cn_id_card()", "11010519491231002X", "110105********002X"),
        ("cn_id_card()", "E12345678", "*********"),
        ("cn_id_card()", "510104900307123", "510104*****7123"),
        ("cn_mobile()", "13812345678", "138****5678"),
        ("cn_mobile()", "+8613812345678", "+86*******5678"),
        ("cn_mobile()", "62285566", "********"),
        ("bank_card()", "6222021234567890123", "622202*********0123"),
        ("bank_card()", "622202123456", "************"),
        ("uscc()", "91510100MA62ABCD1X", "91************CD1X"),
        ("uscc()", "91510100", "********"),
        ("email()", "zhang.san@bank.example", "z********@bank.example"),
        ("email()", "a@b.example", "*@b.example"),
        ("email()", "not an address", "**************"),
        ("email()", "a@b@c.example", "a**@c.example"),
        ("cn_name()", "王伟", "王*"),
        ("cn_name()", "王秀英", "王**"),
        ("cn_name()", "欧阳娜娜", "欧阳**"),
        ("cn_name()", "司马光", "司马*"),
        ("cn_name()", "诸葛亮", "诸葛*"),
        ("cn_name()", "上官婉儿", "上官**"),
        ("cn_name()", "欧阳", "欧*"),
        ("cn_name()", "王", "*"),
        ("cn_name()", "阿依古丽·买买提", "阿*******"),
        ("cn_name()", "John Ronald Smith", "**** ****** Smith"),
        ("cn_name()", "Smith, John", "Smith, ****"),
        ("cn_name()", "Smith,", "S*****"),
        ("cn_name()", "Madonna", "M******"),
        ("cn_name()", "O", "*"),
        ("address(1)", "四川省成都市锦江区春熙路12号", "四川省***"),
        ("address(2)", "四川省成都市锦江区春熙路12号", "四川省成都市***"),
        ("address(level => 3)", "四川省成都市锦江区春熙路12号", "四川省成都市锦江区***"),
        ("address(2)", "北京市朝阳区建国路1号", "北京市***"),
        ("address(3)", "北京市朝阳区建国路1号", "北京市朝阳区***"),
        ("address(2)", "新疆维吾尔自治区巴音郭楞蒙古自治州库尔勒市人民路", "新疆维吾尔自治区巴音郭楞蒙古自治州***"),
        ("address(2)", "成都市锦江区东大街", "成都市***"),
        ("address(2)", "四川省成都市", "******"),
        ("address(2)", "10 Downing Street", "*****************"),
        ("address(1)", "朝阳区建国路1号", "********"),
    ] {
        assert_eq!(mask(with, raw), masked, "{with} on {raw:?}");
    }
}

#[test]
fn hashes_need_their_key() {
    let hashed = mask("hash(key => 'pii')", "13812345678");
    assert_eq!(hashed.len(), 64);
    assert_eq!(hashed, mask("hash('pii')", "13812345678"));
    assert_ne!(hashed, mask("hash('pii')", "13812345679"));
    assert_eq!(mask("hash('other')", "13812345678"), "NULL");
    let mut short = MaskKeys::new();
    assert!(!short.insert("pii", b"short"));
    assert!(!format!("{:?}", keys()).contains("0123"));
}

#[test]
fn hash_is_hmac_sha_256() {
    // RFC 4231, test case 1.
    let mut keys = MaskKeys::new();
    assert!(keys.insert("k", &[0x0b; 20]));
    let mut out = String::new();
    assert!(parse("hash('k')").unwrap().apply_text("Hi There", &keys, &mut out));
    assert_eq!(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

#[test]
fn numbers_and_dates() {
    let decimal = SqlType::Numeric(Some((12, 2)));
    let numeric = |digits: &str| Datum::Numeric(digits.into());
    for (with, raw, sql_type, masked) in [
        ("round(-3)", numeric("12500.00"), &decimal, numeric("13000.00")),
        ("round(0)", numeric("-0.50"), &decimal, numeric("-1.00")),
        ("round(0)", numeric("9999999999.99"), &decimal, Datum::Null),
        ("round(0)", numeric("NaN"), &decimal, Datum::Null),
        ("round(-2)", Datum::Int(151), &SqlType::Int4, Datum::Int(200)),
        ("round(-1)", Datum::Int(32767), &SqlType::Int2, Datum::Null),
        ("round(1)", Datum::Float(1.25), &SqlType::Float8, Datum::Float(1.3)),
        ("bucket(10000)", numeric("215099.37"), &decimal, numeric("210000.00")),
        ("bucket(10000)", numeric("-1.00"), &decimal, numeric("-10000.00")),
        ("bucket(0.5)", numeric("1.74"), &decimal, numeric("1.50")),
        ("bucket(5)", Datum::Int(-3), &SqlType::Int4, Datum::Int(-5)),
        ("bucket(2.5)", Datum::Float(6.0), &SqlType::Float8, Datum::Float(5.0)),
        ("date_trunc('year')", Datum::Date(364 + 45), &SqlType::Date, Datum::Date(365)),
        ("date_trunc('quarter')", Datum::Date(58 + 31), &SqlType::Date, Datum::Date(59 - 59)),
        ("date_trunc('month')", Datum::Date(-1), &SqlType::Date, Datum::Date(-31)),
        ("date_trunc('day')", Datum::Timestamp(-1), &SqlType::Timestamp, Datum::Timestamp(-86_400_000_000)),
        ("date_trunc('year')", Datum::Date(i32::MAX), &SqlType::Date, Datum::Null),
        ("hide()", Datum::Int(1), &SqlType::Int4, Datum::Null),
        ("constant(0)", Datum::Int(7), &SqlType::Int4, Datum::Int(0)),
        ("constant('-')", Datum::Null, &SqlType::Text, Datum::Text("-".into())),
        ("cn_mobile()", Datum::Null, &SqlType::Text, Datum::Null),
        ("keep(3, 4)", Datum::Int(13_812_345_678), &SqlType::Int8, Datum::Null),
    ] {
        let parsed = parse(with).unwrap();
        let mask = check(&parsed, sql_type, &TimeZone::utc()).unwrap_or(parsed);
        assert_eq!(mask.apply(&raw, sql_type, &keys()), masked, "{with} on {raw:?}");
    }
}

#[test]
fn what_is_no_mask_is_refused_with_its_place() {
    for (with, expected) in [
        ("kep(3, 4)", "1:1 unknown mask `kep` (did you mean `keep`?)"),
        ("keep(3, fist => 4)", "takes first, last, pad"),
        ("keep(3, first => 4)", "`first` of `keep` is given twice"),
        ("keep(-1)", "must be 0 or more"),
        ("keep(1, 2, '**')", "one visible character"),
        ("keep(1 + 2)", "must be a literal"),
        ("keep(3, 4", "1:"),
        ("keep", "a mask is a function call"),
        ("hide(1)", "takes no arguments"),
        ("hash()", "needs `key`"),
        ("hash(key => 5)", "must be a text"),
        ("constant(NULL)", "hide()"),
        ("address(4)", "1 (province)"),
        ("bucket(0)", "above 0"),
        ("date_trunc('week')", "'quarter'"),
        ("token('X')", "a name of lower-case letters"),
        ("token()", "needs `domain`"),
        ("fpe('card', 'pii', 'hex')", "'digits' or 'alnum'"),
        ("shift_days('pii', 0)", "between 1 and 3650"),
        ("hide() and hide()", "function call"),
        ("hide(); drop", "nothing is expected after"),
        ("hide() over ()", "window"),
        ("", "empty"),
    ] {
        let error = parse(with).expect_err(with);
        let hint = error.hint.clone().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let shown = format!("{}:{} {}{hint}", error.line, error.column, error.message);
        assert!(shown.contains(expected), "{with}: {shown}");
    }
}

#[test]
fn masks_fit_their_types_or_are_refused() {
    let decimal = SqlType::Numeric(Some((12, 2)));
    for (with, sql_type, fits) in [
        ("keep(3, 4)", SqlType::Text, true),
        ("keep(3, 4)", SqlType::Varchar(Some(20)), true),
        ("keep(3, 4)", SqlType::Int8, false),
        ("cn_name()", SqlType::Date, false),
        ("hide()", SqlType::Bytea, true),
        ("hash('pii')", SqlType::Varchar(Some(20)), false),
        ("hash('pii')", SqlType::Varchar(Some(64)), true),
        ("hash('pii')", SqlType::Text, true),
        ("hash('pii')", SqlType::Int8, false),
        ("token('x')", SqlType::Text, true),
        ("token('x')", SqlType::Varchar(Some(31)), true),
        ("token('x')", SqlType::Bpchar(Some(18)), false),
        ("token('x')", SqlType::Int8, false),
        ("fpe('card')", SqlType::Varchar(Some(19)), true),
        ("fpe('card')", SqlType::Int8, false),
        ("shift_days('pii')", SqlType::Date, true),
        ("shift_days('pii')", SqlType::Timestamptz, true),
        ("shift_days('pii')", SqlType::Text, false),
        ("constant('***')", SqlType::Int4, false),
        ("constant(0)", decimal.clone(), true),
        ("constant(0.001)", decimal.clone(), false),
        ("constant(100000)", SqlType::Int2, false),
        ("constant('1990-01-01')", SqlType::Date, true),
        ("constant('abc')", SqlType::Bpchar(Some(2)), false),
        ("round(2)", decimal.clone(), false),
        ("round(1)", decimal.clone(), true),
        ("round(0)", SqlType::Int4, false),
        ("round(-1)", SqlType::Int4, true),
        ("round(2)", SqlType::Float8, true),
        ("round(1)", SqlType::Text, false),
        ("bucket(0.01)", decimal.clone(), false),
        ("bucket(0.001)", decimal.clone(), false),
        ("bucket(1)", SqlType::Int4, false),
        ("bucket(2)", SqlType::Int4, true),
        ("date_trunc('day')", SqlType::Date, false),
        ("date_trunc('day')", SqlType::Timestamp, true),
        ("date_trunc('year')", SqlType::Text, false),
    ] {
        assert_eq!(check(&parse(with).unwrap(), &sql_type, &TimeZone::utc()).is_ok(), fits, "{with} {sql_type:?}");
    }
}

#[test]
fn masks_print_as_written() {
    for with in [
        "keep(3, 4)",
        "keep(1, 0, '某')",
        "hide()",
        "hash('pii')",
        "token('id_card')",
        "token('id_card', 'pii')",
        "fpe('card', 'pii', 'alnum')",
        "shift_days('pii', 30)",
        "cn_id_card()",
        "address(2)",
        "bucket(10000)",
    ] {
        let mask = parse(with).unwrap();
        assert_eq!(mask.to_string(), with);
        assert_eq!(parse(&mask.to_string()).unwrap(), mask);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// No partial text mask ever returns a text that it was given, blanks apart.
    #[test]
    fn no_text_comes_out_clear(raw in "\\PC{1,24}|[\u{4e00}-\u{4e40}]{1,6}|[0-9Xx]{1,20}|[a-z ,.@]{1,12}|四川省成都市\\PC{0,3}") {
        proptest::prop_assume!(!raw.trim().is_empty() && !raw.contains('*'));
        for with in ["keep(3, 4)", "keep(1)", "cn_id_card()", "cn_mobile()", "cn_name()", "bank_card()", "email()", "address(1)", "address(2)", "address(3)", "uscc()", "hash('pii')"] {
            let masked = mask(with, &raw);
            proptest::prop_assert_ne!(masked.trim(), raw.trim(), "{}", with);
        }
    }
}

#[test]
fn tokens_are_equal_within_a_domain_and_a_key() {
    let token = |with: &str, sql_type: SqlType, raw: &str, keys: &MaskKeys| {
        let mask = check(&parse(with).unwrap(), &sql_type, &TimeZone::utc()).unwrap();
        match mask.apply(&Datum::Text(raw.into()), &sql_type, keys) {
            Datum::Text(token) => token,
            other => panic!("{other:?}"),
        }
    };
    let text = |with: &str, raw: &str| token(with, SqlType::Text, raw, &keys());
    let one = text("token('id', 'pii')", "510104199003071234");
    assert_eq!(one.len(), 31);
    assert_eq!(one, text("token(domain => 'id', key => 'pii')", "510104199003071234"));
    assert_ne!(one, text("token('card', 'pii')", "510104199003071234"), "another domain");
    assert_ne!(one, text("token('id', 'pii')", "510104199003071234 "), "a blank is part of a text");
    let padded = format!("{:40}", "510104199003071234");
    assert_eq!(one, token("token('id', 'pii')", SqlType::Bpchar(Some(40)), &padded, &keys()), "padding is none");
    let mut rotated = MaskKeys::new();
    assert!(rotated.insert("pii", b"fedcba9876543210"));
    let other = token("token('id', 'pii')", SqlType::Text, "510104199003071234", &rotated);
    assert_ne!(one[..4], other[..4], "a token names its key");
    assert_ne!(one[5..], other[5..]);
    assert_eq!(mask("token('id', 'none')", "x"), "NULL", "no key, no value");
    assert_eq!(mask("fpe('id', 'none')", "123456"), "NULL");
}

#[test]
fn a_hash_is_of_the_text_without_its_padding() {
    let hash = |sql_type: SqlType, raw: &str| {
        let mask = check(&parse("hash('pii')").unwrap(), &sql_type, &TimeZone::utc()).unwrap();
        mask.apply(&Datum::Text(raw.into()), &sql_type, &keys())
    };
    let (text, padded) = (SqlType::Text, SqlType::Bpchar(Some(64)));
    let one = hash(text.clone(), "510104199003071234");
    for raw in ["510104199003071234", "510104199003071234  ", &format!("{:64}", "510104199003071234")] {
        assert_eq!(hash(padded.clone(), raw), one, "{raw:?}");
    }
    assert_ne!(hash(text, "510104199003071234 "), one, "a blank is part of a text");
    assert_ne!(hash(padded, "510104199003071234\t"), one, "nothing else is padding");
}

#[test]
fn a_moment_is_of_its_day_in_the_banks_zone() {
    const HOUR: i64 = 3_600_000_000;
    let at = |day: i64, hour: i64| Datum::Timestamptz((day * 24 + hour) * HOUR);
    let masked = |with: &str, zone: &str, raw: Datum| {
        let zone = TimeZone::parse(zone).unwrap();
        let mask = check(&parse(with).unwrap(), &SqlType::Timestamptz, &zone).unwrap();
        mask.apply(&raw, &SqlType::Timestamptz, &keys())
    };
    // As PostgreSQL has `date_trunc(unit, moment, zone)`.
    for (with, zone, raw, cut) in [
        // 2026-01-04 23:30 UTC is the 5th in Shanghai.
        ("date_trunc('day')", "Asia/Shanghai", at(20_457, 23), at(20_457, 16)),
        ("date_trunc('day')", "UTC", at(20_457, 23), at(20_457, 0)),
        ("date_trunc('day')", "Asia/Shanghai", at(20_457, 15), at(20_456, 16)),
        // 2025-12-31 20:00 UTC is of the new year there.
        ("date_trunc('year')", "Asia/Shanghai", at(20_453, 20), at(20_453, 16)),
        ("date_trunc('month')", "+08", at(20_453, 20), at(20_453, 16)),
        // The day on which summer time begins has its midnight in winter time.
        ("date_trunc('day')", "Europe/Paris", at(19_442, 12), at(19_441, 23)),
        ("date_trunc('month')", "Europe/Paris", at(19_447, 12), at(19_416, 23)),
    ] {
        assert_eq!(masked(with, zone, raw.clone()), cut, "{with} in {zone} on {raw:?}");
    }
    // A moment moves as its date does, and keeps its time of day.
    let Datum::Date(moved) =
        parse("shift_days('pii', 10)").unwrap().apply(&Datum::Date(20_458), &SqlType::Date, &keys())
    else {
        panic!("a date")
    };
    let expected = at(i64::from(moved) - 1, 23);
    assert_eq!(masked("shift_days('pii', 10)", "Asia/Shanghai", at(20_457, 23)), expected);
    assert_eq!(masked("date_trunc('day')", "Asia/Shanghai", Datum::Timestamptz(i64::MAX)), Datum::Null);
}

#[test]
fn dates_move_by_a_keyed_number_of_days() {
    let masked = parse("shift_days('pii', 10)").unwrap();
    let moved = |days: i32| match masked.apply(&Datum::Date(days), &SqlType::Date, &keys()) {
        Datum::Date(moved) => moved - days,
        other => panic!("{other:?}"),
    };
    let shifts: std::collections::BTreeSet<i32> = (0..500).map(moved).collect();
    assert!(!shifts.contains(&0) && shifts.iter().all(|by| (-10..=10).contains(by)), "{shifts:?}");
    assert_eq!(shifts.len(), 20);
    assert_eq!(moved(7), moved(7));
    let noon = Datum::Timestamp(7 * 86_400_000_000 + 43_200_000_000);
    let Datum::Timestamp(micros) = masked.apply(&noon, &SqlType::Timestamp, &keys()) else { panic!("a timestamp") };
    assert_eq!(micros.rem_euclid(86_400_000_000), 43_200_000_000);
    assert_eq!(micros.div_euclid(86_400_000_000), i64::from(7 + moved(7)));
    assert_eq!(masked.apply(&Datum::Date(i32::MAX), &SqlType::Date, &keys()), {
        // Beyond the calendar there is nothing to move to, or a day before it.
        let by = keys().days("pii", i32::MAX, 10).unwrap();
        if by < 0 { Datum::Date(i32::MAX + by) } else { Datum::Null }
    });
}
