//! News go to who follows the case with their association: one mail for each, put into the outbox in
//! batches. How far it is stands beside the news and moves in the transaction of the batch: what crashes
//! goes on where it was, and nobody is written to twice.

use chrono::Duration;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::outbox::FollowPayload;
use crate::app::sign_up::lane;
use crate::crypto::token;
use crate::db::case_update::{self as db, CaseUpdateRow};
use crate::db::outbox::{self, OutboxRow};
use crate::db::{Scope, follower};

const SCOPE: Scope = Scope::System("news to followers");

/// Followers of one transaction.
const BATCH: i64 = 500;
/// Transactions of one run: what is left waits for the next.
const BATCHES: usize = 40;
/// The priority of what may wait for everything else.
const BULK: i16 = 8;
/// Days after which news are none.
const DAYS: i64 = 7;

/// Puts mails of news into the outbox, at most 20,000; gives how many. Safe to repeat and to run twice at
/// once.
///
/// *effects*: outbox rows; `case_updates.mailed_up_to` and `mailed_at`.
///
/// # Errors
/// `Unavailable` if the database cannot be reached; what was put in stays.
pub async fn enqueue_due(ctx: &Ctx) -> AppResult<usize> {
    let mut count = 0;
    for _ in 0..BATCHES {
        let Some(mails) = enqueue_batch(ctx, BATCH).await? else {
            break;
        };
        count += mails;
    }
    Ok(count)
}

/// One batch of the oldest news that have followers to go; `None`: there are none.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn enqueue_batch(ctx: &Ctx, limit: i64) -> AppResult<Option<usize>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let Some(news) = db::find_to_mail(&mut tx, SCOPE).await? else {
        return Ok(None);
    };
    let place = (news.association_id, news.case_id);
    let span = (news.mailed_up_to, news.published_at);
    let followers = follower::list_confirmed(&mut tx, SCOPE, place, span, limit).await?;
    let rows = followers
        .iter()
        .map(|(follower, subject)| mail(ctx, &news, *follower, *subject))
        .collect::<AppResult<Vec<_>>>()?;
    let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < limit;
    let done_at = is_last.then(|| ctx.clock.now());
    let up_to = followers.last().map(|(follower, _)| *follower);
    let up_to = up_to.or(news.mailed_up_to);
    // another process was faster: what is here goes with the transaction
    if !db::mark_mailed(&mut tx, SCOPE, &news, up_to, done_at).await? {
        return Ok(Some(0));
    }
    outbox::insert_all(&mut tx, SCOPE, &rows).await?;
    tx.commit().await?;
    Ok(Some(rows.len()))
}

/// The same id every time: the mail of some news to a follower is one.
fn mail(ctx: &Ctx, news: &CaseUpdateRow, follower: Uuid, subject: Uuid) -> AppResult<OutboxRow> {
    let now = ctx.clock.now();
    let place = format!("{}|{subject}", news.id);
    let payload = FollowPayload {
        follower,
        update: Some(news.id),
        granted: false,
    };
    Ok(OutboxRow {
        subject_id: subject,
        id: token::uuid_v8(ctx.keyring.index.platform_hash("case_update mail", &place)),
        association_id: Some(news.association_id),
        case_id: Some(news.case_id),
        kind: "case_update".to_owned(),
        lane: lane(subject),
        priority: BULK,
        payload: serde_json::to_value(payload).map_err(AppError::internal)?,
        attempts: 0,
        due_at: now,
        created_at: now,
        expires_at: now + Duration::days(DAYS),
        queue_id: None,
    })
}
