//! Lists and signed documents that leave the house, each in the register of exports with who, why, how many
//! rows and which hash (R58).
//!
//! The masked list is streamed as CSV while it is made (`direct`). Everything else is asked for with what it is
//! for, approved by a second person where it is in clear (`decision`), made by a worker from a frozen list
//! (`job`, `plan`), kept sealed (`shelf`) and fetched once by who asked for it (`taking`). The trail comes
//! first: the ids of a batch stand in it, sealed, before anything of it is written. What was signed is held
//! against its evidence on the way (R38).

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::approval;
use crate::app::claimant_list::{self, Filter, OwnCase, selection};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::idempotency::{self, Kept};
use crate::app::staff::{self, StaffActor};
use crate::crypto::token;
use crate::db::claimant_list::{self as claimants, Selection};
use crate::db::export::{self, ExportFileRow, ExportRow};
use crate::db::{Conn, DbError};
use crate::domain::approval::ApprovalKind;
use crate::domain::claimant::{ClaimantState, Queue};
use crate::domain::declaration::DeclarationFlag;
use crate::domain::export::{Columns, ExportState, Format, KEPT_DAYS};
use crate::domain::ids::{AssociationId, CaseId, ExportId};
use crate::domain::narrowing::{Narrowing, Words};
use crate::domain::page_length::MAX_LIMIT;
use crate::domain::permission::operation;
use crate::domain::readiness::{Letter, SignatureInForce};
use crate::domain::reason::Reason;
use crate::render::csv::Dialect;

mod cipher;
mod decision;
mod direct;
mod documents;
mod dossier;
mod job;
mod keeping;
mod line;
mod list;
mod outlet;
mod plan;
mod reader;
mod repeat;
mod reviewed;
mod run;
mod shelf;
mod taking;
mod trace;

pub use cipher::is_recipient;
pub use decision::{approve, cancel, reject};
pub use direct::{Produced, masked_csv};
pub use job::{Job, Lane, Step};
pub use keeping::fail_abandoned;
pub(in crate::app) use keeping::sweep;
pub use repeat::repeat;
pub use reviewed::counts;
pub use taking::{Fetched, asker_role, content};

/// A streamed list that does not go on is given up after that.
const ABANDONED: TimeDelta = TimeDelta::hours(6);

/// Keys an export can be encrypted to.
pub const MOST_RECIPIENTS: usize = 10;

/// States that appear in lists: who withdrew, was rejected, is a duplicate or restricted never
/// does (R50).
pub const LISTED: [ClaimantState; 6] = [
    ClaimantState::Unconfirmed,
    ClaimantState::ToAssist,
    ClaimantState::Confirmed,
    ClaimantState::Signed,
    ClaimantState::ResignRequired,
    ClaimantState::Lodged,
];

/// An export to ask for.
#[derive(Debug)]
pub struct NewExport {
    /// Slug of the case.
    pub case: String,
    /// List or documents.
    pub format: Format,
    /// Which columns a list has.
    pub columns: Columns,
    /// How a CSV is written.
    pub dialect: Dialect,
    /// Public keys (age) that it is encrypted to; none: it is not. Checked by [`is_recipient`].
    pub recipients: Vec<String>,
    /// Which claimants. A search is not taken: it names people, and the register names nobody.
    pub filter: Filter,
    /// In clear, instead of masked; documents always are.
    pub clear: bool,
    /// Also records under review, marked, where it is made to be filed.
    pub includes_reviewed: bool,
    /// What for.
    pub purpose: Reason,
    /// 1 to 128 visible ASCII characters; with it a repeated request asks once.
    pub idempotency_key: Option<String>,
}

