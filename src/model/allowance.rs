//! How much a person may take: the outcome of the `limit` rules that apply to her.
//!
//! Invariant: several rules never add up to more. Of each limit the strictest setting holds, which is the smallest, for
//! `min_group` the largest. What is counted, and where, is the server's matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a limit bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limited {
    /// Rows of one statement.
    RowsPerQuery,
    /// Bytes of these rows on the wire.
    BytesPerQuery,
    /// Rows of one person and day.
    RowsPerDay,
    /// Bytes of these rows.
    BytesPerDay,
    /// Statements of one person that run at the same time.
    StatementsInParallel,
    /// Raw values of one field compared by one person on one day.
    LookupsPerDay,
    /// Rows that a group must have before an aggregate over a field of an `aggregate_only` grant is shown.
    MinGroup,
}

impl Limited {
    /// Every limit with its key in policy files.
    pub const WORDS: [(&'static str, Limited); 7] = [
        ("rows_per_query", Limited::RowsPerQuery),
        ("bytes_per_query", Limited::BytesPerQuery),
        ("rows_per_day", Limited::RowsPerDay),
        ("bytes_per_day", Limited::BytesPerDay),
        ("statements_in_parallel", Limited::StatementsInParallel),
        ("lookups_per_day", Limited::LookupsPerDay),
        ("min_group", Limited::MinGroup),
    ];

    /// The key in policy files, which is also what people are told.
    pub fn word(self) -> &'static str {
        match self {
            Limited::RowsPerQuery => "rows_per_query",
            Limited::BytesPerQuery => "bytes_per_query",
            Limited::RowsPerDay => "rows_per_day",
            Limited::BytesPerDay => "bytes_per_day",
            Limited::StatementsInParallel => "statements_in_parallel",
            Limited::LookupsPerDay => "lookups_per_day",
            Limited::MinGroup => "min_group",
        }
    }

    /// True where `one` leaves less than `other`.
    fn is_stricter(self, one: u64, other: u64) -> bool {
        if self == Limited::MinGroup { one > other } else { one < other }
    }
}

/// The setting of one limit, and the rule it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The setting.
    pub value: u64,
    /// Id of the rule.
    pub rule: String,
}

/// The limits of one person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Allowance {
    /// The strictest setting of each limit.
    pub bounds: BTreeMap<Limited, Bound>,
    /// Rules with `mode: shadow` that would apply.
    pub shadows: Vec<String>,
    /// Warnings for the audit, such as a missing attribute.
    pub warnings: Vec<String>,
}

impl Allowance {
    /// The setting of a limit; `None` where there is none.
    pub fn get(&self, limited: Limited) -> Option<u64> {
        self.bounds.get(&limited).map(|bound| bound.value)
    }

    /// Takes a setting in, where it is stricter than what is there.
    pub(crate) fn narrow(&mut self, limited: Limited, value: u64, rule: &str) {
        let stricter = self.bounds.get(&limited).is_none_or(|known| {
            // Of equal settings the rule of the smaller id, so that file order does not show.
            limited.is_stricter(value, known.value) || value == known.value && *rule < *known.rule
        });
        if stricter {
            self.bounds.insert(limited, Bound { value, rule: rule.to_string() });
        }
    }

    /// True where nothing that this allows is more than `other` allows.
    pub fn is_within(&self, other: &Allowance) -> bool {
        other
            .bounds
            .iter()
            .all(|(limited, bound)| self.get(*limited).is_some_and(|own| !limited.is_stricter(bound.value, own)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_setting_holds() {
        let mut allowance = Allowance::default();
        for (value, rule) in [(10, "b"), (20, "c"), (10, "a"), (30, "d")] {
            allowance.narrow(Limited::RowsPerDay, value, rule);
            allowance.narrow(Limited::MinGroup, value, rule);
        }
        assert_eq!(allowance.bounds[&Limited::RowsPerDay], Bound { value: 10, rule: "a".into() });
        assert_eq!(allowance.bounds[&Limited::MinGroup], Bound { value: 30, rule: "d".into() });
        assert!(Limited::WORDS.iter().all(|(word, limited)| *word == limited.word()));
    }

    #[test]
    fn an_allowance_within_another_lifts_no_limit() {
        let of = |value| {
            let mut allowance = Allowance::default();
            allowance.narrow(Limited::RowsPerDay, value, "r");
            allowance
        };
        assert!(of(5).is_within(&of(5)) && of(4).is_within(&of(5)) && !of(6).is_within(&of(5)));
        assert!(of(5).is_within(&Allowance::default()) && !Allowance::default().is_within(&of(5)));
    }
}
