//! The bank as a whole: the same seed gives the same rows, in the promised numbers, and every copy reads back.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::{Array, Decimal128Array, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sluice_model::catalog::SourceFile;

use super::bank::{Balance, Transaction};
use super::table::write_text;
use super::*;

/// A folder of this test alone, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("sluice-demo-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a scratch folder");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One row as text.
fn line<R: Row>(row: &R) -> String {
    let mut out = String::new();
    for (n, cell) in row.cells().into_iter().enumerate() {
        if n > 0 {
            out.push('|');
        }
        write_text(cell, R::TABLE.scale(n), &mut out);
    }
    out
}

fn hash<R: Row>(rows: impl Iterator<Item = R>) -> String {
    let mut hasher = blake3::Hasher::new();
    rows.for_each(|row| {
        hasher.update(line(&row).as_bytes());
        hasher.update(b"\n");
    });
    hasher.finalize().to_hex()[..16].to_string()
}

#[test]
fn a_seed_gives_the_same_bank_for_ever() {
    let bank = Bank::generate(SEED, Scale::full());
    let got = [
        ("branches", hash(bank.branches().iter().cloned())),
        ("customers", hash(bank.customers().iter().cloned())),
        ("accounts", hash(bank.accounts().iter().cloned())),
        ("employees", hash(bank.employees().iter().cloned())),
        ("balances", hash(bank.balances(3..4))),
        ("transactions", hash(bank.transactions(3..4))),
        ("calendar", hash(bank.calendar())),
    ];
    let known = [
        ("branches", "c03ef14469f2c476"),
        ("customers", "170e4c709077ad2c"),
        ("accounts", "b4c8fe5efcb529fb"),
        ("employees", "6c9bba076f1005d5"),
        ("balances", "858e4023be6c7eb0"),
        ("transactions", "207391b477b600a9"),
        ("calendar", "3611968643614c54"),
    ]
    .map(|(table, hash)| (table, hash.to_string()));
    assert_eq!(got, known, "rows changed: raise bank::FORMAT, then put the new hashes here");
}

#[test]
fn another_seed_gives_another_bank_and_parts_do_not_depend_on_order() {
    let bank = Bank::generate(1, Scale::small());
    assert_ne!(bank.customers(), Bank::generate(2, Scale::small()).customers());
    let whole: Vec<String> = bank.transactions(0..bank.days()).map(|row| line(&row)).collect();
    let tail: Vec<String> = bank.transactions(6..bank.days()).map(|row| line(&row)).collect();
    assert!(whole.ends_with(&tail) && !tail.is_empty());
}

#[test]
fn numbers_are_as_promised() {
    let full = Bank::generate(SEED, Scale::full());
    assert_eq!(full.branches().len(), 16);
    assert_eq!(full.customers().len(), 5_000);
    assert_eq!(full.accounts().len(), 8_000);
    assert_eq!(full.employees().len(), 400);
    assert_eq!(full.accounts().len() * full.days(), 960_000);
    assert_eq!(full.calendar().count(), 365);

    let bank = Bank::generate(SEED, Scale::small());
    assert_eq!(bank.balances(0..bank.days()).count(), 480 * 10);
    let transactions: Vec<Transaction<'_>> = bank.transactions(0..bank.days()).collect();
    assert_eq!(transactions.len(), 2_000);
    assert!(transactions.windows(2).all(|pair| pair[0].number + 1 == pair[1].number && pair[0].time <= pair[1].time));
    assert!(transactions.iter().all(|row| row.amount > 0));
}

#[test]
fn a_bank_of_nothing_is_a_bank() {
    let bank = Bank::generate(1, Scale { customers: 0, accounts: 5, employees: 0, days: 0, transactions: 9 });
    assert_eq!(bank.accounts().len() + bank.employees().len(), 0);
    assert_eq!(bank.balances(0..bank.days()).count() + bank.transactions(0..bank.days()).count(), 0);
    let days_only = Bank::generate(1, Scale { customers: 0, accounts: 0, employees: 0, days: 3, transactions: 9 });
    assert_eq!(days_only.transactions(0..3).count(), 0);
}

