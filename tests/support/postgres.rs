//! A PostgreSQL of our own: a source for Sluice, and the reference that answers are compared with.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::keep::{Kept, free_port, run_to_end};
use super::{block_on, fresh_directory, is_root};

/// Password of the superuser `postgres`.
pub const PASSWORD: &str = "source-of-truth";

/// A running server with an empty data directory.
pub struct Postgres {
    /// Port on 127.0.0.1.
    pub port: u16,
    _kept: Kept,
}

/// The one PostgreSQL of this test process.
pub fn shared() -> &'static Postgres {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    SHARED.get_or_init(Postgres::start)
}

impl Postgres {
    /// Makes a data directory and starts a server on it.
    pub fn start() -> Postgres {
        let directory = fresh_directory("postgres");
        let data = directory.join("data");
        let password_file = directory.join("password");
        std::fs::write(&password_file, PASSWORD).expect("the password file");
        give_away(&directory, "postgres");
        let text = |path: &PathBuf| path.to_str().expect("a plain path").to_string();
        run_to_end(&as_user(
            "postgres",
            [
                text(&bin().join("initdb")),
                format!("--pgdata={}", text(&data)),
                format!("--pwfile={}", text(&password_file)),
                "--username=postgres".into(),
                "--auth=scram-sha-256".into(),
                "--encoding=UTF8".into(),
                "--locale=C.UTF-8".into(),
                "--no-sync".into(),
            ],
        ));
        let port = free_port();
        let settings = [
            format!("port={port}"),
            "listen_addresses=127.0.0.1".into(),
            "unix_socket_directories=".into(),
            "fsync=off".into(),
            "full_page_writes=off".into(),
            // What it estimates must not depend on how long the tests take.
            "autovacuum=off".into(),
            "timezone=UTC".into(),
            "log_statement=none".into(),
            "max_connections=200".into(),
        ];
        let mut program = vec![text(&bin().join("postgres")), "-D".into(), text(&data)];
        program.extend(settings.into_iter().flat_map(|setting| ["-c".to_string(), setting]));
        let kept = Kept::start(&directory, "INT", &as_user("postgres", program));
        let server = Postgres { port, _kept: kept };
        server._kept.wait_ready("PostgreSQL", || block_on(server.connect("postgres")).map(drop));
        server
    }

    /// A session as superuser; errors as text.
    pub async fn connect(&self, database: &str) -> Result<tokio_postgres::Client, String> {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user("postgres").password(PASSWORD).dbname(database);
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Runs statements as superuser.
    pub fn run(&self, database: &str, sql: &str) {
        block_on(async {
            let client = self.connect(database).await.expect("the superuser connects");
            if let Err(error) = client.batch_execute(sql).await {
                let start: String = sql.chars().take(400).collect();
                panic!("{error:?} in {start}");
            }
        });
    }

    /// Rows of one statement as PostgreSQL prints them, run as superuser.
    pub fn rows(&self, database: &str, before: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        block_on(async {
            let client = self.connect(database).await?;
            client.batch_execute(before).await.map_err(|error| error.to_string())?;
            printed(&client, sql).await
        })
    }
}

/// Rows of one statement as PostgreSQL prints them; an error as its SQLSTATE and message.
pub async fn printed(client: &tokio_postgres::Client, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
    let messages = client.simple_query(sql).await.map_err(|error| match error.as_db_error() {
        Some(db) => format!("{} {}", db.code().code(), db.message()),
        None => error.to_string(),
    })?;
    let mut rows = Vec::new();
    for message in messages {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
            rows.push((0..row.len()).map(|at| row.get(at).map(str::to_string)).collect());
        }
    }
    Ok(rows)
}

/// Where PostgreSQL's server programs are.
pub fn bin() -> PathBuf {
    static BIN: OnceLock<PathBuf> = OnceLock::new();
    BIN.get_or_init(|| {
        let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
            .unwrap_or_default();
        found.sort();
        found.reverse();
        let path = std::env::var_os("PATH").unwrap_or_default();
        found.extend(std::env::split_paths(&path));
        let complete = |directory: &PathBuf| directory.join("initdb").exists() && directory.join("postgres").exists();
        found.into_iter().find(complete).expect("PostgreSQL's server programs; ./tests/run installs them")
    })
    .clone()
}

/// The program as another user where we are root, because database servers refuse root.
pub fn as_user(user: &str, program: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    if is_root() {
        words.extend(["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"].map(String::from));
    }
    words.extend(program);
    words
}

/// Makes the directory belong to the user whose server will use it, where we are root.
pub fn give_away(directory: &std::path::Path, user: &str) {
    if is_root() {
        let directory = directory.to_str().expect("a plain path").to_string();
        run_to_end(&["chown".into(), "-R".into(), format!("{user}:"), directory]);
    }
}
