//! Sluice as built: started on a configuration, asked, stopped, killed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::keep::{Kept, free_port};
use super::repository;
use super::wire::{Fields, Wire};

/// Password of every user of the test layouts.
pub const PASSWORD: &str = "sluice";

/// Key `pii` of every layout.
pub const KEY: &str = "k1-of-the-tests-0123456789abcdef";

/// The built program; `SLUICE_PROGRAM` names another build of it, say one with optimisation for a long run.
pub fn program() -> &'static str {
    static PROGRAM: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var("SLUICE_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_sluice").to_string()))
}

/// Where a server finds everything; written as `sluice.yaml`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder for the configuration, the audit and the process's log.
    pub directory: PathBuf,
    /// Port.
    pub port: u16,
    /// Catalog folder.
    pub catalog: PathBuf,
    /// Policies folder.
    pub policies: PathBuf,
    /// `connections:` and everything else that depends on the layout, as YAML at the left margin.
    pub yaml: String,
    /// Database that clients name.
    pub database: String,
}

impl Settings {
    /// Path of the configuration file.
    pub fn file(&self) -> PathBuf {
        self.directory.join("sluice.yaml")
    }

    /// Writes the configuration file.
    pub fn write(&self) {
        let show = |path: &Path| path.to_str().expect("a plain path").to_string();
        let text = format!(
            "listen: 127.0.0.1:{}\ndatabase: {}\ncatalog: {}\npolicies: {}\nusers: {}\naudit: {{directory: {}}}\n\
             keys: {{pii: \"file:{}\"}}\n{}",
            self.port,
            self.database,
            show(&self.catalog),
            show(&self.policies),
            show(&self.directory.join("users.yaml")),
            show(&self.directory.join("audit")),
            show(&self.directory.join("pii.key")),
            self.yaml
        );
        std::fs::write(self.file(), text).expect("the configuration file");
        std::fs::write(self.directory.join("pii.key"), KEY).expect("the key file");
    }

    /// Settings of the repository's own catalog and policies on a free port.
    pub fn shipped(directory: &Path, yaml: String) -> Settings {
        Settings {
            directory: directory.to_path_buf(),
            port: free_port(),
            catalog: repository().join("catalog"),
            policies: repository().join("policies"),
            yaml,
            database: "bank".into(),
        }
    }
}

/// A running server.
pub struct Sluice {
    /// How it was started.
    pub settings: Settings,
    /// The process.
    pub kept: Kept,
}

impl Sluice {
    /// Starts the server on a written configuration and waits until it accepts connections.
    pub fn start(settings: &Settings) -> Sluice {
        Sluice::start_under(settings, &[])
    }

    /// As [`Sluice::start`], by a program that takes the server's command line as its last arguments.
    pub fn start_under(settings: &Settings, outer: &[&str]) -> Sluice {
        settings.write();
        let file = settings.file().to_str().expect("a plain path").to_string();
        let mut program: Vec<String> = outer.iter().map(|word| word.to_string()).collect();
        program.extend([self::program().to_string(), "serve".into(), "--config".into(), file]);
        Sluice::run(settings, &program)
    }

    /// As [`Sluice::start`], from the configuration's folder, by relative paths alone.
    pub fn start_relative(settings: &Settings) -> Sluice {
        settings.write();
        let folder = settings.directory.to_str().expect("a plain path").to_string();
        let text = std::fs::read_to_string(settings.file()).expect("the configuration file");
        std::fs::write(settings.file(), text.replace(&format!("{folder}/"), "")).expect("the configuration file");
        let serve = [self::program(), "serve", "--config", "sluice.yaml"].map(str::to_string);
        Sluice::run(settings, &[vec!["env".into(), "-C".into(), folder], serve.to_vec()].concat())
    }

    fn run(settings: &Settings, program: &[String]) -> Sluice {
        let kept = Kept::start(&settings.directory, "TERM", program);
        let sluice = Sluice { settings: settings.clone(), kept };
        sluice.kept.wait_ready("Sluice", || {
            // Its own word first: who answers at the port may be another test's server that was quicker to take it.
            let listening = sluice.kept.log().contains("listening");
            listening.then_some(()).ok_or("not listening yet")?;
            Wire::open(settings.port).map(drop).map_err(|error| error.to_string())
        });
        sluice
    }

    /// A session of one of the layout's users.
    pub fn login(&self, user: &str) -> Wire {
        self.try_login(user, PASSWORD, "sluice-tests")
            .unwrap_or_else(|error| panic!("{user} cannot log in: {error:?}\n{}", self.kept.log()))
    }

    /// A session with a name of its own, so that its audit records can be found.
    pub fn try_login(&self, user: &str, password: &str, application: &str) -> Result<Wire, Fields> {
        Wire::login(self.settings.port, user, password, &self.settings.database, application)
    }

    /// The cause of the last internal error, from the audit's segments.
    pub fn last_cause(&self) -> String {
        // Records are written in groups.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let mut last = String::new();
        for entry in std::fs::read_dir(self.settings.directory.join("audit")).into_iter().flatten().flatten() {
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            if let Some(at) = text.rfind("\"cause\":\"") {
                last = text[at..].chars().take(500).collect();
            }
        }
        last
    }

    /// Largest resident memory so far, bytes.
    pub fn peak_memory(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Processor time used so far, by all threads together.
    pub fn busy_time(&self) -> std::time::Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.kept.pid())).expect("the server lives");
        // The program's name, in parentheses, may hold anything; what follows it is numbers.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).expect("ticks in /proc");
        // User and system time, in hundredths of a second on every Linux.
        std::time::Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    /// Resident memory now, bytes.
    pub fn resident_memory(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, key: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.kept.pid())).expect("the server lives");
        let line = status.lines().find(|line| line.starts_with(key)).expect("memory in /proc");
        let kibibytes: u64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
        kibibytes << 10
    }
}

/// Runs one of the program's commands to its end.
pub fn command(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).stdin(Stdio::null()).output().expect("the built program runs")
}
