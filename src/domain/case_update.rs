//! News of a case: what an association may post, in which languages.
//!
//! Plain words: paragraphs, no HTML, no links. They go out in mails, and a mail links to the platform
//! only (R14).

use serde::{Deserialize, Serialize};

use super::field::{FieldCode, FieldErrors, ValueError, filled};
use super::language::Language;
use super::mail_text::{begins_like_a_code, may_link};
use super::one_line::one_line;
use super::paragraphs::paragraphs;

/// Longest title, in characters.
pub const LONGEST_TITLE: usize = 120;
/// Longest text, in characters.
pub const LONGEST_TEXT: usize = 6_000;

/// News in one language, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateTextInput {
    /// `it`, `en` or `de`.
    pub language: Option<String>,
    /// One line.
    pub title: Option<String>,
    /// Paragraphs.
    pub text: Option<String>,
}

/// News in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateText {
    /// The language of the words.
    pub language: Language,
    /// One line of 1 to 120 characters.
    pub title: String,
    /// Paragraphs of 1 to 6,000 characters, lines ended by `\n`, an empty one between paragraphs.
    pub text: String,
}

/// News in Italian and, if somebody wrote them, in other languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateTexts(Vec<UpdateText>);

impl UpdateTexts {
    /// Reads what was typed. A language other than Italian of which nothing was typed is left out.
    ///
    /// # Errors
    /// `/texts` `required` without Italian; `/texts/<n>/language` `unknown_value` also for one that comes
    /// twice; `/texts/<n>/title` and `/texts/<n>/text` `required`, `too_long`, and `format` for controls,
    /// links, addresses, and lines that begin like that of a code.
    pub fn parse(input: &[UpdateTextInput]) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut texts: Vec<UpdateText> = Vec::new();
        for (index, typed) in input.iter().enumerate() {
            let at = |field: &str| format!("/texts/{index}/{field}");
            let language = language(typed.language.as_deref(), &texts);
            let Some(language) = errors.take(at("language"), language) else {
                continue;
            };
            let is_blank =
                filled(typed.title.as_deref()).is_none() && filled(typed.text.as_deref()).is_none();
            if is_blank && language != Language::It {
                continue;
            }
            let title = errors.take(at("title"), title(typed.title.as_deref()));
            let text = errors.take(at("text"), text(typed.text.as_deref()));
            // one that is wrong still counts as given
            texts.push(UpdateText {
                language,
                title: title.unwrap_or_default(),
                text: text.unwrap_or_default(),
            });
        }
        if !texts.iter().any(|text| text.language == Language::It) {
            errors.push("/texts", FieldCode::Required, "error-update-italian");
        }
        texts.sort_by_key(|text| text.language != Language::It);
        errors.into_result(Self(texts))
    }

    /// The news in a language, in Italian where nobody wrote them in it.
    pub fn of(&self, language: Language) -> Option<&UpdateText> {
        let own = self.0.iter().find(|text| text.language == language);
        own.or_else(|| self.0.first())
    }

    /// In every language there is, Italian first.
    pub fn all(&self) -> &[UpdateText] {
        &self.0
    }
}

impl UpdateText {
    /// The paragraphs, each as its lines.
    pub fn paragraphs(&self) -> Vec<Vec<&str>> {
        self.text
            .split("\n\n")
            .map(|paragraph| paragraph.lines().filter(|line| !line.is_empty()).collect())
            .filter(|lines: &Vec<&str>| !lines.is_empty())
            .collect()
    }
}

fn language(typed: Option<&str>, before: &[UpdateText]) -> Result<Language, ValueError> {
    let unknown = ValueError::new(FieldCode::UnknownValue, "error-language-unknown");
    let language = typed.and_then(Language::parse).ok_or(unknown)?;
    if before.iter().any(|text| text.language == language) {
        let twice = "error-update-language-twice";
        return Err(ValueError::new(FieldCode::UnknownValue, twice));
    }
    Ok(language)
}

fn title(typed: Option<&str>) -> Result<String, ValueError> {
    let missing = ValueError::new(FieldCode::Required, "error-update-title-required");
    let title = filled(typed).ok_or(missing)?;
    let title = one_line(
        title,
        LONGEST_TITLE,
        "error-update-format",
        "error-update-title-too-long",
    )?;
    plain(title)
}

