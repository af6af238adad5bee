//! The clash step of mailboxes: one mailbox in one incident, one active claim; both sides of a clash
//! are blocked until it is settled, and neither learns of the other (R30, DESIGN 3.6). It settles itself when
//! exactly one side proves control of the mailbox: that side holds the key and is blocked no more, the other
//! waits. Once both have proved it they are both blocked again, and staff decide.

use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::clash::SCOPE;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::identity::{self, ConflictRow};
use crate::db::{Conn, conflict, mailbox, registered_mailbox as db};
use crate::domain::claimant::Review;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};
use crate::domain::mailbox_address::MailboxAddress;

/// Kind of these conflicts.
pub(in crate::app) const KIND: &str = "mailbox";

/// The keys of a declaration's mailboxes, in order: one per incident and mailbox (SCALE S3).
pub(in crate::app) fn keys(
    ctx: &Ctx,
    case: CaseId,
    mailboxes: &[(String, MailboxAddress)],
) -> Vec<Uuid> {
    let mut keys: Vec<Uuid> = mailboxes
        .iter()
        .map(|(incident, address)| {
            let value = format!("{incident}|{}", address.as_str());
            token::uuid_v8(
                ctx.keyring
                    .index
                    .hash(case.uuid(), "registered_mailbox", &value),
            )
        })
        .collect();
    keys.sort_unstable();
    keys
}

/// Everybody whom taking `wanted`, and freeing what the claimant holds, touches: see [`crate::app::clash::Reach`].
pub(in crate::app) async fn touched(
    conn: &mut Conn,
    claimant: ClaimantId,
    wanted: &[Uuid],
) -> AppResult<Vec<ClaimantId>> {
    let mut ids = db::list_holders(conn, SCOPE, wanted).await?;
    if !ids.is_empty() {
        ids.extend(db::list_waiting(conn, SCOPE, wanted).await?);
    }
    for key in db::list_held(conn, SCOPE, claimant).await? {
        let waiting = identity::list_conflicts_on(conn, SCOPE, key).await?;
        ids.extend(
            waiting
                .into_iter()
                .map(|row| ClaimantId::new(row.claimant_id)),
        );
    }
    for own in identity::list_conflicts_of(conn, SCOPE, claimant).await? {
        ids.push(ClaimantId::new(own.other_claimant_id));
    }
    Ok(ids)
}

/// Takes the keys of what was signed; keys of an earlier version that are not in it are freed. All
/// touched are locked, the transaction is under system rights.
///
/// *effects*: `registered_mailboxes`, or a conflict row and `review: conflict` on both sides; audit.
pub(in crate::app) async fn register(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    wanted: &[Uuid],
) -> AppResult<()> {
    let now = ctx.clock.now();
    let claimant = row.claimant();
    for held in db::list_held(conn, SCOPE, claimant).await? {
        if !wanted.contains(&held) {
            free_key(ctx, conn, held).await?;
        }
    }
    settle(ctx, conn, claimant, |conflict| {
        !wanted.contains(&conflict.registered_id)
    })
    .await?;
    for key in wanted {
        let holder = db::register(conn, SCOPE, *key, claimant, row.association_id, now).await?;
        match holder.filter(|holder| *holder != claimant) {
            Some(holder) => {
                open_conflict(ctx, conn, row, *key, holder).await?;
                judge(ctx, conn, *key).await?;
            }
            None => settle(ctx, conn, claimant, |own| own.registered_id == *key).await?,
        }
    }
    Ok(())
}

/// Frees what a claimant who leaves holds, and ends the conflicts. All touched are locked.
pub(in crate::app) async fn free(
    ctx: &Ctx,
    conn: &mut Conn,
    claimant: ClaimantId,
) -> AppResult<()> {
    settle(ctx, conn, claimant, |_| true).await?;
    for key in db::list_held(conn, SCOPE, claimant).await? {
        free_key(ctx, conn, key).await?;
    }
    Ok(())
}

