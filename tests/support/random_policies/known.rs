//! What a person may know under a set of policies: the algebra of governance as SQL over the raw rows.

use std::collections::BTreeSet;

use super::audiences::Outcome;
use super::grants::{Grant, Restriction};
use super::masks::{Mask, Strictness};
use super::people::Person;
use super::uses::{Special, Specials, Use, raw_column};
use super::{Field, RELATIONSHIPS, Set, Travels, raw};
use crate::support::attack_sources::{Source, type_name};

/// A table as a person may know it.
pub struct Seen {
    /// Its fields with their types.
    pub fields: Vec<(String, String)>,
    pub specials: Specials,
    /// The rows; behind the fields, raw values of some.
    pub query: String,
}

/// What masks a field on some rows.
#[derive(Clone)]
struct Shown {
    mask: Mask,
    used: Use,
}

impl Shown {
    /// The stricter of two masks, used in the stricter way of both.
    fn with(self, other: Shown) -> Shown {
        let stricter = if other.mask.strictness > self.mask.strictness { &other } else { &self };
        let used = match self.used.rank().cmp(&other.used.rank()) {
            std::cmp::Ordering::Less => other.used,
            std::cmp::Ordering::Equal => stricter.used,
            std::cmp::Ordering::Greater => self.used,
        };
        Shown { mask: stricter.mask.clone(), used }
    }
}

fn rank(shown: &Option<Shown>) -> Option<Strictness> {
    shown.as_ref().map(|shown| shown.mask.strictness)
}

impl Set {
    /// What a person may know of a table; `None` where it does not exist for her.
    pub(super) fn seen(&self, person: &Person, table: &str) -> Option<Seen> {
        let grants = self.given(person, table);
        let denied = |field: &Field, person: &Person| {
            self.denials.iter().any(|rule| rule.fields.contains(field) && rule.head.narrows(person))
        };
        let mut seen = Seen { fields: Vec::new(), specials: Specials::new(), query: String::new() };
        let (mut items, mut raw_items) = (Vec::new(), Vec::new());
        for (field, kind) in &raw()[table].columns {
            let of = (table.to_string(), field.clone());
            let covers = |only: bool| {
                let gives = |given: &&Given| {
                    given.grant.aggregates.is_some() == only
                        && given.grant.fields[table].contains(field)
                        && !denied(&of, &given.person)
                };
                grants.iter().filter(gives).collect::<Vec<&Given>>()
            };
            let (plain, aggregates) = (covers(false), covers(true));
            let covering = if plain.is_empty() { &aggregates } else { &plain };
            if covering.is_empty() || denied(&of, person) {
                continue;
            }
            let (value, special) = match plain.is_empty() {
                true => ("NULL".to_string(), Some(Special::Aggregate(self.least_group(person, &aggregates)))),
                false => self.masked(person, &of, &plain),
            };
            let (rows, type_name) = (union(covering, person), type_name(kind, Source::Postgres));
            items.push(format!("(CASE WHEN {rows} THEN {value} END)::{type_name} AS {field}"));
            if let Some(special) = special {
                raw_items.push(format!("(CASE WHEN {rows} THEN {field} END)::{type_name} AS {}", raw_column(field)));
                seen.specials.insert(of, special);
            }
            seen.fields.push((field.clone(), kind.clone()));
        }
        if items.is_empty() {
            return None;
        }
        let rows = self.rows(person, table, &grants);
        items.extend(raw_items);
        seen.query = format!("SELECT {} FROM plain.{table} AS t0 WHERE {rows}", items.join(", "));
        Some(seen)
    }

    /// The smallest group that some grants of aggregates show: of those for the same rows any will do.
    fn least_group(&self, person: &Person, grants: &[&Given]) -> u64 {
        let rows: BTreeSet<String> = grants.iter().map(|given| given.rows(person)).collect();
        let groups = grants.iter().filter_map(|given| given.grant.aggregates);
        let of_grants = if rows.len() == 1 { groups.min() } else { groups.max() };
        let limits = self.limits.iter().filter(|limit| limit.head.narrows(person));
        of_grants.into_iter().chain(limits.filter_map(|limit| limit.least_group)).max().expect("a grant of aggregates")
    }

