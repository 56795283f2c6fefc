//! Which rules are about which entity, so that a decision looks at these alone.
//!
//! Invariant: complete. A rule that names an entity, or a field of it, is listed under it; the order is the set's.

use super::PolicySet;
use super::rule::{Denial, Grant, MaskRule, Restriction};

/// Positions of the rules about one entity.
#[derive(Debug, Clone, Default)]
struct About {
    grants: Vec<usize>,
    restrictions: Vec<usize>,
    masks: Vec<usize>,
    denials: Vec<usize>,
}

/// By position of the entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    entities: Vec<About>,
}

impl Index {
    /// Number of entities.
    pub(super) fn entities(&self) -> usize {
        self.entities.len()
    }

    pub(super) fn build(set: &PolicySet, entities: usize) -> Index {
        let mut index = Index { entities: vec![About::default(); entities] };
        let mut add = |entity: usize, to: fn(&mut About) -> &mut Vec<usize>, rule: usize| {
            let Some(about) = index.entities.get_mut(entity) else { return };
            let rules = to(about);
            if rules.last() != Some(&rule) {
                rules.push(rule);
            }
        };
        for (rule, grant) in set.grants.iter().enumerate() {
            grant.entities.keys().for_each(|entity| add(*entity, |about| &mut about.grants, rule));
        }
        for (rule, restriction) in set.restrictions.iter().enumerate() {
            restriction.rows.keys().for_each(|entity| add(*entity, |about| &mut about.restrictions, rule));
        }
        for (rule, mask) in set.masks.iter().enumerate() {
            mask.fields.keys().for_each(|(entity, _)| add(*entity, |about| &mut about.masks, rule));
        }
        for (rule, denial) in set.denials.iter().enumerate() {
            denial.fields.iter().for_each(|(entity, _)| add(*entity, |about| &mut about.denials, rule));
        }
        index
    }
}

impl PolicySet {
    fn about(&self, entity: usize) -> Option<&About> {
        self.index.entities.get(entity)
    }

    pub(super) fn grants_of(&self, entity: usize) -> impl Iterator<Item = &Grant> {
        self.about(entity).into_iter().flat_map(|about| about.grants.iter().map(|rule| &self.grants[*rule]))
    }

    pub(super) fn restrictions_of(&self, entity: usize) -> impl Iterator<Item = &Restriction> {
        self.about(entity).into_iter().flat_map(|about| about.restrictions.iter().map(|rule| &self.restrictions[*rule]))
    }

    pub(super) fn masks_of(&self, entity: usize) -> impl Iterator<Item = &MaskRule> {
        self.about(entity).into_iter().flat_map(|about| about.masks.iter().map(|rule| &self.masks[*rule]))
    }

    pub(super) fn denials_of(&self, entity: usize) -> impl Iterator<Item = &Denial> {
        self.about(entity).into_iter().flat_map(|about| about.denials.iter().map(|rule| &self.denials[*rule]))
    }
}
