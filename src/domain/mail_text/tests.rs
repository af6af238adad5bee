//! What may be said, and what is said where.

use super::*;

fn parse(text: &str) -> Result<PassageText, WrongPassage> {
    PassageText::parse(Passage::Contact, text)
}

fn values<'a>() -> Values<'a> {
    Values {
        association: "Codacons",
        case: Some("Libero Mail"),
        reference: Some("0GZ7"),
    }
}

fn text(kind: Option<MailKind>, language: Language) -> MailText {
    MailText {
        kind: kind.map(|kind| kind.as_str().to_owned()),
        language,
        greeting: None,
        contact: None,
        sign_off: None,
    }
}

#[test]
fn plain_words_are_taken_as_they_are() {
    for words in [
        "Gentile socio,",
        "Rispondiamo dal lunedì al venerdì, ore 9:30-17, tel. 06 3725809.",
        "Il tuo numero è {reference}: tienilo a portata di mano.",
        "Vedi art. 840-septies c.p.c. e D.P.R. 445/2000.",
        "Grüße aus Südtirol, {association} – für Sie da!",
    ] {
        assert_eq!(parse(words).map(|text| text.0), Ok(words.to_owned()));
    }
}

#[test]
fn r14_nothing_a_mail_program_could_link_is_taken() {
    for words in [
        "https://evil.example/x",
        "Vai su www.evil.example",
        "Scrivi a aiuto@evil.example",
        "Vedi evil.example/paga per i dettagli",
        "Vedi codacons.it",
        "Vedi {association}.it",
        "Vedi www.{association}",
        "Apri evil\u{3002}example",
        "Chiama tel:0637",
        "mailto:a",
        "//evil",
        "<b>Importante</b>",
        "a > b",
    ] {
        assert_eq!(parse(words), Err(WrongPassage::Link), "{words}");
    }
}

#[test]
fn a_passage_is_one_clean_line() {
    for words in [
        "uno\ndue",
        "uno\r\nBcc: b",
        " davanti",
        "dietro ",
        "due  spazi",
        "a\u{202e}b",
        "a\u{0}b",
        "a\u{2028}b",
    ] {
        assert_eq!(parse(words), Err(WrongPassage::NotALine), "{words:?}");
    }
    assert_eq!(parse(" \n"), Err(WrongPassage::Empty));
    assert_eq!(parse(""), Err(WrongPassage::Empty));
}

#[test]
fn no_passage_can_pass_for_the_line_of_the_code() {
    for words in ["Codice: 999999", "code : 123456", "CODE:1"] {
        let found = PassageText::parse(Passage::Greeting, words);
        assert!(
            matches!(found, Err(WrongPassage::Code | WrongPassage::Link)),
            "{words}"
        );
    }
}

#[test]
fn each_passage_has_its_length() {
    for passage in Passage::ALL {
        let longest = "à".repeat(passage.max());
        assert!(PassageText::parse(passage, &longest).is_ok());
        let wrong = Err(WrongPassage::TooLong(passage.max()));
        assert_eq!(PassageText::parse(passage, &format!("{longest}à")), wrong);
    }
}

#[test]
fn placeholders_are_checked_when_saved_and_filled_once() {
    for words in [
        "{name}", "{", "}", "{}", "{case", "a}b{", "{{case}}", "{Case}",
    ] {
        assert_eq!(parse(words), Err(WrongPassage::Placeholder), "{words}");
    }
    let both = parse("{case} – {association} ({reference})").unwrap();
    assert_eq!(
        both.fill(values()).as_deref(),
        Some("Libero Mail – Codacons (0GZ7)")
    );
    let sly = Values {
        association: "{reference}",
        ..values()
    };
    let one = parse("Da {association}").unwrap();
    assert_eq!(one.fill(sly).as_deref(), Some("Da {reference}"));
}

#[test]
fn a_passage_that_names_what_the_mail_has_not_is_left_out() {
    let text = parse("Pratica {reference}").unwrap();
    let several = Values {
        reference: None,
        ..values()
    };
    assert_eq!(text.fill(several), None);
}

#[test]
fn the_words_for_a_kind_come_before_those_for_all() {
    let texts = MailTexts::parse(&[
        MailText {
            greeting: Some("Ciao da tutti,".into()),
            sign_off: Some("Il tuo Codacons".into()),
            ..text(None, Language::It)
        },
        MailText {
            greeting: Some("Gentile socio,".into()),
            ..text(Some(MailKind::Confirmation), Language::It)
        },
    ])
    .unwrap();
    let words = |text: Option<PassageText>| text.map(|text| text.0);
    let confirmation = texts.of(MailKind::Confirmation, Language::It);
    assert_eq!(words(confirmation.greeting).unwrap(), "Gentile socio,");
    assert_eq!(words(confirmation.sign_off).unwrap(), "Il tuo Codacons");
    let access = texts.of(MailKind::Access, Language::It);
    assert_eq!(words(access.greeting).unwrap(), "Ciao da tutti,");
    assert_eq!(
        texts.of(MailKind::Access, Language::De),
        Passages::default()
    );
    let again = MailTexts::parse(&texts.to_list()).unwrap();
    assert!(again == texts);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let good = text(None, Language::It);
    for (bad, told) in [
        (
            MailText {
                kind: Some("advert".into()),
                ..good.clone()
            },
            "mail_text[1].kind: is no kind of mail",
        ),
        (
            good.clone(),
            "mail_text[1].language: is there twice for this kind of mail",
        ),
        (
            MailText {
                contact: Some("x@y".into()),
                ..text(None, Language::En)
            },
            "mail_text[1].contact: holds a link, an address or a sign of HTML",
        ),
    ] {
        let wrong = MailTexts::parse(&[good.clone(), bad]).unwrap_err();
        assert_eq!(wrong.to_string(), told);
    }
}
