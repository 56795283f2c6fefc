//! PostgreSQL's binary formats, written a second time here so that the server's own cannot vouch for themselves.

use super::wire::lossy;

/// OID and name of the types that cases use.
const TYPES: &[(u32, &str)] = &[
    (0, "unspecified"),
    (16, "bool"),
    (17, "bytea"),
    (18, "char"),
    (19, "name"),
    (20, "int8"),
    (21, "int2"),
    (23, "int4"),
    (25, "text"),
    (26, "oid"),
    (114, "json"),
    (700, "float4"),
    (701, "float8"),
    (705, "unknown"),
    (1007, "int4[]"),
    (1042, "bpchar"),
    (1043, "varchar"),
    (1082, "date"),
    (1083, "time"),
    (1114, "timestamp"),
    (1184, "timestamptz"),
    (1186, "interval"),
    (1700, "numeric"),
    (2950, "uuid"),
    (3802, "jsonb"),
];

/// Name of a type.
pub fn type_name(oid: u32) -> String {
    TYPES.iter().find(|known| known.0 == oid).map_or(format!("oid{oid}"), |known| known.1.to_string())
}

/// OID of a type, or the number itself.
pub fn type_oid(name: &str) -> u32 {
    let listed = TYPES.iter().find(|known| known.1 == name).map(|known| known.0);
    let known = || {
        sluice_base::SqlType::scalars()
            .iter()
            .flat_map(|t| [(t.typname(), t.oid()), (format!("_{}", t.typname()), t.array_oid())])
    };
    let numbered = || known().find(|known| known.0 == name).map(|known| known.1).or(name.parse().ok());
    listed.or_else(numbered).unwrap_or_else(|| panic!("no type {name} in tests/support/binary.rs"))
}

/// A binary value in the text that the text format would show (in UTC).
pub fn decode(oid: u32, bytes: &[u8]) -> String {
    match type_name(oid).as_str() {
        "bool" => if bytes == [1] { "t" } else { "f" }.to_string(),
        "int2" => i16::from_be_bytes(exact(bytes)).to_string(),
        "int4" => i32::from_be_bytes(exact(bytes)).to_string(),
        "int8" => i64::from_be_bytes(exact(bytes)).to_string(),
        "oid" => u32::from_be_bytes(exact(bytes)).to_string(),
        "float4" => float(f64::from(f32::from_be_bytes(exact(bytes))), f32::from_be_bytes(exact(bytes)).to_string()),
        "float8" => float(f64::from_be_bytes(exact(bytes)), f64::from_be_bytes(exact(bytes)).to_string()),
        "numeric" => numeric(bytes),
        "date" => date(i64::from(i32::from_be_bytes(exact(bytes)))),
        "time" => time(i64::from_be_bytes(exact(bytes))),
        "timestamp" => timestamp(i64::from_be_bytes(exact(bytes))),
        "timestamptz" => format!("{}+00", timestamp(i64::from_be_bytes(exact(bytes)))),
        "interval" => interval(bytes),
        "uuid" => {
            let hex = hex(bytes);
            format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        }
        "bytea" => format!("\\x{}", hex(bytes)),
        "jsonb" => lossy(&bytes[1..]),
        // Arrays and what no case reads: the bytes themselves.
        other if other.starts_with("oid") || other.ends_with(']') => format!("\\x{}", hex(bytes)),
        _ => lossy(bytes),
    }
}

/// A parameter's text in its binary form.
pub fn encode(oid: u32, text: &str) -> Vec<u8> {
    match type_name(oid).as_str() {
        "bool" => vec![u8::from(text == "t")],
        "int2" => text.parse::<i16>().expect("an int2").to_be_bytes().to_vec(),
        "int4" => text.parse::<i32>().expect("an int4").to_be_bytes().to_vec(),
        "int8" => text.parse::<i64>().expect("an int8").to_be_bytes().to_vec(),
        "float8" => text.parse::<f64>().expect("a float8").to_be_bytes().to_vec(),
        "date" => i32::try_from(days(text)).expect("a date").to_be_bytes().to_vec(),
        "numeric" => encode_numeric(text),
        "text" | "varchar" | "bpchar" | "unknown" | "unspecified" => text.as_bytes().to_vec(),
        other => panic!("tests/support/binary.rs has no binary form of a {other} parameter yet"),
    }
}

