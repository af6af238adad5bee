//! Challenges: makes the secrets behind links and codes, and judges what comes back.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::ClaimantActor;
use crate::app::sign_up::challenge_hashes;
use crate::crypto::challenge::{parse_token, verify};
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::confirmation::{self, ConfirmationRow};
use crate::db::{Conn, Scope, Tx, lookup};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, ChallengeId, ClaimantId};
use crate::domain::reference::Reference;

pub use crate::crypto::challenge::ChallengePurpose;
pub use crate::db::confirmation::MAX_ATTEMPTS;

/// Codes made for one claimant in a day, at most (DESIGN 4).
pub const MAX_CODES_A_DAY: i64 = 10;

/// What somebody shows to prove that a mail reached them.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The token of the link.
    Token(String),
    /// The code, and which record it is for.
    Code {
        /// Which record.
        record: Record,
        /// Six digits.
        code: String,
    },
}

/// How a record is named beside a code.
#[derive(Clone, Debug)]
pub enum Record {
    /// By id.
    Id(ClaimantId),
    /// By reference.
    Reference(Reference),
}

/// What a challenge turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Good.
    Open(ChallengeId),
    /// Used before.
    Used,
    /// Too old, or replaced.
    Expired,
    /// Never was.
    Unknown,
}

/// The record a proof is about, without judging the proof.
///
/// # Errors
/// `Unknown` as `None`.
pub(in crate::app) async fn record_of(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    proof: &Proof,
) -> AppResult<Option<ClaimantRow>> {
    let id = match proof {
        Proof::Token(token) => parse_token(token).map(|(claimant, _)| ClaimantId::new(claimant)),
        Proof::Code {
            record: Record::Id(id),
            ..
        } => Some(*id),
        Proof::Code {
            record: Record::Reference(reference),
            ..
        } => {
            let hash = ctx
                .keyring
                .index
                .platform_hash("reference", reference.as_str());
            lookup::list(conn, scope, "reference", &[&hash], 1)
                .await?
                .first()
                .copied()
        }
    };
    let Some(id) = id else {
        return Ok(None);
    };
    Ok(claimant::find(conn, scope, id).await?)
}

/// Judges a proof against the claimant's challenges. Counts nothing.
pub(in crate::app) async fn judge(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    purpose: ChallengePurpose,
    proof: &Proof,
) -> AppResult<Standing> {
    let now = ctx.clock.now();
    let rows = confirmation::list(conn, scope, claimant, purpose.as_str()).await?;
    let keys = &ctx.keyring.challenges;
    let fits = |row: &ConfirmationRow| match proof {
        Proof::Token(token) => parse_token(token).is_some_and(|(_, secret)| {
            let hash = keys.stored_token_hash(purpose, claimant.uuid(), &secret);
            verify(&hash, &row.token_hash)
        }),
        Proof::Code { code, .. } => {
            let hash = keys.stored_code_hash(purpose, claimant.uuid(), row.id, None, code);
            row.attempts < MAX_ATTEMPTS && verify(&hash, &row.code_hash)
        }
    };
    let fitting: Vec<&ConfirmationRow> = rows.iter().filter(|row| fits(row)).collect();
    Ok(fitting
        .first()
        .map_or(Standing::Unknown, |row| standing(row, now)))
}

fn standing(row: &ConfirmationRow, now: DateTime<Utc>) -> Standing {
    if row.used_at.is_some() {
        Standing::Used
    } else if row.voided_at.is_some() || row.expires_at <= now {
        Standing::Expired
    } else {
        Standing::Open(ChallengeId::new(row.id))
    }
}

/// What a failed proof is answered with. An unknown record reads like a wrong code.
pub(in crate::app) fn refusal(proof: &Proof, standing: Standing) -> AppError {
    match (proof, standing) {
        (_, Standing::Used) => AppError::TokenUsed,
        (Proof::Token(_), _) => AppError::TokenExpired,
        (Proof::Code { .. }, _) => {
            let mut errors = FieldErrors::new();
            errors.push("/code", FieldCode::UnknownValue, "error-code-wrong");
            AppError::Invalid(errors)
        }
    }
}

