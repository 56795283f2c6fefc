//! How fields under a `use` of their own may be used, worked out from the text of a statement.
//!
//! A statement over such fields is either refused, or has the answer of another one: over the copy, where a column beside
//! the field's holds the raw values for what may meet them (look-ups, and aggregates over groups that are large enough).
//! Written after governance's words on `use` and `aggregate_only`; the statements are the generator's, in which each column
//! stands behind an alias that no other relation of the statement has.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident,
    JoinConstraint, JoinOperator, OrderByKind, Query, Select, SelectItem, SetExpr, Statement, TableFactor, Value,
    VisitMut, VisitorMut,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::Field;

/// `use:` of a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Masked,
    Lookup,
    TokenJoin,
    OutputOnly,
}

impl Use {
    /// The line of a policy file.
    pub fn written(self) -> &'static str {
        match self {
            Use::Masked => "",
            Use::Lookup => "\nuse: lookup",
            Use::TokenJoin => "\nuse: token_join",
            Use::OutputOnly => "\nuse: none",
        }
    }

    /// Of several the one that leaves least.
    pub fn rank(self) -> u8 {
        match self {
            Use::Lookup => 0,
            Use::Masked | Use::TokenJoin => 1,
            Use::OutputOnly => 2,
        }
    }
}

/// What a statement must know of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// `field = text` in WHERE meets the raw value.
    Lookup,
    /// It may be listed, and nothing else.
    OutputOnly,
    /// It exists in aggregates over groups of so many values.
    Aggregate(u64),
}

/// The fields of one person that are special.
pub type Specials = BTreeMap<Field, Special>;

/// Column of the copies that has the raw values of a field.
pub fn raw_column(field: &str) -> String {
    format!("{field}__raw")
}

/// What becomes of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The statement for the copy.
    pub by_hand: String,
    /// It must be refused.
    pub refused: bool,
    /// It may be refused: whether a join repeats rows is not worked out here.
    pub may_be_refused: bool,
}

/// Judges a statement of the generator.
pub fn judge(sql: &str, specials: &Specials) -> Judged {
    let plain = Judged { by_hand: sql.to_string(), refused: false, may_be_refused: false };
    if specials.is_empty() {
        return plain;
    }
    let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let [Statement::Query(query)] = &mut statements[..] else { panic!("no query: {sql}") };
    let mut judge = Judge { specials, aliases: BTreeMap::new(), ctes: BTreeMap::new(), found: Found::default() };
    let columns = judge.query(query);
    // Values of aggregates leave as such alone.
    judge.found.refused |= columns.iter().any(|column| matches!(column.is, Some((Special::Aggregate(_), _))));
    let Found { refused, may_be_refused, rewritten } = judge.found;
    let by_hand = if rewritten { statements[0].to_string() } else { plain.by_hand };
    Judged { by_hand, refused, may_be_refused }
}

/// A column of a relation: what special field it is, unchanged, and whether a join may have repeated its rows.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    is: Option<(Special, bool)>,
}

#[derive(Debug, Clone)]
struct Relation {
    columns: Vec<Column>,
    /// A table whose rows WHERE filters as they are.
    takes_look_ups: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Found {
    refused: bool,
    may_be_refused: bool,
    rewritten: bool,
}

impl Found {
    fn add(&mut self, other: Found) {
        self.refused |= other.refused;
        self.may_be_refused |= other.may_be_refused;
        self.rewritten |= other.rewritten;
    }
}

struct Judge<'a> {
    specials: &'a Specials,
    aliases: BTreeMap<String, Relation>,
    ctes: BTreeMap<String, (Vec<Column>, Found)>,
    found: Found,
}

/// Shortest text that is looked up.
const LOOK_UP_CHARS: usize = 6;

