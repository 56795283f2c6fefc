//! What a decision comes to for one field, in a few words: for matrices, differences and lists of rights.
//!
//! Invariant: read from a [`Decision`] alone, so it says what is enforced. Left out: which of several grants shows which
//! row; a decision holds their union.

use crate::decision::{AppliedMask, Decision};
use crate::predicate::{FieldIndex, Predicate};

/// How a field shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldAccess<'d> {
    /// It does not exist for the principal.
    Hidden,
    /// The raw value.
    Clear,
    /// The masked value.
    Masked(&'d AppliedMask),
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
    let field = outcome.mask.as_ref().map_or(FieldAccess::Clear, FieldAccess::Masked);
    Access { field, every_row }
}

/// True where some rows may be left out.
pub fn is_filtered(decision: &Decision) -> bool {
    decision.rows != Predicate::TRUE
}

impl Access<'_> {
    /// One letter: `A` clear on every row, `F` clear on the rows of a rule, `M` masked on every row, `m` masked on the
    /// rows of a rule, `-` does not exist.
    pub fn letter(&self) -> char {
        match (self.field, self.every_row) {
            (FieldAccess::Hidden, _) => '-',
            (FieldAccess::Clear, true) => 'A',
            (FieldAccess::Clear, false) => 'F',
            (FieldAccess::Masked(_), true) => 'M',
            (FieldAccess::Masked(_), false) => 'm',
        }
    }
}
