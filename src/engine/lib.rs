//! From an admitted plan to rows: real sources attached, what they can do pushed to them, the rest run by DataFusion.
//!
//! Invariants: [`Engine::federate`] takes nothing but an admitted, governed plan; each governed scan is found again
//! under its own fingerprint after optimization and in the physical plan; nothing of DataFusion is re-exported, so a
//! plan taken apart elsewhere cannot be run.
//!
//! A governed plan that was not admitted does not compile:
//! ```
//! use sluice_engine::{Engine, EngineError, Federated};
//! use sluice_model::audit::Admitted;
//! use sluice_plan::Governed;
//! fn run(e: &Engine, s: &sluice_model::Snapshot, plan: Admitted<Governed>) -> Result<Federated, EngineError> {
//!     e.federate(plan, s)
//! }
//! ```
//! ```compile_fail
//! use sluice_engine::{Engine, EngineError, Federated};
//! use sluice_plan::Governed;
//! fn run(e: &Engine, s: &sluice_model::Snapshot, plan: Governed) -> Result<Federated, EngineError> {
//!     e.federate(plan, s)
//! }
//! ```

pub mod dialect;
pub mod encode;
mod error;
mod execute;
mod federate;
mod functions;
mod share;
pub mod sources;

pub use encode::RowBlock;
pub use error::EngineError;
pub use execute::{Engine, RowStream};
pub use federate::Federated;
