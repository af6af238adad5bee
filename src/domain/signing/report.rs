//! What was found about a digital signature that somebody brought: each check with result and reason (R40-R42).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is thought of the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every check passed.
    Valid,
    /// No check failed, but something is not known: it does not count as signed (R42).
    NotVerifiable,
    /// A check failed.
    Invalid,
}

impl Verdict {
    /// The word of the interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotVerifiable => "not_verifiable",
            Self::Invalid => "invalid",
        }
    }
}

/// Result of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it must be.
    Passed,
    /// Not as it must be.
    Failed,
    /// It cannot be told.
    Unknown,
}

impl Outcome {
    /// The word of the interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// How the signature comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `.p7m`: the document inside a CMS.
    Cades,
    /// A signed PDF.
    Pades,
    /// Neither.
    Unknown,
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckCode {
    /// The file can be read and holds a signature.
    Format,
    /// What is signed is the document that was issued (R40).
    Document,
    /// The signature covers the whole file.
    Coverage,
    /// What was signed is what lies in the file.
    Integrity,
    /// Hash and key are strong enough.
    Algorithm,
    /// The signature names the certificate it was made with.
    Certificate,
    /// The certificate is made for signing documents.
    KeyUsage,
    /// The certificate comes from an issuer that is trusted here.
    Chain,
    /// The certificate was in force at that time.
    Validity,
    /// The certificate was neither revoked nor suspended at that time (R42).
    Revocation,
    /// The time stamp on the signature.
    Timestamp,
    /// The signer is the claimant or the representative (R41).
    Person,
}

impl CheckCode {
    /// All, in the order they are shown.
    pub const ALL: [Self; 12] = [
        Self::Format,
        Self::Document,
        Self::Coverage,
        Self::Integrity,
        Self::Algorithm,
        Self::Certificate,
        Self::KeyUsage,
        Self::Chain,
        Self::Validity,
        Self::Revocation,
        Self::Timestamp,
        Self::Person,
    ];

    /// The word of the interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Document => "document",
            Self::Coverage => "coverage",
            Self::Integrity => "integrity",
            Self::Algorithm => "algorithm",
            Self::Certificate => "certificate",
            Self::KeyUsage => "key_usage",
            Self::Chain => "chain",
            Self::Validity => "validity",
            Self::Revocation => "revocation",
            Self::Timestamp => "timestamp",
            Self::Person => "person",
        }
    }
}

/// Why a check ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing to say.
    AsItMustBe,
    /// The file is larger than is read.
    TooLarge,
    /// Neither a p7m nor a PDF.
    NotASignature,
    /// It breaks off, or is not built as the standard says.
    Malformed,
    /// A PDF without a signature.
    NotSigned,
    /// A p7m without the document inside.
    NoContentInside,
    /// More layers, signatures or revisions than are read.
    TooComplex,
    /// Another document than the one issued.
    AnotherDocument,
    /// The signing program wrote the PDF anew: that it says the same cannot be shown.
    Rewritten,
    /// The signed PDF was changed: pages, texts or forms, beyond the signature.
    Altered,
    /// Something was added after the signature.
    AppendedAfter,
    /// The signature leaves a part of the file out.
    PartlyCovered,
    /// The hash of the content is not the signed one.
    ContentChanged,
    /// The signature itself is wrong.
    WrongSignature,
    /// SHA-1 or MD5, or a short key.
    WeakAlgorithm,
    /// An algorithm that is not read here.
    UnknownAlgorithm,
    /// The certificate of the signer is not in the file.
    CertificateMissing,
    /// The signature does not name its certificate.
    CertificateNotNamed,
    /// The signature names another certificate.
    AnotherCertificate,
    /// The certificate is not for signing documents.
    NotForSigning,
    /// The certificate is for logging in, or does not say what it is for.
    ForAuthentication,
    /// No issuer is trusted here yet.
    NoAnchors,
    /// The issuer is not among those trusted.
    UnknownIssuer,
    /// The certificate vouches for itself.
    SelfSigned,
    /// A certificate of the chain breaks the rules of its issuer.
    ChainBroken,
    /// Not yet in force.
    NotYetValid,
    /// Expired.
    Expired,
    /// Revoked.
    Revoked,
    /// Suspended.
    Suspended,
    /// Nobody's list or answer says.
    NoRevocationData,
    /// Lists and answers are too old to say.
    RevocationDataStale,
    /// There is no time stamp: the time of arrival counts.
    NoTimestamp,
    /// The time stamp is not of this signature, or broken.
    TimestampWrong,
    /// Who stamped the time is not trusted here: the time of arrival counts.
    TimestampUntrusted,
    /// The certificate tells no codice fiscale.
    NoCodiceFiscale,
    /// The record has no codice fiscale to compare with.
    NothingToCompare,
    /// Another person signed.
    AnotherPerson,
}

