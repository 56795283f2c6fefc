//! FROM and WHERE: joins the items of one level in an order that keeps the work small.
//!
//! Invariant: the outcome does not depend on the order chosen. Inner items and their conditions commute; a left outer
//! join may move before or behind them, because only its own conditions decide its match, and every other condition
//! waits until the items it reads are there.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Extras, Frame, Run, Tuple, evaluate, is_true, query};
use crate::error::{Result, SystemError};
use crate::plan::{Conjunct, Expr, FromPlan, Item, ItemSource, Slots, TableCall};
use crate::relations::{Source, WideIndex};
use crate::value::{Key, Row, Value};

/// Rows added per row from which on it pays to look one item further.
const MANY_ROWS: f64 = 4.0;
/// Rows under one value of the best column, and rows to join to, from which on an index over several columns pays.
const WIDE_INDEX_FROM: usize = 4;

/// What an item can contribute: rows for one slot, or tuples for several.
enum Candidates {
    Rows(Arc<Source>),
    Tuples(Vec<Tuple>),
}

impl Candidates {
    fn len(&self) -> usize {
        match self {
            Candidates::Rows(source) => source.rows.len(),
            Candidates::Tuples(tuples) => tuples.len(),
        }
    }

    /// Puts candidate `number` into its slots.
    fn place(&self, number: usize, item: &Item, tuple: &mut Tuple) {
        match self {
            Candidates::Rows(source) => {
                if let Some(slot) = tuple.get_mut(item.slots.start) {
                    *slot = source.rows.get(number).cloned();
                }
            }
            Candidates::Tuples(tuples) => {
                for slot in item.slots.clone() {
                    let held = tuples.get(number).and_then(|from| from.get(slot)).cloned().flatten();
                    if let Some(target) = tuple.get_mut(slot) {
                        *target = held;
                    }
                }
            }
        }
    }
}

pub(super) fn mask(item: &Item) -> Slots {
    item.slots.clone().filter(|slot| *slot < 64).fold(0, |mask, slot| mask | 1 << slot)
}

/// The joined rows of one level.
pub(super) fn run_from(plan: &FromPlan, slot_count: usize, up: Option<&Frame>, run: &Run) -> Result<Vec<Tuple>> {
    let empty: Tuple = vec![None; slot_count].into();
    let mut joiner = Joiner {
        plan,
        up,
        run,
        tuples: vec![empty],
        placed: 0,
        waiting: (0..plan.items.len()).collect(),
        open: (0..plan.conjuncts.len()).collect(),
        held: plan.items.iter().map(|_| None).collect(),
    };
    joiner.filter()?;
    while !joiner.waiting.is_empty() {
        if joiner.tuples.is_empty() {
            return Ok(Vec::new());
        }
        let next = joiner.choose()?;
        joiner.waiting.retain(|item| *item != next);
        joiner.join(next)?;
    }
    Ok(joiner.tuples)
}

struct Joiner<'p> {
    plan: &'p FromPlan,
    up: Option<&'p Frame<'p>>,
    run: &'p Run<'p>,
    tuples: Vec<Tuple>,
    placed: Slots,
    waiting: Vec<usize>,
    /// Conditions not applied yet.
    open: Vec<usize>,
    held: Vec<Option<Arc<Candidates>>>,
}

impl<'p> Joiner<'p> {
    fn frame<'f>(&'f self, tuple: &'f Tuple) -> Frame<'f> {
        Frame { tuple, extras: Extras::default(), up: self.up }
    }

    /// Applies the conditions whose items are all there.
    fn filter(&mut self) -> Result<()> {
        let (ready, open): (Vec<usize>, Vec<usize>) =
            self.open.iter().partition(|at| self.plan.conjuncts[**at].slots & !self.placed == 0);
        self.open = open;
        for at in ready {
            let mut kept = Vec::new();
            for tuple in std::mem::take(&mut self.tuples) {
                if is_true(&self.plan.conjuncts[at].expr, &self.frame(&tuple), self.run)? {
                    kept.push(tuple);
                }
            }
            self.tuples = kept;
        }
        Ok(())
    }

