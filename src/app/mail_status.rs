//! What waits to be sent, for the operator: by domain, by kind, and what does not get on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::mail_queue::{self, QueueState};
use crate::app::storm::{self, Storm};
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::{Scope, mail_queue as rows};
use crate::domain::breaker::Breaker;

const SCOPE: Scope = Scope::System("queues of mails");
/// Mails shown one by one.
const STUCK: i64 = 50;

/// What waits.
#[derive(Debug, Serialize)]
pub struct MailStatus {
    /// By domain, most mails first; also domains that are not as usual without mails.
    pub queues: Vec<QueueStatus>,
    /// By kind and state.
    pub kinds: Vec<KindStatus>,
    /// Mails given up or tried often, oldest first, at most 50.
    pub stuck: Vec<StuckMail>,
    /// Bounce storms that are on, oldest first: mails of these kinds wait until the operator lets them go.
    pub storms: Vec<Storm>,
}

/// What waits for a domain.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct QueueStatus {
    pub id: Option<Uuid>,
    /// The domain, where it is a public provider.
    pub provider: Option<String>,
    /// `closed`, `open`, `probing` or `held`.
    pub state: &'static str,
    pub since: Option<DateTime<Utc>>,
    pub next_probe_at: Option<DateTime<Utc>>,
    pub failures: u32,
    pub due: i64,
    pub parked: i64,
    pub dead: i64,
    pub oldest: Option<DateTime<Utc>>,
    pub per_second: Option<u32>,
    pub at_once: Option<u32>,
    /// Without addresses.
    pub last_answer: Option<String>,
}

/// Mails of a kind.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct KindStatus {
    pub kind: String,
    pub state: String,
    pub count: i64,
}

/// A mail that does not get on.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct StuckMail {
    pub id: Uuid,
    pub kind: String,
    pub state: String,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
    /// Without addresses.
    pub last_error: Option<String>,
}

/// Counts what waits. A walk over the outbox: for the operator and once a minute, not for requests.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn status(ctx: &Ctx) -> AppResult<MailStatus> {
    let states = mail_queue::list(ctx).await?;
    let directory = ctx.directories.get(ctx).await?;
    let names: BTreeMap<Uuid, &str> = directory
        .public_providers()
        .map(|domain| (mail_queue::id_of(ctx, domain), domain))
        .collect();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let counts = rows::count(&mut tx, SCOPE).await?;
    let stuck = rows::list_stuck(&mut tx, SCOPE, STUCK).await?;
    let storms = storm::list(&mut tx).await?;
    tx.commit().await?;
    let mut queues: BTreeMap<Option<Uuid>, QueueStatus> = states
        .iter()
        .map(|state| (Some(state.queue.id), of_state(state)))
        .collect();
    let mut kinds: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in counts {
        let kind = (row.kind.clone(), row.state.clone());
        *kinds.entry(kind).or_default() += row.count;
        let queue = queues.entry(row.queue_id).or_insert_with(|| {
            let name = row.queue_id.and_then(|id| names.get(&id));
            usual(row.queue_id, name.map(|name| (*name).to_owned()))
        });
        match row.state.as_str() {
            "due" => queue.due += row.count,
            "parked" => queue.parked += row.count,
            _ => queue.dead += row.count,
        }
        queue.oldest = Some(queue.oldest.map_or(row.oldest, |at| at.min(row.oldest)));
    }
    let mut queues: Vec<QueueStatus> = queues.into_values().collect();
    queues.sort_by_key(|queue| std::cmp::Reverse(queue.due + queue.parked + queue.dead));
    let kinds = kinds
        .into_iter()
        .map(|((kind, state), count)| KindStatus { kind, state, count });
    let stuck = stuck.into_iter().map(|row| StuckMail {
        id: row.id,
        kind: row.kind,
        state: row.state,
        attempts: row.attempts,
        created_at: row.created_at,
        last_error: row.last_error,
    });
    Ok(MailStatus {
        queues,
        kinds: kinds.collect(),
        stuck: stuck.collect(),
        storms,
    })
}

