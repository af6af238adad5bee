//! `/me/sign`: read the document, accept each text on its own, sign with the code from the mail.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::directory::CaseEntry;
use crate::app::evidence::INTENT;
use crate::app::me::{self, Me};
use crate::app::session::ClaimantActor;
use crate::app::signature::{
    self, AcceptanceInput, Pending, SignatureInput, SignatureRequest, Standing,
};
use crate::app::{AppError, signature_file};
use crate::domain::accepted_text::TextKind;
use crate::domain::claimant::ClaimantState;
use crate::domain::field::FieldErrors;
use crate::domain::language::Language;
use crate::domain::signed_content::SignedContent;
use crate::render::page::sign::{
    AcceptField, ReportShown, SignCodePage, SignFilePage, SignNotPage, SignPage, ToSign,
};
use crate::render::page::{Chrome, Errors, FieldError};
use crate::web::WebResult;
use crate::web::api::public::declaration::{SIGNED_FILE, signed_file};
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::extract::multipart::{Multi, Parts};
use crate::web::public::card;
use crate::web::public::resume::about;
use crate::web::public::visit::{Visit, html, html_with, see_other};

const PATH: &str = "/me/sign";

/// Whether the texts are wanted once more, though a code is on its way.
#[derive(Deserialize)]
pub struct SignQuery {
    #[serde(default)]
    texts: String,
}

/// The wish for a code as it was sent.
#[derive(Deserialize)]
pub struct SentWish {
    csrf: Option<String>,
    /// `digital`, else with a code.
    #[serde(default)]
    tier: String,
    #[serde(default)]
    document_sha256: String,
    /// Version by kind of the texts that were ticked.
    #[serde(default)]
    accept: BTreeMap<String, String>,
}

/// The signature as it was sent.
#[derive(Deserialize)]
pub struct SentSignature {
    csrf: Option<String>,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    full_name: String,
}

/// What the pages of signing are made of.
struct Signing {
    chrome: Chrome,
    case: std::sync::Arc<CaseEntry>,
    record: Me,
    standing: Standing,
}

/// `GET /me/sign?texts=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<SignQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let actor = visit.claimant().await?;
    let signing = Signing::read(&visit, &actor).await?;
    let Some(content) = signing.content()? else {
        return signing.hindered();
    };
    match &signing.standing.pending {
        Some(pending) if query.texts.is_empty() && pending.is_digital => {
            let report = newest_report(&visit, &actor, content.version).await?;
            html(&signing.file_page(&content, pending, report, Errors::default()))
        }
        Some(pending) if query.texts.is_empty() => {
            html(&signing.code_page(&content, pending, None, Errors::default()))
        }
        _ => html(&signing.texts_page(&content, &BTreeMap::new(), Errors::default())),
    }
}

