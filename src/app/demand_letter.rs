//! The register of an association's own letters to the respondent (diffida): entered, gone on with as answers
//! come, told on the case page if the association wants. None of them interrupts a claimant's prescription
//! (R65): `domain::prescription` never asks here.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::crypto::token;
use crate::db::DbError;
use crate::db::demand_letter::{self as db, LetterRow};
use crate::domain::demand_letter::LetterContent;
use crate::domain::ids::{AssociationId, CaseId};
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;

/// Letters that are listed.
const LISTED: i64 = 500;

/// A version of a letter.
#[derive(Clone, Debug)]
pub struct DemandLetter {
    /// The letter.
    pub id: Uuid,
    /// From 1.
    pub version: i32,
    /// Whose letter it is.
    pub association: AssociationId,
    /// The case.
    pub case: CaseId,
    /// What it says.
    pub content: LetterContent,
    /// Staff id of who wrote the version.
    pub written_by: Uuid,
    /// When, UTC.
    pub written_at: DateTime<Utc>,
}

/// Letters of the own association in a case, newest first, each in its newest version.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn list(ctx: &Ctx, actor: &StaffActor, slug: &str) -> AppResult<Vec<DemandLetter>> {
    actor.require(&operation::LIST_DEMAND_LETTERS)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let key = (actor.association_id(), own.case.id);
    let rows = db::list(&mut tx, scope, key, LISTED).await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(letter).collect::<Result<_, _>>()?)
}

/// A letter with all its versions, newest first.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of another association.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<Vec<DemandLetter>> {
    actor.require(&operation::GET_DEMAND_LETTER)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list_versions(&mut tx, scope, actor.association_id(), id).await?;
    tx.commit().await?;
    if rows.is_empty() {
        return Err(AppError::NotFound);
    }
    Ok(rows.into_iter().map(letter).collect::<Result<_, _>>()?)
}

/// Enters a letter.
///
/// *effects*: version 1; audit `write_demand_letter`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others; `Invalid`.
pub async fn enter(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    content: &LetterContent,
) -> AppResult<DemandLetter> {
    actor.require(&operation::ENTER_DEMAND_LETTER)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let id = token::new_id(ctx.clock.now());
    append(ctx, actor, own.case.id, (id, 1), content).await
}

/// Writes the next version of a letter, made from version `based_on`: an answer came, a receipt, a mistake.
///
/// *effects*: a version; audit `write_demand_letter`.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid`; `IllegalTransition` if somebody wrote a version meanwhile.
pub async fn update(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
    based_on: i32,
    content: &LetterContent,
) -> AppResult<DemandLetter> {
    actor.require(&operation::UPDATE_DEMAND_LETTER)?;
    let versions = get(ctx, actor, id).await?;
    let newest = versions.first().ok_or(AppError::NotFound)?;
    if newest.version != based_on {
        return Err(AppError::IllegalTransition("changed"));
    }
    let key = (id, based_on.saturating_add(1));
    append(ctx, actor, newest.case, key, content).await
}

async fn append(
    ctx: &Ctx,
    actor: &StaffActor,
    case: CaseId,
    (id, version): (Uuid, i32),
    content: &LetterContent,
) -> AppResult<DemandLetter> {
    let now = ctx.clock.now();
    let content = content.parse(day_in_rome(now))?;
    let row = LetterRow {
        id,
        version,
        association_id: actor.association_id().uuid(),
        case_id: case.uuid(),
        content: serde_json::to_value(&content).map_err(AppError::internal)?,
        is_public: content.public,
        written_by: actor.staff_id().uuid(),
        written_at: now,
    };
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    if !db::insert(&mut tx, scope, &row).await? {
        return Err(AppError::IllegalTransition("changed"));
    }
    let mut deed = actor.deed(id, "write_demand_letter");
    deed.detail = json!({
        "case": case, "version": version, "sent_on": content.sent_on,
        "demands": content.demands.len(),
        "answered": content.demands.iter().filter(|it| !it.answer.is_empty()).count(),
        "public": content.public,
    });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    ctx.directories.forget();
    Ok(letter(row)?)
}

/// Letters that anybody may see, by day; those that cannot be read are left out.
pub(in crate::app) fn told(rows: Vec<LetterRow>) -> Vec<DemandLetter> {
    let mut letters = Vec::new();
    for row in rows.into_iter().filter(|row| row.is_public) {
        let id = row.id;
        match letter(row) {
            Ok(letter) => letters.push(letter),
            Err(error) => {
                tracing::error!(letter.id = %id, %error, "a letter cannot be read");
            }
        }
    }
    letters.sort_by(|a, b| a.content.sent_on.cmp(&b.content.sent_on));
    letters
}

fn letter(row: LetterRow) -> Result<DemandLetter, DbError> {
    let content = serde_json::from_value(row.content);
    Ok(DemandLetter {
        id: row.id,
        version: row.version,
        association: AssociationId::new(row.association_id),
        case: CaseId::new(row.case_id),
        content: content.map_err(|_| DbError::Corrupt("demand_letters.content"))?,
        written_by: row.written_by,
        written_at: row.written_at,
    })
}
