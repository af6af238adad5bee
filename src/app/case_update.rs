//! News of a case, posted by one of its associations: never changed once they are there. A mistake is put
//! right by further news, or they are withdrawn with a reason.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use uuid::Uuid;

use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::directory::CaseEntry;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::crypto::token;
use crate::db::case_update::{self as db, CaseUpdateRow};
use crate::db::{Conn, DbError, Scope, follower};
use crate::domain::case_update::{UpdateTextInput, UpdateTexts};
use crate::domain::ids::{AssociationId, CaseId};
use crate::domain::page_length::MAX_LIMIT;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

const SCOPE: Scope = Scope::System("news of a case, for anybody");

/// Readers are counted up to this.
pub const COUNTED: i64 = 2_001;

/// News of a case.
#[derive(Clone, Debug)]
pub struct CaseUpdate {
    /// The news.
    pub id: Uuid,
    /// Whose words they are.
    pub association: AssociationId,
    /// What they say.
    pub texts: UpdateTexts,
    /// Since when they are there, UTC.
    pub published_at: DateTime<Utc>,
    /// Since when nobody but the staff sees them, UTC, and why.
    pub withdrawn: Option<(DateTime<Utc>, String)>,
}

/// A page of news, newest first.
#[derive(Debug)]
pub struct Page {
    /// The news.
    pub items: Vec<CaseUpdate>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Uuid>,
}

/// Publishes news of a case in the name of the actor's association. The same `key` publishes once.
///
/// *effects*: a row in `case_updates`; audit `publish_update`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others; `Invalid`; `IdempotencyMismatch` if the key published
/// something else.
pub async fn publish(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    key: Option<&str>,
    input: &[UpdateTextInput],
) -> AppResult<CaseUpdate> {
    actor.require(&operation::PUBLISH_UPDATE)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let texts = UpdateTexts::parse(input)?;
    let now = ctx.clock.now();
    let row = CaseUpdateRow {
        id: token::new_id(now),
        association_id: actor.association_id().uuid(),
        case_id: own.case.id.uuid(),
        request_key: request_key(ctx, actor, key),
        texts: serde_json::to_value(&texts).map_err(AppError::internal)?,
        published_by: actor.staff_id().uuid(),
        published_at: now,
        withdrawn_by: None,
        withdrawn_at: None,
        withdrawal_reason: None,
        mailed_up_to: None,
        mailed_at: None,
    };
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    if !db::insert(&mut tx, scope, &row).await? {
        let before =
            db::find_by_request(&mut tx, scope, actor.association_id(), row.request_key).await?;
        let same =
            before.filter(|before| before.case_id == row.case_id && before.texts == row.texts);
        return Ok(update(same.ok_or(AppError::IdempotencyMismatch)?)?);
    }
    let mut deed = actor.deed(row.id, "publish_update");
    deed.detail = json!({ "case": own.case.id });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    ctx.directories.forget();
    Ok(update(row)?)
}

