//! One original is taken along, byte for byte.

use serde_json::json;

use super::{By, MyDocument, MyFile, read_all};
use crate::app::audit;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::file_store::{Reader, StoredFile};
use crate::app::vault::Vault;
use crate::db::claimant;
use crate::domain::document::Scan;
use crate::domain::ids::{DocumentId, FileId};
use crate::domain::permission::operation;

/// The trail's word for taking an original along.
const VIEW: &str = "view_document";

/// An original, to be read chunk by chunk.
pub struct Taken {
    /// What it is, and its name.
    pub file: MyFile,
    /// Its bytes.
    pub content: Reader,
}

/// Opens an original. What staff take is audited as seen in clear, before a byte goes out.
///
/// # Errors
/// `NotFound` if there is no such file, or for a claimant of others; `Forbidden` for the role;
/// `IllegalTransition` if it is infected, or for staff while it waits for the scanner.
pub async fn take(ctx: &Ctx, by: &By, document: DocumentId, file: FileId) -> AppResult<Taken> {
    if let By::Staff(actor, _) = by {
        actor.require(&operation::CLAIMANT_DOCUMENT_FILE)?;
    }
    let scope = by.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::find(&mut tx, scope, by.claimant())
        .await?
        .ok_or(AppError::NotFound)?;
    let vault = Vault::open(ctx, &mut tx, scope, by.claimant()).await?;
    let all = read_all(&mut tx, scope, &vault, by.claimant()).await?;
    let found = all.into_iter().find(|it| it.id == document);
    let found = found.ok_or(AppError::NotFound)?;
    let taken = found.files.iter().find(|it| it.id == file).cloned();
    let taken = taken.ok_or(AppError::NotFound)?;
    may_open(by, &found)?;
    if let By::Staff(..) = by {
        let detail =
            json!({ "document": found.id, "number": found.number, "file": taken.position });
        let entry = by.entry(VIEW).with(detail);
        audit::append(ctx, &mut tx, scope, entry).await?;
    }
    tx.commit().await?;
    let stored = StoredFile {
        id: taken.id,
        size: taken.size,
        sha256: taken.sha256.clone(),
    };
    Ok(Taken {
        file: taken,
        content: Reader::new(ctx, vault, stored),
    })
}

fn may_open(by: &By, document: &MyDocument) -> AppResult<()> {
    match (by, document.scan) {
        (_, Scan::Infected) => Err(AppError::IllegalTransition("infected")),
        (By::Staff(..), scan) if !scan.opens_for_staff() => {
            Err(AppError::IllegalTransition("scan_pending"))
        }
        _ => Ok(()),
    }
}
