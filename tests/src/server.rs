//! Serves the application on a free port with its own state folder.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::artifacts::{Runtime, root, runtime};
use crate::client::Connection;
use crate::http::{Answer, Request};
use crate::process::{Log, Process};
use crate::store::Store;

/// The Netex token that a server accepts by default.
pub const NETEX_TOKEN: &str = "hush-netex";

/// The default variables of a server. `ana` and `bob` may call F5, as `hush-ana` and `hush-bob`.
const VARIABLES: [(&str, &str); 4] = [
    ("netex_tokens", NETEX_TOKEN),
    ("f5_tokens", "ana=hush-ana,bob=hush-bob"),
    ("f5_rate_limit", "0"),
    ("login_key", "hush-key-of-logins"),
];

/// Far longer than a start takes. Ends a test that would otherwise hang.
const START: Duration = Duration::from_secs(180);

/// Far longer than a line takes to the log.
const LINE: Duration = Duration::from_secs(30);

/// The signs of a trap in the log, in the words of Spin, wasmtime and Rust's panics. Breaking a rule of the host is a
/// trap too.
const TRAP: [&str; 4] = [
    "worker failed",
    "wasm trap",
    "wasm backtrace",
    "panicked at",
];

/// Spin prints this for each idle instance when it is told to end. It also prints it after a panic, but then Rust's
/// own message comes first.
const NO_TRAP: &str = "worker failed: worker panicked";

/// What to serve, and how.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The manifest's path, relative to the workspace.
    pub manifest: &'static str,
    /// The variables.
    pub variables: BTreeMap<String, String>,
    /// Additional flags. Spin may not know them.
    pub flags: Vec<String>,
    /// Whether the data is kept in memory instead of the state folder.
    pub in_memory: bool,
}

impl Setup {
    /// Visage with a state folder. These variables are added to the usual ones.
    #[must_use]
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self {
            manifest: "spin.toml",
            variables: VARIABLES
                .iter()
                .chain(variables)
                .map(|&(name, value)| (name.into(), value.into()))
                .collect(),
            flags: Vec::new(),
            in_memory: false,
        }
    }
}

/// A running server. Dropping it ends its processes and removes its state folder.
pub struct Server {
    // Dropped before the folder: open files can't always be removed.
    process: Option<Process>,
    address: SocketAddr,
    setup: Setup,
    store: Store,
    state: TempDir,
    log: Log,
}

impl Server {
    /// Starts a server with the usual variables.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with these variables added to the usual ones.
    #[must_use]
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self::of(Setup::with(variables))
    }

    /// Starts a server with these additional variables and flags. Spin may not know the flags.
    #[must_use]
    pub fn with_flags(variables: &[(&str, &str)], flags: &[&str]) -> Self {
        let flags = flags.iter().map(|&flag| flag.into()).collect();
        Self::of(Setup {
            flags,
            ..Setup::with(variables)
        })
    }

    /// Starts a server.
    #[must_use]
    pub fn of(setup: Setup) -> Self {
        let state = TempDir::with_prefix("visage-").expect("a state folder is made");
        let log = Log::default();
        let store = Store::start();
        let (process, address) = serve(&state, &store, &setup, &log);
        Self {
            process: Some(process),
            address,
            setup,
            store,
            state,
            log,
        }
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its scheme and host, as in a URL.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The process group's id.
    #[must_use]
    pub fn process_group(&self) -> i32 {
        let process = self.process.as_ref().expect("the server runs");
        process.pid().as_raw_nonzero().get()
    }

    /// The folder that holds its data.
    #[must_use]
    pub fn state(&self) -> &std::path::Path {
        self.state.path()
    }

    /// Its stdout and stderr so far, across restarts. The log is complete once the server has ended.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Fails unless this is in the log. A line may arrive a little after the answer.
    pub fn assert_logged(&self, text: &str) {
        let until = Instant::now() + LINE;
        while !self.log().contains(text) {
            assert!(Instant::now() < until, "no {text} in\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Fails if a component has trapped.
    pub fn assert_no_trap(&self) {
        let log = self.log();
        let mut lines = log.lines().filter(|line| *line != NO_TRAP);
        assert!(
            !lines.any(|line| TRAP.iter().any(|word| line.contains(word))),
            "a component trapped:\n{log}"
        );
    }

    /// Opens a connection to the server.
    #[must_use]
    pub fn connect(&self) -> Connection {
        Connection::open(self.address).expect("the server takes connections")
    }

    /// Sends a request on its own connection.
    pub fn send(&self, request: &Request) -> Answer {
        self.connect()
            .send(request)
            .unwrap_or_else(|error| panic!("no answer to {request}: {error}"))
    }

    /// Kills it with SIGKILL, like a crash.
    pub fn kill(&mut self) {
        self.running().kill();
    }

    /// Ends it with SIGTERM, as a supervisor would. Returns its exit status.
    pub fn terminate(&mut self) -> ExitStatus {
        self.running().signal(Signal::TERM)
    }

    /// Ends it with SIGINT, like Ctrl-C. Returns its exit status.
    pub fn interrupt(&mut self) -> ExitStatus {
        self.running().signal(Signal::INT)
    }

    /// Sets a variable for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.setup.variables.insert(name.into(), value.into());
    }

    /// Starts it again with the same state folder. The port may change.
    pub fn restart(&mut self) {
        assert!(
            self.process.is_none(),
            "the server must have been ended before"
        );
        let (process, address) = serve(&self.state, &self.store, &self.setup, &self.log);
        self.process = Some(process);
        self.address = address;
    }

    fn running(&mut self) -> Process {
        self.process.take().expect("the server runs")
    }
}

/// Starts the host or Spin (their flags are the same) and waits for the line with the address.
fn serve(state: &TempDir, store: &Store, setup: &Setup, log: &Log) -> (Process, SocketAddr) {
    let mut command = match runtime() {
        Runtime::Host(host) => {
            let mut command = Command::new(host);
            command.arg("--skip-build");
            command
        }
        Runtime::Spin(spin) => {
            let mut command = Command::new(spin);
            command.arg("up");
            command
        }
    };
    // Runs outside the workspace: files beside the working folder must not be the developer's.
    command.current_dir(state.path());
    command
        .arg("--from")
        .arg(root().join(setup.manifest))
        .args(["--listen", "127.0.0.1:0"])
        .arg("--state-dir");
    if setup.in_memory {
        command.arg("");
    } else {
        command.arg(state.path());
    }
    if let Some(config) = store.runtime_config(state.path()) {
        command.arg("--runtime-config-file").arg(config);
    }
    command.args(&setup.flags);
    for (name, value) in &setup.variables {
        command.arg("--variable").arg(format!("{name}={value}"));
    }
    let (process, lines) = Process::spawn(&mut command, log);
    loop {
        match lines.recv_timeout(START) {
            Ok(line) => {
                if let Some(address) = line.strip_prefix("Serving http://") {
                    let address = address
                        .parse()
                        .expect("the server prints an address with a port");
                    return (process, address);
                }
            }
            Err(RecvTimeoutError::Timeout) => panic!("no server after {START:?}:\n{}", log.text()),
            Err(RecvTimeoutError::Disconnected) => {
                process.kill();
                panic!("the server ended before it listened:\n{}", log.text());
            }
        }
    }
}
