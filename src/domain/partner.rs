//! Partner sites: who they are, what their keys may do, and what they are told of the people they sent (R55, R56).

use std::fmt;

use crate::domain::claimant::ClaimantState;
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors, ValueError, filled};
use crate::domain::language::Language;
use crate::domain::one_line::one_line;
use crate::domain::seed;

/// What a key may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PartnerScope {
    /// Send people.
    Intake,
    /// Ask for what was sent.
    Read,
    /// Read the events of what was sent.
    Events,
    /// Say where events are delivered to.
    Webhooks,
}

impl PartnerScope {
    /// All scopes.
    pub const ALL: [Self; 4] = [Self::Intake, Self::Read, Self::Events, Self::Webhooks];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Read => "read",
            Self::Events => "events",
            Self::Webhooks => "webhooks",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// Whether a key acts on records of people.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyMode {
    /// It does.
    Live,
    /// It never reaches them: it acts in the sandbox (decision 34).
    Test,
}

impl KeyMode {
    /// Both modes.
    pub const ALL: [Self; 2] = [Self::Live, Self::Test];

    /// Name in the key, on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What a partner is told of somebody it sent: nothing that depends on whether there is another record of the
/// same person or mailbox. That is why a duplicate reads as confirmed, and why somebody who was rejected (as who
/// loses a conflict is) or restricted reads as how far they had got themselves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SubmissionState {
    /// It came in; the person did not confirm it yet.
    Received,
    /// The person confirmed it.
    Confirmed,
    /// The person signed.
    Signed,
    /// The person withdrew it.
    Withdrawn,
}

impl SubmissionState {
    /// All states.
    pub const ALL: [Self; 4] = [
        Self::Received,
        Self::Confirmed,
        Self::Signed,
        Self::Withdrawn,
    ];

    /// What a partner is told of a claimant in this state, who once confirmed or signed, or did not.
    pub const fn of(state: ClaimantState, has_confirmed: bool, has_signed: bool) -> Self {
        match state {
            ClaimantState::Unconfirmed | ClaimantState::ToAssist => Self::Received,
            ClaimantState::Confirmed | ClaimantState::Duplicate => Self::Confirmed,
            ClaimantState::Signed | ClaimantState::ResignRequired | ClaimantState::Lodged => {
                Self::Signed
            }
            ClaimantState::Withdrawn => Self::Withdrawn,
            ClaimantState::Rejected | ClaimantState::Restricted => {
                match (has_confirmed, has_signed) {
                    (_, true) => Self::Signed,
                    (true, false) => Self::Confirmed,
                    (false, false) => Self::Received,
                }
            }
        }
    }

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Confirmed => "confirmed",
            Self::Signed => "signed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Type of the event that tells it.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Received => "claimant.received",
            Self::Confirmed => "claimant.confirmed",
            Self::Signed => "claimant.signed",
            Self::Withdrawn => "claimant.withdrawn",
        }
    }

    /// Reads the type of an event.
    pub fn of_event_type(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.event_type() == text)
    }
}

/// Letters of a slug at most: as many as `via` takes.
pub const MAX_SLUG: usize = 64;
/// Characters of a name at most.
pub const MAX_NAME: usize = 120;

/// What staff type about a partner.
#[derive(Clone, Default)]
pub struct ProfileInput {
    /// What the site is called.
    pub name: Option<String>,
    /// Where the partner is written to.
    pub email: Option<String>,
    /// Language of mails to it: `it|en|de`; `it` without it.
    pub language: Option<String>,
}

/// What is known about a partner beside its slug.
#[derive(Clone)]
pub struct Profile {
    /// What the site is called.
    pub name: String,
    /// Where the partner is written to.
    pub email: Option<EmailAddress>,
    /// Language of mails to it.
    pub language: Language,
}