fn exact<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or_else(|_| panic!("{N} bytes expected, got {bytes:?}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn float(value: f64, shortest: String) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    shortest
}

/// Base-10,000 digits, weight of the first, sign, digits shown after the point.
fn numeric(bytes: &[u8]) -> String {
    let word = |at: usize| i16::from_be_bytes(exact(&bytes[at * 2..at * 2 + 2]));
    let (count, weight, sign, scale) = (word(0), word(1), word(2) as u16, word(3) as usize);
    assert_eq!(bytes.len(), 8 + 2 * count as usize, "a numeric is as long as it says");
    match sign {
        0xC000 => return "NaN".into(),
        0xD000 => return "Infinity".into(),
        0xF000 => return "-Infinity".into(),
        _ => {}
    }
    let digit = |power: i16| {
        let at = weight - power;
        if at >= 0 && at < count { word(4 + at as usize) } else { 0 }
    };
    let whole: String = (0..=weight.max(0)).rev().map(|power| format!("{:04}", digit(power))).collect();
    let whole = whole.trim_start_matches('0');
    let groups = scale.div_ceil(4) as i16;
    let fraction: String = (1..=groups).map(|power| format!("{:04}", digit(-power))).collect();
    let mut text = String::from(if sign == 0x4000 { "-" } else { "" });
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        text.push('.');
        text.push_str(&fraction[..scale]);
    }
    text
}

fn encode_numeric(text: &str) -> Vec<u8> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = fraction.len();
    let whole = format!("{}{whole}", "0".repeat((4 - whole.len() % 4) % 4));
    let fraction = format!("{fraction}{}", "0".repeat((4 - fraction.len() % 4) % 4));
    let weight = (whole.len() / 4) as i16 - 1;
    let all = whole + &fraction;
    let groups: Vec<i16> = all.as_bytes().chunks(4).map(|group| ascii(group).parse().expect("digits")).collect();
    let mut bytes = Vec::new();
    for word in [groups.len() as i16, weight, if negative { 0x4000 } else { 0 }, scale as i16] {
        bytes.extend(word.to_be_bytes());
    }
    groups.iter().for_each(|group| bytes.extend(group.to_be_bytes()));
    bytes
}

fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("ASCII")
}

/// Days since 2000-01-01 as a date.
fn date(days: i64) -> String {
    match days {
        day if day == i64::from(i32::MAX) => return "infinity".into(),
        day if day == i64::from(i32::MIN) => return "-infinity".into(),
        _ => {}
    }
    // Years begin in March here, so that the leap day comes last.
    let day = days + 730_425;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

/// A date as days since 2000-01-01.
fn days(text: &str) -> i64 {
    (-800_000..800_000).find(|day| date(*day) == text).unwrap_or_else(|| panic!("{text} is no date"))
}

fn time(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match micros % 1_000_000 {
        0 => text,
        fraction => format!("{text}.{}", format!("{fraction:06}").trim_end_matches('0')),
    }
}

fn timestamp(micros: i64) -> String {
    match micros {
        i64::MAX => "infinity".into(),
        i64::MIN => "-infinity".into(),
        _ => format!("{} {}", date(micros.div_euclid(86_400_000_000)), time(micros.rem_euclid(86_400_000_000))),
    }
}

fn interval(bytes: &[u8]) -> String {
    let micros = i64::from_be_bytes(exact(&bytes[..8]));
    let days = i32::from_be_bytes(exact(&bytes[8..12]));
    let months = i32::from_be_bytes(exact(&bytes[12..16]));
    let mut parts = Vec::new();
    let mut part = |count: i32, unit: &str| {
        if count != 0 {
            parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        }
    };
    part(months / 12, "year");
    part(months % 12, "mon");
    part(days, "day");
    if micros != 0 || parts.is_empty() {
        parts.push(format!("{}{}", if micros < 0 { "-" } else { "" }, time(micros.abs())));
    }
    parts.join(" ")
}

#[test]
fn known_values_read_back() {
    assert_eq!(date(0), "2000-01-01");
    assert_eq!(date(8_826), "2024-03-01");
    assert_eq!(date(-1), "1999-12-31");
    assert_eq!(days("2024-02-29"), 8_825);
    for text in ["0", "-1.50", "12345678.000100", "0.0001", "99999999999999999999.99"] {
        assert_eq!(numeric(&encode_numeric(text)), text);
    }
    assert_eq!(timestamp(1_500_000), "2000-01-01 00:00:01.5");
}
