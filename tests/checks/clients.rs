//! Real clients against the `servers` layout, over TLS where they can be told by their environment. Each script asserts
//! what it gets and fails by its exit code.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::layout::servers;
use crate::support::postgres;
use crate::support::repository;
use crate::support::sluice::PASSWORD;

fn script(name: &str) -> String {
    let path: PathBuf = repository().join("tests/clients").join(name);
    path.to_str().expect("a plain path").to_string()
}

/// Runs a client with the connection in its environment.
fn client(program: &str, arguments: &[&str]) {
    let layout = servers();
    let output = Command::new(program)
        .args(arguments)
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", layout.sluice.settings.port.to_string())
        .env("PGDATABASE", "bank")
        .env("PGPASSWORD", PASSWORD)
        .env("PGUSER", "cd_manager")
        .env("PGSSLMODE", "verify-full")
        .env("PGSSLROOTCERT", layout.sluice.settings.directory.join("server.crt"))
        .env("NODE_PATH", cache().join("node/node_modules"))
        .env("SUPERSET_PREPARED", cache().join("superset/metadata.db"))
        .env("OWN_PORT", postgres::shared().port.to_string())
        .env("OWN_PASSWORD", postgres::PASSWORD)
        .env("PSQLRC", "/dev/null")
        .env("LANG", "C.UTF-8")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; ./tests/run installs what is missing"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The Python that has the clients: what `./tests/run` found or made.
pub fn python() -> String {
    if let Ok(python) = std::env::var("SLUICE_TEST_PYTHON") {
        return python;
    }
    let own = cache().join("venv/bin/python");
    if own.exists() { own.to_str().expect("a plain path").into() } else { "python3".into() }
}

/// Where `./tests/run` puts clients that it has to install.
fn cache() -> PathBuf {
    let cache = std::env::var("XDG_CACHE_HOME")
        .unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").expect("a home directory")));
    PathBuf::from(cache).join("sluice")
}

#[test]
fn psql() {
    client("bash", &[&script("psql.sh")]);
}

#[test]
fn psql_gbk() {
    client("bash", &[&script("psql_gbk.sh")]);
}

#[test]
fn postgres_fdw() {
    client("bash", &[&script("postgres_fdw.sh")]);
}

#[test]
fn psycopg() {
    client(&python(), &[&script("psycopg3.py")]);
}

#[test]
fn asyncpg() {
    client(&python(), &[&script("asyncpg_pool.py")]);
}

#[test]
fn sqlalchemy() {
    client(&python(), &[&script("sqlalchemy_pandas.py")]);
}

#[test]
fn psycopg2() {
    client(&python(), &[&script("psycopg2_cursors.py")]);
}

#[test]
fn adbc() {
    client(&python(), &[&script("adbc.py")]);
}

#[test]
fn connectorx() {
    client(&python(), &[&script("connectorx_polars.py")]);
}

#[test]
fn pg8000() {
    client(&python(), &[&script("pg8000_text.py")]);
}

#[test]
fn node() {
    client("node", &[&script("node.cjs")]);
}

#[test]
fn odbc() {
    client(&python(), &[&script("odbc.py")]);
}

#[test]
fn libreoffice() {
    // The bridge to LibreOffice belongs to the system's Python.
    client("/usr/bin/python3", &[&script("libreoffice.py")]);
}

#[test]
fn superset() {
    let python = cache().join("superset/venv/bin/python");
    client(python.to_str().expect("a plain path"), &[&script("superset_charts.py")]);
}

#[test]
fn jdbc() {
    let target = crate::support::fresh_directory("jdbc");
    let folder = target.to_str().expect("a plain path");
    let jar = "/usr/share/java/postgresql.jar";
    client("javac", &["-encoding", "UTF-8", "-cp", jar, "-d", folder, &script("Jdbc.java")]);
    client("java", &["-Dfile.encoding=UTF-8", "-cp", &format!("{jar}:{folder}"), "Jdbc"]);
    std::fs::remove_dir_all(&target).expect("the compiled program");
}
