//! The page after a sign-up in a frame: it leads to the mail, and takes nothing itself.

use askama::Template;

use super::{Chrome, association::AssociationCard, joined::Delivery};

/// The answer to `POST /embed/{slug}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/embed_joined.html")]
pub struct EmbedJoinedPage {
    /// Around the content.
    pub chrome: Chrome,
    /// Who keeps the data.
    pub association: AssociationCard,
    /// The record's reference, grouped for reading.
    pub reference: String,
    /// How it goes on.
    pub delivery: Delivery,
    /// True if the contact address lies at a provider of the case (R17's notice).
    pub contact_affected: bool,
    /// The empty form, in the frame.
    pub again_href: String,
    /// Where another mail is asked for.
    pub enter_href: String,
}
