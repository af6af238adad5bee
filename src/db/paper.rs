//! Declarations signed by hand and handed in (R44).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::paper_hand_ins;
use crate::db::scope::Scope;
use crate::domain::ids::{CaseId, ClaimantId, StaffId};

/// A row of `paper_hand_ins`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = paper_hand_ins)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct HandInRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub version: i32,
    pub document_sha256: Vec<u8>,
    pub state: String,
    pub sealed: Vec<u8>,
    pub handed_in_by: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<DateTime<Utc>>,
    pub reason: Option<String>,
    pub note_sealed: Option<Vec<u8>>,
    pub id_images_deleted_at: Option<DateTime<Utc>>,
}

/// How a hand-in was decided.
#[derive(AsChangeset, Debug, Default)]
#[diesel(table_name = paper_hand_ins)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct Decision {
    pub state: &'static str,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<DateTime<Utc>>,
    pub reason: Option<&'static str>,
    pub note_sealed: Option<Vec<u8>>,
}

/// Writes a hand-in that is to be verified.
///
/// # Errors
/// `Unique` if another one of the claimant is.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &HandInRow) -> DbResult<()> {
    diesel::insert_into(paper_hand_ins::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// A hand-in of a claimant.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
) -> DbResult<Option<HandInRow>> {
    let mut query = paper_hand_ins::table
        .filter(paper_hand_ins::claimant_id.eq(claimant.uuid()))
        .filter(paper_hand_ins::id.eq(id))
        .select(HandInRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(paper_hand_ins::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// The newest hand-in of a claimant.
///
/// # Errors
/// As the database says.
pub async fn find_newest(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<HandInRow>> {
    let mut query = paper_hand_ins::table
        .filter(paper_hand_ins::claimant_id.eq(claimant.uuid()))
        .order(paper_hand_ins::id.desc())
        .select(HandInRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(paper_hand_ins::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// Hand-ins of a case that are to be verified, oldest first, after one of them, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_to_verify(
    conn: &mut Conn,
    scope: Scope,
    case: CaseId,
    after: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<HandInRow>> {
    let mut query = paper_hand_ins::table
        .filter(paper_hand_ins::case_id.eq(case.uuid()))
        .filter(paper_hand_ins::state.eq("to_verify"))
        .order(paper_hand_ins::id)
        .limit(limit)
        .select(HandInRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(paper_hand_ins::association_id.eq(association.uuid()));
    }
    if let Some(after) = after {
        query = query.filter(paper_hand_ins::id.gt(after));
    }
    Ok(query.load(conn).await?)
}

/// Decides a hand-in that is to be verified; never by who handed it in (R44). `false`: somebody was
/// faster, or it was the same person.
///
/// # Errors
/// As the database says.
pub async fn mark_decided(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    by: StaffId,
    decision: &Decision,
) -> DbResult<bool> {
    let decided = diesel::update(
        paper_hand_ins::table
            .filter(paper_hand_ins::claimant_id.eq(claimant.uuid()))
            .filter(paper_hand_ins::id.eq(id))
            .filter(paper_hand_ins::state.eq("to_verify"))
            .filter(
                paper_hand_ins::handed_in_by
                    .is_null()
                    .or(paper_hand_ins::handed_in_by.ne(by.uuid())),
            ),
    )
    .set(decision)
    .execute(conn)
    .await?;
    Ok(decided == 1)
}

/// Ends what is to be verified of a claimant, who is locked: something newer replaces it.
///
/// # Errors
/// As the database says.
pub async fn mark_replaced(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    let replaced = Decision {
        state: "replaced",
        decided_at: Some(now),
        ..Decision::default()
    };
    Ok(diesel::update(
        paper_hand_ins::table
            .filter(paper_hand_ins::claimant_id.eq(claimant.uuid()))
            .filter(paper_hand_ins::state.eq("to_verify")),
    )
    .set(&replaced)
    .execute(conn)
    .await?)
}

/// Hand-ins decided before an instant whose images of identity documents are still kept, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_images_due(
    conn: &mut Conn,
    _scope: Scope,
    before: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<HandInRow>> {
    Ok(paper_hand_ins::table
        .filter(paper_hand_ins::decided_at.lt(before))
        .filter(paper_hand_ins::id_images_deleted_at.is_null())
        .order(paper_hand_ins::decided_at)
        .limit(limit)
        .select(HandInRow::as_select())
        .load(conn)
        .await?)
}

/// Notes that the images of the identity document are gone (R64).
///
/// # Errors
/// As the database says.
pub async fn mark_images_deleted(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let marked = diesel::update(
        paper_hand_ins::table
            .filter(paper_hand_ins::claimant_id.eq(claimant.uuid()))
            .filter(paper_hand_ins::id.eq(id))
            .filter(paper_hand_ins::id_images_deleted_at.is_null()),
    )
    .set(paper_hand_ins::id_images_deleted_at.eq(now))
    .execute(conn)
    .await?;
    Ok(marked == 1)
}
