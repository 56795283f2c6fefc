//! Settings that every PostgreSQL has and that clients ask for, with the values that are true of this server.
//!
//! Invariant: the session's own settings win; a preset answers only what the session does not hold.

/// One setting as `pg_settings` describes it.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
    /// `bool`, `integer`, `real`, `string` or `enum`.
    pub(crate) kind: &'static str,
    /// `internal`: fixed; `user`: a session may set it.
    pub(crate) context: &'static str,
    pub(crate) unit: Option<&'static str>,
    pub(crate) description: &'static str,
}

const fn fixed(name: &'static str, value: &'static str, kind: &'static str, description: &'static str) -> Preset {
    Preset { name, value, kind, context: "internal", unit: None, description }
}

const fn free(name: &'static str, value: &'static str, kind: &'static str, description: &'static str) -> Preset {
    Preset { name, value, kind, context: "user", unit: None, description }
}

const fn timed(name: &'static str, value: &'static str, description: &'static str) -> Preset {
    Preset { name, value, kind: "integer", context: "user", unit: Some("ms"), description }
}

static PRESETS: &[Preset] = &[
    free("application_name", "", "string", "Name of the client application."),
    free("bytea_output", "hex", "enum", "Output form of bytea."),
    fixed("block_size", "8192", "integer", "Size of a disk block."),
    free("check_function_bodies", "on", "bool", "No effect: functions cannot be made."),
    free("client_encoding", "UTF8", "string", "Character set of the client."),
    free("client_min_messages", "notice", "enum", "Least severe message sent to the client."),
    fixed("data_checksums", "off", "bool", "Checksums of data pages."),
    free("DateStyle", "ISO, MDY", "string", "Form of dates in and out."),
    free("default_table_access_method", "heap", "string", "Access method of new tables."),
    free("default_tablespace", "", "string", "Tablespace of new tables."),
    free("default_transaction_deferrable", "off", "bool", "Deferrable state of new transactions."),
    free("default_transaction_isolation", "read committed", "enum", "Isolation of new transactions."),
    fixed("default_transaction_read_only", "on", "bool", "Everything is read only."),
    free("extra_float_digits", "1", "integer", "Digits shown of floating-point numbers."),
    fixed("hot_standby", "off", "bool", "Not a standby."),
    free("idle_in_transaction_session_timeout", "0", "integer", "Idle time allowed in a transaction."),
    free("idle_session_timeout", "0", "integer", "Idle time allowed."),
    fixed("in_hot_standby", "off", "bool", "Not a standby."),
    fixed("integer_datetimes", "on", "bool", "Times are 64-bit integers."),
    free("IntervalStyle", "postgres", "enum", "Form of intervals."),
    fixed("is_superuser", "off", "bool", "No session is a superuser's."),
    free("jit", "off", "bool", "No effect."),
    fixed("lc_collate", "C.UTF-8", "string", "Order of text."),
    fixed("lc_ctype", "C.UTF-8", "string", "Classes of characters."),
    free("lc_messages", "en_US.UTF-8", "string", "Language of messages."),
    free("lc_monetary", "C.UTF-8", "string", "Form of money."),
    free("lc_numeric", "C.UTF-8", "string", "Form of numbers."),
    free("lc_time", "C.UTF-8", "string", "Names of days and months."),
    timed("lock_timeout", "0", "Time to wait for a lock."),
    fixed("max_connections", "1000", "integer", "Sessions at once."),
    fixed("max_function_args", "100", "integer", "Arguments of a function."),
    fixed("max_identifier_length", "63", "integer", "Length of a name in bytes."),
    fixed("max_index_keys", "32", "integer", "Columns of an index."),
    fixed("port", "5432", "integer", "Port of the server."),
    free("row_security", "on", "bool", "Row rules apply, always."),
    free("search_path", "\"$user\", public", "string", "Schemas searched for unqualified names."),
    fixed("segment_size", "131072", "integer", "Size of a file segment."),
    fixed("server_encoding", "UTF8", "string", "Character set of the server."),
    fixed("server_version", "15.0", "string", "Version that clients adapt to."),
    fixed("server_version_num", "150000", "integer", "Version that clients adapt to, as a number."),
    free("session_replication_role", "origin", "enum", "No effect."),
    free("standard_conforming_strings", "on", "bool", "Backslashes in plain strings are literal."),
    timed("statement_timeout", "0", "Time one statement may take."),
    free("synchronize_seqscans", "on", "bool", "No effect."),
    free("synchronous_commit", "on", "enum", "No effect."),
    free("temp_tablespaces", "", "string", "No effect."),
    free("TimeZone", "UTC", "string", "Time zone of the session."),
    free("transaction_deferrable", "off", "bool", "Deferrable state of this transaction."),
    free("transaction_isolation", "read committed", "enum", "Isolation of this transaction."),
    fixed("transaction_read_only", "on", "bool", "Everything is read only."),
    free("transform_null_equals", "off", "bool", "No effect."),
    fixed("wal_block_size", "8192", "integer", "Size of a log block."),
    free("work_mem", "4096", "integer", "No effect."),
    free("xmlbinary", "base64", "enum", "No effect."),
    free("xmloption", "content", "enum", "No effect."),
];

/// Every preset, by name.
pub(crate) fn presets() -> &'static [Preset] {
    PRESETS
}

/// The preset of this name, in any case.
pub(crate) fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
}
