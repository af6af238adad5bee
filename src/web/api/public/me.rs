//! `/api/v1/public/me`: the own record, under the access token.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::claimants::evidence;
use super::representative::{self, RepresentativeResponse};
use crate::app::identity::{self, IdentityRequest};
use crate::app::me::{self, Erasure, Me};
use crate::app::session::{self, ClaimantActor};
use crate::app::{AppError, AppResult, Ctx};
use crate::domain::consent::Channel;
use crate::domain::entity::EntityInput;
use crate::domain::person::PersonInput;
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::error::Problem;
use crate::web::extract::session::ClaimantToken;
use crate::web::extract::{ClientAddr, Json, OptionalJson, UserAgent};

/// The own record; contact and codes are masked.
#[derive(Serialize, ToSchema)]
pub struct MeResponse {
    id: Uuid,
    #[schema(example = "7Z8K2M4Q9XWT")]
    reference: String,
    /// Slug of the case.
    #[schema(example = "libero-virgilio-2023")]
    case: String,
    /// Slug of the association.
    #[schema(example = "codacons")]
    association: String,
    #[schema(example = "confirmed")]
    state: &'static str,
    #[schema(example = "it")]
    language: &'static str,
    created_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    contact: OwnContactResponse,
    mailboxes: Vec<OwnMailboxResponse>,
    /// Where to pay now, masked.
    payout: Option<MyPayoutResponse>,
    /// Where to pay after the hold of a change, masked.
    payout_pending: Option<MyPayoutResponse>,
    /// The owner stopped an account: none is taken until the association ends that.
    payout_frozen: bool,
    identity: Option<OwnIdentityResponse>,
    /// Who acts for the claimant, once recorded.
    representative: Option<RepresentativeResponse>,
    /// Of age now: what somebody else signed is to be signed by the claimant.
    to_ratify: bool,
    /// Letters of art. 840-septies still missing that the claimant or the association can bring.
    #[schema(example = json!(["b", "d"]))]
    missing: Vec<String>,
    /// Those of the case too, `a` and `l`: with any of them nothing can be lodged.
    #[schema(example = json!(["a", "b", "d", "l"]))]
    missing_to_lodge: Vec<String>,
    /// What the association asked for and is still missing, most urgent first.
    asked: Vec<AskedResponse>,
    /// Nothing is missing.
    ready: bool,
    /// The newest of each purpose.
    consents: Vec<OwnConsentResponse>,
}

#[derive(Serialize, ToSchema)]
struct OwnContactResponse {
    #[schema(example = "m***@example.org")]
    email: Option<String>,
    phone: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MyPayoutResponse {
    #[schema(example = "IT*********************3456")]
    iban: String,
    holder: String,
    holder_is_claimant: bool,
    /// From when it will count; null: it counts now.
    effective_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct OwnMailboxResponse {
    id: Uuid,
    address: String,
    plan: Option<String>,
    /// Whether it is only another name of a mailbox.
    alias: bool,
    /// `in_scope|verify|review`
    treatment: String,
    /// When control of it was proved.
    proved_at: Option<DateTime<Utc>>,
    /// `code|contact`
    proof: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct OwnIdentityResponse {
    /// `person|entity`
    kind: String,
    name: String,
    codice_fiscale: Option<String>,
    city: Option<String>,
    /// Mismatches that only warn.
    warnings: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct OwnConsentResponse {
    /// `privacy_notice|contact|newsletter`
    purpose: &'static str,
    text_version: String,
    given: bool,
    given_at: DateTime<Utc>,
}

/// Who the claimant is: `person` or `entity`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityBody {
    person: Option<PersonInput>,
    entity: Option<EntityInput>,
    /// `self`, of an entity `legal_representative`: by default what fits. For a person also `parent`,
    /// `guardian`, `heir`, `delegate`, who are then recorded at `/me/representative`.
    capacity: Option<String>,
}

impl IdentityBody {
    /// As the action takes it.
    pub(in crate::web) fn request(self) -> IdentityRequest {
        IdentityRequest {
            person: self.person,
            entity: self.entity,
            capacity: self.capacity,
        }
    }
}

/// A letter that the association asked for.
#[derive(Serialize, ToSchema)]
pub struct AskedResponse {
    letter: String,
    /// True if it is there, and something in it does not fit: to be looked at and corrected.
    correction: bool,
    /// Last day for it, in Rome.
    due_on: NaiveDate,
    /// True if that day is over.
    overdue: bool,
}

/// The record that is open now: another one if this person had signed up before.
#[derive(Serialize, ToSchema)]
pub struct IdentityGivenResponse {
    claimant_id: Uuid,
    /// State of the record that is open now.
    #[schema(example = "confirmed")]
    state: &'static str,
    /// Letters of art. 840-septies still missing.
    missing: Vec<String>,
    /// `name_mismatch|birth_place_mismatch|representative_name_mismatch|provisional_code`
    warnings: Vec<&'static str>,
}

/// Yes or no.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    given: bool,
}

/// A consent as it is now.
#[derive(Serialize, ToSchema)]
pub struct ConsentGivenResponse {
    #[schema(example = "newsletter")]
    purpose: String,
    given: bool,
}

/// Why, if the claimant wants to say.
#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalBody {
    /// At most 500 characters.
    reason: Option<String>,
}

/// State after a move.
#[derive(Serialize, ToSchema)]
pub struct StateResponse {
    #[schema(example = "withdrawn")]
    pub(in crate::web) state: &'static str,
}

/// What became of the record.
#[derive(Serialize, ToSchema)]
pub struct ErasureResponse {
    /// `erased`, or `restricted`: kept for the claim alone.
    #[schema(example = "erased")]
    result: &'static str,
    /// Why it is kept.
    reason: Option<&'static str>,
}

/// `GET /api/v1/public/me`
#[utoipa::path(
    get,
    path = "/api/v1/public/me",
    operation_id = "get_me",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, body = MeResponse)
    )
)]
pub async fn get(state: web::Data<AppState>, token: ClaimantToken) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let me = me::get(&state.ctx, &actor).await?;
    Ok(HttpResponse::Ok().json(response(&state.ctx, me).await?))
}

