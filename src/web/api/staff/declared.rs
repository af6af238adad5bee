//! What a claimant declared and signed: in the answer about a claimant, and
//! `/api/v1/staff/claimants/{id}/declarations/{version}/...`.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppError;
use crate::app::claimant_declaration::{
    self, Part, ShownDeclaration, ShownPayout, ShownSignature, ShownVersion,
};
use crate::domain::ids::ClaimantId;
use crate::render::document::{PrintedIncident, PrintedItem, PrintedMailbox};
use crate::state::AppState;
use crate::web::extract::Staff;
use crate::web::{WebError, WebResult};

#[derive(Serialize, ToSchema)]
pub(super) struct RecordVersionResponse {
    version: i32,
    declared_at: DateTime<Utc>,
    /// Sum of the amounts.
    total_cents: i64,
    /// Items without an amount, which come on top of `total_cents`; null: not counted yet.
    open_items: Option<i16>,
    /// `outside_window|not_restored|double_recovery|paid_plan_proof|narrative_special`
    flags: Vec<String>,
    /// Those of them that staff looked at and found in order.
    checked: Vec<String>,
    /// When they last did.
    checked_at: Option<DateTime<Utc>>,
    /// How the claimant told it, where staff typed it: `phone|desk|post`.
    typed_by_staff: Option<String>,
    document_sha256: String,
    signature: Option<SignatureResponse>,
    /// False: what is stored does not match its hash and must not be used.
    intact: bool,
}

#[derive(Serialize, ToSchema)]
struct SignatureResponse {
    /// `otp`
    tier: String,
    signed_at: DateTime<Utc>,
    /// `kind=version`
    acceptances: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RecordDeclarationResponse {
    version: i32,
    /// False for roles that do not see free texts.
    clear: bool,
    mailboxes: Vec<DeclaredMailboxResponse>,
    contract_version: Option<String>,
    contract_clause: Option<String>,
    complaint: Option<String>,
    other_claims: Vec<String>,
    already_compensated: Vec<String>,
    narrative: Option<String>,
    /// Sum of the amounts.
    total_cents: i64,
    /// Items without an amount, which come on top of `total_cents`.
    open_items: usize,
}

#[derive(Serialize, ToSchema)]
struct DeclaredMailboxResponse {
    address: String,
    incidents: Vec<DeclaredIncidentResponse>,
}

#[derive(Serialize, ToSchema)]
struct DeclaredIncidentResponse {
    name: String,
    plan: String,
    fee_paid_cents: Option<i64>,
    holder: String,
    used_for: String,
    unavailable_from: NaiveDate,
    unavailable_until: Option<NaiveDate>,
    days: Option<u32>,
    last_use: Option<NaiveDate>,
    restored: bool,
    compensation: String,
    mail: String,
    items: Vec<DeclaredItemResponse>,
    subtotal_cents: i64,
}

#[derive(Serialize, ToSchema)]
struct DeclaredItemResponse {
    head: String,
    description: Option<String>,
    amount_cents: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RecordPayoutResponse {
    /// Masked.
    iban: String,
    given_at: DateTime<Utc>,
}

/// `GET /api/v1/staff/claimants/{id}/declarations/{version}/document`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/declarations/{version}/document",
    operation_id = "claimant_document",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("version" = i32, Path, description = "Version of the declaration")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "application/pdf", description = "The signed PDF, checked against what was signed")
    )
)]
pub async fn document(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    take(&state, staff, &path, Part::Document).await
}

/// `GET /api/v1/staff/claimants/{id}/declarations/{version}/evidence`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/declarations/{version}/evidence",
    operation_id = "claimant_evidence",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("version" = i32, Path, description = "Version of the declaration")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "application/json", description = "Evidence of the act of signing, canonical JSON")
    )
)]
pub async fn evidence(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    take(&state, staff, &path, Part::Evidence).await
}

