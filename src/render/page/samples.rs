//! Every page in each of its shapes, filled with one given word wherever visitors or data speak.

#![expect(clippy::too_many_lines, reason = "a sample is as long as its page")]

use askama::Template;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};

use super::{
    AddressForm, CapQuestion, CaseHead, Chrome, Errors, FieldError, FoundTown, Frame, Whose,
    about::{AboutPage, PromotedCase},
    association::{AssociationCard, ChoosePage, Offer, Register, RegisterStatus},
    association_change::{AssociationChangePage, AssociationChoicePage},
    case::{
        CasePage, Demand, Domain, Fact, FactValue, Incident, LetterShown, Promise, Said, Source,
        SourcedInstant, Statement, Treatment,
    },
    confirm::{ConfirmPage, ConfirmState},
    embed::EmbedJoinedPage,
    enter::{EnterPage, EnterRequestPage, EnterState},
    follow::{FollowForm, FollowLinkPage, FollowPage, FollowState},
    home::{CaseRow, HomePage},
    identity::{EntityForm, IdentityFields, IdentityKind, IdentityPage, PersonForm},
    join::{ConsentField, JoinForm, JoinPage, MailboxRow, PlanOption},
    joined::{AddressDoubt, Delivery, JoinedNotice, JoinedPage},
    me::{
        ConsentLine, ErasePage, IdentitySummary, MeNotice, MePage, MyMailboxLine, NextStep,
        RejectionLines, Task, WithdrawPage,
    },
    message::MessagePage,
    not_me::{NotMePage, NotMeState},
    outbox::{MailPage, OutboxPage, OutboxRow},
    own_history::{MailLine, MailsPage, ViewLine, ViewsPage},
    problems::{ProblemBlock, ProblemsPage},
    rights::{RequestLine, RightsPage},
    scam_report::{Choice, ReportScamPage, ScamReportForm},
    texts::{TextBlock, TextsPage},
    updates::{UpdateLine, UpdatesPage},
    verify::{CheckedReceipt, CheckedSeal, VerifiedMail, VerifyPage},
};
use crate::domain::{language::Language, rights::RightsKind, scam_report::AskedFor};

mod declaration;

/// The claimant states of the interface, and the word of a record whose person went elsewhere.
pub(super) const STATES: [&str; 11] = [
    "unconfirmed",
    "to_assist",
    "confirmed",
    "signed",
    "resign_required",
    "lodged",
    "withdrawn",
    "rejected",
    "duplicate",
    "restricted",
    "moved",
];

/// What data and visitors say on the sample pages.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) language: Language,
    /// Put behind each word of the data; empty for a calm page.
    pub(super) mark: &'static str,
}

impl Words {
    fn say(self, word: &str) -> String {
        format!("{word}{}", self.mark)
    }

    fn chrome(self, path: &str) -> Chrome {
        Chrome {
            staff: None,
            language: self.language,
            demo: true,
            path: self.say(path),
            csrf: Some(self.say("csrf")),
            signed_in: false,
            privacy_href: Some("/privacy".to_owned()),
            verify_href: Some("/verify".to_owned()),
            whose: None,
            frame: None,
        }
    }

    /// In a page of a partner site.
    fn framed(self) -> Chrome {
        Chrome {
            csrf: None,
            frame: Some(Frame {
                association: Some((self.say("altroconsumo"), self.say("Altroconsumo"))),
            }),
            ..self.chrome("/embed/libero-virgilio-2023?association=altroconsumo&via=blog")
        }
    }

    fn case(self) -> CaseHead {
        CaseHead {
            slug: self.say("libero-virgilio-2023"),
            title: self.say("Libero Mail e Virgilio Mail: il blocco del 2023"),
            respondent: self.say("Italiaonline S.p.A."),
        }
    }

    fn association(self, offer: Offer, status: RegisterStatus) -> AssociationCard {
        let register = Register {
            status,
            reference: Some(self.say("DEMO-12")),
            checked_on: date(2026, 1, 12),
        };
        AssociationCard {
            slug: self.say("altroconsumo"),
            name: self.say("Altroconsumo"),
            offer,
            phone: Some(self.say("02 6961 550")),
            hours: Some(self.say("lunedì-venerdì, 9-13 e 14-18")),
            dpo: Some(self.say("dpo@example.org")),
            giustizia: register.clone(),
            art137: Register {
                status: RegisterStatus::Unknown,
                ..register
            },
        }
    }

    fn source(self) -> Source {
        Source {
            title: self.say("Il Post"),
            href: Some(self.say("https://example.org/articolo?a=1&b=2")),
            on: date(2023, 1, 27),
        }
    }

    fn fact(self) -> Fact {
        let value = |word: &str| FactValue {
            value: self.say(word),
            source: self.source(),
        };
        Fact {
            label: self.say("Quante caselle"),
            disagree: true,
            values: vec![
                value("oltre nove milioni di caselle"),
                value("11 milioni di persone"),
            ],
        }
    }

