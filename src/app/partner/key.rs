//! Keys of partner sites: made, shown once, checked with every request, revoked (R56). Nothing is remembered
//! between two requests, so that a revoked key opens nothing on any node from the next request on.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use ipnet::IpNet;
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::partner::PartnerActor;
use crate::app::staff::StaffActor;
use crate::crypto::{sha256, token};
use crate::db::partner_key::{self as db, PartnerKeyRow};
use crate::db::{Conn, DbError, Scope, partner};
use crate::domain::ids::{AssociationId, CaseId, PartnerId, PartnerKeyId};
use crate::domain::partner::{KeyMode, PartnerScope};
use crate::domain::partner_key::{
    self, KeyInput, KeyRefusal, KeyRights, PartnerKey, PartnerKeyError,
};
use crate::domain::permission::operation;

const SCOPE: Scope = Scope::System("keys of partners, before the tenant is known");
/// How exactly the last use is noted: a write now and then, not with every request.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);
/// Keys of one mode that work at a time: the old one and the one that follows it.
const PLACES: [i16; 2] = [1, 2];

/// A key as staff see it; what it opens by is never shown again.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: PartnerKeyId,
    /// Its beginning: enough to tell it from another.
    pub shown: String,
    /// Live or test.
    pub mode: KeyMode,
    /// What it may do.
    pub scopes: Vec<PartnerScope>,
    /// Slugs of the cases it may act in; none: all of the association.
    pub cases: Option<Vec<String>>,
    /// Networks it may be used from; none: from anywhere.
    pub networks: Vec<String>,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
    /// First instant at which it works no more, UTC.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to some minutes, UTC.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked, UTC.
    pub revoked_at: Option<DateTime<Utc>>,
    /// How it stands now.
    pub standing: KeyStanding,
}

