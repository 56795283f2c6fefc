//! Chinese addresses cut after province, city or district.
//!
//! Invariant: what follows the cut is masked; where nothing would follow, or no level is recognised, everything is.

use unicode_segmentation::UnicodeSegmentation;

use super::text;

const MUNICIPALITIES: [&str; 4] = ["北京市", "上海市", "天津市", "重庆市"];
const PROVINCE_ENDS: [&str; 3] = ["特别行政区", "自治区", "省"];
const CITY_ENDS: [&str; 5] = ["自治州", "地区", "市", "盟", "州"];
const DISTRICT_ENDS: [&str; 5] = ["自治县", "区", "县", "旗", "市"];
/// Longest name of one level in characters: 巴音郭楞蒙古自治州 has 9, 双江拉祜族佤族布朗族傣族自治县 15.
const LEVEL_CHARS_MAX: usize = 16;
/// Stars shown at most, so that the length of what is masked does not show.
const STARS_MAX: usize = 3;

pub(super) fn mask(raw: &str, level: u8, out: &mut String) {
    let raw = raw.trim();
    let cut = cut(raw, level);
    if cut == 0 || cut >= raw.len() {
        return text::keep(raw, 0, 0, 0, "*", out);
    }
    let (kept, rest) = raw.split_at(cut);
    out.push_str(kept);
    text::repeat("*", rest.graphemes(true).take(STARS_MAX).count(), out);
}

/// Bytes kept: up to the end of the last recognised level that is not below `level`; 0 where none is.
fn cut(raw: &str, level: u8) -> usize {
    let mut end = 0;
    if let Some(city) = MUNICIPALITIES.iter().find(|city| raw.starts_with(**city)) {
        // Province and city at once.
        end = city.len();
        if level >= 3 {
            end += level_end(&raw[end..], &DISTRICT_ENDS);
        }
        return end;
    }
    for (number, ends) in [(1, &PROVINCE_ENDS[..]), (2, &CITY_ENDS[..]), (3, &DISTRICT_ENDS[..])] {
        if level >= number {
            end += level_end(&raw[end..], ends);
        }
    }
    end
}

/// Bytes up to and with the first of the words that ends a level; 0 where there is none near enough.
fn level_end(rest: &str, ends: &[&str]) -> usize {
    for (count, (position, c)) in rest.char_indices().enumerate() {
        if count >= LEVEL_CHARS_MAX || c.is_ascii_digit() || c.is_whitespace() {
            return 0;
        }
        if count > 0
            && let Some(word) = ends.iter().find(|word| rest[position..].starts_with(**word))
        {
            return position + word.len();
        }
    }
    0
}
