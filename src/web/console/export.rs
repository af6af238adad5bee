//! `/console/cases/{slug}/claimants.csv`, `/console/cases/{slug}/export`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::claimant_list::{self, Filter};
use crate::app::export::{self, NewExport};
use crate::domain::export::{Columns, Format};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::narrowing::Whose;
use crate::domain::reason::Reason;
use crate::render::csv::Dialect;
use crate::render::page::Errors;
use crate::render::page::console::Console;
use crate::render::page::console::export::ExportPage;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::exports::check_recipients;
use crate::web::console::bulk::filter_of;
use crate::web::console::exports::filter as told;
use crate::web::console::{inside, page as answer, see_other};
use crate::web::csv::{self, CsvQuery};
use crate::web::extract::{Form, Lang, Staff};

/// What of the address of a list is its filter.
const WORDS: [&str; 14] = [
    "state",
    "missing",
    "flag",
    "queue",
    "review",
    "province",
    "domain",
    "from",
    "until",
    "least",
    "most",
    "tier",
    "messa_in_mora",
    "whose",
];

/// The form for an export.
#[derive(Deserialize, Default)]
pub struct ExportForm {
    csrf: Option<String>,
    #[serde(default)]
    purpose: String,
    /// The words of the list, as a query.
    #[serde(default)]
    list: String,
    /// That the list was searched too, which an export is not.
    #[serde(default)]
    searched: String,
    #[serde(default)]
    include_reviewed: String,
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

/// `GET /console/cases/{slug}/export?format=`, and the words of the list
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
        list: words(request.query_string()),
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
    let (format, columns) = (form.format()?, form.columns()?);
    let filter = filter_of(&staff, &words(&form.list))?;
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
        includes_reviewed: form.include_reviewed == "true",
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
    let list = words(&form.list);
    let filter = filter_of(staff, &list)?;
    let counts = export::counts(&state.ctx, &staff.actor, &own, &filter).await?;
    let console = inside(state, language, request, staff).await?;
    let number = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok(ExportPage {
        filter: in_words(&console, &filter, staff),
        list,
        searched: form.searched == "true",
        listed: number(counts.listed),
        listed_reviewed: number(counts.listed_reviewed),
        signed: number(counts.signed),
        signed_reviewed: number(counts.signed_reviewed),
        include_reviewed: form.include_reviewed == "true",
        console,
        slug: own.case.slug.clone(),
        title: own.case.title.clone(),
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

/// The words of a list in a query, as another query.
fn words(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let kept = pairs.filter(|(name, value)| WORDS.contains(&name.as_ref()) && !value.is_empty());
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish()
}

/// The filter as it will stand in the register, and whose records.
fn in_words(console: &Console, filter: &Filter, staff: &Staff) -> Vec<(&'static str, String)> {
    let mut words = told(console, &export::noted(filter));
    if filter.narrowing.whose == Some(Whose::Of(staff.actor.staff_id().uuid())) {
        words.retain(|(name, _)| *name != "queue-filter-taken");
        let mine = console.chrome.t("queue-filter-mine");
        words.push(("queue-filter-taken", mine));
    }
    words
}