impl Judge<'_> {
    fn query(&mut self, query: &mut Query) -> Vec<Column> {
        for cte in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            // What nobody names is not looked at.
            let (outer, before) = (std::mem::take(&mut self.found), cte.query.clone());
            let columns = self.query(&mut cte.query);
            let found = std::mem::replace(&mut self.found, outer);
            // Whoever names one that is refused is refused; where nobody does, the copy reads it as it is.
            if found.refused {
                cte.query = before;
            }
            self.found.rewritten |= found.rewritten && !found.refused;
            self.ctes.insert(cte.alias.name.value.clone(), (columns, found));
        }
        let columns = self.body(&mut query.body);
        if let Some(order) = &mut query.order_by {
            let OrderByKind::Expressions(keys) = &mut order.kind else { panic!("ORDER BY ALL is not generated") };
            keys.iter_mut().for_each(|key| self.key(&mut key.expr, &columns));
        }
        columns
    }

    fn body(&mut self, body: &mut SetExpr) -> Vec<Column> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                let (left, right) = (self.body(left), self.body(right));
                self.found.refused |= left.iter().chain(&right).any(|column| column.is.is_some());
                left.into_iter().map(|column| Column { is: None, ..column }).collect()
            }
            other => panic!("not generated: {other}"),
        }
    }

    fn select(&mut self, select: &mut Select) -> Vec<Column> {
        let joined = self.from(select);
        if let Some(condition) = &mut select.selection {
            self.look_ups(condition);
            self.expression(condition);
        }
        let columns: Vec<Column> = select.projection.iter_mut().map(|item| self.item(item, joined)).collect();
        match &mut select.group_by {
            GroupByExpr::Expressions(keys, _) => keys.iter_mut().for_each(|key| self.key(key, &columns)),
            GroupByExpr::All(_) => panic!("GROUP BY ALL is not generated"),
        }
        if let Some(having) = &mut select.having {
            self.expression(having);
        }
        match &select.distinct {
            None | Some(Distinct::All) => {}
            Some(Distinct::Distinct) => self.found.refused |= columns.iter().any(|column| column.is.is_some()),
            Some(Distinct::On(_)) => panic!("DISTINCT ON is not generated"),
        }
        columns
    }

    /// Reads the relations; true where there are several.
    fn from(&mut self, select: &mut Select) -> bool {
        let [from] = &mut select.from[..] else { panic!("lists of relations are not generated") };
        let mut names = vec![self.relation(&mut from.relation)];
        for join in &mut from.joins {
            names.push(self.relation(&mut join.relation));
        }
        for (at, join) in from.joins.iter_mut().enumerate() {
            let (constraint, keeps_left, keeps_right) = match &mut join.join_operator {
                JoinOperator::Join(on) | JoinOperator::Inner(on) | JoinOperator::CrossJoin(on) => (on, true, true),
                JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (on, true, false),
                JoinOperator::Right(on) | JoinOperator::RightOuter(on) => (on, false, true),
                JoinOperator::FullOuter(on) => (on, false, false),
                other => panic!("not generated: {other:?}"),
            };
            // WHERE filters the rows of a side as they are where the join makes none up for it.
            for (place, name) in names.iter().enumerate().take(at + 2) {
                let kept = if place <= at { keeps_left } else { keeps_right };
                let relation = self.aliases.get_mut(name).expect("a relation that was read");
                relation.takes_look_ups &= kept;
            }
            match constraint {
                JoinConstraint::On(on) => self.expression(on),
                JoinConstraint::None => {}
                other => panic!("not generated: {other:?}"),
            }
        }
        let joined = names.len() > 1;
        for name in names.iter().filter(|_| joined) {
            let relation = self.aliases.get_mut(name).expect("a relation that was read");
            for column in &mut relation.columns {
                column.is = column.is.map(|(special, _)| (special, true));
            }
        }
        joined
    }

    /// Reads a relation and returns its alias.
    fn relation(&mut self, factor: &mut TableFactor) -> String {
        let (columns, takes_look_ups, alias) = match factor {
            TableFactor::Table { name, alias, .. } => {
                let name = name.to_string();
                match self.ctes.get(&name).cloned() {
                    Some((columns, found)) => {
                        self.found.add(found);
                        (columns, false, alias)
                    }
                    None => {
                        let of = self.specials.iter().filter(|((table, _), _)| *table == name);
                        let column = |((_, field), special): (&Field, &Special)| Column {
                            name: field.clone(),
                            is: Some((*special, false)),
                        };
                        (of.map(column).collect(), true, alias)
                    }
                }
            }
            TableFactor::Derived { subquery, alias, .. } => (self.query(subquery), false, alias),
            other => panic!("not generated: {other}"),
        };
        let alias = alias.as_ref().expect("every relation has an alias").name.value.clone();
        self.aliases.insert(alias.clone(), Relation { columns, takes_look_ups });
        alias
    }

    /// An item of a select list.
    fn item(&mut self, item: &mut SelectItem, joined: bool) -> Column {
        let (expr, name) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (expr, alias.value.clone()),
            SelectItem::UnnamedExpr(expr) => (expr, String::new()),
            other => panic!("not generated: {other}"),
        };
        let Some(column) = self.special(expr) else {
            self.expression(expr);
            return Column { name, is: None };
        };
        // A look-up meets the field of the table alone: what is derived from it is masked like anything else.
        let is = column.is.filter(|(special, _)| *special != Special::Lookup);
        if let Some((Special::Aggregate(_), _)) = is {
            self.take_raw(expr);
        }
        Column { name, is: is.map(|(special, repeats)| (special, repeats || joined)) }
    }

    /// A key of GROUP BY or ORDER BY: a place among the items, or an expression.
    fn key(&mut self, key: &mut Expr, columns: &[Column]) {
        match key {
            Expr::Value(value) => {
                let Value::Number(place, _) = &value.value else { panic!("no place: {value}") };
                let place: usize = place.parse().expect("a place");
                self.found.refused |= columns[place - 1].is.is_some();
            }
            other => self.expression(other),
        }
    }

    /// The special column that an expression is, unchanged.
    fn special(&self, expr: &Expr) -> Option<Column> {
        let Expr::CompoundIdentifier(names) = expr else { return None };
        let [alias, name] = &names[..] else { return None };
        let relation = self.aliases.get(&alias.value)?;
        relation.columns.iter().find(|column| column.name == name.value && column.is.is_some()).cloned()
    }

    /// Puts the raw values of the copy in place of a table's field. What is derived has them already.
    fn take_raw(&mut self, expr: &mut Expr) {
        let Expr::CompoundIdentifier(names) = expr else { panic!("no column: {expr}") };
        let is_of_table = self.aliases.get(&names[0].value).is_some_and(|relation| {
            !relation.columns.is_empty() && relation.columns.iter().all(|column| !is_place(&column.name))
        });
        if is_of_table {
            names[1] = Ident::new(raw_column(&names[1].value));
            self.found.rewritten = true;
        }
    }

    /// Looks through the conjuncts of a WHERE for look-ups.
    fn look_ups(&mut self, condition: &mut Expr) {
        match condition {
            Expr::Nested(inner) => self.look_ups(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.look_ups(left);
                self.look_ups(right);
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                if let Some(value) = text(right) {
                    self.look_up(left, &[value]);
                } else if let Some(value) = text(left) {
                    self.look_up(right, &[value]);
                }
            }
            Expr::InList { expr, list, negated: false } if list.len() <= 16 => {
                if let Some(values) = list.iter().map(text).collect::<Option<Vec<String>>>() {
                    self.look_up(expr, &values);
                }
            }
            // The same list in another spelling.
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
                if let Some(values) = texts_of_array(right) {
                    self.look_up(left, &values);
                }
            }
            _ => {}
        }
    }

    fn look_up(&mut self, column: &mut Expr, values: &[String]) {
        let Some(Column { is: Some((Special::Lookup, _)), .. }) = self.special(column) else { return };
        let Expr::CompoundIdentifier(names) = &*column else { return };
        if self.aliases.get(&names[0].value).is_some_and(|relation| relation.takes_look_ups) {
            self.found.refused |= values.iter().any(|value| value.chars().count() < LOOK_UP_CHARS);
            self.take_raw(column);
        }
    }

    /// Any expression but an item that is a column.
    fn expression(&mut self, expr: &mut Expr) {
        let mut visitor = Mentions { judge: self, queries: 0, aggregate: None };
        let ControlFlow::Continue(()) = expr.visit(&mut visitor) else { panic!("nothing breaks") };
    }
}