    fn consents(self) -> [ConsentField; 3] {
        ["privacy_notice", "contact", "newsletter"].map(|purpose| ConsentField {
            purpose: purpose.to_owned(),
            text_version: self.say("2026-01"),
            words: self.say("Primo paragrafo.\n\nSecondo paragrafo."),
            required: purpose != "newsletter",
            given: false,
        })
    }

    fn updates(self) -> Vec<UpdateLine> {
        let line = UpdateLine {
            language: "it",
            title: self.say("Prima udienza"),
            paragraphs: vec![
                vec![self.say("Una riga."), self.say("Un'altra.")],
                vec![self.say("Un paragrafo.")],
            ],
            association: self.say("Altroconsumo"),
            published_on: date(2026, 3, 2),
        };
        vec![line.clone(), line]
    }

    fn follow(self, associations: usize) -> FollowForm {
        let [consent, ..] = self.consents();
        FollowForm {
            associations: vec![(self.say("codacons"), self.say("Codacons")); associations],
            association: self.say("codacons"),
            email: self.say("maria@example.org"),
            doubt: Some(AddressDoubt {
                typed: self.say("gmial.com"),
                meant: self.say("gmail.com"),
            }),
            language: "de".to_owned(),
            consent: Some(ConsentField {
                purpose: "follow".to_owned(),
                ..consent
            }),
        }
    }

    fn address(self) -> AddressForm {
        AddressForm {
            name: self.say("Maria Rossi"),
            street: self.say("via Roma"),
            number: self.say("1"),
            postal_code: self.say("00184"),
            city: self.say("Roma"),
            province: self.say("RM"),
            country: self.say("IT"),
            question: Some(CapQuestion {
                city: self.say("Roma"),
                typed: self.say("00100"),
                meant: Some(self.say("00184")),
                range: (self.say("00118"), self.say("00199")),
            }),
            asked: Some(self.say("00100")),
            found: Some(FoundTown {
                city: self.say("Roma"),
                code: self.say("00184"),
                province: self.say("RM"),
            }),
            ..AddressForm::default()
        }
    }
}

/// All sample pages: file-like name and HTML.
pub(super) fn all(words: Words) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    public(words, &mut pages);
    joining(words, &mut pages);
    entering(words, &mut pages);
    record(words, &mut pages);
    history(words, &mut pages);
    declaration::pages(words, &mut pages);
    rest(words, &mut pages);
    pages
}

fn push(pages: &mut Vec<(String, String)>, name: impl Into<String>, page: &impl Template) {
    pages.push((name.into(), page.render().expect("renders")));
}

fn public(words: Words, pages: &mut Vec<(String, String)>) {
    let row = CaseRow {
        slug: words.say("libero-virgilio-2023"),
        title: words.say("Libero Mail e Virgilio Mail: il blocco del 2023"),
        respondent: words.say("Italiaonline S.p.A."),
        state: "open".to_owned(),
        associations: vec![words.say("Codacons"), words.say("Altroconsumo")],
        confirmed: 12_345,
    };
    for (name, query, cases) in [
        ("home", "", vec![row.clone()]),
        ("home-search", "italia", vec![row]),
        ("home-none", "x", vec![]),
    ] {
        let query = if query.is_empty() {
            String::new()
        } else {
            words.say(query)
        };
        let next_href = Some("/?after=1".to_owned());
        push(
            pages,
            name,
            &HomePage {
                chrome: words.chrome("/"),
                query,
                cases,
                next_href,
            },
        );
    }
    let incident = Incident {
        name: Said {
            words: words.say("Blocco di gennaio 2023"),
            lang: "it",
        },
        starts_at: instant(2023, 1, 22, 21).map(|at| SourcedInstant {
            at,
            source: words.source(),
        }),
        ends_at: instant(2023, 1, 28, 19).map(|at| SourcedInstant {
            at,
            source: words.source(),
        }),
        accepted: date(2023, 1, 22).zip(date(2023, 2, 3)),
        domains: [Treatment::InScope, Treatment::Review, Treatment::Refused]
            .map(|treatment| Domain {
                name: words.say("libero.it"),
                treatment,
                source: words.source(),
            })
            .to_vec(),
        facts: vec![words.fact()],
    };
    let day = NaiveDate::from_ymd_opt(2023, 1, 27).expect("a day");
    let promises = [
        None,
        Some(Promise::Kept(day)),
        Some(Promise::Broken(day)),
        Some(Promise::Pending(day)),
    ];
    let statements: Vec<_> = promises
        .map(|promise| Statement {
            speaker: words.say("Italiaonline"),
            on: date(2023, 1, 25),
            words: words.say("«Contiamo di ripristinare il servizio entro 24/48 ore»"),
            source: words.source(),
            promise,
            letter: promise.is_none().then(|| LetterShown {
                recipients: words.say("Italiaonline S.p.A."),
                copies: words.say("AGCOM"),
                delivered_on: date(2023, 1, 25),
                demands: vec![
                    Demand {
                        kind: "reactivation".to_owned(),
                        text: words.say("Riattivare subito le caselle"),
                        answer: Some((day, words.say("Le caselle sono tornate"))),
                    },
                    Demand {
                        kind: "ristoro".to_owned(),
                        text: words.say("Ristori per tutti"),
                        answer: None,
                    },
                ],
            }),
        })
        .to_vec();
    let offers = [
        ("case-join", Offer::Join, RegisterStatus::Active),
        ("case-interest", Offer::Interest, RegisterStatus::Unknown),
        (
            "case-suspended",
            Offer::Suspended,
            RegisterStatus::Suspended,
        ),
        (
            "case-cancelled",
            Offer::Cancelled,
            RegisterStatus::Cancelled,
        ),
        ("case-closed", Offer::Closed, RegisterStatus::Active),
    ];
    for (name, offer, status) in offers {
        let page = CasePage {
            chrome: words.chrome("/c/libero-virgilio-2023"),
            case: words.case(),
            title: Said {
                words: words.say("Libero Mail e Virgilio Mail: il blocco del 2023"),
                lang: "it",
            },
            summary: Said {
                words: words.say("Le caselle sono rimaste bloccate."),
                lang: "it",
            },
            state: "open".to_owned(),
            associations: vec![words.association(offer, status); 2],
            facts: vec![words.fact()],
            incidents: vec![incident.clone()],
            statements: statements.clone(),
            updates: words.updates(),
            follow: words.follow(2),
            errors: Errors::default(),
            confirmed: 1,
            via: Some(words.say("blog")),
            share_via: words.say("blog"),
            share_url: words.say("https://example.org/c/libero-virgilio-2023?via=blog"),
            preview: (name == "case-closed").then(|| words.say("/console/case-desk/x")),
        };
        push(pages, name, &page);
    }
    for (name, updates) in [("updates", words.updates()), ("updates-none", Vec::new())] {
        let page = UpdatesPage {
            chrome: words.chrome("/c/libero-virgilio-2023/updates"),
            case: words.case(),
            next_href: (!updates.is_empty()).then(|| words.say("/c/x/updates?cursor=x")),
            is_first: updates.is_empty(),
            updates,
        };
        push(pages, name, &page);
    }
    following(words, pages);
}

