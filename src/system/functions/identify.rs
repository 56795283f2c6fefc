//! `pg_describe_object` and `pg_identify_object`: what an object is and how it is called.
//!
//! Left out: objects of PostgreSQL itself; of what a person sees, only relations, columns, keys and schemas are told.

use super::{int_at, oid_at};
use crate::cast::names::{is_visible, quote_ident, relation_name, schema_name};
use crate::error::Result;
use crate::eval::Run;
use crate::relations::comments;
use crate::value::{Row, Value};
use crate::visible::{ObjectRef, VisibleRelation};

/// An object as both functions tell it.
struct Known {
    /// `table`, `index`, `schema`, `table constraint`, `table column`.
    kind: &'static str,
    schema: Option<String>,
    /// The name in its schema, of objects that have one of their own.
    name: Option<String>,
    identity: String,
    described: String,
}

fn full(schema: &str, name: &str) -> String {
    format!("{}.{}", quote_ident(schema), quote_ident(name))
}

/// A relation's name as descriptions have it: with its schema where it is not found without.
fn short(run: &Run, oid: u32) -> Option<String> {
    let (schema, name) = relation_name(oid, run.context)?;
    Some(if is_visible(oid, run.context) == Some(true) { quote_ident(name) } else { full(schema, name) })
}

fn constraint(run: &Run, relation: &VisibleRelation, name: &str) -> Option<Known> {
    let table = full(run.context.visible.schema_of(relation), &relation.name);
    Some(Known {
        kind: "table constraint",
        schema: Some(run.context.visible.schema_of(relation).to_string()),
        name: None,
        identity: format!("{} on {table}", quote_ident(name)),
        described: format!("constraint {} on table {}", quote_ident(name), short(run, relation.oid)?),
    })
}

fn known(run: &Run, args: &[Value]) -> Result<Option<Known>> {
    let (Some(class), Some(oid)) = (oid_at(args, 0), oid_at(args, 1)) else { return Ok(None) };
    let column = int_at(args, 2)?;
    let visible = run.context.visible;
    if class == comments::PG_NAMESPACE {
        return Ok(schema_name(oid, run.context).map(|name| Known {
            kind: "schema",
            schema: None,
            name: Some(quote_ident(name)),
            identity: quote_ident(name),
            described: format!("schema {}", quote_ident(name)),
        }));
    }
    let relation_at = |position: usize| visible.relations.get(position);
    if class == comments::PG_CONSTRAINT {
        return Ok(match visible.object(oid) {
            Some(ObjectRef::Key(position)) => {
                relation_at(position).and_then(|relation| constraint(run, relation, &relation.key.as_ref()?.name))
            }
            Some(ObjectRef::Reference(position, place)) => relation_at(position)
                .and_then(|relation| constraint(run, relation, &relation.references.get(place)?.name)),
            _ => None,
        });
    }
    if class != comments::PG_CLASS {
        return Ok(None);
    }
    let Some((schema, name)) = relation_name(oid, run.context) else { return Ok(None) };
    let Some(called) = short(run, oid) else { return Ok(None) };
    let kind = match visible.object(oid) {
        Some(ObjectRef::Index(_)) => "index",
        Some(ObjectRef::Relation(_)) => "table",
        _ => return Ok(None),
    };
    let field = usize::try_from(column - 1).ok().and_then(|place| visible.relation(oid)?.fields.get(place));
    Ok(match (column, field) {
        (0, _) => Some(Known {
            kind,
            schema: Some(quote_ident(schema)),
            name: Some(quote_ident(name)),
            identity: full(schema, name),
            described: format!("{kind} {called}"),
        }),
        (_, Some(field)) => Some(Known {
            kind: "table column",
            schema: Some(quote_ident(schema)),
            name: Some(quote_ident(name)),
            identity: format!("{}.{}", full(schema, name), quote_ident(&field.name)),
            described: format!("column {} of table {called}", quote_ident(&field.name)),
        }),
        _ => None,
    })
}

/// `pg_describe_object`: in words.
pub(super) fn describe(run: &Run, args: &[Value]) -> Result<Value> {
    Ok(known(run, args)?.map_or(Value::Null, |known| known.described.into()))
}

/// `pg_identify_object`: kind, schema, name, identity.
pub(super) fn identify(run: &Run, args: &[Value]) -> Result<Vec<Row>> {
    if args.iter().any(Value::is_null) {
        return Ok(Vec::new());
    }
    let maybe = |text: Option<String>| text.map_or(Value::Null, Value::from);
    Ok(known(run, args)?
        .map(|known| [known.kind.into(), maybe(known.schema), maybe(known.name), known.identity.into()].into())
        .into_iter()
        .collect())
}
