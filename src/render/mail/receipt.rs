//! The mail a claimant keeps after signing: what was signed, when, and how that is proved later.
//!
//! What was signed is a pre-adesione and is called nothing else (R1).

use askama::Template;
use chrono::{DateTime, Utc};

use crate::domain::{
    language::Language,
    mail::{Attachment, Mail, MailKind},
};

use super::{
    Frame, Framing, RecordLine, RenderMailError, clean,
    framing::{english_time, german_time, italian_time},
    sha256,
};

/// Tells that a declaration is signed and carries it.
pub struct ReceiptMail {
    /// Address, language, codes.
    pub frame: Frame,
    /// The record; its link is the claimant's own page, `{PUBLIC_BASE_URL}/me`.
    pub record: RecordLine,
    /// When it was signed.
    pub signed_at: DateTime<Utc>,
    /// SHA-256 of the signed document, 64 hexadecimal digits.
    pub document_sha256: String,
    /// SHA-256 of the evidence of the act, 64 hexadecimal digits.
    pub evidence_sha256: String,
    /// The id of the entry in the evidence log, a hyphenated UUID.
    pub log_entry: String,
    /// What the entry commits to, 64 hexadecimal digits.
    pub commitment: String,
    /// The version of the declaration, from 1.
    pub version: u32,
    /// Whether it replaces an earlier signed version (R39).
    pub difference: bool,
    /// The signed PDF, the very bytes that `document_sha256` is of: the mail says that they match.
    pub attachment: Option<Attachment>,
}

impl ReceiptMail {
    /// Renders the mail, kind `receipt`.
    ///
    /// # Errors
    ///
    /// `Malformed` for a hash or id that is none, `NotALink` for a bad link, `Template` if the
    /// template fails.
    pub fn render(self) -> Result<Mail, RenderMailError> {
        let record = clean(&self.record)?;
        let framing = Framing::new(&self.frame, std::slice::from_ref(&record))?;
        let words = match framing.language {
            Language::It => italian(&framing.senders, self.version),
            Language::En => english(&framing.senders, self.version),
            Language::De => german(&framing.senders, self.version),
        };
        let content = Content {
            subject: format!("{}: {}, {}", words.subject, record.reference, words.version),
            signed_at: match framing.language {
                Language::It => italian_time(self.signed_at),
                Language::En => english_time(self.signed_at),
                Language::De => german_time(self.signed_at),
            },
            signed_at_utc: self.signed_at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            framing,
            words,
            record,
            replaces: self.difference,
            file_name: self.attachment.as_ref().map(|a| a.file_name().to_owned()),
            document_sha256: sha256(&self.document_sha256)?,
            evidence_sha256: sha256(&self.evidence_sha256)?,
            log_entry: uuid(self.log_entry)?,
            commitment: sha256(&self.commitment)?,
        };
        let text = TextPart(&content).render()? + "\n";
        let html = HtmlPart(&content).render()?;
        Ok(Mail {
            kind: MailKind::Receipt,
            language: content.framing.language,
            to: self.frame.to,
            subject: content.subject,
            text,
            html,
            mail_code: content.framing.mail_code,
            attachments: self.attachment.into_iter().collect(),
            unsubscribe: None,
        })
    }
}

#[derive(Template)]
#[template(path = "mail/receipt.txt")]
struct TextPart<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail/receipt.html")]
struct HtmlPart<'a>(&'a Content);

/// What both templates are filled from; everything in it is one clean line.
struct Content {
    subject: String,
    framing: Framing,
    words: Words,
    record: RecordLine,
    signed_at: String,
    signed_at_utc: String,
    replaces: bool,
    file_name: Option<String>,
    document_sha256: String,
    evidence_sha256: String,
    log_entry: String,
    commitment: String,
}

