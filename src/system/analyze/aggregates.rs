//! Aggregates and window functions.

use sluice_base::SqlType;
use sqlparser::ast::{
    DuplicateTreatment, Function, FunctionArgumentClause, FunctionArguments, OrderByExpr, WindowType,
};

use super::calls::{Written, plain_arguments};
use super::scope::Allowed;
use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::functions::{AggregateKind, aggregate_kind, call_text};
use crate::plan::{AggregatePlan, Expr, ExtraKind, SortKey, WindowKind, WindowPlan};
use crate::typing::{array_of, is_oid_like, is_textual};
use crate::value::Value;

/// The result type of an aggregate; `None` where it does not take the argument.
fn result_type(kind: AggregateKind, arg: &SqlType) -> Option<SqlType> {
    use SqlType::{Bool, Bpchar, Float4, Float8, Int2, Int4, Int8, Interval, Json, Jsonb, Numeric, Text, Varchar};
    Some(match kind {
        AggregateKind::CountRows | AggregateKind::Count => Int8,
        AggregateKind::Min | AggregateKind::Max => match arg {
            Bool | Json | Jsonb | SqlType::Uuid | SqlType::Record => return None,
            Varchar(_) | SqlType::Name | SqlType::Char => Text,
            Bpchar(_) => Bpchar(None),
            other if is_oid_like(other) => SqlType::Oid,
            other => other.clone(),
        },
        AggregateKind::Sum => match arg {
            Int2 | Int4 => Int8,
            Int8 | Numeric(_) => Numeric(None),
            Float4 => Float4,
            Float8 => Float8,
            Interval => Interval,
            _ => return None,
        },
        AggregateKind::Avg => match arg {
            Int2 | Int4 | Int8 | Numeric(_) => Numeric(None),
            Float4 | Float8 => Float8,
            _ => return None,
        },
        AggregateKind::BoolAnd | AggregateKind::BoolOr if *arg == Bool => Bool,
        AggregateKind::BoolAnd | AggregateKind::BoolOr => return None,
        AggregateKind::ArrayAgg => array_of(arg),
        AggregateKind::StringAgg if is_textual(arg) => Text,
        AggregateKind::StringAgg => return None,
        AggregateKind::JsonAgg | AggregateKind::JsonObjectAgg => Json,
        AggregateKind::JsonbAgg | AggregateKind::JsonbObjectAgg => Jsonb,
    })
}

