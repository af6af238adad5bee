//! Signing by hand (tier `paper`, R44): the form, what is handed in, and the second person who checks it.

use std::net::IpAddr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::vault::Vault;
use crate::db::paper::{self as db, HandInRow};
use crate::db::{Conn, Scope};
use crate::domain::ids::ClaimantId;
use crate::domain::paper::Sheet;

mod decision;
mod evidence;
mod form;
mod hand_in;
mod queue;
mod retention;

pub use decision::{Approval, Rejection, approve, reject};
pub use form::{form, form_by_staff};
pub use hand_in::{By, HandIn, HandedIn, hand_in, newest};
pub use queue::{OneSheet, Open, OpenSheet, ToVerify, list, next, open, sheet};
pub use retention::delete_identity_images;

/// What of a hand-in rests sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    sheets: Vec<Sheet>,
    signed_on: NaiveDate,
    id_expires_on: NaiveDate,
    ip: Option<IpAddr>,
    user_agent: Option<String>,
    session_sha256: Option<String>,
}

fn kept(vault: &Vault, row: &HandInRow) -> AppResult<Kept> {
    vault.unseal("paper_hand_ins", "sealed", row.sealed.clone())
}

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
