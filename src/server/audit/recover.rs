//! Finding the end of the log at start, and cutting what a crash left half-written.
//!
//! Invariant: nothing is thrown away. What is cut off is first copied to a `.cut` file beside the segment, for whoever
//! wants to know whether it was a crash or a hand.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sluice_model::audit::Event;

use super::format::{FormatError, GENESIS, Hash};
use super::reader::SegmentReader;
use super::storage::{StoreError, segment_name, segments};

/// Where writing goes on.
pub(super) enum End {
    /// At this offset of this segment.
    Inside {
        /// Number of the segment.
        number: u64,
        /// Offset behind its last whole record.
        offset: u64,
        /// Hash of its last record.
        last: Hash,
    },
    /// In a segment yet to be made (anew).
    Before {
        /// Number of the segment.
        number: u64,
        /// Hash of the last record of the one before.
        previous: Hash,
    },
}

/// Checks the last segment and cuts it behind its last whole record. Where something was cut, the event to record.
pub(super) fn recover(directory: &Path) -> Result<(End, Option<Event>), StoreError> {
    let io = |error| StoreError::Io { path: directory.to_path_buf(), error };
    let numbers = segments(directory).map_err(io)?;
    let Some(&number) = numbers.last() else {
        return Ok((End::Before { number: 1, previous: GENESIS }, None));
    };
    let path = directory.join(segment_name(number));
    let bytes = fs::metadata(&path).map_err(io)?.len();
    let mut segment = match SegmentReader::open(&path, u64::MAX) {
        Ok(segment) => segment,
        Err(FormatError::Io(error)) => return Err(io(error)),
        Err(error) => {
            // Not even a header: a crash while the segment was made, or damage. Make it anew behind the one before.
            let previous = match numbers.len() {
                1 => GENESIS,
                more => last_hash(directory, numbers[more - 2])?,
            };
            let event = cut(directory, number, 0, bytes, &error).map_err(io)?;
            return Ok((End::Before { number, previous }, event));
        }
    };
    let reason = loop {
        match segment.next_body() {
            Ok(Some(_)) => {}
            Ok(None) => break None,
            Err(FormatError::Io(error)) => return Err(io(error)),
            Err(error) => break Some(error),
        }
    };
    let end = End::Inside { number, offset: segment.offset, last: segment.last };
    match reason {
        None => Ok((end, None)),
        Some(error) => Ok((end, cut(directory, number, segment.offset, bytes, &error).map_err(io)?)),
    }
}

/// Hash of the last record of a segment that must be whole.
fn last_hash(directory: &Path, number: u64) -> Result<Hash, StoreError> {
    let path = directory.join(segment_name(number));
    let read = || {
        let mut segment = SegmentReader::open(&path, u64::MAX)?;
        while segment.next_body()?.is_some() {}
        Ok(segment.last)
    };
    read().map_err(|error| StoreError::Damaged { path: path.clone(), error })
}

/// Keeps `kept` bytes of a segment and puts the rest aside.
fn cut(directory: &Path, number: u64, kept: u64, bytes: u64, reason: &FormatError) -> io::Result<Option<Event>> {
    if bytes == kept {
        return Ok(None);
    }
    let segment = segment_name(number);
    let mut source = File::open(directory.join(&segment))?;
    source.seek(SeekFrom::Start(kept))?;
    let mut aside = create_aside(directory, &segment)?;
    io::copy(&mut source.take(bytes - kept), &mut aside)?;
    aside.sync_all()?;
    let file = OpenOptions::new().write(true).open(directory.join(&segment))?;
    file.set_len(kept)?;
    file.sync_all()?;
    Ok(Some(Event::Recovered { segment, kept_bytes: kept, cut_bytes: bytes - kept, reason: reason.to_string() }))
}

/// A new file for what is cut off; an earlier one is never overwritten.
fn create_aside(directory: &Path, segment: &str) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut count = 1;
    loop {
        let path = directory.join(format!("{segment}.{count}.cut"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => count += 1,
            result => return result,
        }
    }
}
