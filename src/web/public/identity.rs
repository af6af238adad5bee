//! `/me/identity`: who the claimant is. A session that ends meanwhile loses nothing.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::identity;
use crate::app::session::{ClaimantActor, KnownBrowser};
use crate::app::{AppError, me};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::FieldErrors;
use crate::domain::outage::day_in_rome;
use crate::render::page::identity::{IdentityFields, IdentityPage};
use crate::render::page::{Chrome, Errors};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::form::KeptForm;
use crate::web::identity_form::{self, IdentityQuery, SentIdentity};
use crate::web::public::resume::{Admission, Came, admit, with_cookies};
use crate::web::public::visit::{Visit, html, html_with, see_other};

const PATH: &str = "/me/identity";

/// `GET /me/identity?kind=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<IdentityQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let actor = visit.claimant().await?;
    let record = me::get(visit.ctx(), &actor).await?;
    if !record.state.takes_identity() {
        return Err(AppError::IllegalTransition(record.state.as_str()).into());
    }
    let stored = record.identity_document.as_ref();
    let today = day_in_rome(visit.ctx().clock.now());
    let fields = identity_form::stored(query.kind.as_deref(), stored, today);
    html(&page_of(visit.chrome(), fields, Errors::default()))
}

/// `POST /me/identity`
pub async fn send(mut visit: Visit, form: KeptForm<SentIdentity>) -> WebResult<HttpResponse> {
    let came = Came {
        action: PATH,
        fields: form.fields,
    };
    let sent = identity_form::answered(form.sent);
    match admit(&mut visit, &came).await? {
        Admission::Entered(_, cookies) if visit.switches_language() => {
            with_cookies(html(&typed(&visit, &sent, Errors::default()))?, &cookies)
        }
        Admission::Entered(actor, cookies) => save(&visit, actor, &sent, cookies).await,
        Admission::Again(again) => {
            let page = typed(&visit, &sent, again.errors);
            with_cookies(html_with(again.status, &page)?, &again.cookies)
        }
        Admission::Over(answer) => Ok(answer),
    }
}

async fn save(
    visit: &Visit,
    actor: ClaimantActor,
    sent: &SentIdentity,
    cookies: Vec<Cookie<'static>>,
) -> WebResult<HttpResponse> {
    let today = day_in_rome(visit.ctx().clock.now());
    if let Some((fields, wrong)) = identity_form::questioned(sent, today) {
        let page = again(visit, fields, &wrong);
        return with_cookies(
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?,
            &cookies,
        );
    }
    let request = identity_form::request(sent, today);
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let done = visit
        .ctx()
        .to_end(async move { identity::give(&ctx, &by, request).await })
        .await;
    let (mut answer, first) = match done {
        Ok(given) if given.state == ClaimantState::Duplicate => {
            (see_other("/me?done=first-record"), Some(given.claimant))
        }
        Ok(_) => (see_other("/me?done=identity-saved"), None),
        Err(AppError::Invalid(errors)) => {
            let page = again(visit, identity_form::typed(sent), &errors);
            return with_cookies(
                html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?,
                &cookies,
            );
        }
        Err(error) => return Err(error.into()),
    };
    for cookie in cookies {
        answer.cookie(cookie);
    }
    if let Some(claimant) = first {
        answer.cookie(visit.known_cookie(KnownBrowser {
            claimant,
            association: actor.association(),
        }));
    }
    Ok(answer.finish())
}

/// The form with what was typed, asked and refused.
fn again(visit: &Visit, fields: IdentityFields, wrong: &FieldErrors) -> IdentityPage {
    let path = format!("{PATH}?kind={}", fields.kind.as_str());
    let errors = identity_form::refused(&fields, wrong);
    page_of(visit.chrome_at(&path), fields, errors)
}

/// The form as it was typed.
fn typed(visit: &Visit, sent: &SentIdentity, errors: Errors) -> IdentityPage {
    let fields = identity_form::typed(sent);
    let path = format!("{PATH}?kind={}", fields.kind.as_str());
    page_of(visit.chrome_at(&path), fields, errors)
}

fn page_of(chrome: Chrome, fields: IdentityFields, errors: Errors) -> IdentityPage {
    IdentityPage {
        chrome,
        fields,
        errors,
    }
}