struct Words {
    /// Subject and first line, before the reference.
    subject: &'static str,
    intro: &'static str,
    replaces: &'static str,
    document: &'static str,
    document_is: &'static str,
    version: String,
    signed: &'static str,
    in_utc: &'static str,
    /// Before the name of the file.
    attached: &'static str,
    not_attached: &'static str,
    see_all: &'static str,
    button: &'static str,
    enter: &'static str,
    next_title: &'static str,
    next: &'static str,
    stage: &'static str,
    payout: &'static str,
    correct: &'static str,
    withdraw: &'static str,
    not_you: String,
    proof_title: &'static str,
    document_hash: &'static str,
    same_hash: &'static str,
    evidence_hash: &'static str,
    log_entry: &'static str,
    commitment: &'static str,
    proof: &'static str,
}

fn italian(senders: &str, version: u32) -> Words {
    Words {
        subject: "Ricevuta della firma",
        intro: "hai firmato la tua dichiarazione di danno. Questa è la ricevuta: \
                conserva questo messaggio.",
        replaces: "Questa versione corregge quella di prima e la sostituisce. \
                   Nella tua pratica vedi che cosa è cambiato.",
        document: "Documento",
        document_is: "dichiarazione di danno",
        version: format!("versione {version}"),
        signed: "Firmato",
        in_utc: "In ora UTC",
        attached: "Il documento firmato è allegato",
        not_attached: "Il documento firmato è nella tua pratica.",
        see_all: "Documento, ricevuta e stato sono nella tua pratica:",
        button: "Apri la tua pratica",
        enter: "Se non riesci a entrare, chiedi un nuovo link: arriva a questo indirizzo e-mail.",
        next_title: "Che cosa succede ora",
        next: "L'associazione controlla la dichiarazione. Ti scrive se manca qualcosa.",
        stage: "Per ora è una pre-adesione: non è ancora depositata in tribunale. \
                Nessun risarcimento è garantito.",
        payout: "L'IBAN per un eventuale pagamento si scrive solo nella tua pratica, quando vuoi. \
                 Non mandarlo per e-mail.",
        correct: "Vuoi correggere qualcosa? Cambia la dichiarazione nella tua pratica \
                  e firma di nuovo. La versione già firmata resta leggibile.",
        withdraw: "Vuoi ritirarti? Puoi farlo nella tua pratica, gratis e senza dire perché. \
                   Prima del deposito in tribunale il ritiro vale subito. \
                   Dopo, la richiesta passa dall'avvocato.",
        not_you: format!("Non hai firmato tu? Avvisa subito {senders}."),
        proof_title: "Le prove della firma",
        document_hash: "Impronta del documento (SHA-256):",
        same_hash: "L'impronta SHA-256 del PDF allegato deve essere uguale.",
        evidence_hash: "Impronta delle prove raccolte alla firma (SHA-256):",
        log_entry: "Voce nel registro delle prove:",
        commitment: "Impronta della voce (SHA-256):",
        proof: "Il registro non contiene i tuoi dati. La prova completa arriva dopo: \
                la trovi nella tua pratica.",
    }
}

fn english(senders: &str, version: u32) -> Words {
    Words {
        subject: "Receipt of your signature",
        intro: "you signed your damage declaration. This is the receipt: keep this message.",
        replaces: "This version corrects the earlier one and replaces it. \
                   Your record shows what changed.",
        document: "Document",
        document_is: "damage declaration",
        version: format!("version {version}"),
        signed: "Signed",
        in_utc: "In UTC",
        attached: "The signed document is attached",
        not_attached: "The signed document is in your record.",
        see_all: "Document, receipt and state are in your record:",
        button: "Open your record",
        enter: "If you cannot get in, ask for a new link: it comes to this e-mail address.",
        next_title: "What happens now",
        next: "The association checks the declaration. It writes to you if something is missing.",
        stage: "For now this is a pre-registration (pre-adesione): nothing is lodged in court yet. \
                No compensation is guaranteed.",
        payout: "The IBAN for a possible payment goes only into your record, whenever you like. \
                 Do not send it by e-mail.",
        correct: "You want to correct something? Change the declaration in your record \
                  and sign again. The version already signed stays readable.",
        withdraw: "You want to withdraw? You can do it in your record, free and without a reason. \
                   Before anything is lodged in court it takes effect at once. \
                   After that, the request goes through the lawyer.",
        not_you: format!("It was not you who signed? Tell {senders} at once."),
        proof_title: "The evidence of your signature",
        document_hash: "Fingerprint of the document (SHA-256):",
        same_hash: "The SHA-256 fingerprint of the attached PDF must be the same.",
        evidence_hash: "Fingerprint of the evidence taken at signing (SHA-256):",
        log_entry: "Entry in the evidence log:",
        commitment: "Fingerprint of the entry (SHA-256):",
        proof: "The log does not hold your data. The full proof follows: \
                you will find it in your record.",
    }
}

