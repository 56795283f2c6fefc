//! From catalog and decisions to what is visible.
//!
//! Invariant: a relation is here only with a decision, a column only where that decision shows it. A key or a
//! reference is shown only where each of its columns is shown with its raw value: over masked values it would not
//! hold.

use std::sync::Arc;

use sluice_base::Language;
use sluice_model::catalog::{Catalog, Entity, Found, Naming};
use sluice_model::mask::Mask;
use sluice_model::{Decision, FieldDecision, Principal, Snapshot};

use super::{VisibleCatalog, VisibleField, VisibleKey, VisibleReference, VisibleRelation, VisibleSchema};

pub(super) fn build(
    principal: &Principal,
    snapshot: &Snapshot,
    database: &str,
    language: Option<Language>,
) -> VisibleCatalog {
    let catalog = &snapshot.catalog;
    let decisions: Vec<Option<Decision>> =
        (0..catalog.entities.len()).map(|entity| sluice_model::policy::decide(principal, snapshot, entity)).collect();
    let mut maker =
        Maker { catalog, decisions, language, schemas: Vec::new(), relations: Vec::new(), founds: Vec::new() };
    for (name, domain, naming) in catalog.schemas() {
        maker.schema(name, domain, naming);
    }
    maker.references();
    VisibleCatalog::assemble(principal.user.clone(), database.to_string(), maker.schemas, maker.relations)
}

struct Maker<'a> {
    catalog: &'a Catalog,
    decisions: Vec<Option<Decision>>,
    language: Option<Language>,
    schemas: Vec<VisibleSchema>,
    relations: Vec<VisibleRelation>,
    /// Beside `relations`: where each came from.
    founds: Vec<Found>,
}

