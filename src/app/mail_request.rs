//! Mails that people ask for without being signed in: again, or a link to their record (R18).
//!
//! The answer never tells whether an address is known, nor does its time: here a row of the outbox is
//! written for any address, and looked up when it is prepared (`outbox::records`).

use chrono::Duration;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::challenge::{self, Proof, Standing};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_cap::{self, MailCap};
use crate::app::mail_queue;
use crate::app::outbox::{ACCESS_HOURS, CODES, Frozen, RecordsPayload};
use crate::app::session::{KnownBrowser, Ticket};
use crate::app::sign_up::{
    CONFIRMATION_HOURS, MAIL_DAYS, cap_ids, contact_domain, contact_kind, lane, rules,
};
use crate::app::vault::Vault;
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow, ContactChange};
use crate::db::lookup::LookupRow;
use crate::db::outbox::OutboxRow;
use crate::db::rate_bucket::Grant;
use crate::db::{Conn, Scope, Tx, confirmation, lookup, mailbox, outbox};
use crate::domain::audit::action;
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::sign_up::check_contact;

const SCOPE: Scope = Scope::System("mail to an address of several records");

/// Mails the confirmation again, if the address is known; one mail lists its newest five records.
///
/// # Errors
/// `Invalid` for an address or a case that cannot be; never tells more.
pub async fn resend(ctx: &Ctx, slug: &str, email: &str) -> AppResult<()> {
    mail_records(ctx, slug, email, "resend").await
}

/// Mails links to the own records, if the address is known.
///
/// # Errors
/// As [`resend`].
pub async fn request_access(ctx: &Ctx, slug: &str, email: &str) -> AppResult<()> {
    mail_records(ctx, slug, email, "access").await
}

/// One tap on an expired link: mails a fresh one to the same address.
///
/// # Errors
/// `TokenExpired` if the link was never ours.
pub async fn resend_expired(ctx: &Ctx, purpose: ChallengePurpose, token: &str) -> AppResult<()> {
    let proof = Proof::Token(token.to_owned());
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = challenge::record_of(ctx, &mut tx, SCOPE, &proof).await?;
    let row = row.ok_or(AppError::TokenExpired)?;
    let claimant = row.claimant();
    let standing = challenge::judge(ctx, &mut tx, SCOPE, claimant, purpose, &proof).await?;
    if standing == Standing::Unknown {
        return Err(AppError::TokenExpired);
    }
    enqueue(ctx, &mut tx, &row).await?;
    tx.commit().await?;
    Ok(())
}

/// Mails the confirmation again to the browser that signed up.
///
/// # Errors
/// `NotFound` if the record is gone.
pub async fn resend_for(ctx: &Ctx, ticket: Ticket) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = claimant::find(&mut tx, SCOPE, ticket.claimant)
        .await?
        .ok_or(AppError::NotFound)?;
    if row.state()? == ClaimantState::Unconfirmed {
        enqueue(ctx, &mut tx, &row).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Mails a code to the record of a browser that knew it, when its session ended in a form. `false`:
/// there is no mail to send, or the cap is reached.
///
/// *effects*: a challenge and an outbox row.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn send_code(ctx: &Ctx, known: KnownBrowser) -> AppResult<bool> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let Some(row) = claimant::find(&mut tx, SCOPE, known.claimant).await? else {
        return Ok(false);
    };
    let is_over = matches!(
        row.state()?,
        ClaimantState::Duplicate | ClaimantState::Restricted
    );
    let enters = row.confirmed_at.is_some() && !is_over;
    let vault = Vault::open(ctx, &mut tx, SCOPE, row.claimant()).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let Some(email) = contact.email().filter(|_| enters) else {
        return Ok(false);
    };
    let now = ctx.clock.now();
    let request = token::new_id(now);
    let granted = mail_cap::ask(ctx, &mut tx, SCOPE, MailCap::Access, email, request).await?;
    if granted != Grant::Granted {
        return Ok(false);
    }
    let purpose = ChallengePurpose::Access;
    let lives = Duration::hours(ACCESS_HOURS);
    let made = challenge::create(ctx, &mut tx, SCOPE, &row, purpose, lives).await?;
    let Some(challenge) = made else {
        return Ok(false);
    };
    // one record alone: so the mail carries a code
    let payload = RecordsPayload {
        granted: true,
        frozen: vec![Frozen {
            claimant: row.claimant(),
            challenge: challenge.id,
            confirms: false,
        }],
        ..RecordsPayload::of_record(&row)
    };
    let payload = serde_json::to_value(payload).map_err(AppError::internal)?;
    let domain = Some(email.domain());
    let mail = OutboxRow {
        // somebody waits for the code
        priority: CODES,
        ..outbox_row(ctx, &row, "access", request, payload, domain)
    };
    outbox::insert(&mut tx, SCOPE, &mail).await?;
    tx.commit().await?;
    Ok(true)
}

