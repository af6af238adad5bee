//! Rules that hold for every page, tried on all samples in all languages.

use std::collections::BTreeSet;

use super::{
    Chrome,
    samples::{STATES, Words, all},
};
use crate::{
    domain::{language::Language, mail::MailKind},
    render::{gulpease, text::Text},
};

const LANGUAGES: [Language; 3] = [Language::It, Language::En, Language::De];

/// What an attacker types, in one word: tags, both quotes, an event handler.
const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

/// The page named so, in a language, without hostile words.
fn page(language: Language, name: &str) -> String {
    let pages = all(Words { language, mark: "" });
    pages
        .into_iter()
        .find(|(found, _)| found == name)
        .map(|(_, html)| html)
        .expect(name)
}

/// The words of a page as people read them.
fn read(html: &str) -> String {
    html.replace("&#39;", "'").replace("&#38;", "&")
}

#[test]
fn hostile_words_never_become_markup() {
    for language in LANGUAGES {
        for (name, html) in all(Words {
            language,
            mark: HOSTILE,
        }) {
            assert!(!without_own_script(&html).contains("<script"), "{name}");
            assert!(!html.contains("<img src=x"), "{name}");
        }
    }
}

#[test]
fn no_page_needs_what_the_content_security_policy_forbids() {
    for (name, html) in all(Words {
        language: Language::It,
        mark: "",
    }) {
        for forbidden in [
            "<script",
            " style=",
            "<style",
            " onclick=",
            "javascript:",
            "<iframe",
        ] {
            let html = without_own_script(&html);
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

/// The two scripts there are, files of ours: on the page of documents, and in frames.
fn without_own_script(html: &str) -> String {
    for (mark, file) in [
        ("id=\"upload\"", "upload.js"),
        ("<body class=\"framed\">", "embed/frame.js"),
    ] {
        let url = crate::render::assets::url(file);
        let own = format!("<script src=\"{url}\" defer></script>");
        if html.contains(mark) {
            assert!(html.contains(&own));
            return html.replacen(&own, "", 1);
        }
    }
    html.to_owned()
}

/// In a frame nothing leads to another page of ours but in a tab of its own: none of those may stand in a frame.
#[test]
fn links_in_a_frame_open_a_page_of_their_own() {
    for language in LANGUAGES {
        for (name, html) in all(Words { language, mark: "" }) {
            if !name.starts_with("embed") {
                continue;
            }
            let links = html.split("<a ").skip(1);
            for link in links.filter_map(|rest| rest.split('>').next()) {
                let stays = ["href=\"#", "href=\"/embed/", "href=\"tel:"];
                let stays = stays.iter().any(|start| link.contains(start));
                let leaves = link.contains("target=\"_blank\" rel=\"noopener\"");
                assert!(stays != leaves, "{name}: {link}");
            }
            for form in html.split(" action=\"").skip(1) {
                assert!(form.starts_with("/embed/"), "{name}: {form}");
            }
        }
    }
}

#[test]
fn every_page_says_its_language_demo_and_that_no_money_is_asked() {
    for (language, lang, demo, money) in [
        (
            Language::It,
            "it",
            "Dati dimostrativi: nessun rapporto",
            "Non chiediamo mai denaro",
        ),
        (
            Language::En,
            "en",
            "Demonstration data: no relation",
            "We never ask for money",
        ),
        (
            Language::De,
            "de",
            "Beispieldaten: kein Bezug",
            "Wir verlangen nie Geld",
        ),
    ] {
        for (name, html) in all(Words { language, mark: "" }) {
            assert!(html.contains(&format!("<html lang=\"{lang}\">")), "{name}");
            assert!(html.contains(demo), "{name}");
            assert!(html.contains(money), "{name}");
            assert!(html.contains("class=\"skip-link\""), "{name}");
            assert_eq!(html.matches("<h1").count(), 1, "{name}");
        }
    }
}

/// A missing key or value would show the key itself.
#[test]
fn no_page_shows_the_name_of_a_text() {
    for language in LANGUAGES {
        for (name, html) in all(Words { language, mark: "" }) {
            let shown = html
                .split('<')
                .filter_map(|part| part.split_once('>').map(|(_, words)| words));
            for word in shown.flat_map(str::split_whitespace) {
                let word = word.trim_end_matches(['.', ':', ',']);
                let key = word.split_once('-');
                let is_key = key.is_some_and(|(family, rest)| {
                    Text::new(language).try_word(family, rest).is_some()
                });
                assert!(!is_key, "{name}: {word}");
            }
        }
    }
}

#[test]
fn ids_are_unique_and_every_reference_to_one_is_met() {
    for (name, html) in all(Words {
        language: Language::It,
        mark: "",
    }) {
        let ids: Vec<_> = attribute(&html, "id");
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        let labelled = ["for", "aria-describedby", "aria-labelledby"];
        for reference in labelled.iter().flat_map(|word| attribute(&html, word)) {
            for id in reference.split_whitespace() {
                assert!(ids.iter().any(|found| found == id), "{name}: {id}");
            }
        }
    }
}

#[test]
fn every_link_of_the_error_summary_leads_to_its_field() {
    let pages = [
        "join-errors",
        "embed-errors",
        "joined-errors",
        "enter-errors",
        "declare-mailbox-errors",
        "declare-elsewhere-errors",
        "declare-story-errors",
        "sign-errors",
        "sign-code-errors",
        "payout-errors",
        "resume-code",
    ];
    for name in pages {
        let html = page(Language::It, name);
        let summary = html.split("class=\"error-summary\"").nth(1).expect(name);
        let summary = summary.split("</div>").next().expect(name);
        let ids = attribute(&html, "id");
        let links = attribute(summary, "href");
        assert!(!links.is_empty());
        for link in links {
            let id = link.trim_start_matches('#').to_owned();
            assert!(ids.contains(&id), "{name}: {id}");
        }
        assert!(html.contains("role=\"alert\""));
        assert!(html.contains("aria-invalid=\"true\""));
    }
}

#[test]
fn typed_values_are_kept_after_a_refusal() {
    let html = page(Language::It, "join-errors");
    assert!(html.contains("value=\"maria@libero.it\""));
    assert!(html.contains("value=\"00184\""), "R27: text as typed");
    assert!(html.contains("<option value=\"free\" selected>"));
}

#[test]
fn r1_nobody_is_called_aderente() {
    for (name, html) in all(Words {
        language: Language::It,
        mark: "",
    }) {
        assert!(!html.to_lowercase().contains("aderente"), "{name}");
        assert!(!html.to_lowercase().contains("aderenti"), "{name}");
    }
    assert!(page(Language::It, "join").contains("Pre-adesione"));
}

#[test]
fn r11_an_association_without_register_only_takes_expressions_of_interest() {
    for name in ["case-interest", "join-interest"] {
        let html = page(Language::It, name).to_lowercase();
        assert!(html.contains("interesse"), "{name}");
    }
    let html = page(Language::It, "join-interest");
    assert!(html.contains("<h1>Manifestazione di interesse</h1>"));
    assert!(!html.contains("Invia la pre-adesione"));
    assert!(page(Language::It, "case-interest").contains("Non ancora verificato"));
}

#[test]
fn r12_a_suspended_or_cancelled_association_says_why_sign_up_is_closed() {
    for (name, why) in [
        ("case-suspended", "sospesa da un registro"),
        ("case-cancelled", "cancellata da un registro"),
    ] {
        let html = read(&page(Language::It, name));
        assert!(html.contains(why), "{name}");
        assert!(!html.contains("/join?"), "{name}: no way into the form");
    }
}

#[test]
fn r16_the_confirmation_link_shows_a_button_that_posts() {
    let html = page(Language::It, "confirm-ask");
    assert!(html.contains("<form action=\"/confirm/abc\" method=\"post\">"));
    assert!(!page(Language::It, "confirm-unknown").contains("method=\"post\""));
    assert!(page(Language::It, "confirm-expired").contains("/confirm/abc/resend"));
}

#[test]
fn r17_the_form_says_why_another_address_and_turns_nobody_away() {
    let html = read(&page(Language::It, "join"));
    assert!(html.contains("Usa un indirizzo diverso dalla casella che non funzionava"));
    assert!(html.contains("Non ho un’altra e-mail"));
    let html = page(Language::It, "joined-assist");
    assert!(html.contains("tel:026961550"));
    assert!(html.contains("lunedì-venerdì"));
    assert!(!html.contains("one-time-code"));
}

#[test]
fn r19_the_newsletter_box_is_its_own_and_unticked() {
    let html = page(Language::It, "join");
    let consents = html
        .split("id=\"consents\"")
        .nth(1)
        .expect("the part about consents");
    // what is needed is agreed to by the button
    assert_eq!(consents.matches("type=\"checkbox\"").count(), 1);
    assert!(!consents.contains(" checked"));
}

#[test]
fn r3_r4_each_text_is_shown_in_italian_with_its_own_unticked_box() {
    for language in LANGUAGES {
        let html = page(language, "sign");
        assert_eq!(html.matches("type=\"checkbox\"").count(), 3);
        assert!(!html.contains(" checked"));
        assert_eq!(html.matches("<div data-fixed lang=\"it\">").count(), 3);
    }
}

#[test]
fn r37_the_story_warns_of_what_not_to_write() {
    assert!(page(Language::It, "declare-story-errors").contains("dati sulla salute"));
    assert!(page(Language::En, "declare-story-errors").contains("about health"));
}

#[test]
fn the_estimate_is_no_promise_and_tells_its_source() {
    for name in ["declare-review", "me-signed"] {
        let html = page(Language::It, name);
        assert!(html.contains("Stima, non una promessa"), "{name}");
        assert!(html.contains("delibera AGCOM 347/18/CONS"), "{name}");
    }
}

#[test]
fn r65_r7_the_cautious_day_is_shown_with_its_law_and_promises_nothing() {
    let html = page(Language::It, "me-confirmed");
    assert!(html.contains("art. 2947 del codice civile"));
    assert!(html.contains("nessun avvocato l’ha confermata"));
    assert!(html.contains("22 gennaio 2028"));
    assert!(html.contains("prima di qualsiasi lettera di messa in mora"));
    assert!(html.contains("non una promessa"));
}

#[test]
fn who_has_no_email_is_told_to_sign_on_paper_and_whom_to_call() {
    let html = page(Language::It, "sign-not-otp_needs_email");
    assert!(html.contains("href=\"/me/paper\""));
    assert!(html.contains("tel:026961550"));
    assert!(html.contains("lunedì-venerdì"));
}

#[test]
fn r70_every_figure_stands_with_its_source() {
    let html = page(Language::It, "case-join");
    let facts = html.split("Quante caselle").skip(1);
    for fact in facts {
        let fact = fact.split("</dl>").next().expect("a list");
        assert_eq!(fact.matches("<dd").count(), fact.matches("<cite").count());
        assert!(fact.contains("Le fonti non concordano"));
    }
    for recorded in ["Inizio registrato", "Fine registrata"] {
        let value = html
            .split(recorded)
            .nth(1)
            .and_then(|rest| rest.split("</dd>").next());
        assert!(
            value.is_some_and(|value| value.contains("<cite")),
            "{recorded}"
        );
    }
}

#[test]
fn days_in_fields_are_typed_as_the_language_does() {
    let chrome = |language| Chrome {
        language,
        ..Chrome::default()
    };
    assert_eq!(chrome(Language::De).typed_day("12/03/1985"), "12.03.1985");
    for kept in ["", "12/3/85", "<b>/12/1985", "31/02/1985"] {
        assert_eq!(chrome(Language::De).typed_day(kept), kept);
    }
    assert_eq!(chrome(Language::It).typed_day("12/03/1985"), "12/03/1985");
}

#[test]
fn the_switch_offers_the_other_languages_each_by_its_name() {
    for (language, word) in [
        (Language::It, "it"),
        (Language::En, "en"),
        (Language::De, "de"),
    ] {
        let html = page(language, "home");
        for offered in ["it", "en", "de"] {
            let current = offered == word;
            let link = format!("lang={offered}\" lang=\"{offered}\" hreflang=\"{offered}\"");
            let after = html.split(&link).nth(1).expect("a link").split('>').next();
            assert_eq!(after.expect("a tag").contains("aria-current"), current);
        }
        assert!(html.contains(">DE</abbr>") && html.contains("title=\"Deutsch\""));
    }
}

#[test]
fn every_fixed_word_of_the_interface_has_its_text() {
    let cases = [
        "draft",
        "pre_registration",
        "open",
        "closed",
        "filed",
        "admitted",
        "distribution",
        "archived",
    ];
    let purposes = ["privacy_notice", "contact", "newsletter"];
    for text in LANGUAGES.map(Text::new) {
        let known = |family: &str, word: &str| {
            assert!(text.try_word(family, word).is_some(), "{family}-{word}");
        };
        for word in STATES {
            known("state", word);
            known("state-text", word);
        }
        for word in cases {
            known("case-state", word);
        }
        for purpose in purposes {
            known("consent-read", purpose);
            let way = match purpose {
                "newsletter" => "consent-label",
                _ => "consent-by-pressing",
            };
            known(way, purpose);
            known("consent-name", purpose);
        }
        for kind in MailKind::ALL {
            known("mail-kind", kind.as_str());
        }
        for status in ["unknown", "active", "suspended", "cancelled"] {
            known("register-status", status);
        }
        for offer in ["join", "interest", "suspended", "cancelled", "closed"] {
            known("association-offer", offer);
        }
    }
}

/// The values of an attribute, in order.
fn attribute(html: &str, name: &str) -> Vec<String> {
    html.split(&format!(" {name}=\""))
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_italian_of_every_page_reads_easily() {
    let pages = all(Words {
        language: Language::It,
        mark: "",
    });
    gulpease::assert_plain(&pages);
}
