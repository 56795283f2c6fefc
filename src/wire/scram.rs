//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, 7677, 5929), server side, as PostgreSQL speaks them.
//!
//! Invariants: only verifiers are kept, never passwords; a failed exchange costs the same work and gives the same
//! answer whether the user exists or not; secrets are compared in constant time and kept out of `Debug`.
//! The user name inside the SCRAM message is ignored, as PostgreSQL does: the startup packet's counts.

use crate::WireError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::{Digest, Sha256};
use std::sync::OnceLock;
use subtle::ConstantTimeEq;

/// Iterations of PostgreSQL's own verifiers, and of the made-up ones for unknown users: verifiers with another count
/// tell that their user exists.
pub const SCRAM_ITERATIONS: u32 = 4096;

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 18;
const PLAIN: &str = "SCRAM-SHA-256";
const PLUS: &str = "SCRAM-SHA-256-PLUS";

type Key = [u8; 32];

/// What a server needs to check a password without knowing it.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramVerifier {
    iterations: u32,
    salt: Vec<u8>,
    stored_key: Key,
    server_key: Key,
}

impl ScramVerifier {
    /// Reads PostgreSQL's form, `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`; `None` if it is not that.
    pub fn parse(text: &str) -> Option<ScramVerifier> {
        let (iterations, rest) = text.strip_prefix("SCRAM-SHA-256$")?.split_once(':')?;
        let (salt, keys) = rest.split_once('$')?;
        let (stored, server) = keys.split_once(':')?;
        let key = |text: &str| STANDARD.decode(text).ok().and_then(|bytes| Key::try_from(bytes).ok());
        let iterations = iterations.parse().ok().filter(|count| *count > 0)?;
        let salt = STANDARD.decode(salt).ok().filter(|salt| !salt.is_empty())?;
        Some(ScramVerifier { iterations, salt, stored_key: key(stored)?, server_key: key(server)? })
    }

    /// The verifier of a password with a given salt.
    pub fn of_password(password: &str, salt: &[u8], iterations: u32) -> ScramVerifier {
        // As PostgreSQL does: a password that SASLprep refuses is taken as it is.
        let prepared = stringprep::saslprep(password).unwrap_or(password.into());
        let mut salted = Key::default();
        pbkdf2::pbkdf2_hmac::<Sha256>(prepared.as_bytes(), salt, iterations, &mut salted);
        ScramVerifier {
            iterations,
            salt: salt.to_vec(),
            stored_key: Sha256::digest(mac(&salted, &[b"Client Key"])).into(),
            server_key: mac(&salted, &[b"Server Key"]),
        }
    }

    /// A verifier of a password with a random salt and PostgreSQL's iterations.
    pub fn generate(password: &str) -> ScramVerifier {
        let mut salt = [0; SALT_BYTES];
        rand::rng().fill_bytes(&mut salt);
        ScramVerifier::of_password(password, &salt, SCRAM_ITERATIONS)
    }

    /// PostgreSQL's form, to keep in a file. Not `Display`, so that it does not slip into a log.
    pub fn to_text(&self) -> String {
        format!(
            "{PLAIN}${}:{}${}:{}",
            self.iterations,
            STANDARD.encode(&self.salt),
            STANDARD.encode(self.stored_key),
            STANDARD.encode(self.server_key)
        )
    }

    /// What stands in for the verifier of a user who does not exist: always the same for one name, so that asking
    /// twice tells nothing, and known to nobody, as it hangs on a secret of this process.
    fn made_up(user: &str) -> ScramVerifier {
        static SECRET: OnceLock<Key> = OnceLock::new();
        let secret = SECRET.get_or_init(|| {
            let mut secret = Key::default();
            rand::rng().fill_bytes(&mut secret);
            secret
        });
        let part = |label: &[u8]| mac(secret, &[label, user.as_bytes()]);
        ScramVerifier {
            iterations: SCRAM_ITERATIONS,
            salt: part(b"salt:")[..SALT_BYTES].to_vec(),
            stored_key: part(b"stored:"),
            server_key: part(b"server:"),
        }
    }
}

impl std::fmt::Debug for ScramVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScramVerifier").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// One exchange: choose, challenge, verify, in this order.
pub(crate) struct Exchange {
    user: String,
    verifier: ScramVerifier,
    /// False for an unknown user: the exchange then fails whatever the proof.
    known: bool,
    /// `tls-server-end-point` data; `None` without TLS.
    binding: Option<Vec<u8>>,
    plus: bool,
    gs2_header: String,
    first_bare: String,
    server_first: String,
    nonce: String,
}

