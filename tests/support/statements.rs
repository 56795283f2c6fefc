//! Random statements over the tables of one user, for comparing answers.
//!
//! Every statement is valid PostgreSQL and has one right answer: where rows are cut off they are ordered by all columns,
//! sums are of exact numbers, and windows do not depend on the order of equal rows. The same seed gives the same
//! statements on any machine.

mod expressions;

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::attack_world::World;

/// Types of the fixture, and what an expression of each is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int,
    Num,
    Text,
    Date,
    Bool,
    Ts,
}

const KINDS: [Kind; 6] = [Kind::Int, Kind::Num, Kind::Text, Kind::Date, Kind::Bool, Kind::Ts];

impl Kind {
    fn of(short: &str) -> Kind {
        match short {
            "int" => Kind::Int,
            "num" => Kind::Num,
            "text" => Kind::Text,
            "date" => Kind::Date,
            "bool" => Kind::Bool,
            "ts" => Kind::Ts,
            other => panic!("no type {other} in the fixture"),
        }
    }
}

/// A column in scope.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
    /// Values as literals, to compare with.
    samples: Vec<String>,
    /// `table.column`, for a column as it is in its table.
    origin: Option<String>,
}

/// A relation as it can stand in FROM.
#[derive(Debug, Clone)]
struct Relation {
    sql: String,
    columns: Vec<Column>,
}

/// Makes statements for one user.
pub struct Generator<'a> {
    tables: Vec<Relation>,
    random: &'a mut ChaCha8Rng,
    aliases: usize,
    /// Whose values the probes note.
    probes: Option<&'a str>,
}

