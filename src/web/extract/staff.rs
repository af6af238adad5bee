//! The staff member who asks, allowed to do what the route is for.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::app::AppError;
use crate::app::csrf;
use crate::app::staff::{StaffActor, session};
use crate::domain::permission::{Operation, operation};
use crate::state::AppState;
use crate::web::error::{WebError, WebResult};
use crate::web::extract::session::{Holder, StaffToken};
use crate::web::extract::{asks_api, state};

/// A signed-in staff member, checked against the operation of the route.
pub struct Staff {
    /// Who acts.
    pub actor: StaffActor,
    token: String,
}

impl Staff {
    /// Who is signed in to the console, whatever the route is for: of an answer that is only words, also where no
    /// route was found. Moves no limit.
    pub(in crate::web) async fn signed_in(state: &AppState, request: &HttpRequest) -> Option<Self> {
        let token = Holder::Staff.read(request, &state.web)?;
        let known = &operation::CONSOLE_PAGE;
        let actor = session::authenticate_session(&state.ctx, &token, known).await;
        Some(Self {
            actor: actor.ok()?,
            token,
        })
    }

    /// The token of this session's forms.
    pub fn csrf(&self, state: &AppState) -> Option<String> {
        csrf::token(&state.ctx, &self.token)
    }

    /// Checks the token that came with a form.
    ///
    /// # Errors
    /// `StaleForm` if it is missing or of another session.
    pub fn check_csrf(&self, state: &AppState, given: Option<&str>) -> WebResult<()> {
        csrf::check(&state.ctx, &self.token, given).map_err(|_| WebError::StaleForm)
    }
}

impl FromRequest for Staff {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let shown = StaffToken::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let token = shown
                .await?
                .0
                .ok_or(WebError::App(AppError::Unauthenticated))?;
            let operation = request.app_data::<&'static Operation>().copied();
            let operation = operation
                .ok_or_else(|| WebError::App(AppError::internal("a route has no operation")))?;
            let ctx = &state(&request)?.ctx;
            let actor = if asks_api(request.app_data::<&'static Operation>(), request.path()) {
                session::authenticate_jwt(ctx, &token, operation).await?
            } else {
                session::authenticate_session(ctx, &token, operation).await?
            };
            Ok(Self { actor, token })
        })
    }
}
