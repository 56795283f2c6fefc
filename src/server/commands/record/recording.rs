//! The case file as it grows: what the client sent up to where she waits, then all that was answered to it.
//!
//! Invariant: a round is written when it is over, and the rounds are in the client's order, however the two sides'
//! messages crossed.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};

use super::lines;

/// A message: its type byte and what follows the length.
type Message = (u8, Vec<u8>);

/// One round of a conversation.
#[derive(Default)]
struct Round {
    sent: Vec<String>,
    answers: Vec<Message>,
    /// The client waits for the answer: no message of hers belongs to this round any more.
    closed: bool,
}

/// A recording on its way into a file.
pub(super) struct Recording<W> {
    out: W,
    from_client: Vec<u8>,
    from_server: Vec<u8>,
    /// The login is over.
    ready: bool,
    rounds: VecDeque<Round>,
    written: usize,
}

impl<W: Write> Recording<W> {
    /// Begins a case. `startup` is the packet behind its length and version.
    pub(super) fn begin(mut out: W, name: &str, startup: &[u8]) -> io::Result<Recording<W>> {
        let mut words = startup.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
        let mut parameters = BTreeMap::new();
        while let (Some(name), Some(value)) = (words.next().filter(|name| !name.is_empty()), words.next()) {
            parameters.insert(name, value);
        }
        writeln!(out, "# Recorded by `sluice record` between a client and a PostgreSQL.\n\ncase {name}")?;
        writeln!(out, "as {}", parameters.remove("user").unwrap_or_default())?;
        parameters.remove("database");
        for (name, value) in parameters {
            writeln!(out, "with {name}={value}")?;
        }
        let rounds = VecDeque::new();
        Ok(Recording { out, from_client: Vec::new(), from_server: Vec::new(), ready: false, rounds, written: 0 })
    }

    /// The client sent bytes.
    pub(super) fn client(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.from_client.extend_from_slice(bytes);
        while let Some((kind, body)) = take(&mut self.from_client)? {
            // `p` is all that a client says of her password.
            if kind == b'p' {
                continue;
            }
            if self.rounds.back().is_none_or(|round| round.closed) {
                self.rounds.push_back(Round::default());
            }
            if let Some(round) = self.rounds.back_mut() {
                round.sent.push(lines::sent(kind, &body));
                round.closed = matches!(kind, b'Q' | b'S' | b'F');
            }
        }
        Ok(())
    }

    /// The server sent bytes.
    pub(super) fn server(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.from_server.extend_from_slice(bytes);
        while let Some((kind, body)) = take(&mut self.from_server)? {
            let over = kind == b'Z';
            if !self.ready {
                self.ready = over;
                if kind == b'E' {
                    writeln!(self.out, "# The login failed: {}", lines::answers(vec![(kind, body)]).concat())?;
                }
                continue;
            }
            if self.rounds.is_empty() {
                // Nobody asked: a notice, a changed setting, the server's goodbye.
                self.rounds.push_back(Round::default());
            }
            if let Some(round) = self.rounds.front_mut() {
                round.answers.push((kind, body));
            }
            if over && let Some(round) = self.rounds.pop_front() {
                self.write(round)?;
            }
        }
        Ok(())
    }

    /// Writes what is left, and gives the number of rounds.
    pub(super) fn finish(mut self) -> io::Result<usize> {
        for round in std::mem::take(&mut self.rounds) {
            self.write(round)?;
        }
        self.out.flush()?;
        Ok(self.written)
    }

    fn write(&mut self, round: Round) -> io::Result<()> {
        self.written += 1;
        for line in round.sent {
            writeln!(self.out, "> {line}")?;
        }
        for line in lines::answers(round.answers) {
            writeln!(self.out, "< {line}")?;
        }
        Ok(())
    }
}

/// Takes a whole message off the front.
fn take(bytes: &mut Vec<u8>) -> io::Result<Option<Message>> {
    let Some((header, _)) = bytes.split_first_chunk::<5>() else { return Ok(None) };
    let [kind, length @ ..] = *header;
    let end = match usize::try_from(i32::from_be_bytes(length)) {
        Ok(length @ 4..) => 1 + length,
        _ => return Err(io::Error::other("a message that is not PostgreSQL's")),
    };
    if bytes.len() < end {
        return Ok(None);
    }
    let message = bytes.drain(..end).collect::<Vec<u8>>();
    Ok(Some((kind, message[5..].to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
    }

    /// Plays `>` and `<` messages in their order and gives the file.
    fn recorded(said: &[(char, Vec<u8>)]) -> String {
        let mut file = Vec::new();
        let startup = b"user\0bi\0database\0sales\0application_name\0psql\0\0";
        let mut recording = Recording::begin(&mut file, "psql", startup).expect("memory");
        for (side, bytes) in said {
            // In pieces, as a network hands them over.
            for piece in bytes.chunks(3) {
                if *side == '>' { recording.client(piece) } else { recording.server(piece) }.expect("memory");
            }
        }
        recording.finish().expect("memory");
        let text = String::from_utf8(file).expect("text");
        text.split_once("\n\n").expect("a comment").1.to_string()
    }

    #[test]
    fn rounds_are_in_the_clients_order_and_hold_no_secret() {
        let text = recorded(&[
            ('<', message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0")),
            ('>', message(b'p', b"SCRAM-SHA-256\0\0\0\0\x05secret")),
            ('<', [message(b'R', &[0; 4]), message(b'K', b"\0\0\0\x01\0\0\0\x02"), message(b'Z', b"I")].concat()),
            ('>', [message(b'Q', b"SELECT 'a'\0"), message(b'Q', b"SELECT \"\xe4\xb8\xad\"\n\0")].concat()),
            ('<', message(b'D', b"\0\x02\0\0\0\x01a\xff\xff\xff\xff")),
            ('<', [message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat()),
            ('<', [message(b'E', b"SERROR\0C42703\0Mno such\0\0"), message(b'Z', b"E")].concat()),
            ('>', message(b'X', b"")),
        ]);
        let expected = "case psql\nas bi\nwith application_name=psql\n\
                        > Query \"SELECT 'a'\"\n< DataRow [a, NULL]\n< CommandComplete SELECT 1\n< ReadyForQuery I\n\
                        > Query \"SELECT \\\"中\\\"\\n\"\n< ErrorResponse 42703 no such\n< ReadyForQuery E\n\
                        > Terminate\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_not_the_protocol_is_told() {
        let mut recording = Recording::begin(Vec::new(), "x", b"\0").expect("memory");
        assert!(recording.client(b"Q\0\0\0\x01").is_err());
    }
}
