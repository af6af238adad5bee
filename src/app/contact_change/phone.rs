//! A telephone number left or corrected on the own page, for whose mailbox may fail again (R17). No code: the number
//! opens nothing, and staff who call back see the one that was known before.

use super::require_open;
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::{self, ClaimantActor};
use crate::app::vault::Vault;
use crate::db::claimant;
use crate::domain::contact::Contact;
use crate::domain::field::{FieldCode, FieldErrors, filled};
use crate::domain::phone_number::PhoneNumber;

/// Takes up a telephone number beside the e-mail address of the own record. The same one again changes nothing.
///
/// *effects*: the sealed contact; audit `give_phone`, without the number.
///
/// # Errors
/// `Invalid` at `/phone`; `IllegalTransition` as [`super::request`], with `otp_needs_email` for who has no e-mail: there
/// the number is the way to be reached, and staff correct it.
pub async fn give_phone(ctx: &Ctx, actor: &ClaimantActor, text: &str) -> AppResult<()> {
    let (scope, claimant) = (actor.scope(), actor.claimant());
    let phone = parse(text)?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, claimant).await?;
    require_open(ctx, &mut tx, scope, &row).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    if contact.email().is_none() {
        return Err(AppError::IllegalTransition("otp_needs_email"));
    }
    if contact.phone() != Some(&phone) {
        let contact = contact.with_phone(phone, ctx.clock.now());
        let sealed = vault.seal("claimants", "contact_sealed", &contact)?;
        claimant::mark_contact_sealed(&mut tx, scope, claimant, sealed).await?;
        let by = Actor::Claimant(claimant);
        let entry = Entry::new(claimant, actor.association(), by, "give_phone");
        audit::append(ctx, &mut tx, scope, entry).await?;
    }
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(())
}

fn parse(text: &str) -> Result<PhoneNumber, FieldErrors> {
    let mut errors = FieldErrors::new();
    let Some(typed) = filled(Some(text)) else {
        errors.push("/phone", FieldCode::Required, "error-phone-required");
        return Err(errors);
    };
    let phone = errors.take("/phone", PhoneNumber::parse(typed));
    phone.ok_or(errors)
}
