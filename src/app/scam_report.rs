//! Reports of swindlers who pose as an association (DOMAIN 6.5, R13): told by anybody, worked off by staff.
//!
//! Each association that is told gets a row of its own, sealed under a data key of its own: one of them may
//! be done with it while another is not, and none sees what another wrote.

use chrono::{DateTime, SubsecRound, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::day_cap::{self, DayCap};
use crate::app::directory::{AssociationEntry, CaseEntry};
use crate::app::error::{AppError, AppResult};
use crate::app::idempotency::{self, Kept};
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::Scope;
use crate::db::key::ClaimantKeyRow;
use crate::db::scam_report::{self as db, ScamReportRow};
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::permission::operation;
use crate::domain::scam_report::{ScamReport, ScamReportInput, ScamStory, note};

const SCOPE: Scope = Scope::System("reports of swindlers, before the tenant is known");
const TABLE: &str = "scam_reports";

/// Reports of a case in 24 hours, from all networks together: what comes beyond it is a flood.
pub const MOST_A_DAY: i64 = 500;
/// Open reports are counted up to this.
pub const COUNTED: i64 = 200;

/// A report, and to whom it goes.
pub struct ReportRequest {
    /// Slug of the case.
    pub case: Option<String>,
    /// Slug of the association; none: every association of the case.
    pub association: Option<String>,
    /// What was typed.
    pub input: ScamReportInput,
    /// One report comes of one key.
    pub idempotency_key: Option<String>,
}

/// A report in a list: without what was told.
#[derive(Clone, Debug)]
pub struct ReportLine {
    /// The report.
    pub id: Uuid,
    /// Slug and title of its case.
    pub case: (String, String),
    /// Word of what was asked for.
    pub asked_for: String,
    /// When it came, UTC.
    pub received_at: DateTime<Utc>,
    /// When staff were done with it, UTC.
    pub handled_at: Option<DateTime<Utc>>,
}

/// A page of reports.
#[derive(Debug)]
pub struct ReportPage {
    /// The reports.
    pub items: Vec<ReportLine>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A report with what was told.
#[derive(Debug)]
pub struct OpenReport {
    /// As in lists.
    pub line: ReportLine,
    /// What was told.
    pub told: ScamStory,
    /// Who was done with it, and what was done.
    pub handled: Option<(Uuid, String)>,
}

/// Which reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// Those nobody has handled, oldest first.
    Open,
    /// All, newest first.
    All,
}

/// Takes a report from anybody; to whom it went.
///
/// *effects*: a row for each association told; `rate_buckets`, `idempotency_keys`. No mail, no audit: nobody
/// is known who did it, and the row itself says when it came.
///
/// # Errors
/// `Invalid` with pointers into the request (`/case`, `/association`, as [`ScamReport::parse`]);
/// `RateLimited` beyond [`MOST_A_DAY`]; `IdempotencyMismatch`.
pub async fn report(ctx: &Ctx, request: ReportRequest) -> AppResult<usize> {
    let directory = ctx.directories.get(ctx).await?;
    let mut errors = FieldErrors::new();
    let case = filled(request.case.as_deref()).and_then(|slug| directory.public_case(slug).ok());
    if case.is_none() {
        let code = match filled(request.case.as_deref()) {
            Some(_) => (FieldCode::UnknownValue, "error-case-unknown"),
            None => (FieldCode::Required, "error-scam-who-required"),
        };
        errors.push("/case", code.0, code.1);
    }
    let told = case
        .as_ref()
        .map(|case| told_to(case, request.association.as_deref()));
    if told.as_ref().is_some_and(Vec::is_empty) {
        errors.push(
            "/association",
            FieldCode::UnknownValue,
            "error-association-unknown",
        );
    }
    let report = match ScamReport::parse(&request.input) {
        Ok(report) => Some(report),
        Err(wrong) => {
            errors.append(wrong);
            None
        }
    };
    let (Some(case), Some(told), Some(report)) = (case, told, report) else {
        return Err(AppError::Invalid(errors));
    };
    let told = errors.into_result(told)?;
    write(ctx, &case, &told, &report, &request).await
}

/// The associations told: the one named, or all of the case.
fn told_to(case: &CaseEntry, association: Option<&str>) -> Vec<AssociationId> {
    let named = filled(association);
    let is_meant = |entry: &&AssociationEntry| named.is_none_or(|slug| entry.slug == slug);
    let meant = case.associations.iter().filter(is_meant);
    meant.map(|entry| entry.id).collect()
}

async fn write(
    ctx: &Ctx,
    case: &CaseEntry,
    told: &[AssociationId],
    report: &ScamReport,
    request: &ReportRequest,
) -> AppResult<usize> {
    let now = ctx.clock.now();
    let mut rows = Vec::with_capacity(told.len());
    for association in told {
        let id = token::new_id(now);
        let (vault, version, wrapped) =
            Vault::create(ctx, *association, ClaimantId::new(id)).await?;
        rows.push(ScamReportRow {
            id,
            association_id: association.uuid(),
            case_id: case.id.uuid(),
            asked_for: report.asked_for.as_str().to_owned(),
            received_at: now,
            association_key_version: version,
            wrapped,
            report_sealed: vault.seal(TABLE, "report_sealed", &report.told)?,
            handled_at: None,
            handled_by: None,
            note_sealed: None,
        });
    }
    let mut tx = ctx.pools.begin(SCOPE).await?;
    if let Some(key) = &request.idempotency_key {
        let place = format!("report_scam|{}|{key}", case.slug);
        let kept = Kept::under(ctx, &place, &(&request.association, &request.input))?;
        if !idempotency::keep(&mut tx, &kept.row(201, &told.len(), now)?, now).await? {
            let before = idempotency::find::<usize>(&mut tx, &kept, now).await?;
            return before.ok_or(AppError::IdempotencyRunning);
        }
    }
    let cap = DayCap {
        purpose: "scam_reports_cap",
        whose: case.id,
        limit: MOST_A_DAY,
    };
    day_cap::require(ctx, &mut tx, SCOPE, cap).await?;
    db::insert(&mut tx, SCOPE, &rows).await?;
    tx.commit().await?;
    Ok(told.len())
}

/// Reports to the own association, without what was told.
///
/// # Errors
/// `Forbidden`.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    which: Which,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> AppResult<ReportPage> {
    actor.require(&operation::LIST_SCAM_REPORTS)?;
    let (scope, own) = (actor.scope(), actor.association_id());
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let mut rows = match which {
        Which::Open => db::list_open(&mut tx, scope, own, place, limit + 1).await?,
        Which::All => db::list(&mut tx, scope, own, place, limit + 1).await?,
    };
    tx.commit().await?;
    let size = usize::try_from(limit).map_err(AppError::internal)?;
    let is_more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| is_more).map(write_cursor);
    let case = |id: Uuid| {
        let cases = directory.public_cases();
        let found = cases.into_iter().find(|case| case.id.uuid() == id);
        found.map_or_else(Default::default, |case| {
            (case.slug.clone(), case.title.clone())
        })
    };
    let items = rows.iter().map(|row| line(row, case(row.case_id)));
    Ok(ReportPage {
        items: items.collect(),
        next,
    })
}

