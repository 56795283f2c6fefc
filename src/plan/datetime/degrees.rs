//! Angles in degrees. Multiples of 30 and 45 have the results that they have on paper.
//!
//! Source of the rules: PostgreSQL documentation, "Trigonometric Functions": the functions of degrees are exact where those
//! of radians are not. Each quarter is built of sines below 30 and cosines below 60, scaled to be exact at their ends.

use super::fault::DatetimeFault as Fault;
use super::table::{Outcome, Overload, float};
use super::value::{Kind, Value};

macro_rules! table {
    ($($name:literal, [$($arg:ident),*], $run:expr;)*) => {
        &[$(Overload { name: $name, args: &[$(Kind::$arg),*], result: Kind::Float, run: $run },)*]
    };
}

pub(super) static TABLE: &[Overload] = table! {
    "sind", [Float], |_, v| of_angle(float(&v[0])?, sine);
    "cosd", [Float], |_, v| of_angle(float(&v[0])?, cosine);
    "tand", [Float], |_, v| of_angle(float(&v[0])?, |angle| ratio(angle, false));
    "cotd", [Float], |_, v| of_angle(float(&v[0])?, |angle| ratio(angle, true));
    "asind", [Float], |_, v| of_ratio(float(&v[0])?, |x| if x < 0.0 { -arcsine(-x) } else { arcsine(x) });
    "acosd", [Float], |_, v| of_ratio(float(&v[0])?, |x| if x < 0.0 { 90.0 + arcsine(-x) } else { arccosine(x) });
    "atand", [Float], |_, v| Ok(Value::Float(float(&v[0])?.atan() / 1f64.atan() * 45.0));
    "atan2d", [Float, Float], |_, v| Ok(Value::Float(float(&v[0])?.atan2(float(&v[1])?) / 1f64.atan() * 45.0));
};

const OUT: Fault = Fault::NumberOut("input is out of range");

fn of_angle(angle: f64, work: fn(f64) -> f64) -> Outcome<'static> {
    match angle {
        _ if angle.is_nan() => Ok(Value::Float(angle)),
        _ if angle.is_infinite() => Err(OUT),
        _ => Ok(Value::Float(work(angle))),
    }
}

fn of_ratio(ratio: f64, work: fn(f64) -> f64) -> Outcome<'static> {
    match ratio {
        _ if ratio.is_nan() => Ok(Value::Float(ratio)),
        -1.0..=1.0 => Ok(Value::Float(work(ratio))),
        _ => Err(OUT),
    }
}

/// A sine of 0 to 30 degrees.
fn small_sine(angle: f64) -> f64 {
    angle.to_radians().sin() / 30f64.to_radians().sin() / 2.0
}

/// A cosine of 0 to 60 degrees.
fn small_cosine(angle: f64) -> f64 {
    1.0 - (1.0 - angle.to_radians().cos()) / (1.0 - 60f64.to_radians().cos()) / 2.0
}

/// A sine of the first quarter.
fn quarter_sine(angle: f64) -> f64 {
    if angle <= 30.0 { small_sine(angle) } else { small_cosine(90.0 - angle) }
}

/// A cosine of the first quarter.
fn quarter_cosine(angle: f64) -> f64 {
    if angle <= 60.0 { small_cosine(angle) } else { small_sine(90.0 - angle) }
}

/// The angle in the first half, and whether it was turned over.
fn half(angle: f64) -> (f64, bool) {
    let angle = angle % 360.0;
    let (angle, turned) = if angle < 0.0 { (-angle, true) } else { (angle, false) };
    if angle > 180.0 { (360.0 - angle, !turned) } else { (angle, turned) }
}

fn sine(angle: f64) -> f64 {
    let (angle, turned) = half(angle);
    let sine = quarter_sine(if angle > 90.0 { 180.0 - angle } else { angle });
    if turned { -sine } else { sine }
}

fn cosine(angle: f64) -> f64 {
    let (angle, _) = half(angle);
    if angle > 90.0 { -quarter_cosine(180.0 - angle) } else { quarter_cosine(angle) }
}

fn ratio(angle: f64, inverse: bool) -> f64 {
    let (angle, turned) = half(angle);
    let (angle, turned) = if angle > 90.0 { (180.0 - angle, !turned) } else { (angle, turned) };
    let of = |angle: f64| match inverse {
        false => quarter_sine(angle) / quarter_cosine(angle),
        true => quarter_cosine(angle) / quarter_sine(angle),
    };
    let ratio = of(angle) / of(45.0);
    // Not the nought with a sign.
    match (ratio == 0.0, turned) {
        (true, _) => 0.0,
        (false, true) => -ratio,
        (false, false) => ratio,
    }
}

/// An arcsine of 0 to 1.
fn arcsine(x: f64) -> f64 {
    if x <= 0.5 { x.asin() / 0.5f64.asin() * 30.0 } else { 90.0 - x.acos() / 0.5f64.acos() * 60.0 }
}

/// An arccosine of 0 to 1.
fn arccosine(x: f64) -> f64 {
    if x <= 0.5 { 90.0 - x.asin() / 0.5f64.asin() * 30.0 } else { x.acos() / 0.5f64.acos() * 60.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_angles_are_exact() {
        assert_eq!([0.0, 30.0, 90.0, 150.0, 180.0, 270.0, -30.0].map(sine), [0.0, 0.5, 1.0, 0.5, 0.0, -1.0, -0.5]);
        assert_eq!([0.0, 60.0, 90.0, 120.0, 180.0].map(cosine), [1.0, 0.5, 0.0, -0.5, -1.0]);
        assert_eq!([0.0, 45.0, 135.0, -45.0].map(|angle| ratio(angle, false)), [0.0, 1.0, -1.0, -1.0]);
        assert_eq!([0.5, 1.0, 0.0].map(arcsine), [30.0, 90.0, 0.0]);
        assert_eq!([0.5, 1.0, 0.0].map(arccosine), [60.0, 0.0, 90.0]);
    }
}
