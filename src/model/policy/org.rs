//! The organisation tree: which units are a unit's own, below it, beside it, above it.
//!
//! Invariant: a unit whose place is not certain widens nobody's view. A unit with two parents, on a cycle or below
//! one, is in nobody's subtree but its own; a unit that is not in the tree reaches nothing, itself included. A unit
//! whose parent is absent is the root of its own subtree.
//!
//! Where the rows are dated, there is one tree for each span of days between two changes, and a rule asks the tree of the
//! day of the request: a reorganisation takes effect on its day, and not before. Of very long histories the latest
//! changes are kept; on a day before them no unit is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use sluice_base::Datum;

use crate::predicate::Values;

/// Which units around a person's own a rule means (governance G20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrgScope {
    /// The units themselves.
    Own,
    /// The units and all below them.
    OwnAndBelow,
    /// All below the units, without them.
    Below,
    /// The other units under the same parent.
    Siblings,
    /// The units and all above them, up to the root.
    PathToRoot,
}

impl OrgScope {
    /// Every scope with its word in rules.
    pub const WORDS: [(&'static str, OrgScope); 5] = [
        ("self", OrgScope::Own),
        ("self_and_below", OrgScope::OwnAndBelow),
        ("below", OrgScope::Below),
        ("siblings", OrgScope::Siblings),
        ("path_to_root", OrgScope::PathToRoot),
    ];

    /// The scope of a word.
    pub fn of_word(word: &str) -> Option<OrgScope> {
        OrgScope::WORDS.iter().find(|(known, _)| *known == word).map(|(_, scope)| *scope)
    }
}

/// One unit, at its position of the pre-order walk.
#[derive(Debug, Clone)]
struct Unit {
    key: String,
    parent: Option<usize>,
    /// Position after the last unit of its subtree: the subtree is one interval of positions.
    end: usize,
    /// The keys of its subtree, from the first time that a rule asks for them.
    subtree: OnceLock<Values>,
}

impl PartialEq for Unit {
    /// The subtree follows from the tree.
    fn eq(&self, other: &Unit) -> bool {
        (&self.key, self.parent, self.end) == (&other.key, other.parent, other.end)
    }
}

/// Most changes of a dated tree that are kept.
const CHANGES_MAX: usize = 400;

/// A unit's place in the tree, and from which day to before which it is there (days since 1970-01-01).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrgRow {
    /// Key of the unit.
    pub key: String,
    /// Key of the unit above.
    pub parent: Option<String>,
    /// First day; `None`: since ever.
    pub from: Option<i32>,
    /// First day on which it is no longer so; `None`: for good.
    pub to: Option<i32>,
}

/// The organisation, day by day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OrgTree {
    /// First day and tree of each span, ascending.
    spans: Vec<(i32, OrgDay)>,
}

impl OrgTree {
    /// The tree of (key, parent) rows, the same on all days. Bad rows narrow, they never fail.
    pub fn new(rows: Vec<(String, Option<String>)>) -> OrgTree {
        OrgTree { spans: vec![(i32::MIN, OrgDay::new(rows))] }
    }

    /// The trees of dated rows.
    pub fn dated(rows: &[OrgRow]) -> OrgTree {
        let mut days: BTreeSet<i32> = rows.iter().flat_map(|row| [row.from, row.to]).flatten().collect();
        days.insert(i32::MIN);
        let dropped = days.len().saturating_sub(CHANGES_MAX);
        let span = |day: i32| {
            let holds = |row: &&OrgRow| row.from.is_none_or(|from| from <= day) && row.to.is_none_or(|to| day < to);
            let there = rows.iter().filter(holds).map(|row| (row.key.clone(), row.parent.clone()));
            (day, OrgDay::new(there.collect()))
        };
        OrgTree { spans: days.into_iter().skip(dropped).map(span).collect() }
    }

    /// The tree of a day.
    pub(super) fn on(&self, day: i32) -> &OrgDay {
        static NOTHING: OrgDay = OrgDay { units: Vec::new(), positions: BTreeMap::new() };
        let after = self.spans.partition_point(|(first, _)| *first <= day);
        after.checked_sub(1).map_or(&NOTHING, |span| &self.spans[span].1)
    }

    /// The units that a scope reaches from the given ones on a day, sorted, once each.
    pub fn units(&self, day: i32, scope: OrgScope, of: &[String]) -> Vec<String> {
        self.on(day).units(scope, of)
    }

    /// Number of units, of the day that has most.
    pub fn len(&self) -> usize {
        self.spans.iter().map(|(_, day)| day.units.len()).max().unwrap_or(0)
    }

    /// True where it is not the same on all days.
    pub fn is_dated(&self) -> bool {
        self.spans.iter().any(|(first, _)| *first > i32::MIN)
    }

    /// True where no unit is known on any day.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The tree of one day, numbered in pre-order so that "below" is an interval.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct OrgDay {
    units: Vec<Unit>,
    positions: BTreeMap<String, usize>,
}

