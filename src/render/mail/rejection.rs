//! The notice that a record was rejected: why, what its claimant can do and until when.

use askama::Template;
use chrono::NaiveDate;

use crate::domain::mail::{Mail, MailKind, one_line};
use crate::domain::rejection::RejectionCode;
use crate::render::text::Text;

use super::{Frame, Framing, RecordLine, RenderMailError, clean};

/// Tells that a record was rejected.
pub struct RejectionMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The record; its link is `{PUBLIC_BASE_URL}/me`.
    pub record: RecordLine,
    /// Why.
    pub code: RejectionCode,
    /// In the words of the association.
    pub words: Option<String>,
    /// The day it was rejected.
    pub rejected_on: NaiveDate,
    /// Last day to object.
    pub object_until: NaiveDate,
    /// Where the association is written to; without it, it is phoned.
    pub association_email: Option<String>,
}

/// How and until when to object: by phone, and in writing where the association has an address. On pages too.
pub fn objection(text: Text, until: NaiveDate, email: Option<&str>) -> String {
    let date = text.date(until);
    match email.map(|email| one_line(email, 254)) {
        Some(email) => text.with(
            "rejection-mail-object-write",
            &[
                ("date", date.as_str().into()),
                ("email", email.as_str().into()),
            ],
        ),
        None => text.with("rejection-mail-object", &[("date", date.as_str().into())]),
    }
}

impl RejectionMail {
    /// Renders the mail, kind `rejection`.
    ///
    /// # Errors
    /// `NotALink` for a bad link, `Template` if the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let framing = Framing::new(&self.frame, std::slice::from_ref(&record))?;
        let language = framing.language;
        let text = Text::new(language);
        let dated =
            |key: &str, day: NaiveDate| text.with(key, &[("date", text.date(day).as_str().into())]);
        let object = objection(text, self.object_until, self.association_email.as_deref());
        let content = Content {
            subject: text.get("rejection-mail-subject"),
            intro: dated("rejection-mail-intro", self.rejected_on),
            why: text.get("rejection-mail-why"),
            reason: text.word("rejection-mail-code", self.code.as_str()),
            words: self.words.map(|words| one_line(&words, 500)),
            said: text.get("rejection-mail-said"),
            object,
            again: text.get("rejection-mail-again"),
            own: text.get("rejection-mail-own"),
            data: text.get("rejection-mail-data"),
            button: text.get("rejection-mail-button"),
            framing,
            record,
        };
        let plain = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind: MailKind::Rejection,
            language,
            to: self.frame.to,
            subject: content.subject,
            text: plain,
            html,
            mail_code: content.framing.mail_code,
            attachments: Vec::new(),
            unsubscribe: None,
        })
    }
}

#[derive(Template)]
#[template(path = "mail/rejection.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/rejection.html")]
struct HtmlPart<'a>(&'a Content);

/// What both templates are filled from; everything in it is one clean line.
struct Content {
    subject: String,
    framing: Framing,
    record: RecordLine,
    intro: String,
    /// Before the reason.
    why: String,
    reason: String,
    /// Before the words.
    said: String,
    words: Option<String>,
    /// Until when and how to object.
    object: String,
    /// Signing up anew.
    again: String,
    /// What the claimant can do without us.
    own: String,
    /// Before the link.
    data: String,
    button: String,
}
