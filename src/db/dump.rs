//! Backup and restore of the database by Postgres's own programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use thiserror::Error;
use tokio::process::Command;
use tokio_postgres::config::{Host, SslMode};

use crate::db::error::DbError;
use crate::db::pool::connect_owner;
use crate::db::{migration, role};

/// Why a dump or a restore did not happen.
#[derive(Debug, Error)]
pub enum DumpError {
    /// No programs that fit the server.
    #[error(
        "no pg_dump and pg_restore of version {needs} or newer found: install the Postgres client programs, or set JOINDER_PG_BIN to their folder"
    )]
    NotInstalled {
        /// Version of the server.
        needs: u32,
    },
    /// The program did not run.
    #[error("{0} cannot be run")]
    Run(&'static str, #[source] std::io::Error),
    /// The program failed; what it said.
    #[error("{0} failed: {1}")]
    Failed(&'static str, String),
    /// A restore is for an empty database only.
    #[error("the database is not empty: restore into a new one (another DATA_DIR or DATABASE_URL)")]
    NotEmpty,
    /// `DATABASE_URL` cannot be read.
    #[error("the database URL cannot be read")]
    Url,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// `pg_dump` and `pg_restore` that fit a server.
pub struct Tools {
    dir: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    database: String,
    /// What the server says it is, such as `15.14`.
    pub server_version: String,
}

#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = Text)]
    version: String,
}

impl Tools {
    /// Finds the programs in one of the folders: of the server's version, else the next newer one.
    ///
    /// # Errors
    /// `NotInstalled`, `Url`, `Db` if the server cannot be reached.
    pub async fn find(database_url: &str, folders: &[PathBuf]) -> Result<Self, DumpError> {
        let config = tokio_postgres::Config::from_str(database_url).map_err(|_| DumpError::Url)?;
        let mut conn = connect_owner(database_url).await?;
        let row: VersionRow =
            diesel::sql_query("SELECT current_setting('server_version') AS version")
                .get_result(&mut conn)
                .await
                .map_err(DbError::from)?;
        let needs = major_in(&row.version).ok_or(DumpError::NotInstalled { needs: 0 })?;
        let mut best: Option<(u32, &PathBuf)> = None;
        for dir in folders {
            let found = version_of(&dir.join("pg_restore"))
                .await
                .min(version_of(&dir.join("pg_dump")).await);
            let Some(major) = found.filter(|major| *major >= needs) else {
                continue;
            };
            if best.is_none_or(|(so_far, _)| major < so_far) {
                best = Some((major, dir));
            }
        }
        let (_, dir) = best.ok_or(DumpError::NotInstalled { needs })?;
        Ok(Self {
            dir: dir.clone(),
            environment: environment(&config),
            database: config.get_dbname().unwrap_or("joinder").to_owned(),
            server_version: row.version,
        })
    }

    /// Writes the whole database into a file, as of one moment; buckets of limits are left out.
    ///
    /// # Errors
    /// `Run`, `Failed`.
    pub async fn dump(&self, file: &Path) -> Result<(), DumpError> {
        let mut command = self.command("pg_dump");
        command
            .args(["--format=custom", "--no-owner", "--no-unlogged-table-data"])
            .arg("--file")
            .arg(file);
        run("pg_dump", command).await
    }

    /// Makes the roles, then fills an empty database from a file, all or nothing.
    ///
    /// # Errors
    /// `NotEmpty`, `Run`, `Failed`, `Db`.
    pub async fn restore(&self, database_url: &str, file: &Path) -> Result<(), DumpError> {
        let mut conn = connect_owner(database_url).await?;
        if migration::count_tables(&mut conn).await? > 0 {
            return Err(DumpError::NotEmpty);
        }
        role::create(&mut conn).await?;
        let mut command = self.command("pg_restore");
        command
            .args(["--exit-on-error", "--single-transaction", "--no-owner"])
            .arg("--dbname")
            .arg(&self.database)
            .arg(file);
        run("pg_restore", command).await
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.dir.join(program));
        // the password goes by the environment: arguments are seen by everybody on the machine
        command.envs(
            self.environment
                .iter()
                .map(|(name, value)| (name, value.clone())),
        );
        command.kill_on_drop(true);
        command
    }
}

async fn run(name: &'static str, mut command: Command) -> Result<(), DumpError> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| DumpError::Run(name, error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = said.lines().rev().take(4).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(DumpError::Failed(name, last.join("; ")))
}

fn environment(config: &tokio_postgres::Config) -> Vec<(&'static str, OsString)> {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    let ssl = match config.get_ssl_mode() {
        SslMode::Disable => "disable",
        SslMode::Require => "require",
        _ => "prefer",
    };
    let mut environment = vec![
        ("PGHOST", hosts.join(",").into()),
        ("PGPORT", ports.join(",").into()),
        ("PGSSLMODE", ssl.into()),
        ("PGAPPNAME", "joinder backup".into()),
        ("PGTARGETSESSIONATTRS", "read-write".into()),
        (
            "PGDATABASE",
            config.get_dbname().unwrap_or("joinder").into(),
        ),
    ];
    if let Some(user) = config.get_user() {
        environment.push(("PGUSER", user.into()));
    }
    if let Some(password) = config.get_password() {
        use std::os::unix::ffi::OsStringExt;
        environment.push(("PGPASSWORD", OsString::from_vec(password.to_vec())));
    }
    environment
}

async fn version_of(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().await.ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    major_in(said.split_whitespace().nth(2)?)
}

/// 15 of `15.14 (Debian 15.14-0+deb12u1)`, 19 of `19beta1`.
fn major_in(version: &str) -> Option<u32> {
    version
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
