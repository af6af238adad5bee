//! The damage declaration: a draft that is saved at each step, and versions that never change
//! (R38, R39).

use chrono::{DateTime, Utc};

use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::session::ClaimantActor;
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::declaration::{self as db, DeclarationRow, DraftRow};
use crate::db::signature::SignatureRow;
use crate::db::{claimant, signature};
use crate::domain::accepted_text::TextKind;
use crate::domain::claimant::ClaimantState;
use crate::domain::declaration::{Change, Declaration, DeclarationInput, DeclarationRules};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::identity::Identity;
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::permission::operation;
use crate::domain::signed_content::SignedContent;

mod basis;
mod by;
mod document;
mod figures;
mod version;

pub(in crate::app) use basis::{Basis, is_current, may_declare, read_basis};
pub use by::{By, Dictation};
pub(in crate::app) use document::{alarm, check_document, content_of, document_of};
pub use document::{document, signed};
pub(in crate::app) use figures::count_due;
pub use version::{Declared, put, put_by_staff};

use basis::rules;

/// Largest draft, bytes of JSON.
const LARGEST_DRAFT: usize = 128 * 1024;

/// Everything about the declaration for its page.
#[derive(Debug)]
pub struct MyDeclaration {
    /// The case.
    pub case: CaseId,
    /// State of the record.
    pub state: ClaimantState,
    /// Name of person or entity, once given.
    pub name: Option<String>,
    /// What has been typed since, if anything.
    pub draft: Option<DeclarationInput>,
    /// What may be declared.
    pub rules: DeclarationRules,
    /// The newest version.
    pub newest: Option<MyVersion>,
    /// What changed from the version in force to the newest one (R39).
    pub changes: Vec<Change>,
}

/// A version of the own declaration.
#[derive(Debug)]
pub struct MyVersion {
    /// What it says.
    pub content: SignedContent,
    /// SHA-256 of the PDF, hex.
    pub document_sha256: String,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// When it was signed, if it was.
    pub signed_at: Option<DateTime<Utc>>,
    /// Whether the mandate for the messa in mora was given with that signature.
    pub messa_in_mora: bool,
    /// Whether it still says what is known now; else it must be declared again before signing.
    pub is_current: bool,
}

/// The own declaration.
///
/// # Errors
/// `Unauthenticated` if the record is gone.
pub async fn get(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<MyDeclaration> {
    read(ctx, &By::Owner(actor.clone())).await
}

/// The declaration of a claimant without an e-mail, for staff who type it; audited as `view_claimant`.
///
/// # Errors
/// `Forbidden`; `NotFound` out of the own association; `IllegalTransition` where staff may not type.
pub async fn get_by_staff(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
) -> AppResult<MyDeclaration> {
    actor.require(&operation::CONSOLE_DECLARE_PAGE)?;
    read(ctx, &By::Staff(actor.clone(), id)).await
}

async fn read(ctx: &Ctx, by: &By) -> AppResult<MyDeclaration> {
    let (scope, claimant) = (by.scope(), by.claimant());
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    by.see(ctx, &mut tx).await?;
    let basis = read_basis(ctx, &mut tx, scope, claimant).await?;
    let draft = db::find_draft(&mut tx, scope, claimant).await?;
    let signatures = signature::list(&mut tx, scope, claimant).await?;
    let in_force = match basis.row.signed_version {
        Some(version) => db::find(&mut tx, scope, claimant, version).await?,
        None => None,
    };
    tx.commit().await?;
    let case = directory.case(basis.row.case())?;
    let draft = draft
        .map(|row| {
            basis
                .vault
                .unseal("declaration_drafts", "sealed", row.sealed)
        })
        .transpose()?;
    let newest = match &basis.newest {
        Some(row) => Some(my_version(ctx, &directory, &basis, row, &signatures)?),
        None => None,
    };
    let mut changes = Vec::new();
    if let (Some(newest), Some(old)) = (&newest, in_force)
        && old.version != newest.content.version
    {
        let old = content_of(&basis.vault, &old)?;
        changes = Declaration::difference(&old.declaration, &newest.content.declaration);
    }
    Ok(MyDeclaration {
        case: basis.row.case(),
        state: basis.row.state()?,
        name: name(&basis)?,
        draft,
        rules: rules(ctx, &case, &basis)?,
        newest,
        changes,
    })
}

fn name(basis: &Basis) -> AppResult<Option<String>> {
    let Some(given) = &basis.identity else {
        return Ok(None);
    };
    let sealed = given.sealed.clone();
    let identity: Identity = basis.vault.unseal("identities", "sealed", sealed)?;
    Ok(Some(identity.display_name()))
}

fn my_version(
    ctx: &Ctx,
    directory: &Directory,
    basis: &Basis,
    row: &DeclarationRow,
    signatures: &[SignatureRow],
) -> AppResult<MyVersion> {
    let content = content_of(&basis.vault, row)?;
    let signed = signatures.iter().find(|it| it.version == row.version);
    let mandate = TextKind::MandateMessaInMora;
    Ok(MyVersion {
        messa_in_mora: signed.is_some_and(|it| mandate.is_among(&it.acceptances)),
        is_current: is_current(ctx, directory, basis, &content)?,
        content,
        document_sha256: sha256::hex(&row.document_sha256),
        declared_at: row.created_at,
        signed_at: signed.map(|it| it.signed_at),
    })
}

/// Saves what has been typed so far, as it is.
///
/// # Errors
/// `Invalid` if it is larger than 128 KiB; `IllegalTransition` if nothing may be declared any more.
pub async fn save_draft(
    ctx: &Ctx,
    actor: &ClaimantActor,
    draft: &DeclarationInput,
) -> AppResult<()> {
    save(ctx, &By::Owner(actor.clone()), draft).await
}

/// As [`save_draft`], typed by staff for a claimant without an e-mail.
///
/// # Errors
/// As [`save_draft`]; `Forbidden`; `NotFound` out of the own association.
pub async fn save_draft_by_staff(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    draft: &DeclarationInput,
) -> AppResult<()> {
    actor.require(&operation::CONSOLE_DECLARE_FORM)?;
    save(ctx, &By::Staff(actor.clone(), id), draft).await
}

async fn save(ctx: &Ctx, by: &By, draft: &DeclarationInput) -> AppResult<()> {
    let size = serde_json::to_vec(draft).map_err(AppError::internal)?.len();
    if size > LARGEST_DRAFT {
        let mut errors = FieldErrors::new();
        errors.push("/narrative", FieldCode::TooLong, "error-narrative-too-long");
        return Err(errors.into());
    }
    let (scope, claimant) = (by.scope(), by.claimant());
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, claimant).await?;
    by.may_declare(&row)?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    let row = DraftRow {
        claimant_id: row.id,
        association_id: row.association_id,
        sealed: vault.seal("declaration_drafts", "sealed", draft)?,
        updated_at: now,
    };
    db::put_draft(&mut tx, scope, &row).await?;
    by.keep_session(ctx, &mut tx).await?;
    tx.commit().await?;
    Ok(())
}
