//! `pg_get_indexdef`, `pg_get_constraintdef` and the other functions that spell objects out as SQL.

use sluice_base::SqlType;

use super::Entry;
use super::Strictness::{Called, Strict};
use super::{int_at, oid_at};
use crate::cast::names::quote_ident;
use crate::error::Result;
use crate::eval::Run;
use crate::relations::{Shape, all, find_by_oid, format_type, procs, type_info_by_name};
use crate::value::Value;
use crate::visible::{ObjectRef, VisibleCatalog, VisibleKey, VisibleRelation};

fn column_list(relation: &VisibleRelation, columns: &[i16]) -> String {
    let names: Vec<String> = columns
        .iter()
        .filter_map(|column| relation.fields.get(usize::try_from(*column - 1).ok()?))
        .map(|field| quote_ident(&field.name))
        .collect();
    names.join(", ")
}

fn qualified(visible: &VisibleCatalog, relation: &VisibleRelation) -> String {
    format!("{}.{}", quote_ident(visible.schema_of(relation)), quote_ident(&relation.name))
}

/// The CREATE INDEX that would make a key's index.
pub(crate) fn index_definition(visible: &VisibleCatalog, relation: &VisibleRelation, key: &VisibleKey) -> String {
    index_definition_on(&qualified(visible, relation), relation, key)
}

fn index_definition_on(name: &str, relation: &VisibleRelation, key: &VisibleKey) -> String {
    let columns = column_list(relation, &key.columns);
    format!("CREATE UNIQUE INDEX {} ON {name} USING btree ({columns})", quote_ident(&key.name))
}

/// The name of a relation: without its schema where it is pretty and the search path finds it.
fn relation_text(run: &Run, relation: &VisibleRelation, pretty: bool) -> String {
    if pretty && crate::cast::names::is_visible(relation.oid, run.context) == Some(true) {
        quote_ident(&relation.name)
    } else {
        qualified(run.context.visible, relation)
    }
}

fn index<'r>(run: &'r Run, oid: u32) -> Option<(&'r VisibleRelation, &'r VisibleKey)> {
    let visible = run.context.visible;
    match visible.object(oid)? {
        ObjectRef::Index(position) => {
            let relation = visible.relations.get(position)?;
            Some((relation, relation.key.as_ref()?))
        }
        _ => None,
    }
}

/// With a column number, that column alone; with 0, the whole definition.
fn pg_get_indexdef(run: &Run, args: &[Value]) -> Result<Value> {
    let Some((relation, key)) = oid_at(args, 0).and_then(|oid| index(run, oid)) else { return Ok(Value::Null) };
    let column = if args.len() > 1 { int_at(args, 1)? } else { 0 };
    if column == 0 {
        let name = relation_text(run, relation, args.get(2) == Some(&Value::Bool(true)));
        return Ok(index_definition_on(&name, relation, key).into());
    }
    let found = usize::try_from(column - 1).ok().and_then(|place| key.columns.get(place));
    Ok(found.map_or_else(|| "".into(), |column| column_list(relation, &[*column]).into()))
}

fn pg_get_constraintdef(run: &Run, args: &[Value]) -> Result<Value> {
    let visible = run.context.visible;
    let Some(object) = oid_at(args, 0).and_then(|oid| visible.object(oid)) else { return Ok(Value::Null) };
    let text = match object {
        ObjectRef::Key(position) => visible.relations.get(position).and_then(|relation| {
            let key = relation.key.as_ref()?;
            Some(format!("PRIMARY KEY ({})", column_list(relation, &key.columns)))
        }),
        ObjectRef::Reference(position, place) => visible.relations.get(position).and_then(|relation| {
            let reference = relation.references.get(place)?;
            let target = visible.relations.get(reference.target)?;
            // Unlike an index, a reference names its target as briefly as it can.
            let name = relation_text(run, target, true);
            Some(format!(
                "FOREIGN KEY ({}) REFERENCES {name}({})",
                column_list(relation, &reference.columns),
                column_list(target, &reference.target_columns)
            ))
        }),
        _ => None,
    };
    Ok(text.map_or(Value::Null, Value::from))
}

