//! Who asks: the principal of a login, and the roles that `SET ROLE` leaves of it.
//!
//! Invariant: a role in force never shows more than all roles together do. Rules may be bound to a role, restrictions
//! and masks too, so dropping a role could lift one; [`narrows`] compares the decisions, entity by entity.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use sluice_model::decision::Inherited;
use sluice_model::policy::{allowance, decide, explains_in_full};
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

/// True where the role alone shows nothing that all roles together do not show.
fn narrows(all: &Principal, one: &Principal, snapshot: &Snapshot) -> bool {
    let explained = explains_in_full(all, snapshot) || !explains_in_full(one, snapshot);
    explained
        && allowance(one, snapshot).is_within(&allowance(all, snapshot))
        && (0..snapshot.catalog.entities.len()).all(|entity| {
            match (decide(all, snapshot, entity), decide(one, snapshot, entity)) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(all), Some(one)) => decision_narrows(&all, &one),
            }
        })
}

fn decision_narrows(all: &Decision, one: &Decision) -> bool {
    let (fewer_grants, same_restrictions) =
        rules_narrow((&all.grants, &all.restrictions), (&one.grants, &one.restrictions));
    let inherited = one.rows == Predicate::FALSE || inherited_narrows(&all.inherited, &one.inherited);
    let fields = all.fields.iter().zip(&one.fields).all(|(all, one)| field_narrows(all, one));
    fewer_grants && same_restrictions && inherited && fields
}

/// Whether the one has no further grant, and every restriction.
fn rules_narrow(all: (&[String], &[String]), one: (&[String], &[String])) -> (bool, bool) {
    (one.0.iter().all(|grant| all.0.contains(grant)), all.1.iter().all(|rule| one.1.contains(rule)))
}

/// Whether every row rule that a relationship carries is still carried, and narrows as well.
fn inherited_narrows(all: &[Inherited], one: &[Inherited]) -> bool {
    all.iter().all(|all| {
        one.iter().any(|one| {
            let rules = rules_narrow((&all.grants, &all.restrictions), (&one.grants, &one.restrictions));
            one.relationship == all.relationship
                && rules == (true, true)
                && inherited_narrows(&all.inherited, &one.inherited)
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
    // Aggregates of raw values are more than masked ones, and less than clear ones.
    let aggregates = match (all.aggregate_only, one.aggregate_only) {
        (None, None) => true,
        (Some(_), None) => false,
        (Some(all), Some(one)) => one >= all,
        (None, Some(_)) => all.mask.is_none(),
    };
    all.visible && aggregates && (mask_kept || one.aggregate_only.is_some())
}

impl Session {
    /// Who asks from now on. Derived anew when the loaded set or a setting has changed; the time is always now.
    pub(super) async fn asking(&mut self) -> Result<Asking, Fault> {
        let current = self.state.current();
        let generation = self.settings.generation();
        let fresh = match &self.asked {
            Some((known, asking)) => *known != generation || !Arc::ptr_eq(&asking.current, &current),
            None => true,
        };
        if fresh {
            let asking = self.derive(current).await?;
            self.asked = Some((self.settings.generation(), asking));
        }
        let Some((_, asking)) = &mut self.asked else {
            return Err(SessionError::Internal("no principal was derived".into()).into());
        };
        let mut asking = asking.clone();
        asking.last = self.last.clone();
        Arc::make_mut(&mut asking.principal).context.now_micros = self.state.sink.now_micros();
        Ok(asking)
    }

    async fn derive(&mut self, current: Arc<Current>) -> Result<Asking, Fault> {
        let Some(user) = current.users.get(&self.identity.user) else {
            return Err(Fault::fatal(SessionError::UserGone(self.identity.user.clone())));
        };
        let context = RequestContext {
            client_addr: Some(self.identity.address),
            application_name: self.settings.get("application_name").unwrap_or_default(),
            purpose: self.settings.get("sluice.purpose").unwrap_or_default(),
            now_micros: self.state.sink.now_micros(),
        };
        let all = user.principal(&current.snapshot.policies, context);
        self.settings.establish("search_path", &Settings::path_text(&current.snapshot.catalog.search_path));
        let asking = |principal: Arc<Principal>| Asking {
            state: self.state.clone(),
            current: current.clone(),
            principal,
            settings: Arc::new(self.settings.clone()),
            pid: self.pid,
            last: None,
        };
        let role = self.settings.get("role").filter(|role| role != "none" && *role != self.identity.user);
        let Some(role) = role else { return Ok(asking(Arc::new(all))) };
        if !all.roles.contains(&role) {
            return Err(SessionError::RoleNotHeld(role).into());
        }
        let roles = roles_within(&role, &all.roles, &current.snapshot);
        let one = Arc::new(Principal { roles, ..all.clone() });
        let asking = asking(one.clone());
        let snapshot = current.snapshot.clone();
        let narrow = work::on_planner(&mut self.io, &self.state, move || Ok(narrows(&all, &one, &snapshot)));
        if narrow.await? { Ok(asking) } else { Err(SessionError::RoleWidens(role).into()) }
    }

    /// `SET ROLE`; `None` is all roles again.
    pub(super) async fn set_role(&mut self, role: Option<&str>) -> Result<(), Fault> {
        let before = self.settings.clone();
        self.settings.set_special("role", role);
        let checked = self.asking().await;
        if checked.is_err() {
            self.settings = before;
            self.asked = None;
        }
        checked.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_model::decision::{AppliedMask, MaskUse};
    use sluice_model::mask::Mask;

    fn field(visible: bool, mask: Option<Mask>) -> FieldDecision {
        let mask = mask.map(|mask| AppliedMask { mask, usage: MaskUse::Masked, rule: "r".into() });
        FieldDecision { visible, mask, ..FieldDecision::default() }
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
    }

    #[test]
    fn totals_are_more_than_masks_and_less_than_values() {
        let totals = |least| FieldDecision { aggregate_only: Some(least), ..field(true, None) };
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
        ] {
            assert_eq!(field_narrows(&all, &one), narrows, "{all:?} {one:?}");
        }
    }
}
