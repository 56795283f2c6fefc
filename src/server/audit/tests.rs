//! The log under load, crashes and full disks.

use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use futures::StreamExt;
use sluice_base::{SqlState, Table};
use sluice_engine::sources::{BatchSource, SourceError};
use sluice_model::audit::{AuditError, Event, Outcome, SessionInfo, Sink, Trail};

use super::format::{FRAME_BYTES, HEADER_BYTES};
use super::recover::{End, recover};
use super::storage::{Directory, SegmentFile, Storage, StoreError, segment_name};
use super::{AuditOptions, Durability, FileSink, verify};

fn options(directory: &Path, durability: Durability) -> AuditOptions {
    AuditOptions { durability, segment_bytes: 16 << 10, ..AuditOptions::new(directory) }
}

fn open(directory: &Path) -> FileSink {
    FileSink::open(&options(directory, Durability::Default)).unwrap()
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

fn session() -> Arc<SessionInfo> {
    Arc::new(SessionInfo { user: "ana".into(), ..SessionInfo::default() })
}

fn empty() -> Table {
    Table { columns: Vec::new(), rows: Vec::new() }
}

/// One statement from beginning to end.
async fn statement(sink: &Arc<dyn Sink>, text: &str) -> Result<(), SqlState> {
    sink.ready().await.unwrap();
    let admitted = Trail::open(sink, &session(), text).admit(empty()).await.map_err(|error| error.code)?;
    let (_, mut trail) = admitted.into_parts();
    trail.count(1, 10);
    trail.finish(Outcome::Done);
    Ok(())
}

/// Writes statements, closes, and gives the number of bytes of the only segment.
fn log_of(directory: &Path, statements: usize) -> u64 {
    let sink = Arc::new(FileSink::open(&AuditOptions::new(directory)).unwrap());
    let dynamic: Arc<dyn Sink> = sink.clone();
    run(async {
        for number in 0..statements {
            statement(&dynamic, &format!("SELECT {number}")).await.unwrap();
        }
    });
    sink.close();
    std::fs::metadata(directory.join(segment_name(1))).unwrap().len()
}

const COLUMNS: [&str; 5] = ["event", "statement", "outcome", "rows", "opened_at"];

fn schema() -> SchemaRef {
    let field = |name: &&str| {
        let data_type = match *name {
            "rows" => DataType::Int64,
            "opened_at" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            _ => DataType::Utf8,
        };
        Field::new(*name, data_type, true)
    };
    Arc::new(Schema::new(COLUMNS.iter().map(field).collect::<Vec<_>>()))
}

/// `event statement outcome` of every row that is a statement, and of recoveries and losses.
async fn rows(sink: &FileSink) -> Vec<String> {
    let mut stream = sink.store("audit").scan("queries", schema(), &[0, 1, 2]).await.unwrap();
    let mut rows = Vec::new();
    while let Some(batch) = stream.next().await {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            let cell = |column: usize| {
                let array = batch.column(column).as_string::<i32>();
                if array.is_null(row) { "-" } else { array.value(row) }
            };
            rows.push(format!("{} {} {}", cell(0), cell(1), cell(2)));
        }
    }
    rows
}

#[test]
fn many_trails_share_writes_and_all_are_found() {
    for durability in [Durability::Default, Durability::Strict] {
        let directory = tempfile::tempdir().unwrap();
        let sink = Arc::new(FileSink::open(&options(directory.path(), durability)).unwrap());
        let dynamic: Arc<dyn Sink> = sink.clone();
        run(async {
            let mut tasks = tokio::task::JoinSet::new();
            for task in 0..40 {
                let dynamic = dynamic.clone();
                tasks.spawn(async move {
                    for number in 0..25 {
                        statement(&dynamic, &format!("SELECT {task}, {number}")).await.unwrap();
                    }
                });
            }
            while let Some(done) = tasks.join_next().await {
                done.unwrap();
            }
        });
        sink.close();
        let verified = verify(directory.path()).unwrap();
        assert_eq!(verified.records, 1 + 3 * 1_000);
        assert!(verified.segments > 1, "the log was meant to rotate");
        let mut rows = run(rows(&sink));
        rows.retain(|row| row.starts_with("query"));
        assert_eq!(rows.len(), 1_000);
        assert!(rows.iter().all(|row| row.ends_with("done")), "{rows:?}");
    }
}

