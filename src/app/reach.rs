//! "Whose data could X read between t1 and t2": what roles and memberships allowed, over how many records of
//! which case, and what of it was seen in clear or taken along (DOMAIN 5, R54).
//!
//! What was allowed follows from the rows of `membership_changes`, which nobody changes. What was seen and
//! taken is exact: a view in clear and an export are rows of the trail, in the transaction of the act.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::{StaffActor, read_cases, read_role};
use crate::app::trail_list::{self, Line, Whose};
use crate::db::audit::{self, ActorRows};
use crate::db::membership::{self, ChangeRow};
use crate::db::{Conn, DbError, export};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::membership::MembershipState;
use crate::domain::permission::{Role, operation};
use crate::domain::span::Span;

/// Verbs of the trail by which somebody saw a claimant's data in clear.
pub const SEEN: [&str; 6] = [
    "print_paper_form",
    "view_claimant",
    "view_document",
    "view_paper",
    "view_paper_sheet",
    "view_signed",
];
/// Verbs by which data left the house.
pub const TAKEN: [&str; 2] = [FETCHED, FINISHED];

const FETCHED: &str = "export_fetched";
const FINISHED: &str = "export_finished";
/// Rows of a CSV.
const EXPORTED: i64 = 100_000;

/// What a role may read of claimants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// Nothing.
    Nothing,
    /// Lists and records, masked.
    Masked,
    /// Records in clear.
    Clear,
}

impl Depth {
    /// Of a membership in a state and role.
    pub fn of(state: MembershipState, role: Role) -> Self {
        if state != MembershipState::Active || !operation::GET_CLAIMANT.allows(role) {
            Self::Nothing
        } else if operation::ASSIST_CONFIRM.allows(role) {
            Self::Clear
        } else {
            Self::Masked
        }
    }

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Masked => "masked",
            Self::Clear => "clear",
        }
    }
}

/// A stretch in which the membership did not change.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Which.
    pub span: Span,
    /// How the membership stood.
    pub state: MembershipState,
    /// In which role.
    pub role: Role,
    /// For which cases; none: all.
    pub cases: Option<Vec<CaseId>>,
    /// What could be read.
    pub depth: Depth,
}

/// Records of a case that could be read.
#[derive(Clone, Debug)]
pub struct CaseReach {
    /// Title of the case.
    pub title: String,
    /// Records that were there before the last moment at which they could be read; those erased since are not
    /// counted.
    pub records: i64,
}

/// An export that was taken along, told by its row.
#[derive(Clone, Debug)]
pub struct TakenExport {
    /// csv, xlsx, zip, dossier.
    pub format: String,
    /// Whether it was in clear.
    pub clear: bool,
    /// Claimants in it.
    pub rows: Option<i64>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Name of the person.
    pub name: String,
    /// The span that was asked for.
    pub span: Span,
    /// How the membership stood, oldest first.
    pub stretches: Vec<Stretch>,
    /// What could be read at all: the deepest of the stretches.
    pub depth: Depth,
    /// Of which cases; empty where nothing could be read.
    pub cases: Vec<CaseReach>,
    /// Views in clear, and of how many claimants.
    pub seen: (i64, i64),
    /// Exports that were made.
    pub taken: i64,
    /// Files of them that were fetched.
    pub fetched: i64,
    /// Views and exports, newest first, a page of them.
    pub lines: Vec<Line>,
    /// Exports among them, by id.
    pub exports: HashMap<Uuid, TakenExport>,
    /// Where the next page begins.
    pub next: Option<Uuid>,
}

/// Whose data a person could read in a span, with a page of what was seen and taken.
///
/// # Errors
/// `Forbidden`; `NotFound` for a person who never belonged to the association.
pub async fn find(
    ctx: &Ctx,
    actor: &StaffActor,
    (person, span): (StaffId, Span),
    before: Option<Uuid>,
    limit: i64,
) -> AppResult<Reach> {
    actor.require(&operation::STAFF_REACH)?;
    // what is to come is not known
    let now = ctx.clock.now();
    let until = span.until.min(now).max(span.from);
    let span = Span { until, ..span };
    let (scope, own) = (actor.scope(), actor.association_id());
    let cases = claimant_list::cases(ctx, actor).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let name = trail_list::title(ctx, &mut tx, actor, Whose::Staff(person)).await?;
    let changes = membership::list_changes(&mut tx, scope, own, person).await?;
    let stretches = stretches(&changes, span)?;
    let mut reach = Reach {
        name,
        span,
        depth: deepest(&stretches),
        cases: Vec::new(),
        seen: count(&mut tx, actor, (person, span), &SEEN).await?,
        taken: count(&mut tx, actor, (person, span), &[FINISHED]).await?.0,
        fetched: count(&mut tx, actor, (person, span), &[FETCHED]).await?.0,
        lines: Vec::new(),
        exports: HashMap::new(),
        next: None,
        stretches,
    };
    let mut counts: HashMap<DateTime<Utc>, HashMap<Uuid, i64>> = HashMap::new();
    for case in cases {
        let case = &case.case;
        let Some(until) = last_moment(&reach.stretches, case.id) else {
            continue;
        };
        let counted = match counts.entry(until) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let counted = audit::count_claimants(&mut tx, scope, own, until).await?;
                free.insert(counted.into_iter().collect())
            }
        };
        reach.cases.push(CaseReach {
            title: case.title.clone(),
            records: counted.get(&case.id.uuid()).copied().unwrap_or(0),
        });
    }
    page(ctx, &mut tx, actor, (person, &mut reach), (before, limit)).await?;
    tx.commit().await?;
    Ok(reach)
}

