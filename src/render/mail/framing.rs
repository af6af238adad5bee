//! What stands around the content of every mail: who is greeted, how the facts are called, who
//! sends it and how that is checked.

use chrono::{DateTime, Datelike, Utc, Weekday};
use chrono_tz::Europe::Rome;

use crate::domain::{
    language::Language,
    mail::one_line,
    mail_text::{PassageText, Values},
};

use super::{Frame, RecordLine, RenderMailError, link};

/// Words and values that all mails share; every value is one clean line.
pub(super) struct Framing {
    pub(super) language: Language,
    pub(super) greeting: String,
    /// The association's own last line.
    pub(super) sign_off: Option<String>,
    /// How the association says that it is reached.
    pub(super) contact: Option<String>,
    pub(super) case: &'static str,
    pub(super) association: &'static str,
    pub(super) phone: &'static str,
    pub(super) reference: &'static str,
    /// Before the link in small letters (HTML part).
    pub(super) button_fails: &'static str,
    /// The associations of the records, each once, with their phones.
    pub(super) senders: String,
    pub(super) sender: String,
    pub(super) never_money: &'static str,
    pub(super) mail_code_is: &'static str,
    pub(super) verify: &'static str,
    /// The code under which `/verify` knows this mail.
    pub(super) mail_code: String,
    pub(super) verify_url: String,
}

impl Framing {
    /// The framing of a mail about these records, in the association's words where it has some.
    ///
    /// # Errors
    ///
    /// `NotALink` if the link to `/verify` is none.
    pub(super) fn new(frame: &Frame, records: &[RecordLine]) -> Result<Self, RenderMailError> {
        let mail_code = one_line(&frame.mail_code, 32);
        let verify_url = link(&frame.verify_url)?.to_owned();
        let standard = match frame.language {
            Language::It => italian(senders(records, " e "), mail_code, verify_url),
            Language::En => english(senders(records, " and "), mail_code, verify_url),
            Language::De => german(senders(records, " und "), mail_code, verify_url),
        };
        Ok(standard.in_own_words(frame, records))
    }

    fn in_own_words(self, frame: &Frame, records: &[RecordLine]) -> Self {
        let Some(first) = records.first() else {
            return self;
        };
        let one = Some(first).filter(|_| records.len() == 1);
        let values = Values {
            association: &first.association_name,
            case: one.map(|record| record.case_title.as_str()),
            reference: one.map(|record| record.reference.as_str()),
        };
        let fill = |text: &Option<PassageText>| text.as_ref().and_then(|text| text.fill(values));
        let passages = &frame.passages;
        Self {
            greeting: fill(&passages.greeting).unwrap_or(self.greeting),
            sign_off: fill(&passages.sign_off),
            contact: fill(&passages.contact),
            ..self
        }
    }
}

fn italian(senders: String, mail_code: String, verify_url: String) -> Framing {
    Framing {
        language: Language::It,
        greeting: "Ciao,".to_owned(),
        sign_off: None,
        contact: None,
        case: "Caso",
        association: "Associazione",
        phone: "tel.",
        reference: "Numero di pratica",
        button_fails: "Il pulsante non funziona? Copia questo link nel browser:",
        sender: format!("Questo messaggio viene da {senders}."),
        senders,
        never_money: "Non chiediamo mai denaro, password o dati della carta.",
        mail_code_is: "Codice di verifica di questo messaggio",
        verify: "Per controllare che il messaggio sia vero, scrivi tu questo indirizzo nel browser e poi il codice di verifica:",
        mail_code,
        verify_url,
    }
}

fn english(senders: String, mail_code: String, verify_url: String) -> Framing {
    Framing {
        language: Language::En,
        greeting: "Hello,".to_owned(),
        sign_off: None,
        contact: None,
        case: "Case",
        association: "Association",
        phone: "phone",
        reference: "Reference",
        button_fails: "The button does not work? Copy this link into your browser:",
        sender: format!("This message comes from {senders}."),
        senders,
        never_money: "We never ask for money, passwords or card details.",
        mail_code_is: "Verification code of this message",
        verify: "To check that the message is real, type this address in your browser yourself, then the verification code:",
        mail_code,
        verify_url,
    }
}

