//! What associations say in their own words in mails: versions that never change.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::mail_texts;
use crate::db::scope::Scope;
use crate::domain::ids::AssociationId;

/// A row of `mail_texts`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = mail_texts)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct MailTextsRow {
    pub association_id: Uuid,
    pub version: i32,
    pub texts: Value,
    pub published_at: DateTime<Utc>,
}

/// The newest version of each association.
///
/// # Errors
/// As the database says.
pub async fn list_newest(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<MailTextsRow>> {
    Ok(mail_texts::table
        .distinct_on(mail_texts::association_id)
        .order((mail_texts::association_id, mail_texts::version.desc()))
        .select(MailTextsRow::as_select())
        .load(conn)
        .await?)
}

/// The newest version of an association.
///
/// # Errors
/// As the database says.
pub async fn find_newest(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
) -> DbResult<Option<MailTextsRow>> {
    Ok(mail_texts::table
        .filter(mail_texts::association_id.eq(association.uuid()))
        .order(mail_texts::version.desc())
        .select(MailTextsRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// One version of an association.
///
/// # Errors
/// `NotFound` if there is none; as the database says.
pub async fn get(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    version: i32,
) -> DbResult<MailTextsRow> {
    Ok(mail_texts::table
        .find((association.uuid(), version))
        .select(MailTextsRow::as_select())
        .first(conn)
        .await?)
}

/// Publishes a version.
///
/// # Errors
/// `Conflict` or the like if somebody published that version meanwhile; as the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &MailTextsRow) -> DbResult<()> {
    diesel::insert_into(mail_texts::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}