/// `GET /api/v1/staff/claimants/{id}/declarations/{version}/receipt`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/declarations/{version}/receipt",
    operation_id = "claimant_receipt",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("version" = i32, Path, description = "Version of the declaration")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "application/json", description = "`joinder-receipt/1`, as the claimant gets it (docs/receipt.md)")
    )
)]
pub async fn receipt(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    take(&state, staff, &path, Part::Receipt).await
}

/// `GET /api/v1/staff/claimants/{id}/declarations/{version}/attestation`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}/declarations/{version}/attestation",
    operation_id = "claimant_attestation",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The claimant"),
        ("version" = i32, Path, description = "Version of the declaration")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "application/pdf", description = "The attestation of the signature: when and how it was signed and what was accepted, in Italian. It changes until the log has the entry and an authority has stamped it, then never again")
    )
)]
pub async fn attestation(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    take(&state, staff, &path, Part::Attestation).await
}

/// Takes a part of a signed version along; audited, so it runs to its end.
async fn take(
    state: &AppState,
    staff: Staff,
    (id, version): &(String, String),
    part: Part,
) -> WebResult<HttpResponse> {
    let place = ClaimantId::parse(id).zip(version.parse::<i32>().ok());
    let (id, version) = place.ok_or(WebError::App(AppError::NotFound))?;
    let ctx = state.ctx.clone();
    let taking =
        async move { claimant_declaration::take(&ctx, &staff.actor, id, version, part).await };
    let taken = state.ctx.to_end(taking).await?;
    let name = format!("attachment; filename=\"{}\"", taken.name);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, taken.kind))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(taken.bytes))
}

pub(super) fn version(version: ShownVersion) -> RecordVersionResponse {
    RecordVersionResponse {
        version: version.version,
        declared_at: version.declared_at,
        total_cents: version.total_cents,
        open_items: version.open_items,
        flags: version.flags,
        checked: version.checked,
        checked_at: version.checked_at,
        typed_by_staff: version.typed.map(|(_, how)| how),
        document_sha256: version.document_sha256,
        signature: version.signature.map(signature),
        intact: version.intact,
    }
}

fn signature(signature: ShownSignature) -> SignatureResponse {
    SignatureResponse {
        tier: signature.tier,
        signed_at: signature.signed_at,
        acceptances: signature.acceptances,
    }
}

pub(super) fn declaration(shown: ShownDeclaration) -> RecordDeclarationResponse {
    RecordDeclarationResponse {
        version: shown.version,
        clear: !shown.masked,
        mailboxes: shown.mailboxes.into_iter().map(mailbox).collect(),
        contract_version: shown.circumstances.contract_version,
        contract_clause: shown.circumstances.contract_clause,
        complaint: shown.circumstances.complaint,
        other_claims: shown.circumstances.other_claims,
        already_compensated: shown.circumstances.already_compensated,
        narrative: shown.narrative,
        total_cents: shown.total_cents,
        open_items: shown.open_items,
    }
}

fn mailbox(mailbox: PrintedMailbox) -> DeclaredMailboxResponse {
    DeclaredMailboxResponse {
        address: mailbox.address,
        incidents: mailbox.incidents.into_iter().map(incident).collect(),
    }
}

fn incident(line: PrintedIncident) -> DeclaredIncidentResponse {
    DeclaredIncidentResponse {
        name: line.name,
        plan: line.plan,
        fee_paid_cents: line.fee_paid_cents,
        holder: line.holder,
        used_for: line.used_for,
        unavailable_from: line.unavailable_from,
        unavailable_until: line.unavailable_until,
        days: line.days,
        last_use: line.last_use,
        restored: line.restored,
        compensation: line.compensation,
        mail: line.mail,
        items: line.items.into_iter().map(item).collect(),
        subtotal_cents: line.subtotal_cents,
    }
}

fn item(item: PrintedItem) -> DeclaredItemResponse {
    DeclaredItemResponse {
        head: item.head,
        description: item.description,
        amount_cents: item.amount_cents,
    }
}

pub(super) fn payout(payout: ShownPayout) -> RecordPayoutResponse {
    RecordPayoutResponse {
        iban: payout.iban,
        given_at: payout.given_at,
    }
}
