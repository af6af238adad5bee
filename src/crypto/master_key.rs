//! The key file: the root keys, in a file of the operator's that is never in the database.
//!
//! One line per key, `<version>:<base64 of 32 bytes>`, newest first; empty lines and lines that
//! start with `#` do not count. Losing the file loses every sealed value.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use thiserror::Error;
use zeroize::Zeroizing;

use super::sealing::RootKey;

/// Larger files are something else: a line is under 60 bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The root keys, newest first; at least one.
#[derive(Debug, Clone)]
pub struct MasterKeys {
    newest: (u32, RootKey),
    older: Vec<(u32, RootKey)>,
}

/// Why a key file was refused. Never carries a part of a key.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The file is missing or unreadable, or the new one cannot be written.
    #[error("the key file {path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Group or others may read or write it.
    #[error("the key file {path} has mode {mode:04o}: others can reach it; run chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is not a regular file, or too large to be a key file.
    #[error("{path} is not a key file")]
    NotAKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// `create` never overwrites: the old keys would be lost.
    #[error("the key file {path} exists already and is never overwritten")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A line is not `<version>:<base64 of 32 bytes>` with a version from 1 on.
    #[error("line {line} of the key file is not `<version>:<base64 of 32 bytes>`")]
    Line {
        /// Number of the line, from 1.
        line: usize,
    },
    /// Versions must fall from line to line, each once.
    #[error("line {line} of the key file breaks the order: newest version first, each once")]
    Order {
        /// Number of the line, from 1.
        line: usize,
    },
    /// No key at all.
    #[error("the key file holds no key")]
    Empty,
}

impl MasterKeys {
    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`KeyFileError::Line`], [`KeyFileError::Order`], [`KeyFileError::Empty`].
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut keys: Vec<(u32, RootKey)> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let (line, number) = (line.trim(), index + 1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (version, key) = parse_line(line).ok_or(KeyFileError::Line { line: number })?;
            if keys.last().is_some_and(|(before, _)| *before <= version) {
                return Err(KeyFileError::Order { line: number });
            }
            keys.push((version, key));
        }
        let mut keys = keys.into_iter();
        let newest = keys.next().ok_or(KeyFileError::Empty)?;
        Ok(Self {
            newest,
            older: keys.collect(),
        })
    }

    /// Reads a key file that only its owner can reach.
    ///
    /// # Errors
    /// [`KeyFileError::Exposed`] when group or others may read or write it, else as
    /// [`MasterKeys::parse`], [`KeyFileError::Io`] and [`KeyFileError::NotAKeyFile`].
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let text = read_private(path)?;
        Self::parse(&text)
    }

    /// Makes a new key file with one new key, mode 0600, on disk before it returns. `version` is 1
    /// for a new installation; for a rotation the operator puts the new line above the old ones.
    ///
    /// # Errors
    /// [`KeyFileError::Exists`] when there is a file already, [`KeyFileError::Io`].
    pub fn create(path: &Path, version: u32) -> Result<Self, KeyFileError> {
        let key = RootKey::random();
        let line = line_of(version, &key);
        write_private(path, line.as_bytes())?;
        Ok(Self {
            newest: (version, key),
            older: Vec::new(),
        })
    }

    /// A line of a key file with a new key, for an operator who keeps the file himself.
    pub fn line(version: u32) -> Zeroizing<String> {
        line_of(version, &RootKey::random())
    }

    /// The newest key and its version: new values are sealed with it.
    pub fn current(&self) -> (u32, &RootKey) {
        (self.newest.0, &self.newest.1)
    }

    /// The key of a version, if the file has it.
    pub fn by_version(&self, version: u32) -> Option<&RootKey> {
        self.all()
            .find(|(known, _)| *known == version)
            .map(|(_, key)| key)
    }

    /// All versions, newest first.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        self.all().map(|(version, _)| *version)
    }

    /// What the database keeps to notice a wrong key file: 16 bytes that tell nothing of the key.
    pub fn check_value(&self, version: u32) -> Option<[u8; 16]> {
        self.by_version(version).map(|key| key.check_value(version))
    }

    fn all(&self) -> impl Iterator<Item = &(u32, RootKey)> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

fn line_of(version: u32, key: &RootKey) -> Zeroizing<String> {
    let encoded = Zeroizing::new(BASE64.encode(key.bytes()));
    Zeroizing::new(format!("{version}:{}\n", encoded.as_str()))
}

fn parse_line(line: &str) -> Option<(u32, RootKey)> {
    let (version, encoded) = line.split_once(':')?;
    if !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let version = version.parse().ok().filter(|version| *version > 0)?;
    let bytes = Zeroizing::new(BASE64.decode(encoded.as_bytes()).ok()?);
    let bytes = <[u8; 32]>::try_from(bytes.as_slice()).ok()?;
    Some((version, RootKey::from_bytes(bytes)))
}

