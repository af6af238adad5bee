//! Confirming a contact and entering the own record, by link or code.

use chrono::NaiveDate;

use crate::app::audit::{self, Actor, Entry};
use crate::app::challenge::{self, Proof, Record, Standing};
use crate::app::clash::{self, Outcome};
use crate::app::consent::{self, Given};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::import;
use crate::app::mailbox_proof;
use crate::app::session::{self, OpenSession};
use crate::app::sign_up::{self, province};
use crate::app::suppression;
use crate::app::vault::Vault;
use crate::crypto::challenge::ChallengePurpose;
use crate::db::bounce;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::lookup::LookupRow;
use crate::db::{Conn, Scope, Tx, confirmation, identity, lookup, mailbox};
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::identity::Identity;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, MailboxId};
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::sign_up::parse_consents;

pub(in crate::app) const FINDING: Scope = Scope::System("challenge before the tenant is known");

/// Somebody proved to own a record.
#[derive(Debug)]
pub struct Entered {
    /// The record.
    pub claimant: ClaimantId,
    /// Its state now.
    pub state: ClaimantState,
    /// Its tenant.
    pub association: AssociationId,
    /// Its case.
    pub case: CaseId,
    /// Opens `/me`.
    pub session: OpenSession,
}

/// A link before it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// What would happen.
    pub standing: Standing,
    /// The record, if the link was ever real.
    pub record: Option<(AssociationId, CaseId)>,
    /// Whose it is, if it was ever real: to know the browser that used it.
    pub claimant: Option<ClaimantId>,
    /// Of who must consent too, being on an earlier list of the association: until when it was collected.
    pub listed_on: Option<NaiveDate>,
}

/// What a link would do. Changes nothing (R16).
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn peek(ctx: &Ctx, purpose: ChallengePurpose, token: &str) -> AppResult<Link> {
    let proof = Proof::Token(token.to_owned());
    let mut tx = ctx.pools.begin(FINDING).await?;
    let row = challenge::record_of(ctx, &mut tx, FINDING, &proof).await?;
    let link = match row {
        None => Link {
            standing: Standing::Unknown,
            record: None,
            claimant: None,
            listed_on: None,
        },
        Some(row) => {
            let standing =
                challenge::judge(ctx, &mut tx, FINDING, row.claimant(), purpose, &proof).await?;
            let known = standing != Standing::Unknown;
            let listed_on = match (purpose, standing) {
                (ChallengePurpose::Confirm, Standing::Open(_)) => {
                    import::listed_on(&mut tx, FINDING, row.claimant()).await?
                }
                _ => None,
            };
            Link {
                listed_on,
                standing,
                record: known.then(|| (row.association(), row.case())),
                claimant: known.then(|| row.claimant()),
            }
        }
    };
    tx.commit().await?;
    Ok(link)
}

/// Confirms the contact of a sign-up (R15, R16).
///
/// *effects*: as [`confirm_with`].
///
/// # Errors
/// As [`confirm_with`]; `Invalid` at `/consents` for who is on an earlier list and has given none yet.
pub async fn confirm(ctx: &Ctx, proof: Proof) -> AppResult<Entered> {
    confirm_with(ctx, proof, None).await
}

/// Confirms the contact of a sign-up (R15, R16), with the consents of who is on an earlier list of the
/// association: no list gives any. Of who signed up alone they are not looked at.
///
/// *effects*: challenge used, state `confirmed`, look-ups of the mailboxes, identity given with the
/// sign-up counts from now (clash step), audit `confirm`, a session; a wrong code counts.
///
/// # Errors
/// `TokenUsed`, `TokenExpired`; `Invalid` at `/code` for a wrong code or an unknown record, under `/consents` for
/// what is missing there.
pub async fn confirm_with(ctx: &Ctx, proof: Proof, given: Option<Given>) -> AppResult<Entered> {
    let (mut tx, row, standing) = prove(ctx, ChallengePurpose::Confirm, &proof).await?;
    let Standing::Open(challenge) = standing else {
        return refuse(ctx, tx, &row, ChallengePurpose::Confirm, &proof, standing).await;
    };
    let scope = Scope::Association(row.association());
    let now = ctx.clock.now();
    consent_of_listed(ctx, &mut tx, &row, given).await?;
    if !confirmation::mark_used(&mut tx, scope, row.claimant(), challenge.uuid(), now).await? {
        return Err(AppError::TokenUsed);
    }
    let before = row.state()?;
    let after = before.move_to(ClaimantState::Confirmed)?;
    confirmation::mark_voided(&mut tx, scope, row.claimant(), now).await?;
    claimant::mark_confirmed(&mut tx, scope, row.claimant(), now).await?;
    let actor = Actor::Claimant(row.claimant());
    let entry = Entry::new(row.claimant(), row.association(), actor, "confirm");
    audit::append(ctx, &mut tx, scope, entry.moved(before, after)).await?;
    let mut state = ClaimantState::Confirmed;
    let mut open = row;
    if let Outcome::Duplicate { first } = settle_confirmed(ctx, &mut tx, &open).await? {
        // the same person at the same address: the first record opens
        let first = claimant::find(&mut tx, clash::SCOPE, first).await?;
        open = first.ok_or(AppError::NotFound)?;
        state = open.state()?;
    }
    note_reached(ctx, &mut tx, &open).await?;
    let scope = Scope::Association(open.association());
    tx.enter(scope).await?;
    let opened = session::open(ctx, &mut tx, scope, open.claimant(), open.association()).await?;
    tx.commit().await?;
    if !open.association().is_sandbox() {
        metrics::counter!("joinder_confirmations_total").increment(1);
    }
    Ok(entered(&open, state, opened))
}

