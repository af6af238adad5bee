//! Whoever follows a case without claiming: one row for each address, case and association.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::followers;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId};

/// A row of `followers`.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = followers)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct FollowerRow {
    pub id: Uuid,
    pub subject_id: Uuid,
    pub association_id: Uuid,
    pub case_id: Uuid,
    pub language: String,
    pub email_sealed: Vec<u8>,
    pub association_key_version: i32,
    pub wrapped: Vec<u8>,
    pub text_version: String,
    pub asked_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl FollowerRow {
    /// The tenant.
    pub const fn association(&self) -> AssociationId {
        AssociationId::new(self.association_id)
    }

    /// The case.
    pub const fn case(&self) -> CaseId {
        CaseId::new(self.case_id)
    }
}

#[derive(QueryableByName)]
struct SubjectRow {
    #[diesel(sql_type = SqlUuid)]
    subject_id: Uuid,
}

/// Notes that somebody asked to follow: a new row, or the one that is there, whose language and consent are
/// those of the last time until it is confirmed. Gives what mails call the row.
///
/// # Errors
/// As the database says.
pub async fn ask(conn: &mut Conn, _scope: Scope, row: &FollowerRow) -> DbResult<Uuid> {
    let found: SubjectRow = diesel::sql_query(
        "INSERT INTO followers AS f (id, subject_id, association_id, case_id, language, email_sealed, \
           association_key_version, wrapped, text_version, asked_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (id) DO UPDATE SET asked_at = excluded.asked_at, \
           language = CASE WHEN f.confirmed_at IS NULL THEN excluded.language ELSE f.language END, \
           text_version = CASE WHEN f.confirmed_at IS NULL THEN excluded.text_version ELSE f.text_version END \
         RETURNING subject_id",
    )
    .bind::<SqlUuid, _>(row.id)
    .bind::<SqlUuid, _>(row.subject_id)
    .bind::<SqlUuid, _>(row.association_id)
    .bind::<SqlUuid, _>(row.case_id)
    .bind::<Text, _>(&row.language)
    .bind::<Binary, _>(&row.email_sealed)
    .bind::<Integer, _>(row.association_key_version)
    .bind::<Binary, _>(&row.wrapped)
    .bind::<Text, _>(&row.text_version)
    .bind::<Timestamptz, _>(row.asked_at)
    .get_result(conn)
    .await?;
    Ok(found.subject_id)
}

/// A follower by id.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<Option<FollowerRow>> {
    Ok(followers::table
        .find(id)
        .select(FollowerRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// A follower by what mails call the row.
///
/// # Errors
/// As the database says.
pub async fn find_by_subject(
    conn: &mut Conn,
    _scope: Scope,
    subject: Uuid,
) -> DbResult<Option<FollowerRow>> {
    Ok(followers::table
        .filter(followers::subject_id.eq(subject))
        .select(FollowerRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Confirms; `false` if it was so already or is not there.
///
/// # Errors
/// As the database says.
pub async fn mark_confirmed(
    conn: &mut Conn,
    _scope: Scope,
    id: Uuid,
    now: DateTime<Utc>,
) -> DbResult<bool> {
    let written = diesel::update(followers::table.find(id))
        .filter(followers::confirmed_at.is_null())
        .set(followers::confirmed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// Ends following: the row and its key go. `false` if it was gone.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn, _scope: Scope, id: Uuid) -> DbResult<bool> {
    let gone = diesel::delete(followers::table.find(id))
        .execute(conn)
        .await?;
    Ok(gone == 1)
}

/// Ids and subjects of who confirmed not after `until`, by id, from after `after`, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_confirmed(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (Uuid, Uuid),
    (after, until): (Option<Uuid>, DateTime<Utc>),
    limit: i64,
) -> DbResult<Vec<(Uuid, Uuid)>> {
    let mut query = followers::table
        .filter(followers::association_id.eq(association))
        .filter(followers::case_id.eq(case))
        .filter(followers::confirmed_at.is_not_null())
        .filter(followers::confirmed_at.le(until))
        .order(followers::id)
        .limit(limit)
        .select((followers::id, followers::subject_id))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(followers::id.gt(after));
    }
    Ok(query.load(conn).await?)
}
