//! Persons and entities: R21 to R24 on whole inputs.

use serde_json::{Value, json};

use super::*;

fn today() -> NaiveDate {
    "2026-11-22".parse().unwrap()
}

fn person(mut change: Value) -> Result<Identity, Vec<(String, &'static str)>> {
    let mut input = json!({"given_name": "Mario", "family_name": "Rossi",
        "codice_fiscale": "RSSMRA85C12H501J"});
    input
        .as_object_mut()
        .unwrap()
        .append(change.as_object_mut().unwrap());
    let input: PersonInput = serde_json::from_value(input).unwrap();
    named(Identity::parse(Some(&input), None, today()))
}

fn entity(mut change: Value) -> Result<Identity, Vec<(String, &'static str)>> {
    let mut input = json!({"name": "Associazione Prova", "codice_fiscale": "97123450583",
        "legal_representative": {"given_name": "Anna", "family_name": "Bianchi",
            "codice_fiscale": "BNCNNA58S70F205L"}});
    input
        .as_object_mut()
        .unwrap()
        .append(change.as_object_mut().unwrap());
    let input: EntityInput = serde_json::from_value(input).unwrap();
    named(Identity::parse(None, Some(&input), today()))
}

fn named(read: Result<Identity, FieldErrors>) -> Result<Identity, Vec<(String, &'static str)>> {
    read.map_err(|errors| {
        errors
            .iter()
            .map(|error| (error.pointer.clone(), error.code.as_str()))
            .collect()
    })
}

fn of_person(identity: &Identity) -> &Person {
    match identity {
        Identity::Person(person) => person,
        Identity::Entity(_) => panic!("an entity"),
    }
}

#[test]
fn r23_birth_date_and_sex_are_derived_or_agree() {
    for change in [json!({}), json!({"birth_date": "1985-03-12", "sex": "M"})] {
        let identity = person(change).unwrap();
        let read = of_person(&identity);
        assert_eq!(read.birth_date().to_string(), "1985-03-12");
        assert_eq!(read.sex().unwrap().as_str(), "M");
        assert_eq!(identity.warnings(), []);
        assert_eq!(identity.person_key(), "cf:RSSMRA85C12H501J");
        assert_eq!(
            identity.masked_codice_fiscale().unwrap(),
            "RSS***********1J"
        );
        assert_eq!(identity.display_name(), "Mario Rossi");
        assert_eq!(identity.folded_surname(), "rossi");
    }
}

#[test]
fn r23_mismatches_block_and_all_errors_are_named() {
    let one = |field: &str, code| Err(vec![(format!("/person/{field}"), code)]);
    for (change, expected) in [
        (
            json!({"birth_date": "1985-03-13"}),
            one("birth_date", "mismatch_birth_date"),
        ),
        (json!({"sex": "F"}), one("sex", "mismatch_sex")),
        (json!({"sex": "X"}), one("sex", "unknown_value")),
        (
            json!({"birth_date": "12/03/1985"}),
            one("birth_date", "format"),
        ),
        (
            json!({"birth_date": "2085-03-12"}),
            one("birth_date", "out_of_range"),
        ),
        (
            json!({"codice_fiscale": "RSSMRA85C12H501K"}),
            one("codice_fiscale", "checksum"),
        ),
        (
            json!({"codice_fiscale": "RSSMRA85C12H501K", "birth_date": "1899-12-31"}),
            Err(vec![
                ("/person/codice_fiscale".to_owned(), "checksum"),
                ("/person/birth_date".to_owned(), "out_of_range"),
            ]),
        ),
        (
            json!({"codice_fiscale": "RSSMRA85C12H501K", "birth_date": "1985-03-13", "sex": "F"}),
            Err(vec![
                ("/person/codice_fiscale".to_owned(), "checksum"),
                ("/person/birth_date".to_owned(), "mismatch_birth_date"),
                ("/person/sex".to_owned(), "mismatch_sex"),
            ]),
        ),
        (
            json!({"codice_fiscale": "12345678901", "provisional": true}),
            Err(vec![
                ("/person/codice_fiscale".to_owned(), "checksum"),
                ("/person/birth_date".to_owned(), "required"),
            ]),
        ),
        (
            json!({"codice_fiscale": " "}),
            one("codice_fiscale", "required"),
        ),
        (json!({"given_name": ""}), one("given_name", "required")),
        (
            json!({"address": {"street": "Via Po", "postal_code": "10124", "city": "Torno di sopra"}}),
            one("address/province", "required"),
        ),
    ] {
        // A code that cannot be read gives no birth date, so that one is not asked for as well.
        assert_eq!(person(change.clone()).map(|_| ()), expected, "{change}");
    }
    let both = person(json!({"birth_date": "1985-03-13", "sex": "F"})).unwrap_err();
    assert_eq!(both.len(), 2);
}

