//! Approving and rejecting what was handed in: by a second person, never by who handed it in (R44).

use serde_json::json;
use uuid::Uuid;

use super::evidence::{self, Act};
use super::kept;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::declaration::read_basis;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::signature::settle::{self, Judged, Signature};
use crate::app::signature::{Signed, mail_row, signable};
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::app::{declaration_document, signed_document, staff};
use crate::crypto::{sha256, token};
use crate::db::paper::{self as db, Decision, HandInRow};
use crate::db::{Conn, claimant, outbox};
use crate::domain::accepted_text::TextKind;
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::domain::paper::Flaw;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::signing::PaperEvidence;

/// What the second person saw on the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Whether the optional mandate is ticked.
    pub messa_in_mora: bool,
}

/// Why it was not taken.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// The reason.
    pub flaw: Flaw,
    /// Words to the claimant besides.
    pub note: Option<Reason>,
}

/// Approves: the claimant has signed, by the path of every tier.
///
/// *effects*: as signing with a code; the hand-in `approved`, audit `sign` by staff.
///
/// # Errors
/// `Forbidden` to who handed it in; `NotFound`; `IllegalTransition` if it does not wait any more or the
/// declaration changed since; `Unavailable` if the PDF cannot be kept.
pub async fn approve(
    ctx: &Ctx,
    actor: &StaffActor,
    claimant: ClaimantId,
    id: Uuid,
    approval: Approval,
) -> AppResult<Signed> {
    actor.require(&operation::APPROVE_PAPER)?;
    let directory = ctx.directories.get(ctx).await?;
    let (row, judged) = judge(ctx, actor, &directory, claimant, id).await?;
    let document = declaration_document::render(ctx, judged.content.clone()).await?;
    if sha256::digest(&document) != judged.declared.document_sha256 {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let key = signed_document::keep(ctx, &judged.vault, &judged.declared, &document).await?;
    let done = write(ctx, actor, &directory, &judged, &row, approval, key).await;
    if done.is_err() {
        settle::leave_no_document(ctx, actor.scope(), claimant).await;
    }
    done
}

/// Rejects: the claimant is told by mail what to do again; without an e-mail staff tell.
///
/// *effects*: the hand-in `rejected`; the mail `paper_rejected`; audit `reject_paper`.
///
/// # Errors
/// As [`approve`].
pub async fn reject(
    ctx: &Ctx,
    actor: &StaffActor,
    claimant_id: ClaimantId,
    id: Uuid,
    rejection: &Rejection,
) -> AppResult<()> {
    actor.require(&operation::REJECT_PAPER)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, claimant_id).await?;
    waiting(&mut tx, actor, claimant_id, id).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant_id).await?;
    let note = rejection.note.as_ref().map(Reason::as_str);
    let decision = Decision {
        state: "rejected",
        decided_by: Some(actor.staff_id().uuid()),
        decided_at: Some(now),
        reason: Some(rejection.flaw.as_str()),
        note_sealed: note
            .map(|note| vault.seal("paper_hand_ins", "note_sealed", &note))
            .transpose()?,
    };
    decide(&mut tx, actor, claimant_id, id, &decision).await?;
    let mail_id = token::new_id(now);
    let payload = json!({ "hand_in": id });
    let mail = mail_row(ctx, &row, mail_id, "paper_rejected", 2, payload);
    outbox::insert(&mut tx, scope, &mail).await?;
    let by = Actor::Staff(actor.staff_id());
    let entry = Entry::new(claimant_id, row.association(), by, "reject_paper");
    let entry = entry.with(json!({ "hand_in": id, "reason": rejection.flaw.as_str() }));
    audit::append_with_note(ctx, &mut tx, scope, entry, note).await?;
    Ok(tx.commit().await?)
}

