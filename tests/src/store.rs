//! The store of a server: an SQLite file in its state folder or, only with Spin, another store that the environment
//! selects.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use tempfile::TempDir;

use crate::artifacts::serves_with_spin;
use crate::process::{Log, Process};

/// Far longer than a start takes. Ends a test that would otherwise hang.
const START: Duration = Duration::from_secs(60);

/// A server's store.
pub(crate) enum Store {
    /// Spin's default: a file in the state folder.
    Sqlite,
    /// The store in the runtime configuration that `VISAGE_RUNTIME_CONFIG` names. All servers share it.
    Configured(PathBuf),
    /// A Redis for this server only, selected by `VISAGE_REDIS`.
    Redis(Redis),
}

impl Store {
    /// Opens the store that the environment selects. It is empty unless it is shared.
    pub(crate) fn start() -> Self {
        if keeps_in_sqlite() {
            return Self::Sqlite;
        }
        assert!(
            serves_with_spin(),
            "VISAGE_REDIS and VISAGE_RUNTIME_CONFIG need VISAGE_SPIN: the host has only SQLite"
        );
        match std::env::var_os("VISAGE_RUNTIME_CONFIG") {
            Some(path) => Self::Configured(path.into()),
            None => Self::Redis(Redis::start()),
        }
    }

    /// Returns the runtime configuration that Spin needs for it. A new one is written into this folder.
    pub(crate) fn runtime_config(&self, folder: &Path) -> Option<PathBuf> {
        match self {
            Self::Sqlite => None,
            Self::Configured(path) => Some(path.clone()),
            Self::Redis(redis) => Some(redis.write_runtime_config(folder)),
        }
    }
}

/// Whether servers keep their data in SQLite. Tests that open its file need this.
#[must_use]
pub fn keeps_in_sqlite() -> bool {
    ["VISAGE_REDIS", "VISAGE_RUNTIME_CONFIG"]
        .iter()
        .all(|name| std::env::var_os(name).is_none())
}

/// A `redis-server` for one server, empty at first. Its settings keep acknowledged writes across a crash. Dropping it
/// ends the process and removes its data.
pub(crate) struct Redis {
    // Dropped before the folder that it writes into.
    _process: Process,
    _data: TempDir,
    port: u16,
}

impl Redis {
    /// Starts Redis on a free port of 127.0.0.1.
    fn start() -> Self {
        // Another process may take the port before Redis does.
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
