//! Proof that a mailbox that failed is the claimant's: a code mailed to it and typed in, or the contact that it is
//! and that was confirmed (R30). It settles clashes; nobody learns of anybody else.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::challenge::{self, Wanted};
use crate::app::clash::{self, Reach};
use crate::app::ctx::Ctx;
use crate::app::day_cap::{self, DayCap};
use crate::app::error::{AppError, AppResult};
use crate::app::mail_cap::{self, MailCap};
use crate::app::mail_request::outbox_row;
use crate::app::outbox::{ACCESS_HOURS, CODES};
use crate::app::session::{self, ClaimantActor};
use crate::app::vault::Vault;
use crate::app::{mail_queue, mailbox_clash};
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::mailbox::MailboxRow;
use crate::db::outbox::OutboxRow;
use crate::db::rate_bucket::Grant;
use crate::db::{Conn, Scope, confirmation, mailbox, outbox};
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{ClaimantId, MailboxId};
use crate::domain::mailbox_address::MailboxAddress;

/// Codes for one mailbox of one claimant in 24 hours, at most.
pub const CODES_A_MAILBOX: i64 = 5;

/// How control was proved: a code mailed to the mailbox.
pub const BY_CODE: &str = "code";
/// How control was proved: it is the contact that was confirmed.
pub const BY_CONTACT: &str = "contact";

const PURPOSE: ChallengePurpose = ChallengePurpose::Mailbox;

/// A mailbox of the own record, and what is known of control of it.
#[derive(Clone, Debug)]
pub struct Provable {
    /// Which.
    pub id: MailboxId,
    /// Its address.
    pub address: MailboxAddress,
    /// When control was proved, UTC.
    pub proved_at: Option<DateTime<Utc>>,
    /// Whether mail goes there now: its provider neither is down nor refuses everything.
    pub is_reachable: bool,
    /// Until when the newest code works, UTC; `None`: there is none to type in.
    pub code_until: Option<DateTime<Utc>>,
}

/// States in which control can be proved.
///
/// # Errors
/// `IllegalTransition` in the others.
pub fn may_prove(state: ClaimantState) -> AppResult<()> {
    match state {
        ClaimantState::Confirmed
        | ClaimantState::Signed
        | ClaimantState::ResignRequired
        | ClaimantState::Lodged => Ok(()),
        other => Err(AppError::IllegalTransition(other.as_str())),
    }
}

/// A mailbox of the own record.
///
/// # Errors
/// `NotFound` for one that is not, and for an alias: it is proved with its mailbox (R29).
pub async fn get(ctx: &Ctx, actor: &ClaimantActor, id: MailboxId) -> AppResult<Provable> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let (row, address) = own(ctx, &mut tx, actor, id).await?;
    let made = confirmation::list(&mut tx, scope, actor.claimant(), PURPOSE.as_str()).await?;
    tx.commit().await?;
    let now = ctx.clock.now();
    let keys = &ctx.keyring.challenges;
    let bound = id.uuid();
    let newest = made.into_iter().find(|made| {
        let code = keys.code(PURPOSE, made.claimant_id, made.id);
        let own = Some(bound.as_bytes().as_slice());
        let hash = keys.stored_code_hash(PURPOSE, made.claimant_id, made.id, own, &code);
        crate::crypto::challenge::verify(&hash, &made.code_hash)
    });
    let is_open = |made: &confirmation::ConfirmationRow| {
        made.used_at.is_none()
            && made.voided_at.is_none()
            && made.expires_at > now
            && made.attempts < challenge::MAX_ATTEMPTS
    };
    Ok(Provable {
        id,
        is_reachable: is_reachable(ctx, &address).await?,
        address,
        proved_at: row.proved_at,
        code_until: newest.filter(is_open).map(|made| made.expires_at),
    })
}

