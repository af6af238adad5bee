//! Texts and templates against each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use chrono::{NaiveDate, TimeZone, Utc};

use super::*;
use crate::domain::{mail::MailKind, retention::RULES, sign_up::SignUpNotice};

/// Files of `locales/` that German does not have: staff read Italian or English.
const STAFF_FILES: [&str; 14] = [
    "bulk.ftl",
    "case_desk.ftl",
    "console.ftl",
    "dashboard.ftl",
    "desk.ftl",
    "export.ftl",
    "import.ftl",
    "mails.ftl",
    "partner.ftl",
    "people.ftl",
    "queue.ftl",
    "register.ftl",
    "sample.ftl",
    "trail.ftl",
];

/// What a record's trail can tell of, read from the sources that write it.
#[test]
fn each_action_about_a_record_and_each_notice_has_words() {
    let mut paths = Vec::new();
    files(&root("src/app"), &mut paths);
    let mut actions = BTreeSet::from(["sign_up".to_owned(), "view_claimant".to_owned()]);
    for path in paths {
        let source = fs::read_to_string(&path).expect("a source");
        for (start, _) in source.match_indices("Entry::new(") {
            let call = source.get(start..).and_then(|rest| rest.split(';').next());
            let action = call.and_then(|call| call.split('"').nth(1));
            actions.extend(action.map(str::to_owned));
        }
    }
    assert!(actions.len() > 12, "{actions:?}");
    for language in [Language::It, Language::En] {
        let text = Text::new(language);
        for action in &actions {
            assert!(text.try_word("trail-action", action).is_some(), "{action}");
        }
        for kind in MailKind::ALL
            .map(MailKind::as_str)
            .iter()
            .chain(&["resend"])
        {
            assert!(text.try_word("mails-kind", kind).is_some(), "{kind}");
        }
        for notice in SignUpNotice::ALL.map(SignUpNotice::as_str) {
            assert!(
                text.try_word("sign-up-notice", notice).is_some(),
                "{notice}"
            );
        }
        for letter in "abcdefghil".chars().map(String::from) {
            assert!(text.try_word("staff-letter", &letter).is_some(), "{letter}");
        }
    }
}

