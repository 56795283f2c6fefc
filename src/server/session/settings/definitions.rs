//! The settings that clients use: names, kinds and defaults as PostgreSQL 15 has them.
//!
//! Invariant: a setting whose effect Sluice does not have is here only where accepting it changes no answer.

/// What values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// `on` or `off`
    Bool,
    /// A whole number between two bounds, in a unit.
    Int(i64, i64, Unit),
    /// A number between two bounds.
    Real(f64, f64),
    /// Milliseconds between two bounds, with fractions.
    Span(f64, f64),
    /// One of some words; compared without regard to case.
    Words(&'static [&'static str]),
    /// Any text.
    Text,
    /// The name of a locale.
    Locale,
    /// `DateStyle`: output style and field order.
    DateStyle,
    /// `TimeZone`: a name of the time zone database, or an offset.
    TimeZone,
    /// `client_encoding`
    Encoding,
    /// A list of identifiers.
    Identifiers,
}

/// What `pg_settings` tells of a kind: its name, unit, bounds and words.
type Described = (&'static str, Option<&'static str>, Option<(String, String)>, Option<&'static [&'static str]>);

impl Kind {
    /// The kind as `pg_settings` describes it.
    pub fn described(self) -> Described {
        match self {
            Kind::Bool => ("bool", None, None, None),
            Kind::Int(min, max, unit) => ("integer", unit.name(), Some((min.to_string(), max.to_string())), None),
            Kind::Real(min, max) => ("real", None, Some((bound(min), bound(max))), None),
            Kind::Span(min, max) => ("real", Unit::Ms.name(), Some((bound(min), bound(max))), None),
            Kind::Words(words) => ("enum", None, None, Some(words)),
            Kind::Text | Kind::Locale | Kind::DateStyle | Kind::TimeZone | Kind::Encoding | Kind::Identifiers => {
                ("string", None, None, None)
            }
        }
    }
}

/// A bound of a real number as PostgreSQL writes it.
pub fn bound(bound: f64) -> String {
    if bound == f64::MAX { "1.79769e+308".into() } else { bound.to_string() }
}

/// Unit of a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    None,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
    /// Minutes.
    Min,
    /// Bytes.
    B,
    /// Kibibytes.
    Kb,
    /// Blocks of eight kibibytes.
    Block,
    /// Mebibytes.
    Mb,
}

impl Unit {
    const NAMED: [(Unit, &'static str); 7] = [
        (Unit::Ms, "ms"),
        (Unit::S, "s"),
        (Unit::Min, "min"),
        (Unit::B, "B"),
        (Unit::Kb, "kB"),
        (Unit::Block, "8kB"),
        (Unit::Mb, "MB"),
    ];

    /// As `pg_settings` names it; nothing for a plain number.
    pub fn name(self) -> Option<&'static str> {
        Unit::NAMED.iter().find(|(unit, _)| *unit == self).map(|(_, name)| *name)
    }

    pub(super) fn named(name: &str) -> Unit {
        Unit::NAMED.iter().find(|(_, known)| *known == name).map_or(Unit::None, |(unit, _)| *unit)
    }
}

/// Who may change a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The session.
    Session,
    /// Nobody: it tells a fact.
    Never,
    /// Through a statement of its own (`SET ROLE`, `SET SESSION AUTHORIZATION`).
    Special,
    /// In PostgreSQL: the client as it connects.
    Start,
    /// In PostgreSQL: the configuration, read as the server starts.
    Restart,
    /// In PostgreSQL: the configuration, at any time.
    Reload,
    /// In PostgreSQL: a superuser.
    Superuser,
}

impl Change {
    /// As `pg_settings` names it.
    pub fn context(self) -> &'static str {
        match self {
            Change::Never => "internal",
            Change::Session | Change::Special => "user",
            Change::Start => "backend",
            Change::Restart => "postmaster",
            Change::Reload => "sighup",
            Change::Superuser => "superuser",
        }
    }
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Definition {
    /// Name, spelled as `SHOW ALL` spells it.
    pub name: &'static str,
    /// Values.
    pub kind: Kind,
    /// Default, normalised.
    pub default: &'static str,
    /// Who may change it.
    pub change: Change,
    /// Changes are told to the client by ParameterStatus.
    pub reported: bool,
    /// One line, as `SHOW ALL` shows it.
    pub description: &'static str,
}

