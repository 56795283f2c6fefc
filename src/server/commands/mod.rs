//! The commands of the program beside serving: each takes its options, writes to the streams it is given, and says by
//! its exit code how it went (0 in order, 1 something is wrong, which was told).
//!
//! Left out: arguments and their help, which are `main`'s, and the demo, which is [`crate::demo`]'s.

mod check;
mod explain;
mod locate;
mod log;
mod report;
mod serve;
mod sources;
#[cfg(test)]
mod tests;
mod verifier;

pub use check::{CheckOptions, check};
pub use explain::{ExplainOptions, explain};
pub use log::start_log;
pub use report::ReportFormat;
pub use serve::serve;
pub use verifier::verifier;

use std::io::Write;
use std::process::ExitCode;

/// Writes to a stream whose reader may have gone (`| head`): that is no error of ours.
fn put(out: &mut dyn Write, text: &str) {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or_default();
}

fn failure(err: &mut dyn Write, message: &str) -> ExitCode {
    put(err, &format!("error: {message}\n"));
    ExitCode::FAILURE
}
