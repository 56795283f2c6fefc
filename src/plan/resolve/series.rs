//! `generate_series` over integers, dates and timestamps: a list of bounded length, made while planning.
//!
//! Invariant: the arguments are constants and parameters, so that nothing is read; columns are refused. Over timestamps the
//! result is a `timestamp`; over dates it is a `timestamptz`, whose days are those of the session's zone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, Decimal128Array, Int32Array, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use chrono::{DateTime, Days, Months, NaiveDateTime, TimeDelta};
use datafusion_common::tree_node::TreeNode;
use datafusion_common::utils::SingleRowListArrayBuilder;
use datafusion_common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion_expr::planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion_expr::simplify::SimplifyContext;
use datafusion_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion_optimizer::simplify_expressions::ExprSimplifier;
use sluice_base::{Datum, SqlType};
use sqlparser::ast::{self, TableFactor};

use crate::PlanError;
use crate::datetime::{Session, casts};

/// Longest series.
const ROWS_MAX: usize = 1_000_000;
/// Rows of all series of a statement that are made while planning.
const ALL_ROWS_MAX: usize = 4 * ROWS_MAX;

/// The column's name before any alias.
pub(super) const COLUMN: &str = "generate_series";

/// The calls of one statement; the rewritten tree names them by number.
#[derive(Debug, Default)]
pub(super) struct Series {
    calls: Vec<Vec<ast::Expr>>,
    session: Option<Arc<Session>>,
    /// Rows made so far.
    made: AtomicUsize,
}

impl Series {
    /// Keeps a call and gives the name that stands for it.
    pub(super) fn keep(&mut self, args: Vec<ast::Expr>) -> String {
        self.calls.push(args);
        format!("\u{1}series:{}", self.calls.len() - 1)
    }

    /// The calls in the session that they are planned for.
    pub(super) fn within(self, session: &Arc<Session>) -> Series {
        Series { session: Some(Arc::clone(session)), ..self }
    }

    fn call(&self, relation: &TableFactor) -> Option<&[ast::Expr]> {
        let TableFactor::Table { name, .. } = relation else { return None };
        let [ast::ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return None };
        let number: usize = ident.value.strip_prefix("\u{1}series:")?.parse().ok()?;
        self.calls.get(number).map(Vec::as_slice)
    }
}

impl RelationPlanner for Series {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let Some(args) = self.call(&relation) else { return Ok(RelationPlanning::Original(Box::new(relation))) };
        let TableFactor::Table { alias, .. } = &relation else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let schema = DFSchema::empty();
        let args = args.iter().map(|arg| context.sql_to_expr(arg.clone(), &schema)).collect::<Result<Vec<_>>>()?;
        let Some(session) = &self.session else {
            return Err(DataFusionError::Internal("a series without a session".into()));
        };
        let plan = plan(args, &schema, session, &self.made)?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias.clone()))))
    }
}

fn plan(args: Vec<Expr>, schema: &DFSchema, session: &Arc<Session>, made: &AtomicUsize) -> Result<LogicalPlan> {
    let open = |expr: &Expr| expr.exists(|part| Ok(matches!(part, Expr::Placeholder(_)))).unwrap_or(true);
    if args.iter().any(open) {
        // Only described so far: the parameters stay in sight, and there are no rows.
        let kept = args.into_iter().enumerate().map(|(n, arg)| arg.alias(format!("\u{1}argument{n}")));
        let described = LogicalPlanBuilder::empty(false).project(kept)?;
        return described.project([lit(ScalarValue::Int32(None)).alias(COLUMN)])?.build();
    }
    let context = SimplifyContext::builder().with_schema(Arc::new(schema.clone())).with_current_time().build();
    let simplifier = ExprSimplifier::new(context);
    let typed = |arg: Expr| casts::expression(simplifier.coerce(arg, schema)?, schema, session);
    let constant = |arg: Expr| match simplifier.simplify(typed(arg)?)? {
        Expr::Literal(value, _) => Ok(value),
        _ => Err(refused(PlanError::Unsupported("generate_series over columns".into()))),
    };
    let values = args.into_iter().map(constant).collect::<Result<Vec<_>>>()?;
    let array = series(&values, session)?;
    if made.fetch_add(array.len(), Ordering::Relaxed) + array.len() > ALL_ROWS_MAX {
        return Err(refused(PlanError::TooLarge("generate_series")));
    }
    if array.is_empty() {
        let nothing = LogicalPlanBuilder::empty(false);
        return nothing.project([lit(ScalarValue::try_from(array.data_type())?).alias(COLUMN)])?.build();
    }
    let list = ScalarValue::List(Arc::new(SingleRowListArrayBuilder::new(array).build_list_array()));
    LogicalPlanBuilder::empty(true).project([lit(list).alias(COLUMN)])?.unnest_column(COLUMN)?.build()
}

