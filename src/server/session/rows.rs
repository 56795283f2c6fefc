//! Rows on their way to the client: out of the engine's blocks, through an encoder, into the connection's buffer.
//!
//! Invariants: at most one block is held besides what a scrollable cursor keeps within its bound; rows leave as soon
//! as the next ones are not ready at once; a slow reader holds the source back; none leaves under a decision that no
//! longer stands.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use sluice_base::{Column, Encoding, Format};
use sluice_engine::encode::{CopyEncoder, EncodeSettings, RowEncoder};
use sluice_engine::{RowBlock, RowStream};
use sluice_model::audit::Outcome;
use sluice_wire::RowLayout;

use super::error::{Fault, SessionError};
use super::held::{Charge, Ledger, of_rows};
use super::io::{BUFFER_BYTES, Io};
use super::standing::Standing;
use crate::quota::Meter;

/// How long rows that are ready wait for company before they leave.
const GATHER: Duration = Duration::from_millis(2);
/// Bytes that a scrollable cursor keeps for the way back.
const SCROLL_BYTES_MAX: usize = 32 << 20;
/// What an open cursor holds at least, and how many blocks as large as the one at hand: two wait behind it.
const OPEN_BYTES: usize = 64 << 10;
const BLOCKS: usize = 3;

/// Bytes that a cursor keeps that is neither SCROLL nor NO SCROLL: a step back goes as far as it does at no cost.
const NEAR_BYTES_MAX: usize = 1 << 20;

/// Which way back a result has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// None.
    Never,
    /// Over the rows that are at hand anyway, and a few more.
    Near,
    /// Over all that a scrollable cursor keeps.
    Far,
}

impl Back {
    fn bytes_max(self) -> usize {
        match self {
            Back::Never => 0,
            Back::Near => NEAR_BYTES_MAX,
            Back::Far => SCROLL_BYTES_MAX,
        }
    }

    /// Why a row cannot be had any more.
    fn gone(self, name: &str) -> SessionError {
        match self {
            Back::Never | Back::Near => SessionError::ForwardOnly(name.to_string()),
            Back::Far => SessionError::ScrolledOut(name.to_string()),
        }
    }
}

/// An open result and the place reached in it.
pub struct Rows {
    stream: RowStream,
    /// Whether the decision still stands.
    standing: Standing,
    /// Blocks at hand, each with the number of its first row (from 0).
    blocks: VecDeque<(u64, RowBlock)>,
    /// How much is kept of what was passed.
    back: Back,
    kept_bytes: usize,
    /// Rows fetched from the stream so far.
    fetched: u64,
    /// The stream has ended.
    ended: bool,
    /// Rows passed: the current row is the one before.
    passed: u64,
    /// The cursor stands behind the last row.
    beyond: bool,
    /// Most rows that the statement may return; 0 is no limit.
    rows_max: u64,
    /// Counts them against the person's limits, where they are rows of the bank.
    meter: Option<Box<Meter>>,
    /// The bytes of a finished answer.
    answer: Option<Charge>,
    /// The bytes at hand, where they stay between two messages.
    charge: Option<Charge>,
}

/// Where encoded rows go.
pub enum Out {
    /// As DataRow messages, converted where there is a layout.
    Rows(Box<RowEncoder>, Option<RowLayout>),
    /// As CopyData messages, likewise.
    Copy(Box<CopyEncoder>, Option<RowLayout>),
    /// Nowhere: MOVE.
    Nowhere,
}

impl Out {
    /// DataRow messages in the given formats, for a client of this encoding.
    pub fn rows(
        columns: &[Column],
        formats: &[Format],
        settings: &EncodeSettings,
        encoding: Encoding,
    ) -> Result<Out, Fault> {
        let encoder = RowEncoder::new(columns, formats, settings).map_err(Fault::of)?;
        Ok(Out::Rows(Box::new(encoder), RowLayout::of_rows(encoding, columns, formats)))
    }

