//! The first packets: encryption, versions, cancel requests, and what is broken.

use super::support::*;
use crate::startup::{self, First};
use crate::*;
use proptest::prelude::*;
use sluice_base::Limits;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ANA: &[(&str, &str)] = &[("user", "ana"), ("database", "bank"), ("application_name", "测试")];

/// Sends bytes, then runs `accept`; gives the client's end too.
async fn accept_after(bytes: &[u8], options: &AcceptOptions) -> (Result<Accepted, WireError>, TcpStream) {
    let (mut client, server) = sockets().await;
    client.write_all(bytes).await.unwrap();
    (accept(server, options).await, client)
}

fn session(outcome: Result<Accepted, WireError>) -> (Connection, Startup) {
    match outcome {
        Ok(Accepted::Session(connection, startup)) => (connection, startup),
        Ok(Accepted::Cancel(request)) => panic!("cancel {:?}", request.key),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_startup_packet_tells_who_asks() {
    let (outcome, _client) = accept_after(&startup(V3_0, ANA), &options()).await;
    let (_, startup) = session(outcome);
    assert_eq!((startup.user.as_str(), startup.database.as_str()), ("ana", "bank"));
    assert_eq!(startup.parameters.get("application_name").map(String::as_str), Some("测试"));
    assert_eq!((startup.protocol, startup.tls), (Protocol::V3_0, false));

    let (outcome, _client) = accept_after(&super::support::startup(V3_2, &[("user", "ana")]), &options()).await;
    let (_, startup) = session(outcome);
    assert_eq!((startup.database.as_str(), startup.protocol), ("ana", Protocol::V3_2));
}

#[tokio::test]
async fn newer_versions_and_options_are_negotiated_down() {
    for (version, extra, protocol, unknown) in [
        (V3_0 | 9999, None, 0x3_0002u32, ""),
        (V3_0, Some("_pq_.compression"), 0x3_0000, "_pq_.compression"),
        (V3_2, Some("_pq_.x"), 0x3_0002, "_pq_.x"),
    ] {
        let mut parameters = vec![("user", "ana")];
        parameters.extend(extra.map(|name| (name, "1")));
        let (outcome, mut client) = accept_after(&startup(version, &parameters), &options()).await;
        let (mut connection, startup) = session(outcome);
        assert_eq!(startup.protocol.number(), protocol as i32);
        assert!(startup.parameters.is_empty());
        connection.flush().await.unwrap();
        let (kind, body) = read_message(&mut client).await.unwrap();
        assert_eq!((kind, &body[..4]), (b'v', &protocol.to_be_bytes()[..]));
        assert_eq!(u32::from_be_bytes(body[4..8].try_into().unwrap()) as usize, usize::from(!unknown.is_empty()));
        assert_eq!(body[8..].strip_suffix(b"\0").unwrap_or_default(), unknown.as_bytes());
    }
}

#[tokio::test]
async fn refusals_name_their_sqlstate() {
    let tls = Tls::new();
    let no_terminator = packet(V3_0, b"user\0ana\0");
    let behind_terminator = packet(V3_0, b"user\0ana\0\0x");
    for (bytes, options, code) in [
        (startup(2 << 16, ANA), options(), "0A000"),
        (startup(4 << 16, ANA), options(), "0A000"),
        (startup(V3_0, &[]), options(), "28000"),
        (startup(V3_0, &[("user", "")]), options(), "28000"),
        (startup(V3_0, &[("user", "ana"), ("replication", "database")]), options(), "0A000"),
        (no_terminator, options(), "08P01"),
        (behind_terminator, options(), "08P01"),
        (packet(V3_0, b"user\0\xff\xfe\0\0"), options(), "08P01"),
        (startup(V3_0, ANA), tls.options(), "28000"),
        ([packet(SSL, b""), startup(V3_0, ANA)].concat(), tls.options(), "08P01"),
    ] {
        let (outcome, mut client) = accept_after(&bytes, &options).await;
        assert!(outcome.is_err(), "{code}");
        assert_eq!(refusal(&mut client).await, code, "{bytes:?}");
        assert_eq!(read_message(&mut client).await, None);
    }
}

#[tokio::test]
async fn what_does_not_speak_the_protocol_gets_no_answer() {
    let huge = [&0x4000_0000u32.to_be_bytes()[..], &V3_0.to_be_bytes()].concat();
    let over = [&(Limits::default().startup_frame_bytes_max as u32 + 1).to_be_bytes()[..], b"\0\x03\0\0"].concat();
    let negative = [&(-5i32).to_be_bytes()[..], &V3_0.to_be_bytes()].concat();
    let short = [&7u32.to_be_bytes()[..], b"abc"].concat();
    let half = startup(V3_0, ANA)[..9].to_vec();
    let short_key = packet(CANCEL, &[0, 0, 0, 7, 1, 2, 3]);
    let long_key = packet(CANCEL, &[7; 4 + 257]);
    for bytes in [huge, over, negative, short, half, short_key, long_key, b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![]] {
        let (mut client, server) = sockets().await;
        client.write_all(&bytes).await.unwrap();
        client.shutdown().await.unwrap();
        let outcome = accept(server, &options()).await;
        assert!(outcome.is_err(), "{bytes:?}");
        let mut answer = Vec::new();
        // A reset is as silent as an end.
        let _ = client.read_to_end(&mut answer).await;
        assert!(answer.is_empty(), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_silent_client_is_dropped_in_time() {
    let mut options = options();
    options.limits.login_timeout_ms = 50;
    let tls = Tls { server: Tls::new().server, ..Tls::new() };
    for (bytes, options) in [
        (vec![], options.clone()),
        (startup(V3_0, ANA)[..20].to_vec(), options.clone()),
        (packet(SSL, b""), AcceptOptions { tls: Some(tls.server.clone()), ..options.clone() }),
    ] {
        let outcome = tokio::time::timeout(Duration::from_secs(5), accept_after(&bytes, &options)).await;
        let (outcome, _client) = outcome.expect("dropped in time");
        assert!(matches!(outcome, Err(WireError::LoginTimeout)));
    }
    // The same clock runs on through authentication.
    let (outcome, _client) = accept_after(&startup(V3_0, ANA), &options).await;
    let (mut connection, _) = session(outcome);
    assert!(matches!(connection.authenticate(None).await, Err(WireError::LoginTimeout)));
}

#[tokio::test]
async fn cancel_requests_carry_their_key() {
    let short = CancelKey::random(7, Protocol::V3_0);
    let long = CancelKey::random(7, Protocol::V3_2);
    assert_eq!((short.secret().len(), long.secret().len()), (4, 32));
    assert!(!short.matches(&long) && !long.matches(&CancelKey::random(7, Protocol::V3_2)));
    // In the clear even where sessions need TLS: that is how libpq before 17 sends them.
    for options in [options(), Tls::new().options()] {
        for key in [&short, &long] {
            let rest = [&key.pid().to_be_bytes()[..], key.secret()].concat();
            let (outcome, mut client) = accept_after(&packet(CANCEL, &rest), &options).await;
            let Ok(Accepted::Cancel(request)) = outcome else { panic!("a cancel request") };
            let found = &request.key;
            assert!(found.matches(key) && !found.matches(&CancelKey::random(7, Protocol::V3_2)));
            assert_eq!(format!("{found:?}"), "CancelKey { pid: 7, .. }");
            // The client sees the end when it is done, and not before.
            let early = tokio::time::timeout(Duration::from_millis(20), client.read_u8()).await;
            assert!(early.is_err(), "{early:?}");
            request.done().await;
            assert_eq!(client.read_u8().await.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
        }
    }
}

#[tokio::test]
async fn encryption_is_declined_where_there_is_none() {
    let (mut client, server) = sockets().await;
    let server = tokio::spawn(async move { accept(server, &options()).await });
    for code in [GSS, SSL] {
        client.write_all(&packet(code, b"")).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'N');
    }
    client.write_all(&startup(V3_0, ANA)).await.unwrap();
    assert_eq!(session(server.await.unwrap()).1.user, "ana");

    // Asking twice is no startup packet.
    let (mut client, server) = sockets().await;
    let server = tokio::spawn(async move { accept(server, &options()).await });
    client.write_all(&packet(SSL, b"")).await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'N');
    client.write_all(&packet(SSL, b"")).await.unwrap();
    assert_eq!(refusal(&mut client).await, "08P01");
    assert!(server.await.unwrap().is_err());
}

#[tokio::test]
async fn tls_by_request_and_direct() {
    let tls = Tls::new();
    for (direct, alpn) in [(false, &[][..]), (false, &[ALPN][..]), (true, &[ALPN][..])] {
        let (mut client, server) = sockets().await;
        let options = tls.options();
        let server = tokio::spawn(async move { accept(server, &options).await });
        if !direct {
            client.write_all(&packet(GSS, b"")).await.unwrap();
            assert_eq!(client.read_u8().await.unwrap(), b'N');
            client.write_all(&packet(SSL, b"")).await.unwrap();
            assert_eq!(client.read_u8().await.unwrap(), b'S');
        }
        let mut client = tls.connect(client, alpn).await.unwrap();
        client.write_all(&startup(V3_2, ANA)).await.unwrap();
        let (_, startup) = session(server.await.unwrap());
        assert!(startup.tls && startup.user == "ana");
    }
}

#[tokio::test]
async fn direct_tls_needs_the_protocols_name() {
    let tls = Tls::new();
    for alpn in [&[][..], &[b"http/1.1".as_slice()][..]] {
        let (client, server) = sockets().await;
        let options = tls.options();
        let server = tokio::spawn(async move { accept(server, &options).await });
        if let Ok(mut client) = tls.connect(client, alpn).await {
            // TLS 1.3 clients are done before the server has looked.
            let _ = client.write_all(&startup(V3_0, ANA)).await;
        }
        assert!(matches!(server.await.unwrap(), Err(WireError::NoAlpn | WireError::Tls(_))));
    }
    // Without a certificate there is no direct TLS either.
    let (outcome, _client) = accept_after(&[0x16, 3, 1, 0, 0], &options()).await;
    assert!(matches!(outcome, Err(WireError::NoAlpn)));
}

/// CVE-2021-23214: what an attacker puts behind the SSL request must not be taken as the client's first message.
#[tokio::test]
async fn plaintext_behind_the_request_never_reaches_the_session() {
    let tls = Tls::new();
    let injected = startup(V3_0, &[("user", "mallory")]);
    // Together with the request: refused before TLS begins.
    let (outcome, mut client) = accept_after(&[packet(SSL, b""), injected.clone()].concat(), &tls.options()).await;
    assert!(matches!(outcome, Err(WireError::PlaintextBeforeTls)));
    assert_eq!(refusal(&mut client).await, "08P01");

    // Right after the answer, before the client's handshake: the handshake fails.
    let (mut client, server) = sockets().await;
    let options = tls.options();
    let server = tokio::spawn(async move { accept(server, &options).await });
    client.write_all(&packet(SSL, b"")).await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'S');
    client.write_all(&injected).await.unwrap();
    assert!(tls.connect(client, &[]).await.is_err());
    assert!(matches!(server.await.unwrap(), Err(WireError::Tls(_))));
}

#[tokio::test]
async fn a_startup_request_inside_tls_cannot_ask_for_tls_again() {
    let tls = Tls::new();
    let (client, server) = sockets().await;
    let options = tls.options();
    let server = tokio::spawn(async move { accept(server, &options).await });
    let mut client = tls.connect(client, &[ALPN]).await.unwrap();
    client.write_all(&packet(SSL, b"")).await.unwrap();
    assert_eq!(refusal(&mut client).await, "08P01");
    assert!(matches!(server.await.unwrap(), Err(WireError::StartupLayout)));
}

proptest! {
    #[test]
    fn parsing_is_total(bytes: Vec<u8>) {
        let _ = startup::parse(&bytes);
    }

    #[test]
    fn parsing_known_codes_is_total(
        code in prop::sample::select(vec![V3_0, V3_2, CANCEL, SSL, GSS]),
        rest in "(user|_pq_.a|replication|\\PC{0,3}|\0){0,9}\0{0,2}",
    ) {
        let _ = startup::parse(&[&code.to_be_bytes(), rest.as_bytes()].concat());
    }

    #[test]
    fn what_is_written_is_read(names in prop::collection::btree_map("[a-z]{1,9}", "[^\0]{0,9}", 0..5)) {
        let mut parameters: Vec<(&str, &str)> = names.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        prop_assume!(!parameters.iter().any(|(n, _)| matches!(*n, "user" | "database" | "replication")));
        parameters.push(("user", "ana"));
        match startup::parse(&startup(V3_0, &parameters)[4..]) {
            Ok(First::Startup(request)) => prop_assert_eq!(request.parameters, names),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
