//! The one thread that writes, and the one that syncs beside it in default mode.
//!
//! One write serves every record that came in while the write before ran. When a write fails, its records are kept in
//! order and tried again: a caller that waits is told at once and sends no rows, and what happened is still recorded
//! when there is space again. After a failed sync the segment is not trusted any more (the system may have dropped what
//! it could not write): writing goes on in a new one.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sluice_model::audit::{AuditError, Event, Record};

use super::format::{HEADER_BYTES, Hash, Header, encode};
use super::queue::{Entry, Queue, Taken};
use super::recover::End;
use super::storage::{SegmentFile, Storage, segment_name};

/// Time between two attempts while the disk fails.
const RETRY_MS: u64 = 100;
/// Attempts at shutdown before what could not be written is given up.
const ATTEMPTS_AT_CLOSE: u32 = 3;

/// Up to where the log may be read: everything before was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    /// Number of the segment; 0 before there is one.
    pub segment: u64,
    /// Offset behind the last acknowledged record.
    pub offset: u64,
}

/// What the writer is told once.
#[derive(Debug, Clone, Copy)]
pub(super) struct WriterOptions {
    /// Sync before acknowledging.
    pub strict: bool,
    /// A segment is closed when it reaches this size.
    pub segment_bytes: u64,
}

struct Segment {
    number: u64,
    file: Arc<dyn SegmentFile>,
    offset: u64,
}

/// The writer's state.
pub(super) struct Writer {
    storage: Box<dyn Storage>,
    options: WriterOptions,
    queue: Arc<Queue>,
    durable: Arc<Mutex<Position>>,
    syncer: Arc<Syncer>,
    segment: Option<Segment>,
    next_number: u64,
    last: Hash,
    /// The writer's own records, until they are written.
    notes: Vec<Event>,
    /// Refused records, until their number is written.
    lost: u64,
    now_micros: fn() -> i64,
}

impl Writer {
    /// A writer that goes on where the log ends.
    pub fn new(
        storage: Box<dyn Storage>,
        options: WriterOptions,
        queue: Arc<Queue>,
        end: End,
        now_micros: fn() -> i64,
    ) -> io::Result<Writer> {
        let (segment, next_number, last) = match end {
            End::Before { number, previous } => (None, number, previous),
            End::Inside { number, offset, last } => {
                (Some(Segment { number, file: storage.open(number)?, offset }), number + 1, last)
            }
        };
        let position = segment.as_ref().map(|open| Position { segment: open.number, offset: open.offset });
        let durable = Arc::new(Mutex::new(position.unwrap_or_default()));
        Ok(Writer {
            storage,
            options,
            queue,
            durable,
            syncer: Arc::default(),
            segment,
            next_number,
            last,
            notes: Vec::new(),
            lost: 0,
            now_micros,
        })
    }

    /// Up to where the log may be read.
    pub fn durable(&self) -> Arc<Mutex<Position>> {
        self.durable.clone()
    }

    /// The part that syncs; runs in a thread of its own in default mode.
    pub fn syncer(&self) -> Arc<Syncer> {
        self.syncer.clone()
    }

    /// Writes until the queue is closed and empty.
    pub fn run(mut self) {
        // However this thread ends, nobody may wait for it for ever.
        let _end = Abandon(self.queue.clone());
        let mut attempts_at_close = 0;
        while let Taken::Batch { mut entries, lost } = self.queue.take() {
            self.lost += lost;
            match self.write(&mut entries) {
                Ok(()) => self.queue.written(),
                Err(error) => {
                    let told = told(&error);
                    if self.queue.failing().is_none() {
                        tracing::error!(alert = true, %error, "the audit log cannot be written; no rows leave");
                    }
                    answer(&mut entries, &Err(told.clone()));
                    self.queue.failed(told, entries);
                    if self.queue.pause(Duration::from_millis(RETRY_MS)) {
                        attempts_at_close += 1;
                        if attempts_at_close >= ATTEMPTS_AT_CLOSE {
                            tracing::error!(alert = true, "the audit log was closed with records unwritten");
                            break;
                        }
                    }
                }
            }
        }
        self.syncer.close();
        if let Some(Err(error)) = self.segment.as_ref().map(|segment| segment.file.sync()) {
            tracing::error!(alert = true, %error, "the audit log could not be synced at its end");
        }
    }

    /// Writes and answers the records of a batch, in pieces that fit a segment; on an error those are left that were
    /// not written.
    fn write(&mut self, entries: &mut Vec<Entry>) -> io::Result<()> {
        let was_failing = self.queue.failing().is_some();
        if let Some((number, error)) = self.syncer.take_error() {
            self.leave_segment(number, &error);
        }
        while !entries.is_empty() || self.lost > 0 || !self.notes.is_empty() {
            self.open_segment()?;
            let room = self.options.segment_bytes.saturating_sub(self.offset());
            let (mut buffer, mut last, mut count) = (Vec::new(), self.last, 0);
            let lost = (self.lost > 0).then_some(Event::Lost { records: self.lost });
            for event in self.notes.iter().chain(&lost) {
                let record = Record { at_micros: (self.now_micros)(), event: event.clone() };
                last = encode(&last, &serde_json::to_vec(&record).map_err(io::Error::other)?, &mut buffer);
            }
            while count < entries.len() && (count == 0 || (buffer.len() as u64) < room) {
                last = encode(&last, &entries[count].body, &mut buffer);
                count += 1;
            }
            self.put(&buffer, last)?;
            self.lost = 0;
            self.notes.clear();
            answer(&mut entries[..count], &Ok(()));
            entries.drain(..count);
        }
        if was_failing {
            tracing::info!("the audit log can be written again");
        }
        Ok(())
    }