    /// What stands before the rows.
    pub fn begin(&mut self, io: &mut Io) -> Result<(), Fault> {
        match self {
            Out::Copy(encoder, layout) => {
                let before = io.conn().buffer().len();
                encoder.header(io.conn().buffer()).map_err(Fault::of)?;
                convert(layout.as_ref(), io, before).map(|_| ())
            }
            Out::Rows(..) | Out::Nowhere => Ok(()),
        }
    }

    /// Rows of a block, until the buffer has enough to be sent. Gives the number of rows taken, at least one.
    fn put(&mut self, block: &RowBlock, from: usize, count: usize, io: &mut Io) -> Result<usize, Fault> {
        let buffer = io.conn().buffer();
        let before = buffer.len();
        let (taken, layout) = match self {
            Out::Rows(encoder, layout) => (encoder.data_rows_within(block, from, count, BUFFER_BYTES, buffer), layout),
            Out::Copy(encoder, layout) => (encoder.rows_within(block, from, count, BUFFER_BYTES, buffer), layout),
            Out::Nowhere => return Ok(count),
        };
        // What stands before a row at fault leaves too. A row that cannot be converted ends what is taken: it is met
        // again as the first one, and fails then.
        let converted = convert(layout.as_ref(), io, before);
        let taken = taken.map_err(Fault::of)?;
        Ok(converted?.unwrap_or(taken))
    }

    /// What stands behind the rows.
    pub fn end(&mut self, io: &mut Io) -> Result<(), Fault> {
        match self {
            Out::Copy(encoder, _) => encoder.finish(io.conn().buffer()).map_err(Fault::of),
            Out::Rows(..) | Out::Nowhere => Ok(()),
        }
    }
}

/// Puts the messages from `before` on into the client's encoding. Gives how many are left, where there is a layout.
fn convert(layout: Option<&RowLayout>, io: &mut Io, before: usize) -> Result<Option<usize>, Fault> {
    layout.map(|layout| layout.convert(io.conn().buffer(), before)).transpose().map_err(Fault::of)
}

/// What one sending came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Rows sent.
    pub rows: u64,
    /// There are no more.
    pub ended: bool,
}

impl Rows {
    /// Rows from their beginning.
    pub fn new(stream: RowStream, rows_max: u64, standing: Standing) -> Rows {
        Rows {
            stream,
            standing,
            blocks: VecDeque::new(),
            back: Back::Never,
            kept_bytes: 0,
            fetched: 0,
            ended: false,
            passed: 0,
            beyond: false,
            rows_max,
            meter: None,
            answer: None,
            charge: None,
        }
    }

    /// Counts its rows against a person's limits.
    pub fn metered(mut self, meter: Option<Meter>) -> Rows {
        self.meter = meter.map(Box::new);
        self
    }

    /// Rows of a finished answer, which holds these bytes.
    pub fn answered(mut self, answer: Option<Charge>) -> Rows {
        self.answer = answer;
        self
    }

    /// Rows that stay open between two messages: what is at hand counts as held by the session.
    pub fn held(mut self, ledger: &Ledger) -> Result<Rows, Fault> {
        if self.charge.is_none() {
            match ledger.take(OPEN_BYTES) {
                Ok(charge) => self.charge = Some(charge),
                Err(error) => return Err(self.fail(error.into())),
            }
        }
        match self.keep() {
            Ok(()) => Ok(self),
            Err(fault) => Err(self.fail(fault)),
        }
    }

    /// Counts what is at hand. Where that is too much, the way back gets shorter.
    fn keep(&mut self) -> Result<(), Fault> {
        let Some(charge) = &mut self.charge else { return Ok(()) };
        self.answer = None;
        loop {
            let waiting = match self.blocks.back() {
                Some((_, block @ RowBlock::Batch(_))) => weight(block).saturating_mul(BLOCKS - 1),
                _ => 0,
            };
            match charge.resize(OPEN_BYTES.max(self.kept_bytes.saturating_add(waiting))) {
                Ok(()) => return Ok(()),
                Err(error) if self.blocks.len() < 2 => return Err(error.into()),
                Err(_) => {}
            }
            if let Some((_, passed)) = self.blocks.pop_front() {
                self.kept_bytes = self.kept_bytes.saturating_sub(weight(&passed));
            }
        }
    }

