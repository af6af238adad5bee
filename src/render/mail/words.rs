//! The words of the mails with links, in Italian and English side by side: a sentence missing in
//! one language does not compile.

use chrono::{DateTime, Datelike, Utc, Weekday};
use chrono_tz::Europe::Rome;

use crate::domain::language::Language;

use super::{Purpose, RecordLine};

/// The sentences of one mail. Plain, short, second person (Italian "tu").
pub(super) struct Words {
    /// The language really used.
    pub(super) language: Language,
    /// Subject and first line, before the code.
    pub(super) subject: &'static str,
    pub(super) greeting: &'static str,
    pub(super) intro: &'static str,
    /// What to do with the link, before the link (text part).
    pub(super) open_link: &'static str,
    /// On the button.
    pub(super) button: &'static str,
    /// Before the link in small letters (HTML part).
    pub(super) button_fails: &'static str,
    pub(super) type_code: &'static str,
    /// `Codice` or `Code`: machines read the line it starts.
    pub(super) code: &'static str,
    pub(super) case: &'static str,
    pub(super) association: &'static str,
    pub(super) phone: &'static str,
    pub(super) reference: &'static str,
    pub(super) expiry: String,
    pub(super) not_you: &'static str,
    pub(super) sender: String,
    pub(super) never_money: &'static str,
    pub(super) mail_code: &'static str,
    pub(super) verify: &'static str,
}

/// What the mail holds: it decides number and promise of the sentences.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    LinkAndCode,
    Link,
    Links,
}

impl Words {
    /// The words for these records. German is written in English.
    pub(super) fn new(
        language: Language,
        purpose: Purpose,
        records: &[RecordLine],
        has_code: bool,
        expires_at: DateTime<Utc>,
    ) -> Self {
        let holds = match (has_code, records) {
            (true, _) => Holds::LinkAndCode,
            (false, [_]) => Holds::Link,
            (false, _) => Holds::Links,
        };
        match language {
            Language::It => italian(purpose, holds, &senders(records, " e "), expires_at),
            Language::En | Language::De => {
                english(purpose, holds, &senders(records, " and "), expires_at)
            }
        }
    }
}

fn italian(purpose: Purpose, holds: Holds, senders: &str, expires_at: DateTime<Utc>) -> Words {
    let confirm = purpose == Purpose::Confirm;
    let until = italian_time(expires_at);
    Words {
        language: Language::It,
        subject: italian_subject(purpose, holds),
        greeting: "Ciao,",
        intro: italian_intro(purpose, holds != Holds::Links),
        open_link: if confirm {
            "Apri questo link e premi il pulsante per confermare:"
        } else {
            "Apri questo link e premi il pulsante per entrare:"
        },
        button: if confirm {
            "Conferma l'indirizzo"
        } else {
            "Entra nella pratica"
        },
        button_fails: "Il pulsante non funziona? Copia questo link nel browser:",
        type_code: if confirm {
            "Oppure, se la pagina della pre-adesione è ancora aperta, scrivi lì questo codice:"
        } else {
            "Oppure scrivi questo codice nella pagina che lo chiede:"
        },
        code: "Codice",
        case: "Caso",
        association: "Associazione",
        phone: "tel.",
        reference: "Numero di pratica",
        expiry: match holds {
            Holds::LinkAndCode => format!("Link e codice valgono una volta sola, fino a {until}."),
            Holds::Link => format!("Il link vale una volta sola, fino a {until}."),
            Holds::Links => format!("Ogni link vale una volta sola, fino a {until}."),
        },
        not_you: if confirm {
            "Non l'hai chiesto tu? Non fare nulla: senza conferma i dati vengono cancellati."
        } else {
            "Non l'hai chiesto tu? Non fare nulla e non inoltrare questo messaggio: \
             senza di esso non entra nessuno."
        },
        sender: format!("Questo messaggio viene da {senders}."),
        never_money: "Non chiediamo mai denaro, password o dati della carta.",
        mail_code: "Codice di verifica di questo messaggio",
        verify: "Per controllare che il messaggio sia vero, scrivi il codice di verifica nella pagina",
    }
}

