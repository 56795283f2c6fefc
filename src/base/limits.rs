//! Every bound of the server in one place. A thing without a bound is a bug.

use serde::Deserialize;

/// Bounds, all configurable under `limits:` in `sluice.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Client connections at once, logged in or not.
    pub connections_max: usize,
    /// Largest frame before authentication, bytes.
    pub startup_frame_bytes_max: usize,
    /// Largest frame after authentication, bytes.
    pub frame_bytes_max: usize,
    /// Time to finish authentication, milliseconds.
    pub login_timeout_ms: u64,
    /// Time one statement may take, milliseconds; 0 is no limit. A session may only lower it.
    pub statement_timeout_ms: u64,
    /// Time a session may be idle, milliseconds; 0 is no limit.
    pub idle_timeout_ms: u64,
    /// Time for which rows leave under one decision before it is made again, milliseconds; 0 is no limit. Rows fetched
    /// under another snapshot than the one decided under have it made again at once.
    pub decision_age_ms: u64,
    /// Rows one statement may return; 0 is no limit.
    pub rows_max: u64,
    /// Memory of the engine's operators, bytes, for all statements together. As much again may be taken by what
    /// expressions make, and as much by what sessions hold. One statement has half of what others leave.
    pub memory_bytes: usize,
    /// Statement text, bytes.
    pub statement_bytes_max: usize,
    /// Nesting of parentheses and brackets in a statement.
    pub nesting_max: usize,
    /// Tokens in a statement.
    pub tokens_max: usize,
    /// Operators in a row (`a + b + c ...`, `p OR q OR ...`) in a statement.
    pub operators_max: usize,
    /// Prepared statements and portals one session may hold, each.
    pub prepared_max: usize,
    /// Bytes that one session may hold between two messages: prepared statements, parameters of portals, rows of cursors,
    /// answers of the system relations. All sessions together hold at most `memory_bytes` of it.
    pub session_bytes_max: usize,
    /// Largest value that one call of a function or aggregate may make, bytes.
    pub value_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: 1_000,
            startup_frame_bytes_max: 64 << 10,
            frame_bytes_max: 8 << 20,
            login_timeout_ms: 10_000,
            statement_timeout_ms: 300_000,
            idle_timeout_ms: 0,
            decision_age_ms: 180_000,
            rows_max: 0,
            memory_bytes: 256 << 20,
            statement_bytes_max: 1 << 20,
            nesting_max: 64,
            tokens_max: 100_000,
            operators_max: 1_000,
            prepared_max: 1_024,
            session_bytes_max: 64 << 20,
            value_bytes_max: 16 << 20,
        }
    }
}
