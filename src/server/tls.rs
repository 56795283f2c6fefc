//! Certificate and key of the listener.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsFiles;

/// Why a certificate or key cannot be used. Names the file, never its content.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read.
    #[error("{}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no certificate or no key.
    #[error("{}: no {what} in this PEM file", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// Certificate and key do not fit.
    #[error("{}: {source}", file.display())]
    Unusable {
        /// The certificate's file.
        file: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// Reads certificate chain and key, with the one crypto provider of this program.
pub fn load(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = chain(&files.cert)?;
    let key = key(&files.key)?;
    let unusable = |source| TlsError::Unusable { file: files.cert.clone(), source };
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    Ok(Arc::new(config))
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|source| TlsError::Read { file: file.to_path_buf(), source })
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(file)?;
    let chain: Result<Vec<_>, _> = rustls_pemfile::certs(&mut pem.as_slice()).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err(TlsError::Missing { file: file.to_path_buf(), what: "certificate" }),
        Ok(chain) => Ok(chain),
        Err(source) => Err(TlsError::Read { file: file.to_path_buf(), source }),
    }
}

fn key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read(file)?;
    match rustls_pemfile::private_key(&mut pem.as_slice()) {
        Ok(Some(key)) => Ok(key),
        Ok(None) => Err(TlsError::Missing { file: file.to_path_buf(), what: "private key" }),
        Err(source) => Err(TlsError::Read { file: file.to_path_buf(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_loaded_and_a_mistake_names_the_file() {
        let folder = std::env::temp_dir().join(format!("sluice-tls-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_string()]).unwrap();
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&cert, pair.cert.pem()).unwrap();
        std::fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
        let files = |cert: &Path, key: &Path| TlsFiles { cert: cert.into(), key: key.into(), required: true };
        assert!(load(&files(&cert, &key)).is_ok());
        assert!(matches!(load(&files(&key, &key)), Err(TlsError::Missing { what: "certificate", .. })));
        assert!(matches!(load(&files(&cert, &cert)), Err(TlsError::Missing { what: "private key", .. })));
        let absent = load(&files(&folder.join("none.pem"), &key)).unwrap_err();
        assert!(absent.to_string().contains("none.pem"), "{absent}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
