//! Joins: inner ones become items and conditions, outer ones keep theirs, USING and NATURAL merge columns.

use sqlparser::ast::{BinaryOperator, Expr as Ast, JoinConstraint, JoinOperator, TableWithJoins};

use super::scope::Merged;
use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::plan::{Comparison, Conjunct, Expr, FromPlan, Item, ItemSource};
use crate::typing::name_parts;

enum Kind {
    Inner,
    Left,
    Right,
    Full,
}

fn kind_of(operator: &JoinOperator) -> Result<(Kind, &JoinConstraint)> {
    Ok(match operator {
        JoinOperator::Join(on) | JoinOperator::Inner(on) | JoinOperator::CrossJoin(on) => (Kind::Inner, on),
        JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (Kind::Left, on),
        JoinOperator::Right(on) | JoinOperator::RightOuter(on) => (Kind::Right, on),
        JoinOperator::FullOuter(on) => (Kind::Full, on),
        _ => return Err(SystemError::Unsupported("this kind of join".into())),
    })
}

/// Places of a level before a join: what belongs to its left and right side.
#[derive(Clone, Copy)]
struct Mark {
    entry: usize,
    merged: usize,
    slot: usize,
}

impl Analyzer<'_> {
    fn mark(&mut self) -> Result<Mark> {
        let scope = self.scope()?;
        Ok(Mark { entry: scope.entries.len(), merged: scope.merged.len(), slot: scope.slots })
    }

    /// One element of FROM with its joins.
    pub(super) fn join_tree(&mut self, tree: &TableWithJoins) -> Result<FromPlan> {
        self.nested(|this| {
            let start = this.mark()?;
            let mut plan = FromPlan::default();
            this.factor(&tree.relation, &mut plan)?;
            for join in &tree.joins {
                let middle = this.mark()?;
                let (kind, constraint) = kind_of(&join.join_operator)?;
                let mut right = FromPlan::default();
                this.factor(&join.relation, &mut right)?;
                let on = this.constraint(constraint, start, middle, &kind)?;
                plan = this.joined(plan, right, on, kind, start, middle)?;
            }
            Ok(plan)
        })
    }

    fn joined(
        &mut self,
        mut left: FromPlan,
        mut right: FromPlan,
        on: Vec<Conjunct>,
        kind: Kind,
        start: Mark,
        middle: Mark,
    ) -> Result<FromPlan> {
        let end = self.scope()?.slots;
        match kind {
            Kind::Inner => {
                left.items.extend(right.items);
                left.conjuncts.extend(right.conjuncts);
                left.conjuncts.extend(on);
            }
            Kind::Left => left.items.push(outer_item(right, on, middle.slot, end)?),
            Kind::Right => {
                let outer = outer_item(left, on, start.slot, middle.slot)?;
                right.items.push(outer);
                left = right;
            }
            Kind::Full => {
                let needs = outside_needs(&left, start.slot, middle.slot) | outside_needs(&right, middle.slot, end);
                if needs != 0 {
                    return Err(SystemError::Unsupported("a lateral item inside FULL JOIN".into()));
                }
                let source = ItemSource::Full { left: left.into(), right: right.into(), on };
                let item = Item { source, slots: start.slot..end, needs: 0, left_on: None };
                left = FromPlan { items: vec![item], conjuncts: Vec::new() };
            }
        }
        Ok(left)
    }

    fn constraint(
        &mut self,
        constraint: &JoinConstraint,
        start: Mark,
        middle: Mark,
        kind: &Kind,
    ) -> Result<Vec<Conjunct>> {
        match constraint {
            JoinConstraint::None => Ok(Vec::new()),
            JoinConstraint::On(on) => {
                let mut conjuncts = Vec::new();
                self.conjuncts(on, "JOIN/ON", &mut conjuncts)?;
                Ok(conjuncts)
            }
            JoinConstraint::Using(names) => {
                let names = names
                    .iter()
                    .map(|name| Ok(name_parts(name)?.pop().unwrap_or_default()))
                    .collect::<Result<Vec<_>>>()?;
                self.using(&names, start, middle, kind)
            }
            JoinConstraint::Natural => {
                let scope = self.scope()?;
                let left: Vec<String> = scope.entries[start.entry..middle.entry]
                    .iter()
                    .flat_map(|entry| entry.columns.iter().map(|column| column.name.clone()))
                    .collect();
                let shared: Vec<String> = scope.entries[middle.entry..]
                    .iter()
                    .flat_map(|entry| entry.columns.iter().map(|column| column.name.clone()))
                    .filter(|name| left.contains(name))
                    .collect();
                self.using(&shared, start, middle, kind)
            }
        }
    }

    /// Joins on equal names, and merges each pair into one column.
    fn using(&mut self, names: &[String], start: Mark, middle: Mark, kind: &Kind) -> Result<Vec<Conjunct>> {
        let mut conjuncts = Vec::new();
        for name in names {
            let left = self.side(name, start, Some(middle))?;
            let right = self.side(name, middle, None)?;
            let ty = left.0.ty.clone();
            let (left_expr, right_expr) = self.meet_or_refuse(left.0.clone(), right.0.clone(), "=")?;
            conjuncts.push(Conjunct {
                expr: Expr::Compare {
                    op: Comparison::Eq,
                    left: Box::new(left_expr.clone()),
                    right: Box::new(right_expr.clone()),
                },
                slots: left.1 | right.1,
                sides: Some([(left_expr, left.1), (right_expr, right.1)]),
            });
            let typed = match kind {
                Kind::Inner | Kind::Left => left.0,
                Kind::Right => right.0,
                Kind::Full => Typed::new(Expr::Coalesce(vec![left.0.expr, right.0.expr]), ty),
            };
            let scope = self.scope()?;
            // An earlier merge of the same name on the left is part of this one.
            let earlier = scope.merged.iter().skip(start.merged).position(|merged| merged.name == *name);
            if let Some(earlier) = earlier {
                scope.merged.remove(start.merged + earlier);
            }
            scope.merged.push(Merged { name: name.clone(), typed });
            for entry in scope.entries.iter_mut().skip(start.entry) {
                entry.columns.iter_mut().filter(|column| column.name == *name).for_each(|column| column.merged = true);
            }
        }
        Ok(conjuncts)
    }

    /// The one column of this name on one side of a join, with the items it reads.
    fn side(&mut self, name: &str, from: Mark, to: Option<Mark>) -> Result<(Typed, u64)> {
        let scope = self.scope()?;
        if to.is_some()
            && let Some(merged) = scope.merged.iter().skip(from.merged).find(|merged| merged.name == name)
        {
            let typed = merged.typed.clone();
            let slots = slots_of(&typed.expr);
            return Ok((typed, slots));
        }
        let end = to.map_or(scope.entries.len(), |mark| mark.entry);
        let mut found = None;
        for entry in &scope.entries[from.entry..end] {
            if let Some(column) = entry.columns.iter().position(|column| column.name == name && !column.merged) {
                if found.is_some() {
                    return Err(SystemError::AmbiguousColumn(name.to_string()));
                }
                let known = &entry.columns[column];
                let typed = Typed {
                    expr: Expr::Column { up: 0, slot: entry.slot, column },
                    ty: known.ty.clone(),
                    origin: known.origin,
                };
                found = Some((typed, 1 << entry.slot));
            }
        }
        found.ok_or_else(|| SystemError::UndefinedColumn(name.to_string()))
    }

    /// Splits a condition at its ANDs, and tells for each part which items it reads.
    pub(super) fn conjuncts(&mut self, expr: &Ast, what: &str, out: &mut Vec<Conjunct>) -> Result<()> {
        let mut parts = Vec::new();
        let mut waiting = vec![expr];
        while let Some(next) = waiting.pop() {
            match next {
                Ast::BinaryOp { left, op: BinaryOperator::And, right } => waiting.extend([&**right, &**left]),
                Ast::Nested(inner) => waiting.push(inner),
                other => parts.push(other),
            }
        }
        for part in parts {
            out.push(self.conjunct(part, what)?);
        }
        Ok(())
    }

    fn conjunct(&mut self, part: &Ast, what: &str) -> Result<Conjunct> {
        if let Ast::BinaryOp { left, op: BinaryOperator::Eq, right } = part {
            let (left, left_slots) = self.tracking(|this| this.expr(left))?;
            let (right, right_slots) = self.tracking(|this| this.expr(right))?;
            let (left, right) = self.meet_or_refuse(left, right, "=")?;
            let expr =
                Expr::Compare { op: Comparison::Eq, left: Box::new(left.clone()), right: Box::new(right.clone()) };
            let sides = Some([(left, left_slots), (right, right_slots)]);
            return Ok(Conjunct { expr, slots: left_slots | right_slots, sides });
        }
        let (expr, slots) = self.tracking(|this| this.condition(part, what))?;
        Ok(Conjunct { expr, slots, sides: None })
    }

    /// The columns that `*` stands for, in order.
    pub(super) fn star(&mut self) -> Result<Vec<(String, Typed)>> {
        let scope = self.scope()?;
        let mut columns: Vec<(String, Typed)> =
            scope.merged.iter().map(|merged| (merged.name.clone(), merged.typed.clone())).collect();
        for entry in &scope.entries {
            for (column, known) in entry.columns.iter().enumerate().filter(|(_, known)| !known.merged) {
                let expr = Expr::Column { up: 0, slot: entry.slot, column };
                columns.push((known.name.clone(), Typed { expr, ty: known.ty.clone(), origin: known.origin }));
            }
        }
        Ok(columns)
    }

    /// The columns that `item.*` stands for.
    pub(super) fn star_of(&mut self, parts: &[String]) -> Result<Vec<(String, Typed)>> {
        let (schema, alias) = match parts {
            [alias] => (None, alias),
            [schema, alias] => (Some(schema), alias),
            _ => return Err(SystemError::MissingFrom(parts.join("."))),
        };
        let scope = self.scope()?;
        let found = scope
            .entries
            .iter()
            .find(|entry| entry.alias == *alias && schema.is_none_or(|schema| entry.schema.as_ref() == Some(schema)));
        let Some(entry) = found else { return Err(SystemError::MissingFrom(alias.clone())) };
        let columns = entry.columns.iter().enumerate().map(|(column, known)| {
            let expr = Expr::Column { up: 0, slot: entry.slot, column };
            (known.name.clone(), Typed { expr, ty: known.ty.clone(), origin: known.origin })
        });
        Ok(columns.collect())
    }
}

