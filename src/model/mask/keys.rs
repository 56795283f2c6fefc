//! Keys of keyed masks, by name; the only place of this room that holds a secret.
//!
//! Invariant: a key is never printed, compared or listed with its value.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Shortest key that is accepted, bytes.
const KEY_BYTES_MIN: usize = 16;

/// Named secrets. A mask whose key is absent hides its values.
#[derive(Clone, Default)]
pub struct MaskKeys {
    keys: BTreeMap<String, Hmac<Sha256>>,
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
                self.keys.insert(name.into(), keyed);
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
        let Some(keyed) = self.keys.get(name) else { return false };
        let mut mac = keyed.clone();
        mac.update(raw.as_bytes());
        for byte in mac.finalize().into_bytes() {
            // Writing into a String cannot fail.
            let _ = write!(out, "{byte:02x}");
        }
        true
    }
}
