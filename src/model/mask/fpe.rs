//! Format-preserving encryption: FF1 of NIST SP 800-38G over AES.
//!
//! Invariant: same length, same alphabet, one to one under one key and domain. What the method does not cover (fewer
//! than a million possible values, or longer texts than the arithmetic here holds exactly) is not encrypted but NULL.
//! Only encryption is here: nobody turns a masked value back in this program.

use aes::cipher::{BlockEncrypt, KeyInit, generic_array::GenericArray};
use serde::{Deserialize, Serialize};

const BLOCK: usize = 16;
const ROUNDS: u8 = 10;
/// Powers of the radix stay below this, so that a step of long division fits 128 bits.
const MODULUS_MAX: u128 = 1 << 120;
/// Least number of possible values (SP 800-38G, revision 1).
const DOMAIN_MIN: u128 = 1_000_000;

/// Which characters are encrypted; all others but blanks and punctuation make the value NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// `0` to `9`.
    Digits,
    /// `0` to `9` and `A` to `Z`.
    Alnum,
}

impl Alphabet {
    fn radix(self) -> u32 {
        match self {
            Alphabet::Digits => 10,
            Alphabet::Alnum => 36,
        }
    }

    fn numeral(self, c: char) -> Option<u32> {
        c.to_digit(self.radix()).filter(|_| !c.is_ascii_lowercase())
    }
}

/// Appends the encrypted text; blanks and ASCII punctuation stay where they are. False: it is not one that FF1 treats.
pub(super) fn encrypt(raw: &str, alphabet: Alphabet, key: &[u8; 32], domain: &str, out: &mut String) -> bool {
    let separator = |c: char| c == ' ' || c.is_ascii_punctuation();
    let numerals: Option<Vec<u32>> = raw.chars().filter(|c| !separator(*c)).map(|c| alphabet.numeral(c)).collect();
    let cipher = aes::Aes256::new(GenericArray::from_slice(key));
    let encrypted = numerals
        .and_then(|numerals| ff1(&|block| cipher.encrypt_block(block), alphabet.radix(), domain.as_bytes(), &numerals));
    let Some(encrypted) = encrypted else { return false };
    let mut next = encrypted.into_iter();
    for c in raw.chars() {
        let shown =
            if separator(c) { Some(c) } else { next.next().and_then(|n| char::from_digit(n, alphabet.radix())) };
        out.extend(shown.map(|c| c.to_ascii_uppercase()));
    }
    true
}

type Block = GenericArray<u8, aes::cipher::consts::U16>;

/// FF1.Encrypt of a numeral string; `None` where it is too short or too long.
fn ff1(cipher: &dyn Fn(&mut Block), radix: u32, tweak: &[u8], numerals: &[u32]) -> Option<Vec<u32>> {
    let (n, t) = (u32::try_from(numerals.len()).ok()?, u32::try_from(tweak.len()).ok()?);
    if n < 2 || u128::from(radix).checked_pow(n).is_some_and(|values| values < DOMAIN_MIN) {
        return None;
    }
    let (u, v) = (numerals.len() / 2, numerals.len() - numerals.len() / 2);
    let modulus = |length: usize| {
        let power = u128::from(radix).checked_pow(u32::try_from(length).ok()?)?;
        (power < MODULUS_MAX).then_some(power)
    };
    let (modulus_u, modulus_v) = (modulus(u)?, modulus(v)?);
    let bytes = (128 - (modulus_v - 1).leading_zeros()).div_ceil(8) as usize;
    let width = 4 * bytes.div_ceil(4) + 4;
    let radix_bytes = radix.to_be_bytes();
    let mut p = vec![1, 2, 1, radix_bytes[1], radix_bytes[2], radix_bytes[3], ROUNDS, (u % 256) as u8];
    p.extend(n.to_be_bytes());
    p.extend(t.to_be_bytes());
    let (mut a, mut b) = (number(&numerals[..u], radix), number(&numerals[u..], radix));
    for round in 0..ROUNDS {
        let mut input = p.clone();
        input.extend(tweak);
        let filled = tweak.len() + bytes + 1;
        input.extend(std::iter::repeat_n(0, (BLOCK - filled % BLOCK) % BLOCK));
        input.push(round);
        input.extend(&b.to_be_bytes()[BLOCK - bytes..]);
        let stream = stream(cipher, &input, width);
        let modulus = if round % 2 == 0 { modulus_u } else { modulus_v };
        let y = stream.iter().fold(0u128, |y, byte| (y * 256 + u128::from(*byte)) % modulus);
        (a, b) = (b, (a + y) % modulus);
    }
    let mut encrypted = digits(a, u, radix);
    encrypted.extend(digits(b, v, radix));
    Some(encrypted)
}

