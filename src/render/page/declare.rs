//! `/me/declare?step=`: the declaration step by step. A step's form is what was typed, as text.

use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::join::ConsentField;
use super::{CaseHead, Chrome, DeskHead, Errors};
use crate::domain::declaration::Compensation;

mod summary;

pub use summary::{
    ChangeLine, EstimateBox, EstimateLine, SummaryPart, changes, estimate, incident_names, summary,
};

/// Where a step stands among the others.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// From 1.
    pub number: usize,
    /// How many there are.
    pub total: usize,
    /// For whom staff type; none: the claimant declares.
    pub desk: Option<DeskHead>,
}

impl Progress {
    /// Where the steps are.
    pub fn place(&self) -> String {
        match &self.desk {
            Some(desk) => format!("{}/declare", desk.home()),
            None => "/me/declare".to_owned(),
        }
    }

    /// Where identity is given.
    pub fn identity(&self) -> String {
        match &self.desk {
            Some(desk) => format!("{}/identity", desk.home()),
            None => "/me/identity".to_owned(),
        }
    }
}

/// A plan to choose.
#[derive(Debug, Clone, Default)]
pub struct PlanChoice {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it costs a fee.
    pub paid: bool,
}

/// An outage that is asked about.
#[derive(Clone, Default)]
pub struct IncidentQuestion {
    /// Its name.
    pub name: String,
    /// First day of the outage.
    pub first_day: NaiveDate,
    /// Last day; none while it runs.
    pub last_day: Option<NaiveDate>,
    /// What was typed about it.
    pub form: IncidentForm,
}

/// One mailbox in one incident as typed: `incidents[k][...]`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IncidentForm {
    /// Slug of the incident.
    pub slug: String,
    /// Whether and when the outage hit the mailbox: `whole`, `days`, `no`, or not answered.
    pub hit: String,
    /// Code of the plan.
    pub plan: String,
    /// Fee paid, euro.
    pub fee: String,
    /// Whether it was somebody else's.
    pub other_holder: bool,
    /// Who held it.
    pub holder_note: String,
    /// Never used for private mail.
    pub not_private: bool,
    /// Used for work.
    pub work: bool,
    /// Used with public bodies.
    pub public_bodies: bool,
    /// `gg/mm/aaaa` or `YYYY-MM-DD`, as typed.
    pub unavailable_from: String,
    /// As typed.
    pub unavailable_until: String,
    /// As typed.
    pub last_use: String,
    /// Of an outage that ended: whether it does not work to this day.
    pub not_restored: bool,
    /// Of an outage that goes on: whether it works again.
    pub restored: bool,
    /// Whether the outage goes on; known from the case, never sent.
    #[serde(skip)]
    pub goes_on: bool,
    /// Whether mail came late.
    pub late_mail: bool,
    /// Whether the company gave something.
    pub compensated: bool,
    /// `extra_space`, `free_months`, `other` or not answered.
    pub compensation_received: String,
    /// What was received.
    pub compensation_note: String,
    /// Whether no flat rate is asked for.
    pub no_flat_rate: bool,
    /// The heads of damage, the flat rate first.
    pub items: Vec<ItemForm>,
}

impl IncidentForm {
    /// Whether the outage hit the mailbox; none while it is not answered.
    pub fn was_hit(&self) -> Option<bool> {
        match self.hit.as_str() {
            "whole" | "days" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }

    /// Whether the folded part about further damage has to be open.
    pub fn has_more_items(&self) -> bool {
        let is_typed = |item: &ItemForm| {
            !item.amount.is_empty() || !item.description.is_empty() || !item.documents.is_empty()
        };
        self.no_flat_rate || self.items.iter().any(is_typed)
    }

    /// The rows with their number, flat rate first.
    pub fn rows(&self) -> Vec<(usize, &ItemForm)> {
        self.items.iter().enumerate().collect()
    }
}

/// A head of damage as typed: `incidents[k][items][n][...]`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ItemForm {
    /// Its word.
    pub head: String,
    /// Euro.
    pub amount: String,
    /// What it was.
    pub description: String,
    /// Ids of the documents that prove it.
    pub documents: Vec<String>,
}

impl ItemForm {
    /// Whether a document is named.
    pub fn names(&self, document: &DocumentChoice) -> bool {
        self.documents.contains(&document.id)
    }
}

/// A document that may be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentChoice {
    /// Its id.
    pub id: String,
    /// Its number in the index.
    pub number: i32,
    /// Word of its kind.
    pub kind: &'static str,
}

/// What was tried elsewhere as typed: `elsewhere[...]`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ElsewhereForm {
    /// `yes` if no complaint, no claim and no compensation: one tick in place of three answers.
    pub nothing: String,
    /// `yes` or `no`.
    pub complained: String,
    /// The complaint.
    pub complaint: ComplaintForm,
    /// `yes`, `no` or not answered.
    pub other_claims: String,
    /// Which ones.
    pub other_claims_list: Vec<ClaimForm>,
    /// `yes`, `no` or not answered.
    pub already_compensated: String,
    /// Which ones.
    pub already_compensated_list: Vec<ClaimForm>,
    /// Version or date of the contract.
    pub contract_version: String,
    /// The clause that matters.
    pub contract_clause: String,
    /// Member number at the association.
    pub member_number: String,
}

