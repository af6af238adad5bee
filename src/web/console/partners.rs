//! `/console/partners`: partner sites of the association, their keys and links.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::claimant_list;
use crate::app::partner::brought;
use crate::app::partner::webhook::{self, Endpoint};
use crate::app::partner::{self, Change, Key, Partner, key};
use crate::domain::brought::{Brought, Counts};
use crate::domain::field::FieldErrors;
use crate::domain::ids::PartnerId;
use crate::domain::partner::{KeyMode, PartnerScope, ProfileInput};
use crate::domain::partner_key::KeyInput;
use crate::domain::permission::operation;
use crate::render::page::Errors;
use crate::render::page::console::partners::{
    Embedded, EndpointLine, KeyLine, LinkLine, PartnerFields, PartnerKeyMadePage, PartnerKeyPage,
    PartnerLine, PartnerPage, PartnersPage, button, snippet,
};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::partner::webhooks::endpoint_id;
use crate::web::api::staff::partners::{delivery, key_id, partner_id, standing};
use crate::web::console::case_choice::{choices, chosen};
use crate::web::console::login::BareForm;
use crate::web::console::{inside, page, see_other};
use crate::web::extract::{Form, Lang, Staff};

/// A partner as it was typed.
#[derive(Deserialize)]
pub struct PartnerForm {
    csrf: Option<String>,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    language: String,
    standing: Option<String>,
    /// One a line.
    origins: Option<String>,
}

/// A key as it was typed.
#[derive(Deserialize, Default)]
pub struct KeyForm {
    csrf: Option<String>,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    scopes: BTreeMap<String, String>,
    /// `all`, or `these`: those chosen.
    #[serde(default)]
    reach: String,
    #[serde(default)]
    cases: BTreeMap<String, String>,
    #[serde(default)]
    networks: String,
    #[serde(default)]
    expires_on: String,
}

/// Whether events are to be delivered to an endpoint.
#[derive(Deserialize)]
pub struct EndpointForm {
    csrf: Option<String>,
    delivery: Option<String>,
}

/// Who asks.
struct Asked<'a> {
    state: &'a AppState,
    language: Lang,
    staff: &'a Staff,
    request: &'a HttpRequest,
}

/// `GET /console/partners`
pub async fn list(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let asked = Asked::new(&state, language, &staff, &request);
    page(StatusCode::OK, &asked.list().await?)
}

