//! Partner sites: the list, one of them with its keys, links and figures, a new key, and the key shown once.

use std::fmt;

use askama::Template;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{CaseChoice, Console};
use crate::domain::language::Language;
use crate::domain::outage::day_in_rome;
use crate::render::page::Errors;
use crate::render::text::Text;

/// A partner in the list.
#[derive(Debug, Clone)]
pub struct PartnerLine {
    /// The partner.
    pub id: String,
    /// Its name in links.
    pub slug: String,
    /// What the site is called.
    pub name: String,
    /// `active` or `suspended`.
    pub standing: &'static str,
    /// When it was made known, UTC.
    pub created_at: DateTime<Utc>,
}

/// What is typed about a partner.
#[derive(Debug, Clone, Default)]
pub struct PartnerFields {
    /// Its name in links.
    pub slug: String,
    /// What the site is called.
    pub name: String,
    /// Where it is written to.
    pub email: String,
    /// Language of mails to it.
    pub language: String,
    /// Where the form may be framed, one a line.
    pub origins: String,
}

/// `GET /console/partners`; POST of a new one to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/partners.html")]
pub struct PartnersPage {
    /// Around the content.
    pub console: Console,
    /// By slug.
    pub partners: Vec<PartnerLine>,
    /// Whether who looks may make one known.
    pub may_change: bool,
    /// As typed.
    pub form: PartnerFields,
    /// What was refused.
    pub errors: Errors,
}

/// A key of a partner.
#[derive(Debug, Clone)]
pub struct KeyLine {
    /// The key.
    pub id: String,
    /// Its beginning.
    pub shown: String,
    /// `live` or `test`.
    pub mode: &'static str,
    /// Words of its scopes.
    pub scopes: Vec<&'static str>,
    /// Slugs of its cases; none: all.
    pub cases: Option<Vec<String>>,
    /// Its networks; none: any.
    pub networks: Vec<String>,
    /// `works`, `expired`, `revoked`.
    pub standing: &'static str,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
    /// First instant at which it works no more, UTC.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, UTC.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl KeyLine {
    /// The last day on which it works, in Rome.
    fn last_day(&self) -> Option<NaiveDate> {
        let end = self.expires_at?;
        Some(day_in_rome(end - TimeDelta::seconds(1)))
    }
}

/// Where events are delivered to.
#[derive(Clone)]
pub struct EndpointLine {
    /// The endpoint.
    pub id: String,
    /// Where to.
    pub url: String,
    /// `live` or `test`.
    pub mode: &'static str,
    /// Types of events it is told of.
    pub event_types: Vec<&'static str>,
    /// `enabled` or `disabled`.
    pub delivery: &'static str,
    /// Why nothing is delivered: a word, and since when, UTC.
    pub disabled: Option<(&'static str, DateTime<Utc>)>,
    /// Since when each attempt failed, UTC.
    pub failing_since: Option<DateTime<Utc>>,
    /// When it last took a delivery, UTC.
    pub last_success_at: Option<DateTime<Utc>>,
}

/// How many a partner brought in a case, and the link by which it brings them.
#[derive(Debug, Clone)]
pub struct LinkLine {
    /// Slug of the case.
    pub slug: String,
    /// Title of the case.
    pub title: String,
    /// Whether anybody may sign up now.
    pub is_open: bool,
    /// Address of the form, with `via`.
    pub href: String,
    /// HTML of a button, to be copied.
    pub button: String,
    /// HTML that puts the form into a page, to be copied.
    pub snippet: String,
    /// Word of the way they came; sign-ups, confirmed, signed.
    pub ways: Vec<(&'static str, [i64; 3])>,
}

/// `GET /console/partners/{id}`; POST of changes to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/partner.html")]
pub struct PartnerPage {
    /// Around the content.
    pub console: Console,
    /// The partner.
    pub partner: PartnerLine,
    /// Where it is written to.
    pub email: Option<String>,
    /// Language of mails to it.
    pub language: &'static str,
    /// One for each case of the association.
    pub links: Vec<LinkLine>,
    /// When the figures were counted, UTC.
    pub counted_at: DateTime<Utc>,
    /// Newest first.
    pub keys: Vec<KeyLine>,
    /// Oldest first.
    pub endpoints: Vec<EndpointLine>,
    /// Whether who looks may change anything.
    pub may_change: bool,
    /// As typed.
    pub form: PartnerFields,
    /// What was refused.
    pub errors: Errors,
}

/// `GET /console/partners/{id}/keys`; POST to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/partner_key.html")]
pub struct PartnerKeyPage {
    /// Around the content.
    pub console: Console,
    /// The partner.
    pub partner: PartnerLine,
    /// As chosen.
    pub mode: String,
    /// Words of modes.
    pub modes: Vec<&'static str>,
    /// Words of scopes, and whether each was chosen.
    pub scopes: Vec<(&'static str, bool)>,
    /// `all`, `these`, or neither, as chosen.
    pub reach: String,
    /// Cases of the association.
    pub cases: Vec<CaseChoice>,
    /// As typed, one a line.
    pub networks: String,
    /// As typed.
    pub expires_on: String,
    /// What was refused.
    pub errors: Errors,
    /// Why no key was made: a word.
    pub refused: Option<&'static str>,
}

/// A new key, shown once.
#[derive(Clone, Template)]
#[template(path = "page/console/partner_key_made.html")]
pub struct PartnerKeyMadePage {
    /// Around the content.
    pub console: Console,
    /// The partner.
    pub partner: PartnerLine,
    /// The whole key.
    pub secret: String,
}

impl fmt::Debug for EndpointLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointLine({})", self.id)
    }
}

impl fmt::Debug for PartnerKeyMadePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartnerKeyMadePage({})", self.partner.slug)
    }
}