#[test]
fn r22_an_omocodia_code_is_another_person() {
    let identity = person(json!({"codice_fiscale": "rssmra85c12h50mb"})).unwrap();
    assert_eq!(identity.person_key(), "cf:RSSMRA85C12H50MB");
    assert_eq!(of_person(&identity).birth_date().to_string(), "1985-03-12");
}

#[test]
fn r23_another_name_only_warns() {
    let identity = person(json!({"family_name": "Verdi"})).unwrap();
    assert_eq!(identity.warnings(), [IdentityWarning::NameMismatch]);
}

#[test]
fn r24_eleven_digits_are_for_entities_or_provisional() {
    let code = "07643520567";
    let born = json!({"codice_fiscale": code, "birth_date": "1990-01-01"});
    let error = vec![("/person/codice_fiscale".to_owned(), "format")];
    assert_eq!(person(born.clone()).unwrap_err(), error);
    let mut provisional = born;
    provisional["provisional"] = json!(true);
    let identity = person(provisional).unwrap();
    assert_eq!(identity.warnings(), [IdentityWarning::ProvisionalCode]);
    assert_eq!(identity.person_key(), "cf:07643520567");
    assert_eq!(of_person(&identity).sex(), None);
    let ageless = person(json!({"codice_fiscale": code, "provisional": true})).unwrap_err();
    assert_eq!(ageless, [("/person/birth_date".to_owned(), "required")]);
}

#[test]
fn people_born_abroad_and_without_codice_fiscale_are_read() {
    let born_abroad = person(json!({"given_name": "Ionut", "family_name": "Popescu",
        "codice_fiscale": "PPSNTI79E20Z129V", "birth_place": "Romania"}))
    .unwrap();
    assert_eq!(born_abroad.warnings(), []);
    let document = |number: &str| {
        person(json!({"given_name": "Li", "family_name": "Wu",
        "codice_fiscale": null, "birth_date": "1995-10-07", "foreign_document":
            {"country": "cn", "kind": "passport", "number": number},
        "address": {"street": "Main Street", "city": "Dublin", "country": "IE"}}))
    };
    let identity = document("e 123-456/a").unwrap();
    assert_eq!(identity.person_key(), "doc:CN:passport:E123456A");
    assert_eq!(
        document("E123456A").unwrap().person_key(),
        identity.person_key()
    );
    assert_eq!(identity.masked_codice_fiscale(), None);
    assert_eq!(identity.address().unwrap().country().as_str(), "IE");
    let error = vec![("/person/foreign_document/number".to_owned(), "format")];
    assert_eq!(document("--").unwrap_err(), error);
}

