//! Who asks: the principal of a login, and the roles that `SET ROLE` leaves of it.
//!
//! Invariant: a role in force never shows more than all roles together do. Rules may be bound to a role, restrictions
//! and masks too, so dropping a role could lift one; [`narrows`] compares the decisions, entity by entity. What holds
//! when the role is set need not hold later: a statement is refused where it does no more
//! (docs/decisions/0019-a-decision-stands-while-it-would-be-made-again.md).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use sluice_model::policy::decide;
use sluice_model::principal::RequestContext;
use sluice_model::{Principal, Snapshot};

use super::Session;
use super::error::{Fault, SessionError};
use super::narrow::narrows;
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
pub(crate) fn visible_path(principal: &Principal, snapshot: &Snapshot) -> Vec<String> {
    let catalog = &snapshot.catalog;
    let schemas = catalog.schemas();
    let shown = |domain: usize| {
        let mut entities = catalog.entities.iter().enumerate().filter(|(_, entity)| entity.domain == domain);
        entities.any(|(entity, _)| decide(principal, snapshot, entity).is_some())
    };
    let leads = |name: &&String| schemas.iter().any(|(schema, domain, _)| schema == *name && shown(*domain));
    catalog.search_path.iter().filter(leads).cloned().collect()
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
                if !work::on_planner(&mut self.io, &self.state, &self.identity.user, narrow).await? {
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
            ledger: self.ledger.clone(),
            last: None,
            listed: None,
        };
        let generation = self.settings.generation();
        self.derived = Some(Derived { asking: asking.clone(), generation, by_clock });
        Ok(asking)
    }

    /// `SET ROLE`; `None` is all roles again. Of a `local` one the transaction is the end.
    pub(super) async fn set_role(&mut self, role: Option<&str>, local: bool) -> Result<(), Fault> {
        let before = self.settings.clone();
        self.settings.set_special("role", role, local);
        let checked = self.asking().await;
        if checked.is_err() {
            self.settings = before;
            self.derived = None;
        }
        checked.map(|_| ())
    }
}
