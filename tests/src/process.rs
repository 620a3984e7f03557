//! A server process. It runs in its own process group, its output is collected, and it always ends with the test.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The server's stdout and stderr, across restarts.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    fn push(&self, line: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_str(line);
    }

    pub(crate) fn text(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A running process and its children. `spin up` runs the server as a child.
pub(crate) struct Process {
    child: Child,
    /// Ends the group when the test process dies, even if no destructor ran.
    guard: Child,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts the process. The receiver gives the lines of its stdout until that is closed.
    pub(crate) fn spawn(command: &mut Command, log: &Log) -> (Self, Receiver<String>) {
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} doesn't start: {error}"));
        let guard = Command::new("sh")
            .args(["-c", "read _; kill -s KILL -- -$0", &child.id().to_string()])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let (sender, lines) = channel();
        let readers = vec![
            collect(
                child.stdout.take().expect("stdout is a pipe"),
                log,
                Some(sender),
            ),
            collect(child.stderr.take().expect("stderr is a pipe"), log, None),
        ];
        (
            Self {
                child,
                guard,
                readers,
            },
            lines,
        )
    }

    /// Kills the process and all its children.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// Asks the process to end, as a supervisor does, and waits for it.
    pub(crate) fn signal(mut self, signal: Signal) -> ExitStatus {
        kill_process(self.pid(), signal).expect("the process is there to be signalled");
        let status = self.child.wait().expect("the process ends");
        self.end();
        status
    }

    /// The process id, which is also the group's id.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn end(&mut self) {
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        // The pipes are closed now, so the log is complete.
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.readers.is_empty() {
            self.end();
        }
    }
}

fn collect(
    output: impl Read + Send + 'static,
    log: &Log,
    lines: Option<Sender<String>>,
) -> JoinHandle<()> {
    let log = log.clone();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            let text = String::from_utf8_lossy(&line);
            log.push(&text);
            if let Some(lines) = &lines {
                // Nobody listens after the server is up.
                let _ = lines.send(text.trim().to_owned());
            }
            line.clear();
        }
    })
}
