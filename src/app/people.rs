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
use crate::app::staff::{self, StaffActor, note_change, opened, read_role};
use crate::app::work_queue;
use crate::db::membership::{self, ChangeRow, PersonRow};
use crate::db::staff::MembershipRow;
use crate::db::{DbError, Scope, staff_session};
use crate::domain::ids::StaffId;
use crate::domain::membership::{MembershipChange, MembershipState};
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
    /// The role now, or the last one.
    pub role: Role,
    /// How the membership stands.
    pub state: MembershipState,
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
    /// How it stood.
    pub state: MembershipState,
    /// In which role.
    pub role: Role,
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
    people.sort_by_key(|person| person.state == MembershipState::Ended);
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

/// Changes a membership. What the person has open for the association ends at once; what the person had to do is
/// nobody's from then on, where the person works on queues no more.
///
/// *effects*: membership, `membership_changes`; sessions, tokens and assignments of the person for this association;
/// audit `membership_changed`, `assign` on each item released.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for one who never belonged to it; `IllegalTransition` if it changes
/// nothing, has ended, or would leave the association without an active owner (`last_owner`).
pub async fn change(
    ctx: &Ctx,
    actor: &StaffActor,
    id: StaffId,
    change: MembershipChange,
) -> AppResult<()> {
    actor.require(&operation::CHANGE_MEMBERSHIP)?;
    let association = actor.association_id();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let rows = membership::lock_all(&mut tx, SCOPE, association).await?;
    let Some(mut row) = rows.iter().find(|row| row.staff_id == id.uuid()).cloned() else {
        // over, or never was
        let known = membership::find_person(&mut tx, SCOPE, association, id).await?;
        return Err(known.map_or(AppError::NotFound, |_| AppError::IllegalTransition("ended")));
    };
    let before = (state_of(&row), read_role(&row.role)?);
    let after = change.after(before);
    let (state, role) = after.ok_or(AppError::IllegalTransition("unchanged"))?;
    let stays = state == MembershipState::Active && role == Role::Owner;
    let disabled = membership::list_disabled(&mut tx, SCOPE, association).await?;
    if !stays && is_last_owner(&rows, &row, &disabled) {
        return Err(AppError::IllegalTransition("last_owner"));
    }
    role.as_str().clone_into(&mut row.role);
    row.suspended_at = (state == MembershipState::Suspended).then_some(now);
    row.revoked_at = (state == MembershipState::Ended).then_some(now);
    membership::update(&mut tx, SCOPE, &row).await?;
    let by = Some(actor.staff_id());
    let place = (id, association);
    note_change(ctx, &mut tx, SCOPE, place, (state, role), by).await?;
    let ended = forget_all(ctx, &mut tx, SCOPE, (id, Some(association))).await?;
    let works = state == MembershipState::Active && operation::ASSIGN_ITEM.allows(role);
    let released = if works {
        0
    } else {
        work_queue::release_all(ctx, &mut tx, SCOPE, place, by).await?
    };
    let mut deed = actor.deed(id.uuid(), "membership_changed");
    deed.change = Some((before.0.as_str(), state.as_str()));
    deed.detail = json!({
        "role_before": before.1.as_str(), "role": role.as_str(), "sessions": ended, "released": released,
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
        role: read_role(&row.membership.role)?,
        state: state_of(&row.membership),
        disabled: row.status != "active",
        since: row.membership.created_at,
        signed_in_at: row.membership.signed_in_at,
    })
}

fn period(row: &ChangeRow, names: &HashMap<Uuid, String>) -> AppResult<Period> {
    let state = MembershipState::parse(&row.state);
    Ok(Period {
        state: state.ok_or(DbError::Corrupt("membership_changes.state"))?,
        role: read_role(&row.role)?,
        from: row.changed_at,
        by: row.changed_by.and_then(|id| names.get(&id).cloned()),
    })
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Person(..)")
    }
}
