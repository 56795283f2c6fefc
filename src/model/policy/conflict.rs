//! Two masks of equal strictness on one field: which of them applies would be chance, so the load is refused (G5).
//!
//! Invariant: conservative. Audiences count as overlapping unless it is certain that they do not. A mask in shadow mode
//! has no effect, so it clashes with nothing yet: that is a warning, for the day it comes into force.

use std::collections::BTreeMap;

use super::PolicySet;
use super::rule::MaskRule;
use super::select::FieldRef;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Report};

/// Reports every pair of masks that can meet on one field with equal strictness and different bodies.
pub(super) fn check(set: &mut PolicySet, catalog: &Catalog, found: &mut Vec<Diagnostic>) {
    let mut warnings = Vec::new();
    for ((first, second), (entity, field)) in meeting(&set.masks) {
        let (first, second) = (&set.masks[first], &set.masks[second]);
        if first.head.audience.disjoint(&second.head.audience, &set.roles) {
            continue;
        }
        let of = &catalog.entities[entity];
        let message = format!(
            "masks `{}` ({}:{}) and `{}` are equally strict and can meet on `{}.{}`",
            first.head.id, first.head.file, first.head.at.line, second.head.id, of.id, of.fields[field].id
        );
        let hint = "give both the same body, or keep their audiences apart with `not`";
        let shadow = first.head.shadow || second.head.shadow;
        let into: &mut Vec<Diagnostic> = if shadow { &mut warnings } else { found };
        Report::new(&second.head.file, into).hinted(second.head.at, "mask-conflict", message, hint);
    }
    set.warnings.append(&mut warnings);
}

/// Pairs of masks that differ on a field while being equally strict there, each with the first such field.
fn meeting(masks: &[MaskRule]) -> BTreeMap<(usize, usize), FieldRef> {
    let mut by_field: BTreeMap<FieldRef, Vec<usize>> = BTreeMap::new();
    for (position, rule) in masks.iter().enumerate() {
        rule.fields.keys().for_each(|field| by_field.entry(*field).or_default().push(position));
    }
    let mut pairs = BTreeMap::new();
    for (field, rules) in by_field {
        for (at, first) in rules.iter().enumerate() {
            for second in &rules[at + 1..] {
                let (a, b) = (&masks[*first].fields[&field], &masks[*second].fields[&field]);
                if a.strictness() == b.strictness() && a != b {
                    pairs.entry((*first, *second)).or_insert(field);
                }
            }
        }
    }
    pairs
}
