//! Whom we trust: certificates of issuers, and lists of revoked certificates that lie here.

use std::fmt;

use data_encoding::BASE64;
use thiserror::Error;

use super::certificate::Certificate;
use super::der;

/// Issuers and lists, read once.
#[derive(Clone, Default)]
pub struct Trust {
    anchors: Vec<Vec<u8>>,
    lists: Vec<Vec<u8>>,
}

/// What is wrong with a file of anchors or lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TrustError {
    /// No certificate in it.
    #[error("holds no certificate in PEM")]
    Empty,
    /// One that cannot be read.
    #[error("holds a certificate that cannot be read (the {0}. in the file)")]
    Certificate(usize),
    /// No list.
    #[error("is no list of revoked certificates in DER or PEM")]
    List,
}

impl Trust {
    /// Adds the issuers of a PEM bundle.
    ///
    /// # Errors
    /// [`TrustError::Empty`], [`TrustError::Certificate`]: one that is left out unseen would refuse people.
    pub fn add_anchors(&mut self, pem: &str) -> Result<(), TrustError> {
        let blocks = blocks(pem, "CERTIFICATE");
        if blocks.is_empty() {
            return Err(TrustError::Empty);
        }
        for (place, block) in blocks.into_iter().enumerate() {
            let anchor = block.filter(|bytes| Certificate::read(bytes).is_some());
            self.anchors
                .push(anchor.ok_or(TrustError::Certificate(place + 1))?);
        }
        Ok(())
    }

    /// Adds a list of revoked certificates.
    ///
    /// # Errors
    /// [`TrustError::List`].
    pub fn add_list(&mut self, bytes: &[u8]) -> Result<(), TrustError> {
        let list = match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("-----BEGIN") => {
                let blocks = blocks(text, "X509 CRL");
                blocks
                    .into_iter()
                    .next()
                    .flatten()
                    .ok_or(TrustError::List)?
            }
            _ => bytes.to_vec(),
        };
        der::whole(&list, der::SEQUENCE).ok_or(TrustError::List)?;
        self.lists.push(list);
        Ok(())
    }

    /// How many issuers there are.
    pub fn count(&self) -> usize {
        self.anchors.len()
    }

    pub(super) fn anchors(&self) -> Vec<Certificate<'_>> {
        let anchors = self.anchors.iter();
        anchors
            .filter_map(|bytes| Certificate::read(bytes))
            .collect()
    }

    pub(super) fn lists(&self) -> Vec<&[u8]> {
        self.lists.iter().map(Vec::as_slice).collect()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Trust({} anchors, {} lists)",
            self.anchors.len(),
            self.lists.len()
        )
    }
}

/// The blocks of PEM with a label; `None` where the base64 is none.
pub(super) fn blocks(pem: &str, label: &str) -> Vec<Option<Vec<u8>>> {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let parts = pem.split(&begin).skip(1);
    parts
        .map(|part| {
            let (body, _) = part.split_once(&end)?;
            let body: String = body
                .chars()
                .filter(|letter| !letter.is_whitespace())
                .collect();
            BASE64.decode(body.as_bytes()).ok()
        })
        .collect()
}
