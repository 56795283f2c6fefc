//! placeholder

pub mod dialect;
pub mod sources;
