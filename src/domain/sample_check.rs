//! A sample out of a list of records: which are drawn follows from the list and a seed alone, so that anybody
//! who has both can draw again. What is found of each record has a result.

use std::fmt::Write as _;

use chrono::{DateTime, Duration, NaiveDateTime, SubsecRound, TimeZone, Utc};
use chrono_tz::Europe::Rome;

use super::field::{FieldCode, FieldErrors, ValueError, filled};
use super::one_line::one_line;

/// Most records of a sample.
pub const MOST: i32 = 500;
/// Most records that a sample is drawn from.
pub const MOST_OF: usize = 200_000;
/// Days a public seed may be away.
const DUE_DAYS: i64 = 366;
/// Characters of the words of a finding.
const NOTE: usize = 500;

/// How a sample check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleState {
    /// The list is frozen, where the seed will come from is told; nothing is drawn yet.
    Announced,
    /// Records are drawn and are being checked.
    Drawn,
    /// Every record was checked; the result is in the log.
    Finished,
    /// Given up, with the reason; it stays in the register.
    Cancelled,
}

impl SampleState {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::Announced,
        Self::Drawn,
        Self::Finished,
        Self::Cancelled,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Drawn => "drawn",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What somebody wants of a sample check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleStep {
    /// Draw by the public seed that is known now.
    Draw,
    /// Close it: the result goes into the log.
    Finish,
    /// Give it up.
    Cancel,
}

impl SampleStep {
    /// Every step.
    pub const ALL: [Self; 3] = [Self::Draw, Self::Finish, Self::Cancel];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draw => "draw",
            Self::Finish => "finish",
            Self::Cancel => "cancel",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// Where it leads from a state; `None`: nowhere.
    pub const fn from(self, state: SampleState) -> Option<SampleState> {
        use SampleState as S;
        match (self, state) {
            (Self::Draw, S::Announced) => Some(S::Drawn),
            (Self::Finish, S::Drawn) => Some(S::Finished),
            (Self::Cancel, S::Announced | S::Drawn) => Some(S::Cancelled),
            (Self::Draw | Self::Finish | Self::Cancel, _) => None,
        }
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingCode {
    /// Who the claimant is.
    Identity,
    /// Whose the mailbox is.
    Mailbox,
    /// What is declared, and how much.
    Damage,
    /// What should prove it.
    Documents,
    /// How it was signed.
    Signature,
    /// The same person twice.
    Double,
    /// What the note says.
    Other,
}

impl FindingCode {
    /// Every code.
    pub const ALL: [Self; 7] = [
        Self::Identity,
        Self::Mailbox,
        Self::Damage,
        Self::Documents,
        Self::Signature,
        Self::Double,
        Self::Other,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Mailbox => "mailbox",
            Self::Damage => "damage",
            Self::Documents => "documents",
            Self::Signature => "signature",
            Self::Double => "double",
            Self::Other => "other",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

/// What came out of checking a record.
#[derive(Clone, PartialEq, Eq)]
pub enum Checked {
    /// Nothing to object to.
    Ok,
    /// Something is wrong.
    Finding(FindingCode, String),
    /// It could not be checked: erased, or nobody answered.
    Unable(Option<String>),
}

impl std::fmt::Debug for Checked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.word())
    }
}

impl Checked {
    /// Words of every result.
    pub const WORDS: [&'static str; 3] = ["ok", "finding", "unable"];

    /// Name on the wire and in the database.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Finding(..) => "finding",
            Self::Unable(_) => "unable",
        }
    }

    /// What a finding is about.
    pub const fn code(&self) -> Option<FindingCode> {
        match self {
            Self::Finding(code, _) => Some(*code),
            Self::Ok | Self::Unable(_) => None,
        }
    }

    /// What was found, in words; may be personal.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Finding(_, note) => Some(note),
            Self::Unable(note) => note.as_deref(),
            Self::Ok => None,
        }
    }

    /// Reads what was typed.
    ///
    /// # Errors
    /// At `/result`, `/code` and `/note`.
    pub fn parse(
        result: Option<&str>,
        code: Option<&str>,
        note: Option<&str>,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let words = filled(note).map(|note| {
            let (format, long) = ("error-reason-format", "error-reason-too-long");
            errors.take("/note", one_line(note, NOTE, format, long))
        });
        let words = words.flatten();
        let checked = match filled(result) {
            Some("ok") => Some(Self::Ok),
            Some("unable") => Some(Self::Unable(words)),
            Some("finding") => {
                let known = filled(code).and_then(FindingCode::parse);
                if known.is_none() {
                    errors.push("/code", absence(code), "error-sample-code");
                }
                if filled(note).is_none() {
                    errors.push("/note", FieldCode::Required, "error-sample-note");
                }
                known
                    .zip(words)
                    .map(|(code, note)| Self::Finding(code, note))
            }
            other => {
                errors.push("/result", absence(other), "error-sample-result");
                None
            }
        };
        match (checked, errors.is_empty()) {
            (Some(checked), true) => Ok(checked),
            _ => Err(errors),
        }
    }
}

fn absence(typed: Option<&str>) -> FieldCode {
    match filled(typed) {
        None => FieldCode::Required,
        Some(_) => FieldCode::UnknownValue,
    }
}

/// Where a public seed will come from: one line of 1 to 200 characters.
///
/// # Errors
/// `required`, `too_long`, `format`.
pub fn source(typed: Option<&str>) -> Result<String, ValueError> {
    let text = filled(typed).ok_or(ValueError::new(FieldCode::Required, "error-sample-seed"))?;
    one_line(text, 200, "error-sample-seed", "error-sample-seed-long")
}

