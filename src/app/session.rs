//! Sessions of claimants: 30 minutes, own record only.

use chrono::{DateTime, Duration, Utc};

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::session::{SessionToken, SignedValue};
use crate::crypto::sha256;
use crate::db::session::{self, SessionRow};
use crate::db::{Conn, Scope};
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::permission::{Access, Operation, operation};

/// Minutes a claimant's session lasts after the last act.
pub const SESSION_MINUTES: i64 = 30;
/// Hours after which a session of a claimant ends whatever its owner does.
const LONGEST_HOURS: i32 = 12;
const KIND: &str = "claimant";
const TICKET: &str = "sign_up";
const KNOWN: &str = "known_browser";
/// What a test person may do.
const IN_SANDBOX: [&str; 3] = [
    operation::GET_ME.name,
    operation::ME_PAGE.name,
    operation::LEAVE_FORM.name,
];
/// Days a browser is known after it opened a record.
pub const KNOWN_DAYS: i64 = 30;

/// A signed-in claimant. Only [`authenticate`] makes one.
#[derive(Clone, Debug)]
pub struct ClaimantActor {
    claimant: ClaimantId,
    association: AssociationId,
    session: uuid::Uuid,
}

impl ClaimantActor {
    /// Whose record it is.
    pub const fn claimant(&self) -> ClaimantId {
        self.claimant
    }

    /// The tenant.
    pub const fn association(&self) -> AssociationId {
        self.association
    }

    /// The stored id of the session.
    pub(in crate::app) const fn session(&self) -> uuid::Uuid {
        self.session
    }

    /// SHA-256, hex, that stands for the session in evidence: of its stored id, itself a hash of the
    /// token.
    pub fn session_sha256(&self) -> String {
        sha256::hex(&sha256::digest(self.session.as_bytes()))
    }

    /// Whether an operation is open to the record: a test person looks and leaves, and does nothing that would
    /// be mailed, signed or kept.
    ///
    /// # Errors
    /// `IllegalTransition` in the sandbox (decision 34).
    pub fn require(&self, operation: Option<&Operation>) -> AppResult<()> {
        let is_open = operation.is_some_and(|asked| {
            asked.access != Access::Claimant || IN_SANDBOX.contains(&asked.name)
        });
        if self.association.is_sandbox() && !is_open {
            return Err(AppError::IllegalTransition("sandbox"));
        }
        Ok(())
    }

    /// The rights its queries run under.
    pub const fn scope(&self) -> Scope {
        Scope::Association(self.association)
    }
}

/// An open session, as given to its owner.
#[derive(Debug)]
pub struct OpenSession {
    /// The secret; not stored.
    pub token: SessionToken,
    /// Last instant at which it works.
    pub expires_at: DateTime<Utc>,
}

/// Opens a session inside the transaction that proved who it is.
pub(in crate::app) async fn open(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
    association: AssociationId,
) -> AppResult<OpenSession> {
    let now = ctx.clock.now();
    let token = SessionToken::new();
    let expires_at = now + Duration::minutes(SESSION_MINUTES);
    let row = SessionRow {
        id: token.id(),
        kind: KIND.to_owned(),
        subject_id: claimant.uuid(),
        association_id: association.uuid(),
        created_at: now,
        last_seen_at: now,
        expires_at,
        step_up_until: None,
    };
    session::insert(conn, scope, &row).await?;
    Ok(OpenSession { token, expires_at })
}

/// Who a token belongs to. Changes nothing.
///
/// # Errors
/// `Unauthenticated` if it is unknown or has expired.
pub async fn authenticate(ctx: &Ctx, token: &str) -> AppResult<ClaimantActor> {
    let token = SessionToken::parse(token).ok_or(AppError::Unauthenticated)?;
    let scope = Scope::System("session before the tenant is known");
    let mut tx = ctx.pools.begin(scope).await?;
    let found = session::find(&mut tx, scope, token.id(), KIND, ctx.clock.now()).await?;
    tx.commit().await?;
    let row = found.ok_or(AppError::Unauthenticated)?;
    Ok(ClaimantActor {
        claimant: ClaimantId::new(row.subject_id),
        association: AssociationId::new(row.association_id),
        session: row.id,
    })
}

