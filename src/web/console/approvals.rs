//! `/console/approvals`: what waits for a second person.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::approval::{self, Approval};
use crate::domain::approval::ApprovalKind;
use crate::render::page::console::approval::{ApprovalLine, ApprovalsPage};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::api::staff::approvals::place;
use crate::web::console::{inside, page};
use crate::web::extract::{Lang, Staff};

/// `GET /console/approvals`
pub async fn list(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let waiting = approval::list(&state.ctx, &staff.actor).await?;
    let shown = ApprovalsPage {
        console: inside(&state, language, &request, &staff).await?,
        more: waiting.more,
        to_decide: lines(waiting.to_decide),
        own: lines(waiting.own),
    };
    page(StatusCode::OK, &shown)
}

/// As a page lists them.
pub(super) fn lines(approvals: Vec<Approval>) -> Vec<ApprovalLine> {
    approvals.into_iter().map(line).collect()
}

fn line(approval: Approval) -> ApprovalLine {
    let family = match approval.kind {
        ApprovalKind::Bulk => "bulk-kind",
        ApprovalKind::CaseVersion
        | ApprovalKind::Export
        | ApprovalKind::Paper
        | ApprovalKind::Keeper
        | ApprovalKind::Payout
        | ApprovalKind::Contact => "export-format",
    };
    ApprovalLine {
        href: place(&approval),
        kind: approval.kind.as_str(),
        form: approval.form.map(|form| (family, form)),
        about: approval.about,
        case: approval.case.map(|(_, title)| title),
        asked_by: approval.asked_by.map(|(_, name)| name),
        since: approval.since,
        until: approval.until,
        records: approval.records.and_then(|it| u64::try_from(it).ok()),
        nobody_decides: approval.deciders == 0,
    }
}