/// The values of a series.
pub(crate) fn series(values: &[ScalarValue], session: &Session) -> Result<ArrayRef> {
    let (first, last, step) = match values {
        [first, last] => (first, last, None),
        [first, last, step] => (first, last, Some(step)),
        _ => return Err(refused(PlanError::UndefinedFunction("generate_series()".into()))),
    };
    let integer = |value: &ScalarValue| value.data_type().is_integer();
    let time = |value: &ScalarValue| {
        matches!(value.data_type(), DataType::Date32 | DataType::Timestamp(_, _) | DataType::Utf8)
    };
    match step {
        _ if integer(first) && integer(last) && step.is_none_or(integer) => integers(values),
        _ if values.iter().all(|value| integer(value) || matches!(value, ScalarValue::Decimal128(..))) => {
            numerics(values)
        }
        Some(step)
            if time(first)
                && time(last)
                && (first.data_type() != DataType::Utf8 || last.data_type() != DataType::Utf8) =>
        {
            moments(first, last, step, session)
        }
        _ => Err(refused(PlanError::UndefinedFunction("generate_series() of these argument types".into()))),
    }
}

fn integers(values: &[ScalarValue]) -> Result<ArrayRef> {
    let narrow = values.iter().all(|value| !matches!(value.data_type(), DataType::Int64 | DataType::UInt64));
    let mut numbers = Vec::with_capacity(3);
    for value in values {
        match value.cast_to(&DataType::Int64)? {
            ScalarValue::Int64(Some(number)) => numbers.push(number),
            _ => return Ok(integer_array(Vec::new(), narrow)),
        }
    }
    let (first, last, step) = (numbers[0], numbers[1], numbers.get(2).copied().unwrap_or(1));
    let mut found = Vec::new();
    let mut next = Some(first);
    check_step(step == 0)?;
    while let Some(number) = next.filter(|number| if step > 0 { *number <= last } else { *number >= last }) {
        check_length(found.len())?;
        found.push(number);
        next = number.checked_add(step);
    }
    Ok(integer_array(found, narrow))
}

/// Exact numbers, all with the digits of the first: where the step has more, the later ones would have other digits.
fn numerics(values: &[ScalarValue]) -> Result<ArrayRef> {
    let scale_of = |value: &ScalarValue| match value {
        ScalarValue::Decimal128(_, _, scale) => *scale,
        _ => 0,
    };
    let scale = values.iter().map(scale_of).max().unwrap_or(0);
    if values.first().map(scale_of) != Some(scale) {
        let told = "generate_series of numbers with fewer digits than its step";
        return Err(refused(PlanError::Unsupported(told.into())));
    }
    let wanted = DataType::Decimal128(38, scale);
    let array = |numbers: Vec<i128>| -> Result<ArrayRef> {
        Ok(Arc::new(Decimal128Array::from(numbers).with_precision_and_scale(38, scale)?))
    };
    let mut numbers = Vec::with_capacity(3);
    for value in values {
        match value.cast_to(&wanted)? {
            ScalarValue::Decimal128(Some(number), ..) => numbers.push(number),
            _ => return array(Vec::new()),
        }
    }
    let one = u32::try_from(scale).ok().and_then(|scale| 10i128.checked_pow(scale)).unwrap_or(1);
    let (first, last, step) = (numbers[0], numbers[1], numbers.get(2).copied().unwrap_or(one));
    check_step(step == 0)?;
    let mut found = Vec::new();
    let mut next = Some(first);
    while let Some(number) = next.filter(|number| if step > 0 { *number <= last } else { *number >= last }) {
        check_length(found.len())?;
        found.push(number);
        next = number.checked_add(step);
    }
    array(found)
}

