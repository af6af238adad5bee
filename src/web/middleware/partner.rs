//! Lets partners in: key, network, limit and scope are judged before anything of the body is read, and every
//! answer says what is left of the limits.
//!
//! *source*: draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`, `RateLimit`).

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest};

use crate::app::AppError;
use crate::app::partner::limit::{self, Unit, WINDOW_SECONDS};
use crate::app::partner::{PartnerActor, key};
use crate::app::sandbox;
use crate::domain::permission::{Access, Method, Operation};
use crate::web::error::WebError;
use crate::web::extract;
use crate::web::extract::client::ClientAddr;
use crate::web::extract::partner::{Allowances, note};
use crate::web::extract::session::bearer;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Whether an operation is for partners.
pub fn guards(operation: &Operation) -> bool {
    matches!(operation.access, Access::Partner(_))
}

/// Refuses whoever may not.
///
/// # Errors
/// As the handler.
pub async fn check<B: MessageBody + 'static>(
    operation: &'static Operation,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match admit(operation, request.request()).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(error) => Ok(request.error_response(error).map_into_right_body()),
    }
}

async fn admit(operation: &Operation, request: &HttpRequest) -> Result<PartnerActor, WebError> {
    let Access::Partner(scope) = operation.access else {
        return Err(AppError::Forbidden.into());
    };
    let state = extract::state(request)?;
    let peer = request.peer_addr().map(|peer| peer.ip());
    let from = ClientAddr::of(peer, request.headers(), &state.web.trusted_proxies);
    let shown = bearer(request);
    let actor = key::authenticate(&state.ctx, shown.as_deref(), from.0).await?;
    let allowance = limit::take(&state.ctx, &actor, Unit::Requests, 1).await?;
    note(request, allowance);
    if !allowance.granted {
        return Err(AppError::RateLimited(allowance.wait()).into());
    }
    actor.require(scope)?;
    if operation.method != Method::Get {
        sandbox::open(&state.ctx, &actor).await?;
    }
    Ok(actor)
}

/// Says on an answer what is left of the limits, if a partner asked.
pub(super) fn tell(request: &HttpRequest, headers: &mut HeaderMap) {
    let extensions = request.extensions();
    let Some(Allowances(all)) = extensions.get::<Allowances>() else {
        return;
    };
    let list = |one: &dyn Fn(Unit) -> Option<String>| {
        let items: Vec<String> = Unit::ALL.into_iter().filter_map(one).collect();
        HeaderValue::from_str(&items.join(", ")).ok()
    };
    let policy = list(&|unit| {
        let (name, quota) = (unit.as_str(), unit.quota());
        Some(format!("\"{name}\";q={quota};w={WINDOW_SECONDS}"))
    });
    let left = list(&|unit| {
        let newest = all.iter().rev().find(|allowance| allowance.unit == unit)?;
        let (name, left, seconds) = (unit.as_str(), newest.left, newest.seconds);
        Some(format!("\"{name}\";r={left};t={seconds}"))
    });
    if let (Some(policy), Some(left)) = (policy, left) {
        headers.insert(POLICY, policy);
        headers.insert(LEFT, left);
    }
}