fn following(words: Words, pages: &mut Vec<(String, String)>) {
    let wrong = wrong(&[
        ("/association", "error-follow-association"),
        ("/email", "error-follow-email"),
        ("/language", "error-language-unknown"),
        ("/consent/text_version", "error-consent-version-unknown"),
        ("/consent/given", "error-follow-consent"),
    ]);
    for (name, associations, sent, errors) in [
        ("follow", 2, false, Errors::default()),
        ("follow-one", 1, false, Errors::default()),
        ("follow-errors", 2, false, wrong),
        ("follow-sent", 1, true, Errors::default()),
    ] {
        let page = FollowPage {
            chrome: words.chrome("/c/libero-virgilio-2023/follow"),
            case: words.case(),
            follow: words.follow(associations),
            sent: sent.then(|| words.say("maria@example.org")),
            errors,
        };
        push(pages, name, &page);
    }
    for state in [
        FollowState::Ask,
        FollowState::Following,
        FollowState::Unknown,
        FollowState::AskEnd,
        FollowState::Ended,
    ] {
        let known = !matches!(state, FollowState::Unknown | FollowState::Ended);
        let page = FollowLinkPage {
            chrome: words.chrome("/follow/x"),
            token: words.say("x"),
            state,
            case: known.then(|| words.case()),
            association: known.then(|| words.say("Codacons")),
        };
        push(pages, format!("follow-link-{}", state.as_str()), &page);
    }
}

