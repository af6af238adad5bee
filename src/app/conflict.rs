//! Staff look at a clash, its records side by side, and decide it where it does not settle itself (R30,
//! DESIGN 3.6). What belongs to another association is told without anything personal, and decided there.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::claimant_list::{self, Opener, OwnCase};
use crate::app::clash::{self, Reach};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::{self, StaffActor};
use crate::app::{approval, mailbox_clash, rejection, trail};
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::conflict::{self as db, DecisionRow};
use crate::db::identity::{self, ConflictRow};
use crate::db::{Conn, Tx, claimant_list as rows, document, registered_mailbox, signature};
use crate::domain::approval::ApprovalKind;
use crate::domain::claimant::ClaimantState;
use crate::domain::identity::Identity;
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::reference::Reference;
use crate::domain::rejection::RejectionCode;

/// A clash, its records side by side.
#[derive(Debug)]
pub struct Conflict {
    /// The clash.
    pub id: Uuid,
    /// The case.
    pub own: OwnCase,
    /// `person` or `mailbox`.
    pub kind: String,
    /// When it was noticed, UTC.
    pub opened_at: DateTime<Utc>,
    /// Who holds the key first, then who waits for it, oldest first.
    pub sides: Vec<Side>,
    /// What assignments name, as the queue has it: the own record that waits for the key, else the own one that holds it.
    pub subject: Uuid,
    /// What waits for a second person.
    pub proposal: Option<Proposal>,
    /// Whether all records are the own association's: only then staff can decide.
    pub is_ours: bool,
}

/// One of the records.
#[derive(Debug, Clone)]
pub struct Side {
    /// The claimant.
    pub claimant: ClaimantId,
    /// Name of the association.
    pub association: String,
    /// Whether the key is this one's now.
    pub holds: bool,
    /// State.
    pub state: ClaimantState,
    /// When it signed up, UTC.
    pub created_at: DateTime<Utc>,
    /// When the contact was confirmed, UTC.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When the declaration in force was signed, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// How: `otp`, `digital`, `paper`.
    pub tier: Option<String>,
    /// Whether control of the contested mailbox was proved; none where a person is contested.
    pub proved: Option<bool>,
    /// Documents produced.
    pub documents: usize,
    /// What only the own association may see.
    pub seen: Option<Seen>,
}

/// What only the own association may see of a record.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What the claimant quotes.
    pub reference: Reference,
    /// Name.
    pub name: Option<String>,
    /// Codice fiscale, masked.
    pub codice_fiscale: Option<String>,
    /// Mailboxes.
    pub mailboxes: Vec<String>,
}

/// That one record keeps the key and the others are rejected.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Who keeps it.
    pub keeper: ClaimantId,
    /// Name of who proposed it.
    pub by: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Whether that was the actor, who then cannot decide.
    pub is_own: bool,
}

/// A clash with its records. Audited as a look at each of the own ones.
///
/// # Errors
/// `Forbidden`; `NotFound` for one that is settled, where not all have signed, or of others.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<Conflict> {
    actor.require(&operation::GET_CONFLICT)?;
    let mut tx = ctx.pools.begin(clash::SCOPE).await?;
    let (row, records, own) = found(ctx, &mut tx, actor, id).await?;
    let proposal = db::find_proposal(&mut tx, clash::SCOPE, row.registered_id).await?;
    let mut sides = Vec::with_capacity(records.len());
    for (record, holds) in &records {
        sides.push(side(ctx, &mut tx, actor, &own, (&row, record, *holds)).await?);
    }
    tx.enter(actor.scope()).await?;
    for (record, _) in &records {
        if record.association() == actor.association_id() {
            let mut deed = actor.deed(record.id, trail::VIEW);
            deed.detail = json!({ "conflict": id });
            deed.write(ctx, &mut tx, actor.scope()).await?;
        }
    }
    let proposal = match proposal {
        Some(proposal) => Some(opened(ctx, &mut tx, actor, &proposal).await?),
        None => None,
    };
    tx.commit().await?;
    let is_own = |(record, _): &(ClaimantRow, bool)| {
        record.id == row.claimant_id && record.association() == actor.association_id()
    };
    let subject = if records.iter().any(is_own) {
        row.claimant_id
    } else {
        row.other_claimant_id
    };
    Ok(Conflict {
        id,
        own,
        subject,
        kind: row.kind,
        opened_at: row.opened_at,
        is_ours: sides.iter().all(|side| side.seen.is_some()),
        sides,
        proposal,
    })
}

