//! What is done every minute by one process: counts, erasures, retention, sweeps, storms, reminders.

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::log::{digest, subjects};
use crate::app::retention::rules;
use crate::app::{
    bulk, declaration, deficiency, export, mail_status, reminder, representation, retention,
    rights, storm, update_mailing,
};
use crate::db::{Scope, retention as rows};
use crate::domain::claimant::ClaimantState;
use crate::domain::retention::{ID_IMAGES, UNCONFIRMED, UPLOADS};

const SCOPE: Scope = Scope::System("housekeeping");

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Housekept {
    /// Erasures settled that had been cut in the middle (R61).
    pub erasures: usize,
    /// Records erased whose erasure staff had granted (R61).
    pub granted: usize,
    /// Unconfirmed sign-ups deleted (R62).
    pub unconfirmed: usize,
    /// Records deleted whose term counsel has confirmed.
    pub records: usize,
    /// Expired rows deleted, over all tables.
    pub swept: usize,
    /// Files deleted that belonged to nothing.
    pub loose_files: usize,
    /// Exports marked as failed whose process is gone.
    pub exports: usize,
    /// Sets of bulk actions that nobody started or decided about in time.
    pub sets: usize,
    /// Bounce storms noticed.
    pub storms: usize,
    /// Reminders put into the outbox.
    pub reminders: usize,
    /// Mails of news put into the outbox.
    pub news: usize,
    /// Tasks to ratify opened for who has come of age (R46).
    pub of_age: usize,
    /// Hand-ins whose images of identity documents were deleted (R64).
    pub id_images: usize,
    /// Letters that came after they had been asked for (R2).
    pub cured: usize,
    /// Earlier declarations whose open items were counted.
    pub counted: usize,
    /// Whether a day of the trail was digested for the evidence logs.
    pub digested: bool,
}

/// Counts, deletes what is due and sweeps what has expired. Safe to repeat and to run twice at once.
///
/// # Errors
/// `Unavailable` if database or blob store cannot be reached; what was done stays done.
pub async fn run(ctx: &Ctx) -> AppResult<Housekept> {
    let storms = storm::watch(ctx).await?;
    count_cases(ctx).await?;
    mail_status::measure(ctx).await?;
    let erasures = retention::settle_erasures(ctx).await?;
    let granted = rights::erase_due(ctx).await?;
    rights::lift_due(ctx).await?;
    let deleted = rules::run(ctx).await?;
    bulk::seal_clear(ctx).await?;
    let digested = digest::enter_day(ctx).await?;
    if digested {
        // once a day: many files
        subjects::sweep(ctx).await?;
    }
    Ok(Housekept {
        erasures,
        granted,
        unconfirmed: deleted.of(UNCONFIRMED),
        swept: deleted.swept(),
        loose_files: deleted.of(UPLOADS),
        records: deleted.records(),
        exports: export::fail_abandoned(ctx).await?,
        sets: bulk::expire_due(ctx).await?,
        storms,
        of_age: representation::look_at_minors(ctx).await?,
        id_images: deleted.of(ID_IMAGES),
        // after those that are due for deletion are gone
        reminders: reminder::enqueue_due(ctx).await?,
        news: update_mailing::enqueue_due(ctx).await?,
        cured: deficiency::look(ctx).await?,
        counted: declaration::count_due(ctx).await?,
        digested,
    })
}

/// Counts the confirmed of each case and association anew (DESIGN 3.9).
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn count_cases(ctx: &Ctx) -> AppResult<()> {
    let states: Vec<&str> = ClaimantState::ALL
        .into_iter()
        .filter(|state| state.counts())
        .map(ClaimantState::as_str)
        .collect();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    rows::count_cases(&mut tx, SCOPE, &states, now).await?;
    Ok(tx.commit().await?)
}

/// Deletes expired sessions, tokens, answers, buckets and steps; gives the number of rows.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn sweep(ctx: &Ctx) -> AppResult<usize> {
    let swept = rules::sweep(ctx).await?;
    Ok(swept.iter().map(|(_, count)| count).sum())
}