fn joining(words: Words, pages: &mut Vec<(String, String)>) {
    let association = words.association(Offer::Join, RegisterStatus::Active);
    let interest = words.association(Offer::Interest, RegisterStatus::Unknown);
    let choose = ChoosePage {
        chrome: words.chrome("/c/libero-virgilio-2023/join"),
        case: words.case(),
        associations: vec![association.clone(), interest.clone()],
        via: Some(words.say("blog")),
    };
    push(pages, "choose", &choose);
    let about = AboutPage {
        chrome: words.chrome("/a/codacons"),
        association: association.clone(),
        cases: [Offer::Join, Offer::Interest, Offer::Closed]
            .map(|offer| PromotedCase {
                case: words.case(),
                offer,
            })
            .to_vec(),
    };
    push(pages, "about", &about);
    let consents = words.consents();
    let blank = JoinPage {
        chrome: words.chrome("/c/libero-virgilio-2023/join?association=altroconsumo"),
        case: words.case(),
        association: association.clone(),
        form: JoinForm::blank(),
        plans: vec![PlanOption {
            code: words.say("free"),
            name: words.say("Libero gratuito"),
        }],
        consents: consents.to_vec(),
        via: Some(words.say("blog")),
        idempotency_key: words.say("key"),
        doubts: Vec::new(),
        asked: Vec::new(),
        errors: Errors::default(),
    };
    push(pages, "join", &blank);
    push(
        pages,
        "join-interest",
        &JoinPage {
            association: interest.clone(),
            ..blank.clone()
        },
    );
    let form = JoinForm {
        email: words.say("maria@libero.it"),
        phone: words.say("12"),
        postal_ok: true,
        postal_address: words.address(),
        mailboxes: vec![
            MailboxRow {
                address: words.say("maria"),
                plan: words.say("free")
            };
            2
        ],
    };
    let errors = wrong(&[
        ("/contact/email", "error-contact-required"),
        ("/contact/email", "error-contact-same-as-mailbox"),
        ("/contact/phone", "error-phone-format"),
        ("/contact/postal_address/city", "error-city-required"),
        ("/mailboxes", "error-mailbox-required"),
        ("/mailboxes/1/address", "error-mailbox-format"),
        ("/mailboxes/0/plan", "error-plan-unknown"),
        ("/consents/0/given", "error-consent-privacy-notice"),
        ("", "error-other"),
    ]);
    let wrong_form = JoinPage {
        form,
        errors,
        ..blank.clone()
    };
    push(pages, "join-errors", &wrong_form);
    for (name, page) in [("embed", blank), ("embed-errors", wrong_form)] {
        let chrome = words.framed();
        push(pages, name, &JoinPage { chrome, ..page });
    }
    for (name, delivery) in [
        (
            "embed-joined",
            Delivery::Mailed {
                address: words.say("maria@example.it"),
            },
        ),
        (
            "embed-joined-assist",
            Delivery::ToAssist {
                phone: Some(words.say("+39********67")),
            },
        ),
    ] {
        let page = EmbedJoinedPage {
            chrome: words.framed(),
            association: association.clone(),
            reference: words.say("7KQ2-M9XP-4TWA"),
            delivery,
            contact_affected: true,
            again_href: words.say("/embed/libero-virgilio-2023?association=altroconsumo"),
            enter_href: words.say("/enter?case=libero-virgilio-2023"),
        };
        push(pages, name, &page);
    }
    let refused = MessagePage {
        chrome: words.framed(),
        ..MessagePage::not_found(words.chrome("/"))
    };
    push(pages, "embed-refused", &refused);
    let joined = JoinedPage {
        chrome: words.chrome("/c/libero-virgilio-2023/joined"),
        case: words.case(),
        association: interest,
        reference: words.say("7KQ2-M9XP-4TWA"),
        delivery: Delivery::Mailed {
            address: words.say("maria@example.it"),
        },
        contact_affected: true,
        notice: Some(JoinedNotice::Corrected),
        code: words.say("12"),
        email: words.say("maria"),
        doubt: Some(AddressDoubt {
            typed: words.say("gmial.com"),
            meant: words.say("gmail.com"),
        }),
        errors: wrong(&[
            ("/code", "error-code-wrong"),
            ("/email", "error-email-format"),
        ]),
        another_href: words.say("/c/libero-virgilio-2023/join?association=altroconsumo"),
    };
    push(pages, "joined-errors", &joined);
    let calm = JoinedPage {
        notice: Some(JoinedNotice::Resent),
        errors: Errors::default(),
        code: String::new(),
        email: String::new(),
        doubt: None,
        ..joined
    };
    push(pages, "joined", &calm);
    push(
        pages,
        "joined-assist",
        &JoinedPage {
            delivery: Delivery::ToAssist { phone: None },
            notice: None,
            ..calm
        },
    );
}

fn entering(words: Words, pages: &mut Vec<(String, String)>) {
    for state in [
        ConfirmState::Ask,
        ConfirmState::Confirmed,
        ConfirmState::Used,
        ConfirmState::Expired,
        ConfirmState::Unknown,
    ] {
        let page = ConfirmPage {
            chrome: words.chrome("/confirm/abc"),
            token: words.say("abc"),
            state,
            case: Some(words.case()),
            association: Some(words.say("Altroconsumo")),
            signed_in: true,
            listed_on: None,
            consents: Vec::new(),
            errors: Errors::default(),
            resent: state == ConfirmState::Used,
        };
        push(pages, format!("confirm-{}", state.as_str()), &page);
        if state == ConfirmState::Ask {
            let listed = ConfirmPage {
                listed_on: NaiveDate::from_ymd_opt(2023, 2, 1),
                consents: words.consents().to_vec(),
                ..page
            };
            push(pages, "confirm-listed".to_owned(), &listed);
        }
    }
    for state in [
        NotMeState::Ask,
        NotMeState::Said,
        NotMeState::Late,
        NotMeState::Unknown,
    ] {
        let page = NotMePage {
            chrome: words.chrome("/not-me/abc"),
            token: words.say("abc"),
            state,
            case: Some(words.case()),
        };
        push(pages, format!("not-me-{}", state.as_str()), &page);
    }
    for state in [
        EnterState::Ask,
        EnterState::Used,
        EnterState::Expired,
        EnterState::Unknown,
    ] {
        let page = EnterPage {
            chrome: words.chrome("/enter/abc"),
            token: words.say("abc"),
            state,
        };
        push(pages, format!("enter-{}", state.as_str()), &page);
    }
    let request = EnterRequestPage {
        chrome: words.chrome("/enter"),
        cases: vec![words.case()],
        case: words.say("libero-virgilio-2023"),
        email: words.say("maria"),
        reference: words.say("7KQ2"),
        code: words.say("1"),
        sent: true,
        errors: Errors::default(),
    };
    push(pages, "enter-sent", &request);
    let errors = wrong(&[
        ("/email", "error-email-format"),
        ("/case", "error-case-required"),
        ("/reference", "error-record-required"),
        ("/code", "error-code-required"),
    ]);
    let cases = vec![words.case(), words.case()];
    push(
        pages,
        "enter-errors",
        &EnterRequestPage {
            cases,
            sent: false,
            errors,
            ..request
        },
    );
}

