//! The pages that may stand in a frame: those under `/embed/`, and these only in pages of the partner that the
//! address names (decision 36). Whatever is answered there carries the policy, so that a refusal is seen in the frame
//! too. No cookie is read or set there.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, web};

use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract;
use crate::web::middleware::headers::policy;
use crate::web::public::embed::EmbedQuery;

/// The policy of an answer.
struct Policy(HeaderValue);

/// Whether what is under this path may stand in a frame.
pub fn is_framed(path: &str) -> bool {
    path.starts_with("/embed/")
}

/// Finds out whose pages may show what is asked for.
///
/// # Errors
/// As the handler.
pub async fn name_ancestors<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let ancestors = ancestors(request.request()).await.unwrap_or_default();
    let ancestors = match ancestors.as_slice() {
        [] => "'none'".to_owned(),
        some => some.join(" "),
    };
    let policy = policy(Some("'self'"), &ancestors);
    request.extensions_mut().insert(Policy(policy));
    next.call(request).await
}

async fn ancestors(request: &HttpRequest) -> WebResult<Vec<String>> {
    let ctx = &extract::state(request)?.ctx;
    let query = web::Query::<EmbedQuery>::from_query(request.query_string());
    let query = query.map_err(|_| WebError::Malformed)?;
    let slug = request.match_info().get("slug").unwrap_or_default();
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.public_case(slug)?;
    let (association, via) = query.named(&case)?;
    let via = via.unwrap_or_default();
    Ok(directory.framing(association.id, &via).to_vec())
}

/// Says on an answer whose pages may show it, if any may.
pub(super) fn tell(request: &HttpRequest, headers: &mut HeaderMap) {
    if let Some(Policy(policy)) = request.extensions().get::<Policy>() {
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    }
}
