//! One connection to a MySQL-family server: opening it, its settings, killing its statement.

use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, RecycleError};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, SslOpts, Statement};

use crate::dialect::TEXT_KEYS_MAX;
use crate::sources::settings::{ServerSettings, TlsMode};

/// Time until a statement is killed again.
const KILL_AGAIN: Duration = Duration::from_millis(300);
/// Time a killed statement has to end before its connection is dropped all the same.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a text that sorting looks at. The server's own default of 1,024 would leave longer ones unsorted.
const SORT_BYTES: u32 = 64 << 10;
/// Size of the server's buffer for one sort, of which it takes what the rows need. It must hold fifteen rows of keys,
/// or the server refuses to sort (error 1038): of as many texts as are ever sent, and room for other keys.
const SORT_BUFFER_BYTES: u32 = 15 * SORT_BYTES * (TEXT_KEYS_MAX as u32 + 1);

/// A connection idle for longer is asked whether it still lives before it is used.
const IDLE_TRUSTED: Duration = Duration::from_secs(20);

/// Opens sessions for the pool.
pub(super) struct Manager {
    server: ServerSettings,
    opts: Opts,
}

/// One connection, with what is known of its state.
pub(super) struct Session {
    pub(super) connection: Conn,
    opts: Opts,
    mariadb: bool,
    timeout_ms: u64,
    /// A statement that must not be executed again; it is closed before the connection's next use.
    spent: Option<Statement>,
}

impl Manager {
    pub(super) fn new(server: ServerSettings) -> Manager {
        let mut builder = OptsBuilder::default()
            .user(Some(server.user.clone()))
            .pass(server.password.clone())
            .db_name(Some(server.database.clone()))
            .tcp_keepalive(Some(Duration::from_secs(60)))
            .ssl_opts(ssl_opts(&server.tls));
        builder = if server.host.starts_with('/') {
            builder.socket(Some(server.host.clone())).prefer_socket(true)
        } else {
            builder.ip_or_hostname(server.host.clone()).tcp_port(server.port).prefer_socket(false)
        };
        let opts = Opts::from(builder);
        Manager { server, opts }
    }

    pub(super) fn server(&self) -> &ServerSettings {
        &self.server
    }
}

fn ssl_opts(mode: &TlsMode) -> Option<SslOpts> {
    match mode {
        TlsMode::Disable => None,
        // `open` lets neither `prefer` nor `verify-ca` get here; if it did, this is the safer reading of each.
        TlsMode::Prefer | TlsMode::Require => {
            Some(SslOpts::default().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true))
        }
        TlsMode::VerifyCa(ca) | TlsMode::VerifyFull(ca) => {
            Some(SslOpts::default().with_root_certs(vec![ca.clone().into()]).with_disable_built_in_roots(true))
        }
    }
}

impl managed::Manager for Manager {
    type Type = Session;
    type Error = Error;

    async fn create(&self) -> Result<Session, Error> {
        let mut connection = Conn::new(self.opts.clone()).await?;
        let version: Option<String> = connection.query_first("SELECT VERSION()").await?;
        let mariadb = version.is_some_and(|version| version.to_ascii_lowercase().contains("mariadb"));
        for sql in [
            "SET NAMES utf8mb4".to_string(),
            "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY'".to_string(),
            "SET SESSION time_zone = '+00:00'".to_string(),
            format!("SET SESSION sort_buffer_size = {SORT_BUFFER_BYTES}"),
            format!("SET SESSION max_sort_length = {SORT_BYTES}"),
            "SET SESSION TRANSACTION READ ONLY".to_string(),
        ] {
            connection.query_drop(sql).await?;
        }
        let mut session = Session { connection, opts: self.opts.clone(), mariadb, timeout_ms: 0, spent: None };
        session.set_timeout(self.server.timeout_ms(0)).await?;
        Ok(session)
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> managed::RecycleResult<Error> {
        if session.connection.is_disconnected() {
            return Err(RecycleError::message("closed"));
        }
        if let Some(spent) = session.spent.take() {
            session.connection.close(spent).await?;
        }
        if metrics.last_used() > IDLE_TRUSTED {
            session.connection.ping().await?;
        }
        Ok(())
    }
}

impl Session {
    /// Sets the time limit of the statements that follow, milliseconds; 0 is none.
    pub(super) async fn set_timeout(&mut self, timeout_ms: u64) -> Result<(), Error> {
        if timeout_ms == self.timeout_ms {
            return Ok(());
        }
        let sql = if self.mariadb {
            format!("SET SESSION max_statement_time = {}.{:03}", timeout_ms / 1_000, timeout_ms % 1_000)
        } else {
            format!("SET SESSION max_execution_time = {timeout_ms}")
        };
        self.connection.query_drop(sql).await?;
        self.timeout_ms = timeout_ms;
        Ok(())
    }

    /// Prepares a statement; one that is not `reusable` serves for one execution, whatever its end.
    pub(super) async fn prepare(&mut self, sql: &str, reusable: bool) -> Result<Statement, Error> {
        let statement = self.connection.prep(sql).await?;
        if !reusable {
            self.spent = Some(statement.clone());
        }
        Ok(statement)
    }
}

/// Kills what a session is at by a side connection, then closes it. Its place in the pool is free only after that.
///
/// The server forgets a request that comes before it has begun with the statement: as long as that does not end, the
/// request is made again.
pub(super) async fn kill(session: Object<Manager>) {
    let (opts, id) = (session.opts.clone(), session.connection.id());
    let kill = || async {
        let killed = async {
            let mut side = Conn::new(opts.clone()).await?;
            side.query_drop(format!("KILL QUERY {id}")).await?;
            side.disconnect().await
        };
        match tokio::time::timeout(KILL_TIMEOUT, killed).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "could not kill a statement at the source"),
            Err(_) => tracing::warn!("killing a statement at the source took too long"),
        }
    };
    kill().await;
    // Reads what is left of the answer, which the killed statement ends soon.
    let gone = Object::take(session).connection.disconnect();
    let ended = async {
        tokio::pin!(gone);
        // An error is an end too.
        while tokio::time::timeout(KILL_AGAIN, &mut gone).await.is_err() {
            kill().await;
        }
    };
    if tokio::time::timeout(KILL_TIMEOUT, ended).await.is_err() {
        tracing::warn!("a killed statement did not end at the source in time");
    }
}
