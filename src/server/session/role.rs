//! Who asks: the principal of a login, and the roles that `SET ROLE` leaves of it.
//!
//! Invariant: a role in force never shows more than all roles together do. Rules may be bound to a role, restrictions
//! and masks too, so dropping a role could lift one; [`narrows`] compares the decisions, entity by entity. What holds
//! when the role is set need not hold later: a statement is refused where it does no more
//! (docs/decisions/0018-a-decision-stands-while-it-would-be-made-again.md).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use sluice_model::decision::Inherited;
use sluice_model::policy::{PolicySet, allowance, decide, explains_in_full};
use sluice_model::predicate::Predicate;
use sluice_model::principal::RequestContext;
use sluice_model::{Decision, FieldDecision, Principal, Snapshot};

use super::Session;
use super::error::{Fault, SessionError};
use super::settings::Settings;
use super::work::{self, Asking};
use crate::state::Current;

/// What the login fixed.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Login name.
    pub user: String,
    /// Address of the client.
    pub address: IpAddr,
}

/// The roles that remain when only one is in force: itself and those it belongs to.
pub(crate) fn roles_within(role: &str, held: &BTreeSet<String>, snapshot: &Snapshot) -> BTreeSet<String> {
    let only = BTreeSet::from([role.to_string()]);
    let implied = snapshot.policies.roles_of("", &BTreeSet::new(), &only);
    implied.intersection(held).cloned().collect()
}

/// The role that the settings put in force; `None`: all of them.
pub(super) fn role_in_force(settings: &Settings, user: &str) -> Option<String> {
    settings.get("role").filter(|role| role != "none" && role != user)
}

/// The person with all her roles, and with the role in force alone where there is one. Whether that one narrows is for
/// [`narrows`] to say.
///
/// # Errors
/// The user is gone, or does not hold the role.
pub(super) fn persons(
    user: &str,
    role: Option<&str>,
    context: RequestContext,
    current: &Current,
) -> Result<(Principal, Option<Principal>), SessionError> {
    let Some(user) = current.users.get(user) else { return Err(SessionError::UserGone(user.to_string())) };
    let all = user.principal(&current.snapshot.policies, context);
    let Some(role) = role else { return Ok((all, None)) };
    if !all.roles.contains(role) {
        return Err(SessionError::RoleNotHeld(role.to_string()));
    }
    let roles = roles_within(role, &all.roles, &current.snapshot);
    let one = Principal { roles, ..all.clone() };
    Ok((all, Some(one)))
}

/// The catalog's search path, as far as it leads to schemas in which something exists for the person (governance G14).
pub(super) fn visible_path(principal: &Principal, snapshot: &Snapshot) -> Vec<String> {
    let catalog = &snapshot.catalog;
    let schemas = catalog.schemas();
    let shown = |domain: usize| {
        let mut entities = catalog.entities.iter().enumerate().filter(|(_, entity)| entity.domain == domain);
        entities.any(|(entity, _)| decide(principal, snapshot, entity).is_some())
    };
    let leads = |name: &&String| schemas.iter().any(|(schema, domain, _)| schema == *name && shown(*domain));
    catalog.search_path.iter().filter(leads).cloned().collect()
}

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
    let fields = all.fields.iter().zip(&one.fields).all(|(all, one)| field_narrows(all, one));
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
    let same_kind = all.kind(policies) == one.kind(policies) || *all.rows == Predicate::TRUE || all.rows == one.rows;
    fewer && restricted && same_kind
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

fn field_narrows(all: &FieldDecision, one: &FieldDecision) -> bool {
    if !one.visible {
        return true;
    }
    // A mask may be added; one that was there must stay the same. Which rows a field is covered on follows from the
    // grants, which are fewer.
    let mask_kept = match (&all.mask, &one.mask) {
        (Some(all), Some(one)) => all.mask == one.mask && all.usage == one.usage,
        (Some(_), None) => false,
        (None, _) => true,
    };
    // Aggregates of raw values are more than masked ones, and less than clear ones on the same rows.
    let aggregates = match (all.aggregate_only, one.aggregate_only) {
        (None, None) => true,
        (Some(_), None) => false,
        (Some(all), Some(one)) => one >= all,
        (None, Some(_)) => {
            let same_rows = all.covered_where.is_none() || all.covered_where == one.covered_where;
            all.mask.is_none() && same_rows
        }
    };
    all.visible && aggregates && (mask_kept || one.aggregate_only.is_some())
}