impl ElsewhereForm {
    /// True if one of the three questions is answered with a yes.
    pub fn has_yes(&self) -> bool {
        let answers = [
            &self.complained,
            &self.other_claims,
            &self.already_compensated,
        ];
        answers.into_iter().any(|answer| answer == "yes")
    }

    /// The form with the three answers that the one tick stands for; a contradiction stays as it is.
    pub fn answered(mut self) -> Self {
        if self.nothing == "yes" && !self.has_yes() {
            for answer in [
                &mut self.complained,
                &mut self.other_claims,
                &mut self.already_compensated,
            ] {
                "no".clone_into(answer);
            }
        }
        self
    }
}

/// A complaint as typed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ComplaintForm {
    /// Where: a word.
    pub place: String,
    /// Its number.
    pub reference: String,
    /// As typed.
    pub date: String,
    /// How it was answered: a word.
    pub answer: String,
    /// What was asked or answered.
    pub text: String,
}

/// A claim elsewhere as typed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ClaimForm {
    /// Where: a word.
    pub place: String,
    /// Its number.
    pub reference: String,
    /// Euro.
    pub amount: String,
}

/// One mailbox: what each outage did to it. POST `/me/declare` with `step` and `incidents`.
#[derive(Clone, Template)]
#[template(path = "page/declare_mailbox.html")]
pub struct MailboxPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Which step.
    pub progress: Progress,
    /// The mailbox, in clear: its owner declares it.
    pub address: String,
    /// The plans of the case.
    pub plans: Vec<PlanChoice>,
    /// The outages of the case.
    pub incidents: Vec<IncidentQuestion>,
    /// The documents that items may name.
    pub documents: Vec<DocumentChoice>,
    /// What was refused: `/incidents/0/plan`, ...
    pub errors: Errors,
}

#[expect(clippy::unused_self, reason = "the template asks the page")]
impl MailboxPage {
    /// Words for what the company may have given.
    fn gifts(&self) -> [&'static str; 3] {
        [
            Compensation::ExtraSpace,
            Compensation::FreeMonths,
            Compensation::Other,
        ]
        .map(Compensation::as_str)
    }
}

/// What was tried elsewhere, contract and member number. POST with `step` and `elsewhere`.
#[derive(Clone, Template)]
#[template(path = "page/declare_elsewhere.html")]
pub struct ElsewherePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Which step.
    pub progress: Progress,
    /// What was typed.
    pub form: ElsewhereForm,
    /// What was refused: `/complaint/where`, `/other_claims`, ...
    pub errors: Errors,
}

impl ElsewherePage {
    /// Words for a place, in the order of the form.
    pub fn places(&self) -> [&'static str; 6] {
        crate::domain::declaration::Place::ALL.map(crate::domain::declaration::Place::as_str)
    }

    /// Words for an answer, in the order of the form.
    pub fn answers(&self) -> [&'static str; 4] {
        crate::domain::declaration::Answer::ALL.map(crate::domain::declaration::Answer::as_str)
    }
}

/// What happened, in the claimant's words. POST with `step` and `narrative`.
#[derive(Clone, Template)]
#[template(path = "page/declare_story.html")]
pub struct StoryPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Which step.
    pub progress: Progress,
    /// What was typed.
    pub narrative: String,
    /// What was refused.
    pub errors: Errors,
}

/// Everything once more before the document is made. POST with `step` declares.
#[derive(Clone, Template)]
#[template(path = "page/declare_review.html")]
pub struct ReviewPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Which step.
    pub progress: Progress,
    /// Steps in which something is missing or wrong: number and name.
    pub open_steps: Vec<(usize, String)>,
    /// Whether identity is still missing.
    pub needs_identity: bool,
    /// What would be declared, part by part.
    pub parts: Vec<SummaryPart>,
    /// Sum of the amounts, euro cents.
    pub total_cents: i64,
    /// What it might be worth.
    pub estimate: Option<EstimateBox>,
    /// How it was told and the consents, where staff type.
    pub dictation: Option<DictationFields>,
    /// What was refused.
    pub errors: Errors,
}

#[expect(clippy::unused_self, reason = "the template asks the page")]
impl ReviewPage {
    /// Words for how it was told.
    fn ways(&self) -> [&'static str; 3] {
        ["phone", "desk", "post"]
    }
}

/// How a declaration was told to staff, as chosen.
#[derive(Debug, Clone, Default)]
pub struct DictationFields {
    /// `phone`, `desk`, `post` or not chosen.
    pub how: String,
    /// The required consents.
    pub consents: Vec<ConsentField>,
}
