//! The languages of pages, mails and texts.

use serde::{Deserialize, Serialize};

/// A language of the platform: `it|en|de` outwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Italian: the first language, and the one that fills gaps.
    #[default]
    It,
    /// English.
    En,
    /// German.
    De,
}

impl Language {
    /// All of them, the first one first.
    pub const ALL: [Self; 3] = [Self::It, Self::En, Self::De];

    /// The language staff read: their pages are written in Italian and English only.
    #[must_use]
    pub fn of_staff(self) -> Self {
        match self {
            Self::It | Self::De => Self::It,
            Self::En => Self::En,
        }
    }

    /// The ISO 639-1 word, lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::It => "it",
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// Reads an ISO 639-1 word in lower case; `None` for anything else.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "it" => Some(Self::It),
            "en" => Some(Self::En),
            "de" => Some(Self::De),
            _ => None,
        }
    }
}
