//! What lists and dashboards tell of a declaration without opening it: items without an amount, and plans. Written
//! with each version; versions from before they were counted are opened once, in small steps (decision 23).

use uuid::Uuid;

use super::content_of;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::db::declaration::{self as db, DeclarationRow, Uncounted};
use crate::db::mailbox::{self, MailboxRow};
use crate::db::reminder::{self, Cursor};
use crate::db::{Conn, Scope};
use crate::domain::declaration::{Declaration, PlanRule};
use crate::domain::ids::ClaimantId;
use crate::domain::mailbox_address::MailboxAddress;

const SCOPE: Scope = Scope::System("open items of earlier declarations");
/// Name of the walk.
const WALK: &str = "open_items";
/// Versions opened in one run.
const AT_ONCE: i64 = 1_000;

/// Items without an amount, as the column holds them.
///
/// # Errors
/// Never in practice: a declaration has at most 8,000 items.
pub(super) fn open_items(declaration: &Declaration) -> AppResult<i16> {
    i16::try_from(declaration.open_items()).map_err(AppError::internal)
}

/// The plan that was declared for each mailbox, by its id; none where nobody remembers it. A mailbox that suffered
/// several incidents has the plan of the first one.
pub(super) fn plans(
    vault: &Vault,
    mailboxes: &[MailboxRow],
    declaration: &Declaration,
) -> AppResult<Vec<(Uuid, String)>> {
    let mut plans = Vec::new();
    for row in mailboxes {
        let address: MailboxAddress = vault.unseal("mailboxes", "sealed", row.sealed.clone())?;
        let mut lines = declaration.lines();
        let told = lines
            .find(|(declared, line)| **declared == address && line.plan() != PlanRule::UNKNOWN);
        if let Some((_, line)) = told {
            plans.push((row.id, line.plan().to_owned()));
        }
    }
    Ok(plans)
}

/// Counts the open items of versions that were declared before they were counted, some at a time, oldest first; gives
/// of how many. One that does not open stays as it is, and is told in the log of the server.
///
/// *effects*: `declarations.open_items`; plans of mailboxes that nobody had told.
///
/// # Errors
/// `Unavailable`; what was done stays done.
pub(in crate::app) async fn count_due(ctx: &Ctx) -> AppResult<usize> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let cursor = reminder::find_cursor(&mut tx, SCOPE, WALK).await?;
    let found = db::list_uncounted(&mut tx, SCOPE, cursor, AT_ONCE).await?;
    let Some((last, ..)) = found.last() else {
        return Ok(0);
    };
    let cursor = Cursor {
        at: last.created_at,
        id: last.claimant_id,
    };
    let seen = found.len();
    let mut counted = 0;
    for one in found {
        let (claimant, version) = (one.0.claimant_id, one.0.version);
        match opened(ctx, &mut tx, one).await? {
            Ok(()) => counted += 1,
            Err(error) => {
                tracing::error!(claimant.id = %claimant, version, %error, "a declaration does not open");
            }
        }
    }
    reminder::mark_cursor(&mut tx, SCOPE, WALK, cursor).await?;
    tx.commit().await?;
    if i64::try_from(seen).is_ok_and(|seen| seen < AT_ONCE) {
        tracing::info!("the open items of all declarations are counted");
    }
    Ok(counted)
}

/// Opens one and writes what it tells. The inner error: it does not open.
async fn opened(
    ctx: &Ctx,
    conn: &mut Conn,
    (row, key, newest): Uncounted,
) -> AppResult<Result<(), AppError>> {
    let claimant = ClaimantId::new(row.claimant_id);
    let version = row.version;
    let vault = Vault::from_row(ctx, key).await?;
    let mailboxes = if newest == Some(version) {
        mailbox::list(conn, SCOPE, claimant).await?
    } else {
        Vec::new()
    };
    match told(&vault, &row, &mailboxes) {
        Ok((open_items, plans)) => {
            db::mark_counted(conn, SCOPE, claimant, version, open_items).await?;
            mailbox::fill_plans(conn, SCOPE, claimant, &plans).await?;
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error)),
    }
}

fn told(
    vault: &Vault,
    row: &DeclarationRow,
    mailboxes: &[MailboxRow],
) -> AppResult<(i16, Vec<(Uuid, String)>)> {
    let content = content_of(vault, row)?;
    Ok((
        open_items(&content.declaration)?,
        plans(vault, mailboxes, &content.declaration)?,
    ))
}
