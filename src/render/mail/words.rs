//! The words of the mails with links, in three languages side by side: a sentence missing in one
//! does not compile.

use chrono::{DateTime, Utc};

use crate::domain::language::Language;
use crate::domain::partner_submission::BroughtBy;

use super::super::text::Text;
use super::{
    Purpose, RecordLine,
    framing::{english_time, german_time, italian_time},
};

/// The sentences of one mail. Plain, short, second person (Italian "tu", German "Sie").
pub(super) struct Words {
    /// Subject and first line, before the code.
    pub(super) subject: &'static str,
    pub(super) intro: &'static str,
    /// What to do with the link, before the link (text part).
    pub(super) open_link: &'static str,
    /// On the button.
    pub(super) button: &'static str,
    pub(super) type_code: &'static str,
    /// `Codice` or `Code`: machines read the line it starts.
    pub(super) code: &'static str,
    pub(super) expiry: String,
    pub(super) not_you: &'static str,
    /// Before the link by which the reader says so (text part).
    pub(super) not_me: &'static str,
    /// On that link (HTML part).
    pub(super) not_me_link: &'static str,
    language: Language,
}

/// What the mail holds: it decides number and promise of the sentences.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    LinkAndCode,
    Link,
    Links,
}

impl Words {
    /// The words for these records.
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
        let words = match language {
            Language::It => italian(purpose, holds, expires_at),
            Language::En => english(purpose, holds, expires_at),
            Language::De => german(purpose, holds, expires_at),
        };
        let is_listed = records.iter().all(|record| record.listed_on.is_some());
        if !is_listed || holds == Holds::Links {
            return words;
        }
        Self {
            intro: listed_intro(language),
            not_you: listed_not_you(language),
            ..words
        }
    }

    /// Where the data come from, of who did not give them to us (art. 14 GDPR).
    pub(super) fn origin(&self, record: &RecordLine) -> Option<String> {
        if let Some(brought) = &record.brought_by {
            return Some(self.of_partner(record, brought));
        }
        let day = Text::new(self.language).date(record.listed_on?);
        let name = &record.association_name;
        Some(match self.language {
            Language::It => format!(
                "Da dove viene il tuo indirizzo: ce l'ha dato {name}. È nel suo elenco di chi le aveva \
                 scritto per questo disservizio, raccolto fino al {day}. A {name} puoi chiedere quali dati \
                 ha e di cancellarli."
            ),
            Language::En => format!(
                "Where your address comes from: {name} gave it to us. It is on its list of people who had \
                 written to it about this outage, collected until {day}. You can ask {name} which data it \
                 has, and to delete them."
            ),
            Language::De => format!(
                "Woher Ihre Adresse kommt: {name} hat sie uns gegeben. Sie steht auf der Liste derer, die \
                 wegen dieser Störung geschrieben hatten, gesammelt bis {day}. Sie können {name} fragen, \
                 welche Daten vorliegen, und deren Löschung verlangen."
            ),
        })
    }

    /// Of who is on the site of a partner; a link to the notice follows.
    fn of_partner(&self, record: &RecordLine, brought: &BroughtBy) -> String {
        let day = Text::new(self.language).date(brought.shown_on);
        let (name, partner) = (&record.association_name, &brought.partner);
        match self.language {
            Language::It => format!(
                "Da dove vengono i tuoi dati: ce li ha mandati {partner}. Sono il tuo recapito, le caselle e ciò \
                 che hai scritto lì. Il sito dice che ti ha mostrato la sua informativa il {day}. {name} usa i dati solo per \
                 la pre-adesione. Puoi chiedere di vederli, correggerli o cancellarli. Qui leggi come:"
            ),
            Language::En => format!(
                "Where your data come from: {partner} sent them to us. They are your contact, the mailboxes and what \
                 you typed there. The site says that it showed you its notice on {day}. {name} uses the data for the \
                 pre-adhesion only. You can ask to see, correct or delete them. Read here how:"
            ),
            Language::De => format!(
                "Woher Ihre Daten kommen: {partner} hat sie uns gesandt. Es sind Ihr Kontakt, die Postfächer und was Sie \
                 dort geschrieben haben. Die Website sagt, dass sie Ihnen am {day} ihre Hinweise gezeigt hat. {name} verwendet \
                 die Daten nur für die Voranmeldung. Sie können verlangen, sie zu sehen, zu berichtigen oder zu löschen. Hier \
                 steht, wie:"
            ),
        }
    }
}

fn listed_intro(language: Language) -> &'static str {
    match language {
        Language::It => {
            "ti proponiamo la pre-adesione alla causa qui sotto. Non l'hai ancora data: vale solo se apri \
             il link, leggi l'informativa e confermi."
        }
        Language::En => {
            "we propose that you join the case below. You have not joined yet: it only counts if you open \
             the link, read the privacy notice and confirm."
        }
        Language::De => {
            "wir schlagen Ihnen die Voranmeldung (pre-adesione) zum Fall unten vor. Sie gilt erst, wenn Sie \
             den Link öffnen, die Datenschutzhinweise lesen und bestätigen."
        }
    }
}