    /// The strictest of the masks of a field that are for a person.
    fn strictest(&self, person: &Person, field: &Field) -> Option<Shown> {
        let rules = self.masks.iter().filter(|rule| rule.field == *field);
        let shown = rules.filter_map(|rule| match rule.head.applies(person) {
            Outcome::No => None,
            Outcome::Yes | Outcome::Unknown => Some(Shown { mask: rule.mask.clone(), used: rule.used }),
            // What cannot be told is hidden, and cannot be asked after.
            Outcome::Missing => {
                let used = if rule.used == Use::OutputOnly { Use::OutputOnly } else { Use::Masked };
                Some(Shown { mask: Mask::hide(), used })
            }
        });
        shown.reduce(Shown::with)
    }

    /// The grants of a table, each with the person as its rows know her: without the roles that other grants are for. A
    /// role that the grant's own roles bring with them is not taken away.
    fn given(&self, person: &Person, table: &str) -> Vec<Given<'_>> {
        let grants: Vec<&Grant> = self.grants.iter().filter(|grant| grant.serves(person, table)).collect();
        let all: BTreeSet<&str> = grants.iter().flat_map(|grant| grant.given_for(person, &self.implied)).collect();
        let given = |grant| {
            let own = self.implied.with_brought(&Grant::given_for(grant, person, &self.implied));
            let others = all.iter().copied().filter(|role| !own.contains(role)).collect();
            let kept = self.implied.without(&person.roles, &own, others);
            let without = person.with(|role| kept.contains(role));
            let of = self.restrictions.iter().filter(|rule| rule.tables.iter().any(|name| name == table));
            // The same rule may leave out more where the person without a role lacks what it asks for.
            let more =
                |rule: &Restriction| rule.by_hand(&without).filter(|rows| rule.by_hand(person).as_ref() != Some(rows));
            let more = of.filter_map(more).collect();
            Given { grant, person: without, more }
        };
        grants.iter().copied().map(given).collect()
    }

    /// What shows of a field, by each grant's rows.
    fn masked(&self, person: &Person, field: &Field, covering: &[&Given]) -> (String, Option<Special>) {
        let of = |given: &&Given| match (self.strictest(person, field), self.strictest(&given.person, field)) {
            (Some(person), Some(without)) => Some(person.with(without)),
            (person, without) => person.or(without),
        };
        let each: Vec<(&Given, Option<Shown>)> = covering.iter().map(|given| (*given, of(given))).collect();
        let light = each.iter().map(|(_, shown)| shown).min_by_key(|shown| rank(shown)).cloned().flatten();
        let strict = each.iter().filter_map(|(_, shown)| shown.clone()).reduce(Shown::with);
        let value = |shown: &Option<Shown>| {
            shown.as_ref().map_or_else(|| field.1.clone(), |shown| shown.mask.by_hand(&field.1))
        };
        // A field is used in one way on all of its rows.
        let special = match strict.as_ref().map(|shown| shown.used) {
            Some(Use::OutputOnly) => Some(Special::OutputOnly),
            // Texts alone are looked up.
            Some(Use::Lookup) if is_text(field) => Some(Special::Lookup),
            Some(Use::Lookup | Use::Masked | Use::TokenJoin) | None => None,
        };
        let lighter: Vec<&Given> =
            each.iter().filter(|(_, shown)| rank(shown) == rank(&light)).map(|(given, _)| *given).collect();
        if rank(&light) == rank(&strict) {
            return (value(&strict), special);
        }
        if lighter.iter().any(|given| given.shows_all(person)) {
            return (value(&light), special.filter(|_| light.is_some()));
        }
        // Tokens are compared with one another, so that none of them is a raw value.
        if each.iter().any(|(_, shown)| shown.as_ref().is_some_and(|shown| shown.used == Use::TokenJoin)) {
            return (value(&strict), special);
        }
        let rows = union(&lighter, person);
        (format!("CASE WHEN {rows} THEN {} ELSE {} END", value(&light), value(&strict)), special)
    }

    /// The condition on the rows of a table, which stands in FROM as `t0`.
    fn rows(&self, person: &Person, table: &str, grants: &[Given]) -> String {
        let mut all = vec![granted(grants, person)];
        all.extend(self.restricted(person, table));
        let persons: Vec<&Person> = grants.iter().map(|given| &given.person).collect();
        all.extend(self.inherited(person, table, &persons, 0));
        all.join(" AND ")
    }

    /// Restrictions that may leave a row out.
    fn restricted(&self, person: &Person, table: &str) -> Vec<String> {
        let of = self.restrictions.iter().filter(|rule| rule.tables.iter().any(|name| name == table));
        of.filter_map(|rule| rule.by_hand(person)).collect()
    }

    /// A fact shows where a row of its parent does that would; where no rule is on the parents, every fact does.
    fn inherited(&self, person: &Person, table: &str, of_child: &[&Person], depth: usize) -> Vec<String> {
        let mut all = Vec::new();
        for (id, child, parent, key) in RELATIONSHIPS {
            let travels = self.travels[id];
            if child != table || travels == Travels::Not {
                continue;
            }
            let whole = travels == Travels::Whole;
            let of_parent: Vec<&Grant> =
                self.grants.iter().filter(|grant| whole && grant.fields.contains_key(parent)).collect();
            let grants = self.given(person, parent);
            let mut rows = Vec::new();
            if whole && grants.is_empty() && of_parent.iter().any(|grant| grant.head.to.holds(person) != Outcome::No) {
                rows.push("false".to_string());
            }
            if whole && !grants.is_empty() && !showing(&grants).iter().any(|given| given.shows_all(person)) {
                rows.push(granted(&grants, person));
            }
            rows.extend(self.restricted(person, parent));
            if !whole && !grants.is_empty() && grants.iter().all(|given| !given.more.is_empty()) {
                let more = grants.iter().map(|given| format!("({})", given.more.join(" AND ")));
                rows.push(format!("({})", more.collect::<Vec<_>>().join(" OR ")));
            }
            // Without a grant of the parent, restrictions hold that hold for any of the child's rows.
            let above: Vec<&Person> = match grants.is_empty() {
                true => of_child.to_vec(),
                false => grants.iter().map(|given| &given.person).collect(),
            };
            if grants.is_empty() {
                rows.extend(of_child.iter().flat_map(|person| self.restricted(person, parent)));
            }
            rows.extend(self.inherited(person, parent, &above, depth + 1));
            if !rows.is_empty() {
                let (here, there) = (format!("t{depth}"), format!("t{}", depth + 1));
                let rows = rows.join(" AND ");
                all.push(format!(
                    "EXISTS (SELECT 1 FROM plain.{parent} AS {there} WHERE {there}.{key} = {here}.{key} AND {rows})"
                ));
            }
        }
        all
    }
}

