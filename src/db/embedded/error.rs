//! What can go wrong with the embedded server, each with what to do.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why the embedded server could not be started. `Display` tells the operator what to do; it holds no secrets.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No folder with `initdb` and `postgres` was found.
    #[error(
        "no Postgres server is installed: run `make setup` or `apt-get install postgresql-15`, \
         or point JOINDER_PG_BIN to the folder of `initdb` and `postgres`, or set DATABASE_URL"
    )]
    NotInstalled,
    /// The folder named explicitly is not usable.
    #[error("JOINDER_PG_BIN={} cannot be used: {reason}", path.display())]
    BinaryFolder {
        /// The folder as given.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The cluster in the data folder was made by a version that was not found.
    #[error(
        "the data in {} were made by Postgres {needs}, found: {found}; install that version \
         (`apt-get install postgresql-{needs}`), or point JOINDER_PG_BIN to its `bin` folder", data_dir.display()
    )]
    WrongVersion {
        /// The data folder.
        data_dir: PathBuf,
        /// The major version in its PG_VERSION.
        needs: u32,
        /// The versions found, for people.
        found: String,
    },
    /// Root was told to run the server as somebody who does not exist, or nobody fitting exists.
    #[error(
        "there is no account {names} in /etc/passwd to run Postgres as: it refuses to run as root; create one (`useradd --system postgres`)"
    )]
    NoAccount {
        /// The names looked for.
        names: String,
    },
    /// The account that runs the server may not enter a folder on the way.
    #[error("the account {account} runs Postgres and may not enter {}: put the data folder elsewhere (DATA_DIR=/var/lib/joinder)", path.display())]
    Unreachable {
        /// The folder that is closed.
        path: PathBuf,
        /// The account.
        account: String,
    },
    /// The cluster belongs to another account.
    #[error("the data in {} belong to the account with uid {owner}, this is uid {own}: run joinder as their owner, or choose another DATA_DIR", path.display())]
    NotOwner {
        /// The folder of the cluster.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who we are.
        own: u32,
    },
    /// Another joinder process holds the folder.
    #[error("another joinder process is using {}: stop it first, or choose another DATA_DIR", data_dir.display())]
    Busy {
        /// The data folder.
        data_dir: PathBuf,
    },
    /// A server that is not ours runs on the folder.
    #[error("a Postgres server (process {pid}) already runs on {}: stop it first (`kill -INT {pid}`)", data_dir.display())]
    AlreadyServed {
        /// Its process id.
        pid: i32,
        /// The data folder.
        data_dir: PathBuf,
    },
    /// There is a cluster without its password file.
    #[error("{} is missing, without it nobody can log in to the server: put it back from the backup", path.display())]
    PasswordMissing {
        /// Where the file should be.
        path: PathBuf,
    },
    /// `initdb` failed.
    #[error("initdb failed: {output}")]
    Initdb {
        /// Its last lines.
        output: String,
    },
    /// The server ended while starting.
    #[error("the Postgres server ended while starting ({status}); the end of {}:\n{tail}", log.display())]
    Died {
        /// How it ended.
        status: ExitStatus,
        /// Its log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The server runs but is not ready.
    #[error("the Postgres server was not ready after {seconds} s; see {}", log.display())]
    TooSlow {
        /// How long we waited.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
    },
    /// The server is ready but refuses us.
    #[error(
        "the embedded Postgres refuses the connection: is its password file from another data folder?"
    )]
    Connect(#[source] tokio_postgres::Error),
    /// The small runtime for the first connection could not be made.
    #[error("cannot start a runtime for the first connection")]
    Runtime(#[source] io::Error),
    /// A file operation failed.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried, in words that fit before the path.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: what was tried, and where.
    pub(super) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}