    /// The conditions that come into force when this item joins: its own ON, or the open ones it completes.
    fn conditions(&self, item: usize, placed: Slots) -> Vec<&'p Conjunct> {
        let own = mask(&self.plan.items[item]);
        match &self.plan.items[item].left_on {
            Some(on) => on.iter().collect(),
            None => self
                .open
                .iter()
                .map(|at| &self.plan.conjuncts[*at])
                .filter(|conjunct| conjunct.slots & !(placed | own) == 0 && conjunct.slots & own != 0)
                .collect(),
        }
    }

    fn may_join(&self, item: usize, placed: Slots) -> bool {
        let described = &self.plan.items[item];
        let own = mask(described);
        let on = described.left_on.iter().flatten().fold(0, |slots, conjunct| slots | conjunct.slots);
        (described.needs | (on & !own)) & !placed == 0
    }

    /// The item that adds the fewest rows, linked ones first. Where even that is many, what each one makes possible
    /// next counts too.
    fn choose(&mut self) -> Result<usize> {
        let ready: Vec<usize> = self.waiting.iter().copied().filter(|item| self.may_join(*item, self.placed)).collect();
        if let [only] = ready.as_slice() {
            return Ok(*only);
        }
        let mut estimates = Vec::with_capacity(ready.len());
        for item in ready {
            let (linked, rows) = self.estimate(item, self.placed)?;
            estimates.push((!linked && rows > 1.5, rows, item));
        }
        let best = estimates.iter().min_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap_or(Ordering::Equal));
        let (_, rows, item) = *best.ok_or(SystemError::Internal("FROM items that wait for each other"))?;
        if rows <= MANY_ROWS || self.waiting.len() < 3 || self.placed == 0 {
            return Ok(item);
        }
        let mut chosen = (f64::INFINITY, item);
        for (_, rows, item) in estimates {
            let after = self.placed | mask(&self.plan.items[item]);
            let mut next = f64::INFINITY;
            for other in self.waiting.clone() {
                if other != item && self.may_join(other, after) {
                    next = next.min(self.estimate(other, after)?.1);
                }
            }
            if rows * next < chosen.0 {
                chosen = (rows * next, item);
            }
        }
        Ok(chosen.1)
    }

    /// Whether a condition ties the item to those in place, and about how many rows it adds per row so far.
    fn estimate(&mut self, item: usize, placed: Slots) -> Result<(bool, f64)> {
        self.run.step(1 + self.open.len() / 8)?;
        let outer = self.plan.items[item].left_on.is_some();
        // A lateral item runs per row; nothing is known of it.
        if self.plan.items[item].needs != 0 {
            return Ok((true, 10.0));
        }
        let candidates = self.candidates(item)?;
        let total = candidates.len() as f64;
        let mut linked = placed == 0;
        let mut rows = total;
        let mut filters = 0;
        for conjunct in self.conditions(item, placed) {
            let Some((inner, other, constant)) = self.probe(item, conjunct, placed) else {
                filters += 1;
                continue;
            };
            linked |= !constant;
            rows *= match (inner, &*candidates) {
                (Expr::Column { up: 0, column, .. }, Candidates::Rows(source)) => {
                    let Some(index) = source.index(*column) else { continue };
                    if constant {
                        let key = evaluate(other, &self.frame(&self.tuples[0]), self.run)?;
                        index.get(&Key(key)).map_or(0.0, |found| found.len() as f64) / total.max(1.0)
                    } else {
                        1.0 / (index.len().max(1) as f64)
                    }
                }
                _ => 0.1,
            };
        }
        rows *= 0.5_f64.powi(filters.min(3));
        Ok((linked, if outer { rows.max(1.0) + 0.1 } else { rows }))
    }

    /// For `a = b` with the item on one side only: the item's side, the other side, and whether that is constant.
    fn probe<'c>(&self, item: usize, conjunct: &'c Conjunct, placed: Slots) -> Option<(&'c Expr, &'c Expr, bool)> {
        let own = mask(&self.plan.items[item]);
        let [(left, left_slots), (right, right_slots)] = conjunct.sides.as_ref()?;
        let usable = |inner: Slots, outer: Slots| inner & !own == 0 && inner != 0 && outer & !placed == 0;
        if usable(*left_slots, *right_slots) {
            Some((left, right, *right_slots == 0))
        } else if usable(*right_slots, *left_slots) {
            Some((right, left, *left_slots == 0))
        } else {
            None
        }
    }

    /// The rows of an item that does not depend on its neighbours.
    fn candidates(&mut self, item: usize) -> Result<Arc<Candidates>> {
        if let Some(held) = &self.held[item] {
            return Ok(held.clone());
        }
        let base = self.tuples.first().cloned().ok_or(SystemError::Internal("no row to join to"))?;
        let made = Arc::new(self.rows_for(item, &base)?);
        self.held[item] = Some(made.clone());
        Ok(made)
    }

    fn rows_for(&self, item: usize, tuple: &Tuple) -> Result<Candidates> {
        let item = &self.plan.items[item];
        let frame = self.frame(tuple);
        Ok(match &item.source {
            ItemSource::Relation(position) => Candidates::Rows(self.run.relation(*position)),
            ItemSource::Derived(plan) => Candidates::Rows(query::rows_of(plan, &frame, self.run)?),
            ItemSource::Cte(id) => {
                let held = self.run.ctes.borrow().get(id).cloned();
                Candidates::Rows(held.ok_or(SystemError::Internal("a WITH query that did not run"))?)
            }
            ItemSource::Functions { calls, ordinality } => {
                Candidates::Rows(Arc::new(call_rows(calls, *ordinality, &frame, self.run)?))
            }
            ItemSource::Group(plan) => Candidates::Tuples(run_from(plan, tuple.len(), self.up, self.run)?),
            ItemSource::Full { left, right, on } => {
                Candidates::Tuples(full_join(left, right, on, tuple.len(), self.up, self.run)?)
            }
        })
    }

    fn join(&mut self, item: usize) -> Result<()> {
        let described = &self.plan.items[item];
        let conditions = self.conditions(item, self.placed);
        let mut joined = Vec::new();
        if described.needs != 0 {
            for tuple in std::mem::take(&mut self.tuples) {
                let candidates = self.rows_for(item, &tuple)?;
                let all: Vec<u32> = (0..candidates.len() as u32).collect();
                self.extend(item, &candidates, &all, &conditions, tuple, &mut joined)?;
            }
        } else {
            let candidates = self.candidates(item)?;
            let (lookup, met) = self.lookup(item, &candidates, &conditions)?;
            // What the look-up answers need not be asked again of each row.
            let conditions: Vec<&Conjunct> =
                conditions.iter().enumerate().filter(|(place, _)| !met.contains(place)).map(|(_, c)| *c).collect();
            for tuple in std::mem::take(&mut self.tuples) {
                let found = self.found(&lookup, &tuple)?;
                self.extend(item, &candidates, found, &conditions, tuple, &mut joined)?;
                self.run.holds(joined.len(), described.slots.end)?;
            }
        }
        self.placed |= mask(described);
        if described.left_on.is_none() {
            let placed = self.placed;
            self.open.retain(|at| self.plan.conjuncts[*at].slots & !placed != 0);
            self.tuples = joined;
            Ok(())
        } else {
            self.tuples = joined;
            self.filter()
        }
    }

    /// How the item's rows are found for each row so far, and the places of the conditions that this answers.
    fn lookup<'c>(
        &self,
        item: usize,
        candidates: &'c Candidates,
        conditions: &[&'c Conjunct],
    ) -> Result<(Lookup<'c>, Vec<usize>)> {
        let probes = conditions.iter().enumerate().filter_map(|(place, conjunct)| {
            let (inner, other, _) = self.probe(item, conjunct, self.placed)?;
            Some((place, inner, other))
        });
        let probes: Vec<_> = probes.collect();
        if let Candidates::Rows(source) = candidates {
            let columns = probes.iter().filter_map(|(place, inner, other)| match inner {
                Expr::Column { up: 0, column, .. } => Some((*place, *column, *other)),
                _ => None,
            });
            if let Some(found) = self.column_lookup(source, &columns.collect::<Vec<_>>())? {
                return Ok(found);
            }
        }
        match probes.first() {
            Some((place, inner, other)) if self.tuples.len() > 1 => {
                let index = self.computed_index(item, candidates, inner)?;
                Ok((Lookup::Computed { index, other }, vec![*place]))
            }
            _ => Ok((Lookup::All(self.prefiltered(item, candidates, conditions)?), Vec::new())),
        }
    }

    /// By the column with the most values; by all of them where that one alone leaves many rows for many look-ups.
    fn column_lookup<'c>(
        &self,
        source: &'c Source,
        columns: &[(usize, usize, &'c Expr)],
    ) -> Result<Option<(Lookup<'c>, Vec<usize>)>> {
        let indexed = columns.iter().filter_map(|probe| Some((source.index(probe.1)?, probe)));
        let Some((index, (place, _, other))) = indexed.max_by_key(|(index, _)| index.len()) else { return Ok(None) };
        let crowded = source.rows.len() / index.len().max(1) >= WIDE_INDEX_FROM;
        if crowded && columns.len() > 1 && self.tuples.len() >= WIDE_INDEX_FROM {
            self.run.step(source.rows.len())?;
            let index = source.wide_index(&columns.iter().map(|(_, column, _)| *column).collect::<Vec<_>>());
            let others = columns.iter().map(|(_, _, other)| *other).collect();
            let met = columns.iter().map(|(place, _, _)| *place).collect();
            return Ok(Some((Lookup::Columns { index, others }, met)));
        }
        Ok(Some((Lookup::Column { index, other }, vec![*place])))
    }

    /// The item's rows that may join this one.
    fn found<'l>(&self, lookup: &'l Lookup, tuple: &Tuple) -> Result<&'l [u32]> {
        let frame = self.frame(tuple);
        let found = match lookup {
            Lookup::All(all) => return Ok(all),
            Lookup::Column { index, other } => index.get(&self.run.key(evaluate(other, &frame, self.run)?)?),
            Lookup::Computed { index, other } => index.get(&self.run.key(evaluate(other, &frame, self.run)?)?),
            Lookup::Columns { index, others } => {
                let key = others.iter().map(|other| self.run.key(evaluate(other, &frame, self.run)?));
                index.get(&key.collect::<Result<Vec<_>>>()?)
            }
        };
        Ok(found.map_or(&[][..], Vec::as_slice))
    }

    fn alone(&self, item: usize, candidates: &Candidates, number: usize) -> Tuple {
        let width = self.tuples.first().map_or(0, |tuple| tuple.len());
        let mut tuple: Tuple = vec![None; width].into();
        candidates.place(number, &self.plan.items[item], &mut tuple);
        tuple
    }

    fn computed_index(&self, item: usize, candidates: &Candidates, inner: &Expr) -> Result<HashMap<Key, Vec<u32>>> {
        let mut index: HashMap<Key, Vec<u32>> = HashMap::new();
        for number in 0..candidates.len() {
            let key = evaluate(inner, &self.frame(&self.alone(item, candidates, number)), self.run)?;
            if !key.is_null() {
                index.entry(self.run.key(key)?).or_default().push(number as u32);
            }
        }
        Ok(index)
    }

    /// Without a look-up, the conditions on the item alone are tried once per row of it, not once per pair.
    fn prefiltered(&self, item: usize, candidates: &Candidates, conditions: &[&Conjunct]) -> Result<Vec<u32>> {
        let own = mask(&self.plan.items[item]);
        let alone: Vec<_> = conditions.iter().filter(|c| c.slots & !own == 0 && c.slots != 0).collect();
        if self.tuples.len() <= 1 || alone.is_empty() {
            return Ok((0..candidates.len() as u32).collect());
        }
        let mut kept = Vec::new();
        for number in 0..candidates.len() {
            let tuple = self.alone(item, candidates, number);
            let mut keep = true;
            for conjunct in &alone {
                keep = keep && is_true(&conjunct.expr, &self.frame(&tuple), self.run)?;
            }
            if keep {
                kept.push(number as u32);
            }
        }
        Ok(kept)
    }

    /// Joins one row with the candidates that meet the conditions.
    fn extend(
        &self,
        item: usize,
        candidates: &Candidates,
        numbers: &[u32],
        conditions: &[&Conjunct],
        mut tuple: Tuple,
        joined: &mut Vec<Tuple>,
    ) -> Result<()> {
        let described = &self.plan.items[item];
        self.run.step(numbers.len() + 1)?;
        let mut matched = false;
        for number in numbers {
            candidates.place(*number as usize, described, &mut tuple);
            let mut keep = true;
            for conjunct in conditions {
                if !is_true(&conjunct.expr, &self.frame(&tuple), self.run)? {
                    keep = false;
                    break;
                }
            }
            if keep {
                self.run.hold_rows(1, tuple.len())?;
            }
            if keep && numbers.len() == 1 {
                joined.push(tuple);
                return Ok(());
            }
            if keep {
                matched = true;
                joined.push(tuple.clone());
            }
        }
        if !matched && described.left_on.is_some() {
            for slot in described.slots.clone() {
                if let Some(cell) = tuple.get_mut(slot) {
                    *cell = None;
                }
            }
            joined.push(tuple);
        }
        Ok(())
    }
}

