//! `/api/v1/public/me/declaration`, `/receipt`, `/payout`: declare the damage, sign, keep the proof.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::claimants::evidence;
use super::me::actor;
use crate::app::declaration::{self, Declared, MyDeclaration};
use crate::app::signature::{
    self, AcceptanceInput, DigitalInput, FILE_BYTES, SignatureInput, SignatureRequest,
};
use crate::app::{AppError, payout, receipt, signature_file, signing_attestation};
use crate::domain::declaration::DeclarationInput;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::payout::PayoutInput;
use crate::domain::signed_content::SignedText;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::signature_files::SignatureFilesResponse;
use crate::web::error::Problem;
use crate::web::extract::multipart::{Parts, Shape};
use crate::web::extract::session::ClaimantToken;
use crate::web::extract::{ClientAddr, Json, UserAgent};

/// A signed file as a form.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the form is read field by field; this describes it"
)]
pub struct SignatureForm {
    /// `digital`
    tier: String,
    /// Id of the request; without it the newest counts.
    request_id: Option<String>,
    /// `.p7m` (CAdES) or signed PDF (PAdES), at most 15 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A version as it was declared.
#[derive(Serialize, ToSchema)]
pub struct DeclaredResponse {
    /// From 1; a declaration that says the same keeps its version.
    #[schema(example = 1)]
    version: i32,
    /// State of the record now; `resign_required` if an earlier version was signed.
    #[schema(example = "confirmed")]
    state: &'static str,
    /// Sum of the amounts, euro cents.
    total_cents: i64,
    /// SHA-256 of the PDF's exact bytes, hex.
    document_sha256: String,
    /// Texts to accept when signing, each on its own.
    texts: Vec<DeclarationTextResponse>,
    /// `outside_window|not_restored|double_recovery|paid_plan_proof|narrative_special`
    flags: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct DeclarationTextResponse {
    /// `attestation_g|mandate_h|mandate_messa_in_mora`
    kind: &'static str,
    version: String,
    /// SHA-256 of the text, hex.
    sha256: String,
    /// Nobody can sign without accepting it.
    required: bool,
    text: String,
}

/// The own declaration as it stands.
#[derive(Serialize, ToSchema)]
pub struct OwnDeclarationResponse {
    /// What was typed and not declared yet.
    draft: Option<DeclarationInput>,
    /// The newest version.
    declared: Option<OwnVersionResponse>,
}

#[derive(Serialize, ToSchema)]
struct OwnVersionResponse {
    version: i32,
    total_cents: i64,
    document_sha256: String,
    declared_at: DateTime<Utc>,
    signed_at: Option<DateTime<Utc>>,
    /// Whether identity and texts are still those it was declared with; else declare again.
    current: bool,
    texts: Vec<DeclarationTextResponse>,
}

/// A wish to sign.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureRequestBody {
    /// `otp`
    tier: Option<String>,
    /// The document that was shown, as `PUT /declaration` answered.
    document_sha256: Option<String>,
    /// Texts accepted, each on its own.
    acceptances: Option<Vec<AcceptanceBody>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptanceBody {
    /// `attestation_g|mandate_h|mandate_messa_in_mora`
    kind: Option<String>,
    version: Option<String>,
}

/// A code is on its way.
#[derive(Serialize, ToSchema)]
pub struct SignatureRequestedResponse {
    id: Uuid,
    document_sha256: String,
    /// When the code ends, if its mail goes at once; moved once when the mail is accepted.
    expires_at: DateTime<Utc>,
}

/// The act of signing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureBody {
    request_id: Option<String>,
    /// Six digits.
    code: Option<String>,
    /// Given and family name of who signs; case, accents and order do not matter.
    full_name: Option<String>,
}

/// What was signed.
#[derive(Serialize, ToSchema)]
pub struct SignedResponse {
    #[schema(example = "signed")]
    state: &'static str,
    signed_at: DateTime<Utc>,
    document_sha256: String,
}

/// Where to pay, as it is shown again.
#[derive(Serialize, ToSchema)]
pub struct OwnPayoutResponse {
    #[schema(example = "IT*********************3456")]
    iban: String,
    holder: String,
    holder_is_claimant: bool,
    /// From when it counts.
    effective_at: DateTime<Utc>,
    /// Whether it is a change, and the account before it counts until then.
    waits: bool,
}

/// `GET /api/v1/public/me/declaration`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/declaration",
    operation_id = "get_declaration",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, body = OwnDeclarationResponse)
    )
)]
pub async fn get(state: web::Data<AppState>, token: ClaimantToken) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let mine = declaration::get(&state.ctx, &actor).await?;
    Ok(HttpResponse::Ok().json(standing(mine)))
}

