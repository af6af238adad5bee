//! All languages, one and several records, hostile values, words of an association.

use chrono::TimeZone;

use super::*;
use crate::{
    domain::mail_text::{MailText, MailTexts},
    render::gulpease,
};

pub(super) fn frame(language: Language) -> Frame {
    Frame {
        to: "ada@example.org".into(),
        language,
        passages: Passages::default(),
        mail_code: "7K3M-Q2ZT-9WXP".into(),
        verify_url: "https://joinder.example/verify".into(),
    }
}

pub(super) fn record(number: u32) -> RecordLine {
    RecordLine {
        case_title: format!("Libero Mail e Virgilio Mail, caso {number}"),
        association_name: "Codacons".into(),
        association_phone: Some("06 3725809".into()),
        reference: format!("4T7QXK9M2BR{number}"),
        link: format!("https://joinder.example/confirm/token-{number}"),
        not_me: None,
        listed_on: None,
        brought_by: None,
    }
}

pub(super) fn expiry() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 26, 3, 3, 0).unwrap()
}

fn confirmation(language: Language) -> Mail {
    ConfirmationMail {
        frame: frame(language),
        record: record(1),
        code: "123456".into(),
        expires_at: expiry(),
    }
    .render()
    .unwrap()
}

fn access(language: Language) -> Mail {
    AccessMail {
        frame: frame(language),
        record: record(1),
        code: "123456".into(),
        expires_at: expiry(),
    }
    .render()
    .unwrap()
}

/// One of each purpose.
fn every_mail(language: Language) -> Vec<Mail> {
    let purposes = [
        Purpose::Confirm,
        Purpose::Enter,
        Purpose::Remind,
        Purpose::Registered,
    ];
    let mails = purposes.map(|purpose| records(language, purpose, 1).unwrap());
    mails.into_iter().collect()
}

fn records(language: Language, purpose: Purpose, count: u32) -> Result<Mail, RenderMailError> {
    RecordsMail {
        frame: frame(language),
        purpose,
        records: (1..=count).map(record).collect(),
        code: Some("123456".into()),
        expires_at: expiry(),
    }
    .render()
}

pub(super) fn has_line(mail: &Mail, line: &str) -> bool {
    mail.text.lines().any(|l| l == line)
}

#[test]
fn r15_the_confirmation_holds_link_and_code_alone_on_their_lines() {
    for (language, code, first) in [
        (
            Language::It,
            "Codice: 123456",
            "Il tuo codice per confermare: 123456",
        ),
        (Language::En, "Code: 123456", "Your code to confirm: 123456"),
        (
            Language::De,
            "Code: 123456",
            "Ihr Code zur Bestätigung: 123456",
        ),
    ] {
        let mail = confirmation(language);
        assert_eq!(mail.kind, MailKind::Confirmation);
        assert_eq!(mail.subject, first);
        assert_eq!(mail.text.lines().next(), Some(first));
        assert!(has_line(&mail, code), "{}", mail.text);
        assert!(
            has_line(&mail, "https://joinder.example/confirm/token-1"),
            "{}",
            mail.text
        );
        assert!(
            mail.html
                .contains("href=\"https://joinder.example/confirm/token-1\"")
        );
        assert!(mail.html.contains(">123456<"));
    }
}

#[test]
fn the_italian_of_every_mail_reads_easily() {
    let it = Language::It;
    let mut mails = every_mail(it);
    mails.extend([confirmation(it), access(it)]);
    for purpose in [Purpose::Confirm, Purpose::Enter, Purpose::Remind] {
        mails.push(records(it, purpose, 3).unwrap());
    }
    let signing = signing_tests::all().into_iter();
    mails.extend(signing.filter(|mail| mail.language == it));
    let named = mails.into_iter().map(|mail| (mail.subject, mail.html));
    gulpease::assert_plain(&named.collect::<Vec<_>>());
}

#[test]
fn a_mail_says_in_which_language_it_is_written() {
    for language in Language::ALL {
        let mail = confirmation(language);
        assert_eq!(mail.language, language);
        let tag = format!("<html lang=\"{}\">", language.as_str());
        assert!(mail.html.contains(&tag));
    }
}

#[test]
fn german_mails_are_polite_and_name_the_italian_term_once() {
    for mail in every_mail(Language::De) {
        for word in mail.text.split(|c: char| !c.is_alphabetic()) {
            let familiar = ["du", "dein", "deine", "dir", "dich", "ciao", "hello"];
            assert!(
                !familiar.contains(&word.to_lowercase().as_str()),
                "{}",
                mail.text
            );
        }
        assert!(mail.text.contains("Guten Tag,"), "{}", mail.text);
        assert!(mail.subject.chars().count() <= 60, "{}", mail.subject);
    }
    let mail = confirmation(Language::De);
    assert_eq!(mail.text.matches("(pre-adesione)").count(), 1);
}

