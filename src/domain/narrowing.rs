//! What narrows a list of claimants beside state and search: each read from clear columns.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::claimant::Review;
use super::field::{FieldCode, FieldErrors};
use super::folding::fold;
use super::{money, place};

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
    /// Euros, as people write them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<String>,
    /// Euros, as people write them.
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
            least_cents: take(
                &mut errors,
                "/least",
                words.least.as_deref(),
                money::cents_of,
            ),
            most_cents: take(&mut errors, "/most", words.most.as_deref(), money::cents_of),
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
        let days = read.from.zip(read.until);
        if days.is_some_and(|(first, last)| last < first) {
            errors.push("/until", FieldCode::OutOfRange, "error-window-order");
        }
        let bounds = read.least_cents.zip(read.most_cents);
        if bounds.is_some_and(|(least, most)| most < least) {
            errors.push("/most", FieldCode::OutOfRange, "error-amount-order");
        }
        if errors.is_empty() {
            Ok(read)
        } else {
            Err(errors)
        }
    }

    /// As words again: what [`Narrowing::parse`] reads. A whole amount of euros stays one.
    pub fn words(&self) -> Words {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let euros = |cents: Option<i64>| cents.map(written);
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
        let (code, reason) = wrong(pointer);
        errors.push(pointer, code, reason);
    }
    value
}

/// What is told of a word that means nothing: some are chosen from a list, some are typed.
fn wrong(pointer: &str) -> (FieldCode, &'static str) {
    match pointer {
        "/least" | "/most" => (FieldCode::Format, "error-narrow-amount"),
        "/province" => (FieldCode::Format, "error-narrow-province"),
        "/domain" => (FieldCode::Format, "error-narrow-domain"),
        "/from" | "/until" => (FieldCode::Format, "error-narrow-day"),
        _ => (FieldCode::UnknownValue, "error-unknown-value"),
    }
}

/// Names of provinces that are no comune's, folded as people type them.
const NAMED_OTHERWISE: [(&str, &str); 14] = [
    ("valle d'aosta", "AO"),
    ("bat", "BT"),
    ("barletta andria trani", "BT"),
    ("bolzano bozen", "BZ"),
    ("forli cesena", "FC"),
    ("massa carrara", "MS"),
    ("monza brianza", "MB"),
    ("monza e brianza", "MB"),
    ("monza e della brianza", "MB"),
    ("pesaro urbino", "PU"),
    ("pesaro e urbino", "PU"),
    ("reggio calabria", "RC"),
    ("reggio emilia", "RE"),
    ("verbano cusio ossola", "VB"),
];

/// The letters of a province by its letters or its name, which is most often that of its capital.
fn province(text: &str) -> Option<String> {
    let letters = text.to_ascii_uppercase();
    if letters.len() == 2 && letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(letters);
    }
    let typed = fold(text);
    let named = NAMED_OTHERWISE
        .iter()
        .find(|(name, _)| fold(name) == typed)
        .map(|(_, letters)| *letters);
    named
        .or_else(|| place::province_of(text))
        .map(str::to_owned)
}

fn domain(text: &str) -> Option<String> {
    let text = text.trim_start_matches('@').to_ascii_lowercase();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_one = text.contains('.') && text.len() <= 253 && text.bytes().all(is_part);
    is_one.then_some(text)
}

/// Cents as [`money::cents_of`] reads them; a whole amount without decimals.
fn written(cents: i64) -> String {
    match cents % 100 {
        0 => (cents / 100).to_string(),
        _ => money::typed(cents),
    }
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
    fn amounts_and_provinces_are_read_as_people_write_them() {
        let read = |province: &str, least: &str| {
            let words = Words {
                province: Some(province.into()),
                least: Some(least.into()),
                ..Words::default()
            };
            let read = Narrowing::parse(&words, false, Uuid::nil()).unwrap();
            let again = Narrowing::parse(&read.words(), false, Uuid::nil()).unwrap();
            assert_eq!(read, again);
            (read.province.unwrap(), read.least_cents.unwrap())
        };
        assert_eq!(read("Roma", "1000,50"), ("RM".to_owned(), 100_050));
        assert_eq!(read("roma", "1.000,00"), ("RM".to_owned(), 100_000));
        assert_eq!(read("Reggio Emilia", "€ 12"), ("RE".to_owned(), 1_200));
        assert_eq!(read("Forlì-Cesena", "0,05"), ("FC".to_owned(), 5));
        assert_eq!(read("Valle d’Aosta", "1"), ("AO".to_owned(), 100));
        assert_eq!(read("mb", "1.000"), ("MB".to_owned(), 100_000));
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_told_at_its_end() {
        let words = Words {
            from: Some("2026-03-02".into()),
            until: Some("2026-03-01".into()),
            least: Some("10".into()),
            most: Some("9,99".into()),
            ..Words::default()
        };
        let errors = Narrowing::parse(&words, false, Uuid::nil()).unwrap_err();
        let told: Vec<_> = errors
            .iter()
            .map(|error| (error.pointer.as_str(), error.reason))
            .collect();
        let days = ("/until", "error-window-order");
        assert_eq!(told, [days, ("/most", "error-amount-order")]);
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
