//! The program's log: structured lines on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, LogOptions};

/// What is logged unless told otherwise. The libraries below are chatty at `info`, and some print statements at
/// `debug`: data values do not belong into a log, so they stay at `warn` whatever level is asked for.
const QUIET: [&str; 8] =
    ["datafusion", "tokio_postgres", "mysql_async", "rustls", "sqlparser", "notify", "mio", "object_store"];

/// Starts the log. The command line (`asked`) goes before the configuration. An error says what is wrong with a filter.
pub fn start_log(asked: &LogOptions, configured: &LogOptions) -> Result<(), String> {
    let level = asked.level.as_deref().or(configured.level.as_deref()).unwrap_or("info");
    let mut filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(level)
        .map_err(|error| format!("log level {level:?}: {error}"))?;
    for library in QUIET {
        let directive = format!("{library}=warn");
        filter = filter.add_directive(directive.parse().map_err(|error| format!("{directive}: {error}"))?);
    }
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    let started = match asked.format.or(configured.format).unwrap_or_default() {
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
        LogFormat::Text => lines.with_ansi(false).finish().try_init(),
    };
    started.map_err(|error| error.to_string())
}