#[test]
fn shapes_are_realistic_and_every_reference_has_its_target() {
    let bank = Bank::generate(SEED, Scale::full());
    let units: BTreeSet<&str> = bank.branches().iter().map(|unit| unit.number).collect();
    let levels = |level| bank.branches().iter().filter(|unit| unit.level == level).count();
    assert_eq!((levels(1), levels(2), levels(3)), (1, 3, 12));
    assert!(bank.branches().iter().all(|unit| unit.parent.is_none_or(|parent| units.contains(parent))));

    let customers: BTreeMap<&str, &bank::Customer> = bank.customers().iter().map(|c| (c.number.as_str(), c)).collect();
    assert!(bank.customers().iter().all(|customer| units.contains(customer.branch)));
    assert!(bank.accounts().iter().all(|account| customers.contains_key(account.customer.as_str())));
    assert!(bank.employees().iter().all(|employee| employee.salary > 0 && units.contains(employee.branch)));

    let distinct = |of: fn(&bank::Customer) -> &str| bank.customers().iter().map(of).collect::<HashSet<_>>().len();
    assert_eq!(distinct(|c| &c.mobile), 5_000);
    assert_eq!(distinct(|c| &c.certificate), 5_000);
    for wanted in ["对私", "对公", "私行", "小微"] {
        assert!(bank.customers().iter().any(|c| c.kind == wanted || c.segment == wanted), "{wanted}");
    }
    let compound = bank.customers().iter().filter(|c| c.name.starts_with("欧阳") || c.name.starts_with("司马")).count();
    assert!((3..100).contains(&compound), "{compound} of two compound surnames");
    assert!(
        bank.customers().iter().any(|c| c.name.chars().any(|c| c.len_utf8() == 4)),
        "a name beyond the basic plane"
    );

    let per_unit = |unit: &str| bank.customers().iter().filter(|c| c.branch == unit).count();
    assert!(per_unit("B11") > 200 && per_unit("B10") > 10 && per_unit("H00") > 10);
    let closed = bank.balances(0..1).filter(|row: &Balance<'_>| row.balance == 0).count();
    assert!((50..400).contains(&closed), "{closed} accounts without a balance");
}

#[test]
fn the_sqlite_copy_reads_back_exactly() {
    let scratch = Scratch::new("sqlite");
    let path = scratch.0.join("core.db");
    let bank = Bank::generate(SEED, Scale::small());
    sqlite::write(&bank, &path).expect("written");

    let connection = rusqlite::Connection::open(&path).expect("opened");
    check_sqlite(&connection, bank.branches());
    check_sqlite(&connection, bank.customers());
    check_sqlite(&connection, bank.accounts());
    check_sqlite(&connection, bank.employees());
    let numbers = "SELECT count(*) FROM employees WHERE typeof(salary) <> 'text'";
    let not_text: i64 = connection.query_row(numbers, [], |row| row.get(0)).expect("counted");
    assert_eq!(not_text, 0, "a decimal became a float");
}

fn check_sqlite<R: Row>(connection: &rusqlite::Connection, rows: &[R]) {
    let sql = format!("SELECT {} FROM {} ORDER BY rowid", R::TABLE.column_list(), R::TABLE.name);
    let mut statement = connection.prepare(&sql).expect("prepared");
    let got: Vec<String> = statement
        .query_map([], |row| {
            let cells = (0..R::TABLE.columns.len()).map(|n| {
                Ok(match row.get::<_, rusqlite::types::Value>(n)? {
                    rusqlite::types::Value::Null => String::new(),
                    rusqlite::types::Value::Integer(value) => value.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    other => format!("{other:?}"),
                })
            });
            Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
        })
        .and_then(Iterator::collect)
        .expect("read");
    assert_eq!(got, rows.iter().map(line).collect::<Vec<_>>(), "{}", R::TABLE.name);
}

#[test]
fn the_parquet_copy_reads_back() {
    let scratch = Scratch::new("parquet");
    let bank = Bank::generate(SEED, Scale::small());
    files::write(&bank, &scratch.0, files::Format::Parquet, 2).expect("written");

    assert_eq!(parts(&scratch.0.join("daily_balances")), ["part-0", "part-1", "part-2", "part-3"]);
    let mut balances = Vec::new();
    read_parquet(&scratch.0.join("daily_balances"), |batch| {
        let accounts = batch.column(1).as_any().downcast_ref::<StringArray>().expect("acct_no is text");
        let amounts = batch.column(3).as_any().downcast_ref::<Decimal128Array>().expect("bal is decimal");
        assert_eq!((amounts.precision(), amounts.scale()), (18, 2));
        balances.extend((0..batch.num_rows()).map(|n| (accounts.value(n).to_string(), amounts.value(n))));
    });
    let expected: Vec<(String, i128)> =
        bank.balances(0..bank.days()).map(|row| (row.account.to_string(), i128::from(row.balance))).collect();
    assert_eq!(balances, expected);

    let mut memos = 0;
    let mut rows = 0;
    read_parquet(&scratch.0.join("transactions"), |batch| {
        rows += batch.num_rows();
        memos += batch.num_rows() - batch.column(7).null_count();
    });
    assert_eq!(rows, 2_000);
    assert_eq!(memos, bank.transactions(0..bank.days()).filter(|row| row.memo.is_some()).count());
}

fn parts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let stem = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| stem(entry.expect("an entry").path())).collect();
    names.sort();
    names
}

