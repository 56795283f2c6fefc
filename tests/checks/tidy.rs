//! Invariants of the source itself: import directions, what the lock file may hold, where SQLSTATE literals stand,
//! sizes, and documents that say what is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::cases::files;
use crate::support::repository;

fn read(path: impl AsRef<Path>) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Rust files of the product and of the tests, with their paths in the repository.
fn rust_files(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let all = folders.iter().flat_map(|folder| files(&repository().join(folder), "rs"));
    all.map(|path| {
        let relative = path.strip_prefix(repository()).expect("inside the repository").to_path_buf();
        let text = read(&relative);
        (relative, text)
    })
    .collect()
}

fn rooms() -> Vec<String> {
    let folders = std::fs::read_dir(repository().join("src")).expect("src");
    let mut rooms: Vec<String> = folders
        .map(|entry| entry.expect("an entry of src").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    rooms.sort();
    rooms
}

/// The rooms that each room may import; nothing else, and nothing the other way round.
const IMPORTS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("model", &["base"]),
    ("wire", &["base"]),
    ("plan", &["base", "model"]),
    ("system", &["base", "model"]),
    ("engine", &["base", "model", "plan"]),
    ("server", &["base", "model", "wire", "plan", "engine", "system"]),
];

#[test]
fn rooms_import_in_one_direction() {
    let mut allowed: Vec<&str> = IMPORTS.iter().map(|(room, _)| *room).collect();
    allowed.sort_unstable();
    assert_eq!(rooms(), allowed, "a new room needs its line here and in ARCHITECTURE.md");
    for (room, imports) in IMPORTS {
        let manifest: toml::Table = toml::from_str(&read(format!("src/{room}/Cargo.toml"))).expect("a manifest");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
            for name in dependencies.keys().filter_map(|name| name.strip_prefix("sluice-")) {
                assert!(imports.contains(&name), "{room} must not import {name} ({section})");
            }
        }
        let named = manifest["package"]["name"].as_str();
        assert_eq!(named, Some(format!("sluice-{room}").as_str()), "name of room {room}");
    }
}

#[test]
fn only_the_engine_can_name_an_executor() {
    for room in rooms() {
        let manifest: toml::Table = toml::from_str(&read(format!("src/{room}/Cargo.toml"))).expect("a manifest");
        let depends = |name: &str| manifest.get("dependencies").is_some_and(|all| all.get(name).is_some());
        assert_eq!(depends("datafusion"), room == "engine", "datafusion in {room}");
        if matches!(room.as_str(), "base" | "model" | "wire" | "system") {
            for name in ["datafusion-expr", "datafusion-sql", "datafusion-common", "arrow"] {
                assert!(!depends(name), "{name} in {room}");
            }
        }
    }
}

#[test]
fn the_probe_of_tests_is_in_no_program_that_is_used() {
    let asks = |text: &str| text.contains("leak-probe");
    for room in rooms().iter().map(|room| format!("src/{room}/Cargo.toml")).chain(["Cargo.toml".to_string()]) {
        let manifest: toml::Table = toml::from_str(&read(&room)).expect("a manifest");
        for section in ["dependencies", "build-dependencies", "workspace"] {
            assert!(!manifest.get(section).is_some_and(|all| asks(&format!("{all:?}"))), "{section} of {room}");
        }
        let default = manifest.get("features").and_then(|features| features.get("default"));
        assert!(!default.is_some_and(|default| asks(&format!("{default:?}"))), "default features of {room}");
    }
    // Whatever is asked for, a profile without debug assertions has none.
    let gate = "#[cfg(all(feature = \"leak-probe\", debug_assertions))]\nmod probe;";
    assert!(read("src/plan/lib.rs").contains(gate));
}

#[test]
fn the_lock_file_holds_one_arrow_and_no_native_tls() {
    let lock: toml::Table = toml::from_str(&read("Cargo.lock")).expect("Cargo.lock");
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in lock["package"].as_array().expect("packages") {
        let text = |key: &str| package[key].as_str().expect("text").to_string();
        versions.entry(text("name")).or_default().push(text("version"));
    }
    for banned in ["openssl", "openssl-sys", "native-tls", "tokio-native-tls"] {
        assert!(!versions.contains_key(banned), "{banned} is banned: TLS is rustls here");
    }
    let single = ["arrow", "arrow-array", "arrow-schema", "datafusion", "parquet", "sqlparser", "rustls", "pgwire"];
    for name in single {
        assert_eq!(versions.get(name).map(Vec::len), Some(1), "versions of {name}: {:?}", versions.get(name));
    }
}

