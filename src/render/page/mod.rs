//! The pages people see: one struct and one template a page. Values come ready from the handler.
//!
//! Rules of the house: no inline script or style (the policy forbids both; `documents` and pages in a frame alone
//! have a script, and work without), a form field's `name`
//! is the JSON path in `serde_qs` writing (`contact[email]`), its `id` the same path with dashes
//! (`contact-email`), so that one parser and one error list serve pages and API.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    assets, error_text,
    text::{Damages, FluentValue, Text},
};
use crate::domain::{field::FieldErrors, language::Language};

pub mod about;
pub mod association;
pub mod association_change;
pub mod case;
pub mod confirm;
pub mod console;
pub mod contact;
pub mod declare;
pub mod documents;
pub mod embed;
pub mod enter;
pub mod follow;
pub mod home;
pub mod identity;
pub mod join;
pub mod joined;
pub mod mailbox;
pub mod me;
pub mod message;
pub mod not_me;
pub mod outbox;
pub mod own_history;
pub mod paper;
pub mod payout;
pub mod problems;
pub mod representative;
pub mod resume;
pub mod rights;
pub mod scam_report;
pub mod sign;
pub mod stop;
pub mod texts;
pub mod updates;
pub mod verify;

/// What every page carries around its content.
#[derive(Debug, Clone, Default)]
pub struct Chrome {
    /// The language of the page.
    pub language: Language,
    /// True when demonstration data are shown: the banner stands on every page.
    pub demo: bool,
    /// Path and query of this page as a GET, percent-encoded, without `lang`: what the language
    /// switch links to. After a refused POST: the path of the form's page.
    pub path: String,
    /// The token every POST form carries as the field `csrf`, where there is one.
    pub csrf: Option<String>,
    /// True while a claimant's session is open: the header leads to `/me`.
    pub signed_in: bool,
    /// Where the privacy notice is, if it has a page.
    pub privacy_href: Option<String>,
    /// Where mails can be verified (R14), if that page exists.
    pub verify_href: Option<String>,
    /// Set where a form that was kept over a sign-in is shown again: whose record it will be saved to.
    pub whose: Option<Whose>,
    /// Set where staff see a page of claimants, to type what somebody tells them: the console's header.
    pub staff: Option<console::Who>,
    /// Set where the page stands in a frame, in a page of a partner site.
    pub frame: Option<Frame>,
}

/// What stands around a page in a frame: who asks, and nothing that leads about in it.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Slug and name of the association that asks; none where a mistake is told.
    pub association: Option<(String, String)>,
}

/// In the address to which a form is sent by a button of a language.
pub const SWITCH: &str = "switch=1";

/// The record that staff type into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeskHead {
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// Name of person or entity, once given.
    pub name: Option<String>,
}

impl DeskHead {
    /// The name, else the reference.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.reference)
    }

    /// The record in the console.
    pub fn home(&self) -> String {
        format!("/console/claimants/{}", self.id)
    }
}

/// The record a form will be saved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// Its reference, grouped for reading.
    pub reference: String,
    /// The name of its person or entity, once given; else the contact, masked.
    pub name: Option<String>,
}

impl Chrome {
    /// The texts of this page.
    pub fn text(&self) -> Text {
        Text::new(self.language)
    }

    /// The text of a key; short for templates.
    pub fn t(&self, key: &str) -> String {
        self.text().get(key)
    }

    /// The text of a key with values; short for templates.
    pub fn tv(&self, key: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        self.text().with(key, values)
    }

    /// What the house is called where the page stands.
    pub fn site_name(&self) -> String {
        let key = match self.staff {
            Some(_) => "console-name",
            None => "site-name",
        };
        self.t(key)
    }

    /// A date in words; short for templates.
    pub fn date(&self, date: &NaiveDate) -> String {
        self.text().date(*date)
    }

    /// A day in a field, `12/03/1985`, as it is typed in the page's language: `12.03.1985` in German.
    /// What is no whole day stays as it was typed.
    pub fn typed_day(&self, typed: &str) -> String {
        let is_day = typed.len() == 10 && NaiveDate::parse_from_str(typed, "%d/%m/%Y").is_ok();
        match self.language {
            Language::De if is_day => typed.replace('/', "."),
            Language::It | Language::En | Language::De => typed.to_owned(),
        }
    }

    /// An instant in words, in the time of Rome; short for templates.
    pub fn instant(&self, at: &DateTime<Utc>) -> String {
        self.text().instant(*at)
    }

    /// A count with thousands separators; short for templates.
    pub fn count(&self, count: &u64) -> String {
        self.text().count(*count)
    }

    /// A sum from euro cents; short for templates.
    pub fn euro(&self, cents: &i64) -> String {
        self.text().euro(*cents)
    }

    /// What a declaration asks for; short for templates.
    pub fn damages(&self, damages: &Damages) -> String {
        self.text().damages(damages)
    }

    /// The content-hashed address of a static file.
    pub fn asset(&self, path: &str) -> String {
        assets::url(path)
    }

    /// The icon `name` of the vendored sprite, as an address for `<use>`.
    pub fn icon(&self, name: &str) -> String {
        format!(
            "{}#it-{name}",
            assets::url("vendor/bootstrap-italia/svg/sprites.svg")
        )
    }

    /// This page in the language `word` (`it`, `en`, `de`).
    pub fn in_language(&self, word: &str) -> String {
        let joint = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{joint}lang={word}", self.path)
    }