fn read_parquet(folder: &Path, mut see: impl FnMut(&arrow::array::RecordBatch)) {
    for part in parts(folder) {
        let file = File::open(folder.join(part + ".parquet")).expect("opened");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file").build().expect("a reader");
        reader.for_each(|batch| see(&batch.expect("a batch")));
    }
}

#[test]
fn the_csv_copy_quotes_what_needs_it() {
    let scratch = Scratch::new("csv");
    let bank = Bank::generate(SEED, Scale::small());
    files::write(&bank, &scratch.0, files::Format::Csv, 1).expect("written");
    let text: String = ["part-0", "part-1"]
        .map(|part| fs::read_to_string(scratch.0.join(format!("transactions/{part}.csv"))).expect("a part"))
        .concat();
    assert!(text.starts_with("tx_no,tx_ts,acct_no,br_no,amt,dc,chan,memo\n1,2026-06-21 06:"));
    assert!(text.contains(",\"备注\\含反斜杠,逗号\"\n"));
    assert_eq!(text.lines().count(), 2_000 + 2);
}

#[test]
fn the_folder_of_the_demo_is_made_once_and_kept() {
    let scratch = Scratch::new("setup");
    let read = |path: &str| fs::read(scratch.0.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let config = prepare(&scratch.0, 6432, Scale::small()).expect("prepared");
    assert!(fs::read_to_string(&config).expect("the configuration").contains("listen: 127.0.0.1:6432\n"));
    let kept = ["tls/server.crt", "tls/server.key", "keys/pii.key", "users.yaml", "data/core.db", "data/stamp"];
    let before = kept.map(read);

    // A person's change survives a start; another port is taken; a lost stamp means the data is made again, the same.
    let changed = scratch.0.join(shipped::SHIPPED[0].0);
    fs::write(&changed, "# mine").expect("changed");
    fs::remove_file(scratch.0.join("data/stamp")).expect("removed");
    prepare(&scratch.0, 7000, Scale::small()).expect("prepared again");
    assert!(fs::read_to_string(&config).expect("the configuration").contains("listen: 127.0.0.1:7000\n"));
    assert_eq!(fs::read_to_string(&changed).expect("read"), "# mine");
    assert!(kept.map(read) == before, "something kept was made anew");

    // Files of an older program give way to this one's; what a person added stays.
    fs::write(scratch.0.join("shipped.stamp"), "older\npolicies/gone.yaml\n../outside\n").expect("written");
    fs::write(scratch.0.join("policies/gone.yaml"), "").expect("written");
    fs::write(scratch.0.join("policies/own.yaml"), "").expect("written");
    prepare(&scratch.0, 7000, Scale::small()).expect("prepared again");
    assert_eq!(fs::read_to_string(&changed).expect("read"), shipped::SHIPPED[0].1);
    assert!(!scratch.0.join("policies/gone.yaml").exists() && scratch.0.join("policies/own.yaml").exists());
}

#[cfg(unix)]
#[test]
fn secrets_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new("secrets");
    prepare(&scratch.0, 6432, Scale::small()).expect("prepared");
    for secret in ["tls/server.key", "keys/pii.key", "users.yaml"] {
        let mode = fs::metadata(scratch.0.join(secret)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
}

#[test]
fn the_files_of_the_image_are_read_as_the_server_reads_them() {
    let docker = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docker");
    let read = |path: &str| fs::read_to_string(docker.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));

    let compose: serde_json::Value = serde_saphyr::from_str(&read("compose.yaml")).expect("compose.yaml is YAML");
    for service in ["postgres", "mariadb", "load", "sluice"] {
        assert!(compose["services"][service].is_object(), "compose.yaml has no service {service}");
    }
    for server in ["postgres", "mariadb", "sluice"] {
        assert!(compose["services"][server]["healthcheck"]["test"].is_array(), "{server} has no health check");
    }

    let path = docker.join("sluice/sluice.yaml");
    let config = crate::config::Config::parse(&path, &read("sluice/sluice.yaml")).expect("sluice.yaml is accepted");
    assert!(config.tls.is_some_and(|tls| tls.required), "an address that others reach needs TLS");
    let users = SourceFile { path: "users.yaml".into(), text: read("sluice/users.yaml") };
    let users = crate::users::Users::load(&users).expect("users.yaml is accepted");
    for (user, role, unit) in USERS {
        let known = users.get(user).unwrap_or_else(|| panic!("users.yaml has no {user}"));
        assert!(known.roles.contains(role) && known.org_units.first().map(String::as_str) == unit, "{user}");
    }
}
