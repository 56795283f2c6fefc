//! G2 for any grants and masks: no cell is clear that no single grant covers. And no text whatever is a panic.

use proptest::prelude::*;

use super::*;
use crate::decision::{Decision, FieldDecision};
use crate::predicate::{CompareOp, Predicate, Term};

/// A grant of some fields on the rows `level op n`, or on all rows.
#[derive(Debug, Clone)]
struct Given {
    fields: Vec<usize>,
    rows: Option<(&'static str, i64)>,
}

const FIELDS: [&str; 5] = ["branch_id", "branch_name", "parent_id", "level", "region"];

fn given() -> impl Strategy<Value = Given> {
    let fields = proptest::sample::subsequence((0..FIELDS.len()).collect::<Vec<_>>(), 1..=FIELDS.len());
    let rows = proptest::option::of((prop_oneof![Just("="), Just("<"), Just(">="), Just("<>")], 1i64..4));
    (fields, rows).prop_map(|(fields, rows)| Given { fields, rows })
}

impl Given {
    fn text(&self, number: usize) -> String {
        let read: Vec<String> = self.fields.iter().map(|field| format!("branch.{}", FIELDS[*field])).collect();
        let rows = self.rows.map(|(op, n)| format!("rows: level {op} {n}\n")).unwrap_or_default();
        format!("grant: g{number}\nto: everyone\nread: [{}]\n{rows}---\n", read.join(", "))
    }

    fn covers(&self, field: usize, level: Option<i64>) -> bool {
        let row = match (self.rows, level) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(("=", n)), Some(level)) => level == n,
            (Some(("<", n)), Some(level)) => level < n,
            (Some((">=", n)), Some(level)) => level >= n,
            (Some((_, n)), Some(level)) => level != n,
        };
        row && self.fields.contains(&field)
    }
}

