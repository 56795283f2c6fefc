//! Settings of a connection, read once when it is opened.
//!
//! Invariant: an unknown key, a value of the wrong form or a secret in plain text refuses to open; nothing falls back
//! to a weaker setting by mistake.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sluice_model::catalog::Connection;

use super::{Secrets, SourceError};

/// Reads a connection's settings one by one; [`Settings::finish`] refuses what nobody asked for.
pub(super) struct Settings<'a> {
    connection: &'a str,
    left: BTreeMap<&'a str, &'a str>,
    secrets: Secrets<'a>,
}

impl<'a> Settings<'a> {
    pub(super) fn of(connection: &'a Connection, secrets: Secrets<'a>) -> Settings<'a> {
        let left = connection.settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        Settings { connection: &connection.id, left, secrets }
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> SourceError {
        SourceError::Config { connection: self.connection.into(), problem: problem.into() }
    }

    pub(super) fn optional(&mut self, key: &str) -> Option<&'a str> {
        self.left.remove(key)
    }

    pub(super) fn required(&mut self, key: &str) -> Result<&'a str, SourceError> {
        self.optional(key).ok_or_else(|| self.error(format!("{key} is missing")))
    }

    pub(super) fn number(&mut self, key: &str, default: u64, least: u64, most: u64) -> Result<u64, SourceError> {
        let Some(text) = self.optional(key) else { return Ok(default) };
        match text.parse::<u64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(self.error(format!("{key} must be a number from {least} to {most}"))),
        }
    }

    /// A secret by reference (`env:NAME`, `file:PATH`); plain text is refused.
    pub(super) fn secret(&mut self, key: &str) -> Result<Option<String>, SourceError> {
        let Some(reference) = self.optional(key) else { return Ok(None) };
        if !(reference.starts_with("env:") || reference.starts_with("file:")) {
            return Err(self.error(format!("{key} must be a reference: env:NAME or file:PATH")));
        }
        (self.secrets)(reference).map(Some).map_err(|problem| self.error(format!("{key}: {problem}")))
    }

    /// A value that may be a reference.
    pub(super) fn text_or_secret(&mut self, key: &str) -> Result<Option<String>, SourceError> {
        match self.left.get(key) {
            Some(text) if text.starts_with("env:") || text.starts_with("file:") => self.secret(key),
            Some(_) | None => Ok(self.optional(key).map(str::to_string)),
        }
    }

    pub(super) fn tls(&mut self) -> Result<TlsMode, SourceError> {
        let mode = self.optional("tls").unwrap_or("require");
        let ca = self.optional("ca").map(PathBuf::from);
        match (mode, ca) {
            ("disable", None) => Ok(TlsMode::Disable),
            ("prefer", None) => Ok(TlsMode::Prefer),
            ("require", None) => Ok(TlsMode::Require),
            ("disable" | "prefer" | "require", Some(_)) => {
                Err(self.error("ca needs tls: verify-ca or tls: verify-full"))
            }
            ("verify-ca", Some(ca)) => Ok(TlsMode::VerifyCa(ca)),
            ("verify-full", Some(ca)) => Ok(TlsMode::VerifyFull(ca)),
            ("verify-ca" | "verify-full", None) => Err(self.error("tls: verify-ca and verify-full need ca: FILE")),
            _ => Err(self.error("tls must be disable, prefer, require, verify-ca or verify-full")),
        }
    }

    /// Host, port, user, pool and times: what every server has.
    pub(super) fn server(&mut self, port: u16) -> Result<ServerSettings, SourceError> {
        Ok(ServerSettings {
            host: self.required("host")?.to_string(),
            port: self.number("port", u64::from(port), 1, u64::from(u16::MAX))? as u16,
            database: self.required("database")?.to_string(),
            user: self.text_or_secret("user")?.ok_or_else(|| self.error("user is missing"))?,
            password: self.secret("password")?,
            tls: self.tls()?,
            pool_max: self.number("pool_max", 8, 1, 1_000)? as usize,
            queue_timeout: Duration::from_millis(self.number("queue_timeout_ms", 5_000, 1, 600_000)?),
            connect_timeout: Duration::from_millis(self.number("connect_timeout_ms", 5_000, 1, 600_000)?),
            statement_timeout_ms: self.number("statement_timeout_ms", 0, 0, i32::MAX as u64)?,
        })
    }

    pub(super) fn finish(self) -> Result<(), SourceError> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(key) => Err(self.error(format!("unknown setting {key}"))),
        }
    }
}

/// How a server is reached.
#[derive(Clone)]
pub(super) struct ServerSettings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: String,
    pub(super) user: String,
    pub(super) password: Option<String>,
    pub(super) tls: TlsMode,
    pub(super) pool_max: usize,
    pub(super) queue_timeout: Duration,
    pub(super) connect_timeout: Duration,
    /// 0 is no limit.
    pub(super) statement_timeout_ms: u64,
}

impl ServerSettings {
    /// The shorter of the request's and the connection's limit; 0 is none.
    pub(super) fn timeout_ms(&self, request_ms: u64) -> u64 {
        match (request_ms, self.statement_timeout_ms) {
            (0, limit) | (limit, 0) => limit,
            (request, own) => request.min(own),
        }
    }
}

impl std::fmt::Debug for ServerSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No host, user or password: this may end up in a log.
        f.debug_struct("ServerSettings").field("tls", &self.tls).field("pool_max", &self.pool_max).finish()
    }
}

/// What TLS has to prove, in libpq's words.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TlsMode {
    /// Never.
    Disable,
    /// If the server offers it; nothing is verified.
    Prefer,
    /// Always; nothing is verified.
    Require,
    /// Always; the certificate is signed by this authority.
    VerifyCa(PathBuf),
    /// As before, and it is the host's.
    VerifyFull(PathBuf),
}

/// A rustls client for a mode that wants TLS.
pub(super) fn client_config(connection: &str, mode: &TlsMode) -> Result<ClientConfig, SourceError> {
    let error = |problem: String| SourceError::Config { connection: connection.into(), problem };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|problem| error(format!("tls: {problem}")))?;
    let config = match mode {
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => {
            let verifier = Arc::new(Verifier { roots: None, provider });
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        TlsMode::VerifyCa(ca) => {
            let roots = Some(read_roots(ca).map_err(error)?);
            let verifier = Arc::new(Verifier { roots, provider });
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        TlsMode::VerifyFull(ca) => {
            let roots = Arc::new(read_roots(ca).map_err(error)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
                .build()
                .map_err(|problem| error(format!("ca: {problem}")))?;
            builder.with_webpki_verifier(verifier).with_no_client_auth()
        }
    };
    Ok(config)
}

fn read_roots(path: &PathBuf) -> Result<RootCertStore, String> {
    let text = std::fs::read(path).map_err(|problem| format!("ca: {problem}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in rustls_pemfile::certs(&mut text.as_slice()) {
        let certificate = certificate.map_err(|problem| format!("ca: {problem}"))?;
        roots.add(certificate).map_err(|problem| format!("ca: {problem}"))?;
    }
    if roots.is_empty() { Err("ca: no certificate in the file".into()) } else { Ok(roots) }
}

/// Verifies less than rustls does by itself: the signer only, or nothing but that the peer owns the key it shows.
#[derive(Debug)]
struct Verifier {
    roots: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
