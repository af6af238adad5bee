//! A document is added: its files are durable in the blob store before a row says that they are there.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{By, MyDocument, loose, read_all};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::file_store::{self, StoredFile};
use crate::app::idempotency::{self, Kept};
use crate::app::spool::Spooled;
use crate::app::vault::Vault;
use crate::app::{audit, session};
use crate::crypto::sha256;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::document::{self as db, DocumentRow, FileRow, UploadRow};
use crate::db::{Conn, Tx};
use crate::domain::claimant::ClaimantState;
use crate::domain::document::{
    CLAIMANT_BYTES, DOCUMENTS, DocumentKind, FILES, NUMBERS, Scan, takes_documents,
};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::file_name::FileName;
use crate::domain::file_type::FileType;
use crate::domain::ids::{DocumentId, FileId};
use crate::domain::permission::operation;

/// Minutes after which files written for a document may not become part of it any more: long before
/// they are swept.
const WRITING_ENDS: i64 = 30;

/// A document as it was sent.
#[derive(Debug)]
pub struct SentDocument {
    /// What it shows.
    pub kind: Option<String>,
    /// Its files with their names, in order.
    pub files: Vec<(Option<String>, Spooled)>,
    /// Repeats have one effect.
    pub idempotency_key: Option<String>,
}

/// What became of it.
#[derive(Debug)]
pub struct Adding {
    /// The document.
    pub document: MyDocument,
    /// Whether it had been added before, under the same key.
    pub repeated: bool,
}

/// A file whose type is known.
struct Checked {
    id: FileId,
    name: FileName,
    file_type: FileType,
    content: Spooled,
}

/// The answer that is kept: an id.
#[derive(Serialize, Deserialize)]
struct Answer {
    document: Uuid,
}

/// Adds a document.
///
/// *effects*: files in the blob store; rows in `documents` and `document_files`; audit `add_document`.
///
/// # Errors
/// `Invalid` at `/kind`, `/file`, `/file/0`; `IllegalTransition` where the record takes none;
/// `NotFound` for a claimant of others; `Forbidden` for the role; `IdempotencyMismatch`;
/// `Unavailable` if it could not be kept.
pub async fn add(ctx: &Ctx, by: &By, sent: SentDocument) -> AppResult<Adding> {
    if let By::Staff(actor, _) = by {
        actor.require(&operation::CLAIMANT_ADD_DOCUMENT)?;
    }
    let (kind, kept, mut files) = check(ctx, by, sent).await?;
    let scope = by.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, by.claimant()).await?;
    let row = row.ok_or(AppError::NotFound)?;
    if let Some(kept) = &kept
        && let Some(before) = added_before(ctx, &mut tx, by, kept).await?
    {
        return Ok(before);
    }
    may_add(by, &row)?;
    check_room(&mut tx, by, &files).await?;
    let vault = Vault::open(ctx, &mut tx, scope, by.claimant()).await?;
    db::begin_uploads(&mut tx, scope, &uploads(ctx, &row, &files)).await?;
    tx.commit().await?;
    let ids: Vec<FileId> = files.iter().map(|file| file.id).collect();
    let written = match store(ctx, &vault, &mut files).await {
        Ok(stored) => write(ctx, by, &vault, kind, kept.as_ref(), &files, &stored).await,
        Err(error) => Err(error),
    };
    match written {
        Ok(adding) if !adding.repeated => Ok(adding),
        other => {
            // what is left by a failure here is found after an hour
            loose::drop_files(ctx, by, &ids).await;
            other
        }
    }
}

