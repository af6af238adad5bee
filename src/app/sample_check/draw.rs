//! The list is frozen first, then a seed draws: one that the program makes once the list is in the log, or a public one that nobody
//! knows yet, whose source is named with the list. So nobody picks a list for a seed, or a seed for a list.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{LogEntry, Sample, read};
use crate::app::claimant_list::{self, Filter, OwnCase, selection};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::export;
use crate::app::staff::StaffActor;
use crate::crypto::{sha256, token};
use crate::db::sample_check::{self as db, MemberRow, SampleRow};
use crate::db::{Conn, DbError, Tx, claimant_list as lists};
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::reference::Reference;
use crate::domain::sample_check::{MOST, MOST_OF, SampleState, due, lines, seed, source};

/// A sample to draw.
#[derive(Debug, Default)]
pub struct NewSample {
    /// Slug of the case.
    pub case: String,
    /// Which records it is drawn from. A search is not taken: it names people, and the register names nobody.
    pub filter: Filter,
    /// What for.
    pub purpose: Option<String>,
    /// How many are drawn.
    pub size: Option<i32>,
    /// Where a public seed will come from; empty: the program makes one.
    pub seed_source: Option<String>,
    /// When that will be known.
    pub seed_due_at: Option<String>,
}

/// What was typed, read.
struct Wanted {
    purpose: Reason,
    size: i32,
    public: Option<(String, DateTime<Utc>)>,
}

/// Freezes the list of records. Nothing is drawn yet: a seed of the program waits until the list has its place in the
/// log, a public one until the instant that is named for it.
///
/// *effects*: a row with the list; audit `sample_announced`, an entry of the log.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others; `Invalid` at `/purpose`, `/size`, `/seed_source`, `/seed_due_at`, at
/// `/filter` for nobody or more than 200,000 records; `IllegalTransition` if another was opened at the same time.
pub async fn open(ctx: &Ctx, actor: &StaffActor, new: NewSample) -> AppResult<Sample> {
    actor.require(&operation::OPEN_SAMPLE_CHECK)?;
    let own = claimant_list::own_case(ctx, actor, &new.case).await?;
    let wanted = wanted(&new, ctx.clock.now())?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let population = population(ctx, &mut tx, actor, &own, &new.filter).await?;
    let count = i32::try_from(population.len()).unwrap_or(i32::MAX);
    if wanted.size > count {
        let mut errors = FieldErrors::new();
        errors.push("/size", FieldCode::OutOfRange, "error-sample-size");
        return Err(errors.into());
    }
    let now = ctx.clock.now();
    let listed = lines(population.iter().map(|(reference, _)| reference.as_str()));
    let ids: Vec<Uuid> = population.iter().map(|(_, id)| *id).collect();
    let (last, previous) = before(&mut tx, actor, own.case.id).await?;
    let (seed_source, seed_due_at) = wanted.public.unzip();
    let row = SampleRow {
        id: token::new_id(now),
        association_id: actor.association_id().uuid(),
        case_id: own.case.id.uuid(),
        number: last + 1,
        filter: export::noted(&new.filter),
        purpose: wanted.purpose.as_str().to_owned(),
        state: SampleState::Announced.as_str().to_owned(),
        size: wanted.size,
        population_count: count,
        population_sha256: sha256::digest(listed.as_bytes()),
        seed_source,
        seed_due_at,
        seed: None,
        sample_sha256: None,
        result_sha256: None,
        opened_by: actor.staff_id().uuid(),
        opened_at: now,
        drawn_by: None,
        drawn_at: None,
        ended_by: None,
        ended_at: None,
        end_reason: None,
    };
    match db::insert(&mut tx, scope, &row, &ids).await {
        Err(DbError::Unique(_)) => return Err(AppError::IllegalTransition("sample_number")),
        written => written?,
    }
    let mut deed = actor.deed(row.id, "sample_announced");
    deed.detail = json!({
        "filter": row.filter, "size": row.size, "population": row.population_count,
        "population_sha256": sha256::hex(&row.population_sha256), "seed_source": row.seed_source,
        "seed_due_at": row.seed_due_at, "number": row.number, "previous": previous,
    });
    deed.note = Some(row.purpose.as_bytes());
    deed.write(ctx, &mut tx, scope).await?;
    let sample = read(ctx, &mut tx, actor, row.id).await?;
    tx.commit().await?;
    Ok(sample)
}

/// The number of the check before, 0 for none, and the entry of the log that announced it.
async fn before(tx: &mut Tx, actor: &StaffActor, case: CaseId) -> AppResult<(i32, Option<Uuid>)> {
    let place = (actor.association_id(), case);
    let before = db::list_before(tx, actor.scope(), place, i32::MAX)
        .await?
        .pop();
    let Some(before) = before else {
        return Ok((0, None));
    };
    let announced = announced(tx, actor, &[before.id]).await?.pop();
    Ok((before.number, announced.map(|(_, entry)| entry.id)))
}

/// The announcements of some checks, each with the check it is of; those of older ones first.
pub(super) async fn announced(
    conn: &mut Conn,
    actor: &StaffActor,
    ids: &[Uuid],
) -> AppResult<Vec<(Uuid, LogEntry)>> {
    let events = db::list_events(conn, actor.scope(), actor.association_id(), ids).await?;
    let entries = events
        .into_iter()
        .map(|row| (row.subject_id, LogEntry::from(row)));
    Ok(entries
        .filter(|(_, entry)| entry.is("sample_announced"))
        .collect())
}

