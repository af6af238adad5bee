//! A letter that an association writes to the respondent in its own name (diffida): to whom, what it demands
//! one by one, and what was answered. It does not interrupt the prescription of any claimant (R65).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::field::{FieldCode, FieldErrors};
use super::one_line::one_line;
use super::paragraphs::paragraphs;

/// Longest line and longest passage, in characters.
const LINE: usize = 300;
const PASSAGE: usize = 4_000;
/// Most demands of a letter; most recipients, and as many copies.
const MOST: usize = 30;

/// What a letter can demand.
pub const KINDS: [&str; 5] = [
    "reactivation",
    "data_protection",
    "ristoro",
    "indennizzo",
    "other",
];

/// A letter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LetterContent {
    /// Day on which it was sent.
    #[schema(example = "2023-01-24")]
    pub sent_on: String,
    /// What it is about, in a line.
    pub subject: String,
    /// To whom: companies, one a line.
    pub recipients: Vec<String>,
    /// Who got a copy, such as AGCOM.
    pub copies: Vec<String>,
    /// What it demands, one by one.
    pub demands: Vec<DemandContent>,
    /// Day of the receipt of delivery; empty: not delivered yet.
    pub delivered_on: String,
    /// Identifier of the PEC receipts, or of the registered letter.
    pub receipt: String,
    /// Whether the case page tells of it.
    pub public: bool,
}

/// A demand and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DemandContent {
    /// `reactivation|data_protection|ristoro|indennizzo|other`
    pub kind: String,
    /// What is demanded.
    pub text: String,
    /// Day of the answer; empty: none yet.
    pub answered_on: String,
    /// What was answered.
    pub answer: String,
}

impl LetterContent {
    /// Reads what was typed; the fields come back trimmed. A demand of which nothing was typed is left out.
    ///
    /// # Errors
    /// `/sent_on`, `/subject`, `/recipients`, `/demands` `required`; days `format`, and `out_of_range` in the
    /// future or before the letter; an answer without its day and the other way round `required`; a delivery
    /// without its receipt `required`.
    pub fn parse(&self, today: NaiveDate) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let sent = day(&mut errors, "/sent_on", &self.sent_on, None, today);
        if self.sent_on.trim().is_empty() {
            errors.push("/sent_on", FieldCode::Required, "error-required");
        }
        let read = Self {
            sent_on: written(sent),
            subject: text(&mut errors, "/subject", &self.subject, LINE),
            recipients: names(&mut errors, "/recipients", &self.recipients),
            copies: names(&mut errors, "/copies", &self.copies),
            demands: self.demands(&mut errors, sent, today),
            delivered_on: written(day(
                &mut errors,
                "/delivered_on",
                &self.delivered_on,
                sent,
                today,
            )),
            receipt: maybe(&mut errors, "/receipt", &self.receipt, LINE),
            public: self.public,
        };
        if read.recipients.is_empty() && !errors.concerns("/recipients") {
            errors.push("/recipients", FieldCode::Required, "error-required");
        }
        if read.demands.is_empty() && !errors.concerns("/demands") {
            errors.push("/demands/0/text", FieldCode::Required, "error-required");
        }
        if !read.delivered_on.is_empty() && read.receipt.is_empty() {
            errors.push("/receipt", FieldCode::Required, "error-required");
        }
        errors.into_result(read)
    }

    fn demands(
        &self,
        errors: &mut FieldErrors,
        sent: Option<NaiveDate>,
        today: NaiveDate,
    ) -> Vec<DemandContent> {
        if self.demands.len() > MOST {
            errors.push("/demands", FieldCode::TooLong, "error-desk-long");
            return Vec::new();
        }
        let mut read = Vec::new();
        for (place, demand) in self.demands.iter().enumerate() {
            let blank = |text: &str| text.trim().is_empty();
            if blank(&demand.text) && blank(&demand.answer) && blank(&demand.answered_on) {
                continue;
            }
            let at = |field: &str| format!("/demands/{place}/{field}");
            if !KINDS.contains(&demand.kind.as_str()) {
                errors.push(at("kind"), FieldCode::UnknownValue, "error-unknown-value");
            }
            let answered = day(errors, &at("answered_on"), &demand.answered_on, sent, today);
            let answer = maybe(errors, &at("answer"), &demand.answer, PASSAGE);
            if blank(&demand.answered_on) != blank(&demand.answer) {
                let missing = if blank(&demand.answer) {
                    "answer"
                } else {
                    "answered_on"
                };
                errors.push(at(missing), FieldCode::Required, "error-required");
            }
            read.push(DemandContent {
                kind: demand.kind.clone(),
                text: text(errors, &at("text"), &demand.text, PASSAGE),
                answered_on: written(answered),
                answer,
            });
        }
        read
    }
}