/// Corrects the address of an unconfirmed sign-up, from the browser that made it. Codes mailed
/// before die.
///
/// # Errors
/// `Invalid` at `/contact/email`; `IllegalTransition` once confirmed.
pub async fn correct_email(ctx: &Ctx, ticket: Ticket, email: &str) -> AppResult<()> {
    let scope = Scope::Association(ticket.association);
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, ticket.claimant).await?;
    if row.state()? != ClaimantState::Unconfirmed {
        return Err(AppError::IllegalTransition("confirmed"));
    }
    set_email(ctx, &mut tx, &row, email).await?;
    let actor = Actor::Claimant(ticket.claimant);
    let entry = Entry::new(
        ticket.claimant,
        ticket.association,
        actor,
        action::CORRECT_EMAIL,
    );
    audit::append(ctx, &mut tx, scope, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a locked, unconfirmed record another address and mails the usual confirmation. Leaves the
/// transaction under the tenant's rights.
pub(in crate::app) async fn set_email(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
    email: &str,
) -> AppResult<()> {
    let scope = Scope::Association(row.association());
    let email = parse_email(email)?;
    let vault = Vault::open(ctx, tx, scope, row.claimant()).await?;
    let old: Contact = vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let contact = old.with_email(email);
    reachable(ctx, tx, scope, row, (&vault, &contact)).await?;
    write_contact(ctx, tx, scope, row, &contact).await?;
    tx.enter(SCOPE).await?;
    outbox::delete_of(tx, SCOPE, row.claimant()).await?;
    mail_confirmation(ctx, tx, row, &contact).await?;
    tx.enter(scope).await?;
    Ok(())
}

/// Whether a contact can be that of a record now (R17).
///
/// # Errors
/// `Invalid` under `/contact`.
pub(in crate::app) async fn reachable(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    (vault, contact): (&Vault, &Contact),
) -> AppResult<()> {
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.case(row.case())?;
    let mut addresses = Vec::new();
    for mailbox in mailbox::list(conn, scope, row.claimant()).await? {
        addresses.push(vault.unseal::<MailboxAddress>("mailboxes", "sealed", mailbox.sealed)?);
    }
    let rules = rules(&directory, &case, ctx.clock.now());
    check_contact(contact, &addresses, &rules)?;
    Ok(())
}

/// Gives a locked record another contact and its look-up. Links and codes mailed before die.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn write_contact(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    contact: &Contact,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let directory = ctx.directories.get(ctx).await?;
    let vault = Vault::open(ctx, conn, scope, row.claimant()).await?;
    let change = ContactChange {
        contact_kind: contact_kind(contact).as_str(),
        contact_domain: contact_domain(&directory, contact),
        contact_sealed: vault.seal("claimants", "contact_sealed", contact)?,
        unreachable_at: None,
        contact_changed_at: Some(now),
    };
    claimant::mark_contact(conn, scope, row.claimant(), &change).await?;
    replace_lookup(ctx, conn, scope, row, contact).await?;
    confirmation::mark_voided(conn, scope, row.claimant(), now).await?;
    Ok(())
}

/// The usual confirmation to a new address, within the cap.
async fn mail_confirmation(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    contact: &Contact,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let Some(email) = contact.email() else {
        return Ok(());
    };
    // the cap comes first: a code that is never mailed must not exist, it could only be guessed
    let request = token::new_id(now);
    let cap = MailCap::Confirmation;
    if let Grant::NotBefore(at) = mail_cap::ask(ctx, conn, SCOPE, cap, email, request).await? {
        mail_cap::put_off(ctx, conn, SCOPE, row.case(), email, at).await?;
        return Ok(());
    }
    let lives = Duration::hours(CONFIRMATION_HOURS);
    let purpose = ChallengePurpose::Confirm;
    let made = challenge::create(ctx, conn, SCOPE, row, purpose, lives).await?;
    let Some(challenge) = made else {
        return Err(AppError::RateLimited(std::time::Duration::from_hours(24)));
    };
    let payload = serde_json::json!({ "challenge": challenge.id });
    let mail = outbox_row(
        ctx,
        row,
        "confirmation",
        request,
        payload,
        Some(email.domain()),
    );
    Ok(outbox::insert(conn, SCOPE, &mail).await?)
}

