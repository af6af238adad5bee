//! The exact set of a bulk action, frozen to be looked at.

use std::collections::HashMap;

use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{BulkStatus, read, subjects, words};
use crate::app::claimant_list::{self, Filter, OwnCase, selection};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::export;
use crate::app::staff::StaffActor;
use crate::app::work_queue;
use crate::crypto::token;
use crate::db::bulk::{self as db, BulkRow, MemberRow};
use crate::db::{Tx, claimant, claimant_list as lists};
use crate::domain::bulk::{
    BulkAct, BulkKind, BulkState, LOOKED_AT_HOURS, MOST, MOST_PER_MINUTE, judge,
};
use crate::domain::case_update::{UpdateTextInput, UpdateTexts};
use crate::domain::claimant::Queue;
use crate::domain::deficiency;
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::ids::CaseId;
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;
use crate::domain::readiness::Letter;
use crate::domain::reason::Reason;
use crate::domain::reference::Reference;
use crate::domain::rejection::RejectionCode;

/// Records that are read and judged at once.
const AT_ONCE: usize = 1_000;

/// A bulk action to look at.
#[derive(Debug, Default)]
pub struct NewBulk {
    /// Slug of the case.
    pub case: String,
    /// Word of what is done.
    pub kind: Option<String>,
    /// Which records. A search is not taken: it names people, and the register names nobody.
    pub filter: Filter,
    /// What for.
    pub purpose: Option<String>,
    /// Words of a message.
    pub texts: Vec<UpdateTextInput>,
    /// Most mails of a message a minute.
    pub per_minute: Option<i32>,
    /// Letters to ask for.
    pub letters: Vec<String>,
    /// Last day for them.
    pub due_on: Option<String>,
    /// The colleague who gets what is on the queue of the filter.
    pub to: Option<String>,
    /// Why records are rejected.
    pub code: Option<String>,
    /// The same in words, for those who are.
    pub words: Option<String>,
    /// Only the record of this reference.
    pub reference: Option<String>,
}

