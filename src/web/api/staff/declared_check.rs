//! `/api/v1/staff/claimants/{id}/declared-check`: what is flagged in a declaration is in order (DOMAIN 8.3).

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::declared_check::{self, Looked};
use crate::app::{AppError, AppResult};
use crate::domain::declaration::DeclarationFlag;
use crate::domain::field::{FieldCode, FieldErrors, ValueError};
use crate::domain::ids::ClaimantId;
use crate::domain::reason::Reason;
use crate::state::AppState;
use crate::web::error::Problem;
use crate::web::extract::{Json, Staff};
use crate::web::{WebError, WebResult};

/// What was looked at, and why it is in order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredCheckBody {
    /// Number of the version of the declaration that was looked at.
    #[schema(example = 1)]
    version: Option<i32>,
    /// `outside_window|not_restored|double_recovery`, each once; left out: all that wait for a look.
    #[schema(example = json!(["not_restored"]))]
    flags: Option<Vec<String>>,
    /// One line of 1 to 500 characters; kept in the trail, sealed.
    #[schema(example = "Called her: the mailbox is still down")]
    reason: Option<String>,
}

/// What was found in order.
#[derive(Serialize, ToSchema)]
pub struct DeclaredCheckResponse {
    /// Number of the version of the declaration.
    version: i32,
    /// `outside_window|not_restored|double_recovery`
    flags: Vec<&'static str>,
}

/// Reads what was looked at, and why it is in order.
///
/// # Errors
/// `Invalid` at `/version`, `/flags`, `/reason`.
pub fn looked(
    version: Option<i32>,
    flags: Option<&[String]>,
    reason: Option<&str>,
) -> AppResult<Looked> {
    let mut errors = FieldErrors::new();
    let missing = ValueError::new(FieldCode::Required, "error-version-required");
    let version = errors.take("/version", version.ok_or(missing));
    let flags = errors.take("/flags", flags.map(known).transpose());
    let reason = errors.take("/reason", Reason::parse(reason));
    match (version, flags, reason) {
        (Some(version), Some(flags), Some(reason)) => Ok(Looked {
            version,
            flags,
            reason,
        }),
        _ => Err(errors.into()),
    }
}

/// Flags that are looked at, each once.
fn known(words: &[String]) -> Result<Vec<DeclarationFlag>, ValueError> {
    if words.is_empty() {
        return Err(ValueError::new(FieldCode::Required, "error-flags-required"));
    }
    let of = |word: &String| {
        let flag = DeclarationFlag::parse(word);
        flag.filter(|flag| DeclarationFlag::TO_CHECK.contains(flag))
    };
    let named: Option<Vec<DeclarationFlag>> = words.iter().map(of).collect();
    let unknown = ValueError::new(FieldCode::UnknownValue, "error-unknown-value");
    let named = named.ok_or(unknown)?;
    let mut flags = DeclarationFlag::TO_CHECK.to_vec();
    flags.retain(|flag| named.contains(flag));
    Ok(flags)
}

/// `POST /api/v1/staff/claimants/{id}/declared-check`
#[utoipa::path(
    post,
    path = "/api/v1/staff/claimants/{id}/declared-check",
    operation_id = "check_declared",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    request_body = DeclaredCheckBody,
    responses(
        (status = 200, body = DeclaredCheckResponse, description = "Off the lists `not_restored`, `double_recovery` and `outside_window` as far as these flags were looked at, until another version is declared; the flags themselves stay, in the record, filters and exports"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "One of the flags does not wait for a look, another version was declared meanwhile, or the record is over"),
        (status = 422, body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn check(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
    body: Json<DeclaredCheckBody>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(WebError::App(AppError::NotFound))?;
    let body = body.0;
    let looked = looked(body.version, body.flags.as_deref(), body.reason.as_deref())?;
    let (ctx, version) = (state.ctx.clone(), looked.version);
    let acting = async move { declared_check::check(&ctx, &staff.actor, id, &looked).await };
    let found = state.ctx.to_end(acting).await?;
    Ok(HttpResponse::Ok().json(DeclaredCheckResponse {
        version,
        flags: found.into_iter().map(DeclarationFlag::as_str).collect(),
    }))
}
