//! What lists and dashboards tell of a declaration without opening it: items without an amount, and plans. Written
//! with each version; versions from before they were counted are opened once, in small steps (decision 23).

use chrono::DateTime;
use uuid::Uuid;

use super::content_of;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::db::Scope;
use crate::db::declaration::{self as db, Uncounted};
use crate::db::mailbox::{self, MailboxRow};
use crate::db::reminder::{self, Cursor};
use crate::domain::declaration::{Declaration, PlanRule};
use crate::domain::ids::ClaimantId;
use crate::domain::mailbox_address::MailboxAddress;

const SCOPE: Scope = Scope::System("open items of earlier declarations");
/// Name of the walk.
const WALK: &str = "open_items";
/// Versions opened in one step: what one transaction locks.
const AT_ONCE: i64 = 100;
/// Steps of one run: other work of the house waits for it.
const STEPS: usize = 50;
/// Before all versions.
const START: Cursor = Cursor {
    at: DateTime::UNIX_EPOCH,
    id: Uuid::nil(),
};

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

/// Counts the open items of versions that were declared before they were counted, or by an older program that does
/// not count them (decision 41), oldest first, as many as a run may; gives of how many. One that does not open stays
/// as it is, and is told in the log of the server. At its end the walk begins anew: nothing stays behind it.
///
/// *effects*: `declarations.open_items`; plans of mailboxes that nobody had told; the walk's cursor.
///
/// # Errors
/// `Unavailable`; what was done stays done.
pub(in crate::app) async fn count_due(ctx: &Ctx) -> AppResult<usize> {
    let (mut counted, mut closed) = (0, 0);
    for _ in 0..STEPS {
        let step = count_some(ctx).await?;
        counted += step.counted;
        closed += step.closed;
        if step.is_last {
            break;
        }
    }
    if closed > 0 {
        tracing::error!(
            closed,
            "declarations do not open: their open items are not counted"
        );
    }
    Ok(counted)
}

/// What one step of the walk did.
struct Step {
    counted: usize,
    closed: usize,
    is_last: bool,
}

/// What one version tells.
struct Figures {
    claimant: ClaimantId,
    version: i32,
    open_items: i16,
    plans: Vec<(Uuid, String)>,
}

/// Reads some in one transaction, opens them in none, writes what they tell in another one.
async fn count_some(ctx: &Ctx) -> AppResult<Step> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let cursor = reminder::find_cursor(&mut tx, SCOPE, WALK).await?;
    let cursor = cursor.unwrap_or(START);
    let mut found = Vec::new();
    for one in db::list_uncounted(&mut tx, SCOPE, cursor, AT_ONCE).await? {
        let mailboxes = if one.2 == Some(one.0.version) {
            mailbox::list(&mut tx, SCOPE, ClaimantId::new(one.0.claimant_id)).await?
        } else {
            Vec::new()
        };
        found.push((one, mailboxes));
    }
    tx.commit().await?;

    let is_last = i64::try_from(found.len()).is_ok_and(|found| found < AT_ONCE);
    let last = found.last().filter(|_| !is_last);
    let next = last.map_or(START, |((row, ..), _)| Cursor {
        at: row.created_at,
        id: row.claimant_id,
    });
    let mut figures = Vec::new();
    let mut closed = 0;
    for (one, mailboxes) in found {
        let (claimant, version) = (one.0.claimant_id, one.0.version);
        match figures_of(ctx, one, &mailboxes).await {
            Ok(told) => figures.push(told),
            Err(error @ AppError::Unavailable(_)) => return Err(error),
            Err(error) => {
                closed += 1;
                tracing::debug!(claimant.id = %claimant, version, %error, "a declaration does not open");
            }
        }
    }
    if !figures.is_empty() || next != cursor {
        write(ctx, &figures, next).await?;
    }
    Ok(Step {
        counted: figures.len(),
        closed,
        is_last,
    })
}

async fn write(ctx: &Ctx, figures: &[Figures], next: Cursor) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    for one in figures {
        db::mark_counted(&mut tx, SCOPE, one.claimant, one.version, one.open_items).await?;
        mailbox::fill_plans(&mut tx, SCOPE, one.claimant, &one.plans).await?;
    }
    reminder::mark_cursor(&mut tx, SCOPE, WALK, next).await?;
    Ok(tx.commit().await?)
}

/// Opens one; it may take a connection for the key of its association, so no transaction is open meanwhile.
async fn figures_of(
    ctx: &Ctx,
    (row, key, _): Uncounted,
    mailboxes: &[MailboxRow],
) -> AppResult<Figures> {
    let vault = Vault::from_row(ctx, key).await?;
    let content = content_of(&vault, &row)?;
    Ok(Figures {
        claimant: ClaimantId::new(row.claimant_id),
        version: row.version,
        open_items: open_items(&content.declaration)?,
        plans: plans(&vault, mailboxes, &content.declaration)?,
    })
}
