//! The session ended while a form was open: what was typed goes along, unseen, until it is saved.

use askama::Template;

use super::{Chrome, Errors};

/// How to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionOver {
    /// A code was mailed: typed into this page, it goes on.
    CodeMailed,
    /// Enter again in another window, then send once more.
    Enter,
}

/// Shown instead of the form; POST to the form's path with all that was sent, and `code`.
#[derive(Clone, Template)]
#[template(path = "page/resume.html")]
pub struct ResumePage {
    /// Around the content.
    pub chrome: Chrome,
    /// Where the form goes.
    pub action: String,
    /// What was sent: names and values.
    pub kept: Vec<(String, String)>,
    /// How to go on.
    pub over: SessionOver,
    /// The typed code.
    pub code: String,
    /// What was refused: `/code`.
    pub errors: Errors,
}
