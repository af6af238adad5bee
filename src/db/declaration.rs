//! Damage declarations: the draft, which changes, and the versions, which never do (R38).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::key::ClaimantKeyRow;
use crate::db::partner_event;
use crate::db::pool::Conn;
use crate::db::reminder::Cursor;
use crate::db::schema::{claimant_keys, claimants, declaration_drafts, declarations};
use crate::db::scope::Scope;
use crate::domain::claimant::ClaimantState;
use crate::domain::ids::ClaimantId;

/// A row of `declaration_drafts`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = declaration_drafts)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct DraftRow {
    pub claimant_id: Uuid,
    pub association_id: Uuid,
    pub sealed: Vec<u8>,
    pub updated_at: DateTime<Utc>,
}

/// A row of `declarations`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = declarations)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct DeclarationRow {
    pub claimant_id: Uuid,
    pub version: i32,
    pub association_id: Uuid,
    pub sealed: Vec<u8>,
    pub salt_sealed: Vec<u8>,
    pub template: String,
    pub document_sha256: Vec<u8>,
    pub total_cents: i64,
    pub flags: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub typed_by: Option<Uuid>,
    pub typed_how: Option<String>,
    pub open_items: Option<i16>,
    pub checked: Vec<String>,
    pub checked_at: Option<DateTime<Utc>>,
    pub checked_by: Option<Uuid>,
}

/// The draft of a claimant.
///
/// # Errors
/// As the database says.
pub async fn find_draft(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Option<DraftRow>> {
    let mut query = declaration_drafts::table
        .filter(declaration_drafts::claimant_id.eq(claimant.uuid()))
        .select(DraftRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(declaration_drafts::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// Saves a draft over the one before.
///
/// # Errors
/// As the database says.
pub async fn put_draft(conn: &mut Conn, _scope: Scope, row: &DraftRow) -> DbResult<()> {
    diesel::insert_into(declaration_drafts::table)
        .values(row)
        .on_conflict(declaration_drafts::claimant_id)
        .do_update()
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Throws a draft away, once it has become a version.
///
/// # Errors
/// As the database says.
pub async fn delete_draft(conn: &mut Conn, _scope: Scope, claimant: ClaimantId) -> DbResult<()> {
    diesel::delete(declaration_drafts::table.find(claimant.uuid()))
        .execute(conn)
        .await?;
    Ok(())
}

/// A version of a declaration.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    version: i32,
) -> DbResult<Option<DeclarationRow>> {
    let mut query = declarations::table
        .filter(declarations::claimant_id.eq(claimant.uuid()))
        .filter(declarations::version.eq(version))
        .select(DeclarationRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(declarations::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}

/// Writes a version, and names it on the claimant, who is locked. From `signed` the claimant moves
/// to the state given (R39).
///
/// # Errors
/// `Unique` if the version is there.
pub async fn insert(
    conn: &mut Conn,
    scope: Scope,
    row: &DeclarationRow,
    state: ClaimantState,
) -> DbResult<()> {
    diesel::insert_into(declarations::table)
        .values(row)
        .execute(conn)
        .await?;
    diesel::update(claimants::table.find(row.claimant_id))
        .set((
            claimants::declared_version.eq(row.version),
            claimants::declared_cents.eq(row.total_cents),
            claimants::declared_flags.eq(&row.flags),
        ))
        .execute(conn)
        .await?;
    diesel::update(
        claimants::table
            .find(row.claimant_id)
            .filter(claimants::state.ne(state.as_str())),
    )
    .set((
        claimants::state.eq(state.as_str()),
        claimants::state_changed_at.eq(row.created_at),
    ))
    .execute(conn)
    .await?;
    let claimant = ClaimantId::new(row.claimant_id);
    partner_event::stage(conn, scope, claimant, row.created_at).await
}

/// Notes which flags of a version staff looked at, all together, and who did last.
///
/// # Errors
/// As the database says.
pub async fn mark_checked(
    conn: &mut Conn,
    _scope: Scope,
    (claimant, version): (ClaimantId, i32),
    checked: &[String],
    (by, now): (Uuid, DateTime<Utc>),
) -> DbResult<()> {
    diesel::update(declarations::table.find((claimant.uuid(), version)))
        .set((
            declarations::checked.eq(checked),
            declarations::checked_at.eq(now),
            declarations::checked_by.eq(by),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A version whose open items were never counted, the data key that opens it, and the claimant's newest version.
pub type Uncounted = (DeclarationRow, ClaimantKeyRow, Option<i32>);

/// Versions made after `after` whose open items were never counted, oldest first. Two of one claimant are never of
/// one instant: the second waits for the first. Those whose key is gone are not among them.
///
/// # Errors
/// As the database says.
pub async fn list_uncounted(
    conn: &mut Conn,
    _scope: Scope,
    after: Cursor,
    limit: i64,
) -> DbResult<Vec<Uncounted>> {
    let later = declarations::created_at.gt(after.at);
    let beside = declarations::created_at
        .eq(after.at)
        .and(declarations::claimant_id.gt(after.id));
    Ok(declarations::table
        .inner_join(claimants::table.on(claimants::id.eq(declarations::claimant_id)))
        .inner_join(
            claimant_keys::table.on(claimant_keys::claimant_id.eq(declarations::claimant_id)),
        )
        .filter(declarations::open_items.is_null())
        // the index begins with the time: the second condition alone would read it from its start
        .filter(declarations::created_at.ge(after.at))
        .filter(later.or(beside))
        .order((declarations::created_at, declarations::claimant_id))
        .limit(limit)
        .select((
            DeclarationRow::as_select(),
            ClaimantKeyRow::as_select(),
            claimants::declared_version,
        ))
        .load(conn)
        .await?)
}

/// Notes how many open items a version has that was declared before they were counted.
///
/// # Errors
/// As the database says.
pub async fn mark_counted(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    version: i32,
    open_items: i16,
) -> DbResult<()> {
    diesel::update(declarations::table.find((claimant.uuid(), version)))
        .filter(declarations::open_items.is_null())
        .set(declarations::open_items.eq(open_items))
        .execute(conn)
        .await?;
    Ok(())
}
