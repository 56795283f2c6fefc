//! What can go wrong while the demo is set up. These errors are told to the operator at the terminal, never to a
//! client, so they may name files and databases.

use std::path::{Path, PathBuf};

/// A failure of the demo or of the loaders.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The SQLite copy could not be written.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The Parquet copy could not be written.
    #[error("Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// A batch could not be built.
    #[error("Arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The PostgreSQL copy could not be loaded.
    #[error("PostgreSQL: {}", with_cause(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// The MariaDB copy could not be loaded.
    #[error("MariaDB: {0}")]
    Mysql(#[from] mysql_async::Error),
    /// A URL could not be understood.
    #[error("{what} URL: {why}")]
    Url {
        /// Which.
        what: &'static str,
        /// Why; never the URL, which may hold a password.
        why: String,
    },
    /// A table of that name is there and is not a copy of the demo bank.
    #[error("table {0} is there already and was not made by this loader; it is left alone. Choose another database")]
    Occupied(String),
    /// The certificate could not be made.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A worker thread ended early.
    #[error("a worker ended early: {0}")]
    Worker(String),
    /// The port is taken.
    #[error("port {port} of 127.0.0.1: {source}. Choose another one by --port")]
    Port {
        /// Which.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The folder's files were not accepted, or the server ended in an error.
    #[error("{problem}\n(the demo's folder is {directory}; without it the next start makes a new one)", directory = .directory.display())]
    Server {
        /// What was wrong.
        problem: String,
        /// The demo's folder.
        directory: PathBuf,
    },
}

impl DemoError {
    /// A file error with its path.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> DemoError {
        let path = path.to_path_buf();
        move |source| DemoError::File { path, source }
    }
}

/// The driver's own text says only "db error"; the cause has the server's words.
fn with_cause(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
