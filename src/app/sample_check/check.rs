//! What was found of each record, and the end: everything was checked and the result goes into the log, or it is
//! given up with a reason and stays in the register.

use serde_json::json;
use uuid::Uuid;

use super::draw::{draw, seed_of};
use super::{Member, Sample, read, state_of};
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::{self, StaffActor};
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::sample_check::{self as db, MemberRow, SampleRow};
use crate::db::{DbError, Tx, claimant};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::reference::Reference;
use crate::domain::sample_check::{Checked, FindingCode, SampleState, SampleStep, result_lines};

/// What was found of a record, as typed.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Its place in the sample.
    pub place: Option<i32>,
    /// Word of the result.
    pub result: Option<String>,
    /// What a finding is about.
    pub code: Option<String>,
    /// In words.
    pub note: Option<String>,
}

/// What somebody wants of a sample check.
#[derive(Clone, Debug)]
pub struct Step {
    /// What.
    pub step: SampleStep,
    /// With `draw`: the seed.
    pub seed: Option<String>,
    /// With `cancel`: why.
    pub reason: Option<String>,
}

/// Takes what was found of a record; until the end it can be put right.
///
/// *effects*: the result, its note sealed by the claimant's key; audit `sample_checked` with the claimant.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of others; `Invalid` at `/place`, `/result`, `/code`, `/note`; `IllegalTransition`
/// if it is not drawn, or over.
pub async fn check(ctx: &Ctx, actor: &StaffActor, id: Uuid, found: &Found) -> AppResult<Member> {
    actor.require(&operation::CHECK_SAMPLED)?;
    let (scope, association) = (actor.scope(), actor.association_id());
    let mut tx = ctx.pools.begin(scope).await?;
    let sample = db::get(&mut tx, scope, association, id).await?;
    if state_of(&sample)? != SampleState::Drawn {
        return Err(AppError::IllegalTransition("sample"));
    }
    let place = found.place.unwrap_or(0);
    let member = db::find_member(&mut tx, scope, (association, id), place).await?;
    let (mut row, checked) = read_found(member, found)?;
    // the claimant first, then the sample: the order of locks
    let is_there = lock_claimant(&mut tx, actor, &row).await?;
    if !is_there && !matches!(checked, Checked::Unable(None)) {
        let mut errors = FieldErrors::new();
        errors.push("/result", FieldCode::NotAccepted, "error-sample-erased");
        return Err(errors.into());
    }
    let sample = db::lock(&mut tx, scope, association, id).await?;
    if state_of(&sample)? != SampleState::Drawn {
        return Err(AppError::IllegalTransition("sample"));
    }
    note(ctx, &mut tx, actor, &mut row, &checked).await?;
    let who = actor.staff_id().uuid();
    let names = staff::names(ctx, &mut tx, scope, &[who]).await?;
    let name = names.get(&who).cloned().unwrap_or_default();
    tx.commit().await?;
    let of = ClaimantId::new(row.claimant_id);
    Ok(Member {
        place,
        claimant: of,
        reference: Reference::of(of),
        result: row.result,
        code: checked.code(),
        note: checked.note().map(str::to_owned),
        checked: Some(name).zip(row.checked_at),
    })
}

/// Takes what was found of several records at once: all of it or, where anything is wrong, nothing. Rows without a
/// result are left as they are.
///
/// *effects*: as [`check`], for each.
///
/// # Errors
/// As [`check`], each field below `/results/` and the place; `Invalid` at `/result` if no row has a result.
pub async fn check_all(ctx: &Ctx, actor: &StaffActor, id: Uuid, found: &[Found]) -> AppResult<()> {
    actor.require(&operation::CHECK_SAMPLED)?;
    let (scope, association) = (actor.scope(), actor.association_id());
    let mut tx = ctx.pools.begin(scope).await?;
    let sample = db::get(&mut tx, scope, association, id).await?;
    if state_of(&sample)? != SampleState::Drawn {
        return Err(AppError::IllegalTransition("sample"));
    }
    let mut errors = FieldErrors::new();
    let mut rows = Vec::new();
    let told = |found: &&Found| found.result.as_deref().is_some_and(|word| !word.is_empty());
    for one in found.iter().filter(told) {
        let place = one.place.unwrap_or(0);
        let member = db::find_member(&mut tx, scope, (association, id), place).await?;
        match read_found(member, one) {
            Ok(read) => rows.push(read),
            Err(wrong) => errors.append(wrong.prefix(&format!("/results/{place}"))),
        }
    }
    if rows.is_empty() && errors.is_empty() {
        errors.push("/result", FieldCode::Required, "error-required");
    }
    // the claimants first, in the order of their ids, then the sample: the order of locks
    rows.sort_by_key(|(row, _)| row.claimant_id);
    for (row, checked) in &rows {
        let is_there = lock_claimant(&mut tx, actor, row).await?;
        if !is_there && !matches!(checked, Checked::Unable(None)) {
            let pointer = format!("/results/{}/result", row.place);
            errors.push(pointer, FieldCode::NotAccepted, "error-sample-erased");
        }
    }
    errors.into_result(())?;
    let sample = db::lock(&mut tx, scope, association, id).await?;
    if state_of(&sample)? != SampleState::Drawn {
        return Err(AppError::IllegalTransition("sample"));
    }
    for (row, checked) in &mut rows {
        note(ctx, &mut tx, actor, row, checked).await?;
    }
    Ok(tx.commit().await?)
}

