//! `sluice test`: the cases of a policy author against the policies. Decisions and refusals take no data; `rows` are
//! read from the sources, on record like every other statement.

mod case;
mod check;
mod facts;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use sluice_base::Language;
use sluice_model::diagnostic::Diagnostic;

use super::opened::Opened;
use super::report::{Findings, count, errors};
use super::runner::Runner;
use super::{ReportFormat, failure, put};

pub use case::{Case, Text, read};
pub use check::{Bench, Failure};

/// What is to be tested.
#[derive(Debug, Clone, Default)]
pub struct TestOptions {
    /// The configuration.
    pub config: PathBuf,
    /// Case files and folders of them; with none, `cases` in the policies' folder.
    pub paths: Vec<PathBuf>,
    /// Decisions and refusals only: `rows` are passed over and no source is read.
    pub no_rows: bool,
    /// How it is printed.
    pub format: ReportFormat,
    /// Language of the words.
    pub language: Language,
}

/// Tests and prints to `out`.
pub async fn test(options: &TestOptions, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let opened = match Opened::open(&options.config).await {
        Ok(opened) => opened,
        Err(problem) => return problem.tell(err),
    };
    let default = [opened.config.policies.join("cases")];
    let paths = if options.paths.is_empty() { &default[..] } else { &options.paths[..] };
    let cases = match cases_of(paths) {
        Ok(cases) => cases,
        Err(found) => {
            put(err, &errors(&found));
            return ExitCode::FAILURE;
        }
    };
    match run(&opened, &cases, options).await {
        Ok(failures) => {
            put(out, &printed(cases.len(), &failures, options));
            if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) => failure(err, &problem),
    }
}

async fn run(opened: &Opened, cases: &[Case], options: &TestOptions) -> Result<Vec<Failure>, String> {
    let (snapshot, users) = (opened.snapshot(), Some(&*opened.current.users));
    let bench = Bench { snapshot, users, limits: &opened.config.limits };
    let with_rows = !options.no_rows && cases.iter().any(|case| case.rows.is_some());
    let runner = if with_rows { Some(Runner::open(opened)?) } else { None };
    let mut failures = Vec::new();
    for case in cases {
        let outcome = match (bench.decide(case), &runner) {
            (Ok(Some(decided)), Some(runner)) => check::rows(case, &decided, runner).await,
            (outcome, _) => outcome.map(|_| ()),
        };
        failures.extend(outcome.err().map(|failure| *failure));
    }
    if let Some(runner) = runner {
        runner.close();
    }
    Ok(failures)
}

/// The cases of files, and of folders with all that is in them.
pub fn cases_of(paths: &[PathBuf]) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let (mut files, mut found, mut cases) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        if let Err(finding) = list(path, &mut files) {
            found.push(finding);
        }
    }
    files.sort();
    files.dedup();
    for file in &files {
        match std::fs::read_to_string(file) {
            Ok(text) => match read(&file.display().to_string(), &text) {
                Ok(of_file) => cases.extend(of_file),
                Err(more) => found.extend(more),
            },
            Err(error) => found.push(unreadable(file, &error)),
        }
    }
    if files.is_empty() && found.is_empty() {
        let named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let (file, message) = (named.join(", "), "no .case file here".to_string());
        found.push(Diagnostic { file, line: 0, column: 0, code: "no-case", message, hint: None });
    }
    if found.is_empty() { Ok(cases) } else { Err(found) }
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Diagnostic> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    for entry in entries.map_err(|error| unreadable(path, &error))? {
        let inner = entry.path();
        if inner.is_dir() || inner.extension().is_some_and(|extension| extension == "case") {
            list(&inner, files)?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let (file, message) = (path.display().to_string(), format!("cannot be read: {error}"));
    Diagnostic { file, line: 0, column: 0, code: "unreadable-file", message, hint: None }
}

fn printed(count_of_cases: usize, failures: &[Failure], options: &TestOptions) -> String {
    match options.format {
        ReportFormat::Text => text(count_of_cases, failures, options.language),
        ReportFormat::Json => {
            let failed: Vec<Value> = failures
                .iter()
                .map(|failure| {
                    json!({
                        "file": failure.file, "line": failure.line, "case": failure.name, "problem": failure.problem.en,
                        "expected": failure.expected, "got": failure.got,
                    })
                })
                .collect();
            format!("{}\n", json!({"cases": count_of_cases, "failed": failures.len(), "failures": failed}))
        }
        ReportFormat::Sarif => {
            let errors = failures.iter().map(|failure| Diagnostic {
                file: failure.file.clone(),
                line: failure.line,
                column: 1,
                code: "case-failed",
                message: format!("{}: {}", failure.name, failure.problem.text(options.language)),
                hint: None,
            });
            Findings { errors: errors.collect(), ..Findings::default() }.print(ReportFormat::Sarif)
        }
    }
}

fn text(count_of_cases: usize, failures: &[Failure], language: Language) -> String {
    let (expected, got) = match language {
        Language::En => ("expected", "got"),
        Language::Zh => ("预期", "实际"),
    };
    let mut text = String::new();
    for failure in failures {
        text.push_str(&format!(
            "{}:{}: {}: {}\n",
            failure.file,
            failure.line,
            failure.name,
            failure.problem.text(language)
        ));
        for (title, lines) in [(expected, &failure.expected), (got, &failure.got)] {
            if !lines.is_empty() {
                text.push_str(&format!("  {title}\n"));
                lines.iter().for_each(|line| text.push_str(&format!("        {line}\n")));
            }
        }
    }
    match language {
        Language::En => {
            let failed =
                if failures.is_empty() { "all pass".to_string() } else { format!("{} failed", failures.len()) };
            text.push_str(&format!("{}, {failed}\n", count(count_of_cases, "case", "cases")));
        }
        Language::Zh => text.push_str(&format!("{count_of_cases} 个用例,{} 个失败\n", failures.len())),
    }
    text
}
