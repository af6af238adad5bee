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
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::join::typo;
use crate::web::public::visit::{Visit, checked_token, html, html_with, see_other};

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
    /// The answer to a question about the domain: `correct` or `keep`.
    #[serde(default)]
    action: String,
    /// The domain the page asked about: who sends the form on has read it.
    #[serde(default)]
    doubted: String,
}

/// `GET /c/{slug}/follow`
pub async fn form(visit: Visit, slug: web::Path<String>) -> WebResult<HttpResponse> {
    html(&form_page(&visit, &slug).await?)
}

/// `POST /c/{slug}/follow`: the same answer for any address. It shows the address, so it is no redirect.
pub async fn send(
    visit: Visit,
    slug: web::Path<String>,
    form: Form<SentFollow>,
) -> WebResult<HttpResponse> {
    let sent = form.0;
    let mut page = form_page(&visit, &slug).await?;
    if visit.switches_language() {
        page.follow.association = sent.association;
        page.follow.email = sent.email;
        visit
            .language
            .as_str()
            .clone_into(&mut page.follow.language);
        if let Some(consent) = &mut page.follow.consent {
            consent.given = sent.given && consent.text_version == sent.text_version;
        }
        return html(&page);
    }
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.public_case(&slug)?;
    let was_asked = typo::parts(&sent.email).is_some_and(|(_, domain)| domain == sent.doubted);
    let answer = match sent.action.as_str() {
        "" if was_asked => "keep",
        action => action,
    };
    let (email, doubt) = typo::answered_one(&visit, &case, sent.email, answer).await?;
    page.follow.association.clone_from(&sent.association);
    page.follow.email.clone_from(&email);
    page.follow.language.clone_from(&sent.language);
    if let Some(consent) = &mut page.follow.consent {
        consent.given = sent.given;
    }
    if doubt.is_some() {
        page.follow.doubt = doubt;
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let input = FollowInput {
        association: Some(sent.association),
        email: Some(email.trim().to_owned()),
        language: Some(sent.language),
        text_version: Some(sent.text_version),
        given: sent.given,
    };
    let (ctx, case) = (visit.ctx().clone(), slug.to_string());
    let acting = async move { follower::ask(&ctx, &case, &input).await };
    match visit.ctx().to_end(acting).await {
        Ok(()) => {
            page.sent = Some(email.trim().to_owned());
            html(&page)
        }
        Err(AppError::Invalid(errors)) => {
            page.errors = Errors::from(&errors);
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
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
        doubt: None,
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
        sent: None,
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
