//! Following a case without claiming: `/c/{slug}/follow`, `/follow/{token}`, `/unfollow/{token}`. GET shows,
//! POST acts (R16).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::directory::CaseEntry;
use crate::app::follower::{self, FollowInput, Standing, Wish};
use crate::app::{AppError, Ctx};
use crate::domain::language::Language;
use crate::render::page::Errors;
use crate::render::page::follow::{FollowForm, FollowLinkPage, FollowPage, FollowState};
use crate::render::page::join::ConsentField;
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::visit::{Visit, checked_token, html, html_with, see_other};

/// What has just happened.
#[derive(Deserialize)]
pub struct FollowQuery {
    #[serde(default)]
    done: String,
}

/// The form as it was sent.
#[derive(Deserialize)]
pub struct SentFollow {
    #[serde(default)]
    association: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    text_version: String,
    #[serde(default)]
    given: bool,
}

/// `GET /c/{slug}/follow?done=`
pub async fn form(
    visit: Visit,
    slug: web::Path<String>,
    query: Result<web::Query<FollowQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let mut page = form_page(&visit, &slug).await?;
    page.sent = query.done == "sent";
    html(&page)
}

/// `POST /c/{slug}/follow`: the same answer for any address.
pub async fn send(
    visit: Visit,
    slug: web::Path<String>,
    form: Form<SentFollow>,
) -> WebResult<HttpResponse> {
    let sent = form.0;
    let input = FollowInput {
        association: Some(sent.association.clone()),
        email: Some(sent.email.trim().to_owned()),
        language: Some(sent.language.clone()),
        text_version: Some(sent.text_version.clone()),
        given: sent.given,
    };
    let (ctx, case) = (visit.ctx().clone(), slug.to_string());
    let acting = async move { follower::ask(&ctx, &case, &input).await };
    let errors = match visit.ctx().to_end(acting).await {
        Ok(()) => return Ok(see_other(&format!("/c/{slug}/follow?done=sent")).finish()),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let mut page = form_page(&visit, &slug).await?;
    page.follow.association = sent.association;
    page.follow.email = sent.email;
    page.follow.language = sent.language;
    if let Some(consent) = &mut page.follow.consent {
        consent.given = sent.given;
    }
    page.errors = Errors::from(&errors);
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `GET /follow/{token}`
pub async fn confirm_page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    link_page(&visit, Wish::Follow, token.into_inner()).await
}

/// `POST /follow/{token}`
pub async fn confirm(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    let acting = async move { follower::confirm(&ctx, &link).await };
    match visit.ctx().to_end(acting).await {
        // the page says how it is now, also where the link can do nothing more
        Ok(()) | Err(AppError::TokenExpired) => {
            Ok(see_other(&format!("/follow/{}", token.as_str())).finish())
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /unfollow/{token}`
pub async fn unfollow_page(visit: Visit, token: web::Path<String>) -> WebResult<HttpResponse> {
    link_page(&visit, Wish::Unfollow, token.into_inner()).await
}

/// `POST /unfollow/{token}`: from the page, or by one click of a mail program, which follows no redirect
/// (RFC 8058, 3.1).
pub async fn unfollow(
    visit: Visit,
    token: web::Path<String>,
    body: web::Bytes,
) -> WebResult<HttpResponse> {
    checked_token(&token)?;
    let (ctx, link) = (visit.ctx().clone(), token.to_string());
    let acting = async move { follower::unfollow(&ctx, &link).await };
    visit.ctx().to_end(acting).await?;
    let one_click = b"One-Click";
    if body.windows(one_click.len()).any(|part| part == one_click) {
        return link_page(&visit, Wish::Unfollow, token.into_inner()).await;
    }
    Ok(see_other(&format!("/unfollow/{}", token.as_str())).finish())
}

/// The form of a case as nobody has filled it yet.
pub fn blank(ctx: &Ctx, case: &CaseEntry, language: Language) -> FollowForm {
    let text = case.text(follower::TEXT_KIND, language);
    let mut associations: Vec<(String, String)> = follower::choices(case)
        .into_iter()
        .map(|known| (known.slug.clone(), known.name.clone()))
        .collect();
    card::rotate(ctx, &mut associations);
    FollowForm {
        associations,
        association: String::new(),
        email: String::new(),
        language: language.as_str().to_owned(),
        consent: text.map(|text| ConsentField {
            purpose: follower::TEXT_KIND.to_owned(),
            text_version: text.version.clone(),
            words: text.body.clone(),
            required: true,
            given: false,
        }),
    }
}

async fn form_page(visit: &Visit, slug: &str) -> WebResult<FollowPage> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.public_case(slug)?;
    let follow = blank(visit.ctx(), &case, visit.language);
    if follow.associations.is_empty() {
        return Err(AppError::NotFound.into());
    }
    Ok(FollowPage {
        chrome: visit.chrome_of(&case.slug, &format!("/c/{}/follow", case.slug)),
        case: card::head(&case),
        follow,
        sent: false,
        errors: Errors::default(),
    })
}

async fn link_page(visit: &Visit, wish: Wish, token: String) -> WebResult<HttpResponse> {
    let link = follower::peek(visit.ctx(), wish, &token).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = match link.place {
        Some((association, case)) => Some((association, directory.case(case)?)),
        None => None,
    };
    let (state, status) = match (wish, link.standing) {
        (Wish::Follow, Standing::Asked) => (FollowState::Ask, StatusCode::OK),
        (Wish::Follow, Standing::Following) => (FollowState::Following, StatusCode::OK),
        (Wish::Follow, Standing::Gone) => (FollowState::Unknown, StatusCode::NOT_FOUND),
        (Wish::Unfollow, Standing::Asked | Standing::Following) => {
            (FollowState::AskEnd, StatusCode::OK)
        }
        // also for who has just ended it: nothing is left to tell them by
        (Wish::Unfollow, Standing::Gone) => (FollowState::Ended, StatusCode::OK),
    };
    let page = match wish {
        Wish::Follow => "follow",
        Wish::Unfollow => "unfollow",
    };
    let page = FollowLinkPage {
        chrome: visit.chrome_at(&format!("/{page}/{token}")),
        token,
        state,
        association: case.as_ref().and_then(|(association, case)| {
            let entry = case.association_by_id(*association);
            entry.map(|entry| entry.name.clone())
        }),
        case: case.map(|(_, case)| card::head(&case)),
    };
    html_with(status, &page)
}
