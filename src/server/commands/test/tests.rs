//! Reading case files; what cases find is tested with the shipped policies.

use super::*;

fn problems(text: &str) -> Vec<String> {
    match read("a.case", text) {
        Ok(_) => Vec::new(),
        Err(found) => found.iter().map(|found| format!("{}: {}", found.line, found.message)).collect(),
    }
}

#[test]
fn a_case_is_read_with_the_file_s_tree() {
    let text =
        "# c\norg     A, B < A\n\ncase one\nas   ana\nask  SELECT 1\n     FROM t\ndecision\n     t rows TRUE by g\n";
    let cases = read("a.case", text).unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!((cases[0].line, cases[0].ask.text.as_str()), (4, "SELECT 1\nFROM t"));
    assert_eq!(cases[0].decision.as_ref().map(|text| (text.text.as_str(), text.line)), Some(("t rows TRUE by g", 8)));
    assert_eq!(cases[0].org.as_ref().map(|text| text.text.as_str()), Some("A, B < A"));
}

#[test]
fn every_slip_is_told_with_its_line() {
    let cases = [
        ("", "0: the file holds no case"),
        ("case one\nas ana\nask SELECT 1\n", "1: the case expects nothing"),
        ("case one\nas ana\nerror 42703\n", "1: the case needs `ask`"),
        ("case one\nas ana\nask SELECT 1\neror 42703\n", "4: `eror` is no key at this place"),
        ("case one\nas ana\nas bea\nask SELECT 1\nrows 1\n", "3: `as` stands twice in this case"),
        ("as ana\n", "1: `as` is no key at this place"),
        ("   x\n", "1: an indented line with nothing to belong to"),
        ("case one\nas ana\nask SELECT 1\nerror 42703\nrows 1\n", "1: a case with `error` has neither"),
    ];
    for (text, expected) in cases {
        let found = problems(text);
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{text:?}: {found:?}");
    }
}
