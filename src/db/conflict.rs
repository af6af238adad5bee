//! What staff see and decide of clashes: two records that claim the same person or mailbox.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::identity::ConflictRow;
use crate::db::pool::Conn;
use crate::db::schema::{conflict_decisions, conflicts};
use crate::db::scope::Scope;
use crate::domain::ids::ClaimantId;

/// A row of `conflict_decisions`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = conflict_decisions)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct DecisionRow {
    pub registered_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub keeper_id: Uuid,
    pub proposed_by: Uuid,
    pub proposed_at: DateTime<Utc>,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<DateTime<Utc>>,
    pub outcome: Option<String>,
}

/// A clash that is open and decided for nobody.
///
/// # Errors
/// As the database says.
pub async fn find_open(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<Option<ConflictRow>> {
    Ok(conflicts::table
        .filter(conflicts::id.eq(id))
        .filter(conflicts::settled_at.is_null())
        .filter(conflicts::proven_at.is_null())
        .select(ConflictRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Whether staff found a claimant to hold a key together with who holds it.
///
/// # Errors
/// As the database says.
pub async fn is_co_holder(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    key: Uuid,
) -> DbResult<bool> {
    let settled = conflicts::table
        .filter(conflicts::claimant_id.eq(claimant.uuid()))
        .filter(conflicts::registered_id.eq(key))
        .filter(conflicts::settlement.eq("co_holders"));
    Ok(diesel::select(diesel::dsl::exists(settled))
        .get_result(conn)
        .await?)
}

/// What is proposed about a key and not decided.
///
/// # Errors
/// As the database says.
pub async fn find_proposal(
    conn: &mut Conn,
    _scope: Scope,
    key: Uuid,
) -> DbResult<Option<DecisionRow>> {
    Ok(conflict_decisions::table
        .filter(conflict_decisions::registered_id.eq(key))
        .filter(conflict_decisions::decided_at.is_null())
        .select(DecisionRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Writes a proposal; `false` where one waits already.
///
/// # Errors
/// As the database says.
pub async fn insert_proposal(conn: &mut Conn, _scope: Scope, row: &DecisionRow) -> DbResult<bool> {
    let inserted = diesel::insert_into(conflict_decisions::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// Notes what a second person decided; `false` where somebody had.
///
/// # Errors
/// As the database says.
pub async fn mark_decided(
    conn: &mut Conn,
    _scope: Scope,
    row: &DecisionRow,
    (by, at): (Uuid, DateTime<Utc>),
    outcome: &str,
) -> DbResult<bool> {
    let changed = diesel::update(conflict_decisions::table.find((row.registered_id, row.id)))
        .filter(conflict_decisions::decided_at.is_null())
        .set((
            conflict_decisions::decided_by.eq(by),
            conflict_decisions::decided_at.eq(at),
            conflict_decisions::outcome.eq(outcome),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}
