//! A declaration of an invented person, for tests and benchmark.

use chrono::NaiveDate;

use super::{
    CertifiedAddress, Circumstances, DPR_445, DeclarationDocument, FondoSpese, LegalText,
    PrintedAssociation, PrintedCase, PrintedClaimant, PrintedDocument, PrintedIncident,
    PrintedItem, PrintedMailbox, PrintedPerson, TextVersion,
};

/// The attestation of DOMAIN 1.3 g).
pub(super) const ATTESTATION: &str = "Consapevole della responsabilità penale prevista dalle \
    disposizioni in materia di dichiarazioni sostitutive, attesto che i dati e i fatti esposti nella \
    domanda e nei documenti prodotti sono veritieri";

/// Two mailboxes, three lines, two documents.
pub(super) fn document() -> DeclarationDocument {
    DeclarationDocument {
        reference: "7K3M9XQ2T4BC".to_owned(),
        version: 2,
        issued_on: day(2026, 11, 22),
        canonical_sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
            .to_owned(),
        association: association(),
        case: case(),
        claimant: PrintedClaimant {
            capacity: "persona fisica, in proprio".to_owned(),
            entity: None,
            person: person(),
            representative: None,
            opening: person().name,
        },
        certified_address: CertifiedAddress::Defender {
            name: "Lucia Verdi".to_owned(),
            bar: "Milano".to_owned(),
            pec: "lucia.verdi@pec.example".to_owned(),
        },
        mailboxes: mailboxes(),
        total_cents: 123_456 + 1_999,
        circumstances: circumstances(),
        narrative: Some(
            "Dal 23 gennaio non potevo leggere né mandare posta. La conferma di una visita e due \
             preventivi sono arrivati quando non servivano più.\nIl servizio clienti rispondeva con \
             un messaggio registrato; ho scritto tre volte senza risposta."
                .to_owned(),
        ),
        documents: documents(),
        dpr_445: text(
            "Formula del D.P.R. 445/2000",
            DPR_445,
        ),
        attestation: text("Attestazione, lettera g)", ATTESTATION),
        mandate: text(
            "Potere di rappresentanza, lettera h)",
            "Conferisco al rappresentante comune, già nominato o che sarà nominato dal giudice, il \
             potere di rappresentarmi e di compiere nel mio interesse tutti gli atti, di natura \
             sostanziale e processuale, relativi al diritto esposto in questa dichiarazione.",
        ),
        messa_in_mora: Some(text(
            "Mandato per la messa in mora",
            "Incarico l’associazione di scrivere alla resistente in mio nome per chiedere il \
             pagamento e interrompere la prescrizione.",
        )),
        fondo_spese: FondoSpese::NotOrdered,
        privacy_notice: version("Informativa sulla privacy"),
    }
}

/// A calendar day.
pub(super) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day that exists")
}

fn association() -> PrintedAssociation {
    PrintedAssociation {
        name: "Associazione di prova per la tutela degli utenti".to_owned(),
        registers: vec![
            "Elenco del Ministero della giustizia (D.M. 27/2022): n. 12, verificato il 3 \
                 novembre 2026"
                .to_owned(),
            "Elenco dell’art. 137 del Codice del consumo: iscrizione non verificata".to_owned(),
        ],
        member_number: Some("SO-004417".to_owned()),
    }
}

fn case() -> PrintedCase {
    PrintedCase {
        title: "Interruzione di Libero Mail e Virgilio Mail".to_owned(),
        court: None,
        register_number: None,
        portal_id: None,
        respondent: "Italiaonline S.p.A.".to_owned(),
        respondent_codice_fiscale: "03970540963".to_owned(),
        respondent_pec: Some("posta.certificata@respondent.example".to_owned()),
    }
}

fn person() -> PrintedPerson {
    PrintedPerson {
        name: "Anna Bianchi".to_owned(),
        codice_fiscale: Some("BNCNNA58S70F205L".to_owned()),
        birth_date: Some(day(1958, 11, 30)),
        birth_place: Some("Milano (MI)".to_owned()),
        sex: Some("femminile".to_owned()),
        residence: Some("via dei Tigli 12, 20131 Milano (MI), Italia".to_owned()),
        ..PrintedPerson::default()
    }
}

