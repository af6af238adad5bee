//! Declaring: a version that never changes, unless the newest one says the same already (R38, R39).

use super::basis::{Basis, content, read_basis, rules};
use super::by::{By, Dictated, Dictation};
use super::document::content_of;
use super::figures;
use crate::app::audit;
use crate::app::ctx::Ctx;
use crate::app::declaration_document;
use crate::app::document;
use crate::app::error::{AppError, AppResult};
use crate::app::paper;
use crate::app::session::ClaimantActor;
use crate::app::sign_up;
use crate::app::staff::StaffActor;
use crate::crypto::{commitment, sha256};
use crate::db::declaration::{self as db, DeclarationRow};
use crate::db::{Conn, claimant, identity, mailbox, signature};
use crate::domain::claimant::ClaimantState;
use crate::domain::declaration::{Declaration, DeclarationInput};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::representation::CAPACITIES;
use crate::domain::signed_content::{SignedContent, SignedText};
use crate::domain::version_limit::{self, DECLARATIONS_A_DAY};

/// A version as it was declared.
#[derive(Debug)]
pub struct Declared {
    /// From 1.
    pub version: i32,
    /// State of the record now.
    pub state: ClaimantState,
    /// Sum of the amounts, euro cents.
    pub total_cents: i64,
    /// SHA-256 of the PDF, hex.
    pub document_sha256: String,
    /// Texts to accept when signing.
    pub texts: Vec<SignedText>,
    /// Codes of what staff should look at.
    pub flags: Vec<&'static str>,
}

/// Declares: a new version, unless the newest one says the same already.
///
/// *effects*: row in `declarations`; plans of the mailboxes; open signature requests are voided; a signed record must be
/// signed again (R39); the draft goes; audit `declare`.
///
/// # Errors
/// `Invalid` with every wrong field, `/identity` if there is none; `IllegalTransition` from a state
/// in which nothing may be declared; `RateLimited` over [`DECLARATIONS_A_DAY`].
pub async fn put(ctx: &Ctx, actor: &ClaimantActor, input: DeclarationInput) -> AppResult<Declared> {
    declare(ctx, &By::Owner(actor.clone()), input, None).await
}

/// Declares what a claimant without an e-mail told: as [`put`], with who typed it and how it was told on the
/// version, and the consents as they were told (R20).
///
/// *effects*: as [`put`]; rows in `consents`; audit `declare_by_staff`.
///
/// # Errors
/// As [`put`]; `Invalid` at `/consents`; `IllegalTransition` `own_email` where the claimant has one;
/// `Forbidden`; `NotFound` out of the own association.
pub async fn put_by_staff(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    input: DeclarationInput,
    told: Dictation,
) -> AppResult<Declared> {
    actor.require(&operation::ASSIST_DECLARATION)?;
    declare(ctx, &By::Staff(actor.clone(), id), input, Some(told)).await
}

async fn declare(
    ctx: &Ctx,
    by: &By,
    input: DeclarationInput,
    told: Option<Dictation>,
) -> AppResult<Declared> {
    let (scope, claimant) = (by.scope(), by.claimant());
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    by.see(ctx, &mut tx).await?;
    let basis = read_basis(ctx, &mut tx, scope, claimant).await?;
    tx.commit().await?;
    by.may_declare(&basis.row)?;
    let case = directory.case(basis.row.case())?;
    let consent_rules = sign_up::rules(&directory, &case, ctx.clock.now());
    let dictated = told.map(|told| told.read(&consent_rules)).transpose()?;
    let declaration = Declaration::parse(&input, &rules(ctx, &case, &basis)?)?;
    let content = content(ctx, &directory, &basis, declaration)?;
    check_representative(&content)?;
    // what was signed and is not in force any more must be declared anew to be signed anew
    let may_stay = |row: &&DeclarationRow| {
        basis.row.signed_version != Some(row.version) || basis.row.signed_in_force()
    };
    if let Some(newest) = basis.newest.as_ref().filter(may_stay)
        && content_of(&basis.vault, newest)?.as_of(content.version, content.declared_on) == content
    {
        let mut tx = ctx.pools.begin(scope).await?;
        db::delete_draft(&mut tx, scope, claimant).await?;
        by.keep_session(ctx, &mut tx).await?;
        tx.commit().await?;
        return Ok(declared(&content, newest, basis.row.state()?));
    }
    check_pace(ctx, by, &basis).await?;
    let document = declaration_document::render(ctx, content.clone()).await?;
    let version = Version {
        content: &content,
        document: &document,
        dictated: dictated.as_ref(),
    };
    write(ctx, by, &basis, version).await
}

/// A version that is to be written.
#[derive(Clone, Copy)]
struct Version<'a> {
    content: &'a SignedContent,
    document: &'a [u8],
    dictated: Option<&'a Dictated>,
}

