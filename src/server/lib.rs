//! The running server: the only room where the wire meets the engine.
//!
//! Invariant: no SQL logic here. A statement goes to `plan` or `system`, its decision to the audit, its rows to the
//! encoder; what this room adds is who asks, when, and how the answer travels.

pub mod audit;
pub mod commands;
pub mod config;
pub mod demo;
pub mod listener;
pub mod quota;
pub mod reload;
mod server;
pub mod session;
pub mod state;
pub mod tls;
mod turns;
pub mod users;

pub use server::{Running, Server, ServerError, run};
