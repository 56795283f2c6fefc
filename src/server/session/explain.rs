//! The answer of EXPLAIN, in the shape that tools read: PostgreSQL's first line with cost, rows and width, under it what
//! the policies decided; or the same as JSON.
//!
//! Invariant: the numbers follow from the statement's text alone (attack CATL-016). Left out: YAML and XML, and ANALYZE,
//! which would count rows that a person may not see.

use sluice_base::{Column, Datum, SqlType, Table};
use sluice_plan::ExplainOptions;

/// PostgreSQL's own: what starting a foreign scan costs, and the first hundredth of a page's work per row.
const START_COST: u64 = 100;
/// What PostgreSQL takes a value of variable length to have.
const VARIABLE_WIDTH: u64 = 32;

/// The first line.
pub struct Shape {
    node: &'static str,
    start: u64,
    rows: u64,
    width: u64,
}

impl Shape {
    /// Of a statement over governed relations.
    pub fn of_scan(rows: u64, columns: &[Column]) -> Shape {
        Shape { node: "Foreign Scan", start: START_COST, rows, width: width(columns) }
    }
}

/// What a statement comes to.
pub struct Told {
    /// The first line.
    pub shape: Shape,
    /// What was decided, line by line.
    pub lines: Vec<String>,
}

/// Of a statement over system relations.
pub fn of_catalog(columns: &[Column]) -> Told {
    let shape = Shape { node: "Result", start: 0, rows: 1, width: width(columns) };
    Told { shape, lines: vec!["system relations, answered from the catalog".to_string()] }
}

fn width(columns: &[Column]) -> u64 {
    columns.iter().map(|column| u64::try_from(column.sql_type.length()).unwrap_or(VARIABLE_WIDTH)).sum()
}

/// The column of EXPLAIN.
pub fn columns(options: ExplainOptions) -> Vec<Column> {
    vec![Column::computed("QUERY PLAN", if options.json { SqlType::Json } else { SqlType::Text })]
}

impl Told {
    /// The answer.
    pub fn table(mut self, options: ExplainOptions) -> Table {
        self.lines = self.lines.iter().map(|line| one_line(line)).collect();
        let lines = match (options.json, options.policy) {
            (true, _) => vec![self.json(options)],
            // What was decided is the whole answer there, not a plan with notes.
            (false, true) => self.lines,
            (false, false) => self.text(options),
        };
        Table { columns: columns(options), rows: lines.into_iter().map(|line| vec![Datum::Text(line)]).collect() }
    }

    fn text(self, options: ExplainOptions) -> Vec<String> {
        let Shape { node, start, rows, width } = self.shape;
        let first = match options.costs {
            true => format!("{node}  (cost={start}.00..{}.00 rows={rows} width={width})", start.saturating_add(rows)),
            false => node.to_string(),
        };
        std::iter::once(first).chain(self.lines.into_iter().map(|line| format!("  {line}"))).collect()
    }

    /// One document, keys in PostgreSQL's order.
    fn json(self, options: ExplainOptions) -> String {
        let Shape { node, start, rows, width } = self.shape;
        let mut members = vec![("Node Type", json(node))];
        if !options.policy {
            members.extend([("Operation", json("Select")), ("Parallel Aware", "false".into())]);
            members.push(("Async Capable", "false".into()));
            if options.costs {
                members.extend([("Startup Cost", format!("{start}.00"))]);
                members.extend([("Total Cost", format!("{}.00", start.saturating_add(rows)))]);
                members.extend([("Plan Rows", rows.to_string()), ("Plan Width", width.to_string())]);
            }
        }
        let lines: Vec<String> = self.lines.iter().map(|line| format!("\n        {}", json(line))).collect();
        members.push(("Governance", format!("[{}\n      ]", lines.join(","))));
        let members: Vec<String> = members.iter().map(|(key, value)| format!("      \"{key}\": {value}")).collect();
        format!("[\n  {{\n    \"Plan\": {{\n{}\n    }}\n  }}\n]", members.join(",\n"))
    }
}

/// A line stays one line, whatever values it tells.
fn one_line(text: &str) -> String {
    let breaks = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    text.chars().map(|letter| if breaks(letter) { ' ' } else { letter }).collect()
}

/// A JSON string.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
