//! Random policies over the bank of [`super::attack_world`], written twice: in Sluice's files, and as the SQL that makes
//! copies of what each person may know.
//!
//! The second writing follows the algebra of governance (grants, restrictions, denials, masks and their uses, inherited row
//! rules, aggregates of large groups) and shares no code with the first but the random choices. PostgreSQL computes it over
//! the raw rows. Rules in shadow mode and limits stand in the files alone: they change no answer.

mod audiences;
mod grants;
mod known;
mod masks;
mod organisation;
mod people;
mod rules;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::attack_sources::Source;
use super::attack_world::{Table, World, attacked, reference, worlds};
use super::sluice::{Settings, Sluice};
use super::{block_on, fresh_directory, keep, postgres, probe, repository, users};
use grants::{Denial, Grant, Limit, Masking, Restriction};
use organisation::Organisation;
use people::{Implied, Person};

pub use people::{PEOPLE, purpose};
pub use uses::{Judged, Specials, judge};

/// A relationship of the catalog: its name, child, parent, and the key, of one name in both.
const RELATIONSHIPS: [(&str, &str, &str, &str); 4] = [
    ("managed_by", "customers", "branches", "branch_id"),
    ("owner", "accounts", "customers", "customer_id"),
    ("of_account", "transactions", "accounts", "account_no"),
    ("works_at", "employees", "branches", "branch_id"),
];

/// A field: its table and name.
type Field = (String, String);

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
    /// Per person the fields that not every statement may use.
    pub specials: BTreeMap<String, Specials>,
    /// The persons' schemas in database `governed` start with this.
    pub schemas: String,
    /// The policies as Sluice has them, for whoever must look into a difference.
    pub written: String,
}

impl RandomPolicies {
    /// Policies made from the numbers, in force over the raw rows in a source. `name` tells them from others.
    pub fn start(name: &str, source: Source, random: &mut ChaCha8Rng) -> RandomPolicies {
        static TOKENS: OnceLock<()> = OnceLock::new();
        TOKENS.get_or_init(|| reference().run("governed", &masks::token_function()));
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
        let mut yaml = data.yaml.clone();
        if set.organisation.is_dated {
            let path = directory.join("org.db");
            set.organisation.load(&path);
            let path = path.to_str().expect("a plain path");
            yaml =
                yaml.replacen("connections:\n", &format!("connections:\n  org: {{kind: sqlite, path: {path}}}\n"), 1);
        }
        let settings = Settings { directory, port: keep::free_port(), catalog, policies, yaml, ..data.clone() };
        let schemas = format!("{name}_");
        let (known, specials) = set.copy(&schemas);
        let people: Vec<String> = set.people.iter().map(Person::described).collect();
        let written = written + &people.join("\n");
        RandomPolicies { sluice: probe::start(&settings), known, specials, schemas, written }
    }
}

