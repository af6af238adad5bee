//! `/api/v1/public/cases/{slug}/updates`: news of a case, in plain words.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::case_update::{self, CaseUpdate};
use crate::app::directory::CaseEntry;
use crate::domain::case_update::UpdateText;
use crate::state::AppState;
use crate::web::api::page_length::read_page_length;
use crate::web::{WebError, WebResult, shared};

/// A part of the list.
#[derive(Deserialize)]
pub struct UpdatesQuery {
    limit: Option<String>,
    #[serde(default)]
    cursor: String,
}

impl UpdatesQuery {
    /// Where the page begins.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn before(&self) -> WebResult<Option<Uuid>> {
        if self.cursor.is_empty() {
            return Ok(None);
        }
        let before = case_update::read_cursor(&self.cursor);
        before.map(Some).ok_or(WebError::BadCursor)
    }

    /// Items of the page, 1 to 200.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn limit(&self) -> WebResult<u16> {
        read_page_length(self.limit.as_deref())
    }
}

/// News, newest first.
#[derive(Serialize, ToSchema)]
pub struct CaseUpdatesResponse {
    items: Vec<CaseUpdateResponse>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
}

/// News of an association in a case.
#[derive(Serialize, ToSchema)]
pub struct CaseUpdateResponse {
    id: Uuid,
    association: UpdateAssociation,
    published_at: DateTime<Utc>,
    /// In each language there is, Italian first.
    texts: Vec<UpdateTextResponse>,
}

#[derive(Serialize, ToSchema)]
struct UpdateAssociation {
    slug: String,
    name: String,
}

/// News in one language.
#[derive(Serialize, ToSchema)]
pub struct UpdateTextResponse {
    /// `it|en|de`
    language: &'static str,
    title: String,
    /// Plain text, never HTML; an empty line between paragraphs.
    text: String,
}

impl From<&UpdateText> for UpdateTextResponse {
    fn from(text: &UpdateText) -> Self {
        Self {
            language: text.language.as_str(),
            title: text.title.clone(),
            text: text.text.clone(),
        }
    }
}

/// `GET /api/v1/public/cases/{slug}/updates?limit=&cursor=`
#[utoipa::path(
    get,
    path = "/api/v1/public/cases/{slug}/updates",
    operation_id = "list_case_updates",
    tag = "public",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("limit" = Option<u16>, Query, description = "1 to 200; 50 unless told"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    responses(
        (status = 200, body = CaseUpdatesResponse),
        (status = 304, description = "Not changed since the answer that `If-None-Match` names")
    )
)]
pub async fn list(
    request: HttpRequest,
    state: web::Data<AppState>,
    slug: web::Path<String>,
    query: Result<web::Query<UpdatesQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let (before, limit) = (query.before()?, query.limit()?);
    let (case, page) = case_update::list_public(&state.ctx, &slug, before, limit).await?;
    let items = page.items.iter();
    let updates = CaseUpdatesResponse {
        items: items.filter_map(|update| item(&case, update)).collect(),
        next_cursor: page.next.map(case_update::cursor),
    };
    shared::json(&request, &updates)
}

fn item(case: &CaseEntry, update: &CaseUpdate) -> Option<CaseUpdateResponse> {
    let association = case.association_by_id(update.association)?;
    Some(CaseUpdateResponse {
        id: update.id,
        association: UpdateAssociation {
            slug: association.slug.clone(),
            name: association.name.clone(),
        },
        published_at: update.published_at,
        texts: update.texts.all().iter().map(Into::into).collect(),
    })
}
