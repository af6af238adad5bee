//! An invitation taken up: by a new account, or by the one there is.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{SCOPE, email_of};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::people::state_of;
use crate::app::staff::account::{self, NewFactor};
use crate::app::staff::sign_in::{bucket, take_attempt, use_factor};
use crate::app::staff::{note_change, read_cases, read_role, recovery, sealed_row};
use crate::app::trail::Deed;
use crate::crypto::challenge::{ChallengePurpose, parse_token, verify};
use crate::crypto::totp::TotpSecret;
use crate::db::invitation::{self as db, InvitationRow};
use crate::db::staff::{self as people, MembershipRow, StaffRow};
use crate::db::{Conn, membership, staff_session};
use crate::domain::field::FieldErrors;
use crate::domain::ids::{AssociationId, StaffId};
use crate::domain::language::Language;
use crate::domain::membership::{MembershipState, Terms, new_password, staff_name};
use crate::domain::permission::Role;

/// What a good link shows.
pub struct Offer {
    /// Name of the association.
    pub association: String,
    /// The role.
    pub role: Role,
    /// Login address.
    pub email: String,
    /// What the app is connected with; `None` for who has an account already and proves that.
    pub factor: Option<NewFactor>,
}

/// What the invited typed.
#[derive(Clone, Default)]
pub struct Acceptance {
    /// First and last name; of the new alone.
    pub name: String,
    /// The password chosen, or the one the person has.
    pub password: String,
    /// A code of the app.
    pub code: String,
    /// Language of mails.
    pub language: Language,
}

/// What a link offers. Changes nothing.
///
/// # Errors
/// `TokenUsed`; `TokenExpired` for one that is over, called off, or never was.
pub async fn open(ctx: &Ctx, link: &str) -> AppResult<Offer> {
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = find(ctx, &mut tx, link).await?;
    let known = people::find_by_email(&mut tx, SCOPE, &row.email_hash).await?;
    tx.commit().await?;
    let email = email_of(ctx, &row)?.ok_or(AppError::TokenExpired)?;
    let association = AssociationId::new(row.association_id);
    let entry = directory.association(association);
    let factor = match known {
        Some(_) => None,
        None => Some(account::shown(&secret(ctx, row.id)?, email.as_str())?),
    };
    Ok(Offer {
        association: entry.map(|entry| entry.name.clone()).unwrap_or_default(),
        role: read_role(&row.role)?,
        email: email.as_str().to_owned(),
        factor,
    })
}

/// Takes an invitation up: makes the account, or proves the one there is. Gives the recovery codes of a new
/// account, shown once.
///
/// *effects*: person, membership, recovery codes; audit `invitation_accepted`; the link is used.
///
/// # Errors
/// As [`open`]; `Invalid` at `/name`, `/password`, `/new_code`; `WrongCredentials`, `TotpUsed` for who has an
/// account; `RateLimited` after 10 failures in 15 minutes.
pub async fn accept(ctx: &Ctx, link: &str, given: &Acceptance) -> AppResult<Vec<String>> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = find(ctx, &mut tx, link).await?;
    let attempts = bucket(ctx, now, "invitation", &row.id.to_string());
    take_attempt(&mut tx, attempts, now).await?;
    let known = people::find_by_email(&mut tx, SCOPE, &row.email_hash).await?;
    tx.commit().await?;
    // no transaction is held while argon2 runs
    let newcomer = match &known {
        Some(known) => {
            let passwords = &ctx.keyring.passwords;
            if !passwords
                .verify(&given.password, &known.password_hash)
                .await?
            {
                return Err(AppError::WrongCredentials);
            }
            None
        }
        None => Some(newcomer(ctx, &row, given).await?),
    };
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let locked = db::lock(&mut tx, SCOPE, row.id).await?;
    let row = standing(locked, now)?;
    let association = AssociationId::new(row.association_id);
    let (person, codes) = match (known, newcomer) {
        (Some(known), _) => {
            let at = (now, given.language);
            use_factor(ctx, &mut tx, (&known, association), &given.code, at).await?;
            (StaffId::new(known.id), Vec::new())
        }
        (None, Some((person, step))) => {
            if !people::insert(&mut tx, SCOPE, &person).await? {
                return Err(AppError::IllegalTransition("changed"));
            }
            let id = StaffId::new(person.id);
            staff_session::insert_totp_use(&mut tx, SCOPE, id, step, now).await?;
            (id, recovery::make(ctx, &mut tx, SCOPE, id).await?)
        }
        (None, None) => return Err(AppError::internal("nobody accepts")),
    };
    join(ctx, &mut tx, &row, person).await?;
    staff_session::forget_attempts(&mut tx, SCOPE, attempts).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Whether an invitation still stands: who gave it is an active owner, and nobody decided otherwise about the
