//! Partner sites of an association: who they are. Their keys are in `key`, who shows one in `actor`, what a key may
//! ask for in a minute in `limit`, what partners send in `submission`, how many they brought in `brought` (decision
//! 32); what they are told in `event`, where it is delivered to in `webhook` (decision 33).

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::sandbox;
use crate::app::staff::StaffActor;
use crate::crypto::sealing::{Aad, FORMAT, Sealed};
use crate::crypto::token;
use crate::db::partner::{self as db, PartnerRow};
use crate::db::{DbError, Scope, partner_key, webhook as endpoints};
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, PartnerId};
use crate::domain::language::Language;
use crate::domain::partner::{Profile, ProfileInput, slug};
use crate::domain::partner_origin::Origin;
use crate::domain::permission::operation;

mod actor;
pub mod brought;
pub mod event;
pub mod key;
pub mod limit;
pub mod submission;
pub mod webhook;

pub use actor::PartnerActor;
pub use key::Key;

/// Partners listed; an association has dozens.
const LISTED: i64 = 500;
/// Keys listed of one partner, revoked ones too.
const KEYS: i64 = 100;

/// A partner site.
#[derive(Clone)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// Its name in links.
    pub slug: String,
    /// What the site is called.
    pub name: String,
    /// Where the partner is written to.
    pub email: Option<String>,
    /// Language of mails to it.
    pub language: Language,
    /// When it was made known, UTC.
    pub created_at: DateTime<Utc>,
    /// Since when none of its keys works, UTC.
    pub suspended_at: Option<DateTime<Utc>>,
    /// Origins whose pages may show the form in a frame.
    pub origins: Vec<String>,
}

/// Whether the keys of a partner work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// They do.
    Active,
    /// None does.
    Suspended,
}

/// The partners of the own association, by slug.
///
/// # Errors
/// `Forbidden`.
pub async fn list(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<Partner>> {
    actor.require(&operation::LIST_PARTNERS)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list(&mut tx, scope, actor.association_id(), LISTED).await?;
    tx.commit().await?;
    rows.into_iter().map(|row| opened(ctx, row)).collect()
}

/// A partner of the own association with its keys, those that hold a place first, then newest first.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: PartnerId) -> AppResult<(Partner, Vec<Key>)> {
    actor.require(&operation::GET_PARTNER)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find(&mut tx, scope, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let keys = partner_key::list(&mut tx, scope, id, KEYS).await?;
    tx.commit().await?;
    let directory = ctx.directories.get(ctx).await?;
    let now = ctx.clock.now();
    let keys = keys.into_iter().map(|row| Key::of(row, &directory, now));
    Ok((opened(ctx, row)?, keys.collect::<AppResult<_>>()?))
}

/// Makes a partner known.
///
/// *effects*: partner; audit `partner_added`.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `Invalid` with every wrong field, a slug that is taken among them.
pub async fn add(
    ctx: &Ctx,
    actor: &StaffActor,
    typed_slug: Option<&str>,
    input: &ProfileInput,
) -> AppResult<Partner> {
    actor.require(&operation::ADD_PARTNER)?;
    let mut errors = FieldErrors::new();
    let slug = errors.take("/slug", slug(typed_slug));
    let profile = Profile::parse(input)
        .map_err(|wrong| errors.append(wrong))
        .ok();
    let (Some(slug), Some(profile)) = (slug, profile) else {
        return Err(AppError::Invalid(errors));
    };
    let by = Some(actor.staff_id().uuid());
    let row = sealed(ctx, actor.association_id(), (slug, &profile), by)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    match db::insert(&mut tx, scope, &row).await {
        Ok(()) => {}
        Err(DbError::Unique(name)) if name == "partners_slug_key" => {
            errors.push("/slug", FieldCode::OutOfRange, "error-partner-slug-taken");
            return Err(AppError::Invalid(errors));
        }
        Err(error) => return Err(error.into()),
    }
    let mut deed = actor.deed(row.id, "partner_added");
    deed.detail = json!({ "partner": row.slug });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    opened(ctx, row)
}

/// What to change of a partner; what is left out stays as it is.
#[derive(Clone, Default)]
pub struct Change {
    /// What is known about it.
    pub profile: Option<ProfileInput>,
    /// Whether its keys work.
    pub standing: Option<Standing>,
    /// Origins whose pages may show the form in a frame, as typed.
    pub origins: Option<Vec<String>>,
}

/// Changes what is known about a partner, whether its keys work, where its form may be framed, or all of it.
///
/// *effects*: partner; how its endpoints failed is forgotten where it works again; audit `partner_changed` with the
/// names of what changed, the standing before and after and the new origins where they changed.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound`; `Invalid` with every wrong field.
pub async fn change(
    ctx: &Ctx,
    actor: &StaffActor,
    id: PartnerId,
    change: &Change,
) -> AppResult<Partner> {
    actor.require(&operation::CHANGE_PARTNER)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::lock(&mut tx, scope, id).await?;
    let mut row = row.ok_or(AppError::NotFound)?;
    let (profile, origins) = change.read().map_err(AppError::Invalid)?;
    let known = row.clone();
    let before = standing_of(&row);
    let standing = change.standing.unwrap_or(before);
    row.suspended_at = match (standing, row.suspended_at) {
        (Standing::Active, _) => None,
        (Standing::Suspended, since) => since.or_else(|| Some(ctx.clock.now())),
    };
    row.origins = origins.unwrap_or(row.origins);
    let written = match &profile {
        Some(profile) => with_profile(ctx, row, profile)?,
        None => row,
    };
    db::update(&mut tx, scope, &written).await?;
    let changed = differing(ctx, &known, &written)?;
    let mut deed = actor.deed(id.uuid(), "partner_changed");
    deed.detail = if changed.contains(&"origins") {
        json!({ "partner": written.slug, "changed": changed, "origins": written.origins })
    } else {
        json!({ "partner": written.slug, "changed": changed })
    };
    deed.change = (before != standing).then(|| (before.as_str(), standing.as_str()));
    deed.write(ctx, &mut tx, scope).await?;
    if (before, standing) == (Standing::Suspended, Standing::Active) {
        // the days it rested are no days on which its servers failed, those of tests neither
        endpoints::forget_failures(&mut tx, scope, id).await?;
        let twin = Scope::Association(sandbox::association_id(actor.association_id()));
        tx.enter(twin).await?;
        endpoints::forget_failures(&mut tx, twin, sandbox::partner_id(id)).await?;
    }
    tx.commit().await?;
    opened(ctx, written)
}

/// The names of what a change changed.
fn differing(ctx: &Ctx, known: &PartnerRow, written: &PartnerRow) -> AppResult<Vec<&'static str>> {
    let address =
        |row: &PartnerRow| email_of(ctx, row).map(|email| email.map(|it| it.as_str().to_owned()));
    let fields = [
        ("name", known.name != written.name),
        ("email", address(known)? != address(written)?),
        ("language", known.language != written.language),
        ("standing", standing_of(known) != standing_of(written)),
        ("origins", known.origins != written.origins),
    ];
    let changed = fields.into_iter();
    Ok(changed
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect())
}

