//! `/report-scam`: what to do now, and a form to tell what happened (R13).

use askama::Template;

use super::{Chrome, Errors};

/// The page with case and association chosen.
pub(super) fn href(case: &str, association: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("case", case);
    query.append_pair("association", association);
    format!("/report-scam?{}", query.finish())
}

/// Whom the swindler posed as.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// Name of the association; none: nobody of these, or nobody knows.
    pub association: Option<String>,
    /// Title of the case.
    pub case: String,
}

/// A report as typed.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each field is the word of the form")]
pub struct ScamReportForm {
    pub idempotency_key: String,
    pub case: String,
    pub what_happened: String,
    pub asked_for: String,
    pub came_from: String,
    pub contact: String,
}

/// The page. It asks for nothing a swindler would: no password, no code, no account.
#[derive(Debug, Clone, Template)]
#[template(path = "page/scam_report.html")]
pub struct ReportScamPage {
    /// Around the content.
    pub chrome: Chrome,
    /// True once a report was taken.
    pub sent: bool,
    /// Associations of the public cases, case by case; last of each case "nobody of these".
    pub choices: Vec<Choice>,
    /// Words of what was asked for.
    pub words: Vec<&'static str>,
    /// Longest story, in characters.
    pub longest: usize,
    /// What was typed.
    pub form: ScamReportForm,
    /// What was refused.
    pub errors: Errors,
}

impl ReportScamPage {
    /// The cases, each with its choices.
    pub fn cases(&self) -> Vec<(&str, Vec<&Choice>)> {
        let mut cases: Vec<(&str, Vec<&Choice>)> = Vec::new();
        for choice in &self.choices {
            match cases.last_mut() {
                Some((case, choices)) if *case == choice.case => choices.push(choice),
                _ => cases.push((&choice.case, vec![choice])),
            }
        }
        cases
    }
}
