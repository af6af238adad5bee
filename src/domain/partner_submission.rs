//! What a partner sends by API: a sign-up, the case it is for, and which notice on data protection was shown
//! when (R57).

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::contact::ContactInput;
use crate::domain::entity::EntityInput;
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::person::PersonInput;
use crate::domain::sign_up::{ConsentInput, MailboxInput, SignUpInput};

/// Submissions of a batch at most.
pub const MAX_BATCH: usize = 500;
/// Characters of a notice's version at most.
const MAX_VERSION: usize = 64;
/// How far the clock of a partner may go ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// How long ago a notice may have been shown: who saw it earlier is asked again.
const LONG_AGO: TimeDelta = TimeDelta::days(365);

/// Somebody whom a partner sends, and which notice they were shown. As it came: nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionInput {
    /// Slug of the case.
    #[schema(value_type = String)]
    pub case: Option<String>,
    /// What the partner showed before it sent this.
    #[schema(value_type = NoticeInput)]
    pub notice: Option<NoticeInput>,
    /// Slug of the association that gets the data: the key's, which is also meant without it.
    pub association: Option<String>,
    /// How to reach the claimant.
    #[schema(value_type = ContactInput)]
    pub contact: Option<ContactInput>,
    /// The mailboxes that failed, 1 to 20.
    #[schema(value_type = Vec<MailboxInput>, min_items = 1, max_items = 20)]
    pub mailboxes: Option<Vec<MailboxInput>>,
    /// What is agreed to, at most 20.
    #[schema(value_type = Vec<ConsentInput>, max_items = 20)]
    pub consents: Option<Vec<ConsentInput>>,
    /// Where on the partner's side the claimant comes from, 1 to 64 of `a-z0-9-._`.
    #[schema(pattern = "^[a-z0-9._-]{1,64}$")]
    pub via: Option<String>,
    /// Who the claimant is, if a person; may follow later.
    pub person: Option<PersonInput>,
    /// Who the claimant is, if an entity; may follow later.
    pub entity: Option<EntityInput>,
}

/// The notice on data protection that a partner showed, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeInput {
    /// Which one: the partner's own name for it, 1 to 64 of `A-Za-z0-9._-`.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$", example = "privacy-2026-11")]
    pub version: Option<String>,
    /// When it was shown to the claimant, RFC 3339.
    #[schema(value_type = String, format = DateTime, example = "2026-11-23T10:00:00Z")]
    pub shown_at: Option<String>,
}

/// Who sent the data of somebody, as they are told (art. 14 GDPR).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BroughtBy {
    /// Name of the partner.
    pub partner: String,
    /// The day on which it showed its notice, as it says, in Rome.
    pub shown_on: NaiveDate,
    /// Where the notice of the case stands, and how to use one's rights.
    pub notice: String,
}

/// The notice on data protection that a partner showed (R57).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which one.
    pub version: String,
    /// When, as the partner says, UTC.
    pub shown_at: DateTime<Utc>,
}

impl SubmissionInput {
    /// The sign-up in it.
    pub fn sign_up(&self) -> SignUpInput {
        SignUpInput {
            association: self.association.clone(),
            contact: self.contact.clone(),
            mailboxes: self.mailboxes.clone(),
            consents: self.consents.clone(),
            via: self.via.clone(),
            person: self.person.clone(),
            entity: self.entity.clone(),
        }
    }
}

/// A version is a name, not a text that could hold anything of a person.
const fn stands_in_version(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-')
}

impl Notice {
    /// Reads a notice.
    ///
    /// # Errors
    /// Whatever is missing or wrong, under `/notice`.
    pub fn parse(input: Option<&NoticeInput>, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let Some(input) = input else {
            errors.push("/notice", FieldCode::Required, "error-notice-required");
            return Err(errors);
        };
        let version = filled(input.version.as_deref());
        match version {
            None => errors.push(
                "/notice/version",
                FieldCode::Required,
                "error-notice-required",
            ),
            Some(text) if text.chars().count() > MAX_VERSION => {
                errors.push(
                    "/notice/version",
                    FieldCode::TooLong,
                    "error-notice-version",
                );
            }
            Some(text) if !text.chars().all(stands_in_version) => {
                errors.push("/notice/version", FieldCode::Format, "error-notice-version");
            }
            Some(_) => {}
        }
        let shown_at = filled(input.shown_at.as_deref());
        let read = shown_at.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        let read = read.map(|at| at.with_timezone(&Utc));
        match (shown_at, read) {
            (None, _) => {
                errors.push(
                    "/notice/shown_at",
                    FieldCode::Required,
                    "error-notice-required",
                );
            }
            (Some(_), None) => {
                errors.push(
                    "/notice/shown_at",
                    FieldCode::Format,
                    "error-notice-shown-at",
                );
            }
            (Some(_), Some(at)) if at > now + AHEAD || at < now - LONG_AGO => {
                errors.push(
                    "/notice/shown_at",
                    FieldCode::OutOfRange,
                    "error-notice-shown-at",
                );
            }
            (Some(_), Some(_)) => {}
        }
        let (Some(version), Some(shown_at)) = (version, read) else {
            return Err(errors);
        };
        errors.into_result(Self {
            version: version.to_owned(),
            shown_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(version: &str, shown_at: &str) -> NoticeInput {
        NoticeInput {
            version: Some(version.to_owned()),
            shown_at: Some(shown_at.to_owned()),
        }
    }

    #[test]
    fn r57_a_notice_has_a_version_and_a_time_that_can_be() {
        let now = DateTime::from_timestamp(1_772_442_000, 0).unwrap();
        let read = |input: Option<&NoticeInput>| match Notice::parse(input, now) {
            Ok(notice) => notice.version,
            Err(errors) => errors
                .iter()
                .map(|error| format!("{} {}", error.pointer, error.code.as_str()))
                .collect::<Vec<_>>()
                .join(", "),
        };
        assert_eq!(
            read(Some(&notice(" v_2.1-a ", "2026-03-02T10:00:00+01:00"))),
            "v_2.1-a"
        );
        assert_eq!(read(None), "/notice required");
        assert_eq!(
            read(Some(&NoticeInput::default())),
            "/notice/version required, /notice/shown_at required"
        );
        for (shown_at, code) in [
            ("2026-03-02", "format"),
            ("2026-03-02T09:00:00", "format"),
            ("2026-03-02T09:06:00Z", "out_of_range"),
            ("2025-03-01T09:00:00Z", "out_of_range"),
        ] {
            let told = read(Some(&notice("1", shown_at)));
            assert_eq!(told, format!("/notice/shown_at {code}"), "{shown_at}");
        }
        let long = read(Some(&notice(&"1".repeat(65), "2026-03-02T09:00:00Z")));
        assert_eq!(long, "/notice/version too_long");
        for odd in ["1\u{7}2", "v 2", "maria@example.org", "più"] {
            let told = read(Some(&notice(odd, "2026-03-02T09:00:00Z")));
            assert_eq!(told, "/notice/version format", "{odd}");
        }
    }
}
