//! The people of an association: who acts for it in which role, and until when. Invitations are in
//! `invitation`.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::account::{SessionLine, forget_all};
use crate::app::staff::{
    self, StaffActor, note_change, opened, read_cases, read_role, stored_cases,
};
use crate::app::work_queue;
use crate::db::membership::{self, ChangeRow, PersonRow};
use crate::db::staff::MembershipRow;
use crate::db::{DbError, Scope, staff_session};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::membership::{MembershipChange, MembershipState, Terms, can_be_limited};
use crate::domain::permission::{Role, operation};

pub mod invitation;

const SCOPE: Scope = Scope::System("people of the owner's association");
/// People listed; an association has dozens.
const LISTED: i64 = 1_000;

/// A person of the own association.
#[derive(Clone)]
pub struct Person {
    /// The person.
    pub id: StaffId,
    /// Name in trails.
    pub name: String,
    /// Login address.
    pub email: String,
    /// The membership, as it is or was last.
    pub terms: Terms,
    /// Whether the platform has shut the person out altogether.
    pub disabled: bool,
    /// Since when the person belongs to the association, UTC.
    pub since: DateTime<Utc>,
    /// When the person last signed in for it, UTC.
    pub signed_in_at: Option<DateTime<Utc>>,
}

/// What a membership was from a moment on.
#[derive(Clone, Debug)]
pub struct Period {
    /// What it was.
    pub terms: Terms,
    /// From when, UTC.
    pub from: DateTime<Utc>,
    /// Name of who changed it; none: the operator.
    pub by: Option<String>,
}

/// A person with what the membership was, and where the person is signed in for the association.
pub struct Profile {
    /// The person.
    pub person: Person,
    /// Oldest first.
    pub periods: Vec<Period>,
    /// Newest first.
    pub sessions: Vec<SessionLine>,
}

/// The people of the own association, oldest first; those whose membership has ended last.
///
/// # Errors
/// `Forbidden`.
pub async fn list(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<Person>> {
    actor.require(&operation::LIST_PEOPLE)?;
    listed(ctx, actor).await
}

/// As [`list`], for whoever was allowed already.
pub(in crate::app) async fn listed(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<Person>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = membership::list_people(&mut tx, scope, actor.association_id(), LISTED).await?;
    tx.commit().await?;
    let mut people: Vec<Person> = rows
        .into_iter()
        .map(|row| person(ctx, row))
        .collect::<AppResult<_>>()?;
    people.sort_by_key(|person| person.terms.state == MembershipState::Ended);
    Ok(people)
}

/// One person of the own association.
///
/// # Errors
/// `Forbidden`; `NotFound` for one who never belonged to it.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: StaffId) -> AppResult<Profile> {
    actor.require(&operation::GET_PERSON)?;
    let (scope, association) = (actor.scope(), actor.association_id());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = membership::find_person(&mut tx, scope, association, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let changes = membership::list_changes(&mut tx, scope, association, id).await?;
    let by: Vec<Uuid> = changes.iter().filter_map(|row| row.changed_by).collect();
    let names = staff::names(ctx, &mut tx, scope, &by).await?;
    tx.commit().await?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let now = ctx.clock.now();
    let sessions = staff_session::list(&mut tx, SCOPE, id, Some(association), now).await?;
    tx.commit().await?;
    let own = Some(actor.session());
    Ok(Profile {
        person: person(ctx, row)?,
        periods: changes
            .into_iter()
            .map(|row| period(&row, &names))
            .collect::<AppResult<_>>()?,
        sessions: sessions
            .into_iter()
            .map(|row| SessionLine::of(row, own))
            .collect(),
    })
}

/// What an owner typed to change a membership.
#[derive(Clone, Debug, Default)]
pub struct ChangeInput {
    /// Word of the action.
    pub action: Option<String>,
    /// Word of the new role, for `role`.
    pub role: Option<String>,
    /// Slugs of the cases, for `cases`; none: all.
    pub cases: Option<Vec<String>>,
}

/// Changes a membership. What the person has open for the association ends at once; what the person had to do is
/// nobody's from then on, where the person works on queues no more, or on that case.
///
/// *effects*: membership, `membership_changes`; sessions, tokens and assignments of the person for this association;
/// audit `membership_changed`, `assign` on each item released.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for one who never belonged to it; `Invalid` at `/action`, `/role`,
/// `/cases`; `IllegalTransition` if it changes
/// nothing, has ended, or would leave the association without an active owner (`last_owner`).
pub async fn change(
    ctx: &Ctx,
    actor: &StaffActor,
    id: StaffId,
    input: &ChangeInput,
) -> AppResult<()> {
    actor.require(&operation::CHANGE_MEMBERSHIP)?;
    let cases = given_cases(ctx, actor, input.cases.as_deref()).await?;
    let change = MembershipChange::parse(input.action.as_deref(), input.role.as_deref(), cases)?;
    let association = actor.association_id();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let rows = membership::lock_all(&mut tx, SCOPE, association).await?;
    let Some(mut row) = rows.iter().find(|row| row.staff_id == id.uuid()).cloned() else {
        // over, or never was
        let known = membership::find_person(&mut tx, SCOPE, association, id).await?;
        return Err(known.map_or(AppError::NotFound, |_| AppError::IllegalTransition("ended")));
    };
    let before = terms_of(&row)?;
    let after = change.after(&before);
    let after = after.ok_or(AppError::IllegalTransition("unchanged"))?;
    check_cases(after.role, after.cases.as_deref())?;
    let stays = after.state == MembershipState::Active && after.role == Role::Owner;
    let disabled = membership::list_disabled(&mut tx, SCOPE, association).await?;
    if !stays && is_last_owner(&rows, &row, &disabled) {
        return Err(AppError::IllegalTransition("last_owner"));
    }
    after.role.as_str().clone_into(&mut row.role);
    row.suspended_at = (after.state == MembershipState::Suspended).then_some(now);
    row.revoked_at = (after.state == MembershipState::Ended).then_some(now);
    row.case_ids = stored_cases(after.cases.as_deref());
    membership::update(&mut tx, SCOPE, &row).await?;
    let by = Some(actor.staff_id());
    let place = (id, association);
    note_change(ctx, &mut tx, SCOPE, place, &after, by).await?;
    let ended = forget_all(ctx, &mut tx, SCOPE, (id, Some(association))).await?;
    let works = after.state == MembershipState::Active && operation::ASSIGN_ITEM.allows(after.role);
    let kept = after.cases.as_deref().filter(|_| works);
    let released = if works && kept.is_none() {
        0
    } else {
        let kept = kept.unwrap_or_default();
        work_queue::release(ctx, &mut tx, SCOPE, place, kept, by).await?
    };
    let mut deed = actor.deed(id.uuid(), "membership_changed");
    deed.change = Some((before.state.as_str(), after.state.as_str()));
    deed.detail = json!({
        "role_before": before.role.as_str(), "role": after.role.as_str(), "cases_before": before.cases,
        "cases": after.cases, "sessions": ended, "released": released,
    });
    deed.write(ctx, &mut tx, SCOPE).await?;
    Ok(tx.commit().await?)
}

/// Ends all that a person has open for the association; gives how many sessions there were.
///
/// *effects*: sessions and tokens; audit `staff_sessions_ended`.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound`.
pub async fn end_sessions(ctx: &Ctx, actor: &StaffActor, id: StaffId) -> AppResult<usize> {
    actor.require(&operation::END_PERSON_SESSIONS)?;
    let association = actor.association_id();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let known = membership::find_person(&mut tx, SCOPE, association, id).await?;
    known.ok_or(AppError::NotFound)?;
    let ended = forget_all(ctx, &mut tx, SCOPE, (id, Some(association))).await?;
    let mut deed = actor.deed(id.uuid(), "staff_sessions_ended");
    deed.detail = json!({ "sessions": ended });
    deed.write(ctx, &mut tx, SCOPE).await?;
    tx.commit().await?;
    Ok(ended)
}

/// The cases an owner named; `None` for all.
///
/// # Errors
/// `Required` at `/cases` for an empty list, `UnknownValue` at `/cases/<place>`.
async fn given_cases(
    ctx: &Ctx,
    actor: &StaffActor,
    slugs: Option<&[String]>,
) -> AppResult<Option<Vec<CaseId>>> {
    let Some(slugs) = slugs else {
        return Ok(None);
    };
    if slugs.is_empty() {
        let mut errors = FieldErrors::new();
        errors.push("/cases", FieldCode::Required, "error-member-cases-none");
        return Err(AppError::Invalid(errors));
    }
    let directory = ctx.directories.get(ctx).await?;
    let mut cases = directory.cases_of(actor.association_id(), slugs)?;
    cases.sort_unstable_by_key(|case| case.uuid());
    cases.dedup();
    Ok(Some(cases))
}

/// Whether a role can be for these cases.
fn check_cases(role: Role, cases: Option<&[CaseId]>) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::new();
    if cases.is_some() && !can_be_limited(role) {
        errors.push("/cases", FieldCode::UnknownValue, "error-member-cases-role");
    }
    errors.into_result(())
}