/// `PUT /api/v1/public/me/identity`
#[utoipa::path(
    put,
    path = "/api/v1/public/me/identity",
    operation_id = "put_identity",
    tag = "me",
    security(("claimant" = [])),
    request_body(content = IdentityBody, example = json!({"person": {
        "given_name": "Maria",
        "family_name": "Rossi",
        "codice_fiscale": "RSSMRA85T50A562S",
        "address": {"street": "Via Roma", "number": "1", "postal_code": "00184", "city": "Roma", "province": "RM"}
    }})),
    responses(
        (status = 200, body = IdentityGivenResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The record is not confirmed")
    )
)]
pub async fn put_identity(
    state: web::Data<AppState>,
    token: ClaimantToken,
    body: Json<IdentityBody>,
) -> WebResult<HttpResponse> {
    let giver = actor(&state.ctx, &token).await?;
    let request = body.0.request();
    let ctx = state.ctx.clone();
    let acting = async move { identity::give(&ctx, &giver, request).await };
    let given = state.ctx.to_end(acting).await?;
    // the session may have moved to the first record of this person
    let owner = actor(&state.ctx, &token).await?;
    let open = me::get(&state.ctx, &owner).await?;
    Ok(HttpResponse::Ok().json(IdentityGivenResponse {
        claimant_id: open.id.uuid(),
        state: open.state.as_str(),
        missing: letters(&open.missing.to_bring),
        warnings: given.warnings,
    }))
}

/// `PUT /api/v1/public/me/consents/{purpose}`
#[utoipa::path(
    put,
    path = "/api/v1/public/me/consents/{purpose}",
    operation_id = "put_consent",
    tag = "me",
    security(("claimant" = [])),
    params(("purpose" = String, Path, description = "`newsletter`")),
    request_body(content = ConsentBody, example = json!({"given": false})),
    responses(
        (status = 200, body = ConsentGivenResponse),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such purpose"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The claim needs this consent")
    )
)]
pub async fn put_consent(
    state: web::Data<AppState>,
    token: ClaimantToken,
    purpose: web::Path<String>,
    client: ClientAddr,
    agent: UserAgent,
    body: Json<ConsentBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let (purpose, given) = (purpose.into_inner(), body.0.given);
    let (ctx, evidence, wanted) = (state.ctx.clone(), evidence(client, agent), purpose.clone());
    let acting =
        async move { me::put_consent(&ctx, &actor, &wanted, given, Channel::Api, &evidence).await };
    state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(ConsentGivenResponse { purpose, given }))
}

