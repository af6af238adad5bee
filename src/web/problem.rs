//! The kinds of problems: status, name in `type`, title. `/problems/{name}` explains each, the description of the API
//! names them by status. What an error is, says `of`; how it is written, `web::error`.

use actix_web::http::StatusCode as S;

use crate::app::AppError;
use crate::domain::partner::PartnerScope;
use crate::domain::partner_key::KeyRefusal;
use crate::web::error::WebError;

/// Status, name in `type`, and title of a problem.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind {
    /// Status of the answer.
    pub status: S,
    /// Last part of `type`; also the key of the detail, `problem-{name}`.
    pub name: &'static str,
    /// Short, English, the same each time.
    pub title: &'static str,
    /// What stands in the way, for a 409, or what is wrong more exactly: its own sentence where there is one,
    /// `problem-state-{state}`.
    pub state: Option<&'static str>,
}

impl Kind {
    const fn new(status: S, name: &'static str, title: &'static str) -> Self {
        Self {
            status,
            name,
            title,
            state: None,
        }
    }

    /// The same, more exactly.
    const fn told(self, state: &'static str) -> Self {
        Self {
            state: Some(state),
            ..self
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|kind| kind.name == name)
    }

    /// A status of actix itself.
    pub(in crate::web) fn of_status(status: S) -> Self {
        match status {
            S::NOT_FOUND => NOT_FOUND,
            S::PAYLOAD_TOO_LARGE => TOO_LARGE,
            S::REQUEST_TIMEOUT => TIMEOUT,
            status if status.is_client_error() => MALFORMED,
            _ => INTERNAL,
        }
    }
}

const KEY_TITLE: &str = "The key does not open this";

const MALFORMED: Kind = Kind::new(S::BAD_REQUEST, "malformed", "Malformed request");
const IDEMPOTENCY_KEY: Kind = Kind::new(
    S::BAD_REQUEST,
    "idempotency-key",
    "Idempotency-Key is missing or invalid",
);
const CURSOR: Kind = Kind::new(S::BAD_REQUEST, "cursor", "Invalid cursor or limit");
const UNAUTHENTICATED: Kind = Kind::new(S::UNAUTHORIZED, "unauthenticated", "Not signed in");
const WRONG_CREDENTIALS: Kind =
    Kind::new(S::UNAUTHORIZED, "wrong-credentials", "Wrong credentials");
const TOTP_USED: Kind = Kind::new(
    S::UNAUTHORIZED,
    "totp-used",
    "This authenticator code was used before",
);
const KEY_MALFORMED: Kind = Kind::new(S::UNAUTHORIZED, "key-malformed", KEY_TITLE);
const KEY_UNKNOWN: Kind = Kind::new(S::UNAUTHORIZED, "key-unknown", KEY_TITLE);
const KEY_EXPIRED: Kind = Kind::new(S::UNAUTHORIZED, "key-expired", KEY_TITLE);
const KEY_REVOKED: Kind = Kind::new(S::UNAUTHORIZED, "key-revoked", KEY_TITLE);
/// The role may not.
pub(in crate::web) const FORBIDDEN: Kind = Kind::new(S::FORBIDDEN, "forbidden", "Not allowed");
/// Whoever asked for something may not approve it.
pub(in crate::web) const SECOND_PERSON: Kind = Kind::new(
    S::FORBIDDEN,
    "second-person",
    "Another person has to do this",
);
/// The second factor is too old.
pub(in crate::web) const STEP_UP_REQUIRED: Kind = Kind::new(
    S::FORBIDDEN,
    "step-up-required",
    "A fresh second factor is needed",
);
const KEY_SCOPE: Kind = Kind::new(S::FORBIDDEN, "key-scope", KEY_TITLE);
const KEY_NETWORK: Kind = Kind::new(S::FORBIDDEN, "key-network", KEY_TITLE);
const KEY_CASE: Kind = Kind::new(S::FORBIDDEN, "key-case", KEY_TITLE);
const KEY_LIVE: Kind = Kind::new(S::FORBIDDEN, "key-live", KEY_TITLE);
const CROSS_SITE: Kind = Kind::new(S::FORBIDDEN, "cross-site", "Cross-site request");
const STALE_FORM: Kind = Kind::new(S::FORBIDDEN, "stale-form", "Form of another session");
const NOT_FOUND: Kind = Kind::new(S::NOT_FOUND, "not-found", "Not found");
const METHOD_NOT_ALLOWED: Kind = Kind::new(
    S::METHOD_NOT_ALLOWED,
    "method-not-allowed",
    "Method not allowed",
);
const TIMEOUT: Kind = Kind::new(S::REQUEST_TIMEOUT, "timeout", "Request timeout");
const ILLEGAL_TRANSITION: Kind = Kind::new(
    S::CONFLICT,
    "illegal-transition",
    "The state does not allow this",
);
const TAKEN: Kind = Kind::new(S::CONFLICT, "taken", "Somebody else has it");
const IDEMPOTENCY_RUNNING: Kind = Kind::new(
    S::CONFLICT,
    "idempotency-running",
    "A request with this idempotency key is running",
);
const TOKEN_USED: Kind = Kind::new(S::GONE, "token-used", "Token used before");
const TOKEN_EXPIRED: Kind = Kind::new(S::GONE, "token-expired", "Token expired");
const TOO_LARGE: Kind = Kind::new(S::PAYLOAD_TOO_LARGE, "too-large", "Body too large");
const UNSUPPORTED_MEDIA_TYPE: Kind = Kind::new(
    S::UNSUPPORTED_MEDIA_TYPE,
    "unsupported-media-type",
    "Unsupported media type",
);
/// Fields are wrong; the only one with `errors`.
pub(in crate::web) const VALIDATION: Kind = Kind::new(
    S::UNPROCESSABLE_ENTITY,
    "validation",
    "Some fields are not valid",
);
const IDEMPOTENCY_MISMATCH: Kind = Kind::new(
    S::UNPROCESSABLE_ENTITY,
    "idempotency-mismatch",
    "The idempotency key was used with another request",
);
const RATE_LIMITED: Kind = Kind::new(S::TOO_MANY_REQUESTS, "rate-limited", "Too many requests");
/// A fault of ours.
pub(in crate::web) const INTERNAL: Kind =
    Kind::new(S::INTERNAL_SERVER_ERROR, "internal", "Internal error");
