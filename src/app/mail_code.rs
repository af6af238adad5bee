//! The code printed in every mail: anybody can check whether a mail is ours (R14).

use chrono::NaiveDate;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::db::{Scope, outbox};
use crate::domain::ids::AssociationId;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;

const SCOPE: Scope = Scope::System("the code of a mail before the tenant is known");

/// What the public check of a mail's code tells (R14): nothing personal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailCheck {
    /// Slug and name of the association.
    pub association: Option<(String, String)>,
    /// Kind of mail.
    pub kind: String,
    /// Day it was sent, Europe/Rome.
    pub sent_on: NaiveDate,
}

/// Checks the code of a mail.
///
/// # Errors
/// `NotFound` for a code that is not ours.
pub async fn check(ctx: &Ctx, code: &str) -> AppResult<MailCheck> {
    let code = canonical_code(code).ok_or(AppError::NotFound)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = outbox::find_mail(&mut tx, SCOPE, &code).await?;
    tx.commit().await?;
    let mail = found.ok_or(AppError::NotFound)?;
    let directory = ctx.directories.get(ctx).await?;
    let association = mail.association_id.and_then(|id| {
        let entry = directory.association(AssociationId::new(id))?;
        Some((entry.slug.clone(), entry.name.clone()))
    });
    Ok(MailCheck {
        association,
        kind: mail.kind,
        sent_on: day_in_rome(mail.sent_at),
    })
}

/// `XXXX-XXXX-XXXX` from what a person typed.
fn canonical_code(typed: &str) -> Option<String> {
    Reference::parse(typed).map(|code| code.grouped())
}