/// How a key stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyStanding {
    /// It works, unless its partner rests.
    Works,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl KeyStanding {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Who shows a key from an address: who the partner is.
///
/// *effects*: notes the use of the key, every few minutes.
///
/// # Errors
/// `Key` says why nothing is opened: what is no key of partners is `Missing`.
pub async fn authenticate(ctx: &Ctx, shown: Option<&str>, from: IpAddr) -> AppResult<PartnerActor> {
    let shown = shown.ok_or(AppError::Key(KeyRefusal::Missing))?;
    let key = match PartnerKey::parse(shown) {
        Ok(key) => key,
        Err(PartnerKeyError::Format) => return Err(AppError::Key(KeyRefusal::Missing)),
        Err(PartnerKeyError::Checksum) => return Err(AppError::Key(KeyRefusal::Malformed)),
    };
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = db::find(&mut tx, SCOPE, key.id()).await?;
    let digest = sha256::digest(key.as_str().as_bytes());
    let found = found.filter(|(row, _, _)| token::same(&row.secret_sha256, &digest));
    let (row, suspended_at, slug) = found.ok_or(AppError::Key(KeyRefusal::Unknown))?;
    if row.revoked_at.is_some() || suspended_at.is_some() {
        return Err(AppError::Key(KeyRefusal::Revoked));
    }
    if row.expires_at.is_some_and(|end| end <= now) {
        return Err(AppError::Key(KeyRefusal::Expired));
    }
    if !is_from(&row.networks, from)? {
        return Err(AppError::Key(KeyRefusal::Network));
    }
    if row.last_used_at.is_none_or(|at| at < now - NOTED_EVERY) {
        db::mark_used(&mut tx, SCOPE, key.id(), now, NOTED_EVERY).await?;
    }
    let actor = PartnerActor::of(row, slug)?;
    tx.commit().await?;
    Ok(actor)
}

/// Makes a key for a partner of the own association. Gives its text, which is shown this once.
///
/// *effects*: key; audit `partner_key_made`.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound`; `Invalid` with every wrong field; `IllegalTransition` if two keys of
/// the mode work already (`two-keys`).
pub async fn add(
    ctx: &Ctx,
    actor: &StaffActor,
    id: PartnerId,
    input: &KeyInput,
) -> AppResult<(Key, PartnerKey)> {
    actor.require(&operation::ADD_PARTNER_KEY)?;
    let now = ctx.clock.now();
    let scope = actor.scope();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let partner = partner::lock(&mut tx, scope, id).await?;
    let partner = partner.ok_or(AppError::NotFound)?;
    let rights = KeyRights::parse(input, now).map_err(AppError::Invalid)?;
    let cases = match &rights.cases {
        Some(slugs) => Some(directory.cases_of(actor.association_id(), slugs)?),
        None => None,
    };
    let owner = (id, actor.association_id());
    let by = Some(actor.staff_id().uuid());
    let (row, key) = made(ctx, owner, &rights, (cases, by));
    let row = insert(&mut tx, scope, row, now).await?;
    let mut deed = actor.deed(partner.id, "partner_key_made");
    deed.detail = json!({
        "partner": partner.slug, "key": row.id, "mode": row.mode, "scopes": row.scopes,
        "cases": row.case_ids, "networks": row.networks.len(), "expires_at": row.expires_at,
    });
    deed.write(ctx, &mut tx, scope).await?;
    // after the commit nothing may fail any more: the key is shown this once
    let shown = Key::of(row, &directory, now)?;
    tx.commit().await?;
    Ok((shown, key))
}

/// Revokes a key of the own association: it opens nothing from the next request on. Gives its partner.
///
/// *effects*: key; audit `partner_key_revoked`; what it asked for in its last window is forgotten.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound`; `IllegalTransition` if it was revoked before.
pub async fn revoke(ctx: &Ctx, actor: &StaffActor, id: PartnerKeyId) -> AppResult<PartnerId> {
    actor.require(&operation::REVOKE_PARTNER_KEY)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let found = db::find(&mut tx, scope, id).await?;
    let (row, _, slug) = found.ok_or(AppError::NotFound)?;
    let by = Some(actor.staff_id().uuid());
    if !db::mark_revoked(&mut tx, scope, id, by, ctx.clock.now()).await? {
        return Err(AppError::IllegalTransition("key-revoked"));
    }
    let mut deed = actor.deed(row.partner_id, "partner_key_revoked");
    deed.detail = json!({ "partner": slug, "key": id, "mode": row.mode });
    deed.write(ctx, &mut tx, scope).await?;
    tx.enter(SCOPE).await?;
    db::forget_used(&mut tx, SCOPE, id).await?;
    tx.commit().await?;
    Ok(PartnerId::new(row.partner_id))
}

/// The row and the text of a new key, without its place.
pub(in crate::app) fn made(
    ctx: &Ctx,
    (partner, association): (PartnerId, AssociationId),
    rights: &KeyRights,
    (cases, by): (Option<Vec<CaseId>>, Option<Uuid>),
) -> (PartnerKeyRow, PartnerKey) {
    let now = ctx.clock.now();
    let id = PartnerKeyId::new(token::new_id(now));
    let key = PartnerKey::new(rights.mode, id, token::random_bytes());
    let row = PartnerKeyRow {
        id: id.uuid(),
        partner_id: partner.uuid(),
        association_id: association.uuid(),
        mode: rights.mode.as_str().to_owned(),
        slot: None,
        secret_sha256: sha256::digest(key.as_str().as_bytes()),
        scopes: words(&rights.scopes),
        case_ids: cases.map(|cases| cases.into_iter().map(CaseId::uuid).collect()),
        networks: rights.networks.iter().map(IpNet::to_string).collect(),
        created_by: by,
        created_at: now,
        expires_at: rights.expires_at,
        last_used_at: None,
        revoked_by: None,
        revoked_at: None,
    };
    (row, key)
}

/// Writes a key in a free place. Its partner is locked.
pub(in crate::app) async fn insert(
    conn: &mut Conn,
    scope: Scope,
    mut row: PartnerKeyRow,
    now: DateTime<Utc>,
) -> AppResult<PartnerKeyRow> {
    let partner = PartnerId::new(row.partner_id);
    db::free_expired(conn, scope, partner, now).await?;
    let taken = db::list_places(conn, scope, partner, &row.mode).await?;
    let free = PLACES.into_iter().find(|place| !taken.contains(place));
    row.slot = Some(free.ok_or(AppError::IllegalTransition("two-keys"))?);
    match db::insert(conn, scope, &row).await {
        Ok(()) => Ok(row),
        Err(DbError::Unique(_)) => Err(AppError::IllegalTransition("two-keys")),
        Err(error) => Err(error.into()),
    }
}

fn is_from(networks: &[String], address: IpAddr) -> AppResult<bool> {
    if networks.is_empty() {
        return Ok(true);
    }
    for text in networks {
        let network: Option<IpNet> = partner_key::network(text);
        let network = network.ok_or(DbError::Corrupt("partner_keys.networks"))?;
        if network.contains(&address) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn words(scopes: &[PartnerScope]) -> Vec<String> {
    scopes
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect()
}

pub(super) fn mode_of(row: &PartnerKeyRow) -> AppResult<KeyMode> {
    let mode = KeyMode::parse(&row.mode);
    Ok(mode.ok_or(DbError::Corrupt("partner_keys.mode"))?)
}

pub(super) fn scopes_of(row: &PartnerKeyRow) -> AppResult<Vec<PartnerScope>> {
    let unknown = || DbError::Corrupt("partner_keys.scopes");
    row.scopes
        .iter()
        .map(|word| Ok(PartnerScope::parse(word).ok_or_else(unknown)?))
        .collect()
}

impl Key {
    pub(in crate::app) fn of(
        row: PartnerKeyRow,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> AppResult<Self> {
        let (id, mode) = (PartnerKeyId::new(row.id), mode_of(&row)?);
        let slug_of = |id: &Uuid| {
            let cases = directory.cases().iter();
            let mut found = cases.filter(|case| case.id.uuid() == *id);
            found.next().map(|case| case.slug.clone())
        };
        let standing = if row.revoked_at.is_some() {
            KeyStanding::Revoked
        } else if row.expires_at.is_some_and(|end| end <= now) {
            KeyStanding::Expired
        } else {
            KeyStanding::Works
        };
        Ok(Self {
            id,
            shown: partner_key::shown(mode, id),
            mode,
            scopes: scopes_of(&row)?,
            cases: row
                .case_ids
                .as_ref()
                .map(|ids| ids.iter().filter_map(slug_of).collect()),
            networks: row.networks,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            standing,
        })
    }
}
