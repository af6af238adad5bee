//! Handing in what was signed by hand: by the claimant or by staff. It is a signature only once a second
//! person has approved it (R44).

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{Kept, replace_open};
use crate::app::approval;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::declaration::{Basis, read_basis};
use crate::app::error::{AppError, AppResult};
use crate::app::file_store;
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::Evidence as Origin;
use crate::app::signature::signable;
use crate::app::spool::Spooled;
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::document::{self, UploadRow};
use crate::db::paper::{self as db, HandInRow};
use crate::db::{Scope, claimant};
use crate::domain::approval::ApprovalKind;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::file_type::FileType;
use crate::domain::ids::{AssociationId, ClaimantId, FileId, StaffId};
use crate::domain::outage::day_in_rome;
use crate::domain::paper::{Days, HAND_INS_A_DAY, MOST_SCANS, Sheet, SheetKind, readable};
use crate::domain::permission::operation;

/// What is handed in.
pub struct HandIn {
    /// Pages of the signed form, in their order.
    pub scans: Vec<Spooled>,
    /// Front of the identity document.
    pub id_front: Vec<Spooled>,
    /// Its back.
    pub id_back: Vec<Spooled>,
    /// Last day on which it is valid.
    pub id_expires_on: Option<String>,
    /// When it was signed; by default today.
    pub signed_on: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Whose signature, and who hands it in.
#[derive(Clone, Debug)]
pub enum By {
    /// The claimant.
    Owner(ClaimantActor),
    /// Staff, of a claimant of their association.
    Staff(StaffActor, ClaimantId),
}

/// A hand-in, as its claimant sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedIn {
    /// Its id.
    pub id: Uuid,
    /// `to_verify`, `approved`, `rejected`, `replaced`.
    pub state: String,
    /// Version of the declaration.
    pub version: i32,
    /// When it was handed in, UTC.
    pub handed_in_at: DateTime<Utc>,
    /// SHA-256 of the declared document, hex.
    pub document_sha256: String,
    /// Code of why it was rejected.
    pub reason: Option<String>,
    /// What staff wrote besides.
    pub note: Option<String>,
}

impl By {
    fn claimant(&self) -> ClaimantId {
        match self {
            Self::Owner(actor) => actor.claimant(),
            Self::Staff(_, claimant) => *claimant,
        }
    }

    fn scope(&self) -> Scope {
        match self {
            Self::Owner(actor) => actor.scope(),
            Self::Staff(actor, _) => actor.scope(),
        }
    }

    fn association(&self) -> AssociationId {
        match self {
            Self::Owner(actor) => actor.association(),
            Self::Staff(actor, _) => actor.association_id(),
        }
    }
}

/// A file that can be looked at.
struct Checked {
    id: FileId,
    kind: SheetKind,
    file_type: FileType,
    content: Spooled,
}

/// Takes what was signed by hand: it is to be verified, the record does not move. Another one that waited
/// is replaced.
///
/// *effects*: files in the blob store; row in `paper_hand_ins`; audit `hand_in_paper`; mails to who may decide.
///
/// # Errors
/// `Invalid` at `/file`, `/id_front`, `/id_back`, `/id_expires_on`, `/signed_on`; `IllegalTransition` if
/// nothing can be signed now; `RateLimited` over [`HAND_INS_A_DAY`]; `NotFound`, `Forbidden` for staff;
/// `Unavailable` if it cannot be kept.
pub async fn hand_in(ctx: &Ctx, by: &By, sent: HandIn) -> AppResult<HandedIn> {
    if let By::Staff(actor, _) = by {
        actor.require(&operation::STAFF_HAND_IN)?;
    }
    let directory = ctx.directories.get(ctx).await?;
    let scope = by.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, by.claimant()).await?;
    row.ok_or(AppError::NotFound)?;
    let basis = read_basis(ctx, &mut tx, scope, by.claimant()).await?;
    let now = ctx.clock.now();
    let times = db::list_times(&mut tx, scope, by.claimant(), now - TimeDelta::days(1)).await?;
    tx.commit().await?;
    if let Some(first) = times.first().filter(|_| times.len() >= HAND_INS_A_DAY) {
        let wait = *first + TimeDelta::days(1) - now;
        return Err(AppError::RateLimited(wait.to_std().unwrap_or_default()));
    }
    let (content, declared) = signable(ctx, &directory, &basis)?;
    let around = (content.declared_on, day_in_rome(ctx.clock.now()));
    let (mut files, days, origin) = check(ctx, sent, around).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    document::begin_uploads(&mut tx, scope, &uploads(ctx, &basis, &files)).await?;
    tx.commit().await?;
    let sheets = store(ctx, &basis.vault, &mut files).await?;
    let session_sha256 = match by {
        By::Owner(actor) => Some(actor.session_sha256()),
        By::Staff(..) => None,
    };
    let kept = Kept {
        sheets,
        signed_on: days.signed_on,
        id_expires_on: days.id_expires_on,
        ip: origin.address,
        user_agent: origin.user_agent,
        session_sha256,
    };
    // what a failure leaves in the store is found after an hour
    write(ctx, by, &basis, declared.version, &kept).await
}

/// The newest hand-in of a claimant, for its own page.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn newest(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Option<HandedIn>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find_newest(&mut tx, scope, actor.claimant()).await?;
    let Some(row) = row else {
        tx.commit().await?;
        return Ok(None);
    };
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await?;
    tx.commit().await?;
    shown(&vault, row).map(Some)
}

