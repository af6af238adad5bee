//! What an attestation says of each tier, and how it changes until it is final.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::app::receipt::{FORMAT, ReceiptEntry};
use crate::domain::accepted_text::ATTESTATION_G;
use crate::domain::declaration::{
    DeclarableMailbox, Declaration, DeclarationRules, IncidentRule, PlanRule,
};
use crate::domain::identity::Identity;
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::signed_content::{
    self, SignedAssociation, SignedCase, SignedNotice, SignedText,
};
use crate::render::document::{SignedList, signed_list};

const BASE: &str = "https://registro.example";
const MANDATE: &str = "Conferisco al rappresentante comune, già nominato o che sarà nominato dal giudice, il \
    potere di rappresentarmi e di compiere nel mio interesse tutti gli atti, di natura sostanziale e \
    processuale, relativi al diritto esposto nella domanda.";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 22, hour, minute, 7).unwrap()
}

fn hash(digit: &str) -> String {
    digit.repeat(64)
}

fn declared() -> Declaration {
    let rules = DeclarationRules {
        documents: Vec::new(),
        today: day("2026-11-22"),
        incidents: vec![IncidentRule {
            slug: "gennaio-2023".to_owned(),
            name: "Gennaio 2023".to_owned(),
            first_day: day("2023-01-23"),
            last_day: Some(day("2023-01-28")),
            accept_from: day("2023-01-22"),
            accept_until: day("2023-02-03"),
        }],
        plans: vec![PlanRule {
            code: "free".to_owned(),
            name: "Gratis".to_owned(),
            paid: false,
        }],
        mailboxes: vec![DeclarableMailbox {
            address: MailboxAddress::parse("anna@libero.it").unwrap(),
            plan: Some("free".to_owned()),
            is_alias: false,
        }],
    };
    let input = json!({
        "mailboxes": [{"address": "anna@libero.it", "incidents": [{
            "slug": "gennaio-2023", "plan": "free", "use": "private", "compensation_received": "none",
            "items": [{"head": "flat_rate"}, {"head": "extra_cost", "amount_cents": 123_450}],
        }]}],
        "other_claims": false,
        "already_compensated": false,
    });
    Declaration::parse(&serde_json::from_value(input).unwrap(), &rules).unwrap()
}

fn content() -> SignedContent {
    let person = json!({"given_name": "Anna", "family_name": "Bianchi", "codice_fiscale": "BNCNNA58S70F205L"});
    let person = serde_json::from_value(person).unwrap();
    let text = |kind, body: &str| SignedText {
        kind,
        version: "1".to_owned(),
        sha256: sha256::hex(&sha256::digest(body.as_bytes())),
        body: body.to_owned(),
    };
    SignedContent {
        format: signed_content::FORMAT.to_owned(),
        template: "declaration/4".to_owned(),
        claimant: Uuid::from_u128(1),
        reference: "7K3M9XQ2T4BC".to_owned(),
        version: 2,
        declared_on: day("2026-11-22"),
        case: SignedCase {
            slug: "libero-2023".to_owned(),
            title: "Interruzione di Libero Mail e Virgilio Mail".to_owned(),
            court: None,
            rg_number: None,
            respondent: "Italiaonline S.p.A.".to_owned(),
            respondent_codice_fiscale: "03970540963".to_owned(),
            respondent_pec: None,
            fondo_spese_ordered: None,
        },
        association: SignedAssociation {
            slug: "prova".to_owned(),
            name: "Associazione di prova".to_owned(),
            counsel: Vec::new(),
            registers: Vec::new(),
        },
        capacity: "self".to_owned(),
        identity: Identity::parse(Some(&person), None, day("2026-11-22")).unwrap(),
        representative: None,
        declaration: declared(),
        total_cents: 123_450,
        texts: vec![
            text(TextKind::AttestationG, ATTESTATION_G),
            text(TextKind::MandateH, MANDATE),
            text(
                TextKind::MandateMessaInMora,
                "Incarico l’associazione di scrivere alla resistente.",
            ),
        ],
        privacy_notice: SignedNotice {
            version: "1".to_owned(),
            sha256: hash("e"),
        },
        documents: Vec::new(),
    }
}

