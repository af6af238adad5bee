//! The mails to the people of an association: an invitation, what happened to what they sign in with, what waits
//! for a second person; and to its partner sites, that nothing more is delivered to them.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::domain::{
    language::Language,
    mail::{Mail, MailKind, one_line},
};
use crate::render::text::Text;

use super::{
    Frame, Framing, MAX_VALUE, RecordLine, RenderMailError, clean,
    framing::{english_time, german_time, italian_time},
};

/// A mail to a person of an association.
pub struct StaffMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The association, without case and reference. Its link takes the invitation up, or leads to the own
    /// account.
    pub record: RecordLine,
    /// What it is about.
    pub about: StaffAbout,
}

/// What a mail to a staff member is about.
pub enum StaffAbout {
    /// Somebody is asked to act for the association.
    Invitation {
        /// Word of the role.
        role: &'static str,
        /// Name of who invites.
        invited_by: String,
        /// When the link ends, UTC.
        expires_at: DateTime<Utc>,
    },
    /// A recovery code was used.
    RecoveryCode {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// The password was changed.
    Password {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// The authenticator app was changed.
    Factor {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// New recovery codes took the place of the old ones.
    RecoveryCodesMade {
        /// When, UTC.
        at: DateTime<Utc>,
    },
    /// Nothing more is delivered to an endpoint of a partner.
    Webhook {
        /// The name of its server.
        host: String,
        /// Word of the reason.
        why: &'static str,
        /// Since when, UTC.
        at: DateTime<Utc>,
    },
    /// Something waits for a second person.
    Approvals {
        /// Word of each kind, how many wait, and whether there are more.
        waiting: Vec<(&'static str, u64, bool)>,
    },
}

impl StaffMail {
    /// Renders the mail.
    ///
    /// # Errors
    ///
    /// `NotALink` for a bad link, `Template` if the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let frame = Frame {
            passages: self.frame.passages.without_record(),
            ..self.frame
        };
        let framing = Framing::new(&frame, std::slice::from_ref(&record))?;
        let text = Text::new(framing.language);
        let (kind, words) = words(text, &record.association_name, self.about);
        let content = Content {
            subject: words.subject.clone(),
            words,
            framing,
            record,
        };
        let plain = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind,
            language: content.framing.language,
            to: frame.to,
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
#[template(path = "mail/staff.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/staff.html")]
struct HtmlPart<'a>(&'a Content);

/// What both templates are filled from; everything in it is one clean line.
struct Content {
    subject: String,
    framing: Framing,
    record: RecordLine,
    words: Words,
}

struct Words {
    subject: String,
    intro: String,
    /// Items of a list under it.
    lines: Vec<String>,
    before: String,
    button: String,
    after: String,
}

fn words(text: Text, association: &str, about: StaffAbout) -> (MailKind, Words) {
    let say = |key: &str, values: &[(&'static str, String)]| {
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| (*name, value.as_str().into()))
            .collect();
        text.with(key, &values)
    };
    let told = |subject: &str, intro: &str, at: DateTime<Utc>| {
        let at = [("at", time(text, at))];
        let words = Words {
            subject: say(subject, &[]),
            intro: say(intro, &at),
            lines: Vec::new(),
            before: say("staff-mail-account-before", &[]),
            button: say("staff-mail-account-button", &[]),
            after: say("staff-mail-account-after", &[]),
        };
        (MailKind::StaffNotice, words)
    };
    match about {
        StaffAbout::Invitation {
            role,
            invited_by,
            expires_at,
        } => {
            let about = (role, invited_by.as_str(), expires_at);
            (
                MailKind::Invitation,
                invitation_words(text, association, about),
            )
        }
        StaffAbout::RecoveryCode { at } => told(
            "staff-mail-recovery-subject",
            "staff-mail-recovery-intro",
            at,
        ),
        StaffAbout::Password { at } => told(
            "staff-mail-password-subject",
            "staff-mail-password-intro",
            at,
        ),
        StaffAbout::Factor { at } => {
            told("staff-mail-factor-subject", "staff-mail-factor-intro", at)
        }
        StaffAbout::RecoveryCodesMade { at } => {
            told("staff-mail-codes-subject", "staff-mail-codes-intro", at)
        }
        StaffAbout::Webhook { host, why, at } => (
            MailKind::WebhookDisabled,
            webhook_words(text, association, (&host, why, at)),
        ),
        StaffAbout::Approvals { waiting } => (
            MailKind::ApprovalWaits,
            waiting_words(text, association, &waiting),
        ),
    }
}

/// That somebody is asked to act for the association, in which role, by whom and until when.
fn invitation_words(
    text: Text,
    association: &str,
    (role, invited_by, expires_at): (&str, &str, DateTime<Utc>),
) -> Words {
    let (association, name) = (association.to_owned(), one_line(invited_by, MAX_VALUE));
    let role = text.word("staff-mail-role", role);
    Words {
        subject: text.with(
            "staff-mail-invitation-subject",
            &[("association", association.clone().into())],
        ),
        intro: text.with(
            "staff-mail-invitation-intro",
            &[
                ("association", association.into()),
                ("name", name.into()),
                ("role", role.into()),
            ],
        ),
        lines: Vec::new(),
        before: text.get("staff-mail-invitation-before"),
        button: text.get("staff-mail-invitation-button"),
        after: text.with(
            "staff-mail-invitation-after",
            &[("at", time(text, expires_at).into())],
        ),
    }
}

/// What waits for a second person, counted by kind.
fn waiting_words(text: Text, association: &str, waiting: &[(&'static str, u64, bool)]) -> Words {
    let line = |(kind, count, more): &(&'static str, u64, bool)| {
        let shown = if *more {
            text.with("staff-mail-approval-many", &[("count", (*count).into())])
        } else {
            count.to_string()
        };
        let kind = text.word("staff-mail-approval-kind", kind);
        format!("{kind}: {shown}")
    };
    Words {
        subject: text.get("staff-mail-approval-subject"),
        intro: text.with(
            "staff-mail-approval-intro",
            &[("association", association.into())],
        ),
        lines: waiting.iter().map(line).collect(),
        before: text.get("staff-mail-approval-before"),
        button: text.get("staff-mail-approval-button"),
        after: text.get("staff-mail-approval-after"),
    }
}

/// That nothing more is delivered to an endpoint, why, and what to do.
fn webhook_words(
    text: Text,
    association: &str,
    (host, why, at): (&str, &str, DateTime<Utc>),
) -> Words {
    let at = time(text, at);
    Words {
        subject: text.get("staff-mail-webhook-subject"),
        intro: text.with(
            "staff-mail-webhook-intro",
            &[("association", association.into()), ("at", at.into())],
        ),
        lines: vec![
            text.with("staff-mail-webhook-endpoint", &[("host", host.into())]),
            text.word("staff-mail-webhook-why", why),
        ],
        before: text.get("staff-mail-webhook-before"),
        button: text.get("staff-mail-webhook-button"),
        after: text.get("staff-mail-webhook-after"),
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