const fn open(name: &'static str, kind: Kind, default: &'static str, description: &'static str) -> Definition {
    Definition { name, kind, default, change: Change::Session, reported: false, description }
}

const fn told(name: &'static str, kind: Kind, default: &'static str, description: &'static str) -> Definition {
    Definition { name, kind, default, change: Change::Session, reported: true, description }
}

const fn fact(name: &'static str, kind: Kind, default: &'static str, description: &'static str) -> Definition {
    Definition { name, kind, default, change: Change::Never, reported: false, description }
}

const fn told_fact(name: &'static str, kind: Kind, default: &'static str, description: &'static str) -> Definition {
    Definition { name, kind, default, change: Change::Never, reported: true, description }
}

const INT_MAX: i64 = i32::MAX as i64;
const TIMEOUT: Kind = Kind::Int(0, INT_MAX, Unit::Ms);
const MEMORY: Kind = Kind::Int(64, INT_MAX, Unit::Kb);
const COST: Kind = Kind::Real(0.0, f64::MAX);
const PLAIN: Kind = Kind::Int(0, INT_MAX, Unit::None);
const LEVELS: Kind =
    Kind::Words(&["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"]);
/// Isolation levels, as `transaction_isolation` shows them.
pub const ISOLATION: Kind = Kind::Words(&["serializable", "repeatable read", "read committed", "read uncommitted"]);
const PLANNER: &str = "Accepted; the planner of Sluice does not use it.";

/// The version that clients are told: its catalogues and forms are the ones Sluice follows.
pub const SERVER_VERSION: &str = "15.8";

