//! What waits for a second person (decision 30): shown to who may decide it and to who asked, told by mail
//! (`notice`). Deciding is where the thing itself is: each place refuses who asked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::staff::{self, StaffActor};
use crate::db::approval::{self as db, CountRow, WaitingRow};
use crate::db::assignment::{self, MemberRow};
use crate::db::{Conn, DbError, Tx};
use crate::domain::approval::{ApprovalKind, MOST_COUNTED};
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::permission::{Role, operation};

mod notice;

pub(in crate::app) use notice::tell;

/// Something that waits for a second person.
#[derive(Debug, Clone)]
pub struct Approval {
    /// What it is.
    pub kind: ApprovalKind,
    /// What is decided: the bulk action, case, export, hand-in, clash, or claimant.
    pub id: Uuid,
    /// The claimant it is about, where it is about one.
    pub claimant: Option<ClaimantId>,
    /// Slug and title of its case; none for a case that nobody sees yet.
    pub case: Option<(String, String)>,
    /// Who asked: id and name; none: a claimant.
    pub asked_by: Option<(Uuid, String)>,
    /// Since when it waits, UTC.
    pub since: DateTime<Utc>,
    /// Last instant at which it can be decided, UTC; none: it has no end.
    pub until: Option<DateTime<Utc>>,
    /// Records it touches, where that is known.
    pub records: Option<i64>,
    /// Kind of a bulk action, format of an export.
    pub form: Option<String>,
    /// What for, in the words of who asked; the title of a case.
    pub about: Option<String>,
    /// How many active members may decide it, who asked left out.
    pub deciders: usize,
}

/// What waits, as a member sees it. Oldest first, at most 50 of each kind.
#[derive(Debug, Clone)]
pub struct Approvals {
    /// What the member may decide.
    pub to_decide: Vec<Approval>,
    /// What the member asked for: it waits for somebody else.
    pub own: Vec<Approval>,
    /// Whether more wait for the member than are listed or counted.
    pub more: bool,
    /// How many there are.
    pub tally: Tally,
}

/// How many wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// What the member may decide; up to 99 of each kind.
    pub to_decide: i64,
    /// Whether there are more.
    pub more: bool,
    /// Whether something that the member asked for can be decided by nobody: no other member has the right.
    pub is_stuck: bool,
}

/// What waits for a second person: what the actor may decide, and what the actor asked for.
///
/// # Errors
/// `Forbidden` for who decides nothing.
pub async fn list(ctx: &Ctx, actor: &StaffActor) -> AppResult<Approvals> {
    actor.require(&operation::LIST_APPROVALS)?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let place = (actor.association_id(), actor.staff_id().uuid());
    let decides = ApprovalKind::decided_by(actor.role());
    let cases = claimant_list::cases(ctx, actor).await?;
    let cases: HashMap<CaseId, (String, String)> = cases
        .into_iter()
        .map(|own| (own.case.id, (own.case.slug.clone(), own.case.title.clone())))
        .collect();
    let mut tx = ctx.pools.begin(scope).await?;
    let tally = counted(ctx, &mut tx, actor).await?;
    let others = db::list_to_decide(&mut tx, scope, place, &decides, now).await?;
    let own = db::list_own(&mut tx, scope, place, now).await?;
    let mut people: Vec<Uuid> = others
        .iter()
        .chain(&own)
        .filter_map(|it| it.asked_by)
        .collect();
    people.sort_unstable();
    people.dedup();
    let names = staff::names(ctx, &mut tx, scope, &people).await?;
    let members = members(&mut tx, actor).await?;
    tx.commit().await?;
    let read = |rows: Vec<WaitingRow>| {
        let read = rows
            .into_iter()
            .map(|row| approval(row, &cases, &names, &members));
        read.collect::<AppResult<Vec<_>>>()
    };
    let to_decide = read(others)?;
    let listed = i64::try_from(to_decide.len()).unwrap_or(i64::MAX);
    Ok(Approvals {
        more: tally.more || listed < tally.to_decide,
        to_decide,
        own: read(own)?,
        tally,
    })
}

/// How many wait; nothing for who decides nothing.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn tally(ctx: &Ctx, actor: &StaffActor) -> AppResult<Tally> {
    if !operation::LIST_APPROVALS.allows(actor.role()) {
        return Ok(Tally::default());
    }
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let tally = counted(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(tally)
}

async fn counted(ctx: &Ctx, tx: &mut Tx, actor: &StaffActor) -> AppResult<Tally> {
    let place = (actor.association_id(), actor.staff_id().uuid());
    let decides = ApprovalKind::decided_by(actor.role());
    let rows = db::count(tx, actor.scope(), place, &decides, None, ctx.clock.now()).await?;
    let (own, others): (Vec<CountRow>, Vec<CountRow>) = rows.into_iter().partition(|row| row.own);
    let mut tally = Tally::default();
    for CountRow { count, .. } in others {
        tally.to_decide += count.min(MOST_COUNTED);
        tally.more |= count > MOST_COUNTED;
    }
    if own.is_empty() {
        return Ok(tally);
    }
    let members = members(tx, actor).await?;
    for row in own {
        let case = row.case_id.ok_or(DbError::Corrupt("approval case"))?;
        let asked = (CaseId::new(case), Some(actor.staff_id().uuid()));
        tally.is_stuck |= deciders(kind_of(&row.kind)?, &members, asked) == 0;
    }
    Ok(tally)
}

/// Active members of the actor's association with their roles.
async fn members(conn: &mut Conn, actor: &StaffActor) -> AppResult<Vec<(MemberRow, Role)>> {
    let rows = assignment::list_people(conn, actor.scope(), actor.association_id()).await?;
    let rows = rows.into_iter();
    rows.map(|row| {
        let role = staff::read_role(&row.role)?;
        Ok((row, role))
    })
    .collect()
}

/// How many of some members may decide about a case, who asked left out.
fn deciders(
    kind: ApprovalKind,
    members: &[(MemberRow, Role)],
    (case, asked_by): (CaseId, Option<Uuid>),
) -> usize {
    let may = |(member, role): &&(MemberRow, Role)| {
        Some(member.id) != asked_by && kind.is_decided_by(*role) && member.is_on(case)
    };
    members.iter().filter(may).count()
}

fn kind_of(word: &str) -> AppResult<ApprovalKind> {
    let kind = ApprovalKind::parse(word);
    Ok(kind.ok_or(DbError::Corrupt("approval kind"))?)
}

fn approval(
    row: WaitingRow,
    cases: &HashMap<CaseId, (String, String)>,
    names: &HashMap<Uuid, String>,
    members: &[(MemberRow, Role)],
) -> AppResult<Approval> {
    let kind = kind_of(&row.kind)?;
    let asked = (CaseId::new(row.case_id), row.asked_by);
    let deciders = deciders(kind, members, asked);
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    Ok(Approval {
        kind,
        id: row.id,
        claimant: row.claimant_id.map(ClaimantId::new),
        case: cases.get(&CaseId::new(row.case_id)).cloned(),
        asked_by: row.asked_by.map(|id| (id, name(id))),
        since: row.since,
        until: row.until,
        records: row.records,
        form: row.form,
        about: row.about.filter(|about| !about.is_empty()),
        deciders,
    })
}
