//! What the operator of the platform does by command: set the state of a case, hold mail to a domain.

use serde_json::json;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::operator;
use crate::db::{Scope, Tx, case};
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
        action: "set_case_state".to_owned(),
        before: Some(before.clone()),
        after: Some(state.as_str().to_owned()),
        detail: json!({}),
        sealed: None,
        created_at: now,
    };
    audit::insert_all(&mut tx, SCOPE, &[row]).await?;
    tx.commit().await?;
    CaseState::parse(&before).ok_or_else(|| AppError::internal("cases.state is unknown"))
}

/// Holds mail to a public provider: it waits in the outbox, and the clock of R62 stands still. False
/// if it is held already.
///
/// *effects*: an audit row.
///
/// # Errors
/// `NotFound` if the domain is not known as a public provider: only those stand in clear.
pub async fn hold_mail(ctx: &Ctx, domain: &str) -> AppResult<bool> {
    let domain = domain.to_ascii_lowercase();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    if operator::lock_mail_domain(&mut tx, SCOPE, &domain)
        .await?
        .is_some()
    {
        return Ok(false);
    }
    operator::mark_held(&mut tx, SCOPE, &domain, Some(now)).await?;
    write_audit(ctx, &mut tx, "hold_mail", &domain).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends the hold of a public provider: mails put off are due, links live as much longer as they could
/// not arrive, and the clock of R62 runs on where it stood. `None` if it was not held.
///
/// *effects*: an audit row.
///
/// # Errors
/// `NotFound` if the domain is not known as a public provider.
pub async fn release_mail(ctx: &Ctx, domain: &str) -> AppResult<Option<ReleasedRows>> {
    let domain = domain.to_ascii_lowercase();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let Some(since) = operator::lock_mail_domain(&mut tx, SCOPE, &domain).await? else {
        return Ok(None);
    };
    operator::mark_held(&mut tx, SCOPE, &domain, None).await?;
    let released = operator::release_waiting(&mut tx, SCOPE, &domain, since, now).await?;
    write_audit(ctx, &mut tx, "release_mail", &domain).await?;
    tx.commit().await?;
    Ok(Some(released))
}

async fn write_audit(ctx: &Ctx, tx: &mut Tx, action: &'static str, domain: &str) -> AppResult<()> {
    let hash = ctx.keyring.index.platform_hash("mail_domain", domain);
    let now = ctx.clock.now();
    let row = AuditRow {
        subject_id: token::uuid_v8(hash),
        id: token::new_id(now),
        association_id: None,
        actor_kind: "operator".to_owned(),
        actor_id: None,
        action: action.to_owned(),
        before: None,
        after: None,
        detail: json!({ "domain": domain }),
        sealed: None,
        created_at: now,
    };
    Ok(audit::insert_all(tx, SCOPE, &[row]).await?)
}
