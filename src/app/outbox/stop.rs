//! What stops a mail whose address is known: the list of addresses not to write to, and a template
//! that waits because too many of its mails came back.

use chrono::Duration;
use serde_json::json;

use super::{SCOPE, Step};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::AppResult;
use crate::app::storm;
use crate::crypto::token;
use crate::db::Conn;
use crate::db::audit::{self, AuditRow};
use crate::db::outbox::OutboxRow;
use crate::domain::mail::MailKind;
use crate::domain::suppression::Suppression;

/// Minutes after which a mail of a paused template is looked at again; releasing it does not wait.
const PAUSED_MINUTES: i64 = 15;

/// What to do instead of sending, the address being on the list for a reason or on none; `None`:
/// nothing stops it.
pub(super) async fn stopped(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
    reason: Option<Suppression>,
    kind: MailKind,
) -> AppResult<Option<Step>> {
    if let Some(reason) = reason {
        drop_suppressed(ctx, conn, row, kind, reason).await?;
        return Ok(Some(Step::Drop));
    }
    if directory.is_paused(kind.as_str()) {
        let until = ctx.clock.now() + Duration::minutes(PAUSED_MINUTES);
        return Ok(Some(Step::Pause(until, storm::waits(kind))));
    }
    Ok(None)
}

async fn drop_suppressed(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &OutboxRow,
    kind: MailKind,
    reason: Suppression,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let dropped = AuditRow {
        subject_id: row.subject_id,
        id: token::new_id(now),
        association_id: row.association_id,
        actor_kind: "system".to_owned(),
        actor_id: None,
        action: "mail_suppressed".to_owned(),
        before: None,
        after: None,
        detail: json!({ "kind": kind.as_str(), "reason": reason.as_str() }),
        sealed: None,
        created_at: now,
    };
    audit::insert(conn, SCOPE, &dropped).await?;
    let reason = reason.as_str();
    metrics::counter!("joinder_mails_suppressed_total", "reason" => reason).increment(1);
    Ok(())
}
