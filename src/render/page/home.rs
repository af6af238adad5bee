//! `/`: the cases, and a search by company.

use askama::Template;

use super::Chrome;

/// One case in the list.
#[derive(Debug, Clone, Default)]
pub struct CaseRow {
    /// The slug in `/c/{slug}`.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The company complained about.
    pub respondent: String,
    /// The state's fixed word: `pre_registration`, `open`, ...
    pub state: String,
    /// The names of those who promote it.
    pub associations: Vec<String>,
    /// Confirmed claimants, from the batched count.
    pub confirmed: u64,
}

/// `GET /?q=`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/home.html")]
pub struct HomePage {
    /// Around the content.
    pub chrome: Chrome,
    /// What was searched for; empty without a search.
    pub query: String,
    /// The cases to show.
    pub cases: Vec<CaseRow>,
    /// Path and query of the next page, where there is one.
    pub next_href: Option<String>,
}
