//! Who of the staff added which document: the trail knows.

use std::collections::HashMap;

use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::staff::{self, StaffActor};
use crate::db::audit;
use crate::domain::document::NUMBERS;
use crate::domain::ids::{ClaimantId, DocumentId};
use crate::domain::permission::operation;

/// Names of the staff members who added documents of a claimant, by document.
///
/// # Errors
/// `Forbidden` for the role; `Unavailable` if the database cannot be reached.
pub async fn operators(
    ctx: &Ctx,
    actor: &StaffActor,
    claimant: ClaimantId,
) -> AppResult<HashMap<DocumentId, String>> {
    actor.require(&operation::CLAIMANT_DOCUMENTS)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let most = i64::from(NUMBERS);
    let rows = audit::list_only(&mut tx, scope, claimant.uuid(), "add_document", most).await?;
    let added = rows.into_iter().filter_map(|row| {
        let by = row.actor_id.filter(|_| row.actor_kind == "staff")?;
        let document = row.detail.get("document")?.as_str()?;
        Some((DocumentId::parse(document)?, by))
    });
    let added: Vec<(DocumentId, Uuid)> = added.collect();
    let people: Vec<Uuid> = added.iter().map(|(_, by)| *by).collect();
    let names = staff::names(ctx, &mut tx, scope, &people).await?;
    tx.commit().await?;
    let named = added.into_iter();
    let named = named.filter_map(|(document, by)| Some((document, names.get(&by)?.clone())));
    Ok(named.collect())
}