fn italian_subject(purpose: Purpose, holds: Holds) -> &'static str {
    match (purpose, holds) {
        (Purpose::Confirm, Holds::LinkAndCode) => "Il tuo codice per confermare",
        (Purpose::Confirm, Holds::Link) => "Il tuo link per confermare",
        (Purpose::Confirm, Holds::Links) => "I tuoi link per confermare",
        (Purpose::Enter, Holds::LinkAndCode) => "Il tuo codice per entrare",
        (Purpose::Enter, Holds::Link) => "Il tuo link per entrare",
        (Purpose::Enter, Holds::Links) => "I tuoi link per entrare",
    }
}

fn italian_intro(purpose: Purpose, one: bool) -> &'static str {
    match (purpose, one) {
        (Purpose::Confirm, true) => {
            "con questo indirizzo e-mail è stata inviata una pre-adesione. \
                 Se sei tu, manca un passo: conferma che l'indirizzo è tuo."
        }
        (Purpose::Confirm, false) => {
            "con questo indirizzo e-mail sono state inviate più pre-adesioni. \
                 Ognuna va confermata con il suo link."
        }
        (Purpose::Enter, true) => "hai chiesto di entrare nella tua pratica.",
        (Purpose::Enter, false) => {
            "hai chiesto di entrare nella tua pratica. A questo indirizzo e-mail \
                 ne risultano più di una: ognuna ha il suo link."
        }
    }
}

fn english(purpose: Purpose, holds: Holds, senders: &str, expires_at: DateTime<Utc>) -> Words {
    let confirm = purpose == Purpose::Confirm;
    let until = english_time(expires_at);
    Words {
        language: Language::En,
        subject: english_subject(purpose, holds),
        greeting: "Hello,",
        intro: english_intro(purpose, holds != Holds::Links),
        open_link: if confirm {
            "Open this link and press the button to confirm:"
        } else {
            "Open this link and press the button to enter:"
        },
        button: if confirm {
            "Confirm the address"
        } else {
            "Enter your record"
        },
        button_fails: "The button does not work? Copy this link into your browser:",
        type_code: if confirm {
            "Or, if the page where you signed up is still open, type this code there:"
        } else {
            "Or type this code on the page that asks for it:"
        },
        code: "Code",
        case: "Case",
        association: "Association",
        phone: "phone",
        reference: "Reference",
        expiry: match holds {
            Holds::LinkAndCode => format!("Link and code work once, until {until}."),
            Holds::Link => format!("The link works once, until {until}."),
            Holds::Links => format!("Each link works once, until {until}."),
        },
        not_you: if confirm {
            "You did not ask for this? Do nothing: without confirmation the data are deleted."
        } else {
            "You did not ask for this? Do nothing and do not forward this message: \
             without it nobody gets in."
        },
        sender: format!("This message comes from {senders}."),
        never_money: "We never ask for money, passwords or card details.",
        mail_code: "Verification code of this message",
        verify: "To check that the message is real, type the verification code on the page",
    }
}

fn english_subject(purpose: Purpose, holds: Holds) -> &'static str {
    match (purpose, holds) {
        (Purpose::Confirm, Holds::LinkAndCode) => "Your code to confirm",
        (Purpose::Confirm, Holds::Link) => "Your link to confirm",
        (Purpose::Confirm, Holds::Links) => "Your links to confirm",
        (Purpose::Enter, Holds::LinkAndCode) => "Your code to enter",
        (Purpose::Enter, Holds::Link) => "Your link to enter",
        (Purpose::Enter, Holds::Links) => "Your links to enter",
    }
}

fn english_intro(purpose: Purpose, one: bool) -> &'static str {
    match (purpose, one) {
        (Purpose::Confirm, true) => {
            "this e-mail address was used to sign up. \
                 If that was you, one step is missing: confirm that the address is yours."
        }
        (Purpose::Confirm, false) => {
            "this e-mail address was used to sign up more than once. \
                 Each sign-up is confirmed with its own link."
        }
        (Purpose::Enter, true) => "you asked to enter your record.",
        (Purpose::Enter, false) => {
            "you asked to enter your record. There is more than one for this e-mail \
                 address: each has its own link."
        }
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
fn italian_time(at: DateTime<Utc>) -> String {
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
fn english_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&Rome)
        .format("%A %-d %B %Y, %H:%M (Italian time)")
        .to_string()
}