/// Withdraws news of the own association: nobody but the staff sees them from then on.
///
/// *effects*: audit `withdraw_update`. Mails of it that are not out yet are dropped.
///
/// # Errors
/// `Forbidden`; `NotFound` for news of others; `IllegalTransition` if they were withdrawn before.
pub async fn withdraw(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
    reason: &Reason,
) -> AppResult<CaseUpdate> {
    actor.require(&operation::WITHDRAW_UPDATE)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let place = (actor.association_id(), id);
    let by = (actor.staff_id(), reason.as_str());
    let now = ctx.clock.now();
    let is_done = db::mark_withdrawn(&mut tx, scope, place, by, now).await?;
    let row = db::find(&mut tx, scope, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    if !is_done {
        return Err(AppError::IllegalTransition("update_withdrawn"));
    }
    let mut deed = actor.deed(id, "withdraw_update");
    deed.detail = json!({ "case": row.case_id });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    ctx.directories.forget();
    Ok(update(row)?)
}

/// How many follow the case with the actor's association, counted up to [`COUNTED`].
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn count_readers(ctx: &Ctx, actor: &StaffActor, slug: &str) -> AppResult<usize> {
    actor.require(&operation::PUBLISH_UPDATE)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let place = (actor.association_id().uuid(), own.case.id.uuid());
    let span = (None, ctx.clock.now());
    let readers = follower::list_confirmed(&mut tx, scope, place, span, COUNTED).await?;
    tx.commit().await?;
    Ok(readers.len())
}

/// News of the actor's association in a case, withdrawn ones too; `limit` 1 to 200.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    before: Option<Uuid>,
    limit: u16,
) -> AppResult<Page> {
    actor.require(&operation::LIST_UPDATES)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let place = (actor.association_id(), own.case.id);
    let limit = limit.clamp(1, MAX_LIMIT);
    let rows = db::list(&mut tx, scope, place, before, i64::from(limit) + 1).await?;
    tx.commit().await?;
    page(rows, limit)
}

/// News of a case that anybody may see; `limit` 1 to 200.
///
/// # Errors
/// `NotFound` for a case that nobody may see.
pub async fn list_public(
    ctx: &Ctx,
    slug: &str,
    before: Option<Uuid>,
    limit: u16,
) -> AppResult<(Arc<CaseEntry>, Page)> {
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.public_case(slug)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let rows = db::list_public(&mut tx, SCOPE, case.id, before, i64::from(limit) + 1).await?;
    tx.commit().await?;
    Ok((case, page(rows, limit)?))
}

/// News that stand, whoever asks.
pub(in crate::app) async fn find_standing(
    conn: &mut Conn,
    scope: Scope,
    id: Uuid,
) -> AppResult<Option<CaseUpdate>> {
    let row = db::find(conn, scope, id).await?;
    let row = row.filter(|row| row.withdrawn_at.is_none());
    Ok(row.map(update).transpose()?)
}

/// The cursor of the page that begins after an item.
pub fn cursor(id: Uuid) -> String {
    BASE64URL_NOPAD.encode(id.as_bytes())
}

/// Reads a cursor; `None` for anything else.
pub fn read_cursor(text: &str) -> Option<Uuid> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    Uuid::from_slice(&bytes).ok()
}

/// A row as news.
pub(in crate::app) fn update(row: CaseUpdateRow) -> Result<CaseUpdate, DbError> {
    let texts: UpdateTexts =
        serde_json::from_value(row.texts).map_err(|_| DbError::Corrupt("case_updates.texts"))?;
    Ok(CaseUpdate {
        id: row.id,
        association: AssociationId::new(row.association_id),
        texts,
        published_at: row.published_at,
        withdrawn: row.withdrawn_at.zip(row.withdrawal_reason),
    })
}

/// News by their case, newest first; those that cannot be read are left out.
pub(in crate::app) fn by_case(rows: Vec<CaseUpdateRow>) -> Vec<(CaseId, CaseUpdate)> {
    let read = |row: CaseUpdateRow| {
        let (id, case) = (row.id, CaseId::new(row.case_id));
        match update(row) {
            Ok(update) => Some((case, update)),
            Err(error) => {
                tracing::error!(update.id = %id, %error, "news of a case cannot be read");
                None
            }
        }
    };
    rows.into_iter().filter_map(read).collect()
}

fn page(mut rows: Vec<CaseUpdateRow>, limit: u16) -> AppResult<Page> {
    let limit = usize::from(limit);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.id);
    let items = rows.into_iter().map(update).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// A key of the actor's association; without one, of this request alone.
fn request_key(ctx: &Ctx, actor: &StaffActor, key: Option<&str>) -> Uuid {
    let Some(key) = key else {
        return token::new_id(ctx.clock.now());
    };
    let place = format!("{}|{key}", actor.association_id());
    token::uuid_v8(ctx.keyring.index.platform_hash("case_update", &place))
}