/// The settings that mean something here, sorted by name without regard to case; [`super::postgres`] has the others.
pub const DEFINITIONS: &[Definition] = &[
    told("application_name", Kind::Text, "", "Sets the application name to be reported in the audit."),
    open("array_nulls", Kind::Bool, "on", "Enable input of NULL elements in arrays."),
    open(
        "backslash_quote",
        Kind::Words(&["safe_encoding", "on", "off"]),
        "safe_encoding",
        "Sets whether \"\\'\" is allowed in string literals.",
    ),
    fact("block_size", PLAIN, "8192", "Shows the size of a disk block."),
    open("bytea_output", Kind::Words(&["escape", "hex"]), "hex", "Sets the output format for bytea."),
    open("check_function_bodies", Kind::Bool, "on", "Check routine bodies during CREATE."),
    open(
        "client_connection_check_interval",
        TIMEOUT,
        "0",
        "Sets the time interval between checks for disconnection while running queries.",
    ),
    told("client_encoding", Kind::Encoding, "UTF8", "Sets the client's character set encoding."),
    open("client_min_messages", LEVELS, "notice", "Sets the message levels that are sent to the client."),
    open("constraint_exclusion", Kind::Words(&["partition", "on", "off"]), "partition", PLANNER),
    open("cpu_index_tuple_cost", COST, "0.005", PLANNER),
    open("cpu_operator_cost", COST, "0.0025", PLANNER),
    open("cpu_tuple_cost", COST, "0.01", PLANNER),
    open("cursor_tuple_fraction", Kind::Real(0.0, 1.0), "0.1", PLANNER),
    fact("data_checksums", Kind::Bool, "off", "Shows whether data checksums are turned on."),
    told("DateStyle", Kind::DateStyle, "ISO, MDY", "Sets the display format for date and time values."),
    fact("debug_assertions", Kind::Bool, "off", "Shows whether the running server has assertion checks enabled."),
    open("debug_pretty_print", Kind::Bool, "on", "Indents parse and plan tree displays."),
    open("debug_print_parse", Kind::Bool, "off", "Accepted; no parse tree is logged."),
    open("debug_print_plan", Kind::Bool, "off", "Accepted; no plan is logged."),
    open("debug_print_rewritten", Kind::Bool, "off", "Accepted; no parse tree is logged."),
    open("default_statistics_target", PLAIN, "100", PLANNER),
    open("default_table_access_method", Kind::Text, "heap", "Sets the default table access method for new tables."),
    open("default_tablespace", Kind::Text, "", "Sets the default tablespace to create tables in."),
    open("default_text_search_config", Kind::Text, "pg_catalog.simple", "Sets default text search configuration."),
    open(
        "default_toast_compression",
        Kind::Words(&["pglz", "lz4"]),
        "pglz",
        "Sets the default compression method for compressible values.",
    ),
    open(
        "default_transaction_deferrable",
        Kind::Bool,
        "off",
        "Sets the default deferrable status of new transactions.",
    ),
    open("default_transaction_isolation", ISOLATION, "read committed", "Sets the isolation level of new transactions."),
    told("default_transaction_read_only", Kind::Bool, "on", "Sets the default read-only status of new transactions."),
    open(
        "default_with_oids",
        Kind::Words(&["off"]),
        "off",
        "WITH OIDS is no longer supported; this can only be false.",
    ),
    open("effective_cache_size", Kind::Int(1, INT_MAX, Unit::Kb), "4194304", PLANNER),
    open("enable_async_append", Kind::Bool, "on", PLANNER),
    open("enable_bitmapscan", Kind::Bool, "on", PLANNER),
    open("enable_gathermerge", Kind::Bool, "on", PLANNER),
    open("enable_hashagg", Kind::Bool, "on", PLANNER),
    open("enable_hashjoin", Kind::Bool, "on", PLANNER),
    open("enable_incremental_sort", Kind::Bool, "on", PLANNER),
    open("enable_indexonlyscan", Kind::Bool, "on", PLANNER),
    open("enable_indexscan", Kind::Bool, "on", PLANNER),
    open("enable_material", Kind::Bool, "on", PLANNER),
    open("enable_memoize", Kind::Bool, "on", PLANNER),
    open("enable_mergejoin", Kind::Bool, "on", PLANNER),
    open("enable_nestloop", Kind::Bool, "on", PLANNER),
    open("enable_parallel_append", Kind::Bool, "on", PLANNER),
    open("enable_parallel_hash", Kind::Bool, "on", PLANNER),
    open("enable_partition_pruning", Kind::Bool, "on", PLANNER),
    open("enable_partitionwise_aggregate", Kind::Bool, "off", PLANNER),
    open("enable_partitionwise_join", Kind::Bool, "off", PLANNER),
    open("enable_seqscan", Kind::Bool, "on", PLANNER),
    open("enable_sort", Kind::Bool, "on", PLANNER),
    open("enable_tidscan", Kind::Bool, "on", PLANNER),
    open("escape_string_warning", Kind::Bool, "on", "Warn about backslash escapes in ordinary string literals."),
    open("exit_on_error", Kind::Bool, "off", "Terminate session on any error."),
    open(
        "extra_float_digits",
        Kind::Int(-15, 3, Unit::None),
        "1",
        "Sets the number of digits displayed for floating-point values.",
    ),
    open("from_collapse_limit", PLAIN, "8", PLANNER),
    open("geqo", Kind::Bool, "on", PLANNER),
    open("geqo_effort", Kind::Int(1, 10, Unit::None), "5", PLANNER),
    open("geqo_threshold", Kind::Int(2, INT_MAX, Unit::None), "12", PLANNER),
    open("gin_fuzzy_search_limit", PLAIN, "0", PLANNER),
    open("hash_mem_multiplier", Kind::Real(1.0, 1000.0), "2", PLANNER),
    open(
        "idle_in_transaction_session_timeout",
        TIMEOUT,
        "0",
        "Sets the maximum allowed idle time between queries, when in a transaction.",
    ),
    open(
        "idle_session_timeout",
        TIMEOUT,
        "0",
        "Sets the maximum allowed idle time between queries, when not in a transaction.",
    ),
    told_fact("in_hot_standby", Kind::Bool, "off", "Shows whether hot standby is currently active."),
    told_fact("integer_datetimes", Kind::Bool, "on", "Shows whether datetimes are integer based."),
    told(
        "IntervalStyle",
        Kind::Words(&["postgres", "postgres_verbose", "sql_standard", "iso_8601"]),
        "postgres",
        "Sets the display format for interval values.",
    ),
    told_fact("is_superuser", Kind::Bool, "off", "Shows whether the current user is a superuser."),
    open("jit", Kind::Bool, "off", PLANNER),
    open("jit_above_cost", Kind::Real(-1.0, f64::MAX), "100000", PLANNER),
    open("jit_inline_above_cost", Kind::Real(-1.0, f64::MAX), "500000", PLANNER),
    open("jit_optimize_above_cost", Kind::Real(-1.0, f64::MAX), "500000", PLANNER),
    open("join_collapse_limit", PLAIN, "8", PLANNER),
    fact("lc_collate", Kind::Text, "C.UTF-8", "Shows the collation order locale."),
    fact("lc_ctype", Kind::Text, "C.UTF-8", "Shows the character classification and case conversion locale."),
    open(
        "lc_messages",
        Kind::Locale,
        "en_US.UTF-8",
        "Sets the language in which messages are displayed: zh_CN or en_US.",
    ),
    open("lc_monetary", Kind::Text, "C.UTF-8", "Sets the locale for formatting monetary amounts."),
    open("lc_numeric", Kind::Text, "C.UTF-8", "Sets the locale for formatting numbers."),
    open("lc_time", Kind::Text, "C.UTF-8", "Sets the locale for formatting date and time values."),
    open("lock_timeout", TIMEOUT, "0", "Sets the maximum allowed duration of any wait for a lock."),
    open(
        "log_statement",
        Kind::Words(&["none", "ddl", "mod", "all"]),
        "none",
        "Sets the type of statements logged; the audit records all.",
    ),
    open("logical_decoding_work_mem", MEMORY, "65536", PLANNER),
    open("maintenance_work_mem", MEMORY, "65536", PLANNER),
    fact("max_connections", PLAIN, "1000", "Sets the maximum number of concurrent connections."),
    fact("max_function_args", PLAIN, "100", "Shows the maximum number of function arguments."),
    fact("max_identifier_length", PLAIN, "63", "Shows the maximum identifier length."),
    fact("max_index_keys", PLAIN, "32", "Shows the maximum number of index keys."),
    open("max_parallel_maintenance_workers", Kind::Int(0, 1024, Unit::None), "2", PLANNER),
    open("max_parallel_workers", Kind::Int(0, 1024, Unit::None), "8", PLANNER),
    open("max_parallel_workers_per_gather", PLAIN, "2", PLANNER),
    open("parallel_leader_participation", Kind::Bool, "on", PLANNER),
    open("parallel_setup_cost", COST, "1000", PLANNER),
    open("parallel_tuple_cost", COST, "0.1", PLANNER),
    open(
        "password_encryption",
        Kind::Words(&["md5", "scram-sha-256"]),
        "scram-sha-256",
        "Accepted; passwords are not changed here.",
    ),
    open(
        "plan_cache_mode",
        Kind::Words(&["auto", "force_generic_plan", "force_custom_plan"]),
        "auto",
        "Controls the planner's selection of custom or generic plan.",
    ),
    open("quote_all_identifiers", Kind::Bool, "off", "When generating SQL fragments, quote all identifiers."),
    open("random_page_cost", Kind::Real(0.0, f64::MAX), "4", PLANNER),
    open("recursive_worktable_factor", Kind::Real(0.001, 1000000.0), "10", PLANNER),
    Definition {
        name: "role",
        kind: Kind::Text,
        default: "none",
        change: Change::Special,
        reported: false,
        description: "Sets the current role.",
    },
    open("row_security", Kind::Bool, "on", "Accepted; row rules are always in force."),
    open("search_path", Kind::Identifiers, "", "Sets the schema search order for names that are not schema-qualified."),
    open("seq_page_cost", COST, "1", PLANNER),
    told_fact("server_encoding", Kind::Text, "UTF8", "Shows the server (database) character set encoding."),
    told_fact("server_version", Kind::Text, SERVER_VERSION, "Shows the server version."),
    fact("server_version_num", PLAIN, "150008", "Shows the server version as an integer."),
    Definition {
        name: "session_authorization",
        kind: Kind::Text,
        default: "",
        change: Change::Special,
        reported: true,
        description: "Sets the session user name.",
    },
    open(
        "session_replication_role",
        Kind::Words(&["origin"]),
        "origin",
        "Sets the session's behavior for triggers and rewrite rules.",
    ),
    open(
        "sluice.purpose",
        Kind::Text,
        "",
        "States the purpose of the queries that follow, for rules that ask for one.",
    ),
    fact("ssl", Kind::Bool, "off", "Shows whether connections may be encrypted."),
    open(
        "ssl_renegotiation_limit",
        Kind::Int(0, 0, Unit::None),
        "0",
        "SSL renegotiation is no longer supported; this can only be 0.",
    ),
    told(
        "standard_conforming_strings",
        Kind::Words(&["on"]),
        "on",
        "Causes '...' strings to treat backslashes literally.",
    ),
    open(
        "statement_timeout",
        TIMEOUT,
        "0",
        "Sets the maximum allowed duration of any statement; the server's bound stays.",
    ),
    open("stats_fetch_consistency", Kind::Words(&["none", "cache", "snapshot"]), "cache", PLANNER),
    open("synchronize_seqscans", Kind::Bool, "on", "Enable synchronized sequential scans."),
    open(
        "synchronous_commit",
        Kind::Words(&["on", "off", "local", "remote_write", "remote_apply"]),
        "on",
        "Sets the current transaction's synchronization level.",
    ),
    open("tcp_keepalives_count", PLAIN, "0", "Maximum number of TCP keepalive retransmits."),
    open("tcp_keepalives_idle", PLAIN, "0", "Time between issuing TCP keepalives."),
    open("tcp_keepalives_interval", PLAIN, "0", "Time between TCP keepalive retransmits."),
    open("tcp_user_timeout", TIMEOUT, "0", "TCP user timeout."),
    open("temp_buffers", MEMORY, "8192", PLANNER),
    open("temp_tablespaces", Kind::Text, "", "Sets the tablespaces to use for temporary tables."),
    told("TimeZone", Kind::TimeZone, "UTC", "Sets the time zone for displaying and interpreting time stamps."),
    open("timezone_abbreviations", Kind::Text, "Default", "Selects a file of time zone abbreviations."),
    open("transaction_deferrable", Kind::Bool, "off", "Whether to defer a read-only serializable transaction."),
    open("transaction_isolation", ISOLATION, "read committed", "Sets the current transaction's isolation level."),
    open(
        "transaction_read_only",
        Kind::Bool,
        "on",
        "Sets the current transaction's read-only status; nothing is written in any.",
    ),
    open(
        "transform_null_equals",
        Kind::Words(&["off"]),
        "off",
        "Treats \"expr=NULL\" as \"expr IS NULL\"; always off.",
    ),
    open("vacuum_cost_delay", Kind::Real(0.0, 100.0), "0", "Vacuum cost delay in milliseconds."),
    open("vacuum_cost_limit", Kind::Int(1, 10000, Unit::None), "200", "Vacuum cost amount available before napping."),
    fact("wal_block_size", PLAIN, "8192", "Shows the block size in the write ahead log."),
    fact("wal_level", Kind::Text, "replica", "Sets the level of information written to the WAL."),
    open(
        "wal_skip_threshold",
        Kind::Int(0, INT_MAX, Unit::Kb),
        "2048",
        "Minimum size of new file to fsync instead of writing WAL.",
    ),
    open("work_mem", MEMORY, "4096", PLANNER),
    open("xmlbinary", Kind::Words(&["base64", "hex"]), "base64", "Sets how binary values are to be encoded in XML."),
    open(
        "xmloption",
        Kind::Words(&["content", "document"]),
        "content",
        "Sets whether XML data is considered as documents or content fragments.",
    ),
];
