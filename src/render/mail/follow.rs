//! The mails to who follows a case: the link to confirm the address, and the news with the link that ends
//! them (R16, R20); and the messages of an association to many claimants, with the link that stops those.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{
    case_update::{LONGEST_TEXT, UpdateText},
    language::Language,
    mail::{Mail, MailKind, one_line},
};
use crate::render::text::Text;

use super::{
    Frame, Framing, MAX_VALUE, RecordLine, RenderMailError, clean,
    framing::{english_time, german_time, italian_time},
    link,
};

/// A mail to who follows a case.
pub struct FollowMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// Case and association; a reference in messages to claimants only. Its link confirms, leads to all news, or
    /// to the own record.
    pub record: RecordLine,
    /// What it is about.
    pub about: FollowAbout,
}

/// What a mail to a follower is about.
pub enum FollowAbout {
    /// Somebody gave the address: its reader confirms.
    Confirm {
        /// When the link ends, UTC.
        expires_at: DateTime<Utc>,
    },
    /// News.
    Update {
        /// What they say, perhaps in another language than the mail.
        text: UpdateText,
        /// The day they were published, Europe/Rome.
        published_on: NaiveDate,
        /// Link that ends following.
        unsubscribe: String,
    },
    /// A message to claimants.
    Message {
        /// What it says, perhaps in another language than the mail.
        text: UpdateText,
        /// The day it was sent to all, Europe/Rome.
        sent_on: NaiveDate,
        /// Link that stops messages.
        unsubscribe: String,
    },
}

impl FollowMail {
    /// Renders the mail.
    ///
    /// # Errors
    ///
    /// `NotALink` for a bad link, `Template` if the template fails.
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of mail")]
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let frame = Frame {
            passages: if self.record.reference.is_empty() {
                self.frame.passages.without_record()
            } else {
                self.frame.passages
            },
            ..self.frame
        };
        let framing = Framing::new(&frame, std::slice::from_ref(&record))?;
        let language = framing.language;
        let text = Text::new(language);
        let (kind, words, unsubscribe) = match self.about {
            FollowAbout::Confirm { expires_at } => (
                MailKind::FollowConfirmation,
                Words::confirm(text, expires_at),
                None,
            ),
            FollowAbout::Update {
                text: news,
                published_on,
                unsubscribe,
            } => {
                let end = link(&unsubscribe)?.to_owned();
                (
                    MailKind::CaseUpdate,
                    Words::news(
                        text,
                        |part| text.word("follow-mail-update", part),
                        &news,
                        published_on,
                    ),
                    Some(end),
                )
            }
            FollowAbout::Message {
                text: news,
                sent_on,
                unsubscribe,
            } => {
                let end = link(&unsubscribe)?.to_owned();
                (
                    MailKind::Message,
                    Words::news(text, |part| text.word("message-mail", part), &news, sent_on),
                    Some(end),
                )
            }
        };
        let content = Content {
            subject: words.subject.clone(),
            words,
            framing,
            record,
            unsubscribe,
        };
        let plain = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind,
            language,
            to: frame.to,
            subject: content.subject,
            text: plain,
            html,
            mail_code: content.framing.mail_code,
            attachments: Vec::new(),
            unsubscribe: content.unsubscribe,
        })
    }
}

#[derive(Template)]
#[template(path = "mail/follow.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/follow.html")]
struct HtmlPart<'a>(&'a Content);

/// What both templates are filled from; everything but the news is one clean line.
struct Content {
    subject: String,
    framing: Framing,
    record: RecordLine,
    words: Words,
    /// Ends following; none in a confirmation.
    unsubscribe: Option<String>,
}

struct Words {
    subject: String,
    intro: String,
    /// The news: word of their language, and paragraphs; the title is the subject.
    news: Option<News>,
    /// Before the link.
    before: String,
    /// On the button.
    button: String,
    /// After the link, where there is more to say.
    after: Option<String>,
    /// Before the link that ends following, and on it.
    end: String,
    end_link: String,
}

struct News {
    language: &'static str,
    paragraphs: Vec<Vec<String>>,
    published: String,
}

impl Words {
    fn confirm(text: Text, expires_at: DateTime<Utc>) -> Self {
        let say = |part: &str| text.word("follow-mail-confirm", part);
        let at = time(text, expires_at);
        Self {
            subject: say("subject"),
            intro: say("intro"),
            news: None,
            before: say("before"),
            button: say("button"),
            after: Some(text.with("follow-mail-confirm-after", &[("at", at.as_str().into())])),
            end: String::new(),
            end_link: String::new(),
        }
    }

    /// News or a message; `say` gives the other words.
    fn news(
        text: Text,
        say: impl Fn(&str) -> String,
        news: &UpdateText,
        published_on: NaiveDate,
    ) -> Self {
        let paragraphs = news.paragraphs().into_iter();
        let line = |line: &str| one_line(line, LONGEST_TEXT);
        Self {
            subject: one_line(&news.title, MAX_VALUE),
            intro: say("intro"),
            news: Some(News {
                language: news.language.as_str(),
                paragraphs: paragraphs
                    .map(|lines| lines.into_iter().map(line).collect())
                    .collect(),
                published: text.date(published_on),
            }),
            before: say("before"),
            button: say("button"),
            after: None,
            end: say("end"),
            end_link: say("end-link"),
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
