//! A relay between clients and a server that keeps what the clients sent.
//!
//! Left out: TLS, which would have to be ended here; clients are told not to ask for it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::wire::{Message, number};

/// What one client sent over one connection.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    /// The first packet, without its length: start-up or cancel request.
    pub startup: Vec<u8>,
    /// Everything after it.
    pub messages: Vec<Message>,
}

/// A relay that runs until the test process ends.
pub struct Recorder {
    /// Where clients connect.
    pub port: u16,
    sent: Arc<Mutex<Vec<Arc<Mutex<Vec<u8>>>>>>,
}

impl Recorder {
    /// Relays to the server at this port.
    pub fn start(server: u16) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("its address").port();
        let sent: Arc<Mutex<Vec<Arc<Mutex<Vec<u8>>>>>> = Arc::default();
        let all = sent.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], server))) else { break };
                let kept = Arc::default();
                all.lock().expect("no holder panics").push(Arc::clone(&kept));
                relay(client.try_clone().expect("a socket"), server.try_clone().expect("a socket"), Some(kept));
                relay(server, client, None);
            }
        });
        Recorder { port, sent }
    }

    /// What was sent so far, in the order of the connections.
    pub fn conversations(&self) -> Vec<Conversation> {
        let sent = self.sent.lock().expect("no holder panics");
        sent.iter().map(|bytes| conversation(&bytes.lock().expect("no holder panics"))).collect()
    }
}

fn relay(mut from: TcpStream, mut to: TcpStream, kept: Option<Arc<Mutex<Vec<u8>>>>) {
    thread::spawn(move || {
        let mut chunk = [0u8; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut chunk) {
            if let Some(kept) = &kept {
                kept.lock().expect("no holder panics").extend_from_slice(&chunk[..count]);
            }
            if to.write_all(&chunk[..count]).is_err() {
                break;
            }
        }
        // The other side may have closed before.
        let _ = to.shutdown(Shutdown::Write);
    });
}

fn conversation(bytes: &[u8]) -> Conversation {
    let mut rest = bytes;
    let mut taken = |tagged: usize| {
        let length = number(rest.get(tagged..tagged + 4)?) as usize;
        let (packet, behind) = rest.split_at_checked(tagged + length)?;
        rest = behind;
        Some((packet[0], packet[tagged + 4..].to_vec()))
    };
    let Some((_, startup)) = taken(0) else { return Conversation::default() };
    let messages = std::iter::from_fn(|| taken(1)).map(|(tag, body)| Message { tag, body }).collect();
    Conversation { startup, messages }
}
