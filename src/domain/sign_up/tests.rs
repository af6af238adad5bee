//! Whole sign-ups: R17, R19, R28, R29 and the pointers of their errors.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{super::mailbox_address::ScopeRow, *};

fn rules() -> SignUpRules {
    let row = |domain: &str, treatment| ScopeRow {
        domain: domain.to_owned(),
        treatment,
        valid_from: None,
        valid_until: None,
    };
    let text = |purpose| (purpose, "1".to_owned());
    SignUpRules {
        now: "2026-11-22T08:00:00Z".parse().unwrap(),
        today: "2026-11-22".parse().unwrap(),
        associations: vec!["codacons".to_owned()],
        plans: vec!["libero-free".to_owned()],
        scope: std::sync::Arc::new(ScopeTable::new([
            row("libero.it", DomainTreatment::InScope),
            row("virgilio.it", DomainTreatment::InScope),
            row("pec.libero.it", DomainTreatment::Refuse),
        ])),
        domains_down: ["libero.it".to_owned()].into(),
        required_consents: vec![text(Purpose::PrivacyNotice), text(Purpose::Contact)],
        known_consents: Purpose::ALL.map(text).to_vec(),
    }
}

fn consents() -> Value {
    json!([{"purpose": "privacy_notice", "text_version": "1", "given": true},
        {"purpose": "contact", "text_version": "1", "given": true}])
}

fn input(mut change: Value) -> SignUpInput {
    let mut input = json!({"association": "codacons",
        "contact": {"email": "mario@example.org", "language": "it"},
        "mailboxes": [{"address": "Mario@Libero.it", "plan": "libero-free"}],
        "consents": consents()});
    input
        .as_object_mut()
        .unwrap()
        .append(change.as_object_mut().unwrap());
    serde_json::from_value(input).unwrap()
}

fn read(change: Value) -> Result<SignUp, Vec<(String, &'static str)>> {
    SignUp::parse(&input(change), &rules()).map_err(|errors| {
        errors
            .iter()
            .map(|error| (error.pointer.clone(), error.code.as_str()))
            .collect()
    })
}

#[expect(clippy::needless_pass_by_value, reason = "reads better at the call")]
fn refused(change: Value, pointer: &str, code: &'static str) {
    let errors = read(change.clone()).unwrap_err();
    assert_eq!(errors, [(pointer.to_owned(), code)], "{change}");
}

#[test]
fn an_ordinary_sign_up_is_read() {
    let sign_up = read(json!({"via": "forum.example-1_a"})).unwrap();
    assert_eq!(sign_up.association(), "codacons");
    assert_eq!(
        sign_up.contact().email().unwrap().as_str(),
        "mario@example.org"
    );
    assert_eq!(sign_up.mailboxes()[0].address.as_str(), "mario@libero.it");
    assert_eq!(sign_up.mailboxes()[0].plan.as_deref(), Some("libero-free"));
    assert_eq!(sign_up.consents().len(), 2);
    assert_eq!(sign_up.via(), Some("forum.example-1_a"));
    assert_eq!((sign_up.notices(), sign_up.identity()), (&[][..], None));
    assert_eq!(sign_up.signed_up_at(), rules().now);
    assert_eq!(format!("{sign_up:?}"), "SignUp(..)");
}

#[test]
fn r17_while_the_domain_is_down_a_second_channel_is_needed() {
    let contact = |more: Value| {
        let mut contact = json!({"email": "mario@libero.it"});
        contact
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ "contact": contact })
    };
    refused(contact(json!({})), "/contact/email", "same_as_mailbox");
    refused(
        contact(json!({"email": "anna@libero.it"})),
        "/contact/phone",
        "second_channel_required",
    );
    refused(contact(json!({"phone": "12"})), "/contact/phone", "format");
    let post = json!({"postal_ok": true, "postal_address": {"name": "Mario Rossi",
        "street": "Via Appia", "postal_code": "00184", "city": "Roma", "province": "RM"}});
    for second in [json!({"phone": "333 1234567"}), post] {
        let sign_up = read(contact(second)).unwrap();
        let told = [
            SignUpNotice::ContactDomainDown,
            SignUpNotice::ContactIsMailbox,
        ];
        assert_eq!(sign_up.notices(), told);
    }
}