impl<'a> Generator<'a> {
    /// A generator over the tables that exist for a user; `raw` lends values that the user may not know as well.
    pub fn new(known: &World, raw: &World, random: &'a mut ChaCha8Rng) -> Generator<'a> {
        let tables = known.iter().map(|(name, table)| {
            let column = |(at, (column, kind)): (usize, &(String, String))| {
                let mut samples: Vec<String> = table.rows.iter().take(40).filter_map(|row| literal(&row[at])).collect();
                let raw = &raw[name];
                if let Some(at) = raw.columns.iter().position(|(name, _)| name == column) {
                    samples.extend(raw.rows.iter().take(20).filter_map(|row| literal(&row[at])));
                }
                Column { name: column.clone(), kind: Kind::of(kind), samples, origin: Some(format!("{name}.{column}")) }
            };
            Relation { sql: name.clone(), columns: table.columns.iter().enumerate().map(column).collect() }
        });
        Generator { tables: tables.collect(), random, aliases: 0, probes: None }
    }

    /// Puts probes into conditions, which note what they see as the user's (see [`super::probe`]).
    pub fn probing(mut self, user: &'a str) -> Generator<'a> {
        self.probes = Some(user);
        self
    }

    /// One statement, and whether the order of its rows is given.
    pub fn statement(&mut self) -> (String, bool) {
        self.aliases = 0;
        let mut with = String::new();
        let plain = self.tables.len();
        if self.chance(20) {
            let (sql, columns) = self.select(2, &[]);
            let name = self.alias("w");
            with = format!("WITH {name} AS ({sql}) ");
            self.tables.push(Relation { sql: name, columns });
        }
        let (mut sql, columns) = self.select(3, &[]);
        if self.chance(12) {
            let kinds: Vec<Kind> = columns.iter().map(|column| column.kind).collect();
            let other = self.select_of(&kinds, 2);
            let op = *self.pick(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]);
            sql = format!("({sql}) {op} ({other})");
        }
        let ordered = self.chance(30);
        if ordered {
            let places: Vec<String> = (1..=columns.len()).map(|place| self.direction(place)).collect();
            sql = format!("{sql} ORDER BY {}", places.join(", "));
            if self.chance(70) {
                sql = format!("{sql} LIMIT {}", self.random.random_range(0..12));
                if self.chance(40) {
                    sql = format!("{sql} OFFSET {}", self.random.random_range(0..6));
                }
            }
        }
        self.tables.truncate(plain);
        (with + &sql, ordered)
    }

    fn direction(&mut self, place: usize) -> String {
        let words = *self.pick(&["", " DESC", " NULLS FIRST", " DESC NULLS LAST", " ASC"]);
        format!("{place}{words}")
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        from.choose(self.random).expect("something to choose from")
    }

    fn alias(&mut self, prefix: &str) -> String {
        self.aliases += 1;
        format!("{prefix}{}", self.aliases)
    }

    /// A SELECT with its output columns, which are named c1, c2, ...
    fn select(&mut self, depth: usize, outer: &[Column]) -> (String, Vec<Column>) {
        let kinds: Vec<Kind> = (0..self.random.random_range(1..4)).map(|_| *self.pick(&KINDS)).collect();
        let sql = self.body(&kinds, depth, outer);
        let columns = kinds.into_iter().enumerate();
        let columns =
            columns.map(|(at, kind)| Column { name: format!("c{}", at + 1), kind, samples: vec![], origin: None });
        (sql, columns.collect())
    }

    fn select_of(&mut self, kinds: &[Kind], depth: usize) -> String {
        self.body(kinds, depth, &[])
    }

    fn body(&mut self, kinds: &[Kind], depth: usize, outer: &[Column]) -> String {
        let (from, scope) = self.from(depth);
        let filter =
            if self.chance(65) { format!(" WHERE {}", self.condition(&scope, outer, depth)) } else { String::new() };
        let named = |items: Vec<String>| {
            let items = items.into_iter().enumerate().map(|(at, item)| format!("{item} AS c{}", at + 1));
            items.collect::<Vec<_>>().join(", ")
        };
        if depth > 0 && self.chance(35) {
            return self.grouped(kinds, &from, &scope, &filter, depth);
        }
        // One: which values of two windows stand together is not told where rows are equal.
        let mut window = depth > 1 && self.chance(12);
        let items = kinds.iter().map(|kind| {
            if window && matches!(kind, Kind::Int | Kind::Num) {
                window = false;
                self.window(*kind, &scope)
            } else {
                self.expression(*kind, &scope, outer, depth.saturating_sub(1))
            }
        });
        let items = named(items.collect());
        let distinct = if self.chance(15) { "DISTINCT " } else { "" };
        format!("SELECT {distinct}{items} FROM {from}{filter}")
    }

    fn grouped(&mut self, kinds: &[Kind], from: &str, scope: &[Column], filter: &str, depth: usize) -> String {
        let mut items = Vec::new();
        let mut places = Vec::new();
        for (at, kind) in kinds.iter().enumerate() {
            let as_key = self.chance(50);
            let item = match self.aggregate(*kind, scope).filter(|_| !as_key) {
                Some(aggregate) => aggregate,
                None => {
                    places.push((at + 1).to_string());
                    self.expression(*kind, scope, &[], 1)
                }
            };
            items.push(format!("{item} AS c{}", at + 1));
        }
        let grouping = if places.is_empty() { String::new() } else { format!(" GROUP BY {}", places.join(", ")) };
        if let Some(sets) = self.grouping_sets(scope) {
            return format!("SELECT {} FROM {from}{filter}{sets}", self.over_sets(kinds, &sets, scope));
        }
        let having = if !grouping.is_empty() && depth > 0 && self.chance(25) {
            let sum = self.aggregate(Kind::Int, scope).unwrap_or_else(|| "count(*)".into());
            format!(" HAVING {sum} > {}", self.random.random_range(0..4))
        } else {
            String::new()
        };
        // A constant among the keys would be read as a place.
        format!("SELECT {} FROM {from}{filter}{grouping}{having}", items.join(", "))
    }

    /// GROUP BY with several sets over plain columns, now and then.
    fn grouping_sets(&mut self, scope: &[Column]) -> Option<String> {
        if !self.chance(12) {
            return None;
        }
        let kinds = [*self.pick(&KINDS), *self.pick(&KINDS)];
        let (a, b) = (self.column(kinds[0], scope)?.name, self.column(kinds[1], scope)?.name);
        let forms = [
            format!("ROLLUP ({a}, {b})"),
            format!("CUBE ({a}, {b})"),
            format!("GROUPING SETS (({a}, {b}), ({b}), ())"),
            format!("{a}, ROLLUP ({b})"),
        ];
        (a != b).then(|| format!(" GROUP BY {}", self.pick(&forms)))
    }

    /// Items of the kinds over grouping sets: their columns, and aggregates.
    fn over_sets(&mut self, kinds: &[Kind], sets: &str, scope: &[Column]) -> String {
        let keys: Vec<Column> = scope
            .iter()
            .filter(|column| sets.contains(&format!("{},", column.name)) || sets.contains(&format!("{})", column.name)))
            .cloned()
            .collect();
        let items = kinds.iter().enumerate().map(|(at, kind)| {
            let key = keys.iter().find(|key| key.kind == *kind).map(|key| key.name.clone());
            let item = key.or_else(|| self.aggregate(*kind, scope)).unwrap_or_else(|| null(*kind).to_string());
            format!("{item} AS c{}", at + 1)
        });
        items.collect::<Vec<_>>().join(", ")
    }

    fn aggregate(&mut self, kind: Kind, scope: &[Column]) -> Option<String> {
        let filter = if self.chance(15) {
            format!(" FILTER (WHERE {})", self.simple_condition(scope, &[]))
        } else {
            String::new()
        };
        let call = match kind {
            Kind::Int => match self.random.random_range(0..3) {
                0 => "count(*)".to_string(),
                1 => {
                    let kind = *self.pick(&KINDS);
                    format!("count({})", self.expression(kind, scope, &[], 0))
                }
                _ => {
                    let kind = *self.pick(&KINDS);
                    format!("count(DISTINCT {})", self.expression(kind, scope, &[], 0))
                }
            },
            Kind::Num => match self.random.random_range(0..4) {
                0 => format!("round(avg({}), 4)", self.expression(Kind::Num, scope, &[], 1)),
                1 => format!("max({})", self.expression(Kind::Num, scope, &[], 1)),
                2 => format!("sum(DISTINCT {})", self.expression(Kind::Num, scope, &[], 0)),
                _ => format!("sum({})", self.expression(Kind::Num, scope, &[], 1)),
            },
            Kind::Text if self.chance(25) => {
                let value = self.expression(Kind::Text, scope, &[], 0);
                let distinct = if self.chance(40) { "DISTINCT " } else { "" };
                format!("string_agg({distinct}{value}, ',' ORDER BY {value})")
            }
            Kind::Text | Kind::Date | Kind::Ts => {
                let function = *self.pick(&["min", "max"]);
                format!("{function}({})", self.expression(kind, scope, &[], 1))
            }
            Kind::Bool => {
                let function = *self.pick(&["bool_and", "bool_or"]);
                format!("{function}({})", self.expression(kind, scope, &[], 0))
            }
        };
        // The rounding stands around the aggregate, not the filter.
        Some(if let Some(inner) = call.strip_prefix("round(").filter(|_| !filter.is_empty()) {
            let inner = inner.strip_suffix(", 4)").unwrap_or(inner);
            format!("round({inner}{filter}, 4)")
        } else {
            call + &filter
        })
    }

    /// A window call that equal rows cannot make ambiguous.
    fn window(&mut self, kind: Kind, scope: &[Column]) -> String {
        let key = *self.pick(&KINDS);
        let partition = self.expression(key, scope, &[], 0);
        let key = *self.pick(&[Kind::Int, Kind::Text, Kind::Date, Kind::Num]);
        let order = self.expression(key, scope, &[], 0);
        // By everything, so that rows that tie are equal.
        let all = scope.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        match kind {
            Kind::Int => match self.random.random_range(0..6) {
                3 => format!("row_number() OVER (PARTITION BY {partition} ORDER BY {order}, {all})"),
                4 => format!("ntile(4) OVER (ORDER BY {order} DESC, {all})"),
                5 => format!(
                    "count({order}) OVER (PARTITION BY {partition} ORDER BY {all} ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)"
                ),
                0 => format!("rank() OVER (PARTITION BY {partition} ORDER BY {order})"),
                1 => format!("dense_rank() OVER (ORDER BY {order} DESC)"),
                _ => format!("count(*) OVER (PARTITION BY {partition})"),
            },
            _ => {
                let value = self.expression(Kind::Num, scope, &[], 0);
                match self.random.random_range(0..6) {
                    2 => format!("lag({value}) OVER (PARTITION BY {partition} ORDER BY {order}, {all})"),
                    3 => format!("lead({value}, 2, 0.00) OVER (ORDER BY {order}, {all})"),
                    4 => format!("first_value({value}) OVER (PARTITION BY {partition} ORDER BY {order} DESC, {all})"),
                    5 => format!("sum({value}) OVER (ORDER BY {order}, {all} ROWS 3 PRECEDING)"),
                    0 => format!("sum({value}) OVER (PARTITION BY {partition} ORDER BY {order})"),
                    _ => format!("max({value}) OVER (PARTITION BY {partition})"),
                }
            }
        }
    }

    /// FROM with its columns, each qualified.
    fn from(&mut self, depth: usize) -> (String, Vec<Column>) {
        let (mut sql, mut scope) = self.relation(depth);
        let joins = match self.random.random_range(0..10) {
            0..=4 => 0,
            5..=8 => 1,
            _ => 2,
        };
        for _ in 0..joins.min(depth) {
            let (other, columns) = self.relation(depth.saturating_sub(1));
            let Some(on) = self.equality(&scope, &columns) else { continue };
            let word = *self.pick(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "JOIN", "LEFT JOIN"]);
            let both: Vec<Column> = scope.iter().chain(&columns).cloned().collect();
            // PostgreSQL can run a FULL JOIN over equalities alone.
            let more = if word != "FULL JOIN" && self.chance(25) {
                format!(" AND {}", self.simple_condition(&both, &[]))
            } else {
                String::new()
            };
            sql = format!("{sql} {word} {other} ON {on}{more}");
            scope = both;
        }
        if depth > 1 && self.chance(8) {
            let (lateral, columns) = self.lateral(&scope);
            sql = format!("{sql} {lateral}");
            scope.extend(columns);
        }
        (sql, scope)
    }

