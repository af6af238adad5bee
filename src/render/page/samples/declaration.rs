//! The pages of the declaration, of its signature and of the account.

use chrono::NaiveDate;

use super::super::{
    Chrome, Errors,
    association::{Offer, RegisterStatus},
    contact::ContactPage,
    declare::{
        ChangeLine, ClaimForm, ComplaintForm, DocumentChoice, ElsewhereForm, ElsewherePage,
        EstimateBox, EstimateLine, IncidentForm, IncidentQuestion, ItemForm, MailboxPage,
        PlanChoice, Progress, ReviewPage, StoryPage, SummaryPart,
    },
    documents::{DocumentLine, DocumentsPage, FileLine},
    mailbox::ProofPage,
    me::{DeclaredSummary, Prescription},
    paper::{HandedInLine, PaperPage},
    payout::PayoutPage,
    representative::{RepresentativeFields, RepresentativePage},
    resume::{ResumePage, SessionOver},
    sign::{AcceptField, ReportShown, SignCodePage, SignFilePage, SignNotPage, SignPage, ToSign},
    stop::{StopPage, StopState, StopWhat},
};
use super::{Words, date, instant, push, wrong};
use crate::domain::document::{DocumentKind, Scan};

impl Words {
    /// A document, each with another word of the scanner.
    fn document(self, kind: DocumentKind, number: i32) -> DocumentLine {
        let scans = Scan::ALL.map(Scan::as_str);
        let place = usize::try_from(number).unwrap_or(0) % scans.len();
        DocumentLine {
            number,
            kind: kind.as_str(),
            scan: scans.get(place).copied().unwrap_or_default(),
            removal: "/me/documents/1/removal".to_owned(),
            is_removed: number == 2,
            operator: None,
            added_at: instant(2026, 11, 22, 9).expect("an instant"),
            files: vec![FileLine {
                has_pages: true,
                href: "/me/documents/1/files/2".to_owned(),
                name: self.say("Ricevuta.pdf"),
                kilobytes: 1_234,
                sha256: "ab".repeat(32),
            }],
        }
    }