impl OrgDay {
    /// Builds the tree of (key, parent) rows in any order.
    fn new(rows: Vec<(String, Option<String>)>) -> OrgDay {
        let parents = certain_parents(rows);
        let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut roots = Vec::new();
        for (key, parent) in &parents {
            match parent {
                Some(parent) => children.entry(parent).or_default().push(key),
                None => roots.push(key.as_str()),
            }
        }
        let mut tree = OrgDay::default();
        // An explicit stack: the depth of a bank's tree is not ours to bound.
        let mut stack: Vec<(&str, Option<usize>)> = roots.into_iter().rev().map(|root| (root, None)).collect();
        while let Some((key, parent)) = stack.pop() {
            let position = tree.units.len();
            tree.units.push(Unit { key: key.to_string(), parent, end: position + 1, subtree: OnceLock::new() });
            tree.positions.insert(key.to_string(), position);
            for child in children.get(key).into_iter().flatten().rev() {
                stack.push((child, Some(position)));
            }
        }
        for position in (0..tree.units.len()).rev() {
            let end = tree.units[position].end;
            if let Some(parent) = tree.units[position].parent {
                tree.units[parent].end = tree.units[parent].end.max(end);
            }
        }
        tree
    }

    /// True for a unit of the tree.
    pub(super) fn contains(&self, unit: &str) -> bool {
        self.positions.contains_key(unit)
    }

