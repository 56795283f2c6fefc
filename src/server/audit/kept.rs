//! Rows of the log that were read before: whoever looks again reads only what has come since.
//!
//! Invariant: bounded, and nothing but the files read earlier; where the oldest file is another one, or the bound is
//! met, the files are read from their beginning.

use std::path::Path;
use std::sync::Arc;

use super::format::{FormatError, Hash};
use super::queries::{Fold, Row, damaged_row};
use super::reader::SegmentReader;
use super::storage::{segment_name, segments};
use super::writer::Position;

/// Kept at most, as far as its texts go.
const BYTES_MAX: usize = 32 << 20;
/// What a row takes besides its texts.
const ROW_BYTES: usize = 600;

/// The rows of the log so far, and where reading goes on.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The log does not fit.
    overflown: bool,
    /// Number of the oldest segment.
    first: u64,
    /// Segment, offset and hash behind the last record read.
    at: Option<(u64, u64, Hash)>,
    fold: Fold,
    last_at: i64,
    rows: Vec<Arc<Row>>,
    bytes: usize,
}

impl Kept {
    /// All rows up to `end`, those still running last; `None` where they are too many to be kept.
    pub(super) fn look(&mut self, directory: &Path, end: Position) -> Result<Option<Vec<Arc<Row>>>, FormatError> {
        let numbers = segments(directory)?;
        let first = numbers.first().copied().unwrap_or(0);
        if first != self.first {
            *self = Kept { first, overflown: self.overflown, ..Kept::default() };
        }
        let from = self.at.map_or(0, |(segment, ..)| segment);
        for number in numbers.into_iter().filter(|number| (from..=end.segment).contains(number)) {
            if self.overflown {
                break;
            }
            self.segment(directory, number, end)?;
        }
        if self.overflown {
            *self = Kept { first, overflown: true, ..Kept::default() };
            return Ok(None);
        }
        let mut rows = self.rows.clone();
        rows.extend(self.fold.running().into_iter().map(Arc::new));
        Ok(Some(rows))
    }

    /// Reads what is new in one segment.
    fn segment(&mut self, directory: &Path, number: u64, end: Position) -> Result<(), FormatError> {
        let limit = if number == end.segment { end.offset } else { u64::MAX };
        let path = directory.join(segment_name(number));
        let opened = match self.at {
            Some((segment, offset, last)) if segment == number && offset > 0 => {
                SegmentReader::resume(&path, offset, last, limit)
            }
            _ => SegmentReader::open(&path, limit),
        };
        let (mut fresh, mut segment) = match opened {
            Ok(segment) => (Vec::new(), segment),
            Err(error) => return self.damaged(number, error),
        };
        loop {
            let more = read_record(&mut segment, &mut self.fold, &mut self.last_at, &mut fresh);
            for row in fresh.drain(..) {
                self.keep(row);
            }
            match more {
                Ok(true) if self.overflown => return Ok(()),
                Ok(true) => self.at = Some((number, segment.offset, segment.last)),
                Ok(false) => {
                    self.at = Some((number, segment.offset, segment.last));
                    return Ok(());
                }
                Err(error) => return self.damaged(number, error),
            }
        }
    }

    /// A segment that cannot be read on: its rest is passed over, and a row says so.
    fn damaged(&mut self, number: u64, error: FormatError) -> Result<(), FormatError> {
        if matches!(error, FormatError::Io(_)) {
            return Err(error);
        }
        tracing::error!(alert = true, segment = segment_name(number), %error, "an audit segment is damaged");
        self.keep(damaged_row(self.last_at, segment_name(number)));
        self.at = Some((number + 1, 0, Hash::default()));
        Ok(())
    }

    fn keep(&mut self, row: Row) {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.bytes += ROW_BYTES + text(&row.statement) + text(&row.source_sql) + text(&row.fields);
        self.overflown |= self.bytes > BYTES_MAX;
        self.rows.push(Arc::new(row));
    }
}

/// Folds the next record; false at the end of the segment.
pub(super) fn read_record(
    segment: &mut SegmentReader,
    fold: &mut Fold,
    last_at: &mut i64,
    rows: &mut Vec<Row>,
) -> Result<bool, FormatError> {
    let record = match segment.next_record() {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(false),
        Err(FormatError::Body(error)) => {
            // Its place in the chain is right, so what follows can still be believed.
            tracing::error!(alert = true, %error, "an audit record cannot be read");
            rows.push(damaged_row(*last_at, hex(&segment.last)));
            return Ok(true);
        }
        Err(error) => return Err(error),
    };
    *last_at = record.at_micros;
    fold.push(record, || hex(&segment.last), rows);
    Ok(true)
}

pub(super) fn hex(hash: &Hash) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}
