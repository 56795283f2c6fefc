//! How much may have been read from the sources before anybody takes it.
//!
//! Invariant: however many clients read slowly, what waits for them together stays near a fixed share of the engine's
//! memory: the more scans there are, the smaller are the batches of each. A scan alone has large ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{BATCH_BYTES, BATCH_BYTES_MIN};

/// Batches of one scan between its source and the client: being built, waiting for the engine, waiting for the
/// session, being written.
const BATCHES: usize = 4;

/// What all scans of an engine share; clones are the same.
#[derive(Debug, Clone)]
pub struct ReadAhead {
    bytes: usize,
    scans: Arc<AtomicUsize>,
}

impl ReadAhead {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> ReadAhead {
        ReadAhead { bytes, scans: Arc::default() }
    }

    /// A scan that reads from now on.
    pub(super) fn begin(&self) -> Reading {
        self.scans.fetch_add(1, Ordering::Relaxed);
        Reading(self.clone())
    }
}

impl Default for ReadAhead {
    fn default() -> ReadAhead {
        ReadAhead::new(usize::MAX)
    }
}

/// One of the scans that share the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Reading(ReadAhead);

impl Reading {
    /// Bytes at which a batch that begins now is closed.
    pub(super) fn batch_bytes(&self) -> usize {
        let scans = self.0.scans.load(Ordering::Relaxed).max(1);
        (self.0.bytes / scans / BATCHES).clamp(BATCH_BYTES_MIN, BATCH_BYTES)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.scans.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_scans_the_smaller_their_batches() {
        let room = ReadAhead::new(64 << 20);
        let first = room.begin();
        assert_eq!(first.batch_bytes(), BATCH_BYTES);
        let others: Vec<Reading> = (1..200).map(|_| room.begin()).collect();
        assert_eq!(first.batch_bytes(), (64 << 20) / 200 / BATCHES);
        let many: Vec<Reading> = (200..5_000).map(|_| room.begin()).collect();
        assert_eq!(first.batch_bytes(), BATCH_BYTES_MIN);
        drop((others, many));
        assert_eq!(first.batch_bytes(), BATCH_BYTES);
    }
}
