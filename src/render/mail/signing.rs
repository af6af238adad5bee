//! The mail with the code that signs a declaration (R43). It holds no link that signs: the code is
//! typed by hand, on a page that shows the document.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::domain::{
    language::Language,
    mail::{Mail, MailKind, one_line},
};

use super::{
    Frame, Framing, RecordLine, RenderMailError, clean,
    framing::{english_time, german_time, italian_time},
    sha256,
};

/// Longest intent, in characters.
const MAX_INTENT: usize = 1_000;

/// Carries the six digits that sign one version of a declaration.
pub struct SigningCodeMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The record; its link is the page where the code is typed, `{PUBLIC_BASE_URL}/me/sign`.
    pub record: RecordLine,
    /// Six digits.
    pub code: String,
    /// SHA-256 of the document to sign, 64 hexadecimal digits.
    pub document_sha256: String,
    /// The version of the declaration, from 1.
    pub document_version: u32,
    /// What signing with the code declares: one Italian line, shown whole in every language, as it
    /// stands in the evidence. At most 1,000 characters.
    pub intent: String,
    /// When the code ends, as the request for it says: ten minutes after the request.
    pub expires_at: DateTime<Utc>,
}

impl SigningCodeMail {
    /// Renders the mail, kind `otp`.
    ///
    /// # Errors
    ///
    /// `Malformed` for a code, hash or intent that is none, `NotALink` for a bad link, `Template` if
    /// the template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let framing = Framing::new(&self.frame, std::slice::from_ref(&record))?;
        let code = six_digits(self.code)?;
        let hash = sha256(&self.document_sha256)?;
        let words = match framing.language {
            Language::It => italian(&framing.senders, self.document_version, self.expires_at),
            Language::En => english(&framing.senders, self.document_version, self.expires_at),
            Language::De => german(&framing.senders, self.document_version, self.expires_at),
        };
        let content = Content {
            subject: format!("{}: {code}", words.subject),
            short_hash: shortened(&hash),
            intent: whole_intent(&self.intent)?,
            framing,
            words,
            record,
            code,
            hash,
        };
        let text = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind: MailKind::Otp,
            language: content.framing.language,
            to: self.frame.to,
            subject: content.subject,
            text,
            html,
            mail_code: content.framing.mail_code,
            attachments: Vec::new(),
            unsubscribe: None,
        })
    }
}

#[derive(Template)]
#[template(path = "mail/signing.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/signing.html")]
struct HtmlPart<'a>(&'a Content);

/// What both templates are filled from; everything in it is one clean line.
struct Content {
    subject: String,
    framing: Framing,
    words: Words,
    record: RecordLine,
    code: String,
    hash: String,
    /// First and last eight characters, as the page shows them.
    short_hash: String,
    intent: String,
}

struct Words {
    /// Subject and first line, before the code.
    subject: &'static str,
    intro: &'static str,
    document: &'static str,
    /// Kind and version of the document.
    document_is: String,
    fingerprint: &'static str,
    type_code: &'static str,
    /// `Codice` or `Code`: machines read the line it starts.
    code: &'static str,
    page: &'static str,
    button: &'static str,
    check: &'static str,
    intent: &'static str,
    legal: &'static str,
    expiry: String,
    secret: &'static str,
    not_you: String,
    whole_hash: &'static str,
}

fn italian(senders: &str, version: u32, expires_at: DateTime<Utc>) -> Words {
    let until = italian_time(expires_at);
    Words {
        subject: "Codice per firmare",
        intro: "hai chiesto di firmare la tua dichiarazione di danno. Ti serve questo codice.",
        document: "Documento",
        document_is: format!("dichiarazione di danno, versione {version}"),
        fingerprint: "Impronta del documento",
        type_code: "Per firmare, scrivi questo codice nella pagina della firma:",
        code: "Codice",
        page: "La pagina della firma è questa. Se la apri, non firmi ancora nulla:",
        button: "Vai alla pagina della firma",
        check: "Prima leggi il documento. L'impronta nella pagina deve essere uguale a questa.",
        intent: "Se scrivi il codice, dichiari:",
        legal: "È una firma vera: la dichiarazione ha effetti legali. \
                Chi dichiara il falso può essere punito (art. 76 D.P.R. 445/2000).",
        expiry: format!(
            "Il codice vale 10 minuti e una volta sola: fino a {until}. \
             Se il messaggio è arrivato tardi, guarda nella pagina fino a quando vale."
        ),
        secret: "Non dare il codice a nessuno e non inoltrare questo messaggio. \
                 Nessuno dell'associazione te lo chiede mai: né al telefono, né per e-mail.",
        not_you: format!(
            "Non l'hai chiesto tu? Non usare il codice: senza il codice nessuno può firmare. \
             Avvisa subito {senders}."
        ),
        whole_hash: "Impronta intera del documento (SHA-256):",
    }
}

