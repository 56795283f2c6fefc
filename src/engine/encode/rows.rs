//! DataRow messages.

use super::cells::Cells;
use super::{EncodeError, EncodeSettings, RowBlock, datum};
use arrow::record_batch::RecordBatch;
use bytes::{BufMut, Bytes, BytesMut};
use sluice_base::{Column, Datum, Format, SqlType};

/// Columns that a row may have, as in PostgreSQL.
const COLUMNS_MAX: usize = 1_664;
/// Bytes that a message may have, as in PostgreSQL: one gigabyte less one.
pub(super) const ROW_BYTES_MAX: usize = 0x3fff_ffff;

/// Encodes the rows of one result for one client.
pub struct RowEncoder {
    types: Vec<SqlType>,
    formats: Vec<Format>,
    settings: EncodeSettings,
}

impl RowEncoder {
    /// An encoder for these columns. `formats` is as long as `columns`, or empty for text throughout.
    ///
    /// # Errors
    /// [`EncodeError::TooManyColumns`]; [`EncodeError::Mismatch`] where the lengths differ.
    pub fn new(columns: &[Column], formats: &[Format], settings: &EncodeSettings) -> Result<RowEncoder, EncodeError> {
        if columns.len() > COLUMNS_MAX {
            return Err(EncodeError::TooManyColumns(columns.len()));
        }
        let formats = if formats.is_empty() { vec![Format::Text; columns.len()] } else { formats.to_vec() };
        if formats.len() != columns.len() {
            return Err(EncodeError::Mismatch { expected: columns.len(), found: formats.len() });
        }
        let types = columns.iter().map(|column| column.sql_type.clone()).collect();
        Ok(RowEncoder { types, formats, settings: settings.clone() })
    }

    /// Appends `count` rows from row `from` on as whole DataRow messages; rows beyond the block's end are not there.
    ///
    /// # Errors
    /// On an error `out` ends with the last row before the one at fault.
    pub fn data_rows(
        &mut self,
        block: &RowBlock,
        from: usize,
        count: usize,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        self.data_rows_within(block, from, count, usize::MAX, out).map(|_| ())
    }

    /// Like [`data_rows`](RowEncoder::data_rows), but stops after the row with which `out` reaches `bytes`. Gives the
    /// number of rows appended: at least one where `count` is. For buffers that must stay small however wide rows are.
    pub fn data_rows_within(
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
                put_rows(count, bytes, out, |row, out| put_batch_row(&cells, row, out, &self.settings))
            }
            RowBlock::Values(rows) => put_rows(count, bytes, out, |row, out| self.put_values(&rows[from + row], out)),
            RowBlock::Encoded { bytes: encoded, .. } => {
                let mut messages = messages(encoded).skip(from);
                put_rows(count, bytes, out, |_, out| {
                    let message = messages.next().ok_or(EncodeError::Encoded("fewer rows than announced"))?;
                    out.put_slice(message?);
                    Ok(())
                })
            }
        }
    }

    fn put_values(&self, row: &[Datum], out: &mut BytesMut) -> Result<(), EncodeError> {
        if row.len() != self.types.len() {
            return Err(EncodeError::Mismatch { expected: self.types.len(), found: row.len() });
        }
        put_message(out, b'D', |out| {
            out.put_u16(row.len() as u16);
            for ((value, sql_type), format) in row.iter().zip(&self.types).zip(&self.formats) {
                put_sized(out, value, sql_type, *format, &self.settings)?;
            }
            Ok(())
        })
    }
}

/// The columns of a part of a batch.
pub(super) fn cells_of(
    batch: &RecordBatch,
    types: &[SqlType],
    formats: &[Format],
    from: usize,
    count: usize,
) -> Result<Vec<Cells>, EncodeError> {
    if batch.num_columns() != types.len() {
        return Err(EncodeError::Mismatch { expected: types.len(), found: batch.num_columns() });
    }
    let columns = batch.columns().iter().zip(types).zip(formats);
    columns.map(|((array, sql_type), format)| Cells::of(&array.slice(from, count), sql_type, *format)).collect()
}

/// Appends rows until there are `count` or `out` holds `bytes`. A row at fault is taken back whole.
pub(super) fn put_rows(
    count: usize,
    bytes: usize,
    out: &mut BytesMut,
    mut put_row: impl FnMut(usize, &mut BytesMut) -> Result<(), EncodeError>,
) -> Result<usize, EncodeError> {
    for row in 0..count {
        let start = out.len();
        if let Err(error) = put_row(row, out) {
            out.truncate(start);
            return Err(error);
        }
        if out.len() >= bytes {
            return Ok(row + 1);
        }
    }
    Ok(count)
}

fn put_batch_row(
    cells: &[Cells],
    row: usize,
    out: &mut BytesMut,
    settings: &EncodeSettings,
) -> Result<(), EncodeError> {
    put_message(out, b'D', |out| {
        out.put_u16(cells.len() as u16);
        cells.iter().try_for_each(|column| column.put_sized(row, out, settings))
    })
}

/// Writes type byte and length around a body.
pub(super) fn put_message(
    out: &mut BytesMut,
    kind: u8,
    body: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    out.put_u8(kind);
    let at = out.len();
    out.put_u32(0);
    body(out)?;
    let length = out.len() - at;
    if length > ROW_BYTES_MAX {
        return Err(EncodeError::RowTooLarge);
    }
    out[at..at + 4].copy_from_slice(&(length as u32).to_be_bytes());
    Ok(())
}

/// A value behind its length; -1 for null.
pub(super) fn put_sized(
    out: &mut BytesMut,
    value: &Datum,
    sql_type: &SqlType,
    format: Format,
    settings: &EncodeSettings,
) -> Result<(), EncodeError> {
    if value.is_null() {
        out.put_i32(-1);
        return Ok(());
    }
    let at = out.len();
    out.put_i32(0);
    datum::put(out, value, sql_type, format, settings)?;
    let length = i32::try_from(out.len() - at - 4).map_err(|_| EncodeError::RowTooLarge)?;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// The messages of an encoded block, each with its header.
pub(super) fn messages(bytes: &Bytes) -> impl Iterator<Item = Result<&[u8], EncodeError>> {
    const BROKEN: EncodeError = EncodeError::Encoded("broken framing");
    let mut rest: &[u8] = bytes;
    std::iter::from_fn(move || {
        let (header, _) = match rest.split_first_chunk::<5>() {
            Some(split) => split,
            None if rest.is_empty() => return None,
            None => {
                rest = &[];
                return Some(Err(BROKEN));
            }
        };
        let [kind, length @ ..] = *header;
        let end = u32::from_be_bytes(length) as usize + 1;
        if kind != b'D' || end < 7 || end > rest.len() {
            rest = &[];
            return Some(Err(BROKEN));
        }
        let (message, after) = rest.split_at(end);
        rest = after;
        Some(Ok(message))
    })
}