/// How an export stands.
#[derive(Clone, Debug)]
pub struct ExportStatus {
    /// The export.
    pub id: ExportId,
    /// Slug of its case; empty if the association left the case.
    pub case: String,
    /// What it is.
    pub format: Format,
    /// Whether it is in clear.
    pub clear: bool,
    /// Which columns a list has.
    pub columns: Columns,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// What for.
    pub purpose: String,
    /// What was asked for: words and letters, none that names anybody.
    pub filter: Value,
    /// What became of records under review, if it was made to be filed.
    pub reviewed: Option<Reviewed>,
    /// State.
    pub state: ExportState,
    /// Who asked for it: id and name.
    pub asked_by: (Uuid, String),
    /// Who approved or refused it, if somebody did, and when, UTC.
    pub decided_by: Option<(Uuid, String, DateTime<Utc>)>,
    /// Why it was refused.
    pub refused_because: Option<String>,
    /// Claimants written so far; all of them once ready.
    pub rows: Option<i64>,
    /// Claimants it is about: as counted when a second person was asked, then as its making began.
    pub rows_total: Option<i64>,
    /// SHA-256: of a CSV all bytes before its last line, of a dossier its manifest, else the whole file.
    pub sha256: Option<Vec<u8>>,
    /// Its files, by number.
    pub files: Vec<ExportFile>,
    /// When it was asked for, UTC.
    pub created_at: DateTime<Utc>,
    /// The moment it shows, UTC.
    pub snapshot_at: Option<DateTime<Utc>>,
    /// When it ended, UTC.
    pub finished_at: Option<DateTime<Utc>>,
    /// Until when it can be decided about or fetched, UTC.
    pub expires_at: Option<DateTime<Utc>>,
    /// When the last file had been fetched, UTC.
    pub fetched_at: Option<DateTime<Utc>>,
    /// Whether it was streamed while it was made: nothing is left of it.
    pub streamed: bool,
}

/// Records under review, in an export that is made to be filed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reviewed {
    /// So many were left out.
    LeftOut(i64),
    /// They were asked for and are marked.
    Included,
}

/// How many records an export would hold, by what is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// On a list.
    pub listed: i64,
    /// Those of them under review.
    pub listed_reviewed: i64,
    /// With a signature in force.
    pub signed: i64,
    /// Those of them under review.
    pub signed_reviewed: i64,
}

/// A file of an export.
#[derive(Clone, Debug)]
pub struct ExportFile {
    /// From 1.
    pub number: i32,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// When it had been fetched, UTC.
    pub fetched_at: Option<DateTime<Utc>>,
}

/// A part of the register.
#[derive(Debug)]
pub struct Register {
    /// Newest first.
    pub items: Vec<ExportStatus>,
    /// On the first part, those that wait for the second person, oldest first.
    pub waiting: Vec<ExportStatus>,
    /// Where the next part begins; `None` on the last.
    pub next: Option<ExportId>,
}

