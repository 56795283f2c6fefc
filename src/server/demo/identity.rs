//! Numbers that identify people, firms and cards, each with its right check character.
//!
//! Invariant: every number made here passes the check of its standard (GB 11643, GB 32100 with GB 11714, ISO 7812),
//! and mobiles and cards never repeat within one bank. Left out: whether such a number was ever issued to anybody.

use chrono::{Datelike, Days, NaiveDate};

use super::draw::Draw;

/// Prefixes that Chinese operators give to mobiles.
const MOBILE_PREFIXES: [&str; 42] = [
    "130", "131", "132", "133", "134", "135", "136", "137", "138", "139", "145", "147", "149", "150", "151", "152",
    "153", "155", "156", "157", "158", "159", "166", "173", "175", "176", "177", "178", "180", "181", "182", "183",
    "184", "185", "186", "187", "188", "189", "191", "195", "198", "199",
];

/// Characters of GB 32100 in the order of their values: no I, O, S, V, Z.
const CREDIT_CODE_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The eighteenth character of an ID card number (GB 11643, ISO 7064 MOD 11-2) over its first seventeen digits.
pub fn id_card_check(digits: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let sum: u32 = digits.chars().zip(WEIGHTS).map(|(digit, weight)| digit.to_digit(10).unwrap_or(0) * weight).sum();
    CHECKS[(sum % 11) as usize]
}

/// An ID card number of a person born 1950 to 2005 and registered in `district` (six digits).
pub fn id_card(draw: &mut Draw, district: &str) -> String {
    let born = day(1950, 1, 1) + Days::new(draw.below(20_454));
    let sequence = draw.between(1, 999);
    let digits = format!("{district}{:04}{:02}{:02}{sequence:03}", born.year(), born.month(), born.day());
    let check = id_card_check(&digits);
    format!("{digits}{check}")
}

/// The ninth character of an organisation code (GB 11714) over its first eight.
fn organisation_check(code: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = code.chars().zip(WEIGHTS).map(|(c, weight)| c.to_digit(36).unwrap_or(0) * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    }
}

/// The eighteenth character of a unified social credit code (GB 32100) over its first seventeen.
pub fn credit_code_check(code: &str) -> char {
    let mut weight = 1;
    let mut sum = 0;
    for c in code.bytes() {
        let value = CREDIT_CODE_CHARACTERS.iter().position(|known| *known == c).unwrap_or(0);
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    char::from(CREDIT_CODE_CHARACTERS[(31 - sum % 31) % 31])
}

/// A unified social credit code of a firm registered in `district` (six digits).
pub fn credit_code(draw: &mut Draw, district: &str) -> String {
    let organisation: String = (0..8).map(|_| char::from(draw.pick(CREDIT_CODE_CHARACTERS))).collect();
    let code = format!("91{district}{organisation}{}", organisation_check(&organisation));
    let check = credit_code_check(&code);
    format!("{code}{check}")
}

/// The mobile of the `n`th customer. Its last eight digits are a permutation of `n`, so that no two are alike.
pub fn mobile(draw: &mut Draw, n: u64) -> String {
    format!("{}{:08}", draw.pick(&MOBILE_PREFIXES), (n * 61_803_399 + 27_182_819) % 100_000_000)
}

/// The card number of the `n`th account: issuer 622848, a permutation of `n`, and the check digit of ISO 7812.
pub fn bank_card(n: u64) -> String {
    let digits = format!("622848{:012}", (n * 618_033_988_749 + 314_159_265_359) % 1_000_000_000_000);
    format!("{digits}{}", luhn_check(&digits))
}

/// The check digit (Luhn, ISO 7812) that goes behind these digits.
pub fn luhn_check(digits: &str) -> u32 {
    let sum: u32 = digits
        .chars()
        .rev()
        .enumerate()
        .map(|(place, c)| {
            let digit = c.to_digit(10).unwrap_or(0) * if place % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

/// A date of this module's own tables; the first of 1970 for one that does not exist.
pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn check_characters_agree_with_published_examples() {
        // The example of GB 11643 and of many tutorials; a well known firm; the test card of ISO 7812.
        assert_eq!(id_card_check("11010519491231002"), 'X');
        assert_eq!(id_card_check("44052418800101001"), '4');
        assert_eq!(credit_code_check("91350100M000100Y4"), '3');
        assert_eq!(luhn_check("411111111111111"), 1);
    }

    #[test]
    fn made_numbers_pass_their_checks_and_do_not_repeat() {
        let mut draw = Draw::new(3, "identity", 0);
        let mut seen = HashSet::new();
        for n in 0..20_000 {
            let mobile = mobile(&mut draw, n);
            assert!(mobile.len() == 11 && MOBILE_PREFIXES.contains(&&mobile[..3]), "{mobile}");
            assert!(seen.insert(mobile[3..].to_string()));
            assert!(seen.insert(bank_card(n)));
        }
        for _ in 0..500 {
            let card = id_card(&mut draw, "510104");
            assert_eq!(card.len(), 18);
            assert!(card.ends_with(id_card_check(&card[..17])), "{card}");
            let born = NaiveDate::parse_from_str(&card[6..14], "%Y%m%d").expect("a real birthday");
            assert!((1950..=2005).contains(&born.year()), "{card}");
            let code = credit_code(&mut draw, "500103");
            assert!(code.len() == 18 && code.ends_with(credit_code_check(&code[..17])), "{code}");
        }
    }
}