/// invited since.
async fn stands(conn: &mut Conn, row: &InvitationRow, person: StaffId) -> AppResult<bool> {
    let association = AssociationId::new(row.association_id);
    let all = membership::lock_all(conn, SCOPE, association).await?;
    let is_owner = |member: &MembershipRow| {
        member.staff_id == row.invited_by
            && member.role == Role::Owner.as_str()
            && state_of(member) == MembershipState::Active
    };
    let is_member = |member: &MembershipRow| member.staff_id == person.uuid();
    let ended = membership::find_person(conn, SCOPE, association, person).await?;
    let ended = ended.and_then(|known| known.membership.revoked_at);
    Ok(all.iter().any(is_owner)
        && !all.iter().any(is_member)
        && ended.is_none_or(|at| at < row.created_at))
}

/// Writes the membership, and that the link was used.
///
/// # Errors
/// `TokenExpired` where the invitation stands no more.
async fn join(ctx: &Ctx, conn: &mut Conn, row: &InvitationRow, person: StaffId) -> AppResult<()> {
    let now = ctx.clock.now();
    let association = AssociationId::new(row.association_id);
    if !stands(conn, row, person).await? {
        return Err(AppError::TokenExpired);
    }
    let role = read_role(&row.role)?;
    let membership = MembershipRow {
        staff_id: person.uuid(),
        association_id: row.association_id,
        role: row.role.clone(),
        created_at: now,
        revoked_at: None,
        suspended_at: None,
        signed_in_at: None,
        case_ids: row.case_ids.clone(),
    };
    people::put_membership(conn, SCOPE, &membership).await?;
    let by = Some(StaffId::new(row.invited_by));
    let terms = Terms::active(role, read_cases(row.case_ids.as_deref()));
    note_change(ctx, conn, SCOPE, (person, association), &terms, by).await?;
    db::mark_ended(conn, SCOPE, row.id, Some(now), None).await?;
    Deed {
        subject: person.uuid(),
        association: Some(association),
        actor: Some(person),
        action: "invitation_accepted",
        change: None,
        detail: json!({ "invitation": row.id, "role": role.as_str(), "cases": row.case_ids }),
        note: None,
    }
    .write(ctx, conn, SCOPE)
    .await
}

/// A new account as it was typed, and the step of the code that proved the app.
async fn newcomer(
    ctx: &Ctx,
    row: &InvitationRow,
    given: &Acceptance,
) -> AppResult<(StaffRow, i64)> {
    let mut errors = FieldErrors::new();
    let name = errors.take("/name", staff_name(&given.name));
    let password = errors.take("/password", new_password(&given.password));
    let secret = secret(ctx, row.id)?;
    let step = match account::matched(&secret, &given.code, ctx.clock.now()) {
        Ok(step) => Some(step),
        Err(AppError::Invalid(wrong)) => {
            errors.append(wrong);
            None
        }
        Err(error) => return Err(error),
    };
    let (Some(name), Some(password), Some(step)) = (name, password, step) else {
        return Err(AppError::Invalid(errors));
    };
    let email = email_of(ctx, row)?.ok_or(AppError::TokenExpired)?;
    let hash = ctx.keyring.passwords.hash(password).await?;
    Ok((sealed_row(ctx, name, &email, hash, &secret)?, step))
}

/// The invitation of a link.
async fn find(ctx: &Ctx, conn: &mut Conn, link: &str) -> AppResult<InvitationRow> {
    let (id, given) = parse_token(link).ok_or(AppError::TokenExpired)?;
    let keys = &ctx.keyring.challenges;
    if !verify(&given, &keys.proof(ChallengePurpose::Invitation, id, id)) {
        return Err(AppError::TokenExpired);
    }
    standing(db::find(conn, SCOPE, id).await?, ctx.clock.now())
}

/// The invitation, if it can be taken up now.
fn standing(row: Option<InvitationRow>, now: DateTime<Utc>) -> AppResult<InvitationRow> {
    match row {
        Some(row) if row.accepted_at.is_some() => Err(AppError::TokenUsed),
        Some(row) if row.revoked_at.is_none() && now < row.expires_at => Ok(row),
        Some(_) | None => Err(AppError::TokenExpired),
    }
}

fn secret(ctx: &Ctx, id: Uuid) -> AppResult<TotpSecret> {
    account::secret_from(ctx, ChallengePurpose::Factor, (id, id))
}

impl fmt::Debug for Acceptance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Acceptance(..)")
    }
}
