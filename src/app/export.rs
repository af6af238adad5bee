//! Lists and signed documents that leave the house: as CSV or ZIP, streamed, each in the register of
//! exports with who, why, how many rows and which hash (R58).
//!
//! The trail comes first: before a byte is sent the export stands in it, and before a batch is
//! sent the ids of its claimants do, sealed. A list that was cut lacks its last line, an archive its
//! directory. What was signed is held against its evidence on the way (R38).

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::audit::{self, Actor};
use crate::app::claimant_list::{self, Filter, OwnCase, selection};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::idempotency::{self, Kept};
use crate::app::staff::StaffActor;
use crate::crypto::token;
use crate::db::claimant_list::Selection;
use crate::db::export::{self, ExportRow};
use crate::db::{Conn, DbError, Scope};
use crate::domain::audit::action;
use crate::domain::claimant::{ClaimantState, Queue};
use crate::domain::declaration::DeclarationFlag;
use crate::domain::ids::{AssociationId, CaseId, ExportId};
use crate::domain::permission::operation;
use crate::domain::readiness::{Letter, SignatureInForce};
use crate::domain::reason::Reason;
use crate::render::csv::Dialect;

mod documents;
mod line;
mod reader;
mod run;

use documents::Documents;
use line::Facts;
use reader::Reader;
use run::Run;

/// A running export that does not go on is given up after that.
const ABANDONED: TimeDelta = TimeDelta::hours(6);

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

/// What an export is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The list, as CSV.
    Csv,
    /// The signed documents in force, as ZIP; always in clear.
    Zip,
}

impl Format {
    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Zip => "zip",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Csv, Self::Zip]
            .into_iter()
            .find(|format| format.as_str() == text)
    }
}

/// An export that is being produced while it is read.
pub struct Produced {
    /// Its number in the register.
    pub id: ExportId,
    /// What it is.
    pub format: Format,
    /// Its bytes. An error ends it before its last line; the connection must be cut then.
    pub bytes: BoxStream<'static, AppResult<Vec<u8>>>,
}

/// An export to ask for.
#[derive(Debug)]
pub struct NewExport {
    /// Slug of the case.
    pub case: String,
    /// List or documents.
    pub format: Format,
    /// Which claimants. A search is not taken: it names people, and the register names nobody.
    pub filter: Filter,
    /// In clear, instead of masked; documents always are.
    pub clear: bool,
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
    /// `queued`, `running`, `ready`, `failed`.
    pub state: String,
    /// Rows, once ready.
    pub rows: Option<i64>,
    /// SHA-256 of all bytes before the last line, once ready.
    pub sha256: Option<Vec<u8>>,
    /// When it was asked for, UTC.
    pub created_at: DateTime<Utc>,
}

/// The masked list of the own association in a case, oldest first. Audited as `export_started`,
/// `export_rows` and `export_finished` or `export_failed`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn masked_csv(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    filter: &Filter,
    dialect: Dialect,
) -> AppResult<Produced> {
    actor.require(&operation::CLAIMANTS_CSV)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let chosen = chosen(ctx, actor, &own, filter, Format::Csv);
    let id = ExportId::new(token::new_id(ctx.clock.now()));
    // what was searched for names people and stays out of the register
    let mut noted = noted(filter);
    if let Value::Object(fields) = &mut noted {
        fields.insert("searched".to_owned(), json!(filter.search.is_some()));
    }
    let row = ExportRow {
        state: "running".to_owned(),
        progressed_at: Some(ctx.clock.now()),
        ..new_row(ctx, actor, id, own.case.id, noted)
    };
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    export::insert(&mut tx, scope, &row).await?;
    started(ctx, &mut tx, actor, &row).await?;
    let facts = Facts::read(&mut tx, scope, own, false, dialect).await?;
    tx.commit().await?;
    produce(ctx, actor, id, Format::Csv, chosen, facts)
}