/// What was seen and taken in a span as CSV, newest first, at most 100,000 rows.
///
/// *effects*: audit `export_trail`.
///
/// # Errors
/// As [`find`].
pub async fn csv(
    ctx: &Ctx,
    actor: &StaffActor,
    (person, span): (StaffId, Span),
) -> AppResult<Vec<u8>> {
    actor.require(&operation::STAFF_REACH_CSV)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let whose = Whose::Staff(person);
    trail_list::title(ctx, &mut tx, actor, whose).await?;
    let end = (None, EXPORTED);
    let rows = trail_list::read_span(&mut tx, scope, (person, span), &verbs(), end).await?;
    let lines = trail_list::lines(ctx, &mut tx, scope, rows).await?;
    trail_list::note(ctx, &mut tx, actor, (whose, lines.len())).await?;
    tx.commit().await?;
    trail_list::written(&lines)
}

async fn page(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    (person, reach): (StaffId, &mut Reach),
    (before, limit): (Option<Uuid>, i64),
) -> AppResult<()> {
    let scope = actor.scope();
    let place = (before, limit + 1);
    let asked = (person, reach.span);
    let mut rows = trail_list::read_span(conn, scope, asked, &verbs(), place).await?;
    let size = usize::try_from(limit).map_err(AppError::internal)?;
    let is_more = rows.len() > size;
    rows.truncate(size);
    reach.next = rows.last().filter(|_| is_more).map(|row| row.id);
    let taken = rows
        .iter()
        .filter(|row| TAKEN.contains(&row.action.as_str()));
    let ids: Vec<Uuid> = taken.map(|row| row.subject_id).collect();
    for (id, format, clear, rows) in export::list_told(conn, scope, &ids).await? {
        let told = TakenExport {
            format,
            clear,
            rows,
        };
        reach.exports.insert(id, told);
    }
    reach.lines = trail_list::lines(ctx, conn, scope, rows).await?;
    Ok(())
}

fn verbs() -> Vec<&'static str> {
    SEEN.into_iter().chain(TAKEN).collect()
}

async fn count(
    conn: &mut Conn,
    actor: &StaffActor,
    (person, span): (StaffId, Span),
    actions: &[&str],
) -> AppResult<(i64, i64)> {
    let rows = ActorRows {
        actor: person.uuid(),
        actions,
        span: Some((span.from, span.until)),
    };
    Ok(audit::count_by(conn, actor.scope(), rows).await?)
}

/// The parts of a span in which a membership stood in one way; before its first row there was none.
fn stretches(changes: &[ChangeRow], span: Span) -> AppResult<Vec<Stretch>> {
    let mut found = Vec::new();
    let ends = changes.iter().skip(1).map(|next| Some(next.changed_at));
    for (change, until) in changes.iter().zip(ends.chain([None])) {
        let Some(shared) = span.shared(change.changed_at, until) else {
            continue;
        };
        let state = MembershipState::parse(&change.state);
        let state = state.ok_or(DbError::Corrupt("membership_changes.state"))?;
        let role = read_role(&change.role)?;
        found.push(Stretch {
            span: shared,
            state,
            role,
            cases: read_cases(change.case_ids.as_deref()),
            depth: Depth::of(state, role),
        });
    }
    Ok(found)
}

fn deepest(stretches: &[Stretch]) -> Depth {
    let has = |depth| stretches.iter().any(|stretch| stretch.depth == depth);
    if has(Depth::Clear) {
        Depth::Clear
    } else if has(Depth::Masked) {
        Depth::Masked
    } else {
        Depth::Nothing
    }
}

/// The end of the last stretch in which anything of a case could be read.
fn last_moment(stretches: &[Stretch], case: CaseId) -> Option<DateTime<Utc>> {
    let is_for = |stretch: &Stretch| stretch.cases.as_ref().is_none_or(|it| it.contains(&case));
    let readable = stretches
        .iter()
        .filter(|stretch| stretch.depth != Depth::Nothing && is_for(stretch));
    readable.map(|stretch| stretch.span.until).max()
}