fn usual(id: Option<Uuid>, provider: Option<String>) -> QueueStatus {
    QueueStatus {
        id,
        provider,
        state: "closed",
        since: None,
        next_probe_at: None,
        failures: 0,
        due: 0,
        parked: 0,
        dead: 0,
        oldest: None,
        per_second: None,
        at_once: None,
        last_answer: None,
    }
}

fn of_state(state: &QueueState) -> QueueStatus {
    let (word, since, next_probe_at, failures) = match state.breaker {
        Breaker::Closed { failures, .. } => ("closed", None, None, failures),
        Breaker::Open {
            failures,
            opened_at,
            next_probe_at,
        } => ("open", Some(opened_at), Some(next_probe_at), failures),
        Breaker::Probing {
            failures,
            opened_at,
            next_probe_at,
        } => ("probing", Some(opened_at), Some(next_probe_at), failures),
    };
    QueueStatus {
        state: if state.held_at.is_some() {
            "held"
        } else {
            word
        },
        since: state.held_at.or(since),
        next_probe_at,
        failures,
        per_second: state.per_second,
        at_once: state.at_once,
        last_answer: state.last_answer.clone(),
        ..usual(Some(state.queue.id), state.queue.provider.clone())
    }
}

/// What is sent again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Retry {
    /// Everything given up or waiting for its next attempt.
    All,
    /// What goes to a domain.
    Domain(String),
    /// One mail, by id.
    Mail(Uuid),
}

/// Puts mails into the outbox again, with seven days to live; gives how many.
///
/// *effects*: an audit row.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn retry(ctx: &Ctx, what: &Retry) -> AppResult<usize> {
    let now = ctx.clock.now();
    let only = match what {
        Retry::All => Vec::new(),
        Retry::Domain(domain) => vec![mail_queue::id_of(ctx, &domain.to_ascii_lowercase())],
        Retry::Mail(id) => vec![*id],
    };
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let count = rows::retry(&mut tx, SCOPE, &only, now).await?;
    let row = AuditRow {
        subject_id: only.first().copied().unwrap_or_else(Uuid::nil),
        id: token::new_id(now),
        association_id: None,
        actor_kind: "operator".to_owned(),
        actor_id: None,
        action: "retry_mail".to_owned(),
        before: None,
        after: None,
        detail: serde_json::json!({ "mails": count }),
        sealed: None,
        created_at: now,
    };
    audit::insert_all(&mut tx, SCOPE, &[row]).await?;
    tx.commit().await?;
    Ok(count)
}

/// Shows what waits as metrics: by provider (`other`: all that are not public) and state.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn measure(ctx: &Ctx) -> AppResult<()> {
    let status = status(ctx).await?;
    let mut waiting: BTreeMap<(String, &'static str), i64> = BTreeMap::new();
    let mut breakers = BTreeMap::from([("closed", 0), ("open", 0), ("probing", 0), ("held", 0)]);
    for queue in &status.queues {
        let provider = queue.provider.clone().unwrap_or_else(|| "other".to_owned());
        let counts = [
            ("due", queue.due),
            ("parked", queue.parked),
            ("dead", queue.dead),
        ];
        for (state, count) in counts {
            *waiting.entry((provider.clone(), state)).or_default() += count;
        }
        *breakers.entry(queue.state).or_default() += 1;
    }
    for ((provider, state), count) in waiting {
        let labels = [("provider", provider), ("state", state.to_owned())];
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        metrics::gauge!("joinder_mails_waiting", &labels).set(f64::from(count));
    }
    for (state, count) in breakers {
        let count: i32 = count;
        metrics::gauge!("joinder_mail_queues", "state" => state).set(f64::from(count));
    }
    Ok(())
}
