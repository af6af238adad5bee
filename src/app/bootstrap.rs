//! Makes a case, its associations, their staff and their partner sites from a seed. The demo uses the same code.

mod partner_of_seed;
pub(in crate::app) mod reference;
mod staff_of_seed;

use std::fmt;

use serde::Serialize;
use thiserror::Error;

use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::db::Scope;
use crate::domain::case_desk::TextContent;
use crate::domain::language::Language;
use crate::domain::permission::Role;
use crate::domain::seed::{Seed, SeedError, standard_texts_of};

pub use partner_of_seed::{demo_key, demo_test_key};
pub use staff_of_seed::{Logins, demo_password, demo_totp};

const SCOPE: Scope = Scope::System("bootstrap");

/// Texts for cases whose seed brings none: of consents, and those inside a signed declaration.
const STANDARD_TEXTS: [&str; 2] = [
    include_str!("../../assets/texts/consents.toml"),
    include_str!("../../assets/texts/signing.toml"),
];

/// The seed of the demo: the first case, with made-up associations' data.
const DEMO_SEED: &str = include_str!("../../assets/demo/seed.toml");

/// What bootstrap made or found. `Debug` shows no secret.
#[derive(Debug, Serialize)]
pub struct BootstrapReport {
    /// The case.
    pub case: CaseMade,
    /// Its associations, in the order of the seed.
    pub associations: Vec<AssociationMade>,
    /// Staff made now; who was there already keeps password and authenticator, and is not listed.
    pub staff: Vec<StaffMade>,
    /// Partner sites made now, each with its keys; who was there already keeps theirs, and is not listed.
    pub partners: Vec<PartnerMade>,
}

/// A case that is there now.
#[derive(Debug, Serialize)]
pub struct CaseMade {
    /// Its id.
    pub id: String,
    /// Its name in URLs.
    pub slug: String,
}

/// An association that is there now.
#[derive(Debug, Serialize)]
pub struct AssociationMade {
    /// Its id.
    pub id: String,
    /// Its name in URLs.
    pub slug: String,
    /// Its name as shown.
    pub name: String,
}

/// A staff member made now, with the secrets that are shown this once.
#[derive(Serialize)]
pub struct StaffMade {
    /// Slug of the association.
    pub association: String,
    /// Role there.
    pub role: &'static str,
    /// Login address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Authenticator secret, base32; SHA-1, 6 digits, 30 s.
    pub totp_secret: String,
}

/// A partner site made now, with the keys that are shown this once.
#[derive(Serialize)]
pub struct PartnerMade {
    /// Its name in links.
    pub slug: String,
    /// Slug of its association.
    pub association: String,
    /// The key.
    pub key: String,
    /// Another, which acts in the sandbox (decision 34).
    pub test_key: String,
    /// What the keys may do.
    pub scopes: Vec<&'static str>,
}

/// Why a bootstrap did not happen; nothing of it is kept then, staff made before the fault aside.
#[derive(Debug, Error)]
pub enum BootstrapError {
    /// The seed is wrong.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A text differs from the one published under the same version: people consented to those bytes.
    #[error(
        "the text {kind} {version} ({language}) is published with other words: give the new words a new version"
    )]
    TextChanged {
        /// Kind of the text.
        kind: String,
        /// Its version.
        version: String,
        /// Its language.
        language: &'static str,
    },
    /// The database or the keys failed.
    #[error(transparent)]
    App(#[from] AppError),
}

/// The seed of the demo.
///
/// # Errors
/// `Shape`: never, a test reads it.
pub fn demo_seed() -> Result<Seed, SeedError> {
    Seed::parse(DEMO_SEED)
}

/// The standard texts, each kind once, under the standard version: what a case written by staff begins with.
///
/// # Errors
/// `Shape`: never, a test reads them.
pub(in crate::app) fn standard_texts() -> Result<Vec<TextContent>, SeedError> {
    let mut texts: Vec<TextContent> = Vec::new();
    for file in STANDARD_TEXTS {
        for text in standard_texts_of(file)? {
            let place = texts.iter().position(|it| it.kind == text.kind);
            let place = place.unwrap_or_else(|| {
                texts.push(TextContent {
                    kind: text.kind.clone(),
                    version: text.version.clone(),
                    ..TextContent::default()
                });
                texts.len() - 1
            });
            let Some(own) = texts.get_mut(place) else {
                continue;
            };
            match text.language {
                Language::It => own.body.it = text.body,
                Language::En => own.body.en = text.body,
                Language::De => own.body.de = text.body,
            }
        }
    }
    Ok(texts)
}

