//! What TLS needs beside rustls: the ALPN name, and the hash of our certificate that SCRAM binds to.
//!
//! Left out on purpose: RSA-PSS and EdDSA certificates get no channel binding (RFC 5929 defines no hash for EdDSA, and
//! libpq refuses both in some versions); the client is then offered SCRAM-SHA-256 alone.

use rustls::ServerConfig;
use rustls::server::ClientHello;
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::sync::Arc;

/// The ALPN protocol of PostgreSQL, which direct TLS must negotiate.
pub const ALPN: &[u8] = b"postgresql";

/// The configuration with PostgreSQL's ALPN name in it: a client that offers ALPN and finds no match would be refused.
pub(crate) fn with_alpn(config: &Arc<ServerConfig>) -> Arc<ServerConfig> {
    if config.alpn_protocols.iter().any(|name| name == ALPN) {
        return Arc::clone(config);
    }
    let mut config = ServerConfig::clone(config);
    config.alpn_protocols.push(ALPN.to_vec());
    Arc::new(config)
}

/// `tls-server-end-point` (RFC 5929) of the certificate that this client is shown.
pub(crate) fn end_point(config: &ServerConfig, hello: ClientHello<'_>) -> Option<Vec<u8>> {
    let certified = config.cert_resolver.resolve(hello)?;
    certificate_hash(certified.cert.first()?.as_ref())
}

/// The certificate under the hash of its signature, MD5 and SHA-1 raised to SHA-256.
fn certificate_hash(der: &[u8]) -> Option<Vec<u8>> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
    const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
    let oid = signature_oid(der)?;
    let (family, last) = oid.split_at(oid.len().checked_sub(1)?);
    match (family, last) {
        _ if oid == ECDSA_SHA1 => Some(Sha256::digest(der).to_vec()),
        (RSA, [0x04 | 0x05 | 0x0b]) | (ECDSA_SHA2, [0x02]) => Some(Sha256::digest(der).to_vec()),
        (RSA, [0x0c]) | (ECDSA_SHA2, [0x03]) => Some(Sha384::digest(der).to_vec()),
        (RSA, [0x0d]) | (ECDSA_SHA2, [0x04]) => Some(Sha512::digest(der).to_vec()),
        _ => None,
    }
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { algorithm OID, .. }, .. }`
fn signature_oid(der: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let (certificate, _) = element(der, SEQUENCE)?;
    let (_, after_body) = element(certificate, SEQUENCE)?;
    let (algorithm, _) = element(after_body, SEQUENCE)?;
    element(algorithm, OBJECT_IDENTIFIER).map(|(oid, _)| oid)
}

/// The content of the DER element in front, which must have this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, length, rest @ ..] = der else { return None };
    if *found != tag {
        return None;
    }
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let bytes = usize::from(*length & 0x7f);
        if bytes == 0 || bytes > 4 || rest.len() < bytes {
            return None;
        }
        let (length, rest) = rest.split_at(bytes);
        (length.iter().fold(0, |sum, b| sum << 8 | usize::from(*b)), rest)
    };
    (length <= rest.len()).then(|| rest.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_follows_the_signature() {
        let wrap = |oid: &[u8]| {
            let mut algorithm = vec![0x06, oid.len() as u8];
            algorithm.extend_from_slice(oid);
            let mut body = vec![0x30, 0x00, 0x30, algorithm.len() as u8];
            body.extend_from_slice(&algorithm);
            let mut der = vec![0x30, 0x81, body.len() as u8];
            der.extend_from_slice(&body);
            der
        };
        let rsa = |last| [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last];
        for (oid, bytes) in [
            (rsa(0x05).to_vec(), Some(32)),
            (rsa(0x0b).to_vec(), Some(32)),
            (rsa(0x0c).to_vec(), Some(48)),
            (rsa(0x0d).to_vec(), Some(64)),
            (rsa(0x0a).to_vec(), None),
            (vec![0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02], Some(32)),
            (vec![0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01], Some(32)),
            (vec![0x2b, 0x65, 0x70], None),
            (vec![], None),
        ] {
            assert_eq!(certificate_hash(&wrap(&oid)).map(|h| h.len()), bytes, "{oid:02x?}");
        }
        assert_eq!(certificate_hash(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(certificate_hash(&[]), None);
    }
}