/// The clash, its records with who holds the key, and the case; the transaction is under system rights.
async fn found(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    id: Uuid,
) -> AppResult<(ConflictRow, Vec<(ClaimantRow, bool)>, OwnCase)> {
    let row = db::find_open(tx, clash::SCOPE, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let mut records = records(tx, &row).await?;
    // who only typed the same waits, and is touched by nothing that is decided here
    records.retain(|(record, _)| has_signed(record));
    let several_signed = records.len() > 1;
    let ours = actor.association_id();
    let is_ours = records
        .iter()
        .any(|(record, _)| record.association() == ours);
    let Some((first, _)) = records.first().filter(|_| several_signed && is_ours) else {
        return Err(AppError::NotFound);
    };
    actor.require_case(first.case())?;
    let own = claimant_list::case_of(ctx, ours, first.case()).await?;
    Ok((row, records, own))
}

/// Who holds the key first, then who waits for it.
async fn records(conn: &mut Conn, row: &ConflictRow) -> AppResult<Vec<(ClaimantRow, bool)>> {
    let key = row.registered_id;
    let holder = if row.kind == mailbox_clash::KIND {
        registered_mailbox::find_holder(conn, clash::SCOPE, key).await?
    } else {
        identity::find_holder(conn, clash::SCOPE, key).await?
    };
    let mut ids: Vec<ClaimantId> = holder.into_iter().collect();
    let waiting = identity::list_conflicts_on(conn, clash::SCOPE, key).await?;
    ids.extend(waiting.iter().map(|row| ClaimantId::new(row.claimant_id)));
    let mut records = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(record) = claimant::find(conn, clash::SCOPE, id).await? {
            records.push((record, holder == Some(id)));
        }
    }
    Ok(records)
}

fn has_signed(record: &ClaimantRow) -> bool {
    matches!(
        record.state(),
        Ok(ClaimantState::Signed | ClaimantState::ResignRequired | ClaimantState::Lodged)
    )
}

async fn side(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    own: &OwnCase,
    (conflict, record, holds): (&ConflictRow, &ClaimantRow, bool),
) -> AppResult<Side> {
    let id = record.claimant();
    let signed = match record.signed_version {
        Some(version) => signature::find(conn, clash::SCOPE, id, version).await?,
        None => None,
    };
    let proved = if conflict.kind == mailbox_clash::KIND {
        Some(mailbox_clash::has_proved(ctx, conn, id, conflict.registered_id).await?)
    } else {
        None
    };
    let documents = document::list(conn, clash::SCOPE, id).await?;
    let is_own = record.association() == actor.association_id();
    let association = own.case.association_by_id(record.association());
    Ok(Side {
        claimant: id,
        association: association.map(|it| it.name.clone()).unwrap_or_default(),
        holds,
        state: record.state()?,
        created_at: record.created_at,
        confirmed_at: record.confirmed_at,
        signed_at: record.signed_at,
        tier: signed.map(|signed| signed.tier),
        proved,
        documents: documents
            .iter()
            .filter(|it| it.removed_at.is_none())
            .count(),
        seen: if is_own {
            Some(seen(ctx, conn, record).await?)
        } else {
            None
        },
    })
}

async fn seen(ctx: &Ctx, conn: &mut Conn, record: &ClaimantRow) -> AppResult<Seen> {
    let (id, association) = (record.claimant(), record.association());
    let belongings = rows::list_belongings(conn, clash::SCOPE, association, &[record.id]).await?;
    let opened = Opener::new(belongings).open(ctx, record.id).await?;
    let identity = opened.identity.as_ref().map(|(_, identity)| identity);
    Ok(Seen {
        reference: Reference::of(id),
        name: identity.map(Identity::display_name),
        codice_fiscale: identity.and_then(Identity::masked_codice_fiscale),
        mailboxes: opened
            .mailboxes
            .iter()
            .map(|mailbox| mailbox.address.as_str().to_owned())
            .collect(),
    })
}

async fn opened(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    row: &DecisionRow,
) -> AppResult<Proposal> {
    let mut names = staff::names(ctx, conn, actor.scope(), &[row.proposed_by]).await?;
    Ok(Proposal {
        keeper: ClaimantId::new(row.keeper_id),
        by: names.remove(&row.proposed_by).unwrap_or_default(),
        at: row.proposed_at,
        is_own: row.proposed_by == actor.staff_id().uuid(),
    })
}

