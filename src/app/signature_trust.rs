//! Where the certificates of trusted issuers and the lists of revoked certificates lie: read anew for each signed
//! file, for lists change daily.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::app::error::{AppError, AppResult};
use crate::evidence::{Trust, TrustError};

/// The files of `SIGNATURE_ANCHORS_FILE` and `SIGNATURE_CRLS_DIR`.
#[derive(Clone, Debug, Default)]
pub struct TrustFiles {
    /// Issuers, a bundle in PEM; none: nothing can be verified.
    pub anchors: Option<PathBuf>,
    /// Folder of lists, each a `.crl` or `.pem`.
    pub lists: Option<PathBuf>,
}

/// A file that cannot be used.
#[derive(Debug, Error)]
pub enum TrustFileError {
    /// It cannot be read.
    #[error("{} cannot be read", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// It is not what it should be.
    #[error("{} {error}", .file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        error: TrustError,
    },
}

impl TrustFileError {
    fn content(file: &Path, error: TrustError) -> Self {
        let file = file.to_owned();
        Self::Content { file, error }
    }
}

impl TrustFiles {
    /// Reads all.
    ///
    /// # Errors
    /// [`TrustFileError`] names the file.
    pub fn load(&self) -> Result<Trust, TrustFileError> {
        let mut trust = Trust::default();
        if let Some(file) = &self.anchors {
            let pem = read(file)?;
            trust
                .add_anchors(&String::from_utf8_lossy(&pem))
                .map_err(|error| TrustFileError::content(file, error))?;
        }
        if let Some(folder) = &self.lists {
            let unread = |error| TrustFileError::Read(folder.clone(), error);
            for entry in std::fs::read_dir(folder).map_err(unread)? {
                let path = entry.map_err(unread)?.path();
                let ending = path.extension().and_then(|ending| ending.to_str());
                if matches!(ending, Some("crl" | "pem")) {
                    trust
                        .add_list(&read(&path)?)
                        .map_err(|error| TrustFileError::content(&path, error))?;
                }
            }
        }
        Ok(trust)
    }

    /// Reads all, for an action.
    ///
    /// # Errors
    /// `Unavailable` with a line in the log: what worked when the program started is broken.
    pub(in crate::app) fn read(&self) -> AppResult<Trust> {
        self.load().map_err(|error| {
            tracing::error!(%error, "digital signatures cannot be verified");
            AppError::Unavailable(Box::new(error))
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TrustFileError> {
    std::fs::read(path).map_err(|error| TrustFileError::Read(path.to_owned(), error))
}
