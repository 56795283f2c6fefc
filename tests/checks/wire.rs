//! Wire cases: messages as they go over the wire, `>` from the client, `<` from the server.
//!
//! The same case also runs against the reference PostgreSQL, so that what is expected is not our own opinion;
//! `only sluice`, with a comment that says why, leaves that out. `with NAME=VALUE` is a parameter of the startup packet;
//! `with texts` shows the messages of errors beside their codes. Bytes that are no UTF-8 are written `\xd6`.

use std::time::Duration;

use crate::support::cases::files;
use crate::support::client::{columns, values};
use crate::support::sluice::PASSWORD;
use crate::support::wire::{Message, Wire, fields, lossy, number};
use crate::support::{binary, layout, repository};

/// One conversation.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) name: String,
    line: usize,
    pub(super) user: String,
    only_sluice: bool,
    /// Parameters of the startup packet.
    pub(super) startup: Vec<(String, String)>,
    /// Messages of errors are compared too.
    texts: bool,
    /// Rounds: what the client sends, what the server is expected to answer.
    pub(super) rounds: Vec<(Vec<String>, Vec<String>)>,
}

#[test]
fn wire_cases() {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let update = std::env::var_os("UPDATE").is_some();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in files(&repository().join("tests/wire"), "wire") {
        let text = std::fs::read_to_string(&path).expect("a readable case file");
        let mut rewritten = text.clone();
        for conversation in parse(&text).into_iter().filter(|conversation| conversation.name.contains(&wanted)) {
            count += 1;
            let place = format!("{}:{}: {}", path.display(), conversation.line, conversation.name);
            let expected = show(&conversation.rounds);
            for (name, port) in servers(&conversation) {
                let actual = show(&hold(&conversation, port));
                if actual != expected && update && name == "sluice" {
                    rewritten = rewritten.replacen(&expected, &actual, 1);
                } else if actual != expected {
                    failures.push(format!("{place}, with {name}\n--- expected\n{expected}--- got\n{actual}"));
                }
            }
        }
        if update && rewritten != text {
            std::fs::write(&path, rewritten).expect("a writable case file");
        }
    }
    assert!(count > 0, "no wire case is named like {wanted:?}");
    assert!(failures.is_empty(), "{} of {count} cases failed\n\n{}", failures.len(), failures.join("\n"));
}

fn servers(conversation: &Conversation) -> Vec<(&'static str, u16)> {
    let mut servers = vec![("sluice", layout::servers().sluice.settings.port)];
    if !conversation.only_sluice {
        servers.push(("postgres", layout::reference().port));
    }
    servers
}

pub(super) fn parse(text: &str) -> Vec<Conversation> {
    let mut all: Vec<Conversation> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("case ") {
            all.push(Conversation { name: name.trim().into(), line: at + 1, ..Conversation::default() });
            continue;
        }
        let current = all.last_mut().expect("a case begins with its name");
        if let Some(user) = line.strip_prefix("as ") {
            current.user = user.trim().into();
        } else if line.starts_with("only sluice") {
            current.only_sluice = true;
        } else if line == "with texts" {
            current.texts = true;
        } else if let Some(parameter) = line.strip_prefix("with ") {
            let (name, value) = parameter.split_once('=').expect("with NAME=VALUE");
            current.startup.push((name.into(), value.into()));
        } else if let Some(sent) = line.strip_prefix("> ") {
            if current.rounds.last().is_none_or(|(_, answers)| !answers.is_empty()) {
                current.rounds.push((Vec::new(), Vec::new()));
            }
            current.rounds.last_mut().expect("just pushed").0.push(sent.into());
        } else if let Some(answer) = line.strip_prefix("< ") {
            current.rounds.last_mut().expect("an answer follows a message").1.push(answer.into());
        } else {
            panic!("line {}: {line:?} is neither `>` nor `<`", at + 1);
        }
    }
    all
}

fn show(rounds: &[(Vec<String>, Vec<String>)]) -> String {
    let mut text = String::new();
    for (sent, answers) in rounds {
        sent.iter().for_each(|line| text.push_str(&format!("> {line}\n")));
        answers.iter().for_each(|line| text.push_str(&format!("< {line}\n")));
    }
    text
}