#[test]
fn entities_have_a_code_and_a_representative() {
    let identity = entity(json!({"vat_number": "07643520567"})).unwrap();
    assert_eq!(identity.person_key(), "cf:97123450583");
    assert_eq!(identity.masked_codice_fiscale().unwrap(), "971******83");
    assert_eq!(identity.display_name(), "Associazione Prova");
    assert_eq!(identity.warnings(), []);
    let at = |field: &str, code| vec![(format!("/entity/{field}"), code)];
    for (change, expected) in [
        (
            json!({"codice_fiscale": "RSSMRA85C12H501J"}),
            at("codice_fiscale", "format"),
        ),
        (
            json!({"codice_fiscale": "12345678903"}),
            at("codice_fiscale", "out_of_range"),
        ),
        (
            json!({"vat_number": "07643520568"}),
            at("vat_number", "checksum"),
        ),
        (json!({"name": " "}), at("name", "required")),
        (
            json!({"legal_representative": null}),
            at("legal_representative", "required"),
        ),
    ] {
        assert_eq!(entity(change).unwrap_err(), expected);
    }
}

#[test]
fn exactly_one_of_person_and_entity_is_given() {
    let (some, other) = (PersonInput::default(), EntityInput::default());
    let both = named(Identity::parse(Some(&some), Some(&other), today())).unwrap_err();
    assert_eq!(both, [("/entity".to_owned(), "format")]);
    let none = named(Identity::parse(None, None, today())).unwrap_err();
    assert_eq!(none, [("/person".to_owned(), "required")]);
    assert!(serde_json::from_value::<PersonInput>(json!({"surname": "Rossi"})).is_err());
}

#[test]
fn the_sealed_document_is_read_back_and_redacted() {
    for identity in [person(json!({})).unwrap(), entity(json!({})).unwrap()] {
        let sealed = serde_json::to_string(&identity).unwrap();
        assert_eq!(serde_json::from_str::<Identity>(&sealed).unwrap(), identity);
        assert!(format!("{identity:?}").ends_with("(..))"), "{identity:?}");
    }
}

#[test]
fn r23_what_does_not_fit_is_told_beside_what_the_code_says() {
    use super::doubt::DoubtKind as Kind;
    let told = |change: Value| {
        let doubts = person(change).unwrap().doubts().into_iter();
        let told = doubts.map(|it| (it.kind, it.given, it.gives, it.told));
        told.collect::<Vec<_>>()
    };
    let doubt = |kind, given: &str, gives: &str, told: &str| {
        (kind, given.to_owned(), gives.to_owned(), told.to_owned())
    };
    assert!(told(json!({})).is_empty());
    assert_eq!(
        told(json!({"family_name": "Verdi"})),
        [doubt(Kind::FamilyName, "Verdi", "VRD", "RSS")]
    );
    assert_eq!(
        told(json!({"given_name": "Luca", "birth_place": "Milano"})),
        [
            doubt(Kind::GivenName, "Luca", "LCU", "MRA"),
            doubt(Kind::BirthPlace, "Milano", "", "Roma (RM)"),
        ]
    );
    assert_eq!(
        told(json!({"given_name": "Rossi", "family_name": "Mario"})),
        [doubt(Kind::SwappedNames, "Rossi Mario", "MRARSS", "RSSMRA")]
    );
    assert_eq!(
        told(
            json!({"codice_fiscale": "07643520567", "birth_date": "1990-01-01", "provisional": true})
        ),
        [doubt(Kind::ProvisionalCode, "076******67", "", "")]
    );
    let acting = json!({"legal_representative": {"given_name": "Anna", "family_name": "Verdi",
        "codice_fiscale": "BNCNNA58S70F205L"}});
    let doubts = entity(acting).unwrap().doubts();
    assert_eq!(doubts[0].kind, Kind::RepresentativeFamilyName);
    // a doubt stands for a warning, and none without
    for change in [
        json!({}),
        json!({"family_name": "Verdi"}),
        json!({"birth_place": "Milano"}),
    ] {
        let identity = person(change).unwrap();
        assert_eq!(identity.doubts().is_empty(), identity.warnings().is_empty());
    }
    assert_eq!(
        format!("{:?}", doubts[0]),
        "Doubt(representative_family_name)"
    );
    let words: std::collections::BTreeSet<_> = Kind::ALL.map(Kind::as_str).into();
    assert_eq!(words.len(), Kind::ALL.len());
}
