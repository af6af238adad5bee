//! Sample checks (decision 31): a list of records is frozen, a seed draws some of them, somebody looks at each, and
//! what came out is an entry of the case's log. `draw` freezes and draws, `check` takes results and ends it, `file`
//! is what an expert draws again from. Which are drawn follows from the list and the seed alone.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::{self, StaffActor};
use crate::app::trail;
use crate::app::vault::Vault;
use crate::db::claimant_list as rows;
use crate::db::sample_check::{self as db, MemberRow, SampleEventRow, SampleRow};
use crate::db::{Conn, DbError, Tx};
use crate::domain::ids::ClaimantId;
use crate::domain::page_length::MAX_LIMIT;
use crate::domain::permission::operation;
use crate::domain::reference::Reference;
use crate::domain::sample_check::{FindingCode, SampleState, SampleStep};

mod check;
mod draw;
mod file;

pub use check::{Found, Step, check, check_all, step};
pub use draw::{NewSample, open};
pub use file::file;

/// How a sample check stands.
#[derive(Clone, Debug)]
pub struct SampleStatus {
    /// It.
    pub id: Uuid,
    /// Slug of its case.
    pub case: String,
    /// From 1 for each association and case.
    pub number: i32,
    /// Words of the list the records were taken from.
    pub filter: Value,
    /// What for.
    pub purpose: String,
    /// State.
    pub state: SampleState,
    /// Records that are drawn.
    pub size: i32,
    /// Records they are drawn from.
    pub population: i32,
    /// SHA-256 of their references, a line each.
    pub population_sha256: Vec<u8>,
    /// Where a public seed comes from; `None`: the program made it.
    pub seed_source: Option<String>,
    /// When it will be known, UTC.
    pub seed_due_at: Option<DateTime<Utc>>,
    /// The seed, once it is known.
    pub seed: Option<String>,
    /// SHA-256 of the references that were drawn, a line each.
    pub sample_sha256: Option<Vec<u8>>,
    /// SHA-256 of the results, once it is finished.
    pub result_sha256: Option<Vec<u8>>,
    /// Who opened it, and when, UTC.
    pub opened: (String, DateTime<Utc>),
    /// Who drew, and when, UTC.
    pub drawn: Option<(String, DateTime<Utc>)>,
    /// Who ended it, and when, UTC.
    pub ended: Option<(String, DateTime<Utc>)>,
    /// Why it was cancelled.
    pub end_reason: Option<String>,
    /// What the actor can do now.
    pub steps: Vec<SampleStep>,
}

/// A record of a sample.
#[derive(Clone, Debug)]
pub struct Member {
    /// From 1.
    pub place: i32,
    /// The claimant.
    pub claimant: ClaimantId,
    /// What the claimant quotes on the phone.
    pub reference: Reference,
    /// Word of the result; `None`: not checked yet.
    pub result: Option<String>,
    /// What a finding is about.
    pub code: Option<FindingCode>,
    /// What was found, in words; none for the erased.
    pub note: Option<String>,
    /// Who checked it, and when, UTC.
    pub checked: Option<(String, DateTime<Utc>)>,
}

/// An entry of the log about a sample check: with salt and content anybody can compute what the log has.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// Random id of the entry.
    pub id: Uuid,
    /// What it commits to, canonical JSON.
    pub content: String,
    /// Salt of the commitment.
    pub salt: Vec<u8>,
    /// Its place in the log; `None` while it waits.
    pub index: Option<u64>,
}

impl LogEntry {
    /// What it says, read.
    fn said(&self) -> Value {
        serde_json::from_str(&self.content).unwrap_or_default()
    }

    /// Whether it is about an action.
    fn is(&self, action: &str) -> bool {
        self.said().get("action").and_then(Value::as_str) == Some(action)
    }
}