/// The seed of a row that is announced, whose list is in the log: typed once it is public, else made now.
pub(super) async fn seed_of(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    row: &SampleRow,
    typed: Option<&str>,
) -> AppResult<String> {
    let mut errors = FieldErrors::new();
    let Some(due) = row.seed_due_at else {
        if filled(typed).is_some() {
            errors.push("/seed", FieldCode::NotAccepted, "error-sample-seed-made");
            return Err(errors.into());
        }
        check_logged(conn, actor, row.id).await?;
        return Ok(sha256::hex(&token::random_bytes::<32>()));
    };
    if ctx.clock.now() < due {
        return Err(AppError::IllegalTransition("sample_early"));
    }
    let seed = errors.take("/seed", seed(typed)).ok_or(errors)?;
    check_logged(conn, actor, row.id).await?;
    Ok(seed)
}

/// Refuses while the announcement has no place in the log: clocks of nodes differ, places do not.
async fn check_logged(conn: &mut Conn, actor: &StaffActor, id: Uuid) -> AppResult<()> {
    let entries = announced(conn, actor, &[id]).await?;
    let is_logged = entries.iter().all(|(_, entry)| entry.index.is_some());
    let known = (is_logged && !entries.is_empty()).then_some(());
    known.ok_or(AppError::IllegalTransition("sample_unlogged"))
}

/// Draws by a seed from the list of a row that is announced; the caller commits.
pub(super) async fn draw(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    (row, population): (&mut SampleRow, &[Uuid]),
    seed: String,
) -> AppResult<()> {
    let drawn = drawn(&seed, population, row.size);
    let references: Vec<Reference> = drawn
        .iter()
        .map(|id| Reference::of(ClaimantId::new(*id)))
        .collect();
    let listed = lines(references.iter().map(Reference::as_str));
    SampleState::Drawn.as_str().clone_into(&mut row.state);
    row.seed = Some(seed);
    row.sample_sha256 = Some(sha256::digest(listed.as_bytes()));
    row.drawn_by = Some(actor.staff_id().uuid());
    row.drawn_at = Some(ctx.clock.now());
    let scope = actor.scope();
    db::mark(tx, scope, row).await?;
    let members: Vec<MemberRow> = (1..)
        .zip(drawn)
        .map(|(place, claimant)| MemberRow {
            sample_id: row.id,
            place,
            association_id: row.association_id,
            claimant_id: claimant,
            result: None,
            code: None,
            note_sealed: None,
            checked_by: None,
            checked_at: None,
        })
        .collect();
    db::insert_members(tx, scope, &members).await?;
    let mut deed = actor.deed(row.id, "sample_drawn");
    deed.detail = json!({
        "size": row.size, "population": row.population_count,
        "population_sha256": sha256::hex(&row.population_sha256),
        "seed_source": row.seed_source, "seed": row.seed,
        "sample_sha256": row.sample_sha256.as_deref().map(sha256::hex),
    });
    deed.write(ctx, tx, scope).await
}

/// Those with the smallest SHA-256 of seed and reference, smallest first.
fn drawn(seed: &str, population: &[Uuid], size: i32) -> Vec<Uuid> {
    let mut hashed: Vec<(Vec<u8>, Uuid)> = population
        .iter()
        .map(|id| {
            let reference = Reference::of(ClaimantId::new(*id));
            let text = format!("{seed}{}", reference.as_str());
            (sha256::digest(text.as_bytes()), *id)
        })
        .collect();
    hashed.sort_unstable();
    hashed.truncate(usize::try_from(size).unwrap_or(0));
    hashed.into_iter().map(|(_, id)| id).collect()
}

/// The records a filter means, in the order of their references.
async fn population(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    own: &OwnCase,
    filter: &Filter,
) -> AppResult<Vec<(Reference, Uuid)>> {
    let states: Vec<&str> = filter.state.iter().map(|state| state.as_str()).collect();
    let chosen = selection(ctx, actor.association_id(), own, filter, states);
    let most = i64::try_from(MOST_OF).unwrap_or(i64::MAX);
    let ids = lists::list_ids(tx, actor.scope(), &chosen, most + 1).await?;
    let why = match ids.len() {
        0 => Some("error-sample-nobody"),
        many if many > MOST_OF => Some("error-bulk-too-many"),
        _ => None,
    };
    if let Some(why) = why {
        let mut errors = FieldErrors::new();
        errors.push("/filter", FieldCode::OutOfRange, why);
        return Err(AppError::Invalid(errors));
    }
    let mut population: Vec<(Reference, Uuid)> = ids
        .into_iter()
        .map(|id| (Reference::of(ClaimantId::new(id)), id))
        .collect();
    population.sort_unstable_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
    Ok(population)
}

fn wanted(new: &NewSample, now: DateTime<Utc>) -> AppResult<Wanted> {
    let mut errors = FieldErrors::new();
    let purpose = errors.take("/purpose", Reason::parse(new.purpose.as_deref()));
    let size = new.size.filter(|size| (1..=MOST).contains(size));
    if size.is_none() {
        let code = match new.size {
            None => FieldCode::Required,
            Some(_) => FieldCode::OutOfRange,
        };
        errors.push("/size", code, "error-sample-size");
    }
    let named = filled(new.seed_source.as_deref());
    let public = match (named, filled(new.seed_due_at.as_deref())) {
        (None, None) => None,
        (named, typed) => {
            let source = errors.take("/seed_source", source(named));
            source.zip(errors.take("/seed_due_at", due(typed, now)))
        }
    };
    match (purpose, size, errors.is_empty()) {
        (Some(purpose), Some(size), true) => Ok(Wanted {
            purpose,
            size,
            public,
        }),
        _ => Err(errors.into()),
    }
}
