//! `/console/cases/{slug}/claimants.csv`, `/console/cases/{slug}/export`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::claimant_list::{self, Filter};
use crate::app::export::{self, NewExport};
use crate::domain::claimant::ClaimantState;
use crate::domain::declaration::DeclarationFlag;
use crate::domain::export::{Columns, Format};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::readiness::Letter;
use crate::domain::reason::Reason;
use crate::render::csv::Dialect;
use crate::render::page::Errors;
use crate::render::page::console::export::ExportPage;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::exports::check_recipients;
use crate::web::console::{inside, page as answer, see_other};
use crate::web::csv::{self, CsvQuery};
use crate::web::extract::{Form, Lang, Staff};

/// The form for an export.
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
    #[serde(default)]
    clear: String,
    #[serde(default)]
    columns: String,
    #[serde(default)]
    recipients: String,
}

impl ExportForm {
    fn filter(&self) -> WebResult<Filter> {
        Ok(Filter {
            state: csv::state(Some(&self.state))?,
            missing: csv::missing(Some(&self.missing))?,
            flag: csv::flag(Some(&self.flag))?,
            ..Filter::default()
        })
    }

    fn format(&self) -> WebResult<Format> {
        match self.format.as_str() {
            "" => Ok(Format::Csv),
            word => Format::parse(word).ok_or_else(|| csv::unknown("/format")),
        }
    }

    fn columns(&self) -> WebResult<Columns> {
        match self.columns.as_str() {
            "" => Ok(Columns::Full),
            word => Columns::parse(word).ok_or_else(|| csv::unknown("/columns")),
        }
    }

    /// One a line.
    fn recipients(&self) -> Vec<String> {
        let lines = self.recipients.lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
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
    let filter = query.filter(staff.actor.staff_id())?;
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
        recipients: String::new(),
        ..query.into_inner()
    };
    let page = export_page(&state, language, &staff, &request, &slug, form).await?;
    answer(StatusCode::OK, &page)
}

/// `POST /console/cases/{slug}/export`
pub async fn send(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    form: Form<ExportForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (format, columns, filter) = (form.format()?, form.columns()?, form.filter()?);
    let recipients = form.recipients();
    let mut errors = FieldErrors::new();
    let mut wrong = FieldErrors::new();
    let purpose = errors.take("/purpose", Reason::parse(Some(&form.purpose)));
    check_recipients(&recipients, &mut wrong);
    if let Some(first) = wrong.iter().next() {
        // the form has one field for all of them
        errors.push("/recipients", FieldCode::Format, first.reason);
    }
    let purpose = match purpose {
        Some(purpose) if errors.is_empty() => purpose,
        _ => {
            let mut page = export_page(&state, language, &staff, &request, &slug, form).await?;
            page.errors = Errors::from(&errors);
            return answer(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let new = NewExport {
        case: slug.into_inner(),
        format,
        columns,
        dialect: Dialect::Excel,
        recipients,
        filter,
        clear: form.clear == "true",
        purpose,
        idempotency_key: None,
    };
    let ctx = state.ctx.clone();
    let asked = state
        .ctx
        .to_end(async move { export::request(&ctx, &staff.actor, new).await })
        .await?;
    Ok(see_other(&format!("/console/exports/{}", asked.id)))
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
    let format = form.format().unwrap_or(Format::Csv);
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
        formats: Format::ALL.map(Format::as_str).to_vec(),
        format: format.as_str().to_owned(),
        column_sets: Columns::ALL.map(Columns::as_str).to_vec(),
        columns: form.columns,
        clear: form.clear == "true" || !format.is_list(),
        recipients: form.recipients,
        purpose: form.purpose,
        stepped_up: staff.actor.stepped_up(),
        errors: Errors::default(),
    })
}
