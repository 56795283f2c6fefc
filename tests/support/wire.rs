//! A small client that speaks the protocol message by message, and can therefore speak it wrongly.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};

/// One message from the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its first byte.
    pub tag: u8,
    /// What follows the length.
    pub body: Vec<u8>,
}

/// The fields of an ErrorResponse or NoticeResponse that the checks look at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields {
    /// SQLSTATE.
    pub code: String,
    /// Message.
    pub message: String,
    /// Detail.
    pub detail: Option<String>,
    /// Hint.
    pub hint: Option<String>,
    /// Everything, field letters included, for searches of what must never show.
    pub everything: String,
}

/// Process id and secret of a session, for a cancel request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Key {
    /// Process id.
    pub process: u32,
    /// Secret; its length depends on the protocol version.
    pub secret: Vec<u8>,
}

/// A connection to a server.
pub struct Wire {
    stream: TcpStream,
    inbox: Vec<u8>,
    /// From BackendKeyData.
    pub key: Key,
    /// ParameterStatus at login.
    pub parameters: Vec<(String, String)>,
}

/// How long the server may be silent before a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

impl Wire {
    /// A TCP connection, nothing sent.
    pub fn open(port: u16) -> std::io::Result<Wire> {
        let stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port)))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Wire { stream, inbox: Vec::new(), key: Key::default(), parameters: Vec::new() })
    }

    /// A session: start-up, SCRAM, until the first ReadyForQuery.
    pub fn login(port: u16, user: &str, password: &str, database: &str, application: &str) -> Result<Wire, Fields> {
        Wire::login_with(port, &[("user", user), ("database", database), ("application_name", application)], password)
    }

    /// The same with these parameters in the startup packet, and UTC.
    pub fn login_with(port: u16, startup: &[(&str, &str)], password: &str) -> Result<Wire, Fields> {
        Wire::login_altered(port, startup, password, &mut |_| {}).map_err(|failed| failed.1)
    }

    /// As [`Wire::login_with`], with a hand on each packet before it is sent. Where it fails, the connection comes back.
    pub fn login_altered(
        port: u16,
        startup: &[(&str, &str)],
        password: &str,
        alter: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Result<Wire, Box<(Option<Wire>, Fields)>> {
        let told = |error: std::io::Error| Fields { message: error.to_string(), ..Fields::default() };
        let mut wire = Wire::open(port).map_err(|error| Box::new((None, told(error))))?;
        let mut body = 196_608u32.to_be_bytes().to_vec();
        for (name, value) in startup.iter().copied().chain([("TimeZone", "UTC")]) {
            body.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
        }
        body.push(0);
        let mut packet = [&(body.len() as u32 + 4).to_be_bytes()[..], &body].concat();
        alter(&mut packet);
        let outcome = match wire.send_bytes(&packet) {
            Ok(()) => wire.until_ready(password, alter),
            Err(error) => Err(told(error)),
        };
        match outcome {
            Ok(()) => Ok(wire),
            Err(fields) => Err(Box::new((Some(wire), fields))),
        }
    }

    fn until_ready(&mut self, password: &str, alter: &mut dyn FnMut(&mut Vec<u8>)) -> Result<(), Fields> {
        let io = |error: std::io::Error| Fields { message: error.to_string(), ..Fields::default() };
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        loop {
            let Some(message) = self.receive().map_err(io)? else {
                return Err(Fields { message: "closed during the login".into(), ..Fields::default() });
            };
            match message.tag {
                b'R' => {
                    if let Some(mut packet) = authenticate(&mut scram, &message.body).map_err(io)? {
                        alter(&mut packet);
                        self.send_bytes(&packet).map_err(io)?;
                    }
                }
                b'K' => {
                    self.key = Key { process: number(&message.body[..4]), secret: message.body[4..].to_vec() };
                }
                b'S' => {
                    let mut parts = message.body.split(|byte| *byte == 0).map(lossy);
                    self.parameters.push((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()));
                }
                b'E' => return Err(fields(&message.body)),
                b'Z' => return Ok(()),
                _ => {}
            }
        }
    }

    /// Sends a message without a tag: start-up, SSLRequest, CancelRequest.
    pub fn send_startup(&mut self, body: &[u8]) -> std::io::Result<()> {
        let length = (body.len() as u32 + 4).to_be_bytes();
        self.stream.write_all(&[&length, body].concat())
    }

    /// Sends one message.
    pub fn send(&mut self, tag: u8, body: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(&frame(tag, body))
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Promises that nothing more is sent.
    pub fn finish_sending(&mut self) {
        // A server that has already closed is what some tests hope for.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// The next message; None once the server has closed.
    pub fn receive(&mut self) -> std::io::Result<Option<Message>> {
        loop {
            if let Some(message) = take_frame(&mut self.inbox) {
                return Ok(Some(message));
            }
            let mut chunk = [0u8; 64 << 10];
            let count = match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
                other => other?,
            };
            if count == 0 {
                return Ok(None);
            }
            self.inbox.extend_from_slice(&chunk[..count]);
        }
    }

    /// The next message, if it comes within the time; None also when closed.
    pub fn receive_within(&mut self, time: Duration) -> Option<Message> {
        self.stream.set_read_timeout(Some(time)).expect("a timeout");
        let received = self.receive();
        self.stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        received.ok().flatten()
    }

    /// Messages up to and with ReadyForQuery, or up to the end of the connection.
    pub fn receive_until_ready(&mut self) -> std::io::Result<Vec<Message>> {
        let mut messages = Vec::new();
        while let Some(message) = self.receive()? {
            let ready = message.tag == b'Z';
            messages.push(message);
            if ready {
                break;
            }
        }
        Ok(messages)
    }

    /// True when the server closes (or resets) the connection within the time; what it says first is dropped.
    pub fn closes_within(&mut self, time: Duration) -> bool {
        let started = std::time::Instant::now();
        self.stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        let mut chunk = [0u8; 4096];
        while started.elapsed() < time {
            match self.stream.read(&mut chunk) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                }
                Err(_) => return true,
            }
        }
        false
    }

    /// Reads at most this many bytes without looking at them; 0 at the end.
    pub fn read_raw(&mut self, limit: usize) -> std::io::Result<usize> {
        let mut chunk = vec![0u8; limit];
        let count = self.stream.read(&mut chunk)?;
        self.inbox.extend_from_slice(&chunk[..count]);
        Ok(count)
    }
}

