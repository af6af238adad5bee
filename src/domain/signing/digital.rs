//! What is kept of a signature that was made elsewhere and brought to us: a JSON of its own beside the file.

use std::{fmt, net::IpAddr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::evidence::{
    Acceptance, Evidence, LogEntry, MissingEvidence, SignerShown, TemplateUsed, TextShown,
    accepts_all, is_sha256, is_told,
};
use super::report::{Report, Verdict};
use crate::domain::accepted_text::TextKind;

/// The evidence of a digital signature.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitalEvidence {
    /// [`Evidence::FORMAT`].
    pub format: String,
    /// [`DigitalEvidence::TIER`].
    pub tier: String,
    /// SHA-256 of the document that was issued, hex.
    pub document_sha256: String,
    /// The template of the PDF.
    pub template: TemplateUsed,
    /// The texts in it.
    pub texts: Vec<TextShown>,
    /// Who signed; the name typed is the one in the certificate.
    pub signer: SignerShown,
    /// Id of the signed file, kept byte for byte.
    pub file_id: Uuid,
    /// Bytes of the signed file.
    pub file_size: u64,
    /// SHA-256 of the signed file, hex.
    pub file_sha256: String,
    /// What was found about it.
    pub report: Report,
    /// When the texts were accepted and signing was begun, UTC.
    pub generated_at: DateTime<Utc>,
    /// When the signed file came, UTC.
    pub entered_at: DateTime<Utc>,
    /// Address of the client.
    pub ip: Option<IpAddr>,
    /// What the client called itself; null if it said nothing.
    pub user_agent: Option<String>,
    /// SHA-256 of the session or access token, hex.
    pub session_sha256: String,
    /// The words by which the will to sign was told.
    pub intent_text: String,
    /// What was accepted, each on its own.
    pub acceptances: Vec<Acceptance>,
    /// The entry of the evidence log.
    pub log_entry: LogEntry,
    /// RFC 3161 token over this evidence, base64; null while there is none yet.
    pub timestamp_token: Option<String>,
    /// The mail that brings the claimant the copy.
    pub receipt_outbox_id: Option<Uuid>,
}

impl DigitalEvidence {
    /// The value of `tier`.
    pub const TIER: &str = "digital";

    /// Whether all is there. The timestamp token may follow.
    ///
    /// # Errors
    /// The first part that is missing, by its name in the JSON (R43).
    pub fn check_complete(&self) -> Result<(), MissingEvidence> {
        let texts = |kind| self.texts.iter().any(|text| text.kind == kind);
        let parts = [
            ("format", self.format == Evidence::FORMAT),
            ("tier", self.tier == Self::TIER),
            ("document_sha256", is_sha256(&self.document_sha256)),
            ("template.id", is_told(&self.template.id)),
            ("template.version", is_told(&self.template.version)),
            ("texts", TextKind::required().all(texts)),
            ("texts.sha256", self.texts.iter().all(TextShown::is_whole)),
            ("signer.name", is_told(&self.signer.name)),
            (
                "signer.codice_fiscale",
                self.signer.codice_fiscale.is_some(),
            ),
            ("signer.capacity", is_told(&self.signer.capacity)),
            ("file_id", !self.file_id.is_nil()),
            ("file_size", self.file_size > 0),
            ("file_sha256", is_sha256(&self.file_sha256)),
            ("report.verdict", self.report.verdict == Verdict::Valid),
            ("report.signatures", !self.report.signatures.is_empty()),
            (
                "report.file_sha256",
                self.report.file_sha256 == self.file_sha256,
            ),
            (
                "report.document_sha256",
                self.report.document_sha256 == self.document_sha256,
            ),
            ("ip", self.ip.is_some()),
            ("session_sha256", is_sha256(&self.session_sha256)),
            ("intent_text", is_told(&self.intent_text)),
            ("acceptances", accepts_all(&self.acceptances, &self.texts)),
            ("log_entry.id", !self.log_entry.id.is_nil()),
            (
                "log_entry.commitment",
                is_sha256(&self.log_entry.commitment),
            ),
            ("receipt_outbox_id", self.receipt_outbox_id.is_some()),
        ];
        match parts.into_iter().find(|(_, is_there)| !is_there) {
            Some((part, _)) => Err(MissingEvidence(part)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for DigitalEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DigitalEvidence(..)")
    }
}