    /// A LATERAL subquery with one row at most: an aggregate over what belongs to the row.
    fn lateral(&mut self, scope: &[Column]) -> (String, Vec<Column>) {
        let (alias, inner_alias) = (self.alias("l"), self.alias("i"));
        let relations = self.tables.clone();
        let relation = self.pick(&relations);
        let inner = qualified(&inner_alias, &relation.columns);
        let on = self.equality(&inner, scope).unwrap_or_else(|| "true".into());
        let value =
            self.column(Kind::Num, &inner).map_or("count(*)::numeric".to_string(), |c| format!("max({})", c.name));
        let word = *self.pick(&["CROSS JOIN LATERAL", "LEFT JOIN LATERAL"]);
        let end = if word.starts_with("LEFT") { " ON true" } else { "" };
        if self.chance(50) {
            // The first rows by everything, so that rows that tie are equal.
            let all = inner.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
            let (kinds, limit) = ([*self.pick(&KINDS), *self.pick(&KINDS)], self.random.random_range(1..4));
            let items = [self.expression(kinds[0], &inner, scope, 1), self.expression(kinds[1], &inner, &[], 0)];
            let sql = format!(
                "{word} (SELECT {} AS c1, {} AS c2 FROM {} AS {inner_alias} WHERE {on} ORDER BY {all} LIMIT {limit}) AS {alias}{end}",
                items[0], items[1], relation.sql
            );
            let column =
                |name: &str, kind| Column { name: format!("{alias}.{name}"), kind, samples: vec![], origin: None };
            return (sql, vec![column("c1", kinds[0]), column("c2", kinds[1])]);
        }
        let sql = format!(
            "{word} (SELECT count(*)::int AS c1, {value} AS c2 FROM {} AS {inner_alias} WHERE {on}) AS {alias}{end}",
            relation.sql
        );
        let column = |name: &str, kind| Column { name: format!("{alias}.{name}"), kind, samples: vec![], origin: None };
        (sql, vec![column("c1", Kind::Int), column("c2", Kind::Num)])
    }

