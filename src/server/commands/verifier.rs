//! `sluice verifier`: a SCRAM verifier from a password, for the users file.

use std::io::{BufRead, Write};
use std::process::{Command, ExitCode, Stdio};

use sluice_wire::ScramVerifier;

use super::{failure, put};

/// Reads one line, the password, and prints its verifier. `terminal`: the line comes from a person, who is asked for it
/// and does not see it.
pub fn verifier(input: &mut dyn BufRead, terminal: bool, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let hidden = terminal.then(|| {
        put(err, "password: ");
        HiddenEcho::begin()
    });
    let mut line = String::new();
    let read = input.read_line(&mut line);
    if hidden.is_some() {
        drop(hidden);
        put(err, "\n");
    }
    if let Err(error) = read {
        return failure(err, &format!("the password could not be read: {error}"));
    }
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return failure(err, "the password is empty");
    }
    put(out, &format!("{}\n", ScramVerifier::generate(password).to_text()));
    ExitCode::SUCCESS
}

/// Switches the terminal's echo off, and on again when dropped. Where there is no `stty`, the password is seen.
struct HiddenEcho {
    hidden: bool,
}

impl HiddenEcho {
    fn begin() -> HiddenEcho {
        HiddenEcho { hidden: stty("-echo") }
    }
}

impl Drop for HiddenEcho {
    fn drop(&mut self) {
        if self.hidden {
            stty("echo");
        }
    }
}

fn stty(setting: &str) -> bool {
    let mut command = Command::new("stty");
    command.arg(setting).stdin(Stdio::inherit()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
