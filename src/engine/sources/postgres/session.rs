//! One connection to a PostgreSQL server: opening it, its settings, its prepared statements, cancelling it.

use std::collections::HashMap;
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, RecycleError};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::sources::SourceError;
use crate::sources::settings::{ServerSettings, TlsMode, client_config};

/// Statements one session keeps prepared.
const PREPARED_MAX: usize = 64;
/// Time until a request to cancel is made again.
const CANCEL_AGAIN: Duration = Duration::from_millis(300);
/// Time a cancelled statement has to end before its connection is dropped all the same.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens sessions for the pool.
#[derive(Clone)]
pub(super) struct Manager {
    connection: String,
    server: ServerSettings,
    tls: MakeRustlsConnect,
}

/// One connection, with what is known of its state.
pub(super) struct Session {
    client: Client,
    driver: JoinHandle<()>,
    tls: MakeRustlsConnect,
    server: ServerSettings,
    timeout_ms: u64,
    prepared: HashMap<(String, Vec<u32>), Statement>,
}

impl Manager {
    pub(super) fn new(connection: &str, server: ServerSettings) -> Result<Manager, SourceError> {
        let tls = MakeRustlsConnect::new(client_config(connection, &server.tls)?);
        Ok(Manager { connection: connection.into(), server, tls })
    }

    pub(super) fn server(&self) -> &ServerSettings {
        &self.server
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .host(&self.server.host)
            .port(self.server.port)
            .dbname(&self.server.database)
            .user(&self.server.user)
            .application_name("sluice")
            .connect_timeout(self.server.connect_timeout)
            .keepalives_idle(Duration::from_secs(60))
            .ssl_mode(match self.server.tls {
                TlsMode::Disable => SslMode::Disable,
                TlsMode::Prefer => SslMode::Prefer,
                TlsMode::Require | TlsMode::VerifyCa(_) | TlsMode::VerifyFull(_) => SslMode::Require,
            });
        if let Some(password) = &self.server.password {
            config.password(password);
        }
        config
    }
}

impl managed::Manager for Manager {
    type Type = Session;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Session, tokio_postgres::Error> {
        let (client, connection) = self.config().connect(self.tls.clone()).await?;
        let id = self.connection.clone();
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(connection = %id, error = %words(&error), "connection to the source ended");
            }
        });
        let timeout_ms = self.server.timeout_ms(0);
        let setup = format!(
            "SET default_transaction_read_only = on; SET search_path = ''; SET TimeZone = 'UTC'; \
             SET DateStyle = 'ISO, MDY'; SET statement_timeout = {timeout_ms}"
        );
        client.batch_execute(&setup).await?;
        let (tls, server) = (self.tls.clone(), self.server.clone());
        Ok(Session { client, driver, tls, server, timeout_ms, prepared: HashMap::new() })
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> managed::RecycleResult<tokio_postgres::Error> {
        if session.client.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}

impl Session {
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn server(&self) -> &ServerSettings {
        &self.server
    }

    /// A statement with fixed parameter types, prepared at most once per session.
    pub(super) async fn prepare(&mut self, sql: &str, types: &[Type]) -> Result<Statement, tokio_postgres::Error> {
        let key = (sql.to_string(), types.iter().map(Type::oid).collect::<Vec<u32>>());
        if let Some(statement) = self.prepared.get(&key) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare_typed(sql, types).await?;
        if self.prepared.len() >= PREPARED_MAX {
            self.prepared.clear();
        }
        self.prepared.insert(key, statement.clone());
        Ok(statement)
    }

    /// Forgets the prepared statements.
    pub(super) fn forget(&mut self) {
        self.prepared.clear();
    }

    /// The statement that sets another time limit, where that is needed.
    pub(super) fn timeout_change(&self, timeout_ms: u64) -> Option<String> {
        (timeout_ms != self.timeout_ms).then(|| format!("SET statement_timeout = {}", timeout_ms.min(i32::MAX as u64)))
    }

    pub(super) fn timeout_changed(&mut self, timeout_ms: u64) {
        self.timeout_ms = timeout_ms;
    }

    pub(super) async fn set_timeout(&mut self, timeout_ms: u64) -> Result<(), tokio_postgres::Error> {
        if let Some(sql) = self.timeout_change(timeout_ms) {
            self.client.batch_execute(&sql).await?;
            self.timeout_ms = timeout_ms;
        }
        Ok(())
    }
}

/// Cancels what a session is at, waits until the server is done with it, then closes it. Its place in the pool is free
/// only after that, so the server never has more of our statements than the pool allows.
///
/// The server forgets a request that comes before it has begun with the statement, and one statement would then run on to
/// its own end: as long as there is no answer, the request is made again.
pub(super) async fn cancel(session: Object<Manager>) {
    let token = session.client.cancel_token();
    // Answered after the cancelled statement's last message.
    let answered = session.client.batch_execute("");
    let stopped = async {
        tokio::pin!(answered);
        loop {
            if let Err(error) = token.cancel_query(session.tls.clone()).await {
                tracing::warn!(error = %words(&error), "could not cancel a statement at the source");
            }
            // An error is an answer too.
            if tokio::time::timeout(CANCEL_AGAIN, &mut answered).await.is_ok() {
                return;
            }
        }
    };
    if tokio::time::timeout(CANCEL_TIMEOUT, stopped).await.is_err() {
        tracing::warn!("a cancelled statement did not end at the source in time");
    }
    let session = Object::take(session);
    session.driver.abort();
}

/// An error and its causes in one line. `tokio_postgres::Error` alone says only "error connecting to server".
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}
