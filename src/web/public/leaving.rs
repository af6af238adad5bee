//! `/me/withdraw` and `/me/erase`: asked first, then done (R49, R61).

use actix_web::HttpResponse;
use serde::Deserialize;

use crate::app::AppError;
use crate::app::me::{self, Erasure, Me};
use crate::app::session::ClaimantActor;
use crate::domain::claimant::ClaimantState;
use crate::domain::field::filled;
use crate::render::page::CaseHead;
use crate::render::page::me::{ErasePage, WithdrawPage};
use crate::render::page::message::MessagePage;
use crate::web::WebResult;
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::me::SentToken;
use crate::web::public::visit::{Visit, html, see_other};

/// Longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// The wish to withdraw as it was sent.
#[derive(Deserialize)]
pub struct SentWithdrawal {
    csrf: Option<String>,
    #[serde(default)]
    reason: String,
}

/// `GET /me/withdraw`
pub async fn withdraw_page(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let (case, record) = own(&visit, &actor).await?;
    if !record.state.withdraws() {
        return Err(AppError::IllegalTransition(record.state.as_str()).into());
    }
    html(&WithdrawPage {
        chrome: visit.chrome_of(&case.slug, "/me/withdraw"),
        reference: record.reference.grouped(),
        case,
    })
}

/// `POST /me/withdraw`
pub async fn withdraw(visit: Visit, form: Form<SentWithdrawal>) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let reason = filled(Some(&form.0.reason));
    let reason = reason.map(|reason| reason.chars().take(LONGEST_REASON).collect());
    let ctx = visit.ctx().clone();
    visit
        .ctx()
        .to_end(async move { me::withdraw(&ctx, &actor, reason).await })
        .await?;
    let mut answer = see_other("/me?done=withdrawn");
    if let Some(cookie) = visit.session_cookie() {
        answer.cookie(cookie);
    }
    Ok(answer.finish())
}

/// `GET /me/erase`
pub async fn erase_page(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let (case, record) = own(&visit, &actor).await?;
    if !record.may_erase() {
        return Err(AppError::IllegalTransition(record.state.as_str()).into());
    }
    html(&ErasePage {
        chrome: visit.chrome_of(&case.slug, "/me/erase"),
        reference: record.reference.grouped(),
        keeps: record.state == ClaimantState::Lodged,
        case,
    })
}

/// `POST /me/erase`: the goodbye is the answer itself, since nothing is left to come back to.
pub async fn erase(visit: Visit, form: Form<SentToken>) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let ctx = visit.ctx().clone();
    let done = visit
        .ctx()
        .to_end(async move { me::erase(&ctx, &actor).await })
        .await?;
    if let Erasure::Restricted(_) = done {
        return Ok(see_other("/me").finish());
    }
    let mut chrome = visit.chrome_at("/");
    chrome.signed_in = false;
    chrome.csrf = None;
    let mut response = html(&MessagePage::erased(chrome))?;
    for cookie in visit.erased_cookies() {
        response.add_cookie(&cookie).map_err(AppError::internal)?;
    }
    Ok(response)
}

async fn own(visit: &Visit, actor: &ClaimantActor) -> WebResult<(CaseHead, Me)> {
    let record = me::get(visit.ctx(), actor).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(record.case)?;
    Ok((card::head(&case), record))
}
