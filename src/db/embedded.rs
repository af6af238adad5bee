//! The embedded Postgres: joinder starts a server of its own when no `DATABASE_URL` is given.
//!
//! Here: finding the binaries, making the cluster, starting, stopping. Nothing about our tables. The server listens
//! on the loopback only, asks for a password (SCRAM), never runs as root and never outlives this process.
//!
//! The folder given as `data_dir` holds: `postgres/` (the cluster), `postgres.password` (0600), `postgres.log`,
//! `postgres.lock`, `port` (the port of the last start, taken again when free) and `socket/`.

mod account;
mod binaries;
mod cluster;
mod error;
mod folder;
mod server;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio_postgres::NoTls;

pub use binaries::system_bin_dirs;
pub use error::EmbeddedError;

use binaries::Binaries;
use folder::Folder;
use server::Server;

/// The role that owns the cluster and the database.
const OWNER: &str = "joinder";
/// The database that [`Embedded::url`] names.
const DATABASE: &str = "joinder";
/// How often a start is tried when another program takes the port between our look and the server's.
const PORT_ATTEMPTS: u32 = 3;

/// What survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Everything that was committed: for `serve` and `demo`.
    Durable,
    /// Nothing: `fsync`, `synchronous_commit` and `full_page_writes` are off. For tests and benchmarks.
    Throwaway,
}

/// How and where to run the server.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The folder for everything of this server; it is made when missing.
    pub data_dir: PathBuf,
    /// The one folder to take `initdb` and `postgres` from (`JOINDER_PG_BIN`). `None`: the best of `pg_candidates`.
    pub pg_bin: Option<PathBuf>,
    /// The account that runs the server when we are root. `None`: the owner of an existing cluster, else `postgres`,
    /// else `nobody`. Ignored when we are not root.
    pub pg_user: Option<String>,
    /// Folders that may hold `initdb` and `postgres`; those that do not are passed over.
    pub pg_candidates: Vec<PathBuf>,
    /// What survives a power cut.
    pub durability: Durability,
    /// A folder in which ready-made clusters are kept, one for each version and account: a new cluster is then a copy
    /// (0.3 s) and not an initdb (0.7 s and more). A copy has the password of its template, so only a
    /// [`Durability::Throwaway`] server uses it.
    pub template_dir: Option<PathBuf>,
}

impl EmbeddedOptions {
    /// A durable server in `data_dir` with the binaries the system has ([`system_bin_dirs`]).
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            pg_bin: None,
            pg_user: None,
            pg_candidates: system_bin_dirs(),
            durability: Durability::Durable,
            template_dir: None,
        }
    }
}

/// A running server. Dropping it stops the server.
pub struct Embedded {
    server: Server,
    // Held for its lock: it is given back after the server has stopped (fields drop in this order).
    folder: Folder,
    port: u16,
    password: String,
}

impl Embedded {
    /// Starts the server and returns when it takes connections: 0.7 s the first time, 0.05 s later.
    ///
    /// It blocks: call it before the async runtime serves anybody. Any thread may call it: the server belongs to a
    /// keeper thread of its own, because the kernel's "stop when the parent dies" watches the thread that spawned it.
    ///
    /// *effects*: makes the folder, the cluster and the database `joinder` where missing, and as root hands the
    /// cluster to the account that runs it; holds an exclusive lock on the folder.
    ///
    /// # Errors
    /// [`EmbeddedError`]: each variant says what to do.
    pub fn start(options: &EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let folder = Folder::open(&options.data_dir, options.pg_user.as_deref())?;
        let binaries = Binaries::choose(options, &folder)?;
        folder.await_orphan()?;
        let password = cluster::ensure(&folder, &binaries, options)?;
        let (server, port) = launch(&folder, &binaries, options.durability)?;
        let embedded = Self {
            server,
            folder,
            port,
            password,
        };
        ensure_database(embedded.port, &embedded.password)?;
        tracing::info!(
            port,
            major = binaries.major,
            "the embedded Postgres is ready"
        );
        Ok(embedded)
    }

