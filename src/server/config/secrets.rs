//! References to secrets, and their resolution.

use std::path::{Path, PathBuf};

/// Where a secret is. The secret itself is read when it is used and kept nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// In an environment variable.
    Env(String),
    /// In a file, of which a line end at the end is left out.
    File(PathBuf),
}

/// Names the place, which is no secret.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Secret::Env(name) => write!(f, "env:{name}"),
            Secret::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl Secret {
    /// Reads a reference. The error does not quote it: what stands there may be the secret itself.
    pub fn parse(reference: &str) -> Result<Secret, String> {
        match reference.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Secret::Env(name.to_string())),
            Some(("file", path)) if !path.is_empty() => Ok(Secret::File(PathBuf::from(path))),
            _ => Err("a secret must be a reference: env:NAME or file:PATH".to_string()),
        }
    }

    /// The secret; relative files count from `folder`.
    pub fn resolve(&self, folder: &Path) -> Result<String, String> {
        let text = match self {
            Secret::Env(name) => {
                std::env::var(name).map_err(|_| format!("environment variable {name} is not set to a text"))?
            }
            Secret::File(path) => {
                let path = folder.join(path);
                let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                text.strip_suffix("\r\n").or(text.strip_suffix('\n')).unwrap_or(&text).to_string()
            }
        };
        if text.is_empty() { Err("the secret is empty".to_string()) } else { Ok(text) }
    }
}
