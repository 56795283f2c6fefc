//! Servers, clients and text cases for the checks.
//!
//! Invariant: whatever a test starts ends with the test process, however that ends; nothing is shared between two
//! runs, so runs may overlap.

pub mod attack_sources;
pub mod attack_world;
pub mod binary;
pub mod cases;
pub mod client;
pub mod keep;
pub mod layout;
pub mod mariadb;
pub mod mutate;
pub mod postgres;
pub mod probe;
pub mod random_policies;
pub mod recorder;
pub mod slt;
pub mod sluice;
pub mod statements;
pub mod tls;
pub mod users;
pub mod wire;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The checkout.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a future on the one runtime of the test process.
pub fn block_on<F: std::future::Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// The one runtime of the test process.
pub fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: std::sync::OnceLock<tokio::runtime::Runtime> = std::sync::OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a tokio runtime")
    })
}

/// A fresh directory under the system's temporary directory; removed by whoever keeps a process in it.
pub fn fresh_directory(purpose: &str) -> PathBuf {
    let directory = tempfile::Builder::new().prefix(&format!("sluice-{purpose}-")).tempdir().expect("a directory");
    let path = directory.keep();
    // Servers that refuse root run as a user of their own and must be able to pass.
    let mut mode = std::fs::metadata(&path).expect("the new directory").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&path, mode).expect("open the directory for passage");
    path
}

/// Tries until it works; after the given time, panics with what went wrong last.
pub fn eventually<T>(what: &str, patience: Duration, mut attempt: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match attempt() {
            Ok(value) => return value,
            Err(error) if started.elapsed() > patience => panic!("{what}: {error} (waited {patience:?})"),
            Err(_) => std::thread::sleep(Duration::from_millis(25)),
        }
    }
}

/// True where the tests run as root: database servers then get a user of their own.
pub fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("/proc")) == 0
}
