//! Bounce storms: a template of which too many mails come back waits, the others do not.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::db::bounce::{self, PauseRow};
use crate::db::{Conn, Scope};
use crate::domain::mail::MailKind;

const SCOPE: Scope = Scope::System("bounce storms");

/// Minutes in which bounces are counted together.
const MINUTES: i64 = 10;
/// Fewer hard bounces than that are no storm, whatever their share.
const LEAST: i64 = 20;
/// Over one in this many: 5 %.
const ONE_IN: i64 = 20;
/// What the trail hashes names of templates as.
const TEMPLATES: &str = "mail_template";
/// Days of bounces that the operator is told of.
const TOLD_DAYS: i64 = 1;

/// Error under which the mails of a template wait.
pub(in crate::app) const WAITS: &str = "template paused";

/// A storm that is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Storm {
    /// Kind of mail.
    pub kind: String,
    /// When it was noticed, UTC.
    pub since: DateTime<Utc>,
    /// Whether its mails wait; codes somebody waits for do not.
    pub pauses: bool,
    /// Hard bounces counted.
    pub hard: i32,
    /// Mails they are counted against.
    pub sent: i32,
}

/// What comes back, for the operator.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    /// Storms that are on, oldest first.
    pub storms: Vec<Storm>,
    /// Bounces of the last day, by kind.
    pub bounces: Vec<(String, i64)>,
}

/// Looks for storms, and pauses what they are about. Gives the number of new ones.
///
/// The hard bounces of ten minutes are counted against the mails of their kind sent since all but the
/// oldest tenth of those that came back: reports that come in late do not make a storm of few.
///
/// *effects*: a row in `template_pauses` and an audit row for each; a line in the log that asks for
/// somebody.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn watch(ctx: &Ctx) -> AppResult<usize> {
    let now = ctx.clock.now();
    let since = now - Duration::minutes(MINUTES);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let mut noted = Vec::new();
    for burst in bounce::list_bursts(&mut tx, SCOPE, since, LEAST).await? {
        let most = burst.hard.saturating_mul(ONE_IN);
        let kind = burst.mail_kind.as_str();
        let sent = bounce::count_sent(&mut tx, SCOPE, kind, burst.sent_since, most).await?;
        if sent >= most {
            continue;
        }
        let row = PauseRow {
            kind: burst.mail_kind.clone(),
            since: now,
            pauses: MailKind::parse(kind).is_some_and(MailKind::waits_in_a_storm),
            hard: i32::try_from(burst.hard).unwrap_or(i32::MAX),
            sent: i32::try_from(sent.max(burst.hard)).unwrap_or(i32::MAX),
            released_at: None,
        };
        if bounce::mark_storm(&mut tx, SCOPE, &row).await? {
            let detail = json!({ "kind": row.kind, "hard": row.hard, "sent": row.sent });
            let place = (TEMPLATES, row.kind.as_str());
            let entry = Entry::of_platform(ctx, place, Actor::System, "bounce_storm");
            audit::append(ctx, &mut tx, SCOPE, entry.with(detail)).await?;
            noted.push(row);
        }
    }
    tx.commit().await?;
    if !noted.is_empty() {
        ctx.directories.forget();
    }
    for row in &noted {
        tell(row);
    }
    Ok(noted.len())
}

/// Lets the mails of a template go again; gives how many are due now, `None` if there was no storm.
///
/// *effects*: an audit row.
///
/// # Errors
/// `NotFound` for what is no kind of mail.
pub async fn release(ctx: &Ctx, kind: &str) -> AppResult<Option<usize>> {
    let kind = MailKind::parse(kind).ok_or(AppError::NotFound)?;
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let waits = waits(kind);
    let due = bounce::mark_released(&mut tx, SCOPE, kind.as_str(), &waits, now).await?;
    if due.is_some() {
        let place = (TEMPLATES, kind.as_str());
        let entry = Entry::of_platform(ctx, place, Actor::Operator, "release_template");
        audit::append(ctx, &mut tx, SCOPE, entry).await?;
    }
    tx.commit().await?;
    ctx.directories.forget();
    Ok(due)
}

/// Storms that are on and the bounces of the last day.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn failures(ctx: &Ctx) -> AppResult<Failures> {
    let since = ctx.clock.now() - Duration::days(TOLD_DAYS);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let storms = list(&mut tx).await?;
    let bounces = bounce::count_since(&mut tx, SCOPE, since).await?;
    tx.commit().await?;
    Ok(Failures { storms, bounces })
}

/// Storms that are on, oldest first.
pub(in crate::app) async fn list(conn: &mut Conn) -> AppResult<Vec<Storm>> {
    let storms = bounce::list_storms(conn, SCOPE).await?;
    let storms = storms.into_iter().map(|row| Storm {
        kind: row.kind,
        since: row.since,
        pauses: row.pauses,
        hard: row.hard,
        sent: row.sent,
    });
    Ok(storms.collect())
}

/// The error under which mails of a kind wait.
pub(in crate::app) fn waits(kind: MailKind) -> String {
    format!("{WAITS}: {}", kind.as_str())
}

fn tell(row: &PauseRow) {
    let (kind, hard, sent) = (row.kind.as_str(), row.hard, row.sent);
    metrics::counter!("joinder_bounce_storms_total", "kind" => row.kind.clone()).increment(1);
    if row.pauses {
        tracing::error!(
            mail.kind = kind,
            hard,
            sent,
            "mails of this kind come back: they wait until `joinder mail release-template`"
        );
    } else {
        tracing::error!(
            mail.kind = kind,
            hard,
            sent,
            "mails of this kind come back; they carry codes that people wait for and go on"
        );
    }
}