/// A public seed as it goes into the draw, sign by sign: one line of 1 to 200 characters, single blanks inside. What
/// would have to be altered is refused: who draws again must type the same.
///
/// # Errors
/// `required`, `too_long`, `format`.
pub fn seed(typed: Option<&str>) -> Result<String, ValueError> {
    let line = source(typed)?;
    if typed == Some(line.as_str()) {
        Ok(line)
    } else {
        Err(ValueError::new(FieldCode::Format, "error-sample-seed"))
    }
}

/// When a public seed will be known, in the future: RFC 3339, or a day and time in Rome as browsers send it.
///
/// # Errors
/// `required`, `format`, `out_of_range`.
pub fn due(typed: Option<&str>, now: DateTime<Utc>) -> Result<DateTime<Utc>, ValueError> {
    let wrong = |code| ValueError::new(code, "error-sample-due");
    let text = filled(typed).ok_or(wrong(FieldCode::Required))?.trim();
    let of_rome = || {
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok()?;
        // of an hour that comes twice the second: the cautious one
        let at = Rome.from_local_datetime(&local).latest()?;
        Some(at.with_timezone(&Utc))
    };
    let at = DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .ok()
        .or_else(of_rome)
        .map(|at| at.trunc_subsecs(6))
        .ok_or(wrong(FieldCode::Format))?;
    if at > now && at < now + Duration::days(DUE_DAYS) {
        Ok(at)
    } else {
        Err(wrong(FieldCode::OutOfRange))
    }
}

/// References, a line each: what the digests of list and sample are of.
pub fn lines<'a>(references: impl IntoIterator<Item = &'a str>) -> String {
    let mut lines = String::new();
    for reference in references {
        lines.push_str(reference);
        lines.push('\n');
    }
    lines
}

/// Place, reference, result and code of records in the order they were drawn, a line each; `None` where one is not
/// checked yet.
pub fn result_lines<'a>(
    members: impl IntoIterator<Item = (i32, &'a str, Option<&'a str>, Option<&'a str>)>,
) -> Option<String> {
    let mut lines = String::new();
    for (place, reference, result, code) in members {
        let (result, code) = (result?, code.unwrap_or_default());
        writeln!(lines, "{place};{reference};{result};{code}").ok()?;
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for state in SampleState::ALL {
            assert_eq!(SampleState::parse(state.as_str()), Some(state));
        }
        for step in SampleStep::ALL {
            assert_eq!(SampleStep::parse(step.as_str()), Some(step));
        }
        for code in FindingCode::ALL {
            assert_eq!(FindingCode::parse(code.as_str()), Some(code));
        }
    }

    #[test]
    fn what_was_drawn_is_not_drawn_again_and_what_is_over_stays_so() {
        use SampleState as S;
        assert_eq!(SampleStep::Draw.from(S::Drawn), None);
        assert_eq!(SampleStep::Finish.from(S::Announced), None);
        assert_eq!(SampleStep::Cancel.from(S::Drawn), Some(S::Cancelled));
        for step in SampleStep::ALL {
            assert_eq!(step.from(S::Finished), None);
            assert_eq!(step.from(S::Cancelled), None);
        }
    }

    #[test]
    fn a_finding_says_what_it_is_about() {
        let wrong = |result, code, note| {
            let errors = Checked::parse(result, code, note).unwrap_err();
            errors
                .iter()
                .map(|error| error.pointer.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(Checked::parse(Some("ok"), None, None).unwrap(), Checked::Ok);
        let found = Checked::parse(Some("finding"), Some("damage"), Some("Fattura  di altri"));
        let found = found.unwrap();
        assert_eq!(
            found,
            Checked::Finding(FindingCode::Damage, "Fattura di altri".to_owned())
        );
        assert_eq!(format!("{found:?}"), "finding");
        assert_eq!(wrong(Some("finding"), None, None), ["/code", "/note"]);
        assert_eq!(wrong(Some("finding"), Some("taste"), Some("a")), ["/code"]);
        assert_eq!(wrong(None, None, None), ["/result"]);
        assert_eq!(wrong(Some("perhaps"), None, None), ["/result"]);
    }

    #[test]
    fn a_seed_is_taken_as_it_was_published_or_not_at_all() {
        assert_eq!(seed(Some("7 21 33")).unwrap(), "7 21 33");
        for altered in ["7  21", " 7", "7 ", "7\t21", "e\u{300}", "7\u{a0}21"] {
            assert_eq!(seed(Some(altered)).unwrap_err().code, FieldCode::Format);
        }
        assert_eq!(seed(Some("  ")).unwrap_err().code, FieldCode::Required);
    }

    #[test]
    fn a_public_seed_is_of_the_future() {
        let now: DateTime<Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
        let code = |typed| due(typed, now).map_err(|error| error.code);
        assert_eq!(code(None), Err(FieldCode::Required));
        assert_eq!(code(Some("soon")), Err(FieldCode::Format));
        assert_eq!(code(Some("2026-03-01T11:00")), Err(FieldCode::OutOfRange));
        assert_eq!(code(Some("2028-03-01T11:00")), Err(FieldCode::OutOfRange));
        let noon = "2026-03-01T11:00:00Z".parse().unwrap();
        assert_eq!(code(Some("2026-03-01T12:00")), Ok(noon));
        assert_eq!(code(Some("2026-03-01T12:00:00+01:00")), Ok(noon));
    }

    #[test]
    fn results_are_complete_or_none() {
        let both = [
            (1, "A", Some("ok"), None),
            (2, "B", Some("finding"), Some("damage")),
        ];
        assert_eq!(result_lines(both).unwrap(), "1;A;ok;\n2;B;finding;damage\n");
        assert_eq!(result_lines([(1, "A", None, None)]), None);
        assert_eq!(lines(["A", "B"]), "A\nB\n");
    }
}
