//! What narrows a list of claimants beside state and search: each read from clear columns.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::claimant::Review;
use super::field::{FieldCode, FieldErrors};

/// How a signature in force was given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tier {
    /// With a code by e-mail.
    Otp,
    /// With a digital signature.
    Digital,
    /// By hand.
    Paper,
}

impl Tier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Otp, Self::Digital, Self::Paper];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Otp => "otp",
            Self::Digital => "digital",
            Self::Paper => "paper",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == text)
    }
}

/// Who works on a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Whose {
    /// This staff member.
    Of(Uuid),
    /// Nobody.
    Nobody,
}

/// Whether the mandate for the messa in mora was given with the signature in force.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mandate {
    /// It was.
    Given,
    /// It was not.
    NotGiven,
}

impl Mandate {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Given, Self::NotGiven];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::NotGiven => "not_given",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == text)
    }
}

/// What narrows a list. The default leaves everybody in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Only records that are worked on: confirmed, signed, to be signed again, lodged.
    pub active: bool,
    /// Only this review.
    pub review: Option<Review>,
    /// Letters of the province of residence.
    pub province: Option<String>,
    /// Mail domain of a mailbox, where it is a public provider's.
    pub domain: Option<String>,
    /// First day of the sign-up, in Rome.
    pub from: Option<NaiveDate>,
    /// Last day of the sign-up, in Rome.
    pub until: Option<NaiveDate>,
    /// Least damages declared, cents.
    pub least_cents: Option<i64>,
    /// Most damages declared, cents.
    pub most_cents: Option<i64>,
    /// How the signature in force was given.
    pub tier: Option<Tier>,
    /// Only those of whom this is so.
    pub mandate: Option<Mandate>,
    /// Who works on it, on the queue of the list or on any.
    pub whose: Option<Whose>,
}

/// A [`Narrowing`] as words: of an address, of a register.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is that of its name")]
pub struct Words {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Whole euros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<String>,
    /// Whole euros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// `given|not_given`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messa_in_mora: Option<String>,
    /// `me`, `nobody` or a staff id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<String>,
}

impl Narrowing {
    /// Reads words; `me` is who asks. Empty words narrow nothing.
    ///
    /// # Errors
    /// Each word that means nothing, under its name.
    pub fn parse(words: &Words, active: bool, me: Uuid) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let read = Self {
            active,
            review: take(
                &mut errors,
                "/review",
                words.review.as_deref(),
                Review::parse,
            ),
            province: take(
                &mut errors,
                "/province",
                words.province.as_deref(),
                province,
            ),
            domain: take(&mut errors, "/domain", words.domain.as_deref(), domain),
            from: take(&mut errors, "/from", words.from.as_deref(), day),
            until: take(&mut errors, "/until", words.until.as_deref(), day),
            least_cents: take(&mut errors, "/least", words.least.as_deref(), cents),
            most_cents: take(&mut errors, "/most", words.most.as_deref(), cents),
            tier: take(&mut errors, "/tier", words.tier.as_deref(), Tier::parse),
            mandate: take(
                &mut errors,
                "/messa_in_mora",
                words.messa_in_mora.as_deref(),
                Mandate::parse,
            ),
            whose: take(
                &mut errors,
                "/whose",
                words.whose.as_deref(),
                |text| match text {
                    "me" => Some(Whose::Of(me)),
                    "nobody" => Some(Whose::Nobody),
                    id => Uuid::try_parse(id).ok().map(Whose::Of),
                },
            ),
        };
        if errors.is_empty() {
            Ok(read)
        } else {
            Err(errors)
        }
    }

    /// As words again: what [`Narrowing::parse`] reads. A whole amount of euros stays one.
    pub fn words(&self) -> Words {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let euros = |cents: Option<i64>| cents.map(|cents| (cents / 100).to_string());
        Words {
            review: self.review.map(|review| review.as_str().to_owned()),
            province: self.province.clone(),
            domain: self.domain.clone(),
            from: day(self.from),
            until: day(self.until),
            least: euros(self.least_cents),
            most: euros(self.most_cents),
            tier: self.tier.map(|tier| tier.as_str().to_owned()),
            messa_in_mora: self.mandate.map(|mandate| mandate.as_str().to_owned()),
            whose: self.whose.map(|whose| match whose {
                Whose::Of(id) => id.to_string(),
                Whose::Nobody => "nobody".to_owned(),
            }),
        }
    }

    /// Whether something narrows that no index walks: rows are then read to be left out.
    pub const fn reads_rows(&self) -> bool {
        self.active
            || matches!(self.review, Some(Review::None))
            || self.province.is_some()
            || self.domain.is_some()
            || self.from.is_some()
            || self.until.is_some()
            || self.least_cents.is_some()
            || self.most_cents.is_some()
            || self.tier.is_some()
            || self.mandate.is_some()
            || matches!(self.whose, Some(Whose::Nobody))
    }

    /// Whether something narrows to few by an index of its own.
    pub const fn is_few(&self) -> bool {
        matches!(self.review, Some(Review::Conflict | Review::Quarantined))
            || matches!(self.whose, Some(Whose::Of(_)))
    }
}

