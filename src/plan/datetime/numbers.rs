//! Functions of numbers that the engine lacks or has in another type.

use super::fault::DatetimeFault as Fault;
use super::table::{Outcome, Overload, float, int};
use super::value::{Kind, Value};

pub(super) static TABLE: &[Overload] = &[
    Overload { name: "factorial", args: &[Kind::Long], result: Kind::Numeric, run: |_, v| factorial(int(&v[0])?) },
    Overload {
        name: "scale",
        args: &[Kind::Numeric],
        result: Kind::Int,
        run: |_, v| Ok(Value::Int(fraction(&digits(&v[0])?).len() as i64)),
    },
    Overload {
        name: "min_scale",
        args: &[Kind::Numeric],
        result: Kind::Int,
        run: |_, v| Ok(Value::Int(fraction(&digits(&v[0])?).trim_end_matches('0').len() as i64)),
    },
    Overload {
        name: "trim_scale",
        args: &[Kind::Numeric],
        result: Kind::Numeric,
        run: |_, v| Ok(Value::Owned(trimmed(&digits(&v[0])?))),
    },
    Overload {
        name: "width_bucket",
        args: &[Kind::Float, Kind::Float, Kind::Float, Kind::Int],
        result: Kind::Int,
        run: |_, v| bucket(float(&v[0])?, float(&v[1])?, float(&v[2])?, int(&v[3])?),
    },
    Overload {
        name: "width_bucket",
        args: &[Kind::Numeric, Kind::Numeric, Kind::Numeric, Kind::Int],
        result: Kind::Int,
        run: |_, v| exact_bucket(&digits(&v[0])?, &digits(&v[1])?, &digits(&v[2])?, int(&v[3])?),
    },
];

/// A numeric as it is shown.
fn digits(value: &Value) -> Result<String, Fault> {
    match value {
        Value::Numeric(figure) => figure.text().ok_or(Fault::NumberRange),
        _ => Err(Fault::Argument("an argument of another type")),
    }
}

fn fraction(digits: &str) -> &str {
    digits.split_once('.').map_or("", |(_, fraction)| fraction)
}

fn trimmed(digits: &str) -> String {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => digits.to_string(),
    }
}

fn factorial(of: i64) -> Outcome<'static> {
    if of < 0 {
        return Err(Fault::NumberOut("factorial of a negative number is undefined"));
    }
    let product = (1..=of).try_fold(1u128, |product, factor| product.checked_mul(factor as u128));
    product.map(|product| Value::Owned(product.to_string())).ok_or(Fault::NumberRange)
}

/// The number of the bucket, 0 below the first and one more than there are above the last.
fn bucket(operand: f64, low: f64, high: f64, count: i64) -> Outcome<'static> {
    if count <= 0 {
        return Err(Fault::Bucket("count must be greater than zero"));
    }
    if operand.is_nan() || low.is_nan() || high.is_nan() {
        return Err(Fault::Bucket("operand, lower bound, and upper bound cannot be NaN"));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(Fault::Bucket("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(Fault::Bucket("lower bound cannot equal upper bound"));
    }
    let (below, above) = if low < high { (operand < low, operand >= high) } else { (operand > low, operand <= high) };
    Ok(Value::Int(match (below, above) {
        (true, _) => 0,
        (_, true) => count + 1,
        _ => ((operand - low) / (high - low) * count as f64).floor() as i64 + 1,
    }))
}

fn exact_bucket(operand: &str, low: &str, high: &str, count: i64) -> Outcome<'static> {
    if count <= 0 {
        return Err(Fault::Bucket("count must be greater than zero"));
    }
    let scale = [operand, low, high].map(|digits| fraction(digits).len()).into_iter().max().unwrap_or(0);
    let [operand, low, high] = [operand, low, high].map(|digits| at_scale(digits, scale));
    let (operand, low, high) = (operand?, low?, high?);
    if low == high {
        return Err(Fault::Bucket("lower bound cannot equal upper bound"));
    }
    let (below, above) = if low < high { (operand < low, operand >= high) } else { (operand > low, operand <= high) };
    Ok(Value::Int(match (below, above) {
        (true, _) => 0,
        (_, true) => count + 1,
        _ => {
            let way = (operand - low).abs().checked_mul(i128::from(count)).ok_or(Fault::NumberRange)?;
            i64::try_from(way / (high - low).abs() + 1).map_err(|_| Fault::NumberRange)?
        }
    }))
}

/// A number without its point, at so many digits behind it.
fn at_scale(digits: &str, scale: usize) -> Result<i128, Fault> {
    let missing = scale - fraction(digits).len();
    let whole = format!("{}{}", digits.replace('.', ""), "0".repeat(missing));
    let value: i128 = whole.parse().map_err(|_| Fault::NumberRange)?;
    // Differences of two must fit as well.
    if value.unsigned_abs() > u128::MAX >> 2 { Err(Fault::NumberRange) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(outcome: Outcome) -> Option<i64> {
        match outcome {
            Ok(Value::Int(number)) => Some(number),
            _ => None,
        }
    }

    #[test]
    fn buckets() {
        assert_eq!(number(exact_bucket("5.35", "0.024", "10.06", 5)), Some(3));
        assert_eq!(number(exact_bucket("-1", "0", "10", 5)), Some(0));
        assert_eq!(number(exact_bucket("10", "0", "10", 5)), Some(6));
        assert_eq!(number(exact_bucket("3", "10", "0", 5)), Some(4));
        assert_eq!(number(exact_bucket("3", "1", "1", 5)), None);
        assert_eq!(number(bucket(35.0, 0.0, 100.0, 10)), Some(4));
        assert_eq!(number(bucket(35.0, 0.0, 100.0, 0)), None);
    }

    #[test]
    fn digits_behind_the_point() {
        assert_eq!(trimmed("1.230"), "1.23");
        assert_eq!(trimmed("100"), "100");
        assert_eq!(trimmed("5.00"), "5");
        assert!(matches!(factorial(5), Ok(Value::Owned(text)) if text == "120"));
        assert!(factorial(-1).is_err() && factorial(40).is_err());
    }
}
