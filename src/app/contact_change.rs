//! Another e-mail address for a confirmed record: a code mailed to the new one proves it, a notice to the former one
//! has a link that takes it back, and no account is taken until 72 hours after the notice left (R14, R26, decision 21).
//! Staff type one in for whose mailbox is dead: another of them types it once more, and the reader of the new address
//! confirms (`by_staff`, `link`, decision 39). Nobody learns whether an address is known.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::challenge::{self, MAX_CODES_A_DAY, Wanted};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_cap::{self, MailCap};
use crate::app::mail_request::{outbox_row, parse_email, reachable, write_contact};
use crate::app::mailbox_proof;
use crate::app::outbox::{ACCESS_HOURS, CODES};
use crate::app::representation;
use crate::app::session::{self, ClaimantActor};
use crate::app::suppression;
use crate::app::vault::Vault;
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::contact_change::{self as db, ContactChangeRow};
use crate::db::outbox::OutboxRow;
use crate::db::rate_bucket::Grant;
use crate::db::{Conn, Scope, Tx, contact_request, mailbox, outbox, session as sessions};
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{ClaimantId, MailboxId};
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::payout::HOLD_HOURS;

mod by_staff;
mod link;
mod phone;
mod seen;
mod stop;
mod told;

pub use by_staff::{Decision, StaffContact, TypedContact, decide, look, type_in};
pub(in crate::app) use link::linked;
pub use link::{confirm_link, peek_link};
pub use phone::give_phone;
pub(in crate::app) use seen::history;
pub use seen::{ContactHistory, Next, SeenChange};
pub(in crate::app) use stop::stopped_address;
pub use stop::{peek, stop};
pub(in crate::app) use told::{hold, left, lost};

const PURPOSE: ChallengePurpose = ChallengePurpose::Contact;
const SCOPE: Scope = Scope::System("a contact that changed, or is taken back by link");

/// Where a record is written to, and what was asked for.
#[derive(Clone, Debug)]
pub struct Contacts {
    /// The confirmed address, masked.
    pub email: Option<String>,
    /// The new one, as it was typed, while its code may come; and until when.
    pub asked: Option<(EmailAddress, DateTime<Utc>)>,
}

/// What came of a change.
#[derive(Clone, Debug)]
pub struct Changed {
    /// When, UTC.
    pub changed_at: DateTime<Utc>,
    /// The new address, masked.
    pub email: String,
    /// As [`accounts_from`].
    pub accounts_from: Option<DateTime<Utc>>,
}

/// States in which the owner may be reached elsewhere.
///
/// # Errors
/// `IllegalTransition` in the others.
pub fn may_change(state: ClaimantState) -> AppResult<()> {
    match state {
        ClaimantState::Confirmed
        | ClaimantState::Signed
        | ClaimantState::ResignRequired
        | ClaimantState::Lodged
        | ClaimantState::Withdrawn => Ok(()),
        other => Err(AppError::IllegalTransition(other.as_str())),
    }
}

/// Where the own record is written to. Changes nothing.
///
/// # Errors
/// `Unauthenticated` if the record is gone; `IllegalTransition` as [`request`].
pub async fn get(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Contacts> {
    let (scope, claimant) = (actor.scope(), actor.claimant());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, claimant).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    require_open(ctx, &mut tx, scope, &row).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    let contact: Contact = vault.unseal("claimants", "contact_sealed", row.contact_sealed)?;
    let newest = db::list(&mut tx, scope, claimant).await?.into_iter().next();
    tx.commit().await?;
    let now = ctx.clock.now();
    let open = newest.filter(|change| change.done_at.is_none() && until(change) > now);
    let asked = open.map(|change| {
        let until = until(&change);
        let email = vault.unseal("contact_changes", "new_sealed", change.new_sealed)?;
        Ok::<_, AppError>((email, until))
    });
    Ok(Contacts {
        email: contact.email().map(EmailAddress::masked),
        asked: asked.transpose()?,
    })
}

