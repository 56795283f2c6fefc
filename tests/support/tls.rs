//! Sluice with TLS on a certificate of its own.

use std::path::Path;
use std::sync::OnceLock;

use super::fresh_directory;
use super::layout::embedded_settings;
use super::sluice::Sluice;

/// Writes a certificate for this machine with its key, as `server.crt` and `server.key`; returns the setting for it.
pub fn certificate(directory: &Path, required: bool) -> String {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_string(), "127.0.0.1".to_string()]);
    let made = made.expect("a certificate");
    std::fs::write(directory.join("server.crt"), made.cert.pem()).expect("the certificate file");
    std::fs::write(directory.join("server.key"), made.signing_key.serialize_pem()).expect("the key file");
    let path = directory.to_str().expect("a plain path");
    format!("tls: {{cert: {path}/server.crt, key: {path}/server.key, required: {required}}}\n")
}

/// The one server of this process that speaks TLS and nothing else.
pub fn encrypted() -> &'static Sluice {
    static ENCRYPTED: OnceLock<Sluice> = OnceLock::new();
    ENCRYPTED.get_or_init(|| {
        let directory = fresh_directory("tls");
        let mut settings = embedded_settings(&directory);
        settings.yaml.push_str(&certificate(&directory, true));
        Sluice::start(&settings)
    })
}
