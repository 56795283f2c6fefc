//! What every room stands on: SQLSTATE codes, the shape of an error a client may see, SQL types and values,
//! and the limits of the server. Imports no other room.
//!
//! Invariant: a five-letter SQLSTATE literal stands in `sqlstate.rs` and nowhere else.

mod array;
mod civil;
mod encoding;
mod error;
mod format;
mod forms;
mod limits;
mod persons;
mod sqlstate;
mod timezone;
mod types;
mod value;

pub use array::put_array_item;
pub use civil::Civil;
pub use encoding::{Encoding, EncodingFault, Lacking};
pub use error::{Bilingual, ClientError, Language, ToClient};
pub use format::Format;
pub use forms::Forms;
pub use limits::Limits;
pub use persons::Persons;
pub use sqlstate::SqlState;
pub use timezone::TimeZone;
pub use types::{Column, SqlType};
pub use value::{Datum, Interval, Table};