/// HTML of a button that leads to a form, for the site of a partner: nothing in it is loaded from anywhere.
pub fn button(language: Language, href: &str, association: &str) -> String {
    const STYLE: &str = "display:inline-block;padding:.75em 1.25em;border-radius:4px;background:#0059b3;\
        color:#fff;font:bold 1em sans-serif;text-decoration:none";
    let label = Text::new(language).with("partner-button", &[("association", association.into())]);
    let (href, label) = (escaped(href), escaped(&label));
    format!("<a href=\"{href}\" style=\"{STYLE}\">{label}</a>")
}

/// What a snippet names.
pub struct Embedded<'a> {
    /// The address of the script.
    pub script: &'a str,
    /// Slug of the case.
    pub case: &'a str,
    /// Slug and name of the association.
    pub association: (&'a str, &'a str),
    /// Name of the partner in links.
    pub partner: &'a str,
}

/// HTML that puts the form into a page of a partner: where it cannot, the link is left.
pub fn snippet(language: Language, href: &str, embedded: &Embedded<'_>) -> String {
    let (association, name) = embedded.association;
    let label = Text::new(language).with("partner-button", &[("association", name.into())]);
    format!(
        "<a href=\"{}\">{}</a>\n<script src=\"{}\" data-case=\"{}\" data-association=\"{}\" data-partner=\"{}\" \
         data-lang=\"{}\"></script>",
        escaped(href),
        escaped(&label),
        escaped(embedded.script),
        escaped(embedded.case),
        escaped(association),
        escaped(embedded.partner),
        language.as_str()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_is_html_whatever_the_name_is() {
        let href = "https://j.example/c/a/join?association=b&via=c";
        let html = button(Language::It, href, "R&D <\"Onlus\">");
        assert!(html.starts_with("<a href=\"https://j.example/c/a/join?association=b&amp;via=c\""));
        assert!(html.contains("R&amp;D &lt;&quot;Onlus&quot;&gt;"), "{html}");
        assert!(!html.contains("script") && html.ends_with("</a>"));
    }

    #[test]
    fn a_snippet_is_a_link_and_one_script_whatever_the_name_is() {
        let embedded = Embedded {
            script: "https://j.example/embed/v1.js",
            case: "a",
            association: ("b", "R&D </a><script>"),
            partner: "c",
        };
        let href = "https://j.example/c/a/join?association=b&via=c";
        let html = snippet(Language::De, href, &embedded);
        assert!(
            html.starts_with("<a href=\"https://j.example/c/a/join?association=b&amp;via=c\">")
        );
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        let script = "<script src=\"https://j.example/embed/v1.js\" data-case=\"a\" data-association=\"b\" data-partner=\"c\" data-lang=\"de\"></script>";
        assert!(html.ends_with(script), "{html}");
    }
}
