//! `/me/representative`: who acts for the claimant (R46).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::app::session::ClaimantActor;
use crate::app::{AppError, me, representation};
use crate::domain::identity::Identity;
use crate::domain::representation::Title;
use crate::render::page::Errors;
use crate::render::page::representative::RepresentativePage;
use crate::web::WebResult;
use crate::web::extract::form::KeptForm;
use crate::web::public::card;
use crate::web::public::resume::{Admission, Came, admit, with_cookies};
use crate::web::public::visit::{Visit, html, html_with, see_other};
use crate::web::representative_form::{self, SentRepresentative};

const PATH: &str = "/me/representative";

/// `GET /me/representative`
pub async fn page(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let page = page_of(&visit, &actor, None, Errors::default()).await?;
    match page {
        Some(page) => html(&page),
        None => Ok(see_other("/me/identity").finish()),
    }
}

/// `POST /me/representative`
pub async fn send(mut visit: Visit, form: KeptForm<SentRepresentative>) -> WebResult<HttpResponse> {
    let sent = form.sent;
    let came = Came {
        action: PATH,
        fields: form.fields,
    };
    let (actor, cookies) = match admit(&mut visit, &came).await? {
        Admission::Entered(actor, cookies) => (actor, cookies),
        Admission::Over(answer) => return Ok(answer),
        Admission::Again(again) => {
            let page = page_of(&visit, &again.actor, Some(&sent), again.errors).await?;
            let page = page.ok_or(AppError::NotFound)?;
            return with_cookies(html_with(again.status, &page)?, &again.cookies);
        }
    };
    if visit.switches_language() {
        let page = page_of(&visit, &actor, Some(&sent), Errors::default()).await?;
        return with_cookies(html(&page.ok_or(AppError::NotFound)?)?, &cookies);
    }
    let input = representative_form::input(&sent);
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let done = visit
        .ctx()
        .to_end(async move { representation::put(&ctx, &by, &input).await })
        .await;
    let response = match done {
        Ok(_) => see_other("/me?done=representative-saved").finish(),
        Err(AppError::Invalid(errors)) => {
            let page = page_of(&visit, &actor, Some(&sent), Errors::from(&errors)).await?;
            match page {
                Some(page) => html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?,
                None => see_other("/me/identity").finish(),
            }
        }
        Err(error) => return Err(error.into()),
    };
    with_cookies(response, &cookies)
}

/// The page; none before identity is given: titles depend on who the claimant is.
async fn page_of(
    visit: &Visit,
    actor: &ClaimantActor,
    sent: Option<&SentRepresentative>,
    errors: Errors,
) -> WebResult<Option<RepresentativePage>> {
    let record = me::get(visit.ctx(), actor).await?;
    let Some(identity) = &record.identity_document else {
        return Ok(None);
    };
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(record.case)?;
    Ok(Some(RepresentativePage {
        chrome: visit.chrome_of(&case.slug, PATH),
        case: card::head(&case),
        titles: titles(identity),
        fields: sent.map_or_else(
            || representative_form::stored(record.representative.as_ref()),
            representative_form::typed,
        ),
        errors,
    }))
}

/// Titles that may fit.
pub(in crate::web) fn titles(identity: &Identity) -> Vec<&'static str> {
    let fits = |title: &Title| match identity {
        Identity::Entity(_) => {
            matches!(title, Title::LegalRepresentative | Title::PowerOfAttorney)
        }
        Identity::Person(_) => *title != Title::LegalRepresentative,
    };
    let titles = Title::ALL.into_iter().filter(fits);
    titles.map(Title::as_str).collect()
}