#[test]
fn r17_afterwards_every_address_is_accepted_with_a_notice() {
    let mut later = rules();
    later.domains_down.clear();
    let same = input(json!({"contact": {"email": "MARIO@libero.it"}}));
    let sign_up = SignUp::parse(&same, &later).unwrap();
    let told = [
        SignUpNotice::ContactOnAffectedDomain,
        SignUpNotice::ContactIsMailbox,
    ];
    assert_eq!(sign_up.notices(), told);
    let other = read(json!({"contact": {"email": "anna@virgilio.it"}})).unwrap();
    assert_eq!(other.notices(), [SignUpNotice::ContactOnAffectedDomain]);
}

#[test]
fn r17_nobody_is_turned_away_for_want_of_an_email() {
    assert!(read(json!({"contact": {"phone": "06 69821234"}})).is_ok());
    refused(json!({"contact": {}}), "/contact/email", "required");
    refused(json!({"contact": null}), "/contact/email", "required");
    refused(
        json!({"contact": {"postal_ok": true}}),
        "/contact/postal_address",
        "required",
    );
    let at_home = json!({"contact": {"postal_ok": true}, "person": {"given_name": "Mario",
        "family_name": "Rossi", "codice_fiscale": "RSSMRA85C12H501J", "address":
        {"street": "Via Po", "postal_code": "10124", "city": "Torino", "province": "TO"}}});
    assert!(read(at_home).unwrap().identity().is_some());
}

#[test]
fn r28_unknown_domains_go_to_review_and_pec_is_refused() {
    let sign_up = read(json!({"mailboxes": [{"address": "a@tin.it"}]})).unwrap();
    assert_eq!(sign_up.mailboxes()[0].treatment, DomainTreatment::Review);
    let pec = json!({"mailboxes": [{"address": "a@libero.it"}, {"address": "a@pec.libero.it"}]});
    refused(pec, "/mailboxes/1/address", "unknown_value");
}

#[test]
fn mailboxes_are_one_to_twenty_and_merged() {
    refused(json!({"mailboxes": []}), "/mailboxes", "required");
    let many = |count: usize| {
        let all = (0..count).map(|number| json!({"address": format!("a{number}@libero.it")}));
        json!({"mailboxes": all.collect::<Vec<_>>()})
    };
    assert_eq!(read(many(20)).unwrap().mailboxes().len(), 20);
    refused(many(21), "/mailboxes", "out_of_range");
    let twice = json!({"mailboxes": [{"address": "a@libero.it"},
        {"address": " A@LIBERO.IT", "plan": "libero-free"}]});
    let merged = read(twice).unwrap();
    assert_eq!(merged.mailboxes().len(), 1);
    assert_eq!(merged.mailboxes()[0].plan.as_deref(), Some("libero-free"));
    refused(
        json!({"mailboxes": [{"address": "a@libero.it", "plan": "gold"}]}),
        "/mailboxes/0/plan",
        "unknown_value",
    );
    refused(
        json!({"mailboxes": [{"address": " "}]}),
        "/mailboxes/0/address",
        "required",
    );
}

#[test]
fn r29_an_alias_names_its_main_mailbox_and_is_not_counted() {
    let with = |alias_of: &str| {
        json!({"mailboxes": [{"address": "a@libero.it"},
        {"address": "b@libero.it", "alias_of": alias_of},
        {"address": "c@libero.it", "alias_of": "a@libero.it"}]})
    };
    let sign_up = read(with(" A@libero.it")).unwrap();
    assert_eq!(sign_up.mailboxes().len(), 3);
    let counted: Vec<_> = sign_up.counted_mailboxes().collect();
    assert_eq!(
        (counted.len(), counted[0].address.as_str()),
        (1, "a@libero.it")
    );
    for (alias_of, code) in [
        ("b@libero.it", "unknown_value"),
        ("x@libero.it", "unknown_value"),
        ("c@libero.it", "unknown_value"),
        ("c", "format"),
    ] {
        refused(with(alias_of), "/mailboxes/1/alias_of", code);
    }
}

