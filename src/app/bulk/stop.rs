//! Who wants no messages that go to many says so by the link in each of them, and may want them again. Mails about
//! the own record still come.

use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::challenge::{ChallengePurpose, parse_token, verify};
use crate::db::bulk as db;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::{Conn, Scope};
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};

const SCOPE: Scope = Scope::System("links that stop messages, before the tenant is known");
const PURPOSE: ChallengePurpose = ChallengePurpose::StopMessages;

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose messages, about which case.
    pub place: (AssociationId, CaseId),
    /// Whether messages are stopped.
    pub stopped: bool,
}

/// What a reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// No more messages.
    Stop,
    /// Messages again.
    Resume,
}

/// What a link can do; `None` for one that never was, and once its record was erased.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn peek(ctx: &Ctx, link: &str) -> AppResult<Option<Standing>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let Some(row) = find(ctx, &mut tx, link).await? else {
        return Ok(None);
    };
    let stopped = is_stopped(&mut tx, SCOPE, row.claimant()).await?;
    tx.commit().await?;
    Ok(Some(Standing {
        place: (row.association(), row.case()),
        stopped,
    }))
}

/// Stops messages, or lets them come again; twice is fine.
///
/// *effects*: a row, or none; messages on their way are not sent; audit `stop_messages` or `resume_messages`.
///
/// # Errors
/// `NotFound` for a link that never was.
pub async fn set(ctx: &Ctx, link: &str, wish: Wish) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = find(ctx, &mut tx, link).await?.ok_or(AppError::NotFound)?;
    let place = (row.claimant(), row.association());
    let (changed, action) = match wish {
        Wish::Stop => {
            let now = ctx.clock.now();
            let stopped = db::insert_stop(&mut tx, SCOPE, place, now).await?;
            (stopped, "stop_messages")
        }
        Wish::Resume => {
            let resumed = db::delete_stop(&mut tx, SCOPE, row.claimant()).await?;
            (resumed, "resume_messages")
        }
    };
    if changed {
        let by = Actor::Claimant(row.claimant());
        let entry = Entry::new(row.claimant(), row.association(), by, action);
        audit::append(ctx, &mut tx, SCOPE, entry).await?;
    }
    Ok(tx.commit().await?)
}

/// Whether a claimant wants no messages.
pub(in crate::app) async fn is_stopped(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<bool> {
    let stopped = db::list_stopped(conn, scope, &[claimant.uuid()]).await?;
    Ok(!stopped.is_empty())
}

/// The link of a claimant: derived, so that a mail tried again has the same.
pub(in crate::app) fn link(ctx: &Ctx, claimant: Uuid) -> String {
    let token = ctx.keyring.challenges.token(PURPOSE, claimant, claimant);
    format!("{}/stop-messages/{token}", ctx.settings.public_base_url)
}

async fn find(ctx: &Ctx, conn: &mut Conn, link: &str) -> AppResult<Option<ClaimantRow>> {
    let Some((claimant, proof)) = parse_token(link) else {
        return Ok(None);
    };
    let real = ctx.keyring.challenges.proof(PURPOSE, claimant, claimant);
    if !verify(&real, &proof) {
        return Ok(None);
    }
    Ok(claimant::find(conn, SCOPE, ClaimantId::new(claimant)).await?)
}
