//! `/api/v1/public/me/data`, `/mails`, `/views`: what is kept about the claimant, and who looked.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::me::actor;
use crate::app::own_data::{self, OwnData};
use crate::app::own_history;
use crate::state::AppState;
use crate::web::api::page_length::read_page_length;
use crate::web::extract::session::ClaimantToken;
use crate::web::{WebError, WebResult};

/// A part of a list.
#[derive(Deserialize)]
pub struct PartQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

impl PartQuery {
    /// Where the part begins.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn before(&self) -> WebResult<Option<Uuid>> {
        let Some(cursor) = self.cursor.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let before = own_history::read_cursor(cursor);
        before.map(Some).ok_or(WebError::BadCursor)
    }

    /// How many lines, 1 to 200.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn limit(&self) -> WebResult<u16> {
        read_page_length(self.limit.as_deref())
    }
}

/// Mails that went out, newest first.
#[derive(Serialize, ToSchema)]
pub struct MyMailsResponse {
    items: Vec<MyMailResponse>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MyMailResponse {
    /// `confirmation|otp|receipt|access|already_registered|reminder|rights`
    #[schema(example = "receipt")]
    kind: String,
    sent_at: DateTime<Utc>,
    /// For `/verify`.
    #[schema(example = "7Z8K-2M4Q-9XWT")]
    code: String,
    /// `sent|waiting|failed|returned`
    state: &'static str,
}

/// Who looked, newest first.
#[derive(Serialize, ToSchema)]
pub struct MyViewsResponse {
    items: Vec<MyViewResponse>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MyViewResponse {
    at: DateTime<Utc>,
    /// Role of who looked; never the name.
    #[schema(example = "reviewer")]
    role: Option<String>,
    /// `record|identity_check|declared_check|document|evidence|attestation|receipt|list|list_clear|documents`
    what: &'static str,
}

/// `GET /api/v1/public/me/data`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/data",
    operation_id = "get_data",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, content_type = "application/zip", description = "`dati.json`, signed documents, receipts; whole only with its directory at the end")
    )
)]
pub async fn get(state: web::Data<AppState>, token: ClaimantToken) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let ctx = state.ctx.clone();
    let taking = Box::pin(async move { own_data::take(&ctx, &actor).await });
    Ok(archive(state.ctx.to_end(taking).await?))
}

/// `GET /api/v1/public/me/mails`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/mails",
    operation_id = "list_my_mails",
    tag = "me",
    security(("claimant" = [])),
    params(
        ("limit" = Option<u16>, Query, description = "1 to 200, by default 50"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    responses(
        (status = 200, body = MyMailsResponse)
    )
)]
pub async fn mails(
    state: web::Data<AppState>,
    token: ClaimantToken,
    query: web::Query<PartQuery>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let (before, limit) = (query.before()?, query.limit()?);
    let part = own_history::mails(&state.ctx, &actor, before, limit).await?;
    let items = part.items.into_iter().map(|mail| MyMailResponse {
        kind: mail.kind,
        sent_at: mail.sent_at,
        code: mail.code,
        state: mail.state,
    });
    Ok(HttpResponse::Ok().json(MyMailsResponse {
        items: items.collect(),
        next_cursor: part.next.map(own_history::write_cursor),
    }))
}

/// `GET /api/v1/public/me/views`
#[utoipa::path(
    get,
    path = "/api/v1/public/me/views",
    operation_id = "list_my_views",
    tag = "me",
    security(("claimant" = [])),
    params(
        ("limit" = Option<u16>, Query, description = "1 to 200, by default 50"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    responses(
        (status = 200, body = MyViewsResponse)
    )
)]
pub async fn views(
    state: web::Data<AppState>,
    token: ClaimantToken,
    query: web::Query<PartQuery>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let (before, limit) = (query.before()?, query.limit()?);
    let part = own_history::views(&state.ctx, &actor, before, limit).await?;
    let items = part.items.into_iter().map(|view| MyViewResponse {
        at: view.at,
        role: view.role,
        what: view.what,
    });
    Ok(HttpResponse::Ok().json(MyViewsResponse {
        items: items.collect(),
        next_cursor: part.next.map(own_history::write_cursor),
    }))
}

/// The archive as it comes. An error in the stream makes the server close the connection without the
/// closing chunk.
pub(in crate::web) fn archive(taken: OwnData) -> HttpResponse {
    let name = format!("attachment; filename=\"{}\"", taken.name);
    let bytes = taken.bytes.map(|piece| {
        piece.map(Bytes::from).map_err(|error| {
            tracing::error!(%error, "an archive of own data was cut");
            WebError::App(error)
        })
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(bytes)
}
