//! Bytes of a segment: a header, then records, each with its length, checksum and the hash of the one before.
//!
//! ```text
//! header  magic 8 | version u32 | number u64 | hash of the last record of the segment before 32 | CRC32C u32
//! record  length of body u32 | CRC32C u32 | hash of the record before 32 | body, JSON
//! ```
//!
//! Integers are little-endian. The CRC of a header covers everything before it; that of a record covers length, hash
//! and body. The hash of a record is BLAKE3 over the hash it carries and its body; the first record of a segment
//! carries the BLAKE3 of the header. So no record, header or order can change without every later hash changing.

use std::io::{self, Read};

/// First bytes of every segment.
const MAGIC: [u8; 8] = *b"SLUICEAU";
/// Version of this format.
const VERSION: u32 = 1;
/// Length of a header.
pub(super) const HEADER_BYTES: usize = 8 + 4 + 8 + 32 + 4;
/// Length of what stands before a body.
pub(super) const FRAME_BYTES: usize = 4 + 4 + 32;
/// Longest body. A longer length in a file is damage, and a longer record is refused.
pub(super) const BODY_BYTES_MAX: usize = 64 << 20;

/// A BLAKE3 hash.
pub(super) type Hash = [u8; 32];

/// The hash that the first segment of a log names as its predecessor.
pub(super) const GENESIS: Hash = [0; 32];

/// Why bytes are not a segment or not a record.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The file is not a segment at all, or of a version not known here.
    #[error("not an audit segment of version {VERSION}")]
    NotASegment,
    /// The header's checksum is wrong.
    #[error("the header's checksum does not match")]
    HeaderChecksum,
    /// The file ends inside a header or record.
    #[error("the file ends inside a record")]
    Torn,
    /// The declared length is beyond the bound.
    #[error("a record declares {0} bytes")]
    Length(usize),
    /// The record's checksum is wrong.
    #[error("a record's checksum does not match")]
    Checksum,
    /// The record does not follow the one before it.
    #[error("a record does not carry the hash of the one before it")]
    Chain,
    /// The body is not a record.
    #[error("a record cannot be read: {0}")]
    Body(serde_json::Error),
    /// Reading failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
}

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Number of the segment, from 1.
    pub number: u64,
    /// Hash of the last record of the segment before.
    pub previous: Hash,
}

impl Header {
    /// The bytes of the header.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.number.to_le_bytes());
        bytes[20..52].copy_from_slice(&self.previous);
        let checksum = crc32c::crc32c(&bytes[..52]);
        bytes[52..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header; also gives the hash that the first record carries.
    pub fn read(from: &mut impl Read) -> Result<(Header, Hash), FormatError> {
        let mut bytes = [0; HEADER_BYTES];
        if fill(from, &mut bytes)? < HEADER_BYTES {
            return Err(FormatError::Torn);
        }
        if bytes[..8] != MAGIC || bytes[8..12] != VERSION.to_le_bytes() {
            return Err(FormatError::NotASegment);
        }
        if bytes[52..] != crc32c::crc32c(&bytes[..52]).to_le_bytes() {
            return Err(FormatError::HeaderChecksum);
        }
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[12..20]);
        let mut previous = GENESIS;
        previous.copy_from_slice(&bytes[20..52]);
        Ok((Header { number: u64::from_le_bytes(number), previous }, *blake3::hash(&bytes).as_bytes()))
    }
}

/// The hash of a record, which the next one carries.
fn hash(previous: &Hash, body: &[u8]) -> Hash {
    *blake3::Hasher::new().update(previous).update(body).finalize().as_bytes()
}

/// Appends a record to a buffer and gives its hash. The caller has checked the body against [`BODY_BYTES_MAX`].
pub(super) fn encode(previous: &Hash, body: &[u8], out: &mut Vec<u8>) -> Hash {
    let length = (body.len() as u32).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(&length, previous, body).to_le_bytes());
    out.extend_from_slice(previous);
    out.extend_from_slice(body);
    hash(previous, body)
}

fn checksum(length: &[u8; 4], previous: &Hash, body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(length), previous), body)
}

