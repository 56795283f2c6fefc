//! Random policies over the bank of [`super::attack_world`], written twice: in Sluice's files, and as the SQL that makes
//! copies of what each person may know.
//!
//! The second writing follows the algebra of governance (grants, restrictions, denials, masks, inherited row rules) and
//! shares no code with the first but the random choices. PostgreSQL computes it over the raw rows.

mod masks;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::attack_sources::{Source, type_name};
use super::attack_world::{Table, World, attacked, reference, worlds};
use super::sluice::{Settings, Sluice};
use super::{block_on, fresh_directory, keep, postgres, probe, repository, users};
use masks::Mask;
use rules::{Rule, To};

/// Who asks.
pub const PEOPLE: [&str; 5] = ["p0", "p1", "p2", "p3", "p4"];
const ROLES: [&str; 4] = ["r0", "r1", "r2", "r3"];
const POSTS: [&str; 6] = ["1", "10", "20", "101", "202", "302"];

/// A relationship of the catalog: its name, child, parent, and the key, of one name in both.
const RELATIONSHIPS: [(&str, &str, &str, &str); 4] = [
    ("managed_by", "customers", "branches", "branch_id"),
    ("owner", "accounts", "customers", "customer_id"),
    ("of_account", "transactions", "accounts", "account_no"),
    ("works_at", "employees", "branches", "branch_id"),
];

/// A field: its table and name.
type Field = (String, String);

struct Person {
    name: &'static str,
    roles: Vec<&'static str>,
    posts: Vec<&'static str>,
}

impl Person {
    /// The same with some of the roles.
    fn with(&self, kept: impl Fn(&str) -> bool) -> Person {
        let roles = self.roles.iter().copied().filter(|role| kept(role)).collect();
        Person { name: self.name, roles, posts: self.posts.clone() }
    }
}

struct Grant {
    to: To,
    /// Somebody whom the grant does not serve for the time being.
    unless: Option<&'static str>,
    fields: BTreeMap<String, BTreeSet<String>>,
    rows: Option<Rule>,
}

struct Restriction {
    to: To,
    tables: Vec<String>,
    rows: Rule,
}

struct Denial {
    to: To,
    selector: String,
    fields: BTreeSet<Field>,
}

struct Masking {
    to: To,
    fields: Vec<Field>,
    mask: Mask,
}

/// How a row rule travels along a relationship.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Travels {
    Not,
    Whole,
    Restrictions,
}

/// Policies, and what each person may know under them.
pub struct RandomPolicies {
    /// The server under these policies.
    pub sluice: Sluice,
    /// Per person the rows as that person may know them; those who may know none are absent.
    pub known: BTreeMap<String, World>,
    /// The persons' schemas in database `governed` start with this.
    pub schemas: String,
    /// The policies as Sluice has them, for whoever must look into a difference.
    pub written: String,
}

impl RandomPolicies {
    /// Policies made from the numbers, in force over the raw rows in a source. `name` tells them from others.
    pub fn start(name: &str, source: Source, random: &mut ChaCha8Rng) -> RandomPolicies {
        let set = Set::new(source, random);
        let directory = fresh_directory("random");
        let folder = |name: &str| {
            let path = directory.join(name);
            std::fs::create_dir_all(&path).expect("a folder");
            path
        };
        let (catalog, policies) = (folder("catalog"), folder("policies"));
        let written = set.written();
        std::fs::write(catalog.join("bank.yaml"), set.catalog()).expect("the catalog");
        std::fs::write(policies.join("bank.yaml"), &written).expect("the policies");
        set.write_users(&directory);
        let data = &attacked(source, "plain").sluice.settings;
        let settings = Settings { directory, port: keep::free_port(), catalog, policies, ..data.clone() };
        let schemas = format!("{name}_");
        let known = set.copy(&schemas);
        RandomPolicies { sluice: probe::start(&settings), known, schemas, written }
    }
}

