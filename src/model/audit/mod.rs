//! What is written down about every statement and session, and the types that make the writing unavoidable.
//!
//! Invariant: **no record, no rows.** An [`Admitted`] exists only after its decision was acknowledged by the [`Sink`];
//! everything that can produce rows takes an `Admitted`. A [`Trail`] that nobody closes closes itself as `abandoned`.
//!
//! Left out on purpose: where records are kept. This room does no IO; the server brings the sink, and with it the clock.
//!
//! Only [`Trail::admit`] makes an [`Admitted`]:
//!
//! ```
//! use sluice_base::{ClientError, Table};
//! use sluice_model::audit::{Admitted, Trail};
//!
//! async fn admitted(trail: Trail, answer: Table) -> Result<Admitted<Table>, ClientError> {
//!     trail.admit(answer).await
//! }
//! ```
//!
//! Leaving the admission out does not compile, because the fields are private and there is no other constructor:
//!
//! ```compile_fail,E0451
//! use sluice_base::{ClientError, Table};
//! use sluice_model::audit::{Admitted, Trail};
//!
//! async fn admitted(trail: Trail, answer: Table) -> Result<Admitted<Table>, ClientError> {
//!     Ok(Admitted { what: answer, trail })
//! }
//! ```

mod decided;
mod record;
mod sink;
mod trail;

pub use decided::{Auditable, Decided, DecidedRelation, Lookup, ShadowOf};
pub use record::{Asked, Closed, Event, Opened, Record, SessionInfo, SourceCall, Taken};
pub use sink::{AuditError, Pending, Sink, system_micros};
pub use trail::{Admitted, Outcome, Trail};