/// The first bytes of the random stream for an input of whole blocks: a CBC-MAC, then counter blocks.
fn stream(cipher: &dyn Fn(&mut Block), input: &[u8], width: usize) -> Vec<u8> {
    let mut mac = Block::default();
    for block in input.chunks(BLOCK) {
        mac.iter_mut().zip(block).for_each(|(mac, byte)| *mac ^= byte);
        cipher(&mut mac);
    }
    let mut out = mac.to_vec();
    let mut counter = 1u128;
    while out.len() < width {
        let mut block = mac;
        block.iter_mut().zip(counter.to_be_bytes()).for_each(|(byte, count)| *byte ^= count);
        cipher(&mut block);
        out.extend(block);
        counter += 1;
    }
    out.truncate(width);
    out
}

fn number(numerals: &[u32], radix: u32) -> u128 {
    numerals.iter().fold(0, |number, numeral| number * u128::from(radix) + u128::from(*numeral))
}

fn digits(mut number: u128, length: usize, radix: u32) -> Vec<u32> {
    let mut found = vec![0; length];
    for place in found.iter_mut().rev() {
        *place = (number % u128::from(radix)) as u32;
        number /= u128::from(radix);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
    }

    fn sample(key: &str, radix: u32, tweak: &str, plain: &str) -> String {
        let key = hex(key);
        let numerals: Vec<u32> = plain.chars().map(|c| c.to_digit(radix).unwrap()).collect();
        let with = |cipher: &dyn Fn(&mut Block)| ff1(cipher, radix, &hex(tweak), &numerals).unwrap();
        let encrypted = match key.len() {
            16 => {
                let aes = aes::Aes128::new(GenericArray::from_slice(&key));
                with(&|block| aes.encrypt_block(block))
            }
            24 => {
                let aes = aes::Aes192::new(GenericArray::from_slice(&key));
                with(&|block| aes.encrypt_block(block))
            }
            _ => {
                let aes = aes::Aes256::new(GenericArray::from_slice(&key));
                with(&|block| aes.encrypt_block(block))
            }
        };
        encrypted.into_iter().map(|n| char::from_digit(n, radix).unwrap()).collect()
    }

    /// The nine samples that NIST publishes with SP 800-38G.
    #[test]
    fn the_samples_of_nist() {
        let aes128 = "2B7E151628AED2A6ABF7158809CF4F3C";
        let aes192 = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F";
        let aes256 = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94";
        let (tweak, long) = ("39383736353433323130", "3737373770717273373737");
        let (digits, letters) = ("0123456789", "0123456789abcdefghi");
        for (key, radix, tweak, plain, expected) in [
            (aes128, 10, "", digits, "2433477484"),
            (aes128, 10, tweak, digits, "6124200773"),
            (aes128, 36, long, letters, "a9tv40mll9kdu509eum"),
            (aes192, 10, "", digits, "2830668132"),
            (aes192, 10, tweak, digits, "2496655549"),
            (aes192, 36, long, letters, "xbj3kv35jrawxv32ysr"),
            (aes256, 10, "", digits, "6657667009"),
            (aes256, 10, tweak, digits, "1001623463"),
            (aes256, 36, long, letters, "xs8a0azh2avyalyzuwd"),
        ] {
            assert_eq!(sample(key, radix, tweak, plain), expected);
        }
    }

    fn encrypted(raw: &str, alphabet: Alphabet) -> Option<String> {
        let mut out = String::new();
        encrypt(raw, alphabet, &[7; 32], "card", &mut out).then_some(out)
    }

    #[test]
    fn format_is_kept_and_what_cannot_be_treated_is_not() {
        let card = encrypted("6222 0212-3456", Alphabet::Digits).unwrap();
        assert_eq!((card.len(), &card[4..5], &card[9..10]), (14, " ", "-"));
        assert!(card != "6222 0212-3456" && card.chars().filter(char::is_ascii_digit).count() == 12);
        let code = encrypted("91510100MA6CXXXX0Q", Alphabet::Alnum).unwrap();
        assert!(code.len() == 18 && code.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()));
        for (raw, alphabet) in [
            ("12345", Alphabet::Digits),
            ("123", Alphabet::Alnum),
            ("", Alphabet::Digits),
            ("51010119900307123X", Alphabet::Digits),
            ("中文123456", Alphabet::Alnum),
            ("abcdef", Alphabet::Alnum),
        ] {
            assert_eq!(encrypted(raw, alphabet), None, "{raw}");
        }
        assert_eq!(encrypted(&"1".repeat(72), Alphabet::Digits).map(|text| text.len()), Some(72));
        assert_eq!(encrypted(&"1".repeat(73), Alphabet::Digits), None);
        assert_eq!(encrypted(&"1".repeat(1_000), Alphabet::Digits), None);
    }

    #[test]
    fn no_two_values_become_one() {
        let all: std::collections::BTreeSet<_> =
            (0..5_000).map(|n| encrypted(&format!("{n:06}"), Alphabet::Digits).unwrap()).collect();
        assert_eq!(all.len(), 5_000);
    }
}