/// Plays the client's half and writes down the server's.
fn hold(conversation: &Conversation, port: u16) -> Vec<(Vec<String>, Vec<String>)> {
    let mut startup =
        vec![("user", conversation.user.as_str()), ("database", "bank"), ("application_name", "wire-case")];
    startup.extend(conversation.startup.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut wire = Wire::login_with(port, &startup, PASSWORD)
        .unwrap_or_else(|error| panic!("{}: no login: {error:?}", conversation.name));
    let mut formats = Vec::new();
    let texts = conversation.texts;
    let mut rounds = Vec::new();
    for (sent, expected) in &conversation.rounds {
        let messages: Vec<Vec<u8>> = sent.iter().flat_map(|line| split(line)).map(|words| message(&words)).collect();
        wire.send_bytes(&messages.concat()).expect("the server reads");
        let syncs = messages.iter().filter(|bytes| matches!(bytes[0], b'S' | b'Q')).count();
        let mut answers = Vec::new();
        if syncs == 0 {
            // What is expected may take its time; then, that nothing more comes.
            let patience = |got: usize| Duration::from_millis(if got < expected.len() { 20_000 } else { 1_000 });
            while let Some(message) = wire.receive_within(patience(answers.len())) {
                answers.push(describe(&message, &mut formats, texts));
            }
        }
        for _ in 0..syncs {
            let round = wire.receive_until_ready().expect("an answer in time");
            let closed = round.last().is_none_or(|message| message.tag != b'Z');
            answers.extend(joined(round).iter().map(|message| describe(message, &mut formats, texts)));
            if closed {
                answers.push("closed".into());
                break;
            }
        }
        rounds.push((sent.clone(), answers));
    }
    rounds
}

/// How many rows share one CopyData is the server's own business: neighbours become one.
fn joined(messages: Vec<Message>) -> Vec<Message> {
    let mut joined: Vec<Message> = Vec::new();
    for message in messages {
        match joined.last_mut() {
            Some(last) if last.tag == b'd' && message.tag == b'd' => last.body.extend(message.body),
            _ => joined.push(message),
        }
    }
    joined
}

/// Messages of a line, each as words; a word in double quotes may hold anything, `\"`, `\n` and `\\` escaped.
pub(super) fn split(line: &str) -> Vec<Vec<String>> {
    let mut messages = vec![Vec::new()];
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => {}
            ';' => messages.push(Vec::new()),
            '"' => {
                let mut word = String::new();
                while let Some(letter) = letters.next() {
                    match letter {
                        '"' => break,
                        '\\' => word.push(match letters.next().expect("something escaped") {
                            'n' => '\n',
                            'x' => {
                                let digits: String = letters.by_ref().take(2).collect();
                                raw(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"))
                            }
                            other => other,
                        }),
                        other => word.push(other),
                    }
                }
                messages.last_mut().expect("never empty").push(word);
            }
            first => {
                let mut word = String::from(first);
                while let Some(letter) = letters.next_if(|letter| !matches!(letter, ' ' | ';')) {
                    word.push(letter);
                }
                messages.last_mut().expect("never empty").push(word);
            }
        }
    }
    messages
}

/// A byte that is no character of its own, as a letter of a word.
fn raw(byte: u8) -> char {
    char::from_u32(0xf700 + u32::from(byte)).expect("for private use")
}