/// `PUT /api/v1/public/me/declaration`
#[utoipa::path(
    put,
    path = "/api/v1/public/me/declaration",
    operation_id = "put_declaration",
    tag = "me",
    security(("claimant" = [])),
    request_body(content = DeclarationInput, example = json!({
        "mailboxes": [{"address": "maria.rossi@libero.it", "incidents": [{
            "slug": "gennaio-2023",
            "plan": "libero-free",
            "unavailable_from": "2023-01-23",
            "unavailable_until": "2023-01-28",
            "use": ["private", "work"],
            "compensation_received": "none",
            "items": [{"head": "flat_rate"}]
        }]}],
        "other_claims": false,
        "already_compensated": false
    })),
    responses(
        (status = 200, body = DeclaredResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Nothing may be declared in this state"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "50 new versions in 24 hours")
    )
)]
pub async fn put(
    state: web::Data<AppState>,
    token: ClaimantToken,
    body: Json<DeclarationInput>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let ctx = state.ctx.clone();
    let acting = Box::pin(async move { declaration::put(&ctx, &actor, body.0).await });
    let declared = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(response(declared)))
}

/// `GET /api/v1/public/me/declaration/document`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/declaration/document",
    operation_id = "get_declaration_document",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, content_type = "application/pdf", description = "The newest version"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Nothing is declared")
    )
)]
pub async fn document(state: web::Data<AppState>, token: ClaimantToken) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let bytes = declaration::document(&state.ctx, &actor, None).await?;
    Ok(pdf(bytes, "dichiarazione.pdf"))
}

/// `POST /api/v1/public/me/declaration/signature-requests`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/declaration/signature-requests",
    operation_id = "request_signature",
    tag = "me",
    security(("claimant" = [])),
    request_body(content = SignatureRequestBody, example = json!({
        "tier": "otp",
        "document_sha256": "fbd64ca0c710dcdf594acdc434e2b8bfa296c3c54ffd52485d960f08eaf68e5c",
        "acceptances": [{"kind": "attestation_g", "version": "2026-11"}, {"kind": "mandate_h", "version": "2026-11"}]
    })),
    responses(
        (status = 202, body = SignatureRequestedResponse, description = "A code is mailed; earlier ones end"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Not the newest document, no e-mail, or the case takes no signatures"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Ten codes a day")
    )
)]
pub async fn request_signature(
    state: web::Data<AppState>,
    token: ClaimantToken,
    client: ClientAddr,
    agent: UserAgent,
    body: Json<SignatureRequestBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let (ctx, origin) = (state.ctx.clone(), evidence(client, agent));
    let request = body.0.request();
    let acting = async move { signature::request(&ctx, &actor, request, origin).await };
    let requested = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Accepted().json(SignatureRequestedResponse {
        id: requested.id,
        document_sha256: requested.document_sha256,
        expires_at: requested.expires_at,
    }))
}

/// `POST /api/v1/public/me/declaration/signatures`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/declaration/signatures",
    operation_id = "sign",
    tag = "me",
    security(("claimant" = [])),
    request_body(content(
        (SignatureBody = "application/json", example = json!({
            "request_id": "01a20202-70b2-72d0-b7be-0abae52ea860", "code": "123456", "full_name": "Maria Rossi"
        })),
        (SignatureForm = "multipart/form-data")
    )),
    responses(
        (status = 201, body = SignedResponse, description = "With files by `multipart/form-data` (`tier=paper`, `file[]`, `id_front`, `id_back`, `id_expires_on`) it is only handed in: `signed_at` is null until a second person has approved it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "A newer version or request replaced this one"),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "Used, expired, or five wrong codes"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "A file of more than 15 MiB"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "For a signed file `/file` has a line for each check that did not pass"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Twenty signed files a day")
    )
)]
pub async fn sign(
    state: web::Data<AppState>,
    token: ClaimantToken,
    client: ClientAddr,
    agent: UserAgent,
    body: Json<SignatureBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let (ctx, origin) = (state.ctx.clone(), evidence(client, agent));
    let input = SignatureInput {
        request: body.0.request_id,
        code: body.0.code,
        full_name: body.0.full_name,
    };
    let acting = async move { Box::pin(signature::sign(&ctx, &actor, input, origin)).await };
    let signed = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(SignedResponse::from(signed)))
}

impl From<signature::Signed> for SignedResponse {
    fn from(signed: signature::Signed) -> Self {
        Self {
            state: signed.state.as_str(),
            signed_at: signed.signed_at,
            document_sha256: signed.document_sha256,
        }
    }
}

/// What a form with a signed file may hold.
pub(in crate::web) const SIGNED_FILE: Shape = Shape {
    texts: &["tier", "request_id", "csrf"],
    files: &["file"],
    file_bytes: FILE_BYTES,
    file_count: 1,
    total_bytes: FILE_BYTES,
};

/// A signed file and its request.
///
/// # Errors
/// `Invalid` at `/file` unless there is one.
pub(in crate::web) fn signed_file(parts: &mut Parts) -> WebResult<DigitalInput> {
    let request = parts.text("request_id").map(str::to_owned);
    let mut files = parts.take_files("file").into_iter();
    let mut errors = FieldErrors::new();
    match (files.next(), files.next()) {
        (Some(file), None) => {
            return Ok(DigitalInput {
                request,
                file: file.content,
            });
        }
        (Some(_), Some(_)) => errors.push("/file", FieldCode::OutOfRange, "error-file-too-many"),
        (None, _) => errors.push("/file", FieldCode::Required, "error-signed-file-required"),
    }
    Err(AppError::Invalid(errors).into())
}

