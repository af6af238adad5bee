//! What an association may say in its own words in the mails to its claimants.
//!
//! A mail stays the platform's: subject, facts, links, code, warnings and the line by which it is
//! checked (R14) cannot be changed. Three named passages can, in each language, for all mails or one
//! kind: plain text on one line, without links, checked when it is saved (decision 14).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::language::Language;
use super::mail::{MailKind, one_line};

/// A passage of a mail that an association may word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// The first line, before the content: `Ciao,`.
    Greeting,
    /// How and when the association is reached; there is none unless it is worded.
    Contact,
    /// The last line of the content; there is none unless it is worded.
    SignOff,
}

impl Passage {
    /// All of them, in the order of a mail.
    pub const ALL: [Self; 3] = [Self::Greeting, Self::Contact, Self::SignOff];

    /// Its name in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Contact => "contact",
            Self::SignOff => "sign_off",
        }
    }

    /// Longest text, in characters, placeholders counted as written.
    pub const fn max(self) -> usize {
        match self {
            Self::Greeting => 60,
            Self::Contact => 200,
            Self::SignOff => 120,
        }
    }
}

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// `{association}`: the name of the association.
    pub association: &'a str,
    /// `{case}`: the title of the case; nothing in a mail about several records.
    pub case: Option<&'a str>,
    /// `{reference}`: the number of the record; nothing in a mail about several.
    pub reference: Option<&'a str>,
}

impl<'a> Values<'a> {
    fn get(self, name: &str) -> Option<&'a str> {
        match name {
            "association" => Some(self.association),
            "case" => self.case,
            "reference" => self.reference,
            _ => None,
        }
    }
}

/// Text of a passage that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassageText(String);

/// Why a text cannot be a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongPassage {
    /// Nothing but blanks.
    #[error("is empty")]
    Empty,
    /// Line breaks, control characters, characters that cannot be seen, or blanks at an end or doubled.
    #[error("is not one clean line of text")]
    NotALine,
    /// More characters than its passage may have.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// An address of a site or a mailbox, or `<` or `>`: a mail links to the platform only (R14).
    #[error("holds a link, an address or a sign of HTML")]
    Link,
    /// It begins like the line that holds the code.
    #[error("begins like the line of the code")]
    Code,
    /// A brace that is no placeholder.
    #[error("has a brace that is not {{association}}, {{case}} or {{reference}}")]
    Placeholder,
}

impl PassageText {
    /// Reads the text of a passage.
    ///
    /// # Errors
    /// What of [`WrongPassage`] applies first.
    pub fn parse(passage: Passage, text: &str) -> Result<Self, WrongPassage> {
        if text.trim().is_empty() {
            return Err(WrongPassage::Empty);
        }
        if text.chars().count() > passage.max() {
            return Err(WrongPassage::TooLong(passage.max()));
        }
        if one_line(text, passage.max()) != text || text.contains(JOINERS) {
            return Err(WrongPassage::NotALine);
        }
        if may_link(text) {
            return Err(WrongPassage::Link);
        }
        if begins_like_a_code(text) {
            return Err(WrongPassage::Code);
        }
        let text = Self(text.to_owned());
        let sample = Values {
            association: "",
            case: Some(""),
            reference: Some(""),
        };
        text.fill(sample).ok_or(WrongPassage::Placeholder)?;
        Ok(text)
    }

    /// As it was written, with its placeholders.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// With the values set in; `None` if one that it names is missing. What stands in a value is never
    /// read as a placeholder.
    pub fn fill(&self, values: Values<'_>) -> Option<String> {
        let mut filled = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            if before.contains('}') {
                return None;
            }
            filled.push_str(before);
            filled.push_str(values.get(name)?);
            rest = after;
        }
        if rest.contains('}') {
            return None;
        }
        filled.push_str(rest);
        Some(filled)
    }
}

/// Join letters, choose how one looks; nobody sees them.
const JOINERS: [char; 3] = ['\u{200c}', '\u{200d}', '\u{fe0f}'];

/// Whether a mail program could make a link of some of it.
pub(super) fn may_link(text: &str) -> bool {
    let forbidden = [
        '@', '<', '>', '\u{3002}', '\u{ff0e}', '\u{ff61}', '\u{2024}',
    ];
    if text.contains(forbidden) || text.contains("//") {
        return true;
    }
    // a value set in counts as letters; a mark on a letter belongs to it
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '{' | '}');
    let chars: Vec<char> = text.chars().collect();
    chars.windows(4).any(|around| {
        matches!(*around, [before, '.', first, second]
            if !before.is_whitespace() && is_letter(first) && is_letter(second))
    }) || chars.windows(3).any(|around| {
        matches!(*around, [before, ':', after] if !before.is_whitespace() && !before.is_numeric() && !after.is_whitespace())
    })
}

/// Machines and readers look for the code on the line that begins so.
pub(super) fn begins_like_a_code(text: &str) -> bool {
    text.split_once(':').is_some_and(|(first, _)| {
        let first = first.trim().to_lowercase();
        first == "codice" || first == "code"
    })
}

/// The passages of one mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passages {
    /// Instead of the greeting.
    pub greeting: Option<PassageText>,
    /// Besides.
    pub contact: Option<PassageText>,
    /// Besides.
    pub sign_off: Option<PassageText>,
}

