//! Arguments of EXECUTE as values of the parameters' types.
//!
//! Invariant: what must be computed is computed where planning is, in its turn and within the statement's time, never on
//! the threads that serve connections.

use std::sync::Arc;

use sluice_base::{Datum, SqlType, TimeZone};
use sluice_plan::Argument;

use super::error::{Fault, SessionError};
use super::parameter;
use super::work::Asking;

/// The arguments in these types; `asking` computes those that are no literals.
///
/// # Errors
/// Of a literal that is no such value, and of whatever a computation meets.
pub(super) fn bound(
    types: &[SqlType],
    args: &[Argument],
    asking: Option<&Asking>,
    zone: &TimeZone,
) -> Result<Arc<[(SqlType, Datum)]>, Fault> {
    let value = |(index, (sql_type, arg)): (usize, (&SqlType, &Argument))| {
        let value = match (arg, asking) {
            (Argument::Computed(query), Some(asking)) => asking.value(query, sql_type)?,
            (Argument::Computed(_), None) => {
                return Err(SessionError::Internal("an argument that nobody computes".into()).into());
            }
            (Argument::Literal(literal), _) => {
                let fault = || SessionError::ParameterValue { number: index + 1, type_name: sql_type.sql_name() };
                parameter::coerce(literal, sql_type, zone).ok_or_else(fault)?
            }
        };
        Ok((sql_type.clone(), value))
    };
    types.iter().zip(args).enumerate().map(value).collect()
}
