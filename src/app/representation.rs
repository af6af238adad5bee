//! Who acts for a claimant (R46, R48): given by the claimant's side or by staff, and what becomes due when
//! a minor comes of age.

use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::{self, ClaimantActor};
use crate::app::staff::StaffActor;
use crate::app::vault::Vault;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::representative::{self as db, RepresentativeRow};
use crate::db::{Conn, Scope, Tx, identity, signature};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::identity::Identity;
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::representation::{Representative, RepresentativeInput, acting, is_minor};

const SCOPE: Scope = Scope::System("minors who come of age");

/// Minors looked at in one transaction.
const BATCH: i64 = 200;

/// Batches of one run.
const MAX_BATCHES: usize = 25;

/// What is recorded after a change.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// State of the record now.
    pub state: ClaimantState,
    /// Who acts.
    pub representative: Representative,
}

/// Records who acts for the own claim.
///
/// *effects*: a version of `representatives`, open signature requests end, what was signed by somebody
/// else must be signed again (R39), audit `give_representative`.
///
/// # Errors
/// `Invalid` with each wrong field, at `/identity` if there is none; `IllegalTransition` where identity
/// could not be given either, and `delegate` while one is recorded: only staff end that (R48).
pub async fn put(
    ctx: &Ctx,
    actor: &ClaimantActor,
    input: &RepresentativeInput,
) -> AppResult<Recorded> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, actor.claimant()).await?;
    require_own_hand(ctx, &mut tx, scope, &row).await?;
    let by = Actor::Claimant(actor.claimant());
    let recorded = write(ctx, &mut tx, scope, &row, input, by).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(recorded)
}

/// Records who acts for a claimant, by staff.
///
/// # Errors
/// As [`put`]; `NotFound` out of the own association.
pub async fn put_by_staff(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    input: &RepresentativeInput,
) -> AppResult<Recorded> {
    actor.require(&operation::STAFF_REPRESENTATIVE)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let by = Actor::Staff(actor.staff_id());
    let recorded = write(ctx, &mut tx, scope, &row, input, by).await?;
    tx.commit().await?;
    Ok(recorded)
}

/// Ends a representation, by staff: revoked, or the delegate is no longer wanted.
///
/// *effects*: as [`put`]; audit `end_representative` with the reason, sealed.
///
/// # Errors
/// `NotFound` out of the own association; `IllegalTransition` if nobody is recorded.
pub async fn end_by_staff(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    reason: &Reason,
) -> AppResult<ClaimantState> {
    actor.require(&operation::STAFF_REPRESENTATIVE_END)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let stored = db::find(&mut tx, scope, id).await?;
    let vault = Vault::open(ctx, &mut tx, scope, id).await?;
    let before =
        open(&vault, stored.as_ref())?.ok_or(AppError::IllegalTransition("no_representative"))?;
    let by = Actor::Staff(actor.staff_id());
    insert(ctx, &mut tx, scope, &row, stored.as_ref(), None, by).await?;
    let entry = Entry::new(id, row.association(), by, "end_representative");
    let matters = !before.is_delegate();
    let (state, entry) = resign(ctx, &mut tx, scope, &row, matters, entry).await?;
    audit::append_with_note(ctx, &mut tx, scope, entry, Some(reason.as_str())).await?;
    tx.commit().await?;
    Ok(state)
}

/// Who is recorded now.
pub(in crate::app) async fn find(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Option<Representative>> {
    let stored = db::find(conn, scope, claimant).await?;
    open(vault, stored.as_ref())
}

/// Refuses what a delegate may not do (R48), and anything in the name of the dead (R47): whoever is
/// signed in to such a record is not the claimant.
///
/// # Errors
/// `IllegalTransition` with `delegate` or `deceased`.
pub(in crate::app) async fn require_own_hand(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
) -> AppResult<()> {
    if row.died_at.is_some() {
        return Err(AppError::IllegalTransition("deceased"));
    }
    let stored = db::find(conn, scope, row.claimant()).await?;
    if stored.is_none() {
        return Ok(());
    }
    let vault = Vault::open(ctx, conn, scope, row.claimant()).await?;
    match open(&vault, stored.as_ref())? {
        Some(recorded) if recorded.is_delegate() => Err(AppError::IllegalTransition("delegate")),
        Some(_) | None => Ok(()),
    }
}

fn open(vault: &Vault, stored: Option<&RepresentativeRow>) -> AppResult<Option<Representative>> {
    let sealed = stored.and_then(|row| row.sealed.clone());
    sealed
        .map(|sealed| vault.unseal("representatives", "sealed", sealed))
        .transpose()
}

async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    row: &ClaimantRow,
    input: &RepresentativeInput,
    by: Actor,
) -> AppResult<Recorded> {
    let state = row.state()?;
    if !state.takes_identity() || row.moved_at.is_some() {
        return Err(AppError::IllegalTransition(state.as_str()));
    }
    let id = row.claimant();
    let today = day_in_rome(ctx.clock.now());
    let vault = Vault::open(ctx, tx, scope, id).await?;
    let given = identity::find(tx, scope, id).await?;
    let Some(given) = given.filter(|_| row.identity_at.is_some()) else {
        let mut errors = FieldErrors::new();
        errors.push("/identity", FieldCode::Required, "error-identity-required");
        return Err(errors.into());
    };
    let identity: Identity = vault.unseal("identities", "sealed", given.sealed)?;
    let representative = Representative::parse(input, &identity, today)?;
    let stored = db::find(tx, scope, id).await?;
    let before = open(&vault, stored.as_ref())?;
    if before.as_ref() == Some(&representative) {
        return Ok(Recorded {
            state,
            representative,
        });
    }
    let sealed = vault.seal("representatives", "sealed", &representative)?;
    let written = Some((representative.title().as_str(), sealed));
    insert(ctx, tx, scope, row, stored.as_ref(), written, by).await?;
    if representative.is_for_minor() && !representative.is_delegate() {
        db::insert_minor(tx, scope, id, row.association(), today).await?;
    }
    let entry = Entry::new(id, row.association(), by, "give_representative");
    let entry = entry.with(json!({ "title": representative.title().as_str() }));
    let matters = acting(&identity, before.as_ref(), today)
        != acting(&identity, Some(&representative), today);
    let (state, entry) = resign(ctx, tx, scope, row, matters, entry).await?;
    audit::append(ctx, tx, scope, entry).await?;
    Ok(Recorded {
        state,
        representative,
    })
}

