//! What the session's settings make of a value.

use super::*;

#[test]
fn date_styles() {
    let moment = Datum::Timestamptz(1_704_135_845_670_000);
    let old = Datum::Timestamp(-63_517_812_955_000_000);
    for (style, date, time, ancient) in [
        ("ISO, MDY", "2024-01-02", "2024-01-02 03:04:05.67+08", "0044-03-15 03:04:05 BC"),
        ("SQL, MDY", "01/02/2024", "01/02/2024 03:04:05.67 CST", "03/15/0044 03:04:05 BC"),
        ("SQL, DMY", "02/01/2024", "02/01/2024 03:04:05.67 CST", "15/03/0044 03:04:05 BC"),
        ("Postgres, MDY", "01-02-2024", "Tue Jan 02 03:04:05.67 2024 CST", "Fri Mar 15 03:04:05 0044 BC"),
        ("Postgres, DMY", "02-01-2024", "Tue 02 Jan 03:04:05.67 2024 CST", "Fri 15 Mar 03:04:05 0044 BC"),
        ("German, DMY", "02.01.2024", "02.01.2024 03:04:05.67 CST", "15.03.0044 03:04:05 BC"),
    ] {
        let settings = EncodeSettings { datestyle: DateStyle::parse(style).unwrap(), ..china() };
        let text = |value: &Datum, sql_type| {
            let found = encode(&RowBlock::Values(vec![vec![value.clone()]]), &sql_type, Format::Text, &settings);
            String::from_utf8(found.unwrap().unwrap()).unwrap()
        };
        assert_eq!(text(&Datum::Date(19_724), SqlType::Date), date, "{style}");
        assert_eq!(text(&moment, SqlType::Timestamptz), time, "{style}");
        assert_eq!(text(&old, SqlType::Timestamp), ancient, "{style}");
    }
    assert_eq!(DateStyle::parse("ISO, XYZ"), None);
}

#[test]
fn interval_styles() {
    let interval = |months, days, micros| Interval { months, days, micros };
    let day = 86_400_000_000;
    for (value, expected) in [
        (
            interval(10, 3, -14_706_700_000),
            [
                "10 mons 3 days -04:05:06.7",
                "@ 10 mons 3 days -4 hours -5 mins -6.7 secs",
                "+0-10 +3 -4:05:06.7",
                "P10M3DT-4H-5M-6.7S",
            ],
        ),
        (interval(0, 0, 0), ["00:00:00", "@ 0", "0", "PT0S"]),
        (interval(0, -1, 0), ["-1 days", "@ 1 day ago", "-1 0:00:00", "P-1D"]),
        (interval(14, 0, 0), ["1 year 2 mons", "@ 1 year 2 mons", "1-2", "P1Y2M"]),
        (interval(-14, 0, 0), ["-1 years -2 mons", "@ 1 year 2 mons ago", "-1-2", "P-1Y-2M"]),
        (interval(0, 1, 1_000_000), ["1 day 00:00:01", "@ 1 day 1 sec", "1 0:00:01", "P1DT1S"]),
        (interval(0, 0, -500_000), ["-00:00:00.5", "@ 0.5 secs ago", "-0:00:00.5", "PT-0.5S"]),
        (interval(0, 0, 25 * day / 24), ["25:00:00", "@ 25 hours", "25:00:00", "PT25H"]),
        (interval(0, -1, 1_000_000), ["-1 days +00:00:01", "@ 1 day -1 sec ago", "+0-0 -1 +0:00:01", "P-1DT1S"]),
    ] {
        for (style, expected) in ["postgres", "postgres_verbose", "sql_standard", "iso_8601"].iter().zip(expected) {
            let settings = EncodeSettings { intervalstyle: IntervalStyle::parse(style).unwrap(), ..china() };
            let block = RowBlock::Values(vec![vec![Datum::Interval(value)]]);
            let found = encode(&block, &SqlType::Interval, Format::Text, &settings).unwrap().unwrap();
            assert_eq!(String::from_utf8(found).unwrap(), expected, "{style}");
        }
    }
}

#[test]
fn bytea_escapes() {
    let settings = EncodeSettings { bytea_output: ByteaOutput::parse("escape").unwrap(), ..china() };
    let block = RowBlock::Values(vec![vec![Datum::Bytes(b"\x00\xff\\a'".to_vec())]]);
    let found = encode(&block, &SqlType::Bytea, Format::Text, &settings).unwrap().unwrap();
    assert_eq!(found, b"\\000\\377\\\\a'");
}
