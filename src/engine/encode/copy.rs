//! CopyData messages of COPY (query) TO STDOUT, in text, CSV and binary: one message for each row, as PostgreSQL
//! sends them and as client libraries rely on.

use super::cells::Cells;
use super::rows::{cells_of, messages, put_message, put_rows, put_sized};
use super::{EncodeError, EncodeSettings, RowBlock, datum};
use bytes::{Buf, BufMut, BytesMut};
use sluice_base::{Column, Datum, Format, SqlType};

/// Begins every binary COPY: a signature, no flags, no header extension.
const BINARY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// How COPY writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyFormat {
    /// Columns between delimiters, escapes by backslash.
    Text {
        /// Between columns; a tab by default.
        delimiter: u8,
        /// Stands for NULL; `\N` by default.
        null: String,
        /// Names of the columns first.
        header: bool,
    },
    /// Comma-separated values.
    Csv {
        /// Between columns; a comma by default.
        delimiter: u8,
        /// Stands for NULL, never quoted; empty by default.
        null: String,
        /// Names of the columns first.
        header: bool,
        /// Around values; `"` by default.
        quote: u8,
        /// Before a quote inside a value; the quote itself by default.
        escape: u8,
        /// Columns that are quoted in any case.
        force_quote: ForceQuote,
    },
    /// PostgreSQL's binary format.
    Binary,
}

/// Which columns `FORCE_QUOTE` names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ForceQuote {
    /// None.
    #[default]
    None,
    /// `*`
    All,
    /// These. A name that is no column of the result is refused.
    Columns(Vec<String>),
}

impl CopyFormat {
    /// Text with PostgreSQL's defaults.
    pub fn text() -> CopyFormat {
        CopyFormat::Text { delimiter: b'\t', null: "\\N".into(), header: false }
    }

    /// CSV with PostgreSQL's defaults.
    pub fn csv() -> CopyFormat {
        CopyFormat::Csv {
            delimiter: b',',
            null: String::new(),
            header: false,
            quote: b'"',
            escape: b'"',
            force_quote: ForceQuote::None,
        }
    }

    /// The format that CopyOutResponse announces.
    pub fn wire_format(&self) -> Format {
        match self {
            CopyFormat::Text { .. } | CopyFormat::Csv { .. } => Format::Text,
            CopyFormat::Binary => Format::Binary,
        }
    }
}

/// Encodes one COPY: [`header`](CopyEncoder::header), then rows, then [`finish`](CopyEncoder::finish). CopyDone is the
/// session's.
pub struct CopyEncoder {
    names: Vec<String>,
    types: Vec<SqlType>,
    formats: Vec<Format>,
    format: CopyFormat,
    /// For each column.
    force_quote: Vec<bool>,
    settings: EncodeSettings,
    /// The binary header goes into the message of the first row, where client libraries look for it.
    header_due: bool,
    scratch: BytesMut,
}

impl CopyEncoder {
    /// An encoder for these columns.
    ///
    /// # Errors
    /// [`EncodeError::UnknownColumn`] where `FORCE_QUOTE` names a column that is not there.
    pub fn new(columns: &[Column], format: CopyFormat, settings: &EncodeSettings) -> Result<CopyEncoder, EncodeError> {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let force_quote = match &format {
            CopyFormat::Csv { force_quote: ForceQuote::All, .. } => vec![true; names.len()],
            CopyFormat::Csv { force_quote: ForceQuote::Columns(forced), .. } => {
                if let Some(unknown) = forced.iter().find(|name| !names.contains(name)) {
                    return Err(EncodeError::UnknownColumn(unknown.clone()));
                }
                names.iter().map(|name| forced.contains(name)).collect()
            }
            _ => vec![false; names.len()],
        };
        Ok(CopyEncoder {
            types: columns.iter().map(|column| column.sql_type.clone()).collect(),
            formats: vec![format.wire_format(); names.len()],
            header_due: format == CopyFormat::Binary,
            names,
            format,
            force_quote,
            settings: settings.clone(),
            scratch: BytesMut::new(),
        })
    }

