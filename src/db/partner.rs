//! Partner sites of associations.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::partners;
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, PartnerId};

/// A row of `partners`.
#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = partners)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct PartnerRow {
    pub id: Uuid,
    pub association_id: Uuid,
    pub slug: String,
    pub name: String,
    pub language: String,
    pub root_version: Option<i32>,
    pub email_sealed: Option<Vec<u8>>,
    pub created_by: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub suspended_at: Option<DateTime<Utc>>,
    pub origins: Vec<String>,
}

/// A partner whose pages may show the form in a frame: association, slug, origins.
pub type FramingRow = (Uuid, String, Vec<String>);

/// Writes a partner.
///
/// # Errors
/// `Unique` (`partners_slug_key`) if the association has one of this slug.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &PartnerRow) -> DbResult<()> {
    diesel::insert_into(partners::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The partner itself, of a twin in a sandbox: who has a name and an address.
///
/// # Errors
/// As the database says.
pub async fn find_home(
    conn: &mut Conn,
    scope: Scope,
    id: PartnerId,
) -> DbResult<Option<PartnerRow>> {
    let home = find_home_id(conn, scope, id).await?;
    find(conn, scope, home).await
}

/// The partner itself, of a twin in a sandbox; of any other that one.
///
/// # Errors
/// As the database says.
pub async fn find_home_id(conn: &mut Conn, _scope: Scope, id: PartnerId) -> DbResult<PartnerId> {
    let home: Option<Option<Uuid>> = partners::table
        .find(id.uuid())
        .select(partners::sandbox_of)
        .first(conn)
        .await
        .optional()?;
    Ok(home.flatten().map_or(id, PartnerId::new))
}

/// A partner.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn, _scope: Scope, id: PartnerId) -> DbResult<Option<PartnerRow>> {
    Ok(partners::table
        .find(id.uuid())
        .select(PartnerRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// A partner, locked until the transaction ends: keys are made and changes written one after the other.
///
/// # Errors
/// As the database says.
pub async fn lock(conn: &mut Conn, _scope: Scope, id: PartnerId) -> DbResult<Option<PartnerRow>> {
    Ok(partners::table
        .find(id.uuid())
        .for_no_key_update()
        .select(PartnerRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The partner of an association with this slug.
///
/// # Errors
/// As the database says.
pub async fn find_by_slug(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    slug: &str,
) -> DbResult<Option<PartnerRow>> {
    Ok(partners::table
        .filter(partners::association_id.eq(association.uuid()))
        .filter(partners::slug.eq(slug))
        .select(PartnerRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The partners of an association by slug, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    limit: i64,
) -> DbResult<Vec<PartnerRow>> {
    Ok(partners::table
        .filter(partners::association_id.eq(association.uuid()))
        .order(partners::slug)
        .limit(limit)
        .select(PartnerRow::as_select())
        .load(conn)
        .await?)
}

/// The partners of all associations whose pages may show the form in a frame.
///
/// # Errors
/// As the database says.
pub async fn list_framing(conn: &mut Conn, _scope: Scope) -> DbResult<Vec<FramingRow>> {
    Ok(partners::table
        .filter(partners::suspended_at.is_null())
        .filter(partners::origins.ne(Vec::<String>::new()))
        .select((partners::association_id, partners::slug, partners::origins))
        .load(conn)
        .await?)
}

/// Writes what may change of a partner.
///
/// # Errors
/// As the database says.
pub async fn update(conn: &mut Conn, _scope: Scope, row: &PartnerRow) -> DbResult<()> {
    diesel::update(partners::table.find(row.id))
        .set((
            partners::name.eq(&row.name),
            partners::language.eq(&row.language),
            partners::root_version.eq(row.root_version),
            partners::email_sealed.eq(&row.email_sealed),
            partners::suspended_at.eq(row.suspended_at),
            partners::origins.eq(&row.origins),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
