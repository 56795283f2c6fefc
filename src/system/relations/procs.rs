//! Functions and operators by OID and by name, for `regproc`, `regoper` and the functions that describe functions.

use std::collections::HashMap;
use std::sync::OnceLock;

/// One row of `pg_proc`, as far as it is asked about.
#[derive(Debug)]
pub(crate) struct Proc {
    pub(crate) oid: u32,
    pub(crate) name: &'static str,
    pub(crate) returns: u32,
    pub(crate) returns_set: bool,
    pub(crate) arguments: Vec<u32>,
}

/// Every function of `pg_proc`, by OID and by name.
pub(crate) struct Procs {
    pub(crate) by_oid: HashMap<u32, Proc>,
    pub(crate) by_name: HashMap<&'static str, Vec<u32>>,
}

fn parse_line(header: &HashMap<&'static str, usize>, line: &'static str) -> Option<Proc> {
    let cells: Vec<&'static str> = line.split('\t').collect();
    let cell = |name: &str| cells.get(*header.get(name)?).copied();
    Some(Proc {
        oid: cell("oid")?.parse().ok()?,
        name: cell("proname")?,
        returns: cell("prorettype")?.parse().ok()?,
        returns_set: cell("proretset")? == "t",
        arguments: cell("proargtypes")?.split_whitespace().filter_map(|oid| oid.parse().ok()).collect(),
    })
}

/// The functions that `pg_proc` lists.
pub(crate) fn procs() -> &'static Procs {
    static PROCS: OnceLock<Procs> = OnceLock::new();
    PROCS.get_or_init(|| {
        let mut lines = include_str!("../data/pg_proc.tsv").lines();
        let header =
            lines.next().unwrap_or_default().split('\t').enumerate().map(|(place, name)| (name, place)).collect();
        let by_oid: HashMap<u32, Proc> =
            lines.filter_map(|line| parse_line(&header, line)).map(|proc| (proc.oid, proc)).collect();
        let mut by_name: HashMap<&'static str, Vec<u32>> = HashMap::new();
        for proc in by_oid.values() {
            by_name.entry(proc.name).or_default().push(proc.oid);
        }
        by_name.values_mut().for_each(|oids| oids.sort_unstable());
        Procs { by_oid, by_name }
    })
}

/// One row of `pg_operator`, as far as it is asked about; an operand that is not there has no type.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) oid: u32,
    pub(crate) name: &'static str,
    pub(crate) left: u32,
    pub(crate) right: u32,
}

/// The operators that `pg_operator` lists.
pub(crate) fn operators() -> &'static [Operator] {
    static OPERATORS: OnceLock<Vec<Operator>> = OnceLock::new();
    OPERATORS.get_or_init(|| {
        let mut lines = include_str!("../data/pg_operator.tsv").lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
        let place = |name: &str| header.iter().position(|known| *known == name).unwrap_or(usize::MAX);
        let (oid, name, left, right) = (place("oid"), place("oprname"), place("oprleft"), place("oprright"));
        let parse = |line: &'static str| {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let number = |place: usize| cells.get(place)?.parse().ok();
            Some(Operator { oid: number(oid)?, name: cells.get(name)?, left: number(left)?, right: number(right)? })
        };
        lines.filter_map(parse).collect()
    })
}
