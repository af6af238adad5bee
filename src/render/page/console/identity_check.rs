//! What does not fit in an identity, on the page of the claimant, and the form that finds it in order (R23).

use chrono::{DateTime, Utc};

use crate::domain::identity::doubt::{Doubt, DoubtKind};
use crate::render::page::Errors;
use crate::render::text::Text;

/// Something that does not fit.
#[derive(Debug, Clone)]
pub struct DoubtLine(pub Doubt);

impl DoubtLine {
    /// What was given, and what the codice fiscale says instead.
    pub fn sentence(&self, text: Text) -> String {
        let key = match self.0.kind {
            DoubtKind::FamilyName => "identity-doubt-family-name",
            DoubtKind::GivenName => "identity-doubt-given-name",
            DoubtKind::SwappedNames => "identity-doubt-swapped-names",
            DoubtKind::BirthPlace => "identity-doubt-birth-place",
            DoubtKind::RepresentativeFamilyName => "identity-doubt-representative-family-name",
            DoubtKind::RepresentativeGivenName => "identity-doubt-representative-given-name",
            DoubtKind::RepresentativeSwappedNames => "identity-doubt-representative-swapped-names",
            DoubtKind::ProvisionalCode => "identity-doubt-provisional-code",
        };
        text.with(
            key,
            &[
                ("given", self.0.given.as_str().into()),
                ("gives", self.0.gives.as_str().into()),
                ("told", self.0.told.as_str().into()),
            ],
        )
    }
}

/// The form: POST `{version, reason}` to `/console/claimants/{id}/identity-check`.
#[derive(Debug, Clone)]
pub struct IdentityCheckLines {
    /// Since when it waits, UTC.
    pub since: DateTime<Utc>,
    /// Number of the version that is shown.
    pub version: i32,
    /// As typed.
    pub reason: String,
    /// What was refused.
    pub errors: Errors,
}
