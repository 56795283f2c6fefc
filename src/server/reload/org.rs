//! The organisation tree: read from the source of the catalog's hierarchy, kept, and after too long a time disbelieved.
//!
//! Invariant: where the tree is not known, it is empty, and an empty tree reaches nobody: rules over it show nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_engine::sources::{SourceError, Sources};
use sluice_model::catalog::Catalog;
use sluice_model::policy::{OrgRow, OrgTree};

/// Longest time one reading may take.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a tree is read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    connection: String,
    table: String,
    key: String,
    parent: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
}

impl Place {
    fn of(catalog: &Catalog) -> Option<Place> {
        let entity = catalog.entities.iter().find(|entity| entity.hierarchy.is_some())?;
        let hierarchy = entity.hierarchy.as_ref()?;
        let column = |field: usize| entity.fields.get(field).map(|field| field.column.clone());
        Some(Place {
            connection: entity.connection.clone(),
            table: entity.table.clone(),
            key: column(hierarchy.unit)?,
            parent: column(hierarchy.parent)?,
            valid_from: hierarchy.valid_from.and_then(column),
            valid_to: hierarchy.valid_to.and_then(column),
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
    let dates = [&place.valid_from, &place.valid_to].into_iter().flatten();
    let columns: Vec<&str> = [&place.key, &place.parent].into_iter().chain(dates).map(String::as_str).collect();
    let reading = source.read_texts(&place.table, &columns);
    let rows = match tokio::time::timeout(READ_TIMEOUT, reading).await {
        Ok(read) => read.map_err(|error: SourceError| error.to_string())?,
        Err(_) => return Err(format!("no answer within {} s", READ_TIMEOUT.as_secs())),
    };
    if rows.is_empty() {
        return Err("the table is empty".to_string());
    }
    if columns.len() == 2 {
        let pair = |row: Vec<Option<String>>| {
            let mut row = row.into_iter();
            row.next().flatten().map(|key| (key, row.next().flatten()))
        };
        return Ok(OrgTree::new(rows.into_iter().filter_map(pair).collect()));
    }
    let dated: Vec<OrgRow> = rows.into_iter().filter_map(|row| of_row(row, place)).collect();
    Ok(OrgTree::dated(&dated))
}

/// A dated row; one whose dates cannot be read is in no tree.
fn of_row(row: Vec<Option<String>>, place: &Place) -> Option<OrgRow> {
    let mut row = row.into_iter();
    let (key, parent) = (row.next()??, row.next()?);
    let mut day = |dated: bool| match dated.then(|| row.next()) {
        None => Some(None),
        Some(text) => day_of(text?),
    };
    let (from, to) = (day(place.valid_from.is_some())?, day(place.valid_to.is_some())?);
    Some(OrgRow { key, parent, from, to })
}

/// `Some(None)`: no bound. `None`: not a date.
fn day_of(text: Option<String>) -> Option<Option<i32>> {
    let Some(text) = text else { return Some(None) };
    match text.as_str() {
        "infinity" => return Some(Some(i32::MAX)),
        "-infinity" => return Some(Some(i32::MIN)),
        _ => {}
    }
    let date = chrono::NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    let since = date.signed_duration_since(chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?);
    i32::try_from(since.num_days()).ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_rows() {
        for (text, expected) in [
            (None, Some(None)),
            (Some("1970-01-02"), Some(Some(1))),
            (Some("1970-01-02 00:00:00"), Some(Some(1))),
            (Some("9999-12-31"), Some(Some(2_932_896))),
            (Some("infinity"), Some(Some(i32::MAX))),
            (Some("-infinity"), Some(Some(i32::MIN))),
            (Some("soon"), None),
            (Some("1970-13-01"), None),
        ] {
            assert_eq!(day_of(text.map(str::to_string)), expected, "{text:?}");
        }
        let place = |from: bool, to: bool| Place {
            connection: String::new(),
            table: String::new(),
            key: String::new(),
            parent: String::new(),
            valid_from: from.then(String::new),
            valid_to: to.then(String::new),
        };
        let texts = |cells: &[&str]| cells.iter().map(|cell| Some(cell.to_string())).collect();
        let row = of_row(texts(&["B", "H", "1970-01-02", "1970-01-03"]), &place(true, true)).unwrap();
        assert_eq!((row.from, row.to), (Some(1), Some(2)));
        let row = of_row(texts(&["B", "H", "1970-01-03"]), &place(false, true)).unwrap();
        assert_eq!((row.from, row.to), (None, Some(2)));
        assert_eq!(of_row(texts(&["B", "H", "never"]), &place(true, false)), None);
    }
}