/// Frees a key: the oldest row in conflict gets it, the others now clash with that one.
async fn free_key(ctx: &Ctx, conn: &mut Conn, key: Uuid) -> AppResult<()> {
    db::release(conn, SCOPE, key).await?;
    let waiting = identity::list_conflicts_on(conn, SCOPE, key).await?;
    let Some((heir, others)) = waiting.split_first() else {
        return Ok(());
    };
    let now = ctx.clock.now();
    let heir_id = ClaimantId::new(heir.claimant_id);
    let before = ClaimantId::new(heir.other_claimant_id);
    db::register(conn, SCOPE, key, heir_id, heir.association_id, now).await?;
    identity::settle_conflicts(conn, SCOPE, heir_id, key, "freed", now).await?;
    for other in others {
        let other_id = ClaimantId::new(other.claimant_id);
        identity::settle_conflicts(conn, SCOPE, other_id, key, "freed", now).await?;
        let fresh = ConflictRow {
            id: token::new_id(now),
            other_claimant_id: heir.claimant_id,
            opened_at: now,
            ..other.clone()
        };
        identity::insert_conflict(conn, SCOPE, &fresh).await?;
    }
    db::clear_reviews(conn, SCOPE, &[heir_id, before]).await?;
    judge(ctx, conn, key).await
}

/// Looks anew at who of those who clash on a key proved control of its mailbox: whoever alone did holds the
/// key. All touched are locked, the transaction is under system rights.
///
/// *effects*: the key changes hands, conflict rows are decided or open again, reviews; audit `settle_conflict`
/// for each side that waits from now on.
pub(in crate::app) async fn judge(ctx: &Ctx, conn: &mut Conn, key: Uuid) -> AppResult<()> {
    let Some(mut holder) = db::find_holder(conn, SCOPE, key).await? else {
        return Ok(());
    };
    let mut waiting = identity::list_conflicts_on(conn, SCOPE, key).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let mut proved = Vec::new();
    for id in waiting.iter().map(|row| ClaimantId::new(row.claimant_id)) {
        if has_proved(ctx, conn, id, key).await? {
            proved.push(id);
        }
    }
    if !has_proved(ctx, conn, holder, key).await? {
        let Some(winner) = proved.first().copied() else {
            return decide(ctx, conn, holder, &waiting, |_| false).await;
        };
        hand_over(ctx, conn, key, &waiting, winner).await?;
        holder = winner;
        waiting = identity::list_conflicts_on(conn, SCOPE, key).await?;
    }
    decide(ctx, conn, holder, &waiting, |waits| {
        !proved.contains(&waits)
    })
    .await
}

/// Gives a key to one of those who wait for it; who held it waits now, as the others do.
async fn hand_over(
    ctx: &Ctx,
    conn: &mut Conn,
    key: Uuid,
    waiting: &[ConflictRow],
    winner: ClaimantId,
) -> AppResult<()> {
    let now = ctx.clock.now();
    db::release(conn, SCOPE, key).await?;
    for row in waiting {
        let waits = ClaimantId::new(row.claimant_id);
        identity::settle_conflicts(conn, SCOPE, waits, key, "proven", now).await?;
        if waits == winner {
            db::register(conn, SCOPE, key, winner, row.association_id, now).await?;
            let before = ClaimantId::new(row.other_claimant_id);
            let before = claimant::find(conn, SCOPE, before).await?;
            if let Some(before) = before {
                open_conflict(ctx, conn, &before, key, winner).await?;
            }
        } else {
            let fresh = ConflictRow {
                id: token::new_id(now),
                other_claimant_id: winner.uuid(),
                opened_at: now,
                proven_at: None,
                ..row.clone()
            };
            identity::insert_conflict(conn, SCOPE, &fresh).await?;
        }
    }
    Ok(())
}

