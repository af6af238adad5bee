//! What staff see of hand-ins: the queue, one with its sheets, one sheet. Each look is in the trail (R64);
//! no API gives a sheet away.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

use super::kept;
use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::declaration::content_of;
use crate::app::declaration_document::title_words;
use crate::app::error::{AppError, AppResult};
use crate::app::file_store::{Reader, StoredFile};
use crate::app::staff::{self, StaffActor};
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::paper::{self as db, HandInRow};
use crate::db::{claimant, declaration};
use crate::domain::file_type::FileType;
use crate::domain::ids::{ClaimantId, FileId};
use crate::domain::paper::SheetKind;
use crate::domain::permission::operation;
use crate::domain::reference::Reference;
use crate::render::document::short_sha256;

/// Hand-ins looked at to find the next one.
const SEEN: i64 = 200;

/// A hand-in in the queue. Nothing personal.
#[derive(Clone, Debug)]
pub struct ToVerify {
    /// The claimant.
    pub claimant: ClaimantId,
    /// The hand-in.
    pub id: Uuid,
    /// What the claimant quotes.
    pub reference: Reference,
    /// Version of the declaration.
    pub version: i32,
    /// When it was handed in, UTC.
    pub handed_in_at: DateTime<Utc>,
    /// Whether staff handed it in.
    pub by_staff: bool,
    /// Whether the actor did, and so cannot decide.
    pub is_own: bool,
}

/// A hand-in, opened.
pub struct Open {
    /// As in the queue.
    pub row: ToVerify,
    /// Slug of the case.
    pub case: String,
    /// `to_verify`, `approved`, `rejected`, `replaced`.
    pub state: String,
    /// Name of the claimant.
    pub name: String,
    /// Name of the person who signs.
    pub signer: String,
    /// Codice fiscale of the signer.
    pub signer_codice_fiscale: Option<String>,
    /// In whose place, by what title, in Italian; none for who signs alone.
    pub title: Option<(String, String)>,
    /// SHA-256 of the declared document, hex; and how the form shows it.
    pub document_sha256: (String, String),
    /// Name of the staff member who handed it in; none: the claimant.
    pub operator: Option<String>,
    /// Day of the signature.
    pub signed_on: NaiveDate,
    /// Last day of the identity document.
    pub id_expires_on: NaiveDate,
    /// Its files, in their order.
    pub sheets: Vec<OpenSheet>,
    /// Whether the optional mandate stands in the document.
    pub offers_messa_in_mora: bool,
    /// Whether the declaration is still the newest.
    pub is_newest: bool,
    /// Whether the claimant gets mails.
    pub has_email: bool,
}

/// A file of a hand-in.
#[derive(Clone, Debug)]
pub struct OpenSheet {
    /// From 1.
    pub number: usize,
    /// What it shows.
    pub kind: SheetKind,
    /// What it is.
    pub file_type: FileType,
    /// Bytes.
    pub size: u64,
    /// SHA-256, hex.
    pub sha256: String,
    /// Whether it was deleted by rule (R64).
    pub is_deleted: bool,
}

/// A sheet, to be read chunk by chunk.
pub struct OneSheet {
    /// What it is.
    pub file_type: FileType,
    /// The original.
    pub content: Reader,
}

/// Hand-ins of a case of the own association that are to be verified, oldest first, at most `limit`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    after: Option<Uuid>,
    limit: i64,
) -> AppResult<Vec<ToVerify>> {
    actor.require(&operation::LIST_PAPER)?;
    let own = claimant_list::cases(ctx, actor).await?;
    let own = own.into_iter().find(|own| own.case.slug == slug);
    let case = own.ok_or(AppError::NotFound)?.case.id;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list_to_verify(&mut tx, scope, case, after, limit).await?;
    tx.commit().await?;
    Ok(rows.iter().map(|row| to_verify(actor, row)).collect())
}

/// The oldest one after `after` that the actor may decide; then the oldest of all.
///
/// # Errors
/// As [`list`].
pub async fn next(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    after: Option<Uuid>,
) -> AppResult<Option<ToVerify>> {
    let rows = list(ctx, actor, slug, after, SEEN).await?;
    let found = rows.into_iter().find(|row| !row.is_own);
    if found.is_some() || after.is_none() {
        return Ok(found);
    }
    let rows = list(ctx, actor, slug, None, SEEN).await?;
    Ok(rows.into_iter().find(|row| !row.is_own))
}