#[test]
fn r14_every_mail_has_its_code_and_says_where_to_check_it() {
    for mail in [
        confirmation(Language::It),
        access(Language::En),
        records(Language::De, Purpose::Enter, 3).unwrap(),
    ] {
        for part in [&mail.text, &mail.html] {
            assert!(part.contains("7K3M-Q2ZT-9WXP"));
            assert!(part.contains("https://joinder.example/verify"));
        }
    }
}

#[test]
fn all_languages_and_both_parts_say_the_same_facts() {
    let facts = [
        "caso 1",
        "Codacons",
        "06 3725809",
        "4T7QXK9M2BR1",
        "https://joinder.example/confirm/token-1",
        "123456",
        "2026",
        "04:03",
    ];
    for mail in [
        confirmation(Language::It),
        confirmation(Language::En),
        confirmation(Language::De),
        access(Language::It),
        access(Language::En),
        access(Language::De),
    ] {
        for fact in facts {
            assert!(mail.text.contains(fact), "{fact} missing in {}", mail.text);
            assert!(mail.html.contains(fact), "{fact} missing in {}", mail.html);
        }
    }
}

#[test]
fn times_are_told_in_italy_summer_and_winter() {
    let it = confirmation(Language::It);
    assert!(
        it.text
            .contains("giovedì 26 novembre 2026, ore 04:03 (ora italiana)"),
        "{}",
        it.text
    );
    let en = confirmation(Language::En);
    assert!(
        en.text
            .contains("Thursday 26 November 2026, 04:03 (Italian time)"),
        "{}",
        en.text
    );
    let de = confirmation(Language::De);
    assert!(
        de.text
            .contains("Donnerstag, 26. November 2026, 04:03 Uhr (italienische Zeit)"),
        "{}",
        de.text
    );
    let summer = ConfirmationMail {
        frame: frame(Language::It),
        record: record(1),
        code: "123456".into(),
        expires_at: Utc.with_ymd_and_hms(2026, 8, 1, 22, 30, 0).unwrap(),
    };
    assert!(
        summer
            .render()
            .unwrap()
            .text
            .contains("domenica 2 agosto 2026, ore 00:30")
    );
}

#[test]
fn several_records_have_links_and_no_code() {
    for language in Language::ALL {
        for purpose in [
            Purpose::Confirm,
            Purpose::Enter,
            Purpose::Remind,
            Purpose::Registered,
        ] {
            let mail = records(language, purpose, 3).unwrap();
            assert_eq!(mail.kind, purpose.kind());
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.contains("123456"), "{part}");
            }
            for number in 1..=3 {
                let link = format!("https://joinder.example/confirm/token-{number}");
                assert!(has_line(&mail, &link));
                assert!(mail.html.contains(&format!("href=\"{link}\"")));
            }
        }
    }
}

#[test]
fn one_record_reads_as_the_mail_for_one() {
    for language in Language::ALL {
        assert!(records(language, Purpose::Confirm, 1).unwrap() == confirmation(language));
        assert!(records(language, Purpose::Enter, 1).unwrap() == access(language));
    }
}

#[test]
fn one_record_without_a_code_promises_none() {
    for (language, subject, word) in [
        (Language::It, "Il tuo link per confermare", "Codice: "),
        (Language::En, "Your link to confirm", "Code: "),
        (Language::De, "Ihr Link zur Bestätigung", "Code: "),
    ] {
        let mail = RecordsMail {
            frame: frame(language),
            purpose: Purpose::Confirm,
            records: vec![record(1)],
            code: None,
            expires_at: expiry(),
        };
        let mail = mail.render().unwrap();
        assert_eq!(mail.subject, subject);
        assert!(
            !mail.text.contains(word) && !mail.text.contains("e codice"),
            "{}",
            mail.text
        );
    }
}

#[test]
fn at_most_five_records_are_listed_and_none_is_refused() {
    let mail = records(Language::It, Purpose::Enter, 7).unwrap();
    assert!(mail.text.contains("token-5") && !mail.text.contains("token-6"));
    let none = records(Language::It, Purpose::Enter, 0);
    assert!(matches!(none, Err(RenderMailError::NoRecord)));
}

#[test]
fn r19_mails_have_no_promotion_and_nothing_remote() {
    for mail in Language::ALL.into_iter().flat_map(every_mail) {
        for word in [
            "newsletter",
            "offert",
            "iscriviti",
            "donat",
            "dona ",
            "spende",
            "angebot",
            "5x1000",
        ] {
            assert!(!mail.text.to_lowercase().contains(word), "{word}");
        }
        for tag in [
            "<img", "<link", "<script", "url(", "src=", "<iframe", "<form",
        ] {
            assert!(!mail.html.contains(tag), "{tag}");
        }
    }
}

