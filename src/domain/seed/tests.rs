//! What a seed may say, and how a wrong one is refused.

use super::*;

const MINIMAL: &str = r#"
[respondent]
name = "Italiaonline S.p.A."
codice_fiscale = "03970540963"

[case]
slug = "libero-virgilio-2023"
title = "Libero e Virgilio"
state = "open"
plans = [{ code = "libero-free", name = "Libero", paid = false }]

[[incident]]
slug = "gennaio-2023"
name = "Gennaio"
starts_at = 2023-01-22T22:00:00+01:00
ends_at = "2023-01-28T20:00:00Z"
accept_from = 2023-01-22
accept_until = "2023-02-03"
domains = [{ domain = "libero.it", treatment = "in_scope", source = "S0" }]

[[association]]
slug = "codacons"
name = "Codacons"
mode = "collection"
registers = { giustizia = { status = "active", reference = "n. 1", checked_on = 2026-11-02 } }
"#;

#[test]
fn times_are_read_as_toml_times_and_as_text() {
    let seed = Seed::parse(MINIMAL).unwrap();
    let incident = &seed.incidents[0];
    assert_eq!(incident.starts_at.to_rfc3339(), "2023-01-22T21:00:00+00:00");
    assert_eq!(
        incident.ends_at.unwrap().to_rfc3339(),
        "2023-01-28T20:00:00+00:00"
    );
    assert_eq!(incident.accept_until.to_string(), "2023-02-03");
    assert_eq!(seed.public_domains(), ["libero.it"]);
    assert_eq!(seed.case.standard_texts, "2026-11");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (right, wrong, line, words) in [
        (
            "state = \"open\"",
            "state = \"opened\"",
            9,
            "draft, pre_registration, open",
        ),
        ("03970540963", "03970540964", 4, "check digit"),
        ("in_scope", "inside", 19, "in_scope, verify, review, refuse"),
        (
            "2023-01-22T22:00:00+01:00",
            "2023-01-22T22:00:00",
            15,
            "offset",
        ),
        ("\"libero.it\"", "\"Libero.it\"", 19, "lower-case"),
        ("mode = ", "modus = ", 24, "modus"),
        ("slug = \"codacons\"", "slug = \"Coda cons\"", 22, "slug"),
        ("paid = false", "paid = false, price = 1", 10, "price"),
    ] {
        let text = MINIMAL.replace(right, wrong);
        assert_ne!(text, MINIMAL);
        let error = Seed::parse(&text).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}")), "{error}");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn what_contradicts_another_field_is_told_with_its_path() {
    let fact =
        "\n[[fact]]\nincident = \"june\"\ntopic = \"size\"\nvalue = \"9\"\nsource = \"S0\"\n";
    let statement = "\n[[statement]]\nspeaker = \"a\"\nsaid_on = 2023-01-26\nstatement = \"b\"\n\
                     source = \"S0\"\npromise_kept = false\n";
    let twice =
        "\n[[association]]\nslug = \"codacons\"\nname = \"Codacons\"\nmode = \"interest\"\n";
    let partner = "\n[[partner]]\nslug = \"site\"\nassociation = \"codacons\"\nscopes = []\n";
    for (added, field) in [
        (fact, "fact[0].incident"),
        (statement, "statement[0].promise_kept"),
        (twice, "association[1].slug"),
        (partner, "partner[0].scopes"),
    ] {
        match Seed::parse(&format!("{MINIMAL}{added}")) {
            Err(SeedError::Field { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    let backwards = MINIMAL.replace("\"2023-02-03\"", "2023-01-02");
    assert_eq!(
        Seed::parse(&backwards).unwrap_err().to_string(),
        "incident[0].accept_until: is before accept_from"
    );
}

#[test]
fn r70_a_domain_and_a_fact_without_source_are_refused() {
    let error = Seed::parse(&MINIMAL.replace(", source = \"S0\"", "")).unwrap_err();
    assert!(error.to_string().contains("source"), "{error}");
    let error = Seed::parse(&MINIMAL.replace("\"S0\"", "\" \"")).unwrap_err();
    assert!(error.to_string().contains("empty"), "{error}");
}

#[test]
fn r3_r4_a_seed_may_not_change_what_the_law_wants_signed() {
    let text = |kind: &str, language: &str, body: &str| {
        format!(
            "\n[[text]]\nkind = \"{kind}\"\nversion = \"2\"\nlanguage = \"{language}\"\nbody = \"{body}\"\n"
        )
    };
    let attestation = text(
        "attestation_g",
        "it",
        crate::domain::accepted_text::ATTESTATION_G,
    );
    assert!(Seed::parse(&format!("{MINIMAL}{attestation}")).is_ok());
    for (added, field) in [
        (
            attestation.replace("sono veritieri", "sono veri"),
            "text[0].body",
        ),
        (
            text("mandate_h", "it", "Conferisco un mandato"),
            "text[0].body",
        ),
        (
            text("mandate_h", "en", "I confer a mandate"),
            "text[0].language",
        ),
    ] {
        match Seed::parse(&format!("{MINIMAL}{added}")) {
            Err(SeedError::Field { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    let both = text("attestation_g", "en", "Aware of the criminal liability");
    assert!(Seed::parse(&format!("{MINIMAL}{attestation}{both}")).is_ok());
    let file = "[[text]]\nkind = \"mandate_h\"\nlanguage = \"it\"\nbody = \"Conferisco\"\n";
    let error = standard_texts_for(&Seed::parse(MINIMAL).unwrap(), file).unwrap_err();
    assert!(
        error.to_string().contains("text[0].body: does not say"),
        "{error}"
    );
}
