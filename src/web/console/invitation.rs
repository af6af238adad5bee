//! `/console/invitation/{token}`: what an invitation offers, and taking it up. GET changes nothing.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::people::invitation::{self, Acceptance};
use crate::app::staff::account::NewFactor;
use crate::render::page::Errors;
use crate::render::page::console::Refusal;
use crate::render::page::console::people::{FactorShown, InvitationPage, InvitedPage};
use crate::render::qr;
use crate::state::AppState;
use crate::web::console::login::{after, refusal, wait};
use crate::web::console::{outside, page};
use crate::web::extract::{Form, Lang};
use crate::web::{WebError, WebResult};

/// What the invited typed.
#[derive(Deserialize)]
pub struct AcceptanceForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    request: &'a HttpRequest,
    link: &'a str,
}

/// `GET /console/invitation/{token}`
pub async fn show(
    state: web::Data<AppState>,
    language: Lang,
    request: HttpRequest,
    link: web::Path<String>,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        request: &request,
        link: &link,
    };
    asked.offer(String::new(), None, Errors::default()).await
}

/// `POST /console/invitation/{token}`
pub async fn accept(
    state: web::Data<AppState>,
    language: Lang,
    request: HttpRequest,
    link: web::Path<String>,
    form: Form<AcceptanceForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    let given = Acceptance {
        name: form.name.clone(),
        password: form.password,
        code: form.code,
        language: language.0,
    };
    let (ctx, token) = (state.ctx.clone(), link.clone());
    let acting = async move { invitation::accept(&ctx, &token, &given).await };
    let done = state.ctx.to_end(acting).await;
    let asked = Asked {
        state: &state,
        language,
        request: &request,
        link: &link,
    };
    match done {
        Ok(codes) => asked.ended(StatusCode::OK, "done", codes),
        Err(AppError::Invalid(errors)) => asked.offer(form.name, None, Errors::from(&errors)).await,
        Err(AppError::TokenUsed) => asked.ended(StatusCode::GONE, "used", Vec::new()),
        Err(AppError::TokenExpired) => asked.ended(StatusCode::GONE, "expired", Vec::new()),
        Err(error) => {
            let waits = wait(&error);
            let refused = refusal(error)?;
            let shown = asked.offer(form.name, Some(refused), Errors::default());
            Ok(after(shown.await?, waits))
        }
    }
}

impl Asked<'_> {
    async fn offer(
        &self,
        name: String,
        refused: Option<Refusal>,
        errors: Errors,
    ) -> WebResult<HttpResponse> {
        let offer = match invitation::open(&self.state.ctx, self.link).await {
            Ok(offer) => offer,
            Err(AppError::TokenUsed) => return self.ended(StatusCode::GONE, "used", Vec::new()),
            Err(AppError::TokenExpired) => {
                return self.ended(StatusCode::GONE, "expired", Vec::new());
            }
            Err(error) => return Err(WebError::App(error)),
        };
        let status = match refused {
            Some(Refusal::TooMany) => StatusCode::TOO_MANY_REQUESTS,
            None if errors.is_empty() => StatusCode::OK,
            Some(Refusal::Wrong | Refusal::Used) | None => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let shown = InvitationPage {
            console: outside(self.state, self.language, self.request),
            association: offer.association,
            role: offer.role.as_str(),
            email: offer.email,
            factor: offer.factor.map(factor),
            typed_name: name,
            errors,
            refusal: refused,
        };
        page(status, &shown)
    }

    fn ended(
        &self,
        status: StatusCode,
        outcome: &'static str,
        codes: Vec<String>,
    ) -> WebResult<HttpResponse> {
        let shown = InvitedPage {
            console: outside(self.state, self.language, self.request),
            outcome,
            codes,
        };
        page(status, &shown)
    }
}

/// A secret for people and for cameras.
pub(super) fn factor(new: NewFactor) -> FactorShown {
    let letters: Vec<char> = new.secret.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    FactorShown {
        secret: groups.join(" "),
        qr: qr::path(&new.url),
        url: new.url,
    }
}