async fn insert(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    row: &ClaimantRow,
    newest: Option<&RepresentativeRow>,
    written: Option<(&'static str, Vec<u8>)>,
    by: Actor,
) -> AppResult<()> {
    let (title, sealed) = written.map_or(("none", None), |(title, sealed)| (title, Some(sealed)));
    let given_by = match by {
        Actor::Staff(_) => "staff",
        _ => "claimant",
    };
    let version = RepresentativeRow {
        claimant_id: row.id,
        version: newest.map_or(1, |newest| newest.version + 1),
        association_id: row.association_id,
        title: title.to_owned(),
        sealed,
        given_by: given_by.to_owned(),
        created_at: ctx.clock.now(),
    };
    Ok(db::insert(tx, scope, &version).await?)
}

/// Who acts stands in what was signed: where it `matters`, codes end and a signature is overtaken (R39).
async fn resign(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    row: &ClaimantRow,
    matters: bool,
    entry: Entry,
) -> AppResult<(ClaimantState, Entry)> {
    let (state, now) = (row.state()?, ctx.clock.now());
    signature::void_requests(tx, scope, row.claimant(), now).await?;
    if state != ClaimantState::Signed || !matters {
        return Ok((state, entry));
    }
    let after = state.move_to(ClaimantState::ResignRequired)?;
    claimant::mark_state(tx, scope, row.claimant(), after, now).await?;
    Ok((after, entry.moved(state, after)))
}

/// Looks at minors once a day, and where one has come of age while somebody else's signature is in force
/// opens the task to ratify it (R46). Gives the number of tasks. Safe to repeat and to run twice at once.
///
/// *effects*: `claimants.ratify_at`, audit `of_age`.
///
/// # Errors
/// `Unavailable` if the database cannot be reached; what was done stays done.
pub async fn look_at_minors(ctx: &Ctx) -> AppResult<usize> {
    let today = day_in_rome(ctx.clock.now());
    let mut tasks = 0;
    for _ in 0..MAX_BATCHES {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let due = db::list_minors_due(&mut tx, SCOPE, today, BATCH).await?;
        let rows = claimant::lock_in_order(&mut tx, SCOPE, &due).await?;
        let mut still = Vec::new();
        for row in &rows {
            match comes_of_age(ctx, &mut tx, row).await? {
                Age::Minor => still.push(row.claimant()),
                Age::Settled => {}
                Age::ToRatify => tasks += 1,
            }
        }
        db::mark_looked(&mut tx, SCOPE, &still, today).await?;
        tx.commit().await?;
        if due.is_empty() {
            break;
        }
    }
    Ok(tasks)
}

enum Age {
    Minor,
    Settled,
    ToRatify,
}

async fn comes_of_age(ctx: &Ctx, tx: &mut Tx, row: &ClaimantRow) -> AppResult<Age> {
    let (id, now) = (row.claimant(), ctx.clock.now());
    let today = day_in_rome(now);
    let vault = Vault::open(ctx, tx, SCOPE, id).await?;
    let given = identity::find(tx, SCOPE, id)
        .await?
        .ok_or(AppError::NotFound)?;
    let identity: Identity = vault.unseal("identities", "sealed", given.sealed)?;
    let recorded = find(tx, SCOPE, &vault, id).await?;
    let is_represented = recorded.is_some_and(|recorded| recorded.is_for_minor());
    if is_represented && is_minor(&identity, today) {
        return Ok(Age::Minor);
    }
    db::delete_minor(tx, SCOPE, id).await?;
    if !is_represented || !row.signed_in_force() {
        return Ok(Age::Settled);
    }
    if !db::mark_ratify(tx, SCOPE, id, Some(now)).await? {
        return Ok(Age::Settled);
    }
    let entry = Entry::new(id, row.association(), Actor::System, "of_age");
    audit::append(ctx, tx, SCOPE, entry).await?;
    Ok(Age::ToRatify)
}
