//! What one principal may see of one entity: the outcome of [`crate::policy::decide`].

use crate::mask::Mask;
use crate::predicate::{FieldIndex, Predicate};

/// How a masked field may be used besides plain output (governance G8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MaskUse {
    /// Every operator sees the masked value.
    Masked,
    /// `field = constant` or a short IN list in WHERE compares the raw value; everything else sees the masked one.
    Lookup,
    /// Any mention but the plain output is refused.
    None,
}

/// A mask chosen for one field.
#[derive(Debug, Clone, PartialEq)]
pub struct AppliedMask {
    /// The masking function.
    pub mask: Mask,
    /// How the field may be used.
    pub usage: MaskUse,
    /// Id of the rule that chose it.
    pub rule: String,
}

/// The outcome for one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDecision {
    /// False: the field does not exist for this principal (not granted, or denied).
    pub visible: bool,
    /// The mask, where one applies.
    pub mask: Option<AppliedMask>,
    /// `Some(p)`: on rows where `p` is not TRUE no grant covers this field, and it reads NULL (governance G2).
    pub covered_where: Option<Predicate>,
}

impl FieldDecision {
    /// True where the client sees the raw value on every row it may see.
    pub fn is_clear(&self) -> bool {
        self.visible && self.mask.is_none() && self.covered_where.is_none()
    }
}

/// The outcome for one entity that exists for the principal.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Position in [`crate::catalog::Catalog::entities`].
    pub entity: usize,
    /// The entity's id.
    pub entity_id: String,
    /// One outcome per field of the entity, in its order.
    pub fields: Vec<FieldDecision>,
    /// The row rule: OR of the grants, AND the restrictions, over raw values. TRUE shows every row.
    pub rows: Predicate,
    /// Ids of the grants that applied, sorted.
    pub grants: Vec<String>,
    /// Ids of the restrictions that applied, sorted.
    pub restrictions: Vec<String>,
    /// Warnings for the principal's audit (a missing attribute and the like); no data values.
    pub warnings: Vec<String>,
    /// BLAKE3 (hex) over everything above: equal fingerprints mean equal treatment. Caches key on it.
    pub fingerprint: String,
}

impl Decision {
    /// Positions of the fields that exist for the principal.
    pub fn visible_fields(&self) -> impl Iterator<Item = FieldIndex> + '_ {
        self.fields.iter().enumerate().filter(|(_, field)| field.visible).map(|(index, _)| index)
    }
}
