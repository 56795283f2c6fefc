//! One number for a whole decision: BLAKE3 over all of it, with the catalog that gives its positions their meaning.
//!
//! Invariant: decisions with equal fingerprints are equal but for their fingerprints. Most fields of an entity are covered
//! where the others are: a predicate is hashed once, and each field tells which one is its own.

use serde::Serialize;

use crate::decision::{AppliedMask, Decision, FieldDecision, Inherited, Lighter, Shadow};
use crate::predicate::Predicate;

/// All of a decision, and nothing twice.
#[derive(Serialize)]
struct Printed<'a> {
    entity: usize,
    entity_id: &'a str,
    fields: Vec<PrintedField<'a>>,
    predicates: Vec<&'a Predicate>,
    rows: &'a Predicate,
    inherited: &'a [Inherited],
    grants: &'a [String],
    restrictions: &'a [String],
    shadows: &'a [Shadow],
    warnings: &'a [String],
}

/// Predicates are places in [`Printed::predicates`].
#[derive(Serialize)]
struct PrintedField<'a> {
    visible: bool,
    mask: Option<&'a AppliedMask>,
    lighter: Option<(usize, Option<&'a AppliedMask>)>,
    covered_where: Option<usize>,
    aggregate_only: Option<u64>,
}

/// The fingerprint of a decision over this catalog, as hex; the one that it carries plays no part.
pub(super) fn of(catalog_id: &str, decision: &Decision) -> String {
    // Taken apart, so that nothing new in a decision is left out.
    let Decision {
        entity,
        entity_id,
        fields,
        rows,
        inherited,
        grants,
        restrictions,
        shadows,
        warnings,
        fingerprint: _,
    } = decision;
    let mut predicates = Vec::new();
    let fields = fields.iter().map(|field| {
        let FieldDecision { visible, mask, lighter, covered_where, aggregate_only } = field;
        let lighter = lighter.as_ref().map(|Lighter { rows, mask }| (place(&mut predicates, rows), mask.as_ref()));
        let covered_where = covered_where.as_deref().map(|rows| place(&mut predicates, rows));
        PrintedField { visible: *visible, mask: mask.as_ref(), lighter, covered_where, aggregate_only: *aggregate_only }
    });
    let fields = fields.collect();
    let printed = Printed {
        entity: *entity,
        entity_id,
        fields,
        predicates,
        rows,
        inherited,
        grants,
        restrictions,
        shadows,
        warnings,
    };
    let mut hash = blake3::Hasher::new();
    hash.update(catalog_id.as_bytes());
    // Every key of a decision is a text: this cannot fail. Should it, no two decisions would be taken for equal.
    match serde_json::to_vec(&printed) {
        Ok(bytes) => hash.update(&bytes),
        Err(error) => hash.update(format!("{error} {decision:?}").as_bytes()),
    };
    hash.finalize().to_hex().to_string()
}

/// The place of a predicate among those that are equal to none before them.
fn place<'a>(predicates: &mut Vec<&'a Predicate>, predicate: &'a Predicate) -> usize {
    // Fields share the same predicate: telling that it is the same asks for no look into it.
    let same = |known: &&Predicate| std::ptr::eq(*known, predicate);
    let place = predicates.iter().position(same).or_else(|| predicates.iter().position(|known| *known == predicate));
    place.unwrap_or_else(|| {
        predicates.push(predicate);
        predicates.len() - 1
    })
}
