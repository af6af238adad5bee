//! How many people a partner brought, counted once for everybody who looks within [`FRESH`].

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::partner::PartnerActor;
use crate::app::partner::submission::slug_of;
use crate::app::staff::StaffActor;
use crate::db::partner_submission::{self as db, BroughtRow};
use crate::db::{Scope, partner};
use crate::domain::brought::{Brought, Counts, Figures};
use crate::domain::ids::{AssociationId, CaseId, PartnerId};
use crate::domain::partner::PartnerScope;
use crate::domain::permission::operation;

/// How old figures are at most.
pub const FRESH: TimeDelta = TimeDelta::seconds(60);
/// How many a partner of the own association brought, in the cases the membership is for.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn of(ctx: &Ctx, actor: &StaffActor, id: PartnerId) -> AppResult<Arc<Figures>> {
    actor.require(&operation::GET_PARTNER)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = partner::find(&mut tx, scope, id).await?;
    tx.commit().await?;
    let row = row.ok_or(AppError::NotFound)?;
    let counted = figures(ctx, actor.association_id(), (id, &row.slug)).await?;
    let own = counted.cases.iter().filter(|it| actor.works_on(it.case));
    Ok(Arc::new(Figures {
        counted_at: counted.counted_at,
        cases: own.cloned().collect(),
    }))
}

/// How many the partner itself brought, in each of the cases its key is for, also where that is nobody. By link they
/// are rounded down; by the API they are exact, as the partner's own list is. A test key brought test people.
///
/// # Errors
/// `Key` if the key may not.
pub async fn own(ctx: &Ctx, actor: &PartnerActor) -> AppResult<Figures> {
    actor.require(PartnerScope::Read)?;
    let (who, (_, home)) = ((actor.partner(), actor.slug()), actor.home());
    let counted = figures(ctx, actor.association(), who).await?;
    let directory = ctx.directories.get(ctx).await?;
    let own = directory.public_cases().filter(|case| {
        let acts_in = actor.acts_in(case.id);
        case.association_by_id(home).is_some() && actor.require_case(acts_in).is_ok()
    });
    let mut cases: Vec<Brought> = own
        .map(|case| {
            let mut cases = counted.cases.iter();
            let found = cases.find(|brought| brought.case == actor.acts_in(case.id));
            Brought {
                case: case.id,
                slug: case.slug.clone(),
                by_link: found.map(|it| it.by_link.rounded()).unwrap_or_default(),
                by_api: found.map(|it| it.by_api).unwrap_or_default(),
            }
        })
        .collect();
    cases.sort_by(|one, other| one.slug.cmp(&other.slug));
    Ok(Figures {
        counted_at: counted.counted_at,
        cases,
    })
}

async fn figures(
    ctx: &Ctx,
    association: AssociationId,
    who: (PartnerId, &str),
) -> AppResult<Arc<Figures>> {
    let now = ctx.clock.now();
    let counting = count(ctx, association, who, now);
    ctx.brought.get(who.0, (now, FRESH), counting).await
}

async fn count(
    ctx: &Ctx,
    association: AssociationId,
    who: (PartnerId, &str),
    now: DateTime<Utc>,
) -> AppResult<Figures> {
    let scope = Scope::Association(association);
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::count(&mut tx, scope, association, who).await?;
    tx.commit().await?;
    let directory = ctx.directories.get(ctx).await?;
    let mut cases: Vec<Brought> = Vec::new();
    for row in rows {
        let case = CaseId::new(row.case_id);
        let place = cases.iter().position(|known| known.case == case);
        let place = place.unwrap_or_else(|| {
            cases.push(Brought {
                case,
                slug: slug_of(&directory, case).unwrap_or_default(),
                by_link: Counts::default(),
                by_api: Counts::default(),
            });
            cases.len() - 1
        });
        if let Some(brought) = cases.get_mut(place) {
            put(brought, &row);
        }
    }
    cases.sort_by(|one, other| one.slug.cmp(&other.slug));
    Ok(Figures {
        counted_at: now,
        cases,
    })
}

fn put(brought: &mut Brought, row: &BroughtRow) {
    let counts = if row.by_api {
        &mut brought.by_api
    } else {
        &mut brought.by_link
    };
    *counts = Counts {
        sign_ups: row.sign_ups,
        confirmed: row.confirmed,
        signed: row.signed,
    };
}
