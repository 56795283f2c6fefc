//! The organisation tree: read from the source of the catalog's hierarchy, kept, and after too long a time disbelieved.
//!
//! Invariant: where the tree is not known, it is empty, and an empty tree reaches nobody: rules over it show nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_engine::sources::{SourceError, Sources};
use sluice_model::catalog::Catalog;
use sluice_model::policy::OrgTree;

/// Longest time one reading may take.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a tree is read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    connection: String,
    table: String,
    key: String,
    parent: String,
}

impl Place {
    fn of(catalog: &Catalog) -> Option<Place> {
        let entity = catalog.entities.iter().find(|entity| entity.hierarchy.is_some())?;
        let hierarchy = entity.hierarchy.as_ref()?;
        let key = entity.fields.get(*entity.key.first()?)?;
        let parent = entity.fields.get(hierarchy.parent)?;
        Some(Place {
            connection: entity.connection.clone(),
            table: entity.table.clone(),
            key: key.column.clone(),
            parent: parent.column.clone(),
        })
    }
}

/// What a reading changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    Same,
    /// The tree is another one.
    Changed,
    /// It could not be read for so long that it is no longer believed.
    Stale,
}

/// The tree as read last.
#[derive(Debug, Default)]
pub struct Org {
    place: Option<Place>,
    tree: Arc<OrgTree>,
    read_at: Option<Instant>,
    /// The last reading failed.
    failing: bool,
}

impl Org {
    /// The tree; empty where it is not known.
    pub fn tree(&self) -> Arc<OrgTree> {
        self.tree.clone()
    }

    /// Reads the tree of this catalog. A tree of another place than before is not kept when that fails.
    pub(super) async fn read(&mut self, catalog: &Catalog, sources: &Sources) -> Change {
        let place = Place::of(catalog);
        if place != self.place {
            *self = Org { place, ..Org::default() };
        }
        let Some(place) = &self.place else { return Change::Same };
        match read(place, sources).await {
            Ok(tree) => {
                self.read_at = Some(Instant::now());
                self.failing = false;
                if tree == *self.tree {
                    return Change::Same;
                }
                self.tree = Arc::new(tree);
                Change::Changed
            }
            Err(problem) => {
                self.failing = true;
                let units = self.tree.len();
                tracing::error!(
                    alert = true,
                    connection = place.connection,
                    problem,
                    units,
                    "organisation tree not read"
                );
                Change::Same
            }
        }
    }

    /// Gives up a tree that could not be read for too long.
    pub(super) fn expire(&mut self, stale: Duration) -> Change {
        let fresh = self.read_at.is_some_and(|at| at.elapsed() < stale);
        if fresh || !self.failing || self.tree.is_empty() {
            return Change::Same;
        }
        tracing::error!(alert = true, "the organisation tree is too old to be believed; rules over it show nothing");
        self.tree = Arc::default();
        Change::Stale
    }
}

async fn read(place: &Place, sources: &Sources) -> Result<OrgTree, String> {
    let source = sources.get(&place.connection).ok_or("there is no such connection")?;
    let reading = source.read_pairs(&place.table, &place.key, &place.parent);
    let pairs = match tokio::time::timeout(READ_TIMEOUT, reading).await {
        Ok(read) => read.map_err(|error: SourceError| error.to_string())?,
        Err(_) => return Err(format!("no answer within {} s", READ_TIMEOUT.as_secs())),
    };
    if pairs.is_empty() {
        return Err("the table is empty".to_string());
    }
    Ok(OrgTree::new(pairs))
}