enum Lookup<'c> {
    All(Vec<u32>),
    Column { index: &'c HashMap<Key, Vec<u32>>, other: &'c Expr },
    Columns { index: Arc<WideIndex>, others: Vec<&'c Expr> },
    Computed { index: HashMap<Key, Vec<u32>>, other: &'c Expr },
}

/// Rows of functions in FROM, side by side, the shorter ones filled with NULL.
fn call_rows(calls: &[TableCall], ordinality: bool, frame: &Frame, run: &Run) -> Result<Source> {
    let mut parts: Vec<(usize, Vec<Row>)> = Vec::with_capacity(calls.len());
    for call in calls {
        parts.push(match call {
            TableCall::Plain(expr) => (1, vec![[evaluate(expr, frame, run)?].into()]),
            TableCall::Set { function, args, width } => {
                let args = args.iter().map(|arg| evaluate(arg, frame, run)).collect::<Result<Vec<_>>>()?;
                run.read(&args)?;
                (*width, (function.run)(run, &args)?)
            }
        });
    }
    let length = parts.iter().map(|(_, rows)| rows.len()).max().unwrap_or(0);
    let width: usize = parts.iter().map(|(width, _)| width).sum::<usize>() + usize::from(ordinality);
    run.hold_rows(length, width)?;
    let mut rows: Vec<Row> = Vec::with_capacity(length);
    for number in 0..length {
        let mut cells = Vec::with_capacity(width);
        for (width, rows) in &parts {
            match rows.get(number) {
                Some(row) => cells.extend(row.iter().take(*width).cloned()),
                None => cells.extend(std::iter::repeat_n(Value::Null, *width)),
            }
        }
        if ordinality {
            cells.push(Value::Int(number as i64 + 1));
        }
        rows.push(cells.into());
    }
    run.step(rows.len())?;
    Ok(Source::new(rows, width))
}

fn full_join(
    left: &FromPlan,
    right: &FromPlan,
    on: &[Conjunct],
    width: usize,
    up: Option<&Frame>,
    run: &Run,
) -> Result<Vec<Tuple>> {
    let (lefts, rights) = (run_from(left, width, up, run)?, run_from(right, width, up, run)?);
    let mut matched = vec![false; rights.len()];
    let mut joined = Vec::new();
    for left in lefts {
        let mut found = false;
        run.step(rights.len())?;
        for (number, right) in rights.iter().enumerate() {
            let both: Tuple = left.iter().zip(right.iter()).map(|(l, r)| l.clone().or_else(|| r.clone())).collect();
            let frame = Frame { tuple: &both, extras: Extras::default(), up };
            let mut keep = true;
            for conjunct in on {
                keep = keep && is_true(&conjunct.expr, &frame, run)?;
            }
            if keep {
                run.hold_rows(1, width)?;
                found = true;
                matched[number] = true;
                joined.push(both);
            }
        }
        if !found {
            joined.push(left);
        }
    }
    joined.extend(rights.into_iter().zip(matched).filter(|(_, matched)| !matched).map(|(right, _)| right));
    Ok(joined)
}
