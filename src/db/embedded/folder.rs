//! The data folder: its lock, its owner, and the small files beside the cluster.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::EmbeddedError;
use super::account::Account;

/// How long the server of a crashed process may take to stop before we give up.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(10);
/// A log longer than this is set aside as `postgres.log.1` at the next start: bytes.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;
/// Room for the socket's path in the kernel's address: bytes, without the final zero.
const SOCKET_PATH_LIMIT: usize = 107;

/// The data folder, locked for us.
#[derive(Debug)]
pub(super) struct Folder {
    /// Absolute, without links.
    pub(super) root: PathBuf,
    account: Option<Account>,
    _lock: File,
}

impl Folder {
    /// Makes the folder where missing, locks it and finds out who will run the server in it.
    pub(super) fn open(path: &Path, pg_user: Option<&str>) -> Result<Self, EmbeddedError> {
        fs::create_dir_all(path).map_err(EmbeddedError::io("make the data folder", path))?;
        let root = path
            .canonicalize()
            .map_err(EmbeddedError::io("find the data folder", path))?;
        let account = Account::choose(&root.join("postgres"), pg_user)?;
        let lock = lock(&root)?;
        let folder = Self {
            root,
            account,
            _lock: lock,
        };
        folder.let_account_in()?;
        Ok(folder)
    }

    /// As root: the account must be able to enter. The data folder itself is opened for that, folders above it are
    /// not ours to change.
    fn let_account_in(&self) -> Result<(), EmbeddedError> {
        let Some(account) = &self.account else {
            return Ok(());
        };
        if account.stopped_at(&self.root) == Some(&self.root) {
            let mode = fs::metadata(&self.root)
                .map_err(|source| self.io("look at", source))?
                .mode();
            set_mode(&self.root, (mode & 0o7777) | 0o011)?;
        }
        match account.stopped_at(&self.root) {
            Some(closed) => Err(EmbeddedError::Unreachable {
                path: closed.to_owned(),
                account: account.name.clone(),
            }),
            None => Ok(()),
        }
    }

