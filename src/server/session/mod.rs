//! One client's session.

pub mod settings;
pub mod transaction;
