//! Mails to those who may decide what begins to wait: one to each member in an hour, in the transaction of what
//! begins to wait. What comes within the hour is told by one mail at its end, if it still waits then.

use std::collections::HashMap;

use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::outbox::approval_row;
use crate::app::staff;
use crate::db::approval::{self as db, DeciderRow};
use crate::db::{Conn, Scope, outbox};
use crate::domain::approval::{ApprovalKind, MOST_TOLD, PAUSE_MINUTES};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, CaseId, StaffId};
use crate::domain::language::Language;

/// Tells those who may decide that something of a kind begins to wait; not who asked for it. The caller commits.
///
/// *effects*: rows of `approval_notices`, mails; for at most [`MOST_TOLD`] members.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn tell(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (association, case, kind): (AssociationId, CaseId, ApprovalKind),
    asked_by: Option<StaffId>,
) -> AppResult<()> {
    let but = asked_by.map(StaffId::uuid);
    let roles = kind.roles();
    let place = (association, case);
    let members = db::list_deciders(conn, scope, place, &roles, but, MOST_TOLD).await?;
    let mut members: HashMap<Uuid, DeciderRow> =
        members.into_iter().map(|row| (row.id, row)).collect();
    let ids: Vec<Uuid> = members.keys().copied().collect();
    let pause = (ctx.clock.now(), PAUSE_MINUTES);
    for (id, due_at) in db::take_turns(conn, scope, association, &ids, pause).await? {
        let Some(member) = members.remove(&id) else {
            continue;
        };
        let (_, email) = staff::opened(ctx, id, member.root_version, member.sealed)?;
        let Ok(email) = EmailAddress::parse(&email) else {
            continue;
        };
        let language = member.language.as_deref().and_then(Language::parse);
        let to = (StaffId::new(id), &email, language.unwrap_or_default());
        let row = approval_row(ctx, to, association, due_at)?;
        outbox::insert(conn, scope, &row).await?;
    }
    Ok(())
}