fn arguments(args: &[Value]) -> Value {
    match oid_at(args, 0).and_then(|oid| procs().by_oid.get(&oid)) {
        Some(proc) => {
            let types: Vec<String> = proc.arguments.iter().map(|oid| format_type(*oid, None)).collect();
            types.join(", ").into()
        }
        None => Value::Null,
    }
}

fn result(args: &[Value]) -> Value {
    match oid_at(args, 0).and_then(|oid| procs().by_oid.get(&oid)) {
        Some(proc) => {
            let set = if proc.returns_set { "SETOF " } else { "" };
            format!("{set}{}", format_type(proc.returns, None)).into()
        }
        None => Value::Null,
    }
}

/// A query with a view's columns and no rows: what fills the views is not SQL, but whoever copies a schema (`pg_dump`)
/// needs a definition that makes the same columns.
pub(crate) fn view_definition(shape: &Shape) -> String {
    let columns = shape.columns.iter().map(|column| {
        let spelled =
            type_info_by_name(column.type_name).map_or("text".to_string(), |info| format_type(info.oid, None));
        format!("NULL::{spelled} AS {}", quote_ident(column.name))
    });
    format!(" SELECT {}\n  WHERE false;", columns.collect::<Vec<_>>().join(",\n    "))
}

fn pg_get_viewdef(run: &Run, args: &[Value]) -> Result<Value> {
    let oid = match &args[0] {
        Value::Text(name) => crate::cast::text_in(name, &SqlType::Regclass, run.context)?,
        oid => oid.clone(),
    };
    let shape = oid_at(&[oid], 0).and_then(find_by_oid).and_then(|place| all().get(place));
    Ok(shape.filter(|shape| shape.kind == "v").map_or(Value::Null, |shape| view_definition(shape).into()))
}

fn nothing(_: &Run, _: &[Value]) -> Result<Value> {
    Ok(Value::Null)
}

pub(super) static TABLE: &[Entry] = &[
    ("pg_get_indexdef(oid) text", Strict, pg_get_indexdef),
    ("pg_get_indexdef(oid,int4,bool) text", Strict, pg_get_indexdef),
    ("pg_get_constraintdef(oid) text", Strict, pg_get_constraintdef),
    ("pg_get_constraintdef(oid,bool) text", Strict, pg_get_constraintdef),
    ("pg_get_function_arguments(oid) text", Strict, |_, args| Ok(arguments(args))),
    ("pg_get_function_identity_arguments(oid) text", Strict, |_, args| Ok(arguments(args))),
    ("pg_get_function_result(oid) text", Strict, |_, args| Ok(result(args))),
    // Nothing has a default, a rule, a trigger, a partition or statistics.
    ("pg_get_expr(text,oid) text", Strict, |_, args| Ok(args[0].clone())),
    ("pg_get_expr(text,oid,bool) text", Strict, |_, args| Ok(args[0].clone())),
    ("pg_get_viewdef(oid) text", Strict, pg_get_viewdef),
    ("pg_get_viewdef(oid,bool) text", Strict, pg_get_viewdef),
    ("pg_get_viewdef(oid,int4) text", Strict, pg_get_viewdef),
    ("pg_get_viewdef(text) text", Strict, pg_get_viewdef),
    ("pg_get_viewdef(text,bool) text", Strict, pg_get_viewdef),
    ("pg_get_ruledef(oid) text", Strict, nothing),
    ("pg_get_ruledef(oid,bool) text", Strict, nothing),
    ("pg_get_triggerdef(oid) text", Strict, nothing),
    ("pg_get_triggerdef(oid,bool) text", Strict, nothing),
    ("pg_get_functiondef(oid) text", Strict, nothing),
    ("pg_get_function_arg_default(oid,int4) text", Strict, nothing),
    ("pg_get_function_sqlbody(oid) text", Strict, nothing),
    ("pg_get_statisticsobjdef(oid) text", Strict, nothing),
    ("pg_get_statisticsobjdef_columns(oid) text", Strict, nothing),
    ("pg_get_partkeydef(oid) text", Strict, nothing),
    ("pg_get_partition_constraintdef(oid) text", Strict, nothing),
    ("pg_get_serial_sequence(text,text) text", Called, nothing),
];
