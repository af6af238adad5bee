//! The mail about what is missing for the court, letter by letter, and until when (R2).

use askama::Template;
use chrono::NaiveDate;

use crate::domain::mail::{Mail, MailKind};
use crate::domain::readiness;
use crate::render::text::Text;

use super::{Frame, Framing, RecordLine, RenderMailError, clean};

/// Asks for what is missing.
pub struct DeficiencyMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The record; its link is `{PUBLIC_BASE_URL}/me`.
    pub record: RecordLine,
    /// Letters of art. 840-septies, in order; `b_correction` for an identity that is there and to be corrected.
    pub letters: Vec<String>,
    /// Last day for them.
    pub due_on: NaiveDate,
    /// Day of the declaration that is there and only not signed: then its letters are told as the signature.
    pub declared_on: Option<NaiveDate>,
}

/// Keys of what differs where nothing is missing: identity alone is to be looked at and corrected.
struct Keys {
    subject: &'static str,
    intro: &'static str,
    missing: &'static str,
    page: &'static str,
    button: &'static str,
}

const MISSING: Keys = Keys {
    subject: "deficiency-mail-subject",
    intro: "deficiency-mail-intro",
    missing: "deficiency-mail-missing",
    page: "deficiency-mail-page",
    button: "deficiency-mail-button",
};
const CORRECTION: Keys = Keys {
    subject: "deficiency-mail-correct-subject",
    intro: "deficiency-mail-correct-intro",
    missing: "deficiency-mail-correct-missing",
    page: "deficiency-mail-correct-page",
    button: "deficiency-mail-correct-button",
};

impl DeficiencyMail {
    /// Renders the mail, kind `deficiency`.
    ///
    /// # Errors
    /// `NotALink` for a bad link, `Template` if the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let framing = Framing::new(&self.frame, std::slice::from_ref(&record))?;
        let language = framing.language;
        let text = Text::new(language);
        let day = text.date(self.due_on);
        let words = if self.letters.iter().all(|letter| letter == "b_correction") {
            &CORRECTION
        } else {
            &MISSING
        };
        let letters = readiness::told(&self.letters, self.declared_on.is_some());
        let sentence = |letter: &String| match self.declared_on {
            Some(day) if letter == readiness::SIGNATURE => text.with(
                "deficiency-letter-signature",
                &[("date", text.date(day).into())],
            ),
            _ => text.word("deficiency-letter", letter),
        };
        let content = Content {
            subject: text.with(words.subject, &[("date", day.clone().into())]),
            intro: text.get(words.intro),
            missing: text.get(words.missing),
            letters: letters.iter().map(sentence).collect(),
            until: text.with("deficiency-mail-until", &[("date", day.into())]),
            page: text.get(words.page),
            button: text.get(words.button),
            done: text.get("deficiency-mail-done"),
            framing,
            record,
        };
        let plain = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind: MailKind::Deficiency,
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
#[template(path = "mail/deficiency.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/deficiency.html")]
struct HtmlPart<'a>(&'a Content);

/// What both templates are filled from; everything in it is one clean line.
struct Content {
    subject: String,
    framing: Framing,
    record: RecordLine,
    intro: String,
    missing: String,
    letters: Vec<String>,
    until: String,
    page: String,
    button: String,
    done: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::render::mail::tests::{frame, record};

    fn mail(declared_on: Option<NaiveDate>) -> Mail {
        let letters = ["d", "e", "f", "g", "h", "i"].map(str::to_owned);
        let mail = DeficiencyMail {
            frame: frame(Language::It),
            record: record(1),
            letters: letters.to_vec(),
            due_on: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
            declared_on,
        };
        mail.render().unwrap()
    }

    #[test]
    fn r2_a_declaration_that_is_there_is_asked_for_its_signature_alone() {
        let signature = "Della dichiarazione del 23 novembre 2026 manca solo la tua firma.";
        let unsigned = mail(NaiveDate::from_ymd_opt(2026, 11, 23));
        assert!(unsigned.text.contains(signature), "{}", unsigned.text);
        assert!(!unsigned.text.contains("Che cosa chiedi"));
        assert!(unsigned.text.contains("IBAN"));
        let undeclared = mail(None);
        assert!(undeclared.text.contains("Che cosa chiedi"));
        assert!(!undeclared.text.contains("manca solo la tua firma"));
    }
}
