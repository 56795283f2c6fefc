//! Framed reading, reading ahead, backpressure, and farewells.

use super::support::*;
use crate::connection::frame_bytes;
use crate::*;
use bytes::BufMut;
use proptest::prelude::*;
use sluice_base::{ClientError, Language, SqlState};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(10);

/// A session that has logged in, and its client.
async fn logged_in() -> (Connection, TcpStream) {
    let (mut client, server) = sockets().await;
    client.write_all(&startup(V3_0, &[("user", "ana")])).await.unwrap();
    let Ok(Accepted::Session(mut connection, _)) = accept(server, &options()).await else { panic!("a session") };
    connection.login = None;
    (connection, client)
}

#[tokio::test]
async fn messages_arrive_however_they_are_cut() {
    let (mut connection, mut client) = logged_in().await;
    let bytes = [message(b'Q', b"SELECT 1\0"), message(b'S', b""), message(b'd', &[7; 100_000])].concat();
    let sender = tokio::spawn(async move {
        for byte in &bytes[..20] {
            client.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        client.write_all(&bytes[20..]).await.unwrap();
    });
    // Dropped again and again while it waits, receive loses nothing.
    let mut next = async || loop {
        if let Ok(message) = timeout(Duration::from_micros(1), connection.receive()).await {
            break message.unwrap();
        }
    };
    assert_eq!(next().await, Some(Frontend::Query("SELECT 1".into())));
    assert_eq!(next().await, Some(Frontend::Sync));
    assert!(matches!(next().await, Some(Frontend::CopyData(data)) if data.len() == 100_000));
    sender.await.unwrap();
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn lengths_that_lie_end_the_connection() {
    for (bytes, code) in [
        (vec![b'Q', 0x40, 0, 0, 0], "54000"),
        (vec![b'Q', 0x7f, 0xff, 0xff, 0xff], "54000"),
        (vec![b'Q', 0xff, 0xff, 0xff, 0xff], "08P01"),
        (vec![b'Q', 0, 0, 0, 3], "08P01"),
        (vec![b'!'], "08P01"),
    ] {
        let (mut connection, mut client) = logged_in().await;
        client.write_all(&bytes).await.unwrap();
        let error = timeout(LONG, connection.receive()).await.unwrap().unwrap_err();
        assert!(error.is_fatal());
        let farewell = tokio::spawn(async move { connection.close_with(&error).await });
        assert_eq!(refusal(&mut client).await, code, "{bytes:?}");
        drop(client);
        timeout(LONG, farewell).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_error_of_one_message_leaves_the_next_readable() {
    let (mut connection, mut client) = logged_in().await;
    let bytes = [message(b'B', b"\0\0\0"), message(b'Q', b"\xff\0"), message(b'S', b"")].concat();
    client.write_all(&bytes).await.unwrap();
    for kind in [b'B', b'Q'] {
        let error = connection.receive().await.unwrap_err();
        assert_eq!((error.is_fatal(), error.message_kind()), (false, Some(kind)));
    }
    assert_eq!(connection.receive().await.unwrap(), Some(Frontend::Sync));
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_and_her_messages_kept() {
    let (mut connection, mut client) = logged_in().await;
    assert!(timeout(SOON, connection.closed()).await.is_err());
    client.write_all(&message(b'S', b"")).await.unwrap();
    assert!(timeout(SOON, connection.closed()).await.is_err());
    assert!(connection.has_message());
    drop(client);
    assert!(matches!(timeout(LONG, connection.closed()).await.unwrap(), WireError::Closed));
    assert_eq!(connection.receive().await.unwrap(), Some(Frontend::Sync));
    assert_eq!(connection.receive().await.unwrap(), None);

    let (mut connection, mut client) = logged_in().await;
    client.write_all(&message(b'Q', b"SELECT 1\0")[..7]).await.unwrap();
    drop(client);
    assert!(matches!(connection.receive().await, Err(WireError::Closed)));
}

#[tokio::test]
async fn a_flood_is_read_ahead_within_a_bound() {
    let (mut connection, mut client) = logged_in().await;
    let flood = tokio::spawn(async move {
        let piece = message(b'Q', &[b'x'; 60_000]);
        let mut sent = 0;
        while timeout(SOON, client.write_all(&piece)).await.is_ok() {
            sent += piece.len();
        }
        (client, sent)
    });
    assert!(timeout(Duration::from_secs(1), connection.closed()).await.is_err());
    let (client, sent) = flood.await.unwrap();
    assert!(sent > 100_000, "the network takes more than we hold");
    assert!(timeout(SOON, connection.closed()).await.is_err());
    drop(client);
}

#[tokio::test]
async fn a_slow_reader_holds_the_writer_and_loses_nothing() {
    let (mut connection, mut client) = logged_in().await;
    let total = 32 << 20;
    connection.buffer().put_bytes(b'a', total);
    assert!(timeout(SOON, connection.flush()).await.is_err(), "nobody reads");
    let left = connection.buffer().len();
    assert!(left > 0 && left < total);
    let reader = tokio::spawn(async move {
        let mut read = 0;
        let mut piece = vec![0; 1 << 20];
        while read < total {
            read += client.read(&mut piece).await.unwrap();
        }
        client
    });
    timeout(LONG, connection.flush()).await.unwrap().unwrap();
    assert_eq!(connection.buffer().capacity(), 0, "a large buffer is given back");
    let client = reader.await.unwrap();

    // Nor does she hold it for ever once she is gone.
    connection.buffer().put_bytes(b'a', total);
    let gone = tokio::spawn(async move {
        tokio::time::sleep(SOON).await;
        drop(client);
    });
    assert!(matches!(timeout(LONG, connection.flush()).await.unwrap(), Err(WireError::Closed)));
    gone.await.unwrap();
}

#[tokio::test]
async fn rows_leave_when_enough_has_gathered() {
    let (mut connection, mut client) = logged_in().await;
    connection.buffer().put_bytes(b'a', 1_000);
    connection.flush_if_full().await.unwrap();
    assert_eq!(connection.buffer().len(), 1_000);
    connection.buffer().put_bytes(b'a', 64 << 10);
    connection.flush_if_full().await.unwrap();
    assert!(connection.buffer().is_empty());
    let mut read = vec![0; 1_000 + (64 << 10)];
    client.read_exact(&mut read).await.unwrap();
}

#[tokio::test]
async fn the_last_words_reach_a_client_that_is_still_sending() {
    let (mut connection, mut client) = logged_in().await;
    client.write_all(&[b'Q', 0x40, 0, 0, 0]).await.unwrap();
    client.write_all(&[b'x'; 100_000]).await.unwrap();
    let error = connection.receive().await.unwrap_err();
    connection.set_language(Language::Zh);
    let farewell = tokio::spawn(async move {
        connection.close_with(&error).await;
        connection.close_with(&ClientError::new(SqlState::AdminShutdown, "again", "再次")).await;
    });
    let (kind, body) = read_message(&mut client).await.unwrap();
    assert_eq!((kind, field(&body, b'S').as_str()), (b'E', "致命错误"));
    drop(client);
    timeout(LONG, farewell).await.unwrap().unwrap();
}

proptest! {
    #[test]
    fn frame_headers_are_total(bytes: Vec<u8>, bytes_max in 0usize..1_000) {
        if let Ok(Some(whole)) = frame_bytes(&bytes, bytes_max) {
            prop_assert!((5..=bytes_max + 5).contains(&whole));
        }
    }
}
