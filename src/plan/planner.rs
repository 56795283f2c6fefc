//! What the planner's errors mean to the client, in PostgreSQL's words.
//!
//! Invariant: nothing of the planner's own goes through but texts that hold no word of its types and operators.

use datafusion_common::{DataFusionError, SchemaError};

use crate::PlanError;

/// What the planner's error means to the client. Schemas given to it hold visible names only.
pub(crate) fn from_planner(error: DataFusionError) -> PlanError {
    match error {
        DataFusionError::SchemaError(inner, _) => match *inner {
            SchemaError::FieldNotFound { field, .. } => PlanError::UndefinedColumn(column_text(&field)),
            SchemaError::AmbiguousReference { field } => PlanError::AmbiguousColumn(column_text(&field)),
            SchemaError::DuplicateQualifiedField { name, .. } => PlanError::AmbiguousColumn(name),
            SchemaError::DuplicateUnqualifiedField { name } => PlanError::AmbiguousColumn(name),
        },
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => from_planner(*inner),
        DataFusionError::Collection(mut all) if !all.is_empty() => from_planner(all.swap_remove(0)),
        DataFusionError::NotImplemented(what) => {
            PlanError::Unsupported(own_words(&what).unwrap_or_else(|| "this construct".into()))
        }
        DataFusionError::SQL(inner, _) => PlanError::Syntax { message: clip(&inner.to_string()), position: None },
        DataFusionError::Plan(what) => of_plan_text(&what),
        DataFusionError::External(inner) => match inner.downcast::<PlanError>() {
            Ok(plan) => *plan,
            Err(other) => PlanError::Internal(other.to_string()),
        },
        other => PlanError::Internal(other.to_string()),
    }
}

/// DataFusion tells most planning faults in words alone; these are the words that matter.
fn of_plan_text(what: &str) -> PlanError {
    let lower = what.to_ascii_lowercase();
    if let Some((_, form)) = what.split_once("coercion failed with: External error: operator does not exist: ") {
        // Said by a function of ours, the planner's own words follow.
        let form = form.lines().next().unwrap_or(form);
        PlanError::UndefinedOperator(
            form.split(" No function matches").next().unwrap_or(form).trim_end_matches('.').to_string(),
        )
    } else if lower.contains("invalid function") || lower.contains("no function matches") {
        PlanError::UndefinedFunction(quoted_word(what).unwrap_or_else(|| "of these argument types".into()))
    } else if lower.contains("select distinct on expressions must match") {
        PlanError::InvalidReference("SELECT DISTINCT ON expressions must match initial ORDER BY expressions".into())
    } else if let Some(column) = ungrouped(what) {
        PlanError::GroupingRule(format!(
            "column \"{column}\" must appear in the GROUP BY clause or be used in an aggregate function"
        ))
    } else if lower.contains("order by expressions") && lower.contains("must appear in select list") {
        let told = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
        PlanError::InvalidReference(told.into())
    } else if let Some(form) = operands(what) {
        PlanError::UndefinedOperator(form)
    } else if lower.contains("group by") || lower.contains("aggregate") {
        PlanError::Grouping(told(what, "the select list does not fit the groups"))
    } else if lower.contains("coerc") || lower.contains("type") || lower.contains("cast") {
        PlanError::Datatype(told(what, "the types of an expression do not fit one another"))
    } else {
        PlanError::Invalid(told(what, "an expression does not fit its place"))
    }
}

/// Words of the engine's own that no client knows.
const ENGINE_WORDS: &[&str] = &[
    "Utf8",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Decimal",
    "Float",
    "Date32",
    "Time64",
    "Timestamp(",
    "Interval(",
    "List(",
    "Struct(",
    "Null",
    "Binary",
    "Field",
    "Expr",
    "LogicalPlan",
    "DataFusion",
    "Arrow",
    "schema",
    "signature",
    "\u{1}",
];