/// A word as bytes.
fn bytes(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for letter in word.chars() {
        match u32::from(letter).checked_sub(0xf700).and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

fn cstring(word: &str) -> Vec<u8> {
    [&bytes(word)[..], b"\0"].concat()
}

/// Bytes of a message from its words. `-` is the empty name, `NULL` a null, `\x..` a binary value.
pub(super) fn message(words: &[String]) -> Vec<u8> {
    use crate::support::wire::frame;
    let word = |at: usize| match words.get(at).map_or("-", String::as_str) {
        "-" => "",
        text => text,
    };
    let option = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    match word(0) {
        "Query" => frame(b'Q', &cstring(word(1))),
        "Parse" => {
            let types: Vec<u32> =
                option("types").map_or(Vec::new(), |types| types.split(',').map(binary::type_oid).collect());
            let mut body = [cstring(word(1)), cstring(word(2)), (types.len() as u16).to_be_bytes().to_vec()].concat();
            types.iter().for_each(|oid| body.extend(oid.to_be_bytes()));
            frame(b'P', &body)
        }
        "Bind" => bind(&words[1..], option("params"), option("results")),
        "Describe" => frame(b'D', &[word(1).as_bytes(), &cstring(word(2))].concat()),
        "Close" => frame(b'C', &[word(1).as_bytes(), &cstring(word(2))].concat()),
        "Execute" => {
            let rows: i32 = option("max").map_or(0, |rows| rows.parse().expect("max=ROWS"));
            frame(b'E', &[&cstring(word(1))[..], &rows.to_be_bytes()].concat())
        }
        "Sync" => frame(b'S', b""),
        "Flush" => frame(b'H', b""),
        "FunctionCall" => frame(b'F', b""),
        "Terminate" => frame(b'X', b""),
        "CopyData" => frame(b'd', &bytes(word(1))),
        "CopyDone" => frame(b'c', b""),
        "CopyFail" => frame(b'f', &cstring(word(1))),
        "bytes" => words[1..].iter().map(|hex| u8::from_str_radix(hex, 16).expect("hexadecimal")).collect(),
        other => panic!("no message {other}"),
    }
}

fn bind(words: &[String], parameters: Option<&str>, results: Option<&str>) -> Vec<u8> {
    let name = |at: usize| words.get(at).filter(|word| *word != "-").cloned().unwrap_or_default();
    let given: Vec<&String> =
        words[2..].iter().filter(|word| !word.starts_with("params=") && !word.starts_with("results=")).collect();
    let formats = |list: Option<&str>| {
        let codes: Vec<u16> = list
            .map_or(Vec::new(), |list| list.split(',').map(|format| if format == "binary" { 1 } else { 0 }).collect());
        let mut bytes = (codes.len() as u16).to_be_bytes().to_vec();
        codes.iter().for_each(|code| bytes.extend(code.to_be_bytes()));
        bytes
    };
    let mut body = [cstring(&name(0)), cstring(&name(1)), formats(parameters)].concat();
    body.extend((given.len() as u16).to_be_bytes());
    for value in given {
        let bytes = match value.strip_prefix("\\x") {
            _ if value == "NULL" => {
                body.extend((-1i32).to_be_bytes());
                continue;
            }
            Some(hex) => (0..hex.len() / 2)
                .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).expect("hexadecimal"))
                .collect(),
            None => bytes(value),
        };
        body.extend((bytes.len() as u32).to_be_bytes());
        body.extend(bytes);
    }
    body.extend(formats(results));
    crate::support::wire::frame(b'B', &body)
}

/// A server's message in words; `formats` remembers the last RowDescription, to read binary rows by.
fn describe(message: &Message, formats: &mut Vec<crate::support::client::ColumnInfo>, texts: bool) -> String {
    let body = &message.body;
    match message.tag {
        b'1' => "ParseComplete".into(),
        b'2' => "BindComplete".into(),
        b'3' => "CloseComplete".into(),
        b'C' => format!("CommandComplete {}", lossy(&body[..body.len() - 1])),
        b'D' => {
            let value = |(at, value): (usize, Option<Vec<u8>>)| match (value, formats.get(at)) {
                (None, _) => "NULL".to_string(),
                (Some(bytes), Some(column)) if column.format == 1 => binary::decode(column.oid, &bytes),
                (Some(bytes), _) => lossy(&bytes),
            };
            let cells: Vec<String> = values(body).into_iter().enumerate().map(value).collect();
            format!("DataRow [{}]", cells.join(", "))
        }
        b'E' if texts => {
            let text = body.split(|byte| *byte == 0).find_map(|field| field.strip_prefix(b"M")).unwrap_or_default();
            format!("ErrorResponse {} {}", fields(body).code, lossy(text))
        }
        b'E' => format!("ErrorResponse {}", fields(body).code),
        b'N' => format!("NoticeResponse {}", fields(body).code),
        b'I' => "EmptyQueryResponse".into(),
        b'n' => "NoData".into(),
        b's' => "PortalSuspended".into(),
        b't' => {
            let types = body[2..].chunks(4).map(|oid| binary::type_name(number(oid)));
            format!("ParameterDescription [{}]", types.collect::<Vec<_>>().join(", "))
        }
        b'T' => {
            *formats = columns(body);
            let one = |column: &crate::support::client::ColumnInfo| {
                let format = if column.format == 1 { " binary" } else { "" };
                format!("{} {}{format}", column.name, binary::type_name(column.oid))
            };
            format!("RowDescription [{}]", formats.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        b'S' => {
            let mut parts = body.split(|byte| *byte == 0).map(lossy);
            format!("ParameterStatus {}={}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        }
        b'Z' => format!("ReadyForQuery {}", body[0] as char),
        b'H' => format!("CopyOutResponse {} [{}]", body[0], number(&body[1..3])),
        b'd' => format!("CopyData {:?}", lossy(body)),
        b'c' => "CopyDone".into(),
        other => format!("{} ({} bytes)", other as char, body.len()),
    }
}
