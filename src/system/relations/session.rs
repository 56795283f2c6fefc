//! Relations about the session itself: made anew for each query, never kept with the visible catalog.

use chrono::{DateTime, TimeZone};
use chrono_tz::OffsetComponents;
use sluice_base::{Datum, Interval};

use super::builder::Builder;
use super::settings::presets;
use super::shape::{Shape, ShapeColumn};
use crate::Context;
use crate::value::{Row, Value};
use crate::visible::DATABASE_OID;

pub(super) fn rows(shape: &Shape, context: &Context) -> Option<Vec<Row>> {
    match (shape.schema, shape.name) {
        ("pg_catalog", name @ "pg_settings") => {
            let told = own(shape, (context.own)(name));
            Some(if told.is_empty() { settings(context) } else { told })
        }
        ("pg_catalog", name @ ("pg_prepared_statements" | "pg_cursors")) => Some(own(shape, (context.own)(name))),
        ("pg_catalog", "pg_timezone_names") => Some(time_zones(context)),
        ("pg_catalog", "pg_stat_activity") => Some(activity(context)),
        ("sluice", name) => Some(own(shape, (context.own)(name))),
        ("pg_catalog", "pg_stat_gssapi") => Some(gssapi(context)),
        _ => None,
    }
}

/// Rows made by the session. A value that does not fit its column is NULL: there are only texts, flags and numbers.
fn own(shape: &Shape, rows: Vec<Vec<Datum>>) -> Vec<Row> {
    let cell =
        |(column, datum): (&ShapeColumn, Datum)| Value::of_datum(&datum, &column.sql_type).unwrap_or(Value::Null);
    rows.into_iter().map(|row| shape.columns.iter().zip(row).map(cell).collect::<Vec<Value>>().into()).collect()
}

/// The settings of a session that tells none.
fn settings(context: &Context) -> Vec<Row> {
    let this = ("pg_catalog", "pg_settings");
    let columns = ["name", "setting", "unit", "short_desc", "context", "vartype", "source", "boot_val", "reset_val"];
    let mut builder = Builder::new(this.0, this.1, &columns).always(this, "category", "Sluice").always(
        this,
        "pending_restart",
        false,
    );
    for preset in presets() {
        let value = (context.setting)(preset.name).unwrap_or_else(|| preset.value.into());
        builder.push([
            preset.name.into(),
            value.into(),
            preset.unit.map_or(Value::Null, Value::from),
            preset.description.into(),
            preset.context.into(),
            preset.kind.into(),
            "default".into(),
            preset.value.into(),
            preset.value.into(),
        ]);
    }
    builder.finish()
}

/// The time zones that a session may set, as they stand at this moment.
fn time_zones(context: &Context) -> Vec<Row> {
    let columns = ["name", "abbrev", "utc_offset", "is_dst"];
    let mut builder = Builder::new("pg_catalog", "pg_timezone_names", &columns);
    let now = DateTime::from_timestamp_micros(context.now_micros).unwrap_or_default().naive_utc();
    let seconds_now = now.and_utc().timestamp();
    for zone in chrono_tz::TZ_VARIANTS {
        let offset = zone.offset_from_utc_datetime(&now);
        let seconds = (offset.base_utc_offset() + offset.dst_offset()).num_seconds();
        builder.push([
            zone.name().into(),
            // Where the zone has a number for a name, the session's zone spells it.
            sluice_base::TimeZone::parse(zone.name())
                .map_or(Value::Null, |z| z.abbreviation_at(seconds_now).into_owned().into()),
            Value::Interval(Interval { months: 0, days: 0, micros: seconds * 1_000_000 }),
            (!offset.dst_offset().is_zero()).into(),
        ]);
    }
    builder.finish()
}

/// The session's own row: GSSAPI is not spoken here.
fn gssapi(context: &Context) -> Vec<Row> {
    let mut builder = Builder::new("pg_catalog", "pg_stat_gssapi", &["pid", "gss_authenticated", "encrypted"]);
    builder.push([i64::from(context.backend_pid).into(), false.into(), false.into()]);
    builder.finish()
}

/// The session's own row; the others are nobody else's business.
fn activity(context: &Context) -> Vec<Row> {
    let this = ("pg_catalog", "pg_stat_activity");
    let columns = [
        "datid",
        "datname",
        "pid",
        "usesysid",
        "usename",
        "application_name",
        "backend_start",
        "query_start",
        "state",
        "backend_type",
    ];
    let mut builder = Builder::new(this.0, this.1, &columns);
    builder.push([
        DATABASE_OID.into(),
        context.database.into(),
        i64::from(context.backend_pid).into(),
        context.visible.user_oid.into(),
        context.user.into(),
        (context.setting)("application_name").unwrap_or_default().into(),
        Value::Null,
        Value::Timestamptz(context.now_micros),
        "active".into(),
        "client backend".into(),
    ]);
    builder.finish()
}
