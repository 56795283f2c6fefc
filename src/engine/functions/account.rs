//! What expressions make, counted where it lives: an array of theirs holds its bytes in a pool until it is dropped, and
//! what the constants of one statement come to is added up.
//!
//! Invariant: bytes are taken before the values are made. Left out: results under [`LARGE`], and those of functions that
//! make no more than they are given; there is at most a small number of either at a time.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use datafusion::arrow::array::{ArrayRef, make_array};
use datafusion::arrow::buffer::Buffer;
use datafusion::common::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::ColumnarValue;

use super::external;
use crate::EngineError;
use crate::share::Share;

/// Smaller results are not worth a look at the pool.
const LARGE: usize = 1 << 20;

/// Where one statement's expressions count.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pool: Arc<dyn MemoryPool>,
    /// Bytes of all constants that were computed.
    constants: Arc<AtomicUsize>,
}

impl Account {
    /// An account on this pool.
    pub(crate) fn new(pool: Arc<dyn MemoryPool>) -> Account {
        Account { pool, constants: Arc::default() }
    }

    /// That of another statement, which has its own share of the pool.
    pub(super) fn afresh(&self) -> Account {
        Account::new(Share::of(&self.pool))
    }
}

/// What one call in a statement has made.
#[derive(Debug)]
pub(super) struct Made {
    account: Account,
    /// Bytes of the largest constant: there is one at a time.
    largest: AtomicUsize,
}

impl Made {
    pub(super) fn new(account: &Account) -> Made {
        Made { account: account.clone(), largest: AtomicUsize::new(0) }
    }

    /// Counts a constant that is about to be made.
    pub(super) fn constant(&self, bytes: usize, bytes_max: usize) -> Result<(), EngineError> {
        let more = bytes.saturating_sub(self.largest.fetch_max(bytes, Ordering::Relaxed));
        let all = self.account.constants.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        if all > bytes_max { Err(EngineError::Memory(format!("constants of {all} bytes"))) } else { Ok(()) }
    }

    /// Takes bytes for values that are about to be made; `None` for few.
    pub(super) fn take(&self, bytes: usize, what: &str) -> Result<Option<MemoryReservation>> {
        if bytes < LARGE {
            return Ok(None);
        }
        let reservation = MemoryConsumer::new(what).register(&self.account.pool);
        reservation.try_grow(bytes)?;
        Ok(Some(reservation))
    }
}

// Where it is counted is no part of what a call computes.
impl PartialEq for Made {
    fn eq(&self, _: &Made) -> bool {
        true
    }
}

impl Eq for Made {}

impl Hash for Made {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Values that keep their bytes in the pool as long as any part of them lives.
pub(super) fn kept(values: ColumnarValue, reservation: Option<MemoryReservation>) -> Result<ColumnarValue> {
    match (values, reservation) {
        (ColumnarValue::Array(array), Some(reservation)) => array_kept(&array, reservation).map(ColumnarValue::Array),
        (values, _) => Ok(values),
    }
}

fn array_kept(array: &ArrayRef, reservation: MemoryReservation) -> Result<ArrayRef> {
    let (taken, needed) = (reservation.size(), array.get_array_memory_size());
    reservation.shrink(taken.saturating_sub(needed));
    let data = array.to_data();
    let mut buffers = data.buffers().to_vec();
    if let Some(last) = buffers.last_mut() {
        let owner = Owner { buffer: last.clone(), _reservation: reservation };
        *last = Buffer::from(Bytes::from_owner(owner));
    }
    let data = data.into_builder().buffers(buffers).build();
    Ok(make_array(data.map_err(|error| external(EngineError::Internal(error.to_string())))?))
}

/// A buffer, and its bytes in the pool.
struct Owner {
    buffer: Buffer,
    _reservation: MemoryReservation,
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.buffer.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Array, AsArray, StringArray};
    use datafusion::execution::memory_pool::GreedyMemoryPool;

    use super::*;

    fn pool() -> Arc<dyn MemoryPool> {
        Arc::new(GreedyMemoryPool::new(8 << 20))
    }

    #[test]
    fn values_hold_their_bytes_until_the_last_part_is_dropped() {
        let pool = pool();
        let made = Made::new(&Account::new(Arc::clone(&pool)));
        let texts = StringArray::from(vec![Some("闸".repeat(1 << 19)), None]);
        let reservation = made.take(4 << 20, "texts").unwrap();
        let held = kept(ColumnarValue::Array(Arc::new(texts.clone())), reservation).unwrap();
        let ColumnarValue::Array(held) = held else { panic!("an array") };
        assert_eq!(held.as_string::<i32>(), &texts);
        let bytes = pool.reserved();
        assert!((3 << 19..2 << 20).contains(&bytes), "{bytes}");
        let part = held.slice(0, 1);
        drop(held);
        assert_eq!(pool.reserved(), bytes);
        drop(part);
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn more_than_the_pool_has_is_refused_before_it_is_made() {
        let made = Made::new(&Account::new(pool()));
        let first = made.take(6 << 20, "texts").unwrap();
        assert!(made.take(6 << 20, "texts").is_err());
        drop(first);
        assert!(made.take(6 << 20, "texts").is_ok());
        assert!(made.take(100, "texts").unwrap().is_none());
    }

    #[test]
    fn constants_add_up_and_the_same_one_counts_once() {
        let account = Account::new(pool());
        let (first, second) = (Made::new(&account), Made::new(&account));
        first.constant(600, 1_000).unwrap();
        first.constant(600, 1_000).unwrap();
        assert!(second.constant(600, 1_000).is_err());
        assert!(first.constant(600, 1_000).is_err(), "the statement is refused for good");
        let other = Made::new(&account.afresh());
        other.constant(600, 1_000).unwrap();
    }
}
