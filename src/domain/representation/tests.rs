//! Who acts for whom, until when, and who may sign.

use super::*;
use crate::domain::entity::{EntityInput, LegalRepresentativeInput};
use crate::domain::person::PersonInput;

fn on(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn today() -> NaiveDate {
    on(2026, 11, 22)
}

#[expect(clippy::unnecessary_wraps, reason = "shorter callers")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Nobody with a codice fiscale: born on a day, told by a passport.
fn born(day: &str) -> Identity {
    let input = PersonInput {
        given_name: some("Li"),
        family_name: some("Wu"),
        birth_date: some(day),
        foreign_document: Some(crate::domain::foreign_document::ForeignDocumentInput {
            country: some("CN"),
            kind: some("passport"),
            number: some("E1234567"),
        }),
        ..PersonInput::default()
    };
    Identity::parse(Some(&input), None, today()).unwrap()
}

fn entity() -> Identity {
    let input = EntityInput {
        name: some("Prova S.r.l."),
        codice_fiscale: some("07643520567"),
        legal_representative: Some(LegalRepresentativeInput {
            given_name: some("Anna"),
            family_name: some("Bianchi"),
            codice_fiscale: some("BNCNNA58S70F205L"),
        }),
        ..EntityInput::default()
    };
    Identity::parse(None, Some(&input), today()).unwrap()
}

fn input(title: &str) -> RepresentativeInput {
    RepresentativeInput {
        given_name: some("Mario"),
        family_name: some("Rossi"),
        codice_fiscale: some("RSSMRA85C12H501J"),
        title: some(title),
        title_document: some("Stato di famiglia del 3 marzo 2026"),
        valid_from: some("2026-01-01"),
        valid_until: None,
    }
}

fn wrong(input: &RepresentativeInput, identity: &Identity) -> Vec<(String, FieldCode)> {
    let errors = Representative::parse(input, identity, today()).unwrap_err();
    let errors = errors.into_iter();
    errors
        .map(|error| (error.pointer.clone(), error.code))
        .collect()
}

#[test]
fn r46_of_age_is_who_has_had_the_eighteenth_birthday() {
    for (birth, day, of_age) in [
        (on(2008, 11, 22), on(2026, 11, 21), false),
        (on(2008, 11, 22), on(2026, 11, 22), true),
        (on(2008, 2, 29), on(2026, 2, 28), false),
        (on(2008, 2, 29), on(2026, 3, 1), true),
    ] {
        assert_eq!(is_of_age(birth, day), of_age, "{birth} {day}");
    }
}

#[test]
fn r46_a_minor_and_an_entity_do_not_sign_alone() {
    let (minor, adult) = (born("2010-05-01"), born("1990-05-01"));
    assert_eq!(may_sign(&adult, None, today()), Ok(()));
    assert_eq!(may_sign(&minor, None, today()), Err(Hindrance::Minor));
    assert_eq!(may_sign(&entity(), None, today()), Err(Hindrance::Entity));
    let parent = Representative::parse(&input("parent"), &minor, today()).unwrap();
    assert!(parent.is_for_minor());
    let who = acting(&minor, Some(&parent), today());
    assert_eq!(may_sign(&minor, who, today()), Ok(()));
}

#[test]
fn r46_a_representation_ends_with_its_last_day_and_with_majority() {
    let minor = born("2010-05-01");
    let mut until = input("court_decree");
    until.valid_until = some("2026-11-22");
    let guardian = Representative::parse(&until, &minor, today()).unwrap();
    let who = acting(&minor, Some(&guardian), today());
    assert_eq!(may_sign(&minor, who, today()), Ok(()));
    for day in [on(2026, 11, 23), on(2025, 12, 31)] {
        let who = acting(&minor, Some(&guardian), day);
        assert_eq!(may_sign(&minor, who, day), Err(Hindrance::NotInForce));
    }
    let of_age = on(2028, 5, 1);
    assert!(acting(&minor, Some(&guardian), of_age).is_none());
    assert_eq!(may_sign(&minor, None, of_age), Ok(()));
    let adult = born("1990-05-01");
    let decree = Representative::parse(&input("court_decree"), &adult, today()).unwrap();
    assert!(acting(&adult, Some(&decree), on(2040, 1, 1)).is_some());
}

#[test]
fn r48_a_delegate_signs_for_nobody() {
    let adult = born("1990-05-01");
    let delegate = Representative::parse(&input("power_of_attorney"), &adult, today()).unwrap();
    assert!(delegate.is_delegate());
    assert!(acting(&adult, Some(&delegate), today()).is_none());
    let minor = born("2010-05-01");
    let delegate = Representative::parse(&input("power_of_attorney"), &minor, today()).unwrap();
    let who = acting(&minor, Some(&delegate), today());
    assert_eq!(may_sign(&minor, who, today()), Err(Hindrance::Minor));
}

#[test]
fn r46_a_title_fits_whom_it_is_for() {
    let (minor, adult) = (born("2010-05-01"), born("1990-05-01"));
    for (title, identity) in [
        ("parent", &adult),
        ("legal_representative", &adult),
        ("parent", &entity()),
        ("court_decree", &entity()),
        ("heir_self_declaration", &entity()),
        ("cousin", &minor),
    ] {
        let first = wrong(&input(title), identity).into_iter().next();
        let expected = ("/title".to_owned(), FieldCode::UnknownValue);
        assert_eq!(first, Some(expected), "{title}");
    }
}

#[test]
fn r46_an_entity_is_represented_by_who_stands_in_its_identity() {
    let mut given = RepresentativeInput {
        given_name: None,
        family_name: None,
        codice_fiscale: None,
        ..input("legal_representative")
    };
    let parsed = Representative::parse(&given, &entity(), today()).unwrap();
    assert_eq!(parsed.name(), "Anna Bianchi");
    assert_eq!(parsed.codice_fiscale().as_str(), "BNCNNA58S70F205L");
    given = input("legal_representative");
    let expected = ("/codice_fiscale".to_owned(), FieldCode::UnknownValue);
    assert_eq!(wrong(&given, &entity()), [expected]);
}

#[test]
fn every_wrong_field_is_told() {
    let minor = born("2010-05-01");
    let told = wrong(&RepresentativeInput::default(), &minor);
    let pointers: Vec<&str> = told.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/title",
            "/given_name",
            "/family_name",
            "/codice_fiscale",
            "/title_document",
            "/valid_from"
        ]
    );
    let mut late = input("parent");
    late.valid_until = some("2025-12-31");
    late.codice_fiscale = some("VRTNCL10T31D612N");
    assert_eq!(
        wrong(&late, &minor)
            .into_iter()
            .map(|(pointer, _)| pointer)
            .collect::<Vec<_>>(),
        ["/codice_fiscale", "/valid_until"]
    );
}
