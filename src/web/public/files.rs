//! `/me/declaration.pdf`, `/me/paper-form.pdf`, `/me/signed.pdf`, `/me/receipt.json`, `/me/attestation.pdf`:
//! what the claimant keeps.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;

use crate::app::{declaration, paper, receipt, signing_attestation};
use crate::web::WebResult;
use crate::web::api::public::declaration::pdf;
use crate::web::public::visit::Visit;

/// `GET /me/declaration.pdf`
pub async fn declaration(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let bytes = declaration::document(visit.ctx(), &actor, None).await?;
    Ok(pdf(bytes, "dichiarazione.pdf"))
}

/// `GET /me/paper-form.pdf`
pub async fn paper_form(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let bytes = paper::form(visit.ctx(), &actor).await?;
    Ok(pdf(bytes, "modulo-da-firmare.pdf"))
}

/// `GET /me/signed.pdf`
pub async fn signed(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let bytes = declaration::signed(visit.ctx(), &actor).await?;
    Ok(pdf(bytes, "dichiarazione-firmata.pdf"))
}

/// `GET /me/receipt.json`
pub async fn receipt(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let kept = receipt::get(visit.ctx(), &actor).await?;
    let attached = (
        CONTENT_DISPOSITION,
        "attachment; filename=\"ricevuta.json\"",
    );
    Ok(HttpResponse::Ok().insert_header(attached).json(kept))
}

/// `GET /me/attestation.pdf`
pub async fn attestation(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let bytes = signing_attestation::own(visit.ctx(), &actor).await?;
    Ok(pdf(
        bytes,
        &signing_attestation::file_name(actor.claimant()),
    ))
}
