//! Whether a role alone shows nothing that all roles of a person together do not show.
//!
//! Invariant: only what is certain counts. Decisions are compared by their rules and by the form of their conditions,
//! never by data; where that leaves a doubt, the role does not narrow.

use sluice_model::decision::{AppliedMask, Inherited};
use sluice_model::policy::{PolicySet, allowance, decide, explains_in_full};
use sluice_model::predicate::Predicate;
use sluice_model::{Decision, FieldDecision, Principal, Snapshot};

/// True where the role alone shows nothing that all roles together do not show.
pub(super) fn narrows(all: &Principal, one: &Principal, snapshot: &Snapshot) -> bool {
    let explained = explains_in_full(all, snapshot) || !explains_in_full(one, snapshot);
    explained
        && allowance(one, snapshot).is_within(&allowance(all, snapshot))
        && (0..snapshot.catalog.entities.len()).all(|entity| {
            match (decide(all, snapshot, entity), decide(one, snapshot, entity)) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(all), Some(one)) => decision_narrows(&all, &one, &snapshot.policies),
            }
        })
}

fn decision_narrows(all: &Decision, one: &Decision, policies: &PolicySet) -> bool {
    let (of_all, of_one) = (Rules::of(all), Rules::of(one));
    let inherited = one.rows == Predicate::FALSE || inherited_narrows(&all.inherited, &one.inherited, policies);
    let fields = all.fields.iter().zip(&one.fields).all(|(all, of_one)| field_narrows(all, of_one, &one.rows));
    rules_narrow(&of_all, &of_one, policies) && inherited && fields
}

/// The rules behind the rows of a decision, its own or a parent's.
struct Rules<'a> {
    grants: &'a [String],
    restrictions: &'a [String],
    rows: &'a Predicate,
}

impl Rules<'_> {
    fn of(decision: &Decision) -> Rules<'_> {
        Rules { grants: &decision.grants, restrictions: &decision.restrictions, rows: &decision.rows }
    }

    fn of_parent(parent: &Inherited) -> Rules<'_> {
        Rules { grants: &parent.grants, restrictions: &parent.restrictions, rows: &parent.rows }
    }

    /// Which grants the rows are of: those of aggregates count only where there are no others, and a parent that no
    /// grant tells of narrows by its restrictions alone.
    fn kind(&self, policies: &PolicySet) -> RowsOf {
        match self.grants {
            [] => RowsOf::Nothing,
            grants if grants.iter().any(|grant| policies.gives_values(grant)) => RowsOf::Values,
            _ => RowsOf::Aggregates,
        }
    }
}

/// The kind of grants that rows come from.
#[derive(Debug, PartialEq, Eq)]
enum RowsOf {
    Nothing,
    Aggregates,
    Values,
}

/// Whether the one has every restriction, and no further row: no further grant, where grants of the same kind count.
fn rules_narrow(all: &Rules, one: &Rules, policies: &PolicySet) -> bool {
    let fewer = one.grants.iter().all(|grant| all.grants.contains(grant));
    let restricted = all.restrictions.iter().all(|rule| one.restrictions.contains(rule));
    let no_more_rows = all.kind(policies) == one.kind(policies) || implies(one.rows, all.rows);
    fewer && restricted && no_more_rows
}

/// Whether every row rule that a relationship carries is still carried, and narrows as well.
fn inherited_narrows(all: &[Inherited], one: &[Inherited], policies: &PolicySet) -> bool {
    all.iter().all(|all| {
        one.iter().any(|one| {
            one.relationship == all.relationship
                && rules_narrow(&Rules::of_parent(all), &Rules::of_parent(one), policies)
                && inherited_narrows(&all.inherited, &one.inherited, policies)
        })
    })
}

/// `rows`: those that the one shows.
fn field_narrows(all: &FieldDecision, one: &FieldDecision, rows: &Predicate) -> bool {
    if !one.visible {
        return true;
    }
    // Which rows a field is covered on follows from the grants, which are fewer.
    let shown = one.covered_where.as_deref().unwrap_or(rows);
    // Aggregates of raw values are more than masked ones, and less than clear ones on the same rows.
    let aggregates = match (all.aggregate_only, one.aggregate_only) {
        (None, None) => true,
        (Some(_), None) => false,
        (Some(all), Some(one)) => one >= all,
        (None, Some(_)) => {
            let same_rows = all.covered_where.as_ref().is_none_or(|covered| implies(shown, covered));
            all.mask.is_none() && same_rows
        }
    };
    all.visible && aggregates && (one.aggregate_only.is_some() || masks_narrow(all, one, shown))
}