/// `POST /console/partners`
pub async fn add(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    form: Form<PartnerForm>,
) -> WebResult<HttpResponse> {
    let Form(form) = form;
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let (input, slug) = (form.profile(), form.slug.clone());
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { partner::add(&ctx, &actor, Some(&slug), &input).await };
    match state.ctx.to_end(acting).await {
        Ok(added) => Ok(see_other(&format!("/console/partners/{}", added.id))),
        Err(AppError::Invalid(errors)) => {
            let asked = Asked::new(&state, language, &staff, &request);
            let mut shown = asked.list().await?;
            shown.form = form.fields();
            shown.errors = Errors::from(&errors);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /console/partners/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let asked = Asked::new(&state, language, &staff, &request);
    page(StatusCode::OK, &asked.one(partner_id(&id)?).await?)
}

/// `POST /console/partners/{id}`
pub async fn change(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<PartnerForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (partner_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let standing = standing(form.standing.as_deref())?;
    // each has its own form: who changes a name lifts no suspension
    let origins = form.origins.as_deref().map(lines);
    let change = Change {
        profile: (standing.is_none() && origins.is_none()).then(|| form.profile()),
        standing,
        origins,
    };
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { partner::change(&ctx, &actor, id, &change).await };
    match state.ctx.to_end(acting).await {
        Ok(_) => Ok(see_other(&format!("/console/partners/{id}"))),
        Err(AppError::Invalid(errors)) => {
            let asked = Asked::new(&state, language, &staff, &request);
            let mut shown = asked.one(id).await?;
            match form.origins {
                Some(origins) => shown.form.origins = origins,
                None => {
                    shown.form = PartnerFields {
                        origins: shown.form.origins,
                        ..form.fields()
                    }
                }
            }
            shown.errors = Errors::from(&by_field(&errors));
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /console/partners/{id}/keys`
pub async fn key_page(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let asked = Asked::new(&state, language, &staff, &request);
    let shown = asked.key(partner_id(&id)?, &KeyForm::default()).await?;
    page(StatusCode::OK, &shown)
}

/// `POST /console/partners/{id}/keys`
pub async fn add_key(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
    form: Form<KeyForm>,
) -> WebResult<HttpResponse> {
    let (id, Form(form)) = (partner_id(&id)?, form);
    staff.check_csrf(&state, form.csrf.as_deref())?;
    let input = form.input();
    // all of the page but the key: once it is made, nothing may stand between it and who asked
    let asked = Asked::new(&state, language, &staff, &request);
    let mut shown = asked.key(id, &form).await?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { key::add(&ctx, &actor, id, &input).await };
    match state.ctx.to_end(acting).await {
        Ok((_, secret)) => {
            let shown = PartnerKeyMadePage {
                console: shown.console,
                partner: shown.partner,
                secret: secret.as_str().to_owned(),
            };
            page(StatusCode::OK, &shown)
        }
        Err(AppError::Invalid(errors)) => {
            shown.errors = Errors::from(&by_field(&errors));
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(AppError::IllegalTransition(why)) => {
            shown.refused = Some(why);
            page(StatusCode::CONFLICT, &shown)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /console/partner-keys/{id}/revocation`
pub async fn revoke_key(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<BareForm>,
) -> WebResult<HttpResponse> {
    let id = key_id(&id)?;
    staff.check_csrf(&state, form.0.csrf())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { key::revoke(&ctx, &actor, id).await };
    let partner = state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/partners/{partner}")))
}

/// `POST /console/webhook-endpoints/{id}`
pub async fn set_endpoint(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    form: Form<EndpointForm>,
) -> WebResult<HttpResponse> {
    let id = endpoint_id(&id)?;
    staff.check_csrf(&state, form.0.csrf.as_deref())?;
    let delivery = delivery(form.0.delivery.as_deref())?;
    let (ctx, actor) = (state.ctx.clone(), staff.actor.clone());
    let acting = async move { webhook::staff::set(&ctx, &actor, id, delivery).await };
    let (partner, _) = state.ctx.to_end(acting).await?;
    Ok(see_other(&format!("/console/partners/{partner}")))
}

/// What is wrong with the third network is told at the field of all.
fn by_field(errors: &FieldErrors) -> FieldErrors {
    let mut told = FieldErrors::new();
    for error in errors {
        let field = error.pointer.split('/').nth(1).unwrap_or_default();
        let pointer = format!("/{field}");
        match &error.about {
            Some(about) => told.push_about(pointer, error.code, error.reason, about.clone()),
            None => told.push(pointer, error.code, error.reason),
        }
    }
    told
}

impl PartnerForm {
    fn profile(&self) -> ProfileInput {
        ProfileInput {
            name: Some(self.name.clone()),
            email: Some(self.email.clone()),
            language: Some(self.language.clone()),
        }
    }

    fn fields(self) -> PartnerFields {
        PartnerFields {
            slug: self.slug,
            name: self.name,
            email: self.email,
            language: self.language,
            origins: self.origins.unwrap_or_default(),
        }
    }
}

/// What stands on the lines of a field, blank ones aside.
fn lines(typed: &str) -> Vec<String> {
    let lines = typed.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

impl KeyForm {
    fn input(&self) -> KeyInput {
        let networks = lines(&self.networks);
        KeyInput {
            mode: Some(self.mode.clone()),
            scopes: self.scopes.keys().cloned().collect(),
            cases: chosen(&self.reach, &self.cases),
            networks: Some(networks).filter(|all| !all.is_empty()),
            expires_on: Some(self.expires_on.clone()),
        }
    }
}

impl<'a> Asked<'a> {
    fn new(
        state: &'a AppState,
        language: Lang,
        staff: &'a Staff,
        request: &'a HttpRequest,
    ) -> Self {
        Self {
            state,
            language,
            staff,
            request,
        }
    }

    fn may_change(&self) -> bool {
        operation::CHANGE_PARTNER.allows(self.staff.actor.role())
    }

    async fn list(&self) -> WebResult<PartnersPage> {
        let partners = partner::list(&self.state.ctx, &self.staff.actor).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        "/console/partners".clone_into(&mut console.chrome.path);
        Ok(PartnersPage {
            console,
            partners: partners.iter().map(line).collect(),
            may_change: self.may_change(),
            form: PartnerFields::default(),
            errors: Errors::default(),
        })
    }

    async fn one(&self, id: PartnerId) -> WebResult<PartnerPage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let (partner, keys) = partner::get(ctx, actor, id).await?;
        let figures = brought::of(ctx, actor, id).await?;
        let endpoints = webhook::staff::list(ctx, actor, id).await?;
        let mut links = Vec::new();
        for own in claimant_list::cases(ctx, actor).await? {
            let (case, association) = (&own.case, &own.association);
            let found = figures.cases.iter().find(|it| it.case == case.id);
            let href = partner.link(ctx, &case.slug, &association.slug);
            let embedded = Embedded {
                script: &partner.script(ctx),
                case: &case.slug,
                association: (&association.slug, &association.name),
                partner: &partner.slug,
            };
            links.push(LinkLine {
                slug: case.slug.clone(),
                title: case.title.clone(),
                is_open: own.takes_sign_ups() && case.state.takes_sign_ups(),
                button: button(partner.language, &href, &association.name),
                snippet: snippet(partner.language, &href, &embedded),
                href,
                ways: vec![
                    ("link", counts(found.map(|it: &Brought| it.by_link))),
                    ("api", counts(found.map(|it| it.by_api))),
                ],
            });
        }
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = format!("/console/partners/{id}");
        Ok(PartnerPage {
            console,
            partner: line(&partner),
            form: PartnerFields {
                slug: partner.slug,
                name: partner.name,
                email: partner.email.clone().unwrap_or_default(),
                language: partner.language.as_str().to_owned(),
                origins: partner.origins.join("\n"),
            },
            email: partner.email,
            language: partner.language.as_str(),
            links,
            counted_at: figures.counted_at,
            keys: keys.into_iter().map(key_line).collect(),
            endpoints: endpoints.into_iter().map(endpoint_line).collect(),
            may_change: self.may_change(),
            errors: Errors::default(),
        })
    }

    async fn key(&self, id: PartnerId, form: &KeyForm) -> WebResult<PartnerKeyPage> {
        let (ctx, actor) = (&self.state.ctx, &self.staff.actor);
        let (partner, _) = partner::get(ctx, actor, id).await?;
        let cases = claimant_list::cases(ctx, actor).await?;
        let mut console = inside(self.state, self.language, self.request, self.staff).await?;
        console.chrome.path = format!("/console/partners/{id}/keys");
        let scopes = PartnerScope::ALL.map(PartnerScope::as_str);
        Ok(PartnerKeyPage {
            console,
            partner: line(&partner),
            mode: form.mode.clone(),
            modes: KeyMode::ALL.map(KeyMode::as_str).to_vec(),
            scopes: scopes
                .map(|word| (word, form.scopes.contains_key(word)))
                .to_vec(),
            reach: form.reach.clone(),
            cases: choices(&cases, |own| form.cases.contains_key(&own.case.slug)),
            networks: form.networks.clone(),
            expires_on: form.expires_on.clone(),
            errors: Errors::default(),
            refused: None,
        })
    }
}

fn counts(found: Option<Counts>) -> [i64; 3] {
    let counts = found.unwrap_or_default();
    [counts.sign_ups, counts.confirmed, counts.signed]
}

fn line(partner: &Partner) -> PartnerLine {
    PartnerLine {
        id: partner.id.to_string(),
        slug: partner.slug.clone(),
        name: partner.name.clone(),
        standing: partner.standing().as_str(),
        created_at: partner.created_at,
    }
}

fn key_line(key: Key) -> KeyLine {
    KeyLine {
        id: key.id.to_string(),
        shown: key.shown,
        mode: key.mode.as_str(),
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
        cases: key.cases,
        networks: key.networks,
        standing: key.standing.as_str(),
        created_at: key.created_at,
        expires_at: key.expires_at,
        last_used_at: key.last_used_at,
    }
}

fn endpoint_line(endpoint: Endpoint) -> EndpointLine {
    EndpointLine {
        id: endpoint.id.to_string(),
        mode: endpoint.mode.as_str(),
        event_types: endpoint.states.iter().map(|it| it.event_type()).collect(),
        delivery: endpoint.delivery().as_str(),
        disabled: endpoint.disabled.map(|(at, why)| (why.as_str(), at)),
        failing_since: endpoint.failing_since,
        last_success_at: endpoint.last_success_at,
        url: endpoint.url,
    }
}