impl Reason {
    /// The word of the interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AsItMustBe => "as_it_must_be",
            Self::TooLarge => "too_large",
            Self::NotASignature => "not_a_signature",
            Self::Malformed => "malformed",
            Self::NotSigned => "not_signed",
            Self::NoContentInside => "no_content_inside",
            Self::TooComplex => "too_complex",
            Self::AnotherDocument => "another_document",
            Self::Rewritten => "rewritten",
            Self::Altered => "altered",
            Self::AppendedAfter => "appended_after",
            Self::PartlyCovered => "partly_covered",
            Self::ContentChanged => "content_changed",
            Self::WrongSignature => "wrong_signature",
            Self::WeakAlgorithm => "weak_algorithm",
            Self::UnknownAlgorithm => "unknown_algorithm",
            Self::CertificateMissing => "certificate_missing",
            Self::CertificateNotNamed => "certificate_not_named",
            Self::AnotherCertificate => "another_certificate",
            Self::NotForSigning => "not_for_signing",
            Self::ForAuthentication => "for_authentication",
            Self::NoAnchors => "no_anchors",
            Self::UnknownIssuer => "unknown_issuer",
            Self::SelfSigned => "self_signed",
            Self::ChainBroken => "chain_broken",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::NoRevocationData => "no_revocation_data",
            Self::RevocationDataStale => "revocation_data_stale",
            Self::NoTimestamp => "no_timestamp",
            Self::TimestampWrong => "timestamp_wrong",
            Self::TimestampUntrusted => "timestamp_untrusted",
            Self::NoCodiceFiscale => "no_codice_fiscale",
            Self::NothingToCompare => "nothing_to_compare",
            Self::AnotherPerson => "another_person",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub code: CheckCode,
    /// Of which signature, counted from 0; none for the file.
    pub signature: Option<u16>,
    /// How it ended.
    pub result: Outcome,
    /// Why.
    pub reason: Reason,
}

/// Where the time comes from at which a certificate had to be in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// A time stamp (RFC 3161) of somebody trusted.
    Timestamp,
    /// The file came to us.
    Receipt,
}

/// A signature in the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFound {
    /// Name in the certificate; empty without a certificate.
    pub name: String,
    /// Codice fiscale in the certificate.
    pub codice_fiscale: Option<String>,
    /// Name of who issued the certificate.
    pub issuer: String,
    /// Serial number of the certificate, hex.
    pub serial: String,
    /// SHA-256 of the certificate, hex.
    pub certificate_sha256: String,
    /// When the certificate began, UTC.
    pub not_before: Option<DateTime<Utc>>,
    /// When the certificate ends, UTC.
    pub not_after: Option<DateTime<Utc>>,
    /// Whether the issuer says that it is a qualified one (eIDAS). What it says is not checked.
    pub claims_qualified: bool,
    /// The time the signer's own clock showed: a claim, no proof.
    pub claimed_at: Option<DateTime<Utc>>,
    /// The time that counts, UTC.
    pub proven_at: DateTime<Utc>,
    /// Where it comes from.
    pub time_source: TimeSource,
    /// SHA-256 of the signature's own bytes, hex.
    pub signature_sha256: String,
}

impl fmt::Debug for SignatureFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignatureFound(..)")
    }
}

/// The report on a file. It serialises as the JSON of the interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`Report::FORMAT`].
    pub report: String,
    /// What is thought of it all.
    pub verdict: Verdict,
    /// How the signature comes.
    pub format: Format,
    /// SHA-256 of the file, hex.
    pub file_sha256: String,
    /// SHA-256 of the document that was issued, hex.
    pub document_sha256: String,
    /// When it was checked, UTC.
    pub checked_at: DateTime<Utc>,
    /// The signatures that were found.
    pub signatures: Vec<SignatureFound>,
    /// The checks, those of the file first.
    pub checks: Vec<Check>,
}

impl Report {
    /// The value of `report`.
    pub const FORMAT: &str = "joinder-signature-report/1";

    /// What follows from checks: one failed is invalid, one unknown is not verifiable (R42). No check at
    /// all proves nothing.
    pub fn verdict_of(checks: &[Check]) -> Verdict {
        let any = |result| checks.iter().any(|check| check.result == result);
        if any(Outcome::Failed) {
            Verdict::Invalid
        } else if any(Outcome::Unknown) || checks.is_empty() {
            Verdict::NotVerifiable
        } else {
            Verdict::Valid
        }
    }

    /// The check that decided: the first that failed, else the first unknown.
    pub fn decisive(&self) -> Option<&Check> {
        let first = |result| self.checks.iter().find(|check| check.result == result);
        first(Outcome::Failed).or_else(|| first(Outcome::Unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: Outcome) -> Check {
        Check {
            code: CheckCode::Chain,
            signature: Some(0),
            result,
            reason: Reason::UnknownIssuer,
        }
    }

    #[test]
    fn r42_what_is_unknown_is_never_valid() {
        use Outcome::{Failed, Passed, Unknown};
        for (results, verdict) in [
            (vec![], Verdict::NotVerifiable),
            (vec![Passed, Passed], Verdict::Valid),
            (vec![Passed, Unknown], Verdict::NotVerifiable),
            (vec![Unknown, Failed, Passed], Verdict::Invalid),
        ] {
            let checks: Vec<Check> = results.into_iter().map(check).collect();
            assert_eq!(Report::verdict_of(&checks), verdict);
        }
    }

    #[test]
    fn words_are_those_of_the_json() {
        for code in CheckCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
        assert_eq!(
            serde_json::to_value(Reason::NoCodiceFiscale).unwrap(),
            Reason::NoCodiceFiscale.as_str()
        );
    }
}