fn listed_not_you(language: Language) -> &'static str {
    match language {
        Language::It => {
            "Non ti interessa? Non fare nulla: senza conferma questi dati vengono cancellati."
        }
        Language::En => "Not interested? Do nothing: without confirmation these data are deleted.",
        Language::De => {
            "Kein Interesse? Tun Sie nichts: Ohne Bestätigung werden diese Daten gelöscht."
        }
    }
}

fn italian(purpose: Purpose, holds: Holds, expires_at: DateTime<Utc>) -> Words {
    let confirm = matches!(purpose, Purpose::Confirm | Purpose::Remind);
    let until = italian_time(expires_at);
    Words {
        subject: italian_subject(purpose, holds),
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
        type_code: if confirm {
            "Oppure, se la pagina della pre-adesione è ancora aperta, scrivi lì questo codice:"
        } else {
            "Oppure scrivi questo codice nella pagina che lo chiede:"
        },
        code: "Codice",
        expiry: match holds {
            Holds::LinkAndCode => format!("Link e codice valgono una volta sola, fino a {until}."),
            Holds::Link => format!("Il link vale una volta sola, fino a {until}."),
            Holds::Links => format!("Ogni link vale una volta sola, fino a {until}."),
        },
        not_you: italian_not_you(purpose),
        not_me: "Non sei stato tu? Dillo qui, e per questa richiesta non ti scriviamo più:",
        not_me_link: "Non l'ho chiesto io",
        language: Language::It,
    }
}

fn italian_not_you(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Confirm | Purpose::Remind => {
            "Non l'hai chiesto tu? Non fare nulla: senza conferma i dati vengono cancellati."
        }
        Purpose::Enter => {
            "Non l'hai chiesto tu? Non fare nulla e non inoltrare questo messaggio: \
             senza di esso non entra nessuno."
        }
        Purpose::Registered => {
            "Se sei stato tu, non serve altro: apri la tua pratica. Altrimenti non fare nulla: \
             la tua pratica resta com'è, e di essa nessuno ha saputo niente."
        }
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
        (Purpose::Remind, Holds::LinkAndCode) => "Manca la conferma, ecco il tuo codice",
        (Purpose::Remind, Holds::Link | Holds::Links) => "Manca la conferma della pre-adesione",
        (Purpose::Registered, _) => "La tua pre-adesione c'è già",
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
        (Purpose::Remind, true) => {
            "con questo indirizzo e-mail è stata inviata una pre-adesione, ma non è ancora \
                 confermata. Se sei tu, basta un passo: conferma che l'indirizzo è tuo."
        }
        (Purpose::Remind, false) => {
            "con questo indirizzo e-mail sono state inviate più pre-adesioni, ma non sono \
                 ancora confermate. Ognuna va confermata con il suo link."
        }
        (Purpose::Registered, _) => {
            "qualcuno ha appena inviato di nuovo una pre-adesione con i tuoi dati anagrafici. \
                 Se sei stato tu: la tua pre-adesione c'è già e vale, non serve rifarla."
        }
    }
}

fn english(purpose: Purpose, holds: Holds, expires_at: DateTime<Utc>) -> Words {
    let confirm = matches!(purpose, Purpose::Confirm | Purpose::Remind);
    let until = english_time(expires_at);
    Words {
        subject: english_subject(purpose, holds),
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
        type_code: if confirm {
            "Or, if the page where you signed up is still open, type this code there:"
        } else {
            "Or type this code on the page that asks for it:"
        },
        code: "Code",
        expiry: match holds {
            Holds::LinkAndCode => format!("Link and code work once, until {until}."),
            Holds::Link => format!("The link works once, until {until}."),
            Holds::Links => format!("Each link works once, until {until}."),
        },
        not_you: english_not_you(purpose),
        not_me: "It wasn't you? Say so here, and we will not write to you about this again:",
        not_me_link: "It wasn't me",
        language: Language::En,
    }
}

fn english_not_you(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Confirm | Purpose::Remind => {
            "You did not ask for this? Do nothing: without confirmation the data are deleted."
        }
        Purpose::Enter => {
            "You did not ask for this? Do nothing and do not forward this message: \
             without it nobody gets in."
        }
        Purpose::Registered => {
            "If it was you, nothing else is needed: open your record. Otherwise do nothing: \
             your record stays as it is, and nobody has learnt anything about it."
        }
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
        (Purpose::Remind, Holds::LinkAndCode) => "Your confirmation is missing, here is your code",
        (Purpose::Remind, Holds::Link | Holds::Links) => "Your confirmation is missing",
        (Purpose::Registered, _) => "You are registered already",
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
        (Purpose::Remind, true) => {
            "this e-mail address was used to sign up, but it is not confirmed yet. \
                 If that was you, one step is missing: confirm that the address is yours."
        }
        (Purpose::Remind, false) => {
            "this e-mail address was used to sign up more than once, but it is not \
                 confirmed yet. Each sign-up is confirmed with its own link."
        }
        (Purpose::Registered, _) => {
            "somebody has just signed up again with your personal details. If that was you: \
                 you are registered already and that counts, there is no need to do it again."
        }
    }
}

