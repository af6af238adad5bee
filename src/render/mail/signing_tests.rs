//! The two mails of signing: every word in each language, the facts, hostile values.

use super::tests::{expiry, frame, has_line, hostile, record};
use super::*;
use crate::domain::mail::Attachment;

const HASH: &str = "3f2a9c01000000000000000000000000000000000000000000000000e85d41b7";
const EVIDENCE: &str = "b7d04e5a11111111111111111111111111111111111111111111111111111111";
const COMMITMENT: &str = "19e8a6f422222222222222222222222222222222222222222222222222222222";
const ENTRY: &str = "6f1c2b9e-0d4a-4c55-9b7e-3a1f8e2d7c60";
const INTENT: &str = "Firmo la dichiarazione di danno e la pre-adesione che ho letto";

fn page(path: &str) -> RecordLine {
    RecordLine {
        link: format!("https://joinder.example/{path}"),
        ..record(1)
    }
}

fn code_mail(language: Language) -> SigningCodeMail {
    SigningCodeMail {
        frame: frame(language),
        record: page("me/sign"),
        code: "123456".into(),
        document_sha256: HASH.into(),
        document_version: 2,
        intent: INTENT.into(),
        expires_at: expiry(),
    }
}

fn code(language: Language) -> Mail {
    code_mail(language).render().unwrap()
}

fn receipt_mail(language: Language) -> ReceiptMail {
    ReceiptMail {
        frame: frame(language),
        record: page("me"),
        signed_at: expiry(),
        document_sha256: HASH.into(),
        evidence_sha256: EVIDENCE.into(),
        log_entry: ENTRY.into(),
        commitment: COMMITMENT.into(),
        version: 2,
        difference: true,
        attachment: Some(Attachment::signed_declaration("4T7QXK9M2BR1", 2, *b"%PDF-")),
    }
}

fn receipt(language: Language) -> Mail {
    receipt_mail(language).render().unwrap()
}

pub(super) fn all() -> [Mail; 6] {
    [
        code(Language::It),
        code(Language::En),
        code(Language::De),
        receipt(Language::It),
        receipt(Language::En),
        receipt(Language::De),
    ]
}

#[test]
fn every_word_of_the_code_mail() {
    insta::assert_snapshot!("signing_code_it_txt", code(Language::It).text);
    insta::assert_snapshot!("signing_code_en_txt", code(Language::En).text);
    insta::assert_snapshot!("signing_code_de_txt", code(Language::De).text);
    insta::assert_snapshot!("signing_code_en_html", code(Language::En).html);
}

#[test]
fn every_word_of_the_receipt() {
    insta::assert_snapshot!("receipt_it_txt", receipt(Language::It).text);
    insta::assert_snapshot!("receipt_en_txt", receipt(Language::En).text);
    insta::assert_snapshot!("receipt_de_txt", receipt(Language::De).text);
    insta::assert_snapshot!("receipt_it_html", receipt(Language::It).html);
}

#[test]
fn r43_the_code_says_that_it_signs_and_stands_alone_on_its_line() {
    for (language, first, line) in [
        (Language::It, "Codice per firmare: 123456", "Codice: 123456"),
        (Language::En, "Code to sign: 123456", "Code: 123456"),
        (
            Language::De,
            "Code zum Unterschreiben: 123456",
            "Code: 123456",
        ),
    ] {
        let mail = code(language);
        assert_eq!((mail.kind, mail.subject.as_str()), (MailKind::Otp, first));
        assert_eq!(mail.text.lines().next(), Some(first));
        assert!(has_line(&mail, line), "{}", mail.text);
        assert!(mail.html.contains(">123456<"));
        assert!(mail.attachments.is_empty());
    }
}

