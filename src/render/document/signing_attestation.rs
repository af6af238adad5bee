//! The attestation of a signature: what was signed, when, how, and what was accepted, for people who read
//! no JSON (decision 37).

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;
use typst::comemo;

use super::world::{DocumentWorld, Shared};
use super::{DocumentError, options, printable_values, typeset};

/// What it says. Every value as it shall be read, in Italian.
#[derive(Clone, Serialize)]
pub struct SigningAttestation {
    /// Reference of the claimant.
    pub reference: String,
    /// Version of the declaration.
    pub version: String,
    /// Day of the signature, Europe/Rome: the date in the PDF's metadata.
    #[serde(skip)]
    pub signed_on: NaiveDate,
    /// SHA-256 of the evidence, hex.
    pub evidence_sha256: String,
    /// Name of the association.
    pub association: String,
    /// Title of what was signed.
    pub document_title: String,
    /// Who declares, in which case, against whom.
    pub parties: Vec<Fact>,
    /// What was signed.
    pub document: Vec<Fact>,
    /// What signing does to the file, and where the signature is.
    pub document_text: String,
    /// When and how it was signed.
    pub signature: Vec<Fact>,
    /// What such a signature is worth; paragraphs are parted by `\n`.
    pub legal_value: String,
    /// The words by which the will to sign was told; none on paper.
    pub intent: Option<String>,
    /// The texts that could be accepted, in their order.
    pub texts: Vec<AcceptedText>,
    /// What is asked for.
    pub claimed: Vec<Fact>,
    /// The place in the evidence log.
    pub log: Vec<Fact>,
    /// What that place says, or that there is none yet.
    pub log_text: String,
    /// The time stamp over the log; empty without one.
    pub stamp: Vec<Fact>,
    /// What it says, or that there is none.
    pub stamp_text: String,
    /// How to check, one sentence or two each.
    pub checks: Vec<String>,
    /// What this paper is, and what it is not.
    pub closing: String,
}

/// A line: label and value, or label and hash.
#[derive(Clone, Serialize)]
pub struct Fact {
    label: &'static str,
    value: Option<String>,
    sha256: Option<String>,
}

impl Fact {
    /// A value in words.
    pub fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self {
            label,
            value: Some(value.into()),
            sha256: None,
        }
    }

    /// A hash, 64 hexadecimal digits: never cut.
    pub fn sha256(label: &'static str, hash: impl Into<String>) -> Self {
        Self {
            label,
            value: None,
            sha256: Some(hash.into()),
        }
    }
}

/// A text that stood in the document to be accepted.
#[derive(Clone, Serialize)]
pub struct AcceptedText {
    /// What it is, in words.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its UTF-8 bytes, hex.
    pub sha256: String,
    /// When it was accepted; none: it was not.
    pub accepted_at: Option<String>,
    /// Its words; paragraphs are parted by `\n`.
    pub body: String,
}

/// The attestation as PDF/A-2a, tagged. Takes one core for some milliseconds. The same values give the same
/// bytes.
///
/// # Errors
/// [`DocumentError`]; the values are wrong or the program is.
pub fn signing_attestation(attestation: &SigningAttestation) -> Result<Vec<u8>, DocumentError> {
    let shared = Shared::get().ok_or(DocumentError::Incomplete)?;
    let values = printable_values(shared, attestation)?;
    let values = serde_json::to_vec(&values).map_err(DocumentError::Values)?;
    let identifier = format!(
        "attestation {} {} {}",
        attestation.reference, attestation.version, attestation.evidence_sha256
    );
    let options = options(identifier, attestation.signed_on)?;
    let pdf = typeset(&DocumentWorld::attestation(shared, values), &options);
    comemo::evict(1);
    pdf
}

impl fmt::Debug for SigningAttestation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningAttestation(..)")
    }
}

impl fmt::Debug for Fact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Fact({})", self.label)
    }
}

impl fmt::Debug for AcceptedText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AcceptedText({})", self.name)
    }
}