/// Locks the claimant of a record; `false` for who was erased.
async fn lock_claimant(tx: &mut Tx, actor: &StaffActor, row: &MemberRow) -> AppResult<bool> {
    match claimant::lock(tx, actor.scope(), ClaimantId::new(row.claimant_id)).await {
        Ok(_) => Ok(true),
        Err(DbError::NotFound) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Writes what was found of a locked record of a locked sample.
async fn note(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    row: &mut MemberRow,
    checked: &Checked,
) -> AppResult<()> {
    let scope = actor.scope();
    let of = ClaimantId::new(row.claimant_id);
    row.note_sealed = match checked.note() {
        Some(note) => {
            let vault = Vault::open(ctx, tx, scope, of).await?;
            Some(vault.seal("sample_members", "note_sealed", &note)?)
        }
        None => None,
    };
    row.result = Some(checked.word().to_owned());
    row.code = checked.code().map(|code| code.as_str().to_owned());
    row.checked_by = Some(actor.staff_id().uuid());
    row.checked_at = Some(ctx.clock.now());
    db::mark_member(tx, scope, row).await?;
    let told = json!({
        "sample": row.sample_id, "place": row.place, "result": row.result, "code": row.code,
    });
    let who = Actor::Staff(actor.staff_id());
    let entry = Entry::new(of, actor.association_id(), who, "sample_checked").with(told);
    audit::append(ctx, tx, scope, entry).await
}

/// What was found, of a record that is in the sample.
fn read_found(
    member: Option<MemberRow>,
    found: &Found,
) -> Result<(MemberRow, Checked), FieldErrors> {
    let mut errors = FieldErrors::new();
    if member.is_none() {
        errors.push("/place", FieldCode::UnknownValue, "error-sample-place");
    }
    let (result, code, note) = (&found.result, &found.code, &found.note);
    let checked = match Checked::parse(result.as_deref(), code.as_deref(), note.as_deref()) {
        Ok(checked) => Some(checked),
        Err(wrong) => {
            errors.append(wrong);
            None
        }
    };
    member.zip(checked).ok_or(errors)
}

/// Draws by the public seed that is known now, or one made now; closes a sample whose records are all checked, or gives it up.
///
/// *effects*: the row; of `draw` the records; audit `sample_drawn`, `sample_finished` or `sample_cancelled`, each an
/// entry of the log.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of others; `Invalid` at `/seed`, `/reason`; `IllegalTransition` if the state does
/// not allow it, the seed is not due, the list (to draw) or what was drawn (to finish) has no place in the log, or a
/// record is not checked yet.
pub async fn step(ctx: &Ctx, actor: &StaffActor, id: Uuid, wanted: &Step) -> AppResult<Sample> {
    actor.require(&operation::STEP_SAMPLE_CHECK)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let mut row = db::lock(&mut tx, scope, actor.association_id(), id).await?;
    let after = wanted.step.from(state_of(&row)?);
    let after = after.ok_or(AppError::IllegalTransition("sample"))?;
    let mut errors = FieldErrors::new();
    match wanted.step {
        SampleStep::Draw => {
            let typed = seed_of(ctx, &mut tx, actor, &row, wanted.seed.as_deref()).await?;
            let association = actor.association_id();
            let population = db::get_population(&mut tx, scope, association, id).await?;
            draw(ctx, &mut tx, actor, (&mut row, &population), typed).await?;
        }
        SampleStep::Finish => finish(ctx, &mut tx, actor, &mut row).await?,
        SampleStep::Cancel => {
            let reason = errors.take("/reason", Reason::parse(wanted.reason.as_deref()));
            let reason = reason.ok_or(errors)?;
            after.as_str().clone_into(&mut row.state);
            row.end_reason = Some(reason.as_str().to_owned());
            end(ctx, actor, &mut row);
            db::mark(&mut tx, scope, &row).await?;
            let mut deed = actor.deed(id, "sample_cancelled");
            deed.detail = json!({ "seed": row.seed, "drawn": row.drawn_at.is_some() });
            deed.note = Some(reason.as_str().as_bytes());
            deed.write(ctx, &mut tx, scope).await?;
        }
    }
    let sample = read(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(sample)
}

/// Closes it: what the log is told is the list, the seed, what was drawn and what came out.
async fn finish(ctx: &Ctx, tx: &mut Tx, actor: &StaffActor, row: &mut SampleRow) -> AppResult<()> {
    let sample = read(ctx, tx, actor, row.id).await?;
    let lines = sample.members.iter().map(|member| {
        let code = member.code.map(FindingCode::as_str);
        let reference = member.reference.as_str();
        (member.place, reference, member.result.as_deref(), code)
    });
    let lines = result_lines(lines).ok_or(AppError::IllegalTransition("sample_unchecked"))?;
    // clocks of nodes differ: what comes before has its place in the log before the end is told
    if sample.entries.iter().any(|entry| entry.index.is_none()) {
        return Err(AppError::IllegalTransition("sample_unlogged"));
    }
    SampleState::Finished.as_str().clone_into(&mut row.state);
    row.result_sha256 = Some(sha256::digest(lines.as_bytes()));
    end(ctx, actor, row);
    db::mark(tx, actor.scope(), row).await?;
    let counts = sample.counts();
    let mut deed = actor.deed(row.id, "sample_finished");
    deed.detail = json!({
        "filter": row.filter, "size": row.size, "population": row.population_count,
        "population_sha256": sha256::hex(&row.population_sha256),
        "seed_source": row.seed_source, "seed": row.seed,
        "sample_sha256": row.sample_sha256.as_deref().map(sha256::hex),
        "result_sha256": row.result_sha256.as_deref().map(sha256::hex),
        "ok": counts.ok, "unable": counts.unable, "findings": counts.findings,
    });
    deed.write(ctx, tx, actor.scope()).await
}

fn end(ctx: &Ctx, actor: &StaffActor, row: &mut SampleRow) {
    row.ended_by = Some(actor.staff_id().uuid());
    row.ended_at = Some(ctx.clock.now());
}