fn day(
    errors: &mut FieldErrors,
    pointer: &str,
    typed: &str,
    from: Option<NaiveDate>,
    today: NaiveDate,
) -> Option<NaiveDate> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let read = typed.parse().ok();
    let read = read.or_else(|| NaiveDate::parse_from_str(typed, "%d/%m/%Y").ok());
    match read {
        None => errors.push(pointer, FieldCode::Format, "error-day-format"),
        Some(day) if day > today => {
            errors.push(pointer, FieldCode::OutOfRange, "error-day-future");
        }
        Some(day) if from.is_some_and(|from| day < from) => {
            errors.push(pointer, FieldCode::OutOfRange, "error-desk-order");
        }
        Some(_) => {}
    }
    read
}

fn written(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn text(errors: &mut FieldErrors, pointer: &str, typed: &str, longest: usize) -> String {
    if typed.trim().is_empty() {
        errors.push(pointer, FieldCode::Required, "error-required");
    }
    maybe(errors, pointer, typed, longest)
}

fn maybe(errors: &mut FieldErrors, pointer: &str, typed: &str, longest: usize) -> String {
    if typed.trim().is_empty() {
        return String::new();
    }
    let read = match longest {
        LINE => one_line(typed, longest, "error-format", "error-desk-long"),
        _ => paragraphs(typed, longest, "error-format", "error-desk-long"),
    };
    errors.take(pointer, read).unwrap_or_default()
}

fn names(errors: &mut FieldErrors, pointer: &str, typed: &[String]) -> Vec<String> {
    if typed.len() > MOST {
        errors.push(pointer, FieldCode::TooLong, "error-desk-long");
        return Vec::new();
    }
    let read = typed.iter().map(|name| maybe(errors, pointer, name, LINE));
    read.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> LetterContent {
        LetterContent {
            sent_on: "24/01/2023".to_owned(),
            subject: "Diffida".to_owned(),
            recipients: vec!["Italiaonline S.p.A.".to_owned(), " ".to_owned()],
            demands: vec![
                DemandContent {
                    kind: "reactivation".to_owned(),
                    text: "Riattivare subito".to_owned(),
                    ..DemandContent::default()
                },
                DemandContent::default(),
            ],
            ..LetterContent::default()
        }
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
    }

    #[test]
    fn a_letter_is_read_and_blank_rows_left_out() {
        let read = letter().parse(today()).unwrap();
        assert_eq!(read.sent_on, "2023-01-24");
        assert_eq!((read.recipients.len(), read.demands.len()), (1, 1));
        assert_eq!(read.parse(today()).unwrap(), read, "read again the same");
    }

    #[test]
    fn every_fault_is_told_at_its_field() {
        let wrong = |letter: &LetterContent| {
            let errors = letter.parse(today()).unwrap_err();
            let pointers = errors.iter().map(|error| error.pointer.clone());
            pointers.collect::<Vec<_>>()
        };
        assert_eq!(
            wrong(&LetterContent::default()),
            ["/sent_on", "/subject", "/recipients", "/demands/0/text"]
        );
        let mut letter = letter();
        letter.delivered_on = "2023-01-23".to_owned();
        letter.demands[0].answer = "No".to_owned();
        letter.demands[0].kind = "apology".to_owned();
        assert_eq!(
            wrong(&letter),
            [
                "/demands/0/kind",
                "/demands/0/answered_on",
                "/delivered_on",
                "/receipt"
            ]
        );
        letter.sent_on = "2027-01-01".to_owned();
        assert!(wrong(&letter).contains(&"/sent_on".to_owned()));
    }
}
