//! The token that ties a form to a session.

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::session::SessionToken;

/// The token for the forms of a session; `None` if the text is no session token.
pub fn token(ctx: &Ctx, session: &str) -> Option<String> {
    SessionToken::parse(session).map(|session| session.csrf(&ctx.keyring.session))
}

/// Checks the token that came with a form, in constant time.
///
/// # Errors
/// `Forbidden` if it is missing or of another session.
pub fn check(ctx: &Ctx, session: &str, given: Option<&str>) -> AppResult<()> {
    let session = SessionToken::parse(session).ok_or(AppError::Forbidden)?;
    let is_ours = given.is_some_and(|given| session.verify_csrf(&ctx.keyring.session, given));
    if is_ours {
        Ok(())
    } else {
        Err(AppError::Forbidden)
    }
}
