//! Functions that stay `numeric` over a `numeric`, and are the engine's own over anything else.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, Decimal256Array, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float32Type, Float64Type, i256};
use arrow::error::ArrowError;
use datafusion_common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion_expr::type_coercion::functions::fields_with_udf;
use datafusion_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::limbs::Limbs;
use super::operand::Operand;
use super::roots::square_root;
use super::scaled::{compute, value_function};
use super::text::text_function;
use super::value::{Fault, Number, digit_count};
use super::{UNDECLARED, decimal_type, digits_of, scaled_type};
use crate::PlanError;

/// What an [`Exact`] function does with numerics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Round,
    Truncate,
    Ceiling,
    Floor,
    Sign,
    SquareRoot,
}

/// The function of a name: the engine's own, made exact over numerics where PostgreSQL's is.
pub(crate) fn scalar(engine: &Arc<ScalarUDF>) -> Option<Arc<ScalarUDF>> {
    let kind = match engine.name() {
        "round" => Kind::Round,
        "trunc" => Kind::Truncate,
        "ceil" => Kind::Ceiling,
        "floor" => Kind::Floor,
        "signum" => Kind::Sign,
        "sqrt" => Kind::SquareRoot,
        name => return super::float::function(name),
    };
    let signature = Signature::user_defined(engine.signature().volatility);
    Some(Arc::new(ScalarUDF::from(Exact { kind, engine: Arc::clone(engine), signature })))
}

/// Functions the resolver puts into the tree itself; no client can type their names.
pub(crate) fn hidden() -> impl Iterator<Item = (&'static str, Arc<ScalarUDF>)> {
    let signature = || Signature::user_defined(Volatility::Immutable);
    [
        (VALUE, value_function()),
        (NUMERIC, Arc::new(ScalarUDF::from(ToNumeric { signature: signature() }))),
        (TEXT, text_function()),
        (WHOLE, Arc::new(ScalarUDF::from(Whole { signature: signature() }))),
    ]
    .into_iter()
    .chain(super::ordered::functions())
    .chain(super::scaled::spreads())
}

/// Name of the function that takes the number out of a scaled value.
pub(crate) const VALUE: &str = "\u{1}value";

/// Name of the cast to a `numeric` without precision.
pub(crate) const NUMERIC: &str = "\u{1}numeric";

/// Name of the function that writes numerics as text.
pub(crate) const TEXT: &str = "\u{1}text";

/// Name of the function that rounds what is cast to an integer.
pub(crate) const WHOLE: &str = "\u{1}whole";

/// Whether a function may give scaled values, to be taken out by [`VALUE`].
pub(crate) fn gives_scaled(engine_name: &str) -> bool {
    matches!(engine_name, "round" | "trunc" | "sqrt" | "to_number")
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Exact {
    kind: Kind,
    engine: Arc<ScalarUDF>,
    signature: Signature,
}

impl Exact {
    /// Over a numeric, or over an integer where PostgreSQL has no other function of these arguments.
    fn is_exact(&self, types: &[DataType]) -> bool {
        match types {
            [only] => only.is_decimal(),
            [number, places] if matches!(self.kind, Kind::Round | Kind::Truncate) => {
                digits_of(number).is_some() && (places.is_integer() || places.is_null())
            }
            _ => false,
        }
    }

    fn return_exact(&self, number: &DataType, places: Option<&ScalarValue>, binary: bool) -> DataType {
        let (precision, scale) = digits_of(number).unwrap_or(UNDECLARED);
        let whole = i32::from(precision) - i32::from(scale);
        match self.kind {
            Kind::Sign => decimal_type(1, 0),
            Kind::SquareRoot => scaled_type(),
            Kind::Ceiling | Kind::Floor => decimal_type(whole + 1, 0),
            Kind::Round | Kind::Truncate if !binary => decimal_type(whole + 1, 0),
            Kind::Round | Kind::Truncate => match places.and_then(integer) {
                Some(places) => {
                    let scale = places.clamp(0, 60) as i8;
                    // A precision below that of open values: this one has its own scale.
                    decimal_type((whole + 1 + i32::from(scale)).min(74), scale)
                }
                None => scaled_type(),
            },
        }
    }
}

impl Exact {
    /// Over floating numbers: the engine's own, but for halves, which go to the even neighbour, and roots that are none.
    fn float(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let of = match self.kind {
            Kind::Round => |value: f64| Ok(value.round_ties_even()),
            Kind::SquareRoot => |value: f64| if value < 0.0 { Err(Fault::NegativeRoot) } else { Ok(value.sqrt()) },
            _ => return self.engine.invoke_with_args(args),
        };
        let rows = args.number_rows;
        let [arg] = datafusion_common::utils::take_function_args(self.engine.name(), args.args)?;
        let constant = matches!(arg, ColumnarValue::Scalar(_));
        let array = cast(&arg.into_array(if constant { 1 } else { rows })?, &DataType::Float64)?;
        let each = array.as_primitive::<Float64Type>().iter().map(|value| value.map(of).transpose());
        let result: Float64Array = each.collect::<Result<_, Fault>>()?;
        if constant {
            return ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(Arc::new(result)))
    }
}

/// A constant number of places.
fn integer(value: &ScalarValue) -> Option<i64> {
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(found)) => found,
        _ => None,
    }
}

