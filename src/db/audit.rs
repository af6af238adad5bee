//! The audit trail: appended only.

use chrono::{DateTime, SubsecRound, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use uuid::Uuid;

use crate::crypto::{commitment, sha256, token};
use crate::db::error::DbResult;
use crate::db::log::{self, EventRow};
use crate::db::pool::Conn;
use crate::db::schema::{audit, claimants};
use crate::db::scope::Scope;
use crate::domain::audit::kind_of;
use crate::domain::ids::AssociationId;
use crate::domain::log::Kind;

/// A row of `audit`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = audit)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct AuditRow {
    pub subject_id: Uuid,
    pub id: Uuid,
    pub association_id: Option<Uuid>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub detail: serde_json::Value,
    pub sealed: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
}

/// Appends a row; a decision or an export also waits for the evidence log of its case from then on.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, scope: Scope, row: &AuditRow) -> DbResult<()> {
    insert_all(conn, scope, std::slice::from_ref(row)).await
}

/// Appends rows, as [`insert`].
///
/// # Errors
/// As the database says.
pub async fn insert_all(conn: &mut Conn, scope: Scope, rows: &[AuditRow]) -> DbResult<()> {
    diesel::insert_into(audit::table)
        .values(rows)
        .execute(conn)
        .await?;
    for row in rows {
        if let Some(kind) = kind_of(&row.actor_kind, &row.action) {
            insert_event(conn, scope, row, kind).await?;
        }
    }
    Ok(())
}

/// What the log commits to of a row of the trail: all of it, the sealed note by its hash.
#[derive(Serialize)]
struct Told<'a> {
    audit: Uuid,
    subject: Uuid,
    association: Option<Uuid>,
    actor_kind: &'a str,
    actor: Option<Uuid>,
    action: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    detail: &'a serde_json::Value,
    sealed: Option<String>,
    at: DateTime<Utc>,
}

/// A row of the trail as canonical JSON, its sealed note as the hash of it: what the log commits to.
///
/// # Errors
/// `Sealed`: never in practice.
pub fn told(row: &AuditRow) -> DbResult<Vec<u8>> {
    let told = Told {
        audit: row.id,
        subject: row.subject_id,
        association: row.association_id,
        actor_kind: &row.actor_kind,
        actor: row.actor_id,
        action: &row.action,
        before: row.before.as_deref(),
        after: row.after.as_deref(),
        detail: &row.detail,
        sealed: row
            .sealed
            .as_deref()
            .map(|note| sha256::hex(&sha256::digest(note))),
        // the database keeps microseconds
        at: row.created_at.trunc_subsecs(6),
    };
    Ok(commitment::canonical_json(&told)?)
}

async fn insert_event(conn: &mut Conn, scope: Scope, row: &AuditRow, kind: Kind) -> DbResult<()> {
    let Some(case) = log::find_case_of(conn, scope, row.subject_id).await? else {
        return Ok(());
    };
    let content = told(row)?;
    let event = EventRow {
        subject_id: row.subject_id,
        id: token::random_id(),
        association_id: row.association_id,
        case_id: case.uuid(),
        kind: kind.as_str().to_owned(),
        content: String::from_utf8_lossy(&content).into_owned(),
        salt: commitment::salt().to_vec(),
        created_at: row.created_at,
        day: None,
    };
    log::insert_events(conn, scope, &[event]).await
}

