//! What is accepted, and what each mistake says.

use std::path::Path;

use super::*;

const GOOD: &str = "\
listen: 127.0.0.1:6432
tls: {cert: tls/cert.pem, key: tls/key.pem, required: true}
database: bank
catalog: catalog
policies: /etc/sluice/policies
users: users.yaml
audit: {directory: audit, durability: strict}
connections:
  core: {kind: sqlite, path: core.db}
  crm:
    kind: mysql
    host: 10.0.0.9
    port: 3306
    password: env:CRM_PASSWORD
placement:
  customer: {connection: crm, table: customers}
keys: {pii: 'env:PII_KEY'}
limits: {rows_max: 1000}
log: {format: json, level: debug}
";

fn parse(text: &str) -> Result<Config, Vec<Diagnostic>> {
    Config::parse(Path::new("/srv/sluice.yaml"), text)
}

#[test]
fn a_full_file_is_read_and_paths_count_from_its_folder() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.listen.port(), 6432);
    assert_eq!(config.catalog, Path::new("/srv/catalog"));
    assert_eq!(config.policies, Path::new("/etc/sluice/policies"));
    assert_eq!(config.audit.directory, Path::new("/srv/audit"));
    assert_eq!(config.connections["core"].settings["path"], "/srv/core.db");
    assert_eq!(config.connections["crm"].settings["port"], "3306");
    assert_eq!(config.placement["customer"].table, "customers");
    assert_eq!((config.limits.rows_max, config.limits.nesting_max), (1000, Limits::default().nesting_max));
    assert!(config.tls.is_some_and(|tls| tls.required));
}

#[test]
fn debug_shows_no_address_and_no_secret() {
    let shown = format!("{:?}", parse(GOOD).unwrap());
    assert!(!shown.contains("10.0.0.9") && !shown.contains("PASSWORD") && !shown.contains("PII_KEY"), "{shown}");
}

/// Replaces one line's part and gives the first finding.
fn mistake(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from));
    let found = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
    found[0].to_string()
}

#[test]
fn a_mistake_names_file_line_column_and_key() {
    let cases = [
        ("listen:", "lisen:", "/srv/sluice.yaml:1:1: unknown-key: unknown key `lisen` (did you mean `listen`?)"),
        (
            "127.0.0.1:6432",
            "6432",
            "/srv/sluice.yaml:1:9: wrong-value: listen: an address and port are expected, such as 127.0.0.1:6432",
        ),
        ("required: true", "required: maybe", "/srv/sluice.yaml:2:55: yaml: `required`: invalid boolean"),
        ("rows_max: 1000", "rows_max: -3", "/srv/sluice.yaml:18:20: yaml: `rows_max`: invalid u64"),
        (
            "rows_max: 1000",
            "row_max: 3",
            "/srv/sluice.yaml:18:10: unknown-key: unknown key `row_max` (did you mean `rows_max`?)",
        ),
        (
            "kind: sqlite",
            "kind: oracle",
            "/srv/sluice.yaml:9:9: unknown-kind: connections.core.kind: \"oracle\" is not postgres, mysql, sqlite, \
             parquet or csv",
        ),
        ("kind: sqlite, ", "", "/srv/sluice.yaml:9:9: missing-key: connections.core: needs `kind`"),
        ("database: bank\n", "", "/srv/sluice.yaml:18:1: yaml: missing field `database`"),
    ];
    for (from, to, expected) in cases {
        assert_eq!(mistake(from, to), expected);
    }
}

#[test]
fn a_secret_written_out_is_refused_and_not_repeated() {
    let said = mistake("'env:PII_KEY'", "hunter2-hunter2-hunter2");
    assert!(said.contains("keys.pii") && said.contains("env:NAME") && !said.contains("hunter2"), "{said}");
}

#[test]
fn secrets_come_from_files_and_variables() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), "0123456789abcdef\n").unwrap();
    let path = folder.path().join("sluice.yaml");
    let config = Config::parse(&path, &GOOD.replace("'env:PII_KEY'", "'file:key'")).unwrap();
    assert_eq!(config.secret("file:key").unwrap(), "0123456789abcdef");
    assert!(config.mask_keys().unwrap().contains("pii"));
    std::fs::write(folder.path().join("key"), "short").unwrap();
    let said = config.mask_keys().unwrap_err()[0].to_string();
    assert!(said.contains("keys.pii") && !said.contains("short\n"), "{said}");
    assert!(config.secret("env:SLUICE_TEST_NOT_SET").unwrap_err().contains("SLUICE_TEST_NOT_SET"));
    assert!(!config.secret("hunter2").unwrap_err().contains("hunter2"));
}

#[test]
fn folders_are_read_in_order_and_hidden_names_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("retail")).unwrap();
    for name in ["b.yaml", "a.yml", "retail/c.yaml", ".hidden.yaml", "notes.txt"] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    let texts: Vec<String> = read_folder(folder.path()).unwrap().into_iter().map(|file| file.text).collect();
    assert_eq!(texts, ["a.yml", "b.yaml", "retail/c.yaml"]);
    std::fs::write(folder.path().join("b.yaml"), [0xff, 0xfe]).unwrap();
    assert_eq!(read_folder(folder.path()).unwrap_err()[0].code, "unreadable-file");
    assert_eq!(read_folder(&folder.path().join("nothing")).unwrap_err()[0].code, "unreadable-file");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(read_folder(empty.path()).unwrap_err()[0].code, "empty-folder");
}
