//! Real servers for tests: a PostgreSQL and a MariaDB with empty data on a free port of the loopback.
//!
//! One server of each kind per test process, started when first asked for. A shell stands between: it waits for the
//! end of its standard input, which comes with the end of this process however that ends, then stops the server and
//! removes the data. This file uses nothing of the crate, so that other tests can take it as it is.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Password of every user of both servers.
pub const PASSWORD: &str = "p@ss'w\"ord\\";

/// A running server; its database is `bank`, its user `sluice` (and `postgres`, `root` for setting up).
#[derive(Debug)]
pub struct Server {
    /// Port on 127.0.0.1.
    pub port: u16,
    /// Folder of the data; `ca.pem` in it signed the server's certificate for `localhost`.
    pub folder: PathBuf,
    _shell: Child,
}

/// The PostgreSQL server of this process.
pub fn postgres() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start_postgres().expect("PostgreSQL for the tests"))
}

/// The MariaDB server of this process.
pub fn mariadb() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start_mariadb().expect("MariaDB for the tests"))
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn start_postgres() -> Outcome<Server> {
    let bin = postgres_bin()?;
    let folder = new_folder("postgres", "postgres")?;
    let data = folder.join("data");
    std::fs::write(folder.join("pw"), PASSWORD)?;
    let mut initdb = Command::new("setpriv");
    as_user(&mut initdb, "postgres");
    initdb.arg(bin.join("initdb")).arg("-D").arg(&data).args([
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--auth-local=trust",
        "--auth-host=scram-sha-256",
        "--no-sync",
    ]);
    done(initdb.arg("--pwfile").arg(folder.join("pw")))?;
    certificate(&folder, "postgres")?;
    let port = free_port()?;
    let settings = [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".into(),
        format!("unix_socket_directories={}", folder.display()),
        "fsync=off".into(),
        "max_connections=50".into(),
        "shared_buffers=16MB".into(),
        "ssl=on".into(),
        format!("ssl_cert_file={}", folder.join("server.pem").display()),
        format!("ssl_key_file={}", folder.join("server.key").display()),
    ];
    let mut server = vec![bin.join("postgres").display().to_string(), "-D".into(), data.display().to_string()];
    for setting in settings {
        server.extend(["-c".into(), setting]);
    }
    let shell = under_shell(&folder, "postgres", "INT", &server)?;
    wait_for(port)?;
    let psql = |sql: &str| {
        let mut psql = Command::new(bin.join("psql"));
        psql.arg("-h").arg(&folder).args(["-p", &port.to_string(), "-U", "postgres", "-q", "-c", sql]);
        ready(&mut psql)
    };
    psql("CREATE DATABASE bank")?;
    psql(&format!("CREATE ROLE sluice LOGIN PASSWORD '{}'", PASSWORD.replace('\'', "''")))?;
    psql("GRANT pg_read_all_data, pg_read_all_stats TO sluice")?;
    Ok(Server { port, folder, _shell: shell })
}

fn start_mariadb() -> Outcome<Server> {
    let folder = new_folder("mariadb", "mysql")?;
    let data = folder.join("data");
    let user = if is_root()? { vec!["--user=mysql".to_string()] } else { Vec::new() };
    let mut install = Command::new("mariadb-install-db");
    install.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
    done(install.arg(format!("--datadir={}", data.display())).args(&user))?;
    certificate(&folder, "mysql")?;
    let init = folder.join("init.sql");
    let password = PASSWORD.replace('\\', "\\\\").replace('\'', "''");
    std::fs::write(
        &init,
        format!(
            "CREATE DATABASE bank CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;\n\
             CREATE USER 'sluice'@'%' IDENTIFIED BY '{password}';\n\
             GRANT SELECT, PROCESS ON *.* TO 'sluice'@'%';\n\
             CREATE USER 'admin'@'%' IDENTIFIED BY '{password}';\n\
             GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;\n"
        ),
    )?;
    let port = free_port()?;
    let mariadbd = ["/usr/sbin/mariadbd", "/usr/libexec/mariadbd", "/usr/bin/mariadbd"];
    let mariadbd = mariadbd.into_iter().find(|path| Path::new(path).exists()).unwrap_or("mariadbd");
    let mut server: Vec<String> = vec![mariadbd.into(), "--no-defaults".into()];
    server.extend(user);
    server.extend([
        format!("--datadir={}", data.display()),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".into(),
        format!("--socket={}", folder.join("s").display()),
        format!("--pid-file={}", folder.join("pid").display()),
        format!("--init-file={}", init.display()),
        format!("--ssl-ca={}", folder.join("ca.pem").display()),
        format!("--ssl-cert={}", folder.join("server.pem").display()),
        format!("--ssl-key={}", folder.join("server.key").display()),
        "--skip-name-resolve".into(),
        "--innodb-buffer-pool-size=16M".into(),
        "--innodb-flush-log-at-trx-commit=0".into(),
        "--max-connections=50".into(),
    ]);
    let shell = under_shell(&folder, "root", "TERM", &server)?;
    wait_for(port)?;
    Ok(Server { port, folder, _shell: shell })
}

