//! What is kept of the act of signing (DOMAIN 3.2): a JSON of its own beside the signed document.

use std::{fmt, net::IpAddr};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::{super::accepted_text::TextKind, otp::ATTEMPTS};

/// A part of the evidence that is not there; without it there is no signature (R43).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the evidence of the signature lacks {0}")]
pub struct MissingEvidence(pub &'static str);

/// The template that the document was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateUsed {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// A text that is part of the signed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextShown {
    /// What it is for.
    pub kind: TextKind,
    /// Its version.
    pub version: String,
    /// SHA-256 of the Italian body, hex.
    pub sha256: String,
}

/// Who signed, as the page and the document showed it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerShown {
    /// Name of the person who signs; of an entity its legal representative.
    pub name: String,
    /// The name as it was typed to sign.
    pub typed_name: String,
    /// Codice fiscale of the signer; none for who has none.
    pub codice_fiscale: Option<String>,
    /// Name of the entity signed for.
    pub entity: Option<String>,
    /// In which capacity: `self`, `legal_representative`, `parent`, `guardian`, `heir`.
    pub capacity: String,
    /// For whom, and by what title (R46); none for who signs for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representation: Option<RepresentationShown>,
}

/// In whose place somebody signed, and by what title, as the document showed it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepresentationShown {
    /// Name of the claimant.
    pub represented: String,
    /// Codice fiscale of the claimant; none for who has none.
    pub represented_codice_fiscale: Option<String>,
    /// `parent|court_decree|legal_representative|heir_self_declaration`
    pub title: String,
    /// The document the title rests on.
    pub title_document: String,
    /// First day of the representation.
    pub valid_from: NaiveDate,
    /// Its last day; none: until it is revoked.
    pub valid_until: Option<NaiveDate>,
}

/// A text that was accepted on its own (R4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Which one.
    pub kind: TextKind,
    /// Its version.
    pub version: String,
    /// When, UTC.
    pub accepted_at: DateTime<Utc>,
}

/// The entry that goes into the evidence log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its random id.
    pub id: Uuid,
    /// SHA-256 of domain, salt and canonical bytes, hex.
    pub commitment: String,
}

/// The evidence of one signature by code. What had not happened or was not sent is an explicit null.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `joinder-evidence/1`.
    pub format: String,
    /// `otp`.
    pub tier: String,
    /// SHA-256 of the exact PDF bytes, hex.
    pub document_sha256: String,
    /// The template of the PDF.
    pub template: TemplateUsed,
    /// The texts in it.
    pub texts: Vec<TextShown>,
    /// Who signed.
    pub signer: SignerShown,
    /// How the code went out: `email`.
    pub channel: String,
    /// Where it went, masked.
    pub address_masked: String,
    /// Keyed hash of where it went, hex.
    pub address_hash: String,
    /// Id of the message at the mail server, or our own Message-ID.
    pub provider_message_id: Option<String>,
    /// Keyed hash of the code, hex; never the code.
    pub otp_hash: String,
    /// When the code was asked for, UTC.
    pub generated_at: DateTime<Utc>,
    /// When its mail was first accepted, UTC.
    pub sent_at: Option<DateTime<Utc>>,
    /// When the right code was entered, UTC.
    pub entered_at: DateTime<Utc>,
    /// Entries including the right one, 1 to 5.
    pub attempts: u32,
    /// Address of the client.
    pub ip: Option<IpAddr>,
    /// What the client called itself; null if it said nothing.
    pub user_agent: Option<String>,
    /// SHA-256 of the session or access token, hex.
    pub session_sha256: String,
    /// The words of the button or request by which the will to sign was told.
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

/// What the evidence of every tier has: what is held against the rows of a signature (R38).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct EvidenceCore {
    /// How it was signed.
    pub tier: String,
    /// SHA-256 of the exact PDF bytes, hex.
    pub document_sha256: String,
    /// When it became a signature, UTC.
    pub entered_at: DateTime<Utc>,
    /// What was accepted, each on its own.
    pub acceptances: Vec<Acceptance>,
    /// The entry of the evidence log.
    pub log_entry: LogEntry,
}

impl Evidence {
    /// The value of `format`.
    pub const FORMAT: &str = "joinder-evidence/1";
    /// The value of `tier`.
    pub const TIER: &str = "otp";

    /// Whether all of DOMAIN 3.2 is there. The timestamp token may follow; a client that told no name
    /// is recorded as such.
    ///
    /// # Errors
    /// The first part that is missing, by its name in the JSON (R43).
    pub fn check_complete(&self) -> Result<(), MissingEvidence> {
        let texts = |kind| self.texts.iter().any(|text| text.kind == kind);
        let parts = [
            ("format", self.format == Self::FORMAT),
            ("tier", self.tier == Self::TIER),
            ("document_sha256", is_sha256(&self.document_sha256)),
            ("template.id", is_told(&self.template.id)),
            ("template.version", is_told(&self.template.version)),
            ("texts", TextKind::required().all(texts)),
            ("texts.sha256", self.texts.iter().all(TextShown::is_whole)),
            ("signer.name", is_told(&self.signer.name)),
            ("signer.typed_name", is_told(&self.signer.typed_name)),
            ("signer.capacity", is_told(&self.signer.capacity)),
            ("channel", is_told(&self.channel)),
            ("address_masked", is_told(&self.address_masked)),
            ("address_hash", is_hex(&self.address_hash)),
            (
                "provider_message_id",
                self.provider_message_id.as_deref().is_some_and(is_told),
            ),
            ("otp_hash", is_hex(&self.otp_hash)),
            ("sent_at", self.sent_at.is_some()),
            ("attempts", (1..=ATTEMPTS).contains(&self.attempts)),
            ("ip", self.ip.is_some()),
            ("session_sha256", is_sha256(&self.session_sha256)),
            ("intent_text", is_told(&self.intent_text)),
            ("acceptances", self.accepts_every_text()),
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

    /// Each text of the document was accepted, in the version shown, and nothing else was.
    fn accepts_every_text(&self) -> bool {
        accepts_all(&self.acceptances, &self.texts)
    }
}

/// Whether each of the texts was accepted in its version, and nothing else was.
pub(super) fn accepts_all(acceptances: &[Acceptance], texts: &[TextShown]) -> bool {
    let accepted = |text: &TextShown| {
        acceptances
            .iter()
            .any(|it| it.kind == text.kind && it.version == text.version)
    };
    acceptances.len() == texts.len() && texts.iter().all(accepted)
}

impl TextShown {
    pub(super) fn is_whole(&self) -> bool {
        is_told(&self.version) && is_sha256(&self.sha256)
    }
}

pub(super) fn is_told(text: &str) -> bool {
    !text.trim().is_empty()
}

fn is_hex(text: &str) -> bool {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() >= 32 && text.len().is_multiple_of(2) && text.bytes().all(lower)
}

pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && is_hex(text)
}

impl fmt::Debug for RepresentationShown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RepresentationShown(..)")
    }
}

