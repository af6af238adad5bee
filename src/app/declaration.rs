//! The damage declaration: a draft that is saved at each step, and versions that never change
//! (R38, R39).

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::declaration_document;
use crate::app::directory::{CaseEntry, Directory, TextEntry};
use crate::app::error::{AppError, AppResult};
use crate::app::session::{self, ClaimantActor};
use crate::app::signed_version;
use crate::app::vault::Vault;
use crate::crypto::{commitment, sha256};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::declaration::{self as db, DeclarationRow, DraftRow};
use crate::db::identity::IdentityRow;
use crate::db::mailbox::MailboxRow;
use crate::db::signature::SignatureRow;
use crate::db::{Conn, Scope, identity, mailbox, signature};
use crate::domain::attestation::TextKind;
use crate::domain::claimant::ClaimantState;
use crate::domain::declaration::{
    Change, DeclarableMailbox, Declaration, DeclarationInput, DeclarationRules, IncidentRule,
    PlanRule,
};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::identity::Identity;
use crate::domain::ids::ClaimantId;
use crate::domain::language::Language;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::domain::signed_content::{
    FORMAT, SignedAssociation, SignedCase, SignedContent, SignedCounsel, SignedNotice, SignedText,
    register_line,
};
use crate::domain::version_limit::{self, DECLARATIONS_A_DAY};

/// Largest draft, bytes of JSON.
const LARGEST_DRAFT: usize = 128 * 1024;

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

/// Everything about the declaration for its page.
#[derive(Debug)]
pub struct MyDeclaration {
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
    /// Whether it still says what is known now; else it must be declared again before signing.
    pub is_current: bool,
}

/// What a declaration is made of, read in one transaction.
pub(in crate::app) struct Basis {
    pub(in crate::app) row: ClaimantRow,
    pub(in crate::app) vault: Vault,
    identity: Option<IdentityRow>,
    mailboxes: Vec<MailboxRow>,
    newest: Option<DeclarationRow>,
}

