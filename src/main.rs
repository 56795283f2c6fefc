//! `sluice`: arguments in, a command of the server room run. Nothing else is decided here.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sluice_base::Language;
use sluice_server::commands::{
    self, CheckOptions, DiffOptions, ExplainOptions, Format, MatrixOptions, PreviewOptions, RecordOptions,
    ReportFormat, TestOptions,
};
use sluice_server::config::{LogFormat, LogOptions};
use sluice_server::demo::{self, DemoOptions, Scale};

/// Stack of the worker threads. Copying or dropping a bounded, but long, chain of operators recurses over it, and the
/// planning of a short statement finds the 64 MiB on it that it asks for; memory is only used as far as it goes.
const STACK_BYTES: usize = 80 << 20;

/// A governed, federated SQL gateway that speaks PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    log: LogArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct LogArguments {
    /// Form of log lines on standard error.
    #[arg(long, global = true, value_enum)]
    log_format: Option<LogFormatArgument>,
    /// What is logged: error, warn, info, debug, trace, or tracing directives such as sluice_server=debug.
    #[arg(long, global = true, value_name = "FILTER")]
    log_level: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make and serve the demo bank: nothing else needs to be installed.
    Demo {
        /// Port on 127.0.0.1.
        #[arg(long, default_value_t = 6432)]
        port: u16,
        /// Folder for its files; the default is under your data folder.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Serve. SIGHUP or a changed file reloads catalog, policies and users; SIGTERM stops after running statements.
    Serve {
        /// Configuration.
        #[arg(long, value_name = "FILE", default_value = "sluice.yaml")]
        config: PathBuf,
    },
    /// Compile catalog and policies, and on demand compare the catalog with the live sources.
    Check(CheckArguments),
    /// Show what a person would get: rules, masks, what each source is sent. Runs nothing.
    Explain {
        /// Configuration.
        #[arg(long, value_name = "FILE", default_value = "sluice.yaml")]
        config: PathBuf,
        /// Login name of the person.
        #[arg(long = "as", value_name = "USER")]
        user: String,
        /// The statement.
        #[arg(value_name = "SQL")]
        sql: String,
        #[command(flatten)]
        print: PrintArguments,
    },
    /// Show every role and every user by every field: clear, masked, filtered, absent.
    Matrix {
        /// Configuration.
        #[arg(long, value_name = "FILE", default_value = "sluice.yaml")]
        config: PathBuf,
        /// Roles only.
        #[arg(long)]
        roles: bool,
        /// Users only.
        #[arg(long)]
        users: bool,
        #[command(flatten)]
        print: PrintArguments,
    },
    /// Show what is there and what a person sees of it, side by side; on record under the name of who looks.
    Preview {
        /// Configuration.
        #[arg(long, value_name = "FILE", default_value = "sluice.yaml")]
        config: PathBuf,
        /// Login name of the person whose view is shown.
        #[arg(long = "as", value_name = "USER")]
        user: String,
        /// Login name of who looks; needs a grant of `explain: full`, and sees no more than her own rights.
        #[arg(long, value_name = "STEWARD")]
        by: String,
        /// Entity, by id or label.
        #[arg(value_name = "ENTITY")]
        entity: String,
        /// Rows at most.
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
        rows: u32,
        #[command(flatten)]
        print: PrintArguments,
    },
    /// Run policy cases: who asks what, and what must be decided.
    Test {
        /// Configuration.
        #[arg(long, value_name = "FILE", default_value = "sluice.yaml")]
        config: PathBuf,
        /// Case files and folders; the default is `cases` in the policies' folder.
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Decisions and refusals only; no source is read for rows.
        #[arg(long)]
        no_rows: bool,
        /// How findings are printed.
        #[arg(long, value_enum, default_value_t = ReportFormatArgument::Text)]
        format: ReportFormatArgument,
        /// Language of the words; the default is that of the environment (LC_ALL, LC_MESSAGES, LANG).
        #[arg(long, value_enum)]
        language: Option<LanguageArgument>,
    },
    /// Show what two policy sets allow otherwise; a gain that is not expected ends with exit code 1.
    Diff {
        /// Folder of the policies as they were.
        #[arg(value_name = "OLD")]
        old: PathBuf,
        /// Folder of the policies as they are to be.
        #[arg(value_name = "NEW")]
        new: PathBuf,
        /// Configuration: catalog, users, sources.
        #[arg(long, value_name = "FILE", default_value = "sluice.yaml")]
        config: PathBuf,
        /// Decide the statements of this audit log again, without touching data.
        #[arg(long, value_name = "AUDITDIR")]
        replay: Option<PathBuf>,
        /// Gains that are meant, one per line: WHO WHAT.
        #[arg(long, value_name = "FILE")]
        expect: Option<PathBuf>,
        /// Count the rows of this many changed statements on the sources.
        #[arg(long, value_name = "N", default_value_t = 0, requires = "replay")]
        sample: usize,
        #[command(flatten)]
        print: PrintArguments,
    },
    /// Write down what one client and a PostgreSQL say to each other, as a wire case; nothing of the login.
    Record {
        /// The PostgreSQL.
        #[arg(long, value_name = "HOST:PORT")]
        upstream: String,
        /// Where the client connects; without TLS.
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:6433")]
        listen: String,
        /// The case file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Read a password from standard input and print its SCRAM verifier, for the users file.
    Verifier,
    /// Load the demo bank into servers; no table that it did not make is touched.
    Load {
        /// PostgreSQL, for schemas core and dw, as postgres://USER:PASSWORD@HOST/DATABASE.
        #[arg(long, value_name = "URL", required_unless_present = "mysql")]
        postgres: Option<String>,
        /// MariaDB or MySQL, for customers, as mysql://USER:PASSWORD@HOST/DATABASE.
        #[arg(long, value_name = "URL")]
        mysql: Option<String>,
    },
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// Configuration with everything it names; the default is sluice.yaml, unless --catalog is given.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["catalog", "policies"])]
    config: Option<PathBuf>,
    /// The catalog's folder alone.
    #[arg(long, value_name = "DIR")]
    catalog: Option<PathBuf>,
    /// The policies' folder, over that catalog.
    #[arg(long, value_name = "DIR", requires = "catalog")]
    policies: Option<PathBuf>,
    /// Connect to each source and compare tables, columns and types.
    #[arg(long, conflicts_with = "catalog")]
    sources: bool,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = ReportFormatArgument::Text)]
    format: ReportFormatArgument,
}