fn text(typed: Option<&str>) -> Result<String, ValueError> {
    let missing = ValueError::new(FieldCode::Required, "error-update-text-required");
    let text = filled(typed).ok_or(missing)?;
    let text = paragraphs(
        text,
        LONGEST_TEXT,
        "error-update-format",
        "error-update-text-too-long",
    )?;
    plain(text)
}

/// Without links, and without a line that reads like that of a code.
fn plain(words: String) -> Result<String, ValueError> {
    if may_link(&words) {
        return Err(ValueError::new(FieldCode::Format, "error-update-link"));
    }
    if words.lines().any(begins_like_a_code) {
        return Err(ValueError::new(FieldCode::Format, "error-update-code"));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(language: &str, title: &str, text: &str) -> UpdateTextInput {
        UpdateTextInput {
            language: Some(language.to_owned()),
            title: Some(title.to_owned()),
            text: Some(text.to_owned()),
        }
    }

    fn wrong(input: &[UpdateTextInput]) -> Vec<(String, &'static str)> {
        let errors = UpdateTexts::parse(input).unwrap_err();
        let errors = errors.iter();
        errors
            .map(|error| (error.pointer.clone(), error.reason))
            .collect()
    }

    #[test]
    fn italian_comes_first_and_fills_gaps() {
        let german = typed("de", "Neues", "Eins.");
        let italian = typed("it", "  Novità  ", "Uno.\r\ndue\r\n\r\n\r\n\r\nTre.");
        let texts = UpdateTexts::parse(&[german, italian, typed("en", " ", "")]).unwrap();
        assert_eq!(texts.all().len(), 2);
        assert_eq!(texts.of(Language::De).unwrap().title, "Neues");
        let filled = texts.of(Language::En).unwrap();
        assert_eq!(
            (filled.language, filled.title.as_str()),
            (Language::It, "Novità")
        );
        assert_eq!(filled.paragraphs(), [vec!["Uno.", "due"], vec!["Tre."]]);
    }

    #[test]
    fn every_fault_is_told_at_its_place() {
        let at = |pointer: &str, reason| (pointer.to_owned(), reason);
        assert_eq!(wrong(&[]), [at("/texts", "error-update-italian")]);
        assert_eq!(
            wrong(&[
                typed("fr", "a", "b"),
                typed("it", "", "b"),
                typed("it", "a", "b")
            ]),
            [
                at("/texts/0/language", "error-language-unknown"),
                at("/texts/1/title", "error-update-title-required"),
                at("/texts/2/language", "error-update-language-twice"),
            ]
        );
        let long = "a".repeat(LONGEST_TEXT + 1);
        let title = "a".repeat(LONGEST_TITLE + 1);
        assert_eq!(
            wrong(&[typed("it", &title, &long), typed("en", "a\u{202e}b", "")]),
            [
                at("/texts/0/title", "error-update-title-too-long"),
                at("/texts/0/text", "error-update-text-too-long"),
                at("/texts/1/title", "error-update-format"),
                at("/texts/1/text", "error-update-text-required"),
            ]
        );
        let (title, long) = ("a".repeat(LONGEST_TITLE), "a".repeat(LONGEST_TEXT));
        assert!(UpdateTexts::parse(&[typed("it", &title, &long)]).is_ok());
    }

    #[test]
    fn r14_news_hold_no_link_no_address_and_no_code() {
        for (words, reason) in [
            ("Vai su https://example.org", "error-update-link"),
            ("Scrivi a anna@example.org", "error-update-link"),
            ("<b>Novità</b>", "error-update-link"),
            ("Leggi example.org oggi", "error-update-link"),
            ("Ecco.\nCodice: 123456", "error-update-code"),
        ] {
            let found = wrong(&[typed("it", "Novità", words)]);
            assert_eq!(found, [("/texts/0/text".to_owned(), reason)], "{words}");
        }
        let plain = "Il 3 marzo, ore 10:30, Italiaonline S.p.A. ha risposto: no (art. 840-bis).";
        assert!(UpdateTexts::parse(&[typed("it", "Novità", plain)]).is_ok());
    }
}
