//! Visibility by search path, sizes (all zero: nothing is stored here), and what there is none of.

use super::Entry;
use super::Strictness::{Called, Strict};
use super::{int_at, oid_at};
use crate::cast::names::{is_visible, row_type};
use crate::decimal::Decimal;
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::relations::{procs, type_info};
use crate::value::Value;

fn flag(value: Option<bool>) -> Result<Value> {
    Ok(value.map_or(Value::Null, Value::Bool))
}

fn table_visible(run: &Run, args: &[Value]) -> Result<Value> {
    flag(oid_at(args, 0).and_then(|oid| is_visible(oid, run.context)))
}

/// Everything that is no relation stands in `pg_catalog`, which is always searched.
fn listed(run: &Run, args: &[Value], relation: &str) -> Result<Value> {
    flag(oid_at(args, 0).and_then(|oid| run.catalog(relation).find(0, oid).map(|_| true)))
}

/// A row type is seen where its relation is: types and relations share their names.
fn type_visible(run: &Run, args: &[Value]) -> Result<Value> {
    flag(oid_at(args, 0).and_then(|oid| match row_type(oid, run.context) {
        Some((relation, _)) => is_visible(relation.oid, run.context),
        None => type_info(oid).map(|_| true),
    }))
}

fn proc_visible(_: &Run, args: &[Value]) -> Result<Value> {
    flag(oid_at(args, 0).and_then(|oid| procs().by_oid.get(&oid)).map(|_| true))
}

fn zero(_: &Run, _: &[Value]) -> Result<Value> {
    Ok(Value::Int(0))
}

fn no(_: &Run, _: &[Value]) -> Result<Value> {
    Ok(Value::Bool(false))
}

fn nothing(_: &Run, _: &[Value]) -> Result<Value> {
    Ok(Value::Null)
}

/// The place of a column among the keys of an index.
fn index_position(run: &Run, args: &[Value]) -> Result<Value> {
    let indexes = run.catalog("pg_index");
    let keys = crate::relations::find("pg_catalog", "pg_index")
        .and_then(|position| crate::relations::all().get(position))
        .and_then(|shape| shape.place("indkey"));
    let row = oid_at(args, 0).and_then(|oid| indexes.find(0, oid));
    let keys = row.zip(keys).and_then(|(row, place)| row.get(place)).and_then(Value::as_array);
    let place = keys.and_then(|keys| keys.items.iter().position(|key| Some(key) == args.get(1)));
    Ok(place.and_then(|place| i64::try_from(place + 1).ok()).map_or(Value::Null, Value::Int))
}

/// A size as text, in bytes: a number and a unit.
fn size_bytes(_: &Run, args: &[Value]) -> Result<Value> {
    const UNITS: [(&str, u32); 7] = [("", 0), ("bytes", 0), ("b", 0), ("kb", 1), ("mb", 2), ("gb", 3), ("tb", 4)];
    let text = args[0].as_text().unwrap_or_default().trim();
    let invalid = || SystemError::InvalidParameter("invalid size".into());
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let power = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, power)| *power).ok_or_else(invalid)?;
    let number = Decimal::parse(number).ok_or_else(invalid)??;
    number.multiply(Decimal::from_int(1_i64 << (10 * power)))?.round_to_int().map(Value::Int)
}

/// Bytes in the largest unit that keeps the number readable, as PostgreSQL rounds it.
fn size_pretty(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    if bytes.unsigned_abs() < 10 * 1024 {
        return format!("{bytes} bytes");
    }
    let mut halves = bytes >> 9;
    for unit in &UNITS[1..] {
        if halves.unsigned_abs() < 20 * 1024 || *unit == "PB" {
            return format!("{} {unit}", (halves + halves.signum()) / 2);
        }
        halves >>= 10;
    }
    format!("{bytes} bytes")
}

