//! Arguments of numeric functions, read row by row whatever their Arrow type is.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Decimal256Array, Int16Array, StructArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Int16Type, i256};
use datafusion_common::{DataFusionError, Result};

use super::value::{Fault, Number, display_scale};
use super::{OPEN, Shown, scaled_type, shown};

/// One argument.
pub(super) enum Operand {
    Narrow { values: Decimal128Array, scale: i8 },
    Wide { values: Decimal256Array, scale: i8, shown: Shown },
    Scaled { values: Decimal256Array, scales: Int16Array },
    Null,
}

impl Operand {
    pub(super) fn of(array: &ArrayRef) -> Result<Operand> {
        Ok(match array.data_type() {
            DataType::Decimal128(_, scale) => {
                Operand::Narrow { values: array.as_primitive::<Decimal128Type>().clone(), scale: *scale }
            }
            DataType::Decimal256(_, scale) => Operand::Wide {
                values: array.as_primitive::<Decimal256Type>().clone(),
                scale: *scale,
                shown: shown(array.data_type()),
            },
            DataType::Null => Operand::Null,
            DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
                return Operand::of(&cast(array, &DataType::Decimal128(*precision, *scale))?);
            }
            other if other.is_integer() => return Operand::of(&cast(array, &DataType::Decimal128(38, 0))?),
            other if *other == scaled_type() => scaled(array.as_struct()),
            other => return Err(DataFusionError::Internal(format!("a numeric function over {other}"))),
        })
    }

    /// The number of a row; `None` for NULL.
    pub(super) fn get(&self, row: usize) -> Option<Number> {
        match self {
            Operand::Narrow { values, scale } => values.is_valid(row).then(|| {
                let scale = i32::from(*scale);
                Number { value: i256::from_i128(values.value(row)), scale, shown: scale.max(0) }
            }),
            Operand::Wide { values, scale, shown } => values.is_valid(row).then(|| {
                let value = values.value(row);
                let digits = display_scale(value, *scale, *shown);
                Number { value, scale: i32::from(*scale), shown: i32::from(digits).max(0) }
            }),
            Operand::Scaled { values, scales } => values.is_valid(row).then(|| Number {
                value: values.value(row),
                scale: i32::from(OPEN.1),
                shown: i32::from(scales.value(row)),
            }),
            Operand::Null => None,
        }
    }
}

fn scaled(array: &StructArray) -> Operand {
    let values = array.column(0).as_primitive::<Decimal256Type>();
    let nulls = NullBuffer::union(array.nulls(), values.nulls());
    let values = Decimal256Array::new(values.values().clone(), nulls).with_data_type(values.data_type().clone());
    Operand::Scaled { values, scales: array.column(1).as_primitive::<Int16Type>().clone() }
}

/// Open values with their display scales, as one array.
pub(super) fn scaled_array(rows: usize, each: impl Fn(usize) -> Result<Option<Number>, Fault>) -> Result<ArrayRef> {
    let mut values = Vec::with_capacity(rows);
    let mut scales = Vec::with_capacity(rows);
    let mut valid = Vec::with_capacity(rows);
    for row in 0..rows {
        let number = each(row)?;
        values.push(number.map_or(i256::ZERO, |number| number.value));
        scales.push(number.map_or(0, |number| number.shown as i16));
        valid.push(number.is_some());
    }
    let nulls = NullBuffer::from(valid);
    let values = Decimal256Array::new(values.into(), Some(nulls.clone())).with_precision_and_scale(OPEN.0, OPEN.1)?;
    let scales = Int16Array::new(scales.into(), Some(nulls.clone()));
    let DataType::Struct(fields) = scaled_type() else { return Err(DataFusionError::Internal("a struct".into())) };
    Ok(Arc::new(StructArray::try_new(fields, vec![Arc::new(values), Arc::new(scales)], Some(nulls))?))
}

/// The numbers of scaled values alone.
pub(super) fn values_of(array: &ArrayRef) -> Result<ArrayRef> {
    match Operand::of(array)? {
        Operand::Scaled { values, .. } => Ok(Arc::new(values)),
        _ => Err(DataFusionError::Internal("scaled values expected".into())),
    }
}
