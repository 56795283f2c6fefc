//! Names: what makes two of them one, what makes one valid, and which known one was probably meant.
//!
//! Invariant: names that look alike are one name. Width variants (NFKC) and letter case never tell two objects apart,
//! so a collision is found when the catalog is loaded and not by a user.

use unicode_normalization::UnicodeNormalization;

/// Longest name in bytes: PostgreSQL's NAMEDATALEN less one.
pub const NAME_BYTES_MAX: usize = 63;

/// The form under which names are compared: NFKC, lower case.
pub fn name_key(name: &str) -> String {
    if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return name.to_string();
    }
    name.nfkc().collect::<String>().to_lowercase()
}

/// True for an id: `[a-z][a-z0-9_]*`.
pub fn is_id(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// True for the id of a rule or a zone: an id that may also hold `-`.
pub fn is_rule_id(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// The known name closest to `name`, if one is close enough to be a slip of the keyboard.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let wanted: Vec<char> = name_key(name).chars().take(NAME_BYTES_MAX).collect();
    let bound = (wanted.len() / 3).clamp(1, 3);
    known
        .map(|candidate| {
            let other: Vec<char> = name_key(candidate).chars().take(NAME_BYTES_MAX).collect();
            (distance(&wanted, &other), candidate)
        })
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, candidate)| candidate.to_string())
}

/// Edits between two words: insertion, deletion, replacement, and two neighbours swapped.
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut table = vec![0usize; (a.len() + 1) * width];
    for (i, row) in table.chunks_mut(width).enumerate() {
        row[0] = i;
    }
    for (j, cell) in table.iter_mut().take(width).enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (table[(i - 1) * width + j] + 1)
                .min(table[i * width + j - 1] + 1)
                .min(table[(i - 1) * width + j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(table[(i - 2) * width + j - 2] + 1);
            }
            table[i * width + j] = best;
        }
    }
    table[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_and_case_do_not_make_two_names() {
        for (a, b) in [("客户（对公）", "客户(对公)"), ("ＶＩＰ客户", "vip客户"), ("Customer", "customer")]
        {
            assert_eq!(name_key(a), name_key(b), "{a} {b}");
        }
        assert_ne!(name_key("客户"), name_key("客戶"));
    }

    #[test]
    fn nearest_finds_slips_and_nothing_else() {
        let known = ["column", "type", "label", "手机号"];
        let near = |name: &str| nearest(name, known.iter().copied());
        assert_eq!(near("colunm").as_deref(), Some("column"));
        assert_eq!(near("lable").as_deref(), Some("label"));
        assert_eq!(near("手机").as_deref(), Some("手机号"));
        assert_eq!(near("salary"), None);
    }
}
