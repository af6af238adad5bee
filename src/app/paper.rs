//! Signing by hand (tier `paper`, R44): the form, what is handed in, and who checks it.

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::db::paper as db;
use crate::db::{Conn, Scope};
use crate::domain::ids::ClaimantId;

mod form;

pub use form::{form, form_by_staff};

/// Ends what waits to be verified of a claimant, who is locked: a newer version, hand-in or signature
/// replaces it.
pub(in crate::app) async fn replace_open(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<()> {
    db::mark_replaced(conn, scope, claimant, ctx.clock.now()).await?;
    Ok(())
}
