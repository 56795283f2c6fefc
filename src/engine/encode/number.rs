//! Integers and floats as text, written into the output without a detour over the heap.
//!
//! Floats print as PostgreSQL prints them: the shortest digits that read back as the same number and are not exactly
//! half-way between two numbers (where a careless reader could round the other way), with an exponent below 1e-4
//! and from 1e15 (real: 1e6) on.

use bytes::{BufMut, BytesMut};
use std::fmt::{LowerExp, Write};

/// `00`, `01`, ... `99`
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut n = 0;
    while n < 100 {
        pairs[n * 2] = b'0' + (n / 10) as u8;
        pairs[n * 2 + 1] = b'0' + (n % 10) as u8;
        n += 1;
    }
    pairs
};

/// The digits of a number below 100.
fn pair(n: u64) -> [u8; 2] {
    let at = (n % 100) as usize * 2;
    [PAIRS[at], PAIRS[at + 1]]
}

/// Two digits.
pub(super) fn put_pair(out: &mut BytesMut, n: u64) {
    out.put_slice(&pair(n));
}

/// Decimal digits.
pub(super) fn put_unsigned(out: &mut BytesMut, mut n: u64) {
    let mut buffer = [0; 20];
    let mut at = buffer.len();
    while n >= 100 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&pair(n));
        n /= 100;
    }
    if n >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&pair(n));
    } else {
        at -= 1;
        buffer[at] = b'0' + n as u8;
    }
    out.put_slice(&buffer[at..]);
}

/// Decimal digits with a sign where negative.
pub(super) fn put_integer(out: &mut BytesMut, n: i64) {
    if n < 0 {
        out.put_u8(b'-');
    }
    put_unsigned(out, n.unsigned_abs());
}

/// `double precision`
pub(super) fn put_float8(out: &mut BytesMut, value: f64, extra_digits: i32) {
    if put_special(out, value) {
        return;
    }
    if extra_digits > 0 {
        put_shortest(out, value.abs(), &DOUBLE, |text| text.parse() == Ok(value.abs()));
    } else {
        put_rounded(out, value.abs(), 15 + extra_digits);
    }
}

/// `real`
pub(super) fn put_float4(out: &mut BytesMut, value: f32, extra_digits: i32) {
    if put_special(out, value.into()) {
        return;
    }
    if extra_digits > 0 {
        put_shortest(out, value.abs(), &SINGLE, |text| text.parse() == Ok(value.abs()));
    } else {
        put_rounded(out, value.abs(), 6 + extra_digits);
    }
}

/// Writes what is not a finite number, and the sign of what is.
fn put_special(out: &mut BytesMut, value: f64) -> bool {
    if value.is_nan() {
        out.put_slice(b"NaN");
        return true;
    }
    if value.is_sign_negative() {
        out.put_u8(b'-');
    }
    if value.is_infinite() {
        out.put_slice(b"Infinity");
    }
    value.is_infinite()
}

/// Text of at most so many bytes, on the stack.
struct Stack<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Stack<N> {
    fn of(text: std::fmt::Arguments<'_>) -> Stack<N> {
        let mut stack = Stack { bytes: [0; N], length: 0 };
        // Cannot fail: callers ask for at most 20 digits, a point and an exponent of at most four.
        let _ = stack.write_fmt(text);
        stack
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl<const N: usize> Write for Stack<N> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self.bytes.get_mut(self.length..self.length + text.len()).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}

/// A decimal number `d.ddd * 10^exponent`.
struct Scientific {
    digits: [u8; 20],
    count: usize,
    exponent: i32,
}

impl Scientific {
    /// Reads Rust's `{:e}`.
    fn of(text: &str) -> Scientific {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut number = Scientific { digits: [b'0'; 20], count: 0, exponent: exponent.parse().unwrap_or_default() };
        for digit in mantissa.bytes().filter(u8::is_ascii_digit).take(20) {
            number.digits[number.count] = digit;
            number.count += 1;
        }
        while number.count > 1 && number.digits[number.count - 1] == b'0' {
            number.count -= 1;
        }
        number
    }

