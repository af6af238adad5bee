//! The words of pages and mails, from the Fluent files beside, compiled in.
//!
//! Italian and English have every text. German has those that claimants see, all but
//! `bulk.ftl`, `case_desk.ftl`, `console.ftl`, `dashboard.ftl`, `desk.ftl`, `export.ftl`, `import.ftl`, `mails.ftl`, `partner.ftl`, `people.ftl`, `queue.ftl`, `register.ftl`, `sample.ftl` and `trail.ftl`: staff work in Italian or English (`domain::language::Language::of_staff`). A test
//! compares keys and values file by file, so the Italian that would fill a gap is never seen.

use std::{borrow::Cow, collections::HashMap};

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Europe::Rome;
use fluent_templates::{LanguageIdentifier, langid, static_loader};

pub use fluent_templates::fluent_bundle::FluentValue;

use crate::domain::language::Language;

static_loader! {
    static LOCALES = {
        locales: "src/render/locales",
        fallback_language: "it",
        // Fluent would wrap every value in invisible direction marks.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

const ITALIAN: LanguageIdentifier = langid!("it");
const ENGLISH: LanguageIdentifier = langid!("en");
const GERMAN: LanguageIdentifier = langid!("de");

/// The texts in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    language: Language,
}

/// What a declaration asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Damages {
    /// Sum of its amounts, euro cents.
    pub cents: i64,
    /// Items without an amount; none: not counted yet.
    pub open_items: Option<u64>,
}

impl Text {
    /// The texts in `language`.
    pub fn new(language: Language) -> Self {
        Self { language }
    }

    /// The language of the words: what belongs into the `lang` attribute.
    pub fn language(self) -> Language {
        self.language
    }

    /// The text of a key. A key nobody wrote comes back as itself (a test finds those).
    pub fn get(self, key: &str) -> String {
        self.find(key, None).unwrap_or_else(|| key.to_owned())
    }

    /// The text of a key with values set in; numbers choose their plural form.
    pub fn with(self, key: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        let values: HashMap<Cow<'static, str>, FluentValue<'_>> = values
            .iter()
            .map(|(name, value)| (Cow::Borrowed(*name), value.clone()))
            .collect();
        self.find(key, Some(&values))
            .unwrap_or_else(|| key.to_owned())
    }

    /// The text of `<family>-<word>`, where `word` is one of the fixed words of an interface
    /// (a state, a purpose). An unknown word is shown as it is.
    pub fn word(self, family: &str, word: &str) -> String {
        self.try_word(family, word)
            .unwrap_or_else(|| word.to_owned())
    }

    /// As [`Text::word`], but `None` for a word without a text.
    pub fn try_word(self, family: &str, word: &str) -> Option<String> {
        self.find(&format!("{family}-{}", word.replace('_', "-")), None)
    }

    /// A date in words: `22 gennaio 2023`, `22 January 2023`, `22. Januar 2023`; the first of a month is `1° gennaio`.
    pub fn date(self, date: NaiveDate) -> String {
        let month = self.get(&format!("month-{}", date.month()));
        let dot = match (self.language, date.day()) {
            (Language::De, _) => ".",
            (Language::It, 1) => "°",
            (Language::It | Language::En, _) => "",
        };
        format!("{}{dot} {month} {}", date.day(), date.year())
    }

    /// An instant in words, in the time of Rome: `22 gennaio 2023, ore 22:00`.
    pub fn instant(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&Rome);
        let clock = format!("{:02}:{:02}", local.hour(), local.minute());
        self.with(
            "date-and-clock",
            &[
                ("date", self.date(local.date_naive()).into()),
                ("clock", clock.into()),
            ],
        )
    }

    /// A sum from euro cents: `1.234,50 €`, in English `€1,234.50`.
    pub fn euro(self, cents: i64) -> String {
        let amount = cents.unsigned_abs();
        let (whole, rest) = (self.count(amount / 100), amount % 100);
        let sign = if cents < 0 { "-" } else { "" };
        match self.language {
            Language::It | Language::De => format!("{sign}{whole},{rest:02} €"),
            Language::En => format!("{sign}€{whole}.{rest:02}"),
        }
    }

    /// What a declaration asks for: `120,00 € + 2 da liquidare`; a zero stands alone nowhere where items without an
    /// amount are all there is, or may be.
    pub fn damages(self, damages: &Damages) -> String {
        let sum = self.euro(damages.cents);
        match (damages.cents, damages.open_items) {
            (0, None) => "–".to_owned(),
            (_, None | Some(0)) => sum,
            (0, Some(count)) => self.with("damages-open", &[("count", count.into())]),
            (_, Some(count)) => self.with(
                "damages-more",
                &[("sum", sum.into()), ("count", self.count(count).into())],
            ),
        }
    }

    /// A count with the language's thousands separator: `9.000.000`, `9,000,000`.
    pub fn count(self, count: u64) -> String {
        let separator = match self.language {
            Language::It | Language::De => '.',
            Language::En => ',',
        };
        let digits = count.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped
    }

    fn find(
        self,
        key: &str,
        values: Option<&HashMap<Cow<'static, str>, FluentValue<'_>>>,
    ) -> Option<String> {
        let first = match self.language {
            Language::It => &ITALIAN,
            Language::En => &ENGLISH,
            Language::De => &GERMAN,
        };
        LOCALES
            .lookup_single_language(first, key, values)
            .or_else(|_| LOCALES.lookup_single_language(&ITALIAN, key, values))
            .ok()
    }
}

#[cfg(test)]
mod tests;
