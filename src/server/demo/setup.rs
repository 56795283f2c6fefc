//! The folder of `sluice demo`: data, configuration, users, certificate, key, and the shipped catalog and policies.
//!
//! Invariant: what a person may have changed (catalog, policies, users) is written anew only when this program ships
//! other files than the last one did; keys and certificate are never replaced. A stamp is written after what it vouches
//! for, so that a start that was cut off is done again.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use rand::RngCore as _;
use sluice_wire::ScramVerifier;

use super::bank::{self, Bank, SEED, Scale};
use super::error::DemoError;
use super::files::{self, Format};
use super::shipped::SHIPPED;
use super::sqlite;

/// Password of every user of the demo.
pub const PASSWORD: &str = "sluice";

/// A user of the demo: login name, role, organisation unit of the post.
pub const USERS: [(&str, &str, Option<&str>); 6] = [
    ("hq_analyst", "analyst", Some("H00")),
    ("cd_manager", "branch_manager", Some("B10")),
    ("jj_teller", "teller", Some("B11")),
    ("risk_officer", "risk_officer", Some("H00")),
    ("steward", "steward", Some("H00")),
    ("auditor", "auditor", None),
];

/// Brings the folder up to date and returns the path of its `sluice.yaml`.
pub fn prepare(directory: &Path, port: u16, scale: Scale) -> Result<PathBuf, DemoError> {
    fs::create_dir_all(directory).map_err(DemoError::file(directory))?;
    let directory = &directory.canonicalize().map_err(DemoError::file(directory))?;
    write_data(directory, scale)?;
    write_shipped(directory)?;
    write_certificate(&directory.join("tls"))?;
    write_key(&directory.join("keys").join("pii.key"))?;
    let config = directory.join("sluice.yaml");
    write(&config, &config_text(port))?;
    Ok(config)
}

/// Writes the bank unless this very bank is there.
fn write_data(directory: &Path, scale: Scale) -> Result<(), DemoError> {
    let data = directory.join("data");
    let stamp = data.join("stamp");
    let wanted = bank::stamp(SEED, scale);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    // Only what this program makes: the stamp first, so that nothing vouches for the rest.
    remove_file(&stamp)?;
    let (core, dw) = (data.join("core.db"), data.join("dw"));
    remove_file(&core)?;
    for table in ["daily_balances", "transactions", "calendar"] {
        remove_parts(&dw.join(table))?;
    }
    fs::create_dir_all(&dw).map_err(DemoError::file(&dw))?;
    let bank = Bank::generate(SEED, scale);
    std::thread::scope(|scope| {
        let small = scope.spawn(|| sqlite::write(&bank, &core));
        files::write(&bank, &dw, Format::Parquet, 2)?;
        small.join().unwrap_or_else(|_| Err(DemoError::Worker("writing SQLite".to_string())))
    })?;
    write(&stamp, &wanted)
}

fn remove_parts(folder: &Path) -> Result<(), DemoError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(DemoError::file(folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(DemoError::file(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            remove_file(&path)?;
        }
    }
    Ok(())
}

/// Writes the shipped catalog, policies and users when they are not those of the last start.
fn write_shipped(directory: &Path) -> Result<(), DemoError> {
    let mut hasher = blake3::Hasher::new();
    for (path, text) in SHIPPED {
        hasher.update(format!("{path}\0{}\0{text}", text.len()).as_bytes());
    }
    let mut wanted = format!("{}\n", hasher.finalize().to_hex());
    SHIPPED.iter().for_each(|(path, _)| wanted.push_str(&format!("{path}\n")));

    let stamp = directory.join("shipped.stamp");
    let found = fs::read_to_string(&stamp).unwrap_or_default();
    if found == wanted {
        return Ok(());
    }
    remove_file(&stamp)?;
    for path in found.lines().skip(1).filter(|path| is_shipped_path(path)) {
        remove_file(&directory.join(path))?;
    }
    for (path, text) in SHIPPED {
        write(&directory.join(path), text)?;
    }
    let users = directory.join("users.yaml");
    remove_file(&users)?;
    write_users(&users)?;
    write(&stamp, &wanted)
}

/// A path that an earlier program can have shipped; the stamp is a file that anybody may have edited.
fn is_shipped_path(path: &str) -> bool {
    let path = Path::new(path);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    inside && (path.starts_with("catalog") || path.starts_with("policies"))
}

/// Writes the users of the demo, with verifiers in place of passwords.
pub fn write_users(path: &Path) -> Result<(), DemoError> {
    let mut text = String::from("# Users of the demo; the password of each is the name of the product.\nusers:\n");
    for (user, role, unit) in USERS {
        let verifier = ScramVerifier::generate(PASSWORD).to_text();
        let units = unit.map_or_else(String::new, |unit| format!("    org_units: [{unit}]\n"));
        text.push_str(&format!("  {user}:\n    verifier: {verifier:?}\n    roles: [{role}]\n{units}"));
    }
    write_private(path, &text)
}

/// A certificate for this machine's own names, made once.
fn write_certificate(folder: &Path) -> Result<(), DemoError> {
    let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
    if certificate.exists() && key.exists() {
        return Ok(());
    }
    let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
    let made = rcgen::generate_simple_self_signed(names)?;
    remove_file(&key)?;
    write(&certificate, &made.cert.pem())?;
    write_private(&key, &made.signing_key.serialize_pem())
}

/// The key of the hashing masks, made once: 32 bytes of chance in hex.
fn write_key(path: &Path) -> Result<(), DemoError> {
    if path.exists() {
        return Ok(());
    }
    let mut key = [0; 32];
    rand::rng().fill_bytes(&mut key);
    write_private(path, &blake3::Hash::from_bytes(key).to_hex())
}

/// Paths count from the file's own folder, so the whole folder may be moved.
fn config_text(port: u16) -> String {
    format!(
        "# Written by `sluice demo` at every start; copy it to change it, then `sluice serve --config COPY`.\n\
         listen: 127.0.0.1:{port}\n\
         tls: {{cert: tls/server.crt, key: tls/server.key, required: false}}\n\
         database: bank\n\
         catalog: catalog\n\
         policies: policies\n\
         users: users.yaml\n\
         audit: {{directory: audit, durability: default}}\n\
         connections:\n\
         \x20 core: {{kind: sqlite, path: data/core.db}}\n\
         \x20 dw: {{kind: parquet, path: data/dw}}\n\
         keys: {{pii: \"file:keys/pii.key\"}}\n\
         log: {{level: warn}}\n"
    )
}

fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(DemoError::file(folder))?;
    }
    fs::write(path, text).map_err(DemoError::file(path))
}

/// Writes a file that must not be there yet and that only its owner may read.
fn write_private(path: &Path, text: &str) -> Result<(), DemoError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(DemoError::file(folder))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(DemoError::file(path))?;
    file.write_all(text.as_bytes()).map_err(DemoError::file(path))
}

fn remove_file(path: &Path) -> Result<(), DemoError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(DemoError::file(path)(error)),
        _ => Ok(()),
    }
}

/// Where the demo keeps its folder unless told: under the user's data folder, else under the temporary one.
pub fn default_directory() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local").join("share")))
        .or_else(|| set("LOCALAPPDATA"))
        .unwrap_or_else(std::env::temp_dir);
    data.join("sluice").join("demo")
}