/// Writes for each who waits whether the clash is decided against them, and who is blocked by that.
async fn decide(
    ctx: &Ctx,
    conn: &mut Conn,
    holder: ClaimantId,
    waiting: &[ConflictRow],
    is_decided: impl Fn(ClaimantId) -> bool,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let mut is_open = false;
    for row in waiting {
        let waits = ClaimantId::new(row.claimant_id);
        let decided = is_decided(waits);
        is_open |= !decided;
        if decided == row.proven_at.is_some() {
            continue;
        }
        identity::mark_proven(conn, SCOPE, row, decided.then_some(now)).await?;
        let association = AssociationId::new(row.association_id);
        let action = if decided {
            "settle_conflict"
        } else {
            "conflict"
        };
        let entry = Entry::new(waits, association, Actor::System, action);
        let entry = entry.with(json!({ "kind": KIND, "by": "proof" }));
        audit::append(ctx, conn, SCOPE, entry).await?;
    }
    if is_open {
        claimant::mark_review(conn, SCOPE, holder, Review::Conflict).await?;
    } else {
        db::clear_reviews(conn, SCOPE, &[holder]).await?;
    }
    Ok(())
}

/// Whether a claimant proved control of the mailbox of a key.
pub(in crate::app) async fn has_proved(
    ctx: &Ctx,
    conn: &mut Conn,
    claimant: ClaimantId,
    key: Uuid,
) -> AppResult<bool> {
    let rows = mailbox::list(conn, SCOPE, claimant).await?;
    let mut proved = rows.into_iter().filter(|row| row.proved_at.is_some());
    let Some(first) = proved.next() else {
        return Ok(false);
    };
    let Some(row) = claimant::find(conn, SCOPE, claimant).await? else {
        return Ok(false);
    };
    let vault = Vault::open(ctx, conn, SCOPE, claimant).await?;
    for mailbox in std::iter::once(first).chain(proved) {
        let address: MailboxAddress = vault.unseal("mailboxes", "sealed", mailbox.sealed)?;
        if all_keys(ctx, row.case(), &address).await?.contains(&key) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The keys that a mailbox has in a case, one for each incident; whether somebody holds them or not.
pub(in crate::app) async fn all_keys(
    ctx: &Ctx,
    case: CaseId,
    address: &MailboxAddress,
) -> AppResult<Vec<Uuid>> {
    let directory = ctx.directories.get(ctx).await?;
    let entry = directory.case(case)?;
    let incidents = entry.incidents.iter();
    let all: Vec<(String, MailboxAddress)> = incidents
        .map(|incident| (incident.slug.clone(), address.clone()))
        .collect();
    Ok(keys(ctx, case, &all))
}

/// Ends those of a claimant's own conflicts that no longer are.
async fn settle(
    ctx: &Ctx,
    conn: &mut Conn,
    claimant: ClaimantId,
    is_over: impl Fn(&ConflictRow) -> bool,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let mut sides = vec![claimant];
    for conflict in identity::list_conflicts_of(conn, SCOPE, claimant).await? {
        if conflict.kind == KIND && is_over(&conflict) {
            let key = conflict.registered_id;
            identity::settle_conflicts(conn, SCOPE, claimant, key, "freed", now).await?;
            sides.push(ClaimantId::new(conflict.other_claimant_id));
        }
    }
    if sides.len() > 1 {
        db::clear_reviews(conn, SCOPE, &sides).await?;
    }
    Ok(())
}

async fn open_conflict(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    key: Uuid,
    holder: ClaimantId,
) -> AppResult<()> {
    let claimant = row.claimant();
    let open = identity::list_conflicts_of(conn, SCOPE, claimant).await?;
    if open.iter().any(|conflict| conflict.registered_id == key)
        || conflict::is_co_holder(conn, SCOPE, claimant, key).await?
    {
        return Ok(());
    }
    let now = ctx.clock.now();
    let conflict = ConflictRow {
        claimant_id: claimant.uuid(),
        id: token::new_id(now),
        association_id: row.association_id,
        kind: KIND.to_owned(),
        registered_id: key,
        other_claimant_id: holder.uuid(),
        opened_at: now,
        settled_at: None,
        settlement: None,
        proven_at: None,
    };
    identity::insert_conflict(conn, SCOPE, &conflict).await?;
    claimant::mark_review(conn, SCOPE, claimant, Review::Conflict).await?;
    claimant::mark_review(conn, SCOPE, holder, Review::Conflict).await?;
    let entry = Entry::new(claimant, row.association(), Actor::System, "conflict");
    audit::append(ctx, conn, SCOPE, entry).await
}