impl From<SampleEventRow> for LogEntry {
    fn from(row: SampleEventRow) -> Self {
        Self {
            id: row.id,
            content: row.content,
            salt: row.salt,
            index: row.leaf_index.and_then(|index| u64::try_from(index).ok()),
        }
    }
}

/// A sample check with its records and entries.
#[derive(Clone, Debug)]
pub struct Sample {
    /// How it stands.
    pub status: SampleStatus,
    /// In the order they were drawn; none before.
    pub members: Vec<Member>,
    /// Oldest first.
    pub entries: Vec<LogEntry>,
}

/// How many records have which result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Checked, nothing to object to.
    pub ok: usize,
    /// Could not be checked.
    pub unable: usize,
    /// Not checked yet.
    pub left: usize,
    /// Findings by what they are about.
    pub findings: BTreeMap<&'static str, usize>,
}

impl Sample {
    /// How many records have which result.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for member in &self.members {
            match (member.result.as_deref(), member.code) {
                (None, _) => counts.left += 1,
                (Some("ok"), _) => counts.ok += 1,
                (Some(_), Some(code)) => *counts.findings.entry(code.as_str()).or_default() += 1,
                (Some(_), None) => counts.unable += 1,
            }
        }
        counts
    }

    /// Place of the first record that is not checked yet.
    pub fn next_place(&self) -> Option<i32> {
        let open = self.members.iter().find(|member| member.result.is_none());
        open.map(|member| member.place)
    }
}

/// A page of the register.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub items: Vec<SampleStatus>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Uuid>,
}

/// Sample checks of the own association in a case, newest first, the cancelled ones too.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    cursor: Option<Uuid>,
    limit: u16,
) -> AppResult<Page> {
    actor.require(&operation::LIST_SAMPLE_CHECKS)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let place = (actor.association_id(), own.case.id);
    let mut rows = db::list(&mut tx, scope, place, cursor, i64::from(limit) + 1).await?;
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows.last().filter(|_| more).map(|row| row.id);
    let people: Vec<Uuid> = rows.iter().flat_map(people_of).collect();
    let names = staff::names(ctx, &mut tx, scope, &people).await?;
    tx.commit().await?;
    let items = rows
        .into_iter()
        .map(|row| told(ctx, actor, row, (&own.case.slug, &names)))
        .collect::<AppResult<_>>()?;
    Ok(Page { items, next })
}

/// A sample check of the own association, with its records, their notes and entries.
///
/// *effects*: audit `view_claimant` for each record whose note is shown.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none of the association's.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<Sample> {
    actor.require(&operation::GET_SAMPLE_CHECK)?;
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let mut sample = read(ctx, &mut tx, actor, id).await?;
    show_notes(ctx, &mut tx, actor, &mut sample).await?;
    tx.commit().await?;
    Ok(sample)
}

/// A sample check without the notes: each of those that is shown is a look at its record.
async fn read(ctx: &Ctx, conn: &mut Conn, actor: &StaffActor, id: Uuid) -> AppResult<Sample> {
    let (scope, place) = (actor.scope(), (actor.association_id(), id));
    let row = db::get(conn, scope, actor.association_id(), id).await?;
    let members = db::list_members(conn, scope, place).await?;
    let events = db::list_events(conn, scope, actor.association_id(), &[id]).await?;
    let checkers = members.iter().filter_map(|member| member.checked_by);
    let mut people: Vec<Uuid> = people_of(&row).into_iter().chain(checkers).collect();
    people.sort_unstable();
    people.dedup();
    let names = staff::names(ctx, conn, scope, &people).await?;
    let cases = claimant_list::cases(ctx, actor).await?;
    let own = cases
        .iter()
        .find(|own| own.case.id.uuid() == row.case_id)
        .ok_or(AppError::NotFound)?;
    let mut status = told(ctx, actor, row, (&own.case.slug, &names))?;
    let members = members.into_iter().map(|row| {
        let claimant = ClaimantId::new(row.claimant_id);
        let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
        Member {
            place: row.place,
            claimant,
            reference: Reference::of(claimant),
            result: row.result,
            code: row.code.as_deref().and_then(FindingCode::parse),
            note: None,
            checked: row.checked_by.map(name).zip(row.checked_at),
        }
    });
    let entries: Vec<LogEntry> = events.into_iter().map(LogEntry::from).collect();
    if entries.iter().any(|entry| entry.index.is_none()) {
        status.steps.retain(|step| *step == SampleStep::Cancel);
    }
    Ok(Sample {
        status,
        members: members.collect(),
        entries,
    })
}

