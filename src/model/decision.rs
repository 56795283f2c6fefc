//! What one principal may see of one entity: the outcome of [`crate::policy::decide`].
//!
//! Invariant: a decision is a value. Written as JSON and read back it is the same, and equal principals and snapshots
//! give equal bytes, so that a recorded decision can be made again and compared.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::Entity;
use crate::mask::Mask;
use crate::predicate::{FieldIndex, Predicate};

/// How a masked field may be used besides plain output (governance G8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskUse {
    /// Every operator sees the masked value.
    Masked,
    /// `field = constant` or a short IN list in WHERE compares the raw value; everything else sees the masked one.
    Lookup,
    /// The value is a keyed token everywhere, equal for equal raw values whatever source they come from.
    TokenJoin,
    /// Any mention but the plain output is refused.
    None,
}

/// A mask chosen for one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppliedMask {
    /// The masking function.
    pub mask: Mask,
    /// How the field may be used.
    pub usage: MaskUse,
    /// Id of the rule that chose it.
    pub rule: String,
}

/// Rows on which a field shows more than elsewhere: those that came by a grant whose audience the mask is not for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lighter {
    /// The rows of these grants.
    pub rows: Predicate,
    /// What masks the field there; `None` where it is clear.
    pub mask: Option<AppliedMask>,
}

impl Lighter {
    /// In a few words: `clear where rows`, `mask by rule where rows`.
    pub fn describe(&self, entity: &Entity) -> String {
        let shown = self.mask.as_ref().map_or("clear".into(), |mask| format!("{} by {}", mask.mask, mask.rule));
        format!("{shown} where {}", self.rows.describe(entity))
    }
}

/// The outcome for one field.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FieldDecision {
    /// False: the field does not exist for this principal (not granted, or denied).
    pub visible: bool,
    /// The mask, where one applies.
    pub mask: Option<AppliedMask>,
    /// Rows that the mask is not for, where several grants show the entity (governance G2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lighter: Option<Lighter>,
    /// `Some(p)`: on rows where `p` is not TRUE no grant covers this field, and it reads NULL (governance G2).
    #[serde(with = "shared")]
    pub covered_where: Option<Arc<Predicate>>,
    /// `Some(n)`: the raw value exists inside aggregates over groups of at least `n` rows, and nowhere else (G13).
    pub aggregate_only: Option<u64>,
}

/// A shared predicate is written and read as any.
mod shared {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub(super) fn serialize<S: Serializer>(rows: &Option<Arc<Predicate>>, serializer: S) -> Result<S::Ok, S::Error> {
        rows.as_deref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Arc<Predicate>>, D::Error> {
        Ok(Option::<Predicate>::deserialize(from)?.map(Arc::new))
    }
}

impl FieldDecision {
    /// The masks on any of its rows.
    pub fn masks(&self) -> impl Iterator<Item = &AppliedMask> {
        self.mask.iter().chain(self.lighter.iter().flat_map(|lighter| &lighter.mask))
    }

    /// True where the client sees the raw value on some of its rows.
    pub fn shows_raw(&self) -> bool {
        let unmasked = self.mask.is_none() || self.lighter.as_ref().is_some_and(|lighter| lighter.mask.is_none());
        self.visible && unmasked && self.aggregate_only.is_none()
    }

    /// True where the client sees the raw value on every row it may see.
    pub fn is_clear(&self) -> bool {
        self.visible && self.mask.is_none() && self.covered_where.is_none() && self.aggregate_only.is_none()
    }
}

/// The row rule of another entity, which a relationship carries to this one (governance G12).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inherited {
    /// Id of the relationship.
    pub relationship: String,
    /// Pairs of (own field, field of the parent).
    pub keys: Vec<(FieldIndex, FieldIndex)>,
    /// Position of the parent in [`crate::catalog::Catalog::entities`].
    pub entity: usize,
    /// The parent's row rule, over the parent's raw values.
    pub rows: Predicate,
    /// What the parent inherits itself.
    pub inherited: Vec<Inherited>,
    /// Ids of the grants that made the rule, sorted.
    pub grants: Vec<String>,
    /// Ids of the restrictions that did, sorted.
    pub restrictions: Vec<String>,
}

/// What a rule with `mode: shadow` would have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// Id of the rule.
    pub rule: String,
    /// `rows`, `hide FIELD`, `show FIELD`, `mask FIELD`, `unmask FIELD`, or `absent`.
    pub changes: Vec<String>,
}

/// The outcome for one entity that exists for the principal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Position in [`crate::catalog::Catalog::entities`].
    pub entity: usize,
    /// The entity's id.
    pub entity_id: String,
    /// One outcome per field of the entity, in its order.
    pub fields: Vec<FieldDecision>,
    /// The row rule: OR of the grants, AND the restrictions, over raw values. TRUE shows every row.
    pub rows: Predicate,
    /// Row rules of other entities that hold here as well: a row shows only where its parent row would.
    pub inherited: Vec<Inherited>,
    /// Ids of the grants that applied, sorted.
    pub grants: Vec<String>,
    /// Ids of the restrictions that applied, sorted.
    pub restrictions: Vec<String>,
    /// What rules in shadow mode would have changed; nothing here has any effect.
    pub shadows: Vec<Shadow>,
    /// Warnings for the principal's audit (a missing attribute and the like); no data values.
    pub warnings: Vec<String>,
    /// BLAKE3 (hex) over everything above: equal fingerprints mean equal treatment. Caches key on it.
    pub fingerprint: String,
}

impl Inherited {
    /// Ids of the rules that made it, those further up included.
    fn collect_rules<'a>(&'a self, rules: &mut std::collections::BTreeSet<&'a str>) {
        rules.extend(self.grants.iter().chain(&self.restrictions).map(String::as_str));
        self.inherited.iter().for_each(|above| above.collect_rules(rules));
    }
}

impl Decision {
    /// Ids of the grants and restrictions that made it, those inherited along relationships last.
    pub fn rules(&self) -> Vec<String> {
        let mut inherited = std::collections::BTreeSet::new();
        self.inherited.iter().for_each(|parent| parent.collect_rules(&mut inherited));
        let own: Vec<String> = self.grants.iter().chain(&self.restrictions).cloned().collect();
        let more = inherited.into_iter().filter(|rule| !own.iter().any(|known| known == rule)).map(str::to_string);
        own.iter().cloned().chain(more).collect()
    }

    /// Positions of the fields that exist for the principal.
    pub fn visible_fields(&self) -> impl Iterator<Item = FieldIndex> + '_ {
        self.fields.iter().enumerate().filter(|(_, field)| field.visible).map(|(index, _)| index)
    }

    /// True where the principal sees every row there is.
    pub fn shows_every_row(&self) -> bool {
        self.rows == Predicate::TRUE && self.inherited.is_empty()
    }
}
