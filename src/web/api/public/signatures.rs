//! `POST /api/v1/public/me/declaration/signatures`: a code as JSON, or files by tier.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::claimants::evidence;
use super::declaration::{self, SignatureBody, SignedResponse};
use super::me::actor;
use crate::app::AppError;
use crate::app::paper::{self, By};
use crate::app::session::ClaimantActor;
use crate::app::signature;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::multipart::{Multi, Parts, Shape};
use crate::web::extract::session::ClaimantToken;
use crate::web::extract::{ClientAddr, Json, UserAgent};
use crate::web::paper::{HandedInResponse, SHAPE, hand_in};

/// What a form with files may hold, whatever the tier.
const FILES: Shape = Shape {
    texts: &["tier", "request_id", "id_expires_on", "signed_on"],
    ..SHAPE
};

/// What comes to be a signature.
pub enum Sent {
    /// A code.
    Code(Json<SignatureBody>),
    /// Files, still to be read.
    Files(Multi),
}

impl FromRequest for Sent {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let given = request.headers().get(CONTENT_TYPE);
        let has_files = given
            .and_then(|given| given.to_str().ok())
            .is_some_and(|given| given.to_ascii_lowercase().starts_with("multipart/"));
        if has_files {
            let files = Multi::from_request(request, payload);
            return Box::pin(async move { files.await.map(Self::Files) });
        }
        let body = Json::<SignatureBody>::from_request(request, payload);
        Box::pin(async move { body.await.map(Self::Code) })
    }
}

/// A hand-in on paper: nothing is signed before a second person has approved it.
#[derive(Serialize, ToSchema)]
struct PaperResponse {
    /// State of the record: it did not move.
    state: &'static str,
    /// Always null here.
    signed_at: Option<DateTime<Utc>>,
    document_sha256: String,
    hand_in: HandedInResponse,
}

/// Signs with a code, or hands in what was signed by hand.
pub async fn sign(
    state: web::Data<AppState>,
    token: ClaimantToken,
    client: ClientAddr,
    agent: UserAgent,
    sent: Sent,
) -> WebResult<HttpResponse> {
    let files = match sent {
        Sent::Code(body) => return declaration::sign(state, token, client, agent, body).await,
        Sent::Files(files) => files,
    };
    let owner = actor(&state.ctx, &token).await?;
    let parts = files.read(&state.ctx, &FILES).await?;
    match parts.text("tier") {
        Some("paper") => {}
        Some("digital") => return sign_digitally(&state, owner, client, agent, parts).await,
        None | Some("") => return Err(wrong(FieldCode::Required, "error-tier-required")),
        Some(_) => return Err(wrong(FieldCode::UnknownValue, "error-tier-unknown")),
    }
    let sent = hand_in(parts, evidence(client, agent));
    let (ctx, by) = (state.ctx.clone(), By::Owner(owner.clone()));
    let acting = Box::pin(async move { paper::hand_in(&ctx, &by, sent).await });
    let handed_in = state.ctx.to_end(acting).await?;
    let record = crate::app::me::get(&state.ctx, &owner).await?;
    Ok(HttpResponse::Created().json(PaperResponse {
        state: record.state.as_str(),
        signed_at: None,
        document_sha256: handed_in.document_sha256.clone(),
        hand_in: response(handed_in),
    }))
}

/// Signs with a file that has a digital signature.
async fn sign_digitally(
    state: &AppState,
    owner: ClaimantActor,
    client: ClientAddr,
    agent: UserAgent,
    parts: Parts,
) -> WebResult<HttpResponse> {
    let (input, _) = declaration::signed_file(parts)?;
    let (ctx, origin) = (state.ctx.clone(), evidence(client, agent));
    let acting =
        async move { Box::pin(signature::sign_digitally(&ctx, &owner, input, origin)).await };
    let signed = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(SignedResponse::from(signed)))
}

/// A hand-in as it is told.
pub(in crate::web) fn response(handed_in: paper::HandedIn) -> HandedInResponse {
    HandedInResponse {
        id: handed_in.id,
        state: handed_in.state,
        version: handed_in.version,
        document_sha256: handed_in.document_sha256,
    }
}

fn wrong(code: FieldCode, reason: &'static str) -> WebError {
    let mut errors = FieldErrors::new();
    errors.push("/tier", code, reason);
    WebError::App(AppError::Invalid(errors))
}
