//! Documents of claimants, their files, and files that may belong to nothing.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{document_files, documents, file_uploads};
use crate::db::scope::Scope;
use crate::domain::ids::{ClaimantId, DocumentId, FileId};

/// A row of `documents`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = documents)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct DocumentRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub number: i32,
    pub kind: String,
    pub scan: String,
    pub added_by: String,
    pub created_at: DateTime<Utc>,
    pub scanned_at: Option<DateTime<Utc>>,
    pub removed_at: Option<DateTime<Utc>>,
}

/// A row of `document_files`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = document_files)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct FileRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub document_id: Uuid,
    pub association_id: Uuid,
    pub position: i16,
    pub file_type: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub name_sealed: Vec<u8>,
}

/// A row of `file_uploads`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = file_uploads)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct UploadRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub association_id: Uuid,
    pub created_at: DateTime<Utc>,
}

/// The documents of a claimant, removed ones too, by number.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<DocumentRow>> {
    let mut query = documents::table
        .filter(documents::claimant_id.eq(claimant.uuid()))
        .order(documents::number)
        .select(DocumentRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(documents::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// The files of all documents of a claimant, by place.
///
/// # Errors
/// As the database says.
pub async fn list_files(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<FileRow>> {
    let mut query = document_files::table
        .filter(document_files::claimant_id.eq(claimant.uuid()))
        .order(document_files::position)
        .select(FileRow::as_select())
        .into_boxed();
    if let Some(association) = scope.association() {
        query = query.filter(document_files::association_id.eq(association.uuid()));
    }
    Ok(query.load(conn).await?)
}

/// Writes a document with its files; the claimant is locked.
///
/// # Errors
/// `Unique` if the number is taken.
pub async fn insert(
    conn: &mut Conn,
    _scope: Scope,
    row: &DocumentRow,
    files: &[FileRow],
) -> DbResult<()> {
    diesel::insert_into(documents::table)
        .values(row)
        .execute(conn)
        .await?;
    diesel::insert_into(document_files::table)
        .values(files)
        .execute(conn)
        .await?;
    Ok(())
}

/// Marks a document as removed.
///
/// # Errors
/// As the database says.
pub async fn mark_removed(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    document: DocumentId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(documents::table.find((claimant.uuid(), document.uuid())))
        .set(documents::removed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the files of a document out of it: from now on they belong to nothing. Gives their ids.
///
/// # Errors
/// As the database says.
pub async fn release_files(
    conn: &mut Conn,
    scope: Scope,
    document: &DocumentRow,
    now: DateTime<Utc>,
) -> DbResult<Vec<FileId>> {
    let ids: Vec<Uuid> = diesel::delete(
        document_files::table
            .filter(document_files::claimant_id.eq(document.claimant_id))
            .filter(document_files::document_id.eq(document.id)),
    )
    .returning(document_files::id)
    .get_results(conn)
    .await?;
    let loose: Vec<UploadRow> = ids
        .iter()
        .map(|id| UploadRow {
            claimant_id: document.claimant_id,
            id: *id,
            association_id: document.association_id,
            created_at: now,
        })
        .collect();
    begin_uploads(conn, scope, &loose).await?;
    Ok(ids.into_iter().map(FileId::new).collect())
}

/// Notes files that will lie in the blob store before anything owns them.
///
/// # Errors
/// As the database says.
pub async fn begin_uploads(conn: &mut Conn, _scope: Scope, rows: &[UploadRow]) -> DbResult<()> {
    diesel::insert_into(file_uploads::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes files out of the list: they are owned now, or gone. Gives how many were there.
///
/// # Errors
/// As the database says.
pub async fn end_uploads(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    files: &[FileId],
) -> DbResult<usize> {
    let ids: Vec<Uuid> = files.iter().map(|id| id.uuid()).collect();
    let gone = diesel::delete(
        file_uploads::table
            .filter(file_uploads::claimant_id.eq(claimant.uuid()))
            .filter(file_uploads::id.eq_any(ids)),
    );
    Ok(gone.execute(conn).await?)
}

/// Files that have belonged to nothing since before `before`, oldest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_loose(
    conn: &mut Conn,
    _scope: Scope,
    before: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<UploadRow>> {
    Ok(file_uploads::table
        .filter(file_uploads::created_at.lt(before))
        .order(file_uploads::created_at)
        .limit(limit)
        .select(UploadRow::as_select())
        .load(conn)
        .await?)
}

/// Documents the scanner has not looked at, and was not asked about since `before`; oldest first.
///
/// # Errors
/// As the database says.
pub async fn list_pending(
    conn: &mut Conn,
    _scope: Scope,
    before: DateTime<Utc>,
    limit: i64,
) -> DbResult<Vec<DocumentRow>> {
    Ok(documents::table
        .filter(documents::scan.eq("pending"))
        .filter(
            documents::scanned_at
                .is_null()
                .or(documents::scanned_at.lt(before)),
        )
        .order(documents::created_at)
        .limit(limit)
        .select(DocumentRow::as_select())
        .load(conn)
        .await?)
}

/// Notes what the scanner said, and when it was asked.
///
/// # Errors
/// As the database says.
pub async fn mark_scanned(
    conn: &mut Conn,
    _scope: Scope,
    document: &DocumentRow,
    scan: &str,
    now: DateTime<Utc>,
) -> DbResult<()> {
    diesel::update(documents::table.find((document.claimant_id, document.id)))
        .set((documents::scan.eq(scan), documents::scanned_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}
