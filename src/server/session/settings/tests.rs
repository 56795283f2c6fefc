use super::*;

/// Runs `name=value` (or `name=` for DEFAULT), prefixed `local`, and gives the shown value or the SQLSTATE.
fn check(script: &str, expected: &str) {
    let mut settings = Settings::new(300_000);
    let mut told = Vec::new();
    for step in script.split("; ") {
        let (local, rest) = step.strip_prefix("local ").map_or((false, step), |rest| (true, rest));
        let word = match rest {
            "begin" => {
                settings.begin();
                continue;
            }
            "save" => {
                settings.savepoint();
                continue;
            }
            "commit" | "rollback" => {
                settings.end(rest == "commit");
                continue;
            }
            "to 1" => {
                settings.rollback_to(1);
                continue;
            }
            "reset all" => {
                settings.reset_all();
                continue;
            }
            _ => match rest.split_once('=') {
                Some((name, value)) => {
                    let value = (!value.is_empty()).then_some(value);
                    match settings.set(name, value, local) {
                        Ok(()) => settings.show(name).map_or_else(|e| e.to_client().code.code().into(), |s| s.1),
                        Err(error) => error.to_client().code.code().to_string(),
                    }
                }
                None => settings.show(rest).map_or_else(|e| e.to_client().code.code().into(), |s| s.1),
            },
        };
        told.push(word);
    }
    assert_eq!(told.join(" | "), expected, "{script}");
}

#[test]
fn values_are_checked_and_made_normal() {
    check("row_security=TRUE; row_security=of; row_security=no; row_security=maybe", "on | off | off | 22023");
    check("row_security=o", "22023");
    check("extra_float_digits=3; extra_float_digits=4; extra_float_digits=x", "3 | 22023 | 22023");
    check(
        "lc_messages=zh_CN.UTF-8; lc_messages=C; lc_messages=xx; lc_messages=zh-CN",
        "zh_CN.UTF-8 | C | 22023 | zh-CN",
    );
    check("bytea_output=HEX; bytea_output=base64", "hex | 22023");
    check(
        "client_encoding='utf-8'; client_encoding=UNICODE; client_encoding=unicode; client_encoding=cp936; names=win936",
        "UTF8 | UNICODE | UTF8 | 22023 | GBK",
    );
    check(
        "client_encoding=gb-18030; client_encoding=iso-8859-1; client_encoding=sql_ascii; client_encoding=EUC_TW",
        "GB18030 | LATIN1 | SQL_ASCII | 22023",
    );
    check(
        "DateStyle=dmy; datestyle=SQL; datestyle=ISO, YMD; datestyle=later",
        "ISO, DMY | SQL, DMY | ISO, YMD | 22023",
    );
    check(
        "TimeZone=asia/shanghai; time zone=8; timezone=-3.5; timezone=Nowhere/City",
        "Asia/Shanghai | <+08>-08 | <-03:30>+03:30 | 22023",
    );
    check("work_mem=64MB; work_mem=1GB; work_mem=5parsecs", "64MB | 1GB | 22023");
    check("transaction_isolation=Repeatable Read", "repeatable read");
    check("standard_conforming_strings=on; standard_conforming_strings=off", "on | 22023");
}

#[test]
fn unknown_and_fixed_settings_are_refused() {
    check("nonsense; nonsense=1; server_version=9; is_superuser=on; role=x", "42704 | 42704 | 55P02 | 55P02 | 55P02");
    check(
        "shared_buffers=1; autovacuum=off; log_connections=on; log_duration=on; data_directory=x; data_directory",
        "55P02 | 55P02 | 55P02 | 42501 | 55P02 | 42501",
    );
    check(
        "shared_buffers; wal_buffers; autovacuum_naptime; max_wal_size; log_temp_files; autovacuum_vacuum_cost_delay",
        "128MB | 4MB | 1min | 1GB | -1 | 2ms",
    );
    check("min_parallel_index_scan_size=1MB; min_parallel_index_scan_size=3", "1MB | 24kB");
    check("myapp.user; myapp.user=7; myapp.user; myapp.user=; other.name=", "42704 | 7 | 7 |  | ");
    check("myapp.user; myapp.user=7; myapp.user; sluice.other=1; sluice.purpose=对账", "42704 | 7 | 7 | 42704 | 对账");
}

#[test]
fn a_session_lowers_the_timeout_and_never_raises_it() {
    check(
        "statement_timeout; statement_timeout=1500ms; statement_timeout=2min; statement_timeout=0; statement_timeout=1h",
        "5min | 1500ms | 2min | 5min | 5min",
    );
    let mut unbounded = Settings::new(0);
    assert_eq!(unbounded.statement_timeout_ms(), 0);
    unbounded.set("statement_timeout", Some("3s"), false).unwrap();
    assert_eq!(unbounded.statement_timeout_ms(), 3_000);
}

