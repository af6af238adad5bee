//! `/problems`, `/problems/{name}`: what the `type` of a problem means, and what to do.

use askama::Template;

use super::Chrome;

/// A kind of problem.
#[derive(Debug, Clone)]
pub struct ProblemBlock {
    /// Last part of `type`.
    pub name: &'static str,
    /// English, as in the answer.
    pub title: &'static str,
    /// Status of the answer.
    pub status: u16,
    /// The answer, in JSON; on the page of one alone.
    pub example: Option<String>,
}

/// `GET /problems`, `GET /problems/{name}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/problems.html")]
pub struct ProblemsPage {
    /// Around the content.
    pub chrome: Chrome,
    /// One, or all by status.
    pub problems: Vec<ProblemBlock>,
}

impl ProblemsPage {
    /// Its title: the name of the only one, or that of the list.
    pub fn title(&self) -> String {
        match self.problems.as_slice() {
            [only] => only.name.to_owned(),
            _ => self.chrome.t("problems-title"),
        }
    }
}