/// Whoever declares in another's place is recorded with a title (R46). A minor may prepare alone.
fn check_representative(content: &SignedContent) -> AppResult<()> {
    let acts_for_another = CAPACITIES.contains(&content.capacity.as_str());
    if content.representative.is_some() || !acts_for_another {
        return Ok(());
    }
    let mut errors = FieldErrors::new();
    errors.push(
        "/representative",
        FieldCode::Required,
        "error-representative-required",
    );
    Err(errors.into())
}

/// Refuses another version where a day has seen [`DECLARATIONS_A_DAY`]. Read before the lock: a version
/// written meanwhile is noticed there.
async fn check_pace(ctx: &Ctx, by: &By, basis: &Basis) -> AppResult<()> {
    let newest = basis.row.declared_version.unwrap_or(0);
    let Some(deciding) = version_limit::deciding_version(newest, DECLARATIONS_A_DAY) else {
        return Ok(());
    };
    let scope = by.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find(&mut tx, scope, by.claimant(), deciding).await?;
    tx.commit().await?;
    match row.and_then(|row| version_limit::wait(row.created_at, ctx.clock.now())) {
        Some(wait) => Err(AppError::RateLimited(wait)),
        None => Ok(()),
    }
}

fn row(ctx: &Ctx, by: &By, basis: &Basis, version: Version<'_>) -> AppResult<DeclarationRow> {
    let content = version.content;
    let canonical = commitment::canonical_json(content)?;
    let flags = content.declaration.flags();
    let vault = &basis.vault;
    let typed_by = match by {
        By::Owner(_) => None,
        By::Staff(actor, _) => Some(actor.staff_id().uuid()),
    };
    Ok(DeclarationRow {
        claimant_id: basis.row.id,
        version: content.version,
        association_id: basis.row.association_id,
        sealed: vault.seal_bytes("declarations", "sealed", &canonical)?,
        salt_sealed: vault.seal_bytes("declarations", "salt_sealed", &commitment::salt())?,
        template: content.template.clone(),
        document_sha256: sha256::digest(version.document),
        total_cents: content.total_cents,
        flags: flags.iter().map(|flag| flag.as_str().to_owned()).collect(),
        created_at: ctx.clock.now(),
        typed_by,
        typed_how: version.dictated.map(|told| told.how.as_str().to_owned()),
        open_items: Some(figures::open_items(&content.declaration)?),
        checked: Vec::new(),
        checked_at: None,
        checked_by: None,
    })
}

async fn write(ctx: &Ctx, by: &By, basis: &Basis, version: Version<'_>) -> AppResult<Declared> {
    let (scope, claimant) = (by.scope(), by.claimant());
    let row = row(ctx, by, basis, version)?;
    let declaration = &version.content.declaration;
    let plans = figures::plans(&basis.vault, &basis.mailboxes, declaration)?;
    let mut tx = ctx.pools.begin(scope).await?;
    let locked = claimant::lock(&mut tx, scope, claimant).await?;
    let before = locked.state()?;
    by.may_declare(&locked)?;
    let identity = identity::find(&mut tx, scope, claimant).await?;
    let same_identity =
        identity.map(|row| row.version) == basis.identity.as_ref().map(|row| row.version);
    let same_documents = same_documents(&mut tx, by, basis).await?;
    if locked.declared_version != basis.row.declared_version || !same_identity || !same_documents {
        // somebody else was faster; what was typed is still in the browser
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let after = match before {
        ClaimantState::Signed => before.move_to(ClaimantState::ResignRequired)?,
        other => other,
    };
    db::insert(&mut tx, scope, &row, after).await?;
    mailbox::tell_plans(&mut tx, scope, claimant, &plans).await?;
    signature::void_requests(&mut tx, scope, claimant, row.created_at).await?;
    paper::replace_open(ctx, &mut tx, scope, claimant).await?;
    db::delete_draft(&mut tx, scope, claimant).await?;
    if let Some(dictated) = version.dictated {
        dictated
            .write_consents(ctx, &mut tx, scope, &locked)
            .await?;
    }
    let entry = by.entry(row.version, version.dictated);
    let entry = if after == before {
        entry
    } else {
        entry.moved(before, after)
    };
    audit::append(ctx, &mut tx, scope, entry).await?;
    by.keep_session(ctx, &mut tx).await?;
    tx.commit().await?;
    Ok(declared(version.content, &row, after))
}

/// Whether the index still holds what the claimant has: another tab may have added or removed some.
async fn same_documents(conn: &mut Conn, by: &By, basis: &Basis) -> AppResult<bool> {
    let all = document::read_all(conn, by.scope(), &basis.vault, by.claimant()).await?;
    let now = document::produced(all);
    let (now, then) = (now.iter(), basis.documents.iter());
    Ok(now.map(|it| it.id).eq(then.map(|it| it.id)))
}

fn declared(content: &SignedContent, row: &DeclarationRow, state: ClaimantState) -> Declared {
    let flags = content.declaration.flags();
    Declared {
        version: row.version,
        state,
        total_cents: row.total_cents,
        document_sha256: sha256::hex(&row.document_sha256),
        texts: content.texts.clone(),
        flags: flags.iter().map(|flag| flag.as_str()).collect(),
    }
}
