//! The own account of a staff member: where they are signed in, password, authenticator app, recovery codes.
//! Everything that is open ends with a change of password or app (DESIGN 7).

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::sign_in::{bucket, take_attempt, use_factor};
use super::{StaffActor, open_profile, place, recovery};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::outbox::StaffNews;
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::totp::TotpSecret;
use crate::db::staff::StaffRow;
use crate::db::staff_session::{self, Ended, ShownRow};
use crate::db::{Conn, Scope, Tx, recovery_code, staff};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, StaffId};
use crate::domain::language::Language;
use crate::domain::membership::new_password;

const SCOPE: Scope = Scope::System("own account of staff");
/// Name under which authenticator apps list us.
const ISSUER: &str = "joinder";

/// Where somebody is signed in.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// The session.
    pub id: Uuid,
    /// Whether it is the one that asks.
    pub is_own: bool,
    /// Whether it is of a tool, by tokens; else of a browser.
    pub is_tool: bool,
    /// Browser and system, two words; empty where neither is known.
    pub device: String,
    /// The network it was opened from, cut; empty where it is not known.
    pub network: String,
    /// Since when, UTC.
    pub since: DateTime<Utc>,
    /// When something was last done in it, UTC.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends by itself, UTC.
    pub expires_at: DateTime<Utc>,
}

impl SessionLine {
    pub(in crate::app) fn of(row: ShownRow, own: Option<Uuid>) -> Self {
        Self {
            is_own: own == Some(row.id),
            id: row.id,
            is_tool: row.is_tool,
            device: row.device.unwrap_or_default(),
            network: row.network.unwrap_or_default(),
            since: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        }
    }
}

/// The own account.
#[derive(Clone)]
pub struct Account {
    /// Name in trails.
    pub name: String,
    /// Login address.
    pub email: String,
    /// Where one is signed in, newest first; over all associations.
    pub sessions: Vec<SessionLine>,
    /// Recovery codes that still work.
    pub recovery_codes: i64,
}

/// What an app is connected with.
#[derive(Clone)]
pub struct NewFactor {
    /// Secret in base32.
    pub secret: String,
    /// `otpauth://` address, for a QR code.
    pub url: String,
}

/// What a change of password or app is proven with.
#[derive(Clone)]
pub struct Proof {
    /// The password as it is.
    pub password: String,
    /// A code of the app as it is, or a recovery code.
    pub code: String,
    /// Language of the mail about it.
    pub language: Language,
}

/// The own account.
///
/// # Errors
/// `Unavailable`.
pub async fn get(ctx: &Ctx, actor: &StaffActor) -> AppResult<Account> {
    let now = ctx.clock.now();
    let person = actor.staff_id();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = staff::get(&mut tx, SCOPE, person).await?;
    let sessions = staff_session::list(&mut tx, SCOPE, person, None, now).await?;
    let recovery_codes = recovery_code::count(&mut tx, SCOPE, person).await?;
    tx.commit().await?;
    let profile = open_profile(ctx, row.id, row.root_version, row.sealed)?;
    let line = |row| SessionLine::of(row, Some(actor.session()));
    Ok(Account {
        name: profile.name,
        email: profile.email,
        sessions: sessions.into_iter().map(line).collect(),
        recovery_codes,
    })
}

/// Ends one of the own sessions, or all but the one that asks. One that is not there, or not the own, is
/// over already.
///
/// *effects*: sessions, their refresh tokens; audit `staff_sessions_ended`.
///
/// # Errors
/// `Unavailable`.
pub async fn end_sessions(ctx: &Ctx, actor: &StaffActor, only: Option<Uuid>) -> AppResult<usize> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let which = Ended {
        person: actor.staff_id(),
        association: None,
        only,
        but: only.is_none().then(|| actor.session()),
    };
    let ended = staff_session::end(&mut tx, SCOPE, which, ctx.clock.now()).await?;
    if ended > 0 {
        let mut deed = actor.deed(actor.staff_id().uuid(), "staff_sessions_ended");
        deed.detail = json!({ "sessions": ended });
        deed.write(ctx, &mut tx, SCOPE).await?;
    }
    tx.commit().await?;
    Ok(ended)
}

