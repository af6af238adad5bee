//! The register of breaches of personal data (artt. 33, 34 GDPR): what an entry says, and the clock of 72
//! hours that runs from awareness (R63).

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Rome;
use serde::Deserialize;

use super::field::{FieldCode, FieldErrors, ValueError, filled};
use super::paragraphs::paragraphs;

/// How long the Garante may be waited with, from awareness (art. 33.1 GDPR).
pub const TERM: TimeDelta = TimeDelta::hours(72);
/// Longest text, in characters.
const LONGEST: usize = 4_000;
/// Most people or records that can be told.
const MOST: i64 = 10_000_000_000;

/// An entry as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each field is the word of art. 33 GDPR; see Breach"
)]
pub struct BreachInput {
    pub what_happened: Option<String>,
    pub noticed_at: Option<String>,
    pub people_categories: Option<String>,
    pub people: Option<String>,
    pub data_categories: Option<String>,
    pub records: Option<String>,
    pub consequences: Option<String>,
    pub measures: Option<String>,
    pub notified_at: Option<String>,
    pub delay_reason: Option<String>,
    pub communicated_at: Option<String>,
    pub closed: bool,
}

/// An entry of the register. Names nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What happened.
    pub what_happened: String,
    /// When the association became aware of it, UTC.
    pub noticed_at: DateTime<Utc>,
    /// Categories of the people concerned.
    pub people_categories: Option<String>,
    /// About how many people; `None`: not known yet.
    pub people: Option<i64>,
    /// Categories of the data concerned.
    pub data_categories: Option<String>,
    /// About how many records; `None`: not known yet.
    pub records: Option<i64>,
    /// Likely consequences.
    pub consequences: Option<String>,
    /// Measures taken or proposed.
    pub measures: Option<String>,
    /// When the Garante was notified, UTC.
    pub notified_at: Option<DateTime<Utc>>,
    /// Why it was notified after 72 hours, or not at all.
    pub delay_reason: Option<String>,
    /// When the people concerned were told, UTC.
    pub communicated_at: Option<DateTime<Utc>>,
    /// Whether nothing is left to do.
    pub closed: bool,
}

/// How the term of 72 hours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Time is left.
    Running(TimeDelta),
    /// It has passed, and nobody was notified.
    Overdue(TimeDelta),
    /// The Garante was notified in time.
    Notified,
    /// The Garante was notified after it.
    Late,
    /// The entry was closed without notifying, for the reason it gives.
    NotNotified,
}

impl Deadline {
    /// Word of the pages and the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running(_) => "running",
            Self::Overdue(_) => "overdue",
            Self::Notified => "notified",
            Self::Late => "late",
            Self::NotNotified => "not_notified",
        }
    }

    /// Hours and minutes left, or passed since.
    pub fn hours(self) -> Option<(i64, i64)> {
        match self {
            Self::Running(time) | Self::Overdue(time) => {
                Some((time.num_hours(), time.num_minutes() % 60))
            }
            Self::Notified | Self::Late | Self::NotNotified => None,
        }
    }
}

/// How the term stands at `now`.
pub fn deadline(
    noticed_at: DateTime<Utc>,
    notified_at: Option<DateTime<Utc>>,
    is_closed: bool,
    now: DateTime<Utc>,
) -> Deadline {
    let ends = noticed_at + TERM;
    match notified_at {
        Some(at) if at <= ends => Deadline::Notified,
        Some(_) => Deadline::Late,
        None if is_closed => Deadline::NotNotified,
        None if now <= ends => Deadline::Running(ends - now),
        None => Deadline::Overdue(now - ends),
    }
}