#[test]
fn only_web_links_are_taken() {
    for bad in [
        "",
        "javascript:alert(1)",
        "/confirm/token",
        "https://a.example/x\r\nBcc: b@example.org",
        "https://a.example/\"onmouseover=x",
        "https://a.example/<b>",
        "https://a.example/ü",
    ] {
        let mail = AccessMail {
            frame: frame(Language::It),
            record: RecordLine {
                link: bad.into(),
                ..record(1)
            },
            code: "123456".into(),
            expires_at: expiry(),
        };
        assert!(
            matches!(mail.render(), Err(RenderMailError::NotALink)),
            "{bad:?}"
        );
    }
}

/// Values as somebody hostile would type them, each in many variants.
pub(super) fn hostile() -> Vec<String> {
    let seeds = [
        "Rossi\r\nBcc: victim@example.org",
        "Rossi\nCodice: 999999",
        "Rossi\r\n\r\n<html>",
        "Rossi\r\n.\r\nMAIL FROM:<a@example.org>",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'; DROP TABLE claimants; --",
        "\u{202e}moc.live\u{202c}",
        "\u{2066}a\u{2069}\u{200f}\u{200b}\u{feff}",
        "a\u{2028}b\u{2029}c\u{85}d",
        "{{ 7*7 }} {% raw %} ${x}",
        "=?utf-8?Q?=0D=0ABcc:_a@example.org?=",
        "\u{0}\u{1}\u{8}\u{1b}[31m\u{7f}\u{9b}",
        "D'Àngiò-Müller ’ “ĐŽ” 李小龍 𝒳",
        "👩\u{200d}👧 e\u{301}\u{301}\u{301}",
        "&lt;b&gt; &amp; &#0;",
        "--=_boundary--",
        ".",
        "",
        "From me\nTo: you",
    ];
    let mut all = Vec::new();
    for seed in seeds {
        all.push(seed.to_owned());
        all.push(format!("  {seed}\t"));
        all.push(format!("{seed}{seed}{seed}"));
        all.push(seed.repeat(10_000 / seed.len().max(1)));
        all.push(format!("{}{seed}", "x".repeat(10_000)));
        all.push(format!("{}{seed}", "è ".repeat(50)));
        all.push(format!("Mario {seed} Bianchi"));
        all.push(format!("\r{seed}\r"));
        all.push(format!("\n{seed}\n"));
        all.push(format!("{seed}\u{202e}"));
    }
    all
}

#[test]
fn two_hundred_hostile_values_change_no_line_and_no_tag() {
    let values = hostile();
    assert!(values.len() >= 200);
    let clean = confirmation(Language::It);
    for value in values {
        let mail = ConfirmationMail {
            frame: frame(Language::It),
            record: RecordLine {
                case_title: value.clone(),
                association_name: value.clone(),
                association_phone: Some(value.clone()),
                reference: value.clone(),
                ..record(1)
            },
            code: "123456".into(),
            expires_at: expiry(),
        }
        .render()
        .unwrap();
        assert_eq!(
            mail.text.lines().count(),
            clean.text.lines().count(),
            "{value:?}"
        );
        assert_eq!(
            mail.html.matches('<').count(),
            clean.html.matches('<').count(),
            "{value:?}"
        );
        assert_eq!(
            mail.text
                .lines()
                .filter(|l| l.starts_with("Codice: "))
                .count(),
            1
        );
        assert!(
            mail.text.chars().all(|c| c == '\n' || !c.is_control()),
            "{value:?}"
        );
        assert!(
            !mail.html.contains('\u{202e}') && mail.text.len() < 6_000,
            "{value:?}"
        );
    }
}

#[test]
fn a_mail_nobody_asked_for_has_a_link_to_say_so_alone_on_its_line() {
    for (language, words) in [
        (Language::It, "Non sei stato tu?"),
        (Language::En, "It wasn't you?"),
        (Language::De, "Waren Sie das nicht?"),
    ] {
        for purpose in [Purpose::Confirm, Purpose::Remind, Purpose::Registered] {
            let not_me = "https://joinder.example/not-me/token-9";
            let line = RecordLine {
                not_me: Some(not_me.to_owned()),
                ..record(1)
            };
            let mail = RecordsMail {
                frame: frame(language),
                purpose,
                records: vec![line],
                code: None,
                expires_at: expiry(),
            };
            let mail = mail.render().unwrap();
            assert_eq!(mail.kind, purpose.kind());
            assert!(
                has_line(&mail, not_me) && mail.text.contains(words),
                "{}",
                mail.text
            );
            assert!(mail.html.contains(&format!("href=\"{not_me}\"")));
        }
        let asked = records(language, Purpose::Enter, 1).unwrap();
        assert!(!asked.text.contains("not-me") && !asked.text.contains(words));
    }
}