/// Sets a new password.
///
/// *effects*: every session, token and known browser of the person ends, the one that asks too; audit
/// `staff_password_changed`; a mail.
///
/// # Errors
/// `Invalid` at `/new_password`; `WrongCredentials`, `TotpUsed`; `RateLimited` after 10 failures in 15
/// minutes.
pub async fn change_password(
    ctx: &Ctx,
    actor: &StaffActor,
    proof: &Proof,
    new: &str,
) -> AppResult<()> {
    let mut errors = FieldErrors::new();
    let new = errors.take("/new_password", new_password(new));
    let new = new.ok_or(AppError::Invalid(errors))?;
    let (row, attempts) = check_password(ctx, actor, proof).await?;
    let hash = ctx.keyring.passwords.hash(new).await?;
    let mut tx = check_factor(ctx, actor, &row, proof).await?;
    staff::mark_password(&mut tx, SCOPE, actor.staff_id(), &hash).await?;
    staff_session::forget_attempts(&mut tx, SCOPE, attempts).await?;
    let news = (StaffNews::Password, "staff_password_changed");
    end_everything(ctx, &mut tx, actor, news, proof.language).await?;
    Ok(tx.commit().await?)
}

/// What a new app is connected with: the same in one session, until it is taken up.
///
/// # Errors
/// `Internal`: never in practice.
pub async fn new_factor(ctx: &Ctx, actor: &StaffActor) -> AppResult<NewFactor> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let row = staff::get(&mut tx, SCOPE, actor.staff_id()).await?;
    tx.commit().await?;
    let profile = open_profile(ctx, row.id, row.root_version, row.sealed)?;
    shown(&derived_secret(ctx, actor)?, &profile.email)
}

/// Takes up a new app, proven with the old one or a recovery code, and with a code of the new one.
///
/// *effects*: as [`change_password`], with `staff_factor_changed`; the recovery codes end.
///
/// # Errors
/// `Invalid` at `/new_code`; else as [`change_password`].
pub async fn change_factor(
    ctx: &Ctx,
    actor: &StaffActor,
    proof: &Proof,
    new_code: &str,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let secret = derived_secret(ctx, actor)?;
    let step = matched(&secret, new_code, now)?;
    let (row, attempts) = check_password(ctx, actor, proof).await?;
    let mut tx = check_factor(ctx, actor, &row, proof).await?;
    let root = ctx.keyring.root_by_version(row.root_version)?;
    let at = place("totp_sealed", row.id, row.root_version);
    let sealed = root.seal(&at, secret.as_bytes())?.into_bytes();
    staff::mark_totp(&mut tx, SCOPE, actor.staff_id(), &sealed).await?;
    // codes made with the old app may be in other hands
    recovery_code::replace(&mut tx, SCOPE, actor.staff_id(), &[], now).await?;
    // the step may have been used with the old app: it is used now in any case
    staff_session::insert_totp_use(&mut tx, SCOPE, actor.staff_id(), step, now).await?;
    staff_session::forget_attempts(&mut tx, SCOPE, attempts).await?;
    let news = (StaffNews::Factor, "staff_factor_changed");
    end_everything(ctx, &mut tx, actor, news, proof.language).await?;
    Ok(tx.commit().await?)
}

/// Makes ten new recovery codes in the place of the old ones; they are shown once.
///
/// *effects*: audit `recovery_codes_made`; a mail.
///
/// # Errors
/// As [`change_password`].
pub async fn new_recovery_codes(
    ctx: &Ctx,
    actor: &StaffActor,
    proof: &Proof,
) -> AppResult<Vec<String>> {
    let (row, attempts) = check_password(ctx, actor, proof).await?;
    let mut tx = check_factor(ctx, actor, &row, proof).await?;
    let codes = recovery::make(ctx, &mut tx, SCOPE, actor.staff_id()).await?;
    staff_session::forget_attempts(&mut tx, SCOPE, attempts).await?;
    actor
        .deed(actor.staff_id().uuid(), "recovery_codes_made")
        .write(ctx, &mut tx, SCOPE)
        .await?;
    let (who, news) = (
        (actor.staff_id(), actor.association_id()),
        StaffNews::RecoveryCodesMade,
    );
    recovery::tell(ctx, &mut tx, SCOPE, who, news, proof.language).await?;
    tx.commit().await?;
    Ok(codes)
}

/// The step of a code of a new app.
///
/// # Errors
/// `Invalid` at `/new_code`.
pub(in crate::app) fn matched(
    secret: &TotpSecret,
    code: &str,
    now: DateTime<Utc>,
) -> AppResult<i64> {
    let code: String = code.chars().filter(|sign| !sign.is_whitespace()).collect();
    secret.matched_step(&code, now).ok_or_else(|| {
        let mut errors = FieldErrors::new();
        errors.push("/new_code", FieldCode::UnknownValue, "error-code-wrong");
        AppError::Invalid(errors)
    })
}