fn mailboxes() -> Vec<PrintedMailbox> {
    let january = incident("Interruzione di gennaio 2023", vec![item("Forfait", None)]);
    let mut paid = incident(
        "Interruzione di gennaio 2023",
        vec![
            item("Rimborso del canone", Some(1_999)),
            PrintedItem {
                head: "Mancato guadagno".to_owned(),
                description: Some(
                    "Due preventivi non arrivati in tempo; i clienti hanno scelto altri".to_owned(),
                ),
                amount_cents: Some(123_456),
                documents: vec![1, 2],
            },
        ],
    );
    "Libero Mail Plus 5 GB (a pagamento)".clone_into(&mut paid.plan);
    paid.fee_paid_cents = Some(1_999);
    "lavoro; rapporti con enti pubblici".clone_into(&mut paid.used_for);
    let mut june = incident("Interruzione di giugno 2023", vec![item("Forfait", None)]);
    june.unavailable_from = day(2023, 6, 1);
    june.unavailable_until = None;
    june.days = None;
    june.restored = false;
    vec![
        PrintedMailbox {
            address: "anna.bianchi58@libero.it".to_owned(),
            incidents: vec![january, june],
        },
        PrintedMailbox {
            address: "studio.bianchi@virgilio.it".to_owned(),
            incidents: vec![paid],
        },
    ]
}

/// A line of six days with these items.
pub(super) fn incident(name: &str, items: Vec<PrintedItem>) -> PrintedIncident {
    PrintedIncident {
        name: name.to_owned(),
        plan: "Libero Mail gratuita".to_owned(),
        fee_paid_cents: None,
        holder: "chi dichiara".to_owned(),
        used_for: "privato".to_owned(),
        unavailable_from: day(2023, 1, 23),
        unavailable_until: Some(day(2023, 1, 28)),
        days: Some(6),
        last_use: Some(day(2023, 1, 22)),
        restored: true,
        compensation: "nessuno".to_owned(),
        mail: "arrivata in ritardo".to_owned(),
        subtotal_cents: items.iter().filter_map(|item| item.amount_cents).sum(),
        items,
    }
}

/// An item without description and documents.
pub(super) fn item(head: &str, amount_cents: Option<i64>) -> PrintedItem {
    PrintedItem {
        head: head.to_owned(),
        description: None,
        amount_cents,
        documents: Vec::new(),
    }
}

fn circumstances() -> Circumstances {
    Circumstances {
        contract_version: Some("condizioni del 15 novembre 2021".to_owned()),
        contract_clause: Some("art. 5, continuità del servizio".to_owned()),
        complaint: Some(
            "alla resistente, n. 2023/118, il 30 gennaio 2023: senza risposta".to_owned(),
        ),
        other_claims: vec!["conciliazione, n. 77/2023, per 50,00 EUR".to_owned()],
        already_compensated: Vec::new(),
    }
}

fn documents() -> Vec<PrintedDocument> {
    let file = |number, title: &str, file_name: &str, digit: &str| PrintedDocument {
        number,
        title: title.to_owned(),
        file_name: file_name.to_owned(),
        sha256: digit.repeat(32),
    };
    vec![
        file(
            1,
            "Preventivo del 24 gennaio 2023",
            "preventivo_1.pdf",
            "a1",
        ),
        file(2, "Ricevuta del canone 2022", "ricevuta canone.jpg", "b2"),
    ]
}

fn text(name: &str, body: &str) -> LegalText {
    LegalText {
        version: version(name),
        body: body.to_owned(),
    }
}

fn version(name: &str) -> TextVersion {
    TextVersion {
        name: name.to_owned(),
        version: "2026-11-demo".to_owned(),
        sha256: "fbd64ca0c710dcdf594acdc434e2b8bfa296c3c54ffd52485d960f08eaf68e5c".to_owned(),
    }
}
