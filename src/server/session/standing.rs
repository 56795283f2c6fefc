//! How long a decision stands: rows that are fetched later, or for long, leave only while it would be made again.
//!
//! Invariant (governance G16): what is fetched under another snapshot than the one decided under, or under a decision
//! older than `limits.decision_age_ms`, was decided on anew, for the person as she is now, and found the same; else it
//! ends. Within that age a statement whose rows are leaving when the policies change may run to its end. Who asks stays
//! who opened it: the role, purpose and address of then, as PostgreSQL has it for cursors.
//! Left out: the moments that row rules compare with (`valid_until > session.now`). Those are the statement's own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sluice_base::Datum;
use sluice_model::allowance::Allowance;
use sluice_model::decision::Inherited;
use sluice_model::policy::{allowance, decide};
use sluice_model::predicate::{Predicate, Term};
use sluice_model::principal::RequestContext;
use sluice_model::{Decision, Principal};
use tokio::time::Instant;

use super::error::{Fault, SessionError};
use super::io::Io;
use super::narrow::narrows;
use super::role::{persons, role_in_force};
use super::work::{self, Asking, Planned};
use crate::state::{Current, State};

/// A decision, and when it was last made.
pub struct Standing {
    state: Arc<State>,
    made: Arc<Made>,
    /// Snapshot under which it was made last.
    epoch: u64,
    /// When that was.
    at: Instant,
}

/// For whom, and what.
struct Made {
    user: String,
    role: Option<String>,
    principal: Arc<Principal>,
    of: Of,
}

enum Of {
    /// Rows of the bank, and within which limits.
    Relations { decisions: BTreeMap<usize, Arc<Decision>>, allowance: Allowance },
    /// What the session was told of itself and of these versions of catalog and policies.
    Told { catalog: String, policies: String },
}

impl Standing {
    /// As decided just now for a planned query.
    pub fn of(asking: &Asking, user: &str, planned: &Planned) -> Standing {
        let snapshot = &asking.current.snapshot;
        let of = match planned {
            Planned::Governed(governed) => {
                Of::Relations { decisions: governed.decisions().clone(), allowance: asking.allowance() }
            }
            Planned::Answer(_) | Planned::Table(_) => {
                Of::Told { catalog: snapshot.catalog.id.clone(), policies: snapshot.policies.id.clone() }
            }
        };
        let role = role_in_force(&asking.settings, user);
        let made = Made { user: user.to_string(), role, principal: asking.principal.clone(), of };
        Standing { state: asking.state.clone(), made: Arc::new(made), epoch: snapshot.epoch, at: Instant::now() }
    }

    /// More rows are asked for.
    pub async fn at_fetch(&mut self, io: &mut Io) -> Result<(), Fault> {
        let current = self.state.current();
        if current.snapshot.epoch == self.epoch && !self.is_old() { Ok(()) } else { self.again(io, current).await }
    }

    /// More rows are about to leave.
    pub async fn at_rows(&mut self, io: &mut Io) -> Result<(), Fault> {
        if self.is_old() { self.again(io, self.state.current()).await } else { Ok(()) }
    }

    fn is_old(&self) -> bool {
        let age = self.state.limits.decision_age_ms;
        age > 0 && self.at.elapsed() >= Duration::from_millis(age)
    }

    async fn again(&mut self, io: &mut Io, current: Arc<Current>) -> Result<(), Fault> {
        let (made, epoch, now) = (self.made.clone(), current.snapshot.epoch, self.state.sink.now_micros());
        let same_snapshot = epoch == self.epoch;
        work::on_planner(io, &self.state, &self.made.user, move || match made.stands(&current, same_snapshot, now) {
            Ok(()) => Ok(()),
            Err(gone @ SessionError::UserGone(_)) => Err(Fault::fatal(gone)),
            Err(outdated) => Err(outdated.into()),
        })
        .await?;
        (self.epoch, self.at) = (epoch, Instant::now());
        Ok(())
    }
}

