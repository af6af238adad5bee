//! "It wasn't me": the reader of a mail says that they did not sign up, or that they did after all.
//!
//! The link proves control of the address, no more. It stops mails and tells staff; it withdraws and
//! deletes nothing, and it tells nobody whom it is about (R62 deletes what stays unconfirmed).

use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request;
use crate::app::suppression;
use crate::app::vault::Vault;
use crate::crypto::challenge::{ChallengePurpose, parse_token, verify};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::{Conn, Scope, Tx, confirmation, outbox};
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};

const SCOPE: Scope = Scope::System("it was not me, before the tenant is known");

/// What a link can still do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nothing was said yet.
    Open,
    /// The reader said that it was not them; this can be taken back.
    Said,
    /// The address was confirmed or corrected since.
    Late,
    /// Never was, or its sign-up is gone.
    Unknown,
}

/// A link before it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// What it can do.
    pub standing: Standing,
    /// The record, if the link was ever real.
    pub record: Option<(AssociationId, CaseId)>,
}

/// What a link can do. Changes nothing: scanners follow links.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn peek(ctx: &Ctx, token: &str) -> AppResult<Link> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = find(ctx, &mut tx, token).await?;
    let link = match found {
        None => Link {
            standing: Standing::Unknown,
            record: None,
        },
        Some(found) => Link {
            standing: found.standing(ctx, &mut tx).await?,
            record: Some((found.row.association(), found.row.case())),
        },
    };
    tx.commit().await?;
    Ok(link)
}

/// It was not the reader. A sign-up that waits for confirmation is set aside for staff, its mails stop,
/// and so do those nobody asked for to this address in this case.
///
/// *effects*: `review: quarantined`, outbox rows of the record deleted, a suppression, audit `disown`.
///
/// # Errors
/// `TokenExpired` if the link can do nothing more; saying it twice is fine.
pub async fn disown(ctx: &Ctx, token: &str) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = locked(ctx, &mut tx, token).await?;
    match found.standing(ctx, &mut tx).await? {
        Standing::Said => return Ok(()),
        Standing::Late | Standing::Unknown => return Err(AppError::TokenExpired),
        Standing::Open => {}
    }
    let row = &found.row;
    if found.confirms {
        claimant::mark_review(&mut tx, SCOPE, row.claimant(), Review::Quarantined).await?;
        outbox::delete_of(&mut tx, SCOPE, row.claimant()).await?;
    }
    if !row.association().is_sandbox() {
        // the mail of a test person went to the partner, who tries this too: no list hears of it (decision 34)
        suppression::add_not_me(ctx, &mut tx, row.case(), &found.email).await?;
    }
    let entry = Entry::new(row.claimant(), row.association(), Actor::Public, "disown");
    audit::append(ctx, &mut tx, SCOPE, entry).await?;
    tx.commit().await?;
    metrics::counter!("joinder_disowned_total").increment(1);
    Ok(())
}

/// It was the reader after all: everything as before, and the confirmation is mailed again.
///
/// *effects*: `review: none`, the suppression ended, an outbox row within the cap, audit `own_again`.
///
/// # Errors
/// `TokenExpired` if the link can do nothing more; saying it twice is fine.
pub async fn own_again(ctx: &Ctx, token: &str) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = locked(ctx, &mut tx, token).await?;
    match found.standing(ctx, &mut tx).await? {
        Standing::Open => return Ok(()),
        Standing::Late | Standing::Unknown => return Err(AppError::TokenExpired),
        Standing::Said => {}
    }
    let row = &found.row;
    suppression::end_not_me(ctx, &mut tx, row.case(), &found.email).await?;
    if found.confirms {
        claimant::mark_review(&mut tx, SCOPE, row.claimant(), Review::None).await?;
        mail_request::enqueue(ctx, &mut tx, row).await?;
    }
    let entry = Entry::new(
        row.claimant(),
        row.association(),
        Actor::Public,
        "own_again",
    );
    audit::append(ctx, &mut tx, SCOPE, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// The record of a link, and what its mail was for.
struct Found {
    row: ClaimantRow,
    email: EmailAddress,
    /// Whether the mail asked to confirm the record; else it went to who is registered.
    confirms: bool,
    /// Whether the address left the record since.
    is_voided: bool,
}

impl Found {
    async fn standing(&self, ctx: &Ctx, conn: &mut Conn) -> AppResult<Standing> {
        let state = self.row.state()?;
        if self.is_voided {
            return Ok(Standing::Late);
        }
        if !self.confirms {
            let said = suppression::is_disowned(ctx, conn, self.row.case(), &self.email).await?;
            return Ok(if said { Standing::Said } else { Standing::Open });
        }
        Ok(match state {
            ClaimantState::Unconfirmed if self.row.review == Review::Quarantined.as_str() => {
                Standing::Said
            }
            ClaimantState::Unconfirmed => Standing::Open,
            _ => Standing::Late,
        })
    }
}

async fn locked(ctx: &Ctx, tx: &mut Tx, token: &str) -> AppResult<Found> {
    let (claimant, _) = parse_token(token).ok_or(AppError::TokenExpired)?;
    let id = [ClaimantId::new(claimant)];
    claimant::lock_in_order(tx, SCOPE, &id).await?;
    find(ctx, tx, token).await?.ok_or(AppError::TokenExpired)
}

async fn find(ctx: &Ctx, conn: &mut Conn, token: &str) -> AppResult<Option<Found>> {
    let Some((claimant, given)) = parse_token(token) else {
        return Ok(None);
    };
    let id = ClaimantId::new(claimant);
    let Some(row) = claimant::find(conn, SCOPE, id).await? else {
        return Ok(None);
    };
    let keys = &ctx.keyring.challenges;
    let fits = |challenge: Uuid| {
        let own = keys.proof(ChallengePurpose::NotMe, claimant, challenge);
        verify(&given, &own)
    };
    for purpose in [ChallengePurpose::Confirm, ChallengePurpose::Access] {
        let rows = confirmation::list(conn, SCOPE, id, purpose.as_str()).await?;
        let Some(challenge) = rows.iter().find(|row| fits(row.id)) else {
            continue;
        };
        let Some(email) = email_of(ctx, conn, SCOPE, &row).await? else {
            return Ok(None);
        };
        return Ok(Some(Found {
            email,
            confirms: purpose == ChallengePurpose::Confirm,
            is_voided: challenge.voided_at.is_some(),
            row,
        }));
    }
    Ok(None)
}

/// The e-mail of a record, if it has one.
pub(in crate::app) async fn email_of(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &ClaimantRow,
) -> AppResult<Option<EmailAddress>> {
    let vault = Vault::open(ctx, conn, scope, row.claimant()).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    Ok(contact.email().cloned())
}
