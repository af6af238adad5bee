//! Invitations to act for an association: sent by mail, taken up once by link, within seven days.
//!
//! The link and the secret for the authenticator app derive from the id: nothing of them is stored, and the
//! page shows the same as often as it is opened. Taking one up is in `acceptance`.

use std::fmt;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_queue;
use crate::app::people::{check_cases, given_cases};
use crate::app::sign_up::lane;
use crate::app::staff::{StaffActor, login_name, read_cases, read_role, stored_cases};
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::sealing::{Aad, FORMAT, Sealed};
use crate::crypto::token;
use crate::db::invitation::{self as db, InvitationRow};
use crate::db::outbox::{self, OutboxRow};
use crate::db::{Conn, Scope, membership, staff as people};
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors, ValueError, filled};
use crate::domain::ids::{AssociationId, CaseId, StaffId};
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::membership::{INVITATION_DAYS, given_role};
use crate::domain::permission::{Role, operation};

mod acceptance;

pub use acceptance::{Acceptance, Offer, accept, open};

const SCOPE: Scope = Scope::System("invitations, before the person is known");
/// Invitations listed.
const LISTED: i64 = 200;

/// What an owner typed to invite somebody.
#[derive(Clone, Default)]
pub struct InvitationInput {
    /// Where the link goes; the login address then.
    pub email: Option<String>,
    /// Word of the role.
    pub role: Option<String>,
    /// Slugs of the cases it is for; none: all.
    pub cases: Option<Vec<String>>,
    /// Language of the mail.
    pub language: Language,
}

/// An invitation nobody took up yet.
#[derive(Clone)]
pub struct Invitation {
    /// The invitation.
    pub id: Uuid,
    /// Where the link went.
    pub email: String,
    /// The role.
    pub role: Role,
    /// Cases it is for; none: all.
    pub cases: Option<Vec<CaseId>>,
    /// When it was sent, UTC.
    pub created_at: DateTime<Utc>,
    /// When the link ends, UTC.
    pub expires_at: DateTime<Utc>,
    /// Whether that is past.
    pub is_over: bool,
}

/// Invites somebody by e-mail.
///
/// *effects*: a row, a mail, audit `invite_staff`.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `Invalid` at `/email` (also for who acts for the association, or is invited
/// already), `/role` and `/cases`.
pub async fn invite(
    ctx: &Ctx,
    actor: &StaffActor,
    input: &InvitationInput,
) -> AppResult<Invitation> {
    actor.require(&operation::INVITE)?;
    let (email, role) = parse(input)?;
    let cases = given_cases(ctx, actor, input.cases.as_deref()).await?;
    check_cases(role, cases.as_deref())?;
    let association = actor.association_id();
    let row = InvitationRow {
        case_ids: stored_cases(cases.as_deref()),
        ..sealed(ctx, actor, &email, role, input.language)?
    };
    let mut tx = ctx.pools.begin(SCOPE).await?;
    // one at a time: who is invited twice at once gets one mail
    membership::lock_all(&mut tx, SCOPE, association).await?;
    if is_known(ctx, &mut tx, association, &row.email_hash).await? {
        let mut errors = FieldErrors::new();
        errors.push("/email", FieldCode::UnknownValue, "error-invited-already");
        return Err(AppError::Invalid(errors));
    }
    db::insert(&mut tx, SCOPE, &row).await?;
    outbox::insert(&mut tx, SCOPE, &mail(ctx, &row, &email)).await?;
    let mut deed = actor.deed(row.id, "invite_staff");
    deed.detail =
        json!({ "role": role.as_str(), "cases": row.case_ids, "expires_at": row.expires_at });
    deed.write(ctx, &mut tx, SCOPE).await?;
    tx.commit().await?;
    shown(ctx, &row)?.ok_or(AppError::NotFound)
}