/// `GET /api/v1/public/me/declaration/signature-files`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/declaration/signature-files",
    operation_id = "list_signature_files",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, body = SignatureFilesResponse, description = "Newest first, at most 50, each with its report")
    )
)]
pub async fn signature_files(
    state: web::Data<AppState>,
    token: ClaimantToken,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let files = signature_file::list_own(&state.ctx, &actor).await?;
    Ok(HttpResponse::Ok().json(SignatureFilesResponse::from(files)))
}

/// `GET /api/v1/public/me/receipt`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/receipt",
    operation_id = "get_receipt",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, content_type = "application/json", description = "`joinder-receipt/1`: document, declaration, salt, entry, proof, checkpoint, evidence; bytes base64, proof null until the log has the entry"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Nothing is signed")
    )
)]
pub async fn get_receipt(
    state: web::Data<AppState>,
    token: ClaimantToken,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    Ok(HttpResponse::Ok().json(receipt::get(&state.ctx, &actor).await?))
}

/// `GET /api/v1/public/me/receipt/document`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/receipt/document",
    operation_id = "get_receipt_document",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, content_type = "application/pdf", description = "The document in force, as signed"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Nothing is signed")
    )
)]
pub async fn receipt_document(
    state: web::Data<AppState>,
    token: ClaimantToken,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let bytes = declaration::signed(&state.ctx, &actor).await?;
    Ok(pdf(bytes, "dichiarazione-firmata.pdf"))
}

/// `GET /api/v1/public/me/receipt/attestation`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/receipt/attestation",
    operation_id = "get_receipt_attestation",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, content_type = "application/pdf", description = "The attestation of the signature in force: when and how it was signed and what was accepted, in Italian. It changes until the log has the entry and an authority has stamped it, then never again"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Nothing is signed")
    )
)]
pub async fn receipt_attestation(
    state: web::Data<AppState>,
    token: ClaimantToken,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let bytes = signing_attestation::own(&state.ctx, &actor).await?;
    Ok(pdf(
        bytes,
        &signing_attestation::file_name(actor.claimant()),
    ))
}

/// `PUT /api/v1/public/me/payout`
#[utoipa::path(
    put,
    path = "/api/v1/public/me/payout",
    operation_id = "put_payout",
    tag = "me",
    security(("claimant" = [])),
    request_body(content = PayoutInput, example = json!({"iban": "IT60X0542811101000000123456", "holder": "Maria Rossi"})),
    responses(
        (status = 200, body = OwnPayoutResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The record takes no payout data"),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "The code was used"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "20 changes in 24 hours")
    )
)]
pub async fn put_payout(
    state: web::Data<AppState>,
    token: ClaimantToken,
    body: Json<PayoutInput>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let ctx = state.ctx.clone();
    let acting = async move { payout::put(&ctx, &actor, &body.0).await };
    let given = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(OwnPayoutResponse {
        iban: given.payout.masked(),
        holder: given.payout.holder().to_owned(),
        holder_is_claimant: given.payout.holder_is_claimant(),
        effective_at: given.effective_at,
        waits: given.waits,
    }))
}

/// A PDF as a download: nothing of it is kept or guessed.
pub(in crate::web) fn pdf(bytes: Vec<u8>, name: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/pdf"))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .body(bytes)
}

impl SignatureRequestBody {
    fn request(self) -> SignatureRequest {
        let acceptances = self.acceptances.unwrap_or_default();
        SignatureRequest {
            tier: self.tier,
            document_sha256: self.document_sha256,
            acceptances: acceptances
                .into_iter()
                .map(|acceptance| AcceptanceInput {
                    kind: acceptance.kind,
                    version: acceptance.version,
                })
                .collect(),
        }
    }
}

/// A version as it was declared, as JSON.
pub(in crate::web) fn response(declared: Declared) -> DeclaredResponse {
    DeclaredResponse {
        version: declared.version,
        state: declared.state.as_str(),
        total_cents: declared.total_cents,
        document_sha256: declared.document_sha256,
        texts: declared.texts.into_iter().map(text).collect(),
        flags: declared.flags,
    }
}

fn standing(mine: MyDeclaration) -> OwnDeclarationResponse {
    OwnDeclarationResponse {
        draft: mine.draft,
        declared: mine.newest.map(|newest| OwnVersionResponse {
            version: newest.content.version,
            total_cents: newest.content.total_cents,
            document_sha256: newest.document_sha256,
            declared_at: newest.declared_at,
            signed_at: newest.signed_at,
            current: newest.is_current,
            texts: newest.content.texts.into_iter().map(text).collect(),
        }),
    }
}

fn text(text: SignedText) -> DeclarationTextResponse {
    DeclarationTextResponse {
        kind: text.kind.as_str(),
        version: text.version,
        sha256: text.sha256,
        required: text.kind.is_required(),
        text: text.body,
    }
}