/// `POST /me/sign/code`
pub async fn ask_code(visit: Visit, form: Form<SentWish>) -> WebResult<HttpResponse> {
    let sent = form.0;
    let actor = visit.claimant_with(sent.csrf.as_deref()).await?;
    let request = SignatureRequest {
        tier: Some(
            if sent.tier == "digital" {
                "digital"
            } else {
                "otp"
            }
            .to_owned(),
        ),
        document_sha256: Some(sent.document_sha256.clone()),
        acceptances: sent.accept.iter().map(acceptance).collect(),
    };
    let (ctx, by, origin) = (visit.ctx().clone(), actor.clone(), visit.evidence());
    let done = visit
        .ctx()
        .to_end(Box::pin(async move {
            signature::request(&ctx, &by, request, origin).await
        }))
        .await;
    match done {
        // what stands in the way is said there
        Ok(_) | Err(AppError::IllegalTransition(_)) => Ok(kept(&visit, PATH)),
        Err(AppError::Invalid(errors)) => {
            let signing = Signing::read(&visit, &actor).await?;
            let Some(content) = signing.content()? else {
                return signing.hindered();
            };
            let page = signing.texts_page(&content, &sent.accept, accept_errors(&errors));
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/sign`
pub async fn send(visit: Visit, form: Form<SentSignature>) -> WebResult<HttpResponse> {
    let sent = form.0;
    let actor = visit.claimant_with(sent.csrf.as_deref()).await?;
    let input = SignatureInput {
        request: Some(sent.request_id.clone()),
        code: Some(sent.code.clone()),
        full_name: Some(sent.full_name.clone()),
    };
    let (ctx, by, origin) = (visit.ctx().clone(), actor.clone(), visit.evidence());
    let done = visit
        .ctx()
        .to_end(Box::pin(async move {
            signature::sign(&ctx, &by, input, origin).await
        }))
        .await;
    let errors = match done {
        // a code used before is a form sent twice: it is signed
        Ok(_) | Err(AppError::TokenUsed) => return Ok(kept(&visit, "/me?done=signed")),
        Err(AppError::Invalid(errors)) => Errors::from(&errors),
        Err(AppError::TokenExpired) => about("/code", "error-code-over"),
        Err(AppError::IllegalTransition("request_replaced")) => {
            about("/code", "error-code-replaced")
        }
        Err(AppError::IllegalTransition(_)) => return Ok(kept(&visit, PATH)),
        Err(error) => return Err(error.into()),
    };
    let signing = Signing::read(&visit, &actor).await?;
    let Some(content) = signing.content()? else {
        return signing.hindered();
    };
    let Some(pending) = &signing.standing.pending else {
        return Ok(kept(&visit, PATH));
    };
    let page = signing.code_page(&content, pending, Some(sent), errors);
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// `POST /me/sign/file`
pub async fn send_file(visit: Visit, form: Multi) -> WebResult<HttpResponse> {
    // who is not signed in does not get to send a file
    let _ = visit.claimant().await?;
    let sent = match form.read(visit.ctx(), &SIGNED_FILE).await {
        Ok(mut parts) => sign_with(&visit, &mut parts).await,
        Err(error) => Err(error),
    };
    let errors = match sent {
        Ok(place) => return Ok(kept(&visit, place)),
        Err(WebError::App(AppError::Invalid(errors)) | WebError::PartTooLarge(errors)) => {
            Errors::from(&errors)
        }
        Err(error) => return Err(error),
    };
    let actor = visit.claimant().await?;
    let signing = Signing::read(&visit, &actor).await?;
    let Some(content) = signing.content()? else {
        return signing.hindered();
    };
    let pending = signing.standing.pending.as_ref();
    let Some(pending) = pending.filter(|pending| pending.is_digital) else {
        return Ok(kept(&visit, PATH));
    };
    let report = newest_report(&visit, &actor, content.version).await?;
    let page = signing.file_page(&content, pending, report, errors);
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Signs with the file that was sent; where to go on.
async fn sign_with(visit: &Visit, parts: &mut Parts) -> WebResult<&'static str> {
    let by = visit.claimant_with(parts.text("csrf")).await?;
    let input = signed_file(parts)?;
    let (ctx, origin) = (visit.ctx().clone(), visit.evidence());
    let acting = async move { signature::sign_digitally(&ctx, &by, input, origin).await };
    match visit.ctx().to_end(Box::pin(acting)).await {
        Ok(_) | Err(AppError::TokenUsed) => Ok("/me?done=signed"),
        Err(AppError::TokenExpired | AppError::IllegalTransition(_)) => Ok(PATH),
        Err(error) => Err(error.into()),
    }
}

/// What was found about the newest file for a version.
async fn newest_report(
    visit: &Visit,
    actor: &ClaimantActor,
    version: i32,
) -> WebResult<Option<ReportShown>> {
    let files = signature_file::list_own(visit.ctx(), actor).await?;
    let newest = files.into_iter().find(|file| file.version == version);
    Ok(newest.map(|file| ReportShown::from(&file.report)))
}

/// A 303 that keeps the session of who acted.
fn kept(visit: &Visit, place: &str) -> HttpResponse {
    let mut answer = see_other(place);
    if let Some(cookie) = visit.session_cookie() {
        answer.cookie(cookie);
    }
    answer.finish()
}

fn acceptance((kind, version): (&String, &String)) -> AcceptanceInput {
    AcceptanceInput {
        kind: Some(kind.clone()),
        version: Some(version.clone()),
    }
}

/// A missing acceptance is said at its own box.
fn accept_errors(errors: &FieldErrors) -> Errors {
    let pointer = |reason: &str| match reason {
        "error-attestation-required" => "/accept/attestation_g",
        "error-mandate-required" => "/accept/mandate_h",
        _ => "",
    };
    let errors = errors.into_iter().map(|error| FieldError {
        about: None,
        pointer: pointer(error.reason).to_owned(),
        reason: error.reason,
    });
    Errors(errors.collect())
}

impl Signing {
    async fn read(visit: &Visit, actor: &ClaimantActor) -> WebResult<Self> {
        let standing = signature::standing(visit.ctx(), actor).await?;
        let record = me::get(visit.ctx(), actor).await?;
        let directory = visit.ctx().directories.get(visit.ctx()).await?;
        let case = directory.case(record.case)?;
        Ok(Self {
            chrome: visit.chrome_of(&case.slug, PATH),
            case,
            record,
            standing,
        })
    }

    /// What there is to sign; none while something stands in the way.
    fn content(&self) -> WebResult<Option<SignedContent>> {
        if self.standing.hindrance.is_some() {
            return Ok(None);
        }
        let content = self.standing.content.clone();
        Ok(Some(content.ok_or(AppError::NotFound)?))
    }

    /// Where to go, or why it cannot be signed now.
    fn hindered(self) -> WebResult<HttpResponse> {
        let word = self.standing.hindrance.unwrap_or_default();
        if word == "not_declared" {
            return Ok(see_other("/me/declare").finish());
        }
        if self.record.state == ClaimantState::Signed {
            return Ok(see_other("/me").finish());
        }
        let association = self.case.association_by_id(self.record.association);
        let text = self.chrome.text();
        let sentence = text.try_word("problem-state", word);
        html(&SignNotPage {
            case: card::head(&self.case),
            association: card::association(association.ok_or(AppError::NotFound)?),
            hindrance: word.to_owned(),
            sentence: sentence.unwrap_or_else(|| text.get("problem-illegal-transition")),
            chrome: self.chrome,
        })
    }

    fn to_sign(&self, content: &SignedContent) -> ToSign {
        ToSign {
            version: content.version,
            document_sha256: self.standing.document_sha256.clone(),
            total_cents: content.total_cents,
        }
    }

    fn texts_page(
        &self,
        content: &SignedContent,
        ticked: &BTreeMap<String, String>,
        errors: Errors,
    ) -> SignPage {
        let texts = content.texts.iter().map(|text| AcceptField {
            kind: text.kind.as_str().to_owned(),
            version: text.version.clone(),
            sha256: text.sha256.clone(),
            body: text.body.clone(),
            translation: self.translation(text.kind, &text.version),
            required: text.kind.is_required(),
            accepted: ticked.contains_key(text.kind.as_str()),
        });
        SignPage {
            chrome: self.chrome.clone(),
            case: card::head(&self.case),
            document: self.to_sign(content),
            texts: texts.collect(),
            email: self.standing.email.clone().unwrap_or_default(),
            errors,
        }
    }

    /// The courtesy translation of the same version, for who reads another language.
    fn translation(&self, kind: TextKind, version: &str) -> Option<String> {
        let language = self.chrome.language;
        if language == Language::It {
            return None;
        }
        let text = self.case.text(kind.as_str(), language)?;
        let is_it = text.language == language && text.version == version;
        is_it.then(|| text.body.clone())
    }

    fn file_page(
        &self,
        content: &SignedContent,
        pending: &Pending,
        report: Option<ReportShown>,
        errors: Errors,
    ) -> SignFilePage {
        SignFilePage {
            intent: INTENT,
            chrome: self.chrome.clone(),
            case: card::head(&self.case),
            document: self.to_sign(content),
            expires_at: pending.expires_at,
            is_live: pending.is_live,
            request: pending.id.to_string(),
            report,
            errors,
        }
    }

    fn code_page(
        &self,
        content: &SignedContent,
        pending: &Pending,
        typed: Option<SentSignature>,
        errors: Errors,
    ) -> SignCodePage {
        let (code, full_name) = typed
            .map(|typed| (typed.code, typed.full_name))
            .unwrap_or_default();
        SignCodePage {
            intent: INTENT,
            chrome: self.chrome.clone(),
            case: card::head(&self.case),
            document: self.to_sign(content),
            email: self.standing.email.clone().unwrap_or_default(),
            expires_at: pending.expires_at,
            is_live: pending.is_live,
            request: pending.id.to_string(),
            acceptances: pending.acceptances.clone(),
            code,
            full_name,
            errors,
        }
    }
}