#[test]
fn r19_required_consents_are_given_and_the_newsletter_is_free() {
    let with = |purpose: &str, version: &str, given: Value| {
        let mut all = consents();
        let consent = json!({"purpose": purpose, "text_version": version, "given": given});
        match purpose {
            "contact" => all[1] = consent,
            _ => all.as_array_mut().unwrap().push(consent),
        }
        json!({ "consents": all })
    };
    for given in [true, false] {
        let sign_up = read(with("newsletter", "1", json!(given))).unwrap();
        assert_eq!(sign_up.consents()[2].given, given);
    }
    refused(
        with("contact", "1", json!(false)),
        "/consents/1/given",
        "not_accepted",
    );
    refused(
        with("contact", "1", Value::Null),
        "/consents/1/given",
        "required",
    );
    refused(
        with("contact", "0", json!(true)),
        "/consents/1/text_version",
        "unknown_value",
    );
    refused(
        with("newsletter", "9", json!(true)),
        "/consents/2/text_version",
        "unknown_value",
    );
    refused(
        with("profiling", "1", json!(true)),
        "/consents/2/purpose",
        "unknown_value",
    );
    refused(
        with("privacy_notice", "1", json!(true)),
        "/consents/2/purpose",
        "format",
    );
    // each missing one is named
    let none = SignUp::parse(&input(json!({"consents": []})), &rules()).unwrap_err();
    let named: Vec<_> = none
        .iter()
        .map(|error| (error.pointer.as_str(), error.reason))
        .collect();
    assert_eq!(
        named,
        [
            ("/consents", "error-consent-privacy-notice"),
            ("/consents", "error-consent-contact")
        ]
    );
}

#[test]
fn all_errors_come_at_once() {
    let errors = read(json!({"association": "nobody", "contact": {"email": "x"},
        "mailboxes": [{"address": "y"}], "consents": null, "via": "A b", "person": {}}))
    .unwrap_err();
    let pointers: Vec<_> = errors.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/association",
            "/contact/email",
            "/mailboxes/0/address",
            "/consents",
            "/consents",
            "/via",
            "/person/codice_fiscale",
            "/person/given_name",
            "/person/family_name",
        ]
    );
    refused(json!({"association": ""}), "/association", "required");
    refused(json!({"via": "a".repeat(65)}), "/via", "too_long");
    refused(
        json!({"contact": {"email": "a@example.org", "language": "fr"}}),
        "/contact/language",
        "unknown_value",
    );
}

#[test]
fn unknown_fields_are_no_sign_up() {
    assert!(serde_json::from_value::<SignUpInput>(json!({"iban": "IT"})).is_err());
    let nested = json!({"mailboxes": [{"address": "a@libero.it", "password": "x"}]});
    assert!(serde_json::from_value::<SignUpInput>(nested).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}", other: String) {
        let some = || Some(text.clone());
        let typed = SignUpInput {
            association: some(),
            contact: Some(ContactInput {
                email: some(), phone: Some(other.clone()), language: some(), ..Default::default()
            }),
            mailboxes: Some(vec![MailboxInput { address: some(), plan: some(), alias_of: some() }]),
            consents: Some(vec![ConsentInput {
                purpose: some(), text_version: some(), given: Some(true),
            }]),
            via: some(),
            person: Some(PersonInput {
                given_name: some(), family_name: Some(other), codice_fiscale: some(),
                birth_date: some(), birth_place: some(), sex: some(), ..Default::default()
            }),
            entity: None,
        };
        prop_assert!(SignUp::parse(&typed, &rules()).is_err());
    }
}