/// How a command prints what it found.
#[derive(Debug, Clone, Copy, Args)]
struct PrintArguments {
    /// For people, or one JSON value.
    #[arg(long, value_enum, default_value_t = FormatArgument::Text)]
    format: FormatArgument,
    /// Language of the words; the default is that of the environment (LC_ALL, LC_MESSAGES, LANG).
    #[arg(long, value_enum)]
    language: Option<LanguageArgument>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArgument {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LanguageArgument {
    En,
    Zh,
}

impl PrintArguments {
    fn format(self) -> Format {
        match self.format {
            FormatArgument::Text => Format::Text,
            FormatArgument::Json => Format::Json,
        }
    }

    fn language(self) -> Language {
        language(self.language)
    }
}

impl ReportFormatArgument {
    fn format(self) -> ReportFormat {
        match self {
            ReportFormatArgument::Text => ReportFormat::Text,
            ReportFormatArgument::Json => ReportFormat::Json,
            ReportFormatArgument::Sarif => ReportFormat::Sarif,
        }
    }
}

fn language(asked: Option<LanguageArgument>) -> Language {
    match asked {
        Some(LanguageArgument::En) => Language::En,
        Some(LanguageArgument::Zh) => Language::Zh,
        None => of_environment(),
    }
}

/// The first of the usual variables that is set decides.
fn of_environment() -> Language {
    let set = |name| std::env::var(name).ok().filter(|locale| !locale.is_empty());
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(set)
        .map_or(Language::En, |locale| Language::of_locale(&locale))
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormatArgument {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReportFormatArgument {
    Text,
    Json,
    Sarif,
}

impl LogArguments {
    fn options(self) -> LogOptions {
        let format = self.log_format.map(|format| match format {
            LogFormatArgument::Text => LogFormat::Text,
            LogFormatArgument::Json => LogFormat::Json,
        });
        LogOptions { format, level: self.log_level }
    }
}

impl CheckArguments {
    fn options(self) -> CheckOptions {
        let config = match (&self.config, &self.catalog) {
            (None, None) => Some(PathBuf::from("sluice.yaml")),
            _ => self.config,
        };
        let (format, sources) = (self.format.format(), self.sources);
        CheckOptions { config, catalog: self.catalog, policies: self.policies, sources, format }
    }
}

fn main() -> ExitCode {
    // Two rustls providers end up in the program, and rustls panics where none is chosen: before anything else.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return failed("a TLS provider was installed before ours");
    }
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_BYTES).enable_all().build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no threads: {error}")),
    };
    runtime.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> ExitCode {
    let log = arguments.log.options();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    // The two that serve start the log when they know their configuration.
    if !matches!(arguments.command, Command::Serve { .. } | Command::Demo { .. }) {
        let quiet = LogOptions { level: Some("warn".to_string()), ..LogOptions::default() };
        if let Err(problem) = commands::start_log(&log, &quiet) {
            return failed(&problem);
        }
    }
    match arguments.command {
        Command::Serve { config } => commands::serve(&config, &log, &mut err).await,
        Command::Demo { port, data } => {
            let options = DemoOptions { port, directory: data };
            ended(demo::run(options, &log, &mut out).await)
        }
        Command::Check(check) => commands::check(&check.options(), &mut out).await,
        Command::Explain { config, user, sql, print } => {
            let (format, language) = (print.format(), print.language());
            commands::explain(&ExplainOptions { config, user, sql, format, language }, &mut out, &mut err).await
        }
        Command::Matrix { config, roles, users, print } => {
            let (format, language) = (print.format(), print.language());
            commands::matrix(&MatrixOptions { config, roles, users, format, language }, &mut out, &mut err).await
        }
        Command::Preview { config, user, by, entity, rows, print } => {
            let (format, language) = (print.format(), print.language());
            let options = PreviewOptions { config, user, by, entity, rows, format, language };
            commands::preview(&options, &mut out, &mut err).await
        }
        Command::Test { config, paths, no_rows, format, language: asked } => {
            let (format, language) = (format.format(), language(asked));
            commands::test(&TestOptions { config, paths, no_rows, format, language }, &mut out, &mut err).await
        }
        Command::Diff { old, new, config, replay, expect, sample, print } => {
            let (format, language) = (print.format(), print.language());
            let options = DiffOptions { config, old, new, replay, expect, sample, format, language };
            commands::diff(&options, &mut out, &mut err).await
        }
        Command::Record { upstream, listen, out: file } => {
            commands::record(&RecordOptions { upstream, listen, out: file }, &mut out, &mut err).await
        }
        Command::Verifier => {
            let input = std::io::stdin();
            let terminal = input.is_terminal();
            commands::verifier(&mut input.lock(), terminal, &mut out, &mut err)
        }
        Command::Load { postgres, mysql } => {
            ended(demo::load_servers(postgres.as_deref(), mysql.as_deref(), Scale::full()).await)
        }
    }
}

fn ended(result: Result<(), demo::DemoError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(message: &str) -> ExitCode {
    // Where standard error is closed, the exit code has to do.
    writeln!(std::io::stderr(), "error: {message}").unwrap_or_default();
    ExitCode::FAILURE
}
