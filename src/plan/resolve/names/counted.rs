//! INTERSECT ALL and EXCEPT ALL: the engine's joins tell whether a row is on the other side, not how often. So the copies
//! of a row are numbered on both sides, and compared with their numbers.

use sluice_model::dialect::PostgreSql;
use sqlparser::ast::{self, SetExpr, SetOperator, TableFactor};
use sqlparser::parser::Parser;

use crate::PlanError;

/// Name of the number of a copy; no client can type it.
const COPY: &str = "\u{1}copy";

/// The operation between two bodies that are resolved, whose columns go by these names.
pub(super) fn rows(left: &SetExpr, op: SetOperator, right: &SetExpr, columns: &[String]) -> Result<SetExpr, PlanError> {
    let names: Vec<String> = columns.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    let list = names.join(", ");
    if names.is_empty() {
        return Err(PlanError::Unsupported(format!("{op} ALL of rows without columns")));
    }
    let word = if op == SetOperator::Intersect { "INTERSECT" } else { "EXCEPT" };
    let side = |name: &str| {
        format!(
            "SELECT {list}, row_number() OVER (PARTITION BY {list}) AS \"{COPY}\" FROM (SELECT 1) AS {name} ({list})"
        )
    };
    let text = format!("SELECT {list} FROM ({} {word} {}) AS both", side("l"), side("r"));
    let internal = |error: sqlparser::parser::ParserError| PlanError::Internal(error.to_string());
    let parsed = Parser::new(&PostgreSql).try_with_sql(&text).and_then(|mut parser| parser.parse_query());
    let mut frame = *parsed.map_err(internal)?.body;
    let inner = derived(&mut frame).ok_or_else(|| PlanError::Internal("no frame".into()))?;
    if let SetExpr::SetOperation { left: l, right: r, .. } = inner.body.as_mut() {
        for (side, rows) in [(l, left), (r, right)] {
            if let Some(place) = derived(side) {
                *place.body = rows.clone();
            }
        }
    }
    Ok(frame)
}

/// The query in the FROM of a SELECT.
fn derived(body: &mut SetExpr) -> Option<&mut ast::Query> {
    let SetExpr::Select(select) = body else { return None };
    match &mut select.from.first_mut()?.relation {
        TableFactor::Derived { subquery, .. } => Some(subquery),
        _ => None,
    }
}