/// Asks for a list, with what it is for; a clear one needs a fresh second factor. Its bytes are
/// made when they are fetched, once. The approval of clear lists by a second person (R58) comes
/// with its own queue; until then role, reason and second factor guard them. Audited as
/// `export_requested`. Asked for again under the same key within 24 h, it is the first one, as it
/// stands now.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for a case of others; `IdempotencyMismatch`,
/// `IdempotencyRunning`.
pub async fn request(ctx: &Ctx, actor: &StaffActor, new: NewExport) -> AppResult<ExportStatus> {
    actor.require(&operation::EXPORT)?;
    let own = claimant_list::own_case(ctx, actor, &new.case).await?;
    let id = ExportId::new(token::new_id(ctx.clock.now()));
    let row = ExportRow {
        format: new.format.as_str().to_owned(),
        clear: new.clear || new.format == Format::Zip,
        purpose: new.purpose.as_str().to_owned(),
        ..new_row(ctx, actor, id, own.case.id, noted(&new.filter))
    };
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    if let Some(before) = asked_before(ctx, &mut tx, actor, &row, &new).await? {
        let association = actor.association_id();
        return Ok(status_of(
            export::get(&mut tx, scope, association, before).await?,
        ));
    }
    export::insert(&mut tx, scope, &row).await?;
    let mut deed = actor.deed(id.uuid(), "export_requested");
    deed.detail = described(&row);
    deed.note = Some(row.purpose.as_bytes());
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    Ok(status_of(row))
}

/// How an export of the own association stands.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none of the association's.
pub async fn status(ctx: &Ctx, actor: &StaffActor, id: ExportId) -> AppResult<ExportStatus> {
    actor.require(&operation::GET_EXPORT)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = export::get(&mut tx, scope, actor.association_id(), id).await?;
    tx.commit().await?;
    Ok(status_of(row))
}

/// The bytes of an export, to the person who asked for it; once, or again after it failed.
///
/// # Errors
/// `Forbidden` also for another person than the one who asked, `StepUpRequired`, `NotFound`,
/// `IllegalTransition` if it runs or was fetched.
pub async fn content(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ExportId,
    dialect: Dialect,
) -> AppResult<Produced> {
    actor.require(&operation::EXPORT_CONTENT)?;
    let scope = actor.scope();
    let association = actor.association_id();
    let own = claimant_list::cases(ctx, actor).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = export::get(&mut tx, scope, association, id).await?;
    if row.requested_by != actor.staff_id().uuid() {
        return Err(AppError::Forbidden);
    }
    if !export::mark_running(&mut tx, scope, association, id, ctx.clock.now()).await? {
        return Err(AppError::IllegalTransition("ready"));
    }
    started(ctx, &mut tx, actor, &row).await?;
    let case = CaseId::new(row.case_id);
    let own = own.into_iter().find(|own| own.case.id == case);
    let own = own.ok_or(AppError::NotFound)?;
    let format = Format::parse(&row.format).ok_or(DbError::Corrupt("exports.format"))?;
    let chosen = chosen(ctx, actor, &own, &filter_of(&row.filter), format);
    let facts = Facts::read(&mut tx, scope, own, row.clear, dialect).await?;
    tx.commit().await?;
    produce(ctx, actor, id, format, chosen, facts)
}

/// What the register keeps of a filter: nothing that names anybody.
fn noted(filter: &Filter) -> Value {
    json!({
        "state": filter.state.map(ClaimantState::as_str),
        "missing": filter.missing.map(Letter::as_char),
        "flag": filter.flag.map(DeclarationFlag::as_str),
        "queue": filter.queue.map(Queue::as_str),
    })
}

/// Reads what [`noted`] wrote.
fn filter_of(noted: &Value) -> Filter {
    let word = |name: &str| noted.get(name).and_then(Value::as_str);
    Filter {
        state: word("state").and_then(ClaimantState::parse),
        missing: word("missing").and_then(Letter::parse),
        flag: word("flag").and_then(DeclarationFlag::parse),
        queue: word("queue").and_then(Queue::parse),
        search: None,
    }
}

