//! The tokens people and tools show, as raw texts: `app` decides what they open.
//!
//! The API takes `Authorization: Bearer` alone and the pages the cookie alone, so no page of
//! another site can make a browser act through the API.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::permission::Operation;
use crate::state::WebOptions;
use crate::web::error::WebError;
use crate::web::extract::{asks_api, state};

/// Longer texts are no tokens of ours.
const LONGEST_TOKEN: usize = 4096;

/// Whose session a cookie holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// A claimant with an open record.
    Claimant,
    /// Who has just signed up, for the page after it.
    SignUp,
    /// A browser that held a link or code of a record; opens nothing.
    Known,
    /// Staff in the console.
    Staff,
    /// A browser in which staff signed in before; opens nothing.
    StaffDevice,
}

impl Holder {
    /// Name of the cookie. `__Host-` binds it to host and TLS, so it needs TLS.
    pub fn cookie_name(self, options: &WebOptions) -> String {
        let name = match self {
            Self::Claimant => "joinder_me",
            Self::SignUp => "joinder_joined",
            Self::Known => "joinder_known",
            Self::Staff => "joinder_staff",
            Self::StaffDevice => "joinder_device",
        };
        if options.https {
            format!("__Host-{name}")
        } else {
            name.to_owned()
        }
    }

    /// The cookie with a token, for so many seconds; `Lax`, since people come from a mail.
    pub fn cookie(self, options: &WebOptions, token: String, seconds: i64) -> Cookie<'static> {
        Cookie::build(self.cookie_name(options), token)
            .path("/")
            .http_only(true)
            .secure(options.https)
            .same_site(SameSite::Lax)
            .max_age(Duration::seconds(seconds))
            .finish()
    }

    /// The cookie that takes a token away.
    pub fn removal(self, options: &WebOptions) -> Cookie<'static> {
        self.cookie(options, String::new(), 0)
    }

    /// Whether a browser held a claimant's session or link before: its session may be over.
    pub fn is_known(request: &HttpRequest, options: &WebOptions) -> bool {
        [Self::Claimant, Self::Known]
            .into_iter()
            .any(|holder| holder.read(request, options).is_some())
    }

    /// The token in the cookie of a request.
    pub fn read(self, request: &HttpRequest, options: &WebOptions) -> Option<String> {
        let cookie = request.cookie(&self.cookie_name(options))?;
        token(cookie.value())
    }
}

/// What a claimant shows, Bearer under the API, else the cookie; and for what.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimantToken {
    /// The text.
    pub text: Option<String>,
    /// What is asked for.
    pub operation: Option<&'static Operation>,
}

/// What staff show: a JWT under the API, else the cookie of the console.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffToken(pub Option<String>);

/// What is left in the browser after a sign-up.
#[derive(Clone, PartialEq, Eq)]
pub struct SignUpToken(pub Option<String>);

impl fmt::Debug for ClaimantToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimantToken(..)")
    }
}

impl fmt::Debug for StaffToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaffToken(..)")
    }
}

impl fmt::Debug for SignUpToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignUpToken(..)")
    }
}

impl FromRequest for ClaimantToken {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(claimant_token(request))
    }
}

fn claimant_token(request: &HttpRequest) -> Result<ClaimantToken, WebError> {
    Ok(ClaimantToken {
        text: shown(request, Holder::Claimant)?,
        operation: request.app_data::<&'static Operation>().copied(),
    })
}

impl FromRequest for StaffToken {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(shown(request, Holder::Staff).map(Self))
    }
}

impl FromRequest for SignUpToken {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(state(request).map(|state| Self(Holder::SignUp.read(request, &state.web))))
    }
}

fn shown(request: &HttpRequest, holder: Holder) -> Result<Option<String>, WebError> {
    if asks_api(request.app_data::<&'static Operation>(), request.path()) {
        return Ok(bearer(request));
    }
    Ok(holder.read(request, &state(request)?.web))
}

/// The token of `Authorization: Bearer`.
pub(in crate::web) fn bearer(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    token(rest.trim())
}

fn token(text: &str) -> Option<String> {
    let is_token = (1..=LONGEST_TOKEN).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_token.then(|| text.to_owned())
}
