//! The few file operations of the writer, behind a trait so that tests can fill a disk without filling one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::format::FormatError;

/// Why the log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory belongs to another running server.
    #[error("audit directory {0} is in use by another process")]
    InUse(PathBuf),
    /// A file or directory operation failed.
    #[error("audit directory {path}: {error}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A segment that is not the last one is damaged where it must be read.
    #[error("audit segment {path}: {error}")]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// What is wrong.
        error: FormatError,
    },
}

/// One open segment file.
pub(super) trait SegmentFile: Send + Sync {
    /// Writes all bytes at an offset.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes what was written survive a loss of power.
    fn sync(&self) -> io::Result<()>;
    /// Cuts the file.
    fn set_len(&self, bytes: u64) -> io::Result<()>;
}

/// Makes and opens segment files.
pub(super) trait Storage: Send + Sync {
    /// An empty file for this segment; one that is there is emptied.
    fn create(&self, number: u64) -> io::Result<Arc<dyn SegmentFile>>;
    /// The file of this segment, for writing on.
    fn open(&self, number: u64) -> io::Result<Arc<dyn SegmentFile>>;
}

impl SegmentFile for File {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, offset)
    }
    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
    fn set_len(&self, bytes: u64) -> io::Result<()> {
        File::set_len(self, bytes)
    }
}

/// A directory of the file system, locked for this process.
pub(super) struct Directory {
    path: PathBuf,
    /// Held for its lock, which ends with the process even when that is killed.
    _lock: File,
}

impl Directory {
    /// Makes the directory where it is missing, readable by its owner alone, and locks it.
    pub fn lock(path: &Path) -> Result<Directory, StoreError> {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        let io = |error| StoreError::Io { path: path.to_path_buf(), error };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        let mut options = OpenOptions::new();
        let lock = options.create(true).truncate(false).write(true).mode(0o600).open(path.join("lock")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Directory { path: path.to_path_buf(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_path_buf())),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }
}

impl Storage for Directory {
    fn create(&self, number: u64) -> io::Result<Arc<dyn SegmentFile>> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = OpenOptions::new();
        let file =
            options.create(true).write(true).truncate(true).mode(0o600).open(self.path.join(segment_name(number)))?;
        // The name must survive a loss of power too.
        File::open(&self.path)?.sync_all()?;
        Ok(Arc::new(file))
    }

    fn open(&self, number: u64) -> io::Result<Arc<dyn SegmentFile>> {
        Ok(Arc::new(OpenOptions::new().write(true).open(self.path.join(segment_name(number)))?))
    }
}

/// Folder, inside that of a server's log, of the log that commands keep: one process writes to a directory at a time.
pub(super) const COMMANDS_FOLDER: &str = "commands";

/// File name of a segment; sorts by number.
pub(super) fn segment_name(number: u64) -> String {
    format!("{number:012}.audit")
}

/// Numbers of the segments in a directory, ascending.
pub(super) fn segments(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number =
            name.to_str().and_then(|name| name.strip_suffix(".audit")).and_then(|stem| stem.parse::<u64>().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}