/// Writes what a seed tells, by slug or natural key, and makes two staff members per role for its
/// first association; in the demo also one owner for each other, so that one can see that
/// associations do not see each other (R55). Running it twice changes nothing; nothing is ever deleted.
///
/// *effects*: reference rows, keys of new associations, staff, partner sites with two keys each; audit rows.
///
/// # Errors
/// `Seed` if the standard texts do not read, `TextChanged`, `App`.
pub async fn bootstrap(
    ctx: &Ctx,
    seed: &Seed,
    logins: Logins,
) -> Result<BootstrapReport, BootstrapError> {
    let written = reference::write(ctx, seed).await?;
    ctx.directories.forget();
    let mut associations = Vec::new();
    for (association, id) in seed.associations.iter().zip(&written.associations) {
        associations.push(AssociationMade {
            id: id.to_string(),
            slug: association.slug.clone(),
            name: association.name.clone(),
        });
    }
    let mut staff = match (seed.associations.first(), written.associations.first()) {
        (Some(association), Some(id)) => {
            staff_of_seed::make(ctx, &association.slug, *id, logins).await?
        }
        _ => Vec::new(),
    };
    if logins == Logins::Demo {
        let others = seed.associations.iter().zip(&written.associations).skip(1);
        for (association, id) in others {
            let owner = Role::Owner;
            staff.extend(
                staff_of_seed::make_one(ctx, &association.slug, *id, owner, 1, logins).await?,
            );
        }
    }
    let mut partners = Vec::new();
    for partner in &seed.partners {
        let own = seed.associations.iter().zip(&written.associations);
        let own = own
            .into_iter()
            .find(|(it, _)| it.slug == partner.association);
        let Some((association, id)) = own else {
            continue;
        };
        let made = partner_of_seed::make(ctx, partner, *id, logins).await?;
        partners.extend(made.map(|keys| PartnerMade {
            slug: partner.slug.clone(),
            association: association.slug.clone(),
            key: keys.live.as_str().to_owned(),
            test_key: keys.test.as_str().to_owned(),
            scopes: partner_of_seed::words(&partner.scopes),
        }));
    }
    Ok(BootstrapReport {
        case: CaseMade {
            id: written.case.to_string(),
            slug: seed.case.slug.clone(),
        },
        associations,
        staff,
        partners,
    })
}

impl fmt::Debug for PartnerMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartnerMade")
            .field("slug", &self.slug)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for StaffMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaffMade")
            .field("association", &self.association)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::accepted_text::{ATTESTATION_G, TextKind};
    use crate::domain::case::{CaseState, RegisterStatus};
    use crate::domain::consent::Purpose;
    use crate::domain::seed::standard_texts_for;

    #[test]
    fn r70_the_demo_seed_reads_and_is_marked() {
        let seed = demo_seed().unwrap();
        assert_eq!(seed.case.state, CaseState::Open);
        assert_eq!(seed.incidents.len(), 2);
        let sizes = seed.facts.iter().filter(|fact| fact.topic == "size");
        assert_eq!(sizes.count(), 5, "discrepancies are kept apart");
        for association in &seed.associations {
            let entries = [
                &association.registers.giustizia,
                &association.registers.art137,
            ];
            for entry in entries.into_iter().flatten() {
                assert_eq!(entry.status, RegisterStatus::Active);
                assert!(entry.reference.as_ref().unwrap().starts_with("DEMO-"));
            }
            assert!(association.phone.as_ref().unwrap().contains("DEMO"));
        }
    }

    #[test]
    fn the_standard_texts_are_there_in_each_language() {
        let seed = demo_seed().unwrap();
        let texts = STANDARD_TEXTS.map(|file| standard_texts_for(&seed, file).unwrap());
        let texts = texts.concat();
        assert_eq!(texts.len(), 21);
        assert!(texts.iter().all(|text| text.version == "2026-11-demo"));
        let kinds = Purpose::ALL.map(Purpose::as_str);
        for kind in kinds.into_iter().chain(TextKind::ALL.map(TextKind::as_str)) {
            let languages: Vec<_> = texts
                .iter()
                .filter(|text| text.kind == kind)
                .map(|text| text.language)
                .collect();
            assert_eq!(languages, Language::ALL, "{kind}");
        }
        for text in texts.iter().filter(|text| text.language == Language::De) {
            let first = text.body.trim_start().lines().next().unwrap();
            assert!(first.contains("nicht verbindlich"), "{}", text.kind);
        }
    }

    #[test]
    fn r3_the_attestation_that_is_published_is_the_pinned_one() {
        let seed = demo_seed().unwrap();
        let texts = standard_texts_for(&seed, STANDARD_TEXTS[1]).unwrap();
        let mut italian = texts.iter().filter(|text| text.language == Language::It);
        let published = italian.find(|text| text.kind == "attestation_g").unwrap();
        assert_eq!(published.body, ATTESTATION_G);
        for text in texts.iter().filter(|text| text.language != Language::It) {
            let binds = match text.language {
                Language::De => "Es gilt der italienische Text",
                Language::It | Language::En => "the Italian text binds",
            };
            assert!(text.body.contains(binds), "{}", text.kind);
        }
    }
}