/// A clash whose records are locked; all are the own association's. Under system rights.
async fn locked(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
) -> AppResult<(Tx, ConflictRow, Vec<(ClaimantRow, bool)>)> {
    let mut tx = ctx.pools.begin(clash::SCOPE).await?;
    let (row, _, _) = found(ctx, &mut tx, actor, id).await?;
    let reach = Reach {
        rivals: true,
        ..Reach::of(ClaimantId::new(row.claimant_id))
    };
    let (mut tx, _) = clash::lock_touched(ctx, tx, &reach).await?;
    let (row, records, _) = found(ctx, &mut tx, actor, id).await?;
    let ours = actor.association_id();
    if records
        .iter()
        .any(|(record, _)| record.association() != ours)
    {
        return Err(AppError::IllegalTransition("conflict_of_others"));
    }
    Ok((tx, row, records))
}

/// Finds that all records of a clash hold the mailbox together: none of them is blocked any more.
///
/// *effects*: the clash settled as `co_holders`, reviews ended; audit `decide_conflict` on each record.
///
/// # Errors
/// `Forbidden`, `NotFound`; `IllegalTransition` where a person is contested or a record is of others.
pub async fn share(ctx: &Ctx, actor: &StaffActor, id: Uuid, reason: &Reason) -> AppResult<()> {
    actor.require(&operation::DECIDE_CONFLICT)?;
    let (mut tx, row, records) = locked(ctx, actor, id).await?;
    if row.kind != mailbox_clash::KIND {
        return Err(AppError::IllegalTransition("one_person"));
    }
    let (key, now) = (row.registered_id, ctx.clock.now());
    for (record, _) in &records {
        let side = record.claimant();
        identity::settle_conflicts(&mut tx, clash::SCOPE, side, key, "co_holders", now).await?;
    }
    let sides: Vec<ClaimantId> = records
        .iter()
        .map(|(record, _)| record.claimant())
        .collect();
    registered_mailbox::clear_reviews(&mut tx, clash::SCOPE, &sides).await?;
    tx.enter(actor.scope()).await?;
    for side in sides {
        tell(ctx, &mut tx, actor, side, (id, "co_holders"), reason).await?;
    }
    Ok(tx.commit().await?)
}

/// Proposes that one record keeps the key and the others are rejected; a second person decides.
///
/// *effects*: a proposal; audit `propose_conflict` on each record; mails to who may decide.
///
/// # Errors
/// `Forbidden`, `NotFound`; `IllegalTransition` where a proposal waits or a record is of others.
pub async fn propose(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
    keeper: ClaimantId,
    reason: &Reason,
) -> AppResult<()> {
    actor.require(&operation::DECIDE_CONFLICT)?;
    let (mut tx, row, records) = locked(ctx, actor, id).await?;
    let Some((kept, _)) = records
        .iter()
        .find(|(record, _)| record.claimant() == keeper)
    else {
        return Err(AppError::NotFound);
    };
    let now = ctx.clock.now();
    let proposal = DecisionRow {
        registered_id: row.registered_id,
        id: token::new_id(now),
        association_id: kept.association_id,
        case_id: kept.case_id,
        keeper_id: kept.id,
        proposed_by: actor.staff_id().uuid(),
        proposed_at: now,
        decided_by: None,
        decided_at: None,
        outcome: None,
    };
    tx.enter(actor.scope()).await?;
    if !db::insert_proposal(&mut tx, actor.scope(), &proposal).await? {
        return Err(AppError::IllegalTransition("conflict_proposed"));
    }
    for (record, _) in &records {
        let mut deed = actor.deed(record.id, "propose_conflict");
        deed.detail = json!({ "conflict": id, "keeper": keeper.uuid() });
        deed.note = Some(reason.as_str().as_bytes());
        deed.write(ctx, &mut tx, actor.scope()).await?;
    }
    let told = (actor.association_id(), kept.case(), ApprovalKind::Keeper);
    approval::tell(ctx, &mut tx, actor.scope(), told, Some(actor.staff_id())).await?;
    Ok(tx.commit().await?)
}

