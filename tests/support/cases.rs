//! Files of text cases: read, run, and with `UPDATE=1` rewritten.
//!
//! A case begins with `case NAME` at the left margin. Each further line is a key and a value; lines that are indented
//! belong to the value above. Blank lines and lines beginning with `#` separate. The input keys come first, the
//! expected keys after them; what the check function renders replaces the expected half on `UPDATE=1`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::repository;

/// What stands before a line of a value of several lines.
const BELOW: &str = "        ";

/// One key with its value; lines of the value are joined by newlines.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// File, relative to the repository.
    pub file: PathBuf,
    /// Line of `case`, from 1.
    pub line: usize,
    /// Name.
    pub name: String,
    /// Entries in order.
    pub entries: Vec<Entry>,
    lines: std::ops::Range<usize>,
}

impl Case {
    /// The value of a key that stands at most once.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }

    /// The value of a key that must stand once.
    pub fn need(&self, key: &str) -> &str {
        self.get(key).unwrap_or_else(|| panic!("{}:{}: case needs `{key}`", self.file.display(), self.line))
    }

    /// All values of a key.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.entries.iter().filter(move |entry| entry.key == key).map(|entry| entry.value.as_str())
    }
}

/// A kind of case: where its files are and which keys are input.
pub struct Kind {
    /// Folder under `tests/`.
    pub folder: &'static str,
    /// File extension.
    pub extension: &'static str,
    /// Keys of the input half; all others are expected.
    pub input: &'static [&'static str],
    /// Keys of the expected half that may stand in a case, besides those the check renders.
    pub expected: &'static [&'static str],
}

/// The expected half as it should read now, or the reason why the case fails whatever is expected.
type Outcome = Result<Vec<Entry>, String>;

/// Cases of a file that are checked at the same time: they wait for servers most of the time.
const AT_ONCE: usize = 4;

/// Runs every case of a kind.
pub fn run(kind: &Kind, check: impl Fn(&Case) -> Outcome + Sync) {
    let folder = repository().join("tests").join(kind.folder);
    let update = std::env::var_os("UPDATE").is_some();
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in files(&folder, kind.extension) {
        let text = std::fs::read_to_string(&path).expect("a readable case file");
        let relative = path.strip_prefix(repository()).expect("inside the repository").to_path_buf();
        let cases = parse(&relative, &text, kind);
        let mut rewritten: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        let chosen: Vec<&Case> =
            cases.iter().filter(|case| case.name.contains(&wanted) || case.file.ends_with(&wanted)).collect();
        for (case, outcome) in chosen.iter().zip(check_all(&chosen, &check)) {
            count += 1;
            let expected: Vec<Entry> =
                case.entries.iter().filter(|entry| !kind.input.contains(&entry.key.as_str())).cloned().collect();
            match outcome {
                Ok(actual) if actual == expected => {}
                Ok(actual) if update => rewritten.push((case.lines.clone(), render_case(case, kind, &actual))),
                Ok(actual) => failures.push(format!(
                    "{}:{}: {}\n--- expected\n{}\n--- got\n{}",
                    case.file.display(),
                    case.line,
                    case.name,
                    render(&expected),
                    render(&actual)
                )),
                Err(reason) => {
                    failures.push(format!("{}:{}: {}\n{reason}", case.file.display(), case.line, case.name));
                }
            }
        }
        if !rewritten.is_empty() {
            std::fs::write(&path, splice(&text, rewritten)).expect("a writable case file");
        }
    }
    assert!(count > 0, "no case in {} is named like {wanted:?}", folder.display());
    assert!(failures.is_empty(), "{} of {count} cases failed\n\n{}\n", failures.len(), failures.join("\n\n"));
}

/// Every case of a kind, for checks that look at cases in another way.
pub fn cases(kind: &Kind) -> Vec<Case> {
    let folder = repository().join("tests").join(kind.folder);
    let of_file = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a readable case file");
        parse(path.strip_prefix(repository()).expect("inside the repository"), &text, kind)
    };
    files(&folder, kind.extension).into_iter().flat_map(of_file).collect()
}

/// Outcomes of all cases, in their order.
fn check_all(cases: &[&Case], check: &(impl Fn(&Case) -> Outcome + Sync)) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Option<Outcome>>> = cases.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(cases.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    let outcome = catch_unwind(AssertUnwindSafe(|| check(case)));
                    let outcome = outcome.unwrap_or_else(|_| Err("the check panicked; see above".into()));
                    *outcomes[at].lock().expect("no check panics with the lock") = Some(outcome);
                }
            });
        }
    });
    let taken = |outcome: Mutex<Option<Outcome>>| outcome.into_inner().ok().flatten().expect("every case was checked");
    outcomes.into_iter().map(taken).collect()
}

/// Files with this extension under a folder, sorted.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|of_file| of_file == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn parse(file: &Path, text: &str, kind: &Kind) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let place = || format!("{}:{}", file.display(), at + 1);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("case ") {
            let (file, name) = (file.to_path_buf(), name.trim().to_string());
            cases.push(Case { file, line: at + 1, name, entries: Vec::new(), lines: at..at + 1 });
            continue;
        }
        let case = cases.last_mut().unwrap_or_else(|| panic!("{}: a line before the first case", place()));
        case.lines.end = at + 1;
        if line.starts_with(' ') {
            let entry = case.entries.last_mut().unwrap_or_else(|| panic!("{}: nothing to continue", place()));
            if !entry.value.is_empty() {
                entry.value.push('\n');
            }
            // Rows may begin with blanks of their own.
            let own = line.strip_prefix(BELOW).filter(|_| entry.key == "rows");
            entry.value.push_str(own.map_or(line.trim(), str::trim_end));
            continue;
        }
        let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let known = kind.input.contains(&key) || kind.expected.contains(&key);
        assert!(known, "{}: `{key}` is no key of these cases", place());
        case.entries.push(Entry { key: key.to_string(), value: value.trim().to_string() });
    }
    cases
}

/// One entry from a key and its lines.
pub fn entry(key: &str, value: impl Into<String>) -> Entry {
    Entry { key: key.to_string(), value: value.into() }
}

/// An entry per line under one key: the first line stays empty so that lines stand below each other.
pub fn block(key: &str, lines: &[String]) -> Entry {
    entry(key, if lines.is_empty() { "(none)".to_string() } else { lines.join("\n") })
}

fn render(entries: &[Entry]) -> String {
    entries.iter().map(render_entry).collect::<Vec<_>>().join("\n")
}

fn render_entry(entry: &Entry) -> String {
    let lines: Vec<&str> = entry.value.lines().collect();
    match lines.as_slice() {
        [] => entry.key.clone(),
        [one] if !matches!(entry.key.as_str(), "rows" | "sent" | "explain") => format!("{:<7} {one}", entry.key),
        many => {
            let below: String = many.iter().map(|line| format!("\n{BELOW}{line}")).collect();
            format!("{}{below}", entry.key)
        }
    }
}

fn render_case(case: &Case, kind: &Kind, actual: &[Entry]) -> String {
    let input: Vec<Entry> =
        case.entries.iter().filter(|entry| kind.input.contains(&entry.key.as_str())).cloned().collect();
    format!("case {}\n{}\n{}", case.name, render(&input), render(actual))
}

fn splice(text: &str, rewritten: Vec<(std::ops::Range<usize>, String)>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    for (range, new) in rewritten.into_iter().rev() {
        lines.splice(range, new.lines().map(str::to_string).collect::<Vec<_>>());
    }
    lines.join("\n") + "\n"
}
