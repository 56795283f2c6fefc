//! Numbers as text: integers, floats and numeric, by PostgreSQL's input rules.

use super::{Decoded, is_space};
use crate::ParameterFault;

/// PostgreSQL's bounds of numeric: digits before the decimal point, and behind it.
const WHOLE_DIGITS_MAX: i64 = 131_072;
const FRACTION_DIGITS_MAX: i64 = 16_383;

/// A decimal integer between two bounds.
pub(super) fn integer(text: &str, least: i64, most: i64) -> Decoded<i64> {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ParameterFault::Text);
    }
    match text.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(ParameterFault::Range),
    }
}

/// `double precision`
pub(super) fn float8(text: &str) -> Decoded<f64> {
    let text = float_text(text)?;
    let number: f64 = text.parse().map_err(|_| ParameterFault::Text)?;
    in_range(text, number.is_infinite(), number == 0.0).map(|()| number)
}

/// `real`
pub(super) fn float4(text: &str) -> Decoded<f64> {
    let text = float_text(text)?;
    let number: f32 = text.parse().map_err(|_| ParameterFault::Text)?;
    in_range(text, number.is_infinite(), number == 0.0).map(|()| number.into())
}

/// What both Rust and PostgreSQL take for a float, once trimmed. Rust alone takes no sign before `nan`, and both
/// know `inf`, `infinity` and `nan` in any case.
fn float_text(text: &str) -> Decoded<&str> {
    let text = text.trim_matches(is_space);
    let known = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eEinftyINFTYaA".contains(&b));
    if known && !text.is_empty() { Ok(text) } else { Err(ParameterFault::Text) }
}

/// Refuses a finite number that became infinite, and one that became zero without being it.
fn in_range(text: &str, infinite: bool, zero: bool) -> Decoded<()> {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let has_digits = text.bytes().any(|b| b.is_ascii_digit());
    let not_zero = mantissa.bytes().any(|b| matches!(b, b'1'..=b'9'));
    if (infinite && has_digits) || (zero && not_zero) { Err(ParameterFault::Range) } else { Ok(()) }
}

/// `numeric`, in the form PostgreSQL prints it: no exponent, no needless zeros in front, the fraction as given.
pub(super) fn numeric(text: &str) -> Decoded<String> {
    let text = text.trim_matches(is_space);
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    match unsigned.to_ascii_lowercase().as_str() {
        "nan" if unsigned.len() == text.len() => return Ok("NaN".into()),
        "inf" | "infinity" => return Ok(if negative { "-Infinity" } else { "Infinity" }.into()),
        _ => {}
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, self::exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err(ParameterFault::Text);
    }
    plain(negative, whole, fraction, exponent)
}

fn exponent(text: &str) -> Decoded<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ParameterFault::Text);
    }
    text.parse().ok().filter(|e: &i64| e.abs() < i64::from(i32::MAX) / 2).ok_or(ParameterFault::Range)
}

/// Moves the decimal point by the exponent.
fn plain(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Decoded<String> {
    let digits: String = [whole, fraction].concat();
    let scale = (fraction.len() as i64 - exponent).max(0);
    let significant = digits.trim_start_matches('0');
    let zero = significant.is_empty();
    let point = whole.len() as i64 + exponent; // digits before the decimal point, counted in `digits`
    let leading = (digits.len() - significant.len()) as i64;
    if scale > FRACTION_DIGITS_MAX || (!zero && point - leading > WHOLE_DIGITS_MAX) {
        return Err(ParameterFault::Range);
    }
    let mut text = String::with_capacity(digits.len() + 8);
    if negative && !zero {
        text.push('-');
    }
    let before = if zero { 0 } else { (point - leading).max(0) as usize };
    match before {
        0 => text.push('0'),
        _ if before >= significant.len() => {
            text.push_str(significant);
            text.extend(std::iter::repeat_n('0', before - significant.len()));
        }
        _ => text.push_str(&significant[..before]),
    }
    if scale > 0 {
        text.push('.');
        let tail = significant.get(before..).unwrap_or_default();
        text.extend(std::iter::repeat_n('0', (scale as usize).saturating_sub(tail.len())));
        text.push_str(tail);
    }
    Ok(text)
}
