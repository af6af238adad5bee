//! Declarations signed by hand: `/console/cases/{slug}/paper` shows one to check at a time,
//! `/console/claimants/{id}/paper` takes one that came by post (R44, R64).

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::paper::{self, Approval, By, Open, OpenSheet, Rejection};
use crate::app::sign_up::Evidence as Origin;
use crate::app::work_queue::Item;
use crate::app::{AppError, claimant_view};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::ClaimantId;
use crate::domain::paper::{Flaw, LOOKS};
use crate::domain::reference::Reference;
use crate::domain::work_queue::WorkQueue;
use crate::render::page::Errors;
use crate::render::page::console::paper::{HandInPage, PaperCheckPage, PaperNonePage, SheetLine};
use crate::state::AppState;
use crate::web::api::staff::paper::place;
use crate::web::console::claimants::{claimant_id, place as claimant_place};
use crate::web::console::{inside, page, queues, see_other};
use crate::web::documents;
use crate::web::extract::multipart::Multi;
use crate::web::extract::{ClientAddr, Form, Lang, Staff, UserAgent};
use crate::web::paper::{FORM, hand_in};
use crate::web::{WebError, WebResult};

/// Hand-ins counted where nothing is left for the actor.
const COUNTED: i64 = 200;

/// After which one.
#[derive(Deserialize)]
pub struct QueueQuery {
    after: Option<Uuid>,
}

/// What was seen.
#[derive(Deserialize)]
pub struct ApprovalForm {
    csrf: Option<String>,
    #[serde(default)]
    looks: BTreeMap<String, String>,
    #[serde(default)]
    messa_in_mora: bool,
}

/// Why it is not taken.
#[derive(Deserialize)]
pub struct RejectionForm {
    csrf: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    note: String,
}

/// Who asks.
struct Asked {
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
}

/// `GET /console/cases/{slug}/paper?after=`
pub async fn queue(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: Result<web::Query<QueueQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let after = query.map_err(|_| WebError::Malformed)?.after;
    if let Some(next) = paper::next(&state.ctx, &staff.actor, &slug, after).await? {
        return Ok(see_other(&of(next.claimant, next.id)));
    }
    let own = paper::list(&state.ctx, &staff.actor, &slug, None, COUNTED).await?;
    let console = inside(&state, language, &request, &staff).await?;
    let none = PaperNonePage {
        console,
        slug: slug.into_inner(),
        own: own.len(),
    };
    page(StatusCode::OK, &none)
}

/// `GET /console/claimants/{id}/paper/{hand_in}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> WebResult<HttpResponse> {
    let (id, hand_in) = place(&path)?;
    let asked = Asked {
        state,
        language,
        staff,
        request,
    };
    page(StatusCode::OK, &check_page(&asked, id, hand_in).await?)
}

/// `GET /console/claimants/{id}/paper/{hand_in}/sheets/{number}`: the original, or `as=picture`.
pub async fn sheet(
    state: web::Data<AppState>,
    staff: Staff,
    path: web::Path<(String, String, String)>,
    asked: documents::Asked,
) -> WebResult<HttpResponse> {
    let (id, hand_in, number) = path.into_inner();
    let (id, hand_in) = place(&(id, hand_in))?;
    let number = number.parse::<usize>().map_err(|_| AppError::NotFound)?;
    let ctx = state.ctx.clone();
    let looking =
        Box::pin(async move { paper::sheet(&ctx, &staff.actor, id, hand_in, number).await });
    let found = state.ctx.to_end(looking).await?;
    let name = format!(
        "attachment; filename=\"{number}.{}\"",
        found.file_type.as_str()
    );
    documents::answer(&state.ctx, asked, found.file_type, name, found.content).await
}

