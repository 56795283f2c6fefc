//! Who asks, and from where: everything that a rule may look at besides the row.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::organisation::Organisation;
use super::{several, some};

/// Who asks.
pub const PEOPLE: [&str; 5] = ["p0", "p1", "p2", "p3", "p4"];
pub const ROLES: [&str; 4] = ["r0", "r1", "r2", "r3"];
pub const POSTS: [&str; 6] = ["1", "10", "20", "101", "202", "302"];
pub const REGIONS: [&str; 3] = ["华北", "华东", "华南"];
pub const DESKS: [&str; 2] = ["fx", "loans"];
pub const PURPOSES: [&str; 2] = ["audit", "report"];
pub const ZONES: [&str; 2] = ["z0", "z1"];

/// The purpose that a person states when she connects.
pub fn purpose(name: &str) -> Option<&'static str> {
    match name {
        "p0" | "p1" => Some("audit"),
        "p2" => Some("report"),
        _ => None,
    }
}

/// An attribute where a number is wanted.
#[derive(Clone, Copy)]
pub enum Clearance {
    Absent,
    /// A word, which is no number.
    Word,
    Number(i64),
}

/// Roles that other roles bring with them: (held, brought).
#[derive(Clone, Default)]
pub struct Implied(Vec<(&'static str, &'static str)>);

impl Implied {
    pub fn new(random: &mut ChaCha8Rng) -> Implied {
        let mut pairs = Vec::new();
        for (at, held) in ROLES.iter().enumerate() {
            for brought in &ROLES[at + 1..] {
                if random.random_range(0..7) == 0 {
                    pairs.push((*held, *brought));
                }
            }
        }
        Implied(pairs)
    }

    /// `roles:` of a policy file.
    pub fn written(&self) -> String {
        let role = |role: &&str| {
            let held: Vec<&str> = self.0.iter().filter(|(_, brought)| brought == role).map(|(held, _)| *held).collect();
            if held.is_empty() { format!("{role}: {{}}") } else { format!("{role}: {{roles: [{}]}}", held.join(", ")) }
        };
        format!("roles: {{{}}}", ROLES.iter().map(role).collect::<Vec<_>>().join(", "))
    }

    /// The roles with all that they bring.
    pub fn with_brought(&self, roles: &BTreeSet<&'static str>) -> BTreeSet<&'static str> {
        let mut all = roles.clone();
        // The pairs lead from a role to a later one: as many rounds as there are roles are enough.
        for _ in ROLES {
            let brought: Vec<&str> =
                self.0.iter().filter(|(held, _)| all.contains(held)).map(|(_, brought)| *brought).collect();
            all.extend(brought);
        }
        all
    }
}

impl Implied {
    /// What is left of the roles that a person holds without some: each goes that would bring one of them, and each that
    /// they alone have brought; but none of her own for what she asks.
    pub fn without(
        &self,
        held: &BTreeSet<&'static str>,
        own: &BTreeSet<&'static str>,
        mut lost: BTreeSet<&'static str>,
    ) -> BTreeSet<&'static str> {
        let came_by = |role: &str, of: &dyn Fn(&str) -> bool| self.0.iter().any(|(by, to)| *to == role && of(by));
        loop {
            let kept: BTreeSet<&str> = held.difference(&lost).copied().collect();
            let goes = |role: &&&'static str| {
                let brings = !self.with_brought(&[**role].into()).is_disjoint(&lost);
                let by_lost = came_by(role, &|by| lost.contains(by)) && !came_by(role, &|by| kept.contains(by));
                !own.contains(**role) && (brings || by_lost)
            };
            let gone: Vec<&'static str> = kept.iter().filter(goes).copied().collect();
            if gone.is_empty() {
                return kept;
            }
            lost.extend(gone);
        }
    }
}

#[derive(Clone)]
pub struct Person {
    pub name: &'static str,
    /// As the users file has them.
    pub given: Vec<&'static str>,
    /// With those that they bring.
    pub roles: BTreeSet<&'static str>,
    pub posts: Vec<&'static str>,
    pub clearance: Clearance,
    pub region: Option<&'static str>,
    pub desks: Option<Vec<&'static str>>,
    pub zone: Option<&'static str>,
    pub organisation: Arc<Organisation>,
}

impl Person {
    pub fn new(
        name: &'static str,
        implied: &Implied,
        zone: Option<&'static str>,
        organisation: &Arc<Organisation>,
        random: &mut ChaCha8Rng,
    ) -> Person {
        let given = several(&ROLES, 3, random);
        let posts = if random.random_range(0..8) == 0 { Vec::new() } else { several(&POSTS, 2, random) };
        let clearance = match random.random_range(0..6) {
            0 => Clearance::Absent,
            1 => Clearance::Word,
            _ => Clearance::Number(random.random_range(1..6)),
        };
        let region = (random.random_range(0..4) != 0).then(|| some(&REGIONS, random));
        let desks = match random.random_range(0..4) {
            0 => None,
            1 => Some(Vec::new()),
            _ => Some(several(&DESKS, 2, random)),
        };
        let roles = implied.with_brought(&given.iter().copied().collect());
        Person { name, given, roles, posts, clearance, region, desks, zone, organisation: Arc::clone(organisation) }
    }

    /// The same with some of the roles.
    pub fn with(&self, kept: impl Fn(&str) -> bool) -> Person {
        Person { roles: self.roles.iter().copied().filter(|role| kept(role)).collect(), ..self.clone() }
    }

    /// Attributes, as the users file has them.
    pub fn attributes(&self) -> String {
        let mut all = Vec::new();
        match self.clearance {
            Clearance::Absent => {}
            Clearance::Word => all.push("clearance: high".to_string()),
            Clearance::Number(number) => all.push(format!("clearance: {number}")),
        }
        all.extend(self.region.map(|region| format!("region: {region}")));
        all.extend(self.desks.as_ref().map(|desks| format!("desks: [{}]", desks.join(", "))));
        all.join(", ")
    }

    /// Who she is, for whoever must look into a difference.
    pub fn described(&self) -> String {
        let (name, roles, posts) = (self.name, self.given.join(", "), self.posts.join(", "));
        let (zone, purpose) = (self.zone.unwrap_or("none"), purpose(self.name).unwrap_or("none"));
        format!("# {name}: roles {roles}; posts {posts}; {}; zone {zone}; purpose {purpose}", self.attributes())
    }

    /// The number of her clearance.
    pub fn number(&self) -> Option<i64> {
        match self.clearance {
            Clearance::Number(number) => Some(number),
            Clearance::Absent | Clearance::Word => None,
        }
    }

    /// Her posts that the organisation has today.
    pub fn known_posts(&self) -> Vec<i64> {
        let posts = self.posts.iter().map(|post| post.parse().expect("a number"));
        posts.filter(|post| self.organisation.has(*post)).collect()
    }
}

/// Networks of the zones, and the zone that sessions of the tests come from.
pub fn zones(random: &mut ChaCha8Rng) -> (String, Option<&'static str>) {
    let (networks, zone) = some(
        &[
            ("z0: [127.0.0.0/8], z1: [10.0.0.0/8]", Some("z0")),
            ("z0: [10.0.0.0/8, 127.0.0.0/8], z1: [127.0.0.1/32]", Some("z1")),
            ("z0: [0.0.0.0/0], z1: ['2001:db8::/32', 127.0.0.0/16]", Some("z1")),
            ("z0: [10.0.0.0/8], z1: [192.168.0.0/16]", None),
        ],
        random,
    );
    (format!("zones: {{{networks}}}"), zone)
}