/// The trail of a subject without one action, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_without(
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    action: &str,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = audit::table
        .filter(audit::subject_id.eq(subject))
        .filter(audit::action.ne(action))
        .order(audit::id.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// The times of one action in the trail of a subject, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_only(
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    action: &str,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = audit::table
        .filter(audit::subject_id.eq(subject))
        .filter(audit::action.eq(action))
        .order(audit::id.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Rows of every subject from an instant on and after an id at that instant, before another instant,
/// oldest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_between(
    conn: &mut Conn,
    _scope: Scope,
    (from, after): (DateTime<Utc>, Uuid),
    to: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    // one comparison of both: the index goes on where the page before ended
    let later = sql::<Bool>("(created_at, id) > (")
        .bind::<Timestamptz, _>(from)
        .sql(", ")
        .bind::<SqlUuid, _>(after)
        .sql(")");
    Ok(audit::table
        .filter(later)
        .filter(audit::created_at.lt(to))
        .order((audit::created_at, audit::id))
        .limit(limit)
        .select(AuditRow::as_select())
        .load(conn)
        .await?)
}

/// Rows of a subject with one of some actions, before one, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_some(
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    actions: &[&str],
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = audit::table
        .filter(audit::subject_id.eq(subject))
        .filter(audit::action.eq_any(actions))
        .order(audit::id.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    if let Some(before) = before {
        query = query.filter(audit::id.lt(before));
    }
    Ok(query.load(conn).await?)
}

/// Rows of a subject, before one, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_about(
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = audit::table
        .filter(audit::subject_id.eq(subject))
        .order(audit::id.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    if let Some(before) = before {
        query = query.filter(audit::id.lt(before));
    }
    Ok(query.load(conn).await?)
}

/// Rows that a staff member made.
#[derive(Clone, Copy, Debug)]
pub struct ActorRows<'a> {
    /// Who.
    pub actor: Uuid,
    /// With one of these verbs; empty: with any.
    pub actions: &'a [&'a str],
    /// From a moment on, before another, UTC.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Rows of a staff member, before one, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_by(
    conn: &mut Conn,
    scope: Scope,
    rows: ActorRows<'_>,
    before: Option<Uuid>,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = audit::table
        .filter(audit::actor_kind.eq("staff"))
        .filter(audit::actor_id.eq(rows.actor))
        .order(audit::id.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    if !rows.actions.is_empty() {
        query = query.filter(audit::action.eq_any(rows.actions));
    }
    if let Some((from, until)) = rows.span {
        query = query
            .filter(audit::created_at.ge(from))
            .filter(audit::created_at.lt(until));
    }
    if let Some(before) = before {
        query = query.filter(audit::id.lt(before));
    }
    Ok(query.load(conn).await?)
}

/// How many rows a staff member made, and about how many subjects.
///
/// # Errors
/// As the database says.
pub async fn count_by(conn: &mut Conn, scope: Scope, rows: ActorRows<'_>) -> DbResult<(i64, i64)> {
    let subjects = sql::<diesel::sql_types::BigInt>("count(DISTINCT subject_id)");
    let mut query = audit::table
        .filter(audit::actor_kind.eq("staff"))
        .filter(audit::actor_id.eq(rows.actor))
        .filter(audit::action.eq_any(rows.actions))
        .select((diesel::dsl::count_star(), subjects))
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    if let Some((from, until)) = rows.span {
        query = query
            .filter(audit::created_at.ge(from))
            .filter(audit::created_at.lt(until));
    }
    Ok(query.first(conn).await?)
}

/// Those of some ids that are claimants.
///
/// # Errors
/// As the database says.
pub async fn list_claimants(conn: &mut Conn, scope: Scope, ids: &[Uuid]) -> DbResult<Vec<Uuid>> {
    let mut query = claimants::table
        .filter(claimants::id.eq_any(ids))
        .select(claimants::id)
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(claimants::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Records of an association that were made before a moment, by case: a walk over its index, for a page that
/// is opened seldom.
///
/// # Errors
/// As the database says.
pub async fn count_claimants(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    until: DateTime<Utc>,
) -> DbResult<Vec<(Uuid, i64)>> {
    Ok(claimants::table
        .filter(claimants::association_id.eq(association.uuid()))
        .filter(claimants::created_at.lt(until))
        .group_by(claimants::case_id)
        .select((claimants::case_id, diesel::dsl::count_star()))
        .load(conn)
        .await?)
}

/// One row.
///
/// # Errors
/// As the database says.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    id: Uuid,
) -> DbResult<Option<AuditRow>> {
    let mut query = audit::table
        .filter(audit::subject_id.eq(subject))
        .filter(audit::id.eq(id))
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(audit::association_id.eq(association.uuid()));
    }
    Ok(query.first(conn).await.optional()?)
}
