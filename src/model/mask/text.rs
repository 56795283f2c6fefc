//! Text masks by grapheme: what a reader sees as one character is kept or masked as one.

use unicode_segmentation::UnicodeSegmentation;

/// Keeps `first` and `last` graphemes. A text of fewer than `shortest` graphemes, or one of which everything would
/// be kept, comes out wholly masked. Blanks around a text are no part of it: they must not use up what is masked.
pub(super) fn keep(raw: &str, first: usize, last: usize, shortest: usize, pad: &str, out: &mut String) {
    let raw = raw.trim();
    if raw.is_ascii() && !raw.contains('\r') {
        return keep_ascii(raw, first, last, shortest, pad, out);
    }
    let length = raw.graphemes(true).count();
    let whole = is_whole(length, first, last, shortest);
    for (position, grapheme) in raw.graphemes(true).enumerate() {
        let kept = !whole && (position < first || position >= length - last);
        out.push_str(if kept { grapheme } else { pad });
    }
}

/// The common case (numbers, codes): one byte is one grapheme.
fn keep_ascii(raw: &str, first: usize, last: usize, shortest: usize, pad: &str, out: &mut String) {
    let length = raw.len();
    if is_whole(length, first, last, shortest) {
        return repeat(pad, length, out);
    }
    out.push_str(&raw[..first]);
    repeat(pad, length - first - last, out);
    out.push_str(&raw[length - last..]);
}

fn is_whole(length: usize, first: usize, last: usize, shortest: usize) -> bool {
    length < shortest || length <= first.saturating_add(last)
}

pub(super) fn repeat(pad: &str, times: usize, out: &mut String) {
    for _ in 0..times {
        out.push_str(pad);
    }
}

/// First character and the domain; what is no address comes out wholly masked.
pub(super) fn email(raw: &str, out: &mut String) {
    let raw = raw.trim();
    match raw.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() && domain.contains('.') && !domain.contains(char::is_whitespace) => {
            keep(local, 1, 0, 0, "*", out);
            out.push('@');
            out.push_str(domain);
        }
        _ => keep(raw, 0, 0, 0, "*", out),
    }
}
