//! Why an action did not happen, in the terms of the caller.

use std::time::Duration;

use thiserror::Error;

use crate::crypto::CryptoError;
use crate::crypto::password::PasswordError;
use crate::db::DbError;
use crate::domain::claimant::IllegalTransition;
use crate::domain::field::FieldErrors;
use crate::domain::partner_key::KeyRefusal;

/// Result of an action.
pub type AppResult<T> = Result<T, AppError>;

/// Why an action did not happen. `web::error` turns it into an answer, `worker` into a log line.
#[derive(Debug, Error)]
pub enum AppError {
    /// Fields are wrong: 422.
    #[error("the input is not valid")]
    Invalid(FieldErrors),
    /// No such thing, or none that the actor may see: 404, the same bytes.
    #[error("not found")]
    NotFound,
    /// Nobody is signed in, or no longer: 401.
    #[error("not signed in")]
    Unauthenticated,
    /// The key of a partner does not open this: 401, or 403 where the key is right.
    #[error("the partner's key does not open this")]
    Key(#[source] KeyRefusal),
    /// Name, password or code is wrong; which one is not told: 401.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The TOTP code was used before: 401 `totp-used`.
    #[error("this authenticator code was used before")]
    TotpUsed,
    /// The role does not allow it: 403.
    #[error("the role does not allow this")]
    Forbidden,
    /// It takes another person than who asked: 403 `second-person`.
    #[error("this needs another person")]
    SecondPerson,
    /// Clear data need a fresh second factor: 403 `step-up-required`.
    #[error("a fresh second factor is needed")]
    StepUpRequired,
    /// The state does not allow it: 409 `illegal-transition`.
    #[error("the state does not allow this: {0}")]
    IllegalTransition(&'static str),
    /// A colleague has this item, whose name it is: 409 `taken`.
    #[error("a colleague has it")]
    Taken(String),
    /// A link or code that worked once before: 410 `token-used`.
    #[error("the token was used before")]
    TokenUsed,
    /// A link or code that is too old, replaced, or never was: 410 `token-expired`.
    #[error("the token has expired")]
    TokenExpired,
    /// The same idempotency key came with another body: 422 `idempotency-mismatch`.
    #[error("the idempotency key was used with another request")]
    IdempotencyMismatch,
    /// The same request is still running: 409 `idempotency-running`.
    #[error("a request with this idempotency key is running")]
    IdempotencyRunning,
    /// Too many: 429 with `Retry-After`.
    #[error("too many requests")]
    RateLimited(Duration),
    /// Something we need is not there: 503 with `Retry-After`.
    #[error("not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of ours: 500, an id only.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AppError {
    /// A fault of ours.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NotFound => Self::NotFound,
            error if error.is_passing() => Self::Unavailable(Box::new(error)),
            error => Self::Internal(Box::new(error)),
        }
    }
}

impl From<CryptoError> for AppError {
    fn from(error: CryptoError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<PasswordError> for AppError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::RateLimited(Duration::from_secs(2)),
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<IllegalTransition> for AppError {
    fn from(error: IllegalTransition) -> Self {
        Self::IllegalTransition(error.from.as_str())
    }
}

impl From<FieldErrors> for AppError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}
