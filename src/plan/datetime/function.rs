//! The one function object behind every line of the table.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{DataFusionError, Result, ScalarValue};
use datafusion_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::fault::DatetimeFault as Fault;
use super::part::Unit;
use super::table::{MINUS, OVER, Overload, PLUS, TIMES, lines};
use super::value::{Column, Kind, Value, column};
use super::{EXTRACT, Session};
use crate::PlanError;

/// A function of the table in a session.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Temporal {
    name: &'static str,
    session: Arc<Session>,
    signature: Signature,
}

pub(super) fn named(name: &str, session: &Arc<Session>) -> Option<Arc<ScalarUDF>> {
    let name = lines().find(|overload| overload.name == name)?.name;
    let signature = Signature::user_defined(Volatility::Immutable);
    Some(Arc::new(ScalarUDF::from(Temporal { name, session: Arc::clone(session), signature })))
}

/// A call of a function that the table has.
pub(crate) fn call(name: &str, session: &Arc<Session>, args: Vec<Expr>) -> Result<Expr> {
    let function = named(name, session).ok_or_else(|| DataFusionError::Internal(format!("no function {name:?}")))?;
    Ok(function.call(args))
}

/// True for a call of one of these functions.
pub(crate) fn is_temporal(function: &ScalarUDF) -> bool {
    function.inner().is::<Temporal>()
}

/// True for what an operator of [`super::DatetimePlanner`] is planned as.
pub(crate) fn is_operator(function: &ScalarUDF) -> bool {
    let temporal = function.inner().downcast_ref::<Temporal>();
    temporal.is_some_and(|temporal| [PLUS, MINUS, TIMES, OVER].contains(&temporal.name))
}

/// What PostgreSQL chooses of the functions of a name: the one that needs the fewest conversions, then the one that
/// converts to preferred types. A text may stand for anything: that it is a literal is checked where expressions are
/// seen, not types alone ([`super::casts`]).
pub(super) fn chosen(name: &str, types: &[DataType]) -> Result<&'static Overload> {
    let fits = |overload: &&Overload| {
        overload.name == name
            && overload.args.len() == types.len()
            && overload.args.iter().zip(types).all(|(wanted, given)| match Kind::of(given) {
                Some(Kind::Text) => true,
                Some(given) => wanted.takes(given),
                None => given.is_null(),
            })
    };
    let rank = |overload: &&Overload| {
        let (mut exact, mut preferred) = (0, 0);
        for (wanted, given) in overload.args.iter().zip(types) {
            if Kind::of(given) == Some(*wanted) {
                exact += 1;
            } else if wanted.preferred() {
                preferred += 1;
            }
        }
        (exact, preferred)
    };
    let mut best: Option<&'static Overload> = None;
    for overload in lines().filter(fits) {
        if best.is_none_or(|best| rank(&overload) > rank(&best)) {
            best = Some(overload);
        }
    }
    best.ok_or_else(|| {
        let types: Vec<&str> = types.iter().map(|given| Kind::of(given).map_or("unknown", Kind::sql)).collect();
        let shown = name.trim_start_matches('\u{1}');
        DataFusionError::External(Box::new(PlanError::UndefinedFunction(format!("{shown}({})", types.join(", ")))))
    })
}

impl Temporal {
    fn result(&self, types: &[DataType], first: Option<&ScalarValue>) -> Result<DataType> {
        let overload = chosen(self.name, types)?;
        if self.name != EXTRACT {
            return Ok(match overload.result {
                Kind::Numeric if overload.name == super::table::LENGTH => DataType::Decimal128(38, 0),
                // The digits that a number is written with.
                Kind::Numeric => crate::numeric::scaled_type(),
                result => result.arrow(&DataType::Null),
            });
        }
        // The digits of a part follow from the unit.
        let unit = match first {
            Some(ScalarValue::Utf8(Some(unit))) => Unit::of(unit).ok_or(Fault::UnknownUnit(overload.args[1].sql()))?,
            _ => return Err(DataFusionError::Internal("extract without a unit".into())),
        };
        Ok(DataType::Decimal128(28, unit.digits(overload.args[1] == Kind::Date) as i8))
    }
}

impl ScalarUDFImpl for Temporal {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let overload = chosen(self.name, types)?;
        Ok(overload.args.iter().zip(types).map(|(wanted, given)| wanted.arrow(given)).collect())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.result(types, None)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let result = self.result(&types, args.scalar_arguments.first().copied().flatten())?;
        Ok(Arc::new(Field::new(self.name, result, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let types: Vec<DataType> = args.args.iter().map(ColumnarValue::data_type).collect();
        let overload = chosen(self.name, &types)?;
        let target = args.return_field.data_type().clone();
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        // A constant stands once.
        let columns = args
            .args
            .iter()
            .map(|arg| match arg {
                ColumnarValue::Array(array) => Ok((Column::of(array)?, false)),
                ColumnarValue::Scalar(scalar) => Ok((Column::of(&scalar.to_array()?)?, true)),
            })
            .collect::<Result<Vec<_>>>()?;
        let mut results = Vec::with_capacity(rows);
        let mut values = Vec::with_capacity(columns.len());
        for row in 0..rows {
            values.clear();
            for (column, constant) in &columns {
                match column.get(if *constant { 0 } else { row })? {
                    Some(value) => values.push(value),
                    None => break,
                }
            }
            results.push(match values.len() == columns.len() {
                true => Some(own((overload.run)(&self.session, &values)?)),
                false => None,
            });
        }
        let array = column(results, &target)?;
        if constant {
            return ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(array))
    }
}

/// A result that borrows from nothing.
fn own(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Text(text) => Value::Owned(text.to_string()),
        Value::Owned(text) => Value::Owned(text),
        Value::Bytes(bytes) => Value::OwnedBytes(bytes.to_vec()),
        Value::OwnedBytes(bytes) => Value::OwnedBytes(bytes),
        Value::Bool(v) => Value::Bool(v),
        Value::Int(v) => Value::Int(v),
        Value::Float(v) => Value::Float(v),
        Value::Real(v) => Value::Real(v),
        Value::Numeric(v) => Value::Numeric(v),
        Value::Decimal(v) => Value::Decimal(v),
        Value::Date(v) => Value::Date(v),
        Value::Time(v) => Value::Time(v),
        Value::Stamp(v) => Value::Stamp(v),
        Value::Moment(v) => Value::Moment(v),
        Value::Span(v) => Value::Span(v),
    }
}

/// Names that a client can type.
pub(super) static TYPED: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<&'static str> =
        lines().map(|overload| overload.name).filter(|name| !name.starts_with('\u{1}')).collect();
    names.dedup();
    names
});
