//! What the browser that has just signed up may see of its record, for 30 minutes.

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::Ticket;
use crate::app::vault::Vault;
use crate::db::{Scope, claimant};
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::CaseId;
use crate::domain::outage::day_in_rome;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::reference::Reference;

/// A record as its sign-up's browser sees it.
#[derive(Debug)]
pub struct Joined {
    /// Its case.
    pub case: CaseId,
    /// Its reference.
    pub reference: Reference,
    /// Its state.
    pub state: ClaimantState,
    /// The contact address: to be masked, or put into the form for another person.
    pub email: Option<EmailAddress>,
    /// The phone, for the form of another person.
    pub phone: Option<PhoneNumber>,
    /// Whether that address lies at a provider of the case, or one that is down (R17).
    pub contact_affected: bool,
    /// Where the claimant came from.
    pub via: Option<String>,
}

/// The record of a ticket. Changes nothing.
///
/// # Errors
/// `Unauthenticated` if the record is gone.
pub async fn get(ctx: &Ctx, ticket: Ticket) -> AppResult<Joined> {
    let scope = Scope::Association(ticket.association);
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, ticket.claimant).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    let vault = Vault::open(ctx, &mut tx, scope, ticket.claimant).await?;
    tx.commit().await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let case = directory.case(row.case())?;
    let now = ctx.clock.now();
    let contact_affected = contact.email().is_some_and(|email| {
        case.scope.is_affected(email.domain(), day_in_rome(now))
            || directory.domains_down(now).contains(email.domain())
    });
    Ok(Joined {
        case: row.case(),
        reference: Reference::of(row.claimant()),
        state: row.state()?,
        email: contact.email().cloned(),
        phone: contact.phone().cloned(),
        contact_affected,
        via: row.via,
    })
}
