//! Encodings: texts between UTF-8, in which everything here is kept, and what others write.
//!
//! Invariants: what PostgreSQL 15 refuses is refused, with its SQLSTATE: bytes that are no character of the encoding
//! (22021), characters that the other side lacks (22P05). Every encoding has ASCII as it is.
//!
//! The tables are those of `encoding_rs`, changed where PostgreSQL's are others ([`charsets`]); a test compares each
//! with a PostgreSQL. Left out: `EUC_JIS_2004`, `SHIFT_JIS_2004`, `EUC_TW`, `JOHAB` and `MULE_INTERNAL`, of which that
//! crate has no tables.

mod charsets;
mod names;
mod table;

use std::borrow::Cow;
use std::sync::OnceLock;

use charsets::{CHARSETS, COUNT};
use table::Table;

/// An encoding that a client may speak.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Encoding(Kind);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Utf8,
    /// No conversion: a client that takes what comes. What she sends must be UTF-8 all the same.
    SqlAscii,
    /// One of [`CHARSETS`].
    Charset(usize),
}

impl std::fmt::Debug for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingFault {
    /// No character of the encoding.
    Invalid,
    /// A character of the encoding that Unicode lacks.
    Untranslatable,
}

/// A character that an encoding lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lacking;

impl Encoding {
    /// What a session speaks that asked for nothing else.
    pub const UTF8: Encoding = Encoding(Kind::Utf8);
    /// `SQL_ASCII`
    pub const SQL_ASCII: Encoding = Encoding(Kind::SqlAscii);

    /// The encoding of a name, spelled in any of PostgreSQL's ways; `None` where it is unknown or not spoken here.
    pub fn named(name: &str) -> Option<Encoding> {
        let name = names::canonical(name)?;
        Encoding::all().find(|encoding| encoding.name() == name)
    }

    /// Every encoding spoken here.
    pub fn all() -> impl Iterator<Item = Encoding> {
        let charsets = (0..COUNT).map(|at| Encoding(Kind::Charset(at)));
        [Encoding::UTF8, Encoding::SQL_ASCII].into_iter().chain(charsets)
    }

    /// The name that PostgreSQL shows.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Utf8 => "UTF8",
            Kind::SqlAscii => "SQL_ASCII",
            Kind::Charset(at) => CHARSETS[at].name,
        }
    }

    /// True where nothing is converted.
    pub fn is_identity(self) -> bool {
        !matches!(self.0, Kind::Charset(_))
    }

    /// The name of the encoding that a client's bytes are checked against.
    pub fn checked_as(self) -> &'static str {
        if self.is_identity() { Encoding::UTF8.name() } else { self.name() }
    }

    /// The table, made at its first use.
    fn table(self) -> Option<&'static Table> {
        static TABLES: [OnceLock<Table>; COUNT] = [const { OnceLock::new() }; COUNT];
        match self.0 {
            Kind::Charset(at) => Some(TABLES[at].get_or_init(|| Table::of(&CHARSETS[at]))),
            Kind::Utf8 | Kind::SqlAscii => None,
        }
    }

    /// Bytes of a client as text.
    ///
    /// # Errors
    /// [`EncodingFault`]; a zero byte is one.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, EncodingFault> {
        match self.table() {
            Some(table) if !is_plain(bytes) => table.decode(bytes).map(Cow::Owned),
            _ => match std::str::from_utf8(bytes) {
                Ok(text) if !bytes.contains(&0) => Ok(Cow::Borrowed(text)),
                _ => Err(EncodingFault::Invalid),
            },
        }
    }

    /// Text as bytes for a client, appended.
    ///
    /// # Errors
    /// [`Lacking`]; `out` then ends with what came before the character.
    pub fn encode(self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Lacking> {
        match self.table() {
            Some(table) if !text.is_ascii() => {
                // Everything here is UTF-8; what is not has no character to look up.
                table.encode(std::str::from_utf8(text).map_err(|_| Lacking)?, out)
            }
            _ => {
                out.extend_from_slice(text);
                Ok(())
            }
        }
    }

    /// Like [`encode`](Encoding::encode), with `?` for what is lacking.
    pub fn encode_lossy(self, text: &[u8], out: &mut Vec<u8>) {
        match (self.table(), std::str::from_utf8(text)) {
            (Some(table), Ok(text)) => table.encode_lossy(text, out),
            _ => out.extend_from_slice(text),
        }
    }
}

/// ASCII without a zero byte: the same in every encoding.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.is_ascii() && !bytes.contains(&0)
}
