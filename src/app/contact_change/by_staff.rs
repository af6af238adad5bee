//! Another address that staff type in, for whose mailbox is dead: they cannot enter their record to do it alone.
//!
//! The attack is a swindler on the phone, or one of the staff. So two people speak with the owner, each types the address,
//! and only then does a link go to it; the former address is told with a link that takes everything back, and accounts
//! stay frozen until staff end that (decision 39).

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::{here, require_open, with};
use crate::app::approval;
use crate::app::assist::How;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_cap::{self, MailCap};
use crate::app::mail_request::{outbox_row, parse_email};
use crate::app::staff::{self, StaffActor};
use crate::app::trail;
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::contact_request::{self as db, ContactRequestRow};
use crate::db::outbox::OutboxRow;
use crate::db::rate_bucket::Grant;
use crate::db::{Conn, Scope, Tx, outbox};
use crate::domain::approval::ApprovalKind;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

/// Days in which a second person decides.
const DECIDE_DAYS: i64 = 14;
/// Days in which the reader of the address confirms.
const LINK_DAYS: i64 = 7;
/// Addresses typed in for one record in a day, at most.
const MAX_TYPED_A_DAY: usize = 3;

/// What staff decide about an address that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// The link goes to it. Never by who typed it in.
    Approve,
    /// It never counts, also once the link went out.
    Reject,
}

/// The contact of a record as staff see it where they type one in.
#[derive(Debug)]
pub struct StaffContact {
    /// The present address, masked; none: no e-mail.
    pub email: Option<String>,
    /// What waits.
    pub typed: Option<TypedContact>,
    /// Whether the actor typed it in.
    pub is_own: bool,
    /// Whether the actor may type one in now.
    pub may_type: bool,
}

/// An address that staff typed in and that does not count yet.
#[derive(Debug, Clone)]
pub struct TypedContact {
    /// Masked, whoever looks: the second person types it as the owner says it.
    pub email: String,
    /// How the person was reached: `phone`, `desk`, `post`.
    pub how: String,
    /// Name of who typed it in.
    pub asked_by: String,
    /// When, UTC.
    pub asked_at: DateTime<Utc>,
    /// When a second person approved it, and the link went out, UTC.
    pub approved_at: Option<DateTime<Utc>>,
    /// Last instant at which it can be approved or, once approved, confirmed, UTC.
    pub until: DateTime<Utc>,
}

/// The contact of a record, masked, and what waits. Audited as a look at personal data.
///
/// # Errors
/// `Forbidden`; `NotFound` for a claimant of others.
pub async fn look(ctx: &Ctx, actor: &StaffActor, id: ClaimantId) -> AppResult<StaffContact> {
    actor.require(&operation::CONSOLE_CONTACT_PAGE)?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let takes = match require_typed(ctx, &mut tx, scope, &row).await {
        Ok(()) => true,
        Err(AppError::IllegalTransition(_)) => false,
        Err(error) => return Err(error),
    };
    let vault = Vault::open(ctx, &mut tx, scope, id).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let open = db::list(&mut tx, scope, id).await?;
    let open = open.into_iter().find(|it| it.is_open(now));
    let is_own = open
        .as_ref()
        .is_some_and(|it| it.asked_by == actor.staff_id().uuid());
    let typed = match open {
        Some(open) => Some(typed(ctx, &mut tx, scope, &vault, open).await?),
        None => None,
    };
    let deed = actor.deed(id.uuid(), trail::VIEW);
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    Ok(StaffContact {
        email: contact.email().map(EmailAddress::masked),
        is_own,
        may_type: takes && typed.is_none(),
        typed,
    })
}

/// A request as staff see it.
pub(super) async fn typed(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    row: ContactRequestRow,
) -> AppResult<TypedContact> {
    let mut names = staff::names(ctx, conn, scope, &[row.asked_by]).await?;
    let email: EmailAddress = vault.unseal("contact_requests", "new_sealed", row.new_sealed)?;
    Ok(TypedContact {
        email: email.masked(),
        how: row.how,
        asked_by: names.remove(&row.asked_by).unwrap_or_default(),
        asked_at: row.asked_at,
        approved_at: row.approved_at,
        until: row.expires_at,
    })
}

