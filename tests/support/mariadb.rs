//! A MariaDB of our own, as a source for Sluice.

use std::sync::OnceLock;

use mysql_async::prelude::Queryable;

use super::keep::{Kept, free_port, run_to_end};
use super::postgres::{as_user, give_away};
use super::{block_on, fresh_directory, is_root};

/// User and password for Sluice and for loading.
pub const USER: &str = "sluice";
/// See [`USER`].
pub const PASSWORD: &str = "source-of-truth";

/// A running server with an empty data directory.
pub struct MariaDb {
    /// Port on 127.0.0.1.
    pub port: u16,
    kept: Kept,
}

/// The one MariaDB of this test process.
pub fn shared() -> &'static MariaDb {
    static SHARED: OnceLock<MariaDb> = OnceLock::new();
    SHARED.get_or_init(MariaDb::start)
}

impl MariaDb {
    /// Makes a data directory and starts a server on it.
    pub fn start() -> MariaDb {
        let directory = fresh_directory("mariadb");
        let path = directory.to_str().expect("a plain path").to_string();
        let data = format!("{path}/data");
        std::fs::create_dir(&data).expect("the data directory");
        let setup = format!("{path}/setup.sql");
        let create_user = format!(
            "CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL ON *.* TO '{USER}'@'127.0.0.1';\n"
        );
        std::fs::write(&setup, create_user).expect("the set-up file");
        give_away(&directory, "mysql");
        run_to_end(&as_user("mysql", {
            let mut words = vec!["mariadb-install-db".into(), "--no-defaults".into()];
            words.push(format!("--datadir={data}"));
            words.extend(["--auth-root-authentication-method=normal".into(), "--skip-test-db".into()]);
            words
        }));
        let port = free_port();
        let mut program: Vec<String> = vec![
            "mariadbd".into(),
            "--no-defaults".into(),
            format!("--datadir={data}"),
            format!("--port={port}"),
            "--bind-address=127.0.0.1".into(),
            "--skip-name-resolve".into(),
            format!("--socket={path}/socket"),
            format!("--pid-file={path}/server.pid"),
            format!("--init-file={setup}"),
            "--innodb-flush-log-at-trx-commit=0".into(),
            "--character-set-server=utf8mb4".into(),
            // The case-insensitive default on purpose: comparisons must mean bytes all the same.
            "--collation-server=utf8mb4_general_ci".into(),
        ];
        if is_root() {
            program.push("--user=mysql".into());
        }
        let kept = Kept::start(&directory, "TERM", &as_user("mysql", program));
        let server = MariaDb { port, kept };
        server.kept.wait_ready("MariaDB", || block_on(server.connect("")).map(drop));
        server
    }

    /// A session; errors as text.
    pub async fn connect(&self, database: &str) -> Result<mysql_async::Conn, String> {
        let options = mysql_async::OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.port)
            .user(Some(USER))
            .pass(Some(PASSWORD))
            .prefer_socket(Some(false))
            .db_name(if database.is_empty() { None } else { Some(database) });
        mysql_async::Conn::new(options).await.map_err(|error| error.to_string())
    }

    /// Runs one statement after the other.
    pub fn run(&self, database: &str, statements: &[String]) {
        block_on(async {
            let mut connection = self.connect(database).await.expect("a session");
            for sql in statements {
                if let Err(error) = connection.query_drop(sql.as_str()).await {
                    let start: String = sql.chars().take(400).collect();
                    panic!("{error} in {start}");
                }
            }
            connection.disconnect().await.expect("an orderly end");
        });
    }
}
