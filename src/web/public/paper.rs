//! `/me/paper`: signing by hand. Works without script.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::app::paper::{self, By, HandedIn};
use crate::app::session::ClaimantActor;
use crate::app::{AppError, me, signature};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::FieldErrors;
use crate::render::document::short_sha256;
use crate::render::page::Errors;
use crate::render::page::paper::{HandedInLine, PaperPage};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::multipart::Multi;
use crate::web::paper::{FORM, hand_in};
use crate::web::public::card;
use crate::web::public::visit::{Visit, html_with, see_other};

const PATH: &str = "/me/paper";

/// What does not stand in the way of signing by hand: there is no e-mail for a code, or a delegate is
/// signed in.
const NO_HINDRANCE: [&str; 2] = ["otp_needs_email", "delegate"];

/// What was typed.
#[derive(Default)]
struct Typed {
    id_expires_on: String,
    signed_on: String,
}

/// `GET /me/paper`
pub async fn page(visit: Visit) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    shown(&visit, &actor, StatusCode::OK, Typed::default(), None).await
}

/// `POST /me/paper`
pub async fn send(visit: Visit, form: Multi) -> WebResult<HttpResponse> {
    let actor = visit.claimant().await?;
    let mut parts = match form.read(visit.ctx(), &FORM).await {
        Err(WebError::PartTooLarge(errors)) => {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            return shown(&visit, &actor, status, Typed::default(), Some(&errors)).await;
        }
        Err(WebError::App(AppError::Invalid(errors))) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return shown(&visit, &actor, status, Typed::default(), Some(&errors)).await;
        }
        read => read?,
    };
    let actor = visit.claimant_with(parts.text("csrf")).await?;
    let text = |name| parts.text(name).unwrap_or_default().to_owned();
    let typed = Typed {
        id_expires_on: text("id_expires_on"),
        signed_on: text("signed_on"),
    };
    let sent = hand_in(&mut parts, visit.evidence());
    let (ctx, by) = (visit.ctx().clone(), By::Owner(actor.clone()));
    let acting = Box::pin(async move { paper::hand_in(&ctx, &by, sent).await });
    match visit.ctx().to_end(acting).await {
        Ok(_) => {
            let mut answer = see_other(PATH);
            if let Some(cookie) = visit.session_cookie() {
                answer.cookie(cookie);
            }
            Ok(answer.finish())
        }
        Err(AppError::Invalid(errors)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            shown(&visit, &actor, status, typed, Some(&errors)).await
        }
        // what stands in the way is said there
        Err(AppError::IllegalTransition(_)) => Ok(see_other(PATH).finish()),
        Err(error) => Err(error.into()),
    }
}

async fn shown(
    visit: &Visit,
    actor: &ClaimantActor,
    status: StatusCode,
    typed: Typed,
    errors: Option<&FieldErrors>,
) -> WebResult<HttpResponse> {
    let record = me::get(visit.ctx(), actor).await?;
    let standing = signature::standing(visit.ctx(), actor).await?;
    let last = paper::newest(visit.ctx(), actor).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(record.case)?;
    let association = case.association_by_id(record.association);
    let chrome = visit.chrome_of(&case.slug, PATH);
    let text = chrome.text();
    let hindrance = standing.hindrance.filter(|it| !NO_HINDRANCE.contains(it));
    let page = PaperPage {
        case: card::head(&case),
        association: card::association(association.ok_or(AppError::NotFound)?),
        hindrance: hindrance.map(|word| {
            if record.state == ClaimantState::Signed {
                return text.get("paper-signed");
            }
            let sentence = text.try_word("problem-state", word);
            sentence.unwrap_or_else(|| text.get("problem-illegal-transition"))
        }),
        handed_in: last.map(line),
        short_sha256: short_sha256(&standing.document_sha256),
        id_expires_on: typed.id_expires_on,
        signed_on: typed.signed_on,
        errors: errors.map(Errors::from).unwrap_or_default(),
        chrome,
    };
    html_with(status, &page)
}

fn line(last: HandedIn) -> HandedInLine {
    HandedInLine {
        state: last.state,
        version: last.version,
        at: last.handed_in_at,
        reason: last.reason,
        note: last.note,
    }
}