#[test]
fn who_is_registered_reads_nothing_about_the_other_sign_up() {
    let mail = records(Language::It, Purpose::Registered, 1).unwrap();
    assert!(mail.subject.starts_with("La tua pre-adesione c'è già"));
    assert!(mail.text.contains("non serve rifarla"), "{}", mail.text);
}

fn own_words(kind: Option<MailKind>) -> MailTexts {
    MailTexts::parse(&[MailText {
        kind: kind.map(|kind| kind.as_str().to_owned()),
        language: Language::It,
        greeting: Some("Gentile socio & amico,".into()),
        contact: Some("Rispondiamo dalle 9 alle 17: {reference}.".into()),
        sign_off: Some("Un saluto da {association}.".into()),
    }])
    .unwrap()
}

fn confirmation_in(texts: &MailTexts) -> Mail {
    ConfirmationMail {
        frame: Frame {
            passages: texts.of(MailKind::Confirmation, Language::It),
            ..frame(Language::It)
        },
        record: record(1),
        code: "123456".into(),
        expires_at: expiry(),
    }
    .render()
    .unwrap()
}

#[test]
fn an_association_words_three_passages_and_nothing_else() {
    let own = confirmation_in(&own_words(Some(MailKind::Confirmation)));
    let standard = confirmation(Language::It);
    let old: Vec<&str> = standard.text.lines().collect();
    let new: Vec<&str> = own.text.lines().collect();
    let added: Vec<&&str> = new.iter().filter(|line| !old.contains(*line)).collect();
    assert_eq!(
        added,
        [
            &"Gentile socio & amico,",
            &"Un saluto da Codacons.",
            &"Rispondiamo dalle 9 alle 17: 4T7QXK9M2BR1.",
        ]
    );
    let gone: Vec<&&str> = old.iter().filter(|line| !new.contains(*line)).collect();
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert_eq!(own.subject, standard.subject);
    let is_there = |words: &str| own.html.contains(words);
    assert!(is_there(
        "<p style=\"margin:0 0 16px\">Gentile socio &#38; amico,</p>"
    ));
    assert!(is_there(
        "<p style=\"margin:16px 0 0\">Un saluto da Codacons.</p>"
    ));
    assert!(is_there("Rispondiamo dalle 9 alle 17: 4T7QXK9M2BR1."));
    assert_eq!(
        own.html.matches("href=").count(),
        standard.html.matches("href=").count()
    );
}

#[test]
fn a_mail_about_several_records_leaves_out_what_is_about_one() {
    let texts = own_words(Some(MailKind::Access));
    let mail = RecordsMail {
        frame: Frame {
            passages: texts.of(MailKind::Access, Language::It),
            ..frame(Language::It)
        },
        purpose: Purpose::Enter,
        records: vec![record(1), record(2)],
        code: None,
        expires_at: expiry(),
    };
    let mail = mail.render().unwrap();
    assert!(mail.text.contains("Gentile socio & amico,"));
    assert!(mail.text.contains("Un saluto da Codacons."));
    assert!(!mail.text.contains("Rispondiamo"));
    assert!(mail.text.contains("ognuna ha il suo link"));
}

#[test]
fn words_of_another_language_or_kind_change_nothing() {
    let texts = own_words(Some(MailKind::Receipt));
    assert!(confirmation_in(&texts) == confirmation(Language::It));
    assert_eq!(
        own_words(None).of(MailKind::Confirmation, Language::De),
        Passages::default()
    );
}

#[test]
fn hostile_records_change_no_line_of_a_mail_in_own_words() {
    let texts = own_words(Some(MailKind::Confirmation));
    let clean = confirmation_in(&texts);
    for value in hostile() {
        let mail = ConfirmationMail {
            frame: Frame {
                passages: texts.of(MailKind::Confirmation, Language::It),
                ..frame(Language::It)
            },
            record: RecordLine {
                case_title: value.clone(),
                association_name: value.clone(),
                association_phone: Some(value.clone()),
                reference: value.clone(),
                ..record(1)
            },
            code: "123456".into(),
            expires_at: expiry(),
        }
        .render()
        .unwrap();
        let lines = |mail: &Mail| mail.text.lines().count();
        let tags = |mail: &Mail| mail.html.matches('<').count();
        assert_eq!(
            (lines(&mail), tags(&mail)),
            (lines(&clean), tags(&clean)),
            "{value:?}"
        );
    }
}