/// Puts in the notes that still open, each noted as a look at its record.
async fn show_notes(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    sample: &mut Sample,
) -> AppResult<()> {
    let place = (actor.association_id(), sample.status.id);
    let members = db::list_members(tx, actor.scope(), place).await?;
    let mut notes = notes(ctx, tx, actor, &members).await?;
    for member in &mut sample.members {
        member.note = notes.remove(&member.place);
        if member.note.is_some() {
            let mut deed = actor.deed(member.claimant.uuid(), trail::VIEW);
            deed.detail = json!({ "sample": sample.status.id });
            deed.write(ctx, tx, actor.scope()).await?;
        }
    }
    Ok(())
}

/// The notes that still open, by place.
async fn notes(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    members: &[MemberRow],
) -> AppResult<HashMap<i32, String>> {
    let noted = members.iter().filter(|member| member.note_sealed.is_some());
    let ids: Vec<Uuid> = noted.map(|member| member.claimant_id).collect();
    let keys = rows::list_keys(conn, actor.scope(), actor.association_id(), &ids).await?;
    let mut vaults = HashMap::with_capacity(keys.len());
    for key in keys {
        vaults.insert(key.claimant_id, Vault::from_row(ctx, key).await?);
    }
    let mut notes = HashMap::new();
    for member in members {
        let sealed = member.note_sealed.clone();
        if let Some((sealed, vault)) = sealed.zip(vaults.get(&member.claimant_id)) {
            let note = vault.unseal("sample_members", "note_sealed", sealed)?;
            notes.insert(member.place, note);
        }
    }
    Ok(notes)
}

fn people_of(row: &SampleRow) -> Vec<Uuid> {
    let people = [Some(row.opened_by), row.drawn_by, row.ended_by];
    people.into_iter().flatten().collect()
}

fn told(
    ctx: &Ctx,
    actor: &StaffActor,
    row: SampleRow,
    (slug, names): (&str, &HashMap<Uuid, String>),
) -> AppResult<SampleStatus> {
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    let state = state_of(&row)?;
    let steps = SampleStep::ALL.into_iter();
    let can = operation::STEP_SAMPLE_CHECK.allows(actor.role());
    let is_due = row.seed_due_at.is_none_or(|due| due <= ctx.clock.now());
    let steps = steps
        .filter(|step| can && step.from(state).is_some())
        .filter(|step| is_due || *step != SampleStep::Draw);
    Ok(SampleStatus {
        id: row.id,
        case: slug.to_owned(),
        number: row.number,
        filter: row.filter,
        purpose: row.purpose,
        state,
        size: row.size,
        population: row.population_count,
        population_sha256: row.population_sha256,
        seed_source: row.seed_source,
        seed_due_at: row.seed_due_at,
        seed: row.seed,
        sample_sha256: row.sample_sha256,
        result_sha256: row.result_sha256,
        opened: (name(row.opened_by), row.opened_at),
        drawn: row.drawn_by.map(name).zip(row.drawn_at),
        ended: row.ended_by.map(name).zip(row.ended_at),
        end_reason: row.end_reason,
        steps: steps.collect(),
    })
}

fn state_of(row: &SampleRow) -> AppResult<SampleState> {
    Ok(SampleState::parse(&row.state).ok_or(DbError::Corrupt("sample_checks.state"))?)
}