/// Types in another address for a confirmed record; gives until when a second person decides.
///
/// *effects*: a row of `contact_requests`; audit `type_contact` with who, how and by what the person was known, sealed;
/// mails to who may decide. Nothing is mailed to the address, and the contact stays as it is.
///
/// # Errors
/// `Forbidden`; `NotFound` out of the own association; `Invalid` at `/email`, also for an address that takes no mail now;
/// `IllegalTransition` as [`super::request`], with `restricted` while the data are only kept and `contact_waits` while
/// another one waits; `RateLimited` over three a day.
pub async fn type_in(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    text: &str,
    how: How,
    reason: &Reason,
) -> AppResult<DateTime<Utc>> {
    actor.require(&operation::STAFF_PUT_CONTACT)?;
    let email = parse_email(text).map_err(|errors| here(&errors))?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    require_typed(ctx, &mut tx, scope, &row).await?;
    let vault = Vault::open(ctx, &mut tx, scope, id).await?;
    with(ctx, &mut tx, &vault, &row, &email).await?;
    let before = db::list(&mut tx, scope, id).await?;
    if before.iter().any(|it| it.is_open(now)) {
        return Err(AppError::IllegalTransition("contact_waits"));
    }
    let day = now - Duration::hours(24);
    if before.iter().filter(|it| it.asked_at > day).count() >= MAX_TYPED_A_DAY {
        return Err(super::a_day());
    }
    db::end_open(&mut tx, scope, id, (now, "expired")).await?;
    let request = ContactRequestRow {
        claimant_id: row.id,
        id: token::new_id(now),
        association_id: row.association_id,
        new_sealed: vault.seal("contact_requests", "new_sealed", &email)?,
        how: how.as_str().to_owned(),
        asked_by: actor.staff_id().uuid(),
        asked_at: now,
        expires_at: now + Duration::days(DECIDE_DAYS),
        approved_at: None,
        approved_by: None,
        ended_at: None,
        ended_as: None,
        change_id: None,
    };
    db::insert(&mut tx, scope, &request).await?;
    let told = json!({ "request": request.id, "how": request.how });
    note(ctx, &mut tx, actor, &row, ("type_contact", told), reason).await?;
    let told = (actor.association_id(), row.case(), ApprovalKind::Contact);
    approval::tell(ctx, &mut tx, scope, told, Some(actor.staff_id())).await?;
    tx.commit().await?;
    Ok(request.expires_at)
}

/// Approves an address that waits, by typing it once more, or takes it out, also once its link went out.
///
/// Over the cap of the address, which all who name it share, no link is mailed and nothing is told.
///
/// *effects*: the mail `contact_link` to the address; audit `approve_contact`, or `reject_contact`, with who, when and
/// why.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` at `/email` if it is missing, another, or takes no mail now; `IllegalTransition`
/// with `contact_gone` if nothing waits, `contact_own_entry` to who typed it in.
pub async fn decide(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    decision: Decision,
    again: &str,
    reason: &Reason,
) -> AppResult<()> {
    actor.require(&operation::DECIDE_CONTACT)?;
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let waiting = db::list(&mut tx, scope, id).await?;
    let waiting = waiting.into_iter().find(|it| it.is_open(now));
    let waiting = waiting.ok_or(AppError::IllegalTransition("contact_gone"))?;
    let is_own = waiting.asked_by == actor.staff_id().uuid();
    let verb = match decision {
        Decision::Approve => {
            if is_own {
                return Err(AppError::IllegalTransition("contact_own_entry"));
            }
            approve(ctx, &mut tx, actor, (&row, &waiting), again).await?;
            "approve_contact"
        }
        Decision::Reject => {
            let ended_as = if is_own { "withdrawn" } else { "rejected" };
            db::end_open(&mut tx, scope, id, (now, ended_as)).await?;
            "reject_contact"
        }
    };
    let told = json!({ "request": waiting.id, "typed": is_own });
    note(ctx, &mut tx, actor, &row, (verb, told), reason).await?;
    Ok(tx.commit().await?)
}

async fn approve(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    (row, waiting): (&ClaimantRow, &ContactRequestRow),
    again: &str,
) -> AppResult<()> {
    let (scope, now) = (actor.scope(), ctx.clock.now());
    require_typed(ctx, tx, scope, row).await?;
    if waiting.approved_at.is_some() {
        return Err(AppError::IllegalTransition("contact_gone"));
    }
    let vault = Vault::open(ctx, tx, scope, row.claimant()).await?;
    let sealed = waiting.new_sealed.clone();
    let email: EmailAddress = vault.unseal("contact_requests", "new_sealed", sealed)?;
    let typed = parse_email(again).map_err(|errors| here(&errors))?;
    if typed.normalized() != email.normalized() {
        let mut errors = FieldErrors::new();
        errors.push("/email", FieldCode::UnknownValue, "error-email-differs");
        return Err(errors.into());
    }
    with(ctx, tx, &vault, row, &email).await?;
    let until = now + Duration::days(LINK_DAYS);
    let (place, by) = ((row.claimant(), waiting.id), actor.staff_id().uuid());
    if !db::mark_approved(tx, scope, place, (now, by), until).await? {
        return Err(AppError::IllegalTransition("contact_gone"));
    }
    let room = mail_cap::ask(ctx, tx, scope, MailCap::Mailbox, &email, waiting.id).await?;
    if room != Grant::Granted {
        return Ok(());
    }
    let payload = json!({ "request": waiting.id });
    let domain = Some(email.domain());
    let mail = OutboxRow {
        expires_at: until,
        ..outbox_row(ctx, row, "contact_link", waiting.id, payload, domain)
    };
    Ok(outbox::insert(tx, scope, &mail).await?)
}

/// Refuses as the claimant's own way does, and where the data are only kept.
pub(super) async fn require_typed(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
) -> AppResult<()> {
    require_open(ctx, conn, scope, row).await?;
    if row.restricted_at.is_some() {
        return Err(AppError::IllegalTransition("restricted"));
    }
    Ok(())
}

async fn note(
    ctx: &Ctx,
    tx: &mut Tx,
    actor: &StaffActor,
    row: &ClaimantRow,
    (verb, told): (&'static str, serde_json::Value),
    reason: &Reason,
) -> AppResult<()> {
    let by = Actor::Staff(actor.staff_id());
    let entry = Entry::new(row.claimant(), row.association(), by, verb).with(told);
    audit::append_with_note(ctx, tx, actor.scope(), entry, Some(reason.as_str())).await
}
