//! One immutable pair of catalog and policies, with the organisation trees read from the sources.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::policy::{OrgTree, PolicySet};

/// What a decision is made against. Swapped as a whole on reload; ids of its parts are in every audit record.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Number of this snapshot since the server started; caches key on it.
    pub epoch: u64,
    /// The semantic catalog.
    pub catalog: Arc<Catalog>,
    /// The policies, compiled over that catalog.
    pub policies: Arc<PolicySet>,
    /// The organisation tree of the hierarchy entity, where the catalog declares one.
    pub org: Arc<OrgTree>,
}
