//! `/api/v1/staff/people`, `/api/v1/staff/invitations`: who acts for the association.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::people::invitation::{self, Invitation, InvitationInput};
use crate::app::people::{self, ChangeInput, Person, Profile};
use crate::app::staff::account::SessionLine;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::language::Language;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// Somebody to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationBody {
    /// Where the link goes; the login address then.
    email: Option<String>,
    /// `reader|reviewer|case_manager|payout|auditor|owner`
    role: Option<String>,
    /// Slugs of the cases the membership will be for; all without it. For reader, reviewer, case_manager and payout.
    cases: Option<Vec<String>>,
    /// Language of the mail: `it|en|de`; `it` without it.
    language: Option<String>,
}

/// What is done to a membership.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembershipBody {
    /// `role|cases|suspend|resume|end`
    action: Option<String>,
    /// The new role, for `role` alone.
    role: Option<String>,
    /// Slugs of the cases, for `cases` alone; all without it.
    cases: Option<Vec<String>>,
}

/// A person of the association.
#[derive(Serialize, ToSchema)]
pub struct PersonResponse {
    id: Uuid,
    name: String,
    email: String,
    role: &'static str,
    /// Ids of the cases the membership is for; null: all of the association.
    cases: Option<Vec<Uuid>>,
    /// `active|suspended|ended`
    state: &'static str,
    /// Whether the platform shut the person out.
    disabled: bool,
    since: DateTime<Utc>,
    signed_in_at: Option<DateTime<Utc>>,
}

/// An invitation nobody took up.
#[derive(Serialize, ToSchema)]
pub struct InvitationResponse {
    id: Uuid,
    email: String,
    role: &'static str,
    /// Ids of the cases the membership will be for; null: all.
    cases: Option<Vec<Uuid>>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// Who acts for the association, and who is invited.
#[derive(Serialize, ToSchema)]
pub struct PeopleResponse {
    people: Vec<PersonResponse>,
    invitations: Vec<InvitationResponse>,
}

/// What a membership was from a moment on.
#[derive(Serialize, ToSchema)]
pub struct PeriodResponse {
    from: DateTime<Utc>,
    state: &'static str,
    role: &'static str,
    /// Ids of the cases it was for; null: all.
    cases: Option<Vec<Uuid>>,
    /// Who changed it; null: the operator.
    by: Option<String>,
}

/// Where somebody is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionResponse {
    id: Uuid,
    /// Whether it is the one that asks.
    own: bool,
    /// `browser|tool`
    kind: &'static str,
    /// Browser and system, two words; empty where neither is known.
    device: String,
    /// The network, cut to /24 or /48.
    network: String,
    since: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// One of the people.
#[derive(Serialize, ToSchema)]
pub struct ProfileResponse {
    #[serde(flatten)]
    person: PersonResponse,
    /// Oldest first.
    periods: Vec<PeriodResponse>,
    /// For this association, newest first.
    sessions: Vec<SessionResponse>,
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
pub struct EndedResponse {
    pub(super) sessions: usize,
}

/// `GET /api/v1/staff/people`
#[utoipa::path(
    get,
    path = "/api/v1/staff/people",
    operation_id = "list_people",
    tag = "staff",
    security(("staff" = [])),
    responses((status = 200, body = PeopleResponse))
)]
pub async fn list(state: web::Data<AppState>, staff: Staff) -> WebResult<HttpResponse> {
    let people = people::list(&state.ctx, &staff.actor).await?;
    let invitations = invitation::list(&state.ctx, &staff.actor).await?;
    Ok(HttpResponse::Ok().json(PeopleResponse {
        people: people.into_iter().map(PersonResponse::from).collect(),
        invitations: invitations
            .into_iter()
            .map(InvitationResponse::from)
            .collect(),
    }))
}

/// `GET /api/v1/staff/people/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/people/{id}",
    operation_id = "get_person",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The person")),
    security(("staff" = [])),
    responses((status = 200, body = ProfileResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let profile = people::get(&state.ctx, &staff.actor, person_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(ProfileResponse::from(profile)))
}

/// `POST /api/v1/staff/invitations`
#[utoipa::path(
    post,
    path = "/api/v1/staff/invitations",
    operation_id = "invite",
    tag = "staff",
    security(("staff" = [])),
    request_body = InvitationBody,
    responses((status = 201, body = InvitationResponse))
)]
pub async fn invite(
    state: web::Data<AppState>,
    staff: Staff,
    body: Json<InvitationBody>,
) -> WebResult<HttpResponse> {
    let input = InvitationInput {
        language: language(body.0.language.as_deref())?,
        email: body.0.email,
        role: body.0.role,
        cases: body.0.cases,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { invitation::invite(&ctx, &actor, &input).await };
    let invited = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Created().json(InvitationResponse::from(invited)))
}

