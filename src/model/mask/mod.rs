//! Masking functions: what stands where a raw value was.
//!
//! Invariants: a mask keeps the type of its field and reads nothing but the one value. NULL stays NULL except under
//! `constant`. What a mask cannot treat (a type it has no rule for, a missing key, a number out of range) becomes
//! NULL, never the raw value. A text too short for its mask comes out wholly masked.

mod address;
mod contract;
mod fpe;
mod keys;
mod name;
mod number;
mod parse;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Serialize};
use sluice_base::{Datum, SqlType, TimeZone};

pub use contract::check;
pub use fpe::Alphabet;
pub use keys::MaskKeys;
pub use parse::{MaskError, parse};

/// A masking function with its arguments. NULL stays NULL except under `Constant`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// Keeps the first and last graphemes, each of the others becomes `pad`.
    Keep {
        /// Graphemes kept in front.
        first: usize,
        /// Graphemes kept at the end.
        last: usize,
        /// What stands for each of the others.
        pad: String,
    },
    /// Typed NULL.
    Hide,
    /// A constant of the field's type.
    Constant(Datum),
    /// HMAC-SHA-256 of the value under the named key, hex, 64 characters.
    Hash {
        /// Name of the key in the configuration.
        key: String,
        /// The field's type is `character`, whose trailing blanks are no part of the value.
        padded: bool,
    },
    /// A keyed token, the same for equal values whatever source they come from: the key's id, a dot, 26 characters.
    Token {
        /// Values of one domain have comparable tokens, those of two have not.
        domain: String,
        /// Name of the key in the configuration.
        key: String,
        /// The field's type is `character`, whose trailing blanks are no part of the value.
        padded: bool,
    },
    /// Encrypted to a text of the same form (FF1).
    Fpe {
        /// Values of one domain are encrypted alike.
        domain: String,
        /// Name of the key in the configuration.
        key: String,
        /// Which characters are encrypted.
        alphabet: Alphabet,
    },
    /// A date moved by a keyed number of days, the same for equal dates.
    ShiftDays {
        /// Name of the key in the configuration.
        key: String,
        /// Most days in either direction.
        days: u32,
        /// Whose days those of a timestamptz are: the bank's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<TimeZone>,
    },
    /// ID card number: first 6 and last 4.
    CnIdCard,
    /// Mobile number: first 3 and last 4.
    CnMobile,
    /// Chinese or Latin personal name: family name kept.
    CnName,
    /// Bank card: issuer number (first 6) and last 4.
    BankCard,
    /// E-mail: first character and the domain.
    Email,
    /// Address cut after the given level (1 province, 2 city, 3 district).
    Address(u8),
    /// Unified social credit code: first 2 and last 4.
    Uscc,
    /// Rounded to n decimal digits (negative: tens, hundreds), numbers.
    Round(i32),
    /// Lower bound of the bucket of this width, numbers.
    Bucket(String),
    /// Date or timestamp cut to the first moment of its year, quarter, month or day.
    DateTrunc {
        /// `year`, `quarter`, `month` or `day`.
        unit: String,
        /// Whose days those of a timestamptz are: the bank's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<TimeZone>,
    },
}

/// How much a mask hides; of several masks on one field the strictest wins (governance G5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strictness {
    /// Some of the value shows.
    Partial,
    /// Equal values stay equal, nothing else shows.
    Token,
    /// The same for every value.
    Constant,
    /// NULL.
    Hide,
}

impl Mask {
    /// Where this mask stands in the order of strictness.
    pub fn strictness(&self) -> Strictness {
        match self {
            Mask::Hide => Strictness::Hide,
            Mask::Constant(_) => Strictness::Constant,
            Mask::Hash { .. } | Mask::Token { .. } | Mask::Fpe { .. } => Strictness::Token,
            Mask::Keep { .. }
            | Mask::CnIdCard
            | Mask::CnMobile
            | Mask::CnName
            | Mask::BankCard
            | Mask::Email
            | Mask::Address(_)
            | Mask::Uscc
            | Mask::Round(_)
            | Mask::Bucket(_)
            | Mask::DateTrunc { .. }
            | Mask::ShiftDays { .. } => Strictness::Partial,
        }
    }

    /// The key this mask needs, by name.
    pub fn key_name(&self) -> Option<&str> {
        match self {
            Mask::Hash { key, .. } | Mask::Token { key, .. } | Mask::Fpe { key, .. } | Mask::ShiftDays { key, .. } => {
                Some(key)
            }
            _ => None,
        }
    }