impl Profile {
    /// Reads what was typed.
    ///
    /// # Errors
    /// All that is wrong at once: `/name`, `/email`, `/language`.
    pub fn parse(input: &ProfileInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = errors.take("/name", name(input.name.as_deref()));
        let email = filled(input.email.as_deref()).map(EmailAddress::parse);
        let email = errors.take("/email", email.transpose());
        let language = errors.take("/language", language(input.language.as_deref()));
        match (name, email, language) {
            (Some(name), Some(email), Some(language)) => Ok(Self {
                name,
                email,
                language,
            }),
            _ => Err(errors),
        }
    }
}

/// Reads the name of a partner in links.
///
/// # Errors
/// `required`, `format`.
pub fn slug(typed: Option<&str>) -> Result<String, ValueError> {
    let missing = ValueError::new(FieldCode::Required, "error-partner-slug");
    let typed = filled(typed).ok_or(missing)?;
    if is_slug(typed) {
        Ok(typed.to_owned())
    } else {
        Err(ValueError::new(FieldCode::Format, "error-partner-slug"))
    }
}

fn name(typed: Option<&str>) -> Result<String, ValueError> {
    let missing = ValueError::new(FieldCode::Required, "error-partner-name");
    let typed = filled(typed).ok_or(missing)?;
    one_line(
        typed,
        MAX_NAME,
        "error-partner-name",
        "error-partner-name-long",
    )
}

fn language(word: Option<&str>) -> Result<Language, ValueError> {
    let Some(word) = filled(word) else {
        return Ok(Language::It);
    };
    let unknown = ValueError::new(FieldCode::UnknownValue, "error-language-unknown");
    Language::parse(word).ok_or(unknown)
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profile({})", self.name)
    }
}

/// Whether the text can be the name of a partner in links: small letters and digits, single hyphens between.
pub fn is_slug(text: &str) -> bool {
    text.len() <= MAX_SLUG && seed::is_slug(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for scope in PartnerScope::ALL {
            assert_eq!(PartnerScope::parse(scope.as_str()), Some(scope));
        }
        for mode in KeyMode::ALL {
            assert_eq!(KeyMode::parse(mode.as_str()), Some(mode));
        }
        for state in SubmissionState::ALL {
            assert_eq!(SubmissionState::parse(state.as_str()), Some(state));
            let told = format!("claimant.{}", state.as_str());
            assert_eq!(SubmissionState::of_event_type(&told), Some(state));
        }
        assert_eq!(PartnerScope::parse("admin"), None);
        assert_eq!(KeyMode::parse("Live"), None);
    }

    #[test]
    fn r55_a_second_record_of_somebody_reads_as_any_other() {
        assert_eq!(
            SubmissionState::of(ClaimantState::Duplicate, true, false),
            SubmissionState::of(ClaimantState::Confirmed, true, false)
        );
        let told: Vec<&str> = ClaimantState::ALL
            .map(|state| SubmissionState::of(state, false, false).as_str())
            .to_vec();
        assert_eq!(
            told,
            [
                "received",
                "received",
                "confirmed",
                "signed",
                "signed",
                "signed",
                "withdrawn",
                "received",
                "confirmed",
                "received"
            ]
        );
    }

    #[test]
    fn r55_a_rejection_tells_nothing_but_how_far_the_person_got() {
        for over in [ClaimantState::Rejected, ClaimantState::Restricted] {
            for (before, has_confirmed, has_signed) in [
                (ClaimantState::Unconfirmed, false, false),
                (ClaimantState::Confirmed, true, false),
                (ClaimantState::Signed, true, true),
                (ClaimantState::Signed, false, true),
            ] {
                assert_eq!(
                    SubmissionState::of(over, has_confirmed, has_signed),
                    SubmissionState::of(before, has_confirmed, has_signed)
                );
            }
        }
    }

    #[test]
    fn a_slug_can_stand_in_a_link() {
        for good in ["blog", "sito-1", "a", &"a".repeat(64)] {
            assert!(is_slug(good), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "a--b",
            "Blog",
            "a b",
            "a_b",
            "è",
            &"a".repeat(65),
        ] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
