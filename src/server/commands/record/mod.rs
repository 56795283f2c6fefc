//! `sluice record`: stands between one client and a PostgreSQL, passes everything on, and writes the conversation down
//! as a wire case, which then is played to Sluice.
//!
//! Invariants: bytes are passed on as they come, whatever can be read in them; nothing of the authentication is written
//! down, and no key that cancels. Left out: TLS on either side (it is declined, so that there is something to read),
//! further connections beside the one recorded, COPY FROM STDIN as more than its messages.

mod lines;
mod recording;

pub use lines::answers;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use recording::Recording;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Sender, channel};

use super::{failure, put};

/// Bytes of the largest startup packet, PostgreSQL's bound.
const STARTUP_BYTES_MAX: usize = 10_000;
const CANCEL_CODE: u32 = 80_877_102;
const SSL_CODE: u32 = 80_877_103;
const GSS_CODE: u32 = 80_877_104;
/// Pieces that may wait to be written down; more hold their side up.
const PIECES_WAITING: usize = 16;

/// What to record, and where.
#[derive(Debug, Clone)]
pub struct RecordOptions {
    /// The PostgreSQL, `HOST:PORT`.
    pub upstream: String,
    /// Where the client connects, `HOST:PORT`.
    pub listen: String,
    /// The case file to write.
    pub out: PathBuf,
}

/// Which side said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// Records one conversation.
pub async fn record(options: &RecordOptions, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    match conversation(options, out).await {
        Ok(told) => {
            put(out, &told);
            ExitCode::SUCCESS
        }
        Err(problem) => failure(err, &problem),
    }
}

async fn conversation(options: &RecordOptions, out: &mut dyn Write) -> Result<String, String> {
    let listener = TcpListener::bind(&options.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    put(out, &format!("waiting for a client on {address}, without TLS\n"));
    let (client, startup) = loop {
        let (client, _) = listener.accept().await.map_err(|error| format!("no client: {error}"))?;
        if let Some(opened) = opened(client).await {
            break opened;
        }
    };
    drop(listener);
    let mut server = TcpStream::connect(&options.upstream)
        .await
        .map_err(|error| format!("cannot connect to {}: {error}", options.upstream))?;
    server.write_all(&startup).await.map_err(|error| format!("{}: {error}", options.upstream))?;

    let file = std::fs::File::create(&options.out).map_err(|error| format!("{}: {error}", options.out.display()))?;
    let name = options.out.file_stem().map_or("recorded".into(), |stem| stem.to_string_lossy().into_owned());
    let mut recording = Recording::begin(std::io::BufWriter::new(file), &name, &startup[8..]).map_err(of_file)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (said, mut heard) = channel::<(Side, Vec<u8>)>(PIECES_WAITING);
    let other = said.clone();
    // Takes the receiving end with it when it ends, so that nobody waits to be heard.
    let collect = async move {
        while let Some((side, bytes)) = heard.recv().await {
            match side {
                Side::Client => recording.client(&bytes)?,
                Side::Server => recording.server(&bytes)?,
            }
        }
        recording.finish()
    };
    let (_, _, finished) = tokio::join!(
        pass(&mut from_client, &mut to_server, Side::Client, said),
        pass(&mut from_server, &mut to_client, Side::Server, other),
        collect,
    );
    let rounds = finished.map_err(of_file)?;
    Ok(format!("{rounds} rounds written to {}\n", options.out.display()))
}

fn of_file(error: std::io::Error) -> String {
    format!("the recording: {error}")
}

/// Declines encryption until the client says who she is; gives her startup packet. `None`: a connection that is none
/// to record, such as a cancel request.
async fn opened(mut client: TcpStream) -> Option<(TcpStream, Vec<u8>)> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length).await.ok()?;
        let bytes = usize::try_from(u32::from_be_bytes(length)).ok().filter(|n| (8..=STARTUP_BYTES_MAX).contains(n))?;
        let mut packet = length.to_vec();
        packet.resize(bytes, 0);
        client.read_exact(&mut packet[4..]).await.ok()?;
        let code = packet[4..].first_chunk().map(|code| u32::from_be_bytes(*code));
        match code {
            Some(SSL_CODE | GSS_CODE) => client.write_all(b"N").await.ok()?,
            Some(CANCEL_CODE) | None => return None,
            Some(_) => return Some((client, packet)),
        }
    }
}

/// Passes bytes on until their side ends. They are told first, so that no answer is heard before its question.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    side: Side,
    said: Sender<(Side, Vec<u8>)>,
) {
    let mut piece = vec![0; 64 << 10];
    let mut written_down = true;
    // However one side ends, the other is told by the end of what it reads.
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        // A recording that cannot go on (a full disk, bytes that are no message) is no reason to end the conversation.
        written_down = written_down && said.send((side, piece[..read].to_vec())).await.is_ok();
        if to.write_all(&piece[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not every program that speaks to this port speaks PostgreSQL's protocol to the end.
    #[tokio::test]
    async fn a_conversation_goes_on_where_it_cannot_be_written_down() {
        let upstream = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let listen = free.local_addr().expect("an address").to_string();
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let options = RecordOptions {
            upstream: upstream.local_addr().expect("an address").to_string(),
            listen: listen.clone(),
            out: folder.path().join("a.wire"),
        };
        let mut printed = Vec::new();
        let recorder = conversation(&options, &mut printed);
        let client = async {
            let mut client = loop {
                if let Ok(client) = TcpStream::connect(&listen).await {
                    break client;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            };
            client.write_all(b"\0\0\0\x09\0\x03\0\0\0").await.expect("sent");
            // More than the recorder keeps waiting, none of it a message.
            for _ in 0..40 {
                client.write_all(&[0; 64 << 10]).await.expect("sent");
            }
            client.shutdown().await.expect("ended");
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.expect("an answer");
            answer
        };
        let server = async {
            let (mut server, _) = upstream.accept().await.expect("the recorder");
            let mut sent = Vec::new();
            server.read_to_end(&mut sent).await.expect("what was sent");
            server.write_all(b"bye").await.expect("answered");
            sent.len()
        };
        let (told, answer, sent) = tokio::join!(recorder, client, server);
        assert_eq!((answer.as_slice(), sent), (&b"bye"[..], 9 + 40 * (64 << 10)));
        let told = told.expect_err("it could not be written down");
        assert!(told.contains("not PostgreSQL's"), "{told}");
    }
}