fn english(senders: &str, version: u32, expires_at: DateTime<Utc>) -> Words {
    let until = english_time(expires_at);
    Words {
        subject: "Code to sign",
        intro: "you asked to sign your damage declaration. You need this code.",
        document: "Document",
        document_is: format!("damage declaration, version {version}"),
        fingerprint: "Fingerprint of the document",
        type_code: "To sign, type this code on the signing page:",
        code: "Code",
        page: "This is the signing page. Opening it signs nothing yet:",
        button: "Go to the signing page",
        check: "Read the document first. The fingerprint on the page must be the same as this one.",
        intent: "If you type the code, you declare (in Italian, the language of the document):",
        legal: "It is a real signature: the declaration has legal effects. \
                Whoever declares what is false can be punished (art. 76 D.P.R. 445/2000).",
        expiry: format!(
            "The code lasts 10 minutes and works once: until {until}. \
             If this message came late, see on the page until when it works."
        ),
        secret: "Give the code to nobody and do not forward this message. \
                 Nobody of the association ever asks you for it: not by phone, not by e-mail.",
        not_you: format!(
            "You did not ask for this? Do not use the code: without it nobody can sign. \
             Tell {senders} at once."
        ),
        whole_hash: "Whole fingerprint of the document (SHA-256):",
    }
}

fn german(senders: &str, version: u32, expires_at: DateTime<Utc>) -> Words {
    let until = german_time(expires_at);
    Words {
        subject: "Code zum Unterschreiben",
        intro: "Sie möchten Ihre Schadenserklärung unterschreiben. Dafür brauchen Sie diesen Code.",
        document: "Dokument",
        document_is: format!("Schadenserklärung, Fassung {version}"),
        fingerprint: "Fingerabdruck des Dokuments",
        type_code: "Um zu unterschreiben, geben Sie diesen Code auf der Seite der Unterschrift ein:",
        code: "Code",
        page: "Das ist die Seite der Unterschrift. Wer sie öffnet, unterschreibt noch nichts:",
        button: "Zur Seite der Unterschrift",
        check: "Lesen Sie zuerst das Dokument. Der Fingerabdruck auf der Seite muss derselbe sein \
                wie dieser.",
        intent: "Wenn Sie den Code eingeben, erklären Sie \
                 (auf Italienisch, der Sprache des Dokuments):",
        legal: "Es ist eine echte Unterschrift: Die Erklärung hat rechtliche Wirkung. \
                Wer Falsches erklärt, kann bestraft werden (Art. 76 D.P.R. 445/2000).",
        expiry: format!(
            "Der Code gilt 10 Minuten und nur einmal: bis {until}. \
             Wenn die Nachricht spät kam, sehen Sie auf der Seite, bis wann er gilt."
        ),
        secret: "Geben Sie den Code niemandem und leiten Sie diese Nachricht nicht weiter. \
                 Niemand vom Verband fragt Sie je danach: weder am Telefon noch per E-Mail.",
        not_you: format!(
            "Haben Sie das nicht verlangt? Verwenden Sie den Code nicht: Ohne ihn kann niemand \
             unterschreiben. Verständigen Sie sofort {senders}."
        ),
        whole_hash: "Ganzer Fingerabdruck des Dokuments (SHA-256):",
    }
}

fn six_digits(code: String) -> Result<String, RenderMailError> {
    if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) {
        Ok(code)
    } else {
        Err(RenderMailError::Malformed("a code"))
    }
}

/// The intent as one line. A shortened one would not be what is signed: it is refused.
fn whole_intent(intent: &str) -> Result<String, RenderMailError> {
    let line = one_line(intent, usize::MAX);
    if line.is_empty() || line.chars().count() > MAX_INTENT {
        Err(RenderMailError::Malformed("an intent"))
    } else {
        Ok(line)
    }
}

/// `fbd64ca0…5e5d8f5c`: the first and last eight of 64 characters.
fn shortened(hash: &str) -> String {
    let first = hash.chars().take(8);
    let last = hash.chars().skip(56);
    first.chain(['…']).chain(last).collect()
}