const UNAVAILABLE: Kind = Kind::new(S::SERVICE_UNAVAILABLE, "unavailable", "Not available");

/// Every kind there is, by status.
pub const ALL: [Kind; 34] = [
    MALFORMED,
    IDEMPOTENCY_KEY,
    CURSOR,
    UNAUTHENTICATED,
    WRONG_CREDENTIALS,
    TOTP_USED,
    KEY_MALFORMED,
    KEY_UNKNOWN,
    KEY_EXPIRED,
    KEY_REVOKED,
    FORBIDDEN,
    SECOND_PERSON,
    STEP_UP_REQUIRED,
    KEY_SCOPE,
    KEY_NETWORK,
    KEY_CASE,
    KEY_LIVE,
    CROSS_SITE,
    STALE_FORM,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TIMEOUT,
    ILLEGAL_TRANSITION,
    TAKEN,
    IDEMPOTENCY_RUNNING,
    TOKEN_USED,
    TOKEN_EXPIRED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    VALIDATION,
    IDEMPOTENCY_MISMATCH,
    RATE_LIMITED,
    INTERNAL,
    UNAVAILABLE,
];

/// Which kind an error is.
pub fn of(error: &WebError) -> Kind {
    match error {
        WebError::App(error) => of_app(error),
        WebError::Malformed | WebError::NoJson(_) => MALFORMED,
        WebError::KeyMissing => IDEMPOTENCY_KEY,
        WebError::BadCursor => CURSOR,
        WebError::AfterLast => CURSOR.told("events-after"),
        WebError::MethodNotAllowed(_) => METHOD_NOT_ALLOWED,
        WebError::TooSlow => TIMEOUT,
        WebError::TooLarge | WebError::PartTooLarge(_) => TOO_LARGE,
        WebError::UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE,
        WebError::CrossSite => CROSS_SITE,
        WebError::StaleForm => STALE_FORM,
    }
}

fn of_app(error: &AppError) -> Kind {
    match error {
        AppError::Invalid(_) => VALIDATION,
        AppError::NotFound => NOT_FOUND,
        AppError::Unauthenticated => UNAUTHENTICATED,
        AppError::Key(refusal) => of_key(*refusal),
        AppError::WrongCredentials => WRONG_CREDENTIALS,
        AppError::TotpUsed => TOTP_USED,
        AppError::Forbidden => FORBIDDEN,
        AppError::SecondPerson => SECOND_PERSON,
        AppError::StepUpRequired => STEP_UP_REQUIRED,
        AppError::IllegalTransition(state) => ILLEGAL_TRANSITION.told(state),
        AppError::Taken(_) => TAKEN,
        AppError::TokenUsed => TOKEN_USED,
        AppError::TokenExpired => TOKEN_EXPIRED,
        AppError::IdempotencyMismatch => IDEMPOTENCY_MISMATCH,
        AppError::IdempotencyRunning => IDEMPOTENCY_RUNNING,
        AppError::RateLimited(_) => RATE_LIMITED,
        AppError::Unavailable(_) => UNAVAILABLE,
        AppError::Internal(_) => INTERNAL,
    }
}

/// A key that is not right is 401; one that is right and may not, 403.
fn of_key(refusal: KeyRefusal) -> Kind {
    match refusal {
        KeyRefusal::Missing => UNAUTHENTICATED.told("no-key"),
        KeyRefusal::Malformed => KEY_MALFORMED,
        KeyRefusal::Unknown => KEY_UNKNOWN,
        KeyRefusal::Expired => KEY_EXPIRED,
        KeyRefusal::Revoked => KEY_REVOKED,
        KeyRefusal::Scope(PartnerScope::Intake) => KEY_SCOPE.told("scope-intake"),
        KeyRefusal::Scope(PartnerScope::Read) => KEY_SCOPE.told("scope-read"),
        KeyRefusal::Scope(PartnerScope::Events) => KEY_SCOPE.told("scope-events"),
        KeyRefusal::Scope(PartnerScope::Webhooks) => KEY_SCOPE.told("scope-webhooks"),
        KeyRefusal::Network => KEY_NETWORK,
        KeyRefusal::Case => KEY_CASE,
        KeyRefusal::Live => KEY_LIVE,
    }
}
