//! `/verify`: is a mail one of ours (R14), and what does a receipt prove?

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::receipt_check::{self, Report};
use crate::app::{AppError, mail_code};
use crate::render::page::Errors;
use crate::render::page::verify::{CheckedReceipt, VerifiedMail, VerifyPage};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::upload::Upload;
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
        receipt: None,
        errors: Errors::default(),
    })
}

/// `POST /verify`: the receipt is read, told about and forgotten.
pub async fn check(visit: Visit, receipt: Upload) -> WebResult<HttpResponse> {
    let report = receipt_check::check_here(visit.ctx(), receipt.0).await?;
    html(&VerifyPage {
        chrome: visit.chrome(),
        unknown: false,
        code: String::new(),
        mail: None,
        receipt: Some(shown(report)),
        errors: Errors::default(),
    })
}

fn shown(report: Report) -> CheckedReceipt {
    let parts = report.parts.iter();
    CheckedReceipt {
        verdict: report.verdict.as_str(),
        parts: parts
            .map(|(part, outcome)| (part.as_str(), outcome.as_str()))
            .map(|(part, outcome)| (format!("{part}-{outcome}"), outcome))
            .collect(),
        signer: report.facts.signer,
        signed_at: report.facts.signed_at,
        stamped_at: report.facts.stamped_at,
        document_sha256: report.facts.document_sha256,
        origin: report.facts.origin,
        place: report.facts.index.zip(report.facts.size),
    }
}