/// A rule of keeping says on its page what is deleted, from when it counts and what its term rests on (R62).
#[test]
fn each_rule_of_retention_has_its_words_in_the_languages_of_the_staff() {
    for language in ["it", "en"] {
        let written = messages(language);
        let told = |family: &str, word: &str| {
            let key = format!("{family}-{}", word.replace('_', "-"));
            let text = written.get(&key);
            assert!(
                text.is_some_and(|text| !text.trim().is_empty()),
                "{language}: {key}"
            );
        };
        for rule in RULES {
            told("retention-rule", rule.name);
            told("retention-from", rule.from);
            told("retention-basis", rule.source);
        }
    }
    // who reads German in the mails reads Italian in the console
    let of_staff = Text::new(Language::De.of_staff());
    for rule in RULES {
        assert_ne!(of_staff.try_word("retention-basis", rule.source), None);
    }
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Names of the files of a language.
fn file_names(language: &str) -> BTreeSet<String> {
    let mut paths = Vec::new();
    files(&root("src/render/locales").join(language), &mut paths);
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(name).collect()
}

/// Key and pattern of every message of a language.
fn messages(language: &str) -> BTreeMap<String, String> {
    file_names(language)
        .iter()
        .flat_map(|name| messages_of(language, name))
        .collect()
}

/// Key and pattern of every message of one file.
fn messages_of(language: &str, file: &str) -> BTreeMap<String, String> {
    let path = root("src/render/locales").join(language).join(file);
    let mut messages = BTreeMap::new();
    let mut last = String::new();
    for line in fs::read_to_string(&path).expect("a text file").lines() {
        let starts = line.starts_with(|first: char| first.is_ascii_lowercase());
        match line.split_once(" = ").filter(|_| starts) {
            Some((key, words)) => {
                let old = messages.insert(key.to_owned(), words.to_owned());
                assert_eq!(old, None, "{key} is written twice in {language}");
                key.clone_into(&mut last);
            }
            None if line.starts_with(' ') => {
                messages.entry(last.clone()).or_default().push_str(line);
            }
            None => {}
        }
    }
    messages
}

/// All text between double quotes in our sources and templates.
fn quoted() -> BTreeSet<String> {
    let mut paths = Vec::new();
    files(&root("src"), &mut paths);
    let mut quoted = BTreeSet::new();
    for path in paths {
        if path
            .extension()
            .is_some_and(|ending| ending == "rs" || ending == "html" || ending == "txt")
        {
            let source = fs::read_to_string(&path).expect("a text file");
            quoted.extend(source.split('"').map(str::to_owned));
        }
    }
    quoted
}

#[test]
fn a_key_is_written_in_every_language_of_its_file_with_the_same_values() {
    let values = |words: &str| -> BTreeSet<String> {
        words
            .split('$')
            .skip(1)
            .filter_map(|rest| rest.split([' ', '}']).next().map(str::to_owned))
            .collect()
    };
    let italian = file_names("it");
    for language in ["en", "de"] {
        let mut wanted = italian.clone();
        if language == "de" {
            wanted.retain(|name| !STAFF_FILES.contains(&name.as_str()));
        }
        assert_eq!(file_names(language), wanted, "{language}");
        for file in wanted {
            let (it, other) = (messages_of("it", &file), messages_of(language, &file));
            let missing: Vec<_> = it.keys().filter(|key| !other.contains_key(*key)).collect();
            let surplus: Vec<_> = other.keys().filter(|key| !it.contains_key(*key)).collect();
            assert!(missing.is_empty(), "{language}/{file} lacks {missing:?}");
            assert!(surplus.is_empty(), "only {language}/{file} has {surplus:?}");
            for (key, words) in &it {
                assert_eq!(values(words), values(&other[key]), "{language}: {key}");
                assert!(!other[key].trim().is_empty(), "{language}: {key}");
            }
        }
    }
}

/// Before a filing nobody is an *aderente* (R1). One message says so.
#[test]
fn r1_no_italian_words_call_anybody_aderente() {
    for (key, words) in messages("it") {
        let words = words.to_lowercase().replace("pre-aderent", "");
        let is_told = words.contains("aderent") || words.contains("aderisc");
        assert_eq!(is_told, key == "imports-text", "{key}");
    }
    let mut scripts = Vec::new();
    files(&root("assets/embed"), &mut scripts);
    for script in scripts {
        let words = fs::read_to_string(script).expect("a script");
        let words = words.to_lowercase().replace("pre-ades", "");
        assert!(!words.contains("adesion") && !words.contains("aderent"));
    }
}

/// What stands in the files of staff is shown on their pages only, so that no German page lacks a word.
#[test]
fn claimants_pages_ask_for_no_text_of_the_staff() {
    let staff: BTreeSet<String> = STAFF_FILES
        .iter()
        .flat_map(|file| messages_of("it", file).into_keys())
        .collect();
    let families: BTreeSet<&str> = staff
        .iter()
        .filter_map(|key| key.rsplit_once('-').map(|(family, _)| family))
        .collect();
    let mut paths = Vec::new();
    files(&root("src/render/page"), &mut paths);
    files(&root("src/web/public"), &mut paths);
    paths.retain(|path| !path.to_string_lossy().contains("console"));
    let mut seen = 0;
    for path in paths {
        let Ok(source) = fs::read_to_string(&path) else {
            continue;
        };
        for call in ["t(\"", "tv(\"", "get(\"", "with(\""] {
            for rest in source.split(call).skip(1) {
                let key = rest.split('"').next().unwrap_or_default();
                assert!(!staff.contains(key), "{}: {key}", path.display());
                seen += 1;
            }
        }
        for rest in source.split("word(\"").skip(1) {
            let family = rest.split('"').next().unwrap_or_default();
            let staffs = families.contains(family)
                && !messages("de").keys().any(|key| key.starts_with(family));
            assert!(!staffs, "{}: {family}", path.display());
        }
    }
    assert!(seen > 100, "only {seen} keys found: the search is broken");
}

/// German addresses people with "Sie" and writes quotes as Germans do.
#[test]
fn german_is_polite_and_its_quotes_are_german() {
    for (key, words) in messages("de") {
        for word in words.split(|c: char| !c.is_alphabetic()) {
            let familiar = ["du", "dein", "deine", "deinen", "deiner", "dir", "dich"];
            assert!(
                !familiar.contains(&word.to_lowercase().as_str()),
                "{key}: {words}"
            );
        }
        assert!(
            !words.contains(['"', '«', '»', '”', '\'']),
            "{key}: {words}"
        );
        let (open, close) = (words.matches('„').count(), words.matches('“').count());
        assert_eq!(open, close, "{key}: {words}");
    }
}

#[test]
fn every_key_asked_for_by_name_is_written() {
    let it = messages("it");
    let mut paths = Vec::new();
    files(&root("src/render"), &mut paths);
    let mut asked = 0;
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
    {
        let source = fs::read_to_string(path).expect("a template");
        for call in ["chrome.t(\"", "chrome.tv(\"", ".get(\"", ".with(\""] {
            for rest in source.split(call).skip(1) {
                let key = rest.split('"').next().expect("one part at least");
                assert!(it.contains_key(key), "{}: {key}", path.display());
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "only {asked} keys found: the search is broken");
}

/// First words of keys whose last word is a value: `word("state", ...)` asks for `state-confirmed`.
fn families() -> BTreeSet<String> {
    let mut paths = Vec::new();
    files(&root("src"), &mut paths);
    let mut families = BTreeSet::from(["month-".to_owned()]);
    for path in paths {
        let Ok(source) = fs::read_to_string(&path) else {
            continue;
        };
        for rest in source.split("word(").skip(1) {
            if let Some(family) = rest.trim_start().strip_prefix('"') {
                families.insert(format!("{}-", family.split('"').next().unwrap_or_default()));
            }
        }
    }
    families
}

#[test]
fn no_key_is_unused() {
    let quoted = quoted();
    let families = families();
    for key in messages("it").keys() {
        let in_family = families.iter().any(|family| key.starts_with(family));
        assert!(in_family || quoted.contains(key), "{key}");
    }
}

#[test]
fn dates_and_counts_are_written_as_people_do() {
    let day = NaiveDate::from_ymd_opt(2023, 1, 22).expect("a day");
    assert_eq!(Text::new(Language::It).date(day), "22 gennaio 2023");
    assert_eq!(Text::new(Language::En).date(day), "22 January 2023");
    assert_eq!(Text::new(Language::De).date(day), "22. Januar 2023");
    assert_eq!(Text::new(Language::It).count(9_000_000), "9.000.000");
    assert_eq!(Text::new(Language::De).count(9_000_000), "9.000.000");
    assert_eq!(Text::new(Language::De).euro(123_450), "1.234,50 €");
    assert_eq!(Text::new(Language::En).count(999), "999");
}

#[test]
fn r69_instants_are_shown_in_the_time_of_rome() {
    let text = Text::new(Language::It);
    let winter = Utc
        .with_ymd_and_hms(2023, 3, 26, 0, 59, 0)
        .single()
        .expect("an instant");
    let summer = Utc
        .with_ymd_and_hms(2023, 3, 26, 1, 0, 0)
        .single()
        .expect("an instant");
    assert_eq!(text.instant(winter), "26 marzo 2023, ore 01:59");
    assert_eq!(text.instant(summer), "26 marzo 2023, ore 03:00");
    let german = Text::new(Language::De).instant(summer);
    assert_eq!(german, "26. März 2023, 03:00 Uhr");
}

#[test]
fn values_come_without_invisible_marks_and_choose_plurals() {
    let text = Text::new(Language::It);
    let one = text.with(
        "confirmed-count",
        &[("count", 1.into()), ("shown", "1".into())],
    );
    let many = text.with(
        "confirmed-count",
        &[("count", 2.into()), ("shown", "2".into())],
    );
    assert_eq!(one, "1 persona ha confermato");
    assert_eq!(many, "2 persone hanno confermato");
    let none = text.with("home-found", &[("count", 0.into()), ("query", "x".into())]);
    assert_eq!(none, "Nessun caso per «x»");
}

#[test]
fn the_first_of_a_month_is_an_ordinal_in_italian() {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let date = |language| Text::new(language).date(first);
    assert_eq!(date(Language::It), "1° gennaio 2026");
    assert_eq!(date(Language::En), "1 January 2026");
    assert_eq!(date(Language::De), "1. Januar 2026");
}

#[test]
fn damages_never_read_as_nothing_where_items_have_no_amount() {
    let damages = |cents, open_items| Damages { cents, open_items };
    for (language, asked, shown) in [
        (Language::It, damages(12_000, Some(0)), "120,00 €"),
        (
            Language::It,
            damages(12_000, Some(2)),
            "120,00 € + 2 da liquidare",
        ),
        (
            Language::It,
            damages(0, Some(1)),
            "1 voce da liquidare in via equitativa",
        ),
        (
            Language::It,
            damages(0, Some(2)),
            "2 voci da liquidare in via equitativa",
        ),
        (
            Language::En,
            damages(0, Some(1)),
            "1 item to be assessed in equity",
        ),
        (Language::It, damages(0, Some(0)), "0,00 €"),
        // not counted yet: nobody knows whether it is nothing
        (Language::It, damages(0, None), "–"),
        (Language::It, damages(100, None), "1,00 €"),
    ] {
        assert_eq!(Text::new(language).damages(&asked), shown);
    }
}
