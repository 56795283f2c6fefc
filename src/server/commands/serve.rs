//! `sluice serve`: everything that can be wrong is told before the first connection.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use super::{failure, put, report, start_log};
use crate::config::{Config, LogOptions};

/// Serves until the process is told to stop. Messages about a start that failed go to `err`.
pub async fn serve(config: &Path, log: &LogOptions, err: &mut dyn Write) -> ExitCode {
    let config = match Config::load(config) {
        Ok(config) => config,
        Err(found) => {
            put(err, &report::errors(&found));
            return ExitCode::FAILURE;
        }
    };
    if let Err(problem) = start_log(log, &config.log) {
        return failure(err, &problem);
    }
    match crate::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error.diagnostics() {
                [] => put(err, &format!("error: {error}\n")),
                found => put(err, &report::errors(found)),
            }
            ExitCode::FAILURE
        }
    }
}