impl Passages {
    /// Those for a mail without a record: a passage that names its number is left out.
    #[must_use]
    pub fn without_record(self) -> Self {
        let fits = |text: &PassageText| !text.0.contains("{reference}");
        Self {
            greeting: self.greeting.filter(fits),
            contact: self.contact.filter(fits),
            sign_off: self.sign_off.filter(fits),
        }
    }
}

/// The passages for mails of a kind in a language, as files and the database write them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailText {
    /// A kind of mail; missing for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The language it is written in.
    pub language: Language,
    /// See [`Passage::Greeting`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
    /// See [`Passage::Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// See [`Passage::SignOff`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_off: Option<String>,
}

impl MailText {
    fn get(&self, passage: Passage) -> Option<&str> {
        match passage {
            Passage::Greeting => self.greeting.as_deref(),
            Passage::Contact => self.contact.as_deref(),
            Passage::SignOff => self.sign_off.as_deref(),
        }
    }
}

/// All that an association says in its own words.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MailTexts(Vec<Entry>);

/// A checked [`MailText`].
#[derive(Clone, PartialEq, Eq)]
struct Entry {
    kind: Option<MailKind>,
    language: Language,
    passages: Passages,
}

/// What is wrong with a set of passages, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mail_text[{index}].{field}: {reason}")]
pub struct WrongMailText {
    /// Place in the list, from zero.
    pub index: usize,
    /// Name of the field.
    pub field: &'static str,
    /// Why.
    pub reason: WrongEntry,
}

/// Why an entry cannot stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongEntry {
    /// A passage.
    #[error(transparent)]
    Passage(#[from] WrongPassage),
    /// No such mail.
    #[error("is no kind of mail")]
    Kind,
    /// The same kind and language twice.
    #[error("is there twice for this kind of mail")]
    Twice,
}

/// A file with sections `[[mail_text]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailTextsFile {
    #[serde(default)]
    mail_text: Vec<MailText>,
}

/// Why a file holds no set of passages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongFile {
    /// It is not TOML of this shape; the text names line, column and field.
    #[error("{0}")]
    Shape(String),
    /// An entry cannot stand.
    #[error(transparent)]
    Entry(#[from] WrongMailText),
}

impl MailTexts {
    /// Reads a TOML file with sections `[[mail_text]]`; without any it gives the standard words back.
    ///
    /// # Errors
    /// `Shape` with line and column, `Entry` with place and field.
    pub fn from_toml(text: &str) -> Result<Self, WrongFile> {
        let file: MailTextsFile =
            toml::from_str(text).map_err(|error| WrongFile::Shape(error.to_string()))?;
        Ok(Self::parse(&file.mail_text)?)
    }

    /// Checks a set.
    ///
    /// # Errors
    /// The first entry that cannot stand, with its field.
    pub fn parse(texts: &[MailText]) -> Result<Self, WrongMailText> {
        let mut entries: Vec<Entry> = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let wrong = |field, reason| WrongMailText {
                index,
                field,
                reason,
            };
            let entry = entry(text).map_err(|(field, reason)| wrong(field, reason))?;
            let is_there =
                |other: &Entry| (other.kind, other.language) == (entry.kind, entry.language);
            if entries.iter().any(is_there) {
                return Err(wrong("language", WrongEntry::Twice));
            }
            entries.push(entry);
        }
        Ok(Self(entries))
    }

    /// The passages of a mail: those of its kind, else those for all.
    pub fn of(&self, kind: MailKind, language: Language) -> Passages {
        let entry = |kind| {
            let is_it = |entry: &&Entry| (entry.kind, entry.language) == (kind, language);
            self.0.iter().find(is_it).map(|entry| &entry.passages)
        };
        let general = entry(None).cloned().unwrap_or_default();
        let Some(own) = entry(Some(kind)).cloned() else {
            return general;
        };
        Passages {
            greeting: own.greeting.or(general.greeting),
            contact: own.contact.or(general.contact),
            sign_off: own.sign_off.or(general.sign_off),
        }
    }

    /// As files and the database write them.
    pub fn to_list(&self) -> Vec<MailText> {
        let text = |text: &Option<PassageText>| text.as_ref().map(|text| text.0.clone());
        let entry = |entry: &Entry| MailText {
            kind: entry.kind.map(|kind| kind.as_str().to_owned()),
            language: entry.language,
            greeting: text(&entry.passages.greeting),
            contact: text(&entry.passages.contact),
            sign_off: text(&entry.passages.sign_off),
        };
        self.0.iter().map(entry).collect()
    }
}

impl fmt::Debug for MailTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailTexts({})", self.0.len())
    }
}

fn entry(text: &MailText) -> Result<Entry, (&'static str, WrongEntry)> {
    let kind = match &text.kind {
        None => None,
        Some(word) => Some(MailKind::parse(word).ok_or(("kind", WrongEntry::Kind))?),
    };
    let mut passages = Passages::default();
    for passage in Passage::ALL {
        let Some(words) = text.get(passage) else {
            continue;
        };
        let parsed = PassageText::parse(passage, words)
            .map_err(|wrong| (passage.as_str(), WrongEntry::Passage(wrong)))?;
        let place = match passage {
            Passage::Greeting => &mut passages.greeting,
            Passage::Contact => &mut passages.contact,
            Passage::SignOff => &mut passages.sign_off,
        };
        *place = Some(parsed);
    }
    Ok(Entry {
        kind,
        language: text.language,
        passages,
    })
}

#[cfg(test)]
mod tests;