#[test]
fn r43_the_code_mail_names_the_document_and_the_ten_minutes() {
    for (mail, minutes, version) in [
        (code(Language::It), "10 minuti", "versione 2"),
        (code(Language::En), "10 minutes", "version 2"),
        (code(Language::De), "10 Minuten", "Fassung 2"),
    ] {
        assert!(has_line(&mail, HASH), "{}", mail.text);
        for part in [&mail.text, &mail.html] {
            for fact in [
                minutes,
                version,
                "3f2a9c01…e85d41b7",
                HASH,
                "4T7QXK9M2BR1",
                INTENT,
                "04:03",
                "06 3725809",
                "D.P.R. 445/2000",
            ] {
                assert!(part.contains(fact), "{fact} missing in {part}");
            }
        }
    }
}

#[test]
fn r16_no_link_of_the_code_mail_signs() {
    let known = [
        "https://joinder.example/me/sign",
        "https://joinder.example/verify",
    ];
    for mail in Language::ALL.map(code) {
        let words = mail.text.split_whitespace();
        let links = words.filter(|word| word.contains("://"));
        assert!(links.clone().count() == 2, "{}", mail.text);
        for link in links {
            assert!(known.contains(&link), "{link}");
        }
        let hrefs: Vec<&str> = mail.html.split("href=\"").skip(1).collect();
        assert_eq!(hrefs.len(), 2);
        for href in hrefs {
            assert!(known.contains(&href.split('"').next().unwrap()), "{href}");
        }
    }
}

#[test]
fn a_long_intent_is_shown_whole_and_a_longer_one_refused() {
    let long = "a ".repeat(499) + "è";
    let mail = SigningCodeMail {
        intent: long.clone(),
        ..code_mail(Language::It)
    };
    let mail = mail.render().unwrap();
    assert!(mail.text.contains(&format!("«{long}»")));
    for bad in [String::new(), " \n".into(), "a".repeat(1_001)] {
        let mail = SigningCodeMail {
            intent: bad,
            ..code_mail(Language::It)
        };
        assert!(matches!(
            mail.render(),
            Err(RenderMailError::Malformed("an intent"))
        ));
    }
}

#[test]
fn the_receipt_tells_what_was_signed_and_when_here_and_in_utc() {
    for mail in Language::ALL.map(receipt) {
        assert_eq!(mail.kind, MailKind::Receipt);
        for line in [
            HASH,
            EVIDENCE,
            COMMITMENT,
            ENTRY,
            "https://joinder.example/me",
        ] {
            assert!(has_line(&mail, line), "{line} missing in {}", mail.text);
        }
        for part in [&mail.text, &mail.html] {
            for fact in [
                "dichiarazione-4T7QXK9M2BR1-v2.pdf",
                "04:03",
                "2026-11-26 03:03:00 UTC",
                HASH,
                EVIDENCE,
                COMMITMENT,
                ENTRY,
                "06 3725809",
                "IBAN",
            ] {
                assert!(part.contains(fact), "{fact} missing in {part}");
            }
        }
        let [file] = mail.attachments.as_slice() else {
            panic!("one file")
        };
        assert_eq!(file.bytes(), b"%PDF-");
    }
}

#[test]
fn r39_only_a_correction_says_that_it_replaces() {
    for (language, words) in [
        (Language::It, "corregge quella di prima"),
        (Language::En, "corrects the earlier one"),
        (Language::De, "berichtigt die frühere"),
    ] {
        assert!(receipt(language).text.contains(words));
        assert!(receipt(language).html.contains(words));
        let first = ReceiptMail {
            difference: false,
            version: 1,
            ..receipt_mail(language)
        };
        let first = first.render().unwrap();
        assert!(!first.text.contains(words) && !first.html.contains(words));
    }
}

#[test]
fn a_receipt_without_file_promises_none() {
    for (language, words) in [
        (Language::It, "allegato"),
        (Language::En, "attached"),
        (Language::De, "liegt bei"),
    ] {
        assert!(receipt(language).text.contains(words));
        let mail = ReceiptMail {
            attachment: None,
            ..receipt_mail(language)
        };
        let mail = mail.render().unwrap();
        assert!(mail.attachments.is_empty());
        for part in [&mail.text, &mail.html] {
            assert!(!part.contains(words) && !part.contains(".pdf"), "{part}");
        }
    }
}