impl Breach {
    /// Reads what was typed. Times are RFC 3339, or a clock of Rome `2026-03-02T09:30` as a form sends it.
    ///
    /// # Errors
    /// `/what_happened` and `/noticed_at` `required`; times `format`, `out_of_range` in the future or before
    /// awareness; counts `format`; `/delay_reason` `required` for a notification after 72 hours;
    /// `/closed` `required` while consequences, measures, or notification or its reason are missing.
    pub fn parse(input: &BreachInput, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let what = filled(input.what_happened.as_deref())
            .ok_or(ValueError::new(FieldCode::Required, "error-breach-what"))
            .and_then(long);
        let what_happened = errors.take("/what_happened", what);
        let noticed = instant(input.noticed_at.as_deref(), now)
            .and_then(|at| at.ok_or(ValueError::new(FieldCode::Required, "error-breach-noticed")));
        let noticed_at = errors.take("/noticed_at", noticed);
        let mut text = |pointer: &str, typed: &Option<String>| {
            let read = filled(typed.as_deref()).map(long).transpose();
            errors.take(pointer, read).flatten()
        };
        let people_categories = text("/people_categories", &input.people_categories);
        let data_categories = text("/data_categories", &input.data_categories);
        let consequences = text("/consequences", &input.consequences);
        let measures = text("/measures", &input.measures);
        let delay_reason = text("/delay_reason", &input.delay_reason);
        let people = errors.take("/people", count(input.people.as_deref()));
        let records = errors.take("/records", count(input.records.as_deref()));
        let mut later = |pointer: &str, typed: &Option<String>| {
            let read = instant(typed.as_deref(), now).and_then(|at| after(at, noticed_at));
            errors.take(pointer, read).flatten()
        };
        let notified_at = later("/notified_at", &input.notified_at);
        let communicated_at = later("/communicated_at", &input.communicated_at);
        let read = Self {
            what_happened: what_happened.unwrap_or_default(),
            noticed_at: noticed_at.unwrap_or(now),
            people_categories,
            people: people.flatten(),
            data_categories,
            records: records.flatten(),
            consequences,
            measures,
            notified_at,
            delay_reason,
            communicated_at,
            closed: input.closed,
        };
        read.hold_together(&mut errors);
        errors.into_result(read)
    }

    /// What one field wants of the others.
    fn hold_together(&self, errors: &mut FieldErrors) {
        let late = self
            .notified_at
            .is_some_and(|at| at > self.noticed_at + TERM);
        if late && self.delay_reason.is_none() {
            errors.push("/delay_reason", FieldCode::Required, "error-breach-delay");
        }
        let told = self.notified_at.is_some() || self.delay_reason.is_some();
        let whole = self.consequences.is_some() && self.measures.is_some() && told;
        if self.closed && !whole {
            errors.push("/closed", FieldCode::Required, "error-breach-closed");
        }
    }
}

fn long(text: &str) -> Result<String, ValueError> {
    paragraphs(
        text,
        LONGEST,
        "error-breach-format",
        "error-breach-too-long",
    )
}

fn count(text: Option<&str>) -> Result<Option<i64>, ValueError> {
    let wrong = ValueError::new(FieldCode::Format, "error-breach-count");
    let Some(text) = filled(text) else {
        return Ok(None);
    };
    let digits: String = text
        .trim()
        .chars()
        .filter(|it| *it != '.' && *it != ' ')
        .collect();
    let number: i64 = digits.parse().map_err(|_| wrong)?;
    let fits = (0..=MOST).contains(&number);
    fits.then_some(Some(number)).ok_or(wrong)
}

