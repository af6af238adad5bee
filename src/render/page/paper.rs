//! `/me/paper`: how to sign by hand, and where to hand it in (R44).

use askama::Template;
use chrono::{DateTime, Utc};

use super::{CaseHead, Chrome, Errors, association::AssociationCard};

/// The newest hand-in.
#[derive(Debug, Clone, Default)]
pub struct HandedInLine {
    /// `to_verify`, `approved`, `rejected`, `replaced`.
    pub state: String,
    /// Version of the declaration.
    pub version: i32,
    /// When it was handed in.
    pub at: DateTime<Utc>,
    /// Code of why it was not taken.
    pub reason: Option<String>,
    /// What staff wrote besides.
    pub note: Option<String>,
}

/// The page; POST to it `id_expires_on`, `signed_on` and the files `file`, `id_front`, `id_back`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/paper.html")]
pub struct PaperPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// The association: it takes sheets by post.
    pub association: AssociationCard,
    /// Why nothing can be signed now, in words.
    pub hindrance: Option<String>,
    /// What was handed in last.
    pub handed_in: Option<HandedInLine>,
    /// First characters of the document's hash, as the form shows them.
    pub short_sha256: String,
    /// As typed.
    pub id_expires_on: String,
    /// As typed.
    pub signed_on: String,
    /// What was refused: `/file`, `/id_front`, ...
    pub errors: Errors,
}