#[test]
fn r1_nobody_is_called_an_adherent() {
    for mail in all() {
        for part in [&mail.subject, &mail.text, &mail.html] {
            let rest = part.to_lowercase().replace("pre-adesion", "");
            for word in [
                "adesion",
                "aderent",
                "aderit",
                "adheren",
                "class member",
                "beitr",
            ] {
                assert!(!rest.contains(word), "{word} in {part}");
            }
        }
    }
    assert!(receipt(Language::It).text.contains("pre-adesione"));
}

#[test]
fn r19_the_mails_of_signing_have_no_promotion_and_nothing_remote() {
    for mail in all() {
        for word in ["newsletter", "offert", "iscriviti", "donat", "5x1000"] {
            assert!(!mail.text.to_lowercase().contains(word), "{word}");
        }
        for tag in ["<img", "<link", "<script", "url(", "src=", "<form"] {
            assert!(!mail.html.contains(tag), "{tag}");
        }
    }
}

#[test]
fn r14_the_mails_of_signing_can_be_checked() {
    for mail in all() {
        assert_eq!(mail.mail_code, "7K3M-Q2ZT-9WXP");
        for part in [&mail.text, &mail.html] {
            assert!(part.contains("7K3M-Q2ZT-9WXP"));
            assert!(part.contains("https://joinder.example/verify"));
        }
    }
}

#[test]
fn what_is_no_hash_code_or_entry_is_refused() {
    for bad in [
        "",
        "3f2a",
        &"g".repeat(64),
        &"é".repeat(32),
        &"a".repeat(65),
    ] {
        let mail = SigningCodeMail {
            document_sha256: bad.into(),
            ..code_mail(Language::It)
        };
        assert!(matches!(mail.render(), Err(RenderMailError::Malformed(_))));
        for field in 0..4 {
            let mut mail = receipt_mail(Language::It);
            *match field {
                0 => &mut mail.document_sha256,
                1 => &mut mail.evidence_sha256,
                2 => &mut mail.commitment,
                _ => &mut mail.log_entry,
            } = bad.into();
            assert!(
                matches!(mail.render(), Err(RenderMailError::Malformed(_))),
                "{field} {bad:?}"
            );
        }
    }
    for bad in ["", "12345", "1234567", "12 456", "12345\n", "１２"] {
        let mail = SigningCodeMail {
            code: bad.into(),
            ..code_mail(Language::It)
        };
        assert!(
            matches!(mail.render(), Err(RenderMailError::Malformed("a code"))),
            "{bad:?}"
        );
    }
}

#[test]
fn hostile_values_change_no_line_and_no_tag_of_the_mails_of_signing() {
    let (clean_code, clean_receipt) = (code(Language::It), receipt(Language::It));
    for value in hostile() {
        let record = |path| RecordLine {
            case_title: value.clone(),
            association_name: value.clone(),
            association_phone: Some(value.clone()),
            reference: value.clone(),
            ..page(path)
        };
        let code = SigningCodeMail {
            record: record("me/sign"),
            intent: format!("Firmo {}", value.chars().take(500).collect::<String>()),
            ..code_mail(Language::It)
        };
        let receipt = ReceiptMail {
            record: record("me"),
            ..receipt_mail(Language::It)
        };
        for (mail, clean) in [
            (code.render().unwrap(), &clean_code),
            (receipt.render().unwrap(), &clean_receipt),
        ] {
            let codes = |mail: &Mail| {
                let lines = mail.text.lines();
                lines.filter(|line| line.starts_with("Codice: ")).count()
            };
            assert_eq!(codes(&mail), codes(clean), "{value:?}");
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
            assert!(
                mail.text.chars().all(|c| c == '\n' || !c.is_control()),
                "{value:?}"
            );
            assert!(!mail.html.contains('\u{202e}'), "{value:?}");
        }
    }
}
