//! Cases on the desk: the list, one with its sections and its history, one row of a section as a form; and the
//! register of an association's letters.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Console;
use crate::render::page::Errors;
use crate::render::text::Text;

/// How a field is typed.
#[derive(Debug, Clone)]
pub enum Input {
    /// A line.
    Line,
    /// Several lines.
    Area,
    /// A day.
    Day,
    /// An instant on the clock of Rome.
    Instant,
    /// Yes or no.
    Check,
    /// Euro.
    Amount,
    /// One of these: the word that is sent, the word that is read.
    Choice(Vec<(String, String)>),
}

/// A field of a form.
#[derive(Debug, Clone)]
pub struct DeskField {
    /// Id in the page, as the errors name it.
    pub id: String,
    /// Name in the form.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What to know about it; may be empty.
    pub hint: String,
    /// As it is, or as typed.
    pub value: String,
    /// How it is typed.
    pub input: Input,
    /// Language of what is typed.
    pub lang: &'static str,
}

/// A case in the list.
#[derive(Debug, Clone)]
pub struct DeskLine {
    /// The case.
    pub id: String,
    /// Title in Italian.
    pub title: String,
    /// Name in addresses.
    pub slug: String,
    /// Word of the stage of its newest version.
    pub stage: &'static str,
    /// Whether anybody sees it.
    pub public: bool,
}

impl DeskLine {
    /// Whether it was in force and was taken back.
    fn is_withdrawn(&self) -> bool {
        self.stage == "published" && !self.public
    }
}

/// A row of a section, told apart by its words.
#[derive(Debug, Clone)]
pub struct RowLine {
    /// Its place, from 0.
    pub place: usize,
    /// Its first words.
    pub name: String,
}

/// A section of a case.
#[derive(Debug, Clone)]
pub struct SectionLines {
    /// Word of the section, also in addresses.
    pub word: &'static str,
    /// Its rows.
    pub rows: Vec<RowLine>,
}

/// Words of a line, and whether the other side lacks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffPart {
    /// The words.
    pub words: String,
    /// Whether the other side lacks them.
    pub differs: bool,
}

/// A line of a value, in parts.
pub type DiffLine = Vec<DiffPart>;

/// A value that differs from what is public.
#[derive(Debug, Clone)]
pub struct ChangeLine {
    /// The section and the row, in words.
    pub place: String,
    /// The field, in words.
    pub field: String,
    /// What is there now, line by line.
    pub before: Vec<DiffLine>,
    /// What is to be there.
    pub after: Vec<DiffLine>,
}

/// A version in the history.
#[derive(Debug, Clone)]
pub struct DeskVersion {
    /// From 1.
    pub number: i32,
    /// Word of its stage.
    pub stage: &'static str,
    /// Name of who wrote it.
    pub written_by: String,
    /// Name of who put it in force.
    pub published_by: Option<String>,
    /// When it was written, UTC.
    pub written_at: DateTime<Utc>,
    /// When it was put in force, UTC.
    pub published_at: Option<DateTime<Utc>>,
    /// Why it was sent back.
    pub reason: Option<String>,
}

/// `GET /console/case-desk`; POST of a new case to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/case_desk.html")]
pub struct CaseDeskPage {
    /// Around the content.
    pub console: Console,
    /// Newest first.
    pub cases: Vec<DeskLine>,
    /// The form of a new case; empty for who only looks.
    pub fields: Vec<DeskField>,
    /// What was refused.
    pub errors: Errors,
}

/// `GET /console/case-desk/{id}`; POST of a decision to `/decision`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/case_on_desk.html")]
pub struct CaseOnDeskPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub case: DeskLine,
    /// The newest version.
    pub version: i32,
    /// Its sections.
    pub sections: Vec<SectionLines>,
    /// What differs from what is public.
    pub changes: Vec<ChangeLine>,
    /// The version that is in force, where that is another one.
    pub in_force: Option<i32>,
    /// Whether it was taken back: nobody sees it.
    pub is_withdrawn: bool,
    /// Who took it back, when, UTC, and why.
    pub withdrawal: Option<(String, DateTime<Utc>, String)>,
    /// Place and kind of the texts that change: who publishes has read them.
    pub unread: Vec<(usize, String)>,
    /// What is missing before a second person can be asked.
    pub missing: Vec<String>,
    /// Newest first.
    pub versions: Vec<DeskVersion>,
    /// Whether the actor may write.
    pub writes: bool,
    /// Whether the actor asked for the second person.
    pub is_own_proposal: bool,
    /// As typed: why it is sent back.
    pub reason: String,
    /// What has just happened: `saved`, `proposed`, `published`, `returned`, `withdrawn`, `discarded`.
    pub done: Option<&'static str>,
    /// What was refused.
    pub errors: Errors,
}

/// `GET /console/case-desk/{id}/{section}/{place}`; POST to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/case_section.html")]
pub struct CaseSectionPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub case: DeskLine,
    /// The version the form was made from.
    pub version: i32,
    /// Word of the section.
    pub section: &'static str,
    /// Place of the row; `new`.
    pub place: String,
    /// The fields.
    pub fields: Vec<DeskField>,
    /// A text as people read it, by language.
    pub read: Vec<(&'static str, String)>,
    /// The placeholders a text may have; empty elsewhere.
    pub placeholders: String,
    /// What was refused.
    pub errors: Errors,
}

/// A letter in the register.
#[derive(Debug, Clone)]
pub struct LetterLine {
    /// The letter.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Day on which it was sent, in words.
    pub sent_on: String,
    /// To whom.
    pub recipients: String,
    /// How many demands, and how many of them are answered.
    pub demands: (usize, usize),
    /// Whether the case page tells of it.
    pub public: bool,
}

/// A demand, as typed.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each field is what it is called")]
pub struct DemandFields {
    pub kind: String,
    pub text: String,
    pub answered_on: String,
    pub answer: String,
}

impl DemandFields {
    /// Whether nothing was typed.
    fn is_blank(&self) -> bool {
        self.text.is_empty() && self.answered_on.is_empty() && self.answer.is_empty()
    }
}

/// A letter, as typed.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each field is what it is called")]
pub struct LetterForm {
    pub sent_on: String,
    pub subject: String,
    pub recipients: String,
    pub copies: String,
    pub delivered_on: String,
    pub receipt: String,
    pub public: bool,
    pub demands: Vec<DemandFields>,
}

/// `GET /console/cases/{slug}/demand-letters` and `GET /console/demand-letters/{id}`; POST of a letter to the
/// same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/demand_letters.html")]
pub struct DemandLettersPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Where the form goes.
    pub action: String,
    /// The letters, newest first; nothing where one of them is shown.
    pub letters: Vec<LetterLine>,
    /// Whether the letter was just saved.
    pub is_saved: bool,
    /// The letter that is shown, with the version the form was made from.
    pub letter: Option<(String, i32)>,
    /// What it is about.
    pub subject: Option<String>,
    /// Its versions, newest first: number and instant, UTC.
    pub versions: Vec<(i32, DateTime<Utc>)>,
    /// Whether the actor may write.
    pub writes: bool,
    /// Words of what a letter can demand.
    pub kinds: Vec<&'static str>,
    /// As it is, or as typed.
    pub form: LetterForm,
    /// What was refused.
    pub errors: Errors,
}

impl CaseOnDeskPage {
    /// A field's name with the section it is in.
    fn called(text: Text, pointer: &str) -> String {
        crate::render::error_text::label(text, pointer)
    }
}
