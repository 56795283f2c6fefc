//! Expressions and conditions of random statements. None can fail for any row of the fixture.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::{Column, Generator, KINDS, Kind, null, qualified};

impl Generator<'_> {
    /// An expression of a type. It cannot fail for any row.
    pub(super) fn expression(&mut self, kind: Kind, scope: &[Column], outer: &[Column], depth: usize) -> String {
        let atom = self.column(kind, scope).map(|column| column.name);
        let Some(atom) = atom else {
            // Nothing of the type in scope: made of something else.
            let any = self.pick(scope).name.clone();
            return match kind {
                Kind::Int => format!("(CASE WHEN {any} IS NULL THEN 0 ELSE 1 END)"),
                Kind::Bool => format!("({any} IS NOT NULL)"),
                Kind::Text => format!("(CASE WHEN {any} IS NULL THEN 'none' ELSE 'some' END)"),
                Kind::Num => format!("(CASE WHEN {any} IS NULL THEN 0.50 ELSE 1.25 END)"),
                Kind::Date => format!("(CASE WHEN {any} IS NULL THEN DATE '2000-01-01' END)"),
                Kind::Ts => format!("(CASE WHEN {any} IS NULL THEN TIMESTAMP '2000-01-01 00:00:00' END)"),
            };
        };
        if depth == 0 || self.chance(40) {
            return atom;
        }
        if self.chance(12) {
            let condition = self.simple_condition(scope, outer);
            let (yes, no) = (self.expression(kind, scope, outer, 0), self.sample(kind, scope));
            return format!("(CASE WHEN {condition} THEN {yes} ELSE {no} END)");
        }
        if self.chance(10) {
            return format!("coalesce({atom}, {})", self.sample(kind, scope));
        }
        if depth > 0 && self.chance(8) {
            return self.scalar_subquery(kind, scope);
        }
        match kind {
            Kind::Int => self.int(&atom, scope),
            Kind::Num => match self.random.random_range(0..9) {
                0 => format!("({atom} * 2)"),
                1 => format!("abs({atom})"),
                2 => format!("({atom} - {})", self.sample(Kind::Num, scope)),
                3 => format!("ceil({atom} / 7)"),
                4 => format!("floor({atom})"),
                5 => format!("({atom} % 13)"),
                6 => format!("trunc({atom} * 1.25, 2)"),
                7 => {
                    let divisor = self.column(Kind::Int, scope).map_or("3".to_string(), |column| column.name);
                    format!("round({atom} / nullif({divisor}, 0), 4)")
                }
                _ => format!("round({atom}, 1)"),
            },
            Kind::Text => self.text(&atom, scope),
            Kind::Date => match self.random.random_range(0..6) {
                0 => format!("date_trunc('month', {atom})::date"),
                1 => format!("({atom} + {})", self.random.random_range(-400..400)),
                2 => format!("({atom} + interval '1 month')::date"),
                3 => match self.column(Kind::Ts, scope) {
                    Some(moment) => format!("{}::date", moment.name),
                    None => format!("least({atom}, DATE '2010-06-30')"),
                },
                4 => format!("least({atom}, DATE '2010-06-30')"),
                _ => format!("greatest({atom}, DATE '1980-01-01')"),
            },
            Kind::Bool => self.simple_condition(scope, outer),
            Kind::Ts if self.chance(40) => match self.random.random_range(0..3) {
                0 => format!("({atom} + interval '90 minutes')"),
                1 => format!("({atom} - interval '1 month')"),
                _ => match self.column(Kind::Date, scope) {
                    Some(date) => format!("{}::timestamp", date.name),
                    None => format!("({atom} + interval '1 day')"),
                },
            },
            Kind::Ts => {
                let unit = *self.pick(&["day", "hour", "month"]);
                format!("date_trunc('{unit}', {atom})")
            }
        }
    }

    pub(super) fn int(&mut self, atom: &str, scope: &[Column]) -> String {
        match self.random.random_range(0..14) {
            12 => match self.column(Kind::Text, scope) {
                Some(text) => format!("cardinality(string_to_array({}, '1'))", text.name),
                None => format!("({atom} | 3)"),
            },
            13 => format!("array_position(ARRAY[1, {}, 3], {atom})", self.sample(Kind::Int, scope)),
            5 => format!("sign({atom})::int"),
            6 => match self.column(Kind::Date, scope) {
                Some(date) => format!("({} - DATE '2000-01-01')", date.name),
                None => format!("({atom} * {atom})"),
            },
            7 => match self.column(Kind::Text, scope) {
                Some(text) => format!("position('1' in {})", text.name),
                None => format!("mod({atom}, 5)"),
            },
            8 => match self.column(Kind::Num, scope) {
                Some(number) => format!("{}::int", number.name),
                None => format!("({atom} - 4)"),
            },
            9 => match self.column(Kind::Ts, scope) {
                Some(moment) => format!("extract(hour FROM {})::int", moment.name),
                None => format!("greatest({atom}, 3)"),
            },
            10 => match self.column(Kind::Bool, scope) {
                Some(flag) => format!("{}::int", flag.name),
                None => format!("least({atom}, 40)"),
            },
            11 => match self.column(Kind::Text, scope) {
                Some(text) => format!("ascii({})", text.name),
                None => format!("({atom} & 12)"),
            },
            0 => format!("({atom} + 1)"),
            1 => format!("({atom} % 7)"),
            2 => format!("({atom} / 3)"),
            3 => match self.column(Kind::Text, scope) {
                Some(text) => format!("length({})", text.name),
                None => format!("(- {atom})"),
            },
            _ => match self.column(Kind::Date, scope) {
                Some(date) => format!("extract(year FROM {})::int", date.name),
                None => format!("abs({atom})"),
            },
        }
    }

    pub(super) fn text(&mut self, atom: &str, scope: &[Column]) -> String {
        match self.random.random_range(0..25) {
            20 => format!("array_to_string(ARRAY[{atom}, {}], '-', '?')", self.sample(Kind::Text, scope)),
            21 => format!("(ARRAY[{}, {atom}])[2]", self.sample(Kind::Text, scope)),
            22 => format!("json_build_object('k', {atom})::text"),
            23 => format!("(jsonb_build_object('k', {atom}, 'n', NULL) ->> 'k')"),
            24 => format!("(string_to_array({atom}, '1'))[1]"),
            8 => format!("lpad({atom}, 6, '0')"),
            9 => format!("split_part({atom}, '@', 2)"),
            10 => format!("translate({atom}, '0123', 'abc')"),
            11 => format!("reverse({atom})"),
            12 => format!("substring({atom} from 2 for 3)"),
            13 => format!("concat({atom}, '-', {})", self.sample(Kind::Text, scope)),
            14 => format!("rtrim({atom}, '0123456789')"),
            15 => match self.column(Kind::Date, scope) {
                Some(date) => format!("to_char({}, 'YYYY-MM')", date.name),
                None => format!("lower({atom})"),
            },
            16 => match self.column(Kind::Int, scope) {
                Some(number) => format!("{}::text", number.name),
                None => format!("initcap({atom})"),
            },
            17 => match self.column(Kind::Date, scope) {
                Some(date) => format!("{}::text", date.name),
                None => format!("repeat({atom}, 2)"),
            },
            18 => format!("overlay({atom} placing '##' from 2 for 2)"),
            19 => match self.column(Kind::Num, scope) {
                Some(number) => format!("round({}, 2)::text", number.name),
                None => format!("ltrim({atom}, '1')"),
            },
            0 => format!("upper({atom})"),
            1 => format!("substr({atom}, 1, 3)"),
            2 => format!("({atom} || '-' || {atom})"),
            3 => format!("replace({atom}, '*', '#')"),
            4 => format!("left({atom}, 2)"),
            5 => format!("nullif({atom}, {})", self.sample(Kind::Text, scope)),
            6 => format!("right({atom}, 4)"),
            _ => format!("trim({atom})"),
        }
    }

    pub(super) fn scalar_subquery(&mut self, kind: Kind, scope: &[Column]) -> String {
        let alias = self.alias("s");
        let relations = self.tables.clone();
        let relation = self.pick(&relations);
        let inner = qualified(&alias, &relation.columns);
        let correlated = if self.chance(50) { self.equality(&inner, scope) } else { None };
        let condition = correlated.map(|on| format!(" WHERE {on}")).unwrap_or_default();
        let value = match kind {
            Kind::Int => "count(*)::int".to_string(),
            Kind::Bool => "bool_or(true)".to_string(),
            _ => match self.column(kind, &inner) {
                Some(column) => format!("max({})", column.name),
                None => return null(kind).to_string(),
            },
        };
        format!("(SELECT {value} FROM {} AS {alias}{condition})", relation.sql)
    }

    pub(super) fn condition(&mut self, scope: &[Column], outer: &[Column], depth: usize) -> String {
        match self.random.random_range(0..10) {
            0 | 1 => {
                let (left, right) = (self.condition(scope, outer, 0), self.condition(scope, outer, 0));
                let word = *self.pick(&["AND", "OR"]);
                format!("({left} {word} {right})")
            }
            2 => format!("(NOT {})", self.simple_condition(scope, outer)),
            3 | 4 if depth > 0 => self.subquery_condition(scope),
            _ => self.simple_condition(scope, outer),
        }
    }

    pub(super) fn subquery_condition(&mut self, scope: &[Column]) -> String {
        let alias = self.alias("e");
        let relations = self.tables.clone();
        let relation = self.pick(&relations);
        let inner = qualified(&alias, &relation.columns);
        let inner_condition = self.simple_condition(&inner, &[]);
        let negated = if self.chance(35) { "NOT " } else { "" };
        // Probes: the engine puts a condition on either side of an equality, and only columns of one name are compared.
        if self.probes.is_some() || self.chance(50) {
            let on = self.equality(&inner, scope).unwrap_or_else(|| "true".into());
            return format!(
                "{negated}EXISTS (SELECT 1 FROM {} AS {alias} WHERE {on} AND {inner_condition})",
                relation.sql
            );
        }
        let kind = *self.pick(&[Kind::Int, Kind::Text, Kind::Date, Kind::Num]);
        let (Some(inner), left) = (self.column(kind, &inner), self.expression(kind, scope, &[], 0)) else {
            return self.simple_condition(scope, &[]);
        };
        format!("{left} {negated}IN (SELECT {} FROM {} AS {alias} WHERE {inner_condition})", inner.name, relation.sql)
    }

    /// A condition without subqueries.
    pub(super) fn simple_condition(&mut self, scope: &[Column], outer: &[Column]) -> String {
        let condition = self.comparison(scope, outer);
        let Some(user) = self.probes.filter(|_| self.chance(12)) else { return condition };
        // Moments are written otherwise in notes.
        let probed = |column: &&Column| column.origin.is_some() && column.kind != Kind::Ts;
        let columns: Vec<&Column> = scope.iter().filter(probed).collect();
        let Some(column) = columns.choose(self.random) else { return condition };
        let origin = column.origin.as_deref().unwrap_or_default();
        let probe = format!("sluice_probe('{user} {origin}', {})", column.name);
        if self.chance(50) { format!("({condition} AND {probe})") } else { format!("({probe} AND {condition})") }
    }

    fn comparison(&mut self, scope: &[Column], outer: &[Column]) -> String {
        let kind = *self.pick(&KINDS);
        if kind == Kind::Bool {
            return self.expression(Kind::Bool, scope, outer, 0);
        }
        let depth = usize::from(self.chance(30));
        let left = self.expression(kind, scope, outer, depth);
        match self.random.random_range(0..12) {
            11 if matches!(kind, Kind::Int | Kind::Text | Kind::Date) => {
                let list: Vec<String> = (0..2).map(|_| self.sample(kind, scope)).collect();
                let op = *self.pick(&["&&", "<@"]);
                // Counts are wider integers, and arrays of two types have no operator.
                format!("ARRAY[{left}::{0}] {op} ARRAY[{1}]::{0}[]", type_name(kind), list.join(", "))
            }
            9 => {
                let list: Vec<String> = (0..3).map(|_| self.sample(kind, scope)).collect();
                let op = *self.pick(&["= ANY", "<> ALL", "< ALL", ">= ANY"]);
                format!("{left} {op} (ARRAY[{}]::{}[])", list.join(", "), type_name(kind))
            }
            10 => {
                let other = *self.pick(&[Kind::Int, Kind::Text, Kind::Date]);
                let (second, third) = (self.expression(other, scope, outer, 0), self.sample(other, scope));
                let op = *self.pick(&["=", "<", ">=", "<>"]);
                format!("({left}, {second}) {op} ({}, {third})", self.sample(kind, scope))
            }
            0 => format!("{left} IS NULL"),
            1 => format!("{left} IS NOT NULL"),
            2 => {
                let list: Vec<String> = (0..3).map(|_| self.sample(kind, scope)).collect();
                let negated = if self.chance(30) { "NOT " } else { "" };
                format!("{left} {negated}IN ({})", list.join(", "))
            }
            3 => format!("{left} BETWEEN {} AND {}", self.sample(kind, scope), self.sample(kind, scope)),
            4 if kind == Kind::Text && self.chance(30) => {
                let pattern = *self.pick(&["'^1'", "'[0-9]{3}'", "'^王|^李'", "'@bank[1-3]'", "'9$'", "''"]);
                let op = *self.pick(&["~", "!~", "~*"]);
                format!("{left} {op} {pattern}")
            }
            4 if kind == Kind::Text => {
                let pattern = *self.pick(&["'%1%'", "'王%'", "'%*%'", "'138%'", "'_'", "'%\\%%'", "''", "'%@%'"]);
                let negated = if self.chance(30) { "NOT " } else { "" };
                let word = *self.pick(&["LIKE", "LIKE", "ILIKE"]);
                format!("{left} {negated}{word} {pattern}")
            }
            5 => format!("{left} IS DISTINCT FROM {}", self.sample(kind, scope)),
            6 => {
                let right = self.expression(kind, scope, outer, 0);
                let op = *self.pick(&["=", "<", ">="]);
                format!("{left} {op} {right}")
            }
            _ => {
                let op = *self.pick(&["=", "<>", "<", "<=", ">", ">="]);
                format!("{left} {op} {}", self.sample(kind, scope))
            }
        }
    }
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "int",
        Kind::Num => "numeric",
        Kind::Text => "text",
        Kind::Date => "date",
        Kind::Bool => "boolean",
        Kind::Ts => "timestamp",
    }
}
