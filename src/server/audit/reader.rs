//! Reading segments back: one record after the other, each checked against its checksum and the one before.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sluice_model::audit::Record;

use super::format::{FRAME_BYTES, FormatError, HEADER_BYTES, Hash, Header, decode};
use super::storage::{StoreError, segment_name, segments};

/// Reads one segment from its start up to a limit.
pub(super) struct SegmentReader {
    from: std::io::Take<BufReader<File>>,
    /// What the header says.
    pub header: Header,
    /// Hash of the last record read, or of the header.
    pub last: Hash,
    /// Offset behind the last whole record.
    pub offset: u64,
    body: Vec<u8>,
}

impl SegmentReader {
    /// Opens a segment; `limit` is where the valid part ends, for a segment that is still written.
    pub fn open(path: &Path, limit: u64) -> Result<SegmentReader, FormatError> {
        let mut from = BufReader::with_capacity(256 << 10, File::open(path)?).take(limit);
        let (header, last) = Header::read(&mut from)?;
        Ok(SegmentReader { from, header, last, offset: HEADER_BYTES as u64, body: Vec::new() })
    }

    /// Goes on behind a record that was read before.
    pub fn resume(path: &Path, offset: u64, last: Hash, limit: u64) -> Result<SegmentReader, FormatError> {
        let mut file = File::open(path)?;
        let header = Header::read(&mut file)?.0;
        file.seek(SeekFrom::Start(offset))?;
        let from = BufReader::with_capacity(64 << 10, file).take(limit.saturating_sub(offset));
        Ok(SegmentReader { from, header, last, offset, body: Vec::new() })
    }

    /// The body of the next record; `None` at the end.
    pub fn next_body(&mut self) -> Result<Option<&[u8]>, FormatError> {
        match decode(&mut self.from, &self.last, &mut self.body)? {
            Some(hash) => {
                self.last = hash;
                self.offset += (FRAME_BYTES + self.body.len()) as u64;
                Ok(Some(&self.body))
            }
            None => Ok(None),
        }
    }

    /// The next record; `None` at the end.
    pub fn next_record(&mut self) -> Result<Option<Record>, FormatError> {
        match self.next_body()? {
            Some(body) => serde_json::from_slice(body).map(Some).map_err(FormatError::Body),
            None => Ok(None),
        }
    }
}

/// What [`verify`] found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Number of segments.
    pub segments: u64,
    /// Number of records.
    pub records: u64,
    /// Hash of the last record, hex: the head of the chain.
    pub head: String,
}

/// Checks every segment of a directory: headers, numbering, checksums, chain within and across segments, bodies.
/// Reads only; may run beside a server, then a record that is being written counts as torn.
pub fn verify(directory: &Path) -> Result<Verified, StoreError> {
    let io = |error| StoreError::Io { path: directory.to_path_buf(), error };
    let (mut records, mut count) = (0, 0);
    let mut expected: Option<Header> = None;
    for number in segments(directory).map_err(io)? {
        let path: PathBuf = directory.join(segment_name(number));
        let damaged = |error| StoreError::Damaged { path: path.clone(), error };
        let mut segment = SegmentReader::open(&path, u64::MAX).map_err(damaged)?;
        // The oldest segment may follow others that were removed; every later one must follow its neighbour.
        let follows = expected.is_none_or(|header| header == segment.header);
        if !follows || segment.header.number != number {
            return Err(damaged(FormatError::Chain));
        }
        while segment.next_record().map_err(damaged)?.is_some() {
            records += 1;
        }
        count += 1;
        expected = Some(Header { number: number + 1, previous: segment.last });
    }
    let head = expected.map(|header| blake3::Hash::from_bytes(header.previous).to_hex().to_string());
    Ok(Verified { segments: count, records, head: head.unwrap_or_default() })
}