    fn relation(&mut self, depth: usize) -> (String, Vec<Column>) {
        let alias = self.alias("t");
        if depth > 1 && self.chance(15) {
            let (sql, columns) = self.select(depth - 1, &[]);
            return (format!("({sql}) AS {alias}"), qualified(&alias, &columns));
        }
        let relations = self.tables.clone();
        let relation = self.pick(&relations);
        (format!("{} AS {alias}", relation.sql), qualified(&alias, &relation.columns))
    }

    fn equality(&mut self, left: &[Column], right: &[Column]) -> Option<String> {
        // Columns of one name belong together, like keys; now and then any two of a type.
        let bare = |column: &Column| column.name.split('.').nth(1).unwrap_or_default().to_string();
        let strict = self.probes.is_some() || self.chance(85);
        let pairs: Vec<(&Column, &Column)> = left
            .iter()
            .flat_map(|l| right.iter().map(move |r| (l, r)))
            .filter(|(l, r)| l.kind == r.kind && l.kind != Kind::Bool && (!strict || bare(l) == bare(r)))
            .collect();
        let (l, r) = pairs.choose(self.random)?;
        Some(format!("{} = {}", l.name, r.name))
    }

    fn column(&mut self, kind: Kind, scope: &[Column]) -> Option<Column> {
        let found: Vec<&Column> = scope.iter().filter(|column| column.kind == kind).collect();
        found.choose(self.random).map(|column| (*column).clone())
    }

