//! `/c/{slug}/updates`: news of a case, and how news look wherever they are shown.

use askama::Template;
use chrono::NaiveDate;

use super::{CaseHead, Chrome};
use crate::domain::case_update::UpdateText;

/// News of an association.
#[derive(Debug, Clone, Default)]
pub struct UpdateLine {
    /// Word of the language of the words.
    pub language: &'static str,
    /// One line.
    pub title: String,
    /// The paragraphs, each as its lines.
    pub paragraphs: Vec<Vec<String>>,
    /// Whose words they are.
    pub association: String,
    /// The day they were published (Europe/Rome); none in a preview.
    pub published_on: Option<NaiveDate>,
}

impl UpdateLine {
    /// News in one language, without a day.
    pub fn of(text: &UpdateText, association: &str) -> Self {
        let paragraphs = text.paragraphs().into_iter();
        Self {
            language: text.language.as_str(),
            title: text.title.clone(),
            paragraphs: paragraphs
                .map(|lines| lines.into_iter().map(str::to_owned).collect())
                .collect(),
            association: association.to_owned(),
            published_on: None,
        }
    }
}

/// `GET /c/{slug}/updates?cursor=`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/updates.html")]
pub struct UpdatesPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Newest first.
    pub updates: Vec<UpdateLine>,
    /// Whether the newest are here.
    pub is_first: bool,
    /// Where older ones are.
    pub next_href: Option<String>,
}