async fn check(
    ctx: &Ctx,
    by: &By,
    sent: SentDocument,
) -> AppResult<(DocumentKind, Option<Kept>, Vec<Checked>)> {
    let mut errors = FieldErrors::new();
    let kind = kind(sent.kind.as_deref(), &mut errors);
    if sent.files.is_empty() {
        errors.push("/file", FieldCode::Required, "error-file-required");
    }
    if sent.files.len() > FILES {
        errors.push("/file", FieldCode::OutOfRange, "error-file-too-many");
    }
    let mut files = Vec::with_capacity(sent.files.len());
    for (place, (name, mut content)) in sent.files.into_iter().enumerate() {
        let found = content.file_type().await?;
        let reason = match found {
            Some(FileType::Heic) => "error-file-heic",
            Some(file_type) => {
                files.push(Checked {
                    id: FileId::new(ctx.new_id()),
                    name: FileName::clean(name.as_deref(), file_type),
                    file_type,
                    content,
                });
                continue;
            }
            None => "error-file-type",
        };
        errors.push(format!("/file/{place}"), FieldCode::UnknownValue, reason);
    }
    let Some(kind) = kind.filter(|_| errors.is_empty()) else {
        return Err(errors.into());
    };
    let kept = sent
        .idempotency_key
        .map(|key| {
            let place = format!("document|{}|{}|{key}", by.claimant(), by.asker());
            let hashes = files.iter().map(|file| sha256::hex(file.content.sha256()));
            Kept::under(ctx, &place, &(kind, hashes.collect::<Vec<_>>()))
        })
        .transpose()?;
    Ok((kind, kept, files))
}

fn kind(word: Option<&str>, errors: &mut FieldErrors) -> Option<DocumentKind> {
    let Some(word) = word.map(str::trim).filter(|word| !word.is_empty()) else {
        errors.push("/kind", FieldCode::Required, "error-proof-kind-required");
        return None;
    };
    let kind = DocumentKind::parse(word);
    if kind.is_none() {
        errors.push("/kind", FieldCode::UnknownValue, "error-proof-kind-unknown");
    }
    kind
}

fn may_add(by: &By, row: &ClaimantRow) -> AppResult<()> {
    let state = row.state()?;
    let assists = matches!(by, By::Staff(..)) && state == ClaimantState::ToAssist;
    if row.moved_at.is_some() {
        Err(AppError::IllegalTransition("moved"))
    } else if takes_documents(state) || assists {
        Ok(())
    } else {
        Err(AppError::IllegalTransition(state.as_str()))
    }
}

/// Whether the record has room for these files; asked again under the lock.
async fn check_room(conn: &mut Conn, by: &By, files: &[Checked]) -> AppResult<i32> {
    let documents = db::list(conn, by.scope(), by.claimant()).await?;
    let kept = db::list_files(conn, by.scope(), by.claimant()).await?;
    let there = documents.iter().filter(|row| row.removed_at.is_none());
    let number = documents.last().map_or(0, |row| row.number) + 1;
    let mut errors = FieldErrors::new();
    if there.count() >= DOCUMENTS || number > NUMBERS {
        errors.push("/file", FieldCode::OutOfRange, "error-documents-too-many");
    }
    let before = kept
        .iter()
        .map(|file| u64::try_from(file.size).unwrap_or(0));
    let now = files.iter().map(|file| file.content.size());
    if before.chain(now).sum::<u64>() > CLAIMANT_BYTES {
        errors.push("/file", FieldCode::OutOfRange, "error-documents-too-many");
    }
    errors.into_result(number).map_err(Into::into)
}

fn uploads(ctx: &Ctx, row: &ClaimantRow, files: &[Checked]) -> Vec<UploadRow> {
    let now = ctx.clock.now();
    let rows = files.iter().map(|file| UploadRow {
        claimant_id: row.id,
        id: file.id.uuid(),
        association_id: row.association_id,
        created_at: now,
    });
    rows.collect()
}

async fn store(ctx: &Ctx, vault: &Vault, files: &mut [Checked]) -> AppResult<Vec<StoredFile>> {
    let ends = ctx.clock.now() + Duration::minutes(WRITING_ENDS);
    let mut stored = Vec::with_capacity(files.len());
    for file in files {
        stored.push(file_store::put_as(ctx, vault, file.id, &mut file.content).await?);
    }
    if ctx.clock.now() > ends {
        return Err(AppError::Unavailable("the files took too long".into()));
    }
    Ok(stored)
}

