//! `/c/{slug}`: one case.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::{
    CaseHead, Chrome, Errors,
    association::{AssociationCard, Offer},
    follow::FollowForm,
    updates::UpdateLine,
};

/// Where a figure or a sentence comes from (R70).
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Name of the paper, page or act.
    pub title: String,
    /// Its address, if it is an `https` one.
    pub href: Option<String>,
    /// The day of the source, if known.
    pub on: Option<NaiveDate>,
}

/// One value of a fact, never without its source.
#[derive(Debug, Clone, Default)]
pub struct FactValue {
    /// The value in words, in the page's language.
    pub value: String,
    /// Who says so.
    pub source: Source,
}

/// A recorded instant, never without its source.
#[derive(Debug, Clone)]
pub struct SourcedInstant {
    /// When, in UTC; shown in the time of Rome.
    pub at: DateTime<Utc>,
    /// Who says so.
    pub source: Source,
}

/// A fact with everything the sources say about it: more than one value = they disagree.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    /// What the fact is about, in words.
    pub label: String,
    /// True where several values exclude each other: not for lists of events.
    pub disagree: bool,
    /// What the sources say.
    pub values: Vec<FactValue>,
}

/// How a mail domain is treated at sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Treatment {
    /// Counts.
    #[default]
    InScope,
    /// Taken, and looked at by a person.
    Review,
    /// Not part of this incident.
    Refused,
}

impl Treatment {
    /// The word its text ends with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InScope => "in-scope",
            Self::Review => "review",
            Self::Refused => "refused",
        }
    }
}

/// A mail domain of an incident.
#[derive(Debug, Clone, Default)]
pub struct Domain {
    /// As `libero.it`.
    pub name: String,
    /// How it is treated.
    pub treatment: Treatment,
    /// Who says that it was hit.
    pub source: Source,
}

/// What a case says of itself, in the language it is said in.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The words.
    pub words: String,
    /// `it`, `en` or `de`.
    pub lang: &'static str,
}

/// One outage of the case.
#[derive(Debug, Clone, Default)]
pub struct Incident {
    /// Its name.
    pub name: Said,
    /// The recorded start.
    pub starts_at: Option<SourcedInstant>,
    /// The recorded end.
    pub ends_at: Option<SourcedInstant>,
    /// First and last day that can be declared (Europe/Rome, inclusive).
    pub accepted: Option<(NaiveDate, NaiveDate)>,
    /// The domains.
    pub domains: Vec<Domain>,
    /// What the sources say: size, start, end.
    pub facts: Vec<Fact>,
}

/// What became of a promised date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Kept.
    Kept(NaiveDate),
    /// Not kept.
    Broken(NaiveDate),
    /// Not known, or not due yet.
    Pending(NaiveDate),
}

/// A statement in the timeline.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// Who spoke.
    pub speaker: String,
    /// When.
    pub on: Option<NaiveDate>,
    /// What was said, in the page's language or as a quotation.
    pub words: String,
    /// Where it is reported.
    pub source: Source,
    /// The promise in it.
    pub promise: Option<Promise>,
    /// An association's letter, whose subject the words are.
    pub letter: Option<LetterShown>,
}

/// A letter of an association to the respondent.
#[derive(Debug, Clone, Default)]
pub struct LetterShown {
    /// To whom.
    pub recipients: String,
    /// Who got a copy; may be empty.
    pub copies: String,
    /// When it was delivered.
    pub delivered_on: Option<NaiveDate>,
    /// What it demands, one by one.
    pub demands: Vec<Demand>,
}

/// A demand of a letter.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    /// Word of its kind.
    pub kind: String,
    /// What is demanded.
    pub text: String,
    /// When it was answered, and what.
    pub answer: Option<(NaiveDate, String)>,
}

/// `GET /c/{slug}?via=&share=`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/case.html")]
pub struct CasePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Its title.
    pub title: Said,
    /// What it is about, in a few sentences.
    pub summary: Said,
    /// The state's fixed word: `pre_registration`, `open`, ...
    pub state: String,
    /// Who runs it, in the order to show.
    pub associations: Vec<AssociationCard>,
    /// What the sources say about the case as a whole.
    pub facts: Vec<Fact>,
    /// The outages.
    pub incidents: Vec<Incident>,
    /// The timeline, oldest first.
    pub statements: Vec<Statement>,
    /// The newest news, newest first.
    pub updates: Vec<UpdateLine>,
    /// The form to follow the case without claiming.
    pub follow: FollowForm,
    /// Nothing is wrong with it yet.
    pub errors: Errors,
    /// Confirmed claimants, from the batched count.
    pub confirmed: u64,
    /// Where the visitor comes from; carried into the form.
    pub via: Option<String>,
    /// What was typed into the link builder (`share`); empty at first.
    pub share_via: String,
    /// The absolute address of this case, with `?via=` if `share_via` is not empty.
    pub share_url: String,
    /// Where staff who look at a draft go back to.
    pub preview: Option<String>,
}

impl CasePage {
    /// Whether the timeline has a letter of an association.
    pub fn has_letters(&self) -> bool {
        self.statements.iter().any(|it| it.letter.is_some())
    }

    /// The best that any association offers: decides the page's main button.
    pub fn offer(&self) -> Offer {
        let offers = || {
            self.associations
                .iter()
                .map(|association| association.offer)
        };
        [Offer::Join, Offer::Interest]
            .into_iter()
            .find(|best| offers().any(|offer| offer == *best))
            .unwrap_or(Offer::Closed)
    }

    /// The HTML button to copy into another site.
    pub fn share_button(&self) -> String {
        let href = escape(&self.share_url);
        let label = escape(
            &self
                .chrome
                .tv("share-label", &[("title", self.case.title.as_str().into())]),
        );
        format!("<a href=\"{href}\" rel=\"noopener\">{label}</a>")
    }

    /// The address of the sign-up; the choice of the association comes there.
    pub fn join_href(&self) -> String {
        super::join::choose_href(&self.case.slug, self.via.as_deref())
    }

    /// The address of the sign-up with one association.
    pub fn join_with_href(&self, association: &AssociationCard) -> String {
        super::join::href(&self.case.slug, &association.slug, self.via.as_deref())
    }
}

/// Escapes for the copied snippet itself; the page escapes the whole of it once more.
fn escape(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