/// The policies as data.
struct Set {
    zones: String,
    implied: Implied,
    organisation: Arc<Organisation>,
    people: Vec<Person>,
    grants: Vec<Grant>,
    restrictions: Vec<Restriction>,
    denials: Vec<Denial>,
    masks: Vec<Masking>,
    limits: Vec<Limit>,
    /// Rules in shadow mode, as they are written.
    shadows: Vec<String>,
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
        let organisation = Arc::new(Organisation::new(random));
        let implied = Implied::new(random);
        let (zones, zone) = people::zones(random);
        let people = PEOPLE.map(|name| Person::new(name, &implied, zone, &organisation, random));
        let grants = (0..random.random_range(5..11)).map(|_| Grant::new(source, &tables, random)).collect();
        let restrictions = (0..random.random_range(0..4)).map(|_| Restriction::new(source, &tables, random)).collect();
        let denials = (0..random.random_range(0..3)).map(|_| Denial::new(&tables, random)).collect();
        let limits = (0..random.random_range(0..3)).map(|_| Limit::new(random)).collect();
        let travels = RELATIONSHIPS.map(|(id, ..)| {
            let ways = [Travels::Not, Travels::Not, Travels::Whole, Travels::Restrictions];
            (id, some(&ways, random))
        });
        let masks = masks::some_of_every_strictness(source, random);
        let masks = masks.into_iter().map(|(field, mask)| Masking::new(field, mask, random)).collect();
        let shadows = shadows(source, &tables, random);
        let (people, travels) = (people.into(), travels.into());
        Set { zones, implied, organisation, people, grants, restrictions, denials, masks, limits, shadows, travels }
    }

    /// The policy file.
    fn written(&self) -> String {
        let mut documents = vec![self.zones.clone(), self.implied.written()];
        documents.extend(self.grants.iter().enumerate().map(|(at, rule)| rule.written(&format!("grant-{at}"))));
        documents
            .extend(self.restrictions.iter().enumerate().map(|(at, rule)| rule.written(&format!("restrict-{at}"))));
        documents.extend(self.denials.iter().enumerate().map(|(at, rule)| rule.written(&format!("deny-{at}"))));
        documents.extend(self.masks.iter().enumerate().map(|(at, rule)| rule.written(&format!("mask-{at}"))));
        documents.extend(self.limits.iter().enumerate().map(|(at, rule)| rule.written(&format!("limit-{at}"))));
        documents.extend(self.shadows.iter().cloned());
        documents.join("\n---\n") + "\n"
    }

    /// The catalog of the attacks with rules travelling as chosen, and the units where they are dated.
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
        let kept = |line: &&str| !(self.organisation.is_dated && line.starts_with("hierarchy:"));
        let catalog = text.lines().filter(kept).map(line).collect::<Vec<_>>().join("\n");
        if self.organisation.is_dated { catalog + Organisation::entity() } else { catalog }
    }

    fn write_users(&self, directory: &Path) {
        let user = |person: &Person| {
            let (roles, posts) = (person.given.clone(), person.posts.clone());
            (users::User { name: person.name, roles, posts }, person.attributes())
        };
        let people: Vec<(users::User, String)> = self.people.iter().map(user).collect();
        let people = people.iter().map(|(user, attributes)| (user, attributes.as_str()));
        users::write_with(&directory.join("users.yaml"), people);
    }

    /// Makes the copies in PostgreSQL and reads them back.
    fn copy(&self, schemas: &str) -> (BTreeMap<String, World>, BTreeMap<String, Specials>) {
        let server = reference();
        let (mut known, mut specials) = (BTreeMap::new(), BTreeMap::new());
        for person in &self.people {
            let schema = format!("{schemas}{}", person.name);
            let mut sql = vec![format!("CREATE SCHEMA {schema}")];
            let mut columns = BTreeMap::new();
            let mut of_person = Specials::new();
            for table in raw().keys() {
                let Some(seen) = self.seen(person, table) else { continue };
                sql.push(format!("CREATE TABLE {schema}.{table} AS {}", seen.query));
                columns.insert(table.clone(), seen.fields);
                of_person.extend(seen.specials);
            }
            server.run("governed", &sql.join(";\n"));
            if !columns.is_empty() {
                known.insert(person.name.to_string(), read_back(server, &schema, columns));
                specials.insert(person.name.to_string(), of_person);
            }
        }
        (known, specials)
    }
}

/// Some rules in shadow mode.
fn shadows(source: Source, tables: &[String], random: &mut ChaCha8Rng) -> Vec<String> {
    let mut written = Vec::new();
    for at in 0..random.random_range(0..4) {
        let id = format!("shadow-{at}");
        let rule = match random.random_range(0..5) {
            0 => Grant::new(source, tables, random).written(&id),
            1 => Restriction::new(source, tables, random).written(&id),
            2 => Denial::new(tables, random).written(&id),
            3 => match masks::some_of_every_strictness(source, random).pop() {
                Some((field, mask)) => Masking::new(field, mask, random).written(&id),
                None => continue,
            },
            // As small as it can be.
            _ => format!("limit: {id}\nto: everyone\nrows_per_query: 1\nrows_per_day: 1\nmin_group: 1000"),
        };
        written.push(rule + "\nmode: shadow");
    }
    written
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
            let names = columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            let rows =
                postgres::printed(&client, &format!("SELECT {names} FROM {schema}.{table}")).await.expect("the rows");
            let row = |row: Vec<Option<String>>| {
                row.into_iter().zip(&columns).map(|(cell, (_, kind))| value(cell, kind)).collect()
            };
            let rows = rows.into_iter().map(row).collect();
            world.insert(table, Table { columns, rows });
        }
    });
    world
}