    /// Keeps passed rows, within a bound.
    pub fn with_way_back(mut self, back: Back) -> Rows {
        self.back = back;
        self
    }

    /// Columns.
    pub fn columns(&self) -> &[Column] {
        self.stream.columns()
    }

    /// Rows passed.
    pub fn position(&self) -> u64 {
        self.passed
    }

    /// True behind the last row.
    pub fn is_beyond(&self) -> bool {
        self.beyond
    }

    /// Ends the statement's record.
    pub fn finish(self, outcome: Outcome) {
        self.stream.finish(outcome);
    }

    /// Ends the statement's record with a fault, which gets the statement's id where it is our own.
    pub fn fail(mut self, mut fault: Fault) -> Fault {
        if let Some(trail) = self.stream.trail() {
            fault.identify(trail.id());
            if let Some(cause) = fault.cause() {
                trail.note_cause(cause);
            }
        }
        self.stream.finish(fault.outcome());
        fault
    }

    /// More rows are asked for, at once or much later: the decision is made again where the snapshot is another.
    pub async fn resume(&mut self, io: &mut Io) -> Result<(), Fault> {
        self.standing.at_fetch(io).await
    }

    /// Sends up to `max` rows from here on.
    pub async fn send(&mut self, io: &mut Io, out: &mut Out, max: u64) -> Result<Sent, Fault> {
        let mut sent = 0;
        while sent < max {
            self.standing.at_rows(io).await?;
            if !self.load(io).await? {
                self.beyond = true;
                return Ok(Sent { rows: sent, ended: true });
            }
            let (first, block) = self.at(self.passed)?;
            let from = (self.passed - first) as usize;
            let left = usize::try_from((max - sent).min(self.allowed()?)).unwrap_or(usize::MAX);
            let before = io.conn().buffer().len();
            let count = out.put(block, from, (block.rows() - from).min(left), io)?;
            if !matches!(out, Out::Nowhere) {
                self.count(io, before, count as u64).await?;
            }
            self.passed += count as u64;
            sent += count as u64;
            io.relieve().await?;
        }
        Ok(Sent { rows: sent, ended: false })
    }

    /// Rows that may still be passed; an error where there are more than the statement may return.
    fn allowed(&self) -> Result<u64, Fault> {
        let left = match self.rows_max {
            0 => u64::MAX,
            max if self.passed < max => max - self.passed,
            max => return Err(SessionError::TooManyRows(max).into()),
        };
        match &self.meter {
            Some(meter) => Ok(left.min(meter.rows_left(self.passed).map_err(Fault::of)?)),
            None => Ok(left),
        }
    }

    /// Counts rows that stand in the buffer from `before` on. Where a limit is reached, they are taken out again: not
    /// one of them has left.
    async fn count(&mut self, io: &mut Io, before: usize, rows: u64) -> Result<(), Fault> {
        let bytes = (io.conn().buffer().len() - before) as u64;
        let counted = match self.meter.as_mut().map(|meter| meter.take(rows, bytes)) {
            None | Some(Ok(None)) => Ok(()),
            Some(Ok(Some(recorded))) => match io.guard(recorded).await {
                Ok(recorded) => recorded.map_err(Fault::of),
                Err(fault) => Err(fault),
            },
            Some(Err(reached)) => Err(Fault::of(reached)),
        };
        match counted {
            Ok(()) => self.stream.count(rows, bytes),
            Err(_) => io.conn().buffer().truncate(before),
        }
        counted
    }