/// Items outside the given slots that items of the plan read laterally.
fn outside_needs(plan: &FromPlan, start: usize, end: usize) -> u64 {
    let own = (start..end).fold(0, |mask, slot| mask | 1_u64 << slot);
    plan.items.iter().fold(0, |needs, item| needs | item.needs) & !own
}

/// The side of an outer join that may be missing, as one item.
fn outer_item(mut side: FromPlan, on: Vec<Conjunct>, start: usize, end: usize) -> Result<Item> {
    if let ([only], true) = (side.items.as_mut_slice(), side.conjuncts.is_empty())
        && only.left_on.is_none()
    {
        only.left_on = Some(on);
        return side.items.pop().ok_or(SystemError::Internal("an item that vanished"));
    }
    if outside_needs(&side, start, end) != 0 {
        return Err(SystemError::Unsupported("a lateral item inside an outer join".into()));
    }
    Ok(Item { source: ItemSource::Group(Box::new(side)), slots: start..end, needs: 0, left_on: Some(on) })
}

fn slots_of(expr: &Expr) -> u64 {
    match expr {
        Expr::Column { up: 0, slot, .. } => 1 << slot,
        Expr::Coalesce(args) => args.iter().fold(0, |slots, arg| slots | slots_of(arg)),
        Expr::Cast { arg, .. } => slots_of(arg),
        _ => 0,
    }
}
