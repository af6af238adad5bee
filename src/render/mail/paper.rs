//! The mail to somebody whose hand-in on paper was not taken (R44): why, and what to do again.

use askama::Template;

use crate::domain::{
    language::Language,
    mail::{Mail, MailKind},
    paper::Flaw,
};

use super::{Frame, Framing, RecordLine, RenderMailError, clean};

/// Tells why a hand-in was not taken and what to do again. Nothing of the document, no words of staff: those
/// are in the record.
pub struct PaperRejectedMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The record; its link is the page for signing by hand, `{PUBLIC_BASE_URL}/me/paper`.
    pub record: RecordLine,
    /// Why it was not taken.
    pub flaw: Flaw,
}

impl PaperRejectedMail {
    /// Renders the mail, kind `paper_rejected`.
    ///
    /// # Errors
    ///
    /// `NotALink` for a bad link, `Template` if the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let framing = Framing::new(&self.frame, std::slice::from_ref(&record))?;
        let content = Content {
            subject: words(framing.language, self.flaw).subject,
            words: words(framing.language, self.flaw),
            framing,
            record,
        };
        let text = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind: MailKind::PaperRejected,
            language: content.framing.language,
            to: self.frame.to,
            subject: content.subject.to_owned(),
            text,
            html,
            mail_code: content.framing.mail_code,
            attachments: Vec::new(),
            unsubscribe: None,
        })
    }
}

#[derive(Template)]
#[template(path = "mail/paper.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/paper.html")]
struct HtmlPart<'a>(&'a Content);

struct Content {
    subject: &'static str,
    framing: Framing,
    words: Words,
    record: RecordLine,
}

struct Words {
    subject: &'static str,
    intro: &'static str,
    flaw: &'static str,
    again: &'static str,
    button: &'static str,
    help: &'static str,
}

fn words(language: Language, flaw: Flaw) -> Words {
    match language {
        Language::It => Words {
            subject: "Firma su carta: manca qualcosa",
            intro: "abbiamo controllato i fogli che hai consegnato, ma così non possiamo accettarli. La tua pratica resta aperta e non hai perso nulla.",
            flaw: italian(flaw),
            again: "Apri la tua pratica, leggi che cosa serve e consegna di nuovo tutte le pagine con le due facce del documento d'identità:",
            button: "Consegna di nuovo",
            help: "Non riesci? Chiama l'associazione: può caricare i fogli per te.",
        },
        Language::En => Words {
            subject: "Signature on paper: something is missing",
            intro: "we have checked the sheets you handed in, but cannot take them like this. Your record stays open and you have lost nothing.",
            flaw: english(flaw),
            again: "Open your record, read what is needed and hand in all pages again with both sides of the identity document:",
            button: "Hand in again",
            help: "It does not work? Call the association: it can upload the sheets for you.",
        },
        Language::De => Words {
            subject: "Unterschrift auf Papier: Etwas fehlt",
            intro: "wir haben die eingereichten Blätter geprüft, können sie so aber nicht annehmen. Ihre Akte bleibt offen, Sie haben nichts verloren.",
            flaw: german(flaw),
            again: "Öffnen Sie Ihre Akte, lesen Sie, was nötig ist, und reichen Sie alle Seiten mit beiden Seiten des Ausweises noch einmal ein:",
            button: "Noch einmal einreichen",
            help: "Es gelingt nicht? Rufen Sie den Verband an: Er kann die Blätter für Sie hochladen.",
        },
    }
}

fn italian(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::PagesMissing => "Mancano delle pagine: servono tutte, anche il foglio di consegna.",
        Flaw::Unreadable => {
            "Le immagini non si leggono: fotografale di nuovo con più luce, una pagina per volta."
        }
        Flaw::NotSigned => {
            "Manca una firma, il luogo o la data: le lettere g) e h) si firmano ognuna per conto suo."
        }
        Flaw::IdentityMissing => "Manca una faccia del documento d'identità, o non si legge.",
        Flaw::IdentityExpired => "Il documento d'identità non era valido nel giorno della firma.",
        Flaw::OtherVersion => {
            "Hai firmato una versione vecchia: stampa di nuovo il modulo dalla tua pratica."
        }
        Flaw::OtherPerson => "La firma o il documento d'identità non sono di chi deve firmare.",
    }
}

fn english(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::PagesMissing => "Pages are missing: all are needed, the hand-in sheet too.",
        Flaw::Unreadable => {
            "The images cannot be read: take them again with more light, one page at a time."
        }
        Flaw::NotSigned => {
            "A signature, the place or the date is missing: letters g) and h) are signed each on its own."
        }
        Flaw::IdentityMissing => "One side of the identity document is missing or cannot be read.",
        Flaw::IdentityExpired => "The identity document was not valid on the day of signing.",
        Flaw::OtherVersion => "You signed an old version: print the form from your record again.",
        Flaw::OtherPerson => {
            "The signature or the identity document is not that of the person who must sign."
        }
    }
}

fn german(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::PagesMissing => "Es fehlen Seiten: Nötig sind alle, auch das Abgabeblatt.",
        Flaw::Unreadable => {
            "Die Bilder sind nicht lesbar: Fotografieren Sie sie mit mehr Licht noch einmal, eine Seite nach der anderen."
        }
        Flaw::NotSigned => {
            "Es fehlt eine Unterschrift, der Ort oder das Datum: Die Buchstaben g) und h) werden einzeln unterschrieben."
        }
        Flaw::IdentityMissing => "Eine Seite des Ausweises fehlt oder ist nicht lesbar.",
        Flaw::IdentityExpired => "Der Ausweis war am Tag der Unterschrift nicht gültig.",
        Flaw::OtherVersion => {
            "Sie haben eine alte Fassung unterschrieben: Drucken Sie das Formular aus Ihrer Akte noch einmal."
        }
        Flaw::OtherPerson => {
            "Die Unterschrift oder der Ausweis ist nicht von der Person, die unterschreiben muss."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail_text::Passages;

    #[test]
    fn r44_each_flaw_is_told_in_each_language_with_the_way_to_do_it_again() {
        for language in Language::ALL {
            let mut told = Vec::new();
            for flaw in Flaw::ALL {
                let link = "https://joinder.example/me/paper";
                let mail = PaperRejectedMail {
                    frame: Frame {
                        to: "maria@example.org".to_owned(),
                        language,
                        passages: Passages::default(),
                        mail_code: "7K3M-Q9RT-4WXZ".to_owned(),
                        verify_url: "https://joinder.example/verify".to_owned(),
                    },
                    record: RecordLine {
                        case_title: "Libero <Mail>".to_owned(),
                        association_name: "Codacons".to_owned(),
                        association_phone: None,
                        reference: "4T7QXK9M2BR1".to_owned(),
                        link: link.to_owned(),
                        not_me: None,
                        listed_on: None,
                        brought_by: None,
                    },
                    flaw,
                };
                let mail = mail.render().unwrap();
                assert_eq!(mail.kind, MailKind::PaperRejected);
                assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
                assert!(mail.text.starts_with(&mail.subject));
                assert!(mail.html.contains("Libero &#60;Mail&#62;"), "{}", mail.html);
                let sentence = words(language, flaw).flaw;
                assert!(mail.text.contains(sentence));
                assert!(!told.contains(&sentence), "{sentence}");
                told.push(sentence);
            }
        }
    }
}
