//! What is kept of a signature by hand (R44, DOMAIN 3.2): a JSON of its own, as for a code.

use std::{fmt, net::IpAddr};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::paper::{Sheet, SheetKind};
use super::evidence::{
    Acceptance, LogEntry, MissingEvidence, SignerShown, TemplateUsed, TextShown,
};

/// Who handed it in, from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedIn {
    /// `claimant` or `staff`.
    pub by: String,
    /// Name of the staff member; none for the claimant.
    pub operator: Option<String>,
    /// Id of the staff member; none for the claimant.
    pub operator_id: Option<Uuid>,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Address of the client.
    pub ip: Option<IpAddr>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// SHA-256 of the session of a claimant, hex.
    pub session_sha256: Option<String>,
}

/// Who typed the declaration in the signer's place, and how it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedBy {
    /// Name of the staff member.
    pub operator: String,
    /// Id of the staff member.
    pub operator_id: Uuid,
    /// `phone`, `desk` or `post`.
    pub how: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
}

/// The second person, who checked it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// Name of the staff member.
    pub operator: String,
    /// Id of the staff member.
    pub operator_id: Uuid,
    /// When, UTC.
    pub at: DateTime<Utc>,
}

/// The evidence of one signature by hand.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperEvidence {
    /// `joinder-evidence/1`.
    pub format: String,
    /// `paper`.
    pub tier: String,
    /// SHA-256 of the exact bytes of the declared PDF, hex.
    pub document_sha256: String,
    /// The template of the PDF.
    pub template: TemplateUsed,
    /// The texts in it that were accepted.
    pub texts: Vec<TextShown>,
    /// Who signed; the typed name is the one that is written on the form.
    pub signer: SignerShown,
    /// Id of the hand-in.
    pub hand_in: Uuid,
    /// Day of the signature, Europe/Rome.
    pub signed_on: NaiveDate,
    /// Last day on which the identity document is valid.
    pub id_expires_on: NaiveDate,
    /// Scans and images of the identity document, with their hashes.
    pub sheets: Vec<Sheet>,
    /// Who typed the declaration; not there where the claimant did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed_by: Option<TypedBy>,
    /// The first person.
    pub handed_in: HandedIn,
    /// The second person.
    pub approved: Approved,
    /// When it became a signature, UTC: that of the approval.
    pub entered_at: DateTime<Utc>,
    /// What was accepted by a signature or tick of its own.
    pub acceptances: Vec<Acceptance>,
    /// The entry of the evidence log.
    pub log_entry: LogEntry,
    /// RFC 3161 token over this evidence, base64; null while there is none yet.
    pub timestamp_token: Option<String>,
    /// The mail that brings the claimant the copy.
    pub receipt_outbox_id: Option<Uuid>,
}

impl PaperEvidence {
    /// The value of `tier`.
    pub const TIER: &str = "paper";

    /// Whether all of it is there (R44).
    ///
    /// # Errors
    /// The first part that is missing, by its name in the JSON.
    pub fn check_complete(&self) -> Result<(), MissingEvidence> {
        let has = |kind| self.sheets.iter().any(|sheet| sheet.kind == kind);
        let handed_in = &self.handed_in;
        let by_staff = handed_in.by == "staff";
        let parts = [
            ("document_sha256", self.document_sha256.len() == 64),
            ("texts", self.texts.len() == self.acceptances.len()),
            ("signer.name", !self.signer.name.trim().is_empty()),
            ("sheets.scan", has(SheetKind::Scan)),
            ("sheets.id_front", has(SheetKind::IdFront)),
            ("sheets.id_back", has(SheetKind::IdBack)),
            ("id_expires_on", self.id_expires_on >= self.signed_on),
            (
                "handed_in.operator",
                !by_staff || (handed_in.operator.is_some() && handed_in.operator_id.is_some()),
            ),
            (
                "approved.operator",
                handed_in.operator_id != Some(self.approved.operator_id),
            ),
            ("log_entry.id", !self.log_entry.id.is_nil()),
            ("receipt_outbox_id", self.receipt_outbox_id.is_some()),
        ];
        match parts.into_iter().find(|(_, is_there)| !is_there) {
            Some((part, _)) => Err(MissingEvidence(part)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for PaperEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PaperEvidence(..)")
    }
}
