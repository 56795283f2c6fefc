//! The commands of the program beside serving: each takes its options, writes to the streams it is given, and says by
//! its exit code how it went (0 in order, 1 something is wrong, which was told).
//!
//! Left out: arguments and their help, which are `main`'s, and the demo, which is [`crate::demo`]'s.

mod check;
pub mod diff;
mod explain;
mod grid;
mod locate;
mod log;
pub mod matrix;
mod opened;
mod preview;
pub mod record;
mod report;
mod runner;
mod serve;
mod sources;
pub mod test;
#[cfg(test)]
mod tests;
mod verifier;

pub use check::{CheckOptions, check};
pub use diff::{DiffOptions, diff};
pub use explain::{ExplainOptions, explain};
pub use log::start_log;
pub use matrix::{MatrixOptions, matrix};
pub use preview::{PreviewOptions, preview};
pub use record::{RecordOptions, record};
pub use report::ReportFormat;
pub use serve::serve;
pub use test::{TestOptions, test};
pub use verifier::verifier;

use std::io::Write;
use std::process::ExitCode;

/// How a command prints what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON value.
    Json,
}

/// Writes to a stream whose reader may have gone (`| head`): that is no error of ours.
fn put(out: &mut dyn Write, text: &str) {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or_default();
}

fn failure(err: &mut dyn Write, message: &str) -> ExitCode {
    put(err, &format!("error: {message}\n"));
    ExitCode::FAILURE
}
