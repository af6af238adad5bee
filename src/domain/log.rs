//! An entry of the evidence log: what stands in the log for everybody to read, and nothing personal.

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Version of the form of an entry.
pub const VERSION: u8 = 1;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A declaration was signed.
    Declaration,
    /// Staff or operator decided something.
    Decision,
    /// A list or documents left the house.
    Export,
    /// A person was erased.
    Erasure,
    /// The audit trail of a day.
    AuditDigest,
}

impl Kind {
    /// The word in the entry and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declaration => "declaration",
            Self::Decision => "decision",
            Self::Export => "export",
            Self::Erasure => "erasure",
            Self::AuditDigest => "audit_digest",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::Declaration,
            Self::Decision,
            Self::Export,
            Self::Erasure,
            Self::AuditDigest,
        ];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// An entry; its canonical JSON (RFC 8785) is the leaf of the tree (DESIGN 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// [`VERSION`].
    pub v: u8,
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Random: tells nothing.
    pub id: Uuid,
    /// Salted hash of what it proves, hex.
    pub commit: String,
    /// Salted hash of the evidence of the act, hex; entries made before it was kept have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence: Option<String>,
    /// Leaf hash of the entry it supersedes, hex.
    pub prev: Option<String>,
    /// Time of the checkpoint it came with, whole seconds UTC.
    pub t: DateTime<Utc>,
}

/// The time of a checkpoint: whole seconds.
pub fn rounded(now: DateTime<Utc>) -> DateTime<Utc> {
    now.trunc_subsecs(0)
}
