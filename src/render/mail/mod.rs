//! Values in, mails out: one struct of plain values and one `render` per mail.
//!
//! The mails that open records share one pair of templates; what differs are the words, in
//! `words`. The two mails of signing stand in `signing` and `receipt`. What stands around every
//! mail, and what an association says in its own words, is in `framing`. Each mail has a text and an HTML part that say the same, no image,
//! nothing remote and no promotion (R19).

mod control;
mod deficiency;
mod follow;
mod framing;
mod paper;
mod receipt;
mod rejection;
mod rights;
mod signing;
mod staff;
mod words;

#[cfg(test)]
mod signing_tests;
#[cfg(test)]
mod tests;

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{
    language::Language,
    mail::{Mail, MailKind, one_line},
    mail_text::Passages,
    partner_submission::BroughtBy,
};

use framing::Framing;
use words::Words;

pub use control::{ControlAbout, ControlMail};
pub use deficiency::DeficiencyMail;
pub use follow::{FollowAbout, FollowMail};
pub use paper::PaperRejectedMail;
pub use receipt::ReceiptMail;
pub use rejection::{RejectionMail, objection};
pub use rights::{RightsMail, RightsOutcome};
pub use signing::SigningCodeMail;
pub use staff::{StaffAbout, StaffMail};

/// A mail lists at most this many records.
pub const MAX_RECORDS: usize = 5;

/// Longest name or title shown, in characters.
const MAX_VALUE: usize = 120;

/// What every mail needs besides its content.
#[derive(Clone)]
pub struct Frame {
    /// The address it goes to.
    pub to: String,
    /// The language it is written in.
    pub language: Language,
    /// What the association says in its own words; empty where a mail spans several associations.
    pub passages: Passages,
    /// The code under which `/verify` knows this mail, `XXXX-XXXX-XXXX` (R14).
    pub mail_code: String,
    /// `{PUBLIC_BASE_URL}/verify`.
    pub verify_url: String,
}

/// One record of a claimant, as a mail shows it.
#[derive(Clone)]
pub struct RecordLine {
    /// The title of the case.
    pub case_title: String,
    /// The association that keeps the record.
    pub association_name: String,
    /// Its phone as people write it.
    pub association_phone: Option<String>,
    /// The reference of the record, 12 Crockford characters; empty where there is no record.
    pub reference: String,
    /// `{PUBLIC_BASE_URL}/confirm/{token}` or `/enter/{token}`; in the mails of signing a plain
    /// page without token.
    pub link: String,
    /// `{PUBLIC_BASE_URL}/not-me/{token}`: says that it was not the reader; mails somebody asked for
    /// have none.
    pub not_me: Option<String>,
    /// Of who is asked to confirm because an earlier list of the association names them: the day until which it
    /// was collected (art. 14 GDPR).
    pub listed_on: Option<NaiveDate>,
    /// Of who is asked to confirm because a partner sent their data: by whom (R57, art. 14 GDPR).
    pub brought_by: Option<BroughtBy>,
}

/// Asks to confirm the contact address of one sign-up (R15, R16).
pub struct ConfirmationMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The sign-up to confirm.
    pub record: RecordLine,
    /// Six digits that confirm as well as the link.
    pub code: String,
    /// When link and code end.
    pub expires_at: DateTime<Utc>,
}

/// Lets somebody enter their own record by link or code.
pub struct AccessMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The record to enter.
    pub record: RecordLine,
    /// Six digits that open it as well as the link.
    pub code: String,
    /// When link and code end.
    pub expires_at: DateTime<Utc>,
}

/// What the links of a mail do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// They lead to the button that confirms the address.
    Confirm,
    /// They lead into the record.
    Enter,
    /// As [`Purpose::Confirm`], asked again.
    Remind,
    /// They lead into the record of who is registered already: somebody signed up again as them.
    Registered,
}

impl Purpose {
    /// The kind under which a mail of this purpose is sent.
    pub fn kind(self) -> MailKind {
        match self {
            Self::Confirm => MailKind::Confirmation,
            Self::Enter => MailKind::Access,
            Self::Remind => MailKind::Reminder,
            Self::Registered => MailKind::AlreadyRegistered,
        }
    }
}

/// Answers a request that named only an address: lists its newest records, each with its link
/// (R18: sent to the address, never shown to who asked).
pub struct RecordsMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// What the links do.
    pub purpose: Purpose,
    /// Newest first, at least one; those after the fifth are not listed.
    pub records: Vec<RecordLine>,
    /// Six digits, shown only where there is exactly one record: a code without a record beside
    /// it would open nobody knows which.
    pub code: Option<String>,
    /// When the links end.
    pub expires_at: DateTime<Utc>,
}