    /// The folder of the cluster.
    pub(super) fn cluster(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// The file with the owner's password.
    pub(super) fn password_file(&self) -> PathBuf {
        self.root.join("postgres.password")
    }

    /// The server's log.
    pub(super) fn log_file(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// The name of the account that runs the server, for people.
    pub(super) fn account_name(&self) -> &str {
        self.account
            .as_ref()
            .map_or("this account", |account| &account.name)
    }

    /// The uid that runs the server.
    pub(super) fn uid(&self) -> u32 {
        self.account.as_ref().map_or_else(
            || rustix::process::geteuid().as_raw(),
            |account| account.uid,
        )
    }

    /// The major version the cluster was made by; `None` without a cluster.
    pub(super) fn major(&self) -> Result<Option<u32>, EmbeddedError> {
        match fs::read_to_string(self.cluster().join("PG_VERSION")) {
            Ok(text) => text.trim().parse().map(Some).map_err(|_| {
                self.io(
                    "understand PG_VERSION in",
                    io::ErrorKind::InvalidData.into(),
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io("read PG_VERSION in", error)),
        }
    }

    /// A command that runs as the account, with an empty environment, in a process group of its own: a Ctrl-C in the
    /// terminal is for joinder, which stops the server when its own work is done.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .current_dir("/")
            .stdin(std::process::Stdio::null())
            .process_group(0);
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// Gives a file or folder to the account.
    pub(super) fn hand_over(&self, path: &Path) -> Result<(), EmbeddedError> {
        match &self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid))
                .map_err(EmbeddedError::io("change the owner of", path)),
            None => Ok(()),
        }
    }

    /// An empty folder of the account, mode 0700.
    pub(super) fn make_private_dir(&self, path: &Path) -> Result<(), EmbeddedError> {
        fs::create_dir_all(path).map_err(EmbeddedError::io("make the folder", path))?;
        set_mode(path, 0o700)?;
        self.hand_over(path)
    }

    /// Waits for the server of a process that was killed just now to end, and removes what a dead one left behind.
    ///
    /// We hold the lock, so no living joinder owns that server. A process id alone proves nothing (after a reboot
    /// or in a container it is somebody else's): its working directory must be the cluster.
    pub(super) fn await_orphan(&self) -> Result<(), EmbeddedError> {
        let pid_file = self.cluster().join("postmaster.pid");
        let deadline = Instant::now() + ORPHAN_PATIENCE;
        while let Some(pid) = first_number(&pid_file) {
            if !self.is_served_by(pid) {
                tracing::warn!(pid, "removing the pid file of a server that is gone");
                return match fs::remove_file(&pid_file) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        Err(EmbeddedError::io("remove", pid_file)(error))
                    }
                    _ => Ok(()),
                };
            }
            if Instant::now() > deadline {
                return Err(EmbeddedError::AlreadyServed {
                    pid,
                    data_dir: self.root.clone(),
                });
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn is_served_by(&self, pid: i32) -> bool {
        let process = PathBuf::from(format!("/proc/{pid}"));
        if let Ok(cwd) = fs::read_link(process.join("cwd")) {
            return cwd == self.cluster();
        }
        // When /proc hides other people's processes, or without it: alive and called postgres is enough.
        match fs::read_to_string(process.join("stat")) {
            Ok(stat) => stat.contains("(postgres)") && !stat.contains(") Z "),
            Err(_) if Path::new("/proc/self").exists() => false,
            Err(_) => rustix::process::Pid::from_raw(pid).is_some_and(|pid| {
                rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
            }),
        }
    }

    /// The port of the last start if it is still free, else a free one.
    pub(super) fn port(&self) -> Result<u16, EmbeddedError> {
        let kept = fs::read_to_string(self.root.join("port"))
            .ok()
            .and_then(|text| text.trim().parse().ok());
        match kept {
            Some(port) if is_free(port) => Ok(port),
            _ => free_port(),
        }
    }

    /// Remembers the port for the next start.
    pub(super) fn keep_port(&self, port: u16) -> Result<(), EmbeddedError> {
        fs::write(self.root.join("port"), format!("{port}\n"))
            .map_err(|source| self.io("write the port to", source))
    }

    /// The folder for the socket; empty (no socket, TCP only) where its path would be too long for the kernel.
    pub(super) fn socket_dir(&self, port: u16) -> Result<PathBuf, EmbeddedError> {
        let dir = self.root.join("socket");
        if dir.join(format!(".s.PGSQL.{port}")).as_os_str().len() > SOCKET_PATH_LIMIT {
            return Ok(PathBuf::new());
        }
        self.make_private_dir(&dir)?;
        Ok(dir)
    }

    /// The server's log, for appending; a long one is set aside first.
    pub(super) fn open_log(&self) -> Result<File, EmbeddedError> {
        let path = self.log_file();
        if fs::metadata(&path).is_ok_and(|found| found.len() > LOG_LIMIT) {
            fs::rename(&path, self.root.join("postgres.log.1"))
                .map_err(EmbeddedError::io("set aside", &path))?;
        }
        private_file()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(EmbeddedError::io("open", path))
    }

    /// An I/O error about the data folder.
    pub(super) fn io(&self, doing: &'static str, source: io::Error) -> EmbeddedError {
        EmbeddedError::Io {
            doing,
            path: self.root.clone(),
            source,
        }
    }

    /// Writes a file that only the account may read; one that exists is an error.
    pub(super) fn write_private(&self, path: &Path, text: &str) -> Result<(), EmbeddedError> {
        let mut file = private_file()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(EmbeddedError::io("make the file", path))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(EmbeddedError::io("write", path))?;
        self.hand_over(path)
    }
}

/// True when nobody listens on the port of 127.0.0.1.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// A port the kernel says is free now.
pub(super) fn free_port() -> Result<u16, EmbeddedError> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(EmbeddedError::io("find a free port on", "127.0.0.1"))
}

/// How often, and how far apart, a taken lock is tried again.
const LOCK_TRIES: u32 = 20;
const LOCK_WAIT: Duration = Duration::from_millis(50);

/// Locks `root`, waiting a second at most. The kernel gives the lock back when the process ends in any way.
fn lock(root: &Path) -> Result<File, EmbeddedError> {
    let path = root.join("postgres.lock");
    let file = private_file()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(EmbeddedError::io("open", &path))?;
    // a child that another thread is just starting holds a copy of the lock until it executes
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_WAIT),
            Err(TryLockError::Error(source)) => {
                return Err(EmbeddedError::io("lock", path)(source));
            }
        }
    }
    Err(EmbeddedError::Busy {
        data_dir: root.to_owned(),
    })
}

/// The process id on the first line of a postmaster.pid that exists and is not empty.
pub(super) fn first_number(pid_file: &Path) -> Option<i32> {
    let mut text = String::new();
    File::open(pid_file).ok()?.read_to_string(&mut text).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// Sets the permission bits of a path.
pub(super) fn set_mode(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(EmbeddedError::io("change the mode of", path))
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}
