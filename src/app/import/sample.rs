//! What stands in the columns of a list, for who is to say what they hold.

use super::parts;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::staff::StaffActor;
use crate::db::import;
use crate::domain::ids::ImportId;
use crate::domain::permission::operation;

/// Letters of a cell that are shown.
const SHOWN: usize = 40;

/// Of each column the first filled cell among the first rows; `None` where there is none. Who did not upload the
/// list learns only that there is one: an empty text.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none of the association's.
pub async fn samples(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ImportId,
) -> AppResult<Vec<Option<String>>> {
    actor.require(&operation::CHECK_IMPORT)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = import::get(&mut tx, scope, actor.association_id(), id).await?;
    tx.commit().await?;
    let shelf = parts::shelf(ctx, &row).await?;
    let Some(shelf) = shelf.filter(|_| row.batch_total > 0) else {
        return Ok(Vec::new());
    };
    let rows = parts::get(&shelf, 0).await?;
    let is_own = row.uploaded_by == actor.staff_id().uuid();
    let sample = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.cells.get(column));
        let filled = cells.find(|cell| !cell.text().trim().is_empty())?;
        let letters = filled.text().trim().chars();
        Some(
            letters
                .take(if is_own { SHOWN } else { 0 })
                .collect::<String>(),
        )
    };
    Ok((0..row.mapping.len()).map(sample).collect())
}