/// Asks for a list or documents, with what they are for; needs a fresh second factor. In clear they wait for
/// a second person (R58), who is told by mail, else for a worker. Audited as `export_requested`. Asked for again
/// under the same key within 24 h, it is the first one, as it stands now.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for a case of others; `IdempotencyMismatch`,
/// `IdempotencyRunning`.
pub async fn request(ctx: &Ctx, actor: &StaffActor, new: NewExport) -> AppResult<ExportStatus> {
    actor.require(&operation::EXPORT)?;
    let own = claimant_list::own_case(ctx, actor, &new.case).await?;
    let mut row = asked_for(ctx, actor, own.case.id, &new);
    let id = ExportId::new(row.id);
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    if let Some(before) = asked_before(ctx, &mut tx, actor, &row, &new).await? {
        return read_status(ctx, &mut tx, actor, before).await;
    }
    // who decides sees about how many it is; the making counts anew
    let leaves = reviewed::are_left_out(&row.filter);
    let wanted = (new.format, leaves);
    let selection = chosen(ctx, actor.association_id(), &own, &new.filter, wanted);
    if row.state == ExportState::AwaitingApproval.as_str() {
        row.row_total = Some(claimants::count(&mut tx, scope, &selection).await?);
    }
    reviewed::count(&mut tx, scope, &selection, &mut row.filter).await?;
    export::insert(&mut tx, scope, &row).await?;
    let mut deed = actor.deed(row.id, "export_requested");
    deed.detail = trace::described(&row);
    deed.note = Some(row.purpose.as_bytes());
    deed.write(ctx, &mut tx, scope).await?;
    if row.state == ExportState::AwaitingApproval.as_str() {
        let told = (actor.association_id(), own.case.id, ApprovalKind::Export);
        approval::tell(ctx, &mut tx, scope, told, Some(actor.staff_id())).await?;
    }
    let status = read_status(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// How an export of the own association stands.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none of the association's.
pub async fn status(ctx: &Ctx, actor: &StaffActor, id: ExportId) -> AppResult<ExportStatus> {
    actor.require(&operation::GET_EXPORT)?;
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let status = read_status(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// The register of exports of the own association in a case, newest first, from before `cursor`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    cursor: Option<ExportId>,
    limit: u16,
) -> AppResult<Register> {
    actor.require(&operation::LIST_EXPORTS)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let (scope, association) = (actor.scope(), actor.association_id());
    let mut tx = ctx.pools.begin(scope).await?;
    let wanted = i64::from(limit) + 1;
    let mut rows = export::list(&mut tx, scope, association, own.case.id, cursor, wanted).await?;
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows
        .last()
        .filter(|_| more)
        .map(|row| ExportId::new(row.id));
    let items = statuses(ctx, &mut tx, actor, rows).await?;
    let waiting = if cursor.is_none() {
        // many lists may have been streamed since
        let rows = export::list_waiting(&mut tx, scope, association, own.case.id).await?;
        statuses(ctx, &mut tx, actor, rows).await?
    } else {
        Vec::new()
    };
    tx.commit().await?;
    Ok(Register {
        items,
        waiting,
        next,
    })
}

async fn read_status(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    id: ExportId,
) -> AppResult<ExportStatus> {
    let row = export::get(conn, actor.scope(), actor.association_id(), id).await?;
    let mut told = statuses(ctx, conn, actor, vec![row]).await?;
    told.pop().ok_or(AppError::NotFound)
}

/// Rows of the register, with names and files.
async fn statuses(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    rows: Vec<ExportRow>,
) -> AppResult<Vec<ExportStatus>> {
    let (scope, association) = (actor.scope(), actor.association_id());
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut files: HashMap<Uuid, Vec<ExportFileRow>> = HashMap::new();
    for file in export::list_files(conn, scope, association, &ids).await? {
        files.entry(file.export_id).or_default().push(file);
    }
    let mut people: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [Some(row.requested_by), row.decided_by])
        .flatten()
        .collect();
    people.sort_unstable();
    people.dedup();
    let names = staff::names(ctx, conn, scope, &people).await?;
    let cases = claimant_list::cases(ctx, actor).await?;
    let slugs: HashMap<Uuid, &str> = cases
        .iter()
        .map(|own| (own.case.id.uuid(), own.case.slug.as_str()))
        .collect();
    let told = rows.into_iter().map(|row| {
        let files = files.remove(&row.id).unwrap_or_default();
        let slug = slugs.get(&row.case_id).copied().unwrap_or_default();
        status_of(row, slug, files, &names)
    });
    told.collect()
}

fn status_of(
    row: ExportRow,
    slug: &str,
    files: Vec<ExportFileRow>,
    names: &HashMap<Uuid, String>,
) -> AppResult<ExportStatus> {
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    let streamed = row.is_streamed();
    Ok(ExportStatus {
        id: ExportId::new(row.id),
        case: slug.to_owned(),
        format: Format::parse(&row.format).ok_or(DbError::Corrupt("exports.format"))?,
        clear: row.clear,
        columns: Columns::parse(&row.column_set).ok_or(DbError::Corrupt("exports.column_set"))?,
        encrypted: !row.recipients.is_empty(),
        purpose: row.purpose,
        reviewed: reviewed::told(&row.filter),
        filter: row.filter,
        state: ExportState::parse(&row.state).ok_or(DbError::Corrupt("exports.state"))?,
        asked_by: (row.requested_by, name(row.requested_by)),
        decided_by: row
            .decided_by
            .zip(row.decided_at)
            .map(|(who, at)| (who, name(who), at)),
        refused_because: row.decision_note,
        rows: row.row_count,
        rows_total: row.row_total,
        sha256: row.sha256,
        files: files
            .into_iter()
            .map(|file| ExportFile {
                number: file.number,
                name: file.name,
                size: file.size,
                sha256: file.sha256,
                fetched_at: file.fetched_at,
            })
            .collect(),
        created_at: row.created_at,
        snapshot_at: row.snapshot_at,
        finished_at: row.finished_at,
        expires_at: row.expires_at,
        fetched_at: row.fetched_at,
        streamed,
    })
}

/// What the register keeps of a filter: nothing that names anybody.
pub fn noted(filter: &Filter) -> Value {
    let mut noted = json!({
        "state": filter.state.map(ClaimantState::as_str),
        "missing": filter.missing.map(Letter::as_char),
        "flag": filter.flag.map(DeclarationFlag::as_str),
        "queue": filter.queue.map(Queue::as_str),
    });
    if let Some(fields) = noted
        .as_object_mut()
        .filter(|_| filter.narrowing != Narrowing::default())
    {
        fields.insert("active".to_owned(), json!(filter.narrowing.active));
        fields.insert("narrowing".to_owned(), json!(filter.narrowing.words()));
    }
    noted
}

/// Reads what [`noted`] wrote.
fn filter_of(noted: &Value) -> Filter {
    let word = |name: &str| noted.get(name).and_then(Value::as_str);
    Filter {
        state: word("state").and_then(ClaimantState::parse),
        missing: word("missing").and_then(Letter::parse),
        flag: word("flag").and_then(DeclarationFlag::parse),
        queue: word("queue").and_then(Queue::parse),
        narrowing: narrowing_of(noted),
        search: None,
    }
}

fn narrowing_of(noted: &Value) -> Narrowing {
    let words = noted.get("narrowing").cloned().unwrap_or_default();
    let words: Words = serde_json::from_value(words).unwrap_or_default();
    let active = noted
        .get("active")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    Narrowing::parse(&words, active, Uuid::nil()).unwrap_or_default()
}

/// Keeps the export under its key; gives the one that is there already.
async fn asked_before(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    row: &ExportRow,
    new: &NewExport,
) -> AppResult<Option<ExportId>> {
    let Some(key) = &new.idempotency_key else {
        return Ok(None);
    };
    let now = ctx.clock.now();
    let (association, staff) = (actor.association_id(), actor.staff_id());
    let place = format!("export|{association}|{staff}|{key}");
    let asked = (trace::described(row), &row.purpose, &row.dialect);
    let kept = Kept::under(ctx, &place, &asked)?;
    if idempotency::keep(conn, &kept.row(202, &row.id, now)?, now).await? {
        return Ok(None);
    }
    let before = idempotency::find::<Uuid>(conn, &kept, now).await?;
    let before = before.ok_or(AppError::IdempotencyRunning)?;
    Ok(Some(ExportId::new(before)))
}

/// The rows of an export: those of the filter that lists may hold (R50); of documents those whose
/// signature is in force (R39).
fn chosen(
    ctx: &Ctx,
    association: AssociationId,
    own: &OwnCase,
    filter: &Filter,
    (format, leaves_reviewed): (Format, bool),
) -> Selection {
    let is_in_it = |state: ClaimantState| format.is_list() || SignatureInForce::of(state).is_some();
    let states: Vec<&'static str> = LISTED
        .into_iter()
        .filter(|state| filter.state.is_none_or(|wanted| wanted == *state))
        .filter(|state| is_in_it(*state))
        .map(ClaimantState::as_str)
        .collect();
    let nobody = states.is_empty();
    let mut selection = selection(ctx, association, own, filter, states);
    // what is only kept leaves in no list, whatever was asked for (R61)
    selection.leaves_restricted = true;
    selection.leaves_reviewed = leaves_reviewed;
    if nobody {
        selection.hashes = Some(Vec::new());
    }
    selection
}

/// The row of what was asked for.
fn asked_for(ctx: &Ctx, actor: &StaffActor, case: CaseId, new: &NewExport) -> ExportRow {
    let clear = new.clear || !new.format.is_list();
    let mut recipients = new.recipients.clone();
    recipients.sort();
    recipients.dedup();
    let (state, expires_at) = if clear {
        let end = ctx.clock.now() + TimeDelta::days(KEPT_DAYS);
        (ExportState::AwaitingApproval, Some(end))
    } else {
        (ExportState::Queued, None)
    };
    let columns = if new.format.is_list() {
        new.columns
    } else {
        Columns::Full
    };
    let mut filter = noted(&new.filter);
    if new.format.is_for_court(columns) {
        reviewed::note(&mut filter, new.includes_reviewed);
    }
    ExportRow {
        format: new.format.as_str().to_owned(),
        clear,
        purpose: new.purpose.as_str().to_owned(),
        state: state.as_str().to_owned(),
        expires_at,
        column_set: columns.as_str().to_owned(),
        dialect: new.dialect.as_str().to_owned(),
        recipients,
        ..new_row(ctx, actor, case, filter)
    }
}

fn new_row(ctx: &Ctx, actor: &StaffActor, case: CaseId, filter: Value) -> ExportRow {
    let now = ctx.clock.now();
    ExportRow {
        id: token::new_id(now),
        association_id: actor.association_id().uuid(),
        case_id: case.uuid(),
        requested_by: actor.staff_id().uuid(),
        format: Format::Csv.as_str().to_owned(),
        clear: false,
        purpose: String::new(),
        filter,
        state: ExportState::Queued.as_str().to_owned(),
        row_count: None,
        sha256: None,
        created_at: now,
        finished_at: None,
        progressed_at: None,
        column_set: Columns::Full.as_str().to_owned(),
        dialect: Dialect::Excel.as_str().to_owned(),
        recipients: Vec::new(),
        decided_by: None,
        decided_at: None,
        decision_note: None,
        row_total: None,
        snapshot_at: None,
        attempts: 0,
        key_wrapped: None,
        key_version: None,
        expires_at: None,
        fetched_at: None,
        swept_at: None,
    }
}
