//! What may be written about a case, and what may change.

use super::*;
use crate::domain::accepted_text::{ATTESTATION_G, REPRESENTATIVE};
use crate::domain::field::FieldErrors;
use crate::domain::seed::TEXT_KINDS;

fn words(it: &str) -> Words {
    Words {
        it: it.to_owned(),
        ..Words::default()
    }
}

fn text(value: &str) -> String {
    value.to_owned()
}

fn case() -> CaseContent {
    let texts = TEXT_KINDS.map(|kind| TextContent {
        kind: text(kind),
        version: text("1"),
        body: words(match kind {
            "attestation_g" => ATTESTATION_G,
            "mandate_h" => REPRESENTATIVE,
            _ => "Contro {respondent}, per {case}.",
        }),
    });
    CaseContent {
        slug: text("banca"),
        title: words("Banca ferma"),
        summary: words("La banca si è fermata."),
        state: text("open"),
        mode: text("interest"),
        respondent: RespondentContent {
            name: text("Banca S.p.A."),
            codice_fiscale: text("03970540963"),
            pec: text("banca@pec.example"),
        },
        incidents: vec![IncidentContent {
            slug: text("marzo"),
            name: words("Marzo"),
            starts_at: text("2025-03-01T08:00"),
            ends_at: text("2025-03-02T20:00:00Z"),
            accept_from: text("2025-03-01"),
            accept_until: text("10/03/2025"),
        }],
        domains: vec![DomainContent {
            incident: text("marzo"),
            domain: text("Banca.example"),
            treatment: text("in_scope"),
            source: text("S1"),
            public: true,
        }],
        plans: vec![PlanContent {
            code: text("conto"),
            name: text("Conto"),
            ..PlanContent::default()
        }],
        tariffs: vec![TariffContent {
            code: text("giorno"),
            paid: false,
            cents_per_day: Some(250),
            source: text("S1"),
        }],
        texts: texts.to_vec(),
        ..CaseContent::default()
    }
}

fn pointers(errors: &FieldErrors) -> Vec<(String, &'static str)> {
    let errors = errors.iter();
    errors
        .map(|error| (error.pointer.clone(), error.reason))
        .collect()
}

fn wrong(content: &CaseContent) -> Vec<(String, &'static str)> {
    pointers(&check(content).unwrap_err())
}

#[test]
fn a_whole_case_is_read_and_read_again_the_same() {
    let checked = check(&case()).unwrap();
    let incident = &checked.content.incidents[0];
    assert_eq!(
        incident.starts_at, "2025-03-01T07:00:00Z",
        "the clock of Rome"
    );
    assert_eq!(incident.accept_until, "2025-03-10");
    assert_eq!(checked.content.domains[0].domain, "banca.example");
    assert_eq!(checked.seed.incidents[0].domains.len(), 1);
    assert_eq!(check(&checked.content).unwrap().content, checked.content);
    assert!(missing(&checked.content).is_empty());
    let notice = checked.seed.texts.iter().find(|it| it.kind == "contact");
    assert_eq!(
        notice.unwrap().body,
        "Contro Banca S.p.A., per Banca ferma."
    );
}

#[test]
fn every_fault_is_told_at_its_field() {
    let mut case = case();
    case.plans.push(PlanContent {
        code: text("unknown"),
        fee_cents: Some(5),
        ..PlanContent::default()
    });
    case.facts.push(FactContent {
        incident: text("aprile"),
        topic: text("weather"),
        ..FactContent::default()
    });
    case.incidents[0].accept_until = text("2025-02-01");
    case.tariffs.push(case.tariffs[0].clone());
    case.slug = text("Banca Ferma");
    case.state = text("filed");
    assert_eq!(
        wrong(&case)
            .iter()
            .map(|(pointer, reason)| (pointer.as_str(), *reason))
            .collect::<Vec<_>>(),
        [
            ("/slug", "error-slug-format"),
            ("/incidents/0/accept_until", "error-desk-order"),
            ("/plans/1/code", "error-plan-reserved"),
            ("/plans/1/name", "error-required"),
            ("/plans/1/source", "error-required"),
            ("/tariffs/1/code", "error-desk-twice"),
            ("/tariffs/1/paid", "error-desk-twice"),
            ("/facts/0/incident", "error-incident-unknown"),
            ("/facts/0/topic", "error-unknown-value"),
            ("/facts/0/value", "error-required"),
            ("/facts/0/source", "error-required"),
        ]
    );
    let nothing = CaseContent::default();
    assert!(
        wrong(&nothing)
            .iter()
            .any(|(pointer, _)| pointer == "/title/it")
    );
    assert_eq!(missing(&nothing).len(), 5);
}

#[test]
fn r3_r4_the_texts_of_the_law_stay_and_an_unknown_placeholder_is_named() {
    let mut case = case();
    for text in &mut case.texts {
        match text.kind.as_str() {
            "attestation_g" => text.body.it.push('.'),
            "mandate_h" => text.body = words("Un mandato"),
            "contact" => text.body.de = "Gegen {company}".to_owned(),
            "newsletter" => text.body.it = "Aperto { e".to_owned(),
            _ => {}
        }
    }
    let errors = check(&case).unwrap_err();
    let told: Vec<_> = errors
        .iter()
        .map(|error| (error.reason, error.about.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("error-placeholder-unknown", Some("{company}")),
            ("error-placeholder-unknown", Some("{")),
            ("error-text-attestation", None),
            ("error-text-mandate", None),
        ]
    );
}

#[test]
fn what_declarations_rest_on_stays_and_windows_only_open() {
    let public = check(&case()).unwrap().content;
    let mut new = public.clone();
    // all of this may change
    new.summary = words("Altro");
    new.title.en = text("Bank down");
    new.respondent.pec = text("nuova@pec.example");
    new.incidents[0].accept_from = text("2025-02-20");
    new.incidents[0].ends_at = text("2025-03-03T20:00:00Z");
    new.tariffs[0].cents_per_day = Some(300);
    new.plans[0].source = text("S2");
    new.plans.push(PlanContent {
        code: text("plus"),
        name: text("Plus"),
        ..PlanContent::default()
    });
    new.state = text("closed");
    assert_eq!(pointers(&refused(&public, &new)), []);
    let paths: Vec<String> = changes(&public, &new)
        .into_iter()
        .map(|it| it.path)
        .collect();
    assert!(
        paths.contains(&text("/tariffs/giorno/cents_per_day")),
        "{paths:?}"
    );
    assert!(
        paths.contains(&text("/incidents/marzo/accept_from")),
        "{paths:?}"
    );
    // none of this may
    let mut new = public.clone();
    new.slug = text("altra");
    new.title.it = text("Altra");
    new.state = text("pre_registration");
    new.incidents[0].name.it = text("Aprile");
    new.incidents[0].accept_until = text("2025-03-09");
    new.incidents[0].ends_at = String::new();
    new.domains[0].treatment = text("refuse");
    new.plans.clear();
    new.tariffs[0].paid = true;
    new.texts[1].body.it = text("Altre parole");
    let refused: Vec<_> = pointers(&refused(&public, &new))
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    assert_eq!(
        refused,
        [
            "/slug",
            "/title/it",
            "/state",
            "/incidents/0/name/it",
            "/incidents/0/accept_until",
            "/incidents/0/ends_at",
            "/domains/0/treatment",
            "/plans",
            "/tariffs/0/paid",
            "/texts/1/version",
        ]
    );
}
