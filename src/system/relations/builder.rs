//! Rows of a system relation, column by column name; columns not named get PostgreSQL's usual default.

use std::collections::HashMap;

use sluice_base::SqlType;

use super::shape::{Shape, all, find};
use crate::typing::array_lower;
use crate::value::{ArrayValue, Row, Value};

/// Fills rows of one relation.
pub(crate) struct Builder {
    places: Vec<usize>,
    blank: Vec<Value>,
    rows: Vec<Row>,
}

/// What a NOT NULL column holds when nothing is said of it.
fn blank(sql_type: &SqlType) -> Value {
    match sql_type {
        SqlType::Bool => Value::Bool(false),
        SqlType::Float4 | SqlType::Float8 => Value::Float(0.0),
        SqlType::Array(_) | SqlType::Int2vector | SqlType::Oidvector => {
            Value::Array(ArrayValue { lower: array_lower(sql_type), items: Vec::new() }.into())
        }
        other if crate::typing::is_textual(other) => Value::text(""),
        SqlType::Timestamptz => Value::Timestamptz(0),
        _ => Value::Int(0),
    }
}

impl Builder {
    pub(crate) fn new(schema: &str, name: &str, columns: &[&str]) -> Builder {
        match find(schema, name).and_then(|place| all().get(place)) {
            Some(shape) => Builder::of(shape, columns),
            None => {
                debug_assert!(false, "{schema}.{name} is not declared");
                Builder { places: Vec::new(), blank: Vec::new(), rows: Vec::new() }
            }
        }
    }

    pub(crate) fn of(shape: &'static Shape, columns: &[&str]) -> Builder {
        let by_name: HashMap<&str, usize> =
            shape.columns.iter().enumerate().map(|(place, column)| (column.name, place)).collect();
        let places = columns
            .iter()
            .map(|column| {
                debug_assert!(by_name.contains_key(column), "{} has no column {column}", shape.name);
                by_name.get(column).copied().unwrap_or(usize::MAX)
            })
            .collect();
        let blank = shape.columns.iter().map(|c| if c.not_null { blank(&c.sql_type) } else { Value::Null }).collect();
        Builder { places, blank, rows: Vec::new() }
    }

    /// Sets what a column holds in every row that does not name it.
    pub(crate) fn always(mut self, shape_name: (&str, &str), column: &str, value: impl Into<Value>) -> Builder {
        let place = find(shape_name.0, shape_name.1).and_then(|s| all()[s].place(column));
        debug_assert!(place.is_some(), "{shape_name:?} has no column {column}");
        if let Some(cell) = place.and_then(|place| self.blank.get_mut(place)) {
            *cell = value.into();
        }
        self
    }

    pub(crate) fn push<const N: usize>(&mut self, values: [Value; N]) {
        self.push_all(values);
    }

    pub(crate) fn push_all(&mut self, values: impl IntoIterator<Item = Value>) {
        let mut row = self.blank.clone();
        for (place, value) in self.places.iter().zip(values) {
            if let Some(cell) = row.get_mut(*place) {
                *cell = value;
            }
        }
        self.rows.push(row.into());
    }

    pub(crate) fn finish(self) -> Vec<Row> {
        self.rows
    }
}
