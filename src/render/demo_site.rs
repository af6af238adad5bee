//! The page of the demo's partner site: what it is like to have the form in a page of one's own.

use askama::Template;

/// It is another site's page: nothing of ours is in it but the snippet.
#[derive(Template)]
#[template(path = "demo_site.html")]
struct DemoSitePage {
    snippet: String,
}

/// The page with a snippet, as the console shows it to be copied.
///
/// # Errors
/// If the template fails.
pub fn page(snippet: String) -> Result<String, askama::Error> {
    DemoSitePage { snippet }.render()
}