    /// `postgres://joinder:<password>@127.0.0.1:<port>/joinder`. It holds the password: not for logs.
    pub fn url(&self) -> String {
        format!(
            "postgres://{OWNER}:{}@127.0.0.1:{}/{DATABASE}",
            self.password, self.port
        )
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the server.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// False once the server has ended, asked or not.
    pub fn is_running(&self) -> bool {
        self.server.is_running()
    }

    /// Stops the server (fast shutdown: open transactions are rolled back) and waits until it is gone, 10-50 ms.
    /// A server that does not go within 8 s is told to quit, and replays its log at the next start.
    pub fn stop(mut self) {
        self.server.stop();
    }
}

/// The URL of the server that another process of joinder runs in `data_dir`, for commands typed beside
/// `serve`; `None` if nothing listens on the port of its last start.
pub fn url_of_running(data_dir: &Path) -> Option<String> {
    let read = |name: &str| std::fs::read_to_string(data_dir.join(name)).ok();
    let port: u16 = read("port")?.trim().parse().ok()?;
    let password = read("postgres.password")?;
    if folder::is_free(port) {
        return None;
    }
    Some(format!(
        "postgres://{OWNER}:{}@127.0.0.1:{port}/{DATABASE}",
        password.trim()
    ))
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("port", &self.port)
            .field("folder", &self.folder.root)
            .finish_non_exhaustive()
    }
}

/// Starts the server on the port of last time if it is free, else on another one.
fn launch(
    folder: &Folder,
    binaries: &Binaries,
    durability: Durability,
) -> Result<(Server, u16), EmbeddedError> {
    let mut port = folder.port()?;
    let mut attempt = 1;
    loop {
        let mut server =
            Server::spawn(server_command(folder, binaries, durability, port)?, folder)?;
        match server.wait_until_ready(folder) {
            Ok(()) => {
                folder.keep_port(port)?;
                return Ok((server, port));
            }
            Err(_) if attempt < PORT_ATTEMPTS && !folder::is_free(port) => {
                attempt += 1;
                port = folder::free_port()?;
            }
            Err(error) => return Err(error),
        }
    }
}

fn server_command(
    folder: &Folder,
    binaries: &Binaries,
    durability: Durability,
    port: u16,
) -> Result<Command, EmbeddedError> {
    let mut command = folder.command(&binaries.program("postgres"));
    command
        .arg("-D")
        .arg(folder.cluster())
        .arg("-p")
        .arg(port.to_string());
    let mut settings = vec![
        "listen_addresses=127.0.0.1",
        "max_connections=200",
        "shared_buffers=256MB",
        "timezone=UTC",
        "log_timezone=UTC",
        "cluster_name=joinder",
        // A failing statement and the DETAIL of a violated key hold personal data: neither goes into the log.
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "log_parameter_max_length_on_error=0",
    ];
    if durability == Durability::Throwaway {
        settings.extend([
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ]);
    }
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    command.arg("-k").arg(folder.socket_dir(port)?);
    let log = folder.open_log()?;
    let same_log = log
        .try_clone()
        .map_err(|source| folder.io("open the log of the server in", source))?;
    command.stdout(same_log).stderr(log);
    Ok(command)
}

/// Creates the database where it is missing. In a thread of its own, so that [`Embedded::start`] may also be called
/// from inside an async runtime.
fn ensure_database(port: u16, password: &str) -> Result<(), EmbeddedError> {
    let mut config = tokio_postgres::Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user(OWNER)
        .password(password)
        .dbname("postgres");
    config.connect_timeout(Duration::from_secs(10));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EmbeddedError::Runtime)?;
    let outcome = std::thread::scope(|scope| {
        scope
            .spawn(move || runtime.block_on(create_database(&config)))
            .join()
    });
    match outcome {
        Ok(done) => done.map_err(EmbeddedError::Connect),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

async fn create_database(config: &tokio_postgres::Config) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    let work = async move {
        let found = client
            .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&DATABASE])
            .await?;
        if found.is_none() {
            client
                .batch_execute(&format!("CREATE DATABASE {DATABASE}"))
                .await?;
        }
        Ok::<_, tokio_postgres::Error>(())
    };
    let (done, driven) = tokio::join!(work, connection);
    done.and(driven)
}
