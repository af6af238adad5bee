//! The mails about control: a code to a mailbox that failed (R30), a code for a change of the account, the notice that an
//! account was given, with the link that stops it (R26), both mails of a change of the contact, and the notice that a
//! pre-adhesion was withdrawn (R49).

use askama::Template;
use chrono::{DateTime, Utc};

use crate::domain::{
    language::Language,
    mail::{Mail, MailKind, one_line},
};
use crate::render::text::Text;

use super::{
    Frame, Framing, RecordLine, RenderMailError, clean,
    framing::{english_time, german_time, italian_time},
};

/// A mail about control.
pub struct ControlMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The record; its link stops an account in [`ControlAbout::Given`], a contact in [`ControlAbout::ContactChanged`], and
    /// leads to the button of [`ControlAbout::ContactLink`].
    pub record: RecordLine,
    /// What it is about.
    pub about: ControlAbout,
}

/// What a mail about control is about.
pub enum ControlAbout {
    /// The code that proves control of the mailbox it goes to. Its reader may be a stranger: the reference is
    /// not shown.
    Mailbox {
        /// Six digits.
        code: String,
        /// Its last instant.
        expires_at: DateTime<Utc>,
    },
    /// The code for a change of the account.
    Payout {
        /// Six digits.
        code: String,
        /// Its last instant.
        expires_at: DateTime<Utc>,
    },
    /// An account was given or changed.
    Given {
        /// Its IBAN, masked.
        iban: String,
        /// From when it counts; `None`: it is the first and counts already.
        counts_from: Option<DateTime<Utc>>,
    },
    /// The code that another contact needs, to the new address. Its reader may be a stranger: the reference is not
    /// shown.
    ContactCode {
        /// Six digits.
        code: String,
        /// Its last instant.
        expires_at: DateTime<Utc>,
    },
    /// The record is written to elsewhere; to the former address.
    ContactChanged {
        /// The new address, masked.
        email: String,
    },
    /// The reader of the former address took the change back; to the address that no longer counts. Nothing of the
    /// record is shown.
    ContactStopped,
    /// Staff typed this address in: to be confirmed by the link until then. Its reader may be a stranger: the
    /// reference is not shown.
    ContactLink(DateTime<Utc>),
    /// The pre-adhesion was withdrawn then.
    Withdrawn(DateTime<Utc>),
}

impl ControlMail {
    /// Renders the mail.
    ///
    /// # Errors
    ///
    /// `NotALink` for a bad link, `Template` if the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let framing = Framing::new(&self.frame, std::slice::from_ref(&record))?;
        let language = framing.language;
        let text = Text::new(language);
        let (kind, words) = self.about.words(text);
        let content = Content {
            subject: match &words.code {
                Some(code) => format!("{}: {code}", words.subject),
                None => words.subject.clone(),
            },
            shows_reference: !matches!(
                kind,
                MailKind::MailboxCode
                    | MailKind::ContactCode
                    | MailKind::ContactStopped
                    | MailKind::ContactLink
            ),
            code_word: if language == Language::It {
                "Codice"
            } else {
                "Code"
            },
            words,
            framing,
            record,
        };
        let plain = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind,
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

impl ControlAbout {
    fn words(self, text: Text) -> (MailKind, Words) {
        match self {
            Self::Mailbox { code, expires_at } => (
                MailKind::MailboxCode,
                Words::code(
                    text,
                    |part| text.word("control-mail-mailbox", part),
                    &code,
                    expires_at,
                ),
            ),
            Self::Payout { code, expires_at } => (
                MailKind::PayoutCode,
                Words::code(
                    text,
                    |part| text.word("control-mail-payout", part),
                    &code,
                    expires_at,
                ),
            ),
            Self::ContactCode { code, expires_at } => (
                MailKind::ContactCode,
                Words::code(
                    text,
                    |part| text.word("control-mail-contact", part),
                    &code,
                    expires_at,
                ),
            ),
            Self::Given { iban, counts_from } => (
                MailKind::PayoutNotice,
                Words::given(text, &iban, counts_from),
            ),
            Self::ContactChanged { email } => (
                MailKind::ContactNotice,
                Words::contact_changed(text, &email),
            ),
            Self::ContactStopped => (MailKind::ContactStopped, Words::contact_stopped(text)),
            Self::ContactLink(until) => (MailKind::ContactLink, Words::contact_link(text, until)),
            Self::Withdrawn(at) => (MailKind::Withdrawal, Words::withdrawn(text, at)),
        }
    }
}

#[derive(Template)]
#[template(path = "mail/control.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/control.html")]
struct HtmlPart<'a>(&'a Content);

