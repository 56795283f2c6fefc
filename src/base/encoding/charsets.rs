//! The encodings, and where PostgreSQL 15's tables differ from those of `encoding_rs`, which are a browser's.
//!
//! A browser reads what pages were ever written in; PostgreSQL keeps to the standard that a name stands for. So most
//! differences are codes that PostgreSQL does not have: the private use area, and later additions to GBK and Big5.

use encoding_rs as tables;

/// Codes one after the other, in the order of the encoding, and their characters.
pub(super) type Run = (u16, &'static str);

/// One encoding.
pub(super) struct Charset {
    /// PostgreSQL's name.
    pub(super) name: &'static str,
    /// How many bytes a character has.
    pub(super) shape: Shape,
    /// The crate's table.
    pub(super) table: &'static tables::Encoding,
    /// Bytes 0x80 to 0x9f are control characters, not Windows' letters.
    pub(super) controls: bool,
    /// Whether PostgreSQL has the crate's character at this code.
    pub(super) has: fn(u32, char) -> bool,
    /// Characters that PostgreSQL has at other codes.
    pub(super) changed: &'static [Run],
    /// Rows of 94 codes for private use: the first code and its character.
    pub(super) private: &'static [(u16, u16)],
    /// Characters that are written as these codes, which are read as another character, or as none.
    pub(super) written: &'static [(char, u16)],
}

/// How many bytes a character has, and which bytes those may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One.
    Single,
    /// Two where the first has its high bit; the second is any.
    Double,
    /// Two in the rows and columns of a 94 by 94 set.
    Euc,
    /// Likewise, with half-width katakana behind 0x8e and a second set behind 0x8f.
    EucJp,
    /// One for half-width katakana, two in two ranges.
    Sjis,
    /// Two or four.
    Gb18030,
}

fn all(_: u32, _: char) -> bool {
    true
}

/// Where a code page has no character, the crate has a control character.
fn no_controls(_: u32, c: char) -> bool {
    !c.is_control()
}

/// Without a vowel sign that came later.
fn win1255(code: u32, c: char) -> bool {
    no_controls(code, c) && code != 0xca
}

fn standard(c: char) -> bool {
    !('\u{e000}'..='\u{f8ff}').contains(&c)
}

/// Code page 936: not what GB 18030 added.
fn gbk(code: u32, c: char) -> bool {
    let added = matches!(
        code,
        0xa2e3 | 0xa3a0 | 0xa6d9..=0xa6df | 0xa6ec | 0xa6ed | 0xa6f3 | 0xa8bc | 0xa8bf | 0xa989..=0xa995 | 0xfe50..
    );
    standard(c) && code > 0xff && !added
}

/// GB 2312.
fn euc_cn(code: u32, c: char) -> bool {
    let added = matches!(code, 0xa2a1..=0xa2aa | 0xa2e3 | 0xa6d9..=0xa6f5 | 0xa8bb..=0xa8c0);
    gbk(code, c) && is_euc(code) && !added
}

/// KS X 1001.
fn euc_kr(code: u32, _: char) -> bool {
    is_euc(code)
}

fn is_euc(code: u32) -> bool {
    code > 0xa1a0 && code & 0xff > 0xa0
}

/// Big5 with ETEN's additions; not Hong Kong's.
fn big5(code: u32, _: char) -> bool {
    matches!(code, 0xa140..=0xa3bf | 0xa440..=0xc7fc | 0xc940..=0xf9dc)
}

fn euc_jp(code: u32, _: char) -> bool {
    !matches!(code, 0xf9a1..=0xffff | 0x8fa2b7)
}

fn sjis(code: u32, c: char) -> bool {
    standard(c) && code != 0x80
}

/// Where Big5 has several candidates, or none.
const BIG5: &[Run] = &[
    (0xa145, "•"),
    (0xa14e, "､"),
    (0xa15a, "\u{fffd}"),
    (0xa1c2, "‾\u{fffd}"),
    (0xa1c5, "\u{fffd}"),
    (0xa1e3, "∼"),
    (0xa1f2, "♁☉"),
    (0xa1fe, "\u{fffd}\u{fffd}／＼"),
    (0xa244, "¥"),
    (0xa246, "¢£"),
    (0xa2cc, "\u{fffd}"),
    (0xa2ce, "\u{fffd}"),
    (
        0xc6a1,
        "ヾゝゞ々ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬね\
         のはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんァアィイゥウェエォオカ\
         ガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボ\
         ポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶДЕЁЖЗИЙКЛМУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуф\
         хцчшщъыьэюя①②③④⑤⑥⑦⑧⑨⑩⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽",
    ),
];

/// Of the second set: a broken bar, and characters of IBM.
const EUC_JP_3: &[Run] = &[
    (0xa2c3, "￤"),
    (
        0xf3f3,
        "ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ＇＂㈱№℡炻仼僴凬匇匤\u{fa0e}咊坙\u{fa0f}\u{fa10}增寬峵嵓\u{fa11}德悅愠敎昻晥\u{fa12}\
         \u{f929}栁\u{fa13}\u{fa14}橫櫢淸淲瀨\u{fa15}\u{fa16}甁皂皞\u{fa17}礰\u{fa18}\u{fa19}\u{fa1a}\u{fa1b}\
         竧\u{fa1c}\u{fa1d}綠緖\u{fa1e}荢\u{fa1f}薰\u{fa20}\u{fa21}蠇\u{fa22}譿賴赶\u{fa23}\u{fa24}\u{fa25}\
         郞\u{fa26}鄕\u{fa27}\u{fa28}閒\u{f9dc}\u{fa29}霻靍靑\u{fa2a}\u{fa2b}\u{fa2c}馞髙魲\u{fa2d}黑",
    ),
];