/// A hand-in that waits for a person like this one.
async fn waiting(
    conn: &mut Conn,
    actor: &StaffActor,
    claimant: ClaimantId,
    id: Uuid,
) -> AppResult<HandInRow> {
    let row = db::find(conn, actor.scope(), claimant, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    if row.handed_in_by == Some(actor.staff_id().uuid()) {
        return Err(AppError::Forbidden);
    }
    if row.state != "to_verify" {
        return Err(AppError::IllegalTransition("not_to_verify"));
    }
    Ok(row)
}

/// Decides it, if nobody was faster; the statement itself refuses who handed it in.
async fn decide(
    conn: &mut Conn,
    actor: &StaffActor,
    claimant: ClaimantId,
    id: Uuid,
    decision: &Decision,
) -> AppResult<()> {
    let scope = actor.scope();
    if db::mark_decided(conn, scope, claimant, id, actor.staff_id(), decision).await? {
        return Ok(());
    }
    Err(AppError::IllegalTransition("not_to_verify"))
}

async fn judge(
    ctx: &Ctx,
    actor: &StaffActor,
    directory: &Directory,
    claimant: ClaimantId,
    id: Uuid,
) -> AppResult<(HandInRow, Judged)> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = waiting(&mut tx, actor, claimant, id).await?;
    let basis = read_basis(ctx, &mut tx, scope, claimant).await?;
    tx.commit().await?;
    let (content, declared) = signable(ctx, directory, &basis)?;
    if declared.version != row.version {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let declared = declared.clone();
    Ok((
        row,
        Judged {
            case: basis.row.case_id,
            vault: basis.vault,
            content,
            declared,
        },
    ))
}

async fn write(
    ctx: &Ctx,
    actor: &StaffActor,
    directory: &Directory,
    judged: &Judged,
    row: &HandInRow,
    approval: Approval,
    document_key: String,
) -> AppResult<Signed> {
    let scope = actor.scope();
    let claimant = ClaimantId::new(row.claimant_id);
    let mut signing = settle::begin(ctx, scope, judged, false).await?;
    let tx = &mut signing.tx;
    let basis = read_basis(ctx, tx, scope, claimant).await?;
    let (_, declared) = signable(ctx, directory, &basis)?;
    if declared.version != judged.declared.version {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let decision = Decision {
        state: "approved",
        decided_by: Some(actor.staff_id().uuid()),
        decided_at: Some(signing.at),
        ..Decision::default()
    };
    decide(tx, actor, claimant, row.id, &decision).await?;
    let mut people = vec![actor.staff_id().uuid()];
    people.extend(row.handed_in_by);
    people.extend(judged.declared.typed_by);
    let names = staff::names(ctx, tx, scope, &people).await?;
    let acceptances = acceptances(judged, approval);
    let evidence = evidence::collect(Act {
        row,
        declared: &judged.declared,
        kept: kept(&judged.vault, row)?,
        content: &judged.content,
        acceptances: &acceptances,
        approver: actor.staff_id().uuid(),
        names: &names,
        log: &signing.entry,
        receipt: signing.receipt.id,
        at: signing.at,
    })?;
    let signature = Signature {
        report: None,
        tier: PaperEvidence::TIER.to_owned(),
        request: None,
        acceptances,
        document_key,
        evidence,
        by: Actor::Staff(actor.staff_id()),
    };
    settle::finish(ctx, signing, judged, signature).await
}

/// The texts signed or ticked on paper, as `kind=version`.
fn acceptances(judged: &Judged, approval: Approval) -> Vec<String> {
    let texts = judged.content.texts.iter();
    texts
        .filter(|text| text.kind.is_required() || approval.messa_in_mora)
        .map(|text| format!("{}={}", TextKind::as_str(text.kind), text.version))
        .collect()
}

impl Rejection {
    /// Reads it.
    ///
    /// # Errors
    /// `Invalid` at `/reason`, `/note`.
    pub fn parse(reason: Option<&str>, note: Option<&str>) -> AppResult<Self> {
        let mut errors = FieldErrors::new();
        let flaw = errors.take("/reason", Flaw::parse(reason));
        let is_blank = note.is_none_or(|note| note.trim().is_empty());
        let note = if is_blank {
            Some(None)
        } else {
            errors.take("/note", Reason::parse(note)).map(Some)
        };
        match (flaw, note) {
            (Some(flaw), Some(note)) => Ok(Self { flaw, note }),
            _ => Err(errors.into()),
        }
    }
}