impl ScalarUDFImpl for Exact {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        if self.is_exact(types) {
            return Ok(types.to_vec());
        }
        match types {
            // Of an integer PostgreSQL has the function of double precision.
            [only] if only.is_integer() || only.is_floating() => return Ok(vec![DataType::Float64]),
            [number, _] if number.is_floating() => {
                let name = format!("{}(double precision, integer)", self.name());
                return Err(DataFusionError::External(Box::new(PlanError::UndefinedFunction(name))));
            }
            _ => {}
        }
        let fields: Vec<FieldRef> =
            types.iter().map(|found| Arc::new(Field::new("arg", found.clone(), true))).collect();
        let coerced = fields_with_udf(&fields, self.engine.as_ref())?;
        Ok(coerced.iter().map(|field| field.data_type().clone()).collect())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [number, rest @ ..] if self.is_exact(types) => Ok(self.return_exact(number, None, !rest.is_empty())),
            _ => self.engine.return_type(types),
        }
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        if !self.is_exact(&types) {
            return self.engine.return_field_from_args(args);
        }
        let places = args.scalar_arguments.get(1).copied().flatten();
        let data_type = self.return_exact(&types[0], places, types.len() > 1);
        Ok(Arc::new(Field::new(self.name(), data_type, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        if !self.is_exact(&types) {
            return self.float(args);
        }
        let kind = self.kind;
        if *args.return_type() == scaled_type() {
            return compute(args, false, |numbers| match (kind, numbers) {
                (Kind::SquareRoot, [number]) => square_root(*number),
                (_, [number, places]) => {
                    let scale = places_of(*places)?;
                    let shown = scale.max(0);
                    Number { value: at_places(kind, *number, scale)?, scale: shown, shown }.open()
                }
                _ => Err(Fault::OutOfRange),
            });
        }
        let places = match args.args.get(1) {
            Some(ColumnarValue::Scalar(places)) => integer(places).unwrap_or(0).clamp(-200, 60) as i32,
            Some(ColumnarValue::Array(_)) => {
                return Err(DataFusionError::Internal("a constant number of places expected".into()));
            }
            None => 0,
        };
        let rows = args.number_rows;
        let is_null = matches!(args.args.get(1), Some(ColumnarValue::Scalar(places)) if places.is_null());
        let target = args.return_type().clone();
        let constant = matches!(args.args[0], ColumnarValue::Scalar(_));
        let rows = if constant { 1 } else { rows };
        let operand = Operand::of(&args.args[0].to_array(rows)?)?;
        let result = decimals(&target, rows, |row| match operand.get(row) {
            Some(number) if !is_null => at_places(kind, number, places).map(Some),
            _ => Ok(None),
        })?;
        if constant {
            return ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// Places beyond every value change nothing more.
fn places_of(places: Number) -> Result<i32, Fault> {
    let places = places.value.to_i128().ok_or(Fault::OutOfRange)?;
    Ok(places.clamp(-200, 38) as i32)
}

/// A number rounded, or cut off, to some places; the result has the places as its scale, or none where they are negative.
fn at_places(kind: Kind, number: Number, places: i32) -> Result<i256, Fault> {
    let negative = number.value.is_negative();
    let magnitude = Limbs::of(number.value);
    let down = number.scale - places;
    let kept = match (kind, down) {
        (Kind::Sign, _) => return Ok(number.value.signum()),
        (_, ..=0) => magnitude.shifted(down.unsigned_abs()),
        (Kind::Round, _) => magnitude.rounded(down as u32),
        (Kind::Ceiling, _) if !negative => up(magnitude, down as u32),
        (Kind::Floor, _) if negative => up(magnitude, down as u32),
        _ => Some(magnitude.cut(down as u32)),
    };
    // Rounded before the point, the number gets its zeros back.
    let back = kept.and_then(|kept| kept.shifted(places.min(0).unsigned_abs()));
    back.and_then(|back| back.signed(negative)).ok_or(Fault::OutOfRange)
}

/// Cut off, and away from zero where something was lost.
fn up(magnitude: Limbs, power: u32) -> Option<Limbs> {
    let cut = magnitude.cut(power);
    if cut.shifted(power) == Some(magnitude) { Some(cut) } else { cut.plus_one() }
}

/// A column of decimals of one type; a value that has more digits than it is out of range.
fn decimals(target: &DataType, rows: usize, each: impl Fn(usize) -> Result<Option<i256>, Fault>) -> Result<ArrayRef> {
    let (precision, _) = digits_of(target).unwrap_or(UNDECLARED);
    let checked = |row: usize| match each(row)? {
        Some(value) if digit_count(value) > i32::from(precision) => Err(Fault::OutOfRange),
        other => Ok(other),
    };
    Ok(match target {
        DataType::Decimal128(..) => {
            let narrow = |value: i256| value.to_i128().ok_or(Fault::OutOfRange);
            let values = (0..rows).map(|row| checked(row)?.map(narrow).transpose());
            let array: Decimal128Array = values.collect::<Result<_, Fault>>()?;
            Arc::new(array.with_data_type(target.clone()))
        }
        _ => {
            let array: Decimal256Array = (0..rows).map(checked).collect::<Result<_, Fault>>()?;
            Arc::new(array.with_data_type(target.clone()))
        }
    })
}

/// `CAST(x AS numeric)`: a numeric as it is, an integer without digits behind the point, text and floats with their own.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ToNumeric {
    signature: Signature,
}

impl ScalarUDFImpl for ToNumeric {
    fn name(&self) -> &str {
        NUMERIC
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        super::name_of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(match types {
            [DataType::Float16] => vec![DataType::Float32],
            [DataType::LargeUtf8 | DataType::Utf8View] => vec![DataType::Utf8],
            other => other.to_vec(),
        })
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [found] if found.is_decimal() || *found == scaled_type() => Ok(found.clone()),
            [found] if found.is_integer() => {
                let (precision, scale) = digits_of(found).unwrap_or(UNDECLARED);
                Ok(decimal_type(i32::from(precision), scale))
            }
            [DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View]
            | [DataType::Float16 | DataType::Float32 | DataType::Float64] => {
                Ok(DataType::Decimal256(UNDECLARED.0, UNDECLARED.1))
            }
            _ => plan_err!("cannot cast to numeric"),
        }
    }

    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        match args.as_slice() {
            [only] if info.get_data_type(only)?.is_decimal() => Ok(ExprSimplifyResult::Simplified(args.remove(0))),
            _ => Ok(ExprSimplifyResult::Original(args)),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let target = args.return_type().clone();
        let [arg] = datafusion_common::utils::take_function_args("numeric", args.args)?;
        if arg.data_type() == target {
            return Ok(arg);
        }
        let convert = |array: &ArrayRef| match array.data_type() {
            DataType::Float64 => of_floats(array),
            DataType::Float32 => of_reals(array),
            DataType::Utf8 => of_texts(array),
            _ => Ok(cast(array, &target)?),
        };
        match arg {
            ColumnarValue::Array(array) => convert(&array).map(ColumnarValue::Array),
            ColumnarValue::Scalar(scalar) => {
                let array = convert(&scalar.to_array()?)?;
                ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar)
            }
        }
    }
}

/// A floating number as a numeric of as many digits as PostgreSQL takes of it; where a cast names fewer, they are rounded.
pub(crate) fn of_float(float: Expr) -> Expr {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::from(ToNumeric { signature }).call(vec![float])
}

/// Floats with the fifteen digits that PostgreSQL takes of them.
fn of_floats(array: &ArrayRef) -> Result<ArrayRef> {
    let numbers = array.as_primitive::<Float64Type>().iter().map(|float| match float {
        None => Ok(None),
        Some(float) if !float.is_finite() => Err(Fault::OutOfRange.into()),
        Some(float) => undeclared(&format!("{float:.14e}")).map(Some),
    });
    undeclared_array(numbers)
}

/// Of `real` PostgreSQL takes six digits.
fn of_reals(array: &ArrayRef) -> Result<ArrayRef> {
    let numbers = array.as_primitive::<Float32Type>().iter().map(|float| match float {
        None => Ok(None),
        Some(float) if !float.is_finite() => Err(Fault::OutOfRange.into()),
        Some(float) => undeclared(&format!("{float:.5e}")).map(Some),
    });
    undeclared_array(numbers)
}

fn of_texts(array: &ArrayRef) -> Result<ArrayRef> {
    undeclared_array(array.as_string::<i32>().iter().map(|text| text.map(undeclared).transpose()))
}

fn undeclared_array(numbers: impl Iterator<Item = Result<Option<i256>>>) -> Result<ArrayRef> {
    let array: Decimal256Array = numbers.collect::<Result<_>>()?;
    Ok(Arc::new(array.with_precision_and_scale(UNDECLARED.0, UNDECLARED.1)?))
}

/// A number as text, at the scale of undeclared numerics: sign, digits, a point, an exponent.
fn undeclared(text: &str) -> Result<i256> {
    let malformed = || DataFusionError::from(ArrowError::CastError("numeric".into()));
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| malformed())?),
        None => (text, 0),
    };
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed());
    }
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(i256::ZERO);
    }
    // Beyond these bounds the number is out of range or nought whatever its digits are.
    if significant.len() > 1_000 || exponent.abs() > 1_000 {
        return Err(Fault::OutOfRange.into());
    }
    let scale = i32::try_from(fraction.len()).map_err(|_| malformed())? - exponent;
    // Digits that no place is left for are rounded.
    let kept = &significant[..significant.len().min(76)];
    let scale = scale - (significant.len() - kept.len()) as i32;
    let value = i256::from_string(kept).ok_or_else(malformed)?;
    let value = if mantissa.starts_with('-') { value.wrapping_neg() } else { value };
    Ok(Number { value, scale, shown: 0 }.at_scale(i32::from(UNDECLARED.1))?)
}