    fn sample(&mut self, kind: Kind, scope: &[Column]) -> String {
        let column = self.column(kind, scope);
        if let Some(column) = column.filter(|column| !column.samples.is_empty())
            && self.chance(75)
        {
            let sample = self.pick(&column.samples).clone();
            return match kind {
                Kind::Date => format!("DATE {sample}"),
                Kind::Ts => format!("TIMESTAMP {sample}"),
                _ => sample,
            };
        }
        match kind {
            Kind::Int => self.random.random_range(-3..50).to_string(),
            Kind::Num => format!("{}.{:02}", self.random.random_range(-100..9000), self.random.random_range(0..100)),
            Kind::Text => self.pick(&["'a'", "'王%'", "''", "'138*'", "'***'", "'CNY'", "'x''y'", "'\\'"]).to_string(),
            Kind::Date => self.pick(&["DATE '2020-02-29'", "DATE '1970-01-01'"]).to_string(),
            Kind::Bool => self.pick(&["true", "false", "NULL::boolean"]).to_string(),
            Kind::Ts => "TIMESTAMP '2024-06-01 12:00:00'".to_string(),
        }
    }
}

/// The columns of a relation under its alias.
fn qualified(alias: &str, columns: &[Column]) -> Vec<Column> {
    columns.iter().map(|column| Column { name: format!("{alias}.{}", column.name), ..column.clone() }).collect()
}

/// NULL of a type: a bare literal of the select list would be a text.
fn null(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "NULL::int",
        Kind::Num => "NULL::numeric",
        Kind::Text => "NULL::text",
        Kind::Date => "NULL::date",
        Kind::Bool => "NULL::boolean",
        Kind::Ts => "NULL::timestamp",
    }
}

fn literal(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::Bool(value) => Some(value.to_string()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::String(text) => {
            // Decimals travel as JSON texts or numbers; either reads as its column's type in quotes.
            Some(format!("'{}'", text.replace('\'', "''")))
        }
        other => panic!("no value {other} in the fixture"),
    }
}
