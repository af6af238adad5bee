//! `/me/association?to=`: going to another association of the case, told first and then done (R51).

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::association_change::{self, ChangeRequest, Changed};
use crate::app::consent::Origin;
use crate::app::directory::{AssociationEntry, CaseEntry};
use crate::app::me::{self, Me};
use crate::app::session::{ClaimantActor, KnownBrowser};
use crate::app::{AppError, AppResult};
use crate::domain::consent::Channel;
use crate::domain::sign_up::ConsentInput;
use crate::render::page::Errors;
use crate::render::page::association_change::{AssociationChangePage, AssociationChoicePage};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::public::card;
use crate::web::public::join::consent_fields;
use crate::web::public::resume::about;
use crate::web::public::visit::{Visit, html, html_with, see_other};

const PATH: &str = "/me/association";
const DONE: &str = "/me?done=moved";

/// Which association.
#[derive(Deserialize)]
pub struct ChangeQuery {
    #[serde(default)]
    to: String,
}

/// The wish to go as it was sent.
#[derive(Deserialize)]
pub struct SentChange {
    csrf: Option<String>,
    association: Option<String>,
    consents: Option<Vec<ConsentInput>>,
}

/// The own record and its case.
struct Standing {
    case: Arc<CaseEntry>,
    record: Me,
}

/// `GET /me/association?to=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<ChangeQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let wanted = query.map_err(|_| WebError::Malformed)?.into_inner().to;
    let actor = visit.claimant().await?;
    let standing = Standing::read(&visit, &actor).await?;
    let choices = standing.choices()?;
    match choices.iter().find(|choice| choice.slug == wanted) {
        Some(target) => html(&standing.change_page(&visit, target, &[], Errors::default())?),
        None => html(&standing.choice_page(&visit, &choices)?),
    }
}

/// `POST /me/association`
pub async fn send(visit: Visit, form: Form<SentChange>) -> WebResult<HttpResponse> {
    let mut sent = form.0;
    let actor = visit.claimant_with(sent.csrf.as_deref()).await?;
    for consent in sent.consents.iter_mut().flatten() {
        consent.given.get_or_insert(false);
    }
    let request = ChangeRequest {
        association: sent.association.clone(),
        consents: sent.consents.clone(),
        origin: Origin {
            channel: Channel::Page,
            evidence: visit.evidence(),
        },
    };
    let (ctx, by) = (visit.ctx().clone(), actor.clone());
    let acting = async move { association_change::change(&ctx, &by, request).await };
    let errors = match visit.ctx().to_end(Box::pin(acting)).await {
        Ok(changed) => return Ok(gone(&visit, &changed)),
        // the same form sent twice: the other one went
        Err(AppError::IllegalTransition("same_association")) => {
            return Ok(see_other(DONE).finish());
        }
        Err(AppError::IllegalTransition("duplicate")) => about("", "error-association-duplicate"),
        Err(AppError::Invalid(errors)) => Errors::from(&errors),
        Err(error) => return Err(error.into()),
    };
    let standing = Standing::read(&visit, &actor).await?;
    let wanted = sent.association.unwrap_or_default();
    let Some(target) = standing.case.association(&wanted) else {
        return Ok(see_other(PATH).finish());
    };
    let typed = sent.consents.unwrap_or_default();
    let page = standing.change_page(&visit, target, &typed, errors)?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The session goes on, in the new record; the browser is known as its.
fn gone(visit: &Visit, changed: &Changed) -> HttpResponse {
    let mut answer = see_other(DONE);
    if let Some(cookie) = visit.session_cookie() {
        answer.cookie(cookie);
    }
    let known = KnownBrowser {
        claimant: changed.claimant,
        association: changed.association,
    };
    answer.cookie(visit.known_cookie(known)).finish()
}

impl Standing {
    async fn read(visit: &Visit, actor: &ClaimantActor) -> WebResult<Self> {
        let record = me::get(visit.ctx(), actor).await?;
        let directory = visit.ctx().directories.get(visit.ctx()).await?;
        let case = directory.case(record.case)?;
        Ok(Self { case, record })
    }

    /// Where the record may go.
    fn choices(&self) -> AppResult<Vec<&AssociationEntry>> {
        let choices = choices(&self.case, &self.record);
        if choices.is_empty() {
            return Err(AppError::IllegalTransition(self.record.state.as_str()));
        }
        Ok(choices)
    }

    fn own_name(&self) -> AppResult<String> {
        let own = self.case.association_by_id(self.record.association);
        Ok(own.ok_or(AppError::NotFound)?.name.clone())
    }

    fn choice_page(
        &self,
        visit: &Visit,
        choices: &[&AssociationEntry],
    ) -> AppResult<AssociationChoicePage> {
        let mut associations = card::rotated(visit.ctx(), &self.case);
        associations.retain(|card| choices.iter().any(|choice| choice.slug == card.slug));
        Ok(AssociationChoicePage {
            chrome: visit.chrome_of(&self.case.slug, PATH),
            case: card::head(&self.case),
            own: self.own_name()?,
            associations,
        })
    }

    fn change_page(
        &self,
        visit: &Visit,
        target: &AssociationEntry,
        typed: &[ConsentInput],
        errors: Errors,
    ) -> AppResult<AssociationChangePage> {
        let path = format!("{PATH}?to={}", target.slug);
        Ok(AssociationChangePage {
            chrome: visit.chrome_of(&self.case.slug, &path),
            case: card::head(&self.case),
            own: self.own_name()?,
            association: card::association(target),
            is_signed: self.record.signed_version.is_some(),
            consents: consent_fields(visit, &self.case, typed),
            errors,
        })
    }
}

/// Where a record may go; nowhere once it went.
pub fn choices<'case>(case: &'case CaseEntry, record: &Me) -> Vec<&'case AssociationEntry> {
    if record.moved {
        return Vec::new();
    }
    association_change::choices(case, record.association, record.state)
}
