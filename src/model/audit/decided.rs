//! What was decided about one statement, in the words of the record.

use serde::{Deserialize, Serialize};
use sluice_base::Table;

/// Something that may be admitted, because it can say what was decided about it.
pub trait Auditable {
    /// The decision, complete enough to explain the answer later. No data values.
    fn decided(&self) -> Decided;
}

/// A small finished answer (`SHOW`, `EXPLAIN`, a system relation) touches no governed relation.
impl Auditable for Table {
    fn decided(&self) -> Decided {
        Decided::default()
    }
}

/// The decisions behind one statement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Decided {
    /// Version of the catalog; empty where none was used.
    pub catalog_id: String,
    /// Version of the policy set; empty where none was used.
    pub policy_id: String,
    /// One entry per governed scan.
    pub relations: Vec<DecidedRelation>,
    /// Comparisons with raw values of masked fields (governance G8).
    pub lookups: Vec<Lookup>,
    /// What rules in shadow mode would have done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadows: Vec<ShadowOf>,
    /// Warnings of the decisions, such as a missing attribute.
    pub warnings: Vec<String>,
}

/// The decision about one scan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DecidedRelation {
    /// Id of the entity.
    pub entity: String,
    /// Fingerprint of the decision, see [`crate::Decision::fingerprint`].
    pub fingerprint: String,
    /// Ids of the grants and restrictions that applied, those inherited along relationships included.
    pub rules: Vec<String>,
    /// Masked fields that the statement touches in any place: (field id, id of the rule that chose the mask).
    pub masks: Vec<(String, String)>,
    /// Fields touched: (field id, how), where how is `output`, `predicate`, `join`, `group` or `sort`.
    pub fields: Vec<(String, String)>,
}

/// One comparison with raw values of a masked field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lookup {
    /// Id of the entity.
    pub entity: String,
    /// Id of the field.
    pub field: String,
    /// Number of values compared; the values themselves are not recorded.
    pub values: u64,
}

/// What one rule in shadow mode would have done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ShadowOf {
    /// Id of the rule.
    pub rule: String,
    /// Id of the entity.
    pub entity: String,
    /// What would have changed, see [`crate::decision::Shadow::changes`].
    pub changes: Vec<String>,
}
