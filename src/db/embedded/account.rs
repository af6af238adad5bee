//! Who runs the server: ourselves, or as root an account without rights, because Postgres refuses to be root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::EmbeddedError;

const PASSWD: &str = "/etc/passwd";

/// An account of the system, by /etc/passwd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// The account to change to, or `None` when we are a plain user and stay ourselves.
    pub(super) fn choose(
        cluster: &Path,
        wanted: Option<&str>,
    ) -> Result<Option<Self>, EmbeddedError> {
        let own = rustix::process::geteuid().as_raw();
        let owner = fs::metadata(cluster).ok().map(|found| found.uid());
        if own != 0 {
            return match owner {
                Some(owner) if owner != own => Err(EmbeddedError::NotOwner {
                    path: cluster.to_owned(),
                    owner,
                    own,
                }),
                _ => Ok(None),
            };
        }
        let passwd = fs::read_to_string(PASSWD).map_err(EmbeddedError::io("read", PASSWD))?;
        let accounts: Vec<Self> = passwd
            .lines()
            .filter_map(Self::from_line)
            .filter(|found| found.uid != 0)
            .collect();
        let by_name = |name: &str| accounts.iter().find(|found| found.name == name);
        let by_owner = || accounts.iter().find(|found| Some(found.uid) == owner);
        let found = match wanted {
            Some(name) => by_name(name),
            None => by_owner()
                .or_else(|| by_name("postgres"))
                .or_else(|| by_name("nobody")),
        };
        let names = || wanted.unwrap_or("postgres or nobody").to_owned();
        let account = found
            .cloned()
            .ok_or_else(|| EmbeddedError::NoAccount { names: names() })?;
        match owner {
            Some(owner) if owner != account.uid => Err(EmbeddedError::NotOwner {
                path: cluster.to_owned(),
                owner,
                own: account.uid,
            }),
            _ => Ok(Some(account)),
        }
    }

    fn from_line(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Self { name, uid, gid })
    }

    /// The first folder on the way to `path` that this account may not enter, by its mode bits.
    pub(super) fn stopped_at<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        path.ancestors().find(|folder| {
            let Ok(found) = fs::metadata(folder) else {
                return true;
            };
            let bit = match (found.uid() == self.uid, found.gid() == self.gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            found.mode() & bit == 0
        })
    }
}