    /// Sends the row before the current one, and so on back, up to `max` rows.
    pub async fn send_back(&mut self, io: &mut Io, out: &mut Out, max: u64, name: &str) -> Result<Sent, Fault> {
        if self.back == Back::Never {
            return Err(self.back.gone(name).into());
        }
        let mut sent = 0;
        while sent < max {
            self.standing.at_rows(io).await?;
            // Behind the end, the row before is the last one; on a row, it is the one before that.
            let target = if self.beyond { self.passed } else { self.passed.saturating_sub(1) };
            if target == 0 {
                (self.passed, self.beyond) = (0, false);
                return Ok(Sent { rows: sent, ended: true });
            }
            let row = target - 1;
            let Ok((first, block)) = self.at(row) else {
                return Err(self.back.gone(name).into());
            };
            let before = io.conn().buffer().len();
            out.put(block, (row - first) as usize, 1, io)?;
            if !matches!(out, Out::Nowhere) {
                self.count(io, before, 1).await?;
            }
            (self.passed, self.beyond) = (target, false);
            sent += 1;
            io.relieve().await?;
        }
        Ok(Sent { rows: sent, ended: false })
    }

    /// Sends the current row again, where the cursor stands on one that is kept.
    pub async fn send_current(&mut self, io: &mut Io, out: &mut Out, name: &str) -> Result<Sent, Fault> {
        if self.beyond || self.passed == 0 {
            return Ok(Sent { rows: 0, ended: false });
        }
        self.passed -= 1;
        if self.at(self.passed).is_err() {
            self.passed += 1;
            return Err(self.back.gone(name).into());
        }
        self.send(io, out, 1).await
    }

    /// Back to before the first row.
    pub fn rewind(&mut self, name: &str) -> Result<(), Fault> {
        let kept = self.back != Back::Never && self.blocks.front().is_some_and(|(first, _)| *first == 0);
        if self.passed > 0 && !kept {
            return Err(self.back.gone(name).into());
        }
        (self.passed, self.beyond) = (0, false);
        Ok(())
    }

    /// Makes the row after the current one available. False: there is none.
    async fn load(&mut self, io: &mut Io) -> Result<bool, Fault> {
        while self.passed >= self.fetched {
            if self.ended {
                return Ok(false);
            }
            self.forget_passed();
            match self.pull(io).await? {
                None => self.ended = true,
                Some(block) if block.rows() == 0 => {}
                Some(block) => {
                    let rows = block.rows() as u64;
                    self.kept_bytes += weight(&block);
                    self.blocks.push_back((self.fetched, block));
                    self.fetched += rows;
                    self.keep()?;
                }
            }
        }
        Ok(true)
    }

    /// The next block. What is already encoded leaves first where the block takes its time.
    async fn pull(&mut self, io: &mut Io) -> Result<Option<RowBlock>, Fault> {
        let next = self.stream.next();
        if io.conn().buffer().is_empty() {
            return io.guard(next).await?.map_err(Fault::of);
        }
        let mut next = pin!(next);
        if let Ok(ready) = io.guard(tokio::time::timeout(GATHER, &mut next)).await? {
            return ready.map_err(Fault::of);
        }
        io.flush().await?;
        io.guard(next).await?.map_err(Fault::of)
    }

    fn forget_passed(&mut self) {
        while self.kept_bytes > self.back.bytes_max() {
            let Some((_, block)) = self.blocks.pop_front() else { return };
            self.kept_bytes = self.kept_bytes.saturating_sub(weight(&block));
        }
    }

    /// The block that holds a row.
    fn at(&self, row: u64) -> Result<(u64, &RowBlock), Fault> {
        let holds = |(first, block): &&(u64, RowBlock)| (*first..*first + block.rows() as u64).contains(&row);
        let found = self.blocks.iter().find(holds).map(|(first, block)| (*first, block));
        found.ok_or_else(|| SessionError::Internal("a row that is not at hand".into()).into())
    }
}

/// Bytes that a block keeps, about.
fn weight(block: &RowBlock) -> usize {
    match block {
        RowBlock::Batch(batch) => batch.get_array_memory_size(),
        RowBlock::Values(rows) => of_rows(rows),
        RowBlock::Encoded { bytes, .. } => bytes.len(),
    }
    .max(1)
}
