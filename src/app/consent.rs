//! Consents given after the sign-up: by who goes to another association, or was on an earlier list of one (R20).

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::sign_up::Evidence;
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::claimant::ClaimantRow;
use crate::db::consent::{self, ConsentRow};
use crate::db::{Conn, Scope};
use crate::domain::consent::Channel;
use crate::domain::sign_up::{ConsentInput, SignUpConsent};

/// Where consents came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Form or API.
    pub channel: Channel,
    /// Address and browser.
    pub evidence: Evidence,
}

/// Consents as they were typed, not checked yet.
#[derive(Clone, Debug)]
pub struct Given {
    /// With the versions of the texts shown.
    pub consents: Option<Vec<ConsentInput>>,
    /// Where they came from.
    pub origin: Origin,
}

/// Appends consents to a record.
pub(in crate::app) async fn give(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    row: &ClaimantRow,
    (consents, origin): (&[SignUpConsent], &Origin),
) -> AppResult<()> {
    let now = ctx.clock.now();
    for given in consents {
        let row = ConsentRow {
            claimant_id: row.id,
            id: token::new_id(now),
            association_id: row.association_id,
            purpose: given.purpose.as_str().to_owned(),
            text_version: given.text_version.clone(),
            given: given.given,
            channel: origin.channel.as_str().to_owned(),
            evidence: Some(vault.seal("consents", "evidence", &origin.evidence)?),
            created_at: now,
        };
        consent::insert(conn, scope, &row).await?;
    }
    Ok(())
}