impl fmt::Debug for SignerShown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignerShown(..)")
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Evidence(..)")
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::{Value, json};

    use super::*;

    fn complete() -> Evidence {
        let now = Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap();
        let hash = "ab".repeat(32);
        let texts = TextKind::required().map(|kind| TextShown {
            kind,
            version: "2026-11".to_owned(),
            sha256: hash.clone(),
        });
        let acceptances = TextKind::required().map(|kind| Acceptance {
            kind,
            version: "2026-11".to_owned(),
            accepted_at: now,
        });
        Evidence {
            format: Evidence::FORMAT.to_owned(),
            tier: Evidence::TIER.to_owned(),
            document_sha256: hash.clone(),
            template: TemplateUsed {
                id: "declaration".to_owned(),
                version: "1".to_owned(),
            },
            texts: texts.collect(),
            signer: SignerShown {
                name: "Mario Rossi".to_owned(),
                typed_name: "rossi mario".to_owned(),
                codice_fiscale: Some("RSSMRA85C12H501J".to_owned()),
                entity: None,
                capacity: "self".to_owned(),
                representation: None,
            },
            channel: "email".to_owned(),
            address_masked: "m***o@example.org".to_owned(),
            address_hash: "cd".repeat(16),
            provider_message_id: Some("<1@example.org>".to_owned()),
            otp_hash: "ef".repeat(16),
            generated_at: now,
            sent_at: Some(now),
            entered_at: now,
            attempts: 1,
            ip: Some(IpAddr::from([192, 0, 2, 1])),
            user_agent: None,
            session_sha256: hash.clone(),
            intent_text: "Firmo questa dichiarazione".to_owned(),
            acceptances: acceptances.collect(),
            log_entry: LogEntry {
                id: Uuid::from_u128(7),
                commitment: hash,
            },
            timestamp_token: None,
            receipt_outbox_id: Some(Uuid::from_u128(8)),
        }
    }

    fn set(evidence: &Evidence, pointer: &str, value: Value) -> Evidence {
        let mut json = serde_json::to_value(evidence).unwrap();
        *json.pointer_mut(pointer).unwrap() = value;
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn r43_complete_evidence_passes_and_says_what_is_not_there_yet() {
        let evidence = complete();
        assert_eq!(evidence.check_complete(), Ok(()));
        let json = serde_json::to_value(&evidence).unwrap();
        assert_eq!(json.get("timestamp_token"), Some(&Value::Null));
        assert_eq!(json.get("user_agent"), Some(&Value::Null));
        assert_eq!(json["texts"][0]["kind"], "attestation_g");
        assert_eq!(format!("{evidence:?}"), "Evidence(..)");
    }

    #[test]
    fn r43_each_missing_part_is_named() {
        for (pointer, value, part) in [
            ("/format", json!("x"), "format"),
            ("/document_sha256", json!("ab"), "document_sha256"),
            (
                "/document_sha256",
                json!("AB".repeat(32)),
                "document_sha256",
            ),
            ("/template/version", json!(" "), "template.version"),
            ("/texts", json!([]), "texts"),
            ("/texts/0/sha256", json!(""), "texts.sha256"),
            ("/signer/name", json!(""), "signer.name"),
            ("/signer/typed_name", json!(""), "signer.typed_name"),
            ("/signer/capacity", json!(""), "signer.capacity"),
            ("/channel", json!(""), "channel"),
            ("/address_masked", json!(""), "address_masked"),
            ("/address_hash", json!("123456"), "address_hash"),
            ("/provider_message_id", json!(null), "provider_message_id"),
            ("/otp_hash", json!("123456"), "otp_hash"),
            ("/sent_at", json!(null), "sent_at"),
            ("/attempts", json!(0), "attempts"),
            ("/attempts", json!(6), "attempts"),
            ("/ip", json!(null), "ip"),
            ("/session_sha256", json!(""), "session_sha256"),
            ("/intent_text", json!(""), "intent_text"),
            ("/acceptances", json!([]), "acceptances"),
            ("/acceptances/1/version", json!("2025-01"), "acceptances"),
            ("/log_entry/id", json!(Uuid::nil()), "log_entry.id"),
            ("/log_entry/commitment", json!(""), "log_entry.commitment"),
            ("/receipt_outbox_id", json!(null), "receipt_outbox_id"),
        ] {
            let evidence = set(&complete(), pointer, value);
            assert_eq!(
                evidence.check_complete(),
                Err(MissingEvidence(part)),
                "{pointer}"
            );
        }
    }
}