/// Mails a code to a mailbox of the own record; gives until when it works.
///
/// Over the cap of the address, which all who name it share, nothing is mailed and nothing is told: the answer
/// is the same, for it would tell of another claimant.
///
/// *effects*: a challenge and the mail `mailbox_code` to the mailbox, audit `request_mailbox_code`.
///
/// # Errors
/// `NotFound`; `IllegalTransition` with `mailbox_proved`, or `mailbox_down` while its provider takes no mail, or
/// the state; `RateLimited` over [`CODES_A_MAILBOX`], and over ten codes a day in all.
pub async fn request(ctx: &Ctx, actor: &ClaimantActor, id: MailboxId) -> AppResult<DateTime<Utc>> {
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, actor.claimant()).await?;
    may_prove(row.state()?)?;
    let (mailbox, address) = own(ctx, &mut tx, actor, id).await?;
    if mailbox.proved_at.is_some() {
        return Err(AppError::IllegalTransition("mailbox_proved"));
    }
    if !is_reachable(ctx, &address).await? {
        return Err(AppError::IllegalTransition("mailbox_down"));
    }
    let cap = DayCap {
        purpose: "mailbox_code",
        whose: id,
        limit: CODES_A_MAILBOX,
    };
    day_cap::require(ctx, &mut tx, scope, cap).await?;
    let email = email_of(&address)?;
    let request = token::new_id(now);
    let room = mail_cap::ask(ctx, &mut tx, scope, MailCap::Mailbox, &email, request).await?;
    if room == Grant::Granted {
        enqueue(ctx, &mut tx, scope, &row, (id, &email)).await?;
    }
    let by = Actor::Claimant(actor.claimant());
    let association = actor.association();
    let entry = Entry::new(actor.claimant(), association, by, "request_mailbox_code");
    let entry = entry.with(json!({ "mailbox": id }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(now + Duration::hours(ACCESS_HOURS))
}

/// Proves control of a mailbox with the code mailed to it; gives since when it is proved. Once proved it stays
/// so, and any code will do.
///
/// *effects*: `mailboxes.proved_at`; clashes on the mailbox are judged anew, all sides locked in id order; audit
/// `prove_mailbox`. A wrong code counts.
///
/// # Errors
/// `NotFound`; `IllegalTransition` by the state; `Invalid` at `/code`; `TokenUsed`.
pub async fn prove(
    ctx: &Ctx,
    actor: &ClaimantActor,
    id: MailboxId,
    code: &str,
) -> AppResult<DateTime<Utc>> {
    let scope = actor.scope();
    let claimant = actor.claimant();
    let mut tx = ctx.pools.begin(scope).await?;
    let (_, address) = own(ctx, &mut tx, actor, id).await?;
    let found = claimant::find(&mut tx, scope, claimant).await?;
    let found = found.ok_or(AppError::Unauthenticated)?;
    tx.commit().await?;
    let keys = mailbox_clash::all_keys(ctx, found.case(), &address).await?;
    let reach = Reach {
        mailboxes: &keys,
        ..Reach::of(claimant)
    };
    let tx = ctx.pools.begin(clash::SCOPE).await?;
    let (mut tx, rows) = clash::lock_touched(ctx, tx, &reach).await?;
    tx.enter(scope).await?;
    let row = rows.iter().find(|row| row.id == claimant.uuid());
    let row = row.ok_or(AppError::Unauthenticated)?;
    may_prove(row.state()?)?;
    let (mailbox, _) = own(ctx, &mut tx, actor, id).await?;
    if let Some(at) = mailbox.proved_at {
        return Ok(at);
    }
    let bound = id.uuid();
    let wanted = (PURPOSE, Some(bound.as_bytes().as_slice()));
    let mut tx = challenge::use_code(ctx, tx, actor, wanted, code).await?;
    let now = ctx.clock.now();
    mark(ctx, &mut tx, scope, row, (id, BY_CODE)).await?;
    tx.enter(clash::SCOPE).await?;
    for key in keys {
        mailbox_clash::judge(ctx, &mut tx, key).await?;
    }
    tx.enter(scope).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(now)
}

/// A contact that was just confirmed proves control of the mailbox that it is. The claimant is locked and holds no
/// key of a mailbox yet.
pub(in crate::app) async fn note_contact(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    (id, address): (MailboxId, &MailboxAddress),
    contact: &Contact,
) -> AppResult<()> {
    let is_contact = contact
        .email()
        .is_some_and(|email| address.is_reached_by(email));
    if is_contact {
        let scope = Scope::Association(row.association());
        mark(ctx, conn, scope, row, (id, BY_CONTACT)).await?;
    }
    Ok(())
}

async fn mark(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    (id, proof): (MailboxId, &str),
) -> AppResult<()> {
    let now = ctx.clock.now();
    let claimant = row.claimant();
    if mailbox::mark_proved(conn, scope, claimant, id.uuid(), proof, now).await? {
        let by = Actor::Claimant(claimant);
        let entry = Entry::new(claimant, row.association(), by, "prove_mailbox");
        let entry = entry.with(json!({ "mailbox": id, "proof": proof }));
        audit::append(ctx, conn, scope, entry).await?;
        metrics::counter!("joinder_mailboxes_proved_total").increment(1);
    }
    Ok(())
}

/// A mailbox of the record that is open, no alias, with its address.
async fn own(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &ClaimantActor,
    id: MailboxId,
) -> AppResult<(MailboxRow, MailboxAddress)> {
    let (scope, claimant): (Scope, ClaimantId) = (actor.scope(), actor.claimant());
    let rows = mailbox::list(conn, scope, claimant).await?;
    let mut rows = rows.into_iter();
    let row = rows.find(|row| row.id == id.uuid() && row.alias_of.is_none());
    let row = row.ok_or(AppError::NotFound)?;
    let vault = Vault::open(ctx, conn, scope, claimant).await?;
    let address = vault.unseal("mailboxes", "sealed", row.sealed.clone())?;
    Ok((row, address))
}

/// Whether mail goes to a mailbox now.
async fn is_reachable(ctx: &Ctx, address: &MailboxAddress) -> AppResult<bool> {
    let directory = ctx.directories.get(ctx).await?;
    let queue = mail_queue::id_of(ctx, address.domain());
    let is_down = directory
        .domains_down(ctx.clock.now())
        .contains(address.domain());
    Ok(!is_down && !directory.is_mail_stopped(queue))
}

async fn enqueue(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    (id, email): (MailboxId, &EmailAddress),
) -> AppResult<()> {
    let bound = id.uuid();
    let wanted = Wanted {
        purpose: PURPOSE,
        bound: Some(bound.as_bytes().as_slice()),
        lives: Duration::hours(ACCESS_HOURS),
    };
    let made = challenge::create_bound(ctx, conn, scope, row, wanted).await?;
    let Some(challenge) = made else {
        return Err(AppError::RateLimited(std::time::Duration::from_hours(24)));
    };
    let payload = json!({ "challenge": challenge.id, "mailbox": id });
    let domain = Some(email.domain());
    let mail = OutboxRow {
        // somebody waits for the code
        priority: CODES,
        expires_at: challenge.expires_at,
        ..outbox_row(ctx, row, "mailbox_code", challenge.id, payload, domain)
    };
    Ok(outbox::insert(conn, scope, &mail).await?)
}

/// The mailbox as an address to write to.
pub(in crate::app) fn email_of(address: &MailboxAddress) -> AppResult<EmailAddress> {
    EmailAddress::parse(address.as_str())
        .map_err(|_| AppError::internal("a mailbox is no address to write to"))
}
