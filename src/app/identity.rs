//! Giving and correcting identity, by the claimant or by staff who assist (DESIGN 3.6, R21-R24).

use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::clash::{self, Outcome, Reach};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::{identity_kind, province, warning_codes};
use crate::app::vault::Vault;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::identity::{self as db, IdentityRow};
use crate::db::{Conn, Scope, Tx, signature};
use crate::domain::audit::action;
use crate::domain::claimant::ClaimantState;
use crate::domain::entity::EntityInput;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::identity::Identity;
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::person::PersonInput;
use crate::domain::representation::CAPACITIES;

/// Identity as it comes in.
#[derive(Clone, Debug, Default)]
pub struct IdentityRequest {
    /// A natural person; else `entity`.
    pub person: Option<PersonInput>,
    /// A company or body; else `person`.
    pub entity: Option<EntityInput>,
    /// `self` or, for an entity, `legal_representative`: by default what fits; for a person also `parent`,
    /// `guardian`, `heir`, `delegate`, who are then recorded with their title (R46).
    pub capacity: Option<String>,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityGiven {
    /// The record that is open now: another one if this person had signed up before (same codice
    /// fiscale and same confirmed contact).
    pub claimant: ClaimantId,
    /// State of the record the identity was given to.
    pub state: ClaimantState,
    /// Mismatches that only warn (R23).
    pub warnings: Vec<&'static str>,
}

/// Gives or corrects the own identity.
///
/// *effects*: a version of `identities`, look-ups, the clash step, audit `give_identity`; a
/// duplicate moves the session to the first record; what was signed must be signed again (R39).
///
/// # Errors
/// `Invalid` under `/person`, `/entity` or `/capacity`; `IllegalTransition` unless confirmed or signed.
pub async fn give(
    ctx: &Ctx,
    actor: &ClaimantActor,
    request: IdentityRequest,
) -> AppResult<IdentityGiven> {
    let (identity, capacity) = parse(ctx, &request)?;
    let (mut tx, row) = lock(ctx, actor.claimant(), &identity).await?;
    if row.association() != actor.association() {
        return Err(AppError::NotFound);
    }
    let after = match row.state()? {
        ClaimantState::Confirmed => ClaimantState::Confirmed,
        // identity is part of what was signed (R39)
        ClaimantState::Signed | ClaimantState::ResignRequired => ClaimantState::ResignRequired,
        other => return Err(AppError::IllegalTransition(other.as_str())),
    };
    tx.enter(actor.scope()).await?;
    let by = Actor::Claimant(row.claimant());
    let outcome = write(ctx, &mut tx, &row, &identity, capacity, by).await?;
    let (claimant, state) = match outcome {
        Some(Outcome::Duplicate { first }) => {
            let first = claimant::find(&mut tx, clash::SCOPE, first).await?;
            let first = first.ok_or(AppError::NotFound)?;
            let (id, association) = (first.claimant(), first.association());
            session::switch(&mut tx, clash::SCOPE, actor, id, association).await?;
            (id, ClaimantState::Duplicate)
        }
        Some(Outcome::Registered | Outcome::Conflict) | None => {
            tx.enter(actor.scope()).await?;
            session::keep(ctx, &mut tx, actor).await?;
            (row.claimant(), after)
        }
    };
    tx.commit().await?;
    Ok(IdentityGiven {
        claimant,
        state,
        warnings: warning_codes(&identity),
    })
}

/// Reads an identity request.
pub(in crate::app) fn parse(
    ctx: &Ctx,
    request: &IdentityRequest,
) -> AppResult<(Identity, &'static str)> {
    let today = day_in_rome(ctx.clock.now());
    let parsed = Identity::parse(request.person.as_ref(), request.entity.as_ref(), today);
    let capacity = match (request.capacity.as_deref(), request.entity.is_some()) {
        (None | Some("self"), false) => Ok("self"),
        (None | Some("legal_representative"), true) => Ok("legal_representative"),
        (Some(told), false) => CAPACITIES.into_iter().find(|it| *it == told).ok_or(()),
        _ => Err(()),
    };
    let mut errors = FieldErrors::new();
    if capacity.is_err() {
        errors.push(
            "/capacity",
            FieldCode::UnknownValue,
            "error-capacity-unknown",
        );
    }
    match (parsed, capacity) {
        (Ok(identity), Ok(capacity)) => Ok((identity, capacity)),
        (Err(wrong), _) => {
            errors.append(wrong);
            Err(errors.into())
        }
        (Ok(_), Err(())) => Err(errors.into()),
    }
}

/// Locks the claimant and whoever holds the person's key, in id order; under system rights.
pub(in crate::app) async fn lock(
    ctx: &Ctx,
    claimant: ClaimantId,
    identity: &Identity,
) -> AppResult<(Tx, ClaimantRow)> {
    let mut tx = ctx.pools.begin(clash::SCOPE).await?;
    let found = claimant::find(&mut tx, clash::SCOPE, claimant).await?;
    let found = found.ok_or(AppError::NotFound)?;
    let reach = Reach {
        person: Some(clash::person_key(ctx, found.case(), identity)),
        ..Reach::of(claimant)
    };
    let (tx, rows) = clash::lock_touched(ctx, tx, &reach).await?;
    let row = rows.into_iter().find(|row| row.id == claimant.uuid());
    Ok((tx, row.ok_or(AppError::NotFound)?))
}

/// Writes a version of a locked claimant's identity and, once the contact is confirmed, runs the
/// clash step. Begins under the tenant's rights, ends under the system's if it did.
pub(in crate::app) async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
    identity: &Identity,
    capacity: &'static str,
    by: Actor,
) -> AppResult<Option<Outcome>> {
    let scope = Scope::Association(row.association());
    let now = ctx.clock.now();
    let version = next_version(tx, scope, row).await?;
    let vault = Vault::open(ctx, tx, scope, row.claimant()).await?;
    let warnings = warning_codes(identity);
    let version_row = IdentityRow {
        claimant_id: row.id,
        version,
        association_id: row.association_id,
        kind: identity_kind(identity).to_owned(),
        capacity: capacity.to_owned(),
        sealed: vault.seal("identities", "sealed", identity)?,
        warnings: warnings.iter().map(|code| (*code).to_owned()).collect(),
        given_by: match by {
            Actor::Staff(_) => "staff",
            _ => "claimant",
        }
        .to_owned(),
        created_at: now,
        // another identity needs another look (R23)
        to_check_at: (!warnings.is_empty()).then_some(now),
        checked_at: None,
        checked_by: None,
    };
    db::mark_replaced(tx, scope, row.claimant()).await?;
    db::insert(tx, scope, &version_row).await?;
    let given_at = row.identity_at.unwrap_or(now);
    let province = province(identity);
    claimant::mark_identity(tx, scope, row.claimant(), province.as_deref(), given_at).await?;
    clash::write_identity_lookups(ctx, tx, row, identity).await?;
    let entry = Entry::new(row.claimant(), row.association(), by, action::GIVE_IDENTITY);
    let mut entry = entry.with(json!({ "version": version, "warnings": warnings }));
    let state = row.state()?;
    signature::void_requests(tx, scope, row.claimant(), now).await?;
    if state == ClaimantState::Signed {
        let after = state.move_to(ClaimantState::ResignRequired)?;
        claimant::mark_state(tx, scope, row.claimant(), after, now).await?;
        entry = entry.moved(state, after);
    }
    audit::append(ctx, tx, scope, entry).await?;
    if !state.counts() {
        // entered by staff before the contact is confirmed: it takes the person's key then
        return Ok(None);
    }
    clash::register(ctx, tx, row, identity).await.map(Some)
}

async fn next_version(conn: &mut Conn, scope: Scope, row: &ClaimantRow) -> AppResult<i32> {
    let newest = db::find(conn, scope, row.claimant()).await?;
    Ok(newest.map_or(1, |newest| newest.version + 1))
}