fn postgres_bin() -> Outcome<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten() {
        let path = entry?.path();
        let version = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        if let Some(version) = version
            && path.join("bin/initdb").exists()
        {
            found.push((version, path.join("bin")));
        }
    }
    if let Some((_, bin)) = found.into_iter().max() {
        return Ok(bin);
    }
    let told = Command::new("pg_config").arg("--bindir").output()?;
    Ok(PathBuf::from(String::from_utf8(told.stdout)?.trim()))
}

fn is_root() -> Outcome<bool> {
    let told = Command::new("id").arg("-u").output()?;
    Ok(told.stdout.trim_ascii() == b"0")
}

/// PostgreSQL refuses to run as root.
fn as_user(command: &mut Command, user: &str) {
    if is_root().unwrap_or(false) && user != "root" {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
}

fn new_folder(kind: &str, owner: &str) -> Outcome<PathBuf> {
    let folder = std::env::temp_dir().join(format!("sluice-test-{kind}-{}", std::process::id()));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    if is_root()? {
        done(Command::new("chown").arg(owner).arg(&folder))?;
    }
    Ok(folder)
}

/// A certificate authority and a certificate for `localhost`.
fn certificate(folder: &Path, owner: &str) -> Outcome<()> {
    let path = |name: &str| folder.join(name);
    let new_key = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let mut ca = Command::new("openssl");
    ca.args(new_key).args(["-x509", "-days", "30", "-subj", "/CN=sluice test authority"]);
    done(ca.arg("-keyout").arg(path("ca.key")).arg("-out").arg(path("ca.pem")))?;
    let mut request = Command::new("openssl");
    request.args(new_key).args(["-subj", "/CN=localhost"]);
    done(request.arg("-keyout").arg(path("server.key")).arg("-out").arg(path("server.csr")))?;
    std::fs::write(path("ext"), "subjectAltName=DNS:localhost\n")?;
    let mut sign = Command::new("openssl");
    sign.args(["x509", "-req", "-days", "30", "-CAcreateserial", "-in"]).arg(path("server.csr"));
    sign.arg("-CA").arg(path("ca.pem")).arg("-CAkey").arg(path("ca.key"));
    done(sign.arg("-extfile").arg(path("ext")).arg("-out").arg(path("server.pem")))?;
    done(Command::new("chmod").arg("600").arg(path("server.key")))?;
    if is_root()? {
        done(Command::new("chown").arg(owner).arg(path("server.key")).arg(path("server.pem")).arg(path("ca.pem")))?;
    }
    Ok(())
}

fn under_shell(folder: &Path, user: &str, signal: &str, server: &[String]) -> Outcome<Child> {
    let log = std::fs::File::create(folder.join("log"))?;
    let script =
        "folder=$1; signal=$2; shift 2; \"$@\" & pid=$!; read _; kill -$signal $pid; wait $pid; rm -rf \"$folder\"";
    let mut shell = Command::new("setpriv");
    as_user(&mut shell, user);
    shell.args(["sh", "-c", script, "sh"]).arg(folder).arg(signal).args(server);
    Ok(shell.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).spawn()?)
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn wait_for(port: u16) -> Outcome<()> {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if started.elapsed() > Duration::from_secs(60) {
            return Err("the server did not start within a minute".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Runs a command that may have to wait for a server still starting.
fn ready(command: &mut Command) -> Outcome<()> {
    let started = Instant::now();
    loop {
        match done(command) {
            Err(_) if started.elapsed() < Duration::from_secs(30) => std::thread::sleep(Duration::from_millis(100)),
            outcome => return outcome,
        }
    }
}

fn done(command: &mut Command) -> Outcome<()> {
    let told = command.stdin(Stdio::null()).output()?;
    if told.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr))
        .into())
}
