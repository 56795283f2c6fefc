//! SCRAM: right, wrong, unknown, downgraded, malformed.

use super::support::*;
use crate::scram::Exchange;
use crate::*;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

const END_POINT: &str = "p=tls-server-end-point";

/// Logs `ana` in, whose password is `sluice`; gives the offer, the server's last word and its own verdict.
async fn log_in(client: Scram<'_>, known: bool, tls: Option<&Tls>) -> (String, u8, Vec<u8>, Result<(), WireError>) {
    let (socket, server) = sockets().await;
    let options = tls.map_or_else(options, Tls::options);
    let server = tokio::spawn(async move {
        let Accepted::Session(mut connection, _) = accept(server, &options).await.unwrap() else { panic!("a session") };
        let verifier = known.then(|| ScramVerifier::generate("sluice"));
        let outcome = connection.authenticate(verifier.as_ref()).await;
        if outcome.is_ok() {
            connection.flush().await.unwrap();
        }
        outcome
    });
    let hello = startup(V3_0, &[("user", "ana"), ("lc_messages", "zh_CN.UTF-8")]);
    let (offered, kind, body) = match tls {
        None => {
            let mut socket = socket;
            socket.write_all(&hello).await.unwrap();
            client.run(&mut socket).await
        }
        Some(tls) => {
            let mut socket = tls.connect(socket, &[ALPN]).await.unwrap();
            socket.write_all(&hello).await.unwrap();
            client.run(&mut socket).await
        }
    };
    (offered, kind, body, server.await.unwrap())
}

fn plain(password: &str) -> Scram<'_> {
    Scram { password, mechanism: "SCRAM-SHA-256", flag: "n", end_point: vec![], fault: Fault::None }
}

#[tokio::test]
async fn the_right_password_and_no_other() {
    let (offered, kind, body, outcome) = log_in(plain("sluice"), true, None).await;
    assert_eq!((offered.as_str(), kind, body), ("SCRAM-SHA-256", b'R', vec![0, 0, 0, 0]));
    outcome.unwrap();
    for (password, known) in [("wrong", true), ("sluice", false)] {
        let (_, kind, body, outcome) = log_in(plain(password), known, None).await;
        assert_eq!((kind, field(&body, b'C').as_str()), (b'E', "28P01"));
        assert_eq!(field(&body, b'M'), "用户 \"ana\" 的密码认证失败");
        assert_eq!((field(&body, b'S').as_str(), field(&body, b'V').as_str()), ("致命错误", "FATAL"));
        assert!(matches!(outcome, Err(WireError::PasswordFailed { user }) if user == "ana"));
    }
    let late = Scram { fault: Fault::EmptyInitial, ..plain("sluice") };
    assert_eq!(log_in(late, true, None).await.1, b'R');
}

#[tokio::test]
async fn channel_binding_binds() {
    let tls = Tls::new();
    let bound = |password| Scram {
        password,
        mechanism: "SCRAM-SHA-256-PLUS",
        flag: END_POINT,
        end_point: tls.end_point(),
        fault: Fault::None,
    };
    let (offered, kind, _, outcome) = log_in(bound("sluice"), true, Some(&tls)).await;
    assert_eq!((offered.as_str(), kind), ("SCRAM-SHA-256-PLUS,SCRAM-SHA-256", b'R'));
    outcome.unwrap();
    // Without binding is the client's choice; pretending that we do not offer it is a downgrade.
    assert_eq!(log_in(plain("sluice"), true, Some(&tls)).await.1, b'R');
    let foreign = Tls::new().end_point();
    for (client, code) in [
        (Scram { flag: "y", ..plain("sluice") }, "08P01"),
        (Scram { flag: "n", end_point: vec![], ..bound("sluice") }, "08P01"),
        (Scram { flag: "p=tls-unique", ..bound("sluice") }, "08P01"),
        (Scram { end_point: foreign, ..bound("sluice") }, "08P01"),
        (Scram { fault: Fault::WrongBinding, ..bound("sluice") }, "08P01"),
        (bound("wrong"), "28P01"),
    ] {
        let (_, kind, body, outcome) = log_in(client, true, Some(&tls)).await;
        assert_eq!((kind, field(&body, b'C').as_str()), (b'E', code));
        assert!(outcome.is_err());
    }
    // In the clear, `y` is what a client that could bind says.
    assert_eq!(log_in(Scram { flag: "y", ..plain("sluice") }, true, None).await.1, b'R');
}

