//! `/confirm/{token}`: GET shows, POST confirms (R16).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::challenge::{ChallengePurpose, Proof, Standing};
use crate::app::confirmation::{self, Link};
use crate::app::consent::{Given, Origin};
use crate::app::session::KnownBrowser;
use crate::app::{AppError, mail_request};
use crate::domain::consent::Channel;
use crate::domain::ids::{AssociationId, CaseId};
use crate::domain::sign_up::ConsentInput;
use crate::render::page::confirm::{ConfirmPage, ConfirmState};
use crate::render::page::join::ConsentField;
use crate::render::page::{CaseHead, Errors};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::join::consent_fields;
use crate::web::public::visit::{Visit, checked_token, html_with, see_other};

const PURPOSE: ChallengePurpose = ChallengePurpose::Confirm;

/// The consents of who is on an earlier list; others send none.
#[derive(Deserialize)]
pub struct SentConsents {
    consents: Option<Vec<ConsentInput>>,
}

/// What has just happened.
#[derive(Deserialize)]
pub struct ConfirmQuery {
    #[serde(default)]
    done: String,
}

/// `GET /confirm/{token}`
///
/// The browser that holds a good link is remembered by a cookie: whoever taps twice sees success.
pub async fn page(
    visit: Visit,
    token: web::Path<String>,
    query: Result<web::Query<ConfirmQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let asked = Asked {
        resent: done == "resent",
        ..Asked::default()
    };
    show(&visit, token.into_inner(), asked).await
}

/// What the page says beside the link.
#[derive(Default)]
struct Asked {
    resent: bool,
    /// Consents as they were sent, with what was refused.
    sent: Vec<ConsentInput>,
    errors: Errors,
}

async fn show(visit: &Visit, token: String, asked: Asked) -> WebResult<HttpResponse> {
    let link = confirmation::peek(visit.ctx(), PURPOSE, &token).await?;
    let state = match (link.standing, link.claimant) {
        (Standing::Open(_), _) => ConfirmState::Ask,
        (Standing::Used, Some(claimant)) if visit.belongs_to(claimant).await? => {
            ConfirmState::Confirmed
        }
        (Standing::Used, _) => ConfirmState::Used,
        (Standing::Expired, _) => ConfirmState::Expired,
        (Standing::Unknown, _) => ConfirmState::Unknown,
    };
    let (case, association) = names(visit, link.record).await?;
    let slug = case.as_ref().map(|case| case.slug.clone());
    let path = format!("/confirm/{token}");
    let refused = !asked.errors.0.is_empty();
    let page = ConfirmPage {
        chrome: match slug {
            Some(slug) => visit.chrome_of(&slug, &path),
            None => visit.chrome_at(&path),
        },
        signed_in: match link.claimant {
            Some(claimant) => visit.is_signed_in_as(claimant).await?,
            None => false,
        },
        token,
        state,
        consents: match link.listed_on {
            Some(_) => consents(visit, &link, &asked.sent).await?,
            None => Vec::new(),
        },
        listed_on: link.listed_on,
        case,
        association,
        errors: asked.errors,
        resent: asked.resent,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        status(state)
    };
    let mut response = html_with(status, &page)?;
    if let (ConfirmState::Ask, Some(known)) = (state, known(&link)) {
        let cookie = visit.known_cookie(known);
        response.add_cookie(&cookie).map_err(AppError::internal)?;
    }
    Ok(response)
}

/// `POST /confirm/{token}`
pub async fn send(
    visit: Visit,
    token: web::Path<String>,
    form: Result<Form<SentConsents>, WebError>,
) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    // who has none to give may send nothing at all
    let mut sent = form.ok().and_then(|form| form.0.consents);
    for consent in sent.iter_mut().flatten() {
        consent.given.get_or_insert(false);
    }
    let given = Given {
        consents: sent.clone(),
        origin: Origin {
            channel: Channel::Page,
            evidence: visit.evidence(),
        },
    };
    let (ctx, proof) = (visit.ctx().clone(), Proof::Token(token.to_string()));
    let done = visit
        .ctx()
        .to_end(async move { confirmation::confirm_with(&ctx, proof, Some(given)).await })
        .await;
    let mut answer = see_other(&format!("/confirm/{}", token.as_str()));
    match done {
        Ok(entered) => {
            let [session, known] = visit.entered_cookies(&entered);
            Ok(answer.cookie(session).cookie(known).finish())
        }
        // the page says which of them it is
        Err(AppError::TokenUsed | AppError::TokenExpired | AppError::IllegalTransition(_)) => {
            Ok(answer.finish())
        }
        Err(AppError::Invalid(errors)) if errors.concerns("/consents") => {
            let asked = Asked {
                sent: sent.unwrap_or_default(),
                errors: Errors::from(&errors),
                ..Asked::default()
            };
            show(&visit, token.into_inner(), asked).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The consents asked of who is on an earlier list.
async fn consents(
    visit: &Visit,
    link: &Link,
    sent: &[ConsentInput],
) -> WebResult<Vec<ConsentField>> {
    let Some((_, case)) = link.record else {
        return Ok(Vec::new());
    };
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    Ok(consent_fields(visit, &*directory.case(case)?, sent))
}

/// `POST /confirm/{token}/resend`: one tap on an expired link.
pub async fn resend(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    visit
        .ctx()
        .to_end(async move { mail_request::resend_expired(&ctx, PURPOSE, &link).await })
        .await?;
    Ok(see_other(&format!("/confirm/{}?done=resent", token.as_str())).finish())
}

fn known(link: &Link) -> Option<KnownBrowser> {
    let (association, _) = link.record?;
    Some(KnownBrowser {
        claimant: link.claimant?,
        association,
    })
}

/// Title of the case and name of the association, where the link was ever real.
async fn names(
    visit: &Visit,
    record: Option<(AssociationId, CaseId)>,
) -> WebResult<(Option<CaseHead>, Option<String>)> {
    let Some((association, case)) = record else {
        return Ok((None, None));
    };
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(case)?;
    let association = case.association_by_id(association);
    let name = association.map(|entry| entry.name.clone());
    Ok((Some(card::head(&case)), name))
}

const fn status(state: ConfirmState) -> StatusCode {
    match state {
        ConfirmState::Ask | ConfirmState::Confirmed => StatusCode::OK,
        ConfirmState::Used | ConfirmState::Expired => StatusCode::GONE,
        ConfirmState::Unknown => StatusCode::NOT_FOUND,
    }
}
