//! Shapes of the system relations, read from `data/relations.txt`.

use std::collections::HashMap;
use std::sync::OnceLock;

use sluice_base::SqlType;

use crate::typing::type_by_name;

/// One column of a system relation.
#[derive(Debug)]
pub(crate) struct ShapeColumn {
    pub(crate) name: &'static str,
    /// As `pg_type` has it, also where [`SqlType`] has no such type.
    pub(crate) type_name: &'static str,
    pub(crate) sql_type: SqlType,
    pub(crate) not_null: bool,
}

/// One system relation.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) schema: &'static str,
    pub(crate) name: &'static str,
    /// `r` or `v`, as `relkind`.
    pub(crate) kind: &'static str,
    pub(crate) oid: u32,
    pub(crate) columns: Vec<ShapeColumn>,
}

impl Shape {
    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.name == column)
    }
}

struct Shapes {
    list: Vec<Shape>,
    by_name: HashMap<&'static str, Vec<usize>>,
    by_oid: HashMap<u32, usize>,
}

fn parse_column(text: &'static str) -> Option<ShapeColumn> {
    let (name, type_name) = text.split_once(':')?;
    let (type_name, not_null) = match type_name.strip_suffix('!') {
        Some(bare) => (bare, true),
        None => (type_name, false),
    };
    let (type_name, sql_type) = match type_name {
        "yes_or_no" => ("varchar", SqlType::Varchar(Some(3))),
        known => (known, type_by_name(known).unwrap_or(SqlType::Text)),
    };
    Some(ShapeColumn { name, type_name, sql_type, not_null })
}

fn parse_line(line: &'static str) -> Option<Shape> {
    let mut words = line.split(' ');
    let (schema, name, kind) = (words.next()?, words.next()?, words.next()?);
    let oid = words.next()?.parse().ok()?;
    Some(Shape { schema, name, kind, oid, columns: words.filter_map(parse_column).collect() })
}

fn shapes() -> &'static Shapes {
    static SHAPES: OnceLock<Shapes> = OnceLock::new();
    SHAPES.get_or_init(|| {
        let list: Vec<Shape> = include_str!("../data/relations.txt")
            .lines()
            .filter(|l| !l.starts_with('#'))
            .filter_map(parse_line)
            .collect();
        let mut by_name: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for (place, shape) in list.iter().enumerate() {
            by_name.entry(shape.name).or_default().push(place);
        }
        let by_oid = list.iter().enumerate().map(|(place, shape)| (shape.oid, place)).collect();
        Shapes { list, by_name, by_oid }
    })
}

/// Every system relation.
pub(crate) fn all() -> &'static [Shape] {
    &shapes().list
}

/// Position of a system relation in [`all`].
pub(crate) fn find(schema: &str, name: &str) -> Option<usize> {
    let places = shapes().by_name.get(name)?;
    places.iter().copied().find(|place| all()[*place].schema == schema)
}

/// Position of a system relation in [`all`], by OID.
pub(crate) fn find_by_oid(oid: u32) -> Option<usize> {
    shapes().by_oid.get(&oid).copied()
}

/// The type under which clients see a column of a system relation, where expressions work with its nearest kin.
pub(crate) fn announced(relation: u32, column: i16, computed: &SqlType) -> Option<SqlType> {
    // `xmin` and `xmax`.
    if matches!(column, -2 | -4) {
        return Some(SqlType::Xid);
    }
    let place = usize::try_from(column).ok()?.checked_sub(1)?;
    let declared = all().get(find_by_oid(relation)?)?.columns.get(place)?;
    let announced = match declared.type_name {
        "xid" => SqlType::Xid,
        "_aclitem" => SqlType::Array(Box::new(SqlType::Aclitem)),
        "pg_node_tree" => SqlType::NodeTree,
        "anyarray" => SqlType::Anyarray,
        _ => return None,
    };
    (*computed == declared.sql_type).then_some(announced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_every_type_known() {
        let lines = include_str!("../data/relations.txt").lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(all().len(), lines);
        for shape in all() {
            for column in &shape.columns {
                assert!(
                    type_by_name(column.type_name).is_some(),
                    "{}.{}: {}",
                    shape.name,
                    column.name,
                    column.type_name
                );
            }
        }
        let class = &all()[find("pg_catalog", "pg_class").expect("declared")];
        assert_eq!((class.oid, class.columns.len()), (1259, 33));
    }
}