impl Words {
    fn mails(self) -> Vec<MailLine> {
        let states = ["sent", "waiting", "failed", "returned"];
        let kinds = ["confirmation", "otp", "receipt", "rights"];
        let at = |day| Utc.with_ymd_and_hms(2026, 3, day, 12, 0, 0).unwrap();
        let lines = (1..).zip(kinds.into_iter().zip(states));
        lines
            .map(|(day, (kind, state))| MailLine {
                kind: kind.to_owned(),
                at: at(day),
                code: self.say("ABCD-EFGH-JKMN"),
                state,
            })
            .collect()
    }

    fn requests(self) -> Vec<RequestLine> {
        let at = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        let open = RequestLine {
            id: self.say("1"),
            reference: self.say("7KQ2-M9XP-4TWA"),
            kind: "rectification".to_owned(),
            channel: "page".to_owned(),
            received_on: date(2026, 3, 1).unwrap(),
            due_on: date(2026, 4, 1).unwrap(),
            overdue: true,
            extension: Some((at, self.say("Serve tempo"))),
            by_letter: true,
            answer: None,
            text: Some(self.say("Il nome è sbagliato")),
            outcome: None,
            lifting: None,
        };
        let answered = RequestLine {
            answer: Some((at, "refused".to_owned(), self.say("È giusto"))),
            text: None,
            outcome: Some("recorded".to_owned()),
            ..open.clone()
        };
        let became = ["restricted", "erasing"].map(|word| RequestLine {
            outcome: Some(word.to_owned()),
            ..answered.clone()
        });
        [vec![open, answered], became.to_vec()].concat()
    }

    fn views() -> Vec<ViewLine> {
        let at = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        [
            "record",
            "document",
            "evidence",
            "receipt",
            "attestation",
            "list",
            "list_clear",
            "documents",
        ]
        .map(|what| ViewLine {
            at,
            role: (what != "list").then(|| "case_manager".to_owned()),
            what,
        })
        .to_vec()
    }
}

/// What went out and who looked, with and without lines.
fn history(words: Words, pages: &mut Vec<(String, String)>) {
    for has_lines in [true, false] {
        let kept = |next: &str| has_lines.then(|| words.say(next));
        let mails = MailsPage {
            chrome: words.chrome("/me/mails"),
            mails: if has_lines { words.mails() } else { Vec::new() },
            next: kept("AAAA"),
        };
        push(pages, format!("my_mails/{has_lines}"), &mails);
        let views = ViewsPage {
            chrome: words.chrome("/me/views"),
            views: if has_lines {
                Words::views()
            } else {
                Vec::new()
            },
            next: kept("AAAA"),
        };
        push(pages, format!("my_views/{has_lines}"), &views);
        let rights = RightsPage {
            chrome: words.chrome("/me/rights"),
            requests: if has_lines {
                words.requests()
            } else {
                Vec::new()
            },
            kinds: RightsKind::ON_OWN_PAGE.map(RightsKind::as_str).to_vec(),
            kind: words.say("erasure"),
            text: words.say("Il nome"),
            sent: has_lines,
            errors: if has_lines {
                Errors::default()
            } else {
                wrong(&[
                    ("/kind", "error-rights-kind"),
                    ("/text", "error-rights-required"),
                ])
            },
        };
        push(pages, format!("rights/{has_lines}"), &rights);
    }
}