/// Opens a hand-in; audited as `view_paper`.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of others.
pub async fn open(
    ctx: &Ctx,
    actor: &StaffActor,
    claimant_id: ClaimantId,
    id: Uuid,
) -> AppResult<Open> {
    actor.require(&operation::CONSOLE_PAPER_PAGE)?;
    let scope = actor.scope();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let record = claimant::find(&mut tx, scope, claimant_id).await?;
    let record = record.ok_or(AppError::NotFound)?;
    let row = db::find(&mut tx, scope, claimant_id, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let declared = declaration::find(&mut tx, scope, claimant_id, row.version).await?;
    let declared = declared.ok_or(AppError::NotFound)?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant_id).await?;
    let people: Vec<Uuid> = row.handed_in_by.into_iter().collect();
    let names = staff::names(ctx, &mut tx, scope, &people).await?;
    let mut deed = actor.deed(claimant_id.uuid(), "view_paper");
    deed.detail = json!({ "hand_in": id });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    let content = content_of(&vault, &declared)?;
    let kept = kept(&vault, &row)?;
    let sha256 = sha256::hex(&row.document_sha256);
    let acting = content.representative.as_ref();
    let is_deleted = row.id_images_deleted_at.is_some();
    let sheets = kept.sheets.iter().zip(1..).map(|(sheet, number)| {
        let file_type = FileType::parse(&sheet.file_type);
        Ok(OpenSheet {
            number,
            kind: sheet.kind,
            file_type: file_type.ok_or_else(|| AppError::internal("an unknown file type"))?,
            size: sheet.size,
            sha256: sheet.sha256.clone(),
            is_deleted: is_deleted && sheet.kind.is_identity(),
        })
    });
    Ok(Open {
        case: directory.case(record.case())?.slug.clone(),
        name: content.identity.display_name(),
        signer: content.signer(),
        signer_codice_fiscale: content.signer_codice_fiscale().map(str::to_owned),
        title: acting.map(|it| {
            let words = title_words(it.title()).to_owned();
            (words, it.title_document().to_owned())
        }),
        document_sha256: (sha256.clone(), short_sha256(&sha256)),
        operator: row.handed_in_by.and_then(|id| names.get(&id).cloned()),
        signed_on: kept.signed_on,
        id_expires_on: kept.id_expires_on,
        sheets: sheets.collect::<AppResult<_>>()?,
        offers_messa_in_mora: content.texts.iter().any(|text| !text.kind.is_required()),
        is_newest: record.declared_version == Some(row.version),
        has_email: record.contact_kind == "email" && record.died_at.is_none(),
        state: row.state.clone(),
        row: to_verify(actor, &row),
    })
}

/// One sheet; audited as `view_paper_sheet` before a byte goes out (R64).
///
/// # Errors
/// `Forbidden`; `NotFound` for one of others or one that was deleted by rule; `Unavailable`.
pub async fn sheet(
    ctx: &Ctx,
    actor: &StaffActor,
    claimant_id: ClaimantId,
    id: Uuid,
    number: usize,
) -> AppResult<OneSheet> {
    actor.require(&operation::CONSOLE_PAPER_SHEET)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find(&mut tx, scope, claimant_id, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant_id).await?;
    let kept = kept(&vault, &row)?;
    let place = number.checked_sub(1).ok_or(AppError::NotFound)?;
    let sheet = kept.sheets.into_iter().nth(place);
    let gone = row.id_images_deleted_at.is_some();
    let sheet = sheet.filter(|sheet| !(gone && sheet.kind.is_identity()));
    let sheet = sheet.ok_or(AppError::NotFound)?;
    let mut deed = actor.deed(claimant_id.uuid(), "view_paper_sheet");
    deed.detail = json!({ "hand_in": id, "number": number, "kind": sheet.kind.as_str() });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    let file = StoredFile {
        id: FileId::new(sheet.file),
        size: sheet.size,
        sha256: data_encoding::HEXLOWER
            .decode(sheet.sha256.as_bytes())
            .map_err(AppError::internal)?,
    };
    let file_type = FileType::parse(&sheet.file_type);
    Ok(OneSheet {
        file_type: file_type.ok_or(AppError::NotFound)?,
        content: Reader::new(ctx, vault, file),
    })
}

fn to_verify(actor: &StaffActor, row: &HandInRow) -> ToVerify {
    let claimant = ClaimantId::new(row.claimant_id);
    ToVerify {
        claimant,
        id: row.id,
        reference: Reference::of(claimant),
        version: row.version,
        handed_in_at: row.created_at,
        by_staff: row.handed_in_by.is_some(),
        is_own: row.handed_in_by == Some(actor.staff_id().uuid()),
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Open({})", self.row.id)
    }
}

impl fmt::Debug for OneSheet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OneSheet(..)")
    }
}
