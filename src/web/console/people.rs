//! `/console/people`: who acts for the association, and invitations.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::claimant_list::{self, OwnCase};
use crate::app::people::invitation::{self, Invitation, InvitationInput};
use crate::app::people::{self, ChangeInput, Person};
use crate::app::staff::account::SessionLine;
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::membership::{ROLES, can_be_limited};
use crate::domain::permission::Role;
use crate::render::page::Errors;
use crate::render::page::console::people::{
    InvitationLine, PeoplePage, PeriodLine, PersonLine, PersonPage, SessionRow,
};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::people::{person_id, uuid};
use crate::web::console::case_choice::{choices, chosen};
use crate::web::console::login::BareForm;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};

/// Somebody to invite.
#[derive(Deserialize)]
pub struct InviteForm {
    csrf: Option<String>,
    #[serde(default)]
    email: String,
    #[serde(default)]
    role: String,
    /// `all`, or `these`: those chosen.
    #[serde(default)]
    reach: String,
    #[serde(default)]
    cases: BTreeMap<String, String>,
}

/// What is done to a membership.
#[derive(Deserialize)]
pub struct MembershipForm {
    csrf: Option<String>,
    #[serde(default)]
    action: String,
    role: Option<String>,
    /// `all`, or `these`: those chosen.
    #[serde(default)]
    reach: String,
    #[serde(default)]
    cases: BTreeMap<String, String>,
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/people`
pub async fn list(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    page(StatusCode::OK, &asked.list().await?)
}

/// `POST /console/people`
pub async fn invite(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    form: Form<InviteForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let input = InvitationInput {
        email: Some(form.email.clone()),
        role: Some(form.role.clone()),
        cases: chosen(&form.reach, &form.cases),
        language: language.0,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { invitation::invite(&ctx, &actor, &input).await };
    match state.ctx.to_end(acting).await {
        Ok(_) => Ok(see_other("/console/people")),
        Err(AppError::Invalid(errors)) => {
            let asked = Asked {
                state: &state,
                language,
                staff: &staff,
                request: &request,
            };
            let mut shown = asked.list().await?;
            (shown.email, shown.role) = (form.email, form.role);
            for case in &mut shown.cases {
                case.chosen = form.cases.contains_key(&case.slug);
            }
            shown.reach = form.reach;
            shown.errors = Errors::from(&errors);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /console/invitations/{id}/revocation`
pub async fn revoke(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<BareForm>,
) -> WebResult<HttpResponse> {
    let id = uuid(&id)?;
    staff.check_csrf(&state, form.0.csrf())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { invitation::revoke(&ctx, &actor, id).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other("/console/people"))
}

/// `GET /console/people/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let asked = Asked {
        state: &state,
        language,
        staff: &staff,
        request: &request,
    };
    page(StatusCode::OK, &asked.one(person_id(&id)?, None).await?)
}