fn german(senders: String, mail_code: String, verify_url: String) -> Framing {
    Framing {
        language: Language::De,
        greeting: "Guten Tag,".to_owned(),
        sign_off: None,
        contact: None,
        case: "Fall",
        association: "Verband",
        phone: "Tel.",
        reference: "Aktennummer",
        button_fails: "Die Schaltfläche funktioniert nicht? Kopieren Sie diesen Link in den Browser:",
        sender: format!("Diese Nachricht kommt von {senders}."),
        senders,
        never_money: "Wir verlangen nie Geld, Passwörter oder Kartendaten.",
        mail_code_is: "Prüfcode dieser Nachricht",
        verify: "Um zu prüfen, ob die Nachricht echt ist, tippen Sie diese Adresse selbst in den Browser und dann den Prüfcode:",
        mail_code,
        verify_url,
    }
}

/// The associations, each once, with their phones.
fn senders(records: &[RecordLine], and: &str) -> String {
    let mut names: Vec<String> = Vec::new();
    for record in records {
        let name = match &record.association_phone {
            Some(phone) => format!("{} ({phone})", record.association_name),
            None => record.association_name.clone(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{}{and}{last}", first.join(", ")),
        None => String::new(),
    }
}

/// `giovedì 26 novembre 2026, ore 04:03 (ora italiana)`.
pub(super) fn italian_time(at: DateTime<Utc>) -> String {
    let at = at.with_timezone(&Rome);
    let weekday = match at.weekday() {
        Weekday::Mon => "lunedì",
        Weekday::Tue => "martedì",
        Weekday::Wed => "mercoledì",
        Weekday::Thu => "giovedì",
        Weekday::Fri => "venerdì",
        Weekday::Sat => "sabato",
        Weekday::Sun => "domenica",
    };
    let month = match at.month() {
        1 => "gennaio",
        2 => "febbraio",
        3 => "marzo",
        4 => "aprile",
        5 => "maggio",
        6 => "giugno",
        7 => "luglio",
        8 => "agosto",
        9 => "settembre",
        10 => "ottobre",
        11 => "novembre",
        _ => "dicembre",
    };
    let (day, year, time) = (at.day(), at.year(), at.format("%H:%M"));
    format!("{weekday} {day} {month} {year}, ore {time} (ora italiana)")
}

/// `Thursday 26 November 2026, 04:03 (Italian time)`.
pub(super) fn english_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&Rome)
        .format("%A %-d %B %Y, %H:%M (Italian time)")
        .to_string()
}

/// `Donnerstag, 26. November 2026, 04:03 Uhr (italienische Zeit)`.
pub(super) fn german_time(at: DateTime<Utc>) -> String {
    let at = at.with_timezone(&Rome);
    let weekday = match at.weekday() {
        Weekday::Mon => "Montag",
        Weekday::Tue => "Dienstag",
        Weekday::Wed => "Mittwoch",
        Weekday::Thu => "Donnerstag",
        Weekday::Fri => "Freitag",
        Weekday::Sat => "Samstag",
        Weekday::Sun => "Sonntag",
    };
    let month = match at.month() {
        1 => "Januar",
        2 => "Februar",
        3 => "März",
        4 => "April",
        5 => "Mai",
        6 => "Juni",
        7 => "Juli",
        8 => "August",
        9 => "September",
        10 => "Oktober",
        11 => "November",
        _ => "Dezember",
    };
    let (day, year, time) = (at.day(), at.year(), at.format("%H:%M"));
    format!("{weekday}, {day}. {month} {year}, {time} Uhr (italienische Zeit)")
}