async fn replace_lookup(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    contact: &Contact,
) -> AppResult<()> {
    lookup::delete_kinds(conn, scope, row.claimant(), &["email"]).await?;
    let Some(email) = contact.email() else {
        return Ok(());
    };
    let hash = ctx
        .keyring
        .index
        .hash(row.case_id, "email", &email.normalized());
    let found = LookupRow {
        hash: hash.to_vec(),
        kind: "email",
        claimant_id: row.id,
        association_id: row.association_id,
    };
    Ok(lookup::insert(conn, scope, &[found]).await?)
}

/// Puts the request into the outbox: the same row for a known address and an unknown one.
async fn mail_records(ctx: &Ctx, slug: &str, email: &str, kind: &'static str) -> AppResult<()> {
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.public_case(slug).map_err(|_| unknown_case())?;
    let email = parse_email(email).map_err(|errors| {
        // here the field stands at the top
        let mut top = FieldErrors::new();
        for error in &errors {
            top.push("/email", error.code, error.reason);
        }
        top
    })?;
    let now = ctx.clock.now();
    let subject = cap_ids(ctx, &email, now).today;
    let payload = RecordsPayload::of_address(ctx, case.id, &email);
    let mail = OutboxRow {
        subject_id: subject,
        id: token::new_id(now),
        association_id: None,
        case_id: Some(case.id.uuid()),
        kind: kind.to_owned(),
        lane: lane(subject),
        priority: 1,
        payload: serde_json::to_value(payload).map_err(AppError::internal)?,
        attempts: 0,
        due_at: now,
        created_at: now,
        expires_at: now + Duration::days(MAIL_DAYS),
        queue_id: Some(mail_queue::id_of(ctx, email.domain())),
    };
    let mut tx = ctx.pools.begin(SCOPE).await?;
    outbox::insert(&mut tx, SCOPE, &mail).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts a request for the address of a record into the outbox.
pub(in crate::app) async fn enqueue(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let payload = RecordsPayload::of_record(row);
    let payload = serde_json::to_value(payload).map_err(AppError::internal)?;
    let mail = outbox_row(
        ctx,
        row,
        "resend",
        token::new_id(now),
        payload,
        row.contact_domain.as_deref(),
    );
    Ok(outbox::insert(conn, SCOPE, &mail).await?)
}

/// `domain`: of the address, if it is at hand; else the mail learns its queue when it is prepared.
pub(in crate::app) fn outbox_row(
    ctx: &Ctx,
    row: &ClaimantRow,
    kind: &str,
    id: Uuid,
    payload: serde_json::Value,
    domain: Option<&str>,
) -> OutboxRow {
    let now = ctx.clock.now();
    let queue_id = domain.map(|domain| mail_queue::id_of(ctx, domain));
    OutboxRow {
        subject_id: row.id,
        id,
        association_id: Some(row.association_id),
        case_id: Some(row.case_id),
        kind: kind.to_owned(),
        lane: lane(row.id),
        priority: 1,
        payload,
        attempts: 0,
        due_at: now,
        created_at: now,
        expires_at: now + Duration::days(MAIL_DAYS),
        queue_id,
    }
}

pub(in crate::app) fn parse_email(text: &str) -> Result<EmailAddress, FieldErrors> {
    let mut errors = FieldErrors::new();
    if text.trim().is_empty() {
        errors.push(
            "/contact/email",
            FieldCode::Required,
            "error-contact-required",
        );
        return Err(errors);
    }
    match errors.take("/contact/email", EmailAddress::parse(text)) {
        Some(email) => Ok(email),
        None => Err(errors),
    }
}

fn unknown_case() -> AppError {
    let mut errors = FieldErrors::new();
    errors.push("/case", FieldCode::UnknownValue, "error-case-unknown");
    AppError::Invalid(errors)
}