/// Whether nobody else could give roles once this membership is no owner's any more; who the platform disabled
/// cannot.
fn is_last_owner(all: &[MembershipRow], row: &MembershipRow, disabled: &[Uuid]) -> bool {
    let owns = |row: &MembershipRow| {
        row.role == Role::Owner.as_str() && state_of(row) == MembershipState::Active
    };
    owns(row)
        && !all
            .iter()
            .filter(|other| other.staff_id != row.staff_id && !disabled.contains(&other.staff_id))
            .any(owns)
}

/// What a membership is, by its row.
fn terms_of(row: &MembershipRow) -> AppResult<Terms> {
    Ok(Terms {
        state: state_of(row),
        role: read_role(&row.role)?,
        cases: read_cases(row.case_ids.as_deref()),
    })
}

pub(in crate::app) fn state_of(row: &MembershipRow) -> MembershipState {
    if row.revoked_at.is_some() {
        MembershipState::Ended
    } else if row.suspended_at.is_some() {
        MembershipState::Suspended
    } else {
        MembershipState::Active
    }
}

/// A row of the database, opened.
pub(in crate::app) fn person(ctx: &Ctx, row: PersonRow) -> AppResult<Person> {
    let (name, email) = opened(ctx, row.id, row.root_version, row.sealed)?;
    Ok(Person {
        id: StaffId::new(row.id),
        name,
        email,
        terms: terms_of(&row.membership)?,
        disabled: row.status != "active",
        since: row.membership.created_at,
        signed_in_at: row.membership.signed_in_at,
    })
}

fn period(row: &ChangeRow, names: &HashMap<Uuid, String>) -> AppResult<Period> {
    let state = MembershipState::parse(&row.state);
    Ok(Period {
        terms: Terms {
            state: state.ok_or(DbError::Corrupt("membership_changes.state"))?,
            role: read_role(&row.role)?,
            cases: read_cases(row.case_ids.as_deref()),
        },
        from: row.changed_at,
        by: row.changed_by.and_then(|id| names.get(&id).cloned()),
    })
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Person(..)")
    }
}
