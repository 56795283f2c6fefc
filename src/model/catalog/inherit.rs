//! Relationships along which row rules travel (governance G12) must not lead back to where they began: whether a row is
//! visible would depend on itself.
//!
//! Invariant: in a loaded catalog the edges with `inherits_policy` form no cycle, a self-reference included.

use super::entity::Draft;
use crate::diagnostic::{Diagnostic, Report};

/// Reports every edge that closes a cycle; the drafts' relationships are linked.
pub(super) fn check(drafts: &[Draft], found: &mut Vec<Diagnostic>) {
    for (position, draft) in drafts.iter().enumerate() {
        for edge in draft.entity.relationships.iter().filter(|edge| edge.inherits_policy) {
            if !reaches(drafts, edge.to, position) {
                continue;
            }
            let at = draft.relationships.iter().find(|written| written.id.text == edge.id).map(|written| written.id.at);
            let message = format!("rules inherited along `{}.{}` come back to `{0}`", draft.entity.id, edge.id);
            let hint = "write `inherits_policy: false` on an edge of the cycle";
            Report::new(&draft.file, found).hinted(at.unwrap_or(draft.at), "policy-cycle", message, hint);
        }
    }
}

/// Whether `to` is reached from `from` along inheriting edges, in no step or more.
fn reaches(drafts: &[Draft], from: usize, to: usize) -> bool {
    let mut seen = vec![false; drafts.len()];
    let mut open = vec![from];
    while let Some(entity) = open.pop() {
        if entity == to {
            return true;
        }
        if !std::mem::replace(&mut seen[entity], true) {
            let edges = drafts[entity].entity.relationships.iter();
            open.extend(edges.filter(|edge| edge.inherits_policy).map(|edge| edge.to));
        }
    }
    false
}