impl Analyzer<'_> {
    pub(super) fn aggregate_call(&mut self, name: &str, function: &Function) -> Result<Typed> {
        if !self.scope()?.allowed.aggregates {
            return Err(SystemError::Misplaced("aggregate functions are not allowed here".into()));
        }
        let plan = self.aggregate_plan(name, function)?;
        let ty = plan.result.clone();
        let aggregates = &mut self.scope()?.aggregates;
        aggregates.push(plan);
        Ok(Typed::new(Expr::Extra(ExtraKind::Aggregate, aggregates.len() - 1), ty))
    }

    fn aggregate_plan(&mut self, name: &str, function: &Function) -> Result<AggregatePlan> {
        let kind = aggregate_kind(name).ok_or(SystemError::Internal("not an aggregate"))?;
        let FunctionArguments::List(list) = &function.args else {
            return Err(SystemError::UndefinedFunction(format!("{name}()")));
        };
        let args = plain_arguments(&list.args)?;
        let kind = if kind == AggregateKind::Count && matches!(args.as_slice(), [Written::All]) {
            AggregateKind::CountRows
        } else {
            kind
        };
        // The arguments see the rows of the group, not its outcome.
        let (args, order, filter) = self.with_allowed(Allowed::NOTHING, false, |this| {
            let args = if kind == AggregateKind::CountRows { Vec::new() } else { this.arguments(&args)? };
            let mut order = Vec::new();
            for clause in &list.clauses {
                match clause {
                    FunctionArgumentClause::OrderBy(keys) => order.extend(this.sort_keys(keys)?),
                    _ => return Err(SystemError::Unsupported(format!("this clause in {name}()"))),
                }
            }
            let filter = function.filter.as_ref().map(|filter| this.condition(filter, "FILTER")).transpose()?;
            Ok((args, order, filter))
        })?;
        let given: Vec<SqlType> = args.iter().map(|arg| arg.ty.sql.clone()).collect();
        let wanted = match kind {
            AggregateKind::CountRows => 0,
            AggregateKind::StringAgg | AggregateKind::JsonObjectAgg | AggregateKind::JsonbObjectAgg => 2,
            _ => 1,
        };
        let undefined = || SystemError::UndefinedFunction(call_text(name, &given));
        if args.len() != wanted {
            return Err(undefined());
        }
        let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        if kind.of_json() {
            return self.json_aggregate(kind, args, distinct, order, filter);
        }
        let mut exprs = Vec::with_capacity(args.len());
        let mut first = SqlType::Unknown;
        for (place, arg) in args.into_iter().enumerate() {
            let arg = self.settled(arg)?;
            if place == 0 {
                first = arg.ty.sql.clone();
            }
            let text = kind == AggregateKind::StringAgg && is_textual(&arg.ty.sql);
            exprs.push(if text { self.coerce(arg, &SqlType::Text)? } else { arg.expr });
        }
        let result = result_type(kind, &first).ok_or_else(undefined)?;
        Ok(AggregatePlan { kind, args: exprs, distinct, order, filter, result })
    }

    /// Its argument comes as JSON, before it a key, behind it whether each item begins a line.
    fn json_aggregate(
        &mut self,
        kind: AggregateKind,
        args: Vec<Typed>,
        distinct: bool,
        mut order: Vec<SortKey<Expr>>,
        filter: Option<Expr>,
    ) -> Result<AggregatePlan> {
        let result = result_type(kind, &SqlType::Json).ok_or(SystemError::Internal("not an aggregate of JSON"))?;
        let mut args = args.into_iter().rev();
        let value = args.next().ok_or(SystemError::Internal("an aggregate of nothing"))?;
        let value = self.settled(value)?;
        if distinct && order.is_empty() {
            // Duplicates are found by sorting values, not their JSON.
            order.push(SortKey { by: value.expr.clone(), descending: false, nulls_first: false });
        }
        let lines = Analyzer::structured(&value.ty.sql);
        let mut exprs = match args.next() {
            Some(key) => vec![self.coerce(key, &SqlType::Text)?],
            None => Vec::new(),
        };
        exprs.push(self.as_json(value)?);
        exprs.push(Expr::Const(Value::Bool(lines)));
        Ok(AggregatePlan { kind, args: exprs, distinct, order, filter, result })
    }

    /// Keys of an ORDER BY inside a call or a window.
    fn sort_keys(&mut self, keys: &[OrderByExpr]) -> Result<Vec<SortKey<Expr>>> {
        keys.iter()
            .map(|key| {
                let typed = self.expr(&key.expr)?;
                let by = self.settled(typed)?.expr;
                let descending = key.options.asc == Some(false);
                Ok(SortKey { by, descending, nulls_first: key.options.nulls_first.unwrap_or(descending) })
            })
            .collect()
    }

    pub(super) fn window_call(&mut self, name: &str, function: &Function) -> Result<Typed> {
        if !self.scope()?.allowed.windows {
            return Err(SystemError::Misplaced("window functions are not allowed here".into()));
        }
        let Some(WindowType::WindowSpec(spec)) = &function.over else {
            return Err(SystemError::Unsupported("a named window".into()));
        };
        if spec.window_frame.is_some() || spec.window_name.is_some() {
            return Err(SystemError::Unsupported("a window frame".into()));
        }
        // Aggregates of the query may stand inside a window, windows may not.
        let allowed = Allowed { aggregates: true, ..Allowed::NOTHING };
        let recording = self.scope()?.recording;
        let (partition, order, kind, ty) = self.with_allowed(allowed, recording, |this| {
            let partition = spec
                .partition_by
                .iter()
                .map(|by| {
                    let typed = this.expr(by)?;
                    Ok(this.settled(typed)?.expr)
                })
                .collect::<Result<Vec<_>>>()?;
            let order = this.sort_keys(&spec.order_by)?;
            let (kind, ty) = this.window_kind(name, function)?;
            Ok((partition, order, kind, ty))
        })?;
        let windows = &mut self.scope()?.windows;
        windows.push(WindowPlan { kind, partition, order });
        Ok(Typed::new(Expr::Extra(ExtraKind::Window, windows.len() - 1), ty))
    }

    fn window_kind(&mut self, name: &str, function: &Function) -> Result<(WindowKind, SqlType)> {
        let args = match &function.args {
            FunctionArguments::List(list) => plain_arguments(&list.args)?,
            _ => Vec::new(),
        };
        match (name, args.as_slice()) {
            ("row_number", []) => Ok((WindowKind::RowNumber, SqlType::Int8)),
            ("rank", []) => Ok((WindowKind::Rank, SqlType::Int8)),
            ("dense_rank", []) => Ok((WindowKind::DenseRank, SqlType::Int8)),
            ("first_value" | "last_value", [Written::Expr(value)]) => {
                let typed = self.expr(value)?;
                let value = self.settled(typed)?;
                Ok((WindowKind::Edge { value: value.expr, last: name == "last_value" }, value.ty.sql))
            }
            ("lag" | "lead", [Written::Expr(value), rest @ ..]) if rest.len() <= 1 => {
                let typed = self.expr(value)?;
                let value = self.settled(typed)?;
                let distance = match rest {
                    [Written::Expr(distance)] => match self.expr(distance)?.expr {
                        Expr::Const(Value::Int(distance)) => distance,
                        _ => return Err(SystemError::Unsupported(format!("a computed distance in {name}()"))),
                    },
                    _ => 1,
                };
                let distance = if name == "lag" { -distance } else { distance };
                Ok((WindowKind::Neighbour { value: value.expr, distance }, value.ty.sql))
            }
            _ if aggregate_kind(name).is_some() => {
                let before = self.scope()?.aggregates.len();
                let plan = self.aggregate_plan(name, function)?;
                if self.scope()?.aggregates.len() != before {
                    return Err(SystemError::Unsupported("an aggregate of an aggregate".into()));
                }
                let ty = plan.result.clone();
                Ok((WindowKind::Aggregate(plan), ty))
            }
            _ => Err(SystemError::UndefinedFunction(format!("{name}()"))),
        }
    }
}
