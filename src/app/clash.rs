//! The clash step: one person, one record in a case; nobody learns of the other (DESIGN 3.6).

use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request::outbox_row;
use crate::app::mailbox_clash;
use crate::app::outbox::RecordsPayload;
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::identity::{self, ConflictRow};
use crate::db::lookup::LookupRow;
use crate::db::outbox::{self, OutboxRow};
use crate::db::{Conn, DbError, Scope, Tx, lookup, registered_mailbox, signature};
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::contact::Contact;
use crate::domain::identity::Identity;
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::signing::{DigitalEvidence, Report};

/// Rights of the clash step.
pub(in crate::app) const SCOPE: Scope = Scope::System("clash across associations");

/// How often locking begins anew when somebody new came meanwhile.
const ROUNDS: usize = 5;

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::app) enum Outcome {
    /// The key is the claimant's.
    Registered,
    /// The same person at the same contact: this record is a duplicate of the first.
    Duplicate {
        /// The first record.
        first: ClaimantId,
    },
    /// Somebody else holds the key: `review: conflict`.
    Conflict,
}

/// The key of a person in a case (SCALE S3).
pub(in crate::app) fn person_key(ctx: &Ctx, case: CaseId, identity: &Identity) -> Uuid {
    let hash = ctx
        .keyring
        .index
        .hash(case.uuid(), "person", &identity.person_key());
    token::uuid_v8(hash)
}

/// Takes the key of the person, or settles what to do about who holds it. The claimant and the
/// holder are locked already, in id order. Leaves the transaction under system rights.
///
/// *effects*: `registered_persons`, or state `duplicate`, or `review: conflict` and a conflict row;
/// audit. Keys the claimant held for another identity are freed.
pub(in crate::app) async fn register(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
    identity: &Identity,
) -> AppResult<Outcome> {
    tx.enter(SCOPE).await?;
    let now = ctx.clock.now();
    let claimant = row.claimant();
    let key = person_key(ctx, row.case(), identity);
    for held in identity::list_held(tx, SCOPE, claimant).await? {
        if held != key {
            free_key(ctx, tx, held).await?;
        }
    }
    let holder =
        identity::register_person(tx, SCOPE, key, claimant, row.association_id, now).await?;
    let Some(holder) = holder.filter(|holder| *holder != claimant) else {
        settle_own(ctx, tx, claimant, None).await?;
        return Ok(Outcome::Registered);
    };
    let state = row.state()?;
    // the row was read before its confirmation, if that is what is happening now
    let may_be_duplicate = matches!(
        state,
        ClaimantState::Unconfirmed | ClaimantState::ToAssist | ClaimantState::Confirmed
    );
    if may_be_duplicate && same_contact(ctx, tx, row, holder).await? {
        settle_own(ctx, tx, claimant, None).await?;
        claimant::mark_duplicate(tx, SCOPE, claimant, holder, now).await?;
        let entry = Entry::new(claimant, row.association(), Actor::System, "duplicate");
        let entry = entry.moved(ClaimantState::Confirmed, ClaimantState::Duplicate);
        audit::append(ctx, tx, SCOPE, entry).await?;
        return Ok(Outcome::Duplicate { first: holder });
    }
    open_conflict(ctx, tx, row, key, holder).await?;
    Ok(Outcome::Conflict)
}

/// Writes the look-ups that come with identity: codice fiscale and folded surname.
pub(in crate::app) async fn write_identity_lookups(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    identity: &Identity,
) -> AppResult<()> {
    let scope = Scope::Association(row.association());
    let index = &ctx.keyring.index;
    lookup::delete_kinds(conn, scope, row.claimant(), &["codice_fiscale", "surname"]).await?;
    let of = |kind: &'static str, value: &str| LookupRow {
        hash: index.hash(row.case_id, kind, value).to_vec(),
        kind,
        claimant_id: row.id,
        association_id: row.association_id,
    };
    let mut rows = vec![of("surname", &identity.folded_surname())];
    if let Some(code) = identity.codice_fiscale() {
        rows.push(of("codice_fiscale", code));
    }
    Ok(lookup::insert(conn, scope, &rows).await?)
}