fn german(purpose: Purpose, holds: Holds, expires_at: DateTime<Utc>) -> Words {
    let confirm = matches!(purpose, Purpose::Confirm | Purpose::Remind);
    let until = german_time(expires_at);
    Words {
        subject: german_subject(purpose, holds),
        intro: german_intro(purpose, holds != Holds::Links),
        open_link: if confirm {
            "Öffnen Sie diesen Link und drücken Sie die Schaltfläche, um zu bestätigen:"
        } else {
            "Öffnen Sie diesen Link und drücken Sie die Schaltfläche, um die Akte zu öffnen:"
        },
        button: if confirm {
            "Adresse bestätigen"
        } else {
            "Akte öffnen"
        },
        type_code: if confirm {
            "Oder geben Sie, wenn die Seite der Voranmeldung noch offen ist, dort diesen Code ein:"
        } else {
            "Oder geben Sie diesen Code auf der Seite ein, die danach fragt:"
        },
        code: "Code",
        expiry: match holds {
            Holds::LinkAndCode => format!("Link und Code gelten nur einmal, bis {until}."),
            Holds::Link => format!("Der Link gilt nur einmal, bis {until}."),
            Holds::Links => format!("Jeder Link gilt nur einmal, bis {until}."),
        },
        not_you: german_not_you(purpose),
        not_me: "Waren Sie das nicht? Sagen Sie es hier, dann schreiben wir Ihnen dazu nicht mehr:",
        not_me_link: "Das war nicht ich",
        language: Language::De,
    }
}

fn german_not_you(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Confirm | Purpose::Remind => {
            "Haben Sie das nicht verlangt? Tun Sie nichts: \
             Ohne Bestätigung werden die Daten gelöscht."
        }
        Purpose::Enter => {
            "Haben Sie das nicht verlangt? Tun Sie nichts und leiten Sie diese Nachricht nicht \
             weiter: Ohne sie kommt niemand in die Akte."
        }
        Purpose::Registered => {
            "Wenn Sie es waren, ist nichts weiter nötig: Öffnen Sie Ihre Akte. Sonst tun Sie \
             nichts: Ihre Akte bleibt, wie sie ist, und niemand hat etwas von ihr erfahren."
        }
    }
}

fn german_subject(purpose: Purpose, holds: Holds) -> &'static str {
    match (purpose, holds) {
        (Purpose::Confirm, Holds::LinkAndCode) => "Ihr Code zur Bestätigung",
        (Purpose::Confirm, Holds::Link) => "Ihr Link zur Bestätigung",
        (Purpose::Confirm, Holds::Links) => "Ihre Links zur Bestätigung",
        (Purpose::Enter, Holds::LinkAndCode) => "Ihr Code für Ihre Akte",
        (Purpose::Enter, Holds::Link) => "Ihr Link zu Ihrer Akte",
        (Purpose::Enter, Holds::Links) => "Ihre Links zu Ihren Akten",
        (Purpose::Remind, Holds::LinkAndCode) => "Ihre Bestätigung fehlt noch, hier ist Ihr Code",
        (Purpose::Remind, Holds::Link | Holds::Links) => "Ihre Bestätigung fehlt noch",
        (Purpose::Registered, _) => "Ihre Voranmeldung ist schon da",
    }
}

fn german_intro(purpose: Purpose, one: bool) -> &'static str {
    match (purpose, one) {
        (Purpose::Confirm, true) => {
            "mit dieser E-Mail-Adresse wurde eine Voranmeldung (pre-adesione) gesandt. \
             Wenn Sie das waren, fehlt noch ein Schritt: Bestätigen Sie, dass die Adresse Ihnen gehört."
        }
        (Purpose::Confirm, false) => {
            "mit dieser E-Mail-Adresse wurden mehrere Voranmeldungen (pre-adesioni) gesandt. \
             Jede wird mit ihrem eigenen Link bestätigt."
        }
        (Purpose::Enter, true) => "Sie möchten Ihre Akte öffnen. Hier ist der Zugang.",
        (Purpose::Enter, false) => {
            "Sie möchten Ihre Akte öffnen. Zu dieser E-Mail-Adresse gibt es mehr als eine: \
             Jede hat ihren eigenen Link."
        }
        (Purpose::Remind, true) => {
            "mit dieser E-Mail-Adresse wurde eine Voranmeldung (pre-adesione) gesandt, aber noch \
             nicht bestätigt. Wenn Sie das waren, fehlt nur ein Schritt: Bestätigen Sie, dass die \
             Adresse Ihnen gehört."
        }
        (Purpose::Remind, false) => {
            "mit dieser E-Mail-Adresse wurden mehrere Voranmeldungen (pre-adesioni) gesandt, aber \
             noch nicht bestätigt. Jede wird mit ihrem eigenen Link bestätigt."
        }
        (Purpose::Registered, _) => {
            "jemand hat soeben noch einmal eine Voranmeldung mit Ihren persönlichen Daten gesandt. \
             Wenn Sie das waren: Ihre Voranmeldung ist schon da und gilt, Sie müssen sie nicht \
             wiederholen."
        }
    }
}
