//! Earlier lists of an association: uploaded, tried, imported (S12, decision 26).
//!
//! A file is read once, while it is uploaded (`table`, `workbook`), and kept as rows in sealed parts. Trying and
//! importing are rounds over these parts, made by the worker (`job`): a part, what it writes and its report are
//! one transaction, so a round goes on where it was left. Who is imported has consented to nothing, and is
//! asked when they confirm (`confirmation`).

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::shelf::Shelf;
use crate::app::spool::Spooled;
use crate::app::staff::{self, StaffActor};
use crate::app::vault::Vault;
use crate::blob::IMPORTS;
use crate::db::import::{self, ImportRow};
use crate::db::{Conn, DbError, Scope, Tx};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, ClaimantId, ImportId, StaffId};
use crate::domain::import::{Field, Hints, ImportState, KEPT_DAYS, check_mapping, propose};
use crate::domain::outage::day_in_rome;
use crate::domain::page_length::MAX_LIMIT;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

mod job;
mod keeping;
mod part;
mod parts;
mod report;
mod sample;
mod table;
mod workbook;

pub use job::{Job, Step};
pub(in crate::app) use keeping::sweep;
pub use report::{Line, Report, first_lines, report};
pub use sample::samples;
pub use table::letters;

/// A list to keep and to read.
#[derive(Debug)]
pub struct NewImport {
    /// Slug of the case.
    pub case: String,
    /// Which list it is; names nobody.
    pub source: Reason,
    /// Day until which it was collected.
    pub listed_on: NaiveDate,
    /// The file.
    pub file: Spooled,
}

/// How an import stands.
#[derive(Clone, Debug)]
pub struct ImportStatus {
    /// The import.
    pub id: ImportId,
    /// Slug of its case; empty if the association left the case.
    pub case: String,
    /// Which list it is.
    pub source: String,
    /// Day until which it was collected.
    pub listed_on: NaiveDate,
    /// State.
    pub state: ImportState,
    /// `csv` or `xlsx`.
    pub format: String,
    /// Bytes of the file.
    pub size: i64,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// Headers of its columns; none in the register, and once the rows are deleted.
    pub headers: Vec<String>,
    /// What each column holds.
    pub mapping: Vec<Option<Field>>,
    /// Rows of the list.
    pub rows: i32,
    /// Rows of this round that were worked off.
    pub done: i32,
    /// Rows that made a claimant, or while it is tried would make one.
    pub created: i32,
    /// Rows whose people are here already.
    pub known: i32,
    /// Rows that were refused.
    pub refused: i32,
    /// Word for why it failed.
    pub failure: Option<String>,
    /// Who uploaded it: id and name.
    pub uploaded_by: (Uuid, String),
    /// Who had it imported, and when, UTC.
    pub started: Option<(Uuid, String, DateTime<Utc>)>,
    /// When it was uploaded, UTC.
    pub created_at: DateTime<Utc>,
    /// When it ended, UTC.
    pub finished_at: Option<DateTime<Utc>>,
    /// Until when its rows and its report are kept, UTC.
    pub expires_at: DateTime<Utc>,
    /// Whether rows and report are there.
    pub is_kept: bool,
}

/// A part of the register.
#[derive(Debug)]
pub struct Register {
    /// Newest first.
    pub items: Vec<ImportStatus>,
    /// Where the next part begins; `None` on the last.
    pub next: Option<ImportId>,
}

/// What the list of an association said of somebody.
#[derive(Clone, Debug)]
pub struct ListedHints {
    /// Day until which it was collected.
    pub listed_on: NaiveDate,
    /// What it said beside contact and mailboxes.
    pub hints: Hints,
}

/// Keeps a list and proposes what its columns hold. Audited as `import_uploaded`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others; `Invalid` at `/listed_on`, or at `/file` with the cell that
/// cannot be taken; `IllegalTransition` if the case or the association takes no sign-ups.
#[expect(clippy::too_many_lines, reason = "one line for each column")]
pub async fn upload(ctx: &Ctx, actor: &StaffActor, new: NewImport) -> AppResult<ImportStatus> {
    actor.require(&operation::UPLOAD_IMPORT)?;
    let own = claimant_list::own_case(ctx, actor, &new.case).await?;
    takes_sign_ups(&own)?;
    let now = ctx.clock.now();
    if new.listed_on > day_in_rome(now) {
        let mut errors = FieldErrors::new();
        errors.push("/listed_on", FieldCode::OutOfRange, "error-day-future");
        return Err(errors.into());
    }
    let id = ctx.new_id();
    let (shelf, wrapped, key_version) =
        Shelf::create(ctx, IMPORTS, actor.association_id(), id).await?;
    let (size, sha256) = (new.file.size(), new.file.sha256().to_vec());
    let kept = parts::keep(ctx, &shelf, id, new.file).await?;
    let proposed = propose(&kept.headers);
    let row = ImportRow {
        id,
        association_id: actor.association_id().uuid(),
        case_id: own.case.id.uuid(),
        uploaded_by: actor.staff_id().uuid(),
        state: ImportState::Uploaded.as_str().to_owned(),
        source: new.source.as_str().to_owned(),
        listed_on: new.listed_on,
        format: kept.format.as_str().to_owned(),
        size: i64::try_from(size).map_err(AppError::internal)?,
        sha256,
        mapping: words(&proposed),
        row_total: i32::try_from(kept.rows).map_err(AppError::internal)?,
        batch_total: kept.parts,
        batch_done: 0,
        row_done: 0,
        created_count: 0,
        known_count: 0,
        refused_count: 0,
        attempts: 0,
        failures: 0,
        failure: None,
        key_wrapped: Some(wrapped),
        key_version,
        created_at: now,
        started_by: None,
        started_at: None,
        finished_at: None,
        expires_at: now + TimeDelta::days(KEPT_DAYS),
        swept_at: None,
    };
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    import::insert(&mut tx, scope, &row).await?;
    let mut deed = actor.deed(id, "import_uploaded");
    deed.detail = json!({ "case": own.case.id, "rows": kept.rows });
    deed.note = Some(row.source.as_bytes());
    deed.write(ctx, &mut tx, scope).await?;
    let status = one(ctx, &mut tx, actor, ImportId::new(id)).await?;
    tx.commit().await?;
    Ok(ImportStatus {
        headers: kept.headers,
        ..status
    })
}