    fn offset(&self) -> u64 {
        self.segment.as_ref().map_or(0, |segment| segment.offset)
    }

    /// Makes sure there is a segment with room.
    fn open_segment(&mut self) -> io::Result<()> {
        let full = self.segment.as_ref().filter(|segment| segment.offset >= self.options.segment_bytes);
        if let Some((number, synced)) = full.map(|segment| (segment.number, segment.file.sync())) {
            match synced {
                Ok(()) => self.segment = None,
                Err(error) => self.leave_segment(number, &error),
            }
        }
        if self.segment.is_none() {
            let header = Header { number: self.next_number, previous: self.last }.encode();
            let file = self.storage.create(self.next_number)?;
            file.write_all_at(&header, 0)?;
            self.last = *blake3::hash(&header).as_bytes();
            self.segment = Some(Segment { number: self.next_number, file, offset: HEADER_BYTES as u64 });
            self.next_number += 1;
        }
        Ok(())
    }

    /// Leaves a segment whose last writes may not be on disk, and has that recorded.
    fn leave_segment(&mut self, number: u64, error: &io::Error) {
        tracing::error!(alert = true, %error, "an audit segment could not be synced; going on in a new one");
        let left = self.segment.take_if(|segment| segment.number == number);
        self.notes.push(Event::Recovered {
            segment: segment_name(number),
            kept_bytes: left.map_or(0, |segment| segment.offset),
            cut_bytes: 0,
            reason: format!("sync failed: {error}"),
        });
    }

    /// Writes a buffer behind the last record and makes it as durable as asked.
    fn put(&mut self, buffer: &[u8], last: Hash) -> io::Result<()> {
        let Some(segment) = &mut self.segment else { return Err(io::Error::other("no segment is open")) };
        let mut written = segment.file.write_all_at(buffer, segment.offset);
        if written.is_ok() && self.options.strict {
            written = segment.file.sync().inspect_err(|error| self.syncer.set_error(segment.number, error));
        }
        if let Err(error) = written {
            // The next attempt writes over what lies behind the end; cutting it only matters should the process end
            // before that.
            if let Err(error) = segment.file.set_len(segment.offset) {
                tracing::warn!(%error, "a half-written audit record could not be cut");
            }
            return Err(error);
        }
        segment.offset += buffer.len() as u64;
        self.last = last;
        let position = Position { segment: segment.number, offset: segment.offset };
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner) = position;
        if !self.options.strict {
            self.syncer.request(segment.number, &segment.file);
        }
        Ok(())
    }
}

/// Ends the queue when the writer ends, even by a panic.
struct Abandon(Arc<Queue>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

fn answer(entries: &mut [Entry], result: &Result<(), AuditError>) {
    for ack in entries.iter_mut().filter_map(|entry| entry.ack.take()) {
        // Whoever no longer waits needs no answer.
        ack.send(result.clone()).unwrap_or_default();
    }
}

fn told(error: &io::Error) -> AuditError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => AuditError::DiskFull,
        _ => AuditError::Io(error.to_string()),
    }
}

/// Syncs beside the writer, so that a slow disk does not hold up records that are already with the system.
#[derive(Default)]
pub(super) struct Syncer {
    work: Mutex<SyncWork>,
    changed: Condvar,
}

#[derive(Default)]
struct SyncWork {
    dirty: Option<(u64, Arc<dyn SegmentFile>)>,
    error: Option<(u64, io::Error)>,
    closed: bool,
}

impl Syncer {
    /// Syncs what was written, at most once in each interval, until closed.
    pub fn run(&self, interval: Duration) {
        while let Some((number, file)) = self.next(interval) {
            if let Err(error) = file.sync() {
                self.set_error(number, &error);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, SyncWork> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to sync, then for the interval.
    fn next(&self, interval: Duration) -> Option<(u64, Arc<dyn SegmentFile>)> {
        let mut work = self.lock();
        while work.dirty.is_none() && !work.closed {
            work = self.changed.wait(work).unwrap_or_else(PoisonError::into_inner);
        }
        let waited = self.changed.wait_timeout_while(work, interval, |work| !work.closed);
        let mut work = waited.unwrap_or_else(PoisonError::into_inner).0;
        // At the end the writer itself syncs.
        if work.closed { None } else { work.dirty.take() }
    }

    fn request(&self, number: u64, file: &Arc<dyn SegmentFile>) {
        if self.lock().dirty.replace((number, file.clone())).is_none() {
            self.changed.notify_one();
        }
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn set_error(&self, number: u64, error: &io::Error) {
        self.lock().error = Some((number, io::Error::new(error.kind(), error.to_string())));
    }

    fn take_error(&self) -> Option<(u64, io::Error)> {
        self.lock().error.take()
    }
}