pub(super) static TABLE: &[Entry] = &[
    ("pg_table_is_visible(oid) bool", Strict, table_visible),
    ("pg_type_is_visible(oid) bool", Strict, type_visible),
    ("pg_function_is_visible(oid) bool", Strict, proc_visible),
    ("pg_operator_is_visible(oid) bool", Strict, |run, args| listed(run, args, "pg_operator")),
    ("pg_opclass_is_visible(oid) bool", Strict, |run, args| listed(run, args, "pg_opclass")),
    ("pg_opfamily_is_visible(oid) bool", Strict, |run, args| listed(run, args, "pg_opfamily")),
    ("pg_collation_is_visible(oid) bool", Strict, |run, args| listed(run, args, "pg_collation")),
    ("pg_conversion_is_visible(oid) bool", Strict, nothing),
    ("pg_ts_config_is_visible(oid) bool", Strict, nothing),
    ("pg_ts_dict_is_visible(oid) bool", Strict, nothing),
    ("pg_ts_parser_is_visible(oid) bool", Strict, nothing),
    ("pg_ts_template_is_visible(oid) bool", Strict, nothing),
    ("pg_statistics_obj_is_visible(oid) bool", Strict, nothing),
    ("pg_relation_is_publishable(regclass) bool", Strict, no),
    ("pg_is_other_temp_schema(oid) bool", Strict, no),
    ("pg_my_temp_schema() oid", Strict, zero),
    ("pg_relation_size(regclass) int8", Strict, zero),
    ("pg_relation_size(regclass,text) int8", Strict, zero),
    ("pg_table_size(regclass) int8", Strict, zero),
    ("pg_indexes_size(regclass) int8", Strict, zero),
    ("pg_total_relation_size(regclass) int8", Strict, zero),
    ("pg_database_size(oid) int8", Strict, zero),
    ("pg_database_size(name) int8", Strict, zero),
    ("pg_tablespace_size(oid) int8", Strict, zero),
    ("pg_tablespace_size(name) int8", Strict, zero),
    ("pg_stat_get_numscans(oid) int8", Strict, zero),
    ("pg_stat_get_live_tuples(oid) int8", Strict, zero),
    ("pg_relation_filenode(regclass) oid", Strict, nothing),
    ("pg_relation_filepath(regclass) text", Strict, nothing),
    ("pg_relation_is_updatable(regclass,bool) int4", Strict, zero),
    ("pg_column_is_updatable(regclass,int2,bool) bool", Strict, no),
    ("pg_tablespace_location(oid) text", Strict, |_, _| Ok("".into())),
    ("pg_size_bytes(text) int8", Strict, size_bytes),
    ("pg_size_pretty(int8) text", Strict, |_, args| Ok(size_pretty(int_at(args, 0)?).into())),
    ("pg_size_pretty(numeric) text", Strict, |_, args| {
        let bytes = args[0].as_decimal().map(Decimal::round_to_int).transpose()?.unwrap_or(0);
        Ok(size_pretty(bytes).into())
    }),
    ("acldefault(char,oid) text[]", Strict, |_, _| Ok(Value::array(Vec::new()))),
    ("age(oid) int4", Strict, zero),
    ("mxid_age(oid) int4", Strict, zero),
    // Nothing here waits for a lock of another session.
    ("pg_blocking_pids(int4) int4[]", Strict, |_, _| Ok(Value::array(Vec::new()))),
    ("pg_safe_snapshot_blocking_pids(int4) int4[]", Strict, |_, _| Ok(Value::array(Vec::new()))),
    ("txid_current() int8", Strict, |_, _| Ok(Value::Int(1))),
    ("txid_current_if_assigned() int8", Called, nothing),
    ("pg_current_xact_id_if_assigned() oid", Called, nothing),
    ("pg_current_xact_id() oid", Called, |_, _| Ok(Value::Int(1))),
    ("pg_trigger_depth() int4", Called, zero),
    ("pg_jit_available() bool", Called, no),
    ("pg_notification_queue_usage() float8", Called, |_, _| Ok(Value::Float(0.0))),
    ("pg_partition_root(regclass) regclass", Strict, nothing),
    ("pg_encoding_max_length(int4) int4", Strict, |_, args| {
        // Of the encodings that `pg_encoding_to_char` names.
        Ok(match int_at(args, 0)? {
            0 | 8 => Value::Int(1),
            2 => Value::Int(3),
            6 | 39 => Value::Int(4),
            37 => Value::Int(2),
            _ => Value::Null,
        })
    }),
    ("pg_collation_for(any) text", Strict, |_, args| {
        Ok(if args[0].as_text().is_some() { "\"default\"".into() } else { Value::Null })
    }),
    ("pg_collation_actual_version(oid) text", Strict, nothing),
    ("pg_stat_get_dead_tuples(oid) int8", Strict, zero),
    ("pg_stat_get_last_vacuum_time(oid) timestamptz", Strict, nothing),
    ("pg_stat_get_last_autovacuum_time(oid) timestamptz", Strict, nothing),
    ("pg_stat_get_last_analyze_time(oid) timestamptz", Strict, nothing),
    ("pg_stat_get_last_autoanalyze_time(oid) timestamptz", Strict, nothing),
    ("pg_last_xact_replay_timestamp() timestamptz", Called, nothing),
    ("_pg_char_max_length(oid,int4) int4", Strict, |_, args| {
        let (oid, modifier) = (int_at(args, 0)?, int_at(args, 1)?);
        Ok(if matches!(oid, 1042 | 1043) && modifier > 4 { Value::Int(modifier - 4) } else { Value::Null })
    }),
    ("_pg_index_position(oid,int2) int4", Strict, index_position),
    ("_pg_numeric_precision(oid,int4) int4", Strict, |_, args| {
        let modifier = int_at(args, 1)?;
        Ok(match int_at(args, 0)? {
            21 => Value::Int(16),
            23 => Value::Int(32),
            20 => Value::Int(64),
            700 => Value::Int(24),
            701 => Value::Int(53),
            1700 if modifier >= 4 => Value::Int(((modifier - 4) >> 16) & 0xffff),
            _ => Value::Null,
        })
    }),
    ("_pg_numeric_scale(oid,int4) int4", Strict, |_, args| {
        let modifier = int_at(args, 1)?;
        Ok(match int_at(args, 0)? {
            20 | 21 | 23 => Value::Int(0),
            1700 if modifier >= 4 => Value::Int((((modifier - 4) & 0x7ff) ^ 1024) - 1024),
            _ => Value::Null,
        })
    }),
    ("_pg_datetime_precision(oid,int4) int4", Strict, |_, args| {
        let modifier = int_at(args, 1)?;
        Ok(match int_at(args, 0)? {
            1082 => Value::Int(0),
            1083 | 1114 | 1184 | 1266 => Value::Int(if modifier < 0 { 6 } else { modifier }),
            _ => Value::Null,
        })
    }),
];

#[cfg(test)]
mod tests {
    use super::size_pretty;

    #[test]
    fn sizes() {
        for (bytes, text) in
            [(0, "0 bytes"), (10_239, "10239 bytes"), (10_240, "10 kB"), (1 << 20, "1024 kB"), (123_456_789, "118 MB")]
        {
            assert_eq!(size_pretty(bytes), text);
        }
    }
}
