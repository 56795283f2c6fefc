//! The pool of connections to one server, the same for every kind of server.
//!
//! Invariant: waiting for a connection, opening one and looking after an idle one each have their bound.

use deadpool::managed::{Manager, Object, Pool, PoolError, TimeoutType};

use super::SourceError;
use super::settings::ServerSettings;

/// A pool without connections yet: the first scan opens the first.
pub(super) fn open<M: Manager>(id: &str, manager: M, server: &ServerSettings) -> Result<Pool<M>, SourceError> {
    Pool::builder(manager)
        .max_size(server.pool_max)
        .wait_timeout(Some(server.queue_timeout))
        .create_timeout(Some(server.connect_timeout))
        .recycle_timeout(Some(server.connect_timeout))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(|error| SourceError::Config { connection: id.into(), problem: error.to_string() })
}

/// A connection that nobody else has; `failed` says what an error of the driver means.
pub(super) async fn session<M: Manager>(
    id: &str,
    pool: &Pool<M>,
    server: &ServerSettings,
    failed: impl Fn(M::Error) -> SourceError,
) -> Result<Object<M>, SourceError> {
    pool.get().await.map_err(|error| match error {
        PoolError::Timeout(TimeoutType::Wait) => SourceError::Busy {
            connection: id.into(),
            waited_ms: server.queue_timeout.as_millis() as u64,
            pool_max: server.pool_max,
        },
        PoolError::Backend(error) => failed(error),
        PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => unavailable(id, "connect timeout"),
        PoolError::Closed | PoolError::NoRuntimeSpecified => unavailable(id, "the pool is closed"),
        PoolError::PostCreateHook(_) => unavailable(id, "a new connection was turned away"),
    })
}

/// The server cannot be reached, or turns us away.
pub(super) fn unavailable(id: &str, reason: &str) -> SourceError {
    SourceError::Unavailable { connection: id.into(), reason: reason.into() }
}
