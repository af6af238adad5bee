//! Mailboxes of claimants.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::mailboxes;
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `mailboxes`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = mailboxes)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct MailboxRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub domain: Option<String>,
    pub treatment: String,
    pub plan: Option<String>,
    pub alias_of: Option<Uuid>,
    pub sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub proved_at: Option<DateTime<Utc>>,
    pub proof: Option<String>,
}

/// The mailboxes of a claimant, in the order they were named.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<MailboxRow>> {
    let mut query = mailboxes::table
        .filter(mailboxes::claimant_id.eq(claimant.uuid()))
        .order(mailboxes::id)
        .select(MailboxRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(mailboxes::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Writes mailboxes; a main mailbox stands before its aliases.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, rows: &[MailboxRow]) -> DbResult<()> {
    diesel::insert_into(mailboxes::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that control of a mailbox was proved, unless it was before. `false`: it was.
///
/// # Errors
/// As the database says.
pub async fn mark_proved(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    proof: &str,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let marked = diesel::update(mailboxes::table.find((claimant.uuid(), id)))
        .filter(mailboxes::proved_at.is_null())
        .set((mailboxes::proved_at.eq(now), mailboxes::proof.eq(proof)))
        .execute(conn)
        .await?;
    Ok(marked == 1)
}

/// Notes the plans that were declared: id of the mailbox and code.
///
/// # Errors
/// As the database says.
pub async fn tell_plans(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    plans: &[(Uuid, String)],
) -> DbResult<()> {
    for (id, plan) in plans {
        diesel::update(mailboxes::table.find((claimant.uuid(), *id)))
            .filter(mailboxes::plan.is_distinct_from(plan))
            .set(mailboxes::plan.eq(plan))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// As [`tell_plans`], of mailboxes whose plan nobody told yet.
///
/// # Errors
/// As the database says.
pub async fn fill_plans(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    plans: &[(Uuid, String)],
) -> DbResult<()> {
    for (id, plan) in plans {
        diesel::update(mailboxes::table.find((claimant.uuid(), *id)))
            .filter(mailboxes::plan.is_null())
            .set(mailboxes::plan.eq(plan))
            .execute(conn)
            .await?;
    }
    Ok(())
}
