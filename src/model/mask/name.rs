//! Personal names: the family name stays. Chinese names with compound surnames, Latin names in both orders.
//!
//! Invariant: at least one grapheme is masked whatever the name; a form that is not recognised keeps one grapheme.

use unicode_segmentation::UnicodeSegmentation;

use super::text;

/// Compound surnames in use.
const COMPOUND_SURNAMES: &[&str] = &[
    "欧阳",
    "歐陽",
    "司马",
    "司馬",
    "诸葛",
    "諸葛",
    "上官",
    "司徒",
    "东方",
    "東方",
    "独孤",
    "獨孤",
    "南宫",
    "南宮",
    "万俟",
    "萬俟",
    "闻人",
    "聞人",
    "夏侯",
    "赫连",
    "赫連",
    "皇甫",
    "尉迟",
    "尉遲",
    "公羊",
    "澹台",
    "澹臺",
    "公冶",
    "宗政",
    "濮阳",
    "濮陽",
    "淳于",
    "单于",
    "單于",
    "太叔",
    "申屠",
    "公孙",
    "公孫",
    "仲孙",
    "仲孫",
    "轩辕",
    "軒轅",
    "令狐",
    "钟离",
    "鍾離",
    "宇文",
    "长孙",
    "長孫",
    "慕容",
    "鲜于",
    "鮮于",
    "闾丘",
    "閭丘",
    "司空",
    "亓官",
    "司寇",
    "子车",
    "子車",
    "颛孙",
    "顓孫",
    "端木",
    "巫马",
    "巫馬",
    "公西",
    "漆雕",
    "乐正",
    "樂正",
    "壤驷",
    "公良",
    "拓跋",
    "夹谷",
    "宰父",
    "谷梁",
    "榖梁",
    "段干",
    "百里",
    "东郭",
    "東郭",
    "南门",
    "南門",
    "呼延",
    "羊舌",
    "微生",
    "梁丘",
    "左丘",
    "东门",
    "東門",
    "西门",
    "西門",
    "第五",
    "纳兰",
    "納蘭",
    "完颜",
    "完顏",
    "耶律",
    "叶赫",
    "贺兰",
    "賀蘭",
    "达奚",
    "費莫",
    "费莫",
    "爱新觉罗",
];

pub(super) fn mask(raw: &str, out: &mut String) {
    let raw = raw.trim();
    if raw.chars().all(|c| c.is_ascii() || c.is_alphabetic() && !is_han(c)) && raw.contains(char::is_alphabetic) {
        return latin(raw, out);
    }
    let kept = COMPOUND_SURNAMES
        .iter()
        .filter(|surname| raw.len() > surname.len() && raw.starts_with(**surname))
        .map(|surname| surname.graphemes(true).count())
        .max()
        .unwrap_or(1);
    // "阿卜杜拉·买买提": which part is the family's differs by people; the first character alone stays.
    let kept = if raw.contains(['·', '•', '・']) { 1 } else { kept };
    text::keep(raw, kept, 0, 0, "*", out);
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '\u{3007}')
}

/// `Smith, John` keeps what is before the comma; `John Smith` the last word; a single word its first letter.
fn latin(raw: &str, out: &mut String) {
    if let Some((family, given)) =
        raw.split_once(',').filter(|(family, given)| !family.trim().is_empty() && given.contains(char::is_alphanumeric))
    {
        out.push_str(family.trim());
        out.push_str(", ");
        return words(given.trim(), out);
    }
    match raw.rsplit_once(char::is_whitespace) {
        Some((given, family)) if given.contains(char::is_alphanumeric) && !family.is_empty() => {
            words(given.trim(), out);
            out.push(' ');
            out.push_str(family);
        }
        _ => text::keep(raw, 1, 0, 0, "*", out),
    }
}

/// Every grapheme masked, blanks between words left.
fn words(given: &str, out: &mut String) {
    for (position, word) in given.split_whitespace().enumerate() {
        if position > 0 {
            out.push(' ');
        }
        text::keep(word, 0, 0, 0, "*", out);
    }
}
