//! `/c/{slug}/texts`: the texts people agree to, in full.

use askama::Template;

use super::{CaseHead, Chrome, association::AssociationCard};
use crate::domain::language::Language;

/// A text now in force.
#[derive(Debug, Clone)]
pub struct TextBlock {
    /// `privacy_notice`, `contact` or `newsletter`.
    pub purpose: String,
    /// Its version.
    pub version: String,
    /// Its language; another one than the page's where there is no translation.
    pub language: Language,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// The text, paragraphs parted by an empty line.
    pub words: String,
    /// The Italian text of a translation: that one counts.
    pub original: Option<Box<TextBlock>>,
}

impl TextBlock {
    /// The paragraphs, each as its lines.
    pub fn paragraphs(&self) -> Vec<Vec<&str>> {
        self.words
            .split("\n\n")
            .map(|part| part.trim().lines().collect::<Vec<_>>())
            .filter(|lines| !lines.is_empty())
            .collect()
    }
}

/// `GET /c/{slug}/texts`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/texts.html")]
pub struct TextsPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Who may keep the data.
    pub associations: Vec<AssociationCard>,
    /// The texts, privacy notice first.
    pub texts: Vec<TextBlock>,
}
