//! Signing the declaration with a code from a mail (tier `otp`; R38, R43, DESIGN 5) or with a digital signature
//! made elsewhere (tier `digital`; R40-R42): what asking for it and doing it have in common.

use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::declaration::{Basis, content_of, is_current, may_declare};
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_queue;
use crate::app::sign_up::{self, MAIL_DAYS};
use crate::crypto::challenge::ChallengePurpose;
use crate::db::claimant::ClaimantRow;
use crate::db::declaration::DeclarationRow;
use crate::db::outbox::OutboxRow;
use crate::db::signature::{self as db, RequestRow};
use crate::db::{Conn, Scope};
use crate::domain::case::Offer;
use crate::domain::claimant::ClaimantState;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::outage::day_in_rome;
use crate::domain::representation::{self, Title};
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::{ATTEMPTS, is_live};

mod act;
mod digital;
mod request;
pub(in crate::app) mod settle;
mod standing;

pub use act::{SignatureInput, Signed, sign};
pub use digital::{DigitalInput, FILE_BYTES, sign_digitally};
pub use request::{AcceptanceInput, SignatureRequest, SignatureRequested, request};
pub use standing::{Pending, Standing, standing};

/// The newest version, if it may be signed now.
pub(in crate::app) fn signable<'a>(
    ctx: &Ctx,
    directory: &Directory,
    basis: &'a Basis,
) -> AppResult<(SignedContent, &'a DeclarationRow)> {
    let state = basis.row.state()?;
    state.move_to(ClaimantState::Signed)?;
    may_declare(&basis.row)?;
    let case = directory.case(basis.row.case())?;
    let association = case.association_by_id(basis.row.association());
    if !case.state.takes_signatures() {
        return Err(AppError::IllegalTransition(case.state.as_str()));
    }
    match association.map(|it| it.offer) {
        Some(Offer::Collection) => {}
        Some(Offer::Interest) => return Err(AppError::IllegalTransition("interest_only")),
        Some(Offer::AssociationSuspended | Offer::CaseClosed) | None => {
            return Err(AppError::IllegalTransition("association_suspended"));
        }
    }
    let declared = basis
        .newest()
        .ok_or(AppError::IllegalTransition("not_declared"))?;
    if basis.row.signed_version == Some(declared.version) {
        // signed once already: what is signed anew is a version of its own
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let content = content_of(&basis.vault, declared)?;
    if !is_current(ctx, directory, basis, &content)? {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    may_be_signed(ctx, basis, &content)?;
    Ok((content, declared))
}

/// Whether who signs may, today (R46, R47).
fn may_be_signed(ctx: &Ctx, basis: &Basis, content: &SignedContent) -> AppResult<()> {
    let acting = content.representative.as_ref();
    if basis.row.died_at.is_some() && content.capacity != Title::HeirSelfDeclaration.capacity() {
        return Err(AppError::IllegalTransition("deceased"));
    }
    let today = day_in_rome(ctx.clock.now());
    representation::may_sign(&content.identity, acting, today)
        .map_err(|hindrance| AppError::IllegalTransition(hindrance.as_str()))
}

/// As [`signable`], by who is signed in: never a delegate (R48).
fn signable_here<'a>(
    ctx: &Ctx,
    directory: &Directory,
    basis: &'a Basis,
) -> AppResult<(SignedContent, &'a DeclarationRow)> {
    let found = signable(ctx, directory, basis)?;
    if basis.has_delegate() {
        return Err(AppError::IllegalTransition("delegate"));
    }
    Ok(found)
}

/// A request that still counts. The claimant is locked, so nobody else judges at the same time.
async fn open_request(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    (id, tier): (Uuid, &str),
) -> AppResult<RequestRow> {
    let found = db::find_request(conn, scope, row.claimant(), id).await?;
    let request = found
        .filter(|request| request.tier == tier)
        .ok_or_else(|| wrong("/request_id", "error-request-unknown"))?;
    if request.used_at.is_some() {
        return Err(AppError::TokenUsed);
    }
    if request.voided_at.is_some() {
        return Err(AppError::IllegalTransition("request_replaced"));
    }
    let used = u32::try_from(request.attempts).unwrap_or(ATTEMPTS);
    if used >= ATTEMPTS || !is_live(request.expires_at, ctx.clock.now()) {
        return Err(AppError::TokenExpired);
    }
    Ok(request)
}

fn wrong(pointer: &'static str, reason: &'static str) -> AppError {
    let mut errors = FieldErrors::new();
    errors.push(pointer, FieldCode::UnknownValue, reason);
    AppError::Invalid(errors)
}

/// What is stored of a code: bound to claimant, request and document. `code` none: the right one.
fn code_hash(
    ctx: &Ctx,
    row: &ClaimantRow,
    request: Uuid,
    document: &[u8],
    code: Option<&str>,
) -> Vec<u8> {
    let keys = &ctx.keyring.challenges;
    let purpose = ChallengePurpose::Otp;
    let right = keys.code(purpose, row.id, request);
    let code = code.unwrap_or(&right);
    keys.stored_code_hash(purpose, row.id, request, Some(document), code)
        .to_vec()
}

pub(in crate::app) fn mail_row(
    ctx: &Ctx,
    row: &ClaimantRow,
    id: Uuid,
    kind: &str,
    priority: i16,
    payload: serde_json::Value,
) -> OutboxRow {
    let now = ctx.clock.now();
    let domain = row.contact_domain.as_deref();
    OutboxRow {
        subject_id: row.id,
        id,
        association_id: Some(row.association_id),
        case_id: Some(row.case_id),
        kind: kind.to_owned(),
        lane: sign_up::lane(row.id),
        priority,
        payload,
        attempts: 0,
        due_at: now,
        created_at: now,
        expires_at: now + chrono::Duration::days(MAIL_DAYS),
        queue_id: domain.map(|domain| mail_queue::id_of(ctx, domain)),
    }
}
