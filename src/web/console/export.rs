//! `/console/cases/{slug}/claimants.csv`, `/console/cases/{slug}/export`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::claimant_list::{self, Filter};
use crate::app::export::{self, Format, NewExport};
use crate::domain::claimant::ClaimantState;
use crate::domain::declaration::DeclarationFlag;
use crate::domain::field::FieldErrors;
use crate::domain::readiness::Letter;
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
    #[serde(default)]
    missing: String,
    #[serde(default)]
    flag: String,
    #[serde(default)]
    format: String,
}

impl ExportForm {
    fn filter(&self) -> WebResult<Filter> {
        Ok(Filter {
            state: csv::state(Some(&self.state))?,
            missing: csv::missing(Some(&self.missing))?,
            flag: csv::flag(Some(&self.flag))?,
            queue: None,
            search: None,
        })
    }

    fn format(&self) -> WebResult<Format> {
        match self.format.as_str() {
            "" => Ok(Format::Csv),
            word => Format::parse(word).ok_or_else(|| csv::unknown("/format")),
        }
    }
}

/// `GET /console/cases/{slug}/claimants.csv`
pub async fn masked(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: web::Query<CsvQuery>,
) -> WebResult<HttpResponse> {
    let dialect = csv::dialect(query.dialect.as_deref())?;
    let filter = query.filter()?;
    let ctx = state.ctx.clone();
    let produced = state
        .ctx
        .to_end(
            async move { export::masked_csv(&ctx, &staff.actor, &slug, &filter, dialect).await },
        )
        .await?;
    Ok(csv::answer(produced))
}

/// `GET /console/cases/{slug}/export?state=&missing=&flag=&format=`
pub async fn page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: web::Query<ExportForm>,
) -> WebResult<HttpResponse> {
    let form = ExportForm {
        csrf: None,
        purpose: String::new(),
        ..query.into_inner()
    };
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
    let (format, filter) = (form.format()?, form.filter()?);
    let mut errors = FieldErrors::new();
    let purpose = errors.take("/purpose", Reason::parse(Some(&form.purpose)));
    let Some(purpose) = purpose else {
        let mut page = export_page(&state, language, &staff, &request, &slug, form).await?;
        page.errors = Errors::from(&errors);
        return answer(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let new = NewExport {
        case: slug.into_inner(),
        format,
        filter,
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
        letters: Letter::ALL
            .map(|letter| letter.as_char().to_string())
            .to_vec(),
        missing: form.missing,
        flags: DeclarationFlag::ALL.map(DeclarationFlag::as_str).to_vec(),
        flag: form.flag,
        format: form.format,
        purpose: form.purpose,
        stepped_up: staff.actor.stepped_up(),
        errors: Errors::default(),
    })
}