fn german(senders: &str, version: u32) -> Words {
    Words {
        subject: "Bestätigung Ihrer Unterschrift",
        intro: "Sie haben Ihre Schadenserklärung unterschrieben. Das ist die Empfangsbestätigung: \
                Bewahren Sie diese Nachricht auf.",
        replaces: "Diese Fassung berichtigt die frühere und ersetzt sie. \
                   In Ihrer Akte sehen Sie, was sich geändert hat.",
        document: "Dokument",
        document_is: "Schadenserklärung",
        version: format!("Fassung {version}"),
        signed: "Unterschrieben",
        in_utc: "In UTC",
        attached: "Das unterschriebene Dokument liegt bei",
        not_attached: "Das unterschriebene Dokument ist in Ihrer Akte.",
        see_all: "Dokument, Empfangsbestätigung und Stand finden Sie in Ihrer Akte:",
        button: "Akte öffnen",
        enter: "Wenn sich die Akte nicht öffnet, fordern Sie einen neuen Link an: \
                Er kommt an diese E-Mail-Adresse.",
        next_title: "Wie es weitergeht",
        next: "Der Verband prüft die Erklärung. Er schreibt Ihnen, wenn etwas fehlt.",
        stage: "Zurzeit ist es eine Voranmeldung (pre-adesione): \
                Bei Gericht ist noch nichts eingereicht. Keine Entschädigung ist garantiert.",
        payout: "Die IBAN für eine mögliche Zahlung geben Sie nur in Ihrer Akte an, wann Sie möchten. \
                 Senden Sie sie nicht per E-Mail.",
        correct: "Möchten Sie etwas berichtigen? Ändern Sie die Erklärung in Ihrer Akte und \
                  unterschreiben Sie neu. Die schon unterschriebene Fassung bleibt lesbar.",
        withdraw: "Möchten Sie sich zurückziehen? Das können Sie in Ihrer Akte, kostenlos und ohne \
                   Begründung. Vor der Einreichung bei Gericht gilt es sofort. \
                   Danach läuft der Rückzug über den Anwalt.",
        not_you: format!("Haben nicht Sie unterschrieben? Verständigen Sie sofort {senders}."),
        proof_title: "Die Beweise Ihrer Unterschrift",
        document_hash: "Fingerabdruck des Dokuments (SHA-256):",
        same_hash: "Der SHA-256-Fingerabdruck des beiliegenden PDF muss derselbe sein.",
        evidence_hash: "Fingerabdruck der Beweise, die beim Unterschreiben gesichert wurden (SHA-256):",
        log_entry: "Eintrag im Beweisregister:",
        commitment: "Fingerabdruck des Eintrags (SHA-256):",
        proof: "Das Register enthält Ihre Daten nicht. Der vollständige Beweis folgt: \
                Sie finden ihn in Ihrer Akte.",
    }
}

/// `8-4-4-4-12` hexadecimal digits.
fn uuid(value: String) -> Result<String, RenderMailError> {
    let groups = value.split('-').map(str::len);
    let is_hex = value.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    if is_hex && groups.eq([8, 4, 4, 4, 12]) {
        Ok(value)
    } else {
        Err(RenderMailError::Malformed("an entry of the log"))
    }
}