/// Marks exports as failed whose process is gone. For housekeeping; gives how many.
///
/// # Errors
/// `Unavailable`.
pub async fn fail_abandoned(ctx: &Ctx) -> AppResult<usize> {
    let scope = Scope::System("exports whose process is gone");
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let mut failed = 0;
    for row in export::list_abandoned(&mut tx, scope, now - ABANDONED).await? {
        if export::mark_failed(&mut tx, scope, ExportId::new(row.id), now).await? {
            let entry = audit::Entry {
                subject: row.id,
                association: Some(AssociationId::new(row.association_id)),
                actor: Actor::System,
                action: action::EXPORT_FAILED,
                states: None,
                detail: json!({ "reason": "abandoned" }),
                sealed: None,
            };
            audit::append(ctx, &mut tx, scope, entry).await?;
            failed += 1;
        }
    }
    tx.commit().await?;
    Ok(failed)
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
    let kept = Kept::under(ctx, &place, &(described(row), &row.purpose))?;
    if idempotency::keep(conn, &kept.row(202, &row.id, now)?, now).await? {
        return Ok(None);
    }
    let before = idempotency::find::<Uuid>(conn, &kept, now).await?;
    let before = before.ok_or(AppError::IdempotencyRunning)?;
    Ok(Some(ExportId::new(before)))
}

fn produce(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ExportId,
    format: Format,
    selection: Selection,
    facts: Facts,
) -> AppResult<Produced> {
    let reader = |size| Reader::new(ctx, actor, id, selection, size);
    let bytes = match format {
        Format::Csv => {
            let run = Run::new(reader(run::BATCH), facts);
            stream::try_unfold(run, Run::next).boxed()
        }
        Format::Zip => {
            let documents = Documents::new(reader(documents::BATCH), facts)?;
            stream::try_unfold(documents, Documents::next).boxed()
        }
    };
    Ok(Produced { id, format, bytes })
}

/// The rows of an export: those of the filter that lists may hold (R50); of documents those whose
/// signature is in force (R39).
fn chosen(
    ctx: &Ctx,
    actor: &StaffActor,
    own: &OwnCase,
    filter: &Filter,
    format: Format,
) -> Selection {
    let is_in_it = |state: ClaimantState| match format {
        Format::Csv => true,
        Format::Zip => SignatureInForce::of(state).is_some(),
    };
    let states: Vec<&'static str> = LISTED
        .into_iter()
        .filter(|state| filter.state.is_none_or(|wanted| wanted == *state))
        .filter(|state| is_in_it(*state))
        .map(ClaimantState::as_str)
        .collect();
    let nobody = states.is_empty();
    let mut selection = selection(ctx, actor, own, filter, states);
    // what is only kept leaves in no list, whatever was asked for (R61)
    selection.leaves_restricted = true;
    if nobody {
        selection.hashes = Some(Vec::new());
    }
    selection
}

fn new_row(ctx: &Ctx, actor: &StaffActor, id: ExportId, case: CaseId, filter: Value) -> ExportRow {
    ExportRow {
        id: id.uuid(),
        association_id: actor.association_id().uuid(),
        case_id: case.uuid(),
        requested_by: actor.staff_id().uuid(),
        format: "csv".to_owned(),
        clear: false,
        purpose: String::new(),
        filter,
        state: "queued".to_owned(),
        row_count: None,
        sha256: None,
        created_at: ctx.clock.now(),
        finished_at: None,
        progressed_at: None,
    }
}

async fn started(ctx: &Ctx, conn: &mut Conn, actor: &StaffActor, row: &ExportRow) -> AppResult<()> {
    let mut deed = actor.deed(row.id, "export_started");
    deed.detail = described(row);
    deed.write(ctx, conn, actor.scope()).await
}

fn described(row: &ExportRow) -> Value {
    json!({
        "case": row.case_id,
        "format": row.format,
        "clear": row.clear,
        "filter": row.filter,
    })
}

fn status_of(row: ExportRow) -> ExportStatus {
    ExportStatus {
        id: ExportId::new(row.id),
        state: row.state,
        rows: row.row_count,
        sha256: row.sha256,
        created_at: row.created_at,
    }
}
