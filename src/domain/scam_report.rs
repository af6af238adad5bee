//! What somebody tells about a swindler who poses as an association (DOMAIN 6.5, R13).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::field::{FieldCode, FieldErrors, ValueError, filled};
use super::one_line::one_line;
use super::paragraphs::paragraphs;

/// Longest story, in characters.
pub const LONGEST_STORY: usize = 4_000;
/// Longest sender or link, in characters: links of swindlers are long.
const LONGEST_ORIGIN: usize = 1_000;
/// Longest contact, in characters.
const LONGEST_CONTACT: usize = 200;
/// Longest note of staff, in characters.
const LONGEST_NOTE: usize = 2_000;

/// What the swindler asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedFor {
    /// Money, by whatever way.
    Money,
    /// An account or a card.
    Bank,
    /// A password or a code.
    Codes,
    /// Something else, or nothing yet.
    Other,
}

impl AskedFor {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 4] = [Self::Money, Self::Bank, Self::Codes, Self::Other];

    /// Word of the wire and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Bank => "bank",
            Self::Codes => "codes",
            Self::Other => "other",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// `required`, `unknown_value`.
    pub fn parse(text: Option<&str>) -> Result<Self, ValueError> {
        let text = filled(text).ok_or(ValueError::new(
            FieldCode::Required,
            "error-scam-asked-for-required",
        ))?;
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or(ValueError::new(
            FieldCode::UnknownValue,
            "error-scam-asked-for-unknown",
        ))
    }
}

/// A report as it was typed.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScamReportInput {
    /// What happened.
    pub what_happened: Option<String>,
    /// What was asked for.
    pub asked_for: Option<String>,
    /// Sender, number or link.
    pub came_from: Option<String>,
    /// How to reach who reports.
    pub contact: Option<String>,
}

impl fmt::Debug for ScamReportInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScamReportInput(..)")
    }
}

/// A report.
#[derive(Clone, PartialEq, Eq)]
pub struct ScamReport {
    /// What the swindler asked for.
    pub asked_for: AskedFor,
    /// What is sealed of it.
    pub told: ScamStory,
}

/// What somebody told, as it is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScamStory {
    /// What happened, 1 to 4,000 characters.
    pub what_happened: String,
    /// Sender, number or link, as typed: never to be made a link again.
    pub came_from: Option<String>,
    /// How to reach who reports, if they want that.
    pub contact: Option<String>,
}

impl fmt::Debug for ScamStory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScamStory(..)")
    }
}

impl fmt::Debug for ScamReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ScamReport({})", self.asked_for.as_str())
    }
}

impl ScamReport {
    /// Reads what was typed.
    ///
    /// # Errors
    /// `/what_happened` `required`, `format`, `too_long`; `/asked_for` `required`, `unknown_value`;
    /// `/came_from` and `/contact` `format`, `too_long`.
    pub fn parse(input: &ScamReportInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let missing = ValueError::new(FieldCode::Required, "error-scam-what-required");
        let what = filled(input.what_happened.as_deref())
            .ok_or(missing)
            .and_then(|text| {
                let (format, long) = ("error-scam-format", "error-scam-too-long");
                paragraphs(text, LONGEST_STORY, format, long)
            });
        let what_happened = errors.take("/what_happened", what);
        let asked_for = errors.take("/asked_for", AskedFor::parse(input.asked_for.as_deref()));
        let mut line = |pointer: &str, typed: Option<&str>, longest| {
            let (format, long) = ("error-scam-format", "error-scam-too-long");
            let read = filled(typed).map(|text| one_line(text, longest, format, long));
            errors.take(pointer, read.transpose()).flatten()
        };
        let came_from = line("/came_from", input.came_from.as_deref(), LONGEST_ORIGIN);
        let contact = line("/contact", input.contact.as_deref(), LONGEST_CONTACT);
        let read = Self {
            asked_for: asked_for.unwrap_or(AskedFor::Other),
            told: ScamStory {
                what_happened: what_happened.unwrap_or_default(),
                came_from,
                contact,
            },
        };
        errors.into_result(read)
    }
}

/// What staff did about a report, 1 to 2,000 characters.
///
/// # Errors
/// `required`, `format`, `too_long`.
pub fn note(typed: Option<&str>) -> Result<String, ValueError> {
    let missing = ValueError::new(FieldCode::Required, "error-scam-note-required");
    let text = filled(typed).ok_or(missing)?;
    let (format, long) = ("error-scam-format", "error-scam-too-long");
    paragraphs(text, LONGEST_NOTE, format, long)
}

