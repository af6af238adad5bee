//! Asking for a code to sign with: bound to the document that was shown and to the texts accepted.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{code_hash, mail_row, signable_here};
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::declaration::{Basis, read_basis};
use crate::app::error::{AppError, AppResult};
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::Evidence as Origin;
use crate::crypto::{sha256, token};
use crate::db::declaration::DeclarationRow;
use crate::db::signature::{self as db, RequestRow};
use crate::db::{claimant, outbox};
use crate::domain::accepted_text::TextKind;
use crate::domain::contact::Contact;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::{CODE_DAY, DIGITAL_LIFE, expires_at, next_request_at};

/// A wish to sign, as it comes in.
#[derive(Clone, Debug, Default)]
pub struct SignatureRequest {
    /// `otp` or `digital`.
    pub tier: Option<String>,
    /// SHA-256 of the document that was shown, hex.
    pub document_sha256: Option<String>,
    /// What is accepted, each on its own.
    pub acceptances: Vec<AcceptanceInput>,
}

/// A text accepted on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptanceInput {
    /// `attestation_g`, `mandate_h` or `mandate_messa_in_mora`.
    pub kind: Option<String>,
    /// Version of the text.
    pub version: Option<String>,
}

/// The wish is noted; with tier `otp` a code is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRequested {
    /// Id of the request.
    pub id: Uuid,
    /// SHA-256 of the document it is bound to, hex.
    pub document_sha256: String,
    /// When the code ends, if its mail goes at once; by when the signed file must come.
    pub expires_at: DateTime<Utc>,
}

/// How it is to be signed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    Otp,
    Digital,
}

impl Tier {
    /// Any other word is refused with the fields.
    fn of(request: &SignatureRequest) -> Self {
        match request.tier.as_deref() {
            Some("digital") => Self::Digital,
            _ => Self::Otp,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Otp => "otp",
            Self::Digital => "digital",
        }
    }
}

/// Where a signature request came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct RequestOrigin {
    origin: Origin,
    session_sha256: String,
}

