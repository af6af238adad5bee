//! What the operator of the platform does by command: set the state of a case, hold mail to a domain.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::token;
use crate::db::audit::{self as trail, AuditRow};
use crate::db::mail_queue::{self, QueueRow};
use crate::db::operator;
use crate::db::{Scope, Tx, case};
use crate::domain::audit::action;
use crate::domain::breaker::Breaker;
use crate::domain::case::CaseState;

pub use crate::db::operator::ReleasedRows;

const SCOPE: Scope = Scope::System("commands of the operator");

/// Sets the state of a case; gives the one before.
///
/// *effects*: an audit row, unless the case was in that state.
///
/// # Errors
/// `NotFound` if there is no such case.
pub async fn set_case_state(ctx: &Ctx, slug: &str, state: CaseState) -> AppResult<CaseState> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let id = operator::find_case(&mut tx, SCOPE, slug)
        .await?
        .ok_or(AppError::NotFound)?;
    let before = case::mark_state(&mut tx, SCOPE, id, state.as_str(), now).await?;
    if before == state.as_str() {
        // dropping the transaction leaves the time of the last change as it was
        return Ok(state);
    }
    let row = AuditRow {
        subject_id: id.uuid(),
        id: token::new_id(now),
        association_id: None,
        actor_kind: "operator".to_owned(),
        actor_id: None,
        action: action::SET_CASE_STATE.to_owned(),
        before: Some(before.clone()),
        after: Some(state.as_str().to_owned()),
        detail: json!({}),
        sealed: None,
        created_at: now,
    };
    trail::insert_all(&mut tx, SCOPE, &[row]).await?;
    tx.commit().await?;
    CaseState::parse(&before).ok_or_else(|| AppError::internal("cases.state is unknown"))
}

/// Holds mail to a public provider: it waits, and the clock of R62 stands still. False if the operator
/// holds it already.
///
/// *effects*: an audit row.
///
/// # Errors
/// `NotFound` if the domain is not known as a public provider: only those stand in clear.
pub async fn hold_mail(ctx: &Ctx, domain: &str) -> AppResult<bool> {
    let domain = domain.to_ascii_lowercase();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let (mut queue, held) = lock_domain(ctx, &mut tx, &domain).await?;
    if queue.held_at.is_some() {
        return Ok(false);
    }
    queue.held_at = Some(now);
    mail_queue::update(&mut tx, SCOPE, &queue).await?;
    // a breaker may have stopped the clock before
    let since = held.unwrap_or(now);
    operator::mark_held(&mut tx, SCOPE, &domain, Some(since)).await?;
    note(ctx, &mut tx, (Actor::Operator, "hold_mail"), &domain).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends the hold of a public provider: its mails go out again, slowly at first, links live as much
/// longer as they could not arrive, and the clock of R62 runs on where it stood. A provider that did
/// not answer is asked at once. `None` if its mail did not wait.
///
/// *effects*: an audit row.
///
/// # Errors
/// `NotFound` if the domain is not known as a public provider.
pub async fn release_mail(ctx: &Ctx, domain: &str) -> AppResult<Option<ReleasedRows>> {
    let domain = domain.to_ascii_lowercase();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let (mut queue, held) = lock_domain(ctx, &mut tx, &domain).await?;
    let breaker = queue.breaker()?;
    let is_open = breaker.opened_at().is_some();
    if held.is_none() && queue.held_at.is_none() && !is_open {
        return Ok(None);
    }
    queue.held_at = None;
    queue.set_breaker(if is_open {
        breaker.ask_now(now)
    } else {
        Breaker::released(now)
    });
    mail_queue::update(&mut tx, SCOPE, &queue).await?;
    // senders must not wait for the queue's row while the provider's people are gone through
    tx.commit().await?;
    let_go(ctx, Actor::Operator, &domain).await.map(Some)
}

/// Lets the clock of R62 run on for a provider that was held because it did not answer, once it does.
/// False if it is to wait still.
///
/// *effects*: an audit row.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn release_answering(ctx: &Ctx, domain: &str) -> AppResult<bool> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let ids = [mail_queue_of(ctx, domain)];
    let queues = mail_queue::list_of(&mut tx, SCOPE, &ids).await?;
    tx.commit().await?;
    for queue in queues {
        if queue.held_at.is_some() || queue.breaker()?.opened_at().is_some() {
            return Ok(false);
        }
    }
    let_go(ctx, Actor::System, domain).await?;
    Ok(true)
}

/// Locks what is known of a provider, the queue first: its row, and since when the clock stands still.
async fn lock_domain(
    ctx: &Ctx,
    tx: &mut Tx,
    domain: &str,
) -> AppResult<(QueueRow, Option<DateTime<Utc>>)> {
    let id = mail_queue_of(ctx, domain);
    let queue = mail_queue::lock(tx, SCOPE, id, Some(domain)).await?;
    let held = operator::lock_mail_domain(tx, SCOPE, domain).await?;
    Ok((queue, held))
}

/// The clock of R62 runs on, links live longer, mails are due.
async fn let_go(ctx: &Ctx, actor: Actor, domain: &str) -> AppResult<ReleasedRows> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let released = match operator::lock_mail_domain(&mut tx, SCOPE, domain).await? {
        Some(since) => {
            operator::mark_held(&mut tx, SCOPE, domain, None).await?;
            operator::release_waiting(&mut tx, SCOPE, domain, since, now).await?
        }
        // another process was faster, or only the breaker stood in the way
        None => ReleasedRows {
            claimants: 0,
            mails: 0,
        },
    };
    note(ctx, &mut tx, (actor, "release_mail"), domain).await?;
    tx.commit().await?;
    Ok(released)
}

/// Slows mail to any domain down, or lets it go as usual again (`None`).
///
/// *effects*: an audit row, in clear only for a public provider.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn pace_mail(
    ctx: &Ctx,
    domain: &str,
    per_second: Option<u32>,
    at_once: Option<u32>,
) -> AppResult<()> {
    let domain = domain.to_ascii_lowercase();
    let directory = ctx.directories.get(ctx).await?;
    let is_public = directory.is_public_provider(&domain);
    let clear = Some(domain.as_str()).filter(|_| is_public);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let id = mail_queue_of(ctx, &domain);
    let mut queue = mail_queue::lock(&mut tx, SCOPE, id, clear).await?;
    let number = |value: Option<u32>| value.map(|value| i32::try_from(value).unwrap_or(i32::MAX));
    queue.per_second = number(per_second);
    queue.at_once = number(at_once);
    mail_queue::update(&mut tx, SCOPE, &queue).await?;
    let shown = clear.unwrap_or_default();
    note(ctx, &mut tx, (Actor::Operator, "pace_mail"), shown).await?;
    tx.commit().await?;
    Ok(())
}

fn mail_queue_of(ctx: &Ctx, domain: &str) -> Uuid {
    crate::app::mail_queue::id_of(ctx, domain)
}

async fn note(
    ctx: &Ctx,
    tx: &mut Tx,
    (actor, action): (Actor, &'static str),
    domain: &str,
) -> AppResult<()> {
    let entry = Entry::of_platform(ctx, ("mail_domain", domain), actor, action);
    audit::append(ctx, tx, SCOPE, entry.with(json!({ "domain": domain }))).await
}
