//! The functions a query may call. A closed list: what is not named here does not exist.

/// PostgreSQL's name and the engine's, where they differ.
const RENAMED: &[(&str, &str)] = &[
    ("ceiling", "ceil"),
    ("sign", "signum"),
    ("pow", "power"),
    ("char_length", "character_length"),
    ("length", "character_length"),
    ("every", "bool_and"),
    ("variance", "var_samp"),
    ("stddev_samp", "stddev"),
    ("substring", "substr"),
];

const SCALAR: &[&str] = &[
    "abs",
    "ceil",
    "floor",
    "round",
    "trunc",
    "signum",
    "sqrt",
    "power",
    "exp",
    "ln",
    "log",
    "greatest",
    "least",
    "coalesce",
    "nullif",
    "lower",
    "upper",
    "character_length",
    "octet_length",
    "bit_length",
    "substr",
    "left",
    "right",
    "lpad",
    "rpad",
    "btrim",
    "ltrim",
    "rtrim",
    "replace",
    "reverse",
    "repeat",
    "split_part",
    "strpos",
    "concat",
    "concat_ws",
    "initcap",
    "ascii",
    "translate",
    "starts_with",
    "regexp_replace",
    "regexp_like",
    "regexp_count",
    "pi",
    "degrees",
    "radians",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "cot",
    "cbrt",
    "gcd",
    "lcm",
    "to_hex",
    "factorial",
    "random",
];

const AGGREGATE: &[&str] = &[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "bool_and",
    "bool_or",
    "string_agg",
    "array_agg",
    "stddev",
    "stddev_pop",
    "var_samp",
    "var_pop",
    "corr",
    "covar_pop",
    "covar_samp",
    "regr_slope",
    "regr_intercept",
    "regr_r2",
    "regr_count",
    "bit_and",
    "bit_or",
    "bit_xor",
    "grouping",
];

const WINDOW: &[&str] = &[
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
];

/// The engine's name of an allowed function.
pub(super) fn engine_name(name: &str) -> Option<&'static str> {
    let renamed = RENAMED.iter().find(|(from, _)| *from == name).map(|(_, to)| *to).unwrap_or(name);
    [SCALAR, AGGREGATE, WINDOW, crate::datetime::names()]
        .iter()
        .flat_map(|list| list.iter())
        .find(|known| **known == renamed)
        .copied()
}

/// True for a function over a group of rows, by either name.
pub(super) fn is_aggregate(name: &str) -> bool {
    engine_name(name).is_some_and(|name| AGGREGATE.contains(&name))
}

/// Functions whose result can be far longer than their arguments, with the position of the length argument.
pub(super) fn length_argument(engine_name: &str) -> Option<usize> {
    matches!(engine_name, "lpad" | "rpad" | "repeat").then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(engine_name("ceiling"), Some("ceil"));
        assert_eq!(engine_name("length"), Some("character_length"));
        assert_eq!(engine_name("pg_sleep"), None);
        assert_eq!(engine_name("arrow_cast"), None);
        assert_eq!(engine_name("read_csv"), None);
    }
}
