//! The rows and reports of imports that are over are deleted.

use serde_json::json;

use crate::app::audit::{self, Actor};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::shelf;
use crate::blob::IMPORTS;
use crate::db::{Scope, import};
use crate::domain::ids::{AssociationId, ImportId};

const SCOPE: Scope = Scope::System("imports whose time is over");

/// Deletes rows and reports of imports whose time is over: the key first, the parts after it. Gives of how
/// many. Safe to repeat and to run twice at once.
///
/// *effects*: state `expired` and audit `import_expired` for one that was never started.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached; what was done stays done.
pub(in crate::app) async fn sweep(ctx: &Ctx) -> AppResult<usize> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let over = import::list_expired(&mut tx, SCOPE, now).await?;
    for row in &over {
        if import::mark_expired(&mut tx, SCOPE, ImportId::new(row.id)).await? {
            let entry = audit::Entry {
                subject: row.id,
                association: Some(AssociationId::new(row.association_id)),
                actor: Actor::System,
                action: "import_expired",
                states: None,
                detail: json!({ "state": row.state }),
                sealed: None,
            };
            audit::append(ctx, &mut tx, SCOPE, entry).await?;
        }
    }
    tx.commit().await?;
    for row in &over {
        shelf::clear(ctx, IMPORTS, row.id).await?;
        let mut tx = ctx.pools.begin(SCOPE).await?;
        import::mark_swept(&mut tx, SCOPE, ImportId::new(row.id), now).await?;
        tx.commit().await?;
    }
    Ok(over.len())
}
