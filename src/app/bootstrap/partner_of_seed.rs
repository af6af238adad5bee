//! Partner sites of a seed, each with a key that may do what the seed says (DESIGN 8).

use serde_json::json;

use super::{Logins, SCOPE};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::partner::{self, key};
use crate::app::trail::Deed;
use crate::crypto::{sha256, token};
use crate::db;
use crate::domain::ids::{AssociationId, PartnerId, PartnerKeyId};
use crate::domain::partner::{KeyMode, PartnerScope, Profile};
use crate::domain::partner_key::{KeyRights, PartnerKey};
use crate::domain::seed::PartnerSeed;

/// Makes the partner and its live key. `None` where the association has one of this slug: it stays as is, and its
/// keys are shown to nobody again.
///
/// *effects*: partner, key; audit `partner_added`, `partner_key_made`.
///
/// # Errors
/// `Unavailable`.
pub(super) async fn make(
    ctx: &Ctx,
    seed: &PartnerSeed,
    association: AssociationId,
    logins: Logins,
) -> AppResult<Option<PartnerKey>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let known = db::partner::find_by_slug(&mut tx, SCOPE, association, &seed.slug).await?;
    if known.is_some() {
        return Ok(None);
    }
    let profile = Profile::parse(&seed.profile()).map_err(AppError::Invalid)?;
    let row = partner::sealed(ctx, association, (seed.slug.clone(), &profile), None)?;
    db::partner::insert(&mut tx, SCOPE, &row).await?;
    let rights = KeyRights {
        mode: KeyMode::Live,
        scopes: seed.scopes.clone(),
        cases: None,
        networks: Vec::new(),
        expires_at: None,
    };
    let owner = (PartnerId::new(row.id), association);
    let (mut written, mut key) = key::made(ctx, owner, &rights, (None, None));
    if logins == Logins::Demo {
        key = demo_key(&seed.slug);
        written.id = key.id().uuid();
        written.secret_sha256 = sha256::digest(key.as_str().as_bytes());
    }
    let written = key::insert(&mut tx, SCOPE, written, ctx.clock.now()).await?;
    for (action, detail) in [
        ("partner_added", json!({ "partner": seed.slug })),
        (
            "partner_key_made",
            json!({ "partner": seed.slug, "key": written.id, "mode": written.mode, "scopes": written.scopes }),
        ),
    ] {
        let deed = Deed {
            subject: row.id,
            association: Some(association),
            actor: None,
            action,
            change: None,
            detail,
            note: None,
        };
        deed.write(ctx, &mut tx, SCOPE).await?;
    }
    tx.commit().await?;
    Ok(Some(key))
}

/// The key of a partner of the demo: the same everywhere and known to everybody.
pub fn demo_key(slug: &str) -> PartnerKey {
    let bytes =
        |what: &str| sha256::digest(format!("joinder demo partner {what} {slug}").as_bytes());
    let (mut id, mut secret) = ([0; 16], [0; 20]);
    id.iter_mut()
        .zip(bytes("id"))
        .for_each(|(to, from)| *to = from);
    secret
        .iter_mut()
        .zip(bytes("secret"))
        .for_each(|(to, from)| *to = from);
    PartnerKey::new(KeyMode::Live, PartnerKeyId::new(token::uuid_v8(id)), secret)
}

/// Words of scopes.
pub(super) fn words(scopes: &[PartnerScope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.as_str()).collect()
}
