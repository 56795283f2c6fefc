//! The sink of the server: the queue in front, the writer thread behind.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use sluice_model::audit::{AuditError, Event, Pending, Record, Sink, Taken, system_micros};

use super::AuditStore;
use super::kept::Kept;
use super::queue::Queue;
use super::recover::{End, recover};
use super::storage::{Directory, Storage, StoreError};
use super::taken;
use super::writer::{Position, Writer, WriterOptions};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// When a record counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// With the operating system: survives the process; after a loss of power at most `fsync_interval_ms` is missing.
    #[default]
    Default,
    /// On disk: survives a loss of power.
    Strict,
}

/// Settings of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditOptions {
    /// Directory of the segments, this server's alone.
    pub directory: PathBuf,
    /// When a record counts as written.
    pub durability: Durability,
    /// Longest time that records of the default mode stay unsynced, milliseconds.
    pub fsync_interval_ms: u64,
    /// A segment is closed when it reaches this size, bytes.
    pub segment_bytes: u64,
    /// Most memory of records waiting to be written, bytes.
    pub queue_bytes: usize,
}

impl AuditOptions {
    /// The usual settings for a directory.
    pub fn new(directory: impl Into<PathBuf>) -> AuditOptions {
        AuditOptions {
            directory: directory.into(),
            durability: Durability::Default,
            fsync_interval_ms: 20,
            segment_bytes: 64 << 20,
            queue_bytes: 64 << 20,
        }
    }
}

/// Writes records to segments in a directory.
pub struct FileSink {
    queue: Arc<Queue>,
    directory: PathBuf,
    durable: Arc<Mutex<Position>>,
    /// Rows that were read back, for all stores of this log.
    kept: Arc<Mutex<Kept>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl FileSink {
    /// Locks the directory, cuts what a crash left half-written, and goes on behind the last whole record.
    pub fn open(options: &AuditOptions) -> Result<FileSink, StoreError> {
        let storage = Directory::lock(&options.directory)?;
        let (end, cut) = recover(&options.directory)?;
        let sink = FileSink::start(options, Box::new(storage), end)
            .map_err(|error| StoreError::Io { path: options.directory.clone(), error })?;
        if let Some(event) = cut {
            if let Event::Recovered { segment, kept_bytes, cut_bytes, reason } = &event {
                tracing::warn!(alert = true, segment, kept_bytes, cut_bytes, reason, "the audit log was cut");
            }
            drop(sink.note(event));
        }
        drop(sink.note(Event::Started { version: env!("CARGO_PKG_VERSION").to_string() }));
        Ok(sink)
    }

    pub(super) fn start(options: &AuditOptions, storage: Box<dyn Storage>, end: End) -> std::io::Result<FileSink> {
        let queue = Arc::new(Queue::new(options.queue_bytes));
        let fsync_interval = Duration::from_millis(options.fsync_interval_ms);
        let strict = options.durability == Durability::Strict;
        let writer_options = WriterOptions { strict, segment_bytes: options.segment_bytes };
        let writer = Writer::new(storage, writer_options, queue.clone(), end, system_micros)?;
        let durable = writer.durable();
        let mut threads = Vec::new();
        if !strict {
            let syncer = writer.syncer();
            let run = move || syncer.run(fsync_interval);
            threads.push(std::thread::Builder::new().name("audit-sync".into()).spawn(run)?);
        }
        threads.push(std::thread::Builder::new().name("audit-write".into()).spawn(move || writer.run())?);
        let directory = options.directory.clone();
        Ok(FileSink { queue, directory, durable, kept: Arc::default(), threads: Mutex::new(threads) })
    }

    /// Writes and syncs what is queued, then lets go of the directory. Later records are refused. Blocks.
    pub fn close(&self) {
        self.queue.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!(alert = true, "a thread of the audit log panicked");
            }
        }
    }

    /// Why records cannot be written at the moment, where they cannot.
    pub fn failing(&self) -> Option<AuditError> {
        self.queue.failing()
    }

    /// Directory of the segments.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What persons took of their allowances lately, in the order of the log: all of today, in whatever time zone.
    pub fn taken_lately(&self) -> Vec<Taken> {
        taken::since(&self.directory, self.now_micros().saturating_sub(2 * MICROS_PER_DAY))
    }

    /// The relations read from this log, as a source under this connection id.
    pub fn store(&self, connection_id: &str) -> AuditStore {
        AuditStore::new(connection_id, self.directory.clone(), self.durable.clone(), self.kept.clone())
    }
}

impl Sink for FileSink {
    fn append(&self, record: Record) -> Pending {
        match serde_json::to_vec(&record) {
            Ok(body) => self.queue.push(body),
            Err(error) => Box::pin(std::future::ready(Err(AuditError::Io(error.to_string())))),
        }
    }

    fn ready(&self) -> Pending {
        self.queue.ready()
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        self.close();
    }
}