/// Uses the code of whoever is signed in, for a purpose and what it is bound to besides. A wrong code is counted: that
/// is committed although the act fails.
///
/// # Errors
/// `Invalid` at `/code`; `TokenUsed`.
pub(in crate::app) async fn use_code(
    ctx: &Ctx,
    mut tx: Tx,
    actor: &ClaimantActor,
    wanted: (ChallengePurpose, Option<&[u8]>),
    code: &str,
) -> AppResult<Tx> {
    let (scope, claimant) = (actor.scope(), actor.claimant());
    let standing = judge_code(ctx, &mut tx, scope, claimant, wanted, code).await?;
    let Standing::Open(used) = standing else {
        if standing == Standing::Unknown {
            let whose = (claimant, actor.association());
            let by = Actor::Claimant(claimant);
            count_wrong(ctx, &mut tx, scope, whose, by, wanted.0).await?;
        }
        tx.commit().await?;
        return Err(wrong_code(standing));
    };
    let now = ctx.clock.now();
    if !confirmation::mark_used(&mut tx, scope, claimant, used.uuid(), now).await? {
        return Err(AppError::TokenUsed);
    }
    Ok(tx)
}

/// Counts a wrong code against every open challenge of a purpose. Whoever calls it commits, and refuses.
///
/// *effects*: `confirmations.attempts`, audit `wrong_code`.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn count_wrong(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (claimant, association): (ClaimantId, AssociationId),
    by: Actor,
    purpose: ChallengePurpose,
) -> AppResult<()> {
    let (purpose, now) = (purpose.as_str(), ctx.clock.now());
    confirmation::mark_wrong_code(conn, scope, claimant, purpose, now).await?;
    let entry = Entry::new(claimant, association, by, "wrong_code");
    let entry = entry.with(json!({ "purpose": purpose }));
    audit::append(ctx, conn, scope, entry).await
}

/// Judges a code against the open challenges of a purpose that are bound to something: a mailbox, or nothing
/// but the purpose. Counts nothing.
async fn judge_code(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    (purpose, bound): (ChallengePurpose, Option<&[u8]>),
    code: &str,
) -> AppResult<Standing> {
    let now = ctx.clock.now();
    let rows = confirmation::list(conn, scope, claimant, purpose.as_str()).await?;
    let keys = &ctx.keyring.challenges;
    let fits = |row: &&ConfirmationRow| {
        let hash = keys.stored_code_hash(purpose, claimant.uuid(), row.id, bound, code);
        row.attempts < MAX_ATTEMPTS && verify(&hash, &row.code_hash)
    };
    Ok(rows
        .iter()
        .find(fits)
        .map_or(Standing::Unknown, |row| standing(row, now)))
}

/// A wrong or dead code at `/code`.
fn wrong_code(standing: Standing) -> AppError {
    if standing == Standing::Used {
        return AppError::TokenUsed;
    }
    let mut errors = FieldErrors::new();
    errors.push("/code", FieldCode::UnknownValue, "error-code-wrong");
    AppError::Invalid(errors)
}

/// What a challenge is for.
#[derive(Clone, Copy)]
pub(in crate::app) struct Wanted<'a> {
    /// What it lets its holder do.
    pub(in crate::app) purpose: ChallengePurpose,
    /// What its code is bound to besides.
    pub(in crate::app) bound: Option<&'a [u8]>,
    /// How long it works.
    pub(in crate::app) lives: Duration,
}

/// Makes a challenge. `None`: the claimant had ten within a day.
pub(in crate::app) async fn create(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    purpose: ChallengePurpose,
    lives: Duration,
) -> AppResult<Option<ConfirmationRow>> {
    let wanted = Wanted {
        purpose,
        bound: None,
        lives,
    };
    create_bound(ctx, conn, scope, row, wanted).await
}

/// As [`create`], with a code that may be bound to something.
pub(in crate::app) async fn create_bound(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
    wanted: Wanted<'_>,
) -> AppResult<Option<ConfirmationRow>> {
    let now = ctx.clock.now();
    let claimant = row.claimant();
    let since = now - Duration::hours(24);
    if confirmation::count_since(conn, scope, claimant, since).await? >= MAX_CODES_A_DAY {
        return Ok(None);
    }
    let (id, purpose) = (token::new_id(now), wanted.purpose);
    let (token_hash, mut code_hash) = challenge_hashes(ctx, purpose, claimant, id);
    if wanted.bound.is_some() {
        let keys = &ctx.keyring.challenges;
        let code = keys.code(purpose, row.id, id);
        let hash = keys.stored_code_hash(purpose, row.id, id, wanted.bound, &code);
        code_hash = hash.to_vec();
    }
    let challenge = ConfirmationRow {
        claimant_id: claimant.uuid(),
        id,
        association_id: row.association_id,
        purpose: purpose.as_str().to_owned(),
        token_hash,
        code_hash,
        attempts: 0,
        created_at: now,
        expires_at: now + wanted.lives,
        used_at: None,
        voided_at: None,
    };
    confirmation::insert(conn, scope, &challenge).await?;
    Ok(Some(challenge))
}
