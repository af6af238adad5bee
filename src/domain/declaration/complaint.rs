//! What was tried or paid elsewhere: a complaint, other claims, compensation (R66).

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        field::{FieldCode, FieldErrors, ValueError, filled},
        paragraphs::paragraphs,
    },
    ComplaintInput, DeclarationInput, ElsewhereInput, MOST, OtherClaimInput, day, detail,
    item::cents,
};

/// Where a complaint was made or a claim is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// With the company complained about.
    Respondent,
    /// On the complaint portal of an association.
    AssociationPortal,
    /// With AGCOM or Corecom (ConciliaWeb).
    Agcom,
    /// In another conciliation.
    Conciliation,
    /// In court.
    Court,
    /// Elsewhere.
    Other,
}

impl Place {
    /// All places, in the order of the form.
    pub const ALL: [Self; 6] = [
        Self::Respondent,
        Self::AssociationPortal,
        Self::Agcom,
        Self::Conciliation,
        Self::Court,
        Self::Other,
    ];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Respondent => "respondent",
            Self::AssociationPortal => "association_portal",
            Self::Agcom => "agcom",
            Self::Conciliation => "conciliation",
            Self::Court => "court",
            Self::Other => "other",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.as_str() == text)
    }

    /// Whether something may be decided or agreed there that pays the same damage.
    const fn may_pay(self) -> bool {
        matches!(self, Self::Agcom | Self::Conciliation | Self::Court)
    }
}

/// How a complaint was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Not at all.
    None,
    /// Refused.
    Rejected,
    /// Accepted.
    Accepted,
    /// Accepted in part.
    Partial,
}

impl Answer {
    /// All answers, in the order of the form.
    pub const ALL: [Self; 4] = [Self::None, Self::Rejected, Self::Accepted, Self::Partial];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rejected => "rejected",
            Self::Accepted => "accepted",
            Self::Partial => "partial",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.as_str() == text)
    }
}

/// A complaint already made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    #[serde(rename = "where")]
    place: Place,
    reference: Option<String>,
    date: Option<NaiveDate>,
    answer: Answer,
    text: Option<String>,
}

impl Complaint {
    /// Reads a complaint; what is wrong is noted in `errors` under `/complaint` and gives `None`.
    pub(super) fn parse(
        typed: &ComplaintInput,
        today: NaiveDate,
        errors: &mut FieldErrors,
    ) -> Option<Self> {
        let place = errors.take("/complaint/where", place(typed.place.as_deref()));
        let reference = errors.take("/complaint/reference", detail(typed.reference.as_deref()));
        let date = errors.take("/complaint/date", day::past(typed.date.as_deref(), today));
        let answer = match filled(typed.answer.as_deref()) {
            None => Ok(Answer::None),
            Some(word) => Answer::parse(word).ok_or(ValueError::new(
                FieldCode::UnknownValue,
                "error-answer-unknown",
            )),
        };
        let answer = errors.take("/complaint/answer", answer);
        let read = |text| paragraphs(text, 2_000, "error-answer-format", "error-answer-too-long");
        let text = filled(typed.text.as_deref()).map(read).transpose();
        let text = errors.take("/complaint/text", text);
        Some(Self {
            place: place?,
            reference: reference?,
            date: date?,
            answer: answer?,
            text: text?,
        })
    }

    /// Where it was made.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Its number or subject, at most 120 characters.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// When it was made.
    pub fn date(&self) -> Option<NaiveDate> {
        self.date
    }

    /// How it was answered.
    pub fn answer(&self) -> Answer {
        self.answer
    }

    /// What was asked or answered, at most 2,000 characters, lines ended by `\n`.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Whether the same damage may be paid because of it (R66).
    pub fn may_pay_twice(&self) -> bool {
        self.place.may_pay() || matches!(self.answer, Answer::Accepted | Answer::Partial)
    }
}

/// A claim pending, or a compensation received, elsewhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherClaim {
    #[serde(rename = "where")]
    place: Place,
    reference: Option<String>,
    amount_cents: Option<i64>,
}

impl OtherClaim {
    /// Where it is pending or was paid.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Its number or subject, at most 120 characters.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// Sum asked for or received, euro cents.
    pub fn amount_cents(&self) -> Option<i64> {
        self.amount_cents
    }
}

