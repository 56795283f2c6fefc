//! Where in the catalog's files an entity or field stands, and which connections they name.

use std::collections::BTreeSet;

use sluice_model::catalog::SourceFile;
use sluice_model::diagnostic::{Report, Spot};
use sluice_model::yaml::{Node, documents};

/// The files' documents, read once.
pub(super) struct Places<'f> {
    objects: Vec<(&'f str, Node)>,
}

impl<'f> Places<'f> {
    /// Reads the files; what is wrong in them has been told by whoever loaded them.
    pub fn of(files: &'f [SourceFile]) -> Places<'f> {
        let mut told = Vec::new();
        let mut objects = Vec::new();
        for file in files {
            for document in documents(&file.text, &mut Report::new(&file.path, &mut told)) {
                match document {
                    Node::Sequence(_, items) => {
                        objects.extend(items.into_iter().map(|item| (file.path.as_str(), item)))
                    }
                    other => objects.push((file.path.as_str(), other)),
                }
            }
        }
        Places { objects }
    }

    /// File and place of an entity, or of one of its fields.
    pub fn find(&self, entity: &str, field: Option<&str>) -> Option<(String, Spot)> {
        let (file, object) = self
            .objects
            .iter()
            .find(|(_, object)| matches!(child(object, "entity"), Some(Node::Scalar(id)) if id.text == entity))?;
        let of_field = field.and_then(|field| child(object, "fields").and_then(|fields| child(fields, field)));
        Some((file.to_string(), of_field.unwrap_or(object).at()))
    }

    /// Every connection that an entity names.
    pub fn connections(&self) -> BTreeSet<String> {
        let sources = self.objects.iter().filter_map(|(_, object)| child(object, "source"));
        let named = sources.filter_map(|source| match child(source, "connection") {
            Some(Node::Scalar(id)) => Some(id.text.clone()),
            _ => None,
        });
        named.collect()
    }
}

fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match node {
        Node::Map(_, entries) => entries.iter().find(|(known, _)| known.text == key).map(|(_, value)| value),
        _ => None,
    }
}