/// `POST /api/v1/public/me/withdrawal`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/withdrawal",
    operation_id = "withdraw",
    tag = "me",
    security(("claimant" = [])),
    request_body = Option<WithdrawalBody>,
    responses(
        (status = 200, body = StateResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The state has no such move")
    )
)]
pub async fn withdraw(
    state: web::Data<AppState>,
    token: ClaimantToken,
    body: OptionalJson<WithdrawalBody>,
) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let reason = body.0.unwrap_or_default().reason;
    let ctx = state.ctx.clone();
    let acting = async move { me::withdraw(&ctx, &actor, reason).await };
    let after = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(StateResponse {
        state: after.as_str(),
    }))
}

/// `POST /api/v1/public/me/erasure`
#[utoipa::path(
    post,
    path = "/api/v1/public/me/erasure",
    operation_id = "erase",
    tag = "me",
    security(("claimant" = [])),
    responses(
        (status = 200, body = ErasureResponse),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Signed: withdraw first")
    )
)]
pub async fn erase(state: web::Data<AppState>, token: ClaimantToken) -> WebResult<HttpResponse> {
    let actor = actor(&state.ctx, &token).await?;
    let ctx = state.ctx.clone();
    let acting = async move { me::erase(&ctx, &actor).await };
    let (result, reason) = match state.ctx.to_end(acting).await? {
        Erasure::Erased => ("erased", None),
        Erasure::Restricted(reason) => ("restricted", Some(reason)),
    };
    Ok(HttpResponse::Ok().json(ErasureResponse { result, reason }))
}

pub(super) async fn actor(ctx: &Ctx, token: &ClaimantToken) -> AppResult<ClaimantActor> {
    let text = token.text.as_deref().ok_or(AppError::Unauthenticated)?;
    let actor = session::authenticate(ctx, text).await?;
    actor.require(token.operation)?;
    Ok(actor)
}

async fn response(ctx: &Ctx, me: Me) -> AppResult<MeResponse> {
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.case(me.case)?;
    let association = case
        .association_by_id(me.association)
        .ok_or(AppError::NotFound)?;
    Ok(MeResponse {
        id: me.id.uuid(),
        reference: me.reference.as_str().to_owned(),
        case: case.slug.clone(),
        association: association.slug.clone(),
        state: me.state.as_str(),
        language: me.language.as_str(),
        created_at: me.created_at,
        confirmed_at: me.confirmed_at,
        contact: OwnContactResponse {
            email: me.email,
            phone: me.phone,
        },
        mailboxes: me.mailboxes.into_iter().map(mailbox).collect(),
        payout: me.payout.map(|mine| my_payout(mine, None)),
        payout_pending: me
            .payout_pending
            .map(|(mine, at)| my_payout(mine, Some(at))),
        payout_frozen: me.payout_frozen,
        identity: me.identity.map(identity),
        representative: me.representative.as_ref().map(representative::response),
        to_ratify: me.to_ratify,
        missing: letters(&me.missing.to_bring),
        missing_to_lodge: letters(&me.missing.to_lodge),
        asked: me
            .asked
            .into_iter()
            .map(|asked| AskedResponse {
                letter: asked.letter,
                correction: asked.correction,
                due_on: asked.due_on,
                overdue: asked.overdue,
            })
            .collect(),
        ready: me.ready,
        consents: me.consents.into_iter().map(consent).collect(),
    })
}

fn mailbox(mine: me::MyMailbox) -> OwnMailboxResponse {
    OwnMailboxResponse {
        address: mine.address.as_str().to_owned(),
        plan: mine.plan,
        alias: mine.is_alias,
        treatment: mine.treatment,
        id: mine.id.uuid(),
        proved_at: mine.proved.as_ref().map(|(at, _)| *at),
        proof: mine.proved.map(|(_, proof)| proof),
    }
}

fn my_payout(mine: me::MyPayout, effective_at: Option<DateTime<Utc>>) -> MyPayoutResponse {
    MyPayoutResponse {
        iban: mine.iban,
        holder: mine.holder,
        holder_is_claimant: mine.holder_is_claimant,
        effective_at,
    }
}

fn identity(mine: me::MyIdentity) -> OwnIdentityResponse {
    OwnIdentityResponse {
        kind: mine.kind,
        name: mine.name,
        codice_fiscale: mine.codice_fiscale,
        city: mine.city,
        warnings: mine.warnings,
    }
}

fn consent(mine: me::MyConsent) -> OwnConsentResponse {
    OwnConsentResponse {
        purpose: mine.purpose.as_str(),
        text_version: mine.text_version,
        given: mine.given,
        given_at: mine.given_at,
    }
}

fn letters(missing: &[char]) -> Vec<String> {
    missing.iter().map(char::to_string).collect()
}
