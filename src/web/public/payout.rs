//! `/me/payout`: where to pay, at any time and outside of what is signed (DESIGN 3.7).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::session::ClaimantActor;
use crate::app::{AppError, contact_change, me, payout};
use crate::domain::payout::PayoutInput;
use crate::render::page::Errors;
use crate::render::page::payout::PayoutPage;
use crate::web::WebResult;
use crate::web::declaration_form::answer;
use crate::web::error::{WebError, come_back};
use crate::web::extract::Form;
use crate::web::extract::form::KeptForm;
use crate::web::public::card;
use crate::web::public::enter::six_digits;
use crate::web::public::me::SentToken;
use crate::web::public::resume::{Admission, Came, about, admit, with_cookies};
use crate::web::public::visit::{Visit, html, html_with, see_other};

const PATH: &str = "/me/payout";

/// The form as it was sent.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct SentPayout {
    iban: String,
    holder: String,
    holder_is_claimant: String,
    payout_code: String,
}

/// What has just happened.
#[derive(Deserialize)]
pub struct PayoutQuery {
    #[serde(default)]
    done: String,
}

/// `GET /me/payout`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<PayoutQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let actor = visit.claimant().await?;
    let page = page_of(&visit, &actor, None, Errors::default()).await?;
    html(&PayoutPage {
        is_sent: done == "code",
        ..page
    })
}

/// `POST /me/payout/code`
pub async fn ask_code(visit: Visit, form: Form<SentToken>) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let done = visit
        .ctx()
        .to_end(async move { payout::request_code(&ctx, &by).await })
        .await;
    match done {
        Ok(_) => {
            let mut answer = see_other(&format!("{PATH}?done=code"));
            if let Some(cookie) = visit.session_cookie() {
                answer.cookie(cookie);
            }
            Ok(answer.finish())
        }
        Err(AppError::RateLimited(wait)) => {
            let errors = about("", "error-codes-too-many");
            let page = page_of(&visit, &actor, None, errors).await?;
            Ok(come_back(
                html_with(StatusCode::TOO_MANY_REQUESTS, &page)?,
                wait,
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/payout`
pub async fn send(mut visit: Visit, form: KeptForm<SentPayout>) -> WebResult<HttpResponse> {
    let sent = form.sent;
    let came = Came {
        action: PATH,
        fields: form.fields,
    };
    let (actor, cookies) = match admit(&mut visit, &came).await? {
        Admission::Entered(actor, cookies) => (actor, cookies),
        Admission::Over(answer) => return Ok(answer),
        Admission::Again(again) => {
            let page = page_of(&visit, &again.actor, Some(sent), again.errors).await?;
            return with_cookies(html_with(again.status, &page)?, &again.cookies);
        }
    };
    if visit.switches_language() {
        let page = page_of(&visit, &actor, Some(sent), Errors::default()).await?;
        return with_cookies(html(&page)?, &cookies);
    }
    let code = match six_digits(&sent.payout_code) {
        Ok(code) => code,
        Err(errors) => {
            let page = page_of(&visit, &actor, Some(sent), Errors::from(&errors)).await?;
            let answer = html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?;
            return with_cookies(answer, &cookies);
        }
    };
    let input = PayoutInput {
        iban: Some(sent.iban.clone()),
        holder: Some(sent.holder.clone()),
        holder_is_claimant: answer(&sent.holder_is_claimant),
        code: Some(code),
    };
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let done = visit
        .ctx()
        .to_end(async move { payout::put(&ctx, &by, &input).await })
        .await;
    let response = match done {
        Ok(given) if given.waits => see_other("/me?done=payout-waits").finish(),
        Ok(_) => see_other("/me?done=payout-saved").finish(),
        // a double tap, or a code that was used for another change
        Err(AppError::TokenUsed) => {
            let errors = about("/code", "error-code-over");
            let page = page_of(&visit, &actor, Some(sent), errors).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?
        }
        Err(AppError::Invalid(errors)) => {
            let page = page_of(&visit, &actor, Some(sent), Errors::from(&errors)).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?
        }
        Err(AppError::RateLimited(wait)) => {
            let errors = about("", "error-payout-too-often");
            let page = page_of(&visit, &actor, Some(sent), errors).await?;
            come_back(html_with(StatusCode::TOO_MANY_REQUESTS, &page)?, wait)
        }
        Err(error) => return Err(error.into()),
    };
    with_cookies(response, &cookies)
}

async fn page_of(
    visit: &Visit,
    actor: &ClaimantActor,
    typed: Option<SentPayout>,
    errors: Errors,
) -> WebResult<PayoutPage> {
    let record = me::get(visit.ctx(), actor).await?;
    payout::may_give(record.state)?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(record.case)?;
    let (stored, pending) = (record.payout, record.payout_pending);
    let name = record.identity.map(|identity| identity.name);
    let typed = typed.unwrap_or_else(|| {
        let known = stored.as_ref();
        let is_claimant = known.is_none_or(|known| known.holder_is_claimant);
        SentPayout {
            iban: String::new(),
            holder: known
                .map(|known| known.holder.clone())
                .or(name)
                .unwrap_or_default(),
            holder_is_claimant: if is_claimant { "yes" } else { "no" }.to_owned(),
            payout_code: String::new(),
        }
    });
    Ok(PayoutPage {
        chrome: visit.chrome_of(&case.slug, PATH),
        case: card::head(&case),
        stored: stored.map(|known| known.iban),
        pending: pending.map(|(known, at)| (known.iban, at)),
        is_frozen: record.payout_frozen,
        accounts_from: contact_change::accounts_from(visit.ctx(), actor).await?,
        code_until: payout::code_until(visit.ctx(), actor).await?,
        is_sent: false,
        iban: typed.iban,
        holder: typed.holder,
        holder_is_claimant: typed.holder_is_claimant,
        errors,
    })
}
