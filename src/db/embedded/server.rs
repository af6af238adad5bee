//! The server's process: spawned, watched until ready, stopped; and never left behind.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::EmbeddedError;
use super::folder::{Folder, first_number};

const POLL: Duration = Duration::from_millis(5);
/// Replaying the log after a crash can take minutes.
const READY_PATIENCE: Duration = Duration::from_mins(10);
const FAST_STOP_PATIENCE: Duration = Duration::from_secs(8);
const QUIT_PATIENCE: Duration = Duration::from_secs(4);

/// A spawned server. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Server {
    pid: Pid,
    keeper: Option<JoinHandle<io::Result<ExitStatus>>>,
}

impl Server {
    /// Spawns the server from a keeper thread that lives as long as the server: the death signal is sent when the
    /// *thread* that spawned it ends, and the threads of callers come and go.
    pub(super) fn spawn(mut command: Command, folder: &Folder) -> Result<Self, EmbeddedError> {
        stop_with_parent(&mut command);
        let (sender, receiver) = mpsc::channel();
        let keeper = thread::Builder::new()
            .name("postgres-keeper".to_owned())
            .spawn(move || {
                let mut child = command.spawn()?;
                sender.send(Pid::from_child(&child)).ok();
                child.wait()
            });
        let keeper = keeper.map_err(|source| folder.io("start a thread for", source))?;
        match receiver.recv() {
            Ok(pid) => Ok(Self {
                pid,
                keeper: Some(keeper),
            }),
            Err(_) => match keeper.join() {
                Ok(Err(source)) => Err(folder.io("start the server in", source)),
                Ok(Ok(status)) => Err(died(folder, status)),
                Err(panic) => std::panic::resume_unwind(panic),
            },
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    pub(super) fn is_running(&self) -> bool {
        self.keeper
            .as_ref()
            .is_some_and(|keeper| !keeper.is_finished())
    }

    /// Waits for `ready` on line 8 of postmaster.pid: the server takes connections from then on.
    pub(super) fn wait_until_ready(&mut self, folder: &Folder) -> Result<(), EmbeddedError> {
        let pid_file = folder.cluster().join("postmaster.pid");
        let deadline = Instant::now() + READY_PATIENCE;
        while Instant::now() < deadline {
            if !self.is_running() {
                return Err(self.why_it_died(folder));
            }
            let text = fs::read_to_string(&pid_file).unwrap_or_default();
            let is_ready = text
                .lines()
                .nth(7)
                .is_some_and(|state| state.trim_end() == "ready");
            if is_ready && first_number(&pid_file) == Some(self.pid.as_raw_pid()) {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        Err(EmbeddedError::TooSlow {
            seconds: READY_PATIENCE.as_secs(),
            log: folder.log_file(),
        })
    }

    fn why_it_died(&mut self, folder: &Folder) -> EmbeddedError {
        match self.keeper.take().map(JoinHandle::join) {
            Some(Ok(Ok(status))) => died(folder, status),
            Some(Ok(Err(source))) => folder.io("watch the server in", source),
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => folder.io("watch the server in", io::ErrorKind::NotFound.into()),
        }
    }

    /// Fast shutdown, then an immediate one, then a kill; returns when the server is gone.
    pub(super) fn stop(&mut self) {
        let steps = [
            (Signal::INT, FAST_STOP_PATIENCE),
            (Signal::QUIT, QUIT_PATIENCE),
            (Signal::KILL, QUIT_PATIENCE),
        ];
        for (signal, patience) in steps {
            let deadline = Instant::now() + patience;
            if self.is_running() {
                rustix::process::kill_process(self.pid, signal).ok();
            }
            while self.is_running() && Instant::now() < deadline {
                thread::sleep(POLL);
            }
            if !self.is_running() {
                break;
            }
            tracing::warn!(?signal, "the embedded Postgres did not stop when asked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes the kernel send a fast shutdown to the server when we die in any way, a kill -9 included.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "pre_exec is the only place to ask for the death signal: a change of uid clears it"
)]
fn stop_with_parent(command: &mut Command) {
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two system calls
    // and neither allocates nor takes locks (an `io::Error` from a raw code does not allocate).
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(Signal::INT))?;
            match rustix::process::getppid() {
                Some(now) if now == parent => Ok(()),
                _ => Err(io::Error::from_raw_os_error(
                    rustix::io::Errno::SRCH.raw_os_error(),
                )),
            }
        });
    }
}

/// Without a death signal the next start reports the server that was left behind.
#[cfg(not(target_os = "linux"))]
fn stop_with_parent(_command: &mut Command) {}

fn died(folder: &Folder, status: ExitStatus) -> EmbeddedError {
    let log = folder.log_file();
    let text = fs::read(&log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines: Vec<&str> = text.lines().rev().take(8).collect();
    lines.reverse();
    EmbeddedError::Died {
        status,
        tail: lines.join("\n"),
        log,
    }
}
