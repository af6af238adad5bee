//! `/me/sign`: read the document, accept each text, type the code.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::domain::signing::Report;

use super::{CaseHead, Chrome, Errors, association::AssociationCard};

/// A text to accept on its own.
#[derive(Debug, Clone, Default)]
pub struct AcceptField {
    /// `attestation_g`, `mandate_h` or `mandate_messa_in_mora`.
    pub kind: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the Italian text, hexadecimal.
    pub sha256: String,
    /// The Italian text: it binds.
    pub body: String,
    /// A translation to read it with, where the page is in another language.
    pub translation: Option<String>,
    /// True if nobody can sign without it.
    pub required: bool,
    /// Whether it was ticked.
    pub accepted: bool,
}

impl AcceptField {
    /// The paragraphs of the Italian text.
    pub fn paragraphs(&self) -> Vec<&str> {
        split(&self.body)
    }

    /// The paragraphs of the translation.
    pub fn translated(&self) -> Vec<&str> {
        self.translation.as_deref().map(split).unwrap_or_default()
    }

    /// The id of its box.
    pub fn id(&self) -> String {
        format!("accept-{}", self.kind.replace('_', "-"))
    }
}

fn split(text: &str) -> Vec<&str> {
    text.split("\n\n")
        .filter(|part| !part.trim().is_empty())
        .collect()
}

/// What there is to sign.
#[derive(Debug, Clone, Default)]
pub struct ToSign {
    /// The version.
    pub version: i32,
    /// SHA-256 of the PDF, hexadecimal.
    pub document_sha256: String,
    /// Sum of the amounts, euro cents.
    pub total_cents: i64,
}

/// Texts to accept; POST `/me/sign/code` with `document_sha256` and `accept[kind]=version`.
#[derive(Clone, Template)]
#[template(path = "page/sign.html")]
pub struct SignPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// What there is to sign.
    pub document: ToSign,
    /// The texts.
    pub texts: Vec<AcceptField>,
    /// Where the code goes, masked.
    pub email: String,
    /// What was refused: `/accept/attestation_g`, ...
    pub errors: Errors,
}

/// The code; POST `/me/sign` with `request_id`, `code` and `full_name`.
#[derive(Clone, Template)]
#[template(path = "page/sign_code.html")]
pub struct SignCodePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// What there is to sign.
    pub document: ToSign,
    /// Where the code went, masked.
    pub email: String,
    /// When the code ends, as things stand.
    pub expires_at: DateTime<Utc>,
    /// Whether it still counts.
    pub is_live: bool,
    /// Id of the request.
    pub request: String,
    /// What was accepted: kind and version, sent again with the wish for a new code.
    pub acceptances: Vec<(String, String)>,
    /// The words by which the will to sign is told, as they stand in the evidence; Italian.
    pub intent: &'static str,
    /// The typed code.
    pub code: String,
    /// The typed name.
    pub full_name: String,
    /// What was refused: `/code`, `/full_name`.
    pub errors: Errors,
}

/// The signed file; POST `/me/sign/file` as a form with `csrf`, `tier`, `request_id` and `file`.
#[derive(Clone, Template)]
#[template(path = "page/sign_file.html")]
pub struct SignFilePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// What there is to sign.
    pub document: ToSign,
    /// By when the file must come.
    pub expires_at: DateTime<Utc>,
    /// Whether it still counts.
    pub is_live: bool,
    /// Id of the request.
    pub request: String,
    /// What was found about the newest file, if one was refused.
    pub report: Option<ReportShown>,
    /// The words by which the will to sign is told, as they stand in the evidence; Italian.
    pub intent: &'static str,
    /// What was refused: `/file`.
    pub errors: Errors,
}

/// What was found about a file with a digital signature.
#[derive(Debug, Clone, Default)]
pub struct ReportShown {
    /// `valid`, `not_verifiable` or `invalid`.
    pub verdict: &'static str,
    /// When it was checked, UTC.
    pub checked_at: DateTime<Utc>,
    /// The checks: which, `passed`, `failed` or `unknown`, and why.
    pub checks: Vec<(&'static str, &'static str, &'static str)>,
}

impl From<&Report> for ReportShown {
    fn from(report: &Report) -> Self {
        let checks = report.checks.iter();
        Self {
            verdict: report.verdict.as_str(),
            checked_at: report.checked_at,
            checks: checks
                .map(|it| (it.code.as_str(), it.result.as_str(), it.reason.as_str()))
                .collect(),
        }
    }
}

/// Why it cannot be signed here now.
#[derive(Clone, Template)]
#[template(path = "page/sign_not.html")]
pub struct SignNotPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// The association: who signs on paper calls it.
    pub association: AssociationCard,
    /// The word of what stands in the way.
    pub hindrance: String,
    /// The sentence about it.
    pub sentence: String,
}