fn record(words: Words, pages: &mut Vec<(String, String)>) {
    let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "l"];
    let consents = ["privacy_notice", "contact", "newsletter"].map(|purpose| ConsentLine {
        purpose: purpose.to_owned(),
        text_version: words.say("2026-01"),
        given: purpose != "newsletter",
        at: instant(2026, 3, 1, 12),
    });
    for state in STATES {
        let known = state != "confirmed";
        let page = MePage {
            chrome: Chrome {
                signed_in: true,
                ..words.chrome("/me")
            },
            case: words.case(),
            association: words.association(Offer::Join, RegisterStatus::Active),
            reference: words.say("7KQ2-M9XP-4TWA"),
            state: state.to_owned(),
            rejected: (state == "rejected").then(|| RejectionLines {
                rejected_on: NaiveDate::default(),
                object: words.say("Hai tempo fino al 23 dicembre. Telefona."),
                code: "not_proven",
                words: Some(words.say("Manca la prova")),
            }),
            asked: vec![
                ("b_correction".to_owned(), NaiveDate::default(), true),
                ("i".to_owned(), NaiveDate::default(), false),
            ],
            tasks: [
                ("contact", true, None),
                ("identity", known, (!known).then_some("/me/identity")),
                ("declaration", false, Some("/me/declare")),
                ("signature", false, None),
                ("payout", false, None),
            ]
            .map(|(word, done, href)| Task { word, done, href })
            .to_vec(),
            missing: letters.map(str::to_owned).to_vec(),
            missing_of_case: ["a", "l"].map(str::to_owned).to_vec(),
            email: Some(words.say("m…a@example.it")),
            can_change_contact: state == "signed",
            phone: Some(words.say("+39 …567")),
            mailboxes: vec![MyMailboxLine {
                address: words.say("m…i@libero.it"),
                proved_at: known.then(|| instant(2026, 3, 1, 12)).flatten(),
                href: Some("/me/mailboxes/1".to_owned()),
            }],
            identity: known.then(|| IdentitySummary {
                name: words.say("Maria Rossi"),
                code: words.say("RSS…01U"),
                city: words.say("Roma"),
                warnings: vec!["name_mismatch".to_owned()],
            }),
            representative: Some((words.say("Anna Bianchi"), "parent")),
            to_ratify: true,
            can_edit_identity: true,
            can_change_association: state == "confirmed" || state == "signed",
            can_withdraw: true,
            can_erase: state != "lodged",
            next: match state {
                "confirmed" => Some(NextStep::Identity),
                "signed" => Some(NextStep::Payout),
                "resign_required" => Some(NextStep::Sign),
                _ => None,
            },
            can_declare: true,
            declared: known.then(|| words.declared()),
            changes: if state == "resign_required" {
                words.changes()
            } else {
                Vec::new()
            },
            estimate: known.then(|| words.estimate()),
            prescription: Some(words.prescription()),
            payout: known.then(|| (words.say("IT***3456"), words.say("Maria Rossi"))),
            payout_pending: known
                .then(|| instant(2026, 3, 4, 12))
                .flatten()
                .map(|at| (words.say("DE***3000"), at)),
            payout_frozen: state == "lodged",
            can_pay_out: true,
            consents: consents.to_vec(),
            mails: (words.mails(), true),
            views: (Words::views(), true),
            updates: words.updates(),
            notice: Some(match state {
                "confirmed" => MeNotice::Confirmed,
                "signed" => MeNotice::Signed,
                "withdrawn" => MeNotice::Withdrawn,
                "lodged" => MeNotice::FirstRecord,
                "resign_required" => MeNotice::ContactChanged,
                _ => MeNotice::IdentitySaved,
            }),
        };
        push(pages, format!("me-{state}"), &page);
    }
    let (case, reference) = (words.case(), words.say("7KQ2-M9XP-4TWA"));
    let chrome = words.chrome("/me");
    let withdraw = WithdrawPage {
        chrome: chrome.clone(),
        case: case.clone(),
        reference: reference.clone(),
    };
    push(pages, "withdraw", &withdraw);
    push(
        pages,
        "erase",
        &ErasePage {
            chrome: chrome.clone(),
            case: case.clone(),
            reference: reference.clone(),
            keeps: false,
        },
    );
    push(
        pages,
        "erase-kept",
        &ErasePage {
            chrome,
            case,
            reference,
            keeps: true,
        },
    );
    changing(words, pages);
    for kind in [
        IdentityKind::Person,
        IdentityKind::Foreign,
        IdentityKind::Entity,
    ] {
        identity(words, kind, pages);
    }
}

/// Going to another association.
fn changing(words: Words, pages: &mut Vec<(String, String)>) {
    let choice = AssociationChoicePage {
        chrome: words.chrome("/me/association"),
        case: words.case(),
        own: words.say("Codacons"),
        associations: vec![
            words.association(Offer::Join, RegisterStatus::Active),
            words.association(Offer::Interest, RegisterStatus::Unknown),
        ],
    };
    push(pages, "association-choice", &choice);
    for (name, offer, is_signed) in [
        ("association-change", Offer::Join, true),
        ("association-change-interest", Offer::Interest, false),
    ] {
        let page = AssociationChangePage {
            chrome: words.chrome("/me/association?to=altroconsumo"),
            case: words.case(),
            own: words.say("Codacons"),
            association: words.association(offer, RegisterStatus::Active),
            is_signed,
            consents: words.consents().to_vec(),
            errors: if is_signed {
                Errors::default()
            } else {
                wrong(&[("/consents/1/given", "error-consent-required")])
            },
        };
        push(pages, name, &page);
    }
}