/// Who asks, as derived last.
pub(super) struct Derived {
    asking: Asking,
    /// Generation of the settings that it was derived under.
    generation: u64,
    /// A role is in force that may narrow now and not a moment later.
    by_clock: bool,
}

impl Session {
    /// Who asks from now on. Derived anew when the loaded set or a setting has changed, and for each statement where the
    /// role in force may no longer narrow; the time is always now.
    pub(super) async fn asking(&mut self) -> Result<Asking, Fault> {
        let current = self.state.current();
        let generation = self.settings.generation();
        let known = self.derived.as_ref().filter(|derived| {
            derived.generation == generation && Arc::ptr_eq(&derived.asking.current, &current) && !derived.by_clock
        });
        let mut asking = match known {
            Some(derived) => {
                let mut asking = derived.asking.clone();
                Arc::make_mut(&mut asking.principal).context.now_micros = self.state.sink.now_micros();
                asking
            }
            // The moment stays that at which the role was found to narrow.
            None => self.derive(current).await?,
        };
        asking.last = self.last.clone();
        Ok(asking)
    }

    async fn derive(&mut self, current: Arc<Current>) -> Result<Asking, Fault> {
        let context = RequestContext {
            client_addr: Some(self.identity.address),
            application_name: self.settings.get("application_name").unwrap_or_default(),
            purpose: self.settings.get("sluice.purpose").unwrap_or_default(),
            now_micros: self.state.sink.now_micros(),
        };
        let role = role_in_force(&self.settings, &self.identity.user);
        let (all, one) = match persons(&self.identity.user, role.as_deref(), context, &current) {
            Ok(persons) => persons,
            Err(gone @ SessionError::UserGone(_)) => return Err(Fault::fatal(gone)),
            Err(error) => return Err(error.into()),
        };
        let snapshot = current.snapshot.clone();
        let by_clock = one.is_some() && (snapshot.policies.reads_clock() || snapshot.org.is_dated());
        let principal = match (one.map(Arc::new), role) {
            (Some(one), Some(role)) => {
                let (checked, snapshot) = (one.clone(), snapshot.clone());
                let narrow = move || Ok(narrows(&all, &checked, &snapshot));
                if !work::on_planner(&mut self.io, &self.state, narrow).await? {
                    return Err(SessionError::RoleWidens(role).into());
                }
                one
            }
            _ => Arc::new(all),
        };
        self.settings.establish("search_path", &Settings::path_text(&visible_path(&principal, &snapshot)));
        let asking = Asking {
            state: self.state.clone(),
            current,
            principal,
            settings: Arc::new(self.settings.clone()),
            pid: self.pid,
            last: None,
        };
        let generation = self.settings.generation();
        self.derived = Some(Derived { asking: asking.clone(), generation, by_clock });
        Ok(asking)
    }

    /// `SET ROLE`; `None` is all roles again.
    pub(super) async fn set_role(&mut self, role: Option<&str>) -> Result<(), Fault> {
        let before = self.settings.clone();
        self.settings.set_special("role", role);
        let checked = self.asking().await;
        if checked.is_err() {
            self.settings = before;
            self.derived = None;
        }
        checked.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use sluice_model::catalog::{Connection, SourceFile, SourceKind};
    use sluice_model::decision::{AppliedMask, MaskUse};
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
        let partly = |field, at| FieldDecision { covered_where: Some(Predicate::IsTrue(at)), ..field };
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
            assert_eq!(field_narrows(&all, &one), narrows, "{all:?} {one:?}");
        }
    }
}
