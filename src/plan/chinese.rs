//! Chinese words for what refusals say, where the English text is put together from parts: `chinese.txt` has a line for each
//! form. A text of no form stays as it is.

use std::sync::LazyLock;

use sluice_base::Forms;

static FORMS: LazyLock<Forms> = LazyLock::new(|| Forms::read(include_str!("chinese.txt")));

/// The text in Chinese.
pub(crate) fn chinese(text: &str) -> String {
    translated(text).unwrap_or_else(|| text.to_string())
}

fn translated(text: &str) -> Option<String> {
    FORMS.chinese(text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn parts_take_their_places() {
        for (english, expected) in [
            ("syntax error at or near \"中\"", "\"中\" 处或其附近有语法错误"),
            ("UNION types text and integer cannot be matched", "UNION 中的类型 text 与 integer 不一致"),
            ("table \"t\" has 2 columns available but 3 columns specified", "\"t\" 有 2 列，却给出了 3 个列名"),
            ("this form of a name", "这种形式的名称"),
            ("this form of extract", "这种形式的 extract"),
            ("something new", "something new"),
            ("the function ", "the function "),
        ] {
            assert_eq!(chinese(english), expected, "{english}");
        }
    }

    /// Every text that the room's sources give to these kinds of refusal has a form.
    #[test]
    fn every_refusal_has_chinese_words() {
        let kinds = [
            "Unsupported",
            "GroupingRule",
            "WrongKind",
            "Window",
            "InvalidReference",
            "Form",
            "Mismatch",
            "TooComplex",
            "TooMuch",
            "Frame",
            "Logarithm",
            "Power",
            "InvalidParameter",
            "OutOfRange",
            "NotAllowed",
            "Recursion",
            "TemplateSyntax",
            "NumberOut",
            "Bucket",
            "Letter",
            "Argument",
            "Pattern",
            "TemplatePattern",
        ];
        // Behind these a text stands too that becomes a refusal: helpers, and what is told later.
        let helpers = ["misplaced(", "refusal(", "fault(", "unsupported(", "wrong(", "told(what, ", "Some("];
        let marks: Vec<String> =
            kinds.iter().map(|kind| format!("::{kind}(")).chain(helpers.map(String::from)).collect();
        let mut missing = Vec::new();
        let mut seen = 0;
        for text in sources(Path::new(env!("CARGO_MANIFEST_DIR"))) {
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            // There a helper puts its text behind another one.
            let inside = text.contains("format!(\"format with {");
            for mark in &marks {
                for (at, _) in text.match_indices(mark.as_str()) {
                    let rest = text[at + mark.len()..].trim_start();
                    let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start();
                    let Some(literal) = literal(rest) else { continue };
                    // Behind these also stand words of SQL, and forms of values.
                    let words = matches!(mark.as_str(), "Some(" | "::TemplatePattern(");
                    if words && (!literal.contains(' ') || literal.starts_with('x')) {
                        continue;
                    }
                    seen += 1;
                    if !inside && translated(&literal).is_none() {
                        missing.push(format!("{mark} {literal}"));
                    }
                }
            }
        }
        assert!(seen > 160, "only {seen} texts were found");
        assert!(missing.is_empty(), "chinese.txt has no form for\n{}", missing.join("\n"));
    }

    /// A literal at the front, with a word in the place of what is filled in.
    fn literal(text: &str) -> Option<String> {
        let inner = text.strip_prefix('"')?;
        let mut out = String::new();
        let mut letters = inner.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => return Some(out),
                '\\' => out.extend(letters.next()),
                '{' => {
                    letters.by_ref().find(|letter| *letter == '}')?;
                    out.push('x');
                }
                letter => out.push(letter),
            }
        }
        None
    }

    fn sources(folder: &Path) -> Vec<String> {
        let mut texts = Vec::new();
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                texts.extend(sources(&path));
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("chinese.rs") {
                texts.push(std::fs::read_to_string(&path).expect("a source file"));
            }
        }
        texts
    }
}