/// A day of these times: years that no database takes are none.
fn day(text: &str) -> Option<NaiveDate> {
    let day: NaiveDate = text.parse().ok()?;
    (1900..=9999).contains(&day.year()).then_some(day)
}

fn take<T>(
    errors: &mut FieldErrors,
    pointer: &'static str,
    word: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let word = word.map(str::trim).filter(|word| !word.is_empty())?;
    let value = read(word);
    if value.is_none() {
        errors.push(pointer, FieldCode::UnknownValue, "error-unknown-value");
    }
    value
}

fn province(text: &str) -> Option<String> {
    let letters = text.to_ascii_uppercase();
    let is_one = letters.len() == 2 && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    is_one.then_some(letters)
}

fn domain(text: &str) -> Option<String> {
    let text = text.trim_start_matches('@').to_ascii_lowercase();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_one = text.contains('.') && text.len() <= 253 && text.bytes().all(is_part);
    is_one.then_some(text)
}

/// Whole euros.
fn cents(text: &str) -> Option<i64> {
    let euros: u32 = text.parse().ok()?;
    i64::from(euros).checked_mul(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words {
            review: Some("conflict".into()),
            province: Some("rm".into()),
            domain: Some("@Libero.it".into()),
            from: Some("2026-03-01".into()),
            until: Some("2026-03-02".into()),
            least: Some("10".into()),
            most: Some("500".into()),
            tier: Some("paper".into()),
            messa_in_mora: Some("given".into()),
            whose: Some("nobody".into()),
        }
    }

    #[test]
    fn words_are_read_and_written_alike() {
        let read = Narrowing::parse(&words(), false, Uuid::nil()).unwrap();
        assert_eq!(read.province.as_deref(), Some("RM"));
        assert_eq!(read.domain.as_deref(), Some("libero.it"));
        assert_eq!(read.least_cents, Some(1_000));
        let again = Narrowing::parse(&read.words(), false, Uuid::nil()).unwrap();
        assert_eq!(read, again);
        assert!(read.reads_rows() && read.is_few());
    }

    #[test]
    fn a_day_that_no_database_takes_is_none() {
        for day in ["-200000-01-01", "+200000-01-01", "1899-12-31", "2026-02-30"] {
            let words = Words {
                from: Some(day.into()),
                ..words()
            };
            Narrowing::parse(&words, false, Uuid::nil()).unwrap_err();
        }
    }

    #[test]
    fn empty_words_narrow_nothing_and_what_means_nothing_is_told() {
        let empty = Words {
            province: Some(" ".into()),
            whose: Some(String::new()),
            ..Words::default()
        };
        let read = Narrowing::parse(&empty, false, Uuid::nil()).unwrap();
        assert_eq!(read, Narrowing::default());
        assert!(!read.reads_rows() && !read.is_few());
        let wrong = Words {
            province: Some("ROM".into()),
            domain: Some("libero".into()),
            from: Some("yesterday".into()),
            least: Some("-1".into()),
            tier: Some("stamp".into()),
            messa_in_mora: Some("maybe".into()),
            whose: Some("you".into()),
            ..Words::default()
        };
        let errors = Narrowing::parse(&wrong, false, Uuid::nil()).unwrap_err();
        assert_eq!(errors.len(), 7);
    }
}
