//! `/console/claimants/{id}/documents`: staff add what a claimant sent or brought (letter f), with the form of
//! claimants.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::document::{self, By};
use crate::app::{AppError, claimant_view};
use crate::domain::field::FieldErrors;
use crate::domain::ids::ClaimantId;
use crate::render::page::documents::DocumentsPage;
use crate::render::page::{CaseHead, Chrome, DeskHead, Errors};
use crate::state::AppState;
use crate::web::console::claimants::{claimant_id, document_lines, place};
use crate::web::console::{inside, page as html, see_other};
use crate::web::documents::{self, FORM, PAGE_POLICY, of_form};
use crate::web::extract::multipart::Multi;
use crate::web::extract::{Form, Lang, Staff, idempotency};
use crate::web::public::visit::one_time_key;
use crate::web::{WebError, WebResult};

/// What has just happened.
#[derive(Deserialize)]
pub struct DocumentsQuery {
    #[serde(default)]
    done: String,
}

/// The token of a form with nothing else.
#[derive(Deserialize)]
pub struct TokenForm {
    csrf: Option<String>,
}

/// Who adds, to whose record.
struct Asked {
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: ClaimantId,
}

/// What the page says beside its list.
#[derive(Default)]
struct Said<'a> {
    done: Option<&'static str>,
    kind: &'a str,
    errors: Option<&'a FieldErrors>,
}

/// `GET /console/claimants/{id}/documents?done=`
pub async fn page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    query: Result<web::Query<DocumentsQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let asked = Asked {
        id: claimant_id(&id)?,
        state,
        language,
        staff,
        request,
    };
    let said = Said {
        done: ["added", "removed"].into_iter().find(|word| *word == done),
        ..Said::default()
    };
    asked.show(StatusCode::OK, said).await
}

/// `POST /console/claimants/{id}/documents`
pub async fn add(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Multi,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        id: claimant_id(&id)?,
        state,
        language,
        staff,
        request,
    };
    let ctx = asked.state.ctx.clone();
    let parts = match form.read(&ctx, &FORM).await {
        Err(WebError::PartTooLarge(errors)) => {
            return asked
                .refuse(StatusCode::PAYLOAD_TOO_LARGE, "", &errors)
                .await;
        }
        Err(WebError::App(AppError::Invalid(errors))) => {
            return asked
                .refuse(StatusCode::UNPROCESSABLE_ENTITY, "", &errors)
                .await;
        }
        read => read?,
    };
    asked.staff.check_csrf(&asked.state, parts.text("csrf"))?;
    let kind = parts.text("kind").unwrap_or_default().to_owned();
    let key = parts.text("key");
    let key = key.and_then(|key| idempotency::check(key.as_bytes()));
    let sent = documents::sent(parts, key);
    let by = By::Staff(asked.staff.actor.clone(), asked.id);
    let acting = async move { Box::pin(document::add(&ctx, &by, sent)).await };
    match asked.state.ctx.to_end(acting).await {
        Ok(_) => Ok(done(asked.id, "added")),
        Err(AppError::Invalid(errors)) => {
            asked
                .refuse(StatusCode::UNPROCESSABLE_ENTITY, &kind, &errors)
                .await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /console/claimants/{id}/documents/{document}/removal`
pub async fn remove(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String)>,
    form: Form<TokenForm>,
) -> WebResult<HttpResponse> {
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let (id, document) = (claimant_id(&path.0)?, documents::id(&path.1)?);
    let (ctx, by) = (state.ctx.clone(), By::Staff(staff.actor, id));
    let acting = async move { document::remove(&ctx, &by, document).await };
    state.ctx.to_end(acting).await?;
    Ok(done(id, "removed"))
}

fn done(id: ClaimantId, word: &str) -> HttpResponse {
    see_other(&format!("{}/documents?done={word}", place(id)))
}

impl Asked {
    async fn refuse(
        &self,
        status: StatusCode,
        kind: &str,
        errors: &FieldErrors,
    ) -> WebResult<HttpResponse> {
        let said = Said {
            done: None,
            kind,
            errors: Some(errors),
        };
        self.show(status, said).await
    }

    async fn show(&self, status: StatusCode, said: Said<'_>) -> WebResult<HttpResponse> {
        let ctx = &self.state.ctx;
        let view = claimant_view::view(ctx, &self.staff.actor, self.id).await?;
        let console = inside(&self.state, self.language, &self.request, &self.staff).await?;
        let chrome = Chrome {
            staff: console.who,
            path: format!("{}/documents", place(self.id)),
            ..console.chrome
        };
        let operators = document::operators(ctx, &self.staff.actor, self.id).await?;
        let case = &view.own.case;
        let shown = DocumentsPage {
            chrome,
            case: CaseHead {
                slug: case.slug.clone(),
                title: case.title.clone(),
                respondent: case.respondent.name.clone(),
            },
            desk: Some(DeskHead {
                id: self.id.to_string(),
                reference: view.reference.grouped(),
                name: view.identity.as_ref().map(|identity| identity.name.clone()),
            }),
            documents: document_lines(self.id, &view.documents, &operators),
            can_add: view.can_add_documents,
            has_declared: view.can_type && !view.declared.versions.is_empty(),
            kind: said.kind.to_owned(),
            key: one_time_key(ctx),
            done: said.done,
            errors: said
                .errors
                .map(|errors| Errors::from(&of_form(errors)))
                .unwrap_or_default(),
        };
        let mut answer = html(status, &shown)?;
        let policy = HeaderValue::from_static(PAGE_POLICY);
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        Ok(answer)
    }
}
