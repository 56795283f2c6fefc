//! Records of sqllogictest files, without expected rows: what a statement answers is asked of PostgreSQL in the same run.
//!
//! A record begins with `query` (rows are compared in any order), `query nosort` (in theirs) or `statement error`, and
//! goes on with its SQL up to a blank line. Lines before it say more: `onlyif postgres` keeps it to one source, `with
//! TYPE VALUE` binds a parameter, and `differs SOURCE WHAT REASON` lists what Sluice answers otherwise: WHAT is the
//! SQLSTATE it gives, or `rows`, `columns` or `text`; SOURCE is a source or `all`.

use std::path::Path;

/// One statement.
#[derive(Debug, Clone)]
pub struct Record {
    /// `FILE:LINE`.
    pub place: String,
    /// True for `statement error`.
    pub fails: bool,
    /// True where the order of rows counts.
    pub ordered: bool,
    /// The one source it is meant for.
    pub only: Option<String>,
    /// Type and value of parameters.
    pub parameters: Vec<(String, Option<String>)>,
    /// Listed differences: source, what, reason.
    pub differs: Vec<(String, String, String)>,
    /// The statement.
    pub sql: String,
}

impl Record {
    /// What is listed for a source.
    pub fn listed(&self, source: &str) -> Option<&str> {
        let of_source = |listed: &&(String, String, String)| listed.0 == source || listed.0 == "all";
        self.differs.iter().find(of_source).map(|listed| listed.1.as_str())
    }
}

/// The records of a file.
pub fn records(path: &Path) -> Vec<Record> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut records = Vec::new();
    let mut next = Record::before(&name);
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let place = format!("{name}:{}", at + 1);
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" => {}
            _ if word.starts_with('#') => {}
            "onlyif" => next.only = Some(rest.to_string()),
            "with" => {
                let (kind, value) = rest.split_once(' ').unwrap_or((rest, ""));
                let value = (value != "NULL").then(|| value.to_string());
                next.parameters.push((kind.to_string(), value));
            }
            "differs" => {
                let words: Vec<&str> = rest.splitn(3, ' ').collect();
                let [source, what, reason] = words[..] else { panic!("{place}: differs SOURCE WHAT REASON") };
                next.differs.push((source.into(), what.into(), reason.into()));
            }
            "query" | "statement" => {
                next.fails = line == "statement error";
                next.ordered = line == "query nosort";
                assert!(next.fails || next.ordered || line == "query", "{place}: {line:?} begins no record");
                let sql = lines.by_ref().map(|(_, line)| line).take_while(|line| !line.is_empty());
                next.sql = sql.collect::<Vec<_>>().join("\n");
                next.place = place;
                records.push(std::mem::replace(&mut next, Record::before(&name)));
            }
            _ => panic!("{place}: {line:?} begins no record"),
        }
    }
    records
}

impl Record {
    fn before(file: &str) -> Record {
        Record {
            place: file.to_string(),
            fails: false,
            ordered: false,
            only: None,
            parameters: Vec::new(),
            differs: Vec::new(),
            sql: String::new(),
        }
    }
}
