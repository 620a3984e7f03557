//! Where a server keeps its data: an SQLite file in its state folder or, on Spin alone, another store that the
//! environment asks for.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use tempfile::TempDir;

use crate::artifacts::serves_with_spin;
use crate::process::{Log, Process};

/// Far longer than a start takes: it ends a test that would never end.
const START: Duration = Duration::from_secs(60);

/// A server's store.
pub(crate) enum Store {
    /// Spin's own: a file in the state folder.
    Sqlite,
    /// The one of the runtime configuration that `VISAGE_RUNTIME_CONFIG` names. All servers share it.
    Configured(PathBuf),
    /// A Redis of the server's own, which `VISAGE_REDIS` asks for.
    Redis(Redis),
}

impl Store {
    /// The store that the environment asks for, empty unless it is shared.
    pub(crate) fn start() -> Self {
        if keeps_in_sqlite() {
            return Self::Sqlite;
        }
        assert!(
            serves_with_spin(),
            "VISAGE_REDIS and VISAGE_RUNTIME_CONFIG need VISAGE_SPIN: the host has SQLite alone"
        );
        match std::env::var_os("VISAGE_RUNTIME_CONFIG") {
            Some(path) => Self::Configured(path.into()),
            None => Self::Redis(Redis::start()),
        }
    }

    /// The runtime configuration that Spin needs for it. One that must be written first is written into this folder.
    pub(crate) fn runtime_config(&self, folder: &Path) -> Option<PathBuf> {
        match self {
            Self::Sqlite => None,
            Self::Configured(path) => Some(path.clone()),
            Self::Redis(redis) => Some(redis.write_runtime_config(folder)),
        }
    }
}

/// Whether servers keep their data in SQLite, which a test that looks into its file needs.
#[must_use]
pub fn keeps_in_sqlite() -> bool {
    ["VISAGE_REDIS", "VISAGE_RUNTIME_CONFIG"]
        .iter()
        .all(|name| std::env::var_os(name).is_none())
}

/// A `redis-server` for one server, empty at first, with the settings under which an acknowledged write survives a
/// crash. Dropping it ends the process and removes its data.
pub(crate) struct Redis {
    // Before the folder, into which it writes.
    _process: Process,
    _data: TempDir,
    port: u16,
}

impl Redis {
    /// Starts one on a free port of 127.0.0.1.
    fn start() -> Self {
        // Somebody else may take the port before Redis does.
        (0..10)
            .find_map(|_| Self::start_on(free_port()))
            .expect("redis-server starts: VISAGE_REDIS needs it in PATH")
    }

    fn start_on(port: u16) -> Option<Self> {
        let data = TempDir::with_prefix("visage-redis-").expect("a folder is made");
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .args(["--save", ""])
            .arg("--dir")
            .arg(data.path());
        let log = Log::default();
        let (process, lines) = Process::spawn(&mut command, &log);
        loop {
            match lines.recv_timeout(START) {
                Ok(line) if line.contains("Ready to accept connections") => {
                    return Some(Self {
                        _process: process,
                        _data: data,
                        port,
                    });
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) if log.text().contains("in use") => {
                    return None;
                }
                Err(error) => panic!("redis-server: {error}:\n{}", log.text()),
            }
        }
    }

    /// Writes the runtime configuration that makes this the default store.
    fn write_runtime_config(&self, folder: &Path) -> PathBuf {
        let path = folder.join("runtime-config.toml");
        let config = format!(
            "[key_value_store.default]\ntype = \"redis\"\nurl = \"redis://127.0.0.1:{}\"\n",
            self.port
        );
        std::fs::write(&path, config).expect("the runtime configuration is written");
        path
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("the port is known").port()
}