impl Exchange {
    pub(crate) fn new(user: &str, verifier: Option<&ScramVerifier>, binding: Option<Vec<u8>>) -> Exchange {
        let made_up = ScramVerifier::made_up(user);
        Exchange {
            user: user.to_string(),
            known: verifier.is_some(),
            verifier: verifier.cloned().unwrap_or(made_up),
            binding,
            plus: false,
            gs2_header: String::new(),
            first_bare: String::new(),
            server_first: String::new(),
            nonce: String::new(),
        }
    }

    /// Mechanisms to offer.
    pub(crate) fn mechanisms(&self) -> &'static [&'static str] {
        if self.binding.is_some() { &[PLUS, PLAIN] } else { &[PLAIN] }
    }

    /// Takes the client's choice.
    pub(crate) fn choose(&mut self, mechanism: &str) -> Result<(), WireError> {
        if !self.mechanisms().contains(&mechanism) {
            return Err(WireError::SaslMechanism);
        }
        self.plus = mechanism == PLUS;
        Ok(())
    }

    /// Reads client-first-message, makes server-first-message.
    pub(crate) fn challenge(&mut self, message: &[u8]) -> Result<String, WireError> {
        let text = std::str::from_utf8(message).map_err(|_| WireError::Sasl)?;
        let mut parts = text.splitn(3, ',');
        let (Some(flag), Some(authzid), Some(bare)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(WireError::Sasl);
        };
        match (flag, self.plus) {
            ("p=tls-server-end-point", true) | ("n", false) => {}
            // "The client supports binding but thinks the server does not": somebody took -PLUS out of our offer.
            ("y", false) if self.binding.is_none() => {}
            ("y" | "n", _) => return Err(WireError::ChannelBinding),
            (other, _) if other.starts_with("p=") => return Err(WireError::ChannelBinding),
            _ => return Err(WireError::Sasl),
        }
        if !authzid.is_empty() {
            return Err(WireError::Sasl);
        }
        let mut attributes = bare.split(',');
        attributes.next().filter(|user| user.starts_with("n=")).ok_or(WireError::Sasl)?;
        let client = attributes.next().and_then(|nonce| nonce.strip_prefix("r=")).ok_or(WireError::Sasl)?;
        if client.is_empty() || !client.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(WireError::Sasl);
        }
        let mut random = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut random);
        self.gs2_header = format!("{flag},,");
        self.first_bare = bare.to_string();
        self.nonce = format!("{client}{}", STANDARD.encode(random));
        self.server_first =
            format!("r={},s={},i={}", self.nonce, STANDARD.encode(&self.verifier.salt), self.verifier.iterations);
        Ok(self.server_first.clone())
    }

    /// Reads client-final-message; makes server-final-message if the proof is right.
    pub(crate) fn verify(&self, message: &[u8]) -> Result<String, WireError> {
        let text = std::str::from_utf8(message).map_err(|_| WireError::Sasl)?;
        let (unproven, proof) = text.rsplit_once(",p=").ok_or(WireError::Sasl)?;
        let proof = STANDARD.decode(proof).ok().and_then(|proof| Key::try_from(proof).ok()).ok_or(WireError::Sasl)?;
        let mut attributes = unproven.split(',');
        let channel = attributes.next().and_then(|c| c.strip_prefix("c=")).ok_or(WireError::Sasl)?;
        let nonce = attributes.next().and_then(|r| r.strip_prefix("r=")).ok_or(WireError::Sasl)?;
        if !bool::from(channel.as_bytes().ct_eq(self.channel().as_bytes())) {
            return Err(WireError::ChannelBinding);
        }
        let same_nonce = nonce.as_bytes().ct_eq(self.nonce.as_bytes());

        let message: [&[u8]; 5] =
            [self.first_bare.as_bytes(), b",", self.server_first.as_bytes(), b",", unproven.as_bytes()];
        let signature = mac(&self.verifier.stored_key, &message);
        let mut client_key = proof;
        client_key.iter_mut().zip(signature).for_each(|(key, mask)| *key ^= mask);
        let same_key = Sha256::digest(client_key).as_slice().ct_eq(self.verifier.stored_key.as_slice());
        let server_signature = mac(&self.verifier.server_key, &message);
        if self.known & bool::from(same_nonce & same_key) {
            Ok(format!("v={}", STANDARD.encode(server_signature)))
        } else {
            Err(WireError::PasswordFailed { user: self.user.clone() })
        }
    }

    /// What the client must show as `c=`: its own header and, with -PLUS, our certificate's hash.
    fn channel(&self) -> String {
        let mut data = self.gs2_header.clone().into_bytes();
        if self.plus {
            data.extend_from_slice(self.binding.as_deref().unwrap_or_default());
        }
        STANDARD.encode(data)
    }
}

/// HMAC over the parts in turn. The key is padded to the hash's block, as HMAC itself would do.
fn mac(key: &Key, parts: &[&[u8]]) -> Key {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}