/// Approves what somebody else proposed: the others are rejected, and what they held goes to who keeps the key.
///
/// *effects*: states `rejected`, clashes settled as `refused`, keys freed, mails that wait taken back, a notice to who
/// is rejected; audit `decide_conflict` on each record.
///
/// # Errors
/// `Forbidden`, `NotFound`; `SecondPerson` for who proposed it; `IllegalTransition` where nothing waits or a
/// record that would be rejected is lodged, or who was to keep the key is no side any more.
pub async fn approve(ctx: &Ctx, actor: &StaffActor, id: Uuid, reason: &Reason) -> AppResult<()> {
    actor.require(&operation::APPROVE_CONFLICT)?;
    let (mut tx, row, records) = locked(ctx, actor, id).await?;
    let proposal = waiting(&mut tx, actor, row.registered_id).await?;
    let keeps = |(record, _): &(ClaimantRow, bool)| record.id == proposal.keeper_id;
    if !records.iter().any(keeps) {
        // proposed of a clash that settled since: it can be refused, and something else be proposed
        return Err(AppError::IllegalTransition("keeper_gone"));
    }
    decided(ctx, &mut tx, actor, &proposal, "approved").await?;
    let (key, now) = (row.registered_id, ctx.clock.now());
    for (record, _) in &records {
        let side = record.claimant();
        if record.id == proposal.keeper_id {
            tx.enter(actor.scope()).await?;
            tell(ctx, &mut tx, actor, side, (id, "keeps"), reason).await?;
            continue;
        }
        tx.enter(clash::SCOPE).await?;
        identity::settle_conflicts(&mut tx, clash::SCOPE, side, key, "refused", now).await?;
        // of the other record nothing is told (R30): what staff wrote stays here
        let told = rejection::Told {
            code: RejectionCode::NotProven,
            bulk: None,
        };
        let scope = actor.scope();
        let (before, after) = rejection::reject_locked(ctx, &mut tx, scope, record, told).await?;
        let mut deed = actor.deed(record.id, "decide_conflict");
        deed.change = Some((before.as_str(), after.as_str()));
        deed.detail = json!({ "conflict": id, "decision": "refused" });
        deed.note = Some(reason.as_str().as_bytes());
        deed.write(ctx, &mut tx, actor.scope()).await?;
    }
    tx.enter(clash::SCOPE).await?;
    let sides: Vec<ClaimantId> = records
        .iter()
        .map(|(record, _)| record.claimant())
        .collect();
    registered_mailbox::clear_reviews(&mut tx, clash::SCOPE, &sides).await?;
    Ok(tx.commit().await?)
}

/// Refuses what somebody else proposed: nothing changes, and something else may be proposed.
///
/// # Errors
/// As [`approve`].
pub async fn refuse(ctx: &Ctx, actor: &StaffActor, id: Uuid, reason: &Reason) -> AppResult<()> {
    actor.require(&operation::APPROVE_CONFLICT)?;
    let (mut tx, row, records) = locked(ctx, actor, id).await?;
    let proposal = waiting(&mut tx, actor, row.registered_id).await?;
    decided(ctx, &mut tx, actor, &proposal, "refused").await?;
    tx.enter(actor.scope()).await?;
    for (record, _) in &records {
        let told = (id, "proposal_refused");
        tell(ctx, &mut tx, actor, record.claimant(), told, reason).await?;
    }
    Ok(tx.commit().await?)
}

/// What waits for a second person, who the actor is.
async fn waiting(tx: &mut Tx, actor: &StaffActor, key: Uuid) -> AppResult<DecisionRow> {
    let proposal = db::find_proposal(tx, clash::SCOPE, key).await?;
    let proposal = proposal.ok_or(AppError::IllegalTransition("nothing_proposed"))?;
    if AssociationId::new(proposal.association_id) != actor.association_id() {
        return Err(AppError::NotFound);
    }
    if proposal.proposed_by == actor.staff_id().uuid() {
        return Err(AppError::SecondPerson);
    }
    Ok(proposal)
}

async fn decided(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    proposal: &DecisionRow,
    outcome: &str,
) -> AppResult<()> {
    let by = (actor.staff_id().uuid(), ctx.clock.now());
    if db::mark_decided(tx, clash::SCOPE, proposal, by, outcome).await? {
        return Ok(());
    }
    Err(AppError::IllegalTransition("nothing_proposed"))
}

async fn tell(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    side: ClaimantId,
    (conflict, decision): (Uuid, &str),
    reason: &Reason,
) -> AppResult<()> {
    let mut deed = actor.deed(side.uuid(), "decide_conflict");
    deed.detail = json!({ "conflict": conflict, "decision": decision });
    deed.note = Some(reason.as_str().as_bytes());
    deed.write(ctx, tx, actor.scope()).await
}