/// Moves the end of a session, up to [`LONGEST_HOURS`] after it began; called by every act of its owner.
pub(in crate::app) async fn keep(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &ClaimantActor,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let expires_at = now + Duration::minutes(SESSION_MINUTES);
    let times = (now, expires_at);
    Ok(session::mark_seen(conn, actor.scope(), actor.session, times, LONGEST_HOURS).await?)
}

/// Leaves the own record and opens another of the same person (a duplicate's first record).
pub(in crate::app) async fn switch(
    conn: &mut Conn,
    scope: Scope,
    actor: &ClaimantActor,
    claimant: ClaimantId,
    association: AssociationId,
) -> AppResult<()> {
    Ok(session::mark_subject(conn, scope, actor.session, claimant, association).await?)
}

/// Ends a session.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn leave(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<()> {
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    session::delete(&mut tx, actor.scope(), actor.session).await?;
    tx.commit().await?;
    Ok(())
}

/// The 30 minutes after a sign-up in the browser that made it: good for correcting its address and
/// for nothing else. Not stored; signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// The record.
    pub claimant: ClaimantId,
    /// The tenant.
    pub association: AssociationId,
}

/// A browser that held a link or code of a record within 30 days. It opens nothing: it lets a page
/// say "confirmed" to who taps twice, and lets a code be mailed to the record's own address when a
/// session ends in the middle of a form. Not stored; signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownBrowser {
    /// The record.
    pub claimant: ClaimantId,
    /// The tenant.
    pub association: AssociationId,
}

impl KnownBrowser {
    /// The value of the cookie.
    pub fn seal(self, ctx: &Ctx) -> String {
        let lives = Duration::days(KNOWN_DAYS);
        seal(ctx, KNOWN, self.claimant, self.association, lives)
    }

    /// Reads the cookie; `None` if it is not ours or has expired.
    pub fn open(ctx: &Ctx, value: &str) -> Option<Self> {
        let (claimant, association) = unseal(ctx, KNOWN, value)?;
        Some(Self {
            claimant,
            association,
        })
    }
}

impl Ticket {
    /// The value of the cookie.
    pub fn seal(self, ctx: &Ctx) -> String {
        let lives = Duration::minutes(SESSION_MINUTES);
        seal(ctx, TICKET, self.claimant, self.association, lives)
    }

    /// Reads the cookie.
    ///
    /// # Errors
    /// `Unauthenticated` if it is not ours or has expired.
    pub fn open(ctx: &Ctx, value: &str) -> AppResult<Self> {
        let ids = unseal(ctx, TICKET, value);
        let (claimant, association) = ids.ok_or(AppError::Unauthenticated)?;
        Ok(Self {
            claimant,
            association,
        })
    }
}

fn seal(
    ctx: &Ctx,
    purpose: &str,
    claimant: ClaimantId,
    association: AssociationId,
    lives: Duration,
) -> String {
    let payload = [
        claimant.uuid().into_bytes(),
        association.uuid().into_bytes(),
    ];
    let expires_at = ctx.clock.now() + lives;
    SignedValue::sign(&ctx.keyring.session, purpose, &payload.concat(), expires_at)
}

fn unseal(ctx: &Ctx, purpose: &str, value: &str) -> Option<(ClaimantId, AssociationId)> {
    let payload = SignedValue::open(&ctx.keyring.session, purpose, value, ctx.clock.now())?;
    let (claimant, rest) = payload.split_first_chunk::<16>()?;
    let association = <[u8; 16]>::try_from(rest).ok()?;
    Some((
        ClaimantId::new(uuid::Uuid::from_bytes(*claimant)),
        AssociationId::new(uuid::Uuid::from_bytes(association)),
    ))
}