/// Writes the consents of who is on an earlier list; refused, nothing is used up.
async fn consent_of_listed(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
    given: Option<Given>,
) -> AppResult<()> {
    let scope = Scope::Association(row.association());
    if import::listed_on(tx, scope, row.claimant())
        .await?
        .is_none()
    {
        return Ok(());
    }
    let Some(given) = given else {
        let mut errors = FieldErrors::new();
        errors.push("/consents", FieldCode::Required, "error-consents-by-link");
        return Err(errors.into());
    };
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.case(row.case())?;
    let rules = sign_up::rules(&directory, &case, ctx.clock.now());
    let consents = parse_consents(given.consents.as_deref(), &rules)?;
    let vault = Vault::open(ctx, tx, scope, row.claimant()).await?;
    let given = (consents.as_slice(), &given.origin);
    consent::give(ctx, tx, scope, &vault, row, given).await
}

/// Enters the own record (DESIGN 7).
///
/// *effects*: challenge used, audit `enter`, a session; a wrong code counts.
///
/// # Errors
/// As [`confirm`].
pub async fn enter(ctx: &Ctx, proof: Proof) -> AppResult<Entered> {
    let (mut tx, row, standing) = prove(ctx, ChallengePurpose::Access, &proof).await?;
    let Standing::Open(challenge) = standing else {
        return refuse(ctx, tx, &row, ChallengePurpose::Access, &proof, standing).await;
    };
    let scope = Scope::Association(row.association());
    let now = ctx.clock.now();
    if !confirmation::mark_used(&mut tx, scope, row.claimant(), challenge.uuid(), now).await? {
        return Err(AppError::TokenUsed);
    }
    let actor = Actor::Claimant(row.claimant());
    let entry = Entry::new(row.claimant(), row.association(), actor, "enter");
    audit::append(ctx, &mut tx, scope, entry).await?;
    if row.unreachable_at.is_some() {
        tx.enter(FINDING).await?;
        note_reached(ctx, &mut tx, &row).await?;
        tx.enter(scope).await?;
    }
    let opened = session::open(ctx, &mut tx, scope, row.claimant(), row.association()).await?;
    tx.commit().await?;
    Ok(entered(&row, row.state()?, opened))
}

/// Opens a record with a code from either mail: an unconfirmed one is confirmed, any other entered.
///
/// *effects*: as [`confirm`] or [`enter`].
///
/// # Errors
/// As [`confirm`].
pub async fn confirm_or_enter(ctx: &Ctx, record: Record, code: String) -> AppResult<Entered> {
    let proof = Proof::Code { record, code };
    let mut tx = ctx.pools.begin(FINDING).await?;
    let found = challenge::record_of(ctx, &mut tx, FINDING, &proof).await?;
    tx.commit().await?;
    match found.map(|row| row.state()).transpose()? {
        Some(ClaimantState::Unconfirmed) => confirm(ctx, proof).await,
        _ => enter(ctx, proof).await,
    }
}