fn integer_array(numbers: Vec<i64>, narrow: bool) -> ArrayRef {
    let narrowed: Option<Vec<i32>> =
        if narrow { numbers.iter().map(|number| i32::try_from(*number).ok()).collect() } else { None };
    match narrowed {
        Some(narrowed) => Arc::new(Int32Array::from(narrowed)),
        None => Arc::new(Int64Array::from(numbers)),
    }
}

fn moments(first: &ScalarValue, last: &ScalarValue, step: &ScalarValue, session: &Session) -> Result<ArrayRef> {
    // Between dates, too, PostgreSQL counts in moments.
    let plain = |value: &ScalarValue| matches!(value.data_type(), DataType::Timestamp(_, None) | DataType::Utf8);
    let zoned = !(plain(first) && plain(last));
    let array = |clocks: Vec<i64>| -> Result<ArrayRef> {
        if !zoned {
            return Ok(Arc::new(TimestampMicrosecondArray::from(clocks)));
        }
        let moments = clocks.into_iter().map(|clock| session.moment(clock)).collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(TimestampMicrosecondArray::from(moments).with_timezone("UTC")))
    };
    let clock = DataType::Timestamp(TimeUnit::Microsecond, None);
    let micros = |value: &ScalarValue| match value {
        ScalarValue::TimestampMicrosecond(moment, Some(_)) => Ok(moment.map(|moment| session.local(moment))),
        ScalarValue::Utf8(Some(text)) => match crate::datetime::read(text, &clock, session)? {
            Some(ScalarValue::TimestampMicrosecond(micros, _)) => Ok(micros),
            _ => Err(DataFusionError::Plan("no timestamp type".into())),
        },
        value => match value.cast_to(&clock)? {
            ScalarValue::TimestampMicrosecond(micros, _) => Ok(micros),
            _ => Err(DataFusionError::Plan("no timestamp type".into())),
        },
    };
    let span = DataType::Interval(IntervalUnit::MonthDayNano);
    let read = match step {
        ScalarValue::Utf8(Some(text)) => crate::datetime::read(text, &span, session)?,
        _ => None,
    };
    let step = match read.as_ref().unwrap_or(step).cast_to(&DataType::Interval(IntervalUnit::MonthDayNano))? {
        ScalarValue::IntervalMonthDayNano(step) => step,
        _ => None,
    };
    let (Some(first), Some(last), Some(step)) = (micros(first)?, micros(last)?, step) else {
        return array(Vec::new());
    };
    // As PostgreSQL compares intervals: months of 30 days, days of 24 hours.
    let length =
        (i128::from(step.months) * 30 + i128::from(step.days)) * 86_400_000_000_000 + i128::from(step.nanoseconds);
    check_step(length == 0)?;
    let mut found = Vec::new();
    let mut next = Some(first);
    while let Some(moment) = next.filter(|moment| if length > 0 { *moment <= last } else { *moment >= last }) {
        check_length(found.len())?;
        found.push(moment);
        next = later(moment, step);
    }
    array(found)
}

