//! Recorded conversations: `sluice record` has written what a client and PostgreSQL said to each other; the client's half
//! is played again, to Sluice and to PostgreSQL, and both must answer as it stands there.
//!
//! OIDs of the schema's objects are other ones on another server: where a column holds OIDs, what stands there is taken
//! to mean what the server at hand answers, from then on and in what is sent. Of errors the code alone is compared.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use sluice_server::commands::record::answers;

use super::captured;
use super::wire::{Conversation, message, parse, split};
use crate::support::cases::files;
use crate::support::sluice::{PASSWORD, program};
use crate::support::wire::Wire;
use crate::support::{fresh_directory, repository};

/// Names of the kept recordings.
const CLIENTS: [&str; 3] = ["psql", "psycopg3", "asyncpg"];

/// Records a client before the reference PostgreSQL; gives the text.
fn record(client: &str) -> String {
    let folder = fresh_directory("recorded");
    let file = folder.join(format!("{client}.wire"));
    let upstream = format!("127.0.0.1:{}", captured::reference().port);
    let mut recorder = Command::new(program())
        .args(["record", "--listen", "127.0.0.1:0", "--upstream", &upstream, "--out"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the built program runs");
    let mut told = BufReader::new(recorder.stdout.take().expect("a pipe"));
    let mut line = String::new();
    told.read_line(&mut line).expect("where it listens");
    let port = line.split(',').next().and_then(|start| start.rsplit(':').next()).expect("a port").to_string();
    let output = Command::new(super::clients::python())
        .arg(repository().join("tests/clients/recorded.py"))
        .arg(client)
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", port)
        .env("PGDATABASE", "sales")
        .env("PGUSER", "bi")
        .env("PGPASSWORD", PASSWORD)
        .env("PGTZ", "UTC")
        .output()
        .unwrap_or_else(|error| panic!("python: {error}; ./tests/run installs what is missing"));
    assert!(output.status.success(), "{client}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(recorder.wait().expect("the recorder ends").success(), "the recorder of {client} fails");
    let text = std::fs::read_to_string(&file).expect("the recording");
    std::fs::remove_dir_all(folder).expect("the recording's folder");
    text
}

/// What a recording's OIDs mean on the server at hand.
#[derive(Default)]
struct Learned {
    oids: HashMap<String, String>,
    /// Types of the columns of the last description.
    types: Vec<String>,
}

impl Learned {
    /// What the client sends, with this server's OIDs.
    fn sent(&self, line: &str) -> String {
        let mut text = String::new();
        let mut number = String::new();
        for letter in line.chars().chain(['\n']) {
            if letter.is_ascii_digit() {
                number.push(letter);
                continue;
            }
            text.push_str(self.oids.get(&number).unwrap_or(&number));
            number.clear();
            text.push(letter);
        }
        text.trim_end_matches('\n').to_string()
    }

    /// Whether an answer is the recorded one.
    fn same(&mut self, recorded: &str, answered: &str) -> bool {
        let code = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        if let Some(columns) = recorded.strip_prefix("RowDescription ") {
            let columns = columns.trim_matches(['[', ']']).split(", ");
            self.types = columns.map(|column| column.split(' ').nth(1).unwrap_or_default().to_string()).collect();
        }
        match (recorded.strip_prefix("DataRow "), answered.strip_prefix("DataRow ")) {
            (Some(recorded), Some(answered)) => {
                let (recorded, answered) = (cells(recorded), cells(answered));
                recorded.len() == answered.len()
                    && recorded
                        .iter()
                        .zip(&answered)
                        .enumerate()
                        .all(|(at, (one, other))| self.same_cell(at, one, other))
            }
            _ if recorded.starts_with("ErrorResponse") || recorded.starts_with("NoticeResponse") => {
                code(recorded) == code(answered)
            }
            _ => recorded == answered,
        }
    }

    fn same_cell(&mut self, at: usize, recorded: &str, answered: &str) -> bool {
        let of_object = self.types.get(at).is_some_and(|name| name == "oid");
        let number = |text: &str| text.parse::<u32>().is_ok_and(|oid| oid >= 16_384);
        match self.oids.get(recorded) {
            Some(meant) if of_object => meant == answered,
            None if of_object && number(recorded) && number(answered) => {
                self.oids.insert(recorded.to_string(), answered.to_string());
                true
            }
            _ => recorded == answered,
        }
    }
}

/// Cells of a row, whose quotes may hold commas.
fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in row.trim_start_matches('[').trim_end_matches(']').chars() {
        match letter {
            ',' if !quoted => {
                cells.push(String::new());
                continue;
            }
            ' ' if !quoted => continue,
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        cells.last_mut().expect("never empty").push(letter);
    }
    cells
}

/// Plays a recording; gives what was answered otherwise.
fn play(conversation: &Conversation, port: u16) -> Vec<String> {
    let mut startup = vec![("user", conversation.user.as_str()), ("database", "sales")];
    startup.extend(conversation.startup.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut wire = Wire::login_with(port, &startup, PASSWORD)
        .unwrap_or_else(|error| panic!("{}: no login: {error:?}", conversation.name));
    let mut learned = Learned::default();
    let mut wrong = Vec::new();
    for (sent, recorded) in &conversation.rounds {
        let sent: Vec<String> = sent.iter().map(|line| learned.sent(line)).collect();
        let messages: Vec<Vec<u8>> = sent.iter().flat_map(|line| split(line)).map(|words| message(&words)).collect();
        wire.send_bytes(&messages.concat()).expect("the server reads");
        let mut answered = Vec::new();
        for _ in messages.iter().filter(|bytes| matches!(bytes[0], b'S' | b'Q' | b'F')) {
            let round = wire.receive_until_ready().expect("an answer in time");
            answered.extend(answers(round.into_iter().map(|message| (message.tag, message.body)).collect()));
        }
        let same = recorded.len() == answered.len()
            && recorded.iter().zip(&answered).all(|(recorded, answered)| learned.same(recorded, answered));
        if !same {
            let lines =
                |mark: &str, lines: &[String]| lines.iter().map(|line| format!("{mark} {line}\n")).collect::<String>();
            wrong.push([lines(">", &sent), lines("- <", recorded), lines("+ <", &answered)].concat());
        }
    }
    wrong
}

#[test]
fn recorded() {
    let folder = repository().join("tests/clients/recorded");
    if std::env::var_os("UPDATE").is_some() {
        for client in CLIENTS {
            std::fs::write(folder.join(format!("{client}.wire")), record(client)).expect("a writable recording");
        }
    }
    let kept = files(&folder, "wire");
    assert_eq!(kept.len(), CLIENTS.len(), "a recording for each client: UPDATE=1 makes them");
    let mut texts: Vec<String> = kept.iter().map(|path| std::fs::read_to_string(path).expect("a recording")).collect();
    // One is recorded anew each time: the recorder is under test as well.
    texts.push(record("psql"));
    assert!(!texts.iter().any(|text| text.contains("SCRAM")), "the authentication is recorded");
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut failures = Vec::new();
    for conversation in texts.iter().flat_map(|text| parse(text)).filter(|one| one.name.contains(&wanted)) {
        let count = conversation.rounds.len();
        assert!(count > 10, "{}: {count} rounds", conversation.name);
        for (name, port) in [("PostgreSQL", captured::reference().port), ("Sluice", captured::sluice().settings.port)] {
            let wrong = play(&conversation, port);
            failures.extend(wrong.into_iter().map(|wrong| format!("{}, with {name}\n{wrong}", conversation.name)));
        }
    }
    assert!(failures.is_empty(), "{} rounds differ\n\n{}", failures.len(), failures.join("\n"));
}