    fn digits(&self) -> &[u8] {
        &self.digits[..self.count]
    }

    /// Bits between the highest and the lowest set bit of this number, both counted; `None` where it has more than
    /// any float. (Far from 1 it could not be written in 20 digits, so overflow means that.)
    fn bits(&self) -> Option<u32> {
        let whole = self.digits().iter().fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
        let power = self.exponent - (self.count as i32 - 1);
        let fives = 5u128.checked_pow(power.unsigned_abs())?;
        let odd = if power >= 0 { whole.checked_mul(fives)? } else { (whole % fives == 0).then(|| whole / fives)? };
        (odd > 0).then(|| 128 - odd.leading_zeros() - odd.trailing_zeros())
    }
}

/// What tells `real` from `double precision` when digits are chosen.
struct Precision {
    /// Bits of the significand.
    bits: u32,
    /// Numbers from ten to this power on are printed with an exponent.
    fixed_below: i32,
    /// Shortest forms of fewer digits never lie at the same distance on both sides of the number.
    tie_digits: usize,
}

const SINGLE: Precision = Precision { bits: 24, fixed_below: 6, tie_digits: 7 };
const DOUBLE: Precision = Precision { bits: 53, fixed_below: 15, tie_digits: 16 };

/// The shortest digits that read back the same, except a number half-way between two floats; of two such at the same
/// distance, the even one. Rust's own shortest digits differ from PostgreSQL's in these two points only.
fn put_shortest(out: &mut BytesMut, value: impl LowerExp, precision: &Precision, reads_back: impl Fn(&str) -> bool) {
    let with_digits = |digits: usize| Stack::<40>::of(format_args!("{value:.*e}", digits - 1));
    let is_midpoint = |number: &Scientific| number.bits() == Some(precision.bits + 1);
    let mut number = Scientific::of(Stack::<40>::of(format_args!("{value:e}")).text());
    if is_midpoint(&number) {
        for digits in number.count + 1..20 {
            let text = with_digits(digits);
            let longer = Scientific::of(text.text());
            if reads_back(text.text()) && !is_midpoint(&longer) {
                number = longer;
                break;
            }
        }
    } else if number.count >= precision.tie_digits && number.digits[number.count - 1] % 2 == 1 {
        let longer = Scientific::of(with_digits(number.count + 1).text());
        let exact = longer.bits().is_some_and(|bits| bits <= precision.bits);
        if exact && longer.count == number.count + 1 && longer.digits[number.count] == b'5' {
            number.digits = longer.digits;
        }
    }
    put_scientific(out, &number, precision.fixed_below);
}

/// So many significant digits, as C's `%g` prints them.
fn put_rounded(out: &mut BytesMut, value: impl LowerExp, digits: i32) {
    let digits = digits.clamp(1, 18);
    let after_point = (digits - 1) as usize;
    let number = Scientific::of(Stack::<40>::of(format_args!("{value:.after_point$e}")).text());
    put_scientific(out, &number, digits);
}

/// With an exponent where it is below -4 or not below the bound, else without.
fn put_scientific(out: &mut BytesMut, number: &Scientific, fixed_below: i32) {
    let digits = number.digits();
    match number.exponent {
        exponent if exponent < -4 || exponent >= fixed_below => {
            out.put_u8(digits[0]);
            if digits.len() > 1 {
                out.put_u8(b'.');
                out.put_slice(&digits[1..]);
            }
            out.put_slice(if exponent < 0 { b"e-" } else { b"e+" });
            if exponent.abs() < 10 {
                out.put_u8(b'0');
            }
            put_unsigned(out, exponent.unsigned_abs().into());
        }
        exponent if exponent < 0 => {
            out.put_slice(b"0.");
            out.put_bytes(b'0', (-exponent - 1) as usize);
            out.put_slice(digits);
        }
        exponent => {
            let whole = exponent as usize + 1;
            if digits.len() <= whole {
                out.put_slice(digits);
                out.put_bytes(b'0', whole - digits.len());
            } else {
                out.put_slice(&digits[..whole]);
                out.put_u8(b'.');
                out.put_slice(&digits[whole..]);
            }
        }
    }
}