/// A text of a swindler as it is shown: no address in it works any more, not even for a program that makes
/// links of what looks like one. `https://truffa.example/a` becomes `hxxps[:]//truffa[.]example/a`.
pub fn defanged(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            if is_address(word.trim_end()) {
                without_teeth(word)
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// Whether a word looks like a link, a domain or an e-mail address.
fn is_address(word: &str) -> bool {
    let is_name = |label: &str| {
        let start: String = label.chars().take(2).collect();
        start.chars().count() == 2 && start.chars().all(char::is_alphabetic)
    };
    let has_domain = word.split('.').skip(1).any(is_name);
    has_domain || word.contains("//") || word.contains('@')
}

fn without_teeth(word: &str) -> String {
    let lower = word.to_lowercase();
    let word = match lower.find("http") {
        // lower case may be longer or shorter in other scripts: then the word is shown in it
        Some(_) if lower.len() != word.len() => lower.replace("http", "hxxp"),
        Some(at) => match (word.get(..at), word.get(at + 4..)) {
            (Some(before), Some(after)) => format!("{before}hxxp{after}"),
            _ => lower.replace("http", "hxxp"),
        },
        None => word.to_owned(),
    };
    word.replace("://", "[:]//")
        .replace('.', "[.]")
        .replace('@', "[at]")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn input(what: &str, asked_for: &str) -> ScamReportInput {
        ScamReportInput {
            what_happened: Some(what.to_owned()),
            asked_for: Some(asked_for.to_owned()),
            ..ScamReportInput::default()
        }
    }

    #[test]
    fn a_story_and_what_was_asked_for_are_enough() {
        let read =
            ScamReport::parse(&input(" Mi hanno chiamato.\r\nTre volte. ", "money")).unwrap();
        assert_eq!(read.told.what_happened, "Mi hanno chiamato.\nTre volte.");
        assert_eq!((read.told.came_from, read.told.contact), (None, None));
        let wrong = ScamReport::parse(&ScamReportInput::default()).unwrap_err();
        let wrong: Vec<_> = wrong
            .iter()
            .map(|it| (it.pointer.as_str(), it.code))
            .collect();
        let required = FieldCode::Required;
        assert_eq!(
            wrong,
            [("/what_happened", required), ("/asked_for", required)]
        );
    }

    #[test]
    fn what_is_too_long_or_unknown_is_refused() {
        let mut long = input(&"a".repeat(LONGEST_STORY + 1), "gold");
        long.came_from = Some("b".repeat(LONGEST_ORIGIN + 1));
        long.contact = Some("c\u{0}".to_owned());
        let wrong = ScamReport::parse(&long).unwrap_err();
        let wrong: Vec<_> = wrong
            .iter()
            .map(|it| (it.pointer.as_str(), it.code))
            .collect();
        assert_eq!(
            wrong,
            [
                ("/what_happened", FieldCode::TooLong),
                ("/asked_for", FieldCode::UnknownValue),
                ("/came_from", FieldCode::TooLong),
                ("/contact", FieldCode::Format),
            ]
        );
        assert_eq!(note(Some(" ")).unwrap_err().code, FieldCode::Required);
        assert_eq!(note(Some("Denunciato")).as_deref(), Ok("Denunciato"));
        let shown = format!(
            "{long:?}{:?}",
            ScamReport::parse(&input("segreto", "codes"))
        );
        assert!(!shown.contains("segreto"), "{shown}");
    }

    #[test]
    fn r13_no_address_of_a_swindler_works_when_it_is_shown() {
        for (typed, shown) in [
            (
                "Vai su https://truffa.example/paga?a=1 subito.",
                "Vai su hxxps[:]//truffa[.]example/paga?a=1 subito.",
            ),
            ("HTTP://TRUFFA.IT", "hxxp[:]//TRUFFA[.]IT"),
            ("www.truffa.it, ecco", "www[.]truffa[.]it, ecco"),
            ("scrivi a a.b@truffa.it", "scrivi a a[.]b[at]truffa[.]it"),
            ("//truffa/x", "//truffa/x"),
            (
                "Volevano 12.50 euro. Poi basta.",
                "Volevano 12.50 euro. Poi basta.",
            ),
            ("Fine.Inizio", "Fine[.]Inizio"),
            ("İhttp://a.example", "i̇hxxp[:]//a[.]example"),
        ] {
            assert_eq!(defanged(typed), shown);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_none_keeps_a_scheme(text in "\\PC{0,40}(https://)?\\PC{0,40}") {
            prop_assert!(!defanged(&text).to_lowercase().contains("http:"));
            let _ = ScamReport::parse(&input(&text, "other"));
        }
    }
}