    /// The units that a scope reaches from the given ones, sorted, once each.
    pub(super) fn units(&self, scope: OrgScope, of: &[String]) -> Vec<String> {
        let mut reached = BTreeSet::new();
        for position in of.iter().filter_map(|unit| self.positions.get(unit).copied()) {
            self.reach(scope, position, &mut reached);
        }
        reached
            .into_iter()
            .map(|position| self.units[position].key.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// The same as values of a text field. Most people ask for the units below one of their own, and always for these.
    pub(super) fn texts(&self, scope: OrgScope, of: &[String]) -> Values {
        let list = || self.units(scope, of).into_iter().map(Datum::Text).collect();
        match (scope, of) {
            (OrgScope::OwnAndBelow, [unit]) => match self.positions.get(unit) {
                Some(position) => self.units[*position].subtree.get_or_init(list).clone(),
                None => list(),
            },
            _ => list(),
        }
    }

    fn reach(&self, scope: OrgScope, position: usize, reached: &mut BTreeSet<usize>) {
        let unit = &self.units[position];
        match scope {
            OrgScope::Own => {
                reached.insert(position);
            }
            OrgScope::OwnAndBelow => reached.extend(position..unit.end),
            OrgScope::Below => reached.extend(position + 1..unit.end),
            OrgScope::Siblings => {
                let Some(parent) = unit.parent else { return };
                let beside = parent + 1..self.units[parent].end;
                reached.extend(beside.filter(|other| *other != position && self.units[*other].parent == Some(parent)));
            }
            OrgScope::PathToRoot => {
                let mut next = Some(position);
                while let Some(position) = next {
                    reached.insert(position);
                    next = self.units[position].parent;
                }
            }
        }
    }
}

/// Each unit's parent where it is certain: given once, in the tree, and leading to a root.
fn certain_parents(rows: Vec<(String, Option<String>)>) -> BTreeMap<String, Option<String>> {
    let mut parents: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut torn = BTreeSet::new();
    for (key, parent) in rows {
        match parents.get(&key) {
            Some(known) if *known != parent => {
                torn.insert(key);
            }
            Some(_) => {}
            None => {
                parents.insert(key, parent);
            }
        }
    }
    let absent: Vec<String> = parents
        .iter()
        .filter(|(key, parent)| {
            torn.contains(*key) || parent.as_ref().is_some_and(|parent| !parents.contains_key(parent))
        })
        .map(|(key, _)| key.clone())
        .collect();
    for key in absent {
        parents.insert(key, None);
    }
    let lost: Vec<String> = rootless(&parents);
    for key in lost {
        parents.insert(key, None);
    }
    parents
}

/// Units from which no root is reached: those on a cycle and those below one.
fn rootless(parents: &BTreeMap<String, Option<String>>) -> Vec<String> {
    let mut rooted: BTreeMap<&str, bool> = BTreeMap::new();
    for key in parents.keys() {
        let mut path: Vec<&str> = Vec::new();
        let mut on_path = BTreeSet::new();
        let mut next = Some(key.as_str());
        let outcome = loop {
            let Some(current) = next else { break true };
            if let Some(known) = rooted.get(current) {
                break *known;
            }
            if !on_path.insert(current) {
                break false;
            }
            path.push(current);
            next = parents.get(current).and_then(|parent| parent.as_deref());
        };
        rooted.extend(path.into_iter().map(|unit| (unit, outcome)));
    }
    rooted.into_iter().filter(|(_, rooted)| !rooted).map(|(unit, _)| unit.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(edges: &str) -> OrgTree {
        let rows = edges.split_whitespace().map(|edge| match edge.split_once('<') {
            Some((key, parent)) => (key.to_string(), Some(parent.to_string())),
            None => (edge.to_string(), None),
        });
        OrgTree::new(rows.collect())
    }

    fn check(edges: &str, scope: &str, of: &str, expected: &str) {
        let of: Vec<String> = of.split_whitespace().map(str::to_string).collect();
        let units = tree(edges).on(0).units(OrgScope::of_word(scope).unwrap(), &of);
        assert_eq!(units.join(" "), expected, "{edges} {scope} {of:?}");
    }

    #[test]
    fn scopes_on_the_bank() {
        let bank = "B11<B10 B10<H00 H00 B12<B10 B20<H00 B21<B20 B30<H00";
        check(bank, "self", "B10", "B10");
        check(bank, "self_and_below", "B10", "B10 B11 B12");
        check(bank, "self_and_below", "H00", "B10 B11 B12 B20 B21 B30 H00");
        check(bank, "below", "B10", "B11 B12");
        check(bank, "below", "B11", "");
        check(bank, "siblings", "B11", "B12");
        check(bank, "siblings", "B10", "B20 B30");
        check(bank, "siblings", "H00", "");
        check(bank, "path_to_root", "B11", "B10 B11 H00");
        check(bank, "self_and_below", "B20 B11", "B11 B20 B21");
        check(bank, "self_and_below", "X99", "");
        check(bank, "self_and_below", "", "");
    }

    #[test]
    fn uncertain_places_widen_nobodys_view() {
        // a cycle, and a unit hanging below it
        check("R A<B B<A C<A", "self_and_below", "A", "A");
        check("R A<B B<A C<A", "self_and_below", "C", "C");
        check("R A<B B<A C<A", "path_to_root", "C", "C");
        check("A<A", "below", "A", "");
        // two parents
        check("R A<R B<R C<A C<B", "self_and_below", "A", "A");
        check("R A<R B<R C<A C<B", "self_and_below", "C", "C");
        // the same row twice is no contradiction
        check("R A<R A<R", "self_and_below", "R", "A R");
        // an absent parent: the root of its own subtree
        check("R A<X B<A", "self_and_below", "A", "A B");
        check("R A<X B<A", "siblings", "A", "");
    }

    #[test]
    fn a_deep_tree_does_not_recurse() {
        let rows = (0..20_000).map(|n| (format!("{n:06}"), (n > 0).then(|| format!("{:06}", n - 1)))).collect();
        let tree = OrgTree::new(rows);
        assert_eq!(tree.on(0).units(OrgScope::OwnAndBelow, &["019990".into()]).len(), 10);
    }

    #[test]
    fn a_reorganisation_takes_effect_on_its_day() {
        let row = |key: &str, parent: &str, from: Option<i32>, to: Option<i32>| OrgRow {
            key: key.into(),
            parent: (!parent.is_empty()).then(|| parent.into()),
            from,
            to,
        };
        let tree = OrgTree::dated(&[
            row("H", "", None, None),
            row("B1", "H", None, None),
            row("B2", "H", Some(50), None),
            row("S", "B1", None, Some(100)),
            row("S", "B2", Some(100), Some(200)),
        ]);
        let below = |day: i32, unit: &str| tree.on(day).units(OrgScope::OwnAndBelow, &[unit.to_string()]).join(" ");
        assert_eq!((below(0, "B1"), below(0, "B2")), ("B1 S".into(), String::new()));
        assert_eq!((below(99, "B1"), below(99, "B2")), ("B1 S".into(), "B2".into()));
        assert_eq!((below(100, "B1"), below(100, "B2")), ("B1".into(), "B2 S".into()));
        assert_eq!((below(200, "B1"), below(200, "B2"), below(200, "S")), ("B1".into(), "B2".into(), String::new()));
        assert_eq!(tree.len(), 4);
        // Two places on one day: in nobody's subtree but its own, on that day alone.
        let torn = OrgTree::dated(&[
            row("H", "", None, None),
            row("B1", "H", None, None),
            row("S", "B1", None, Some(100)),
            row("S", "H", Some(90), None),
        ]);
        let below = |day: i32| torn.on(day).units(OrgScope::OwnAndBelow, &["H".to_string()]).join(" ");
        assert_eq!((below(80), below(95), below(100)), ("B1 H S".into(), "B1 H".into(), "B1 H S".into()));
    }

    #[test]
    fn of_a_long_history_the_latest_changes_are_kept() {
        let rows: Vec<OrgRow> = (0..1_000)
            .map(|day| OrgRow { key: "B".into(), parent: None, from: Some(day), to: Some(day + 1) })
            .collect();
        let tree = OrgTree::dated(&rows);
        assert_eq!(tree.spans.len(), CHANGES_MAX);
        assert!(tree.on(999).contains("B") && !tree.on(10).contains("B") && !tree.on(1_000).contains("B"));
    }
}
