//! How often something may happen within 24 hours: counted in two buckets, of yesterday and of today (UTC), whose ids
//! tell nothing of whom they count.

use std::fmt::Display;

use chrono::{Days, NaiveDate};

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::token;
use crate::db::rate_bucket::{self, Cap, Grant};
use crate::db::{Conn, Scope};

/// What is counted, whose, and how often it may be.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct DayCap<T> {
    /// What is counted; never changed, for the buckets are named by it.
    pub(in crate::app) purpose: &'static str,
    /// Whose: an id.
    pub(in crate::app) whose: T,
    /// How often in 24 hours.
    pub(in crate::app) limit: i64,
}

/// Asks a cap for one more, and counts it if granted.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn ask<T: Display>(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    asked: DayCap<T>,
) -> AppResult<Grant> {
    let now = ctx.clock.now();
    let today = now.date_naive();
    let bucket = |day: NaiveDate| {
        let place = format!("{}|{day}", asked.whose);
        token::uuid_v8(ctx.keyring.index.platform_hash(asked.purpose, &place))
    };
    let cap = Cap {
        yesterday: bucket(today.checked_sub_days(Days::new(1)).unwrap_or(today)),
        today: bucket(today),
        limit: asked.limit,
        window_seconds: 86_400,
    };
    Ok(rate_bucket::grant(conn, scope, cap, ctx.new_id(), now).await?)
}

/// As [`ask`], and refuses what is over the cap.
///
/// # Errors
/// `RateLimited` with the time until there is room again.
pub(in crate::app) async fn require<T: Display>(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    asked: DayCap<T>,
) -> AppResult<()> {
    match ask(ctx, conn, scope, asked).await? {
        Grant::Granted => Ok(()),
        Grant::NotBefore(at) => Err(AppError::RateLimited(
            (at - ctx.clock.now()).to_std().unwrap_or_default(),
        )),
    }
}
