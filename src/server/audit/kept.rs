//! Rows of the log that were read before: whoever looks again reads only what has come since.
//!
//! Invariant: bounded, and nothing but the files read earlier; where the oldest file is another one, or the bound is
//! met, the files are read from their beginning.

use std::ops::ControlFlow;
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
    /// Number of the oldest segment.
    first: u64,
    /// Segment, offset and hash behind the last record read.
    at: Option<(u64, u64, Hash)>,
    fold: Fold,
    last_at: i64,
    rows: Rows,
}

/// Finished rows, with their size.
#[derive(Debug, Default)]
struct Rows {
    /// They were too many to be kept.
    overflown: bool,
    list: Vec<Arc<Row>>,
    bytes: usize,
}

impl Rows {
    fn overflown() -> Rows {
        Rows { overflown: true, ..Rows::default() }
    }

    fn keep(&mut self, row: Row) {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.bytes += ROW_BYTES + text(&row.statement) + text(&row.source_sql) + text(&row.fields);
        self.overflown |= self.bytes > BYTES_MAX;
        self.list.push(Arc::new(row));
    }
}

impl Kept {
    /// All rows up to `end`, those still running last; `None` where they are too many to be kept.
    pub(super) fn look(&mut self, directory: &Path, end: Position) -> Result<Option<Vec<Arc<Row>>>, FormatError> {
        let numbers = segments(directory)?;
        let first = numbers.first().copied().unwrap_or(0);
        if first != self.first {
            let rows = Rows { overflown: self.rows.overflown, ..Rows::default() };
            *self = Kept { first, rows, ..Kept::default() };
        }
        let from = self.at.map_or(0, |(segment, ..)| segment);
        for number in numbers.into_iter().filter(|number| (from..=end.segment).contains(number)) {
            if self.rows.overflown {
                break;
            }
            self.segment(directory, number, end)?;
        }
        if self.rows.overflown {
            *self = Kept { first, rows: Rows::overflown(), ..Kept::default() };
            return Ok(None);
        }
        let mut rows = self.rows.list.clone();
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
        let mut segment = match opened {
            Ok(segment) => segment,
            Err(error) => return self.damaged(number, error),
        };
        let Kept { at, fold, last_at, rows, .. } = self;
        let read = read_records(&mut segment, fold, last_at, |fresh, segment| {
            fresh.drain(..).for_each(|row| rows.keep(row));
            if rows.overflown {
                return ControlFlow::Break(());
            }
            *at = Some((number, segment.offset, segment.last));
            ControlFlow::Continue(())
        });
        match read {
            Ok(ControlFlow::Break(())) => Ok(()),
            Ok(ControlFlow::Continue(())) => {
                self.at = Some((number, segment.offset, segment.last));
                Ok(())
            }
            Err(error) => self.damaged(number, error),
        }
    }

    /// A segment that cannot be read on: its rest is passed over, and a row says so.
    fn damaged(&mut self, number: u64, error: FormatError) -> Result<(), FormatError> {
        if matches!(error, FormatError::Io(_)) {
            return Err(error);
        }
        tracing::error!(alert = true, segment = segment_name(number), %error, "an audit segment is damaged");
        self.rows.keep(damaged_row(self.last_at, segment_name(number)));
        self.at = Some((number + 1, 0, Hash::default()));
        Ok(())
    }
}

/// Folds a segment to its end. `told` gets the rows of each record, with the reader behind it, and may stop the reading.
pub(super) fn read_records<B>(
    segment: &mut SegmentReader,
    fold: &mut Fold,
    last_at: &mut i64,
    mut told: impl FnMut(&mut Vec<Row>, &SegmentReader) -> ControlFlow<B>,
) -> Result<ControlFlow<B>, FormatError> {
    let mut rows = Vec::new();
    while read_record(segment, fold, last_at, &mut rows)? {
        if let ControlFlow::Break(why) = told(&mut rows, segment) {
            return Ok(ControlFlow::Break(why));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Folds the next record; false at the end of the segment.
fn read_record(
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
