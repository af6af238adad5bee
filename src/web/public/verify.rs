//! `/verify`: is a mail one of ours (R14), and what does a receipt prove?

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::receipt_check::{self, Report};
use crate::app::{AppError, mail_code, seal};
use crate::domain::reference::Reference;
use crate::render::page::verify::{CheckedReceipt, CheckedSeal, VerifiedMail, VerifyPage};
use crate::render::page::{Errors, FieldError};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::upload::Upload;
use crate::web::public::visit::{Visit, html, html_with};

/// Longest code that is looked up, in characters.
const LONGEST_CODE: usize = 40;

/// The code of a mail.
#[derive(Deserialize)]
pub struct VerifyQuery {
    #[serde(default)]
    code: Option<String>,
}

/// `GET /verify?code=`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<VerifyQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let code = query.code.as_deref().map(str::trim);
    let wrong = code.and_then(|code| match Reference::parse(code) {
        None if code.is_empty() => Some("error-mail-code-required"),
        None => Some("error-mail-code-format"),
        Some(_) => None,
    });
    let code = code.unwrap_or_default();
    let code: String = code.chars().take(LONGEST_CODE).collect();
    let mail = match mail_code::check(visit.ctx(), &code).await {
        Ok(mail) => Some(VerifiedMail {
            association: mail.association.map(|(_, name)| name),
            kind: mail.kind,
            sent_on: mail.sent_on,
        }),
        Err(AppError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let wrong = wrong.map(|reason| FieldError {
        about: None,
        pointer: "/mail_code".to_owned(),
        reason,
    });
    let page = VerifyPage {
        chrome: visit.chrome(),
        unknown: mail.is_none() && wrong.is_none() && !code.is_empty(),
        code,
        mail,
        receipt: None,
        seal: None,
        errors: Errors(wrong.into_iter().collect()),
    };
    html_with(status, &page)
}

/// `POST /verify`: the receipt or the PDF is read, told about and forgotten.
pub async fn check(visit: Visit, file: Upload) -> WebResult<HttpResponse> {
    let (receipt, seal) = if seal::is_pdf(&file.0) {
        let report = seal::check_here(visit.ctx(), file.0).await?;
        (None, Some(shown_seal(report)))
    } else {
        let report = receipt_check::check_here(visit.ctx(), file.0).await?;
        (Some(shown(report)), None)
    };
    html(&VerifyPage {
        chrome: visit.chrome(),
        unknown: false,
        code: String::new(),
        mail: None,
        receipt,
        seal,
        errors: Errors::default(),
    })
}

fn shown_seal(report: seal::Report) -> CheckedSeal {
    CheckedSeal {
        verdict: report.verdict.as_str(),
        document_sha256: report.document_sha256,
        holders: report.holders,
    }
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
