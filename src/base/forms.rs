//! Texts in Chinese, by the form of the English: a form is a text with places for what differs.
//!
//! Invariant: the form that says most is tried first, and a part is never empty.

/// Forms of texts, each with its Chinese.
#[derive(Debug)]
pub struct Forms(Vec<Form>);

#[derive(Debug)]
struct Form {
    /// What stands around the parts; one more than there are parts.
    english: Vec<&'static str>,
    chinese: &'static str,
}

impl Forms {
    /// Reads a list: each line has the English, `|`, the Chinese. `{}` stands for what differs: a name, a clause, a type. In
    /// the Chinese `{}` takes the parts in their order, `{1}` the first.
    pub fn read(list: &'static str) -> Forms {
        let line = |line: &'static str| {
            let (english, chinese) = line.split_once(" | ")?;
            Some(Form { english: english.split("{}").collect(), chinese })
        };
        let mut forms: Vec<Form> = list.lines().filter_map(line).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.english.iter().map(|part| part.len()).sum::<usize>()));
        Forms(forms)
    }

    /// The text in Chinese; `None` where it is of no form.
    pub fn chinese(&self, text: &str) -> Option<String> {
        self.0.iter().find_map(|form| Some(filled(form.chinese, &parts(text, &form.english)?)))
    }
}

/// What stands in the places of a form; `None` where the text is not of it.
fn parts<'t>(text: &'t str, around: &[&str]) -> Option<Vec<&'t str>> {
    let (first, rest) = around.split_first()?;
    let mut left = text.strip_prefix(first)?;
    let mut parts = Vec::with_capacity(rest.len());
    for (at, next) in rest.iter().enumerate() {
        let end = if at + 1 == rest.len() { left.strip_suffix(next)?.len() } else { left.find(next)? };
        parts.push(&left[..end]);
        left = &left[end + next.len()..];
    }
    (left.is_empty() && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

fn filled(chinese: &str, parts: &[&str]) -> String {
    let mut text = chinese.to_string();
    for (at, part) in parts.iter().enumerate() {
        let numbered = format!("{{{}}}", at + 1);
        text = if text.contains(&numbered) { text.replace(&numbered, part) } else { text.replacen("{}", part, 1) };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Forms;

    #[test]
    fn the_form_that_says_most_takes_the_parts() {
        let forms = Forms::read("this {} | 这个 {}\nthis {} of a {} | {2} 的 {1}\nplain | 简单");
        for (english, chinese) in [
            ("this form", Some("这个 form")),
            ("this form of a name", Some("name 的 form")),
            ("plain", Some("简单")),
            ("plain text", None),
            ("this ", None),
        ] {
            assert_eq!(forms.chinese(english).as_deref(), chinese, "{english}");
        }
    }
}