/// The policies as data.
struct Set {
    people: Vec<Person>,
    grants: Vec<Grant>,
    restrictions: Vec<Restriction>,
    denials: Vec<Denial>,
    masks: Vec<Masking>,
    travels: BTreeMap<&'static str, Travels>,
}

fn raw() -> &'static World {
    &worlds()["plain"]
}

fn all_fields(table: &str) -> BTreeSet<String> {
    raw()[table].columns.iter().map(|(name, _)| name.clone()).collect()
}

fn some<T: Clone>(from: &[T], random: &mut ChaCha8Rng) -> T {
    from.choose(random).expect("something to choose from").clone()
}

/// At least one and at most `most` of them, none twice.
fn several<T: Clone>(from: &[T], most: usize, random: &mut ChaCha8Rng) -> Vec<T> {
    let mut all = from.to_vec();
    all.shuffle(random);
    all.truncate(random.random_range(1..=most.min(from.len())));
    all
}

impl Set {
    fn new(source: Source, random: &mut ChaCha8Rng) -> Set {
        let tables: Vec<String> = raw().keys().cloned().collect();
        let people =
            PEOPLE.map(|name| Person { name, roles: several(&ROLES, 3, random), posts: several(&POSTS, 2, random) });
        let grants = (0..random.random_range(4..9)).map(|_| Grant::new(source, &tables, random)).collect();
        let restrictions = (0..random.random_range(0..4)).map(|_| Restriction::new(source, &tables, random)).collect();
        let denials = (0..random.random_range(0..3)).map(|_| Denial::new(&tables, random)).collect();
        let travels = RELATIONSHIPS.map(|(id, ..)| {
            let ways = [Travels::Not, Travels::Not, Travels::Whole, Travels::Restrictions];
            (id, some(&ways, random))
        });
        let masks = masks::some_of_every_strictness(source, random)
            .into_iter()
            .map(|(fields, mask)| Masking { to: To::new(random), fields, mask })
            .collect();
        Set { people: people.into(), grants, restrictions, denials, masks, travels: travels.into() }
    }

    /// The policy file.
    fn written(&self) -> String {
        let roles: Vec<String> = ROLES.iter().map(|role| format!("{role}: {{}}")).collect();
        let mut documents = vec![format!("roles: {{{}}}", roles.join(", "))];
        documents.extend(self.grants.iter().enumerate().map(|(at, grant)| grant.written(at)));
        for (at, rule) in self.restrictions.iter().enumerate() {
            let (to, tables, rows) = (rule.to.written(), rule.tables.join(", "), quoted(&rule.rows.written()));
            documents.push(format!("restrict: restrict-{at}\nto: {to}\nentity: [{tables}]\nrows: {rows}"));
        }
        for (at, rule) in self.denials.iter().enumerate() {
            documents.push(format!("deny: deny-{at}\nto: {}\nfields: {}", rule.to.written(), rule.selector));
        }
        for (at, rule) in self.masks.iter().enumerate() {
            let (to, fields, mask) = (rule.to.written(), listed(&rule.fields), quoted(&rule.mask.written));
            documents.push(format!("mask: mask-{at}\nto: {to}\nfields: {fields}\nwith: {mask}"));
        }
        documents.join("\n---\n") + "\n"
    }

