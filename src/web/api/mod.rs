//! The REST interface (DESIGN 8) and its description.

use actix_web::web::Bytes;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::web::error::{Problem, ProblemField};

mod described;
pub mod docs;
mod page_length;
pub mod partner;
pub mod public;
pub mod staff;

/// The description as it is served.
#[derive(Clone)]
pub struct Description {
    /// OpenAPI 3.1 in JSON.
    pub json: Bytes,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "joinder",
        description = "A registry for class-action claimants. Errors are `application/problem+json` (RFC 9457); `/problems` \
            explains each. [The guide for partner sites](/docs/partners.md) leads through their part, and `/.well-known/limits` has all limits."
    ),
    components(schemas(Problem, ProblemField)),
    modifiers(&Credentials)
)]
struct Base;

/// The ways to show who one is: all are Bearer.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = |words: &str| {
            let http = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(words))
                .build();
            SecurityScheme::Http(http)
        };
        components.add_security_scheme(
            "claimant",
            bearer("The access token of `confirmations` or `access-tokens`, 30 minutes"),
        );
        components.add_security_scheme(
            "staff",
            bearer("The JWT of `/api/v1/staff/token`, 10 minutes"),
        );
        components.add_security_scheme(
            "partner",
            bearer(
                "A key that the association gave out: `jnd_test_<id>_<secret>` acts on invented people alone, \
                 `jnd_live_<id>_<secret>` on real ones, who get a mail. What it may do is named by its scopes: `intake`, `read`, `events`, `webhooks`",
            ),
        );
    }
}

/// The description of every operation there is. Each folder gives its own part.
pub fn openapi() -> Description {
    let mut openapi = Base::openapi();
    openapi.merge(public::Doc::openapi());
    openapi.merge(staff::Doc::openapi());
    openapi.merge(partner::Doc::openapi());
    described::complete(&mut openapi);
    Description {
        json: openapi.to_json().map(Bytes::from).unwrap_or_default(),
    }
}