fn instant(text: Option<&str>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ValueError> {
    let Some(text) = filled(text).map(str::trim) else {
        return Ok(None);
    };
    let wrong = |code| ValueError::new(code, "error-breach-time");
    let of_rome = |form| {
        let local = NaiveDateTime::parse_from_str(text, form).ok()?;
        // of an hour that comes twice the first: the cautious one
        Rome.from_local_datetime(&local).earliest()
    };
    let at = DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .ok()
        .or_else(|| of_rome("%Y-%m-%dT%H:%M").map(|at| at.with_timezone(&Utc)))
        .or_else(|| of_rome("%d/%m/%Y %H:%M").map(|at| at.with_timezone(&Utc)));
    let at = at.ok_or(wrong(FieldCode::Format))?;
    if at > now {
        return Err(wrong(FieldCode::OutOfRange));
    }
    Ok(Some(at))
}

fn after(
    at: Option<DateTime<Utc>>,
    noticed: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, ValueError> {
    match (at, noticed) {
        (Some(at), Some(noticed)) if at < noticed => {
            Err(ValueError::new(FieldCode::OutOfRange, "error-breach-time"))
        }
        (at, _) => Ok(at),
    }
}

/// A time as a form shows and sends it: the clock of Rome, `2026-03-02T09:30`.
pub fn typed(at: DateTime<Utc>) -> String {
    at.with_timezone(&Rome).format("%Y-%m-%dT%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn input() -> BreachInput {
        BreachInput {
            what_happened: Some("Una lista è finita a un indirizzo sbagliato".to_owned()),
            noticed_at: Some("2026-03-02T09:30".to_owned()),
            ..BreachInput::default()
        }
    }

    fn wrong(input: &BreachInput) -> Vec<(String, FieldCode)> {
        let errors = Breach::parse(input, at("2026-03-10T12:00:00Z")).unwrap_err();
        let errors = errors.iter();
        errors
            .map(|error| (error.pointer.clone(), error.code))
            .collect()
    }

    #[test]
    fn r63_the_clock_runs_for_72_hours_from_awareness() {
        let noticed = at("2026-03-27T10:00:00Z");
        let stands = |notified: Option<&str>, closed, now| {
            deadline(noticed, notified.map(at), closed, at(now))
        };
        let running = stands(None, false, "2026-03-29T12:30:00Z");
        // hours, also across the night that has one less in Rome
        assert_eq!(running.hours(), Some((21, 30)));
        assert_eq!(
            stands(None, false, "2026-03-30T10:00:00Z").as_str(),
            "running"
        );
        let overdue = stands(None, false, "2026-03-30T11:05:00Z");
        assert_eq!(
            (overdue.as_str(), overdue.hours()),
            ("overdue", Some((1, 5)))
        );
        let now = "2026-04-02T00:00:00Z";
        let notified = |text| stands(Some(text), false, now);
        assert_eq!(notified("2026-03-30T10:00:00Z"), Deadline::Notified);
        assert_eq!(notified("2026-03-30T10:00:01Z"), Deadline::Late);
        assert_eq!(stands(None, true, now), Deadline::NotNotified);
    }

    #[test]
    fn an_entry_can_be_opened_before_all_is_known() {
        let read = Breach::parse(&input(), at("2026-03-02T09:00:00Z")).unwrap();
        assert_eq!(read.noticed_at, at("2026-03-02T08:30:00Z"), "clock of Rome");
        assert_eq!((read.people, read.closed), (None, false));
        assert_eq!(typed(read.noticed_at), "2026-03-02T09:30");
        let empty = BreachInput::default();
        let required = |pointer: &str| (pointer.to_owned(), FieldCode::Required);
        assert_eq!(
            wrong(&empty),
            [required("/what_happened"), required("/noticed_at")]
        );
    }

    #[test]
    fn what_is_told_late_says_why_and_what_is_closed_is_whole() {
        let mut late = input();
        late.notified_at = Some("2026-03-06T10:00:00Z".to_owned());
        late.closed = true;
        let required = |pointer: &str| (pointer.to_owned(), FieldCode::Required);
        assert_eq!(
            wrong(&late),
            [required("/delay_reason"), required("/closed")]
        );
        late.delay_reason = Some("Il fornitore ha risposto tardi".to_owned());
        late.consequences = Some("Nessuna".to_owned());
        late.measures = Some("Lista ritirata".to_owned());
        assert!(Breach::parse(&late, at("2026-03-10T12:00:00Z")).is_ok());
    }

    #[test]
    fn times_are_not_in_the_future_and_counts_are_numbers() {
        let mut odd = input();
        odd.notified_at = Some("2026-03-01T10:00:00Z".to_owned());
        odd.communicated_at = Some("ieri".to_owned());
        odd.people = Some("molti".to_owned());
        odd.records = Some("-1".to_owned());
        let code = |pointer: &str, code| (pointer.to_owned(), code);
        assert_eq!(
            wrong(&odd),
            [
                code("/people", FieldCode::Format),
                code("/records", FieldCode::Format),
                code("/notified_at", FieldCode::OutOfRange),
                code("/communicated_at", FieldCode::Format),
            ]
        );
        let mut fine = input();
        fine.people = Some("1.200".to_owned());
        let read = Breach::parse(&fine, at("2026-03-10T12:00:00Z")).unwrap();
        assert_eq!(read.people, Some(1_200));
        let mut early = input();
        early.noticed_at = Some("2026-03-11T10:00:00Z".to_owned());
        assert_eq!(wrong(&early), [code("/noticed_at", FieldCode::OutOfRange)]);
    }
}
