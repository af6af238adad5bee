//! `/embed/`: the sign-up form in a page of a partner site (decision 36). It is the form of `join`, in a frame: no
//! cookie is read or set, the address says for whom it is, and what follows the form is told in the answer itself.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::directory::{AssociationEntry, CaseEntry, Directory};
use crate::app::session::Ticket;
use crate::app::{AppError, AppResult, joined};
use crate::domain::claimant::ClaimantState;
use crate::domain::phone_number::PhoneNumber;
use crate::render::assets;
use crate::render::page::Frame;
use crate::render::page::embed::EmbedJoinedPage;
use crate::render::page::join::{JoinForm, framed_href};
use crate::render::page::joined::Delivery;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::case::via;
use crate::web::public::join::{self, SentJoin, Taken};
use crate::web::public::joined::confirmed_already;
use crate::web::public::visit::{Visit, html};
use crate::web::{WebResult, statics};

/// What it does stays as it is as long as it is called v1; mistakes in it are mended.
const SCRIPT: &str = "embed/v1.js";
/// So a mended script is everywhere on the same day.
const AN_HOUR: &str = "public, max-age=3600";

/// Whose form, and which partner's page it stands in.
#[derive(Deserialize)]
pub struct EmbedQuery {
    association: Option<String>,
    via: Option<String>,
}

impl EmbedQuery {
    /// The association, and the name by which the partner is counted.
    ///
    /// # Errors
    /// `NotFound` if the case has no such association: the script names one.
    pub fn named<'case>(
        &self,
        case: &'case CaseEntry,
    ) -> AppResult<(&'case AssociationEntry, Option<String>)> {
        let slug = self.association.as_deref().unwrap_or_default();
        let association = case.association(slug).ok_or(AppError::NotFound)?;
        Ok((association, self.via.as_deref().and_then(via)))
    }
}

type Query = Result<web::Query<EmbedQuery>, actix_web::Error>;

/// What a form in a frame is about.
struct Framed {
    visit: Visit,
    directory: Arc<Directory>,
    case: Arc<CaseEntry>,
    association: String,
    via: Option<String>,
}

/// `GET /embed/v1.js`
pub async fn script(request: HttpRequest) -> WebResult<HttpResponse> {
    let asset = assets::get(SCRIPT).ok_or(AppError::NotFound)?;
    let mut answer = statics::file(&request, asset, AN_HOUR);
    // pages that let in only what asks to be let in
    let name = actix_web::http::header::CROSS_ORIGIN_RESOURCE_POLICY;
    let value = actix_web::http::header::HeaderValue::from_static("cross-origin");
    answer.headers_mut().insert(name, value);
    Ok(answer)
}

/// `GET /embed/{slug}?association=&via=&lang=`
pub async fn page(visit: Visit, slug: web::Path<String>, query: Query) -> WebResult<HttpResponse> {
    let framed = Framed::of(visit, &slug, query).await?;
    let typed = (JoinForm::blank(), framed.via.clone());
    join::begin(&framed.visit, &framed.case, framed.association()?, typed)
}

/// `POST /embed/{slug}?association=&via=&lang=`
pub async fn send(
    visit: Visit,
    slug: web::Path<String>,
    query: Query,
    form: Form<SentJoin>,
) -> WebResult<HttpResponse> {
    let framed = Framed::of(visit, &slug, query).await?;
    let sent = form.0.sent_to(&framed.association, framed.via.clone());
    let taken = join::take(&framed.visit, &framed.directory, &framed.case, sent);
    match Box::pin(taken).await? {
        Taken::SignedUp(ticket) => framed.joined(ticket).await,
        Taken::Asked(page) => Ok(page),
    }
}

impl Framed {
    async fn of(mut visit: Visit, slug: &str, query: Query) -> WebResult<Self> {
        let query = query.map_err(|_| WebError::Malformed)?;
        let directory = visit.ctx().directories.get(visit.ctx()).await?;
        let case = directory.public_case(slug)?;
        let (association, via) = query.named(&case)?;
        let frame = Frame {
            association: Some((association.slug.clone(), association.name.clone())),
        };
        let form = framed_href(&case.slug, &association.slug, via.as_deref());
        visit.stand_in_frame(form, frame);
        Ok(Self {
            association: association.slug.clone(),
            via,
            visit,
            directory,
            case,
        })
    }

    fn association(&self) -> AppResult<&AssociationEntry> {
        let found = self.case.association(&self.association);
        found.ok_or(AppError::NotFound)
    }

    /// What follows a sign-up. It is the answer to the form: sent once more, the form's one-time key leads here again.
    async fn joined(&self, ticket: Ticket) -> WebResult<HttpResponse> {
        let (visit, case) = (&self.visit, &self.case);
        let record = joined::get(visit.ctx(), ticket).await?;
        let delivery = match (record.email, record.state) {
            (Some(email), ClaimantState::Unconfirmed) => Delivery::Mailed {
                address: email.as_str().to_owned(),
            },
            (_, ClaimantState::Unconfirmed | ClaimantState::ToAssist) => Delivery::ToAssist {
                phone: record.phone.as_ref().map(PhoneNumber::masked),
            },
            // sent once more, long after
            _ => return confirmed_already(visit, case, ticket).await,
        };
        let chrome = visit.chrome_of(&case.slug, "");
        html(&EmbedJoinedPage {
            association: card::association(self.association()?),
            reference: record.reference.grouped(),
            delivery,
            contact_affected: record.contact_affected,
            again_href: chrome.in_language(chrome.language.as_str()),
            enter_href: format!("/enter?case={}", case.slug),
            chrome,
        })
    }
}
