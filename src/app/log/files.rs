//! Which files of the blob store are a log's, and what a restore may do to them.

use crate::crypto::note::Checkpoint;

/// Whether a file is a part of a log: never to be replaced by an older one.
pub(in crate::app) fn is_of_log(key: &str) -> bool {
    key.starts_with("log/") || key.starts_with("log-subjects/")
}

/// Whether a file is the published head of a log.
pub(in crate::app) fn is_checkpoint(key: &str) -> bool {
    key.starts_with("log/") && key.ends_with("/checkpoint")
}

/// Whether a file of a backup takes the place of one that is there: a head that is newer does. Tiles and
/// lists of the same name are the same.
pub(in crate::app) fn replaces(key: &str, ours: &[u8], there: &[u8]) -> bool {
    let size = |bytes: &[u8]| {
        let head = Checkpoint::parse(std::str::from_utf8(bytes).ok()?).ok()?;
        Some(head.size)
    };
    is_checkpoint(key) && size(ours) > size(there)
}
