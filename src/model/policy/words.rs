//! Function names that a rule is refused with a reason of their own.

/// Aggregates, which a rule has no rows for.
pub(super) const AGGREGATES: [&str; 12] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "array_agg",
    "string_agg",
    "bool_and",
    "bool_or",
    "every",
    "stddev",
    "variance",
];
/// Functions whose value is another at each call.
pub(super) const VOLATILE: [&str; 12] = [
    "now",
    "random",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "current_timestamp",
    "current_date",
    "current_time",
    "localtime",
    "localtimestamp",
    "gen_random_uuid",
];
/// SQL's words for who asks.
pub(super) const IDENTITY: [&str; 4] = ["current_user", "session_user", "user", "current_role"];