    /// The masked value; the field's type tells how to read it.
    pub fn apply(&self, value: &Datum, sql_type: &SqlType, keys: &MaskKeys) -> Datum {
        if let Mask::Constant(constant) = self {
            return constant.clone();
        }
        match value {
            Datum::Text(raw) => {
                let mut masked = String::new();
                if self.apply_text(raw, keys, &mut masked) { Datum::Text(masked) } else { Datum::Null }
            }
            Datum::Int(_) | Datum::Float(_) | Datum::Numeric(_) => number::apply(self, value, sql_type),
            Datum::Date(_) | Datum::Timestamp(_) | Datum::Timestamptz(_) => number::of_date(self, value, keys),
            _ => Datum::Null,
        }
    }

    /// Appends the masked form of a text to `out`. False: the masked value is NULL and nothing was appended.
    pub fn apply_text(&self, raw: &str, keys: &MaskKeys, out: &mut String) -> bool {
        match self {
            Mask::Keep { first, last, pad } => text::keep(raw, *first, *last, 0, pad, out),
            Mask::CnIdCard => text::keep(raw, 6, 4, 15, "*", out),
            Mask::CnMobile => text::keep(raw, 3, 4, 11, "*", out),
            Mask::BankCard => text::keep(raw, 6, 4, 13, "*", out),
            Mask::Uscc => text::keep(raw, 2, 4, 18, "*", out),
            Mask::CnName => name::mask(raw, out),
            Mask::Email => text::email(raw, out),
            Mask::Address(level) => address::mask(raw, *level, out),
            Mask::Hash { key, padded } => return keys.hash(key, unpadded(raw, *padded), out),
            Mask::Token { domain, key, padded } => return keys.token(key, domain, unpadded(raw, *padded), out),
            Mask::Fpe { domain, key, alphabet } => {
                let Some(key) = keys.encryption(key, domain) else { return false };
                return fpe::encrypt(raw, *alphabet, &key, domain, out);
            }
            Mask::Constant(Datum::Text(constant)) => out.push_str(constant),
            Mask::Hide
            | Mask::Constant(_)
            | Mask::Round(_)
            | Mask::Bucket(_)
            | Mask::DateTrunc { .. }
            | Mask::ShiftDays { .. } => return false,
        }
        true
    }
}

/// A text as PostgreSQL casts it to text: one of type `character` without the blanks behind it. Some sources fill it up
/// and others cut it off, and the same customer must have the same hash and token in all.
fn unpadded(raw: &str, padded: bool) -> &str {
    if padded { raw.trim_end_matches(' ') } else { raw }
}

/// As it is written in a policy file.
impl std::fmt::Display for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mask::Keep { first, last, pad } if pad == "*" => write!(f, "keep({first}, {last})"),
            Mask::Keep { first, last, pad } => write!(f, "keep({first}, {last}, '{pad}')"),
            Mask::Hide => f.write_str("hide()"),
            Mask::Constant(Datum::Text(text)) => write!(f, "constant('{}')", text.replace('\'', "''")),
            Mask::Constant(Datum::Int(value)) => write!(f, "constant({value})"),
            Mask::Constant(Datum::Numeric(digits)) => write!(f, "constant({digits})"),
            Mask::Constant(Datum::Bool(value)) => write!(f, "constant({value})"),
            Mask::Constant(_) => f.write_str("constant(..)"),
            Mask::Hash { key, .. } => write!(f, "hash('{key}')"),
            Mask::Token { domain, key, .. } if domain == key => write!(f, "token('{domain}')"),
            Mask::Token { domain, key, .. } => write!(f, "token('{domain}', '{key}')"),
            Mask::Fpe { domain, key, alphabet } => {
                let alphabet = match alphabet {
                    Alphabet::Digits => "digits",
                    Alphabet::Alnum => "alnum",
                };
                write!(f, "fpe('{domain}', '{key}', '{alphabet}')")
            }
            Mask::ShiftDays { key, days, .. } => write!(f, "shift_days('{key}', {days})"),
            Mask::CnIdCard => f.write_str("cn_id_card()"),
            Mask::CnMobile => f.write_str("cn_mobile()"),
            Mask::CnName => f.write_str("cn_name()"),
            Mask::BankCard => f.write_str("bank_card()"),
            Mask::Email => f.write_str("email()"),
            Mask::Address(level) => write!(f, "address({level})"),
            Mask::Uscc => f.write_str("uscc()"),
            Mask::Round(digits) => write!(f, "round({digits})"),
            Mask::Bucket(width) => write!(f, "bucket({width})"),
            Mask::DateTrunc { unit, .. } => write!(f, "date_trunc('{unit}')"),
        }
    }
}