fn shown(vault: &Vault, row: HandInRow) -> AppResult<HandedIn> {
    let note = row
        .note_sealed
        .map(|sealed| vault.unseal("paper_hand_ins", "note_sealed", sealed))
        .transpose()?;
    Ok(HandedIn {
        id: row.id,
        state: row.state,
        version: row.version,
        handed_in_at: row.created_at,
        document_sha256: sha256::hex(&row.document_sha256),
        reason: row.reason,
        note,
    })
}

async fn check(
    ctx: &Ctx,
    sent: HandIn,
    around: (chrono::NaiveDate, chrono::NaiveDate),
) -> AppResult<(Vec<Checked>, Days, Origin)> {
    let mut errors = FieldErrors::new();
    let mut files = Vec::new();
    for (kind, pointer, missing, most, contents) in [
        (
            SheetKind::Scan,
            "/file",
            "error-scan-required",
            MOST_SCANS,
            sent.scans,
        ),
        (
            SheetKind::IdFront,
            "/id_front",
            "error-id-front-required",
            1,
            sent.id_front,
        ),
        (
            SheetKind::IdBack,
            "/id_back",
            "error-id-back-required",
            1,
            sent.id_back,
        ),
    ] {
        if contents.is_empty() {
            errors.push(pointer, FieldCode::Required, missing);
        }
        if contents.len() > most {
            errors.push(pointer, FieldCode::OutOfRange, "error-sheets-too-many");
            continue;
        }
        for mut content in contents {
            let found = readable(content.file_type().await?);
            if let Some(file_type) = errors.take(pointer, found) {
                files.push(Checked {
                    id: FileId::new(ctx.new_id()),
                    kind,
                    file_type,
                    content,
                });
            }
        }
    }
    let (expires, signed) = (sent.id_expires_on.as_deref(), sent.signed_on.as_deref());
    let days = Days::parse(expires, signed, around, &mut errors);
    match days.filter(|_| errors.is_empty()) {
        Some(days) => Ok((files, days, sent.origin)),
        None => Err(errors.into()),
    }
}

fn uploads(ctx: &Ctx, basis: &Basis, files: &[Checked]) -> Vec<UploadRow> {
    let now = ctx.clock.now();
    let rows = files.iter().map(|file| UploadRow {
        claimant_id: basis.row.id,
        id: file.id.uuid(),
        association_id: basis.row.association_id,
        created_at: now,
    });
    rows.collect()
}

async fn store(ctx: &Ctx, vault: &Vault, files: &mut [Checked]) -> AppResult<Vec<Sheet>> {
    let mut sheets = Vec::with_capacity(files.len());
    for file in files {
        let stored = file_store::put_as(ctx, vault, file.id, &mut file.content).await?;
        sheets.push(Sheet {
            kind: file.kind,
            file: stored.id.uuid(),
            file_type: file.file_type.as_str().to_owned(),
            size: stored.size,
            sha256: sha256::hex(&stored.sha256),
        });
    }
    Ok(sheets)
}

async fn write(
    ctx: &Ctx,
    by: &By,
    before: &Basis,
    version: i32,
    kept: &Kept,
) -> AppResult<HandedIn> {
    let (scope, id) = (by.scope(), by.claimant());
    let now = ctx.clock.now();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::lock(&mut tx, scope, id).await?;
    let basis = read_basis(ctx, &mut tx, scope, id).await?;
    let (_, declared) = signable(ctx, &directory, &basis)?;
    if declared.version != version {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let files: Vec<FileId> = kept.sheets.iter().map(|it| FileId::new(it.file)).collect();
    if document::end_uploads(&mut tx, scope, id, &files).await? != files.len() {
        return Err(AppError::Unavailable("the files were swept".into()));
    }
    replace_open(ctx, &mut tx, scope, id).await?;
    let (actor, handed_in_by) = match by {
        By::Owner(actor) => (Actor::Claimant(actor.claimant()), None),
        By::Staff(actor, _) => (
            Actor::Staff(actor.staff_id()),
            Some(actor.staff_id().uuid()),
        ),
    };
    let row = HandInRow {
        claimant_id: id.uuid(),
        id: ctx.new_id(),
        association_id: by.association().uuid(),
        case_id: basis.row.case_id,
        version,
        document_sha256: declared.document_sha256.clone(),
        state: "to_verify".to_owned(),
        sealed: before.vault.seal("paper_hand_ins", "sealed", kept)?,
        handed_in_by,
        created_at: now,
        decided_by: None,
        decided_at: None,
        reason: None,
        note_sealed: None,
        id_images_deleted_at: None,
    };
    db::insert(&mut tx, scope, &row).await?;
    let entry = Entry::new(id, by.association(), actor, "hand_in_paper");
    let entry = entry.with(json!({ "hand_in": row.id, "version": version, "files": files.len() }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    let (told, asked_by) = (
        (by.association(), basis.row.case(), ApprovalKind::Paper),
        handed_in_by.map(StaffId::new),
    );
    approval::tell(ctx, &mut tx, scope, told, asked_by).await?;
    if let By::Owner(actor) = by {
        session::keep(ctx, &mut tx, actor).await?;
    }
    tx.commit().await?;
    shown(&before.vault, row)
}

impl fmt::Debug for HandIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HandIn(..)")
    }
}