fn identity(words: Words, kind: IdentityKind, pages: &mut Vec<(String, String)>) {
    let errors = wrong(&[
        ("/person/codice_fiscale", "error-codice-fiscale-checksum"),
        ("/person/birth_date", "error-birth-date-mismatch"),
        ("/person/sex", "error-sex-mismatch"),
        ("/person/address/city", "error-city-required"),
        (
            "/person/foreign_document/number",
            "error-document-number-required",
        ),
        (
            "/entity/codice_fiscale",
            "error-codice-fiscale-numeric-format",
        ),
        (
            "/entity/legal_representative/family_name",
            "error-family-name-required",
        ),
        ("/entity/vat_number", "error-vat-number-checksum"),
    ]);
    let page = IdentityPage {
        chrome: Chrome {
            // one of them as it is after a session that ended
            whose: (kind == IdentityKind::Entity).then(|| Whose {
                reference: words.say("7KQ2-M9XP-4TWA"),
                name: Some(words.say("Maria Rossi")),
            }),
            ..words.chrome("/me/identity")
        },
        fields: IdentityFields {
            kind,
            person: PersonForm {
                codice_fiscale: words.say("RSSMRA85M52H501X"),
                provisional: true,
                document_country: words.say("FR"),
                document_kind: words.say("passport"),
                document_number: words.say("12AB34567"),
                given_name: words.say("Maria"),
                family_name: words.say("D'Angelò"),
                birth_date: words.say("12/08/1985"),
                birth_place: words.say("Roma"),
                sex: words.say("F"),
                address: words.address(),
            },
            entity: EntityForm {
                name: words.say("Rossi & Figli S.n.c."),
                codice_fiscale: words.say("0123"),
                vat_number: words.say("0123"),
                representative_given_name: words.say("Maria"),
                representative_family_name: words.say("Rossi"),
                representative_codice_fiscale: words.say("RSSMRA85M52H501X"),
                address: words.address(),
            },
        },
        errors,
    };
    push(pages, format!("identity-{}", kind.as_str()), &page);
}

fn rest(words: Words, pages: &mut Vec<(String, String)>) {
    let chrome = || words.chrome("/");
    let messages = [
        ("bad-request", MessagePage::bad_request(chrome())),
        ("forbidden", MessagePage::forbidden(chrome())),
        ("not-found", MessagePage::not_found(chrome())),
        ("conflict", MessagePage::conflict(chrome())),
        ("gone", MessagePage::gone(chrome())),
        ("too-large", MessagePage::too_large(chrome())),
        ("too-many", MessagePage::too_many(chrome(), 61)),
        ("unavailable", MessagePage::unavailable(chrome())),
        (
            "internal",
            MessagePage::internal(chrome(), words.say("01JABC")),
        ),
        ("session-over", MessagePage::session_over(chrome())),
        ("enter", MessagePage::enter(chrome())),
        ("erased", MessagePage::erased(chrome())),
    ];
    for (name, page) in &messages {
        push(pages, format!("message-{name}"), page);
    }
    let row = OutboxRow {
        id: words.say("1"),
        at: Utc
            .with_ymd_and_hms(2026, 3, 1, 12, 0, 0)
            .single()
            .expect("an instant"),
        to: words.say("maria@example.it"),
        subject: words.say("123456 per confermare la tua iscrizione"),
        kind: words.say("confirmation"),
    };
    push(
        pages,
        "outbox",
        &OutboxPage {
            chrome: chrome(),
            mails: vec![row],
        },
    );
    push(
        pages,
        "outbox-empty",
        &OutboxPage {
            chrome: chrome(),
            mails: vec![],
        },
    );
    let mail = MailPage {
        chrome: chrome(),
        subject: words.say("123456 per confermare la tua iscrizione"),
        headers: vec![(words.say("To"), words.say("maria@example.it"))],
        words: words.say("Codice: 123456\n\nhttps://example.org/confirm/abc\n"),
        links: vec![words.say("/confirm/abc")],
        html_href: Some(words.say("/demo/outbox/1/html")),
    };
    push(pages, "mail", &mail);
    checking(words, pages);
}