/// What an app takes, by hand or by its camera.
pub(in crate::app) fn shown(secret: &TotpSecret, email: &str) -> AppResult<NewFactor> {
    Ok(NewFactor {
        secret: secret.to_base32(),
        // a colon would end the name
        url: secret.url(ISSUER, &email.replace(':', " "))?,
    })
}

/// The secret of 160 bits that derives from an id: shown again as often as its page is.
pub(in crate::app) fn secret_from(
    ctx: &Ctx,
    purpose: ChallengePurpose,
    (owner, about): (Uuid, Uuid),
) -> AppResult<TotpSecret> {
    let proof = ctx.keyring.challenges.proof(purpose, owner, about);
    let bytes = proof.iter().copied().take(20).collect();
    Ok(TotpSecret::from_bytes(bytes)?)
}

fn derived_secret(ctx: &Ctx, actor: &StaffActor) -> AppResult<TotpSecret> {
    let about = (actor.staff_id().uuid(), actor.session());
    secret_from(ctx, ChallengePurpose::Factor, about)
}

/// Counts the attempt and checks the password; no transaction is held while argon2 runs.
async fn check_password(
    ctx: &Ctx,
    actor: &StaffActor,
    proof: &Proof,
) -> AppResult<(StaffRow, Uuid)> {
    let now = ctx.clock.now();
    let person = actor.staff_id();
    let attempts = bucket(ctx, now, "staff account", &person.to_string());
    let mut tx = ctx.pools.begin(SCOPE).await?;
    take_attempt(&mut tx, attempts, now).await?;
    let row = staff::get(&mut tx, SCOPE, person).await?;
    tx.commit().await?;
    let passwords = &ctx.keyring.passwords;
    if passwords
        .verify(&proof.password, &row.password_hash)
        .await?
    {
        return Ok((row, attempts));
    }
    let mut tx = ctx.pools.begin(SCOPE).await?;
    refused(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Err(AppError::WrongCredentials)
}

/// Uses the code up; the transaction it gives is not committed yet.
async fn check_factor(
    ctx: &Ctx,
    actor: &StaffActor,
    row: &StaffRow,
    proof: &Proof,
) -> AppResult<Tx> {
    let at = (ctx.clock.now(), proof.language);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let who = (row, actor.association_id());
    match use_factor(ctx, &mut tx, who, &proof.code, at).await {
        Ok(()) => Ok(tx),
        Err(wrong @ (AppError::WrongCredentials | AppError::TotpUsed)) => {
            refused(ctx, &mut tx, actor).await?;
            tx.commit().await?;
            Err(wrong)
        }
        Err(failed) => Err(failed),
    }
}

async fn refused(ctx: &Ctx, conn: &mut Conn, actor: &StaffActor) -> AppResult<()> {
    let deed = actor.deed(actor.staff_id().uuid(), "staff_step_up_refused");
    deed.write(ctx, conn, SCOPE).await
}

/// Ends all that is open of the actor, and says why.
async fn end_everything(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    (news, verb): (StaffNews, &'static str),
    language: Language,
) -> AppResult<()> {
    let ended = forget_all(ctx, conn, SCOPE, (actor.staff_id(), None)).await?;
    let mut deed = actor.deed(actor.staff_id().uuid(), verb);
    deed.detail = json!({ "sessions": ended });
    deed.write(ctx, conn, SCOPE).await?;
    let who = (actor.staff_id(), actor.association_id());
    recovery::tell(ctx, conn, SCOPE, who, news, language).await
}

/// Ends all sessions of a person, in one association or in all; where in all, no browser is known any more.
pub(in crate::app) async fn forget_all(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (person, association): (StaffId, Option<AssociationId>),
) -> AppResult<usize> {
    let which = Ended {
        person,
        association,
        only: None,
        but: None,
    };
    let ended = staff_session::end(conn, scope, which, ctx.clock.now()).await?;
    if association.is_none() {
        staff_session::forget_devices(conn, scope, person).await?;
    }
    Ok(ended)
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Account(..)")
    }
}

impl fmt::Debug for NewFactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NewFactor(..)")
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Proof(..)")
    }
}