/// Whether a name is that of an item and not of a field.
fn is_place(name: &str) -> bool {
    name.strip_prefix('c').is_some_and(|number| number.parse::<u32>().is_ok())
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn texts_of_array(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Nested(inner) => texts_of_array(inner),
        Expr::Cast { expr, .. } => texts_of_array(expr),
        Expr::Array(array) => array.elem.iter().map(text).collect(),
        _ => None,
    }
}

/// Finds the special columns in an expression; its subqueries are judged as queries.
struct Mentions<'j, 'a> {
    judge: &'j mut Judge<'a>,
    queries: usize,
    /// Of the aggregate whose argument comes next: the least group, and whether its rows may be repeated.
    aggregate: Option<(u64, bool)>,
}

impl VisitorMut for Mentions<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if self.queries == 0 {
            let columns = self.judge.query(query);
            self.judge.found.refused |= columns.iter().any(|column| column.is.is_some());
        }
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.queries > 0 {
            return ControlFlow::Continue(());
        }
        if let Expr::Function(function) = expr
            && let Some(argument) = whole_argument(function)
            && let Some(Column { is: Some((Special::Aggregate(least), repeats)), .. }) = self.judge.special(argument)
        {
            self.judge.take_raw(argument);
            self.aggregate = Some((least, repeats));
            return ControlFlow::Continue(());
        }
        let is_argument = self.aggregate.is_some() && matches!(expr, Expr::CompoundIdentifier(_));
        if let Some(Column { is: Some((special, _)), .. }) = self.judge.special(expr).filter(|_| !is_argument) {
            self.judge.found.refused |= special != Special::Lookup;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.queries == 0
            && let Expr::Function(function) = &mut *expr
            && let Some((least, repeats)) = self.aggregate.take()
        {
            self.judge.found.may_be_refused |= repeats;
            self.judge.found.rewritten = true;
            let argument = whole_argument(function).expect("the aggregate that was found").to_string();
            let shown = format!("(CASE WHEN count({argument}) >= {least} THEN {function} END)");
            let parsed =
                Parser::new(&PostgreSqlDialect {}).try_with_sql(&shown).and_then(|mut parser| parser.parse_expr());
            *expr = parsed.unwrap_or_else(|error| panic!("{shown}: {error}"));
        }
        ControlFlow::Continue(())
    }
}