/// The text with test modules (`#[cfg(test)] mod ... { }` at the end of a file) and comments cut away.
fn product_code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().expect("a name").to_string_lossy();
    name == "tests.rs" || name.ends_with("_tests.rs") || path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn sqlstate_literals_stand_in_one_place() {
    let codes: Vec<&str> = sluice_base::SqlState::ALL.iter().map(|state| state.code()).collect();
    let mut found = Vec::new();
    for (path, text) in rust_files(&["src"]) {
        if path.ends_with("base/sqlstate.rs") || is_test_file(&path) {
            continue;
        }
        for (at, line) in product_code(&text).lines().enumerate() {
            if codes.iter().any(|code| line.contains(&format!("\"{code}\""))) {
                found.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "SQLSTATE literals outside of base/sqlstate.rs:\n{}", found.join("\n"));
}

#[test]
fn nothing_is_left_to_do() {
    let banned = ["todo!(", "unimplemented!(", "#[ignore", "dbg!(", "FIXME", "XXX:"];
    let mut found = Vec::new();
    for (path, text) in rust_files(&["src", "tests", "benches"]) {
        if path.ends_with("checks/tidy.rs") {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            if banned.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "left to do, or not run:\n{}", found.join("\n"));
}

#[test]
fn files_stay_small_enough_to_read() {
    let long: Vec<String> = rust_files(&["src", "tests", "benches"])
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 700)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "over 700 lines:\n{}", long.join("\n"));
}

#[test]
fn modules_say_what_they_are() {
    let silent: Vec<String> = rust_files(&["src", "tests", "benches"])
        .into_iter()
        .filter(|(path, text)| !text.starts_with("//!") && !is_test_file(path))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no opening `//!`:\n{}", silent.join("\n"));
}

#[test]
fn every_rust_file_is_part_of_a_crate() {
    let mut dead = Vec::new();
    for (path, _) in rust_files(&["src"]) {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if matches!(name.as_str(), "lib" | "main") {
            continue;
        }
        let (folder, module) = match name.as_str() {
            "mod" => {
                let folder = path.parent().expect("a folder");
                let module = folder.file_name().expect("a name").to_string_lossy().into_owned();
                (folder.parent().expect("a folder").to_path_buf(), module)
            }
            _ => (path.parent().expect("a folder").to_path_buf(), name),
        };
        let beside = folder.with_extension("rs");
        let candidates = [folder.join("mod.rs"), folder.join("lib.rs"), folder.join("main.rs"), beside];
        let declared = candidates.iter().filter(|file| repository().join(file).exists()).any(|file| {
            read(file).lines().any(|line| {
                let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
                line.trim_start_matches("pub ") == format!("mod {module};")
            })
        });
        if !declared {
            dead.push(path.display().to_string());
        }
    }
    assert!(dead.is_empty(), "declared by nobody:\n{}", dead.join("\n"));
}

#[test]
fn the_architecture_has_a_heading_per_room() {
    let text = read("ARCHITECTURE.md");
    let headings: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().trim_matches('`').to_string())
        .collect();
    for room in rooms() {
        let named = |heading: &String| heading.trim_start_matches("src/").trim_end_matches('/') == room;
        assert!(headings.iter().any(named), "ARCHITECTURE.md has no heading {room}: {headings:?}");
    }
}

/// Lines of the fenced shell blocks of a document.
fn commands(document: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if let Some(fence) = line.trim().strip_prefix("```") {
            inside = !inside && matches!(fence, "sh" | "bash" | "console" | "shell");
        } else if inside && !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            commands.push(line.trim().trim_start_matches("$ ").to_string());
        }
    }
    commands
}

#[test]
fn the_readme_says_only_what_there_is() {
    let readme = read("README.md");
    let commands = commands(&readme);
    for needed in ["cargo run --release -- demo", "./tests/run"] {
        assert!(commands.iter().any(|command| command.starts_with(needed)), "README.md does not show `{needed}`");
    }
    let output = crate::support::sluice::command(&["--help"]);
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for command in &commands {
        if let Some(script) = command.strip_prefix("./") {
            let script = script.split_whitespace().next().expect("a name");
            assert!(repository().join(script).exists(), "README.md: {command}: no such file");
        }
        let arguments = command.strip_prefix("sluice ").or_else(|| command.split(" -- ").nth(1));
        let is_sluice = command.starts_with("sluice ") || command.starts_with("cargo run");
        if let (true, Some(arguments)) = (is_sluice, arguments) {
            let name = arguments.split_whitespace().next().unwrap_or_default();
            let known = name.starts_with('-') || help.split_whitespace().any(|word| word == name);
            assert!(known, "README.md: {command}: no command {name} in\n{help}");
        }
    }
    for link in links(&readme) {
        assert!(repository().join(&link).exists(), "README.md links to {link}, which is not there");
    }
}

/// Targets of Markdown links into the repository.
fn links(document: &str) -> Vec<String> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    local.map(|target| target.split('#').next().unwrap_or(target).to_string()).collect()
}

#[test]
fn the_program_says_what_it_is() {
    let output = crate::support::sluice::command(&["--version"]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("sluice {}", env!("CARGO_PKG_VERSION")));
    let output = crate::support::sluice::command(&["--help"]);
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in ["demo", "serve", "check", "explain"] {
        assert!(help.contains(name), "--help does not name {name}");
    }
    assert!(!crate::support::sluice::command(&["no-such-command"]).status.success());
}

#[test]
fn what_ships_compiles_for_the_demo() {
    for folder in ["catalog", "policies"] {
        let folder = repository().join(folder);
        assert!(!files(&folder, "yaml").is_empty(), "{} is empty", folder.display());
    }
}