/// What the evidence of every tier has; the mandate for a letter was not accepted.
fn evidence(tier: &str, more: &Value) -> Value {
    let accepted = |kind: &str| json!({"kind": kind, "version": "1", "accepted_at": at(10, 0)});
    let mut evidence = json!({
        "format": "joinder-evidence/1", "tier": tier, "document_sha256": hash("d"),
        "template": {"id": "declaration", "version": "4"}, "texts": [],
        "signer": {"name": "Anna Bianchi", "typed_name": "anna BIANCHI", "codice_fiscale": "BNCNNA58S70F205L",
            "entity": null, "capacity": "self"},
        "entered_at": at(10, 2), "acceptances": [accepted("attestation_g"), accepted("mandate_h")],
        "log_entry": {"id": Uuid::from_u128(7), "commitment": hash("c")},
        "timestamp_token": null, "receipt_outbox_id": null,
    });
    for (name, value) in more.as_object().unwrap() {
        evidence[name] = value.clone();
    }
    evidence
}

fn by_code() -> Value {
    evidence(
        "otp",
        &json!({
            "channel": "email", "address_masked": "a***a@example.org", "address_hash": hash("a"),
            "provider_message_id": "m", "otp_hash": hash("b"), "generated_at": at(10, 0), "sent_at": at(10, 1),
            "attempts": 2, "ip": "192.0.2.77", "user_agent": "Programma/1", "session_sha256": hash("f"),
            "intent_text": "Firmo la dichiarazione di danno",
        }),
    )
}

fn by_file(claims_qualified: bool) -> Value {
    let check = |code: &str| json!({"code": code, "signature": 0, "result": "passed", "reason": "as_it_must_be"});
    evidence(
        "digital",
        &json!({
            "file_id": Uuid::from_u128(9), "file_size": 54_321, "file_sha256": hash("9"),
            "report": {
                "report": "joinder-signature-report/1", "verdict": "valid", "format": "cades",
                "file_sha256": hash("9"), "document_sha256": hash("d"), "checked_at": at(10, 2),
                "signatures": [{
                    "name": "BIANCHI ANNA", "codice_fiscale": "BNCNNA58S70F205L", "issuer": "Prova CA Qualificata",
                    "serial": "0a1b2c", "certificate_sha256": hash("8"), "not_before": at(0, 0),
                    "not_after": at(23, 0), "claims_qualified": claims_qualified, "claimed_at": at(9, 59),
                    "proven_at": at(10, 2), "time_source": "receipt", "signature_sha256": hash("7"),
                }],
                "checks": [check("document"), check("revocation"), check("person")],
            },
            "generated_at": at(9, 0), "ip": "192.0.2.77", "user_agent": null, "session_sha256": hash("f"),
            "intent_text": "Firmo la dichiarazione di danno",
        }),
    )
}

fn by_hand() -> Value {
    let sheet = |kind: &str| json!({"kind": kind, "file": Uuid::from_u128(3), "file_type": "pdf", "size": 9, "sha256": hash("5")});
    evidence(
        "paper",
        &json!({
            "hand_in": Uuid::from_u128(5), "signed_on": "2026-11-20", "id_expires_on": "2031-01-01",
            "sheets": [sheet("scan"), sheet("scan"), sheet("id_front"), sheet("id_back")],
            "typed_by": {"operator": "Olga Operatrice", "operator_id": Uuid::from_u128(11), "how": "phone", "at": at(8, 0)},
            "handed_in": {"by": "staff", "operator": "Olga Operatrice", "operator_id": Uuid::from_u128(11),
                "at": at(9, 0), "ip": "192.0.2.77", "user_agent": null, "session_sha256": null},
            "approved": {"operator": "Piero Controllore", "operator_id": Uuid::from_u128(12), "at": at(10, 2)},
        }),
    )
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes.as_ref())
}