/// Mails a code to another address; gives until when it works.
///
/// Over the cap of the address, which all who name it share, nothing is mailed and nothing is told: the answer is the
/// same, for it would tell of another claimant.
///
/// *effects*: a row of `contact_changes`, a challenge and the mail `contact_code` to the new address, audit
/// `request_contact_change`. The contact stays as it is.
///
/// # Errors
/// `Invalid` at `/email`; `IllegalTransition` before the contact is confirmed and after the record has ended, to a
/// delegate (R48) and for the dead (R47); `RateLimited` over ten a day.
pub async fn request(ctx: &Ctx, actor: &ClaimantActor, text: &str) -> AppResult<DateTime<Utc>> {
    let (scope, claimant, now) = (actor.scope(), actor.claimant(), ctx.clock.now());
    let email = parse_email(text).map_err(|errors| here(&errors))?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, claimant).await?;
    require_open(ctx, &mut tx, scope, &row).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    with(ctx, &mut tx, &vault, &row, &email).await?;
    // before the cap of the address is asked: what is told here shall tell nothing of it
    let since = now - Duration::hours(24);
    if db::count_since(&mut tx, scope, claimant, since).await? >= MAX_CODES_A_DAY {
        return Err(a_day());
    }
    let change = ContactChangeRow {
        claimant_id: row.id,
        id: token::new_id(now),
        association_id: row.association_id,
        new_sealed: vault.seal("contact_changes", "new_sealed", &email)?,
        former_sealed: None,
        created_at: now,
        done_at: None,
        told_at: None,
        stopped_at: None,
        lost_at: None,
    };
    db::insert(&mut tx, scope, &change).await?;
    let room = mail_cap::ask(ctx, &mut tx, scope, MailCap::Mailbox, &email, change.id).await?;
    if room == Grant::Granted {
        enqueue_code(ctx, &mut tx, scope, &row, (&change, &email)).await?;
    }
    let by = Actor::Claimant(claimant);
    let entry = Entry::new(claimant, actor.association(), by, "request_contact_change");
    let entry = entry.with(json!({ "change": change.id }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(until(&change))
}

/// Takes up the address that was asked for last, with the code mailed to it. From now on everything goes there.
///
/// *effects*: the contact and its look-up; links and codes mailed before die, other sessions of the record end; the mail
/// `contact_notice` to the former address; mailboxes that it is are proved; audit `change_contact`. A wrong code counts.
///
/// # Errors
/// `Invalid` at `/code`, and at `/email` if the new address takes no mail now; `TokenUsed`; `IllegalTransition` as
/// [`request`], with `no_contact_change` if none was asked for.
pub async fn confirm(ctx: &Ctx, actor: &ClaimantActor, code: &str) -> AppResult<Changed> {
    let (scope, claimant, now) = (actor.scope(), actor.claimant(), ctx.clock.now());
    let code: String = code.chars().filter(|char| !char.is_whitespace()).collect();
    if code.is_empty() {
        let mut errors = FieldErrors::new();
        errors.push("/code", FieldCode::Required, "error-code-required");
        return Err(errors.into());
    }
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, claimant).await?;
    require_open(ctx, &mut tx, scope, &row).await?;
    let newest = db::list(&mut tx, scope, claimant).await?.into_iter().next();
    let change = newest.ok_or(AppError::IllegalTransition("no_contact_change"))?;
    let wanted = (PURPOSE, Some(change.id.as_bytes().as_slice()));
    let mut tx = challenge::use_code(ctx, tx, actor, wanted, &code).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    let email: EmailAddress =
        vault.unseal("contact_changes", "new_sealed", change.new_sealed.clone())?;
    let (contact, former) = with(ctx, &mut tx, &vault, &row, &email).await?;
    let kept = vault.seal("contact_changes", "former_sealed", &former)?;
    db::mark_done(&mut tx, scope, claimant, change.id, (kept, now)).await?;
    sessions::delete_others(&mut tx, scope, claimant.uuid(), actor.session()).await?;
    let entry = Entry::new(
        claimant,
        actor.association(),
        Actor::Claimant(claimant),
        "change_contact",
    );
    let entry = entry.with(json!({ "change": change.id }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    let accounts_from = take_up(ctx, &mut tx, &vault, &row, change.id, (&contact, &former)).await?;
    tx.commit().await?;
    Ok(Changed {
        changed_at: now,
        email: email.masked(),
        accounts_from,
    })
}

/// What follows once a change counts, whoever asked for it: everything goes to the new address, what staff typed in
/// meanwhile is over, the former address is told. Leaves the transaction under [`SCOPE`]; gives from when an account is
/// taken again.
///
/// *effects*: the contact and its look-up; links and codes mailed before die; the mail `contact_notice`; mailboxes that
/// it is are proved; accounts frozen where nobody can be told.
async fn take_up(
    ctx: &Ctx,
    tx: &mut Tx,
    vault: &Vault,
    row: &ClaimantRow,
    change: Uuid,
    (contact, former): (&Contact, &Contact),
) -> AppResult<Option<DateTime<Utc>>> {
    let (scope, claimant) = (Scope::Association(row.association()), row.claimant());
    let newer = (ctx.clock.now(), "newer");
    write_contact(ctx, tx, scope, row, contact).await?;
    contact_request::end_open(tx, scope, claimant, newer).await?;
    tell(ctx, tx, scope, row, (change, former)).await?;
    for mailbox in mailbox::list(tx, scope, claimant).await? {
        let address: MailboxAddress = vault.unseal("mailboxes", "sealed", mailbox.sealed)?;
        let named = (MailboxId::new(mailbox.id), &address);
        mailbox_proof::note_contact(ctx, tx, row, named, contact).await?;
    }
    tx.enter(SCOPE).await?;
    if let Some(email) = contact.email() {
        suppression::end_proven(ctx, tx, row.case(), email).await?;
    }
    if former.email().is_none() {
        // nobody can be told: staff speak with the owner before an account is taken
        lost(ctx, tx, SCOPE, claimant, change).await?;
    }
    metrics::counter!("joinder_contacts_changed_total").increment(1);
    hold(ctx, tx, SCOPE, claimant).await
}

/// From when an account is taken again, UTC; `None`: now. While the notice has not left, the earliest time that is
/// possible.
///
/// # Errors
/// As the database says.
pub async fn accounts_from(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Option<DateTime<Utc>>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let from = hold(ctx, &mut tx, scope, actor.claimant()).await?;
    tx.commit().await?;
    Ok(from)
}

fn a_day() -> AppError {
    AppError::RateLimited(std::time::Duration::from_hours(24))
}

/// Hours after the notice in which no account is taken.
const fn hold_time() -> Duration {
    Duration::hours(HOLD_HOURS)
}

/// The last instant of a change that is not confirmed.
fn until(change: &ContactChangeRow) -> DateTime<Utc> {
    change.created_at + Duration::hours(ACCESS_HOURS)
}

/// Refuses in states that [`may_change`] refuses, a record that went elsewhere, a delegate (R48) and the dead (R47).
async fn require_open(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
) -> AppResult<()> {
    may_change(row.state()?)?;
    if row.moved_at.is_some() {
        return Err(AppError::IllegalTransition("moved"));
    }
    representation::require_own_hand(ctx, conn, scope, row).await
}

/// The contact with another address, if mail can go there, and the contact as it is.
async fn with(
    ctx: &Ctx,
    conn: &mut Conn,
    vault: &Vault,
    row: &ClaimantRow,
    email: &EmailAddress,
) -> AppResult<(Contact, Contact)> {
    let former: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let same = |own: &EmailAddress| own.normalized() == email.normalized();
    if former.email().is_some_and(same) {
        let mut errors = FieldErrors::new();
        let reason = "error-contact-unchanged";
        errors.push("/email", FieldCode::NotAccepted, reason);
        return Err(errors.into());
    }
    let contact = former.clone().with_email(email.clone());
    let scope = Scope::Association(row.association());
    match reachable(ctx, conn, scope, row, (vault, &contact)).await {
        Ok(()) => Ok((contact, former)),
        Err(AppError::Invalid(errors)) => Err(here(&errors).into()),
        Err(error) => Err(error),
    }
}

/// Errors of a sign-up's contact at `/email`: this form has no other field.
fn here(errors: &FieldErrors) -> FieldErrors {
    let mut top = FieldErrors::new();
    for error in errors {
        let needs_another = matches!(
            error.code,
            FieldCode::SameAsMailbox | FieldCode::SecondChannelRequired
        );
        let reason = if needs_another {
            "error-new-contact-down"
        } else {
            error.reason
        };
        top.push("/email", error.code, reason);
    }
    top
}

async fn enqueue_code(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    (change, email): (&ContactChangeRow, &EmailAddress),
) -> AppResult<()> {
    let wanted = Wanted {
        purpose: PURPOSE,
        bound: Some(change.id.as_bytes().as_slice()),
        lives: Duration::hours(ACCESS_HOURS),
    };
    let made = challenge::create_bound(ctx, conn, scope, row, wanted).await?;
    let Some(challenge) = made else {
        return Err(a_day());
    };
    let payload = json!({ "challenge": challenge.id, "change": change.id });
    let domain = Some(email.domain());
    let mail = OutboxRow {
        // somebody waits for the code
        priority: CODES,
        expires_at: challenge.expires_at,
        ..outbox_row(ctx, row, "contact_code", challenge.id, payload, domain)
    };
    Ok(outbox::insert(conn, scope, &mail).await?)
}

/// Tells the former address, if there is one.
async fn tell(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    (change, former): (Uuid, &Contact),
) -> AppResult<()> {
    let Some(email) = former.email() else {
        return Ok(());
    };
    let payload = json!({ "change": change });
    let domain = Some(email.domain());
    // under the id of the change: one that comes back says of which nobody was told
    let mail = outbox_row(ctx, row, "contact_notice", change, payload, domain);
    Ok(outbox::insert(conn, scope, &mail).await?)
}

/// The change that a mail is about.
pub(in crate::app) fn change_of(mail: &OutboxRow) -> Option<Uuid> {
    let id = mail.payload.get("change")?.as_str()?;
    Uuid::parse_str(id).ok()
}

/// A change of a claimant, opened: where its code goes.
///
/// # Errors
/// As the database says; `Internal` if sealed data do not open.
pub(in crate::app) async fn new_address(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    change: Uuid,
) -> AppResult<Option<EmailAddress>> {
    let Some(row) = db::find(conn, scope, claimant, change).await? else {
        return Ok(None);
    };
    if row.done_at.is_some() {
        return Ok(None);
    }
    let vault = Vault::open(ctx, conn, scope, claimant).await?;
    Ok(Some(vault.unseal(
        "contact_changes",
        "new_sealed",
        row.new_sealed,
    )?))
}

/// Of a change that counts: where its notice goes, and the new address, masked.
///
/// # Errors
/// As the database says; `Internal` if sealed data do not open.
pub(in crate::app) async fn both_addresses(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    change: Uuid,
) -> AppResult<Option<(EmailAddress, String)>> {
    let row = db::find(conn, scope, claimant, change).await?;
    let Some(row) = row.filter(|row| row.stopped_at.is_none()) else {
        return Ok(None);
    };
    let Some(former) = row.former_sealed else {
        return Ok(None);
    };
    let vault = Vault::open(ctx, conn, scope, claimant).await?;
    let former: Contact = vault.unseal("contact_changes", "former_sealed", former)?;
    let new: EmailAddress = vault.unseal("contact_changes", "new_sealed", row.new_sealed)?;
    let former = former.email().cloned();
    Ok(former.map(|former| (former, new.masked())))
}