    /// Appends the line of column names, where it is wanted.
    pub fn header(&mut self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let wanted = match &self.format {
            CopyFormat::Text { header, .. } | CopyFormat::Csv { header, .. } => *header,
            CopyFormat::Binary => false,
        };
        if !wanted {
            return Ok(());
        }
        put_message(out, b'd', |out| {
            for (at, name) in self.names.iter().enumerate() {
                // PostgreSQL quotes names like values, FORCE_QUOTE aside.
                put_field(out, &self.format, at, self.names.len() == 1, false, Some(name.as_bytes()));
            }
            out.put_u8(b'\n');
            Ok(())
        })
    }

    /// Appends `count` rows from row `from` on, a message for each.
    ///
    /// # Errors
    /// On an error `out` ends with the last row before the one at fault.
    pub fn rows(&mut self, block: &RowBlock, from: usize, count: usize, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.rows_within(block, from, count, usize::MAX, out).map(|_| ())
    }

    /// Like [`rows`](CopyEncoder::rows), but stops after the row with which `out` reaches `bytes`; gives the number of
    /// rows appended.
    pub fn rows_within(
        &mut self,
        block: &RowBlock,
        from: usize,
        count: usize,
        bytes: usize,
        out: &mut BytesMut,
    ) -> Result<usize, EncodeError> {
        let count = count.min(block.rows().saturating_sub(from));
        match block {
            RowBlock::Batch(batch) => {
                let cells = cells_of(batch, &self.types, &self.formats, from, count)?;
                put_rows(count, bytes, out, |row, out| self.put_row(out, |this, out| this.put_cells(&cells, row, out)))
            }
            RowBlock::Values(rows) => put_rows(count, bytes, out, |row, out| {
                self.put_row(out, |this, out| this.put_values(&rows[from + row], out))
            }),
            RowBlock::Encoded { bytes: encoded, .. } => {
                let mut messages = messages(encoded).skip(from);
                put_rows(count, bytes, out, |_, out| {
                    let message = messages.next().ok_or(EncodeError::Encoded("fewer rows than announced"))??;
                    self.put_row(out, |this, out| this.put_encoded(&message[5..], out))
                })
            }
        }
    }