/// Invitations of the own association that nobody took up, newest first.
///
/// # Errors
/// `Forbidden`.
pub async fn list(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<Invitation>> {
    actor.require(&operation::LIST_PEOPLE)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list_open(&mut tx, scope, actor.association_id(), LISTED).await?;
    tx.commit().await?;
    let mut shown_rows = Vec::with_capacity(rows.len());
    for row in rows {
        shown_rows.extend(shown(ctx, &row)?);
    }
    Ok(shown_rows)
}

/// Calls an invitation off: its link opens nothing any more.
///
/// *effects*: audit `invitation_revoked`; the address goes.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for one of another association; `IllegalTransition` if it was
/// taken up or called off.
pub async fn revoke(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<()> {
    actor.require(&operation::REVOKE_INVITATION)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = db::lock(&mut tx, SCOPE, id).await?;
    let own = row.filter(|row| row.association_id == actor.association_id().uuid());
    let row = own.ok_or(AppError::NotFound)?;
    if row.email_sealed.is_none() {
        return Err(AppError::IllegalTransition("ended"));
    }
    db::mark_ended(&mut tx, SCOPE, id, None, Some(ctx.clock.now())).await?;
    let deed = actor.deed(id, "invitation_revoked");
    deed.write(ctx, &mut tx, SCOPE).await?;
    Ok(tx.commit().await?)
}

fn parse(input: &InvitationInput) -> Result<(EmailAddress, Role), FieldErrors> {
    let mut errors = FieldErrors::new();
    let missing = ValueError::new(FieldCode::Required, "error-follow-email");
    let email = filled(input.email.as_deref()).ok_or(missing);
    let email = errors.take("/email", email.and_then(EmailAddress::parse));
    let role = errors.take("/role", given_role(input.role.as_deref()));
    match (email, role) {
        (Some(email), Some(role)) => Ok((email, role)),
        _ => Err(errors),
    }
}

fn sealed(
    ctx: &Ctx,
    actor: &StaffActor,
    email: &EmailAddress,
    role: Role,
    language: Language,
) -> AppResult<InvitationRow> {
    let now = ctx.clock.now();
    let id = token::new_id(now);
    let (root_version, root) = ctx.keyring.root();
    let root_version = i32::try_from(root_version).map_err(AppError::internal)?;
    let login = login_name(email.as_str());
    Ok(InvitationRow {
        id,
        association_id: actor.association_id().uuid(),
        role: role.as_str().to_owned(),
        language: language.as_str().to_owned(),
        email_hash: ctx.keyring.index.platform_hash("staff", &login).to_vec(),
        root_version,
        email_sealed: Some(
            root.seal_json(&place(id, root_version), email)?
                .into_bytes(),
        ),
        invited_by: actor.staff_id().uuid(),
        created_at: now,
        expires_at: now + Duration::days(INVITATION_DAYS),
        accepted_at: None,
        revoked_at: None,
        case_ids: None,
    })
}

fn mail(ctx: &Ctx, row: &InvitationRow, email: &EmailAddress) -> OutboxRow {
    OutboxRow {
        subject_id: row.id,
        id: token::new_id(row.created_at),
        association_id: Some(row.association_id),
        case_id: None,
        kind: MailKind::Invitation.as_str().to_owned(),
        lane: lane(row.id),
        priority: 1,
        payload: json!({}),
        attempts: 0,
        due_at: row.created_at,
        created_at: row.created_at,
        expires_at: row.expires_at,
        queue_id: Some(mail_queue::id_of(ctx, email.domain())),
    }
}

/// Whether the address acts for the association already, or has an invitation that still works.
async fn is_known(
    ctx: &Ctx,
    conn: &mut Conn,
    association: AssociationId,
    email_hash: &[u8],
) -> AppResult<bool> {
    let now = ctx.clock.now();
    let open = db::list_open(conn, SCOPE, association, LISTED).await?;
    let mut open = open.iter();
    if open.any(|row| row.email_hash == email_hash && row.expires_at > now) {
        return Ok(true);
    }
    let Some(known) = people::find_by_email(conn, SCOPE, email_hash).await? else {
        return Ok(false);
    };
    let id = StaffId::new(known.id);
    let person = membership::find_person(conn, SCOPE, association, id).await?;
    Ok(person.is_some_and(|person| person.membership.revoked_at.is_none()))
}

/// The link of an invitation.
pub(in crate::app) fn link(ctx: &Ctx, id: Uuid) -> String {
    let base = &ctx.settings.public_base_url;
    let keys = &ctx.keyring.challenges;
    let token = keys.token(ChallengePurpose::Invitation, id, id);
    format!("{base}/console/invitation/{token}")
}

/// Where an invitation goes; none once it has ended.
pub(in crate::app) fn email_of(ctx: &Ctx, row: &InvitationRow) -> AppResult<Option<EmailAddress>> {
    let Some(sealed) = row.email_sealed.clone() else {
        return Ok(None);
    };
    let root = ctx.keyring.root_by_version(row.root_version)?;
    let at = place(row.id, row.root_version);
    Ok(Some(root.open_json(&at, &Sealed::from_stored(sealed))?))
}

fn shown(ctx: &Ctx, row: &InvitationRow) -> AppResult<Option<Invitation>> {
    let Some(email) = email_of(ctx, row)? else {
        return Ok(None);
    };
    Ok(Some(Invitation {
        id: row.id,
        email: email.as_str().to_owned(),
        role: read_role(&row.role)?,
        cases: read_cases(row.case_ids.as_deref()),
        created_at: row.created_at,
        expires_at: row.expires_at,
        is_over: row.expires_at <= ctx.clock.now(),
    }))
}

fn place(id: Uuid, key_version: i32) -> Aad<'static> {
    Aad {
        version: FORMAT,
        table: "invitations",
        column: "email_sealed",
        claimant: id,
        key_version,
    }
}

impl fmt::Debug for InvitationInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InvitationInput(..)")
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Invitation(..)")
    }
}