impl Change {
    /// Reads what was typed of it.
    fn read(&self) -> Result<(Option<Profile>, Option<Vec<String>>), FieldErrors> {
        let mut errors = FieldErrors::new();
        let profile = self.profile.as_ref().and_then(|typed| {
            let read = Profile::parse(typed);
            read.map_err(|wrong| errors.append(wrong)).ok()
        });
        let origins = self.origins.as_deref().and_then(|typed| {
            let read = Origin::parse_all(typed);
            read.map_err(|wrong| errors.append(wrong)).ok()
        });
        let origins = origins.map(|all| all.iter().map(|it| it.as_str().to_owned()).collect());
        errors.into_result((profile, origins))
    }
}

impl Standing {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Suspended]
            .into_iter()
            .find(|standing| standing.as_str() == word)
    }
}

impl Partner {
    /// Whether its keys work.
    pub fn standing(&self) -> Standing {
        match self.suspended_at {
            Some(_) => Standing::Suspended,
            None => Standing::Active,
        }
    }

    /// The address of the form that people join by, counted for this partner.
    pub fn link(&self, ctx: &Ctx, case: &str, association: &str) -> String {
        let base = &ctx.settings.public_base_url;
        let via = &self.slug;
        format!("{base}/c/{case}/join?association={association}&via={via}")
    }

    /// The address of the script that puts that form into a page of the partner.
    pub fn script(&self, ctx: &Ctx) -> String {
        format!("{}/embed/v1.js", ctx.settings.public_base_url)
    }
}

fn standing_of(row: &PartnerRow) -> Standing {
    match row.suspended_at {
        Some(_) => Standing::Suspended,
        None => Standing::Active,
    }
}

/// The row of a new partner.
pub(in crate::app) fn sealed(
    ctx: &Ctx,
    association: AssociationId,
    (slug, profile): (String, &Profile),
    by: Option<Uuid>,
) -> AppResult<PartnerRow> {
    let now = ctx.clock.now();
    let row = PartnerRow {
        id: token::new_id(now),
        association_id: association.uuid(),
        slug,
        name: String::new(),
        language: String::new(),
        root_version: None,
        email_sealed: None,
        created_by: by,
        created_at: now,
        suspended_at: None,
        origins: Vec::new(),
    };
    with_profile(ctx, row, profile)
}

fn with_profile(ctx: &Ctx, mut row: PartnerRow, profile: &Profile) -> AppResult<PartnerRow> {
    row.name.clone_from(&profile.name);
    profile.language.as_str().clone_into(&mut row.language);
    (row.root_version, row.email_sealed) = match &profile.email {
        None => (None, None),
        Some(email) => {
            let (version, root) = ctx.keyring.root();
            let version = i32::try_from(version).map_err(AppError::internal)?;
            let sealed = root.seal_json(&place(row.id, version), email)?;
            (Some(version), Some(sealed.into_bytes()))
        }
    };
    Ok(row)
}

/// Where a partner is written to; none where nobody said.
pub(in crate::app) fn email_of(ctx: &Ctx, row: &PartnerRow) -> AppResult<Option<EmailAddress>> {
    let (Some(version), Some(sealed)) = (row.root_version, row.email_sealed.clone()) else {
        return Ok(None);
    };
    let root = ctx.keyring.root_by_version(version)?;
    let at = place(row.id, version);
    Ok(Some(root.open_json(&at, &Sealed::from_stored(sealed))?))
}

fn opened(ctx: &Ctx, row: PartnerRow) -> AppResult<Partner> {
    let email = email_of(ctx, &row)?;
    let language = Language::parse(&row.language);
    Ok(Partner {
        id: PartnerId::new(row.id),
        slug: row.slug,
        name: row.name,
        email: email.map(|email| email.as_str().to_owned()),
        language: language.ok_or(DbError::Corrupt("partners.language"))?,
        created_at: row.created_at,
        suspended_at: row.suspended_at,
        origins: row.origins,
    })
}

fn place(id: Uuid, key_version: i32) -> Aad<'static> {
    Aad {
        version: FORMAT,
        table: "partners",
        column: "email_sealed",
        claimant: id,
        key_version,
    }
}

impl fmt::Debug for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Partner({})", self.slug)
    }
}
