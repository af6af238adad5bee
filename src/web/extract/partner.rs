//! The partner that asks: let in by `middleware::partner`, which has checked key, network, limits and scope.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use crate::app::AppError;
use crate::app::partner::PartnerActor;
use crate::app::partner::limit::Allowance;
use crate::web::error::WebError;

/// A partner that may do what the route is for.
pub struct Partner(pub PartnerActor);

/// What is left of the limits of the key, for the headers of the answer.
#[derive(Clone, Default)]
pub struct Allowances(pub Vec<Allowance>);

impl FromRequest for Partner {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let actor = request.extensions().get::<PartnerActor>().cloned();
        let missing = WebError::App(AppError::internal("a route let in no partner"));
        ready(actor.map(Self).ok_or(missing))
    }
}

/// Notes what is left of a limit, for the headers of the answer.
pub fn note(request: &HttpRequest, allowance: Allowance) {
    let mut extensions = request.extensions_mut();
    let mut all = extensions.remove::<Allowances>().unwrap_or_default();
    all.0.push(allowance);
    extensions.insert(all);
}
