//! Finding `initdb` and `postgres`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::folder::Folder;
use super::{EmbeddedError, EmbeddedOptions};

/// A usable pair of `initdb` and `postgres`.
#[derive(Debug)]
pub(super) struct Binaries {
    dir: PathBuf,
    pub(super) major: u32,
}

/// The folders where this system keeps Postgres servers, best first: Debian's, the one `pg_config` names, Homebrew's.
/// They may lack the server.
pub fn system_bin_dirs() -> Vec<PathBuf> {
    let mut dirs = versioned("/usr/lib/postgresql", "");
    dirs.extend(by_pg_config());
    dirs.extend(versioned("/opt/homebrew/opt", "postgresql@"));
    dirs
}

/// `{parent}/{prefix}{major}/bin`, the highest major first.
fn versioned(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let major = entry
                .file_name()
                .to_str()?
                .strip_prefix(prefix)?
                .parse()
                .ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found.into_iter().map(|(_, dir)| dir).collect()
}

fn by_pg_config() -> Option<PathBuf> {
    let mut out = Command::new("pg_config")
        .arg("--bindir")
        .output()
        .ok()?
        .stdout;
    out.truncate(out.trim_ascii_end().len());
    let dir = PathBuf::from(OsString::from_vec(out));
    dir.is_absolute().then_some(dir)
}

impl Binaries {
    /// Those that fit the cluster's version where there is a cluster, else the highest; the first of equals.
    pub(super) fn choose(
        options: &EmbeddedOptions,
        folder: &Folder,
    ) -> Result<Self, EmbeddedError> {
        let needs = folder.major()?;
        let found = match &options.pg_bin {
            Some(dir) => vec![Self::explicit(dir, folder)?],
            None => Self::candidates(&options.pg_candidates, folder),
        };
        if found.is_empty() {
            return Err(EmbeddedError::NotInstalled);
        }
        let versions: BTreeSet<String> = found
            .iter()
            .map(|one| format!("{} in {}", one.major, one.dir.display()))
            .collect();
        let best = match needs {
            Some(needs) => found.into_iter().find(|one| one.major == needs),
            None => found
                .into_iter()
                .reduce(|best, next| if next.major > best.major { next } else { best }),
        };
        best.ok_or_else(|| EmbeddedError::WrongVersion {
            data_dir: folder.root.clone(),
            needs: needs.unwrap_or_default(),
            found: versions.into_iter().collect::<Vec<_>>().join(", "),
        })
    }

    fn explicit(dir: &Path, folder: &Folder) -> Result<Self, EmbeddedError> {
        Self::look_into(dir, folder).map_err(|reason| EmbeddedError::BinaryFolder {
            path: dir.to_owned(),
            reason,
        })
    }

    fn candidates(dirs: &[PathBuf], folder: &Folder) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        let known = dirs.iter().filter_map(|dir| dir.canonicalize().ok());
        known
            .filter(|dir| seen.insert(dir.clone()))
            .filter_map(|dir| match Self::look_into(&dir, folder) {
                Ok(found) => Some(found),
                Err(reason) => {
                    tracing::debug!(dir = %dir.display(), reason, "no Postgres server here");
                    None
                }
            })
            .collect()
    }

    /// Runs both with `--version` as the account that will run them: what lacks a library, or what that account may
    /// not execute, is not chosen.
    fn look_into(dir: &Path, folder: &Folder) -> Result<Self, String> {
        let dir = dir.canonicalize().map_err(|error| error.to_string())?;
        version_of(&dir, "initdb", folder)?;
        let version = version_of(&dir, "postgres", folder)?;
        let major = major_in(&version).ok_or_else(|| format!("its version is `{version}`"))?;
        Ok(Self { dir, major })
    }

    /// The path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

fn version_of(dir: &Path, name: &str, folder: &Folder) -> Result<String, String> {
    let program = dir.join(name);
    if !program.is_file() {
        return Err(format!("it holds no `{name}`"));
    }
    let output = folder
        .command(&program)
        .arg("--version")
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied => {
                format!("{} may not run `{name}`", folder.account_name())
            }
            _ => format!("`{name}` does not run: {error}"),
        })?;
    if !output.status.success() {
        return Err(format!(
            "`{name}` does not run: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// 15 of `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, 19 of `postgres (PostgreSQL) 19beta1`.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