/// Freezes the set a filter means and judges each record: nothing happens to any of them. It can be started for
/// 24 hours.
///
/// *effects*: a row, and one for each record; audit `bulk_previewed`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others; `Invalid` at `/kind`, `/purpose`, at the fields of the kind,
/// at `/filter` for more than 200,000 records.
pub async fn preview(ctx: &Ctx, actor: &StaffActor, new: NewBulk) -> AppResult<BulkStatus> {
    actor.require(&operation::PREVIEW_BULK)?;
    let own = claimant_list::own_case(ctx, actor, &new.case).await?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let mut errors = FieldErrors::new();
    let purpose = errors.take("/purpose", Reason::parse(new.purpose.as_deref()));
    let act = act(ctx, &mut tx, (actor, own.case.id), &new, &mut errors).await?;
    let reference = quoted(&new, &mut errors);
    let (Some(purpose), Some(act), true) = (purpose, act, errors.is_empty()) else {
        return Err(errors.into());
    };
    let filter = narrowed(&act, reference.as_ref(), new.filter);
    let ids = meant(ctx, &mut tx, actor, (&own, &filter)).await?;
    let now = ctx.clock.now();
    let id = token::new_id(now);
    let (members, passed) = freeze(ctx, &mut tx, actor, (id, &act), &ids).await?;
    let (words_sealed, words_key_version) = words::seal(ctx, (actor.association_id(), id), &act)
        .await?
        .unzip();
    let row = BulkRow {
        id,
        association_id: actor.association_id().uuid(),
        case_id: own.case.id.uuid(),
        kind: act.kind().as_str().to_owned(),
        act: serde_json::to_value(&act).map_err(AppError::internal)?,
        filter: noted(&filter, reference.is_some()),
        purpose: purpose.as_str().to_owned(),
        state: BulkState::Previewed.as_str().to_owned(),
        member_count: count(members),
        done_count: 0,
        passed_count: count(passed),
        done_up_to: None,
        created_by: actor.staff_id().uuid(),
        created_at: now,
        expires_at: now + Duration::hours(LOOKED_AT_HOURS),
        decided_by: None,
        decided_at: None,
        decision_note: None,
        stepped_at: None,
        finished_at: None,
        undo_by: None,
        undo_decided_by: None,
        words_sealed,
        words_key_version,
    };
    db::insert(&mut tx, scope, &row).await?;
    let mut deed = actor.deed(id, "bulk_previewed");
    deed.detail = json!({
        "case": row.case_id, "kind": row.kind, "filter": row.filter, "members": row.member_count,
    });
    deed.note = Some(purpose.as_str().as_bytes());
    deed.write(ctx, &mut tx, scope).await?;
    let status = read(ctx, &mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(status)
}

/// The filter of a set: of a quoted record its number, which the register does not keep.
fn narrowed(act: &BulkAct, reference: Option<&Reference>, filter: Filter) -> Filter {
    match reference {
        Some(of) => Filter {
            search: Some(of.as_str().to_owned()),
            ..filter
        },
        None => Filter {
            search: None,
            ..fitting(act, filter)
        },
    }
}

/// The records a filter means.
async fn meant(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    (own, filter): (&OwnCase, &Filter),
) -> AppResult<Vec<Uuid>> {
    let states: Vec<&str> = filter.state.iter().map(|state| state.as_str()).collect();
    let chosen = selection(ctx, actor.association_id(), own, filter, states);
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let ids = lists::list_ids(tx, actor.scope(), &chosen, most + 1).await?;
    if ids.len() > MOST {
        let mut errors = FieldErrors::new();
        errors.push("/filter", FieldCode::OutOfRange, "error-bulk-too-many");
        return Err(errors.into());
    }
    Ok(ids)
}

/// Writes the records of the set; gives how many there are, and how many of them the act does not fit.
async fn freeze(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    (bulk, act): (Uuid, &BulkAct),
    ids: &[Uuid],
) -> AppResult<(usize, usize)> {
    let (scope, association) = (actor.scope(), actor.association_id());
    let (mut all, mut passed) = (0, 0);
    for ids in ids.chunks(AT_ONCE) {
        // who is erased just now is in no set
        let rows = claimant::keep_in_order(tx, scope, ids).await?;
        let subjects = subjects(ctx, tx, scope, (association, act), &rows).await?;
        let mut bases = match act.kind() {
            BulkKind::Reject => db::list_bases(tx, scope, ids).await?.into_iter().collect(),
            BulkKind::Message
            | BulkKind::AskDeficiency
            | BulkKind::EndQuarantine
            | BulkKind::Assign => HashMap::new(),
        };
        let members = rows.iter().zip(&subjects).map(|(row, subject)| {
            let why = judge(act, subject).err();
            MemberRow {
                basis: bases.remove(&row.id),
                claimant_id: row.id,
                bulk_id: bulk,
                association_id: row.association_id,
                outcome: why.map(|_| "passed".to_owned()),
                reason: why.map(|why| why.as_str().to_owned()),
            }
        });
        let members: Vec<MemberRow> = members.collect();
        all += members.len();
        passed += members.iter().filter(|row| row.reason.is_some()).count();
        db::insert_members(tx, scope, &members).await?;
    }
    Ok((all, passed))
}

/// What the register keeps of the words of a set.
fn noted(filter: &Filter, is_quoted: bool) -> Value {
    let mut noted = export::noted(filter);
    if let Some(fields) = noted.as_object_mut().filter(|_| is_quoted) {
        fields.insert("quoted".to_owned(), json!(true));
    }
    noted
}

/// Whom an act can be meant for at all: quarantines are ended of who is in one.
fn fitting(act: &BulkAct, filter: Filter) -> Filter {
    match act.kind() {
        BulkKind::EndQuarantine => Filter {
            queue: filter.queue.or(Some(Queue::Quarantined)),
            ..filter
        },
        BulkKind::Message | BulkKind::AskDeficiency | BulkKind::Reject
            if filter.state.is_none() && filter.queue != Some(Queue::ToAssist) =>
        {
            let mut filter = filter;
            // who withdrew or never confirmed is not listed as passed over
            filter.narrowing.active = true;
            filter
        }
        BulkKind::Message | BulkKind::AskDeficiency | BulkKind::Reject | BulkKind::Assign => filter,
    }
}

/// Reads what is to be done.
async fn act(
    ctx: &Ctx,
    tx: &mut Tx,
    (actor, case): (&StaffActor, CaseId),
    new: &NewBulk,
    errors: &mut FieldErrors,
) -> AppResult<Option<BulkAct>> {
    let kind = new.kind.as_deref().map(str::trim).unwrap_or_default();
    let Some(kind) = BulkKind::parse(kind) else {
        let code = if kind.is_empty() {
            FieldCode::Required
        } else {
            FieldCode::UnknownValue
        };
        errors.push("/kind", code, "error-bulk-kind");
        return Ok(None);
    };
    Ok(match kind {
        BulkKind::Message => {
            let paced = new
                .per_minute
                .is_none_or(|pace| (1..=MOST_PER_MINUTE).contains(&pace));
            if !paced {
                errors.push("/per_minute", FieldCode::OutOfRange, "error-bulk-pace");
            }
            let texts = kept(errors, UpdateTexts::parse(&new.texts));
            texts.map(|texts| BulkAct::Message {
                texts,
                per_minute: new.per_minute,
            })
        }
        BulkKind::AskDeficiency => {
            let today = day_in_rome(ctx.clock.now());
            let all: Vec<char> = Letter::ALL.map(Letter::as_char).to_vec();
            let wanted = deficiency::parse(&new.letters, new.due_on.as_deref(), &all, today);
            kept(errors, wanted).map(|wanted| BulkAct::AskDeficiency {
                letters: wanted
                    .letters
                    .iter()
                    .map(|letter| letter.as_char())
                    .collect(),
                due_on: wanted.due_on,
            })
        }
        BulkKind::EndQuarantine => Some(BulkAct::EndQuarantine),
        BulkKind::Reject => rejection(new, errors),
        BulkKind::Assign => assignment(tx, (actor, case), new, errors).await?,
    })
}

/// Reads why records are rejected.
fn rejection(new: &NewBulk, errors: &mut FieldErrors) -> Option<BulkAct> {
    let code = filled(new.code.as_deref());
    let known = code.and_then(RejectionCode::parse);
    if known.is_none() {
        let why = match code {
            None => FieldCode::Required,
            Some(_) => FieldCode::UnknownValue,
        };
        errors.push("/code", why, "error-bulk-code");
    }
    let words = errors.take("/words", Reason::parse(new.words.as_deref()));
    known.zip(words).map(|(code, words)| BulkAct::Reject {
        code,
        words: words.as_str().to_owned(),
    })
}

/// Reads who gets what.
async fn assignment(
    tx: &mut Tx,
    (actor, case): (&StaffActor, CaseId),
    new: &NewBulk,
    errors: &mut FieldErrors,
) -> AppResult<Option<BulkAct>> {
    let Some(queue) = new.filter.queue else {
        errors.push("/queue", FieldCode::Required, "error-bulk-queue");
        return Ok(None);
    };
    let to = new
        .to
        .as_deref()
        .and_then(|to| Uuid::try_parse(to.trim()).ok());
    let known = match to {
        Some(to) => work_queue::is_colleague(tx, (actor, case), to).await?,
        None => false,
    };
    if !known {
        errors.push("/to", FieldCode::UnknownValue, "error-bulk-to");
    }
    let queue = queue.as_str().to_owned();
    Ok(to.filter(|_| known).map(|to| BulkAct::Assign { queue, to }))
}

/// The only record that is meant, by its number; `None`: those of the filter.
fn quoted(new: &NewBulk, errors: &mut FieldErrors) -> Option<Reference> {
    let typed = filled(new.reference.as_deref())?;
    let reference = Reference::parse(typed);
    if reference.is_none() {
        errors.push("/quoted", FieldCode::Format, "error-bulk-reference");
    }
    reference
}

/// What was read; else its errors go to the others.
fn kept<T>(errors: &mut FieldErrors, read: Result<T, FieldErrors>) -> Option<T> {
    read.map_err(|wrong| errors.append(wrong)).ok()
}

/// Sets are small enough.
fn count(records: usize) -> i32 {
    i32::try_from(records).unwrap_or(i32::MAX)
}
