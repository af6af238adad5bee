//! Files that were brought to sign with a digital signature: what was found about each, and the files themselves.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::app::claimant_declaration::Taken;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::file_store::{self, StoredFile};
use crate::app::session::ClaimantActor;
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::claimant_list as rows;
use crate::db::signature_file::{self as db, SignatureFileRow};
use crate::db::{Conn, Scope};
use crate::domain::ids::{ClaimantId, FileId};
use crate::domain::permission::operation;
use crate::domain::reference::Reference;
use crate::domain::signing::{Format, Report};

/// Files that are shown of one claimant.
const MOST: i64 = 50;

/// The trail's word for seeing reports or taking a file along.
const SEEN: &str = "view_signed";

/// A file that was brought.
#[derive(Debug)]
pub struct ShownFile {
    /// Its id.
    pub id: FileId,
    /// Version of the declaration it was to sign.
    pub version: i32,
    /// Whether it can be taken along.
    pub kept: bool,
    /// Bytes.
    pub size: i64,
    /// SHA-256, hex.
    pub sha256: String,
    /// When it came, UTC.
    pub checked_at: DateTime<Utc>,
    /// What was found.
    pub report: Report,
}

/// The files of a claimant, newest first, at most 50.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn read(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Vec<ShownFile>> {
    let rows = db::list(conn, scope, claimant, MOST).await?;
    rows.into_iter().map(|row| shown(vault, row)).collect()
}

fn shown(vault: &Vault, row: SignatureFileRow) -> AppResult<ShownFile> {
    Ok(ShownFile {
        id: FileId::new(row.id),
        version: row.version,
        kept: row.kept,
        size: row.size,
        sha256: sha256::hex(&row.sha256),
        checked_at: row.checked_at,
        report: vault.unseal("signature_files", "report", row.report)?,
    })
}

/// One's own files, newest first.
///
/// # Errors
/// As the database says.
pub async fn list_own(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Vec<ShownFile>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await?;
    let files = read(&mut tx, scope, &vault, actor.claimant()).await?;
    tx.commit().await?;
    Ok(files)
}

/// The files of a claimant with their reports, which name the signer. Audited as `view_signed`.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for a claimant of others.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    claimant: ClaimantId,
) -> AppResult<Vec<ShownFile>> {
    let operation = &operation::CLAIMANT_SIGNATURE_FILES;
    actor.require(operation)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    rows::get(&mut tx, scope, actor.association_id(), claimant).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    let files = read(&mut tx, scope, &vault, claimant).await?;
    let mut deed = actor.deed(claimant.uuid(), SEEN);
    deed.detail = json!({ "what": operation.name });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    Ok(files)
}

/// Takes a file along as it came. Audited as `view_signed` before a byte goes out.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for a claimant of others or a file that is not kept;
/// `Internal` if it is not what came.
pub async fn take(
    ctx: &Ctx,
    actor: &StaffActor,
    claimant: ClaimantId,
    file: FileId,
) -> AppResult<Taken> {
    let operation = &operation::CLAIMANT_SIGNATURE_FILE;
    actor.require(operation)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    rows::get(&mut tx, scope, actor.association_id(), claimant).await?;
    let row = db::find(&mut tx, scope, claimant, file).await?;
    let row = row.filter(|row| row.kept).ok_or(AppError::NotFound)?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    let mut deed = actor.deed(claimant.uuid(), SEEN);
    deed.detail = json!({ "what": operation.name, "file": file.uuid() });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    let stored = StoredFile {
        id: file,
        size: u64::try_from(row.size).map_err(AppError::internal)?,
        sha256: row.sha256.clone(),
    };
    let report: Report = vault.unseal("signature_files", "report", row.report)?;
    let bytes = file_store::read(ctx, vault, &stored).await?;
    let (ending, kind) = match report.format {
        Format::Pades => ("signed.pdf", "application/pdf"),
        Format::Cades | Format::Unknown => ("pdf.p7m", "application/pkcs7-mime"),
    };
    Ok(Taken {
        name: format!(
            "{}-v{}.{ending}",
            Reference::of(claimant).as_str(),
            row.version
        ),
        kind,
        bytes,
    })
}