    /// The catalog of the attacks with rules travelling as chosen.
    fn catalog(&self) -> String {
        let path = repository().join("tests/attack/catalog/bank.yaml");
        let text = std::fs::read_to_string(path).expect("the catalog of the attacks");
        let line = |line: &str| {
            let of = self.travels.iter().find(|(id, _)| line.trim_start().starts_with(&format!("{id}: {{to:")));
            let word = match of {
                Some((_, Travels::Whole)) => "true",
                Some((_, Travels::Restrictions)) => "restrictions",
                Some((_, Travels::Not)) | None => "false",
            };
            line.replace("inherits_policy: false", &format!("inherits_policy: {word}"))
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    fn write_users(&self, directory: &Path) {
        let user = |person: &Person| users::User {
            name: person.name,
            roles: person.roles.clone(),
            posts: person.posts.clone(),
        };
        let people: Vec<users::User> = self.people.iter().map(user).collect();
        users::write(&directory.join("users.yaml"), &people);
    }

    /// Makes the copies in PostgreSQL and reads them back.
    fn copy(&self, schemas: &str) -> BTreeMap<String, World> {
        let server = reference();
        let mut known = BTreeMap::new();
        for person in &self.people {
            let schema = format!("{schemas}{}", person.name);
            let mut sql = vec![format!("CREATE SCHEMA {schema}")];
            let mut columns = BTreeMap::new();
            for table in raw().keys() {
                let Some((fields, query)) = self.seen(person, table) else { continue };
                sql.push(format!("CREATE TABLE {schema}.{table} AS {query}"));
                columns.insert(table.clone(), fields);
            }
            server.run("governed", &sql.join(";\n"));
            if !columns.is_empty() {
                known.insert(person.name.to_string(), read_back(server, &schema, columns));
            }
        }
        known
    }

    /// The fields of a table that exist for a person, and the query for what she may know of it.
    fn seen(&self, person: &Person, table: &str) -> Option<(Vec<(String, String)>, String)> {
        let grants: Vec<&Grant> = self.grants.iter().filter(|grant| grant.serves(person, table)).collect();
        let denied = |field: &str| {
            let of = (table.to_string(), field.to_string());
            self.denials.iter().any(|rule| rule.to.holds(person) && rule.fields.contains(&of))
        };
        let mut fields = Vec::new();
        let mut items = Vec::new();
        for (field, kind) in &raw()[table].columns {
            let covering: Vec<&Grant> =
                grants.iter().copied().filter(|grant| grant.fields[table].contains(field)).collect();
            if covering.is_empty() || denied(field) {
                continue;
            }
            let of = (table.to_string(), field.clone());
            let value = self.masked(person, &of, &grants, &covering);
            let rows = union(&covering, person);
            let type_name = type_name(kind, Source::Postgres);
            items.push(format!("(CASE WHEN {rows} THEN {value} END)::{type_name} AS {field}"));
            fields.push((field.clone(), kind.clone()));
        }
        let rows = self.rows(person, table, &grants, 0);
        (!items.is_empty())
            .then(|| (fields, format!("SELECT {} FROM plain.{table} AS t0 WHERE {rows}", items.join(", "))))
    }

    /// What shows of a field: by each grant's rows, as for the person without the roles that other grants are for.
    fn masked(&self, person: &Person, field: &Field, grants: &[&Grant], covering: &[&Grant]) -> String {
        let strictest = |who: &Person| {
            let masks = self.masks.iter().filter(|rule| rule.to.holds(who) && rule.fields.contains(field));
            masks.map(|rule| &rule.mask).max_by_key(|mask| mask.strictness)
        };
        let rank = |mask: Option<&Mask>| mask.map(|mask| mask.strictness);
        let of = |grant: &Grant| {
            let own = grant.given_for(person);
            let others: BTreeSet<&str> = grants.iter().flat_map(|grant| grant.given_for(person)).collect();
            let without = person.with(|role| own.contains(role) || !others.contains(role));
            std::cmp::max_by_key(strictest(&without), strictest(person), |mask| rank(*mask))
        };
        let shown = |mask: Option<&Mask>| mask.map_or(field.1.clone(), |mask| mask.by_hand(&field.1));
        let each: Vec<(&Grant, Option<&Mask>)> = covering.iter().map(|grant| (*grant, of(grant))).collect();
        let (light, strict) = (each.iter().map(|(_, mask)| *mask), each.iter().map(|(_, mask)| *mask));
        let light = light.min_by_key(|mask| rank(*mask)).flatten();
        let strict = strict.max_by_key(|mask| rank(*mask)).flatten();
        if rank(light) == rank(strict) {
            return shown(strict);
        }
        let lighter: Vec<&Grant> =
            each.iter().filter(|(_, mask)| rank(*mask) == rank(light)).map(|(grant, _)| *grant).collect();
        format!("CASE WHEN {} THEN {} ELSE {} END", union(&lighter, person), shown(light), shown(strict))
    }

    /// The condition on the rows of a table which stands in FROM as `t` and the depth.
    fn rows(&self, person: &Person, table: &str, grants: &[&Grant], depth: usize) -> String {
        let mut all = vec![union(grants, person)];
        all.extend(self.restricted(person, table));
        all.extend(self.inherited(person, table, depth));
        all.join(" AND ")
    }

    fn restricted(&self, person: &Person, table: &str) -> Vec<String> {
        let of = |rule: &&Restriction| {
            rule.to.holds(person)
                && rule.tables.iter().any(|name| name == table)
                && rule.rows.constant(person) != Some(true)
        };
        self.restrictions.iter().filter(of).map(|rule| format!("({})", rule.rows.by_hand(person))).collect()
    }

    /// A fact shows where a row of its parent does that would; where no rule is on the parents, every fact does.
    fn inherited(&self, person: &Person, table: &str, depth: usize) -> Vec<String> {
        let mut all = Vec::new();
        for (id, child, parent, key) in RELATIONSHIPS {
            let travels = self.travels[id];
            if child != table || travels == Travels::Not {
                continue;
            }
            let whole = travels == Travels::Whole;
            let of_parent = |grant: &&Grant| whole && grant.fields.contains_key(parent);
            let grants: Vec<&Grant> =
                self.grants.iter().filter(of_parent).filter(|g| g.serves(person, parent)).collect();
            let withheld =
                grants.is_empty() && self.grants.iter().filter(of_parent).any(|grant| grant.to.holds(person));
            let mut rows = if withheld { vec!["false".to_string()] } else { Vec::new() };
            if !grants.is_empty() && !grants.iter().any(|grant| grant.shows_all(person)) {
                rows.push(union(&grants, person));
            }
            rows.extend(self.restricted(person, parent));
            rows.extend(self.inherited(person, parent, depth + 1));
            if !rows.is_empty() {
                let (here, there) = (format!("t{depth}"), format!("t{}", depth + 1));
                let rows = rows.join(" AND ");
                all.push(format!(
                    "EXISTS (SELECT 1 FROM plain.{parent} AS {there} WHERE {there}.{key} = {here}.{key} AND {rows})"
                ));
            }
        }
        all
    }
}

/// The rows of several grants together.
fn union(grants: &[&Grant], person: &Person) -> String {
    let rows = grants.iter().map(|grant| grant.rows.as_ref().map_or("true".to_string(), |rule| rule.by_hand(person)));
    format!("({})", rows.map(|rule| format!("({rule})")).collect::<Vec<_>>().join(" OR "))
}

impl Grant {
    fn new(source: Source, tables: &[String], random: &mut ChaCha8Rng) -> Grant {
        let of = several(tables, 3, random);
        let mut fields = BTreeMap::new();
        for table in &of {
            let mut kept = all_fields(table);
            for field in several(&kept.iter().cloned().collect::<Vec<_>>(), 4, random) {
                if random.random_range(0..3) == 0 && kept.len() > 2 {
                    kept.remove(&field);
                }
            }
            fields.insert(table.clone(), kept);
        }
        let rows = (random.random_range(0..4) != 0).then(|| Rule::over(&of, source, 2, random));
        let unless = (random.random_range(0..6) == 0).then(|| some(&PEOPLE, random));
        Grant { to: To::new(random), unless, fields, rows }
    }

    fn serves(&self, person: &Person, table: &str) -> bool {
        self.fields.contains_key(table) && self.to.holds(person) && self.unless != Some(person.name)
    }

    /// The roles that are enough for the grant, or that it needs; none where it is for her without any.
    fn given_for(&self, person: &Person) -> BTreeSet<&'static str> {
        if self.to.holds(&person.with(|_| false)) {
            return BTreeSet::new();
        }
        let given = |role: &str| {
            self.to.holds(&person.with(|held| held == role)) || !self.to.holds(&person.with(|held| held != role))
        };
        person.roles.iter().copied().filter(|role| given(role)).collect()
    }

    /// Whether no row is left out, whatever the rows are.
    fn shows_all(&self, person: &Person) -> bool {
        self.rows.as_ref().is_none_or(|rule| rule.constant(person) == Some(true))
    }

    fn written(&self, at: usize) -> String {
        let mut read = Vec::new();
        let mut except = Vec::new();
        for (table, fields) in &self.fields {
            // Both ways of saying it.
            if fields.len() <= 3 {
                read.extend(fields.iter().map(|field| format!("{table}.{field}")));
            } else {
                read.push(table.clone());
                except.extend(all_fields(table).difference(fields).map(|field| format!("{table}.{field}")));
            }
        }
        let mut text = format!("grant: grant-{at}\nto: {}\nread: [{}]", self.to.written(), read.join(", "));
        if !except.is_empty() {
            text.push_str(&format!("\nexcept: [{}]", except.join(", ")));
        }
        if let Some(unless) = self.unless {
            text.push_str(&format!("\nwhen: session.user <> '{unless}'"));
        }
        if let Some(rows) = &self.rows {
            text.push_str(&format!("\nrows: {}", quoted(&rows.written())));
        }
        text
    }
}

impl Restriction {
    fn new(source: Source, tables: &[String], random: &mut ChaCha8Rng) -> Restriction {
        let tables = several(tables, 2, random);
        let rows = Rule::over(&tables, source, 1, random);
        Restriction { to: To::new(random), tables, rows }
    }
}

impl Denial {
    fn new(tables: &[String], random: &mut ChaCha8Rng) -> Denial {
        let to = To::new(random);
        if random.random_range(0..3) == 0 {
            let (selector, tag) = some(&[("{tag: pii.phone}", "phone"), ("{tag: pii.id}", "id_card")], random);
            let fields = [("customers".to_string(), tag.to_string())].into();
            return Denial { to, selector: selector.into(), fields };
        }
        let table = some(tables, random);
        let all: Vec<String> = all_fields(&table).into_iter().collect();
        let fields: Vec<Field> = several(&all, 2, random).into_iter().map(|field| (table.clone(), field)).collect();
        Denial { to, selector: listed(&fields), fields: fields.into_iter().collect() }
    }
}

fn listed(fields: &[Field]) -> String {
    let names: Vec<String> = fields.iter().map(|(table, field)| format!("{table}.{field}")).collect();
    format!("[{}]", names.join(", "))
}

/// A YAML text in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The rows of a schema's tables.
fn read_back(server: &postgres::Postgres, schema: &str, tables: BTreeMap<String, Vec<(String, String)>>) -> World {
    let value = |cell: Option<String>, kind: &str| match (cell, kind) {
        (None, _) => Value::Null,
        (Some(text), "int") => Value::from(text.parse::<i64>().expect("an integer")),
        (Some(text), "bool") => Value::Bool(text == "t"),
        (Some(text), _) => Value::String(text),
    };
    let mut world = World::new();
    block_on(async {
        let client = server.connect("governed").await.expect("the superuser connects");
        for (table, columns) in tables {
            let rows = postgres::printed(&client, &format!("SELECT * FROM {schema}.{table}")).await.expect("the rows");
            let row = |row: Vec<Option<String>>| {
                row.into_iter().zip(&columns).map(|(cell, (_, kind))| value(cell, kind)).collect()
            };
            let rows = rows.into_iter().map(row).collect();
            world.insert(table, Table { columns, rows });
        }
    });
    world
}