/// How many reports to the own association nobody has handled, counted up to [`COUNTED`].
///
/// # Errors
/// `Forbidden`.
pub async fn count_open(ctx: &Ctx, actor: &StaffActor) -> AppResult<usize> {
    let open = list(ctx, actor, Which::Open, None, COUNTED).await?;
    Ok(open.items.len())
}

/// One report with what was told.
///
/// *effects*: audit `view_scam_report`.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of another association.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<OpenReport> {
    actor.require(&operation::GET_SCAM_REPORT)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find(&mut tx, scope, actor.association_id(), id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let deed = actor.deed(id, "view_scam_report");
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    let vault = vault(ctx, &row).await?;
    let told = vault.unseal(TABLE, "report_sealed", row.report_sealed.clone())?;
    let note = row.note_sealed.clone();
    let note = note.map(|sealed| vault.unseal::<String>(TABLE, "note_sealed", sealed));
    let directory = ctx.directories.get(ctx).await?;
    let mut cases = directory.public_cases();
    let case = cases.find(|case| case.id.uuid() == row.case_id);
    let case = case.map_or_else(Default::default, |case| {
        (case.slug.clone(), case.title.clone())
    });
    Ok(OpenReport {
        line: line(&row, case),
        told,
        handled: row.handled_by.zip(note.transpose()?),
    })
}

/// Notes that staff are done with a report, and what they did.
///
/// *effects*: the note sealed; audit `handle_scam_report`.
///
/// # Errors
/// `Forbidden`; `Invalid` at `/note`; `NotFound`; `IllegalTransition` if somebody was done with it before.
pub async fn handle(ctx: &Ctx, actor: &StaffActor, id: Uuid, typed: Option<&str>) -> AppResult<()> {
    actor.require(&operation::HANDLE_SCAM_REPORT)?;
    let mut errors = FieldErrors::new();
    let note = errors.take("/note", note(typed));
    let note = errors.into_result(note)?.unwrap_or_default();
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find(&mut tx, scope, actor.association_id(), id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let sealed = vault(ctx, &row).await?.seal(TABLE, "note_sealed", &note)?;
    let by = (ctx.clock.now(), actor.staff_id().uuid());
    if !db::mark_handled(&mut tx, scope, id, by, sealed).await? {
        return Err(AppError::IllegalTransition("handled"));
    }
    let mut deed = actor.deed(id, "handle_scam_report");
    deed.detail = json!({ "asked_for": row.asked_for });
    deed.write(ctx, &mut tx, scope).await?;
    Ok(tx.commit().await?)
}

/// Deletes reports kept longer than the rule says, up to its cap; gives their number.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn delete_due(ctx: &Ctx, days: i64, cap: usize) -> AppResult<usize> {
    let scope = Scope::System("reports of swindlers kept long enough");
    let before = ctx.clock.now() - chrono::Duration::days(days);
    let cap = i64::try_from(cap).map_err(AppError::internal)?;
    let mut tx = ctx.pools.begin(scope).await?;
    let gone = db::delete_before(&mut tx, scope, before, cap).await?;
    tx.commit().await?;
    Ok(gone)
}

/// Reads where a page of a list begins; `None` for anything else.
pub fn read_cursor(text: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (micros, id) = text.split_once('|')?;
    let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    Some((at, Uuid::try_parse(id).ok()?))
}

fn write_cursor(row: &ScamReportRow) -> String {
    let at = row.received_at.trunc_subsecs(6).timestamp_micros();
    BASE64URL_NOPAD.encode(format!("{at}|{}", row.id).as_bytes())
}

fn line(row: &ScamReportRow, case: (String, String)) -> ReportLine {
    ReportLine {
        id: row.id,
        case,
        asked_for: row.asked_for.clone(),
        received_at: row.received_at,
        handled_at: row.handled_at,
    }
}

/// The data key of a report: as a claimant's, under the report's id.
async fn vault(ctx: &Ctx, row: &ScamReportRow) -> AppResult<Vault> {
    let key = ClaimantKeyRow {
        claimant_id: row.id,
        association_id: row.association_id,
        key_version: 1,
        association_key_version: row.association_key_version,
        wrapped: row.wrapped.clone(),
    };
    Vault::from_row(ctx, key).await
}
