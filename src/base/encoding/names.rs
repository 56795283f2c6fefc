//! Names of encodings (PostgreSQL documentation, "Character Set Support", and the spellings that its
//! `pg_char_to_encoding` takes).

/// PostgreSQL's own name for a spelling; `None` for what PostgreSQL does not know either, or Sluice does not speak.
pub(super) fn canonical(spelled: &str) -> Option<&'static str> {
    let plain: String = spelled.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    // PostgreSQL holds a name to 63 bytes.
    if spelled.len() > 63 {
        return None;
    }
    Some(match plain.as_str() {
        "utf8" | "unicode" => "UTF8",
        "sqlascii" => "SQL_ASCII",
        "gbk" | "win936" | "windows936" => "GBK",
        "gb18030" => "GB18030",
        "euccn" => "EUC_CN",
        "big5" | "win950" | "windows950" => "BIG5",
        "eucjp" => "EUC_JP",
        "sjis" | "shiftjis" | "mskanji" | "win932" | "windows932" => "SJIS",
        "euckr" => "EUC_KR",
        "uhc" | "win949" | "windows949" => "UHC",
        "latin1" | "iso88591" => "LATIN1",
        "latin2" | "iso88592" => "LATIN2",
        "latin3" | "iso88593" => "LATIN3",
        "latin4" | "iso88594" => "LATIN4",
        "latin5" | "iso88599" => "LATIN5",
        "latin6" | "iso885910" => "LATIN6",
        "latin7" | "iso885913" => "LATIN7",
        "latin8" | "iso885914" => "LATIN8",
        "latin9" | "iso885915" => "LATIN9",
        "latin10" | "iso885916" => "LATIN10",
        "iso88595" => "ISO_8859_5",
        "iso88596" => "ISO_8859_6",
        "iso88597" => "ISO_8859_7",
        "iso88598" => "ISO_8859_8",
        "win1250" | "windows1250" => "WIN1250",
        "win1251" | "windows1251" | "win" => "WIN1251",
        "win1252" | "windows1252" => "WIN1252",
        "win1253" | "windows1253" => "WIN1253",
        "win1254" | "windows1254" => "WIN1254",
        "win1255" | "windows1255" => "WIN1255",
        "win1256" | "windows1256" => "WIN1256",
        "win1257" | "windows1257" => "WIN1257",
        "win1258" | "windows1258" | "abc" | "tcvn" | "tcvn5712" | "vscii" => "WIN1258",
        "win866" | "windows866" | "alt" => "WIN866",
        "win874" | "windows874" => "WIN874",
        "koi8" | "koi8r" => "KOI8R",
        "koi8u" => "KOI8U",
        _ => return None,
    })
}