    /// More attributes of a link: out of a frame it opens a page of its own, which no other page can reach.
    pub fn away(&self) -> &'static str {
        match self.frame {
            Some(_) => " target=\"_blank\" rel=\"noopener\"",
            None => "",
        }
    }

    /// True if this page is there in other languages: what tells of a mistake in a frame is not.
    pub fn may_switch(&self) -> bool {
        let frame = self.frame.as_ref();
        frame.is_none_or(|frame| frame.association.is_some())
    }

    /// Where the form of this page is sent to come back in another language as it was typed.
    pub fn switched_to(&self, word: &str) -> String {
        format!("{}&{SWITCH}", self.in_language(word))
    }

    /// True if the page's words are in the language `word`.
    pub fn speaks(&self, word: &str) -> bool {
        self.language.as_str() == word
    }
}

/// One refused field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// RFC 6901 pointer into the request, as `/contact/email`. Empty: the form as a whole.
    pub pointer: String,
    /// Key of the sentence, one of `error.ftl`.
    pub reason: &'static str,
    /// What of the field it is about, where the sentence names it.
    pub about: Option<String>,
}

impl FieldError {
    /// The id of the field in the page: `contact-email`; `form` for the form as a whole.
    pub fn id(&self) -> String {
        if self.pointer.is_empty() {
            return "form".to_owned();
        }
        self.pointer
            .trim_start_matches('/')
            .replace(['/', '_'], "-")
    }

    fn sentence(&self, text: Text) -> String {
        error_text::message_about(text, &self.pointer, self.reason, self.about.as_deref())
    }

    /// The outage of a declaration's step it is about, counted from one.
    fn incident(&self) -> Option<u32> {
        let (row, _) = self.pointer.strip_prefix("/incidents/")?.split_once('/')?;
        row.parse::<u32>().ok()?.checked_add(1)
    }
}

/// The refused fields of a form, in the order of the form; empty on the first visit.
#[derive(Debug, Clone, Default)]
pub struct Errors(pub Vec<FieldError>);

impl From<&FieldErrors> for Errors {
    fn from(errors: &FieldErrors) -> Self {
        let errors = errors.iter().map(|error| FieldError {
            pointer: error.pointer.clone(),
            reason: error.reason,
            about: error.about.clone(),
        });
        Self(errors.collect())
    }
}

impl Errors {
    /// True on the first visit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if something is wrong with the field of this id (`contact-email`).
    pub fn has(&self, id: impl AsRef<str>) -> bool {
        let id = id.as_ref();
        self.0.iter().any(|error| error.id() == id)
    }

    /// True if something is wrong with a field whose id starts so.
    pub fn has_under(&self, prefix: impl AsRef<str>) -> bool {
        let prefix = prefix.as_ref();
        self.0.iter().any(|error| error.id().starts_with(prefix))
    }

    /// The first sentence about the field of this id.
    pub fn of(&self, text: Text, id: impl AsRef<str>) -> Option<String> {
        let id = id.as_ref();
        self.0
            .iter()
            .find(|error| error.id() == id)
            .map(|error| error.sentence(text))
    }

    /// All sentences with the ids they belong to.
    pub fn all(&self, text: Text) -> Vec<(String, String)> {
        let mut outages: Vec<u32> = self.0.iter().filter_map(FieldError::incident).collect();
        outages.dedup();
        let sentence = |error: &FieldError| {
            let sentence = error.sentence(text);
            match error.incident() {
                // the same question of two outages: the list says of which
                Some(row) if outages.len() > 1 => text.with(
                    "error-in-incident",
                    &[("sentence", sentence.into()), ("row", row.into())],
                ),
                _ => sentence,
            }
        };
        let one = |error: &FieldError| (error.id(), sentence(error));
        self.0.iter().map(one).collect()
    }
}

/// The case a page is about.
#[derive(Debug, Clone, Default)]
pub struct CaseHead {
    /// The slug in `/c/{slug}`.
    pub slug: String,
    /// The title people see.
    pub title: String,
    /// The company complained about.
    pub respondent: String,
}

/// A postal address as typed or stored; every part is text (R27).
#[derive(Debug, Clone, Default)]
pub struct AddressForm {
    /// The name on the envelope; only asked where no person is known.
    pub name: String,
    /// Street without number.
    pub street: String,
    /// House number.
    pub number: String,
    /// CAP, or a foreign postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Two letters of the province.
    pub province: String,
    /// ISO 3166 alpha-2, empty counts as `IT`.
    pub country: String,
    /// What was found for the half that was not typed.
    pub found: Option<FoundTown>,
    /// Name of the comune with its first and last CAP, where none was typed and it has several.
    pub caps_of: Option<(String, String, String)>,
    /// True if the province was not typed but proposed.
    pub province_proposed: bool,
    /// What is asked about the CAP.
    pub question: Option<CapQuestion>,
    /// The typed CAP that is asked about now or was before.
    pub asked: Option<String>,
}

/// A town and its CAP: one was typed, the other is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTown {
    /// Name of the comune.
    pub city: String,
    /// Its CAP.
    pub code: String,
    /// Letters of its province.
    pub province: String,
}

/// A CAP that is not one of the comune's; asked about, never changed unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapQuestion {
    /// Name of the comune.
    pub city: String,
    /// As typed.
    pub typed: String,
    /// The comune's, if it has one alone.
    pub meant: Option<String>,
    /// The comune's first and last.
    pub range: (String, String),
}

impl AddressForm {
    /// The hint at the CAP.
    pub fn cap_hint(&self, text: Text) -> String {
        match &self.caps_of {
            None => text.get("cap-hint"),
            Some((city, first, last)) => text.with(
                "cap-several",
                &[
                    ("city", city.as_str().into()),
                    ("first", first.as_str().into()),
                    ("last", last.as_str().into()),
                ],
            ),
        }
    }

    /// The hint at the province.
    pub fn province_hint(&self, text: Text) -> String {
        if self.province_proposed {
            text.get("cap-province-proposed")
        } else {
            text.get("hint-province")
        }
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
