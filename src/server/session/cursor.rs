//! SQL cursors: how far FETCH and MOVE go, and where they leave the cursor.
//!
//! Invariant: positions count as in PostgreSQL: 0 is before the first row, n is on row n, and there is a place behind
//! the last row. Left out: cursors that move backward over rows they did not keep.

use sluice_base::Format;
use sluice_model::audit::{Outcome, Trail};
use sluice_plan::FetchCount;
use sluice_wire::{Backend, Formats};

use super::Session;
use super::error::{Fault, SessionError};
use super::io::Io;
use super::portal::Run;
use super::rows::{Out, Rows, Sent};
use super::simple::tag;

/// One movement of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Rows after the current one.
    Forward(u64),
    /// Rows before the current one, the nearest first.
    Back(u64),
    /// The current row again.
    Again,
    /// To this row and show it; 0 is before the first.
    To(u64),
    /// To this row counted from the last one (1 is the last).
    FromEnd(u64),
    /// Back so many rows and show that one alone.
    BackTo(u64),
    /// On so many rows and show that one alone.
    OnTo(u64),
}

/// The movement that a count of FETCH or MOVE means.
pub fn motion(count: FetchCount) -> Motion {
    match count {
        FetchCount::Forward(0) | FetchCount::Backward(0) | FetchCount::Relative(0) => Motion::Again,
        FetchCount::Forward(rows) => Motion::Forward(rows),
        FetchCount::ForwardAll => Motion::Forward(u64::MAX),
        FetchCount::Backward(rows) => Motion::Back(rows),
        FetchCount::BackwardAll => Motion::Back(u64::MAX),
        FetchCount::Absolute(row) if row >= 0 => Motion::To(row.unsigned_abs()),
        FetchCount::Absolute(row) => Motion::FromEnd(row.unsigned_abs()),
        FetchCount::Relative(by) if by > 0 => Motion::OnTo(by.unsigned_abs()),
        FetchCount::Relative(by) => Motion::BackTo(by.unsigned_abs()),
        FetchCount::Last => Motion::FromEnd(1),
    }
}

/// What the client gets to see of a movement.
#[derive(Debug, Clone)]
pub enum Shown {
    /// Nothing: MOVE.
    Nothing,
    /// A RowDescription and rows in the cursor's own format: the simple protocol.
    Described,
    /// Rows in these formats: the extended protocol.
    In(Formats),
}

impl Session {
    /// Carries FETCH or MOVE out. Returns the tag.
    pub(super) async fn fetch(
        &mut self,
        name: &str,
        motion: Motion,
        shown: Shown,
        trail: Trail,
    ) -> Result<String, Fault> {
        let word = if matches!(shown, Shown::Nothing) { "MOVE" } else { "FETCH" };
        match self.move_cursor(name, motion, shown).await {
            Ok(sent) => {
                trail.finish(Outcome::Done);
                Ok(tag(word, sent.rows))
            }
            Err(fault) => {
                trail.finish(fault.outcome());
                Err(fault)
            }
        }
    }

    /// Moves a cursor and sends what the movement shows. A cursor that fails is gone: what it had fetched when it
    /// failed is not known.
    pub(super) async fn move_cursor(&mut self, name: &str, motion: Motion, shown: Shown) -> Result<Sent, Fault> {
        let mut portal = self.names.take(name).map_err(|_| SessionError::NoCursor(name.to_string()))?;
        if let Run::Rows { mut rows, word } = portal.run {
            if let Err(fault) = rows.resume(&mut self.io).await {
                return Err(rows.fail(fault));
            }
            portal.run = Run::Rows { rows, word };
        }
        let binary = portal.cursor.is_some_and(|cursor| cursor.binary);
        let columns = portal.told.clone().unwrap_or_default();
        let formats = match &shown {
            Shown::In(formats) => formats.expand(columns.len()).map_err(Fault::of),
            Shown::Nothing | Shown::Described => {
                Ok(vec![if binary { Format::Binary } else { Format::Text }; columns.len()])
            }
        };
        let formats = match formats {
            Ok(formats) => formats,
            Err(fault) => {
                self.names.put_back(name, portal);
                return Err(fault);
            }
        };
        if matches!(shown, Shown::Described) {
            let described = Backend::RowDescription { columns: &columns, formats: &formats };
            if let Err(error) = self.io.conn().try_queue(described) {
                self.names.put_back(name, portal);
                return Err(Fault::of(error));
            }
        }
        let Run::Rows { mut rows, word } = portal.run else {
            // A portal of the protocol that has not run, or has run to its end, has no rows to move over.
            self.names.put_back(name, portal);
            return Ok(Sent { rows: 0, ended: true });
        };
        let out = match shown {
            Shown::Nothing => Ok(Out::Nowhere),
            Shown::Described | Shown::In(_) => {
                Out::rows(&columns, &formats, &self.encode_settings(), self.io.conn().encoding())
            }
        };
        let outcome = match out {
            Ok(mut out) => advance(&mut rows, &mut self.io, &mut out, motion, name).await,
            Err(fault) => Err(fault),
        };
        match outcome {
            Ok(sent) => {
                portal.run = Run::Rows { rows, word };
                self.names.put_back(name, portal);
                Ok(sent)
            }
            Err(fault) => Err(rows.fail(fault)),
        }
    }
}