/// `POST /console/claimants/{id}/paper/{hand_in}/approval`: once each of what is looked for is ticked.
pub async fn approve(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    form: Form<ApprovalForm>,
) -> WebResult<HttpResponse> {
    let ((id, hand_in), Form(sent)) = (place(&path)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let ticked = |look: &str| sent.looks.get(look).is_some_and(|value| value == "true");
    if !LOOKS.into_iter().all(ticked) {
        let asked = Asked {
            state,
            language,
            staff,
            request,
        };
        let mut errors = FieldErrors::new();
        errors.push("/looks", FieldCode::NotAccepted, "error-paper-looks");
        let mut again = check_page(&asked, id, hand_in).await?;
        again.looks = LOOKS.map(|look| (look, ticked(look))).to_vec();
        again.errors = Errors::from(&errors);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let approval = Approval {
        messa_in_mora: sent.messa_in_mora,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = Box::pin(async move { paper::approve(&ctx, &actor, id, hand_in, approval).await });
    state.ctx.to_end(acting).await?;
    Ok(see_other(&of(id, hand_in)))
}

/// `POST /console/claimants/{id}/paper/{hand_in}/rejection`
pub async fn reject(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    form: Form<RejectionForm>,
) -> WebResult<HttpResponse> {
    let ((id, hand_in), Form(sent)) = (place(&path)?, form);
    staff.check_csrf(&state, sent.csrf.as_deref())?;
    let done = match Rejection::parse(Some(&sent.reason), Some(&sent.note)) {
        Ok(rejection) => {
            let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
            let acting = async move { paper::reject(&ctx, &actor, id, hand_in, &rejection).await };
            state.ctx.to_end(acting).await
        }
        Err(error) => Err(error),
    };
    let errors = match done {
        Ok(()) => return Ok(see_other(&of(id, hand_in))),
        Err(AppError::Invalid(errors)) => errors,
        Err(error) => return Err(error.into()),
    };
    let asked = Asked {
        state,
        language,
        staff,
        request,
    };
    let mut again = check_page(&asked, id, hand_in).await?;
    (again.reason, again.note) = (sent.reason, sent.note);
    again.errors = Errors::from(&errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// `GET /console/claimants/{id}/paper`
pub async fn hand_in_page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = claimant_id(&id)?;
    let asked = Asked {
        state,
        language,
        staff,
        request,
    };
    page(StatusCode::OK, &empty(&asked, id, None).await?)
}

/// `POST /console/claimants/{id}/paper`
#[expect(clippy::too_many_arguments, reason = "each is an extractor")]
pub async fn send(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    client: ClientAddr,
    agent: UserAgent,
    id: web::Path<String>,
    form: Multi,
) -> WebResult<HttpResponse> {
    let id = claimant_id(&id)?;
    let asked = Asked {
        state,
        language,
        staff,
        request,
    };
    let state = &asked.state;
    let mut parts = match form.read(&state.ctx, &FORM).await {
        Err(WebError::PartTooLarge(errors) | WebError::App(AppError::Invalid(errors))) => {
            let again = empty(&asked, id, Some(&errors)).await?;
            return page(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
        read => read?,
    };
    asked.staff.check_csrf(state, parts.text("csrf"))?;
    let text = |name| parts.text(name).unwrap_or_default().to_owned();
    let (expires, signed) = (text("id_expires_on"), text("signed_on"));
    let origin = Origin {
        address: Some(client.0),
        user_agent: agent.0,
        partner: None,
    };
    let sent = hand_in(&mut parts, origin);
    let (ctx, by) = (state.ctx.clone(), By::Staff(asked.staff.actor.clone(), id));
    let acting = Box::pin(async move { paper::hand_in(&ctx, &by, sent).await });
    match state.ctx.to_end(acting).await {
        Ok(handed_in) => Ok(see_other(&of(id, handed_in.id))),
        Err(AppError::Invalid(errors)) => {
            let mut again = empty(&asked, id, Some(&errors)).await?;
            (again.id_expires_on, again.signed_on) = (expires, signed);
            page(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(error) => Err(error.into()),
    }
}

fn of(id: ClaimantId, hand_in: Uuid) -> String {
    format!("{}/paper/{hand_in}", claimant_place(id))
}

async fn empty(
    asked: &Asked,
    id: ClaimantId,
    errors: Option<&FieldErrors>,
) -> WebResult<HandInPage> {
    // also says whether there is such a claimant
    claimant_view::view(&asked.state.ctx, &asked.staff.actor, id).await?;
    let mut console = inside(&asked.state, asked.language, &asked.request, &asked.staff).await?;
    console.chrome.path = format!("{}/paper", claimant_place(id));
    Ok(HandInPage {
        console,
        id: id.to_string(),
        reference: Reference::of(id).grouped(),
        id_expires_on: String::new(),
        signed_on: String::new(),
        errors: errors.map(Errors::from).unwrap_or_default(),
    })
}

async fn check_page(asked: &Asked, id: ClaimantId, hand_in: Uuid) -> WebResult<PaperCheckPage> {
    let (ctx, actor) = (asked.state.ctx.clone(), asked.staff.actor.clone());
    let looking = Box::pin(async move { paper::open(&ctx, &actor, id, hand_in).await });
    let open: Open = asked.state.ctx.to_end(looking).await?;
    let mut console = inside(&asked.state, asked.language, &asked.request, &asked.staff).await?;
    console.chrome.path = of(id, hand_in);
    let bar = if open.state == "to_verify" && !open.row.is_own {
        let item = Item {
            id: hand_in,
            subject: id.uuid(),
        };
        let queue = WorkQueue::Paper;
        Some(queues::bar(&asked.state, &asked.staff, &open.case, queue, item).await?)
    } else {
        None
    };
    Ok(PaperCheckPage {
        console,
        bar,
        slug: open.case,
        id: id.to_string(),
        hand_in: hand_in.to_string(),
        reference: open.row.reference.grouped(),
        state: open.state,
        is_own: open.row.is_own,
        name: open.name,
        signer: open.signer,
        signer_codice_fiscale: open.signer_codice_fiscale,
        title: open.title,
        version: open.row.version,
        is_newest: open.is_newest,
        document_sha256: open.document_sha256,
        operator: open.operator,
        handed_in_at: open.row.handed_in_at,
        signed_on: open.signed_on,
        id_expires_on: open.id_expires_on,
        sheets: open.sheets.into_iter().map(line).collect(),
        looks: LOOKS.map(|look| (look, false)).to_vec(),
        offers_messa_in_mora: open.offers_messa_in_mora,
        has_email: open.has_email,
        flaws: Flaw::ALL.map(Flaw::as_str).to_vec(),
        reason: String::new(),
        note: String::new(),
        errors: Errors::default(),
    })
}

fn line(sheet: OpenSheet) -> SheetLine {
    SheetLine {
        number: sheet.number,
        kind: sheet.kind.as_str(),
        has_pages: sheet.file_type.has_pages(),
        size: format!("{} KiB", sheet.size.div_ceil(1024)),
        sha256: sheet.sha256,
        is_deleted: sheet.is_deleted,
    }
}