impl Maker<'_> {
    fn schema(&mut self, name: String, domain: usize, naming: Naming) {
        let position = self.schemas.len();
        for (entity, described) in self.catalog.entities.iter().enumerate() {
            if described.domain != domain {
                continue;
            }
            let Some(Some(decision)) = self.decisions.get(entity) else { continue };
            let found = Found { entity, naming };
            let relation = self.relation(found, described, decision, position);
            self.relations.push(relation);
            self.founds.push(found);
        }
        if self.relations.last().is_some_and(|relation| relation.schema == position) {
            let comment = self.catalog.domains.get(domain).and_then(|d| d.comment.as_deref()).map(Arc::from);
            self.schemas.push(VisibleSchema {
                oid: self.catalog.schema_oid(domain, naming),
                name: name.into(),
                comment,
            });
        }
    }

    fn relation(&self, found: Found, entity: &Entity, decision: &Decision, schema: usize) -> VisibleRelation {
        let fields: Vec<VisibleField> = shown(entity, decision)
            .into_iter()
            .filter_map(|position| Some((entity.fields.get(position)?, decision.fields.get(position)?)))
            .map(|(field, outcome)| VisibleField {
                name: field.listed_name(found.naming).into(),
                sql_type: field.sql_type.clone(),
                not_null: !field.nullable && keeps_values(outcome),
                comment: self.field_comment(field, outcome, found.naming),
            })
            .collect();
        let name: Arc<str> = entity.listed_name(found.naming).into();
        let key = clear_columns(entity, decision, entity.key.iter().copied()).filter(|columns| !columns.is_empty());
        VisibleRelation {
            oid: self.catalog.relation_oid(found),
            type_oid: 0,
            array_type_oid: 0,
            schema,
            key: key.map(|columns| VisibleKey {
                index_oid: 0,
                constraint_oid: 0,
                name: format!("{name}_pkey").into(),
                columns,
            }),
            comment: comment_of(&[
                other_name(entity.listed_name(found.naming), entity.names()),
                entity.comment.clone(),
            ]),
            other_names: entity.names().filter(|other| *other != &*name).map(Arc::from).collect(),
            name,
            fields,
            references: Vec::new(),
        }
    }

    fn field_comment(
        &self,
        field: &sluice_model::catalog::Field,
        outcome: &FieldDecision,
        naming: Naming,
    ) -> Option<Arc<str>> {
        let level = (field.level > 0).then(|| match self.language {
            Some(Language::En) => format!("sensitivity level {}", field.level),
            Some(Language::Zh) => format!("敏感级别 {}", field.level),
            None => format!("敏感级别 {0} / sensitivity level {0}", field.level),
        });
        let masked = outcome.mask.is_some().then(|| self.masked_note());
        let totals = outcome.aggregate_only.is_some().then(|| self.totals_note());
        let partly = outcome.covered_where.is_some().then(|| self.partly_note());
        comment_of(&[
            other_name(field.listed_name(naming), field.names()),
            field.comment_text(),
            level,
            masked,
            totals,
            partly,
        ])
    }

    fn masked_note(&self) -> String {
        match self.language {
            Some(Language::En) => "masked",
            Some(Language::Zh) => "已脱敏",
            None => "已脱敏 / masked",
        }
        .into()
    }

    fn totals_note(&self) -> String {
        match self.language {
            Some(Language::En) => "totals only",
            Some(Language::Zh) => "只能汇总",
            None => "只能汇总 / totals only",
        }
        .into()
    }

    fn partly_note(&self) -> String {
        match self.language {
            Some(Language::En) => "empty on some rows",
            Some(Language::Zh) => "部分行不可见",
            None => "部分行不可见 / empty on some rows",
        }
        .into()
    }

    fn references(&mut self) {
        let found: Vec<Vec<VisibleReference>> =
            (0..self.relations.len()).map(|position| self.references_of(position)).collect();
        for (relation, references) in self.relations.iter_mut().zip(found) {
            relation.references = references;
        }
    }

    fn references_of(&self, position: usize) -> Vec<VisibleReference> {
        let Some((entity, decision)) = self.described(self.founds[position]) else { return Vec::new() };
        let naming = self.founds[position].naming;
        entity
            .relationships
            .iter()
            .filter_map(|edge| {
                let columns = clear_columns(entity, decision, edge.keys.iter().map(|(own, _)| *own))?;
                // A label schema without a pair has its target under ids.
                let target = [naming, Naming::Ids]
                    .into_iter()
                    .find_map(|naming| self.founds.iter().position(|f| *f == Found { entity: edge.to, naming }))?;
                let (target_entity, target_decision) = self.described(self.founds[target])?;
                let target_columns =
                    clear_columns(target_entity, target_decision, edge.keys.iter().map(|(_, other)| *other))?;
                let words: Vec<&str> = columns
                    .iter()
                    .filter_map(|column| self.relations[position].fields.get(usize::try_from(*column).ok()? - 1))
                    .map(|field| &*field.name)
                    .collect();
                Some(VisibleReference {
                    oid: 0,
                    name: format!("{}_{}_fkey", self.relations[position].name, words.join("_")).into(),
                    columns,
                    target,
                    target_columns,
                    comment: comment_of(&[Some(edge.role.all().collect::<Vec<_>>().join(" / "))]),
                })
            })
            .collect()
    }

    fn described(&self, found: Found) -> Option<(&Entity, &Decision)> {
        Some((self.catalog.entities.get(found.entity)?, self.decisions.get(found.entity)?.as_ref()?))
    }
}

/// Positions of the entity's fields that the principal sees listed, in order.
fn shown(entity: &Entity, decision: &Decision) -> Vec<usize> {
    decision.visible_fields().filter(|position| entity.fields.get(*position).is_some_and(|f| !f.hidden)).collect()
}

/// Column numbers of fields, where each is listed and unmasked on every row.
fn clear_columns(entity: &Entity, decision: &Decision, fields: impl Iterator<Item = usize>) -> Option<Vec<i16>> {
    let shown = shown(entity, decision);
    fields
        .map(|field| {
            decision.fields.get(field).filter(|outcome| outcome.is_clear())?;
            let place = shown.iter().position(|listed| *listed == field)?;
            i16::try_from(place + 1).ok()
        })
        .collect()
}

/// False where the principal may read NULL although the source never holds one.
fn keeps_values(outcome: &FieldDecision) -> bool {
    let hides = outcome.mask.as_ref().is_some_and(|applied| matches!(applied.mask, Mask::Hide | Mask::Constant(_)));
    outcome.covered_where.is_none() && !hides
}

/// The names that the listed one does not tell: the label of an id, the id of a label.
fn other_name<'n>(listed: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let others: Vec<&str> = names.filter(|name| *name != listed).take(2).collect();
    (!others.is_empty()).then(|| others.join(" / "))
}

fn comment_of(parts: &[Option<String>]) -> Option<Arc<str>> {
    let said: Vec<&str> = parts.iter().flatten().map(String::as_str).filter(|part| !part.is_empty()).collect();
    (!said.is_empty()).then(|| said.join("\n").into())
}