/// What follows a confirmation, by link or by staff: look-ups of the mailboxes, proof of the one that is the
/// contact, and the identity that came with the sign-up counts from now. Gives what came of the clash step, `Registered` where
/// there was none; the transaction is left under system rights.
pub(in crate::app) async fn settle_confirmed(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
) -> AppResult<Outcome> {
    let scope = Scope::Association(row.association());
    let vault = Vault::open(ctx, tx, scope, row.claimant()).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let mut rows = Vec::new();
    for mailbox in mailbox::list(tx, scope, row.claimant()).await? {
        let address: MailboxAddress = vault.unseal("mailboxes", "sealed", mailbox.sealed)?;
        let id = MailboxId::new(mailbox.id);
        mailbox_proof::note_contact(ctx, tx, row, (id, &address), &contact).await?;
        rows.push(LookupRow {
            hash: ctx
                .keyring
                .index
                .hash(row.case_id, "mailbox", address.as_str())
                .to_vec(),
            kind: "mailbox",
            claimant_id: row.id,
            association_id: row.association_id,
        });
    }
    lookup::insert(tx, scope, &rows).await?;
    let given = identity::find(tx, scope, row.claimant()).await?;
    let Some(given) = given else {
        tx.enter(clash::SCOPE).await?;
        return Ok(Outcome::Registered);
    };
    let now = ctx.clock.now();
    // staff may have looked, or be about to, before the contact was confirmed
    let is_new = given.to_check_at.is_none() && given.checked_at.is_none();
    if is_new && !given.warnings.is_empty() {
        identity::mark_to_check(tx, scope, &given, now).await?;
    }
    let identity: Identity = vault.unseal("identities", "sealed", given.sealed)?;
    let province = province(&identity);
    let given_at = row.identity_at.unwrap_or(now);
    claimant::mark_identity(tx, scope, row.claimant(), province.as_deref(), given_at).await?;
    clash::write_identity_lookups(ctx, tx, row, &identity).await?;
    clash::register(ctx, tx, row, &identity).await
}

/// Notes that a mail reached the contact: what was held against its address is over. The transaction
/// is under system rights.
async fn note_reached(ctx: &Ctx, tx: &mut Tx, row: &ClaimantRow) -> AppResult<()> {
    let vault = Vault::open(ctx, tx, FINDING, row.claimant()).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    if let Some(email) = contact.email() {
        suppression::end_proven(ctx, tx, row.case(), email).await?;
    }
    if row.unreachable_at.is_some() {
        bounce::mark_reachable(tx, FINDING, row.claimant()).await?;
    }
    Ok(())
}

fn entered(row: &ClaimantRow, state: ClaimantState, session: OpenSession) -> Entered {
    Entered {
        claimant: row.claimant(),
        state,
        association: row.association(),
        case: row.case(),
        session,
    }
}

/// Finds the record of a proof, locks it and judges the proof; the transaction goes on under the
/// tenant's rights.
async fn prove(
    ctx: &Ctx,
    purpose: ChallengePurpose,
    proof: &Proof,
) -> AppResult<(Tx, ClaimantRow, Standing)> {
    let mut tx = ctx.pools.begin(FINDING).await?;
    let Some(found) = challenge::record_of(ctx, &mut tx, FINDING, proof).await? else {
        tx.commit().await?;
        return Err(challenge::refusal(proof, Standing::Unknown));
    };
    let row = lock_with_holder(ctx, &mut tx, &found).await?;
    let scope = Scope::Association(row.association());
    tx.enter(scope).await?;
    let standing = challenge::judge(ctx, &mut tx, scope, row.claimant(), purpose, proof).await?;
    Ok((tx, row, standing))
}

/// Locks the claimant, and in id order whoever holds the key of the identity it brought along.
pub(in crate::app) async fn lock_with_holder(
    ctx: &Ctx,
    conn: &mut Conn,
    found: &ClaimantRow,
) -> AppResult<ClaimantRow> {
    let mut ids = vec![found.claimant()];
    if let Some(given) = identity::find(conn, FINDING, found.claimant()).await? {
        let vault = Vault::open(ctx, conn, FINDING, found.claimant()).await?;
        let identity: Identity = vault.unseal("identities", "sealed", given.sealed)?;
        let key = clash::person_key(ctx, found.case(), &identity);
        ids.extend(identity::find_holder(conn, FINDING, key).await?);
    }
    let rows = claimant::lock_in_order(conn, FINDING, &ids).await?;
    rows.into_iter()
        .find(|row| row.id == found.id)
        .ok_or(AppError::NotFound)
}

/// Counts a wrong code, and refuses.
async fn refuse(
    ctx: &Ctx,
    mut tx: Tx,
    row: &ClaimantRow,
    purpose: ChallengePurpose,
    proof: &Proof,
    standing: Standing,
) -> AppResult<Entered> {
    let scope = Scope::Association(row.association());
    if matches!((proof, standing), (Proof::Code { .. }, Standing::Unknown)) {
        let whose = (row.claimant(), row.association());
        challenge::count_wrong(ctx, &mut tx, scope, whose, Actor::Public, purpose).await?;
    }
    tx.commit().await?;
    Err(challenge::refusal(proof, standing))
}
