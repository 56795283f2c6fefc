//! Arrays and records in PostgreSQL's text form.

use crate::error::{Result, SystemError};

/// Splits an array literal into its items; `None` is NULL. One dimension only.
pub(crate) fn split(text: &str) -> Result<Vec<Option<String>>> {
    let malformed = || SystemError::InvalidText("array".into());
    let inner = text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}')).ok_or_else(malformed)?;
    if inner.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut items = Vec::new();
    let mut chars = inner.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let mut item = String::new();
        let quoted = chars.next_if_eq(&'"').is_some();
        if quoted {
            loop {
                match chars.next().ok_or_else(malformed)? {
                    '"' => break,
                    '\\' => item.push(chars.next().ok_or_else(malformed)?),
                    other => item.push(other),
                }
            }
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
        } else {
            while let Some(c) = chars.next_if(|c| *c != ',') {
                match c {
                    '{' | '}' => return Err(SystemError::Unsupported("an array of more than one dimension".into())),
                    '"' => return Err(malformed()),
                    '\\' => item.push(chars.next().ok_or_else(malformed)?),
                    other => item.push(other),
                }
            }
            item.truncate(item.trim_end().len());
            if item.is_empty() {
                return Err(malformed());
            }
        }
        items.push(if !quoted && item.eq_ignore_ascii_case("null") { None } else { Some(item) });
        match chars.next() {
            None => return Ok(items),
            Some(',') => {}
            Some(_) => return Err(malformed()),
        }
    }
}

fn needs_quotes(item: &str) -> bool {
    item.is_empty()
        || item.eq_ignore_ascii_case("null")
        || item.contains(|c: char| matches!(c, '{' | '}' | ',' | '"' | '\\') || c.is_whitespace())
}

/// Joins items into an array literal.
pub(crate) fn join(items: &[Option<String>]) -> String {
    let parts: Vec<String> = items
        .iter()
        .map(|item| match item {
            None => "NULL".to_string(),
            Some(item) if needs_quotes(item) => {
                format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Some(item) => item.clone(),
        })
        .collect();
    format!("{{{}}}", parts.join(","))
}

/// Joins fields into a record literal.
pub(crate) fn join_record(fields: &[Option<String>]) -> String {
    let parts: Vec<String> = fields
        .iter()
        .map(|field| match field {
            None => String::new(),
            Some(field)
                if field.is_empty()
                    || field.contains(|c: char| matches!(c, '(' | ')' | ',' | '"' | '\\') || c.is_whitespace()) =>
            {
                format!("\"{}\"", field.replace('\\', "\\\\").replace('"', "\"\""))
            }
            Some(field) => field.clone(),
        })
        .collect();
    format!("({})", parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_round_trip() {
        for text in ["{}", "{1,2}", "{\"a b\",NULL,\"NULL\",\"\",\"x\\\"y\",\"c,d\"}"] {
            assert_eq!(join(&split(text).expect("an array")), text);
        }
        assert_eq!(
            split("{r,p,\"\"}").expect("an array"),
            vec![Some("r".into()), Some("p".into()), Some(String::new())]
        );
        for bad in ["1,2", "{1", "{1,}", "{\"a}"] {
            assert!(split(bad).is_err(), "{bad}");
        }
        assert!(matches!(split("{{1},{2}}"), Err(SystemError::Unsupported(_))));
    }
}