/// What both templates are filled from; everything in it is one clean line.
struct Content {
    subject: String,
    framing: Framing,
    record: RecordLine,
    words: Words,
    code_word: &'static str,
    shows_reference: bool,
}

struct Words {
    subject: String,
    intro: String,
    /// Before the code or the account.
    before: String,
    code: Option<String>,
    /// The account or the address, masked.
    account: Option<String>,
    /// Until when the code works, or from when the account counts.
    when: String,
    /// What to do if it was not the reader; before the link where there is one.
    not_you: String,
    /// On the link that stops.
    button: Option<String>,
    /// After everything.
    after: String,
}

impl Words {
    fn code(
        text: Text,
        say: impl Fn(&str) -> String,
        code: &str,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self {
            subject: say("subject"),
            intro: say("intro"),
            before: say("before"),
            code: Some(one_line(code, 16)),
            account: None,
            when: text.with(
                "control-mail-until",
                &[("at", time(text, expires_at).as_str().into())],
            ),
            not_you: say("not-you"),
            button: None,
            after: text.get("control-mail-secret"),
        }
    }

    fn given(text: Text, iban: &str, counts_from: Option<DateTime<Utc>>) -> Self {
        let say = |part: &str| text.word("control-mail-given", part);
        let when = match counts_from {
            Some(at) => text.with(
                "control-mail-given-from",
                &[("at", time(text, at).as_str().into())],
            ),
            None => say("now"),
        };
        Self {
            subject: say(if counts_from.is_some() {
                "subject-change"
            } else {
                "subject"
            }),
            intro: say(if counts_from.is_some() {
                "intro-change"
            } else {
                "intro"
            }),
            before: say("account"),
            code: None,
            account: Some(one_line(iban, 50)),
            when,
            not_you: say("not-you"),
            button: Some(say("stop")),
            after: say("after"),
        }
    }

    fn contact_changed(text: Text, email: &str) -> Self {
        let say = |part: &str| text.word("control-mail-changed", part);
        Self {
            subject: say("subject"),
            intro: say("intro"),
            before: say("address"),
            code: None,
            account: Some(one_line(email, 254)),
            when: say("now"),
            not_you: say("not-you"),
            button: Some(say("stop")),
            after: say("after"),
        }
    }

    fn contact_stopped(text: Text) -> Self {
        let say = |part: &str| text.word("control-mail-stopped", part);
        Self {
            subject: say("subject"),
            intro: say("intro"),
            before: say("back"),
            code: None,
            account: None,
            when: say("account"),
            not_you: say("was-you"),
            button: None,
            after: say("after"),
        }
    }

    fn contact_link(text: Text, until: DateTime<Utc>) -> Self {
        let say = |part: &str| text.word("control-mail-link", part);
        Self {
            subject: say("subject"),
            intro: say("intro"),
            before: say("before"),
            code: None,
            account: None,
            when: text.with(
                "control-mail-link-until",
                &[("at", time(text, until).as_str().into())],
            ),
            not_you: say("was-you"),
            button: Some(say("open")),
            after: say("after"),
        }
    }

    fn withdrawn(text: Text, at: DateTime<Utc>) -> Self {
        let say = |part: &str| text.word("control-mail-withdrawn", part);
        Self {
            subject: say("subject"),
            intro: text.with(
                "control-mail-withdrawn-intro",
                &[("at", time(text, at).as_str().into())],
            ),
            before: say("lists"),
            code: None,
            account: None,
            when: say("back"),
            not_you: say("not-you"),
            button: Some(say("page")),
            after: say("after"),
        }
    }
}

/// A time as a sentence of the language says it.
fn time(text: Text, at: DateTime<Utc>) -> String {
    match text.language() {
        Language::It => italian_time(at),
        Language::En => english_time(at),
        Language::De => german_time(at),
    }
}