/// `POST /console/people/{id}/membership`
pub async fn change(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<MembershipForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (person_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let is_about_cases = form.action == "cases";
    let wanted = ChangeInput {
        cases: chosen(&form.reach, &form.cases).filter(|_| is_about_cases),
        action: Some(form.action),
        role: form.role,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { people::change(&ctx, &actor, id, &wanted).await };
    match state.ctx.to_end(acting).await {
        Ok(()) => Ok(see_other(&format!("/console/people/{id}"))),
        Err(AppError::IllegalTransition(why)) => {
            let asked = Asked {
                state: &state,
                language,
                staff: &staff,
                request: &request,
            };
            page(StatusCode::CONFLICT, &asked.one(id, Some(why)).await?)
        }
        Err(AppError::Invalid(errors)) => {
            let asked = Asked {
                state: &state,
                language,
                staff: &staff,
                request: &request,
            };
            let mut shown = asked.one(id, None).await?;
            shown.errors = Errors::from(&errors);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /console/people/{id}/sessions-end`
pub async fn end_sessions(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<BareForm>,
) -> WebResult<HttpResponse> {
    let id = person_id(&id)?;
    staff.check_csrf(&state, form.0.csrf())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { people::end_sessions(&ctx, &actor, id).await };
    state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/people/{id}")))
}

impl Asked<'_> {
    async fn list(&self) -> WebResult<PeoplePage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let people = people::list(ctx, actor).await?;
        let invitations = invitation::list(ctx, actor).await?;
        let cases = claimant_list::cases(ctx, actor).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        "/console/people".clone_into(&mut console.chrome.path);
        Ok(PeoplePage {
            console,
            people: people.into_iter().map(|it| person(it, &cases)).collect(),
            invitations: invitations.into_iter().map(|it| line(it, &cases)).collect(),
            cases: choices(&cases, |_| false),
            reach: "all".to_owned(),
            roles: ROLES.map(Role::as_str).to_vec(),
            email: String::new(),
            role: String::new(),
            errors: Errors::default(),
        })
    }

    async fn one(&self, id: StaffId, refused: Option<&'static str>) -> WebResult<PersonPage> {
        let actor = &self.staff.actor;
        let profile = people::get(&self.state.ctx, actor, id).await?;
        let cases = claimant_list::cases(&self.state.ctx, actor).await?;
        let is_for = profile.person.terms.cases.clone();
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = format!("/console/people/{id}");
        let periods = profile.periods.into_iter().map(|period| PeriodLine {
            from: period.from,
            state: period.terms.state.as_str(),
            role: period.terms.role.as_str(),
            cases: titles(period.terms.cases.as_deref(), &cases),
            by: period.by,
        });
        Ok(PersonPage {
            console,
            can_be_limited: can_be_limited(profile.person.terms.role),
            cases: choices(&cases, |own| {
                is_for
                    .as_ref()
                    .is_some_and(|some| some.contains(&own.case.id))
            }),
            reach: is_for.as_ref().map_or("all", |_| "these").to_owned(),
            errors: Errors::default(),
            person: person(profile.person, &cases),
            is_self: id == actor.staff_id(),
            periods: periods.collect(),
            sessions: profile.sessions.into_iter().map(session).collect(),
            roles: ROLES.map(Role::as_str).to_vec(),
            refused,
        })
    }
}

/// Titles of some cases; none: all.
fn titles(some: Option<&[CaseId]>, cases: &[OwnCase]) -> Option<Vec<String>> {
    let is_among = |own: &&OwnCase| some.is_some_and(|some| some.contains(&own.case.id));
    let named = cases.iter().filter(is_among);
    some.map(|_| named.map(|own| own.case.title.clone()).collect())
}

/// A session as a row of a table.
pub(super) fn session(line: SessionLine) -> SessionRow {
    SessionRow {
        id: line.id.to_string(),
        is_own: line.is_own,
        is_tool: line.is_tool,
        device: line.device,
        network: line.network,
        since: line.since,
        last_seen_at: line.last_seen_at,
    }
}

/// A person as a row of a table.
pub(super) fn person(person: Person, cases: &[OwnCase]) -> PersonLine {
    PersonLine {
        id: person.id.to_string(),
        name: person.name,
        email: person.email,
        role: person.terms.role.as_str(),
        cases: titles(person.terms.cases.as_deref(), cases),
        state: person.terms.state.as_str(),
        disabled: person.disabled,
        since: person.since,
        signed_in_at: person.signed_in_at,
    }
}

fn line(invitation: Invitation, cases: &[OwnCase]) -> InvitationLine {
    InvitationLine {
        id: invitation.id.to_string(),
        email: invitation.email,
        role: invitation.role.as_str(),
        cases: titles(invitation.cases.as_deref(), cases),
        created_at: invitation.created_at,
        expires_at: invitation.expires_at,
        is_over: invitation.is_over,
    }
}