/// The text of a key file that only its owner can reach.
pub(super) fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let io_error = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(io_error)?;
    let metadata = file.metadata().map_err(io_error)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(KeyFileError::NotAKeyFile {
            path: path.to_owned(),
        });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(io_error)?;
    Ok(text)
}

/// A new key file, mode 0600, on disk before this returns; one that exists is never overwritten.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    write_new(path, bytes).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists {
            path: path.to_owned(),
        },
        _ => KeyFileError::Io {
            path: path.to_owned(),
            source,
        },
    })
}

/// Writes a file that did not exist and its folder entry through to the disk.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn line(version: u32, byte: u8) -> String {
        format!("{version}:{}\n", BASE64.encode(&[byte; 32]))
    }

    #[test]
    fn keys_come_newest_first() {
        let text = format!("# moved to the safe\n{}\n{}", line(3, 3), line(1, 1));
        let keys = MasterKeys::parse(&text).unwrap();
        assert_eq!(keys.current().0, 3);
        assert_eq!(keys.current().1.bytes(), &[3; 32]);
        assert_eq!(keys.by_version(1).unwrap().bytes(), &[1; 32]);
        assert!(keys.by_version(2).is_none());
        assert_eq!(keys.versions().collect::<Vec<_>>(), [3, 1]);
    }

    #[test]
    fn wrong_files_are_refused_with_their_line() {
        let good = line(1, 1);
        let short = format!("2:{}\n", BASE64.encode(&[1; 31]));
        for bad in [
            "nonsense",
            "0:AAAA",
            "+1:AAAA",
            ":AAAA",
            "1:%%%",
            short.trim(),
        ] {
            let text = format!("\n{bad}\n{good}");
            let refused = MasterKeys::parse(&text);
            assert!(
                matches!(refused, Err(KeyFileError::Line { line: 2 })),
                "{bad}"
            );
        }
        for text in [line(1, 1) + &line(2, 2), line(2, 1) + &line(2, 2)] {
            assert!(matches!(
                MasterKeys::parse(&text),
                Err(KeyFileError::Order { line: 2 })
            ));
        }
        for text in ["", "\n# only words\n"] {
            assert!(matches!(MasterKeys::parse(text), Err(KeyFileError::Empty)));
        }
    }

    #[test]
    fn errors_and_debug_show_no_key() {
        let secret = BASE64.encode(&[0xab; 31]);
        let error = MasterKeys::parse(&format!("1:{secret}")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&secret));
        let keys = MasterKeys::parse(&line(1, 0xab)).unwrap();
        assert!(!format!("{keys:?}").contains("171"));
    }

    #[test]
    fn a_created_file_is_private_loads_again_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let created = MasterKeys::create(&path, 1).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
        let loaded = MasterKeys::load(&path).unwrap();
        assert_eq!(loaded.current().0, 1);
        assert_eq!(loaded.current().1.bytes(), created.current().1.bytes());

        let before = fs::read(&path).unwrap();
        let again = MasterKeys::create(&path, 1);
        assert!(matches!(again, Err(KeyFileError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_printed_line_is_a_key_file() {
        let line = MasterKeys::line(2);
        assert_eq!(MasterKeys::parse(&line).unwrap().current().0, 2);
        assert_ne!(*line, *MasterKeys::line(2));
    }

    #[test]
    fn a_file_that_others_can_reach_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKeys::create(&path, 1).unwrap();
        for mode in [0o640, 0o620, 0o604, 0o602, 0o644, 0o660, 0o666, 0o601] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = MasterKeys::load(&path).unwrap_err();
            assert!(matches!(error, KeyFileError::Exposed { mode: seen, .. } if seen == mode));
            assert!(
                error.to_string().contains(&format!("{mode:04o}")),
                "{error}"
            );
            assert!(error.to_string().contains("chmod 600"));
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(MasterKeys::load(&path).is_ok());
        }
    }

    #[test]
    fn a_missing_file_a_folder_and_a_huge_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let missing = MasterKeys::load(&folder.path().join("none"));
        assert!(matches!(missing, Err(KeyFileError::Io { .. })));
        let directory = MasterKeys::load(folder.path());
        assert!(matches!(directory, Err(KeyFileError::NotAKeyFile { .. })));
        let huge = folder.path().join("huge");
        fs::write(&huge, vec![b'#'; 70_000]).unwrap();
        fs::set_permissions(&huge, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(
            MasterKeys::load(&huge),
            Err(KeyFileError::NotAKeyFile { .. })
        ));
    }

    #[test]
    fn the_check_value_tells_keys_and_versions_apart() {
        let keys = MasterKeys::parse(&(line(2, 1) + &line(1, 1))).unwrap();
        let same = MasterKeys::parse(&line(2, 1)).unwrap();
        let other = MasterKeys::parse(&line(2, 9)).unwrap();
        assert_eq!(keys.check_value(2), same.check_value(2));
        assert_ne!(keys.check_value(2), other.check_value(2));
        assert_ne!(keys.check_value(2), keys.check_value(1));
        assert_eq!(keys.check_value(3), None);
    }
}
