//! Partner sites of a seed, each with a live and a test key that may do what the seed says (DESIGN 8).

use serde_json::{Value, json};

use super::{Logins, SCOPE};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::partner::{self, key};
use crate::app::trail::Deed;
use crate::crypto::{sha256, token};
use crate::db::partner::PartnerRow;
use crate::db::{self, Tx};
use crate::domain::ids::{AssociationId, PartnerId, PartnerKeyId};
use crate::domain::partner::{KeyMode, PartnerScope, Profile};
use crate::domain::partner_key::{KeyRights, PartnerKey};
use crate::domain::partner_origin::Origin;
use crate::domain::seed::PartnerSeed;

/// The keys of a partner made now.
pub(super) struct Keys {
    pub(super) live: PartnerKey,
    pub(super) test: PartnerKey,
}

/// Makes the partner, its live key and its test key. `None` where the association has one of this slug: it stays as
/// is, and its keys are shown to nobody again. One of the demo gets the test key it lacks, and the origins of this run.
///
/// *effects*: partner, keys; audit `partner_added`, `partner_key_made`, `partner_changed`.
///
/// # Errors
/// `Unavailable`.
pub(super) async fn make(
    ctx: &Ctx,
    seed: &PartnerSeed,
    association: AssociationId,
    logins: Logins,
) -> AppResult<Option<Keys>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let known = db::partner::find_by_slug(&mut tx, SCOPE, association, &seed.slug).await?;
    let origins = Origin::parse_all(&seed.origins).map_err(AppError::Invalid)?;
    let origins: Vec<String> = origins.iter().map(|it| it.as_str().to_owned()).collect();
    if let Some(known) = known {
        if logins == Logins::Demo {
            bring_up_to_date(ctx, &mut tx, (seed, known), origins).await?;
            tx.commit().await?;
        }
        return Ok(None);
    }
    let profile = Profile::parse(&seed.profile()).map_err(AppError::Invalid)?;
    let mut row = partner::sealed(ctx, association, (seed.slug.clone(), &profile), None)?;
    row.origins = origins;
    db::partner::insert(&mut tx, SCOPE, &row).await?;
    let owner = (PartnerId::new(row.id), association);
    let added = json!({ "partner": seed.slug });
    tell(ctx, &mut tx, owner, ("partner_added", added)).await?;
    let live = add_key(ctx, &mut tx, (seed, owner), KeyMode::Live, logins).await?;
    let test = add_key(ctx, &mut tx, (seed, owner), KeyMode::Test, logins).await?;
    tx.commit().await?;
    Ok(Some(Keys { live, test }))
}

type Owner = (PartnerId, AssociationId);

/// A partner of an earlier demo: the test key it may lack, and where its site is this time.
async fn bring_up_to_date(
    ctx: &Ctx,
    tx: &mut Tx,
    (seed, mut known): (&PartnerSeed, PartnerRow),
    origins: Vec<String>,
) -> AppResult<()> {
    let association = AssociationId::new(known.association_id);
    let owner = (PartnerId::new(known.id), association);
    let id = demo_test_key(&seed.slug).id();
    if db::partner_key::find(tx, SCOPE, id).await?.is_none() {
        add_key(ctx, tx, (seed, owner), KeyMode::Test, Logins::Demo).await?;
    }
    if known.origins != origins {
        known.origins = origins;
        db::partner::update(tx, SCOPE, &known).await?;
        let changed =
            json!({ "partner": seed.slug, "changed": ["origins"], "origins": known.origins });
        tell(ctx, tx, owner, ("partner_changed", changed)).await?;
    }
    Ok(())
}

async fn add_key(
    ctx: &Ctx,
    tx: &mut Tx,
    (seed, owner): (&PartnerSeed, Owner),
    mode: KeyMode,
    logins: Logins,
) -> AppResult<PartnerKey> {
    let rights = KeyRights {
        mode,
        scopes: seed.scopes.clone(),
        cases: None,
        networks: Vec::new(),
        expires_at: None,
    };
    let (mut written, mut key) = key::made(ctx, owner, &rights, (None, None));
    if logins == Logins::Demo {
        key = known_key(&seed.slug, mode);
        written.id = key.id().uuid();
        written.secret_sha256 = sha256::digest(key.as_str().as_bytes());
    }
    let written = key::insert(tx, SCOPE, written, ctx.clock.now()).await?;
    let detail = json!({ "partner": seed.slug, "key": written.id, "mode": written.mode, "scopes": written.scopes });
    tell(ctx, tx, owner, ("partner_key_made", detail)).await?;
    Ok(key)
}

async fn tell(
    ctx: &Ctx,
    tx: &mut Tx,
    (partner, association): Owner,
    (action, detail): (&'static str, Value),
) -> AppResult<()> {
    let deed = Deed {
        subject: partner.uuid(),
        association: Some(association),
        actor: None,
        action,
        change: None,
        detail,
        note: None,
    };
    deed.write(ctx, tx, SCOPE).await
}

/// The live key of a partner of the demo: the same everywhere and known to everybody.
pub fn demo_key(slug: &str) -> PartnerKey {
    known_key(slug, KeyMode::Live)
}

/// Its test key, as well known.
pub fn demo_test_key(slug: &str) -> PartnerKey {
    known_key(slug, KeyMode::Test)
}

fn known_key(slug: &str, mode: KeyMode) -> PartnerKey {
    let of = match mode {
        KeyMode::Live => "partner",
        KeyMode::Test => "sandbox",
    };
    let bytes = |what: &str| sha256::digest(format!("joinder demo {of} {what} {slug}").as_bytes());
    let (mut id, mut secret) = ([0; 16], [0; 20]);
    id.iter_mut()
        .zip(bytes("id"))
        .for_each(|(to, from)| *to = from);
    secret
        .iter_mut()
        .zip(bytes("secret"))
        .for_each(|(to, from)| *to = from);
    PartnerKey::new(mode, PartnerKeyId::new(token::uuid_v8(id)), secret)
}

/// Words of scopes.
pub(super) fn words(scopes: &[PartnerScope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.as_str()).collect()
}
