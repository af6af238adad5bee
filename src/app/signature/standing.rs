//! What can be signed now, and which code is on its way: what the page of signing shows.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::declaration::{content_of, read_basis};
use crate::app::error::{AppError, AppResult};
use crate::app::session::ClaimantActor;
use crate::crypto::sha256;
use crate::db::signature::{self as db, RequestRow};
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::{ATTEMPTS, is_live};

/// Where signing stands.
#[derive(Debug)]
pub struct Standing {
    /// The newest version, with the texts to accept.
    pub content: Option<SignedContent>,
    /// SHA-256 of its PDF, hex.
    pub document_sha256: String,
    /// Why it cannot be signed now: the word of `IllegalTransition`.
    pub hindrance: Option<&'static str>,
    /// Where codes go, masked; none without an e-mail.
    pub email: Option<String>,
    /// The newest request for this version, unless it was used or replaced.
    pub pending: Option<Pending>,
}

/// A code that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Id of the request.
    pub id: Uuid,
    /// Whether it waits for a signed file instead of a code.
    pub is_digital: bool,
    /// When the code ends, as things stand: moved once when its mail is accepted.
    pub expires_at: DateTime<Utc>,
    /// Whether it still counts: in time, and with attempts left.
    pub is_live: bool,
    /// Texts accepted with the request, kind and version.
    pub acceptances: Vec<(String, String)>,
}

/// Where signing stands. Changes nothing.
///
/// # Errors
/// `Unauthenticated` if the record is gone.
pub async fn standing(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Standing> {
    let scope = actor.scope();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let request = db::find_newest_request(&mut tx, scope, actor.claimant()).await?;
    tx.commit().await?;
    let contact: Contact = basis.vault.unseal(
        "claimants",
        "contact_sealed",
        basis.row.contact_sealed.clone(),
    )?;
    let email = contact.email().map(EmailAddress::masked);
    let hindrance = match super::signable_here(ctx, &directory, &basis) {
        Ok(_) if email.is_none() => Some("otp_needs_email"),
        Ok(_) => None,
        Err(AppError::IllegalTransition(word)) => Some(word),
        Err(error) => return Err(error),
    };
    let Some(newest) = basis.newest() else {
        return Ok(Standing {
            content: None,
            document_sha256: String::new(),
            hindrance,
            email,
            pending: None,
        });
    };
    let counts = |row: &RequestRow| {
        row.version == newest.version && row.used_at.is_none() && row.voided_at.is_none()
    };
    Ok(Standing {
        content: Some(content_of(&basis.vault, newest)?),
        document_sha256: sha256::hex(&newest.document_sha256),
        hindrance,
        email,
        pending: request
            .filter(counts)
            .map(|row| pending(&row, ctx.clock.now())),
    })
}

fn pending(row: &RequestRow, now: DateTime<Utc>) -> Pending {
    let used = u32::try_from(row.attempts).unwrap_or(ATTEMPTS);
    let acceptances = row.acceptances.iter();
    Pending {
        id: row.id,
        is_digital: row.tier == "digital",
        expires_at: row.expires_at,
        is_live: used < ATTEMPTS && is_live(row.expires_at, now),
        acceptances: acceptances
            .filter_map(|accepted| accepted.split_once('='))
            .map(|(kind, version)| (kind.to_owned(), version.to_owned()))
            .collect(),
    }
}