    /// Appends what ends the data: the binary trailer.
    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), EncodeError> {
        if self.format != CopyFormat::Binary {
            return Ok(());
        }
        put_message(out, b'd', |out| {
            if std::mem::take(&mut self.header_due) {
                out.put_slice(BINARY_HEADER);
            }
            out.put_i16(-1);
            Ok(())
        })
    }

    /// One message around what is one row.
    fn put_row(
        &mut self,
        out: &mut BytesMut,
        body: impl FnOnce(&mut CopyEncoder, &mut BytesMut) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let due = self.header_due;
        put_message(out, b'd', |out| {
            if due {
                out.put_slice(BINARY_HEADER);
            }
            body(self, out)?;
            if self.format != CopyFormat::Binary {
                out.put_u8(b'\n');
            }
            Ok(())
        })?;
        self.header_due = false;
        Ok(())
    }

    fn put_cells(&mut self, cells: &[Cells], row: usize, out: &mut BytesMut) -> Result<(), EncodeError> {
        if self.format == CopyFormat::Binary {
            out.put_u16(cells.len() as u16);
            return cells.iter().try_for_each(|column| column.put_sized(row, out, &self.settings));
        }
        let alone = cells.len() == 1;
        for (at, column) in cells.iter().enumerate() {
            let force = self.force_quote[at];
            if column.is_null(row) {
                put_field(out, &self.format, at, alone, force, None);
            } else if let Some(text) = column.text(row) {
                put_field(out, &self.format, at, alone, force, Some(text));
            } else {
                self.scratch.clear();
                column.put(row, &mut self.scratch, &self.settings)?;
                put_field(out, &self.format, at, alone, force, Some(&self.scratch));
            }
        }
        Ok(())
    }

    fn put_values(&mut self, row: &[Datum], out: &mut BytesMut) -> Result<(), EncodeError> {
        if row.len() != self.types.len() {
            return Err(EncodeError::Mismatch { expected: self.types.len(), found: row.len() });
        }
        let alone = row.len() == 1;
        if self.format == CopyFormat::Binary {
            out.put_u16(row.len() as u16);
        }
        for (at, (value, sql_type)) in row.iter().zip(&self.types).enumerate() {
            if self.format == CopyFormat::Binary {
                put_sized(out, value, sql_type, Format::Binary, &self.settings)?;
                continue;
            }
            self.scratch.clear();
            datum::put(&mut self.scratch, value, sql_type, Format::Text, &self.settings)?;
            let text = (!value.is_null()).then_some(&self.scratch[..]);
            put_field(out, &self.format, at, alone, self.force_quote[at], text);
        }
        Ok(())
    }

    /// A row that came encoded, in the format of this COPY: a DataRow's body, which is a row of binary COPY.
    fn put_encoded(&mut self, mut body: &[u8], out: &mut BytesMut) -> Result<(), EncodeError> {
        const BROKEN: EncodeError = EncodeError::Encoded("broken row");
        if self.format == CopyFormat::Binary {
            out.put_slice(body);
            return Ok(());
        }
        let count = usize::from(body.try_get_u16().map_err(|_| BROKEN)?);
        if count != self.types.len() {
            return Err(EncodeError::Mismatch { expected: self.types.len(), found: count });
        }
        for at in 0..count {
            let length = body.try_get_i32().map_err(|_| BROKEN)?;
            let value = match usize::try_from(length) {
                Ok(length) => {
                    let value = body.get(..length).ok_or(BROKEN)?;
                    body = &body[length..];
                    Some(value)
                }
                Err(_) => None,
            };
            put_field(out, &self.format, at, count == 1, self.force_quote[at], value);
        }
        Ok(())
    }
}

/// One field with the delimiter before it. `None` is NULL.
fn put_field(out: &mut BytesMut, format: &CopyFormat, at: usize, alone: bool, force: bool, value: Option<&[u8]>) {
    match format {
        CopyFormat::Text { delimiter, null, .. } => {
            if at > 0 {
                out.put_u8(*delimiter);
            }
            match value {
                Some(value) => put_escaped(out, value, *delimiter),
                None => out.put_slice(null.as_bytes()),
            }
        }
        CopyFormat::Csv { delimiter, null, quote, escape, .. } => {
            if at > 0 {
                out.put_u8(*delimiter);
            }
            match value {
                Some(value) => {
                    let special = |b: &u8| *b == *delimiter || *b == *quote || matches!(b, b'\n' | b'\r');
                    let ambiguous = value == null.as_bytes() || (alone && value == b"\\.");
                    if force || ambiguous || value.iter().any(special) {
                        put_quoted(out, value, *quote, *escape);
                    } else {
                        out.put_slice(value);
                    }
                }
                None => out.put_slice(null.as_bytes()),
            }
        }
        CopyFormat::Binary => {}
    }
}

/// Backslash escapes of the text format.
fn put_escaped(out: &mut BytesMut, value: &[u8], delimiter: u8) {
    let mut rest = value;
    let special = |b: &u8| *b == b'\\' || *b == delimiter || matches!(b, 0x08..=0x0d);
    while let Some(at) = rest.iter().position(special) {
        out.put_slice(&rest[..at]);
        let byte = rest[at];
        out.put_u8(b'\\');
        out.put_u8(match byte {
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0b => b'v',
            0x0c => b'f',
            b'\r' => b'r',
            other => other,
        });
        rest = &rest[at + 1..];
    }
    out.put_slice(rest);
}

fn put_quoted(out: &mut BytesMut, value: &[u8], quote: u8, escape: u8) {
    out.put_u8(quote);
    for byte in value {
        if *byte == quote || *byte == escape {
            out.put_u8(escape);
        }
        out.put_u8(*byte);
    }
    out.put_u8(quote);
}