/// What the client says to an authentication request.
fn authenticate(scram: &mut ScramSha256, body: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    match number(&body[..4]) {
        0 => Ok(None),
        10 => {
            let first = scram.message().to_vec();
            let length = (first.len() as u32).to_be_bytes();
            Ok(Some(frame(b'p', &[SCRAM_SHA_256.as_bytes(), b"\0", &length, &first].concat())))
        }
        11 => {
            scram.update(&body[4..])?;
            Ok(Some(frame(b'p', scram.message())))
        }
        12 => scram.finish(&body[4..]).map(|()| None),
        other => Err(std::io::Error::other(format!("authentication method {other} is not what we ask for"))),
    }
}

/// Asks the server to cancel what the session with this key does.
pub fn cancel(port: u16, key: &Key) -> std::io::Result<()> {
    let mut wire = Wire::open(port)?;
    let body = [&80_877_102u32.to_be_bytes()[..], &key.process.to_be_bytes(), &key.secret].concat();
    wire.send_startup(&body)?;
    wire.closes_within(Duration::from_secs(10));
    Ok(())
}

/// A message as bytes.
pub fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_be_bytes();
    [&[tag], &length[..], body].concat()
}

fn take_frame(inbox: &mut Vec<u8>) -> Option<Message> {
    if inbox.len() < 5 {
        return None;
    }
    let end = 1 + number(&inbox[1..5]) as usize;
    if inbox.len() < end {
        return None;
    }
    let message = Message { tag: inbox[0], body: inbox[5..end].to_vec() };
    inbox.drain(..end);
    Some(message)
}

/// Reads an ErrorResponse or NoticeResponse.
pub fn fields(body: &[u8]) -> Fields {
    let mut fields = Fields::default();
    for field in body.split(|byte| *byte == 0).filter(|field| !field.is_empty()) {
        let text = lossy(&field[1..]);
        fields.everything.push_str(&format!("{}={text}\n", field[0] as char));
        match field[0] {
            b'C' => fields.code = text,
            b'M' => fields.message = text,
            b'D' => fields.detail = Some(text),
            b'H' => fields.hint = Some(text),
            _ => {}
        }
    }
    fields
}

/// Big-endian number of up to four bytes.
pub fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// Text as sent; where it is no UTF-8, with an escape such as `\xd6` for each byte that is not ASCII.
pub fn lossy(bytes: &[u8]) -> String {
    let escaped = |byte: &u8| if byte.is_ascii() { char::from(*byte).to_string() } else { format!("\\x{byte:02x}") };
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(escaped).collect(), String::from)
}
