//! Two masks of equal strictness on one field: which of them applies would be chance, so the load is refused (G5).
//!
//! Invariant: conservative. Audiences count as overlapping unless it is certain that they do not.

use super::PolicySet;
use super::rule::MaskRule;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Report};

/// Reports every pair of masks that can meet on one field with equal strictness and different bodies.
pub(super) fn check(set: &PolicySet, catalog: &Catalog, found: &mut Vec<Diagnostic>) {
    for (position, first) in set.masks.iter().enumerate() {
        for second in &set.masks[position + 1..] {
            if let Some(field) = clash(first, second, catalog) {
                if first.head.audience.disjoint(&second.head.audience, &set.roles) {
                    continue;
                }
                let message = format!(
                    "masks `{}` ({}:{}) and `{}` are equally strict and can meet on `{field}`",
                    first.head.id, first.head.file, first.head.at.line, second.head.id
                );
                let hint = "give both the same body, or keep their audiences apart with `not`";
                Report::new(&second.head.file, found).hinted(second.head.at, "mask-conflict", message, hint);
            }
        }
    }
}

/// The first field on which two masks differ while being equally strict.
fn clash(first: &MaskRule, second: &MaskRule, catalog: &Catalog) -> Option<String> {
    first.fields.iter().find_map(|((entity, field), mask)| {
        let other = second.fields.get(&(*entity, *field))?;
        let of = &catalog.entities[*entity];
        (mask != other && mask.strictness() == other.strictness())
            .then(|| format!("{}.{}", of.id, of.fields[*field].id))
    })
}
