//! What a decision comes to for one field, in a few words: for matrices, differences and lists of rights.
//!
//! Invariant: read from a [`Decision`] alone, so it says what is enforced. Left out: which of several grants shows which
//! row; a decision holds their union.

use crate::decision::{AppliedMask, Decision};
use crate::mask::Mask;
use crate::predicate::FieldIndex;

/// How a field shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldAccess<'d> {
    /// It does not exist for the principal.
    Hidden,
    /// The raw value.
    Clear,
    /// The masked value.
    Masked(&'d AppliedMask),
    /// Aggregates over groups of at least so many rows, and nothing else (governance G13).
    Totals(u64),
}

/// What a principal sees of one field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Access<'d> {
    /// How it shows, on the rows where it does.
    pub field: FieldAccess<'d>,
    /// False where rows are left out, or where the field is empty on some of those that are shown.
    pub every_row: bool,
}

/// What the decision on an entity says of one of its fields; `None` is an entity that does not exist.
pub fn access(decision: Option<&Decision>, field: FieldIndex) -> Access<'_> {
    let hidden = Access { field: FieldAccess::Hidden, every_row: false };
    let Some(decision) = decision else { return hidden };
    let Some(outcome) = decision.fields.get(field).filter(|outcome| outcome.visible) else { return hidden };
    let every_row = !is_filtered(decision) && outcome.covered_where.is_none();
    let field = match (outcome.aggregate_only, &outcome.mask) {
        (Some(least), _) => FieldAccess::Totals(least),
        (None, Some(mask)) => FieldAccess::Masked(mask),
        (None, None) => FieldAccess::Clear,
    };
    Access { field, every_row }
}

/// True where some rows may be left out.
pub fn is_filtered(decision: &Decision) -> bool {
    !decision.shows_every_row()
}

impl Access<'_> {
    /// One letter: `A` clear on every row, `F` clear on the rows of a rule, `M` masked on every row, `m` masked on the
    /// rows of a rule, `N` and `n` the same where what shows is NULL, `T` totals alone, `-` does not exist.
    pub fn letter(&self) -> char {
        match (self.field, self.every_row) {
            (FieldAccess::Hidden, _) => '-',
            (FieldAccess::Totals(_), _) => 'T',
            (FieldAccess::Masked(mask), true) if mask.mask == Mask::Hide => 'N',
            (FieldAccess::Masked(mask), false) if mask.mask == Mask::Hide => 'n',
            (FieldAccess::Clear, true) => 'A',
            (FieldAccess::Clear, false) => 'F',
            (FieldAccess::Masked(_), true) => 'M',
            (FieldAccess::Masked(_), false) => 'm',
        }
    }
}
