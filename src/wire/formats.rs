//! Lists of format codes, as Bind carries them for parameters and for result columns.

use crate::WireError;
use sluice_base::Format;

/// A list of formats that may be short: none means text for all, one counts for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Formats(Vec<Format>);

impl Formats {
    /// Reads format codes; a code other than 0 and 1 is refused.
    pub fn of_codes(codes: impl IntoIterator<Item = i16>) -> Result<Formats, WireError> {
        let read = |code| Format::of_code(code).ok_or(WireError::FormatCode(code));
        codes.into_iter().map(read).collect::<Result<Vec<_>, _>>().map(Formats)
    }

    /// One format for each of `values` values. A list of another length than 0, 1 and `values` is refused.
    pub fn expand(&self, values: usize) -> Result<Vec<Format>, WireError> {
        match self.0.as_slice() {
            [] => Ok(vec![Format::Text; values]),
            [one] => Ok(vec![*one; values]),
            all if all.len() == values => Ok(all.to_vec()),
            all => Err(WireError::FormatCount { given: all.len(), values }),
        }
    }

    /// The formats as given.
    pub fn given(&self) -> &[Format] {
        &self.0
    }
}