/// `POST /api/v1/staff/invitations/{id}/revocation`
#[utoipa::path(
    post,
    path = "/api/v1/staff/invitations/{id}/revocation",
    operation_id = "revoke_invitation",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The invitation")),
    security(("staff" = [])),
    responses((status = 204, description = "Called off"),
        (status = 409, body = Problem, description = "It was taken up, or called off before"))
)]
pub async fn revoke(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = uuid(&id)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { invitation::revoke(&ctx, &actor, id).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/staff/people/{id}/membership`
#[utoipa::path(
    post,
    path = "/api/v1/staff/people/{id}/membership",
    operation_id = "change_membership",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The person")),
    security(("staff" = [])),
    request_body = MembershipBody,
    responses((status = 204, description = "Changed; what the person had open for the association has ended"),
        (status = 409, body = Problem, description = "It changes nothing, has ended, or is the last owner's"))
)]
pub async fn change(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<MembershipBody>,
) -> WebResult<HttpResponse> {
    let id = person_id(&id)?;
    let wanted = ChangeInput {
        action: body.0.action,
        role: body.0.role,
        cases: body.0.cases,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { people::change(&ctx, &actor, id, &wanted).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /api/v1/staff/people/{id}/sessions-end`
#[utoipa::path(
    post,
    path = "/api/v1/staff/people/{id}/sessions-end",
    operation_id = "end_person_sessions",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The person")),
    security(("staff" = [])),
    responses((status = 200, body = EndedResponse))
)]
pub async fn end_sessions(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = person_id(&id)?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { people::end_sessions(&ctx, &actor, id).await };
    let sessions = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(EndedResponse { sessions }))
}

/// The person of a path.
///
/// # Errors
/// `NotFound` for what is no id.
pub fn person_id(text: &str) -> WebResult<StaffId> {
    StaffId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

/// The id of a path.
///
/// # Errors
/// `NotFound` for what is none.
pub fn uuid(text: &str) -> WebResult<Uuid> {
    Uuid::try_parse(text).map_err(|_| WebError::App(AppError::NotFound))
}

/// The language of a mail; Italian where none is named.
///
/// # Errors
/// `Invalid` at `/language`.
pub fn language(word: Option<&str>) -> WebResult<Language> {
    word.map_or(Ok(Language::It), |word| {
        Language::parse(word).ok_or_else(|| {
            let mut errors = FieldErrors::new();
            let code = FieldCode::UnknownValue;
            errors.push("/language", code, "error-language-unknown");
            WebError::App(AppError::Invalid(errors))
        })
    })
}

fn uuids(cases: Option<&[CaseId]>) -> Option<Vec<Uuid>> {
    cases.map(|cases| cases.iter().map(|case| case.uuid()).collect())
}

impl From<Person> for PersonResponse {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.uuid(),
            name: person.name,
            email: person.email,
            role: person.terms.role.as_str(),
            cases: uuids(person.terms.cases.as_deref()),
            state: person.terms.state.as_str(),
            disabled: person.disabled,
            since: person.since,
            signed_in_at: person.signed_in_at,
        }
    }
}

impl From<Invitation> for InvitationResponse {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role.as_str(),
            cases: uuids(invitation.cases.as_deref()),
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

impl From<SessionLine> for SessionResponse {
    fn from(line: SessionLine) -> Self {
        Self {
            id: line.id,
            own: line.is_own,
            kind: if line.is_tool { "tool" } else { "browser" },
            device: line.device,
            network: line.network,
            since: line.since,
            last_seen_at: line.last_seen_at,
            expires_at: line.expires_at,
        }
    }
}

impl From<Profile> for ProfileResponse {
    fn from(profile: Profile) -> Self {
        let periods = profile.periods.into_iter().map(|period| PeriodResponse {
            from: period.from,
            state: period.terms.state.as_str(),
            role: period.terms.role.as_str(),
            cases: uuids(period.terms.cases.as_deref()),
            by: period.by,
        });
        Self {
            person: PersonResponse::from(profile.person),
            periods: periods.collect(),
            sessions: profile
                .sessions
                .into_iter()
                .map(SessionResponse::from)
                .collect(),
        }
    }
}
