//! What staff type to confirm a person by phone or post: the same for API and console.

use crate::app::AppError;
use crate::app::assist::How;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::reason::Reason;

/// Reads how the person was reached, and why that is enough.
///
/// # Errors
/// `Invalid` at `/how` and `/reason`.
pub fn confirmation(how: Option<&str>, reason: Option<&str>) -> Result<(How, Reason), AppError> {
    let mut errors = FieldErrors::new();
    let given = how.map(str::trim).filter(|how| !how.is_empty());
    let how = given.and_then(How::parse);
    match (given, how) {
        (_, Some(_)) => {}
        (None, None) => errors.push("/how", FieldCode::Required, "error-required"),
        (Some(_), None) => errors.push("/how", FieldCode::UnknownValue, "error-unknown-value"),
    }
    let reason = errors.take("/reason", Reason::parse(reason));
    match (how, reason) {
        (Some(how), Some(reason)) => Ok((how, reason)),
        _ => Err(AppError::Invalid(errors)),
    }
}