/// Whom an act may touch: everybody who waits for what the claimant holds, or for whom the claimant
/// waits, and who holds what the claimant is about to take.
pub(in crate::app) struct Reach<'a> {
    /// Who acts.
    pub(in crate::app) claimant: ClaimantId,
    /// Key of the person that is to be taken.
    pub(in crate::app) person: Option<Uuid>,
    /// Keys of mailboxes that are to be taken.
    pub(in crate::app) mailboxes: &'a [Uuid],
    /// Whether the duplicates of the claimant go along.
    pub(in crate::app) duplicates: bool,
    /// Whether those who wait for the key of the person go along.
    pub(in crate::app) rivals: bool,
}

impl Reach<'_> {
    /// Of an act that takes nothing.
    pub(in crate::app) const fn of(claimant: ClaimantId) -> Self {
        Self {
            claimant,
            person: None,
            mailboxes: &[],
            duplicates: false,
            rivals: false,
        }
    }
}

/// Locks everybody within reach in id order (DESIGN 3.6), and asks again who that is once they are
/// locked: somebody may have come while we waited. Then all locks are given back and taken anew, for one
/// more out of order could be waited for in a circle. `tx` is new and under system rights, and so is what
/// comes back; with it those of the rows that are there.
///
/// # Errors
/// `Unavailable` if somebody new comes each time, or a lock is not to be had.
pub(in crate::app) async fn lock_touched(
    ctx: &Ctx,
    mut tx: Tx,
    reach: &Reach<'_>,
) -> AppResult<(Tx, Vec<ClaimantRow>)> {
    for _ in 0..ROUNDS {
        let ids = touched(&mut tx, reach).await?;
        let rows = claimant::lock_in_order(&mut tx, SCOPE, &ids).await?;
        let now = touched(&mut tx, reach).await?;
        if now.iter().all(|id| ids.contains(id)) {
            return Ok((tx, rows));
        }
        tx.commit().await?;
        tx = ctx.pools.begin(SCOPE).await?;
    }
    Err(DbError::LockTimeout.into())
}

/// Who is within reach now, the claimant first.
async fn touched(conn: &mut Conn, reach: &Reach<'_>) -> AppResult<Vec<ClaimantId>> {
    let mut ids = vec![reach.claimant];
    for key in identity::list_held(conn, SCOPE, reach.claimant).await? {
        let waiting = identity::list_conflicts_on(conn, SCOPE, key).await?;
        ids.extend(
            waiting
                .into_iter()
                .map(|row| ClaimantId::new(row.claimant_id)),
        );
    }
    ids.extend(mailbox_clash::touched(conn, reach.claimant, reach.mailboxes).await?);
    if let Some(key) = reach.person {
        ids.extend(identity::find_holder(conn, SCOPE, key).await?);
        if reach.rivals {
            let waiting = identity::list_conflicts_on(conn, SCOPE, key).await?;
            let waiting = waiting.into_iter().map(|row| row.claimant_id);
            ids.extend(waiting.map(ClaimantId::new));
        }
    }
    if reach.duplicates {
        ids.extend(claimant::list_duplicates_of(conn, SCOPE, reach.claimant).await?);
    }
    Ok(ids)
}

/// Frees what a claimant who leaves holds; each key goes to the oldest row in conflict. Everybody
/// touched is locked already. The transaction is under system rights.
pub(in crate::app) async fn free(ctx: &Ctx, tx: &mut Tx, claimant: ClaimantId) -> AppResult<()> {
    for key in identity::list_held(tx, SCOPE, claimant).await? {
        free_key(ctx, tx, key).await?;
    }
    mailbox_clash::free(ctx, tx, claimant).await?;
    settle_own(ctx, tx, claimant, None).await
}