impl Made {
    fn stands(&self, current: &Current, same_snapshot: bool, now_micros: i64) -> Result<(), SessionError> {
        let outdated = |why: &str| Err(SessionError::Outdated(why.to_string()));
        let snapshot = &current.snapshot;
        let context = RequestContext { now_micros, ..self.principal.context.clone() };
        let (now, then) = match persons(&self.user, self.role.as_deref(), context, current) {
            Ok((all, Some(one))) if narrows(&all, &one, snapshot) => self.moments(one),
            Ok((_, Some(_))) => return outdated("the role in force would show more than all roles"),
            Ok((all, None)) => self.moments(all),
            Err(SessionError::RoleNotHeld(_)) => return outdated("the role in force is no longer held"),
            Err(error) => return Err(error),
        };
        if then != *self.principal {
            return outdated("roles, groups, posts or attributes");
        }
        match &self.of {
            Of::Told { catalog, policies } if *catalog == snapshot.catalog.id && *policies == snapshot.policies.id => {}
            Of::Told { .. } => return outdated("catalog or policies"),
            Of::Relations { allowance: before, .. } if allowance(&now, snapshot) != *before => {
                return outdated("limits");
            }
            Of::Relations { decisions, .. } => {
                for (entity, before) in decisions {
                    let made_at = |person: &Principal| decide(person, snapshot, *entity);
                    let same =
                        same_snapshot || made_at(&then).is_some_and(|made| made.fingerprint == before.fingerprint);
                    let before_now = timeless(before.as_ref().clone());
                    let applies = || made_at(&now).is_some_and(|made| timeless(made) == before_now);
                    if !same || !applies() {
                        return outdated(&format!("the decision on {}", before.entity_id));
                    }
                }
            }
        }
        Ok(())
    }

    /// The person now, and at the moment of the statement.
    fn moments(&self, now: Principal) -> (Principal, Principal) {
        let mut then = now.clone();
        then.context.now_micros = self.principal.context.now_micros;
        (now, then)
    }
}

/// A decision without the moments that its row rules compare with: what is left changes only where a rule begins or ends
/// to apply, or means other rows for another reason than a time that went by.
fn timeless(mut decision: Decision) -> Decision {
    fn parents(inherited: &mut [Inherited]) {
        for parent in inherited {
            without_moments(&mut parent.rows);
            parents(&mut parent.inherited);
        }
    }
    without_moments(&mut decision.rows);
    parents(&mut decision.inherited);
    for field in &mut decision.fields {
        let lighter = field.lighter.as_mut().map(|lighter| &mut lighter.rows);
        let covered = field.covered_where.as_mut().map(Arc::make_mut);
        lighter.into_iter().chain(covered).for_each(without_moments);
    }
    decision.shadows.clear();
    decision.fingerprint.clear();
    decision
}

fn without_moments(predicate: &mut Predicate) {
    match predicate {
        Predicate::Compare { left, right, .. } => {
            for term in [left, right] {
                if let Term::Value(value, _) = term
                    && matches!(value, Datum::Timestamptz(_) | Datum::Timestamp(_) | Datum::Date(_) | Datum::Time(_))
                {
                    *value = Datum::Null;
                }
            }
        }
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter_mut().for_each(without_moments),
        Predicate::Not(inner) => without_moments(inner),
        Predicate::Const(_)
        | Predicate::In { .. }
        | Predicate::IsNull { .. }
        | Predicate::Like { .. }
        | Predicate::IsTrue(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use sluice_base::SqlType;
    use sluice_model::predicate::CompareOp;

    use super::*;

    fn before(right: Datum, more: Predicate) -> Decision {
        let (left, right) = (Term::Field(0), Term::Value(right, SqlType::Timestamptz));
        Decision {
            entity: 0,
            entity_id: "e".into(),
            fields: Vec::new(),
            rows: Predicate::and([Predicate::Compare { left, op: CompareOp::Lt, right }, more]),
            inherited: Vec::new(),
            grants: vec!["g".into()],
            restrictions: Vec::new(),
            shadows: Vec::new(),
            warnings: Vec::new(),
            fingerprint: String::new(),
        }
    }

    #[test]
    fn time_goes_by_and_rules_stay() {
        let now = |micros| timeless(before(Datum::Timestamptz(micros), Predicate::IsTrue(1)));
        assert_eq!(now(1), now(2));
        assert_ne!(now(1), timeless(before(Datum::Timestamptz(1), Predicate::IsTrue(2))), "another rule");
        assert_ne!(now(1), timeless(before(Datum::Timestamptz(1), Predicate::FALSE)), "no row any more");
        assert_ne!(now(1), timeless(before(Datum::Int(1), Predicate::IsTrue(1))));
        let restricted =
            Decision { restrictions: vec!["r".into()], ..before(Datum::Timestamptz(1), Predicate::IsTrue(1)) };
        assert_ne!(now(1), timeless(restricted), "a restriction that began");
    }
}
