//! What persons took of their day's allowances, read back when the server starts.
//!
//! Invariant: a segment that cannot be read to its end is told of and gives what stands before the damage: a counter may
//! then be too low, but a damaged log never keeps the bank from working.

use std::path::Path;

use sluice_model::audit::{Event, Taken};

use super::format::FormatError;
use super::reader::SegmentReader;
use super::storage::{segment_name, segments};

/// How the body of such a record is told from the others without reading it as JSON.
const MARK: &[u8] = b"\"event\":{\"taken\":";

/// Bytes within which it stands.
const HEAD_BYTES: usize = 80;

/// The records from this moment on, in the order of the log.
pub(super) fn since(directory: &Path, at_micros: i64) -> Vec<Taken> {
    let numbers = segments(directory).unwrap_or_else(|error| {
        tracing::error!(alert = true, %error, "the counters of the day cannot be read from the audit log");
        Vec::new()
    });
    let mut parts = Vec::new();
    for number in numbers.into_iter().rev() {
        let mut found = Vec::new();
        match read(&directory.join(segment_name(number)), at_micros, &mut found) {
            Ok(older) => {
                parts.push(found);
                if older {
                    break;
                }
            }
            Err(error) => {
                tracing::error!(alert = true, number, %error, "counters of the day may be missing: damaged audit log");
                parts.push(found);
            }
        }
    }
    parts.into_iter().rev().flatten().collect()
}

/// Reads a segment; true where it begins before the moment, so that no earlier one is of interest.
fn read(path: &Path, at_micros: i64, found: &mut Vec<Taken>) -> Result<bool, FormatError> {
    let mut segment = SegmentReader::open(path, u64::MAX)?;
    let Some(first) = segment.next_record()? else { return Ok(false) };
    let older = first.at_micros < at_micros;
    let mut keep = |record: sluice_model::audit::Record| {
        if let Event::Taken(taken) = record.event
            && record.at_micros >= at_micros
        {
            found.push(taken);
        }
    };
    keep(first);
    while let Some(body) = segment.next_body()? {
        // It stands behind the time, at the beginning.
        if body[..body.len().min(HEAD_BYTES)].windows(MARK.len()).any(|window| window == MARK) {
            keep(serde_json::from_slice(body).map_err(FormatError::Body)?);
        }
    }
    Ok(older)
}
