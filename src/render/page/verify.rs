//! `/verify`: is a mail one of ours? (R14)

use askama::Template;
use chrono::NaiveDate;

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

/// `GET /verify?code=`.
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
    /// None; the form's fields ask for it.
    pub errors: Errors,
}
