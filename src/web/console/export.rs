//! `/console/cases/{slug}/claimants.csv`, `/console/cases/{slug}/export`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::claimant_list::{self, Filter};
use crate::app::export::{self, NewExport};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::FieldErrors;
use crate::domain::reason::Reason;
use crate::render::csv::Dialect;
use crate::render::page::Errors;
use crate::render::page::console::ExportPage;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::console::{inside, page as answer};
use crate::web::csv::{self, CsvQuery};
use crate::web::extract::{Form, Lang, Staff};

/// The form for the list in clear.
#[derive(Deserialize, Default)]
pub struct ExportForm {
    csrf: Option<String>,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    state: String,
}

/// `GET /console/cases/{slug}/claimants.csv`
pub async fn masked(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: web::Query<CsvQuery>,
) -> WebResult<HttpResponse> {
    let dialect = csv::dialect(query.dialect.as_deref())?;
    let filter = Filter {
        state: csv::state(query.state.as_deref())?,
        search: query.q.clone().filter(|text| !text.trim().is_empty()),
    };
    let ctx = state.ctx.clone();
    let produced = state
        .ctx
        .to_end(
            async move { export::masked_csv(&ctx, &staff.actor, &slug, &filter, dialect).await },
        )
        .await?;
    Ok(csv::answer(produced))
}

/// `GET /console/cases/{slug}/export`
pub async fn page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let form = ExportForm::default();
    let page = export_page(&state, language, &staff, &request, &slug, form).await?;
    answer(StatusCode::OK, &page)
}

/// `POST /console/cases/{slug}/export`: answers with the file itself, since its bytes are made
/// once and nothing is left to be led to.
pub async fn clear(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    form: Form<ExportForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let wanted = csv::state(Some(&form.state))?;
    let mut errors = FieldErrors::new();
    let purpose = errors.take("/purpose", Reason::parse(Some(&form.purpose)));
    let Some(purpose) = purpose else {
        let mut page = export_page(&state, language, &staff, &request, &slug, form).await?;
        page.errors = Errors::from(&errors);
        return answer(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let new = NewExport {
        case: slug.into_inner(),
        state: wanted,
        clear: true,
        purpose,
        idempotency_key: None,
    };
    let ctx = state.ctx.clone();
    let produced = state
        .ctx
        .to_end(async move {
            let asked = export::request(&ctx, &staff.actor, new).await?;
            export::content(&ctx, &staff.actor, asked.id, Dialect::Excel).await
        })
        .await?;
    Ok(csv::answer(produced))
}

async fn export_page(
    state: &AppState,
    language: Lang,
    staff: &Staff,
    request: &HttpRequest,
    slug: &str,
    form: ExportForm,
) -> WebResult<ExportPage> {
    let own = claimant_list::own_case(&state.ctx, &staff.actor, slug).await?;
    Ok(ExportPage {
        console: inside(state, language, request, staff).await?,
        slug: own.case.slug.clone(),
        title: own.case.title.clone(),
        states: export::LISTED.map(ClaimantState::as_str).to_vec(),
        state: form.state,
        purpose: form.purpose,
        stepped_up: staff.actor.stepped_up(),
        errors: Errors::default(),
    })
}
