//! Functions of text that the engine lacks.

use super::table::{Outcome, Overload, text};
use super::value::{Kind, Value};

pub(super) static TABLE: &[Overload] = &[
    Overload {
        name: "md5",
        args: &[Kind::Text],
        result: Kind::Text,
        run: |_, v| Ok(Value::Owned(md5(text(&v[0])?.as_bytes()))),
    },
    Overload { name: "quote_literal", args: &[Kind::Text], result: Kind::Text, run: |_, v| quoted(text(&v[0])?) },
];

fn quoted(text: &str) -> Outcome<'static> {
    let body = text.replace('\'', "''").replace('\\', "\\\\");
    let mark = if text.contains('\\') { "E" } else { "" };
    Ok(Value::Owned(format!("{mark}'{body}'")))
}

/// Amounts of each round's rotations (RFC 1321).
const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The MD5 digest of bytes, in hexadecimal digits. It protects nothing; it is what `md5()` gives.
pub(super) fn md5(bytes: &[u8]) -> String {
    let mut message = bytes.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend((bytes.len() as u64).wrapping_mul(8).to_le_bytes());
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for chunk in message.chunks_exact(64) {
        let word =
            |at: usize| u32::from_le_bytes([chunk[at * 4], chunk[at * 4 + 1], chunk[at * 4 + 2], chunk[at * 4 + 3]]);
        let [mut a, mut b, mut c, mut d] = state;
        for step in 0..64 {
            let (mixed, place) = match step / 16 {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), (5 * step + 1) % 16),
                2 => (b ^ c ^ d, (3 * step + 5) % 16),
                _ => (c ^ (b | !d), (7 * step) % 16),
            };
            // The integer part of 2^32 times the sine of the step, counted from 1.
            let constant = (((step + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(mixed).wrapping_add(constant).wrapping_add(word(place));
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(ROTATIONS[step / 16][step % 4]));
        }
        state =
            [state[0].wrapping_add(a), state[1].wrapping_add(b), state[2].wrapping_add(c), state[3].wrapping_add(d)];
    }
    state.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests() {
        // RFC 1321, appendix A.5.
        assert_eq!(md5(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        let digits = "12345678901234567890123456789012345678901234567890123456789012345678901234567890";
        assert_eq!(md5(digits.as_bytes()), "57edf4a22be3c955ac49da2e2107b67a");
    }
}