/// A grant of a person, and the person as its rows know her.
struct Given<'g> {
    grant: &'g Grant,
    person: Person,
    /// Restrictions on its rows alone.
    more: Vec<String>,
}

impl Given<'_> {
    fn rows(&self, person: &Person) -> String {
        let rows = [format!("({})", self.grant.rows_by_hand(person))];
        rows.into_iter().chain(self.more.iter().cloned()).collect::<Vec<_>>().join(" AND ")
    }

    fn shows_all(&self, person: &Person) -> bool {
        self.more.is_empty() && self.grant.shows_all(person)
    }
}

/// The grants that show rows: those of aggregates do where there are no others.
fn showing<'g>(grants: &'g [Given<'g>]) -> Vec<&'g Given<'g>> {
    let only = grants.iter().all(|given| given.grant.aggregates.is_some());
    grants.iter().filter(|given| only || given.grant.aggregates.is_none()).collect()
}

/// The rows that grants show together.
fn granted(grants: &[Given], person: &Person) -> String {
    union(&showing(grants), person)
}

/// The rows of several grants together.
fn union(grants: &[&Given], person: &Person) -> String {
    let rows = grants.iter().map(|given| format!("({})", given.rows(person)));
    format!("({})", rows.collect::<Vec<_>>().join(" OR "))
}

fn is_text((table, field): &Field) -> bool {
    raw()[table].columns.iter().any(|(name, kind)| name == field && kind == "text")
}