#[test]
fn one_write_serves_many_records() {
    let disk = Disk::default();
    let sink = Arc::new(disk.sink(Durability::Strict));
    run(async {
        let waiting: Vec<_> = (0..200).map(|_| sink.note(Event::Stopped)).collect();
        for written in waiting {
            written.await.unwrap();
        }
    });
    let writes = disk.0.writes.load(Ordering::Relaxed);
    assert!(writes < 100, "{writes} writes for 200 records");
}

#[test]
fn an_acknowledged_record_is_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let sink = open(directory.path());
    run(sink.note(Event::Stopped)).unwrap();
    // The sink is still open: what a killed process would leave behind is what is in the file now.
    assert_eq!(verify(directory.path()).unwrap().records, 2);
}

/// Offsets at which a segment may end without being torn.
fn record_ends(content: &[u8]) -> Vec<usize> {
    let mut ends = vec![HEADER_BYTES];
    while let Some(length) = content.get(ends[ends.len() - 1]..).filter(|rest| rest.len() >= FRAME_BYTES) {
        let body = u32::from_le_bytes(length[..4].try_into().unwrap()) as usize;
        ends.push(ends[ends.len() - 1] + FRAME_BYTES + body);
    }
    ends
}

#[test]
fn a_torn_tail_is_cut_said_and_kept_aside() {
    let whole = tempfile::tempdir().unwrap();
    log_of(whole.path(), 3);
    let content = std::fs::read(whole.path().join(segment_name(1))).unwrap();
    let ends = record_ends(&content);
    // `started`, then three records for each statement: the second statement is whole after the seventh record.
    for kept in (ends[7]..content.len()).step_by(7).chain(ends[8..].iter().copied()) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(segment_name(1)), &content[..kept]).unwrap();
        let sink = open(directory.path());
        run(sink.note(Event::Stopped)).unwrap();
        let rows = run(rows(&sink));
        sink.close();
        verify(directory.path()).unwrap();
        assert!(rows.contains(&"query SELECT 1 done".to_string()), "{rows:?}");
        let torn = !ends.contains(&kept);
        let aside = directory.path().join(format!("{}.1.cut", segment_name(1))).exists();
        assert_eq!(rows.contains(&"recovery - error".to_string()), torn, "cut at {kept}: {rows:?}");
        assert_eq!(aside, torn, "cut at {kept}");
    }
}

#[test]
fn a_flipped_bit_in_the_last_segment_is_cut_and_said() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = log_of(directory.path(), 3);
    let path = directory.path().join(segment_name(1));
    let mut content = std::fs::read(&path).unwrap();
    content[bytes as usize - 40] ^= 4;
    std::fs::write(&path, content).unwrap();
    assert!(verify(directory.path()).is_err());
    let sink = open(directory.path());
    run(sink.note(Event::Stopped)).unwrap();
    assert!(run(rows(&sink)).contains(&"recovery - error".to_string()));
    verify(directory.path()).unwrap();
}

#[test]
fn a_segment_without_a_whole_header_is_made_anew() {
    for content in [&b""[..], &b"SLUICEAU\x01"[..], &[0xff; 200][..]] {
        let directory = tempfile::tempdir().unwrap();
        log_of(directory.path(), 1);
        std::fs::write(directory.path().join(segment_name(2)), content).unwrap();
        let sink = open(directory.path());
        run(sink.note(Event::Stopped)).unwrap();
        sink.close();
        assert_eq!(verify(directory.path()).unwrap().segments, 2);
    }
}