/// Asks for a code to sign with, or notes what is accepted by who signs elsewhere (tier `digital`). Earlier
/// requests end.
///
/// *effects*: row in `signature_requests`, for tier `otp` the mail `otp`, audit `request_signature`.
///
/// # Errors
/// `Invalid` at `/tier`, `/document_sha256`, `/acceptances`; `IllegalTransition` if the case takes no
/// signatures, the document is not the newest, or there is no e-mail; `RateLimited` over ten codes a day.
pub async fn request(
    ctx: &Ctx,
    actor: &ClaimantActor,
    request: SignatureRequest,
    origin: Origin,
) -> AppResult<SignatureRequested> {
    let scope = actor.scope();
    let now = ctx.clock.now();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::lock(&mut tx, scope, actor.claimant()).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let (content, declared) = signable_here(ctx, &directory, &basis)?;
    let acceptances = check(&request, &content, declared)?;
    let contact: Contact = basis.vault.unseal(
        "claimants",
        "contact_sealed",
        basis.row.contact_sealed.clone(),
    )?;
    let tier = Tier::of(&request);
    if contact.email().is_none() && tier == Tier::Otp {
        return Err(AppError::IllegalTransition("otp_needs_email"));
    }
    let claimant = actor.claimant();
    let earlier = db::list_request_times(&mut tx, scope, claimant, now - CODE_DAY).await?;
    let next = next_request_at(&earlier, now);
    if next > now {
        return Err(AppError::RateLimited(
            (next - now).to_std().unwrap_or_default(),
        ));
    }
    db::void_requests(&mut tx, scope, claimant, now).await?;
    let row = request_row(ctx, actor, &basis, (declared, tier), acceptances, origin)?;
    let id = row.id;
    db::insert_request(&mut tx, scope, &row).await?;
    if tier == Tier::Otp {
        let mail = mail_row(ctx, &basis.row, id, "otp", 0, json!({ "request": id }));
        outbox::insert(&mut tx, scope, &mail).await?;
    }
    let by = Actor::Claimant(claimant);
    let entry = Entry::new(claimant, actor.association(), by, "request_signature");
    let entry = entry.with(json!({ "request": id, "version": row.version, "tier": row.tier }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(SignatureRequested {
        id,
        document_sha256: sha256::hex(&row.document_sha256),
        expires_at: row.expires_at,
    })
}

fn request_row(
    ctx: &Ctx,
    actor: &ClaimantActor,
    basis: &Basis,
    (declared, tier): (&DeclarationRow, Tier),
    acceptances: Vec<String>,
    origin: Origin,
) -> AppResult<RequestRow> {
    let now = ctx.clock.now();
    let id = token::new_id(now);
    let asked = RequestOrigin {
        origin,
        session_sha256: actor.session_sha256(),
    };
    Ok(RequestRow {
        claimant_id: basis.row.id,
        id,
        association_id: basis.row.association_id,
        version: declared.version,
        tier: tier.as_str().to_owned(),
        document_sha256: declared.document_sha256.clone(),
        acceptances,
        evidence: basis.vault.seal("signature_requests", "evidence", &asked)?,
        code_hash: code_hash(ctx, &basis.row, id, &declared.document_sha256, None),
        attempts: 0,
        created_at: now,
        expires_at: match tier {
            Tier::Otp => expires_at(now, None),
            Tier::Digital => now + DIGITAL_LIFE,
        },
        sent_at: None,
        used_at: None,
        voided_at: None,
    })
}

/// Reads tier, document and acceptances; gives the acceptances as `kind=version`.
fn check(
    request: &SignatureRequest,
    content: &SignedContent,
    declared: &DeclarationRow,
) -> AppResult<Vec<String>> {
    let mut errors = FieldErrors::new();
    match request.tier.as_deref() {
        Some("otp" | "digital") => {}
        None | Some("") => errors.push("/tier", FieldCode::Required, "error-tier-required"),
        Some(_) => errors.push("/tier", FieldCode::UnknownValue, "error-tier-unknown"),
    }
    let wanted = sha256::hex(&declared.document_sha256);
    match request.document_sha256.as_deref().map(str::trim) {
        None | Some("") => errors.push(
            "/document_sha256",
            FieldCode::Required,
            "error-document-sha256-required",
        ),
        Some(given) if given.eq_ignore_ascii_case(&wanted) => {}
        Some(_) => return Err(AppError::IllegalTransition("declaration_changed")),
    }
    let accepted = accepted(&request.acceptances, content, &mut errors);
    Ok(errors.into_result(accepted)?)
}

fn accepted(
    given: &[AcceptanceInput],
    content: &SignedContent,
    errors: &mut FieldErrors,
) -> Vec<String> {
    let mut kinds = Vec::new();
    for (place, acceptance) in given.iter().enumerate() {
        let kind = acceptance.kind.as_deref().and_then(TextKind::parse);
        let text = kind.and_then(|kind| content.texts.iter().find(|text| text.kind == kind));
        let Some(text) = text else {
            errors.push(
                format!("/acceptances/{place}/kind"),
                FieldCode::UnknownValue,
                "error-acceptance-unknown",
            );
            continue;
        };
        if acceptance.version.as_deref() != Some(text.version.as_str()) {
            errors.push(
                format!("/acceptances/{place}/version"),
                FieldCode::UnknownValue,
                "error-acceptance-version",
            );
        }
        if !kinds.contains(&text.kind) {
            kinds.push(text.kind);
        }
    }
    for kind in TextKind::required() {
        if !kinds.contains(&kind) {
            let reason = match kind {
                TextKind::AttestationG => "error-attestation-required",
                TextKind::MandateH | TextKind::MandateMessaInMora => "error-mandate-required",
            };
            errors.push("/acceptances", FieldCode::NotAccepted, reason);
        }
    }
    content
        .texts
        .iter()
        .filter(|text| kinds.contains(&text.kind))
        .map(|text| format!("{}={}", text.kind.as_str(), text.version))
        .collect()
}
