//! News as a feed for readers and other sites: JSON Feed 1.1.

use chrono::{DateTime, Utc};
use serde::Serialize;

const VERSION: &str = "https://jsonfeed.org/version/1.1";

/// A feed: newest first.
#[derive(Debug, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of JSON Feed"
)]
pub struct Feed {
    version: &'static str,
    title: String,
    home_page_url: String,
    feed_url: String,
    language: &'static str,
    items: Vec<FeedItem>,
}

/// An item of a feed, in plain text.
#[derive(Clone, Debug, Serialize)]
pub struct FeedItem {
    /// Its name for good.
    pub id: String,
    /// The page that shows it.
    pub url: String,
    /// One line.
    pub title: String,
    /// Plain text; an empty line between paragraphs.
    pub content_text: String,
    /// When it was published, UTC.
    pub date_published: DateTime<Utc>,
    /// Who says it.
    pub authors: Vec<FeedAuthor>,
    /// Word of the language of the words.
    pub language: &'static str,
}

/// Who says something.
#[derive(Clone, Debug, Serialize)]
pub struct FeedAuthor {
    /// The name.
    pub name: String,
}

impl Feed {
    /// A feed of items, newest first; `home` is the page beside it, `own` its own address.
    pub fn new(
        title: String,
        (home, own): (String, String),
        language: &'static str,
        items: Vec<FeedItem>,
    ) -> Self {
        Self {
            version: VERSION,
            title,
            home_page_url: home,
            feed_url: own,
            language,
            items,
        }
    }
}