/// Gives the keys of persons of one who moves to the record that continues it (R51): who waits for one
/// goes on waiting, for the new holder. Keys of mailboxes are freed: they are taken by signing. All
/// touched are locked, the transaction is under system rights.
pub(in crate::app) async fn hand_over(
    ctx: &Ctx,
    tx: &mut Tx,
    from: ClaimantId,
    to: &ClaimantRow,
) -> AppResult<()> {
    let now = ctx.clock.now();
    for key in identity::list_held(tx, SCOPE, from).await? {
        identity::release_person(tx, SCOPE, key).await?;
        identity::register_person(tx, SCOPE, key, to.claimant(), to.association_id, now).await?;
        for waiting in identity::list_conflicts_on(tx, SCOPE, key).await? {
            let waits = ClaimantId::new(waiting.claimant_id);
            identity::settle_conflicts(tx, SCOPE, waits, key, "freed", now).await?;
            let fresh = ConflictRow {
                id: token::new_id(now),
                other_claimant_id: to.id,
                ..waiting
            };
            identity::insert_conflict(tx, SCOPE, &fresh).await?;
        }
    }
    mailbox_clash::free(ctx, tx, from).await?;
    settle_own(ctx, tx, from, None).await
}

async fn free_key(ctx: &Ctx, conn: &mut Conn, key: Uuid) -> AppResult<()> {
    identity::release_person(conn, SCOPE, key).await?;
    let waiting = identity::list_conflicts_on(conn, SCOPE, key).await?;
    let Some(oldest) = waiting.first() else {
        return Ok(());
    };
    let now = ctx.clock.now();
    let heir = ClaimantId::new(oldest.claimant_id);
    identity::register_person(conn, SCOPE, key, heir, oldest.association_id, now).await?;
    settle_own(ctx, conn, heir, Some(key)).await
}

/// Ends a claimant's conflicts on persons, on one key or on all, and the review if none is left.
async fn settle_own(
    ctx: &Ctx,
    conn: &mut Conn,
    claimant: ClaimantId,
    key: Option<Uuid>,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let mut settled = 0_usize;
    for conflict in identity::list_conflicts_of(conn, SCOPE, claimant).await? {
        let on = conflict.registered_id;
        if conflict.kind == "person" && key.is_none_or(|key| key == on) {
            settled += identity::settle_conflicts(conn, SCOPE, claimant, on, "freed", now).await?;
        }
    }
    if settled > 0 {
        registered_mailbox::clear_reviews(conn, SCOPE, &[claimant]).await?;
    }
    Ok(())
}

/// Who signed digitally with the codice fiscale of the key gets it from a holder who did not: that settles the
/// clash on its own (DESIGN 3.6). The other side now waits and is for staff to look at. All touched are locked,
/// the transaction is under system rights.
///
/// *effects*: the key changes hands, conflict rows on both sides, audit `conflict` for the other.
pub(in crate::app) async fn win_by_digital(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
    identity: &Identity,
    report: &Report,
) -> AppResult<()> {
    let own = identity.codice_fiscale();
    let mut told = report.signatures.iter();
    let is_own = |code: &str| own.is_some_and(|own| own.eq_ignore_ascii_case(code));
    if !told.any(|signature| signature.codice_fiscale.as_deref().is_some_and(is_own)) {
        // a representative signed, or an entity's: that says nothing about who the claimant is
        return Ok(());
    }
    let (key, me, now) = (
        person_key(ctx, row.case(), identity),
        row.claimant(),
        ctx.clock.now(),
    );
    let holder = identity::find_holder(tx, SCOPE, key).await?;
    let Some(holder) = holder.filter(|holder| *holder != me) else {
        return Ok(());
    };
    let Some(loser) = claimant::find(tx, SCOPE, holder).await? else {
        return Ok(());
    };
    if signed_digitally(tx, &loser).await? {
        return Ok(());
    }
    identity::release_person(tx, SCOPE, key).await?;
    identity::register_person(tx, SCOPE, key, me, row.association_id, now).await?;
    for waiting in identity::list_conflicts_on(tx, SCOPE, key).await? {
        let waits = ClaimantId::new(waiting.claimant_id);
        identity::settle_conflicts(tx, SCOPE, waits, key, "proven", now).await?;
        if waits != me {
            let fresh = ConflictRow {
                id: token::new_id(now),
                other_claimant_id: row.id,
                opened_at: now,
                ..waiting
            };
            identity::insert_conflict(tx, SCOPE, &fresh).await?;
        }
    }
    wait_for(ctx, tx, &loser, key, me).await?;
    registered_mailbox::clear_reviews(tx, SCOPE, &[me]).await?;
    Ok(())
}

