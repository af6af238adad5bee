//! `/console/people`: who acts for the association, and invitations.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::claimant_list;
use crate::app::people::invitation::{self, Invitation, InvitationInput};
use crate::app::people::{self, Person};
use crate::app::staff::account::SessionLine;
use crate::domain::ids::StaffId;
use crate::domain::membership::{MembershipChange, ROLES};
use crate::domain::permission::Role;
use crate::render::page::Errors;
use crate::render::page::console::people::{
    InvitationLine, PeoplePage, PeriodLine, PersonLine, PersonPage, SessionRow,
};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::people::{person_id, uuid};
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
}

/// What is done to a membership.
#[derive(Deserialize)]
pub struct MembershipForm {
    csrf: Option<String>,
    #[serde(default)]
    action: String,
    role: Option<String>,
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
    let wanted = MembershipChange::parse(Some(&form.action), form.role.as_deref());
    let wanted = wanted.map_err(AppError::Invalid)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { people::change(&ctx, &actor, id, wanted).await };
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
            people: people.into_iter().map(person).collect(),
            invitations: invitations.into_iter().map(line).collect(),
            cases: cases.iter().map(|own| own.case.title.clone()).collect(),
            roles: ROLES.map(Role::as_str).to_vec(),
            email: String::new(),
            role: String::new(),
            errors: Errors::default(),
        })
    }

    async fn one(&self, id: StaffId, refused: Option<&'static str>) -> WebResult<PersonPage> {
        let actor = &self.staff.actor;
        let profile = people::get(&self.state.ctx, actor, id).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = format!("/console/people/{id}");
        let periods = profile.periods.into_iter().map(|period| PeriodLine {
            from: period.from,
            state: period.state.as_str(),
            role: period.role.as_str(),
            by: period.by,
        });
        Ok(PersonPage {
            console,
            person: person(profile.person),
            is_self: id == actor.staff_id(),
            periods: periods.collect(),
            sessions: profile.sessions.into_iter().map(session).collect(),
            roles: ROLES.map(Role::as_str).to_vec(),
            refused,
        })
    }
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
pub(super) fn person(person: Person) -> PersonLine {
    PersonLine {
        id: person.id.to_string(),
        name: person.name,
        email: person.email,
        role: person.role.as_str(),
        state: person.state.as_str(),
        disabled: person.disabled,
        since: person.since,
        signed_in_at: person.signed_in_at,
    }
}

fn line(invitation: Invitation) -> InvitationLine {
    InvitationLine {
        id: invitation.id.to_string(),
        email: invitation.email,
        role: invitation.role.as_str(),
        created_at: invitation.created_at,
        expires_at: invitation.expires_at,
        is_over: invitation.is_over,
    }
}