/// GB 18030 of the year 2000, before these got numbers of their own in Unicode.
const GB18030: &[Run] = &[
    (0xa3a0, "\u{e5e5}"),
    (0xa6d9, "\u{e78d}\u{e78e}\u{e78f}\u{e790}\u{e791}\u{e792}\u{e793}"),
    (0xa6ec, "\u{e794}\u{e795}"),
    (0xa6f3, "\u{e796}"),
    (0xa8bc, "\u{e7c7}"),
    (0xfe59, "\u{e81e}"),
    (0xfe61, "\u{e826}"),
    (0xfe66, "\u{e82b}\u{e82c}"),
    (0xfe6d, "\u{e832}"),
    (0xfe7e, "\u{e843}"),
    (0xfe90, "\u{e854}"),
    (0xfea0, "\u{e864}"),
];

/// Unified Hangul Code keeps two rows for its users.
const UHC_PRIVATE: &[(u16, u16)] = &[(0xc9a1, 0xe000), (0xfea1, 0xe05e)];

/// IBM's codes go before NEC's; some signs are written as their like.
const SJIS_WRITTEN: &[(char, u16)] = &[
    ('¥', 0x5c),
    ('‾', 0x7e),
    ('−', 0x817c),
    ('¢', 0x8191),
    ('£', 0x8192),
    ('¬', 0x81ca),
    ('‖', 0x8161),
    ('〜', 0x8160),
    ('№', 0xfa59),
    ('℡', 0xfa5a),
    ('㈱', 0xfa58),
    ('Ⅰ', 0xfa4a),
    ('Ⅱ', 0xfa4b),
    ('Ⅲ', 0xfa4c),
    ('Ⅳ', 0xfa4d),
    ('Ⅴ', 0xfa4e),
    ('Ⅵ', 0xfa4f),
    ('Ⅶ', 0xfa50),
    ('Ⅷ', 0xfa51),
    ('Ⅸ', 0xfa52),
    ('Ⅹ', 0xfa53),
];

const fn charset(name: &'static str, shape: Shape, table: &'static tables::Encoding) -> Charset {
    Charset { name, shape, table, controls: false, has: all, changed: &[], private: &[], written: &[] }
}

const fn single(name: &'static str, table: &'static tables::Encoding) -> Charset {
    charset(name, Shape::Single, table)
}

const fn windows(name: &'static str, table: &'static tables::Encoding) -> Charset {
    Charset { has: no_controls, ..charset(name, Shape::Single, table) }
}

/// How many.
pub(super) const COUNT: usize = 35;

/// All of them.
pub(super) static CHARSETS: [Charset; COUNT] = [
    Charset { has: gbk, written: &[('€', 0x80)], ..charset("GBK", Shape::Double, tables::GBK) },
    Charset { changed: GB18030, ..charset("GB18030", Shape::Gb18030, tables::GB18030) },
    Charset { has: euc_cn, changed: &[(0xa1a4, "・"), (0xa1aa, "―")], ..charset("EUC_CN", Shape::Euc, tables::GBK) },
    Charset { has: big5, changed: BIG5, ..charset("BIG5", Shape::Double, tables::BIG5) },
    Charset {
        has: euc_jp,
        changed: EUC_JP_3,
        written: &[('¦', 0xa2c3)],
        ..charset("EUC_JP", Shape::EucJp, tables::EUC_JP)
    },
    Charset { has: sjis, written: SJIS_WRITTEN, ..charset("SJIS", Shape::Sjis, tables::SHIFT_JIS) },
    Charset { has: euc_kr, changed: &[(0xa2e8, "㉾")], ..charset("EUC_KR", Shape::Euc, tables::EUC_KR) },
    Charset { changed: &[(0xa2e8, "㉾")], private: UHC_PRIVATE, ..charset("UHC", Shape::Double, tables::EUC_KR) },
    Charset { controls: true, ..single("LATIN1", tables::WINDOWS_1252) },
    Charset { controls: true, ..single("LATIN5", tables::WINDOWS_1254) },
    Charset { changed: &[(0xae, "╝"), (0xbe, "╬")], ..single("KOI8U", tables::KOI8_U) },
    single("LATIN2", tables::ISO_8859_2),
    single("LATIN3", tables::ISO_8859_3),
    single("LATIN4", tables::ISO_8859_4),
    single("LATIN6", tables::ISO_8859_10),
    single("LATIN7", tables::ISO_8859_13),
    single("LATIN8", tables::ISO_8859_14),
    single("LATIN9", tables::ISO_8859_15),
    single("LATIN10", tables::ISO_8859_16),
    single("ISO_8859_5", tables::ISO_8859_5),
    single("ISO_8859_6", tables::ISO_8859_6),
    single("ISO_8859_7", tables::ISO_8859_7),
    single("ISO_8859_8", tables::ISO_8859_8),
    single("KOI8R", tables::KOI8_R),
    single("WIN866", tables::IBM866),
    windows("WIN1250", tables::WINDOWS_1250),
    windows("WIN1251", tables::WINDOWS_1251),
    windows("WIN1252", tables::WINDOWS_1252),
    windows("WIN1253", tables::WINDOWS_1253),
    windows("WIN1254", tables::WINDOWS_1254),
    Charset { has: win1255, ..single("WIN1255", tables::WINDOWS_1255) },
    windows("WIN1257", tables::WINDOWS_1257),
    windows("WIN1258", tables::WINDOWS_1258),
    single("WIN1256", tables::WINDOWS_1256),
    windows("WIN874", tables::WINDOWS_874),
];