/// Whether the version in force was signed digitally.
async fn signed_digitally(conn: &mut Conn, row: &ClaimantRow) -> AppResult<bool> {
    let Some(version) = row.signed_version else {
        return Ok(false);
    };
    let signed = signature::find(conn, SCOPE, row.claimant(), version).await?;
    let is_in_force = row.state()? != ClaimantState::Withdrawn;
    Ok(is_in_force && signed.is_some_and(|signed| signed.tier == DigitalEvidence::TIER))
}

/// Notes that a claimant clashes with who holds the key.
async fn wait_for(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    key: Uuid,
    holder: ClaimantId,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let conflict = ConflictRow {
        claimant_id: row.id,
        id: token::new_id(now),
        association_id: row.association_id,
        kind: "person".to_owned(),
        registered_id: key,
        other_claimant_id: holder.uuid(),
        opened_at: now,
        settled_at: None,
        settlement: None,
        proven_at: None,
    };
    identity::insert_conflict(conn, SCOPE, &conflict).await?;
    claimant::mark_review(conn, SCOPE, row.claimant(), Review::Conflict).await?;
    let entry = Entry::new(row.claimant(), row.association(), Actor::System, "conflict");
    audit::append(ctx, conn, SCOPE, entry).await
}

async fn same_contact(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    holder: ClaimantId,
) -> AppResult<bool> {
    let Some(other) = claimant::find(conn, SCOPE, holder).await? else {
        return Ok(false);
    };
    if other.confirmed_at.is_none() {
        return Ok(false);
    }
    let mine = contact_of(ctx, conn, row).await?;
    let theirs = contact_of(ctx, conn, &other).await?;
    Ok(match (mine.email(), theirs.email()) {
        (Some(mine), Some(theirs)) => mine.normalized() == theirs.normalized(),
        (None, None) => mine.phone().is_some() && mine.phone() == theirs.phone(),
        _ => false,
    })
}

async fn contact_of(ctx: &Ctx, conn: &mut Conn, row: &ClaimantRow) -> AppResult<Contact> {
    let vault = Vault::open(ctx, conn, SCOPE, row.claimant()).await?;
    vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())
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
    if open.iter().any(|conflict| conflict.registered_id == key) {
        return Ok(());
    }
    settle_own(ctx, conn, claimant, None).await?;
    wait_for(ctx, conn, row, key, holder).await?;
    tell_first(ctx, conn, holder).await
}

/// Mails the first contact that it is registered already, with its own link: most second records are
/// made by who forgot the first. The mail says nothing about the other record, and whoever made that
/// one sees nothing of it.
async fn tell_first(ctx: &Ctx, conn: &mut Conn, holder: ClaimantId) -> AppResult<()> {
    let Some(first) = claimant::find(conn, SCOPE, holder).await? else {
        return Ok(());
    };
    if first.confirmed_at.is_none() || first.contact_kind != "email" {
        return Ok(());
    }
    let payload = RecordsPayload::of_record(&first);
    let payload = serde_json::to_value(payload).map_err(AppError::internal)?;
    let now = ctx.clock.now();
    let mail = outbox_row(
        ctx,
        &first,
        "already_registered",
        token::new_id(now),
        payload,
        first.contact_domain.as_deref(),
    );
    Ok(outbox::insert(
        conn,
        SCOPE,
        &OutboxRow {
            priority: 3,
            ..mail
        },
    )
    .await?)
}
