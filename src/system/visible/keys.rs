//! OIDs of what has none in the model: row types, keys, their indexes, references, roles.
//!
//! Invariant: an OID follows from names alone, so it is the same after a restart and on every replica; a collision
//! moves the later object on, in a fixed order.

use std::collections::HashMap;
use std::sync::Arc;

use super::{ObjectRef, VisibleRelation};

const FIRST_OID: u32 = 16_384;
const SPAN: u32 = (1 << 31) - FIRST_OID;

/// FNV-1a over the parts, with a separator that no name holds.
fn hash(parts: &[&str]) -> u32 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        state ^= u64::from(byte);
        state = state.wrapping_mul(0x0100_0000_01b3);
    }
    (state ^ (state >> 32)) as u32
}

pub(super) fn free_oid(parts: &[&str], taken: &HashMap<u32, ObjectRef>) -> u32 {
    let mut offset = hash(parts) % SPAN;
    while taken.contains_key(&(FIRST_OID + offset)) {
        offset = (offset + 1) % SPAN;
    }
    FIRST_OID + offset
}

/// Gives the relation's row types, key and references their OIDs, and names that are free among its own.
pub(super) fn number(position: usize, relation: &mut VisibleRelation, objects: &mut HashMap<u32, ObjectRef>) {
    let owner = relation.oid.to_string();
    relation.type_oid = free_oid(&["type", &owner], objects);
    objects.insert(relation.type_oid, ObjectRef::RowType(position));
    relation.array_type_oid = free_oid(&["array", &owner], objects);
    objects.insert(relation.array_type_oid, ObjectRef::RowArray(position));
    let mut names: Vec<Arc<str>> = Vec::new();
    if let Some(key) = &mut relation.key {
        key.index_oid = free_oid(&["index", &owner], objects);
        objects.insert(key.index_oid, ObjectRef::Index(position));
        key.constraint_oid = free_oid(&["key", &owner], objects);
        objects.insert(key.constraint_oid, ObjectRef::Key(position));
        names.push(key.name.clone());
    }
    for (place, reference) in relation.references.iter_mut().enumerate() {
        let base = reference.name.clone();
        let mut suffix = 1;
        while names.contains(&reference.name) {
            reference.name = format!("{base}{suffix}").into();
            suffix += 1;
        }
        names.push(reference.name.clone());
        reference.oid = free_oid(&["reference", &owner, &reference.name], objects);
        objects.insert(reference.oid, ObjectRef::Reference(position, place));
    }
}