    pub(super) fn estimate(self) -> EstimateBox {
        EstimateBox {
            lines: vec![EstimateLine {
                what: self.say("maria@libero.it: Gennaio 2023"),
                formula: self.say("6 giorni × 1,00 € = 6,00 €"),
            }],
            net_cents: 600,
            without_tariff: 1,
            sources: vec![self.say("delibera AGCOM 347/18/CONS")],
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the other samples do")]
    pub(super) fn declared(self) -> DeclaredSummary {
        DeclaredSummary {
            version: 2,
            declared_at: instant(2026, 11, 22, 9).expect("an instant"),
            signed_at: instant(2026, 11, 22, 10),
            total_cents: 101_250,
            messa_in_mora: true,
            in_force: Some(1),
        }
    }

    pub(super) fn changes(self) -> Vec<ChangeLine> {
        let line = |before: &str, after: &str, kind| ChangeLine {
            what: self.say("m***a@libero.it, Gennaio 2023, Piano"),
            before: before.to_owned(),
            after: after.to_owned(),
            kind,
        };
        vec![
            line(&self.say("free"), &self.say("plus"), "changed"),
            line("", "", "added"),
        ]
    }

    pub(super) fn prescription(self) -> Prescription {
        Prescription {
            day: date(2028, 1, 22).expect("a day"),
            incident: self.say("Blocco di gennaio 2023"),
        }
    }

    fn incident(self) -> IncidentForm {
        let item = |head: &str, amount: &str, description: &str| ItemForm {
            head: head.to_owned(),
            amount: amount.to_owned(),
            description: description.to_owned(),
            documents: Vec::new(),
        };
        IncidentForm {
            slug: self.say("gennaio-2023"),
            hit: "days".to_owned(),
            plan: self.say("plus"),
            fee: self.say("19,99"),
            other_holder: true,
            holder_note: self.say("mia figlia"),
            not_private: true,
            work: true,
            public_bodies: false,
            unavailable_from: self.say("23/01/2023"),
            unavailable_until: self.say("28/01/2023"),
            last_use: self.say("22/01/2023"),
            not_restored: true,
            restored: false,
            goes_on: false,
            late_mail: true,
            compensated: true,
            compensation_received: "other".to_owned(),
            compensation_note: self.say("un buono"),
            no_flat_rate: false,
            items: vec![
                item("flat_rate", "", ""),
                item("lost_mail", &self.say("12,50"), &self.say("una ricevuta")),
            ],
        }
    }

    fn to_sign(self) -> ToSign {
        ToSign {
            version: 2,
            document_sha256: self.say("fbd64ca0c710dcdf594acdc434e2b8bf"),
            total_cents: 101_250,
        }
    }
}

pub(super) fn pages(words: Words, pages: &mut Vec<(String, String)>) {
    let signed_in = |path: &str| Chrome {
        signed_in: true,
        ..words.chrome(path)
    };
    steps(words, &signed_in("/me/declare"), pages);
    review(words, &signed_in("/me/declare?step=4"), pages);
    signing(words, &signed_in("/me/sign"), pages);
    let payout = PayoutPage {
        chrome: signed_in("/me/payout"),
        case: words.case(),
        stored: Some(words.say("IT*********************3456")),
        pending: instant(2026, 11, 25, 9).map(|at| (words.say("DE***3000"), at)),
        is_frozen: false,
        accounts_from: None,
        code_until: instant(2026, 11, 22, 10),
        is_sent: true,
        iban: words.say("IT65A"),
        holder: words.say("Maria Rossi"),
        holder_is_claimant: "no".to_owned(),
        errors: wrong(&[
            ("/iban", "error-iban-checksum"),
            ("/holder", "error-payout-holder-required"),
            ("/code", "error-payout-code-required"),
        ]),
    };
    push(pages, "payout-errors", &payout);
    let changing = PayoutPage {
        errors: Errors::default(),
        code_until: None,
        ..payout.clone()
    };
    push(pages, "payout-change", &changing);
    let frozen = PayoutPage {
        is_frozen: true,
        pending: None,
        ..changing
    };
    push(pages, "payout-frozen", &frozen);
    let held = PayoutPage {
        is_frozen: false,
        accounts_from: instant(2026, 11, 25, 9),
        ..frozen
    };
    push(pages, "payout-contact-changed", &held);
    control(words, pages);
    let representative = RepresentativePage {
        chrome: signed_in("/me/representative"),
        case: words.case(),
        titles: vec![
            "parent",
            "court_decree",
            "heir_self_declaration",
            "power_of_attorney",
        ],
        fields: RepresentativeFields {
            title: "parent".to_owned(),
            given_name: words.say("Anna"),
            family_name: words.say("Bianchi"),
            codice_fiscale: words.say("BNCNNA58S70F205L"),
            title_document: words.say("Stato di famiglia"),
            valid_from: words.say("01/01/2026"),
            valid_until: String::new(),
        },
        errors: wrong(&[
            ("/title", "error-title-does-not-fit"),
            ("/codice_fiscale", "error-representative-minor"),
        ]),
    };
    push(pages, "representative-errors", &representative);
    for state in ["to_verify", "approved", "rejected", "replaced"] {
        let is_rejected = state == "rejected";
        let paper = PaperPage {
            chrome: signed_in("/me/paper"),
            case: words.case(),
            association: words.association(Offer::Join, RegisterStatus::Active),
            hindrance: (state == "approved").then(|| words.say("Firmata")),
            handed_in: Some(HandedInLine {
                state: state.to_owned(),
                version: 2,
                at: instant(2026, 11, 22, 10).unwrap_or_default(),
                reason: is_rejected.then(|| "pages_missing".to_owned()),
                note: is_rejected.then(|| words.say("Manca la pagina 3")),
            }),
            short_sha256: words.say("ab12 cd34 ef56 ab78"),
            id_expires_on: words.say("31/01/2030"),
            signed_on: words.say("01/03/2026"),
            errors: wrong(&[
                ("/file", "error-scan-required"),
                ("/id_back", "error-id-back-required"),
            ]),
        };
        push(pages, format!("paper-{state}"), &paper);
    }
    let documents = DocumentsPage {
        chrome: signed_in("/me/documents"),
        case: words.case(),
        desk: None,
        documents: DocumentKind::ALL
            .into_iter()
            .zip(1..)
            .map(|(kind, number)| words.document(kind, number))
            .collect(),
        can_add: true,
        has_declared: true,
        kind: "plan_proof".to_owned(),
        key: words.say("0123456789abcdef"),
        done: Some("added"),
        errors: wrong(&[
            ("/kind", "error-proof-kind-required"),
            ("/file", "error-file-heic"),
        ]),
    };
    push(pages, "documents-errors", &documents);
    for (name, over) in [
        ("resume-code", SessionOver::CodeMailed),
        ("resume-enter", SessionOver::Enter),
    ] {
        let page = ResumePage {
            chrome: words.chrome("/me/declare"),
            action: "/me/declare".to_owned(),
            kept: vec![(words.say("narrative"), words.say("Che cosa"))],
            over,
            code: words.say("12"),
            errors: match over {
                SessionOver::CodeMailed => wrong(&[("/code", "error-code-wrong")]),
                SessionOver::Enter => Errors::default(),
            },
        };
        push(pages, name, &page);
    }
}

fn progress(number: usize) -> Progress {
    Progress {
        number,
        total: 4,
        desk: None,
    }
}

fn steps(words: Words, chrome: &Chrome, pages: &mut Vec<(String, String)>) {
    let question = |last_day: Option<NaiveDate>| IncidentQuestion {
        name: words.say("Blocco di gennaio 2023"),
        first_day: date(2023, 1, 23).expect("a day"),
        last_day,
        form: words.incident(),
    };
    let mailbox = MailboxPage {
        chrome: chrome.clone(),
        case: words.case(),
        progress: progress(1),
        address: words.say("maria@libero.it"),
        plans: vec![PlanChoice {
            code: words.say("plus"),
            name: words.say("Libero Mail Plus"),
            paid: true,
        }],
        incidents: vec![question(date(2023, 1, 28)), question(None)],
        documents: vec![DocumentChoice {
            id: words.say("01a20202"),
            number: 1,
            kind: "plan_proof",
        }],
        errors: wrong(&[
            ("/incidents/0/plan", "error-plan-required"),
            ("/incidents/0/fee_paid_cents", "error-amount-format"),
            ("/incidents/0/use", "error-use-required"),
            ("/incidents/0/holder", "error-holder"),
            ("/incidents/0/unavailable_from", "error-window-from-missing"),
            ("/incidents/0/last_use", "error-last-use-late"),
            (
                "/incidents/0/compensation_received",
                "error-compensation-required",
            ),
            ("/incidents/0/items", "error-item-required"),
            ("/incidents/1/items/1/amount_cents", "error-amount-required"),
            ("/incidents/0/hit", "error-incident-required"),
        ]),
    };
    push(pages, "declare-mailbox-errors", &mailbox);
    let claim = ClaimForm {
        place: "agcom".to_owned(),
        reference: words.say("UG/1"),
        amount: words.say("20"),
    };
    let elsewhere = ElsewherePage {
        chrome: chrome.clone(),
        case: words.case(),
        progress: progress(2),
        form: ElsewhereForm {
            nothing: "yes".to_owned(),
            complained: "yes".to_owned(),
            complaint: ComplaintForm {
                place: "respondent".to_owned(),
                reference: words.say("12"),
                date: words.say("24/01/2023"),
                answer: "rejected".to_owned(),
                text: words.say("Ho scritto"),
            },
            other_claims: "yes".to_owned(),
            other_claims_list: vec![claim.clone(), claim.clone()],
            already_compensated: "no".to_owned(),
            already_compensated_list: vec![claim],
            contract_version: words.say("2022"),
            contract_clause: words.say("6.1"),
            member_number: words.say("A-1"),
        },
        errors: wrong(&[
            ("/complaint/where", "error-place-required"),
            ("/complaint/date", "error-day-future"),
            ("/nothing", "error-nothing-contradicted"),
            ("/other_claims", "error-other-claims-required"),
            ("/other_claims/1/amount_cents", "error-amount-format"),
            ("/already_compensated", "error-already-compensated-required"),
            ("/member_number", "error-member-number-format"),
        ]),
    };
    push(pages, "declare-elsewhere-errors", &elsewhere);
    let story = StoryPage {
        chrome: chrome.clone(),
        case: words.case(),
        progress: progress(3),
        narrative: words.say("Era lunedì.\nNon funzionava nulla."),
        errors: wrong(&[("/narrative", "error-narrative-too-long")]),
    };
    push(pages, "declare-story-errors", &story);
}

fn review(words: Words, chrome: &Chrome, pages: &mut Vec<(String, String)>) {
    let whole = ReviewPage {
        chrome: chrome.clone(),
        case: words.case(),
        progress: progress(4),
        open_steps: Vec::new(),
        needs_identity: false,
        parts: vec![SummaryPart {
            title: words.say("maria@libero.it: Gennaio 2023"),
            step: 1,
            rows: vec![(words.say("Piano"), words.say("Gratis"))],
        }],
        total_cents: 1_250,
        estimate: Some(words.estimate()),
        dictation: None,
        errors: Errors::default(),
    };
    push(pages, "declare-review", &whole);
    let open = ReviewPage {
        open_steps: vec![(1, words.say("maria@libero.it"))],
        needs_identity: true,
        ..whole
    };
    push(pages, "declare-review-open", &open);
}

fn signing(words: Words, chrome: &Chrome, pages: &mut Vec<(String, String)>) {
    let texts = ["attestation_g", "mandate_h", "mandate_messa_in_mora"].map(|kind| AcceptField {
        kind: kind.to_owned(),
        version: words.say("2026-11"),
        sha256: words.say("0a1b"),
        body: words.say("Primo paragrafo.\n\nSecondo paragrafo."),
        translation: Some(words.say("First paragraph.")),
        required: kind != "mandate_messa_in_mora",
        accepted: false,
    });
    let sign = SignPage {
        chrome: chrome.clone(),
        case: words.case(),
        document: words.to_sign(),
        texts: texts.to_vec(),
        email: words.say("m***a@example.it"),
        errors: Errors::default(),
    };
    push(pages, "sign", &sign);
    let errors = wrong(&[
        ("/accept/attestation_g", "error-attestation-required"),
        ("/accept/mandate_h", "error-mandate-required"),
    ]);
    push(pages, "sign-errors", &SignPage { errors, ..sign });
    let code = SignCodePage {
        intent: "Firmo la dichiarazione",
        chrome: chrome.clone(),
        case: words.case(),
        document: words.to_sign(),
        email: words.say("m***a@example.it"),
        expires_at: instant(2026, 11, 22, 9).expect("an instant"),
        is_live: true,
        request: words.say("01a20202"),
        acceptances: vec![(words.say("mandate_h"), words.say("2026-11"))],
        code: words.say("12"),
        full_name: words.say("Maria"),
        errors: wrong(&[
            ("/code", "error-code-wrong"),
            ("/full_name", "error-full-name-other"),
        ]),
    };
    push(pages, "sign-code-errors", &code);
    let over = SignCodePage {
        intent: "Firmo la dichiarazione",
        is_live: false,
        errors: wrong(&[("/code", "error-code-over")]),
        ..code
    };
    push(pages, "sign-code-over", &over);
    signed_file(words, chrome, pages);
    for hindrance in ["otp_needs_email", "declaration_changed", "interest_only"] {
        let page = SignNotPage {
            chrome: chrome.clone(),
            case: words.case(),
            association: words.association(Offer::Interest, RegisterStatus::Unknown),
            hindrance: hindrance.to_owned(),
            sentence: words.say("Per firmare con un codice serve un indirizzo e-mail."),
        };
        push(pages, format!("sign-not-{hindrance}"), &page);
    }
}

fn signed_file(words: Words, chrome: &Chrome, pages: &mut Vec<(String, String)>) {
    let file = SignFilePage {
        intent: "Firmo la dichiarazione",
        chrome: chrome.clone(),
        case: words.case(),
        document: words.to_sign(),
        expires_at: instant(2026, 11, 29, 9).expect("an instant"),
        is_live: true,
        request: words.say("01a20202"),
        report: Some(ReportShown {
            verdict: "not_verifiable",
            checked_at: instant(2026, 11, 22, 9).expect("an instant"),
            checks: vec![
                ("document", "passed", "as_it_must_be"),
                ("timestamp", "passed", "no_timestamp"),
                ("revocation", "unknown", "no_revocation_data"),
            ],
        }),
        errors: wrong(&[("/file", "error-signature-no-revocation-data")]),
    };
    push(pages, "sign-file-errors", &file);
    push(
        pages,
        "sign-file-over",
        &SignFilePage {
            is_live: false,
            report: None,
            ..file
        },
    );
}

/// Another address to be written to.
fn contact(words: Words, pages: &mut Vec<(String, String)>) {
    let contact = ContactPage {
        chrome: Chrome {
            signed_in: true,
            ..words.chrome("/me/contact")
        },
        case: words.case(),
        current: Some(words.say("m***i@example.org")),
        current_phone: None,
        asked: None,
        is_sent: false,
        email: words.say("maria@libero.it"),
        code: String::new(),
        phone: words.say("12"),
        errors: wrong(&[
            ("/email", "error-contact-unchanged"),
            ("/phone", "error-phone-required"),
        ]),
    };
    push(pages, "contact-errors", &contact);
    let asked = ContactPage {
        asked: instant(2026, 3, 2, 12).map(|until| (words.say("maria@example.com"), until)),
        is_sent: true,
        current_phone: Some(words.say("+39********67")),
        errors: Errors::default(),
        ..contact
    };
    push(pages, "contact-sent", &asked);
}

/// Proof of control of a mailbox, and the links that stop an account and a contact.
fn control(words: Words, pages: &mut Vec<(String, String)>) {
    let page = |proved: bool, is_reachable: bool, errors| ProofPage {
        chrome: Chrome {
            signed_in: true,
            ..words.chrome("/me/mailboxes/1")
        },
        case: words.case(),
        path: "/me/mailboxes/1".to_owned(),
        address: words.say("m…i@libero.it"),
        proved_at: instant(2026, 3, 1, 12).filter(|_| proved),
        is_reachable,
        code_until: None,
        is_sent: false,
        code: words.say("12"),
        errors,
    };
    push(pages, "mailbox", &page(false, true, Errors::default()));
    push(
        pages,
        "mailbox-down",
        &page(false, false, Errors::default()),
    );
    push(
        pages,
        "mailbox-proved",
        &page(true, true, Errors::default()),
    );
    let wrong = wrong(&[("/code", "error-code-wrong")]);
    push(pages, "mailbox-errors", &page(false, true, wrong));
    let sent = ProofPage {
        is_sent: true,
        code_until: instant(2026, 3, 2, 12),
        ..page(false, true, Errors::default())
    };
    push(pages, "mailbox-sent", &sent);
    contact(words, pages);
    for state in [
        StopState::Ask,
        StopState::Stopped,
        StopState::Late,
        StopState::Unknown,
    ] {
        let known = state != StopState::Unknown;
        for what in StopWhat::ALL {
            let page = StopPage {
                chrome: words.chrome(&what.path("x")),
                what,
                token: words.say("x"),
                state,
                case: known.then(|| words.case()),
                association: known.then(|| words.association(Offer::Join, RegisterStatus::Active)),
            };
            let name = format!("{}-{}", what.as_str(), state.as_str());
            push(pages, name, &page);
        }
    }
}