/// A receipt whose entry is not in the log yet.
fn pending(evidence: &Value) -> Receipt {
    // any document of ours has pages to count
    let list = SignedList {
        case: "Caso".to_owned(),
        association: "Associazione".to_owned(),
        as_of: at(10, 0),
        first: 1,
        last: 1,
        lines: Vec::new(),
    };
    Receipt {
        format: FORMAT,
        document: base64(signed_list(&list).unwrap()),
        document_sha256: hash("d"),
        declaration: base64(commitment::canonical_json(&content()).unwrap()),
        salt: base64("salt"),
        entry: ReceiptEntry {
            v: 1,
            kind: "declaration".to_owned(),
            id: Uuid::from_u128(7),
            commit: hash("c"),
            evidence: Some(hash("6")),
            prev: None,
            t: None,
        },
        proof: None,
        checkpoint: None,
        vkey: None,
        evidence: base64(serde_json::to_vec(evidence).unwrap()),
        signed_at: at(10, 2),
        timestamp: None,
    }
}

/// The same once the log has the entry, under a head of that many entries.
fn entered(evidence: &Value, size: u64) -> Receipt {
    let root = base64([7_u8; 32]);
    let proof = format!(
        "c2sp.org/tlog-proof@v1\nindex 1204\n{root}\n\nregistro.example/log/libero-2023\n{size}\n{root}\n\n\
         — registro.example/log/libero-2023 {root}\n"
    );
    let mut receipt = pending(evidence);
    receipt.entry.t = Some(at(10, 3));
    receipt.proof = Some(base64(proof));
    receipt
}

fn pdf(receipt: &Receipt) -> Vec<u8> {
    document::signing_attestation(&values(receipt, BASE).unwrap()).unwrap()
}

/// All that it says, in one line.
fn said(receipt: &Receipt) -> String {
    serde_json::to_string(&values(receipt, BASE).unwrap()).unwrap()
}

fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn the_same_evidence_gives_the_same_bytes_of_each_tier() {
    for evidence in [by_code(), by_file(true), by_hand()] {
        for receipt in [pending(&evidence), entered(&evidence, 1_300)] {
            let first = pdf(&receipt);
            assert_eq!(first, pdf(&receipt));
            let pages = document::count_pages(first).unwrap();
            assert!((1..=2).contains(&pages), "{pages}");
        }
    }
}

#[test]
fn it_says_whose_and_which_document_and_what_is_asked_for() {
    let text = said(&entered(&by_code(), 1_300));
    assert_says(
        &text,
        &[
            "7K3M9XQ2T4BC",
            "Anna Bianchi, codice fiscale BNCNNA58S70F205L",
            "Associazione di prova",
            "Italiaonline S.p.A., codice fiscale 03970540963",
            "2, del 22 novembre 2026",
            "\"1 (",
            &hash("d"),
            "1.234,50 EUR",
            "1, in via equitativa (art. 1226 c.c.)",
            "https://registro.example/verify",
            "docs/verify.py",
        ],
    );
    assert!(!text.to_lowercase().contains("aderent"), "R1");
}

#[test]
fn each_text_stands_whole_with_the_moment_of_its_acceptance_or_none() {
    let values = values(&pending(&by_code()), BASE).unwrap();
    let texts: Vec<_> = values
        .texts
        .iter()
        .map(|text| (text.body.as_str(), text.accepted_at.as_deref()))
        .collect();
    let when = Some("22 novembre 2026, ore 11:00:07 Europe/Rome (2026-11-22 10:00:07 UTC)");
    let attested = format!("«{ATTESTATION_G}»");
    assert_eq!(
        texts,
        [
            (attested.as_str(), when),
            (MANDATE, when),
            ("Incarico l’associazione di scrivere alla resistente.", None),
        ]
    );
}

