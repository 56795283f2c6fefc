//! The wire: PostgreSQL's protocol to every client. Frames, messages, startup, TLS, SCRAM, cancel keys, encodings and the
//! decoding of parameters; no SQL knowledge and no import but `base`.
//!
//! Invariants: no byte sequence makes this room panic, hang or take unbounded memory; nothing received before the
//! TLS handshake is believed after it; nothing but SCRAM answers reaches the decoder before authentication.
//!
//! Left out on purpose: sessions, portals and statements (`server`), the encoding of rows (`engine::encode`, which
//! appends to [`Connection::buffer`]). Client certificates, LDAP and GSSAPI log-ins do not exist yet.

mod accept;
mod authenticate;
mod backend;
mod cancel;
mod connection;
mod encoding;
mod error;
mod formats;
mod frontend;
mod parameter;
mod scram;
mod socket;
mod startup;
mod tls;

#[cfg(test)]
mod tests;

pub use accept::{AcceptOptions, Accepted, CancelRequest, accept};
pub use backend::{Backend, Severity, TransactionStatus};
pub use cancel::CancelKey;
pub use connection::Connection;
pub use encoding::{RowLayout, decode_parameter_from};
pub use error::{ParameterFault, WireError};
pub use formats::Formats;
pub use frontend::{Bind, Frontend, Target};
pub use parameter::{decode_parameter, decode_parameter_in};
pub use scram::{SCRAM_ITERATIONS, ScramVerifier};
pub use sluice_base::Format;
pub use startup::{Protocol, Startup};
pub use tls::ALPN;