#[tokio::test]
async fn malformed_exchanges_end_the_connection() {
    for (client, code) in [
        (Scram { mechanism: "SCRAM-SHA-1", ..plain("sluice") }, "08P01"),
        (Scram { mechanism: "SCRAM-SHA-256-PLUS", flag: END_POINT, ..plain("sluice") }, "08P01"),
        (Scram { flag: "q", ..plain("sluice") }, "08P01"),
        (Scram { flag: "", ..plain("sluice") }, "08P01"),
        (Scram { fault: Fault::TruncatedProof, ..plain("sluice") }, "08P01"),
        (Scram { fault: Fault::OversizedMessage, ..plain("sluice") }, "08P01"),
        (Scram { fault: Fault::ForeignNonce, ..plain("sluice") }, "28P01"),
    ] {
        let (_, kind, body, outcome) = log_in(client, true, None).await;
        assert_eq!((kind, field(&body, b'C').as_str()), (b'E', code));
        assert!(outcome.is_err());
    }
}

#[tokio::test]
async fn nothing_but_passwords_is_read_before_authentication() {
    for first in [message(b'Q', b"SELECT 1\0"), message(b'X', b""), message(0xff, b"")] {
        let (mut client, server) = sockets().await;
        client.write_all(&startup(V3_0, &[("user", "ana")])).await.unwrap();
        client.write_all(&first).await.unwrap();
        let Ok(Accepted::Session(mut connection, _)) = accept(server, &options()).await else { panic!("a session") };
        assert!(connection.authenticate(None).await.is_err());
        read_message(&mut client).await.unwrap();
        assert_eq!(refusal(&mut client).await, "08P01");
    }
    let (mut client, server) = sockets().await;
    client.write_all(&startup(V3_0, &[("user", "ana")])).await.unwrap();
    client.write_all(&message(b'Q', b"SELECT 1\0")).await.unwrap();
    let Ok(Accepted::Session(mut connection, _)) = accept(server, &options()).await else { panic!("a session") };
    assert!(matches!(connection.receive().await, Err(WireError::UnexpectedMessage(b'Q'))));
}

#[test]
fn verifiers_keep_postgresqls_form() {
    // The example of RFC 7677: user `user`, password `pencil`.
    let salt = b"\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
    let verifier = ScramVerifier::of_password("pencil", salt, 4096);
    let text = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
                WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    assert_eq!(verifier.to_text(), text);
    assert_eq!(ScramVerifier::parse(text), Some(verifier.clone()));
    assert_eq!(format!("{verifier:?}"), "ScramVerifier { iterations: 4096, .. }");
    // Full-width letters are the same password after SASLprep.
    assert_eq!(ScramVerifier::of_password("ｐencil", salt, 4096), verifier);
    for broken in [
        "",
        "md5abc",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:x",
        &text[..60],
        &text.replace("4096", "-1"),
        &text.replace("W22Za", "!!!!!"),
        &text[..text.len() - 8],
    ] {
        assert_eq!(ScramVerifier::parse(broken), None, "{broken}");
    }
}

/// An unknown user is always shown the same salt, and another user another one.
#[test]
fn unknown_users_look_like_users() {
    let challenge = |user: &str| {
        let mut exchange = Exchange::new(user, None, None);
        exchange.choose("SCRAM-SHA-256").unwrap();
        let challenge = exchange.challenge(b"n,,n=,r=abc").unwrap();
        challenge.split_once(",s=").unwrap().1.to_string()
    };
    assert_eq!(challenge("nobody"), challenge("nobody"));
    assert_ne!(challenge("nobody"), challenge("noone"));
    assert!(challenge("nobody").ends_with("==,i=4096"));
}

proptest! {
    #[test]
    fn exchanges_are_total(first: Vec<u8>, last: Vec<u8>, bound: bool) {
        let mut exchange = Exchange::new("ana", None, bound.then(|| vec![1]));
        exchange.choose("SCRAM-SHA-256").unwrap();
        let _ = exchange.challenge(&first);
        prop_assert!(exchange.verify(&last).is_err());
    }

    #[test]
    fn nearly_right_exchanges_are_total(
        first in "(n|y|p=x)?,?(a=x)?,?(n=)?[a-z,=]{0,4},?(r=)?[ -~]{0,9}",
        last in "(c=)?[A-Za-z=]{0,8},?(r=)?[ -~]{0,9}(,p=)?[A-Za-z0-9=]{0,44}",
    ) {
        let mut exchange = Exchange::new("ana", None, None);
        exchange.choose("SCRAM-SHA-256").unwrap();
        let _ = exchange.challenge(first.as_bytes());
        prop_assert!(exchange.verify(last.as_bytes()).is_err());
    }
}
