//! Languages spoken with people.

use serde::{Deserialize, Serialize};

/// Language of pages, mails and texts; Italian where nobody chose.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Italian.
    #[default]
    It,
    /// English.
    En,
    /// German.
    De,
}

impl Language {
    /// ISO 639-1 code, as on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::It => "it",
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// Reads the ISO 639-1 code.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "it" => Some(Self::It),
            "en" => Some(Self::En),
            "de" => Some(Self::De),
            _ => None,
        }
    }
}
