//! Chinese words for what this room's refusals say, where the English text is put together from parts: `chinese.txt` has a
//! line for each form. A text of no form stays as it is.

use std::sync::LazyLock;

use sluice_base::Forms;

static FORMS: LazyLock<Forms> = LazyLock::new(|| Forms::read(include_str!("chinese.txt")));

/// The text in Chinese.
pub(crate) fn chinese(text: &str) -> String {
    FORMS.chinese(text).unwrap_or_else(|| text.to_string())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::FORMS;

    /// Every text that the room's sources give to these kinds of refusal has a form.
    #[test]
    fn every_refusal_has_chinese_words() {
        let kinds =
            ["Unsupported", "Syntax", "DatatypeMismatch", "Misplaced", "InvalidColumnReference", "InvalidParameter"];
        let (mut seen, mut missing) = (0, Vec::new());
        for source in sources(Path::new(env!("CARGO_MANIFEST_DIR"))) {
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            for kind in kinds {
                for rest in source.split(&format!("SystemError::{kind}(")).skip(1) {
                    let rest = rest.trim_start();
                    let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start();
                    let Some(text) = literal(rest) else { continue };
                    seen += 1;
                    if FORMS.chinese(&text).is_none() {
                        missing.push(format!("{kind}: {text}"));
                    }
                }
            }
        }
        assert!(seen > 90, "only {seen} texts were found");
        assert!(missing.is_empty(), "chinese.txt has no form for\n{}", missing.join("\n"));
    }

    /// A literal at the front, with a word in the place of what is filled in.
    fn literal(source: &str) -> Option<String> {
        let mut letters = source.strip_prefix('"')?.chars();
        let mut out = String::new();
        loop {
            match letters.next()? {
                '"' => return Some(out),
                '\\' => out.extend(letters.next()),
                '{' => {
                    letters.by_ref().find(|letter| *letter == '}')?;
                    out.push('x');
                }
                letter => out.push(letter),
            }
        }
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