async fn write(
    ctx: &Ctx,
    by: &By,
    vault: &Vault,
    kind: DocumentKind,
    kept: Option<&Kept>,
    files: &[Checked],
    stored: &[StoredFile],
) -> AppResult<Adding> {
    let scope = by.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let locked = claimant::lock(&mut tx, scope, by.claimant()).await?;
    may_add(by, &locked)?;
    let id = DocumentId::new(ctx.new_id());
    if let Some(kept) = kept {
        let answer = Answer {
            document: id.uuid(),
        };
        if !idempotency::keep(&mut tx, &kept.row(201, &answer, now)?, now).await? {
            let before = added_before(ctx, &mut tx, by, kept).await?;
            return before.ok_or(AppError::IdempotencyRunning);
        }
    }
    let number = check_room(&mut tx, by, files).await?;
    let scan = if ctx.settings.scans {
        Scan::Pending
    } else {
        Scan::NotScanned
    };
    let row = DocumentRow {
        claimant_id: locked.id,
        id: id.uuid(),
        association_id: locked.association_id,
        number,
        kind: kind.as_str().to_owned(),
        scan: scan.as_str().to_owned(),
        added_by: match by {
            By::Owner(_) => "claimant",
            By::Staff(..) => "staff",
        }
        .to_owned(),
        created_at: now,
        scanned_at: None,
        removed_at: None,
    };
    let rows = file_rows(vault, &row, files, stored)?;
    db::insert(&mut tx, scope, &row, &rows).await?;
    finish(ctx, tx, by, &row, stored).await?;
    let references: Vec<&FileRow> = rows.iter().collect();
    Ok(Adding {
        document: super::shown(vault, &row, &references)?,
        repeated: false,
    })
}

/// What goes with the rows of a document into their transaction, and its end.
async fn finish(
    ctx: &Ctx,
    mut tx: Tx,
    by: &By,
    row: &DocumentRow,
    stored: &[StoredFile],
) -> AppResult<()> {
    let scope = by.scope();
    let ids: Vec<FileId> = stored.iter().map(|file| file.id).collect();
    let owned = db::end_uploads(&mut tx, scope, by.claimant(), &ids).await?;
    if owned != ids.len() {
        return Err(AppError::Unavailable("the files were swept".into()));
    }
    let detail = json!({
        "document": row.id, "number": row.number, "kind": row.kind, "files": stored.len(),
    });
    let entry = by.entry("add_document").with(detail);
    audit::append(ctx, &mut tx, scope, entry).await?;
    if let By::Owner(actor) = by {
        session::keep(ctx, &mut tx, actor).await?;
    }
    Ok(tx.commit().await?)
}

fn file_rows(
    vault: &Vault,
    document: &DocumentRow,
    files: &[Checked],
    stored: &[StoredFile],
) -> AppResult<Vec<FileRow>> {
    let rows = files.iter().zip(stored).zip(1_i16..);
    rows.map(|((file, stored), position)| {
        Ok(FileRow {
            claimant_id: document.claimant_id,
            id: stored.id.uuid(),
            document_id: document.id,
            association_id: document.association_id,
            position,
            file_type: file.file_type.as_str().to_owned(),
            size: i64::try_from(stored.size).map_err(AppError::internal)?,
            sha256: stored.sha256.clone(),
            name_sealed: vault.seal("document_files", "name_sealed", &file.name.as_str())?,
        })
    })
    .collect()
}

/// The document that was added before under this key, if it still has files.
async fn added_before(
    ctx: &Ctx,
    conn: &mut Conn,
    by: &By,
    kept: &Kept,
) -> AppResult<Option<Adding>> {
    let now = ctx.clock.now();
    let Some(answer) = idempotency::find::<Answer>(conn, kept, now).await? else {
        return Ok(None);
    };
    let vault = Vault::open(ctx, conn, by.scope(), by.claimant()).await?;
    let all = read_all(conn, by.scope(), &vault, by.claimant()).await?;
    let found = all.into_iter().find(|it| it.id.uuid() == answer.document);
    // it was removed since: there is nothing to show, and it is not added again
    let document = found.ok_or(AppError::IllegalTransition("document_removed"))?;
    Ok(Some(Adding {
        document,
        repeated: true,
    }))
}
