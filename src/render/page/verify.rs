//! `/verify`: is a mail one of ours (R14), and what does a receipt prove?

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::{Chrome, Errors};

/// A mail of ours: nothing personal.
#[derive(Debug, Clone)]
pub struct VerifiedMail {
    /// The association it was sent for.
    pub association: Option<String>,
    /// The kind's fixed word: `confirmation`, `otp`, `receipt`, ....
    pub kind: String,
    /// The day it was sent, Europe/Rome.
    pub sent_on: NaiveDate,
}

/// What a receipt proves: words of `receipt-*`, and what it says of itself.
#[derive(Debug, Clone)]
pub struct CheckedReceipt {
    /// `proved`, `refuted`, `unfinished`, `unreadable`.
    pub verdict: &'static str,
    /// Part with its outcome, and the outcome: `document-proved` and `proved`, ....
    pub parts: Vec<(String, &'static str)>,
    /// Who signed.
    pub signer: Option<String>,
    /// When, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// By when the log had it, by the clock of a time-stamping authority, UTC.
    pub stamped_at: Option<DateTime<Utc>>,
    /// SHA-256 of the PDF, hex.
    pub document_sha256: String,
    /// Name of the log.
    pub origin: Option<String>,
    /// Place in the log from 0, and entries of the log.
    pub place: Option<(u64, u64)>,
}

/// What a PDF with a seal is: words of `seal-*`, and what it says of itself.
#[derive(Debug, Clone)]
pub struct CheckedSeal {
    /// `ours`, `whole`, `broken`, `unsealed`.
    pub verdict: &'static str,
    /// SHA-256 of the document before the seal, hex.
    pub document_sha256: Option<String>,
    /// Whose certificates, and who issued them.
    pub holders: Vec<(String, String)>,
}

/// `GET /verify?code=`, and what `POST /verify` answers.
#[derive(Debug, Clone, Template)]
#[template(path = "page/verify.html")]
pub struct VerifyPage {
    /// Around the content.
    pub chrome: Chrome,
    /// What was typed; empty at first.
    pub code: String,
    /// The mail, if the code is one of ours.
    pub mail: Option<VerifiedMail>,
    /// True if a code was typed that is not ours.
    pub unknown: bool,
    /// The receipt, if one was checked.
    pub receipt: Option<CheckedReceipt>,
    /// The PDF, if one was checked.
    pub seal: Option<CheckedSeal>,
    /// None; the form's fields ask for it.
    pub errors: Errors,
}
