//! `/verify`: is a mail one of ours? (R14)

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::{AppError, mail_code};
use crate::render::page::Errors;
use crate::render::page::verify::{VerifiedMail, VerifyPage};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::public::visit::{Visit, html};

/// Longest code that is looked up, in characters.
const LONGEST_CODE: usize = 40;

/// The code of a mail.
#[derive(Deserialize)]
pub struct VerifyQuery {
    #[serde(default)]
    code: String,
}

/// `GET /verify?code=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<VerifyQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let code: String = query.code.trim().chars().take(LONGEST_CODE).collect();
    let mail = match mail_code::check(visit.ctx(), &code).await {
        Ok(mail) => Some(VerifiedMail {
            association: mail.association.map(|(_, name)| name),
            kind: mail.kind,
            sent_on: mail.sent_on,
        }),
        Err(AppError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    html(&VerifyPage {
        chrome: visit.chrome(),
        unknown: mail.is_none() && !code.is_empty(),
        code,
        mail,
        errors: Errors::default(),
    })
}