/// Moves a cursor and sends the rows that the movement shows.
async fn advance(rows: &mut Rows, io: &mut Io, out: &mut Out, motion: Motion, name: &str) -> Result<Sent, Fault> {
    let mut nowhere = Out::Nowhere;
    match motion {
        Motion::Forward(count) => rows.send(io, out, count).await,
        Motion::Back(count) => rows.send_back(io, out, count, name).await,
        Motion::Again => rows.send_current(io, out, name).await,
        Motion::OnTo(by) => {
            let skipped = rows.send(io, &mut nowhere, by - 1).await?;
            if skipped.ended { Ok(Sent { rows: 0, ended: true }) } else { rows.send(io, out, 1).await }
        }
        Motion::BackTo(by) => {
            let skipped = rows.send_back(io, &mut nowhere, by - 1, name).await?;
            if skipped.ended { Ok(Sent { rows: 0, ended: true }) } else { rows.send_back(io, out, 1, name).await }
        }
        Motion::To(0) => {
            rows.rewind(name)?;
            Ok(Sent { rows: 0, ended: false })
        }
        Motion::To(row) => to(rows, io, out, row, name).await,
        Motion::FromEnd(back) => {
            rows.send(io, &mut nowhere, u64::MAX).await?;
            // The cursor stands behind the last row now; its position is the number of rows.
            match rows.position().checked_sub(back) {
                Some(before) => to(rows, io, out, before + 1, name).await,
                None => {
                    rows.rewind(name)?;
                    Ok(Sent { rows: 0, ended: true })
                }
            }
        }
    }
}

/// To a row counted from the first, which is shown.
async fn to(rows: &mut Rows, io: &mut Io, out: &mut Out, row: u64, name: &str) -> Result<Sent, Fault> {
    let mut nowhere = Out::Nowhere;
    let here = rows.position();
    if !rows.is_beyond() && row > here {
        let skipped = rows.send(io, &mut nowhere, row - here - 1).await?;
        return if skipped.ended { Ok(Sent { rows: 0, ended: true }) } else { rows.send(io, out, 1).await };
    }
    if rows.is_beyond() && row > here {
        return Ok(Sent { rows: 0, ended: true });
    }
    // `send_back` shows the row before the current one; behind the end, that is the last row.
    let current = if rows.is_beyond() { here + 1 } else { here };
    if row == current {
        return rows.send_current(io, out, name).await;
    }
    let skipped = rows.send_back(io, &mut nowhere, current - row - 1, name).await?;
    if skipped.ended { Ok(Sent { rows: 0, ended: true }) } else { rows.send_back(io, out, 1, name).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_mean_movements() {
        let cases = [
            (FetchCount::Forward(1), Motion::Forward(1)),
            (FetchCount::Forward(0), Motion::Again),
            (FetchCount::ForwardAll, Motion::Forward(u64::MAX)),
            (FetchCount::Backward(3), Motion::Back(3)),
            (FetchCount::Absolute(0), Motion::To(0)),
            (FetchCount::Absolute(4), Motion::To(4)),
            (FetchCount::Absolute(-2), Motion::FromEnd(2)),
            (FetchCount::Absolute(i64::MIN), Motion::FromEnd(1 << 63)),
            (FetchCount::Relative(2), Motion::OnTo(2)),
            (FetchCount::Relative(-2), Motion::BackTo(2)),
            (FetchCount::Relative(0), Motion::Again),
            (FetchCount::Last, Motion::FromEnd(1)),
        ];
        for (count, expected) in cases {
            assert_eq!(motion(count), expected, "{count:?}");
        }
    }
}