/// How an import of the own association stands, with the headers of its columns.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none of the association's.
pub async fn status(ctx: &Ctx, actor: &StaffActor, id: ImportId) -> AppResult<ImportStatus> {
    actor.require(&operation::GET_IMPORT)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = import::get(&mut tx, scope, actor.association_id(), id).await?;
    let status = one(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    let headers = match parts::shelf(ctx, &row).await? {
        Some(shelf) => parts::headers(&shelf).await?,
        None => Vec::new(),
    };
    Ok(ImportStatus { headers, ..status })
}

/// The register of imports of the own association in a case, newest first, from before `cursor`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    cursor: Option<ImportId>,
    limit: u16,
) -> AppResult<Register> {
    actor.require(&operation::LIST_IMPORTS)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let (scope, association) = (actor.scope(), actor.association_id());
    let mut tx = ctx.pools.begin(scope).await?;
    let wanted = i64::from(limit) + 1;
    let mut rows = import::list(&mut tx, scope, association, own.case.id, cursor, wanted).await?;
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows.last().filter(|_| more);
    let next = next.map(|row| ImportId::new(row.id));
    let items = statuses(ctx, &mut tx, actor, rows).await?;
    tx.commit().await?;
    Ok(Register { items, next })
}

/// Has a list tried with these columns: nobody is written. Audited as `import_checked`.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` at `/columns`; `IllegalTransition` in another state, or if the case or
/// the association takes no sign-ups.
pub async fn check(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ImportId,
    mapping: &[Option<Field>],
) -> AppResult<ImportStatus> {
    actor.require(&operation::CHECK_IMPORT)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = waiting(ctx, &mut tx, actor, id).await?;
    if mapping.len() != row.mapping.len() {
        let mut errors = FieldErrors::new();
        errors.push("/columns", FieldCode::OutOfRange, "error-import-map-count");
        return Err(errors.into());
    }
    check_mapping(mapping)?;
    if !import::mark_checking(&mut tx, scope, id, &words(mapping)).await? {
        return Err(refused(&row));
    }
    let mut deed = actor.deed(row.id, "import_checked");
    deed.detail = json!({ "columns": words(mapping) });
    deed.write(ctx, &mut tx, scope).await?;
    let status = one(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// Has a list imported that was tried; needs a fresh second factor. Audited as `import_started`.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound`; `IllegalTransition` if it was not tried, or if the case or the
/// association takes no sign-ups.
pub async fn start(ctx: &Ctx, actor: &StaffActor, id: ImportId) -> AppResult<ImportStatus> {
    actor.require(&operation::START_IMPORT)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = waiting(ctx, &mut tx, actor, id).await?;
    let by = actor.staff_id();
    if !import::mark_started(&mut tx, scope, id, by, ctx.clock.now()).await? {
        return Err(refused(&row));
    }
    let mut deed = actor.deed(row.id, "import_started");
    deed.detail = json!({ "rows": row.row_total, "expected": row.created_count });
    deed.write(ctx, &mut tx, scope).await?;
    let status = one(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// Calls an import off: who was imported stays, nobody more comes. Audited as `import_cancelled`.
///
/// # Errors
/// `Forbidden`; `NotFound`; `IllegalTransition` if it is over.
pub async fn cancel(ctx: &Ctx, actor: &StaffActor, id: ImportId) -> AppResult<ImportStatus> {
    actor.require(&operation::CANCEL_IMPORT)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = import::get(&mut tx, scope, actor.association_id(), id).await?;
    let open = ImportState::ALL.into_iter();
    let open: Vec<&str> = open
        .filter(|state| state.can_be_cancelled())
        .map(ImportState::as_str)
        .collect();
    let end = now + TimeDelta::days(KEPT_DAYS);
    let states = (open.as_slice(), ImportState::Cancelled.as_str());
    if !import::mark_ended(&mut tx, scope, id, states, (now, end)).await? {
        return Err(refused(&row));
    }
    actor
        .deed(row.id, "import_cancelled")
        .write(ctx, &mut tx, scope)
        .await?;
    let status = one(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// Until when the list was collected that a claimant was imported from; `None` for who came alone.
pub(in crate::app) async fn listed_on(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<Option<NaiveDate>> {
    let found = import::find_contact(conn, scope, claimant).await?;
    Ok(found.map(|row| row.listed_on))
}

/// What the list said that a claimant was imported from, opened; `None` for who came alone.
pub(in crate::app) async fn hints_of(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Option<ListedHints>> {
    let Some(row) = import::find_contact(conn, scope, claimant).await? else {
        return Ok(None);
    };
    let hints = row
        .sealed
        .map(|sealed| vault.unseal("imported_contacts", "sealed", sealed))
        .transpose()?;
    Ok(Some(ListedHints {
        listed_on: row.listed_on,
        hints: hints.unwrap_or_default(),
    }))
}

/// An import of the own association whose case takes sign-ups now.
async fn waiting(ctx: &Ctx, tx: &mut Tx, actor: &StaffActor, id: ImportId) -> AppResult<ImportRow> {
    let association = actor.association_id();
    let row = import::get(tx, actor.scope(), association, id).await?;
    let case = crate::domain::ids::CaseId::new(row.case_id);
    takes_sign_ups(&claimant_list::case_of(ctx, association, case).await?)?;
    Ok(row)
}

fn takes_sign_ups(own: &claimant_list::OwnCase) -> AppResult<()> {
    if !own.case.state.takes_sign_ups() {
        return Err(AppError::IllegalTransition(own.case.state.as_str()));
    }
    if !own.association.offer.takes_sign_ups() {
        return Err(AppError::IllegalTransition("association_suspended"));
    }
    Ok(())
}

fn refused(row: &ImportRow) -> AppError {
    let state = ImportState::parse(&row.state).map_or("import", ImportState::as_str);
    AppError::IllegalTransition(state)
}

fn words(mapping: &[Option<Field>]) -> Vec<String> {
    let words = mapping.iter().map(|held| held.map_or("", Field::as_str));
    words.map(str::to_owned).collect()
}

fn fields(words: &[String]) -> Vec<Option<Field>> {
    words.iter().map(|word| Field::parse(word)).collect()
}

async fn one(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    id: ImportId,
) -> AppResult<ImportStatus> {
    let row = import::get(conn, actor.scope(), actor.association_id(), id).await?;
    let mut told = statuses(ctx, conn, actor, vec![row]).await?;
    told.pop().ok_or(AppError::NotFound)
}

async fn statuses(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    rows: Vec<ImportRow>,
) -> AppResult<Vec<ImportStatus>> {
    let mut people: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [Some(row.uploaded_by), row.started_by])
        .flatten()
        .collect();
    people.sort_unstable();
    people.dedup();
    let names = staff::names(ctx, conn, actor.scope(), &people).await?;
    let cases = claimant_list::cases(ctx, actor).await?;
    let slugs: HashMap<Uuid, &str> = cases
        .iter()
        .map(|own| (own.case.id.uuid(), own.case.slug.as_str()))
        .collect();
    let told = rows.into_iter().map(|row| {
        let slug = slugs.get(&row.case_id).copied().unwrap_or_default();
        status_of(row, slug, &names)
    });
    told.collect()
}

fn status_of(row: ImportRow, slug: &str, names: &HashMap<Uuid, String>) -> AppResult<ImportStatus> {
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    Ok(ImportStatus {
        id: ImportId::new(row.id),
        case: slug.to_owned(),
        listed_on: row.listed_on,
        state: ImportState::parse(&row.state).ok_or(DbError::Corrupt("imports.state"))?,
        headers: Vec::new(),
        mapping: fields(&row.mapping),
        rows: row.row_total,
        done: row.row_done,
        created: row.created_count,
        known: row.known_count,
        refused: row.refused_count,
        uploaded_by: (row.uploaded_by, name(row.uploaded_by)),
        started: row
            .started_by
            .zip(row.started_at)
            .map(|(who, at)| (who, name(who), at)),
        created_at: row.created_at,
        finished_at: row.finished_at,
        expires_at: row.expires_at,
        is_kept: row.key_wrapped.is_some(),
        source: row.source,
        format: row.format,
        size: row.size,
        sha256: row.sha256,
        failure: row.failure,
    })
}

/// Of whom an import is.
#[derive(Clone, Copy)]
struct Of {
    id: ImportId,
    association: AssociationId,
    staff: StaffId,
}

impl Of {
    fn row(row: &ImportRow) -> Self {
        Self {
            id: ImportId::new(row.id),
            association: AssociationId::new(row.association_id),
            staff: StaffId::new(row.started_by.unwrap_or(row.uploaded_by)),
        }
    }

    const fn scope(self) -> Scope {
        Scope::Association(self.association)
    }
}