/// The own declaration.
///
/// # Errors
/// `Unauthenticated` if the record is gone.
pub async fn get(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<MyDeclaration> {
    let scope = actor.scope();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let draft = db::find_draft(&mut tx, scope, actor.claimant()).await?;
    let signatures = signature::list(&mut tx, scope, actor.claimant()).await?;
    let in_force = match basis.row.signed_version {
        Some(version) => db::find(&mut tx, scope, actor.claimant(), version).await?,
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
        draft,
        rules: rules(ctx, &case, &basis)?,
        newest,
        changes,
    })
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
    Ok(MyVersion {
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
    let size = serde_json::to_vec(draft).map_err(AppError::internal)?.len();
    if size > LARGEST_DRAFT {
        let mut errors = FieldErrors::new();
        errors.push("/narrative", FieldCode::TooLong, "error-narrative-too-long");
        return Err(errors.into());
    }
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, actor.claimant()).await?;
    may_declare(&row)?;
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await?;
    let row = DraftRow {
        claimant_id: row.id,
        association_id: row.association_id,
        sealed: vault.seal("declaration_drafts", "sealed", draft)?,
        updated_at: now,
    };
    db::put_draft(&mut tx, scope, &row).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(())
}

/// Declares: a new version, unless the newest one says the same already.
///
/// *effects*: row in `declarations`; open signature requests are voided; a signed record must be
/// signed again (R39); the draft goes; audit `declare`.
///
/// # Errors
/// `Invalid` with every wrong field, `/identity` if there is none; `IllegalTransition` from a state
/// in which nothing may be declared; `RateLimited` over [`DECLARATIONS_A_DAY`].
pub async fn put(ctx: &Ctx, actor: &ClaimantActor, input: DeclarationInput) -> AppResult<Declared> {
    let scope = actor.scope();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    tx.commit().await?;
    may_declare(&basis.row)?;
    let case = directory.case(basis.row.case())?;
    let declaration = Declaration::parse(&input, &rules(ctx, &case, &basis)?)?;
    let content = content(ctx, &directory, &basis, declaration)?;
    // what was signed and is not in force any more must be declared anew to be signed anew
    let may_stay = |row: &&DeclarationRow| {
        basis.row.signed_version != Some(row.version) || basis.row.signed_in_force()
    };
    if let Some(newest) = basis.newest.as_ref().filter(may_stay)
        && content_of(&basis.vault, newest)?.as_of(content.version, content.declared_on) == content
    {
        let mut tx = ctx.pools.begin(scope).await?;
        db::delete_draft(&mut tx, scope, actor.claimant()).await?;
        session::keep(ctx, &mut tx, actor).await?;
        tx.commit().await?;
        return Ok(declared(&content, newest, basis.row.state()?));
    }
    check_pace(ctx, actor, &basis).await?;
    let document = declaration_document::render(ctx, content.clone()).await?;
    write(ctx, actor, &basis, &content, &document).await
}

/// Refuses another version where a day has seen [`DECLARATIONS_A_DAY`]. Read before the lock: a version
/// written meanwhile is noticed there.
async fn check_pace(ctx: &Ctx, actor: &ClaimantActor, basis: &Basis) -> AppResult<()> {
    let newest = basis.row.declared_version.unwrap_or(0);
    let Some(deciding) = version_limit::deciding_version(newest, DECLARATIONS_A_DAY) else {
        return Ok(());
    };
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let at = db::find_time(&mut tx, scope, actor.claimant(), deciding).await?;
    tx.commit().await?;
    match at.and_then(|at| version_limit::wait(at, ctx.clock.now())) {
        Some(wait) => Err(AppError::RateLimited(wait)),
        None => Ok(()),
    }
}

async fn write(
    ctx: &Ctx,
    actor: &ClaimantActor,
    basis: &Basis,
    content: &SignedContent,
    document: &[u8],
) -> AppResult<Declared> {
    let scope = actor.scope();
    let now = ctx.clock.now();
    let canonical = commitment::canonical_json(content)?;
    let flags = content.declaration.flags();
    let row = DeclarationRow {
        claimant_id: basis.row.id,
        version: content.version,
        association_id: basis.row.association_id,
        sealed: basis
            .vault
            .seal_bytes("declarations", "sealed", &canonical)?,
        salt_sealed: basis
            .vault
            .seal_bytes("declarations", "salt_sealed", &commitment::salt())?,
        template: content.template.clone(),
        document_sha256: sha256::digest(document),
        total_cents: content.total_cents,
        flags: flags.iter().map(|flag| flag.as_str().to_owned()).collect(),
        created_at: now,
    };
    let mut tx = ctx.pools.begin(scope).await?;
    let locked = claimant::lock(&mut tx, scope, actor.claimant()).await?;
    let before = locked.state()?;
    may_declare(&locked)?;
    let identity = identity::find(&mut tx, scope, actor.claimant()).await?;
    let same_identity =
        identity.map(|row| row.version) == basis.identity.as_ref().map(|row| row.version);
    if locked.declared_version != basis.row.declared_version || !same_identity {
        // somebody else was faster; what was typed is still in the browser
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let after = match before {
        ClaimantState::Signed => before.move_to(ClaimantState::ResignRequired)?,
        other => other,
    };
    db::insert(&mut tx, scope, &row, after).await?;
    signature::void_requests(&mut tx, scope, actor.claimant(), now).await?;
    db::delete_draft(&mut tx, scope, actor.claimant()).await?;
    let by = Actor::Claimant(actor.claimant());
    let entry = Entry::new(actor.claimant(), actor.association(), by, "declare");
    let entry = entry.with(json!({ "version": content.version }));
    let entry = if after == before {
        entry
    } else {
        entry.moved(before, after)
    };
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(declared(content, &row, after))
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

/// The PDF of a version, by default the newest: the one that was signed, or made again from what was
/// declared.
///
/// # Errors
/// `NotFound` if there is none; `Internal`, with an alarm, if the bytes are not those declared (R38).
pub async fn document(
    ctx: &Ctx,
    actor: &ClaimantActor,
    version: Option<i32>,
) -> AppResult<Vec<u8>> {
    document_of(ctx, actor.scope(), actor.claimant(), version).await
}

/// The PDF in force, as it was signed.
///
/// # Errors
/// `NotFound` if nothing was signed; else as [`document`].
pub async fn signed(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Vec<u8>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, actor.claimant()).await?;
    tx.commit().await?;
    let version = row.and_then(|row| row.signed_version);
    let version = version.ok_or(AppError::NotFound)?;
    document(ctx, actor, Some(version)).await
}

/// As [`document`], for whoever may see the claimant.
pub(in crate::app) async fn document_of(
    ctx: &Ctx,
    scope: Scope,
    claimant: ClaimantId,
    version: Option<i32>,
) -> AppResult<Vec<u8>> {
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, claimant).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let version = version.or(row.declared_version).ok_or(AppError::NotFound)?;
    let found = db::find(&mut tx, scope, claimant, version).await?;
    let found = found.ok_or(AppError::NotFound)?;
    let signed = signature::find(&mut tx, scope, claimant, version).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    tx.commit().await?;
    if let Some(signed) = signed {
        return signed_version::document(ctx, &vault, &found, &signed).await;
    }
    let bytes = declaration_document::render(ctx, content_of(&vault, &found)?).await?;
    check_document(&bytes, &found)?;
    Ok(bytes)
}

/// Whether the bytes are those that were declared (R38); raises the alarm if not.
pub(in crate::app) fn check_document(bytes: &[u8], declared: &DeclarationRow) -> AppResult<()> {
    if sha256::digest(bytes) == declared.document_sha256 {
        return Ok(());
    }
    Err(alarm(declared))
}

/// Tells that something is not what was declared or signed (R38), and is the error of whoever met it.
pub(in crate::app) fn alarm(declared: &DeclarationRow) -> AppError {
    metrics::counter!("joinder_documents_changed_total").increment(1);
    tracing::error!(
        claimant.id = %declared.claimant_id,
        declaration.version = declared.version,
        "what is stored is not what was declared or signed: look at its rows, the blob store and the template"
    );
    AppError::internal("a document is not the one declared")
}

/// What a version says.
pub(in crate::app) fn content_of(vault: &Vault, row: &DeclarationRow) -> AppResult<SignedContent> {
    let bytes = vault.unseal_bytes("declarations", "sealed", row.sealed.clone())?;
    serde_json::from_slice(&bytes).map_err(AppError::internal)
}

/// Whether a version still says what is known now: identity, texts, case, counsel.
pub(in crate::app) fn is_current(
    ctx: &Ctx,
    directory: &Directory,
    basis: &Basis,
    declared: &SignedContent,
) -> AppResult<bool> {
    let now = content(ctx, directory, basis, declared.declaration.clone())?;
    Ok(now.as_of(declared.version, declared.declared_on) == *declared)
}

/// Reads what a declaration is made of.
pub(in crate::app) async fn read_basis(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<Basis> {
    let row = claimant::find(conn, scope, claimant).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    let newest = match row.declared_version {
        Some(version) => db::find(conn, scope, claimant, version).await?,
        None => None,
    };
    let given = identity::find(conn, scope, claimant).await?;
    Ok(Basis {
        identity: given.filter(|_| row.identity_at.is_some()),
        mailboxes: mailbox::list(conn, scope, claimant).await?,
        vault: Vault::open(ctx, conn, scope, claimant).await?,
        newest,
        row,
    })
}

impl Basis {
    /// The newest version.
    pub(in crate::app) fn newest(&self) -> Option<&DeclarationRow> {
        self.newest.as_ref()
    }
}

/// Whether the owner may declare: in these states, and not where the claim went to another association.
pub(in crate::app) fn may_declare(row: &ClaimantRow) -> AppResult<()> {
    let state = row.state()?;
    if row.moved_at.is_some() {
        Err(AppError::IllegalTransition("moved"))
    } else if state.declares() {
        Ok(())
    } else {
        Err(AppError::IllegalTransition(state.as_str()))
    }
}

fn rules(ctx: &Ctx, case: &CaseEntry, basis: &Basis) -> AppResult<DeclarationRules> {
    let mut mailboxes = Vec::new();
    for row in &basis.mailboxes {
        mailboxes.push(DeclarableMailbox {
            address: basis
                .vault
                .unseal("mailboxes", "sealed", row.sealed.clone())?,
            plan: row.plan.clone(),
            is_alias: row.alias_of.is_some(),
        });
    }
    let incidents = case.incidents.iter().map(|incident| IncidentRule {
        slug: incident.slug.clone(),
        name: incident.name.clone(),
        first_day: day_in_rome(incident.starts_at),
        last_day: incident.ends_at.map(day_in_rome),
        accept_from: incident.accept_from,
        accept_until: incident.accept_until,
    });
    let plans = case.plans.iter().map(|plan| PlanRule {
        code: plan.code.clone(),
        name: plan.name.clone(),
        paid: plan.paid,
    });
    Ok(DeclarationRules {
        today: day_in_rome(ctx.clock.now()),
        incidents: incidents.collect(),
        plans: plans.collect(),
        mailboxes,
    })
}

fn content(
    ctx: &Ctx,
    directory: &Directory,
    basis: &Basis,
    declaration: Declaration,
) -> AppResult<SignedContent> {
    let Some(given) = &basis.identity else {
        let mut errors = FieldErrors::new();
        errors.push("/identity", FieldCode::Required, "error-identity-required");
        return Err(errors.into());
    };
    let identity: Identity = basis
        .vault
        .unseal("identities", "sealed", given.sealed.clone())?;
    let case = directory.case(basis.row.case())?;
    let privacy_notice = case
        .text("privacy_notice", Language::It)
        .map(|text| SignedNotice {
            version: text.version.clone(),
            sha256: sha256::hex(&text.sha256),
        });
    let privacy_notice =
        privacy_notice.ok_or_else(|| AppError::internal("no privacy notice is published"))?;
    Ok(SignedContent {
        format: FORMAT.to_owned(),
        template: declaration_document::TEMPLATE.to_owned(),
        claimant: basis.row.id,
        reference: Reference::of(basis.row.claimant()).as_str().to_owned(),
        version: basis.row.declared_version.unwrap_or(0) + 1,
        declared_on: day_in_rome(ctx.clock.now()),
        case: signed_case(&case),
        association: signed_association(&case, &basis.row)?,
        capacity: given.capacity.clone(),
        identity,
        total_cents: declaration.total_cents(),
        declaration,
        texts: signed_texts(&case),
        privacy_notice,
    })
}

fn signed_case(case: &CaseEntry) -> SignedCase {
    SignedCase {
        slug: case.slug.clone(),
        title: case.title.clone(),
        court: case.court.clone(),
        rg_number: case.rg_number.clone(),
        respondent: case.respondent.name.clone(),
        respondent_codice_fiscale: case.respondent.codice_fiscale.clone(),
        respondent_pec: case.respondent.pec.clone(),
        fondo_spese_ordered: case.fondo_spese_ordered,
    }
}

fn signed_association(case: &CaseEntry, row: &ClaimantRow) -> AppResult<SignedAssociation> {
    let association = case
        .association_by_id(row.association())
        .ok_or(AppError::NotFound)?;
    let counsel = association.counsel.iter().map(|lawyer| SignedCounsel {
        name: lawyer.name.clone(),
        codice_fiscale: lawyer.codice_fiscale.clone(),
        bar: lawyer.bar.clone(),
        pec: lawyer.pec.clone(),
    });
    Ok(SignedAssociation {
        slug: association.slug.clone(),
        name: association.name.clone(),
        counsel: counsel.collect(),
        registers: association.registers.iter().map(register_line).collect(),
    })
}

/// The texts to accept, the Italian ones: they bind.
fn signed_texts(case: &CaseEntry) -> Vec<SignedText> {
    let of = |kind: TextKind| {
        let text: &TextEntry = case.text(kind.as_str(), Language::It)?;
        Some(SignedText {
            kind,
            version: text.version.clone(),
            sha256: sha256::hex(&text.sha256),
            body: text.body.clone(),
        })
    };
    TextKind::ALL.into_iter().filter_map(of).collect()
}