#[test]
fn r43_of_a_code_it_says_where_it_went_masked_when_and_what_it_is_worth() {
    let text = said(&pending(&by_code()));
    assert_says(
        &text,
        &[
            "livello «otp»",
            "«anna BIANCHI»",
            "22 novembre 2026, ore 11:02:07 Europe/Rome (2026-11-22 10:02:07 UTC)",
            "a***a@example.org",
            "2 su 5",
            "art. 20, comma 1-bis",
            "liberamente valutabili in giudizio",
            "ultimo periodo",
            "Firmo la dichiarazione di danno",
        ],
    );
    // neither network address nor program of the signer, as in the report of a signature
    assert!(!text.contains("192.0.2") && !text.contains("Programma/1"));
    assert!(!text.contains("2702"));
    // no norm says that such a document has the written form: a court may
    assert!(!text.contains("documento soddisfa"));
}

#[test]
fn r40_of_a_file_it_says_whose_certificate_and_what_was_checked() {
    let text = said(&pending(&by_file(true)));
    assert_says(
        &text,
        &[
            "livello «digital»",
            "CAdES, 54.321 byte",
            "BIANCHI ANNA, codice fiscale BNCNNA58S70F205L",
            "Prova CA Qualificata; si dichiara qualificato",
            "0a1b2c",
            "valida: ogni controllo è superato",
            "documento emesso, né revoca né sospensione, codice fiscale di chi firma",
            "art. 2702",
            "comma 1-ter",
        ],
    );
    let plain = said(&pending(&by_file(false)));
    assert!(plain.contains("non si dichiara qualificato") && !plain.contains("2702"));
}

#[test]
fn r44_of_paper_it_says_who_checked_by_role_never_by_name() {
    let text = said(&pending(&by_hand()));
    assert_says(
        &text,
        &[
            "livello «paper»",
            "20 novembre 2026",
            "2 file con i fogli firmati",
            "valido fino al 1º gennaio 2031; la copia fu vista il 22 novembre 2026",
            "chi la presenta unisce la copia",
            "cancellate trascorso il termine",
            "ore 10:00:07 Europe/Rome (2026-11-22 09:00:07 UTC), da una persona dell’associazione",
            "da una seconda persona dell’associazione",
            "detta al telefono",
            "art. 65, comma 1, lettera c)",
        ],
    );
    // images of identity documents go by rule (R64): an attestation outlives them
    assert!(!text.contains("conserva le immagini e la copia"));
    assert!(!text.contains("Olga") && !text.contains("Piero") && !text.contains("2702"));
}

#[test]
fn what_waits_for_its_place_says_so_and_what_has_it_does_not_change_while_the_log_grows() {
    let waits = said(&pending(&by_code()));
    assert_says(&waits, &["In attesa", "Nessuna autorità di marcatura"]);
    assert!(!waits.contains("Posizione"));
    let placed = said(&entered(&by_code(), 1_300));
    assert_says(
        &placed,
        &[
            "registro.example/log/libero-2023",
            "voce n. 1.204",
            "ore 11:03:07 Europe/Rome",
            "https://registro.example/log/libero-2023/vkey",
        ],
    );
    assert!(!placed.contains("In attesa"));
    assert_eq!(
        pdf(&entered(&by_code(), 1_300)),
        pdf(&entered(&by_code(), 9_999))
    );
    assert_ne!(pdf(&pending(&by_code())), pdf(&entered(&by_code(), 1_300)));
}

#[test]
fn a_tier_nobody_knows_and_a_proof_of_another_form_are_refused() {
    assert!(values(&pending(&evidence("seal", &json!({}))), BASE).is_err());
    let mut receipt = entered(&by_code(), 1_300);
    receipt.proof = Some(base64("index 3\n"));
    assert!(values(&receipt, BASE).is_err());
}