/// Why a mail could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderMailError {
    /// A mail of records without a record.
    #[error("a mail lists no record")]
    NoRecord,
    /// A link is not `http(s)://` or holds a blank, a quote or a control character.
    #[error("a mail holds something that is not a link")]
    NotALink,
    /// A hash, code or id has not its form; says which.
    #[error("a mail holds something that is not {0}")]
    Malformed(&'static str),
    /// The template failed.
    #[error("a mail template failed")]
    Template(#[from] askama::Error),
}

impl ConfirmationMail {
    /// Renders the mail.
    ///
    /// # Errors
    ///
    /// `NotALink` for a bad link, `Template` if the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        render(
            self.frame,
            Purpose::Confirm,
            &[self.record],
            Some(&self.code),
            self.expires_at,
        )
    }
}

impl AccessMail {
    /// Renders the mail.
    ///
    /// # Errors
    ///
    /// `NotALink` for a bad link, `Template` if the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        render(
            self.frame,
            Purpose::Enter,
            &[self.record],
            Some(&self.code),
            self.expires_at,
        )
    }
}

impl RecordsMail {
    /// Renders the mail; with one record it reads as a [`ConfirmationMail`] or [`AccessMail`].
    ///
    /// # Errors
    ///
    /// `NoRecord` for an empty list, `NotALink` for a bad link, `Template` if the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let code = self.code.as_deref().filter(|_| self.records.len() == 1);
        render(
            self.frame,
            self.purpose,
            &self.records,
            code,
            self.expires_at,
        )
    }
}

#[derive(Template)]
#[template(path = "mail/records.txt")]
struct TextPart<'a>(&'a Content<'a>);

#[derive(Template)]
#[template(path = "mail/records.html")]
struct HtmlPart<'a>(&'a Content<'a>);

/// What both templates are filled from; everything in it is one clean line.
struct Content<'a> {
    subject: String,
    framing: Framing,
    words: &'a Words,
    records: &'a [RecordLine],
    code: Option<String>,
}

fn render(
    frame: Frame,
    purpose: Purpose,
    records: &[RecordLine],
    code: Option<&str>,
    expires_at: DateTime<Utc>,
) -> Result<Mail, RenderMailError> {
    let records: Vec<RecordLine> = records
        .iter()
        .take(MAX_RECORDS)
        .map(clean)
        .collect::<Result<_, _>>()?;
    if records.is_empty() {
        return Err(RenderMailError::NoRecord);
    }
    let code = code.map(|code| one_line(code, 16));
    let framing = Framing::new(&frame, &records)?;
    let words = Words::new(
        frame.language,
        purpose,
        &records,
        code.is_some(),
        expires_at,
    );
    let subject = match &code {
        Some(code) => format!("{}: {code}", words.subject),
        None => words.subject.to_owned(),
    };
    let content = Content {
        subject,
        framing,
        words: &words,
        records: &records,
        code,
    };
    let text = TextPart(&content).render()? + "\n";
    let html = HtmlPart(&content).render()?;
    Ok(Mail {
        kind: purpose.kind(),
        language: content.framing.language,
        to: frame.to,
        subject: content.subject,
        text,
        html,
        mail_code: content.framing.mail_code,
        attachments: Vec::new(),
        unsubscribe: None,
    })
}

/// The record with every value made one short line.
fn clean(record: &RecordLine) -> Result<RecordLine, RenderMailError> {
    Ok(RecordLine {
        case_title: one_line(&record.case_title, MAX_VALUE),
        association_name: one_line(&record.association_name, MAX_VALUE),
        association_phone: record
            .association_phone
            .as_deref()
            .map(|phone| one_line(phone, 32))
            .filter(|phone| !phone.is_empty()),
        reference: one_line(&record.reference, 32),
        link: link(&record.link)?.to_owned(),
        not_me: match &record.not_me {
            Some(not_me) => Some(link(not_me)?.to_owned()),
            None => None,
        },
        listed_on: record.listed_on,
        brought_by: match &record.brought_by {
            Some(brought) => Some(BroughtBy {
                partner: one_line(&brought.partner, MAX_VALUE),
                shown_on: brought.shown_on,
                notice: link(&brought.notice)?.to_owned(),
            }),
            None => None,
        },
    })
}

/// A link that can stand alone on a line and in an `href`.
fn link(value: &str) -> Result<&str, RenderMailError> {
    let is_web = value.starts_with("https://") || value.starts_with("http://");
    let is_clean = value
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&b));
    if is_web && is_clean && value.len() <= 900 {
        Ok(value)
    } else {
        Err(RenderMailError::NotALink)
    }
}

/// A SHA-256 as 64 hexadecimal digits, made lower case.
fn sha256(value: &str) -> Result<String, RenderMailError> {
    if value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(value.to_ascii_lowercase())
    } else {
        Err(RenderMailError::Malformed("a SHA-256"))
    }
}
