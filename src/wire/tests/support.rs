//! A client just able to test the server: raw frames, TLS, and SCRAM.

use crate::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use sluice_base::Limits;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(super) const CANCEL: u32 = 80_877_102;
pub(super) const SSL: u32 = 80_877_103;
pub(super) const GSS: u32 = 80_877_104;
pub(super) const V3_0: u32 = 3 << 16;
pub(super) const V3_2: u32 = V3_0 | 2;

/// Both ends of one TCP connection: client, server.
pub(super) async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (client, server) = tokio::join!(client, listener.accept());
    (client.unwrap(), server.unwrap().0)
}

pub(super) fn options() -> AcceptOptions {
    let limits = Limits { login_timeout_ms: 2_000, frame_bytes_max: 1 << 20, ..Limits::default() };
    AcceptOptions { tls: None, require_tls: false, limits }
}

/// A self-signed certificate, and a client configuration that trusts it.
pub(super) struct Tls {
    pub(super) server: Arc<ServerConfig>,
    pub(super) certificate: CertificateDer<'static>,
}

impl Tls {
    pub(super) fn new() -> Tls {
        let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        Tls { server: Arc::new(server), certificate }
    }

    pub(super) fn options(&self) -> AcceptOptions {
        AcceptOptions { tls: Some(self.server.clone()), require_tls: true, ..options() }
    }

    pub(super) async fn connect(&self, socket: TcpStream, alpn: &[&[u8]]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }

    pub(super) fn end_point(&self) -> Vec<u8> {
        Sha256::digest(&self.certificate).to_vec()
    }
}

/// A packet without a type byte.
pub(super) fn packet(code: u32, rest: &[u8]) -> Vec<u8> {
    let length = 8 + rest.len() as u32;
    [&length.to_be_bytes(), &code.to_be_bytes(), rest].concat()
}

pub(super) fn startup(version: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut rest: Vec<u8> = Vec::new();
    for (name, value) in parameters {
        rest.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
    }
    rest.push(0);
    packet(version, &rest)
}

/// A message with a type byte.
pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = 4 + body.len() as u32;
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

/// The next message of the server; `None` at the end of the stream.
pub(super) async fn read_message(socket: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let kind = socket.read_u8().await.ok()?;
    let length = socket.read_u32().await.unwrap();
    let mut body = vec![0; length as usize - 4];
    socket.read_exact(&mut body).await.unwrap();
    Some((kind, body))
}

/// A field of an ErrorResponse.
pub(super) fn field(body: &[u8], kind: u8) -> String {
    let mut fields = body.split(|b| *b == 0);
    fields.find_map(|f| f.strip_prefix(&[kind])).map(|f| String::from_utf8(f.to_vec()).unwrap()).unwrap_or_default()
}

/// The SQLSTATE of the ErrorResponse that comes next.
pub(super) async fn refusal(socket: &mut (impl AsyncRead + Unpin)) -> String {
    match read_message(socket).await {
        Some((b'E', body)) => {
            assert_eq!(field(&body, b'V'), "FATAL");
            field(&body, b'C')
        }
        other => panic!("expected an error, got {other:?}"),
    }
}

/// What a SCRAM client may do wrong.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fault {
    None,
    TruncatedProof,
    ForeignNonce,
    WrongBinding,
    OversizedMessage,
    EmptyInitial,
}

/// One SCRAM client.
pub(super) struct Scram<'a> {
    pub(super) password: &'a str,
    pub(super) mechanism: &'a str,
    /// `n`, `y` or `p=tls-server-end-point`.
    pub(super) flag: &'a str,
    pub(super) end_point: Vec<u8>,
    pub(super) fault: Fault,
}

impl Scram<'_> {
    /// Runs the exchange from AuthenticationSASL on. Gives the mechanisms offered and the server's last word: the type
    /// and body of the first message that is not a step of SASL.
    pub(super) async fn run(&self, socket: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> (String, u8, Vec<u8>) {
        let (_, offer) = read_message(socket).await.unwrap();
        assert_eq!(offer[..4], [0, 0, 0, 10]);
        let offered = String::from_utf8_lossy(&offer[4..]).trim_end_matches('\0').replace('\0', ",");

        let bare = "n=,r=fyko+d2lbbFgONRv9qkxdawL";
        let first = format!("{},,{bare}", self.flag);
        let mut initial = [self.mechanism.as_bytes(), b"\0"].concat();
        if self.fault == Fault::EmptyInitial {
            initial.extend((-1i32).to_be_bytes());
        } else {
            initial.extend([&(first.len() as u32).to_be_bytes(), first.as_bytes()].concat());
        }
        if self.fault == Fault::OversizedMessage {
            initial.resize(5_000, b'x');
        }
        socket.write_all(&message(b'p', &initial)).await.unwrap();
        if self.fault == Fault::EmptyInitial {
            let (_, empty) = read_message(socket).await.unwrap();
            assert_eq!(empty, [0, 0, 0, 11]);
            socket.write_all(&message(b'p', first.as_bytes())).await.unwrap();
        }
        let (kind, challenge) = read_message(socket).await.unwrap();
        if kind != b'R' {
            return (offered, kind, challenge);
        }
        let challenge = String::from_utf8(challenge[4..].to_vec()).unwrap();
        let (reply, signature) = self.answer(bare, &challenge);
        socket.write_all(&message(b'p', reply.as_bytes())).await.unwrap();
        let (kind, last) = read_message(socket).await.unwrap();
        if kind != b'R' {
            return (offered, kind, last);
        }
        assert_eq!(last[..4], [0, 0, 0, 12]);
        assert_eq!(String::from_utf8_lossy(&last[4..]), format!("v={}", STANDARD.encode(signature)));
        let (kind, body) = read_message(socket).await.unwrap();
        (offered, kind, body)
    }

    fn answer(&self, bare: &str, challenge: &str) -> (String, Vec<u8>) {
        let value = |name: &str| challenge.split(',').find_map(|part| part.strip_prefix(name)).unwrap();
        let (mut nonce, salt, iterations) = (value("r=").to_string(), value("s="), value("i="));
        assert!(nonce.len() > 40 && nonce.starts_with("fyko+d2lbbFgONRv9qkxdawL"));
        if self.fault == Fault::ForeignNonce {
            nonce.push('x');
        }
        let mut salted = [0; 32];
        let salt = STANDARD.decode(salt).unwrap();
        pbkdf2::pbkdf2_hmac::<Sha256>(self.password.as_bytes(), &salt, iterations.parse().unwrap(), &mut salted);
        let client_key = hmac(&salted, b"Client Key");
        let mut channel = format!("{},,", self.flag).into_bytes();
        channel.extend_from_slice(&self.end_point);
        if self.fault == Fault::WrongBinding {
            channel.push(0);
        }
        let unproven = format!("c={},r={nonce}", STANDARD.encode(channel));
        let auth = format!("{bare},{challenge},{unproven}");
        let signature = hmac(&Sha256::digest(&client_key), auth.as_bytes());
        let mut proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        if self.fault == Fault::TruncatedProof {
            proof.pop();
        }
        let server = hmac(&hmac(&salted, b"Server Key"), auth.as_bytes());
        (format!("{unproven},p={}", STANDARD.encode(proof)), server)
    }
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}
