//! The mail about a request about data: it came in, its term was extended, or it was answered
//! (art. 12 GDPR, R60).

use askama::Template;
use chrono::NaiveDate;

use crate::domain::{
    language::Language,
    mail::{Mail, MailKind, one_line},
};
use crate::render::text::Text;

use super::{Frame, Framing, RecordLine, RenderMailError, clean};

/// Longest reason, in characters.
const MAX_REASON: usize = 500;

/// Tells what became of a request.
pub struct RightsMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The record; its link is `{PUBLIC_BASE_URL}/me`.
    pub record: RecordLine,
    /// Word of what was asked for: `rectification`, ...
    pub kind: String,
    /// Day it was received.
    pub received_on: NaiveDate,
    /// What happened.
    pub outcome: RightsOutcome,
    /// Why, in the words of the staff: one line; none where nothing was decided.
    pub reason: Option<String>,
}

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RightsOutcome {
    /// It came in: the last day of the term.
    Received(NaiveDate),
    /// The term is longer: its last day.
    Extended(NaiveDate),
    /// It was answered: word of the decision, and of what becomes of the data where something does:
    /// `erasing`, `restricted` or `kept`.
    Answered(String, Option<&'static str>),
    /// The restriction ends: from which day the data are used again.
    Lifting(NaiveDate),
}

impl RightsMail {
    /// Renders the mail, kind `rights`.
    ///
    /// # Errors
    ///
    /// `NotALink` for a bad link, `Template` if the template fails.
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of mail")]
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let framing = Framing::new(&self.frame, std::slice::from_ref(&record))?;
        let language = framing.language;
        let text = Text::new(language);
        let (subject, outcome) = match &self.outcome {
            RightsOutcome::Received(day) => (
                text.get("rights-mail-received-subject"),
                text.with("rights-mail-received", &[("date", text.date(*day).into())]),
            ),
            RightsOutcome::Extended(day) => (
                text.get("rights-mail-extended-subject"),
                text.with("rights-mail-extended", &[("date", text.date(*day).into())]),
            ),
            RightsOutcome::Answered(decision, _) => (
                text.get("rights-mail-answered-subject"),
                text.word("rights-mail-answered", decision),
            ),
            RightsOutcome::Lifting(day) => (
                text.get("rights-mail-lifting-subject"),
                text.with("rights-mail-lifting", &[("date", text.date(*day).into())]),
            ),
        };
        let is_received = matches!(self.outcome, RightsOutcome::Received(_));
        let became = match &self.outcome {
            RightsOutcome::Answered(_, became) => *became,
            RightsOutcome::Received(_) | RightsOutcome::Extended(_) | RightsOutcome::Lifting(_) => {
                None
            }
        };
        let content = Content {
            subject,
            intro: text.with(
                "rights-mail-intro",
                &[("date", text.date(self.received_on).into())],
            ),
            asked: text.get("rights-mail-asked"),
            kind: text.word("rights-kind", &self.kind),
            outcome,
            reason_is: text.get("rights-mail-reason"),
            reason: self.reason.map(|reason| one_line(&reason, MAX_REASON)),
            not_you: is_received.then(|| text.get("rights-mail-not-you")),
            became: became.map(|word| text.word("rights-mail-became", word)),
            // a page that is about to be gone is no place to go to
            page_stays: became != Some("erasing"),
            page: text.get("rights-mail-page"),
            button: text.get("rights-mail-button"),
            // nothing was decided yet
            garante: (!is_received).then(|| text.get("rights-mail-garante")),
            reason_language: Language::It.as_str(),
            framing,
            record,
        };
        let plain = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind: MailKind::Rights,
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
#[template(path = "mail/rights.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/rights.html")]
struct HtmlPart<'a>(&'a Content);

/// What both templates are filled from; everything in it is one clean line.
struct Content {
    subject: String,
    framing: Framing,
    record: RecordLine,
    intro: String,
    asked: String,
    kind: String,
    outcome: String,
    reason_is: String,
    reason: Option<String>,
    not_you: Option<String>,
    reason_language: &'static str,
    became: Option<String>,
    page_stays: bool,
    page: String,
    button: String,
    garante: Option<String>,
}