#[test]
fn transactions_undo_and_local_values_end() {
    check("begin; lock_timeout=5; local lock_timeout=7; commit; lock_timeout", "5ms | 7ms | 5ms");
    check("begin; lock_timeout=5; rollback; lock_timeout", "5ms | 0");
    check(
        "begin; lock_timeout=5; save; lock_timeout=6; to 1; lock_timeout; rollback; lock_timeout",
        "5ms | 6ms | 5ms | 0",
    );
    check("begin; local lock_timeout=7; lock_timeout=8; commit; lock_timeout", "7ms | 8ms | 8ms");
    check("lock_timeout=5; lock_timeout=; row_security=off; reset all; row_security", "5ms | 0 | off | on");
}

#[test]
fn a_transaction_has_the_level_of_the_session_unless_it_says_otherwise() {
    check(
        "default_transaction_isolation=serializable; transaction_isolation; begin; \
         local transaction_isolation=repeatable read; commit; transaction_isolation",
        "serializable | serializable | repeatable read | serializable",
    );
}

#[test]
fn a_transaction_is_as_read_only_as_it_says() {
    check(
        "transaction_read_only; begin; local transaction_read_only=off; commit; transaction_read_only; \
         default_transaction_read_only=off; transaction_read_only; transaction_read_only=on",
        "on | off | on | off | off | on",
    );
}

#[test]
fn a_role_may_be_for_a_transaction_alone() {
    let mut settings = Settings::new(0);
    let role = |settings: &Settings| settings.get("role").unwrap_or_default();
    settings.set_special("role", Some("auditor"), false);
    settings.begin();
    settings.set_special("role", None, true);
    assert_eq!(role(&settings), "none");
    settings.set_special("role", Some("teller"), true);
    assert_eq!(role(&settings), "teller");
    settings.end(true);
    assert_eq!(role(&settings), "auditor");
}

#[test]
fn reset_goes_back_to_the_startup_packet() {
    let mut settings = Settings::new(0);
    settings.start_with("application_name", "psql").unwrap();
    settings.set("application_name", Some("other"), false).unwrap();
    settings.reset("application_name", false).unwrap();
    assert_eq!(settings.get("application_name").as_deref(), Some("psql"));
}

#[test]
fn the_client_comes_before_what_the_server_knows() {
    let mut settings = Settings::new(0);
    settings.establish("search_path", "retail");
    assert_eq!(settings.search_path(), ["retail"]);
    settings.start_with("search_path", "零售").unwrap();
    settings.establish("search_path", "retail, other");
    assert_eq!(settings.search_path(), ["零售"]);
    settings.set("search_path", Some("x"), false).unwrap();
    settings.reset_all();
    assert_eq!(settings.search_path(), ["零售"]);
    settings.establish("session_authorization", "ana");
    assert_eq!(settings.get("session_authorization").as_deref(), Some("ana"));
}

#[test]
fn the_client_is_told_once_of_each_change() {
    let mut settings = Settings::new(0);
    let first = settings.untold();
    for name in ["server_version", "client_encoding", "DateStyle", "TimeZone", "is_superuser", "in_hot_standby"] {
        assert!(first.iter().any(|(told, _)| *told == name), "{name}");
    }
    assert_eq!(settings.untold(), []);
    settings.begin();
    settings.set("application_name", Some("x"), false).unwrap();
    settings.set("lock_timeout", Some("5"), false).unwrap();
    assert_eq!(settings.untold(), [("application_name", "x".to_string())]);
    settings.end(false);
    assert_eq!(settings.untold(), [("application_name", String::new())]);
}

#[test]
fn a_search_path_is_a_list_of_names() {
    let mut settings = Settings::new(0);
    let mut path = |value: &str| {
        settings
            .set("search_path", Some(value), false)
            .map(|()| (settings.show("search_path").unwrap().1, settings.search_path()))
    };
    let names = |list: &[&str]| list.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    assert_eq!(path("Retail, 零售"), Ok(("retail, 零售".into(), names(&["retail", "零售"]))));
    assert_eq!(path("\"$user\", \"A \"\"b\""), Ok(("\"$user\", \"A \"\"b\"".into(), names(&["A \"b"]))));
    assert_eq!(path("''"), Ok(("\"\"".into(), names(&[]))));
    assert_eq!(path(""), Ok((String::new(), names(&[]))));
    assert!(path("a,").is_err());
    assert!(path("\"open").is_err());
}

#[test]
fn invented_settings_and_names_are_bounded() {
    let mut settings = Settings::new(0);
    for n in 0..CUSTOM_MAX {
        settings.set(&format!("app.v{n}"), Some("1"), false).unwrap();
    }
    settings.set("app.v0", Some("2"), false).unwrap();
    assert_eq!(settings.set("app.more", Some("1"), false), Err(SettingError::TooMany));
    let long = "名".repeat(40);
    settings.set("application_name", Some(&format!("{long}\n")), false).unwrap();
    assert_eq!(settings.get("application_name").unwrap().len(), 63);
    settings.set("application_name", Some("a\nb"), false).unwrap();
    assert_eq!(settings.get("application_name").as_deref(), Some("a?b"));
}

#[test]
fn definitions_are_sorted_and_their_defaults_valid() {
    use definitions::DEFINITIONS;
    let names: Vec<String> = DEFINITIONS.iter().map(|d| d.name.to_ascii_lowercase()).collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    for definition in DEFINITIONS {
        assert_eq!(values::read(definition, definition.default, definition.default).as_deref(), Ok(definition.default));
    }
}