/// Whether each mask of the one is there for all roles too, on the rows that the one shows.
fn masks_narrow(all: &FieldDecision, one: &FieldDecision, shown: &Predicate) -> bool {
    let kept_on = |mask: &Option<AppliedMask>, rows: &Predicate| match &all.lighter {
        None => mask_kept(&all.mask, mask),
        Some(light) if implies(rows, &light.rows) => mask_kept(&light.mask, mask),
        // They may be rows of either mask.
        Some(light) => mask_kept(&all.mask, mask) && mask_kept(&light.mask, mask),
    };
    let same = all.mask == one.mask && all.lighter == one.lighter;
    same || kept_on(&one.mask, shown) && one.lighter.as_ref().is_none_or(|light| kept_on(&light.mask, &light.rows))
}

/// A mask may be added; one that was there must stay the same.
fn mask_kept(all: &Option<AppliedMask>, one: &Option<AppliedMask>) -> bool {
    match (all, one) {
        (Some(all), Some(one)) => all.mask == one.mask && all.usage == one.usage,
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// True only where it is certain that every row of the narrow condition is one of the wide.
fn implies(narrow: &Predicate, wide: &Predicate) -> bool {
    if narrow == wide || *narrow == Predicate::FALSE || *wide == Predicate::TRUE {
        return true;
    }
    match (narrow, wide) {
        (Predicate::Or(parts), wide) => parts.iter().all(|part| implies(part, wide)),
        (narrow, Predicate::And(parts)) => parts.iter().all(|part| implies(narrow, part)),
        (Predicate::And(parts), wide) if parts.iter().any(|part| implies(part, wide)) => true,
        (narrow, Predicate::Or(parts)) => parts.iter().any(|part| implies(narrow, part)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use sluice_model::catalog::{Connection, SourceFile, SourceKind};
    use sluice_model::decision::{Lighter, MaskUse};
    use sluice_model::mask::Mask;

    fn field(visible: bool, mask: Option<Mask>) -> FieldDecision {
        let mask = mask.map(|mask| AppliedMask { mask, usage: MaskUse::Masked, rule: "r".into() });
        FieldDecision { visible, mask, ..FieldDecision::default() }
    }

    /// Policies in which grants of these ids give values (`a`, `b`, `c`, `p`, `q`, `x`) and aggregates (`t`, `u`).
    fn policies() -> PolicySet {
        let catalog = "catalog: {format: 1, name: bank}\ndomains:\n  - {id: d, label: {zh: 域, en: D}}\n---\nentity: e\n\
                       source: {connection: core, table: e}\nkey: [k]\nfields:\n  k: {column: k, type: int8, level: 1}\n";
        let connection = Connection { id: "core".into(), kind: SourceKind::Sqlite, settings: BTreeMap::new() };
        let connections = BTreeMap::from([("core".to_string(), connection)]);
        let file = |text: String| [SourceFile { path: "x.yaml".into(), text }];
        let catalog = sluice_model::catalog::load(&file(catalog.into()), connections, &BTreeMap::new()).unwrap();
        let grant = |id: &str, more: &str| format!("---\ngrant: {id}\nto: everyone\nread: [e]\n{more}");
        let values = ["a", "b", "c", "p", "q", "x"].map(|id| grant(id, ""));
        let totals = ["t", "u"].map(|id| grant(id, "aggregate_only: true\nmin_group: 3\n"));
        let text = values.concat() + &totals.concat();
        sluice_model::policy::load(&file(text), &catalog).unwrap()
    }

    fn decision_narrows(all: &Decision, one: &Decision) -> bool {
        super::decision_narrows(all, one, &policies())
    }

    fn decision(grants: &[&str], restrictions: &[&str], field: FieldDecision) -> Decision {
        let ids = |ids: &[&str]| ids.iter().map(|id| id.to_string()).collect();
        Decision {
            entity: 0,
            entity_id: "e".into(),
            fields: vec![field],
            rows: Predicate::TRUE,
            inherited: Vec::new(),
            grants: ids(grants),
            restrictions: ids(restrictions),
            shadows: Vec::new(),
            warnings: Vec::new(),
            fingerprint: String::new(),
        }
    }

    #[test]
    fn a_role_may_drop_grants_and_add_masks_but_lift_nothing() {
        let clear = || field(true, None);
        let all = decision(&["a", "b"], &["r"], clear());
        assert!(decision_narrows(&all, &decision(&["a"], &["r", "s"], clear())));
        assert!(decision_narrows(&all, &decision(&["a"], &["r"], field(true, Some(Mask::Hide)))));
        assert!(decision_narrows(&all, &decision(&["a"], &["r"], field(false, None))));
        assert!(!decision_narrows(&all, &decision(&["a"], &[], clear())), "a restriction is lifted");
        assert!(!decision_narrows(&all, &decision(&["c"], &["r"], clear())), "a grant appears");
        let masked = decision(&["a"], &[], field(true, Some(Mask::Hide)));
        assert!(!decision_narrows(&masked, &decision(&["a"], &[], clear())), "a mask is lifted");
        assert!(!decision_narrows(&masked, &decision(&["a"], &[], field(true, Some(Mask::CnName)))), "a mask changes");
        let hidden = decision(&["a"], &[], field(false, None));
        assert!(!decision_narrows(&hidden, &decision(&["a"], &[], clear())), "a denial is lifted");
    }

    #[test]
    fn a_role_lifts_no_rule_of_a_parent() {
        let parent = |grants: &[&str], restrictions: &[&str]| Inherited {
            relationship: "owner".into(),
            keys: vec![(0, 0)],
            entity: 1,
            rows: Predicate::IsTrue(0),
            inherited: Vec::new(),
            grants: grants.iter().map(ToString::to_string).collect(),
            restrictions: restrictions.iter().map(ToString::to_string).collect(),
        };
        let with = |inherited: Vec<Inherited>| Decision { inherited, ..decision(&["a"], &[], field(true, None)) };
        let all = with(vec![parent(&["p", "q"], &["r"])]);
        assert!(decision_narrows(&all, &with(vec![parent(&["p"], &["r", "s"])])));
        assert!(decision_narrows(&with(Vec::new()), &with(vec![parent(&["p"], &[])])), "a rule more");
        assert!(!decision_narrows(&all, &with(vec![parent(&["p"], &[])])), "its restriction is lifted");
        assert!(!decision_narrows(&all, &with(vec![parent(&["x"], &["r"])])), "a grant of the parent appears");
        assert!(!decision_narrows(&all, &with(Vec::new())), "all of it is lifted");
        assert!(decision_narrows(&all, &Decision { rows: Predicate::FALSE, ..with(Vec::new()) }), "nothing shows");
        let unbound = with(vec![Inherited { rows: Predicate::IsTrue(1), ..parent(&[], &["r"]) }]);
        assert!(!decision_narrows(&all, &unbound), "whom no grant tells of the parent is bound by restrictions alone");
    }

    #[test]
    fn rows_of_aggregates_count_only_where_there_are_no_others() {
        let with = |grants: &[&str], rows: Predicate| Decision { rows, ..decision(grants, &[], field(true, None)) };
        let (few, more) = (Predicate::IsTrue(0), Predicate::IsTrue(1));
        let all = with(&["a", "t", "u"], few.clone());
        assert!(decision_narrows(&all, &with(&["a"], few.clone())));
        assert!(decision_narrows(&all, &with(&["a", "t"], few.clone())));
        assert!(!decision_narrows(&all, &with(&["t"], more.clone())), "the rows of `t` did not count beside `a`");
        assert!(decision_narrows(&all, &with(&["t"], few)), "they are the same");
        assert!(decision_narrows(&with(&["a", "t"], Predicate::TRUE), &with(&["t"], more.clone())), "all rows anyway");
        assert!(decision_narrows(&with(&["t", "u"], more.clone()), &with(&["t"], Predicate::IsTrue(2))));
    }

    #[test]
    fn totals_are_more_than_masks_and_less_than_values() {
        let totals = |least| FieldDecision { aggregate_only: Some(least), ..field(true, None) };
        let partly = |field, at| FieldDecision { covered_where: Some(Predicate::IsTrue(at).into()), ..field };
        for (all, one, narrows) in [
            (field(true, None), totals(5), true),
            (totals(5), totals(5), true),
            (totals(5), totals(9), true),
            (totals(5), totals(4), false),
            (totals(5), field(true, None), false),
            (totals(5), field(true, Some(Mask::Hide)), false),
            (totals(5), field(false, None), true),
            (field(true, Some(Mask::Hide)), totals(5), false),
            (field(false, None), totals(5), false),
            (partly(field(true, None), 0), partly(totals(5), 0), true),
            (partly(field(true, None), 0), partly(totals(5), 1), false),
            (partly(field(true, None), 0), totals(5), false),
        ] {
            assert_eq!(field_narrows(&all, &one, &Predicate::TRUE), narrows, "{all:?} {one:?}");
        }
    }

    #[test]
    fn a_lighter_mask_stays_on_its_rows() {
        let applied = |mask| AppliedMask { mask, usage: MaskUse::Masked, rule: "r".into() };
        let light = |strict, mask: Option<Mask>, at| FieldDecision {
            lighter: Some(Lighter { rows: Predicate::IsTrue(at), mask: mask.map(applied) }),
            ..field(true, Some(strict))
        };
        let (own, other) = (Predicate::IsTrue(0), Predicate::IsTrue(1));
        let own_restricted = Predicate::and([own.clone(), Predicate::IsTrue(7)]);
        let (hidden, clear) = (field(true, Some(Mask::Hide)), field(true, None));
        let all = light(Mask::Hide, None, 0);
        for (all, one, rows, narrows) in [
            (&all, &clear, &own, true),
            (&all, &clear, &own_restricted, true),
            (&all, &clear, &other, false),
            (&all, &FieldDecision { covered_where: Some(own.clone().into()), ..clear.clone() }, &Predicate::TRUE, true),
            (&all, &hidden, &other, true),
            (&all, &all.clone(), &Predicate::TRUE, true),
            (&all, &light(Mask::Hide, None, 1), &Predicate::TRUE, false),
            (&all, &field(true, Some(Mask::CnName)), &own, true),
            (&all, &field(true, Some(Mask::CnName)), &other, false),
            (&light(Mask::Hide, Some(Mask::CnName), 0), &clear, &own, false),
            (&light(Mask::Hide, Some(Mask::CnName), 0), &field(true, Some(Mask::CnName)), &own, true),
            (&hidden, &all, &Predicate::TRUE, false),
            (&clear, &all, &Predicate::TRUE, true),
        ] {
            assert_eq!(field_narrows(all, one, rows), narrows, "{all:?} {one:?} {rows:?}");
        }
    }

    #[test]
    fn conditions_imply_one_another_only_where_that_is_certain() {
        let at = Predicate::IsTrue;
        let (and, or) =
            (|parts: &[Predicate]| Predicate::and(parts.to_vec()), |parts: &[Predicate]| Predicate::or(parts.to_vec()));
        for (narrow, wide, certain) in [
            (at(0), at(0), true),
            (at(0), at(1), false),
            (Predicate::FALSE, at(1), true),
            (at(0), Predicate::TRUE, true),
            (Predicate::TRUE, at(0), false),
            (and(&[at(0), at(1)]), at(1), true),
            (at(0), and(&[at(0), at(1)]), false),
            (and(&[at(0), at(1), at(2)]), and(&[at(2), at(0)]), true),
            (at(0), or(&[at(1), at(0)]), true),
            (or(&[at(0), at(1)]), at(0), false),
            (or(&[at(0), at(1)]), or(&[at(2), at(1), at(0)]), true),
            (and(&[or(&[at(0), at(1)]), at(2)]), or(&[at(0), at(1)]), true),
        ] {
            assert_eq!(implies(&narrow, &wide), certain, "{narrow:?} {wide:?}");
        }
    }
}
