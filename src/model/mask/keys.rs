//! Keys of keyed masks, by name; the only place of this room that holds a secret.
//!
//! Invariant: a key is never printed, compared or listed with its value. Each use of a key derives from it under a
//! label of its own, so that a token says nothing about a hash or an encrypted number under the same key.
//!
//! A key is changed by giving its name another secret, or by naming another key in the rule. Every token begins with
//! the id of its key, which follows from the secret: tokens of the old and of the new key are told apart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Shortest key that is accepted, bytes.
const KEY_BYTES_MIN: usize = 16;
/// Characters of a key's id in a token.
const ID_CHARS: usize = 4;
/// Characters of a token: id, a dot, 130 bits.
pub(super) const TOKEN_CHARS: u32 = 31;
/// Lower-case letters and digits without those that are mistaken for each other.
const BASE32: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

#[derive(Clone)]
struct Key {
    keyed: Hmac<Sha256>,
    id: String,
}

/// Named secrets. A mask whose key is absent hides its values.
#[derive(Clone, Default)]
pub struct MaskKeys {
    keys: BTreeMap<String, Key>,
}

impl std::fmt::Debug for MaskKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

impl MaskKeys {
    /// No keys.
    pub fn new() -> MaskKeys {
        MaskKeys::default()
    }

    /// Adds a key. False, and nothing added, where the secret is shorter than 16 bytes.
    pub fn insert(&mut self, name: impl Into<String>, secret: &[u8]) -> bool {
        if secret.len() < KEY_BYTES_MIN {
            return false;
        }
        match Hmac::<Sha256>::new_from_slice(secret) {
            Ok(keyed) => {
                let mut id = String::new();
                base32(&digest(&keyed, "sluice key id", &[]), ID_CHARS, &mut id);
                self.keys.insert(name.into(), Key { keyed, id });
                true
            }
            Err(_) => false,
        }
    }

    /// True where a key of this name is known.
    pub fn contains(&self, name: &str) -> bool {
        self.keys.contains_key(name)
    }

    /// Names of the known keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Appends HMAC-SHA-256 of the text, 64 hex digits. False where the key is not known.
    pub(super) fn hash(&self, name: &str, raw: &str, out: &mut String) -> bool {
        let Some(key) = self.keys.get(name) else { return false };
        let mut mac = key.keyed.clone();
        mac.update(raw.as_bytes());
        for byte in mac.finalize().into_bytes() {
            // Writing into a String cannot fail.
            let _ = write!(out, "{byte:02x}");
        }
        true
    }

    /// Appends the token of a text in a domain. False where the key is not known.
    pub(super) fn token(&self, name: &str, domain: &str, raw: &str, out: &mut String) -> bool {
        let Some(key) = self.keys.get(name) else { return false };
        out.push_str(&key.id);
        out.push('.');
        let digest = digest(&key.keyed, "sluice token", &[domain.as_bytes(), raw.as_bytes()]);
        base32(&digest, TOKEN_CHARS as usize - ID_CHARS - 1, out);
        true
    }

    /// A key for encryption in a domain.
    pub(super) fn encryption(&self, name: &str, domain: &str) -> Option<[u8; 32]> {
        self.keys.get(name).map(|key| digest(&key.keyed, "sluice fpe", &[domain.as_bytes()]))
    }

    /// A keyed number of days from -`most` to `most`, never 0, for a day.
    pub(super) fn days(&self, name: &str, day: i32, most: u32) -> Option<i32> {
        let digest = digest(&self.keys.get(name)?.keyed, "sluice shift", &[&day.to_be_bytes()]);
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        let drawn = i32::try_from(u64::from_be_bytes(number) % (2 * u64::from(most))).ok()?;
        let most = i32::try_from(most).ok()?;
        Some(if drawn < most { drawn - most } else { drawn - most + 1 })
    }
}

/// HMAC over a label and parts, each with its length before it: parts cannot run into each other.
fn digest(keyed: &Hmac<Sha256>, label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in std::iter::once(&label.as_bytes()).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The first `chars` groups of five bits.
fn base32(bytes: &[u8; 32], chars: usize, out: &mut String) {
    for group in 0..chars {
        let bit = |n: usize| bytes[n / 8] >> (7 - n % 8) & 1;
        let index = (0..5).fold(0, |index, n| index << 1 | bit(group * 5 + n));
        out.push(char::from(BASE32[usize::from(index)]));
    }
}