/// The whole argument of an aggregate that may have such a field's values.
fn whole_argument(function: &mut Function) -> Option<&mut Expr> {
    let name = function.name.to_string().to_lowercase();
    if !["sum", "avg", "count"].contains(&name.as_str()) || function.filter.is_some() || function.over.is_some() {
        return None;
    }
    let FunctionArguments::List(list) = &mut function.args else { return None };
    match &mut list.args[..] {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] if list.duplicate_treatment.is_none() => Some(argument),
        _ => None,
    }
}

#[test]
fn statements_are_judged_by_their_text() {
    let special = |table: &str, field: &str, special| ((table.to_string(), field.to_string()), special);
    let specials: Specials = [
        special("employees", "salary", Special::Aggregate(3)),
        special("customers", "phone", Special::Lookup),
        special("customers", "name", Special::OutputOnly),
    ]
    .into();
    let judged = |sql: &str| {
        let Judged { by_hand, refused, may_be_refused } = judge(sql, &specials);
        match (refused, may_be_refused) {
            (true, _) => "refused".to_string(),
            (false, true) => format!("perhaps {by_hand}"),
            (false, false) => by_hand,
        }
    };
    let same = |sql: &str| assert_eq!(judged(sql), sql);
    let becomes = |sql: &str, by_hand: &str| assert_eq!(judged(sql), by_hand, "{sql}");
    becomes(
        "SELECT sum(t1.salary) AS c1 FROM employees AS t1",
        "SELECT (CASE WHEN count(t1.salary__raw) >= 3 THEN sum(t1.salary__raw) END) AS c1 FROM employees AS t1",
    );
    becomes(
        "SELECT avg(t2.c1) AS c1 FROM (SELECT t1.salary AS c1 FROM employees AS t1) AS t2",
        "SELECT (CASE WHEN count(t2.c1) >= 3 THEN avg(t2.c1) END) AS c1 \
         FROM (SELECT t1.salary__raw AS c1 FROM employees AS t1) AS t2",
    );
    assert!(
        judged("SELECT sum(t1.salary) AS c1 FROM employees AS t1 JOIN branches AS t2 ON t1.branch_id = t2.branch_id")
            .starts_with("perhaps SELECT (CASE WHEN")
    );
    becomes(
        "SELECT t1.phone AS c1 FROM customers AS t1 WHERE (t1.phone = '13812345678' AND t1.vip)",
        "SELECT t1.phone AS c1 FROM customers AS t1 WHERE (t1.phone__raw = '13812345678' AND t1.vip)",
    );
    becomes(
        "SELECT 1 AS c1 FROM customers AS t1 WHERE t1.phone = ANY(ARRAY['13812345678']::text[])",
        "SELECT 1 AS c1 FROM customers AS t1 WHERE t1.phone__raw = ANY(ARRAY['13812345678']::TEXT[])",
    );
    same(
        "WITH w1 AS (SELECT t2.salary AS c1 FROM employees AS t2 GROUP BY t2.salary) SELECT 1 AS c1 FROM customers AS t1",
    );
    for meets_the_mask in [
        "SELECT 1 AS c1 FROM customers AS t1 WHERE (t1.phone, t1.vip) = ('13812345678', true)",
        "SELECT 1 AS c1 FROM customers AS t1 WHERE (t1.phone = '13812345678' OR t1.vip)",
        "SELECT 1 AS c1 FROM branches AS t2 LEFT JOIN customers AS t1 ON true WHERE t1.phone = '13812345678'",
        "SELECT 1 AS c1 FROM branches AS t2 JOIN customers AS t1 ON t1.phone = '13812345678'",
        "SELECT 1 AS c1 FROM (SELECT t1.phone AS c1 FROM customers AS t1) AS t2 WHERE t2.c1 = '13812345678'",
        "WITH w1 AS (SELECT t2.phone AS c1 FROM customers AS t2) SELECT 1 AS c1 FROM w1 AS t3 WHERE t3.c1 IN ('138123456')",
    ] {
        same(meets_the_mask);
    }
    same("SELECT t2.c1 AS c1 FROM (SELECT t1.name AS c1 FROM customers AS t1 WHERE t1.vip) AS t2 ORDER BY t2.c2");
    same("WITH w1 AS (SELECT upper(t1.name) AS c1 FROM customers AS t1) SELECT 1 AS c1 FROM branches AS t2");
    for refused in [
        "SELECT t1.salary AS c1 FROM employees AS t1",
        "SELECT max(t1.salary) AS c1 FROM employees AS t1",
        "SELECT sum(t1.salary) FILTER (WHERE true) AS c1 FROM employees AS t1",
        "SELECT sum(t1.salary) OVER () AS c1 FROM employees AS t1",
        "SELECT 1 AS c1 FROM customers AS t1 WHERE t1.phone = '138'",
        "SELECT DISTINCT t1.name AS c1 FROM customers AS t1",
        "SELECT t1.name AS c1 FROM customers AS t1 ORDER BY 1",
        "SELECT 1 AS c1 FROM customers AS t1 WHERE t1.name IN (SELECT e2.name FROM branches AS e2)",
        "SELECT 1 AS c1 FROM branches AS t1 WHERE t1.name IN (SELECT e2.name FROM customers AS e2)",
        "(SELECT t1.name AS c1 FROM customers AS t1) UNION ALL (SELECT t2.region AS c1 FROM branches AS t2)",
    ] {
        assert_eq!(judged(refused), "refused", "{refused}");
    }
}
