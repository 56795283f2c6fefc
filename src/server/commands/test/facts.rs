//! Who asks in a case, and the organisation tree it runs on, from a line of text each.

use std::collections::BTreeSet;

use sluice_model::Principal;
use sluice_model::policy::{OrgTree, PolicySet};
use sluice_model::principal::AttributeValue;

use super::super::opened::here_and_now;
use crate::users::Users;

/// A person: `ana` as the users file has her, with what follows changed, or somebody made up:
/// `ana roles=analyst,teller org_units=B10 groups=g addr=10.1.0.1 at=2026-07-02T10:00:00+08:00 purpose=audit clearance=4`. Any other name is an
/// attribute.
pub(super) fn person(text: &str, users: Option<&Users>, policies: &PolicySet) -> Result<Principal, String> {
    let mut words = words(text).into_iter();
    let name = words.next().ok_or("`as` names nobody")?;
    let facts: Vec<String> = words.collect();
    let known = users.and_then(|users| users.get(&name));
    if known.is_none() && facts.is_empty() {
        return Err(format!("the users file has no {name:?}; say who she is: {name} roles=... org_units=..."));
    }
    let mut person = Principal { user: name.clone(), context: here_and_now(), ..Principal::default() };
    let mut roles = BTreeSet::new();
    if let Some(user) = known {
        (roles, person.groups) = (user.roles.clone(), user.groups.clone());
        (person.org_units, person.attributes) = (user.org_units.clone(), user.attributes.clone());
    }
    for fact in facts {
        let (key, value) = fact.split_once('=').ok_or_else(|| format!("{fact:?} is not NAME=VALUE"))?;
        let list = || value.split(',').filter(|item| !item.is_empty()).map(str::to_string);
        match key {
            "roles" => {
                if let Some(unknown) = list().find(|role| !policies.roles().any(|known| known == role)) {
                    return Err(format!("no policy declares role {unknown:?}"));
                }
                roles = list().collect();
            }
            "groups" => person.groups = list().collect(),
            "org_units" => person.org_units = list().collect(),
            "addr" => {
                let address = value.parse().map_err(|_| format!("{value:?} is no address"))?;
                person.context.client_addr = Some(address);
            }
            "at" => {
                let at = chrono::DateTime::parse_from_rfc3339(value).map_err(|_| format!("{value:?} is no time"))?;
                person.context.now_micros = at.timestamp_micros();
            }
            "purpose" => person.context.purpose = value.to_string(),
            attribute => {
                person.attributes.insert(attribute.to_string(), of_text(value));
            }
        }
    }
    person.roles = policies.roles_of(&name, &person.groups, &roles);
    Ok(person)
}

/// Words with blanks between; `'...'` keeps blanks inside a word.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            '\'' => quoted = !quoted,
            blank if blank.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn of_text(value: &str) -> AttributeValue {
    match value {
        "true" | "false" => AttributeValue::Bool(value == "true"),
        list if list.contains(',') => AttributeValue::Texts(list.split(',').map(str::to_string).collect()),
        other => other.parse().map_or_else(|_| AttributeValue::Text(other.to_string()), AttributeValue::Int),
    }
}

/// A tree: `H00, B10 < H00, B11 < B10`, a unit and the one above it.
pub(super) fn tree(text: &str) -> Result<OrgTree, String> {
    let mut units = Vec::new();
    for part in text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let (unit, above) = match part.split_once('<') {
            Some((unit, above)) => (unit.trim(), Some(above.trim().to_string())),
            None => (part, None),
        };
        if unit.is_empty() || unit.contains(char::is_whitespace) || above.as_deref() == Some("") {
            return Err(format!("{part:?} is not UNIT or UNIT < UNIT ABOVE"));
        }
        units.push((unit.to_string(), above));
    }
    Ok(OrgTree::new(units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_quoted_blanks() {
        assert_eq!(words("ana  title='head of risk' a=1"), ["ana", "title=head of risk", "a=1"]);
    }

    #[test]
    fn trees_name_the_unit_above() {
        assert!(tree("H00, B10 < H00").is_ok());
        for wrong in ["B10 <", "< H00", "two words"] {
            assert!(tree(wrong).is_err(), "{wrong}");
        }
    }
}
