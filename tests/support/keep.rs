//! Child processes that end with the test process, however it ends.
//!
//! Each runs under a small shell that holds the reading end of a pipe from us. When we exit, are killed or crash, the
//! pipe closes: the shell stops the child and removes its directory. (A parent-death signal would not do: it follows
//! the thread that started the child, and test threads end early.)

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

use super::eventually;

const KEEPER: &str = r#"
directory=$1 signal=$2
shift 2
exec 3<&0
"$@" </dev/null 3<&- >>"$directory/log" 2>&1 &
child=$!
echo "$child" >"$directory/pid.new" && mv "$directory/pid.new" "$directory/pid"
cat <&3 >/dev/null &
watch=$!
wait -n "$child" "$watch"
kill -s "$signal" "$child" 2>/dev/null
( sleep 20; kill -s KILL "$child" ) 2>/dev/null &
last=$!
wait "$child"
status=$?
kill "$last" "$watch" 2>/dev/null
[ -e "$directory/hold" ] || rm -rf "$directory"
exit "$status"
"#;

/// A running child with a directory of its own, which holds its log; both are gone when this is.
pub struct Kept {
    directory: PathBuf,
    keeper: Mutex<Child>,
    /// Closing it stops the child.
    lifeline: ChildStdin,
}

impl Kept {
    /// Starts a program in its directory; `signal` is what stops it.
    pub fn start(directory: &Path, signal: &str, program: &[String]) -> Kept {
        let mut keeper = Command::new("bash")
            .args(["-c", KEEPER, "keeper"])
            .arg(directory)
            .arg(signal)
            .args(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // Ctrl-C at a terminal reaches the tests alone; the keeper then cleans up in peace.
            .process_group(0)
            .spawn()
            .expect("bash");
        let lifeline = keeper.stdin.take().expect("a piped stdin");
        Kept { directory: directory.to_path_buf(), keeper: Mutex::new(keeper), lifeline }
    }

    /// Process id of the child.
    pub fn pid(&self) -> u32 {
        eventually("the child's process id", std::time::Duration::from_secs(10), || {
            let text = std::fs::read_to_string(self.directory.join("pid")).map_err(|error| error.to_string())?;
            text.trim().parse().map_err(|_| format!("not a number: {text:?}"))
        })
    }

    /// Stops the child and waits for its end.
    pub fn stop(self) {
        let Kept { keeper, lifeline, .. } = self;
        drop(lifeline);
        keeper.into_inner().expect("no holder panics").wait().expect("the keeper ends");
    }

    /// What the child wrote to its standard streams so far.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.directory.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// An error with the log once the child has ended.
    pub fn alive(&self) -> Result<(), String> {
        match self.keeper.lock().expect("no holder panics").try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("ended with {status}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Waits until `ready` says so; panics with the child's log when it ends or takes too long.
    pub fn wait_ready<T>(&self, what: &str, mut ready: impl FnMut() -> Result<T, String>) -> T {
        let started = std::time::Instant::now();
        loop {
            let error = match ready() {
                Ok(value) => return value,
                Err(error) => error,
            };
            let ended = self.alive().err();
            if ended.is_some() || started.elapsed() > std::time::Duration::from_secs(60) {
                let log = self.log();
                let start = log.len().saturating_sub(4_000);
                let tail = log.get(start..).unwrap_or(&log);
                panic!("{what} is not ready: {error}; {}\n{tail}", ended.unwrap_or_default());
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
    }
}

/// A loopback port that nobody listens on now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    listener.local_addr().expect("its address").port()
}

/// Runs a program to its end; panics with its output when it fails.
pub fn run_to_end(program: &[String]) {
    let output = Command::new(&program[0]).args(&program[1..]).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}; ./tests/run installs what is missing", program[0]));
    assert!(
        output.status.success(),
        "{program:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