/// The predicate on a row of which only `level` matters, in three values.
fn holds(predicate: &Predicate, level: Option<i64>) -> Option<bool> {
    let not = |value: Option<bool>| value.map(|value| !value);
    match predicate {
        Predicate::Const(value) => *value,
        Predicate::And(parts) => {
            let outcomes: Vec<Option<bool>> = parts.iter().map(|part| holds(part, level)).collect();
            match outcomes.contains(&Some(false)) {
                true => Some(false),
                false => (!outcomes.contains(&None)).then_some(true),
            }
        }
        Predicate::Or(parts) => not(holds(
            &Predicate::And(parts.iter().map(|part| Predicate::Not(Box::new(part.clone()))).collect()),
            level,
        )),
        Predicate::Not(inner) => not(holds(inner, level)),
        Predicate::Compare { left: Term::Field(3), op, right: Term::Value(sluice_base::Datum::Int(n), _) } => {
            let level = level?;
            Some(match op {
                CompareOp::Eq => level == *n,
                CompareOp::NotEq => level != *n,
                CompareOp::Lt => level < *n,
                CompareOp::GtEq => level >= *n,
                other => panic!("no rule has {other:?}"),
            })
        }
        other => panic!("no rule has {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_cell_is_clear_that_no_single_grant_covers(
        grants in proptest::collection::vec(given(), 1..5),
        restricted in proptest::option::of(1i64..4),
        masked in proptest::option::of(0..FIELDS.len()),
    ) {
        let mut text: String = grants.iter().enumerate().map(|(number, grant)| grant.text(number)).collect();
        if let Some(n) = restricted {
            text.push_str(&format!("restrict: r\nentity: branch\nrows: level <> {n}\n---\n"));
        }
        if let Some(field) = masked {
            text.push_str(&format!("mask: m\nfields: branch.{}\nwith: hide()\n---\n", FIELDS[field]));
        }
        let snapshot = of(&[text.trim_end_matches("---\n")]);
        let at = snapshot.catalog.find_entity("branch").unwrap();
        let decision = decide(&principal("x", &snapshot), &snapshot, at).unwrap();
        for level in [None, Some(1), Some(2), Some(3)] {
            let shows = holds(&decision.rows, level) == Some(true);
            let granted = grants.iter().any(|grant| (0..FIELDS.len()).any(|field| grant.covers(field, level)));
            let kept = restricted.is_none_or(|n| level.is_some_and(|level| level != n));
            prop_assert_eq!(shows, granted && kept, "rows at {:?}", level);
            for (field, outcome) in decision.fields.iter().enumerate() {
                let reads = outcome.visible
                    && outcome.covered_where.as_ref().is_none_or(|covered| holds(covered, level) == Some(true));
                let covered = grants.iter().any(|grant| grant.covers(field, level));
                prop_assert_eq!(shows && reads, shows && covered, "{} at {:?}", FIELDS[field], level);
                prop_assert_eq!(outcome.mask.is_some(), outcome.visible && masked == Some(field));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    /// Whoever holds several roles sees no cell clear that she would not see clear with the roles alone that some grant of
    /// that cell was given for. And where one role brings all the others, nothing is masked for their sake.
    #[test]
    fn several_roles_clear_nothing_that_no_single_grant_clears(
        grants in proptest::collection::vec((given(), 0..4usize), 1..5),
        masks in proptest::collection::vec((0..FIELDS.len(), 0..3usize, any::<bool>()), 0..4),
        brought in proptest::sample::subsequence(vec![(0usize, 1usize), (0, 2), (1, 2)], 0..=3),
    ) {
        let with_brought = |role: usize| -> BTreeSet<usize> {
            let mut all = BTreeSet::from([role]);
            for (held, more) in &brought {
                if all.contains(held) {
                    all.insert(*more);
                }
            }
            all
        };
        let members = |role: usize| {
            let held = brought.iter().filter(|(_, more)| *more == role).map(|(held, _)| format!("r{held}"));
            let held = held.collect::<Vec<_>>().join(", ");
            if held.is_empty() { format!("r{role}: ") } else { format!("r{role}: {{roles: [{held}]}}") }
        };
        let mut text = format!("roles: {{{}, {}, {}}}\n---\n", members(0), members(1), members(2));
        for (number, (grant, role)) in grants.iter().enumerate() {
            let to = if *role < 3 { format!("to: {{role: r{role}}}") } else { "to: everyone".into() };
            text.push_str(&grant.text(number).replace("to: everyone", &to));
        }
        for (number, (field, role, lifted)) in masks.iter().enumerate() {
            let to = if *lifted { format!("{{not: {{role: r{role}}}}}") } else { format!("{{role: r{role}}}") };
            text.push_str(&format!("mask: m{number}\nto: {to}\nfields: branch.{}\nwith: hide()\n---\n", FIELDS[*field]));
        }
        let snapshot = of(&[text.trim_end_matches("---\n")]);
        let at = snapshot.catalog.find_entity("branch").unwrap();
        let as_roles = |roles: &BTreeSet<usize>| {
            let names: Vec<String> = roles.iter().map(|role| format!("r{role}")).collect();
            decide(&principal(&format!("x roles={}", names.join(",")), &snapshot), &snapshot, at)
        };
        let shows = |decision: &Decision, field: usize, level| {
            let outcome: &FieldDecision = &decision.fields[field];
            let masked = match &outcome.lighter {
                Some(lighter) if holds(&lighter.rows, level) == Some(true) => lighter.mask.is_some(),
                _ => outcome.mask.is_some(),
            };
            let covered = outcome.covered_where.as_ref().is_none_or(|covered| holds(covered, level) == Some(true));
            holds(&decision.rows, level) == Some(true) && outcome.visible && covered && !masked
        };
        let levels = [None, Some(1), Some(2), Some(3)];
        let given_for = |role: usize| -> BTreeSet<usize> { (0..3).filter(|held| with_brought(*held).contains(&role)).collect() };
        // A role without grants only lifts masks: it is held beside every other one.
        let idle: BTreeSet<usize> = (0..3).filter(|held| grants.iter().all(|(_, role)| !with_brought(*held).contains(role))).collect();
        if let Some(all) = as_roles(&(0..3).collect()) {
            let alone: Vec<_> = grants.iter().map(|(_, role)| as_roles(&given_for(*role).union(&idle).copied().collect())).collect();
            for (level, field) in levels.iter().flat_map(|level| (0..FIELDS.len()).map(move |field| (*level, field))) {
                let of_one = || grants.iter().zip(&alone).any(|((grant, _), alone)| {
                    grant.covers(field, level) && alone.as_ref().is_some_and(|alone| shows(alone, field, level))
                });
                prop_assert!(!shows(&all, field, level) || of_one(), "{} at {:?} under\n{}", FIELDS[field], level, text);
            }
        }
        for role in 0..3 {
            let held = with_brought(role);
            let Some(decision) = as_roles(&held) else { continue };
            for (level, field) in levels.iter().flat_map(|level| (0..FIELDS.len()).map(move |field| (*level, field))) {
                let granted = grants.iter().any(|(grant, to)| held.contains(to) && grant.covers(field, level));
                let masked = masks.iter().any(|(of, who, lifted)| *of == field && held.contains(who) != *lifted);
                prop_assert!(!granted || shows(&decision, field, level) != masked, "{} at {:?} for r{} under\n{}", FIELDS[field], level, role, text);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// Any text in any place of a policy is loaded or refused, never a panic.
    #[test]
    fn no_text_panics(text in "[ -~\u{4e00}-\u{4e10}\n]{0,120}", rows in "[a-z_0-9'()<>=,. \\-\u{4e00}]{0,60}") {
        let catalog = catalog::tests::shipped();
        let _ = load_texts(&catalog, &[GRANT, &text]);
        let _ = load_texts(&catalog, &[&format!("grant: g\nto: everyone\nread: branch\nrows: |\n  {rows}\n")]);
        let _ = load_texts(&catalog, &[GRANT, &format!("mask: m\nfields: branch.region\nwith: |\n  {rows}\n")]);
    }
}
