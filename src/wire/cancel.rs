//! Cancel keys: what BackendKeyData hands out and a cancel request must show.

use crate::Protocol;
use rand::RngCore;
use subtle::ConstantTimeEq;

/// Bytes of a key under protocol 3.2.
const LONG_BYTES: usize = 32;
/// Bytes of a key under protocol 3.0.
const SHORT_BYTES: usize = 4;

/// The pair of session number and secret that allows to cancel what that session runs.
#[derive(Clone)]
pub struct CancelKey {
    pid: i32,
    secret: Vec<u8>,
}

impl CancelKey {
    /// A new key: 4 random bytes under protocol 3.0, 32 under 3.2.
    pub fn random(pid: i32, protocol: Protocol) -> CancelKey {
        let mut secret = vec![0; if protocol.has_long_keys() { LONG_BYTES } else { SHORT_BYTES }];
        rand::rng().fill_bytes(&mut secret);
        CancelKey { pid, secret }
    }

    /// A key as a cancel request shows it.
    pub(crate) fn shown(pid: i32, secret: &[u8]) -> CancelKey {
        CancelKey { pid, secret: secret.to_vec() }
    }

    /// The session's number, not a secret.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// The secret, for BackendKeyData alone.
    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// True when both are the same key. Takes the same time wherever the secrets differ.
    pub fn matches(&self, other: &CancelKey) -> bool {
        self.pid == other.pid && bool::from(self.secret.as_slice().ct_eq(other.secret.as_slice()))
    }
}

/// The secret stays out of logs.
impl std::fmt::Debug for CancelKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelKey").field("pid", &self.pid).finish_non_exhaustive()
    }
}