/// Whether there is something elsewhere. In JSON `false`, `true` or a list that is not empty.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub enum Elsewhere {
    /// Nothing.
    No,
    /// Something; not told what.
    Yes,
    /// These, 1 to 20.
    Listed(Vec<OtherClaim>),
}

impl Elsewhere {
    /// Whether there is something (R66).
    pub fn is_yes(&self) -> bool {
        *self != Self::No
    }

    /// Which ones, as far as they were told.
    pub fn listed(&self) -> &[OtherClaim] {
        match self {
            Self::No | Self::Yes => &[],
            Self::Listed(claims) => claims,
        }
    }
}

/// How [`Elsewhere`] rests in JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Told(bool),
    Listed(Vec<OtherClaim>),
}

impl From<Stored> for Elsewhere {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Told(true) => Self::Yes,
            Stored::Told(false) => Self::No,
            Stored::Listed(claims) if claims.is_empty() => Self::No,
            Stored::Listed(claims) => Self::Listed(claims),
        }
    }
}

impl From<Elsewhere> for Stored {
    fn from(elsewhere: Elsewhere) -> Self {
        match elsewhere {
            Elsewhere::No => Self::Told(false),
            Elsewhere::Yes => Self::Told(true),
            Elsewhere::Listed(claims) => Self::Listed(claims),
        }
    }
}

/// Reads the other claims; they are asked of everybody.
pub(super) fn other_claims(
    input: &DeclarationInput,
    errors: &mut FieldErrors,
) -> Option<Elsewhere> {
    let Some(typed) = &input.other_claims else {
        errors.push(
            "/other_claims",
            FieldCode::Required,
            "error-other-claims-required",
        );
        return None;
    };
    elsewhere(typed, errors, "/other_claims")
}

/// Reads what was paid already; it is asked of everybody.
pub(super) fn already_compensated(
    input: &DeclarationInput,
    errors: &mut FieldErrors,
) -> Option<Elsewhere> {
    let Some(typed) = &input.already_compensated else {
        errors.push(
            "/already_compensated",
            FieldCode::Required,
            "error-already-compensated-required",
        );
        return None;
    };
    elsewhere(typed, errors, "/already_compensated")
}

fn elsewhere(typed: &ElsewhereInput, errors: &mut FieldErrors, pointer: &str) -> Option<Elsewhere> {
    let claims = match typed {
        ElsewhereInput::Told(true) => return Some(Elsewhere::Yes),
        ElsewhereInput::Told(false) => return Some(Elsewhere::No),
        ElsewhereInput::Listed(claims) if claims.is_empty() => return Some(Elsewhere::No),
        ElsewhereInput::Listed(claims) => claims,
    };
    if claims.len() > MOST {
        errors.push(
            pointer,
            FieldCode::OutOfRange,
            "error-other-claims-too-many",
        );
        return None;
    }
    let read: Vec<Option<OtherClaim>> = claims
        .iter()
        .enumerate()
        .map(|(position, claim)| other_claim(claim, errors, &format!("{pointer}/{position}")))
        .collect();
    let read: Option<Vec<OtherClaim>> = read.into_iter().collect();
    read.map(Elsewhere::Listed)
}

fn other_claim(
    typed: &OtherClaimInput,
    errors: &mut FieldErrors,
    pointer: &str,
) -> Option<OtherClaim> {
    let place = errors.take(format!("{pointer}/where"), place(typed.place.as_deref()));
    let reference = errors.take(
        format!("{pointer}/reference"),
        detail(typed.reference.as_deref()),
    );
    let amount = errors.take(format!("{pointer}/amount_cents"), cents(typed.amount_cents));
    Some(OtherClaim {
        place: place?,
        reference: reference?,
        amount_cents: amount?,
    })
}

fn place(text: Option<&str>) -> Result<Place, ValueError> {
    let word = filled(text).ok_or(ValueError::new(FieldCode::Required, "error-place-required"))?;
    Place::parse(word).ok_or(ValueError::new(
        FieldCode::UnknownValue,
        "error-place-unknown",
    ))
}

impl fmt::Debug for Complaint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Complaint(..)")
    }
}

impl fmt::Debug for OtherClaim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OtherClaim(..)")
    }
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Elsewhere(..)")
    }
}