/// Reads the next record's body into `body` and gives its hash; `None` at a clean end of file.
pub(super) fn decode(from: &mut impl Read, previous: &Hash, body: &mut Vec<u8>) -> Result<Option<Hash>, FormatError> {
    let mut frame = [0; FRAME_BYTES];
    match fill(from, &mut frame)? {
        0 => return Ok(None),
        FRAME_BYTES => {}
        _ => return Err(FormatError::Torn),
    }
    let mut length = [0; 4];
    length.copy_from_slice(&frame[..4]);
    let bytes = u32::from_le_bytes(length) as usize;
    if bytes > BODY_BYTES_MAX {
        return Err(FormatError::Length(bytes));
    }
    body.clear();
    // `take` and not a sized buffer: a lying length must not reserve memory that the file cannot fill.
    if from.take(bytes as u64).read_to_end(body)? < bytes {
        return Err(FormatError::Torn);
    }
    let mut carried = GENESIS;
    carried.copy_from_slice(&frame[8..]);
    if frame[4..8] != checksum(&length, &carried, body).to_le_bytes() {
        return Err(FormatError::Checksum);
    }
    if carried != *previous {
        return Err(FormatError::Chain);
    }
    Ok(Some(hash(previous, body)))
}

/// Reads until the buffer is full or the file ends; gives the number of bytes read.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match from.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(bytes) => read += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(bodies: &[&str]) -> Vec<u8> {
        let header = Header { number: 7, previous: [9; 32] }.encode();
        let mut bytes = header.to_vec();
        let mut previous = *blake3::hash(&header).as_bytes();
        for body in bodies {
            previous = encode(&previous, body.as_bytes(), &mut bytes);
        }
        bytes
    }

    /// Bodies up to the first bad record, and what was bad.
    fn read(bytes: &[u8]) -> (Vec<String>, Option<String>) {
        let mut from = bytes;
        let mut previous = match Header::read(&mut from) {
            Ok((_, first)) => first,
            Err(error) => return (Vec::new(), Some(error.to_string())),
        };
        let (mut bodies, mut body) = (Vec::new(), Vec::new());
        loop {
            match decode(&mut from, &previous, &mut body) {
                Ok(Some(hash)) => previous = hash,
                Ok(None) => return (bodies, None),
                Err(error) => return (bodies, Some(error.to_string())),
            }
            bodies.push(String::from_utf8(body.clone()).unwrap());
        }
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read(&segment(&["a", "", "客户"])), (vec!["a".into(), "".into(), "客户".into()], None));
        let (header, _) = Header::read(&mut segment(&[]).as_slice()).unwrap();
        assert_eq!(header, Header { number: 7, previous: [9; 32] });
    }

    #[test]
    fn every_truncation_ends_at_a_whole_record() {
        let whole = segment(&["first", "second", "third"]);
        let ends: Vec<usize> = (0..=3).map(|n| segment(&["first", "second", "third"][..n]).len()).collect();
        for length in 0..whole.len() {
            let (bodies, error) = read(&whole[..length]);
            assert_eq!(bodies.len(), ends.iter().filter(|end| **end <= length).count().saturating_sub(1), "{length}");
            assert_eq!(error.is_none(), ends.contains(&length), "at {length}: {error:?}");
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let whole = segment(&["first", "second"]);
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&bytes).1.is_some(), "bit {bit} flipped and not noticed");
        }
    }

    #[test]
    fn a_record_moved_or_left_out_breaks_the_chain() {
        let one = segment(&["a"]).len();
        let two = segment(&["a", "b"]).len();
        let whole = segment(&["a", "b", "c"]);
        let without_b = [&whole[..one], &whole[two..]].concat();
        assert_eq!(read(&without_b), (vec!["a".into()], Some(FormatError::Chain.to_string())));
        let swapped = [&whole[..one], &whole[two..], &whole[one..two]].concat();
        assert_eq!(read(&swapped), (vec!["a".into()], Some(FormatError::Chain.to_string())));
    }

    #[test]
    fn a_lying_length_reserves_no_memory() {
        let mut bytes = segment(&[]);
        bytes.extend_from_slice(&((BODY_BYTES_MAX as u32) + 1).to_le_bytes());
        bytes.extend_from_slice(&[0; 36]);
        assert_eq!(read(&bytes).1, Some(FormatError::Length(BODY_BYTES_MAX + 1).to_string()));
    }
}