/// The planner's text, where it is in words of SQL alone.
fn own_words(what: &str) -> Option<String> {
    let line = clip(what);
    // A name in camel case is one of its types.
    let camel = |word: &str| {
        let letters: Vec<char> = word.chars().collect();
        letters.windows(2).any(|pair| pair[0].is_lowercase() && pair[1].is_uppercase())
    };
    let engine = ENGINE_WORDS.iter().any(|word| line.contains(word)) || line.split_whitespace().any(camel);
    (!engine).then_some(line)
}

fn told(what: &str, otherwise: &str) -> String {
    own_words(what).unwrap_or_else(|| otherwise.to_string())
}

/// `numeric + text`, where the planner says that it has no such operator.
fn operands(what: &str) -> Option<String> {
    const BEGINNINGS: [&str; 6] = [
        "Cannot coerce arithmetic expression ",
        "Cannot infer common argument type for comparison operation ",
        "Cannot infer common argument type for regex operation ",
        "Cannot infer common type for bitwise operation ",
        "Cannot infer common string type for string concat operation ",
        "Cannot infer common argument type for operation ",
    ];
    let rest = BEGINNINGS.iter().find_map(|beginning| Some(what.split_once(beginning)?.1))?;
    let rest = rest.lines().next()?;
    let rest = rest.split(" to valid types").next()?;
    let rest =
        rest.replace(" IS NOT DISTINCT FROM ", " = ").replace(" IS DISTINCT FROM ", " = ").replace(" != ", " <> ");
    let mut depth = 0usize;
    let mut parts: Vec<String> = vec![String::new()];
    for letter in rest.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut()?.push(letter);
    }
    let [left, op, right] = parts.as_slice() else { return None };
    Some(format!("{} {op} {}", sql_name(left)?, sql_name(right)?))
}

/// The name of a type that the planner tells in its own words.
fn sql_name(engine: &str) -> Option<&'static str> {
    Some(match engine.split('(').next()? {
        "Utf8" | "LargeUtf8" | "Utf8View" => "text",
        "Boolean" => "boolean",
        "Int8" | "Int16" => "smallint",
        "Int32" => "integer",
        "Int64" | "UInt64" | "UInt32" => "bigint",
        "Float32" => "real",
        "Float64" => "double precision",
        "Decimal128" | "Decimal256" => "numeric",
        "Date32" => "date",
        "Time64" => "time without time zone",
        "Timestamp" if engine.contains("UTC") => "timestamp with time zone",
        "Timestamp" => "timestamp without time zone",
        "Interval" => "interval",
        "FixedSizeBinary" => "uuid",
        "Binary" => "bytea",
        "Null" => "unknown",
        _ => return None,
    })
}

/// The column that stands outside of GROUP BY, in the planner's words for it.
fn ungrouped(what: &str) -> Option<String> {
    let (before, _) = what.split_once("must appear in the GROUP BY clause")?;
    let column = before.trim_end().strip_suffix('"')?.rsplit_once("column \"")?.1;
    Some(column.split('\u{1}').next().unwrap_or(column).to_string())
}

fn quoted_word(what: &str) -> Option<String> {
    let word = what.split('\'').nth(1)?;
    let word = word.split('(').next().unwrap_or(word);
    // A name that no client can type has a mark in front.
    Some(word.trim_start_matches('\u{1}').to_string())
}

fn column_text(column: &datafusion_common::Column) -> String {
    match &column.relation {
        Some(relation) => format!("{}.{}", relation.table(), column.name),
        None => column.name.clone(),
    }
}

/// One line of bounded length.
fn clip(what: &str) -> String {
    let line = what.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_planner_is_told_in_words_of_sql() {
        let of = |what: &str| of_plan_text(what).to_string();
        let text = "Cannot coerce arithmetic expression Decimal128(14, 2) + Utf8 to valid types";
        assert_eq!(of(text), "operator does not exist: numeric + text");
        let text = "Cannot infer common argument type for comparison operation Timestamp(µs, \"UTC\") = Boolean";
        assert_eq!(of(text), "operator does not exist: timestamp with time zone = boolean");
        assert_eq!(own_words("Unsupported binary operator: PGStartsWith"), None);
        assert_eq!(own_words("HAVING without a group"), Some("HAVING without a group".into()));
    }
}