fn checking(words: Words, pages: &mut Vec<(String, String)>) {
    let problem = ProblemBlock {
        name: "validation",
        title: "Some fields are not valid",
        status: 422,
        example: None,
    };
    let list = ProblemsPage {
        chrome: words.chrome("/problems"),
        problems: vec![
            ProblemBlock {
                name: "malformed",
                ..problem.clone()
            },
            problem.clone(),
        ],
    };
    push(pages, "problems", &list);
    let one = ProblemsPage {
        chrome: words.chrome("/problems/validation"),
        problems: vec![ProblemBlock {
            example: Some(words.say("{\"status\": 422}")),
            ..problem
        }],
    };
    push(pages, "problem", &one);
    let page = TextsPage {
        chrome: words.chrome("/c/libero-virgilio-2023/texts"),
        case: words.case(),
        associations: vec![words.association(Offer::Join, RegisterStatus::Active)],
        texts: vec![TextBlock {
            purpose: "privacy_notice".to_owned(),
            version: words.say("2026-11"),
            language: words.language,
            sha256: words.say("0a1b"),
            words: words.say("Chi tratta i dati.\n\nPerché.\n- Uno"),
            original: Some(Box::new(TextBlock {
                purpose: "privacy_notice".to_owned(),
                version: words.say("2026-11"),
                language: Language::It,
                sha256: words.say("0a1b"),
                words: words.say("Chi tratta i dati."),
                original: None,
            })),
        }],
    };
    push(pages, "texts", &page);
    for (name, code, kind) in [
        ("verify", "", None),
        ("verify-ours", "ABCD", Some("confirmation")),
        ("verify-access", "ABCD", Some("access")),
        ("verify-unknown", "ABCD", None),
    ] {
        let page = VerifyPage {
            chrome: words.chrome("/verify"),
            code: words.say(code),
            mail: kind.map(|kind| VerifiedMail {
                association: Some(words.say("Altroconsumo")),
                kind: kind.to_owned(),
                sent_on: NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day"),
            }),
            receipt: None,
            seal: None,
            unknown: name == "verify-unknown",
            errors: Errors::default(),
        };
        push(pages, name, &page);
    }
    for (name, verdict, outcome) in [
        ("verify-proved", "proved", "proved"),
        ("verify-refuted", "refuted", "refuted"),
        ("verify-unreadable", "unreadable", "open"),
    ] {
        let page = VerifyPage {
            chrome: words.chrome("/verify"),
            code: String::new(),
            mail: None,
            receipt: Some(CheckedReceipt {
                verdict,
                parts: vec![(format!("key-{outcome}"), outcome)],
                signer: Some(words.say("Mario Rossi")),
                signed_at: instant(2026, 3, 2, 9),
                stamped_at: instant(2026, 3, 2, 10),
                document_sha256: "0a1b".repeat(16),
                origin: Some(words.say("joinder.example/log/libero-virgilio-2023")),
                place: Some((6, 4_321)),
            }),
            seal: None,
            unknown: false,
            errors: Errors::default(),
        };
        push(pages, name, &page);
    }
    seals(words, pages);
    swindlers(words, pages);
}

fn seals(words: Words, pages: &mut Vec<(String, String)>) {
    for (name, verdict) in [
        ("verify-seal-ours", "ours"),
        ("verify-seal-whole", "whole"),
        ("verify-seal-broken", "broken"),
        ("verify-seal-unsealed", "unsealed"),
    ] {
        let page = VerifyPage {
            chrome: words.chrome("/verify"),
            code: String::new(),
            mail: None,
            receipt: None,
            seal: Some(CheckedSeal {
                verdict,
                document_sha256: Some("0a1b".repeat(16)),
                holders: vec![(words.say("Codacons"), words.say("Prova CA"))],
            }),
            unknown: false,
            errors: Errors::default(),
        };
        push(pages, name, &page);
    }
}

fn swindlers(words: Words, pages: &mut Vec<(String, String)>) {
    let choice = |association: Option<&str>| Choice {
        value: words.say("libero-virgilio-2023/altroconsumo"),
        association: association.map(|name| words.say(name)),
        case: words.say("Libero Mail e Virgilio Mail: il blocco del 2023"),
    };
    for (name, sent, errors) in [
        ("report-scam", false, Errors::default()),
        ("report-scam-sent", true, Errors::default()),
        (
            "report-scam-refused",
            false,
            wrong(&[
                ("/case", "error-scam-who-required"),
                ("/what_happened", "error-scam-what-required"),
                ("/asked_for", "error-scam-asked-for-required"),
            ]),
        ),
    ] {
        let page = ReportScamPage {
            chrome: words.chrome("/report-scam"),
            sent,
            choices: vec![choice(Some("Altroconsumo")), choice(None)],
            words: AskedFor::ALL.map(AskedFor::as_str).to_vec(),
            longest: 4_000,
            form: ScamReportForm {
                idempotency_key: words.say("k"),
                case: words.say("libero-virgilio-2023/altroconsumo"),
                what_happened: words.say("Mi hanno chiamato"),
                asked_for: "money".to_owned(),
                came_from: words.say("333 1234567"),
                contact: words.say("maria@example.org"),
            },
            errors,
        };
        push(pages, name, &page);
    }
}

fn wrong(errors: &[(&str, &'static str)]) -> Errors {
    let error = |&(pointer, reason): &(&str, &'static str)| FieldError {
        about: None,
        pointer: pointer.to_owned(),
        reason,
    };
    Errors(errors.iter().map(error).collect())
}

fn date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

fn instant(year: i32, month: u32, day: u32, hour: u32) -> Option<DateTime<Utc>> {
    Utc.with_ymd_and_hms(year, month, day, hour, 0, 0).single()
}
