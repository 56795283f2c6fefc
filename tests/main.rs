//! The one integration-test binary: Sluice as built, between real clients and real sources.
//!
//! `support` starts servers and speaks the protocol, `checks` holds one check function per kind of text case and the
//! tests that no text case can express. Cases are text: `policy/`, `wire/`, `federation/`, `attack/`; `UPDATE=1`
//! rewrites their expected half, `CASE=words` runs only the cases whose name contains the words.

mod checks;
mod support;
