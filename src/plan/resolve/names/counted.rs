//! INTERSECT ALL and EXCEPT ALL: the engine's joins tell whether a row is on the other side, not how often. So the copies
//! of a row are numbered on both sides, and compared with their numbers.

use sqlparser::ast::{SetExpr, SetOperator};

use super::tree::{derived, frame, written};
use crate::PlanError;

/// Name of the number of a copy; no client can type it.
const COPY: &str = "\u{1}copy";

/// The operation between two bodies that are resolved, whose columns go by these names.
pub(super) fn rows(left: &SetExpr, op: SetOperator, right: &SetExpr, columns: &[String]) -> Result<SetExpr, PlanError> {
    let names: Vec<String> = columns.iter().map(|name| written(name)).collect();
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
    let mut frame = frame(&text)?;
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
