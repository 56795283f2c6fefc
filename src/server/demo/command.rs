//! `sluice demo`: sets the folder up, serves it on the loopback address, and tells what to try once it answers.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::bank::{Bank, SEED, Scale};
use super::error::DemoError;
use super::{guide, setup};
use crate::commands::start_log;
use crate::config::{Config, LogOptions};

/// Pause between two looks whether the server answers.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct DemoOptions {
    /// Port on 127.0.0.1.
    pub port: u16,
    /// Folder; the default is [`setup::default_directory`].
    pub directory: Option<PathBuf>,
}

/// Serves the demo until the process is told to stop; the guide goes to `out`.
pub async fn run(options: DemoOptions, log: &LogOptions, out: &mut (dyn Write + Send)) -> Result<(), DemoError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    // Looked at first: generating a bank for a port that is taken would be in vain, and the wait below would meet
    // whoever has it.
    let free = TcpListener::bind(address).await.map_err(|source| DemoError::Port { port: options.port, source })?;
    drop(free);

    let directory = options.directory.unwrap_or_else(setup::default_directory);
    say(out, &format!("preparing the demo bank in {}\n", directory.display()));
    let folder = directory.clone();
    let prepared = tokio::task::spawn_blocking(move || {
        let config = setup::prepare(&folder, options.port, Scale::full())?;
        Ok::<_, DemoError>((config, Bank::generate(SEED, Scale::full())))
    });
    let (config, bank) = prepared.await.map_err(|error| DemoError::Worker(error.to_string()))??;
    let refused = |problem: String| DemoError::Server { problem, directory: directory.clone() };
    let config = Config::load(&config).map_err(|found| {
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        refused(lines.join("\n"))
    })?;
    start_log(log, &config.log).map_err(&refused)?;

    let serving = crate::run(config);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended.map_err(|error| refused(error.to_string())),
        () = answers(address) => say(out, &guide::text(&bank, options.port, &directory)),
    }
    drop(bank);
    serving.await.map_err(|error| refused(error.to_string()))
}

/// Waits until somebody takes connections there.
async fn answers(address: SocketAddr) {
    while TcpStream::connect(address).await.is_err() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A reader that has gone (`| head`) is no error of ours: the server is what counts.
fn say(out: &mut dyn Write, text: &str) {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or_default();
}