/// The whole number that an integer is made of: PostgreSQL rounds, half away from zero for a numeric, half to even for a
/// floating number. Anything else is given back.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Whole {
    signature: Signature,
}

impl ScalarUDFImpl for Whole {
    fn name(&self) -> &str {
        WHOLE
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        super::name_of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [found] if found.is_decimal() => {
                let (precision, scale) = digits_of(found).unwrap_or(UNDECLARED);
                Ok(decimal_type(i32::from(precision) - i32::from(scale) + 1, 0))
            }
            [found] => Ok(found.clone()),
            _ => plan_err!("cannot cast to an integer"),
        }
    }

    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        match args.as_slice() {
            [only] => match info.get_data_type(only)? {
                found if found.is_decimal() || found.is_floating() => Ok(ExprSimplifyResult::Original(args)),
                _ => Ok(ExprSimplifyResult::Simplified(args.remove(0))),
            },
            _ => Ok(ExprSimplifyResult::Original(args)),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let target = args.return_type().clone();
        let [arg] = datafusion_common::utils::take_function_args("whole", args.args)?;
        let whole = |array: &ArrayRef| -> Result<ArrayRef> {
            Ok(match array.data_type() {
                found if found.is_decimal() => {
                    let operand = Operand::of(array)?;
                    decimals(&target, array.len(), |row| operand.get(row).map(|number| number.at_scale(0)).transpose())?
                }
                DataType::Float32 => {
                    Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(f32::round_ties_even))
                }
                DataType::Float64 => {
                    Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::round_ties_even))
                }
                _ => Arc::clone(array),
            })
        };
        match arg {
            ColumnarValue::Array(array) => whole(&array).map(ColumnarValue::Array),
            ColumnarValue::Scalar(scalar) => {
                ScalarValue::try_from_array(&whole(&scalar.to_array()?)?, 0).map(ColumnarValue::Scalar)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::tests::number;
    use super::*;

    #[test]
    fn texts() {
        let at = |text: &str| number(text).at_scale(37).expect("fits");
        for (text, expected) in
            [("1.50", "1.5"), (" -2e3 ", "-2000"), ("1.42857142857143e-1", "0.142857142857143"), ("0e9", "0")]
        {
            assert_eq!(undeclared(text).ok(), Some(at(expected)), "{text}");
        }
        for bad in ["", "1.2.3", "x", "1e", "-", "NaN"] {
            assert!(undeclared(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn places() {
        let cases = [
            (Kind::Round, "2.345", 2, "2.35"),
            (Kind::Round, "-2.345", 2, "-2.35"),
            (Kind::Round, "2.3", 4, "2.3000"),
            (Kind::Round, "1250", -2, "1300"),
            (Kind::Round, "49", -2, "0"),
            (Kind::Truncate, "-2.349", 2, "-2.34"),
            (Kind::Truncate, "1299", -2, "1200"),
            (Kind::Ceiling, "2.0001", 0, "3"),
            (Kind::Ceiling, "-2.9", 0, "-2"),
            (Kind::Ceiling, "2.000", 0, "2"),
            (Kind::Floor, "-2.0001", 0, "-3"),
            (Kind::Floor, "2.9", 0, "2"),
            (Kind::Sign, "-0.01", 0, "-1"),
            (Kind::Sign, "0.00", 0, "0"),
        ];
        for (kind, text, places, expected) in cases {
            assert_eq!(at_places(kind, number(text), places), Ok(number(expected).value), "{kind:?} {text}");
        }
    }
}