#[test]
fn a_damaged_earlier_segment_is_a_row_not_a_silence() {
    let directory = tempfile::tempdir().unwrap();
    let sink = Arc::new(open(directory.path()));
    let dynamic: Arc<dyn Sink> = sink.clone();
    run(async {
        for number in 0..100 {
            statement(&dynamic, &format!("SELECT {number}")).await.unwrap();
        }
    });
    let path = directory.path().join(segment_name(1));
    let mut content = std::fs::read(&path).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    std::fs::write(&path, content).unwrap();
    let rows = run(rows(&sink));
    assert!(rows.contains(&"damaged - error".to_string()), "{rows:?}");
    assert!(rows.contains(&"query SELECT 99 done".to_string()));
    assert!(matches!(verify(directory.path()), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_second_opener_is_turned_away_until_the_first_has_closed() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path());
    let second = FileSink::open(&options(directory.path(), Durability::Default));
    assert!(matches!(second, Err(StoreError::InUse(_))));
    first.close();
    open(directory.path()).close();
}

#[test]
fn a_closed_log_refuses() {
    let directory = tempfile::tempdir().unwrap();
    let sink = open(directory.path());
    sink.close();
    assert_eq!(run(sink.note(Event::Stopped)), Err(AuditError::Closed));
}

#[test]
fn only_known_relations_and_columns_are_scanned() {
    let directory = tempfile::tempdir().unwrap();
    let sink = open(directory.path());
    let store = sink.store("audit");
    run(async {
        sink.note(Event::Stopped).await.unwrap();
        let error = store.scan("passwords", schema(), &[0]).await.err();
        assert!(matches!(error, Some(SourceError::NoTable { .. })));
        for (name, data_type) in [("nothing", DataType::Utf8), ("rows", DataType::Utf8)] {
            let schema = Arc::new(Schema::new(vec![Field::new(name, data_type, true)]));
            let error = store.scan("queries", schema, &[0]).await.err();
            assert!(matches!(error, Some(SourceError::Request { .. })));
        }
        // No column at all: only the number of rows is asked for.
        let mut stream = store.scan("queries", schema(), &[]).await.unwrap();
        let batch = stream.next().await.unwrap().unwrap();
        assert_eq!((batch.num_columns(), batch.num_rows()), (0, 2));
    });
}

#[test]
fn a_full_disk_stops_rows_until_there_is_space_again() {
    let disk = Disk::default();
    let sink: Arc<dyn Sink> = Arc::new(disk.sink(Durability::Default));
    run(async {
        assert_eq!(statement(&sink, "before").await, Ok(()));
        disk.fail(Some(io::ErrorKind::StorageFull));
        assert_eq!(statement(&sink, "full").await, Err(SqlState::DiskFull));
        disk.fail(Some(io::ErrorKind::Other));
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(statement(&sink, "broken").await, Err(SqlState::IoError));
        disk.fail(None);
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(statement(&sink, "after").await, Ok(()));
    });
    drop(sink);
    let (directory, log) = disk.log();
    // What was refused for want of space is recorded all the same, as what it was.
    for expected in ["query before done", "query full error", "query broken error", "query after done"] {
        assert!(log.contains(&expected.to_string()), "{expected} is not in {log:?}");
    }
    drop(directory);
}

#[test]
fn a_short_write_leaves_no_half_record_behind() {
    let disk = Disk::default();
    let sink: Arc<dyn Sink> = Arc::new(disk.sink(Durability::Default));
    run(async {
        assert_eq!(statement(&sink, "before").await, Ok(()));
        disk.0.room.store(100, Ordering::Relaxed);
        assert_eq!(statement(&sink, &"long ".repeat(100)).await, Err(SqlState::DiskFull));
        disk.0.room.store(u64::MAX, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(statement(&sink, "after").await, Ok(()));
    });
    drop(sink);
    let (_directory, log) = disk.log();
    assert!(log.contains(&"query after done".to_string()), "{log:?}");
}

#[test]
fn a_failed_sync_leaves_the_segment() {
    for durability in [Durability::Default, Durability::Strict] {
        let disk = Disk::default();
        let sink: Arc<dyn Sink> = Arc::new(disk.sink(durability));
        run(async {
            assert_eq!(statement(&sink, "before").await, Ok(()));
            *disk.0.sync_fails.lock().unwrap() = true;
            let during = statement(&sink, "during").await;
            assert_eq!(during.is_err(), durability == Durability::Strict);
            tokio::time::sleep(Duration::from_millis(250)).await;
            *disk.0.sync_fails.lock().unwrap() = false;
            tokio::time::sleep(Duration::from_millis(250)).await;
            assert_eq!(statement(&sink, "after").await, Ok(()));
        });
        drop(sink);
        assert!(disk.0.files.lock().unwrap().len() > 1, "writing went on in a segment that may be damaged");
        let (_directory, log) = disk.log();
        assert!(log.contains(&"recovery - error".to_string()), "{log:?}");
        assert!(log.contains(&"query after done".to_string()), "{log:?}");
    }
}

#[test]
fn memory_is_bounded_while_the_disk_fails_and_losses_are_counted() {
    let disk = Disk::default();
    let options = AuditOptions { queue_bytes: 20_000, ..options(Path::new("/"), Durability::Default) };
    let sink: Arc<dyn Sink> = Arc::new(disk.sink_with(&options));
    run(async {
        disk.fail(Some(io::ErrorKind::StorageFull));
        for number in 0..200 {
            assert!(statement(&sink, &format!("SELECT {number}")).await.is_err());
            if number == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        disk.fail(None);
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(statement(&sink, "after").await, Ok(()));
    });
    drop(sink);
    let (_directory, log) = disk.log();
    assert!(log.contains(&"lost - error".to_string()), "{log:?}");
    assert!(log.contains(&"query after done".to_string()), "{log:?}");
}

#[test]
fn a_slow_disk_makes_sessions_wait_not_fail() {
    let disk = Disk::default();
    disk.0.delay_ms.store(5, Ordering::Relaxed);
    let options = AuditOptions { queue_bytes: 20_000, ..options(Path::new("/"), Durability::Default) };
    let sink: Arc<dyn Sink> = Arc::new(disk.sink_with(&options));
    run(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let sink = sink.clone();
            tasks.spawn(async move {
                for number in 0..20 {
                    statement(&sink, &format!("SELECT {number}")).await.unwrap();
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    });
}

/// A disk in memory that fails when told to.
#[derive(Clone, Default)]
struct Disk(Arc<DiskState>);

struct DiskState {
    files: Mutex<Vec<Arc<Mutex<Vec<u8>>>>>,
    fails: Mutex<Option<io::ErrorKind>>,
    sync_fails: Mutex<bool>,
    /// Bytes that still fit.
    room: AtomicU64,
    writes: AtomicU64,
    delay_ms: AtomicU64,
}

impl Default for DiskState {
    fn default() -> DiskState {
        DiskState {
            files: Mutex::default(),
            fails: Mutex::default(),
            sync_fails: Mutex::default(),
            room: AtomicU64::new(u64::MAX),
            writes: AtomicU64::new(0),
            delay_ms: AtomicU64::new(0),
        }
    }
}

impl Disk {
    fn sink(&self, durability: Durability) -> FileSink {
        self.sink_with(&options(Path::new("/"), durability))
    }

    fn sink_with(&self, options: &AuditOptions) -> FileSink {
        let end = End::Before { number: 1, previous: super::format::GENESIS };
        FileSink::start(options, Box::new(self.clone()), end).unwrap()
    }

    fn fail(&self, kind: Option<io::ErrorKind>) {
        *self.0.fails.lock().unwrap() = kind;
    }

    /// What is on the disk, as a directory, checked and read back.
    fn log(&self) -> (tempfile::TempDir, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        for (number, file) in self.0.files.lock().unwrap().iter().enumerate() {
            let path = directory.path().join(segment_name(number as u64 + 1));
            std::fs::write(path, &*file.lock().unwrap()).unwrap();
        }
        verify(directory.path()).unwrap();
        let (end, cut) = recover(directory.path()).unwrap();
        assert!(cut.is_none(), "{cut:?}");
        let storage = Directory::lock(directory.path()).unwrap();
        let options = options(directory.path(), Durability::Default);
        let sink = FileSink::start(&options, Box::new(storage), end).unwrap();
        let rows = run(rows(&sink));
        (directory, rows)
    }
}

impl Storage for Disk {
    fn create(&self, number: u64) -> io::Result<Arc<dyn SegmentFile>> {
        self.check()?;
        let file = Arc::new(Mutex::new(Vec::new()));
        let mut files = self.0.files.lock().unwrap();
        files.truncate(number as usize - 1);
        files.push(file.clone());
        Ok(Arc::new(DiskFile { disk: self.clone(), file }))
    }

    fn open(&self, number: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let file = self.0.files.lock().unwrap()[number as usize - 1].clone();
        Ok(Arc::new(DiskFile { disk: self.clone(), file }))
    }
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        self.0.fails.lock().unwrap().map_or(Ok(()), |kind| Err(kind.into()))
    }
}

struct DiskFile {
    disk: Disk,
    file: Arc<Mutex<Vec<u8>>>,
}

impl SegmentFile for DiskFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.check()?;
        std::thread::sleep(Duration::from_millis(self.disk.0.delay_ms.load(Ordering::Relaxed)));
        self.disk.0.writes.fetch_add(1, Ordering::Relaxed);
        let room = self.disk.0.room.load(Ordering::Relaxed);
        let fits = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let mut file = self.file.lock().unwrap();
        let end = offset as usize + fits;
        if file.len() < end {
            file.resize(end, 0);
        }
        file[offset as usize..end].copy_from_slice(&bytes[..fits]);
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&self) -> io::Result<()> {
        if *self.disk.0.sync_fails.lock().unwrap() { Err(io::Error::other("medium error")) } else { Ok(()) }
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.disk.check()?;
        self.file.lock().unwrap().truncate(bytes as usize);
        Ok(())
    }
}