/// Months first, then days, then the rest, as PostgreSQL adds an interval.
fn later(micros: i64, step: IntervalMonthDayNano) -> Option<i64> {
    let moment: NaiveDateTime = DateTime::from_timestamp_micros(micros)?.naive_utc();
    let months = Months::new(step.months.unsigned_abs());
    let moment =
        if step.months < 0 { moment.checked_sub_months(months)? } else { moment.checked_add_months(months)? };
    let days = Days::new(u64::from(step.days.unsigned_abs()));
    let moment = if step.days < 0 { moment.checked_sub_days(days)? } else { moment.checked_add_days(days)? };
    let moment = moment.checked_add_signed(TimeDelta::nanoseconds(step.nanoseconds))?;
    Some(moment.and_utc().timestamp_micros())
}

fn check_step(zero: bool) -> Result<()> {
    if zero { Err(refused(PlanError::InvalidParameter("step size cannot equal zero"))) } else { Ok(()) }
}

fn check_length(length: usize) -> Result<()> {
    if length >= ROWS_MAX { Err(refused(PlanError::TooLarge("generate_series"))) } else { Ok(()) }
}

/// A parameter's value as a constant of the syntax tree.
pub(super) fn argument(sql_type: &SqlType, value: &Datum) -> Result<ast::Expr, PlanError> {
    let typed = |text: String, data_type: ast::DataType| {
        let inner = Box::new(ast::Expr::value(ast::Value::SingleQuotedString(text)));
        ast::Expr::Cast { kind: ast::CastKind::Cast, expr: inner, data_type, array: false, format: None }
    };
    Ok(match (sql_type, value) {
        (SqlType::Int2 | SqlType::Int4, Datum::Int(number)) => typed(number.to_string(), ast::DataType::Integer(None)),
        (_, Datum::Int(number)) => typed(number.to_string(), ast::DataType::BigInt(None)),
        _ => super::literals::literal_of(sql_type, value)?,
    })
}

fn refused(error: PlanError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn day(text: &str) -> ScalarValue {
        let date: NaiveDate = text.parse().unwrap();
        ScalarValue::Date32(Some((date - NaiveDate::default()).num_days() as i32))
    }

    fn every(months: i32, days: i32) -> ScalarValue {
        ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(months, days, 0)))
    }

    #[test]
    fn series_have_postgresqls_rows() {
        let int = |n: i32| ScalarValue::Int32(Some(n));
        let cents = |n: i128| ScalarValue::Decimal128(Some(n), 10, 2);
        let cases = [
            (vec![int(1), int(3)], 3),
            (vec![int(3), int(1)], 0),
            (vec![int(3), int(1), int(-1)], 3),
            (vec![int(1), int(10), int(4)], 3),
            (vec![int(i32::MAX - 1), int(i32::MAX)], 2),
            (vec![int(1), ScalarValue::Int32(None)], 0),
            (vec![cents(100), cents(250), cents(50)], 4),
            (vec![cents(100), int(3)], 3),
            (vec![day("2026-01-31"), day("2026-04-30"), every(1, 0)], 4),
            (vec![day("2026-01-01"), day("2026-01-10"), every(0, 1)], 10),
            (vec![day("2026-01-10"), day("2026-01-01"), every(0, -1)], 10),
        ];
        let session = Session { zone: sluice_base::TimeZone::utc(), now: 0 };
        for (values, rows) in cases {
            assert_eq!(series(&values, &session).map(|array| array.len()).ok(), Some(rows), "{values:?}");
        }
        let refusals = [
            vec![int(1), int(3), int(0)],
            vec![int(1), int(3), cents(50)],
            vec![int(1)],
            vec![ScalarValue::Int64(Some(1)), ScalarValue::Int64(Some(i64::MAX))],
            vec![day("2026-01-01"), day("2026-01-02"), every(0, 0)],
            vec![day("2026-01-01"), day("2026-01-02")],
        ];
        for values in refusals {
            assert!(series(&values, &session).is_err(), "{values:?}");
        }
    }
}
